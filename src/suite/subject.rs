//! What a test renders: templates of a job, or a whole deployment.

use std::collections::BTreeSet;

use super::expectation::inner_path;
use super::reader::{Reader, kind, present};
use super::{InnerPath, instance, link};
use crate::deployment::properties::{bind, without_symbols};
use crate::deployment::read::Sources;
use crate::deployment::release_job::{Release, ReleaseJob};
use crate::deployment::{Node, received};
use crate::render::InstanceSpec;
use crate::yaml::Value;

/// What a test renders.
#[derive(Debug, Clone)]
pub enum Subject {
    /// Templates of the job whose tests they are.
    Job(Box<JobSubject>),
    /// A whole deployment.
    Deployment(Box<DeploymentSubject>),
}

/// An instance with properties and links.
#[derive(Debug, Clone)]
pub struct JobSubject {
    /// What templates see; or what a Director says of properties that do not fit the spec.
    pub instance: Result<InstanceSpec, String>,
    /// Declared properties that the test gives.
    pub given: BTreeSet<String>,
    /// Its links.
    pub links: Vec<link::TestLink>,
}

/// A deployment. Paths begin in the release directory.
#[derive(Debug, Clone)]
pub struct DeploymentSubject {
    /// The manifest.
    pub manifest: InnerPath,
    /// Ops files.
    pub ops: Vec<InnerPath>,
    /// Values of variables, by name.
    pub vars: Vec<(String, Node)>,
    /// The cloud-config.
    pub cloud_config: Option<CloudConfigOfTest>,
    /// Releases besides the one that the test belongs to.
    pub releases: Vec<InnerPath>,
    /// The instance whose files are meant: `GROUP/INDEX`.
    pub instance: Option<String>,
}

/// Where the cloud-config of a test is written.
#[derive(Debug, Clone)]
pub enum CloudConfigOfTest {
    /// In a file.
    File(InnerPath),
    /// In the test.
    Inline(Value),
}

/// Keys of a test that belong to one job.
pub(super) const JOB_KEYS: &[&str] = &["properties", "links"];
/// Keys of a test that belong to a whole deployment.
pub(super) const DEPLOYMENT_KEYS: &[&str] = &["ops", "vars", "cloud_config", "releases"];

/// What the test is about.
pub(super) fn read(
    reader: &mut Reader,
    node: &Node,
    job: &ReleaseJob,
    release: &Release,
) -> Option<Subject> {
    let whole = present(node, "manifest");
    let (wrong, why) = match whole {
        Some(_) => (
            JOB_KEYS,
            "a test of a whole deployment takes it from `manifest`",
        ),
        None => (
            DEPLOYMENT_KEYS,
            "it belongs to `manifest`, which is not given",
        ),
    };
    for pair in reader.pairs(node, "a test") {
        if wrong.contains(&pair.name) && !pair.value.is_null() {
            reader.fault(pair.at, format!("`{}`: {why}", pair.name));
        }
    }
    match whole {
        Some(manifest) => {
            let subject = deployment(reader, node, manifest)?;
            Some(Subject::Deployment(Box::new(subject)))
        }
        None => Some(Subject::Job(Box::new(of_job(reader, node, job, release)))),
    }
}

fn of_job(reader: &mut Reader, node: &Node, job: &ReleaseJob, release: &Release) -> JobSubject {
    let given = present(node, "properties");
    let names: Vec<&str> = job
        .spec
        .properties
        .iter()
        .map(|declared| declared.name.as_str())
        .collect();
    let mut values = Value::Null;
    if let Some(given) = given {
        link::check_names(reader, given, &names, &|name| {
            format!("Job '{}' declares no property '{name}'", job.name)
        });
        values = director_value(reader, given);
    }
    let links = link::read(
        reader,
        node.get("links").map(|links| links as &Node),
        job,
        release,
    );
    let data = instance::read(reader, node.get("instance"));
    JobSubject {
        given: link::given_names(&values, names),
        instance: bind(&job.spec.properties, &values)
            .and_then(|bound| spec(data, bound, &links))
            .map_err(|error| error.to_string()),
        links,
    }
}

/// The data of an instance with a job's properties and links.
fn spec(
    data: Value,
    properties: Value,
    links: &[link::TestLink],
) -> Result<InstanceSpec, crate::deployment::properties::PropertyError> {
    let links = links
        .iter()
        .map(|link| (link.name.as_str(), link.data.clone()));
    let Value::Mapping(mut entries) = data else {
        return InstanceSpec::new(data, None);
    };
    entries.push((Value::from("properties"), properties));
    entries.push((Value::from("links"), Value::map(links)));
    InstanceSpec::new(Value::Mapping(entries), None)
}

/// The data of a manifest as a Director has it: the official CLI writes it, Ruby reads it, symbols become texts.
fn director_value(reader: &mut Reader, node: &Node) -> Value {
    match received(node, &Sources::only(&node.origin.source)) {
        Ok(node) => without_symbols(&node.value()),
        Err(fault) => {
            reader.faults.push(fault);
            Value::Null
        }
    }
}

fn deployment(reader: &mut Reader, node: &Node, manifest: &Node) -> Option<DeploymentSubject> {
    let mut paths = |key: &str| -> Vec<InnerPath> {
        let Some(given) = present(node, key) else {
            return Vec::new();
        };
        let items = given.list().unwrap_or(std::slice::from_ref(given));
        items
            .iter()
            .filter_map(|item| inner_path(reader, item, key))
            .collect()
    };
    let (ops, releases) = (paths("ops"), paths("releases"));
    let cloud_config = match present(node, "cloud_config") {
        None => None,
        Some(given) if given.map().is_some() => Some(CloudConfigOfTest::Inline(given.value())),
        Some(given) => inner_path(reader, given, "cloud_config").map(CloudConfigOfTest::File),
    };
    let vars = reader.entries(node, "vars").into_iter();
    let vars = vars.map(|pair| (pair.name.to_owned(), pair.value.clone()));
    Some(DeploymentSubject {
        ops,
        releases,
        vars: vars.collect(),
        cloud_config,
        instance: group_and_index(reader, present(node, "instance")),
        manifest: inner_path(reader, manifest, "manifest")?,
    })
}

fn group_and_index(reader: &mut Reader, given: Option<&Node>) -> Option<String> {
    let given = given?;
    let text = given.as_str().unwrap_or_default();
    let parts = text.split_once('/');
    let fits =
        parts.is_some_and(|(group, index)| !group.is_empty() && index.parse::<u64>().is_ok());
    if !fits {
        let message = format!(
            "`instance` of a whole deployment is GROUP/INDEX, such as web/0, not {}",
            kind(given)
        );
        reader.fault(&given.origin, message);
        return None;
    }
    Some(text.to_owned())
}
