//! Cutting a text in pieces: `split`.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Str, Value};
use super::super::matching::{Pattern, Subject};
use super::super::{Args, Row};
use super::{chars, encoding, own};

pub(super) const ROWS: &[Row] = &[Row::new(
    "split",
    0,
    split,
    "The pieces between blanks, texts or matches.",
)
.to(2)];

/// How many pieces there may be.
#[derive(Clone, Copy, PartialEq)]
enum Limit {
    /// Any number; empty ones at the end do not count.
    Trimmed,
    /// Any number.
    All,
    /// So many, the rest in the last.
    Most(usize),
}

/// Ranges of the pieces, in bytes.
type Pieces = Vec<std::ops::Range<usize>>;

fn split<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let limit = match args.get(1) {
        None => Limit::Trimmed,
        Some(limit) => match vm.long(limit)? {
            0 => Limit::Trimmed,
            most => usize::try_from(most).map_or(Limit::All, Limit::Most),
        },
    };
    let (pieces, bytes) = if limit == Limit::Most(1) {
        let whole = (!string.is_empty()).then_some(0..string.len());
        (whole.into_iter().collect(), string.bytes())
    } else {
        cut(vm, string, args.at(0), limit)?
    };
    let pieces = trimmed(pieces, limit);
    vm.tick(pieces.len())?;
    vm.reserve(pieces.len().saturating_mul(size_of::<Str<'_>>()))?;
    let mut items = Vec::with_capacity(pieces.len());
    for piece in pieces {
        let text = bytes.get(piece).unwrap_or_default().to_vec();
        let text = vm.str_like(string, text);
        match args.block {
            Some(block) => _ = vm.yield_value(block, text)?,
            None => items.push(text),
        }
    }
    match args.block {
        Some(_) => Ok(this),
        None => Ok(vm.array(items)),
    }
}

fn trimmed(mut pieces: Pieces, limit: Limit) -> Pieces {
    if limit == Limit::Trimmed {
        while pieces.last().is_some_and(std::ops::Range::is_empty) {
            pieces.pop();
        }
    }
    pieces
}

/// The pieces, and the bytes they are of.
fn cut<'h>(
    vm: &mut Vm<'h>,
    string: &'h Str<'h>,
    by: Value<'h>,
    limit: Limit,
) -> Res<'h, (Pieces, Vec<u8>)> {
    let kind = string.encoding.get();
    let pattern = match by {
        Value::Nil => None,
        by => Some(Pattern::of(vm, by)?),
    };
    if let Some(pattern @ Pattern::Regexp(_)) = pattern {
        return by_matches(vm, string, pattern, limit);
    }
    let bytes = string.bytes();
    vm.tick(bytes.len() / 16 + 1)?;
    if !chars::is_valid(&bytes, kind) {
        return encoding::invalid(vm, kind);
    }
    let pieces = match pattern {
        Some(Pattern::Text(text)) if !text.is(" ") => {
            super::compatible(vm, string, text)?;
            let separator = text.bytes();
            if separator.is_empty() {
                by_characters(vm, &bytes, kind, limit)?
            } else {
                by_text(vm, &bytes, &separator, limit)?
            }
        }
        _ => by_blanks(vm, &bytes, limit)?,
    };
    Ok((pieces, bytes))
}

/// Adds a piece; the strings they become must have room.
fn push<'h>(vm: &mut Vm<'h>, pieces: &mut Pieces, piece: std::ops::Range<usize>) -> Res<'h, ()> {
    vm.tick(1)?;
    pieces.push(piece);
    let each = size_of::<Str<'_>>() + size_of::<std::ops::Range<usize>>();
    vm.reserve(pieces.len().saturating_mul(each))
}

fn full(pieces: &Pieces, limit: Limit) -> bool {
    matches!(limit, Limit::Most(most) if pieces.len() + 1 >= most)
}

/// Whether the rest of the text is a piece, even an empty one.
fn push_rest(pieces: &mut Pieces, start: usize, end: usize, limit: Limit) {
    if end > 0 && (start < end || limit != Limit::Trimmed) {
        pieces.push(start..end);
    }
}

fn by_blanks<'h>(vm: &mut Vm<'h>, bytes: &[u8], limit: Limit) -> Res<'h, Pieces> {
    let mut pieces = Pieces::new();
    let mut at = skip(bytes, 0, true);
    while at < bytes.len() {
        if full(&pieces, limit) {
            pieces.push(at..bytes.len());
            return Ok(pieces);
        }
        let end = skip(bytes, at, false);
        push(vm, &mut pieces, at..end)?;
        at = skip(bytes, end, true);
        if at == bytes.len() && end < at && limit != Limit::Trimmed {
            pieces.push(at..at);
        }
    }
    Ok(pieces)
}

/// The first place behind blanks, or behind what is none.
fn skip(bytes: &[u8], from: usize, blanks: bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let other = |byte: &u8| chars::is_space(*byte) != blanks;
    from + rest.iter().position(other).unwrap_or(rest.len())
}

fn by_text<'h>(vm: &mut Vm<'h>, bytes: &[u8], separator: &[u8], limit: Limit) -> Res<'h, Pieces> {
    let mut pieces = Pieces::new();
    let mut start = 0;
    while !full(&pieces, limit)
        && let Some(found) = chars::find(bytes, separator, start)
    {
        push(vm, &mut pieces, start..found)?;
        start = found + separator.len();
    }
    push_rest(&mut pieces, start, bytes.len(), limit);
    Ok(pieces)
}

fn by_characters<'h>(
    vm: &mut Vm<'h>,
    bytes: &[u8],
    kind: Encoding,
    limit: Limit,
) -> Res<'h, Pieces> {
    let mut pieces = Pieces::new();
    let mut start = 0;
    for char in chars::chars(bytes, kind) {
        if full(&pieces, limit) {
            break;
        }
        push(vm, &mut pieces, start..start + char.len())?;
        start += char.len();
    }
    push_rest(&mut pieces, start, bytes.len(), limit);
    Ok(pieces)
}

/// Between matches, whose groups are pieces too. A match of nothing cuts behind each character.
fn by_matches<'h>(
    vm: &mut Vm<'h>,
    string: &'h Str<'h>,
    pattern: Pattern<'h>,
    limit: Limit,
) -> Res<'h, (Pieces, Vec<u8>)> {
    let subject = Subject::new(vm, string, pattern)?;
    let end = subject.bytes().len();
    let mut pieces = Pieces::new();
    let (mut begin, mut from, mut cuts) = (0, 0, 1);
    let mut empty_before = false;
    while !matches!(limit, Limit::Most(most) if cuts >= most)
        && let Some(found) = subject.search(vm, pattern, from)?
    {
        let whole = found.whole();
        if whole.is_empty() && whole.start == from {
            if end == 0 {
                pieces.push(0..0);
                break;
            }
            if !empty_before {
                from += subject.width(from);
                empty_before = true;
                continue;
            }
            pieces.push(begin..begin + subject.width(begin));
            begin = from;
        } else {
            pieces.push(begin..whole.start);
            begin = whole.end;
            from = whole.end;
        }
        empty_before = false;
        pieces.extend(found.groups().iter().skip(1).flatten().cloned());
        vm.reserve(pieces.len().saturating_mul(size_of::<Str<'_>>()))?;
        cuts += 1;
    }
    push_rest(&mut pieces, begin, end, limit);
    Ok((pieces, subject.bytes().to_vec()))
}
