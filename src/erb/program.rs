//! A generated program, and the way back from it to the template.

use std::ops::Range;

/// Ruby code made of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The code, as `ERB#src` gives it. Its first line is number 0.
    pub code: String,
    /// Where the code comes from: side by side, in order, covering all of it.
    pub segments: Vec<Segment>,
    foreign_coding: Option<String>,
    template_length: usize,
    /// Offsets of the line ends of the template and of the code.
    template_line_ends: Vec<usize>,
    code_line_ends: Vec<usize>,
}

/// A part of the code with one origin. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Byte range of the generated code.
    pub code: Range<usize>,
    /// Byte offset in the template: of the first byte if `verbatim`, else of the text or tag all of it stands for.
    pub template: usize,
    /// Whether the range is the template's own code, byte for byte from there on.
    pub verbatim: bool,
}

impl Program {
    pub(super) fn new(
        template: &str,
        code: String,
        segments: Vec<Segment>,
        foreign_coding: Option<String>,
    ) -> Self {
        Self {
            template_line_ends: line_ends(template),
            code_line_ends: line_ends(&code),
            template_length: template.len(),
            code,
            segments,
            foreign_coding,
        }
    }

    /// Another encoding than UTF-8 that the template declares (`<%# coding: latin1 %>`), as written.
    ///
    /// Ruby would read the template in it, or fail when there is none of that name. The program of such a template is
    /// made as if it were UTF-8: who evaluates it has to refuse it.
    pub fn foreign_coding(&self) -> Option<&str> {
        self.foreign_coding.as_deref()
    }

    /// The byte offset in the template that a byte offset in the code comes from; behind the code is behind the template.
    ///
    /// Code that ERB adds comes from the begin of the text or tag it belongs to; `).to_s)` from the end of its tag.
    pub fn template_offset(&self, code_offset: usize) -> usize {
        let after = self
            .segments
            .partition_point(|segment| segment.code.start <= code_offset);
        match after.checked_sub(1).and_then(|at| self.segments.get(at)) {
            Some(segment) if code_offset >= segment.code.end => self.template_length,
            Some(segment) if segment.verbatim => {
                segment.template + (code_offset - segment.code.start)
            }
            Some(segment) => segment.template,
            None => self.template_length,
        }
    }

    /// The line of the template, counted from 1, that a byte offset in the code comes from.
    pub fn template_line(&self, code_offset: usize) -> usize {
        let offset = self.template_offset(code_offset);
        self.template_line_ends.partition_point(|end| *end < offset) + 1
    }

    /// The line that Ruby reports for a byte offset in the code: `__LINE__`, lines of errors.
    ///
    /// It is that of the template, except where ERB makes it differ: behind `<%# frozen_string_literal: true %>` it is
    /// one more.
    pub fn ruby_line(&self, code_offset: usize) -> usize {
        self.code_line_ends
            .partition_point(|end| *end < code_offset)
    }
}

fn line_ends(text: &str) -> Vec<usize> {
    text.match_indices('\n').map(|(at, _)| at).collect()
}
