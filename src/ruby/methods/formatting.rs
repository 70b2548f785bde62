//! `format` over values: finds arguments and converts them as `Kernel#Integer`, `Kernel#Float` and `to_s` do.

use num_bigint::BigInt;

use super::super::eval::{Vm, big};
use super::super::format::{self, Arguments, Number};
use super::super::number::{float, parse};
use super::super::raised::Raised;
use super::super::symbol::known;
use super::super::unwind::{Res, Unwind};
use super::super::value::{Encoding, Str, Value};
use super::string::{chars, inspect};

/// `format(template, *values)`.
pub(super) fn format_values<'h>(
    vm: &mut Vm<'h>,
    template: &'h Str<'h>,
    values: &[Value<'h>],
) -> Res<'h> {
    let Some(text) = template.valid_text() else {
        return vm.unsupported("a format that is no valid text");
    };
    let limit = vm.world.limits.memory.saturating_sub(vm.heap.taken());
    vm.tick(text.len() / 16 + 1)?;
    let mut given = Given { vm, values };
    match format::format(&text, &mut given, limit) {
        Ok(made) => {
            let encoding = match template.encoding.get() {
                kept if made.is_ascii() => kept,
                _ => Encoding::Utf8,
            };
            Ok(vm.bytes(made.into_bytes(), encoding))
        }
        Err(Failure::Unwind(unwind)) => Err(unwind),
        Err(Failure::Raised(raised)) => vm.raised(raised),
    }
}

/// The arguments of a call.
struct Given<'a, 'h> {
    vm: &'a mut Vm<'h>,
    values: &'a [Value<'h>],
}

/// Why a format has no text.
enum Failure<'h> {
    Unwind(Unwind<'h>),
    Raised(Raised),
}

impl From<Raised> for Failure<'_> {
    fn from(raised: Raised) -> Self {
        Self::Raised(raised)
    }
}

impl<'h> From<Unwind<'h>> for Failure<'h> {
    fn from(unwind: Unwind<'h>) -> Self {
        Self::Unwind(unwind)
    }
}

impl<'h> Arguments for Given<'_, 'h> {
    type Value = Value<'h>;
    type Error = Failure<'h>;

    fn get(&mut self, index: usize) -> Option<Value<'h>> {
        self.values.get(index).copied()
    }

    fn named(&mut self, name: &str) -> Result<Option<Option<Value<'h>>>, Failure<'h>> {
        let [Value::Hash(hash)] = self.values else {
            return Ok(None);
        };
        let key = Value::Symbol(self.vm.symbol(name));
        if let Some(value) = self.vm.hash_get(hash, key)? {
            return Ok(Some(Some(value)));
        }
        let default = self.vm.hash_index(hash, key)?;
        let given = hash.default_proc.get().is_some() || !default.is_nil();
        Ok(Some(given.then_some(default)))
    }

    fn to_integer(&mut self, value: Value<'h>) -> Result<BigInt, Failure<'h>> {
        Ok(integer(self.vm, value)?)
    }

    fn to_width(&mut self, value: Value<'h>) -> Result<BigInt, Failure<'h>> {
        Ok(self.vm.whole(value)?)
    }

    fn to_number(&mut self, value: Value<'h>) -> Result<Number, Failure<'h>> {
        Ok(number(self.vm, value)?)
    }

    fn to_s(&mut self, value: Value<'h>) -> Result<String, Failure<'h>> {
        let Value::String(text) = self.vm.to_s(value)? else {
            return Ok(String::new());
        };
        match text.valid_text() {
            Some(text) => Ok(text),
            None => Ok(self
                .vm
                .unsupported("formatting bytes that are no valid text")?),
        }
    }

    fn inspect(&mut self, value: Value<'h>) -> Result<String, Failure<'h>> {
        Ok(self.vm.inspect(value)?)
    }

    fn character(&mut self, value: Value<'h>) -> Result<String, Failure<'h>> {
        Ok(character(self.vm, value)?)
    }
}

/// As `Kernel#Integer`.
fn integer<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, BigInt> {
    match value {
        Value::Float(number) => vm.lift(float::to_integer(number)),
        Value::String(text) => parsed_integer(vm, text),
        Value::Nil => vm.raise("TypeError", "can't convert nil into Integer"),
        _ => match big(value) {
            Some(number) => Ok(number),
            None => converted_integer(vm, value),
        },
    }
}

fn parsed_integer<'h>(vm: &mut Vm<'h>, text: &'h Str<'h>) -> Res<'h, BigInt> {
    let parsed = parse::integer(&text.text(), 0);
    if let Some(number) = vm.lift(parsed)? {
        return Ok(number);
    }
    vm.raised(parse::invalid_integer(&shown(text)))
}

/// Asks an object for an integer, for a text of one, and at last for any.
fn converted_integer<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, BigInt> {
    for name in [known::TO_INT, known::TO_STR, known::TO_I] {
        if !vm.responds(value, name) {
            continue;
        }
        let made = vm.call_method(value, name, &[])?;
        match (big(made), made) {
            (Some(number), _) => return Ok(number),
            (None, Value::String(text)) if name == known::TO_STR => {
                return parsed_integer(vm, text);
            }
            (None, Value::Nil) if name != known::TO_I => {}
            _ => return vm.wrong_conversion(value, "Integer", vm.name(name), made),
        }
    }
    let word = vm.kind_word(value);
    vm.raise("TypeError", format!("can't convert {word} into Integer"))
}

/// As `Kernel#Float`.
fn number<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Number> {
    match value {
        Value::Float(number) => Ok(Number::Float(number)),
        Value::String(text) => {
            let parsed = parse::float(&text.text());
            if let Some(number) = vm.lift(parsed)? {
                return Ok(Number::Float(number));
            }
            vm.raised(parse::invalid_float(&shown(text)))
        }
        _ => match big(value) {
            Some(number) => Ok(Number::Ratio(number, BigInt::from(1))),
            None => converted_float(vm, value),
        },
    }
}

fn converted_float<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Number> {
    if matches!(value, Value::Object(_)) && vm.responds(value, known::TO_F) {
        let made = vm.call_method(value, known::TO_F, &[])?;
        return match made {
            Value::Float(number) => Ok(Number::Float(number)),
            _ => vm.wrong_conversion(value, "Float", "to_f", made),
        };
    }
    let word = vm.kind_word(value);
    vm.raise("TypeError", format!("can't convert {word} into Float"))
}

/// The character `%c` prints.
fn character<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, String> {
    if let Value::String(text) = value {
        let encoding = text.encoding.get();
        let first = text.with(|bytes| {
            let first = bytes.get(..chars::width(bytes, encoding));
            first.unwrap_or_default().to_vec()
        });
        return Ok(String::from_utf8_lossy(&first).into_owned());
    }
    let code = vm.long(value)?;
    let char = u32::try_from(code).ok().and_then(char::from_u32);
    match char {
        Some(char) => Ok(char.to_string()),
        None if (0xd800..0xe000).contains(&code) => vm.unsupported("%c of half a surrogate pair"),
        None => vm.raise("ArgumentError", "invalid character"),
    }
}

fn shown(text: &Str<'_>) -> String {
    text.with(|bytes| inspect::inspect(bytes, text.encoding.get()))
}
