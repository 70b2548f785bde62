//! A job, package or license as files: what is fingerprinted and what is packed.
//!
//! The stages are types: a [`Resource`] has files; a [`Fingerprinted`] one also has digests and a fingerprint.
//! An archive exists only behind those (see `build`).

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::checksum;
use super::directory::Kind;
use super::fingerprint::{self, Chunk, Fingerprint, Mode};
use super::name::Name;
use super::plain_file;
use crate::digest::{Sha256, Sha256Writer};

/// What a file holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// The bytes of a file on disk (a link to it is followed).
    File(PathBuf),
    /// A symbolic link that is kept as a link.
    Link(OsString),
    /// A blob that is not here; its digest is known when `blobs.yml` has it as SHA-256.
    Absent(Option<Sha256>),
}

/// One file of a resource.
#[derive(Debug, Clone)]
pub struct ResourceFile {
    /// Its path in the archive, relative, with `/`.
    pub path: PathBuf,
    /// What it holds.
    pub content: Content,
    /// Whether any execute bit is set: then 0755 in the archive, else 0644.
    pub executable: bool,
    /// Whether the mode counts in the fingerprint (not for `packaging`, `pre_packaging` and licenses).
    pub mode_counts: bool,
    /// Whether it comes from `blobs/`, so that `blobs.yml` knows its digest.
    pub blob: bool,
    /// The content, while it is kept in memory between hashing and packing.
    pub held: Option<Vec<u8>>,
}

/// A job, package or license before anything was read.
#[derive(Debug, Clone)]
pub struct Resource {
    /// What it is.
    pub kind: Kind,
    /// Its name; `license` for the license.
    pub name: Name,
    /// Its files, sorted by path.
    pub files: Vec<ResourceFile>,
    /// Packages of a job, dependencies of a package, as written in the spec.
    pub packages: Vec<Name>,
    /// `no_compression` of a package: a plain tar.
    pub plain: bool,
    /// `pre_packaging`, which runs over the staged files before they are packed.
    pub pre_packaging: Option<PathBuf>,
}

/// A resource with the digests of its files.
#[derive(Debug, Clone)]
pub struct Fingerprinted {
    /// The resource.
    pub resource: Resource,
    /// One digest for each file, in the same order.
    pub digests: Vec<Sha256>,
    /// The fingerprint they make.
    pub fingerprint: Fingerprint,
}

/// A package of at most this many bytes is read into memory when it is hashed, so that packing it
/// does not read its files again.
const HELD_IN_MEMORY: u64 = 8 << 20;

impl ResourceFile {
    /// What counts in the fingerprint as its mode.
    pub fn mode(&self) -> Mode {
        match (&self.content, self.mode_counts, self.executable) {
            (_, false, _) => Mode::Uncounted,
            (Content::Link(_), true, _) => Mode::Link,
            (_, true, true) => Mode::Executable,
            (_, true, false) => Mode::Plain,
        }
    }

    /// The bytes it holds, as a stream; a link is its target's text.
    pub fn open(&self) -> Result<Box<dyn Read + '_>> {
        if let Some(bytes) = &self.held {
            return Ok(Box::new(bytes.as_slice()));
        }
        Ok(match &self.content {
            Content::File(path) => Box::new(
                plain_file::open(path)
                    .with_context(|| format!("Opening file {}", path.display()))?,
            ),
            Content::Link(target) => Box::new(target.as_encoded_bytes()),
            Content::Absent(None) => anyhow::bail!(
                "Blob '{}' is not in blobs/, and config/blobs.yml has no SHA-256 digest of it; `bosh-release sync-blobs` brings it",
                self.path.display()
            ),
            Content::Absent(_) => anyhow::bail!(
                "Blob '{}' is not in blobs/; `bosh-release sync-blobs` brings it",
                self.path.display()
            ),
        })
    }

    /// How many bytes it holds.
    pub fn size(&self) -> Result<u64> {
        if let Some(bytes) = &self.held {
            return Ok(bytes.len() as u64);
        }
        Ok(match &self.content {
            Content::File(path) => size_of(path)?,
            Content::Link(target) => target.len() as u64,
            Content::Absent(_) => 0,
        })
    }

    /// The digest of what it holds.
    fn digest(&self) -> Result<Sha256> {
        if let Content::Absent(Some(digest)) = &self.content {
            return Ok(*digest);
        }
        if let Some(bytes) = &self.held {
            return Ok(Sha256::of(bytes));
        }
        let mut content = self.open()?;
        let mut hashed = Sha256Writer::new(io::sink());
        checksum::copy(&mut content, &mut hashed)
            .with_context(|| format!("Fingerprinting file '{}'", self.path.display()))?;
        Ok(hashed.finish().1)
    }
}

/// Sorts files as they are packed and hashed: by the bytes of their whole path.
pub fn sort_files(files: &mut [ResourceFile]) {
    files.sort_by(|a, b| {
        let (a, b) = (a.path.as_os_str(), b.path.as_os_str());
        a.as_encoded_bytes().cmp(b.as_encoded_bytes())
    });
}

fn size_of(path: &Path) -> Result<u64> {
    let found =
        std::fs::metadata(path).with_context(|| format!("Opening file {}", path.display()))?;
    Ok(found.len())
}

impl Resource {
    /// `NAME/` for messages and tables, without the fingerprint.
    pub fn label(&self) -> String {
        match self.kind {
            Kind::License => "license".to_owned(),
            Kind::Job | Kind::Package => format!("{} '{}'", self.kind.word(), self.name),
        }
    }

    /// The fingerprint that `digests` (one for each file) make.
    pub fn fingerprint_of(&self, digests: &[Sha256]) -> Fingerprint {
        let chunks: Vec<Chunk<'_>> = self
            .files
            .iter()
            .zip(digests)
            .map(|(file, digest)| Chunk {
                label: file.path.as_os_str().as_encoded_bytes(),
                digest: digest.to_string(),
                mode: file.mode(),
            })
            .collect();
        let extra: Vec<&str> = match self.kind {
            Kind::Package => self.packages.iter().map(Name::as_str).collect(),
            Kind::Job | Kind::License => Vec::new(),
        };
        fingerprint::calculate(&chunks, &extra)
    }

    /// Reads every file once and fingerprints them; a small resource keeps what it read.
    pub fn fingerprint(mut self) -> Result<Fingerprinted> {
        self.hold_small_files()?;
        let digests = self
            .files
            .iter()
            .map(ResourceFile::digest)
            .collect::<Result<Vec<_>>>()
            .with_context(|| format!("Fingerprinting {}", self.label()))?;
        let fingerprint = self.fingerprint_of(&digests);
        Ok(Fingerprinted {
            resource: self,
            digests,
            fingerprint,
        })
    }

    /// Lets go of what was kept in memory.
    pub fn let_go(&mut self) {
        for file in &mut self.files {
            file.held = None;
        }
    }

    fn hold_small_files(&mut self) -> Result<()> {
        let mut sizes = Vec::with_capacity(self.files.len());
        let mut total = 0;
        for file in &self.files {
            let size = file.size()?;
            total += size;
            if total > HELD_IN_MEMORY {
                return Ok(());
            }
            sizes.push(size);
        }
        for (file, size) in self.files.iter_mut().zip(sizes) {
            if let Content::File(path) = &file.content {
                file.held = Some(read_bounded(path, size)?);
            }
        }
        Ok(())
    }
}

/// All bytes of a file that was small a moment ago; one that grows meanwhile is an error rather than a flood.
fn read_bounded(path: &Path, size: u64) -> Result<Vec<u8>> {
    // One byte more, so that the end is seen without growing.
    let mut bytes = Vec::with_capacity(usize::try_from(size + 1)?);
    let opened =
        plain_file::open(path).with_context(|| format!("Opening file {}", path.display()))?;
    opened
        .take(HELD_IN_MEMORY + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("Reading file {}", path.display()))?;
    if bytes.len() as u64 > HELD_IN_MEMORY {
        return Err(io::Error::other("the file grew while it was read").into());
    }
    Ok(bytes)
}
