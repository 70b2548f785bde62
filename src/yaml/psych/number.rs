//! Numbers: how Psych reads them in plain scalars, how Ruby prints floats.

use super::scalar::{Refused, Scalar};

/// Most digits of an integer that is not decimal. Longer ones are refused: making them decimal takes time that grows with
/// the square of their number.
const MAX_DIGITS: usize = 500;

/// `12`, `1_000`, `1,000`, `017`, `0x1F`, `0b11`, each with an optional sign. `None` when the look is another.
pub(super) fn integer(text: &str) -> Option<Scalar> {
    let (negative, digits) = signed(text);
    let bytes = digits.as_bytes();
    let (radix, digits) = match bytes {
        [b'0', b'b', rest @ ..] => (2, rest),
        [b'0', b'x', rest @ ..] => (16, rest),
        [b'0', _, ..] => (8, &bytes[1..]),
        _ => (10, bytes),
    };
    if !is_integer(digits, radix) {
        return None;
    }
    let digits: String = digits
        .iter()
        .filter(|byte| !matches!(byte, b',' | b'_'))
        .map(|byte| char::from(*byte))
        .collect();
    Some(from_digits(negative, &digits, radix, text))
}

/// A decimal number begins with a digit, and single separators stand between digits. In the others only a digit is
/// asked for in front of whatever follows.
fn is_integer(digits: &[u8], radix: u32) -> bool {
    let is_digit = |byte: &u8| char::from(*byte).is_digit(radix);
    let is_separator = |byte: &u8| matches!(byte, b',' | b'_');
    if radix == 10 {
        return match digits {
            [b'0'] => true,
            [b'1'..=b'9', rest @ ..] => {
                rest.last().is_none_or(is_digit)
                    && rest.iter().all(|byte| is_digit(byte) || is_separator(byte))
                    && rest
                        .windows(2)
                        .all(|pair| is_digit(&pair[0]) || is_digit(&pair[1]))
            }
            _ => false,
        };
    }
    digits.iter().any(is_digit)
        && digits
            .iter()
            .all(|byte| is_digit(byte) || is_separator(byte))
}

fn from_digits(negative: bool, digits: &str, radix: u32, text: &str) -> Scalar {
    let magnitude = i128::from_str_radix(digits, radix);
    if let Ok(magnitude) = magnitude {
        return from_i128(if negative { -magnitude } else { magnitude });
    }
    if radix == 10 {
        return big(negative, digits.trim_start_matches('0').to_owned());
    }
    if digits.len() > MAX_DIGITS {
        return too_long(text);
    }
    let mut decimal = Decimal::default();
    for digit in digits.chars().filter_map(|c| c.to_digit(radix)) {
        decimal.multiply_add(radix, digit);
    }
    big(negative, decimal.to_string())
}

fn from_i128(value: i128) -> Scalar {
    i64::try_from(value).map_or_else(|_| Scalar::BigInteger(value.to_string()), Scalar::Integer)
}

fn big(negative: bool, digits: String) -> Scalar {
    Scalar::BigInteger(if negative {
        format!("-{digits}")
    } else {
        digits
    })
}

fn too_long(text: &str) -> Scalar {
    let length = text.len();
    Scalar::Refused(Refused::new(
        "ArgumentError",
        format!("an integer of {length} characters is too long"),
    ))
}

/// `12:30` and `12:30:45`, counted from hours in both cases. `None` when the look is another.
pub(super) fn sexagesimal(text: &str) -> Option<Scalar> {
    if !text.contains(':') {
        return None;
    }
    if let Some((whole, fraction)) = text.rsplit_once('.') {
        return sexagesimal_float(whole, fraction, text);
    }
    let parts = sexagesimal_parts(text)?;
    let (negative, first) = signed(parts[0]);
    let hours = leading_digits(first);
    let rest: i128 = parts[1..]
        .iter()
        .zip([60, 1])
        .map(|(part, unit)| part.parse::<i128>().unwrap_or(0) * unit)
        .sum();
    let hours = hours.trim_start_matches('0');
    if hours.len() <= 30 {
        let seconds = hours.parse::<i128>().unwrap_or(0) * 3600;
        return Some(from_i128(if negative {
            rest - seconds
        } else {
            rest + seconds
        }));
    }
    // With that many hours the rest never changes the sign; it is taken off as its complement.
    if hours.len() > MAX_DIGITS {
        return Some(too_long(text));
    }
    let mut decimal = Decimal::default();
    for digit in hours.chars().filter_map(|c| c.to_digit(10)) {
        decimal.multiply_add(10, digit);
    }
    let rest = u32::try_from(rest).unwrap_or(0);
    if negative && rest > 0 {
        decimal.decrement();
        decimal.multiply_add(3600, 3600 - rest);
    } else {
        decimal.multiply_add(3600, rest);
    }
    Some(big(negative, decimal.to_string()))
}

fn sexagesimal_float(whole: &str, fraction: &str, text: &str) -> Option<Scalar> {
    let fits = fraction
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'_');
    let parts = sexagesimal_parts(whole).filter(|_| fits)?;
    let last = parts.len() - 1;
    let mut sum = 0.0;
    for ((at, part), unit) in parts.iter().enumerate().zip([3600.0, 60.0, 1.0]) {
        let start = part.len();
        let number = if at == last {
            // The fraction belongs to the last part.
            leading_float(&text[text.len() - fraction.len() - 1 - start..])
        } else {
            leading_float(part)
        };
        sum += number * unit;
    }
    Some(Scalar::Float(sum))
}

/// Two or three parts; all but the first are below 60.
fn sexagesimal_parts(text: &str) -> Option<Vec<&str>> {
    let mut parts = text.splitn(4, ':');
    let first = parts.next()?;
    let (_, digits) = signed(first);
    let fits = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_');
    if !fits {
        return None;
    }
    let rest: Vec<&str> = parts.collect();
    let fits = |part: &&str| matches!(part.as_bytes(), [b'0'..=b'5', b'0'..=b'9'] | [b'0'..=b'9']);
    if !(1..=2).contains(&rest.len()) || !rest.iter().all(fits) {
        return None;
    }
    Some(std::iter::once(first).chain(rest).collect())
}

/// The digits that Ruby's `to_i` takes: up to the first underscore that is not between two digits.
fn leading_digits(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut digits = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        let followed = bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        match byte {
            b'0'..=b'9' => digits.push(char::from(*byte)),
            b'_' if followed && at > 0 => {}
            _ => break,
        }
    }
    digits
}

/// Ruby's `to_f` for digits, underscores and a point.
fn leading_float(text: &str) -> f64 {
    let (negative, text) = signed(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = leading_digits(whole);
    // An underscore that `to_i` stops at ends the number before the point.
    let complete =
        whole.bytes().filter(u8::is_ascii_digit).count() == digits.len() && !whole.ends_with('_');
    let fraction = if complete {
        leading_digits(fraction)
    } else {
        String::new()
    };
    let value: f64 = format!("{digits}.{fraction}0").parse().unwrap_or(0.0);
    if negative { -value } else { value }
}

/// `1.5`, `.5`, `1.`, `1_000.5`, `1.0e+3` (the exponent needs its sign), the infinities, `.nan`. `None` when the look is
/// another.
pub(super) fn float(text: &str) -> Option<Scalar> {
    let (_, unsigned) = signed(text);
    let (whole, rest) = unsigned.split_once('.')?;
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let separators = |byte: u8| byte.is_ascii_digit() || matches!(byte, b',' | b'_');
    let whole_fits = whole.is_empty()
        || (whole.starts_with(|c: char| c.is_ascii_digit()) && whole.bytes().all(separators));
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or_default();
        is_digits(digits) && !digits.is_empty()
    });
    if !(whole_fits && is_digits(fraction) && exponent_fits) {
        return None;
    }
    if whole.is_empty() && rest.is_empty() {
        return Some(Scalar::String(text.to_owned()));
    }
    if whole.is_empty() && fraction.is_empty() {
        // Ruby takes the point away and then misses a number.
        return Some(Scalar::Refused(Refused::not_a_float(
            &text.replacen('.', "", 1),
        )));
    }
    let number: String = text.chars().filter(|c| !matches!(c, ',' | '_')).collect();
    Some(number.parse().map_or_else(
        |_| Scalar::Refused(Refused::not_a_float(&number)),
        Scalar::Float,
    ))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Ruby's `Float(text)` for decimal numbers; `None` for all else.
pub(super) fn strict_float(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c: char| matches!(c, ' ' | '\t'..='\r'));
    let (_, unsigned) = signed(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(signed(&unsigned[at + 1..]).1)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let fits = |part: &str| {
        let edges = part.starts_with(|c: char| c.is_ascii_digit())
            && part.ends_with(|c: char| c.is_ascii_digit());
        edges
            && !part.contains("__")
            && part
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    let whole_fits = fits(whole) || (whole.is_empty() && fraction.is_some());
    if !(whole_fits && fraction.is_none_or(fits) && exponent.is_none_or(fits)) {
        return None;
    }
    text.replace('_', "").parse().ok()
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// A natural number, nine decimal digits to the limb, the lowest first.
#[derive(Default)]
struct Decimal(Vec<u32>);

const LIMB: u64 = 1_000_000_000;

impl Decimal {
    fn multiply_add(&mut self, factor: u32, summand: u32) {
        let mut carry = u64::from(summand);
        for limb in &mut self.0 {
            let value = u64::from(*limb) * u64::from(factor) + carry;
            *limb = u32::try_from(value % LIMB).unwrap_or(0);
            carry = value / LIMB;
        }
        if carry > 0 {
            // Factors are small, so one limb holds what is over.
            self.0.push(u32::try_from(carry).unwrap_or(0));
        }
    }

    /// Less one; the number is not zero.
    fn decrement(&mut self) {
        for limb in &mut self.0 {
            if *limb > 0 {
                *limb -= 1;
                return;
            }
            *limb = 999_999_999;
        }
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut limbs = self.0.iter().rev().skip_while(|limb| **limb == 0);
        match limbs.next() {
            Some(first) => write!(out, "{first}")?,
            None => return out.write_str("0"),
        }
        limbs.try_for_each(|limb| write!(out, "{limb:09}"))
    }
}

/// Ruby's `Float#to_s`, and YAML's words for what is no number.
///
/// An exponent comes with numbers below 1e-4 and from 1e15 on; but one of 16 digits and a fraction is written out.
pub(super) fn float_text(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let fraction = digits
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    match exponent.parse::<i32>() {
        Ok(15) if fraction > 15 => format!("{value:?}"),
        Ok(exponent) if value != 0.0 && !(-4..15).contains(&exponent) => {
            let point = if digits.contains('.') { "" } else { ".0" };
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}{point}e{sign}{:02}", exponent.abs())
        }
        _ => format!("{value:?}"),
    }
}
