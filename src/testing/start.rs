//! The first test file of a job: what its templates need is found by rendering them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};

use super::release::{CompiledFile, CompiledJob, ReleaseDirectory, world};
use super::run::DIRECTORY;
use crate::deployment::properties::Declared;
use crate::deployment::release_job::{LinkDefinition, ReleaseJob};
use crate::release::changes::Changes;
use crate::render::{self, TemplateError};
use crate::source::Source;
use crate::suite::start::{Draft, DraftLink, plausible};
use crate::suite::{Subject, TestFile};
use crate::yaml::Value;

/// Writes the first test file of a job, and says where. Its tests pass once their golden files are written.
///
/// # Errors
/// There is no such job; it has test files already; none of its templates runs code.
pub fn start(directory: &ReleaseDirectory, job: &str) -> Result<PathBuf> {
    let compiled = directory.job(job)?.compiled();
    let below = directory.root.join(DIRECTORY).join(job);
    let path = below.join(format!("{job}.yml"));
    if has_tests(&below) {
        bail!("Job '{job}' has tests already: '{DIRECTORY}/{job}'");
    }
    let files: Vec<&CompiledFile> = compiled
        .templates
        .iter()
        .filter(|file| file.runs_code)
        .collect();
    if files.is_empty() {
        bail!("None of the templates of job '{job}' runs code: they are the same everywhere");
    }
    let trial = Trial {
        directory,
        compiled,
        files,
    };
    let draft = trial.draft()?;
    let mut changes = Changes::new();
    changes
        .write(&path, draft.text(&compiled.job).as_bytes())
        .with_context(|| format!("Writing '{}'", path.display()))?;
    changes.commit()?;
    Ok(path)
}

fn has_tests(directory: &Path) -> bool {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .any(|path| super::run::is_test_file(&path))
}

fn has_no_default(declared: &Declared) -> bool {
    let default = declared.definition.get("default");
    matches!(default, None | Some(Value::Null))
}

struct Trial<'a> {
    directory: &'a ReleaseDirectory,
    compiled: &'a CompiledJob,
    /// Templates that run code.
    files: Vec<&'a CompiledFile>,
}

impl Trial<'_> {
    /// Defaults first; then a value for what is missed; then one for everything that has no default.
    fn draft(&self) -> Result<Draft> {
        let mut draft = Draft {
            links: self.required_links(),
            ..Draft::default()
        };
        let mut failing = self.failing(&draft)?;
        // Each round gives one property more, and each is given once.
        while failing
            .iter()
            .any(|(_, error)| self.give_missed(error, &mut draft))
        {
            failing = self.failing(&draft)?;
        }
        if !failing.is_empty() {
            let all = self.all_given(&draft);
            let still = self.failing(&all)?;
            if still.len() < failing.len() {
                (draft, failing) = (all, still);
            }
        }
        let error = |file: &CompiledFile| {
            let mut failing = failing.iter();
            let found = failing.find(|(failed, _)| failed.destination == file.destination);
            found.map(|(_, error)| error.message())
        };
        let files = self.files.iter();
        draft.tests = files
            .map(|file| (file.destination.clone(), error(file)))
            .collect();
        Ok(draft)
    }

    fn all_given(&self, draft: &Draft) -> Draft {
        let mut all = draft.clone();
        for declared in &self.compiled.job.spec.properties {
            self.give(&declared.name, &mut all);
        }
        all
    }

    fn give(&self, name: &str, draft: &mut Draft) -> bool {
        let known = draft.properties.iter().any(|(given, _)| given == name);
        let declared = self.compiled.job.spec.property(name);
        let Some(declared) = declared.filter(|declared| !known && has_no_default(declared)) else {
            return false;
        };
        draft
            .properties
            .push((name.to_owned(), plausible(declared)));
        true
    }

    /// Gives the property without which a template was not rendered: to the job, or else to links that are given by hand.
    /// Says whether that was done.
    fn give_missed(&self, error: &TemplateError, draft: &mut Draft) -> bool {
        let message = error.message();
        let list = message.strip_prefix("Can't find property '[");
        let Some(name) = list.and_then(|list| list.split('"').nth(1)) else {
            return false;
        };
        if self.give(name, draft) {
            return true;
        }
        let of_link = Declared {
            name: name.to_owned(),
            definition: Value::Null,
        };
        let links = draft.links.iter_mut();
        let lacks = |link: &&mut DraftLink| {
            link.provider.is_none() && link.properties.iter().all(|(given, _)| given != name)
        };
        let lacking: Vec<&mut DraftLink> = links.filter(lacks).collect();
        let given = !lacking.is_empty();
        for link in lacking {
            link.properties.push((name.to_owned(), plausible(&of_link)));
        }
        given
    }

    fn required_links(&self) -> Vec<DraftLink> {
        let consumed = self.compiled.job.spec.consumes.iter();
        let required = consumed.filter(|link| !link.optional);
        required
            .map(|link| DraftLink {
                name: link.name.clone(),
                provider: self.provider(link).map(|(job, _)| job.name.clone()),
                properties: Vec::new(),
            })
            .collect()
    }

    /// The first job that provides exactly one link of the type.
    fn provider(&self, link: &LinkDefinition) -> Option<(&ReleaseJob, &LinkDefinition)> {
        self.directory.release.jobs.iter().find_map(|job| {
            let mut fitting = job.spec.provides.iter().filter(|one| one.kind == link.kind);
            let first = fitting.next()?;
            fitting.next().is_none().then_some((&**job, first))
        })
    }

    /// What the tests of a draft see: their text is read as that of any test file.
    fn instance(&self, draft: &Draft) -> Result<render::InstanceSpec> {
        let mut one = draft.clone();
        one.tests = vec![("monit".to_owned(), None)];
        let job = &self.compiled.job;
        let source = Source::new("first test file", one.text(job));
        let file = TestFile::read(&source, job, &self.directory.release)?;
        match file.tests.into_iter().next().map(|test| test.subject) {
            Some(Subject::Job(subject)) => subject.instance.map_err(|message| anyhow!(message)),
            _ => bail!("The first test file holds no test of a job"),
        }
    }

    /// The templates that cannot be rendered, with the reason.
    fn failing(&self, draft: &Draft) -> Result<Vec<(&CompiledFile, TemplateError)>> {
        let instance = self.instance(draft)?;
        let files = self.files.iter();
        let failing = files.filter_map(|file| {
            let error = file.template.render(&instance, &world()).err()?;
            Some((*file, *error))
        });
        Ok(failing.collect())
    }
}
