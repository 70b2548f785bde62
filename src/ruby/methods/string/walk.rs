//! Walking lines, characters, bytes and code points.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Value};
use super::super::{Args, Row};
use super::strip::line_end;
use super::{chars, encoding, read};

pub(super) const ROWS: &[Row] = &[
    Row::new("lines", 0, lines, "The lines, with their ends.")
        .to(1)
        .keywords(&["chomp"]),
    Row::new("each_line", 0, each_line, "Walks the lines.")
        .to(1)
        .keywords(&["chomp"])
        .enumerates(),
    Row::new("chars", 0, characters, "The characters."),
    Row::new("each_char", 0, each_char, "Walks the characters.").enumerates(),
    Row::new("bytes", 0, bytes, "The bytes as integers."),
    Row::new("each_byte", 0, each_byte, "Walks the bytes.").enumerates(),
    Row::new("codepoints", 0, codepoints, "The code points."),
    Row::new(
        "each_codepoint",
        0,
        each_codepoint,
        "Walks the code points.",
    )
    .enumerates(),
];

/// Runs the block for all items, or gives them as a list.
fn finish<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    items: Vec<Value<'h>>,
) -> Res<'h> {
    let Some(block) = args.block else {
        return Ok(vm.array(items));
    };
    for item in items {
        vm.yield_value(block, item)?;
    }
    Ok(this)
}

/// Strings of pieces, each counted when it is made.
fn pieces<'h, 'a>(
    vm: &mut Vm<'h>,
    pieces: impl Iterator<Item = &'a [u8]>,
    kind: Encoding,
) -> Res<'h, Vec<Value<'h>>> {
    let mut items = Vec::new();
    for piece in pieces {
        vm.tick(1)?;
        items.push(vm.bytes(piece.to_vec(), kind));
    }
    Ok(items)
}

fn lines<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, kind) = read(vm, this)?;
    let chomp = args.keyword(vm, "chomp").is_some_and(Value::truthy);
    let separator = match args.get(0) {
        None => b"\n".to_vec(),
        Some(Value::Nil) => {
            let whole = pieces(vm, std::iter::once(bytes.as_slice()), kind)?;
            return finish(vm, this, args, whole);
        }
        Some(separator) => vm.string(separator)?.bytes(),
    };
    let found = if separator.is_empty() {
        pieces(vm, paragraphs(&bytes, chomp), kind)?
    } else {
        pieces(vm, cut(&bytes, &separator, chomp), kind)?
    };
    finish(vm, this, args, found)
}

/// Pieces that end with a separator.
fn cut<'a>(bytes: &'a [u8], separator: &[u8], chomp: bool) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = chars::find(rest, separator, 0).map(|at| at + separator.len());
        let (line, behind) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        rest = behind;
        let ending = match end {
            Some(_) if chomp && separator == b"\n" => line_end(line),
            Some(_) if chomp => separator.len(),
            _ => 0,
        };
        line.get(..line.len() - ending)
    })
}

/// Pieces that end with an empty line; further empty lines are dropped.
fn paragraphs(bytes: &[u8], chomp: bool) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (text, end) = paragraph(rest);
        let shown = rest.get(..if chomp { text } else { end });
        rest = rest.get(end..).unwrap_or_default();
        while let Some(behind) = after_line_end(rest) {
            rest = behind;
        }
        shown
    })
}

/// The length of the text up to an empty line, and with the ends of both lines.
fn paragraph(bytes: &[u8]) -> (usize, usize) {
    let mut from = 0;
    while let Some(at) = chars::find(bytes, b"\n", from) {
        from = at + 1;
        let line = bytes.get(..at).unwrap_or_default();
        if let Some(behind) = bytes.get(from..).and_then(after_line_end) {
            let text = line.strip_suffix(b"\r").unwrap_or(line).len();
            return (text, bytes.len() - behind.len());
        }
    }
    (bytes.len(), bytes.len())
}

/// What is behind a line end at the start.
fn after_line_end(bytes: &[u8]) -> Option<&[u8]> {
    bytes.strip_prefix(b"\n").or(bytes.strip_prefix(b"\r\n"))
}

fn each_line<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    lines(vm, this, args)
}

fn characters<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, kind) = read(vm, this)?;
    let found = pieces(vm, chars::chars(&bytes, kind), kind)?;
    finish(vm, this, args, found)
}

fn each_char<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    characters(vm, this, args)
}

fn bytes<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, _) = read(vm, this)?;
    vm.tick(bytes.len())?;
    vm.reserve(bytes.len().saturating_mul(size_of::<Value<'_>>()))?;
    let items = bytes
        .into_iter()
        .map(|byte| Value::Integer(i64::from(byte)));
    finish(vm, this, args, items.collect())
}

fn each_byte<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    bytes(vm, this, args)
}

fn codepoints<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, kind) = read(vm, this)?;
    vm.tick(bytes.len())?;
    vm.reserve(bytes.len().saturating_mul(size_of::<Value<'_>>()))?;
    let mut items = Vec::new();
    for char in chars::chars(&bytes, kind) {
        match chars::code(char, kind) {
            Some(code) => items.push(Value::Integer(i64::from(code))),
            None => return encoding::invalid(vm, kind),
        }
    }
    finish(vm, this, args, items)
}

fn each_codepoint<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    codepoints(vm, this, args)
}
