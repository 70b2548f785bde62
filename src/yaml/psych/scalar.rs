//! What a scalar means: Psych's scanner of plain scalars, and the tags that belong to scalars.

use super::number;
use super::time::{self, DateScalar, TimeScalar};
use crate::yaml::base64;

/// The value of a scalar.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// `nil`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer of 64 bits.
    Integer(i64),
    /// Any other integer: decimal digits, maybe with a `-` in front, no leading zeros.
    BigInteger(String),
    /// A float.
    Float(f64),
    /// The name of a symbol.
    Symbol(String),
    /// A string.
    String(String),
    /// Looks like a date; restricted loading refuses the class `Date`.
    Date(DateScalar),
    /// Looks like a time; restricted loading refuses the class `Time`.
    Time(TimeScalar),
    /// The bytes of a string in binary encoding.
    Binary(Vec<u8>),
    /// The tag of the node asks for a Ruby object (`!ruby/regexp`, `!ruby/range`, `!ruby/class`, ...): the text.
    Object(String),
    /// Ruby raises when it reads this.
    Refused(Refused),
}

/// What Ruby raises in place of giving a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Name of the exception's class.
    pub class: &'static str,
    /// Its message.
    pub message: String,
}

impl Refused {
    pub(super) fn new(class: &'static str, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
        }
    }

    pub(super) fn not_a_float(text: &str) -> Self {
        Self::new(
            "ArgumentError",
            format!("invalid value for Float(): {text:?}"),
        )
    }
}

const CORE: &str = "tag:yaml.org,2002:";

/// The value of a scalar node. `quoted`: written in quotes or as a block, without a tag.
pub(super) fn resolve(text: &str, tag: Option<&str>, quoted: bool) -> Scalar {
    let Some(tag) = tag.filter(|_| !quoted) else {
        return if quoted {
            Scalar::String(text.to_owned())
        } else {
            tokenize(text)
        };
    };
    match tag.strip_prefix(CORE) {
        Some("binary") => return Scalar::Binary(base64::decode_loose(text)),
        Some("str") => return Scalar::String(text.to_owned()),
        Some("float") => return to_float(text),
        Some(_) => return tokenize(text),
        None => {}
    }
    match tag {
        "!binary" => Scalar::Binary(base64::decode_loose(text)),
        "!str" | "!ruby/string" => Scalar::String(text.to_owned()),
        "!float" => to_float(text),
        _ if tag.starts_with("!ruby/sym") => Scalar::Symbol(text.to_owned()),
        _ if is_object(tag) => Scalar::Object(text.to_owned()),
        _ => tokenize(text),
    }
}

/// Whether a scalar with this tag becomes an object of a class that the caller must know.
fn is_object(tag: &str) -> bool {
    const WHOLE: [&str; 9] = [
        "!ruby/object:BigDecimal",
        "!ruby/object:DateTime",
        "!ruby/encoding",
        "!ruby/object:Complex",
        "!ruby/object:Rational",
        "!ruby/class",
        "!ruby/module",
        "!ruby/regexp",
        "!ruby/range",
    ];
    WHOLE.contains(&tag) || tag.starts_with("!str:") || tag.starts_with("!ruby/string:")
}

/// `!!float`: Ruby's `Float()` of what the plain scalar means.
fn to_float(text: &str) -> Scalar {
    let cannot = |what: &str| {
        let message = format!("can't convert {what} into Float");
        Scalar::Refused(Refused::new("TypeError", message))
    };
    match tokenize(text) {
        Scalar::Null => cannot("nil"),
        Scalar::Bool(value) => cannot(if value { "true" } else { "false" }),
        Scalar::Symbol(_) => cannot("Symbol"),
        Scalar::Date(DateScalar { date: Some(_), .. }) => cannot("Date"),
        Scalar::Time(TimeScalar {
            time: time::TimeValue::Time(_),
            ..
        }) => cannot("Time"),
        Scalar::Integer(_) | Scalar::BigInteger(_) => match tokenize(text) {
            // The digits may be octal, so the text itself is of no use.
            Scalar::Integer(value) => number::strict_float(&value.to_string()),
            Scalar::BigInteger(digits) => number::strict_float(&digits),
            _ => None,
        }
        .map_or_else(
            || Scalar::Refused(Refused::not_a_float(text)),
            Scalar::Float,
        ),
        Scalar::String(text) => number::strict_float(&text).map_or_else(
            || Scalar::Refused(Refused::not_a_float(&text)),
            Scalar::Float,
        ),
        Scalar::Date(_) | Scalar::Time(_) => Scalar::Refused(Refused::not_a_float(text)),
        other => other,
    }
}

/// The value of a plain scalar, by its look.
pub(super) fn tokenize(text: &str) -> Scalar {
    if text.is_empty() {
        return Scalar::Null;
    }
    let breaks = text.contains('\n');
    if breaks || begins_with_word(text) {
        return word(text);
    }
    if let Some(scalar) = time::time(text) {
        return Scalar::Time(scalar);
    }
    if let Some(scalar) = time::date(text) {
        return Scalar::Date(scalar);
    }
    if let Some(value) = no_number(text) {
        return Scalar::Float(value);
    }
    if let Some(name) = symbol(text) {
        return Scalar::Symbol(name.to_owned());
    }
    number::sexagesimal(text)
        .or_else(|| number::float(text))
        .or_else(|| number::integer(text))
        .unwrap_or_else(|| Scalar::String(text.to_owned()))
}

/// Whether the value of a plain scalar is a string; a refusal is an answer, too.
pub(super) fn is_string(text: &str) -> Result<bool, Refused> {
    match tokenize(text) {
        Scalar::String(_) => Ok(true),
        Scalar::Date(scalar) => Ok(scalar.date.is_none()),
        Scalar::Time(scalar) => match scalar.time {
            time::TimeValue::Time(_) => Ok(false),
            time::TimeValue::Text => Ok(true),
            time::TimeValue::Fault(message) => Err(Refused::new("NoMethodError", message)),
        },
        Scalar::Refused(refused) => Err(refused),
        _ => Ok(false),
    }
}

/// Whether the first or second character shows that this is no number, date or symbol.
fn begins_with_word(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else {
        return false;
    };
    is_word(first)
        || (!matches!(first, '0'..='9' | '.' | ':' | '-') && chars.next().is_some_and(is_word))
}

fn is_word(c: char) -> bool {
    match c {
        'a'..='z'
        | 'A'..='Z'
        | '_'
        | ' '
        | '\t'..='\r'
        | '!'
        | '@'
        | '#'
        | '$'
        | '%'
        | '^'
        | '&'
        | '*'
        | '('
        | ')'
        | '{'
        | '}'
        | '<'
        | '>'
        | '|'
        | '/'
        | '\\'
        | '~'
        | ';'
        | '=' => true,
        _ => !c.is_ascii() && c.is_alphabetic(),
    }
}

/// A short word may be nil or a truth value. Ruby's patterns look at each line.
fn word(text: &str) -> Scalar {
    let any = |words: &[&str]| {
        text.split('\n')
            .any(|line| words.iter().any(|word| same(line, word)))
    };
    if text.chars().count() > 5 || has_other_line(text) {
        Scalar::String(text.to_owned())
    } else if text == "~" || any(&["null"]) {
        Scalar::Null
    } else if any(&["yes", "true", "on"]) {
        Scalar::Bool(true)
    } else if any(&["no", "false", "off"]) {
        Scalar::Bool(false)
    } else {
        Scalar::String(text.to_owned())
    }
}

/// Whether a line begins with a character that begins none of the words.
fn has_other_line(text: &str) -> bool {
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    starts
        .filter_map(|at| text[at..].chars().next())
        .any(|c| !matches!(c.to_ascii_lowercase(), 'y' | 't' | 'o' | 'n' | 'f' | '~'))
}

/// Ruby's `/i`: besides case, the long s is an s, and a ligature its letters.
fn same(text: &str, word: &str) -> bool {
    if text.is_ascii() {
        return text.eq_ignore_ascii_case(word);
    }
    let plain = text.replace('\u{17f}', "s").replace('\u{fb00}', "ff");
    plain.eq_ignore_ascii_case(word)
}

fn no_number(text: &str) -> Option<f64> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is(".inf") || is("+.inf") {
        Some(f64::INFINITY)
    } else if is("-.inf") {
        Some(f64::NEG_INFINITY)
    } else if is(".nan") {
        Some(f64::NAN)
    } else {
        None
    }
}

/// `:name`, `:"name"` and `:'name'`; of quotes that are not the last character all behind them is dropped.
fn symbol(text: &str) -> Option<&str> {
    let name = text.strip_prefix(':').filter(|name| !name.is_empty())?;
    let quoted = name
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))
        .and_then(|quote| name.rfind(quote))
        .filter(|end| *end > 0);
    Some(match quoted {
        Some(end) => {
            let inner = &name[1..end];
            inner.strip_prefix(':').unwrap_or(inner)
        }
        None => name,
    })
}
