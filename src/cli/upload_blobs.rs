//! `upload-blobs`.

use anyhow::Result;

use super::context::{Context, Dir};
use crate::release::blobs;
use crate::release::events::Event;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let (local, _exclusive) = context.release_to_change(&args.dir)?;
    let report = |event: Event<'_>| context.report(&event);
    blobs::upload(&local.directory, &|| local.blobstore(), &report)
}
