//! How Ruby compares the values that a schema and properties hold.

use std::cmp::Ordering;

use crate::deployment::inspect::inspect;
use crate::deployment::properties::compare;
use crate::yaml::Value;

/// Whether it is a number.
pub(super) fn is_number(value: &Value) -> bool {
    matches!(
        value,
        Value::Integer(_) | Value::Unsigned(_) | Value::BigInteger(_) | Value::Float(_)
    )
}

/// Whether it is a whole number.
pub(super) fn is_whole(value: &Value) -> bool {
    match value {
        Value::Float(number) => number.fract() == 0.0,
        other => is_number(other),
    }
}

/// Ruby's `==`: 1 and 1.0 are equal, the order of keys does not count.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Sequence(a), Value::Sequence(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Mapping(a), Value::Mapping(b)) => {
            let same = |(key, value): &(Value, Value)| {
                let mut others = b.iter();
                others.any(|(other, found)| key == other && equal(value, found))
            };
            a.len() == b.len() && a.iter().all(same)
        }
        (a, b) if is_number(a) && is_number(b) => compare(a, b) == Some(Ordering::Equal),
        (a, b) => a == b,
    }
}

/// The order of two numbers; `None` for what is none.
pub(super) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    if is_number(a) && is_number(b) {
        return compare(a, b);
    }
    None
}

/// A text that is the same for values that are one to `uniq`: 1 and 1.0 are not, the order of keys does not count.
pub(super) fn identity(value: &Value) -> String {
    match value {
        Value::Sequence(items) => {
            let items: Vec<String> = items.iter().map(identity).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(entries) => {
            let entry = |(key, value): &(Value, Value)| {
                let (key, value) = (identity(key), identity(value));
                format!("{key} => {value}")
            };
            let mut entries: Vec<String> = entries.iter().map(entry).collect();
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
        plain => inspect(plain),
    }
}

/// Whether a number is a multiple of another, in decimal digits, as Ruby's `BigDecimal` reckons. `None` for numbers with
/// too many digits.
pub(super) fn is_multiple(value: &Value, of: &Value) -> Option<bool> {
    let ((a, a_places), (b, b_places)) = (decimal(value)?, decimal(of)?);
    let places = a_places.max(b_places);
    let scaled = |digits: i128, own: u32| {
        let factor = 10_i128.checked_pow(places - own)?;
        digits.checked_mul(factor)
    };
    scaled(a, a_places)?
        .checked_rem(scaled(b, b_places)?)
        .map(|rest| rest == 0)
}

/// Digits, and how many of them stand behind the point.
fn decimal(value: &Value) -> Option<(i128, u32)> {
    let text = match value {
        Value::Float(number) if number.is_finite() => number.to_string(),
        other => inspect(other),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = format!("{whole}{fraction}").parse().ok()?;
    Some((digits, u32::try_from(fraction.len()).ok()?))
}
