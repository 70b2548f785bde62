//! What a Director reads of a document that the official CLI sends: the CLI writes YAML as Go does, the Director reads it as
//! Ruby does, and a few scalars become something else on the way.
//!
//! Floats without fraction become integers, `:text` loses its colon and is a Symbol, `1,000` is a number, `yEs` is true. Each scalar is written and read on its own, which gives the same: the
//! CLI writes no tag, anchor or reference that reaches further.

use super::document::{Content, Entry, Key, Map, Node, Origin};
use super::read::Sources;
use crate::diagnostic::Diagnostic;
use crate::yaml::psych::{self, Scalar};
use crate::yaml::{self, Value};

/// The longest word that Ruby reads as something else than a text, though it begins with a letter.
const LONGEST_WORD: usize = 5;

/// The document as a Director has it.
///
/// # Errors
/// A text that Ruby reads as a date or a time, which a Director refuses.
pub fn sent(node: &Node, sources: &Sources) -> Result<Node, Diagnostic> {
    let content = match &node.content {
        Content::Scalar(value) => Content::Scalar(scalar(value).map_err(|message| {
            let place = sources.place(node);
            place.fault(message)
        })?),
        Content::List(items) => {
            let items: Result<_, _> = items.iter().map(|item| sent(item, sources)).collect();
            Content::List(items?)
        }
        Content::Map(map) => {
            let mut out = Map::new();
            for (key, entry) in map {
                let value = sent(&entry.value, sources)?;
                let key_node = Node::scalar(key.value(), entry.key.clone());
                let key = self::key(key, &key_node, sources)?;
                let entry_key: Origin = entry.key.clone();
                out.insert(
                    key,
                    Entry {
                        key: entry_key,
                        value,
                    },
                );
            }
            Content::Map(out)
        }
    };
    Ok(Node {
        content,
        origin: node.origin.clone(),
    })
}

fn key(key: &Key, node: &Node, sources: &Sources) -> Result<Key, Diagnostic> {
    let read = scalar(&key.value()).map_err(|message| sources.place(node).fault(message))?;
    Ok(Key::new(read).unwrap_or_else(|| key.clone()))
}

/// A scalar, written by Go and read by Ruby.
fn scalar(value: &Value) -> Result<Value, String> {
    if is_plain(value) {
        return Ok(value.clone());
    }
    let text = yaml::write(value);
    let Ok(Some(document)) = psych::parse_first(&text) else {
        return Ok(value.clone());
    };
    let psych::Kind::Scalar(read) = &document.node(document.root()).kind else {
        return Ok(value.clone());
    };
    Ok(match read {
        Scalar::Null => Value::Null,
        Scalar::Bool(value) => Value::Bool(*value),
        Scalar::Integer(number) => Value::Integer(*number),
        Scalar::BigInteger(digits) => match digits.parse() {
            Ok(number) => Value::Unsigned(number),
            Err(_) => Value::BigInteger(digits.clone()),
        },
        Scalar::Float(number) => Value::Float(*number),
        Scalar::Symbol(text) => Value::Symbol(text.clone()),
        Scalar::String(text) => Value::String(text.clone()),
        Scalar::Binary(bytes) => match String::from_utf8(bytes.clone()) {
            Ok(text) => Value::String(text),
            Err(error) => Value::Binary(error.into_bytes()),
        },
        Scalar::Date(_) => return Err("Tried to load unspecified class: Date".to_owned()),
        Scalar::Time(_) => return Err("Tried to load unspecified class: Time".to_owned()),
        Scalar::Object(_) | Scalar::Refused(_) => value.clone(),
    })
}

/// Whether it is certainly the same to both.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Integer(_) => true,
        Value::String(text) => {
            text.len() > LONGEST_WORD && text.starts_with(|c: char| c.is_ascii_alphabetic())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_are_what_ruby_reads() {
        for (written, read) in [
            (Value::Float(1000.0), Value::Integer(1000)),
            (Value::Float(1.5), Value::Float(1.5)),
            (Value::Float(1e6), Value::from("1e+06")),
            (Value::from(":sym"), Value::Symbol("sym".to_owned())),
            (Value::from("1,000"), Value::Integer(1000)),
            (Value::from("yEs"), Value::Bool(true)),
            (Value::from("yes"), Value::from("yes")),
            (Value::from("y"), Value::from("y")),
            (Value::from("12:30"), Value::from("12:30")),
            (Value::from(""), Value::from("")),
            (Value::from("2001-01-01"), Value::from("2001-01-01")),
            (Value::from("longer: text\n"), Value::from("longer: text\n")),
        ] {
            assert_eq!(scalar(&written), Ok(read), "{written:?}");
        }
    }
}
