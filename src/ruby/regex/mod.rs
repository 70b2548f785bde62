//! Ruby's regular expressions: Onigmo as in Ruby 3.4, for UTF-8.
//!
//! A pattern is read by a parser of Ruby's syntax (`parse`) and written anew for the engine, fancy-regex (`emit`).
//! What the engine does not do as Ruby does is refused by name: [`RegexError::Unsupported`].
//!
//! Known to differ: sets and folds are of Unicode 16, those of the Ruby 3.4.1 that was measured of Unicode 15;
//! `\b` takes U+200C and U+200D for parts of a word, which Ruby does not.
//!
//! Invariants: a pattern, however nested or large, and a text, however long, end with a result, an error of the pattern
//! or [`Exhausted`]. All positions are in bytes, and at the start of a character.

mod ast;
mod class;
mod display;
mod emit;
mod escape;
mod fold;
mod group;
mod lookbehind;
mod parse;
mod property;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use fancy_regex::RegexInput;

use ast::{Anchor, Node};
pub use display::{escape, inspect, to_s};

/// How often the engine may go back before a search is [`Exhausted`], a fraction of a second later. With a pattern
/// that needs back-tracking each character it goes over counts, so this limits the length of texts as well.
const BACKTRACK_LIMIT: usize = 10_000_000;
/// How large a part of a compiled pattern may be, in bytes.
const SIZE_LIMIT: usize = 8 << 20;
/// How many instructions a compiled pattern may have.
const PROGRAM_LIMIT: usize = 200_000;

/// The letters behind a literal: `/…/imx`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Options {
    /// `/i`
    pub ignore_case: bool,
    /// `/x`: white space and comments do not count.
    pub extended: bool,
    /// `/m`: `.` matches a newline.
    pub multi_line: bool,
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegexError {
    /// Not valid in Ruby; its message, with the pattern: `premature end of char-class: /[/`.
    Syntax(String),
    /// Valid in Ruby, but not here: the construct.
    Unsupported(String),
}

impl std::fmt::Display for RegexError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RegexError::Syntax(message) => f.write_str(message),
            RegexError::Unsupported(what) => {
                write!(f, "not supported in a regular expression: {what}")
            }
        }
    }
}

impl std::error::Error for RegexError {}

/// The search took too many steps: its pattern has too many ways to match this text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted;

impl std::fmt::Display for Exhausted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the regular expression takes too many steps on this text")
    }
}

impl std::error::Error for Exhausted {}

/// Where a pattern and its groups matched, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captures {
    groups: Vec<Option<Range<usize>>>,
}

impl Captures {
    /// Of a match without groups.
    pub fn of(whole: Range<usize>) -> Self {
        Self {
            groups: vec![Some(whole)],
        }
    }

    /// Of the whole match.
    pub fn whole(&self) -> Range<usize> {
        self.get(0).unwrap_or_default()
    }

    /// Of a group, 0 for the whole match. None: the group did not match, or there is none.
    pub fn get(&self, group: usize) -> Option<Range<usize>> {
        self.groups.get(group).cloned().flatten()
    }

    /// Of all groups; the whole match first.
    pub fn groups(&self) -> &[Option<Range<usize>>] {
        &self.groups
    }
}

/// A pattern that was compiled. A clone is cheap.
#[derive(Debug, Clone)]
pub struct Regex {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    source: String,
    options: Options,
    names: Vec<(String, Vec<usize>)>,
    group_count: usize,
    engine: Engine,
}

#[derive(Debug)]
enum Engine {
    /// A text without any meaning of its own, the most common pattern.
    Text(String),
    Pattern(fancy_regex::Regex),
}

impl Regex {
    /// Compiles a pattern, as `Regexp.new`.
    ///
    /// # Errors
    ///
    /// [`RegexError::Syntax`] in Ruby's words, [`RegexError::Unsupported`] for what this module does not do.
    pub fn new(source: &str, options: Options) -> Result<Regex, RegexError> {
        let parsed = parse::parse(source, options).map_err(|error| match error {
            RegexError::Syntax(message) => RegexError::Syntax(format!(
                "{message}: {}",
                display::delimited(source, options)
            )),
            RegexError::Unsupported(what) => RegexError::Unsupported(what),
        })?;
        let engine = Engine::new(&parsed.root)?;
        Ok(Regex {
            inner: Arc::new(Inner {
                source: source.to_owned(),
                options,
                names: parsed.names,
                group_count: parsed.groups,
                engine,
            }),
        })
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.inner.source
    }

    /// The options it was written with.
    pub fn options(&self) -> Options {
        self.inner.options
    }

    /// The names of groups in order of first appearance, with the numbers of the groups: a name may have several.
    pub fn names(&self) -> &[(String, Vec<usize>)] {
        &self.inner.names
    }

    /// The number of groups, the whole match not counted.
    pub fn group_count(&self) -> usize {
        self.inner.group_count
    }

    /// The leftmost match that starts at byte `from` or later. What stands before `from` is seen by look-behind,
    /// `^`, `\b`, `\A`; `\G` is `from`. Inside a character, the search starts at the next.
    ///
    /// # Errors
    ///
    /// [`Exhausted`]
    pub fn search(&self, text: &str, from: usize) -> Result<Option<Captures>, Exhausted> {
        let mut from = from;
        while from < text.len() && !text.is_char_boundary(from) {
            from += 1;
        }
        self.inner.engine.search(text, from)
    }

    /// The match that starts at byte `at`, if there is one; none inside a character.
    ///
    /// # Errors
    ///
    /// [`Exhausted`]
    pub fn match_at(&self, text: &str, at: usize) -> Result<Option<Captures>, Exhausted> {
        if !text.is_char_boundary(at) {
            return Ok(None);
        }
        self.inner.engine.match_at(text, at, true)
    }

    /// The match that starts last, at byte `from` or earlier, as `String#rindex`. `\G` is `from`, and so matches at
    /// the start of a match only there.
    ///
    /// # Errors
    ///
    /// [`Exhausted`]
    pub fn rsearch(&self, text: &str, from: usize) -> Result<Option<Captures>, Exhausted> {
        let engine = &self.inner.engine;
        let from = from.min(text.len());
        for at in (0..=from).rev().filter(|at| text.is_char_boundary(*at)) {
            let found = engine.match_at(text, at, at == from)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

impl Engine {
    fn new(root: &Node) -> Result<Engine, RegexError> {
        if let Node::Literal { chars, fold: false } = root {
            return Ok(Engine::Text(chars.iter().collect()));
        }
        let pattern = emit::emit(root)?;
        let mut builder = fancy_regex::RegexBuilder::new(&pattern);
        builder
            .backtrack_limit(BACKTRACK_LIMIT)
            .delegate_size_limit(SIZE_LIMIT)
            .max_prog_size(PROGRAM_LIMIT);
        let search_start = |node: &Node| matches!(node, Node::Anchor(Anchor::SearchStart));
        builder.allow_input_assertion_overrides(root.any(&search_start));
        match builder.build() {
            Ok(regex) => Ok(Engine::Pattern(regex)),
            Err(error) => Err(RegexError::Unsupported(refusal(&error, root))),
        }
    }

    fn search(&self, text: &str, from: usize) -> Result<Option<Captures>, Exhausted> {
        match self {
            Engine::Text(wanted) => Ok(text.get(from..).and_then(|rest| {
                let start = from + rest.find(wanted.as_str())?;
                Some(whole(start, wanted))
            })),
            Engine::Pattern(regex) => run(regex, RegexInput::new(text).from_pos(from)),
        }
    }

    /// `first`: whether `\G` matches at `at`.
    fn match_at(&self, text: &str, at: usize, first: bool) -> Result<Option<Captures>, Exhausted> {
        match self {
            Engine::Text(wanted) => {
                let rest = text.get(at..).unwrap_or_default();
                Ok(rest.starts_with(wanted.as_str()).then(|| whole(at, wanted)))
            }
            Engine::Pattern(regex) => {
                let input = RegexInput::new(text).from_pos(at).anchored(true);
                run(regex, input.continue_from_previous_match_end(first))
            }
        }
    }
}

fn whole(start: usize, wanted: &str) -> Captures {
    Captures::of(start..start + wanted.len())
}

fn run(
    regex: &fancy_regex::Regex,
    input: RegexInput<'_, str>,
) -> Result<Option<Captures>, Exhausted> {
    let found = regex.captures_input(input).map_err(|_| Exhausted)?;
    Ok(found.map(|captures| Captures {
        groups: (0..captures.len())
            .map(|group| captures.get(group).map(|found| found.range()))
            .collect(),
    }))
}

/// Why the engine does not take a pattern that is valid in Ruby.
fn refusal(error: &fancy_regex::Error, root: &Node) -> String {
    use fancy_regex::{CompileError, Error, ParseError};
    let large = "a pattern that is so large with its repetitions written out";
    let what = match error {
        Error::ParseError(_, ParseError::RecursionExceeded) => "groups so deep in one another",
        Error::CompileError(error) => match error.as_ref() {
            CompileError::InnerError(_) | CompileError::PatternTooComplex => large,
            _ if root.any(&|node| matches!(node, Node::Look { behind: true, .. })) => {
                "such a look-behind"
            }
            _ => large,
        },
        _ if root.any(&|node| matches!(node, Node::Anchor(Anchor::Keep))) => "\\K here",
        _ => return format!("the pattern ({error})"),
    };
    what.to_owned()
}
