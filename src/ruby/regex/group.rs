//! What an opening parenthesis begins.

use super::ast::Node;
use super::parse::{Charset, Parser, Result, syntax, unsupported};

/// A group that was read.
pub(super) enum Group {
    /// To its closing parenthesis.
    Whole(Node),
    /// `(?i)` and all that follows, up to the closing parenthesis of the group around it, which is not read.
    Rest(Node),
}

impl Parser<'_> {
    /// The group whose opening parenthesis was read.
    pub(super) fn group(&mut self) -> Result<Group> {
        if !self.eat("?") {
            return self.plain_group().map(Group::Whole);
        }
        let node = match self.next() {
            None => return syntax("end pattern in group"),
            Some(':') => self.body()?,
            Some('=') => self.look(false, false)?,
            Some('!') => self.look(false, true)?,
            Some('>') => Node::Atomic(Box::new(self.body()?)),
            Some('~') => return unsupported("the absence operator (?~…)"),
            Some('(') => self.conditional()?,
            Some('\'') => self.named_group('\'')?,
            Some('<') => match self.peek() {
                Some('=') => self.look_behind(false)?,
                Some('!') => self.look_behind(true)?,
                None => return unmatched(),
                Some(_) => self.named_group('>')?,
            },
            Some(_) => {
                self.at -= 1;
                return self.options();
            }
        };
        Ok(Group::Whole(node))
    }

    /// Up to the closing parenthesis.
    fn body(&mut self) -> Result<Node> {
        let node = self.alternation()?;
        if self.eat(")") { Ok(node) } else { unmatched() }
    }

    fn plain_group(&mut self) -> Result<Node> {
        if self.only_named {
            return self.body();
        }
        self.groups += 1;
        Ok(Node::Capture(Box::new(self.body()?)))
    }

    fn look(&mut self, behind: bool, negative: bool) -> Result<Node> {
        Ok(Node::Look {
            behind,
            negative,
            body: Box::new(self.body()?),
        })
    }

    fn look_behind(&mut self, negative: bool) -> Result<Node> {
        let start = self.at;
        self.at += 1;
        let node = self.look(true, negative)?;
        if let Node::Look { body, .. } = &node {
            // Onigmo looks at it when the whole pattern is read.
            if let Err(error) = super::lookbehind::check(body, negative) {
                self.late_errors.push((start, error));
            }
        }
        Ok(node)
    }

    fn named_group(&mut self, end: char) -> Result<Node> {
        let name = self.name(end)?;
        if name.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
            return syntax(format!("invalid group name <{name}>"));
        }
        if !name.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return syntax(format!("invalid char in group name <{name}>"));
        }
        self.groups += 1;
        let number = self.groups;
        match self.names.iter_mut().find(|row| row.0 == name) {
            Some(row) => row.1.push(number),
            None => self.names.push((name, vec![number])),
        }
        Ok(Node::Capture(Box::new(self.body()?)))
    }

    /// A name, up to and over the character that ends it.
    pub(super) fn name(&mut self, end: char) -> Result<String> {
        let mut name = String::new();
        loop {
            match self.next() {
                Some(c) if c == end => break,
                None | Some(')') if !name.is_empty() => {
                    return syntax(format!("invalid group name <{name}>"));
                }
                None | Some(')') => break,
                Some(c) => name.push(c),
            }
        }
        if name.is_empty() {
            return syntax("group name is empty");
        }
        Ok(name)
    }

    /// `(?(1)yes|no)`, `(?(<name>)yes|no)`.
    fn conditional(&mut self) -> Result<Node> {
        let groups = match self.next() {
            Some('<') => self.condition('>')?,
            Some('\'') => self.condition('\'')?,
            Some(c) if c.is_ascii_digit() || c == '-' => {
                self.at -= 1;
                self.condition(')')?
            }
            _ => return syntax("invalid conditional pattern"),
        };
        let (yes, no) = match self.body()? {
            Node::Alternation(branches) => match <[Node; 2]>::try_from(branches) {
                Ok([yes, no]) => (yes, no),
                Err(_) => return syntax("invalid conditional pattern"),
            },
            yes => (yes, Node::Empty),
        };
        Ok(Node::Conditional {
            groups,
            yes: Box::new(yes),
            no: Box::new(no),
        })
    }

    fn condition(&mut self, end: char) -> Result<Vec<usize>> {
        let name = if end == ')' {
            self.digits_until(')')
        } else {
            self.name(end)?
        };
        let groups = self.referred(&name)?;
        if end != ')' && !self.eat(")") {
            return syntax("invalid conditional pattern");
        }
        Ok(groups)
    }

    fn digits_until(&mut self, end: char) -> String {
        let mut digits = String::new();
        while let Some(c) = self.next() {
            if c == end {
                break;
            }
            digits.push(c);
        }
        digits
    }

    /// The groups a name or a number in a reference stands for.
    pub(super) fn referred(&mut self, name: &str) -> Result<Vec<usize>> {
        let (backwards, digits) = match name.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, name),
        };
        if digits.is_empty() || !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return match self.names.iter().find(|row| row.0 == name) {
                Some((_, groups)) => Ok(groups.clone()),
                None if name.contains(['+', '-']) && !name.starts_with(['+', '-']) => {
                    unsupported("a back reference with a level of recursion")
                }
                None => syntax(format!("undefined name <{name}> reference")),
            };
        }
        if digits.contains(['+', '-']) {
            return unsupported("a back reference with a level of recursion");
        }
        let invalid = || syntax("invalid backref number/name");
        let Ok(number) = digits.parse::<usize>() else {
            return invalid();
        };
        let number = match (backwards, self.groups.checked_sub(number)) {
            (false, _) => number,
            (true, Some(before)) if number > 0 => before + 1,
            (true, _) if !self.names.is_empty() => number.max(1),
            (true, _) => return invalid(),
        };
        if number == 0 {
            return invalid();
        }
        self.numbered.push((self.at, number));
        Ok(vec![number])
    }

    /// `(?imx-imx)` and `(?imx-imx:…)`, at the first letter.
    fn options(&mut self) -> Result<Group> {
        let mut on = true;
        loop {
            match self.next() {
                None => return syntax("end pattern in group"),
                Some('-') => on = false,
                Some('i') => self.flags.ignore_case = on,
                Some('m') => self.flags.multi_line = on,
                Some('x') => self.flags.extended = on,
                Some('a') if on => self.flags.charset = Charset::Ascii,
                Some('u') if on => self.flags.charset = Charset::Unicode,
                Some('d') if on => self.flags.charset = Charset::Mixed,
                Some(':') => {
                    let node = Node::Scoped(Box::new(self.body()?));
                    return Ok(Group::Whole(node));
                }
                // As far as Ruby is concerned, the alternatives that follow are inside as well.
                Some(')') => {
                    let node = self.deeper(Self::alternation)?;
                    return Ok(Group::Rest(Node::Scoped(Box::new(node))));
                }
                Some(_) => return syntax("undefined group option"),
            }
        }
    }
}

fn unmatched<T>() -> Result<T> {
    syntax("end pattern with unmatched parenthesis")
}
