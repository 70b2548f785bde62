//! From text and Ruby to ERB, line by line, with the way back.
//!
//! Text keeps its bytes: `<%` in it is written so that ERB prints it, and no trimming of ERB's reaches it. Where Tera cuts
//! white space with a line break off, a line break that ERB does not print takes its place, so that lines stay lines.

use std::sync::Arc;

use crate::source::{Source, Span};

/// Where a line of the ERB comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name of the text: the template, or a partial.
    pub source: String,
    /// Line in it, from 1.
    pub line: usize,
}

/// A piece of the ERB.
#[derive(Debug)]
pub(super) struct Piece {
    what: What,
    /// Whether its line ends with it, unprinted.
    ends_line: bool,
    source: Arc<Source>,
    span: Span,
}

#[derive(Debug)]
enum What {
    Text(String),
    /// `<% … %>`.
    Run(String),
    /// `<%= … %>`.
    Print(String),
}

impl Piece {
    fn is_tag(&self) -> bool {
        !matches!(self.what, What::Text(_))
    }

    fn place(&self) -> Place {
        let line = self.source.line_column(self.span.start).line;
        Place {
            source: self.source.name().to_owned(),
            line,
        }
    }
}

/// Pieces in the making.
#[derive(Debug, Default)]
pub(super) struct Output {
    pieces: Vec<Piece>,
}

impl Output {
    pub(super) fn text(&mut self, text: &str, source: &Arc<Source>, span: Span) {
        if !text.is_empty() {
            self.push(What::Text(text.to_owned()), source, span);
        }
    }

    pub(super) fn run(&mut self, ruby: impl Into<String>, source: &Arc<Source>, span: Span) {
        self.push(What::Run(ruby.into()), source, span);
    }

    pub(super) fn print(&mut self, ruby: impl Into<String>, source: &Arc<Source>, span: Span) {
        self.push(What::Print(ruby.into()), source, span);
    }

    fn push(&mut self, what: What, source: &Arc<Source>, span: Span) {
        self.pieces.push(Piece {
            what,
            ends_line: false,
            source: Arc::clone(source),
            span,
        });
    }

    /// Ruby that is a line of its own.
    pub(super) fn run_line(&mut self, ruby: impl Into<String>, source: &Arc<Source>, span: Span) {
        self.run(ruby, source, span);
        if let Some(last) = self.pieces.last_mut() {
            last.ends_line = true;
        }
    }

    /// Where the next piece will be.
    pub(super) fn mark(&self) -> usize {
        self.pieces.len()
    }

    /// Takes the pieces from a mark on away.
    pub(super) fn split_off(&mut self, mark: usize) -> Self {
        Self {
            pieces: self.pieces.split_off(mark),
        }
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.pieces.append(&mut other.pieces);
    }

    /// Puts Ruby before the piece at a mark; it belongs to the place of that piece.
    pub(super) fn insert(&mut self, mark: usize, ruby: String, source: &Arc<Source>, span: Span) {
        let piece = Piece {
            what: What::Run(ruby),
            ends_line: true,
            source: Arc::clone(source),
            span,
        };
        self.pieces.insert(mark.min(self.pieces.len()), piece);
    }

    /// The ERB behind `head`, whole lines of ERB that belong to the start of the template; and the place of each line.
    pub(super) fn write(&self, head: &str, template: &Arc<Source>) -> (String, Vec<Place>) {
        let mut writer = Writer {
            erb: String::new(),
            lines: Vec::new(),
            breaks: 0,
            template,
        };
        writer.push(head);
        let start = Place {
            source: template.name().to_owned(),
            line: 1,
        };
        writer.lines.resize(head.matches('\n').count(), start);
        let mut index = 0;
        while let Some(piece) = self.pieces.get(index) {
            let before = index
                .checked_sub(1)
                .and_then(|before| self.pieces.get(before));
            let text_before = before.is_some_and(|before| {
                matches!(before.what, What::Text(_)) && cut_lines(before, piece)
            });
            index += 1;
            match &piece.what {
                What::Text(_) => index = writer.text(&self.pieces, index - 1),
                What::Run(ruby) => writer.tag("<%", text_before, ruby, piece, self.closing(index)),
                What::Print(ruby) => {
                    writer.tag("<%=", text_before, ruby, piece, self.closing(index));
                }
            }
        }
        writer.place(template.name(), || {
            template.line_column(template.text().len()).line
        });
        (writer.erb, writer.lines)
    }

    /// How the tag before the piece at `index` ends.
    fn closing(&self, index: usize) -> &'static str {
        let tag = index.checked_sub(1).and_then(|tag| self.pieces.get(tag));
        if tag.is_some_and(|tag| tag.ends_line) {
            return " -%>\n";
        }
        let pair = index
            .checked_sub(1)
            .and_then(|before| Some((self.pieces.get(before)?, self.pieces.get(index)?)));
        match pair {
            Some((tag, next))
                if cut_lines(tag, next) || next.is_tag() && tag.place() != next.place() =>
            {
                " -%>\n"
            }
            _ => " %>",
        }
    }
}

/// Whether a line break between two pieces was cut off, or cannot be seen.
fn cut_lines(before: &Piece, piece: &Piece) -> bool {
    if !Arc::ptr_eq(&before.source, &piece.source) {
        return false;
    }
    let gap = before.source.text().get(before.span.end..piece.span.start);
    gap.is_some_and(|gap| gap.contains('\n'))
}

struct Writer<'a> {
    erb: String,
    lines: Vec<Place>,
    /// Line breaks written so far.
    breaks: usize,
    template: &'a Arc<Source>,
}

impl Writer<'_> {
    fn push(&mut self, text: &str) {
        self.erb.push_str(text);
        self.breaks += text.matches('\n').count();
    }

    /// Says where the line that is being written comes from, if that is not known.
    fn place(&mut self, name: &str, line: impl FnOnce() -> usize) {
        if self.lines.len() <= self.breaks {
            let place = Place {
                source: name.to_owned(),
                line: line(),
            };
            self.lines.resize(self.breaks + 1, place);
        }
    }

    /// Writes a tag: on a new line of its own when this one is that of another place.
    fn tag(&mut self, open: &str, text_was_cut: bool, ruby: &str, piece: &Piece, close: &str) {
        let place = piece.place();
        let elsewhere = self.lines.len() > self.breaks && self.lines.last() != Some(&place);
        let space = if text_was_cut || elsewhere { "\n" } else { " " };
        for part in [open, space, ruby, close] {
            for chunk in part.split_inclusive('\n') {
                self.place(&place.source, || place.line);
                self.push(chunk);
            }
        }
    }

    /// Writes the texts from `index` on and says which piece is next.
    fn text(&mut self, pieces: &[Piece], index: usize) -> usize {
        let mut carried = String::new();
        let mut next = index;
        let mut places = Vec::new();
        while let Some(Piece {
            what: What::Text(text),
            source,
            span,
            ..
        }) = pieces.get(next)
        {
            places.push((carried.len(), source, span.start));
            carried.push_str(text);
            next += 1;
        }
        let mut at = 0;
        for line in carried.split_inclusive('\n') {
            let found = places.iter().rev().find(|(start, ..)| *start <= at);
            if let Some((start, source, offset)) = found {
                self.place(source.name(), || {
                    source.line_column(offset + at - start).line
                });
            } else {
                let template = self.template;
                self.place(template.name(), || 1);
            }
            self.push(&line.replace("<%", "<%%"));
            at += line.len();
        }
        next
    }
}
