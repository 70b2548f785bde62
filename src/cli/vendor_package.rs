//! `vendor-package NAME SRC-DIR`.

use std::path::PathBuf;

use anyhow::Result;

use super::context::{Context, Dir};
use crate::release::events::Event;
use crate::release::local::LocalRelease;
use crate::release::vendor;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Name of the package in the other release
    #[arg(value_name = "NAME")]
    package: String,
    /// Directory of the other release
    #[arg(value_name = "SRC-DIR", value_hint = clap::ValueHint::DirPath)]
    source: PathBuf,
    /// Put this and a dash before the name of the package and of its dependencies
    #[arg(
        long,
        value_name = "PREFIX",
        default_value = "",
        hide_default_value = true
    )]
    prefix: String,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let (local, _exclusive) = context.release_to_change(&args.dir)?;
    let source = LocalRelease::open(&context.absolute(&args.source), &context.home)?;
    let report = |event: Event<'_>| context.report(&event);
    vendor::vendor(&local, &source, &args.package, &args.prefix, &report)
}
