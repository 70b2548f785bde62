//! `Hash`.
//!
//! Blocks of `select` and the like get key and value as two values, those of `Enumerable` one pair, as in Ruby. While
//! a walk lasts no key can be added, and places do not move.

mod access;
mod change;
mod compare;
mod derive;
mod text;

use super::super::eval::Vm;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Hash, Value};
use super::library::ClassDefinition;
use super::{Args, Row, arguments};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[ClassDefinition::class("Hash", "Object")
    .includes(&["Enumerable"])
    .methods(&[
        access::METHODS,
        change::METHODS,
        compare::METHODS,
        derive::METHODS,
        text::METHODS,
    ])
    .class_methods(&[CLASS_METHODS])
    .missing(&[], &["ruby2_keywords_hash", "ruby2_keywords_hash?"])];

const CLASS_METHODS: &[Row] = &[
    Row::new(
        "new",
        0,
        new,
        "An empty hash, with a default or a block that makes one.",
    )
    .rest()
    .any_keywords(),
    Row::new(
        "[]",
        0,
        literal,
        "A hash of another, of pairs, or of keys and values.",
    )
    .rest(),
    Row::new(
        "try_convert",
        1,
        try_convert,
        "The hash a value is or becomes, or nil.",
    ),
];

/// The receiver as a hash.
fn own<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Hash<'h>> {
    arguments::hash(vm, this)
}

/// The receiver as a hash that may be changed.
fn open<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Hash<'h>> {
    let hash = own(vm, this)?;
    if hash.frozen.get() {
        return vm.frozen(this);
    }
    Ok(hash)
}

/// Walks keys and values, with the place of each; meanwhile no key can be added.
fn walk<'h, F>(vm: &mut Vm<'h>, hash: &'h Hash<'h>, step: F) -> Res<'h, ()>
where
    F: FnMut(&mut Vm<'h>, usize, Value<'h>, Value<'h>) -> Res<'h, ()>,
{
    hash.walkers.set(hash.walkers.get() + 1);
    let result = walk_entries(vm, hash, step);
    hash.walkers.set(hash.walkers.get() - 1);
    result
}

fn walk_entries<'h, F>(vm: &mut Vm<'h>, hash: &'h Hash<'h>, mut step: F) -> Res<'h, ()>
where
    F: FnMut(&mut Vm<'h>, usize, Value<'h>, Value<'h>) -> Res<'h, ()>,
{
    let mut place = 0;
    while let Some((next, key, value)) = hash.entry_from(place) {
        vm.tick(1)?;
        step(vm, next - 1, key, value)?;
        place = next;
    }
    Ok(())
}

/// An empty hash that compares keys in the same way.
fn new_like<'h>(vm: &mut Vm<'h>, hash: &Hash<'h>) -> &'h Hash<'h> {
    let made = vm.new_hash();
    made.by_identity.set(hash.by_identity.get());
    made
}

/// Adds all entries of another hash.
fn add_all<'h>(vm: &mut Vm<'h>, hash: &'h Hash<'h>, other: &Hash<'h>) -> Res<'h, ()> {
    for (key, value) in other.entries() {
        vm.tick(1)?;
        vm.hash_set(hash, key, value)?;
    }
    Ok(())
}

/// A copy with defaults, of a class.
fn copy<'h>(vm: &mut Vm<'h>, hash: &'h Hash<'h>, same_class: bool) -> Res<'h, &'h Hash<'h>> {
    let class = hash.class.filter(|_| same_class);
    let made = vm.heap.keep_hash(Hash::new().with_class(class));
    made.by_identity.set(hash.by_identity.get());
    made.default.set(hash.default.get());
    made.default_proc.set(hash.default_proc.get());
    add_all(vm, made, hash)?;
    Ok(made)
}

fn empty_of<'h>(vm: &mut Vm<'h>, class: Value<'h>) -> &'h Hash<'h> {
    let class = match class {
        Value::Class(class) if class.id.is_none() => Some(class),
        _ => None,
    };
    vm.heap.keep_hash(Hash::new().with_class(class))
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let made = Value::Hash(empty_of(vm, this));
    vm.call_full(made, known::INITIALIZE, args)?;
    Ok(made)
}

fn literal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let made = empty_of(vm, this);
    match args.values {
        [Value::Hash(other)] => add_all(vm, made, other)?,
        [single] => match arguments::try_array(vm, *single)? {
            Some(pairs) => add_pairs(vm, made, &pairs.to_vec())?,
            None => return odd(vm),
        },
        values => {
            if values.len() % 2 == 1 {
                return odd(vm);
            }
            for pair in values.chunks_exact(2) {
                vm.hash_set(made, pair[0], pair[1])?;
            }
        }
    }
    Ok(Value::Hash(made))
}

fn odd<'h, T>(vm: &mut Vm<'h>) -> Res<'h, T> {
    vm.raise("ArgumentError", "odd number of arguments for Hash")
}

fn add_pairs<'h>(vm: &mut Vm<'h>, hash: &'h Hash<'h>, pairs: &[Value<'h>]) -> Res<'h, ()> {
    for (index, pair) in pairs.iter().enumerate() {
        vm.tick(1)?;
        let Some(items) = arguments::try_array(vm, *pair)? else {
            let class = vm.class_of(*pair).real();
            let class = vm.class_name(class);
            let text = format!("wrong element type {class} at {index} (expected array)");
            return vm.raise("ArgumentError", text);
        };
        match items.to_vec()[..] {
            [key] => vm.hash_set(hash, key, Value::Nil)?,
            [key, value] => vm.hash_set(hash, key, value)?,
            ref other => {
                let text = format!("invalid number of elements ({} for 1..2)", other.len());
                return vm.raise("ArgumentError", text);
            }
        }
    }
    Ok(())
}

fn try_convert<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.at(0) {
        Value::Hash(hash) => Ok(Value::Hash(hash)),
        object @ Value::Object(_) if vm.responds(object, known::TO_HASH) => {
            Ok(Value::Hash(arguments::hash(vm, object)?))
        }
        _ => Ok(Value::Nil),
    }
}
