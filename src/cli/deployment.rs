//! What commands about whole deployments are given: a manifest and what it stands on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use rayon::prelude::*;

use super::context::Context;
use super::interpolate::{self, OperationArgs, VariableArgs};
use super::template_file;
use crate::deployment::release_job::Release;
use crate::deployment::{
    AssumedCloud, CloudConfig, DeploymentManifest, DeploymentPlan, RecordedState,
    unknown_properties,
};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::local::deployment::Request;
use crate::local::releases;
use crate::render::input::read_data;
use crate::source::Source;

/// The manifest comes from the command, since some take more than one.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Deployment")]
pub(super) struct DeploymentArgs {
    /// A release: a directory or a tarball; may be given several times
    #[arg(long = "release", value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    releases: Vec<PathBuf>,
    /// Networks, availability zones and types of disks [default: those the manifest names, with networks of 10.0.0.0/8]
    #[arg(long = "cloud-config", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    cloud_config: Option<PathBuf>,
    /// What a Director remembers of instances: ids, numbers, zones, addresses
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    state: Option<PathBuf>,
    /// A manifest that was deployed before, for links between deployments; may be given several times
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    deployed: Vec<PathBuf>,
    /// Fail when a release is not at hand, or a variable has no value
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    operations: OperationArgs,
    #[command(flatten)]
    variables: VariableArgs,
}

/// Everything that a plan is made of, read.
#[derive(Debug)]
pub(super) struct GivenDeployment {
    /// The manifest, behind those that were deployed before.
    manifests: Vec<DeploymentManifest>,
    cloud: CloudConfig,
    releases: Vec<Release>,
    state: RecordedState,
}

impl GivenDeployment {
    /// What a plan is asked for with.
    pub(super) fn request(&self) -> Request<'_> {
        Request {
            manifests: &self.manifests,
            cloud: &self.cloud,
            releases: &self.releases,
            state: &self.state,
        }
    }
}

/// Reads a manifest with its operations and variables, and what else a deployment stands on.
pub(super) fn given(
    context: &Context<'_>,
    manifest: &str,
    args: &DeploymentArgs,
) -> Result<GivenDeployment> {
    let manifests = manifests(context, manifest, args)?;
    let cloud = cloud(context, args, &manifests)?;
    let state = match &args.state {
        Some(path) => state(path)?,
        None => RecordedState::default(),
    };
    Ok(GivenDeployment {
        manifests,
        cloud,
        releases: given_releases(context, args)?,
        state,
    })
}

/// Tells which releases a plan lacks.
///
/// # Errors
/// With `--strict`, all that are absent.
pub(super) fn tell_absent(
    context: &Context<'_>,
    plan: &DeploymentPlan,
    args: &DeploymentArgs,
) -> Result<()> {
    let absent = plan.absent_releases.iter();
    if args.strict {
        let fault = |name| {
            let fault = Diagnostic::error(format!("Release '{name}' is not at hand"));
            fault.hint("give its directory or tarball with --release")
        };
        return Ok(Diagnostics::from_list(absent.map(fault).collect())?);
    }
    absent.for_each(|name| {
        let text = format!("Release '{name}' is not at hand; its jobs are left out");
        context.ui.note(&text);
    });
    Ok(())
}

/// Warns of properties that no spec declares.
pub(super) fn warn_of_properties(
    context: &Context<'_>,
    given: &GivenDeployment,
    plan: &DeploymentPlan,
) {
    let unknown = given
        .manifests
        .last()
        .map(|manifest| unknown_properties(plan, manifest));
    for warning in unknown.unwrap_or_default() {
        context.ui.warning(&warning);
    }
}

/// Those that were deployed before, then the manifest itself.
fn manifests(
    context: &Context<'_>,
    manifest: &str,
    args: &DeploymentArgs,
) -> Result<Vec<DeploymentManifest>> {
    let mut manifests = Vec::with_capacity(args.deployed.len() + 1);
    let (operations, variables) = (OperationArgs::default(), VariableArgs::default());
    for path in &args.deployed {
        let path = path.display().to_string();
        let earlier = interpolate::interpolated(context, &path, &operations, &variables)?;
        manifests.push(DeploymentManifest::read(&earlier).map_err(Diagnostics::from)?);
    }
    let last = interpolate::interpolated(context, manifest, &args.operations, &args.variables)?;
    if let Some(missing) = &last.missing {
        let fault = without_value(missing);
        if args.strict {
            return Err(Diagnostics::from(fault).into());
        }
        context.ui.warning(&Diagnostic {
            severity: Severity::Warning,
            ..fault
        });
    }
    manifests.push(DeploymentManifest::read(&last).map_err(Diagnostics::from)?);
    Ok(manifests)
}

/// A Director asks its config server; here placeholders stay, and files that hold them are not those of an agent.
fn without_value(missing: &Diagnostic) -> Diagnostic {
    let names = missing.message.lines().skip(1);
    let names: Vec<&str> = names.collect();
    let what = "Variables without a value stay as they are written:";
    let hint = "give them with -v or -l; --vars-store FILE makes those that the manifest defines";
    let hint = match &missing.hint {
        Some(near) => format!("{near} Or {hint}"),
        None => hint.to_owned(),
    };
    Diagnostic {
        message: format!("{what}\n{}", names.join("\n")),
        hint: Some(hint),
        ..missing.clone()
    }
}

fn source(path: &Path) -> Result<Arc<Source>> {
    let text = template_file::read(path)?;
    Ok(Source::new(path.display().to_string(), text))
}

fn cloud(
    context: &Context<'_>,
    args: &DeploymentArgs,
    manifests: &[DeploymentManifest],
) -> Result<CloudConfig> {
    if let Some(path) = &args.cloud_config {
        return Ok(CloudConfig::parse(&source(path)?)?);
    }
    let assumed = AssumedCloud::of(manifests);
    let network =
        |(name, ranges): &(String, Vec<String>)| format!("'{name}' ({})", ranges.join(", "));
    let networks: Vec<String> = assumed.networks.iter().map(network).collect();
    if !networks.is_empty() {
        context.ui.note(&format!(
            "Without --cloud-config, assumed networks are: {}",
            networks.join(", ")
        ));
    }
    let text = Source::new("assumed cloud-config", assumed.text);
    Ok(CloudConfig::parse(&text)?)
}

fn state(path: &Path) -> Result<RecordedState> {
    let data = read_data(&source(path)?).map_err(Diagnostics::from)?;
    RecordedState::read(&data).map_err(|what| anyhow!("{}: {what}", path.display()))
}

fn given_releases(context: &Context<'_>, args: &DeploymentArgs) -> Result<Vec<Release>> {
    let here = [PathBuf::from(".")];
    let paths: &[PathBuf] = if args.releases.is_empty() {
        &here
    } else {
        &args.releases
    };
    let temporary = tempfile::tempdir().context("Creating a temporary directory")?;
    let read = |path: &PathBuf| {
        let absolute = context.absolute(path);
        releases::read(&absolute, &context.home, temporary.path())
            .with_context(|| format!("Reading release '{}'", path.display()))
    };
    paths.par_iter().map(read).collect()
}
