//! Values on their way into and out of packed bytes (`Array#pack`, `String#unpack`).

use super::super::eval::{Vm, big};
use super::super::pack;
use super::super::unwind::Res;
use super::super::value::{Encoding, Value};

/// A value that was unpacked.
pub(super) fn unpacked<'h>(vm: &mut Vm<'h>, value: pack::Value) -> Value<'h> {
    match value {
        pack::Value::Integer(number) => vm.integer(number),
        pack::Value::Float(number) => Value::Float(number),
        pack::Value::Bytes(bytes) => vm.bytes(bytes, Encoding::Binary),
        pack::Value::Nil => Value::Nil,
    }
}

/// A value that is to be packed; what is no number, string or nil is asked for `to_str` or `to_int`.
pub(super) fn to_pack<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, pack::Value> {
    use super::super::symbol::known;
    Ok(match value {
        Value::Nil => pack::Value::Nil,
        Value::Float(number) => pack::Value::Float(number),
        Value::String(text) => pack::Value::Bytes(text.bytes()),
        Value::Object(_) if vm.responds(value, known::TO_STR) => {
            pack::Value::Bytes(vm.string(value)?.bytes())
        }
        _ => match big(value) {
            Some(number) => pack::Value::Integer(number),
            None => pack::Value::Integer(vm.whole(value)?),
        },
    })
}

/// The encoding of packed bytes.
pub(super) fn encoding(encoding: pack::Encoding) -> Encoding {
    match encoding {
        pack::Encoding::Ascii => Encoding::UsAscii,
        pack::Encoding::Utf8 => Encoding::Utf8,
        pack::Encoding::Binary => Encoding::Binary,
    }
}
