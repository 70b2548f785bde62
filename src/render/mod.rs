//! Job templates as a Director renders them.
//!
//! Pure: data goes in, texts come out.

pub mod dns;
pub mod failure;
pub mod properties;
