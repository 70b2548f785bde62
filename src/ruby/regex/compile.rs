//! From the tree of a pattern to the program of the machine, in the forms that Onigmo gives to repetitions.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::ast::{Anchor, Greed, Node, Set};
use super::parse::{Result, unsupported};
use super::program::{Bytes, CharSet, Insn, One, Program, Start, first_byte};
use super::{lookbehind, unfold};

/// How many instructions a program may have.
const MAX_INSNS: usize = 100_000;
/// Repetitions of up to so many instructions in all are written out, others are counted.
const MAX_WRITTEN_OUT: usize = 64;

/// The program of a pattern with so many groups.
///
/// # Errors
///
/// What the machine does not do as Onigmo does; a pattern that is too large.
pub(super) fn compile(root: &Node, groups: usize) -> Result<Program> {
    let mut compiler = Compiler {
        insns: Vec::new(),
        group: 0,
        counters: 0,
        places: 0,
        notes: 0,
        dependent: root.any(&depends_on_groups),
        sets: HashMap::new(),
    };
    compiler.node(root)?;
    compiler.push(Insn::Match)?;
    Ok(Program {
        start: start(root)?,
        noted: (!compiler.dependent).then_some(compiler.notes),
        insns: compiler.insns,
        groups: groups + 1,
        counters: compiler.counters,
        places: compiler.places,
    })
}

struct Compiler {
    insns: Vec<Insn>,
    /// The number of the group opened last.
    group: usize,
    counters: usize,
    places: usize,
    notes: usize,
    /// What follows an instruction depends on more than the place in the text.
    dependent: bool,
    /// Sets that were compiled already, by their address; each is kept, so that no other gets its address.
    sets: HashMap<*const Set, (Rc<Set>, Arc<CharSet>)>,
}

impl Compiler {
    fn push(&mut self, insn: Insn) -> Result<usize> {
        if self.insns.len() == MAX_INSNS {
            return unsupported("a pattern that is so large with its repetitions written out");
        }
        self.insns.push(insn);
        Ok(self.insns.len() - 1)
    }

    fn here(&self) -> usize {
        self.insns.len()
    }

    fn place(&mut self) -> usize {
        self.places += 1;
        self.places - 1
    }

    fn notes(&mut self, count: usize) -> usize {
        self.notes += count;
        self.notes - count
    }

    fn node(&mut self, node: &Node) -> Result<()> {
        match node {
            Node::Empty => {}
            Node::Literal { chars, fold: true } => self.node(&unfold::literal(chars)?)?,
            Node::Literal { chars, fold: false } => {
                let text: String = chars.iter().collect();
                self.push(Insn::Text(text.into()))?;
            }
            Node::Set(set) if !set.texts.is_empty() => self.node(&unfold::set(set)?)?,
            Node::Set(_) | Node::Any { .. } => {
                if let Some(one) = self.one(node) {
                    self.push(Insn::One(one))?;
                }
            }
            Node::Anchor(anchor) => drop(self.push(Insn::Anchor(*anchor))?),
            Node::LineBreak => drop(self.push(Insn::LineBreak)?),
            Node::Capture(body) => self.capture(body)?,
            Node::Atomic(body) => self.atomic(body)?,
            Node::Scoped(body) => self.node(body)?,
            Node::Look {
                behind,
                negative,
                body,
            } => self.look(*behind, *negative, body)?,
            Node::Concat(parts) => parts.iter().try_for_each(|part| self.node(part))?,
            Node::Alternation(branches) => {
                self.alternation(branches, Self::node)?;
            }
            Node::Repeat {
                body,
                min,
                max,
                greed,
            } => self.repeat(body, *min, *max, *greed)?,
            Node::BackReference { groups, fold } => {
                let groups = groups.clone().into();
                self.push(Insn::BackReference {
                    groups,
                    fold: *fold,
                })?;
            }
            Node::Conditional { groups, yes, no } => self.conditional(groups, yes, no)?,
        }
        Ok(())
    }

    /// The node as one character.
    fn one(&mut self, node: &Node) -> Option<One> {
        match node {
            Node::Literal { chars, fold: false } => match chars.as_slice() {
                [only] => Some(One::Char(*only)),
                _ => None,
            },
            Node::Set(set) if set.texts.is_empty() => {
                let compiled = || (Rc::clone(set), Arc::new(CharSet::new(&set.chars)));
                let known = self.sets.entry(Rc::as_ptr(set)).or_insert_with(compiled);
                Some(One::Set(Arc::clone(&known.1)))
            }
            Node::Any { newline } => Some(One::Any { newline: *newline }),
            Node::Scoped(body) => self.one(body),
            _ => None,
        }
    }

    fn capture(&mut self, body: &Node) -> Result<()> {
        self.group += 1;
        let group = self.group;
        self.push(Insn::GroupStart(group))?;
        self.node(body)?;
        self.push(Insn::GroupEnd(group))?;
        Ok(())
    }

    fn atomic(&mut self, body: &Node) -> Result<()> {
        let place = self.place();
        self.dependent = true;
        self.push(Insn::AtomicStart(place))?;
        self.node(body)?;
        self.push(Insn::AtomicEnd(place))?;
        Ok(())
    }

    fn look(&mut self, behind: bool, negative: bool, body: &Node) -> Result<()> {
        if behind && !negative {
            // Its length is known, so it ends where it started.
            return self.behind(body);
        }
        let place = self.place();
        self.dependent = true;
        let start = self.push(if negative {
            Insn::NotStart { place, next: 0 }
        } else {
            Insn::LookStart(place)
        })?;
        if behind {
            self.behind(body)?;
        } else {
            self.node(body)?;
        }
        self.push(if negative {
            Insn::NotEnd(place)
        } else {
            Insn::LookEnd(place)
        })?;
        let end = self.here();
        if let Some(Insn::NotStart { next, .. }) = self.insns.get_mut(start) {
            *next = end;
        }
        Ok(())
    }

    /// What stands in a look-behind; each of its alternatives has a length of its own.
    fn behind(&mut self, body: &Node) -> Result<()> {
        let branches = match body {
            Node::Alternation(branches) => branches.as_slice(),
            other => std::slice::from_ref(other),
        };
        self.alternation(branches, |this, branch| {
            let Some(length) = lookbehind::length(branch) else {
                return unsupported("such a look-behind");
            };
            this.push(Insn::StepBack(length))?;
            this.node(branch)
        })
    }

    fn alternation(
        &mut self,
        branches: &[Node],
        mut write: impl FnMut(&mut Self, &Node) -> Result<()>,
    ) -> Result<()> {
        let mut jumps = Vec::new();
        for (at, branch) in branches.iter().enumerate() {
            if at + 1 == branches.len() {
                write(self, branch)?;
                break;
            }
            let split = self.split()?;
            write(self, branch)?;
            jumps.push(self.push(Insn::Jump(0))?);
            let next = self.here();
            self.set_second(split, next);
        }
        let end = self.here();
        for jump in jumps {
            self.set_jump(jump, end);
        }
        Ok(())
    }

    /// A place where ways part: on at the next instruction first. Where else, is set later.
    fn split(&mut self) -> Result<usize> {
        let first = self.here() + 1;
        let note = self.notes(1);
        self.push(Insn::Split {
            first,
            second: 0,
            note,
        })
    }

    fn set_second(&mut self, split: usize, target: usize) {
        if let Some(Insn::Split { second, .. }) = self.insns.get_mut(split) {
            *second = target;
        }
    }

    /// The second way first, as lazy repetitions have it.
    fn turn(&mut self, split: usize) {
        if let Some(Insn::Split { first, second, .. }) = self.insns.get_mut(split) {
            std::mem::swap(first, second);
        }
    }

    fn repeat(&mut self, body: &Node, min: u32, max: Option<u32>, greed: Greed) -> Result<()> {
        if body.is_zero_width() && !body.leaves_a_trace() {
            // Once is as often as any number of times.
            return if min == 0 { Ok(()) } else { self.node(body) };
        }
        if let Some(one) = self.one(body) {
            let note = self.notes(2);
            self.push(Insn::Run {
                one,
                min,
                max: max.unwrap_or(u32::MAX),
                greed,
                note,
            })?;
            return Ok(());
        }
        if greed == Greed::Possessive {
            let greedy = Node::Repeat {
                body: Box::new(body.clone()),
                min,
                max,
                greed: Greed::Greedy,
            };
            return self.atomic(&greedy);
        }
        let group = self.group;
        let length = size(body);
        let times = max.unwrap_or(min) as usize;
        let greedy = greed == Greed::Greedy;
        match max {
            None if min <= 1 || length.saturating_mul(min as usize) <= MAX_WRITTEN_OUT => {
                self.times(body, min)?;
                self.endless(body, group, greedy)
            }
            Some(max) if max == 1 || greedy && length.saturating_mul(times) <= MAX_WRITTEN_OUT => {
                self.times(body, min)?;
                self.group = group;
                self.at_most(body, max - min.min(max), greedy, group)
            }
            _ => self.counted(body, min, max.unwrap_or(u32::MAX), greedy),
        }
    }

    fn times(&mut self, body: &Node, count: u32) -> Result<()> {
        let group = self.group;
        for _ in 0..count {
            self.group = group;
            self.node(body)?;
        }
        Ok(())
    }

    /// `X*`; `group` is the number of groups before it.
    fn endless(&mut self, body: &Node, group: usize, greedy: bool) -> Result<()> {
        self.group = group;
        let split = self.split()?;
        let round = self.round(body)?;
        self.push(Insn::Jump(split))?;
        let out = self.here();
        self.set_out(round, out);
        self.set_second(split, out);
        if !greedy {
            self.turn(split);
        }
        Ok(())
    }

    /// `(?:X(?:X)?)?`
    fn at_most(&mut self, body: &Node, count: u32, greedy: bool, group: usize) -> Result<()> {
        let mut splits = Vec::new();
        for _ in 0..count {
            self.group = group;
            splits.push(self.split()?);
            self.node(body)?;
        }
        if count == 0 {
            // Its groups have their numbers even where it is written no time.
            self.group = group + groups_in(body);
        }
        let out = self.here();
        for split in splits {
            self.set_second(split, out);
            if !greedy {
                self.turn(split);
            }
        }
        Ok(())
    }

    fn counted(&mut self, body: &Node, min: u32, max: u32, greedy: bool) -> Result<()> {
        self.counters += 1;
        self.dependent = true;
        let counter = self.counters - 1;
        self.push(Insn::CounterStart(counter))?;
        let jump = self.push(Insn::Jump(0))?;
        let start = self.here();
        let round = self.round(body)?;
        let check = self.push(Insn::Counter {
            counter,
            min,
            max,
            greedy,
            body: start,
        })?;
        self.set_jump(jump, check);
        self.set_out(round, check + 1);
        Ok(())
    }

    /// The body of a repetition; if it can match nothing, the instruction that finds out whether it did.
    fn round(&mut self, body: &Node) -> Result<Option<usize>> {
        if body.min_len() > 0 {
            self.node(body)?;
            return Ok(None);
        }
        let place = self.place();
        self.push(Insn::RoundStart(place))?;
        self.node(body)?;
        let groups = body.any(&|node| matches!(node, Node::Capture(_)));
        // Without groups it does not matter whether a round matched nothing so far: leaving it is tried in either case.
        self.dependent |= groups;
        let end = Insn::RoundEnd {
            place,
            groups,
            out: 0,
        };
        self.push(end).map(Some)
    }

    /// Where a round that matched nothing goes on.
    fn set_out(&mut self, round: Option<usize>, target: usize) {
        let insn = round.and_then(|round| self.insns.get_mut(round));
        if let Some(Insn::RoundEnd { out, .. }) = insn {
            *out = target;
        }
    }

    fn set_jump(&mut self, jump: usize, to: usize) {
        if let Some(Insn::Jump(target)) = self.insns.get_mut(jump) {
            *target = to;
        }
    }

    fn conditional(&mut self, groups: &[usize], yes: &Node, no: &Node) -> Result<()> {
        let [group] = groups else {
            return unsupported("a condition on a name that several groups have");
        };
        let group = *group;
        let condition = self.push(Insn::Condition {
            group,
            otherwise: 0,
        })?;
        self.node(yes)?;
        let jump = self.push(Insn::Jump(0))?;
        let other = self.here();
        if let Some(Insn::Condition { otherwise, .. }) = self.insns.get_mut(condition) {
            *otherwise = other;
        }
        self.node(no)?;
        let end = self.here();
        self.set_jump(jump, end);
        Ok(())
    }
}

/// About how many instructions the node becomes.
fn size(node: &Node) -> usize {
    match node {
        Node::Empty => 0,
        Node::Literal { chars, fold: true } => chars.len(),
        Node::Literal { .. }
        | Node::Any { .. }
        | Node::Anchor(_)
        | Node::LineBreak
        | Node::BackReference { .. } => 1,
        Node::Set(set) => 1 + 4 * set.texts.len(),
        Node::Repeat { body, min, max, .. } => {
            let once = size(body) + 2;
            let all = once.saturating_mul(max.unwrap_or(*min).max(1) as usize);
            if all <= MAX_WRITTEN_OUT {
                all
            } else {
                once + 4
            }
        }
        _ => node
            .parts()
            .into_iter()
            .fold(2, |sum, part| size(part).saturating_add(sum)),
    }
}

fn groups_in(node: &Node) -> usize {
    let own = usize::from(matches!(node, Node::Capture(_)));
    own + node.parts().into_iter().map(groups_in).sum::<usize>()
}

fn depends_on_groups(node: &Node) -> bool {
    matches!(node, Node::BackReference { .. } | Node::Conditional { .. })
}

/// Where a match of the pattern can start.
fn start(root: &Node) -> Result<Start> {
    match beginning(root) {
        Node::Anchor(Anchor::TextStart) => return Ok(Start::Text),
        Node::Anchor(Anchor::SearchStart) => return Ok(Start::Search),
        Node::Anchor(Anchor::LineStart) => return Ok(Start::Line),
        Node::Repeat {
            body,
            min: 0,
            max: None,
            greed: Greed::Greedy,
        } if matches!(**body, Node::Any { newline: false }) && !root.any(&depends_on_groups) => {
            return Ok(Start::Line);
        }
        _ => {}
    }
    let mut bytes = Bytes::none();
    let empty = first_bytes(root, &mut bytes)?;
    Ok(if empty {
        Start::Anywhere
    } else {
        Start::Bytes(Box::new(bytes))
    })
}

/// What a pattern begins with, whatever else is in it.
fn beginning(node: &Node) -> &Node {
    match node {
        Node::Concat(parts) => parts.first().map_or(node, beginning),
        Node::Capture(body) | Node::Atomic(body) | Node::Scoped(body) => beginning(body),
        _ => node,
    }
}

/// Adds the bytes a match of the node can start with. True: it can match nothing.
fn first_bytes(node: &Node, bytes: &mut Bytes) -> Result<bool> {
    match node {
        Node::Empty | Node::Anchor(_) | Node::Look { .. } => Ok(true),
        Node::Literal { chars, fold: true } => first_bytes(&unfold::literal(chars)?, bytes),
        Node::Literal { chars, fold: false } => {
            if let Some(c) = chars.first() {
                bytes.add_chars(*c, *c);
            }
            Ok(chars.is_empty())
        }
        Node::Set(set) if !set.texts.is_empty() => first_bytes(&unfold::set(set)?, bytes),
        Node::Set(set) => {
            for range in set.chars.ranges() {
                bytes.add_chars(range.start(), range.end());
            }
            Ok(false)
        }
        Node::Any { .. } => {
            bytes.add(0, u8::MAX);
            Ok(false)
        }
        Node::LineBreak => {
            bytes.add(b'\n', b'\r');
            bytes.add(first_byte('\u{85}'), first_byte('\u{85}'));
            bytes.add_chars('\u{2028}', '\u{2029}');
            Ok(false)
        }
        Node::Capture(body) | Node::Atomic(body) | Node::Scoped(body) => first_bytes(body, bytes),
        Node::Concat(parts) => {
            for part in parts {
                if !first_bytes(part, bytes)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Node::Alternation(parts) => parts
            .iter()
            .try_fold(false, |empty, part| Ok(first_bytes(part, bytes)? || empty)),
        Node::Repeat { body, min, max, .. } => {
            let empty = *max == Some(0) || first_bytes(body, bytes)?;
            Ok(empty || *min == 0)
        }
        Node::BackReference { .. } => {
            // Of a group in a look-ahead, say.
            bytes.add(0, u8::MAX);
            Ok(true)
        }
        Node::Conditional { yes, no, .. } => {
            let yes = first_bytes(yes, bytes)?;
            Ok(first_bytes(no, bytes)? || yes)
        }
    }
}
