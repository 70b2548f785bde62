//! Keeps from the parser what it answers with a panic: a comma directly behind a tag (`[!a, b]`).
//!
//! Whether a `!` begins a tag only the scanner knows. So every suspicious comma is tried: the text in front of it is
//! scanned, and when a tag ends there, the text is refused. (Go takes the comma for a part of the tag, and then fails
//! in nearly all cases.)

use std::io::Read;
use std::sync::Arc;

use libyaml_safer::{Encoding, Scanner, TokenData};

use super::parse::MAX_DEPTH;
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// What the scanner says of a tag with something directly behind it.
const NO_END: &str = "did not find expected whitespace or line break";

/// Most bytes that are scanned for all commas of a text together.
const MAX_SCANNED: usize = 32 << 20;

/// What [`check`] refuses; the offset is that of the comma.
pub(super) enum Fault {
    /// A comma directly behind a tag.
    TagBeforeComma(usize),
    /// Too many words with `!` in front of commas to try them all.
    TooMany(usize),
}

/// Refuses a text with a comma directly behind a tag; `base` is the byte offset at which the parser's input begins.
pub(super) fn check_tags(source: &Arc<Source>, base: usize) -> Result<(), Diagnostic> {
    let at = |comma: usize| Span::new(base + comma, base + comma + 1);
    check(&source.text()[base..]).map_err(|fault| match fault {
        Fault::TagBeforeComma(comma) => Diagnostic::error(NO_END)
            .at(source, at(comma), "")
            .hint("put a space between the tag and the comma, or the value into quotes"),
        Fault::TooMany(comma) => Diagnostic::error(
            "the text has too many words with `!` in front of commas",
        )
        .at(source, at(comma), ""),
    })
}

/// Looks for a comma directly behind a tag.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    let mut scanned = 0;
    for comma in suspicious_commas(text) {
        scanned += comma;
        if scanned > MAX_SCANNED {
            return Err(Fault::TooMany(comma));
        }
        if tag_ends(&text[..comma]) {
            return Err(Fault::TagBeforeComma(comma));
        }
    }
    Ok(())
}

/// Where a token may end without white space, so that a tag can follow: brackets, indicators, quotes.
const BEFORE_TAGS: [char; 10] = ['[', ']', '{', '}', ',', ':', '?', '"', '\'', '\u{feff}'];

/// Commas at the end of a word in which a `!` stands where a tag may begin.
fn suspicious_commas(text: &str) -> impl Iterator<Item = usize> {
    let mut before = ' ';
    let mut suspicious = false;
    text.char_indices().filter_map(move |(at, c)| {
        let found = c == ',' && suspicious;
        if c == '!' && (before.is_whitespace() || BEFORE_TAGS.contains(&before)) {
            suspicious = true;
        } else if c.is_whitespace() {
            suspicious = false;
        }
        before = c;
        found.then_some(at)
    })
}

/// Whether the last thing in `text` is a tag.
///
/// A character that no tag can hold is put behind it: the scanner refuses that at once where a tag ends there. (The token
/// of the tag itself is of no use. It may wait for what follows, and be lost when that is an error.)
fn tag_ends(text: &str) -> bool {
    let mut scanner = Scanner::new();
    scanner.set_encoding(Encoding::Utf8);
    scanner.set_input(text.as_bytes().chain(&b"^\n"[..]));
    let mut depth = 0_usize;
    for token in scanner {
        let token = match token {
            Ok(token) => token,
            Err(error) => {
                let here = error
                    .problem_mark()
                    .is_some_and(|mark| mark.index == text.len() as u64);
                return here
                    && error.context() == Some("while scanning a tag")
                    && error.problem() == NO_END;
            }
        };
        match token.data {
            TokenData::BlockSequenceStart
            | TokenData::BlockMappingStart
            | TokenData::FlowSequenceStart
            | TokenData::FlowMappingStart => depth += 1,
            TokenData::BlockEnd | TokenData::FlowSequenceEnd | TokenData::FlowMappingEnd => {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        // The parser stops in front of this comma; scanning on takes time that grows with the square.
        if depth > MAX_DEPTH {
            return false;
        }
    }
    false
}
