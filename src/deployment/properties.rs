//! What a job's templates see as properties: those its spec declares, with the values given or their defaults.
//!
//! Pure. Follows the Director: a value is the given one, or the default where nothing or nil is given; it is set at its
//! dotted path, nil too; maps in it are sorted by key, but not those in lists. What is not declared is dropped, what a
//! given map leaves out is not filled in from a default map. Errors have the class and text of Ruby's.

use std::cmp::Ordering;
use std::fmt;

use crate::yaml::Value;

/// A property of a job's spec.
#[derive(Debug, Clone, PartialEq)]
pub struct Declared {
    /// Dotted path.
    pub name: String,
    /// What the spec says of it: a map, of which only `default` counts here.
    pub definition: Value,
}

/// An exception of Ruby.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyError {
    /// Its class.
    pub class: &'static str,
    /// Its text.
    pub message: String,
}

impl PropertyError {
    fn new(class: &'static str, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
        }
    }

    /// What is given as an instance is no map.
    pub(crate) fn not_a_spec(spec: &Value) -> Self {
        let class = class_name(spec);
        Self::new(
            "Bosh::Common::Template::EvaluationFailed",
            format!(
                "Invalid spec provided for template evaluation context, Hash expected, {class} given"
            ),
        )
    }

    fn no_method(method: &str, receiver: &Value) -> Self {
        let receiver = receiver_name(receiver);
        let message = format!("undefined method '{method}' for {receiver}");
        Self::new("NoMethodError", message)
    }

    fn no_conversion(from: &str, into: &str) -> Self {
        let message = format!("no implicit conversion of {from} into {into}");
        Self::new("TypeError", message)
    }
}

impl fmt::Display for PropertyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PropertyError {}

/// The `properties` of a job's spec, as the Director stores them: what it takes to JSON and back.
///
/// Keys become texts. Fails for what is no map, and for defaults that JSON has no place for. A map with a Float, a list
/// or a map as a key is refused: how Ruby would print it is not known here.
pub fn declared(job: &str, properties: &Value) -> Result<Vec<Declared>, PropertyError> {
    let entries = match stored(properties)? {
        Value::Null | Value::Bool(false) => Vec::new(),
        Value::Mapping(entries) => entries,
        _ => {
            return Err(PropertyError::new(
                "Bosh::Director::JobInvalidPropertySpec",
                format!("Job '{job}' has invalid properties spec format"),
            ));
        }
    };
    let property = |(name, definition): (Value, Value)| Declared {
        name: name.as_str().unwrap_or_default().to_owned(),
        definition,
    };
    Ok(entries.into_iter().map(property).collect())
}

/// The value with texts for symbols, as it comes back from a Director's database.
#[must_use]
pub fn without_symbols(value: &Value) -> Value {
    match value {
        Value::Symbol(name) => Value::String(name.clone()),
        Value::Sequence(items) => Value::Sequence(items.iter().map(without_symbols).collect()),
        Value::Mapping(entries) => {
            let entry =
                |(key, value): &(Value, Value)| (without_symbols(key), without_symbols(value));
            Value::Mapping(entries.iter().map(entry).collect())
        }
        plain => plain.clone(),
    }
}

/// A value through JSON and back.
fn stored(value: &Value) -> Result<Value, PropertyError> {
    let unstorable = |what: &str| PropertyError::new("JSON::GeneratorError", what);
    match value {
        Value::Float(number) if number.is_nan() => Err(unstorable("NaN not allowed in JSON")),
        Value::Float(f64::INFINITY) => Err(unstorable("Infinity not allowed in JSON")),
        Value::Float(f64::NEG_INFINITY) => Err(unstorable("-Infinity not allowed in JSON")),
        Value::Binary(_) => Err(unstorable("source sequence is illegal/malformed utf-8")),
        Value::Symbol(name) => Ok(Value::String(name.clone())),
        Value::Sequence(items) => {
            let items: Result<_, _> = items.iter().map(stored).collect();
            Ok(Value::Sequence(items?))
        }
        Value::Mapping(entries) => {
            let mut out = Value::Mapping(Vec::with_capacity(entries.len()));
            for (key, value) in entries {
                store(&mut out, Value::String(stored_key(key)?), stored(value)?)?;
            }
            Ok(out)
        }
        plain => Ok(plain.clone()),
    }
}

fn stored_key(key: &Value) -> Result<String, PropertyError> {
    match key {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Unsigned(number) => Ok(number.to_string()),
        Value::BigInteger(digits) => Ok(digits.clone()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Null => Ok(String::new()),
        other => {
            let class = class_name(other);
            let message = format!("a key of class {class} in a job's properties is not supported");
            Err(PropertyError::new("NotImplementedError", message))
        }
    }
}

/// The properties of a job, from the declared and the given ones. `given` is a map, or nil for none.
///
/// Fails for a parent of a declared property that is not a map, for a map whose keys do not compare, and for a default
/// that a later property would have to be set in.
pub fn bind(declared: &[Declared], given: &Value) -> Result<Value, PropertyError> {
    let none = Value::Mapping(Vec::new());
    let given = match given {
        Value::Null | Value::Bool(false) => &none,
        given => given,
    };
    let mut bound = Value::Mapping(Vec::new());
    for property in declared {
        let keys = keys(&property.name);
        let value = match look_up(given, &keys, &property.name)? {
            Value::Null => default(&property.definition)?,
            value => sorted(value)?,
        };
        set(&mut bound, &keys, value)?;
    }
    Ok(bound)
}

/// Refuses data with a key that is not a text, as happens where the objects of a template's context are made of it.
///
/// Ruby goes through the values of a map before its keys.
pub fn check_keys(value: &Value) -> Result<(), PropertyError> {
    match value {
        Value::Sequence(items) => items.iter().try_for_each(check_keys),
        Value::Mapping(entries) => {
            entries
                .iter()
                .try_for_each(|(_, value)| check_keys(value))?;
            let bad = entries.iter().find(|(key, _)| text(key).is_none());
            bad.map_or(Ok(()), |(key, _)| {
                Err(PropertyError::no_method("to_sym", key))
            })
        }
        _ => Ok(()),
    }
}

/// `String#split`: empty parts at the end do not count.
fn keys(name: &str) -> Vec<&str> {
    let mut keys: Vec<&str> = name.split('.').collect();
    while keys.last().is_some_and(|key| key.is_empty()) {
        keys.pop();
    }
    keys
}

/// The value at a path; nil where it ends early.
fn look_up<'v>(given: &'v Value, keys: &[&str], name: &str) -> Result<&'v Value, PropertyError> {
    let mut at = given;
    for key in keys {
        if !matches!(at, Value::Mapping(_)) {
            let class = class_name(at);
            let message = format!("Property '{name}' expects a hash, but received '{class}'");
            return Err(PropertyError::new(
                "Bosh::Common::Template::InvalidPropertyType",
                message,
            ));
        }
        match at.get(key) {
            None | Some(Value::Null) => return Ok(&Value::Null),
            Some(value) => at = value,
        }
    }
    Ok(at)
}

/// Sets a value at a path, and maps on the way to it. A name without parts gives the key nil.
fn set(bound: &mut Value, keys: &[&str], value: Value) -> Result<(), PropertyError> {
    let Some((last, parents)) = keys.split_last() else {
        return store(bound, Value::Null, value);
    };
    let mut at = bound;
    for (depth, key) in parents.iter().enumerate() {
        if let Value::String(text) = &*at {
            // A text gives a copy of the part that is looked for: what is set in it is lost.
            let mut part = part_of(text, key)?;
            return set(&mut part, &keys[depth + 1..], value);
        }
        at = enter(at, key)?;
    }
    store(at, Value::from(*last), value)
}

fn part_of(text: &str, key: &str) -> Result<Value, PropertyError> {
    if text.contains(key) {
        Ok(Value::from(key))
    } else {
        Err(PropertyError::new("IndexError", "string not matched"))
    }
}

/// `at[key] ||= {}`
fn enter<'v>(at: &'v mut Value, key: &str) -> Result<&'v mut Value, PropertyError> {
    let entries = match at {
        Value::Mapping(entries) => entries,
        Value::Sequence(_) | Value::Integer(_) | Value::Unsigned(_) | Value::BigInteger(_) => {
            return Err(PropertyError::no_conversion("String", "Integer"));
        }
        other => return Err(PropertyError::no_method("[]", other)),
    };
    let found = entries
        .iter()
        .position(|(found, _)| found.as_str() == Some(key));
    let index = found.unwrap_or(entries.len());
    if found.is_none() {
        entries.push((Value::from(key), Value::Null));
    }
    let value = &mut entries[index].1;
    if matches!(value, Value::Null | Value::Bool(false)) {
        *value = Value::Mapping(Vec::new());
    }
    Ok(value)
}

/// `at[key] = value`
fn store(at: &mut Value, key: Value, value: Value) -> Result<(), PropertyError> {
    match at {
        Value::Mapping(entries) => {
            match entries.iter_mut().find(|(found, _)| *found == key) {
                Some(entry) => entry.1 = value,
                None => entries.push((key, value)),
            }
            Ok(())
        }
        Value::String(text) => {
            let key = key.as_str().unwrap_or_default();
            let start = text
                .find(key)
                .ok_or_else(|| PropertyError::new("IndexError", "string not matched"))?;
            let Value::String(new) = &value else {
                return Err(PropertyError::no_conversion(
                    converted_name(&value),
                    "String",
                ));
            };
            text.replace_range(start..start + key.len(), new);
            Ok(())
        }
        Value::Sequence(_) => Err(PropertyError::no_conversion("String", "Integer")),
        other => Err(PropertyError::no_method("[]=", other)),
    }
}

/// `definition['default']`, sorted.
fn default(definition: &Value) -> Result<Value, PropertyError> {
    match definition {
        Value::Mapping(_) => sorted(definition.get("default").unwrap_or(&Value::Null)),
        Value::String(text) => Ok(part_of(text, "default").unwrap_or_default()),
        Value::Sequence(_) | Value::Integer(_) | Value::Unsigned(_) | Value::BigInteger(_) => {
            Err(PropertyError::no_conversion("String", "Integer"))
        }
        other => Err(PropertyError::no_method("[]", other)),
    }
}

/// The value with its maps sorted by key, but not those in lists.
fn sorted(value: &Value) -> Result<Value, PropertyError> {
    let Value::Mapping(entries) = value else {
        return Ok(value.clone());
    };
    let entries = entries
        .iter()
        .map(|(key, value)| Ok((key.clone(), sorted(value)?)));
    merge_sort(entries.collect::<Result<_, _>>()?).map(Value::Mapping)
}

/// Sorts by key. Keys that do not compare are an error, which the standard library's sort has no way to tell.
fn merge_sort(mut list: Vec<(Value, Value)>) -> Result<Vec<(Value, Value)>, PropertyError> {
    if list.len() < 2 {
        return Ok(list);
    }
    let right = merge_sort(list.split_off(list.len() / 2))?;
    let mut right = right.into_iter().peekable();
    let mut left = merge_sort(list)?.into_iter().peekable();
    let mut out = Vec::with_capacity(left.len() + right.len());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if compare_entries(a, b)? == Ordering::Greater {
            right.next()
        } else {
            left.next()
        };
        out.extend(next);
    }
    out.extend(left);
    out.extend(right);
    Ok(out)
}

/// Ruby compares keys and values as lists of two: the values count where keys are equal numbers, such as 1 and 1.0.
fn compare_entries(a: &(Value, Value), b: &(Value, Value)) -> Result<Ordering, PropertyError> {
    let order = match compare(&a.0, &b.0) {
        Some(Ordering::Equal) => compare(&a.1, &b.1),
        order => order,
    };
    let failed = || PropertyError::new("ArgumentError", "comparison of Array with Array failed");
    order.ok_or_else(failed)
}

/// Ruby's `<=>`.
pub(crate) fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (text(a), text(b)) {
        return Some(a.cmp(b));
    }
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Float(a), b) => compare_float(integer(b)?, *a).map(Ordering::reverse),
        (a, Value::Float(b)) => compare_float(integer(a)?, *b),
        (Value::Sequence(a), Value::Sequence(b)) => {
            let mut pairs = a.iter().zip(b).map(|(a, b)| compare(a, b));
            let first = pairs.find(|order| *order != Some(Ordering::Equal));
            first.unwrap_or(Some(a.len().cmp(&b.len())))
        }
        (a, b) => match (integer(a), integer(b)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => (a == b).then_some(Ordering::Equal),
        },
    }
}

/// An integer of 64 bits and a float, exactly.
fn compare_float(integer: i128, float: f64) -> Option<Ordering> {
    const BEYOND: f64 = 36_893_488_147_419_103_232.0;
    if float.is_nan() {
        return None;
    }
    if float.abs() >= BEYOND {
        return 0.0.partial_cmp(&float);
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the float is a whole number below two to the power of 65"
    )]
    let whole = float.trunc() as i128;
    Some(integer.cmp(&whole).then(0.0.partial_cmp(&float.fract())?))
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Integer(number) => Some((*number).into()),
        Value::Unsigned(number) => Some((*number).into()),
        Value::BigInteger(digits) => digits.parse().ok(),
        _ => None,
    }
}

/// The bytes of a Ruby String.
fn text(value: &Value) -> Option<&[u8]> {
    match value {
        Value::String(text) => Some(text.as_bytes()),
        Value::Binary(bytes) => Some(bytes),
        _ => None,
    }
}

pub(crate) fn class_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "NilClass",
        Value::Bool(true) => "TrueClass",
        Value::Bool(false) => "FalseClass",
        Value::Integer(_) | Value::Unsigned(_) | Value::BigInteger(_) => "Integer",
        Value::Float(_) => "Float",
        Value::String(_) | Value::Binary(_) => "String",
        Value::Symbol(_) => "Symbol",
        Value::Sequence(_) => "Array",
        Value::Mapping(_) => "Hash",
    }
}

/// How Ruby names a value that cannot be converted.
fn converted_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nil",
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        other => class_name(other),
    }
}

/// How Ruby names the receiver of a method that is not there.
/// How `NoMethodError` names a receiver.
pub(crate) fn receiver_name(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) => converted_name(value).to_owned(),
        other => format!("an instance of {}", class_name(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use crate::yaml;

    fn value(text: &str) -> Value {
        yaml::parse(&Source::new("data", text)).unwrap().value()
    }

    fn bound(declared_as: &Value, given: &Value) -> Result<Value, PropertyError> {
        bind(&declared("j", declared_as)?, given)
    }

    #[test]
    fn properties_are_bound_as_by_the_director() {
        let vectors = value(include_str!(
            "../../tests/conformance/templates/property-binding.yml"
        ));
        let Value::Sequence(vectors) = vectors else {
            unreachable!("a list")
        };
        assert_eq!(vectors.len(), 17);
        for vector in &vectors {
            let of = |key: &str| vector.get(key).cloned().unwrap_or_default();
            let found = bound(&of("declared"), &of("given"));
            let found = found.map_err(|error| {
                Value::map([("class", error.class), ("message", &*error.message)])
            });
            let expected = match vector.get("error") {
                Some(error) => Err(error.clone()),
                None => Ok(of("expect")),
            };
            assert_eq!(found, expected, "{:?}", vector.get("name"));
        }
    }

    /// Declared, given, what is seen.
    const BOUND: &[(&str, &str, &str)] = &[
        ("{a: {}}", "~", "{a: ~}"),
        ("~", "{a: 1}", "{}"),
        (
            "{a: {default: [{b: 1, a: 2}]}}",
            "{}",
            "{a: [{b: 1, a: 2}]}",
        ),
        (
            "{a: {default: {1: x, true: y, '1': z}}}",
            "{}",
            "{a: {'1': z, 'true': y}}",
        ),
        ("{5: {default: 1}}", "{}", "{'5': 1}"),
        (
            "{a.b..: {default: 1}, .c: {default: 2}}",
            "{}",
            "{a: {b: 1}, '': {c: 2}}",
        ),
        ("{'': {default: 1}}", "{q: 1}", "{~: {q: 1}}"),
        (
            "{a: {}}",
            "{a: {2: x, 10: y, 1.5: z}}",
            "{a: {1.5: z, 2: x, 10: y}}",
        ),
        (
            "{a: {}}",
            "{a: {true: {d: 1, c: 2}}}",
            "{a: {true: {c: 2, d: 1}}}",
        ),
        (
            "{a: {}}",
            "{a: {[2]: x, [1, 5]: y}}",
            "{a: {[1, 5]: y, [2]: x}}",
        ),
        ("{a: no default}", "{}", "{a: default}"),
        ("{a: text}", "{}", "{a: ~}"),
        ("{a: {default: abc}, a.b: {default: x}}", "{}", "{a: axc}"),
        ("{a: {default: abc}, a.b.b: {default: x}}", "{}", "{a: abc}"),
        (
            "{a: {default: false}, a.b: {default: 1}}",
            "{}",
            "{a: {b: 1}}",
        ),
        (
            "{a.b: {default: 1}, a: {default: {c: 2}}}",
            "{}",
            "{a: {c: 2}}",
        ),
    ];

    #[test]
    fn corners_are_as_in_ruby() {
        for (declared_as, given, expected) in BOUND {
            let found = bound(&value(declared_as), &value(given));
            assert_eq!(found, Ok(value(expected)), "{declared_as} {given}");
        }
    }

    /// Declared, given, class and text of the error.
    const ERRORS: &[(&str, &str, &str, &str)] = &[
        (
            "[]",
            "{}",
            "Bosh::Director::JobInvalidPropertySpec",
            "Job 'j' has invalid properties spec format",
        ),
        (
            "{a: {default: .nan}}",
            "{}",
            "JSON::GeneratorError",
            "NaN not allowed in JSON",
        ),
        (
            "{a: {default: {1.5: x}}}",
            "{}",
            "NotImplementedError",
            "a key of class Float in a job's properties is not supported",
        ),
        (
            "{a: }",
            "{}",
            "NoMethodError",
            "undefined method '[]' for nil",
        ),
        (
            "{a: 1}",
            "{}",
            "TypeError",
            "no implicit conversion of String into Integer",
        ),
        (
            "{a: 1.5}",
            "{}",
            "NoMethodError",
            "undefined method '[]' for an instance of Float",
        ),
        (
            "{a: {}}",
            "{a: {1: x, b: y}}",
            "ArgumentError",
            "comparison of Array with Array failed",
        ),
        (
            "{a: {}}",
            "{a: {true: x, false: y}}",
            "ArgumentError",
            "comparison of Array with Array failed",
        ),
        (
            "{a: {}}",
            "{a: {b: {c: 1, 2: 1}}}",
            "ArgumentError",
            "comparison of Array with Array failed",
        ),
        (
            "{a: {}}",
            "{a: {1: {x: 1}, 1.0: {x: 2}}}",
            "ArgumentError",
            "comparison of Array with Array failed",
        ),
        (
            "{a.b: {}}",
            "{a: true}",
            "Bosh::Common::Template::InvalidPropertyType",
            "Property 'a.b' expects a hash, but received 'TrueClass'",
        ),
        (
            "{a.b: {}}",
            "[1]",
            "Bosh::Common::Template::InvalidPropertyType",
            "Property 'a.b' expects a hash, but received 'Array'",
        ),
        (
            "{a: {default: x}, a.b: {default: 1}}",
            "{}",
            "IndexError",
            "string not matched",
        ),
        (
            "{a: {default: x}, a.b.c: {default: 1}}",
            "{}",
            "IndexError",
            "string not matched",
        ),
        (
            "{a: {default: b}, a.b: {}}",
            "{}",
            "TypeError",
            "no implicit conversion of nil into String",
        ),
        (
            "{a: {default: b}, a.b: {default: []}}",
            "{}",
            "TypeError",
            "no implicit conversion of Array into String",
        ),
        (
            "{a: {default: [b]}, a.b: {default: 1}}",
            "{}",
            "TypeError",
            "no implicit conversion of String into Integer",
        ),
        (
            "{a: {default: 5}, a.b: {default: 1}}",
            "{}",
            "NoMethodError",
            "undefined method '[]=' for an instance of Integer",
        ),
        (
            "{a: {default: 5}, a.b.c: {default: 1}}",
            "{}",
            "TypeError",
            "no implicit conversion of String into Integer",
        ),
        (
            "{a: {default: true}, a.b.c: {default: 1}}",
            "{}",
            "NoMethodError",
            "undefined method '[]' for true",
        ),
    ];

    #[test]
    fn errors_are_those_of_ruby() {
        for (declared_as, given, class, message) in ERRORS {
            let error = bound(&value(declared_as), &value(given)).unwrap_err();
            assert_eq!(
                (error.class, &*error.message),
                (*class, *message),
                "{declared_as} {given}"
            );
        }
    }

    #[test]
    fn only_texts_are_keys_of_a_context() {
        for (data, message) in [
            ("{a: [{b: 1}]}", ""),
            (
                "{a: [{1: b}]}",
                "undefined method 'to_sym' for an instance of Integer",
            ),
            ("{1: {true: b}}", "undefined method 'to_sym' for true"),
            ("{~: b}", "undefined method 'to_sym' for nil"),
        ] {
            let found = check_keys(&value(data)).map_err(|error| error.to_string());
            let expected = if message.is_empty() {
                Ok(())
            } else {
                Err(message.to_owned())
            };
            assert_eq!(found, expected, "{data}");
        }
    }

    #[test]
    fn numbers_compare_exactly() {
        let big = Value::Integer(9_007_199_254_740_993);
        let of = |float| compare(&big, &Value::Float(float));
        assert_eq!(of(9_007_199_254_740_992.0), Some(Ordering::Greater));
        assert_eq!(of(1e300), Some(Ordering::Less));
        assert_eq!(of(f64::NEG_INFINITY), Some(Ordering::Greater));
        assert_eq!(of(f64::NAN), None);
        assert_eq!(
            compare(&Value::Float(-1.5), &Value::Integer(-1)),
            Some(Ordering::Less)
        );
        assert_eq!(
            compare(&Value::Integer(1), &Value::Float(1.0)),
            Some(Ordering::Equal)
        );
    }
}
