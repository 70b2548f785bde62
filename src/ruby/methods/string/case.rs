//! Upper and lower case, of all of Unicode.
//!
//! As Ruby maps characters: fully (`ß` becomes `SS`), each by itself, so that a sigma at the end of a word is one like
//! any other. Encodings other than UTF-8 know the case of ASCII alone.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Value};
use super::super::{Args, Row};
use super::{bangs, read};

pub(super) const ROWS: &[Row] = &[
    Row::new("upcase", 0, upcase, "In upper case.").rest(),
    Row::new("upcase!", 0, upcase_bang, "Changes to upper case.").rest(),
    Row::new("downcase", 0, downcase, "In lower case.").rest(),
    Row::new("downcase!", 0, downcase_bang, "Changes to lower case.").rest(),
    Row::new(
        "capitalize",
        0,
        capitalize,
        "The first character large, the rest small.",
    )
    .rest(),
    Row::new(
        "capitalize!",
        0,
        capitalize_bang,
        "Makes the first character large.",
    )
    .rest(),
    Row::new(
        "swapcase",
        0,
        swapcase,
        "Large for small and small for large.",
    )
    .rest(),
    Row::new("swapcase!", 0, swapcase_bang, "Changes large for small.").rest(),
];

bangs! {
    upcase_bang = upcase,
    downcase_bang = downcase,
    capitalize_bang = capitalize,
    swapcase_bang = swapcase,
}

/// How a character is mapped; the flag says whether it is the first of the text.
type Mapping = fn(char, bool, &mut String);

fn upcase<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    mapped(vm, this, args, |char, _, out| {
        out.extend(char.to_uppercase());
    })
}

fn downcase<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    mapped(vm, this, args, |char, _, out| {
        out.extend(char.to_lowercase());
    })
}

fn capitalize<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    mapped(vm, this, args, |char, first, out| {
        if first {
            push_title(char, out);
        } else {
            out.extend(char.to_lowercase());
        }
    })
}

fn swapcase<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    mapped(vm, this, args, |char, _, out| {
        if char.is_uppercase() {
            out.extend(char.to_lowercase());
        } else {
            out.extend(char.to_uppercase());
        }
    })
}

fn mapped<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>, mapping: Mapping) -> Res<'h> {
    let ascii = options(vm, args)?;
    let (bytes, encoding) = read(vm, this)?;
    if ascii || encoding != Encoding::Utf8 || bytes.is_ascii() {
        let mapped = map_ascii(&bytes, mapping);
        return Ok(vm.bytes(mapped, encoding));
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return vm.raise("ArgumentError", "input string invalid");
    };
    vm.tick(text.len() / 8)?;
    let mut out = String::with_capacity(text.len());
    let mut first = true;
    for char in text.chars() {
        mapping(char, first, &mut out);
        first = false;
    }
    Ok(vm.str(out))
}

fn map_ascii(bytes: &[u8], mapping: Mapping) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut one = String::new();
    for (index, byte) in bytes.iter().enumerate() {
        if byte.is_ascii() {
            one.clear();
            mapping(char::from(*byte), index == 0, &mut one);
            out.extend_from_slice(one.as_bytes());
        } else {
            out.push(*byte);
        }
    }
    out
}

/// Whether the option `:ascii` is given.
fn options<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, bool> {
    let name = match args.values {
        [] => return Ok(false),
        [Value::Symbol(option)] => vm.name(*option),
        [_] => "",
        [_, _] => return vm.unsupported("several options of case"),
        _ => return vm.raise("ArgumentError", "too many options"),
    };
    match name {
        "ascii" => Ok(true),
        "turkic" | "lithuanian" | "fold" => vm.unsupported(format!("the case of {name}")),
        _ => vm.raise("ArgumentError", "invalid option"),
    }
}

/// The title case of a character: Unicode's own for digraphs and Greek letters with iota, and for what has several
/// letters in upper case only the first large.
fn push_title(char: char, out: &mut String) {
    let single = match char {
        'Ǆ' | 'ǅ' | 'ǆ' => Some('ǅ'),
        'Ǉ' | 'ǈ' | 'ǉ' => Some('ǈ'),
        'Ǌ' | 'ǋ' | 'ǌ' => Some('ǋ'),
        'Ǳ' | 'ǲ' | 'ǳ' => Some('ǲ'),
        '\u{1f80}'..='\u{1faf}' => char::from_u32(u32::from(char) | 8),
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => char::from_u32(u32::from(char) + 9),
        // Georgian has no title case.
        '\u{10d0}'..='\u{10ff}' | '\u{1fbc}' | '\u{1fcc}' | '\u{1ffc}' => Some(char),
        _ => None,
    };
    if let Some(single) = single {
        return out.push(single);
    }
    let mut upper = char.to_uppercase();
    out.extend(upper.next());
    for rest in upper {
        match rest {
            'Ι' if ('\u{1fb2}'..='\u{1ff7}').contains(&char) => out.push('\u{345}'),
            _ if char == 'ŉ' => out.push(rest),
            _ => out.extend(rest.to_lowercase()),
        }
    }
}
