//! Sets in brackets: `[a-z&&[^aeiou][:digit:]]`.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use super::ast::Node;
use super::escape::Escaped;
use super::parse::{Charset, Parser, Result, syntax};
use super::{fold, property};

/// The members of a set.
#[derive(Debug, Clone)]
pub(super) struct Members {
    pub all: ClassUnicode,
    /// Those that were written as characters, ranges or properties. Only from these does case folding lead from ASCII
    /// to other characters: `/[s]/i` matches `ſ`, `/[\w]/i` does not.
    pub literal: ClassUnicode,
}

/// The characters that are the same as one of ASCII without regard to case: the Kelvin sign and the long s.
const ACROSS: &[(char, [char; 2])] = &[('\u{212a}', ['k', 'K']), ('\u{17f}', ['s', 'S'])];

impl Members {
    fn none() -> Members {
        Members::literal(ClassUnicode::empty())
    }

    pub(super) fn literal(chars: ClassUnicode) -> Members {
        Members {
            literal: chars.clone(),
            all: chars,
        }
    }

    fn named(chars: ClassUnicode) -> Members {
        Members {
            all: chars,
            literal: ClassUnicode::empty(),
        }
    }

    fn add(&mut self, more: &Members) {
        self.all.union(&more.all);
        self.literal.union(&more.literal);
    }

    fn intersect(&mut self, other: &Members) {
        self.all.intersect(&other.all);
        self.literal.intersect(&other.literal);
    }

    /// Adds to `chars`, which are all members, those that are the same without regard to case.
    pub(super) fn close(&self, chars: &mut ClassUnicode) {
        fold::close(chars);
        let has = |set: &ClassUnicode, any: &[char]| any.iter().any(|c| fold::contains(set, *c));
        for (far, near) in ACROSS {
            let mut wrong = ClassUnicode::empty();
            if !has(&self.all, &[*far]) && !has(&self.literal, near) {
                wrong.union(&fold::of(&[*far]));
            }
            if !has(&self.all, near) && !has(&self.literal, &[*far]) {
                wrong.union(&fold::of(near));
            }
            chars.difference(&wrong);
        }
    }
}

/// What the members read last allow a following `-` to mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Nothing was read yet.
    Start,
    /// A character, which may start a range. It is no member yet.
    Char(char),
    /// A set like `\w`.
    Named,
    /// A range, or a set in brackets.
    Complete,
}

/// A set that is being read.
struct Reading {
    members: Members,
    last: Last,
    /// What stood before `&&`.
    left: Option<Members>,
}

impl Reading {
    /// A character that may start a range becomes a member.
    fn flush(&mut self) {
        if let Last::Char(c) = self.last {
            self.members.add(&Members::literal(fold::single(c)));
        }
    }

    fn push(&mut self, c: char) {
        self.flush();
        self.last = Last::Char(c);
    }

    fn add(&mut self, more: &Members, last: Last) {
        self.flush();
        self.members.add(more);
        self.last = last;
    }

    fn range(&mut self, from: char, to: char) -> Result<()> {
        if from > to {
            return syntax("empty range in char class");
        }
        let range = ClassUnicode::new([ClassUnicodeRange::new(from, to)]);
        self.members.add(&Members::literal(range));
        self.last = Last::Complete;
        Ok(())
    }

    /// At `&&`, or at the end.
    fn intersect(&mut self) {
        self.flush();
        self.last = Last::Start;
        let right = std::mem::replace(&mut self.members, Members::none());
        match &mut self.left {
            Some(left) => left.intersect(&right),
            None => self.left = Some(right),
        }
    }
}

impl Parser<'_> {
    /// The set whose opening bracket was read.
    pub(super) fn set(&mut self) -> Result<Node> {
        let (members, negated) = self.members()?;
        Ok(self.finish_set(&members, negated))
    }

    /// The members of the set, and whether it is of all other characters.
    fn members(&mut self) -> Result<(Members, bool)> {
        let negated = self.eat("^");
        let mut reading = Reading {
            members: Members::none(),
            last: Last::Start,
            left: None,
        };
        if self.peek() == Some(']') {
            if !self.bracket_later() {
                return syntax("empty char-class");
            }
            self.at += 1;
            reading.push(']');
        }
        while !self.eat("]") {
            self.member(&mut reading)?;
        }
        reading.intersect();
        let members = reading.left.unwrap_or_else(Members::none);
        Ok((members, negated))
    }

    /// Whether there is another closing bracket behind the one here.
    fn bracket_later(&self) -> bool {
        let mut rest = self.chars.iter().skip(self.at + 1);
        while let Some(c) = rest.next() {
            match c {
                ']' => return true,
                '\\' => {
                    rest.next();
                }
                _ => {}
            }
        }
        false
    }

    fn member(&mut self, reading: &mut Reading) -> Result<()> {
        if self.eat("&&") {
            reading.intersect();
            return Ok(());
        }
        match self.next() {
            None => syntax("premature end of char-class"),
            Some('-') => self.dash(reading),
            Some('[') => self.bracket(reading),
            Some('\\') => self.escaped_member(reading),
            Some(c) => {
                reading.push(c);
                Ok(())
            }
        }
    }

    fn escaped_member(&mut self, reading: &mut Reading) -> Result<()> {
        if self.eat("b") {
            reading.push('\u{8}');
            return Ok(());
        }
        match self.escape_in_set()? {
            Escaped::Chars(chars) => chars.into_iter().for_each(|c| reading.push(c)),
            Escaped::Set(set) => reading.add(&Members::named(set), Last::Named),
            Escaped::Property(mut set, negated) => {
                if negated {
                    set.negate();
                }
                reading.add(&Members::literal(set), Last::Named);
            }
            // Outside a set only.
            Escaped::Node(_) => {}
        }
        Ok(())
    }

    /// A dash: in a range, or itself.
    fn dash(&mut self, reading: &mut Reading) -> Result<()> {
        let ends = self.peek() == Some(']') || self.looking_at("&&");
        match reading.last {
            Last::Named if !ends => syntax("unmatched range specifier in char-class"),
            Last::Char(from) if !ends => self.range_end(from, reading),
            _ => {
                reading.push('-');
                Ok(())
            }
        }
    }

    fn range_end(&mut self, from: char, reading: &mut Reading) -> Result<()> {
        match self.next() {
            None => syntax("premature end of char-class"),
            Some('[') => {
                // Onigmo forgets the start of a range that ends in a set.
                reading.last = Last::Start;
                self.bracket(reading)?;
                if reading.last == Last::Named {
                    return named_at_end();
                }
                Ok(())
            }
            Some('\\') if self.eat("b") => reading.range(from, '\u{8}'),
            Some('\\') => match self.escape_in_set()? {
                Escaped::Chars(chars) => {
                    let mut chars = chars.into_iter();
                    if let Some(to) = chars.next() {
                        reading.range(from, to)?;
                    }
                    chars.for_each(|c| reading.push(c));
                    Ok(())
                }
                _ => named_at_end(),
            },
            Some(to) => reading.range(from, to),
        }
    }

    /// Behind an opening bracket in a set: `[:alpha:]`, or a set in the set.
    fn bracket(&mut self, reading: &mut Reading) -> Result<()> {
        if self.peek() == Some(':')
            && let Some(members) = self.posix()?
        {
            reading.add(&members, Last::Named);
            return Ok(());
        }
        let (mut members, negated) = self.deeper(Self::members)?;
        if negated {
            members.all.negate();
            members.literal = ClassUnicode::empty();
        }
        reading.add(&members, Last::Complete);
        Ok(())
    }

    /// `[:name:]` or `[:^name:]`, at the first colon. None: it is a set that starts with a colon.
    fn posix(&mut self) -> Result<Option<Members>> {
        let start = self.at;
        self.at += 1;
        let negated = self.eat("^");
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let name: String = rest.iter().take_while(|c| c.is_ascii_lowercase()).collect();
        self.at += name.len();
        let named = property::by_posix_name(&name);
        match named {
            Some(named) if self.eat(":]") => {
                let mut set = named.set(self.flags.charset == Charset::Ascii)?;
                if negated {
                    set.negate();
                }
                Ok(Some(Members::named(set)))
            }
            _ => {
                self.at = start;
                if self.posix_end_near() {
                    return syntax("invalid POSIX bracket type");
                }
                Ok(None)
            }
        }
    }

    /// Whether `:]` comes soon, before another bracket ends a set: then a name was meant.
    fn posix_end_near(&self) -> bool {
        let rest = self.chars.get(self.at + 1..).unwrap_or_default();
        for (count, pair) in rest.windows(2).enumerate() {
            match pair {
                [':', ']'] => return true,
                [']', _] => return false,
                _ if count >= 20 => return false,
                _ => {}
            }
        }
        false
    }
}

fn named_at_end<T>() -> Result<T> {
    syntax("char-class value at end of range")
}
