//! Writes the program: statements joined by `; `, and which bytes of the template each part of it comes from.

use std::ops::Range;

use super::literal;
use super::magic::Magic;
use super::program::{Program, Segment};
use super::scan::{Kind, Opener};

/// The program so far.
pub(super) struct Generator<'t> {
    template: &'t str,
    code: String,
    segments: Vec<Segment>,
    /// Whether the next statement needs a `; ` before it.
    in_line: bool,
    /// What was read since the last tag or opener. No piece is empty.
    pieces: Vec<Range<usize>>,
}

impl<'t> Generator<'t> {
    pub(super) fn new(template: &'t str, magic: &Magic) -> Self {
        let mut generator = Self {
            template,
            code: String::with_capacity(template.len() + template.len() / 4 + 64),
            segments: Vec::new(),
            in_line: false,
            pieces: Vec::new(),
        };
        let coding = magic.foreign_coding.as_deref().unwrap_or("UTF-8");
        generator.glue(0, |code| {
            code.extend(["#coding:", coding, "\n"]);
            if let Some(frozen) = &magic.frozen {
                code.extend(["#frozen-string-literal:", frozen, "\n"]);
            }
        });
        generator.statement(0, |code| code.push_str("_erbout = +''"));
        generator
    }

    /// Remembers a piece of text or code.
    pub(super) fn keep(&mut self, piece: Range<usize>) {
        self.pieces.push(piece);
    }

    /// Prints the text that was kept.
    pub(super) fn flush_text(&mut self) {
        let pieces = std::mem::take(&mut self.pieces);
        let Some(start) = pieces.first().map(|piece| piece.start) else {
            return;
        };
        let template = self.template.as_bytes();
        let bytes = || pieces.iter().flat_map(|piece| &template[piece.clone()]);
        let lines = bytes().filter(|byte| **byte == b'\n').count();
        self.statement(start, |code| {
            code.push_str("_erbout.<< ");
            literal::write(bytes().copied(), code);
            code.push_str(".freeze");
            code.extend(std::iter::repeat_n('\n', lines));
        });
    }

    /// The tag of which the content was kept; its closer begins at `closer`.
    pub(super) fn tag(&mut self, opener: &Opener, closer: usize) {
        let pieces = std::mem::take(&mut self.pieces);
        match opener.kind {
            Kind::Code => self.code_tag(opener, pieces),
            Kind::Print => {
                self.statement(opener.start, |code| code.push_str("_erbout.<<(("));
                self.verbatim(&pieces);
                self.glue(closer, |code| code.push_str(").to_s)"));
            }
            Kind::Comment => {
                let lines = pieces.iter().map(|piece| self.line_ends(piece)).sum();
                self.statement(opener.start, |code| {
                    code.extend(std::iter::repeat_n('\n', lines));
                });
            }
        }
    }

    /// A line end before the closer ends the line of the program, so that no `; ` follows.
    fn code_tag(&mut self, opener: &Opener, mut pieces: Vec<Range<usize>>) {
        self.statement(opener.start, |_| ());
        let ends_line = pieces.last_mut().is_some_and(|last| {
            let text = &self.template[last.clone()];
            let kept = text.strip_suffix('\n');
            let kept = kept.map(|text| text.strip_suffix('\r').unwrap_or(text));
            last.end = last.start + kept.unwrap_or(text).len();
            kept.is_some()
        });
        self.verbatim(&pieces);
        if ends_line {
            self.line_end();
        }
    }

    /// Ends a line of the program that the template ends too.
    pub(super) fn line_end(&mut self) {
        let at = self.template_end_of_last();
        self.glue(at, |code| code.push('\n'));
        self.in_line = false;
    }

    /// Ends the program. Text that is left is printed, also that of an unclosed tag.
    pub(super) fn finish(mut self, foreign_coding: Option<String>) -> Program {
        self.flush_text();
        self.statement(self.template.len(), |code| code.push_str("_erbout"));
        Program::new(self.template, self.code, self.segments, foreign_coding)
    }

    /// The begin of a statement, with a `; ` if it needs one.
    fn statement(&mut self, at: usize, write: impl FnOnce(&mut String)) {
        let separator = if self.in_line { "; " } else { "" };
        self.in_line = true;
        self.glue(at, |code| {
            code.push_str(separator);
            write(code);
        });
    }

    /// Code that ERB adds, all of which comes from the place `at`.
    fn glue(&mut self, at: usize, write: impl FnOnce(&mut String)) {
        let start = self.code.len();
        write(&mut self.code);
        self.segment(start, at, false);
    }

    /// The template's own code.
    fn verbatim(&mut self, pieces: &[Range<usize>]) {
        for piece in pieces {
            let start = self.code.len();
            self.code.push_str(&self.template[piece.clone()]);
            self.segment(start, piece.start, true);
        }
    }

    fn segment(&mut self, start: usize, template: usize, verbatim: bool) {
        let code = start..self.code.len();
        if !code.is_empty() {
            self.segments.push(Segment {
                code,
                template,
                verbatim,
            });
        }
    }

    fn template_end_of_last(&self) -> usize {
        self.segments.last().map_or(0, |last| {
            let length = if last.verbatim { last.code.len() } else { 0 };
            last.template + length
        })
    }

    fn line_ends(&self, piece: &Range<usize>) -> usize {
        self.template[piece.clone()].matches('\n').count()
    }
}
