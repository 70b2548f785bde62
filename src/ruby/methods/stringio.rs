//! `StringIO`: reading and writing a string as if it were a file.

use std::cell::RefCell;

use super::super::class::Class;
use super::super::eval::Vm;
use super::super::unwind::Res;
use super::super::value::{Data, Encoding, Str, Value};
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[ClassDefinition::class("StringIO", "Object")
    .includes(&["Enumerable"])
    .class_methods(&[CLASS_METHODS])
    .methods(&[READING, WRITING, PLACE])
    .missing(
        &[
            "binmode",
            "each_codepoint",
            "external_encoding",
            "fcntl",
            "fileno",
            "internal_encoding",
            "pid",
            "pread",
            "reopen",
            "set_encoding",
            "set_encoding_by_bom",
            "read_nonblock",
            "readpartial",
            "sysread",
            "syswrite",
            "write_nonblock",
            "ungetbyte",
        ],
        &[],
    )];

const CLASS_METHODS: &[Row] = &[
    Row::new("new", 0, new, "A string to be read and written.").to(2),
    Row::new("open", 0, open, "Hands a new one to the block.").to(2),
];

const READING: &[Row] = &[
    Row::new("read", 0, read, "The rest, or so many bytes.").to(2),
    Row::new("gets", 0, gets, "The next line.")
        .to(2)
        .keywords(&["chomp"]),
    Row::new(
        "readline",
        0,
        readline,
        "The next line, which must be there.",
    )
    .to(2)
    .keywords(&["chomp"]),
    Row::new("readlines", 0, readlines, "All lines that are left.")
        .to(2)
        .keywords(&["chomp"]),
    Row::new("each", 0, each, "Runs the block with each line.")
        .to(2)
        .keywords(&["chomp"])
        .enumerates(),
    Row::new("each_line", 0, each, "Runs the block with each line.")
        .to(2)
        .keywords(&["chomp"])
        .enumerates(),
    Row::new("getc", 0, getc, "The next character."),
    Row::new(
        "readchar",
        0,
        readchar,
        "The next character, which must be there.",
    ),
    Row::new("getbyte", 0, getbyte, "The next byte."),
    Row::new(
        "readbyte",
        0,
        readbyte,
        "The next byte, which must be there.",
    ),
    Row::new(
        "each_char",
        0,
        each_char,
        "Runs the block with each character.",
    )
    .enumerates(),
    Row::new("each_byte", 0, each_byte, "Runs the block with each byte.").enumerates(),
    Row::new("ungetc", 1, ungetc, "Puts a character back in front."),
    Row::new("eof?", 0, is_at_end, "Whether nothing is left."),
    Row::new("eof", 0, is_at_end, "Whether nothing is left."),
];

const WRITING: &[Row] = &[
    Row::new(
        "write",
        0,
        write,
        "Writes texts; returns the number of bytes.",
    )
    .rest(),
    Row::new("<<", 1, append, "Writes a text; returns itself."),
    Row::new("print", 0, print, "Writes texts.").rest(),
    Row::new("puts", 0, puts, "Writes lines.").rest(),
    Row::new("printf", 1, printf, "Writes a formatted text.").rest(),
    Row::new("putc", 1, putc, "Writes a character."),
    Row::new(
        "truncate",
        1,
        truncate,
        "Makes the string so many bytes long.",
    ),
];

const PLACE: &[Row] = &[
    Row::new("string", 0, string, "The string."),
    Row::new("string=", 1, set_string, "Begins anew with another string."),
    Row::new("pos", 0, pos, "The place in bytes."),
    Row::new("tell", 0, pos, "The place in bytes."),
    Row::new("pos=", 1, set_pos, "Goes to a place."),
    Row::new("seek", 1, seek, "Goes to a place.").to(2),
    Row::new("rewind", 0, rewind, "Goes to the start."),
    Row::new("lineno", 0, lineno, "Number of lines that were read."),
    Row::new("lineno=", 1, set_lineno, "Counts on from there."),
    Row::new("size", 0, size, "Bytes of the string."),
    Row::new("length", 0, size, "Bytes of the string."),
    Row::new("close", 0, close, "Neither reads nor writes any more."),
    Row::new("close_read", 0, close_read, "Reads no more."),
    Row::new("close_write", 0, close_write, "Writes no more."),
    Row::new(
        "closed?",
        0,
        is_closed,
        "Whether it neither reads nor writes.",
    ),
    Row::new(
        "closed_read?",
        0,
        is_closed_read,
        "Whether it reads no more.",
    ),
    Row::new(
        "closed_write?",
        0,
        is_closed_write,
        "Whether it writes no more.",
    ),
    Row::new("flush", 0, itself, "Itself."),
    Row::new("fsync", 0, zero, "Zero."),
    Row::new("sync", 0, yes, "True."),
    Row::new("sync=", 1, given, "What was given."),
    Row::new("tty?", 0, no, "False."),
    Row::new("isatty", 0, no, "False."),
];

/// Where it is; the string itself is a slot of its own.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    at: usize,
    lines: i64,
    reads: bool,
    writes: bool,
    appends: bool,
}

/// Slots: the string, and an object that holds the cursor.
fn parts<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, (Option<&'h Str<'h>>, Cursor)> {
    let Value::Object(object) = this else {
        return vm.unsupported("a StringIO without a string");
    };
    let text = match object.slot(0) {
        Value::String(text) => Some(text),
        _ => None,
    };
    let cursor = match object.slot(1) {
        Value::Object(holder) => holder.with(|cursor: &mut Cursor| *cursor),
        _ => None,
    };
    match cursor {
        Some(cursor) => Ok((text, cursor)),
        None => vm.raise("IOError", "uninitialized stream"),
    }
}

fn change(this: Value<'_>, change: impl FnOnce(&mut Cursor)) {
    if let Value::Object(object) = this
        && let Value::Object(holder) = object.slot(1)
    {
        holder.with(change);
    }
}

fn readable<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, (Option<&'h Str<'h>>, Cursor)> {
    let found = parts(vm, this)?;
    if found.1.reads {
        return Ok(found);
    }
    vm.raise("IOError", "not opened for reading")
}

fn writable<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, (Option<&'h Str<'h>>, Cursor)> {
    let found = parts(vm, this)?;
    if found.1.writes {
        return Ok(found);
    }
    vm.raise("IOError", "not opened for writing")
}

fn make<'h>(vm: &mut Vm<'h>, class: &'h Class<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = match args.get(0) {
        None => vm.str(""),
        Some(Value::Nil) => Value::Nil,
        Some(value) => Value::String(vm.string(value)?),
    };
    let frozen = matches!(text, Value::String(text) if text.frozen.get());
    let mut cursor = Cursor {
        at: 0,
        lines: 0,
        reads: true,
        writes: !frozen,
        appends: false,
    };
    if let Some(mode) = args.get(1) {
        let Value::String(mode) = mode else {
            return vm.unsupported("StringIO with a mode that is a number");
        };
        let mode = mode.text();
        let plus = mode.contains('+');
        cursor.reads = mode.starts_with('r') || plus;
        cursor.writes = !mode.starts_with('r') || plus;
        cursor.appends = mode.starts_with('a');
        if cursor.writes && frozen {
            return vm.raise("Errno::EACCES", "Permission denied");
        }
        if mode.starts_with('w')
            && let Value::String(text) = text
        {
            text.change(Vec::clear);
        }
    }
    let holder = vm.class_named("Object");
    let holder = vm.object(holder, Data::Opaque(RefCell::new(Box::new(cursor))));
    let data = Data::Slots(vec![text, Value::Object(holder)].into());
    Ok(Value::Object(vm.object(class, data)))
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(class) = this else {
        return Ok(Value::Nil);
    };
    make(vm, class, args)
}

fn open<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let made = new(vm, this, args)?;
    match args.block {
        Some(block) => vm.yield_value(block, made),
        None => Ok(made),
    }
}

fn rest_of(text: Option<&Str<'_>>, at: usize) -> Vec<u8> {
    let rest = text.map(|text| text.with(|bytes| bytes.get(at..).unwrap_or_default().to_vec()));
    rest.unwrap_or_default()
}

fn encoding_of(text: Option<&Str<'_>>) -> Encoding {
    text.map_or(Encoding::Utf8, |text| text.encoding.get())
}

fn read<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.len() > 1 {
        return vm.unsupported("StringIO#read into a buffer");
    }
    let (text, cursor) = readable(vm, this)?;
    if text.is_none() {
        return Ok(Value::Nil);
    }
    let mut bytes = rest_of(text, cursor.at);
    vm.grow(bytes.len())?;
    let mut encoding = encoding_of(text);
    if !args.at(0).is_nil() {
        let count = vm.long(args.at(0))?;
        let Ok(count) = usize::try_from(count) else {
            let message = format!("negative length {count} given");
            return vm.raise("ArgumentError", message);
        };
        if bytes.is_empty() && count > 0 {
            return Ok(Value::Nil);
        }
        bytes.truncate(count);
        encoding = Encoding::Binary;
    }
    let length = bytes.len();
    change(this, |cursor| cursor.at = cursor.at.saturating_add(length));
    Ok(vm.bytes(bytes, encoding))
}

/// How lines end.
struct Lines {
    /// `None`: nowhere. Empty: behind empty lines.
    separator: Option<Vec<u8>>,
    limit: Option<usize>,
    chomp: bool,
}

impl Lines {
    fn new<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, Self> {
        let mut lines = Self {
            separator: Some(b"\n".to_vec()),
            limit: None,
            chomp: args.keyword(vm, "chomp").is_some_and(Value::truthy),
        };
        let mut values = args.values.iter().copied();
        let first = values.next();
        let limit = match first {
            None => None,
            Some(Value::Nil) => {
                lines.separator = None;
                values.next()
            }
            Some(Value::String(separator)) => {
                lines.separator = Some(separator.bytes());
                values.next()
            }
            Some(limit) => Some(limit),
        };
        if let Some(limit) = limit.filter(|limit| !limit.is_nil()) {
            lines.limit = usize::try_from(vm.long(limit)?).ok();
        }
        Ok(lines)
    }

    /// The first line of some bytes: how many it takes, and what it is without what `chomp` drops.
    fn first(&self, rest: &[u8]) -> (usize, usize) {
        let Some(separator) = &self.separator else {
            let end = self.limited(rest, rest.len());
            return (end, end);
        };
        let paragraph = separator.is_empty();
        let wanted: &[u8] = if paragraph { b"\n\n" } else { separator };
        let found = rest
            .windows(wanted.len())
            .position(|window| window == wanted);
        let mut end = found.map_or(rest.len(), |at| at + wanted.len());
        if paragraph && found.is_some() {
            end += rest
                .iter()
                .skip(end)
                .take_while(|byte| **byte == b'\n')
                .count();
        }
        let end = self.limited(rest, end);
        let line = rest.get(..end).unwrap_or_default();
        let kept = match (self.chomp, line.strip_suffix(wanted)) {
            (true, Some(kept)) if wanted == b"\n" => kept.strip_suffix(b"\r").unwrap_or(kept).len(),
            (true, Some(kept)) => kept.len(),
            _ => end,
        };
        (end, kept)
    }

    /// No more than the limit, but whole characters.
    fn limited(&self, rest: &[u8], end: usize) -> usize {
        let Some(limit) = self.limit.filter(|limit| *limit < end) else {
            return end;
        };
        let continues = |byte: &&u8| **byte & 0xc0 == 0x80;
        limit
            + rest
                .iter()
                .skip(limit)
                .take(3)
                .take_while(continues)
                .count()
    }
}

fn next_line<'h>(vm: &mut Vm<'h>, this: Value<'h>, lines: &Lines) -> Res<'h> {
    let (text, cursor) = readable(vm, this)?;
    vm.tick(1)?;
    let Some(string) = text else {
        return Ok(Value::Nil);
    };
    if lines.limit == Some(0) {
        return Ok(vm.str(""));
    }
    let found = string.with(|bytes| {
        let rest = bytes.get(cursor.at..).unwrap_or_default();
        let skipped = match &lines.separator {
            Some(separator) if separator.is_empty() => {
                rest.iter().take_while(|byte| **byte == b'\n').count()
            }
            _ => 0,
        };
        let rest = rest.get(skipped..).unwrap_or_default();
        let (end, kept) = lines.first(rest);
        let line = rest.get(..kept).unwrap_or_default().to_vec();
        (end > 0).then_some((skipped + end, line))
    });
    let Some((end, line)) = found else {
        return Ok(Value::Nil);
    };
    vm.tick(line.len() / 64)?;
    change(this, |cursor| {
        cursor.at = cursor.at.saturating_add(end);
        cursor.lines = cursor.lines.saturating_add(1);
    });
    Ok(vm.bytes(line, encoding_of(text)))
}

fn gets<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let lines = Lines::new(vm, args)?;
    next_line(vm, this, &lines)
}

fn end_of_file<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h> {
    if value.is_nil() {
        return vm.raise("EOFError", "end of file reached");
    }
    Ok(value)
}

fn readline<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let line = gets(vm, this, args)?;
    end_of_file(vm, line)
}

fn checked_lines<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>, name: &str) -> Res<'h, Lines> {
    let lines = Lines::new(vm, args)?;
    if lines.limit == Some(0) {
        return vm.raise("ArgumentError", format!("invalid limit: 0 for {name}"));
    }
    Ok(lines)
}

fn readlines<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let lines = checked_lines(vm, args, "readlines")?;
    let mut found = Vec::new();
    loop {
        let line = next_line(vm, this, &lines)?;
        if line.is_nil() {
            return Ok(vm.array(found));
        }
        found.push(line);
    }
}

fn each<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let lines = checked_lines(vm, args, "each_line")?;
    loop {
        let line = next_line(vm, this, &lines)?;
        if line.is_nil() {
            return Ok(this);
        }
        vm.yield_value(block, line)?;
    }
}

fn getc<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (text, cursor) = readable(vm, this)?;
    vm.tick(1)?;
    let encoding = encoding_of(text);
    let character = text.and_then(|text| {
        text.with(|bytes| {
            let rest = bytes.get(cursor.at..)?;
            let length = first_character(rest, encoding);
            rest.get(..length).map(<[u8]>::to_vec)
        })
    });
    let Some(character) = character.filter(|character| !character.is_empty()) else {
        return Ok(Value::Nil);
    };
    let length = character.len();
    change(this, |cursor| cursor.at = cursor.at.saturating_add(length));
    Ok(vm.bytes(character, encoding))
}

/// Bytes of the first character; one where it is no UTF-8.
fn first_character(rest: &[u8], encoding: Encoding) -> usize {
    let Some(first) = rest.first() else { return 0 };
    let width = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let valid = rest
        .get(..width)
        .is_some_and(|bytes| std::str::from_utf8(bytes).is_ok());
    if valid && encoding == Encoding::Utf8 {
        width
    } else {
        1
    }
}

fn readchar<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let character = getc(vm, this, args)?;
    end_of_file(vm, character)
}

fn getbyte<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (text, cursor) = readable(vm, this)?;
    vm.tick(1)?;
    let byte = text.and_then(|text| text.with(|bytes| bytes.get(cursor.at).copied()));
    let Some(byte) = byte else {
        return Ok(Value::Nil);
    };
    change(this, |cursor| cursor.at = cursor.at.saturating_add(1));
    Ok(Value::Integer(byte.into()))
}

fn readbyte<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let byte = getbyte(vm, this, args)?;
    end_of_file(vm, byte)
}

fn each_char<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    loop {
        let character = getc(vm, this, args)?;
        if character.is_nil() {
            return Ok(this);
        }
        vm.yield_value(block, character)?;
    }
}

fn each_byte<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    loop {
        let byte = getbyte(vm, this, args)?;
        if byte.is_nil() {
            return Ok(this);
        }
        vm.yield_value(block, byte)?;
    }
}

fn ungetc<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (text, cursor) = readable(vm, this)?;
    let Value::String(character) = args.at(0) else {
        return match args.at(0) {
            Value::Nil => Ok(Value::Nil),
            _ => vm.unsupported("StringIO#ungetc of a number"),
        };
    };
    let bytes = character.bytes();
    let before = cursor.at.checked_sub(bytes.len());
    let same = before.is_some_and(|before| {
        text.is_some_and(|text| text.with(|all| all.get(before..cursor.at) == Some(&bytes)))
    });
    match before {
        Some(before) if same => {
            change(this, |cursor| cursor.at = before);
            Ok(Value::Nil)
        }
        _ => vm.unsupported("StringIO#ungetc of another character than the one before"),
    }
}

fn is_at_end<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (text, cursor) = readable(vm, this)?;
    Ok(Value::Bool(text.is_none_or(|text| cursor.at >= text.len())))
}

/// Writes bytes where it is; a gap behind the end is filled with zeros.
fn put<'h>(vm: &mut Vm<'h>, this: Value<'h>, bytes: &[u8]) -> Res<'h, ()> {
    let (text, cursor) = writable(vm, this)?;
    let Some(text) = text else { return Ok(()) };
    if text.frozen.get() {
        return vm.raise("IOError", "not modifiable string");
    }
    let at = if cursor.appends {
        text.len()
    } else {
        cursor.at
    };
    if bytes.is_empty() {
        return Ok(());
    }
    let end = at.saturating_add(bytes.len());
    vm.tick(bytes.len() / 64 + 1)?;
    vm.grow(end.saturating_sub(text.len()))?;
    text.change(|all| {
        if all.len() < end {
            all.resize(end, 0);
        }
        if let Some(place) = all.get_mut(at..end) {
            place.copy_from_slice(bytes);
        }
    });
    change(this, |cursor| cursor.at = end);
    Ok(())
}

fn put_value<'h>(vm: &mut Vm<'h>, this: Value<'h>, value: Value<'h>) -> Res<'h, usize> {
    let Value::String(text) = vm.to_s(value)? else {
        return Ok(0);
    };
    let bytes = text.bytes();
    put(vm, this, &bytes)?;
    Ok(bytes.len())
}

fn write<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    writable(vm, this)?;
    let mut count = 0;
    for value in args.values {
        count += put_value(vm, this, *value)?;
    }
    Ok(vm.count(count))
}

fn append<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    put_value(vm, this, args.at(0))?;
    Ok(this)
}

fn print<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    for value in args.values {
        put_value(vm, this, *value)?;
    }
    Ok(Value::Nil)
}

fn puts<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.is_empty() {
        put(vm, this, b"\n")?;
    }
    for value in args.values {
        put_line(vm, this, *value)?;
    }
    Ok(Value::Nil)
}

fn put_line<'h>(vm: &mut Vm<'h>, this: Value<'h>, value: Value<'h>) -> Res<'h, ()> {
    if let Value::Array(list) = value {
        if vm.printing.contains(&value.identity()) {
            return put(vm, this, b"[...]\n");
        }
        vm.printing.push(value.identity());
        let result = list
            .to_vec()
            .into_iter()
            .try_for_each(|item| vm.deeper(|vm| put_line(vm, this, item)));
        vm.printing.pop();
        return result;
    }
    let Value::String(text) = vm.to_s(value)? else {
        return Ok(());
    };
    let mut bytes = text.bytes();
    if bytes.last() != Some(&b'\n') {
        bytes.push(b'\n');
    }
    put(vm, this, &bytes)
}

fn printf<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let format = vm.symbol("format");
    let text = vm.call_full(this, format, args)?;
    put_value(vm, this, text)?;
    Ok(Value::Nil)
}

fn putc<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = match args.at(0) {
        Value::String(text) => text.with_text(|text| {
            let first = text.chars().next();
            first
                .map(|first| first.to_string().into_bytes())
                .unwrap_or_default()
        }),
        value => {
            let number = vm.long(value)?;
            vec![u8::try_from(number & 0xff).unwrap_or_default()]
        }
    };
    put(vm, this, &bytes)?;
    Ok(args.at(0))
}

fn truncate<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (text, _) = writable(vm, this)?;
    let Ok(length) = usize::try_from(vm.long(args.at(0))?) else {
        return vm.raise("Errno::EINVAL", "negative length");
    };
    if let Some(text) = text {
        vm.grow(length.saturating_sub(text.len()))?;
        text.change(|all| all.resize(length, 0));
    }
    Ok(Value::Integer(0))
}

fn string<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (text, _) = parts(vm, this)?;
    Ok(text.map_or(Value::Nil, Value::String))
}

fn set_string<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.string(args.at(0))?;
    if let Value::Object(object) = this {
        object.set_slot(0, Value::String(text));
    }
    change(this, |cursor| {
        cursor.at = 0;
        cursor.lines = 0;
        cursor.reads = true;
        cursor.writes = !text.frozen.get();
    });
    Ok(args.at(0))
}

fn pos<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (_, cursor) = parts(vm, this)?;
    Ok(vm.count(cursor.at))
}

fn go<'h>(vm: &mut Vm<'h>, this: Value<'h>, place: i64) -> Res<'h, ()> {
    match usize::try_from(place) {
        Ok(place) => {
            change(this, |cursor| cursor.at = place);
            Ok(())
        }
        Err(_) => vm.raise("Errno::EINVAL", "Invalid argument"),
    }
}

fn set_pos<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let place = vm.long(args.at(0))?;
    go(vm, this, place)?;
    Ok(args.at(0))
}

fn seek<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (text, cursor) = parts(vm, this)?;
    let offset = vm.long(args.at(0))?;
    let from = match args.at(1) {
        Value::Nil | Value::Integer(0) => 0,
        Value::Integer(1) => cursor.at,
        Value::Integer(2) => text.map_or(0, Str::len),
        _ => return vm.raise("Errno::EINVAL", "Invalid argument - invalid whence"),
    };
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    go(vm, this, from.saturating_add(offset))?;
    Ok(Value::Integer(0))
}

fn rewind<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    change(this, |cursor| {
        cursor.at = 0;
        cursor.lines = 0;
    });
    Ok(Value::Integer(0))
}

fn lineno<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(parts(vm, this)?.1.lines))
}

fn set_lineno<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let lines = vm.long(args.at(0))?;
    change(this, |cursor| cursor.lines = lines);
    Ok(args.at(0))
}

fn size<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (text, _) = parts(vm, this)?;
    match text {
        Some(text) => Ok(vm.count(text.len())),
        None => vm.raise("IOError", "not opened"),
    }
}

fn close<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    change(this, |cursor| {
        cursor.reads = false;
        cursor.writes = false;
    });
    Ok(Value::Nil)
}

fn close_read<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    if !parts(vm, this)?.1.reads {
        return vm.raise("IOError", "closing non-duplex IO for reading");
    }
    change(this, |cursor| cursor.reads = false);
    Ok(Value::Nil)
}

fn close_write<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    if !parts(vm, this)?.1.writes {
        return vm.raise("IOError", "closing non-duplex IO for writing");
    }
    change(this, |cursor| cursor.writes = false);
    Ok(Value::Nil)
}

fn is_closed<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (_, cursor) = parts(vm, this)?;
    Ok(Value::Bool(!cursor.reads && !cursor.writes))
}

fn is_closed_read<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(!parts(vm, this)?.1.reads))
}

fn is_closed_write<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(!parts(vm, this)?.1.writes))
}

fn itself<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(this)
}

fn zero<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Integer(0))
}

fn yes<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(true))
}

fn no<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(false))
}

fn given<'h>(_: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(args.at(0))
}
