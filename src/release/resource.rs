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
use super::known_digests::{KnownDigests, Stamp};
use super::name::Name;
use super::plain_file;
use crate::digest::{Sha256, Sha256Writer};

/// What a file holds.
#[derive(Debug, Clone)]
pub enum Content {
    /// The bytes of a file on disk (a link to it is followed).
    File(PathBuf),
    /// Bytes that are on no disk: what was compiled.
    Generated(Vec<u8>),
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
    /// What the file on disk was when it was selected; nothing is known of a file without.
    pub stamp: Option<Stamp>,
    /// The content, while it is kept in memory between parsing, hashing and packing.
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

/// Files of a resource that must be hashed are kept in memory when they have at most so many bytes together, so that
/// packing does not read them again.
const HELD_IN_MEMORY: u64 = 8 << 20;
/// A file that was parsed is kept when it has at most so many bytes: all jobs of a release are parsed before one is packed.
const HELD_WHEN_PARSED: usize = 1 << 20;

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

    /// The same file, which was read already: `bytes` are all of it.
    #[must_use]
    pub fn holding(mut self, bytes: &[u8]) -> Self {
        self.held = (bytes.len() <= HELD_WHEN_PARSED).then(|| bytes.to_vec());
        self
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
            Content::Generated(bytes) => Box::new(bytes.as_slice()),
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
            Content::Generated(bytes) => bytes.len() as u64,
            Content::Link(target) => target.len() as u64,
            Content::Absent(_) => 0,
        })
    }

    /// The digest of the file on disk, when it is known without reading it.
    fn known(&self, known: &KnownDigests) -> Option<Sha256> {
        match (&self.content, &self.stamp, &self.held) {
            (Content::File(path), Some(stamp), None) => known.find(path, stamp)?.sha256(),
            _ => None,
        }
    }

    /// The file on disk and what it was.
    fn stamped(&self) -> Option<(&Path, &Stamp)> {
        match (&self.content, &self.stamp) {
            (Content::File(path), Some(stamp)) => Some((path, stamp)),
            _ => None,
        }
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

    /// Fingerprints the files: reads each one that `known` does not know, once, and keeps what it read when it is little.
    pub fn fingerprint(mut self, known: &KnownDigests) -> Result<Fingerprinted> {
        let found: Vec<Option<Sha256>> = self.files.iter().map(|file| file.known(known)).collect();
        self.hold(&found)?;
        let digest = |(file, found): (&ResourceFile, Option<Sha256>)| match found {
            Some(digest) => Ok(digest),
            None => file.digest(),
        };
        let digests = (self.files.iter().zip(found).map(digest))
            .collect::<Result<Vec<_>>>()
            .with_context(|| format!("Fingerprinting {}", self.label()))?;
        self.note(&digests, known);
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

    /// Tells `known` the digests of the files, which were read after they were selected.
    pub fn note(&self, digests: &[Sha256], known: &KnownDigests) {
        for (file, digest) in self.files.iter().zip(digests) {
            if let Some((path, stamp)) = file.stamped() {
                known.note(path, stamp, *digest);
            }
        }
    }

    /// Whether it has most probably changed, and is too large to be kept in memory until that is certain.
    pub fn is_large_and_suspect(&self, known: &KnownDigests) -> bool {
        let unread = self.files.iter().filter(|file| file.known(known).is_none());
        let size: u64 = unread.filter_map(|file| Some(file.stamp?.size())).sum();
        size > HELD_IN_MEMORY && known.suspects(self.files.iter().filter_map(ResourceFile::stamped))
    }

    /// Reads the files without a digest into memory, unless they are too large together.
    fn hold(&mut self, found: &[Option<Sha256>]) -> Result<()> {
        let mut unread = Vec::new();
        let mut total = 0;
        for (file, _) in self
            .files
            .iter_mut()
            .zip(found)
            .filter(|(_, found)| found.is_none())
        {
            let size = file.size()?;
            total += size;
            if total > HELD_IN_MEMORY {
                return Ok(());
            }
            unread.push((file, size));
        }
        for (file, size) in unread {
            if let (Content::File(path), None) = (&file.content, &file.held) {
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
