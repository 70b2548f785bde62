//! `$ref`: another place of the same schema.

use super::{Checked, unsupported};
use crate::yaml::Value;

/// The schema that a reference names: the whole, a JSON pointer in it, or the schema with an anchor.
///
/// # Errors
/// A reference to another text, or to nothing.
pub(super) fn resolve<'s>(root: &'s Value, reference: &str) -> Checked<&'s Value> {
    let found = match reference.strip_prefix('#') {
        Some("") => Some(root),
        Some(pointer) if pointer.starts_with('/') => follow(root, pointer),
        Some(anchor) => anchored(root, anchor),
        None => None,
    };
    match found {
        Some(found) => Ok(found),
        None => unsupported(format!("the reference `{reference}`")),
    }
}

fn follow<'s>(root: &'s Value, pointer: &str) -> Option<&'s Value> {
    let mut at = root;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        at = match at {
            Value::Sequence(items) => items.get(token.parse::<usize>().ok()?)?,
            other => other.get(&token)?,
        };
    }
    Some(at)
}

fn anchored<'s>(at: &'s Value, anchor: &str) -> Option<&'s Value> {
    match at {
        Value::Mapping(entries) => {
            if at.get("$anchor").and_then(Value::as_str) == Some(anchor) {
                return Some(at);
            }
            let mut inner = entries.iter();
            inner.find_map(|(_, value)| anchored(value, anchor))
        }
        Value::Sequence(items) => items.iter().find_map(|item| anchored(item, anchor)),
        _ => None,
    }
}
