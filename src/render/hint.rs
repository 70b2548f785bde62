//! What was probably meant, when a property or a link is missing.

use super::evaluation::{UNKNOWN_LINK, UNKNOWN_PROPERTY};
use crate::nearest::nearest;
use crate::ruby::eval::Vm;
use crate::ruby::value::{Hash, Value};

/// Most properties that are looked at.
const MOST: usize = 5_000;
/// Deepest nesting that is looked at.
const DEEPEST: usize = 16;

/// A hint about an exception.
pub(super) fn of<'h>(vm: &mut Vm<'h>, exception: Value<'h>) -> Option<String> {
    let [names, known, _] = vm.details(exception);
    let Value::Hash(known) = known else {
        return None;
    };
    if vm.is_a(exception, UNKNOWN_PROPERTY) {
        property(names, known)
    } else if vm.is_a(exception, UNKNOWN_LINK) {
        link(names, known)
    } else {
        None
    }
}

fn property<'h>(names: Value<'h>, known: &'h Hash<'h>) -> Option<String> {
    let Value::Array(names) = names else {
        return None;
    };
    let mut paths = Vec::new();
    flatten(known, "", 0, &mut paths);
    let names = names.to_vec();
    let mut asked = names.into_iter().filter_map(text);
    if let Some(unset) = asked
        .clone()
        .find(|name| paths.iter().any(|(path, set)| path == name && !set))
    {
        return Some(format!(
            "'{unset}' is declared, but has no value and no default"
        ));
    }
    let set = || paths.iter().map(|(path, _)| path.as_str());
    let meant = asked.find_map(|name| nearest(&name, set()).map(ToOwned::to_owned));
    meant.map(|path| format!("did you mean '{path}'?"))
}

fn link<'h>(name: Value<'h>, known: &'h Hash<'h>) -> Option<String> {
    let name = text(name)?;
    let links: Vec<String> = known.keys().into_iter().filter_map(text).collect();
    if let Some(meant) = nearest(&name, links.iter().map(String::as_str)) {
        return Some(format!("did you mean '{meant}'?"));
    }
    if links.is_empty() {
        return Some("the job has no links".to_owned());
    }
    Some(format!("the job has the links {}", links.join(", ")))
}

fn text(value: Value<'_>) -> Option<String> {
    match value {
        Value::String(text) => text.valid_text(),
        _ => None,
    }
}

/// Dotted paths of all values, and whether they are set.
fn flatten<'h>(hash: &'h Hash<'h>, above: &str, depth: usize, paths: &mut Vec<(String, bool)>) {
    for (key, value) in hash.entries() {
        let Some(key) = text(key).filter(|_| paths.len() < MOST) else {
            continue;
        };
        let path = if above.is_empty() {
            key
        } else {
            format!("{above}.{key}")
        };
        match value {
            Value::Hash(inner) if !inner.is_empty() && depth < DEEPEST => {
                flatten(inner, &path, depth + 1, paths);
            }
            value => paths.push((path, !value.is_nil())),
        }
    }
}
