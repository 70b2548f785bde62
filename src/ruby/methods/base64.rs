//! `Base64`.

use base64ct::{Base64, Base64Url, Base64UrlUnpadded, Encoding as _};

use super::super::eval::Vm;
use super::super::pack;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Encoding, Value};
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[ClassDefinition::module("Base64")
    .methods(&[FUNCTIONS])
    .class_methods(&[FUNCTIONS])];

const FUNCTIONS: &[Row] = &[
    Row::new("encode64", 1, encode, "Base64 in lines of 60 characters."),
    Row::new(
        "decode64",
        1,
        decode,
        "The bytes; what is no base64 is skipped.",
    ),
    Row::new("strict_encode64", 1, strict_encode, "Base64 in one line."),
    Row::new(
        "strict_decode64",
        1,
        strict_decode,
        "The bytes of exactly base64.",
    ),
    Row::new(
        "urlsafe_encode64",
        1,
        url_encode,
        "Base64 with `-` and `_`.",
    )
    .keywords(&["padding"]),
    Row::new(
        "urlsafe_decode64",
        1,
        url_decode,
        "The bytes of base64 with `-` and `_`, padded or not.",
    ),
];

/// Bytes of a line of `encode64`.
const LINE: usize = 45;

/// The bytes of a string, as an implicit conversion gives them.
pub(super) fn bytes_of<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Vec<u8>> {
    match value {
        Value::String(text) => Ok(text.bytes()),
        _ if vm.responds(value, known::TO_STR) => {
            match vm.call_method(value, known::TO_STR, &[])? {
                Value::String(text) => Ok(text.bytes()),
                _ => vm.no_conversion(value, "String"),
            }
        }
        _ => vm.no_conversion(value, "String"),
    }
}

/// The bytes of a string that is asked by a method for them.
fn receiver_bytes<'h>(vm: &mut Vm<'h>, value: Value<'h>, method: &str) -> Res<'h, Vec<u8>> {
    let Value::String(text) = value else {
        let method = vm.symbol(method);
        return vm.no_method(value, method, false);
    };
    Ok(text.bytes())
}

fn ascii<'h>(vm: &mut Vm<'h>, text: String) -> Value<'h> {
    vm.bytes(text.into_bytes(), Encoding::UsAscii)
}

fn encode<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = bytes_of(vm, args.at(0))?;
    vm.grow(bytes.len().saturating_mul(2))?;
    let lines = bytes.chunks(LINE);
    let text: String = lines
        .map(|line| Base64::encode_string(line) + "\n")
        .collect();
    Ok(ascii(vm, text))
}

fn strict_encode<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = bytes_of(vm, args.at(0))?;
    vm.grow(bytes.len().saturating_mul(2))?;
    Ok(ascii(vm, Base64::encode_string(&bytes)))
}

fn url_encode<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = bytes_of(vm, args.at(0))?;
    vm.grow(bytes.len().saturating_mul(2))?;
    let padded = args.keyword(vm, "padding").is_none_or(Value::truthy);
    let text = if padded {
        Base64Url::encode_string(&bytes)
    } else {
        Base64UrlUnpadded::encode_string(&bytes)
    };
    Ok(ascii(vm, text))
}

fn unpack<'h>(vm: &mut Vm<'h>, bytes: &[u8], template: &str) -> Res<'h> {
    vm.grow(bytes.len())?;
    match pack::unpack1(bytes, template) {
        Ok(pack::Value::Bytes(bytes)) => Ok(vm.bytes(bytes, Encoding::Binary)),
        Ok(_) => Ok(Value::Nil),
        Err(raised) => vm.raise("ArgumentError", raised.message),
    }
}

fn decode<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = receiver_bytes(vm, args.at(0), "unpack1")?;
    unpack(vm, &bytes, "m")
}

fn strict_decode<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = receiver_bytes(vm, args.at(0), "unpack1")?;
    unpack(vm, &bytes, "m0")
}

fn url_decode<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut bytes = receiver_bytes(vm, args.at(0), "end_with?")?;
    if bytes.last() != Some(&b'=') {
        bytes.resize(bytes.len().next_multiple_of(4), b'=');
    }
    for byte in &mut bytes {
        match byte {
            b'-' => *byte = b'+',
            b'_' => *byte = b'/',
            _ => {}
        }
    }
    unpack(vm, &bytes, "m0")
}

/// Base64 in one line.
pub(super) fn to_base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}
