//! YAML as Ruby reads and writes it: Psych 5.2 (Ruby 3.4) with libyaml 0.2.5.
//!
//! Pure, and independent of any evaluator of Ruby. [`parse_first`] is for `YAML.load`, [`parse_all`] for
//! `YAML.load_stream`; both give [`Document`]s, in which an alias stays a reference, because in Ruby both places hold one
//! object. What it means to make an object of a class is left to the caller: such nodes keep their tag. [`write()`] prints
//! a flat list of [`Event`]s as `YAML.dump` prints the object that they describe.
//!
//! Invariants: nothing here panics or recurses deeper than [`MAX_DEPTH`](super::MAX_DEPTH); what a small text can make
//! large (merge keys, collections as keys) counts towards [`MAX_NODES`](super::MAX_NODES). Where Ruby raises, so that
//! there is no value, a [`Refused`] says what; where this implementation stops short of Ruby, a [`Limit`] says so.
//!
//! Every rule was recorded from Ruby 3.4.1: the rows are in `tests/yaml/psych`.

mod analysis;
mod emitter;
mod error;
mod event;
mod merge;
mod node;
mod number;
mod parse;
mod scalar;
mod time;
mod word;
mod write;

#[cfg(test)]
mod tests;

pub use error::{Limit, ParseError, SyntaxError};
pub use event::{Event, Options};
pub use node::{Document, Kind, Mapping, Node, NodeId};
pub use parse::{parse_all, parse_first};
pub use scalar::{Refused, Scalar};
pub use time::{Date, DateScalar, Time, TimeScalar, TimeValue, Zone};
pub use write::{WriteError, write};
