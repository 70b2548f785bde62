//! Values of a run: small ones in place, objects by reference, with identity.
//!
//! Objects share and change as Ruby's do. Their insides are reached by methods that hold no borrow while other code
//! runs: a list is walked by index and asked for its length again, so that code which changes what is walked meets
//! Ruby's rules and not ours.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

use num_bigint::BigInt;

use super::class::{Class, ProcBody, get, set};
pub use super::hash::Hash;
use super::regex::{Captures, Regex};
use super::symbol::Symbol;

/// Any value.
#[derive(Clone, Copy)]
pub enum Value<'h> {
    /// `nil`
    Nil,
    /// `true`, `false`
    Bool(bool),
    /// An integer of 64 bits.
    Integer(i64),
    /// A larger one, never one that 64 bits can hold.
    Big(&'h BigInt),
    /// A float.
    Float(f64),
    /// A symbol.
    Symbol(Symbol),
    /// A string.
    String(&'h Str<'h>),
    /// A list.
    Array(&'h Array<'h>),
    /// An ordered map.
    Hash(&'h Hash<'h>),
    /// A range.
    Range(&'h Range<'h>),
    /// A regular expression.
    Regexp(&'h RegexpObject),
    /// What a regular expression found.
    Match(&'h Match<'h>),
    /// A block, proc or lambda.
    Proc(&'h Proc<'h>),
    /// A method of an object.
    Method(&'h BoundMethod<'h>),
    /// A class or module.
    Class(&'h Class<'h>),
    /// Everything else.
    Object(&'h Object<'h>),
}

/// How the bytes of a string are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8; the bytes may be invalid.
    Utf8,
    /// Bytes without meaning (`ASCII-8BIT`).
    Binary,
    /// Seven bits.
    UsAscii,
}

/// A string: bytes with an encoding.
pub struct Str<'h> {
    bytes: RefCell<Vec<u8>>,
    pub(super) encoding: Cell<Encoding>,
    pub(super) frozen: Cell<bool>,
    pub(super) class: Option<&'h Class<'h>>,
}

/// A list.
pub struct Array<'h> {
    items: RefCell<Vec<Value<'h>>>,
    pub(super) frozen: Cell<bool>,
    pub(super) class: Option<&'h Class<'h>>,
}

/// A range.
#[derive(Clone, Copy)]
pub struct Range<'h> {
    pub(super) first: Value<'h>,
    pub(super) last: Value<'h>,
    pub(super) exclusive: bool,
}

/// A regular expression as an object.
pub struct RegexpObject {
    pub(super) regex: Arc<Regex>,
}

/// What a regular expression found.
pub struct Match<'h> {
    pub(super) regexp: &'h RegexpObject,
    /// The text as it was, frozen.
    pub(super) text: &'h Str<'h>,
    pub(super) captures: Captures,
}

/// A block, proc or lambda.
#[derive(Clone, Copy)]
pub struct Proc<'h> {
    pub(super) body: ProcBody<'h>,
    pub(super) lambda: bool,
    /// Another `self`, of `instance_exec` and `define_method`.
    pub(super) rebound: Option<Value<'h>>,
    /// The literal it came from, which `break` leaves.
    pub(super) serial: u64,
}

/// `object.method(:name)`
#[derive(Clone, Copy)]
pub struct BoundMethod<'h> {
    /// `None` for an unbound one.
    pub(super) receiver: Option<Value<'h>>,
    pub(super) name: Symbol,
    pub(super) owner: &'h Class<'h>,
    pub(super) found: super::eval::Found<'h>,
}

/// An instance of a class.
pub struct Object<'h> {
    pub(super) class: Cell<&'h Class<'h>>,
    pub(super) frozen: Cell<bool>,
    pub(super) variables: RefCell<Vec<(Symbol, Value<'h>)>>,
    pub(super) data: Data<'h>,
}

/// What an object of the library has inside.
pub enum Data<'h> {
    /// Nothing but instance variables.
    None,
    /// Values, at places its class knows.
    Slots(RefCell<Vec<Value<'h>>>),
    /// Values by names, each of which is a method: an OpenStruct.
    Attributes(&'h Hash<'h>),
    /// An exception.
    Exception(ExceptionData<'h>),
    /// The local variables of a place.
    Binding(super::methods::binding::Binding<'h>),
    /// Something that holds no values.
    Opaque(RefCell<Box<dyn Any>>),
}

/// Insides of an exception.
pub struct ExceptionData<'h> {
    /// Nil: the name of the class.
    pub(super) message: Cell<Value<'h>>,
    pub(super) cause: Cell<Value<'h>>,
    /// Where it was raised first.
    pub(super) position: Cell<Option<super::ast::Position>>,
    /// The backtrace that it was given, a list of strings; nil: that of the place.
    pub(super) trace: Cell<Value<'h>>,
    /// What belongs to its class: name, receiver, key, result, status.
    pub(super) details: Cell<[Value<'h>; 3]>,
}

impl Value<'_> {
    /// Everything but `nil` and `false` is true.
    pub fn truthy(self) -> bool {
        !matches!(self, Self::Nil | Self::Bool(false))
    }

    /// Whether it is `nil`.
    pub fn is_nil(self) -> bool {
        matches!(self, Self::Nil)
    }

    /// Whether both are the same object.
    pub fn same(self, other: Self) -> bool {
        use std::ptr::eq;
        match (self, other) {
            (Self::Nil, Self::Nil) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Symbol(a), Self::Symbol(b)) => a == b,
            (Self::Big(a), Self::Big(b)) => eq(a, b) || a == b,
            (Self::String(a), Self::String(b)) => eq(a, b),
            (Self::Array(a), Self::Array(b)) => eq(a, b),
            (Self::Hash(a), Self::Hash(b)) => eq(a, b),
            (Self::Range(a), Self::Range(b)) => eq(a, b),
            (Self::Regexp(a), Self::Regexp(b)) => eq(a, b),
            (Self::Match(a), Self::Match(b)) => eq(a, b),
            (Self::Proc(a), Self::Proc(b)) => eq(a, b),
            (Self::Method(a), Self::Method(b)) => eq(a, b),
            (Self::Class(a), Self::Class(b)) => a.serial == b.serial,
            (Self::Object(a), Self::Object(b)) => eq(a, b),
            _ => false,
        }
    }

    /// A number that is the same for the same object.
    pub(super) fn identity(self) -> usize {
        use std::ptr::from_ref;
        match self {
            Self::Nil => 8,
            Self::Bool(value) => usize::from(value) * 20,
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "any number will do"
            )]
            Self::Integer(value) => (value as usize) << 1 | 1,
            #[allow(clippy::cast_possible_truncation, reason = "any number will do")]
            Self::Float(value) => value.to_bits() as usize,
            Self::Symbol(symbol) => (symbol.0 as usize) << 8 | 0xc,
            Self::Big(object) => from_ref(object) as usize,
            Self::String(object) => from_ref(object) as usize,
            Self::Array(object) => from_ref(object) as usize,
            Self::Hash(object) => from_ref(object) as usize,
            Self::Range(object) => from_ref(object) as usize,
            Self::Regexp(object) => from_ref(object) as usize,
            Self::Match(object) => from_ref(object) as usize,
            Self::Proc(object) => from_ref(object) as usize,
            Self::Method(object) => from_ref(object) as usize,
            Self::Class(object) => from_ref(object) as usize,
            Self::Object(object) => from_ref(object) as usize,
        }
    }
}

impl<'h> Str<'h> {
    pub(super) fn new(bytes: Vec<u8>, encoding: Encoding) -> Self {
        Self {
            bytes: RefCell::new(bytes),
            encoding: Cell::new(encoding),
            frozen: Cell::new(false),
            class: None,
        }
    }

    pub(super) fn with_class(mut self, class: Option<&'h Class<'h>>) -> Self {
        self.class = class;
        self
    }

    /// Looks at the bytes. The closure must not run code of the template.
    pub fn with<R>(&self, look: impl FnOnce(&[u8]) -> R) -> R {
        look(&self.bytes.borrow())
    }

    /// Looks at the text; bytes that are no UTF-8 are replaced. The closure must not run code of the template.
    pub fn with_text<R>(&self, look: impl FnOnce(&str) -> R) -> R {
        look(&String::from_utf8_lossy(&self.bytes.borrow()))
    }

    /// Changes the bytes. The caller has asked whether the string is frozen, and counts what is taken.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        change(&mut self.bytes.borrow_mut())
    }

    /// A copy of the bytes.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.borrow().clone()
    }

    /// A copy of the text; bytes that are no UTF-8 are replaced.
    pub fn text(&self) -> String {
        self.with_text(ToOwned::to_owned)
    }

    /// A copy of the text, when it is valid UTF-8.
    pub fn valid_text(&self) -> Option<String> {
        String::from_utf8(self.bytes()).ok()
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.bytes.borrow().len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the bytes are these.
    pub fn is(&self, text: &str) -> bool {
        *self.bytes.borrow() == text.as_bytes()
    }
}

impl<'h> Array<'h> {
    pub(super) fn new(items: Vec<Value<'h>>) -> Self {
        Self {
            items: RefCell::new(items),
            frozen: Cell::new(false),
            class: None,
        }
    }

    pub(super) fn with_class(mut self, class: Option<&'h Class<'h>>) -> Self {
        self.class = class;
        self
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.items.borrow().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at an index from 0.
    pub fn get(&self, index: usize) -> Option<Value<'h>> {
        self.items.borrow().get(index).copied()
    }

    /// A copy of the items.
    pub fn to_vec(&self) -> Vec<Value<'h>> {
        self.items.borrow().clone()
    }

    /// A copy of so many items from an index on, as far as there are any.
    pub(super) fn part(&self, start: usize, count: usize) -> Vec<Value<'h>> {
        let items = self.items.borrow();
        let end = start.saturating_add(count).min(items.len());
        items.get(start..end).unwrap_or_default().to_vec()
    }

    /// Changes the items. The caller has asked whether the list is frozen, and counts what is taken.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut Vec<Value<'h>>) -> R) -> R {
        change(&mut self.items.borrow_mut())
    }

    /// Adds an item to a list the evaluator itself has made.
    pub(super) fn push(&self, item: Value<'h>) {
        self.items.borrow_mut().push(item);
    }
}

impl<'h> Object<'h> {
    pub(super) fn new(class: &'h Class<'h>, data: Data<'h>) -> Self {
        Self {
            class: Cell::new(class),
            frozen: Cell::new(false),
            variables: RefCell::default(),
            data,
        }
    }

    /// The value of an instance variable.
    pub fn variable(&self, name: Symbol) -> Option<Value<'h>> {
        get(&self.variables, name)
    }

    /// Sets an instance variable.
    pub fn set_variable(&self, name: Symbol, value: Value<'h>) {
        set(&self.variables, name, value);
    }

    /// The value at a place of its insides; nil where there is none.
    pub fn slot(&self, index: usize) -> Value<'h> {
        match &self.data {
            Data::Slots(slots) => slots.borrow().get(index).copied().unwrap_or(Value::Nil),
            _ => Value::Nil,
        }
    }

    /// Sets the value at a place of its insides.
    pub fn set_slot(&self, index: usize, value: Value<'h>) {
        if let Data::Slots(slots) = &self.data {
            let mut slots = slots.borrow_mut();
            if slots.len() <= index {
                slots.resize(index + 1, Value::Nil);
            }
            slots[index] = value;
        }
    }

    /// A copy of its slots.
    pub(super) fn slots(&self) -> Vec<Value<'h>> {
        match &self.data {
            Data::Slots(slots) => slots.borrow().clone(),
            _ => Vec::new(),
        }
    }

    /// The names and values of an OpenStruct.
    pub(super) fn attributes(&self) -> Option<&'h Hash<'h>> {
        match self.data {
            Data::Attributes(table) => Some(table),
            _ => None,
        }
    }

    /// Looks at what the object holds, when it is of that type. The closure must not run code of the template.
    pub fn with<T: 'static, R>(&self, look: impl FnOnce(&mut T) -> R) -> Option<R> {
        match &self.data {
            Data::Opaque(data) => data.borrow_mut().downcast_mut::<T>().map(look),
            _ => None,
        }
    }

    pub(super) fn exception(&self) -> Option<&ExceptionData<'h>> {
        match &self.data {
            Data::Exception(data) => Some(data),
            _ => None,
        }
    }
}
