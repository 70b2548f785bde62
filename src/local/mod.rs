//! Work on this machine with what the pure middle computes.

pub mod render;
