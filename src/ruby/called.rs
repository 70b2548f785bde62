//! Which methods of the library were called: only in tests, where every row must have a case that calls it.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::eval::Found;
use super::methods::Row;
use super::methods::library::{Entry, Library};
use super::symbol::Symbol;
use super::value::Value;

/// A row as the page of methods names it: the class of its table, whether it is the class's own method, its name.
pub(crate) type Called = (&'static str, bool, &'static str);

thread_local! {
    static CALLED: RefCell<BTreeSet<Called>> = const { RefCell::new(BTreeSet::new()) };
}

/// Notes a call. A method that a template copied to another class is not the library's any more.
pub(super) fn note(library: &Library, receiver: Value<'_>, row: &'static Row, found: &Found<'_>) {
    let Some(id) = found.owner.id else { return };
    let Some(definition) = library.definition(id) else {
        return;
    };
    let is_it = |entry| matches!(entry, Some(Entry::Row(known)) if std::ptr::eq(known, row));
    let name: Option<Symbol> = library.names.find(row.name);
    let Some(name) = name else { return };
    let own = matches!(receiver, Value::Class(_)) && is_it(library.class_method(id, name));
    if own || is_it(library.method(id, name)) {
        CALLED.with_borrow_mut(|called| called.insert((definition.name, own, row.name)));
    }
}

/// All that were called in this thread.
pub(crate) fn all() -> BTreeSet<Called> {
    CALLED.with_borrow(Clone::clone)
}
