//! Reading JSON as the json library 2.9.1 does: what it takes, and the place its complaints name.
//!
//! Its parser is a machine of machines. A broken object gives no value to what is around it, up to the nearest list,
//! which complains about its item, or up to the text as a whole; a broken list complains itself.

use num_bigint::BigInt;

use super::super::super::eval::{Version, Vm};
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Value};

/// So much of the text is shown by the messages of 2.9.1.
const SHOWN: usize = 32;

/// What `JSON.parse` can be asked for.
#[derive(Debug, Clone, Copy)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own in Ruby"
)]
pub(super) struct ParseOptions {
    /// Zero is without limit.
    pub(super) max_nesting: usize,
    pub(super) allow_nan: bool,
    pub(super) symbolize_names: bool,
    pub(super) freeze: bool,
    pub(super) trailing_comma: bool,
    /// Objects with the key `json_class` would become instances of it.
    pub(super) additions: bool,
}

/// Where a complaint comes from: Ruby 3.1's json puts the line of its source in front.
#[derive(Debug, Clone, Copy)]
enum Origin {
    Text = 859,
    List = 451,
    Surrogate = 521,
    NotANumber = 225,
    Infinity = 249,
}

struct Parser<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
    options: ParseOptions,
}

/// The value of a whole text.
pub(super) fn parse<'h>(vm: &mut Vm<'h>, text: &[u8], options: ParseOptions) -> Res<'h> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        options,
    };
    vm.tick(text.len() / 64)?;
    let begun = parser.skip();
    let start = parser.at;
    let value = if begun { parser.value(vm)? } else { None };
    let Some(value) = value else {
        return parser.complain(vm, start, Origin::Text);
    };
    let ended = parser.skip() && parser.at == text.len();
    if ended {
        return Ok(value);
    }
    let at = parser.at;
    parser.complain(vm, at, Origin::Text)
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word.as_bytes());
        if found {
            self.at += word.len();
        }
        found
    }

    /// Goes over white space and comments; false at a comment that is none, or does not end.
    fn skip(&mut self) -> bool {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(b'/') => {
                    self.at += 1;
                    let closed = match self.peek() {
                        Some(b'*') => self.skip_behind(b"*/"),
                        Some(b'/') => self.skip_behind(b"\n"),
                        _ => false,
                    };
                    if !closed {
                        return false;
                    }
                }
                _ => return true,
            }
        }
    }

    fn skip_behind(&mut self, end: &[u8]) -> bool {
        self.at += 1;
        let rest = self.rest();
        let found = rest.windows(end.len()).position(|window| window == end);
        match found {
            Some(offset) => self.at += offset + end.len(),
            None => self.at = self.text.len(),
        }
        found.is_some()
    }

    fn complain<'h, T>(&self, vm: &mut Vm<'h>, at: usize, origin: Origin) -> Res<'h, T> {
        let what = match origin {
            Origin::Surrogate => "incomplete surrogate pair",
            _ => "unexpected token",
        };
        let rest = self.text.get(at..).unwrap_or_default();
        let mut shown = rest.split(|byte| *byte == 0).next().unwrap_or_default();
        let mut message = Vec::new();
        if vm.world.version == Version::Ruby31 {
            message.extend_from_slice(format!("{}: ", origin as u16).as_bytes());
        } else {
            shown = shown.get(..SHOWN).unwrap_or(shown);
        }
        message.extend_from_slice(format!("{what} at '").as_bytes());
        message.extend_from_slice(shown);
        message.push(b'\'');
        vm.grow(message.len())?;
        let class = vm.class_named("JSON::ParserError");
        let message = vm.bytes(message, Encoding::Utf8);
        let exception = vm.new_exception(class, message);
        vm.raise_value(exception)
    }

    /// A value; `None` when there is none here.
    fn value<'h>(&mut self, vm: &mut Vm<'h>) -> Res<'h, Option<Value<'h>>> {
        vm.tick(1)?;
        let start = self.at;
        match self.peek() {
            Some(b'"') => self.string(vm, false),
            Some(b'[') => vm.deeper(|vm| self.list(vm)).map(Some),
            Some(b'{') => vm.deeper(|vm| self.object(vm)),
            Some(b'-') if self.take_word("-Infinity") => {
                self.special(vm, f64::NEG_INFINITY, start, Origin::Infinity)
            }
            Some(b'-' | b'0'..=b'9') => self.number(vm),
            Some(b'N') if self.take_word("NaN") => {
                self.special(vm, f64::NAN, start, Origin::NotANumber)
            }
            Some(b'I') if self.take_word("Infinity") => {
                self.special(vm, f64::INFINITY, start, Origin::NotANumber)
            }
            Some(b'n') if self.take_word("null") => Ok(Some(Value::Nil)),
            Some(b't') if self.take_word("true") => Ok(Some(Value::Bool(true))),
            Some(b'f') if self.take_word("false") => Ok(Some(Value::Bool(false))),
            _ => Ok(None),
        }
    }

    fn special<'h>(
        &self,
        vm: &mut Vm<'h>,
        value: f64,
        start: usize,
        origin: Origin,
    ) -> Res<'h, Option<Value<'h>>> {
        if self.options.allow_nan {
            return Ok(Some(Value::Float(value)));
        }
        self.complain(vm, start, origin)
    }

    fn digits(&mut self) -> bool {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at > start
    }

    /// Moves behind a number and says whether it is a float; `None` for what is no number.
    fn scan_number(&mut self) -> Option<bool> {
        self.take(b'-');
        if !self.take(b'0') && !self.digits() {
            return None;
        }
        let mut float = false;
        if self.take(b'.') {
            float = true;
            if !self.digits() {
                return None;
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            float = true;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !self.digits() {
                return None;
            }
        }
        let glued = matches!(self.peek(), Some(b'0'..=b'9' | b'e' | b'E' | b'.' | b'-'));
        (!glued).then_some(float)
    }

    fn number<'h>(&mut self, vm: &mut Vm<'h>) -> Res<'h, Option<Value<'h>>> {
        let start = self.at;
        let Some(float) = self.scan_number() else {
            return Ok(None);
        };
        let digits = self.text.get(start..self.at).unwrap_or_default();
        let text = std::str::from_utf8(digits).unwrap_or_default();
        if float {
            return Ok(text.parse().ok().map(Value::Float));
        }
        if let Ok(small) = text.parse() {
            return Ok(Some(Value::Integer(small)));
        }
        // Thousands of digits take time that grows with their square.
        vm.tick(text.len().saturating_mul(text.len()) / 1024)?;
        let value = BigInt::parse_bytes(digits, 10);
        Ok(value.map(|value| vm.integer(value)))
    }

    fn enter<'h>(&mut self, vm: &mut Vm<'h>) -> Res<'h, ()> {
        self.at += 1;
        self.depth += 1;
        let most = self.options.max_nesting;
        if most == 0 || self.depth <= most {
            return Ok(());
        }
        let message = format!("nesting of {} is too deep", self.depth);
        vm.raise("JSON::NestingError", message)
    }

    fn list<'h>(&mut self, vm: &mut Vm<'h>) -> Res<'h> {
        self.enter(vm)?;
        let mut items = Vec::new();
        loop {
            let clean = self.skip();
            let may_end = items.is_empty() || self.options.trailing_comma;
            if clean && may_end && self.take(b']') {
                break;
            }
            let start = self.at;
            match if clean { self.value(vm)? } else { None } {
                Some(item) => items.push(item),
                None => return self.complain(vm, start, Origin::List),
            }
            vm.reserve(items.len() * size_of::<Value<'_>>())?;
            let clean = self.skip();
            if clean && self.take(b']') {
                break;
            }
            if !clean || !self.take(b',') {
                let at = self.at;
                return self.complain(vm, at, Origin::List);
            }
        }
        self.depth -= 1;
        let list = vm.new_array(items);
        list.frozen.set(self.options.freeze);
        Ok(Value::Array(list))
    }

    fn object<'h>(&mut self, vm: &mut Vm<'h>) -> Res<'h, Option<Value<'h>>> {
        self.enter(vm)?;
        let hash = vm.new_hash();
        loop {
            if !self.skip() {
                return Ok(None);
            }
            if (hash.is_empty() || self.options.trailing_comma) && self.take(b'}') {
                break;
            }
            let Some((key, value)) = self.pair(vm)? else {
                return Ok(None);
            };
            vm.hash_set(hash, key, value)?;
            if !self.skip() {
                return Ok(None);
            }
            if self.take(b'}') {
                break;
            }
            if !self.take(b',') {
                return Ok(None);
            }
        }
        self.depth -= 1;
        if self.options.additions && hash.get_text("json_class").is_some() {
            return vm.unsupported("objects from the key json_class in JSON");
        }
        hash.frozen.set(self.options.freeze);
        Ok(Some(Value::Hash(hash)))
    }

    fn pair<'h>(&mut self, vm: &mut Vm<'h>) -> Res<'h, Option<(Value<'h>, Value<'h>)>> {
        if self.peek() != Some(b'"') {
            return Ok(None);
        }
        let Some(key) = self.string(vm, self.options.symbolize_names)? else {
            return Ok(None);
        };
        if !self.skip() || !self.take(b':') || !self.skip() {
            return Ok(None);
        }
        let value = self.value(vm)?;
        Ok(value.map(|value| (key, value)))
    }

    /// The end of a string, in front of its quote.
    fn end_of_string(&self) -> Option<usize> {
        let mut at = self.at + 1;
        loop {
            match self.text.get(at)? {
                b'"' => return Some(at),
                0..=0x1f => return None,
                b'\\' => match self.text.get(at + 1)? {
                    b'u' => {
                        let digits = self.text.get(at + 2..at + 6)?;
                        if !digits.iter().all(u8::is_ascii_hexdigit) {
                            return None;
                        }
                        at += 6;
                    }
                    0..=0x1f => return None,
                    _ => at += 2,
                },
                _ => at += 1,
            }
        }
    }

    fn string<'h>(&mut self, vm: &mut Vm<'h>, symbol: bool) -> Res<'h, Option<Value<'h>>> {
        let Some(end) = self.end_of_string() else {
            return Ok(None);
        };
        vm.grow(end - self.at)?;
        let bytes = self.unescape(vm, end)?;
        self.at = end + 1;
        if symbol {
            let name = String::from_utf8_lossy(&bytes).into_owned();
            return Ok(Some(Value::Symbol(vm.symbol(&name))));
        }
        let string = vm.new_str(bytes, Encoding::Utf8);
        string.frozen.set(self.options.freeze);
        Ok(Some(Value::String(string)))
    }

    fn unescape<'h>(&self, vm: &mut Vm<'h>, end: usize) -> Res<'h, Vec<u8>> {
        let mut bytes = Vec::with_capacity(end - self.at);
        let mut at = self.at + 1;
        while at < end {
            let byte = self.byte(at);
            if byte != b'\\' {
                bytes.push(byte);
                at += 1;
                continue;
            }
            let letter = self.byte(at + 1);
            if letter == b'u' {
                at = self.unicode(vm, at, end, &mut bytes)?;
                continue;
            }
            bytes.push(match letter {
                b'b' => 8,
                b'f' => 12,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                other => other,
            });
            at += 2;
        }
        Ok(bytes)
    }

    /// `\uXXXX`, maybe with its other half; returns where it goes on. Half a pair with enough behind it becomes `?` and
    /// swallows a byte.
    fn unicode<'h>(
        &self,
        vm: &mut Vm<'h>,
        at: usize,
        end: usize,
        bytes: &mut Vec<u8>,
    ) -> Res<'h, usize> {
        let unit = self.hexadecimal(at + 2);
        let next = at + 6;
        if unit & 0xfc00 != 0xd800 {
            push_unit(bytes, unit);
            return Ok(next);
        }
        if next + 6 > end {
            return self.complain(vm, at, Origin::Surrogate);
        }
        if self.byte(next) == b'\\' && self.byte(next + 1) == b'u' {
            let low = self.hexadecimal(next + 2);
            let code = ((unit & 0x3f) << 10) | ((((unit >> 6) & 0xf) + 1) << 16) | (low & 0x3ff);
            push_unit(bytes, code);
            return Ok(next + 6);
        }
        bytes.push(b'?');
        Ok(next + 1)
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or_default()
    }

    fn hexadecimal(&self, at: usize) -> u32 {
        let digits = self.text.get(at..at + 4).unwrap_or_default();
        let digit = |byte: &u8| char::from(*byte).to_digit(16).unwrap_or_default();
        digits.iter().fold(0, |sum, byte| (sum << 4) | digit(byte))
    }
}

/// The bytes of a code point; half a pair is written as the three bytes it would have.
#[allow(clippy::cast_possible_truncation, reason = "masked to six bits")]
fn push_unit(bytes: &mut Vec<u8>, code: u32) {
    if let Some(character) = char::from_u32(code) {
        let mut buffer = [0; 4];
        bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        return;
    }
    bytes.push(0xe0 | (code >> 12 & 0xf) as u8);
    bytes.push(0x80 | (code >> 6 & 0x3f) as u8);
    bytes.push(0x80 | (code & 0x3f) as u8);
}
