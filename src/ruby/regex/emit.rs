//! A pattern in the syntax of fancy-regex.
//!
//! What is written here needs no options of the engine: case is folded, sets are sets of characters, `.` says what it
//! takes. So the engine's own idea of these never matters.

use std::fmt::Write;

use regex_syntax::hir::ClassUnicode;

use super::ast::{Anchor, Greed, Node, Set};
use super::fold;
use super::parse::{Result, unsupported};

/// How large a pattern may be, in characters and ranges, with all repetitions written out.
const MAX_WEIGHT: u64 = 500_000;
/// How long a text of letters such as `ssst`, which fold in several ways, may be.
const MAX_OVERLAP: usize = 8;

/// The pattern for the engine.
///
/// # Errors
///
/// What the engine does not do as Ruby does.
pub(super) fn emit(root: &Node) -> Result<String> {
    if weight(root) > MAX_WEIGHT {
        return unsupported("a pattern that is so large with its repetitions written out");
    }
    let mut emitter = Emitter {
        out: String::new(),
        groups: Vec::new(),
        stale: false,
    };
    emitter.note_groups(root);
    emitter.node(root, false)?;
    Ok(emitter.out)
}

fn weight(node: &Node) -> u64 {
    let sum = |parts: &[Node]| {
        parts
            .iter()
            .fold(1u64, |sum, part| sum.saturating_add(weight(part)))
    };
    match node {
        Node::Literal { chars, .. } => chars.len() as u64,
        Node::Set(set) => (set.chars.ranges().len() + 4 * set.texts.len()) as u64,
        Node::Capture(body) | Node::Atomic(body) | Node::Scoped(body) => {
            weight(body).saturating_add(1)
        }
        Node::Look { body, .. } => weight(body).saturating_add(1),
        Node::Concat(parts) | Node::Alternation(parts) => sum(parts),
        Node::Conditional { yes, no, .. } => weight(yes).saturating_add(weight(no)),
        Node::Repeat { body, min, max, .. } => {
            let times = max.unwrap_or(*min).max(1);
            weight(body).saturating_mul(u64::from(times))
        }
        Node::Empty | Node::Any { .. } | Node::Anchor(_) => 1,
        Node::LineBreak | Node::BackReference { .. } => 4,
    }
}

#[derive(Clone, Copy)]
struct Group {
    may_be_empty: bool,
    /// It has no letters, so that case is nothing to regard or not.
    caseless: bool,
}

struct Emitter {
    out: String,
    /// What back references need to know of each group, from the first.
    groups: Vec<Group>,
    /// Whether the last thing that matched may be a back reference to nothing: Onigmo then takes the next character for
    /// the one before, and so `^` and `\b` match elsewhere.
    stale: bool,
}

impl Emitter {
    /// Notes the groups in a node, in the order of their numbers.
    fn note_groups(&mut self, node: &Node) {
        if let Node::Capture(body) = node {
            self.groups.push(Group {
                may_be_empty: body.min_len() == 0,
                caseless: !body.any(&has_case),
            });
        }
        for part in node.parts() {
            self.note_groups(part);
        }
    }

    /// Writes a node. `tail`: whatever follows it takes at least one character.
    fn node(&mut self, node: &Node, tail: bool) -> Result<()> {
        if self.stale && looks_back(node) {
            return unsupported("^ or \\b behind a back reference that can be empty");
        }
        let stale = self.stale;
        self.write(node, tail)?;
        self.stale = match node {
            Node::Literal { .. } | Node::Set(_) | Node::Any { .. } | Node::LineBreak => false,
            Node::BackReference { groups, .. } => {
                let may_be_empty = |group: &usize| self.group(*group).may_be_empty;
                stale || groups.iter().any(may_be_empty)
            }
            Node::Repeat { min: 0, .. } | Node::Look { .. } => stale || self.stale,
            _ => self.stale,
        };
        Ok(())
    }

    fn write(&mut self, node: &Node, tail: bool) -> Result<()> {
        match node {
            Node::Empty => self.push("(?:)"),
            Node::Literal { chars, fold: false } => chars.iter().for_each(|c| self.char(*c)),
            Node::Literal { chars, fold: true } => return self.folded(chars),
            Node::Set(set) => return self.set(set),
            Node::Any { newline: true } => self.push("(?s:.)"),
            Node::Any { newline: false } => self.push("[^\\n]"),
            Node::Anchor(anchor) => self.anchor(*anchor, tail),
            Node::LineBreak => self.push("(?>\\r\\n|[\\n-\\r\\x{85}\\x{2028}\\x{2029}])"),
            Node::Capture(body) => return self.wrapped("(", body, tail),
            Node::Atomic(body) => return self.wrapped("(?>", body, tail),
            Node::Scoped(body) => return self.wrapped("(?:", body, tail),
            Node::Look {
                behind,
                negative,
                body,
            } => return self.wrapped(look(*behind, *negative), body, false),
            Node::Concat(parts) => return self.concat(parts, tail),
            Node::Alternation(parts) => return self.alternation(parts, tail),
            Node::Repeat {
                body,
                min,
                max,
                greed,
            } => return self.repeat(body, (*min, *max), *greed, tail),
            Node::BackReference { groups, fold } => return self.back_reference(groups, *fold),
            Node::Conditional { groups, yes, no } => {
                return self.conditional(groups, [yes, no], tail);
            }
        }
        Ok(())
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn wrapped(&mut self, open: &str, body: &Node, tail: bool) -> Result<()> {
        self.push(open);
        self.node(body, tail)?;
        self.push(")");
        Ok(())
    }

    fn concat(&mut self, parts: &[Node], tail: bool) -> Result<()> {
        let last = parts.iter().rposition(|part| part.min_len() > 0);
        for (at, part) in parts.iter().enumerate() {
            let tail = tail || last.is_some_and(|last| last > at);
            match part {
                Node::Alternation(_) => self.wrapped("(?:", part, tail)?,
                _ => self.node(part, tail)?,
            }
        }
        Ok(())
    }

    /// Branches, without a group around them.
    fn alternation(&mut self, branches: &[Node], tail: bool) -> Result<()> {
        let (before, mut after) = (self.stale, false);
        for (at, branch) in branches.iter().enumerate() {
            if at > 0 {
                self.push("|");
            }
            self.stale = before;
            match branch {
                Node::Alternation(_) => self.wrapped("(?:", branch, tail)?,
                _ => self.node(branch, tail)?,
            }
            after |= self.stale;
        }
        self.stale = after;
        Ok(())
    }

    /// A character that stands for itself, in a set or outside.
    fn char(&mut self, c: char) {
        if c.is_ascii_alphanumeric() || c > '\u{a0}' {
            self.out.push(c);
        } else {
            // Writing to a string does not fail.
            let _ = write!(self.out, "\\x{{{:X}}}", u32::from(c));
        }
    }

    fn chars(&mut self, set: &ClassUnicode) {
        if set.ranges().is_empty() {
            self.push("[^\\x{0}-\\x{10FFFF}]");
            return;
        }
        if let [range] = set.ranges()
            && range.start() == range.end()
        {
            self.char(range.start());
            return;
        }
        self.push("[");
        for range in set.ranges() {
            self.char(range.start());
            if range.start() != range.end() {
                self.push("-");
                self.char(range.end());
            }
        }
        self.push("]");
    }

    fn set(&mut self, set: &Set) -> Result<()> {
        if set.texts.is_empty() {
            self.chars(&set.chars);
            return Ok(());
        }
        self.push("(?:");
        self.chars(&set.chars);
        for text in &set.texts {
            self.push("|");
            self.folded(&text.chars().collect::<Vec<_>>())?;
        }
        self.push(")");
        Ok(())
    }

    /// Characters in a row, without regard to case.
    fn folded(&mut self, chars: &[char]) -> Result<()> {
        let mut at = 0;
        while at < chars.len() {
            let length = overlap(chars.get(at..).unwrap_or_default());
            if length > MAX_OVERLAP {
                return unsupported("so many letters s, t, f in a row without regard to case");
            }
            self.folded_part(chars.get(at..at + length).unwrap_or_default())?;
            at += length;
        }
        Ok(())
    }

    /// All ways to divide the characters into single ones and texts that one character may stand for.
    fn folded_part(&mut self, chars: &[char]) -> Result<()> {
        let Some((first, rest)) = chars.split_first() else {
            return Ok(());
        };
        let texts = fold::texts_at(chars);
        if texts.is_empty() {
            self.folded_char(*first)?;
            return self.folded_part(rest);
        }
        self.push("(?:");
        self.folded_char(*first)?;
        self.folded_part(rest)?;
        for text in texts {
            self.push("|");
            self.chars(&ClassUnicode::new(fold::standing_for(text).map(range)));
            let length = text.chars().count();
            self.folded_part(chars.get(length..).unwrap_or_default())?;
        }
        self.push(")");
        Ok(())
    }

    fn folded_char(&mut self, c: char) -> Result<()> {
        let Some(text) = fold::long_fold(c) else {
            self.chars(&fold::same_as(c));
            return Ok(());
        };
        self.push("(?:");
        self.chars(&fold::same_as(c));
        self.push("|");
        self.folded(&text.chars().collect::<Vec<_>>())?;
        self.push(")");
        Ok(())
    }

    fn anchor(&mut self, anchor: Anchor, tail: bool) {
        self.push(match anchor {
            // At the end of the text, where nothing can follow, the engine's own `^` also matches behind a newline.
            Anchor::LineStart if tail => "(?m:^)",
            Anchor::LineStart => "(?:\\A|(?m:^)(?!\\z))",
            Anchor::LineEnd => "(?m:$)",
            Anchor::TextStart => "\\A",
            Anchor::TextEnd => "\\z",
            Anchor::LastLineEnd => "(?=\\n?\\z)",
            Anchor::SearchStart => "\\G",
            Anchor::WordBoundary { ascii: false } => "\\b",
            Anchor::NotWordBoundary { ascii: false } => "\\B",
            Anchor::WordBoundary { ascii: true } => {
                "(?:(?<=[0-9A-Z_a-z])(?![0-9A-Z_a-z])|(?<![0-9A-Z_a-z])(?=[0-9A-Z_a-z]))"
            }
            Anchor::NotWordBoundary { ascii: true } => {
                "(?:(?<=[0-9A-Z_a-z])(?=[0-9A-Z_a-z])|(?<![0-9A-Z_a-z])(?![0-9A-Z_a-z]))"
            }
            Anchor::Keep => "\\K",
        });
    }

    fn repeat(
        &mut self,
        body: &Node,
        (min, max): (u32, Option<u32>),
        greed: Greed,
        tail: bool,
    ) -> Result<()> {
        let traces = body.leaves_a_trace();
        if body.is_zero_width() && !traces {
            // Once is as often as any number of times.
            return if min == 0 {
                self.node(&Node::Empty, tail)
            } else {
                self.wrapped("(?:", body, tail)
            };
        }
        if traces && body.min_len() == 0 && max.is_none_or(|max| max > 1) {
            // After a round that matched nothing Onigmo's groups are there, the engine's where they were before.
            return unsupported("a group that is repeated and can match nothing");
        }
        if greed == Greed::Possessive {
            self.push("(?>");
        }
        self.wrapped("(?:", body, tail)?;
        if self.stale && body.any(&looks_back) {
            return unsupported("^ or \\b behind a back reference that can be empty");
        }
        self.quantifier(min, max);
        match greed {
            Greed::Greedy => {}
            Greed::Lazy => self.push("?"),
            Greed::Possessive => self.push(")"),
        }
        Ok(())
    }

    fn quantifier(&mut self, min: u32, max: Option<u32>) {
        match (min, max) {
            (0, None) => self.push("*"),
            (1, None) => self.push("+"),
            (0, Some(1)) => self.push("?"),
            // Writing to a string does not fail.
            (min, None) => drop(write!(self.out, "{{{min},}}")),
            (min, Some(max)) => drop(write!(self.out, "{{{min},{max}}}")),
        }
    }

    fn group(&self, number: usize) -> Group {
        let unknown = Group {
            may_be_empty: true,
            caseless: false,
        };
        let index = number.checked_sub(1);
        let known = index.and_then(|index| self.groups.get(index));
        known.copied().unwrap_or(unknown)
    }

    fn back_reference(&mut self, groups: &[usize], fold: bool) -> Result<()> {
        if fold && !groups.iter().all(|group| self.group(*group).caseless) {
            // `K` is one byte and the Kelvin sign three: for Onigmo they are the same here, for the engine not.
            return unsupported("a back reference to letters, without regard to case");
        }
        self.push("(?>");
        for (at, group) in groups.iter().rev().enumerate() {
            self.push(if at > 0 { "|" } else { "" });
            // Writing to a string does not fail.
            let _ = write!(self.out, "(?:\\{group})");
        }
        self.push(")");
        Ok(())
    }

    fn conditional(&mut self, groups: &[usize], sides: [&Node; 2], tail: bool) -> Result<()> {
        let [group] = groups else {
            return unsupported("a condition on a name that several groups have");
        };
        let _ = write!(self.out, "(?({group})");
        let before = self.stale;
        self.wrapped("(?:", sides[0], tail)?;
        let after = std::mem::replace(&mut self.stale, before);
        self.push("|");
        self.wrapped("(?:", sides[1], tail)?;
        self.stale |= after;
        self.push(")");
        Ok(())
    }
}

/// Whether this matches letters, or, where that is tedious to find out, may do so.
fn has_case(node: &Node) -> bool {
    let cased = |c: char| fold::long_fold(c).is_some() || fold::same_as(c) != fold::single(c);
    match node {
        Node::Literal { chars, .. } => chars.iter().any(|c| cased(*c)),
        Node::Set(set) => {
            let mut ranges = set.chars.ranges().iter();
            !set.texts.is_empty()
                || ranges.any(|range| range.len() > 256 || (range.start()..=range.end()).any(cased))
        }
        Node::Any { .. } | Node::BackReference { .. } => true,
        _ => false,
    }
}

/// Whether this depends on the character before.
fn looks_back(node: &Node) -> bool {
    use Anchor::{LineStart, NotWordBoundary, WordBoundary};
    matches!(
        node,
        Node::Anchor(LineStart | WordBoundary { .. } | NotWordBoundary { .. })
    )
}

fn look(behind: bool, negative: bool) -> &'static str {
    match (behind, negative) {
        (false, false) => "(?=",
        (false, true) => "(?!",
        (true, false) => "(?<=",
        (true, true) => "(?<!",
    }
}

fn range(c: char) -> regex_syntax::hir::ClassUnicodeRange {
    regex_syntax::hir::ClassUnicodeRange::new(c, c)
}

/// How many characters from the start are connected by texts that overlap; at least one.
fn overlap(chars: &[char]) -> usize {
    let mut end = 1;
    let mut at = 0;
    while at < end {
        let texts = fold::texts_at(chars.get(at..).unwrap_or_default());
        for text in texts {
            end = end.max(at + text.chars().count());
        }
        at += 1;
    }
    end
}
