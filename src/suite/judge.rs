//! Whether what was rendered is what a test expects.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::expectation::{Check, CheckKind, Expected, Target};
use super::settings;
use super::{InnerPath, Place};
use crate::compare::Masker;
use crate::compare::lines::hunks;
use crate::deployment::{Node, Pointer, find};
use crate::nearest::nearest;
use crate::source::Source;
use crate::yaml::{self, Value};

/// Longest text that is quoted in a message, in bytes.
const LONGEST_QUOTE: usize = 2000;

/// What a test rendered: the files by their names, or the errors in their places.
#[derive(Debug, Clone, Default)]
pub struct Rendering {
    /// Content, or why there is none.
    pub files: BTreeMap<String, Result<Vec<u8>, RenderError>>,
    /// Why there are no files at all.
    pub error: Option<RenderError>,
    /// What the test needs and does not have, such as its manifest: it fails, whatever it expects.
    pub missing: Option<String>,
}

/// Why there is no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderError {
    /// The message that a test expects.
    pub message: String,
    /// The same with its place in the template, for people.
    pub shown: String,
}

/// The golden files of a test file: those in its directory, and below.
pub trait Goldens {
    /// The content of a file; `None` without it.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn read(&self, path: &InnerPath) -> Result<Option<Vec<u8>>, String>;

    /// The files below a directory, by their paths in it.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn list(&self, directory: &InnerPath) -> Result<Vec<String>, String>;
}

/// An expectation that does not hold.
#[derive(Debug, Clone)]
pub struct Failure {
    /// Where the expectation is written.
    pub place: Place,
    /// What is wrong, in a sentence.
    pub message: String,
    /// More about it on lines of its own: a unified diff, an error with its place.
    pub detail: Option<String>,
    /// The golden file that would hold, and its content.
    pub update: Option<(InnerPath, Vec<u8>)>,
}

/// All expectations of a test that do not hold.
pub fn judge(expected: &[Expected], rendering: &Rendering, goldens: &dyn Goldens) -> Vec<Failure> {
    let mut failures = Vec::new();
    for one in expected {
        if let Some(missing) = &rendering.missing {
            failures.push(failure(&one.place, missing.clone()));
            break;
        }
        match &one.target {
            Target::All => judge_all(one, rendering, goldens, &mut failures),
            Target::File(name) => judge_file(one, name, rendering, goldens, &mut failures),
        }
    }
    say_once(&mut failures);
    failures
}

/// Several expectations of a file would quote the same content.
fn say_once(failures: &mut [Failure]) {
    for at in (1..failures.len()).rev() {
        if let [before, this, ..] = &mut failures[at - 1..]
            && before.detail == this.detail
        {
            this.detail = None;
        }
    }
}

fn judge_file(
    expected: &Expected,
    name: &str,
    rendering: &Rendering,
    goldens: &dyn Goldens,
    failures: &mut Vec<Failure>,
) {
    let result = match (&rendering.error, rendering.files.get(name)) {
        (Some(error), _) | (None, Some(Err(error))) => Err(error),
        (None, Some(Ok(content))) => Ok(content),
        (None, None) => {
            failures.push(no_file(expected, name, rendering));
            return;
        }
    };
    judge_result(expected, name, result, goldens, failures);
}

fn no_file(expected: &Expected, name: &str, rendering: &Rendering) -> Failure {
    let names = rendering.files.keys().map(String::as_str);
    let mut failure = failure(&expected.place, format!("there is no file '{name}'"));
    failure.detail = match nearest(name, names.clone()) {
        Some(meant) => Some(format!("did you mean '{meant}'?")),
        None => Some(format!(
            "there are: {}",
            names.collect::<Vec<_>>().join(", ")
        )),
    };
    failure
}

fn judge_result(
    expected: &Expected,
    name: &str,
    result: Result<&Vec<u8>, &RenderError>,
    goldens: &dyn Goldens,
    failures: &mut Vec<Failure>,
) {
    match (result, expected.fails) {
        (Ok(content), false) => {
            let subject = Subject {
                name,
                content,
                goldens,
            };
            let checks = expected.checks.iter();
            failures.extend(checks.filter_map(|check| subject.check(check)));
        }
        (Err(error), true) => {
            let checks = expected.checks.iter();
            failures.extend(checks.filter_map(|check| judge_message(check, error)));
        }
        (Ok(content), true) => {
            let mut failure = failure(
                &expected.place,
                format!("an error is expected, but '{name}' is rendered"),
            );
            failure.detail = Some(quoted(content));
            failures.push(failure);
        }
        (Err(error), false) => {
            let mut failure = failure(&expected.place, format!("'{name}' cannot be rendered"));
            failure.detail = Some(error.shown.clone());
            failures.push(failure);
        }
    }
}

/// Everything that is rendered: each file is the one of the same name in a directory; or an error.
fn judge_all(
    expected: &Expected,
    rendering: &Rendering,
    goldens: &dyn Goldens,
    failures: &mut Vec<Failure>,
) {
    if let Some(error) = &rendering.error {
        judge_result(expected, "all", Err(error), goldens, failures);
        return;
    }
    if expected.fails {
        let mut errors = rendering
            .files
            .values()
            .filter_map(|file| file.as_ref().err());
        match (errors.next(), errors.next()) {
            (None, _) => failures.push(failure(
                &expected.place,
                "an error is expected, but all is rendered".to_owned(),
            )),
            (Some(error), None) => {
                judge_result(expected, "all", Err(error), goldens, failures);
            }
            (Some(_), Some(_)) => {
                let mut several = failure(
                    &expected.place,
                    "several files cannot be rendered: say of each what is expected".to_owned(),
                );
                several.detail = Some(all_errors(rendering));
                failures.push(several);
            }
        }
        return;
    }
    for (name, result) in &rendering.files {
        match result {
            Ok(content) => {
                for check in &expected.checks {
                    if let CheckKind::Golden(directory) = &check.kind {
                        let path = InnerPath::parse(&format!("{}/{name}", directory.as_str()));
                        failures.extend(
                            path.and_then(|path| {
                                golden(&check.place, name, content, path, goldens)
                            }),
                        );
                    }
                }
            }
            Err(_) => judge_file(expected, name, rendering, goldens, failures),
        }
    }
    failures.extend(superfluous(expected, rendering, goldens));
}

fn all_errors(rendering: &Rendering) -> String {
    let errors = rendering.files.iter().filter_map(|(name, file)| {
        let error = file.as_ref().err()?;
        Some(format!("{name}: {}", error.message))
    });
    errors.collect::<Vec<_>>().join("\n")
}

/// Golden files of a directory that nothing renders.
fn superfluous(expected: &Expected, rendering: &Rendering, goldens: &dyn Goldens) -> Vec<Failure> {
    let mut failures = Vec::new();
    for check in &expected.checks {
        let CheckKind::Golden(directory) = &check.kind else {
            continue;
        };
        match goldens.list(directory) {
            Err(problem) => failures.push(failure(&check.place, problem)),
            Ok(names) => {
                let known = |name: &String| rendering.files.contains_key(name);
                let unknown = names.iter().filter(|name| !known(name));
                failures.extend(unknown.map(|name| {
                    let message =
                        format!("nothing renders '{}/{name}': remove it", directory.as_str());
                    failure(&check.place, message)
                }));
            }
        }
    }
    failures
}

fn judge_message(check: &Check, error: &RenderError) -> Option<Failure> {
    let message = error.message.as_str();
    let mut failure = match &check.kind {
        CheckKind::Text(text) if text.trim_end() == message.trim_end() => return None,
        CheckKind::Contains(text) if message.contains(text.as_str()) => return None,
        CheckKind::Lacks(text) if !message.contains(text.as_str()) => return None,
        CheckKind::Lacks(text) => failure(&check.place, format!("the error says {text:?}")),
        CheckKind::Contains(text) => {
            failure(&check.place, format!("the error does not say {text:?}"))
        }
        _ => failure(&check.place, "the error is another one".to_owned()),
    };
    failure.detail = Some(error.shown.clone());
    Some(failure)
}

/// A file that was rendered.
struct Subject<'a> {
    name: &'a str,
    content: &'a Vec<u8>,
    goldens: &'a dyn Goldens,
}

impl Subject<'_> {
    fn check(&self, check: &Check) -> Option<Failure> {
        let Self { name, content, .. } = self;
        let text = String::from_utf8_lossy(content);
        let fail = |message: String| Some(failure(&check.place, message));
        match &check.kind {
            CheckKind::Golden(path) => {
                golden(&check.place, name, content, path.clone(), self.goldens)
            }
            CheckKind::Text(wanted) => (wanted.as_bytes() != content.as_slice()).then(|| {
                let mut failure = failure(&check.place, format!("'{name}' is another text"));
                failure.detail = Some(difference(wanted, &text, "expected", name));
                failure
            }),
            CheckKind::Contains(part) if text.contains(part.as_str()) => None,
            CheckKind::Contains(part) => {
                let mut failure =
                    failure(&check.place, format!("'{name}' does not contain {part:?}"));
                failure.detail = Some(quoted(content));
                Some(failure)
            }
            CheckKind::Lacks(part) => {
                let at = text.find(part.as_str())?;
                let line = text[..at].matches('\n').count() + 1;
                fail(format!("'{name}' contains {part:?} in line {line}"))
            }
            CheckKind::Yaml(path, wanted) => self.value(check, path, wanted, "YAML"),
            CheckKind::Json(path, wanted) => self.value(check, path, wanted, "JSON"),
            CheckKind::Ini(path, wanted) => {
                let found = settings::ini(&text, path);
                if found == wanted.as_deref() {
                    return None;
                }
                fail(format!(
                    "'{name}' has {} for `{path}`, expected {}",
                    shown(found),
                    shown(wanted.as_deref())
                ))
            }
            CheckKind::Directive(word, wanted) => {
                let found = settings::directives(&text, word);
                if found.iter().eq(wanted) {
                    return None;
                }
                let found = list(found.iter().copied());
                let wanted = list(wanted.iter().map(String::as_str));
                fail(format!(
                    "'{name}' has {found} for `{word}`, expected {wanted}"
                ))
            }
        }
    }

    fn value(
        &self,
        check: &Check,
        path: &Pointer,
        wanted: &Value,
        format: &str,
    ) -> Option<Failure> {
        let fail = |message: String| Some(failure(&check.place, message));
        let document = match self.document(format) {
            Ok(document) => document,
            Err(problem) => {
                let mut failure = failure(&check.place, format!("'{}' is no {format}", self.name));
                failure.detail = Some(problem);
                return Some(failure);
            }
        };
        match find(&document, path) {
            Err(fault) => {
                let hint = fault.hint.map(|hint| format!("; {hint}"));
                let hint = hint.unwrap_or_default();
                fail(format!("'{}': {}{hint}", self.name, fault.message))
            }
            Ok(found) => {
                let found = found.value();
                if same(&found, wanted) {
                    return None;
                }
                let (found, wanted) = (yaml::write(&found), yaml::write(wanted));
                let mut failure = failure(
                    &check.place,
                    format!("'{}' has another value at {path}", self.name),
                );
                failure.detail = Some(difference(&wanted, &found, "expected", self.name));
                Some(failure)
            }
        }
    }

    fn document(&self, format: &str) -> Result<Node, String> {
        let text = std::str::from_utf8(self.content).map_err(|error| error.to_string())?;
        let text = if format == "JSON" {
            let data: serde_json::Value =
                serde_json::from_str(text).map_err(|error| error.to_string())?;
            yaml::write(&Value::from(data))
        } else {
            text.to_owned()
        };
        let source = Source::new(self.name, text);
        Node::parse(&source).map_err(|faults| faults.render(false))
    }
}

fn golden(
    place: &Place,
    name: &str,
    content: &[u8],
    path: InnerPath,
    goldens: &dyn Goldens,
) -> Option<Failure> {
    let recorded = match goldens.read(&path) {
        Ok(Some(recorded)) if recorded == content => return None,
        Ok(recorded) => recorded,
        Err(problem) => return Some(failure(place, problem)),
    };
    let text = String::from_utf8_lossy(content);
    let mut failure = match &recorded {
        None => failure(place, format!("'{}' does not exist", path.as_str())),
        Some(_) => failure(place, format!("'{name}' differs from '{}'", path.as_str())),
    };
    let before = recorded.unwrap_or_default();
    let before = String::from_utf8_lossy(&before);
    failure.detail = Some(difference(&before, &text, path.as_str(), name));
    failure.update = Some((path, content.to_vec()));
    Some(failure)
}

fn failure(place: &Place, message: String) -> Failure {
    Failure {
        place: place.clone(),
        message,
        detail: None,
        update: None,
    }
}

/// A unified diff.
fn difference(before: &str, after: &str, before_name: &str, after_name: &str) -> String {
    let mut out = format!("--- {before_name}\n+++ {after_name}\n");
    // Golden files hide nothing: the masker knows no secrets.
    for hunk in hunks(before, after, &Masker::default()) {
        let range = |start: usize, count: usize| match count {
            1 => start.to_string(),
            _ => format!("{start},{count}"),
        };
        let old = range(hunk.old_start, hunk.old_count);
        let new = range(hunk.new_start, hunk.new_count);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "@@ -{old} +{new} @@");
        for line in &hunk.lines {
            let _ = writeln!(out, "{}{}", line.kind.sign(), line.text());
            if line.ends_text {
                out.push_str("\\ No newline at end of file\n");
            }
        }
    }
    out
}

fn quoted(content: &[u8]) -> String {
    let text = String::from_utf8_lossy(content);
    if text.len() <= LONGEST_QUOTE {
        return text.into_owned();
    }
    let end = text.floor_char_boundary(LONGEST_QUOTE);
    format!("{}[...]", &text[..end])
}

fn shown(value: Option<&str>) -> String {
    value.map_or_else(|| "no value".to_owned(), |value| format!("{value:?}"))
}

fn list<'t>(values: impl Iterator<Item = &'t str>) -> String {
    let values: Vec<String> = values.map(|value| format!("{value:?}")).collect();
    if values.is_empty() {
        return "no value".to_owned();
    }
    values.join(", ")
}

/// Whether both are the same data; the order of keys does not count, and 1 is 1.0.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Sequence(left), Value::Sequence(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| same(left, right))
        }
        (Value::Mapping(left), Value::Mapping(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| {
                    let mut entries = right.iter();
                    entries.any(|(other, found)| same(key, other) && same(value, found))
                })
        }
        (Value::Integer(integer), Value::Float(float))
        | (Value::Float(float), Value::Integer(integer)) => {
            float.fract() == 0.0 && format!("{float}") == integer.to_string()
        }
        _ => left == right,
    }
}
