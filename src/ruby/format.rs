//! `format`, `sprintf` and `String#%`.
//!
//! Ruby 3.4's rules and texts of errors. Values stay the caller's: [`Arguments`] finds and converts them. Nothing longer than
//! the caller's limit is made.

use num_bigint::BigInt;
use num_integer::Integer as _;
use num_traits::{One, Signed, Zero};

use crate::ruby::number::tie::{self, Asked, Digits};
use crate::ruby::raised::{Class, Raised};

/// What `%f`, `%e`, `%g` and `%a` print.
#[derive(Debug, Clone, PartialEq)]
pub enum Number {
    /// A float.
    Float(f64),
    /// A fraction with a positive denominator; an integer has 1. `%f` prints it exactly.
    Ratio(BigInt, BigInt),
}

/// The arguments of a format, and their conversions.
pub trait Arguments {
    /// A value of the evaluator.
    type Value;
    /// What a conversion can fail with.
    type Error: From<Raised>;

    /// The argument at an index, from 0 on.
    fn get(&mut self, index: usize) -> Option<Self::Value>;
    /// The value of a symbol key. The outer `None`: the arguments are not exactly one hash. The inner one: no such key and no
    /// default.
    fn named(&mut self, name: &str) -> Result<Option<Option<Self::Value>>, Self::Error>;
    /// As `Kernel#Integer`; floats lose their fraction.
    fn to_integer(&mut self, value: Self::Value) -> Result<BigInt, Self::Error>;
    /// A width or precision given as `*`: an implicit conversion to an integer.
    fn to_width(&mut self, value: Self::Value) -> Result<BigInt, Self::Error>;
    /// As `Kernel#Float`, but integers and rational numbers stay exact.
    fn to_number(&mut self, value: Self::Value) -> Result<Number, Self::Error>;
    /// As `to_s`.
    fn to_s(&mut self, value: Self::Value) -> Result<String, Self::Error>;
    /// As `inspect`.
    fn inspect(&mut self, value: Self::Value) -> Result<String, Self::Error>;
    /// For `%c`: the first character of a string (or nothing), or the character of a code point.
    fn character(&mut self, value: Self::Value) -> Result<String, Self::Error>;
}

/// The formatted text. Refused is one of more than `limit` bytes.
pub fn format<A: Arguments>(
    template: &str,
    arguments: &mut A,
    limit: usize,
) -> Result<String, A::Error> {
    let mut formatter = Formatter {
        rest: template,
        arguments,
        using: Using::Nothing,
        next: 0,
        out: Output {
            text: String::new(),
            limit,
        },
    };
    while let Some((plain, rest)) = formatter.rest.split_once('%') {
        formatter.out.push(plain)?;
        formatter.rest = rest;
        formatter.directive()?;
    }
    formatter.out.push(formatter.rest)?;
    Ok(formatter.out.text)
}

/// How arguments were named so far: the kinds do not mix.
#[derive(Clone, Copy)]
enum Using {
    Nothing,
    /// The last argument taken without a number, from 1 on.
    Unnumbered(usize),
    Numbered,
    Named,
}

#[derive(Default, Clone, Copy)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of the format
struct Flags {
    space: bool,
    alternate: bool,
    plus: bool,
    minus: bool,
    zero: bool,
}

/// What stands between `%` and the letter.
struct Spec<V> {
    flags: Flags,
    width: Option<usize>,
    precision: Option<usize>,
    /// A `.` was read, even if a negative `*` unset the precision.
    precision_read: bool,
    value: Option<V>,
    name: Option<String>,
}

impl<V> Spec<V> {
    fn is_bare(&self) -> bool {
        let flags = self.flags;
        let any = flags.space || flags.alternate || flags.plus || flags.minus || flags.zero;
        !any && self.width.is_none() && !self.precision_read
    }
}

/// The text so far, never longer than its limit.
struct Output {
    text: String,
    limit: usize,
}

impl Output {
    fn room(&self, bytes: usize) -> Result<(), Raised> {
        if self.text.len().saturating_add(bytes) > self.limit {
            let limit = self.limit;
            return Err(Raised::refused(format!(
                "the formatted text would have more than {limit} bytes"
            )));
        }
        Ok(())
    }

    fn push(&mut self, text: &str) -> Result<(), Raised> {
        self.room(text.len())?;
        self.text.push_str(text);
        Ok(())
    }

    fn fill(&mut self, with: char, count: usize) -> Result<(), Raised> {
        self.room(count)?;
        self.text.extend(std::iter::repeat_n(with, count));
        Ok(())
    }

    /// A text in a field of blanks.
    fn field(&mut self, text: &str, flags: Flags, width: Option<usize>) -> Result<(), Raised> {
        let blanks = width.unwrap_or(0).saturating_sub(text.chars().count());
        if flags.minus {
            self.push(text)?;
            return self.fill(' ', blanks);
        }
        self.fill(' ', blanks)?;
        self.push(text)
    }

    /// A number: a sign or prefix, zeros or blanks, digits.
    fn number(
        &mut self,
        head: &str,
        digits: &str,
        flags: Flags,
        width: Option<usize>,
    ) -> Result<(), Raised> {
        let missing = width.unwrap_or(0).saturating_sub(head.len() + digits.len());
        if !flags.zero || flags.minus {
            return self.field(&format!("{head}{digits}"), flags, width);
        }
        self.push(head)?;
        self.fill('0', missing)?;
        self.push(digits)
    }
}

struct Formatter<'a, A: Arguments> {
    /// Behind what was read.
    rest: &'a str,
    arguments: &'a mut A,
    using: Using,
    /// How many arguments were taken without a number.
    next: usize,
    out: Output,
}

fn argument_error(text: impl Into<String>) -> Raised {
    Raised::argument(text)
}

impl<A: Arguments> Formatter<'_, A> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn skip(&mut self) {
        let mut chars = self.rest.chars();
        chars.next();
        self.rest = chars.as_str();
    }

    fn directive(&mut self) -> Result<(), A::Error> {
        if self.rest.is_empty() {
            let text = "incomplete format specifier; use %% (double %) instead";
            return Err(argument_error(text).into());
        }
        let mut spec = Spec {
            flags: Flags::default(),
            width: None,
            precision: None,
            precision_read: false,
            value: None,
            name: None,
        };
        loop {
            let Some(letter) = self.peek() else {
                return Err(argument_error("malformed format string").into());
            };
            match letter {
                ' ' | '#' | '+' | '-' | '0' => self.flag(letter, &mut spec)?,
                '1'..='9' => self.width_or_position(&mut spec)?,
                '*' => self.star_width(&mut spec)?,
                '.' => self.precision(&mut spec)?,
                '<' | '{' => {
                    self.name(letter, &mut spec)?;
                    if letter == '{' {
                        return self.string(spec, false);
                    }
                }
                _ => {
                    self.skip();
                    return self.conversion(letter, spec);
                }
            }
        }
    }

    fn flag(&mut self, letter: char, spec: &mut Spec<A::Value>) -> Result<(), A::Error> {
        if spec.width.is_some() {
            return Err(argument_error("flag after width").into());
        }
        if spec.precision_read {
            return Err(argument_error("flag after precision").into());
        }
        match letter {
            ' ' => spec.flags.space = true,
            '#' => spec.flags.alternate = true,
            '+' => spec.flags.plus = true,
            '-' => spec.flags.minus = true,
            _ => spec.flags.zero = true,
        }
        self.skip();
        Ok(())
    }

    /// Digits, maybe none; the directive must go on behind them.
    fn count(&mut self, what: &str) -> Result<usize, A::Error> {
        let end = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at(end);
        let count = if digits.is_empty() {
            Ok(0)
        } else {
            digits.parse::<i32>()
        };
        let count = count.ok().and_then(|count| usize::try_from(count).ok());
        let count = count.ok_or_else(|| argument_error(format!("{what} too big")))?;
        if rest.is_empty() {
            return Err(argument_error("malformed format string - %*[0-9]").into());
        }
        self.rest = rest;
        Ok(count)
    }

    fn width_or_position(&mut self, spec: &mut Spec<A::Value>) -> Result<(), A::Error> {
        let count = self.count("width")?;
        if self.peek() != Some('$') {
            Self::check_width(spec)?;
            spec.width = Some(count);
            return Ok(());
        }
        if spec.value.is_some() {
            return Err(argument_error(format!("value given twice - {count}$")).into());
        }
        spec.value = Some(self.numbered(count)?);
        self.skip();
        Ok(())
    }

    fn check_width(spec: &Spec<A::Value>) -> Result<(), Raised> {
        if spec.width.is_some() {
            return Err(argument_error("width given twice"));
        }
        if spec.precision_read {
            return Err(argument_error("width after precision"));
        }
        Ok(())
    }

    fn star_width(&mut self, spec: &mut Spec<A::Value>) -> Result<(), A::Error> {
        Self::check_width(spec)?;
        let width = self.star("width")?;
        spec.flags.minus |= width < 0;
        spec.width = Some(width.unsigned_abs() as usize);
        Ok(())
    }

    /// The value of `*` or `*1$`.
    fn star(&mut self, what: &str) -> Result<i32, A::Error> {
        self.skip();
        let behind = self.rest;
        let count = self.count(what)?;
        let value = if self.peek() == Some('$') {
            self.skip();
            self.numbered(count)?
        } else {
            self.rest = behind;
            self.unnumbered()?
        };
        let width = self.arguments.to_width(value)?;
        i32::try_from(&width).map_err(|_| {
            let size = if width.is_negative() { "small" } else { "big" };
            let text = format!("integer {width} too {size} to convert to 'int'");
            Raised::new(Class::Range, text).into()
        })
    }

    fn precision(&mut self, spec: &mut Spec<A::Value>) -> Result<(), A::Error> {
        if spec.precision_read {
            return Err(argument_error("precision given twice").into());
        }
        spec.precision_read = true;
        self.skip();
        spec.precision = if self.peek() == Some('*') {
            usize::try_from(self.star("precision")?).ok()
        } else {
            Some(self.count("precision")?)
        };
        Ok(())
    }

    fn name(&mut self, open: char, spec: &mut Spec<A::Value>) -> Result<(), A::Error> {
        let close = if open == '<' { '>' } else { '}' };
        let Some(end) = self.rest.find(close) else {
            return Err(argument_error("malformed name - unmatched parenthesis").into());
        };
        let (quoted, rest) = self.rest.split_at(end + 1);
        let name = quoted.get(1..end).unwrap_or_default();
        if let Some(before) = &spec.name {
            return Err(argument_error(format!("named{quoted} after <{before}>")).into());
        }
        match self.using {
            Using::Unnumbered(last) => {
                let text = format!("named{quoted} after unnumbered({last})");
                return Err(argument_error(text).into());
            }
            Using::Numbered => {
                return Err(argument_error(format!("named{quoted} after numbered")).into());
            }
            Using::Nothing | Using::Named => self.using = Using::Named,
        }
        let Some(value) = self.arguments.named(name)? else {
            return Err(argument_error("one hash required").into());
        };
        let Some(value) = value else {
            return Err(Raised::new(Class::Key, format!("key{quoted} not found")).into());
        };
        self.rest = rest;
        spec.value = Some(value);
        spec.name = Some(name.to_owned());
        Ok(())
    }

    fn numbered(&mut self, number: usize) -> Result<A::Value, A::Error> {
        match self.using {
            Using::Unnumbered(last) => {
                let text = format!("numbered({number}) after unnumbered({last})");
                return Err(argument_error(text).into());
            }
            Using::Named => {
                return Err(argument_error(format!("numbered({number}) after named")).into());
            }
            Using::Nothing | Using::Numbered => self.using = Using::Numbered,
        }
        let Some(index) = number.checked_sub(1) else {
            return Err(argument_error(format!("invalid index - {number}$")).into());
        };
        self.argument(index)
    }

    fn unnumbered(&mut self) -> Result<A::Value, A::Error> {
        let number = self.next + 1;
        let mixed = match self.using {
            Using::Numbered => "numbered",
            Using::Named => "named",
            Using::Nothing | Using::Unnumbered(_) => {
                self.using = Using::Unnumbered(number);
                self.next = number;
                return self.argument(number - 1);
            }
        };
        let text = format!("unnumbered({number}) mixed with {mixed}");
        Err(argument_error(text).into())
    }

    fn argument(&mut self, index: usize) -> Result<A::Value, A::Error> {
        let value = self.arguments.get(index);
        value.ok_or_else(|| argument_error("too few arguments").into())
    }

    fn value(&mut self, spec: &mut Spec<A::Value>) -> Result<A::Value, A::Error> {
        match spec.value.take() {
            Some(value) => Ok(value),
            None => self.unnumbered(),
        }
    }

    fn conversion(&mut self, letter: char, mut spec: Spec<A::Value>) -> Result<(), A::Error> {
        match letter {
            '%' if spec.is_bare() => Ok(self.out.push("%")?),
            '%' => Err(argument_error("invalid format character - %").into()),
            'c' => {
                let value = self.value(&mut spec)?;
                let text = self.arguments.character(value)?;
                Ok(self.out.field(&text, spec.flags, spec.width)?)
            }
            's' => self.string(spec, false),
            'p' => self.string(spec, true),
            'd' | 'i' | 'u' | 'o' | 'x' | 'X' | 'b' | 'B' => {
                let value = self.value(&mut spec)?;
                let value = self.arguments.to_integer(value)?;
                Ok(self.integer(letter, &value, &spec)?)
            }
            'f' | 'e' | 'E' | 'g' | 'G' | 'a' | 'A' => {
                let value = self.value(&mut spec)?;
                let number = self.arguments.to_number(value)?;
                Ok(self.number(letter, &number, &spec)?)
            }
            letter if letter.is_ascii_graphic() => {
                Err(argument_error(format!("malformed format string - %{letter}")).into())
            }
            _ => Err(argument_error("malformed format string").into()),
        }
    }

    fn string(&mut self, mut spec: Spec<A::Value>, inspect: bool) -> Result<(), A::Error> {
        let value = self.value(&mut spec)?;
        let mut text = if inspect {
            self.arguments.inspect(value)?
        } else {
            self.arguments.to_s(value)?
        };
        if let Some(precision) = spec.precision
            && let Some((end, _)) = text.char_indices().nth(precision)
        {
            text.truncate(end);
        }
        Ok(self.out.field(&text, spec.flags, spec.width)?)
    }

    fn integer(
        &mut self,
        letter: char,
        value: &BigInt,
        spec: &Spec<A::Value>,
    ) -> Result<(), Raised> {
        let mut flags = spec.flags;
        let base = match letter {
            'o' => 8,
            'x' | 'X' => 16,
            'b' | 'B' => 2,
            _ => 10,
        };
        let signed = base == 10 || flags.plus || flags.space;
        let complement = value.is_negative() && !signed;
        let mut digits = if complement {
            complement_digits(value, base)
        } else {
            value.magnitude().to_str_radix(base)
        };
        if letter == 'X' {
            digits.make_ascii_uppercase();
        }
        let sign = if signed {
            sign(value.is_negative(), flags)
        } else {
            ""
        };
        let head = integer_head(letter, sign, complement, value.is_zero(), flags);
        let dots = if complement { 2 } else { 0 };
        let mut precision = spec
            .precision
            .map(|precision| precision.saturating_sub(dots));
        if let (true, Some(precision)) = (head.ends_with('0') && letter == 'o', &mut precision) {
            // The zero in front counts as a digit.
            *precision = precision.saturating_sub(1);
        }
        if spec.precision == Some(0) && value.is_zero() && !(letter == 'o' && flags.alternate) {
            digits.clear();
        }
        if value.is_zero() && letter == 'o' && flags.alternate {
            digits.clear();
        }
        let filler = digits.chars().next().filter(|_| complement).unwrap_or('0');
        let width = spec.width.unwrap_or(0);
        let wanted = match precision {
            Some(precision) => precision,
            None if flags.zero && !flags.minus => width.saturating_sub(head.len()),
            None => 0,
        };
        self.out.room(wanted)?;
        let fill = wanted.saturating_sub(digits.len());
        digits.insert_str(0, &String::from(filler).repeat(fill));
        flags.zero = false;
        self.out.number(&head, &digits, flags, spec.width)
    }

    fn number(
        &mut self,
        letter: char,
        number: &Number,
        spec: &Spec<A::Value>,
    ) -> Result<(), Raised> {
        let precision = spec.precision;
        self.out.room(precision.unwrap_or(0))?;
        let value = match number {
            Number::Ratio(numerator, denominator) if letter == 'f' => {
                let mut digits = ratio_digits(numerator, denominator, precision.unwrap_or(6));
                if spec.flags.alternate && precision == Some(0) {
                    digits.push('.');
                }
                let sign = sign(numerator.is_negative(), spec.flags);
                return self.out.number(sign, &digits, spec.flags, spec.width);
            }
            Number::Ratio(numerator, denominator) => {
                super::number::float::fdiv(numerator, denominator)
            }
            Number::Float(value) => *value,
        };
        let sign = sign(value.is_sign_negative() && !value.is_nan(), spec.flags);
        if !value.is_finite() {
            let name = if value.is_nan() { "NaN" } else { "Inf" };
            return self
                .out
                .field(&format!("{sign}{name}"), spec.flags, spec.width);
        }
        let (prefix, mut digits) = match letter.to_ascii_lowercase() {
            'f' => (
                "",
                fixed(value.abs(), precision.unwrap_or(6), spec.flags.alternate),
            ),
            'e' => (
                "",
                scientific(value.abs(), precision.unwrap_or(6), spec.flags.alternate),
            ),
            'g' => (
                "",
                general(value.abs(), precision.unwrap_or(6), spec.flags.alternate),
            ),
            _ => (
                "0x",
                hexadecimal(value.abs(), precision, spec.flags.alternate),
            ),
        };
        let mut head = format!("{sign}{prefix}");
        if letter.is_ascii_uppercase() {
            digits.make_ascii_uppercase();
            head.make_ascii_uppercase();
        }
        self.out.number(&head, &digits, spec.flags, spec.width)
    }
}

fn sign(negative: bool, flags: Flags) -> &'static str {
    match (negative, flags.plus, flags.space) {
        (true, _, _) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    }
}

/// Sign, prefix, and the dots that stand for the infinitely many digits of a negative number.
fn integer_head(letter: char, sign: &str, complement: bool, zero: bool, flags: Flags) -> String {
    let prefix = match letter {
        _ if !flags.alternate => "",
        'o' if complement => "",
        'o' => "0",
        _ if zero => "",
        'x' => "0x",
        'X' => "0X",
        'b' => "0b",
        'B' => "0B",
        _ => "",
    };
    let dots = if complement { ".." } else { "" };
    format!("{sign}{prefix}{dots}")
}

/// The two's complement of a negative number, with one of the infinitely many highest digits in front.
fn complement_digits(value: &BigInt, base: u32) -> String {
    let size = value.abs();
    // 16 to the power of this many digits is at least the size.
    let bits = u64::from(base.trailing_zeros());
    let count = (&size - 1_u8).bits().div_ceil(bits);
    let rest = (BigInt::one() << (count * bits)) - size;
    let highest = char::from_digit(base - 1, base).unwrap_or('f');
    let count = usize::try_from(count).unwrap_or(0);
    let digits = if count == 0 {
        String::new()
    } else {
        rest.to_str_radix(base)
    };
    format!("{highest}{digits:0>count$}")
}

/// The size of a fraction, rounded half up to a number of digits.
fn ratio_digits(numerator: &BigInt, denominator: &BigInt, precision: usize) -> String {
    if denominator.is_one() {
        let point = if precision == 0 { "" } else { "." };
        return format!("{}{point}{}", numerator.magnitude(), "0".repeat(precision));
    }
    let unit = BigInt::from(10).pow(u32::try_from(precision).unwrap_or(u32::MAX));
    let scaled = numerator.abs() * unit * 2_u8 + denominator;
    let digits = scaled.div_floor(&(denominator * 2_u8)).to_string();
    let width = precision + 1;
    let digits = format!("{digits:0>width$}");
    let (whole, fraction) = digits.split_at(digits.len() - precision);
    if fraction.is_empty() {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction}")
    }
}

/// No float has more digits behind its point.
const FLOAT_DIGITS: usize = 1074;

fn fixed(value: f64, precision: usize, point: bool) -> String {
    let exact = precision.min(FLOAT_DIGITS);
    let point = if point && precision == 0 { "." } else { "" };
    let text = match tie::even_digits(value, Asked::Behind(exact)) {
        Some(found) => plain(&found, exact),
        None => format!("{value:.exact$}"),
    };
    format!("{text}{point}{}", "0".repeat(precision - exact))
}

/// Digits with so many behind the point.
fn plain(found: &Digits, behind: usize) -> String {
    let before = usize::try_from(found.point).unwrap_or(0);
    let lead = usize::try_from(-found.point).unwrap_or(0);
    let all = format!("{}{}", "0".repeat(lead), found.digits);
    let width = before + behind;
    let all = format!("{all:0<width$}");
    let (whole, fraction) = all.split_at(before.min(all.len()));
    let whole = if whole.is_empty() { "0" } else { whole };
    match fraction.get(..behind) {
        Some(fraction) if behind > 0 => format!("{whole}.{fraction}"),
        _ => whole.to_owned(),
    }
}

fn scientific(value: f64, precision: usize, point: bool) -> String {
    let exact = precision.min(FLOAT_DIGITS);
    let text = match tie::even_digits(value, Asked::Significant(exact + 1)) {
        Some(found) => exponential(&found, exact),
        None => format!("{value:.exact$e}"),
    };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent = exponent.parse::<i32>().unwrap_or(0);
    let point = if point && precision == 0 { "." } else { "" };
    let zeros = "0".repeat(precision - exact);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!(
        "{mantissa}{point}{zeros}e{sign}{:02}",
        exponent.unsigned_abs()
    )
}

/// Digits with one before the point, so many behind it, and the power of ten.
fn exponential(found: &Digits, behind: usize) -> String {
    let (first, rest) = found.digits.split_at(1);
    let rest = format!("{rest:0<behind$}");
    let rest = rest.get(..behind).unwrap_or_default();
    let point = if behind == 0 { "" } else { "." };
    format!("{first}{point}{rest}e{}", found.point - 1)
}

fn general(value: f64, precision: usize, alternate: bool) -> String {
    let significant = precision.max(1);
    let text = scientific(value, significant - 1, alternate);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let power = exponent.parse::<i64>().unwrap_or(0);
    let last = i64::try_from(significant).unwrap_or(i64::MAX) - 1;
    let halved = tie::even_digits(value, Asked::Significant(significant));
    let keep = alternate || halved.is_some_and(|found| found.keeps_zeros);
    if power < -4 || power > last {
        return format!("{}e{exponent}", without_zeros(mantissa, keep));
    }
    let behind = usize::try_from(last - power).unwrap_or(0);
    without_zeros(&fixed(value, behind, alternate), keep).to_owned()
}

fn without_zeros(digits: &str, keep: bool) -> &str {
    if keep || !digits.contains('.') {
        return digits;
    }
    digits.trim_end_matches('0').trim_end_matches('.')
}

/// Behind `0x`. Rounds a half to even.
fn hexadecimal(value: f64, precision: Option<usize>, point: bool) -> String {
    let bits = value.to_bits();
    let mut field = i64::try_from(bits >> 52).unwrap_or(0);
    let mut mantissa = bits & ((1 << 52) - 1);
    if field > 0 {
        mantissa |= 1 << 52;
    } else if mantissa > 0 {
        let shift = mantissa.leading_zeros() - 11;
        mantissa <<= shift;
        field = 1 - i64::from(shift);
    } else {
        field = 1023;
    }
    if let Some(digits) = precision.filter(|digits| *digits < 13) {
        mantissa = round_bits(mantissa, 52 - 4 * u32::try_from(digits).unwrap_or(0));
    }
    if mantissa >> 53 == 1 {
        mantissa >>= 1;
        field += 1;
    }
    let all = format!("{:013x}", mantissa & ((1 << 52) - 1));
    let digits = match precision {
        Some(precision) => format!("{:0<precision$}", all.get(..precision).unwrap_or(&all)),
        None => all.trim_end_matches('0').to_owned(),
    };
    let point = if digits.is_empty() && !point { "" } else { "." };
    let (first, exponent) = (mantissa >> 52, field - 1023);
    format!("{first}{point}{digits}p{exponent:+}")
}

/// The lowest bits become zero.
fn round_bits(value: u64, dropped: u32) -> u64 {
    let unit = 1_u64 << dropped;
    let rest = value % unit;
    let floor = value - rest;
    let odd = floor & unit != 0;
    if rest > unit / 2 || (rest == unit / 2 && odd) {
        floor + unit
    } else {
        floor
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;
    use crate::ruby::number::{float, parse};

    struct Data {
        values: Vec<Json>,
    }

    fn big(value: &Json) -> BigInt {
        value.as_str().unwrap().parse().unwrap()
    }

    fn bits(value: &Json) -> f64 {
        f64::from_bits(u64::from_str_radix(value.as_str().unwrap(), 16).unwrap())
    }

    fn kind(value: &Json) -> (&str, &Json) {
        let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
        (kind, value)
    }

    impl Arguments for Data {
        type Value = Json;
        type Error = Raised;

        fn get(&mut self, index: usize) -> Option<Json> {
            self.values.get(index).cloned()
        }

        fn named(&mut self, name: &str) -> Result<Option<Option<Json>>, Raised> {
            let [value] = self.values.as_slice() else {
                return Ok(None);
            };
            let Some(pairs) = value["hash"].as_array() else {
                return Ok(None);
            };
            Ok(Some(
                pairs
                    .iter()
                    .find(|pair| pair[0] == name)
                    .map(|pair| pair[1].clone()),
            ))
        }

        fn to_integer(&mut self, value: Json) -> Result<BigInt, Raised> {
            match kind(&value) {
                ("integer", value) => Ok(big(value)),
                ("float", value) => float::to_integer(bits(value)),
                ("string", text) => parse::integer(text.as_str().unwrap(), 0)?
                    .ok_or_else(|| parse::invalid_integer(&text.to_string())),
                ("ratio", pair) => Ok(big(&pair[0]) / big(&pair[1])),
                _ => Err(Raised::new(Class::Type, "can't convert nil into Integer")),
            }
        }

        fn to_width(&mut self, value: Json) -> Result<BigInt, Raised> {
            match kind(&value) {
                ("integer", value) => Ok(big(value)),
                _ => Err(Raised::new(
                    Class::Type,
                    "no implicit conversion of String into Integer",
                )),
            }
        }

        fn to_number(&mut self, value: Json) -> Result<Number, Raised> {
            match kind(&value) {
                ("integer", value) => Ok(Number::Ratio(big(value), BigInt::one())),
                ("float", value) => Ok(Number::Float(bits(value))),
                ("ratio", pair) => Ok(Number::Ratio(big(&pair[0]), big(&pair[1]))),
                ("string", text) => Ok(Number::Float(
                    parse::float(text.as_str().unwrap())?
                        .ok_or_else(|| parse::invalid_float(&text.to_string()))?,
                )),
                _ => Err(Raised::new(Class::Type, "can't convert nil into Float")),
            }
        }

        fn to_s(&mut self, value: Json) -> Result<String, Raised> {
            Ok(match kind(&value) {
                ("nil", _) => String::new(),
                ("float", value) => float::float_to_s(bits(value)),
                ("hash", _) => "{a: 1}".into(),
                (_, value) => value.as_str().unwrap().to_owned(),
            })
        }

        fn inspect(&mut self, value: Json) -> Result<String, Raised> {
            Ok(match kind(&value) {
                ("nil", _) => "nil".into(),
                ("symbol", name) => format!(":{}", name.as_str().unwrap()),
                (_, value) => value.to_string(),
            })
        }

        fn character(&mut self, value: Json) -> Result<String, Raised> {
            match kind(&value) {
                ("string", text) => Ok(text.as_str().unwrap().chars().take(1).collect()),
                ("nil", _) => Err(Raised::new(
                    Class::Type,
                    "no implicit conversion from nil to integer",
                )),
                _ => {
                    let code = self.to_integer(value)?;
                    let code = u32::try_from(code).ok().and_then(char::from_u32);
                    code.map(String::from)
                        .ok_or_else(|| Raised::argument("invalid character"))
                }
            }
        }
    }

    #[test]
    fn values_are_formatted_as_in_ruby() {
        let rows: Vec<Json> =
            serde_json::from_str(include_str!("../../tests/ruby/format.json")).unwrap();
        assert!(rows.len() > 200);
        let mut wrong = Vec::new();
        for row in rows {
            let mut data = Data {
                values: row["arguments"].as_array().unwrap().clone(),
            };
            let got = format(row["format"].as_str().unwrap(), &mut data, 10_000);
            let got = got.map_err(|raised| raised.to_string());
            let expected = match row["ok"].as_str() {
                Some(ok) => Ok(ok.to_owned()),
                None => Err(row["error"].as_str().unwrap().to_owned()),
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

    #[test]
    fn nothing_longer_than_the_limit_is_made() {
        for template in [
            "%1000000000d",
            "%.1000000000d",
            "%01000000000x",
            "%.1000000000f",
            "%.1000000000e",
            "%1000000000s",
            "%.1000000000g",
            "%.1000000000a",
        ] {
            let mut data = Data {
                values: vec![serde_json::json!({"integer": "-7"})],
            };
            let raised = format(template, &mut data, 1000).unwrap_err();
            assert_eq!(raised.class, Class::Refused, "{template}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_template_is_too_strange(template in "(%[-+ #0]{0,2}([0-9]{0,2}|\\*)(\\.[0-9*]{0,2})?(1\\$|<a>|\\{a\\})?[diufeEgGaAxXobBcspy%é\n]|.){0,4}", number: i64) {
            let values = vec![serde_json::json!({"integer": number.to_string()}); 3];
            let _ = format(&template, &mut Data { values }, 1000);
        }
    }
}
