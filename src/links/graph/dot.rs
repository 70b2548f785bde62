//! The graph as a text for Graphviz.

use std::fmt::Write as _;

use super::{BoxKind, EdgeStyle, Graph};

/// Prints the graph in the language DOT.
pub fn draw(graph: &Graph) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    writeln!(out, "digraph {} {{", quoted(&graph.deployment)).ok();
    out.push_str(HEAD);
    for (at, group) in graph.groups.iter().enumerate() {
        let lines = [group.name.as_str(), group.caption.as_str()];
        // `\l` ends a line that begins at the left.
        let mut label = String::new();
        for line in lines.iter().filter(|line| !line.is_empty()) {
            // Writing to a String cannot fail.
            write!(label, "{}\\l", inner(line)).ok();
        }
        writeln!(out, "  subgraph cluster_{at} {{").ok();
        writeln!(out, "    label=\"{label}\"; {}", cluster_style(group.kind)).ok();
        for (node, lines) in graph.nodes(at) {
            writeln!(out, "    {node} [label={}];", quoted(&lines.join("\n"))).ok();
        }
        out.push_str("  }\n");
    }
    for edge in &graph.edges {
        writeln!(
            out,
            "  {} -> {} [label={}, {}];",
            graph.node(edge.consumer),
            graph.node(edge.provider),
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

/// A text in quotes; line breaks begin new lines.
fn quoted(text: &str) -> String {
    format!("\"{}\"", inner(text))
}

fn inner(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
