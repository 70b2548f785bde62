//! `pick-from-cloud-config FILE`.

use anyhow::Result;

use super::context::{Context, Dir};
use super::interpolate::{self, OperationArgs, VariableArgs};
use crate::deployment::pick_from_cloud_config;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each instance group gets the first VM type and the first network of the cloud-config, and its first availability zone where \
it names one that is not there.

  bosh cloud-config | bosh-release pick-from-cloud-config - > pick.yml
  bosh -d redis deploy manifests/redis.yml -o pick.yml")]
pub(super) struct Args {
    /// A cloud-config; - reads standard input
    #[arg(value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    cloud_config: String,
    /// The manifest that has to fit [default: manifests/NAME.yml of the release]
    #[arg(long, value_name = "MANIFEST", value_hint = clap::ValueHint::FilePath)]
    manifest: Option<String>,
    #[command(flatten)]
    operations: OperationArgs,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let manifest = match &args.manifest {
        Some(path) => path.clone(),
        None => own_manifest(context, &args.dir)?,
    };
    let variables = VariableArgs::default();
    let manifest = interpolate::interpolated(context, &manifest, &args.operations, &variables)?;
    let cloud = interpolate::manifest(context, &args.cloud_config, &args.cloud_config)?;
    let operations = pick_from_cloud_config(&manifest.root, &cloud)?;
    context.ui.block(operations.as_bytes());
    Ok(())
}

fn own_manifest(context: &Context<'_>, dir: &Dir) -> Result<String> {
    let release = context.release(dir)?;
    let name = release.config.name(&release.directory)?;
    let path = dir.dir.join("manifests").join(format!("{name}.yml"));
    Ok(path.display().to_string())
}
