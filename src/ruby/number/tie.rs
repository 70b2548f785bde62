//! Where Ruby's `%f` and `%e` do not round a float to the nearest digits.
//!
//! Ruby first tries the digits with arithmetic of floats. When what is left behind the last digit is a half within the error of
//! that arithmetic, it takes it for a half and rounds to the even digit, whatever the exact value says:
//! `format("%.1f", 2.55)` is `2.6` although 2.55 is a little less as a float. This module finds those floats; all others
//! are rounded to the nearest.

/// How many digits are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Behind the point.
    Behind(usize),
    /// In all.
    Significant(usize),
}

/// Digits of a float: `0.DIGITS × 10^point`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digits {
    /// Without sign, not empty.
    pub digits: String,
    /// Where the point is.
    pub point: i32,
    /// Whether `%g` prints zeros at their end, which it drops elsewhere.
    pub keeps_zeros: bool,
}

/// With more digits Ruby does not try.
const MOST_DIGITS: i32 = 14;

/// 10 to the powers 16, 32, 64 and 128.
const LARGE: [f64; 4] = [1e16, 1e32, 1e64, 1e128];

fn ten_to(power: i32) -> f64 {
    10.0_f64.powi(power)
}

/// The digits of a positive float that Ruby takes for a half; `None` for all others.
pub fn even_digits(value: f64, asked: Asked) -> Option<Digits> {
    if !value.is_normal() || value < 0.0 {
        return None;
    }
    let (mut power, unsure) = estimated_power(value);
    let (mut wanted, fewer) = match asked {
        Asked::Significant(count) => {
            let count = i32::try_from(count).ok()?.max(1);
            (count, count)
        }
        Asked::Behind(count) => {
            let count = i32::try_from(count).ok()?.checked_add(power + 1)?;
            (count, count - 1)
        }
    };
    if !(0..=MOST_DIGITS).contains(&wanted) {
        return None;
    }
    let (mut rest, mut errors) = scaled(value, power)?;
    if unsure && rest < 1.0 && wanted > 0 {
        if fewer <= 0 {
            return None;
        }
        (wanted, power, rest, errors) = (fewer, power - 1, rest * 10.0, errors + 1.0);
    }
    let error = (errors * rest + 7.0) * f64::EPSILON;
    if wanted == 0 {
        return None;
    }
    let (number, count) = halved(rest, error * ten_to(wanted - 1), wanted)?;
    let even = number + (number & 1);
    let digits = even.to_string();
    let longer = i32::try_from(digits.len()).unwrap_or(0) - count;
    let nearest = nearest_digits(value, count);
    let small_integer = value.fract() == 0.0 && power <= MOST_DIGITS;
    Some(Digits {
        digits,
        point: power + 1 + longer,
        keeps_zeros: even == number && (small_integer || nearest > number),
    })
}

/// The digits to which the exact value is nearest.
fn nearest_digits(value: f64, count: i32) -> u64 {
    let behind = usize::try_from(count - 1).unwrap_or(0);
    let text = format!("{value:.behind$e}");
    let mantissa = text.split('e').next().unwrap_or_default();
    mantissa.replace('.', "").parse().unwrap_or(0)
}

/// The power of ten of the first digit, perhaps one too large; and whether that is possible.
#[allow(
    clippy::cast_possible_truncation,
    reason = "a float has less than 400 digits before its point"
)]
// The constants are Ruby's own, rounded where it rounds them.
#[allow(
    clippy::approx_constant,
    reason = "the estimate is off where Ruby's is"
)]
fn estimated_power(value: f64) -> (i32, bool) {
    const FRACTION: u64 = (1 << 52) - 1;
    let field = i32::try_from(value.to_bits() >> 52).unwrap_or(0);
    let mantissa = f64::from_bits(value.to_bits() & FRACTION | 1.0_f64.to_bits());
    // A tangent of the logarithm, with a little more than its value.
    let logarithm = (mantissa - 1.5) * 0.289_529_654_602_168
        + 0.176_091_259_055_8
        + f64::from(field - 1023) * 0.301_029_995_663_981;
    let power = logarithm.floor() as i32;
    if (0..=22).contains(&power) {
        return (
            if value < ten_to(power) {
                power - 1
            } else {
                power
            },
            false,
        );
    }
    (power, true)
}

/// The float with its first digit in front of the point, and how many roundings that took, two at least.
fn scaled(value: f64, power: i32) -> Option<(f64, f64)> {
    let size = power.abs();
    let large = LARGE
        .iter()
        .enumerate()
        .filter(|(bit, _)| size >> 4 & 1 << bit != 0);
    if size >> 4 >= 16 {
        return None;
    }
    let mut errors = 2.0;
    let mut factor = ten_to(size & 15);
    if power > 0 {
        for (_, step) in large {
            factor *= step;
            errors += 1.0;
        }
        return Some((value / factor, errors));
    }
    let mut rest = value;
    if power < 0 {
        rest *= factor;
        for (_, step) in large {
            rest *= step;
            errors += 1.0;
        }
    }
    Some((rest, errors))
}

/// The digits and their number, when a half within the error is behind the last one.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "one digit"
)]
fn halved(mut rest: f64, error: f64, wanted: i32) -> Option<(u64, i32)> {
    let (mut number, mut count) = (0_u64, 0);
    loop {
        let digit = rest as u64;
        rest -= digit as f64;
        number = number * 10 + digit;
        count += 1;
        if rest == 0.0 || count >= wanted {
            let half = (0.5 - error..=0.5 + error).contains(&rest);
            return half.then_some((number, count));
        }
        rest *= 10.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: f64, asked: Asked) -> Option<(String, i32)> {
        even_digits(value, asked).map(|found| (found.digits, found.point))
    }

    #[test]
    fn halves_within_the_error_go_to_the_even_digit() {
        let rows = [
            (2.55, Asked::Behind(1), Some(("26", 1))),
            (0.35, Asked::Behind(1), Some(("4", 0))),
            (89.65, Asked::Behind(1), Some(("896", 2))),
            (99.025, Asked::Behind(2), Some(("9902", 2))),
            (9.95, Asked::Behind(1), Some(("100", 2))),
            (12345.0, Asked::Significant(4), Some(("1234", 5))),
            (2.54, Asked::Behind(1), None),
            (0.5, Asked::Behind(0), None),
            (1e300, Asked::Behind(1), None),
            (f64::NAN, Asked::Behind(1), None),
            (0.0, Asked::Behind(1), None),
            (f64::MIN_POSITIVE / 2.0, Asked::Significant(3), None),
        ];
        for (value, asked, expected) in rows {
            let expected = expected.map(|(digits, point)| (digits.to_owned(), point));
            assert_eq!(shown(value, asked), expected, "{value} {asked:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn digits_are_never_far_from_the_value(value in proptest::num::f64::POSITIVE, count in 0_usize..20) {
            if let Some(found) = even_digits(value, Asked::Significant(count)) {
                let read: f64 = format!("0.{}e{}", found.digits, found.point).parse().unwrap();
                let last = 10.0_f64.powi(found.point - i32::try_from(found.digits.len()).unwrap());
                proptest::prop_assert!((read - value).abs() <= last * 0.6);
            }
        }
    }
}
