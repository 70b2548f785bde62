//! Files of keys and values: INI, and lines that begin with a word.

/// The value of `section.key`, or of a `key` before the first section; the last one if there are several.
///
/// A line is `[section]`, `key = value` or `key: value`; `#` and `;` begin a comment. A section may have dots in its name.
/// Quotes around a value belong to it.
pub fn ini<'t>(text: &'t str, path: &str) -> Option<&'t str> {
    let mut section = String::new();
    let mut found = None;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            section = format!("{}.", name.trim());
            continue;
        }
        if line.starts_with(['#', ';']) {
            continue;
        }
        if let Some((key, value)) = line.split_once(['=', ':'])
            && path.strip_prefix(section.as_str()) == Some(key.trim())
        {
            found = Some(value.trim());
        }
    }
    found
}

/// All values of a word: what stands behind it in lines that begin with it. `#` begins a comment.
pub fn directives<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    let lines = text.lines().map(str::trim);
    let values = lines.filter_map(|line| {
        let rest = line.strip_prefix(word)?;
        let ends = rest.is_empty() || rest.starts_with([' ', '\t']);
        (ends && !line.starts_with('#')).then(|| rest.trim())
    });
    values.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found() {
        let text =
            "a = 0\n# a = 9\n[one]\na=1\n b : x = y \n[two.three]\n;a=7\na =\"2\"\na = 3\n[]\n";
        for (path, value) in [
            ("a", Some("0")),
            ("one.a", Some("1")),
            ("one.b", Some("x = y")),
            ("two.three.a", Some("3")),
            ("two.a", None),
            ("b", None),
            ("one.", None),
        ] {
            assert_eq!(ini(text, path), value, "{path}");
        }
        let text = "save 900 1\n#save 1 1\n  save\t300 10\nsaved 1\nappendonly\n";
        assert_eq!(directives(text, "save"), ["900 1", "300 10"]);
        assert_eq!(directives(text, "appendonly"), [""]);
        assert_eq!(directives(text, "port"), [""; 0]);
    }
}
