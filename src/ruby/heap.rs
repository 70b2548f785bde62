//! Where the objects of one run live: until its end, all of them.
//!
//! Nothing is collected, so a value is a plain reference that is copied freely, cycles need no care, and the end of a
//! run frees everything at once and without recursion. What is taken is counted against the limit of memory.

use std::cell::Cell;

use bumpalo::Bump;
use num_bigint::BigInt;
use typed_arena::Arena;

use super::class::Class;
use super::value::{Array, Hash, Match, Object, RegexpObject, Str};

/// The objects of one run.
#[derive(Default)]
pub struct Heap<'h> {
    /// What needs no destructor.
    plain: Bump,
    strings: Arena<Str<'h>>,
    arrays: Arena<Array<'h>>,
    hashes: Arena<Hash<'h>>,
    objects: Arena<Object<'h>>,
    classes: Arena<Class<'h>>,
    integers: Arena<BigInt>,
    regexps: Arena<RegexpObject>,
    matches: Arena<Match<'h>>,
    taken: Cell<usize>,
}

macro_rules! keeps {
    ($($(#[$doc:meta])* $name:ident $arena:ident $type:ty;)*) => {
        $(
            $(#[$doc])*
            pub(super) fn $name(&'h self, value: $type) -> &'h $type {
                self.take(size_of::<$type>());
                self.$arena.alloc(value)
            }
        )*
    };
}

impl<'h> Heap<'h> {
    /// An empty heap.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts bytes that are taken.
    pub(super) fn take(&self, bytes: usize) {
        self.taken.set(self.taken.get().saturating_add(bytes));
    }

    /// Bytes taken so far.
    pub(super) fn taken(&self) -> usize {
        self.taken.get()
    }

    /// Keeps a value that needs no destructor.
    pub(super) fn keep<T: Copy>(&'h self, value: T) -> &'h T {
        self.take(size_of::<T>());
        self.plain.alloc(value)
    }

    /// Keeps a value whose destructor would do nothing but free what this heap frees.
    pub(super) fn keep_cell<T: Copy>(&'h self, value: T) -> &'h Cell<T> {
        self.take(size_of::<T>());
        self.plain.alloc(Cell::new(value))
    }

    /// Keeps cells that all hold the same value at first.
    pub(super) fn keep_cells<T: Copy>(&'h self, count: usize, value: T) -> &'h [Cell<T>] {
        self.take(size_of::<T>().saturating_mul(count));
        self.plain
            .alloc_slice_fill_with(count, |_| Cell::new(value))
    }

    /// Keeps a copy of a slice.
    pub(super) fn keep_slice<T: Copy>(&'h self, values: &[T]) -> &'h [T] {
        self.take(size_of_val(values));
        self.plain.alloc_slice_copy(values)
    }

    /// Keeps a copy of a text.
    pub(super) fn keep_text(&'h self, text: &str) -> &'h str {
        self.take(text.len());
        self.plain.alloc_str(text)
    }

    /// Keeps a closure.
    pub(super) fn keep_closure<F: 'h>(&'h self, closure: F) -> &'h F {
        self.take(size_of::<F>());
        self.plain.alloc(closure)
    }

    keeps! {
        /// Keeps a string.
        keep_string strings Str<'h>;
        /// Keeps an array.
        keep_array arrays Array<'h>;
        /// Keeps a hash.
        keep_hash hashes Hash<'h>;
        /// Keeps an object.
        keep_object objects Object<'h>;
        /// Keeps a class or module.
        keep_class classes Class<'h>;
        /// Keeps a big integer.
        keep_integer integers BigInt;
        /// Keeps a regular expression.
        keep_regexp regexps RegexpObject;
        /// Keeps a match.
        keep_match matches Match<'h>;
    }
}
