//! Ruby's syntax of patterns: branches, quantifiers, single characters. Groups, escapes and sets have files of their own.

use std::rc::Rc;

use regex_syntax::hir::ClassUnicode;

use super::ast::{Anchor, Greed, Node, Set};
use super::{Options, RegexError};

/// How deep groups, sets in sets, and quantifiers on quantifiers may be nested. Ruby allows more.
const MAX_DEPTH: usize = 50;
/// Onigmo's limit for the numbers in `{n,m}`.
const MAX_REPEAT: u32 = 100_000;
/// A literal text repeated a fixed number of times is one text up to this many bytes.
const MAX_REPEATED_LITERAL: usize = 100;

/// A pattern that was read.
pub(super) struct Parsed {
    pub root: Node,
    pub groups: usize,
    pub names: Vec<(String, Vec<usize>)>,
}

/// What the sets `\w`, `[[:alpha:]]` and the places `\b` are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    /// `(?d)`: letters behind a backslash of ASCII, brackets and `\b` of Unicode.
    Mixed,
    /// `(?a)`
    Ascii,
    /// `(?u)`
    Unicode,
}

/// The options in force at a place of a pattern.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flags {
    pub ignore_case: bool,
    pub extended: bool,
    pub multi_line: bool,
    pub charset: Charset,
}

pub(super) type Result<T> = std::result::Result<T, RegexError>;

pub(super) fn syntax<T>(message: impl Into<String>) -> Result<T> {
    Err(RegexError::Syntax(message.into()))
}

pub(super) fn unsupported<T>(what: impl Into<String>) -> Result<T> {
    Err(RegexError::Unsupported(what.into()))
}

/// Reads a pattern.
///
/// # Errors
///
/// As [`super::Regex::new`], without the pattern at the end of Ruby's message.
pub(super) fn parse(source: &str, options: Options) -> Result<Parsed> {
    let chars: Vec<char> = source.chars().collect();
    let first = Parser::new(&chars, options, false).run()?;
    // Once one group has a name, those without one only group.
    if first.names.is_empty() || first.groups == named_groups(&first) {
        return Ok(first);
    }
    Parser::new(&chars, options, true).run()
}

fn named_groups(parsed: &Parsed) -> usize {
    parsed.names.iter().map(|(_, groups)| groups.len()).sum()
}

/// A place in a pattern.
pub(super) struct Parser<'a> {
    pub(super) chars: &'a [char],
    pub(super) at: usize,
    pub(super) flags: Flags,
    /// Groups opened so far.
    pub(super) groups: usize,
    pub(super) names: Vec<(String, Vec<usize>)>,
    pub(super) only_named: bool,
    pub(super) depth: usize,
    /// The groups referred to by number, and where: only at the end is it known whether they exist.
    pub(super) numbered: Vec<(usize, usize)>,
    /// What Onigmo finds when the whole pattern is read, and where.
    pub(super) late_errors: Vec<(usize, RegexError)>,
}

/// What a branch is made of.
enum Piece {
    /// A character written as itself.
    Char(char),
    /// Several of them, from `\u{41 42}`.
    Chars(Vec<char>),
    Node(Node),
    /// `(?i)` and the rest of the group, which it takes whole.
    Rest(Node),
    /// A comment.
    Nothing,
}

impl<'a> Parser<'a> {
    fn new(chars: &'a [char], options: Options, only_named: bool) -> Parser<'a> {
        Parser {
            chars,
            at: 0,
            flags: Flags {
                ignore_case: options.ignore_case,
                extended: options.extended,
                multi_line: options.multi_line,
                charset: Charset::Mixed,
            },
            groups: 0,
            names: Vec::new(),
            only_named,
            depth: 0,
            numbered: Vec::new(),
            late_errors: Vec::new(),
        }
    }

    fn run(mut self) -> Result<Parsed> {
        let root = self.alternation()?;
        if self.peek().is_some() {
            return syntax("unmatched close parenthesis");
        }
        if !self.numbered.is_empty() && !self.names.is_empty() {
            return syntax("numbered backref/call is not allowed. (use name)");
        }
        for (at, number) in &self.numbered {
            if *number > self.groups {
                let error = RegexError::Syntax("invalid backref number/name".to_owned());
                self.late_errors.push((*at, error));
            }
        }
        if let Some((_, error)) = self.late_errors.into_iter().min_by_key(|row| row.0) {
            return Err(error);
        }
        Ok(Parsed {
            root,
            groups: self.groups,
            names: self.names,
        })
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    /// Goes over `text` if it comes next.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let comes = self.looking_at(text);
        if comes {
            self.at += text.chars().count();
        }
        comes
    }

    pub(super) fn looking_at(&self, text: &str) -> bool {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        text.chars().count() <= rest.len() && text.chars().zip(rest).all(|(a, b)| a == *b)
    }

    /// Runs `read` one level deeper.
    pub(super) fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == MAX_DEPTH {
            return unsupported(format!(
                "more than {MAX_DEPTH} groups or sets in each other"
            ));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Branches up to the end of the group or of the pattern.
    pub(super) fn alternation(&mut self) -> Result<Node> {
        let mut branches = vec![self.branch()?];
        while self.eat("|") {
            branches.push(self.branch()?);
        }
        Ok(match branches.pop() {
            Some(only) if branches.is_empty() => only,
            last => {
                branches.extend(last);
                Node::Alternation(branches)
            }
        })
    }

    fn branch(&mut self) -> Result<Node> {
        let mut parts = Vec::new();
        let mut run = Vec::new();
        loop {
            self.skip_ignored()?;
            if matches!(self.peek(), None | Some('|' | ')')) {
                break;
            }
            match self.piece()? {
                Piece::Nothing => {}
                Piece::Rest(node) => {
                    self.end_run(&mut run, &mut parts);
                    parts.push(node);
                    break;
                }
                Piece::Node(node) => {
                    self.end_run(&mut run, &mut parts);
                    parts.push(self.quantified(node)?);
                }
                Piece::Char(c) => self.literal(c, &mut run, &mut parts)?,
                Piece::Chars(mut chars) => {
                    let last = chars.pop();
                    run.append(&mut chars);
                    if let Some(c) = last {
                        self.literal(c, &mut run, &mut parts)?;
                    }
                }
            }
        }
        self.end_run(&mut run, &mut parts);
        Ok(match parts.pop() {
            None => Node::Empty,
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                Node::Concat(parts)
            }
        })
    }

    /// A character goes to those before it, unless a quantifier is for it alone.
    fn literal(&mut self, c: char, run: &mut Vec<char>, parts: &mut Vec<Node>) -> Result<()> {
        self.skip_ignored()?;
        if !self.at_quantifier() {
            run.push(c);
            return Ok(());
        }
        self.end_run(run, parts);
        let node = Node::Literal {
            chars: vec![c],
            fold: self.flags.ignore_case,
        };
        parts.push(self.quantified(node)?);
        Ok(())
    }

    fn end_run(&self, run: &mut Vec<char>, parts: &mut Vec<Node>) {
        if !run.is_empty() {
            parts.push(Node::Literal {
                chars: std::mem::take(run),
                fold: self.flags.ignore_case,
            });
        }
    }

    /// Goes over comments, and in extended mode over white space.
    fn skip_ignored(&mut self) -> Result<()> {
        loop {
            if self.looking_at("(?#") {
                self.at += 3;
                self.comment()?;
            } else if self.flags.extended && self.peek() == Some('#') {
                while self.next().is_some_and(|c| c != '\n') {}
            } else if self.flags.extended && self.peek().is_some_and(is_space) {
                self.at += 1;
            } else {
                return Ok(());
            }
        }
    }

    fn comment(&mut self) -> Result<()> {
        loop {
            match self.next() {
                None => return syntax("end pattern in group"),
                Some('\\') => self.at += 1,
                Some(')') => return Ok(()),
                Some(_) => {}
            }
        }
    }

    fn piece(&mut self) -> Result<Piece> {
        let Some(c) = self.next() else {
            return Ok(Piece::Nothing);
        };
        let node = match c {
            '(' => return self.opened(),
            '[' => self.set()?,
            '.' => Node::Any {
                newline: self.flags.multi_line,
            },
            '^' => Node::Anchor(Anchor::LineStart),
            '$' => Node::Anchor(Anchor::LineEnd),
            '*' | '+' | '?' => return no_target(),
            '{' if self.interval_at(self.at)?.is_some() => return no_target(),
            '\\' => return self.escaped(),
            c => return Ok(Piece::Char(c)),
        };
        Ok(Piece::Node(node))
    }

    fn opened(&mut self) -> Result<Piece> {
        let before = self.flags;
        let piece = self.deeper(|parser| {
            Ok(match parser.group()? {
                super::group::Group::Whole(node) => Piece::Node(node),
                super::group::Group::Rest(node) => Piece::Rest(node),
            })
        });
        self.flags = before;
        piece
    }

    fn escaped(&mut self) -> Result<Piece> {
        use super::escape::Escaped;
        Ok(match self.escape()? {
            Escaped::Chars(chars) => match chars.as_slice() {
                [only] => Piece::Char(*only),
                _ => Piece::Chars(chars),
            },
            Escaped::Node(node) => Piece::Node(node),
            Escaped::Set(chars) => Piece::Node(set_node(chars, Vec::new())),
            Escaped::Property(chars, negated) => {
                Piece::Node(self.finish_set(&super::class::Members::literal(chars), negated))
            }
        })
    }

    fn at_quantifier(&self) -> bool {
        match self.peek() {
            Some('*' | '+' | '?') => true,
            // A number that is too big is reported where the quantifier is read.
            Some('{') => !matches!(self.interval_at(self.at + 1), Ok(None)),
            _ => false,
        }
    }

    /// The quantifiers behind a node.
    fn quantified(&mut self, mut node: Node) -> Result<Node> {
        let mut count = 0;
        loop {
            self.skip_ignored()?;
            if !self.at_quantifier() {
                return Ok(node);
            }
            count += 1;
            if count + self.depth > MAX_DEPTH {
                return unsupported("so many quantifiers on one another");
            }
            node = self.quantifier(node)?;
        }
    }

    fn quantifier(&mut self, body: Node) -> Result<Node> {
        let (min, max, interval) = match self.next() {
            Some('*') => (0, None, false),
            Some('+') => (1, None, false),
            Some('?') => (0, Some(1), false),
            _ => match self.interval_at(self.at)? {
                Some((min, max, end)) => {
                    self.at = end;
                    (min, max, true)
                }
                None => return no_target(),
            },
        };
        // `{n}?` is a quantifier on a quantifier, and so is `{n,m}+`.
        let fixed = interval && max == Some(min);
        let greed = if !fixed && self.eat("?") {
            Greed::Lazy
        } else if !interval && self.eat("+") {
            Greed::Possessive
        } else {
            Greed::Greedy
        };
        Ok(repeat(body, min, max, greed))
    }

    /// The interval whose numbers start at `at`: least, most, and the place behind it. None: it is none, but text.
    fn interval_at(&self, mut at: usize) -> Result<Option<(u32, Option<u32>, usize)>> {
        let low = self.number_at(&mut at)?;
        let high = if self.chars.get(at) == Some(&',') {
            at += 1;
            let high = self.number_at(&mut at)?;
            if low.is_none() && high.is_none() {
                return Ok(None);
            }
            high
        } else if low.is_none() {
            return Ok(None);
        } else {
            low
        };
        if self.chars.get(at) != Some(&'}') {
            return Ok(None);
        }
        let low = low.unwrap_or(0);
        if high.is_some_and(|high| high < low) {
            return syntax("upper is smaller than lower in repeat range");
        }
        Ok(Some((low, high, at + 1)))
    }

    fn number_at(&self, at: &mut usize) -> Result<Option<u32>> {
        let mut number = None;
        while let Some(digit) = self.chars.get(*at).and_then(|c| c.to_digit(10)) {
            let value = number.unwrap_or(0u32) * 10 + digit;
            if value > MAX_REPEAT {
                return syntax("too big number for repeat range");
            }
            number = Some(value);
            *at += 1;
        }
        Ok(number)
    }

    /// The set of the members: with the other case where it is not regarded, then what is not in it if negated.
    pub(super) fn finish_set(&self, members: &super::class::Members, negated: bool) -> Node {
        let mut chars = members.all.clone();
        let mut texts = Vec::new();
        if self.flags.ignore_case {
            members.close(&mut chars);
            if !negated {
                texts = super::fold::long_folds_of(&members.literal);
            }
        }
        if negated {
            chars.negate();
        }
        set_node(chars, texts)
    }
}

pub(super) fn set_node(chars: ClassUnicode, texts: Vec<&'static str>) -> Node {
    Node::Set(Rc::new(Set { chars, texts }))
}

fn no_target<T>() -> Result<T> {
    syntax("target of repeat operator is not specified")
}

pub(super) fn is_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ')
}

/// A repetition. As in Onigmo, one of a literal text a fixed number of times is a longer literal text.
fn repeat(body: Node, min: u32, max: Option<u32>, greed: Greed) -> Node {
    if let Node::Literal { chars, fold } = &body {
        let bytes: usize = chars.iter().map(|c| c.len_utf8()).sum();
        let times = min as usize;
        if times > 1 && max == Some(min) && bytes.saturating_mul(times) <= MAX_REPEATED_LITERAL {
            return Node::Literal {
                chars: chars.repeat(times),
                fold: *fold,
            };
        }
    }
    Node::Repeat {
        body: Box::new(body),
        min,
        max,
        greed,
    }
}
