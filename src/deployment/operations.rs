//! Ops files: lists of operations, read and checked.

use std::sync::Arc;

use super::document::{How, Node};
use super::pointer::Pointer;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::nearest::nearest;
use crate::source::{Source, Span};
use crate::yaml;

/// Keys of an operation.
const KEYS: [&str; 5] = ["type", "path", "value", "absent", "error"];

/// The operations of one file, in order.
#[derive(Debug)]
pub struct OperationsFile {
    /// The text.
    pub source: Arc<Source>,
    /// What it says.
    pub operations: Vec<Operation>,
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// Its number in the file, from 0.
    pub index: usize,
    /// What is to be done.
    pub action: Action,
    /// Where.
    pub path: Pointer,
    /// Where the path is written.
    pub path_at: (Arc<Source>, Span),
    printed: Arc<str>,
}

/// What is to be done.
#[derive(Debug)]
pub enum Action {
    /// Put a value there.
    Replace {
        /// The value.
        value: Box<Node>,
        /// How many levels deep it is.
        depth: usize,
    },
    /// Take away what is there.
    Remove,
    /// Fail unless this is there.
    Test {
        /// The value.
        value: Box<Node>,
    },
    /// Fail if something is there.
    TestAbsence,
}

impl Operation {
    /// The operation as what put a value into the document.
    pub(super) fn how(&self) -> How {
        How::Operation {
            index: self.index,
            path: Arc::clone(&self.printed),
            at: self.path_at.clone(),
        }
    }
}

impl OperationsFile {
    /// Reads an ops file. An empty one has no operations.
    ///
    /// # Errors
    /// Faults of syntax; with the official CLI's words: what is no list of operations, unknown types, missing and
    /// invalid paths, missing values. All of them together.
    pub fn parse(source: &Arc<Source>) -> Result<Self, Diagnostics> {
        let root = yaml::parse(source)?;
        let mut operations = Vec::new();
        let mut faults = Vec::new();
        match root.as_sequence() {
            None if root.is_null() => {}
            None => {
                let message = format!("Deserializing ops file '{}'", source.name());
                let found = format!("this is {}", root.kind_name());
                faults.push(
                    Diagnostic::error(format!(
                        "{message}:\n  Expected to find a list of operations"
                    ))
                    .at(source, first_line(&root), found)
                    .hint("write `- type: replace`, with `path:` and `value:` below"),
                );
            }
            Some(items) => {
                for (index, item) in items.iter().enumerate() {
                    match operation(source, index, item) {
                        Ok(operation) => operations.push(operation),
                        Err(fault) => faults.extend(fault.into_vec()),
                    }
                }
            }
        }
        Diagnostics::from_list(faults)?;
        Ok(Self {
            source: Arc::clone(source),
            operations,
        })
    }
}

/// The first character: a mark for what has many lines.
fn first_line(node: &yaml::Node) -> Span {
    Span::new(node.span.start, node.span.start + 1)
}

/// An operation as it is written.
struct Definition<'a> {
    source: &'a Arc<Source>,
    index: usize,
    node: &'a yaml::Node,
    /// Its type with a capital, for messages.
    name: &'static str,
}

fn operation(
    source: &Arc<Source>,
    index: usize,
    node: &yaml::Node,
) -> Result<Operation, Diagnostics> {
    let mut definition = Definition {
        source,
        index,
        node,
        name: "",
    };
    let kind = definition.kind()?;
    definition.name = match kind {
        Kind::Replace => "Replace",
        Kind::Remove => "Remove",
        Kind::Test => "Test",
    };
    let Some((path, path_at)) = definition.text("path")? else {
        let missing = definition.fault("Missing path", definition.here());
        return Err(misspelt(node, "path", missing).into());
    };
    let action = definition.action(&kind)?;
    let pointer = Pointer::parse(&path)
        .map_err(|problem| definition.fault(&format!("Invalid path: {problem}"), path_at))?;
    Ok(Operation {
        index,
        action,
        printed: pointer.to_string().into(),
        path: pointer,
        path_at: (Arc::clone(source), path_at),
    })
}

enum Kind {
    Replace,
    Remove,
    Test,
}

impl Definition<'_> {
    fn here(&self) -> Span {
        first_line(self.node)
    }

    fn fault(&self, problem: &str, at: Span) -> Diagnostic {
        let message = format!("{} operation [{}]: {problem}", self.name, self.index);
        Diagnostic::error(message).at(self.source, at, "")
    }

    /// A text with its place; null counts as nothing.
    fn text(&self, key: &str) -> Result<Option<(String, Span)>, Diagnostic> {
        let Some(node) = self.node.get(key).filter(|node| !node.is_null()) else {
            return Ok(None);
        };
        if let Some(text) = node.as_str() {
            return Ok(Some((text, node.span)));
        }
        let found = node.kind_name();
        let message = format!("Operation [{}]: `{key}` is {found}, not text", self.index);
        Err(Diagnostic::error(message).at(self.source, first_line(node), ""))
    }

    fn kind(&self) -> Result<Kind, Diagnostic> {
        let is_map = matches!(self.node.kind, yaml::Kind::Mapping(_));
        if !is_map && !self.node.is_null() {
            let found = self.node.kind_name();
            let message = format!("Operation [{}] is {found}, not a map", self.index);
            return Err(Diagnostic::error(message).at(self.source, self.here(), ""));
        }
        let given = self.text("type")?;
        let (kind, at) = given.unwrap_or_else(|| (String::new(), self.here()));
        match kind.as_str() {
            "replace" => Ok(Kind::Replace),
            "remove" => Ok(Kind::Remove),
            "test" => Ok(Kind::Test),
            _ => Err(unknown_type(self.source, self.index, &kind, at)),
        }
    }

    fn action(&self, kind: &Kind) -> Result<Action, Diagnostics> {
        let value = self.node.get("value").filter(|node| !node.is_null());
        let absent = self.absent()?;
        Ok(match (kind, value, absent) {
            (Kind::Replace, None, _) => return Err(self.missing_value("Missing value").into()),
            (Kind::Test, None, None) => {
                return Err(self.missing_value("Missing value or absent").into());
            }
            (Kind::Remove, Some(_), _) => {
                return Err(self.fault("Cannot specify value", self.here()).into());
            }
            (Kind::Remove, None, _) => Action::Remove,
            (Kind::Test, _, Some(true)) => Action::TestAbsence,
            (Kind::Test, value, _) => Action::Test {
                value: Box::new(Node::new(self.source, value.unwrap_or(&nothing()))?),
            },
            (Kind::Replace, Some(value), _) => {
                let value = Box::new(Node::new(self.source, value)?.read_again());
                let depth = value.depth();
                Action::Replace { value, depth }
            }
        })
    }

    fn absent(&self) -> Result<Option<bool>, Diagnostic> {
        let given = self.node.get("absent").filter(|node| !node.is_null());
        let flag = given.map(|node| {
            let not_one = || self.fault("`absent` is neither true nor false", node.span);
            node.as_bool().ok_or_else(not_one)
        });
        flag.transpose()
    }

    fn missing_value(&self, problem: &str) -> Diagnostic {
        let missing = misspelt(self.node, "value", self.fault(problem, self.here()));
        if self.node.get("value").is_some() {
            return missing.hint("null counts as no value, here and in the official CLI");
        }
        missing
    }
}

fn nothing() -> yaml::Node {
    yaml::Node {
        span: Span::default(),
        kind: yaml::Kind::Scalar(yaml::Scalar {
            text: String::new(),
            plain: true,
            tag: None,
        }),
    }
}

fn unknown_type(source: &Arc<Source>, index: usize, kind: &str, at: Span) -> Diagnostic {
    let message = format!("Unknown operation [{index}] with type '{kind}'");
    let hint = match nearest(kind, ["replace", "remove", "test"]) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "there are `replace`, `remove` and `test`".to_owned(),
    };
    Diagnostic::error(message).at(source, at, "").hint(hint)
}

/// With the key that was probably meant to be `wanted`.
fn misspelt(item: &yaml::Node, wanted: &str, fault: Diagnostic) -> Diagnostic {
    let entries = item.entries();
    let unknown = entries.iter().map(|(key, ..)| key.as_str());
    let mut unknown = unknown.filter(|key| !KEYS.contains(key));
    match unknown.find(|key| nearest(key, KEYS) == Some(wanted)) {
        Some(key) => fault.hint(format!("did you mean `{wanted}` where `{key}` is written?")),
        None => fault,
    }
}
