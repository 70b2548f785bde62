//! Everything that leaves an expression early.

use super::limits::Limit;
use super::value::Value;

/// A value, or what leaves the expression early.
pub type Res<'h, T = Value<'h>> = Result<T, Unwind<'h>>;

/// Why an expression has no value.
#[derive(Clone)]
pub enum Unwind<'h> {
    /// An exception; always a [`Value::Object`] with the insides of an exception.
    Raise(Value<'h>),
    /// `break` out of the call that got the block with this number.
    Break(u64, Value<'h>),
    /// `next`: the end of a block.
    Next(Value<'h>),
    /// `return` out of the method call with this number.
    Return(u64, Value<'h>),
    /// `throw`: tag and value.
    Throw(Value<'h>, Value<'h>),
    /// `retry`
    Retry,
    /// `redo`
    Redo,
    /// Stops a walk of the library that has seen enough; never seen by a template.
    Stop(u64),
    /// A limit was reached; nothing rescues it.
    Limit(Limit),
    /// Something that is not supported was reached; nothing rescues it.
    Unsupported(Box<str>),
}
