//! `round`, `floor`, `ceil` and `truncate`, with digits and with the modes for halves.
//!
//! Floats round as Ruby 3.4 rounds them, steps and inaccuracies included: 10^digits times the float, a rounding of that, one
//! correction. Beyond 14 digits `round` rounds the exact value of the float instead.

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::{FromPrimitive, One, Signed, Zero};

use super::float::{fdiv, to_integer};
use crate::ruby::raised::Raised;

/// Where a half goes: `half: :up`, `:even`, `:down`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Half {
    /// Away from zero; also `half: nil`.
    #[default]
    Up,
    /// To the even neighbour.
    Even,
    /// Towards zero.
    Down,
}

impl Half {
    /// By the name in Ruby, a symbol or a string.
    pub fn named(name: &str) -> Result<Self, Raised> {
        match name {
            "up" => Ok(Self::Up),
            "even" => Ok(Self::Even),
            "down" => Ok(Self::Down),
            _ => Err(Raised::argument(format!("invalid rounding mode: {name}"))),
        }
    }
}

/// Which of the methods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// `round`.
    Nearest(Half),
    /// `floor`.
    Floor,
    /// `ceil`.
    Ceil,
    /// `truncate`.
    Truncate,
}

/// A rounded float: Ruby answers with a float for positive digits only.
#[derive(Debug, Clone, PartialEq)]
pub enum Rounded {
    /// For zero or negative digits.
    Integer(BigInt),
    /// For positive digits.
    Float(f64),
}

/// The powers of ten that a caller may ask for without a limit of its own.
const DIGITS_LIMIT: u32 = 1 << 16;

/// `Integer#round`, `floor`, `ceil`, `truncate`: only negative digits change an integer.
///
/// Refused are more than 65536 zeros in the result.
pub fn integer(value: &BigInt, digits: i32, rounding: Rounding) -> Result<BigInt, Raised> {
    if digits >= 0 || value.is_zero() {
        return Ok(value.clone());
    }
    let zeros = digits.unsigned_abs();
    let beyond = u64::from(zeros) > value.bits();
    let rounding = toward(rounding, value.is_negative());
    if beyond && rounding != Rounding::Ceil && rounding != Rounding::Floor {
        return Ok(BigInt::zero());
    }
    if beyond && (rounding == Rounding::Floor) != value.is_negative() {
        return Ok(BigInt::zero());
    }
    if zeros > DIGITS_LIMIT {
        return Err(Raised::refused(format!(
            "rounding to {digits} digits is refused: more than {DIGITS_LIMIT} zeros"
        )));
    }
    let unit = BigInt::from(10).pow(zeros);
    Ok(quotient(value, &unit, rounding) * unit)
}

/// Truncation is the floor of what is positive, and the ceiling of what is negative.
fn toward(rounding: Rounding, negative: bool) -> Rounding {
    match (rounding, negative) {
        (Rounding::Truncate, true) => Rounding::Ceil,
        (Rounding::Truncate, false) => Rounding::Floor,
        _ => rounding,
    }
}

/// `value / unit`, rounded to an integer; `unit` is positive.
fn quotient(value: &BigInt, unit: &BigInt, rounding: Rounding) -> BigInt {
    match rounding {
        Rounding::Floor => value.div_floor(unit),
        Rounding::Ceil => value.div_ceil(unit),
        Rounding::Truncate => value / unit,
        Rounding::Nearest(half) => nearest(value, unit, half),
    }
}

fn nearest(value: &BigInt, unit: &BigInt, half: Half) -> BigInt {
    let (down, rest) = value.abs().div_rem(unit);
    let up = match (rest * 2_u8).cmp(unit) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => match half {
            Half::Up => true,
            Half::Down => false,
            Half::Even => down.is_odd(),
        },
    };
    let size = if up { down + 1_u8 } else { down };
    if value.is_negative() { -size } else { size }
}

/// `Float#round`, `floor`, `ceil`, `truncate`. NaN and infinities raise unless `digits` is positive.
pub fn float(value: f64, digits: i32, rounding: Rounding) -> Result<Rounded, Raised> {
    let rounding = toward(rounding, value < 0.0);
    if digits > 0 {
        return Ok(Rounded::Float(with_digits(value, digits, rounding)));
    }
    if digits < 0 {
        return Ok(Rounded::Integer(negative_digits(value, digits, rounding)?));
    }
    Ok(Rounded::Integer(to_integer(match rounding {
        Rounding::Nearest(half) => scaled(value, 1.0, half),
        Rounding::Floor => value.floor(),
        Rounding::Ceil => value.ceil(),
        Rounding::Truncate => value.trunc(),
    })?))
}

/// Ruby rounds the integer part of the float here, so what is behind the point does not count for `round`.
fn negative_digits(value: f64, digits: i32, rounding: Rounding) -> Result<BigInt, Raised> {
    let whole = match rounding {
        Rounding::Floor => value.floor(),
        Rounding::Ceil => value.ceil(),
        Rounding::Nearest(_) | Rounding::Truncate => value.trunc(),
    };
    integer(&to_integer(whole)?, digits, rounding)
}

fn with_digits(value: f64, digits: i32, rounding: Rounding) -> f64 {
    if value == 0.0 || !value.is_finite() || is_exact(digits, value) {
        return value;
    }
    let to_zero = match rounding {
        Rounding::Nearest(_) | Rounding::Truncate => true,
        Rounding::Floor => value > 0.0,
        Rounding::Ceil => value < 0.0,
    };
    if to_zero && vanishes(digits, value) {
        return 0.0;
    }
    let unit = power_of_ten(digits);
    match rounding {
        Rounding::Nearest(_) if digits > 14 => of_rational(value, digits.unsigned_abs(), rounding),
        Rounding::Nearest(half) => scaled(value, unit, half) / unit,
        Rounding::Floor | Rounding::Truncate => {
            let whole = (value * unit).floor();
            let next = (whole + 1.0) / unit;
            if next > value { whole / unit } else { next }
        }
        // Only the floor is corrected in Ruby.
        Rounding::Ceil => (value * unit).ceil() / unit,
    }
}

/// The nearest float, an infinity from 309 on.
fn power_of_ten(digits: i32) -> f64 {
    format!("1e{digits}").parse().unwrap_or(f64::INFINITY)
}

/// Through the exact fraction that a float is.
fn of_rational(value: f64, digits: u32, rounding: Rounding) -> f64 {
    // Two to this power times any finite float is an integer; and is itself no float.
    const POINT: u32 = 1074;
    let Some(scaled) = exact_times_two_to(value, POINT) else {
        return value;
    };
    let unit = BigInt::from(10).pow(digits);
    let whole = quotient(&(scaled * &unit), &(BigInt::one() << POINT), rounding);
    fdiv(&whole, &unit)
}

fn exact_times_two_to(value: f64, power: u32) -> Option<BigInt> {
    let bits = value.abs().to_bits();
    let field = bits >> 52;
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, exponent) = if field == 0 {
        (fraction, 1)
    } else {
        (fraction | 1 << 52, field)
    };
    let shift = (i64::try_from(exponent).ok()? - 1075).checked_add(i64::from(power))?;
    let size = BigInt::from_u64(mantissa)? << u64::try_from(shift).ok()?;
    Some(if value < 0.0 { -size } else { size })
}

/// The exponent of C's `frexp`: the float is below 2 to it, and not below half of that.
fn binary_exponent(value: f64) -> i32 {
    let field = i32::try_from((value.to_bits() >> 52) & 0x7ff).unwrap_or(0);
    if field == 0 {
        // A subnormal number: scaled up it has an exponent.
        return binary_exponent(value * 2.0_f64.powi(64)) - 64;
    }
    field - 1022
}

/// So many digits has no float of this size: it is itself the result.
fn is_exact(digits: i32, value: f64) -> bool {
    let exponent = binary_exponent(value);
    let size = if exponent > 0 {
        exponent / 4
    } else {
        exponent / 3 - 1
    };
    digits >= 17 - size
}

/// The float is below half of the last digit.
fn vanishes(digits: i32, value: f64) -> bool {
    let exponent = binary_exponent(value);
    digits
        < -(if exponent > 0 {
            exponent / 3 + 1
        } else {
            exponent / 4
        })
}

/// `value × unit`, rounded. The corrections undo what the multiplication lost.
fn scaled(value: f64, unit: f64, half: Half) -> f64 {
    match half {
        Half::Up => half_up(value, unit),
        Half::Down => half_down(value, unit),
        Half::Even => half_even(value, unit),
    }
}

#[allow(clippy::float_cmp)] // the unit is 1 or a power of ten, exactly
fn half_up(value: f64, unit: f64) -> f64 {
    let (sign, value) = (value.signum(), value.abs());
    let rounded = (value * unit).round();
    let short = unit != 1.0 && (rounded + 0.5) / unit <= value;
    sign * if short { rounded + 1.0 } else { rounded }
}

fn half_down(value: f64, unit: f64) -> f64 {
    let (sign, value) = (value.signum(), value.abs());
    let rounded = (value * unit).round();
    let long = (rounded - 0.5) / unit >= value;
    sign * if long { rounded - 1.0 } else { rounded }
}

#[allow(clippy::float_cmp)] // a half is exact
fn half_even(value: f64, unit: f64) -> f64 {
    let (sign, value) = (value.signum(), value.abs());
    let whole = value.trunc() * unit;
    let part = (value - value.trunc()) * unit;
    let floor = part.floor();
    let rest = part - floor;
    let below = whole + floor;
    let more = if rest > 0.5 {
        1.0
    } else if rest == 0.5 || (below + 0.5) / unit <= value {
        below % 2.0
    } else {
        0.0
    };
    sign * (whole + (floor + more))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruby::number::float::float_to_s;

    fn data() -> serde_json::Value {
        serde_json::from_str(include_str!("../../../tests/ruby/rounding.json")).unwrap()
    }

    fn bits(value: &serde_json::Value) -> f64 {
        f64::from_bits(u64::from_str_radix(value.as_str().unwrap(), 16).unwrap())
    }

    fn rounding(name: &str) -> Rounding {
        match name {
            "floor" => Rounding::Floor,
            "ceil" => Rounding::Ceil,
            "truncate" => Rounding::Truncate,
            half => Rounding::Nearest(Half::named(half).unwrap()),
        }
    }

    #[test]
    fn floats_print_as_in_ruby() {
        for row in data()["floats"].as_array().unwrap() {
            assert_eq!(float_to_s(bits(&row[0])), row[1].as_str().unwrap());
        }
    }

    #[test]
    fn floats_round_as_in_ruby() {
        let mut wrong = Vec::new();
        for row in data()["rounds"].as_array().unwrap() {
            let digits = i32::try_from(row[1].as_i64().unwrap()).unwrap();
            let text =
                match float(bits(&row[0]), digits, rounding(row[2].as_str().unwrap())).unwrap() {
                    Rounded::Integer(integer) => integer.to_string(),
                    Rounded::Float(value) => float_to_s(value),
                };
            if text != row[3].as_str().unwrap() {
                wrong.push(format!("{} {row}: {text}", bits(&row[0])));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} wrong\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }

    #[test]
    fn integers_round_as_in_ruby() {
        use Rounding::{Ceil, Floor, Nearest, Truncate};
        let rows = [
            (15, -1, Nearest(Half::Up), 20_i64),
            (25, -1, Nearest(Half::Even), 20),
            (25, -1, Nearest(Half::Down), 20),
            (-25, -1, Nearest(Half::Up), -30),
            (-25, -1, Nearest(Half::Even), -20),
            (15, -1, Floor, 10),
            (-15, -1, Floor, -20),
            (15, -1, Ceil, 20),
            (-15, -1, Ceil, -10),
            (-15, -1, Truncate, -10),
            (15, 1, Floor, 15),
            (15, -100, Nearest(Half::Up), 0),
            (15, -20, Floor, 0),
            (-15, -18, Floor, -1_000_000_000_000_000_000),
            (15, -18, Ceil, 1_000_000_000_000_000_000),
        ];
        for (value, digits, rounding, result) in rows {
            let rounded = integer(&BigInt::from(value), digits, rounding).unwrap();
            assert_eq!(
                rounded,
                BigInt::from(result),
                "{value} {digits} {rounding:?}"
            );
        }
        assert!(integer(&BigInt::from(15), i32::MIN, Ceil).is_err());
        assert!(
            integer(&BigInt::from(15), i32::MIN, Floor)
                .unwrap()
                .is_zero()
        );
    }

    #[test]
    fn what_is_no_number_does_not_round_to_an_integer() {
        let raised = float(f64::NAN, 0, Rounding::Floor).unwrap_err();
        assert_eq!(raised.to_string(), "FloatDomainError: NaN");
        let raised = float(f64::NEG_INFINITY, -2, Rounding::Floor).unwrap_err();
        assert_eq!(raised.to_string(), "FloatDomainError: -Infinity");
    }
}
