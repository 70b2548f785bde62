//! What jobs provide.

use std::collections::BTreeSet;

use super::one_for_each_line;
use crate::deployment::plan::{PlannedDisks, PlannedGroup, PlannedJob};
use crate::deployment::properties::{Declared, receiver_name, without_symbols};
use crate::deployment::read::Place;
use crate::deployment::{DeploymentPlan, Node};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::yaml::Value;

/// A link that a job or a disk provides.
#[derive(Debug, Clone)]
pub struct LinkProvider {
    /// Name of the deployment.
    pub deployment: String,
    /// Name of the instance group.
    pub group: String,
    /// Name of the job; `None` for a persistent disk.
    pub job: Option<String>,
    /// Name of the addon that brings the job; `None` for one of the group itself.
    pub addon: Option<String>,
    /// Whether the manifest defines it, not the job's release.
    pub custom: bool,
    /// Name in the job's spec, or in the manifest's definition.
    pub original: String,
    /// Name by which it is found: `as`, or the original one.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Whether other deployments may consume it.
    pub shared: bool,
    /// Whether anybody may consume it.
    pub consumable: bool,
    /// Properties that consumers see.
    pub properties: Value,
}

/// The definition of a link and what the manifest makes of it.
struct Definition {
    name: String,
    custom: bool,
    kind: String,
    properties: Vec<String>,
}

impl LinkProvider {
    /// The name of its group in DNS.
    pub fn group_name(&self) -> String {
        format!("{}-{}", self.name, self.kind)
    }
}

/// Links of a job.
pub(super) fn of_job(
    plan: &DeploymentPlan,
    group: &PlannedGroup,
    job: &PlannedJob,
) -> Result<Vec<LinkProvider>, Diagnostics> {
    let definitions = definitions(group, job)?;
    let mut providers = Vec::with_capacity(definitions.len());
    let mut faults = Vec::new();
    for definition in definitions {
        match provider(plan, group, job, definition) {
            Ok(provider) => providers.push(provider),
            Err(more) => faults.extend(more),
        }
    }
    one_for_each_line(faults)?;
    // A Director numbers them by name.
    providers.sort_by(|a: &LinkProvider, b| a.original.cmp(&b.original));
    Ok(providers)
}

/// Links that the manifest adds, then those of the release.
fn definitions(group: &PlannedGroup, job: &PlannedJob) -> Result<Vec<Definition>, Diagnostics> {
    let of_release = job.job.spec.provides.iter().map(|link| Definition {
        name: link.name.clone(),
        custom: false,
        kind: link.kind.clone(),
        properties: link.properties.clone(),
    });
    let mut definitions = custom(group, job)?;
    definitions.extend(of_release);
    Ok(definitions)
}

fn custom(group: &PlannedGroup, job: &PlannedJob) -> Result<Vec<Definition>, Diagnostics> {
    let nodes = job.using.custom_providers.as_ref().and_then(Node::list);
    let nodes = nodes.unwrap_or_default();
    let at = format!(
        "in job '{}' in instance group '{}'",
        job.job.name, group.name
    );
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for node in nodes {
        let place = job.using.place.near(node);
        let text = |key: &str| node.get(key).and_then(Node::as_str).unwrap_or_default();
        let (name, kind) = (text("name"), text("type"));
        for (what, given) in [("Name", name), ("Type", kind)] {
            if given.is_empty() {
                faults.push(place.fault(format!(
                    "{what} for custom link provider definition in manifest {at} must be a valid non-empty string."
                )));
            }
        }
        if job.job.spec.provides.iter().any(|link| link.name == name) {
            let release = &job.release.name;
            faults.push(place.fault(format!(
                "Custom provider '{name}' {at} is already defined in release '{release}'"
            )));
        }
        let listed = node.get("properties").and_then(Node::list);
        let listed = listed.unwrap_or_default().iter();
        found.push(Definition {
            name: name.to_owned(),
            custom: true,
            kind: kind.to_owned(),
            properties: listed
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
        });
    }
    faults.extend(repeated(&found, &at, &job.using.place));
    one_for_each_line(faults)?;
    Ok(found)
}

fn repeated(found: &[Definition], at: &str, place: &Place) -> Vec<Diagnostic> {
    let (mut seen, mut twice) = (BTreeSet::new(), Vec::new());
    for definition in found {
        let name = definition.name.as_str();
        if !seen.insert(name) && !twice.contains(&name) {
            twice.push(name);
        }
    }
    let message = |name: &str| {
        place.fault(format!(
            "Custom provider '{name}' {at} is defined multiple times in manifest."
        ))
    };
    twice.into_iter().map(message).collect()
}

fn provider(
    plan: &DeploymentPlan,
    group: &PlannedGroup,
    job: &PlannedJob,
    definition: Definition,
) -> Result<LinkProvider, Vec<Diagnostic>> {
    let said = job.using.provides.as_ref();
    let said = said.and_then(|map| map.get(&definition.name));
    check(said, group, job, &definition.name).map_err(|fault| vec![fault])?;
    let text = |key: &str| said.and_then(|map| map.get(key)).and_then(Node::as_str);
    let shared = said.and_then(|map| map.get("shared")).map(Node::value);
    Ok(LinkProvider {
        deployment: plan.name.clone(),
        group: group.name.clone(),
        job: Some(job.job.name.clone()),
        addon: job.addon.clone(),
        custom: definition.custom,
        name: text("as").unwrap_or(&definition.name).to_owned(),
        shared: shared == Some(Value::Bool(true)),
        consumable: said.and_then(Node::as_str) != Some("nil"),
        properties: provided(job, &definition.properties)?,
        original: definition.name,
        kind: definition.kind,
    })
}

/// Whether what the manifest says of a provided link is a map without name and type, or `nil`.
fn check(
    said: Option<&Node>,
    group: &PlannedGroup,
    job: &PlannedJob,
    name: &str,
) -> Result<(), Diagnostic> {
    let at = format!(
        "in job '{}' in instance group '{}'",
        job.job.name, group.name
    );
    let Some(said) = said else { return Ok(()) };
    let fault = |message: String| Err(job.using.place.near(said).fault(message));
    if said.as_str() == Some("nil") {
        return Ok(());
    }
    if said.map().is_none() {
        return fault(format!(
            "Provider '{name}' {at} specified in the manifest should only be a hash or string 'nil'"
        ));
    }
    if said.get("name").is_some() || said.get("type").is_some() {
        return fault(format!(
            "Cannot specify 'name' or 'type' properties in the manifest for link '{name}' {at}. Please provide these keys in the release only."
        ));
    }
    Ok(())
}

/// The listed properties: as given, nil too, or their defaults.
fn provided(job: &PlannedJob, names: &[String]) -> Result<Value, Vec<Diagnostic>> {
    let place = &job.using.place;
    let mut out = Value::Mapping(Vec::new());
    let mut faults = Vec::new();
    for name in names {
        let given = given(&job.given, name).map_err(|message| vec![place.fault(message)])?;
        let value = match (given, job.job.spec.property(name)) {
            (Some(value), _) => without_symbols(value),
            (None, Some(declared)) => default(declared),
            (None, None) => {
                let job = &job.job.name;
                faults.push(place.fault(format!(
                    "Link property {name} in template {job} is not defined in release spec"
                )));
                continue;
            }
        };
        let keys: Vec<&str> = name.split('.').collect();
        set(&mut out, &keys, value);
    }
    if faults.is_empty() {
        Ok(out)
    } else {
        Err(faults)
    }
}

fn default(declared: &Declared) -> Value {
    let default = declared.definition.get("default");
    default.cloned().unwrap_or_default()
}

/// The value of a path; `None` where no key is there.
fn given<'v>(given: &'v Value, name: &str) -> Result<Option<&'v Value>, String> {
    let mut at = given;
    for key in name.split('.') {
        match at {
            Value::Null | Value::Bool(false) => return Ok(None),
            Value::Mapping(_) => {}
            other => {
                return Err(format!(
                    "undefined method 'key?' for {}",
                    receiver_name(other)
                ));
            }
        }
        match at.get(key) {
            None => return Ok(None),
            Some(value) => at = value,
        }
    }
    Ok(Some(at))
}

/// Sets a value at a path of maps; what is no map on the way is replaced.
fn set(out: &mut Value, keys: &[&str], value: Value) {
    let Some((first, rest)) = keys.split_first() else {
        *out = value;
        return;
    };
    if !matches!(out, Value::Mapping(_)) {
        *out = Value::Mapping(Vec::new());
    }
    let Value::Mapping(entries) = out else { return };
    let found = entries
        .iter()
        .position(|(key, _)| key.as_str() == Some(first));
    let at = found.unwrap_or_else(|| {
        entries.push((Value::from(*first), Value::Null));
        entries.len() - 1
    });
    if let Some((_, inner)) = entries.get_mut(at) {
        set(inner, rest, value);
    }
}

/// Links to the named disks of a group.
pub(super) fn disks(plan: &DeploymentPlan, group: &PlannedGroup) -> Vec<LinkProvider> {
    let names = match &group.disks {
        PlannedDisks::Named(names) => names.as_slice(),
        PlannedDisks::Size(_) => &[],
    };
    let disk = |name: &String| LinkProvider {
        deployment: plan.name.clone(),
        group: group.name.clone(),
        job: None,
        addon: None,
        custom: false,
        original: name.clone(),
        name: name.clone(),
        kind: "disk".to_owned(),
        shared: false,
        consumable: true,
        properties: Value::map([("name", name.as_str())]),
    };
    names.iter().map(disk).collect()
}
