//! The graph as a drawing that stands alone: no scripts, no fonts of its own, nothing that is loaded.
//!
//! Colours follow the reader's preference for light or dark; programs that know no preference draw the light ones. Each
//! edge has all about its link as a title, and all of them together are the description for those who cannot see it.

use std::fmt::Write as _;

use super::layout::{
    GROUP_HEAD, INDENT, JOB_HEAD, Layout, PADDING, Point, ROW, Rectangle, Way, job_height, layout,
    loop_space,
};
use super::{BoxKind, EdgeStyle, Graph, GroupBox, JobBox, Role, Row, shortened};

/// Space around all.
const MARGIN: f64 = 24.0;
/// Height of the title.
const TITLE: f64 = 56.0;
/// Height of a line of the legend.
const LEGEND: f64 = 24.0;
/// Least width, for the title.
const LEAST_WIDTH: f64 = 420.0;
/// Number of colours for types.
const COLORS: usize = 8;
/// Length of an arrow's head.
const ARROW: f64 = 8.0;

/// Draws the graph.
pub fn draw(graph: &Graph) -> String {
    let layout = layout(graph);
    let legend = legend(graph);
    let width = (layout.width + 2.0 * MARGIN).max(LEAST_WIDTH);
    let lines = legend_lines(&legend, width - 2.0 * MARGIN);
    let below = MARGIN + LEGEND * count(lines.len());
    let height = TITLE + layout.height + below + MARGIN;
    let mut drawing = Drawing {
        graph,
        layout: &layout,
        types: types(graph),
        out: String::new(),
    };
    drawing.head(width, height);
    let shift = format!("translate({} {})", n(MARGIN), n(TITLE));
    drawing.line(&format!("<g transform=\"{shift}\">"));
    drawing.boxes();
    drawing.edges();
    drawing.line("</g>");
    drawing.legend(&lines, TITLE + layout.height + MARGIN);
    drawing.line("</svg>");
    drawing.out
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of boxes and rows are small"
)]
fn count(number: usize) -> f64 {
    number as f64
}

struct Drawing<'g> {
    graph: &'g Graph,
    layout: &'g Layout,
    types: Vec<&'g str>,
    out: String,
}

impl Drawing<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn head(&mut self, width: f64, height: f64) {
        let (w, h) = (n(width), n(height));
        self.line(&format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\" aria-labelledby=\"links-title links-desc\">"
        ));
        let title = format!("Links of deployment {}", self.graph.deployment);
        self.line(&format!(
            "<title id=\"links-title\">{}</title>",
            escaped(&title)
        ));
        let sentences: Vec<String> = self
            .graph
            .edges
            .iter()
            .map(|edge| format!("{}.", edge.title))
            .collect();
        self.line(&format!(
            "<desc id=\"links-desc\">{}</desc>",
            escaped(&sentences.join("\n"))
        ));
        self.line(STYLE);
        self.line(&format!(
            "<rect class=\"page\" width=\"{w}\" height=\"{h}\"/>"
        ));
        let own = self.graph.groups.iter();
        let own = own.filter(|group| group.kind == BoxKind::Group).count();
        let groups = if own == 1 { "group" } else { "groups" };
        let rows = self.graph.groups.iter().flat_map(|group| &group.jobs);
        let rows = rows.flat_map(|job| &job.rows);
        let number = rows.filter(|row| row.role == Role::Consumes).count();
        let links = if number == 1 { "link" } else { "links" };
        let about = format!("{own} instance {groups}, {number} {links}");
        self.line(&format!(
            "<text class=\"title\" x=\"{x}\" y=\"28\">{}</text>\n<text class=\"caption\" x=\"{x}\" y=\"45\">{about}</text>",
            escaped(&shortened(&format!("Links of {}", self.graph.deployment))),
            x = n(MARGIN)
        ));
    }

    fn boxes(&mut self) {
        let placed = self.graph.groups.iter().zip(&self.layout.boxes);
        for (at, (group, place)) in placed.enumerate() {
            self.group(at, group, *place);
        }
    }

    fn group(&mut self, at: usize, group: &GroupBox, place: Rectangle) {
        let class = match group.kind {
            BoxKind::Group => "group",
            BoxKind::Foreign => "group foreign",
            BoxKind::Manual => "group manual",
            BoxKind::Missing => "group missing",
        };
        self.line(&format!("<g class=\"{class}\">"));
        self.line(&format!("<title>{}</title>", escaped(&group.name)));
        self.line(&rectangle("box", place, 8.0));
        let x = place.x + PADDING;
        let middle = if group.caption.is_empty() { 27.0 } else { 20.0 };
        self.line(&text("name", x, place.y + middle, &shortened(&group.name)));
        if !group.caption.is_empty() {
            self.line(&text("caption", x, place.y + 36.0, &group.caption));
        }
        let loops = self.graph.loops(at);
        let mut y = place.y + GROUP_HEAD;
        for job in &group.jobs {
            let height = job_height(job.rows.len(), !job.name.is_empty());
            let job_place = Rectangle {
                x,
                y,
                width: place.width - 2.0 * PADDING - loop_space(loops),
                height,
            };
            self.job(job, job_place);
            y += height + PADDING;
        }
        self.line("</g>");
    }

    fn job(&mut self, job: &JobBox, place: Rectangle) {
        self.line(&rectangle("job", place, 5.0));
        let mut y = place.y + 6.0;
        if !job.name.is_empty() {
            let name = shortened(&job.name);
            self.line(&text("jobname", place.x + INDENT, place.y + 16.0, &name));
            y = place.y + JOB_HEAD;
        }
        for row in &job.rows {
            self.row(row, place, y + ROW / 2.0);
            y += ROW;
        }
    }

    /// A link: one that is provided stands at the left, one that is consumed at the right.
    fn row(&mut self, row: &Row, place: Rectangle, y: f64) {
        let right = matches!(row.role, Role::Consumes | Role::Absent);
        let class = match row.role {
            Role::Provides | Role::Consumes => "link",
            Role::Unused | Role::Absent => "link idle",
        };
        let (x, end) = if right {
            (place.x + place.width - INDENT, " end")
        } else {
            (place.x + INDENT, "")
        };
        let whole = super::noted(row);
        let short = shortened(&whole);
        let (name, about) = if short == whole {
            // The space stays with the name: some programs drop it at the start of a part.
            whole.split_at(whole.len().min(row.name.len() + 1))
        } else {
            (short.as_str(), "")
        };
        let mut spans = escaped(name);
        if !about.is_empty() {
            // Writing to a String cannot fail.
            write!(spans, "<tspan class=\"about\">{}</tspan>", escaped(about)).ok();
        }
        self.line(&format!(
            "<text class=\"{class}{end}\" x=\"{}\" y=\"{}\">{spans}</text>",
            n(x),
            n(y + 4.0)
        ));
    }

    fn color(&self, kind: &str) -> String {
        let at = self.types.iter().position(|found| *found == kind);
        format!("c{}", at.unwrap_or(0) % COLORS)
    }

    fn edges(&mut self) {
        let ways = self.graph.edges.iter().zip(&self.layout.ways);
        for (edge, way) in ways {
            let class = match edge.style {
                EdgeStyle::Implicit => "edge",
                EdgeStyle::Explicit => "edge explicit",
                EdgeStyle::Foreign => "edge other",
                EdgeStyle::Manual => "edge given",
                EdgeStyle::Failed => "edge failed",
            };
            let color = self.color(&edge.kind);
            let (path, ring, head) = drawn(way);
            self.line(&format!(
                "<g class=\"{class} {color}\"><title>{}</title><path d=\"{path}\"/>{ring}<path class=\"head\" d=\"{head}\"/></g>",
                escaped(&edge.title)
            ));
        }
    }

    fn legend(&mut self, lines: &[Vec<&LegendEntry>], top: f64) {
        for (number, line) in lines.iter().enumerate() {
            let mut x = MARGIN;
            let y = top + LEGEND * (count(number) + 0.5);
            for entry in line {
                self.line(&format!(
                    "<g class=\"{}\">{}</g>",
                    entry.class,
                    entry.sample(x, y)
                ));
                self.line(&text(
                    "caption",
                    x + entry.sample_width() + 8.0,
                    y + 4.0,
                    entry.text,
                ));
                x += entry.width();
            }
        }
    }
}

/// The path of an edge, the ring at its start, and the head of its arrow.
fn drawn(way: &Way) -> (String, String, String) {
    match way {
        Way::Around {
            from,
            to,
            side,
            reach,
        } => {
            // A curve reaches three quarters of the way to where it is drawn to.
            let bend = n(side + (reach - side) * 4.0 / 3.0);
            let path = format!(
                "M{} {}H{side}C{bend} {},{bend} {},{side} {}H{}",
                n(from.x),
                n(from.y),
                n(from.y),
                n(to.y),
                n(to.y),
                n(to.x + ARROW),
                side = n(side.max(to.x + ARROW))
            );
            (path, ring(*from), head(*to, -1.0))
        }
        Way::Across(points) => {
            let (Some(first), Some(last)) = (points.first(), points.last()) else {
                return (String::new(), String::new(), String::new());
            };
            let sign = if first.x <= last.x { 1.0 } else { -1.0 };
            let mut path = format!("M{} {}", n(first.x), n(first.y));
            for (at, pair) in points.windows(2).enumerate() {
                let [a, b] = pair else { continue };
                // Writing to a String cannot fail.
                if at % 2 == 1 {
                    curve(&mut path, *a, *b);
                } else if at + 2 == points.len() {
                    write!(path, "H{}", n(b.x - sign * ARROW)).ok();
                } else {
                    write!(path, "H{}", n(b.x)).ok();
                }
            }
            (path, ring(*first), head(*last, sign))
        }
    }
}

fn ring(at: Point) -> String {
    format!(
        "<circle class=\"ring\" cx=\"{}\" cy=\"{}\" r=\"3\"/>",
        n(at.x),
        n(at.y)
    )
}

fn curve(path: &mut String, a: Point, b: Point) {
    let middle = f64::midpoint(a.x, b.x);
    // Writing to a String cannot fail.
    write!(
        path,
        "C{m} {},{m} {},{} {}",
        n(a.y),
        n(b.y),
        n(b.x),
        n(b.y),
        m = n(middle)
    )
    .ok();
}

/// A triangle that points to the right (1) or to the left (-1).
fn head(tip: Point, sign: f64) -> String {
    let back = tip.x - sign * ARROW;
    format!(
        "M{} {}L{b} {}L{b} {}Z",
        n(tip.x),
        n(tip.y),
        n(tip.y - 4.0),
        n(tip.y + 4.0),
        b = n(back)
    )
}

/// The types of all links, in order: each has a colour.
fn types(graph: &Graph) -> Vec<&str> {
    let mut types: Vec<&str> = Vec::new();
    for edge in &graph.edges {
        if !types.contains(&edge.kind.as_str()) {
            types.push(&edge.kind);
        }
    }
    types
}

/// A sample and what it means.
struct LegendEntry {
    class: &'static str,
    text: &'static str,
    is_line: bool,
}

impl LegendEntry {
    fn sample_width(&self) -> f64 {
        if self.is_line { 34.0 } else { 0.0 }
    }

    fn width(&self) -> f64 {
        self.sample_width() + 8.0 + count(self.text.chars().count()) * 6.4 + 18.0
    }

    fn sample(&self, x: f64, y: f64) -> String {
        if !self.is_line {
            return String::new();
        }
        let (from, to) = (Point { x: x + 3.0, y }, Point { x: x + 34.0, y });
        format!(
            "<path d=\"M{} {}H{}\"/>{}<path class=\"head\" d=\"{}\"/>",
            n(from.x),
            n(y),
            n(to.x - ARROW),
            ring(from),
            head(to, 1.0)
        )
    }
}

/// What stands in the drawing.
fn legend(graph: &Graph) -> Vec<LegendEntry> {
    let kinds = [
        (
            EdgeStyle::Implicit,
            "edge c",
            "consumer to provider, by its type alone",
        ),
        (
            EdgeStyle::Explicit,
            "edge explicit c",
            "the manifest names the provider",
        ),
        (EdgeStyle::Foreign, "edge other c", "of another deployment"),
        (EdgeStyle::Manual, "edge given c", "data of the manifest"),
        (EdgeStyle::Failed, "edge failed", "missing or ambiguous"),
    ];
    let there = kinds
        .iter()
        .filter(|(style, ..)| graph.edges.iter().any(|edge| edge.style == *style));
    let mut entries: Vec<LegendEntry> = there
        .map(|(_, class, text)| LegendEntry {
            class,
            text,
            is_line: true,
        })
        .collect();
    let mut rows = graph.groups.iter().flat_map(|group| &group.jobs);
    let idle = |row: &Row| matches!(row.role, Role::Unused | Role::Absent);
    if rows.any(|job| job.rows.iter().any(idle)) {
        entries.push(LegendEntry {
            class: "legend",
            text: "italic: provided and not consumed, or optional and absent",
            is_line: false,
        });
    }
    entries
}

/// Entries in lines that are not wider than the drawing.
fn legend_lines(entries: &[LegendEntry], width: f64) -> Vec<Vec<&LegendEntry>> {
    let mut lines: Vec<Vec<&LegendEntry>> = Vec::new();
    let mut used = 0.0;
    for entry in entries {
        let line = lines.last_mut();
        if let Some(line) = line.filter(|_| used + entry.width() <= width) {
            line.push(entry);
        } else {
            lines.push(vec![entry]);
            used = 0.0;
        }
        used += entry.width();
    }
    lines
}

fn rectangle(class: &str, place: Rectangle, radius: f64) -> String {
    format!(
        "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
        n(place.x),
        n(place.y),
        n(place.width),
        n(place.height),
        n(radius)
    )
}

fn text(class: &str, x: f64, y: f64, text: &str) -> String {
    format!(
        "<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>",
        n(x),
        n(y),
        escaped(text)
    )
}

/// A length with at most one decimal.
fn n(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    // No `-0`.
    format!("{}", rounded + 0.0)
}

/// Text for XML; what XML cannot hold becomes a replacement character.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push('\n'),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Concrete colours in every rule: many programs that draw SVG know no variables.
const STYLE: &str = "<style>
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;fill:#1f2328}
.title{font-size:17px;font-weight:600}
.name{font-size:13.5px;font-weight:700}
.jobname{font-weight:700}
.caption{font:11px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif;fill:#59636e}
.end{text-anchor:end}
.about{fill:#59636e}
.idle,.idle .about{fill:#818b98;font-style:italic}
.page{fill:#fff}
.box{fill:#f6f8fa;stroke:#d1d9e0}
.job{fill:#fff;stroke:#d1d9e0}
.foreign .box{fill:#f7f2fd;stroke:#8250df;stroke-dasharray:6 4}
.manual .box{fill:#fdf8e3;stroke:#9a6700;stroke-dasharray:2 3}
.missing .box{fill:#fff0ee;stroke:#cf222e;stroke-dasharray:5 4}
.edge path{fill:none;stroke-width:1.4}
.edge .ring{fill:#fff;stroke-width:1.4}
.edge .head{stroke:none}
.explicit path{stroke-width:2.4}
.other path{stroke-dasharray:8 4;stroke-width:1.8}
.given path{stroke-dasharray:2 3;stroke-width:1.8}
.failed path{stroke-dasharray:5 4;stroke-width:1.8}
.edge:hover path{stroke-width:3.5}
.c path,.c .ring{stroke:#57606a}.c .head{fill:#57606a}
.c0 path,.c0 .ring{stroke:#0969da}.c0 .head{fill:#0969da}
.c1 path,.c1 .ring{stroke:#1a7f37}.c1 .head{fill:#1a7f37}
.c2 path,.c2 .ring{stroke:#8250df}.c2 .head{fill:#8250df}
.c3 path,.c3 .ring{stroke:#bc4c00}.c3 .head{fill:#bc4c00}
.c4 path,.c4 .ring{stroke:#0b7285}.c4 .head{fill:#0b7285}
.c5 path,.c5 .ring{stroke:#bf3989}.c5 .head{fill:#bf3989}
.c6 path,.c6 .ring{stroke:#7d6400}.c6 .head{fill:#7d6400}
.c7 path,.c7 .ring{stroke:#57606a}.c7 .head{fill:#57606a}
.edge.failed path,.edge.failed .ring{stroke:#cf222e}.edge.failed .head{fill:#cf222e}
.edge .head,.edge.failed .head{stroke:none}
@media (prefers-color-scheme:dark){
text{fill:#f0f6fc}.caption,.about{fill:#9198a1}.idle,.idle .about{fill:#79828d}
.page{fill:#0d1117}.box{fill:#151b23;stroke:#3d444d}.job{fill:#0d1117;stroke:#3d444d}
.foreign .box{fill:#1c1630;stroke:#ab7df8}.manual .box{fill:#241c06;stroke:#d29922}.missing .box{fill:#2a1215;stroke:#f85149}
.edge .ring{fill:#0d1117}
.c path,.c .ring{stroke:#9198a1}.c .head{fill:#9198a1}
.c0 path,.c0 .ring{stroke:#4493f8}.c0 .head{fill:#4493f8}
.c1 path,.c1 .ring{stroke:#3fb950}.c1 .head{fill:#3fb950}
.c2 path,.c2 .ring{stroke:#ab7df8}.c2 .head{fill:#ab7df8}
.c3 path,.c3 .ring{stroke:#db6d28}.c3 .head{fill:#db6d28}
.c4 path,.c4 .ring{stroke:#39c5cf}.c4 .head{fill:#39c5cf}
.c5 path,.c5 .ring{stroke:#db61a2}.c5 .head{fill:#db61a2}
.c6 path,.c6 .ring{stroke:#d4b106}.c6 .head{fill:#d4b106}
.c7 path,.c7 .ring{stroke:#9198a1}.c7 .head{fill:#9198a1}
.edge.failed path,.edge.failed .ring{stroke:#f85149}.edge.failed .head{fill:#f85149}
.edge .head,.edge.failed .head{stroke:none}
}
</style>";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::links::graph::{Edge, Port, dot, mermaid};
    use proptest::prelude::*;

    fn graph(name: &str) -> Graph {
        let text = || name.to_owned();
        let group = |role: Role| GroupBox {
            kind: BoxKind::Group,
            name: text(),
            caption: text(),
            jobs: vec![JobBox {
                name: format!("job {name}"),
                rows: vec![Row {
                    role,
                    name: format!("link {name}"),
                    kind: text(),
                    note: format!("note {name}"),
                }],
            }],
        };
        let port = |group: usize| Port {
            group,
            job: 0,
            row: 0,
        };
        Graph {
            deployment: text(),
            groups: vec![group(Role::Consumes), group(Role::Provides)],
            edges: vec![Edge {
                consumer: port(0),
                provider: port(1),
                style: EdgeStyle::Implicit,
                name: text(),
                kind: format!("type {name}"),
                title: text(),
            }],
        }
    }

    /// What means something in each language, without the texts.
    fn skeleton(name: &str) -> [Vec<char>; 3] {
        let graph = graph(name);
        let of = |text: &str, signs: &str| text.chars().filter(|c| signs.contains(*c)).collect();
        // Two backslashes are one of a text, one and a quote are a quote of a text.
        let dot = dot::draw(&graph).replace("\\\\", "").replace("\\\"", "");
        [
            of(&draw(&graph), "<>\"'"),
            of(&dot, "\"\n"),
            of(&mermaid::draw(&graph), "\"[]|<>\n"),
        ]
    }

    proptest! {
        #[test]
        fn names_are_texts_whatever_they_hold(name in "[a-z]|[<>&\"'\\\\\\[\\]|;#`{}\n\r\t\u{0}\u{1b}\u{2028}é]{1,8}") {
            prop_assert_eq!(skeleton(&name), skeleton("x"));
        }
    }
}
