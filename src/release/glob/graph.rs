//! A pattern as a graph of what is left to match. Pure.
//!
//! A [`Text`] is what is left of a pattern: indices of its characters, since alternatives are spliced with what follows
//! them. Each text is read once: as a [`Node`], what it asks of the rest of one name; or as a [`Level`], what it asks of
//! a directory. So ways that meet again share their nodes, and all of a pattern is checked before it is used.

use std::collections::HashMap;
use std::rc::Rc;

use super::{PatternError, PatternFault};

/// What is left of a pattern.
type Text = Rc<[u32]>;

/// The sum of the lengths of all texts of a pattern.
const MAX_TEXT: usize = 1 << 20;

/// How deep alternatives may be nested: reading them takes that many calls, and as many looks at each character.
const MAX_DEPTH: usize = 32;

/// A node of a graph.
pub(super) type NodeId = u32;

/// A level of a graph.
pub(super) type LevelId = u32;

/// A pattern that was read.
#[derive(Debug)]
pub(super) struct Graph {
    nodes: Vec<Node>,
    levels: Vec<Level>,
    start: LevelId,
    branches: usize,
}

/// What a text asks of the rest of a name.
#[derive(Debug)]
pub(super) struct Node {
    /// If something is left of the name.
    pub(super) step: Step,
    /// If nothing is.
    pub(super) at_end: Verdict,
}

/// What is asked of the next characters of a name.
#[derive(Debug)]
pub(super) enum Step {
    /// Decided, whatever they are.
    Done(Verdict),
    /// To be these.
    Literal(Vec<char>, NodeId),
    /// To be one of these.
    Class(Class, NodeId),
    /// Anything, but not all there is.
    Star(NodeId),
    /// To match any of these.
    Alternatives(Vec<NodeId>),
}

/// What a name comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No match.
    Fails,
    /// A match with all of the pattern.
    Matches,
    /// A match with a component; what follows applies to the directory of that name.
    Continues(LevelId),
    /// The pattern is wrong, as this name shows.
    Malformed,
}

/// A set of characters.
#[derive(Debug)]
pub(super) struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

/// What a text asks of a directory.
#[derive(Debug)]
pub(super) struct Level {
    /// Directories without meta characters to go first; may hold `..`, because alternatives are spliced.
    pub(super) prefix: String,
    /// What to take there.
    pub(super) select: Select,
}

/// What to take of a directory.
#[derive(Debug)]
pub(super) enum Select {
    /// Nothing can match.
    Nothing,
    /// What is found there itself, whatever it is.
    Here,
    /// The entry with this name.
    Name(String),
    /// `**` at the end: all below it. The level is this one without its prefix, for the directories below.
    Below(LevelId),
    /// `**/`: the names that match, here and in all directories below; the level as above.
    Deep(LevelId, NodeId),
    /// The names that match.
    Names(NodeId),
}

impl Class {
    /// `?`: all characters.
    const ANY: Self = Self {
        negated: true,
        ranges: Vec::new(),
    };

    pub(super) fn holds(&self, character: char) -> bool {
        let listed = self
            .ranges
            .iter()
            .any(|(low, high)| (*low..=*high).contains(&character));
        listed != self.negated
    }
}

impl Graph {
    /// Reads a pattern.
    pub(super) fn parse(pattern: &str) -> Result<Self, PatternError> {
        let mut parser = Parser {
            pattern: pattern.char_indices().collect(),
            length: pattern.len(),
            texts: 0,
            nodes: Texts::default(),
            levels: Texts::default(),
            branches: 0,
        };
        let cleaned = parser.cleaned()?;
        parser.check_depth(&cleaned)?;
        let start = parser.level(cleaned)?;
        let (mut nodes, mut levels) = (Vec::new(), Vec::new());
        while nodes.len() < parser.nodes.list.len() || levels.len() < parser.levels.list.len() {
            if let Some(text) = parser.nodes.list.get(nodes.len()).cloned() {
                nodes.push(parser.read_node(&text)?);
            }
            if let Some(text) = parser.levels.list.get(levels.len()).cloned() {
                levels.push(parser.read_level(&text)?);
            }
        }
        Ok(Self {
            nodes,
            levels,
            start,
            branches: parser.branches,
        })
    }

    pub(super) fn start(&self) -> LevelId {
        self.start
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    pub(super) fn level(&self, id: LevelId) -> &Level {
        &self.levels[id as usize]
    }

    /// How many nodes have more than one way on.
    pub(super) fn branches(&self) -> usize {
        self.branches
    }
}

/// Texts with their numbers.
#[derive(Default)]
struct Texts {
    list: Vec<Text>,
    ids: HashMap<Text, u32>,
}

struct Parser {
    pattern: Vec<(usize, char)>,
    length: usize,
    texts: usize,
    nodes: Texts,
    levels: Texts,
    branches: usize,
}

impl Texts {
    fn id(&mut self, text: Text) -> Result<u32, PatternFault> {
        if let Some(id) = self.ids.get(&text) {
            return Ok(*id);
        }
        let id = u32::try_from(self.list.len()).map_err(|_| PatternFault::Size)?;
        self.ids.insert(Rc::clone(&text), id);
        self.list.push(text);
        Ok(id)
    }
}

impl Parser {
    fn character(&self, index: u32) -> char {
        self.pattern[index as usize].1
    }

    /// The first character of a text.
    fn first(&self, text: &[u32]) -> Option<char> {
        text.first().map(|index| self.character(*index))
    }

    fn characters(&self, text: &[u32]) -> String {
        text.iter().map(|index| self.character(*index)).collect()
    }

    fn fault(&self, fault: PatternFault, text: &[u32]) -> PatternError {
        let start = text
            .first()
            .map_or(0, |first| self.pattern[*first as usize].0);
        let last = text.iter().max().map_or(self.length, |last| {
            let (at, character) = self.pattern[*last as usize];
            at + character.len_utf8()
        });
        PatternError {
            fault,
            range: start..last,
        }
    }

    fn node(&mut self, text: impl Into<Text>) -> Result<NodeId, PatternError> {
        let text = self.bounded(text.into())?;
        self.nodes.id(text).map_err(|fault| self.fault(fault, &[]))
    }

    fn level(&mut self, text: impl Into<Text>) -> Result<LevelId, PatternError> {
        let text = self.bounded(text.into())?;
        self.levels.id(text).map_err(|fault| self.fault(fault, &[]))
    }

    fn bounded(&mut self, text: Text) -> Result<Text, PatternError> {
        self.texts += text.len() + 1;
        if self.texts > MAX_TEXT {
            return Err(self.fault(PatternFault::Size, &[]));
        }
        Ok(text)
    }

    /// The pattern cleaned as a path, before anything in it has a meaning: `{a/../b}` becomes `b}`.
    fn cleaned(&self) -> Result<Vec<u32>, PatternError> {
        let count =
            u32::try_from(self.pattern.len()).map_err(|_| self.fault(PatternFault::Size, &[]))?;
        let all: Vec<u32> = (0..count).collect();
        let mut kept: Vec<&[u32]> = Vec::new();
        for component in all.split_inclusive(|index| self.character(*index) == '/') {
            match self.characters(component).trim_end_matches('/') {
                "" | "." => {}
                ".." => {
                    kept.pop()
                        .ok_or_else(|| self.fault(PatternFault::Leaves, component))?;
                }
                _ => kept.push(component),
            }
        }
        let mut cleaned = kept.concat();
        if cleaned
            .last()
            .is_some_and(|last| self.character(*last) == '/')
        {
            cleaned.pop();
        }
        Ok(cleaned)
    }

    fn check_depth(&self, text: &[u32]) -> Result<(), PatternError> {
        let (mut depth, mut escaped) = (0_usize, false);
        for (at, index) in text.iter().enumerate() {
            match self.character(*index) {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > MAX_DEPTH {
                return Err(self.fault(PatternFault::Size, &text[at..=at]));
            }
        }
        Ok(())
    }

    /// The first place of `wanted` that has no backslash before it, even if that is itself behind a backslash.
    fn find_unescaped(&self, text: &[u32], wanted: char) -> Option<usize> {
        (0..text.len()).find(|&at| {
            self.character(text[at]) == wanted && (at == 0 || self.character(text[at - 1]) != '\\')
        })
    }

    fn read_level(&mut self, text: &[u32]) -> Result<Level, PatternError> {
        let is_meta = |index: &u32| matches!(self.character(*index), '*' | '?' | '[' | '{' | '\\');
        let meta = text.iter().position(is_meta);
        let plain = &text[..meta.unwrap_or(text.len())];
        let slash = plain
            .iter()
            .rposition(|index| self.character(*index) == '/')
            .filter(|at| *at > 0);
        let (prefix, rest) = match slash {
            Some(at) => (self.characters(&text[..at]), &text[at + 1..]),
            None => (String::new(), text),
        };
        let select = match meta {
            None => self.select_plain(rest)?,
            Some(_) => self.select_meta(rest)?,
        };
        Ok(Level { prefix, select })
    }

    fn select_plain(&mut self, rest: &[u32]) -> Result<Select, PatternError> {
        let name = self.characters(rest);
        Ok(match name.as_str() {
            "" => Select::Here,
            "." | ".." => Select::Nothing,
            _ if name.starts_with('/') => Select::Nothing,
            // It stands for any byte that is not UTF-8.
            _ if name.contains(char::REPLACEMENT_CHARACTER) => Select::Names(self.node(rest)?),
            _ => Select::Name(name),
        })
    }

    fn select_meta(&mut self, rest: &[u32]) -> Result<Select, PatternError> {
        let head: String = self.characters(&rest[..rest.len().min(3)]);
        Ok(match head.as_str() {
            "**" => Select::Below(self.level(rest)?),
            "**/" => Select::Deep(self.level(rest)?, self.node(&rest[3..])?),
            _ => Select::Names(self.node(rest)?),
        })
    }

    fn read_node(&mut self, text: &[u32]) -> Result<Node, PatternError> {
        Ok(Node {
            step: self.read_step(text)?,
            at_end: self.read_end(text)?,
        })
    }

    fn read_step(&mut self, text: &[u32]) -> Result<Step, PatternError> {
        Ok(match self.first(text) {
            None | Some('/') => Step::Done(Verdict::Fails),
            Some('*') => self.read_star(&text[1..])?,
            Some('?') => Step::Class(Class::ANY, self.node(&text[1..])?),
            Some('[') => self.read_class(text)?,
            Some('{') => self.read_alternatives(text)?,
            Some(_) => self.read_literal(text)?,
        })
    }

    fn read_star(&mut self, rest: &[u32]) -> Result<Step, PatternError> {
        Ok(match self.first(rest) {
            None => Step::Done(Verdict::Matches),
            Some('/') => Step::Done(Verdict::Continues(self.level(&rest[1..])?)),
            Some(_) => {
                self.branches += 1;
                Step::Star(self.node(rest)?)
            }
        })
    }

    fn read_literal(&mut self, text: &[u32]) -> Result<Step, PatternError> {
        let mut run = Vec::new();
        let mut rest = text;
        while let Some((&index, after)) = rest.split_first() {
            match self.character(index) {
                '/' | '*' | '?' | '[' | '{' => break,
                '\\' => match self.first(after) {
                    None | Some(char::REPLACEMENT_CHARACTER) => {
                        return Err(self.fault(PatternFault::Escape, &rest[..1]));
                    }
                    Some(escaped) => {
                        run.push(escaped);
                        rest = &after[1..];
                    }
                },
                plain => {
                    run.push(plain);
                    rest = after;
                }
            }
        }
        Ok(Step::Literal(run, self.node(rest)?))
    }

    fn read_class(&mut self, text: &[u32]) -> Result<Step, PatternError> {
        let close = self
            .find_unescaped(&text[1..], ']')
            .ok_or_else(|| self.fault(PatternFault::Class, &text[..1]))?;
        let (whole, rest) = text.split_at(close + 2);
        let content: Vec<char> = self.characters(&whole[1..=close]).chars().collect();
        let class = parse_class(&content).ok_or_else(|| self.fault(PatternFault::Class, whole))?;
        Ok(Step::Class(class, self.node(rest)?))
    }

    fn read_alternatives(&mut self, text: &[u32]) -> Result<Step, PatternError> {
        let (options, rest) = self
            .split_alternatives(&text[1..])
            .ok_or_else(|| self.fault(PatternFault::Brace, &text[..1]))?;
        self.branches += 1;
        let nodes = options
            .into_iter()
            .map(|option| self.node([option, rest].concat()));
        Ok(Step::Alternatives(nodes.collect::<Result<_, _>>()?))
    }

    /// The options behind a `{`, and what follows its `}`; `None` if that is missing.
    fn split_alternatives<'t>(&self, text: &'t [u32]) -> Option<(Vec<&'t [u32]>, &'t [u32])> {
        let (mut options, mut start, mut depth, mut escaped) = (Vec::new(), 0, 0_usize, false);
        for (at, index) in text.iter().enumerate() {
            match self.character(*index) {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '{' => depth += 1,
                ',' if depth == 0 => {
                    options.push(&text[start..at]);
                    start = at + 1;
                }
                '}' if depth == 0 => {
                    options.push(&text[start..at]);
                    return Some((options, &text[at + 1..]));
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// What a name comes to that ends before this text: it must be able to be empty up to the next slash.
    fn read_end(&mut self, text: &[u32]) -> Result<Verdict, PatternError> {
        let slash = self.find_unescaped(text, '/');
        Ok(
            match self.may_be_empty(&text[..slash.unwrap_or(text.len())]) {
                None => Verdict::Malformed,
                Some(false) => Verdict::Fails,
                Some(true) => match slash {
                    None => Verdict::Matches,
                    Some(at) => Verdict::Continues(self.level(&text[at + 1..])?),
                },
            },
        )
    }

    /// Whether a text can match nothing: stars alone, or alternatives one of which can. `None`: a brace is cut open.
    fn may_be_empty(&self, text: &[u32]) -> Option<bool> {
        if self.first(text) != Some('{') {
            return Some(matches!(self.characters(text).as_str(), "" | "*" | "**"));
        }
        let (options, rest) = self.split_alternatives(&text[1..])?;
        if !self.may_be_empty(rest)? {
            return Some(false);
        }
        for option in options {
            if self.may_be_empty(option)? {
                return Some(true);
            }
        }
        Some(false)
    }
}

/// What is between the brackets; `None` if it is malformed.
fn parse_class(content: &[char]) -> Option<Class> {
    let (negated, mut rest) = match content {
        [] => return None,
        ['^', rest @ ..] => (true, rest),
        all => (false, all),
    };
    let mut ranges = Vec::new();
    while !rest.is_empty() {
        let low = class_member(&mut rest)?;
        let mut high = low;
        if let ['-', after @ ..] = rest {
            rest = after;
            high = class_member(&mut rest)?;
        }
        ranges.push((low, high));
    }
    Some(Class { negated, ranges })
}

/// One end of a range: any character but `-`, or any behind a backslash.
fn class_member(rest: &mut &[char]) -> Option<char> {
    let (member, after) = match rest {
        ['\\' | '-'] | ['-', ..] | [] => return None,
        ['\\', member, after @ ..] | [member, after @ ..] => (*member, after),
    };
    *rest = after;
    Some(member)
}
