//! Normal forms and characters as people see them, by the tables of Unicode 16.

use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Value};
use super::super::{Args, Row};
use super::read;

pub(super) const ROWS: &[Row] = &[
    Row::new(
        "unicode_normalize",
        0,
        normalize,
        "In a normal form: `:nfc`, `:nfd`, `:nfkc`, `:nfkd`.",
    )
    .to(1),
    Row::new(
        "unicode_normalize!",
        0,
        normalize_in_place,
        "Changes to a normal form.",
    )
    .to(1),
    Row::new(
        "unicode_normalized?",
        0,
        is_normalized,
        "Whether it is in a normal form.",
    )
    .to(1),
    Row::new(
        "grapheme_clusters",
        0,
        clusters,
        "The characters as people see them.",
    ),
    Row::new(
        "each_grapheme_cluster",
        0,
        each_cluster,
        "Walks the characters as people see them.",
    )
    .enumerates(),
];

/// Blocks whose characters Ruby's versions decompose differently, since they are new in Unicode 16.
const DOUBTFUL: [std::ops::RangeInclusive<char>; 4] = [
    '\u{105c0}'..='\u{105ff}',
    '\u{11380}'..='\u{113ff}',
    '\u{16100}'..='\u{1613f}',
    '\u{16d40}'..='\u{16d7f}',
];

/// Signs that join consonants in some scripts, which newer versions of Ruby keep together and older ones do not.
const LINKERS: [char; 20] = [
    '\u{94d}',
    '\u{9cd}',
    '\u{acd}',
    '\u{b4d}',
    '\u{c4d}',
    '\u{d4d}',
    '\u{1039}',
    '\u{17d2}',
    '\u{1a60}',
    '\u{1b44}',
    '\u{1bab}',
    '\u{a9c0}',
    '\u{aaf6}',
    '\u{10a3f}',
    '\u{11133}',
    '\u{113d0}',
    '\u{1193e}',
    '\u{11a47}',
    '\u{11a99}',
    '\u{11f42}',
];

/// Most characters that one character becomes.
const MOST: usize = 18;

/// The text, which must be UTF-8 or ASCII.
fn text<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, (String, Encoding)> {
    let (bytes, kind) = read(vm, this)?;
    vm.tick(bytes.len())?;
    if kind == Encoding::Binary {
        let message = "Unicode Normalization not appropriate for ASCII-8BIT";
        return vm.raise("Encoding::CompatibilityError", message);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text, kind)),
        Err(_) => vm.raise("ArgumentError", "invalid byte sequence in UTF-8"),
    }
}

fn normalized<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h, (String, Encoding)> {
    let (text, kind) = text(vm, this)?;
    let name = match args.get(0) {
        None => "nfc",
        Some(Value::Symbol(name)) => vm.name(name),
        Some(_) => return vm.unsupported("a normal form that is no symbol"),
    };
    if text.contains(|letter| DOUBTFUL.iter().any(|block| block.contains(&letter))) {
        return vm.unsupported("normal forms of characters that are new in Unicode 16");
    }
    vm.reserve(text.len().saturating_mul(MOST))?;
    let made = match name {
        "nfc" => text.nfc().collect(),
        "nfd" => text.nfd().collect(),
        "nfkc" => text.nfkc().collect(),
        "nfkd" => text.nfkd().collect(),
        _ => {
            let message = format!("Invalid normalization form {name}.");
            return vm.raise("ArgumentError", message);
        }
    };
    Ok((made, kind))
}

fn normalize<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (made, kind) = normalized(vm, this, args)?;
    vm.grow(made.len())?;
    Ok(vm.bytes(made.into_bytes(), kind))
}

fn normalize_in_place<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let made = normalize(vm, this, args)?;
    vm.call_named(this, "replace", &[made])
}

fn is_normalized<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (made, _) = normalized(vm, this, args)?;
    Ok(Value::Bool(vm.string(this)?.is(&made)))
}

fn clusters<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let items = pieces(vm, this)?;
    let Some(block) = args.block else {
        return Ok(vm.array(items));
    };
    for item in items {
        vm.yield_value(block, item)?;
    }
    Ok(this)
}

fn each_cluster<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    clusters(vm, this, args)
}

fn pieces<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Vec<Value<'h>>> {
    let (bytes, kind) = read(vm, this)?;
    let (Encoding::Utf8, Ok(text)) = (kind, String::from_utf8(bytes)) else {
        return vm.unsupported("grapheme clusters of bytes that are no UTF-8");
    };
    if text.contains(LINKERS) {
        return vm.unsupported("grapheme clusters of scripts with conjuncts");
    }
    let mut items = Vec::new();
    for piece in text.graphemes(true) {
        vm.tick(1)?;
        items.push(vm.str(piece));
    }
    Ok(items)
}
