//! Characters of the bytes of a string.
//!
//! As Ruby counts them: in UTF-8 a byte that belongs to no valid character is a character of its own; in the other
//! encodings each byte is one. Everything here is pure and walks its bytes at most once.

use super::super::super::value::Encoding;

/// Whether each byte is a character.
pub(in super::super) fn is_single(bytes: &[u8], encoding: Encoding) -> bool {
    encoding != Encoding::Utf8 || bytes.is_ascii()
}

/// Whether the bytes are what their encoding allows.
pub(in super::super) fn is_valid(bytes: &[u8], encoding: Encoding) -> bool {
    match encoding {
        Encoding::Utf8 => std::str::from_utf8(bytes).is_ok(),
        Encoding::UsAscii => bytes.is_ascii(),
        Encoding::Binary => true,
    }
}

/// Length in bytes of the first character; zero where there is none.
pub(in super::super) fn width(bytes: &[u8], encoding: Encoding) -> usize {
    let expected = match (encoding, bytes.first()) {
        (_, None) => return 0,
        (Encoding::Utf8, Some(0xc2..=0xdf)) => 2,
        (Encoding::Utf8, Some(0xe0..=0xef)) => 3,
        (Encoding::Utf8, Some(0xf0..=0xf4)) => 4,
        _ => return 1,
    };
    match bytes.get(..expected) {
        Some(whole) if std::str::from_utf8(whole).is_ok() => expected,
        _ => 1,
    }
}

/// Length in bytes of the last character; zero where there is none.
pub(in super::super) fn last_width(bytes: &[u8], encoding: Encoding) -> usize {
    let fits = |length: &usize| {
        let start = bytes.len().checked_sub(*length);
        let tail = start.and_then(|start| bytes.get(start..));
        tail.is_some_and(|tail| width(tail, encoding) == *length)
    };
    [4, 3, 2, 1].into_iter().find(fits).unwrap_or(0)
}

/// The characters in order.
pub(in super::super) fn chars(bytes: &[u8], encoding: Encoding) -> Chars<'_> {
    Chars {
        rest: bytes,
        encoding,
    }
}

/// The characters of bytes in order.
pub(in super::super) struct Chars<'a> {
    rest: &'a [u8],
    encoding: Encoding,
}

impl<'a> Iterator for Chars<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let (char, rest) = self
            .rest
            .split_at_checked(width(self.rest, self.encoding))?;
        self.rest = rest;
        Some(char)
    }
}

/// Number of characters.
pub(in super::super) fn count(bytes: &[u8], encoding: Encoding) -> usize {
    if is_single(bytes, encoding) {
        return bytes.len();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().count(),
        Err(_) => chars(bytes, encoding).count(),
    }
}

/// The byte where the character with an index starts; the end for the index behind the last.
pub(in super::super) fn offset(bytes: &[u8], encoding: Encoding, index: usize) -> Option<usize> {
    if is_single(bytes, encoding) {
        return (index <= bytes.len()).then_some(index);
    }
    let mut at = 0;
    for _ in 0..index {
        let step = width(bytes.get(at..)?, encoding);
        if step == 0 {
            return None;
        }
        at += step;
    }
    Some(at)
}

/// The index of the character that starts at a byte.
pub(in super::super) fn index(bytes: &[u8], encoding: Encoding, offset: usize) -> usize {
    count(bytes.get(..offset).unwrap_or(bytes), encoding)
}

/// The code point of a character; `None` for an invalid one.
pub(in super::super) fn code(char: &[u8], encoding: Encoding) -> Option<u32> {
    match encoding {
        Encoding::Utf8 => {
            let mut chars = std::str::from_utf8(char).ok()?.chars();
            chars.next().map(u32::from)
        }
        Encoding::UsAscii => char
            .first()
            .filter(|byte| byte.is_ascii())
            .copied()
            .map(u32::from),
        Encoding::Binary => char.first().copied().map(u32::from),
    }
}

/// Where bytes are found first, at a place or behind it. Takes no longer than the text is, whatever is wanted.
pub(in super::super) fn find(text: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let Some(first) = wanted.first() else {
        return Some(from);
    };
    if wanted.len() > SHORT {
        return end_of_first(rest.iter(), wanted).map(|end| from + end - wanted.len());
    }
    let mut at = 0;
    loop {
        at += rest.get(at..)?.iter().position(|byte| byte == first)?;
        if rest.get(at..)?.starts_with(wanted) {
            return Some(from + at);
        }
        at += 1;
    }
}

/// Where bytes are found last, at a place or before it.
pub(in super::super) fn rfind(text: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let last = text.len().checked_sub(wanted.len())?.min(from);
    if wanted.len() > SHORT {
        let turned: Vec<u8> = wanted.iter().rev().copied().collect();
        let end = last + wanted.len();
        let seen = end_of_first(text.get(..end)?.iter().rev(), &turned)?;
        return Some(end - seen);
    }
    (0..=last)
        .rev()
        .find(|at| text.get(*at..).is_some_and(|tail| tail.starts_with(wanted)))
}

/// What is so long is compared at each place without loss.
const SHORT: usize = 8;

/// How many bytes are read until what is wanted is complete: Knuth, Morris and Pratt's search, which reads each once.
fn end_of_first<'a>(text: impl Iterator<Item = &'a u8>, wanted: &[u8]) -> Option<usize> {
    let back = restarts(wanted);
    let mut matched = 0;
    for (index, byte) in text.enumerate() {
        matched = extended(wanted, &back, matched, *byte);
        if matched == wanted.len() {
            return Some(index + 1);
        }
    }
    None
}

/// For each length of a start of the text, the longest shorter start that it ends with.
fn restarts(wanted: &[u8]) -> Vec<usize> {
    let mut back = vec![0; wanted.len().min(1)];
    let mut matched = 0;
    for byte in wanted.iter().skip(1) {
        matched = extended(wanted, &back, matched, *byte);
        back.push(matched);
    }
    back
}

/// How much of the start is matched with one byte more.
fn extended(wanted: &[u8], back: &[usize], matched: usize, byte: u8) -> usize {
    let mut matched = matched;
    while wanted.get(matched) != Some(&byte) {
        match matched.checked_sub(1).and_then(|before| back.get(before)) {
            Some(shorter) => matched = *shorter,
            None => return 0,
        }
    }
    matched + 1
}

/// The length of the blanks at the start that `strip` takes away: those of C, and zero bytes.
pub(in super::super) fn blanks(bytes: &[u8]) -> usize {
    let blank = |byte: &u8| is_space(*byte) || *byte == 0;
    bytes.iter().take_while(|byte| blank(byte)).count()
}

/// The length of the blanks at the end that `strip` takes away.
pub(in super::super) fn blanks_at_end(bytes: &[u8]) -> usize {
    let blank = |byte: &u8| is_space(*byte) || *byte == 0;
    bytes.iter().rev().take_while(|byte| blank(byte)).count()
}

/// The blanks of C.
pub(in super::super) fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive(text: &[u8], wanted: &[u8], places: impl Iterator<Item = usize>) -> Option<usize> {
        let mut places = places;
        places.find(|at| text.get(*at..).is_some_and(|tail| tail.starts_with(wanted)))
    }

    proptest! {
        /// Few letters, so that much of what is wanted is found often.
        #[test]
        fn finds_what_comparing_each_place_finds(
            text in prop::collection::vec(0..2u8, 0..80),
            wanted in prop::collection::vec(0..2u8, 0..20),
            from in 0..90usize,
        ) {
            let first = naive(&text, &wanted, from..=text.len());
            prop_assert_eq!(find(&text, &wanted, from), first);
            let last = naive(&text, &wanted, (0..=from.min(text.len())).rev());
            prop_assert_eq!(rfind(&text, &wanted, from), last);
        }

        #[test]
        fn characters_make_the_bytes_again(bytes: Vec<u8>, text: String) {
            for bytes in [bytes, text.into_bytes()] {
                let all: Vec<&[u8]> = chars(&bytes, Encoding::Utf8).collect();
                prop_assert_eq!(all.concat(), bytes.clone());
                prop_assert_eq!(all.len(), count(&bytes, Encoding::Utf8));
                prop_assert_eq!(offset(&bytes, Encoding::Utf8, all.len()), Some(bytes.len()));
                let last = all.last().map_or(0, |last| last.len());
                prop_assert_eq!(last_width(&bytes, Encoding::Utf8), last);
            }
        }
    }
}
