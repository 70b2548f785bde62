//! Tests of whole deployments: files are read, the rest is what `render` does.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};

use super::counted::Counted;
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
use crate::local::failures::RenderFailure;
use crate::local::releases;
use crate::source::Source;
use crate::suite::InnerPath;
use crate::suite::judge::{RenderError, Rendering};
use crate::suite::subject::{CloudConfigOfTest, DeploymentSubject};
use crate::yaml::{self, MAX_BYTES};

/// What a deployment renders: `GROUP/INDEX/JOB/PATH`.
pub(super) fn rendering<'a>(
    directory: &'a ReleaseDirectory,
    subject: &DeploymentSubject,
    counted: &mut Counted<'a>,
) -> Rendering {
    let files = match Files::read(directory, subject) {
        Ok(files) => files,
        Err(error) => {
            return Rendering {
                missing: Some(format!("{error:#}")),
                ..Rendering::default()
            };
        }
    };
    let failed = |error: RenderError| Rendering {
        error: Some(error),
        ..Rendering::default()
    };
    let resolved = match plan(&files, subject) {
        Ok(resolved) => resolved,
        Err(error) => return failed(shown(&error)),
    };
    counted.note_deployment(directory, &resolved);
    let rendered = match deployment::render(&resolved, &world()) {
        Ok(rendered) => rendered,
        Err(failure) => return failed(told(&failure)),
    };
    let mut files = BTreeMap::new();
    for instance in rendered {
        for file in instance.files {
            let name = format!("{}/{}/{}", instance.group, instance.index, file.path);
            files.insert(name, Ok(file.content));
        }
    }
    Rendering {
        files,
        ..Rendering::default()
    }
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
            .filter_map(|(name, file)| Some((name.strip_prefix(&prefix)?.to_owned(), file.clone())))
            .collect(),
        ..rendering.clone()
    }
}

/// The Director's words are what a test expects; for people the places come first.
fn told(failure: &RenderFailure) -> RenderError {
    let message = failure.to_string();
    let places = match Diagnostics::from_list(failure.faults.clone()) {
        Ok(()) => String::new(),
        Err(faults) => format!("{}\n", faults.render(false)),
    };
    RenderError {
        shown: format!("{places}{message}"),
        message,
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

/// What a deployment is made of, read.
pub(super) struct Files {
    manifest: Arc<Source>,
    operations: Vec<Arc<Source>>,
    cloud: Option<Arc<Source>>,
    releases: Vec<Release>,
}

impl Files {
    pub(super) fn read(directory: &ReleaseDirectory, subject: &DeploymentSubject) -> Result<Self> {
        let root = &directory.root;
        let mut releases = vec![directory.release.clone()];
        releases.extend(others(root, &subject.releases)?);
        let operations = subject.ops.iter().map(|path| source(root, path));
        Ok(Self {
            manifest: source(root, &subject.manifest)?,
            operations: operations.collect::<Result<_>>()?,
            cloud: match &subject.cloud_config {
                Some(CloudConfigOfTest::File(path)) => Some(source(root, path)?),
                Some(CloudConfigOfTest::Inline(value)) => {
                    Some(Source::new("cloud_config", yaml::write(value)))
                }
                None => None,
            },
            releases,
        })
    }
}

/// The plan of a deployment with its links.
pub(super) fn plan(files: &Files, subject: &DeploymentSubject) -> Result<ResolvedDeployment> {
    let operations = files.operations.iter().map(OperationsFile::parse);
    let operations: Vec<_> = operations.collect::<Result<_, _>>()?;
    let mut variables = Variables::new(subject.vars.clone(), None)?;
    let interpolated = interpolate(Request {
        manifest: &files.manifest,
        operations: &operations,
        variables: &mut variables,
        expect_all_found: false,
        expect_all_used: false,
    })?;
    let manifests = [DeploymentManifest::read(&interpolated).map_err(Diagnostics::from)?];
    let cloud = match &files.cloud {
        Some(source) => Arc::clone(source),
        None => Source::new("assumed cloud-config", AssumedCloud::of(&manifests).text),
    };
    Ok(deployment::plan_all(deployment::Request {
        manifests: &manifests,
        cloud: &CloudConfig::parse(&cloud)?,
        releases: &files.releases,
        state: &RecordedState::default(),
    })?)
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
