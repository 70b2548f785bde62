//! YAML as the official CLI reads and writes it; as Ruby does, in [`psych`].
//!
//! Pure. [`parse`] makes a tree of [`Node`]s, each with the [`Span`](crate::source::Span) of its text, so that every
//! later complaint can point at the place. [`Value`] is plain ordered data; [`write()`] prints it.
//!
//! The CLI uses version 2 of Go's YAML library: the grammar of libyaml, the scalars of YAML 1.1 with Go's own
//! deviations (`go`). What a user sees follows from that: `yes` is true, `0777` is 511, `2001-01-01` is a string,
//! `1:30` is a string that is written with quotes.
//!
//! Invariants of a parsed tree: aliases are expanded, so a tree owns all it shows; it is at most [`MAX_DEPTH`] levels
//! deep, so that recursion over it is safe on any thread; it has at most [`MAX_NODES`] nodes; values of merge keys are
//! maps or lists of maps; explicit tags fit their text.

mod base64;
mod go;
mod guard;
mod node;
mod order;
mod parse;
mod problem;
pub mod psych;
mod value;
mod write;

pub use node::{Kind, Node, Scalar};
pub use order::sort_keys;
pub use parse::{MAX_BYTES, MAX_DEPTH, MAX_NODES, parse};
pub use value::Value;
pub use write::write;
