//! From the parser's events to nodes: aliases, limits, faults.
//!
//! Two steps. [`Reader`] gathers the events of the first document into a flat list of raw nodes, where an alias is a
//! reference. [`Expander`] builds the tree from it and counts what aliases make of it, as version 2 of Go's YAML
//! library does, so that a small text cannot become a large tree.

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use libyaml_safer::{Encoding, Event, EventData, Parser, ScalarStyle};

use super::go;
use super::guard;
use super::node::{Kind, Node, Scalar};
use super::problem;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};

/// Largest text that is parsed, in bytes.
pub const MAX_BYTES: usize = 64 << 20;
/// Deepest nesting of lists and maps, aliases expanded. Recursion over a tree needs no more than a small stack.
pub const MAX_DEPTH: usize = 500;
/// Most nodes of a tree, aliases expanded.
pub const MAX_NODES: usize = 1_000_000;
/// Most bytes of text that aliases may copy.
const MAX_COPIED: usize = 64 << 20;

/// Parses the first document of `source`. A text without a document (empty, comments only) is nothing: a null scalar.
///
/// # Errors
/// Faults of syntax with their place, in libyaml's words; unknown and recursive aliases; tags that do not fit; merge
/// keys without a map; texts beyond the limits.
pub fn parse(source: &Arc<Source>) -> Result<Node, Diagnostics> {
    if source.text().len() > MAX_BYTES {
        let message = format!(
            "{}: the text is larger than {MAX_BYTES} bytes",
            source.name()
        );
        return Err(Diagnostic::error(message).into());
    }
    let (raws, root) = Reader::new(source).read()?;
    let Some(root) = root else {
        return Ok(empty_document());
    };
    Expander::new(source, &raws)
        .expand(root, 0)
        .map_err(Into::into)
}

fn empty_document() -> Node {
    Node {
        span: Span::default(),
        kind: Kind::Scalar(Scalar {
            text: String::new(),
            plain: true,
            tag: None,
        }),
    }
}

/// Index of a raw node.
type Id = usize;

struct Raw {
    span: Span,
    kind: RawKind,
}

enum RawKind {
    Scalar(Scalar),
    Sequence(Vec<Id>),
    /// Keys and values in turn.
    Mapping(Vec<Id>),
    Alias(Id),
}

/// Gathers the raw nodes of the first document.
struct Reader<'a> {
    source: &'a Arc<Source>,
    /// Where the parser's input begins: behind a byte order mark.
    base: usize,
    raws: Vec<Raw>,
    anchors: HashMap<String, Id>,
    open: Vec<Id>,
    root: Option<Id>,
}

impl<'a> Reader<'a> {
    fn new(source: &'a Arc<Source>) -> Self {
        let base = if source.text().starts_with('\u{feff}') {
            3
        } else {
            0
        };
        Self {
            source,
            base,
            raws: Vec::new(),
            anchors: HashMap::new(),
            open: Vec::new(),
            root: None,
        }
    }

    fn read(mut self) -> Result<(Vec<Raw>, Option<Id>), Diagnostic> {
        let source = self.source;
        guard::check_tags(source, self.base)?;
        let (lines, missing_break) = whole_lines(&source.text()[self.base..]);
        let mut parser = Parser::new();
        parser.set_encoding(Encoding::Utf8);
        parser.set_input(lines.as_bytes().chain(missing_break.as_bytes()));
        loop {
            let event = parser
                .parse()
                .map_err(|error| problem::syntax(source, self.base, &error))?;
            if matches!(
                event.data,
                EventData::DocumentEnd { .. } | EventData::StreamEnd
            ) {
                return Ok((self.raws, self.root));
            }
            self.event(without_added_break(event, lines.len(), missing_break))?;
        }
    }

    fn event(&mut self, event: Event) -> Result<(), Diagnostic> {
        let span = Span::new(
            self.offset(event.start_mark.index),
            self.offset(event.end_mark.index),
        );
        match event.data {
            EventData::DocumentStart {
                version_directive: Some(version),
                ..
            } if (version.major, version.minor) != (1, 1) => {
                return Err(Diagnostic::error("found incompatible YAML document")
                    .at(self.source, span, "")
                    .hint("write `%YAML 1.1`, or leave the line out"));
            }
            EventData::Scalar {
                anchor,
                tag,
                value,
                plain_implicit,
                ..
            } => {
                let scalar = Scalar {
                    text: value,
                    plain: plain_implicit,
                    tag,
                };
                self.add(self.trimmed(span), RawKind::Scalar(scalar), anchor)?;
            }
            EventData::Alias { anchor } => {
                let Some(target) = self.anchors.get(&anchor).copied() else {
                    let message = format!("unknown anchor '{anchor}' referenced");
                    return Err(Diagnostic::error(message).at(self.source, span, ""));
                };
                self.add(span, RawKind::Alias(target), None)?;
            }
            EventData::SequenceStart { anchor, .. } => {
                self.enter(span, RawKind::Sequence(Vec::new()), anchor)?;
            }
            EventData::MappingStart { anchor, .. } => {
                self.enter(span, RawKind::Mapping(Vec::new()), anchor)?;
            }
            EventData::SequenceEnd | EventData::MappingEnd => self.leave(span),
            _ => {}
        }
        Ok(())
    }

    fn offset(&self, index: u64) -> usize {
        let length = self.source.text().len();
        usize::try_from(index).map_or(length, |index| (self.base + index).min(length))
    }

    /// Block scalars reach up to the next token: without the white space in front of it.
    fn trimmed(&self, span: Span) -> Span {
        let text = self.source.text().get(span.start..span.end);
        let length = text.map_or(0, |text| text.trim_end().len());
        Span::new(span.start, span.start + length)
    }

    /// Adds a node to the collection that is open.
    fn add(&mut self, span: Span, kind: RawKind, anchor: Option<String>) -> Result<Id, Diagnostic> {
        if self.raws.len() >= MAX_NODES {
            return Err(too_many_nodes(self.source, span));
        }
        let id = self.raws.len();
        self.raws.push(Raw { span, kind });
        match self.open.last().and_then(|open| self.raws.get_mut(*open)) {
            Some(Raw {
                kind: RawKind::Sequence(children) | RawKind::Mapping(children),
                ..
            }) => children.push(id),
            _ => self.root = Some(id),
        }
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, id);
        }
        Ok(id)
    }

    fn enter(
        &mut self,
        span: Span,
        kind: RawKind,
        anchor: Option<String>,
    ) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(self.source, span));
        }
        let id = self.add(span, kind, anchor)?;
        self.open.push(id);
        Ok(())
    }

    /// A bracket ends the collection, or in block style its last child.
    fn leave(&mut self, end: Span) {
        let Some(id) = self.open.pop() else {
            return;
        };
        let last = match &self.raws[id].kind {
            RawKind::Sequence(children) | RawKind::Mapping(children) => children.last().copied(),
            _ => None,
        };
        let end = match last {
            Some(last) if end.start == end.end => self.raws[last].span.end,
            _ => end.end,
        };
        let span = &mut self.raws[id].span;
        *span = Span::new(span.start, end);
    }
}

/// The text up to its last line, and the line break that this line lacks.
///
/// The parser panics on some texts that end within a line. Blanks behind the last line break are left out.
fn whole_lines(text: &str) -> (&str, &'static str) {
    let start = text.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    if text[start..].chars().all(|c| matches!(c, ' ' | '\t')) {
        (&text[..start], "")
    } else {
        (text, "\n")
    }
}

/// Takes the added line break out of a block scalar that reaches up to it.
pub(super) fn without_added_break(mut event: Event, length: usize, added: &str) -> Event {
    let reaches_end = usize::try_from(event.end_mark.index).is_ok_and(|end| end > length);
    if let EventData::Scalar {
        value,
        style: ScalarStyle::Literal | ScalarStyle::Folded,
        ..
    } = &mut event.data
        && reaches_end
        && !added.is_empty()
        && value.ends_with('\n')
    {
        value.pop();
    }
    event
}

/// Builds the tree, aliases expanded.
struct Expander<'a> {
    source: &'a Arc<Source>,
    raws: &'a [Raw],
    /// The collections between the root and the current node: an alias to one of them would never end.
    active: Vec<bool>,
    /// How many aliases the current node is inside of.
    aliases: usize,
    nodes: usize,
    aliased_nodes: usize,
    copied: usize,
}

impl<'a> Expander<'a> {
    fn new(source: &'a Arc<Source>, raws: &'a [Raw]) -> Self {
        Self {
            source,
            raws,
            active: vec![false; raws.len()],
            aliases: 0,
            nodes: 0,
            aliased_nodes: 0,
            copied: 0,
        }
    }

    fn expand(&mut self, id: Id, depth: usize) -> Result<Node, Diagnostic> {
        let raw = &self.raws[id];
        self.count(raw)?;
        let children = match &raw.kind {
            RawKind::Scalar(scalar) => return self.scalar(raw.span, scalar),
            RawKind::Alias(target) => return self.alias(raw.span, *target, depth),
            RawKind::Sequence(children) | RawKind::Mapping(children) => children,
        };
        if depth >= MAX_DEPTH {
            return Err(too_deep(self.source, raw.span));
        }
        self.active[id] = true;
        let mut nodes = Vec::with_capacity(children.len());
        for child in children {
            nodes.push(self.expand(*child, depth + 1)?);
        }
        self.active[id] = false;
        let kind = match &raw.kind {
            RawKind::Mapping(children) => {
                self.check_merges(children)?;
                Kind::Mapping(pairs(nodes))
            }
            _ => Kind::Sequence(nodes),
        };
        Ok(Node {
            span: raw.span,
            kind,
        })
    }

    fn scalar(&mut self, span: Span, scalar: &Scalar) -> Result<Node, Diagnostic> {
        if self.aliases > 0 {
            self.copied += scalar.text.len();
            if self.copied > MAX_COPIED {
                return Err(excessive_aliasing(self.source, span));
            }
        }
        if let Some(tag) = &scalar.tag {
            go::resolve_tagged(tag, &scalar.text)
                .map_err(|message| Diagnostic::error(message).at(self.source, span, ""))?;
        }
        Ok(Node {
            span,
            kind: Kind::Scalar(scalar.clone()),
        })
    }

    fn alias(&mut self, span: Span, target: Id, depth: usize) -> Result<Node, Diagnostic> {
        if self.active[target] {
            let name = self
                .source
                .text()
                .get(span.start..span.end)
                .unwrap_or_default();
            let name = name.trim_start_matches('*');
            let message = format!("anchor '{name}' value contains itself");
            return Err(Diagnostic::error(message).at(self.source, span, ""));
        }
        self.aliases += 1;
        let node = self.expand(target, depth);
        self.aliases -= 1;
        node
    }

    fn count(&mut self, raw: &Raw) -> Result<(), Diagnostic> {
        self.nodes += 1;
        if self.aliases > 0 {
            self.aliased_nodes += 1;
        }
        if is_excessive(self.aliased_nodes, self.nodes) {
            return Err(excessive_aliasing(self.source, raw.span));
        }
        if self.nodes > MAX_NODES {
            return Err(too_many_nodes(self.source, raw.span));
        }
        Ok(())
    }

    /// The value of a merge key is a map or a list of maps, each written out or an alias.
    fn check_merges(&self, children: &[Id]) -> Result<(), Diagnostic> {
        for entry in children.chunks_exact(2) {
            let is_merge =
                matches!(&self.raws[entry[0]].kind, RawKind::Scalar(key) if key.is_merge_key());
            if is_merge && !self.is_mergeable(entry[1]) {
                let message = "map merge requires map or sequence of maps as the value";
                let span = self.raws[entry[1]].span;
                return Err(Diagnostic::error(message).at(self.source, span, ""));
            }
        }
        Ok(())
    }

    fn is_mergeable(&self, id: Id) -> bool {
        let is_map = |id: Id| match self.raws[id].kind {
            RawKind::Mapping(_) => true,
            RawKind::Alias(target) => matches!(self.raws[target].kind, RawKind::Mapping(_)),
            _ => false,
        };
        match &self.raws[id].kind {
            RawKind::Sequence(items) => items.iter().all(|item| is_map(*item)),
            _ => is_map(id),
        }
    }
}

fn pairs(nodes: Vec<Node>) -> Vec<(Node, Node)> {
    let mut pairs = Vec::with_capacity(nodes.len() / 2);
    let mut rest = nodes.into_iter();
    while let (Some(key), Some(value)) = (rest.next(), rest.next()) {
        pairs.push((key, value));
    }
    pairs
}

/// Go's measure: small texts may be almost all aliases, large ones (from 400,000 nodes) less and less.
fn is_excessive(aliased: usize, all: usize) -> bool {
    const SMALL: usize = 400_000;
    const LARGE: usize = 4_000_000;
    if aliased <= 100 || all <= 1000 {
        return false;
    }
    // In percent: 99 up to SMALL, 10 from LARGE on, a straight line between.
    let beyond = all.clamp(SMALL, LARGE) - SMALL;
    let allowed = 99 * (LARGE - SMALL) - 89 * beyond;
    aliased * 100 * ((LARGE - SMALL) / 100) > all * (allowed / 100)
}

fn excessive_aliasing(source: &Arc<Source>, span: Span) -> Diagnostic {
    Diagnostic::error("document contains excessive aliasing").at(source, span, "")
}

fn too_deep(source: &Arc<Source>, span: Span) -> Diagnostic {
    Diagnostic::error(format!(
        "lists and maps are nested more than {MAX_DEPTH} levels deep"
    ))
    .at(source, span, "")
}

fn too_many_nodes(source: &Arc<Source>, span: Span) -> Diagnostic {
    Diagnostic::error(format!("the text has more than {MAX_NODES} values")).at(source, span, "")
}
