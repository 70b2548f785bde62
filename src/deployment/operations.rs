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

fn operation(
    source: &Arc<Source>,
    index: usize,
    item: &yaml::Node,
) -> Result<Operation, Diagnostics> {
    let here = first_line(item);
    let text = |key: &str| match item.get(key) {
        None => Ok(None),
        Some(node) if node.is_null() => Ok(None),
        Some(node) => node
            .as_str()
            .map(|text| Some((text, node.span)))
            .ok_or_else(|| {
                let message = format!(
                    "Operation [{index}]: `{key}` is {}, not text",
                    node.kind_name()
                );
                Diagnostic::error(message).at(source, first_line(node), "")
            }),
    };
    if !item.is_null() && !matches!(item.kind, yaml::Kind::Mapping(_)) {
        let message = format!("Operation [{index}] is {}, not a map", item.kind_name());
        return Err(Diagnostic::error(message).at(source, here, "").into());
    }
    let kind = text("type")?;
    let (kind, kind_at) = kind.unwrap_or_else(|| (String::new(), here));
    let name = match kind.as_str() {
        "replace" => "Replace",
        "remove" => "Remove",
        "test" => "Test",
        _ => return Err(unknown_type(source, index, &kind, kind_at).into()),
    };
    let fault = |problem: &str, at: Span| {
        let message = format!("{name} operation [{index}]: {problem}");
        Diagnostic::error(message).at(source, at, "")
    };
    let Some((path, path_at)) = text("path")? else {
        return Err(misspelt(item, "path", fault("Missing path", here)).into());
    };
    let value = item.get("value").filter(|node| !node.is_null());
    let absent = item.get("absent").map(|node| {
        let truth = node.as_bool().or(node.is_null().then_some(false));
        truth.ok_or_else(|| fault("`absent` is neither true nor false", node.span))
    });
    let absent = absent.transpose()?;
    let action = match (kind.as_str(), value, absent) {
        ("replace", None, _) => {
            let missing = misspelt(item, "value", fault("Missing value", here));
            return Err(explain_null(item, missing).into());
        }
        ("remove", Some(_), _) => return Err(fault("Cannot specify value", here).into()),
        ("test", None, None) => {
            let missing = misspelt(item, "value", fault("Missing value or absent", here));
            return Err(explain_null(item, missing).into());
        }
        ("remove", None, _) => Action::Remove,
        ("test", _, Some(true)) => Action::TestAbsence,
        ("test", None, _) => Action::Test {
            value: Box::new(Node::new(source, item.get("value").unwrap_or(&nothing()))?),
        },
        (kind, Some(value), _) => {
            let value = Box::new(Node::new(source, value)?);
            if kind == "test" {
                Action::Test { value }
            } else {
                let value = Box::new(value.read_again());
                let depth = value.depth();
                Action::Replace { value, depth }
            }
        }
        _ => return Err(unknown_type(source, index, &kind, kind_at).into()),
    };
    let pointer = Pointer::parse(&path)
        .map_err(|problem| fault(&format!("Invalid path: {problem}"), path_at))?;
    Ok(Operation {
        index,
        action,
        printed: pointer.to_string().into(),
        path: pointer,
        path_at: (Arc::clone(source), path_at),
    })
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

fn explain_null(item: &yaml::Node, fault: Diagnostic) -> Diagnostic {
    if item.get("value").is_some_and(yaml::Node::is_null) {
        return fault
            .hint("the official CLI takes null for no value at all; there is no way to set it");
    }
    fault
}
