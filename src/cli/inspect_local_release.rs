//! `inspect-local-release PATH`.

use std::path::PathBuf;

use anyhow::Result;

use super::context::{Context, Dir};
use super::tables;
use crate::release::directory::ReleaseDirectory;
use crate::release::tarball::ReleaseTarball;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Release tarball
    #[arg(value_name = "PATH-TO-RELEASE", value_hint = clap::ValueHint::FilePath)]
    path: PathBuf,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let directory = ReleaseDirectory::new(context.absolute(&args.dir.dir), &context.home);
    let tarball = ReleaseTarball::open(&args.path, &directory.temporary())?;
    tables::release(
        context.ui,
        &tarball.manifest,
        Some(args.path.display().to_string()),
    );
    Ok(())
}
