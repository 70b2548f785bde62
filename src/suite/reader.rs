//! What test files share: typed values with faults at their places, and unknown keys with the nearest known one.

use crate::deployment::{Content, Key, Node, Origin};
use crate::diagnostic::Diagnostic;
use crate::nearest::nearest;
use crate::yaml::Value;

/// Collects faults while a file is read.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) faults: Vec<Diagnostic>,
}

impl Reader {
    /// Notes a fault.
    pub(super) fn fault(&mut self, at: &Origin, message: impl Into<String>) -> &mut Diagnostic {
        let fault = Diagnostic::error(message).at(&at.source, at.span, "");
        self.faults.push(fault);
        // It was pushed just now.
        let last = self.faults.len() - 1;
        &mut self.faults[last]
    }

    /// Notes that a name is not one of those that are known.
    pub(super) fn unknown<'k>(
        &mut self,
        at: &Origin,
        message: impl Into<String>,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let meant = nearest(name, known.iter().copied());
        let hint = match meant {
            Some(meant) => format!("did you mean '{meant}'?"),
            None if known.is_empty() => "there is none".to_owned(),
            None => format!("known: {}", known.join(", ")),
        };
        self.fault(at, message).hint = Some(hint);
    }

    /// The entries of a map whose keys are all known. `what` names the map in messages.
    pub(super) fn known_keys(&mut self, node: &Node, what: &str, known: &[&str]) {
        let Some(map) = node.map() else {
            self.fault(&node.origin, format!("{what} is a map, not {}", kind(node)));
            return;
        };
        for (key, entry) in map {
            match key.as_str() {
                Some(name) if known.contains(&name) => {}
                _ => {
                    let name = shown(key);
                    let message = format!("{what} has no key '{name}'");
                    self.unknown(&entry.key, message, &name, known.iter().copied());
                }
            }
        }
    }

    /// The text of a key; nothing where it is absent or nil.
    pub(super) fn text<'n>(&mut self, map: &'n Node, key: &str) -> Option<&'n str> {
        let node = present(map, key)?;
        self.as_text(node, key)
    }

    /// The node as a text.
    pub(super) fn as_text<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n str> {
        let text = node.as_str();
        if text.is_none() {
            let message = format!("`{key}` is a text, not {}", kind(node));
            let fault = self.fault(&node.origin, message);
            if matches!(node.content, Content::Scalar(_)) {
                fault.hint = Some("put it in quotes".to_owned());
            }
        }
        text
    }

    /// A text or a list of texts, each with its node.
    pub(super) fn texts<'n>(&mut self, map: &'n Node, key: &str) -> Vec<(&'n Node, &'n str)> {
        let Some(node) = present(map, key) else {
            return Vec::new();
        };
        let items = node.list().unwrap_or(std::slice::from_ref(node));
        items
            .iter()
            .filter_map(|item| Some((item, self.as_text(item, key)?)))
            .collect()
    }

    /// A map at a key, as its entries with text keys.
    pub(super) fn entries<'n>(&mut self, map: &'n Node, key: &str) -> Vec<Pair<'n>> {
        let Some(node) = present(map, key) else {
            return Vec::new();
        };
        self.pairs(node, &format!("`{key}`"))
    }

    /// The entries of a map with text keys.
    pub(super) fn pairs<'n>(&mut self, node: &'n Node, what: &str) -> Vec<Pair<'n>> {
        let Some(map) = node.map() else {
            self.fault(&node.origin, format!("{what} is a map, not {}", kind(node)));
            return Vec::new();
        };
        let mut pairs = Vec::with_capacity(map.len());
        for (key, entry) in map {
            let Some(name) = key.as_str() else {
                let message = format!("a key of {what} is a text, not {}", shown(key));
                self.fault(&entry.key, message).hint = Some("put it in quotes".to_owned());
                continue;
            };
            pairs.push(Pair {
                name,
                at: &entry.key,
                value: &entry.value,
            });
        }
        pairs
    }
}

/// An entry of a map.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'n> {
    pub(super) name: &'n str,
    /// Where the key is written.
    pub(super) at: &'n Origin,
    pub(super) value: &'n Node,
}

/// The value of a key, unless it is nil.
pub(super) fn present<'n>(map: &'n Node, key: &str) -> Option<&'n Node> {
    map.get(key).filter(|node| !node.is_null())
}

/// A key for messages.
fn shown(key: &Key) -> String {
    match key.value() {
        Value::String(text) => text,
        other => crate::deployment::inspect::inspect(&other),
    }
}

/// What a node is, for messages.
pub(super) fn kind(node: &Node) -> &'static str {
    match &node.content {
        Content::List(_) => "a list",
        Content::Map(_) => "a map",
        Content::Scalar(Value::Null) => "nothing",
        Content::Scalar(Value::Bool(_)) => "true or false",
        Content::Scalar(
            Value::Integer(_) | Value::Unsigned(_) | Value::BigInteger(_) | Value::Float(_),
        ) => "a number",
        Content::Scalar(_) => "a text",
    }
}
