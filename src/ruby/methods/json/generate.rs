//! Writing JSON as the generator of the json library 2.9.1 does (2.6.1 for the texts of Ruby 3.1).

use super::super::super::eval::{Version, Vm};
use super::super::super::number::float::{float_to_json, float_to_s};
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Array, Data, Encoding, Hash, Object, Str, Value};

/// Name of the class whose objects carry the options from `to_json` to `to_json`.
pub(super) const STATE: &str = "JSON::Ext::Generator::State";

/// Options of a generator, and how deep it is.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own in Ruby"
)]
pub(super) struct State {
    pub(super) indent: Vec<u8>,
    pub(super) space: Vec<u8>,
    pub(super) space_before: Vec<u8>,
    pub(super) object_nl: Vec<u8>,
    pub(super) array_nl: Vec<u8>,
    /// Zero is without limit.
    pub(super) max_nesting: usize,
    pub(super) allow_nan: bool,
    pub(super) ascii_only: bool,
    pub(super) script_safe: bool,
    pub(super) strict: bool,
    pub(super) depth: usize,
}

impl Default for State {
    fn default() -> Self {
        Self {
            indent: Vec::new(),
            space: Vec::new(),
            space_before: Vec::new(),
            object_nl: Vec::new(),
            array_nl: Vec::new(),
            max_nesting: 100,
            allow_nan: false,
            ascii_only: false,
            script_safe: false,
            strict: false,
            depth: 0,
        }
    }
}

impl State {
    /// What `pretty_generate` begins with.
    pub(super) fn pretty() -> Self {
        Self {
            indent: b"  ".to_vec(),
            space: b" ".to_vec(),
            object_nl: b"\n".to_vec(),
            array_nl: b"\n".to_vec(),
            ..Self::default()
        }
    }

    /// What `dump` begins with.
    pub(super) fn dump() -> Self {
        Self {
            max_nesting: 0,
            allow_nan: true,
            ..Self::default()
        }
    }

    /// Sets the options that a hash has; others in it are let pass, as Ruby does.
    pub(super) fn configure<'h>(&mut self, vm: &mut Vm<'h>, options: &'h Hash<'h>) -> Res<'h, ()> {
        for (key, value) in options.entries() {
            let name = vm.display(key)?;
            match name.as_str() {
                "indent" => self.indent = text_option(vm, value)?,
                "space" => self.space = text_option(vm, value)?,
                "space_before" => self.space_before = text_option(vm, value)?,
                "object_nl" => self.object_nl = text_option(vm, value)?,
                "array_nl" => self.array_nl = text_option(vm, value)?,
                "max_nesting" => self.max_nesting = count_option(vm, value)?,
                "depth" => self.depth = count_option(vm, value)?,
                "allow_nan" => self.allow_nan = value.truthy(),
                "ascii_only" => self.ascii_only = value.truthy(),
                "script_safe" | "escape_slash" => self.script_safe = value.truthy(),
                "strict" => self.strict = value.truthy(),
                "as_json" if value.truthy() => {
                    return vm.unsupported("the option as_json of JSON");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// As an object of Ruby.
    pub(super) fn object<'h>(self, vm: &mut Vm<'h>) -> &'h Object<'h> {
        let class = vm.class_named(STATE);
        vm.object(class, Data::Opaque(std::cell::RefCell::new(Box::new(self))))
    }
}

fn text_option<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Vec<u8>> {
    if let Value::String(text) = value {
        Ok(text.bytes())
    } else {
        let word = vm.kind_word(value);
        vm.raise(
            "TypeError",
            format!("wrong argument type {word} (expected String)"),
        )
    }
}

/// A number that is zero for nil and false.
pub(super) fn count_option<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, usize> {
    match value {
        Value::Nil | Value::Bool(false) => Ok(0),
        Value::Integer(count) => Ok(usize::try_from(count).unwrap_or(0)),
        _ => {
            let word = vm.kind_word(value);
            vm.raise(
                "TypeError",
                format!("wrong argument type {word} (expected Integer)"),
            )
        }
    }
}

/// The options of an object of class State.
pub(super) fn state_of(value: Value<'_>) -> Option<(&Object<'_>, State)> {
    let Value::Object(object) = value else {
        return None;
    };
    let state = object.with(|state: &mut State| state.clone())?;
    Some((object, state))
}

/// A text being written.
struct Generator<'h> {
    object: &'h Object<'h>,
    state: State,
    out: Vec<u8>,
}

/// What a generator with this state writes for a value.
pub(super) fn generate<'h>(vm: &mut Vm<'h>, value: Value<'h>, object: &'h Object<'h>) -> Res<'h> {
    let Some((_, state)) = state_of(Value::Object(object)) else {
        return Ok(Value::Nil);
    };
    let mut generator = Generator {
        object,
        state,
        out: Vec::new(),
    };
    generator.value(vm, value)?;
    Ok(vm.bytes(generator.out, Encoding::Utf8))
}

/// What the `to_json` of the library writes: as its class, though it may be one below.
pub(super) fn generate_own<'h>(
    vm: &mut Vm<'h>,
    value: Value<'h>,
    object: &'h Object<'h>,
) -> Res<'h> {
    let Some((_, state)) = state_of(Value::Object(object)) else {
        return Ok(Value::Nil);
    };
    let mut generator = Generator {
        object,
        state,
        out: Vec::new(),
    };
    generator.own(vm, value)?;
    Ok(vm.bytes(generator.out, Encoding::Utf8))
}

impl<'h> Generator<'h> {
    /// A part of a value: what is exactly of a class of JSON is written at once, all else says itself what it is.
    fn value(&mut self, vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, ()> {
        vm.tick(1)?;
        let plain = match value {
            Value::String(text) => text.class.is_none(),
            Value::Array(list) => list.class.is_none(),
            Value::Hash(hash) => hash.class.is_none(),
            Value::Nil | Value::Bool(_) | Value::Integer(_) | Value::Big(_) | Value::Float(_) => {
                true
            }
            _ => false,
        };
        if plain {
            return self.own(vm, value);
        }
        if self.state.strict {
            let class = vm.class_of(value).real();
            let class = vm.class_name(class);
            return vm.raise(
                "JSON::GeneratorError",
                format!("{class} not allowed in JSON"),
            );
        }
        if vm.find_method(value, known::TO_JSON).is_none() {
            let text = vm.to_s(value)?;
            return self.own(vm, text);
        }
        self.hand_over(vm, value)
    }

    fn hand_over(&mut self, vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, ()> {
        let depth = self.state.depth;
        self.object.with(|state: &mut State| state.depth = depth);
        let made = vm.call_method(value, known::TO_JSON, &[Value::Object(self.object)])?;
        let Value::String(text) = made else {
            let word = vm.kind_word(made);
            return vm.raise(
                "TypeError",
                format!("wrong argument type {word} (expected String)"),
            );
        };
        let bytes = text.bytes();
        self.add(vm, &bytes)
    }

    fn add(&mut self, vm: &mut Vm<'h>, bytes: &[u8]) -> Res<'h, ()> {
        vm.reserve(self.out.len().saturating_add(bytes.len()).saturating_mul(2))?;
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    fn own(&mut self, vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, ()> {
        match value {
            Value::Nil => self.add(vm, b"null"),
            Value::Bool(true) => self.add(vm, b"true"),
            Value::Bool(false) => self.add(vm, b"false"),
            Value::Float(number) => self.float(vm, number),
            Value::Hash(hash) => vm.deeper(|vm| self.hash(vm, hash)),
            Value::Array(list) => vm.deeper(|vm| self.list(vm, list)),
            Value::String(text) => self.string(vm, text),
            Value::Integer(_) | Value::Big(_) => {
                let text = integer_text(value);
                self.add(vm, text.as_bytes())
            }
            _ => {
                let text = vm.to_s(value)?;
                self.own(vm, text)
            }
        }
    }

    fn float(&mut self, vm: &mut Vm<'h>, number: f64) -> Res<'h, ()> {
        let old = vm.world.version == Version::Ruby31;
        let text = float_to_json(number).filter(|_| !old);
        let text = text.unwrap_or_else(|| float_to_s(number));
        if number.is_finite() || self.state.allow_nan {
            return self.add(vm, text.as_bytes());
        }
        let line = match (vm.world.version, number.is_nan()) {
            (Version::Ruby34, _) => "",
            (Version::Ruby31, true) => "1003: ",
            (Version::Ruby31, false) => "1000: ",
        };
        vm.raise(
            "JSON::GeneratorError",
            format!("{line}{text} not allowed in JSON"),
        )
    }

    fn enter(&mut self, vm: &mut Vm<'h>) -> Res<'h, ()> {
        let depth = self.state.depth;
        if self.state.max_nesting != 0 && depth >= self.state.max_nesting {
            let message = format!("nesting of {depth} is too deep");
            return vm.raise("JSON::NestingError", message);
        }
        self.state.depth += 1;
        Ok(())
    }

    /// json 2.6 has no short form of what is empty.
    fn short(vm: &Vm<'h>, empty: bool) -> bool {
        empty && vm.world.version == Version::Ruby34
    }

    fn indent(&mut self, vm: &mut Vm<'h>) -> Res<'h, ()> {
        vm.reserve(self.state.indent.len().saturating_mul(self.state.depth))?;
        let indent = self.state.indent.repeat(self.state.depth);
        self.add(vm, &indent)
    }

    fn new_line(&mut self, vm: &mut Vm<'h>, text: &[u8], indent: bool) -> Res<'h, ()> {
        self.add(vm, text)?;
        if indent {
            self.indent(vm)?;
        }
        Ok(())
    }

    fn list(&mut self, vm: &mut Vm<'h>, list: &'h Array<'h>) -> Res<'h, ()> {
        self.enter(vm)?;
        if Self::short(vm, list.is_empty()) {
            self.state.depth -= 1;
            return self.add(vm, b"[]");
        }
        let line = self.state.array_nl.clone();
        self.add(vm, b"[")?;
        self.add(vm, &line)?;
        let mut index = 0;
        while let Some(item) = list.get(index) {
            if index > 0 {
                self.add(vm, b",")?;
                self.add(vm, &line)?;
            }
            self.indent(vm)?;
            self.value(vm, item)?;
            index += 1;
        }
        self.state.depth -= 1;
        if !line.is_empty() {
            self.new_line(vm, &line, true)?;
        }
        self.add(vm, b"]")
    }

    fn hash(&mut self, vm: &mut Vm<'h>, hash: &'h Hash<'h>) -> Res<'h, ()> {
        self.enter(vm)?;
        if Self::short(vm, hash.is_empty()) {
            self.state.depth -= 1;
            return self.add(vm, b"{}");
        }
        let line = self.state.object_nl.clone();
        self.add(vm, b"{")?;
        let mut place = 0;
        let mut first = true;
        while let Some((next, key, value)) = hash.entry_from(place) {
            if !first {
                self.add(vm, b",")?;
            }
            self.new_line(vm, &line, true)?;
            self.key(vm, key)?;
            self.value(vm, value)?;
            place = next;
            first = false;
        }
        self.state.depth -= 1;
        if !line.is_empty() {
            self.new_line(vm, &line, true)?;
        }
        self.add(vm, b"}")
    }

    fn key(&mut self, vm: &mut Vm<'h>, key: Value<'h>) -> Res<'h, ()> {
        let text = vm.to_s(key)?;
        self.own(vm, text)?;
        let around = [
            self.state.space_before.clone(),
            b":".to_vec(),
            self.state.space.clone(),
        ];
        self.add(vm, &around.concat())
    }

    fn string(&mut self, vm: &mut Vm<'h>, text: &'h Str<'h>) -> Res<'h, ()> {
        let Some(valid) = text.valid_text() else {
            return malformed(vm, text);
        };
        let quoted = self.quote(&valid);
        self.add(vm, quoted.as_bytes())
    }

    fn quote(&self, text: &str) -> String {
        use std::fmt::Write;
        let mut out = String::with_capacity(text.len() + 2);
        out.push('"');
        for character in text.chars() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\u{8}' => out.push_str("\\b"),
                '\u{c}' => out.push_str("\\f"),
                '/' if self.state.script_safe => out.push_str("\\/"),
                _ if self.escaped(character) => {
                    let mut units = [0; 2];
                    for unit in character.encode_utf16(&mut units) {
                        // Writing to a string does not fail.
                        let _ = write!(out, "\\u{unit:04x}");
                    }
                }
                _ => out.push(character),
            }
        }
        out.push('"');
        out
    }

    fn escaped(&self, character: char) -> bool {
        character < ' '
            || (self.state.ascii_only && !character.is_ascii())
            || (self.state.script_safe && matches!(character, '\u{2028}' | '\u{2029}'))
    }
}

fn malformed<'h, T>(vm: &mut Vm<'h>, text: &'h Str<'h>) -> Res<'h, T> {
    if vm.world.version == Version::Ruby31 {
        return vm.unsupported("the message of json 2.6 about a string that is no UTF-8");
    }
    if text.encoding.get() != Encoding::Binary {
        let message = "source sequence is illegal/malformed utf-8";
        return vm.raise("JSON::GeneratorError", message);
    }
    let first = text.with(|bytes| bytes.iter().copied().find(|byte| !byte.is_ascii()));
    let shown = format!("\"\\x{:02X}\"", first.unwrap_or_default());
    vm.raise(
        "JSON::GeneratorError",
        format!("{shown} from ASCII-8BIT to UTF-8"),
    )
}

fn integer_text(value: Value<'_>) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Big(number) => number.to_string(),
        _ => String::new(),
    }
}
