//! Everything a release directory holds: packages, jobs and license, read and checked together.
//!
//! All faults of all of them are reported at once. A package that is broken still counts as known, so that
//! the jobs that need it do not complain as well.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::blobs::KnownBlob;
use super::directory::{Kind, ReleaseDirectory};
use super::job::{self, Job};
use super::license;
use super::name::Name;
use super::package::{self, Contents, Package, Selection};
use super::resource::{Content, Resource};
use super::tera::TemplatePartials;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, each_once};
use crate::nearest::nearest;

/// What is to be fingerprinted and packed.
#[derive(Debug)]
pub struct ReleaseContents {
    /// Sorted by name.
    pub packages: Vec<Contents>,
    /// Sorted by name.
    pub jobs: Vec<Resource>,
    /// When there are license files.
    pub license: Option<Resource>,
    /// What looks wrong but is no error.
    pub warnings: Vec<Diagnostic>,
}

/// Reads and checks all of `release`. `blobs` are what `blobs.yml` knows.
pub fn read(
    release: &ReleaseDirectory,
    blobs: &BTreeMap<String, KnownBlob>,
) -> Result<ReleaseContents> {
    let mut faults = Vec::new();
    let license = license::read(release)?;
    let mut known = BTreeSet::new();
    let packages = read_packages(release, blobs, &mut known, &mut faults)?;
    let jobs = read_jobs(release, &mut faults)?;
    check_names(&packages, &mut faults);
    check_dependencies(&packages, &known, &mut faults);
    check_cycles(&packages, &mut faults);
    check_job_packages(&jobs, &known, &mut faults);
    let (errors, warnings): (Vec<_>, Vec<_>) = each_once(faults)
        .into_iter()
        .partition(|fault| fault.severity == Severity::Error);
    Diagnostics::from_list(errors)?;
    let mut packages: Vec<Contents> = packages
        .into_iter()
        .map(|package| package.contents)
        .collect();
    packages.sort_by(|a, b| a.name().cmp(b.name()));
    let mut jobs: Vec<Resource> = jobs.into_iter().map(|job| job.resource).collect();
    jobs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(ReleaseContents {
        packages,
        jobs,
        license,
        warnings,
    })
}

/// Source files (not blobs) that packages pack.
pub fn source_files(contents: &ReleaseContents, sources: &Path) -> Vec<PathBuf> {
    let resources = contents
        .packages
        .iter()
        .filter_map(|package| match package {
            Contents::Sources(resource) => Some(resource),
            Contents::Vendored(_) => None,
        });
    let mut files: Vec<PathBuf> = resources
        .flat_map(|resource| &resource.files)
        .filter_map(|file| match &file.content {
            Content::File(path) if path.starts_with(sources) => Some(path.clone()),
            _ => None,
        })
        .collect();
    files.sort();
    files.dedup();
    files
}

/// Names of the directories in `jobs/` or `packages/`, sorted: hidden ones and links to directories as well.
pub fn directories(release: &ReleaseDirectory, kind: Kind) -> Result<Vec<String>> {
    let all = release.all_of(kind);
    let mut names = Vec::new();
    let mut entries: Vec<fs::DirEntry> = match fs::read_dir(&all) {
        // Also for a link that leads nowhere: only what is not there at all holds nothing.
        Err(error) if error.kind() == ErrorKind::NotFound && !all.is_symlink() => {
            return Ok(Vec::new());
        }
        entries => entries
            .and_then(Iterator::collect)
            .with_context(|| format!("Reading directory '{}'", all.display()))?,
    };
    // The first fault is the same one wherever the directory lies.
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if is_directory(release, &entry)? {
            let name = entry.file_name();
            let shown = release.shown(&entry.path());
            let name = name.into_string().map_err(|_| {
                let fault = Diagnostic::error(format!("The name of '{shown}' is not UTF-8 text"))
                    .hint(format!("a Director takes {}", Name::RULE));
                Diagnostics::from(fault)
            })?;
            names.push(name);
        }
    }
    Ok(names)
}

/// Whether an entry is a directory or a link to one. A link that cannot be followed may be either, so it is an error.
fn is_directory(release: &ReleaseDirectory, entry: &fs::DirEntry) -> Result<bool> {
    let shown = release.shown(&entry.path());
    let found = fs::metadata(entry.path()).with_context(|| format!("Looking at '{shown}'"))?;
    Ok(found.is_dir())
}

fn read_packages(
    release: &ReleaseDirectory,
    blobs: &BTreeMap<String, KnownBlob>,
    known: &mut BTreeSet<String>,
    faults: &mut Vec<Diagnostic>,
) -> Result<Vec<Package>> {
    let mut selection = Selection::new(release, blobs)?;
    let mut packages = Vec::new();
    for name in directories(release, Kind::Package)? {
        match package::read(&mut selection, &name) {
            Ok(mut package) => {
                faults.append(&mut package.faults);
                faults.append(&mut package.findings);
                known.insert(package.contents.name().to_string());
                packages.push(package);
            }
            Err(found) => {
                faults.extend(found);
                known.insert(name);
            }
        }
    }
    faults.extend(selection.unreadable());
    Ok(packages)
}

fn read_jobs(release: &ReleaseDirectory, faults: &mut Vec<Diagnostic>) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    let partials = TemplatePartials::of(release);
    for name in directories(release, Kind::Job)? {
        match job::read(release, &partials, &name) {
            Ok(mut job) => {
                faults.append(&mut job.faults);
                faults.append(&mut job.findings);
                jobs.push(job);
            }
            Err(found) => faults.extend(found),
        }
    }
    Ok(jobs)
}

/// No two packages of one name: a tarball has room for one of them.
fn check_names(packages: &[Package], faults: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&Name, &Package> = BTreeMap::new();
    for package in packages {
        let name = package.contents.name();
        if let Some(first) = seen.insert(name, package) {
            let fault = Diagnostic::error(format!("Two packages are called '{name}'"))
                .at(&package.source, package.name_span, "")
                .at(&first.source, first.name_span, "the other one")
                .hint("a release can hold only one of them; remove or rename one");
            faults.push(fault);
        }
    }
}

fn unknown_package(known: &BTreeSet<String>, name: &Name, of: &str) -> Diagnostic {
    let message = format!("Expected to find package '{name}' since it's a dependency of {of}");
    let fault = Diagnostic::error(message);
    match nearest(name.as_str(), known.iter().map(String::as_str)) {
        Some(meant) => fault.hint(format!("did you mean '{meant}'?")),
        None => fault.hint(format!(
            "make it with `bosh-release generate-package {name}`, or remove it from the list"
        )),
    }
}

fn check_dependencies(
    packages: &[Package],
    known: &BTreeSet<String>,
    faults: &mut Vec<Diagnostic>,
) {
    for package in packages {
        let of = format!("package '{}'", package.contents.name());
        for (name, span) in package
            .contents
            .packages()
            .iter()
            .zip(&package.dependency_spans)
        {
            if !known.contains(name.as_str()) {
                faults.push(unknown_package(known, name, &of).at(&package.source, *span, ""));
            }
        }
    }
}

fn check_job_packages(jobs: &[Job], known: &BTreeSet<String>, faults: &mut Vec<Diagnostic>) {
    for job in jobs {
        let of = format!("job '{}'", job.resource.name);
        for (name, span) in job.resource.packages.iter().zip(&job.package_spans) {
            if !known.contains(name.as_str()) {
                faults.push(unknown_package(known, name, &of).at(&job.source, *span, ""));
            }
        }
    }
}

/// Each cycle of dependencies once, at the dependency that closes it.
fn check_cycles(packages: &[Package], faults: &mut Vec<Diagnostic>) {
    let by_name: BTreeMap<&Name, &Package> = packages
        .iter()
        .map(|package| (package.contents.name(), package))
        .collect();
    let mut finished: BTreeSet<&Name> = BTreeSet::new();
    for package in packages {
        find_cycle(package, &by_name, &mut finished, faults);
    }
}

/// Walks depth first from `start` with an own stack: a chain of thousands of packages is no recursion.
fn find_cycle<'a>(
    start: &'a Package,
    by_name: &BTreeMap<&'a Name, &'a Package>,
    finished: &mut BTreeSet<&'a Name>,
    faults: &mut Vec<Diagnostic>,
) {
    let mut path: Vec<(&Package, usize)> = vec![(start, 0)];
    while let Some((package, next)) = path.last_mut() {
        let name = package.contents.name();
        if finished.contains(name) {
            path.pop();
            continue;
        }
        let dependencies = package.contents.packages();
        let Some(dependency) = dependencies.get(*next) else {
            finished.insert(name);
            path.pop();
            continue;
        };
        let span = package
            .dependency_spans
            .get(*next)
            .copied()
            .unwrap_or_default();
        let at = *package;
        *next += 1;
        if let Some(begin) = path
            .iter()
            .position(|(on, _)| on.contents.name() == dependency)
        {
            faults.push(cycle(&path[begin..], dependency, at, span));
        } else if let Some(package) = by_name.get(dependency) {
            path.push((package, 0));
        }
    }
}

fn cycle(
    path: &[(&Package, usize)],
    back: &Name,
    at: &Package,
    span: crate::source::Span,
) -> Diagnostic {
    let mut names: Vec<String> = path
        .iter()
        .map(|(package, _)| package.contents.name().to_string())
        .collect();
    names.push(back.to_string());
    Diagnostic::error(format!(
        "Packages depend on each other in a cycle: {}",
        names.join(" -> ")
    ))
    .at(&at.source, span, "")
    .hint("a Director cannot compile any of them first; remove one of these dependencies")
}
