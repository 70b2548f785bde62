//! Files that others rely on are changed all together or not at all.
//!
//! Everything is first written beside its place under a temporary name, and flushed to disk. [`Changes::commit`] then
//! renames one after the other, in the order they were added. If a rename fails, the ones before it are undone.
//! A process that is killed leaves each file old or new. In a release ([`Changes::of_release`]) a journal tells what stood
//! where: the next process takes back ([`recover`]) what was not done to the end. The caller adds the files in an order in
//! which every prefix is a valid state all the same (archives before indexes, manifests before the index that names them).
//!
//! Temporary files are locked while their process lives, so [`sweep`] can tell what a killed one left behind.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rayon::prelude::*;

/// How the temporary names end.
pub const SUFFIX: &str = ".bosh-release-tmp";
/// How the name of a journal begins.
const JOURNAL: &str = ".journal.";

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
    removed: Vec<PathBuf>,
    undo: Undo,
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
    /// No changes yet; after a kill nothing is taken back.
    pub fn new() -> Self {
        Self::default()
    }

    /// No changes yet, in the release at `root`, where a journal lies while they are made.
    pub fn of_release(root: &Path) -> Self {
        let mut changes = Self::default();
        changes.undo.journal_in = Some(root.to_path_buf());
        changes
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

    /// Removes the file `target` when all else is in place; one that is not there is no error.
    pub fn remove(&mut self, target: &Path) {
        self.removed.push(target.to_path_buf());
    }

    /// Notes what `target` is now: the caller changes it, and that is taken back unless all is committed.
    pub fn remember(&mut self, target: &Path) -> Result<()> {
        self.undo.remember(target)
    }

    /// Puts all into place, in order; after an error all is as it was.
    pub fn commit(mut self) -> Result<()> {
        // The disk takes many small files at once faster than one after the other.
        self.staged.par_iter_mut().try_for_each(Staged::sync)?;
        self.removed
            .retain(|target| target.symlink_metadata().is_ok());
        let staged = self.staged.iter().map(|staged| &staged.target);
        for target in staged.chain(&self.removed) {
            self.undo.remember(target)?;
        }
        self.undo.sync()?;
        for staged in &mut self.staged {
            staged.rename()?;
        }
        for target in &self.removed {
            fs::remove_file(target).with_context(|| format!("Removing '{}'", target.display()))?;
        }
        self.undo.forget();
        for staged in &mut self.staged {
            staged.created.clear();
        }
        Ok(())
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.undo.restore();
        // Inner directories were made after outer ones.
        while self.staged.pop().is_some() {}
    }
}

/// What stood where, until all is done.
#[derive(Debug, Default)]
struct Undo {
    kept: Vec<Kept>,
    journal_in: Option<PathBuf>,
    journal: Option<(PathBuf, File)>,
}

/// A path before it is changed.
#[derive(Debug)]
struct Kept {
    target: PathBuf,
    /// A second name of the old file; none when there was no file.
    backup: Option<PathBuf>,
    /// Says to [`sweep`] that the backup is in use.
    lock: Option<File>,
}

impl Undo {
    fn remember(&mut self, target: &Path) -> Result<()> {
        let target = std::path::absolute(target)?;
        let backup = if target.symlink_metadata().is_ok() {
            Some(back_up(&target)?)
        } else {
            None
        };
        let lock = backup.as_ref().and_then(|backup| File::open(backup).ok());
        if let Some(lock) = &lock {
            lock.try_lock().ok();
        }
        let entry = journal_entry(&target, backup.as_deref());
        // It is noted before anything else can fail, so that the backup does not stay behind.
        self.kept.push(Kept {
            target,
            backup,
            lock,
        });
        self.open_journal();
        if let Some((path, file)) = &mut self.journal {
            file.write_all(&entry)
                .with_context(|| format!("Writing '{}'", path.display()))?;
        }
        Ok(())
    }

    /// Where no journal can be written, a kill is not taken back: no reason to refuse the work.
    fn open_journal(&mut self) {
        let Some(directory) = self.journal_in.take() else {
            return;
        };
        let mut name = OsString::from(JOURNAL);
        name.push(format!("{}{SUFFIX}", uuid::Uuid::new_v4().simple()));
        let path = directory.join(name);
        if let Ok(file) = open_new(&path, 0o600) {
            file.try_lock().ok();
            self.journal = Some((path, file));
        }
    }

    fn sync(&mut self) -> Result<()> {
        if let Some((path, file)) = &self.journal {
            file.sync_all()
                .with_context(|| format!("Writing '{}'", path.display()))?;
        }
        Ok(())
    }

    /// All is done: from the moment the journal is gone there is no way back.
    fn forget(&mut self) {
        self.remove_journal();
        for Kept { backup, lock, .. } in self.kept.drain(..) {
            if let Some(backup) = backup {
                fs::remove_file(backup).ok();
            }
            drop(lock);
        }
    }

    fn restore(&mut self) {
        for kept in self.kept.drain(..).rev() {
            put_back(&kept.target, kept.backup.as_deref());
        }
        self.remove_journal();
    }

    fn remove_journal(&mut self) {
        if let Some((path, _)) = self.journal.take() {
            fs::remove_file(path).ok();
        }
    }
}

fn back_up(target: &Path) -> Result<PathBuf> {
    let name = temporary_name(target.file_name().unwrap_or_default());
    let backup = target.with_file_name(name);
    fs::hard_link(target, &backup)
        .or_else(|_| fs::copy(target, &backup).map(|_| ()))
        .with_context(|| format!("Keeping a copy of '{}'", target.display()))?;
    Ok(backup)
}

/// Makes `target` what it was. There is nobody to tell of an error here: another one is being reported.
fn put_back(target: &Path, backup: Option<&Path>) {
    let Some(backup) = backup else {
        fs::remove_file(target).ok();
        return;
    };
    fs::rename(backup, target).ok();
    // Renaming one name of a file to another of its names does nothing at all.
    fs::remove_file(backup).ok();
}

/// Both paths, each followed by a NUL, which no path holds.
fn journal_entry(target: &Path, backup: Option<&Path>) -> Vec<u8> {
    let backup = backup.map_or(OsStr::new(""), Path::as_os_str);
    let (target, backup) = (target.as_os_str().as_bytes(), backup.as_bytes());
    [target, b"\0", backup, b"\0"].concat()
}

/// Takes back what killed processes did not do to the end in the release at `root`.
///
/// To be called by whoever is the only one to change the release.
pub fn recover(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.as_bytes();
        let is_journal = name.starts_with(JOURNAL.as_bytes()) && name.ends_with(SUFFIX.as_bytes());
        if is_journal && is_abandoned(&entry.path()) {
            take_back(&fs::read(entry.path()).unwrap_or_default());
            fs::remove_file(entry.path()).ok();
        }
    }
}

fn take_back(journal: &[u8]) {
    // What follows the last NUL was cut off by the kill, and so not changed yet.
    let mut fields: Vec<&[u8]> = journal.split(|byte| *byte == 0).collect();
    fields.pop();
    for pair in fields.chunks_exact(2).rev() {
        let path = |field: &[u8]| PathBuf::from(OsStr::from_bytes(field));
        let backup = Some(path(pair[1])).filter(|path| !path.as_os_str().is_empty());
        if backup.as_ref().is_none_or(|backup| backup.exists()) {
            put_back(&path(pair[0]), backup.as_deref());
        }
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
    let mut removed = false;
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let ours = entry.file_name().as_bytes().ends_with(SUFFIX.as_bytes());
        if ours && is_abandoned(&entry.path()) {
            removed |= remove_any(&entry.path());
        }
    }
    if removed {
        // It was made for the file that never came, when nothing else is in it.
        fs::remove_dir(directory).ok();
    }
}

/// Sweeps `directory` and everything below it that is no link; `depth` levels at most.
pub fn sweep_below(directory: &Path, depth: usize) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if depth > 0 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sweep_below(&entry.path(), depth - 1);
        }
    }
    sweep(directory);
}

fn remove_any(path: &Path) -> bool {
    fs::remove_file(path)
        .or_else(|_| fs::remove_dir_all(path))
        .is_ok()
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
    let missing = missing_directories(directory);
    fs::create_dir_all(directory)
        .with_context(|| format!("Creating directory '{}'", directory.display()))?;
    Ok(missing)
}

/// Which of `directory` and its parents are not there, outermost first.
pub fn missing_directories(directory: &Path) -> Vec<PathBuf> {
    let mut missing: Vec<PathBuf> = directory
        .ancestors()
        .take_while(|ancestor| !ancestor.as_os_str().is_empty() && !ancestor.exists())
        .map(Path::to_path_buf)
        .collect();
    missing.reverse();
    missing
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
    fn directories_that_were_made_for_several_files_go_again() {
        let home = tempfile::tempdir().unwrap();
        let mut changes = Changes::new();
        for name in ["a/b/one", "a/b/two", "a/three", "a/c/four"] {
            changes.write(&home.path().join(name), b"x").unwrap();
        }
        drop(changes);
        assert!(names(home.path()).is_empty());
    }

    #[test]
    fn what_was_remembered_is_put_back() {
        let home = tempfile::tempdir().unwrap();
        let (old, new) = (home.path().join("old"), home.path().join("new"));
        fs::write(&old, "old").unwrap();
        let mut changes = Changes::of_release(home.path());
        changes.remember(&old).unwrap();
        changes.remember(&new).unwrap();
        write(&old, b"other").unwrap();
        fs::write(&new, "new").unwrap();
        drop(changes);
        assert_eq!(names(home.path()), ["old"]);
        assert_eq!(fs::read(&old).unwrap(), b"old");
    }

    /// What a kill leaves: nothing is dropped, and the locks are gone.
    fn kill(mut changes: Changes) {
        // Unlocked, not only closed: a process that another test starts may have a copy of the handle for a moment.
        for file in changes
            .undo
            .kept
            .iter_mut()
            .filter_map(|kept| kept.lock.take())
        {
            file.unlock().unwrap();
        }
        if let Some((_, file)) = &changes.undo.journal {
            file.unlock().unwrap();
        }
        for file in changes
            .staged
            .iter_mut()
            .filter_map(|staged| staged.file.take())
        {
            file.unlock().unwrap();
        }
        std::mem::forget(changes);
    }

    #[test]
    fn a_killed_commit_is_taken_back() {
        for renamed in 0..=3 {
            let home = tempfile::tempdir().unwrap();
            let path = |name: &str| home.path().join(name);
            fs::write(path("one"), "old").unwrap();
            let mut changes = Changes::of_release(home.path());
            changes.write(&path("one"), b"new").unwrap();
            changes.write(&path("two"), b"new").unwrap();
            changes.write(&path("three"), b"new").unwrap();
            for staged in &changes.staged {
                changes.undo.remember(&staged.target).unwrap();
            }
            for staged in changes.staged.iter_mut().take(renamed) {
                staged.rename().unwrap();
            }
            kill(changes);
            recover(home.path());
            sweep(home.path());
            assert_eq!(names(home.path()), ["one"], "after {renamed}");
            assert_eq!(fs::read(path("one")).unwrap(), b"old");
        }
    }

    #[test]
    fn a_live_journal_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let mut changes = Changes::of_release(home.path());
        changes.remember(&home.path().join("new")).unwrap();
        fs::write(home.path().join("new"), "x").unwrap();
        recover(home.path());
        sweep(home.path());
        assert_eq!(names(home.path()).len(), 2);
        changes.commit().unwrap();
        assert_eq!(names(home.path()), ["new"]);
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
