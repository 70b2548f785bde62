//! `sign-release TGZ`: a detached signature beside a tarball that exists.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::context::{Context, Dir};
use super::signer::{FinalSigner, KeyArgs};
use crate::release::changes::Changes;
use crate::release::directory::ReleaseDirectory;
use crate::release::plain_file;
use crate::release::publish::{FinalSigning, signature_path};
use crate::release::tarball::ReleaseTarball;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Release tarball
    #[arg(value_name = "TGZ", value_hint = clap::ValueHint::FilePath)]
    path: PathBuf,
    #[command(flatten)]
    dir: Dir,
    #[command(flatten)]
    key: KeyArgs,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let (local, _exclusive) = context.release_to_change(&args.dir)?;
    // What is signed should be a release, whole and as its manifest says.
    let temporary = ReleaseDirectory::new(&context.current, &context.home).temporary();
    ReleaseTarball::open(&args.path, &temporary)?.verify_digests()?;
    let mut signer = FinalSigner::required(context, &local, &args.key)?;
    let mut content = plain_file::open(&args.path)
        .with_context(|| format!("Opening '{}'", args.path.display()))?;
    let mut changes = Changes::of_release(local.directory.root());
    let signature = signer
        .sign(&mut content, &mut changes)?
        .context("there is a signing key")?;
    let target = signature_path(&args.path);
    changes.write(&context.absolute(&target), signature.as_bytes())?;
    changes.commit()?;
    signer.tell();
    context
        .ui
        .line(&format!("Signed '{}'", args.path.display()));
    Ok(())
}
