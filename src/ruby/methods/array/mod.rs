//! `Array`.
//!
//! What works on any `each` is `Enumerable`'s, which walks lists by index; here is what only lists have, what changes
//! them, and what compares and prints them.

mod access;
mod change;
mod combine;
mod compare;
mod mixing;
mod packing;
mod pick;
mod text;

use super::super::eval::Vm;
use super::super::unwind::Res;
use super::super::value::{Array, Value};
use super::library::ClassDefinition;
use super::{Args, Row, arguments};

pub(super) use access::dig_on;

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[ClassDefinition::class("Array", "Object")
    .includes(&["Enumerable"])
    .methods(&[
        access::METHODS,
        change::METHODS,
        combine::METHODS,
        compare::METHODS,
        mixing::METHODS,
        packing::METHODS,
        pick::METHODS,
        text::METHODS,
    ])
    .class_methods(&[CLASS_METHODS])];

const CLASS_METHODS: &[Row] = &[
    Row::new("new", 0, new, "A list of a length, or a copy of one.")
        .rest()
        .any_keywords(),
    Row::new("[]", 0, literal, "A list of the arguments.").rest(),
    Row::new(
        "try_convert",
        1,
        try_convert,
        "The list a value is or becomes, or nil.",
    ),
];

/// The receiver as a list.
fn list<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Array<'h>> {
    arguments::array(vm, this)
}

/// The receiver as a list that may be changed.
fn open<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Array<'h>> {
    let array = list(vm, this)?;
    if array.frozen.get() {
        return vm.frozen(this);
    }
    Ok(array)
}

/// An index from the end counted from the start; `None` when it lies before the start.
fn place(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let index = if index < 0 {
        index.saturating_add(length)
    } else {
        index
    };
    usize::try_from(index).ok()
}

/// Replaces the items of a list the caller may change.
fn put<'h>(vm: &mut Vm<'h>, array: &'h Array<'h>, items: Vec<Value<'h>>) -> Res<'h, ()> {
    vm.grow(items.len().saturating_mul(size_of::<Value<'_>>()))?;
    array.change(|old| *old = items);
    Ok(())
}

/// A list for a class: `None` when it is `Array` itself.
fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = match this {
        Value::Class(class) if class.id.is_none() => Some(class),
        _ => None,
    };
    let made = vm.heap.keep_array(Array::new(Vec::new()).with_class(class));
    let made = Value::Array(made);
    vm.call_full(made, super::super::symbol::known::INITIALIZE, args)?;
    Ok(made)
}

fn literal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = match this {
        Value::Class(class) if class.id.is_none() => Some(class),
        _ => None,
    };
    let items = args.values.to_vec();
    vm.heap.take(size_of_val(args.values));
    let made = vm.heap.keep_array(Array::new(items).with_class(class));
    Ok(Value::Array(made))
}

fn try_convert<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let found = arguments::try_array(vm, args.at(0))?;
    Ok(found.map_or(Value::Nil, Value::Array))
}
