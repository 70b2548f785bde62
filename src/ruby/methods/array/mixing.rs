//! Lists as sets: items are the same when they are the same key of a hash.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Hash, Value};
use super::super::{Args, Row, arguments};
use super::list;

pub(super) const METHODS: &[Row] = &[
    Row::new("&", 1, intersection, "Items that are in both."),
    Row::new("intersection", 0, intersection, "Items that are in all.").rest(),
    Row::new("intersect?", 1, intersects, "Whether any item is in both."),
    Row::new("|", 1, union, "Items that are in any, once."),
    Row::new("union", 0, union, "Items that are in any, once.").rest(),
    Row::new("-", 1, difference, "Items that are not in the other."),
    Row::new(
        "difference",
        0,
        difference,
        "Items that are not in the others.",
    )
    .rest(),
];

/// Items as keys.
fn keys<'h>(vm: &mut Vm<'h>, items: &[Value<'h>]) -> Res<'h, &'h Hash<'h>> {
    let keys = vm.new_hash();
    for item in items {
        vm.tick(1)?;
        if vm.hash_get(keys, *item)?.is_none() {
            add_key(vm, keys, *item)?;
        }
    }
    Ok(keys)
}

/// Adds a key whose value is the item itself: a string is copied as a key, and it is the item that is wanted.
fn add_key<'h>(vm: &mut Vm<'h>, keys: &'h Hash<'h>, item: Value<'h>) -> Res<'h, ()> {
    vm.hash_set(keys, item, item)
}

fn lists<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, Vec<Vec<Value<'h>>>> {
    let mut lists = Vec::new();
    for other in args.values {
        lists.push(arguments::array(vm, *other)?.to_vec());
    }
    Ok(lists)
}

fn intersection<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let others = lists(vm, args)?;
    let mut items = list(vm, this)?.to_vec();
    for other in others {
        let known = keys(vm, &other)?;
        items = chosen(vm, &items, known, true)?;
    }
    let known = keys(vm, &items)?;
    Ok(vm.array(known.values()))
}

/// Items that are keys, or are none.
fn chosen<'h>(
    vm: &mut Vm<'h>,
    items: &[Value<'h>],
    known: &'h Hash<'h>,
    wanted: bool,
) -> Res<'h, Vec<Value<'h>>> {
    let mut found = Vec::new();
    for item in items {
        vm.tick(1)?;
        if vm.hash_get(known, *item)?.is_some() == wanted {
            found.push(*item);
        }
    }
    Ok(found)
}

fn intersects<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = arguments::array(vm, args.at(0))?.to_vec();
    let known = keys(vm, &other)?;
    let items = list(vm, this)?.to_vec();
    let found = chosen(vm, &items, known, true)?;
    Ok(Value::Bool(!found.is_empty()))
}

fn union<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let others = lists(vm, args)?;
    let mut items = list(vm, this)?.to_vec();
    items.extend(others.into_iter().flatten());
    let known = keys(vm, &items)?;
    Ok(vm.array(known.values()))
}

fn difference<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let others = lists(vm, args)?;
    let others: Vec<_> = others.into_iter().flatten().collect();
    let known = keys(vm, &others)?;
    let items = list(vm, this)?.to_vec();
    let found = chosen(vm, &items, known, false)?;
    Ok(vm.array(found))
}
