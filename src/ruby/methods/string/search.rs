//! Finding texts and patterns.

use super::super::super::eval::Vm;
use super::super::super::regex::Captures;
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Str, Value};
use super::super::matching::{self, Pattern, Subject, as_regexp, from_end, leave, match_from};
use super::super::{Args, Row};
use super::slice::searchable;
use super::{chars, own};

pub(super) const ROWS: &[Row] = &[
    Row::new("=~", 1, match_index, "Where a pattern matches; sets `$~`."),
    Row::new("match", 1, find_match, "What a pattern matches; sets `$~`.").to(2),
    Row::new("match?", 1, is_match, "Whether a pattern matches.").to(2),
    Row::new("include?", 1, includes, "Whether a text is in it."),
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
    Row::new("index", 1, index, "Where a text or pattern is found first.").to(2),
    Row::new(
        "rindex",
        1,
        rindex,
        "Where a text or pattern is found last.",
    )
    .to(2),
    Row::new(
        "byteindex",
        1,
        byteindex,
        "The byte where it is found first.",
    )
    .to(2),
    Row::new(
        "byterindex",
        1,
        byterindex,
        "The byte where it is found last.",
    )
    .to(2),
    Row::new("scan", 1, scan, "All matches of a pattern."),
    Row::new(
        "partition",
        1,
        partition,
        "What is before, in and behind the first match.",
    ),
    Row::new(
        "rpartition",
        1,
        rpartition,
        "What is before, in and behind the last match.",
    ),
];

fn match_index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.at(0) {
        Value::Regexp(regexp) => {
            let string = own(vm, this)?;
            let found = match_from(vm, regexp, string, 0)?;
            Ok(found.map_or(Value::Nil, |found| {
                character(string, found.captures.whole().start)
            }))
        }
        Value::String(_) => vm.raise("TypeError", "type mismatch: String given"),
        other => vm.call_method(other, known::MATCH, &[this]),
    }
}

/// The index of the character at a byte.
fn character<'h>(string: &Str<'h>, byte: usize) -> Value<'h> {
    let index = string.with(|bytes| chars::index(bytes, string.encoding.get(), byte));
    Value::Integer(i64::try_from(index).unwrap_or(i64::MAX))
}

fn find_match<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let regexp = as_regexp(vm, args.at(0))?;
    super::super::regexp::match_with_block(vm, regexp, string, args)
}

fn is_match<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let regexp = as_regexp(vm, args.at(0))?;
    match matching::start(vm, string, args.get(1))? {
        Some(from) => Ok(Value::Bool(matching::matches(vm, regexp, string, from)?)),
        None => Ok(Value::Bool(false)),
    }
}

fn includes<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let wanted = vm.string(args.at(0))?;
    super::compatible(vm, string, wanted)?;
    vm.tick(string.len() / 64 + 1)?;
    let found = string.with(|text| wanted.with(|wanted| chars::find(text, wanted, 0)));
    Ok(Value::Bool(found.is_some()))
}

fn start_with<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    for wanted in args.values {
        if let Value::Regexp(regexp) = *wanted {
            let pattern = Pattern::Regexp(regexp);
            let mut subject = Subject::new(vm, string, pattern)?;
            let captures = subject.match_at(vm, regexp, 0)?;
            if leave(vm, &mut subject, pattern, captures)?.is_some() {
                return Ok(Value::Bool(true));
            }
            continue;
        }
        let wanted = vm.string(*wanted)?;
        if string.with(|text| wanted.with(|wanted| text.starts_with(wanted))) {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn end_with<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    for wanted in args.values {
        let wanted = vm.string(*wanted)?;
        if string.with(|text| wanted.with(|wanted| text.ends_with(wanted))) {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

/// What is searched by `index` and its sisters: patterns, and texts in their words.
fn wanted<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Pattern<'h>> {
    match value {
        Value::Regexp(regexp) => Ok(Pattern::Regexp(regexp)),
        other => vm.string(other).map(Pattern::Text),
    }
}

/// Sets `$~`, as methods do that search for a pattern but not for a text.
fn note<'h>(
    vm: &mut Vm<'h>,
    subject: &mut Subject<'h>,
    pattern: Pattern<'h>,
    found: Option<Captures>,
) -> Res<'h, Option<usize>> {
    let start = found.as_ref().map(|found| found.whole().start);
    if let Pattern::Regexp(_) = pattern {
        leave(vm, subject, pattern, found)?;
    }
    Ok(start)
}

fn index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let pattern = wanted(vm, args.at(0))?;
    let Some(from) = matching::start(vm, string, args.get(1))? else {
        note_none(vm, pattern);
        return Ok(Value::Nil);
    };
    let mut subject = Subject::new(vm, string, pattern)?;
    let found = subject.search(vm, pattern, from)?;
    let start = note(vm, &mut subject, pattern, found)?;
    Ok(start.map_or(Value::Nil, |start| character(string, start)))
}

fn note_none<'h>(vm: &mut Vm<'h>, pattern: Pattern<'h>) {
    if let Pattern::Regexp(_) = pattern {
        vm.set_last_match(Value::Nil);
    }
}

fn rindex<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let pattern = wanted(vm, args.at(0))?;
    let encoding = string.encoding.get();
    let count = string.with(|bytes| chars::count(bytes, encoding));
    let from = match args.get(1) {
        Some(index) => from_end(vm.long(index)?, count),
        None => Some(count),
    };
    let Some(from) = from else {
        note_none(vm, pattern);
        return Ok(Value::Nil);
    };
    let from = string.with(|bytes| chars::offset(bytes, encoding, from));
    let mut subject = Subject::new(vm, string, pattern)?;
    let found = subject.rsearch(vm, pattern, from.unwrap_or(string.len()))?;
    let start = note(vm, &mut subject, pattern, found)?;
    Ok(start.map_or(Value::Nil, |start| character(string, start)))
}

/// The byte a search by bytes starts at; `None` outside of the string.
fn byte_start<'h>(vm: &mut Vm<'h>, string: &'h Str<'h>, at: Value<'h>) -> Res<'h, Option<usize>> {
    let at = vm.long(at)?;
    let Some(place) = from_end(at, string.len()) else {
        return Ok(None);
    };
    let inside = string.encoding.get() == super::super::super::value::Encoding::Utf8
        && string.with(|bytes| {
            bytes
                .get(place)
                .is_some_and(|byte| (0x80..0xc0).contains(byte))
        });
    if inside {
        return vm.raise(
            "IndexError",
            format!("offset {at} does not land on character boundary"),
        );
    }
    Ok(Some(place))
}

fn byteindex<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let pattern = wanted(vm, args.at(0))?;
    let at = args.get(1).unwrap_or(Value::Integer(0));
    let from = byte_start(vm, string, at)?.filter(|from| *from <= string.len());
    let Some(from) = from else {
        note_none(vm, pattern);
        return Ok(Value::Nil);
    };
    let mut subject = Subject::new(vm, string, pattern)?;
    let found = subject.search(vm, pattern, from)?;
    let start = note(vm, &mut subject, pattern, found)?;
    Ok(match start {
        Some(start) => vm.count(start),
        None => Value::Nil,
    })
}

fn byterindex<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let pattern = wanted(vm, args.at(0))?;
    let from = match args.get(1) {
        Some(at) => byte_start(vm, string, at)?,
        None => Some(string.len()),
    };
    let Some(from) = from else {
        note_none(vm, pattern);
        return Ok(Value::Nil);
    };
    let mut subject = Subject::new(vm, string, pattern)?;
    let found = subject.rsearch(vm, pattern, from)?;
    let start = note(vm, &mut subject, pattern, found)?;
    Ok(match start {
        Some(start) => vm.count(start),
        None => Value::Nil,
    })
}

fn scan<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (pattern, mut subject) = searchable(vm, this, args.at(0))?;
    let mut items = Vec::new();
    let mut from = 0;
    let mut last = None;
    while let Some(found) = subject.search(vm, pattern, from)? {
        let whole = found.whole();
        from = whole.end;
        if whole.is_empty() {
            from += subject.width(whole.end);
        }
        let item = scanned(vm, &subject, &found);
        match args.block {
            Some(block) => {
                leave(vm, &mut subject, pattern, Some(found.clone()))?;
                vm.yield_value(block, item)?;
            }
            None => items.push(item),
        }
        last = Some(found);
    }
    leave(vm, &mut subject, pattern, last)?;
    match args.block {
        Some(_) => Ok(this),
        None => Ok(vm.array(items)),
    }
}

/// What `scan` gives for a match: its text, or the list of its groups.
fn scanned<'h>(vm: &mut Vm<'h>, subject: &Subject<'h>, found: &Captures) -> Value<'h> {
    let Some((_, groups)) = found
        .groups()
        .split_first()
        .filter(|(_, groups)| !groups.is_empty())
    else {
        return subject.part(vm, found.whole());
    };
    let mut texts = Vec::with_capacity(groups.len());
    for group in groups {
        texts.push(match group {
            Some(range) => subject.part(vm, range.clone()),
            None => Value::Nil,
        });
    }
    vm.array(texts)
}

/// Three parts of a text: before, in and behind a match.
fn parts<'h>(vm: &mut Vm<'h>, subject: &Subject<'h>, whole: std::ops::Range<usize>) -> Value<'h> {
    let end = subject.bytes().len();
    let before = subject.part(vm, 0..whole.start);
    let behind = whole.end..end;
    let found = subject.part(vm, whole);
    let behind = subject.part(vm, behind);
    vm.array(vec![before, found, behind])
}

fn partition<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (pattern, mut subject) = searchable(vm, this, args.at(0))?;
    let found = subject.search(vm, pattern, 0)?;
    let whole = found.as_ref().map(Captures::whole);
    note(vm, &mut subject, pattern, found)?;
    let end = subject.bytes().len();
    Ok(parts(vm, &subject, whole.unwrap_or(end..end)))
}

fn rpartition<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (pattern, mut subject) = searchable(vm, this, args.at(0))?;
    let end = subject.bytes().len();
    let found = subject.rsearch(vm, pattern, end)?;
    let whole = found.as_ref().map(Captures::whole);
    note(vm, &mut subject, pattern, found)?;
    Ok(parts(vm, &subject, whole.unwrap_or(0..0)))
}
