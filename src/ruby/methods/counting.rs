//! Counting: `times`, `upto`, `downto` and `step`.

use super::super::eval::{Vm, is_number};
use super::super::symbol::{Symbol, known};
use super::super::unwind::Res;
use super::super::value::{Proc, Value};
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
.keywords(&["by", "to"])
.enumerates()];

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
    let block = vm.expect_block(args)?;
    let (limit, by) = step_arguments(vm, args)?;
    if vm.equal(by, Value::Integer(0))? {
        return vm.raise("ArgumentError", "step can't be 0");
    }
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
    let open = if by < 0.0 {
        f64::NEG_INFINITY
    } else {
        f64::INFINITY
    };
    let last = if last.is_nil() { open } else { real(vm, last)? };
    let mut number = 0_u64;
    while let Some(value) = float_step(first, last, by, number) {
        vm.tick(1)?;
        vm.yield_value(block, Value::Float(value))?;
        number += 1;
    }
    Ok(())
}

fn real<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, f64> {
    match float_of(value) {
        Some(value) => Ok(value),
        None => super::conversion::real(vm, value),
    }
}

/// The number of that place in a walk from one float to another; `None` behind the end.
///
/// Each is computed from the first one, so that errors do not add up; the last one is met although the division is
/// inexact.
#[allow(
    clippy::cast_precision_loss,
    reason = "no run counts beyond the integers that floats hold"
)]
fn float_step(first: f64, last: f64, by: f64, place: u64) -> Option<f64> {
    let steps = (last - first) / by;
    if by.is_infinite() {
        let inside = if by > 0.0 {
            first <= last
        } else {
            first >= last
        };
        return (inside && place == 0).then_some(first);
    }
    let error =
        ((first.abs() + last.abs() + (last - first).abs()) / by.abs() * f64::EPSILON).min(0.5);
    if steps < 0.0 || steps.is_nan() || (place as f64) > (steps + error).floor() {
        return None;
    }
    let value = place as f64 * by + first;
    let beyond = if by >= 0.0 {
        last < value
    } else {
        value < last
    };
    Some(if beyond { last } else { value })
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
