//! `Integer`: what only integers have. What they share with floats is in `numeric.rs`.

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::{Signed, ToPrimitive, Zero};

use super::super::eval::{Vm, big};
use super::super::number::float;
use super::super::number::integer;
use super::super::number::round::{self, Half, Rounding};
use super::super::symbol::{Symbol, known};
use super::super::unwind::Res;
use super::super::value::{Encoding, Value};
use super::library::ClassDefinition;
use super::numeric::{ARITHMETIC, cannot_coerce, count_digits, with_coerce};
use super::{Args, Row, counting, numeric};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[ClassDefinition::class("Integer", "Numeric")
    .methods(&[ARITHMETIC, METHODS, BITS, counting::COUNTING])
    .class_methods(&[CLASS_METHODS])
    .missing(&["to_c"], &[])];

const CLASS_METHODS: &[Row] = &[
    Row::new(
        "sqrt",
        1,
        square_root,
        "The largest integer whose square is not above.",
    ),
    Row::new(
        "try_convert",
        1,
        try_convert,
        "What `to_int` gives, or nil.",
    ),
];

const METHODS: &[Row] = &[
    Row::new("to_s", 0, to_s, "The digits, to a base.").to(1),
    Row::new("inspect", 0, to_s, "The digits, to a base.").to(1),
    Row::new("to_i", 0, itself, "Itself."),
    Row::new("to_int", 0, itself, "Itself."),
    Row::new("ord", 0, itself, "Itself."),
    Row::new("chr", 0, chr, "The character of this number.").to(1),
    Row::new("integer?", 0, always, "True."),
    Row::new("succ", 0, succ, "One more."),
    Row::new("next", 0, succ, "One more."),
    Row::new("pred", 0, pred, "One less."),
    Row::new("even?", 0, is_even, "Whether two divides it."),
    Row::new("odd?", 0, is_odd, "Whether two does not divide it."),
    Row::new(
        "pow",
        1,
        pow,
        "The power, or what it leaves when divided by a number.",
    )
    .to(2),
    Row::new(
        "digits",
        0,
        digits,
        "The digits to a base, the last one first.",
    )
    .to(1),
    Row::new("gcd", 1, gcd, "The greatest common divisor."),
    Row::new("lcm", 1, lcm, "The least common multiple."),
    Row::new("gcdlcm", 1, gcdlcm, "Both of them."),
    Row::new("ceildiv", 1, ceildiv, "The quotient, rounded up."),
    Row::new(
        "remainder",
        1,
        numeric::remainder,
        "What division leaves, with the sign of the receiver.",
    ),
    Row::new(
        "coerce",
        1,
        numeric::coerce,
        "Both as integers, or both as floats.",
    ),
    Row::new(
        "round",
        0,
        round,
        "Rounded to digits, negative ones for tens.",
    )
    .to(1)
    .keywords(&["half"]),
    Row::new("floor", 0, floor, "Rounded down.").to(1),
    Row::new("ceil", 0, ceil, "Rounded up.").to(1),
    Row::new("truncate", 0, truncate, "Rounded towards zero.").to(1),
    Row::new("size", 0, size, "Number of bytes."),
];

const BITS: &[Row] = &[
    Row::new("&", 1, and, "The bits that both have."),
    Row::new("|", 1, or, "The bits that one has."),
    Row::new("^", 1, xor, "The bits that only one has."),
    Row::new("~", 0, invert, "The other bits."),
    Row::new("<<", 1, shift_left, "Shifted to the left."),
    Row::new(">>", 1, shift_right, "Shifted to the right."),
    Row::new("[]", 1, bit, "The bit at an index, or several as a number.").to(2),
    Row::new(
        "bit_length",
        0,
        bit_length,
        "Number of bits without the sign.",
    ),
    Row::new(
        "allbits?",
        1,
        all_bits,
        "Whether it has all bits of a mask.",
    ),
    Row::new("anybits?", 1, any_bits, "Whether it has a bit of a mask."),
    Row::new("nobits?", 1, no_bits, "Whether it has no bit of a mask."),
];

fn own(value: Value<'_>) -> BigInt {
    big(value).unwrap_or_default()
}

fn itself<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(this)
}

fn always<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(true))
}

fn square_root<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let value = vm.whole(args.at(0))?;
    count_digits(vm, value.bits())?;
    let root = vm.lift(integer::sqrt(&value))?;
    Ok(vm.integer(root))
}

fn try_convert<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let value = args.at(0);
    if big(value).is_none() && !vm.responds(value, known::TO_INT) {
        return Ok(Value::Nil);
    }
    let made = if big(value).is_some() {
        value
    } else {
        vm.call_method(value, known::TO_INT, &[])?
    };
    if made.is_nil() || big(made).is_some() {
        return Ok(made);
    }
    vm.wrong_conversion(value, "Integer", "to_int", made)
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if let (Value::Integer(value), true) = (this, args.is_empty()) {
        return Ok(vm.bytes(value.to_string().into_bytes(), Encoding::UsAscii));
    }
    let base = match args.get(0) {
        Some(base) => vm.long(base)?,
        None => 10,
    };
    let value = own(this);
    count_digits(vm, value.bits())?;
    let text = vm.lift(integer::to_s(&value, base))?;
    Ok(vm.bytes(text.into_bytes(), Encoding::UsAscii))
}

fn chr<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let code = own(this);
    let encoding = match args.get(0) {
        Some(encoding) => vm.display(encoding)?.to_ascii_uppercase(),
        None => String::new(),
    };
    let made = match (encoding.as_str(), code.to_u32()) {
        ("" | "US-ASCII" | "ASCII", Some(code @ 0..128)) => {
            Some((vec![low_byte(code)], Encoding::UsAscii))
        }
        ("" | "ASCII-8BIT" | "BINARY", Some(code @ 0..256)) => {
            Some((vec![low_byte(code)], Encoding::Binary))
        }
        ("UTF-8", Some(code)) => {
            char::from_u32(code).map(|char| (char.to_string().into_bytes(), Encoding::Utf8))
        }
        ("" | "US-ASCII" | "ASCII" | "ASCII-8BIT" | "BINARY" | "UTF-8", _) => None,
        (other, _) => return vm.unsupported(format!("the encoding {other}")),
    };
    match made {
        Some((bytes, encoding)) => Ok(vm.bytes(bytes, encoding)),
        None if encoding == "UTF-8" && code.to_u32().is_some_and(|code| code < 0x11_0000) => vm
            .raise(
                "RangeError",
                format!("invalid codepoint 0x{code:X} in UTF-8"),
            ),
        None if code.bits() > 62 => vm.raise("RangeError", "bignum out of char range"),
        None => vm.raise("RangeError", format!("{code} out of char range")),
    }
}

fn low_byte(code: u32) -> u8 {
    u8::try_from(code).unwrap_or(u8::MAX)
}

fn succ<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(vm.integer(own(this) + 1))
}

fn pred<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(vm.integer(own(this) - 1))
}

fn is_even<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(this).is_even()))
}

fn is_odd<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(this).is_odd()))
}

fn pow<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Some(modulus) = args.get(1) else {
        return numeric::power(vm, this, args);
    };
    let Some(exponent) = big(args.at(0)) else {
        return vm.raise(
            "TypeError",
            "Integer#pow() 2nd argument not allowed unless a 1st argument is integer",
        );
    };
    if exponent.is_negative() {
        let text = "Integer#pow() 1st argument cannot be negative when 2nd argument specified";
        return vm.raise("RangeError", text);
    }
    let Some(modulus) = big(modulus) else {
        return vm.raise(
            "TypeError",
            "Integer#pow() 2nd argument not allowed unless all arguments are integers",
        );
    };
    // A multiplication of the size of the modulus for each bit of the exponent.
    let words = modulus.bits() / 64 + 1;
    let work = words.saturating_mul(words).saturating_mul(exponent.bits()) / 8;
    vm.tick(usize::try_from(work).unwrap_or(usize::MAX))?;
    let power = vm.lift(integer::power_modulo(&own(this), &exponent, &modulus))?;
    Ok(vm.integer(power))
}

fn digits<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let base = match args.get(0) {
        Some(base) => vm.whole(base)?,
        None => BigInt::from(10),
    };
    let value = own(this);
    count_digits(vm, value.bits())?;
    let digits = vm.lift(integer::digits(&value, &base))?;
    vm.grow(digits.len().saturating_mul(16))?;
    let digits = digits.into_iter().map(|digit| vm.integer(digit)).collect();
    Ok(vm.array(digits))
}

/// The other integer, with the work of dividing by it counted.
fn other_integer<'h>(vm: &mut Vm<'h>, this: &BigInt, other: Value<'h>) -> Res<'h, BigInt> {
    match big(other) {
        Some(other) => {
            count_digits(vm, this.bits().max(other.bits()))?;
            Ok(other)
        }
        None => vm.raise("TypeError", "not an integer"),
    }
}

fn gcd<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let this = own(this);
    let other = other_integer(vm, &this, args.at(0))?;
    Ok(vm.integer(this.gcd(&other)))
}

fn lcm<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let this = own(this);
    let other = other_integer(vm, &this, args.at(0))?;
    Ok(vm.integer(this.lcm(&other).abs()))
}

fn gcdlcm<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let both = vec![gcd(vm, this, args)?, lcm(vm, this, args)?];
    Ok(vm.array(both))
}

/// As Ruby defines it: the negated floor of the quotient of the negated.
fn ceildiv<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = vm.call_named(Value::Integer(0), "-", args.values)?;
    let quotient = vm.call_named(this, "div", &[other])?;
    vm.call_method(quotient, known::NEGATE, &[])
}

/// The digits of a rounding: an integer of 32 bits.
pub(super) fn digits_argument<'h>(vm: &mut Vm<'h>, value: Option<Value<'h>>) -> Res<'h, i32> {
    let Some(value) = value else { return Ok(0) };
    let digits = vm.long(value)?;
    if let Ok(digits) = i32::try_from(digits) {
        Ok(digits)
    } else {
        let size = if digits < 0 { "small" } else { "big" };
        vm.raise(
            "RangeError",
            format!("integer {digits} too {size} to convert to 'int'"),
        )
    }
}

/// The keyword `half:` of `round`.
pub(super) fn half_argument<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, Half> {
    let name = match args.keyword(vm, "half") {
        None | Some(Value::Nil) => return Ok(Half::Up),
        Some(name @ (Value::Symbol(_) | Value::String(_))) => vm.display(name)?,
        Some(other) => {
            let shown = vm.display(other)?;
            return vm.raise("ArgumentError", format!("invalid rounding mode: {shown}"));
        }
    };
    vm.lift(Half::named(&name))
}

fn rounded<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    rounding: Rounding,
) -> Res<'h> {
    let digits = digits_argument(vm, args.get(0))?;
    if digits >= 0 {
        return Ok(this);
    }
    let value = vm.lift(round::integer(&own(this), digits, rounding))?;
    Ok(vm.integer(value))
}

fn round<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let half = half_argument(vm, args)?;
    rounded(vm, this, args, Rounding::Nearest(half))
}

fn floor<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    rounded(vm, this, args, Rounding::Floor)
}

fn ceil<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    rounded(vm, this, args, Rounding::Ceil)
}

fn truncate<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    rounded(vm, this, args, Rounding::Truncate)
}

fn size<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let bytes = own(this).bits().div_ceil(8).max(8);
    Ok(vm.integer(BigInt::from(bytes)))
}

/// A bitwise operator: floats have no bits, so that `coerce` must give integers.
fn bitwise<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    name: &str,
    other: Value<'h>,
    result: fn(BigInt, BigInt) -> BigInt,
) -> Res<'h> {
    if let (Some(a), Some(b)) = (big(this), big(other)) {
        return Ok(vm.integer(result(a, b)));
    }
    if !matches!(other, Value::Object(_)) {
        return cannot_coerce(vm, this, other);
    }
    let name: Symbol = vm.symbol(name);
    with_coerce(vm, this, name, other)
}

fn and<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    bitwise(vm, this, "&", args.at(0), |a, b| a & b)
}

fn or<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    bitwise(vm, this, "|", args.at(0), |a, b| a | b)
}

fn xor<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    bitwise(vm, this, "^", args.at(0), |a, b| a ^ b)
}

fn invert<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(vm.integer(-own(this) - 1))
}

fn shift_left<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let by = vm.whole(args.at(0))?;
    shift(vm, &own(this), &by)
}

fn shift_right<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let by = vm.whole(args.at(0))?;
    shift(vm, &own(this), &-by)
}

fn shift<'h>(vm: &mut Vm<'h>, value: &BigInt, by: &BigInt) -> Res<'h> {
    let bits = integer::shift_bits(value, by);
    if bits < u64::from(u32::MAX) {
        vm.reserve(usize::try_from(bits / 8).unwrap_or(usize::MAX))?;
        vm.tick(usize::try_from(bits / 512).unwrap_or(usize::MAX))?;
    }
    let shifted = vm.lift(integer::shift_left(value, by))?;
    Ok(vm.integer(shifted))
}

fn bit<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if let Value::Range(range) = args.at(0) {
        return bit_range(vm, &own(this), range);
    }
    let index = vm.whole(args.at(0))?;
    let Some(length) = args.get(1) else {
        let down = vm.lift(integer::shift_right(
            &own(this),
            &index.clone().max(BigInt::zero()),
        ))?;
        let set = !index.is_negative() && down.is_odd();
        return Ok(Value::Integer(i64::from(set)));
    };
    let length = vm.whole(length)?;
    masked(vm, &own(this), &index, Some(&length))
}

/// So many bits from an index on; all of them for a negative length.
fn masked<'h>(vm: &mut Vm<'h>, value: &BigInt, index: &BigInt, length: Option<&BigInt>) -> Res<'h> {
    let Some(length) = length.filter(|length| !length.is_negative()) else {
        return shift(vm, value, &-index);
    };
    let mask = own(shift(vm, &BigInt::from(1), length)?) - 1;
    let down = own(shift(vm, value, &-index)?);
    Ok(vm.integer(down & mask))
}

fn bit_range<'h>(
    vm: &mut Vm<'h>,
    value: &BigInt,
    range: &super::super::value::Range<'h>,
) -> Res<'h> {
    if range.first.is_nil() {
        return vm.unsupported("Integer#[] with a range without a beginning");
    }
    let first = vm.whole(range.first)?;
    if range.last.is_nil() {
        return masked(vm, value, &first, None);
    }
    let last = vm.whole(range.last)?;
    let length = last - &first + i32::from(!range.exclusive);
    masked(vm, value, &first, Some(&length))
}

fn bit_length<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(vm.integer(BigInt::from(integer::bit_length(&own(this)))))
}

fn all_bits<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mask = vm.whole(args.at(0))?;
    Ok(Value::Bool(own(this) & &mask == mask))
}

fn any_bits<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mask = vm.whole(args.at(0))?;
    Ok(Value::Bool(!(own(this) & mask).is_zero()))
}

fn no_bits<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mask = vm.whole(args.at(0))?;
    Ok(Value::Bool((own(this) & mask).is_zero()))
}

/// The integer part of a float.
pub(super) fn of_float<'h>(vm: &mut Vm<'h>, value: f64) -> Res<'h> {
    let whole = vm.lift(float::to_integer(value))?;
    Ok(vm.integer(whole))
}
