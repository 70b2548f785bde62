//! The keywords of a schema: one row and one function of a few lines each.
//!
//! Rows stand in the order in which Ruby looks at them: core, what applies other schemas, what nobody else looked at, what
//! validates, formats. Keywords without a row demand nothing.

mod array;
mod logic;
mod object;
mod scalar;

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::compare::order;
use super::{Check, Checked, Location, Outcome, unsupported};
use crate::deployment::inspect::inspect;
use crate::yaml::Value;

/// What a keyword looks at.
#[derive(Clone, Copy)]
pub(super) struct Look<'a, 's> {
    pub(super) check: &'a Check<'s>,
    /// What stands behind the keyword.
    pub(super) given: &'s Value,
    pub(super) value: &'a Value,
    /// Where the value is.
    pub(super) at: &'a Location,
}

/// A keyword, told what keywords before it found. `None`: it says nothing.
pub(super) type Keyword = for<'s> fn(&Look<'_, 's>, &mut Adjacent<'s>) -> Checked<Option<Outcome>>;

/// What keywords of the same schema found.
pub(super) struct Adjacent<'s> {
    schema: &'s Value,
    /// Keys that `properties` and `patternProperties` looked at.
    named: BTreeSet<String>,
    /// How many items `prefixItems` looked at.
    prefix: usize,
    /// Whether the value fits `if`.
    condition: Option<bool>,
    /// How many items fit `contains`.
    contained: Option<usize>,
    /// What all of them looked at.
    pub(super) looked: Outcome,
}

impl<'s> Adjacent<'s> {
    pub(super) fn of(schema: &'s Value) -> Self {
        Self {
            schema,
            named: BTreeSet::new(),
            prefix: 0,
            condition: None,
            contained: None,
            looked: Outcome::default(),
        }
    }
}

/// All keywords, in order.
pub(super) const KEYWORDS: &[(&str, Keyword)] = &[
    ("$ref", logic::follow),
    ("$dynamicRef", logic::follow),
    ("allOf", logic::all_of),
    ("anyOf", logic::any_of),
    ("oneOf", logic::one_of),
    ("not", logic::not),
    ("if", logic::condition),
    ("then", logic::then),
    ("else", logic::otherwise),
    ("dependentSchemas", object::dependent_schemas),
    ("prefixItems", array::prefix_items),
    ("items", array::items),
    ("contains", array::contains),
    ("properties", object::properties),
    ("patternProperties", object::pattern_properties),
    ("additionalProperties", object::additional_properties),
    ("propertyNames", object::property_names),
    ("dependencies", object::dependencies),
    ("unevaluatedItems", array::unevaluated_items),
    ("unevaluatedProperties", object::unevaluated_properties),
    ("type", scalar::kind),
    ("enum", scalar::one_of_these),
    ("const", scalar::constant),
    ("multipleOf", scalar::multiple_of),
    ("maximum", scalar::maximum),
    ("exclusiveMaximum", scalar::exclusive_maximum),
    ("minimum", scalar::minimum),
    ("exclusiveMinimum", scalar::exclusive_minimum),
    ("maxLength", scalar::max_length),
    ("minLength", scalar::min_length),
    ("pattern", scalar::pattern),
    ("maxItems", array::max_items),
    ("minItems", array::min_items),
    ("uniqueItems", array::unique_items),
    ("maxContains", array::max_contains),
    ("minContains", array::min_contains),
    ("maxProperties", object::max_properties),
    ("minProperties", object::min_properties),
    ("required", object::required),
    ("dependentRequired", object::dependent_required),
    ("format", scalar::format),
];

type Found = Checked<Option<Outcome>>;

type Entries = [(Value, Value)];

#[expect(clippy::unnecessary_wraps, reason = "all keywords give the same")]
fn valid() -> Found {
    Ok(Some(Outcome::valid()))
}

fn list(given: &Value) -> Checked<&[Value]> {
    match given {
        Value::Sequence(items) => Ok(items),
        _ => unsupported("a keyword that has no list where one is needed"),
    }
}

fn entries(given: &Value) -> Checked<&Entries> {
    match given {
        Value::Mapping(entries) => Ok(entries),
        _ => unsupported("a keyword that has no object where one is needed"),
    }
}

fn object(value: &Value) -> Option<&Entries> {
    match value {
        Value::Mapping(entries) => Some(entries),
        _ => None,
    }
}

fn array(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Sequence(items) => Some(items),
        _ => None,
    }
}

fn text_of(given: &Value) -> Checked<&str> {
    match given.as_str() {
        Some(text) => Ok(text),
        None => unsupported("a keyword that has no string where one is needed"),
    }
}

/// Texts of keys; others are refused, since Ruby fails on them in its own ways.
fn named(entries: &Entries) -> Checked<Vec<(&str, &Value)>> {
    let mut found = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let Some(key) = key.as_str() else {
            return unsupported("a property whose key is no string");
        };
        found.push((key, value));
    }
    Ok(found)
}

fn all_valid(nested: &[Outcome]) -> bool {
    nested.iter().all(|inner| inner.valid)
}

/// The whole, with what the valid inner ones looked at in the same value.
fn joined(valid: bool, nested: Vec<Outcome>, error: impl FnOnce() -> String) -> Outcome {
    let mut looked = Outcome::default();
    for inner in nested.iter().filter(|inner| inner.valid) {
        looked = looked.looked(inner);
    }
    Outcome::over(valid, nested, error).looked(&looked)
}

impl Look<'_, '_> {
    /// The whole value, held against each schema of a list.
    fn each(&self) -> Checked<Vec<Outcome>> {
        let schemas = list(self.given)?.iter();
        schemas
            .map(|schema| {
                self.check
                    .schema(schema, self.value, &self.at.deeper(), None)
            })
            .collect()
    }

    /// The whole value, held against the schema that is given.
    fn whole(&self) -> Checked<Outcome> {
        let at = self.at.deeper();
        self.check.schema(self.given, self.value, &at, None)
    }
}

/// A number, held against a bound: `wrong` are the orders that do not fit.
#[expect(clippy::unnecessary_wraps, reason = "all keywords give the same")]
fn bound(
    given: &Value,
    value: &Value,
    wrong: &[Ordering],
    error: impl FnOnce() -> String,
) -> Found {
    let found = order(value, given);
    let fits = found.is_none_or(|found| !wrong.contains(&found));
    Ok(Some(Outcome::of(fits, error)))
}

fn count(number: usize) -> Value {
    Value::from(number as u64)
}

/// A size, held against a bound.
fn sized(size: Option<usize>, given: &Value, wrong: Ordering, at: &Location, what: &str) -> Found {
    let Some(size) = size else {
        return valid();
    };
    let than = if wrong == Ordering::Greater {
        "greater"
    } else {
        "less"
    };
    bound(given, &count(size), &[wrong], || {
        let what = what.replace("{}", &at.to_string());
        format!("{what} is {than} than: {}", inspect(given))
    })
}
