//! Hashes made of a hash.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Hash, Proc, Value};
use super::super::{Args, Row, arguments, enumerable};
use super::{add_all, change, copy, new_like, own, walk};

pub(super) const METHODS: &[Row] = &[
    SELECT,
    SELECT.alias("filter"),
    Row::new("reject", 0, reject, "Entries the block is false for.").enumerates(),
    Row::new("merge", 0, merge, "The entries of this and other hashes.").rest(),
    Row::new("slice", 0, slice, "The entries of some keys.").rest(),
    Row::new("except", 0, except, "All entries but those of some keys.").rest(),
    Row::new("compact", 0, compact, "Entries whose value is not nil."),
    Row::new("invert", 0, invert, "Values as keys."),
    Row::new(
        "transform_values",
        0,
        transform_values,
        "The block's value for each value.",
    )
    .enumerates(),
    Row::new(
        "transform_keys",
        0,
        transform_keys,
        "The block's value for each key.",
    )
    .to(1),
    Row::new(
        "to_h",
        0,
        to_h,
        "Itself, or a hash of the pairs a block makes.",
    ),
    Row::new("to_a", 0, to_a, "All pairs."),
    Row::new("flatten", 0, flatten, "Keys and values in a row.").to(1),
];
const SELECT: Row = Row::new("select", 0, select, "Entries the block is true for.").enumerates();

fn chosen<'h>(vm: &mut Vm<'h>, this: Value<'h>, block: &'h Proc<'h>, wanted: bool) -> Res<'h> {
    let hash = own(vm, this)?;
    let found = new_like(vm, hash);
    walk(vm, hash, |vm, _, key, value| {
        if vm.yield_values(block, &[key, value])?.truthy() == wanted {
            vm.hash_set(found, key, value)?;
        }
        Ok(())
    })?;
    Ok(Value::Hash(found))
}

fn select<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    chosen(vm, this, block, true)
}

fn reject<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    chosen(vm, this, block, false)
}

fn merge<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    let merged = copy(vm, hash, true)?;
    change::merge_into(vm, merged, args)?;
    Ok(Value::Hash(merged))
}

fn slice<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    let found = new_like(vm, hash);
    for key in args.values {
        vm.tick(1)?;
        if let Some(value) = vm.hash_get(hash, *key)? {
            vm.hash_set(found, *key, value)?;
        }
    }
    Ok(Value::Hash(found))
}

fn except<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    let found = new_like(vm, hash);
    add_all(vm, found, hash)?;
    for key in args.values {
        vm.tick(1)?;
        vm.hash_delete(found, *key)?;
    }
    Ok(Value::Hash(found))
}

/// Unlike its relatives it keeps the default, as in Ruby.
fn compact<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    let found = copy(vm, hash, true)?;
    change::remove_nils(vm, found)?;
    Ok(Value::Hash(found))
}

fn invert<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let entries = own(vm, this)?.entries();
    vm.tick(entries.len())?;
    let entries = entries.into_iter().map(|(key, value)| (value, key));
    vm.hash(entries.collect())
}

fn transform_values<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let hash = own(vm, this)?;
    let found = new_like(vm, hash);
    walk(vm, hash, |vm, _, key, value| {
        let value = vm.yield_value(block, value)?;
        vm.hash_set(found, key, value)
    })?;
    Ok(Value::Hash(found))
}

fn transform_keys<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.is_empty() && args.block.is_none() {
        let name = vm.symbol("transform_keys");
        return Ok(vm.enumerator(this, name, args));
    }
    let hash = own(vm, this)?;
    Ok(Value::Hash(with_keys(vm, hash, args)?))
}

/// The entries with other keys: those of a hash, else the block's, else the same.
pub(super) fn with_keys<'h>(
    vm: &mut Vm<'h>,
    hash: &'h Hash<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h, &'h Hash<'h>> {
    let names = match args.get(0) {
        Some(names) => Some(arguments::hash(vm, names)?),
        None => None,
    };
    let found = vm.new_hash();
    let block = args.block;
    walk(vm, hash, |vm, _, key, value| {
        let named = match names {
            Some(names) => vm.hash_get(names, key)?,
            None => None,
        };
        let key = match (named, block) {
            (Some(named), _) => named,
            (None, Some(block)) => vm.yield_value(block, key)?,
            (None, None) => key,
        };
        vm.hash_set(found, key, value)
    })?;
    Ok(found)
}

fn to_h<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    match args.block {
        Some(block) => enumerable::to_pairs(vm, this, Some(block)),
        None if hash.class.is_some() => Ok(Value::Hash(copy(vm, hash, false)?)),
        None => Ok(this),
    }
}

fn to_a<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let items = vm.items(this)?;
    Ok(vm.array(items))
}

fn flatten<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let depth = match args.get(0) {
        Some(depth) => vm.long(depth)?,
        None => 1,
    };
    let pairs = to_a(vm, this, args)?;
    vm.call_named(pairs, "flatten", &[Value::Integer(depth)])
}
