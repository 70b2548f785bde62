//! Methods that make one value of all items.

use num_bigint::BigInt;

use super::super::super::eval::Vm;
use super::super::super::number::float::from_integer;
use super::super::super::symbol::{Symbol, known};
use super::super::super::unwind::Res;
use super::super::super::value::{Proc, Value};
use super::super::{Args, arguments};

/// What joins two values in `inject`.
#[derive(Clone, Copy)]
enum Joint<'h> {
    Method(Symbol),
    Block(&'h Proc<'h>),
}

pub(super) fn inject<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (first, joint) = match (args.values, args.block) {
        ([first, name], _) => (Some(*first), Joint::Method(arguments::name(vm, *name)?)),
        ([first], Some(block)) => (Some(*first), Joint::Block(block)),
        ([name], None) => (None, Joint::Method(arguments::name(vm, *name)?)),
        (_, Some(block)) => (None, Joint::Block(block)),
        (_, None) => return vm.wrong_number(0, 1, Some(2)),
    };
    let started = vm.cell(Value::Bool(first.is_some()));
    let result = vm.cell(first.unwrap_or(Value::Nil));
    vm.each(this, move |vm, item| {
        let joined = match joint {
            _ if !started.replace(Value::Bool(true)).truthy() => item,
            Joint::Method(name) => vm.call_method(result.get(), name, &[item])?,
            Joint::Block(block) => vm.yield_values(block, &[result.get(), item])?,
        };
        result.set(joined);
        Ok(())
    })?;
    Ok(result.get())
}

pub(super) fn each_with_object<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let object = args.at(0);
    vm.each(this, move |vm, item| {
        vm.yield_values(block, &[item, object])?;
        Ok(())
    })?;
    Ok(object)
}

pub(super) fn tally<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let counts = match args.get(0) {
        None => vm.new_hash(),
        Some(given) => {
            let hash = arguments::hash(vm, given)?;
            if hash.frozen.get() {
                return vm.frozen(given);
            }
            hash
        }
    };
    vm.each(this, move |vm, item| {
        let count = match vm.hash_get(counts, item)? {
            None => Value::Integer(1),
            Some(Value::Integer(count)) => Value::Integer(count.saturating_add(1)),
            Some(other) => {
                let word = vm.kind_word(other);
                let text = format!("wrong argument type {word} (expected Integer)");
                return vm.raise("TypeError", text);
            }
        };
        vm.hash_set(counts, item, count)
    })?;
    Ok(Value::Hash(counts))
}

pub(in super::super) fn sum<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let first = args.get(0).unwrap_or(Value::Integer(0));
    let mut sum = match first {
        // A list that starts with a float adds one by one; anything else of Enumerable keeps what is lost.
        Value::Float(start) if !matches!(this, Value::Array(_)) => Sum::Float(start, 0.0),
        Value::Integer(start) => Sum::Exact(start.into()),
        Value::Big(start) => Sum::Exact(start.clone()),
        other => Sum::Other(other),
    };
    for item in vm.items(this)? {
        vm.tick(1)?;
        let item = match args.block {
            Some(block) => vm.yield_value(block, item)?,
            None => item,
        };
        sum = sum.plus(vm, item)?;
    }
    Ok(sum.value(vm))
}

/// A sum in the making.
enum Sum<'h> {
    /// Of integers.
    Exact(BigInt),
    /// Of floats, with what rounding has lost (Kahan and Babuska).
    Float(f64, f64),
    /// By `+`.
    Other(Value<'h>),
}

impl<'h> Sum<'h> {
    fn plus(self, vm: &mut Vm<'h>, item: Value<'h>) -> Res<'h, Self> {
        Ok(match (self, item) {
            (Self::Exact(sum), Value::Integer(number)) => Self::Exact(sum + number),
            (Self::Exact(sum), Value::Big(number)) => Self::Exact(sum + number),
            (Self::Exact(sum), Value::Float(number)) => add_float(from_integer(&sum), 0.0, number),
            (Self::Float(sum, lost), Value::Float(number)) => add_float(sum, lost, number),
            (Self::Float(sum, lost), Value::Integer(number)) => {
                add_float(sum, lost, from_integer(&number.into()))
            }
            (Self::Float(sum, lost), Value::Big(number)) => {
                add_float(sum, lost, from_integer(number))
            }
            (sum, item) => {
                let sum = match sum {
                    // What was lost is not given back here, as in Ruby.
                    Self::Float(sum, _) => Value::Float(sum),
                    exact => exact.value(vm),
                };
                Self::Other(vm.call_method(sum, known::ADD, &[item])?)
            }
        })
    }

    fn value(self, vm: &mut Vm<'h>) -> Value<'h> {
        match self {
            Self::Exact(sum) => vm.integer(sum),
            Self::Float(sum, lost) => Value::Float(sum + lost),
            Self::Other(sum) => sum,
        }
    }
}

fn add_float<'h>(sum: f64, lost: f64, number: f64) -> Sum<'h> {
    if sum.is_nan() {
        return Sum::Float(sum, lost);
    }
    if number.is_nan() {
        return Sum::Float(number, lost);
    }
    if number.is_infinite() {
        let opposite = sum.is_infinite() && sum.is_sign_negative() != number.is_sign_negative();
        return Sum::Float(if opposite { f64::NAN } else { number }, lost);
    }
    if sum.is_infinite() {
        return Sum::Float(sum, lost);
    }
    let total = sum + number;
    let rest = if sum.abs() >= number.abs() {
        (sum - total) + number
    } else {
        (number - total) + sum
    };
    Sum::Float(total, lost + rest)
}
