//! Files that others rely on are changed all together or not at all.
//!
//! Everything is first written beside its place under a temporary name, and flushed to disk. [`Changes::commit`] then
//! renames one after the other, in the order they were added. If a rename fails, the ones before it are undone.
//! A process that is killed leaves each file old or new; the caller adds the files in an order in which every prefix
//! is a valid state (archives before indexes, manifests before the index that names them).
//!
//! Temporary files are locked while their process lives, so [`sweep`] can tell what a killed one left behind.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rayon::prelude::*;

/// How the temporary names end.
const SUFFIX: &str = ".bosh-release-tmp";

/// A new file under its temporary name.
#[derive(Debug)]
pub struct Staged {
    target: PathBuf,
    temporary: PathBuf,
    file: Option<File>,
    created: Vec<PathBuf>,
}

/// Files to be put into place together.
#[derive(Debug, Default)]
pub struct Changes {
    staged: Vec<Staged>,
}

impl Staged {
    /// A new, empty file beside `target`; missing directories are made. `mode` holds for new files.
    pub fn create(target: &Path, mode: u32) -> Result<Self> {
        let parent = target.parent().unwrap_or(Path::new("."));
        let created = create_directories(parent)?;
        let temporary = parent.join(temporary_name(target.file_name().unwrap_or_default()));
        let file = open_new(&temporary, mode)
            .with_context(|| format!("Creating a file in '{}'", parent.display()))?;
        file.try_lock().ok();
        Ok(Self {
            target: target.to_path_buf(),
            temporary,
            file: Some(file),
            created,
        })
    }

    /// The file, for writing.
    pub fn file(&mut self) -> Result<&mut File> {
        self.file.as_mut().context("the file was closed already")
    }

    /// Where the bytes are until they are put into place.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// Waits until the bytes are on the disk.
    fn sync(&mut self) -> Result<()> {
        if let Some(file) = &mut self.file {
            file.sync_all()
                .with_context(|| format!("Writing '{}'", self.target.display()))?;
        }
        Ok(())
    }

    /// Renames it to its place alone, when it belongs to no group.
    pub fn persist(mut self) -> Result<()> {
        self.sync()?;
        self.rename()?;
        self.created.clear();
        Ok(())
    }

    fn rename(&mut self) -> Result<()> {
        fs::rename(&self.temporary, &self.target)
            .with_context(|| format!("Moving a new file to '{}'", self.target.display()))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        self.file = None;
        // After a rename there is nothing under the temporary name; an error here has nobody to tell.
        fs::remove_file(&self.temporary).ok();
        for directory in self.created.iter().rev() {
            fs::remove_dir(directory).ok();
        }
    }
}

impl Changes {
    /// No changes yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// `bytes` as the new content of `target`.
    pub fn write(&mut self, target: &Path, bytes: &[u8]) -> Result<()> {
        let mut staged = Staged::create(target, 0o644)?;
        staged
            .file()?
            .write_all(bytes)
            .with_context(|| format!("Writing '{}'", target.display()))?;
        self.add(staged);
        Ok(())
    }

    /// A file that was written by the caller.
    pub fn add(&mut self, staged: Staged) {
        self.staged.push(staged);
    }

    /// Puts all into place, in order; after an error all is as it was.
    pub fn commit(mut self) -> Result<()> {
        // The disk takes many small files at once faster than one after the other.
        self.staged.par_iter_mut().try_for_each(Staged::sync)?;
        let mut undo = Undo::default();
        for staged in &mut self.staged {
            undo.remember(&staged.target)?;
            staged.rename()?;
            undo.placed(&staged.target);
        }
        undo.forget();
        for staged in &mut self.staged {
            staged.created.clear();
        }
        Ok(())
    }
}

/// What stood where, until the last rename succeeded. Dropped before that, it restores.
#[derive(Default)]
struct Undo {
    kept: Vec<(PathBuf, Option<PathBuf>)>,
    pending: Option<(PathBuf, Option<PathBuf>)>,
}

impl Undo {
    fn remember(&mut self, target: &Path) -> Result<()> {
        let backup = if target.exists() {
            let name = temporary_name(target.file_name().unwrap_or_default());
            let backup = target.with_file_name(name);
            fs::hard_link(target, &backup)
                .or_else(|_| fs::copy(target, &backup).map(|_| ()))
                .with_context(|| format!("Keeping a copy of '{}'", target.display()))?;
            Some(backup)
        } else {
            None
        };
        self.pending = Some((target.to_path_buf(), backup));
        Ok(())
    }

    fn placed(&mut self, _target: &Path) {
        self.kept.extend(self.pending.take());
    }

    fn forget(&mut self) {
        for (_, backup) in self.kept.drain(..) {
            remove_backup(backup);
        }
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        if let Some((_, backup)) = self.pending.take() {
            remove_backup(backup);
        }
        for (target, backup) in self.kept.drain(..).rev() {
            match backup {
                Some(backup) => fs::rename(backup, target).ok(),
                None => fs::remove_file(target).ok(),
            };
        }
    }
}

fn remove_backup(backup: Option<PathBuf>) {
    if let Some(backup) = backup {
        fs::remove_file(backup).ok();
    }
}

/// `bytes` as the new content of `target`, atomically.
pub fn write(target: &Path, bytes: &[u8]) -> Result<()> {
    let mut changes = Changes::new();
    changes.write(target, bytes)?;
    changes.commit()
}

/// Removes what killed processes left in `directory` (not below it).
pub fn sweep(directory: &Path) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if name.as_encoded_bytes().ends_with(SUFFIX.as_bytes()) && is_abandoned(&entry.path()) {
            fs::remove_file(entry.path()).ok();
        }
    }
}

fn is_abandoned(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

fn temporary_name(name: &OsStr) -> OsString {
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}{SUFFIX}", uuid::Uuid::new_v4().simple()));
    temporary
}

/// Makes `directory` and its parents, and says which of them are new, outermost first.
fn create_directories(directory: &Path) -> Result<Vec<PathBuf>> {
    let missing: Vec<PathBuf> = directory
        .ancestors()
        .take_while(|ancestor| !ancestor.as_os_str().is_empty() && !ancestor.exists())
        .map(Path::to_path_buf)
        .collect();
    fs::create_dir_all(directory)
        .with_context(|| format!("Creating directory '{}'", directory.display()))?;
    Ok(missing.into_iter().rev().collect())
}

#[cfg(unix)]
fn open_new(path: &Path, mode: u32) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new()
        .write(true)
        .read(true)
        .create_new(true)
        .mode(mode)
        .open(path)
}

#[cfg(not(unix))]
fn open_new(path: &Path, _mode: u32) -> std::io::Result<File> {
    OpenOptions::new()
        .write(true)
        .read(true)
        .create_new(true)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_failing_rename_leaves_everything_as_it_was() {
        let home = tempfile::tempdir().unwrap();
        let old = home.path().join("old");
        fs::write(&old, "old").unwrap();
        fs::create_dir(home.path().join("directory")).unwrap();
        fs::write(home.path().join("directory/full"), "").unwrap();

        let mut changes = Changes::new();
        changes.write(&old, b"new").unwrap();
        changes
            .write(&home.path().join("fresh/deep/file"), b"x")
            .unwrap();
        // A directory cannot be replaced by a file.
        changes.write(&home.path().join("directory"), b"x").unwrap();
        assert!(changes.commit().is_err());

        assert_eq!(fs::read(&old).unwrap(), b"old");
        assert_eq!(names(home.path()), ["directory", "old"]);
    }

    #[test]
    fn changes_that_are_dropped_leave_nothing() {
        let home = tempfile::tempdir().unwrap();
        let mut changes = Changes::new();
        changes.write(&home.path().join("a/b"), b"x").unwrap();
        drop(changes);
        assert!(names(home.path()).is_empty());
    }

    #[test]
    fn a_commit_replaces_all_files() {
        let home = tempfile::tempdir().unwrap();
        let (one, two) = (home.path().join("one"), home.path().join("d/two"));
        fs::write(&one, "old").unwrap();
        let mut changes = Changes::new();
        changes.write(&one, b"1").unwrap();
        changes.write(&two, b"2").unwrap();
        changes.commit().unwrap();
        assert_eq!(fs::read(&one).unwrap(), b"1");
        assert_eq!(fs::read(&two).unwrap(), b"2");
        assert_eq!(names(home.path()), ["d", "one"]);
    }

    #[test]
    fn the_sweep_takes_what_nobody_holds() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(format!(".x.1{SUFFIX}")), "").unwrap();
        fs::write(home.path().join("kept"), "").unwrap();
        let held = Staged::create(&home.path().join("y"), 0o644).unwrap();
        sweep(home.path());
        assert_eq!(names(home.path()).len(), 2, "{:?}", names(home.path()));
        drop(held);
        assert_eq!(names(home.path()), ["kept"]);
    }
}
