//! `Numeric`, and the arithmetic that integers and floats share.
//!
//! Integers of one word are computed in place, all others as big ones; with a float on either side as floats. What is
//! no number is asked for `coerce`. A result that would be large is counted against the limits before it is made.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::Signed;

use super::super::eval::{Vm, big, is_number};
use super::super::number::integer::Power;
use super::super::number::{float, integer};
use super::super::symbol::{Symbol, known};
use super::super::unwind::Res;
use super::super::value::Value;
use super::library::ClassDefinition;
use super::rational::new_rational;
use super::{Args, Row};

/// Classes of this file.
pub(super) const CLASSES: &[ClassDefinition] = &[ClassDefinition::class("Numeric", "Object")
    .includes(&["Comparable"])
    .methods(&[METHODS, super::counting::STEP])
    .missing(
        &[
            "abs2",
            "angle",
            "arg",
            "conj",
            "conjugate",
            "denominator",
            "i",
            "imag",
            "imaginary",
            "numerator",
            "phase",
            "polar",
            "quo",
            "real",
            "rect",
            "rectangular",
            "to_c",
            "to_r",
            "rationalize",
            "ceil",
            "floor",
            "round",
            "truncate",
        ],
        &[],
    )];

const METHODS: &[Row] = &[
    Row::new("+@", 0, itself, "Itself."),
    Row::new("-@", 0, negated, "Zero without it."),
    Row::new("<=>", 1, identical, "Zero for the same number, else nil."),
    Row::new(
        "eql?",
        1,
        eql,
        "Whether both are equal numbers of one class.",
    ),
    Row::new("coerce", 1, coerce, "Both as numbers of one class."),
    Row::new("integer?", 0, never, "Whether it is an integer."),
    Row::new("real?", 0, always, "True: there are no complex numbers."),
    Row::new(
        "finite?",
        0,
        always,
        "Whether it is no infinity and not NaN.",
    ),
    Row::new(
        "infinite?",
        0,
        nothing,
        "The sign of an infinity, else nil.",
    ),
    Row::new("zero?", 0, is_zero, "Whether it is zero."),
    Row::new("nonzero?", 0, nonzero, "Itself, or nil for zero."),
    Row::new("positive?", 0, is_positive, "Whether it is above zero."),
    Row::new("negative?", 0, is_negative, "Whether it is below zero."),
    Row::new("abs", 0, absolute, "Without its sign."),
    Row::new("magnitude", 0, absolute, "Without its sign."),
    Row::new("to_int", 0, to_int, "Its `to_i`."),
    Row::new(
        "div",
        1,
        floored,
        "The quotient, rounded down to an integer.",
    ),
    Row::new(
        "remainder",
        1,
        remainder,
        "What division leaves, with the sign of the receiver.",
    ),
    Row::new("clone", 0, itself, "Itself.").keywords(&["freeze"]),
    Row::new("dup", 0, itself, "Itself."),
];

/// Operators of integers and floats.
pub(super) const ARITHMETIC: &[Row] = &[
    Row::new("+", 1, add, "The sum."),
    Row::new("-", 1, subtract, "The difference."),
    Row::new("*", 1, multiply, "The product."),
    Row::new("/", 1, divide, "The quotient; of integers rounded down."),
    Row::new(
        "%",
        1,
        modulo,
        "What division leaves, with the sign of the argument.",
    ),
    Row::new(
        "modulo",
        1,
        modulo,
        "What division leaves, with the sign of the argument.",
    ),
    Row::new("**", 1, power, "The power."),
    Row::new("-@", 0, negate, "Zero without it."),
    Row::new(
        "divmod",
        1,
        divmod,
        "Quotient, rounded down, and what is left.",
    ),
    Row::new("div", 1, div, "The quotient, rounded down to an integer."),
    Row::new("fdiv", 1, fdiv, "The quotient as a float."),
    Row::new("abs", 0, abs, "Without its sign."),
    Row::new("magnitude", 0, abs, "Without its sign."),
    Row::new("==", 1, equal, "Whether both are the same number."),
    Row::new("===", 1, equal, "Whether both are the same number."),
    Row::new(
        "<=>",
        1,
        compare,
        "Less: -1, equal: 0, greater: 1; nil for what does not compare.",
    ),
    Row::new("<", 1, less, "Whether it is below."),
    Row::new("<=", 1, less_or_equal, "Whether it is below or equal."),
    Row::new(">", 1, greater, "Whether it is above."),
    Row::new(">=", 1, greater_or_equal, "Whether it is above or equal."),
    Row::new("zero?", 0, is_zero, "Whether it is zero."),
    Row::new("positive?", 0, is_positive, "Whether it is above zero."),
    Row::new("negative?", 0, is_negative, "Whether it is below zero."),
    Row::new("to_f", 0, to_f, "The nearest float."),
];

/// A number as a float.
pub(super) fn float_of(value: Value<'_>) -> Option<f64> {
    match value {
        #[allow(
            clippy::cast_precision_loss,
            reason = "the nearest float is what Ruby makes"
        )]
        Value::Integer(value) => Some(value as f64),
        Value::Big(value) => Some(float::from_integer(value)),
        Value::Float(value) => Some(value),
        _ => None,
    }
}

/// Counts the work of multiplying or dividing numbers of so many bits, and the bytes of the result.
fn count_product<'h>(vm: &mut Vm<'h>, x: &BigInt, y: &BigInt) -> Res<'h, ()> {
    let words = |number: &BigInt| number.bits() / 64 + 1;
    let size = words(x).saturating_mul(words(y)).isqrt();
    // Multiplication of n words takes somewhat less than n^1.5 steps.
    let work = size.saturating_mul(size.isqrt()) / 8;
    vm.tick(usize::try_from(work).unwrap_or(usize::MAX))?;
    let bytes = integer::product_bits(x, y) / 8;
    vm.reserve(usize::try_from(bytes).unwrap_or(usize::MAX))
}

/// Counts the work of printing or reading a number of so many bits, which grows with their square.
pub(super) fn count_digits<'h>(vm: &mut Vm<'h>, bits: u64) -> Res<'h, ()> {
    let words = bits / 64 + 1;
    let work = words.saturating_mul(words) / 32;
    vm.tick(usize::try_from(work).unwrap_or(usize::MAX))?;
    vm.reserve(usize::try_from(bits).unwrap_or(usize::MAX))
}

/// An operator for what is not two integers of one word.
fn operate<'h>(
    vm: &mut Vm<'h>,
    (this, other): (Value<'h>, Value<'h>),
    name: Symbol,
    integers: fn(&mut Vm<'h>, &BigInt, &BigInt) -> Res<'h>,
    floats: fn(&mut Vm<'h>, f64, f64) -> Res<'h>,
) -> Res<'h> {
    if let (Some(a), Some(b)) = (big(this), big(other)) {
        return integers(vm, &a, &b);
    }
    match (float_of(this), float_of(other)) {
        (Some(a), Some(b)) => floats(vm, a, b),
        _ => with_coerce(vm, this, name, other),
    }
}

/// `this OPERATOR other` by what `other.coerce(this)` gives.
pub(super) fn with_coerce<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    name: Symbol,
    other: Value<'h>,
) -> Res<'h> {
    match coerced(vm, this, other)? {
        Some((left, right)) => vm.call_method(left, name, &[right]),
        None => cannot_coerce(vm, this, other),
    }
}

fn coerced<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    other: Value<'h>,
) -> Res<'h, Option<(Value<'h>, Value<'h>)>> {
    if !matches!(other, Value::Object(_)) || vm.find_method(other, known::COERCE).is_none() {
        return Ok(None);
    }
    match vm.call_method(other, known::COERCE, &[this])? {
        Value::Array(pair) if pair.len() == 2 => Ok(pair.get(0).zip(pair.get(1))),
        _ => vm.raise("TypeError", "coerce must return [x, y]"),
    }
}

/// Raises TypeError: `X can't be coerced into Integer`.
pub(super) fn cannot_coerce<'h, T>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    other: Value<'h>,
) -> Res<'h, T> {
    let special = matches!(
        other,
        Value::Nil | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Symbol(_)
    );
    let what = if special {
        vm.inspect(other)?
    } else {
        vm.kind_word(other)
    };
    let class = vm.kind_word(this);
    vm.raise("TypeError", format!("{what} can't be coerced into {class}"))
}

fn add<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if let (Value::Integer(a), Value::Integer(b)) = (this, other)
        && let Some(sum) = a.checked_add(b)
    {
        return Ok(Value::Integer(sum));
    }
    operate(
        vm,
        (this, other),
        known::ADD,
        |vm, a, b| Ok(vm.integer(a + b)),
        |_, a, b| Ok(Value::Float(a + b)),
    )
}

fn subtract<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if let (Value::Integer(a), Value::Integer(b)) = (this, other)
        && let Some(difference) = a.checked_sub(b)
    {
        return Ok(Value::Integer(difference));
    }
    operate(
        vm,
        (this, other),
        known::SUBTRACT,
        |vm, a, b| Ok(vm.integer(a - b)),
        |_, a, b| Ok(Value::Float(a - b)),
    )
}

fn multiply<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if let (Value::Integer(a), Value::Integer(b)) = (this, other)
        && let Some(product) = a.checked_mul(b)
    {
        return Ok(Value::Integer(product));
    }
    let integers = |vm: &mut Vm<'h>, a: &BigInt, b: &BigInt| {
        count_product(vm, a, b)?;
        Ok(vm.integer(a * b))
    };
    operate(vm, (this, other), known::MULTIPLY, integers, |_, a, b| {
        Ok(Value::Float(a * b))
    })
}

/// Quotient, rounded down, and rest of two words; `None` for zero and what overflows.
fn small_parts(this: Value<'_>, other: Value<'_>) -> Option<(i64, i64)> {
    let (Value::Integer(a), Value::Integer(b)) = (this, other) else {
        return None;
    };
    let (quotient, rest) = (a.checked_div(b)?, a.checked_rem(b)?);
    Some(if rest != 0 && (rest < 0) != (b < 0) {
        (quotient - 1, rest + b)
    } else {
        (quotient, rest)
    })
}

fn divide<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if let Some((quotient, _)) = small_parts(this, other) {
        return Ok(Value::Integer(quotient));
    }
    operate(
        vm,
        (this, other),
        known::DIVIDE,
        |vm, a, b| Ok(parts(vm, a, b)?.0),
        |_, a, b| Ok(Value::Float(a / b)),
    )
}

fn modulo<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if let Some((_, rest)) = small_parts(this, other) {
        return Ok(Value::Integer(rest));
    }
    let floats = |vm: &mut Vm<'h>, a, b| vm.lift(float::modulo(a, b)).map(Value::Float);
    operate(
        vm,
        (this, other),
        known::MODULO,
        |vm, a, b| Ok(parts(vm, a, b)?.1),
        floats,
    )
}

/// Quotient, rounded down, and what is left.
fn parts<'h>(vm: &mut Vm<'h>, a: &BigInt, b: &BigInt) -> Res<'h, (Value<'h>, Value<'h>)> {
    count_product(vm, a, b)?;
    let (quotient, rest) = vm.lift(integer::divmod(a, b))?;
    Ok((vm.integer(quotient), vm.integer(rest)))
}

fn divmod<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    let integers = |vm: &mut Vm<'h>, a: &BigInt, b: &BigInt| {
        let (quotient, rest) = parts(vm, a, b)?;
        Ok(vm.array(vec![quotient, rest]))
    };
    let floats = |vm: &mut Vm<'h>, a, b| {
        let (quotient, rest) = vm.lift(float::divmod(a, b))?;
        let quotient = vm.integer(quotient);
        Ok(vm.array(vec![quotient, Value::Float(rest)]))
    };
    let name = vm.symbol("divmod");
    operate(vm, (this, other), name, integers, floats)
}

fn div<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let floats = |vm: &mut Vm<'h>, a, b| {
        let quotient = vm.lift(float::div(a, b))?;
        Ok(vm.integer(quotient))
    };
    let name = vm.symbol("div");
    operate(
        vm,
        (this, args.at(0)),
        name,
        |vm, a, b| Ok(parts(vm, a, b)?.0),
        floats,
    )
}

fn fdiv<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = vm.symbol("fdiv");
    let integers = |vm: &mut Vm<'h>, a: &BigInt, b: &BigInt| {
        count_product(vm, a, b)?;
        Ok(Value::Float(float::fdiv(a, b)))
    };
    operate(vm, (this, args.at(0)), name, integers, |_, a, b| {
        Ok(Value::Float(a / b))
    })
}

pub(super) fn power<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    operate(
        vm,
        (this, args.at(0)),
        known::POWER,
        integer_power,
        float_power,
    )
}

fn integer_power<'h>(vm: &mut Vm<'h>, base: &BigInt, exponent: &BigInt) -> Res<'h> {
    // Ruby's own limit on the result: 32 million words.
    const LARGEST: u64 = 64 * 32 * 1024 * 1024;
    let bits = integer::power_bits(base, exponent);
    if !exponent.is_negative() {
        if bits > LARGEST {
            return vm.raise("ArgumentError", "exponent is too large");
        }
        let half = BigInt::from(1) << (bits / 2);
        count_product(vm, &half, &half)?;
        vm.tick(usize::try_from(bits / 64).unwrap_or(usize::MAX))?;
    }
    match vm.lift(integer::power(base, exponent))? {
        Power::Integer(value) => Ok(vm.integer(value)),
        Power::Rational(numerator, denominator) => Ok(new_rational(vm, numerator, denominator)),
    }
}

fn float_power<'h>(vm: &mut Vm<'h>, base: f64, exponent: f64) -> Res<'h> {
    match float::power(base, exponent) {
        Some(value) => Ok(Value::Float(value)),
        None => vm.unsupported("Complex: the power of a negative number to a fraction"),
    }
}

fn negate<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(match this {
        Value::Integer(value) => vm.integer(-BigInt::from(value)),
        Value::Big(value) => vm.integer(-value),
        Value::Float(value) => Value::Float(-value),
        _ => this,
    })
}

fn abs<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(match this {
        Value::Integer(value) => vm.integer(BigInt::from(value).abs()),
        Value::Big(value) => vm.integer(value.abs()),
        Value::Float(value) => Value::Float(value.abs()),
        _ => this,
    })
}

fn to_f<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Float(float_of(this).unwrap_or_default()))
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(vm.equal(this, args.at(0))?))
}

fn compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if is_number(other) {
        let order = vm.number_order(this, other);
        return Ok(order.map_or(Value::Nil, |order| Value::Integer(order as i64)));
    }
    match coerced(vm, this, other)? {
        Some((left, right)) => vm.call_method(left, known::COMPARE, &[right]),
        None => Ok(Value::Nil),
    }
}

/// A comparison: with NaN it is false, with what is no number an error.
fn ordered<'h>(
    vm: &mut Vm<'h>,
    (this, other): (Value<'h>, Value<'h>),
    name: Symbol,
    holds: fn(Ordering) -> bool,
) -> Res<'h> {
    if is_number(other) {
        let order = vm.number_order(this, other);
        return Ok(Value::Bool(order.is_some_and(holds)));
    }
    let Some((left, right)) = coerced(vm, this, other)? else {
        return vm.comparison_failed(this, other);
    };
    match vm.call_method(left, name, &[right])? {
        Value::Nil => vm.comparison_failed(this, other),
        answer => Ok(answer),
    }
}

fn less<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    ordered(vm, (this, args.at(0)), known::LESS, Ordering::is_lt)
}

fn less_or_equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    ordered(
        vm,
        (this, args.at(0)),
        known::LESS_OR_EQUAL,
        Ordering::is_le,
    )
}

fn greater<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    ordered(vm, (this, args.at(0)), known::GREATER, Ordering::is_gt)
}

fn greater_or_equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    ordered(
        vm,
        (this, args.at(0)),
        known::GREATER_OR_EQUAL,
        Ordering::is_ge,
    )
}

fn itself<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(this)
}

fn always<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(true))
}

fn never<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(false))
}

fn nothing<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Nil)
}

/// How it compares with zero: numbers directly, objects by their operators.
fn against_zero<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    name: Symbol,
    holds: fn(Ordering) -> bool,
) -> Res<'h> {
    let zero = Value::Integer(0);
    if is_number(this) {
        return Ok(Value::Bool(vm.number_order(this, zero).is_some_and(holds)));
    }
    let answer = vm.call_method(this, name, &[zero])?;
    Ok(Value::Bool(answer.truthy()))
}

fn is_zero<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    against_zero(vm, this, known::EQUAL, Ordering::is_eq)
}

fn is_positive<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    against_zero(vm, this, known::GREATER, Ordering::is_gt)
}

fn is_negative<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    against_zero(vm, this, known::LESS, Ordering::is_lt)
}

fn nonzero<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let zero = vm.call_named(this, "zero?", &[])?;
    Ok(if zero.truthy() { Value::Nil } else { this })
}

fn negated<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    with_coerce(vm, Value::Integer(0), known::SUBTRACT, this)
}

fn absolute<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if is_negative(vm, this, args)?.truthy() {
        return vm.call_method(this, known::NEGATE, &[]);
    }
    Ok(this)
}

fn identical<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    // Comparable's own equality asks this method in turn.
    let own = match vm
        .find_method(this, known::EQUAL)
        .and_then(|found| found.owner.id)
    {
        Some(owner) => vm.class_id("Comparable") != Some(owner),
        None => true,
    };
    let same = this.same(args.at(0)) || (own && vm.equal(this, args.at(0))?);
    Ok(if same { Value::Integer(0) } else { Value::Nil })
}

fn eql<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if is_number(this) {
        return Ok(Value::Bool(vm.eql(this, args.at(0))?));
    }
    let (one, other) = (vm.class_of(this), vm.class_of(args.at(0)));
    let same = one.serial == other.serial && vm.equal(this, args.at(0))?;
    Ok(Value::Bool(same))
}

fn to_int<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    vm.call_method(this, known::TO_I, &[])
}

fn floored<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if vm.equal(args.at(0), Value::Integer(0))? {
        return vm.raise("ZeroDivisionError", "divided by 0");
    }
    let quotient = vm.call_method(this, known::DIVIDE, args.values)?;
    vm.call_named(quotient, "floor", &[])
}

/// Also of integers and floats.
pub(super) fn remainder<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if let (Some(a), Some(b)) = (big(this), big(other)) {
        count_product(vm, &a, &b)?;
        let rest = vm.lift(integer::remainder(&a, &b))?;
        return Ok(vm.integer(rest));
    }
    let rest = vm.call_method(this, known::MODULO, &[other])?;
    let zero = Value::Integer(0);
    if vm.equal(rest, zero)? {
        return Ok(rest);
    }
    let below = |vm: &mut Vm<'h>, value| Ok(vm.call_method(value, known::LESS, &[zero])?.truthy());
    if below(vm, this)? == below(vm, other)? {
        return Ok(rest);
    }
    match other {
        Value::Float(float) if float.is_infinite() => Ok(this),
        _ => vm.call_method(rest, known::SUBTRACT, &[other]),
    }
}

/// Both as numbers of one class: integers stay, everything else becomes floats.
pub(super) fn coerce<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    let integers = big(this).is_some() && big(other).is_some();
    let one_class =
        matches!(this, Value::Object(_)) && vm.class_of(this).serial == vm.class_of(other).serial;
    let (first, second) = if integers || one_class {
        (other, this)
    } else {
        (
            super::conversion::to_float(vm, other)?,
            super::conversion::to_float(vm, this)?,
        )
    };
    Ok(vm.array(vec![first, second]))
}
