//! From a string to numbers, symbols and code.

use super::super::super::eval::Vm;
use super::super::super::number::parse;
use super::super::super::pack;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Str, Value};
use super::super::{Args, Row};
use super::{chars, inspect, own, read};

pub(super) const ROWS: &[Row] = &[
    Row::new("to_i", 0, to_i, "The integer at the start, or zero.").to(1),
    Row::new("to_f", 0, to_f, "The float at the start, or zero."),
    Row::new("hex", 0, hex, "The hexadecimal integer at the start."),
    Row::new(
        "oct",
        0,
        oct,
        "The octal integer at the start, or of the base it names.",
    ),
    Row::new("sum", 0, sum, "The sum of the bytes, of so many bits.").to(1),
    Row::new("to_sym", 0, to_sym, "The symbol of that name."),
    Row::new("intern", 0, to_sym, "The symbol of that name."),
    Row::new("inspect", 0, shown, "The text as a literal."),
    Row::new(
        "dump",
        0,
        dump,
        "The text as a literal of ASCII characters.",
    ),
    Row::new("unpack", 1, unpack, "The values that bytes hold.").keywords(&["offset"]),
    Row::new("unpack1", 1, unpack1, "The first value that bytes hold.").keywords(&["offset"]),
];

fn to_i<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let base = match args.get(0) {
        Some(base) => vm.long(base)?,
        None => 10,
    };
    integer(vm, this, base)
}

fn integer<'h>(vm: &mut Vm<'h>, this: Value<'h>, base: i64) -> Res<'h> {
    let string = own(vm, this)?;
    // The time to read a number grows with the square of its length.
    let length = string.len();
    vm.tick(length / 16 + 1)?;
    vm.tick(length.saturating_mul(length) / 4096)?;
    let number = string.with_text(|text| parse::to_i(text, base));
    let number = vm.lift(number)?;
    Ok(vm.integer(number))
}

fn to_f<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    vm.tick(string.len() / 16 + 1)?;
    Ok(Value::Float(string.with_text(parse::to_f)))
}

fn hex<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    integer(vm, this, 16)
}

fn oct<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let named = string.with(|bytes| {
        let blanks = bytes
            .iter()
            .take_while(|byte| chars::is_space(**byte))
            .count();
        let text = bytes.get(blanks..).unwrap_or_default();
        let digits = text
            .strip_prefix(b"-")
            .or(text.strip_prefix(b"+"))
            .unwrap_or(text);
        matches!(digits, [b'0', letter, ..] if letter.is_ascii_alphabetic())
    });
    // Base 0 takes the one that a prefix names.
    integer(vm, this, if named { 0 } else { 8 })
}

fn sum<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bits = match args.get(0) {
        Some(bits) => vm.long(bits)?,
        None => 16,
    };
    let (bytes, _) = read(vm, this)?;
    let sum: u64 = bytes.iter().map(|byte| u64::from(*byte)).sum();
    let kept = match u32::try_from(bits) {
        Ok(bits @ 1..64) => sum & ((1 << bits) - 1),
        _ => sum,
    };
    Ok(vm.integer(kept.into()))
}

fn to_sym<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    if let Some(text) = string.valid_text() {
        return Ok(Value::Symbol(vm.symbol(&text)));
    }
    let encoding = string.encoding.get();
    if chars::is_valid(&string.bytes(), encoding) {
        return vm.unsupported("a symbol of binary data");
    }
    let shown = string.with(|bytes| inspect::inspect(bytes, encoding));
    let name = super::encoding::name(encoding);
    vm.raise(
        "EncodingError",
        format!("invalid symbol in encoding {name} :{shown}"),
    )
}

fn shown<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, encoding) = read(vm, this)?;
    vm.reserve(bytes.len().saturating_mul(8))?;
    let text = inspect::inspect(&bytes, encoding);
    Ok(vm.str(text))
}

fn dump<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, encoding) = read(vm, this)?;
    vm.reserve(bytes.len().saturating_mul(8))?;
    let text = inspect::dump(&bytes, encoding);
    Ok(vm.bytes(text.into_bytes(), encoding))
}

/// The bytes from `offset:` on.
fn from_offset<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h, Vec<u8>> {
    let (bytes, _) = read(vm, this)?;
    let Some(offset) = args.keyword(vm, "offset") else {
        return Ok(bytes);
    };
    let offset = vm.long(offset)?;
    let Ok(offset) = usize::try_from(offset) else {
        return vm.raise("ArgumentError", "offset can't be negative");
    };
    match bytes.get(offset..) {
        Some(rest) => Ok(rest.to_vec()),
        None => vm.raise("ArgumentError", "offset outside of string"),
    }
}

fn unpack<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = from_offset(vm, this, args)?;
    let template = vm.string(args.at(0))?.text();
    // Each value takes at least this much, and all must fit in what is left.
    let left = vm.world.limits.memory.saturating_sub(vm.heap.taken());
    let each = size_of::<pack::Value>() + size_of::<Str<'_>>();
    // Each letter may take all bytes once more.
    vm.reserve(template.len().saturating_mul(bytes.len()))?;
    let found = pack::unpack(&bytes, &template, left / each);
    let found = vm.lift(found)?;
    vm.tick(found.len())?;
    let items: Vec<_> = found.into_iter().map(|value| unpacked(vm, value)).collect();
    match args.block {
        None => Ok(vm.array(items)),
        Some(block) => {
            for item in items {
                vm.yield_value(block, item)?;
            }
            Ok(Value::Nil)
        }
    }
}

fn unpack1<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = from_offset(vm, this, args)?;
    let template = vm.string(args.at(0))?.text();
    let found = pack::unpack1(&bytes, &template);
    let found = vm.lift(found)?;
    Ok(unpacked(vm, found))
}

/// A value that was unpacked.
fn unpacked<'h>(vm: &mut Vm<'h>, value: pack::Value) -> Value<'h> {
    match value {
        pack::Value::Integer(number) => vm.integer(number),
        pack::Value::Float(number) => Value::Float(number),
        pack::Value::Bytes(bytes) => vm.bytes(bytes, Encoding::Binary),
        pack::Value::Digits(digits) => vm.bytes(digits.into_bytes(), Encoding::UsAscii),
        pack::Value::Nil => Value::Nil,
    }
}
