//! What a test expects of a rendered file, or of the error in its place.

use super::reader::{Pair, Reader, kind, present};
use super::{InnerPath, Place, is_test_file};
use crate::deployment::{Content, Node, Origin, Pointer};
use crate::yaml::Value;

/// What is expected of something that is rendered.
#[derive(Debug, Clone)]
pub struct Expected {
    /// Of what.
    pub target: Target,
    /// Where it is written.
    pub place: Place,
    /// Whether there is an error and no file: then the checks are those of its message.
    pub fails: bool,
    /// Each of them has to hold.
    pub checks: Vec<Check>,
}

/// What something is expected of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Everything that is rendered.
    All,
    /// A file: of a job its destination, of a deployment `GROUP/INDEX/JOB/PATH`.
    File(String),
}

/// One expectation.
#[derive(Debug, Clone)]
pub struct Check {
    /// Where it is written.
    pub place: Place,
    /// What it says.
    pub kind: CheckKind,
}

/// The kinds of expectations.
#[derive(Debug, Clone, PartialEq)]
pub enum CheckKind {
    /// It is what a file beside the test file holds; of everything that is rendered, what a directory holds.
    Golden(InnerPath),
    /// It is this text.
    Text(String),
    /// This text is in it.
    Contains(String),
    /// This text is not in it.
    Lacks(String),
    /// As YAML, this is the value at a path.
    Yaml(Pointer, Value),
    /// As JSON, this is the value at a path.
    Json(Pointer, Value),
    /// As an INI file, this is the value of `section.key` or `key`; none when there is no such key.
    Ini(String, Option<String>),
    /// As lines of a word and its value, these are the values of a word.
    Directive(String, Vec<String>),
}

const KEYS: &[&str] = &[
    "golden",
    "text",
    "contains",
    "lacks",
    "yaml",
    "json",
    "ini",
    "directives",
    "error",
];
const KEYS_OF_ALL: &[&str] = &["golden", "error"];
const KEYS_OF_ERROR: &[&str] = &["text", "contains", "lacks"];

/// What `expect`, or an entry of `files`, says.
pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    target: Target,
    unsaid: &Origin,
) -> Option<Expected> {
    let known = match target {
        Target::All => KEYS_OF_ALL,
        Target::File(_) => KEYS,
    };
    if target == Target::All
        && let Some(map) = node.map()
        && let Some((key, entry)) = map.iter().find_map(|(key, entry)| {
            let name = key.as_str()?;
            (KEYS.contains(&name) && !KEYS_OF_ALL.contains(&name)).then_some((name, entry))
        })
    {
        let message = format!("`{key}` is said of one file, and the test does not say of which");
        reader.fault(&entry.key, message).hint =
            Some("name one with `template`, or several with `files`".to_owned());
        return None;
    }
    let faults = reader.faults.len();
    reader.known_keys(node, "`expect`", known);
    node.map()?;
    let error = present(node, "error");
    let checks = match error {
        Some(error) => of_error(reader, node, error),
        None => of_content(reader, node),
    };
    if checks.is_empty() && reader.faults.len() == faults {
        let fault = reader.fault(unsaid, "Nothing is expected");
        fault.hint = Some(format!("give one of: {}", known.join(", ")));
    }
    Some(Expected {
        target,
        place: place(unsaid),
        fails: error.is_some(),
        checks,
    })
}

fn of_error(reader: &mut Reader, node: &Node, error: &Node) -> Vec<Check> {
    for pair in reader.pairs(node, "`expect`") {
        if pair.name != "error" && !pair.value.is_null() {
            let message = format!(
                "`{}` is of a file, and with `error` there is none",
                pair.name
            );
            reader.fault(pair.at, message);
        }
    }
    if error.map().is_some() {
        reader.known_keys(error, "`error`", KEYS_OF_ERROR);
        return texts(reader, error);
    }
    let contained = reader.as_text(error, "error").map(str::to_owned);
    contained
        .map(|text| check(&error.origin, CheckKind::Contains(text)))
        .into_iter()
        .collect()
}

fn of_content(reader: &mut Reader, node: &Node) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some(golden) = present(node, "golden")
        && let Some(path) = inner_path(reader, golden, "golden")
    {
        let name = path.as_str();
        if !name.contains('/') && is_test_file(name) {
            let message = format!("'{name}' would be read as a test file");
            reader.fault(&golden.origin, message).hint =
                Some("give it a directory of its own, or another name".to_owned());
        }
        checks.push(check(&golden.origin, CheckKind::Golden(path)));
    }
    checks.extend(texts(reader, node));
    for (key, kind) in [
        ("yaml", CheckKind::Yaml as fn(Pointer, Value) -> CheckKind),
        ("json", CheckKind::Json),
    ] {
        for pair in reader.entries(node, key) {
            checks.extend(
                at_path(reader, pair).map(|(path, value)| check(pair.at, kind(path, value))),
            );
        }
    }
    for pair in reader.entries(node, "ini") {
        let value = if pair.value.is_null() {
            Some(None)
        } else {
            written(reader, pair.value).map(Some)
        };
        let kind = value.map(|value| CheckKind::Ini(pair.name.to_owned(), value));
        checks.extend(kind.map(|kind| check(pair.at, kind)));
    }
    for pair in reader.entries(node, "directives") {
        let values = directive(reader, pair.value);
        checks.push(check(
            pair.at,
            CheckKind::Directive(pair.name.to_owned(), values),
        ));
    }
    checks
}

fn texts(reader: &mut Reader, node: &Node) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some(text) = reader.text(node, "text")
        && let Some(at) = present(node, "text")
    {
        checks.push(check(&at.origin, CheckKind::Text(text.to_owned())));
    }
    for (key, kind) in [
        ("contains", CheckKind::Contains as fn(String) -> CheckKind),
        ("lacks", CheckKind::Lacks),
    ] {
        for (at, text) in reader.texts(node, key) {
            if text.is_empty() {
                reader.fault(&at.origin, format!("`{key}` is an empty text"));
            }
            checks.push(check(&at.origin, kind(text.to_owned())));
        }
    }
    checks
}

fn at_path(reader: &mut Reader, pair: Pair<'_>) -> Option<(Pointer, Value)> {
    match Pointer::parse(pair.name) {
        Ok(path) => Some((path, pair.value.value())),
        Err(problem) => {
            reader
                .fault(pair.at, format!("`{}` is no path: {problem}", pair.name))
                .hint = Some("paths are those of ops files, such as /users/0/name".to_owned());
            None
        }
    }
}

/// No value, one, or several.
fn directive(reader: &mut Reader, node: &Node) -> Vec<String> {
    if node.is_null() {
        return Vec::new();
    }
    let items = node.list().unwrap_or(std::slice::from_ref(node));
    items
        .iter()
        .filter_map(|item| written(reader, item))
        .collect()
}

/// The text of a scalar whose text is certain.
fn written(reader: &mut Reader, node: &Node) -> Option<String> {
    match &node.content {
        Content::Scalar(Value::String(text)) => Some(text.clone()),
        Content::Scalar(Value::Integer(number)) => Some(number.to_string()),
        Content::Scalar(Value::Bool(value)) => Some(value.to_string()),
        _ => {
            let message = format!("the value is a text, not {}", kind(node));
            reader.fault(&node.origin, message).hint = Some("put it in quotes".to_owned());
            None
        }
    }
}

/// A path that does not lead out of the directory that it begins in.
pub(super) fn inner_path(reader: &mut Reader, node: &Node, key: &str) -> Option<InnerPath> {
    let text = reader.as_text(node, key)?;
    let path = InnerPath::parse(text);
    if path.is_none() {
        let message = format!("`{key}` is a path without `..` that does not begin with `/`");
        reader.fault(&node.origin, message);
    }
    path
}

fn check(at: &Origin, kind: CheckKind) -> Check {
    Check {
        place: place(at),
        kind,
    }
}

pub(super) fn place(origin: &Origin) -> Place {
    Place {
        source: std::sync::Arc::clone(&origin.source),
        span: origin.span,
    }
}
