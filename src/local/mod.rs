//! Work on this machine with what the pure middle computes: [`releases`] are read, a [`deployment`] is planned, linked and
//! rendered ([`render`] uses all threads) or [compared](compare), and [`rendered_files`] are written.

pub mod compare;
pub mod deployment;
pub mod failures;
pub mod releases;
pub mod render;
pub mod rendered_files;
pub mod selection;
