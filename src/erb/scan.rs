//! Splits a template at its tags, as ERB's scanner for `trim_mode: "-"` does.
//!
//! The scanner alternates between text, where only openers count, and the inside of a tag, where only closers do.
//! Each token says where in the template it stands.

use std::ops::Range;

/// What `<%` begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `<%` and `<%-`: statements.
    Code,
    /// `<%=`: an expression that is printed.
    Print,
    /// `<%#`: nothing. (`<%-#` is code that begins with a comment.)
    Comment,
}

/// The opener of a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opener {
    pub(super) kind: Kind,
    /// Offset of its `<`.
    pub(super) start: usize,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Text between tags, or code inside of one. Of `<%%` and `%%>` it is the two bytes they stand for. Never empty.
    Piece(Range<usize>),
    /// A tag begins.
    Open(Opener),
    /// A tag ends; `start` is the offset of its `%>` or `-%>`.
    Close { start: usize },
    /// `-%>` swallowed a line end, or stands at the end of the template.
    LineEnd,
}

/// An iterator over the tokens of a template.
pub(super) struct Scanner<'t> {
    template: &'t str,
    at: usize,
    inside: bool,
    /// Found together with the piece before them.
    waiting: [Option<Token>; 2],
}

impl<'t> Scanner<'t> {
    pub(super) fn new(template: &'t str) -> Self {
        Self {
            template,
            at: 0,
            inside: false,
            waiting: [None, None],
        }
    }

    /// The text up to the next opener, or to the end.
    fn text(&mut self) -> Range<usize> {
        let start = self.at;
        let Some(found) = self.template[start..].find("<%") else {
            self.at = self.template.len();
            return start..self.at;
        };
        let tag = start + found;
        let (kind, length) = match self.template.as_bytes().get(tag + 2) {
            Some(b'%') => {
                self.at = tag + 3;
                self.waiting[0] = Some(Token::Piece(tag..tag + 2));
                return start..tag;
            }
            Some(b'-') => (Kind::Code, 3),
            Some(b'=') => (Kind::Print, 3),
            Some(b'#') => (Kind::Comment, 3),
            _ => (Kind::Code, 2),
        };
        let trims = self.template.as_bytes().get(tag + 2) == Some(&b'-');
        self.at = tag + length;
        self.inside = true;
        self.waiting[0] = Some(Token::Open(Opener { kind, start: tag }));
        start..if trims { self.indent(start, tag) } else { tag }
    }

    /// Where the indent before a `<%-` begins; `tag` if something else precedes it on its line.
    ///
    /// What precedes is looked for from `start` on, the end of the last tag: ERB takes that for the start of a line.
    fn indent(&self, start: usize, tag: usize) -> usize {
        let before = &self.template[start..tag];
        let kept = before.trim_end_matches([' ', '\t']);
        if kept.is_empty() || kept.ends_with('\n') {
            start + kept.len()
        } else {
            tag
        }
    }

    /// The code up to the next closer, or to the end.
    fn code(&mut self) -> Range<usize> {
        let start = self.at;
        let Some(found) = self.template[start..].find("%>") else {
            self.at = self.template.len();
            return start..self.at;
        };
        let closer = start + found;
        self.at = closer + 2;
        match self.template.as_bytes()[start..closer].last() {
            Some(b'%') => {
                self.waiting[0] = Some(Token::Piece(closer..closer + 2));
                start..closer - 1
            }
            Some(b'-') => {
                self.close(closer - 1);
                self.waiting[1] = self.swallow_line_end();
                start..closer - 1
            }
            _ => {
                self.close(closer);
                start..closer
            }
        }
    }

    fn close(&mut self, start: usize) {
        self.inside = false;
        self.waiting[0] = Some(Token::Close { start });
    }

    fn swallow_line_end(&mut self) -> Option<Token> {
        let rest = &self.template[self.at..];
        let length = ["\n", "\r\n"]
            .iter()
            .find(|end| rest.starts_with(**end))
            .map_or(0, |end| end.len());
        self.at += length;
        (length > 0 || rest.is_empty()).then_some(Token::LineEnd)
    }
}

impl Iterator for Scanner<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let waiting = self.waiting[0].take().or_else(|| self.waiting[1].take());
            if waiting.is_some() {
                return waiting;
            }
            if self.at == self.template.len() {
                return None;
            }
            let piece = if self.inside {
                self.code()
            } else {
                self.text()
            };
            if !piece.is_empty() {
                return Some(Token::Piece(piece));
            }
        }
    }
}
