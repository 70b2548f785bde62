//! A test file: `tests/templates/<job>/*.yml`.
//!
//! ```yaml
//! defaults:                       # under each test; maps are merged, anything else is replaced
//!   template: config/web.conf
//!   properties: {password: secret}
//! tests:
//! - name: the port is the default one
//!   expect: {contains: port 8080}
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Place;
use super::expectation::{self, Expected, Target, place};
use super::reader::{Reader, kind, present};
use super::subject::{self, DEPLOYMENT_KEYS, DeploymentSubject, JOB_KEYS, Subject};
use crate::deployment::release_job::{JobTemplate, Release, ReleaseJob};
use crate::deployment::{Content, Entry, MAX_NODES, Map, Node};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Source;

/// The tests of a file.
#[derive(Debug, Clone)]
pub struct TestFile {
    /// The text.
    pub source: Arc<Source>,
    /// The job whose templates are tested.
    pub job: String,
    /// In the order of the file.
    pub tests: Vec<Test>,
}

/// A test.
#[derive(Debug, Clone)]
pub struct Test {
    /// Its name, which no other test of the file has.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// What it renders.
    pub subject: Subject,
    /// What is expected, in the order in which it is told; never empty.
    pub expected: Vec<Expected>,
}

const FILE_KEYS: &[&str] = &["defaults", "tests"];
const COMMON_KEYS: &[&str] = &["template", "files", "expect", "instance", "manifest"];

impl TestFile {
    /// Reads the tests of a job of a release.
    ///
    /// # Errors
    /// What is no YAML; keys, properties, links, templates that do not exist, with the nearest that does; tests that expect
    /// nothing. As many faults as can be found.
    pub fn read(
        source: &Arc<Source>,
        job: &ReleaseJob,
        release: &Release,
    ) -> Result<Self, Diagnostics> {
        let root = Node::parse(source)?;
        let mut reader = Reader::default();
        reader.known_keys(&root, "a test file", FILE_KEYS);
        let defaults = present(&root, "defaults");
        if let Some(defaults) = defaults {
            reader.known_keys(defaults, "`defaults`", &keys(&[]));
        }
        let listed = present(&root, "tests").map(|tests| (tests, tests.list()));
        let mut tests = Vec::new();
        match listed {
            Some((node, Some(listed))) if too_much(defaults, listed) => {
                let message = format!(
                    "With `defaults` under each test there are more than {MAX_NODES} values"
                );
                reader.fault(&node.origin, message);
            }
            Some((_, Some(listed))) => {
                for node in listed {
                    tests.extend(test(&mut reader, node, defaults, job, release));
                }
            }
            Some((node, None)) => {
                let message = format!("`tests` is a list, not {}", kind(node));
                reader.fault(&node.origin, message);
            }
            None if root.map().is_some() => {
                reader.fault(&root.origin, "The file has no `tests`").hint =
                    Some("write `tests:` and a list of tests below it".to_owned());
            }
            None => {}
        }
        repeated(&mut reader, &tests);
        Diagnostics::from_list(distinct(reader.faults))?;
        Ok(Self {
            source: Arc::clone(source),
            job: job.name.clone(),
            tests,
        })
    }
}

/// Whether the shared part, which each test gets anew, makes too much of a small file.
fn too_much(defaults: Option<&Node>, tests: &[Node]) -> bool {
    let shared = defaults.map(Node::count).unwrap_or_default();
    shared.saturating_mul(tests.len()) > MAX_NODES
}

fn keys(more: &[&'static str]) -> Vec<&'static str> {
    [more, COMMON_KEYS, JOB_KEYS, DEPLOYMENT_KEYS].concat()
}

/// What is wrong with the shared part is found once for each test.
fn distinct(faults: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut kept: Vec<Diagnostic> = Vec::new();
    for fault in faults {
        let same = |other: &Diagnostic| {
            let places = other.labels.iter().zip(&fault.labels);
            other.message == fault.message
                && places
                    .into_iter()
                    .all(|(a, b)| a.span == b.span && Arc::ptr_eq(&a.source, &b.source))
        };
        if !kept.iter().any(same) {
            kept.push(fault);
        }
    }
    kept
}

fn repeated(reader: &mut Reader, tests: &[Test]) {
    let mut seen: BTreeMap<&str, &Place> = BTreeMap::new();
    for test in tests {
        if let Some(first) = seen.insert(&test.name, &test.place) {
            let message = format!("Two tests are called '{}'", test.name);
            let fault = Diagnostic::error(message)
                .at(&test.place.source, test.place.span, "given again")
                .at(&first.source, first.span, "given here first");
            reader.faults.push(fault);
        }
    }
}

fn test(
    reader: &mut Reader,
    node: &Node,
    defaults: Option<&Node>,
    job: &ReleaseJob,
    release: &Release,
) -> Option<Test> {
    let faults = reader.faults.len();
    reader.known_keys(node, "a test", &keys(&["name"]));
    node.map()?;
    let name = reader.text(node, "name").map(str::to_owned);
    let nameless = name.as_ref().is_none_or(|name| name.trim().is_empty());
    if nameless && reader.faults.len() == faults {
        reader.fault(&node.origin, "A test has no `name`").hint =
            Some("say in a few words what it shows".to_owned());
    }
    let at = present(node, "name").unwrap_or(node);
    let place = place(&at.origin);
    let merged = match defaults {
        Some(defaults) => merge(defaults, node),
        None => node.clone(),
    };
    let subject = subject::read(reader, &merged, job, release)?;
    let expected = expected(reader, &merged, at, &subject, job);
    Some(Test {
        name: name?,
        place,
        subject,
        expected,
    })
}

/// The upper value over the lower one: maps are merged, anything else is replaced.
fn merge(lower: &Node, upper: &Node) -> Node {
    let (Content::Map(below), Content::Map(above)) = (&lower.content, &upper.content) else {
        return upper.clone();
    };
    let mut map: Map = below.clone();
    for (key, entry) in above {
        let value = match map.get(key) {
            Some(under) => merge(&under.value, &entry.value),
            None => entry.value.clone(),
        };
        let key_origin = entry.key.clone();
        map.insert(
            key.clone(),
            Entry {
                key: key_origin,
                value,
            },
        );
    }
    Node {
        content: Content::Map(map),
        origin: upper.origin.clone(),
    }
}

fn expected(
    reader: &mut Reader,
    node: &Node,
    at: &Node,
    subject: &Subject,
    job: &ReleaseJob,
) -> Vec<Expected> {
    let mut all = Vec::new();
    let (template, expect) = (present(node, "template"), present(node, "expect"));
    for pair in reader.entries(node, "files") {
        let file = target(reader, pair.name, pair.at, subject, job);
        all.extend(file.and_then(|file| expectation::read(reader, pair.value, file, pair.at)));
    }
    match (template, expect) {
        (None, None) if present(node, "files").is_some() => {}
        (None, None) => {
            reader.fault(&at.origin, "The test expects nothing").hint =
                Some("add `expect:`, or `files:` for several templates".to_owned());
        }
        (Some(template), None) => {
            let fault = reader.fault(&template.origin, "Nothing is expected of the template");
            fault.hint = Some("add `expect:`".to_owned());
        }
        (Some(template), Some(expect)) => {
            if let Some(path) = reader.as_text(template, "template") {
                let file = target(reader, path, &template.origin, subject, job);
                let read =
                    file.and_then(|file| expectation::read(reader, expect, file, &template.origin));
                all.extend(read);
            }
        }
        (None, Some(expect)) => {
            all.extend(expectation::read(reader, expect, Target::All, &at.origin));
        }
    }
    all
}

/// The file that a path means.
fn target(
    reader: &mut Reader,
    path: &str,
    at: &crate::deployment::Origin,
    subject: &Subject,
    job: &ReleaseJob,
) -> Option<Target> {
    match subject {
        Subject::Deployment(deployment) => Some(Target::File(of_deployment(deployment, path))),
        Subject::Job(_) => {
            let found = destination(job, path);
            if found.is_none() {
                let message = format!("Job '{}' has no template '{path}'", job.name);
                let destinations = job.templates.iter().map(|one| one.destination.as_str());
                reader.unknown(at, message, path, destinations.chain(["monit"]));
            }
            found.map(Target::File)
        }
    }
}

fn of_deployment(deployment: &DeploymentSubject, path: &str) -> String {
    match &deployment.instance {
        Some(instance) => format!("{instance}/{path}"),
        None => path.to_owned(),
    }
}

/// The destination of a template that is named by it, or by its path below `templates`.
fn destination(job: &ReleaseJob, path: &str) -> Option<String> {
    if path == "monit" {
        return Some(path.to_owned());
    }
    let compiled = path.strip_suffix(".tera").map(|stem| format!("{stem}.erb"));
    let is_meant = |template: &&JobTemplate| {
        template.destination == path
            || template.path == path
            || compiled.as_ref() == Some(&template.path)
    };
    let found = job.templates.iter().find(is_meant);
    found.map(|template| template.destination.clone())
}
