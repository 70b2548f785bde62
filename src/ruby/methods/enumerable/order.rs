//! Sorting, least and greatest.
//!
//! Ruby sorts with the C library, whose sort on Linux is a merge sort: stable, and it asks in the same order as the
//! one here. An order that contradicts itself gives some order, never an error.

use std::cmp::Ordering;

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Proc, Value};
use super::super::{Args, arguments};

/// An order of two things.
type Compare<'c, 'h, T> = &'c mut dyn FnMut(&mut Vm<'h>, T, T) -> Res<'h, Ordering>;

/// Sorts, asking for the order of two things at a time.
pub(in super::super) fn merge_sort<'h, T: Copy>(
    vm: &mut Vm<'h>,
    items: Vec<T>,
    compare: Compare<'_, 'h, T>,
) -> Res<'h, Vec<T>> {
    vm.tick(items.len())?;
    if items.len() < 2 {
        return Ok(items);
    }
    let mut left = items;
    let right = left.split_off(left.len() / 2);
    let left = merge_sort(vm, left, compare)?;
    let right = merge_sort(vm, right, compare)?;
    merge(vm, &left, &right, compare)
}

fn merge<'h, T: Copy>(
    vm: &mut Vm<'h>,
    left: &[T],
    right: &[T],
    compare: Compare<'_, 'h, T>,
) -> Res<'h, Vec<T>> {
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.iter(), right.iter());
    while let (Some(a), Some(b)) = (left.as_slice().first(), right.as_slice().first()) {
        let next = if compare(vm, *a, *b)? == Ordering::Greater {
            right.next()
        } else {
            left.next()
        };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}

/// The items in their order, or in that of a block.
pub(in super::super) fn sorted<'h>(
    vm: &mut Vm<'h>,
    items: Vec<Value<'h>>,
    block: Option<&'h Proc<'h>>,
) -> Res<'h, Vec<Value<'h>>> {
    merge_sort(vm, items, &mut |vm, a, b| ordered(vm, block, a, b))
}

/// The order of two items: their own, or that of a block.
fn ordered<'h>(
    vm: &mut Vm<'h>,
    block: Option<&'h Proc<'h>>,
    a: Value<'h>,
    b: Value<'h>,
) -> Res<'h, Ordering> {
    match block {
        None => vm.order(a, b),
        Some(block) => {
            let answer = vm.yield_values(block, &[a, b])?;
            arguments::block_order(vm, answer, a, b)
        }
    }
}

/// The items in the order of what a block makes of them.
pub(in super::super) fn sorted_by<'h>(
    vm: &mut Vm<'h>,
    items: Vec<Value<'h>>,
    block: &'h Proc<'h>,
) -> Res<'h, Vec<Value<'h>>> {
    let mut keyed = Vec::with_capacity(items.len());
    for item in items {
        vm.tick(1)?;
        keyed.push((vm.yield_value(block, item)?, item));
    }
    let keyed = merge_sort(vm, keyed, &mut |vm, a, b| vm.order(a.0, b.0))?;
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

pub(super) fn sort<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let items = vm.items(this)?;
    let items = sorted(vm, items, args.block)?;
    Ok(vm.array(items))
}

pub(super) fn sort_by<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let items = vm.items(this)?;
    let items = sorted_by(vm, items, block)?;
    Ok(vm.array(items))
}

/// The first item that is not on the wrong side of any other.
fn extreme<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    items: &[Value<'h>],
    block: Option<&'h Proc<'h>>,
    side: Ordering,
) -> Res<'h> {
    // Whom a list asks differs from whom all else asks, which shows in the text when they do not compare.
    let asks_best = matches!(this, Value::Array(_)) && block.is_none();
    let Some((first, rest)) = items.split_first() else {
        return Ok(Value::Nil);
    };
    let mut best = *first;
    for item in rest {
        vm.tick(1)?;
        let order = if asks_best {
            vm.order(best, *item)?.reverse()
        } else {
            ordered(vm, block, *item, best)?
        };
        if order == side {
            best = *item;
        }
    }
    Ok(best)
}

/// `min` and `max`, of items that are known.
pub(in super::super) fn extreme_of<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    items: Vec<Value<'h>>,
    args: &Args<'_, 'h>,
    side: Ordering,
) -> Res<'h> {
    match args.at(0) {
        Value::Nil => extreme(vm, this, &items, args.block, side),
        count => {
            let count = size(vm, count)?;
            let mut items = sorted(vm, items, args.block)?;
            if side == Ordering::Greater {
                items.reverse();
            }
            items.truncate(count);
            Ok(vm.array(items))
        }
    }
}

fn size<'h>(vm: &mut Vm<'h>, count: Value<'h>) -> Res<'h, usize> {
    let number = vm.long(count)?;
    arguments::count(vm, count, &format!("negative size ({number})"))
}

pub(super) fn min<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let items = vm.items(this)?;
    extreme_of(vm, this, items, args, Ordering::Less)
}

pub(super) fn max<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let items = vm.items(this)?;
    extreme_of(vm, this, items, args, Ordering::Greater)
}

pub(in super::super) fn minmax<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let items = vm.items(this)?;
    let least = extreme(vm, this, &items, args.block, Ordering::Less)?;
    let greatest = extreme(vm, this, &items, args.block, Ordering::Greater)?;
    Ok(vm.array(vec![least, greatest]))
}

/// The first item whose value of the block is not on the wrong side of any other.
fn extreme_by<'h>(vm: &mut Vm<'h>, keyed: &[(Value<'h>, Value<'h>)], side: Ordering) -> Res<'h> {
    let Some((first, rest)) = keyed.split_first() else {
        return Ok(Value::Nil);
    };
    let mut best = *first;
    for item in rest {
        vm.tick(1)?;
        if vm.order(item.0, best.0)? == side {
            best = *item;
        }
    }
    Ok(best.1)
}

fn keyed<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h, Vec<(Value<'h>, Value<'h>)>> {
    let block = vm.expect_block(args)?;
    let mut keyed = Vec::new();
    for item in vm.items(this)? {
        vm.tick(1)?;
        keyed.push((vm.yield_value(block, item)?, item));
    }
    Ok(keyed)
}

fn by<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>, side: Ordering) -> Res<'h> {
    let keyed = keyed(vm, this, args)?;
    match args.at(0) {
        Value::Nil => extreme_by(vm, &keyed, side),
        count => {
            let count = size(vm, count)?;
            let sorted = merge_sort(vm, keyed, &mut |vm, a, b| vm.order(a.0, b.0))?;
            let mut items: Vec<_> = sorted.into_iter().map(|(_, item)| item).collect();
            if side == Ordering::Greater {
                items.reverse();
            }
            items.truncate(count);
            Ok(vm.array(items))
        }
    }
}

pub(super) fn min_by<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    by(vm, this, args, Ordering::Less)
}

pub(super) fn max_by<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    by(vm, this, args, Ordering::Greater)
}

pub(super) fn minmax_by<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let keyed = keyed(vm, this, args)?;
    let least = extreme_by(vm, &keyed, Ordering::Less)?;
    let greatest = extreme_by(vm, &keyed, Ordering::Greater)?;
    Ok(vm.array(vec![least, greatest]))
}
