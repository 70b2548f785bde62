//! Integers without bounds: division, powers, digits, and how large a result will be.

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::ruby::raised::{Class, Raised};

/// What `Integer#**` answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Power {
    /// Of an exponent that is not negative.
    Integer(BigInt),
    /// Of a negative exponent: a reduced fraction, its denominator positive. Ruby prints it as `(1/8)`, `to_s` as `1/8`.
    Rational(BigInt, BigInt),
}

/// `Integer#**`. Ask [`power_bits`] first.
///
/// Raises `exponent is too large` above 2^32 for bases other than 0, 1 and -1, as Ruby 3.4 does from some size on.
pub fn power(base: &BigInt, exponent: &BigInt) -> Result<Power, Raised> {
    if exponent.is_negative() && base.is_zero() {
        return Err(Raised::zero_division());
    }
    let magnitude = unsigned_power(base, &exponent.abs())?;
    if !exponent.is_negative() {
        return Ok(Power::Integer(magnitude));
    }
    let numerator = magnitude.signum();
    Ok(if magnitude.abs().is_one() {
        Power::Rational(numerator, BigInt::one())
    } else {
        Power::Rational(numerator, magnitude.abs())
    })
}

fn unsigned_power(base: &BigInt, exponent: &BigInt) -> Result<BigInt, Raised> {
    if base.abs() <= BigInt::one() {
        let flips = base.is_negative() && exponent.is_even();
        let zeroth = exponent.is_zero();
        return Ok(if zeroth || flips {
            BigInt::one()
        } else {
            base.clone()
        });
    }
    let exponent = exponent
        .to_u32()
        .ok_or_else(|| Raised::argument("exponent is too large"))?;
    Ok(base.pow(exponent))
}

/// At most so many bits has the result of `base ** exponent`; saturating.
pub fn power_bits(base: &BigInt, exponent: &BigInt) -> u64 {
    if base.abs() <= BigInt::one() {
        return 1;
    }
    exponent
        .abs()
        .to_u64()
        .map_or(u64::MAX, |exponent| base.bits().saturating_mul(exponent))
}

/// At most so many bits has the result of `x * y`.
pub fn product_bits(x: &BigInt, y: &BigInt) -> u64 {
    x.bits().saturating_add(y.bits())
}

/// At most so many bits has the result of `value << by`; a negative `by` shifts to the right.
pub fn shift_bits(value: &BigInt, by: &BigInt) -> u64 {
    if value.is_zero() || by.is_negative() {
        return value.bits();
    }
    by.to_u64()
        .map_or(u64::MAX, |by| value.bits().saturating_add(by))
}

/// `Integer#<<`. Ask [`shift_bits`] first; raises `shift width too big` above 2^31, as Ruby does from some size on.
pub fn shift_left(value: &BigInt, by: &BigInt) -> Result<BigInt, Raised> {
    if value.is_zero() {
        return Ok(BigInt::zero());
    }
    if by.is_negative() {
        // Shifting out all bits leaves the sign.
        let by = by.abs().to_u64().unwrap_or(u64::MAX);
        return Ok(value >> by.min(value.bits() + 1));
    }
    match by.to_u32() {
        Some(by) if by <= 1 << 31 => Ok(value << by),
        _ => Err(Raised::new(Class::Range, "shift width too big")),
    }
}

/// `Integer#>>`.
pub fn shift_right(value: &BigInt, by: &BigInt) -> Result<BigInt, Raised> {
    shift_left(value, &-by)
}

/// `Integer#divmod`: the quotient rounds down, the remainder has the sign of `y`. `/`, `div` and `%` are its parts.
pub fn divmod(x: &BigInt, y: &BigInt) -> Result<(BigInt, BigInt), Raised> {
    if y.is_zero() {
        return Err(Raised::zero_division());
    }
    Ok(x.div_mod_floor(y))
}

/// `Integer#remainder`: it has the sign of `x`.
pub fn remainder(x: &BigInt, y: &BigInt) -> Result<BigInt, Raised> {
    if y.is_zero() {
        return Err(Raised::zero_division());
    }
    Ok(x % y)
}

/// `Integer#pow(exponent, modulus)`.
pub fn power_modulo(base: &BigInt, exponent: &BigInt, modulus: &BigInt) -> Result<BigInt, Raised> {
    if exponent.is_negative() {
        let text = "Integer#pow() 2nd argument cannot be negative when 3rd argument specified";
        return Err(Raised::new(Class::Range, text));
    }
    if modulus.is_zero() {
        return Err(Raised::zero_division());
    }
    Ok(base.modpow(exponent, modulus))
}

/// `Integer.sqrt`: the largest integer whose square is not above the value.
pub fn sqrt(value: &BigInt) -> Result<BigInt, Raised> {
    if value.is_negative() {
        let text = "Numerical argument is out of domain - \"isqrt\"";
        return Err(Raised::new(Class::MathDomain, text));
    }
    Ok(value.sqrt())
}

/// `Integer#bit_length`: the bits of the two's complement without its sign.
pub fn bit_length(value: &BigInt) -> u64 {
    if value.is_negative() {
        (value + 1_u8).bits()
    } else {
        value.bits()
    }
}

/// `Integer#digits(base)`: the least significant first.
pub fn digits(value: &BigInt, base: &BigInt) -> Result<Vec<BigInt>, Raised> {
    if base.is_negative() {
        return Err(Raised::argument("negative radix"));
    }
    if *base < BigInt::from(2) {
        return Err(Raised::argument(format!("invalid radix {base}")));
    }
    if value.is_negative() {
        return Err(Raised::new(Class::MathDomain, "out of domain"));
    }
    if let Some(base) = base.to_u32().filter(|base| *base <= 256) {
        let digits = value.magnitude().to_radix_le(base);
        return Ok(digits.into_iter().map(BigInt::from).collect());
    }
    let mut digits = Vec::new();
    let mut left = value.clone();
    while digits.is_empty() || !left.is_zero() {
        let (rest, digit) = left.div_rem(base);
        digits.push(digit);
        left = rest;
    }
    Ok(digits)
}

/// `Integer#to_s(base)`: base 2 to 36, small letters.
pub fn to_s(value: &BigInt, base: i64) -> Result<String, Raised> {
    match u32::try_from(base) {
        Ok(radix @ 2..=36) => Ok(value.to_str_radix(radix)),
        _ => Err(Raised::argument(format!("invalid radix {base}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn big(value: i64) -> BigInt {
        BigInt::from(value)
    }

    #[test]
    fn powers_are_those_of_ruby() {
        assert_eq!(power(&big(2), &big(62)), Ok(Power::Integer(big(1 << 62))));
        assert_eq!(
            power(&big(2), &big(-3)),
            Ok(Power::Rational(big(1), big(8)))
        );
        assert_eq!(
            power(&big(-2), &big(-3)),
            Ok(Power::Rational(big(-1), big(8)))
        );
        assert_eq!(
            power(&big(1), &big(-5)),
            Ok(Power::Rational(big(1), big(1)))
        );
        assert_eq!(power(&big(0), &big(0)), Ok(Power::Integer(big(1))));
        assert_eq!(
            power(&big(-1), &(big(2).pow(70) + 1)),
            Ok(Power::Integer(big(-1)))
        );
        assert_eq!(power(&big(0), &big(-1)), Err(Raised::zero_division()));
        let raised = power(&big(2), &big(2).pow(64)).unwrap_err();
        assert_eq!(raised.to_string(), "ArgumentError: exponent is too large");
        assert_eq!(power_bits(&big(10), &big(10).pow(10)), 40_000_000_000);
        assert_eq!(power_bits(&big(10), &big(10).pow(40)), u64::MAX);
    }

    #[test]
    fn shifts_are_those_of_ruby() {
        assert_eq!(
            shift_left(&big(1), &big(2).pow(64))
                .unwrap_err()
                .to_string(),
            "RangeError: shift width too big"
        );
        assert_eq!(shift_right(&big(-1), &big(2).pow(64)), Ok(big(-1)));
        assert_eq!(shift_right(&big(1), &big(2).pow(64)), Ok(big(0)));
        assert_eq!(shift_left(&big(0), &big(2).pow(64)), Ok(big(0)));
        assert_eq!(shift_bits(&big(1), &big(2).pow(64)), u64::MAX);
    }

    #[test]
    fn digits_and_bits_are_those_of_ruby() {
        assert_eq!(
            digits(&big(12345), &big(100)),
            Ok(vec![big(45), big(23), big(1)])
        );
        assert_eq!(digits(&big(0), &big(10)), Ok(vec![big(0)]));
        assert_eq!(
            digits(&big(2).pow(70), &big(2).pow(65)),
            Ok(vec![big(0), big(32)])
        );
        assert_eq!(
            digits(&big(-1), &big(10)).unwrap_err().to_string(),
            "Math::DomainError: out of domain"
        );
        assert_eq!(
            digits(&big(12), &big(-1)).unwrap_err().to_string(),
            "ArgumentError: negative radix"
        );
        for (value, length) in [(0, 0), (-1, 0), (255, 8), (-256, 8), (-257, 9)] {
            assert_eq!(bit_length(&big(value)), length);
        }
        assert_eq!(to_s(&big(-255), 2).unwrap(), "-11111111");
        assert_eq!(
            to_s(&big(255), 37).unwrap_err().to_string(),
            "ArgumentError: invalid radix 37"
        );
        assert_eq!(sqrt(&big(24)), Ok(big(4)));
        assert_eq!(divmod(&big(-7), &big(2)), Ok((big(-4), big(1))));
        assert_eq!(remainder(&big(-7), &big(3)), Ok(big(-1)));
    }
}
