//! The vectors of `templates/`, rendered by the library: one test each.
//!
//! A case is rendered as Ruby 3.4 and as Ruby 3.1; where a case has no `ruby31`, both give the same.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use bosh_release::render::context::InstanceSpec;
use bosh_release::render::dns::Numbering;
use bosh_release::render::failure::{DeploymentFailure, GroupFailure};
use bosh_release::render::input::read_data;
use bosh_release::render::job::{JobTemplates, render_job};
use bosh_release::render::template::{Template, TemplateError};
use bosh_release::ruby::eval::{Version, World};
use bosh_release::ruby::limits::Limits;
use bosh_release::source::Source;
use bosh_release::yaml::Value;
use libtest_mimic::Trial;

use super::compare::Difference;
use super::ledger::Ledger;

/// Files whose cases are templates to render.
const EVALUATIONS: &[&str] = &[
    "collections",
    "context",
    "control",
    "erb",
    "errors",
    "extensions",
    "numbers",
    "regex",
    "serial",
    "stdlib",
    "strings",
];

/// A template with what it renders to.
#[derive(Clone)]
pub(crate) struct Case {
    /// As `templates/context/p simple`.
    pub(crate) name: String,
    what: Value,
    base: Arc<Value>,
}

impl Case {
    /// All cases of a directory of vectors.
    pub(crate) fn all(vectors: &Path) -> Result<Vec<Self>> {
        let directory = vectors.join("templates");
        let base = Arc::new(read(&directory.join("base.yml"))?);
        let mut cases = Vec::new();
        for file in EVALUATIONS.iter().chain(&["error-aggregation"]) {
            for what in list(read(&directory.join(format!("{file}.yml")))?)? {
                let name = text(&what, "name")?;
                cases.push(Self {
                    name: format!("templates/{file}/{name}"),
                    what,
                    base: Arc::clone(&base),
                });
            }
        }
        Ok(cases)
    }

    /// The test of this case.
    pub(crate) fn trial(self, ledger: Arc<Ledger>) -> Trial {
        let name = self.name.clone();
        Trial::test(name, move || {
            let differences = self.differences()?;
            let verdict = ledger.judge(&self.name, &differences)?;
            if verdict.passes() {
                return Ok(());
            }
            Err(verdict.report(8, &[]).into())
        })
    }

    fn differences(&self) -> Result<Vec<Difference>> {
        if self.what.get("groups").is_some() {
            return self.aggregation();
        }
        let mut found = Vec::new();
        self.evaluation(Version::Ruby34, &self.what, "", &mut found)?;
        let older = self.what.get("ruby31").unwrap_or(&self.what);
        self.evaluation(Version::Ruby31, older, "/ruby31", &mut found)?;
        Ok(found)
    }

    fn evaluation(
        &self,
        version: Version,
        expected: &Value,
        place: &str,
        found: &mut Vec<Difference>,
    ) -> Result<()> {
        let (job, path) = (text(&self.base, "job")?, text(&self.base, "template_path")?);
        let template = Template::compile(&job, &path, &text(&self.what, "template")?);
        let result = template.render(&self.instance()?, &world(version));
        let mut compare = |member: &str, expected: &str, actual: &str| {
            if expected != actual {
                found.push(Difference {
                    place: format!("{place}/{member}"),
                    what: format!("expected {expected:?}, found {actual:?}"),
                });
            }
        };
        let output = result
            .as_ref()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let Some(error) = expected.get("error") else {
            let expected = text(expected, "expect")?;
            let actual = output.unwrap_or_else(|error| said(error));
            compare("output", &expected, &actual);
            return Ok(());
        };
        let Err(actual) = &result else {
            compare("output", "an error", &output.unwrap_or_default());
            return Ok(());
        };
        compare("class", &text(error, "class")?, actual.class());
        if error.get("note").is_none() {
            compare("message", &text(error, "message")?, &actual.message());
            let director = actual.director().to_string();
            compare("director", &text(error, "director")?, &director);
        }
        let line = match error.get("line") {
            Some(Value::Integer(line)) => line.to_string(),
            _ => "unknown".to_owned(),
        };
        let actual = actual
            .line
            .map_or("unknown".to_owned(), |line| line.to_string());
        compare("line", &line, &actual);
        Ok(())
    }

    /// The base instance with the changes of the case.
    fn instance(&self) -> Result<InstanceSpec> {
        let Some(Value::Mapping(mut spec)) = self.base.get("spec").cloned() else {
            bail!("the base has no spec");
        };
        if let Some(Value::Mapping(changes)) = self.what.get("spec") {
            for (key, value) in changes {
                match spec.iter_mut().find(|(known, _)| known == key) {
                    Some((_, old)) => *old = value.clone(),
                    None => spec.push((key.clone(), value.clone())),
                }
            }
        }
        let numbering = Numbering::read(self.base.get("dns").context("the base has no dns")?)?;
        Ok(InstanceSpec::new(
            Value::Mapping(spec),
            Some(Arc::new(numbering)),
        )?)
    }

    /// A whole deployment whose templates fail.
    fn aggregation(&self) -> Result<Vec<Difference>> {
        let instance = self.instance()?;
        let mut groups = Vec::new();
        for (group, jobs) in entries(self.what.get("groups"))? {
            let mut failures = Vec::new();
            for (job, templates) in entries(Some(&jobs))? {
                let job = job_templates(&job, &templates)?;
                if let Err(error) = render_job(&job, &instance, &world(Version::Ruby34)) {
                    failures.push(error.director());
                }
            }
            if !failures.is_empty() {
                groups.push(GroupFailure::Jobs {
                    group,
                    jobs: failures,
                });
            }
        }
        let (expected, actual) = (
            text(&self.what, "expect")?,
            DeploymentFailure { groups }.to_string(),
        );
        if expected == actual {
            return Ok(Vec::new());
        }
        Ok(vec![Difference {
            place: "/director".to_owned(),
            what: format!("expected {expected:?}, found {actual:?}"),
        }])
    }
}

fn job_templates(name: &str, templates: &Value) -> Result<JobTemplates> {
    let mut monit = Template::compile(name, "monit", "");
    let mut others = Vec::new();
    for (path, text) in entries(Some(templates))? {
        let compiled = Template::compile(name, &path, text.as_str().unwrap_or_default());
        if path == "monit" {
            monit = compiled;
        } else {
            others.push((compiled, path));
        }
    }
    Ok(JobTemplates {
        name: name.to_owned(),
        monit,
        templates: others,
    })
}

fn said(error: &TemplateError) -> String {
    format!("{}: {}", error.class(), error.message())
}

fn world(version: Version) -> World {
    World {
        now: (1_700_000_000, 0),
        seed: 1,
        version,
        limits: Limits::default(),
    }
}

fn read(path: &Path) -> Result<Value> {
    let text = super::read(path)?;
    read_data(&Source::new(path.display().to_string(), text))
        .map_err(|fault| anyhow::anyhow!(fault.render(false)))
}

fn list(value: Value) -> Result<Vec<Value>> {
    match value {
        Value::Sequence(items) => Ok(items),
        _ => bail!("a file of cases is no list"),
    }
}

fn entries(value: Option<&Value>) -> Result<Vec<(String, Value)>> {
    let Some(Value::Mapping(entries)) = value else {
        bail!("a map is missing");
    };
    let entries = entries.iter().map(|(key, value)| {
        let key = key.as_str().context("a key is no text")?;
        Ok((key.to_owned(), value.clone()))
    });
    entries.collect()
}

fn text(value: &Value, key: &str) -> Result<String> {
    let text = value.get(key).and_then(Value::as_str);
    Ok(text.with_context(|| format!("no text {key}"))?.to_owned())
}
