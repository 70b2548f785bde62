//! Releases on this machine, as deployments need them: jobs with specs and texts of templates.
//!
//! A directory is read as it would be packed, Tera compiled, so fingerprints are those of the packed jobs. Its packages are
//! looked at only by [`with_packages`], since their sources may be large; of an absent blob the index knows the digest.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use rayon::prelude::*;

use crate::archive::{self, Limits};
use crate::deployment::release_job::{
    JobSpec, JobTemplate, Origin, Release, ReleaseJob, ReleasePackage,
};
use crate::diagnostic::Diagnostics;
use crate::release::blobs::BlobsIndex;
use crate::release::contents::{self, directories};
use crate::release::directory::Kind;
use crate::release::events::Report;
use crate::release::existing::job_archives;
use crate::release::fingerprint::Fingerprint;
use crate::release::job;
use crate::release::known_digests::KnownDigests;
use crate::release::local::LocalRelease;
use crate::release::manifest::{Entry, ReleaseManifest};
use crate::release::name::Name;
use crate::release::package::Contents;
use crate::release::tarball::ReleaseTarball;
use crate::release::tera::{CompiledTemplate, TemplatePartials};
use crate::render::input::read_data;
use crate::source::Source;
use crate::yaml::Value;

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

/// Adds to a release of a directory what it knows of its packages and its license.
///
/// # Errors
/// Whatever keeps a package from being fingerprinted.
pub fn with_packages(mut release: Release, directory: &Path, home: &Path) -> Result<Release> {
    let local = LocalRelease::open(directory, home)?;
    let known = BlobsIndex::read(&local.directory)?.known(&local.directory, &local.tool.upstreams);
    let contents = contents::read(&local.directory, &known)?;
    let mut packages = Vec::with_capacity(contents.packages.len());
    for package in contents.packages {
        packages.push(match package {
            Contents::Sources(resource) => {
                let made = resource.fingerprint(&KnownDigests::none())?;
                let dependencies = &made.resource.packages;
                package_of(&made.resource.name, &made.fingerprint, dependencies)
            }
            Contents::Vendored(vendored) => {
                package_of(&vendored.name, &vendored.fingerprint, &vendored.packages)
            }
        });
    }
    release.packages = Some(packages);
    release.license = match contents.license {
        Some(license) => {
            let made = license.fingerprint(&KnownDigests::none())?;
            Some(made.fingerprint.to_string())
        }
        None => None,
    };
    Ok(release)
}

fn package_of(name: &Name, fingerprint: &Fingerprint, dependencies: &[Name]) -> ReleasePackage {
    ReleasePackage {
        name: name.to_string(),
        fingerprint: fingerprint.to_string(),
        dependencies: dependencies.iter().map(ToString::to_string).collect(),
    }
}

/// All packages of a manifest, those of a compiled release too.
fn packages_of(manifest: &ReleaseManifest) -> Vec<ReleasePackage> {
    let compiled = manifest.compiled_packages.iter();
    let entries = manifest
        .packages
        .iter()
        .chain(compiled.map(|compiled| &compiled.package));
    entries
        .map(|entry| package_of(&entry.name, &entry.fingerprint, &entry.packages))
        .collect()
}

/// Reads the jobs of a release directory.
///
/// # Errors
/// What cannot be read, and whatever keeps a job from being packed.
pub fn read_directory(release: &LocalRelease) -> Result<Release> {
    read_with_tera(release).map(|read| read.release)
}

/// A release directory, with what its templates in Tera were compiled from.
pub struct ReleaseWithTera {
    /// The release.
    pub release: Release,
    /// Templates in Tera, by the names of their jobs.
    pub tera: BTreeMap<String, Vec<CompiledTemplate>>,
    /// The texts of partials.
    pub partials: Vec<Arc<Source>>,
}

/// Reads the jobs of a release directory, and what their templates in Tera were compiled from.
///
/// # Errors
/// Those of [`read_directory`].
pub fn read_with_tera(release: &LocalRelease) -> Result<ReleaseWithTera> {
    let names = directories(&release.directory, Kind::Job)?;
    let partials = TemplatePartials::of(&release.directory);
    let mut jobs = Vec::with_capacity(names.len());
    let mut tera = BTreeMap::new();
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
        let shown_files = release
            .directory
            .shown(&release.directory.one_of(Kind::Job, &name));
        let job = JobFiles {
            name: name.clone(),
            fingerprint: made.fingerprint.to_string(),
            digest: String::new(),
            files,
        };
        let mut job = job.read(&shown)?;
        job.origins = origins(&job, &shown_files, &read.compiled, &partials);
        tera.insert(name, read.compiled);
        jobs.push(Arc::new(job));
    }
    let release = Release {
        name: release.config.name(&release.directory)?.to_string(),
        version: None,
        jobs,
        packages: None,
        license: None,
    };
    let texts = partials.get().ok().map(|partials| {
        let sources = partials.names().filter_map(|name| partials.source(name));
        sources.cloned().collect()
    });
    Ok(ReleaseWithTera {
        release,
        tera,
        partials: texts.unwrap_or_default(),
    })
}

/// What the files of the templates of a job in a directory are called, and where lines of compiled ones come from.
fn origins(
    job: &ReleaseJob,
    directory: &str,
    compiled: &[CompiledTemplate],
    partials: &TemplatePartials<'_>,
) -> Vec<(String, Origin)> {
    let templates = job.templates.iter();
    let files = templates.map(|template| (&*template.path, format!("templates/{}", template.path)));
    let files = files.chain([("monit", "monit".to_owned())]);
    let origin = |(path, packed): (&str, String)| {
        let tera = compiled.iter().find(|template| template.packed == packed);
        let origin = Origin {
            lines: tera.map(|tera| tera.places(partials)).unwrap_or_default(),
            name: match tera {
                Some(_) => format!("{}/{path}", job.name),
                None => format!("{directory}/{packed}"),
            },
        };
        (path.to_owned(), origin)
    };
    files.map(origin).collect()
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
    let archive = |entry: &Entry| {
        let member = tarball.member(&format!("jobs/{}.tgz", entry.name));
        Ok(member)
    };
    let shown = path.display().to_string();
    from_manifest(&tarball.manifest, &shown, tarball.directory(), &archive)
}

/// Reads the jobs of a release that was made in a directory, by its manifest. Archives come from the cache, the blobstore,
/// or the sources if these did not change.
///
/// # Errors
/// What is no manifest, and archives that cannot be had.
pub fn read_version(
    local: &LocalRelease,
    manifest: &Path,
    temporary: &Path,
    report: Report<'_>,
) -> Result<Release> {
    let shown = local.directory.shown(manifest);
    let manifest = ReleaseManifest::read(manifest, &shown)?;
    let found = job_archives(local, &manifest, report)?;
    let archive = |entry: &Entry| {
        let found = found.get(&entry.name).cloned();
        found.with_context(|| format!("There is no archive of job '{}'", entry.name))
    };
    from_manifest(&manifest, &shown, temporary, &archive)
}

/// The release of a manifest, the archive of each of its jobs being where `archive` says.
fn from_manifest(
    manifest: &ReleaseManifest,
    shown: &str,
    temporary: &Path,
    archive: &(dyn Fn(&Entry) -> Result<PathBuf> + Sync),
) -> Result<Release> {
    let read = |entry: &Entry| {
        let name = entry.name.to_string();
        let target = tempfile::tempdir_in(temporary)?;
        let file = File::open(archive(entry)?)
            .with_context(|| format!("Opening job '{name}' of '{shown}'"))?;
        archive::unpack(BufReader::new(file), target.path(), &Limits::default())
            .with_context(|| format!("Extracting job '{name}' of '{shown}'"))?;
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
    let jobs: Result<Vec<_>> = manifest.jobs.par_iter().map(read).collect();
    let license = manifest.license.as_ref();
    Ok(Release {
        name: manifest.name.to_string(),
        version: Some(manifest.version.to_string()),
        jobs: jobs?,
        packages: Some(packages_of(manifest)),
        license: license.map(|license| license.fingerprint.to_string()),
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
        let data = read_data(&Source::new(shown, text)).map_err(Diagnostics::from)?;
        let spec = JobSpec::read(&self.name, &data).map_err(|what| anyhow!("{shown}: {what}"))?;
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
            origins: Vec::new(),
            name: self.name,
            fingerprint: self.fingerprint,
            digest: self.digest,
            spec,
            packages: texts(data.get("packages")),
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

/// The texts of a list; none of what is no list.
fn texts(listed: Option<&Value>) -> Vec<String> {
    let Some(Value::Sequence(items)) = listed else {
        return Vec::new();
    };
    let texts = items.iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}
