//! `render MANIFEST`.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result, anyhow, bail};
use rayon::prelude::*;

use super::context::{Context, now};
use super::deployment::{DeploymentArgs, given, tell_absent, warn_of_properties};
use crate::local::deployment::{self, InstanceFile, RenderedInstance};
use crate::ruby::eval::{Version, World};
use crate::ruby::limits::Limits;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Instances get the zones, indexes and addresses that a Director would give them, links are resolved as it does, and every \
file is what an agent would find under /var/vcap/jobs. No Director is asked.

Without --release the release in the working directory is used. A release that the manifest names and nobody gave is left \
out with a notice.

  bosh-release render manifests/redis.yml --cloud-config cloud.yml --output rendered")]
pub(super) struct Args {
    /// A deployment manifest; - reads standard input
    #[arg(value_name = "MANIFEST", value_hint = clap::ValueHint::FilePath)]
    manifest: String,
    #[command(flatten)]
    deployment: DeploymentArgs,
    /// Write the files below this directory, as GROUP/INDEX/JOB/PATH; else they are printed
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    output: Option<PathBuf>,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let given = given(context, &args.manifest, &args.deployment)?;
    let resolved = deployment::plan_all(given.request())?;
    tell_absent(context, &resolved.plan, &args.deployment)?;
    warn_of_properties(context, &given, &resolved.plan);
    let rendered = deployment::render(&resolved, &world());
    let rendered = rendered.map_err(|failure| anyhow!(failure.to_string()))?;
    if let Some(directory) = &args.output {
        return write(&context.absolute(directory), &rendered);
    }
    context.ui.block(&printed(&rendered));
    Ok(())
}

fn world() -> World {
    let since = now().duration_since(UNIX_EPOCH).unwrap_or_default();
    World {
        now: (
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            since.subsec_nanos(),
        ),
        seed: super::context::random_seed(),
        version: Version::Ruby34,
        limits: Limits::default(),
    }
}

/// Modes are those an agent gives, whatever the umask.
fn write(directory: &Path, rendered: &[RenderedInstance]) -> Result<()> {
    let write_instance = |instance: &RenderedInstance| {
        let below = directory
            .join(plain(&instance.group)?)
            .join(instance.index.to_string());
        let mut each = instance.files.iter();
        each.try_for_each(|file| write_file(&below, file))
    };
    rendered.par_iter().try_for_each(write_instance)
}

fn write_file(below: &Path, file: &InstanceFile) -> Result<()> {
    let path = below.join(plain(&file.path)?);
    let attempted = || format!("Writing '{}'", path.display());
    if let Some(parent) = path.parent() {
        let mut builder = fs::DirBuilder::new();
        let made = builder.recursive(true).mode(0o750).create(parent);
        made.with_context(attempted)?;
    }
    let mode = if file.executable { 0o750 } else { 0o640 };
    let mut options = fs::OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(mode);
    let mut opened = options.open(&path).with_context(attempted)?;
    let permissions = fs::Permissions::from_mode(mode);
    opened
        .set_permissions(permissions)
        .with_context(attempted)?;
    std::io::Write::write_all(&mut opened, &file.content).with_context(attempted)
}

/// A path that stays where it is put.
fn plain(path: &str) -> Result<&Path> {
    let parts = Path::new(path).components();
    let inside = parts.clone().count() > 0
        && parts
            .into_iter()
            .all(|part| matches!(part, Component::Normal(_)));
    if !inside {
        bail!("'{path}' leads out of the directory that files are written to");
    }
    Ok(Path::new(path))
}

fn printed(rendered: &[RenderedInstance]) -> Vec<u8> {
    let mut out = Vec::new();
    for instance in rendered {
        for file in &instance.files {
            let mode = if file.executable { "0750" } else { "0640" };
            let head = format!(
                "{}/{}/{} ({mode})\n",
                instance.group, instance.index, file.path
            );
            out.extend_from_slice(head.as_bytes());
            for line in file.content.split_inclusive(|byte| *byte == b'\n') {
                out.extend_from_slice(b"  ");
                out.extend_from_slice(line);
            }
            if !file.content.ends_with(b"\n") {
                out.push(b'\n');
            }
        }
    }
    out
}
