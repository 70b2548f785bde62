//! The numbers in short DNS names: those a Director remembers; made-up ones for what it never saw.
//!
//! Made-up numbers follow the highest that is remembered, in the order of cloud-config, groups, jobs and names, so they stay
//! from run to run.

use std::collections::BTreeMap;

use super::LinkIntents;
use super::consumer::Wanted;
use crate::deployment::{CloudConfig, DeploymentPlan};
use crate::dns::{Group, GroupKind, Numbering};

/// Numbers for all deployments.
pub fn numbering(
    remembered: &Numbering,
    cloud: &CloudConfig,
    deployments: &[(&DeploymentPlan, &LinkIntents)],
) -> Numbering {
    let mut numbers = remembered.clone();
    complete(&mut numbers.azs, cloud.azs.iter().cloned());
    let networks = cloud.networks.iter().map(|network| network.name.clone());
    complete(&mut numbers.networks, networks);
    for (plan, intents) in deployments {
        complete(&mut numbers.groups, groups(plan, intents));
        let groups = plan.groups.iter();
        let mut instances: Vec<_> = groups.flat_map(|group| &group.instances).collect();
        instances.sort_by_key(|instance| instance.index);
        let ids = instances.into_iter().map(|instance| instance.id.clone());
        complete(&mut numbers.instances, ids);
    }
    numbers
}

fn groups(plan: &DeploymentPlan, intents: &LinkIntents) -> Vec<Group> {
    let group = |kind, name: &str| Group {
        kind,
        name: name.to_owned(),
        deployment: plan.name.clone(),
    };
    let own = plan.groups.iter();
    let mut groups: Vec<Group> = own
        .map(|planned| group(GroupKind::InstanceGroup, &planned.name))
        .collect();
    for provider in intents.providers.iter().filter(|found| found.job.is_some()) {
        groups.push(group(GroupKind::Link, &provider.group_name()));
    }
    for consumer in &intents.consumers {
        if matches!(consumer.wanted, Wanted::Manual { .. }) {
            let name = format!("{}-{}", consumer.name, consumer.kind);
            groups.push(group(GroupKind::Link, &name));
        }
    }
    groups
}

fn complete<K: Ord>(numbers: &mut BTreeMap<K, String>, names: impl IntoIterator<Item = K>) {
    let known = numbers.values().filter_map(|number| number.parse().ok());
    let mut next: u64 = known.max().unwrap_or(0);
    for name in names {
        numbers.entry(name).or_insert_with(|| {
            next = next.saturating_add(1);
            next.to_string()
        });
    }
}
