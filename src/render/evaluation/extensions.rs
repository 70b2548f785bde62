//! What a Director adds to Ruby's own classes.

use super::open_struct::OPEN_STRUCT;
use crate::ruby::eval::Vm;
use crate::ruby::methods::library::ClassDefinition;
use crate::ruby::methods::{Args, Row};
use crate::ruby::unwind::Res;
use crate::ruby::value::{Hash, Value};

/// Additions to classes of Ruby's tables.
pub(super) const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("Object", "BasicObject").methods(&[OBJECT]),
    ClassDefinition::class("Array", "Object").methods(&[ARRAY]),
    ClassDefinition::class("Hash", "Object").methods(&[HASH]),
];

const OBJECT: &[Row] = &[Row::new("to_openstruct", 0, itself, "Itself.")];

const ARRAY: &[Row] = &[Row::new(
    "to_openstruct",
    0,
    items_to_open_struct,
    "The items, OpenStructs in place of hashes.",
)];

const HASH: &[Row] = &[
    Row::new(
        "recursive_merge",
        1,
        recursive_merge,
        "A copy with the entries of another hash; hashes in both are merged.",
    ),
    Row::new(
        "to_openstruct",
        0,
        to_open_struct,
        "An OpenStruct of the entries, hashes in them too.",
    ),
];

fn itself<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(this)
}

fn items_to_open_struct<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mut made = Vec::new();
    for item in vm.items(this)? {
        vm.tick(1)?;
        made.push(vm.call_named(item, "to_openstruct", &[])?);
    }
    Ok(vm.array(made))
}

fn to_open_struct<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let Value::Hash(hash) = this else {
        return Ok(this);
    };
    let mapped = vm.new_hash();
    for (key, value) in hash.entries() {
        vm.tick(1)?;
        let value = vm.call_named(value, "to_openstruct", &[])?;
        vm.hash_set(mapped, key, value)?;
    }
    let class = Value::Class(vm.class_named(OPEN_STRUCT));
    vm.call_named(class, "new", &[Value::Hash(mapped)])
}

fn recursive_merge<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match (this, args.at(0)) {
        (Value::Hash(old), Value::Hash(new)) => merge(vm, old, new),
        (_, other) => vm.no_conversion(other, "Hash"),
    }
}

fn merge<'h>(vm: &mut Vm<'h>, old: &'h Hash<'h>, new: &'h Hash<'h>) -> Res<'h> {
    let merged = vm.new_hash();
    for (key, value) in old.entries() {
        vm.tick(1)?;
        vm.hash_set(merged, key, value)?;
    }
    for (key, value) in new.entries() {
        vm.tick(1)?;
        let value = match (vm.hash_get(merged, key)?, value) {
            (Some(Value::Hash(old)), Value::Hash(new)) => vm.deeper(|vm| merge(vm, old, new))?,
            (_, value) => value,
        };
        vm.hash_set(merged, key, value)?;
    }
    Ok(Value::Hash(merged))
}
