//! Primitives of the Ruby of templates: numbers, formats, dates and packed bytes, each as Ruby 3.4 computes it.
//!
//! Pure: no clock, no locale, no environment. Nothing here knows an evaluator's values.

pub mod calendar;
pub mod format;
pub mod number;
pub mod pack;
pub mod raised;
