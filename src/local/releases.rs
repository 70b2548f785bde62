//! Releases on this machine, as deployments need them: jobs with specs and texts of templates.
//!
//! A directory is read as it would be packed, Tera compiled, so fingerprints are those of the packed jobs. Packages and
//! blobs are not looked at.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use rayon::prelude::*;

use crate::archive::{self, Limits};
use crate::deployment::release_job::{JobSpec, JobTemplate, Release, ReleaseJob};
use crate::diagnostic::Diagnostics;
use crate::release::contents::directories;
use crate::release::directory::Kind;
use crate::release::job;
use crate::release::known_digests::KnownDigests;
use crate::release::local::LocalRelease;
use crate::release::tarball::ReleaseTarball;
use crate::release::tera::TemplatePartials;
use crate::render::input::read_data;
use crate::source::Source;

/// Reads the release at a path: a tarball, or a directory, which stands for any version.
///
/// # Errors
/// What cannot be read, and whatever keeps a job from being packed.
pub fn read(path: &Path, home: &Path, temporary: &Path) -> Result<Release> {
    if path.is_dir() {
        return read_directory(&LocalRelease::open(path, home)?);
    }
    read_tarball(path, temporary)
}

/// Reads the jobs of a release directory.
///
/// # Errors
/// What cannot be read, and whatever keeps a job from being packed.
pub fn read_directory(release: &LocalRelease) -> Result<Release> {
    let names = directories(&release.directory, Kind::Job)?;
    let partials = TemplatePartials::of(&release.directory);
    let mut jobs = Vec::with_capacity(names.len());
    for name in names {
        let read = job::read(&release.directory, &partials, &name);
        let read = read.map_err(|faults| faults_of(faults, &name))?;
        if !read.faults.is_empty() {
            return Err(faults_of(read.faults, &name));
        }
        let shown = format!("{name}/spec");
        let made = read.resource.fingerprint(&KnownDigests::none())?;
        let mut files = BTreeMap::new();
        for file in &made.resource.files {
            let mut bytes = Vec::new();
            file.open()?.read_to_end(&mut bytes)?;
            files.insert(file.path.to_string_lossy().into_owned(), bytes);
        }
        let job = JobFiles {
            name,
            fingerprint: made.fingerprint.to_string(),
            digest: String::new(),
            files,
        };
        jobs.push(Arc::new(job.read(&shown)?));
    }
    Ok(Release {
        name: release.config.name(&release.directory)?.to_string(),
        version: None,
        jobs,
    })
}

fn faults_of(faults: Vec<crate::diagnostic::Diagnostic>, job: &str) -> anyhow::Error {
    match Diagnostics::from_list(faults) {
        Err(faults) => anyhow::Error::from(faults),
        Ok(()) => anyhow!("Job '{job}' cannot be read"),
    }
}

/// Reads the jobs of a release tarball, laid out below `temporary` meanwhile.
///
/// # Errors
/// What is no release tarball.
pub fn read_tarball(path: &Path, temporary: &Path) -> Result<Release> {
    let tarball = ReleaseTarball::open(path, temporary)?;
    let read = |entry: &crate::release::manifest::Entry| {
        let name = entry.name.to_string();
        let member = tarball.member(&format!("jobs/{name}.tgz"));
        let target = tempfile::tempdir_in(tarball.directory())?;
        let file = File::open(&member)
            .with_context(|| format!("Opening job '{name}' of '{}'", path.display()))?;
        archive::unpack(BufReader::new(file), target.path(), &Limits::default())
            .with_context(|| format!("Extracting job '{name}' of '{}'", path.display()))?;
        let mut files = BTreeMap::new();
        collect(target.path(), "", &mut files)?;
        let job = JobFiles {
            fingerprint: entry.fingerprint.to_string(),
            digest: entry.digest.to_string(),
            files,
            name: name.clone(),
        };
        job.read(&format!("{name}/job.MF")).map(Arc::new)
    };
    let jobs: Result<Vec<_>> = tarball.manifest.jobs.par_iter().map(read).collect();
    Ok(Release {
        name: tarball.manifest.name.to_string(),
        version: Some(tarball.manifest.version.to_string()),
        jobs: jobs?,
    })
}

fn collect(directory: &Path, above: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    for entry in std::fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        let path = format!("{above}{}", name.to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.insert(path, std::fs::read(entry.path())?);
        }
    }
    Ok(())
}

/// The files of a job as they are packed.
struct JobFiles {
    name: String,
    fingerprint: String,
    digest: String,
    files: BTreeMap<String, Vec<u8>>,
}

impl JobFiles {
    fn read(self, shown: &str) -> Result<ReleaseJob> {
        let text = self.text("job.MF")?.unwrap_or_default();
        let spec = read_data(&Source::new(shown, text)).map_err(Diagnostics::from)?;
        let spec = JobSpec::read(&self.name, &spec).map_err(|what| anyhow!("{shown}: {what}"))?;
        let mut templates = Vec::with_capacity(spec.templates.len());
        for (path, destination) in &spec.templates {
            let text = self.text(&format!("templates/{path}"))?;
            templates.push(JobTemplate {
                text: text
                    .with_context(|| format!("Job '{}' lacks its template '{path}'", self.name))?,
                path: path.clone(),
                destination: destination.clone(),
            });
        }
        Ok(ReleaseJob {
            monit: self.text("monit")?.unwrap_or_default(),
            schema: self.text("properties_schema.json")?,
            name: self.name,
            fingerprint: self.fingerprint,
            digest: self.digest,
            spec,
            templates,
        })
    }

    fn text(&self, path: &str) -> Result<Option<String>> {
        let Some(bytes) = self.files.get(path) else {
            return Ok(None);
        };
        let text = String::from_utf8(bytes.clone());
        let text = text.with_context(|| format!("'{path}' of job '{}' is not UTF-8", self.name))?;
        Ok(Some(text))
    }
}
