//! A document: nodes that refer to each other by number.

use super::scalar::Scalar;
use crate::source::Span;

/// A document of a stream.
///
/// Ids of its nodes grow in the order of the text, so whoever builds objects in that order has built what an alias
/// refers to, or is building it.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub(super) nodes: Vec<Node>,
    pub(super) root: NodeId,
}

/// Which node of its document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(super) u32);

impl NodeId {
    /// Counts from 0 in the order of the text.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A piece of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its text.
    pub span: Span,
    /// The explicit tag in full (`tag:yaml.org,2002:set`, `!ruby/range`). Tags that only choose the type of a scalar have
    /// done so already.
    pub tag: Option<String>,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A value without parts.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<NodeId>),
    /// A map.
    Mapping(Mapping),
    /// The same object again; never another alias.
    Alias(NodeId),
    /// An alias without an anchor in front of it: Ruby raises `Psych::AnchorNotDefined` when it gets here.
    UnknownAlias(String),
}

/// A map.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mapping {
    pub(super) pairs: Vec<(NodeId, NodeId)>,
    /// Present when the entries are not simply the pairs.
    pub(super) merged: Option<Vec<(NodeId, NodeId)>>,
}

impl Mapping {
    /// Keys and values as written.
    pub fn pairs(&self) -> &[(NodeId, NodeId)] {
        &self.pairs
    }

    /// The entries of the Ruby hash in its order.
    ///
    /// Of equal keys the last value stands at the place of the first. A merge key acts where it stands: what it brings
    /// replaces the values of keys in front of it, and is replaced by keys behind it. Of a list of maps the first one wins,
    /// but the order of keys is that of the last one first. A merge key whose value is no map, nor a list of maps, is a
    /// key `<<` like any other.
    pub fn entries(&self) -> &[(NodeId, NodeId)] {
        self.merged.as_deref().unwrap_or(&self.pairs)
    }
}

impl Document {
    /// The node that holds all others.
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// A node of this document.
    ///
    /// # Panics
    /// When the id is from another document.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The node that this one stands for: itself, unless it is an alias.
    pub fn resolve(&self, id: NodeId) -> NodeId {
        match self.node(id).kind {
            Kind::Alias(target) => target,
            _ => id,
        }
    }

    /// Number of nodes, for tables by [`NodeId::index`].
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: a document has a root.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The first alias, if there is one: Ruby refuses it unless aliases are allowed.
    pub fn first_alias(&self) -> Option<&Node> {
        self.nodes
            .iter()
            .find(|node| matches!(node.kind, Kind::Alias(_) | Kind::UnknownAlias(_)))
    }
}
