//! Files on two sides: rendered ones of an instance, or those of a job in a release.

use std::collections::{BTreeMap, BTreeSet};

use super::Kind;
use super::lines::{Hunk, changed_lines, hunks};
use super::mask::Masker;

/// The rendered files of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceFiles {
    /// Its instance group.
    pub group: String,
    /// Its index.
    pub index: u64,
    /// Its files.
    pub files: Vec<InstanceFile>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceFile {
    /// Its path: of a rendered one below `/var/vcap/jobs`, so it begins with the job.
    pub path: String,
    /// Whether it is a program.
    pub executable: bool,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// A file that differs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileChange {
    /// Its path.
    pub path: String,
    /// Whether it came, went, or is another.
    pub kind: Kind,
    /// Modes, when they differ.
    pub modes: Option<(&'static str, &'static str)>,
    /// What differs in it.
    pub content: FileContent,
}

/// What differs in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FileContent {
    /// Lines. Nothing of a file that went.
    Text(Vec<Hunk>),
    /// It is no text: how many bytes there were, and are.
    Binary(usize, usize),
}

/// A pair of files that differ, of which lines were not yet compared.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'f> {
    pub(super) path: &'f str,
    pub(super) old: Option<&'f InstanceFile>,
    pub(super) new: Option<&'f InstanceFile>,
}

/// The files that differ, in the order of the new side, then those that went.
pub(super) fn pairs<'f>(old: &'f [InstanceFile], new: &'f [InstanceFile]) -> Vec<Pair<'f>> {
    let by_path: BTreeMap<&str, &InstanceFile> =
        old.iter().map(|file| (file.path.as_str(), file)).collect();
    let paths: BTreeSet<&str> = new.iter().map(|file| file.path.as_str()).collect();
    let come = new.iter().map(|file| Pair {
        path: &file.path,
        old: by_path.get(file.path.as_str()).copied(),
        new: Some(file),
    });
    let gone = old
        .iter()
        .filter(|file| !paths.contains(file.path.as_str()));
    let gone = gone.map(|file| Pair {
        path: &file.path,
        old: Some(file),
        new: None,
    });
    let pairs = come.chain(gone);
    pairs.filter(|pair| pair.old != pair.new).collect()
}

impl Pair<'_> {
    /// What is equal for files that change alike, though they differ elsewhere.
    pub(super) fn likeness(&self) -> Vec<String> {
        let (old, new) = (bytes(self.old), bytes(self.new));
        match (std::str::from_utf8(old), std::str::from_utf8(new)) {
            (Ok(old), Ok(new)) => changed_lines(old, new),
            _ => Vec::new(),
        }
    }

    /// What differs, without secrets; `None` where neither side has the file.
    pub(super) fn change(&self, masker: &Masker) -> Option<FileChange> {
        let kind = Kind::of(self.old, self.new)?;
        let mode = |file: &InstanceFile| if file.executable { "0750" } else { "0640" };
        let modes = match (self.old, self.new) {
            (Some(old), Some(new)) if old.executable != new.executable => {
                Some((mode(old), mode(new)))
            }
            _ => None,
        };
        Some(FileChange {
            path: masker.mask(self.path),
            kind,
            modes,
            content: self.content(masker),
        })
    }

    fn content(&self, masker: &Masker) -> FileContent {
        let (old, new) = (bytes(self.old), bytes(self.new));
        match (std::str::from_utf8(old), std::str::from_utf8(new)) {
            (Ok(_), Ok(_)) if self.new.is_none() => FileContent::Text(Vec::new()),
            (Ok(old), Ok(new)) if !old.contains('\0') && !new.contains('\0') => {
                FileContent::Text(hunks(old, new, masker))
            }
            _ => FileContent::Binary(old.len(), new.len()),
        }
    }
}

fn bytes(file: Option<&InstanceFile>) -> &[u8] {
    file.map_or(&[], |file| file.content.as_slice())
}
