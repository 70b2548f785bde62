//! Bytes as a Ruby string literal, in the notation of `String#dump` for a string without encoding.

use std::fmt::Write as _;

/// Appends the literal of `bytes`, with its quotes.
pub(super) fn write(bytes: impl Iterator<Item = u8>, out: &mut String) {
    let mut bytes = bytes.peekable();
    out.push('"');
    while let Some(byte) = bytes.next() {
        match escape(byte) {
            Some(letter) => out.extend(['\\', letter]),
            None if byte == b'#' && matches!(bytes.peek(), Some(b'{' | b'$' | b'@')) => {
                out.push_str("\\#");
            }
            None if matches!(byte, b' '..=b'~') => out.push(char::from(byte)),
            None => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\x{byte:02X}");
            }
        }
    }
    out.push('"');
}

/// The letter of a short escape.
fn escape(byte: u8) -> Option<char> {
    Some(match byte {
        b'"' => '"',
        b'\\' => '\\',
        b'\n' => 'n',
        b'\r' => 'r',
        b'\t' => 't',
        0x0c => 'f',
        0x0b => 'v',
        0x08 => 'b',
        0x07 => 'a',
        0x1b => 'e',
        _ => return None,
    })
}
