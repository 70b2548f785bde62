//! What the renderings of a test counted, and what all of them reach together.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::release::{CompiledFile, CompiledJob, ReleaseDirectory, world};
use crate::local::deployment::ResolvedDeployment;
use crate::render::coverage::Recording;
use crate::render::instance::Specs;
use crate::render::{InstanceSpec, TemplateError};
use crate::suite::coverage::{Coverage, Measured, PropertyUse};
use crate::suite::link::given_names;
use crate::suite::subject::JobSubject;

/// What the renderings of a test counted, if anybody wants to know.
#[derive(Debug)]
pub(super) struct Counted<'a> {
    wanted: bool,
    /// Each file at most once.
    recordings: Vec<(&'a CompiledFile, Recording)>,
    properties: PropertyUse,
}

impl<'a> Counted<'a> {
    pub(super) fn new(wanted: bool) -> Self {
        Self {
            wanted,
            recordings: Vec::new(),
            properties: PropertyUse::default(),
        }
    }

    /// Renders a template, and counts.
    pub(super) fn render(
        &mut self,
        file: &'a CompiledFile,
        instance: &InstanceSpec,
    ) -> Result<Vec<u8>, Box<TemplateError>> {
        if !self.wanted {
            return file.template.render(instance, &world());
        }
        let mut recording = Recording::default();
        let result = file
            .template
            .render_recorded(instance, &world(), &mut recording);
        self.record(file, recording);
        result
    }

    fn record(&mut self, file: &'a CompiledFile, recording: Recording) {
        let mut known = self.recordings.iter_mut();
        match known.find(|(known, _)| std::ptr::eq(*known, file)) {
            Some((_, known)) => known.add(&recording),
            None => self.recordings.push((file, recording)),
        }
    }

    /// Notes which properties the test of a job gives, and which the templates looked at.
    pub(super) fn note_properties(
        &mut self,
        directory: &ReleaseDirectory,
        job: &CompiledJob,
        subject: &JobSubject,
    ) {
        for (file, recording) in &self.recordings {
            let coverage = file.template.coverage(recording);
            self.properties.add(&job.job, &subject.given, &coverage);
            for link in &subject.links {
                let provider = link.provider.as_deref();
                if let Some(provider) = provider.and_then(|name| directory.release.job(name)) {
                    self.properties
                        .add_link(provider, &link.given, &link.name, &coverage);
                }
            }
        }
    }

    /// Counts what a deployment renders of the release's own jobs.
    pub(super) fn note_deployment(
        &mut self,
        directory: &'a ReleaseDirectory,
        resolved: &ResolvedDeployment,
    ) {
        if !self.wanted {
            return;
        }
        let specs = Specs {
            plan: &resolved.plan,
            links: &resolved.links,
            numbering: &resolved.numbering,
        };
        for group in &resolved.plan.groups {
            for planned in group
                .jobs
                .iter()
                .filter(|job| job.release.name == directory.name())
            {
                let name = &planned.job.name;
                let Some(job) = directory.jobs.iter().find(|job| job.job.name == *name) else {
                    continue;
                };
                let declared = job.job.spec.properties.iter().map(|one| one.name.as_str());
                let given = given_names(&planned.given, declared);
                for instance in &group.instances {
                    if let Ok(spec) = specs.of(group, instance, planned) {
                        self.note_instance(job, &given, &spec);
                    }
                }
            }
        }
    }

    fn note_instance(
        &mut self,
        job: &'a CompiledJob,
        given: &std::collections::BTreeSet<String>,
        spec: &InstanceSpec,
    ) {
        for file in &job.templates {
            let mut recording = Recording::default();
            // What fails is told by whoever renders the deployment.
            let _ = file
                .template
                .render_recorded(spec, &world(), &mut recording);
            let coverage = file.template.coverage(&recording);
            self.properties.add(&job.job, given, &coverage);
            self.record(file, recording);
        }
    }
}

/// What all tests reach of the jobs that count.
pub(super) fn coverage(
    directory: &ReleaseDirectory,
    counts: &dyn Fn(&CompiledJob) -> bool,
    counted: Vec<Counted<'_>>,
) -> Coverage {
    let mut properties = PropertyUse::default();
    let mut recordings: BTreeMap<(&str, &str), Recording> = BTreeMap::new();
    for one in counted {
        properties.merge(one.properties);
        for (file, recording) in one.recordings {
            let key = (file.template.job(), file.destination.as_str());
            recordings.entry(key).or_default().add(&recording);
        }
    }
    let never = Recording::default();
    let jobs: Vec<&CompiledJob> = directory.jobs.iter().filter(|job| counts(job)).collect();
    let files = jobs.iter().flat_map(|job| &job.templates);
    let measured: Vec<Measured<'_>> = files
        .filter(|file| file.runs_code)
        .map(|file| {
            let key = (file.template.job(), file.destination.as_str());
            Measured {
                source: Arc::clone(&file.source),
                template: &file.template,
                recording: recordings.get(&key).unwrap_or(&never),
                compiled: file.tera.as_ref().map(|tera| &tera.compiled),
            }
        })
        .collect();
    let partial = |name: &str| {
        let mut sources = directory.partials.iter();
        sources.find(|source| source.name() == name).cloned()
    };
    let jobs = jobs.iter().map(|job| &*job.job);
    Coverage::of(&measured, &partial, jobs, &properties)
}
