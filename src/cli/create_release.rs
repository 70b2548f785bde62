//! `create-release [PATH]`: the main job of the tool.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result, bail};

use super::context::{Context, Dir, file_path, now};
use super::signer::{FinalSigner, KeyArgs};
use super::tables;
use crate::release::build::{self, CreateOptions};
use crate::release::existing;
use crate::release::known_digests::{KnownDigests, Trust};
use crate::release::local::LocalRelease;
use crate::release::manifest::ReleaseManifest;
use crate::release::name::Name;
use crate::release::version::ReleaseVersion;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  bosh-release create-release                          a dev release: manifest in dev_releases/
  bosh-release create-release --force --tarball r.tgz  with uncommitted changes, and a tarball for `bosh upload-release`
  bosh-release create-release --final                  the next final version: archives in the blobstore, indexes to commit
  bosh-release create-release releases/redis/redis-1.yml --tarball r.tgz   the tarball of a release that exists")]
pub(super) struct Args {
    /// Manifest, tarball or directory of a release: only write its tarball
    #[arg(value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    path: Option<PathBuf>,
    #[command(flatten)]
    dir: Dir,
    /// Name of the release [default: the one in config/final.yml]
    #[arg(long, value_name = "NAME", value_parser = release_name)]
    name: Option<Name>,
    /// Version of the release [default: the next one]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    version: Option<ReleaseVersion>,
    /// Use the time instead of a counter in a dev version
    #[arg(long)]
    timestamp_version: bool,
    /// Make a final release
    #[arg(long = "final")]
    final_release: bool,
    /// Write the release tarball to this file; ((name)) and ((version)) are replaced
    #[arg(long, value_name = "FILE", value_parser = file_path, value_hint = clap::ValueHint::FilePath)]
    tarball: Option<PathBuf>,
    /// Also with changes that are not committed
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    key: KeyArgs,
}

/// A version, for clap.
pub(super) fn version(text: &str) -> Result<ReleaseVersion, String> {
    ReleaseVersion::parse(text).map_err(|error| error.to_string())
}

/// A release name, for clap.
pub(super) fn release_name(text: &str) -> Result<Name, String> {
    Name::parse(text).ok_or_else(|| format!("a Director takes {}", Name::RULE))
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let (local, _exclusive) = context.release_to_change(&args.dir)?;
    let tarball = args.tarball.as_ref().map(|path| context.absolute(path));
    check_parent(tarball.as_deref())?;
    let report = |event: crate::release::events::Event<'_>| context.report(&event);
    let (manifest, archive) = if let Some(path) = &args.path {
        repack(context, &local, path, tarball.as_deref())?
    } else {
        let options = options(args, tarball)?;
        let mut signer = FinalSigner::prepare(context, &local, &args.key, args.final_release)?;
        let digests = known_digests(&local, args.final_release);
        let created = build::create(&local, &options, &digests, &mut signer, &report)?;
        (created.manifest, created.tarball)
    };
    tables::release(
        context.ui,
        &manifest,
        archive.map(|path| path.display().to_string()),
    );
    Ok(())
}

/// What earlier builds hashed. A final release is for good, so it reads every file again.
fn known_digests(local: &LocalRelease, final_release: bool) -> KnownDigests {
    let trust = if final_release {
        Trust::Hints
    } else {
        Trust::Digests
    };
    KnownDigests::read(&local.directory, now(), trust)
}

/// The release that `path` names: a manifest or tarball, or the last one that was made in a directory.
fn repack(
    context: &Context<'_>,
    local: &LocalRelease,
    path: &Path,
    tarball: Option<&Path>,
) -> Result<(ReleaseManifest, Option<PathBuf>)> {
    let path = context.absolute(path);
    let report = |event: crate::release::events::Event<'_>| context.report(&event);
    if path.is_dir() {
        let there = LocalRelease::open(&path, &context.home)?;
        return existing::repack_last(&there, tarball, &report);
    }
    existing::repack(local, &path, tarball, &report)
}

fn options(args: &Args, tarball: Option<PathBuf>) -> Result<CreateOptions> {
    let timestamp = if args.timestamp_version {
        Some(
            now()
                .duration_since(UNIX_EPOCH)
                .context("Reading the clock")?
                .as_secs(),
        )
    } else {
        None
    };
    Ok(CreateOptions {
        name: args.name.clone(),
        version: args.version.clone(),
        timestamp,
        final_release: args.final_release,
        force: args.force,
        tarball,
    })
}

/// A directory that is not there is found now, not after everything was built.
fn check_parent(tarball: Option<&Path>) -> Result<()> {
    let parent = tarball.and_then(Path::parent);
    if let Some(parent) = parent.filter(|parent| !parent.is_dir()) {
        bail!(
            "The directory of the tarball does not exist: '{}'",
            parent.display()
        );
    }
    Ok(())
}
