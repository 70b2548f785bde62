//! Keywords of objects: their properties and which there have to be.

use std::cmp::Ordering;

use super::super::{Location, Outcome};
use super::{
    Adjacent, Entries, Found, Look, all_valid, array, entries, joined, list, named, object, sized,
    valid,
};
use crate::yaml::Value;

pub(super) fn dependent_schemas<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        check,
        given,
        value,
        at,
    } = *look;
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

pub(super) fn properties<'s>(look: &Look<'_, 's>, adjacent: &mut Adjacent<'s>) -> Found {
    let Look {
        check,
        given,
        value,
        at,
    } = *look;
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
    Ok(Some(
        Outcome::over(all_valid(&nested), nested, error).looked(&looked),
    ))
}

pub(super) fn pattern_properties<'s>(look: &Look<'_, 's>, adjacent: &mut Adjacent<'s>) -> Found {
    let Look {
        check,
        given,
        value,
        at,
    } = *look;
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
    Ok(Some(
        Outcome::over(all_valid(&nested), nested, error).looked(&looked),
    ))
}

pub(super) fn additional_properties<'s>(look: &Look<'_, 's>, adjacent: &mut Adjacent<'s>) -> Found {
    let Look {
        check,
        given,
        value,
        at,
    } = *look;
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
    let error = || format!("object properties at {at} do not match `additionalProperties` schema");
    Ok(Some(
        Outcome::over(all_valid(&nested), nested, error).looked(&looked),
    ))
}

pub(super) fn property_names<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        check,
        given,
        value,
        at,
    } = *look;
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

pub(super) fn dependencies<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        check,
        given,
        value,
        at,
    } = *look;
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

pub(super) fn unevaluated_properties<'s>(
    look: &Look<'_, 's>,
    adjacent: &mut Adjacent<'s>,
) -> Found {
    let Look {
        check,
        given,
        value,
        at,
    } = *look;
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
    let error = || format!("object properties at {at} do not match `unevaluatedProperties` schema");
    Ok(Some(
        Outcome::over(all_valid(&nested), nested, error).looked(&looked),
    ))
}

fn width(value: &Value) -> Option<usize> {
    object(value).map(<Entries>::len)
}

pub(super) fn max_properties<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
    sized(
        width(value),
        given,
        Ordering::Greater,
        at,
        "object size at {}",
    )
}

pub(super) fn min_properties<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
    sized(width(value), given, Ordering::Less, at, "object size at {}")
}

/// Those of the keys that an object lacks.
fn missing<'k>(needed: &'k [Value], value: &Value) -> Vec<&'k str> {
    let needed = needed.iter().filter_map(Value::as_str);
    needed.filter(|key| value.get(key).is_none()).collect()
}

pub(super) fn required<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
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
pub(super) fn dependent_required<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
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
