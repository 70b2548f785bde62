//! What a `SyntaxError` says: the message that Ruby 3.4 builds of its parser's errors, with an excerpt of the program.
//!
//! Follows what Ruby prints when standard error is no terminal: errors in the order of their places, two lines around
//! each, long lines shortened to where the errors are, `^~~` below them.

use std::fmt::Write as _;

use super::parse::{SyntaxError, lines_read};

/// From here on a line is cut, in columns in front of an error and behind the last one.
const LONG: usize = 30;

/// The message of Ruby's exception for a program that is called `file`, whose first line has the number `first_line`.
/// The errors are in the order in which the parser gave them.
pub fn message(code: &str, file: &str, first_line: u32, errors: &[SyntaxError]) -> String {
    let lines = Lines::of(code);
    let Some(first) = errors.first() else {
        return format!("{file}: syntax error found\n");
    };
    let missed = errors
        .iter()
        .any(|error| {
            error
                .message
                .starts_with("unexpected end-of-input, assuming")
        })
        .then(|| lines.last_token());
    let place = match missed {
        Some(missed) if is_unclosed(&first.message) => missed,
        _ => first.position.start as usize,
    };
    let line = lines.line(place) + first_line as usize;
    let plural = if errors.len() > 1 { "s" } else { "" };
    let mut report = Report {
        last_number: last_number(&lines, first_line, errors),
        lines,
        missed,
        first: first_line as usize,
        text: format!("{file}:{line}: syntax error{plural} found\n"),
    };
    let placed = report.placed(errors);
    report.excerpt(&placed);
    report.text
}

/// Whether an error is about something that was opened and not closed.
pub fn is_unclosed(message: &str) -> bool {
    message.contains(" to close the ") || message.starts_with("expected a block beginning with")
}

/// The text of a program by lines, as far as the parser read it; the last of them goes on to the end.
struct Lines<'c> {
    code: &'c str,
    starts: Vec<usize>,
}

impl<'c> Lines<'c> {
    fn of(code: &'c str) -> Self {
        Self {
            code,
            starts: lines_read(code),
        }
    }

    /// Index of the line of an offset.
    fn line(&self, offset: usize) -> usize {
        let after = self.starts.partition_point(|start| *start <= offset);
        after.saturating_sub(1)
    }

    /// How many lines there are; what is behind the last line end is none when it is empty.
    fn count(&self) -> usize {
        let empty_end = self.starts.last() == Some(&self.code.len());
        self.starts.len() - usize::from(empty_end)
    }

    /// Where the last token ends.
    fn last_token(&self) -> usize {
        let code = self.code.trim_end_matches([' ', '\t', '\r']);
        let trimmed = code.trim_end();
        // A line end is a token, further ones behind it are none.
        (trimmed.len() + 1).min(code.len())
    }

    fn start(&self, line: usize) -> usize {
        let start = self.starts.get(line);
        start.copied().unwrap_or(self.code.len())
    }

    /// A line from a column on, with its line end.
    fn from(&self, line: usize, column: usize) -> &'c str {
        let (start, end) = (self.start(line), self.start(line + 1));
        let start = self.code.ceil_char_boundary((start + column).min(end));
        &self.code[start..end]
    }
}

/// An error at its place: index of its line, columns in bytes.
struct Placed<'e> {
    line: usize,
    start: usize,
    end: usize,
    message: &'e str,
}

struct Report<'c> {
    lines: Lines<'c>,
    /// Number of the first line.
    first: usize,
    /// Where Ruby 3.4 says that something was not closed: it is missed there. The parser says where it was opened.
    missed: Option<usize>,
    /// Largest number of a line with an error; decides how wide numbers are.
    last_number: usize,
    text: String,
}

fn last_number(lines: &Lines<'_>, first_line: u32, errors: &[SyntaxError]) -> usize {
    let numbers = errors
        .iter()
        .map(|error| lines.line(error.position.start as usize));
    numbers.max().unwrap_or_default() + first_line as usize
}

impl Report<'_> {
    /// Errors in the order of their places; of those at the same place the one found last comes first.
    fn placed<'e>(&self, errors: &'e [SyntaxError]) -> Vec<Placed<'e>> {
        let mut placed: Vec<Placed<'e>> = Vec::with_capacity(errors.len());
        for error in errors {
            let error = self.place(error);
            let at = placed
                .partition_point(|known| (known.line, known.start) < (error.line, error.start));
            placed.insert(at, error);
        }
        placed
    }

    fn place<'e>(&self, error: &'e SyntaxError) -> Placed<'e> {
        let (start, end) = match self.missed {
            Some(missed) if is_unclosed(&error.message) => (missed, missed),
            _ => (
                error.position.start as usize,
                (error.position.end.max(error.position.start)) as usize,
            ),
        };
        let line = self.lines.line(start);
        let from = start - self.lines.start(line);
        let to = if self.lines.line(end) == line {
            end - self.lines.start(line)
        } else {
            (self.lines.start(line + 1) - self.lines.start(line)).saturating_sub(1)
        };
        Placed {
            line,
            start: from,
            end: if to == from { to + 1 } else { to },
            message: &error.message,
        }
    }

    fn excerpt(&mut self, errors: &[Placed<'_>]) {
        // One more than the last line shown.
        let mut next = 0;
        let mut shown_from = 0;
        for (index, error) in errors.iter().enumerate() {
            self.lines_before(error.line, next, index > 0);
            if index == 0 || error.line + 1 != next {
                shown_from = error.start;
                let same = errors[index..]
                    .iter()
                    .take_while(|other| other.line == error.line);
                let end = same.map(|other| other.end).max().unwrap_or(error.end);
                self.text.push_str("> ");
                self.line(error.line, error.start, end);
            }
            self.marker(error, shown_from);
            next = error.line + 1;
            let until = match errors.get(index + 1) {
                Some(following) => following.line,
                None => self.lines.count(),
            };
            for _ in 0..2 {
                if until > next {
                    self.text.push_str("  ");
                    self.line(next, 0, 0);
                    next += 1;
                }
            }
        }
    }

    /// Up to two lines in front of a line of which `next` is the first that was not shown yet.
    fn lines_before(&mut self, line: usize, next: usize, divided: bool) {
        let hidden = line.saturating_sub(next);
        if divided && hidden > 2 {
            let width = self.width() + 4;
            let _ = writeln!(self.text, "  {}", "~".repeat(width));
        }
        for before in line.saturating_sub(hidden.min(2))..line {
            self.text.push_str("  ");
            self.line(before, 0, 0);
        }
    }

    /// Digits of the widest number.
    fn width(&self) -> usize {
        self.last_number.to_string().len()
    }

    /// A line with its number; of a long one with errors the part around them.
    fn line(&mut self, line: usize, start: usize, end: usize) {
        let width = self.width();
        let _ = write!(self.text, "{:>width$} | ", line + self.first);
        let whole = self.lines.from(line, 0);
        let cut = (end != 0 && whole.len().saturating_sub(end) >= LONG)
            .then(|| whole.floor_char_boundary(end + LONG));
        let from = if start >= LONG {
            self.text.push_str("... ");
            whole.ceil_char_boundary(start.min(whole.len()))
        } else {
            0
        };
        let to = cut.unwrap_or(whole.len()).max(from);
        self.text.push_str(&whole[from..to]);
        if cut.is_some() {
            self.text.push_str(" ...\n");
        } else if !whole.ends_with('\n') {
            self.text.push('\n');
        }
    }

    /// `^~~` below an error, and what is wrong there.
    fn marker(&mut self, error: &Placed<'_>, shown_from: usize) {
        let width = self.width();
        let _ = write!(self.text, "  {:width$} | ", "");
        let skipped = if shown_from >= LONG {
            self.text.push_str("    ");
            shown_from
        } else {
            0
        };
        let line = self.lines.from(error.line, 0);
        let characters = |from: usize, to: usize| {
            let from = line.floor_char_boundary(from.min(line.len()));
            let inside = line.get(from..).unwrap_or_default();
            let within = inside
                .char_indices()
                .take_while(|(at, _)| from + at < to)
                .count();
            within + to.saturating_sub(line.len().max(from))
        };
        let before = characters(skipped, error.start);
        let marked = characters(error.start, error.end).max(1);
        let _ = writeln!(
            self.text,
            "{}^{} {}",
            " ".repeat(before),
            "~".repeat(marked - 1),
            error.message
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ruby::methods::{library::Library, tables};
    use crate::ruby::parse::parse;

    #[test]
    fn messages_are_those_of_ruby() {
        let cases: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../tests/ruby/syntax.json")).unwrap();
        let library = Library::new(tables::RUBY);
        let mut wrong = Vec::new();
        for case in &cases {
            let code = case["code"].as_str().unwrap();
            let errors = parse(code, 0, &library).err().unwrap_or_default();
            let found = message(code, "job/config.erb", 0, &errors);
            let expected = case["message"].as_str().unwrap();
            if found != expected {
                wrong.push(format!(
                    "{code}\n--- expected\n{expected}--- found\n{found}"
                ));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} of {}:\n{}",
            wrong.len(),
            cases.len(),
            wrong.join("\n")
        );
    }
}
