//! Reading YAML files of a release: bytes to a document, with the file's name in every error.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};

use super::plain_file;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Source;
use crate::yaml::{self, Node};

/// The text at `path`, called `shown` in messages.
pub(super) fn read_source(path: &Path, shown: &str) -> Result<Arc<Source>> {
    let bytes = plain_file::read(path, yaml::MAX_BYTES)
        .with_context(|| format!("Opening file {}", path.display()))?;
    source_from_bytes(bytes, shown)
}

/// A text that must be UTF-8.
pub(super) fn source_from_bytes(bytes: Vec<u8>, shown: &str) -> Result<Arc<Source>> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(shown, text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let before = String::from_utf8_lossy(&error.as_bytes()[..at]);
            let line = before.matches('\n').count() + 1;
            let fault = Diagnostic::error(format!("'{shown}' is not UTF-8 text (line {line})"))
                .hint("save the file as UTF-8");
            Err(Diagnostics::from(fault).into())
        }
    }
}

/// The document at `path`.
pub(super) fn read_document(path: &Path, shown: &str) -> Result<(Arc<Source>, Node)> {
    let source = read_source(path, shown)?;
    let node = yaml::parse(&source)?;
    Ok((source, node))
}

/// The document at `path`, or `None` when there is nothing. A link that leads nowhere and a directory that may not be
/// entered are errors: what is there but cannot be read must not count as absent.
pub(super) fn read_if_there(path: &Path, shown: &str) -> Result<Option<(Arc<Source>, Node)>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        _ => read_document(path, shown).map(Some),
    }
}
