//! What commands about whole deployments are given: a manifest and what it stands on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use rayon::prelude::*;

use super::context::Context;
use super::interpolate::{self, OperationArgs, VariableArgs};
use super::template_file;
use crate::compare::Masker;
use crate::deployment::release_job::Release;
use crate::deployment::{
    AssumedCloud, CloudConfig, DeploymentManifest, DeploymentPlan, InterpolatedManifest,
    RecordedState, unknown_properties,
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

/// What one of two deployments is given besides what both are.
#[derive(Debug, Clone, Default)]
pub(super) struct MoreArgs {
    pub(super) releases: Vec<PathBuf>,
    pub(super) cloud_config: Option<PathBuf>,
    pub(super) deployed: Vec<PathBuf>,
    pub(super) operations: OperationArgs,
    pub(super) variables: VariableArgs,
}

impl DeploymentArgs {
    /// With what one of two deployments is given: operations come last, variables win.
    pub(super) fn with(&self, more: &MoreArgs) -> Self {
        let mut args = self.clone();
        args.releases.extend(more.releases.iter().cloned());
        args.deployed.extend(more.deployed.iter().cloned());
        args.cloud_config = more.cloud_config.clone().or(args.cloud_config);
        args.operations.extend(&more.operations);
        args.variables.extend(&more.variables);
        args
    }

    /// Where releases are.
    pub(super) fn releases(&self) -> &[PathBuf] {
        &self.releases
    }
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
    /// Whatever version of the release of this name the manifest asks for, the one at hand is it.
    pub(super) fn take_any_version(&mut self, release: &str) {
        for manifest in &mut self.manifests {
            let named = manifest.releases.iter_mut();
            for reference in named.filter(|reference| reference.name == release) {
                "latest".clone_into(&mut reference.version);
            }
        }
    }

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
    let (manifests, missing) = manifests(context, manifest, manifest, args)?;
    tell_missing(context, missing);
    let cloud = match given_cloud(args)? {
        Some(cloud) => cloud,
        None => assumed_cloud(context, &manifests)?,
    };
    Ok(GivenDeployment {
        manifests,
        cloud,
        releases: given_releases(context, args)?,
        state: given_state(args)?,
    })
}

/// A manifest with its arguments, and the releases that were read for it.
pub(super) struct Half<'a> {
    pub(super) manifest: &'a str,
    /// What the manifest is called in messages.
    pub(super) shown: &'a str,
    pub(super) args: &'a DeploymentArgs,
    pub(super) releases: Vec<Release>,
}

/// Reads two deployments that are compared: where a cloud-config is assumed, it is the same for both.
pub(super) fn given_both(
    context: &Context<'_>,
    halves: [Half<'_>; 2],
) -> Result<[GivenDeployment; 2]> {
    let [old, new] = halves;
    let (old_manifests, old_missing) = manifests(context, old.manifest, old.shown, old.args)?;
    let (new_manifests, new_missing) = manifests(context, new.manifest, new.shown, new.args)?;
    let text = |fault: &Option<Diagnostic>| fault.as_ref().map(|fault| fault.message.clone());
    let is_same = text(&old_missing) == text(&new_missing);
    tell_missing(context, old_missing);
    tell_missing(context, new_missing.filter(|_| !is_same));
    let (old_cloud, new_cloud) = (given_cloud(old.args)?, given_cloud(new.args)?);
    let assumed = if old_cloud.is_none() || new_cloud.is_none() {
        let all: Vec<DeploymentManifest> = old_manifests
            .iter()
            .chain(&new_manifests)
            .cloned()
            .collect();
        assumed_cloud(context, &all)?
    } else {
        CloudConfig::default()
    };
    let made = |half: Half<'_>, manifests, cloud: Option<CloudConfig>| {
        Ok::<_, anyhow::Error>(GivenDeployment {
            manifests,
            cloud: cloud.unwrap_or_else(|| assumed.clone()),
            releases: half.releases,
            state: given_state(half.args)?,
        })
    };
    Ok([
        made(old, old_manifests, old_cloud)?,
        made(new, new_manifests, new_cloud)?,
    ])
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
    if args.strict {
        return refuse_absent(&plan.absent_releases);
    }
    for name in &plan.absent_releases {
        let text = format!("Release '{name}' is not at hand; its jobs are left out");
        context.ui.note(&text);
    }
    Ok(())
}

/// All absent releases as errors, with `--strict`.
pub(super) fn refuse_if_strict(args: &DeploymentArgs, absent: &[String]) -> Result<()> {
    if args.strict {
        return refuse_absent(absent);
    }
    Ok(())
}

fn refuse_absent<'n>(names: impl IntoIterator<Item = &'n String>) -> Result<()> {
    let fault = |name: &String| {
        let fault = Diagnostic::error(format!("Release '{name}' is not at hand"));
        fault.hint("give its directory or tarball with --release")
    };
    let faults = names.into_iter().map(fault).collect();
    Ok(Diagnostics::from_list(faults)?)
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

fn tell_missing(context: &Context<'_>, missing: Option<Diagnostic>) {
    if let Some(warning) = missing {
        context.ui.warning(&warning);
    }
}

/// Those that were deployed before, then the manifest itself; and a warning of variables without a value.
fn manifests(
    context: &Context<'_>,
    manifest: &str,
    shown: &str,
    args: &DeploymentArgs,
) -> Result<(Vec<DeploymentManifest>, Option<Diagnostic>)> {
    let mut manifests = Vec::with_capacity(args.deployed.len() + 1);
    let (operations, variables) = (OperationArgs::default(), VariableArgs::default());
    for path in &args.deployed {
        let path = path.display().to_string();
        let earlier = interpolate::interpolated(context, &path, &operations, &variables)?;
        manifests.push(typed(&earlier)?);
    }
    let last =
        interpolate::interpolated_as(context, manifest, shown, &args.operations, &args.variables)?;
    let missing = last.missing.as_ref().map(without_value);
    if let Some(fault) = missing.as_ref().filter(|_| args.strict) {
        return Err(Diagnostics::from(fault.clone()).into());
    }
    manifests.push(typed(&last)?);
    let warning = missing.map(|fault| Diagnostic {
        severity: Severity::Warning,
        ..fault
    });
    Ok((manifests, warning))
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

/// A manifest as a Director takes it. Its words quote what they are about; secrets are taken out.
fn typed(manifest: &InterpolatedManifest) -> Result<DeploymentManifest, Diagnostics> {
    DeploymentManifest::read(manifest).map_err(|fault| {
        let secrets = manifest.secrets();
        let masker = Masker::new(secrets.iter().map(String::as_str));
        let fault = Diagnostic {
            message: masker.mask(&fault.message),
            ..fault
        };
        fault.into()
    })
}

fn source(path: &Path) -> Result<Arc<Source>> {
    let text = template_file::read(path)?;
    Ok(Source::new(path.display().to_string(), text))
}

fn given_cloud(args: &DeploymentArgs) -> Result<Option<CloudConfig>> {
    let Some(path) = &args.cloud_config else {
        return Ok(None);
    };
    Ok(Some(CloudConfig::parse(&source(path)?)?))
}

fn given_state(args: &DeploymentArgs) -> Result<RecordedState> {
    let state = args.state.as_deref().map(state);
    Ok(state.transpose()?.unwrap_or_default())
}

fn assumed_cloud(context: &Context<'_>, manifests: &[DeploymentManifest]) -> Result<CloudConfig> {
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
