//! `fingerprint WHAT [--explain]`: a fingerprint, what it is made of, and what differs from the last known build.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};

use super::archives::Archives;
use super::blobs::BlobsIndex;
use super::contents::directories;
use super::directory::Kind;
use super::events::Report;
use super::fingerprint::{Fingerprint, Mode};
use super::index::Build;
use super::job;
use super::known_digests::KnownDigests;
use super::license;
use super::local::LocalRelease;
use super::manifest::ReleaseManifest;
use super::name::Name;
use super::package::{self, Contents, Selection};
use super::resource::{Fingerprinted, Resource};
use super::tera::TemplatePartials;
use super::verify::{PackedFile, packed_files};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::digest::Algorithm;
use crate::nearest::nearest;

/// A job, package or the license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `jobs/NAME`.
    Job(String),
    /// `packages/NAME`.
    Package(String),
    /// `license`.
    License,
}

impl std::str::FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim_end_matches('/').split_once('/') {
            Some(("jobs" | "job", name)) => Ok(Self::Job(name.to_owned())),
            Some(("packages" | "package", name)) => Ok(Self::Package(name.to_owned())),
            None if text == "license" => Ok(Self::License),
            _ => Err("expected jobs/NAME, packages/NAME or license".to_owned()),
        }
    }
}

/// A fingerprint and what makes it.
#[derive(Debug)]
pub struct Explanation {
    /// The fingerprint.
    pub fingerprint: Fingerprint,
    /// Its files; none of a vendored package.
    pub files: Vec<ExplainedFile>,
    /// Dependencies, sorted as they are hashed.
    pub dependencies: Vec<String>,
    /// Whether it was taken from a `spec.lock`.
    pub vendored: bool,
    /// Compared with the last release.
    pub comparison: Comparison,
    /// What a Director would refuse, and what looks wrong.
    pub findings: Vec<Diagnostic>,
}

/// One file.
#[derive(Debug)]
pub struct ExplainedFile {
    /// Its path.
    pub path: String,
    /// Its mode.
    pub mode: Mode,
    /// SHA-256 of its content.
    pub digest: String,
}

/// What differs from the last known build.
#[derive(Debug)]
pub enum Comparison {
    /// There was none.
    NeverBuilt,
    /// It has the same fingerprint.
    Same(String),
    /// It has another one, whose archive is not at hand.
    Unavailable {
        /// `NAME/VERSION` of the release.
        release: String,
        /// The fingerprint there.
        fingerprint: Fingerprint,
    },
    /// It has another one.
    Different {
        /// `NAME/VERSION` of the release.
        release: String,
        /// The fingerprint there.
        fingerprint: Fingerprint,
        /// One line for each difference.
        changes: Vec<String>,
    },
}

/// Calculates and explains the fingerprint of `target`.
pub fn explain(local: &LocalRelease, target: &Target, report: Report<'_>) -> Result<Explanation> {
    match target {
        Target::License => {
            let license = license::read(&local.directory)?
                .context("The release has no LICENSE* or NOTICE* files")?;
            explain_sources(local, license, Vec::new(), report)
        }
        Target::Job(name) => {
            check_known(local, Kind::Job, name)?;
            let partials = TemplatePartials::of(&local.directory);
            let job = job::read(&local.directory, &partials, name).map_err(into_error)?;
            Diagnostics::from_list(job.faults)?;
            explain_sources(local, job.resource, job.findings, report)
        }
        Target::Package(name) => {
            check_known(local, Kind::Package, name)?;
            let known = match BlobsIndex::read(&local.directory) {
                Ok(index) => index.known(&local.directory, &local.tool.upstreams),
                Err(_) if is_absent(&local.directory.blobs_index()) => BTreeMap::new(),
                Err(error) => return Err(error),
            };
            let mut selection = Selection::new(&local.directory, &known)?;
            let package = package::read(&mut selection, name).map_err(into_error)?;
            Diagnostics::from_list(package.faults)?;
            match package.contents {
                Contents::Sources(resource) => {
                    explain_sources(local, resource, package.findings, report)
                }
                Contents::Vendored(vendored) => Ok(Explanation {
                    comparison: Comparison::NeverBuilt,
                    fingerprint: vendored.fingerprint,
                    files: Vec::new(),
                    dependencies: vendored.packages.iter().map(ToString::to_string).collect(),
                    vendored: true,
                    findings: Vec::new(),
                }),
            }
        }
    }
}

fn into_error(faults: Vec<Diagnostic>) -> anyhow::Error {
    match Diagnostics::from_list(faults) {
        Err(faults) => faults.into(),
        Ok(()) => anyhow::anyhow!("the spec could not be read"),
    }
}

fn check_known(local: &LocalRelease, kind: Kind, name: &str) -> Result<()> {
    if super::spec::inner_path(name).is_some() && local.directory.one_of(kind, name).is_dir() {
        return Ok(());
    }
    let known = directories(&local.directory, kind)?;
    match nearest(name, known.iter().map(String::as_str)) {
        Some(meant) => bail!(
            "There is no {} '{name}'; did you mean '{meant}'?",
            kind.word()
        ),
        None => bail!(
            "There is no {} '{name}' in '{}'",
            kind.word(),
            local.directory.all_of(kind).display()
        ),
    }
}

fn explain_sources(
    local: &LocalRelease,
    resource: Resource,
    findings: Vec<Diagnostic>,
    report: Report<'_>,
) -> Result<Explanation> {
    let source = resource.fingerprint(&KnownDigests::none())?;
    let files = source
        .resource
        .files
        .iter()
        .zip(&source.digests)
        .map(|(file, digest)| ExplainedFile {
            path: file.path.display().to_string(),
            mode: file.mode(),
            digest: digest.to_string(),
        });
    let files = files.collect();
    let mut dependencies: Vec<String> = match source.resource.kind {
        Kind::Package => source
            .resource
            .packages
            .iter()
            .map(ToString::to_string)
            .collect(),
        Kind::Job | Kind::License => Vec::new(),
    };
    dependencies.sort();
    Ok(Explanation {
        comparison: compare(local, &source, report),
        fingerprint: source.fingerprint,
        files,
        dependencies,
        vendored: false,
        findings: findings
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error)
            .collect(),
    })
}

fn compare(local: &LocalRelease, source: &Fingerprinted, report: Report<'_>) -> Comparison {
    let Ok(Some(manifest)) = local.last_release() else {
        return Comparison::NeverBuilt;
    };
    let release = format!("{}/{}", manifest.name, manifest.version);
    let Some((build, packages)) = known_build(&manifest, source) else {
        return Comparison::NeverBuilt;
    };
    if build.fingerprint == source.fingerprint {
        return Comparison::Same(release);
    }
    let open = || local.blobstore();
    let archives = Archives {
        release: &local.directory,
        store: &open,
        digests: &KnownDigests::none(),
        report,
    };
    let kind = source.resource.kind;
    let found = archives.resolve_known(kind, &source.resource.name, &build.fingerprint, &[]);
    let files = found
        .and_then(|mut found| packed_files(&archives.verified(&mut found)?, Algorithm::Sha256));
    let Ok(files) = files else {
        return Comparison::Unavailable {
            release,
            fingerprint: build.fingerprint,
        };
    };
    Comparison::Different {
        changes: differences(&files, &packages, source),
        release,
        fingerprint: build.fingerprint,
    }
}

fn known_build(manifest: &ReleaseManifest, source: &Fingerprinted) -> Option<(Build, Vec<Name>)> {
    let entries = match source.resource.kind {
        Kind::Job => &manifest.jobs,
        Kind::Package => &manifest.packages,
        Kind::License => {
            let license = manifest.license.as_ref()?;
            let build = Build {
                fingerprint: license.fingerprint.clone(),
                blobstore_id: None,
                digest: license.digest.clone(),
            };
            return Some((build, Vec::new()));
        }
    };
    let entry = entries
        .iter()
        .find(|entry| entry.name == source.resource.name)?;
    let build = Build {
        fingerprint: entry.fingerprint.clone(),
        blobstore_id: None,
        digest: entry.digest.clone(),
    };
    Some((build, entry.packages.clone()))
}

/// One line for each file or dependency that is new, gone, or other than before.
fn differences(
    before: &BTreeMap<Vec<u8>, PackedFile>,
    packages: &[Name],
    source: &Fingerprinted,
) -> Vec<String> {
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    for (file, digest) in source.resource.files.iter().zip(&source.digests) {
        let name = file.path.as_os_str().as_encoded_bytes();
        let shown = file.path.display();
        seen.insert(name.to_vec());
        match before.get(name) {
            // The script is not in an archive, so it cannot be compared.
            None if name == b"pre_packaging" => {}
            None => lines.push(format!("new file {shown}")),
            Some(old) if old.digest != digest.to_string() => {
                lines.push(format!("changed file {shown}"));
            }
            Some(old) if file.mode_counts && !old.link && old.executable != file.executable => {
                lines.push(format!("changed mode of {shown}"));
            }
            Some(_) => {}
        }
    }
    for name in before.keys().filter(|name| !seen.contains(*name)) {
        lines.push(format!("removed file {}", String::from_utf8_lossy(name)));
    }
    if source.resource.kind == Kind::Package {
        lines.extend(changed_dependencies(packages, &source.resource.packages));
    }
    if lines.is_empty() && source.resource.pre_packaging.is_some() {
        lines.push("changed file pre_packaging, or what it made".to_owned());
    }
    lines
}

fn changed_dependencies(before: &[Name], now: &[Name]) -> Vec<String> {
    let before_set: BTreeSet<&Name> = before.iter().collect();
    let now_set: BTreeSet<&Name> = now.iter().collect();
    let added = now_set
        .difference(&before_set)
        .map(|name| format!("new dependency {name}"));
    let removed = before_set
        .difference(&now_set)
        .map(|name| format!("removed dependency {name}"));
    let lines: Vec<String> = added.chain(removed).collect();
    if lines.is_empty() && before.len() != now.len() {
        return vec!["a dependency is listed another number of times".to_owned()];
    }
    lines
}
/// Whether nothing is there, not even a link that leads nowhere.
fn is_absent(path: &std::path::Path) -> bool {
    path.symlink_metadata()
        .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}
