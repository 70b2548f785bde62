//! A release directory whose templates can be rendered one by one.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};

use super::{InstanceSpec, Link};
use crate::deployment::properties::{PropertyError, bind};
use crate::deployment::release_job::{LinkDefinition, Release, ReleaseJob};
use crate::local::releases;
use crate::nearest::nearest;
use crate::release::local::LocalRelease;
use crate::release::tera::CompiledTemplate;
use crate::render::{self, TemplateError};
use crate::ruby::eval::{Version, World};
use crate::ruby::limits::Limits;
use crate::source::Source;
use crate::suite::link::{handed_on, unknown_name};
use crate::yaml::Value;

/// Clock and chance stand still, so that what is rendered today is rendered tomorrow.
pub(super) fn world() -> World {
    World {
        now: (0, 0),
        seed: 1,
        version: Version::Ruby34,
        limits: Limits::default(),
    }
}

/// A release directory: all its jobs, read and compiled.
#[derive(Debug)]
pub struct ReleaseDirectory {
    pub(super) root: PathBuf,
    pub(super) release: Release,
    pub(super) jobs: Vec<CompiledJob>,
    /// The texts that templates in Tera share.
    pub(super) partials: Vec<Arc<Source>>,
}

/// A job and its compiled templates.
#[derive(Debug)]
pub(super) struct CompiledJob {
    pub(super) job: Arc<ReleaseJob>,
    /// `monit` first, then as the spec lists them.
    pub(super) templates: Vec<CompiledFile>,
}

/// A template and what it was compiled from.
#[derive(Debug)]
pub(super) struct CompiledFile {
    pub(super) destination: String,
    pub(super) template: render::Template,
    /// What it was written in, when that was Tera.
    pub(super) tera: Option<CompiledTemplate>,
    /// The file as it was written, named by its path in the release directory.
    pub(super) source: Arc<Source>,
    /// Whether it has tags: what has none is the same everywhere.
    pub(super) runs_code: bool,
}

impl ReleaseDirectory {
    /// Reads the release of a directory, and compiles its templates.
    ///
    /// # Errors
    /// What is no release directory, and whatever keeps one of its jobs from being packed.
    pub fn open(directory: impl AsRef<Path>) -> Result<Self> {
        let root = directory.as_ref();
        let root = std::path::absolute(root)
            .with_context(|| format!("Finding the directory '{}'", root.display()))?;
        let local = LocalRelease::open(&root, &root)?;
        Self::of(&local)
    }

    /// The same for a release whose configuration was read already.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn of(local: &LocalRelease) -> Result<Self> {
        let releases::ReleaseWithTera {
            release,
            mut tera,
            partials,
        } = releases::read_with_tera(local)?;
        let compile = |job: &Arc<ReleaseJob>| CompiledJob {
            job: Arc::clone(job),
            templates: compiled(job, tera.remove(&job.name).unwrap_or_default()),
        };
        Ok(Self {
            root: local.directory.root().to_path_buf(),
            jobs: release.jobs.iter().map(compile).collect(),
            release,
            partials,
        })
    }

    /// The name of the release.
    pub fn name(&self) -> &str {
        &self.release.name
    }

    /// The job of a name.
    ///
    /// # Errors
    /// There is none.
    pub fn job(&self, name: &str) -> Result<Job<'_>> {
        let found = self.jobs.iter().find(|compiled| compiled.job.name == name);
        let Some(compiled) = found else {
            let names = self.jobs.iter().map(|compiled| compiled.job.name.as_str());
            bail!("There is no job '{name}'{}", meant(name, names));
        };
        Ok(Job {
            release: self,
            compiled,
        })
    }
}

/// `; did you mean …?`
pub(super) fn meant<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let meant = nearest(name, known);
    meant.map_or(String::new(), |meant| format!("; did you mean '{meant}'?"))
}

fn compiled(job: &ReleaseJob, tera: Vec<CompiledTemplate>) -> Vec<CompiledFile> {
    let mut tera: BTreeMap<String, CompiledTemplate> = tera
        .into_iter()
        .map(|template| (template.packed.clone(), template))
        .collect();
    let mut file = |packed: String, path: &str, destination: &str, text: &str| {
        let tera = tera.remove(&packed);
        CompiledFile {
            destination: destination.to_owned(),
            template: render::Template::compile(&job.name, path, text),
            source: match &tera {
                Some(tera) => Arc::clone(&tera.source),
                None => Source::new(format!("jobs/{}/{packed}", job.name), text),
            },
            tera,
            runs_code: text.contains("<%"),
        }
    };
    let mut files = vec![file("monit".to_owned(), "monit", "monit", &job.monit)];
    for template in &job.templates {
        let packed = format!("templates/{}", template.path);
        files.push(file(
            packed,
            &template.path,
            &template.destination,
            &template.text,
        ));
    }
    files
}

/// A job of a release directory.
#[derive(Debug, Clone, Copy)]
pub struct Job<'r> {
    release: &'r ReleaseDirectory,
    compiled: &'r CompiledJob,
}

impl<'r> Job<'r> {
    /// The template of a destination, such as `config/redis.conf`, or `monit`.
    ///
    /// # Errors
    /// There is none.
    pub fn template(&self, destination: &str) -> Result<Template<'r>> {
        let mut files = self.compiled.templates.iter();
        let found = files.find(|file| file.destination == destination);
        let Some(file) = found else {
            let known: Vec<&str> = self
                .compiled
                .templates
                .iter()
                .map(|file| file.destination.as_str())
                .collect();
            bail!(
                "Template for rendered path filename not found: {destination}. Possible values are: [{}]",
                known.join(", ")
            );
        };
        Ok(Template {
            job: &self.compiled.job,
            file,
        })
    }

    pub(super) fn compiled(&self) -> &'r CompiledJob {
        self.compiled
    }

    /// All its templates: `monit`, then as the spec lists them.
    pub fn templates(&self) -> impl Iterator<Item = Template<'r>> + use<'r> {
        let job: &'r ReleaseJob = &self.compiled.job;
        let files = self.compiled.templates.iter();
        files.map(move |file| Template { job, file })
    }

    /// The names of the properties that its spec declares.
    pub fn properties(&self) -> impl Iterator<Item = &'r str> + use<'r> {
        let job: &'r ReleaseJob = &self.compiled.job;
        job.spec.properties.iter().map(|one| one.name.as_str())
    }

    /// The names of the links that it consumes.
    pub fn links(&self) -> impl Iterator<Item = &'r str> + use<'r> {
        let job: &'r ReleaseJob = &self.compiled.job;
        job.spec.consumes.iter().map(|link| link.name.as_str())
    }

    /// A link for a consumed link of that name, as the only job of this release that can provide it does: with the properties
    /// that its spec hands on, given here or by default. Its instances are to be added.
    ///
    /// # Errors
    /// The job consumes no such link; no job provides one of its type, or several do; properties that are not handed on.
    pub fn provides(&self, name: &str, properties: impl Into<Value>) -> Result<Link> {
        let job = &self.compiled.job;
        let consumed = job.spec.consumes.iter().find(|link| link.name == name);
        let Some(consumed) = consumed else {
            let names = job.spec.consumes.iter().map(|link| link.name.as_str());
            bail!(
                "Job '{}' does not consume a link '{name}'{}",
                job.name,
                meant(name, names)
            );
        };
        let (provider, definition) = self.provider(consumed)?;
        let given = properties.into();
        let names: Vec<&str> = definition.properties.iter().map(String::as_str).collect();
        if let Some(unknown) = unknown_name(&given, &names) {
            bail!(
                "Link '{}' of job '{}' does not provide a property '{unknown}'{}",
                definition.name,
                provider.name,
                meant(&unknown, names)
            );
        }
        Ok(Link {
            name: name.to_owned(),
            properties: handed_on(provider, definition, &given),
            ..Link::default()
        })
    }

    fn provider(&self, consumed: &LinkDefinition) -> Result<(&'r ReleaseJob, &'r LinkDefinition)> {
        let jobs = self.release.jobs.iter();
        let provided: Vec<_> = jobs
            .flat_map(|compiled| {
                let job: &'r ReleaseJob = &compiled.job;
                let links = job.spec.provides.iter();
                links.map(move |link| (job, link))
            })
            .filter(|(_, link)| link.kind == consumed.kind)
            .collect();
        match provided.as_slice() {
            [only] => Ok(*only),
            [] => bail!("No job provides a link of the type '{}'", consumed.kind),
            several => {
                let names = several.iter();
                let names: Vec<String> = names
                    .map(|(job, link)| format!("'{}' of job '{}'", link.name, job.name))
                    .collect();
                bail!(
                    "Several links have the type '{}': {}",
                    consumed.kind,
                    names.join(", ")
                )
            }
        }
    }
}

/// A template of a job.
#[derive(Debug, Clone, Copy)]
pub struct Template<'r> {
    job: &'r ReleaseJob,
    file: &'r CompiledFile,
}

/// Why a template was not rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RenderError {
    /// A link that the job does not consume; holds its name.
    UndeclaredLink(String),
    /// A property that the job does not declare, and the nearest one that it does.
    UndeclaredProperty(String, Option<String>),
    /// Properties that do not fit the spec.
    Properties(PropertyError),
    /// An exception, a limit, something that is not supported.
    Template(Box<TemplateError>),
    /// The output is not UTF-8.
    NoText,
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UndeclaredLink(name) => {
                write!(
                    f,
                    "Link '{name}' is not declared as a consumed link in this job."
                )
            }
            Self::UndeclaredProperty(name, meant) => {
                write!(f, "The job declares no property '{name}'")?;
                match meant {
                    Some(meant) => write!(f, "; did you mean '{meant}'?"),
                    None => Ok(()),
                }
            }
            Self::Properties(error) => error.fmt(f),
            Self::Template(error) => f.write_str(&error.message()),
            Self::NoText => f.write_str("the output is not UTF-8"),
        }
    }
}

impl std::error::Error for RenderError {}

impl<'r> Template<'r> {
    /// Where its file lies below the job's directory.
    pub fn destination(&self) -> &'r str {
        &self.file.destination
    }

    /// The text in Tera that it was compiled from.
    pub fn tera(&self) -> Option<&'r str> {
        self.file.tera.as_ref().map(|tera| tera.source.text())
    }

    /// The text of the file for an instance with these properties of the job, as in a manifest, and these links. Defaults
    /// of the spec are filled in. Clock and random numbers are the same each time.
    ///
    /// # Errors
    /// Links and properties that the spec does not have, and whatever ends the rendering: the text of the error is the
    /// message of Ruby's exception.
    pub fn render(
        &self,
        properties: impl Into<Value>,
        spec: &InstanceSpec,
        consumes: &[Link],
    ) -> Result<String, RenderError> {
        let given = properties.into();
        let declared = &self.job.spec.properties;
        let names: Vec<&str> = declared.iter().map(|one| one.name.as_str()).collect();
        if let Some(unknown) = unknown_name(&given, &names) {
            let meant = nearest(&unknown, names).map(str::to_owned);
            return Err(RenderError::UndeclaredProperty(unknown, meant));
        }
        let mut links = Vec::with_capacity(consumes.len());
        for link in consumes {
            if !self
                .job
                .spec
                .consumes
                .iter()
                .any(|one| one.name == link.name)
            {
                return Err(RenderError::UndeclaredLink(link.name.clone()));
            }
            links.push((link.name.as_str(), link.data()));
        }
        let bound = bind(declared, &given).map_err(RenderError::Properties)?;
        let mut data = spec.data();
        if let Value::Mapping(entries) = &mut data {
            entries.push((Value::from("properties"), bound));
            entries.push((Value::from("links"), Value::map(links)));
        }
        let instance = render::InstanceSpec::new(data, None).map_err(RenderError::Properties)?;
        self.render_instance(&instance)
    }

    /// The text of the file for an instance whose data is complete.
    ///
    /// # Errors
    /// Whatever ends the rendering.
    pub fn render_instance(&self, instance: &render::InstanceSpec) -> Result<String, RenderError> {
        let output = self.file.template.render(instance, &world());
        let output = output.map_err(RenderError::Template)?;
        String::from_utf8(output).map_err(|_| RenderError::NoText)
    }
}
