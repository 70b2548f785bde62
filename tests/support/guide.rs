//! Pages of `docs/` whose examples are run: fenced blocks, and what commands in them print.

/// Fenced blocks: what stands behind the fence, and the text.
pub(crate) fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some("") if open => open = false,
            Some(kind) if !open => {
                open = true;
                found.push((kind, String::new()));
            }
            _ if open => {
                if let Some((_, text)) = found.last_mut() {
                    text.push_str(line);
                    text.push('\n');
                }
            }
            _ => {}
        }
    }
    found
}

/// Commands of a console block, each with what is shown below it.
pub(crate) fn commands(block: &str) -> Vec<(&str, String)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            found.push((command, String::new()));
        } else if let Some((_, output)) = found.last_mut() {
            output.push_str(line);
            output.push('\n');
        }
    }
    found
}
