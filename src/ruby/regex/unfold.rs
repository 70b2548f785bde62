//! Characters in a row, without regard to case, as a tree in which case has no part any more.

use std::rc::Rc;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::ast::{Node, Set};
use super::fold;
use super::parse::{Result, unsupported};

/// How long a text of letters such as `ssst`, which fold in several ways, may be.
const MAX_OVERLAP: usize = 8;

/// All that is the same as these characters without regard to case.
///
/// # Errors
///
/// Too many letters in a row that several in a row are the same as.
pub(super) fn literal(chars: &[char]) -> Result<Node> {
    let mut parts = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let length = overlap(chars.get(at..).unwrap_or_default());
        if length > MAX_OVERLAP {
            return unsupported("so many letters s, t, f in a row without regard to case");
        }
        parts.extend(part(chars.get(at..at + length).unwrap_or_default())?);
        at += length;
    }
    Ok(Node::Concat(parts))
}

/// A set together with the texts that match as well.
pub(super) fn set(set: &Set) -> Result<Node> {
    let mut branches = vec![one_of(set.chars.clone())];
    for text in &set.texts {
        branches.push(literal(&text.chars().collect::<Vec<_>>())?);
    }
    Ok(Node::Alternation(branches))
}

/// All ways to divide the characters into single ones and texts that one character may stand for.
fn part(chars: &[char]) -> Result<Vec<Node>> {
    let Some((first, rest)) = chars.split_first() else {
        return Ok(Vec::new());
    };
    let texts = fold::texts_at(chars);
    let mut parts = vec![single(*first)?];
    parts.extend(part(rest)?);
    if texts.is_empty() {
        return Ok(parts);
    }
    let mut branches = vec![Node::Concat(parts)];
    for text in texts {
        let ranges = fold::standing_for(text).map(|c| ClassUnicodeRange::new(c, c));
        let mut parts = vec![one_of(ClassUnicode::new(ranges))];
        parts.extend(part(chars.get(text.chars().count()..).unwrap_or_default())?);
        branches.push(Node::Concat(parts));
    }
    Ok(vec![Node::Alternation(branches)])
}

fn single(c: char) -> Result<Node> {
    let same = one_of(fold::same_as(c));
    let Some(text) = fold::long_fold(c) else {
        return Ok(same);
    };
    let text = literal(&text.chars().collect::<Vec<_>>())?;
    Ok(Node::Alternation(vec![same, text]))
}

fn one_of(chars: ClassUnicode) -> Node {
    Node::Set(Rc::new(Set {
        chars,
        texts: Vec::new(),
    }))
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
