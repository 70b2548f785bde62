//! The tables of methods: one row and one small function each, in the file of the receiver.
//!
//! To add a method, write its row and its function in the file of its receiver, and a case in the vectors of that
//! file (`tests/ruby/`). Number of arguments, keywords and block are checked before the function runs, with Ruby's
//! words, so that a function has nothing but the meaning. `library.rs` puts the tables together and looks methods up.

#![allow(
    clippy::unnecessary_wraps,
    reason = "all methods of a table have one type, whether or not they can fail"
)]

pub mod active_support;
mod arguments;
pub mod array;
pub mod base64;
pub mod binding;
pub mod comparable;
pub mod conversion;
mod counting;
pub mod date;
pub mod digest;
pub mod enumerable;
pub mod enumerator;
pub mod escaping;
pub mod exception;
pub mod file;
pub mod float;
mod formatting;
pub mod hash;
pub mod integer;
pub mod ipaddr;
pub mod json;
pub mod kernel;
pub mod library;
mod matching;
pub mod math;
pub mod missing;
pub mod module;
pub mod numeric;
pub mod object;
pub mod openssl;
pub mod ostruct;
pub mod pathname;
pub mod procs;
pub mod random;
pub mod range;
pub mod rational;
pub mod regexp;
pub mod set;
pub mod shellwords;
pub mod singletons;
pub mod string;
pub mod stringio;
pub mod structure;
pub mod symbol;
pub mod tables;
pub mod time;
pub mod uri;
pub mod world;
pub mod yaml;
pub mod zlib;

use super::eval::Vm;
use super::hash::Hash;
use super::unwind::Res;
use super::value::{Proc, Value};
pub(super) use world::stream;

/// What a method of the library does: receives the receiver and the arguments.
pub type Function = for<'h> fn(&mut Vm<'h>, Value<'h>, &Args<'_, 'h>) -> Res<'h>;

/// A method of the library.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Name.
    pub name: &'static str,
    /// Fewest positional arguments.
    pub least: usize,
    /// Most of them; `None`: any number.
    pub most: Option<usize>,
    /// Keywords it takes. Without any, keywords become a last positional hash.
    pub keywords: &'static [&'static str],
    /// Takes any keywords.
    pub any_keywords: bool,
    /// Returns an enumerator when it gets no block.
    pub enumerates: bool,
    /// Can only be called without a receiver.
    pub private: bool,
    /// What it does.
    pub function: Function,
    /// One line for the documentation.
    pub doc: &'static str,
}

impl Row {
    /// A method with a fixed number of arguments.
    pub const fn new(
        name: &'static str,
        arguments: usize,
        function: Function,
        doc: &'static str,
    ) -> Self {
        Self {
            name,
            least: arguments,
            most: Some(arguments),
            keywords: &[],
            any_keywords: false,
            enumerates: false,
            private: false,
            function,
            doc,
        }
    }

    /// Takes up to so many arguments.
    #[must_use]
    pub const fn to(mut self, most: usize) -> Self {
        self.most = Some(most);
        self
    }

    /// Takes any number of further arguments.
    #[must_use]
    pub const fn rest(mut self) -> Self {
        self.most = None;
        self
    }

    /// Takes these keywords.
    #[must_use]
    pub const fn keywords(mut self, keywords: &'static [&'static str]) -> Self {
        self.keywords = keywords;
        self
    }

    /// Takes any keywords.
    #[must_use]
    pub const fn any_keywords(mut self) -> Self {
        self.any_keywords = true;
        self
    }

    /// Returns an enumerator when it gets no block.
    #[must_use]
    pub const fn enumerates(mut self) -> Self {
        self.enumerates = true;
        self
    }

    /// Can only be called without a receiver.
    #[must_use]
    pub const fn private(mut self) -> Self {
        self.private = true;
        self
    }

    /// The same method by another name.
    #[must_use]
    pub const fn alias(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }
}

/// Arguments of a call of a method of the library.
#[derive(Clone, Copy)]
pub struct Args<'a, 'h> {
    /// Positional ones.
    pub values: &'a [Value<'h>],
    /// Keywords, only for methods that take them.
    pub keywords: Option<&'h Hash<'h>>,
    /// The block.
    pub block: Option<&'h Proc<'h>>,
}

impl<'a, 'h> Args<'a, 'h> {
    /// Positional arguments alone.
    pub fn of(values: &'a [Value<'h>]) -> Self {
        Self {
            values,
            keywords: None,
            block: None,
        }
    }

    /// The positional argument at an index; nil when it is not given.
    pub fn at(&self, index: usize) -> Value<'h> {
        self.values.get(index).copied().unwrap_or(Value::Nil)
    }

    /// The positional argument at an index, when it is given.
    pub fn get(&self, index: usize) -> Option<Value<'h>> {
        self.values.get(index).copied()
    }

    /// Number of positional arguments.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no positional arguments.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value of a keyword, when it is given.
    pub fn keyword(&self, vm: &Vm<'h>, name: &str) -> Option<Value<'h>> {
        self.keywords
            .and_then(|keywords| vm.symbol_entry(keywords, name))
    }
}
