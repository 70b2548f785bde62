//! A string as Ruby prints it in code: `inspect` and `dump`.

use std::fmt::Write as _;
use std::sync::LazyLock;

use super::super::super::regex::{Effort, Options, Regex};
use super::super::super::value::Encoding;
use super::chars;

/// The text of `inspect`.
pub(in super::super) fn inspect(bytes: &[u8], encoding: Encoding) -> String {
    quoted(bytes, encoding, Style::Inspect)
}

/// The text of `dump`: ASCII alone.
pub(in super::super) fn dump(bytes: &[u8], encoding: Encoding) -> String {
    quoted(bytes, encoding, Style::Dump)
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Inspect,
    Dump,
}

fn quoted(bytes: &[u8], encoding: Encoding, style: Style) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    let mut rest = bytes;
    while let Some((char, behind)) = rest.split_at_checked(chars::width(rest, encoding)) {
        if char.is_empty() {
            break;
        }
        push(&mut out, char, behind.first().copied(), encoding, style);
        rest = behind;
    }
    out.push('"');
    out
}

fn push(out: &mut String, char: &[u8], next: Option<u8>, encoding: Encoding, style: Style) {
    if let [byte] = char {
        return push_byte(out, *byte, next, encoding, style);
    }
    let text = std::str::from_utf8(char).unwrap_or_default();
    let code = text.chars().next().map_or(0, u32::from);
    if style == Style::Inspect && is_printable(text) {
        out.push_str(text);
    } else if code > 0xffff {
        _ = write!(out, "\\u{{{code:X}}}");
    } else {
        _ = write!(out, "\\u{code:04X}");
    }
}

fn push_byte(out: &mut String, byte: u8, next: Option<u8>, encoding: Encoding, style: Style) {
    match byte {
        b'"' | b'\\' => out.extend(['\\', char::from(byte)]),
        b'#' if matches!(next, Some(b'{' | b'$' | b'@')) => out.push_str("\\#"),
        b' '..=b'~' => out.push(char::from(byte)),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        0x0c => out.push_str("\\f"),
        0x0b => out.push_str("\\v"),
        0x08 => out.push_str("\\b"),
        0x07 => out.push_str("\\a"),
        0x1b => out.push_str("\\e"),
        0..=0x7f if encoding == Encoding::Utf8 && style == Style::Inspect => {
            _ = write!(out, "\\u{byte:04X}");
        }
        _ => _ = write!(out, "\\x{byte:02X}"),
    }
}

/// Whether `inspect` shows a character as it is.
fn is_printable(text: &str) -> bool {
    static PRINTABLE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new("[[:print:]]", Options::default()).ok());
    let mut effort = Effort::new(u64::MAX);
    let found = PRINTABLE
        .as_ref()
        .map(|regex| regex.match_at(text, 0, &mut effort));
    matches!(found, Some(Ok(Some(_))))
}
