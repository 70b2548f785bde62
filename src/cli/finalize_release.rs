//! `finalize-release PATH`.

use std::path::PathBuf;

use anyhow::Result;

use super::context::{Context, Dir};
use super::create_release::{release_name, version};
use super::signer::{FinalSigner, KeyArgs};
use super::tables;
use crate::release::events::Event;
use crate::release::finalize::{self, FinalizeOptions};
use crate::release::name::Name;
use crate::release::version::ReleaseVersion;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Release tarball
    #[arg(value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    path: PathBuf,
    #[command(flatten)]
    dir: Dir,
    /// Name of the release [default: the tarball's]
    #[arg(long, value_name = "NAME", value_parser = release_name)]
    name: Option<Name>,
    /// Version of the release [default: the next final one]
    #[arg(long, value_name = "VERSION", value_parser = version)]
    version: Option<ReleaseVersion>,
    /// Also with changes that are not committed
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    key: KeyArgs,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let (local, _exclusive) = context.release_to_change(&args.dir)?;
    let options = FinalizeOptions {
        name: args.name.clone(),
        version: args.version.clone(),
        force: args.force,
    };
    let report = |event: Event<'_>| context.report(&event);
    let mut signer = FinalSigner::prepare(context, &local, &args.key, true)?;
    let path = context.absolute(&args.path);
    let (manifest, tarball) = finalize::finalize(&local, &path, &options, &mut signer, &report)?;
    tables::release(
        context.ui,
        &manifest,
        tarball.map(|path| path.display().to_string()),
    );
    Ok(())
}
