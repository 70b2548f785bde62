//! What layouts keep: nothing covers anything else, whatever the graph.

use std::collections::BTreeSet;

use super::columns::without_circles;
use super::order::{inversions, pooled};
use super::*;
use crate::links::graph::{BoxKind, Edge, EdgeStyle, JobBox, Role, Row};
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
fn a_large_graph_is_laid_out() {
    let edges: Vec<(usize, usize)> = (0..3000).map(|at| (at * 7, at * 13 + at / 300)).collect();
    let graph = graph(300, &edges);
    assert_eq!(layout(&graph).ways.len(), 3000);
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
            prop_assert!(values.iter().zip(&wishes).all(|(a, (b, _))| (a - b).abs() < 1e-9));
        }
    }
}
