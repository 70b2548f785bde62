//! `Array#pack` and `String#unpack`: bytes of numbers and texts.
//!
//! As Ruby 3.4 on a 64-bit little-endian machine. Pointers (`p P`), the modes `U0` and `C0`, and letters that are no digits in
//! `h` and `H` are refused.

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive, Zero};

use crate::ruby::number::float;
use crate::ruby::raised::{Class, Raised};

/// What is packed, or was unpacked.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// An integer.
    Integer(BigInt),
    /// A float.
    Float(f64),
    /// A string; an unpacked one is binary.
    Bytes(Vec<u8>),
    /// What `b B h H` unpack: ASCII.
    Digits(String),
    /// `nil`.
    Nil,
}

/// The encoding of a packed string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Only `m M u`.
    Ascii,
    /// `U` first.
    Utf8,
    /// All else.
    Binary,
}

/// A packed string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its encoding.
    pub encoding: Encoding,
}

#[derive(Clone, Copy, PartialEq)]
enum Count {
    /// None given.
    One,
    Times(usize),
    Star,
}

struct Directive {
    letter: char,
    big: bool,
    native: bool,
    count: Count,
}

impl Directive {
    fn times(&self, star: usize) -> usize {
        match self.count {
            Count::One => 1,
            Count::Times(times) => times,
            Count::Star => star,
        }
    }

    /// Bytes of an integer, whether it is signed, whether its most significant byte comes first.
    fn integer(&self) -> Option<(usize, bool, bool)> {
        let big = self.big;
        Some(match self.letter {
            'c' => (1, true, false),
            'C' => (1, false, false),
            's' => (2, true, big),
            'S' => (2, false, big),
            'l' => (if self.native { 8 } else { 4 }, true, big),
            'L' => (if self.native { 8 } else { 4 }, false, big),
            'i' => (4, true, big),
            'I' => (4, false, big),
            'q' | 'j' => (8, true, big),
            'Q' | 'J' => (8, false, big),
            'n' => (2, false, true),
            'N' => (4, false, true),
            'v' => (2, false, false),
            'V' => (4, false, false),
            _ => return None,
        })
    }

    /// Whether a float is a double, and whether its most significant byte comes first.
    fn float(&self) -> Option<(bool, bool)> {
        Some(match self.letter {
            'e' | 'f' | 'F' => (false, false),
            'g' => (false, true),
            'E' | 'd' | 'D' => (true, false),
            'G' => (true, true),
            _ => return None,
        })
    }
}

/// The directives of a template; `kind` is `pack` or `unpack`.
fn directives(template: &str, kind: &str) -> Result<Vec<Directive>, Raised> {
    let mut found = Vec::new();
    let mut chars = template.chars().peekable();
    while let Some(letter) = chars.next() {
        if letter.is_ascii_whitespace() || matches!(letter, '\0' | '\u{b}') {
            continue;
        }
        if letter == '#' {
            chars.by_ref().find(|c| *c == '\n');
            continue;
        }
        let mut directive = Directive {
            letter,
            big: false,
            native: false,
            count: Count::One,
        };
        let mut little = false;
        while let Some(modifier) = chars.next_if(|c| "_!<>".contains(*c)) {
            if !"sSiIlLqQjJ".contains(letter) {
                let text = format!("'{modifier}' allowed only after types sSiIlLqQjJ");
                return Err(Raised::argument(text));
            }
            match modifier {
                '<' => little = true,
                '>' => directive.big = true,
                _ => directive.native = true,
            }
            if little && directive.big {
                return Err(Raised::new(Class::Range, "Can't use both '<' and '>'"));
            }
        }
        if chars.next_if_eq(&'*').is_some() {
            directive.count = Count::Star;
        } else {
            let mut digits = String::new();
            while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                digits.push(digit);
            }
            if !digits.is_empty() {
                let count = digits
                    .parse::<i64>()
                    .ok()
                    .and_then(|n| usize::try_from(n).ok());
                let count =
                    count.ok_or_else(|| Raised::new(Class::Range, "pack length too big"))?;
                directive.count = Count::Times(count);
            }
        }
        check(&directive, template, kind)?;
        found.push(directive);
    }
    Ok(found)
}

fn check(directive: &Directive, template: &str, kind: &str) -> Result<(), Raised> {
    let letter = directive.letter;
    if matches!(letter, 'p' | 'P') {
        return Err(Raised::refused(format!(
            "{kind}: pointers ('{letter}') are refused"
        )));
    }
    if matches!(letter, 'U' | 'C') && directive.count == Count::Times(0) {
        return Err(Raised::refused(format!(
            "{kind}: the mode '{letter}0' is not supported"
        )));
    }
    let known = directive.integer().is_some() || directive.float().is_some();
    if known || "UwaAZBbHhMmuxX@".contains(letter) {
        return Ok(());
    }
    let text = format!("unknown {kind} directive '{letter}' in '{template}'");
    Err(Raised::argument(text))
}

/// `Array#pack`. Refused is a string of more than `limit` bytes.
pub fn pack(values: &[Value], template: &str, limit: usize) -> Result<Packed, Raised> {
    let mut packer = Packer {
        values: values.iter(),
        bytes: Vec::new(),
        limit,
    };
    let mut encoding = Encoding::Ascii;
    for directive in directives(template, "pack")? {
        encoding = match (directive.letter, encoding) {
            ('U', Encoding::Ascii) => Encoding::Utf8,
            ('U' | 'm' | 'M' | 'u', kept) => kept,
            _ => Encoding::Binary,
        };
        packer.directive(&directive)?;
    }
    Ok(Packed {
        bytes: packer.bytes,
        encoding,
    })
}

struct Packer<'a> {
    values: std::slice::Iter<'a, Value>,
    bytes: Vec<u8>,
    limit: usize,
}

impl Packer<'_> {
    fn value(&mut self) -> Result<&Value, Raised> {
        self.values
            .next()
            .ok_or_else(|| Raised::argument("too few arguments"))
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Raised> {
        self.room(bytes.len())?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn room(&self, bytes: usize) -> Result<(), Raised> {
        if self.bytes.len().saturating_add(bytes) > self.limit {
            let limit = self.limit;
            return Err(Raised::refused(format!(
                "the packed string would have more than {limit} bytes"
            )));
        }
        Ok(())
    }

    fn fill(&mut self, with: u8, count: usize) -> Result<(), Raised> {
        self.room(count)?;
        self.bytes.resize(self.bytes.len() + count, with);
        Ok(())
    }

    fn directive(&mut self, directive: &Directive) -> Result<(), Raised> {
        match directive.letter {
            'a' | 'A' | 'Z' => self.text(directive),
            'B' | 'b' => self.digits(directive, 8),
            'H' | 'h' => self.digits(directive, 2),
            'm' | 'u' => self.encoded(directive),
            'M' => self.quoted(directive),
            'x' => self.fill(0, directive.times(0)),
            'X' => self.back(directive.times(0)),
            '@' => self.to(directive.times(0)),
            _ => self.numbers(directive),
        }
    }

    fn back(&mut self, count: usize) -> Result<(), Raised> {
        let Some(length) = self.bytes.len().checked_sub(count) else {
            return Err(Raised::argument("X outside of string"));
        };
        self.bytes.truncate(length);
        Ok(())
    }

    fn to(&mut self, length: usize) -> Result<(), Raised> {
        self.bytes.truncate(length);
        self.fill(0, length - self.bytes.len())
    }

    fn numbers(&mut self, directive: &Directive) -> Result<(), Raised> {
        for _ in 0..directive.times(self.values.len()) {
            let value = self.value()?;
            let bytes = if let Some((size, _, big)) = directive.integer() {
                integer_bytes(&to_integer(value)?, size, big)
            } else if let Some((double, big)) = directive.float() {
                float_bytes(to_float(value)?, double, big)
            } else if directive.letter == 'U' {
                utf8_bytes(&to_integer(value)?)?
            } else {
                compressed_bytes(&to_integer(value)?)?
            };
            self.push(&bytes)?;
        }
        Ok(())
    }

    fn text(&mut self, directive: &Directive) -> Result<(), Raised> {
        let text = to_bytes(self.value()?)?.to_vec();
        let terminated = directive.letter == 'Z' && directive.count == Count::Star;
        let length = directive.times(text.len() + usize::from(terminated));
        let filler = if directive.letter == 'A' { b' ' } else { 0 };
        self.push(text.get(..length).unwrap_or(&text))?;
        self.fill(filler, length.saturating_sub(text.len()))
    }

    /// Bits or half bytes, so many in a byte.
    fn digits(&mut self, directive: &Directive, in_byte: usize) -> Result<(), Raised> {
        let text = to_bytes(self.value()?)?.to_vec();
        let length = directive.times(text.len());
        let used = text.get(..length).unwrap_or(&text);
        let bits = 8 / in_byte;
        for chunk in used.chunks(in_byte) {
            let mut byte = 0;
            for (place, digit) in chunk.iter().enumerate() {
                let place = if directive.letter.is_uppercase() {
                    in_byte - 1 - place
                } else {
                    place
                };
                byte |= digit_value(*digit, in_byte)? << (place * bits);
            }
            self.push(&[byte])?;
        }
        // Ruby counts the bytes of missing bits in twos, as if they were half bytes.
        let missing = if in_byte == 2 {
            length.div_ceil(2).saturating_sub(text.len().div_ceil(2))
        } else {
            length.saturating_sub(text.len()).div_ceil(2)
        };
        self.fill(0, missing)
    }

    /// Base 64 and uuencode, in lines.
    fn encoded(&mut self, directive: &Directive) -> Result<(), Raised> {
        let text = to_bytes(self.value()?)?.to_vec();
        let base64 = directive.letter == 'm';
        let length = match directive.count {
            Count::Times(0) if base64 => usize::MAX,
            Count::Times(count) if count > 2 => {
                (count / 3 * 3).min(if base64 { usize::MAX } else { 63 })
            }
            _ => 45,
        };
        let lines = text.len() / length.max(1) * 2 + 2;
        self.room((text.len() / 3 + 1).saturating_mul(4).saturating_add(lines))?;
        for line in text.chunks(length.min(text.len().max(1))) {
            if !base64 {
                self.bytes
                    .push(u8::try_from(line.len() + 32).unwrap_or(b' '));
            }
            encode_line(line, base64, &mut self.bytes);
            if length != usize::MAX {
                self.bytes.push(b'\n');
            }
        }
        Ok(())
    }

    fn quoted(&mut self, directive: &Directive) -> Result<(), Raised> {
        let text = match self.value()? {
            Value::Bytes(bytes) => bytes.clone(),
            Value::Digits(digits) => digits.clone().into_bytes(),
            Value::Integer(integer) => integer.to_string().into_bytes(),
            Value::Float(value) => float::float_to_s(*value).into_bytes(),
            Value::Nil => Vec::new(),
        };
        let length = match directive.count {
            Count::Times(count) if count > 1 => count,
            _ => 72,
        };
        self.room(text.len().saturating_mul(5).saturating_add(2))?;
        quote(&text, length, &mut self.bytes);
        Ok(())
    }
}

fn type_error(from: &str, into: &str) -> Raised {
    Raised::new(
        Class::Type,
        format!("no implicit conversion of {from} into {into}"),
    )
}

fn to_integer(value: &Value) -> Result<BigInt, Raised> {
    match value {
        Value::Integer(integer) => Ok(integer.clone()),
        Value::Float(value) => float::to_integer(*value),
        Value::Bytes(_) | Value::Digits(_) => Err(type_error("String", "Integer")),
        Value::Nil => Err(type_error("nil", "Integer")),
    }
}

fn to_float(value: &Value) -> Result<f64, Raised> {
    let name = match value {
        Value::Integer(integer) => return Ok(float::from_integer(integer)),
        Value::Float(value) => return Ok(*value),
        Value::Bytes(_) | Value::Digits(_) => "String",
        Value::Nil => "nil",
    };
    Err(Raised::new(
        Class::Type,
        format!("can't convert {name} into Float"),
    ))
}

fn to_bytes(value: &Value) -> Result<&[u8], Raised> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        Value::Digits(digits) => Ok(digits.as_bytes()),
        Value::Nil => Ok(b""),
        Value::Integer(_) => Err(type_error("Integer", "String")),
        Value::Float(_) => Err(type_error("Float", "String")),
    }
}

/// The lowest bytes of the two's complement.
fn integer_bytes(value: &BigInt, size: usize, big: bool) -> Vec<u8> {
    let mut bytes = value.to_signed_bytes_le();
    let filler = if value.is_negative() { 0xff } else { 0 };
    bytes.resize(size, filler);
    if big {
        bytes.reverse();
    }
    bytes
}

#[allow(clippy::cast_possible_truncation)] // a single float rounds, as the conversion in C
fn float_bytes(value: f64, double: bool, big: bool) -> Vec<u8> {
    let mut bytes = if double {
        value.to_le_bytes().to_vec()
    } else {
        (value as f32).to_le_bytes().to_vec()
    };
    if big {
        bytes.reverse();
    }
    bytes
}

/// UTF-8 as it was once defined: up to six bytes, any number below 2^31.
fn utf8_bytes(code: &BigInt) -> Result<Vec<u8>, Raised> {
    let code = code.to_u32().filter(|code| *code < 1 << 31);
    let code = code.ok_or_else(|| Raised::new(Class::Range, "pack(U): value out of range"))?;
    if let Ok(byte @ 0..0x80) = u8::try_from(code) {
        return Ok(vec![byte]);
    }
    let follow = match code {
        0..0x800 => 1_u32,
        0x800..0x1_0000 => 2,
        0x1_0000..0x20_0000 => 3,
        0x20_0000..0x400_0000 => 4,
        _ => 5,
    };
    let mark = (0xff_u32 << (7 - follow)) & 0xff;
    let mut bytes = vec![u8::try_from(mark | code >> (6 * follow)).unwrap_or(0)];
    for place in (0..follow).rev() {
        bytes.push(u8::try_from(0x80 | (code >> (6 * place) & 0x3f)).unwrap_or(0));
    }
    Ok(bytes)
}

/// Base 128, the highest first; all but the last have their highest bit set.
fn compressed_bytes(value: &BigInt) -> Result<Vec<u8>, Raised> {
    if value.is_negative() {
        return Err(Raised::argument("can't compress negative numbers"));
    }
    let mut bytes = value.magnitude().to_radix_be(128);
    let last = bytes.len().saturating_sub(1);
    bytes.iter_mut().take(last).for_each(|byte| *byte |= 0x80);
    Ok(bytes)
}

fn digit_value(digit: u8, in_byte: usize) -> Result<u8, Raised> {
    if in_byte == 8 {
        return Ok(digit & 1);
    }
    let value = char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok());
    value.ok_or_else(|| {
        Raised::refused("pack: what is no hexadecimal digit is not supported in 'h' and 'H'")
    })
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode_line(line: &[u8], base64: bool, out: &mut Vec<u8>) {
    let letter = |six: u32| -> u8 {
        let six = six as usize & 63;
        if base64 {
            BASE64.get(six).copied().unwrap_or(b'A')
        } else if six == 0 {
            b'`'
        } else {
            u8::try_from(six + 32).unwrap_or(b'`')
        }
    };
    for chunk in line.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let padded = place > chunk.len();
            let pad = if base64 { b'=' } else { b'`' };
            out.push(if padded {
                pad
            } else {
                letter(bits >> (18 - 6 * place))
            });
        }
    }
}

/// Quoted-printable lines, each broken with `=` behind `length` characters or more.
fn quote(text: &[u8], length: usize, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut written = 0;
    let mut before = None;
    for byte in text.iter().copied() {
        let plain = byte == b'\t' || byte == b'\n' || (b' '..=b'~').contains(&byte);
        if !plain || byte == b'=' {
            let digit = |four: u8| HEX.get(usize::from(four)).copied().unwrap_or(b'0');
            out.extend([b'=', digit(byte >> 4), digit(byte & 15)]);
            written += 3;
            before = None;
        } else if byte == b'\n' {
            if matches!(before, Some(b' ' | b'\t')) {
                out.extend(b"=\n");
            }
            out.push(b'\n');
            written = 0;
            before = Some(b'\n');
        } else {
            out.push(byte);
            written += 1;
            before = Some(byte);
        }
        if written > length {
            out.extend(b"=\n");
            written = 0;
            before = Some(b'\n');
        }
    }
    if written > 0 {
        out.extend(b"=\n");
    }
}

/// `String#unpack`. Refused are more than `limit` values.
pub fn unpack(bytes: &[u8], template: &str, limit: usize) -> Result<Vec<Value>, Raised> {
    let mut unpacker = Unpacker {
        bytes,
        at: 0,
        values: Vec::new(),
        limit,
    };
    for directive in directives(template, "unpack")? {
        unpacker.directive(&directive)?;
    }
    Ok(unpacker.values)
}

/// `String#unpack1`: the first value, or `nil`. Errors behind the first value do not count.
pub fn unpack1(bytes: &[u8], template: &str) -> Result<Value, Raised> {
    let mut unpacker = Unpacker {
        bytes,
        at: 0,
        values: Vec::new(),
        limit: usize::MAX,
    };
    for mut directive in directives(template, "unpack")? {
        if directive.integer().is_some()
            || directive.float().is_some()
            || "Uw".contains(directive.letter)
        {
            let missing = directive.count == Count::Star && unpacker.left().is_empty();
            let none = missing || directive.count == Count::Times(0);
            directive.count = if none { Count::Times(0) } else { Count::One };
        }
        unpacker.directive(&directive)?;
        if let Some(value) = unpacker.values.pop() {
            return Ok(value);
        }
    }
    Ok(Value::Nil)
}

struct Unpacker<'a> {
    bytes: &'a [u8],
    at: usize,
    values: Vec<Value>,
    limit: usize,
}

impl<'a> Unpacker<'a> {
    fn left(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, value: Value) -> Result<(), Raised> {
        if self.values.len() >= self.limit {
            let limit = self.limit;
            return Err(Raised::refused(format!(
                "unpack would give more than {limit} values"
            )));
        }
        self.values.push(value);
        Ok(())
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.left().get(..count)?;
        self.at += count;
        Some(taken)
    }

    fn directive(&mut self, directive: &Directive) -> Result<(), Raised> {
        match directive.letter {
            'a' | 'A' | 'Z' => self.text(directive),
            'B' | 'b' => self.digits(directive, 8),
            'H' | 'h' => self.digits(directive, 2),
            'm' => {
                let text = decode_base64(self.left(), directive.count == Count::Times(0))?;
                self.at = self.bytes.len();
                self.push(Value::Bytes(text))
            }
            'M' => {
                let text = unquote(self.left());
                self.at = self.bytes.len();
                self.push(Value::Bytes(text))
            }
            'u' => {
                let text = decode_uu(self.left());
                self.at = self.bytes.len();
                self.push(Value::Bytes(text))
            }
            'x' | 'X' | '@' => self.moved(directive),
            'U' => self.utf8(directive),
            'w' => self.compressed(directive),
            _ => self.numbers(directive),
        }
    }

    fn moved(&mut self, directive: &Directive) -> Result<(), Raised> {
        let letter = directive.letter;
        let at = match letter {
            'x' => self.at.checked_add(directive.times(self.left().len())),
            'X' => self.at.checked_sub(directive.times(0)),
            _ => Some(directive.times(0)),
        };
        let Some(at) = at.filter(|at| *at <= self.bytes.len()) else {
            return Err(Raised::argument(format!("{letter} outside of string")));
        };
        self.at = at;
        Ok(())
    }

    fn numbers(&mut self, directive: &Directive) -> Result<(), Raised> {
        let size = match (directive.integer(), directive.float()) {
            (Some((size, _, _)), _) => size,
            (_, Some((false, _))) => 4,
            _ => 8,
        };
        for _ in 0..directive.times(self.left().len() / size) {
            // Ruby gives a nil for each number that is not there.
            let value = match self.take(size) {
                Some(bytes) => number(directive, bytes),
                None => Value::Nil,
            };
            self.push(value)?;
        }
        Ok(())
    }

    fn text(&mut self, directive: &Directive) -> Result<(), Raised> {
        let count = directive.times(self.left().len()).min(self.left().len());
        let end = match directive.letter {
            'Z' => self.left().iter().take(count).position(|byte| *byte == 0),
            _ => None,
        };
        let start = self.at;
        let mut taken = self.take(count).unwrap_or_default();
        if let Some(end) = end {
            taken = taken.get(..end).unwrap_or_default();
            if directive.count == Count::Star {
                self.at = start + end + 1;
            }
        }
        if directive.letter == 'A' {
            let kept = taken.iter().rposition(|byte| !matches!(byte, b' ' | 0));
            taken = taken
                .get(..kept.map_or(0, |kept| kept + 1))
                .unwrap_or_default();
        }
        self.push(Value::Bytes(taken.to_vec()))
    }

    fn digits(&mut self, directive: &Directive, in_byte: usize) -> Result<(), Raised> {
        let all = self.left().len().saturating_mul(in_byte);
        let count = directive.times(all).min(all);
        let bits = 8 / in_byte;
        let bytes = self.take(count.div_ceil(in_byte)).unwrap_or_default();
        let digits = (0..count).map(|at| {
            let place = at % in_byte;
            let place = if directive.letter.is_uppercase() {
                in_byte - 1 - place
            } else {
                place
            };
            let byte = bytes.get(at / in_byte).copied().unwrap_or(0);
            let digit = u32::from(byte) >> (place * bits) & ((1 << bits) - 1);
            char::from_digit(digit, 16).unwrap_or('0')
        });
        let text = digits.collect::<String>();
        self.push(Value::Digits(text))
    }

    fn utf8(&mut self, directive: &Directive) -> Result<(), Raised> {
        for _ in 0..directive.times(usize::MAX) {
            if self.left().is_empty() {
                break;
            }
            let (code, length) = utf8_code(self.left())?;
            self.at += length;
            self.push(Value::Integer(code.into()))?;
        }
        Ok(())
    }

    fn compressed(&mut self, directive: &Directive) -> Result<(), Raised> {
        for _ in 0..directive.times(usize::MAX) {
            let Some(end) = self.left().iter().position(|byte| byte & 0x80 == 0) else {
                break;
            };
            let digits = self.take(end + 1).unwrap_or_default();
            let digits = digits.iter().map(|byte| byte & 0x7f).collect::<Vec<_>>();
            let value = BigInt::from_radix_be(num_bigint::Sign::Plus, &digits, 128);
            self.push(Value::Integer(value.unwrap_or_else(BigInt::zero)))?;
        }
        Ok(())
    }
}

fn number(directive: &Directive, bytes: &[u8]) -> Value {
    let mut bytes = bytes.to_vec();
    if let Some((_, signed, big)) = directive.integer() {
        if big {
            bytes.reverse();
        }
        if signed {
            return Value::Integer(BigInt::from_signed_bytes_le(&bytes));
        }
        return Value::Integer(BigInt::from_bytes_le(num_bigint::Sign::Plus, &bytes));
    }
    if directive.float().is_some_and(|(_, big)| big) {
        bytes.reverse();
    }
    let single = <[u8; 4]>::try_from(bytes.as_slice()).map(|b| f64::from(f32::from_le_bytes(b)));
    let double = <[u8; 8]>::try_from(bytes.as_slice()).map(f64::from_le_bytes);
    single.or(double).map_or(Value::Nil, Value::Float)
}

/// A code point and the bytes it takes; surrogates and what is beyond Unicode too.
fn utf8_code(bytes: &[u8]) -> Result<(u32, usize), Raised> {
    let first = bytes.first().copied().unwrap_or(0);
    let length = match first {
        0..0x80 => return Ok((u32::from(first), 1)),
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf8 => 4,
        0xf8..0xfc => 5,
        0xfc..0xfe => 6,
        _ => return Err(Raised::argument("malformed UTF-8 character")),
    };
    let Some(rest) = bytes.get(1..length) else {
        let given = bytes.len();
        let text =
            format!("malformed UTF-8 character (expected {length} bytes, given {given} bytes)");
        return Err(Raised::argument(text));
    };
    let mut code = u32::from(first) & (0x7f >> length);
    for byte in rest {
        if byte & 0xc0 != 0x80 {
            return Err(Raised::argument("malformed UTF-8 character"));
        }
        code = code << 6 | u32::from(byte & 0x3f);
    }
    let least = [0, 0, 0x80, 0x800, 0x1_0000, 0x20_0000, 0x400_0000];
    if least.get(length).is_some_and(|least| code < *least) {
        return Err(Raised::argument("redundant UTF-8 sequence"));
    }
    Ok((code, length))
}

fn base64_value(byte: u8) -> Option<u32> {
    BASE64
        .iter()
        .position(|letter| *letter == byte)
        .and_then(|at| u32::try_from(at).ok())
}

/// Strictly, with its padding; or as much as can be read.
fn decode_base64(text: &[u8], strict: bool) -> Result<Vec<u8>, Raised> {
    if !strict {
        return Ok(decode_base64_loosely(text));
    }
    let invalid = || Raised::argument("invalid base64");
    let end = text
        .iter()
        .position(|byte| *byte == b'=')
        .unwrap_or(text.len());
    let (letters, padding) = text.split_at(end);
    let sixes = letters
        .iter()
        .filter_map(|byte| base64_value(*byte))
        .collect::<Vec<_>>();
    let padded = padding.len() < 3 && padding.iter().all(|byte| *byte == b'=');
    if sixes.len() != letters.len() || !padded || !text.len().is_multiple_of(4) {
        return Err(invalid());
    }
    let mut bytes = Vec::with_capacity(sixes.len() / 4 * 3 + 3);
    for chunk in sixes.chunks(4) {
        let whole = three_bytes(chunk);
        let kept = chunk.len().saturating_sub(1);
        bytes.extend(whole.iter().take(kept));
        if whole.iter().skip(kept).any(|byte| *byte != 0) {
            return Err(invalid());
        }
    }
    Ok(bytes)
}

fn three_bytes(sixes: &[u32]) -> [u8; 3] {
    let six = |at: usize| sixes.get(at).copied().unwrap_or(0);
    let bits = six(0) << 18 | six(1) << 12 | six(2) << 6 | six(3);
    let [_, first, second, third] = bits.to_be_bytes();
    [first, second, third]
}

/// Skips what is no letter. Padding ends it, but only in the second half of a group of four letters.
fn decode_base64_loosely(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut group = Vec::with_capacity(4);
    for byte in text {
        if *byte == b'=' && group.len() >= 2 {
            break;
        }
        group.extend(base64_value(*byte));
        if group.len() == 4 {
            bytes.extend(three_bytes(&group));
            group.clear();
        }
    }
    let kept = group.len().saturating_sub(1);
    bytes.extend(three_bytes(&group).iter().take(kept));
    bytes
}

fn decode_uu(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        let six = |byte: u8| u32::from(byte.wrapping_sub(32) & 63);
        let Some((length, letters)) = line
            .split_first()
            .filter(|(length, _)| (b'!'..=b'`').contains(length))
        else {
            break;
        };
        let length = six(*length) as usize;
        let mut decoded = Vec::<u8>::new();
        for chunk in letters.chunks(4) {
            let at = |at: usize| chunk.get(at).map_or(0, |byte| six(*byte));
            let bits = at(0) << 18 | at(1) << 12 | at(2) << 6 | at(3);
            decoded.extend(bits.to_be_bytes().iter().skip(1));
        }
        decoded.truncate(length);
        bytes.extend(decoded);
    }
    bytes
}

/// Quoted-printable; from an unknown escape on the text stays as it is.
fn unquote(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        let hex = |at: usize| {
            behind
                .get(at)
                .and_then(|byte| char::from(*byte).to_digit(16))
        };
        match (byte, behind) {
            (b'=', [b'\n', after @ ..] | [b'\r', b'\n', after @ ..]) => rest = after,
            (b'=', []) => break,
            (b'=', _) => {
                let (Some(high), Some(low)) = (hex(0), hex(1)) else {
                    bytes.extend(rest);
                    break;
                };
                bytes.push(u8::try_from(high << 4 | low).unwrap_or(0));
                rest = behind.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*byte);
                rest = behind;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }

    fn value(json: &Json) -> Value {
        let (kind, json) = json.as_object().unwrap().iter().next().unwrap();
        match kind.as_str() {
            "integer" => Value::Integer(json.as_str().unwrap().parse().unwrap()),
            "float" => Value::Float(f64::from_bits(
                u64::from_str_radix(json.as_str().unwrap(), 16).unwrap(),
            )),
            "hex" => Value::Bytes(unhex(json.as_str().unwrap())),
            _ => Value::Nil,
        }
    }

    fn outcome(row: &Json) -> Result<Vec<Value>, Raised> {
        let template = row["template"].as_str().unwrap();
        if let Some(values) = row["pack"].as_array() {
            let values = values.iter().map(value).collect::<Vec<_>>();
            return Ok(vec![Value::Bytes(pack(&values, template, 10_000)?.bytes)]);
        }
        if let Some(bytes) = row["unpack"].as_str() {
            return unpack(&unhex(bytes), template, 10_000);
        }
        Ok(vec![unpack1(
            &unhex(row["unpack1"].as_str().unwrap()),
            template,
        )?])
    }

    /// The table does not tell ASCII from binary.
    fn as_bytes(value: Value) -> Value {
        match value {
            Value::Digits(digits) => Value::Bytes(digits.into_bytes()),
            other => other,
        }
    }

    #[test]
    fn values_are_packed_and_unpacked_as_in_ruby() {
        let rows: Vec<Json> =
            serde_json::from_str(include_str!("../../tests/ruby/pack.json")).unwrap();
        assert!(rows.len() > 120);
        let mut wrong = Vec::new();
        for row in rows {
            let got = outcome(&row).map_err(|raised| raised.to_string());
            let got = got.map(|values| values.into_iter().map(as_bytes).collect());
            let expected = match (&row["ok"], row["ok"]["array"].as_array()) {
                (Json::Null, _) => Err(row["error"].as_str().unwrap().to_owned()),
                (_, Some(values)) => Ok(values.iter().map(value).collect()),
                (ok, None) => Ok(vec![value(ok)]),
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
    fn sizes_and_modes_are_refused() {
        let one = [Value::Bytes(b"a".to_vec())];
        for template in [
            "a1000000000",
            "x1000000000",
            "@1000000000",
            "B1000000000",
            "P",
            "U0",
            "h",
            "H",
        ] {
            let raised = pack(&[Value::Bytes(b"z".to_vec())], template, 100).unwrap_err();
            assert_eq!(raised.class, Class::Refused, "{template}");
        }
        assert_eq!(
            unpack(b"a", "C1000000000", 100).unwrap_err().class,
            Class::Refused
        );
        assert!(pack(&one, "m0", 100).is_ok());
    }

    proptest::proptest! {
        #[test]
        fn what_was_packed_unpacks(number: i64, float: f64, bytes: Vec<u8>) {
            for template in ["q", "q>", "Q", "j"] {
                let packed = pack(&[Value::Integer(number.abs().into())], template, 100).unwrap();
                proptest::prop_assert_eq!(unpack1(&packed.bytes, template).unwrap(), Value::Integer(number.abs().into()));
            }
            let packed = pack(&[Value::Float(float)], "GE", 100);
            proptest::prop_assert!(packed.is_err());
            for template in ["a*", "m", "m0", "u", "M"] {
                if template == "M" && bytes.contains(&b'\n') {
                    continue;
                }
                let packed = pack(&[Value::Bytes(bytes.clone())], template, 100_000).unwrap();
                proptest::prop_assert_eq!(unpack1(&packed.bytes, template).unwrap(), Value::Bytes(bytes.clone()));
            }
        }

        #[test]
        fn no_bytes_are_too_strange(bytes: Vec<u8>, template in "([a-zA-Z@#][_!<>]?(\\*|[0-9]{0,2})){0,5}") {
            let _ = (unpack(&bytes, &template, 1000), unpack1(&bytes, &template), pack(&[Value::Bytes(bytes.clone()), Value::Nil], &template, 1000));
        }
    }
}
