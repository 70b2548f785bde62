//! Finding, replacing, removing, testing: what operations do to a document.
//!
//! The words of faults are the official CLI's; `%T` of Go shows through in some of them.

use std::borrow::Cow;

use super::document::{Content, Entry, How, Key, Map, Node, Origin, type_name};
use super::operations::{Action, Operation};
use super::pointer::{Modifier, Pointer, Token};
use super::{MAX_DEPTH, MAX_WORK};
use crate::nearest::nearest;
use crate::yaml::Value;

/// Most keys that a message lists.
const MOST_KEYS: usize = 1000;

/// Why a path leads nowhere.
#[derive(Debug, Clone)]
pub struct Fault {
    /// What is wrong, in the official CLI's words.
    pub message: String,
    /// Which kind of fault.
    pub kind: FaultKind,
    /// The part of the path up to where it went wrong, as it prints.
    pub path: String,
    /// The node in which the next step failed.
    pub place: Option<Origin>,
    /// What was probably meant.
    pub hint: Option<String>,
}

/// Kinds of faults that somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// A key or an index that is not there: a test for absence looks for these.
    Missing,
    /// Anything else.
    Other,
}

type Found<T> = Result<T, Fault>;

/// How much work is left.
pub(super) struct Work(usize);

impl Work {
    pub(super) fn new(items: usize) -> Self {
        Self(items)
    }

    fn take(&mut self, items: usize, path: &str) -> Found<()> {
        self.0 = self.0.checked_sub(items).ok_or_else(|| {
            let message =
                format!("Expected operations to look at no more than {MAX_WORK} items of lists");
            Fault::other(message, path.to_owned(), None)
        })?;
        Ok(())
    }
}

impl Fault {
    fn other(message: impl Into<String>, path: String, place: Option<&Node>) -> Self {
        Self {
            message: message.into(),
            kind: FaultKind::Other,
            path,
            place: place.map(|node| node.origin.clone()),
            hint: None,
        }
    }

    fn mismatch(wanted: &str, path: String, node: &Node) -> Self {
        let found = type_name(node);
        let message = format!("Expected to find {wanted} at path '{path}' but found '{found}'");
        Self::other(message, path, Some(node))
    }

    fn missing_key(key: &str, path: String, node: &Node, map: &Map) -> Self {
        let names: Vec<&str> = map.keys().filter_map(Key::as_str).collect();
        let found = if map.is_empty() {
            "found no other map keys".to_owned()
        } else {
            let more = if names.len() > MOST_KEYS {
                "', ..."
            } else {
                "'"
            };
            let shown = names.get(..MOST_KEYS).unwrap_or(&names).join("', '");
            format!("found map keys: '{shown}{more}")
        };
        Self {
            kind: FaultKind::Missing,
            hint: nearest(key, names.iter().copied())
                .map(|name| format!("did you mean the key '{name}'?")),
            ..Self::other(
                format!("Expected to find a map key '{key}' for path '{path}' ({found})"),
                path,
                Some(node),
            )
        }
    }

    fn missing_index(index: i64, path: String, node: &Node, length: usize) -> Self {
        let message = format!(
            "Expected to find array index '{index}' but found array of length '{length}' for path '{path}'"
        );
        Self {
            kind: FaultKind::Missing,
            ..Self::other(message, path, Some(node))
        }
    }

    fn not_one(
        path: String,
        node: &Node,
        items: &[Node],
        key: &str,
        value: &str,
        count: usize,
    ) -> Self {
        let values = items
            .iter()
            .filter_map(|item| item.get(key).and_then(Node::as_str));
        let hint = nearest(value, values)
            .filter(|_| count == 0)
            .map(|near| format!("did you mean '{key}={near}'?"));
        let message = format!(
            "Expected to find exactly one matching array item for path '{path}' but found {count}"
        );
        Self {
            hint,
            ..Self::other(message, path, Some(node))
        }
    }

    fn unexpected(token: &Token, path: String, node: &Node) -> Self {
        let name = token.type_name();
        let message = format!("Expected to not find token '{name}' at path '{path}'");
        Self::other(message, path, Some(node))
    }
}

/// What stands at `path`. An optional part that is missing gives what it would be made of, or null at the end.
///
/// # Errors
/// A path that leads nowhere.
pub fn find<'a>(document: &'a Node, path: &Pointer) -> Found<Cow<'a, Node>> {
    find_from(document, path, 0)
}

fn find_from<'a>(start: &'a Node, path: &Pointer, from: usize) -> Found<Cow<'a, Node>> {
    let tokens = path.tokens();
    let mut node = start;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        let here = || path.start(at + 1);
        let is_last = at + 1 == tokens.len();
        match token {
            Token::Index { index, modifiers } => {
                let items = list(node, &here)?;
                let index = concrete(*index, modifiers, node, items.len(), &here)?;
                node = item(node, items, index, &here)?;
            }
            Token::AfterLast => {
                let message = format!(
                    "Expected not to find after last index token in path '{path}' (not supported in find operations)"
                );
                return Err(Fault::other(message, here(), Some(node)));
            }
            Token::Matching {
                key,
                value,
                optional,
                modifiers,
            } => {
                let items = list(node, &here)?;
                let Some(index) = matching(node, items, (key, value), *optional, &here)? else {
                    let made = made_item(key, value, &node.origin);
                    return Ok(Cow::Owned(find_from(&made, path, at + 1)?.into_owned()));
                };
                let index = concrete(index, modifiers, node, items.len(), &here)?;
                node = item(node, items, index, &here)?;
            }
            Token::Key { key, optional } => {
                let map = map(node, &here)?;
                match map.get(&Key::Text(key.clone())) {
                    Some(entry) => node = &entry.value,
                    None if !optional => {
                        return Err(Fault::missing_key(key, here(), node, map));
                    }
                    None if is_last => {
                        return Ok(Cow::Owned(Node::scalar(Value::Null, node.origin.clone())));
                    }
                    None => {
                        let content = match tokens.get(at + 1) {
                            Some(Token::Matching { .. }) => Content::List(Vec::new()),
                            Some(Token::Key { .. }) => Content::Map(Map::new()),
                            _ => {
                                let message = format!(
                                    "Expected to find key or matching index token at path '{}'",
                                    path.start(at + 2)
                                );
                                return Err(Fault::other(message, here(), Some(node)));
                            }
                        };
                        let made = Node {
                            content,
                            origin: node.origin.clone(),
                        };
                        return Ok(Cow::Owned(find_from(&made, path, at + 1)?.into_owned()));
                    }
                }
            }
        }
    }
    Ok(Cow::Borrowed(node))
}

/// Does what an operation says; a failed one may leave maps that its path asked for.
pub(super) fn apply(document: &mut Node, operation: &Operation, work: &mut Work) -> Found<()> {
    let path = &operation.path;
    match &operation.action {
        Action::Replace { value, depth } => {
            if path.tokens().len() + depth > MAX_DEPTH {
                let message = format!("Expected a document of at most {MAX_DEPTH} levels");
                return Err(Fault::other(message, path.to_string(), None));
            }
            let how = operation.how();
            Replacement { path, value, how }.apply(document, work)
        }
        Action::Remove => remove(document, path, work),
        Action::Test { value } => match find(document, path)? {
            found if found.same(value) => Ok(()),
            found => Err(Fault::other(
                "Found value does not match expected value",
                path.to_string(),
                Some(&found),
            )),
        },
        Action::TestAbsence => match find(document, path) {
            Ok(found) => {
                let message = format!("Expected to not find '{path}'");
                Err(Fault::other(message, path.to_string(), Some(&found)))
            }
            Err(fault) if fault.kind == FaultKind::Missing && fault.path == path.to_string() => {
                Ok(())
            }
            Err(fault) => Err(fault),
        },
    }
}

/// What a replacement puts where.
struct Replacement<'a> {
    path: &'a Pointer,
    value: &'a Node,
    how: How,
}

impl Replacement<'_> {
    /// The value, in place of what came from `earlier`.
    fn made(&self, earlier: Option<Origin>) -> Node {
        let mut made = self.value.clone();
        made.origin = self.value.origin.after(self.how.clone(), earlier);
        made
    }

    /// Where a list or map stands that is made on the way to the value: where the path is written.
    fn on_the_way(&self) -> Origin {
        let origin = match &self.how {
            How::Operation { at, .. } => Origin::new(&at.0, at.1),
            _ => self.value.origin.clone(),
        };
        origin.after(self.how.clone(), None)
    }

    fn apply(&self, document: &mut Node, work: &mut Work) -> Found<()> {
        let tokens = self.path.tokens();
        let mut node = document;
        for (at, token) in tokens.iter().enumerate() {
            let here = || self.path.start(at + 1);
            let is_last = at + 1 == tokens.len();
            let index = match token {
                Token::Key { key, optional } => {
                    if is_last {
                        return self.set(node, key, *optional, &here);
                    }
                    node = self.enter(node, at, key, *optional)?;
                    continue;
                }
                Token::AfterLast => {
                    let length = list(node, &here)?.len();
                    return self.put(node, Insertion::New(length), work, &here);
                }
                Token::Index { index, .. } => {
                    list(node, &here)?;
                    *index
                }
                Token::Matching {
                    key,
                    value,
                    optional,
                    ..
                } => {
                    let items = list(node, &here)?;
                    let length = items.len();
                    work.take(length, &self.path.to_string())?;
                    match matching(node, items, (key, value), *optional, &here)? {
                        Some(index) => index,
                        None if is_last => {
                            return self.put(node, Insertion::New(length), work, &here);
                        }
                        None => {
                            if let Content::List(items) = &mut node.content {
                                items.push(made_item(key, value, &self.on_the_way()));
                            }
                            node = item_mut(node, length, &here)?;
                            continue;
                        }
                    }
                }
            };
            let length = list(node, &here)?.len();
            if is_last {
                let place = insertion(index, token.modifiers(), node, length, &here)?;
                return self.put(node, place, work, &here);
            }
            let index = concrete(index, token.modifiers(), node, length, &here)?;
            node = item_mut(node, index, &here)?;
        }
        *node = self.made(Some(node.origin.clone()));
        Ok(())
    }

    /// The value of a key on the way; one that may be missing is made for what comes next.
    fn enter<'n>(
        &self,
        node: &'n mut Node,
        at: usize,
        key: &str,
        optional: bool,
    ) -> Found<&'n mut Node> {
        let here = || self.path.start(at + 1);
        let name = Key::Text(key.to_owned());
        let map_here = map(node, &here)?;
        if !map_here.contains_key(&name) {
            if !optional {
                return Err(Fault::missing_key(key, here(), node, map_here));
            }
            let content = made_for(self.path.tokens().get(at + 1)).ok_or_else(|| {
                let message = format!(
                    "Expected to find key, matching index or after last index token at path '{}'",
                    self.path.start(at + 2)
                );
                Fault::other(message, here(), Some(node))
            })?;
            let origin = self.on_the_way();
            insert(node, name.clone(), Node { content, origin });
        }
        entry_mut(node, &name, &here)
    }

    /// Makes the value that of a key.
    fn set(
        &self,
        node: &mut Node,
        key: &str,
        optional: bool,
        here: &dyn Fn() -> String,
    ) -> Found<()> {
        let name = Key::Text(key.to_owned());
        let map_here = map(node, here)?;
        let earlier = map_here.get(&name).map(|entry| entry.value.origin.clone());
        if earlier.is_none() && !optional {
            return Err(Fault::missing_key(key, here(), node, map_here));
        }
        insert(node, name, self.made(earlier));
        Ok(())
    }

    /// Puts the value into a list.
    fn put(
        &self,
        node: &mut Node,
        place: Insertion,
        work: &mut Work,
        here: &dyn Fn() -> String,
    ) -> Found<()> {
        let Content::List(items) = &mut node.content else {
            return Err(Fault::mismatch("an array", here(), node));
        };
        match place {
            Insertion::At(index) => {
                if let Some(old) = items.get_mut(index) {
                    *old = self.made(Some(old.origin.clone()));
                }
            }
            Insertion::New(index) => {
                let index = index.min(items.len());
                work.take((items.len() - index) / 8, &here())?;
                items.insert(index, self.made(None));
            }
        }
        Ok(())
    }
}

/// What an optional part that is missing is made of.
fn made_for(next: Option<&Token>) -> Option<Content> {
    match next? {
        Token::AfterLast | Token::Matching { .. } => Some(Content::List(Vec::new())),
        Token::Key { .. } => Some(Content::Map(Map::new())),
        Token::Index { .. } => None,
    }
}

fn remove(document: &mut Node, path: &Pointer, work: &mut Work) -> Found<()> {
    let tokens = path.tokens();
    if tokens.is_empty() {
        let message = "Cannot remove entire document";
        return Err(Fault::other(message, String::new(), Some(document)));
    }
    let mut node = document;
    for (at, token) in tokens.iter().enumerate() {
        let here = || path.start(at + 1);
        let is_last = at + 1 == tokens.len();
        let index = match token {
            Token::Index { index, modifiers } => {
                let length = list(node, &here)?.len();
                concrete(*index, modifiers, node, length, &here)?
            }
            Token::Matching {
                key,
                value,
                optional,
                modifiers,
            } => {
                let items = list(node, &here)?;
                let length = items.len();
                work.take(length, &path.to_string())?;
                match matching(node, items, (key, value), *optional, &here)? {
                    Some(index) => concrete(index, modifiers, node, length, &here)?,
                    None => return Ok(()),
                }
            }
            Token::Key { key, optional } => {
                let name = Key::Text(key.clone());
                let map_here = map(node, &here)?;
                if !map_here.contains_key(&name) {
                    if *optional {
                        return Ok(());
                    }
                    return Err(Fault::missing_key(key, here(), node, map_here));
                }
                if is_last {
                    if let Content::Map(map) = &mut node.content {
                        map.remove(&name);
                    }
                    return Ok(());
                }
                node = entry_mut(node, &name, &here)?;
                continue;
            }
            Token::AfterLast => return Err(Fault::unexpected(token, here(), node)),
        };
        if is_last {
            if let Content::List(items) = &mut node.content
                && index < items.len()
            {
                work.take((items.len() - index) / 8, &path.to_string())?;
                items.remove(index);
            }
            return Ok(());
        }
        node = item_mut(node, index, &here)?;
    }
    Ok(())
}

/// Where a list gets a value.
#[derive(Clone, Copy)]
enum Insertion {
    /// In place of an item.
    At(usize),
    /// Before an item, or behind the last.
    New(usize),
}

fn insert(node: &mut Node, key: Key, value: Node) {
    if let Content::Map(map) = &mut node.content {
        if let Some(entry) = map.get_mut(&key) {
            entry.value = value;
            return;
        }
        let at = value.origin.clone();
        map.insert(key, Entry { key: at, value });
    }
}

fn made_item(key: &str, value: &str, origin: &Origin) -> Node {
    let entry = Entry {
        key: origin.clone(),
        value: Node::scalar(Value::from(value), origin.clone()),
    };
    Node {
        content: Content::Map(Map::from([(Key::Text(key.to_owned()), entry)])),
        origin: origin.clone(),
    }
}

fn list<'a>(node: &'a Node, here: &dyn Fn() -> String) -> Found<&'a [Node]> {
    node.list()
        .ok_or_else(|| Fault::mismatch("an array", here(), node))
}

fn map<'a>(node: &'a Node, here: &dyn Fn() -> String) -> Found<&'a Map> {
    node.map()
        .ok_or_else(|| Fault::mismatch("a map", here(), node))
}

fn item<'a>(
    node: &Node,
    items: &'a [Node],
    index: usize,
    here: &dyn Fn() -> String,
) -> Found<&'a Node> {
    items.get(index).ok_or_else(|| {
        Fault::missing_index(
            i64::try_from(index).unwrap_or(i64::MAX),
            here(),
            node,
            items.len(),
        )
    })
}

fn item_mut<'a>(
    node: &'a mut Node,
    index: usize,
    here: &dyn Fn() -> String,
) -> Found<&'a mut Node> {
    match &mut node.content {
        Content::List(items) if index < items.len() => Ok(&mut items[index]),
        _ => Err(Fault::other(
            format!(
                "Expected to find an array with {index} items at path '{}'",
                here()
            ),
            here(),
            None,
        )),
    }
}

fn entry_mut<'a>(node: &'a mut Node, key: &Key, here: &dyn Fn() -> String) -> Found<&'a mut Node> {
    match &mut node.content {
        Content::Map(map) => map.get_mut(key).map(|entry| &mut entry.value),
        _ => None,
    }
    .ok_or_else(|| Fault::other(format!("Expected to find path '{}'", here()), here(), None))
}

/// The number of the one item that has this entry; `None` when there is none and none is needed.
fn matching(
    node: &Node,
    items: &[Node],
    (key, value): (&str, &str),
    optional: bool,
    here: &dyn Fn() -> String,
) -> Found<Option<i64>> {
    let name = Key::Text(key.to_owned());
    let is_match = |item: &Node| {
        let entry = item.map().and_then(|map| map.get(&name));
        entry.and_then(|entry| entry.value.as_str()) == Some(value)
    };
    let mut found = items.iter().enumerate().filter(|(_, item)| is_match(item));
    let first = found.next();
    let more = found.count();
    match (first, more) {
        (None, _) if optional => Ok(None),
        (Some((index, _)), 0) => Ok(Some(i64::try_from(index).unwrap_or(i64::MAX))),
        (first, more) => {
            let count = more + usize::from(first.is_some());
            Err(Fault::not_one(here(), node, items, key, value, count))
        }
    }
}

/// The index that is meant, from the front.
fn concrete(
    index: i64,
    modifiers: &[Modifier],
    node: &Node,
    length: usize,
    here: &dyn Fn() -> String,
) -> Found<usize> {
    let mut index = index;
    for modifier in modifiers {
        index = match modifier {
            Modifier::Prev => index.wrapping_sub(1),
            Modifier::Next => index.wrapping_add(1),
            Modifier::Before | Modifier::After => {
                let message = format!(
                    "Expected to find one of the following modifiers: 'prev', 'next', but found modifier '{}'",
                    modifier.type_name()
                );
                return Err(Fault::other(message, here(), Some(node)));
            }
        };
    }
    let from_end = i64::try_from(length).unwrap_or(i64::MAX);
    let counted = if index < 0 {
        index.saturating_add(from_end)
    } else {
        index
    };
    match usize::try_from(counted) {
        Ok(counted) if counted < length => Ok(counted),
        _ => Err(Fault::missing_index(index, here(), node, length)),
    }
}

fn insertion(
    index: i64,
    modifiers: &[Modifier],
    node: &Node,
    length: usize,
    here: &dyn Fn() -> String,
) -> Found<Insertion> {
    let sided = |modifier: &Modifier| matches!(modifier, Modifier::Before | Modifier::After);
    let Some(at) = modifiers.iter().position(sided) else {
        return concrete(index, modifiers, node, length, here).map(Insertion::At);
    };
    let side = modifiers[at];
    if let Some(next) = modifiers.get(at + 1) {
        let word = if side == Modifier::Before {
            "before"
        } else {
            "after"
        };
        let message = format!(
            "Expected to not find any modifiers after '{word}' modifier, but found modifier '{}'",
            next.type_name()
        );
        return Err(Fault::other(message, here(), Some(node)));
    }
    let index = concrete(index, &modifiers[..at], node, length, here)?;
    Ok(Insertion::New(index + usize::from(side == Modifier::After)))
}
