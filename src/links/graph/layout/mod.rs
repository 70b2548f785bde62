//! Where the boxes of a graph stand, and which ways its edges take.
//!
//! Boxes stand in columns: a consumer left of its providers, as far as circles allow. An edge that passes a column between
//! has a lane there, which no box covers; edges to one provider share their lanes. Within columns the order is the one with
//! the fewest crossings that some sweeps find, and heights follow the neighbours, so that edges are as level as they can be.
//!
//! Lengths are pixels. Names are drawn in a font of fixed width, so their width is known without measuring.

mod columns;
mod order;
mod plan;
mod ways;

#[cfg(test)]
mod tests;

use super::{Graph, GroupBox, Port, noted, shortened};
use plan::Plan;

/// Width of a character of a name, in a font of 12 pixels.
const CHARACTER: f64 = 7.3;
/// Width of a character of a group's name, which is larger and bold.
const TITLE_CHARACTER: f64 = 8.4;
/// Width of a character of a caption.
const CAPTION_CHARACTER: f64 = 6.4;
/// Height of a row.
pub const ROW: f64 = 19.0;
/// Height of a job's name.
pub const JOB_HEAD: f64 = 24.0;
/// Height of a group's name and caption.
pub const GROUP_HEAD: f64 = 44.0;
/// Space around the jobs of a group, and between them.
pub const PADDING: f64 = 12.0;
/// Space between a job's border and its texts.
pub const INDENT: f64 = 14.0;
/// Space between boxes.
const BETWEEN: f64 = 24.0;
/// Height of a lane.
const LANE: f64 = 14.0;
/// Space that an edge needs before it bends.
const STUB: f64 = 10.0;

/// A graph with places.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// Width of all boxes and edges.
    pub width: f64,
    /// Height of all boxes and edges.
    pub height: f64,
    /// For each box where it is.
    pub boxes: Vec<Rectangle>,
    /// For each edge its way from the consumer to the provider.
    pub ways: Vec<Way>,
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rectangle {
    /// Left side.
    pub x: f64,
    /// Upper side.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// The way of an edge.
#[derive(Debug, Clone, PartialEq)]
pub enum Way {
    /// Through these points, level at each: straight to the second, bent to the third, straight to the fourth and so on. It
    /// begins and ends at the sides of jobs.
    Across(Vec<Point>),
    /// Within one column: from here straight to `side`, round to the right as far as `reach`, and back to there.
    Around {
        /// Where it begins: at the side of a job.
        from: Point,
        /// Where it ends: at the side of a job.
        to: Point,
        /// Where it begins to bend, from the left.
        side: f64,
        /// How far to the right, from the left.
        reach: f64,
    },
}

/// A point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// From the left.
    pub x: f64,
    /// From above.
    pub y: f64,
}

/// Finds places for all boxes and ways for all edges.
pub fn layout(graph: &Graph) -> Layout {
    let mut plan = Plan::of(graph);
    plan.improve();
    plan.finished()
}

/// The height of a job with all its rows.
pub fn job_height(rows: usize, named: bool) -> f64 {
    let head = if named { JOB_HEAD } else { 6.0 };
    let space = if rows == 0 { 0.0 } else { 6.0 };
    head + ROW * count(rows) + space
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of boxes and rows are small"
)]
fn count(number: usize) -> f64 {
    number as f64
}

fn size(group: &GroupBox, loops: usize) -> (f64, f64) {
    let wide = |text: &str, each: f64| count(text.chars().count()) * each;
    let mut inner = wide(&shortened(&group.name), TITLE_CHARACTER);
    inner = inner.max(wide(&group.caption, CAPTION_CHARACTER));
    let mut height = GROUP_HEAD + PADDING;
    for job in &group.jobs {
        inner = inner.max(wide(&shortened(&job.name), CHARACTER) + 2.0 * INDENT);
        for row in &job.rows {
            inner = inner.max(wide(&shortened(&noted(row)), CHARACTER) + 2.0 * INDENT);
        }
        height += job_height(job.rows.len(), !job.name.is_empty()) + PADDING;
    }
    (inner + 2.0 * PADDING + loop_space(loops), height - PADDING)
}

/// Room right of the jobs of a box for edges within it.
pub fn loop_space(loops: usize) -> f64 {
    if loops == 0 {
        0.0
    } else {
        14.0 + 7.0 * count(loops.min(6))
    }
}

/// How far below the upper side of its box a row is.
fn offset(group: &GroupBox, port: Port) -> f64 {
    let mut y = GROUP_HEAD;
    for job in group.jobs.iter().take(port.job) {
        y += job_height(job.rows.len(), !job.name.is_empty()) + PADDING;
    }
    let named = group
        .jobs
        .get(port.job)
        .is_some_and(|job| !job.name.is_empty());
    y + if named { JOB_HEAD } else { 6.0 } + ROW * (count(port.row) + 0.5)
}
