//! Runs the recorded deployments of `tests/conformance/deployment` with the library, and some with the program: every file of every instance, byte for
//! byte, or the whole text of the error.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test's helpers fail the test; one case alone is chosen by the environment"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bosh_release::deployment::release_job::Release;
use bosh_release::deployment::variables::Variables;
use bosh_release::deployment::{
    CloudConfig, DeploymentManifest, RecordedState, Request, interpolate,
};
use bosh_release::local::deployment::{self, RenderedInstance};
use bosh_release::local::releases;
use bosh_release::render::input::read_data;
use bosh_release::ruby::eval::{Version, World};
use bosh_release::ruby::limits::Limits;
use bosh_release::source::Source;
use serde_json::Value as Json;

/// Cases that differ, with and without recorded places, and why. One that does not differ any more fails the test.
const NOT_YET: &[(&str, &str)] = &[];

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/deployment")
}

fn source(path: &Path) -> Arc<Source> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    Source::new(name, fs::read_to_string(path).unwrap())
}

fn manifest(path: &Path) -> Result<DeploymentManifest, String> {
    let source = source(path);
    let interpolated = interpolate(Request {
        manifest: &source,
        operations: &[],
        variables: &mut Variables::default(),
        expect_all_found: true,
        expect_all_used: false,
    });
    let interpolated = interpolated.map_err(|faults| faults.to_string())?;
    DeploymentManifest::read(&interpolated).map_err(|fault| fault.message)
}

fn json(path: &Path) -> Json {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The state of a case; without what a Director decides when it places instances, if these are to be placed.
fn state(case: &Path, place: bool) -> RecordedState {
    let mut state = json(&case.join("state.json"));
    if place {
        for (_, deployment) in state["deployments"].as_object_mut().unwrap() {
            for (_, instance) in deployment["instances"].as_object_mut().unwrap() {
                let instance = instance.as_object_mut().unwrap();
                for key in ["az", "bootstrap", "ips"] {
                    instance.shift_remove(key);
                }
            }
        }
    }
    let data = read_data(&Source::new("state.json", state.to_string())).unwrap();
    RecordedState::read(&data).unwrap()
}

fn world() -> World {
    World {
        now: (0, 0),
        seed: 1,
        version: Version::Ruby34,
        limits: Limits::default(),
    }
}

struct Case<'a> {
    directory: PathBuf,
    releases: &'a [Release],
    place: bool,
}

impl Case<'_> {
    fn rendered(&self, manifests: &[&str]) -> Result<(String, Vec<RenderedInstance>), String> {
        let cloud = self.directory.join("cloud-config.yml");
        let cloud = if cloud.exists() {
            cloud
        } else {
            top().join("cloud-config.yml")
        };
        let cloud = CloudConfig::parse(&source(&cloud)).map_err(|faults| faults.to_string())?;
        let manifests = manifests
            .iter()
            .map(|name| manifest(&self.directory.join(name)));
        let manifests: Vec<DeploymentManifest> = manifests.collect::<Result<_, _>>()?;
        let resolved = deployment::plan_all(deployment::Request {
            manifests: &manifests,
            cloud: &cloud,
            releases: self.releases,
            state: &state(&self.directory, self.place),
        });
        let resolved = resolved.map_err(|faults| {
            let texts = faults.iter().map(|fault| fault.message.clone());
            texts.collect::<Vec<_>>().join("\n")
        })?;
        let files = deployment::render(&resolved, &world());
        files
            .map(|files| (resolved.plan.name.clone(), files))
            .map_err(|failure| failure.to_string())
    }

    /// What differs; empty if nothing does.
    fn differences(&self) -> Vec<String> {
        let expected = json(&self.directory.join("expected.json"));
        let spec = json(&self.directory.join("case.json"));
        let manifests = spec["manifests"].as_array().unwrap();
        let manifests: Vec<&str> = manifests
            .iter()
            .map(|name| name.as_str().unwrap())
            .collect();
        let mut differences = Vec::new();
        if let Some(error) = expected.get("error") {
            let found = match self.rendered(&manifests) {
                Ok(_) => "no error".to_owned(),
                Err(text) => text,
            };
            let expected = error["message"].as_str().unwrap();
            if normal_error(&found) != normal_error(expected) {
                differences.push(format!("error\n{found}\ninstead of\n{expected}"));
            }
            return differences;
        }
        for count in 1..=manifests.len() {
            // Of two manifests of one name only the last was recorded, and the state is the one after it.
            if count < manifests.len() && !self.is_another(&manifests, manifests[count - 1]) {
                continue;
            }
            match self.rendered(&manifests[..count]) {
                Err(text) => differences.push(format!("{}: {text}", manifests[count - 1])),
                Ok((name, instances)) => {
                    let wanted = &expected["deployments"][&name];
                    compare(wanted, &instances, &mut differences);
                }
            }
        }
        differences
    }

    /// Whether a manifest is of another deployment than the last one.
    fn is_another(&self, manifests: &[&str], file: &str) -> bool {
        let name = |file: &str| manifest(&self.directory.join(file)).unwrap().name;
        name(manifests.last().unwrap()) != name(file)
    }
}

fn compare(wanted: &Json, found: &[RenderedInstance], differences: &mut Vec<String>) {
    let mut files = BTreeMap::new();
    for instance in found {
        for file in &instance.files {
            let path = format!("{}/{} {}", instance.group, instance.index, file.path);
            let mode = if file.executable { "0750" } else { "0640" };
            let text = normal(&String::from_utf8_lossy(&file.content));
            files.insert(path, (mode.to_owned(), text));
        }
    }
    for (instance, wanted) in wanted.as_object().unwrap() {
        for (path, wanted) in wanted.as_object().unwrap() {
            let path = format!("{instance} {path}");
            let text = |key: &str| wanted[key].as_str().unwrap().to_owned();
            let wanted = (text("mode"), text("text"));
            match files.remove(&path) {
                None => differences.push(format!("{path}: missing")),
                Some(found) if found != wanted => differences.push(format!(
                    "{path}: {}\n{}\ninstead of {}\n{}",
                    found.0, found.1, wanted.0, wanted.1
                )),
                Some(_) => {}
            }
        }
    }
    for path in files.keys() {
        differences.push(format!("{path}: should not be there"));
    }
}

/// What depends on packed archives does not count.
fn normal(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let key = ["sha1", "blobstore_id"].into_iter().find_map(|key| {
            let start = format!("\"{key}\": \"");
            line.find(&start).map(|at| (key, at + start.len()))
        });
        let Some((key, from)) = key else {
            lines.push(line.to_owned());
            continue;
        };
        let rest = line[from..].find('"').map_or("", |end| &line[from + end..]);
        lines.push(format!("{}<{key}>{rest}", &line[..from]));
    }
    lines.join("\n")
}

/// Ids do not count, nor does the order of links that could not be resolved, nor how Ruby 3.3 quotes.
fn normal_error(text: &str) -> Vec<String> {
    let uuid = regex::Regex::new(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b").unwrap();
    let text = uuid.replace_all(text, "<uuid>").replace('`', "'");
    let mut blocks: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let begins = line.trim_start().starts_with("- Failed to resolve link ");
        match blocks.last_mut() {
            Some(block) if !begins => {
                block.push('\n');
                block.push_str(line.trim_end());
            }
            _ => blocks.push(line.trim_end().to_owned()),
        }
    }
    blocks.sort();
    blocks
}

fn cases() -> Vec<PathBuf> {
    let entries = fs::read_dir(top())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = entries
        .filter(|path| path.join("case.json").exists())
        .collect();
    cases.sort();
    cases
}

fn releases() -> Vec<Release> {
    let home = tempfile::tempdir().unwrap();
    let names = ["aux", "vec"].into_iter();
    let read = |name| releases::read(&top().join("releases").join(name), home.path(), home.path());
    names.map(|name| read(name).unwrap()).collect()
}

#[test]
fn deployments_are_those_of_a_director() {
    let releases = releases();
    let only = std::env::var("CASE").unwrap_or_default();
    let mut wrong = Vec::new();
    let mut count = 0;
    for directory in cases() {
        let name = directory
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        if !name.starts_with(&only) {
            continue;
        }
        for place in [false, true] {
            // Redeploys keep places that only a Director knows, and the address of a VM is the infrastructure's.
            let placed = ["42", "47", "54"]
                .iter()
                .any(|known| name.starts_with(known));
            if place && placed {
                continue;
            }
            count += 1;
            let case = Case {
                directory: directory.clone(),
                releases: &releases,
                place,
            };
            let differences = case.differences();
            let label = if place {
                format!("{name} placed")
            } else {
                name.clone()
            };
            let expected = NOT_YET.iter().any(|(known, _)| *known == label);
            if differences.is_empty() == expected {
                let shown = differences.join("\n\n");
                wrong.push(format!("=== {label}\n{shown}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Whether the lines of a Director's error stand together in what a program printed: text may precede the first.
fn has_error(printed: &str, wanted: &str) -> bool {
    let uuid = regex::Regex::new(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b").unwrap();
    let lines = |text: &str| {
        let text = uuid.replace_all(text, "<uuid>").replace('`', "'");
        let lines = text.lines().map(str::trim_end).map(str::to_owned);
        lines.collect::<Vec<String>>()
    };
    let (printed, wanted) = (lines(printed), lines(wanted));
    printed.windows(wanted.len()).any(|window| {
        window[0].ends_with(&wanted[0]) && {
            let (mut rest, mut wanted) = (window[1..].to_vec(), wanted[1..].to_vec());
            if wanted[..]
                .iter()
                .any(|line| line.contains("- Failed to resolve link "))
            {
                // Their order is the database's.
                rest.sort();
                wanted.sort();
            }
            let indent = |lines: &[String]| {
                let text = lines.first().map_or("", String::as_str);
                text.len() - text.trim_start().len()
            };
            let deeper = indent(&rest).saturating_sub(indent(&wanted));
            rest.iter()
                .zip(&wanted)
                .all(|(line, wanted)| line.get(deeper..) == Some(wanted))
        }
    })
}

/// The program, called as the vectors say.
fn run(case: &Case<'_>, manifests: &[&str], output: &Path) -> std::process::Output {
    let own = case.directory.join("cloud-config.yml");
    let cloud = if own.exists() {
        own
    } else {
        top().join("cloud-config.yml")
    };
    let (last, earlier) = manifests.split_last().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_bosh-release"));
    command.arg("render").arg(case.directory.join(last));
    command.arg("--cloud-config").arg(cloud);
    command
        .arg("--state")
        .arg(case.directory.join("state.json"));
    for release in ["aux", "vec"] {
        command
            .arg("--release")
            .arg(top().join("releases").join(release));
    }
    for manifest in earlier {
        command.arg("--deployed").arg(case.directory.join(manifest));
    }
    command.arg("--output").arg(output);
    command.output().unwrap()
}

fn below(directory: &Path, found: &mut BTreeMap<PathBuf, (u32, String)>) {
    use std::os::unix::fs::PermissionsExt;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            below(&path, found);
        } else {
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            let text = normal(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
            found.insert(path, (mode, text));
        }
    }
}

/// What the program writes and prints for a case; empty if it is what a Director does.
fn printed_differences(case: &Case<'_>) -> Option<String> {
    let expected = json(&case.directory.join("expected.json"));
    let spec = json(&case.directory.join("case.json"));
    let manifests = spec["manifests"].as_array().unwrap().iter();
    let manifests: Vec<&str> = manifests.map(|name| name.as_str().unwrap()).collect();
    let output = tempfile::tempdir().unwrap();
    let done = run(case, &manifests, output.path());
    let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
    if let Some(error) = expected.get("error") {
        let fits = has_error(&stderr, error["message"].as_str().unwrap());
        return (done.status.code() != Some(1) || !fits).then_some(stderr);
    }
    if !done.status.success() {
        return Some(stderr);
    }
    let name = manifest(&case.directory.join(manifests.last().unwrap()))
        .unwrap()
        .name;
    let mut wanted = BTreeMap::new();
    for (instance, files) in expected["deployments"][&name].as_object().unwrap() {
        for (path, file) in files.as_object().unwrap() {
            let mode = u32::from_str_radix(file["mode"].as_str().unwrap(), 8).unwrap();
            let text = file["text"].as_str().unwrap().to_owned();
            wanted.insert(output.path().join(instance).join(path), (mode, text));
        }
    }
    let mut found = BTreeMap::new();
    below(output.path(), &mut found);
    (found != wanted).then(|| "other files".to_owned())
}

#[test]
fn the_program_does_what_a_director_does() {
    let mut wrong = Vec::new();
    // Some are enough for the program's own part: reading, writing, printing.
    for directory in cases().into_iter().step_by(7) {
        let name = directory
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let case = Case {
            directory,
            releases: &[],
            place: false,
        };
        if let Some(shown) = printed_differences(&case) {
            wrong.push(format!("{name}\n{shown}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
