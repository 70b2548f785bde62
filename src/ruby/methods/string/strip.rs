//! Taking away from the ends: blanks, line ends, prefixes and suffixes.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Value};
use super::super::{Args, Row};
use super::{bangs, chars, encoding, own, read};

pub(super) const ROWS: &[Row] = &[
    Row::new("strip", 0, strip, "Without blanks at both ends."),
    Row::new("strip!", 0, strip_bang, "Takes blanks at both ends away."),
    Row::new("lstrip", 0, lstrip, "Without blanks at the start."),
    Row::new("lstrip!", 0, lstrip_bang, "Takes blanks at the start away."),
    Row::new("rstrip", 0, rstrip, "Without blanks at the end."),
    Row::new("rstrip!", 0, rstrip_bang, "Takes blanks at the end away."),
    Row::new(
        "chomp",
        0,
        chomp,
        "Without the line end, or without a text at the end.",
    )
    .to(1),
    Row::new("chomp!", 0, chomp_bang, "Takes the line end away.").to(1),
    Row::new("chop", 0, chop, "Without the last character."),
    Row::new("chop!", 0, chop_bang, "Takes the last character away."),
    Row::new(
        "delete_prefix",
        1,
        delete_prefix,
        "Without a text at the start.",
    ),
    Row::new(
        "delete_prefix!",
        1,
        delete_prefix_bang,
        "Takes a text at the start away.",
    ),
    Row::new(
        "delete_suffix",
        1,
        delete_suffix,
        "Without a text at the end.",
    ),
    Row::new(
        "delete_suffix!",
        1,
        delete_suffix_bang,
        "Takes a text at the end away.",
    ),
];

bangs! {
    strip_bang = strip,
    lstrip_bang = lstrip,
    rstrip_bang = rstrip,
    chomp_bang = chomp,
    chop_bang = chop,
    delete_prefix_bang = delete_prefix,
    delete_suffix_bang = delete_suffix,
}

/// Number of blank bytes at the start. Ruby reads the first character behind them, which must be valid.
fn leading<'h>(vm: &mut Vm<'h>, bytes: &[u8], kind: Encoding) -> Res<'h, usize> {
    let blanks = chars::blanks(bytes);
    let rest = bytes.get(blanks..).unwrap_or_default();
    let next = rest.get(..chars::width(rest, kind)).unwrap_or_default();
    if kind == Encoding::Utf8 && !next.is_empty() && chars::code(next, kind).is_none() {
        return encoding::invalid(vm, kind);
    }
    Ok(blanks)
}

/// Number of blank bytes at the end. Ruby wants all of the text to be valid.
fn trailing<'h>(vm: &mut Vm<'h>, bytes: &[u8], kind: Encoding) -> Res<'h, usize> {
    if !chars::is_valid(bytes, kind) {
        let name = encoding::name(kind);
        return vm.raise(
            "Encoding::CompatibilityError",
            format!("invalid byte sequence in {name}"),
        );
    }
    Ok(chars::blanks_at_end(bytes))
}

fn without<'h>(
    vm: &mut Vm<'h>,
    (bytes, kind): (&[u8], Encoding),
    start: usize,
    end: usize,
) -> Value<'h> {
    let last = bytes.len().saturating_sub(end);
    let kept = bytes.get(start..last).unwrap_or_default().to_vec();
    vm.bytes(kept, kind)
}

fn strip<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, kind) = read(vm, this)?;
    let start = leading(vm, &bytes, kind)?;
    let end = trailing(vm, &bytes, kind)?;
    Ok(without(vm, (&bytes, kind), start, end))
}

fn lstrip<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, kind) = read(vm, this)?;
    let start = leading(vm, &bytes, kind)?;
    Ok(without(vm, (&bytes, kind), start, 0))
}

fn rstrip<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, kind) = read(vm, this)?;
    let end = trailing(vm, &bytes, kind)?;
    Ok(without(vm, (&bytes, kind), 0, end))
}

/// The length of the line end at the end: `\n`, `\r\n` or `\r`.
pub(super) fn line_end(bytes: &[u8]) -> usize {
    match bytes {
        [.., b'\r', b'\n'] => 2,
        [.., b'\n' | b'\r'] => 1,
        _ => 0,
    }
}

fn chomp<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, kind) = read(vm, this)?;
    let end = match args.get(0) {
        None => line_end(&bytes),
        Some(Value::Nil) => 0,
        Some(separator) => {
            let separator = vm.string(separator)?.bytes();
            chomped(&bytes, &separator)
        }
    };
    Ok(without(vm, (&bytes, kind), 0, end))
}

/// How many bytes `chomp` with a text takes away: an empty text stands for all line ends, `\n` for any of them.
fn chomped(bytes: &[u8], separator: &[u8]) -> usize {
    match separator {
        b"\n" => line_end(bytes),
        b"" => {
            let mut kept = bytes;
            while let Some(rest) = kept.strip_suffix(b"\n") {
                kept = rest.strip_suffix(b"\r").unwrap_or(rest);
            }
            bytes.len() - kept.len()
        }
        _ if bytes.ends_with(separator) => separator.len(),
        _ => 0,
    }
}

fn chop<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, kind) = read(vm, this)?;
    let end = if bytes.ends_with(b"\r\n") {
        2
    } else {
        chars::last_width(&bytes, kind)
    };
    Ok(without(vm, (&bytes, kind), 0, end))
}

fn delete_prefix<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let prefix = vm.string(args.at(0))?;
    let string = own(vm, this)?;
    super::compatible(vm, string, prefix)?;
    let (bytes, kind) = read(vm, this)?;
    let there = prefix.with(|prefix| bytes.starts_with(prefix));
    let start = if there { prefix.len() } else { 0 };
    Ok(without(vm, (&bytes, kind), start, 0))
}

fn delete_suffix<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let suffix = vm.string(args.at(0))?;
    let string = own(vm, this)?;
    super::compatible(vm, string, suffix)?;
    let (bytes, kind) = read(vm, this)?;
    let there = suffix.with(|suffix| bytes.ends_with(suffix));
    let end = if there { suffix.len() } else { 0 };
    Ok(without(vm, (&bytes, kind), 0, end))
}
