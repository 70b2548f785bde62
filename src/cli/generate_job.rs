//! `generate-job NAME`.

use anyhow::Result;

use super::context::{Context, Dir};
use crate::release::generate;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Name of the new job
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let (release, _exclusive) = context.release_to_change(&args.dir)?;
    generate::job(&release.directory, &args.name)
}
