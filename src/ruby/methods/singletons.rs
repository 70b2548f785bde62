//! `nil`, `true` and `false`.

use super::super::eval::Vm;
use super::super::unwind::Res;
use super::super::value::{Encoding, Value};
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("NilClass", "Object")
        .methods(&[LOGIC, NIL])
        .missing(&["rationalize", "to_c", "to_r"], &[]),
    ClassDefinition::class("TrueClass", "Object")
        .methods(&[LOGIC, TRUTH])
        .missing(&[], &[]),
    ClassDefinition::class("FalseClass", "Object")
        .methods(&[LOGIC, TRUTH])
        .missing(&[], &[]),
];

const LOGIC: &[Row] = &[
    Row::new("&", 1, and, "Whether both are true."),
    Row::new("|", 1, or, "Whether one is true."),
    Row::new("^", 1, xor, "Whether only one is true."),
    Row::new("===", 1, same, "Whether it is the same."),
];

const NIL: &[Row] = &[
    Row::new("to_s", 0, nil_to_s, "The empty text."),
    Row::new("inspect", 0, nil_inspect, "`nil`"),
    Row::new("to_a", 0, to_a, "An empty list."),
    Row::new("to_h", 0, to_h, "An empty hash."),
    Row::new("to_i", 0, to_i, "Zero."),
    Row::new("to_f", 0, to_f, "Zero."),
    Row::new("=~", 1, no_match, "Nil."),
];

const TRUTH: &[Row] = &[
    Row::new("to_s", 0, to_s, "`true` or `false`."),
    Row::new("inspect", 0, to_s, "`true` or `false`."),
];

fn and<'h>(_: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(this.truthy() && args.at(0).truthy()))
}

fn or<'h>(_: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(this.truthy() || args.at(0).truthy()))
}

fn xor<'h>(_: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(this.truthy() != args.at(0).truthy()))
}

fn same<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(vm.equal(this, args.at(0))?))
}

/// A frozen text, as these values print.
fn frozen_text<'h>(vm: &mut Vm<'h>, text: &str) -> Value<'h> {
    let string = vm.new_str(text.as_bytes().to_vec(), Encoding::UsAscii);
    string.frozen.set(true);
    Value::String(string)
}

fn nil_to_s<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(frozen_text(vm, ""))
}

fn nil_inspect<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(vm.bytes(b"nil".to_vec(), Encoding::UsAscii))
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(frozen_text(
        vm,
        if this.truthy() { "true" } else { "false" },
    ))
}

fn to_a<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(vm.array(Vec::new()))
}

fn to_h<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    vm.hash(Vec::new())
}

fn to_i<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(0))
}

fn to_f<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Float(0.0))
}

fn no_match<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Nil)
}
