//! Encodings: UTF-8, ASCII and bytes; texts can be read from ISO 8859-1, Windows-1252, UTF-16 and UTF-32 too. All others
//! are refused by name.

use super::super::super::eval::{Version, Vm};
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Value};
use super::super::library::Constant;
use super::super::{Args, Row};
use super::foreign::{self, Piece};
use super::{assign, changeable, chars, inspect, own, read};

pub(super) const ROWS: &[Row] = &[
    Row::new("encoding", 0, encoding, "How the bytes are read."),
    Row::new(
        "force_encoding",
        1,
        force_encoding,
        "Reads the same bytes in another way.",
    ),
    Row::new("encode", 0, encode, "The same text in another encoding.")
        .to(2)
        .keywords(OPTIONS),
    Row::new("encode!", 0, encode_bang, "Changes to another encoding.")
        .to(2)
        .keywords(OPTIONS),
    Row::new(
        "valid_encoding?",
        0,
        is_valid,
        "Whether all bytes belong to characters.",
    ),
    Row::new(
        "ascii_only?",
        0,
        is_ascii,
        "Whether all characters are ASCII.",
    ),
    Row::new("b", 0, binary, "A copy that is read as bytes."),
    Row::new(
        "scrub",
        0,
        scrub,
        "With bytes that are no characters replaced.",
    )
    .to(1),
    Row::new(
        "scrub!",
        0,
        scrub_bang,
        "Replaces bytes that are no characters.",
    )
    .to(1),
];

const OPTIONS: &[&str] = &[
    "invalid",
    "undef",
    "replace",
    "xml",
    "universal_newline",
    "crlf_newline",
    "cr_newline",
    "lf_newline",
    "newline",
    "fallback",
];

pub(super) const ENCODING_ROWS: &[Row] = &[
    Row::new("name", 0, encoding_name, "Its name."),
    Row::new("to_s", 0, encoding_name, "Its name."),
    Row::new("names", 0, encoding_names, "Its name and other names."),
    Row::new("inspect", 0, encoding_inspect, "Its name in brackets."),
];

pub(super) const ENCODING_CLASS_ROWS: &[Row] = &[
    Row::new("find", 1, find, "The encoding of a name."),
    Row::new("default_external", 0, default_external, "UTF-8."),
    Row::new("default_internal", 0, default_internal, "None."),
];

/// The encodings that have a name here: the constant, the name, and what strings of it are.
const KNOWN: &[(&str, &str, Option<Encoding>)] = &[
    ("UTF_8", "UTF-8", Some(Encoding::Utf8)),
    ("BINARY", "ASCII-8BIT", Some(Encoding::Binary)),
    ("US_ASCII", "US-ASCII", Some(Encoding::UsAscii)),
    ("ISO_8859_1", "ISO-8859-1", None),
    ("Windows_1252", "Windows-1252", None),
    ("UTF_16LE", "UTF-16LE", None),
    ("UTF_16BE", "UTF-16BE", None),
    ("UTF_32LE", "UTF-32LE", None),
    ("UTF_32BE", "UTF-32BE", None),
];

/// Other names of them.
const ALIASES: &[(&str, &str)] = &[
    ("CP65001", "UTF-8"),
    ("BINARY", "ASCII-8BIT"),
    ("ASCII", "US-ASCII"),
    ("ANSI_X3.4-1968", "US-ASCII"),
    ("646", "US-ASCII"),
    ("ISO8859-1", "ISO-8859-1"),
    ("CP1252", "Windows-1252"),
    ("EXTERNAL", "UTF-8"),
    ("LOCALE", "UTF-8"),
    ("FILESYSTEM", "UTF-8"),
];

/// Names that Ruby knows and we do not.
const REFUSED: &[&str] = &[
    "UTF-7",
    "UTF-16",
    "UTF-32",
    "UTF8-MAC",
    "WINDOWS-1250",
    "WINDOWS-1251",
    "CP437",
    "CP850",
    "WINDOWS-31J",
    "SHIFT_JIS",
    "EUC-JP",
    "EUC-KR",
    "ISO-2022-JP",
    "GB2312",
    "GBK",
    "GB18030",
    "BIG5",
    "KOI8-R",
    "KOI8-U",
    "MACROMAN",
    "MACINTOSH",
];

pub(super) const CONSTANTS: &[Constant] = &[
    Constant {
        name: "UTF_8",
        value: |vm| Ok(make(vm, "UTF-8")),
    },
    Constant {
        name: "BINARY",
        value: |vm| Ok(make(vm, "ASCII-8BIT")),
    },
    Constant {
        name: "ASCII_8BIT",
        value: |vm| object(vm, "ASCII-8BIT"),
    },
    Constant {
        name: "US_ASCII",
        value: |vm| Ok(make(vm, "US-ASCII")),
    },
    Constant {
        name: "ASCII",
        value: |vm| object(vm, "US-ASCII"),
    },
    Constant {
        name: "ISO_8859_1",
        value: |vm| Ok(make(vm, "ISO-8859-1")),
    },
    Constant {
        name: "ISO8859_1",
        value: |vm| object(vm, "ISO-8859-1"),
    },
    Constant {
        name: "UTF_16LE",
        value: |vm| Ok(make(vm, "UTF-16LE")),
    },
    Constant {
        name: "UTF_16BE",
        value: |vm| Ok(make(vm, "UTF-16BE")),
    },
    Constant {
        name: "UTF_32LE",
        value: |vm| Ok(make(vm, "UTF-32LE")),
    },
    Constant {
        name: "UTF_32BE",
        value: |vm| Ok(make(vm, "UTF-32BE")),
    },
    Constant {
        name: "Converter",
        value: |vm| vm.unsupported("Encoding::Converter"),
    },
    Constant {
        name: "UTF_16",
        value: |vm| vm.unsupported("the encoding UTF-16"),
    },
    Constant {
        name: "UTF_32",
        value: |vm| vm.unsupported("the encoding UTF-32"),
    },
    Constant {
        name: "Windows_1252",
        value: |vm| Ok(make(vm, "Windows-1252")),
    },
    Constant {
        name: "CP1252",
        value: |vm| object(vm, "Windows-1252"),
    },
    Constant {
        name: "Shift_JIS",
        value: |vm| vm.unsupported("the encoding Shift_JIS"),
    },
    Constant {
        name: "EUC_JP",
        value: |vm| vm.unsupported("the encoding EUC-JP"),
    },
    Constant {
        name: "ISO_8859_15",
        value: |vm| vm.unsupported("the encoding ISO-8859-15"),
    },
];

fn make<'h>(vm: &mut Vm<'h>, name: &str) -> Value<'h> {
    let name = vm.new_str(name.as_bytes().to_vec(), Encoding::UsAscii);
    name.frozen.set(true);
    vm.object_with("Encoding", vec![Value::String(name)])
}

/// The one object of an encoding.
fn object<'h>(vm: &mut Vm<'h>, name: &str) -> Res<'h> {
    let row = KNOWN.iter().find(|row| row.1 == name);
    let constant = row.map_or("UTF_8", |row| row.0);
    let class = vm.class_named("Encoding");
    let constant = vm.symbol(constant);
    let found = vm.own_constant(class, constant)?;
    Ok(found.unwrap_or(Value::Nil))
}

/// The name of an encoding.
pub(in super::super) fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "UTF-8",
        Encoding::Binary => "ASCII-8BIT",
        Encoding::UsAscii => "US-ASCII",
    }
}

/// How texts about strings that do not go together call an encoding.
pub(in super::super) fn label(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Binary => "BINARY (ASCII-8BIT)",
        other => name(other),
    }
}

/// Raises ArgumentError about bytes that are no character.
pub(in super::super) fn invalid<'h, T>(vm: &mut Vm<'h>, encoding: Encoding) -> Res<'h, T> {
    let name = name(encoding);
    vm.raise("ArgumentError", format!("invalid byte sequence in {name}"))
}

/// The name of the encoding that an argument means, as Ruby writes it; `None` for one that Ruby does not know either.
fn wanted<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Option<&'static str>> {
    let asked = match value {
        Value::Object(object) if vm.is_a(value, "Encoding") => match object.slot(0) {
            Value::String(name) => name.text(),
            _ => String::new(),
        },
        _ => vm.string(value)?.text(),
    };
    let upper = asked.to_ascii_uppercase();
    let alias = ALIASES.iter().find(|(alias, _)| *alias == upper);
    let full = alias.map_or(upper.as_str(), |(_, name)| name);
    if let Some(row) = KNOWN.iter().find(|row| row.1.eq_ignore_ascii_case(full)) {
        return Ok(Some(row.1));
    }
    let refused = REFUSED.contains(&full) || full.starts_with("ISO-8859-");
    if refused {
        return vm.unsupported(format!("the encoding {asked}"));
    }
    Ok(None)
}

/// The encoding of strings that an argument means.
fn representable<'h>(vm: &mut Vm<'h>, name: &'static str) -> Res<'h, Encoding> {
    let row = KNOWN.iter().find(|row| row.1 == name);
    match row.and_then(|row| row.2) {
        Some(encoding) => Ok(encoding),
        None => vm.unsupported(format!("a string in the encoding {name}")),
    }
}

fn encoding<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let encoding = own(vm, this)?.encoding.get();
    object(vm, name(encoding))
}

/// The object of an encoding.
pub(in super::super) fn object_of<'h>(vm: &mut Vm<'h>, encoding: Encoding) -> Res<'h> {
    object(vm, name(encoding))
}

/// Reads the bytes of a string in the encoding that an argument names.
pub(super) fn force<'h>(vm: &mut Vm<'h>, this: Value<'h>, to: Value<'h>) -> Res<'h, ()> {
    let string = own(vm, this)?;
    let Some(name) = wanted(vm, to)? else {
        let asked = vm.display(to)?;
        return vm.raise("ArgumentError", format!("unknown encoding name - {asked}"));
    };
    let encoding = representable(vm, name)?;
    string.encoding.set(encoding);
    Ok(())
}

fn force_encoding<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    changeable(vm, this)?;
    force(vm, this, args.at(0))?;
    Ok(this)
}

fn is_valid<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, encoding) = read(vm, this)?;
    Ok(Value::Bool(chars::is_valid(&bytes, encoding)))
}

fn is_ascii<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this)?.with(<[u8]>::is_ascii)))
}

fn binary<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, _) = read(vm, this)?;
    Ok(vm.bytes(bytes, Encoding::Binary))
}

/// What happens to characters that cannot be written.
#[derive(Default)]
struct Options {
    invalid: bool,
    undef: bool,
    replace: Option<Vec<u8>>,
}

fn options<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, Options> {
    let mut found = Options::default();
    for (keyword, name) in [("invalid", "invalid"), ("undef", "undefined")] {
        let set = match args.keyword(vm, keyword) {
            None | Some(Value::Nil) => false,
            Some(Value::Symbol(symbol)) if vm.name(symbol) == "replace" => true,
            Some(_) => {
                let text = format!("unknown value for {name} character option");
                return vm.raise("ArgumentError", text);
            }
        };
        match keyword {
            "invalid" => found.invalid = set,
            _ => found.undef = set,
        }
    }
    if let Some(replace) = args.keyword(vm, "replace").filter(|value| !value.is_nil()) {
        found.replace = Some(vm.string(replace)?.bytes());
    }
    for keyword in [
        "crlf_newline",
        "cr_newline",
        "lf_newline",
        "newline",
        "fallback",
    ] {
        if args.keyword(vm, keyword).is_some_and(Value::truthy) {
            return vm.unsupported(format!("encode with {keyword}:"));
        }
    }
    Ok(found)
}

fn encode<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, own) = read(vm, this)?;
    let options = options(vm, args)?;
    let from = match args.get(1) {
        Some(from) => wanted(vm, from)?.ok_or(from),
        None => Ok(name(own)),
    };
    let to = match args.get(0) {
        Some(to) => wanted(vm, to)?.ok_or(to),
        None => Ok("UTF-8"),
    };
    let (from, to) = match (from, to) {
        (Ok(from), Ok(to)) => (from, to),
        (from, to) => {
            let mut names = Vec::new();
            for side in [from, to] {
                names.push(match side {
                    Ok(name) => name.to_owned(),
                    Err(value) => vm.display(value)?,
                });
            }
            let text = format!("code converter not found ({})", names.join(" to "));
            return vm.raise("Encoding::ConverterNotFoundError", text);
        }
    };
    // Without the name of an encoding, only the options do something.
    let kept = args.is_empty();
    let encoding = if kept { own } else { representable(vm, to)? };
    let made = if kept {
        bytes
    } else {
        converted(vm, &bytes, (from, to), &options)?
    };
    decorated(vm, made, encoding, args)
}

/// Escapes and line ends, after the text is in its encoding.
fn decorated<'h>(
    vm: &mut Vm<'h>,
    bytes: Vec<u8>,
    encoding: Encoding,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let mut bytes = bytes;
    if args
        .keyword(vm, "universal_newline")
        .is_some_and(Value::truthy)
    {
        bytes = plain_newlines(&bytes);
    }
    if let Some(xml) = args.keyword(vm, "xml").filter(|xml| !xml.is_nil()) {
        let kind = vm.display(xml)?;
        let attribute = match kind.as_str() {
            "text" => false,
            "attr" => true,
            _ => {
                let text = format!("unexpected value for xml option: {kind}");
                return vm.raise("ArgumentError", text);
            }
        };
        vm.reserve(bytes.len().saturating_mul(6))?;
        bytes = xml_escaped(&bytes, attribute);
    }
    Ok(vm.bytes(bytes, encoding))
}

fn plain_newlines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut before = 0;
    for byte in bytes {
        match (before, *byte) {
            (b'\r', b'\n') => {}
            (_, b'\r') => out.push(b'\n'),
            (_, other) => out.push(other),
        }
        before = *byte;
    }
    out
}

fn xml_escaped(bytes: &[u8], attribute: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let quote: &[u8] = if attribute { b"\"" } else { b"" };
    out.extend_from_slice(quote);
    for byte in bytes {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' if attribute => out.extend_from_slice(b"&quot;"),
            b'\'' if attribute => out.extend_from_slice(b"&apos;"),
            other => out.push(*other),
        }
    }
    out.extend_from_slice(quote);
    out
}

/// The bytes of a text in another encoding.
fn converted<'h>(
    vm: &mut Vm<'h>,
    bytes: &[u8],
    (from, to): (&'static str, &'static str),
    options: &Options,
) -> Res<'h, Vec<u8>> {
    vm.reserve(bytes.len().saturating_mul(3))?;
    if from == to {
        return Ok(match (from, options.invalid) {
            ("UTF-8", true) => {
                scrubbed(bytes, options.replace.as_deref().unwrap_or("�".as_bytes()))
            }
            _ => bytes.to_vec(),
        });
    }
    if bytes.is_ascii() && !from.starts_with("UTF-16") && !from.starts_with("UTF-32") {
        return Ok(bytes.to_vec());
    }
    match from {
        "UTF-8" => from_utf8(vm, bytes, to, options),
        "ASCII-8BIT" | "US-ASCII" => from_ascii(vm, bytes, (from, to), options),
        "ISO-8859-1" if to == "UTF-8" => Ok(bytes
            .iter()
            .map(|byte| char::from(*byte))
            .collect::<String>()
            .into_bytes()),
        "ISO-8859-1" => {
            let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            from_utf8(vm, text.as_bytes(), to, options)
        }
        _ => match foreign::reader(from).filter(|_| to == "UTF-8") {
            Some(reader) => from_foreign(vm, bytes, (from, reader), options),
            None => vm.unsupported(format!("the encoding {from} as {to}")),
        },
    }
}

/// To UTF-8 from an encoding that can only be read.
fn from_foreign<'h>(
    vm: &mut Vm<'h>,
    bytes: &[u8],
    (from, reader): (&'static str, foreign::Reader),
    options: &Options,
) -> Res<'h, Vec<u8>> {
    let replace = String::from_utf8(replacement(options, "UTF-8"));
    let Ok(replace) = replace else {
        return vm.unsupported("encode with a replacement that is not UTF-8");
    };
    let (mut out, mut rest) = (String::new(), bytes);
    while !rest.is_empty() {
        vm.tick(1)?;
        vm.reserve_growing(out.len())?;
        let Some((piece, behind)) = reader(rest) else {
            return vm.unsupported(format!("a broken text in the encoding {from}"));
        };
        rest = behind;
        let replaced = match piece {
            Piece::Char(char) => {
                out.push(char);
                continue;
            }
            Piece::Undefined(_) => options.undef,
            Piece::Invalid(..) | Piece::Incomplete(_) => options.invalid,
        };
        if !replaced {
            return unreadable(vm, piece, from);
        }
        out.push_str(&replace);
    }
    Ok(out.into_bytes())
}

/// Raises what a piece raises that is no character.
fn unreadable<'h, T>(vm: &mut Vm<'h>, piece: Piece<'_>, from: &str) -> Res<'h, T> {
    let shown = |bytes: &[u8]| inspect::inspect(bytes, Encoding::Binary);
    let text = match piece {
        Piece::Undefined(byte) => {
            let shown = shown(&[byte]);
            let text = format!("{shown} to UTF-8 in conversion from {from} to UTF-8");
            return vm.raise("Encoding::UndefinedConversionError", text);
        }
        Piece::Incomplete(bytes) => format!("incomplete {} on {from}", shown(bytes)),
        Piece::Invalid(bytes, []) => format!("{} on {from}", shown(bytes)),
        Piece::Invalid(bytes, next) => {
            format!("{} followed by {} on {from}", shown(bytes), shown(next))
        }
        Piece::Char(char) => format!("{char} on {from}"),
    };
    vm.raise("Encoding::InvalidByteSequenceError", text)
}

fn replacement(options: &Options, to: &str) -> Vec<u8> {
    let plain = if to == "UTF-8" { "�" } else { "?" };
    options
        .replace
        .clone()
        .unwrap_or_else(|| plain.as_bytes().to_vec())
}

/// To an encoding of single bytes, of which only ASCII is written.
fn from_utf8<'h>(
    vm: &mut Vm<'h>,
    bytes: &[u8],
    to: &'static str,
    options: &Options,
) -> Res<'h, Vec<u8>> {
    let replace = replacement(options, to);
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            if char.is_ascii() {
                out.push(char as u8);
            } else if options.undef {
                out.extend_from_slice(&replace);
            } else {
                let code = u32::from(char);
                let text = format!("U+{code:04X} from UTF-8 to {to}");
                return vm.raise("Encoding::UndefinedConversionError", text);
            }
        }
        let invalid = chunk.invalid();
        let read = chunk.valid().len() + invalid.len();
        rest = rest.get(read..).unwrap_or_default();
        if invalid.is_empty() {
            continue;
        }
        if !options.invalid {
            return invalid_sequence(vm, invalid, rest);
        }
        out.extend_from_slice(&replace);
    }
    Ok(out)
}

fn invalid_sequence<'h, T>(vm: &mut Vm<'h>, bytes: &[u8], rest: &[u8]) -> Res<'h, T> {
    let shown = inspect::inspect(bytes, Encoding::Binary);
    let starts = matches!(bytes.first(), Some(0xc2..=0xf4));
    let text = match rest.first() {
        None if starts => format!("incomplete {shown} on UTF-8"),
        Some(next) if starts => {
            let next = inspect::inspect(&[*next], Encoding::Binary);
            format!("{shown} followed by {next} on UTF-8")
        }
        _ => format!("{shown} on UTF-8"),
    };
    vm.raise("Encoding::InvalidByteSequenceError", text)
}

/// From bytes or ASCII, where no byte above means anything.
fn from_ascii<'h>(
    vm: &mut Vm<'h>,
    bytes: &[u8],
    (from, to): (&'static str, &'static str),
    options: &Options,
) -> Res<'h, Vec<u8>> {
    let replace = replacement(options, to);
    let binary = from == "ASCII-8BIT";
    let replaced = if binary {
        options.undef
    } else {
        options.invalid
    };
    let mut out = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii() {
            out.push(*byte);
        } else if replaced {
            out.extend_from_slice(&replace);
        } else if binary {
            let text = format!("\"\\x{byte:02X}\" from ASCII-8BIT to {to}");
            return vm.raise("Encoding::UndefinedConversionError", text);
        } else {
            let text = format!("\"\\x{byte:02X}\" on US-ASCII");
            return vm.raise("Encoding::InvalidByteSequenceError", text);
        }
    }
    Ok(out)
}

fn encode_bang<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let string = changeable(vm, this)?;
    if let Value::String(made) = encode(vm, this, args)? {
        assign(vm, string, made.bytes())?;
        string.encoding.set(made.encoding.get());
    }
    Ok(this)
}

/// Text with each invalid sequence replaced.
fn scrubbed(bytes: &[u8], replace: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            out.extend_from_slice(replace);
        }
    }
    out
}

fn scrub<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (bytes, kind) = read(vm, this)?;
    if chars::is_valid(&bytes, kind) {
        return Ok(vm.bytes(bytes, kind));
    }
    if kind == Encoding::UsAscii {
        return vm.unsupported("String#scrub of ASCII");
    }
    let fixed = match args.at(0) {
        Value::Nil => None,
        replace => Some(vm.string(replace)?.bytes()),
    };
    let mut out = Vec::new();
    for chunk in bytes.utf8_chunks() {
        out.extend_from_slice(chunk.valid().as_bytes());
        if chunk.invalid().is_empty() {
            continue;
        }
        match (&fixed, args.block) {
            (Some(fixed), _) => out.extend_from_slice(fixed),
            (None, None) => out.extend_from_slice("�".as_bytes()),
            (None, Some(block)) => {
                let found = vm.bytes(chunk.invalid().to_vec(), kind);
                let made = vm.yield_value(block, found)?;
                let made = vm.string(made)?;
                made.with(|made| out.extend_from_slice(made));
            }
        }
        vm.tick(1)?;
        vm.reserve(out.len())?;
    }
    Ok(vm.bytes(out, kind))
}

fn scrub_bang<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    super::changed(vm, this, args, scrub)?;
    Ok(this)
}

fn encoding_name<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    match this {
        Value::Object(object) => Ok(object.slot(0)),
        _ => Ok(Value::Nil),
    }
}

fn encoding_names<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = encoding_name(vm, this, args)?;
    let text = vm.display(name)?;
    let mut names = vec![name];
    for (alias, _) in ALIASES.iter().filter(|(_, name)| *name == text) {
        names.push(vm.str(*alias));
    }
    Ok(vm.array(names))
}

fn encoding_inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = encoding_name(vm, this, args)?;
    let name = vm.display(name)?;
    let shown = if name == "ASCII-8BIT" && vm.world.version == Version::Ruby34 {
        "BINARY (ASCII-8BIT)"
    } else {
        &name
    };
    Ok(vm.str(format!("#<Encoding:{shown}>")))
}

fn find<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if let Some(name) = wanted(vm, args.at(0))? {
        return object(vm, name);
    }
    let asked = vm.display(args.at(0))?;
    vm.raise("ArgumentError", format!("unknown encoding name - {asked}"))
}

fn default_external<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    object(vm, "UTF-8")
}

fn default_internal<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Nil)
}
