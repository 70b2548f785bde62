//! What a pattern means, after Ruby's syntax and before the syntax of the engine.

use std::rc::Rc;

use regex_syntax::hir::ClassUnicode;

/// A part of a pattern.
///
/// Groups that only group leave no node of their own, as in Onigmo: the rules of look-behind and of case folding
/// depend on it. [`Node::Scoped`] is a group with options, which does leave one.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// Matches nothing, successfully.
    Empty,
    /// Characters in a row that were written without anything between them.
    Literal { chars: Vec<char>, fold: bool },
    /// One character of a set, or, without regard to case, one of some longer texts.
    Set(Rc<Set>),
    /// `.`
    Any { newline: bool },
    /// A place between characters.
    Anchor(Anchor),
    /// `\R`
    LineBreak,
    /// `(…)`; its number is how many of them were opened before it, and itself.
    Capture(Box<Node>),
    /// `(?>…)`
    Atomic(Box<Node>),
    /// `(?=…)`, `(?!…)`, `(?<=…)`, `(?<!…)`
    Look {
        behind: bool,
        negative: bool,
        body: Box<Node>,
    },
    /// `(?i:…)`
    Scoped(Box<Node>),
    /// One after another.
    Concat(Vec<Node>),
    /// One or another.
    Alternation(Vec<Node>),
    /// Again and again.
    Repeat {
        body: Box<Node>,
        min: u32,
        /// None: without end.
        max: Option<u32>,
        greed: Greed,
    },
    /// The text of a group; of several with one name, the first from the end that has and matches one.
    BackReference { groups: Vec<usize>, fold: bool },
    /// `(?(1)yes|no)`
    Conditional {
        groups: Vec<usize>,
        yes: Box<Node>,
        no: Box<Node>,
    },
}

/// A set of characters.
#[derive(Debug)]
pub(super) struct Set {
    /// The characters, case folding and negation applied.
    pub chars: ClassUnicode,
    /// Texts of two or three characters that match as well.
    pub texts: Vec<&'static str>,
}

/// How much a repetition takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greed {
    Greedy,
    Lazy,
    Possessive,
}

/// A place between characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// `^`: after a newline, but not at the end of the text.
    LineStart,
    /// `$`
    LineEnd,
    /// `\A`
    TextStart,
    /// `\z`
    TextEnd,
    /// `\Z`: at the end, or before a newline there.
    LastLineEnd,
    /// `\G`: where the search started.
    SearchStart,
    /// `\b`, of Unicode's words or of ASCII's.
    WordBoundary { ascii: bool },
    /// `\B`
    NotWordBoundary { ascii: bool },
    /// `\K`: the match is said to start here.
    Keep,
}

impl Node {
    /// The least number of characters this matches.
    pub(super) fn min_len(&self) -> usize {
        match self {
            Node::Empty | Node::Anchor(_) | Node::Look { .. } | Node::BackReference { .. } => 0,
            // Without regard to case, one character can stand for up to three.
            Node::Literal { chars, fold: true } => chars.len().div_ceil(3),
            Node::Literal { chars, fold: false } => chars.len(),
            Node::Set(_) | Node::Any { .. } | Node::LineBreak => 1,
            Node::Capture(body) | Node::Atomic(body) | Node::Scoped(body) => body.min_len(),
            Node::Concat(parts) => parts
                .iter()
                .fold(0, |sum, part| sum.saturating_add(part.min_len())),
            Node::Alternation(parts) => parts.iter().map(Node::min_len).min().unwrap_or(0),
            Node::Repeat { body, min, .. } => body.min_len().saturating_mul(*min as usize),
            Node::Conditional { yes, no, .. } => yes.min_len().min(no.min_len()),
        }
    }

    /// Whether this can only match at a place, without any character.
    pub(super) fn is_zero_width(&self) -> bool {
        match self {
            Node::Empty | Node::Anchor(_) | Node::Look { .. } => true,
            Node::Capture(body) | Node::Atomic(body) | Node::Scoped(body) => body.is_zero_width(),
            Node::Concat(parts) | Node::Alternation(parts) => parts.iter().all(Node::is_zero_width),
            Node::Repeat { body, max, .. } => *max == Some(0) || body.is_zero_width(),
            Node::Conditional { yes, no, .. } => yes.is_zero_width() && no.is_zero_width(),
            Node::Literal { .. }
            | Node::Set(_)
            | Node::Any { .. }
            | Node::LineBreak
            | Node::BackReference { .. } => false,
        }
    }

    /// The nodes directly inside this one, in the order they were written.
    pub(super) fn parts(&self) -> Vec<&Node> {
        match self {
            Node::Capture(body)
            | Node::Atomic(body)
            | Node::Scoped(body)
            | Node::Look { body, .. }
            | Node::Repeat { body, .. } => vec![body],
            Node::Concat(parts) | Node::Alternation(parts) => parts.iter().collect(),
            Node::Conditional { yes, no, .. } => vec![yes, no],
            _ => Vec::new(),
        }
    }

    /// Whether `found` says yes to this node or to one inside it.
    pub(super) fn any(&self, found: &dyn Fn(&Node) -> bool) -> bool {
        found(self) || self.parts().into_iter().any(|part| part.any(found))
    }

    /// Whether matching this can be seen from outside: it sets a group, or the start of the match.
    pub(super) fn leaves_a_trace(&self) -> bool {
        self.any(&|node| matches!(node, Node::Capture(..) | Node::Anchor(Anchor::Keep)))
    }
}
