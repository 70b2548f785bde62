//! What is wrong with a text, in Psych's words.

use std::fmt;

use libyaml_safer::{Error, ErrorKind};

use crate::source::Span;

/// Why a text gave no documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseError {
    /// Ruby raises `Psych::SyntaxError`.
    Syntax(SyntaxError),
    /// Ruby might read it.
    Limit(Limit),
}

/// `Psych::SyntaxError`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// From 1. Psych gives the place where what could not be completed begins, and 1 where libyaml names none.
    pub line: u64,
    /// From 1, in characters.
    pub column: u64,
    /// What was missing or found.
    pub problem: &'static str,
    /// What was being read.
    pub context: Option<&'static str>,
    /// Where the parser stood; empty at the end of the text, and where libyaml does not say.
    pub span: Span,
}

impl SyntaxError {
    /// The message of the exception; `file` is the `filename:` of the call.
    pub fn message(&self, file: Option<&str>) -> String {
        let file = file.unwrap_or("<unknown>");
        let space = if self.context.is_some() { " " } else { "" };
        let Self {
            line,
            column,
            problem,
            ..
        } = self;
        let context = self.context.unwrap_or_default();
        format!("({file}): {problem}{space}{context} at line {line} column {column}")
    }

    pub(super) fn new(error: &Error, text: &str) -> Self {
        // libyaml leaves the context's place at zero where it has none, save in the scanner.
        let place = match error.kind() {
            ErrorKind::Scanner => error.context_mark().or(error.problem_mark()),
            _ => error.context_mark(),
        };
        Self {
            line: place.map_or(1, |mark| mark.line + 1),
            column: place.map_or(1, |mark| mark.column + 1),
            problem: error.problem(),
            context: error.context(),
            span: error
                .problem_mark()
                .map_or_else(Span::default, |mark| character_at(text, mark.index)),
        }
    }
}

fn character_at(text: &str, index: u64) -> Span {
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    let start = text.floor_char_boundary(index.min(text.len()));
    let width = text[start..].chars().next().map_or(0, char::len_utf8);
    Span::new(start, start + width)
}

/// Where this implementation stops, and Ruby would go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// What there is too much of, or what is not supported.
    pub message: String,
    /// Where.
    pub span: Span,
}

impl From<Limit> for ParseError {
    fn from(limit: Limit) -> Self {
        Self::Limit(limit)
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => out.write_str(&error.message(None)),
            Self::Limit(limit) => out.write_str(&limit.message),
        }
    }
}

impl std::error::Error for ParseError {}
