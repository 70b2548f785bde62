//! Floats: their texts, and division and comparison as Ruby defines them.

use std::cmp::Ordering;

use num_bigint::BigInt;
use num_traits::{FromPrimitive, Signed, ToPrimitive, Zero};

use crate::ruby::raised::{Class, Raised};

/// The shortest decimal digits that read back as the same float: `0.DIGITS × 10^point`.
struct Shortest {
    negative: bool,
    digits: String,
    point: i32,
}

impl Shortest {
    /// Of a finite float; zero has the digits `0` and the point 1.
    fn of(value: f64) -> Self {
        let text = format!("{:e}", value.abs());
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        Self {
            negative: value.is_sign_negative(),
            digits: mantissa.replace('.', ""),
            point: exponent.parse::<i32>().unwrap_or(0) + 1,
        }
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }

    /// Without an exponent, with at least one digit after the point.
    fn plain(&self) -> String {
        let digits = &self.digits;
        let Ok(whole) = usize::try_from(self.point) else {
            let zeros = "0".repeat(self.point.unsigned_abs() as usize);
            return format!("{}0.{zeros}{digits}", self.sign());
        };
        if whole == 0 {
            return format!("{}0.{digits}", self.sign());
        }
        match digits.split_at_checked(whole) {
            Some((whole, fraction)) if !fraction.is_empty() => {
                format!("{}{whole}.{fraction}", self.sign())
            }
            _ => format!("{}{digits:0<whole$}.0", self.sign()),
        }
    }
}

/// `Float#to_s`, also `inspect`: `1.5`, `1.0e+20`, `Infinity`, `NaN`.
///
/// Plain are numbers from 1e-4 on, below 1e15 or with a fraction.
pub fn float_to_s(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    let shortest = Shortest::of(value);
    let length = i32::try_from(shortest.digits.len()).unwrap_or(i32::MAX);
    if shortest.point > -4 && (shortest.point <= 15 || shortest.point < length) {
        return shortest.plain();
    }
    let (first, rest) = shortest.digits.split_at(1);
    let rest = if rest.is_empty() { "0" } else { rest };
    let (exponent, sign) = (shortest.point - 1, shortest.sign());
    format!("{sign}{first}.{rest}e{}", exponent_text(exponent))
}

/// A sign and at least two digits.
fn exponent_text(exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{:02}", exponent.unsigned_abs())
}

/// A float in the JSON of json 2.11 and newer; before, JSON has [`float_to_s`]. `None`: NaN and infinities have none.
pub fn float_to_json(value: f64) -> Option<String> {
    if !value.is_finite() {
        return None;
    }
    let shortest = Shortest::of(value);
    let length = i32::try_from(shortest.digits.len()).unwrap_or(i32::MAX);
    let last = shortest.point - length;
    let exponent = shortest.point - 1;
    let plain = if last >= 0 {
        exponent.abs() < 15
    } else {
        last > -7 || exponent.abs() < 10
    };
    if plain {
        return Some(shortest.plain());
    }
    let (first, rest) = shortest.digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let sign = shortest.sign();
    Some(format!("{sign}{first}{point}{rest}e{exponent:+}"))
}

/// `Float#to_i`: without its fraction. NaN and infinities raise.
pub fn to_integer(value: f64) -> Result<BigInt, Raised> {
    BigInt::from_f64(value.trunc())
        .ok_or_else(|| Raised::new(Class::FloatDomain, float_to_s(value)))
}

/// `Integer#to_f`: the nearest float, an infinity beyond the largest.
pub fn from_integer(value: &BigInt) -> f64 {
    value.to_f64().unwrap_or(f64::NAN)
}

/// `integer <=> float`, exactly; `None` for NaN.
pub fn compare(integer: &BigInt, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    let Some(whole) = BigInt::from_f64(float.trunc()) else {
        return Some(0.0_f64.total_cmp(&float));
    };
    let fraction = float.fract();
    Some(
        integer
            .cmp(&whole)
            .then_with(|| 0.0_f64.partial_cmp(&fraction).unwrap_or(Ordering::Equal)),
    )
}

/// The unrounded quotient and the remainder, which has the sign of `y`.
fn quotient_and_modulo(x: f64, y: f64) -> Result<(f64, f64), Raised> {
    if y.is_nan() {
        return Ok((y, y));
    }
    if y == 0.0 {
        return Err(Raised::zero_division());
    }
    let kept = x == 0.0 || (y.is_infinite() && !x.is_infinite());
    let modulo = if kept { x } else { x % y };
    let quotient = if x.is_infinite() && !y.is_infinite() {
        x
    } else {
        ((x - modulo) / y).round()
    };
    if y * modulo < 0.0 {
        return Ok((quotient - 1.0, modulo + y));
    }
    Ok((quotient, modulo))
}

/// `Float#%`, also `modulo`: raises for a zero, unlike `/`.
pub fn modulo(x: f64, y: f64) -> Result<f64, Raised> {
    Ok(quotient_and_modulo(x, y)?.1)
}

/// `Float#divmod`.
pub fn divmod(x: f64, y: f64) -> Result<(BigInt, f64), Raised> {
    let (quotient, modulo) = quotient_and_modulo(x, y)?;
    Ok((to_integer(quotient)?, modulo))
}

/// `Numeric#div` of floats: the floor of the quotient, as an integer.
pub fn div(x: f64, y: f64) -> Result<BigInt, Raised> {
    if y == 0.0 {
        return Err(Raised::zero_division());
    }
    to_integer((x / y).floor())
}

/// `Float#**`. `None` where Ruby answers with a complex number.
pub fn power(x: f64, y: f64) -> Option<f64> {
    if x < 0.0 && y.is_finite() && y.fract() != 0.0 {
        return None;
    }
    // Ruby multiplies here; the result of pow could differ in the last digit.
    Some(if y.to_bits() == 2.0_f64.to_bits() {
        x * x
    } else {
        x.powf(y)
    })
}

/// `Integer#fdiv`, and how Ruby makes a float of a rational number.
///
/// Ruby truncates large operands before it divides, so the last bit is not always the nearest one; so here.
pub fn fdiv(x: &BigInt, y: &BigInt) -> f64 {
    if y.is_zero() || x.is_zero() {
        return from_integer(x) / from_integer(y);
    }
    let divisor = num_integer::gcd(x.clone(), y.clone());
    let (x, y) = (x / &divisor, y / &divisor);
    if is_fixnum(&x) && is_fixnum(&y) {
        return from_integer(&x) / from_integer(&y);
    }
    let y_shift = bits(&y) - 64;
    let x_shift = bits(&x) - 128;
    let quotient = shift_right(&x, x_shift) / shift_right(&y, y_shift);
    scale(from_integer(&quotient), x_shift - y_shift)
}

/// Whether Ruby keeps it in a machine word.
fn is_fixnum(value: &BigInt) -> bool {
    value.abs().bits() < 62 || *value == BigInt::from(-(1_i64 << 62)) || (value.bits() == 62)
}

fn bits(value: &BigInt) -> i64 {
    i64::try_from(value.bits()).unwrap_or(i64::MAX)
}

fn shift_right(value: &BigInt, by: i64) -> BigInt {
    if by >= 0 { value >> by } else { value << -by }
}

/// `value × 2^exponent`, in steps that overflow or underflow only when the result does.
pub(crate) fn scale(mut value: f64, exponent: i64) -> f64 {
    let mut left = exponent.clamp(-4000, 4000);
    while left > 0 {
        let step = left.min(1000);
        value *= 2.0_f64.powi(i32::try_from(step).unwrap_or(0));
        left -= step;
    }
    while left < 0 {
        let step = (-left).min(1000);
        value /= 2.0_f64.powi(i32::try_from(step).unwrap_or(0));
        left += step;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_its_own_floats() {
        let rows = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (100.0, "100.0"),
            (1e14, "100000000000000.0"),
            (1e15, "1e+15"),
            (1e20, "1e+20"),
            (1.5e-12, "1.5e-12"),
            (0.0001, "0.0001"),
            (0.00001, "0.00001"),
            (1e-6, "0.000001"),
            (1e-7, "0.0000001"),
            (1.25e-9, "0.00000000125"),
        ];
        for (value, text) in rows {
            assert_eq!(float_to_json(value).unwrap(), text);
        }
        assert_eq!(float_to_json(f64::NAN), None);
    }

    #[test]
    fn remainders_have_the_sign_of_the_divisor() {
        assert_eq!(
            modulo(-3.7, 1.2).unwrap().to_bits(),
            1.099_999_999_999_999_6_f64.to_bits()
        );
        assert_eq!(
            modulo(-3.7, f64::INFINITY).unwrap().to_bits(),
            f64::INFINITY.to_bits()
        );
        assert_eq!(divmod(-3.7, 1.2).unwrap().0, BigInt::from(-4));
        assert_eq!(
            modulo(3.7, 0.0).unwrap_err().to_string(),
            "ZeroDivisionError: divided by 0"
        );
        assert_eq!(
            divmod(f64::INFINITY, 1.0).unwrap_err().to_string(),
            "FloatDomainError: Infinity"
        );
        assert_eq!(power(-8.0, 1.0 / 3.0), None);
        assert_eq!(power(-8.0, 2.0), Some(64.0));
    }

    #[test]
    fn integers_and_floats_compare_exactly() {
        let large = BigInt::from((1_i64 << 53) + 1);
        assert_eq!(
            compare(&large, 9_007_199_254_740_992.0),
            Some(Ordering::Greater)
        );
        assert_eq!(compare(&BigInt::from(1), 1.5), Some(Ordering::Less));
        assert_eq!(compare(&BigInt::from(-1), -1.5), Some(Ordering::Greater));
        assert_eq!(
            compare(&BigInt::from(10).pow(400), f64::INFINITY),
            Some(Ordering::Less)
        );
        assert_eq!(compare(&BigInt::from(1), f64::NAN), None);
        assert_eq!(
            fdiv(&BigInt::from(10).pow(400), &BigInt::from(10).pow(399)).to_bits(),
            10.0_f64.to_bits()
        );
        assert_eq!(
            fdiv(&BigInt::from(10).pow(400), &BigInt::from(3)).to_bits(),
            f64::INFINITY.to_bits()
        );
        assert_eq!(
            from_integer(&BigInt::from(2).pow(1100)).to_bits(),
            f64::INFINITY.to_bits()
        );
    }
}
