//! Why a value is what it is: which text, operation or variable set it, and what stood there before.

use std::fmt;
use std::sync::Arc;

use super::document::{Content, How, Key, Node, Origin, Step};
use super::interpolate::InterpolatedManifest;
use super::pointer::Pointer;
use crate::diagnostic::Diagnostics;
use crate::source::{Source, Span};

/// Most parts of a value that are told apart.
const MOST_PARTS: usize = 1000;

/// What set the value at a path. It holds no values: these may be secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The path that was asked for.
    pub path: String,
    /// What set it, then what stood there before, and so on.
    pub causes: Vec<Cause>,
    /// What is within it and was set by something else.
    pub parts: Vec<Part>,
}

/// A part of a value that has its own cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its path.
    pub path: String,
    /// What set it, then what stood there before.
    pub causes: Vec<Cause>,
}

/// What set a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// It is written in the manifest.
    Document {
        /// There.
        at: Site,
    },
    /// An operation put it there.
    Operation {
        /// Number in its file, from 0.
        index: usize,
        /// Its path.
        path: String,
        /// Where its path is written.
        at: Site,
        /// Where the value is written; for what was made on the way to it, where the path is.
        value: Site,
    },
    /// A variable is the value.
    Variable {
        /// Its name.
        name: String,
        /// Where its value is written; for one that was generated, its definition.
        at: Site,
    },
    /// Variables are parts of the text.
    Text {
        /// The text with the placeholders.
        at: Site,
        /// Names, and where the values are written.
        variables: Vec<(String, Site)>,
    },
}

/// A place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The name of the text.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl Site {
    fn new(source: &Arc<Source>, span: Span) -> Self {
        let place = source.line_column(span.start);
        Self {
            file: source.name().to_owned(),
            line: place.line,
            column: place.column,
        }
    }

    fn of(origin: &Origin) -> Self {
        Self::new(&origin.source, origin.span)
    }
}

impl InterpolatedManifest {
    /// What set the value at `path`.
    ///
    /// # Errors
    /// Those of [`find`](Self::find).
    pub fn explain(&self, path: &Pointer) -> Result<Explanation, Diagnostics> {
        let tokens = path.tokens();
        let mut step = None;
        for count in 0..tokens.len() {
            let above = Pointer::new(tokens.get(..count).unwrap_or_default().to_vec());
            let above = self.find(&above)?;
            step = above.origin.step.clone().or(step);
        }
        let found = self.find(path)?;
        let mut parts = Vec::new();
        let causes = causes(&found.origin, step.as_deref());
        let within = found.origin.step.as_deref().or(step.as_deref());
        gather(&found, &path.to_string(), within, &mut parts);
        Ok(Explanation {
            path: path.to_string(),
            causes,
            parts,
        })
    }
}

/// The causes of a node, newest first; `above` is the step that brought a tree of which the node was a part at first.
fn causes(origin: &Origin, above: Option<&Step>) -> Vec<Cause> {
    let mut found = Vec::new();
    let mut origin = origin;
    while let Some(step) = &origin.step {
        found.push(cause(origin, &step.how));
        match &step.earlier {
            Some(earlier) => origin = earlier,
            None => return found,
        }
    }
    found.push(match above {
        Some(step) => cause(origin, &step.how),
        None => Cause::Document {
            at: Site::of(origin),
        },
    });
    found
}

fn cause(origin: &Origin, how: &How) -> Cause {
    match how {
        How::Operation { index, path, at } => Cause::Operation {
            index: *index,
            path: path.to_string(),
            at: Site::new(&at.0, at.1),
            value: Site::of(origin),
        },
        How::Variable { name } => Cause::Variable {
            name: name.to_string(),
            at: Site::of(origin),
        },
        How::Text { variables } => Cause::Text {
            at: Site::of(origin),
            variables: variables
                .iter()
                .map(|(name, origin)| (name.to_string(), Site::of(origin)))
                .collect(),
        },
    }
}

/// The nodes below `node` that have steps of their own; `above` governs those that have none.
fn gather(node: &Node, path: &str, above: Option<&Step>, parts: &mut Vec<Part>) {
    if parts.len() >= MOST_PARTS {
        return;
    }
    match &node.content {
        Content::Scalar(_) => {}
        Content::List(items) => {
            for (index, item) in items.iter().enumerate() {
                let below = match unique_name(items, index) {
                    Some(name) => format!("{path}/name={}", escaped(name)),
                    None => format!("{path}/{index}"),
                };
                part(item, &below, above, parts);
            }
        }
        Content::Map(map) => {
            for (key, entry) in map {
                let name = match key {
                    Key::Text(text) => escaped(text),
                    other => crate::yaml::write(&other.value()).trim_end().to_owned(),
                };
                part(&entry.value, &format!("{path}/{name}"), above, parts);
            }
        }
    }
}

/// The `name` of an item of a short list, when no other has it.
fn unique_name(items: &[Node], index: usize) -> Option<&str> {
    let name_of = |item: &'_ Node| item.get("name").and_then(Node::as_str).map(str::to_owned);
    let item = items.get(index).filter(|_| items.len() < 100)?;
    let name = item.get("name").and_then(Node::as_str)?;
    let same = items
        .iter()
        .filter(|item| name_of(item).as_deref() == Some(name));
    (same.count() == 1).then_some(name)
}

fn part(node: &Node, path: &str, above: Option<&Step>, parts: &mut Vec<Part>) {
    if node.origin.step.is_some() && parts.len() < MOST_PARTS {
        parts.push(Part {
            path: path.to_owned(),
            causes: causes(&node.origin, above),
        });
    }
    gather(node, path, node.origin.step.as_deref().or(above), parts);
}

fn escaped(text: &str) -> String {
    text.replace('~', "~0")
        .replace('/', "~1")
        .replace(':', "~7")
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document { at } => write!(f, "{at}"),
            Self::Operation {
                index,
                path,
                at,
                value,
            } => write!(f, "{value}: operation [{index}] of {}, {path}", at.file),
            Self::Variable { name, at } => write!(f, "{at}: variable '{name}'"),
            Self::Text { at, variables } => {
                write!(f, "{at}: a text with")?;
                for (at, (name, site)) in variables.iter().enumerate() {
                    let comma = if at == 0 { "" } else { "," };
                    write!(f, "{comma} '{name}' ({site})")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Explanation {
    /// One line for the path, and one for each cause, two spaces further in; then the same for each part.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() {
            "/"
        } else {
            &self.path
        };
        block(f, path, &self.causes)?;
        for part in &self.parts {
            block(f, &part.path, &part.causes)?;
        }
        Ok(())
    }
}

fn block(f: &mut fmt::Formatter<'_>, path: &str, causes: &[Cause]) -> fmt::Result {
    writeln!(f, "{path}")?;
    for (at, cause) in causes.iter().enumerate() {
        let before = if at == 0 { "" } else { "in place of " };
        writeln!(f, "  {before}{cause}")?;
    }
    Ok(())
}
