//! `remove-blob BLOBS-PATH`.

use anyhow::Result;

use super::context::{Context, Dir};
use crate::release::blobs;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Path below blobs/
    #[arg(value_name = "BLOBS-PATH")]
    blobs_path: String,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let (local, _exclusive) = context.release_to_change(&args.dir)?;
    if !blobs::remove(&local.directory, &args.blobs_path)? {
        context.ui.note(&format!(
            "config/blobs.yml does not know '{}'",
            args.blobs_path
        ));
    }
    context
        .ui
        .line(&format!("Removed blob '{}'", args.blobs_path));
    Ok(())
}
