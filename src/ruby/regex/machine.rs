//! Runs a program on a text: goes on as long as it can, goes back where it cannot, and counts what it does.
//!
//! All it may have to go back to, and all that has to be as it was then, lies on one stack, so no pattern and no text
//! is too deep for it.
//!
//! Follows Onigmo, also in what looks like an oversight there: behind a back reference to nothing, the character that
//! comes next counts as the one before (`stale`).

use std::ops::Range;
use std::sync::LazyLock;

use super::ast::{Anchor, Greed};
use super::program::{CharSet, Insn, One, Program, Start};
use super::property::Named;
use super::{Captures, Effort, Exhausted, fold};

/// How many entries the stack may have: some 40 MB.
const MAX_STACK: usize = 1_000_000;
/// How many bits notes may take.
const MAX_NOTES: usize = 1 << 28;
/// No group, no place yet.
const NOWHERE: usize = usize::MAX;

/// What `\b` takes for parts of words.
static WORD: LazyLock<Option<CharSet>> = LazyLock::new(|| {
    let set = Named::Word.set(false).ok()?;
    Some(CharSet::new(&set))
});

/// Where a search is made.
pub(super) struct Search<'t> {
    pub(super) text: &'t str,
    /// The first place where a match may start.
    pub(super) from: usize,
    /// Whether it has to start there.
    pub(super) only_there: bool,
    /// Where `\G` matches.
    pub(super) anchored_at: Option<usize>,
}

/// The leftmost match.
pub(super) fn search(
    program: &Program,
    search: &Search<'_>,
    effort: &mut Effort,
) -> Result<Option<Captures>, Exhausted> {
    let mut machine = Machine::new(program, search, effort);
    let mut next = Some(search.from);
    while let Some(start) = next {
        let start = if search.only_there {
            start
        } else {
            match machine.candidate(start)? {
                Some(start) => start,
                None => return Ok(None),
            }
        };
        if machine.run(start)? {
            return Ok(Some(machine.captures()));
        }
        next = machine.after(start).filter(|_| !search.only_there);
    }
    Ok(None)
}

/// What can be gone back to, and what was changed since.
enum Entry {
    /// Another way.
    Way {
        at: usize,
        pos: usize,
        stale: bool,
    },
    /// A run may give one character back, down to `low`; there, `stale` is as it was before.
    Shorter {
        at: usize,
        pos: usize,
        low: usize,
        stale: bool,
    },
    /// A run may take one character more.
    Longer {
        at: usize,
        pos: usize,
        left: u32,
    },
    /// Values from before.
    Group {
        group: usize,
        start: usize,
        end: usize,
    },
    GroupEnd {
        group: usize,
        end: usize,
    },
    Counter {
        counter: usize,
        value: u32,
    },
    Place {
        place: usize,
        was: Place,
    },
    Keep(usize),
}

/// A place in the text, and what lay on the stack when it was reached.
#[derive(Clone, Copy)]
struct Place {
    pos: usize,
    height: usize,
    stale: bool,
}

struct Machine<'p, 't, 'e> {
    program: &'p Program,
    text: &'t str,
    search_start: Option<usize>,
    effort: &'e mut Effort,
    stack: Vec<Entry>,
    starts: Vec<usize>,
    ends: Vec<usize>,
    counters: Vec<u32>,
    places: Vec<Place>,
    at: usize,
    pos: usize,
    /// The character that comes next counts as the one before.
    stale: bool,
    notes: Notes,
}

/// Where the machine was already, so that nothing is tried twice: what failed once fails again.
struct Notes {
    /// How often the machine went back before notes are taken; most searches end before.
    patience: usize,
    bits: Vec<u64>,
}

impl<'p, 't, 'e> Machine<'p, 't, 'e> {
    fn new(program: &'p Program, search: &Search<'t>, effort: &'e mut Effort) -> Self {
        let nowhere = Place {
            pos: 0,
            height: 0,
            stale: false,
        };
        Self {
            program,
            text: search.text,
            search_start: search.anchored_at,
            effort,
            stack: Vec::new(),
            starts: vec![NOWHERE; program.groups],
            ends: vec![NOWHERE; program.groups],
            counters: vec![0; program.counters],
            places: vec![nowhere; program.places],
            at: 0,
            pos: 0,
            stale: false,
            notes: Notes {
                patience: 256 + 4 * search.text.len(),
                bits: Vec::new(),
            },
        }
    }

    /// The first place from `from` on where a match can start.
    fn candidate(&mut self, from: usize) -> Result<Option<usize>, Exhausted> {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        let skipped = match &self.program.start {
            Start::Anywhere => Some(0),
            Start::Text => (from == 0).then_some(0),
            Start::Search => (self.search_start == Some(from)).then_some(0),
            Start::Line if from == 0 || self.search_start == Some(from) => Some(0),
            Start::Line => match self.byte(from - 1) {
                Some(b'\n') => Some(0),
                _ => rest.iter().position(|byte| *byte == b'\n').map(|at| at + 1),
            },
            Start::Bytes(bytes) => rest.iter().position(|byte| bytes.has(*byte)),
        };
        self.effort.take(skipped.unwrap_or(rest.len()) / 16 + 1)?;
        Ok(skipped.map(|skipped| from + skipped))
    }

    /// The place behind the character at one; none behind the end.
    fn after(&self, pos: usize) -> Option<usize> {
        if pos >= self.text.len() {
            return None;
        }
        Some(pos + self.next_char(pos).map_or(1, char::len_utf8))
    }

    fn byte(&self, pos: usize) -> Option<u8> {
        self.text.as_bytes().get(pos).copied()
    }

    fn next_char(&self, pos: usize) -> Option<char> {
        match self.byte(pos)? {
            byte if byte.is_ascii() => Some(char::from(byte)),
            _ => self.text.get(pos..)?.chars().next(),
        }
    }

    fn char_before(&self, pos: usize) -> Option<char> {
        match self.byte(pos.checked_sub(1)?)? {
            byte if byte.is_ascii() => Some(char::from(byte)),
            _ => self.text.get(..pos)?.chars().next_back(),
        }
    }

    /// The character before this place, as Onigmo has it.
    fn previous(&self) -> Option<char> {
        if self.stale {
            self.next_char(self.pos)
        } else {
            self.char_before(self.pos)
        }
    }

    fn captures(&self) -> Captures {
        let ranges = self.starts.iter().zip(&self.ends);
        Captures {
            groups: ranges
                .map(|(start, end)| (*end != NOWHERE).then_some(*start..(*end).max(*start)))
                .collect::<Vec<Option<Range<usize>>>>(),
        }
    }

    /// Whether a match starts at a place.
    fn run(&mut self, start: usize) -> Result<bool, Exhausted> {
        self.stack.clear();
        self.starts.fill(NOWHERE);
        self.ends.fill(NOWHERE);
        (self.at, self.pos, self.stale) = (0, start, false);
        self.set_group_start(0, start);
        loop {
            self.effort.take(1)?;
            if self.stack.len() > MAX_STACK {
                return Err(Exhausted);
            }
            let program = self.program;
            let Some(insn) = program.insns.get(self.at) else {
                return Ok(false);
            };
            if matches!(insn, Insn::Match) {
                self.set_group_end(0, self.pos);
                return Ok(true);
            }
            if !self.step(insn)? && !self.back()? {
                return Ok(false);
            }
        }
    }

    /// One instruction. False: it fails.
    fn step(&mut self, insn: &Insn) -> Result<bool, Exhausted> {
        let next = self.at + 1;
        match insn {
            Insn::Text(text) => return self.literal(text),
            Insn::One(one) => match self.next_char(self.pos).filter(|c| one.takes(*c)) {
                Some(c) => self.consumed(c.len_utf8()),
                None => return Ok(false),
            },
            Insn::Run {
                one,
                min,
                max,
                greed,
                note,
            } => return self.take_run(one, (*min, *max), *greed, *note),
            Insn::LineBreak => return Ok(self.line_break()),
            Insn::Anchor(Anchor::Keep) => self.keep(),
            Insn::Anchor(anchor) => {
                self.at = next;
                return Ok(self.is_at(*anchor));
            }
            Insn::Split {
                first,
                second,
                note,
            } => {
                if self.was_here(*note) {
                    return Ok(false);
                }
                self.way(*second);
                self.at = *first;
                return Ok(true);
            }
            Insn::Jump(target) => {
                self.at = *target;
                return Ok(true);
            }
            Insn::GroupStart(group) => self.set_group_start(*group, self.pos),
            Insn::GroupEnd(group) => self.set_group_end(*group, self.pos),
            Insn::StepBack(count) => return Ok(self.step_back(*count)),
            Insn::AtomicStart(place) | Insn::LookStart(place) => self.mark(*place),
            Insn::AtomicEnd(place) => self.cut(*place)?,
            Insn::LookEnd(place) => {
                self.cut(*place)?;
                let start = self.place(*place);
                (self.pos, self.stale) = (start.pos, start.stale);
            }
            Insn::NotStart { place, next } => {
                self.mark(*place);
                self.way(*next);
            }
            Insn::NotEnd(place) => {
                let height = self.place(*place).height;
                while self.stack.len() > height {
                    self.undo_last();
                }
                return Ok(false);
            }
            Insn::CounterStart(counter) => self.set_counter(*counter, 0),
            Insn::Counter {
                counter,
                min,
                max,
                greedy,
                body,
            } => {
                self.at = self.count(*counter, (*min, *max), *greedy, *body);
                return Ok(true);
            }
            Insn::RoundStart(place) => {
                let was = self.place(*place);
                self.stack.push(Entry::Place { place: *place, was });
                self.mark(*place);
            }
            Insn::RoundEnd { place, groups, out } => {
                return Ok(self.end_round(*place, *groups, *out));
            }
            Insn::BackReference { groups, fold } => return self.back_reference(groups, *fold),
            Insn::Condition { group, otherwise } => {
                if self.ends.get(*group).is_none_or(|end| *end == NOWHERE) {
                    self.at = *otherwise;
                    return Ok(true);
                }
            }
            Insn::Match => {}
        }
        self.at = next;
        Ok(true)
    }

    /// Goes on behind so many bytes.
    fn consumed(&mut self, bytes: usize) {
        self.pos += bytes;
        self.stale = false;
    }

    fn way(&mut self, at: usize) {
        let (pos, stale) = (self.pos, self.stale);
        self.stack.push(Entry::Way { at, pos, stale });
    }

    /// To the last other way. False: there is none.
    fn back(&mut self) -> Result<bool, Exhausted> {
        self.notes.patience = self.notes.patience.saturating_sub(1);
        while let Some(entry) = self.stack.pop() {
            match entry {
                Entry::Way { at, pos, stale } => {
                    (self.at, self.pos, self.stale) = (at, pos, stale);
                    return Ok(true);
                }
                Entry::Shorter {
                    at,
                    pos,
                    low,
                    stale,
                } => {
                    if self.give_back(at, pos, (low, stale))? {
                        return Ok(true);
                    }
                }
                Entry::Longer { at, pos, left } => {
                    if self.take_more(at, pos, left)? {
                        return Ok(true);
                    }
                }
                changed => self.undo(&changed),
            }
        }
        Ok(false)
    }

    fn undo_last(&mut self) {
        if let Some(entry) = self.stack.pop() {
            self.undo(&entry);
        }
    }

    fn undo(&mut self, entry: &Entry) {
        match entry {
            Entry::Group { group, start, end } => {
                set(&mut self.starts, *group, *start);
                set(&mut self.ends, *group, *end);
            }
            Entry::GroupEnd { group, end } => set(&mut self.ends, *group, *end),
            Entry::Counter { counter, value } => set(&mut self.counters, *counter, *value),
            Entry::Place { place, was } => set(&mut self.places, *place, *was),
            Entry::Keep(start) => set(&mut self.starts, 0, *start),
            Entry::Way { .. } | Entry::Shorter { .. } | Entry::Longer { .. } => {}
        }
    }

    fn set_group_start(&mut self, group: usize, pos: usize) {
        let start = self.starts.get(group).copied().unwrap_or(NOWHERE);
        let end = self.ends.get(group).copied().unwrap_or(NOWHERE);
        self.stack.push(Entry::Group { group, start, end });
        set(&mut self.starts, group, pos);
        // While it is open, references to it find nothing, whatever it matched in an earlier round.
        set(&mut self.ends, group, NOWHERE);
    }

    fn set_group_end(&mut self, group: usize, pos: usize) {
        let end = self.ends.get(group).copied().unwrap_or(NOWHERE);
        self.stack.push(Entry::GroupEnd { group, end });
        set(&mut self.ends, group, pos);
    }

    fn keep(&mut self) {
        let start = self.starts.first().copied().unwrap_or(NOWHERE);
        self.stack.push(Entry::Keep(start));
        set(&mut self.starts, 0, self.pos);
    }

    fn set_counter(&mut self, counter: usize, value: u32) {
        let was = self.counters.get(counter).copied().unwrap_or(0);
        self.stack.push(Entry::Counter {
            counter,
            value: was,
        });
        set(&mut self.counters, counter, value);
    }

    fn place(&self, place: usize) -> Place {
        self.places.get(place).copied().unwrap_or(Place {
            pos: self.pos,
            height: self.stack.len(),
            stale: false,
        })
    }

    fn mark(&mut self, place: usize) {
        let here = Place {
            pos: self.pos,
            height: self.stack.len(),
            stale: self.stale,
        };
        set(&mut self.places, place, here);
    }

    /// Forgets the other ways since a place, but not what was changed.
    fn cut(&mut self, place: usize) -> Result<(), Exhausted> {
        let height = self.place(place).height.min(self.stack.len());
        self.effort.take(self.stack.len() - height)?;
        let later = self.stack.split_off(height);
        let is_way = |entry: &Entry| {
            matches!(
                entry,
                Entry::Way { .. } | Entry::Shorter { .. } | Entry::Longer { .. }
            )
        };
        self.stack
            .extend(later.into_iter().filter(|entry| !is_way(entry)));
        Ok(())
    }

    fn literal(&mut self, text: &str) -> Result<bool, Exhausted> {
        self.effort.take(text.len() / 32)?;
        let rest = self.text.as_bytes().get(self.pos..).unwrap_or_default();
        if !rest.starts_with(text.as_bytes()) {
            return Ok(false);
        }
        if !text.is_empty() {
            self.consumed(text.len());
        }
        self.at += 1;
        Ok(true)
    }

    fn line_break(&mut self) -> bool {
        let length = match self.next_char(self.pos) {
            Some('\r') if self.byte(self.pos + 1) == Some(b'\n') => 2,
            Some(c @ ('\n'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')) => c.len_utf8(),
            _ => return false,
        };
        self.consumed(length);
        self.at += 1;
        true
    }

    fn is_at(&self, anchor: Anchor) -> bool {
        let end = self.text.len();
        match anchor {
            Anchor::LineStart => self.pos == 0 || self.pos < end && self.previous() == Some('\n'),
            Anchor::LineEnd => self.pos == end || self.byte(self.pos) == Some(b'\n'),
            Anchor::TextStart => self.pos == 0,
            Anchor::TextEnd => self.pos == end,
            Anchor::LastLineEnd => {
                self.pos == end || self.pos + 1 == end && self.byte(self.pos) == Some(b'\n')
            }
            Anchor::SearchStart => self.search_start == Some(self.pos),
            Anchor::WordBoundary { ascii } => self.is_word_boundary(ascii),
            Anchor::NotWordBoundary { ascii } => !self.is_word_boundary(ascii),
            Anchor::Keep => true,
        }
    }

    fn is_word_boundary(&self, ascii: bool) -> bool {
        let before = self.pos > 0 && self.previous().is_some_and(|c| is_word(c, ascii));
        let after = self.next_char(self.pos).is_some_and(|c| is_word(c, ascii));
        before != after
    }

    fn step_back(&mut self, count: usize) -> bool {
        for _ in 0..count {
            match self.char_before(self.pos) {
                Some(c) => self.pos -= c.len_utf8(),
                None => return false,
            }
        }
        self.stale = false;
        self.at += 1;
        true
    }

    /// Where to go behind a round: to the next one, or out.
    fn count(
        &mut self,
        counter: usize,
        (min, max): (u32, u32),
        greedy: bool,
        body: usize,
    ) -> usize {
        let out = self.at + 1;
        let rounds = self.counters.get(counter).copied().unwrap_or(0);
        if rounds >= max {
            return out;
        }
        if rounds >= min && greedy {
            self.way(out);
        }
        if rounds >= min && !greedy {
            // The counter is one higher only in the way that takes another round.
            self.set_counter(counter, rounds + 1);
            self.way(body);
            self.set_counter(counter, rounds);
            return out;
        }
        self.set_counter(counter, rounds + 1);
        body
    }

    /// Onigmo's check for rounds that match nothing. False: this way fails.
    fn end_round(&mut self, place: usize, groups: bool, out: usize) -> bool {
        let start = self.place(place);
        self.at += 1;
        if start.pos != self.pos {
            return true;
        }
        let mut moved = false;
        if groups {
            for entry in self.stack.get(start.height..).unwrap_or_default() {
                match entry {
                    // A group that matched for the first time, or something else than before.
                    Entry::Group { start, end, .. } if *end == NOWHERE || start != end => {
                        return true;
                    }
                    Entry::Group { end, .. } => moved |= *end != self.pos,
                    _ => {}
                }
            }
        }
        self.at = out;
        !moved
    }

    fn back_reference(&mut self, groups: &[usize], fold: bool) -> Result<bool, Exhausted> {
        for group in groups.iter().rev() {
            let start = self.starts.get(*group).copied().unwrap_or(NOWHERE);
            let end = self.ends.get(*group).copied().unwrap_or(NOWHERE);
            if start == NOWHERE || end == NOWHERE {
                continue;
            }
            let wanted = self.text.get(start..end).unwrap_or_default();
            self.effort.take(wanted.len() / 16)?;
            let rest = self.text.get(self.pos..).unwrap_or_default();
            let Some(length) = same_start(wanted, rest, fold) else {
                continue;
            };
            if length == 0 {
                self.stale = true;
            } else {
                self.consumed(length);
            }
            self.at += 1;
            return Ok(true);
        }
        Ok(false)
    }
}

/// Repetitions of one character.
impl Machine<'_, '_, '_> {
    fn take_run(
        &mut self,
        one: &One,
        (min, max): (u32, u32),
        greed: Greed,
        note: usize,
    ) -> Result<bool, Exhausted> {
        if self.was_here(note) {
            return Ok(false);
        }
        let least = if greed == Greed::Lazy { min } else { max };
        let stale = self.stale;
        let (mut count, mut low) = (0, self.pos);
        while count < least
            && let Some(c) = self.next_char(self.pos).filter(|c| one.takes(*c))
        {
            self.consumed(c.len_utf8());
            count += 1;
            if count <= min {
                low = self.pos;
            }
        }
        self.effort.take(count as usize / 2)?;
        if count < min {
            return Ok(false);
        }
        let (at, pos) = (self.at, self.pos);
        self.at += 1;
        match greed {
            Greed::Greedy if low < pos => self.stack.push(Entry::Shorter {
                at,
                pos,
                low,
                stale: stale && min == 0,
            }),
            Greed::Lazy if count < max => self.stack.push(Entry::Longer {
                at,
                pos,
                left: max - count,
            }),
            _ => {}
        }
        Ok(true)
    }

    /// A run without its last character, where what follows can match. False: it has none left.
    fn give_back(
        &mut self,
        at: usize,
        mut pos: usize,
        (low, stale): (usize, bool),
    ) -> Result<bool, Exhausted> {
        let next = match self.program.insns.get(at + 1) {
            Some(Insn::Text(text)) => text.bytes().next(),
            _ => None,
        };
        let note = match self.program.insns.get(at) {
            Some(Insn::Run { note, .. }) => note + 1,
            _ => return Ok(false),
        };
        let mut looked_at = 0;
        let mut found = false;
        while pos > low && !found {
            pos -= self.char_before(pos).map_or(1, char::len_utf8);
            looked_at += 1;
            self.pos = pos;
            found = next.is_none_or(|next| self.byte(pos) == Some(next)) && !self.was_here(note);
        }
        self.effort.take(looked_at / 2)?;
        if pos > low {
            self.stack.push(Entry::Shorter {
                at,
                pos,
                low,
                stale,
            });
        }
        (self.at, self.stale) = (at + 1, stale && pos == low);
        Ok(found)
    }

    /// A run with one character more, where what follows was not tried yet. False: there is none.
    fn take_more(&mut self, at: usize, pos: usize, mut left: u32) -> Result<bool, Exhausted> {
        let program = self.program;
        let Some(Insn::Run { one, note, .. }) = program.insns.get(at) else {
            return Ok(false);
        };
        self.pos = pos;
        while left > 0
            && let Some(c) = self.next_char(self.pos).filter(|c| one.takes(*c))
        {
            self.effort.take(1)?;
            self.consumed(c.len_utf8());
            left -= 1;
            if self.was_here(note + 1) {
                continue;
            }
            if left > 0 {
                let pos = self.pos;
                self.stack.push(Entry::Longer { at, pos, left });
            }
            self.at = at + 1;
            return Ok(true);
        }
        Ok(false)
    }

    /// Whether the machine was at this instruction and place before, and so failed there; notes that it is now.
    fn was_here(&mut self, note: usize) -> bool {
        let Some(noted) = self.program.noted.filter(|_| self.notes.patience == 0) else {
            return false;
        };
        if self.notes.bits.is_empty() {
            let bits = noted.saturating_mul(self.text.len() + 1);
            if bits == 0 || bits > MAX_NOTES {
                return false;
            }
            self.notes.bits = vec![0; bits.div_ceil(64)];
        }
        let bit = note * (self.text.len() + 1) + self.pos;
        let Some(word) = self.notes.bits.get_mut(bit / 64) else {
            return false;
        };
        let mask = 1 << (bit % 64);
        let before = *word & mask != 0;
        *word |= mask;
        before
    }
}

fn set<T>(list: &mut [T], index: usize, value: T) {
    if let Some(slot) = list.get_mut(index) {
        *slot = value;
    }
}

fn is_word(c: char, ascii: bool) -> bool {
    if c.is_ascii() || ascii {
        return c == '_' || c.is_ascii_alphanumeric();
    }
    WORD.as_ref().is_some_and(|word| word.contains(c))
}

/// How many bytes of `rest` are the same as `wanted`, if it starts so. Onigmo wants as many bytes to be there, and, where
/// case is not regarded, compares character by character.
fn same_start(wanted: &str, rest: &str, fold: bool) -> Option<usize> {
    if rest.len() < wanted.len() {
        return None;
    }
    if !fold {
        return rest.starts_with(wanted).then_some(wanted.len());
    }
    let mut length = 0;
    let mut others = rest.chars();
    for c in wanted.chars() {
        let other = others.next()?;
        if !fold::same(c, other) {
            return None;
        }
        length += other.len_utf8();
    }
    Some(length)
}
