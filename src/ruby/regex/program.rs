//! What a pattern is compiled to: instructions for a machine that goes back, and what a search may skip.

use regex_syntax::hir::ClassUnicode;

use super::ast::Anchor;

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Program {
    /// The last is [`Insn::Match`].
    pub(super) insns: Vec<Insn>,
    /// The groups, the whole match counted.
    pub(super) groups: usize,
    /// How many numbers [`Insn::CounterStart`] and those like it need.
    pub(super) counters: usize,
    /// How many places in the text [`Insn::RoundStart`], [`Insn::AtomicStart`] and those like them need.
    pub(super) places: usize,
    /// Where a match can start.
    pub(super) start: Start,
    /// How many instructions have a number at which the machine may note that it was there. None: what follows one of
    /// them depends on more than the place in the text, so there is nothing to note.
    pub(super) noted: Option<usize>,
}

/// One step of the machine. Targets are indexes of instructions.
#[derive(Debug)]
pub(super) enum Insn {
    /// These characters.
    Text(Box<str>),
    /// One character.
    One(One),
    /// As many of one character as there are, or as are needed; `note` and `note + 1` are its numbers.
    Run {
        one: One,
        min: u32,
        max: u32,
        greed: super::ast::Greed,
        note: usize,
    },
    /// `\R`
    LineBreak,
    Anchor(Anchor),
    /// Goes to the first, and to the second if that fails.
    Split {
        first: usize,
        second: usize,
        note: usize,
    },
    Jump(usize),
    GroupStart(usize),
    GroupEnd(usize),
    /// Back by so many characters.
    StepBack(usize),
    AtomicStart(usize),
    /// What is between start and end is not tried in another way.
    AtomicEnd(usize),
    LookStart(usize),
    /// As the end of an atomic group, and back to where it started.
    LookEnd(usize),
    /// Goes to `next` when what is between start and end fails.
    NotStart {
        place: usize,
        next: usize,
    },
    NotEnd(usize),
    CounterStart(usize),
    /// Behind the start and behind each round: another one at `body`, or on at the next instruction.
    Counter {
        counter: usize,
        min: u32,
        max: u32,
        greedy: bool,
        body: usize,
    },
    /// A round of a repetition that might match nothing.
    RoundStart(usize),
    /// Leaves the repetition when the round matched nothing. `groups`: unless a group in it changed.
    RoundEnd {
        place: usize,
        groups: bool,
        out: usize,
    },
    /// The text of the last of these groups that has one which comes next.
    BackReference {
        groups: Box<[usize]>,
        fold: bool,
    },
    /// On if the group matched.
    Condition {
        group: usize,
        otherwise: usize,
    },
    Match,
}

/// Which one character.
#[derive(Debug, Clone)]
pub(super) enum One {
    Char(char),
    Set(std::sync::Arc<CharSet>),
    Any { newline: bool },
}

impl One {
    pub(super) fn takes(&self, c: char) -> bool {
        match self {
            One::Char(wanted) => *wanted == c,
            One::Set(set) => set.contains(c),
            One::Any { newline } => *newline || c != '\n',
        }
    }
}

/// Characters, to be asked quickly.
#[derive(Debug)]
pub(super) struct CharSet {
    ascii: u128,
    /// The others, first and last of each range, ascending.
    ranges: Box<[(char, char)]>,
}

impl CharSet {
    pub(super) fn new(chars: &ClassUnicode) -> CharSet {
        let mut ascii = 0;
        let mut ranges = Vec::new();
        for range in chars.ranges() {
            for byte in u32::from(range.start())..=u32::from(range.end()).min(127) {
                ascii |= 1 << byte;
            }
            if !range.end().is_ascii() {
                ranges.push((range.start().max('\u{80}'), range.end()));
            }
        }
        CharSet {
            ascii,
            ranges: ranges.into(),
        }
    }

    pub(super) fn contains(&self, c: char) -> bool {
        if c.is_ascii() {
            return self.ascii >> u32::from(c) & 1 == 1;
        }
        let at = self.ranges.partition_point(|range| range.1 < c);
        self.ranges.get(at).is_some_and(|range| range.0 <= c)
    }
}

/// Where a match can start.
#[derive(Debug)]
pub(super) enum Start {
    Anywhere,
    /// `\A`
    Text,
    /// `\G`
    Search,
    /// At the start of the search, and of each line: `^`, and `.*`, which takes all a later start on the line could.
    Line,
    /// Where one of these bytes is.
    Bytes(Box<Bytes>),
}

/// Bytes a match may start with.
#[derive(Debug)]
pub(super) struct Bytes([bool; 256]);

impl Bytes {
    pub(super) fn none() -> Bytes {
        Bytes([false; 256])
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte)).copied().unwrap_or(false)
    }

    /// From one to the other, both counted.
    pub(super) fn add(&mut self, from: u8, to: u8) {
        if let Some(bytes) = self.0.get_mut(usize::from(from)..=usize::from(to)) {
            bytes.fill(true);
        }
    }

    /// The first bytes of the characters from one to the other.
    pub(super) fn add_chars(&mut self, from: char, to: char) {
        self.add(first_byte(from), first_byte(to));
    }
}

/// The first byte of a character in UTF-8; it ascends with the character.
pub(super) fn first_byte(c: char) -> u8 {
    let mut buffer = [0; 4];
    c.encode_utf8(&mut buffer);
    buffer[0]
}
