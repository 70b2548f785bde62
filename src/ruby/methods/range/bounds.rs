//! What lies in a range, and its least and greatest.

use std::cmp::Ordering;

use super::super::super::eval::{Vm, is_number};
use super::super::super::unwind::Res;
use super::super::super::value::{Range, Value};
use super::super::enumerable::{order, search};
use super::super::{Args, Row};
use super::range;

pub(super) const METHODS: &[Row] = &[
    Row::new("===", 1, cover, "Whether a value lies between the ends."),
    Row::new(
        "cover?",
        1,
        cover,
        "Whether a value or range lies between the ends.",
    ),
    Row::new(
        "include?",
        1,
        include,
        "Whether a value is one of the items.",
    ),
    Row::new(
        "member?",
        1,
        include,
        "Whether a value is one of the items.",
    ),
    Row::new(
        "overlap?",
        1,
        overlap,
        "Whether a value lies in both ranges.",
    ),
    Row::new("min", 0, min, "The least item, or a list of the least.").to(1),
    Row::new(
        "max",
        0,
        max,
        "The greatest item, or a list of the greatest.",
    )
    .to(1),
    Row::new("minmax", 0, minmax, "The least and the greatest item."),
];

/// Whether a value lies between the ends.
fn covers<'h>(vm: &mut Vm<'h>, own: &Range<'h>, value: Value<'h>) -> Res<'h, bool> {
    if !own.first.is_nil() && !vm.compare(own.first, value)?.is_some_and(Ordering::is_le) {
        return Ok(false);
    }
    if own.last.is_nil() {
        return Ok(true);
    }
    let order = vm.compare(value, own.last)?;
    Ok(order.is_some_and(|order| order.is_lt() || (order.is_eq() && !own.exclusive)))
}

fn cover<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let own = range(vm, this)?;
    let covered = match args.at(0) {
        Value::Range(other) => covers_range(vm, own, other)?,
        value => covers(vm, own, value)?,
    };
    Ok(Value::Bool(covered))
}

fn covers_range<'h>(vm: &mut Vm<'h>, own: &Range<'h>, other: &Range<'h>) -> Res<'h, bool> {
    if is_empty(vm, other)? {
        return Ok(false);
    }
    let first = match (own.first, other.first) {
        (Value::Nil, _) => true,
        (_, Value::Nil) => false,
        (own, other) => vm.compare(own, other)?.is_some_and(Ordering::is_le),
    };
    if !first {
        return Ok(false);
    }
    if own.last.is_nil() {
        return Ok(true);
    }
    if other.last.is_nil() {
        return Ok(false);
    }
    match vm.compare(own.last, other.last)? {
        Some(Ordering::Greater) => Ok(true),
        Some(Ordering::Equal) => Ok(!own.exclusive || other.exclusive),
        // The greatest integer of the other may still be inside.
        Some(Ordering::Less) if other.exclusive && integers(other) => {
            let greatest = greatest(vm, other)?;
            covers(vm, own, greatest)
        }
        _ => Ok(false),
    }
}

fn integers(range: &Range<'_>) -> bool {
    let integer = |value| matches!(value, Value::Integer(_) | Value::Big(_));
    integer(range.first) && integer(range.last)
}

/// Whether nothing lies between the ends.
fn is_empty<'h>(vm: &mut Vm<'h>, own: &Range<'h>) -> Res<'h, bool> {
    if own.first.is_nil() || own.last.is_nil() {
        return Ok(false);
    }
    let order = vm.compare(own.first, own.last)?;
    Ok(order.is_none_or(|order| order.is_gt() || (order.is_eq() && own.exclusive)))
}

fn include<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let own = range(vm, this)?;
    let value = args.at(0);
    if is_number(own.first) || is_number(own.last) || is_time(vm, own.first) {
        return Ok(Value::Bool(covers(vm, own, value)?));
    }
    match (own.first, own.last) {
        (Value::Nil, _) | (_, Value::Nil) => {
            let text = "cannot determine inclusion in beginless/endless ranges";
            vm.raise("TypeError", text)
        }
        (Value::String(first), Value::String(last)) => {
            let Value::String(text) = value else {
                return Ok(Value::Bool(false));
            };
            // Single letters are compared, longer texts are looked for.
            if [first, last, text].iter().all(|text| text.len() == 1) {
                return Ok(Value::Bool(covers(vm, own, value)?));
            }
            search::include(vm, this, args)
        }
        _ => search::include(vm, this, args),
    }
}

fn is_time<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> bool {
    matches!(value, Value::Object(_)) && vm.is_a(value, "Time")
}

fn overlap<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let own = range(vm, this)?;
    let Value::Range(other) = args.at(0) else {
        let class = vm.kind_word(args.at(0));
        let text = format!("wrong argument type {class} (expected Range)");
        return vm.raise("TypeError", text);
    };
    let apart = starts_behind(vm, other, own)? || starts_behind(vm, own, other)?;
    let overlap = !apart && !is_empty(vm, own)? && !is_empty(vm, other)?;
    Ok(Value::Bool(overlap))
}

/// Whether a range begins behind the end of another.
fn starts_behind<'h>(vm: &mut Vm<'h>, own: &Range<'h>, other: &Range<'h>) -> Res<'h, bool> {
    if own.first.is_nil() || other.last.is_nil() {
        return Ok(false);
    }
    let order = vm.compare(own.first, other.last)?;
    Ok(order.is_none_or(|order| order.is_gt() || (order.is_eq() && other.exclusive)))
}

fn open_end<'h, T>(vm: &mut Vm<'h>, which: &str, end: &str, custom: bool) -> Res<'h, T> {
    let custom = if custom {
        " with custom comparison method"
    } else {
        ""
    };
    vm.raise(
        "RangeError",
        format!("cannot get the {which} of {end} range{custom}"),
    )
}

fn min<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let own = range(vm, this)?;
    if own.first.is_nil() {
        return open_end(vm, "minimum", "beginless", false);
    }
    if args.block.is_some() || !args.is_empty() {
        if own.last.is_nil() {
            return open_end(vm, "minimum", "endless", true);
        }
        let items = vm.items(this)?;
        return order::extreme_of(vm, this, items, args, Ordering::Less);
    }
    Ok(if is_empty(vm, own)? {
        Value::Nil
    } else {
        own.first
    })
}

fn max<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let own = range(vm, this)?;
    if own.last.is_nil() {
        return open_end(vm, "maximum", "endless", false);
    }
    let walked = own.exclusive && !is_number(own.last);
    if args.block.is_some() || !args.is_empty() || walked {
        if own.first.is_nil() {
            return open_end(vm, "maximum", "beginless", true);
        }
        let items = vm.items(this)?;
        return order::extreme_of(vm, this, items, args, Ordering::Greater);
    }
    greatest(vm, own)
}

fn greatest<'h>(vm: &mut Vm<'h>, own: &Range<'h>) -> Res<'h> {
    let order = if own.first.is_nil() {
        Some(Ordering::Less)
    } else {
        vm.compare(own.first, own.last)?
    };
    if order == Some(Ordering::Greater) {
        return Ok(Value::Nil);
    }
    if !own.exclusive {
        return Ok(own.last);
    }
    if !matches!(own.last, Value::Integer(_) | Value::Big(_)) {
        return vm.raise("TypeError", "cannot exclude non Integer end value");
    }
    if order == Some(Ordering::Equal) {
        return Ok(Value::Nil);
    }
    if !matches!(own.first, Value::Integer(_) | Value::Big(_)) {
        return vm.raise(
            "TypeError",
            "cannot exclude end value with non Integer begin value",
        );
    }
    let last = super::walk::last_integer(vm, own)?.unwrap_or_default();
    Ok(vm.integer(last))
}

fn minmax<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let own = range(vm, this)?;
    if args.block.is_some() {
        if own.last.is_nil() {
            return open_end(vm, "minimum", "endless", true);
        }
        return order::minmax(vm, this, args);
    }
    let least = min(vm, this, args)?;
    let greatest = max(vm, this, args)?;
    Ok(vm.array(vec![least, greatest]))
}
