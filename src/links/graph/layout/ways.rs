//! Places of boxes in pixels, and the ways of edges between them.

use std::collections::BTreeMap;

use super::plan::{Item, Plan};
use super::{BETWEEN, LANE, Layout, PADDING, Point, Rectangle, STUB, Way, count, loop_space};
use crate::links::graph::Port;

impl Plan<'_> {
    pub(super) fn finished(self) -> Layout {
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
        let placed = Placed {
            plan: self,
            sides,
            boxes,
            top,
        };
        let mut loops: BTreeMap<(usize, Option<usize>), usize> = BTreeMap::new();
        let mut ways = Vec::with_capacity(self.graph.edges.len());
        for (edge, lanes) in self.graph.edges.iter().zip(&self.lanes) {
            let (from, to) = (edge.consumer, edge.provider);
            if self.depth(from) == self.depth(to) {
                let within = (from.group == to.group).then_some(from.group);
                let number = loops.entry((self.depth(from), within)).or_default();
                ways.push(placed.around(from, to, *number));
                *number += 1;
            } else {
                ways.push(placed.across(from, to, lanes));
            }
        }
        ways
    }
}

/// A plan whose columns and boxes have places.
struct Placed<'p> {
    plan: &'p Plan<'p>,
    /// Left and right side of each column.
    sides: &'p [(f64, f64)],
    boxes: &'p [Rectangle],
    /// What is above all in the plan's heights.
    top: f64,
}

impl Placed<'_> {
    fn y(&self, port: Port) -> f64 {
        let upper = self.boxes.get(port.group).map_or(0.0, |found| found.y);
        upper + self.plan.offset(port)
    }

    fn side(&self, port: Port) -> (f64, f64) {
        let found = self.sides.get(self.plan.depth(port));
        found.copied().unwrap_or_default()
    }

    /// The right side of the jobs of a port's box.
    fn jobs_end(&self, port: Port) -> f64 {
        let loops = self.plan.graph.loops(port.group);
        self.side(port).1 - PADDING - loop_space(loops)
    }

    /// The way within a column; those before it make room for the next.
    fn around(&self, from: Port, to: Port, before: usize) -> Way {
        let end = |port: Port| Point {
            x: self.jobs_end(port),
            y: self.y(port),
        };
        let step = 7.0 * count(before % 6);
        let (side, reach) = if from.group == to.group {
            (self.jobs_end(from), self.jobs_end(from) + 17.0 + step)
        } else {
            let (_, side) = self.side(from);
            (side, side + 20.0 + step)
        };
        Way::Around {
            from: end(from),
            to: end(to),
            side,
            reach,
        }
    }

    fn across(&self, from: Port, to: Port, lanes: &[usize]) -> Way {
        let forward = self.plan.depth(from) < self.plan.depth(to);
        let (left, right) = if forward { (from, to) } else { (to, from) };
        let at = |x: f64, y: f64| Point { x, y };
        let (_, start) = self.side(left);
        let mut points = vec![
            at(self.jobs_end(left), self.y(left)),
            at(start, self.y(left)),
        ];
        for (lane, column) in lanes.iter().zip(self.plan.depth(left) + 1..) {
            let (start, end) = self.sides.get(column).copied().unwrap_or_default();
            let y = self.plan.y(Item::Lane(*lane)) + LANE / 2.0 - self.top;
            points.extend([at(start - STUB, y), at(end + STUB, y)]);
        }
        let (end, _) = self.side(right);
        points.extend([at(end, self.y(right)), at(end + PADDING, self.y(right))]);
        if !forward {
            points.reverse();
        }
        Way::Across(points)
    }
}
