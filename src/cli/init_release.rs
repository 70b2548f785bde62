//! `init-release [--git]`.

use anyhow::Result;

use super::context::{Context, Dir};
use crate::release::generate;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    dir: Dir,
    /// Also make a git repository, and a .gitignore for releases
    #[arg(long)]
    git: bool,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let release = context.release(&args.dir)?;
    generate::init(&release.directory, args.git)
}
