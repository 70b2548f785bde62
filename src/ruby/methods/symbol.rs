//! `Symbol`: names; most methods are those of the string of the same text.

use super::super::eval::Vm;
use super::super::unwind::Res;
use super::super::value::{Encoding, Value};
use super::library::ClassDefinition;
use super::string::{encoding, inspect};
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[ClassDefinition::class("Symbol", "Object")
    .includes(&["Comparable"])
    .methods(&[ROWS])
    .missing(&[], &["all_symbols"])];

const ROWS: &[Row] = &[
    Row::new("to_s", 0, to_s, "Its text as a string."),
    Row::new("id2name", 0, to_s, "Its text as a string."),
    Row::new("name", 0, name, "Its text as a frozen string."),
    Row::new("to_sym", 0, itself, "Itself."),
    Row::new(
        "to_proc",
        0,
        to_proc,
        "A lambda that calls the method of that name.",
    ),
    Row::new("inspect", 0, show, "The symbol as a literal."),
    Row::new("==", 1, equal, "Whether both are the same symbol."),
    Row::new("===", 1, equal, "Whether both are the same symbol."),
    Row::new("hash", 0, hash, "A number that is equal for equal symbols."),
    Row::new(
        "encoding",
        0,
        encoding_of,
        "ASCII for ASCII texts, else UTF-8.",
    ),
    Row::new(
        "<=>",
        1,
        compare,
        "The order of the texts; nil for what is no symbol.",
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
    Row::new("empty?", 0, is_empty, "Whether there are no characters."),
    Row::new("upcase", 0, upcase, "In upper case.").rest(),
    Row::new("downcase", 0, downcase, "In lower case.").rest(),
    Row::new(
        "capitalize",
        0,
        capitalize,
        "The first character large, the rest small.",
    )
    .rest(),
    Row::new(
        "swapcase",
        0,
        swapcase,
        "Large for small and small for large.",
    )
    .rest(),
    Row::new("succ", 0, succ, "The next symbol."),
    Row::new("next", 0, succ, "The next symbol."),
    Row::new("[]", 1, index, "A part of its text.").to(2),
    Row::new("slice", 1, index, "A part of its text.").to(2),
    Row::new(
        "start_with?",
        0,
        start_with,
        "Whether it starts with one of the texts.",
    )
    .rest(),
    Row::new(
        "end_with?",
        0,
        end_with,
        "Whether it ends with one of the texts.",
    )
    .rest(),
    Row::new("=~", 1, match_index, "Where a pattern matches."),
    Row::new("match", 1, find_match, "What a pattern matches.").to(2),
    Row::new("match?", 1, is_match, "Whether a pattern matches.").to(2),
];

/// The receiver's text.
fn text<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> &'h str {
    match this {
        Value::Symbol(symbol) => vm.name(symbol),
        _ => "",
    }
}

/// The encoding of a symbol of this text.
fn kind(text: &str) -> Encoding {
    if text.is_ascii() {
        Encoding::UsAscii
    } else {
        Encoding::Utf8
    }
}

/// Calls the method of the string.
fn as_string<'h>(vm: &mut Vm<'h>, this: Value<'h>, name: &str, args: &Args<'_, 'h>) -> Res<'h> {
    let text = text(vm, this);
    let string = vm.str(text);
    let name = vm.symbol(name);
    vm.call_from_caller(string, name, args)
}

/// The symbol of what a method of the string makes.
fn as_symbol<'h>(vm: &mut Vm<'h>, this: Value<'h>, name: &str, args: &Args<'_, 'h>) -> Res<'h> {
    match as_string(vm, this, name, args)? {
        Value::String(made) => {
            let made = made.text();
            Ok(Value::Symbol(vm.symbol(&made)))
        }
        other => Ok(other),
    }
}

/// The string of an argument that is a symbol.
fn other<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Option<Value<'h>> {
    match args.at(0) {
        Value::Symbol(other) => {
            let other = vm.name(other);
            Some(vm.str(other))
        }
        _ => None,
    }
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = text(vm, this);
    Ok(vm.bytes(text.as_bytes().to_vec(), kind(text)))
}

fn name<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = to_s(vm, this, args)?;
    if let Value::String(text) = text {
        text.frozen.set(true);
    }
    Ok(text)
}

fn itself<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(this)
}

fn to_proc<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.block_of(this)?;
    Ok(block.map_or(Value::Nil, Value::Proc))
}

fn show<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = text(vm, this);
    Ok(vm.str(literal(text)))
}

/// A symbol as a literal.
fn literal(text: &str) -> String {
    if is_plain(text) {
        format!(":{text}")
    } else {
        format!(":{}", inspect::inspect(text.as_bytes(), kind(text)))
    }
}

const OPERATORS: &[&str] = &[
    "+", "-", "*", "/", "%", "**", "==", "!=", "<", ">", "<=", ">=", "<=>", "===", "=~", "!~", "!",
    "~", "[]", "[]=", "<<", ">>", "&", "|", "^", "+@", "-@", "`",
];

/// Whether a symbol needs no quotes.
fn is_plain(text: &str) -> bool {
    if OPERATORS.contains(&text) {
        return true;
    }
    if let Some(variable) = text.strip_prefix("@@").or(text.strip_prefix('@')) {
        return is_identifier(variable);
    }
    if let Some(global) = text.strip_prefix('$') {
        return is_global(global);
    }
    let (base, setter) = match text.strip_suffix(['?', '!']) {
        Some(base) => (base, None),
        None => (text, text.strip_suffix('=')),
    };
    is_identifier(setter.unwrap_or(base))
}

fn is_global(name: &str) -> bool {
    let special = |c: char| "~*$?!@/\\;,.=:<>\"&`'+0_".contains(c);
    let mut chars = name.chars();
    match (chars.next(), chars.next(), chars.next()) {
        (Some(first), None, _) if special(first) => true,
        (Some('-'), Some(letter), None) => is_word(letter),
        (Some(first), ..) if first.is_ascii_digit() => {
            name.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => is_identifier(name),
    }
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_' || !letter.is_ascii()
}

fn is_identifier(name: &str) -> bool {
    let starts = name
        .chars()
        .next()
        .is_some_and(|first| !first.is_ascii_digit());
    starts && name.chars().all(is_word)
}

fn equal<'h>(_: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(this.same(args.at(0))))
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer((vm.hash_code(this)? >> 2).cast_signed()))
}

fn encoding_of<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let kind = kind(text(vm, this));
    encoding::object_of(vm, kind)
}

/// Calls a method that takes the other symbol as a string; nil for what is no symbol.
fn with_symbol<'h>(vm: &mut Vm<'h>, this: Value<'h>, name: &str, args: &Args<'_, 'h>) -> Res<'h> {
    match other(vm, args) {
        Some(other) => as_string(vm, this, name, &Args::of(&[other])),
        None => Ok(Value::Nil),
    }
}

fn compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    with_symbol(vm, this, "<=>", args)
}

fn casecmp<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    with_symbol(vm, this, "casecmp", args)
}

fn is_casecmp<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    with_symbol(vm, this, "casecmp?", args)
}

fn length<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let count = text(vm, this).chars().count();
    Ok(vm.count(count))
}

fn is_empty<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(text(vm, this).is_empty()))
}

/// Declares methods that do what those of the string do, and give symbols or what the string gives.
macro_rules! delegated {
    ($($name:ident = $through:ident $method:literal),* $(,)?) => {
        $(
            fn $name<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
                $through(vm, this, $method, args)
            }
        )*
    };
}

delegated! {
    upcase = as_symbol "upcase",
    downcase = as_symbol "downcase",
    capitalize = as_symbol "capitalize",
    swapcase = as_symbol "swapcase",
    succ = as_symbol "succ",
    index = as_string "[]",
    start_with = as_string "start_with?",
    end_with = as_string "end_with?",
    match_index = as_string "=~",
    find_match = as_string "match",
    is_match = as_string "match?",
}
