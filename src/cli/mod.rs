//! The edge: the only place that knows the command line, the terminal, the environment, the clock and exit codes.

pub mod table;
pub mod ui;
