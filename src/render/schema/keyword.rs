//! The keywords of a schema: one row and one function of a few lines each.
//!
//! Rows stand in the order in which Ruby looks at them: core, what applies other schemas, what nobody else looked at, what
//! validates, formats. Keywords without a row demand nothing.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::certificate::is_certificate;
use super::compare::{equal, identity, is_multiple, is_number, is_whole, order};
use super::{Check, Checked, Items, Location, Outcome, reference, unsupported};
use crate::deployment::inspect::inspect;
use crate::yaml::Value;

/// A keyword: what is given to it, the value, where that is, what keywords before it found. `None`: it says nothing.
pub(super) type Keyword = for<'s> fn(
    &Check<'s>,
    &'s Value,
    &Value,
    &Location,
    &mut Adjacent<'s>,
) -> Checked<Option<Outcome>>;

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
    ("$ref", follow),
    ("$dynamicRef", follow),
    ("allOf", all_of),
    ("anyOf", any_of),
    ("oneOf", one_of),
    ("not", not),
    ("if", condition),
    ("then", then),
    ("else", otherwise),
    ("dependentSchemas", dependent_schemas),
    ("prefixItems", prefix_items),
    ("items", items),
    ("contains", contains),
    ("properties", properties),
    ("patternProperties", pattern_properties),
    ("additionalProperties", additional_properties),
    ("propertyNames", property_names),
    ("dependencies", dependencies),
    ("unevaluatedItems", unevaluated_items),
    ("unevaluatedProperties", unevaluated_properties),
    ("type", kind),
    ("enum", one_of_these),
    ("const", constant),
    ("multipleOf", multiple_of),
    ("maximum", maximum),
    ("exclusiveMaximum", exclusive_maximum),
    ("minimum", minimum),
    ("exclusiveMinimum", exclusive_minimum),
    ("maxLength", max_length),
    ("minLength", min_length),
    ("pattern", pattern),
    ("maxItems", max_items),
    ("minItems", min_items),
    ("uniqueItems", unique_items),
    ("maxContains", max_contains),
    ("minContains", min_contains),
    ("maxProperties", max_properties),
    ("minProperties", min_properties),
    ("required", required),
    ("dependentRequired", dependent_required),
    ("format", format),
];

type Found = Checked<Option<Outcome>>;
type Entries = [(Value, Value)];

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

impl<'s> Check<'s> {
    fn each(&self, schemas: &'s Value, value: &Value, at: &Location) -> Checked<Vec<Outcome>> {
        let schemas = list(schemas)?.iter();
        schemas
            .map(|schema| self.schema(schema, value, &at.deeper(), None))
            .collect()
    }
}

fn follow<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    let schema = reference::resolve(check.root, text_of(given)?)?;
    check.schema(schema, value, &at.deeper(), None).map(Some)
}

fn all_of<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    let nested = check.each(given, value, at)?;
    let error = || format!("value at {at} does not match all `allOf` schemas");
    Ok(Some(joined(all_valid(&nested), nested, error)))
}

fn any_of<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    let nested = check.each(given, value, at)?;
    let valid = nested.iter().any(|inner| inner.valid);
    let error = || format!("value at {at} does not match any `anyOf` schemas");
    Ok(Some(joined(valid, nested, error)))
}

fn one_of<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    let nested = check.each(given, value, at)?;
    let count = nested.iter().filter(|inner| inner.valid).count();
    let error = || format!("value at {at} does not match exactly one `oneOf` schema");
    if count > 1 {
        return Ok(Some(Outcome::of(false, error)));
    }
    Ok(Some(joined(count == 1, nested, error)))
}

fn not<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    let inner = check.schema(given, value, &at.deeper(), None)?;
    let error = || format!("value at {at} matches `not` schema");
    Ok(Some(Outcome::of(!inner.valid, error).looked(&inner)))
}

fn condition<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    adjacent: &mut Adjacent<'s>,
) -> Found {
    let inner = check.schema(given, value, &at.deeper(), None)?;
    adjacent.condition = Some(inner.valid);
    Ok(Some(Outcome::valid().looked(&inner)))
}

fn then<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    adjacent: &mut Adjacent<'s>,
) -> Found {
    branch(check, given, value, at, adjacent.condition == Some(true), "then")
}

fn otherwise<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    adjacent: &mut Adjacent<'s>,
) -> Found {
    branch(check, given, value, at, adjacent.condition == Some(false), "else")
}

fn branch<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    taken: bool,
    name: &str,
) -> Found {
    if !taken {
        return Ok(None);
    }
    let inner = check.schema(given, value, &at.deeper(), None)?;
    let error = || format!("value at {at} does not match conditional `{name}` schema");
    Ok(Some(joined(inner.valid, vec![inner], error)))
}

fn dependent_schemas<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    if object(value).is_none() {
        return valid();
    }
    let mut nested = Vec::new();
    for (key, schema) in named(entries(given)?)? {
        if value.get(key).is_some() {
            nested.push(check.schema(schema, value, &at.deeper(), None)?);
        }
    }
    let error = || format!("value at {at} does not match applicable `dependentSchemas` schemas");
    Ok(Some(joined(all_valid(&nested), nested, error)))
}

fn prefix_items<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    adjacent: &mut Adjacent<'s>,
) -> Found {
    let Some(found) = array(value) else {
        return valid();
    };
    let mut nested = Vec::new();
    for (index, (item, schema)) in found.iter().zip(list(given)?).enumerate() {
        nested.push(check.schema(schema, item, &at.at(&index.to_string()), None)?);
    }
    adjacent.prefix = nested.len();
    let looked = Outcome {
        items: Items {
            all: false,
            some: (0..nested.len()).collect(),
        },
        ..Outcome::default()
    };
    let error =
        || format!("array items at {at} do not match corresponding `prefixItems` schemas");
    Ok(Some(Outcome::over(all_valid(&nested), nested, error).looked(&looked)))
}

/// All items after those of `prefixItems`.
fn items<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    adjacent: &mut Adjacent<'s>,
) -> Found {
    let Some(found) = array(value) else {
        return valid();
    };
    let mut nested = Vec::new();
    for (index, item) in found.iter().enumerate().skip(adjacent.prefix) {
        nested.push(check.schema(given, item, &at.at(&index.to_string()), None)?);
    }
    let looked = every_item(!nested.is_empty());
    let error = || format!("array items at {at} do not match `items` schema");
    Ok(Some(Outcome::over(all_valid(&nested), nested, error).looked(&looked)))
}

fn every_item(all: bool) -> Outcome {
    let items = Items {
        all,
        ..Items::default()
    };
    Outcome {
        items,
        ..Outcome::default()
    }
}

fn contains<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    adjacent: &mut Adjacent<'s>,
) -> Found {
    let Some(found) = array(value) else {
        return valid();
    };
    let mut fitting = BTreeSet::new();
    for (index, item) in found.iter().enumerate() {
        if check.schema(given, item, &at.at(&index.to_string()), None)?.valid {
            fitting.insert(index);
        }
    }
    adjacent.contained = Some(fitting.len());
    let least = adjacent.schema.get("minContains").cloned();
    let least = least.unwrap_or(Value::Integer(1));
    let enough = order(&count(fitting.len()), &least) != Some(Ordering::Less);
    let looked = Outcome {
        items: Items {
            all: false,
            some: fitting,
        },
        ..Outcome::default()
    };
    let error = || {
        format!("array at {at} does not contain enough items that match `contains` schema")
    };
    Ok(Some(Outcome::of(enough, error).looked(&looked)))
}

fn properties<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    adjacent: &mut Adjacent<'s>,
) -> Found {
    if object(value).is_none() {
        return valid();
    }
    let (mut nested, mut looked) = (Vec::new(), Outcome::default());
    for (key, schema) in named(entries(given)?)? {
        if let Some(inner) = value.get(key) {
            looked.keys.insert(key.to_owned());
            nested.push(check.schema(schema, inner, &at.at(key), None)?);
        }
    }
    adjacent.named.extend(looked.keys.iter().cloned());
    let error =
        || format!("object properties at {at} do not match corresponding `properties` schemas");
    Ok(Some(Outcome::over(all_valid(&nested), nested, error).looked(&looked)))
}

fn pattern_properties<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    adjacent: &mut Adjacent<'s>,
) -> Found {
    let Some(found) = object(value) else {
        return valid();
    };
    let found = named(found)?;
    let (mut nested, mut looked) = (Vec::new(), Outcome::default());
    for (pattern, schema) in named(entries(given)?)? {
        for (key, inner) in &found {
            if check.matches(pattern, key)? {
                looked.keys.insert((*key).to_owned());
                nested.push(check.schema(schema, inner, &at.at(key), None)?);
            }
        }
    }
    adjacent.named.extend(looked.keys.iter().cloned());
    let error = || {
        format!("object properties at {at} do not match corresponding `patternProperties` schemas")
    };
    Ok(Some(Outcome::over(all_valid(&nested), nested, error).looked(&looked)))
}

fn additional_properties<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    adjacent: &mut Adjacent<'s>,
) -> Found {
    let Some(found) = object(value) else {
        return valid();
    };
    let (mut nested, mut looked) = (Vec::new(), Outcome::default());
    for (key, inner) in named(found)? {
        if adjacent.named.contains(key) {
            continue;
        }
        let place = at.at(key);
        let forbidden = format!(
            "object property at {place} is not defined and schema does not allow additional properties"
        );
        looked.keys.insert(key.to_owned());
        nested.push(check.schema(given, inner, &place, Some(&forbidden))?);
    }
    let error =
        || format!("object properties at {at} do not match `additionalProperties` schema");
    Ok(Some(Outcome::over(all_valid(&nested), nested, error).looked(&looked)))
}

fn property_names<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    let Some(found) = object(value) else {
        return valid();
    };
    let mut nested = Vec::new();
    for (key, _) in found {
        nested.push(check.schema(given, key, &at.deeper(), None)?);
    }
    let error = || format!("object property names at {at} do not match `propertyNames` schema");
    Ok(Some(Outcome::over(all_valid(&nested), nested, error)))
}

fn dependencies<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    if object(value).is_none() {
        return valid();
    }
    let error = || {
        format!(
            "object at {at} either does not match applicable `dependencies` schemas or is missing required `dependencies` properties"
        )
    };
    let mut nested = Vec::new();
    for (key, demand) in named(entries(given)?)? {
        if value.get(key).is_none() {
            continue;
        }
        nested.push(match array(demand) {
            Some(needed) => Outcome::of(missing(needed, value).is_empty(), error),
            None => check.schema(demand, value, &at.deeper(), None)?,
        });
    }
    Ok(Some(joined(all_valid(&nested), nested, error)))
}

fn unevaluated_items<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    adjacent: &mut Adjacent<'s>,
) -> Found {
    let Some(found) = array(value) else {
        return valid();
    };
    let seen = &adjacent.looked.items;
    let mut nested = Vec::new();
    for (index, item) in found.iter().enumerate() {
        if !seen.all && !seen.some.contains(&index) {
            nested.push(check.schema(given, item, &at.at(&index.to_string()), None)?);
        }
    }
    let looked = every_item(!nested.is_empty());
    let error = || format!("array items at {at} do not match `unevaluatedItems` schema");
    Ok(Some(Outcome::over(all_valid(&nested), nested, error).looked(&looked)))
}

fn unevaluated_properties<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    adjacent: &mut Adjacent<'s>,
) -> Found {
    let Some(found) = object(value) else {
        return valid();
    };
    let (mut nested, mut looked) = (Vec::new(), Outcome::default());
    for (key, inner) in named(found)? {
        if !adjacent.looked.keys.contains(key) {
            looked.keys.insert(key.to_owned());
            nested.push(check.schema(given, inner, &at.at(key), None)?);
        }
    }
    let error =
        || format!("object properties at {at} do not match `unevaluatedProperties` schema");
    Ok(Some(Outcome::over(all_valid(&nested), nested, error).looked(&looked)))
}

fn kind<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    if let Value::Sequence(kinds) = given {
        let mut fits = false;
        for kind in kinds {
            fits |= is_a(value, kind.as_str().unwrap_or_default())?;
        }
        let error = || format!("value at {at} is not one of the types: {}", inspect(given));
        return Ok(Some(Outcome::of(fits, error)));
    }
    let Some(kind) = given.as_str() else {
        return Ok(None);
    };
    let error = || match kind {
        "null" => format!("value at {at} is not null"),
        "integer" | "array" | "object" => format!("value at {at} is not an {kind}"),
        "boolean" | "number" | "string" | "certificate" => {
            format!("value at {at} is not a {kind}")
        }
        other => format!("value at {at} is not one of the types: {other}"),
    };
    Ok(Some(Outcome::of(is_a(value, kind)?, error)))
}

/// Types that nobody knows fit everything.
fn is_a(value: &Value, kind: &str) -> Checked<bool> {
    Ok(match kind {
        "null" => *value == Value::Null,
        "boolean" => matches!(value, Value::Bool(_)),
        "number" => is_number(value),
        "integer" => is_whole(value),
        "string" => matches!(value, Value::String(_) | Value::Binary(_)),
        "array" => array(value).is_some(),
        "object" => object(value).is_some(),
        "certificate" => match value.as_str() {
            Some(text) => return is_certificate(text),
            None => false,
        },
        _ => true,
    })
}

fn one_of_these<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    let fits = match given {
        Value::Null | Value::Bool(false) => true,
        given => list(given)?.iter().any(|known| equal(known, value)),
    };
    let error = || format!("value at {at} is not one of: {}", inspect(given));
    Ok(Some(Outcome::of(fits, error)))
}

fn constant<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    let error = || format!("value at {at} is not: {}", shown(given));
    Ok(Some(Outcome::of(equal(given, value), error)))
}

/// `to_s`: a text is itself, nil is nothing.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => inspect(other),
    }
}

fn multiple_of<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    if !is_number(value) {
        return valid();
    }
    let Some(fits) = is_multiple(value, given) else {
        return unsupported("`multipleOf` with so many digits");
    };
    let error = || format!("number at {at} is not a multiple of: {}", inspect(given));
    Ok(Some(Outcome::of(fits, error)))
}

/// A number, held against a bound: `wrong` are the orders that do not fit.
fn bound(given: &Value, value: &Value, wrong: &[Ordering], error: impl FnOnce() -> String) -> Found {
    let found = order(value, given);
    let fits = found.is_none_or(|found| !wrong.contains(&found));
    Ok(Some(Outcome::of(fits, error)))
}

fn maximum<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    bound(given, value, &[Ordering::Greater], || {
        format!("number at {at} is greater than: {}", inspect(given))
    })
}

fn exclusive_maximum<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    bound(given, value, &[Ordering::Greater, Ordering::Equal], || {
        format!("number at {at} is greater than or equal to: {}", inspect(given))
    })
}

fn minimum<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    bound(given, value, &[Ordering::Less], || {
        format!("number at {at} is less than: {}", inspect(given))
    })
}

fn exclusive_minimum<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    bound(given, value, &[Ordering::Less, Ordering::Equal], || {
        format!("number at {at} is less than or equal to: {}", inspect(given))
    })
}

fn count(number: usize) -> Value {
    Value::from(number as u64)
}

/// A size, held against a bound.
fn sized(
    size: Option<usize>,
    given: &Value,
    wrong: Ordering,
    at: &Location,
    what: &str,
) -> Found {
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

fn length(value: &Value) -> Option<usize> {
    value.as_str().map(|text| text.chars().count())
}

fn max_length<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    sized(length(value), given, Ordering::Greater, at, "string length at {}")
}

fn min_length<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    sized(length(value), given, Ordering::Less, at, "string length at {}")
}

fn pattern<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    let Some(text) = value.as_str() else {
        return valid();
    };
    let wanted = text_of(given)?;
    let error = || format!("string at {at} does not match pattern: {wanted}");
    Ok(Some(Outcome::of(check.matches(wanted, text)?, error)))
}

fn size(value: &Value) -> Option<usize> {
    array(value).map(<[Value]>::len)
}

fn max_items<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    sized(size(value), given, Ordering::Greater, at, "array size at {}")
}

fn min_items<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    sized(size(value), given, Ordering::Less, at, "array size at {}")
}

fn unique_items<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    let Some(found) = array(value).filter(|_| *given != Value::Bool(false)) else {
        return valid();
    };
    let different: BTreeSet<String> = found.iter().map(identity).collect();
    let error = || format!("array items at {at} are not unique");
    Ok(Some(Outcome::of(different.len() == found.len(), error)))
}

const CONTAINED: &str = "number of array items at {} matching `contains` schema";

fn max_contains<'s>(
    _: &Check<'s>,
    given: &'s Value,
    _: &Value,
    at: &Location,
    adjacent: &mut Adjacent<'s>,
) -> Found {
    sized(adjacent.contained, given, Ordering::Greater, at, CONTAINED)
}

fn min_contains<'s>(
    _: &Check<'s>,
    given: &'s Value,
    _: &Value,
    at: &Location,
    adjacent: &mut Adjacent<'s>,
) -> Found {
    sized(adjacent.contained, given, Ordering::Less, at, CONTAINED)
}

fn width(value: &Value) -> Option<usize> {
    object(value).map(<Entries>::len)
}

fn max_properties<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    sized(width(value), given, Ordering::Greater, at, "object size at {}")
}

fn min_properties<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    sized(width(value), given, Ordering::Less, at, "object size at {}")
}

/// Those of the keys that an object lacks.
fn missing<'k>(needed: &'k [Value], value: &Value) -> Vec<&'k str> {
    let needed = needed.iter().filter_map(Value::as_str);
    needed.filter(|key| value.get(key).is_none()).collect()
}

fn required<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    if object(value).is_none() {
        return valid();
    }
    let missing = missing(list(given)?, value);
    let error = || {
        let missing = missing.join(", ");
        format!("object at {at} is missing required properties: {missing}")
    };
    Ok(Some(Outcome::of(missing.is_empty(), error)))
}

/// Ruby tells each failing key with the place of the key.
fn dependent_required<'s>(
    _: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    if object(value).is_none() {
        return valid();
    }
    let mut nested = Vec::new();
    for (key, needed) in named(entries(given)?)? {
        if value.get(key).is_none() {
            continue;
        }
        let fits = missing(list(needed)?, value).is_empty();
        let place = at.at(key);
        nested.push(Outcome::of(fits, || lacks_dependents(&place)));
    }
    let valid = all_valid(&nested);
    Ok(Some(Outcome::over(valid, nested, || lacks_dependents(at))))
}

fn lacks_dependents(at: &Location) -> String {
    format!("object at {at} is missing required `dependentRequired` properties")
}

fn format<'s>(
    check: &Check<'s>,
    given: &'s Value,
    value: &Value,
    at: &Location,
    _: &mut Adjacent<'s>,
) -> Found {
    let Some(text) = value.as_str() else {
        return valid();
    };
    let wanted = text_of(given)?;
    let error = || format!("value at {at} does not match format: {wanted}");
    Ok(Some(Outcome::of(check.has_format(text, wanted)?, error)))
}
