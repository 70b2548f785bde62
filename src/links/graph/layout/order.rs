//! The order of columns and the heights in them: few crossings, level edges.

use std::collections::BTreeMap;

use super::BETWEEN;
use super::columns::outer_edges;
use super::plan::{Item, Piece, Plan};
use crate::links::graph::Port;

/// How often the order of columns is improved.
const SWEEPS: usize = 16;

impl Plan<'_> {
    /// Sweeps over the columns to and fro, and keeps the best that was found.
    pub(super) fn improve(&mut self) {
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
}

fn better(found: (u64, f64), least: (u64, f64)) -> bool {
    found.0 < least.0 || (found.0 == least.0 && found.1 + 0.5 < least.1)
}

/// The values in order that are nearest to the wished ones, by the squares of distances times weights: neighbours that would
/// be in the wrong order are pooled.
pub(super) fn pooled(wishes: &[(f64, f64)]) -> Vec<f64> {
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
pub(super) fn inversions(values: Vec<f64>) -> (Vec<f64>, u64) {
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
