//! What is wrong in the user's text, where, why, and what to do.
//!
//! Pure. A [`Diagnostic`] has a message, places ([`Label`]), an optional hint, and a trace of what was attempted.
//! [`Diagnostics`] is a non-empty list, so that as many faults as can be found are reported together.
//! Deep functions fail without a place; the caller that holds the place adds it once.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::source::{Source, Span};

/// Longest message that is shown whole, in bytes. Lists of faults of many packages are long; a name is not.
const LONGEST_MESSAGE: usize = 8000;
/// Most faults that are shown of a list: nobody reads more of them at once.
const MOST_SHOWN: usize = 100;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The operation fails.
    Error,
    /// The operation goes on.
    Warning,
}

/// A place in a source, with a few words.
#[derive(Debug, Clone)]
pub struct Label {
    /// The text that is pointed into.
    pub source: Arc<Source>,
    /// The range that is underlined.
    pub span: Span,
    /// Words beside the underline; may be empty.
    pub text: String,
}

/// One fault.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// One sentence: what is wrong.
    pub message: String,
    /// Where; the first is the main place. Empty when there is no text to point into.
    pub labels: Vec<Label>,
    /// What to do.
    pub hint: Option<String>,
}

/// One fault or more.
#[derive(Debug, Clone)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostic {
    /// An error without a place.
    pub fn error(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            hint: None,
        }
    }

    /// A warning without a place.
    pub fn warning(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(message)
        }
    }

    /// Adds a place; the first one added is the main place.
    #[must_use]
    pub fn at(mut self, source: &Arc<Source>, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            source: Arc::clone(source),
            span,
            text: text.into(),
        });
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The message with its excerpt, for a terminal (`color`) or a plain text; without a final line break.
    pub fn render(&self, color: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let message = shortened(&self.message);
        let mut group = Group::with_title(level.primary_title(message.as_ref()));
        let mut rest = self.labels.as_slice();
        while let Some(first) = rest.first() {
            let same = rest
                .iter()
                .take_while(|label| Arc::ptr_eq(&label.source, &first.source))
                .count();
            let mut snippet = Snippet::source(first.source.text()).path(first.source.name());
            for (index, label) in rest[..same].iter().enumerate() {
                let kind = if index == 0 && rest.len() == self.labels.len() {
                    AnnotationKind::Primary
                } else {
                    AnnotationKind::Context
                };
                let span = visible(&label.source, label.span);
                snippet = snippet.annotation(
                    kind.span(span.start..span.end)
                        .label((!label.text.is_empty()).then_some(label.text.as_str())),
                );
            }
            group = group.element(snippet);
            rest = &rest[same..];
        }
        if let Some(hint) = &self.hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.render(&[group]).clone()
    }
}

/// A message without the middle of a word of megabytes that somebody wrote where a name belongs.
fn shortened(message: &str) -> Cow<'_, str> {
    if message.len() <= LONGEST_MESSAGE {
        return Cow::Borrowed(message);
    }
    let half = LONGEST_MESSAGE / 2;
    let start = &message[..message.floor_char_boundary(half)];
    let end = &message[message.ceil_char_boundary(message.len() - half)..];
    Cow::Owned(format!("{start}[...]{end}"))
}

/// A span that lies inside the text, on character boundaries, and on one line: excerpts stay short.
fn visible(source: &Source, span: Span) -> Span {
    let text = source.text();
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = text.ceil_char_boundary(span.end.clamp(start, text.len()));
    let line_end = text[start..end].find('\n').map_or(end, |at| start + at);
    Span::new(start, line_end)
}

impl Diagnostics {
    /// All of `list`, or nothing to report when it is empty.
    pub fn from_list(list: Vec<Diagnostic>) -> Result<(), Self> {
        if list.is_empty() {
            Ok(())
        } else {
            Err(Self(list))
        }
    }

    /// The faults, in the order they were found; never empty.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// The faults as a list.
    pub fn into_vec(self) -> Vec<Diagnostic> {
        self.0
    }

    /// All faults of a few, the first of many, one block each, separated by an empty line.
    pub fn render(&self, color: bool) -> String {
        let shown = self.0.iter().take(MOST_SHOWN);
        let mut blocks: Vec<String> = shown.map(|one| one.render(color)).collect();
        if self.0.len() > MOST_SHOWN {
            blocks.push(format!("and {} more", self.0.len() - MOST_SHOWN));
        }
        blocks.join("\n\n")
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Self(vec![one])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnostics {}

/// Faults without those that were said before, such as one of a file that several others use.
pub fn each_once(faults: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut seen = BTreeSet::new();
    let place = |fault: &Diagnostic| {
        let label = fault.labels.first();
        label.map(|label| (label.source.name().to_owned(), label.span.start))
    };
    let mut faults = faults;
    faults.retain(|fault| seen.insert((fault.message.clone(), place(fault))));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_shows_line_underline_and_hint() {
        let source = Source::new("packages/p/spec", "name: p\nfiles: [x]\n");
        let shown = Diagnostic::error("Missing files for pattern 'x'")
            .at(&source, Span::new(16, 17), "nothing matches")
            .hint("look below src/")
            .render(false);
        assert!(
            shown.contains("error: Missing files for pattern 'x'"),
            "{shown}"
        );
        assert!(shown.contains("packages/p/spec:2:9"), "{shown}");
        assert!(shown.contains("^ nothing matches"), "{shown}");
        assert!(shown.contains("help: look below src/"), "{shown}");
    }

    #[test]
    fn what_is_shown_is_bounded() {
        let shown =
            Diagnostic::error(format!("'{}' is no name", "ä".repeat(1 << 20))).render(false);
        assert!(shown.len() < 2 * LONGEST_MESSAGE, "{}", shown.len());
        assert!(shown.contains("[...]") && shown.contains("is no name"));
        let many = Diagnostics(vec![Diagnostic::error("m"); MOST_SHOWN + 7]);
        assert!(many.render(false).ends_with("and 7 more"));
    }

    #[test]
    fn spans_outside_the_text_do_not_panic() {
        let source = Source::new("f", "ä");
        let shown = Diagnostic::error("m")
            .at(&source, Span::new(1, 99), "")
            .render(true);
        assert!(shown.contains('m'));
    }
}
