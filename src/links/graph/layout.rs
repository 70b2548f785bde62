//! Where the boxes of a graph stand, and which ways its edges take.
//!
//! Boxes stand in columns: a consumer left of its providers, as far as circles allow. An edge that passes a column between
//! has a lane there, which no box covers; edges to one provider share their lanes. Within columns the order is the one with
//! the fewest crossings that some sweeps find, and heights follow the neighbours, so that edges are as level as they can be.
//!
//! Lengths are pixels. Names are drawn in a font of fixed width, so their width is known without measuring.

use std::collections::{BTreeMap, BTreeSet};

use super::{EdgeStyle, Graph, GroupBox, Port, noted, shortened};

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
/// Longest chain of boxes for which the best cuts are looked for.
const MOST_STEPS: usize = 100;
/// How often the order of columns is improved.
const SWEEPS: usize = 16;

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

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Box(usize),
    Lane(usize),
}

/// A part of an edge between two columns that are neighbours: a place in each, as item and height within it.
#[derive(Debug, Clone, Copy)]
struct Piece {
    left: (Item, f64),
    right: (Item, f64),
}

struct Plan<'g> {
    graph: &'g Graph,
    sizes: Vec<(f64, f64)>,
    /// The column of each box.
    depth: Vec<usize>,
    columns: Vec<Vec<Item>>,
    /// Upper side of each box and each lane.
    box_y: Vec<f64>,
    lane_y: Vec<f64>,
    /// For each gap what passes it.
    pieces: Vec<Vec<Piece>>,
    /// For each edge its lanes, from left to right.
    lanes: Vec<Vec<usize>>,
}

impl<'g> Plan<'g> {
    fn of(graph: &'g Graph) -> Self {
        let sizes = graph.groups.iter().enumerate();
        let sizes: Vec<_> = sizes
            .map(|(at, group)| size(group, graph.loops(at)))
            .collect();
        let mut plan = Self {
            graph,
            depth: columns(graph, &sizes),
            sizes,
            columns: Vec::new(),
            box_y: vec![0.0; graph.groups.len()],
            lane_y: Vec::new(),
            pieces: Vec::new(),
            lanes: Vec::new(),
        };
        plan.fill_columns();
        plan.lay_lanes();
        plan
    }

    /// Boxes with links stand where their depth says, the others below the shortest columns.
    fn fill_columns(&mut self) {
        let linked: BTreeSet<usize> = outer_edges(self.graph)
            .flat_map(|edge| [edge.consumer.group, edge.provider.group])
            .collect();
        let last = linked.iter().filter_map(|at| self.depth.get(*at)).max();
        let wanted = square_root(self.graph.groups.len());
        let number = last.map_or(wanted, |last| last + 1).max(1);
        self.columns = vec![Vec::new(); number];
        let mut heights = vec![0.0; number];
        for at in 0..self.graph.groups.len() {
            if linked.contains(&at) {
                self.put(at, self.depth.get(at).copied().unwrap_or(0), &mut heights);
            }
        }
        for at in 0..self.graph.groups.len() {
            if !linked.contains(&at) {
                let mut shortest = 0;
                for (column, height) in heights.iter().enumerate() {
                    if *height < heights.get(shortest).copied().unwrap_or(0.0) {
                        shortest = column;
                    }
                }
                self.put(at, shortest, &mut heights);
            }
        }
    }

    fn put(&mut self, at: usize, column: usize, heights: &mut [f64]) {
        if let Some(depth) = self.depth.get_mut(at) {
            *depth = column;
        }
        if let Some(items) = self.columns.get_mut(column) {
            items.push(Item::Box(at));
        }
        let height = self.sizes.get(at).map_or(0.0, |size| size.1);
        if let Some(sum) = heights.get_mut(column) {
            *sum += height + BETWEEN;
        }
    }

    /// Gives each edge its lanes and pieces.
    fn lay_lanes(&mut self) {
        let mut known: BTreeMap<(Port, EdgeStyle, usize), usize> = BTreeMap::new();
        self.pieces = vec![Vec::new(); self.columns.len()];
        for edge in &self.graph.edges {
            let (from, to) = (edge.consumer, edge.provider);
            let (left, right) = if self.depth(from) <= self.depth(to) {
                (from, to)
            } else {
                (to, from)
            };
            let mut lanes = Vec::new();
            let mut before = (Item::Box(left.group), self.offset(left));
            for column in self.depth(left) + 1..self.depth(right) {
                let key = (to, edge.style, column);
                let lane = match known.get(&key) {
                    Some(lane) => *lane,
                    None => self.new_lane(column),
                };
                known.insert(key, lane);
                let here = (Item::Lane(lane), LANE / 2.0);
                push_piece(&mut self.pieces, column - 1, before, here);
                before = here;
                lanes.push(lane);
            }
            if self.depth(left) < self.depth(right) {
                let end = (Item::Box(right.group), self.offset(right));
                let gap = self.depth(right) - 1;
                push_piece(&mut self.pieces, gap, before, end);
            }
            self.lanes.push(lanes);
        }
    }

    fn new_lane(&mut self, column: usize) -> usize {
        let lane = self.lane_y.len();
        self.lane_y.push(0.0);
        if let Some(items) = self.columns.get_mut(column) {
            items.push(Item::Lane(lane));
        }
        lane
    }

    fn depth(&self, port: Port) -> usize {
        self.depth.get(port.group).copied().unwrap_or(0)
    }

    fn offset(&self, port: Port) -> f64 {
        let group = self.graph.groups.get(port.group);
        group.map_or(0.0, |group| offset(group, port))
    }

    fn height(&self, item: Item) -> f64 {
        match item {
            Item::Box(at) => self.sizes.get(at).map_or(0.0, |size| size.1),
            Item::Lane(_) => LANE,
        }
    }

    fn y(&self, item: Item) -> f64 {
        let found = match item {
            Item::Box(at) => self.box_y.get(at),
            Item::Lane(at) => self.lane_y.get(at),
        };
        found.copied().unwrap_or(0.0)
    }

    fn set_y(&mut self, item: Item, y: f64) {
        let found = match item {
            Item::Box(at) => self.box_y.get_mut(at),
            Item::Lane(at) => self.lane_y.get_mut(at),
        };
        if let Some(found) = found {
            *found = y;
        }
    }

    /// Sweeps over the columns to and fro, and keeps the best that was found.
    fn improve(&mut self) {
        for column in 0..self.columns.len() {
            self.stack(column, &[]);
        }
        let (mut least, mut best) = (None, None);
        for sweep in 0..SWEEPS {
            let number = self.columns.len();
            for step in 0..number {
                let column = if sweep % 2 == 0 {
                    step
                } else {
                    number - 1 - step
                };
                // At first one side decides; later both do.
                let sides = match (sweep, sweep % 2) {
                    (0..4, 0) => (true, false),
                    (0..4, _) => (false, true),
                    _ => (true, true),
                };
                self.settle(column, sides);
            }
            let cost = (self.crossings(), self.length());
            if least.is_none_or(|least| better(cost, least)) {
                least = Some(cost);
                best = Some((
                    self.columns.clone(),
                    self.box_y.clone(),
                    self.lane_y.clone(),
                ));
            }
        }
        if let Some((columns, box_y, lane_y)) = best {
            (self.columns, self.box_y, self.lane_y) = (columns, box_y, lane_y);
        }
    }

    /// Sorts a column by where the neighbours want its items, and puts them there as far as they fit.
    fn settle(&mut self, column: usize, (by_left, by_right): (bool, bool)) {
        let items = self.columns.get(column).cloned().unwrap_or_default();
        let mut wanted: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
        let key = |item: Item| items.iter().position(|found| *found == item);
        let mut wish = |item: Item, y: f64| {
            if let Some(at) = key(item) {
                let (sum, number) = wanted.entry(at).or_default();
                *sum += y;
                *number += 1.0;
            }
        };
        if let Some(before) = column.checked_sub(1).filter(|_| by_left) {
            for piece in self.pieces.get(before).into_iter().flatten() {
                let (item, offset) = piece.right;
                wish(item, self.y(piece.left.0) + piece.left.1 - offset);
            }
        }
        if by_right {
            for piece in self.pieces.get(column).into_iter().flatten() {
                let (item, offset) = piece.left;
                wish(item, self.y(piece.right.0) + piece.right.1 - offset);
            }
        }
        for edge in outer_edges(self.graph) {
            let (from, to) = (edge.consumer, edge.provider);
            if self.depth(from) == column && self.depth(to) == column {
                let at = |port: Port| self.y(Item::Box(port.group)) + self.offset(port);
                wish(Item::Box(from.group), at(to) - self.offset(from));
                wish(Item::Box(to.group), at(from) - self.offset(to));
            }
        }
        let mut placed: Vec<(f64, f64, Item)> = Vec::with_capacity(items.len());
        for (at, item) in items.iter().enumerate() {
            let (y, weight) = match wanted.get(&at) {
                Some((sum, number)) => (sum / number, *number),
                None => (self.y(*item), 0.1),
            };
            placed.push((y, weight, *item));
        }
        // What is higher in its middle stands above; equals keep their order.
        let middle = |entry: &(f64, f64, Item)| entry.0 + self.height(entry.2) / 2.0;
        placed.sort_by(|a, b| middle(a).total_cmp(&middle(b)));
        if let Some(items) = self.columns.get_mut(column) {
            *items = placed.iter().map(|entry| entry.2).collect();
        }
        let wishes: Vec<(f64, f64)> = placed.iter().map(|entry| (entry.0, entry.1)).collect();
        self.stack(column, &wishes);
    }

    /// Puts the items of a column one below the other, as near to their wishes as that allows.
    fn stack(&mut self, column: usize, wishes: &[(f64, f64)]) {
        let items = self.columns.get(column).cloned().unwrap_or_default();
        let mut starts = Vec::with_capacity(items.len());
        let mut next = 0.0;
        for item in &items {
            starts.push(next);
            let gap = match item {
                Item::Box(_) => BETWEEN,
                Item::Lane(_) => 4.0,
            };
            next += self.height(*item) + gap;
        }
        let free = starts.iter().enumerate().map(|(at, start)| {
            let (y, weight) = wishes.get(at).copied().unwrap_or((*start, 1.0));
            (y - start, weight)
        });
        let moved = pooled(&free.collect::<Vec<_>>());
        for ((item, start), by) in items.iter().zip(starts).zip(moved) {
            self.set_y(*item, start + by);
        }
    }

    /// How many pieces of edges cross.
    fn crossings(&self) -> u64 {
        let in_gap = |pieces: &Vec<Piece>| {
            let mut ends: Vec<(f64, f64)> = pieces
                .iter()
                .map(|piece| {
                    let at = |(item, offset): (Item, f64)| self.y(item) + offset;
                    (at(piece.left), at(piece.right))
                })
                .collect();
            ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            inversions(ends.iter().map(|end| end.1).collect()).1
        };
        self.pieces.iter().map(in_gap).sum()
    }

    /// How far edges rise and fall together.
    fn length(&self) -> f64 {
        let at = |(item, offset): (Item, f64)| self.y(item) + offset;
        let rise = |piece: &Piece| (at(piece.left) - at(piece.right)).abs();
        let across: f64 = self.pieces.iter().flatten().map(rise).sum();
        let within = outer_edges(self.graph);
        let within = within.filter(|edge| self.depth(edge.consumer) == self.depth(edge.provider));
        let end = |port: Port| at((Item::Box(port.group), self.offset(port)));
        let within = within.map(|edge| (end(edge.consumer) - end(edge.provider)).abs());
        across + within.sum::<f64>()
    }

    fn finished(self) -> Layout {
        let all = self.columns.iter().flatten();
        let top = all
            .clone()
            .map(|item| self.y(*item))
            .fold(f64::INFINITY, f64::min);
        let top = if top.is_finite() { top } else { 0.0 };
        let bottom = all.map(|item| self.y(*item) + self.height(*item));
        let bottom = bottom.fold(0.0_f64, f64::max);
        let (sides, width) = self.sides();
        let mut boxes = Vec::with_capacity(self.graph.groups.len());
        for (at, depth) in self.depth.iter().enumerate() {
            let (left, right) = sides.get(*depth).copied().unwrap_or_default();
            boxes.push(Rectangle {
                x: left,
                y: self.y(Item::Box(at)) - top,
                width: right - left,
                height: self.height(Item::Box(at)),
            });
        }
        let ways = self.ways(&sides, &boxes, top);
        let reach = |way: &Way| match way {
            Way::Around { reach, .. } => *reach,
            Way::Across(_) => 0.0,
        };
        Layout {
            width: ways.iter().map(reach).fold(width, f64::max),
            height: (bottom - top).max(0.0),
            ways,
            boxes,
        }
    }

    /// How far the steepest edge of a gap rises or falls.
    fn steepest(&self, gap: usize) -> f64 {
        let at = |(item, offset): (Item, f64)| self.y(item) + offset;
        let pieces = self.pieces.get(gap).into_iter().flatten();
        pieces
            .map(|piece| (at(piece.left) - at(piece.right)).abs())
            .fold(0.0, f64::max)
    }

    /// The left and right side of each column, and the width of all.
    fn sides(&self) -> (Vec<(f64, f64)>, f64) {
        let mut sides = Vec::with_capacity(self.columns.len());
        let mut x = 0.0;
        let mut end = 0.0;
        for (column, items) in self.columns.iter().enumerate() {
            let boxes = items.iter().map(|item| match item {
                Item::Box(at) => self.sizes.get(*at).map_or(0.0, |size| size.0),
                Item::Lane(_) => 0.0,
            });
            let width = boxes.fold(0.0, f64::max).ceil();
            sides.push((x, x + width));
            end = x + width;
            let passing = self.pieces.get(column).map_or(0, Vec::len);
            let gap = 64.0 + 4.0 * count(passing.min(14)) + (self.steepest(column) / 8.0).min(70.0);
            x = end + if passing == 0 { BETWEEN } else { gap.round() };
        }
        (sides, end)
    }

    fn ways(&self, sides: &[(f64, f64)], boxes: &[Rectangle], top: f64) -> Vec<Way> {
        let mut loops: BTreeMap<(usize, Option<usize>), usize> = BTreeMap::new();
        let mut ways = Vec::with_capacity(self.graph.edges.len());
        for (edge, lanes) in self.graph.edges.iter().zip(&self.lanes) {
            let (from, to) = (edge.consumer, edge.provider);
            let y = |port: Port| {
                let upper = boxes.get(port.group).map_or(0.0, |found| found.y);
                upper + self.offset(port)
            };
            let side = |port: Port| sides.get(self.depth(port)).copied().unwrap_or_default();
            if self.depth(from) == self.depth(to) {
                let key = (
                    self.depth(from),
                    (from.group == to.group).then_some(from.group),
                );
                let number = loops.entry(key).or_default();
                *number += 1;
                let (_, right) = side(from);
                let job = |port: Port| right - PADDING - loop_space(self.graph.loops(port.group));
                let end = |port: Port| Point {
                    x: job(port),
                    y: y(port),
                };
                let step = 7.0 * count((*number - 1) % 6);
                let (side, reach) = if from.group == to.group {
                    (job(from), job(from) + 17.0 + step)
                } else {
                    (right, right + 20.0 + step)
                };
                ways.push(Way::Around {
                    from: end(from),
                    to: end(to),
                    side,
                    reach,
                });
                continue;
            }
            let forward = self.depth(from) <= self.depth(to);
            let (left, right) = if forward { (from, to) } else { (to, from) };
            let (_, start) = side(left);
            let inset = PADDING + loop_space(self.graph.loops(left.group));
            let at = |x: f64, y: f64| Point { x, y };
            let mut points = vec![at(start - inset, y(left)), at(start, y(left))];
            for (lane, column) in lanes.iter().zip(self.depth(left) + 1..) {
                let (start, end) = sides.get(column).copied().unwrap_or_default();
                let y = self.y(Item::Lane(*lane)) + LANE / 2.0 - top;
                points.extend([at(start - STUB, y), at(end + STUB, y)]);
            }
            let (end, _) = side(right);
            points.extend([at(end, y(right)), at(end + PADDING, y(right))]);
            if !forward {
                points.reverse();
            }
            ways.push(Way::Across(points));
        }
        ways
    }
}

fn push_piece(pieces: &mut [Vec<Piece>], gap: usize, left: (Item, f64), right: (Item, f64)) {
    if let Some(found) = pieces.get_mut(gap) {
        found.push(Piece { left, right });
    }
}

fn better(found: (u64, f64), least: (u64, f64)) -> bool {
    found.0 < least.0 || (found.0 == least.0 && found.1 + 0.5 < least.1)
}

/// The smallest number whose square is not below it.
fn square_root(number: usize) -> usize {
    (1..)
        .find(|root: &usize| root.saturating_mul(*root) >= number)
        .unwrap_or(1)
}

/// Edges between different boxes.
fn outer_edges(graph: &Graph) -> impl Iterator<Item = &super::Edge> {
    let edges = graph.edges.iter();
    edges.filter(|edge| edge.consumer.group != edge.provider.group)
}

/// The column of each box. There are not many more columns than lines: where a chain of boxes is longer, neighbouring
/// steps share a column, those with the fewest edges between them.
fn columns(graph: &Graph, sizes: &[(f64, f64)]) -> Vec<usize> {
    let depth = depths(graph);
    let number = depth.iter().max().map_or(0, |most| most + 1);
    let linked: BTreeSet<usize> = outer_edges(graph)
        .flat_map(|edge| [edge.consumer.group, edge.provider.group])
        .collect();
    // Twice as wide as high, so that it fits a page.
    let most = square_root(linked.len() * 9 / 4).max(3);
    if number <= most {
        return depth;
    }
    if number > MOST_STEPS {
        return depth.iter().map(|at| at * most / number).collect();
    }
    let of = |at: usize| depth.get(at).copied().unwrap_or(0);
    let mut heights = vec![0.0; number];
    for at in linked {
        if let Some(sum) = heights.get_mut(of(at)) {
            *sum += sizes.get(at).map_or(0.0, |size| size.1) + BETWEEN;
        }
    }
    let ideal = heights.iter().sum::<f64>() / count(most);
    let cost = |first: usize, end: usize| {
        let within = outer_edges(graph).filter(|edge| {
            let ends = [of(edge.consumer.group), of(edge.provider.group)];
            ends.iter().all(|depth| (first..end).contains(depth))
        });
        let height: f64 = heights.iter().skip(first).take(end - first).sum();
        2.0 * count(within.count()) + 3.0 * (height / ideal).powi(2)
    };
    let starts = cheapest_cuts(number, most, &cost);
    let column = |depth: usize| starts.iter().filter(|start| **start <= depth).count() - 1;
    depth.iter().map(|depth| column(*depth)).collect()
}

/// Cuts `number` steps into `parts` so that the costs of all parts together are least; where each part starts.
fn cheapest_cuts(number: usize, parts: usize, cost: &dyn Fn(usize, usize) -> f64) -> Vec<usize> {
    // For each end the least cost, and the starts of the parts.
    let mut best: Vec<Option<(f64, Vec<usize>)>> = vec![None; number + 1];
    if let Some(first) = best.first_mut() {
        *first = Some((0.0, Vec::new()));
    }
    for _ in 0..parts {
        let mut next = vec![None; number + 1];
        for end in 1..=number {
            for start in 0..end {
                let Some(Some((before, starts))) = best.get(start) else {
                    continue;
                };
                let sum = before + cost(start, end);
                let place = next.get_mut(end);
                let Some(place) = place else { continue };
                let cheaper = |(least, _): &(f64, Vec<usize>)| sum < *least;
                if place.as_ref().is_none_or(cheaper) {
                    let mut starts: Vec<usize> = starts.clone();
                    starts.push(start);
                    *place = Some((sum, starts));
                }
            }
        }
        best = next;
    }
    let last = best.pop().flatten();
    last.map_or_else(|| vec![0], |(_, starts)| starts)
}

/// How many steps each box is behind the first column. Edges that would close a circle do not count.
fn depths(graph: &Graph) -> Vec<usize> {
    let number = graph.groups.len();
    let mut after: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); number];
    for edge in outer_edges(graph) {
        if let Some(found) = after.get_mut(edge.consumer.group) {
            found.insert(edge.provider.group);
        }
    }
    let order = without_circles(&mut after);
    let mut depth = vec![0_usize; number];
    for at in &order {
        let own = depth.get(*at).copied().unwrap_or(0);
        for next in after.get(*at).into_iter().flatten() {
            if let Some(found) = depth.get_mut(*next) {
                *found = (*found).max(own + 1);
            }
        }
    }
    pull_to_providers(&after, &order, &mut depth);
    depth
}

/// Removes edges that close circles. The result lists boxes so that edges point forward.
fn without_circles(after: &mut [BTreeSet<usize>]) -> Vec<usize> {
    let number = after.len();
    let mut done = vec![false; number];
    let mut order = Vec::with_capacity(number);
    let consumed: BTreeSet<usize> = after.iter().flatten().copied().collect();
    let starts = (0..number).filter(|at| !consumed.contains(at));
    let starts: Vec<usize> = starts.chain(0..number).collect();
    for start in starts {
        // The way from the start, each with what is still to be looked at.
        let mut way: Vec<(usize, Vec<usize>)> = Vec::new();
        let mut enter = Some(start);
        loop {
            if let Some(at) = enter.take() {
                if !done.get(at).copied().unwrap_or(true) {
                    let next = after.get(at).into_iter().flatten().rev().copied().collect();
                    way.push((at, next));
                }
            }
            let on_way: Vec<usize> = way.iter().map(|(at, _)| *at).collect();
            let Some((at, next)) = way.last_mut() else {
                break;
            };
            match next.pop() {
                Some(to) if on_way.contains(&to) => {
                    if let Some(found) = after.get_mut(*at) {
                        found.remove(&to);
                    }
                }
                Some(to) => enter = Some(to),
                None => {
                    if let Some(found) = done.get_mut(*at) {
                        *found = true;
                    }
                    order.push(*at);
                    way.pop();
                }
            }
        }
    }
    order.reverse();
    order
}

/// Boxes that nobody consumes from stand beside the first of their providers.
fn pull_to_providers(after: &[BTreeSet<usize>], order: &[usize], depth: &mut [usize]) {
    let consumed: BTreeSet<usize> = after.iter().flatten().copied().collect();
    for at in order.iter().rev().filter(|at| !consumed.contains(at)) {
        let providers = after.get(*at).into_iter().flatten();
        let first = providers.filter_map(|next| depth.get(*next)).min().copied();
        if let (Some(first), Some(found)) = (first, depth.get_mut(*at)) {
            *found = first.saturating_sub(1);
        }
    }
}

/// The values in order that are nearest to the wished ones, by the squares of distances times weights: neighbours that would
/// be in the wrong order are pooled.
fn pooled(wishes: &[(f64, f64)]) -> Vec<f64> {
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (value, weight) in wishes {
        let mut pool = (*value, *weight, 1);
        while let Some((before, heavy, number)) = pools.pop() {
            if before <= pool.0 {
                pools.push((before, heavy, number));
                break;
            }
            let sum = heavy + pool.1;
            pool = (
                (before * heavy + pool.0 * pool.1) / sum,
                sum,
                number + pool.2,
            );
        }
        pools.push(pool);
    }
    let values = pools.into_iter();
    values
        .flat_map(|(value, _, number)| std::iter::repeat_n(value, number))
        .collect()
}

/// The values sorted, and how many pairs were in the wrong order.
fn inversions(values: Vec<f64>) -> (Vec<f64>, u64) {
    if values.len() < 2 {
        return (values, 0);
    }
    let mut left = values;
    let right = left.split_off(left.len() / 2);
    let ((left, in_left), (right, in_right)) = (inversions(left), inversions(right));
    let mut sorted = Vec::with_capacity(left.len() + right.len());
    let mut number = in_left + in_right;
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        if a <= b {
            sorted.extend(left.next());
        } else {
            number += u64::try_from(left.len()).unwrap_or(u64::MAX);
            sorted.extend(right.next());
        }
    }
    sorted.extend(left);
    sorted.extend(right);
    (sorted, number)
}

#[cfg(test)]
mod tests {
    use super::super::{BoxKind, Edge, JobBox, Role, Row};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn crossings_are_counted() {
        for (values, expected) in [
            (vec![], 0),
            (vec![1.0, 2.0, 2.0], 0),
            (vec![3.0, 1.0, 2.0], 2),
            (vec![4.0, 3.0, 2.0, 1.0], 6),
        ] {
            assert_eq!(inversions(values).1, expected);
        }
    }

    #[test]
    fn circles_lose_an_edge_and_the_rest_points_forward() {
        let mut after = vec![
            BTreeSet::from([1]),
            BTreeSet::from([2]),
            BTreeSet::from([0, 3]),
            BTreeSet::new(),
        ];
        let order = without_circles(&mut after);
        assert_eq!(order, [0, 1, 2, 3]);
        assert_eq!(after[2], BTreeSet::from([3]));
    }

    /// A graph with these edges: from the job of a box to that of another.
    fn graph(boxes: usize, edges: &[(usize, usize)]) -> Graph {
        let group = |at: usize| GroupBox {
            kind: BoxKind::Group,
            name: format!("group-{at}"),
            caption: String::new(),
            jobs: (0..=at % 3)
                .map(|job| JobBox {
                    name: format!("job-{job}"),
                    rows: Vec::new(),
                })
                .collect(),
        };
        let mut graph = Graph {
            deployment: "d".to_owned(),
            groups: (0..boxes).map(group).collect(),
            edges: Vec::new(),
        };
        let mut port = |group: usize, number: usize, role: Role| {
            let jobs = &mut graph.groups[group].jobs;
            let job = number % jobs.len();
            let rows = &mut jobs[job].rows;
            rows.push(Row {
                role,
                name: format!("link-{number}"),
                kind: "type".to_owned(),
                note: String::new(),
            });
            let row = rows.len() - 1;
            Port { group, job, row }
        };
        let ends: Vec<(Port, Port)> = edges
            .iter()
            .enumerate()
            .map(|(at, (from, to))| {
                let consumer = port(from % boxes, at, Role::Consumes);
                (consumer, port(to % boxes, at / 2, Role::Provides))
            })
            .collect();
        graph.edges = ends
            .into_iter()
            .map(|(consumer, provider)| Edge {
                consumer,
                provider,
                style: EdgeStyle::Implicit,
                name: "link".to_owned(),
                kind: "type".to_owned(),
                title: String::new(),
            })
            .collect();
        graph
    }

    fn overlap(a: Rectangle, b: Rectangle) -> bool {
        a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
    }

    #[test]
    fn a_large_graph_is_laid_out_soon() {
        let edges: Vec<(usize, usize)> = (0..3000).map(|at| (at * 7, at * 13 + at / 300)).collect();
        let graph = graph(300, &edges);
        let start = std::time::Instant::now();
        assert_eq!(layout(&graph).ways.len(), 3000);
        assert!(start.elapsed().as_secs() < 30, "{:?}", start.elapsed());
    }

    proptest! {
        #[test]
        fn nothing_covers_anything_else(
            boxes in 1..14_usize,
            edges in prop::collection::vec((0..100_usize, 0..100_usize), 0..40)
        ) {
            let graph = graph(boxes, &edges);
            let found = layout(&graph);
            prop_assert_eq!(&found, &layout(&graph));
            prop_assert_eq!(found.boxes.len(), boxes);
            prop_assert_eq!(found.ways.len(), edges.len());
            for (at, one) in found.boxes.iter().enumerate() {
                prop_assert!(one.x >= 0.0 && one.y >= -1e-6, "{:?}", one);
                prop_assert!(one.y + one.height <= found.height + 1e-6);
                for other in &found.boxes[at + 1..] {
                    prop_assert!(!overlap(*one, *other), "{:?} {:?}", one, other);
                }
            }
            for way in &found.ways {
                let Way::Across(points) = way else { continue };
                prop_assert!(points.iter().all(|point| point.x.is_finite() && point.y.is_finite()));
                let lanes = points.chunks(2).skip(1).take((points.len() / 2).saturating_sub(2));
                for lane in lanes {
                    let line = Rectangle {
                        x: lane[0].x.min(lane[1].x),
                        y: lane[0].y,
                        width: (lane[0].x - lane[1].x).abs(),
                        height: 0.1,
                    };
                    let hit = found.boxes.iter().find(|one| overlap(line, **one));
                    prop_assert!(hit.is_none(), "{:?} {:?}", line, hit);
                }
            }
        }

        #[test]
        fn pooled_values_are_in_order_and_free_ones_stay(
            wishes in prop::collection::vec((-100.0..100.0_f64, 0.1..5.0_f64), 0..20)
        ) {
            let values = pooled(&wishes);
            prop_assert_eq!(values.len(), wishes.len());
            prop_assert!(values.windows(2).all(|pair| pair[0] <= pair[1] + 1e-9));
            if wishes.windows(2).all(|pair| pair[0].0 <= pair[1].0) {
                prop_assert!(values.iter().zip(&wishes).all(|(a, (b, _))| a == b));
            }
        }
    }
}
