//! `String`: bytes with an encoding, shared and changeable.
//!
//! One file for each subject. Methods with `!` are their plain sisters that keep what changed and say whether anything
//! did. Texts are copied out before anything runs that may be code of the template.

mod basics;
mod case;
pub(super) mod chars;
mod convert;
pub(super) mod encoding;
mod foreign;
pub(super) mod inspect;
mod pad;
mod search;
mod sets;
mod slice;
mod split;
mod strip;
mod substitute;
mod succ;
mod transliterate;
mod unicode;
mod walk;

use super::super::eval::Vm;
use super::super::unwind::Res;
use super::super::value::{Encoding, Str, Value};
use super::library::ClassDefinition;
use super::{Args, Function};

/// Classes of this folder.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("String", "Object")
        .includes(&["Comparable"])
        .methods(&[
            basics::ROWS,
            case::ROWS,
            convert::ROWS,
            encoding::ROWS,
            pad::ROWS,
            search::ROWS,
            slice::ROWS,
            split::ROWS,
            strip::ROWS,
            substitute::ROWS,
            succ::ROWS,
            transliterate::ROWS,
            unicode::ROWS,
            walk::ROWS,
        ])
        .class_methods(&[basics::CLASS_ROWS])
        .missing(MISSING, &[]),
    ClassDefinition::class("Encoding", "Object")
        .methods(&[encoding::ENCODING_ROWS])
        .class_methods(&[encoding::ENCODING_CLASS_ROWS])
        .constants(encoding::CONSTANTS)
        .missing(
            &["ascii_compatible?", "dummy?"],
            &[
                "aliases",
                "compatible?",
                "default_external=",
                "default_internal=",
                "list",
                "locale_charmap",
                "name_list",
            ],
        ),
    ClassDefinition::class("Encoding::CompatibilityError", "EncodingError"),
    ClassDefinition::class("Encoding::UndefinedConversionError", "EncodingError"),
    ClassDefinition::class("Encoding::InvalidByteSequenceError", "EncodingError"),
    ClassDefinition::class("Encoding::ConverterNotFoundError", "EncodingError"),
];

const MISSING: &[&str] = &["bytesplice", "crypt", "to_c", "to_r", "undump"];

/// The receiver.
pub(super) fn own<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Str<'h>> {
    match this {
        Value::String(string) => Ok(string),
        _ => vm.no_conversion(this, "String"),
    }
}

/// The receiver, when it may change; else FrozenError.
pub(super) fn changeable<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Str<'h>> {
    let string = own(vm, this)?;
    if string.frozen.get() {
        return vm.frozen(this);
    }
    Ok(string)
}

/// A copy of the receiver's bytes, with its encoding; reading counts.
pub(super) fn read<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, (Vec<u8>, Encoding)> {
    let string = own(vm, this)?;
    vm.tick(string.len() / 64 + 1)?;
    vm.reserve(string.len())?;
    Ok((string.bytes(), string.encoding.get()))
}

/// Gives a string other bytes. What it had is free again, so only what is more counts.
pub(super) fn assign<'h>(vm: &mut Vm<'h>, string: &'h Str<'h>, bytes: Vec<u8>) -> Res<'h, ()> {
    vm.tick(bytes.len() / 64 + 1)?;
    vm.grow(bytes.len().saturating_sub(string.len()))?;
    string.change(|old| *old = bytes);
    Ok(())
}

/// The form with `!` of a method: keeps what it makes; nil when that is no change.
fn changed<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>, plain: Function) -> Res<'h> {
    let string = changeable(vm, this)?;
    let Value::String(made) = plain(vm, this, args)? else {
        return Ok(Value::Nil);
    };
    let made = made.bytes();
    if string.with(|old| *old == made) {
        return Ok(Value::Nil);
    }
    changeable(vm, this)?;
    string.change(|old| *old = made);
    Ok(this)
}

/// Declares forms with `!`: `upcase_bang = upcase`.
macro_rules! bangs {
    ($($name:ident = $plain:ident),* $(,)?) => {
        $(
            fn $name<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
                super::changed(vm, this, args, $plain)
            }
        )*
    };
}
use bangs;

/// The encoding of two strings put together; strings that do not go together raise.
pub(super) fn compatible<'h>(
    vm: &mut Vm<'h>,
    left: &'h Str<'h>,
    right: &'h Str<'h>,
) -> Res<'h, Encoding> {
    let (a, b) = (left.encoding.get(), right.encoding.get());
    if a == b || right.is_empty() {
        return Ok(a);
    }
    vm.tick(left.len().saturating_add(right.len()) / 64 + 1)?;
    let ascii = (left.with(<[u8]>::is_ascii), right.with(<[u8]>::is_ascii));
    match ascii {
        // Ruby prefers the one with text; of two empty ones, the left.
        (true, _) if left.is_empty() && !ascii.1 => Ok(b),
        (_, true) => Ok(a),
        (true, false) => Ok(b),
        (false, false) => {
            let (a, b) = (encoding::label(a), encoding::label(b));
            vm.raise(
                "Encoding::CompatibilityError",
                format!("incompatible character encodings: {a} and {b}"),
            )
        }
    }
}
