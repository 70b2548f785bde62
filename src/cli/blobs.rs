//! `blobs`.

use anyhow::Result;

use super::context::{Context, Dir};
use super::table::{Cell, Table};
use super::ui::human_binary_bytes;
use crate::release::blobs::{Blob, BlobsIndex};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let local = context.release(&args.dir)?;
    let index = BlobsIndex::read(&local.directory)?;
    context.ui.table(&Table {
        content: "blobs",
        header: vec!["Path", "Size", "Blobstore ID", "Digest"],
        rows: index.iter().map(row).collect(),
        sorted: true,
        ..Table::default()
    });
    Ok(())
}

fn row(blob: &Blob) -> Vec<Cell> {
    vec![
        blob.path.as_str().into(),
        human_binary_bytes(blob.size).into(),
        blob.object_id.as_deref().unwrap_or("(local)").into(),
        blob.digest.to_string().into(),
    ]
}
