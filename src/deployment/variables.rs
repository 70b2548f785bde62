//! Variables: who gives them, and which one wins.
//!
//! What is given by flags comes first; of these the later one wins, in the order environment, files of variables, files of
//! one variable, single variables. Then comes the store, which makes what the manifest defines and nobody gives.
//!
//! Values are secrets: no message of this module shows a piece of their text, only its line.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::MAX_DEPTH;
use super::document::{Content, Entry, Key, Map, Node, Origin};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Source;
use crate::yaml::{self, Value};

/// Where the values of variables come from.
#[derive(Default)]
pub struct Variables<'g> {
    given: BTreeMap<String, Arc<Node>>,
    store: Option<Store<'g>>,
}

/// What is known from earlier runs, and what makes the rest.
pub struct Store<'g> {
    values: BTreeMap<String, Arc<Node>>,
    generated: Vec<String>,
    generator: &'g mut dyn Generator,
}

/// Makes values of variables.
pub trait Generator {
    /// A value of type `kind`. `known` looks up what there is already: a certificate is signed by another one.
    ///
    /// # Errors
    /// Why it cannot be made, in the official CLI's words where it has them.
    fn generate(
        &mut self,
        kind: &str,
        options: &Value,
        known: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<Value, String>;
}

impl<'g> Store<'g> {
    /// A store with the values of earlier runs.
    pub fn new(values: Vec<(String, Node)>, generator: &'g mut dyn Generator) -> Self {
        let values = values.into_iter();
        Self {
            values: values.map(|(name, node)| (name, Arc::new(node))).collect(),
            generated: Vec::new(),
            generator,
        }
    }
}

impl<'g> Variables<'g> {
    /// What flags give, weakest first; a name with dots gives a part of a map.
    ///
    /// # Errors
    /// A part of what is no map.
    pub fn new(given: Vec<(String, Node)>, store: Option<Store<'g>>) -> Result<Self, Diagnostics> {
        let mut latest: BTreeMap<String, Node> = BTreeMap::new();
        latest.extend(given);
        let (parts, whole): (Vec<_>, Vec<_>) =
            latest.into_iter().partition(|(name, _)| name.contains('.'));
        let mut given: BTreeMap<String, Node> = whole.into_iter().collect();
        let mut faults = Vec::new();
        for (name, value) in parts {
            if let Err(message) = insert_part(&mut given, &name, value) {
                faults.push(Diagnostic::error(message));
            }
        }
        Diagnostics::from_list(faults)?;
        let given = given.into_iter();
        Ok(Self {
            given: given.map(|(name, node)| (name, Arc::new(node))).collect(),
            store,
        })
    }

    /// A value that needs not be made.
    pub fn known(&self, name: &str) -> Option<Arc<Node>> {
        let stored = || self.store.as_ref()?.values.get(name);
        self.given.get(name).or_else(stored).cloned()
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let stored = self.store.iter().flat_map(|store| store.values.keys());
        self.given.keys().chain(stored).map(String::as_str)
    }

    /// Makes a value and keeps it; `None` without a store.
    pub(super) fn generate(
        &mut self,
        name: &str,
        kind: &str,
        options: &Value,
        origin: &Origin,
    ) -> Option<Result<Arc<Node>, String>> {
        let Self { given, store } = self;
        let store = store.as_mut()?;
        let values = &store.values;
        let known = |name: &str| {
            let found = given.get(name).or_else(|| values.get(name));
            found.map(|node| node.value())
        };
        let made = match store.generator.generate(kind, options, &known) {
            Ok(value) => Arc::new(from_value(value, origin)),
            Err(message) => return Some(Err(message)),
        };
        store.values.insert(name.to_owned(), Arc::clone(&made));
        store.generated.push(name.to_owned());
        Some(Ok(made))
    }

    /// The names of what was made, in order.
    pub fn generated(&self) -> &[String] {
        self.store
            .as_ref()
            .map_or(&[], |store| store.generated.as_slice())
    }

    /// All that the store has now, as the official CLI writes it.
    pub fn stored(&self) -> Value {
        let values = self.store.iter().flat_map(|store| &store.values);
        let mut entries = values
            .map(|(name, node)| (Value::from(name.as_str()), node.value()))
            .collect();
        yaml::sort_keys(&mut entries);
        Value::Mapping(entries)
    }
}

/// Puts `value` where the dots of `name` lead.
fn insert_part(given: &mut BTreeMap<String, Node>, name: &str, value: Node) -> Result<(), String> {
    let mut parts = name.split('.');
    let first = parts.next().unwrap_or_default();
    let count = name.split('.').count();
    if count + value.depth() > MAX_DEPTH {
        return Err(format!(
            "Expected at most {MAX_DEPTH} parts of a variable but found {count}"
        ));
    }
    let empty = || Node {
        content: Content::Map(Map::new()),
        origin: value.origin.clone(),
    };
    let mut node = given.entry(first.to_owned()).or_insert_with(empty);
    for part in parts {
        let Content::Map(map) = &mut node.content else {
            let above = name.rsplit_once('.').map_or(name, |(above, _)| above);
            return Err(format!(
                "Expected variable '{above}' to be a map, since '{name}' is given too"
            ));
        };
        let entry = map
            .entry(Key::Text(part.to_owned()))
            .or_insert_with(|| Entry {
                key: value.origin.clone(),
                value: empty(),
            });
        node = &mut entry.value;
    }
    *node = value;
    Ok(())
}

/// Data without a text of its own; keys of maps are distinct already, and such that are no scalars are left out.
fn from_value(value: Value, origin: &Origin) -> Node {
    let content = match value {
        Value::Sequence(items) => {
            let items = items.into_iter();
            Content::List(items.map(|item| from_value(item, origin)).collect())
        }
        Value::Mapping(entries) => {
            let entries = entries.into_iter().filter_map(|(key, value)| {
                let value = from_value(value, origin);
                let key_at = origin.clone();
                Some((Key::new(key)?, Entry { key: key_at, value }))
            });
            Content::Map(entries.collect())
        }
        scalar => Content::Scalar(scalar),
    };
    Node {
        content,
        origin: origin.clone(),
    }
}

/// Reads a file of variables, or a store: a map. An empty one has none. Keys become text.
///
/// # Errors
/// What is no YAML, or no map. No message shows the text.
pub fn parse_file(source: &Arc<Source>) -> Result<Vec<(String, Node)>, Diagnostics> {
    let root = yaml::parse(source).map_err(without_text)?;
    if root.is_null() {
        return Ok(Vec::new());
    }
    if !matches!(root.kind, yaml::Kind::Mapping(_)) {
        return Err(unexpected(source, "a map of variables", &root));
    }
    for (key, _) in root.merged() {
        if !matches!(key.kind, yaml::Kind::Scalar(_)) {
            return Err(unexpected(source, "the name of a variable", key));
        }
    }
    let entries = root.entries().into_iter();
    entries
        .map(|(name, _, value)| Ok((name, Node::new(source, value).map_err(without_text)?)))
        .collect()
}

fn unexpected(source: &Arc<Source>, wanted: &str, found: &yaml::Node) -> Diagnostics {
    let place = source.line_column(found.span.start);
    let message = format!(
        "{}:{}:{}: Expected {wanted} but found {}",
        source.name(),
        place.line,
        place.column,
        found.kind_name()
    );
    Diagnostic::error(message).into()
}

/// Reads a value that stands alone, as in the environment.
///
/// # Errors
/// What is no YAML. No message shows the text.
pub fn parse_value(source: &Arc<Source>) -> Result<Node, Diagnostics> {
    Node::parse(source).map_err(without_text)
}

/// The value of `name=value` on the command line: YAML, but for texts, which are taken as they are (without a pair of
/// quotes around them), because YAML would fold their line breaks.
///
/// # Errors
/// What is no YAML. No message shows the text.
pub fn parse_argument(source: &Arc<Source>) -> Result<Node, Diagnostics> {
    let node = parse_value(source)?;
    if !matches!(
        &node.content,
        Content::Scalar(Value::String(_) | Value::Binary(_))
    ) {
        return Ok(node);
    }
    let text = source.text();
    let unquoted = ['"', '\''].iter().find_map(|quote| {
        let rest = text.strip_prefix(*quote)?;
        rest.strip_suffix(*quote)
    });
    let value = Value::from(unquoted.unwrap_or(text));
    Ok(Node::scalar(value, node.origin))
}

/// The faults with file and line, but without anything of the text that is pointed at or quoted.
fn without_text(faults: Diagnostics) -> Diagnostics {
    let mut quiet = faults.into_vec().into_iter().map(|fault| {
        let place = fault.labels.first().map_or(String::new(), |label| {
            let place = label.source.line_column(label.span.start);
            format!("{}:{}:{}: ", label.source.name(), place.line, place.column)
        });
        let message = unquoted(&fault.message);
        let quiet = Diagnostic::error(format!("{place}{message}"));
        match fault.hint {
            Some(hint) => quiet.hint(hint),
            None => quiet,
        }
    });
    let mut all: Diagnostics = match quiet.next() {
        Some(first) => first.into(),
        None => Diagnostic::error("Expected YAML").into(),
    };
    let rest: Vec<Diagnostic> = quiet.collect();
    if !rest.is_empty() {
        let mut list = all.into_vec();
        list.extend(rest);
        all = match Diagnostics::from_list(list) {
            Err(list) => list,
            Ok(()) => Diagnostic::error("Expected YAML").into(),
        };
    }
    all
}

/// Names of anchors and texts of tagged scalars are the user's, and stand in these quotes.
fn unquoted(message: &str) -> String {
    for (start, quote) in [
        ("unknown anchor '", '\''),
        ("anchor '", '\''),
        ("cannot decode ", '`'),
    ] {
        if let Some(at) = message.find(start)
            && let Some(open) = message[at..].find(quote).map(|found| at + found)
            && let Some(close) = message.rfind(quote)
            && close > open
        {
            return format!("{}...{}", &message[..=open], &message[close..]);
        }
    }
    message.to_owned()
}
