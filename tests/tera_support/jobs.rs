//! The templates of this repository's jobs as cases, with the instances and files of `tests/jobs`.

use std::fs;
use std::path::{Path, PathBuf};

use bosh_release::render::properties::{bind, declared};
use bosh_release::source::Source;
use bosh_release::yaml::Value as Data;
use serde_json::{Map, Value};

use super::{Case, Outcome};

/// Each template in Tera for each instance of its job.
pub(crate) fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases = Vec::new();
    for recorded in directories(&root.join("tests/jobs")) {
        let job = root.join("jobs").join(recorded.file_name().unwrap());
        let spec = read(&job.join("spec"));
        for instance in directories(&recorded) {
            for (template, target) in templates(&job, &spec) {
                cases.push(case(&job, &spec, &instance, &template, &target));
            }
        }
    }
    cases
}

fn directories(below: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(below).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

fn read(path: &Path) -> Data {
    let source = Source::new(
        path.display().to_string(),
        fs::read_to_string(path).unwrap(),
    );
    bosh_release::render::input::read_data(&source).unwrap()
}

/// Paths of the templates in Tera, and what they become on an instance.
fn templates(job: &Path, spec: &Data) -> Vec<(PathBuf, String)> {
    let monit = (job.join("monit.tera"), "monit".to_owned());
    let mut found: Vec<_> = Some(monit)
        .filter(|one| one.0.is_file())
        .into_iter()
        .collect();
    if let Some(Data::Mapping(listed)) = spec.get("templates") {
        for (source, target) in listed {
            let (source, target) = (source.as_str().unwrap(), target.as_str().unwrap());
            if source.strip_suffix(".tera").is_some() {
                found.push((job.join("templates").join(source), target.to_owned()));
            }
        }
    }
    found
}

fn case(job: &Path, spec: &Data, instance: &Path, template: &Path, target: &str) -> Case {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut data: Value =
        serde_json::from_str(&fs::read_to_string(instance.join("instance.json")).unwrap()).unwrap();
    let none = Data::Mapping(Vec::new());
    let known = declared(
        &job.file_name().unwrap().to_string_lossy(),
        spec.get("properties").unwrap_or(&none),
    )
    .unwrap();
    let given = read(&instance.join("instance.json"));
    let bound = bind(&known, given.get("properties").unwrap_or(&none)).unwrap();
    let data = data.as_object_mut().unwrap();
    data.remove("properties");
    let mut links = data.remove("links").unwrap_or_default();
    for link in spec.get("consumes").map(items).unwrap_or_default() {
        let name = link.get("name").and_then(Data::as_str).unwrap().to_owned();
        let absent = serde_json::json!({"absent": true});
        links.as_object_mut().unwrap().entry(name).or_insert(absent);
    }
    let expected = match fs::read_to_string(instance.join(target)) {
        Ok(text) => Outcome::Output(text),
        Err(_) => Outcome::Failed(
            fs::read_to_string(instance.join(format!("{target}.error"))).unwrap_or_default(),
        ),
    };
    Case {
        name: format!("{} {target}", instance.display()),
        template: fs::read_to_string(template).unwrap(),
        partials: directories(&root.join("templates"))
            .iter()
            .map(|path| {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, fs::read_to_string(path).unwrap())
            })
            .collect(),
        declares: Some(known.into_iter().map(|one| one.name).collect()),
        data: serde_json::json!({"spec": data, "links": links, "properties": json(&bound)}),
        expected,
    }
}

fn items(list: &Data) -> &[Data] {
    match list {
        Data::Sequence(items) => items,
        _ => &[],
    }
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
        Data::Null => Value::Null,
        other => panic!("{other:?} in a spec of this repository"),
    }
}
