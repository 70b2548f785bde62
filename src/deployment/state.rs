//! What a Director remembers of its deployments: ids, numbers, and where instances are.
//!
//! All of it may be absent, as for a deployment that was never deployed; then plans make up what they need, the same from
//! run to run.

use std::collections::BTreeMap;

use super::plan::{DeploymentPlan, Instance, PlannedGroup};
use crate::dns::{Group, Numbering};
use crate::yaml::Value;

/// The memory of a Director.
#[derive(Debug, Clone, Default)]
pub struct RecordedState {
    /// Numbers of availability zones, networks and groups.
    pub numbering: Numbering,
    /// Instances by deployment.
    pub deployments: BTreeMap<String, RecordedInstances>,
}

/// The instances of a deployment, by instance group and index.
pub type RecordedInstances = BTreeMap<(String, u64), RecordedInstance>;

/// What is remembered of an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordedInstance {
    /// Its uuid.
    pub id: Option<String>,
    /// Its number in short DNS names.
    pub number: Option<String>,
    /// Its availability zone; `Some(None)` for one without.
    pub az: Option<Option<String>>,
    /// Whether it is the bootstrap instance.
    pub bootstrap: Option<bool>,
    /// Addresses by network.
    pub ips: BTreeMap<String, String>,
}

impl RecordedState {
    /// Reads `azs` and `networks` (name to number) and `deployments` (name to `groups`, a list of `type`, `name` and `id`,
    /// and `instances`, `group/index` to `id`, `number`, `az`, `bootstrap`, `ips`).
    ///
    /// # Errors
    /// A text that says what has another shape.
    pub fn read(data: &Value) -> Result<Self, String> {
        let mut numbering = Numbering::read(data).map_err(|error| error.to_string())?;
        numbering.groups.clear();
        numbering.instances.clear();
        let mut deployments = BTreeMap::new();
        for (name, deployment) in entries(data, "deployments")? {
            read_groups(&mut numbering, name, deployment)?;
            let instances = read_instances(deployment)?;
            for instance in instances.values() {
                if let (Some(id), Some(number)) = (&instance.id, &instance.number) {
                    numbering.instances.insert(id.clone(), number.clone());
                }
            }
            deployments.insert(name.to_owned(), instances);
        }
        Ok(Self {
            numbering,
            deployments,
        })
    }

    /// What is remembered once `plan` is deployed with these numbers; under the name of a deployment that follows it.
    #[must_use]
    pub fn after(&self, plan: &DeploymentPlan, numbering: &Numbering, next: &str) -> Self {
        let mut state = self.clone();
        state.numbering = numbering.clone();
        let groups = plan.groups.iter();
        let instances = groups.flat_map(|group| {
            let remembered = |instance: &Instance| {
                let key = (group.name.clone(), instance.index);
                (key, RecordedInstance::of(group, instance))
            };
            group.instances.iter().map(remembered)
        });
        state.deployments.remove(&plan.name);
        state
            .deployments
            .insert(next.to_owned(), instances.collect());
        state
    }

    /// What is remembered of an instance.
    pub fn instance(&self, deployment: &str, group: &str, index: u64) -> Option<&RecordedInstance> {
        let instances = self.deployments.get(deployment)?;
        instances.get(&(group.to_owned(), index))
    }

    /// The instances of a group, by index.
    pub fn instances<'s>(
        &'s self,
        deployment: &str,
        group: &'s str,
    ) -> impl Iterator<Item = (u64, &'s RecordedInstance)> {
        let instances = self.deployments.get(deployment);
        let instances = instances.into_iter().flatten();
        instances
            .filter(move |((name, _), _)| name == group)
            .map(|((_, index), instance)| (*index, instance))
    }
}

impl RecordedInstance {
    fn of(group: &PlannedGroup, instance: &Instance) -> Self {
        let places = group.networks.iter().zip(&instance.addresses);
        let ips = places.filter_map(|(network, place)| {
            let address = place.address?;
            Some((network.network.name.clone(), address.to_string()))
        });
        Self {
            id: Some(instance.id.clone()),
            number: None,
            az: Some(instance.az.clone()),
            bootstrap: Some(instance.bootstrap),
            ips: ips.collect(),
        }
    }
}

fn read_groups(numbering: &mut Numbering, name: &str, deployment: &Value) -> Result<(), String> {
    let groups = match deployment.get("groups") {
        None | Some(Value::Null) => return Ok(()),
        Some(groups) => groups,
    };
    let Value::Sequence(groups) = groups else {
        return Err(format!("`groups` of deployment '{name}' is no list"));
    };
    let with_deployment = |group: &Value| match group {
        Value::Mapping(entries) => {
            let mut entries = entries.clone();
            entries.push((Value::from("deployment"), Value::from(name)));
            Value::Mapping(entries)
        }
        other => other.clone(),
    };
    let listed = Value::Sequence(groups.iter().map(with_deployment).collect());
    let read = Numbering::read(&Value::map([("groups", listed)]));
    let groups: BTreeMap<Group, String> = read.map_err(|error| error.to_string())?.groups;
    numbering.groups.extend(groups);
    Ok(())
}

fn read_instances(deployment: &Value) -> Result<RecordedInstances, String> {
    let mut instances = BTreeMap::new();
    for (name, data) in entries(deployment, "instances")? {
        let place = name.rsplit_once('/');
        let place = place.and_then(|(group, index)| Some((group, index.parse().ok()?)));
        let Some((group, index)) = place else {
            return Err(format!("'{name}' is no instance: it has to be GROUP/INDEX"));
        };
        instances.insert((group.to_owned(), index), read_instance(data)?);
    }
    Ok(instances)
}

fn read_instance(data: &Value) -> Result<RecordedInstance, String> {
    let text = |key: &str| data.get(key).and_then(plain);
    let mut ips = BTreeMap::new();
    for (network, address) in entries(data, "ips")? {
        let address = address.as_str().ok_or("an address is no text")?;
        ips.insert(network.to_owned(), address.to_owned());
    }
    Ok(RecordedInstance {
        id: text("id"),
        number: text("number"),
        az: data.get("az").map(|az| az.as_str().map(ToOwned::to_owned)),
        bootstrap: match data.get("bootstrap") {
            Some(Value::Bool(value)) => Some(*value),
            _ => None,
        },
        ips,
    })
}

fn entries<'v>(data: &'v Value, key: &str) -> Result<Vec<(&'v str, &'v Value)>, String> {
    let found = match data.get(key) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Mapping(found)) => found,
        Some(_) => return Err(format!("`{key}` is no map")),
    };
    let entry = |(name, value): &'v (Value, Value)| Some((name.as_str()?, value));
    let found: Option<Vec<_>> = found.iter().map(entry).collect();
    found.ok_or_else(|| format!("`{key}` has a key that is no text"))
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}
