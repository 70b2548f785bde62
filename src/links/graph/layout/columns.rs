//! Which column each box stands in.

use std::collections::BTreeSet;

use super::{BETWEEN, count};
use crate::links::graph::{Edge, Graph};

/// Longest chain of boxes for which the best cuts are looked for.
const MOST_STEPS: usize = 100;

/// The smallest number whose square is not below it.
pub(super) fn square_root(number: usize) -> usize {
    let root = number.isqrt();
    root + usize::from(root * root < number)
}

/// Edges between different boxes.
pub(super) fn outer_edges(graph: &Graph) -> impl Iterator<Item = &Edge> {
    let edges = graph.edges.iter();
    edges.filter(|edge| edge.consumer.group != edge.provider.group)
}

/// The column of each box. There are not many more columns than lines: where a chain of boxes is longer, neighbouring
/// steps share a column, those with the fewest edges between them.
pub(super) fn columns(graph: &Graph, sizes: &[(f64, f64)]) -> Vec<usize> {
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
pub(super) fn without_circles(after: &mut [BTreeSet<usize>]) -> Vec<usize> {
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
            let entered = enter.take();
            if let Some(at) = entered.filter(|at| !done.get(*at).copied().unwrap_or(true)) {
                let next = after.get(at).into_iter().flatten().rev().copied().collect();
                way.push((at, next));
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
