//! What ActiveSupport adds to Hash, beside merging and renaming keys to symbols and strings.

use super::super::super::eval::Vm;
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Hash, Proc, Value};
use super::super::{Args, Row};
use super::{changeable, own};

pub(super) const ROWS: &[Row] = &[
    Row::new(
        "to_options!",
        0,
        super::symbolize_in_place,
        "Makes the keys symbols.",
    ),
    REVERSE_MERGE,
    REVERSE_MERGE.alias("with_defaults"),
    REVERSE_MERGE_HERE,
    REVERSE_MERGE_HERE.alias("reverse_update"),
    REVERSE_MERGE_HERE.alias("with_defaults!"),
    Row::new(
        "assert_valid_keys",
        0,
        assert_valid_keys,
        "Raises when it has other keys.",
    )
    .rest(),
    Row::new(
        "deep_transform_keys",
        0,
        deep_keys,
        "With keys as the block makes them, inside too.",
    ),
    Row::new(
        "deep_transform_keys!",
        0,
        deep_keys_in_place,
        "Makes the keys as the block says, inside too.",
    ),
    Row::new(
        "deep_transform_values",
        0,
        deep_values,
        "With values as the block makes them, inside too.",
    ),
    Row::new(
        "deep_transform_values!",
        0,
        deep_values_in_place,
        "Makes the values as the block says, inside too.",
    ),
    Row::new(
        "extract!",
        0,
        extract,
        "Takes away and gives entries with these keys.",
    )
    .rest(),
    Row::new(
        "slice!",
        0,
        slice_in_place,
        "Takes away and gives entries with other keys.",
    )
    .rest(),
    Row::new(
        "except!",
        0,
        except_in_place,
        "Takes away entries with these keys.",
    )
    .rest(),
    Row::new(
        "compact_blank!",
        0,
        compact_blank_in_place,
        "Takes away entries whose values are blank.",
    ),
];

const REVERSE_MERGE: Row = Row::new(
    "reverse_merge",
    1,
    reverse_merge,
    "With entries of another hash whose keys it lacks.",
);
const REVERSE_MERGE_HERE: Row = Row::new(
    "reverse_merge!",
    1,
    reverse_merge_in_place,
    "Takes entries of another hash whose keys it lacks.",
);

fn reverse_merge<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = own(vm, args.at(0))?;
    let copy = vm.call_method(Value::Hash(other), known::DUP, &[])?;
    vm.call_named(copy, "merge!", &[this])
}

fn reverse_merge_in_place<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let made = reverse_merge(vm, this, args)?;
    vm.call_named(this, "replace", &[made])
}

fn assert_valid_keys<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let given = vm.array(args.values.to_vec());
    let valid = vm.call_named(given, "flatten", &[])?;
    for key in own(vm, this)?.keys() {
        if !vm.call_named(valid, "include?", &[key])?.truthy() {
            let shown = vm.inspect(key)?;
            let mut names = Vec::new();
            for name in vm.items(valid)? {
                names.push(vm.inspect(name)?);
            }
            let names = names.join(", ");
            let message = format!("Unknown key: {shown}. Valid keys are: {names}");
            return vm.raise("ArgumentError", message);
        }
    }
    Ok(this)
}

/// What becomes of keys and values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Keys,
    Values,
}

fn deep<'h>(vm: &mut Vm<'h>, value: Value<'h>, part: Part, block: &'h Proc<'h>) -> Res<'h> {
    match value {
        Value::Hash(hash) => {
            let made = vm.new_hash();
            for (key, value) in hash.entries() {
                vm.tick(1)?;
                let key = match part {
                    Part::Keys => vm.yield_value(block, key)?,
                    Part::Values => key,
                };
                let value = vm.deeper(|vm| deep(vm, value, part, block))?;
                vm.hash_set(made, key, value)?;
            }
            Ok(Value::Hash(made))
        }
        Value::Array(list) => {
            let mut made = Vec::new();
            for item in list.to_vec() {
                vm.tick(1)?;
                made.push(vm.deeper(|vm| deep(vm, item, part, block))?);
            }
            Ok(vm.array(made))
        }
        _ if part == Part::Values => vm.yield_value(block, value),
        _ => Ok(value),
    }
}

fn deep_keys<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    deep(vm, this, Part::Keys, block)
}

fn deep_values<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    deep(vm, this, Part::Values, block)
}

fn deep_keys_in_place<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let made = deep_keys(vm, this, args)?;
    vm.call_named(this, "replace", &[made])
}

fn deep_values_in_place<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let made = deep_values(vm, this, args)?;
    vm.call_named(this, "replace", &[made])
}

fn extract<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = changeable(vm, this)?;
    let made = vm.new_hash();
    for key in args.values {
        if let Some(value) = vm.hash_get(hash, *key)? {
            vm.hash_delete(hash, *key)?;
            vm.hash_set(made, *key, value)?;
        }
    }
    Ok(Value::Hash(made))
}

fn slice_in_place<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    changeable(vm, this)?;
    let omitted = vm.call_named(this, "except", args.values)?;
    let kept = vm.call_named(this, "slice", args.values)?;
    vm.call_named(this, "replace", &[kept])?;
    Ok(omitted)
}

fn except_in_place<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    for key in args.values {
        vm.call_named(this, "delete", &[*key])?;
    }
    Ok(this)
}

/// The entries whose values are not blank.
pub(super) fn without_blank<'h>(vm: &mut Vm<'h>, hash: &'h Hash<'h>) -> Res<'h> {
    let made = vm.new_hash();
    for (key, value) in hash.entries() {
        if super::present(vm, value)? {
            vm.hash_set(made, key, value)?;
        }
    }
    Ok(Value::Hash(made))
}

fn compact_blank_in_place<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let hash = changeable(vm, this)?;
    let made = without_blank(vm, hash)?;
    vm.call_named(this, "replace", &[made])
}
