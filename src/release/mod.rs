//! Releases: what is in them and how they are built.

pub mod glob;
pub mod version;
