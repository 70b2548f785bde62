//! `export DIR`.

use std::path::PathBuf;

use anyhow::Result;

use super::context::{Context, Dir};
use crate::release::export;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// New directory for the release
    #[arg(value_name = "TARGET", value_hint = clap::ValueHint::DirPath)]
    target: PathBuf,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let local = context.release(&args.dir)?;
    let target = context.absolute(&args.target);
    export::export(&local, &target)?;
    context
        .ui
        .line(&format!("Exported the release to '{}'", target.display()));
    Ok(())
}
