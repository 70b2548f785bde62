//! All templates of a job for an instance.

use super::context::InstanceSpec;
use super::failure::JobFailure;
use super::template::{Template, TemplateError};
use crate::ruby::eval::World;

/// The compiled templates of a job; shared by all instances and threads.
#[derive(Debug)]
pub struct JobTemplates {
    /// Name of the job.
    pub name: String,
    /// Its `monit` file.
    pub monit: Template,
    /// The others with their destinations, in the order of the job's spec.
    pub templates: Vec<(Template, String)>,
}

/// The files of a job on an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedJob {
    /// What the agent hands to monit.
    pub monit: Vec<u8>,
    /// In the order of the job's spec.
    pub files: Vec<RenderedFile>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFile {
    /// Path below the job's directory on the instance.
    pub destination: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// Templates of a job that gave no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobError {
    /// `monit`: a Director renders nothing else of the job then.
    Monit(Box<TemplateError>),
    /// All others that failed, at least one.
    Templates {
        /// Name of the job.
        job: String,
        /// In the order of the job's spec.
        errors: Vec<TemplateError>,
    },
}

/// Renders a job's templates for an instance: `monit` first, then the others in order. All that fail are reported.
pub fn render_job(
    job: &JobTemplates,
    instance: &InstanceSpec,
    world: &World,
) -> Result<RenderedJob, JobError> {
    let monit = job.monit.render(instance, world);
    let monit = monit.map_err(JobError::Monit)?;
    let (mut files, mut errors) = (Vec::new(), Vec::new());
    for (template, destination) in &job.templates {
        match template.render(instance, world) {
            Ok(content) => files.push(RenderedFile {
                destination: destination.clone(),
                content,
            }),
            Err(error) => errors.push(*error),
        }
    }
    if errors.is_empty() {
        return Ok(RenderedJob { monit, files });
    }
    let job = job.name.clone();
    Err(JobError::Templates { job, errors })
}

impl JobError {
    /// What a Director says of it.
    pub fn director(&self) -> JobFailure {
        match self {
            Self::Monit(error) => JobFailure::Monit(error.director()),
            Self::Templates { job, errors } => JobFailure::Templates {
                job: job.clone(),
                templates: errors.iter().map(TemplateError::director).collect(),
            },
        }
    }
}

impl std::fmt::Display for JobError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.director().fmt(f)
    }
}

impl std::error::Error for JobError {}
