//! Walking ranges: integers by counting, texts and other things by `succ`.

use num_bigint::BigInt;
use num_traits::Signed;

use super::super::super::eval::{Flow, Vm, big};
use super::super::super::number::float;
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Proc, Range, Value};
use super::super::enumerable::{fold, search};
use super::super::{Args, Row, arguments};
use super::range;

pub(super) const METHODS: &[Row] = &[
    Row::new("each", 0, each, "Runs the block with each item.").enumerates(),
    Row::new("reverse_each", 0, reverse_each, "The last item first.").enumerates(),
    Row::new("to_a", 0, to_a, "A list of the items."),
    Row::new("entries", 0, to_a, "A list of the items."),
    Row::new(
        "first",
        0,
        first,
        "The begin, or a list of the first items.",
    )
    .to(1),
    Row::new("last", 0, last, "The end, or a list of the last items.").to(1),
    Row::new("size", 0, size, "How many integers there are."),
    Row::new("count", 0, count, "How many items there are, or are such.").to(1),
    Row::new("sum", 0, sum, "The sum of the items.").to(1),
    Row::new(
        "bsearch",
        0,
        bsearch,
        "The first integer the block is true for.",
    )
    .enumerates(),
];

fn each<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let own = range(vm, this)?;
    match (own.first, own.last) {
        (Value::Integer(_), Value::Integer(_) | Value::Nil) => {
            vm.walk_values(this, move |vm, values| {
                vm.yield_values(block, values)?;
                Ok(Flow::Next)
            })?;
        }
        (Value::Integer(_) | Value::Big(_), _) => each_integer(vm, own, block)?,
        (Value::String(_), Value::String(_)) => {
            let exclusive = Value::Bool(own.exclusive);
            up_to(vm, own.first, &[own.last, exclusive], block)?;
        }
        (Value::Symbol(_), Value::Symbol(_)) => each_symbol(vm, own, block)?,
        (first, _) if first.is_nil() || !vm.responds(first, known::SUCC) => {
            return cannot_iterate(vm, first);
        }
        _ => each_other(vm, own, block)?,
    }
    Ok(this)
}

fn up_to<'h>(
    vm: &mut Vm<'h>,
    first: Value<'h>,
    values: &[Value<'h>],
    block: &'h Proc<'h>,
) -> Res<'h> {
    let name = vm.symbol("upto");
    let args = Args {
        values,
        keywords: None,
        block: Some(block),
    };
    vm.call_full(first, name, &args)
}

pub(super) fn cannot_iterate<'h, T>(vm: &mut Vm<'h>, first: Value<'h>) -> Res<'h, T> {
    let class = vm.class_of(first).real();
    let class = vm.class_name(class);
    vm.raise("TypeError", format!("can't iterate from {class}"))
}

/// The last integer of a range of integers; `None` when it has no end.
pub(super) fn last_integer<'h>(vm: &mut Vm<'h>, own: &Range<'h>) -> Res<'h, Option<BigInt>> {
    let exclusive = i32::from(own.exclusive);
    match own.last {
        Value::Nil => Ok(None),
        Value::Float(last) if last.is_infinite() && last > 0.0 => Ok(None),
        Value::Float(last) => {
            let whole = vm.lift(float::to_integer(last.floor()))?;
            let left_out = own.exclusive && last.fract() == 0.0;
            Ok(Some(whole - i32::from(left_out)))
        }
        last => match big(last) {
            Some(last) => Ok(Some(last - exclusive)),
            None => cannot_iterate(vm, own.first),
        },
    }
}

fn each_integer<'h>(vm: &mut Vm<'h>, own: &Range<'h>, block: &'h Proc<'h>) -> Res<'h, ()> {
    let last = last_integer(vm, own)?;
    let mut number = big(own.first).unwrap_or_default();
    while last.as_ref().is_none_or(|last| number <= *last) {
        vm.tick(1)?;
        let item = vm.integer(number.clone());
        vm.yield_value(block, item)?;
        number += 1;
    }
    Ok(())
}

fn each_symbol<'h>(vm: &mut Vm<'h>, own: &Range<'h>, block: &'h Proc<'h>) -> Res<'h, ()> {
    let symbols = vm.native_block(1, move |vm, args| {
        let name = vm.display(args.at(0))?;
        let name = vm.symbol(&name);
        vm.yield_value(block, Value::Symbol(name))
    });
    let (first, last) = (vm.to_s(own.first)?, vm.to_s(own.last)?);
    up_to(vm, first, &[last, Value::Bool(own.exclusive)], symbols)?;
    Ok(())
}

fn each_other<'h>(vm: &mut Vm<'h>, own: &Range<'h>, block: &'h Proc<'h>) -> Res<'h, ()> {
    let mut item = own.first;
    loop {
        vm.tick(1)?;
        if !own.last.is_nil() {
            match vm.compare(item, own.last)? {
                Some(std::cmp::Ordering::Less) => {}
                Some(std::cmp::Ordering::Equal) if !own.exclusive => {
                    vm.yield_value(block, item)?;
                    return Ok(());
                }
                _ => return Ok(()),
            }
        }
        vm.yield_value(block, item)?;
        item = vm.call_method(item, known::SUCC, &[])?;
    }
}

fn reverse_each<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let own = range(vm, this)?;
    if own.last.is_nil() {
        return cannot_iterate(vm, Value::Nil);
    }
    let (first, last) = (big(own.first), big(own.last));
    let Some(mut number) = last.filter(|_| first.is_some() || own.first.is_nil()) else {
        for item in items(vm, this)?.into_iter().rev() {
            vm.tick(1)?;
            vm.yield_value(block, item)?;
        }
        return Ok(this);
    };
    number -= i32::from(own.exclusive);
    while first.as_ref().is_none_or(|first| *first <= number) {
        vm.tick(1)?;
        let item = vm.integer(number.clone());
        vm.yield_value(block, item)?;
        number -= 1;
    }
    Ok(this)
}

fn items<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Vec<Value<'h>>> {
    if range(vm, this)?.last.is_nil() {
        return vm.raise("RangeError", "cannot convert endless range to an array");
    }
    vm.items(this)
}

fn to_a<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let items = items(vm, this)?;
    Ok(vm.array(items))
}

const NEGATIVE: &str = "negative array size (or size too big)";

fn first<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let own = range(vm, this)?;
    if own.first.is_nil() {
        let text = "cannot get the first element of beginless range";
        return vm.raise("RangeError", text);
    }
    match args.get(0) {
        None => Ok(own.first),
        Some(count) => {
            let count = arguments::count(vm, count, NEGATIVE)?;
            Ok(Value::Array(search::first_items(vm, this, count)?))
        }
    }
}

fn last<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let own = range(vm, this)?;
    if own.last.is_nil() {
        let text = "cannot get the last element of endless range";
        return vm.raise("RangeError", text);
    }
    let Some(count) = args.get(0) else {
        return Ok(own.last);
    };
    let count = arguments::count(vm, count, NEGATIVE)?;
    if let (Some(first), Some(_)) = (big(own.first), big(own.last))
        && let Some(last) = last_integer(vm, own)?
    {
        let from: BigInt = &last - BigInt::from(count) + 1;
        let from = from.max(first);
        let (from, last) = (vm.integer(from), vm.integer(last));
        let part = vm.range(from, last, false)?;
        let items = vm.items(part)?;
        return Ok(vm.array(items));
    }
    let mut items = items(vm, this)?;
    let items = items.split_off(items.len().saturating_sub(count));
    Ok(vm.array(items))
}

/// How many integers a range has.
fn integers<'h>(vm: &mut Vm<'h>, own: &Range<'h>) -> Res<'h> {
    let Some(last) = last_integer(vm, own)? else {
        return Ok(Value::Float(f64::INFINITY));
    };
    let first = big(own.first).unwrap_or_default();
    let count: BigInt = last - first + 1;
    Ok(vm.integer(count.max(BigInt::ZERO)))
}

fn size<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let own = range(vm, this)?;
    let number = |value| matches!(value, Value::Integer(_) | Value::Big(_) | Value::Float(_));
    match (own.first, own.last) {
        (Value::Integer(_) | Value::Big(_), last) if number(last) || last.is_nil() => {
            integers(vm, own)
        }
        (first @ Value::Float(_), _) => cannot_iterate(vm, first),
        (Value::Nil, last) if number(last) => cannot_iterate(vm, Value::Nil),
        _ => Ok(Value::Nil),
    }
}

fn count<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let own = range(vm, this)?;
    if !args.is_empty() || args.block.is_some() {
        return search::count(vm, this, args);
    }
    match (own.first, own.last) {
        (Value::Nil, _) | (_, Value::Nil) => Ok(Value::Float(f64::INFINITY)),
        (Value::Integer(_) | Value::Big(_), Value::Integer(_) | Value::Big(_)) => integers(vm, own),
        _ => search::count(vm, this, args),
    }
}

fn sum<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let own = range(vm, this)?;
    let start = big(args.get(0).unwrap_or(Value::Integer(0)));
    let ends = (big(own.first), big(own.last), start);
    let (Some(first), Some(_), Some(start), None) = (ends.0, ends.1, ends.2, args.block) else {
        return fold::sum(vm, this, args);
    };
    let Some(last) = last_integer(vm, own)?.filter(|last| *last >= first) else {
        return Ok(vm.integer(start));
    };
    let count: BigInt = &last - &first + 1;
    Ok(vm.integer(start + count * (first + last) / 2))
}

fn bsearch<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let own = range(vm, this)?;
    let floats = matches!(own.first, Value::Float(_)) || matches!(own.last, Value::Float(_));
    let (mut low, mut high) = if floats {
        match (float_place(own.first), float_place(own.last)) {
            (Some(first), Some(last)) => (first, last + i64::from(!own.exclusive)),
            _ => return vm.unsupported("Range#bsearch of other than two numbers"),
        }
    } else {
        let Some(first) = big(own.first).filter(|_| big(own.last).is_some()) else {
            return vm.unsupported("Range#bsearch of other than two numbers");
        };
        (first, last_integer(vm, own)?.unwrap_or_default() + 1)
    };
    let mut found = Value::Nil;
    while low < high {
        vm.tick(1)?;
        let middle: BigInt = (&low + &high) >> 1;
        let item = if floats {
            Value::Float(float_at(&middle))
        } else {
            vm.integer(middle.clone())
        };
        let answer = vm.yield_value(block, item)?;
        let left = match answer {
            Value::Bool(true) => {
                found = item;
                true
            }
            Value::Bool(false) | Value::Nil => false,
            _ => match vm.number_order(answer, Value::Integer(0)) {
                Some(std::cmp::Ordering::Equal) => return Ok(item),
                Some(order) => order.is_lt(),
                None => return wrong_answer(vm, answer),
            },
        };
        if left {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(found)
}

/// The place of a number among all floats in their order; zero is at zero.
fn float_place(value: Value<'_>) -> Option<BigInt> {
    let number = match value {
        Value::Float(number) if !number.is_nan() => number,
        other => float::from_integer(&big(other)?),
    };
    let size = BigInt::from(number.abs().to_bits());
    Some(if number < 0.0 { -size } else { size })
}

/// The float at a place.
fn float_at(place: &BigInt) -> f64 {
    let size = f64::from_bits(place.magnitude().try_into().unwrap_or(0));
    if place.is_negative() { -size } else { size }
}

fn wrong_answer<'h, T>(vm: &mut Vm<'h>, answer: Value<'h>) -> Res<'h, T> {
    let class = vm.kind_word(answer);
    let text = format!("wrong argument type {class} (must be numeric, true, false or nil)");
    vm.raise("TypeError", text)
}
