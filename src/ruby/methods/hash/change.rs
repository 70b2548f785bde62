//! Methods that change a hash.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Hash, Proc, Value};
use super::super::{Args, Row, arguments};
use super::{add_all, derive, open, walk};

pub(super) const METHODS: &[Row] = &[
    Row::new(
        "initialize",
        0,
        initialize,
        "Takes a default or a block that makes one.",
    )
    .to(1)
    .keywords(&["capacity"])
    .private(),
    Row::new("replace", 1, replace, "Takes the entries of another hash."),
    Row::new(
        "initialize_copy",
        1,
        replace,
        "Takes the entries of another hash.",
    )
    .private(),
    Row::new("[]=", 2, set, "Sets the value of a key."),
    Row::new("store", 2, set, "Sets the value of a key."),
    Row::new("delete", 1, delete, "Takes a key out and gives its value."),
    Row::new(
        "delete_if",
        0,
        delete_if,
        "Takes out what the block is true for.",
    )
    .enumerates(),
    Row::new("reject!", 0, reject, "The same; nil when nothing was.").enumerates(),
    Row::new(
        "keep_if",
        0,
        keep_if,
        "Takes out what the block is false for.",
    )
    .enumerates(),
    Row::new("select!", 0, select, "The same; nil when nothing was.").enumerates(),
    Row::new("filter!", 0, select, "The same; nil when nothing was.").enumerates(),
    Row::new("clear", 0, clear, "Takes all entries out."),
    Row::new("shift", 0, shift, "Takes the first pair out."),
    Row::new("merge!", 0, update, "Adds the entries of other hashes.").rest(),
    Row::new("update", 0, update, "Adds the entries of other hashes.").rest(),
    Row::new(
        "compact!",
        0,
        compact,
        "Takes nils out; nil when there were none.",
    ),
    Row::new("rehash", 0, rehash, "Finds keys again that have changed."),
    Row::new(
        "transform_values!",
        0,
        transform_values,
        "Replaces each value by the block's.",
    )
    .enumerates(),
    Row::new(
        "transform_keys!",
        0,
        transform_keys,
        "Replaces each key by the block's.",
    )
    .to(1),
];

fn initialize<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    if args.block.is_some() && !args.is_empty() {
        return vm.wrong_number(args.len(), 0, Some(0));
    }
    hash.default.set(args.at(0));
    hash.default_proc.set(args.block);
    Ok(Value::Nil)
}

fn replace<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    let other = arguments::hash(vm, args.at(0))?;
    if hash.walkers.get() > 0 {
        return vm.raise("RuntimeError", "can't replace hash during iteration");
    }
    let entries = other.entries();
    hash.clear();
    hash.by_identity.set(other.by_identity.get());
    for (key, value) in entries {
        vm.tick(1)?;
        vm.hash_set(hash, key, value)?;
    }
    Ok(this)
}

fn set<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    vm.hash_set(hash, args.at(0), args.at(1))?;
    Ok(args.at(1))
}

fn delete<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    match (vm.hash_delete(hash, args.at(0))?, args.block) {
        (Some(value), _) => Ok(value),
        (None, Some(block)) => vm.yield_value(block, args.at(0)),
        (None, None) => Ok(Value::Nil),
    }
}

/// Takes out the entries for which a block answers so; whether there were any.
fn sift<'h>(vm: &mut Vm<'h>, this: Value<'h>, block: &'h Proc<'h>, taken: bool) -> Res<'h, bool> {
    let hash = open(vm, this)?;
    let before = hash.len();
    walk(vm, hash, |vm, place, key, value| {
        let answer = vm.yield_values(block, &[key, value])?;
        if answer.truthy() == taken {
            open(vm, this)?.delete_at(place);
        }
        Ok(())
    })?;
    Ok(hash.len() != before)
}

fn delete_if<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    sift(vm, this, block, true)?;
    Ok(this)
}

fn reject<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let changed = sift(vm, this, block, true)?;
    Ok(if changed { this } else { Value::Nil })
}

fn keep_if<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    sift(vm, this, block, false)?;
    Ok(this)
}

fn select<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let changed = sift(vm, this, block, false)?;
    Ok(if changed { this } else { Value::Nil })
}

fn clear<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    open(vm, this)?.clear();
    Ok(this)
}

fn shift<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    let Some((next, key, value)) = hash.entry_from(0) else {
        return Ok(Value::Nil);
    };
    vm.tick(next / 16)?;
    hash.delete_at(next - 1);
    Ok(vm.array(vec![key, value]))
}

fn update<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    merge_into(vm, hash, args)?;
    Ok(this)
}

/// Adds the entries of hashes; a block decides about keys that are there already.
pub(super) fn merge_into<'h>(
    vm: &mut Vm<'h>,
    hash: &'h Hash<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h, ()> {
    for other in args.values {
        let other = arguments::hash(vm, *other)?;
        let Some(block) = args.block else {
            add_all(vm, hash, other)?;
            continue;
        };
        for (key, value) in other.entries() {
            vm.tick(1)?;
            let value = match vm.hash_get(hash, key)? {
                Some(before) => vm.yield_values(block, &[key, before, value])?,
                None => value,
            };
            vm.hash_set(hash, key, value)?;
        }
    }
    Ok(())
}

fn compact<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    let before = hash.len();
    remove_nils(vm, hash)?;
    let same = hash.len() == before;
    Ok(if same { Value::Nil } else { this })
}

/// Takes out the entries whose value is nil.
pub(super) fn remove_nils<'h>(vm: &mut Vm<'h>, hash: &'h Hash<'h>) -> Res<'h, ()> {
    walk(vm, hash, |_, place, _, value| {
        if value.is_nil() {
            hash.delete_at(place);
        }
        Ok(())
    })
}

fn rehash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    if hash.walkers.get() > 0 {
        return vm.raise("RuntimeError", "rehash during iteration");
    }
    let entries = hash.entries();
    hash.clear();
    for (key, value) in entries {
        vm.tick(1)?;
        // Of keys that have become equal the first stays.
        if vm.hash_get(hash, key)?.is_none() {
            vm.hash_set(hash, key, value)?;
        }
    }
    Ok(this)
}

fn transform_values<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let hash = open(vm, this)?;
    walk(vm, hash, |vm, place, _, value| {
        let value = vm.yield_value(block, value)?;
        hash.set_value_at(place, value);
        Ok(())
    })?;
    Ok(this)
}

fn transform_keys<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.is_empty() && args.block.is_none() {
        let name = vm.symbol("transform_keys!");
        return Ok(vm.enumerator(this, name, args));
    }
    let hash = open(vm, this)?;
    let changed = derive::with_keys(vm, hash, args)?;
    let entries = changed.entries();
    hash.clear();
    for (key, value) in entries {
        vm.tick(1)?;
        vm.hash_set(hash, key, value)?;
    }
    Ok(this)
}
