//! What `if_p` and `if_link` return: the way to `else`.

use crate::ruby::eval::Vm;
use crate::ruby::methods::library::ClassDefinition;
use crate::ruby::methods::{Args, Row};
use crate::ruby::unwind::Res;
use crate::ruby::value::Value;

const ACTIVE: &str = "Bosh::Common::Template::EvaluationContext::ActiveElseBlock";
const INACTIVE: &str = "Bosh::Common::Template::EvaluationContext::InactiveElseBlock";

/// Classes of this file.
pub(super) const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class(ACTIVE, "Object")
        .methods(&[ACTIVE_METHODS])
        .missing(&[], &["new"]),
    ClassDefinition::class(INACTIVE, "Object")
        .methods(&[INACTIVE_METHODS])
        .missing(&[], &["new"]),
];

const ACTIVE_METHODS: &[Row] = &[
    Row::new("else", 0, run, "Calls the block: nothing before did."),
    Row::new("else_if_p", 0, else_if_property, "As `if_p`.").rest(),
    Row::new("else_if_link", 1, else_if_link, "As `if_link`."),
];

const INACTIVE_METHODS: &[Row] = &[
    Row::new("else", 0, nothing, "Nil: a block has been called."),
    Row::new("else_if_p", 0, still_inactive, "Calls nothing any more.").rest(),
    Row::new("else_if_link", 1, still_inactive, "Calls nothing any more."),
];

/// Nothing has been called yet; `context` is what else is asked.
pub(super) fn active<'h>(vm: &mut Vm<'h>, context: Value<'h>) -> Value<'h> {
    vm.object_with(ACTIVE, vec![context])
}

/// A block has been called.
pub(super) fn inactive<'h>(vm: &mut Vm<'h>) -> Value<'h> {
    vm.object_with(INACTIVE, Vec::new())
}

fn run<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    vm.yield_values(block, &[])
}

fn else_if_property<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    ask(vm, this, "if_p", args)
}

fn else_if_link<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    ask(vm, this, "if_link", args)
}

fn ask<'h>(vm: &mut Vm<'h>, this: Value<'h>, method: &str, args: &Args<'_, 'h>) -> Res<'h> {
    let context = match this {
        Value::Object(object) => object.slot(0),
        _ => Value::Nil,
    };
    let method = vm.symbol(method);
    vm.call_public(context, method, args)
}

fn nothing<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Nil)
}

fn still_inactive<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(inactive(vm))
}
