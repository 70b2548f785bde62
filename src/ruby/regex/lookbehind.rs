//! What may stand in a look-behind: Onigmo steps back a known number of characters, one for each alternative.

use super::ast::{Anchor, Node};
use super::parse::{Result, syntax, unsupported};

/// Whether `body` may stand in a look-behind.
pub(super) fn check(body: &Node, negative: bool) -> Result<()> {
    let refused = |node: &Node| match node {
        Node::Look { behind, .. } => !behind,
        Node::Capture(..) => negative,
        Node::Anchor(anchor) => matches!(anchor, Anchor::TextEnd | Anchor::LastLineEnd),
        Node::Atomic(_)
        | Node::LineBreak
        | Node::BackReference { .. }
        | Node::Conditional { .. } => true,
        _ => false,
    };
    let alternatives = match body {
        Node::Alternation(branches) => branches.as_slice(),
        other => std::slice::from_ref(other),
    };
    if body.any(&refused) || alternatives.iter().any(|node| length(node).is_none()) {
        return syntax("invalid pattern in look-behind");
    }
    if body.any(&changes_length) {
        return unsupported("letters like ß or ss, without regard to case, in a look-behind");
    }
    Ok(())
}

/// The number of characters this matches, if it is always the same.
pub(super) fn length(node: &Node) -> Option<usize> {
    match node {
        Node::Empty | Node::Anchor(_) | Node::Look { .. } => Some(0),
        Node::Literal { chars, .. } => Some(chars.len()),
        Node::Set(_) | Node::Any { .. } => Some(1),
        Node::Capture(body) | Node::Scoped(body) => length(body),
        Node::Concat(parts) => parts
            .iter()
            .try_fold(0usize, |sum, part| sum.checked_add(length(part)?)),
        Node::Alternation(parts) => {
            let first = length(parts.first()?)?;
            let same = parts.iter().all(|part| length(part) == Some(first));
            same.then_some(first)
        }
        Node::Repeat { body, min, max, .. } if *max == Some(*min) => {
            length(body)?.checked_mul(*min as usize)
        }
        _ => None,
    }
}

/// Whether the other case of something in this node has another number of characters.
fn changes_length(node: &Node) -> bool {
    match node {
        Node::Set(set) => !set.texts.is_empty(),
        Node::Literal { chars, fold: true } => (0..chars.len()).any(|at| {
            let rest = chars.get(at..).unwrap_or_default();
            !super::fold::texts_at(rest).is_empty()
                || rest
                    .first()
                    .is_some_and(|c| super::fold::long_fold(*c).is_some())
        }),
        _ => false,
    }
}
