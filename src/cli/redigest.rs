//! `sha1ify-release PATH DEST` and `sha2ify-release PATH DEST`.

use std::path::PathBuf;

use anyhow::Result;

use super::context::{Context, file_path};
use super::tables;
use crate::digest::Algorithm;
use crate::release::directory::ReleaseDirectory;
use crate::release::redigest;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Release tarball
    #[arg(value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    path: PathBuf,
    /// Where the new tarball goes
    #[arg(value_name = "DESTINATION", value_parser = file_path, value_hint = clap::ValueHint::FilePath)]
    destination: PathBuf,
    /// Accepted as everywhere; nothing of the release directory is needed
    #[arg(long, hide = true, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn run(context: &Context<'_>, args: &Args, algorithm: Algorithm) -> Result<()> {
    let directory = ReleaseDirectory::new(&context.current, &context.home);
    let destination = context.absolute(&args.destination);
    let (manifest, was_signed) =
        redigest::redigest(&args.path, &destination, algorithm, &directory.temporary())?;
    if was_signed {
        context.ui.note("The new tarball is not signed: its manifest is another one than the one that was signed");
    }
    tables::release(
        context.ui,
        &manifest,
        Some(destination.display().to_string()),
    );
    Ok(())
}
