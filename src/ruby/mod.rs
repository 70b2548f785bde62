//! The Ruby of templates: parsed, and evaluated in a sandbox with limits.
//!
//! Pure: a program and values go in, a value or an exception comes out; clock and randomness are handed in. Follows
//! Ruby 3.4 (with the older texts of 3.1 on request). Knows neither ERB nor BOSH: who embeds it adds classes of its own
//! to the [`methods::library::Library`].
//!
//! - [`parse`]: text to [`ast`], by Ruby's own parser.
//! - [`value`], [`heap`], `class`: what a run is made of. [`symbol`]: names. [`limits`]: what it may use.
//! - [`eval`]: walks the tree. [`unwind`]: all that leaves an expression early.
//! - [`coverage`]: which expressions a run evaluated.
//! - [`convert`]: plain data to objects and back. [`syntax_report`]: what a `SyntaxError` says.
//! - [`methods`]: the tables of methods, a file for each receiver.
//! - [`regex`], [`number`], [`format`](mod@format), [`calendar`], [`pack`], `twister`: what methods stand on, without values.
//!
//! Invariants: nothing a program does can touch the world, panic, overflow the stack, or use more than its limits.
//! What is not supported ends the run with its name, it is never done in another way.

pub mod ast;
pub mod calendar;
#[cfg(test)]
pub(crate) mod called;
mod check;
mod class;
pub mod convert;
pub mod coverage;
pub mod eval;
pub mod failure;
pub mod format;
mod hash;
pub mod heap;
pub mod limits;
pub mod methods;
pub mod number;
pub mod pack;
pub mod parse;
pub mod raised;
pub mod regex;
pub mod symbol;
pub mod syntax_report;
mod twister;
pub mod unwind;
pub mod value;
