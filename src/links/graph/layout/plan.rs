//! What a layout is made of: boxes and lanes in columns, and the pieces of edges between these.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{columns, outer_edges, square_root};
use super::{BETWEEN, LANE, offset, size};
use crate::links::graph::{EdgeStyle, Graph, Port};

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    Box(usize),
    Lane(usize),
}

/// A part of an edge between two columns that are neighbours: a place in each, as item and height within it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) left: (Item, f64),
    pub(super) right: (Item, f64),
}

pub(super) struct Plan<'g> {
    pub(super) graph: &'g Graph,
    pub(super) sizes: Vec<(f64, f64)>,
    /// The column of each box.
    pub(super) depth: Vec<usize>,
    pub(super) columns: Vec<Vec<Item>>,
    /// Upper side of each box and each lane.
    pub(super) box_y: Vec<f64>,
    pub(super) lane_y: Vec<f64>,
    /// For each gap what passes it.
    pub(super) pieces: Vec<Vec<Piece>>,
    /// For each edge its lanes, from left to right.
    pub(super) lanes: Vec<Vec<usize>>,
}

impl<'g> Plan<'g> {
    pub(super) fn of(graph: &'g Graph) -> Self {
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
    pub(super) fn fill_columns(&mut self) {
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

    pub(super) fn put(&mut self, at: usize, column: usize, heights: &mut [f64]) {
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
    pub(super) fn lay_lanes(&mut self) {
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

    pub(super) fn new_lane(&mut self, column: usize) -> usize {
        let lane = self.lane_y.len();
        self.lane_y.push(0.0);
        if let Some(items) = self.columns.get_mut(column) {
            items.push(Item::Lane(lane));
        }
        lane
    }

    pub(super) fn depth(&self, port: Port) -> usize {
        self.depth.get(port.group).copied().unwrap_or(0)
    }

    pub(super) fn offset(&self, port: Port) -> f64 {
        let group = self.graph.groups.get(port.group);
        group.map_or(0.0, |group| offset(group, port))
    }

    pub(super) fn height(&self, item: Item) -> f64 {
        match item {
            Item::Box(at) => self.sizes.get(at).map_or(0.0, |size| size.1),
            Item::Lane(_) => LANE,
        }
    }

    pub(super) fn y(&self, item: Item) -> f64 {
        let found = match item {
            Item::Box(at) => self.box_y.get(at),
            Item::Lane(at) => self.lane_y.get(at),
        };
        found.copied().unwrap_or(0.0)
    }

    pub(super) fn set_y(&mut self, item: Item, y: f64) {
        let found = match item {
            Item::Box(at) => self.box_y.get_mut(at),
            Item::Lane(at) => self.lane_y.get_mut(at),
        };
        if let Some(found) = found {
            *found = y;
        }
    }
}

fn push_piece(pieces: &mut [Vec<Piece>], gap: usize, left: (Item, f64), right: (Item, f64)) {
    if let Some(found) = pieces.get_mut(gap) {
        found.push(Piece { left, right });
    }
}
