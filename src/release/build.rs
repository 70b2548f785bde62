//! `create-release`: a release directory to archives, manifest, indexes, and a tarball.
//!
//! The order is the official CLI's: name and version, git, blobs, files, archives, manifest, tarball. Unlike it, nothing is
//! written to the release before everything is known to be right, and then all of it at once; `--final` does not make
//! a dev release on the way.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use rayon::prelude::*;

use super::archives::{Archived, Archives, changed_blobs};
use super::blobs::{self, BlobsIndex, Check, KnownBlob};
use super::changes::{self, Changes, Staged};
use super::contents::{self, ReleaseContents};
use super::directory::{Kind, Stage};
use super::events::{Change, Event, Report};
use super::index::Build;
use super::known_digests::KnownDigests;
use super::local::LocalRelease;
use super::manifest::{Entry, LicenseEntry, ReleaseManifest};
use super::name::Name;
use super::package::Contents;
use super::publish::{FinalSigning, Publication};
use super::tarball::{self, Member, WriteError};
use super::version::ReleaseVersion;
use crate::diagnostic::Diagnostic;
use crate::git;

/// What is asked for.
#[derive(Debug, Default)]
pub struct CreateOptions {
    /// Instead of the name in `final.yml`.
    pub name: Option<Name>,
    /// Instead of the next version.
    pub version: Option<ReleaseVersion>,
    /// Unix seconds that replace the counter of a dev version.
    pub timestamp: Option<u64>,
    /// A final release: archives go to the blobstore.
    pub final_release: bool,
    /// Whether uncommitted changes are accepted.
    pub force: bool,
    /// Where the tarball goes; `((name))` and `((version))` are replaced.
    pub tarball: Option<PathBuf>,
}

/// What was made.
#[derive(Debug)]
pub struct Created {
    /// Its manifest.
    pub manifest: ReleaseManifest,
    /// Its tarball, when one was written.
    pub tarball: Option<PathBuf>,
}

/// Builds the release.
pub fn create(
    local: &LocalRelease,
    options: &CreateOptions,
    digests: &KnownDigests,
    signing: &mut dyn FinalSigning,
    report: Report<'_>,
) -> Result<Created> {
    let name = release_name(local, options)?;
    if let Some(directory) = options.tarball.as_deref().and_then(Path::parent) {
        changes::sweep(directory);
    }
    let version = release_version(local, options, &name)?;
    let commit = commit(local, options.force)?;
    let open = || local.blobstore();
    let archives = Archives {
        release: &local.directory,
        store: &open,
        digests,
        report,
    };
    let mut archived = archive_all(local, &archives)?;
    if options.final_release {
        prefer_final_builds(&archives, &mut archived)?;
    }

    let mut changes = Changes::of_release(local.directory.root());
    note_dev_builds(&archives, &archived, &mut changes)?;
    let manifest = manifest(
        name,
        version,
        commit,
        local.config.no_compression,
        &archived,
    );
    let tarball = if options.final_release {
        let mut publication = Publication::new(local, &archives, signing);
        let tarball = final_tarball(local, options.tarball.as_deref(), &manifest);
        publication.publish(&manifest, &mut archived, tarball, changes)?
    } else {
        dev_release(local, &archives, &manifest, &mut archived, options, changes)?
    };
    digests.store();
    Ok(Created { manifest, tarball })
}

fn release_name(local: &LocalRelease, options: &CreateOptions) -> Result<Name> {
    match &options.name {
        Some(name) => Ok(name.clone()),
        None => local
            .config
            .name(&local.directory)
            .context("Check that you're in the top-level of the release directory"),
    }
}

/// The version asked for, which must be new, or the next one.
fn release_version(
    local: &LocalRelease,
    options: &CreateOptions,
    name: &Name,
) -> Result<ReleaseVersion> {
    let dev = local.versions(Stage::Dev, name)?;
    let finals = local.versions(Stage::Final, name)?;
    let taken = if options.final_release { &finals } else { &dev };
    if let Some(version) = &options.version {
        if taken.contains(version) {
            bail!("Release version '{version}' already exists");
        }
        return Ok(version.clone());
    }
    if options.final_release {
        return ReleaseVersion::next_final(finals.last())
            .context("Incrementing last final version");
    }
    let next = ReleaseVersion::next_dev(dev.last(), finals.last())
        .context("Incrementing last dev version")?;
    match options.timestamp {
        Some(seconds) => Ok(next.with_timestamp(seconds)),
        None => Ok(next),
    }
}

/// The commit a release is made from.
#[derive(Debug)]
pub(super) struct Commit {
    hash: String,
    dirty: bool,
}

fn commit(local: &LocalRelease, force: bool) -> Result<Commit> {
    let status = git::status(local.directory.root())?;
    refuse_modifications(&status.modifications, force)?;
    Ok(Commit {
        hash: status.commit,
        dirty: !status.modifications.is_empty(),
    })
}

/// Uncommitted changes are an error unless they are wanted.
pub(super) fn refuse_modifications(modifications: &str, force: bool) -> Result<()> {
    if !force && !modifications.is_empty() {
        bail!("Git repository has local modifications:\n\n{modifications}");
    }
    Ok(())
}

/// Blobs, files, archives. A blob that turns out to be wrong while it is read is brought again, once.
fn archive_all(local: &LocalRelease, archives: &Archives<'_>) -> Result<Vec<Archived>> {
    let index = BlobsIndex::read(&local.directory)?;
    let mut check = Check::Size;
    loop {
        sync(local, archives, &index, check)?;
        let known = index.known(&local.directory, &local.tool.upstreams);
        let contents = contents::read(&local.directory, &known).with_context(|| {
            format!(
                "Building a release from directory '{}'",
                local.directory.root().display()
            )
        })?;
        if check == Check::Size {
            warn(local, archives.report, &contents, &index)?;
        }
        let archived = resolve_all(archives, contents).with_context(|| {
            format!(
                "Building a release from directory '{}'",
                local.directory.root().display()
            )
        })?;
        if !replaceable_blobs_changed(archives.report, &archived, &known) || check == Check::Digest
        {
            return Ok(archived);
        }
        check = Check::Digest;
    }
}

fn sync(
    local: &LocalRelease,
    archives: &Archives<'_>,
    index: &BlobsIndex,
    check: Check,
) -> Result<()> {
    let sync = blobs::Sync {
        release: &local.directory,
        store: archives.store,
        upstreams: &local.tool.upstreams,
        digests: archives.digests,
        report: archives.report,
    };
    blobs::sync(&sync, index, check)
}

/// What people see of the longest part.
const PACKING: &str = "Fingerprinting and packing";

/// Finds or packs all archives, in parallel.
fn resolve_all(archives: &Archives<'_>, contents: ReleaseContents) -> Result<Vec<Archived>> {
    let progress = |change| {
        (archives.report)(Event::Progress {
            what: PACKING,
            change,
        });
    };
    let count =
        contents.packages.len() + contents.jobs.len() + usize::from(contents.license.is_some());
    progress(Change::BeginItems(count as u64));
    let results = resolve_each(archives, contents, &|| progress(Change::Advance(1)));
    progress(Change::End);
    gather(results)
}

fn resolve_each(
    archives: &Archives<'_>,
    contents: ReleaseContents,
    done: &(dyn Fn() + Sync),
) -> Vec<Result<Archived>> {
    let counted = |archived| {
        done();
        archived
    };
    let packages = contents
        .packages
        .into_par_iter()
        .map(|package| match package {
            Contents::Sources(resource) => archives.resolve(resource),
            Contents::Vendored(vendored) => archives.resolve_known(
                Kind::Package,
                &vendored.name,
                &vendored.fingerprint,
                &vendored.packages,
            ),
        });
    let jobs = contents
        .jobs
        .into_par_iter()
        .map(|job| archives.resolve(job));
    let license = contents
        .license
        .into_par_iter()
        .map(|license| archives.resolve(license));
    packages.chain(jobs).chain(license).map(counted).collect()
}

/// All values, or all failures in one error.
fn gather<T>(results: Vec<Result<T>>) -> Result<Vec<T>> {
    let mut values = Vec::new();
    let mut failures = Vec::new();
    for result in results {
        match result {
            Ok(value) => values.push(value),
            Err(failure) => failures.push(failure),
        }
    }
    match failures.len() {
        0 => Ok(values),
        1 => Err(failures.remove(0)),
        _ => {
            let shown: Vec<String> = failures
                .iter()
                .map(|failure| format!("- {failure:#}"))
                .collect();
            bail!("{}", shown.join("\n"))
        }
    }
}

/// Says which blobs are not what `blobs.yml` records; true when one of them can be brought again.
fn replaceable_blobs_changed(
    report: Report<'_>,
    archived: &[Archived],
    known: &std::collections::BTreeMap<String, KnownBlob>,
) -> bool {
    let mut changed: Vec<(String, bool)> = archived
        .iter()
        .filter_map(|archived| archived.source.as_ref())
        .flat_map(|source| changed_blobs(source, known))
        .collect();
    changed.sort();
    changed.dedup();
    for (path, _) in changed.iter().filter(|(_, replaceable)| !replaceable) {
        let message = format!("blobs/{path} is not what config/blobs.yml records");
        let hint = format!(
            "record it with `bosh-release add-blob FILE {path}`, or put the recorded file back"
        );
        report(Event::Warning(Diagnostic::warning(message).hint(hint)));
    }
    changed.iter().any(|(_, replaceable)| *replaceable)
}

fn warn(
    local: &LocalRelease,
    report: Report<'_>,
    contents: &ReleaseContents,
    index: &BlobsIndex,
) -> Result<()> {
    for warning in &contents.warnings {
        report(Event::Warning(warning.clone()));
    }
    let root = local.directory.root();
    let shown = |paths: &[PathBuf]| listed(local, paths);
    let sources = contents::source_files(contents, local.directory.sources());
    let unknown = git::ignored_or_untracked(root, &sources)?;
    if !unknown.is_empty() {
        let message = format!(
            "{} packed files are not in git: {}",
            unknown.len(),
            shown(&unknown)
        );
        let hint = "another clone builds another package; commit them, move them to blobs/, or add them to excluded_files";
        report(Event::Warning(Diagnostic::warning(message).hint(hint)));
    }
    let strays = blobs::strays(&local.directory, index);
    if !strays.is_empty() {
        let message = format!(
            "{} files in blobs/ are not in config/blobs.yml and are left out: {}",
            strays.len(),
            shown(&strays)
        );
        let hint = "add them with `bosh-release add-blob`, or remove them";
        report(Event::Warning(Diagnostic::warning(message).hint(hint)));
    }
    warn_of_double_compression(local, report, contents);
    Ok(())
}

/// Paths for a message: all of a few, the first of many.
fn listed(local: &LocalRelease, paths: &[PathBuf]) -> String {
    const SHOWN: usize = 20;
    let mut names: Vec<String> = paths
        .iter()
        .take(SHOWN)
        .map(|path| local.directory.shown(path))
        .collect();
    if paths.len() > SHOWN {
        names.push(format!("and {} more", paths.len() - SHOWN));
    }
    names.join(", ")
}

fn warn_of_double_compression(
    local: &LocalRelease,
    report: Report<'_>,
    contents: &ReleaseContents,
) {
    if local.config.no_compression {
        return;
    }
    let plain: Vec<&str> = contents
        .packages
        .iter()
        .filter_map(|package| match package {
            Contents::Sources(resource) if resource.plain => Some(resource.name.as_str()),
            _ => None,
        })
        .collect();
    if !plain.is_empty() {
        report(Event::UncompressedPackages(&plain.join(", ")));
    }
}

/// A final release lists what final releases before it listed, also when a dev build of the same fingerprint is here.
fn prefer_final_builds(archives: &Archives<'_>, archived: &mut [Archived]) -> Result<()> {
    for one in archived {
        let Some(build) = one.final_build.clone() else {
            continue;
        };
        one.digest = build.digest;
        if !archives.cached(&one.digest).is_file() {
            archives.obtain(one)?;
        }
    }
    Ok(())
}

/// New archives become known to the dev indexes.
fn note_dev_builds(
    archives: &Archives<'_>,
    archived: &[Archived],
    changes: &mut Changes,
) -> Result<()> {
    for one in archived.iter().filter(|one| one.is_new) {
        let mut index = archives.index(Stage::Dev, one.kind, &one.name)?;
        index.put(Build {
            fingerprint: one.fingerprint.clone(),
            blobstore_id: None,
            digest: one.digest.clone(),
        });
        let path = archives
            .release
            .builds_index(Stage::Dev, one.kind, one.name.as_str());
        changes.write(&path, index.to_yaml().as_bytes())?;
    }
    Ok(())
}

fn manifest(
    name: Name,
    version: ReleaseVersion,
    commit: Commit,
    no_compression: bool,
    archived: &[Archived],
) -> ReleaseManifest {
    let entries = |kind: Kind| -> Vec<Entry> {
        archived
            .iter()
            .filter(|one| one.kind == kind)
            .map(entry)
            .collect()
    };
    let license = archived.iter().find(|one| one.kind == Kind::License);
    ReleaseManifest {
        name,
        version,
        commit_hash: commit.hash,
        uncommitted_changes: commit.dirty,
        jobs: entries(Kind::Job),
        packages: entries(Kind::Package),
        compiled_packages: Vec::new(),
        license: license.map(|one| LicenseEntry {
            fingerprint: one.fingerprint.clone(),
            digest: one.digest.clone(),
        }),
        no_compression,
    }
}

fn entry(archived: &Archived) -> Entry {
    Entry {
        name: archived.name.clone(),
        fingerprint: archived.fingerprint.clone(),
        digest: archived.digest.clone(),
        packages: archived.packages.clone(),
    }
}

/// Manifest and index of a dev release, and its tarball when one is asked for.
fn dev_release(
    local: &LocalRelease,
    archives: &Archives<'_>,
    manifest: &ReleaseManifest,
    archived: &mut [Archived],
    options: &CreateOptions,
    mut changes: Changes,
) -> Result<Option<PathBuf>> {
    let tarball = options.tarball.as_deref().map(|path| place(path, manifest));
    if let Some(path) = &tarball {
        changes.add(write_tarball(archives, path, manifest, None, archived)?);
    }
    note_release(local, Stage::Dev, manifest, &mut changes)?;
    changes.commit()?;
    (archives.report)(Event::AddedRelease {
        stage: Stage::Dev.word(),
        name: manifest.name.as_str(),
        version: &manifest.version.to_string(),
    });
    Ok(tarball)
}

/// Manifest first, then the index that names it.
pub(super) fn note_release(
    local: &LocalRelease,
    stage: Stage,
    manifest: &ReleaseManifest,
    changes: &mut Changes,
) -> Result<()> {
    let name = manifest.name.as_str();
    let path = local
        .directory
        .manifest(stage, name, &manifest.version.to_string());
    changes.write(&path, manifest.to_yaml().as_bytes())?;
    let mut index = local.versions(stage, &manifest.name)?;
    index.add(uuid::Uuid::new_v4().to_string(), manifest.version.clone());
    changes.write(
        &local.directory.releases_index(stage, name),
        index.to_yaml().as_bytes(),
    )
}

/// Replaces `((name))` and `((version))`.
pub fn place(path: &Path, manifest: &ReleaseManifest) -> PathBuf {
    let Some(text) = path.to_str() else {
        // What is not UTF-8 has to stay as it is, so only whole components of such a path can be replaced.
        return path.iter().map(|part| placed(part, manifest)).collect();
    };
    PathBuf::from(filled_in(text, manifest))
}

fn placed(part: &OsStr, manifest: &ReleaseManifest) -> OsString {
    part.to_str()
        .map_or_else(|| part.to_owned(), |text| filled_in(text, manifest).into())
}

fn filled_in(text: &str, manifest: &ReleaseManifest) -> String {
    text.replace("((name))", manifest.name.as_str())
        .replace("((version))", &manifest.version.to_string())
}

/// Where a final release's tarball goes: as asked, else as configured.
pub(super) fn final_tarball(
    local: &LocalRelease,
    asked: Option<&Path>,
    manifest: &ReleaseManifest,
) -> Option<PathBuf> {
    let configured = || {
        let tarball = local.tool.tarball.as_ref()?;
        Some(local.directory.root().join(tarball))
    };
    let path = asked.map(Path::to_path_buf).or_else(configured)?;
    Some(place(&path, manifest))
}

/// Writes a tarball beside its place. An archive that the cache lost or damaged is brought back, and all begins again.
pub(super) fn write_tarball(
    archives: &Archives<'_>,
    path: &Path,
    manifest: &ReleaseManifest,
    signature: Option<&str>,
    archived: &mut [Archived],
) -> Result<Staged> {
    for _ in 0..=archived.len() {
        let mut staged = Staged::create(path, 0o644)?;
        let members = cached_members(archives, manifest);
        match tarball::write(staged.file()?, manifest, signature, &members) {
            Ok(()) => return Ok(staged),
            Err(WriteError::Other(error)) => return Err(error),
            Err(WriteError::Stale(index)) => bring_back(archives, &members[index], archived)?,
        }
    }
    bail!(
        "the archives in '{}' change while they are read",
        archives.release.cache().display()
    )
}

fn cached_members(archives: &Archives<'_>, manifest: &ReleaseManifest) -> Vec<Member> {
    let mut members = tarball::members(manifest, |_| PathBuf::new());
    for member in &mut members {
        member.path = archives.cached(&member.digest);
    }
    members
}

fn bring_back(archives: &Archives<'_>, member: &Member, archived: &mut [Archived]) -> Result<()> {
    let lost = archived
        .iter_mut()
        .find(|one| one.digest == member.digest)
        .with_context(|| format!("nothing is known of the archive of '{}'", member.name))?;
    let recorded = lost.digest.clone();
    archives.obtain(lost)?;
    if lost.digest != recorded {
        bail!(
            "{} was packed again because '{}' is lost or damaged, but the new archive has the digest '{}' \
             where '{recorded}' is recorded; remove its entry from .dev_builds and run the command again",
            lost.label(),
            archives.cached(&recorded).display(),
            lost.digest
        );
    }
    Ok(())
}
