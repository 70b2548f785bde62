//! What a run may use, and how much of it is used.
//!
//! A limit is no exception of Ruby: a template cannot rescue it. Memory is counted when it is taken and never given
//! back before the run ends, since nothing is collected; so the limit is on all a template ever takes.

/// What a run may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Evaluated expressions and steps of loops inside methods.
    pub steps: u64,
    /// Calls inside each other, of methods and blocks.
    pub depth: u32,
    /// Bytes taken for objects.
    pub memory: usize,
    /// Bytes of output.
    pub output: usize,
}

impl Default for Limits {
    /// Far above what any known template takes (3 million steps, 60 MiB), reached within seconds.
    fn default() -> Self {
        Self {
            steps: 100_000_000,
            depth: 10_000,
            memory: 512 << 20,
            output: 64 << 20,
        }
    }
}

/// A limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Too many steps.
    Steps,
    /// Too much memory.
    Memory,
    /// Too much output.
    Output,
}

impl std::fmt::Display for Limit {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Steps => "it takes too many steps (is there an endless loop?)",
            Self::Memory => "it takes too much memory",
            Self::Output => "its output is too large",
        })
    }
}
