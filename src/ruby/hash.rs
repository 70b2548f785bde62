//! Ruby's ordered map.
//!
//! Keys are compared by `eql?` and found by `hash`, which may be code of the template; so finding a key needs the
//! evaluator, which does the comparing (`eval/equality.rs`). This file only keeps entries and their order.

use std::cell::{Cell, RefCell};

use super::class::Class;
use super::value::{Proc, Value};

/// Up to so many entries are found by walking them.
const SMALL: usize = 8;
const EMPTY: u32 = u32::MAX;

/// An ordered map.
pub struct Hash<'h> {
    table: RefCell<Table<'h>>,
    pub(super) default: Cell<Value<'h>>,
    pub(super) default_proc: Cell<Option<&'h Proc<'h>>>,
    /// `compare_by_identity`
    pub(super) by_identity: Cell<bool>,
    pub(super) frozen: Cell<bool>,
    /// How many loops are walking it: no key may be added meanwhile.
    pub(super) walkers: Cell<u32>,
    pub(super) class: Option<&'h Class<'h>>,
}

#[derive(Clone, Copy)]
struct Entry<'h> {
    code: u64,
    key: Value<'h>,
    value: Value<'h>,
    deleted: bool,
}

#[derive(Default)]
struct Table<'h> {
    entries: Vec<Entry<'h>>,
    /// Places of entries by code, open addressing; empty while the table is small.
    index: Vec<u32>,
    live: usize,
}

impl<'h> Hash<'h> {
    pub(super) fn new() -> Self {
        Self {
            table: RefCell::default(),
            default: Cell::new(Value::Nil),
            default_proc: Cell::new(None),
            by_identity: Cell::new(false),
            frozen: Cell::new(false),
            walkers: Cell::new(0),
            class: None,
        }
    }

    pub(super) fn with_class(mut self, class: Option<&'h Class<'h>>) -> Self {
        self.class = class;
        self
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.table.borrow().live
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A copy of the entries in order.
    pub fn entries(&self) -> Vec<(Value<'h>, Value<'h>)> {
        let table = self.table.borrow();
        let live = table.entries.iter().filter(|entry| !entry.deleted);
        live.map(|entry| (entry.key, entry.value)).collect()
    }

    /// A copy of the keys in order.
    pub fn keys(&self) -> Vec<Value<'h>> {
        self.entries().into_iter().map(|(key, _)| key).collect()
    }

    /// A copy of the values in order.
    pub fn values(&self) -> Vec<Value<'h>> {
        self.entries().into_iter().map(|(_, value)| value).collect()
    }

    /// The first entry at or behind a place, with the place behind it: for walking while the map may change.
    pub(super) fn entry_from(&self, place: usize) -> Option<(usize, Value<'h>, Value<'h>)> {
        let table = self.table.borrow();
        let rest = table.entries.iter().enumerate().skip(place);
        let found = rest.into_iter().find(|(_, entry)| !entry.deleted);
        found.map(|(at, entry)| (at + 1, entry.key, entry.value))
    }

    /// The value of a key of text, which needs no evaluator.
    pub fn get_text(&self, key: &str) -> Option<Value<'h>> {
        let table = self.table.borrow();
        if table.index.is_empty() {
            let live = table.entries.iter().filter(|entry| !entry.deleted);
            let found = live.into_iter().find(|entry| is_text(entry.key, key));
            return found.map(|entry| entry.value);
        }
        let code = code_of_bytes(key.as_bytes());
        let mut found = None;
        table.places(code, |place| {
            let entry = &table.entries[place];
            if !entry.deleted && entry.code == code && is_text(entry.key, key) {
                found = Some(entry.value);
            }
            found.is_none()
        });
        found
    }

    /// Places of entries whose code is this one, the candidates for a key.
    pub(super) fn candidates(&self, code: u64) -> Candidates<'h> {
        let table = self.table.borrow();
        let mut found = Candidates::default();
        let mut add = |place: usize| {
            let entry = &table.entries[place];
            if !entry.deleted && entry.code == code {
                found.push((place, entry.key));
            }
        };
        if table.index.is_empty() {
            (0..table.entries.len()).for_each(add);
        } else {
            table.places(code, |place| {
                add(place);
                true
            });
        }
        found
    }

    /// The value at a place.
    pub(super) fn value_at(&self, place: usize) -> Option<Value<'h>> {
        let table = self.table.borrow();
        table.entries.get(place).map(|entry| entry.value)
    }

    pub(super) fn set_value_at(&self, place: usize, value: Value<'h>) {
        if let Some(entry) = self.table.borrow_mut().entries.get_mut(place) {
            entry.value = value;
        }
    }

    /// Adds an entry whose key is known not to be there.
    pub(super) fn add(&self, code: u64, key: Value<'h>, value: Value<'h>) {
        self.table.borrow_mut().add(Entry {
            code,
            key,
            value,
            deleted: false,
        });
    }

    pub(super) fn delete_at(&self, place: usize) -> Option<Value<'h>> {
        let mut table = self.table.borrow_mut();
        let entry = table.entries.get_mut(place)?;
        if entry.deleted {
            return None;
        }
        entry.deleted = true;
        let value = entry.value;
        table.live -= 1;
        // Places must not move under a loop that walks them.
        if self.walkers.get() == 0 && table.entries.len() > 2 * table.live + SMALL {
            table.compact();
        }
        Some(value)
    }

    /// Takes all entries out.
    pub(super) fn clear(&self) {
        let mut table = self.table.borrow_mut();
        if self.walkers.get() == 0 {
            *table = Table::default();
        } else {
            table
                .entries
                .iter_mut()
                .for_each(|entry| entry.deleted = true);
            table.live = 0;
        }
    }
}

/// Places and keys that have the code asked for; nearly always none or one.
pub(super) type Candidates<'h> = smallvec::SmallVec<[(usize, Value<'h>); 2]>;

impl<'h> Table<'h> {
    fn add(&mut self, entry: Entry<'h>) {
        let place = u32::try_from(self.entries.len()).unwrap_or(EMPTY);
        self.entries.push(entry);
        self.live += 1;
        if self.entries.len() <= SMALL {
            return;
        }
        if self.entries.len() * 2 > self.index.len() {
            self.rebuild();
        } else {
            self.put(entry.code, place);
        }
    }

    fn rebuild(&mut self) {
        let size = (self.entries.len() * 4).next_power_of_two();
        self.index = vec![EMPTY; size];
        for place in 0..self.entries.len() {
            let code = self.entries[place].code;
            self.put(code, u32::try_from(place).unwrap_or(EMPTY));
        }
    }

    fn put(&mut self, code: u64, place: u32) {
        let mask = self.index.len() - 1;
        let mut at = start(code, mask);
        while self.index[at] != EMPTY {
            at = (at + 1) & mask;
        }
        self.index[at] = place;
    }

    /// Calls with the place of each entry whose code may be this one, until the closure says false.
    fn places(&self, code: u64, mut each: impl FnMut(usize) -> bool) {
        let mask = self.index.len() - 1;
        let mut at = start(code, mask);
        while self.index[at] != EMPTY {
            if !each(self.index[at] as usize) {
                return;
            }
            at = (at + 1) & mask;
        }
    }

    fn compact(&mut self) {
        self.entries.retain(|entry| !entry.deleted);
        self.index.clear();
        if self.entries.len() > SMALL {
            self.rebuild();
        }
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "the low bits are as good as all"
)]
fn start(code: u64, mask: usize) -> usize {
    (code.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20) as usize & mask
}

fn is_text(key: Value<'_>, text: &str) -> bool {
    matches!(key, Value::String(string) if string.is(text))
}

/// The code of bytes, as keys of text have it.
pub(super) fn code_of_bytes(bytes: &[u8]) -> u64 {
    use std::hash::Hasher;
    let mut hasher = rustc_hash::FxHasher::default();
    hasher.write(bytes);
    hasher.write_usize(bytes.len());
    hasher.finish() | 1
}
