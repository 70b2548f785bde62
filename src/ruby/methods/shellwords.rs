//! `Shellwords`, and its methods of strings and lists.

use super::super::eval::{Version, Vm};
use super::super::unwind::Res;
use super::super::value::Value;
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::module("Shellwords")
        .methods(&[FUNCTIONS])
        .class_methods(&[FUNCTIONS, SHORT]),
    ClassDefinition::class("String", "Object").methods(&[STRING]),
    ClassDefinition::class("Array", "Object").methods(&[ARRAY]),
];

const FUNCTIONS: &[Row] = &[
    Row::new("shellescape", 1, escape, "A text as one word of a shell."),
    Row::new(
        "shellwords",
        1,
        split,
        "The words of a line, as a shell reads them.",
    ),
    Row::new(
        "shellsplit",
        1,
        split,
        "The words of a line, as a shell reads them.",
    ),
    Row::new("shelljoin", 1, join, "A line of words."),
];

const SHORT: &[Row] = &[
    Row::new("escape", 1, escape, "A text as one word of a shell."),
    Row::new(
        "split",
        1,
        split,
        "The words of a line, as a shell reads them.",
    ),
    Row::new("join", 1, join, "A line of words."),
];

const STRING: &[Row] = &[
    Row::new(
        "shellescape",
        0,
        own_escape,
        "The text as one word of a shell.",
    ),
    Row::new(
        "shellsplit",
        0,
        own_split,
        "The words of the line, as a shell reads them.",
    ),
];

const ARRAY: &[Row] = &[Row::new("shelljoin", 0, own_join, "The words as a line.")];

fn escape<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.display(args.at(0))?;
    let escaped = escaped(vm, &text)?;
    Ok(vm.str(escaped))
}

fn own_escape<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    escape(vm, this, &Args::of(&[this]))
}

fn escaped<'h>(vm: &mut Vm<'h>, text: &str) -> Res<'h, String> {
    if text.is_empty() {
        return Ok("''".to_owned());
    }
    if text.contains('\0') && vm.world.version == Version::Ruby34 {
        return vm.raise("ArgumentError", "NUL character");
    }
    vm.grow(text.len().saturating_mul(3))?;
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '_' | '-' | '.' | ',' | ':' | '+' | '/' | '@' => {
                out.push(character);
            }
            '\n' => out.push_str("'\n'"),
            _ => {
                out.push('\\');
                out.push(character);
            }
        }
    }
    Ok(out)
}

fn join<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Array(list) = args.at(0) else {
        let name = vm.symbol("map");
        return vm.no_method(args.at(0), name, false);
    };
    let mut words = Vec::new();
    let mut index = 0;
    while let Some(word) = list.get(index) {
        vm.tick(1)?;
        let text = vm.display(word)?;
        words.push(escaped(vm, &text)?);
        index += 1;
    }
    Ok(vm.str(words.join(" ")))
}

fn own_join<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    join(vm, this, &Args::of(&[this]))
}

fn split<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::String(line) = args.at(0) else {
        let name = vm.symbol("scan");
        return vm.no_method(args.at(0), name, false);
    };
    let line = line.text();
    vm.tick(line.len())?;
    vm.grow(line.len().saturating_mul(2))?;
    match words(&line) {
        Ok(words) => {
            let words = words.into_iter().map(|word| vm.str(word)).collect();
            Ok(vm.array(words))
        }
        Err(garbage) => {
            let message = garbage.message(&line, vm.world.version);
            vm.raise("ArgumentError", message)
        }
    }
}

fn own_split<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    split(vm, this, &Args::of(&[this]))
}

/// A quote without an end, or NUL.
struct Garbage {
    /// Where the white space in front of it begins, and where it ends, in bytes.
    start: usize,
    end: usize,
    nul: bool,
}

impl Garbage {
    fn message(&self, line: &str, version: Version) -> String {
        if version == Version::Ruby31 {
            return format!("Unmatched quote: {line}");
        }
        let what = if self.nul {
            "Nul character"
        } else {
            "Unmatched quote"
        };
        let at = line.get(..self.start).unwrap_or_default().chars().count();
        let shown = line.get(self.start..self.end).unwrap_or_default();
        let dots = if self.start > 0 { "..." } else { "" };
        format!("{what} at {at}: {dots}{shown}")
    }
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t'..='\r')
}

/// The words of a line: pieces that stand side by side, plain, quoted or escaped, make one.
fn words(line: &str) -> Result<Vec<String>, Garbage> {
    let mut words = Vec::new();
    let mut field = String::new();
    let mut at = 0;
    loop {
        let start = at;
        at += spaces(line, at);
        let rest = line.get(at..).unwrap_or_default();
        let Some(first) = rest.chars().next() else {
            return Ok(words);
        };
        let Some((piece, length)) = piece(rest, first) else {
            let end = at + first.len_utf8();
            let next = line.get(end..).and_then(|rest| rest.chars().next());
            let separator = next
                .filter(|next| is_space(*next))
                .map_or(0, char::len_utf8);
            return Err(Garbage {
                start,
                end: end + separator,
                nul: first == '\0',
            });
        };
        field.push_str(&piece);
        at += length;
        let next = line.get(at..).and_then(|rest| rest.chars().next());
        if next.is_none_or(is_space) {
            words.push(std::mem::take(&mut field));
            at += next.map_or(0, char::len_utf8);
        }
    }
}

fn spaces(line: &str, at: usize) -> usize {
    let rest = line.get(at..).unwrap_or_default();
    rest.len() - rest.trim_start_matches(is_space).len()
}

/// The piece at the start of a text, and its length there.
fn piece(rest: &str, first: char) -> Option<(String, usize)> {
    match first {
        '\0' => None,
        '\'' => {
            let inner = rest.get(1..)?;
            let end = inner.find(['\'', '\0'])?;
            let closed = inner.get(end..)?.starts_with('\'');
            closed.then(|| (inner.get(..end).unwrap_or_default().to_owned(), end + 2))
        }
        '"' => double_quoted(rest),
        '\\' => Some(escape_sequence(rest)),
        _ => {
            let stop = |character: char| {
                is_space(character) || matches!(character, '\0' | '\\' | '\'' | '"')
            };
            let end = rest.find(stop).unwrap_or(rest.len());
            Some((rest.get(..end)?.to_owned(), end))
        }
    }
}

fn double_quoted(rest: &str) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().skip(1);
    loop {
        let (at, character) = characters.next()?;
        match character {
            '"' => return Some((text, at + 1)),
            '\0' => return None,
            '\\' => match characters.next()?.1 {
                '\0' => return None,
                next @ ('$' | '`' | '"' | '\\' | '\n') => text.push(next),
                next => text.extend(['\\', next]),
            },
            _ => text.push(character),
        }
    }
}

/// A backslash takes away the meaning of what follows; a line break or nothing leaves it as it is.
fn escape_sequence(rest: &str) -> (String, usize) {
    match rest.chars().nth(1) {
        None | Some('\0') => ("\\".to_owned(), 1),
        Some('\n') => ("\\\n".to_owned(), 2),
        Some(next) => (next.to_string(), 1 + next.len_utf8()),
    }
}
