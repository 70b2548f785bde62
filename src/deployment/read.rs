//! Typed values out of a document, with the Director's words for what does not fit.
//!
//! A Director reads every key with its type: a key that has to be there, a number where a text is wanted (which becomes
//! the text), a value of another type, which nil is too. All functions here name the key; the place is that of the value, or
//! of the map that lacks it.

use std::sync::Arc;

use super::InterpolatedManifest;
use super::document::{Content, Node, Origin};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use crate::yaml::Value;

/// Where something stands in a text that may be shown; nowhere for what a variable gave.
#[derive(Debug, Clone, Default)]
pub struct Place(Option<(Arc<Source>, Span)>);

impl Place {
    /// A place in a text that may be shown.
    pub fn of(origin: &Origin) -> Self {
        Self(Some((Arc::clone(&origin.source), origin.span)))
    }

    /// The place of a node when it stands in the same text, which may be shown; else this place.
    #[must_use]
    pub fn near(&self, node: &Node) -> Self {
        match &self.0 {
            Some((source, _)) if Arc::ptr_eq(source, &node.origin.source) => Self::of(&node.origin),
            _ => self.clone(),
        }
    }

    /// An error in the Director's words that points here.
    pub fn fault(&self, message: impl Into<String>) -> Diagnostic {
        let fault = Diagnostic::error(message);
        match &self.0 {
            Some((source, span)) => fault.at(source, *span, ""),
            None => fault,
        }
    }
}

/// The texts that may be shown.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Arc<Source>>);

impl Sources {
    /// Those of a manifest: its own text and its ops files, not those of variables.
    pub(super) fn of(manifest: &InterpolatedManifest) -> Self {
        Self(manifest.public_sources().to_vec())
    }

    /// One text alone.
    pub fn only(source: &Arc<Source>) -> Self {
        Self(vec![Arc::clone(source)])
    }

    /// The place of a node.
    pub fn place(&self, node: &Node) -> Place {
        self.place_of(&node.origin)
    }

    /// The place of a node, or of a key.
    pub fn place_of(&self, origin: &Origin) -> Place {
        let shown = |source: &Arc<Source>| Arc::ptr_eq(source, &origin.source);
        if self.0.iter().any(shown) {
            Place::of(origin)
        } else {
            Place::default()
        }
    }

    fn wrong_type(&self, node: &Node, key: &str, wanted: &str) -> Diagnostic {
        let shown = super::inspect::inspect(&node.value());
        self.place(node).fault(format!(
            "Property '{key}' value ({shown}) did not match the required type '{wanted}'"
        ))
    }

    fn missing(&self, map: &Node, key: &str) -> Diagnostic {
        let shown = super::inspect::inspect(&map.value());
        self.place(map).fault(format!(
            "Required property '{key}' was not specified in object ({shown})"
        ))
    }

    /// The value of a key, nil too: a key that is there and has nothing has a value of the wrong type.
    fn value<'n>(&self, map: &'n Node, key: &str) -> Result<Option<&'n Node>, Diagnostic> {
        if map.map().is_some() || map.is_null() {
            return Ok(map.get(key));
        }
        let shown = super::inspect::inspect(&map.value());
        let message = format!("Object ({shown}) did not match the required type 'Hash'");
        Err(self.place(map).fault(message))
    }

    /// A value that has to be there.
    fn required<T>(&self, found: Option<T>, map: &Node, key: &str) -> Result<T, Diagnostic> {
        found.ok_or_else(|| self.missing(map, key))
    }

    /// Whether a key is there.
    ///
    /// # Errors
    /// What is asked is no map.
    pub fn has(&self, map: &Node, key: &str) -> Result<bool, Diagnostic> {
        Ok(self.value(map, key)?.is_some())
    }

    /// A text or a number, as text.
    pub fn text(&self, map: &Node, key: &str) -> Result<Option<String>, Diagnostic> {
        let found = self.value(map, key)?;
        found.map(|node| self.as_text(node, key)).transpose()
    }

    /// A text or a number that has to be there.
    pub fn required_text(&self, map: &Node, key: &str) -> Result<String, Diagnostic> {
        self.required(self.text(map, key)?, map, key)
    }

    /// The node as a text or a number.
    pub fn as_text(&self, node: &Node, key: &str) -> Result<String, Diagnostic> {
        match &node.content {
            Content::Scalar(Value::String(text) | Value::BigInteger(text)) => Ok(text.clone()),
            Content::Scalar(Value::Integer(number)) => Ok(number.to_string()),
            Content::Scalar(Value::Unsigned(number)) => Ok(number.to_string()),
            Content::Scalar(Value::Float(number)) => {
                Ok(super::inspect::inspect(&Value::Float(*number)))
            }
            _ => Err(self.wrong_type(node, key, "String")),
        }
    }

    /// The items of a list; `None` without it.
    pub fn list<'n>(&self, map: &'n Node, key: &str) -> Result<Option<&'n [Node]>, Diagnostic> {
        let Some(node) = self.value(map, key)? else {
            return Ok(None);
        };
        let items = node.list();
        items
            .map(Some)
            .ok_or_else(|| self.wrong_type(node, key, "Array"))
    }

    /// The items of a list that has to be there.
    pub fn required_list<'n>(&self, map: &'n Node, key: &str) -> Result<&'n [Node], Diagnostic> {
        self.required(self.list(map, key)?, map, key)
    }

    /// A list of texts; `None` without it.
    pub fn texts(&self, map: &Node, key: &str) -> Result<Option<Vec<String>>, Diagnostic> {
        let Some(items) = self.list(map, key)? else {
            return Ok(None);
        };
        let items: Result<_, _> = items.iter().map(|item| self.as_text(item, key)).collect();
        items.map(Some)
    }

    /// A map; `None` without it.
    pub fn map<'n>(&self, map: &'n Node, key: &str) -> Result<Option<&'n Node>, Diagnostic> {
        match self.value(map, key)? {
            Some(node) if node.map().is_none() => Err(self.wrong_type(node, key, "Hash")),
            found => Ok(found),
        }
    }

    /// A map that has to be there.
    pub fn required_map<'n>(&self, map: &'n Node, key: &str) -> Result<&'n Node, Diagnostic> {
        self.required(self.map(map, key)?, map, key)
    }

    /// True or false; `None` without it.
    pub fn truth(&self, map: &Node, key: &str) -> Result<Option<bool>, Diagnostic> {
        let Some(node) = self.value(map, key)? else {
            return Ok(None);
        };
        match &node.content {
            Content::Scalar(Value::Bool(value)) => Ok(Some(*value)),
            _ => Err(self.wrong_type(node, key, "boolean")),
        }
    }

    /// An integer; `None` without it. One that is too large is the largest.
    pub fn integer(&self, map: &Node, key: &str) -> Result<Option<i64>, Diagnostic> {
        let Some(node) = self.value(map, key)? else {
            return Ok(None);
        };
        match &node.content {
            Content::Scalar(Value::Integer(number)) => Ok(Some(*number)),
            Content::Scalar(Value::BigInteger(digits)) if digits.starts_with('-') => {
                Ok(Some(i64::MIN))
            }
            Content::Scalar(Value::Unsigned(_) | Value::BigInteger(_)) => Ok(Some(i64::MAX)),
            _ => Err(self.wrong_type(node, key, "Integer")),
        }
    }

    /// An integer that has to be there.
    pub fn required_integer(&self, map: &Node, key: &str) -> Result<i64, Diagnostic> {
        self.required(self.integer(map, key)?, map, key)
    }
}

/// The value of a key, unless it is nil.
pub fn present<'n>(map: &'n Node, key: &str) -> Option<&'n Node> {
    map.get(key).filter(|node| !node.is_null())
}

/// The value of a key as data; nil without it.
pub fn data(map: &Node, key: &str) -> Value {
    map.get(key).map_or(Value::Null, Node::value)
}
