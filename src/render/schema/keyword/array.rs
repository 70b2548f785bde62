//! Keywords of lists: their items and how many there are.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::super::compare::{identity, order};
use super::super::{Items, Outcome};
use super::{Adjacent, Found, Look, all_valid, array, count, list, sized, valid};
use crate::yaml::Value;

pub(super) fn prefix_items<'s>(look: &Look<'_, 's>, adjacent: &mut Adjacent<'s>) -> Found {
    let Look {
        check,
        given,
        value,
        at,
    } = *look;
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
    let error = || format!("array items at {at} do not match corresponding `prefixItems` schemas");
    Ok(Some(
        Outcome::over(all_valid(&nested), nested, error).looked(&looked),
    ))
}

/// All items after those of `prefixItems`.
pub(super) fn items<'s>(look: &Look<'_, 's>, adjacent: &mut Adjacent<'s>) -> Found {
    let Look {
        check,
        given,
        value,
        at,
    } = *look;
    let Some(found) = array(value) else {
        return valid();
    };
    let mut nested = Vec::new();
    for (index, item) in found.iter().enumerate().skip(adjacent.prefix) {
        nested.push(check.schema(given, item, &at.at(&index.to_string()), None)?);
    }
    let looked = every_item(!nested.is_empty());
    let error = || format!("array items at {at} do not match `items` schema");
    Ok(Some(
        Outcome::over(all_valid(&nested), nested, error).looked(&looked),
    ))
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

pub(super) fn contains<'s>(look: &Look<'_, 's>, adjacent: &mut Adjacent<'s>) -> Found {
    let Look {
        check,
        given,
        value,
        at,
    } = *look;
    let Some(found) = array(value) else {
        return valid();
    };
    let mut fitting = BTreeSet::new();
    for (index, item) in found.iter().enumerate() {
        if check
            .schema(given, item, &at.at(&index.to_string()), None)?
            .valid
        {
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
    let error =
        || format!("array at {at} does not contain enough items that match `contains` schema");
    Ok(Some(Outcome::of(enough, error).looked(&looked)))
}

pub(super) fn unevaluated_items<'s>(look: &Look<'_, 's>, adjacent: &mut Adjacent<'s>) -> Found {
    let Look {
        check,
        given,
        value,
        at,
    } = *look;
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
    Ok(Some(
        Outcome::over(all_valid(&nested), nested, error).looked(&looked),
    ))
}

fn size(value: &Value) -> Option<usize> {
    array(value).map(<[Value]>::len)
}

pub(super) fn max_items<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
    sized(
        size(value),
        given,
        Ordering::Greater,
        at,
        "array size at {}",
    )
}

pub(super) fn min_items<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
    sized(size(value), given, Ordering::Less, at, "array size at {}")
}

pub(super) fn unique_items<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        given, value, at, ..
    } = *look;
    let Some(found) = array(value).filter(|_| *given != Value::Bool(false)) else {
        return valid();
    };
    let different: BTreeSet<String> = found.iter().map(identity).collect();
    let error = || format!("array items at {at} are not unique");
    Ok(Some(Outcome::of(different.len() == found.len(), error)))
}

const CONTAINED: &str = "number of array items at {} matching `contains` schema";

pub(super) fn max_contains<'s>(look: &Look<'_, 's>, adjacent: &mut Adjacent<'s>) -> Found {
    let Look { given, at, .. } = *look;
    sized(adjacent.contained, given, Ordering::Greater, at, CONTAINED)
}

pub(super) fn min_contains<'s>(look: &Look<'_, 's>, adjacent: &mut Adjacent<'s>) -> Found {
    let Look { given, at, .. } = *look;
    sized(adjacent.contained, given, Ordering::Less, at, CONTAINED)
}
