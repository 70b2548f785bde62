//! The graph as a text for Graphviz.

use std::fmt::Write as _;

use super::{BoxKind, EdgeStyle, Graph, JobBox, Role};

/// Prints the graph in the language DOT.
pub fn draw(graph: &Graph) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    writeln!(out, "digraph {} {{", quoted(&graph.deployment)).ok();
    out.push_str(HEAD);
    for (at, group) in graph.groups.iter().enumerate() {
        let mut label = group.name.clone();
        if !group.caption.is_empty() {
            label.push('\n');
            label.push_str(&group.caption);
        }
        writeln!(out, "  subgraph cluster_{at} {{").ok();
        writeln!(
            out,
            "    label={}; {}",
            quoted(&label),
            cluster_style(group.kind)
        )
        .ok();
        for (number, job) in group.jobs.iter().enumerate() {
            writeln!(
                out,
                "    n{at}_{number} [label={}];",
                quoted(&label_of(job))
            )
            .ok();
        }
        out.push_str("  }\n");
    }
    for edge in &graph.edges {
        let (from, to) = (edge.consumer, edge.provider);
        writeln!(
            out,
            "  n{}_{} -> n{}_{} [label={}, {}];",
            from.group,
            from.job,
            to.group,
            to.job,
            quoted(&super::named(&edge.name, &edge.kind)),
            edge_style(edge.style)
        )
        .ok();
    }
    out.push_str("}\n");
    out
}

const HEAD: &str = "  \
rankdir=LR;
  graph [fontname=\"Helvetica\", fontsize=12, labeljust=l, nodesep=0.3, ranksep=1.2];
  node [shape=box, style=\"rounded,filled\", fillcolor=\"#ffffff\", fontname=\"Helvetica\", fontsize=11];
  edge [fontname=\"Helvetica\", fontsize=10, color=\"#57606a\"];
";

fn cluster_style(kind: BoxKind) -> &'static str {
    match kind {
        BoxKind::Group => "style=\"rounded,filled\"; color=\"#d0d7de\"; fillcolor=\"#f6f8fa\";",
        BoxKind::Foreign => {
            "style=\"rounded,filled,dashed\"; color=\"#8250df\"; fillcolor=\"#fbefff\";"
        }
        BoxKind::Manual => {
            "style=\"rounded,filled,dashed\"; color=\"#9a6700\"; fillcolor=\"#fff8c5\";"
        }
        BoxKind::Missing => {
            "style=\"rounded,filled,dashed\"; color=\"#cf222e\"; fillcolor=\"#ffebe9\";"
        }
    }
}

fn edge_style(style: EdgeStyle) -> &'static str {
    match style {
        EdgeStyle::Implicit => "style=solid",
        EdgeStyle::Explicit => "style=solid, penwidth=2",
        EdgeStyle::Foreign => "style=dashed, color=\"#8250df\"",
        EdgeStyle::Manual => "style=dotted, color=\"#9a6700\"",
        EdgeStyle::Failed => "style=dashed, color=\"#cf222e\", fontcolor=\"#cf222e\"",
    }
}

/// The name of a job, and below it what it does without; in a box without jobs what stands in it.
fn label_of(job: &JobBox) -> String {
    let mut lines = Vec::new();
    if !job.name.is_empty() {
        lines.push(job.name.clone());
    }
    for row in &job.rows {
        if job.name.is_empty() || row.role == Role::Absent {
            lines.push(super::noted(row));
        }
    }
    lines.join("\n")
}

/// A text in quotes; line breaks begin new lines.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
