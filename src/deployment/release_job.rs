//! Releases as a deployment sees them: jobs with their specs and the texts of their templates.
//!
//! Plain data: who reads a directory or a tarball makes it. A spec is taken as a Director stores it, through JSON.

use std::sync::Arc;

use super::properties::{self, Declared};
use crate::source::{Source, Span};
use crate::yaml::Value;

/// A release.
#[derive(Debug, Clone)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// Its version; `None` for one that stands for whatever version a manifest asks for, such as a directory.
    pub version: Option<String>,
    /// Its jobs.
    pub jobs: Vec<Arc<ReleaseJob>>,
    /// Its packages, by name; `None` where nobody looked at them: templates see nothing of them.
    pub packages: Option<Vec<ReleasePackage>>,
    /// Fingerprint of its license, where packages were looked at.
    pub license: Option<String>,
}

/// A package of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleasePackage {
    /// Its name.
    pub name: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Names of the packages that it is compiled with.
    pub dependencies: Vec<String>,
}

/// A job of a release.
#[derive(Debug, Clone)]
pub struct ReleaseJob {
    /// Its name.
    pub name: String,
    /// Its fingerprint, which is its version.
    pub fingerprint: String,
    /// Digest of its archive; empty for one that was never packed.
    pub digest: String,
    /// What its spec says.
    pub spec: JobSpec,
    /// Names of the packages that it runs with, as written.
    pub packages: Vec<String>,
    /// Text of `monit`; empty without.
    pub monit: String,
    /// Its templates, in the order of the spec.
    pub templates: Vec<JobTemplate>,
    /// Text of `properties_schema.json`.
    pub schema: Option<String>,
    /// By path, `monit` too, where texts of templates come from; known for those of a directory.
    pub origins: Vec<(String, Origin)>,
}

/// The text that an author wrote, from which that of a template was made.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// What the file of the template's text is called.
    pub name: String,
    /// For each line of it where it comes from; empty where the author wrote it as it is.
    pub lines: Vec<Option<(Arc<Source>, Span)>>,
}

impl Origin {
    /// Where a line of the template's text, from 1, comes from.
    pub fn place(&self, line: usize) -> Option<&(Arc<Source>, Span)> {
        self.lines.get(line.checked_sub(1)?)?.as_ref()
    }
}

/// A template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobTemplate {
    /// Path below the job's `templates`.
    pub path: String,
    /// Path below the job's directory on an instance.
    pub destination: String,
    /// Its text.
    pub text: String,
}

/// What a job's spec says about properties, links and logs.
#[derive(Debug, Clone, Default)]
pub struct JobSpec {
    /// Path and destination of each template.
    pub templates: Vec<(String, String)>,
    /// Properties, as declared.
    pub properties: Vec<Declared>,
    /// Links it provides.
    pub provides: Vec<LinkDefinition>,
    /// Links it consumes.
    pub consumes: Vec<LinkDefinition>,
    /// `logs`, as written; a list when there is none.
    pub logs: Value,
}

/// A link that a job provides or consumes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkDefinition {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Whether a consumer does without it.
    pub optional: bool,
    /// Names of the properties that a provider gives.
    pub properties: Vec<String>,
}

impl Release {
    /// The job of a name.
    pub fn job(&self, name: &str) -> Option<&Arc<ReleaseJob>> {
        self.jobs.iter().find(|job| job.name == name)
    }

    /// The package of a name.
    pub fn package(&self, name: &str) -> Option<&ReleasePackage> {
        let mut packages = self.packages.iter().flatten();
        packages.find(|package| package.name == name)
    }
}

impl ReleaseJob {
    /// The text of a template, or of `monit`; empty for a path that it does not have.
    pub fn template_text(&self, path: &str) -> &str {
        if path == "monit" {
            return &self.monit;
        }
        let mut templates = self.templates.iter();
        let found = templates.find(|template| template.path == path);
        found.map_or("", |template| &template.text)
    }

    /// Where the text of a template, or of `monit`, comes from.
    pub fn origin(&self, path: &str) -> Option<&Origin> {
        let mut origins = self.origins.iter();
        let found = origins.find(|(found, _)| found == path);
        found.map(|(_, origin)| origin)
    }
}

impl JobSpec {
    /// Reads the spec of a job.
    ///
    /// # Errors
    /// A text that says what has another shape.
    pub fn read(job: &str, spec: &Value) -> Result<Self, String> {
        let templates = match spec.get("templates") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Mapping(entries)) => {
                let entry = |(path, destination): &(Value, Value)| {
                    Some((path.as_str()?.to_owned(), destination.as_str()?.to_owned()))
                };
                let entries: Option<_> = entries.iter().map(entry).collect();
                entries.ok_or_else(|| format!("a template of job '{job}' is no text"))?
            }
            Some(_) => return Err(format!("`templates` of job '{job}' is no map")),
        };
        let declared = spec.get("properties").unwrap_or(&Value::Null);
        Ok(Self {
            templates,
            properties: properties::declared(job, declared).map_err(|error| error.to_string())?,
            provides: links(job, spec, "provides")?,
            consumes: links(job, spec, "consumes")?,
            logs: match spec.get("logs") {
                None | Some(Value::Null) => Value::Sequence(Vec::new()),
                Some(logs) => logs.clone(),
            },
        })
    }

    /// The declaration of a property.
    pub fn property(&self, name: &str) -> Option<&Declared> {
        self.properties.iter().find(|found| found.name == name)
    }
}

fn links(job: &str, spec: &Value, key: &str) -> Result<Vec<LinkDefinition>, String> {
    let listed = match spec.get(key) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Sequence(listed)) => listed,
        Some(_) => return Err(format!("`{key}` of job '{job}' is no list")),
    };
    let link = |link: &Value| {
        let text = |key: &str| link.get(key).and_then(Value::as_str).map(str::to_owned);
        let listed = match link.get("properties") {
            Some(Value::Sequence(listed)) => listed.as_slice(),
            _ => &[],
        };
        Some(LinkDefinition {
            name: text("name")?,
            kind: text("type")?,
            optional: link.get("optional") == Some(&Value::Bool(true)),
            properties: listed
                .iter()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
        })
    };
    let listed: Option<_> = listed.iter().map(link).collect();
    listed.ok_or_else(|| format!("a link that job '{job}' {key} has no name or no type"))
}
