//! What jobs consume.

use super::one_for_each_line;
use crate::deployment::plan::{PlannedGroup, PlannedJob};
use crate::deployment::properties::without_symbols;
use crate::deployment::read::Place;
use crate::deployment::{Content, Node};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::yaml::Value;

/// A link that a job consumes.
#[derive(Debug, Clone)]
pub struct LinkConsumer {
    /// Name of the instance group.
    pub group: String,
    /// Name of the job.
    pub job: String,
    /// Name of the addon that brings the job; `None` for one of the group itself.
    pub addon: Option<String>,
    /// Name in the job's spec, by which its templates find it.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Whether the job does without it.
    pub optional: bool,
    /// What the manifest says of it.
    pub wanted: Wanted,
    /// Where the manifest speaks of the link, or where the job stands.
    pub place: Place,
}

/// What a manifest says of a consumed link.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// Nothing: the only provider of the type.
    Implicit,
    /// `nil`: none at all.
    Blocked,
    /// The provider of a name.
    Explicit(Explicit),
    /// Data that stands for a provider.
    Manual {
        /// As given; nil without.
        instances: Value,
        /// As given; nil without.
        properties: Value,
        /// As given; nil without.
        address: Value,
    },
}

/// Which provider, and how its addresses are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explicit {
    /// Name of the provider: the last part of `from`, or the link's own name.
    pub from: String,
    /// The whole of `from`.
    pub written: String,
    /// Name of the deployment, when it is another.
    pub deployment: Option<String>,
    /// The network of the addresses.
    pub network: Option<String>,
    /// Whether addresses are IPs; `None` leaves it to the provider's deployment.
    pub ip_addresses: Option<bool>,
}

/// Links of a job.
pub(super) fn of_job(
    group: &PlannedGroup,
    job: &PlannedJob,
) -> Result<Vec<LinkConsumer>, Diagnostics> {
    let (mut consumers, mut faults) = (Vec::new(), Vec::new());
    for link in &job.job.spec.consumes {
        let said = job.using.consumes.as_ref();
        let said = said.and_then(|map| map.get(&link.name));
        let at = format!(
            "in job '{}' in instance group '{}'",
            job.job.name, group.name
        );
        let place = said.map_or_else(
            || job.using.place.clone(),
            |node| job.using.place.near(node),
        );
        match wanted(said, &link.name, &at, &place) {
            Ok(wanted) => consumers.push(LinkConsumer {
                group: group.name.clone(),
                job: job.job.name.clone(),
                addon: job.addon.clone(),
                name: link.name.clone(),
                kind: link.kind.clone(),
                optional: link.optional,
                wanted,
                place,
            }),
            Err(found) => faults.extend(found),
        }
    }
    one_for_each_line(faults)?;
    Ok(consumers)
}

fn wanted(
    said: Option<&Node>,
    name: &str,
    at: &str,
    place: &Place,
) -> Result<Wanted, Vec<Diagnostic>> {
    let Some(said) = said else {
        return Ok(Wanted::Implicit);
    };
    match &said.content {
        Content::Scalar(Value::String(text)) if text == "nil" => return Ok(Wanted::Blocked),
        Content::Map(_) => {}
        _ => {
            let message = format!(
                "Consumer '{name}' {at} specified in the manifest should only be a hash or string 'nil'"
            );
            return Err(vec![place.fault(message)]);
        }
    }
    let faults = contradictions(said, name, at);
    if !faults.is_empty() {
        return Err(faults.iter().map(|text| place.fault(text)).collect());
    }
    let has = |key: &str| said.get(key).is_some();
    let value = |node: &Node| without_symbols(&node.value());
    let data = |key: &str| said.get(key).map(value).unwrap_or_default();
    if has("instances") || has("properties") || has("address") {
        return Ok(Wanted::Manual {
            instances: data("instances"),
            properties: data("properties"),
            address: data("address"),
        });
    }
    let text = |key: &str| said.get(key).and_then(Node::as_str).map(str::to_owned);
    let from = text("from").unwrap_or_else(|| name.to_owned());
    Ok(Wanted::Explicit(Explicit {
        from: last_part(&from).to_owned(),
        written: from,
        deployment: text("deployment"),
        network: text("network"),
        ip_addresses: match data("ip_addresses") {
            Value::Bool(value) => Some(value),
            _ => None,
        },
    }))
}

/// `split('.')[-1]`: empty parts at the end do not count.
fn last_part(name: &str) -> &str {
    let name = name.trim_end_matches('.');
    name.rsplit('.').next().unwrap_or_default()
}

/// Keys that do not go together.
fn contradictions(said: &Node, name: &str, at: &str) -> Vec<String> {
    let has = |key: &str| said.get(key).is_some();
    let mut faults = Vec::new();
    for key in ["instances", "properties"] {
        if has(key) && has("from") {
            faults.push(format!(
                "Cannot specify both '{key}' and 'from' keys for link '{name}' {at}."
            ));
        }
    }
    if has("properties") && !has("instances") {
        faults.push(format!(
            "Cannot specify 'properties' without 'instances' for link '{name}' {at}."
        ));
    }
    let ip_addresses = said.get("ip_addresses").map(Node::value);
    if !matches!(ip_addresses, None | Some(Value::Bool(_))) {
        faults.push(format!(
            "Cannot specify non boolean values for 'ip_addresses' field for link '{name}' {at}."
        ));
    }
    if has("name") || has("type") {
        faults.push(format!(
            "Cannot specify 'name' or 'type' properties in the manifest for link '{name}' {at}. Please provide these keys in the release only."
        ));
    }
    faults
}
