//! `finalize-release`: a tarball that was made elsewhere becomes a final release of this directory.
//!
//! As in the official CLI its own version is not used, and compiled packages are not uploaded.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::archives::{Archived, Archives};
use super::build::{final_tarball, refuse_modifications};
use super::changes::Changes;
use super::checksum;
use super::directory::{Kind, Stage};
use super::events::Report;
use super::known_digests::KnownDigests;
use super::local::LocalRelease;
use super::manifest::ReleaseManifest;
use super::name::Name;
use super::publish::{FinalSigning, Publication};
use super::tarball::ReleaseTarball;
use super::version::ReleaseVersion;
use crate::digest::Digest;
use crate::git;

/// What is asked for.
#[derive(Debug, Default)]
pub struct FinalizeOptions {
    /// Instead of the tarball's name.
    pub name: Option<Name>,
    /// Instead of the next final version.
    pub version: Option<ReleaseVersion>,
    /// Whether uncommitted changes are accepted.
    pub force: bool,
}

/// Finalizes the tarball at `path`; returns the new manifest and where its tarball is, when one is configured.
pub fn finalize(
    local: &LocalRelease,
    path: &Path,
    options: &FinalizeOptions,
    signing: &mut dyn FinalSigning,
    report: Report<'_>,
) -> Result<(ReleaseManifest, Option<PathBuf>)> {
    let tarball = ReleaseTarball::open(path, &local.directory.temporary())?;
    tarball.verify_digests()?;
    let mut manifest = tarball.manifest.clone();
    if let Some(name) = &options.name {
        manifest.name = name.clone();
    }
    manifest.version = match &options.version {
        Some(version) => version.clone(),
        None => ReleaseVersion::next_final(local.versions(Stage::Final, &manifest.name)?.last())?,
    };
    let status = git::status(local.directory.root())?;
    refuse_modifications(&status.modifications, options.force)?;

    let open = || local.blobstore();
    let archives = Archives {
        release: &local.directory,
        store: &open,
        digests: &KnownDigests::none(),
        report,
    };
    let mut archived = take_archives(&archives, &tarball, &mut manifest)?;
    // A compiled release has archives that are kept nowhere, so no tarball can be made of the final one again.
    let target = manifest
        .compiled_packages
        .is_empty()
        .then(|| final_tarball(local, None, &manifest))
        .flatten();
    let mut publication = Publication::new(local, &archives, signing);
    let changes = Changes::of_release(local.directory.root());
    let target = publication.publish(&manifest, &mut archived, target, changes)?;
    Ok((manifest, target))
}

/// Puts the tarball's archives into the cache. A fingerprint that is final already keeps its final archive.
fn take_archives(
    archives: &Archives<'_>,
    tarball: &ReleaseTarball,
    manifest: &mut ReleaseManifest,
) -> Result<Vec<Archived>> {
    let mut archived = Vec::new();
    for (kind, entries) in [
        (Kind::Job, &mut manifest.jobs),
        (Kind::Package, &mut manifest.packages),
    ] {
        for entry in entries {
            let member = tarball.member(&format!("{}/{}.tgz", kind.directory(), entry.name));
            let one = Archived {
                kind,
                name: entry.name.clone(),
                fingerprint: entry.fingerprint.clone(),
                digest: entry.digest.clone(),
                packages: entry.packages.clone(),
                source: None,
                final_build: None,
                is_new: false,
            };
            archived.push(take(archives, one, &member, &mut entry.digest)?);
        }
    }
    if let (Some(license), Some(name)) = (&mut manifest.license, Name::parse("license")) {
        let one = Archived {
            kind: Kind::License,
            name,
            fingerprint: license.fingerprint.clone(),
            digest: license.digest.clone(),
            packages: Vec::new(),
            source: None,
            final_build: None,
            is_new: false,
        };
        archived.push(take(
            archives,
            one,
            &tarball.member(super::tarball::LICENSE),
            &mut license.digest,
        )?);
    }
    Ok(archived)
}

fn take(
    archives: &Archives<'_>,
    mut one: Archived,
    member: &Path,
    listed: &mut Digest,
) -> Result<Archived> {
    let index = archives.index(Stage::Final, one.kind, &one.name)?;
    if let Some(build) = index.find(&one.fingerprint).cloned() {
        *listed = build.digest.clone();
        one.digest = build.digest.clone();
        one.final_build = Some(build);
    }
    if checksum::verify(&one.digest, member).is_ok() {
        archives.keep(member, &one.digest)?;
    }
    Ok(one)
}
