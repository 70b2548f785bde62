//! `Comparable`: what follows from `<=>`.

use std::cmp::Ordering;

use super::super::eval::Vm;
use super::super::unwind::Res;
use super::super::value::Value;
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] =
    &[ClassDefinition::module("Comparable").methods(&[METHODS])];

const METHODS: &[Row] = &[
    Row::new("==", 1, equal, "Whether `<=>` gives zero."),
    Row::new("<", 1, less, "Whether it comes before."),
    Row::new("<=", 1, less_or_equal, "Whether it does not come behind."),
    Row::new(">", 1, greater, "Whether it comes behind."),
    Row::new(
        ">=",
        1,
        greater_or_equal,
        "Whether it does not come before.",
    ),
    Row::new("between?", 2, between, "Whether it lies between two."),
    Row::new("clamp", 1, clamp, "The nearest value between two.").to(2),
];

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if this.same(args.at(0)) {
        return Ok(Value::Bool(true));
    }
    let order = vm.compare(this, args.at(0))?;
    Ok(Value::Bool(order == Some(Ordering::Equal)))
}

fn less<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(vm.order(this, args.at(0))?.is_lt()))
}

fn less_or_equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(vm.order(this, args.at(0))?.is_le()))
}

fn greater<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(vm.order(this, args.at(0))?.is_gt()))
}

fn greater_or_equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(vm.order(this, args.at(0))?.is_ge()))
}

fn between<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let inside = vm.order(this, args.at(0))?.is_ge() && vm.order(this, args.at(1))?.is_le();
    Ok(Value::Bool(inside))
}

fn clamp<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (least, most) = match (args.at(0), args.get(1)) {
        (least, Some(most)) => (least, most),
        (Value::Range(range), None) => {
            if range.exclusive && !range.last.is_nil() {
                return vm.raise("ArgumentError", "cannot clamp with an exclusive range");
            }
            (range.first, range.last)
        }
        (other, None) => {
            let class = vm.kind_word(other);
            let text = format!("wrong argument type {class} (expected Range)");
            return vm.raise("TypeError", text);
        }
    };
    if !least.is_nil() && !most.is_nil() && vm.order(least, most)?.is_gt() {
        let text = "min argument must be less than or equal to max argument";
        return vm.raise("ArgumentError", text);
    }
    if !least.is_nil() && vm.order(this, least)?.is_lt() {
        return Ok(least);
    }
    if !most.is_nil() && vm.order(this, most)?.is_gt() {
        return Ok(most);
    }
    Ok(this)
}
