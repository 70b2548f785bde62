//! Golden files on disk: read, and written all together.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::release::changes::Changes;
use crate::suite::InnerPath;
use crate::suite::judge::Goldens;
use crate::yaml::MAX_BYTES;

/// How deep directories of golden files may be in each other.
const DEEPEST: usize = 32;

/// The golden files of a directory of tests.
#[derive(Debug)]
pub(super) struct Directory<'a> {
    /// The release, which no path leaves.
    pub(super) root: &'a Path,
    /// The directory of the test file.
    pub(super) directory: PathBuf,
}

impl Directory<'_> {
    fn path(&self, path: &InnerPath) -> Result<PathBuf, String> {
        let full = self.directory.join(path.as_str());
        stays_inside(self.root, &full)?;
        Ok(full)
    }
}

/// Whether a path stays below the root where links are followed, as far as it exists.
pub(super) fn stays_inside(root: &Path, path: &Path) -> Result<(), String> {
    let existing = path
        .ancestors()
        .find(|above| above.symlink_metadata().is_ok());
    let real = existing.map(fs::canonicalize).and_then(Result::ok);
    let root = fs::canonicalize(root).ok();
    match (real, root) {
        (Some(real), Some(root)) if real.starts_with(&root) => Ok(()),
        _ => Err(format!(
            "'{}' leads out of the release directory",
            path.display()
        )),
    }
}

impl Goldens for Directory<'_> {
    fn read(&self, path: &InnerPath) -> Result<Option<Vec<u8>>, String> {
        let full = self.path(path)?;
        let unreadable =
            |error: &dyn std::fmt::Display| format!("'{}' cannot be read: {error}", path.as_str());
        match fs::metadata(&full) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&error)),
            Ok(found) if !found.is_file() => return Err(unreadable(&"it is no file")),
            Ok(found) if found.len() > MAX_BYTES as u64 => {
                return Err(unreadable(&"it is too large"));
            }
            Ok(_) => {}
        }
        fs::read(&full)
            .map(Some)
            .map_err(|error| unreadable(&error))
    }

    fn list(&self, directory: &InnerPath) -> Result<Vec<String>, String> {
        let full = self.path(directory)?;
        let mut names = Vec::new();
        let mut pending = vec![(full, String::new(), 0)];
        while let Some((directory, above, depth)) = pending.pop() {
            for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
                let name = format!("{above}{}", entry.file_name().to_string_lossy());
                let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
                if is_directory && depth < DEEPEST {
                    pending.push((entry.path(), format!("{name}/"), depth + 1));
                } else {
                    names.push(name);
                }
            }
        }
        names.sort();
        Ok(names)
    }
}

/// Golden files to be written.
#[derive(Debug, Default)]
pub(super) struct Updates(BTreeMap<PathBuf, Vec<u8>>);

impl Updates {
    /// Adds a file, unless it is there already; says whether it was added.
    pub(super) fn add(&mut self, path: PathBuf, content: &[u8]) -> bool {
        let is_new = !self.0.contains_key(&path);
        if is_new {
            self.0.insert(path, content.to_vec());
        }
        is_new
    }

    /// Writes all of them, or none.
    pub(super) fn write(&self) -> Result<()> {
        let mut changes = Changes::new();
        for (path, content) in &self.0 {
            changes.write(path, content)?;
        }
        changes.commit()
    }
}
