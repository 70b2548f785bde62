//! The graph as a text for Mermaid, which many sites draw where it stands in Markdown.

use std::fmt::Write as _;

use super::{BoxKind, EdgeStyle, Graph};

/// Prints the graph as a flowchart.
pub fn draw(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    for (at, group) in graph.groups.iter().enumerate() {
        // A second line would lie upon the nodes.
        let mut label = group.name.clone();
        if !group.caption.is_empty() {
            label = format!("{label} · {}", group.caption);
        }
        // Writing to a String cannot fail.
        writeln!(out, "  subgraph g{at}[\"{}\"]", quoted(&label)).ok();
        for (node, lines) in graph.nodes(at) {
            writeln!(out, "    {node}[\"{}\"]", label_of(&lines)).ok();
        }
        out.push_str("  end\n");
    }
    for edge in &graph.edges {
        let arrow = match edge.style {
            EdgeStyle::Implicit => "-->",
            EdgeStyle::Explicit => "==>",
            EdgeStyle::Foreign | EdgeStyle::Manual | EdgeStyle::Failed => "-.->",
        };
        let label = quoted(&super::named(&edge.name, &edge.kind));
        writeln!(
            out,
            "  {} {arrow}|\"{label}\"| {}",
            graph.node(edge.consumer),
            graph.node(edge.provider)
        )
        .ok();
    }
    out.push_str(&styles(graph));
    out
}

/// Colours that are readable on light and dark pages: outlines alone.
fn styles(graph: &Graph) -> String {
    let mut out = String::new();
    let color = |kind| match kind {
        BoxKind::Group => None,
        BoxKind::Foreign => Some("#8250df"),
        BoxKind::Manual => Some("#9a6700"),
        BoxKind::Missing => Some("#cf222e"),
    };
    for (at, group) in graph.groups.iter().enumerate() {
        if let Some(color) = color(group.kind) {
            // Writing to a String cannot fail.
            writeln!(out, "  style g{at} stroke:{color},stroke-dasharray:6 4").ok();
        }
    }
    let failed = graph.edges.iter().enumerate();
    let failed = failed.filter(|(_, edge)| edge.style == EdgeStyle::Failed);
    let failed: Vec<String> = failed.map(|(at, _)| at.to_string()).collect();
    if !failed.is_empty() {
        writeln!(out, "  linkStyle {} stroke:#cf222e", failed.join(",")).ok();
    }
    out
}

/// The first line, and the others smaller.
fn label_of(lines: &[String]) -> String {
    let mut lines = lines.iter();
    let mut label = quoted(lines.next().map(String::as_str).unwrap_or_default());
    for line in lines {
        // Writing to a String cannot fail.
        write!(label, "<br/><small>{}</small>", quoted(line)).ok();
    }
    label
}

/// A text between quotes: whatever means something to Mermaid, Markdown or HTML becomes an entity.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_control() => out.push('\u{fffd}'),
            '"' | '#' | '&' | '<' | '>' | '`' | '\\' | ';' | '*' | '_' | '[' | ']' | '{' | '}'
            | '|' => {
                // Writing to a String cannot fail.
                write!(out, "#{};", u32::from(c)).ok();
            }
            c => out.push(c),
        }
    }
    out
}
