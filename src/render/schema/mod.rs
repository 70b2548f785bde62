//! `properties_schema.json` of a job: whether its properties fit, in the Director's words.
//!
//! Pure. JSON Schema 2020-12 as Ruby's json_schemer 2 checks it, with the Director's type `certificate`. Keywords are looked
//! at in the order of their vocabularies (the table in `keyword`); of what does not fit the innermost is told, so a
//! property that is wrong is named, not the object that it is in.
//!
//! A schema may be recursive and hostile: what it looks at is counted ([`MOST_WORK`]), as is how deep it goes. What is not
//! done as Ruby does it (formats of URIs and times, schemas elsewhere, messages of one's own) is refused by name.

mod certificate;
mod compare;
mod format;
mod keyword;
mod reference;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use super::input::read_data;
use crate::ruby::regex::{Effort, Options, Regex};
use crate::source::Source;
use crate::yaml::Value;
use keyword::{Adjacent, KEYWORDS, Look};

/// Most schemas that are held against values in one check.
pub const MOST_WORK: usize = 1_000_000;
/// Most steps of all patterns together.
const MOST_EFFORT: u64 = 50_000_000;
/// How deep schemas may be in each other, references followed.
const DEEPEST: usize = 200;

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a job.
#[derive(Debug, Clone)]
pub struct Schema {
    root: Value,
}

/// Why properties were not checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaError {
    /// What a Director says of such a schema.
    Director(String),
    /// What a Director can do, and this tool cannot.
    Unsupported(String),
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Director(text) => f.write_str(text),
            Self::Unsupported(what) => write!(f, "properties_schema.json: {what} is not supported"),
        }
    }
}

impl std::error::Error for SchemaError {}

type Checked<T> = Result<T, SchemaError>;

fn unsupported<T>(what: impl Into<String>) -> Checked<T> {
    Err(SchemaError::Unsupported(what.into()))
}

impl Schema {
    /// Reads the text of a schema.
    ///
    /// # Errors
    /// What a Director refuses: no JSON, no or another `$schema`.
    pub fn parse(source: &Arc<Source>) -> Checked<Self> {
        let root = read_data(source).map_err(|fault| SchemaError::Director(fault.message))?;
        let refused = |text: &str| Err(SchemaError::Director(text.to_owned()));
        match root.get("$schema").and_then(Value::as_str) {
            None | Some("") => refused("You must declare your $schema draft version"),
            Some(draft) if draft.trim_end_matches('#') == DRAFT => Ok(Self { root }),
            Some(_) => refused(
                "Only https://json-schema.org/draft/2020-12/schema schema is currently supported",
            ),
        }
    }

    /// What of the properties does not fit; empty if all does.
    ///
    /// # Errors
    /// What is not supported, and a schema that takes too much.
    pub fn violations(&self, properties: &Value) -> Checked<Vec<String>> {
        let check = Check {
            root: &self.root,
            work: Cell::new(MOST_WORK),
            effort: Cell::new(Effort::new(MOST_EFFORT)),
            patterns: RefCell::default(),
        };
        let place = Location::default();
        let outcome = check.schema(&self.root, properties, &place, None)?;
        Ok(outcome.errors)
    }
}

/// One check of properties.
struct Check<'s> {
    root: &'s Value,
    work: Cell<usize>,
    effort: Cell<Effort>,
    patterns: RefCell<HashMap<String, Regex>>,
}

/// What a schema, or one keyword of it, says of a value.
#[derive(Debug, Clone, Default)]
struct Outcome {
    valid: bool,
    /// The innermost that do not fit; empty if valid.
    errors: Vec<String>,
    /// Keys of the value that were looked at, for `unevaluatedProperties`.
    keys: BTreeSet<String>,
    /// Items of the value that were looked at, for `unevaluatedItems`.
    items: Items,
}

/// Items of a list that were looked at.
#[derive(Debug, Clone, Default)]
struct Items {
    all: bool,
    some: BTreeSet<usize>,
}

impl Outcome {
    fn valid() -> Self {
        Self {
            valid: true,
            ..Self::default()
        }
    }

    fn of(valid: bool, error: impl FnOnce() -> String) -> Self {
        Self {
            valid,
            errors: if valid { Vec::new() } else { vec![error()] },
            ..Self::default()
        }
    }

    /// Errors of the inner ones, or its own where they have none.
    fn over(valid: bool, nested: Vec<Outcome>, error: impl FnOnce() -> String) -> Self {
        if valid {
            return Self::valid();
        }
        let failed = nested.into_iter().filter(|inner| !inner.valid);
        let errors: Vec<String> = failed.flat_map(|inner| inner.errors).collect();
        if errors.is_empty() {
            return Self::of(false, error);
        }
        Self {
            errors,
            ..Self::default()
        }
    }

    /// Takes over what an inner schema looked at in the same value.
    fn looked(mut self, inner: &Outcome) -> Self {
        self.keys.extend(inner.keys.iter().cloned());
        self.items.all |= inner.items.all;
        self.items.some.extend(&inner.items.some);
        self
    }
}

/// Where a value is, as a JSON pointer.
#[derive(Debug, Clone, Default)]
struct Location {
    pointer: String,
    depth: usize,
}

impl Location {
    fn at(&self, token: &str) -> Self {
        let token = token.replace('~', "~0").replace('/', "~1");
        Self {
            pointer: format!("{}/{token}", self.pointer),
            depth: self.depth + 1,
        }
    }

    /// The same value, seen by a schema further in.
    fn deeper(&self) -> Self {
        Self {
            depth: self.depth + 1,
            ..self.clone()
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            return f.write_str("root");
        }
        write!(f, "`{}`", self.pointer)
    }
}

impl<'s> Check<'s> {
    /// Holds a schema against a value. `forbidden` is said where the schema is `false`.
    fn schema(
        &self,
        schema: &'s Value,
        value: &Value,
        at: &Location,
        forbidden: Option<&str>,
    ) -> Checked<Outcome> {
        let Some(left) = self.work.get().checked_sub(1) else {
            return unsupported("a schema that looks at so much");
        };
        self.work.set(left);
        if at.depth > DEEPEST {
            return unsupported("a schema that refers to itself so often");
        }
        let entries = match schema {
            Value::Bool(true) => return Ok(Outcome::valid()),
            Value::Bool(false) => {
                let text = || match forbidden {
                    Some(text) => text.to_owned(),
                    None => format!("value at {at} does not match schema"),
                };
                return Ok(Outcome::of(false, text));
            }
            Value::Mapping(entries) => entries,
            _ => return unsupported("a schema that is neither an object nor true or false"),
        };
        self.keywords(entries, schema, value, at)
    }

    fn keywords(
        &self,
        entries: &'s [(Value, Value)],
        schema: &'s Value,
        value: &Value,
        at: &Location,
    ) -> Checked<Outcome> {
        if entries
            .iter()
            .any(|(key, _)| key.as_str() == Some("x-error"))
        {
            return unsupported("`x-error`");
        }
        let mut adjacent = Adjacent::of(schema);
        let mut whole = Outcome::valid();
        for (name, keyword) in KEYWORDS {
            let Some(given) = schema.get(name) else {
                continue;
            };
            let look = Look {
                check: self,
                given,
                value,
                at,
            };
            let Some(outcome) = keyword(&look, &mut adjacent)? else {
                continue;
            };
            whole.valid &= outcome.valid;
            if outcome.valid {
                whole = whole.looked(&outcome);
                adjacent.looked = adjacent.looked.looked(&outcome);
            }
            whole.errors.extend(outcome.errors);
        }
        Ok(whole)
    }

    fn matches(&self, pattern: &str, text: &str) -> Checked<bool> {
        let known = self.patterns.borrow().get(pattern).cloned();
        let regex = if let Some(regex) = known {
            regex
        } else {
            let regex = Regex::new(pattern, Options::default())
                .map_err(|error| SchemaError::Director(error.to_string()))?;
            let mut patterns = self.patterns.borrow_mut();
            patterns.insert(pattern.to_owned(), regex.clone());
            regex
        };
        let mut effort = self.effort.get();
        let found = regex.search(text, 0, &mut effort);
        self.effort.set(effort);
        match found {
            Ok(found) => Ok(found.is_some()),
            Err(exhausted) => unsupported(format!("{exhausted}: a pattern")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations(schema: &str, properties: &str) -> Checked<Vec<String>> {
        let schema = format!("{{\"$schema\": \"{DRAFT}\", {schema}}}");
        let schema = Schema::parse(&Source::new("s.json", schema))?;
        let properties = read_data(&Source::new("p.json", properties)).unwrap();
        schema.violations(&properties)
    }

    /// Schema, properties, what does not fit.
    const CASES: &[(&str, &str, &[&str])] = &[
        (r#""type": "object""#, "{}", &[]),
        (
            r#""type": "array""#,
            "{}",
            &["value at root is not an array"],
        ),
        (
            r#""properties": {"a": {"type": "integer"}, "b": {"type": ["string", "null"]}}"#,
            r#"{"a": "1", "b": 2}"#,
            &[
                "value at `/a` is not an integer",
                r#"value at `/b` is not one of the types: ["string", "null"]"#,
            ],
        ),
        (
            r#""properties": {"a": {"type": "integer"}}"#,
            r#"{"a": 2.0}"#,
            &[],
        ),
        (
            r#""required": ["a", "b"]"#,
            r#"{"c": 1}"#,
            &["object at root is missing required properties: a, b"],
        ),
        (
            r#""properties": {"a": true}, "additionalProperties": false"#,
            r#"{"a": 1, "b/c": 2}"#,
            &[
                "object property at `/b~1c` is not defined and schema does not allow additional properties",
            ],
        ),
        (
            r#""additionalProperties": {"enum": [1, "x"]}"#,
            r#"{"a": 1.0, "b": "y"}"#,
            &[r#"value at `/b` is not one of: [1, "x"]"#],
        ),
        (
            r##""$defs": {"port": {"maximum": 9}}, "properties": {"a": {"$ref": "#/$defs/port"}}"##,
            r#"{"a": 10}"#,
            &["number at `/a` is greater than: 9"],
        ),
        (
            r#""oneOf": [{"required": ["a"]}, {"required": ["b"]}]"#,
            r#"{"a": 1, "b": 1}"#,
            &["value at root does not match exactly one `oneOf` schema"],
        ),
        (
            r#""if": {"required": ["a"]}, "then": {"required": ["b"]}"#,
            r#"{"a": 1}"#,
            &["object at root is missing required properties: b"],
        ),
        (
            r#""properties": {"a": {"contains": {"const": 1}}}"#,
            r#"{"a": [2]}"#,
            &["array at `/a` does not contain enough items that match `contains` schema"],
        ),
        (
            r#""properties": {"a": {"format": "ipv4"}}"#,
            r#"{"a": "192.168.0.900"}"#,
            &["value at `/a` does not match format: ipv4"],
        ),
        (
            r#""allOf": [{"properties": {"a": true}}], "unevaluatedProperties": false"#,
            r#"{"a": 1, "b": 1}"#,
            &["value at `/b` does not match schema"],
        ),
    ];

    #[test]
    fn the_innermost_is_told() {
        for (schema, properties, expected) in CASES {
            let found = violations(schema, properties).unwrap();
            assert_eq!(found, *expected, "{schema} {properties}");
        }
    }

    #[test]
    fn a_schema_that_never_ends_is_refused() {
        let found = violations(r##""allOf": [{"$ref": "#"}]"##, "{}");
        assert!(matches!(found, Err(SchemaError::Unsupported(_))));
        let wide = r##""anyOf": [{"$ref": "#"}, {"$ref": "#"}]"##;
        assert!(matches!(
            violations(wide, "{}"),
            Err(SchemaError::Unsupported(_))
        ));
    }

    #[test]
    fn drafts_are_asked_for() {
        let without = Schema::parse(&Source::new("s.json", "{}"));
        let text = "You must declare your $schema draft version".to_owned();
        assert_eq!(without.unwrap_err(), SchemaError::Director(text));
    }
}
