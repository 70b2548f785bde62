//! The release tarball: what `bosh upload-release` takes.
//!
//! Members, in this order: `release.MF`, `release.MF.sig` (signed releases), `jobs/`, `packages/`, `compiled_packages/`,
//! `license.tgz`, `LICENSE*`, `NOTICE*`. Modes, owners and times are constant, so equal releases are equal bytes.
//! Archives are compressed already and are stored as they are. Tarballs of others are untrusted: they are laid out
//! in a fresh directory, within limits, and nothing in them is followed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use tempfile::TempDir;

use super::archives::{Hashing, storing};
use super::checksum;
use super::license::is_license_name;
use super::manifest::ReleaseManifest;
use super::plain_file;
use crate::archive::{self, ArchiveWriter, Compression, Entry, Limits, Links, Store};
use crate::digest::Digest;

/// The manifest in a tarball.
pub const MANIFEST: &str = "release.MF";
/// Its signature.
pub const SIGNATURE: &str = "release.MF.sig";
/// Most bytes of a signature that are read; real ones have under 2,000.
pub const MAX_SIGNATURE: usize = 1 << 20;
/// The license archive.
pub const LICENSE: &str = "license.tgz";

/// An archive on its way into a tarball.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its path in the tarball: `jobs/web.tgz`.
    pub name: String,
    /// Where it is now.
    pub path: PathBuf,
    /// What it must have.
    pub digest: Digest,
}

/// Why a tarball could not be written.
#[derive(Debug)]
pub enum WriteError {
    /// This archive (index in the list) is lost or damaged; others may be as well.
    Stale(usize),
    /// The world.
    Other(anyhow::Error),
}

impl From<anyhow::Error> for WriteError {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl WriteError {
    /// As an error, when nothing can be brought back.
    pub fn into_error(self) -> anyhow::Error {
        match self {
            Self::Stale(index) => anyhow!("archive {index} is damaged or gone"),
            Self::Other(error) => error,
        }
    }
}

/// Writes a tarball. `members` are sorted into their groups already; the license comes last.
pub fn write(
    out: &mut File,
    manifest: &ReleaseManifest,
    signature: Option<&str>,
    members: &[Member],
) -> Result<(), WriteError> {
    let compression = if manifest.no_compression {
        Compression::None
    } else {
        Compression::Gzip
    };
    let buffered = BufWriter::with_capacity(1 << 18, out);
    let mut writer = ArchiveWriter::new(buffered, compression).map_err(anyhow::Error::from)?;
    text(&mut writer, MANIFEST, &manifest.to_yaml())?;
    if let Some(signature) = signature {
        text(&mut writer, SIGNATURE, signature)?;
    }
    let mut directories = BTreeSet::new();
    for (index, member) in members.iter().enumerate() {
        if let Some((directory, _)) = member.name.split_once('/')
            && directories.insert(directory.to_owned())
        {
            let name = format!("{directory}/");
            writer
                .directory(name.as_bytes())
                .map_err(anyhow::Error::from)?;
        }
        copy_member(&mut writer, member, index)?;
    }
    if let Some(license) = members.iter().find(|member| member.name == LICENSE) {
        unpack_license(&mut writer, &license.path)?;
    }
    let mut buffered = writer.finish().map_err(anyhow::Error::from)?;
    buffered.flush().map_err(anyhow::Error::from)?;
    Ok(())
}

fn text<W: Write>(writer: &mut ArchiveWriter<W>, name: &str, text: &str) -> Result<()> {
    let size = text.len() as u64;
    Ok(writer.file(
        name.as_bytes(),
        0o644,
        size,
        &mut text.as_bytes(),
        Store::Compressed,
    )?)
}

/// Copies an archive and compares its digest on the way.
fn copy_member<W: Write>(
    writer: &mut ArchiveWriter<W>,
    member: &Member,
    index: usize,
) -> Result<(), WriteError> {
    let Ok(mut file) = File::open(&member.path) else {
        return Err(WriteError::Stale(index));
    };
    let size = file.metadata().map_err(anyhow::Error::from)?.len();
    let store = storing(&mut file).map_err(|_| WriteError::Stale(index))?;
    if member.digest.sha256().is_none() && checksum::verify(&member.digest, &member.path).is_err() {
        return Err(WriteError::Stale(index));
    }
    let mut content = Hashing::new(file);
    writer
        .file(member.name.as_bytes(), 0o600, size, &mut content, store)
        .with_context(|| format!("Copying '{}' into the release tarball", member.name))?;
    let sha256 = content.finish();
    match member.digest.sha256() {
        Some(wanted) if wanted != sha256 => Err(WriteError::Stale(index)),
        _ => Ok(()),
    }
}

/// License files lie beside their archive as well, for people.
fn unpack_license<W: Write>(writer: &mut ArchiveWriter<W>, license: &Path) -> Result<()> {
    let mut files: Vec<(bool, Vec<u8>, u32, Vec<u8>)> = Vec::new();
    let archive = BufReader::new(File::open(license)?);
    archive::read(archive, &license_limits(), &mut |entry, content| {
        if matches!(entry.kind, archive::Kind::File { .. }) && is_license_name(&entry.name) {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes)?;
            let mode = if entry.is_executable() { 0o755 } else { 0o644 };
            files.push((
                entry.name.starts_with(b"NOTICE"),
                entry.name.clone(),
                mode,
                bytes,
            ));
        }
        Ok(())
    })?;
    files.sort();
    for (_, name, mode, bytes) in files {
        let size = bytes.len() as u64;
        writer.file(&name, mode, size, &mut bytes.as_slice(), Store::Compressed)?;
    }
    Ok(())
}

/// Licenses are texts: what is larger than this is none.
fn license_limits() -> Limits {
    Limits {
        entries: 1000,
        total_bytes: 64 << 20,
        file_bytes: 16 << 20,
        links: Links::Any,
        trailing_data: true,
        ..Limits::default()
    }
}

/// A tarball laid out in a temporary directory, which goes with this value.
#[derive(Debug)]
pub struct ReleaseTarball {
    /// Its manifest.
    pub manifest: ReleaseManifest,
    /// The text of the manifest as it is in the tarball.
    pub manifest_text: String,
    /// The text of `release.MF.sig`.
    pub signature: Option<String>,
    directory: TempDir,
}

impl ReleaseTarball {
    /// Lays the tarball at `path` out below `temporary`.
    pub fn open(path: &Path, temporary: &Path) -> Result<Self> {
        let file = plain_file::open(path)
            .with_context(|| format!("Opening release tarball '{}'", path.display()))?;
        fs::create_dir_all(temporary)
            .with_context(|| format!("Creating directory '{}'", temporary.display()))?;
        let directory = tempfile::Builder::new()
            .prefix("bosh-release-tarball")
            .tempdir_in(temporary)
            .with_context(|| format!("Creating a directory in '{}'", temporary.display()))?;
        let limits = Limits {
            links: Links::Refuse,
            ..Limits::default()
        };
        archive::unpack(BufReader::new(file), directory.path(), &limits)
            .with_context(|| format!("Extracting release '{}'", path.display()))?;
        Self::read(directory).with_context(|| format!("Reading release '{}'", path.display()))
    }

    /// Manifest and signature of a tarball that is laid out.
    fn read(directory: TempDir) -> Result<Self> {
        let manifest_path = directory.path().join(MANIFEST);
        if !manifest_path.is_file() {
            bail!("it is no release tarball: it has no {MANIFEST}");
        }
        let source = super::text::read_source(&manifest_path, MANIFEST)?;
        let signature = read_signature(&directory.path().join(SIGNATURE))?;
        Ok(Self {
            manifest: ReleaseManifest::parse(&source)?,
            manifest_text: source.text().to_owned(),
            signature,
            directory,
        })
    }

    /// Where a member is.
    pub fn member(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Where everything is.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// All archives that the manifest lists, in the order of the tarball.
    pub fn members(&self) -> Vec<Member> {
        members(&self.manifest, |name| self.member(name))
    }

    /// Compares the digest of every archive with the manifest.
    pub fn verify_digests(&self) -> Result<()> {
        for member in self.members() {
            if !member.path.is_file() {
                return Err(anyhow!(
                    "the manifest lists '{}', but the tarball does not have it",
                    member.name
                ));
            }
            checksum::verify(&member.digest, &member.path)
                .with_context(|| format!("Checking '{}'", member.name))?;
        }
        Ok(())
    }
}

/// The text of `release.MF.sig`; `None` when there is none. What is no text is no signature either, but it is there:
/// what is not UTF-8 is replaced, and whoever verifies it refuses it.
fn read_signature(path: &Path) -> Result<Option<String>> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = plain_file::read(path, MAX_SIGNATURE)
        .with_context(|| format!("Reading '{SIGNATURE}' in the tarball"))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// All archives of a manifest, in the order of a tarball; `place` says where each is.
pub fn members(manifest: &ReleaseManifest, place: impl Fn(&str) -> PathBuf) -> Vec<Member> {
    let one = |directory: &str, name: &str, digest: &Digest| {
        let name = format!("{directory}/{name}.tgz");
        Member {
            path: place(&name),
            name,
            digest: digest.clone(),
        }
    };
    let jobs = manifest
        .jobs
        .iter()
        .map(|job| one("jobs", job.name.as_str(), &job.digest));
    let packages = manifest
        .packages
        .iter()
        .map(|package| one("packages", package.name.as_str(), &package.digest));
    let compiled = manifest.compiled_packages.iter().map(|compiled| {
        one(
            "compiled_packages",
            compiled.package.name.as_str(),
            &compiled.package.digest,
        )
    });
    let license = manifest.license.iter().map(|license| Member {
        name: LICENSE.to_owned(),
        path: place(LICENSE),
        digest: license.digest.clone(),
    });
    jobs.chain(packages)
        .chain(compiled)
        .chain(license)
        .collect()
}

/// Whether a member name belongs to the unpacked license.
pub fn is_license_member(entry: &Entry) -> bool {
    !entry.name.contains(&b'/') && is_license_name(&entry.name)
}
