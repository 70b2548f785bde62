//! `Integer()`, `Float()`, `String()`, `Array()`, `Hash()` and `format`.

use super::super::eval::{Vm, big};
use super::super::number::parse;
use super::super::symbol::{Symbol, known};
use super::super::unwind::{Res, Unwind};
use super::super::value::{Str, Value};
use super::library::ClassDefinition;
use super::numeric::{count_digits, float_of};
use super::{Args, Row, formatting};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[ClassDefinition::module("Kernel")
    .methods(&[METHODS])
    .class_methods(&[METHODS])
    .missing(&["Complex"], &["Complex"])];

const METHODS: &[Row] = &[
    Row::new("format", 1, format, "The values in a format.")
        .rest()
        .private(),
    Row::new("sprintf", 1, format, "The values in a format.")
        .rest()
        .private(),
    Row::new(
        "Integer",
        1,
        integer,
        "An integer from a number or a whole text.",
    )
    .to(2)
    .keywords(&["exception"])
    .private(),
    Row::new("Float", 1, float, "A float from a number or a whole text.")
        .keywords(&["exception"])
        .private(),
    Row::new("String", 1, string, "What `to_str` or `to_s` gives.").private(),
    Row::new("Array", 1, array, "A list: of nil none, of a list itself.").private(),
    Row::new("Hash", 1, hash, "A hash: of nil or `[]` an empty one.").private(),
];

fn format<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let template = vm.string(args.at(0))?;
    formatting::format_values(vm, template, args.values.get(1..).unwrap_or_default())
}

/// With `exception: false` an exception becomes nil.
fn quietly<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>, result: Res<'h>) -> Res<'h> {
    let quiet = matches!(args.keyword(vm, "exception"), Some(Value::Bool(false)));
    match result {
        Err(Unwind::Raise(_)) if quiet => Ok(Value::Nil),
        result => result,
    }
}

fn integer<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let result = to_integer(vm, args.at(0), args.get(1).filter(|base| !base.is_nil()));
    quietly(vm, args, result)
}

/// `Kernel#Integer`.
pub(super) fn to_integer<'h>(
    vm: &mut Vm<'h>,
    value: Value<'h>,
    base: Option<Value<'h>>,
) -> Res<'h> {
    if let Value::String(text) = value {
        return read_integer(vm, text, base);
    }
    if base.is_some() {
        if vm.responds(value, known::TO_STR) {
            let text = vm.string(value)?;
            return read_integer(vm, text, base);
        }
        return vm.raise("ArgumentError", "base specified for non string value");
    }
    match value {
        Value::Nil => vm.raise("TypeError", "can't convert nil into Integer"),
        Value::Integer(_) | Value::Big(_) => Ok(value),
        Value::Float(value) => super::integer::of_float(vm, value),
        _ => by_methods(vm, value),
    }
}

/// What `to_int`, `to_str` or `to_i` gives.
fn by_methods<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h> {
    if vm.responds(value, known::TO_INT) {
        let made = vm.call_method(value, known::TO_INT, &[])?;
        if big(made).is_some() {
            return Ok(made);
        }
    }
    if vm.responds(value, known::TO_STR) {
        let text = vm.string(value)?;
        return read_integer(vm, text, None);
    }
    if !vm.responds(value, known::TO_I) {
        return cannot_convert(vm, value, "Integer");
    }
    let made = vm.call_method(value, known::TO_I, &[])?;
    if big(made).is_some() {
        return Ok(made);
    }
    vm.wrong_conversion(value, "Integer", "to_i", made)
}

/// Raises TypeError: `can't convert X into Y`.
pub(super) fn cannot_convert<'h, T>(vm: &mut Vm<'h>, value: Value<'h>, into: &str) -> Res<'h, T> {
    let word = vm.kind_word(value);
    vm.raise("TypeError", format!("can't convert {word} into {into}"))
}

fn read_integer<'h>(vm: &mut Vm<'h>, text: &'h Str<'h>, base: Option<Value<'h>>) -> Res<'h> {
    let base = match base {
        Some(base) => vm.long(base)?,
        None => 0,
    };
    count_digits(vm, (text.len() as u64).saturating_mul(4))?;
    let shown = vm.inspect(Value::String(text))?;
    let read = text.with_text(|text| parse::integer(text, base));
    match vm.lift(read)? {
        Some(value) => Ok(vm.integer(value)),
        None => vm.raised(parse::invalid_integer(&shown)),
    }
}

fn float<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let result = to_float(vm, args.at(0));
    quietly(vm, args, result)
}

/// `Kernel#Float`.
pub(super) fn to_float<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h> {
    match value {
        Value::String(text) => read_float(vm, text),
        _ => Ok(Value::Float(real(vm, value)?)),
    }
}

fn read_float<'h>(vm: &mut Vm<'h>, text: &'h Str<'h>) -> Res<'h> {
    vm.tick(text.len() / 8)?;
    let shown = vm.inspect(Value::String(text))?;
    if text.with(|bytes| bytes.contains(&0)) {
        return vm.raise("ArgumentError", "string for Float contains null byte");
    }
    let read = text.with_text(parse::float);
    match vm.lift(read)? {
        Some(value) => Ok(Value::Float(value)),
        None => vm.raised(parse::invalid_float(&shown)),
    }
}

/// A number as a float; a text is none.
pub(super) fn real<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, f64> {
    if let Some(value) = float_of(value) {
        return Ok(value);
    }
    if !matches!(value, Value::Object(_)) || !vm.responds(value, known::TO_F) {
        return cannot_convert(vm, value, "Float");
    }
    match vm.call_method(value, known::TO_F, &[])? {
        Value::Float(value) => Ok(value),
        made => vm.wrong_conversion(value, "Float", "to_f", made),
    }
}

fn string<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let value = args.at(0);
    if let Value::String(_) = value {
        return Ok(value);
    }
    if vm.responds(value, known::TO_STR) {
        return Ok(Value::String(vm.string(value)?));
    }
    if vm.find_method(value, known::TO_S).is_none() {
        return cannot_convert(vm, value, "String");
    }
    match vm.call_method(value, known::TO_S, &[])? {
        text @ Value::String(_) => Ok(text),
        made => vm.wrong_conversion(value, "String", "to_s", made),
    }
}

/// What a conversion method gives; `None` when there is none or it gives nil.
fn converted<'h>(vm: &mut Vm<'h>, value: Value<'h>, method: Symbol) -> Res<'h, Option<Value<'h>>> {
    if !vm.responds(value, method) {
        return Ok(None);
    }
    let made = vm.call_method(value, method, &[])?;
    Ok((!made.is_nil()).then_some(made))
}

fn array<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let value = args.at(0);
    for (method, name) in [(known::TO_ARY, "to_ary"), (known::TO_A, "to_a")] {
        if let Value::Array(_) = value {
            return Ok(value);
        }
        match converted(vm, value, method)? {
            Some(made @ Value::Array(_)) => return Ok(made),
            Some(made) => return vm.wrong_conversion(value, "Array", name, made),
            None => {}
        }
    }
    Ok(vm.array(vec![value]))
}

fn hash<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let value = args.at(0);
    match value {
        Value::Hash(_) => return Ok(value),
        Value::Nil => return vm.hash(Vec::new()),
        Value::Array(items) if items.is_empty() => return vm.hash(Vec::new()),
        _ => {}
    }
    match converted(vm, value, known::TO_HASH)? {
        Some(made @ Value::Hash(_)) => Ok(made),
        Some(made) => vm.wrong_conversion(value, "Hash", "to_hash", made),
        None => cannot_convert(vm, value, "Hash"),
    }
}
