//! `OpenSSL::BN`: the numbers of certificates and keys. Each holds an integer in its slot.

use num_bigint::{BigInt, BigUint, Sign};
use num_integer::Integer;

use super::super::super::eval::{Vm, big};
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Value};
use super::super::{Args, Row};

const TO_I: Row = Row::new("to_i", 0, to_i, "The integer.");
const COMPARE: Row = Row::new("<=>", 1, compare, "-1, 0 or 1.");
const EQUAL: Row = Row::new("==", 1, equal, "Whether both are the same number.");

pub(super) const CLASS: &[Row] = &[Row::new(
    "new",
    1,
    new,
    "A number of an integer or a text in base 10, 16 or 2.",
)
.to(2)];

pub(super) const METHODS: &[Row] = &[
    Row::new(
        "to_s",
        0,
        to_s,
        "The digits in base 10 or 16, the bytes in base 2 or 0.",
    )
    .to(1),
    TO_I,
    TO_I.alias("to_int"),
    Row::new("to_bn", 0, itself, "Itself."),
    EQUAL,
    EQUAL.alias("==="),
    Row::new(
        "eql?",
        1,
        eql,
        "Whether it is an equal number of this class.",
    ),
    Row::new("hash", 0, hash, "A number that is equal for equal numbers."),
    COMPARE,
    COMPARE.alias("cmp"),
    Row::new("+", 1, plus, "The sum."),
    Row::new("-", 1, minus, "The difference."),
    Row::new("*", 1, times, "The product."),
    Row::new("/", 1, divide, "Quotient and remainder, rounded to zero."),
    Row::new(
        "%",
        1,
        modulo,
        "The remainder, with the sign of the number.",
    ),
    Row::new("-@", 0, negate, "With the other sign."),
    Row::new("abs", 0, abs, "Without sign."),
    Row::new("coerce", 1, coerce, "Both as integers."),
    Row::new("num_bits", 0, num_bits, "Number of bits."),
    Row::new("num_bytes", 0, num_bytes, "Number of bytes."),
    Row::new("zero?", 0, is_zero, "Whether it is 0."),
    Row::new("one?", 0, is_one, "Whether it is 1."),
    Row::new("odd?", 0, is_odd, "Whether it is odd."),
    Row::new("negative?", 0, is_negative, "Whether it is below 0."),
];

pub(super) const MISSING: &[&str] = &[
    "**",
    "+@",
    "<<",
    ">>",
    "bit_set?",
    "clear_bit!",
    "copy",
    "gcd",
    "get_flags",
    "inspect",
    "lshift!",
    "mask_bits!",
    "mod_add",
    "mod_exp",
    "mod_inverse",
    "mod_mul",
    "mod_sqr",
    "mod_sqrt",
    "mod_sub",
    "prime?",
    "prime_fasttest?",
    "pretty_print",
    "rshift!",
    "set_bit!",
    "set_flags",
    "sqr",
    "ucmp",
];

/// Of Ruby's integers.
pub(super) const INTEGER: &[Row] = &[Row::new("to_bn", 0, to_bn, "As a number of OpenSSL.")];

/// A number of OpenSSL.
pub(super) fn make<'h>(vm: &mut Vm<'h>, value: BigInt) -> Value<'h> {
    let number = vm.integer(value);
    vm.object_with("OpenSSL::BN", vec![number])
}

/// One that is not negative.
pub(super) fn make_unsigned<'h>(vm: &mut Vm<'h>, value: &BigUint) -> Value<'h> {
    make(vm, BigInt::from(value.clone()))
}

fn held(this: Value<'_>) -> BigInt {
    match this {
        Value::Object(object) => big(object.slot(0)).unwrap_or_default(),
        _ => BigInt::ZERO,
    }
}

/// A number of OpenSSL or of Ruby.
fn other<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Option<BigInt>> {
    if vm.is_a(value, "OpenSSL::BN") {
        return Ok(Some(held(value)));
    }
    Ok(match value {
        Value::Integer(_) | Value::Big(_) => big(value),
        _ => None,
    })
}

fn operand<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, BigInt> {
    match other(vm, args.at(0))? {
        Some(number) => Ok(number),
        None => vm.raise("TypeError", "Cannot convert into OpenSSL::BN"),
    }
}

fn new<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.at(0).is_nil() {
        return vm.raise("ArgumentError", "invalid argument");
    }
    if let Some(number) = other(vm, args.at(0))? {
        return Ok(make(vm, number));
    }
    let text = vm.string(args.at(0))?.bytes();
    vm.tick(text.len())?;
    let base = match args.get(1) {
        None => 10,
        Some(base) => vm.long(base)?,
    };
    let number = match base {
        2 => BigInt::from_bytes_be(Sign::Plus, &text),
        10 | 16 if text.len() <= 4096 => return parsed(vm, &text, base == 16),
        0 | 10 | 16 => return vm.unsupported("OpenSSL::BN.new of such a text"),
        _ => return vm.raise("ArgumentError", format!("invalid radix {base}")),
    };
    Ok(make(vm, number))
}

/// The digits at the start of a text.
fn parsed<'h>(vm: &mut Vm<'h>, text: &[u8], hexadecimal: bool) -> Res<'h> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', digits)) => (true, digits),
        _ => (false, text),
    };
    let digits = digits.iter().map(|digit| char::from(*digit));
    let digits: String = digits
        .take_while(|digit| digit.is_digit(if hexadecimal { 16 } else { 10 }))
        .collect();
    let radix = if hexadecimal { 16 } else { 10 };
    match BigInt::parse_bytes(digits.as_bytes(), radix) {
        Some(number) => Ok(make(vm, if negative { -number } else { number })),
        None => vm.unsupported("OpenSSL::BN.new of a text without digits"),
    }
}

fn to_bn<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(vm.object_with("OpenSSL::BN", vec![this]))
}

fn itself<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(this)
}

fn slot(this: Value<'_>) -> Value<'_> {
    match this {
        Value::Object(object) => object.slot(0),
        _ => Value::Nil,
    }
}

fn to_i<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(slot(this))
}

/// OpenSSL prints whole bytes.
fn hexadecimal(number: &BigInt) -> String {
    let digits = number.magnitude().to_str_radix(16).to_uppercase();
    let sign = if number.sign() == Sign::Minus {
        "-"
    } else {
        ""
    };
    let padding = if digits.len() % 2 == 1 && digits != "0" {
        "0"
    } else {
        ""
    };
    format!("{sign}{padding}{digits}")
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let base = match args.get(0) {
        None => 10,
        Some(base) => vm.long(base)?,
    };
    let number = held(this);
    vm.tick(usize::try_from(number.bits()).unwrap_or(usize::MAX) / 64)?;
    match base {
        10 => vm.to_s(slot(this)),
        16 => Ok(vm.str(hexadecimal(&number))),
        2 if number.sign() == Sign::NoSign => Ok(vm.bytes(Vec::new(), Encoding::Binary)),
        2 => Ok(vm.bytes(number.magnitude().to_bytes_be(), Encoding::Binary)),
        0 => vm.unsupported("OpenSSL::BN#to_s with base 0"),
        _ => vm.raise("ArgumentError", format!("invalid radix {base}")),
    }
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = other(vm, args.at(0))?;
    Ok(Value::Bool(other.is_some_and(|other| other == held(this))))
}

fn eql<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let same = vm.is_a(args.at(0), "OpenSSL::BN") && held(args.at(0)) == held(this);
    Ok(Value::Bool(same))
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let name = vm.symbol("hash");
    vm.call_method(slot(this), name, &[])
}

fn compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = operand(vm, args)?;
    Ok(Value::Integer(held(this).cmp(&other) as i64))
}

/// Makes the number that a calculation of two gives.
fn calculate<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    calculate: fn(&BigInt, &BigInt) -> BigInt,
) -> Res<'h> {
    let (left, right) = (held(this), operand(vm, args)?);
    let bits = usize::try_from(left.bits().saturating_add(right.bits())).unwrap_or(usize::MAX);
    vm.tick(bits / 64)?;
    vm.grow(bits / 8)?;
    Ok(make(vm, calculate(&left, &right)))
}

fn plus<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    calculate(vm, this, args, |left, right| left + right)
}

fn minus<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    calculate(vm, this, args, |left, right| left - right)
}

fn times<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    // The integers' own multiplication asks for steps as large numbers need them.
    let other = operand(vm, args)?;
    let other = vm.integer(other);
    let product = vm.call_named(slot(this), "*", &[other])?;
    Ok(vm.object_with("OpenSSL::BN", vec![product]))
}

fn parts<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h, (BigInt, BigInt)> {
    let (left, right) = (held(this), operand(vm, args)?);
    if right.sign() == Sign::NoSign {
        return vm.raise("OpenSSL::BNError", "div by zero");
    }
    let words = usize::try_from(left.bits() / 64).unwrap_or(usize::MAX);
    vm.tick(words.saturating_mul(words))?;
    vm.grow(words.saturating_mul(16))?;
    Ok((&left / &right, &left % &right))
}

fn divide<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (quotient, remainder) = parts(vm, this, args)?;
    let both = vec![make(vm, quotient), make(vm, remainder)];
    Ok(vm.array(both))
}

fn modulo<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (_, remainder) = parts(vm, this, args)?;
    Ok(make(vm, remainder))
}

fn negate<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(make(vm, -held(this)))
}

fn abs<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let magnitude = held(this).into_parts().1;
    Ok(make_unsigned(vm, &magnitude))
}

fn coerce<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.at(0) {
        number @ (Value::Integer(_) | Value::Big(_)) => Ok(vm.array(vec![number, slot(this)])),
        _ => vm.raise("TypeError", "Don't know how to coerce"),
    }
}

fn num_bits<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(
        i64::try_from(held(this).bits()).unwrap_or(i64::MAX),
    ))
}

fn num_bytes<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let bytes = held(this).bits().div_ceil(8);
    Ok(Value::Integer(i64::try_from(bytes).unwrap_or(i64::MAX)))
}

fn is_zero<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(held(this).sign() == Sign::NoSign))
}

fn is_one<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(held(this) == BigInt::from(1)))
}

fn is_odd<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(held(this).is_odd()))
}

fn is_negative<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(held(this).sign() == Sign::Minus))
}
