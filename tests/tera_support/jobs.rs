//! The templates of this repository's jobs as cases, with the instances of `tests/templates`.

use std::fs;
use std::path::{Path, PathBuf};

use bosh_release::render::InstanceSpec;
use bosh_release::suite::Subject;
use bosh_release::testing::{self, ReleaseDirectory};
use bosh_release::yaml::Value as Data;
use serde_json::{Map, Value};

use super::{Case, Outcome};

/// Each template in Tera for each instance that a test of its job has. What is expected is what our ERB gives: whether that
/// is right is what those tests are about.
pub(crate) fn cases() -> Vec<Case> {
    let release = ReleaseDirectory::open(env!("CARGO_MANIFEST_DIR")).unwrap();
    let mut cases = Vec::new();
    for file in testing::read(&release).unwrap() {
        let job = release.job(&file.job).unwrap();
        for test in &file.tests {
            let Subject::Job(subject) = &test.subject else {
                continue;
            };
            let instance = subject.instance.as_ref().unwrap();
            for template in job.templates() {
                let Some(text) = template.tera() else {
                    continue;
                };
                let expected = match template.render_instance(instance) {
                    Ok(text) => Outcome::Output(text),
                    Err(error) => Outcome::Failed(error.to_string()),
                };
                cases.push(Case {
                    name: format!("{}: {} {}", file.job, test.name, template.destination()),
                    template: text.to_owned(),
                    partials: partials(),
                    declares: Some(job.properties().map(str::to_owned).collect()),
                    data: data(instance, job.links()),
                    expected,
                });
            }
        }
    }
    cases
}

fn partials() -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let entries = fs::read_dir(directory).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    paths.iter().map(read).collect()
}

/// Spec, properties and links apart; a link that the job consumes and nobody gives is absent.
fn data<'l>(instance: &InstanceSpec, consumed: impl Iterator<Item = &'l str>) -> Value {
    let Value::Object(mut spec) = json(instance.spec()) else {
        panic!("an instance is a map");
    };
    let properties = spec.remove("properties").unwrap();
    let mut links = spec.remove("links").unwrap();
    for name in consumed {
        let absent = serde_json::json!({"absent": true});
        links.as_object_mut().unwrap().entry(name).or_insert(absent);
    }
    serde_json::json!({"spec": spec, "links": links, "properties": properties})
}

fn json(value: &Data) -> Value {
    match value {
        Data::Mapping(entries) => entries
            .iter()
            .map(|(key, item)| (key.as_str().unwrap().to_owned(), json(item)))
            .collect::<Map<_, _>>()
            .into(),
        Data::Sequence(items) => items.iter().map(json).collect(),
        Data::String(text) => text.as_str().into(),
        Data::Bool(flag) => (*flag).into(),
        Data::Integer(number) => (*number).into(),
        Data::Float(number) => (*number).into(),
        Data::Null => Value::Null,
        other => panic!("{other:?} in a test of this repository"),
    }
}
