//! What is refused before the parser sees it: its time and its stack grow with nesting.
//!
//! The grammar tries a call several times before it knows what it is, each time with all that is nested in it, so the time
//! is a power of the depth of calls; expressions and blocks are parsed recursively.

use super::tags::{Tag, TagKind, TokenKind};
use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};
use std::sync::Arc;

/// Longest text of a template, in bytes.
pub(super) const MOST_BYTES: usize = 1 << 20;
/// Deepest nesting of tags with an end tag.
const DEEPEST_BLOCKS: usize = 60;
/// Deepest nesting of parentheses and brackets in one tag.
const DEEPEST_BRACKETS: usize = 6;
/// Most words and signs in one tag.
const MOST_TOKENS: usize = 1000;
/// Most tags: each becomes a node.
const MOST_TAGS: usize = 50_000;

/// The first limit that is crossed.
pub(super) fn check(source: &Arc<Source>, tags: &[Tag]) -> Result<(), Diagnostic> {
    let fault = |span: Span, what: String| Err(Diagnostic::error(what).at(source, span, ""));
    if tags.len() > MOST_TAGS {
        return fault(Span::default(), format!("More than {MOST_TAGS} tags"));
    }
    let mut depth = 0_usize;
    for tag in tags {
        match tag.kind {
            TagKind::Statement if opens(&tag.keyword) => depth += 1,
            TagKind::Statement if tag.keyword.starts_with("end") => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST_BLOCKS {
            return fault(
                tag.span,
                format!("Tags are nested more than {DEEPEST_BLOCKS} deep"),
            );
        }
        let (mut brackets, mut count) = (0_usize, 0);
        for token in tag.tokens(source.text()) {
            count += 1;
            match token.kind {
                TokenKind::Open => brackets += 1,
                TokenKind::Close => brackets = brackets.saturating_sub(1),
                _ => {}
            }
            let inside = token.text.matches('[').count();
            if brackets.max(inside) > DEEPEST_BRACKETS {
                let what = format!(
                    "Brackets are nested more than {DEEPEST_BRACKETS} deep: name parts of this with `set`"
                );
                return fault(token.span, what);
            }
        }
        if count > MOST_TOKENS {
            return fault(
                tag.span,
                format!("More than {MOST_TOKENS} words and signs in one tag"),
            );
        }
    }
    Ok(())
}

/// Whether a tag has an end tag.
pub(super) fn opens(keyword: &str) -> bool {
    matches!(keyword, "if" | "for" | "filter" | "block" | "macro")
}
