//! Keywords that put schemas together: references, all, any, one or none of several, conditions.

use super::super::{Outcome, reference};
use super::{Adjacent, Found, Look, all_valid, joined, text_of};

pub(super) fn follow<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let Look {
        check,
        given,
        value,
        at,
    } = *look;
    let schema = reference::resolve(check.root, text_of(given)?)?;
    check.schema(schema, value, &at.deeper(), None).map(Some)
}

pub(super) fn all_of<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let at = look.at;
    let nested = look.each()?;
    let error = || format!("value at {at} does not match all `allOf` schemas");
    Ok(Some(joined(all_valid(&nested), nested, error)))
}

pub(super) fn any_of<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let at = look.at;
    let nested = look.each()?;
    let valid = nested.iter().any(|inner| inner.valid);
    let error = || format!("value at {at} does not match any `anyOf` schemas");
    Ok(Some(joined(valid, nested, error)))
}

pub(super) fn one_of<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let at = look.at;
    let nested = look.each()?;
    let count = nested.iter().filter(|inner| inner.valid).count();
    let error = || format!("value at {at} does not match exactly one `oneOf` schema");
    if count > 1 {
        return Ok(Some(Outcome::of(false, error)));
    }
    Ok(Some(joined(count == 1, nested, error)))
}

pub(super) fn not<'s>(look: &Look<'_, 's>, _: &mut Adjacent<'s>) -> Found {
    let at = look.at;
    let inner = look.whole()?;
    let error = || format!("value at {at} matches `not` schema");
    Ok(Some(Outcome::of(!inner.valid, error).looked(&inner)))
}

pub(super) fn condition<'s>(look: &Look<'_, 's>, adjacent: &mut Adjacent<'s>) -> Found {
    let inner = look.whole()?;
    adjacent.condition = Some(inner.valid);
    Ok(Some(Outcome::valid().looked(&inner)))
}

pub(super) fn then<'s>(look: &Look<'_, 's>, adjacent: &mut Adjacent<'s>) -> Found {
    branch(look, adjacent.condition == Some(true), "then")
}

pub(super) fn otherwise<'s>(look: &Look<'_, 's>, adjacent: &mut Adjacent<'s>) -> Found {
    branch(look, adjacent.condition == Some(false), "else")
}

fn branch(look: &Look<'_, '_>, taken: bool, name: &str) -> Found {
    if !taken {
        return Ok(None);
    }
    let (inner, at) = (look.whole()?, look.at);
    let error = || format!("value at {at} does not match conditional `{name}` schema");
    Ok(Some(joined(inner.valid, vec![inner], error)))
}
