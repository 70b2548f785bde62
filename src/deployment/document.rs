//! A document that can be changed: nodes that know where they come from.
//!
//! [`Origin`] is where a node stands in a text. What put it there is told by the nearest node above it, or itself, that has
//! a [`Step`]: an operation or a variable brings a whole tree, of which only the top is marked.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};
use crate::yaml::{self, Kind, Value};

/// Most steps of one value that are remembered.
const MAX_STEPS: u8 = 16;

/// A piece of a document.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub content: Content,
    /// Where it comes from.
    pub origin: Origin,
}

/// What a node is.
#[derive(Debug, Clone)]
pub enum Content {
    /// Neither list nor map.
    Scalar(Value),
    /// A list.
    List(Vec<Node>),
    /// A map.
    Map(Map),
}

/// A map by its keys.
pub type Map = BTreeMap<Key, Entry>;

/// The value of a key of a map.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where the key stands.
    pub key: Origin,
    /// The value.
    pub value: Node,
}

/// A key of a map; keys of different types differ, as in Go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer.
    Integer(i64),
    /// A larger one.
    Unsigned(u64),
    /// The bits of a floating-point number.
    Float(u64),
    /// Text.
    Text(String),
    /// Bytes that are no text.
    Binary(Vec<u8>),
}

/// Where a node stands, and what put it there.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The text: manifest, ops file, file of variables.
    pub source: Arc<Source>,
    /// The range in it.
    pub span: Span,
    /// What put the node, and all below it that say nothing else, into the document; `None` if nothing did.
    pub step: Option<Arc<Step>>,
}

/// What put a node into the document.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it was.
    pub how: How,
    /// What stood there before.
    pub earlier: Option<Origin>,
    length: u8,
}

/// The kinds of steps.
#[derive(Debug, Clone)]
pub enum How {
    /// An operation of an ops file.
    Operation {
        /// Its number in the file, from 0.
        index: usize,
        /// Its path.
        path: Arc<str>,
        /// Where its path is written.
        at: (Arc<Source>, Span),
    },
    /// A variable is the whole value.
    Variable {
        /// Its name with all parts.
        name: Arc<str>,
    },
    /// Variables are parts of the text.
    Text {
        /// Name, and where the value comes from.
        variables: Vec<(Arc<str>, Origin)>,
    },
}

impl Origin {
    /// A place in a text.
    pub fn new(source: &Arc<Source>, span: Span) -> Self {
        Self {
            source: Arc::clone(source),
            span,
            step: None,
        }
    }

    /// The same place, after a step that replaced what came from `earlier`.
    #[must_use]
    pub fn after(&self, how: How, earlier: Option<Origin>) -> Self {
        let length = earlier
            .as_ref()
            .and_then(|origin| origin.step.as_ref())
            .map_or(0, |step| step.length);
        let earlier = earlier.map(|origin| {
            if length < MAX_STEPS {
                return origin;
            }
            Origin {
                step: None,
                ..origin
            }
        });
        let length = if length < MAX_STEPS { length + 1 } else { 1 };
        Self {
            step: Some(Arc::new(Step {
                how,
                earlier,
                length,
            })),
            ..self.clone()
        }
    }
}

impl Node {
    /// A node for data.
    pub fn scalar(value: Value, origin: Origin) -> Self {
        Self {
            content: Content::Scalar(value),
            origin,
        }
    }

    /// A parsed text as a document.
    ///
    /// # Errors
    /// Keys that are lists or maps.
    pub fn new(source: &Arc<Source>, node: &yaml::Node) -> Result<Self, Diagnostics> {
        let mut faults = Vec::new();
        let made = build(source, node, &mut faults);
        Diagnostics::from_list(faults)?;
        Ok(made)
    }

    /// Parses a text.
    ///
    /// # Errors
    /// Those of [`yaml::parse`], and keys that are lists or maps.
    pub fn parse(source: &Arc<Source>) -> Result<Self, Diagnostics> {
        Self::new(source, &yaml::parse(source)?)
    }

    /// The data, keys in the order in which the official CLI writes them.
    pub fn value(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::List(items) => Value::Sequence(items.iter().map(Self::value).collect()),
            Content::Map(map) => {
                let entries = map.iter();
                let mut entries = entries
                    .map(|(key, entry)| (key.value(), entry.value.value()))
                    .collect();
                yaml::sort_keys(&mut entries);
                Value::Mapping(entries)
            }
        }
    }

    /// The value of a text key; `None` without the key, and for what is no map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.map()?
            .get(&Key::Text(key.to_owned()))
            .map(|entry| &entry.value)
    }

    /// The text, when it is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.content {
            Content::Scalar(value) => value.as_str(),
            _ => None,
        }
    }

    /// The items, when it is a list.
    pub fn list(&self) -> Option<&[Node]> {
        match &self.content {
            Content::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, when it is a map.
    pub fn map(&self) -> Option<&Map> {
        match &self.content {
            Content::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Whether it is nothing.
    pub fn is_null(&self) -> bool {
        matches!(self.content, Content::Scalar(Value::Null))
    }

    /// How many levels deep it is; a scalar has none.
    pub fn depth(&self) -> usize {
        let inner = match &self.content {
            Content::Scalar(_) => return 0,
            Content::List(items) => items.iter().map(Self::depth).max(),
            Content::Map(map) => map.values().map(|entry| entry.value.depth()).max(),
        };
        inner.unwrap_or(0) + 1
    }

    /// How many nodes it has, keys included.
    pub fn count(&self) -> usize {
        match &self.content {
            Content::Scalar(_) => 1,
            Content::List(items) => 1 + items.iter().map(Self::count).sum::<usize>(),
            Content::Map(map) => 1 + map.values().map(|e| 1 + e.value.count()).sum::<usize>(),
        }
    }

    /// How many bytes its texts have.
    pub fn text_size(&self) -> usize {
        match &self.content {
            Content::Scalar(Value::String(text)) => text.len(),
            Content::Scalar(Value::Binary(bytes)) => bytes.len(),
            Content::Scalar(_) => 0,
            Content::List(items) => items.iter().map(Self::text_size).sum(),
            Content::Map(map) => map
                .iter()
                .map(|(key, entry)| key.size() + entry.value.text_size())
                .sum(),
        }
    }

    /// What the official CLI makes of a value that it writes and reads again: a float that is printed without fraction
    /// becomes an integer.
    #[must_use]
    pub fn read_again(mut self) -> Self {
        match &mut self.content {
            Content::Scalar(value) => {
                if let Some(integer) = printed_as_integer(value) {
                    *value = Value::Integer(integer);
                }
            }
            Content::List(items) => {
                let read = std::mem::take(items).into_iter().map(Self::read_again);
                *items = read.collect();
            }
            Content::Map(map) => *map = map_read_again(std::mem::take(map)),
        }
        self
    }

    /// Whether both are the same data with the same types, as Go compares them.
    pub fn same(&self, other: &Node) -> bool {
        match (&self.content, &other.content) {
            (Content::Scalar(a), Content::Scalar(b)) => a == b,
            (Content::List(a), Content::List(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b))
            }
            (Content::Map(a), Content::Map(b)) => {
                a.len() == b.len()
                    && a.iter()
                        .zip(b)
                        .all(|((key_a, a), (key_b, b))| key_a == key_b && a.value.same(&b.value))
            }
            _ => false,
        }
    }
}

fn map_read_again(map: Map) -> Map {
    let mut read = Map::new();
    for (key, entry) in map {
        let key = match printed_as_integer(&key.value()) {
            Some(integer) => Key::Integer(integer),
            None => key,
        };
        let value = entry.value.read_again();
        read.insert(key, Entry { value, ..entry });
    }
    read
}

/// Go prints floats up to a million without exponent, and without fraction where they have none.
#[allow(
    clippy::cast_possible_truncation,
    reason = "there is nothing behind the point"
)]
fn printed_as_integer(value: &Value) -> Option<i64> {
    match value {
        Value::Float(float) if float.fract() == 0.0 && float.abs() < 1e6 => Some(*float as i64),
        _ => None,
    }
}

fn build(source: &Arc<Source>, node: &yaml::Node, faults: &mut Vec<Diagnostic>) -> Node {
    let content = match &node.kind {
        Kind::Scalar(_) => Content::Scalar(node.value()),
        Kind::Sequence(items) => Content::List(
            items
                .iter()
                .map(|item| build(source, item, faults))
                .collect(),
        ),
        Kind::Mapping(_) => Content::Map(build_map(source, node, faults)),
    };
    Node {
        content,
        origin: Origin::new(source, node.span),
    }
}

fn build_map(source: &Arc<Source>, node: &yaml::Node, faults: &mut Vec<Diagnostic>) -> Map {
    let mut map = Map::new();
    for (key, value) in node.merged() {
        let Some(name) = Key::new(key.value()) else {
            let message = format!("invalid map key: {} cannot be a key", key.kind_name());
            let hint = "put `((...))` and other text that begins with a bracket into quotes";
            faults.push(
                Diagnostic::error(message)
                    .at(source, key.span, "")
                    .hint(hint),
            );
            continue;
        };
        let value = build(source, value, faults);
        let key = Origin::new(source, key.span);
        map.insert(name, Entry { key, value });
    }
    map
}

impl Key {
    /// A scalar as a key; `None` for lists and maps.
    pub fn new(value: Value) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Integer(value) => Self::Integer(value),
            Value::Unsigned(value) => Self::Unsigned(value),
            Value::Float(value) => Self::Float(value.to_bits()),
            // Only Ruby's reading makes these.
            Value::BigInteger(digits) => Self::Text(digits),
            Value::String(text) | Value::Symbol(text) => Self::Text(text),
            Value::Binary(bytes) => Self::Binary(bytes),
            Value::Sequence(_) | Value::Mapping(_) => return None,
        })
    }

    /// The key as data.
    pub fn value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Integer(value) => Value::Integer(*value),
            Self::Unsigned(value) => Value::Unsigned(*value),
            Self::Float(bits) => Value::Float(f64::from_bits(*bits)),
            Self::Text(text) => Value::String(text.clone()),
            Self::Binary(bytes) => Value::Binary(bytes.clone()),
        }
    }

    /// The text, when it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
            _ => 0,
        }
    }
}

/// The name of a value's type in the official CLI's messages, which is Go's.
pub fn type_name(node: &Node) -> &'static str {
    match &node.content {
        Content::List(_) => "[]interface {}",
        Content::Map(_) => "map[interface {}]interface {}",
        Content::Scalar(value) => match value {
            Value::Null => "<nil>",
            Value::Bool(_) => "bool",
            Value::Integer(_) => "int",
            Value::Unsigned(_) => "uint64",
            Value::BigInteger(_) | Value::Float(_) => "float64",
            _ => "string",
        },
    }
}
