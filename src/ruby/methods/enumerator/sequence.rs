//! `Enumerator::ArithmeticSequence`: `1.step(10, 3)`, `(1..10) % 3`.
//!
//! Steps of floats are counted first and multiplied then, as Ruby does, so that errors do not add up.

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use super::super::super::eval::{Flow, Vm};
use super::super::super::number::float::from_integer;
use super::super::super::unwind::Res;
use super::super::super::value::{Proc, Value};
use super::super::{Args, Row, enumerable};
use super::object;

pub(super) const METHODS: &[Row] = &[
    Row::new("each", 0, each, "Walks the numbers."),
    Row::new("begin", 0, begin, "Where it begins."),
    Row::new("end", 0, end, "Where it ends, or nil."),
    Row::new("step", 0, step, "The difference of neighbours."),
    Row::new(
        "exclude_end?",
        0,
        exclude_end,
        "Whether the end is left out.",
    ),
    Row::new(
        "first",
        0,
        first,
        "The first number, or a list of the first ones.",
    )
    .to(1),
    Row::new(
        "last",
        0,
        last,
        "The last number, or a list of the last ones.",
    )
    .to(1),
    Row::new("size", 0, size, "How many numbers there are."),
    Row::new("==", 1, equal, "Whether begin, end and step are the same."),
    Row::new("===", 1, equal, "Whether begin, end and step are the same."),
    Row::new(
        "eql?",
        1,
        equal,
        "Whether begin, end and step are the same.",
    ),
    Row::new("hash", 0, hash, "A number that is the same for equal ones."),
    Row::new("inspect", 0, inspect, "The call that made it."),
];

const FIRST: usize = 0;
const LAST: usize = 1;
const STEP: usize = 2;
const EXCLUSIVE: usize = 3;
/// The call that made it, as text.
const SHOWN: usize = 11;

/// A progression of numbers.
#[derive(Clone, Copy)]
pub(in super::super) struct Progression<'h> {
    pub(in super::super) first: Value<'h>,
    /// Nil: it does not end.
    pub(in super::super) last: Value<'h>,
    pub(in super::super) step: Value<'h>,
    pub(in super::super) exclusive: bool,
}

/// The sequence as an object; `shown` is the call that made it, as `(1.step(10, 3))`.
pub(in super::super) fn arithmetic_sequence<'h>(
    vm: &mut Vm<'h>,
    progression: Progression<'h>,
    shown: &str,
) -> Value<'h> {
    let shown = vm.str(shown);
    let mut slots = vec![
        progression.first,
        progression.last,
        progression.step,
        Value::Bool(progression.exclusive),
    ];
    slots.resize(SHOWN, Value::Nil);
    slots.push(shown);
    vm.object_with("Enumerator::ArithmeticSequence", slots)
}

impl<'h> Progression<'h> {
    pub(in super::super) fn of(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Self> {
        let own = object(vm, this)?;
        Ok(Self {
            first: own.slot(FIRST),
            last: own.slot(LAST),
            step: own.slot(STEP),
            exclusive: own.slot(EXCLUSIVE).truthy(),
        })
    }

    /// Walks the numbers; a step of zero never ends.
    pub(in super::super) fn walk<F>(self, vm: &mut Vm<'h>, mut each: F) -> Res<'h, ()>
    where
        F: FnMut(&mut Vm<'h>, Value<'h>) -> Res<'h, Flow>,
    {
        match self.float_ends() {
            Some((first, last, step)) => {
                let count = float_count(first, last, step, self.exclusive);
                let mut index = 0.0;
                while index < count {
                    vm.tick(1)?;
                    let number = float_at(first, last, step, index);
                    if each(vm, Value::Float(number))? == Flow::Stop {
                        break;
                    }
                    index += 1.0;
                }
                Ok(())
            }
            None => self.walk_integers(vm, each),
        }
    }

    fn walk_integers<F>(self, vm: &mut Vm<'h>, mut each: F) -> Res<'h, ()>
    where
        F: FnMut(&mut Vm<'h>, Value<'h>) -> Res<'h, Flow>,
    {
        let (Some(first), Some(step)) = (big(self.first), big(self.step)) else {
            return vm.unsupported("an arithmetic sequence of other than integers and floats");
        };
        let left = self.integer_count(&first, &step);
        let (mut number, mut index) = (first, BigInt::zero());
        while left.as_ref().is_none_or(|left| index < *left) {
            vm.tick(1)?;
            let item = vm.integer(number.clone());
            if each(vm, item)? == Flow::Stop {
                break;
            }
            number += &step;
            index += 1;
        }
        Ok(())
    }

    /// How many integers there are; `None` without an end.
    fn integer_count(self, first: &BigInt, step: &BigInt) -> Option<BigInt> {
        let last = big(self.last)?;
        if step.is_zero() {
            return None;
        }
        let (distance, step) = if step.is_negative() {
            (first - last, -step)
        } else {
            (last - first, step.clone())
        };
        if distance.is_negative() {
            return Some(BigInt::zero());
        }
        let full = &distance / &step;
        let left_out = self.exclusive && (&distance % &step).is_zero();
        Some(if left_out { full } else { full + 1 })
    }

    /// The ends as floats, when any of the numbers is one.
    fn float_ends(self) -> Option<(f64, f64, f64)> {
        let float = |value| matches!(value, Value::Float(_));
        if !(float(self.first) || float(self.last) || float(self.step)) {
            return None;
        }
        let step = number(self.step)?;
        let last = match self.last {
            Value::Nil => f64::INFINITY.copysign(step),
            last => number(last)?,
        };
        Some((number(self.first)?, last, step))
    }

    /// How many numbers there are, as `size` gives it.
    pub(in super::super) fn size(self, vm: &mut Vm<'h>) -> Value<'h> {
        if let Some((first, last, step)) = self.float_ends() {
            let count = float_count(first, last, step, self.exclusive);
            return match num_traits::FromPrimitive::from_f64(count) {
                Some(count) => vm.integer(count),
                None => Value::Float(count),
            };
        }
        let count = match (big(self.first), big(self.step)) {
            (Some(first), Some(step)) => self.integer_count(&first, &step),
            _ => None,
        };
        match count {
            Some(count) => vm.integer(count),
            None => Value::Float(f64::INFINITY),
        }
    }
}

/// How many steps of floats lie between two.
fn float_count(first: f64, last: f64, step: f64, exclusive: bool) -> f64 {
    let count = (last - first) / step;
    let error = (first.abs() + last.abs() + (last - first).abs()) / step.abs() * f64::EPSILON;
    if step.is_infinite() {
        let any = if step > 0.0 {
            first <= last
        } else {
            first >= last
        };
        return f64::from(u8::from(any));
    }
    if step == 0.0 {
        return f64::INFINITY;
    }
    let error = error.min(0.5);
    if !exclusive {
        return if count < 0.0 {
            0.0
        } else {
            (count + error).floor() + 1.0
        };
    }
    if count <= 0.0 {
        return 0.0;
    }
    let whole = if count < 1.0 {
        0.0
    } else {
        (count - error).floor()
    };
    let behind = (whole + 1.0) * step + first;
    let one_more = (first < last && behind < last) || (first > last && behind > last);
    whole + 1.0 + f64::from(u8::from(one_more))
}

fn float_at(first: f64, last: f64, step: f64, index: f64) -> f64 {
    if step.is_infinite() {
        return first;
    }
    #[allow(clippy::suboptimal_flops, reason = "Ruby rounds twice")]
    let number = index * step + first;
    let beyond = if step >= 0.0 {
        last < number
    } else {
        number < last
    };
    if beyond { last } else { number }
}

fn number(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Float(number) => Some(number),
        _ => big(value).map(|number| from_integer(&number)),
    }
}

fn big(value: Value<'_>) -> Option<BigInt> {
    match value {
        Value::Integer(number) => Some(number.into()),
        Value::Big(number) => Some(number.clone()),
        _ => None,
    }
}

fn each<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Some(block) = args.block else {
        return Ok(this);
    };
    walk_with(vm, this, block)?;
    Ok(this)
}

fn walk_with<'h>(vm: &mut Vm<'h>, this: Value<'h>, block: &'h Proc<'h>) -> Res<'h, ()> {
    let progression = Progression::of(vm, this)?;
    progression.walk(vm, |vm, number| {
        vm.yield_value(block, number)?;
        Ok(Flow::Next)
    })
}

fn begin<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(object(vm, this)?.slot(FIRST))
}

fn end<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(object(vm, this)?.slot(LAST))
}

fn step<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(object(vm, this)?.slot(STEP))
}

fn exclude_end<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(object(vm, this)?.slot(EXCLUSIVE))
}

fn first<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    enumerable::search::first(vm, this, args)
}

fn last<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let progression = Progression::of(vm, this)?;
    if progression.last.is_nil() {
        return vm.raise(
            "RangeError",
            "cannot get the last element of endless arithmetic sequence",
        );
    }
    let items = vm.items(this)?;
    let items = vm.array(items);
    vm.call_named(items, "last", args.values)
}

fn size<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let progression = Progression::of(vm, this)?;
    Ok(progression.size(vm))
}

fn parts<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h> {
    let own = object(vm, this)?;
    Ok(vm.array(vec![
        own.slot(FIRST),
        own.slot(LAST),
        own.slot(STEP),
        own.slot(EXCLUSIVE),
    ]))
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if !vm.is_a(args.at(0), "Enumerator::ArithmeticSequence") {
        return Ok(Value::Bool(false));
    }
    let (own, other) = (parts(vm, this)?, parts(vm, args.at(0))?);
    Ok(Value::Bool(vm.equal(own, other)?))
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let parts = parts(vm, this)?;
    let code = vm.hash_code(parts)?;
    Ok(Value::Integer((code >> 2).cast_signed()))
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let shown = object(vm, this)?.slot(SHOWN);
    let shown = vm.display(shown)?;
    Ok(vm.str(shown))
}

/// The number given, when it is an integer that 64 bits hold.
pub(in super::super) fn small(value: Value<'_>) -> Option<i64> {
    big(value).and_then(|number| number.to_i64())
}
