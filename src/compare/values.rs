//! What differs between two values: paths with what stood there and what stands there now.

use std::fmt::Write as _;

use super::mask::{Masked, Masker};
use crate::yaml::Value;

/// Most changes below one value; the rest is told as the value itself.
const MOST_CHANGES: usize = 500;

/// A value that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueChange {
    /// Keys with dots between them, and places in lists; empty for the whole.
    pub path: String,
    /// What stood there, as JSON without secrets; `None` for what is new.
    pub old: Option<String>,
    /// What stands there; `None` for what is gone.
    pub new: Option<String>,
    /// A secret in it differs.
    pub secret_changed: bool,
}

/// All values that differ, in the order in which they stand. `above` is the path of both.
pub fn changes(
    above: &str,
    old: Option<&Value>,
    new: Option<&Value>,
    masker: &Masker,
) -> Vec<ValueChange> {
    let mut found = Vec::new();
    collect(above, old, new, masker, &mut found);
    if found.len() > MOST_CHANGES {
        found.clear();
        found.extend(change(above, old, new, masker));
    }
    found
}

fn collect(
    path: &str,
    old: Option<&Value>,
    new: Option<&Value>,
    masker: &Masker,
    found: &mut Vec<ValueChange>,
) {
    if old == new || found.len() > MOST_CHANGES {
        return;
    }
    match (old, new) {
        (Some(Value::Mapping(a)), Some(Value::Mapping(b))) => {
            for (key, value) in a {
                let other = b.iter().find(|(found, _)| found == key);
                let other = other.map(|(_, value)| value);
                collect(&below(path, key, masker), Some(value), other, masker, found);
            }
            let only = b
                .iter()
                .filter(|(key, _)| !a.iter().any(|(found, _)| found == key));
            for (key, value) in only {
                collect(&below(path, key, masker), None, Some(value), masker, found);
            }
        }
        (Some(Value::Sequence(a)), Some(Value::Sequence(b))) if a.len() == b.len() => {
            for (at, (a, b)) in a.iter().zip(b).enumerate() {
                collect(&format!("{path}[{at}]"), Some(a), Some(b), masker, found);
            }
        }
        _ => found.extend(change(path, old, new, masker)),
    }
}

fn below(path: &str, key: &Value, masker: &Masker) -> String {
    let key = match key {
        Value::String(key) => masker.mask(key),
        other => shown(other, masker).text,
    };
    if path.is_empty() {
        key
    } else {
        format!("{path}.{key}")
    }
}

fn change(
    path: &str,
    old: Option<&Value>,
    new: Option<&Value>,
    masker: &Masker,
) -> Option<ValueChange> {
    if old == new {
        return None;
    }
    let old = old.map(|value| shown(value, masker));
    let new = new.map(|value| shown(value, masker));
    let secrets = |masked: &Option<Masked>| {
        let masked = masked.as_ref();
        masked.map(|masked| masked.secrets.clone())
    };
    Some(ValueChange {
        path: path.to_owned(),
        secret_changed: old.is_some() && new.is_some() && secrets(&old) != secrets(&new),
        old: old.map(|masked| masked.text),
        new: new.map(|masked| masked.text),
    })
}

/// A value as JSON on one line, without secrets.
pub fn shown(value: &Value, masker: &Masker) -> Masked {
    let mut masked = Masked::default();
    write(value, masker, &mut masked);
    masked
}

fn write(value: &Value, masker: &Masker, out: &mut Masked) {
    match value {
        Value::Null => out.text.push_str("null"),
        Value::Bool(value) => out.text.push_str(if *value { "true" } else { "false" }),
        Value::String(text) | Value::Symbol(text) => {
            let masked = masker.masked(text);
            out.secrets.extend(masked.secrets);
            // A quote around nothing but what is redacted says nothing.
            if masked.text == super::mask::REDACTED {
                out.text.push_str(&masked.text);
            } else {
                let quoted = serde_json::Value::from(masked.text).to_string();
                out.text.push_str(&quoted);
            }
        }
        Value::Binary(bytes) => {
            // Writing to a String cannot fail.
            write!(out.text, "<{} bytes>", bytes.len()).ok();
            // Compared, never shown.
            out.secrets.push(format!("{bytes:?}"));
        }
        Value::Sequence(items) => {
            out.text.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.text.push_str(", ");
                }
                write(item, masker, out);
            }
            out.text.push(']');
        }
        Value::Mapping(entries) => {
            out.text.push('{');
            for (at, (key, value)) in entries.iter().enumerate() {
                if at > 0 {
                    out.text.push_str(", ");
                }
                write(key, masker, out);
                out.text.push_str(": ");
                write(value, masker, out);
            }
            out.text.push('}');
        }
        number => {
            let text = crate::yaml::write(number);
            let masked = masker.masked(text.trim_end());
            out.secrets.extend(masked.secrets);
            out.text.push_str(&masked.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_differ_have_paths() {
        let old = Value::map([
            ("port", Value::from(80_i64)),
            ("gone", Value::from("x")),
            ("list", Value::list(["a", "b"])),
            ("tls", Value::map([("key", "oldkey")])),
        ]);
        let new = Value::map([
            ("port", Value::from(81_i64)),
            ("list", Value::list(["a", "c"])),
            ("tls", Value::map([("key", "newkey")])),
            ("more", Value::map([("a", true)])),
        ]);
        let masker = Masker::new(["oldkey", "newkey"]);
        let told: Vec<String> = changes("p", Some(&old), Some(&new), &masker)
            .iter()
            .map(|change| {
                let text = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
                let mark = if change.secret_changed { "!" } else { "" };
                format!(
                    "{} {} {}{mark}",
                    change.path,
                    text(&change.old),
                    text(&change.new)
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "p.port 80 81",
                "p.gone \"x\" -",
                "p.list[1] \"b\" \"c\"",
                "p.tls.key <redacted> <redacted>!",
                "p.more - {\"a\": true}",
            ]
        );
    }
}
