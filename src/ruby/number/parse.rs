//! Numbers in texts: `String#to_i` and `to_f`, which take what they can, `Integer()` and `Float()`, which take all or nothing.

use num_bigint::BigInt;
use num_traits::Zero;

use super::float::scale;
use crate::ruby::raised::Raised;

/// `String#to_i(base)`: the number that the text begins with, or zero. Base 0 reads a prefix such as `0x`.
pub fn to_i(text: &str, base: i64) -> Result<BigInt, Raised> {
    let valid = base == 0 || (2..=36).contains(&base);
    if !valid {
        return Err(Raised::argument(format!("invalid radix {base}")));
    }
    Ok(read_integer(text, base).map_or_else(BigInt::zero, |(value, _)| value))
}

/// `Integer(text, base)`: the whole text, blanks around it aside; `None` for what [`invalid_integer`] names.
///
/// Base 0 is that of a call without a base; a negative base is one that a prefix may replace.
pub fn integer(text: &str, base: i64) -> Result<Option<BigInt>, Raised> {
    if base == 1 || !(-36..=36).contains(&base) {
        return Err(Raised::argument(format!("invalid radix {base}")));
    }
    let whole = read_integer(text, base).filter(|(_, rest)| rest.bytes().all(is_space));
    Ok(whole.map(|(value, _)| value))
}

/// The error of `Integer()` for a text, given as `inspect` prints it.
pub fn invalid_integer(inspected: &str) -> Raised {
    Raised::argument(format!("invalid value for Integer(): {inspected}"))
}

/// The error of `Float()` for a text, given as `inspect` prints it.
pub fn invalid_float(inspected: &str) -> Raised {
    Raised::argument(format!("invalid value for Float(): {inspected}"))
}

/// The blanks of C.
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

fn skip_spaces(text: &str) -> &str {
    text.trim_start_matches(|c: char| u8::try_from(c).is_ok_and(is_space))
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// The number at the start, and what follows its digits. A wrong digit directly behind an underscore is left with it.
fn read_integer(text: &str, base: i64) -> Option<(BigInt, &str)> {
    let (negative, text) = sign(skip_spaces(text));
    let (base, text) = prefix(text, base);
    let end = run_of_digits(text, |byte| char::from(byte).is_digit(base));
    let digits = text.get(..end)?.replace('_', "");
    let value = BigInt::parse_bytes(digits.as_bytes(), base)?;
    Some((if negative { -value } else { value }, text.get(end..)?))
}

/// The base and the text without its prefix.
fn prefix(text: &str, base: i64) -> (u32, &str) {
    let named = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => Some(16),
        [b'0', b'b' | b'B', ..] => Some(2),
        [b'0', b'o' | b'O', ..] => Some(8),
        [b'0', b'd' | b'D', ..] => Some(10),
        _ => None,
    };
    let implied = match (named, text.as_bytes()) {
        (Some(named), _) => named,
        (None, [b'0', _, ..]) => 8,
        _ if base < -1 => -base,
        _ => 10,
    };
    let base = if base > 0 { base } else { implied };
    let rest = if named == Some(base) {
        text.get(2..)
    } else {
        None
    };
    (u32::try_from(base).unwrap_or(10), rest.unwrap_or(text))
}

/// The length of the digits at the start; single underscores between digits belong to them.
fn run_of_digits(text: &str, is_digit: impl Fn(u8) -> bool) -> usize {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(|byte| is_digit(*byte));
    let mut end = 0;
    while digit(end) || (end > 0 && bytes.get(end) == Some(&b'_') && digit(end + 1)) {
        end += 1;
    }
    end
}

/// `String#to_f`: the decimal number that the text begins with, or zero.
pub fn to_f(text: &str) -> f64 {
    read_float(skip_spaces(text)).map_or(0.0, |(value, _)| value)
}

/// `Float(text)`: the whole text, blanks around it aside; `None` for what [`invalid_float`] names.
pub fn float(text: &str) -> Result<Option<f64>, Raised> {
    if text.contains('\0') {
        return Err(Raised::argument("string for Float contains null byte"));
    }
    let text = skip_spaces(text);
    let read = read_hexadecimal(text).or_else(|| read_float(text));
    let whole = read.filter(|(_, rest)| rest.bytes().all(is_space));
    Ok(whole.map(|(value, _)| value))
}

fn read_float(text: &str) -> Option<(f64, &str)> {
    let (_, unsigned) = sign(text);
    let decimal = |byte: u8| byte.is_ascii_digit();
    let whole = run_of_digits(unsigned, decimal);
    let mut rest = unsigned.get(whole..)?;
    if let Some(behind) = rest.strip_prefix('.') {
        let fraction = run_of_digits(behind, decimal);
        if whole == 0 && fraction == 0 {
            return None;
        }
        if fraction > 0 || ends_number(behind) {
            rest = behind.get(fraction..)?;
        }
    } else if whole == 0 {
        return None;
    }
    rest = behind_exponent(rest, 'e').unwrap_or(rest);
    let length = text.len() - rest.len();
    let number = text.get(..length)?.replace('_', "");
    Some((number.parse().ok()?, rest))
}

/// Whether a number may end with the point in front of this: Ruby 3.4 allows `1.` and `1.e3`.
fn ends_number(behind: &str) -> bool {
    behind.bytes().next().is_none_or(is_space) || behind_exponent(behind, 'e').is_some()
}

/// What follows an exponent, if there is one.
fn behind_exponent(text: &str, letter: char) -> Option<&str> {
    let text = text.strip_prefix([letter, letter.to_ascii_uppercase()])?;
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let length = run_of_digits(text, |byte| byte.is_ascii_digit());
    if length == 0 {
        None
    } else {
        text.get(length..)
    }
}

/// `0x1.8p3`: digits of base 16, an exponent of two in decimal.
fn read_hexadecimal(text: &str) -> Option<(f64, &str)> {
    let (negative, text) = sign(text);
    let text = text
        .strip_prefix("0x")
        .or_else(|| text.strip_prefix("0X"))?;
    let hex = |byte: u8| byte.is_ascii_hexdigit();
    let whole = run_of_digits(text, hex);
    let mut rest = text.get(whole..)?;
    let mut fraction = "";
    if let Some(behind) = rest.strip_prefix('.') {
        let length = run_of_digits(behind, hex);
        fraction = behind.get(..length)?;
        rest = behind.get(length..)?;
    }
    if whole == 0 && fraction.is_empty() {
        return None;
    }
    let mut exponent = 0;
    if let Some(behind) = behind_exponent(rest, 'p') {
        let digits = rest.get(1..rest.len() - behind.len())?.replace('_', "");
        exponent =
            digits
                .parse::<i64>()
                .unwrap_or(if digits.starts_with('-') { -9999 } else { 9999 });
        rest = behind;
    }
    let value = scale(hexadecimal_value(text.get(..whole)?, fraction), exponent);
    Some((if negative { -value } else { value }, rest))
}

/// Digit by digit in floats, as Ruby does: more than 53 bits lose their last ones.
fn hexadecimal_value(whole: &str, fraction: &str) -> f64 {
    let digits = |text: &str| {
        text.chars()
            .filter_map(|c| c.to_digit(16))
            .collect::<Vec<_>>()
    };
    let mut value = 0.0;
    for digit in digits(whole) {
        value = value * 16.0 + f64::from(digit);
    }
    let mut place = 1.0;
    for digit in digits(fraction) {
        place /= 16.0;
        value += place * f64::from(digit);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruby::number::float::float_to_s;

    /// What the row's method gives, a number as `inspect` prints it.
    fn outcome(method: &str, text: &str, base: Option<i64>) -> Result<String, String> {
        let inspected = format!("{text:?}").replace("\\0", "\\u0000");
        let answer = match method {
            "to_i" => to_i(text, base.unwrap_or(10)).map(|value| value.to_string()),
            "to_f" => Ok(float_to_s(to_f(text))),
            "Integer" => integer(text, base.unwrap_or(0))
                .and_then(|value| value.ok_or_else(|| invalid_integer(&inspected)))
                .map(|value| value.to_string()),
            _ => float(text)
                .and_then(|value| value.ok_or_else(|| invalid_float(&inspected)))
                .map(float_to_s),
        };
        answer.map_err(|raised| raised.to_string())
    }

    #[test]
    fn texts_are_read_as_in_ruby() {
        let rows: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../../tests/ruby/parse.json")).unwrap();
        let mut wrong = Vec::new();
        for row in rows {
            let got = outcome(
                row["method"].as_str().unwrap(),
                row["text"].as_str().unwrap(),
                row["base"].as_i64(),
            );
            let expected = match &row["ok"] {
                serde_json::Value::Null => Err(row["error"].as_str().unwrap().to_owned()),
                ok => Ok(match ok["integer"].as_str() {
                    Some(integer) => integer.to_owned(),
                    None => float_to_s(f64::from_bits(
                        u64::from_str_radix(ok["float"].as_str().unwrap(), 16).unwrap(),
                    )),
                }),
            };
            if got != expected {
                wrong.push(format!("{row}: {got:?}"));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} wrong\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }

    proptest::proptest! {
        #[test]
        fn a_printed_float_reads_back(value in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO) {
            proptest::prop_assert_eq!(to_f(&float_to_s(value)).to_bits(), value.to_bits());
            let json = crate::ruby::number::float::float_to_json(value).unwrap();
            proptest::prop_assert_eq!(to_f(&json).to_bits(), value.to_bits());
        }

        #[test]
        fn a_printed_integer_reads_back(value: i128, base in 2_i64..=36) {
            let printed = crate::ruby::number::integer::to_s(&value.into(), base).unwrap();
            proptest::prop_assert_eq!(integer(&printed, base).unwrap(), Some(value.into()));
        }

        #[test]
        fn no_text_is_too_strange(text: String, base in -40_i64..40) {
            let _ = (to_i(&text, base), integer(&text, base), float(&text), to_f(&text));
        }
    }
}
