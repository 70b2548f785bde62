//! The layout of libyaml 0.2.5: indentation, indicators, and the five ways to write a scalar.
//!
//! Written anew, since the crate that reads has an emitter that differs from libyaml where folded text, U+7EFF and
//! characters above U+FFFF are concerned.

use super::analysis::{Style, is_blank, is_break, is_printable};

/// Output and where it stands.
pub(super) struct Emitter {
    out: String,
    column: usize,
    /// The column of the collection; `None` outside of all.
    pub(super) indent: Option<usize>,
    /// Spaces of one level.
    step: usize,
    /// A space behind this column becomes a line break.
    width: usize,
    /// The last character needs no space behind it.
    whitespace: bool,
    /// Only indentation and `-`, `?`, `:` stand in this line.
    pub(super) indention: bool,
    /// A block scalar kept its last line breaks, so the end of the document must be marked.
    open_ended: bool,
}

impl Emitter {
    pub(super) fn new(step: usize, width: usize) -> Self {
        Self {
            out: String::with_capacity(1024),
            column: 0,
            indent: None,
            step,
            width,
            whitespace: true,
            indention: true,
            open_ended: false,
        }
    }

    /// Ends the document and the stream.
    pub(super) fn finish(mut self) -> String {
        self.indent = None;
        self.new_line();
        if self.open_ended {
            self.indicator("...", true, false, false);
            self.new_line();
        }
        self.out
    }

    /// The indentation of what is inside of a collection or a scalar.
    pub(super) fn deeper(&self, at_root: usize) -> usize {
        self.indent.map_or(at_root, |indent| indent + self.step)
    }

    /// Goes to the indentation, in the next line unless nothing stands in this one.
    pub(super) fn new_line(&mut self) {
        let indent = self.indent.unwrap_or(0);
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put('\n');
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    pub(super) fn indicator(
        &mut self,
        text: &str,
        spaced: bool,
        is_whitespace: bool,
        is_indention: bool,
    ) {
        if spaced {
            self.space();
        }
        self.put_str(text);
        self.whitespace = is_whitespace;
        self.indention = self.indention && is_indention;
    }

    /// An anchor (`&1`), an alias (`*1`), a tag.
    pub(super) fn property(&mut self, text: &str) {
        self.indicator(text, true, false, false);
    }

    /// A space that libyaml writes behind an alias that is a key.
    pub(super) fn space_behind_alias(&mut self) {
        self.put(' ');
    }

    pub(super) fn scalar(&mut self, text: &str, style: Style, is_key: bool) {
        let outer = self.indent;
        self.indent = Some(self.deeper(self.step));
        match style {
            Style::Plain => self.plain(text, !is_key),
            Style::Single => self.single_quoted(text, !is_key),
            Style::Double => self.double_quoted(text, !is_key),
            Style::Literal => self.literal(text),
            Style::Folded => self.folded(text),
        }
        self.indent = outer;
    }

    /// Plain text has neither line breaks nor spaces at its ends.
    fn plain(&mut self, text: &str, fold: bool) {
        if !text.is_empty() {
            self.space();
        }
        if fold && self.column + text.len() > self.width {
            self.flow(text, true);
        } else {
            self.out.push_str(text);
            self.column += text.chars().count();
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("'", true, false, false);
        if self.flow(&text.replace('\'', "''"), fold) {
            self.new_line();
        }
        self.indicator("'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    /// Text in which a line break is written twice and a single space may become one. True when it ends with a break.
    fn flow(&mut self, text: &str, fold: bool) -> bool {
        let (mut spaces, mut breaks) = (false, false);
        let mut rest = text.chars().peekable();
        let mut first = true;
        while let Some(c) = rest.next() {
            if c == ' ' {
                let single = !first && !spaces && rest.peek().is_some_and(|next| *next != ' ');
                if fold && single && self.column > self.width {
                    self.new_line();
                } else {
                    self.put(c);
                }
                spaces = true;
            } else if is_break(c) {
                if !breaks && c == '\n' {
                    self.put('\n');
                }
                self.put(c);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.new_line();
                }
                self.put(c);
                self.indention = false;
                (spaces, breaks) = (false, false);
            }
            first = false;
        }
        breaks
    }

    fn double_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("\"", true, false, false);
        let mut spaces = false;
        let mut rest = text.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            if !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
                self.escape(c);
                spaces = false;
            } else if c == ' ' {
                let next = rest.peek().map(|(_, next)| *next);
                if fold && !spaces && self.column > self.width && at > 0 && next.is_some() {
                    self.new_line();
                    if next == Some(' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(c);
                }
                spaces = true;
            } else {
                self.put(c);
                spaces = false;
            }
        }
        self.indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn escape(&mut self, c: char) {
        let short = match c {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' | '\\' => c,
            '\u{85}' => 'N',
            '\u{a0}' => '_',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            _ => {
                let code = u32::from(c);
                let long = match code {
                    0..=0xff => format!("\\x{code:02X}"),
                    0x100..=0xffff => format!("\\u{code:04X}"),
                    _ => format!("\\U{code:08X}"),
                };
                self.put_str(&long);
                return;
            }
        };
        self.put('\\');
        // It is no line break any more, so the column counts on.
        self.out.push(short);
        self.column += 1;
    }

    fn literal(&mut self, text: &str) {
        self.block_header("|", text);
        let mut breaks = true;
        for c in text.chars() {
            if is_break(c) {
                self.put(c);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.new_line();
                }
                self.put(c);
                self.indention = false;
                breaks = false;
            }
        }
    }

    fn folded(&mut self, text: &str) {
        self.block_header(">", text);
        let (mut breaks, mut leading_spaces) = (true, true);
        for (at, c) in text.char_indices() {
            let behind = &text[at + c.len_utf8()..];
            if is_break(c) {
                let next = || text[at..].chars().find(|c| !is_break(*c));
                if !breaks && !leading_spaces && c == '\n' && next().is_some_and(|c| !is_blank(c)) {
                    self.put('\n');
                }
                self.put(c);
                self.indention = true;
                breaks = true;
                continue;
            }
            if breaks {
                self.new_line();
                leading_spaces = matches!(c, ' ' | '\t');
            }
            if !breaks && c == ' ' && !behind.starts_with(' ') && self.column > self.width {
                self.new_line();
            } else {
                self.put(c);
            }
            self.indention = false;
            breaks = false;
        }
    }

    /// `|` or `>`, the indentation where the text begins with white space, what becomes of the breaks at its end.
    fn block_header(&mut self, indicator: &str, text: &str) {
        self.indicator(indicator, true, false, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator(&self.step.to_string(), false, false, false);
        }
        let mut back = text.chars().rev();
        let last_breaks = back.next().is_some_and(is_break);
        let more_breaks = back.next().is_none_or(is_break);
        self.open_ended = last_breaks && more_breaks;
        if !last_breaks {
            self.indicator("-", false, false, false);
        } else if more_breaks {
            self.indicator("+", false, false, false);
        }
        self.put('\n');
        self.indention = true;
        self.whitespace = true;
    }

    fn space(&mut self) {
        if !self.whitespace {
            self.put(' ');
        }
    }

    fn put_str(&mut self, text: &str) {
        text.chars().for_each(|c| self.put(c));
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column = if is_break(c) { 0 } else { self.column + 1 };
    }
}
