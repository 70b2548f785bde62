//! `add-blob PATH BLOBS-PATH`.

use std::path::PathBuf;

use anyhow::Result;

use super::context::{Context, Dir};
use crate::release::blobs;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// File to add
    #[arg(value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    path: PathBuf,
    /// Its path below blobs/
    #[arg(value_name = "BLOBS-PATH")]
    blobs_path: String,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let (local, _exclusive) = context.release_to_change(&args.dir)?;
    blobs::add(
        &local.directory,
        &context.absolute(&args.path),
        &args.blobs_path,
    )?;
    context
        .ui
        .line(&format!("Added blob '{}'", args.blobs_path));
    Ok(())
}
