//! Sets of characters as `tr`, `delete`, `squeeze` and `count` read them: `a-z`, `^a-z`, `\-`.

use std::ops::RangeInclusive;

use super::super::super::raised::Raised;
use super::super::super::value::Encoding;
use super::chars;

/// Characters and ranges of them, in the order they are written.
pub(super) struct Set {
    negated: bool,
    ranges: Vec<RangeInclusive<u32>>,
}

/// A code for each character: an invalid byte has one above all code points.
pub(super) fn code(char: &[u8], encoding: Encoding) -> u32 {
    chars::code(char, encoding)
        .unwrap_or_else(|| 0x11_0000 + char.first().copied().map_or(0, u32::from))
}

/// The bytes of a code.
pub(super) fn push_code(out: &mut Vec<u8>, code: u32, encoding: Encoding) {
    let byte = u8::try_from(code.checked_sub(0x11_0000).unwrap_or(code)).unwrap_or(b'?');
    match char::from_u32(code) {
        Some(char) if encoding == Encoding::Utf8 => {
            out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
        }
        _ => out.push(byte),
    }
}

impl Set {
    /// Reads a set.
    pub(super) fn new(bytes: &[u8], encoding: Encoding) -> Result<Self, Raised> {
        let codes: Vec<u32> = chars::chars(bytes, encoding)
            .map(|char| code(char, encoding))
            .collect();
        let negated = codes.len() > 1 && codes.first() == Some(&u32::from('^'));
        let codes = codes.get(usize::from(negated)..).unwrap_or_default();
        let ranges = ranges(codes, encoding)?;
        Ok(Self { negated, ranges })
    }

    /// Whether a character is in the set.
    pub(super) fn contains(&self, code: u32) -> bool {
        self.ranges.iter().any(|range| range.contains(&code)) != self.negated
    }

    /// Number of ranges, which is what looking a character up costs.
    pub(super) fn len(&self) -> usize {
        self.ranges.len()
    }

    pub(super) fn is_negated(&self) -> bool {
        self.negated
    }

    /// The place of the last mention of a character, in the order in which the set is written.
    pub(super) fn place(&self, code: u32) -> Option<u64> {
        let mut before = 0;
        let mut found = None;
        for range in &self.ranges {
            if range.contains(&code) {
                found = Some(before + u64::from(code - range.start()));
            }
            before += length(range);
        }
        found
    }

    /// The character at a place; the last one for a place behind it, and none in an empty set.
    pub(super) fn at(&self, place: u64) -> Option<u32> {
        let mut before = 0;
        for range in &self.ranges {
            let here = length(range);
            if let Some(into) = place.checked_sub(before)
                && into < here
            {
                return Some(range.start() + u32::try_from(into).unwrap_or(0));
            }
            before += here;
        }
        self.ranges.last().map(|range| *range.end())
    }
}

fn length(range: &RangeInclusive<u32>) -> u64 {
    u64::from(range.end() - range.start()) + 1
}

fn ranges(codes: &[u32], encoding: Encoding) -> Result<Vec<RangeInclusive<u32>>, Raised> {
    const ESCAPE: u32 = '\\' as u32;
    const DASH: u32 = '-' as u32;
    let mut found = Vec::new();
    let mut rest = codes;
    loop {
        let (first, behind) = match rest {
            [] => return Ok(found),
            [ESCAPE, escaped, behind @ ..] => (*escaped, behind),
            [plain, behind @ ..] => (*plain, behind),
        };
        let (last, behind) = match behind {
            [DASH, ESCAPE, escaped, behind @ ..] => (*escaped, behind),
            [DASH, last, behind @ ..] => (*last, behind),
            _ => (first, behind),
        };
        if last < first {
            return Err(invalid_range(first, last, encoding));
        }
        found.push(first..=last);
        rest = behind;
    }
}

fn invalid_range(first: u32, last: u32, encoding: Encoding) -> Raised {
    let mut text = Vec::new();
    push_code(&mut text, first, encoding);
    text.push(b'-');
    push_code(&mut text, last, encoding);
    let text = String::from_utf8_lossy(&text);
    Raised::argument(format!(
        "invalid range \"{text}\" in string transliteration"
    ))
}
