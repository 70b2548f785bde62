//! The writer: what `YAML.dump` prints.
//!
//! Psych chooses tag and style of each value, the layout is libyaml's. Nothing here recurses: a list of events may be
//! nested as deeply as memory allows.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use super::analysis::{Analysis, Style};
use super::emitter::Emitter;
use super::event::{Event, Options};
use super::number::float_text;
use super::scalar::{Refused, is_string};
use super::word::is_word;
use crate::yaml::base64;

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteError {
    /// Ruby raises.
    Refused(Refused),
    /// The events are not exactly one value.
    Malformed,
}

impl fmt::Display for WriteError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => out.write_str(&refused.message),
            Self::Malformed => out.write_str("the events are not exactly one value"),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<Refused> for WriteError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Prints one value as `YAML.dump(value, **options)` does.
///
/// # Errors
/// Options and strings for which Ruby raises; events that are no value.
pub fn write(events: &[Event<'_>], options: &Options) -> Result<String, WriteError> {
    let layout = Layout::new(options)?;
    let mut writer = Writer {
        emitter: Emitter::new(layout.step, layout.width),
        anchors: anchors(events),
        fold_above: layout.fold_above,
        stack: Vec::new(),
    };
    if options.header {
        writer.emitter.property("%YAML 1.1");
        writer.emitter.new_line();
    }
    writer.emitter.property("---");
    let mut rest = events;
    let mut position = Some(Position::Root);
    while let Some(at) = position {
        rest = writer.next(rest, at)?;
        position = writer.position();
    }
    if rest.is_empty() {
        Ok(writer.emitter.finish())
    } else {
        Err(WriteError::Malformed)
    }
}

/// Options as libyaml and Psych take them.
struct Layout {
    step: usize,
    width: usize,
    /// Strings of more characters are wanted folded.
    fold_above: Option<usize>,
}

impl Layout {
    fn new(options: &Options) -> Result<Self, Refused> {
        let step = options
            .indentation
            .and_then(|step| usize::try_from(step).ok())
            .filter(|step| (2..=9).contains(step))
            .unwrap_or(2);
        let width = match options.line_width {
            Some(width) if width < -1 => {
                let message = format!(
                    "Invalid line_width {width}, must be non-negative or -1 for unlimited."
                );
                return Err(Refused::new("ArgumentError", message));
            }
            width => width.map(usize::try_from),
        };
        Ok(Self {
            step,
            width: match width {
                Some(Ok(width)) if width > step * 2 => width,
                Some(Err(_)) => usize::MAX,
                _ => 80,
            },
            fold_above: width.and_then(Result::ok),
        })
    }
}

/// Numbers of the anchors: in the order in which the aliases come.
fn anchors(events: &[Event<'_>]) -> HashMap<u64, usize> {
    let mut numbers = HashMap::new();
    for event in events {
        if let Event::Alias(id) = event {
            let next = numbers.len() + 1;
            numbers.entry(*id).or_insert(next);
        }
    }
    numbers
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Root,
    Item,
    /// In front of a key; whether a `? ` is needed depends on it.
    Key,
    /// Behind a key in the same line.
    SimpleValue,
    /// Behind a key with `? `.
    Value,
}

/// A collection that is open: where its next part stands, and the indentation around it.
struct Open {
    position: Position,
    outer: Option<usize>,
}

struct Writer {
    emitter: Emitter,
    anchors: HashMap<u64, usize>,
    fold_above: Option<usize>,
    stack: Vec<Open>,
}

impl Writer {
    fn position(&self) -> Option<Position> {
        self.stack.last().map(|open| open.position)
    }

    /// Writes the first of the events; an empty collection is two of them.
    fn next<'e, 'a>(
        &mut self,
        events: &'e [Event<'a>],
        at: Position,
    ) -> Result<&'e [Event<'a>], WriteError> {
        let Some((event, rest)) = events.split_first() else {
            return Err(WriteError::Malformed);
        };
        if *event == Event::End {
            self.end(at)?;
            return Ok(rest);
        }
        let empty = rest.first() == Some(&Event::End);
        let node = self.resolve(event)?;
        let simple = at == Position::Key && is_simple(&node, empty);
        self.lead(at, simple);
        self.advance(at, simple);
        match node {
            Node::Alias(anchor) => {
                self.emitter.property(&format!("*{anchor}"));
                if simple {
                    self.emitter.space_behind_alias();
                }
            }
            Node::Text { anchor, scalar } => self.scalar(anchor, &scalar, simple),
            Node::Collection {
                anchor,
                tag,
                is_mapping,
            } => {
                self.properties(anchor, tag.as_deref());
                if empty {
                    let (open, close) = if is_mapping { ("{", "}") } else { ("[", "]") };
                    self.emitter.indicator(open, true, true, false);
                    self.emitter.indicator(close, false, false, false);
                    return Ok(&rest[1..]);
                }
                self.begin(is_mapping, at);
            }
        }
        Ok(rest)
    }

    fn end(&mut self, at: Position) -> Result<(), WriteError> {
        match self.stack.pop() {
            Some(open) if matches!(at, Position::Item | Position::Key) => {
                self.emitter.indent = open.outer;
                Ok(())
            }
            _ => Err(WriteError::Malformed),
        }
    }

    /// What stands in front of a node.
    fn lead(&mut self, at: Position, simple: bool) {
        match at {
            Position::Root => {}
            Position::Item => {
                self.emitter.new_line();
                self.emitter.indicator("-", true, false, true);
            }
            Position::Key => {
                self.emitter.new_line();
                if !simple {
                    self.emitter.indicator("?", true, false, true);
                }
            }
            Position::SimpleValue => self.emitter.indicator(":", false, false, false),
            Position::Value => {
                self.emitter.new_line();
                self.emitter.indicator(":", true, false, true);
            }
        }
    }

    fn advance(&mut self, at: Position, simple: bool) {
        if let Some(open) = self.stack.last_mut() {
            open.position = match at {
                Position::Key if simple => Position::SimpleValue,
                Position::Key => Position::Value,
                Position::SimpleValue | Position::Value => Position::Key,
                Position::Root | Position::Item => at,
            };
        }
    }

    fn begin(&mut self, is_mapping: bool, at: Position) {
        let outer = self.emitter.indent;
        let in_mapping = !matches!(at, Position::Root | Position::Item);
        // A list below a key is not indented deeper than the key.
        if is_mapping || !in_mapping || self.emitter.indention || outer.is_none() {
            self.emitter.indent = Some(self.emitter.deeper(0));
        }
        let position = if is_mapping {
            Position::Key
        } else {
            Position::Item
        };
        self.stack.push(Open { position, outer });
    }

    fn scalar(&mut self, anchor: Option<usize>, scalar: &Scalar<'_>, is_key: bool) {
        let style = scalar.analysis.style(scalar.style, &scalar.text, is_key);
        let bang = !scalar.quotable && scalar.tag.is_none() && style != Style::Plain;
        self.properties(anchor, scalar.tag.as_deref());
        if bang {
            self.emitter.property("!");
        }
        self.emitter.scalar(&scalar.text, style, is_key);
    }

    fn properties(&mut self, anchor: Option<usize>, tag: Option<&str>) {
        if let Some(anchor) = anchor {
            self.emitter.property(&format!("&{anchor}"));
        }
        if let Some(tag) = tag {
            self.emitter.property(&short_tag(tag));
        }
    }

    fn resolve<'e>(&self, event: &'e Event<'_>) -> Result<Node<'e>, WriteError> {
        let anchor = |id: &Option<u64>| id.and_then(|id| self.anchors.get(&id).copied());
        let scalar = match event {
            Event::Alias(id) => {
                return match self.anchors.get(id) {
                    Some(anchor) => Ok(Node::Alias(*anchor)),
                    None => Err(WriteError::Malformed),
                };
            }
            Event::Sequence { tag, id } | Event::Mapping { tag, id } => {
                return Ok(Node::Collection {
                    anchor: anchor(id),
                    tag: tag.as_deref().map(Cow::Borrowed),
                    is_mapping: matches!(event, Event::Mapping { .. }),
                });
            }
            Event::End => return Err(WriteError::Malformed),
            Event::Null => Scalar::plain(""),
            Event::Bool(true) => Scalar::plain("true"),
            Event::Bool(false) => Scalar::plain("false"),
            Event::Integer(digits) => Scalar::plain(&**digits),
            Event::Float(value) => Scalar::plain(float_text(*value)),
            Event::Symbol(name) if name.is_empty() => {
                Scalar::tagged("", "!ruby/symbol", Style::Plain)
            }
            Event::Symbol(name) => Scalar::plain(format!(":{name}")),
            Event::String(text) => self.string(text)?,
            Event::Binary(bytes) => self.binary(bytes)?,
            Event::Plain { text, .. } => Scalar::plain(&**text),
            Event::Tagged {
                tag, text, quoted, ..
            } => {
                let style = if *quoted { Style::Single } else { Style::Plain };
                Scalar::tagged(&**text, tag, style)
            }
        };
        let anchor = match event {
            Event::Plain { id, .. } | Event::Tagged { id, .. } => anchor(id),
            _ => None,
        };
        Ok(Node::Text { anchor, scalar })
    }

    fn binary<'e>(&self, bytes: &'e [u8]) -> Result<Scalar<'e>, Refused> {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => self.string(text),
            _ => Ok(Scalar::tagged(
                base64::encode(bytes),
                "!binary",
                Style::Literal,
            )),
        }
    }

    fn string<'e>(&self, text: &'e str) -> Result<Scalar<'e>, Refused> {
        if text == "<<" {
            return Ok(Scalar::tagged(text, "tag:yaml.org,2002:str", Style::Single));
        }
        let style = self.string_style(text)?;
        Ok(Scalar::new(text, style, true))
    }

    /// The style that Psych wants for a string.
    fn string_style(&self, text: &str) -> Result<Style, Refused> {
        Ok(if has_inner_break(text) {
            Style::Literal
        } else if matches!(text, "y" | "Y" | "n" | "N") {
            Style::Double
        } else if self
            .fold_above
            .is_some_and(|most| text.chars().count() > most)
        {
            Style::Folded
        } else if has_odd_line(text) {
            Style::Double
        } else if !is_string(text)? || is_broken_octal(text) {
            Style::Single
        } else {
            Style::Plain
        })
    }
}

/// Whether there is more behind the first line break than another one.
fn has_inner_break(text: &str) -> bool {
    let behind = text.split_once('\n').map_or("", |(_, behind)| behind);
    !matches!(behind, "" | "\n")
}

/// Whether a line begins with a character that belongs to no word, and has no double quote behind it.
fn has_odd_line(text: &str) -> bool {
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    starts.into_iter().any(|start| {
        let mut line = text[start..].chars();
        let odd = line.next().is_some_and(|c| !is_word(c));
        odd && !line.take_while(|c| *c != '\n').any(|c| c == '"')
    })
}

/// `08`, which other readers may take for a number.
fn is_broken_octal(text: &str) -> bool {
    text.strip_prefix('0').is_some_and(|digits| {
        digits
            .trim_start_matches(|c| matches!(c, '0'..='7'))
            .starts_with(['8', '9'])
    })
}

/// An event as the layout needs it; anchors are numbers.
enum Node<'e> {
    Alias(usize),
    Text {
        anchor: Option<usize>,
        scalar: Scalar<'e>,
    },
    Collection {
        anchor: Option<usize>,
        tag: Option<Cow<'e, str>>,
        is_mapping: bool,
    },
}

/// A scalar: what Psych tells libyaml of it.
struct Scalar<'e> {
    text: Cow<'e, str>,
    tag: Option<Cow<'e, str>>,
    style: Style,
    /// Quotes leave its meaning as it is; otherwise they come with the tag `!`.
    quotable: bool,
    analysis: Analysis,
}

impl<'e> Scalar<'e> {
    fn new(text: impl Into<Cow<'e, str>>, style: Style, quotable: bool) -> Self {
        let text = text.into();
        Self {
            analysis: Analysis::new(&text),
            text,
            tag: None,
            style,
            quotable,
        }
    }

    /// Means what it looks like.
    fn plain(text: impl Into<Cow<'e, str>>) -> Self {
        Self::new(text, Style::Plain, false)
    }

    fn tagged(text: impl Into<Cow<'e, str>>, tag: &'e str, style: Style) -> Self {
        Self {
            tag: Some(Cow::Borrowed(tag)),
            ..Self::new(text, style, false)
        }
    }
}

/// Whether a key needs no `? `.
fn is_simple(node: &Node<'_>, empty: bool) -> bool {
    const MOST: usize = 128;
    let digits = |anchor: &Option<usize>| anchor.map_or(0, |anchor| anchor.to_string().len());
    let length = match node {
        Node::Alias(anchor) => digits(&Some(*anchor)),
        Node::Text { scalar, .. } if scalar.analysis.multiline => return false,
        Node::Text { anchor, scalar } => {
            digits(anchor) + tag_length(scalar.tag.as_deref()) + scalar.text.len()
        }
        Node::Collection { .. } if !empty => return false,
        Node::Collection { anchor, tag, .. } => digits(anchor) + tag_length(tag.as_deref()),
    };
    length <= MOST
}

const CORE: &str = "tag:yaml.org,2002:";

/// How long libyaml takes a tag to be: without escapes.
fn tag_length(tag: Option<&str>) -> usize {
    tag.map_or(0, |tag| match tag.strip_prefix(CORE) {
        Some(suffix) if !suffix.is_empty() => suffix.len() + 2,
        _ => tag.len(),
    })
}

/// `!name`, `!!name` or `!<name>`.
fn short_tag(tag: &str) -> String {
    let suffix = |prefix: &str| tag.strip_prefix(prefix).filter(|suffix| !suffix.is_empty());
    if let Some(suffix) = suffix("!") {
        format!("!{}", tag_content(suffix))
    } else if let Some(suffix) = suffix(CORE) {
        format!("!!{}", tag_content(suffix))
    } else {
        format!("!<{}>", tag_content(tag))
    }
}

/// Characters that tags cannot hold become `%XX`.
fn tag_content(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"_-;/?:@&=+$,.~*'()[]".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for shift in [4, 0] {
                let digit = char::from_digit(u32::from(byte >> shift & 15), 16);
                out.extend(digit.map(|digit| digit.to_ascii_uppercase()));
            }
        }
    }
    out
}
