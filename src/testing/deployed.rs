//! Tests of whole deployments: files are read, the rest is what `render` does.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};

use super::goldens::stays_inside;
use super::release::{ReleaseDirectory, world};
use crate::deployment::release_job::Release;
use crate::deployment::variables::Variables;
use crate::deployment::{
    AssumedCloud, CloudConfig, DeploymentManifest, OperationsFile, RecordedState, Request,
    interpolate,
};
use crate::diagnostic::Diagnostics;
use crate::local::deployment::{self, ResolvedDeployment};
use crate::local::releases;
use crate::source::Source;
use crate::suite::InnerPath;
use crate::suite::judge::{RenderError, Rendering};
use crate::suite::subject::{CloudConfigOfTest, DeploymentSubject};
use crate::yaml::{self, MAX_BYTES};

/// What a deployment renders: `GROUP/INDEX/JOB/PATH`, or of one instance alone `JOB/PATH`.
pub(super) fn rendering(directory: &ReleaseDirectory, subject: &DeploymentSubject) -> Rendering {
    let rendered = plan(directory, subject).and_then(|resolved| {
        let rendered = deployment::render(&resolved, &world());
        rendered.map_err(|failure| anyhow!("{failure}"))
    });
    let rendered = match rendered {
        Ok(rendered) => rendered,
        Err(error) => {
            return Rendering {
                error: Some(shown(&error)),
                ..Rendering::default()
            };
        }
    };
    let mut files = BTreeMap::new();
    for instance in rendered {
        for file in instance.files {
            let name = format!("{}/{}/{}", instance.group, instance.index, file.path);
            files.insert(name, Ok(file.content));
        }
    }
    Rendering { files, error: None }
}

/// The files of one instance, by their names below it.
pub(super) fn of_instance(rendering: &Rendering, instance: Option<&str>) -> Rendering {
    let Some(instance) = instance else {
        return rendering.clone();
    };
    let prefix = format!("{instance}/");
    let files = rendering.files.iter();
    Rendering {
        files: files
            .filter_map(|(name, file)| {
                Some((name.strip_prefix(&prefix)?.to_owned(), file.clone()))
            })
            .collect(),
        error: rendering.error.clone(),
    }
}

fn shown(error: &anyhow::Error) -> RenderError {
    let message = match error.downcast_ref::<Diagnostics>() {
        Some(faults) => {
            let messages = faults.iter().map(|fault| fault.message.as_str());
            messages.collect::<Vec<_>>().join("\n")
        }
        None => format!("{error:#}"),
    };
    let shown = match error.downcast_ref::<Diagnostics>() {
        Some(faults) => faults.render(false),
        None => message.clone(),
    };
    RenderError { message, shown }
}

/// The plan of a deployment with its links.
pub(super) fn plan(
    directory: &ReleaseDirectory,
    subject: &DeploymentSubject,
) -> Result<ResolvedDeployment> {
    let root = &directory.root;
    let manifest = source(root, &subject.manifest)?;
    let mut operations = Vec::with_capacity(subject.ops.len());
    for path in &subject.ops {
        operations.push(OperationsFile::parse(&source(root, path)?)?);
    }
    let mut variables = Variables::new(subject.vars.clone(), None)?;
    let interpolated = interpolate(Request {
        manifest: &manifest,
        operations: &operations,
        variables: &mut variables,
        expect_all_found: false,
        expect_all_used: false,
    })?;
    let manifests = [DeploymentManifest::read(&interpolated).map_err(Diagnostics::from)?];
    let cloud = cloud(root, subject, &manifests)?;
    let mut all = vec![directory.release.clone()];
    all.extend(others(root, &subject.releases)?);
    Ok(deployment::plan_all(deployment::Request {
        manifests: &manifests,
        cloud: &cloud,
        releases: &all,
        state: &RecordedState::default(),
    })?)
}

fn cloud(
    root: &Path,
    subject: &DeploymentSubject,
    manifests: &[DeploymentManifest],
) -> Result<CloudConfig> {
    let source = match &subject.cloud_config {
        Some(CloudConfigOfTest::File(path)) => source(root, path)?,
        Some(CloudConfigOfTest::Inline(value)) => Source::new("cloud_config", yaml::write(value)),
        None => Source::new("assumed cloud-config", AssumedCloud::of(manifests).text),
    };
    Ok(CloudConfig::parse(&source)?)
}

fn others(root: &Path, paths: &[InnerPath]) -> Result<Vec<Release>> {
    let temporary = tempfile::tempdir().context("Creating a temporary directory")?;
    let read = |path: &InnerPath| {
        let full = root.join(path.as_str());
        stays_inside(root, &full).map_err(|problem| anyhow!(problem))?;
        releases::read(&full, root, temporary.path())
            .with_context(|| format!("Reading release '{}'", path.as_str()))
    };
    paths.iter().map(read).collect()
}

fn source(root: &Path, path: &InnerPath) -> Result<Arc<Source>> {
    let full = root.join(path.as_str());
    stays_inside(root, &full).map_err(|problem| anyhow!(problem))?;
    let attempted = || format!("Reading '{}'", path.as_str());
    let size = fs::metadata(&full).with_context(attempted)?.len();
    if size > MAX_BYTES as u64 {
        return Err(anyhow!("it is too large").context(attempted()));
    }
    let text = fs::read_to_string(&full).with_context(attempted)?;
    Ok(Source::new(path.as_str(), text))
}
