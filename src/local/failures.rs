//! What is told when files of a deployment cannot be rendered: the Director's words, and the place of each fault.

use std::fmt;
use std::sync::Arc;

use crate::deployment::release_job::ReleaseJob;
use crate::diagnostic::{Diagnostic, Label};
use crate::render::TemplateError;
use crate::render::failure::{DeploymentFailure, GroupFailure};
use crate::source::Source;

/// Why there are no files.
#[derive(Debug, Clone)]
pub struct RenderFailure {
    /// Services, which a Director renders when it deploys; `None` when all of them can be rendered.
    pub services: Option<DeploymentFailure>,
    /// Errands, which it renders when they run.
    pub errands: Vec<GroupFailure>,
    /// Each template that failed, with its place; once for all instances that fail in the same way.
    pub faults: Vec<Diagnostic>,
}

/// The Director's words.
impl fmt::Display for RenderFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let services = self.services.iter().map(ToString::to_string);
        let errands = self.errands.iter().map(ToString::to_string);
        let texts: Vec<String> = services.chain(errands).collect();
        f.write_str(&texts.join("\n"))
    }
}

impl std::error::Error for RenderFailure {}

/// Templates that failed, each way of failing once.
#[derive(Debug, Default)]
pub(super) struct Faults<'a>(Vec<Fault<'a>>);

#[derive(Debug)]
struct Fault<'a> {
    job: &'a ReleaseJob,
    error: TemplateError,
    /// `GROUP/INDEX`.
    instances: Vec<String>,
}

impl<'a> Faults<'a> {
    /// A template that failed on an instance.
    pub(super) fn add(&mut self, job: &'a ReleaseJob, error: TemplateError, instance: String) {
        let same = |fault: &&mut Fault<'_>| std::ptr::eq(fault.job, job) && fault.error == error;
        match self.0.iter_mut().find(same) {
            Some(fault) => fault.instances.push(instance),
            None => self.0.push(Fault {
                job,
                error,
                instances: vec![instance],
            }),
        }
    }

    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        self.0.iter().map(Fault::diagnostic).collect()
    }
}

impl Fault<'_> {
    /// The fault in the text that its author wrote, and in the ERB that was made of it.
    fn diagnostic(&self) -> Diagnostic {
        let Self { job, error, .. } = self;
        let origin = job.origin(&error.path);
        let name = origin.map_or_else(
            || format!("{}/{}", job.name, error.path),
            |origin| origin.name.clone(),
        );
        let source = Source::new(name, job.template_text(&error.path));
        let mut fault = error.diagnostic(&source);
        fault.message = format!("{} (on {})", fault.message, self.instances.join(", "));
        let line = error.line.or_else(|| {
            let span = error.span?;
            Some(source.line_column(span.start).line)
        });
        let written = origin
            .zip(line)
            .and_then(|(origin, line)| origin.place(line));
        if let Some((source, span)) = written {
            // What the author wrote comes first, what an operator will see second.
            let label = Label {
                source: Arc::clone(source),
                span: *span,
                text: String::new(),
            };
            fault.labels.insert(0, label);
        }
        fault
    }
}
