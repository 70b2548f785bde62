//! Keywords that ask for a type, for values, for bounds of numbers and texts.

use std::cmp::Ordering;

use super::super::certificate::is_certificate;
use super::super::compare::{equal, is_multiple, is_number, is_whole};
use super::super::{Checked, Outcome, unsupported};
use super::{Adjacent, Found, Look, array, bound, list, object, sized, text_of, valid};
use crate::deployment::inspect::{inspect, to_s};
use crate::yaml::Value;

pub(super) fn kind<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
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

pub(super) fn one_of_these<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
    let fits = match given {
        Value::Null | Value::Bool(false) => true,
        given => list(given)?.iter().any(|known| equal(known, value)),
    };
    let error = || format!("value at {at} is not one of: {}", inspect(given));
    Ok(Some(Outcome::of(fits, error)))
}

#[expect(clippy::unnecessary_wraps, reason = "all keywords give the same")]
pub(super) fn constant<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
    let error = || format!("value at {at} is not: {}", to_s(given));
    Ok(Some(Outcome::of(equal(given, value), error)))
}

pub(super) fn multiple_of<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
    if !is_number(value) {
        return valid();
    }
    let Some(fits) = is_multiple(value, given) else {
        return unsupported("`multipleOf` with so many digits");
    };
    let error = || format!("number at {at} is not a multiple of: {}", inspect(given));
    Ok(Some(Outcome::of(fits, error)))
}

pub(super) fn maximum<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
    bound(given, value, &[Ordering::Greater], || {
        format!("number at {at} is greater than: {}", inspect(given))
    })
}

pub(super) fn exclusive_maximum<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
    bound(given, value, &[Ordering::Greater, Ordering::Equal], || {
        format!(
            "number at {at} is greater than or equal to: {}",
            inspect(given)
        )
    })
}

pub(super) fn minimum<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
    bound(given, value, &[Ordering::Less], || {
        format!("number at {at} is less than: {}", inspect(given))
    })
}

pub(super) fn exclusive_minimum<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
    bound(given, value, &[Ordering::Less, Ordering::Equal], || {
        format!(
            "number at {at} is less than or equal to: {}",
            inspect(given)
        )
    })
}

fn length(value: &Value) -> Option<usize> {
    value.as_str().map(|text| text.chars().count())
}

pub(super) fn max_length<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
    sized(
        length(value),
        given,
        Ordering::Greater,
        at,
        "string length at {}",
    )
}

pub(super) fn min_length<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
    sized(
        length(value),
        given,
        Ordering::Less,
        at,
        "string length at {}",
    )
}

pub(super) fn pattern<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        check,
        given,
        value,
        at,
    } = *look;
    let Some(text) = value.as_str() else {
        return valid();
    };
    let wanted = text_of(given)?;
    let error = || format!("string at {at} does not match pattern: {wanted}");
    Ok(Some(Outcome::of(check.matches(wanted, text)?, error)))
}

pub(super) fn format<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        check,
        given,
        value,
        at,
    } = *look;
    let Some(text) = value.as_str() else {
        return valid();
    };
    let wanted = text_of(given)?;
    let error = || format!("value at {at} does not match format: {wanted}");
    Ok(Some(Outcome::of(check.has_format(text, wanted)?, error)))
}
