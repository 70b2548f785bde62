//! The jobs of this repository, rendered for instances and compared with files.
//!
//! `tests/jobs/JOB/CASE/instance.json` is an instance with the properties of a deployment manifest; defaults of the spec
//! are added. Beside it lie the files that come of it, at their destinations, and `NAME.error` with the message for those
//! that fail. Files that are the same everywhere, as scripts without code, are not there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bosh_release::release::directory::ReleaseDirectory;
use bosh_release::release::job;
use bosh_release::release::tera::TemplatePartials;
use bosh_release::render::Template;
use bosh_release::render::context::InstanceSpec;
use bosh_release::render::input::read_data;
use bosh_release::render::properties::{bind, declared};
use bosh_release::ruby::eval::{Version, World};
use bosh_release::ruby::limits::Limits;
use bosh_release::source::Source;
use bosh_release::yaml::Value;

/// A job as it is packed.
struct Packed {
    name: String,
    spec: Value,
    files: BTreeMap<PathBuf, String>,
}

fn packed(name: &str) -> Packed {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let release = ReleaseDirectory::new(root, root);
    let job = job::read(&release, &TemplatePartials::of(&release), name).unwrap();
    assert!(job.faults.is_empty(), "{:?}", job.faults);
    assert!(job.findings.is_empty(), "{:?}", job.findings);
    let mut files = BTreeMap::new();
    for file in &job.resource.files {
        let mut text = String::new();
        file.open().unwrap().read_to_string(&mut text).unwrap();
        files.insert(file.path.clone(), text);
    }
    let spec = read_data(&Source::new("spec", files[Path::new("job.MF")].as_str())).unwrap();
    Packed {
        name: name.to_owned(),
        spec,
        files,
    }
}

impl Packed {
    /// The templates that run code, with their destinations.
    fn templates(&self) -> Vec<(Template, String)> {
        let compile = |path: &str, shown: &str| {
            let text = &self.files[Path::new(path)];
            text.contains("<%")
                .then(|| Template::compile(&self.name, shown, text))
        };
        let mut all: Vec<_> = compile("monit", "monit")
            .map(|template| (template, "monit".to_owned()))
            .into_iter()
            .collect();
        let Some(Value::Mapping(listed)) = self.spec.get("templates") else {
            return all;
        };
        for (source, target) in listed {
            let (source, target) = (source.as_str().unwrap(), target.as_str().unwrap());
            let template = compile(&format!("templates/{source}"), source);
            all.extend(template.map(|template| (template, target.to_owned())));
        }
        all
    }

    fn instance(&self, path: &Path) -> InstanceSpec {
        let text = fs::read_to_string(path).unwrap();
        let mut instance = read_data(&Source::new(path.display().to_string(), text)).unwrap();
        let none = Value::Mapping(Vec::new());
        let declared = declared(&self.name, self.spec.get("properties").unwrap_or(&none)).unwrap();
        let given = instance.get("properties").unwrap_or(&none).clone();
        let bound = bind(&declared, &given).unwrap();
        if let Value::Mapping(entries) = &mut instance {
            entries.retain(|(key, _)| key.as_str() != Some("properties"));
            entries.push((Value::from("properties"), bound));
        }
        InstanceSpec::new(instance, None).unwrap()
    }
}

fn world() -> World {
    World {
        now: (0, 0),
        seed: 1,
        version: Version::Ruby34,
        limits: Limits::default(),
    }
}

/// What a case gives, by file.
fn rendered(job: &Packed, case: &Path) -> BTreeMap<String, String> {
    let instance = job.instance(&case.join("instance.json"));
    let mut files = BTreeMap::new();
    for (template, destination) in job.templates() {
        match template.render(&instance, &world()) {
            Ok(bytes) => files.insert(destination, String::from_utf8(bytes).unwrap()),
            Err(error) => files.insert(
                format!("{destination}.error"),
                format!("{}\n", error.message()),
            ),
        };
    }
    files
}

fn recorded(case: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut pending = vec![case.to_path_buf()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path != case.join("instance.json") {
                let inner = path.strip_prefix(case).unwrap().display().to_string();
                files.insert(inner, fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

fn directories(below: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(below).unwrap();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn jobs_render_as_recorded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/jobs");
    let (mut wrong, mut cases) = (String::new(), 0);
    for directory in directories(&root) {
        let job = packed(directory.file_name().unwrap().to_str().unwrap());
        for case in directories(&directory) {
            cases += 1;
            let (given, expected) = (rendered(&job, &case), recorded(&case));
            let names = given.keys().chain(expected.keys());
            let mut names: Vec<&String> = names.collect();
            names.sort();
            names.dedup();
            for name in names {
                let (given, expected) = (given.get(name), expected.get(name));
                if given != expected {
                    let shown = |text: Option<&String>| text.cloned().unwrap_or("(none)\n".into());
                    writeln!(
                        wrong,
                        "{} {name}:\n--- expected\n{}--- given\n{}",
                        case.strip_prefix(&root).unwrap().display(),
                        shown(expected),
                        shown(given)
                    )
                    .unwrap();
                }
            }
        }
    }
    assert!(cases > 40, "only {cases} cases");
    assert!(wrong.is_empty(), "{wrong}");
}
