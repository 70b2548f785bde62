//! Integers without bounds and floats of 64 bits, with the arithmetic and the texts of Ruby 3.4.
//!
//! Sizes are not limited here: a caller asks [`integer`]'s estimates before an operation whose result can be huge.

pub mod float;
pub mod integer;
pub mod parse;
pub mod round;
pub mod tie;

pub use num_bigint::BigInt;
