//! The options of a variable's definition.

use crate::yaml::{self, Value};

/// Options by name; each was declared.
pub(super) struct Parameters<'a>(&'a [(Value, Value)]);

impl<'a> Parameters<'a> {
    /// The options of a definition, which are all among `declared`. `what` is made of them.
    ///
    /// # Errors
    /// Options that are no map, and unknown ones, in the official CLI's words.
    pub(super) fn new(options: &'a Value, declared: &[&str], what: &str) -> Result<Self, String> {
        let invalid = |problem: &str| {
            format!("Failed to generate {what}, parameters are invalid:\n  {problem}")
        };
        let entries = match options {
            Value::Null => &[],
            Value::Mapping(entries) => entries.as_slice(),
            _ => {
                return Err(invalid(
                    "Expected input to be deserializable:\n    the options are no map",
                ));
            }
        };
        for (key, _) in entries {
            let name = text(key).unwrap_or_default();
            if !declared.contains(&name.as_str()) {
                return Err(invalid(&unsupported(&name, declared)));
            }
        }
        Ok(Self(entries))
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        let found = self.0.iter().find(|(name, _)| name.as_str() == Some(key));
        found
            .map(|(_, value)| value)
            .filter(|value| **value != Value::Null)
    }

    /// A text; empty when it is not given.
    pub(super) fn text(&self, key: &str) -> Result<String, String> {
        let Some(value) = self.get(key) else {
            return Ok(String::new());
        };
        text(value).ok_or_else(|| wrong(key, "text"))
    }

    /// An integer; 0 when it is not given.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the official CLI drops the fraction too"
    )]
    pub(super) fn integer(&self, key: &str) -> Result<i64, String> {
        match self.get(key) {
            None => Ok(0),
            Some(Value::Integer(number)) => Ok(*number),
            Some(Value::Float(number)) if number.abs() < 1e15 => Ok(*number as i64),
            Some(_) => Err(wrong(key, "an integer")),
        }
    }

    /// True or false; false when it is not given.
    pub(super) fn flag(&self, key: &str) -> Result<bool, String> {
        match self.get(key) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(wrong(key, "true or false")),
        }
    }

    /// A list of texts; empty when it is not given.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, String> {
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Sequence(items)) => {
                let items = items.iter().map(text);
                items
                    .collect::<Option<_>>()
                    .ok_or_else(|| wrong(key, "a list of texts"))
            }
            Some(_) => Err(wrong(key, "a list of texts")),
        }
    }
}

fn unsupported(name: &str, declared: &[&str]) -> String {
    let near = crate::nearest::nearest(name, declared.iter().copied());
    let near = near.map_or(String::new(), |near| format!(" (did you mean '{near}'?)"));
    format!("Unsupported parameter '{name}'{near}")
}

fn wrong(key: &str, wanted: &str) -> String {
    format!("Expected input to be deserializable:\n  `{key}` is not {wanted}")
}

/// A scalar as Go decodes it into a string.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Sequence(_) | Value::Mapping(_) | Value::Symbol(_) | Value::Binary(_) => None,
        Value::Null => Some(String::new()),
        scalar => Some(yaml::write(scalar).trim_end().to_owned()),
    }
}
