//! Work on this machine with what the pure middle computes: [`releases`] are read, a [`deployment`] is planned, linked and
//! rendered, [`render`] uses all threads.

pub mod deployment;
pub mod releases;
pub mod render;
