//! What a scalar means to version 2 of Go's YAML library.
//!
//! A plain scalar is looked up by its first character: words (`yes`, `~`, `.inf`), numbers, timestamps; everything else
//! is a string. Timestamps count as strings in data, but a string that looks like one is written with quotes.

use super::base64;
use super::value::Value;

const PREFIX: &str = "tag:yaml.org,2002:";
/// The tag of merge keys.
pub(super) const MERGE_TAG: &str = "tag:yaml.org,2002:merge";

/// What a text resolves to, with the short name of its type.
#[derive(Debug, PartialEq)]
struct Resolved {
    type_name: &'static str,
    value: Value,
}

impl Resolved {
    fn new(type_name: &'static str, value: impl Into<Value>) -> Self {
        Self {
            type_name,
            value: value.into(),
        }
    }
}

/// The value of a plain scalar without a tag.
pub(super) fn resolve_plain(text: &str) -> Value {
    resolve(text, true).value
}

/// Whether a plain scalar without a tag is nothing.
pub(super) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Whether `text`, written plain, is read back as this very string, also by readers that know base 60.
pub(super) fn reads_as_string(text: &str) -> bool {
    resolve(text, true).type_name == "str" && !is_base_60(text)
}

/// Whether a tag says that the text is base64: the right one, and the wrong one that old Ruby CLIs wrote into indexes.
pub(super) fn is_binary_tag(tag: &str) -> bool {
    tag == "!binary" || tag.strip_prefix(PREFIX) == Some("binary")
}

/// The value of a scalar with an explicit tag; the message says why text and tag do not fit.
///
/// Tags that are not YAML's own leave the text a string.
pub(super) fn resolve_tagged(tag: &str, text: &str) -> Result<Value, String> {
    let Some(wanted) = tag.strip_prefix(PREFIX) else {
        return Ok(Value::from(text));
    };
    let found = match wanted {
        "binary" => return decode_binary(text),
        "bool" | "int" | "null" | "float" => resolve(text, false),
        "timestamp" => resolve(text, true),
        _ => return Ok(Value::from(text)),
    };
    match (wanted, found.value) {
        ("float", Value::Integer(number)) => Ok(Value::Float(to_float(number))),
        (_, value) if found.type_name == wanted => Ok(value),
        _ => Err(format!(
            "cannot decode !!{} `{text}` as a !!{wanted}",
            found.type_name
        )),
    }
}

/// The bytes of base64; text when they are UTF-8.
fn decode_binary(text: &str) -> Result<Value, String> {
    let bytes = base64::decode(text)
        .ok_or_else(|| "!!binary value contains invalid base64 data".to_owned())?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Value::String(text),
        Err(error) => Value::Binary(error.into_bytes()),
    })
}

#[allow(clippy::cast_precision_loss, reason = "Go rounds here too")]
fn to_float(number: i64) -> f64 {
    number as f64
}

/// `timestamps`: an explicit tag of another type suppresses the look for them.
fn resolve(text: &str, timestamps: bool) -> Resolved {
    let string = || Resolved::new("str", text);
    let Some(first) = text.bytes().next() else {
        return Resolved::new("null", Value::Null);
    };
    match first {
        b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => {
            word(text).unwrap_or_else(string)
        }
        b'.' => word(text)
            .or_else(|| {
                let digits = without_separators(text)?;
                float(&digits).map(|number| Resolved::new("float", number))
            })
            .unwrap_or_else(string),
        b'+' | b'-' | b'0'..=b'9' => {
            if timestamps && is_timestamp(text) {
                return Resolved::new("timestamp", text);
            }
            word(text)
                .or_else(|| number(&text.replace('_', "")))
                .unwrap_or_else(string)
        }
        _ => string(),
    }
}

fn word(text: &str) -> Option<Resolved> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Resolved::new("bool", true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Resolved::new("bool", false)
        }
        "~" | "null" | "Null" | "NULL" => Resolved::new("null", Value::Null),
        ".nan" | ".NaN" | ".NAN" => Resolved::new("float", f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            Resolved::new("float", f64::INFINITY)
        }
        "-.inf" | "-.Inf" | "-.INF" => Resolved::new("float", f64::NEG_INFINITY),
        _ => return None,
    })
}

/// A number whose underscores are gone already.
fn number(text: &str) -> Option<Resolved> {
    integer(text)
        .map(|value| Resolved::new("int", value))
        .or_else(|| float(text).map(|value| Resolved::new("float", value)))
        .or_else(|| {
            // Go tries again behind `0b`, where a sign is allowed by accident.
            let digits = text.strip_prefix("0b")?;
            signed(digits, 2).map(|value| Resolved::new("int", value))
        })
}

/// Go's integers with the base in front: `0x`, `0o`, `0b`, or a bare `0` for octal.
fn integer(text: &str) -> Option<Value> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = radix(digits);
    let magnitude = unsigned(digits, radix)?;
    let limit = i128::from(magnitude);
    let value = if negative { -limit } else { limit };
    match i64::try_from(value) {
        Ok(small) => Some(Value::Integer(small)),
        Err(_) if !text.starts_with(['-', '+']) => Some(Value::Unsigned(magnitude)),
        Err(_) => None,
    }
}

fn radix(digits: &str) -> (u32, &str) {
    let bytes = digits.as_bytes();
    if bytes.first() != Some(&b'0') || bytes.len() == 1 {
        return (10, digits);
    }
    match bytes[1] {
        b'x' | b'X' => (16, &digits[2..]),
        b'o' | b'O' => (8, &digits[2..]),
        b'b' | b'B' => (2, &digits[2..]),
        _ => (8, &digits[1..]),
    }
}

/// Digits only: the standard library would take a sign.
fn unsigned(digits: &str, radix: u32) -> Option<u64> {
    let sign = digits.starts_with(['+', '-']);
    (!sign).then(|| u64::from_str_radix(digits, radix).ok())?
}

fn signed(digits: &str, radix: u32) -> Option<i64> {
    i64::from_str_radix(digits, radix).ok()
}

/// Without underscores, each of which must stand between two digits.
fn without_separators(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let separates =
        |at: usize| bytes[at] != b'_' || (digit(at.checked_sub(1)) && digit(Some(at + 1)));
    (0..bytes.len())
        .all(separates)
        .then(|| text.replace('_', ""))
}

/// A decimal float; too large ones are none, as Go reports them as an error and falls back to a string.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    if let Some(exponent) = exponent {
        let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if digits.is_empty() || !all_digits(digits) {
            return None;
        }
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

/// Base 60 of YAML 1.1 (`1:30`): a string to Go, a number to others.
fn is_base_60(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (digits, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut parts = digits.split(':');
    let Some(first) = parts.next() else {
        return false;
    };
    let counted = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let sixtieth = |part: &str| match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten, one] => matches!(ten, b'0'..=b'5') && one.is_ascii_digit(),
        _ => false,
    };
    let rest: Vec<&str> = parts.collect();
    first.starts_with(|c: char| c.is_ascii_digit())
        && counted(first)
        && counted(fraction)
        && !rest.is_empty()
        && rest.into_iter().all(sixtieth)
}

/// The four layouts Go knows: a date; date, `T` or `t`, time, zone; date, spaces, time.
fn is_timestamp(text: &str) -> bool {
    date_and_time(text).is_some()
}

fn date_and_time(text: &str) -> Option<()> {
    let bytes = text.as_bytes();
    let year = bytes
        .get(..4)
        .filter(|y| y.iter().all(u8::is_ascii_digit))?;
    let year = year.iter().fold(0, |sum, d| sum * 10 + u32::from(d - b'0'));
    let rest = text[4..].strip_prefix('-')?;
    let (month, rest) = two_digits(rest)?;
    let (day, rest) = two_digits(rest.strip_prefix('-')?)?;
    if day == 0 || day > days_in_month(year, month)? {
        return None;
    }
    if rest.is_empty() {
        return Some(());
    }
    if let Some(rest) = rest.strip_prefix(['T', 't']) {
        return zone(time(rest)?);
    }
    let clock = rest.strip_prefix(' ')?.trim_start_matches(' ');
    time(clock)?.is_empty().then_some(())
}

fn days_in_month(year: u32, month: u32) -> Option<u32> {
    let every = |years: u32| year.is_multiple_of(years);
    let leap = every(4) && (!every(100) || every(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// One or two digits.
fn two_digits(text: &str) -> Option<(u32, &str)> {
    let count = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    Some((text[..count].parse().ok()?, &text[count..]))
}

/// `h:m:s` with an optional fraction; the rest.
fn time(text: &str) -> Option<&str> {
    let (hour, rest) = two_digits(text)?;
    let (minute, rest) = two_digits(rest.strip_prefix(':')?)?;
    let (second, rest) = two_digits(rest.strip_prefix(':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = rest
        .strip_prefix(['.', ','])
        .filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit()));
    Some(fraction.map_or(rest, |digits| {
        digits.trim_start_matches(|c: char| c.is_ascii_digit())
    }))
}

/// `Z`, or a sign, two digits, a colon, two digits.
fn zone(text: &str) -> Option<()> {
    if text == "Z" {
        return Some(());
    }
    let clock = text.strip_prefix(['+', '-'])?;
    let (hour, minute) = clock.split_once(':')?;
    let ranged = |part: &str, last: u32| {
        part.len() == 2 && two_digits(part).is_some_and(|(n, rest)| rest.is_empty() && n <= last)
    };
    (ranged(hour, 24) && ranged(minute, 60)).then_some(())
}
