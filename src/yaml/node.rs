//! A parsed text: nodes with spans.

use std::borrow::Cow;
use std::collections::HashMap;

use super::value::Value;
use super::{base64, go};
use crate::source::Span;

/// A piece of a parsed text.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The text of the value. What came through an alias has the span of the text at the anchor.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A word, a number, a text, or nothing.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// A map as written: repeated keys and merge keys are still there.
    Mapping(Vec<(Node, Node)>),
}

/// A scalar before it is resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct Scalar {
    /// The text without quotes and escapes.
    pub text: String,
    /// Written without quotes, block indicator and tag: its look decides its type.
    pub plain: bool,
    /// The explicit tag, in full (`tag:yaml.org,2002:int` for `!!int`).
    pub tag: Option<String>,
}

impl Scalar {
    fn value(&self) -> Value {
        match &self.tag {
            // Tags that do not fit were refused by `parse`.
            Some(tag) => go::resolve_tagged(tag, &self.text)
                .unwrap_or_else(|_| Value::from(self.text.as_str())),
            None if self.plain => go::resolve_plain(&self.text),
            None => Value::from(self.text.as_str()),
        }
    }

    fn is_null(&self) -> bool {
        match &self.tag {
            Some(_) => self.value() == Value::Null,
            None => self.plain && go::is_null(&self.text),
        }
    }

    /// The text as Go puts it into a string; `None` for binary data that is no text.
    fn as_text(&self) -> Option<Cow<'_, str>> {
        if !self.tag.as_deref().is_some_and(go::is_binary_tag) {
            return Some(Cow::Borrowed(&self.text));
        }
        match base64::decode(&self.text) {
            Some(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
            None => Some(Cow::Borrowed(&self.text)),
        }
    }

    pub(super) fn is_merge_key(&self) -> bool {
        self.text == "<<" && (self.plain || self.tag.as_deref() == Some(go::MERGE_TAG))
    }
}

impl Node {
    /// The data, resolved as version 2 of Go's YAML library does: merge keys applied, of equal keys the last one wins
    /// (at the place of the first).
    pub fn value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(scalar) => scalar.value(),
            Kind::Sequence(items) => Value::Sequence(items.iter().map(Self::value).collect()),
            Kind::Mapping(_) => self.mapping_value(),
        }
    }

    fn mapping_value(&self) -> Value {
        let mut entries: Vec<(Value, Value)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for (key, value) in self.merged() {
            let (key, value) = (key.value(), value.value());
            let place = *places.entry(key_identity(&key)).or_insert(entries.len());
            match entries.get_mut(place) {
                Some(entry) => entry.1 = value,
                None => entries.push((key, value)),
            }
        }
        Value::Mapping(entries)
    }

    /// Whether it is nothing: plain `null`, `~`, or no text at all.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(scalar) if scalar.is_null())
    }

    /// The value of a key of a map; of equal keys the last one wins, whether written here or merged in. `None` without
    /// the key, and for what is no map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let Kind::Mapping(entries) = &self.kind else {
            return None;
        };
        entries.iter().rev().find_map(|(name, value)| {
            if name.is_merge_key() {
                // The first of several merged maps is applied last, so it is asked first.
                return value.merge_sources().iter().find_map(|map| map.get(key));
            }
            (name.key_text()? == key).then_some(value)
        })
    }

    /// The entries of a map: key as Go decodes it into a string, key, value. Merge keys are applied, of equal keys the
    /// last one wins at the place of the first. Keys that are maps, lists, or binary data that is no text are left
    /// out; the key `null` is the empty string. Empty for what is no map.
    pub fn entries(&self) -> Vec<(String, &Node, &Node)> {
        let mut entries: Vec<(String, &Node, &Node)> = Vec::new();
        let mut places: HashMap<Cow<'_, str>, usize> = HashMap::new();
        for (key, value) in self.merged() {
            let Some(name) = key.key_text() else {
                continue;
            };
            let place = *places.entry(name.clone()).or_insert(entries.len());
            let entry = (name.into_owned(), key, value);
            match entries.get_mut(place) {
                Some(known) => *known = entry,
                None => entries.push(entry),
            }
        }
        entries
    }

    /// What Go decodes into a string: a string, or a number, truth value or timestamp as it is written. Base64 of
    /// `!!binary` is decoded, also under the tag `!binary`, which old Ruby CLIs wrote into their indexes. `None` for
    /// nothing, maps, lists, and binary data that is no text.
    pub fn as_str(&self) -> Option<String> {
        match &self.kind {
            Kind::Scalar(scalar) if !scalar.is_null() => scalar.as_text().map(Cow::into_owned),
            _ => None,
        }
    }

    /// True or false, when it is one of them.
    pub fn as_bool(&self) -> Option<bool> {
        match self.scalar()?.value() {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// What Go decodes into an integer: an integer, or a float without its fraction.
    pub fn as_i64(&self) -> Option<i64> {
        match self.scalar()?.value() {
            Value::Integer(value) => Some(value),
            Value::Float(value) => truncated(value),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// What it is, for messages: "a map", "a list", "a string", "a number", "true or false", "nothing".
    pub fn kind_name(&self) -> &'static str {
        match &self.kind {
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a map",
            Kind::Scalar(scalar) => match scalar.value() {
                Value::Null => "nothing",
                Value::Bool(_) => "true or false",
                Value::Integer(_) | Value::Unsigned(_) | Value::BigInteger(_) | Value::Float(_) => {
                    "a number"
                }
                _ => "a string",
            },
        }
    }

    fn scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    fn is_merge_key(&self) -> bool {
        self.scalar().is_some_and(Scalar::is_merge_key)
    }

    /// The key as Go decodes it into a string.
    fn key_text(&self) -> Option<Cow<'_, str>> {
        let scalar = self.scalar()?;
        if scalar.is_null() {
            return Some(Cow::Borrowed(""));
        }
        scalar.as_text()
    }

    /// The maps behind a merge key.
    fn merge_sources(&self) -> &[Node] {
        match &self.kind {
            Kind::Sequence(maps) => maps,
            _ => std::slice::from_ref(self),
        }
    }

    /// The entries of a map with those of merge keys in their place, in the order in which Go assigns them: of equal
    /// keys the last one wins. Empty for what is no map.
    pub fn merged(&self) -> Vec<(&Node, &Node)> {
        let mut out = Vec::new();
        self.merge_into(&mut out);
        out
    }

    fn merge_into<'a>(&'a self, out: &mut Vec<(&'a Node, &'a Node)>) {
        let Kind::Mapping(entries) = &self.kind else {
            return;
        };
        for (key, value) in entries {
            if key.is_merge_key() {
                for map in value.merge_sources().iter().rev() {
                    map.merge_into(out);
                }
            } else {
                out.push((key, value));
            }
        }
    }
}

/// Equal for keys that are the same key to Go, where the number 1, the float 1 and the string "1" differ.
fn key_identity(key: &Value) -> String {
    format!("{key:?}")
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "dropping the fraction is the purpose"
)]
fn truncated(value: f64) -> Option<i64> {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    (-BOUND..BOUND).contains(&value).then_some(value as i64)
}
