//! The graph as a text for Mermaid, which many sites draw where it stands in Markdown.

use std::fmt::Write as _;

use super::{BoxKind, EdgeStyle, Graph, JobBox, Role};

/// Prints the graph as a flowchart.
pub fn draw(graph: &Graph) -> String {
    let mut out = String::from("flowchart LR\n");
    for (at, group) in graph.groups.iter().enumerate() {
        let mut label = quoted(&group.name);
        if !group.caption.is_empty() {
            // Writing to a String cannot fail.
            write!(label, "<br/><small>{}</small>", quoted(&group.caption)).ok();
        }
        writeln!(out, "  subgraph g{at}[\"{label}\"]").ok();
        for (number, job) in group.jobs.iter().enumerate() {
            writeln!(out, "    n{at}_{number}[\"{}\"]", label_of(job)).ok();
        }
        out.push_str("  end\n");
    }
    for edge in &graph.edges {
        let (from, to) = (edge.consumer, edge.provider);
        let arrow = match edge.style {
            EdgeStyle::Implicit => "-->",
            EdgeStyle::Explicit => "==>",
            EdgeStyle::Foreign | EdgeStyle::Manual | EdgeStyle::Failed => "-.->",
        };
        let label = quoted(&super::named(&edge.name, &edge.kind));
        writeln!(
            out,
            "  n{}_{} {arrow}|\"{label}\"| n{}_{}",
            from.group, from.job, to.group, to.job
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

fn label_of(job: &JobBox) -> String {
    let mut lines = Vec::new();
    if !job.name.is_empty() {
        lines.push(quoted(&job.name));
    }
    for row in &job.rows {
        if job.name.is_empty() || row.role == Role::Absent {
            lines.push(format!("<small>{}</small>", quoted(&super::noted(row))));
        }
    }
    lines.join("<br/>")
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
