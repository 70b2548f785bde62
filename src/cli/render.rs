//! `render MANIFEST`.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Result, anyhow};
use base64ct::{Base64, Encoding as _};
use serde_json::json;

use super::context::{Context, now};
use super::deployment::{DeploymentArgs, given, tell_absent, warn_of_properties};
use crate::deployment::DeploymentPlan;
use crate::deployment::plan::Instance;
use crate::diagnostic::Diagnostics;
use crate::local::deployment::{self, InstanceFile, RenderedInstance};
use crate::local::failures::RenderFailure;
use crate::local::rendered_files::{self, Place};
use crate::local::selection::Selection;
use crate::ruby::eval::{Version, World};
use crate::ruby::limits::Limits;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Instances get the zones, indexes and addresses that a Director would give them, links are resolved as it does, and every \
file is what an agent would find under /var/vcap/jobs. No Director is asked, and no secret leaves this machine: rendered \
files hold the passwords that they were rendered with, so keep what --output writes as safe as they are.

Without --release the release in the working directory is used. A release that the manifest names and nobody gave is left \
out with a notice. Without --cloud-config each network is taken to be a large one of its own.

  bosh-release render manifests/redis.yml --vars-store creds.yml --instance redis/0 --job redis
  bosh-release render manifests/redis.yml --cloud-config cloud.yml --vars-store creds.yml --output rendered")]
pub(super) struct Args {
    /// A deployment manifest; - reads standard input
    #[arg(value_name = "MANIFEST", value_hint = clap::ValueHint::FilePath)]
    manifest: String,
    #[command(flatten)]
    deployment: DeploymentArgs,
    /// Only instances of this group, or one of them by its index or uuid
    #[arg(long, value_name = "GROUP[/INDEX]")]
    instance: Option<String>,
    /// Only this job; may be given several times
    #[arg(long = "job", value_name = "JOB")]
    jobs: Vec<String>,
    /// Write the files below this directory, as GROUP/INDEX/JOB/PATH; else they are printed
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    output: Option<PathBuf>,
    /// Print names, modes and sizes of files only
    #[arg(long, conflicts_with = "output")]
    list: bool,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let given = given(context, &args.manifest, &args.deployment)?;
    let resolved = deployment::plan_all(given.request())?;
    tell_absent(context, &resolved.plan, &args.deployment)?;
    warn_of_properties(context, &given, &resolved.plan);
    let selection = selection(args);
    selection.check(&resolved.plan)?;
    let rendered = deployment::render_selected(&resolved, &selection, &world());
    let rendered = rendered.map_err(|failure| failed(context, &failure))?;
    if let Some(directory) = &args.output {
        return write(context, directory, &rendered, &selection);
    }
    if context.ui.is_json() {
        context.ui.answer(&answer(&resolved.plan, &rendered));
    } else {
        context
            .ui
            .block(&printed(&resolved.plan, &rendered, !args.list));
    }
    Ok(())
}

fn selection(args: &Args) -> Selection {
    let (group, instance) = match args.instance.as_deref().map(|text| text.split_once('/')) {
        Some(Some((group, instance))) => (Some(group), Some(instance)),
        Some(None) => (args.instance.as_deref(), None),
        None => (None, None),
    };
    Selection {
        group: group.map(str::to_owned),
        instance: instance.map(str::to_owned),
        jobs: args.jobs.clone(),
    }
}

/// The Director's words first, whole, then the place of each fault in its template.
fn failed(context: &Context<'_>, failure: &RenderFailure) -> anyhow::Error {
    let director = failure.to_string();
    match Diagnostics::from_list(failure.faults.clone()) {
        Ok(()) => anyhow!(director),
        Err(faults) => {
            context.ui.error_line(&director);
            faults.into()
        }
    }
}

pub(super) fn world() -> World {
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

fn write(
    context: &Context<'_>,
    directory: &Path,
    rendered: &[RenderedInstance],
    selection: &Selection,
) -> Result<()> {
    let all = *selection == Selection::default();
    let place = if all { Place::Group } else { Place::Job };
    let target = context.absolute(directory);
    rendered_files::write(&target, rendered, place)?;
    let files: usize = rendered.iter().map(|instance| instance.files.len()).sum();
    let instances = rendered.len();
    context.ui.line(&format!(
        "Rendered {files} files of {instances} instances into '{}'",
        directory.display()
    ));
    let others = rendered_files::others(&target, rendered)?;
    if all && !others.is_empty() {
        context.ui.note(&format!(
            "'{}' also has what is not of this deployment: {}",
            directory.display(),
            others.join(", ")
        ));
    }
    Ok(())
}

fn planned<'p>(plan: &'p DeploymentPlan, rendered: &RenderedInstance) -> Option<&'p Instance> {
    let mut instances = plan.group(&rendered.group)?.instances.iter();
    instances.find(|instance| instance.index == rendered.index)
}

/// Instances, below them their files, below these what is in them.
fn printed(plan: &DeploymentPlan, rendered: &[RenderedInstance], contents: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for instance in rendered {
        out.extend_from_slice(heading(plan, instance).as_bytes());
        for file in &instance.files {
            let size = match (contents, file.content.len()) {
                (true, _) => String::new(),
                (false, 1) => ", 1 byte".to_owned(),
                (false, size) => format!(", {size} bytes"),
            };
            let head = format!("  {} ({:04o}{size})\n", file.path, file.mode());
            out.extend_from_slice(head.as_bytes());
            if contents {
                indent(&file.content, &mut out);
            }
        }
    }
    out
}

fn heading(plan: &DeploymentPlan, rendered: &RenderedInstance) -> String {
    let mut facts = Vec::new();
    if let Some(instance) = planned(plan, rendered) {
        facts.extend(instance.az.clone());
        let addresses = instance.addresses.iter().filter_map(|found| found.address);
        facts.extend(addresses.map(|address| address.to_string()));
        facts.push(instance.id.clone());
        facts.extend(instance.bootstrap.then(|| "bootstrap".to_owned()));
    }
    format!(
        "{}/{} ({})\n",
        rendered.group,
        rendered.index,
        facts.join(", ")
    )
}

fn indent(content: &[u8], out: &mut Vec<u8>) {
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        if line != b"\n" {
            out.extend_from_slice(b"    ");
        }
        out.extend_from_slice(line);
    }
    if !content.is_empty() && !content.ends_with(b"\n") {
        out.push(b'\n');
    }
}

/// `content` is text; bytes that are none are `content_base64`.
fn answer(plan: &DeploymentPlan, rendered: &[RenderedInstance]) -> serde_json::Value {
    let file = |file: &InstanceFile| {
        let mode = format!("{:04o}", file.mode());
        if let Ok(text) = std::str::from_utf8(&file.content) {
            json!({"path": file.path, "mode": mode, "content": text})
        } else {
            let encoded = Base64::encode_string(&file.content);
            json!({"path": file.path, "mode": mode, "content_base64": encoded})
        }
    };
    let instance = |rendered: &RenderedInstance| {
        let planned = planned(plan, rendered);
        let group = plan.group(&rendered.group);
        let networks = group
            .map(|group| group.networks.iter())
            .into_iter()
            .flatten();
        let places = planned
            .map(|instance| instance.addresses.iter())
            .into_iter()
            .flatten();
        let addresses = networks.zip(places).map(|(network, place)| {
            let address = place.address.map(|address| address.to_string());
            (network.network.name.clone(), json!(address))
        });
        json!({
            "group": rendered.group,
            "index": rendered.index,
            "id": planned.map(|instance| &instance.id),
            "az": planned.and_then(|instance| instance.az.as_ref()),
            "bootstrap": planned.is_some_and(|instance| instance.bootstrap),
            "addresses": addresses.collect::<serde_json::Map<_, _>>(),
            "files": rendered.files.iter().map(file).collect::<Vec<_>>(),
        })
    };
    json!({
        "deployment": plan.name,
        "instances": rendered.iter().map(instance).collect::<Vec<_>>(),
    })
}
