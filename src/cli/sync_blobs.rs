//! `sync-blobs`.

use anyhow::{Context as _, Result};

use super::context::{Context, Dir};
use crate::diagnostic::Diagnostic;
use crate::release::blobs::{self, BlobsIndex, Check, Sync};
use crate::release::events::Event;
use crate::release::known_digests::KnownDigests;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let (local, _exclusive) = context.release_to_change(&args.dir)?;
    let index = BlobsIndex::read(&local.directory)?;
    let report = |event: Event<'_>| context.report(&event);
    let sync = Sync {
        release: &local.directory,
        store: &|| local.blobstore(),
        upstreams: &local.tool.upstreams,
        digests: &KnownDigests::none(),
        report: &report,
    };
    blobs::sync(&sync, &index, Check::Digest).context("Downloading blobs")?;
    let strays = blobs::strays(&local.directory, &index);
    if !strays.is_empty() {
        let names: Vec<String> = strays
            .iter()
            .map(|path| local.directory.shown(path))
            .collect();
        let message = format!(
            "Files in blobs/ that config/blobs.yml does not know: {}",
            names.join(", ")
        );
        let hint = "add them with `bosh-release add-blob`, or remove them; no package gets them";
        context.ui.warning(&Diagnostic::warning(message).hint(hint));
    }
    Ok(())
}
