//! `Regexp` and `MatchData`.

mod matchdata;

use super::super::eval::Vm;
use super::super::regex;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Encoding, RegexpObject, Str, Value};
use super::library::{ClassDefinition, Constant};
use super::matching::{self, flags, match_from};
use super::string::{chars, encoding};
use super::{Args, Row};

/// Classes of this folder.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("Regexp", "Object")
        .methods(&[ROWS])
        .class_methods(&[CLASS_ROWS])
        .constants(CONSTANTS)
        .missing(&["~"], &["linear_time?", "timeout="]),
    ClassDefinition::class("Regexp::TimeoutError", "RegexpError"),
    ClassDefinition::class("MatchData", "Object").methods(&[matchdata::ROWS]),
];

const CONSTANTS: &[Constant] = &[
    Constant {
        name: "IGNORECASE",
        value: |_| Ok(Value::Integer(1)),
    },
    Constant {
        name: "EXTENDED",
        value: |_| Ok(Value::Integer(2)),
    },
    Constant {
        name: "MULTILINE",
        value: |_| Ok(Value::Integer(4)),
    },
    Constant {
        name: "FIXEDENCODING",
        value: |_| Ok(Value::Integer(16)),
    },
    Constant {
        name: "NOENCODING",
        value: |_| Ok(Value::Integer(32)),
    },
];

const CLASS_ROWS: &[Row] = &[
    Row::new("new", 1, new, "A pattern from its text.")
        .to(2)
        .keywords(&["timeout"]),
    Row::new("compile", 1, new, "A pattern from its text.")
        .to(2)
        .keywords(&["timeout"]),
    Row::new(
        "escape",
        1,
        escape,
        "A pattern's text that matches just this text.",
    ),
    Row::new(
        "quote",
        1,
        escape,
        "A pattern's text that matches just this text.",
    ),
    Row::new("union", 0, union, "A pattern that matches any of several.").rest(),
    Row::new("last_match", 0, last_match, "`$~`, or one of its groups.").to(1),
    Row::new(
        "try_convert",
        1,
        try_convert,
        "A pattern, or nil for what is none.",
    ),
    Row::new("timeout", 0, no_timeout, "None."),
];

const ROWS: &[Row] = &[
    Row::new("source", 0, source, "The pattern's text."),
    Row::new(
        "to_s",
        0,
        to_s,
        "A text that can be part of another pattern.",
    ),
    Row::new("inspect", 0, inspect, "The pattern as a literal."),
    Row::new("options", 0, options, "The options as bits of an integer."),
    Row::new("names", 0, names, "Names of the groups."),
    Row::new(
        "named_captures",
        0,
        named_captures,
        "Numbers of the groups by name.",
    ),
    Row::new("casefold?", 0, is_casefold, "Whether it ignores case."),
    Row::new("match", 1, find_match, "What it matches; sets `$~`.").to(2),
    Row::new("match?", 1, is_match, "Whether it matches.").to(2),
    Row::new("=~", 1, match_index, "Where it matches; sets `$~`."),
    Row::new(
        "===",
        1,
        case_equal,
        "Whether it matches, for `case`; sets `$~`.",
    ),
    Row::new(
        "==",
        1,
        equal,
        "Whether both have the same text and options.",
    ),
    Row::new(
        "eql?",
        1,
        equal,
        "Whether both have the same text and options.",
    ),
    Row::new(
        "hash",
        0,
        hash,
        "A number that is equal for equal patterns.",
    ),
    Row::new(
        "encoding",
        0,
        encoding_of,
        "ASCII for ASCII texts, else UTF-8.",
    ),
    Row::new(
        "fixed_encoding?",
        0,
        is_fixed,
        "Whether it has characters beyond ASCII.",
    ),
    Row::new("timeout", 0, no_timeout, "None."),
];

/// The receiver.
fn own<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h RegexpObject> {
    match this {
        Value::Regexp(regexp) => Ok(regexp),
        _ => vm.no_conversion(this, "Regexp"),
    }
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.keyword(vm, "timeout").is_some_and(Value::truthy) {
        return vm.unsupported("Regexp.new with a timeout");
    }
    if !matches!(this, Value::Class(class) if class.name.get() == Some("Regexp")) {
        return vm.unsupported("a class below Regexp");
    }
    if let Value::Regexp(regexp) = args.at(0) {
        // Ruby ignores options here, with a warning.
        return Ok(Value::Regexp(vm.regexp(regexp.regex.clone())));
    }
    let source = vm.string(args.at(0))?;
    let flags = flags_of(vm, args.at(1))?;
    let Some(text) = source.valid_text() else {
        return vm.unsupported("a regular expression of bytes that are no valid text");
    };
    vm.make_regexp(&text, flags)
}

fn flags_of<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, u8> {
    match value {
        Value::Integer(bits) if bits & 32 != 0 => {
            vm.unsupported("a regular expression without encoding")
        }
        Value::Integer(bits) => Ok(bits.to_le_bytes()[0] & 7),
        Value::String(letters) => {
            let letters = letters.text();
            let mut flags = 0;
            for letter in letters.chars() {
                flags |= match letter {
                    'i' => 1,
                    'x' => 2,
                    'm' => 4,
                    _ => {
                        let text = format!("unknown regexp option: {letters}");
                        return vm.raise("ArgumentError", text);
                    }
                };
            }
            Ok(flags)
        }
        other => Ok(u8::from(other.truthy())),
    }
}

/// The text of an argument that is a string or symbol.
fn text<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, String> {
    match value {
        Value::Symbol(name) => Ok(vm.name(name).to_owned()),
        other => {
            let string = vm.string(other)?;
            match string.valid_text() {
                Some(text) => Ok(text),
                None => vm.unsupported("a regular expression of bytes that are no valid text"),
            }
        }
    }
}

fn escape<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = text(vm, args.at(0))?;
    vm.tick(text.len() / 16 + 1)?;
    vm.reserve(text.len().saturating_mul(2))?;
    let escaped = regex::escape(&text).into_bytes();
    let kind = if escaped.is_ascii() {
        Encoding::UsAscii
    } else {
        Encoding::Utf8
    };
    Ok(vm.bytes(escaped, kind))
}

fn union<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let parts = match args.values {
        [Value::Array(parts)] => parts.to_vec(),
        parts => parts.to_vec(),
    };
    let source = match parts.as_slice() {
        [] => "(?!)".to_owned(),
        [single @ Value::Regexp(_)] => return Ok(*single),
        [single] => regex::escape(&text(vm, *single)?),
        _ => {
            let mut sources = Vec::with_capacity(parts.len());
            for part in parts {
                vm.tick(1)?;
                sources.push(match part {
                    Value::Regexp(regexp) => regex::to_s(&regexp.regex),
                    Value::Symbol(_) => return vm.no_conversion(part, "String"),
                    other => regex::escape(&text(vm, other)?),
                });
            }
            sources.join("|")
        }
    };
    vm.make_regexp(&source, 0)
}

fn last_match<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match (vm.last_match(), args.get(0)) {
        (found, None) => Ok(found),
        (Value::Match(found), Some(group)) => {
            let captures = &found.captures;
            let number = matching::group_number(vm, &found.regexp.regex, captures, group)?;
            Ok(number.map_or(Value::Nil, |number| vm.group(found, number)))
        }
        (_, Some(_)) => Ok(Value::Nil),
    }
}

fn try_convert<'h>(_: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(match args.at(0) {
        regexp @ Value::Regexp(_) => regexp,
        _ => Value::Nil,
    })
}

fn no_timeout<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Nil)
}

fn source<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let source = own(vm, this)?.regex.source();
    Ok(vm.str(source))
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = regex::to_s(&own(vm, this)?.regex);
    Ok(vm.str(text))
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = regex::inspect(&own(vm, this)?.regex);
    Ok(vm.str(text))
}

fn options<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let regex = &own(vm, this)?.regex;
    let fixed = if regex.source().is_ascii() { 0 } else { 16 };
    Ok(Value::Integer(i64::from(flags(regex.options())) | fixed))
}

fn names<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let regex = &own(vm, this)?.regex;
    let names = regex.names().iter().map(|(name, _)| vm.str(name.as_str()));
    let names = names.collect();
    Ok(vm.array(names))
}

fn named_captures<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let regex = &own(vm, this)?.regex;
    let mut entries = Vec::new();
    for (name, numbers) in regex.names() {
        let numbers = numbers.iter().map(|number| vm.count(*number)).collect();
        let numbers = vm.array(numbers);
        entries.push((vm.str(name.as_str()), numbers));
    }
    vm.hash(entries)
}

fn is_casefold<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this)?.regex.options().ignore_case))
}

/// The text that is searched: a string or symbol; `None` for nil.
fn searched<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Option<&'h Str<'h>>> {
    match value {
        Value::Nil => Ok(None),
        Value::Symbol(name) => {
            let name = vm.name(name).as_bytes().to_vec();
            Ok(Some(vm.new_str(name, Encoding::Utf8)))
        }
        other => vm.string(other).map(Some),
    }
}

fn find_match<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let regexp = own(vm, this)?;
    if let Some(string) = searched(vm, args.at(0))? {
        return match_with_block(vm, regexp, string, args);
    }
    vm.set_last_match(Value::Nil);
    Ok(Value::Nil)
}

/// `match`: the second argument is where the search starts; with a block, its value for the match.
pub(super) fn match_with_block<'h>(
    vm: &mut Vm<'h>,
    regexp: &'h RegexpObject,
    string: &'h Str<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let Some(from) = matching::start(vm, string, args.get(1))? else {
        vm.set_last_match(Value::Nil);
        return Ok(Value::Nil);
    };
    match (match_from(vm, regexp, string, from)?, args.block) {
        (None, _) => Ok(Value::Nil),
        (Some(found), None) => Ok(Value::Match(found)),
        (Some(found), Some(block)) => vm.yield_value(block, Value::Match(found)),
    }
}

fn is_match<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let regexp = own(vm, this)?;
    let Some(string) = searched(vm, args.at(0))? else {
        return Ok(Value::Bool(false));
    };
    match matching::start(vm, string, args.get(1))? {
        Some(from) => Ok(Value::Bool(matching::matches(vm, regexp, string, from)?)),
        None => Ok(Value::Bool(false)),
    }
}

fn match_index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let regexp = own(vm, this)?;
    let Some(string) = searched(vm, args.at(0))? else {
        vm.set_last_match(Value::Nil);
        return Ok(Value::Nil);
    };
    let Some(found) = match_from(vm, regexp, string, 0)? else {
        return Ok(Value::Nil);
    };
    let start = found.captures.whole().start;
    let index = string.with(|bytes| chars::index(bytes, string.encoding.get(), start));
    Ok(vm.count(index))
}

fn case_equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let value = args.at(0);
    let textual = match value {
        Value::String(_) | Value::Symbol(_) => true,
        Value::Object(_) => vm.responds(value, known::TO_STR),
        _ => false,
    };
    if !textual {
        vm.set_last_match(Value::Nil);
        return Ok(Value::Bool(false));
    }
    let found = match_index(vm, this, args)?;
    Ok(Value::Bool(!found.is_nil()))
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(vm.equal(this, args.at(0))?))
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer((vm.hash_code(this)? >> 2).cast_signed()))
}

fn encoding_of<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let ascii = own(vm, this)?.regex.source().is_ascii();
    let kind = if ascii {
        Encoding::UsAscii
    } else {
        Encoding::Utf8
    };
    encoding::object_of(vm, kind)
}

fn is_fixed<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(!own(vm, this)?.regex.source().is_ascii()))
}
