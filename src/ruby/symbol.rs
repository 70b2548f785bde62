//! Names: each is a number, so that comparing and looking up methods costs nothing.
//!
//! There are three layers. The library of classes interns the names of its methods once in a process, a program adds
//! the names written in it, and a run adds those it makes itself, which go with its heap. So a template that makes
//! symbols by the million fills nothing but its own memory, which is limited.

use std::sync::Arc;

use rustc_hash::FxHashMap;

/// A name. Equal names of one run have equal numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Symbol(pub(super) u32);

/// Names of a layer, above those of the layer below it.
#[derive(Debug, Default)]
pub struct Names {
    below: Option<Arc<Names>>,
    first: u32,
    list: Vec<Box<str>>,
    numbers: FxHashMap<Box<str>, u32>,
}

impl Names {
    /// An empty layer above another.
    pub(super) fn above(below: Arc<Self>) -> Self {
        Self {
            first: below.len(),
            below: Some(below),
            ..Self::default()
        }
    }

    /// How many names there are, with those below.
    pub(super) fn len(&self) -> u32 {
        self.first + u32::try_from(self.list.len()).unwrap_or(u32::MAX)
    }

    /// The symbol of a name, which is added if it is new.
    pub(super) fn intern(&mut self, name: &str) -> Symbol {
        if let Some(known) = self.find(name) {
            return known;
        }
        let number = self.len();
        self.list.push(name.into());
        self.numbers.insert(name.into(), number);
        Symbol(number)
    }

    /// The symbol of a name that is known.
    pub(super) fn find(&self, name: &str) -> Option<Symbol> {
        let below = self.below.as_ref().and_then(|below| below.find(name));
        below.or_else(|| self.numbers.get(name).copied().map(Symbol))
    }

    /// The name; `None` for one of a layer above.
    pub(super) fn name(&self, symbol: Symbol) -> Option<&str> {
        match symbol.0.checked_sub(self.first) {
            Some(index) => self.list.get(index as usize).map(AsRef::as_ref),
            None => self.below.as_ref()?.name(symbol),
        }
    }
}

/// Declares the names the evaluator itself asks for; they have the first numbers, in this order.
macro_rules! known {
    ($($constant:ident = $name:literal),* $(,)?) => {
        known!(@number 0u32; $($constant)*);
        /// The names of the constants of this module, in the order of their numbers.
        pub(in crate::ruby) const KNOWN: &[&str] = &[$($name),*];
    };
    (@number $number:expr; $constant:ident $($rest:ident)*) => {
        pub const $constant: Symbol = Symbol($number);
        known!(@number $number + 1; $($rest)*);
    };
    (@number $number:expr;) => {};
}

pub(super) use known::KNOWN;

#[allow(missing_docs, reason = "each constant is the name it stands for")]
pub mod known {
    use super::Symbol;

    known! {
        INITIALIZE = "initialize", NEW = "new", CALL = "call", EACH = "each", TO_S = "to_s", INSPECT = "inspect",
        EQUAL = "==", CASE_EQUAL = "===", COMPARE = "<=>", EQL = "eql?", HASH = "hash", MATCH = "=~", NOT = "!",
        NOT_EQUAL = "!=", ADD = "+", SUBTRACT = "-", MULTIPLY = "*", DIVIDE = "/", MODULO = "%", POWER = "**",
        LESS = "<", LESS_OR_EQUAL = "<=", GREATER = ">", GREATER_OR_EQUAL = ">=", APPEND = "<<", INDEX = "[]",
        SET_INDEX = "[]=", TO_A = "to_a", TO_ARY = "to_ary", TO_STR = "to_str", TO_H = "to_h", TO_HASH = "to_hash",
        TO_PROC = "to_proc", TO_I = "to_i", TO_INT = "to_int", TO_F = "to_f", TO_SYM = "to_sym", TO_JSON = "to_json",
        METHOD_MISSING = "method_missing", RESPOND_TO = "respond_to?", RESPOND_TO_MISSING = "respond_to_missing?",
        COERCE = "coerce", SUCC = "succ", MESSAGE = "message", EXCEPTION = "exception", INCLUDED = "included",
        EXTENDED = "extended", INHERITED = "inherited", DECONSTRUCT = "deconstruct",
        DECONSTRUCT_KEYS = "deconstruct_keys", INITIALIZE_COPY = "initialize_copy", NEGATE = "-@", PLUS = "+@",
        DUP = "dup", READ = "read", WRITE = "write", LENGTH = "length", SIZE = "size", KEY = "key?", TO_PATH = "to_path",
        METHOD_ADDED = "method_added", CONST_MISSING = "const_missing", PREPENDED = "prepended", TO_YAML = "to_yaml",
        BEGIN = "begin", END = "end", ENCODE_WITH = "encode_with", FREEZE = "freeze", IS_A = "is_a?", NIL = "nil?",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_share_what_is_below() {
        let mut library = Names::default();
        let each = library.intern("each");
        let library = Arc::new(library);
        let mut program = Names::above(library.clone());
        assert_eq!(program.intern("each"), each);
        let own = program.intern("own");
        assert_ne!(own, each);
        assert_eq!(program.name(own), Some("own"));
        assert_eq!(program.name(each), Some("each"));
        assert_eq!(library.name(own), None);
        assert_eq!(library.find("own"), None);
    }
}
