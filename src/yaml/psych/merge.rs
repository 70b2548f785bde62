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
        let Some(brought) = merged(nodes, pair, work) else {
            return false;
        };
        let mut keyed = Vec::new();
        for entry in brought.clone().unwrap_or_else(|| vec![pair]) {
            let Some(key) = key(nodes, entry.0, work) else {
                return false;
            };
            keyed.push((key, entry));
        }
        let Kind::Mapping(mapping) = &mut nodes[around.index()].kind else {
            return true;
        };
        let plain =
            brought.is_none() && keyed.iter().all(|(key, _)| !self.places.contains_key(key));
        if mapping.merged.is_none() && !plain {
            mapping.merged = Some(mapping.pairs.clone());
        }
        mapping.pairs.push(pair);
        match &mut mapping.merged {
            Some(entries) => keyed
                .into_iter()
                .for_each(|(key, entry)| self.insert(entries, key, entry)),
            None => {
                let last = mapping.pairs.len() - 1;
                self.places
                    .extend(keyed.into_iter().map(|(key, _)| (key, last)));
            }
        }
        true
    }

    /// Of equal keys the first stays, with the last value.
    fn insert(&mut self, entries: &mut Vec<Pair>, key: Key, entry: Pair) {
        match self.places.get(&key) {
            Some(place) => entries[*place].1 = entry.1,
            None => {
                self.places.insert(key, entries.len());
                entries.push(entry);
            }
        }
    }
}

/// What a merge key brings; the inner `None` when the pair is none. The outer `None` when it is too much.
fn merged(nodes: &[Node], (key, value): Pair, work: &mut usize) -> Option<Option<Vec<Pair>>> {
    if !is_merge_key(nodes, key) {
        return Some(None);
    }
    let brought = match &nodes[value.index()].kind {
        Kind::Sequence(items) if !is_omap(&nodes[value.index()]) => {
            let mut all = Entries::default();
            let mut list = Vec::new();
            for item in items.iter().rev() {
                let Some(entries) = hash_entries(nodes, *item) else {
                    return Some(None);
                };
                *work += entries.len() + 1;
                if *work > MAX_NODES {
                    return None;
                }
                for entry in entries {
                    all.insert(&mut list, self::key(nodes, entry.0, work)?, *entry);
                }
            }
            list
        }
        Kind::Mapping(_) | Kind::Alias(_) => match hash_entries(nodes, value) {
            Some(entries) => entries.to_vec(),
            None => return Some(None),
        },
        _ => return Some(None),
    };
    *work += brought.len();
    (*work <= MAX_NODES).then_some(Some(brought))
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
        Kind::Scalar(Scalar::Object(_) | Scalar::Refused(_)) => Some(format!("{id:?}")),
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
        Kind::Alias(_) | Kind::UnknownAlias(_) => Some(format!("{id:?}")),
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
