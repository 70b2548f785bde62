//! Ruby's language, as far as templates use it.

pub mod regex;
