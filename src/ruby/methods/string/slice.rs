//! Parts of strings by index, range, text and pattern.

use super::super::super::eval::Vm;
use super::super::super::regex::Captures;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Range, RegexpObject, Str, Value};
use super::super::matching::{self, Pattern, Subject, from_end};
use super::super::{Args, Row};
use super::{assign, changeable, chars, compatible, own};

pub(super) const ROWS: &[Row] = &[
    Row::new("[]", 1, index, "A part, or nil.").to(2),
    Row::new("slice", 1, index, "A part, or nil.").to(2),
    Row::new(
        "[]=",
        2,
        set_index,
        "Puts another text in the place of a part.",
    )
    .to(3),
    Row::new("slice!", 1, cut, "Takes a part out and returns it.").to(2),
    Row::new("byteslice", 1, byteslice, "A part by bytes.").to(2),
    Row::new("getbyte", 1, getbyte, "The byte at an index."),
    Row::new("setbyte", 2, setbyte, "Sets the byte at an index."),
    Row::new("chr", 0, chr, "The first character."),
    Row::new("ord", 0, ord, "The code point of the first character."),
];

/// What an index stands for.
enum Place {
    /// Nothing: the answer is nil.
    None,
    /// Bytes.
    Bytes(usize, usize),
}

/// Start and length of a part of `count` things; `None` where there is none.
fn span(start: i64, length: i64, count: usize) -> Option<(usize, usize)> {
    let start = from_end(start, count).filter(|start| *start <= count)?;
    let length = usize::try_from(length).ok()?.min(count - start);
    Some((start, length))
}

/// Start and length of a range in `count` things; `None` when it starts outside.
fn range_span<'h>(
    vm: &mut Vm<'h>,
    range: &Range<'h>,
    count: usize,
) -> Res<'h, Option<(usize, usize)>> {
    let first = match range.first {
        Value::Nil => 0,
        first => vm.long(first)?,
    };
    let (last, exclusive) = match range.last {
        Value::Nil => (-1, false),
        last => (vm.long(last)?, range.exclusive),
    };
    let Some(first) = from_end(first, count).filter(|first| *first <= count) else {
        return Ok(None);
    };
    let end = from_end(last, count).map_or(0, |last| last.saturating_add(usize::from(!exclusive)));
    Ok(Some((first, end.min(count).saturating_sub(first))))
}

/// Bytes of a part that is given in characters.
fn in_bytes(bytes: &[u8], encoding: Encoding, (start, length): (usize, usize)) -> (usize, usize) {
    let first = chars::offset(bytes, encoding, start).unwrap_or(bytes.len());
    let rest = bytes.get(first..).unwrap_or_default();
    let length = chars::offset(rest, encoding, length).unwrap_or(rest.len());
    (first, length)
}

/// The place that the arguments of `[]` mean.
fn place<'h>(vm: &mut Vm<'h>, string: &'h Str<'h>, args: &Args<'_, 'h>) -> Res<'h, Place> {
    let encoding = string.encoding.get();
    vm.tick(string.len() / 64 + 1)?;
    let count = string.with(|bytes| chars::count(bytes, encoding));
    let part = match (args.at(0), args.get(1)) {
        (Value::Regexp(regexp), group) => return matched(vm, string, regexp, group),
        (first, Some(length)) => {
            let (first, length) = (vm.long(first)?, vm.long(length)?);
            span(first, length, count)
        }
        (Value::String(wanted), None) => {
            let found = string.with(|text| wanted.with(|wanted| chars::find(text, wanted, 0)));
            return Ok(found.map_or(Place::None, |start| Place::Bytes(start, wanted.len())));
        }
        (Value::Range(range), None) => range_span(vm, range, count)?,
        (index, None) => {
            let index = vm.long(index)?;
            span(index, 1, count).filter(|(_, length)| *length > 0)
        }
    };
    Ok(match part {
        None => Place::None,
        Some(part) => {
            let (start, length) = string.with(|bytes| in_bytes(bytes, encoding, part));
            Place::Bytes(start, length)
        }
    })
}

fn matched<'h>(
    vm: &mut Vm<'h>,
    string: &'h Str<'h>,
    regexp: &'h RegexpObject,
    group: Option<Value<'h>>,
) -> Res<'h, Place> {
    let Some(found) = matching::match_from(vm, regexp, string, 0)? else {
        return Ok(Place::None);
    };
    let number = match group {
        None => Some(0),
        Some(group) => matching::group_number(vm, &regexp.regex, &found.captures, group)?,
    };
    let range = number.and_then(|number| found.captures.get(number));
    Ok(range.map_or(Place::None, |range| Place::Bytes(range.start, range.len())))
}

fn part<'h>(vm: &mut Vm<'h>, string: &'h Str<'h>, start: usize, length: usize) -> Value<'h> {
    let end = start.saturating_add(length);
    let bytes = string.with(|bytes| bytes.get(start..end).unwrap_or_default().to_vec());
    vm.str_like(string, bytes)
}

fn index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    Ok(match place(vm, string, args)? {
        Place::None => Value::Nil,
        Place::Bytes(start, length) => part(vm, string, start, length),
    })
}

/// Puts a text in the place of bytes.
fn put<'h>(
    vm: &mut Vm<'h>,
    string: &'h Str<'h>,
    (start, length): (usize, usize),
    text: &'h Str<'h>,
) -> Res<'h, ()> {
    let encoding = compatible(vm, string, text)?;
    let old = string.bytes();
    let mut new = old.get(..start).unwrap_or(&old).to_vec();
    text.with(|text| new.extend_from_slice(text));
    new.extend_from_slice(old.get(start.saturating_add(length)..).unwrap_or_default());
    assign(vm, string, new)?;
    string.encoding.set(encoding);
    Ok(())
}

/// Puts a text in the place of characters.
///
/// # Errors
///
/// IndexError for a start outside of the string and a negative length.
pub(super) fn splice<'h>(
    vm: &mut Vm<'h>,
    string: &'h Str<'h>,
    start: i64,
    length: i64,
    text: &'h Str<'h>,
) -> Res<'h, ()> {
    if length < 0 {
        return vm.raise("IndexError", format!("negative length {length}"));
    }
    let encoding = string.encoding.get();
    vm.tick(string.len() / 64 + 1)?;
    let count = string.with(|bytes| chars::count(bytes, encoding));
    let Some(part) = span(start, length, count) else {
        return vm.raise("IndexError", format!("index {start} out of string"));
    };
    let place = string.with(|bytes| in_bytes(bytes, encoding, part));
    put(vm, string, place, text)
}

fn set_index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = changeable(vm, this)?;
    let Some((value, places)) = args.values.split_last() else {
        return Ok(Value::Nil);
    };
    let value = *value;
    match (places, value) {
        ([Value::Regexp(regexp)], _) => set_matched(vm, string, regexp, None, value)?,
        ([Value::Regexp(regexp), group], _) => {
            set_matched(vm, string, regexp, Some(*group), value)?;
        }
        ([start, length], _) => {
            let (start, length) = (vm.long(*start)?, vm.long(*length)?);
            let text = vm.string(value)?;
            splice(vm, string, start, length, text)?;
        }
        ([Value::String(wanted)], _) => {
            let found = string.with(|text| wanted.with(|wanted| chars::find(text, wanted, 0)));
            let Some(start) = found else {
                return vm.raise("IndexError", "string not matched");
            };
            let text = vm.string(value)?;
            put(vm, string, (start, wanted.len()), text)?;
        }
        ([Value::Range(range)], _) => set_range(vm, string, range, value)?,
        ([index, ..], _) => set_character(vm, string, *index, value)?,
        ([], _) => {}
    }
    Ok(value)
}

fn set_character<'h>(
    vm: &mut Vm<'h>,
    string: &'h Str<'h>,
    index: Value<'h>,
    value: Value<'h>,
) -> Res<'h, ()> {
    let index = vm.long(index)?;
    let text = vm.string(value)?;
    splice(vm, string, index, 1, text)
}

fn set_range<'h>(
    vm: &mut Vm<'h>,
    string: &'h Str<'h>,
    range: &'h Range<'h>,
    value: Value<'h>,
) -> Res<'h, ()> {
    let encoding = string.encoding.get();
    let count = string.with(|bytes| chars::count(bytes, encoding));
    let Some(part) = range_span(vm, range, count)? else {
        let shown = vm.inspect(Value::Range(range))?;
        return vm.raise("RangeError", format!("{shown} out of range"));
    };
    let text = vm.string(value)?;
    let place = string.with(|bytes| in_bytes(bytes, encoding, part));
    put(vm, string, place, text)
}

fn set_matched<'h>(
    vm: &mut Vm<'h>,
    string: &'h Str<'h>,
    regexp: &'h RegexpObject,
    group: Option<Value<'h>>,
    value: Value<'h>,
) -> Res<'h, ()> {
    let Some(found) = matching::match_from(vm, regexp, string, 0)? else {
        return vm.raise("IndexError", "regexp not matched");
    };
    let range = match group {
        None => found.captures.whole(),
        Some(group) => group_range(vm, regexp, &found.captures, group)?,
    };
    let text = vm.string(value)?;
    put(vm, string, (range.start, range.len()), text)
}

fn group_range<'h>(
    vm: &mut Vm<'h>,
    regexp: &'h RegexpObject,
    captures: &Captures,
    group: Value<'h>,
) -> Res<'h, std::ops::Range<usize>> {
    let Some(number) = matching::group_number(vm, &regexp.regex, captures, group)? else {
        let number = vm.long(group)?;
        return vm.raise("IndexError", format!("index {number} out of regexp"));
    };
    match captures.get(number) {
        Some(range) => Ok(range),
        None => vm.raise("IndexError", format!("regexp group {number} not matched")),
    }
}

fn cut<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = changeable(vm, this)?;
    match place(vm, string, args)? {
        Place::None => Ok(Value::Nil),
        Place::Bytes(start, length) => {
            let taken = part(vm, string, start, length);
            let end = start.saturating_add(length);
            string.change(|bytes| {
                if end <= bytes.len() {
                    bytes.drain(start..end);
                }
            });
            Ok(taken)
        }
    }
}

fn byteslice<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let count = string.len();
    let found = match (args.at(0), args.get(1)) {
        (first, Some(length)) => {
            let (first, length) = (vm.long(first)?, vm.long(length)?);
            span(first, length, count)
        }
        (Value::Range(range), None) => range_span(vm, range, count)?,
        (index, None) => {
            let index = vm.long(index)?;
            span(index, 1, count).filter(|(_, length)| *length > 0)
        }
    };
    Ok(found.map_or(Value::Nil, |(start, length)| {
        part(vm, string, start, length)
    }))
}

fn getbyte<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let index = vm.long(args.at(0))?;
    let byte = from_end(index, string.len())
        .and_then(|index| string.with(|bytes| bytes.get(index).copied()));
    Ok(byte.map_or(Value::Nil, |byte| Value::Integer(i64::from(byte))))
}

fn setbyte<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = changeable(vm, this)?;
    let (index, byte) = (vm.long(args.at(0))?, vm.long(args.at(1))?);
    let place = from_end(index, string.len());
    let done = string.change(|bytes| {
        let place = bytes.get_mut(place?)?;
        *place = byte.to_le_bytes()[0];
        Some(())
    });
    match done {
        Some(()) => Ok(args.at(1)),
        None => vm.raise("IndexError", format!("index {index} out of string")),
    }
}

/// The bytes of the first character.
fn first<'h>(string: &'h Str<'h>) -> Vec<u8> {
    let encoding = string.encoding.get();
    string.with(|bytes| {
        let first = bytes.get(..chars::width(bytes, encoding));
        first.unwrap_or_default().to_vec()
    })
}

fn chr<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    Ok(vm.str_like(string, first(string)))
}

fn ord<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let encoding = string.encoding.get();
    let first = first(string);
    if first.is_empty() {
        return vm.raise("ArgumentError", "empty string");
    }
    match chars::code(&first, encoding) {
        Some(code) => Ok(Value::Integer(i64::from(code))),
        None => super::encoding::invalid(vm, encoding),
    }
}

/// Prepares a walk over matches of a value that is a pattern or a text.
pub(super) fn searchable<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    value: Value<'h>,
) -> Res<'h, (Pattern<'h>, Subject<'h>)> {
    let string = own(vm, this)?;
    let pattern = Pattern::of(vm, value)?;
    Ok((pattern, Subject::new(vm, string, pattern)?))
}
