//! A manifest, operations, variables: the document that a Director would get.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

use super::MAX_WORK;
use super::apply::{Fault, Work, apply, find};
use super::document::{Content, Key, Node, Origin};
use super::operations::{Action, Operation, OperationsFile};
use super::pointer::{Pointer, Token};
use super::substitute::{Substitution, Trouble};
use super::variables::Variables;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};
use crate::yaml;

/// Most places that one message points at.
const MOST_PLACES: usize = 50;

/// What is to be made of what.
pub struct Request<'a, 'g> {
    /// The manifest.
    pub manifest: &'a Arc<Source>,
    /// Ops files, in order.
    pub operations: &'a [OperationsFile],
    /// Values.
    pub variables: &'a mut Variables<'g>,
    /// Every variable must be given.
    pub expect_all_found: bool,
    /// Every given variable must be used.
    pub expect_all_used: bool,
}

/// A document with operations and variables applied; each of its nodes knows where it comes from.
#[derive(Debug)]
pub struct InterpolatedManifest {
    /// The document.
    pub root: Node,
    /// All variables without a value, whose placeholders are still there, in one message of the official CLI.
    pub missing: Option<Diagnostic>,
    /// What operations took away: path and operation.
    removed: Vec<(String, Site)>,
    /// Texts that may be shown: not those of variables.
    public: Vec<Arc<Source>>,
    /// The variables that were asked for and found.
    pub(super) variables: Vec<(String, Arc<Node>)>,
}

/// An operation in a message.
#[derive(Debug)]
struct Site {
    what: String,
    source: Arc<Source>,
    span: Span,
}

/// Applies operations and variables to a manifest.
///
/// What variables generated is in `request.variables` also when this fails.
///
/// # Errors
/// All that can be found at once: faults of the manifest's syntax; then of all operations; then of definitions; then of
/// placeholders; then missing and unused variables.
pub fn interpolate(request: Request<'_, '_>) -> Result<InterpolatedManifest, Diagnostics> {
    let Request {
        manifest,
        operations,
        variables,
        expect_all_found,
        expect_all_used,
    } = request;
    let mut root = Node::parse(manifest)?;
    let removed = apply_all(&mut root, operations)?;
    let mut substitution = Substitution::new(&root, variables).map_err(all)?;
    substitution.generate().map_err(all)?;
    root = substitution.document(root).map_err(all)?;
    let found = substitution.found_definitions().map_err(all)?;
    remove_definitions(&mut root, &found)?;
    let mut faults = Vec::new();
    let missing = missing(&substitution);
    if expect_all_found {
        faults.extend(missing.clone());
    }
    if expect_all_used {
        faults.extend(unused(&substitution));
    }
    Diagnostics::from_list(faults)?;
    let variables = substitution.found();
    let sources = operations.iter().map(|file| &file.source);
    let public = sources.chain([manifest]).cloned().collect();
    Ok(InterpolatedManifest {
        root,
        missing,
        removed,
        public,
        variables,
    })
}

impl InterpolatedManifest {
    /// What stands at a path.
    ///
    /// # Errors
    /// The official CLI's words, with the place where the path ends, and the operation that took the rest away.
    pub fn find(&self, path: &Pointer) -> Result<Cow<'_, Node>, Diagnostics> {
        find(&self.root, path).map_err(|fault| self.lost(fault).into())
    }

    /// The document, or what stands at a path, as the official CLI prints it: YAML with sorted keys, a text at a path as
    /// it is, with a line break behind.
    ///
    /// # Errors
    /// Those of [`find`](Self::find).
    pub fn print(&self, path: Option<&Pointer>) -> Result<Vec<u8>, Diagnostics> {
        let Some(path) = path else {
            return Ok(yaml::write(&self.root.value()).into_bytes());
        };
        let found = self.find(path)?;
        Ok(match &found.content {
            Content::Scalar(yaml::Value::String(text)) => format!("{text}\n").into_bytes(),
            Content::Scalar(yaml::Value::Binary(bytes)) => {
                let mut bytes = bytes.clone();
                bytes.push(b'\n');
                bytes
            }
            _ => yaml::write(&found.value()).into_bytes(),
        })
    }

    /// Whether the text of a place may be shown: the texts of variables are secret.
    pub fn is_public(&self, origin: &Origin) -> bool {
        self.public
            .iter()
            .any(|source| Arc::ptr_eq(source, &origin.source))
    }

    /// The texts that may be shown.
    pub(super) fn public_sources(&self) -> &[Arc<Source>] {
        &self.public
    }

    fn lost(&self, fault: Fault) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(fault.message);
        if let Some(place) = fault.place.filter(|place| self.is_public(place)) {
            diagnostic = diagnostic.at(&place.source, place.span, "this is where the path ends");
        }
        let taken = self.removed.iter().rev();
        if let Some((_, site)) = taken.into_iter().find(|(path, _)| *path == fault.path) {
            let text = format!("{} removed it", site.what);
            diagnostic = diagnostic.at(&site.source, site.span, text);
        }
        match fault.hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    }
}

/// Applies all operations. One that fails does not keep the others from being tried; what fails only because of it is not
/// told.
fn apply_all(
    root: &mut Node,
    files: &[OperationsFile],
) -> Result<Vec<(String, Site)>, Diagnostics> {
    let mut work = Work::new(MAX_WORK);
    let mut faults = Vec::new();
    let mut failed: Vec<String> = Vec::new();
    let mut removed = Vec::new();
    let operations = files.iter().flat_map(|file| {
        file.operations
            .iter()
            .map(move |operation| (file, operation))
    });
    for (file, operation) in operations {
        match apply(root, operation, &mut work) {
            Ok(()) if matches!(operation.action, Action::Remove) => {
                removed.push((operation.path.to_string(), site(file, operation)));
            }
            Ok(()) => {}
            Err(fault) => {
                if !failed.iter().any(|path| is_below(&fault.path, path)) {
                    faults.push(failure(file, operation, fault));
                }
                failed.push(operation.path.to_string().replace('?', ""));
            }
        }
        if faults.len() >= MOST_PLACES {
            break;
        }
    }
    Diagnostics::from_list(faults)?;
    Ok(removed)
}

fn is_below(path: &str, above: &str) -> bool {
    let path = path.replace('?', "");
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn site(file: &OperationsFile, operation: &Operation) -> Site {
    Site {
        what: format!("operation [{}] in {}", operation.index, file.source.name()),
        source: Arc::clone(&operation.path_at.0),
        span: operation.path_at.1,
    }
}

fn failure(file: &OperationsFile, operation: &Operation, fault: Fault) -> Diagnostic {
    let message = format!(
        "Error 'operation [{}] in {} failed': {}",
        operation.index,
        file.source.name(),
        fault.message
    );
    let (source, span) = &operation.path_at;
    let mut diagnostic = Diagnostic::error(message).at(source, *span, "");
    if let Some(place) = fault.place {
        diagnostic = diagnostic.at(&place.source, place.span, "the path led here");
    }
    match fault.hint {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

fn all(troubles: Vec<Trouble>) -> Diagnostics {
    let list: Vec<Diagnostic> = troubles.into_iter().map(Trouble::diagnostic).collect();
    match Diagnostics::from_list(list) {
        Err(faults) => faults,
        Ok(()) => Diagnostic::error("Expected to find variables").into(),
    }
}

/// Takes the definitions of variables that were found out of the list.
///
/// The official CLI removes them with one operation each, and fails as such an operation does: where a name is there
/// twice, or was itself a placeholder.
fn remove_definitions(root: &mut Node, names: &[String]) -> Result<(), Diagnostics> {
    if names.is_empty() {
        return Ok(());
    }
    let mut counts: HashMap<String, usize> = HashMap::new();
    for item in variables_of(root) {
        if let Some(name) = item.get("name").and_then(Node::as_str) {
            *counts.entry(name.to_owned()).or_default() += 1;
        }
    }
    let mut faults = Vec::new();
    for name in names {
        let count = counts.get(name).copied().unwrap_or(0);
        if count != 1 && faults.len() < MOST_PLACES {
            faults.push(not_one(root, name, count));
        }
    }
    Diagnostics::from_list(faults)?;
    let found: HashSet<&str> = names.iter().map(String::as_str).collect();
    if let Content::Map(map) = &mut root.content
        && let Some(entry) = map.get_mut(&Key::Text("variables".to_owned()))
        && let Content::List(items) = &mut entry.value.content
    {
        let name = |item: &Node| item.get("name").and_then(Node::as_str).map(str::to_owned);
        items.retain(|item| !name(item).is_some_and(|name| found.contains(&*name)));
    }
    Ok(())
}

fn variables_of(root: &Node) -> &[Node] {
    root.get("variables")
        .and_then(Node::list)
        .unwrap_or_default()
}

fn not_one(root: &Node, name: &str, count: usize) -> Diagnostic {
    let path = Pointer::new(vec![
        Token::Key {
            key: "variables".to_owned(),
            optional: false,
        },
        Token::Matching {
            key: "name".to_owned(),
            value: name.to_owned(),
            optional: false,
            modifiers: Vec::new(),
        },
    ]);
    let message = format!(
        "Expected to find exactly one matching array item for path '{path}' but found {count}"
    );
    let same = variables_of(root)
        .iter()
        .filter_map(|item| item.get("name"))
        // One that a variable made stands in a text that is secret.
        .filter(|node| node.as_str() == Some(name) && node.origin.step.is_none());
    let places = same.take(MOST_PLACES);
    places.fold(Diagnostic::error(message), |diagnostic, node| {
        diagnostic.at(&node.origin.source, node.origin.span, "")
    })
}

/// All variables that are missing, in one message.
fn missing(substitution: &Substitution<'_, '_>) -> Option<Diagnostic> {
    let missing = substitution.missing();
    if missing.is_empty() {
        return None;
    }
    let mut message = "Expected to find variables:".to_owned();
    let mut meant = Vec::new();
    for name in missing.keys() {
        write!(message, "\n    - {name}").ok();
        if let Some(near) = substitution.nearest(name) {
            meant.push(format!("'{near}' for '{name}'"));
        }
    }
    let places = missing.values().flatten().take(MOST_PLACES);
    let diagnostic = places.fold(Diagnostic::error(message), |diagnostic, place| {
        diagnostic.at(&place.source, place.span, "")
    });
    Some(if meant.is_empty() {
        diagnostic
    } else {
        diagnostic.hint(format!("did you mean {}?", meant.join(", ")))
    })
}

/// All variables that nobody used, in one message.
fn unused(substitution: &Substitution<'_, '_>) -> Option<Diagnostic> {
    let unused = substitution.unused();
    if unused.is_empty() {
        return None;
    }
    let mut message = "Expected to use variables:".to_owned();
    for name in unused {
        write!(message, "\n    - {name}").ok();
    }
    Some(Diagnostic::error(message))
}
