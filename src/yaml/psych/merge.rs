//! Entries of hashes: equal keys and merge keys, in Ruby's order.

use std::collections::HashMap;

use super::node::{Kind, Node, NodeId};
use super::scalar::Scalar;
use crate::yaml::{MAX_DEPTH, MAX_NODES};

type Pair = (NodeId, NodeId);

/// What makes keys equal (`eql?`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Text(String),
    Integer(i64),
    /// Any other value, written so that equal ones are written equally.
    Other(String),
    /// An object of its own class: equal to itself only.
    Object(NodeId),
}

/// Where the entries of a mapping stand that is still being read.
///
/// It keeps the mapping's entries up to date after each pair, since the mapping can be merged into one inside itself.
#[derive(Default)]
pub(super) struct Entries {
    places: HashMap<Key, usize>,
}

impl Entries {
    /// Adds a pair to the mapping `around`. Copies are counted in `work`; false when there is too much of it.
    pub(super) fn add(
        &mut self,
        nodes: &mut [Node],
        around: NodeId,
        pair: Pair,
        work: &mut usize,
    ) -> bool {
        let (is_merge, brought) = match brought(nodes, pair, work) {
            Brought::Pair => (false, vec![pair]),
            Brought::Merge(entries) => (true, entries),
            Brought::TooMuch => return false,
        };
        let mut keyed = Vec::with_capacity(brought.len());
        for entry in brought {
            let Some(key) = key(nodes, entry.0, work) else {
                return false;
            };
            keyed.push((key, entry));
        }
        let Kind::Mapping(mapping) = &mut nodes[around.index()].kind else {
            return true;
        };
        let is_new = !is_merge && keyed.iter().all(|(key, _)| !self.places.contains_key(key));
        if mapping.merged.is_none() && !is_new {
            mapping.merged = Some(mapping.pairs.clone());
        }
        let last = mapping.pairs.len();
        mapping.pairs.push(pair);
        if let Some(entries) = &mut mapping.merged {
            for (key, entry) in keyed {
                self.insert(entries, key, entry);
            }
        } else {
            let places = keyed.into_iter().map(|(key, _)| (key, last));
            self.places.extend(places);
        }
        true
    }

    /// Of equal keys the first stays, with the last value.
    fn insert(&mut self, entries: &mut Vec<Pair>, key: Key, entry: Pair) {
        if let Some(place) = self.places.get(&key) {
            entries[*place].1 = entry.1;
        } else {
            self.places.insert(key, entries.len());
            entries.push(entry);
        }
    }
}

/// What a pair adds to a mapping.
enum Brought {
    /// Itself.
    Pair,
    /// It is a merge key with these entries.
    Merge(Vec<Pair>),
    /// More than the limit allows.
    TooMuch,
}

fn brought(nodes: &[Node], (key, value): Pair, work: &mut usize) -> Brought {
    if !is_merge_key(nodes, key) {
        return Brought::Pair;
    }
    let node = &nodes[value.index()];
    match &node.kind {
        Kind::Sequence(items) if !is_omap(node) => list_entries(nodes, items, work),
        Kind::Mapping(_) | Kind::Alias(_) => match hash_entries(nodes, value) {
            Some(entries) if spend(work, entries.len()) => Brought::Merge(entries.to_vec()),
            Some(_) => Brought::TooMuch,
            None => Brought::Pair,
        },
        _ => Brought::Pair,
    }
}

/// The maps of a list in one, the last one first.
fn list_entries(nodes: &[Node], items: &[NodeId], work: &mut usize) -> Brought {
    let mut places = Entries::default();
    let mut list = Vec::new();
    for item in items.iter().rev() {
        let Some(entries) = hash_entries(nodes, *item) else {
            return Brought::Pair;
        };
        if !spend(work, 2 * entries.len() + 1) {
            return Brought::TooMuch;
        }
        for entry in entries {
            let Some(key) = key(nodes, entry.0, work) else {
                return Brought::TooMuch;
            };
            places.insert(&mut list, key, *entry);
        }
    }
    Brought::Merge(list)
}

/// Counts work; false when it is too much.
fn spend(work: &mut usize, more: usize) -> bool {
    *work += more;
    *work <= MAX_NODES
}

/// The string `<<`, in quotes or not, but without the tag of strings.
fn is_merge_key(nodes: &[Node], key: NodeId) -> bool {
    let target = &nodes[resolve(nodes, key).index()];
    let is_text = matches!(&target.kind, Kind::Scalar(Scalar::String(text)) if text == "<<");
    is_text && nodes[key.index()].tag.as_deref() != Some("tag:yaml.org,2002:str")
}

fn is_omap(node: &Node) -> bool {
    matches!(
        node.tag.as_deref(),
        Some("!omap" | "tag:yaml.org,2002:omap")
    )
}

/// The entries of what becomes a `Hash` in Ruby.
fn hash_entries(nodes: &[Node], id: NodeId) -> Option<&[Pair]> {
    const OTHERS: [&str; 9] = [
        "!ruby/struct",
        "!ruby/object",
        "!ruby/array:",
        "!ruby/exception",
        "!ruby/marshalable:",
        "!ruby/data",
        "!ruby/string:",
        "!str:",
        "!ruby/range",
    ];
    let node = &nodes[resolve(nodes, id).index()];
    let Kind::Mapping(mapping) = &node.kind else {
        return None;
    };
    let is_hash = match node.tag.as_deref() {
        None | Some("!ruby/object:Hash") => true,
        Some("!str" | "!ruby/string" | "tag:yaml.org,2002:str") => false,
        Some(tag) => !OTHERS.iter().any(|other| tag.starts_with(other)),
    };
    is_hash.then(|| mapping.entries())
}

fn resolve(nodes: &[Node], id: NodeId) -> NodeId {
    match nodes[id.index()].kind {
        Kind::Alias(target) => target,
        _ => id,
    }
}

/// `None` when it is too large.
fn key(nodes: &[Node], id: NodeId, work: &mut usize) -> Option<Key> {
    let id = resolve(nodes, id);
    let node = &nodes[id.index()];
    Some(match &node.kind {
        Kind::Scalar(Scalar::String(text)) => Key::Text(text.clone()),
        Kind::Scalar(Scalar::Binary(bytes)) if bytes.is_ascii() => {
            Key::Text(String::from_utf8_lossy(bytes).into_owned())
        }
        Kind::Scalar(Scalar::Integer(value)) => Key::Integer(*value),
        Kind::Scalar(Scalar::Object(_) | Scalar::Refused(_)) | Kind::UnknownAlias(_) => {
            Key::Object(id)
        }
        Kind::Sequence(_) | Kind::Mapping(_) if node.tag.is_some() => Key::Object(id),
        _ => Key::Other(written(nodes, id, 0, work)?),
    })
}

/// A value in writing, with the entries of hashes sorted, since their order makes no difference.
fn written(nodes: &[Node], id: NodeId, depth: usize, work: &mut usize) -> Option<String> {
    let id = resolve(nodes, id);
    let node = &nodes[id.index()];
    *work += 1;
    // A collection may hold itself.
    if *work > MAX_NODES || depth > MAX_DEPTH {
        return None;
    }
    match &node.kind {
        Kind::Scalar(Scalar::Object(_) | Scalar::Refused(_))
        | Kind::Alias(_)
        | Kind::UnknownAlias(_) => Some(format!("{id:?}")),
        Kind::Scalar(scalar) => Some(written_scalar(scalar)),
        Kind::Sequence(_) | Kind::Mapping(_) if depth > 0 && node.tag.is_some() => {
            Some(format!("{id:?}"))
        }
        Kind::Sequence(items) => {
            let items = items
                .iter()
                .map(|item| written(nodes, *item, depth + 1, work));
            Some(format!(
                "[{}]",
                items.collect::<Option<Vec<_>>>()?.join(",")
            ))
        }
        Kind::Mapping(mapping) => {
            let mut entries = Vec::new();
            for (key, value) in mapping.entries() {
                let key = written(nodes, *key, depth + 1, work)?;
                let value = written(nodes, *value, depth + 1, work)?;
                entries.push(format!("{key}:{value}"));
            }
            entries.sort_unstable();
            Some(format!("{{{}}}", entries.join(",")))
        }
    }
}

/// Zeros are equal whatever their sign, and Psych has but one `.nan`.
fn written_scalar(scalar: &Scalar) -> String {
    match scalar {
        Scalar::Float(value) if *value == 0.0 => "Float(0.0)".to_owned(),
        Scalar::Date(date) => match &date.date {
            Some(date) => format!("{date:?}"),
            None => format!("{:?}", Scalar::String(date.text.clone())),
        },
        other => format!("{other:?}"),
    }
}
