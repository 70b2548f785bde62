//! Syntax errors in the words of libyaml (which are those of the CLI), with the place and what to do.

use std::sync::Arc;

use libyaml_safer::{Error, ErrorKind};

use crate::diagnostic::Diagnostic;
use crate::source::{Source, Span};

/// The fault that the parser found; `base` is the byte offset at which its input begins.
pub(super) fn syntax(source: &Arc<Source>, base: usize, error: &Error) -> Diagnostic {
    if error.kind() == ErrorKind::Reader {
        return control_character(source, base, error.problem());
    }
    let (problem, context) = (error.problem(), error.context().unwrap_or_default());
    let span = error
        .problem_mark()
        .map_or_else(Span::default, |mark| character_at(source, base, mark.index));
    let mut diagnostic = Diagnostic::error(problem).at(source, span, "");
    if let Some(label) = opened(context)
        && let Some(mark) = error.context_mark()
    {
        let open = character_at(source, base, mark.index);
        if open != span {
            diagnostic = diagnostic.at(source, open, label);
        }
    }
    match hint(problem, context, &source.text()[span.start..span.end]) {
        Some(hint) => diagnostic.hint(hint),
        None => diagnostic,
    }
}

/// The character at an offset of the parser; empty at the end of the text.
fn character_at(source: &Source, base: usize, index: u64) -> Span {
    let text = source.text();
    let index = usize::try_from(index).unwrap_or(text.len());
    let start = text.floor_char_boundary(base.saturating_add(index).min(text.len()));
    let width = text[start..]
        .chars()
        .next()
        .filter(|c| !matches!(c, '\n' | '\r'))
        .map_or(0, char::len_utf8);
    Span::new(start, start + width)
}

fn control_character(source: &Arc<Source>, base: usize, problem: &str) -> Diagnostic {
    let diagnostic = Diagnostic::error(problem);
    let text = &source.text()[base..];
    let Some((at, c)) = text.char_indices().find(|(_, c)| !is_allowed(*c)) else {
        return diagnostic;
    };
    let span = Span::new(base + at, base + at + c.len_utf8());
    diagnostic
        .at(source, span, format!("U+{:04X}", u32::from(c)))
        .hint("remove the character, or write it as an escape in double quotes")
}

/// The characters of YAML.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

fn opened(context: &str) -> Option<&'static str> {
    Some(match context {
        "while parsing a flow sequence" => "the list is opened here",
        "while parsing a flow mapping" => "the map is opened here",
        "while scanning a quoted scalar" => "the quote is opened here",
        "while parsing a block mapping" => "the map begins here",
        "while parsing a block collection" => "the list begins here",
        "while scanning a simple key" => "this is taken for a key",
        _ => return None,
    })
}

fn hint(problem: &str, context: &str, found: &str) -> Option<&'static str> {
    if found == "\t" || problem.contains("tab character") {
        return Some("indent with spaces: YAML does not allow tabs there");
    }
    Some(match (problem, context) {
        ("found character that cannot start any token", _) => {
            "put the value into quotes: plain text cannot begin with this character"
        }
        ("did not find expected alphabetic or numeric character", _) => {
            "put the value into quotes: a plain `*` or `&` begins an alias or an anchor"
        }
        ("mapping values are not allowed in this context", _) => {
            "check the indentation, or put the value into quotes: plain text cannot contain `: `"
        }
        (
            "found unexpected end of stream" | "found unexpected document indicator",
            "while scanning a quoted scalar",
        ) => "close the quote",
        ("did not find expected ',' or ']'", _) => "close the list with `]`",
        ("did not find expected ',' or '}'", _) => "close the map with `}`",
        ("could not find expected ':'", _) => "write `: ` behind the key, or check the indentation",
        ("did not find expected key" | "did not find expected '-' indicator", _) => {
            "check the indentation of this line against the lines above"
        }
        ("found undefined tag handle" | "did not find expected tag URI", _) => {
            "put the value into quotes: a plain `!` begins a tag"
        }
        _ => return None,
    })
}
