//! The file system as patterns see it, each directory read once.
//!
//! A directory is known by its real path, so that many ways to it through links share one listing.

use std::collections::{BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Match;

/// What a path is, without following it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A plain file.
    File,
    /// A symbolic link, to whatever or nothing.
    Link,
    /// A pipe, socket or device: nothing that can be packaged well.
    Other,
}

/// What was read of the file system so far. Changes made meanwhile are not seen: use one for one build.
#[derive(Debug, Default)]
pub struct Tree {
    listings: HashMap<PathBuf, Listing>,
    real: HashMap<PathBuf, Option<PathBuf>>,
    unreadable: BTreeSet<PathBuf>,
}

/// The entries of a directory, sorted by name.
pub(super) type Listing = Arc<[Entry]>;

/// A name in a directory.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: OsString,
    /// The name as patterns see it: U+FFFD for each byte that is not UTF-8.
    pub(super) characters: Box<[char]>,
    pub(super) kind: Kind,
}

impl Tree {
    /// Nothing read yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Directories that could not be read and counted as empty; the CLI passes over them silently.
    pub fn unreadable(&self) -> impl Iterator<Item = &Path> {
        self.unreadable.iter().map(PathBuf::as_path)
    }

    /// Whether what a pattern found below `base` becomes part of a package: any link does; a directory does not; else
    /// its real path relative to the real `src` must be its path relative to `src`. So a plain file behind a link to a
    /// directory is left out, and a link in there is taken.
    ///
    /// `base` is the directory of sources or of blobs; both are written in the same way (absolute, or both relative).
    pub fn packageable(&mut self, base: &Path, found: &Match, src: &Path) -> bool {
        match found.kind {
            Kind::Directory => return false,
            Kind::Link => return true,
            Kind::File | Kind::Other => {}
        }
        let path = base.join(&found.path);
        match (self.real_of_file(&path), self.real_of_directory(src)) {
            (Some(real), Some(real_src)) => relative(src, &path) == relative(&real_src, &real),
            _ => false,
        }
    }

    /// The real path of a plain file, whether it exists or not.
    fn real_of_file(&mut self, path: &Path) -> Option<PathBuf> {
        let (parent, name) = split(path)?;
        Some(self.real_directory(parent)?.join(name))
    }

    /// The real path of a directory, also if it does not exist.
    fn real_of_directory(&mut self, path: &Path) -> Option<PathBuf> {
        self.real_directory(path)
            .or_else(|| self.real_of_file(path))
    }

    /// The real path of a directory; `None` if it is none, or cannot be reached.
    fn real_directory(&mut self, path: &Path) -> Option<PathBuf> {
        if let Some(known) = self.real.get(path) {
            return known.clone();
        }
        let real = self.find_real_directory(path);
        self.real.insert(path.to_path_buf(), real.clone());
        real
    }

    /// A directory that is no link is below the real path of its parent; only links are resolved by the system.
    fn find_real_directory(&self, path: &Path) -> Option<PathBuf> {
        let short = split(path).and_then(|(parent, name)| {
            let real = self.real.get(parent)?.as_ref()?;
            Some(real.join(name))
        });
        match (Self::kind(short.as_deref().unwrap_or(path))?, short) {
            (Kind::Directory, Some(real)) => Some(real),
            (Kind::Directory, None) => fs::canonicalize(path).ok(),
            // The limit of links on the way counts from the full path, so that is what the system is asked about.
            (Kind::Link, short) if fs::metadata(path).is_ok_and(|target| target.is_dir()) => {
                fs::canonicalize(short.as_deref().unwrap_or(path)).ok()
            }
            _ => None,
        }
    }

    /// The entries of a directory, also behind a link; none if it is no directory or cannot be read.
    pub(super) fn list(&mut self, path: &Path) -> Listing {
        let Some(real) = self.real_directory(path) else {
            return Listing::default();
        };
        if let Some(known) = self.listings.get(&real) {
            return Arc::clone(known);
        }
        let listing: Listing = read(&real).map_or_else(
            |_| {
                self.unreadable.insert(path.to_path_buf());
                Listing::default()
            },
            Listing::from,
        );
        self.listings.insert(real, Arc::clone(&listing));
        listing
    }

    /// What a path is; `None` if there is nothing.
    pub(super) fn kind(path: &Path) -> Option<Kind> {
        Some(Kind::of(fs::symlink_metadata(path).ok()?.file_type()))
    }

    /// What a path leads to; `None` if links end nowhere or are too many.
    pub(super) fn target_kind(&mut self, path: &Path) -> Option<Kind> {
        if self.real_directory(path).is_some() {
            return Some(Kind::Directory);
        }
        Some(Kind::of(fs::metadata(path).ok()?.file_type()))
    }
}

impl Kind {
    fn of(kind: FileType) -> Self {
        if kind.is_symlink() {
            Self::Link
        } else if kind.is_dir() {
            Self::Directory
        } else if kind.is_file() {
            Self::File
        } else {
            Self::Other
        }
    }
}

fn read(directory: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = fs::read_dir(directory)?
        .map(|entry| {
            let entry = entry?;
            let name = entry.file_name();
            Ok(Entry {
                characters: characters(&name),
                name,
                kind: Kind::of(entry.file_type()?),
            })
        })
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort_unstable_by(|left, right| left.name.cmp(&right.name));
    Ok(entries)
}

fn characters(name: &OsStr) -> Box<[char]> {
    let replaced = |count| std::iter::repeat_n(char::REPLACEMENT_CHARACTER, count);
    name.as_encoded_bytes()
        .utf8_chunks()
        .flat_map(|chunk| chunk.valid().chars().chain(replaced(chunk.invalid().len())))
        .collect()
}

fn split(path: &Path) -> Option<(&Path, &OsStr)> {
    Some((path.parent()?, path.file_name()?))
}

/// The way from one path to another by their names alone.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let common = from
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = from.components().skip(common).map(|_| Path::new(".."));
    let down = to
        .components()
        .skip(common)
        .map(|component| Path::new(component.as_os_str()));
    up.chain(down).collect()
}
