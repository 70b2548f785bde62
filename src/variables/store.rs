//! The file of `--vars-store`: read, and written so that nothing in it is lost.
//!
//! Invariants: it is replaced as a whole, by a rename, with a file that only its owner can read; what is written was read
//! again and is what was meant; two processes do not write over each other's secrets, because the directory is
//! locked from reading to writing.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use crate::deployment::{Node, variables};
use crate::release::changes::Staged;
use crate::source::Source;
use crate::yaml::{self, Value};

/// Owner only.
const MODE: u32 = 0o600;

/// The file, and the right to change it.
pub struct StoreFile {
    path: PathBuf,
    source: Arc<Source>,
    is_regular: bool,
    _directory: Option<File>,
}

impl StoreFile {
    /// Reads the file, called `name`; one that is not there is empty. Waits until no other process is at it.
    ///
    /// # Errors
    /// What cannot be read, or is no text.
    pub fn open(path: &Path, name: &str, wait: &dyn Fn()) -> Result<Self> {
        let path = target(path)?;
        let directory = path.parent().and_then(|parent| File::open(parent).ok());
        if let Some(directory) = &directory
            && matches!(directory.try_lock(), Err(fs::TryLockError::WouldBlock))
        {
            wait();
            directory.lock().ok();
        }
        let bytes = match read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => {
                return Err(error).with_context(|| format!("Reading '{}'", path.display()));
            }
        };
        let is_regular = !path.exists() || path.is_file();
        let Ok(text) = String::from_utf8(bytes) else {
            bail!("'{}' is not UTF-8", path.display());
        };
        Ok(Self {
            source: Source::new(name, text),
            path,
            is_regular,
            _directory: directory,
        })
    }

    /// What the file says.
    ///
    /// # Errors
    /// What is no map of variables.
    pub fn values(&self) -> Result<Vec<(String, Node)>> {
        let deserializing = || {
            format!(
                "Deserializing variables file store '{}'",
                self.source.name()
            )
        };
        let values = variables::parse_file(&self.source).with_context(deserializing)?;
        if has_more_documents(self.source.text()) {
            bail!(
                "{}:\n  Expected one YAML document: others would be lost when variables are saved",
                deserializing()
            );
        }
        Ok(values)
    }

    /// Writes `values`.
    ///
    /// # Errors
    /// What cannot be written, or would not be read again as it is.
    pub fn save(&self, values: &Value) -> Result<()> {
        let writing = || format!("Writing variables to file store '{}'", self.path.display());
        if !self.is_regular {
            bail!("{}:\n  it is no regular file", writing());
        }
        let text = yaml::write(values);
        if !reads_back(&text) {
            bail!(
                "{}:\n  a value would not be read again as it is; give it in another way",
                writing()
            );
        }
        let mut staged = Staged::create(&self.path, MODE).with_context(writing)?;
        staged
            .file()?
            .write_all(text.as_bytes())
            .with_context(writing)?;
        staged.persist().with_context(writing)
    }
}

/// One byte more than the parser takes: devices have no end.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let file = File::open(path)?;
    file.take(yaml::MAX_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The file itself where the path is a link to it.
fn target(path: &Path) -> Result<PathBuf> {
    match fs::canonicalize(path) {
        Ok(target) => Ok(target),
        Err(_) if path.is_symlink() => bail!("'{}' is a link to nothing", path.display()),
        Err(_) => Ok(path.to_path_buf()),
    }
}

/// Whether a line begins another document.
fn has_more_documents(text: &str) -> bool {
    let begins = |line: &str| {
        line.strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r']))
    };
    let is_content = |line: &str| !line.is_empty() && !line.starts_with(['#', '%']);
    let mut lines = text.lines().skip_while(|line| !is_content(line));
    // The first line with content may be the one that begins the first document.
    lines.next();
    lines.any(begins)
}

/// Whether what is read of a text is written as this very text.
fn reads_back(text: &str) -> bool {
    let read = Node::parse(&Source::new("store", text));
    read.is_ok_and(|node| yaml::write(&node.value()) == text)
}
