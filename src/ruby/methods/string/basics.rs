//! Making, comparing, joining and replacing strings.

use std::cmp::Ordering;

use super::super::super::eval::Vm;
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Str, Value};
use super::super::{Args, Row, formatting};
use super::{assign, changeable, chars, compatible, encoding, own};

pub(super) const CLASS_ROWS: &[Row] = &[
    Row::new("new", 0, new, "A string with the text of another.")
        .rest()
        .any_keywords(),
    Row::new(
        "try_convert",
        1,
        try_convert,
        "A string, or nil for what is none.",
    ),
];

pub(super) const ROWS: &[Row] = &[
    Row::new(
        "initialize",
        0,
        initialize,
        "Takes the text of another string.",
    )
    .to(1)
    .keywords(&["encoding", "capacity"])
    .private(),
    Row::new(
        "initialize_copy",
        1,
        replace,
        "Takes the text of another string.",
    )
    .private(),
    Row::new("+", 1, plus, "Both strings together."),
    Row::new("*", 1, times, "The text so many times."),
    Row::new("%", 1, format, "Formats values."),
    Row::new("==", 1, equal, "Whether both have the same text."),
    Row::new("===", 1, equal, "Whether both have the same text."),
    Row::new("eql?", 1, eql, "Whether both have the same text."),
    Row::new("hash", 0, hash, "A number that is equal for equal texts."),
    Row::new(
        "<=>",
        1,
        compare,
        "The order of the bytes; nil for what is no string.",
    ),
    Row::new(
        "casecmp",
        1,
        casecmp,
        "The order without regard to ASCII case.",
    ),
    Row::new(
        "casecmp?",
        1,
        is_casecmp,
        "Equality without regard to case.",
    ),
    Row::new("length", 0, length, "Number of characters."),
    Row::new("size", 0, length, "Number of characters."),
    Row::new("bytesize", 0, bytesize, "Number of bytes."),
    Row::new("empty?", 0, is_empty, "Whether there are no characters."),
    Row::new(
        "<<",
        1,
        append,
        "Adds a text, or the character of a code point.",
    ),
    Row::new("concat", 0, concat, "Adds texts.").rest(),
    Row::new(
        "append_as_bytes",
        0,
        append_as_bytes,
        "Adds bytes of texts and integers.",
    )
    .rest(),
    Row::new("prepend", 0, prepend, "Puts texts in front.").rest(),
    Row::new("replace", 1, replace, "Takes the text of another string."),
    Row::new("clear", 0, clear, "Takes all text away."),
    Row::new(
        "insert",
        2,
        insert,
        "Puts a text in front of the character at an index.",
    ),
    Row::new("dup", 0, dup, "A copy that can change."),
    Row::new("+@", 0, unfrozen, "Itself, or a copy that can change."),
    Row::new("-@", 0, frozen, "Itself, or a copy that cannot change."),
    Row::new("dedup", 0, frozen, "Itself, or a copy that cannot change."),
    Row::new("to_s", 0, to_s, "Itself."),
    Row::new("to_str", 0, to_s, "Itself."),
    Row::new(
        "reverse",
        0,
        reverse,
        "The characters from the last to the first.",
    ),
    Row::new("reverse!", 0, reverse_bang, "Turns the characters around."),
];

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(class) = this else {
        return vm.unsupported("String.new of such a receiver");
    };
    let own = class.name.get() != Some("String");
    let string = Str::new(Vec::new(), Encoding::Utf8).with_class(own.then_some(class));
    let string = vm.heap.keep_string(string);
    if args.is_empty() && args.keywords.is_none() && !own {
        // Ruby's `String.new` without a text is binary.
        string.encoding.set(Encoding::Binary);
    }
    vm.call_full(Value::String(string), known::INITIALIZE, args)?;
    Ok(Value::String(string))
}

fn initialize<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if let Some(text) = args.get(0) {
        replace(vm, this, &Args::of(&[text]))?;
    }
    if let Some(name) = args.keyword(vm, "encoding").filter(|name| !name.is_nil()) {
        encoding::force(vm, this, name)?;
    } else if args.is_empty() && args.keywords.is_some() {
        own(vm, this)?.encoding.set(Encoding::Binary);
    }
    Ok(this)
}

fn try_convert<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.at(0) {
        value @ Value::String(_) => Ok(value),
        value if vm.responds(value, known::TO_STR) => vm.string(value).map(Value::String),
        _ => Ok(Value::Nil),
    }
}

fn plus<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let left = own(vm, this)?;
    let right = vm.string(args.at(0))?;
    let encoding = compatible(vm, left, right)?;
    vm.reserve(left.len().saturating_add(right.len()))?;
    let mut bytes = left.bytes();
    right.with(|right| bytes.extend_from_slice(right));
    Ok(vm.bytes(bytes, encoding))
}

fn times<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let count = vm.long(args.at(0))?;
    let Ok(count) = usize::try_from(count) else {
        return vm.raise("ArgumentError", "negative argument");
    };
    let length = string
        .len()
        .checked_mul(count)
        .filter(|length| i64::try_from(*length).is_ok());
    let Some(length) = length else {
        return vm.raise("ArgumentError", "argument too big");
    };
    vm.reserve(length)?;
    let bytes = if length == 0 {
        Vec::new()
    } else {
        string.with(|bytes| bytes.repeat(count))
    };
    Ok(vm.str_like(string, bytes))
}

fn format<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let template = own(vm, this)?;
    let values = match args.at(0) {
        Value::Array(values) => values.to_vec(),
        value => vec![value],
    };
    formatting::format_values(vm, template, &values)
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(vm.equal(this, args.at(0))?))
}

fn eql<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(vm.eql(this, args.at(0))?))
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer((vm.hash_code(this)? >> 2).cast_signed()))
}

pub(super) fn order<'h>(order: Ordering) -> Value<'h> {
    Value::Integer(order as i64)
}

fn compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if let Value::String(_) = other {
        let found = vm.compare(this, other)?;
        return Ok(found.map_or(Value::Nil, order));
    }
    let asks = matches!(other, Value::Object(_)) && vm.responds(other, known::COMPARE);
    if !asks || !vm.responds(other, known::TO_STR) {
        return Ok(Value::Nil);
    }
    match vm.call_method(other, known::COMPARE, &[this])? {
        Value::Integer(found) => Ok(Value::Integer(found.saturating_neg())),
        _ => Ok(Value::Nil),
    }
}

/// The other string of a comparison without case; `None` for what is none.
fn other<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, Option<&'h Str<'h>>> {
    match args.at(0) {
        Value::String(other) => Ok(Some(other)),
        value @ Value::Object(_) if vm.responds(value, known::TO_STR) => vm.string(value).map(Some),
        _ => Ok(None),
    }
}

fn casecmp<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let Some(other) = other(vm, args)? else {
        return Ok(Value::Nil);
    };
    vm.tick(string.len() / 64 + 1)?;
    let (left, right) = (
        string.bytes().to_ascii_lowercase(),
        other.bytes().to_ascii_lowercase(),
    );
    Ok(order(left.cmp(&right)))
}

fn is_casecmp<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let Some(other) = other(vm, args)? else {
        return Ok(Value::Nil);
    };
    vm.tick(string.len() / 16 + 1)?;
    let (Some(left), Some(right)) = (string.valid_text(), other.valid_text()) else {
        return vm.raise("ArgumentError", "input string invalid");
    };
    Ok(Value::Bool(folded(&left).eq(folded(&right))))
}

/// The text with all differences of case taken away, as Unicode folds it.
pub(super) fn folded(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().flat_map(|char| {
        // The dotless i is no other case of i.
        let upper = if char == 'ı' {
            None
        } else {
            Some(char.to_uppercase())
        };
        let plain = upper.is_none().then_some(char);
        upper
            .into_iter()
            .flatten()
            .flat_map(char::to_lowercase)
            .chain(plain)
    })
}

fn length<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    vm.tick(string.len() / 64 + 1)?;
    let count = string.with(|bytes| chars::count(bytes, string.encoding.get()));
    Ok(vm.count(count))
}

fn bytesize<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let length = own(vm, this)?.len();
    Ok(vm.count(length))
}

fn is_empty<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this)?.is_empty()))
}

/// What `<<` adds: a string, or the character of a code point.
fn addition<'h>(vm: &mut Vm<'h>, string: &'h Str<'h>, value: Value<'h>) -> Res<'h, &'h Str<'h>> {
    let code = match value {
        Value::Integer(code) => code,
        Value::Big(_) => return vm.raise("RangeError", "bignum out of char range"),
        _ => return vm.string(value),
    };
    let encoding = string.encoding.get();
    let small = u8::try_from(code);
    match (
        encoding,
        u32::try_from(code).ok().and_then(char::from_u32),
        small,
    ) {
        (Encoding::Utf8, Some(char), _) => Ok(vm.new_str(char.to_string().into_bytes(), encoding)),
        (Encoding::Utf8, None, _) if (0xd800..0xe000).contains(&code) => vm.raise(
            "RangeError",
            format!("invalid codepoint 0x{code:X} in UTF-8"),
        ),
        (Encoding::Binary | Encoding::UsAscii, _, Ok(byte)) => {
            let kept = if byte.is_ascii() {
                encoding
            } else {
                Encoding::Binary
            };
            Ok(vm.new_str(vec![byte], kept))
        }
        _ => vm.raise("RangeError", format!("{code} out of char range")),
    }
}

/// Adds bytes at the end; both strings must go together.
pub(super) fn add<'h>(vm: &mut Vm<'h>, string: &'h Str<'h>, other: &'h Str<'h>) -> Res<'h, ()> {
    let encoding = compatible(vm, string, other)?;
    vm.grow(other.len())?;
    let more = other.bytes();
    string.change(|bytes| bytes.extend_from_slice(&more));
    string.encoding.set(encoding);
    Ok(())
}

fn append<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = changeable(vm, this)?;
    let more = addition(vm, string, args.at(0))?;
    add(vm, string, more)?;
    Ok(this)
}

fn concat<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = changeable(vm, this)?;
    let mut all = Vec::new();
    for value in args.values {
        let more = addition(vm, string, *value)?;
        // A string added to itself is added as it was before.
        all.push(vm.new_str(more.bytes(), more.encoding.get()));
    }
    for more in all {
        add(vm, string, more)?;
    }
    Ok(this)
}

fn append_as_bytes<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = changeable(vm, this)?;
    let mut more = Vec::new();
    for value in args.values {
        match value {
            Value::String(text) => text.with(|bytes| more.extend_from_slice(bytes)),
            Value::Integer(byte) => more.push(byte.to_le_bytes()[0]),
            _ => {
                let word = vm.kind_word(*value);
                let text = format!("wrong argument type {word} (expected String or Integer)");
                return vm.raise("TypeError", text);
            }
        }
    }
    vm.grow(more.len())?;
    string.change(|bytes| bytes.extend_from_slice(&more));
    Ok(this)
}

fn prepend<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = changeable(vm, this)?;
    let joined = vm.new_str(Vec::new(), string.encoding.get());
    for value in args.values {
        let more = vm.string(*value)?;
        add(vm, joined, more)?;
    }
    add(vm, joined, string)?;
    string.encoding.set(joined.encoding.get());
    assign(vm, string, joined.bytes())?;
    Ok(this)
}

fn replace<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = changeable(vm, this)?;
    let other = vm.string(args.at(0))?;
    assign(vm, string, other.bytes())?;
    string.encoding.set(other.encoding.get());
    Ok(this)
}

fn clear<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let string = changeable(vm, this)?;
    string.change(Vec::clear);
    Ok(this)
}

fn insert<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = changeable(vm, this)?;
    let index = vm.long(args.at(0))?;
    let more = vm.string(args.at(1))?;
    if index == -1 {
        add(vm, string, more)?;
        return Ok(this);
    }
    // A negative index means the place behind that character.
    let index = if index < 0 {
        index.saturating_add(1)
    } else {
        index
    };
    super::slice::splice(vm, string, index, 0, more)?;
    Ok(this)
}

fn dup<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    vm.grow(string.len())?;
    let copy = Str::new(string.bytes(), string.encoding.get()).with_class(string.class);
    Ok(Value::String(vm.heap.keep_string(copy)))
}

fn unfrozen<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if own(vm, this)?.frozen.get() {
        return dup(vm, this, args);
    }
    Ok(this)
}

fn frozen<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if own(vm, this)?.frozen.get() {
        return Ok(this);
    }
    let copy = dup(vm, this, args)?;
    own(vm, copy)?.frozen.set(true);
    Ok(copy)
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    match string.class {
        None => Ok(this),
        // Of a class below, Ruby makes a plain string.
        Some(_) => Ok(vm.str_like(string, string.bytes())),
    }
}

fn reverse<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, encoding) = super::read(vm, this)?;
    let mut turned = Vec::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let start = rest.len() - chars::last_width(rest, encoding).max(1);
        let (before, last) = rest.split_at_checked(start).unwrap_or((b"", rest));
        turned.extend_from_slice(last);
        rest = before;
    }
    Ok(vm.bytes(turned, encoding))
}

fn reverse_bang<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    super::changed(vm, this, args, reverse)?;
    Ok(this)
}
