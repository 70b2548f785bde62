//! Ruby's regular expressions: Onigmo as in Ruby 3.4, for UTF-8.
//!
//! A pattern is read by a parser of Ruby's syntax (`parse`), written as a program (`compile`), and run on a machine that
//! goes back as Onigmo does (`machine`). What is not done as Ruby does is refused by name: [`RegexError::Unsupported`].
//!
//! Why no library: those that go back count steps of their own loop alone, while what they hand on to faster engines at
//! each step may look at the whole text, so that no limit bounds the time; and they differ from Onigmo in repetitions
//! of groups that match nothing, in back references without regard to case, and in what comes before an empty one.
//!
//! Known to differ: sets and folds are of Unicode 16, those of the Ruby 3.4.1 that was measured of Unicode 15.
//!
//! Invariants: a pattern, however nested or large, and a text, however long, end with a result, an error of the pattern
//! or [`Exhausted`], after no more than the [`Effort`] that was given. All positions are in bytes, and at the start of a character.

mod ast;
mod class;
mod compile;
mod display;
mod escape;
mod fold;
mod group;
mod lookbehind;
mod machine;
mod parse;
mod program;
mod property;
#[cfg(test)]
mod tests;
mod unfold;

use std::ops::Range;
use std::sync::Arc;

use ast::Node;
pub use display::{escape, inspect, to_s};
use machine::Search;

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

/// The search took more than it was given: its pattern has too many ways to match this text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted;

/// What searches may take: instructions of a pattern that are carried out, and, in parts, characters that are looked at.
/// One takes some 5 to 20 ns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort(u64);

impl Effort {
    /// So much.
    pub fn new(most: u64) -> Self {
        Self(most)
    }

    /// What is left of it.
    pub fn left(self) -> u64 {
        self.0
    }

    fn take(&mut self, count: usize) -> Result<(), Exhausted> {
        self.0 = self.0.checked_sub(count as u64).ok_or(Exhausted)?;
        Ok(())
    }
}

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
    Pattern(program::Program),
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
        let engine = Engine::new(&parsed.root, parsed.groups)?;
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
    pub fn search(
        &self,
        text: &str,
        from: usize,
        effort: &mut Effort,
    ) -> Result<Option<Captures>, Exhausted> {
        let mut from = from;
        while from < text.len() && !text.is_char_boundary(from) {
            from += 1;
        }
        self.inner.engine.search(text, from, effort)
    }

    /// The match that starts at byte `at`, if there is one; none inside a character.
    ///
    /// # Errors
    ///
    /// [`Exhausted`]
    pub fn match_at(
        &self,
        text: &str,
        at: usize,
        effort: &mut Effort,
    ) -> Result<Option<Captures>, Exhausted> {
        if !text.is_char_boundary(at) {
            return Ok(None);
        }
        self.inner.engine.match_at(text, at, true, effort)
    }

    /// The match that starts last, at byte `from` or earlier, as `String#rindex`. `\G` is `from`, and so matches at
    /// the start of a match only there.
    ///
    /// # Errors
    ///
    /// [`Exhausted`]
    pub fn rsearch(
        &self,
        text: &str,
        from: usize,
        effort: &mut Effort,
    ) -> Result<Option<Captures>, Exhausted> {
        let engine = &self.inner.engine;
        let from = from.min(text.len());
        for at in (0..=from).rev().filter(|at| text.is_char_boundary(*at)) {
            let found = engine.match_at(text, at, at == from, effort)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

impl Engine {
    fn new(root: &Node, groups: usize) -> Result<Engine, RegexError> {
        if let Node::Literal { chars, fold: false } = root {
            return Ok(Engine::Text(chars.iter().collect()));
        }
        Ok(Engine::Pattern(compile::compile(root, groups)?))
    }

    fn search(
        &self,
        text: &str,
        from: usize,
        effort: &mut Effort,
    ) -> Result<Option<Captures>, Exhausted> {
        match self {
            Engine::Text(wanted) => {
                let rest = text.get(from..);
                let start = rest.and_then(|rest| Some(from + rest.find(wanted.as_str())?));
                effort.take(start.unwrap_or(text.len()).saturating_sub(from) / 32 + 1)?;
                Ok(start.map(|start| whole(start, wanted)))
            }
            Engine::Pattern(program) => {
                let search = Search {
                    text,
                    from,
                    only_there: false,
                    anchored_at: Some(from),
                };
                if from > text.len() {
                    return Ok(None);
                }
                machine::search(program, &search, effort)
            }
        }
    }

    /// `first`: whether `\G` matches at `at`.
    fn match_at(
        &self,
        text: &str,
        at: usize,
        first: bool,
        effort: &mut Effort,
    ) -> Result<Option<Captures>, Exhausted> {
        match self {
            Engine::Text(wanted) => {
                effort.take(1)?;
                let rest = text.get(at..).unwrap_or_default();
                Ok(rest.starts_with(wanted.as_str()).then(|| whole(at, wanted)))
            }
            Engine::Pattern(program) => {
                let search = Search {
                    text,
                    from: at,
                    only_there: true,
                    anchored_at: first.then_some(at),
                };
                machine::search(program, &search, effort)
            }
        }
    }
}

fn whole(start: usize, wanted: &str) -> Captures {
    Captures::of(start..start + wanted.len())
}
