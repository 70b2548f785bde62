//! `create-release PATH`: a tarball of a release that exists, as a manifest, a tarball, or a release directory.
//!
//! A directory stands for the last version, dev or final, that was made in it. The official CLI refuses one.
//! Archives of a manifest come from the cache, the blobstore, or the sources here when they still have the same
//! fingerprint. Packages of jobs are kept (the official CLI loses them when it reads a manifest), so a final
//! release's tarball can be made again from its manifest, byte for byte.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::archives::{Archived, Archives};
use super::blobs::BlobsIndex;
use super::build::{place, write_tarball};
use super::changes::Staged;
use super::contents;
use super::directory::{Kind, Stage};
use super::events::Report;
use super::fingerprint::Fingerprint;
use super::known_digests::KnownDigests;
use super::local::LocalRelease;
use super::manifest::{Entry, ReleaseManifest};
use super::name::Name;
use super::package::Contents;
use super::plain_file;
use super::resource::Resource;
use super::tarball::{self, ReleaseTarball};

/// Reads the release at `path` and writes its tarball to `tarball`, when that is given.
pub fn repack(
    local: &LocalRelease,
    path: &Path,
    tarball: Option<&Path>,
    report: Report<'_>,
) -> Result<(ReleaseManifest, Option<PathBuf>)> {
    if is_manifest(path)? {
        return from_manifest(local, path, tarball, report);
    }
    from_tarball(local, path, tarball)
}

/// Writes the tarball of the last release that was made in the directory of `local`.
pub fn repack_last(
    local: &LocalRelease,
    tarball: Option<&Path>,
    report: Report<'_>,
) -> Result<(ReleaseManifest, Option<PathBuf>)> {
    let Some(manifest) = local.last_release()? else {
        bail!(
            "No release was made in '{0}' so far; make one with `bosh-release create-release --dir {0}`",
            local.directory.root().display()
        );
    };
    write_from(local, manifest, tarball, report)
}

fn from_tarball(
    local: &LocalRelease,
    path: &Path,
    tarball: Option<&Path>,
) -> Result<(ReleaseManifest, Option<PathBuf>)> {
    let opened = ReleaseTarball::open(path, &local.directory.temporary())?;
    opened.verify_digests()?;
    let target = tarball.map(|tarball| place(tarball, &opened.manifest));
    if let Some(target) = &target {
        let mut staged = Staged::create(target, 0o644)?;
        let members = opened.members();
        // A manifest of another tool may be spelt otherwise; its signature would not hold for ours.
        let signature = opened
            .signature
            .as_deref()
            .filter(|_| opened.manifest.to_yaml() == opened.manifest_text);
        tarball::write(staged.file()?, &opened.manifest, signature, &members)
            .map_err(tarball::WriteError::into_error)?;
        staged.persist()?;
    }
    Ok((opened.manifest.clone(), target))
}

/// A tarball begins with a compressor's or a tar's bytes; everything else is taken for a manifest.
///
/// # Errors
/// What cannot be read.
pub fn is_manifest(path: &Path) -> Result<bool> {
    use std::io::Read;
    let mut start = Vec::new();
    let file =
        plain_file::open(path).with_context(|| format!("Opening file {}", path.display()))?;
    file.take(512)
        .read_to_end(&mut start)
        .with_context(|| format!("Reading file {}", path.display()))?;
    let is_tar = start.get(257..262) == Some(b"ustar");
    Ok(!is_tar && !crate::archive::is_compressed(&start))
}

fn from_manifest(
    local: &LocalRelease,
    path: &Path,
    tarball: Option<&Path>,
    report: Report<'_>,
) -> Result<(ReleaseManifest, Option<PathBuf>)> {
    let manifest = ReleaseManifest::read(path, &path.display().to_string())?;
    write_from(local, manifest, tarball, report)
}

fn write_from(
    local: &LocalRelease,
    manifest: ReleaseManifest,
    tarball: Option<&Path>,
    report: Report<'_>,
) -> Result<(ReleaseManifest, Option<PathBuf>)> {
    let open = || local.blobstore();
    let archives = Archives {
        release: &local.directory,
        store: &open,
        digests: &KnownDigests::none(),
        report,
    };
    let mut sources = None;
    let mut archived = Vec::new();
    for (kind, entries) in [
        (Kind::Job, &manifest.jobs),
        (Kind::Package, &manifest.packages),
    ] {
        for entry in entries {
            archived.push(find(local, &archives, &mut sources, kind, entry)?);
        }
    }
    if let (Some(license), Some(name)) = (&manifest.license, Name::parse("license")) {
        let entry = Entry {
            name,
            fingerprint: license.fingerprint.clone(),
            digest: license.digest.clone(),
            packages: Vec::new(),
        };
        archived.push(find(local, &archives, &mut sources, Kind::License, &entry)?);
    }
    let target = tarball.map(|tarball| place(tarball, &manifest));
    if let Some(target) = &target {
        write_tarball(&archives, target, &manifest, None, &mut archived)?.persist()?;
    }
    Ok((manifest, target))
}

/// The archives of all jobs of a manifest, in the cache.
///
/// # Errors
/// The first that can neither be downloaded nor packed again.
pub fn job_archives(
    local: &LocalRelease,
    manifest: &ReleaseManifest,
    report: Report<'_>,
) -> Result<BTreeMap<Name, PathBuf>> {
    let open = || local.blobstore();
    let archives = Archives {
        release: &local.directory,
        store: &open,
        digests: &KnownDigests::none(),
        report,
    };
    let mut sources = None;
    let mut found = BTreeMap::new();
    for entry in &manifest.jobs {
        let mut archived = find(local, &archives, &mut sources, Kind::Job, entry)?;
        found.insert(entry.name.clone(), archives.verified(&mut archived)?);
    }
    Ok(found)
}

/// Resources of the directory by fingerprint; read when the first archive is missing.
type Sources = BTreeMap<(Kind, Fingerprint), super::resource::Fingerprinted>;

fn find(
    local: &LocalRelease,
    archives: &Archives<'_>,
    sources: &mut Option<Sources>,
    kind: Kind,
    entry: &Entry,
) -> Result<Archived> {
    let final_build = archives
        .index(Stage::Final, kind, &entry.name)?
        .find(&entry.fingerprint)
        .filter(|build| build.digest == entry.digest)
        .cloned();
    let mut archived = Archived {
        kind,
        name: entry.name.clone(),
        fingerprint: entry.fingerprint.clone(),
        digest: entry.digest.clone(),
        packages: entry.packages.clone(),
        source: None,
        final_build,
        is_new: false,
    };
    if archives.cached(&entry.digest).is_file() {
        return Ok(archived);
    }
    if sources.is_none() {
        *sources = Some(read_sources(local).unwrap_or_default());
    }
    let key = (kind, entry.fingerprint.clone());
    archived.source = sources
        .as_ref()
        .and_then(|sources| sources.get(&key))
        .cloned();
    archives.obtain(&mut archived)?;
    if archived.digest != entry.digest {
        bail!(
            "'{}' was packed again from its source because its archive cannot be had: the manifest records the digest \
             '{}', but the new archive has '{}'",
            archived.label(),
            entry.digest,
            archived.digest
        );
    }
    Ok(archived)
}

fn read_sources(local: &LocalRelease) -> Result<Sources> {
    let known = BlobsIndex::read(&local.directory)?.known(&local.directory, &local.tool.upstreams);
    let contents = contents::read(&local.directory, &known)?;
    let packages = contents
        .packages
        .into_iter()
        .filter_map(|package| match package {
            Contents::Sources(resource) => Some(resource),
            Contents::Vendored(_) => None,
        });
    let resources: Vec<Resource> = packages
        .chain(contents.jobs)
        .chain(contents.license)
        .collect();
    let mut sources = BTreeMap::new();
    for resource in resources {
        let mut one = resource.fingerprint(&KnownDigests::none())?;
        one.resource.let_go();
        sources.insert((one.resource.kind, one.fingerprint.clone()), one);
    }
    Ok(sources)
}
