//! `Rational`: what integers and dates give where a quotient is not whole. An object with two integers inside, the
//! denominator above zero, both without a common divisor.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::super::eval::{Vm, big};
use super::super::number::float;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Encoding, Value};
use super::library::ClassDefinition;
use super::numeric::{cannot_coerce, float_of};
use super::{Args, Row};

/// Classes of this file.
pub(super) const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("Rational", "Numeric")
        .methods(&[METHODS])
        .missing(&["rationalize", "to_c", "marshal_dump"], &["allocate"]),
    ClassDefinition::class("Integer", "Numeric").methods(&[WHOLE]),
    ClassDefinition::module("Kernel")
        .methods(&[FUNCTIONS])
        .class_methods(&[FUNCTIONS]),
];

const FUNCTIONS: &[Row] = &[
    Row::new("Rational", 1, convert, "A fraction of two integers.")
        .to(2)
        .private(),
];

/// Methods of integers that give fractions.
const WHOLE: &[Row] = &[
    Row::new("to_r", 0, to_r, "The same number as a fraction."),
    Row::new("rationalize", 0, to_r, "The same number as a fraction.").to(1),
    Row::new("numerator", 0, numerator, "Itself."),
    Row::new("denominator", 0, denominator, "One."),
    Row::new("quo", 1, quo, "The exact quotient."),
];

const METHODS: &[Row] = &[
    Row::new("numerator", 0, numerator, "The number above the line."),
    Row::new("denominator", 0, denominator, "The number below the line."),
    Row::new("+", 1, add, "The sum."),
    Row::new("-", 1, subtract, "The difference."),
    Row::new("*", 1, multiply, "The product."),
    Row::new("/", 1, divide, "The quotient."),
    Row::new("quo", 1, divide, "The quotient."),
    Row::new("fdiv", 1, fdiv, "The quotient as a float."),
    Row::new("%", 1, modulo, "What division leaves."),
    Row::new("**", 1, power, "The power to an integer."),
    Row::new("-@", 0, negate, "Zero without it."),
    Row::new("abs", 0, abs, "Without its sign."),
    Row::new("magnitude", 0, abs, "Without its sign."),
    Row::new("<=>", 1, compare, "Less: -1, equal: 0, greater: 1."),
    Row::new("==", 1, equal, "Whether both are the same number."),
    Row::new("eql?", 1, eql, "Whether both are the same fraction."),
    Row::new(
        "hash",
        0,
        hash,
        "A number that is equal for equal fractions.",
    ),
    Row::new("coerce", 1, coerce, "Both as fractions, or both as floats."),
    Row::new("to_i", 0, truncate, "Without what is behind the point."),
    Row::new("to_f", 0, to_f, "The nearest float."),
    Row::new("to_r", 0, to_r, "Itself."),
    Row::new("to_s", 0, to_s, "Both numbers with a line between them."),
    Row::new("inspect", 0, inspect, "The same in parentheses."),
    Row::new("zero?", 0, is_zero, "Whether it is zero."),
    Row::new("positive?", 0, is_positive, "Whether it is above zero."),
    Row::new("negative?", 0, is_negative, "Whether it is below zero."),
    Row::new("floor", 0, floor, "Rounded down to an integer."),
    Row::new("ceil", 0, ceil, "Rounded up to an integer."),
    Row::new("round", 0, round, "Rounded to the nearest integer."),
    Row::new("truncate", 0, truncate, "Without what is behind the point."),
];

/// Numerator and denominator.
type Ratio = (BigInt, BigInt);

/// A fraction as a value; the denominator is not zero.
pub(super) fn new_rational<'h>(
    vm: &mut Vm<'h>,
    numerator: BigInt,
    denominator: BigInt,
) -> Value<'h> {
    let divisor = numerator.gcd(&denominator);
    let divisor = if denominator.is_negative() {
        -divisor
    } else {
        divisor
    };
    let (numerator, denominator) = if divisor.is_zero() {
        (numerator, BigInt::one())
    } else {
        (numerator / &divisor, denominator / &divisor)
    };
    let slots = vec![vm.integer(numerator), vm.integer(denominator)];
    vm.object_with("Rational", slots)
}

/// The fraction that an integer or a fraction is.
pub(super) fn ratio<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Option<Ratio> {
    if let Some(whole) = big(value) {
        return Some((whole, BigInt::one()));
    }
    let Value::Object(object) = value else {
        return None;
    };
    if !vm.is_a(value, "Rational") {
        return None;
    }
    big(object.slot(0)).zip(big(object.slot(1)))
}

fn own<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Ratio {
    ratio(vm, this).unwrap_or_else(|| (BigInt::zero(), BigInt::one()))
}

/// Counts the work of arithmetic with large numbers.
fn count<'h>(vm: &mut Vm<'h>, a: &Ratio, b: &Ratio) -> Res<'h, ()> {
    let bits =
        a.0.bits()
            .saturating_add(a.1.bits())
            .saturating_add(b.0.bits())
            .saturating_add(b.1.bits());
    super::numeric::count_digits(vm, bits)
}

fn operate<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    other: Value<'h>,
    exact: fn(&Ratio, &Ratio) -> Ratio,
    floats: fn(f64, f64) -> f64,
) -> Res<'h> {
    let a = own(vm, this);
    if let Some(b) = ratio(vm, other) {
        count(vm, &a, &b)?;
        let (numerator, denominator) = exact(&a, &b);
        if denominator.is_zero() {
            return vm.raise("ZeroDivisionError", "divided by 0");
        }
        return Ok(new_rational(vm, numerator, denominator));
    }
    match float_of(other) {
        Some(b) => Ok(Value::Float(floats(float::fdiv(&a.0, &a.1), b))),
        None => cannot_coerce(vm, this, other),
    }
}

fn add<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    operate(
        vm,
        this,
        args.at(0),
        |a, b| (&a.0 * &b.1 + &b.0 * &a.1, &a.1 * &b.1),
        |a, b| a + b,
    )
}

fn subtract<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    operate(
        vm,
        this,
        args.at(0),
        |a, b| (&a.0 * &b.1 - &b.0 * &a.1, &a.1 * &b.1),
        |a, b| a - b,
    )
}

fn multiply<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    operate(
        vm,
        this,
        args.at(0),
        |a, b| (&a.0 * &b.0, &a.1 * &b.1),
        |a, b| a * b,
    )
}

fn divide<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    operate(
        vm,
        this,
        args.at(0),
        |a, b| (&a.0 * &b.1, &a.1 * &b.0),
        |a, b| a / b,
    )
}

/// The exact quotient; of a float a float.
fn quo<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    divide(vm, this, args)
}

fn fdiv<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let quotient = divide(vm, this, args)?;
    vm.call_method(quotient, known::TO_F, &[])
}

fn modulo<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if float_of(args.at(0)).is_some() && big(args.at(0)).is_none() {
        return vm.unsupported("Rational#% with a float");
    }
    let exact = |a: &Ratio, b: &Ratio| {
        if b.0.is_zero() {
            return (BigInt::zero(), BigInt::zero());
        }
        ((&a.0 * &b.1).mod_floor(&(&b.0 * &a.1)), &a.1 * &b.1)
    };
    operate(vm, this, args.at(0), exact, |a, b| a % b)
}

fn power<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (numerator, denominator) = own(vm, this);
    let Some(exponent) = big(args.at(0)) else {
        let Some(exponent) = float_of(args.at(0)) else {
            return vm.unsupported("Rational#** of other than integers and floats");
        };
        let base = float::fdiv(&numerator, &denominator);
        return match float::power(base, exponent) {
            Some(value) => Ok(Value::Float(value)),
            None => vm.unsupported("Complex: the power of a negative number to a fraction"),
        };
    };
    let Some(size) = exponent.abs().to_u32().filter(|size| *size < 1 << 20) else {
        return vm.unsupported("a large power of a Rational");
    };
    let bits = (numerator.bits() + denominator.bits()).saturating_mul(u64::from(size));
    super::numeric::count_digits(vm, bits)?;
    let (numerator, denominator) = (numerator.pow(size), denominator.pow(size));
    if !exponent.is_negative() {
        return Ok(new_rational(vm, numerator, denominator));
    }
    if numerator.is_zero() {
        return vm.raise("ZeroDivisionError", "divided by 0");
    }
    Ok(new_rational(vm, denominator, numerator))
}

fn negate<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (numerator, denominator) = own(vm, this);
    Ok(new_rational(vm, -numerator, denominator))
}

fn abs<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (numerator, denominator) = own(vm, this);
    Ok(new_rational(vm, numerator.abs(), denominator))
}

fn order<'h>(vm: &mut Vm<'h>, this: Value<'h>, other: Value<'h>) -> Res<'h, Option<Ordering>> {
    let a = own(vm, this);
    if let Some(b) = ratio(vm, other) {
        count(vm, &a, &b)?;
        return Ok(Some((&a.0 * &b.1).cmp(&(&b.0 * &a.1))));
    }
    let float = float::fdiv(&a.0, &a.1);
    Ok(float_of(other).and_then(|other| float.partial_cmp(&other)))
}

fn compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let order = order(vm, this, args.at(0))?;
    Ok(order.map_or(Value::Nil, |order| Value::Integer(order as i64)))
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let order = order(vm, this, args.at(0))?;
    Ok(Value::Bool(order == Some(Ordering::Equal)))
}

fn eql<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let fraction = vm.is_a(args.at(0), "Rational");
    Ok(Value::Bool(fraction && equal(vm, this, args)?.truthy()))
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (numerator, denominator) = own(vm, this);
    let both = vec![vm.integer(numerator), vm.integer(denominator)];
    let both = vm.array(both);
    let code = vm.hash_code(both)?;
    Ok(Value::Integer((code >> 2).cast_signed()))
}

fn coerce<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    let pair = if let Some((numerator, denominator)) = ratio(vm, other) {
        vec![new_rational(vm, numerator, denominator), this]
    } else if let Value::Float(_) = other {
        let (numerator, denominator) = own(vm, this);
        vec![other, Value::Float(float::fdiv(&numerator, &denominator))]
    } else {
        return cannot_coerce(vm, this, other);
    };
    Ok(vm.array(pair))
}

fn numerator<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let numerator = own(vm, this).0;
    Ok(vm.integer(numerator))
}

fn denominator<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let denominator = own(vm, this).1;
    Ok(vm.integer(denominator))
}

fn to_r<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (numerator, denominator) = own(vm, this);
    Ok(new_rational(vm, numerator, denominator))
}

fn to_f<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (numerator, denominator) = own(vm, this);
    Ok(Value::Float(float::fdiv(&numerator, &denominator)))
}

fn shown<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, String> {
    let (numerator, denominator) = own(vm, this);
    super::numeric::count_digits(vm, numerator.bits() + denominator.bits())?;
    Ok(format!("{numerator}/{denominator}"))
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = shown(vm, this)?;
    Ok(vm.bytes(text.into_bytes(), Encoding::UsAscii))
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = shown(vm, this)?;
    Ok(vm.bytes(format!("({text})").into_bytes(), Encoding::UsAscii))
}

fn is_zero<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this).0.is_zero()))
}

fn is_positive<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this).0.is_positive()))
}

fn is_negative<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this).0.is_negative()))
}

fn floor<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (numerator, denominator) = own(vm, this);
    Ok(vm.integer(numerator.div_floor(&denominator)))
}

fn ceil<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (numerator, denominator) = own(vm, this);
    Ok(vm.integer(numerator.div_ceil(&denominator)))
}

fn truncate<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (numerator, denominator) = own(vm, this);
    Ok(vm.integer(numerator / denominator))
}

fn round<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (numerator, denominator) = own(vm, this);
    let twice: BigInt = numerator.abs() * 2 + &denominator;
    let size = twice.div_floor(&(denominator * 2_u8));
    Ok(vm.integer(if numerator.is_negative() { -size } else { size }))
}

/// `Rational(a, b)`; texts and floats are refused.
fn convert<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut parts = Vec::new();
    for value in args.values {
        if value.is_nil() {
            return vm.raise("TypeError", "can't convert nil into Rational");
        }
        match ratio(vm, *value) {
            Some((numerator, denominator)) => parts.push(new_rational(vm, numerator, denominator)),
            None => return vm.unsupported("Rational() of other than integers"),
        }
    }
    match parts.as_slice() {
        [a, b] => divide(vm, *a, &Args::of(&[*b])),
        [single, ..] => Ok(*single),
        [] => Ok(Value::Nil),
    }
}
