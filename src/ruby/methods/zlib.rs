//! `Zlib`: sums, and reading what is compressed.
//!
//! Compressing is refused: Ruby's zlib and ours give different bytes for the same text.

use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};

use super::super::eval::Vm;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Encoding, Value};
use super::library::{ClassDefinition, Constant};
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::module("Zlib")
        .class_methods(&[FUNCTIONS])
        .constants(CONSTANTS)
        .missing(
            &[],
            &[
                "adler32_combine",
                "crc32_combine",
                "crc_table",
                "deflate",
                "gzip",
            ],
        ),
    ClassDefinition::class("Zlib::Error", "StandardError"),
    ClassDefinition::class("Zlib::DataError", "Zlib::Error"),
    ClassDefinition::class("Zlib::BufError", "Zlib::Error"),
    ClassDefinition::class("Zlib::StreamError", "Zlib::Error"),
    ClassDefinition::class("Zlib::Inflate", "Object")
        .class_methods(&[INFLATE])
        .missing(&[], &["new"]),
    ClassDefinition::class("Zlib::Deflate", "Object").missing(&[], &["new", "deflate"]),
    ClassDefinition::class("Zlib::GzipFile", "Object"),
    ClassDefinition::class("Zlib::GzipFile::Error", "Zlib::Error"),
    ClassDefinition::class("Zlib::GzipReader", "Zlib::GzipFile")
        .includes(&["Enumerable"])
        .class_methods(&[READER_CLASS])
        .methods(&[READER])
        .missing(
            &[
                "mtime",
                "orig_name",
                "comment",
                "level",
                "os_code",
                "crc",
                "unused",
                "ungetc",
                "ungetbyte",
                "readpartial",
                "total_in",
                "total_out",
                "each_char",
                "each_byte",
            ],
            &["zcat"],
        ),
    ClassDefinition::class("Zlib::GzipWriter", "Zlib::GzipFile")
        .missing(&[], &["new", "wrap", "open"]),
];

const CONSTANTS: &[Constant] = &[
    Constant {
        name: "BEST_COMPRESSION",
        value: |_| Ok(Value::Integer(9)),
    },
    Constant {
        name: "BEST_SPEED",
        value: |_| Ok(Value::Integer(1)),
    },
    Constant {
        name: "DEFAULT_COMPRESSION",
        value: |_| Ok(Value::Integer(-1)),
    },
    Constant {
        name: "NO_COMPRESSION",
        value: |_| Ok(Value::Integer(0)),
    },
    Constant {
        name: "MAX_WBITS",
        value: |_| Ok(Value::Integer(15)),
    },
];

const FUNCTIONS: &[Row] = &[
    Row::new("crc32", 0, crc32, "The CRC-32 of a text.").to(2),
    Row::new("adler32", 0, adler32, "The Adler-32 of a text.").to(2),
    Row::new("inflate", 1, inflate, "What was compressed."),
    Row::new("gunzip", 1, gunzip, "What was compressed by gzip."),
];

const INFLATE: &[Row] = &[Row::new("inflate", 1, inflate, "What was compressed.")];

const READER_CLASS: &[Row] = &[
    Row::new("new", 1, reader, "Reads what an IO holds.").any_keywords(),
    Row::new("wrap", 1, wrap, "Hands a reader to the block.").any_keywords(),
];

const READER: &[Row] = &[
    Row::new(
        "read",
        0,
        |vm, this, args| delegate(vm, this, args, "read"),
        "The rest, or so many bytes.",
    )
    .to(2),
    Row::new(
        "gets",
        0,
        |vm, this, args| delegate(vm, this, args, "gets"),
        "The next line.",
    )
    .to(2)
    .any_keywords(),
    Row::new(
        "readline",
        0,
        |vm, this, args| delegate(vm, this, args, "readline"),
        "The next line, which must be there.",
    )
    .to(2)
    .any_keywords(),
    Row::new(
        "readlines",
        0,
        |vm, this, args| delegate(vm, this, args, "readlines"),
        "All lines.",
    )
    .to(2)
    .any_keywords(),
    Row::new(
        "each_line",
        0,
        |vm, this, args| delegate(vm, this, args, "each_line"),
        "Runs the block with each line.",
    )
    .to(2)
    .any_keywords()
    .enumerates(),
    Row::new("each", 0, delegate_each, "Runs the block with each line.")
        .to(2)
        .any_keywords()
        .enumerates(),
    Row::new(
        "getc",
        0,
        |vm, this, args| delegate(vm, this, args, "getc"),
        "The next character.",
    ),
    Row::new(
        "readchar",
        0,
        |vm, this, args| delegate(vm, this, args, "readchar"),
        "The next character, which must be there.",
    ),
    Row::new(
        "getbyte",
        0,
        |vm, this, args| delegate(vm, this, args, "getbyte"),
        "The next byte.",
    ),
    Row::new(
        "eof?",
        0,
        |vm, this, args| delegate(vm, this, args, "eof?"),
        "Whether nothing is left.",
    ),
    Row::new(
        "eof",
        0,
        |vm, this, args| delegate(vm, this, args, "eof"),
        "Whether nothing is left.",
    ),
    Row::new(
        "lineno",
        0,
        |vm, this, args| delegate(vm, this, args, "lineno"),
        "Number of lines that were read.",
    ),
    Row::new(
        "pos",
        0,
        |vm, this, args| delegate(vm, this, args, "pos"),
        "Number of bytes that were read.",
    ),
    Row::new(
        "tell",
        0,
        |vm, this, args| delegate(vm, this, args, "tell"),
        "Number of bytes that were read.",
    ),
    Row::new(
        "rewind",
        0,
        |vm, this, args| delegate(vm, this, args, "rewind"),
        "Begins anew.",
    ),
    Row::new("close", 0, close, "Reads no further; returns the IO."),
    Row::new("finish", 0, close, "Reads no further; returns the IO."),
];

fn crc32<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.is_empty() || args.at(0).is_nil() {
        return Ok(Value::Integer(0));
    }
    let bytes = vm.string(args.at(0))?.bytes();
    vm.tick(bytes.len() / 64)?;
    let before = start(vm, args, 0)?;
    let mut hasher = crc32fast::Hasher::new_with_initial(before);
    hasher.update(&bytes);
    Ok(Value::Integer(hasher.finalize().into()))
}

fn start<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>, first: u32) -> Res<'h, u32> {
    match args.get(1) {
        None => Ok(first),
        Some(value) => {
            let value = vm.long(value)?;
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "zlib takes the low bits"
            )]
            Ok(value as u32)
        }
    }
}

fn adler32<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    const MODULUS: u32 = 65_521;
    if args.is_empty() || args.at(0).is_nil() {
        return Ok(Value::Integer(1));
    }
    let bytes = vm.string(args.at(0))?.bytes();
    vm.tick(bytes.len() / 16)?;
    let before = start(vm, args, 1)?;
    let (mut low, mut high) = ((before & 0xffff) % MODULUS, (before >> 16) % MODULUS);
    for byte in bytes {
        low = (low + u32::from(byte)) % MODULUS;
        high = (high + low) % MODULUS;
    }
    Ok(Value::Integer(
        (u64::from(high) << 16 | u64::from(low)).cast_signed(),
    ))
}

/// Reads a stream to its end within the limit of memory; `false` where the stream is broken.
fn read_all<'h>(vm: &mut Vm<'h>, mut stream: impl Read) -> Res<'h, (Vec<u8>, bool)> {
    let mut out = Vec::new();
    let mut piece = [0; 8192];
    loop {
        vm.tick(64)?;
        match stream.read(&mut piece) {
            Ok(0) => return Ok((out, true)),
            Ok(count) => {
                vm.grow(count)?;
                out.extend_from_slice(piece.get(..count).unwrap_or_default());
            }
            Err(_) => return Ok((out, false)),
        }
    }
}

/// Whether the two bytes at the start are those of zlib.
fn has_zlib_header(bytes: &[u8]) -> bool {
    match bytes {
        [first, second, ..] => {
            let check = u16::from_be_bytes([*first, *second]);
            check % 31 == 0 && first & 0x0f == 8
        }
        _ => true,
    }
}

fn inflate<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = vm.string(args.at(0))?.bytes();
    if !has_zlib_header(&bytes) {
        return vm.raise("Zlib::DataError", "incorrect header check");
    }
    let mut rest = bytes.as_slice();
    let (out, whole) = read_all(vm, ZlibDecoder::new(&mut rest))?;
    if whole && bytes.len() >= 8 {
        return Ok(vm.bytes(out, Encoding::Binary));
    }
    if rest.is_empty() {
        return vm.raise("Zlib::BufError", "buffer error");
    }
    vm.unsupported("the message of zlib about data that is broken")
}

/// What gzip holds; the error where it holds nothing.
fn unpacked<'h>(vm: &mut Vm<'h>, bytes: &[u8]) -> Res<'h, Vec<u8>> {
    let mut rest = bytes;
    let (out, whole) = read_all(vm, GzDecoder::new(&mut rest))?;
    if whole {
        return Ok(out);
    }
    if rest.is_empty() {
        return vm.raise("Zlib::GzipFile::Error", "unexpected end of file");
    }
    vm.unsupported("the message of zlib about a gzip file that is broken")
}

fn gunzip<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = vm.string(args.at(0))?.bytes();
    // Ruby wants the ten bytes of a header and the eight of a trailer before it looks at anything.
    if bytes.len() < 18 {
        return vm.raise("Zlib::GzipFile::Error", "unexpected end of string");
    }
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return vm.raise("Zlib::GzipFile::Error", "not in gzip format");
    }
    let mut rest = bytes.as_slice();
    let (out, whole) = read_all(vm, GzDecoder::new(&mut rest))?;
    if whole {
        return Ok(vm.bytes(out, Encoding::Binary));
    }
    if rest.is_empty() {
        return vm.raise("Zlib::GzipFile::Error", "unexpected end of string");
    }
    vm.unsupported("the message of zlib about a gzip file that is broken")
}

fn reader<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(class) = this else {
        return Ok(Value::Nil);
    };
    let io = args.at(0);
    let held = vm.call_method(io, known::READ, &[])?;
    let bytes = match held {
        Value::String(text) => text.bytes(),
        _ => Vec::new(),
    };
    if bytes.len() < 10 || !bytes.starts_with(&[0x1f, 0x8b]) {
        return vm.raise("Zlib::GzipFile::Error", "not in gzip format");
    }
    let out = unpacked(vm, &bytes)?;
    let out = vm.bytes(out, Encoding::Utf8);
    let string_io = Value::Class(vm.class_named("StringIO"));
    let inner = vm.call_method(string_io, known::NEW, &[out])?;
    let data = super::super::value::Data::Slots(vec![inner, io].into());
    Ok(Value::Object(vm.object(class, data)))
}

fn wrap<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let reader = reader(vm, this, args)?;
    match args.block {
        Some(block) => vm.yield_value(block, reader),
        None => Ok(reader),
    }
}

fn slot(this: Value<'_>, index: usize) -> Value<'_> {
    match this {
        Value::Object(object) => object.slot(index),
        _ => Value::Nil,
    }
}

/// Hands the call to the text that was unpacked.
fn delegate<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>, name: &str) -> Res<'h> {
    let name = vm.symbol(name);
    vm.call_full(slot(this, 0), name, args)
}

fn delegate_each<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    vm.call_full(slot(this, 0), known::EACH, args)?;
    Ok(this)
}

fn close<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(slot(this, 1))
}
