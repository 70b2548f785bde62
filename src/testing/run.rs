//! The tests of a release directory: found, read, rendered by all threads, judged.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rayon::prelude::*;

use super::counted::{self, Counted};
use super::deployed;
use super::goldens::{Directory, Updates};
use super::release::{CompiledFile, CompiledJob, ReleaseDirectory, meant};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::render::{InstanceSpec, TemplateError};
use crate::source::Source;
use crate::suite;
use crate::suite::coverage::Coverage;
use crate::suite::expectation::Target;
use crate::suite::judge::{RenderError, Rendering, judge};
use crate::suite::subject::JobSubject;
use crate::suite::{Expected, Failure, Outcome, Subject, Test, TestFile};

/// Where tests lie in a release directory, in a directory for each job.
pub const DIRECTORY: &str = "tests/templates";

/// Which tests are run, and what is done with golden files.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Only tests whose name, job or template contains this.
    pub filter: Option<String>,
    /// Golden files that differ are written.
    pub update: bool,
    /// What templates do is counted.
    pub coverage: bool,
}

/// What became of the tests.
#[derive(Debug)]
pub struct Run {
    /// In the order of jobs, files and tests; as it is after an update.
    pub outcomes: Vec<Outcome>,
    /// Golden files that were written, as failures: their details are the differences.
    pub updated: Vec<Outcome>,
    /// How many tests there are, with those that the filter leaves out.
    pub all: usize,
    /// What they reach, if that was asked for: of all jobs, or of those whose tests the filter leaves.
    pub coverage: Option<Coverage>,
}

/// Runs the tests of a release.
///
/// # Errors
/// Faults of the test files, all together; golden files that cannot be written. A test that fails is an outcome.
pub fn run(directory: &ReleaseDirectory, options: &Options) -> Result<Run> {
    let files = read(directory)?;
    let all = files.iter().map(|file| file.tests.len()).sum();
    let mut chosen = Vec::new();
    for file in &files {
        let compiled = directory.jobs.iter().find(|job| job.job.name == file.job);
        let Some(compiled) = compiled else { continue };
        let tests = file.tests.iter();
        let tests = tests.filter(|test| is_meant(options.filter.as_deref(), file, test));
        chosen.extend(tests.map(|test| Chosen {
            file,
            test,
            compiled,
        }));
    }
    let judge_all = || -> (Vec<Outcome>, Vec<Counted<'_>>) {
        let judged = chosen.par_iter();
        let judged = judged.map(|one| outcome(directory, one, options.coverage));
        judged.collect::<Vec<_>>().into_iter().unzip()
    };
    let (mut outcomes, mut counted) = judge_all();
    let mut updated = Vec::new();
    if options.update {
        updated = update(directory, &outcomes)?;
    }
    if !updated.is_empty() {
        // A golden file of several tests may hold for one of them and no more for another.
        (outcomes, counted) = judge_all();
    }
    let counts = |job: &CompiledJob| {
        options.filter.is_none() || chosen.iter().any(|one| one.file.job == job.job.name)
    };
    Ok(Run {
        outcomes,
        updated,
        all,
        coverage: options
            .coverage
            .then(|| counted::coverage(directory, &counts, counted)),
    })
}

/// A test that is run.
struct Chosen<'a> {
    file: &'a TestFile,
    test: &'a Test,
    compiled: &'a CompiledJob,
}

fn is_meant(filter: Option<&str>, file: &TestFile, test: &Test) -> bool {
    let Some(filter) = filter else {
        return true;
    };
    let mut names = vec![file.job.as_str(), test.name.as_str(), file.source.name()];
    names.extend(
        test.expected
            .iter()
            .filter_map(|expected| match &expected.target {
                Target::File(name) => Some(name.as_str()),
                Target::All => None,
            }),
    );
    names.iter().any(|name| name.contains(filter))
}

/// All test files of a release, sorted by job and name.
///
/// # Errors
/// Faults of all of them: what is no YAML, keys and names that do not exist, tests that expect nothing.
pub fn read(directory: &ReleaseDirectory) -> Result<Vec<TestFile>> {
    let root = directory.root.join(DIRECTORY);
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for job in sorted(&root)?.into_iter().filter(|path| path.is_dir()) {
        let name = job
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Some(found) = directory.release.job(&name) else {
            let names = directory.release.jobs.iter().map(|job| job.name.as_str());
            faults.push(Diagnostic::error(format!(
                "'{DIRECTORY}/{name}' holds tests, but the release has no job '{name}'{}",
                meant(&name, names)
            )));
            continue;
        };
        for path in sorted(&job)?.into_iter().filter(|path| is_test_file(path)) {
            let source = source(directory, &path)?;
            match TestFile::read(&source, found, &directory.release) {
                Ok(file) => files.push(file),
                Err(found) => faults.extend(found.into_vec()),
            }
        }
    }
    Diagnostics::from_list(faults)?;
    Ok(files)
}

pub(super) fn is_test_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    suite::is_test_file(&name.to_string_lossy()) && path.is_file()
}

fn sorted(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    if !directory.is_dir() {
        return Ok(paths);
    }
    let attempted = || format!("Reading '{}'", directory.display());
    for entry in fs::read_dir(directory).with_context(attempted)? {
        paths.push(entry.with_context(attempted)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn source(directory: &ReleaseDirectory, path: &Path) -> Result<Arc<Source>> {
    let shown = path.strip_prefix(&directory.root).unwrap_or(path).display();
    let text = fs::read_to_string(path).with_context(|| format!("Reading '{shown}'"))?;
    Ok(Source::new(shown.to_string(), text))
}

fn outcome<'a>(
    directory: &'a ReleaseDirectory,
    chosen: &Chosen<'a>,
    count: bool,
) -> (Outcome, Counted<'a>) {
    let Chosen {
        file,
        test,
        compiled,
    } = chosen;
    let goldens = Directory {
        root: &directory.root,
        directory: golden_directory(directory, file.source.name()),
    };
    let expected = &test.expected;
    let mut counted = Counted::new(count);
    let failures = match &test.subject {
        Subject::Job(subject) => {
            let rendering = of_job(compiled, subject, expected, &mut counted);
            counted.note_properties(directory, compiled, subject);
            judge(expected, &rendering, &goldens)
        }
        Subject::Deployment(subject) => {
            let mut rendering = deployed::rendering(directory, subject, &mut counted);
            if expected.iter().any(|one| one.target == Target::All) {
                rendering = deployed::of_instance(&rendering, subject.instance.as_deref());
            }
            judge(expected, &rendering, &goldens)
        }
    };
    let outcome = Outcome {
        job: file.job.clone(),
        name: test.name.clone(),
        place: test.place.clone(),
        failures,
    };
    (outcome, counted)
}

fn golden_directory(directory: &ReleaseDirectory, test_file: &str) -> PathBuf {
    let path = directory.root.join(test_file);
    path.parent().unwrap_or(&directory.root).to_path_buf()
}

/// The files of a job that a test looks at; for all of the job, those whose templates run code.
fn of_job<'a>(
    job: &'a CompiledJob,
    subject: &JobSubject,
    expected: &[Expected],
    counted: &mut Counted<'a>,
) -> Rendering {
    let mut rendering = Rendering::default();
    let instance = match &subject.instance {
        Ok(instance) => instance,
        Err(message) => {
            rendering.error = Some(RenderError {
                message: message.clone(),
                shown: message.clone(),
            });
            return rendering;
        }
    };
    for file in &job.templates {
        let named = |one: &Expected| match &one.target {
            Target::File(name) => *name == file.destination,
            Target::All => file.runs_code,
        };
        if expected.iter().any(named) {
            rendering
                .files
                .insert(file.destination.clone(), rendered(file, instance, counted));
        }
    }
    rendering
}

fn rendered<'a>(
    file: &'a CompiledFile,
    instance: &InstanceSpec,
    counted: &mut Counted<'a>,
) -> Result<Vec<u8>, RenderError> {
    let result = counted.render(file, instance);
    result.map_err(|error| RenderError {
        message: error.message(),
        shown: shown(file, &error),
    })
}

/// The error with its place in the template as it was written.
fn shown(file: &CompiledFile, error: &TemplateError) -> String {
    let place = error.line.map_or_else(
        || file.source.name().to_owned(),
        |line| match file
            .tera
            .as_ref()
            .and_then(|tera| tera.compiled.place(line))
        {
            Some(place) => format!("{}:{}", place.source, place.line),
            None => format!("{}:{line}", file.source.name()),
        },
    );
    let hint = error.hint.as_ref().map(|hint| format!("\nhelp: {hint}"));
    format!(
        "{place}: {}: {}{}",
        error.class(),
        error.message().trim_end(),
        hint.unwrap_or_default()
    )
}

/// Writes the golden files that differ; of two contents of one file the first. Tells what was written.
fn update(directory: &ReleaseDirectory, outcomes: &[Outcome]) -> Result<Vec<Outcome>> {
    let mut updates = Updates::default();
    let mut updated = Vec::new();
    for outcome in outcomes {
        let below = golden_directory(directory, outcome.place.source.name());
        let mut is_new = |failure: &&Failure| {
            let update = failure.update.as_ref();
            update.is_some_and(|(path, content)| updates.add(below.join(path.as_str()), content))
        };
        let failures = outcome.failures.iter();
        let written: Vec<Failure> = failures.filter(|one| is_new(one)).cloned().collect();
        if !written.is_empty() {
            updated.push(Outcome {
                failures: written,
                ..outcome.clone()
            });
        }
    }
    updates.write().context("Writing golden files")?;
    Ok(updated)
}
