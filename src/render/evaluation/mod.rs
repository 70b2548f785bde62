//! What `self` is in a template: BOSH's methods, as rows of classes behind those of Ruby.
//!
//! Follows `Bosh::Common::Template` and the extensions a Director makes to Ruby's classes. Names and texts of classes and
//! errors are theirs; templates and the texts of failures show them.

#![allow(
    clippy::unnecessary_wraps,
    reason = "all methods have the same signature"
)]

mod context;
mod else_chain;
mod errors;
mod extensions;
mod link;
mod open_struct;
mod properties;

use std::sync::OnceLock;

pub(super) use context::evaluation_context;
pub(super) use errors::{UNKNOWN_LINK, UNKNOWN_PROPERTY};
pub(super) use properties::ALL;

use crate::ruby::methods::library::{ClassDefinition, Library};
use crate::ruby::methods::tables::RUBY;

/// Tables of this module, in the order in which the documentation prints them.
const BOSH: &[&[ClassDefinition]] = &[
    MODULES,
    context::CLASSES,
    properties::CLASSES,
    else_chain::CLASSES,
    link::CLASSES,
    errors::CLASSES,
    extensions::CLASSES,
];

const MODULES: &[ClassDefinition] = &[
    ClassDefinition::module("Bosh"),
    ClassDefinition::module("Bosh::Common"),
    ClassDefinition::module("Bosh::Common::Template"),
    ClassDefinition::module("Bosh::Director"),
];

/// All classes and methods that a template meets: put together once in a process.
pub fn library() -> &'static Library {
    static LIBRARY: OnceLock<Library> = OnceLock::new();
    LIBRARY.get_or_init(|| Library::new(&tables()))
}

/// The tables of all classes: Ruby's, then BOSH's.
pub fn tables() -> Vec<&'static [ClassDefinition]> {
    RUBY.iter().chain(BOSH).copied().collect()
}
