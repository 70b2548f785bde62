//! `reset-release`.

use anyhow::Result;

use super::context::{Context, Dir};
use crate::release::directory::ReleaseDirectory;
use crate::release::generate;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    // Configuration that cannot be read is no reason not to clean up.
    generate::reset(&ReleaseDirectory::new(
        context.absolute(&args.dir.dir),
        &context.home,
    ))
}
