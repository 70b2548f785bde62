//! `((name))`, `((!name))`, `((name.key.0))`: placeholders and what is put in their places.
//!
//! A value that is nothing but a placeholder becomes the variable's value, of whatever type; inside of a longer text only texts and
//! integers can stand, and there the form with spaces is left alone. Values are not searched again, but in one text the
//! placeholders are replaced one name after the other, as in the official CLI. Variables that nobody gives stay.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use regex_syntax::hir::{Class, ClassUnicode, HirKind};

use super::apply::find;
use super::document::{Content, Entry, How, Key, Map, Node, Origin, type_name};
use super::pointer::Pointer;
use super::variables::Variables;
use super::{MAX_DEPTH, MAX_NODES, MAX_TEXT, caused};
use crate::diagnostic::Diagnostic;
use crate::nearest::nearest;
use crate::yaml::{self, Value};

/// Most faults that are gathered, and most places that are remembered of one missing variable.
const MOST_FAULTS: usize = 100;

/// Most variables that are made for the options of each other.
const MAX_CHAIN: usize = 32;

/// The letters of all scripts (`\p{L}`): names are made of them, of ASCII digits, and of `_`, `-`, `/` and `.`.
static LETTERS: LazyLock<Option<ClassUnicode>> = LazyLock::new(|| {
    let class = regex_syntax::Parser::new().parse(r"\p{L}").ok()?;
    match class.into_kind() {
        HirKind::Class(Class::Unicode(letters)) => Some(letters),
        _ => None,
    }
});

/// Where the whole list of definitions is explained to the user.
const DEFINITIONS: &str = "Getting all variables from variable definitions sections";

/// What went wrong at a placeholder or a definition.
pub(super) struct Trouble {
    message: String,
    place: Option<Origin>,
    hint: Option<String>,
}

impl Trouble {
    fn new(message: impl Into<String>, place: &Origin) -> Self {
        Self {
            message: message.into(),
            place: Some(place.clone()),
            hint: None,
        }
    }

    fn in_course_of(mut self, what: &str) -> Self {
        self.message = caused(what, &self.message);
        self
    }

    pub(super) fn diagnostic(self) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.message);
        if let Some(place) = self.place {
            diagnostic = diagnostic.at(&place.source, place.span, "");
        }
        match self.hint {
            Some(hint) => diagnostic.hint(hint),
            None => diagnostic,
        }
    }
}

/// An entry of the list `variables` of a manifest.
struct Definition {
    name: String,
    kind: String,
    options: Node,
    origin: Origin,
}

/// The state of one substitution.
pub(super) struct Substitution<'a, 'g> {
    variables: &'a mut Variables<'g>,
    definitions: Vec<Definition>,
    by_name: HashMap<String, usize>,
    /// What is settled; `None` for what nobody gives.
    settled: HashMap<String, Option<Arc<Node>>>,
    /// Variables whose options are looked at right now.
    open: Vec<String>,
    missing: BTreeMap<String, Vec<Origin>>,
    used: BTreeSet<String>,
    /// How many placeholders stayed.
    unresolved: usize,
    faults: Vec<Trouble>,
    depth: usize,
    nodes_left: usize,
    text_left: usize,
}

impl<'a, 'g> Substitution<'a, 'g> {
    /// Reads the definitions of a document.
    ///
    /// # Errors
    /// Definitions that are none.
    pub(super) fn new(
        document: &Node,
        variables: &'a mut Variables<'g>,
    ) -> Result<Self, Vec<Trouble>> {
        let definitions = definitions(document)?;
        let mut by_name = HashMap::new();
        for (index, definition) in definitions.iter().enumerate() {
            by_name.entry(definition.name.clone()).or_insert(index);
        }
        Ok(Self {
            variables,
            definitions,
            by_name,
            settled: HashMap::new(),
            open: Vec::new(),
            missing: BTreeMap::new(),
            used: BTreeSet::new(),
            unresolved: 0,
            faults: Vec::new(),
            depth: 0,
            nodes_left: MAX_NODES,
            text_left: MAX_TEXT,
        })
    }

    /// Makes what is defined with a type and given by nobody, in order.
    ///
    /// # Errors
    /// What cannot be made; the rest is made all the same.
    pub(super) fn generate(&mut self) -> Result<(), Vec<Trouble>> {
        for index in 0..self.definitions.len() {
            let Some(definition) = self.definitions.get(index) else {
                break;
            };
            if definition.kind.is_empty() || self.faults.len() >= MOST_FAULTS {
                continue;
            }
            let (name, origin) = (definition.name.clone(), definition.origin.clone());
            if let Err(trouble) = self.variable(&name, &origin) {
                self.faults.push(trouble.in_course_of(DEFINITIONS));
            }
        }
        self.all_faults()
    }

    /// Puts variables into the whole document.
    ///
    /// # Errors
    /// All that went wrong.
    pub(super) fn document(&mut self, root: Node) -> Result<Node, Vec<Trouble>> {
        match self.node(root) {
            Ok(root) => {
                self.all_faults()?;
                Ok(root)
            }
            Err(trouble) => {
                self.faults.push(trouble);
                Err(std::mem::take(&mut self.faults))
            }
        }
    }

    fn all_faults(&mut self) -> Result<(), Vec<Trouble>> {
        if self.faults.is_empty() {
            return Ok(());
        }
        Err(std::mem::take(&mut self.faults))
    }

    /// The names of definitions whose variables are there, in order.
    pub(super) fn found_definitions(&mut self) -> Result<Vec<String>, Vec<Trouble>> {
        let mut found = Vec::new();
        for index in 0..self.definitions.len() {
            let Some(definition) = self.definitions.get(index) else {
                break;
            };
            let (name, origin) = (definition.name.clone(), definition.origin.clone());
            match self.variable(&name, &origin) {
                Ok(Some(_)) => found.push(name),
                Ok(None) => {}
                Err(trouble) => return Err(vec![trouble.in_course_of(DEFINITIONS)]),
            }
        }
        Ok(found)
    }

    /// Names that nobody gives, with the places that want them.
    pub(super) fn missing(&self) -> &BTreeMap<String, Vec<Origin>> {
        &self.missing
    }

    /// The variables that were asked for and are there, by name.
    pub(super) fn found(&self) -> Vec<(String, Arc<Node>)> {
        let settled = self.settled.iter();
        let found = settled.filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
        let mut found: Vec<_> = found.collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// Names that are given and used nowhere.
    pub(super) fn unused(&self) -> BTreeSet<String> {
        let names = self.variables.names();
        // A stored name with dots counts as the map of its first part.
        let names = names.map(|name| name.split('.').next().unwrap_or(name));
        names
            .filter(|name| !self.used.contains(*name))
            .map(str::to_owned)
            .collect()
    }

    /// A name that was probably meant.
    pub(super) fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.variables.names())
    }

    fn node(&mut self, node: Node) -> Result<Node, Trouble> {
        if self.depth >= MAX_DEPTH {
            let message = format!("Expected at most {MAX_DEPTH} levels of variables and values");
            return Err(Trouble::new(message, &node.origin));
        }
        self.depth += 1;
        let done = self.node_inside(node);
        self.depth -= 1;
        done
    }

    fn node_inside(&mut self, node: Node) -> Result<Node, Trouble> {
        let Node { content, origin } = node;
        let content = match content {
            Content::List(items) => {
                let items = items.into_iter().map(|item| self.node(item));
                Content::List(items.collect::<Result<_, _>>()?)
            }
            Content::Map(map) => Content::Map(self.map(map)?),
            Content::Scalar(Value::String(text)) => {
                return match self.text(&text, &origin) {
                    Ok(Some(node)) => Ok(node),
                    Ok(None) => Ok(Node::scalar(Value::String(text), origin)),
                    // A document is searched to its end, so that all faults are told at once.
                    Err(trouble) if self.open.is_empty() && self.faults.len() < MOST_FAULTS => {
                        self.faults.push(trouble);
                        Ok(Node::scalar(Value::String(text), origin))
                    }
                    Err(trouble) => Err(trouble),
                };
            }
            scalar @ Content::Scalar(_) => scalar,
        };
        Ok(Node { content, origin })
    }

    fn map(&mut self, map: Map) -> Result<Map, Trouble> {
        let mut done = Map::new();
        for (key, entry) in map {
            let value = self.node(entry.value)?;
            let (key, at) = self.key(key, entry.key)?;
            let entry = Entry {
                key: at.clone(),
                value,
            };
            if let Some(name) = key.as_str()
                && done.contains_key(&key)
            {
                let message = format!("Expected to find the map key '{name}' only once");
                return Err(Trouble::new(message, &at));
            }
            done.insert(key, entry);
        }
        Ok(done)
    }

    fn key(&mut self, key: Key, at: Origin) -> Result<(Key, Origin), Trouble> {
        let Some(text) = key.as_str() else {
            return Ok((key, at));
        };
        let Some(made) = self.text(text, &at)? else {
            return Ok((key, at));
        };
        if let Content::Scalar(value) = made.content {
            return Ok((Key::new(value).unwrap_or(key), made.origin));
        }
        let message = format!(
            "Invalid type '{}' for the map key '{text}'. Keys can be texts, numbers, true and false.",
            type_name(&made)
        );
        Err(Trouble::new(message, &at))
    }

    /// The node in place of a text; `None` when nothing is replaced.
    fn text(&mut self, text: &str, origin: &Origin) -> Result<Option<Node>, Trouble> {
        let names = placeholders(text);
        let is_whole = is_placeholder(text, &names);
        let mut replaced: Option<String> = None;
        let mut parts: Vec<(Arc<str>, Origin)> = Vec::new();
        for name in names {
            let finding = format!("Finding variable '{name}'");
            let found = self.lookup(&name, origin);
            let Some(value) = found.map_err(|trouble| trouble.in_course_of(&finding))? else {
                self.unresolved += 1;
                continue;
            };
            if is_whole {
                return self.whole(&value, &name, origin).map(Some);
            }
            let inner = text_of(&value).ok_or_else(|| {
                let message = format!(
                    "Invalid type '{}' for variable '{name}'. Supported types for interpolation within a string are integers and strings.",
                    type_name(&value)
                );
                Trouble::new(message, origin)
            })?;
            let current = replaced.as_deref().unwrap_or(text);
            replaced = Some(self.replaced(current, &name, &inner, origin)?);
            if parts.len() < MOST_FAULTS {
                parts.push((name.as_str().into(), value.origin.clone()));
            }
        }
        Ok(replaced.map(|text| {
            let how = How::Text { variables: parts };
            let place = Origin::new(&origin.source, origin.span);
            let origin = place.after(how, origin.step.is_some().then(|| origin.clone()));
            Node::scalar(Value::String(text), origin)
        }))
    }

    /// The variable's value as a value of the document.
    fn whole(&mut self, value: &Node, name: &str, origin: &Origin) -> Result<Node, Trouble> {
        let (count, size) = (value.count(), value.text_size());
        if self.depth + value.depth() > MAX_DEPTH || !self.take(count, size) {
            return Err(too_much(origin));
        }
        let mut made = value.clone();
        let how = How::Variable { name: name.into() };
        made.origin = value.origin.after(how, Some(origin.clone()));
        Ok(made)
    }

    fn replaced(
        &mut self,
        text: &str,
        name: &str,
        value: &str,
        origin: &Origin,
    ) -> Result<String, Trouble> {
        let (plain, marked) = (format!("(({name}))"), format!("((!{name}))"));
        let first = text.matches(&plain).count();
        if !self.take(0, text.len() + first * value.len()) {
            return Err(too_much(origin));
        }
        let text = text.replace(&plain, value);
        let second = text.matches(&marked).count();
        if !self.take(0, second * value.len()) {
            return Err(too_much(origin));
        }
        Ok(text.replace(&marked, value))
    }

    fn take(&mut self, nodes: usize, text: usize) -> bool {
        match (
            self.nodes_left.checked_sub(nodes),
            self.text_left.checked_sub(text),
        ) {
            (Some(nodes), Some(text)) => {
                (self.nodes_left, self.text_left) = (nodes, text);
                true
            }
            _ => false,
        }
    }

    /// The value of a name with dots.
    fn lookup(&mut self, name: &str, origin: &Origin) -> Result<Option<Arc<Node>>, Trouble> {
        let mut parts = name.splitn(2, '.');
        let first = parts.next().unwrap_or_default();
        let Some(value) = self.variable(first, origin)? else {
            return Ok(None);
        };
        let Some(rest) = parts.next() else {
            return Ok(Some(value));
        };
        let path = Pointer::parse(&format!("/{}", rest.replace('.', "/")));
        let path = path.map_err(|problem| Trouble::new(problem, origin))?;
        let found = find(&value, &path).or_else(|_| find(&value, &path.with_keys()));
        match found {
            Ok(found) => Ok(Some(Arc::new(found.into_owned()))),
            Err(fault) => {
                let mut trouble = Trouble::new(fault.message, origin);
                trouble.hint = fault.hint;
                Err(trouble)
            }
        }
    }

    /// The value of a variable: given, stored, or made.
    fn variable(&mut self, name: &str, origin: &Origin) -> Result<Option<Arc<Node>>, Trouble> {
        self.used.insert(name.to_owned());
        if let Some(value) = self.settled.get(name) {
            let value = value.clone();
            if value.is_none() {
                self.note_missing(name, origin);
            }
            return Ok(value);
        }
        if self.open.iter().any(|open| open == name) {
            return Err(Trouble::new("Detected recursion", origin));
        }
        if self.open.len() >= MAX_CHAIN {
            let message = format!(
                "Expected options of variables to lead through no more than {MAX_CHAIN} variables"
            );
            return Err(Trouble::new(message, origin));
        }
        let before = self.unresolved;
        let options = self.options(name)?;
        let complete = self.unresolved == before;
        let value = match self.variables.known(name) {
            _ if !complete => None,
            Some(value) => Some(value),
            None => self.made(name, &options)?,
        };
        if value.is_none() && complete {
            self.missing.insert(name.to_owned(), Vec::new());
        }
        self.settled.insert(name.to_owned(), value.clone());
        if value.is_none() {
            self.note_missing(name, origin);
        }
        Ok(value)
    }

    /// Remembers where a missing variable is wanted. One whose options miss others is not missing itself.
    fn note_missing(&mut self, name: &str, origin: &Origin) {
        if let Some(places) = self.missing.get_mut(name)
            && places.len() < MOST_FAULTS
        {
            places.push(origin.clone());
        }
    }

    /// The options of a variable's definition, with variables put in.
    fn options(&mut self, name: &str) -> Result<Value, Trouble> {
        let index = self.by_name.get(name).copied();
        let Some(definition) = index.and_then(|index| self.definitions.get(index)) else {
            return Ok(Value::Null);
        };
        let options = definition.options.clone();
        self.open.push(name.to_owned());
        let done = self.node(options);
        self.open.pop();
        let what = format!("Interpolating variable '{name}' definition options");
        done.map(|options| options.read_again().value())
            .map_err(|trouble| trouble.in_course_of(&what))
    }

    fn made(&mut self, name: &str, options: &Value) -> Result<Option<Arc<Node>>, Trouble> {
        let index = self.by_name.get(name).copied();
        let definition = index.and_then(|index| self.definitions.get(index));
        let Some(definition) = definition.filter(|definition| !definition.kind.is_empty()) else {
            return Ok(None);
        };
        let origin = definition.origin.clone();
        let kind = definition.kind.clone();
        match self.variables.generate(name, &kind, options, &origin) {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(problem)) => {
                let message = caused(&format!("Generating variable '{name}'"), &problem);
                Err(Trouble::new(message, &origin))
            }
        }
    }
}

fn too_much(origin: &Origin) -> Trouble {
    let message = format!(
        "Expected variables to make no more than {MAX_NODES} values of {MAX_TEXT} bytes, {MAX_DEPTH} levels deep"
    );
    Trouble::new(message, origin)
}

/// The names in a text, in order, as often as they are there.
fn placeholders(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("((") {
        let (_, found) = rest.split_at(at);
        match placeholder(found) {
            Some((name, behind)) => {
                names.push(name.to_owned());
                rest = behind;
            }
            // The next placeholder may begin with the second bracket.
            None => rest = found.strip_prefix('(').unwrap_or_default(),
        }
    }
    names
}

/// The name of the placeholder that `text` begins with, and what is behind it.
fn placeholder(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix("((")?;
    let inner = inner.strip_prefix(' ').unwrap_or(inner);
    let inner = inner.strip_prefix('!').unwrap_or(inner);
    let end = inner.find(|c| !is_name_character(c))?;
    let (name, behind) = inner.split_at(end);
    let behind = behind.strip_prefix(' ').unwrap_or(behind);
    let behind = behind.strip_prefix("))")?;
    (!name.is_empty()).then_some((name, behind))
}

fn is_name_character(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.');
    }
    let ranges = LETTERS.as_ref().map_or(&[][..], ClassUnicode::ranges);
    let at = ranges.partition_point(|range| range.end() < c);
    ranges.get(at).is_some_and(|range| range.start() <= c)
}

/// Whether a text is one placeholder and nothing else.
fn is_placeholder(text: &str, names: &[String]) -> bool {
    let [name] = names else {
        return false;
    };
    let inner = text
        .strip_prefix("((")
        .and_then(|rest| rest.strip_suffix("))"));
    let inner = inner.map(|inner| inner.strip_prefix(' ').unwrap_or(inner));
    let inner = inner.map(|inner| inner.strip_suffix(' ').unwrap_or(inner));
    inner.is_some_and(|inner| inner.strip_prefix('!').unwrap_or(inner) == name)
}

/// What can stand inside of a longer text.
fn text_of(node: &Node) -> Option<String> {
    match &node.content {
        Content::Scalar(Value::String(text)) => Some(text.clone()),
        Content::Scalar(Value::Integer(number)) => Some(number.to_string()),
        Content::Scalar(Value::Unsigned(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// The list `variables` of a document.
fn definitions(document: &Node) -> Result<Vec<Definition>, Vec<Trouble>> {
    let Some(list) = document.get("variables").filter(|node| !node.is_null()) else {
        return Ok(Vec::new());
    };
    let Some(items) = list.list() else {
        let message = "Expected `variables` to be a list of definitions";
        return Err(vec![Trouble::new(message, &list.origin)]);
    };
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for item in items {
        match definition(item) {
            Ok(definition) => found.push(definition),
            Err(fault) => faults.push(fault),
        }
    }
    faults.truncate(MOST_FAULTS);
    if faults.is_empty() {
        Ok(found)
    } else {
        Err(faults)
    }
}

fn definition(item: &Node) -> Result<Definition, Trouble> {
    if item.map().is_none() && !item.is_null() {
        let message = "Expected the definition of a variable to be a map";
        return Err(Trouble::new(message, &item.origin));
    }
    let text = |key: &str| match item.get(key).map(|node| (node, &node.content)) {
        None | Some((_, Content::Scalar(Value::Null))) => Ok(String::new()),
        Some((_, Content::Scalar(Value::String(text)))) => Ok(text.clone()),
        Some((_, Content::Scalar(value))) => Ok(yaml::write(value).trim_end().to_owned()),
        Some((node, _)) => {
            let message = format!("Expected the {key} of a variable to be text");
            Err(Trouble::new(message, &node.origin))
        }
    };
    let name = text("name")?;
    let origin = item.get("name").unwrap_or(item).origin.clone();
    let nothing = || Node::scalar(Value::Null, origin.clone());
    Ok(Definition {
        kind: text("type")?,
        options: item.get("options").cloned().unwrap_or_else(nothing),
        name,
        origin,
    })
}
