//! Reading entries.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::Value;
use super::super::array::dig_on;
use super::super::enumerable::Test;
use super::super::{Args, Row};
use super::{copy, open, own, walk};

pub(super) const METHODS: &[Row] = &[
    Row::new("[]", 1, index, "The value of a key, or the default."),
    Row::new("fetch", 1, fetch, "The value of a key that must be there.").to(2),
    Row::new(
        "fetch_values",
        0,
        fetch_values,
        "Values of keys that must be there.",
    )
    .rest(),
    Row::new("values_at", 0, values_at, "Values of keys.").rest(),
    Row::new("dig", 1, dig, "A value, and what it holds inside.").rest(),
    KEY,
    KEY.alias("has_key?"),
    KEY.alias("include?"),
    KEY.alias("member?"),
    Row::new("value?", 1, has_value, "Whether a value is there."),
    Row::new("has_value?", 1, has_value, "Whether a value is there."),
    Row::new("key", 1, key, "The first key with a value."),
    Row::new("assoc", 1, assoc, "The pair of a key."),
    Row::new("rassoc", 1, rassoc, "The first pair with a value."),
    Row::new("keys", 0, keys, "All keys."),
    Row::new("values", 0, values, "All values."),
    Row::new("length", 0, length, "Number of entries."),
    Row::new("size", 0, length, "Number of entries."),
    Row::new("empty?", 0, is_empty, "Whether there are no entries."),
    Row::new("any?", 0, any, "Whether it is true for any pair.").to(1),
    Row::new("to_hash", 0, itself, "Itself."),
    Row::new("deconstruct_keys", 1, itself, "Itself."),
    Row::new("dup", 0, dup, "A copy."),
    Row::new("default", 0, default, "What a key that is not there gives.").to(1),
    Row::new(
        "default=",
        1,
        set_default,
        "Sets what a key that is not there gives.",
    ),
    Row::new(
        "default_proc",
        0,
        default_proc,
        "The block that makes defaults.",
    ),
    Row::new(
        "default_proc=",
        1,
        set_default_proc,
        "Sets the block that makes defaults.",
    ),
    Row::new(
        "compare_by_identity",
        0,
        compare_by_identity,
        "Keys are equal as objects only.",
    ),
    Row::new(
        "compare_by_identity?",
        0,
        is_by_identity,
        "Whether they are.",
    ),
    Row::new(
        "to_proc",
        0,
        to_proc,
        "A lambda that gives the value of a key.",
    ),
    Row::new("each", 0, each, "Runs the block with each pair.").enumerates(),
    Row::new("each_pair", 0, each, "Runs the block with each pair.").enumerates(),
    Row::new("each_key", 0, each_key, "Runs the block with each key.").enumerates(),
    Row::new(
        "each_value",
        0,
        each_value,
        "Runs the block with each value.",
    )
    .enumerates(),
];
const KEY: Row = Row::new("key?", 1, has_key, "Whether a key is there.");

fn index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    vm.hash_index(hash, args.at(0))
}

fn fetch<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    let key = args.at(0);
    if let Some(value) = vm.hash_get(hash, key)? {
        return Ok(value);
    }
    match (args.block, args.get(1)) {
        (Some(block), _) => vm.yield_value(block, key),
        (None, Some(otherwise)) => Ok(otherwise),
        (None, None) => vm.key_not_found(this, key),
    }
}

fn fetch_values<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut found = Vec::new();
    for key in args.values {
        let args = Args {
            values: &[*key],
            ..*args
        };
        found.push(fetch(vm, this, &args)?);
    }
    Ok(vm.array(found))
}

fn values_at<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    let mut found = Vec::new();
    for key in args.values {
        found.push(vm.hash_index(hash, *key)?);
    }
    Ok(vm.array(found))
}

fn dig<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let value = index(vm, this, args)?;
    dig_on(vm, value, args)
}

fn has_key<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    Ok(Value::Bool(vm.hash_get(hash, args.at(0))?.is_some()))
}

/// The first entry whose value equals one.
fn with_value<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    wanted: Value<'h>,
) -> Res<'h, Option<(Value<'h>, Value<'h>)>> {
    let hash = own(vm, this)?;
    vm.tick(hash.len() / 16)?;
    for (key, value) in hash.entries() {
        vm.tick(1)?;
        if vm.equal(value, wanted)? {
            return Ok(Some((key, value)));
        }
    }
    Ok(None)
}

fn has_value<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(with_value(vm, this, args.at(0))?.is_some()))
}

fn key<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let found = with_value(vm, this, args.at(0))?;
    Ok(found.map_or(Value::Nil, |(key, _)| key))
}

fn rassoc<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match with_value(vm, this, args.at(0))? {
        Some((key, value)) => Ok(vm.array(vec![key, value])),
        None => Ok(Value::Nil),
    }
}

fn assoc<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    vm.tick(hash.len() / 16)?;
    for (key, value) in hash.entries() {
        vm.tick(1)?;
        let same = if hash.by_identity.get() {
            key.same(args.at(0))
        } else {
            vm.equal(key, args.at(0))?
        };
        if same {
            return Ok(vm.array(vec![key, value]));
        }
    }
    Ok(Value::Nil)
}

fn keys<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let keys = own(vm, this)?.keys();
    vm.tick(keys.len() / 8)?;
    Ok(vm.array(keys))
}

fn values<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let values = own(vm, this)?.values();
    vm.tick(values.len() / 8)?;
    Ok(vm.array(values))
}

fn length<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let length = own(vm, this)?.len();
    Ok(vm.count(length))
}

fn is_empty<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this)?.is_empty()))
}

fn any<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    let test = Test::of(args);
    if matches!(test, Test::Truth) {
        return Ok(Value::Bool(!hash.is_empty()));
    }
    let mut found = false;
    let mut place = 0;
    hash.walkers.set(hash.walkers.get() + 1);
    let mut result = Ok(());
    while let (false, Ok(()), Some((next, key, value))) = (found, &result, hash.entry_from(place)) {
        let pair = vm.array(vec![key, value]);
        match vm.tick(1).and_then(|()| test.passes(vm, &[pair])) {
            Ok(passed) => found = passed,
            Err(error) => result = Err(error),
        }
        place = next;
    }
    hash.walkers.set(hash.walkers.get() - 1);
    result.map(|()| Value::Bool(found))
}

fn itself<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(this)
}

fn dup<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    Ok(Value::Hash(copy(vm, hash, true)?))
}

fn default<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    match (hash.default_proc.get(), args.get(0)) {
        (Some(block), Some(key)) => vm.yield_values(block, &[this, key]),
        _ => Ok(hash.default.get()),
    }
}

fn set_default<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    hash.default.set(args.at(0));
    hash.default_proc.set(None);
    Ok(args.at(0))
}

fn default_proc<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let block = own(vm, this)?.default_proc.get();
    Ok(block.map_or(Value::Nil, Value::Proc))
}

fn set_default_proc<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    let block = match args.at(0) {
        Value::Nil => None,
        Value::Proc(block) => Some(block),
        other => {
            let class = vm.kind_word(other);
            let text = format!("wrong default_proc type {class} (expected Proc)");
            return vm.raise("TypeError", text);
        }
    };
    hash.default.set(Value::Nil);
    hash.default_proc.set(block);
    Ok(args.at(0))
}

fn compare_by_identity<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    if hash.by_identity.get() {
        return Ok(this);
    }
    if hash.walkers.get() > 0 {
        return vm.raise("RuntimeError", "compare_by_identity during iteration");
    }
    let entries = hash.entries();
    hash.clear();
    hash.by_identity.set(true);
    for (key, value) in entries {
        vm.tick(1)?;
        vm.hash_set(hash, key, value)?;
    }
    Ok(this)
}

fn is_by_identity<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this)?.by_identity.get()))
}

fn to_proc<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    let block = vm.native_block(1, move |vm, args| vm.hash_index(hash, args.at(0)));
    let lambda = super::super::super::value::Proc {
        lambda: true,
        ..*block
    };
    Ok(Value::Proc(vm.heap.keep(lambda)))
}

fn each<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let hash = own(vm, this)?;
    walk(vm, hash, |vm, _, key, value| {
        let pair = vm.array(vec![key, value]);
        vm.yield_value(block, pair)?;
        Ok(())
    })?;
    Ok(this)
}

fn each_key<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let hash = own(vm, this)?;
    walk(vm, hash, |vm, _, key, _| {
        vm.yield_value(block, key)?;
        Ok(())
    })?;
    Ok(this)
}

fn each_value<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let hash = own(vm, this)?;
    walk(vm, hash, |vm, _, _, value| {
        vm.yield_value(block, value)?;
        Ok(())
    })?;
    Ok(this)
}
