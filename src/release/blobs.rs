//! Blobs: large files that are not in git. `config/blobs.yml` knows them, `blobs/` holds copies.
//!
//! ```yaml
//! golang/go1.5.1.linux-amd64.tar.gz:
//!   size: 77875767
//!   object_id: 36764f38-6274-4a5d-8faa-26c31a745cb2
//!   sha: 46eecd290d8803887dec718c691cc243f2175fe0
//! ```
//!
//! A blob without `object_id` is not in the blobstore yet; it is here, or an upstream of `config/bosh-release.yml` has it.
//! Whatever it comes from, `sha` decides. Unlike the official CLI we leave files alone that `blobs.yml` does not know.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use rayon::prelude::*;

use super::changes::{self, Changes, Staged};
use super::checksum;
use super::directory::ReleaseDirectory;
use super::events::{Change, Direction, Event, Report, Step};
use super::known_digests::{KnownDigests, Stamp};
use super::spec::inner_path;
use super::text::read_document;
use crate::blobstore::{self, Blobstore};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::digest::{Digest, Sha256, Sha256Writer};
use crate::upstream::{self, Upstream};
use crate::yaml::{self, Node, Value};

/// One entry of `blobs.yml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Blob {
    /// Below `blobs/`, with `/`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Its id in the blobstore; `None` while it is only local.
    pub object_id: Option<String>,
    /// Of its content.
    pub digest: Digest,
}

/// `config/blobs.yml`, by path.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BlobsIndex {
    blobs: BTreeMap<String, Blob>,
}

/// What a package's globs may select of a blob.
#[derive(Debug, Clone)]
pub struct KnownBlob {
    /// Its digest, when `blobs.yml` has it as SHA-256.
    pub sha256: Option<Sha256>,
    /// Whether a file is there.
    pub present: bool,
    /// Whether the blobstore or an upstream has it, so that a wrong copy can be replaced.
    pub replaceable: bool,
}

impl BlobsIndex {
    /// Reads `config/blobs.yml`, which must exist.
    pub fn read(release: &ReleaseDirectory) -> Result<Self> {
        let path = release.blobs_index();
        let (source, root) =
            read_document(&path, &release.shown(&path)).context("Reading blobs index")?;
        if !root.is_null() && root.kind_name() != "a map" {
            let message = format!("Expected a map of blobs, not {}", root.kind_name());
            return Err(
                Diagnostics::from(Diagnostic::error(message).at(&source, root.span, "")).into(),
            );
        }
        let mut blobs = BTreeMap::new();
        let mut faults = Vec::new();
        for (path, node, entry) in root.entries() {
            match read_blob(&path, entry) {
                Ok(blob) => {
                    blobs.insert(path, blob);
                }
                Err(message) => faults.push(Diagnostic::error(message).at(&source, node.span, "")),
            }
        }
        Diagnostics::from_list(faults)?;
        Ok(Self { blobs })
    }

    /// All blobs, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = &Blob> {
        self.blobs.values()
    }

    /// The blob at `path`.
    pub fn get(&self, path: &str) -> Option<&Blob> {
        self.blobs.get(path)
    }

    /// The bytes of the file.
    pub fn to_yaml(&self) -> String {
        let entries = self.blobs.values().map(|blob| {
            let mut fields = vec![(
                "size",
                Value::from(i64::try_from(blob.size).unwrap_or(i64::MAX)),
            )];
            if let Some(id) = &blob.object_id {
                fields.push(("object_id", Value::from(id.as_str())));
            }
            fields.push(("sha", Value::from(blob.digest.to_string())));
            (Value::from(blob.path.as_str()), Value::map(fields))
        });
        let mut entries: Vec<(Value, Value)> = entries.collect();
        yaml::sort_keys(&mut entries);
        yaml::write(&Value::Mapping(entries))
    }

    /// What packages may select, and whether it is there.
    pub fn known(
        &self,
        release: &ReleaseDirectory,
        upstreams: &BTreeMap<String, Vec<Upstream>>,
    ) -> BTreeMap<String, KnownBlob> {
        let known = |blob: &Blob| KnownBlob {
            sha256: blob.digest.sha256(),
            present: release.blobs().join(&blob.path).is_file(),
            replaceable: blob.object_id.is_some() || upstreams.contains_key(&blob.path),
        };
        self.iter()
            .map(|blob| (blob.path.clone(), known(blob)))
            .collect()
    }
}

fn read_blob(path: &str, entry: &Node) -> Result<Blob, String> {
    check_path(path)?;
    let text = |key: &str| {
        entry
            .get(key)
            .and_then(Node::as_str)
            .filter(|text| !text.is_empty())
    };
    let digest =
        text("sha").ok_or_else(|| format!("Expected blob '{path}' to have a digest ('sha')"))?;
    let size = match entry.get("size").filter(|size| !size.is_null()) {
        None => Some(0),
        Some(size) => size.as_i64().and_then(|size| u64::try_from(size).ok()),
    };
    Ok(Blob {
        path: path.to_owned(),
        size: size
            .ok_or_else(|| format!("Expected the size of blob '{path}' to be a number of bytes"))?,
        object_id: text("object_id"),
        digest: Digest::parse(&digest).map_err(|error| format!("Blob '{path}': {error}"))?,
    })
}

/// A path below `blobs/`, written plainly.
fn check_path(path: &str) -> Result<(), String> {
    match inner_path(path) {
        Some(_) if !path.split('/').any(|part| part == "..") => Ok(()),
        _ => Err(format!(
            "Invalid blob path '{path}': must be a safe local path"
        )),
    }
}

/// `add-blob`: copies `file` to `blobs/PATH` and notes it; an entry of that path is replaced.
pub fn add(release: &ReleaseDirectory, file: &Path, path: &str) -> Result<()> {
    let mut content =
        File::open(file).with_context(|| format!("Opening blob '{}'", file.display()))?;
    check_path(path)
        .map_err(|message| anyhow!(message))
        .context("Tracking blob")?;
    if release.blobs().join(path).is_dir() {
        let taken =
            anyhow!("'blobs/{path}' is a directory; give the blob a path that is not taken");
        return Err(taken.context("Tracking blob"));
    }
    let mut index = BlobsIndex::read(release)?;
    let mut staged = Staged::create(&release.blobs().join(path), 0o644)?;
    let mut hashed = Sha256Writer::new(staged.file()?);
    let size = checksum::copy(&mut content, &mut hashed)
        .with_context(|| format!("Reading blob '{}'", file.display()))?;
    let digest = Digest::from(hashed.finish().1);
    index.blobs.insert(
        path.to_owned(),
        Blob {
            path: path.to_owned(),
            size,
            object_id: None,
            digest,
        },
    );
    let mut changes = Changes::of_release(release.root());
    changes.add(staged);
    changes.write(&release.blobs_index(), index.to_yaml().as_bytes())?;
    changes.commit()
}

/// `remove-blob`: removes file and entry; says whether there was an entry.
pub fn remove(release: &ReleaseDirectory, path: &str) -> Result<bool> {
    check_path(path)
        .map_err(|message| anyhow!(message))
        .context("Untracking blob")?;
    let mut index = BlobsIndex::read(release)?;
    let known = index.blobs.remove(path).is_some();
    let mut changes = Changes::of_release(release.root());
    if known {
        changes.write(&release.blobs_index(), index.to_yaml().as_bytes())?;
    }
    changes.remove(&release.blobs().join(path));
    changes.commit()?;
    Ok(known)
}

/// `upload-blobs`: every blob without object id goes to the blobstore; the index is saved after each.
pub fn upload(
    release: &ReleaseDirectory,
    store: &dyn Fn() -> Result<Box<dyn Blobstore>>,
    report: Report<'_>,
) -> Result<()> {
    let mut index = BlobsIndex::read(release)?;
    let pending: Vec<Blob> = index
        .iter()
        .filter(|blob| blob.object_id.is_none())
        .cloned()
        .collect();
    if pending.is_empty() {
        return Ok(());
    }
    let store = store()?;
    for mut blob in pending {
        let event = |step, id: &str| transfer(report, Direction::Upload, step, &blob, id);
        event(Step::Started, "");
        let file = release.blobs().join(&blob.path);
        let uploaded = verify(&file, &blob).and_then(|()| blobstore::upload(store.as_ref(), &file));
        match uploaded {
            Ok(id) => {
                event(Step::Finished, &id);
                blob.object_id = Some(id.clone());
                index.blobs.insert(blob.path.clone(), blob);
                changes::write(&release.blobs_index(), index.to_yaml().as_bytes()).inspect_err(
                    |_| {
                        // Nothing refers to it.
                        blobstore::delete(store.as_ref(), &id).ok();
                    },
                )?;
            }
            Err(error) => {
                event(Step::Failed, "");
                return Err(error.context(format!("Creating blob for path '{}'", blob.path)));
            }
        }
    }
    Ok(())
}

fn transfer(report: Report<'_>, direction: Direction, step: Step, blob: &Blob, id: &str) {
    report(Event::BlobTransfer {
        direction,
        step,
        path: &blob.path,
        size: blob.size,
        id,
        digest: &blob.digest,
    });
}

/// How thoroughly copies that are there are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The whole content.
    Digest,
    /// Only the size, where `blobs.yml` has a SHA-256: whoever reads the content afterwards compares it anyway.
    /// Else the digest, unless it is known.
    Size,
}

/// What `sync` works with.
pub struct Sync<'a> {
    /// The release.
    pub release: &'a ReleaseDirectory,
    /// Opens the blobstore, when it is needed.
    pub store: &'a (dyn Fn() -> Result<Box<dyn Blobstore>> + std::marker::Sync),
    /// From `config/bosh-release.yml`.
    pub upstreams: &'a BTreeMap<String, Vec<Upstream>>,
    /// Digests of copies, for [`Check::Size`].
    pub digests: &'a KnownDigests,
    /// Who is told.
    pub report: Report<'a>,
}

/// `sync-blobs`: brings every blob that is missing or wrong here, in parallel.
///
/// All failures are reported together; what arrived stays.
pub fn sync(sync: &Sync<'_>, index: &BlobsIndex, check: Check) -> Result<()> {
    refuse_links(sync.release)?;
    let wanted: Vec<&Blob> = index
        .iter()
        .filter(|blob| blob.object_id.is_some() || sync.upstreams.contains_key(&blob.path))
        .collect();
    let made = missing_directories(sync.release, &wanted);
    let failures: Vec<anyhow::Error> = wanted
        .par_iter()
        .filter_map(|blob| bring(sync, blob, check).err())
        .collect();
    if !failures.is_empty() {
        for directory in made.iter().rev() {
            // What holds blobs stays.
            fs::remove_dir(directory).ok();
        }
    }
    match failures.len() {
        0 => Ok(()),
        1 => Err(failures
            .into_iter()
            .next()
            .unwrap_or_else(|| anyhow!("no failure"))),
        _ => {
            let shown: Vec<String> = failures.iter().map(|error| format!("{error:#}")).collect();
            bail!(
                "{} blobs could not be had:\n{}",
                shown.len(),
                shown.join("\n")
            )
        }
    }
}

/// Directories that bringing `blobs` makes, outer ones before inner ones.
fn missing_directories(release: &ReleaseDirectory, blobs: &[&Blob]) -> BTreeSet<PathBuf> {
    let targets = blobs.iter().map(|blob| release.blobs().join(&blob.path));
    targets
        .flat_map(|target| changes::missing_directories(target.parent().unwrap_or(Path::new("."))))
        .collect()
}

fn bring(sync: &Sync<'_>, blob: &Blob, check: Check) -> Result<()> {
    let target = sync.release.blobs().join(&blob.path);
    let here = match check {
        Check::Size => looks_right(&target, blob, sync.digests),
        Check::Digest => target.is_file() && verify(&target, blob).is_ok(),
    };
    if here {
        return Ok(());
    }
    let id = blob.object_id.as_deref().unwrap_or("upstream");
    transfer(sync.report, Direction::Download, Step::Started, blob, id);
    match download(sync, blob, &target) {
        Ok(()) => {
            transfer(sync.report, Direction::Download, Step::Finished, blob, id);
            Ok(())
        }
        Err(error) => {
            transfer(sync.report, Direction::Download, Step::Failed, blob, id);
            Err(error.context(format!("Getting blob '{id}' for path '{}'", blob.path)))
        }
    }
}

/// What [`Check::Size`] looks at.
fn looks_right(target: &Path, blob: &Blob, known: &KnownDigests) -> bool {
    let Some(stamp) = Stamp::of(target).filter(|stamp| stamp.size() == blob.size) else {
        return false;
    };
    let is_recorded = |digest: &Digest| blob.digest.verify(digest).is_ok();
    if blob.digest.sha256().is_some() || known.find(target, &stamp).is_some_and(|d| is_recorded(&d))
    {
        return true;
    }
    let Ok(digest) = checksum::of_file_as(&blob.digest, target) else {
        return false;
    };
    let here = is_recorded(&digest);
    known.note(target, &stamp, digest);
    here
}

/// From the blobstore, else from one upstream after the other.
fn download(sync: &Sync<'_>, blob: &Blob, target: &Path) -> Result<()> {
    let mut failures = Vec::new();
    if let Some(id) = &blob.object_id {
        match attempt(blob, target, |into| (sync.store)()?.get(id, into)) {
            Ok(()) => return Ok(()),
            Err(error) => failures.push(error),
        }
    }
    for upstream in sync.upstreams.get(&blob.path).into_iter().flatten() {
        match attempt(blob, target, |into| {
            fetch_upstream(sync.report, blob, upstream, into)
        }) {
            Ok(()) => return Ok(()),
            Err(error) => failures.push(error.context(format!("From {upstream}"))),
        }
    }
    Err(failed(blob, failures))
}

/// From one upstream, showing how far it is.
fn fetch_upstream(report: Report<'_>, blob: &Blob, upstream: &Upstream, into: &Path) -> Result<()> {
    let wanted = upstream::Wanted {
        size: Some(blob.size),
        file_name: file_name(&blob.path),
    };
    let progress = |change| {
        report(Event::Progress {
            what: &blob.path,
            change,
        });
    };
    let before = Cell::new(0);
    progress(Change::BeginBytes(blob.size));
    let fetched = upstream::fetch(upstream, &wanted, into, &|now| {
        progress(Change::Advance(now.saturating_sub(before.replace(now))));
    });
    progress(Change::End);
    fetched
}

fn file_name(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// What to do when nothing has the blob.
fn failed(blob: &Blob, failures: Vec<anyhow::Error>) -> anyhow::Error {
    if failures.len() == 1 && blob.object_id.is_some() {
        return failures
            .into_iter()
            .next()
            .unwrap_or_else(|| anyhow!("no failure"));
    }
    let shown: Vec<String> = failures
        .iter()
        .map(|error| format!("- {error:#}"))
        .collect();
    anyhow!(
        "None of its sources has it:\n{}\nPut a file of {} bytes with digest {} to blobs/{} by hand, and run the command again",
        shown.join("\n"),
        blob.size,
        blob.digest,
        blob.path
    )
}

/// Fetches beside the target, verifies, and moves into place.
fn attempt(blob: &Blob, target: &Path, fetch: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let parent = target.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)
        .with_context(|| format!("Creating directory '{}'", parent.display()))?;
    let directory = tempfile::Builder::new()
        .prefix(".fetch-")
        .suffix(changes::SUFFIX)
        .tempdir_in(parent)
        .with_context(|| format!("Creating a directory in '{}'", parent.display()))?;
    let file: PathBuf = directory.path().join("blob");
    fetch(&file)?;
    verify(&file, blob)?;
    fs::rename(&file, target).with_context(|| format!("Moving a blob to '{}'", target.display()))
}

/// Whether `file` holds what `blobs.yml` says.
fn verify(file: &Path, blob: &Blob) -> Result<()> {
    checksum::verify(&blob.digest, file).with_context(|| format!("Checking blob '{}'", blob.path))
}

fn refuse_links(release: &ReleaseDirectory) -> Result<()> {
    for (path, is_link) in walk(&release.blobs()) {
        if is_link {
            bail!(
                "Downloading blobs:\n  Bailing because symlinks found in blobs directory: '{}'. Remove it, or run `bosh-release reset-release`, which empties blobs/.",
                release.shown(&path)
            );
        }
    }
    Ok(())
}

/// Files below `blobs/` that `blobs.yml` does not know: they are left alone and never packed.
pub fn strays(release: &ReleaseDirectory, index: &BlobsIndex) -> Vec<PathBuf> {
    let blobs = release.blobs();
    let known = |path: &Path| {
        let inner = path.strip_prefix(&blobs).ok().and_then(Path::to_str);
        inner.is_some_and(|inner| index.get(inner).is_some())
    };
    let mut strays: Vec<PathBuf> = walk(&blobs)
        .map(|(path, _)| path)
        .filter(|path| !known(path))
        .collect();
    strays.sort();
    strays
}

/// Files and links below a directory; links are not followed, unreadable directories are passed over.
fn walk(root: &Path) -> impl Iterator<Item = (PathBuf, bool)> {
    let mut pending = vec![root.to_path_buf()];
    let mut found = Vec::new();
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => pending.push(entry.path()),
                Ok(kind) => found.push((entry.path(), kind.is_symlink())),
                Err(_) => {}
            }
        }
    }
    found.sort();
    found.into_iter()
}
