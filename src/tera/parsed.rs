//! Texts of Tera, parsed once: a template, and the partials that all jobs of a release share.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::limits;
use super::lower::Lowerer;
use super::tags::{self, Tag};
use super::tree::{Macro, Node};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};

/// Stack that is there before the parser starts, and how much more it gets otherwise, in bytes.
const STACK: (usize, usize) = (8 << 20, 64 << 20);

/// The texts that templates include, import and extend, by name. Each is parsed once, whether it is used or not.
#[derive(Debug, Clone, Default)]
pub struct Partials {
    by_name: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    source: Arc<Source>,
    parsed: Result<Arc<Parsed>, Diagnostics>,
}

/// A parsed text.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) source: Arc<Source>,
    pub(super) nodes: Vec<Node>,
    pub(super) macros: Vec<Macro>,
    pub(super) imports: Vec<Import>,
    pub(super) extends: Option<(String, Span)>,
}

/// `import "file" as space`.
#[derive(Debug, Clone)]
pub(super) struct Import {
    pub(super) file: String,
    pub(super) space: String,
    pub(super) span: Span,
}

impl Partials {
    /// Parses the texts; `name` is what templates call one, the source's name what the user does.
    pub fn new(texts: impl IntoIterator<Item = (String, Arc<Source>)>) -> Self {
        let by_name = texts.into_iter().map(|(name, source)| {
            let parsed = parse(&source).map(Arc::new);
            (name, Entry { source, parsed })
        });
        Self {
            by_name: by_name.collect(),
        }
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The text of a partial.
    pub fn source(&self, name: &str) -> Option<&Arc<Source>> {
        self.by_name.get(name).map(|entry| &entry.source)
    }

    /// A parsed partial, or what is wrong in it; nothing when there is no such partial.
    pub(super) fn get(&self, name: &str) -> Option<Result<&Arc<Parsed>, &Diagnostics>> {
        self.by_name.get(name).map(|entry| entry.parsed.as_ref())
    }
}

/// Parses a text.
pub(super) fn parse(source: &Arc<Source>) -> Result<Parsed, Diagnostics> {
    let text = source.text();
    if text.len() > limits::MOST_BYTES {
        let what = format!("A template is at most {} bytes long", limits::MOST_BYTES);
        return Err(Diagnostic::error(what)
            .at(source, Span::default(), "")
            .into());
    }
    let tags = tags::scan(text).map_err(|span| {
        let what = "This tag is not closed";
        Diagnostic::error(what).at(source, span, "").hint("after `{{` comes `}}`, after `{%` comes `%}`, after `{#` comes `#}`, after `raw` comes `endraw`")
    })?;
    limits::check(source, &tags)?;
    stacker::maybe_grow(STACK.0, STACK.1, || {
        let template = tera::Template::new(source.name(), None, text)
            .map_err(|error| refused(source, &tags, &error.to_string()))?;
        Lowerer::new(source, &tags).template(template)
    })
}

/// What the parser says, at its place.
fn refused(source: &Arc<Source>, tags: &[Tag], message: &str) -> Diagnostics {
    let place = message.lines().find_map(|line| {
        let (line, column) = line.trim().strip_prefix("--> ")?.split_once(':')?;
        Some((line.parse().ok()?, column.parse().ok()?))
    });
    if let Some(tag) = unended(tags) {
        let what = format!("This `{}` has no `end{}`", tag.keyword, tag.keyword);
        return Diagnostic::error(what).at(source, tag.span, "").into();
    }
    let words = message
        .lines()
        .rev()
        .find_map(|line| line.trim().strip_prefix("= "));
    let span = match place {
        Some((line, column)) => span_at(source, line, column),
        None => duplicate(source, tags, message),
    };
    let what = words.unwrap_or(message);
    let mut fault = Diagnostic::error(format!("Tera: {what}")).at(source, span, "");
    if let Some(hint) = hint(source.text(), span) {
        fault = fault.hint(hint);
    }
    fault.into()
}

/// The innermost tag whose end is missing, if that is all that is wrong with the nesting.
fn unended(tags: &[Tag]) -> Option<&Tag> {
    let mut open: Vec<&Tag> = Vec::new();
    for tag in tags {
        if limits::opens(&tag.keyword) {
            open.push(tag);
        } else if let Some(word) = tag.keyword.strip_prefix("end")
            && open.pop().is_none_or(|opened| opened.keyword != word)
        {
            return None;
        }
    }
    open.pop()
}

/// The character at a line and column.
fn span_at(source: &Source, line: usize, column: usize) -> Span {
    let whole = source.line_span(line);
    let text = &source.text()[whole.start..whole.end];
    let mut offsets = text.char_indices().map(|(at, _)| at);
    let at = offsets.nth(column.saturating_sub(1)).unwrap_or(text.len());
    let end = text[at..].chars().next().map_or(0, char::len_utf8);
    Span::new(whole.start + at, whole.start + at + end)
}

/// The second tag that defines what the message names.
fn duplicate(source: &Source, tags: &[Tag], message: &str) -> Span {
    let mut words = message.split_whitespace();
    let keyword = words.next().unwrap_or_default().to_lowercase();
    let name = words.next().unwrap_or_default().trim_matches('`');
    let defines = |tag: &&Tag| {
        let mut tokens = tag.tokens(source.text());
        tag.keyword == keyword && tokens.nth(1).is_some_and(|token| token.text == name)
    };
    tags.iter()
        .filter(defines)
        .nth(1)
        .map_or(Span::default(), |tag| tag.span)
}

/// What is often meant where the parser stops.
fn hint(text: &str, span: Span) -> Option<&'static str> {
    let before = text[..span.start].trim_end();
    let rest = &text[span.start..];
    if before.ends_with("not") && rest.starts_with('(') {
        return Some("`not` takes no parentheses: set a variable, or write the opposite");
    }
    if rest.starts_with("||") || rest.starts_with("&&") {
        return Some("write `or`, `and`");
    }
    if rest.starts_with('!') {
        return Some("write `not`");
    }
    None
}
