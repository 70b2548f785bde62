//! From libyaml's events to documents.

use std::collections::HashMap;
use std::io::{BufRead, Read};

use libyaml_safer::{Encoding, Event, EventData, Parser};

use super::error::{Limit, ParseError, SyntaxError};
use super::merge::Entries;
use super::node::{Document, Kind, Mapping, Node, NodeId};
use super::scalar;
use crate::source::Span;
use crate::yaml::guard::{self, Fault};
use crate::yaml::parse::without_added_break;
use crate::yaml::{MAX_BYTES, MAX_DEPTH, MAX_NODES};

/// The first document, as `YAML.load` sees it: what is wrong behind it goes unnoticed. `None` for a text without one
/// (empty, comments only), for which Ruby has the `fallback:` of the call.
///
/// # Errors
/// Faults of syntax up to the end of the document; texts beyond the limits.
pub fn parse_first(text: &str) -> Result<Option<Document>, ParseError> {
    let mut documents = read(text, 1)?;
    Ok(documents.pop())
}

/// All documents, as `YAML.load_stream` sees them.
///
/// # Errors
/// Faults of syntax; texts beyond the limits.
pub fn parse_all(text: &str) -> Result<Vec<Document>, ParseError> {
    read(text, usize::MAX)
}

fn read(text: &str, most: usize) -> Result<Vec<Document>, ParseError> {
    if text.len() > MAX_BYTES {
        let message = format!("the text is larger than {MAX_BYTES} bytes");
        return Err(limit(message, Span::default()).into());
    }
    check_tags(text)?;
    let (lines, added) = whole_lines(text);
    let mut parser = Parser::new();
    parser.set_encoding(Encoding::Utf8);
    parser.set_input(lines.as_bytes().chain(added.as_bytes()));
    let mut reader = Reader::default();
    let mut documents = Vec::new();
    while documents.len() < most {
        let event = next(&mut parser, text)?;
        match event.data {
            EventData::StreamEnd => break,
            EventData::DocumentEnd { .. } => documents.extend(reader.finish()),
            _ => reader.event(without_added_break(event, lines.len(), added), text)?,
        }
    }
    Ok(documents)
}

/// The text up to its last line, and the line break that this line lacks: libyaml-safer panics on some texts that end
/// within a line. Spaces behind the last break are left out; tabs stay, since they are an error there.
fn whole_lines(text: &str) -> (&str, &'static str) {
    let trimmed = text.trim_end_matches(' ');
    if trimmed.is_empty() || trimmed.ends_with(['\n', '\r']) {
        (trimmed, "")
    } else {
        (text, "\n")
    }
}

fn next<R: BufRead>(parser: &mut Parser<R>, text: &str) -> Result<Event, ParseError> {
    parser
        .parse()
        .map_err(|error| ParseError::Syntax(SyntaxError::new(&error, text)))
}

fn check_tags(text: &str) -> Result<(), Limit> {
    let (message, comma) = match guard::check(text) {
        Ok(()) => return Ok(()),
        Err(Fault::TagBeforeComma(comma)) => {
            ("a tag directly in front of a comma is not supported", comma)
        }
        Err(Fault::TooMany(comma)) => (
            "the text has too many words with `!` in front of commas",
            comma,
        ),
    };
    Err(limit(message, Span::new(comma, comma + 1)))
}

fn limit(message: impl Into<String>, span: Span) -> Limit {
    Limit {
        message: message.into(),
        span,
    }
}

/// A collection that is not complete.
struct Open {
    id: NodeId,
    /// Of a mapping: the key that waits for its value.
    key: Option<NodeId>,
    /// Of a mapping: its entries so far.
    entries: Option<Entries>,
}

/// Gathers the nodes of one document after the other.
#[derive(Default)]
struct Reader {
    nodes: Vec<Node>,
    anchors: HashMap<String, NodeId>,
    open: Vec<Open>,
    /// Nodes of all documents, and what merge keys copied.
    work: usize,
}

impl Reader {
    /// The document that has ended.
    fn finish(&mut self) -> Option<Document> {
        self.open.clear();
        self.anchors.clear();
        let nodes = std::mem::take(&mut self.nodes);
        (!nodes.is_empty()).then_some(Document {
            nodes,
            root: NodeId(0),
        })
    }

    fn event(&mut self, event: Event, text: &str) -> Result<(), Limit> {
        let offset =
            |index: u64| usize::try_from(index).map_or(text.len(), |at| at.min(text.len()));
        let span = Span::new(offset(event.start_mark.index), offset(event.end_mark.index));
        match event.data {
            EventData::Scalar {
                anchor,
                tag,
                value,
                quoted_implicit,
                ..
            } => {
                let scalar = scalar::resolve(&value, tag.as_deref(), quoted_implicit);
                let id = self.start(trimmed(span, text), tag, Kind::Scalar(scalar), anchor)?;
                self.complete(id)
            }
            EventData::Alias { anchor } => {
                let kind = match self.anchors.get(&anchor) {
                    Some(target) => Kind::Alias(*target),
                    None => Kind::UnknownAlias(anchor),
                };
                let id = self.start(span, None, kind, None)?;
                self.complete(id)
            }
            EventData::SequenceStart { anchor, tag, .. } => {
                let id = self.start(span, tag, Kind::Sequence(Vec::new()), anchor)?;
                self.enter(id, None, span)
            }
            EventData::MappingStart { anchor, tag, .. } => {
                let id = self.start(span, tag, Kind::Mapping(Mapping::default()), anchor)?;
                self.enter(id, Some(Entries::default()), span)
            }
            EventData::SequenceEnd | EventData::MappingEnd => self.leave(span),
            _ => Ok(()),
        }
    }

    fn start(
        &mut self,
        span: Span,
        tag: Option<String>,
        kind: Kind,
        anchor: Option<String>,
    ) -> Result<NodeId, Limit> {
        self.work += 1;
        if self.work > MAX_NODES {
            return Err(too_many(span));
        }
        let index = u32::try_from(self.nodes.len()).map_err(|_| too_many(span))?;
        self.nodes.push(Node { span, tag, kind });
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, NodeId(index));
        }
        Ok(NodeId(index))
    }

    fn enter(&mut self, id: NodeId, entries: Option<Entries>, span: Span) -> Result<(), Limit> {
        if self.open.len() >= MAX_DEPTH {
            let message = format!("lists and maps are nested more than {MAX_DEPTH} levels deep");
            return Err(limit(message, span));
        }
        let key = None;
        self.open.push(Open { id, key, entries });
        Ok(())
    }

    /// A bracket ends the collection, or in block style its last child.
    fn leave(&mut self, end: Span) -> Result<(), Limit> {
        let Some(Open { id, .. }) = self.open.pop() else {
            return Ok(());
        };
        let last = match &self.nodes[id.index()].kind {
            Kind::Sequence(items) => items.last().copied(),
            Kind::Mapping(mapping) => mapping.pairs.last().map(|(_, value)| *value),
            _ => None,
        };
        let end = match last {
            Some(last) if end.start == end.end => self.nodes[last.index()].span.end,
            _ => end.end,
        };
        let span = &mut self.nodes[id.index()].span;
        *span = Span::new(span.start, end);
        self.complete(id)
    }

    /// Puts a complete node into the collection around it.
    fn complete(&mut self, id: NodeId) -> Result<(), Limit> {
        let Some(open) = self.open.last_mut() else {
            return Ok(());
        };
        if let Kind::Sequence(items) = &mut self.nodes[open.id.index()].kind {
            items.push(id);
            return Ok(());
        }
        let Some(key) = open.key.take() else {
            open.key = Some(id);
            return Ok(());
        };
        let Some(entries) = &mut open.entries else {
            return Ok(());
        };
        let fits = entries.add(&mut self.nodes, open.id, (key, id), &mut self.work);
        if fits && self.work <= MAX_NODES {
            Ok(())
        } else {
            Err(too_many(self.nodes[id.index()].span))
        }
    }
}

fn too_many(span: Span) -> Limit {
    limit(format!("the text has more than {MAX_NODES} values"), span)
}

/// Block scalars reach up to the next token: without the white space in front of it.
fn trimmed(span: Span, text: &str) -> Span {
    let length = text
        .get(span.start..span.end)
        .map_or(0, |text| text.trim_end().len());
    Span::new(span.start, span.start + length)
}
