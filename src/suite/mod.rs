//! Tests of job templates that are written down as data: what they say, what a rendering has to be, what is told of it.
//!
//! Pure. The text of a test file becomes a [`TestFile`] ([`mod@file`]), against the specs of the release, so that a property
//! that no job declares is a fault of the test and not a test that passes; what was rendered is judged by [`judge`]; the
//! outcomes of all tests become a [`report`]. Who finds the files, renders, and writes golden files is `testing`.
//!
//! - [`mod@file`], [`subject`]: what a test says. [`instance`], [`link`]: what its templates see.
//! - [`expectation`]: what is expected of a file. [`judge`]: whether it is so. [`settings`]: files of keys and values.
//! - [`report`], [`junit`]: what is told of the outcomes.
//! - [`coverage`]: what the tests reach. [`start`]: the first test file of a job.
//!
//! Invariants: paths in a test ([`InnerPath`]) have no `..` and are not absolute, so that they stay in the directory they
//! begin in; expectations keep the place where they are written.

pub mod coverage;
pub mod expectation;
pub mod file;
pub mod instance;
pub mod judge;
pub mod junit;
pub mod link;
mod reader;
pub mod report;
pub mod settings;
pub mod start;
pub mod subject;

use std::fmt;
use std::sync::Arc;

use crate::source::{Source, Span};

pub use expectation::{Check, Expected};
pub use file::{Test, TestFile};
pub use judge::Failure;
pub use report::Outcome;
pub use subject::Subject;

/// Where something is written in a test file.
#[derive(Debug, Clone)]
pub struct Place {
    /// The test file.
    pub source: Arc<Source>,
    /// The range in it.
    pub span: Span,
}

impl Place {
    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.source.line_column(self.span.start).line
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source.name(), self.line())
    }
}

/// A relative path without `..`, `.` and empty parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct InnerPath(String);

impl InnerPath {
    /// Reads a path; `None` for one that may lead out of the directory that it begins in.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
        let fits = !text.contains(['\0', '\\']) && text.split('/').all(plain);
        fits.then(|| Self(text.to_owned()))
    }

    /// The path, with `/` between its parts.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a file of this name, in a directory of tests, holds tests.
pub fn is_test_file(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    matches!(ending, Some("yml" | "yaml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_paths_stay_inside() {
        for inside in ["a", "a/b.conf", "..a", "a..", "...", "a b"] {
            assert!(InnerPath::parse(inside).is_some(), "{inside}");
        }
        for outside in ["", "/a", "..", "a/../b", "./a", "a//b", "a/", "a\\b", "a\0"] {
            assert!(InnerPath::parse(outside).is_none(), "{outside}");
        }
    }
}
