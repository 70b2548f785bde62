//! Texts in encodings that no string here has: they can only be read, as UTF-8.
//!
//! What is broken is cut into pieces as Ruby's converters do, which show in its errors and in how often a replacement
//! stands.

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'b> {
    Char(char),
    /// A byte that means nothing in its encoding.
    Undefined(u8),
    /// Bytes that are no character, and those that show it.
    Invalid(&'b [u8], &'b [u8]),
    /// Bytes of a character whose rest is not there.
    Incomplete(&'b [u8]),
}

/// Cuts the first piece off bytes, which are not empty, and returns what follows; `None` where that is not certain.
pub(super) type Reader = for<'b> fn(&'b [u8]) -> Option<(Piece<'b>, &'b [u8])>;

/// Reads the encoding of a name.
pub(super) fn reader(name: &str) -> Option<Reader> {
    Some(match name {
        "UTF-16LE" => |bytes| utf16(bytes, false),
        "UTF-16BE" => |bytes| utf16(bytes, true),
        "UTF-32LE" => |bytes| utf32(bytes, u32::from_le_bytes),
        "UTF-32BE" => |bytes| utf32(bytes, u32::from_be_bytes),
        "Windows-1252" => windows_1252,
        _ => return None,
    })
}

/// Whether the first byte of a unit makes it the second half of a pair.
fn is_low(byte: u8) -> bool {
    (0xdc..=0xdf).contains(&byte)
}

fn utf16(bytes: &[u8], big: bool) -> Option<(Piece<'_>, &[u8])> {
    let Some((unit, rest)) = bytes.split_at_checked(2) else {
        let broken = big && bytes.first().is_some_and(|byte| is_low(*byte));
        let piece = if broken {
            Piece::Invalid(bytes, &[])
        } else {
            Piece::Incomplete(bytes)
        };
        return Some((piece, &[]));
    };
    let value = |unit: &[u8]| {
        let unit = unit.try_into().unwrap_or_default();
        if big {
            u16::from_be_bytes(unit)
        } else {
            u16::from_le_bytes(unit)
        }
    };
    match value(unit) {
        0xd800..=0xdbff => {}
        0xdc00..=0xdfff => return Some((Piece::Invalid(unit, &[]), rest)),
        plain => return Some((Piece::Char(char::from_u32(plain.into())?), rest)),
    }
    // The byte that tells comes first or second.
    let telling = rest.get(usize::from(!big));
    match (telling, bytes.split_at_checked(4)) {
        (Some(byte), _) if !is_low(*byte) => {
            let shows = rest.get(..if big { 1 } else { 2 })?;
            Some((Piece::Invalid(unit, shows), rest))
        }
        (Some(_), Some((pair, behind))) => {
            let units = pair.chunks(2).map(value);
            let char = char::decode_utf16(units).next()?.ok()?;
            Some((Piece::Char(char), behind))
        }
        _ => Some((Piece::Incomplete(bytes), &[])),
    }
}

fn utf32(bytes: &[u8], value: fn([u8; 4]) -> u32) -> Option<(Piece<'_>, &[u8])> {
    let (unit, rest) = bytes.split_first_chunk()?;
    Some((Piece::Char(char::from_u32(value(*unit))?), rest))
}

fn windows_1252(bytes: &[u8]) -> Option<(Piece<'_>, &[u8])> {
    /// The characters from 0x80 to 0x9f; a blank where there is none.
    const UPPER: &str = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";
    let (byte, rest) = bytes.split_first()?;
    let char = match *byte {
        byte @ 0x80..=0x9f => UPPER.chars().nth(usize::from(byte - 0x80))?,
        byte => return Some((Piece::Char(char::from(byte)), rest)),
    };
    let piece = match char {
        ' ' => Piece::Undefined(*byte),
        char => Piece::Char(char),
    };
    Some((piece, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(name: &str, mut bytes: &[u8]) -> Option<String> {
        let mut text = String::new();
        while !bytes.is_empty() {
            let (piece, rest) = reader(name)?(bytes)?;
            assert!(rest.len() < bytes.len());
            bytes = rest;
            match piece {
                Piece::Char(char) => text.push(char),
                _ => return None,
            }
        }
        Some(text)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text: String) {
            let units: Vec<u16> = text.encode_utf16().collect();
            let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            let wide: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
            prop_assert_eq!(read("UTF-16LE", &little), Some(text.clone()));
            prop_assert_eq!(read("UTF-16BE", &big), Some(text.clone()));
            prop_assert_eq!(read("UTF-32LE", &wide), Some(text));
        }

        #[test]
        fn every_piece_takes_something(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            for name in ["UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE", "Windows-1252"] {
                let mut rest = bytes.as_slice();
                while let Some((_, behind)) = reader(name).and_then(|reader| (!rest.is_empty()).then(|| reader(rest))?) {
                    prop_assert!(behind.len() < rest.len());
                    rest = behind;
                }
            }
        }
    }
}
