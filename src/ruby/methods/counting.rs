//! Counting: `times`, `upto`, `downto` and `step`.

use super::super::eval::{Flow, Vm, is_number};
use super::super::symbol::{Symbol, known};
use super::super::unwind::Res;
use super::super::value::{Hash, Proc, Value};
use super::enumerator::sequence::{Progression, arithmetic_sequence};
use super::numeric::float_of;
use super::{Args, Row};

/// Methods of integers.
pub(super) const COUNTING: &[Row] = &[
    Row::new(
        "times",
        0,
        times,
        "Runs the block with 0, 1, … up to one less.",
    )
    .enumerates(),
    Row::new(
        "upto",
        1,
        upto,
        "Runs the block with each integer up to a limit.",
    )
    .enumerates(),
    Row::new(
        "downto",
        1,
        downto,
        "Runs the block with each integer down to a limit.",
    )
    .enumerates(),
];

/// Methods of all numbers.
pub(super) const STEP: &[Row] = &[Row::new(
    "step",
    0,
    step,
    "Runs the block with numbers at equal distances.",
)
.to(2)
.keywords(&["by", "to"])];

fn times<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    // No run lasts beyond 64 bits.
    let count = match this {
        Value::Integer(count) => count,
        _ if vm
            .number_order(this, Value::Integer(0))
            .is_some_and(std::cmp::Ordering::is_gt) =>
        {
            i64::MAX
        }
        _ => 0,
    };
    for number in 0..count {
        vm.tick(1)?;
        vm.yield_value(block, Value::Integer(number))?;
    }
    Ok(this)
}

fn upto<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    count(vm, this, args, known::GREATER, 1)
}

fn downto<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    count(vm, this, args, known::LESS, -1)
}

/// Counts until the number is beyond the limit.
fn count<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    beyond: Symbol,
    step: i64,
) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let limit = args.at(0);
    let mut number = this;
    while !vm.call_method(number, beyond, &[limit])?.truthy() {
        vm.tick(1)?;
        vm.yield_value(block, number)?;
        number = vm.call_method(number, known::ADD, &[Value::Integer(step)])?;
    }
    Ok(this)
}

fn step<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (limit, by) = step_arguments(vm, args)?;
    if vm.equal(by, Value::Integer(0))? {
        return vm.raise("ArgumentError", "step can't be 0");
    }
    let Some(block) = args.block else {
        return step_sequence(vm, this, limit, by, args);
    };
    if [this, limit, by]
        .iter()
        .any(|value| matches!(value, Value::Float(_)))
    {
        step_floats(vm, this, limit, by, block)?;
    } else {
        step_others(vm, this, limit, by, block)?;
    }
    Ok(this)
}

/// Without a block: the numbers as a sequence.
fn step_sequence<'h>(
    vm: &mut Vm<'h>,
    first: Value<'h>,
    last: Value<'h>,
    step: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    if !is_number(step) || !(last.is_nil() || is_number(last)) {
        return vm.unsupported("Numeric#step of other than numbers");
    }
    let mut shown = Vec::new();
    for value in args.values {
        shown.push(vm.inspect(*value)?);
    }
    for (key, value) in args.keywords.map(Hash::entries).unwrap_or_default() {
        let (key, value) = (vm.display(key)?, vm.inspect(value)?);
        shown.push(format!("{key}: {value}"));
    }
    let shown = match shown.join(", ") {
        list if list.is_empty() => list,
        list => format!("({list})"),
    };
    let receiver = vm.inspect(first)?;
    let progression = Progression {
        first,
        last,
        step,
        exclusive: false,
    };
    Ok(arithmetic_sequence(
        vm,
        progression,
        &format!("({receiver}.step{shown})"),
    ))
}

/// Limit and distance, from positions or keywords.
fn step_arguments<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, (Value<'h>, Value<'h>)> {
    let (to, by) = (args.keyword(vm, "to"), args.keyword(vm, "by"));
    if to.is_some() && !args.is_empty() {
        return vm.raise("ArgumentError", "to is given twice");
    }
    if by.is_some() && args.len() > 1 {
        return vm.raise("ArgumentError", "step is given twice");
    }
    let limit = to.unwrap_or(args.at(0));
    let by = by.or(args.get(1)).unwrap_or(Value::Integer(1));
    if by.is_nil() {
        return vm.raise("TypeError", "step must be numeric");
    }
    if !is_number(by) && !matches!(by, Value::Object(_)) {
        return vm.comparison_failed(by, Value::Integer(0));
    }
    Ok((limit, by))
}

fn step_floats<'h>(
    vm: &mut Vm<'h>,
    first: Value<'h>,
    last: Value<'h>,
    by: Value<'h>,
    block: &'h Proc<'h>,
) -> Res<'h, ()> {
    let by = real(vm, by)?;
    let first = real(vm, first)?;
    let last = match last {
        Value::Nil => Value::Nil,
        last => Value::Float(real(vm, last)?),
    };
    let progression = Progression {
        first: Value::Float(first),
        last,
        step: Value::Float(by),
        exclusive: false,
    };
    progression.walk(vm, |vm, number| {
        vm.yield_value(block, number)?;
        Ok(Flow::Next)
    })
}

fn real<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, f64> {
    match float_of(value) {
        Some(value) => Ok(value),
        None => super::conversion::real(vm, value),
    }
}

fn step_others<'h>(
    vm: &mut Vm<'h>,
    first: Value<'h>,
    last: Value<'h>,
    by: Value<'h>,
    block: &'h Proc<'h>,
) -> Res<'h, ()> {
    let downwards = vm
        .call_method(by, known::LESS, &[Value::Integer(0)])?
        .truthy();
    let beyond = if downwards {
        known::LESS
    } else {
        known::GREATER
    };
    let mut number = first;
    while last.is_nil() || !vm.call_method(number, beyond, &[last])?.truthy() {
        vm.tick(1)?;
        vm.yield_value(block, number)?;
        number = vm.call_method(number, known::ADD, &[by])?;
    }
    Ok(())
}
