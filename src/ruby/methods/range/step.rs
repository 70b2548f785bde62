//! `step` and `%`.

use super::super::super::eval::{Flow, Vm, is_number};
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Proc, Range, Value};
use super::super::enumerator::sequence::{Progression, arithmetic_sequence};
use super::super::{Args, Row};
use super::range;

pub(super) const METHODS: &[Row] = &[
    Row::new("step", 0, step, "Items at equal distances.").to(1),
    Row::new("%", 1, modulo, "Items at equal distances."),
];

fn step<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    stepped(vm, this, args, "step")
}

fn modulo<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    stepped(vm, this, args, "%")
}

fn stepped<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>, name: &str) -> Res<'h> {
    let own = range(vm, this)?;
    let by = args.get(0);
    let numbers = is_number(own.first) && (own.last.is_nil() || is_number(own.last));
    if own.first.is_nil() {
        let text = if args.block.is_some() {
            "#step iteration for beginless ranges is meaningless"
        } else {
            "#step for non-numeric beginless ranges is meaningless"
        };
        return vm.raise("ArgumentError", text);
    }
    if by.is_none() && !numbers {
        return vm.raise("ArgumentError", "step is required for non-numeric ranges");
    }
    let by = by.unwrap_or(Value::Integer(1));
    if is_number(by) && vm.equal(by, Value::Integer(0))? {
        return vm.raise("ArgumentError", "step can't be 0");
    }
    if !numbers {
        return step_others(vm, this, own, by, args);
    }
    if !is_number(by) {
        return vm.no_conversion(by, "Integer");
    }
    let progression = Progression {
        first: own.first,
        last: own.last,
        step: by,
        exclusive: own.exclusive,
    };
    let Some(block) = args.block else {
        return sequence(vm, this, args, name, progression);
    };
    progression.walk(vm, |vm, number| {
        vm.yield_value(block, number)?;
        Ok(Flow::Next)
    })?;
    Ok(this)
}

fn sequence<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    name: &str,
    progression: Progression<'h>,
) -> Res<'h> {
    let shown = vm.inspect(this)?;
    let by = match args.get(0) {
        None => String::new(),
        Some(by) => format!("({})", vm.inspect(by)?),
    };
    Ok(arithmetic_sequence(
        vm,
        progression,
        &format!("(({shown}).{name}{by})"),
    ))
}

/// Steps of anything else: texts by counting their successors, the rest by adding.
fn step_others<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    own: &'h Range<'h>,
    by: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let Some(block) = args.block else {
        let name = vm.symbol("step");
        return Ok(vm.enumerator(this, name, args));
    };
    match (own.first, by) {
        (Value::String(_) | Value::Symbol(_), Value::Integer(by)) => {
            if by < 0 {
                return vm.raise("ArgumentError", "step can't be negative");
            }
            each_nth(vm, this, by, block)?;
        }
        _ => by_adding(vm, own, by, block)?,
    }
    Ok(this)
}

fn each_nth<'h>(vm: &mut Vm<'h>, this: Value<'h>, by: i64, block: &'h Proc<'h>) -> Res<'h, ()> {
    let index = vm.cell(Value::Integer(0));
    vm.each(this, move |vm, item| {
        if super::super::enumerable::next_number(index) % by == 0 {
            vm.yield_value(block, item)?;
        }
        Ok(())
    })
}

fn by_adding<'h>(
    vm: &mut Vm<'h>,
    own: &Range<'h>,
    by: Value<'h>,
    block: &'h Proc<'h>,
) -> Res<'h, ()> {
    let mut item = own.first;
    loop {
        vm.tick(1)?;
        if !own.last.is_nil() {
            let inside = vm.compare(item, own.last)?;
            let inside =
                inside.is_some_and(|order| order.is_lt() || (order.is_eq() && !own.exclusive));
            if !inside {
                return Ok(());
            }
        }
        vm.yield_value(block, item)?;
        item = vm.call_method(item, known::ADD, &[by])?;
    }
}
