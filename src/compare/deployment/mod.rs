//! Two plans of a deployment, instance by instance.
//!
//! Instances are the same when they have the same id: the new side is planned as a redeploy of the old one. What is compared of
//! an instance: where it is and on what it runs, its jobs with properties, links and rendered files, its packages.

mod alike;
mod links;
mod packages;
mod pairing;
mod placement;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use alike::Alike;
pub(super) use packages::package_change;
use pairing::Pairing;

use super::files::{InstanceFile, InstanceFiles, Pair};
use super::mask::Masker;
use super::values::{ValueChange, changes};
use super::{
    Comparison, Fate, FileChange, FileContent, InstanceChange, JobChange, Kind, ReleaseChange,
};
use crate::deployment::plan::{Instance, PlannedGroup, PlannedJob};
use crate::deployment::release_job::Release;
use crate::deployment::{CloudConfig, DeploymentManifest, DeploymentPlan};
use crate::links::Links;
use crate::yaml::Value;

/// A deployment, planned, linked, and rendered as far as that was possible.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// What it is called.
    pub label: &'a str,
    /// Its manifest.
    pub manifest: &'a DeploymentManifest,
    /// What the infrastructure is.
    pub cloud: &'a CloudConfig,
    /// Releases at hand.
    pub releases: &'a [Release],
    /// Its plan.
    pub plan: &'a DeploymentPlan,
    /// Its links.
    pub links: &'a Links,
    /// Rendered files; instances that are not here could not be rendered.
    pub files: &'a [InstanceFiles],
}

/// An instance of a side.
#[derive(Clone, Copy)]
struct One<'a> {
    side: Side<'a>,
    group: &'a PlannedGroup,
    instance: &'a Instance,
    files: Option<&'a [InstanceFile]>,
}

/// Compares two sides.
pub fn compare(old: Side<'_>, new: Side<'_>, masker: &Masker) -> Comparison {
    let (before, after) = (instances(old), instances(new));
    let by_id: HashMap<&str, One<'_>> = before
        .iter()
        .map(|one| (one.instance.id.as_str(), *one))
        .collect();
    let mut changes = Alike::default();
    let mut unchanged = 0;
    for one in &after {
        match by_id.get(one.instance.id.as_str()) {
            None => changes.add(whole(*one, Fate::New), &one.group.name, Vec::new()),
            Some(earlier) => match Pairing::of(*earlier, *one, masker).change() {
                Some((change, lines)) => changes.add(change, &one.group.name, lines),
                None => unchanged += 1,
            },
        }
    }
    let kept: BTreeSet<&str> = after.iter().map(|one| one.instance.id.as_str()).collect();
    for one in before
        .iter()
        .filter(|one| !kept.contains(one.instance.id.as_str()))
    {
        changes.add(whole(*one, Fate::Deleted), &one.group.name, Vec::new());
    }
    let mut instances = changes.finish(masker);
    instances.sort_by_key(|change| change.fate == Fate::Deleted);
    Comparison {
        old: old.label.to_owned(),
        new: new.label.to_owned(),
        of_deployments: true,
        deployment: as_a_whole(old, new, masker),
        releases: releases(old, new),
        instances,
        unchanged,
        errors: Vec::new(),
        absent_releases: absent(old, new),
        notes: notes(old, new),
    }
}

fn instances(side: Side<'_>) -> Vec<One<'_>> {
    let files: HashMap<(&str, u64), &[InstanceFile]> = side
        .files
        .iter()
        .map(|found| ((found.group.as_str(), found.index), found.files.as_slice()))
        .collect();
    let mut all = Vec::new();
    for group in &side.plan.groups {
        let mut instances: Vec<&Instance> = group.instances.iter().collect();
        instances.sort_by_key(|instance| instance.index);
        all.extend(instances.into_iter().map(|instance| One {
            side,
            group,
            instance,
            files: files.get(&(group.name.as_str(), instance.index)).copied(),
        }));
    }
    all
}

fn name(one: One<'_>) -> String {
    format!("{}/{}", one.group.name, one.instance.index)
}

/// An instance that comes or goes.
fn whole(one: One<'_>, fate: Fate) -> InstanceChange {
    let kind = if fate == Fate::New {
        Kind::Added
    } else {
        Kind::Removed
    };
    let place = place(one);
    let (old, new) = match kind {
        Kind::Removed => (Some(place), None),
        _ => (None, Some(place)),
    };
    let jobs = one.group.jobs.iter().map(|job| {
        let release = (String::new(), release_name(job));
        let files = one.files.unwrap_or_default().iter();
        let files = files.filter(|file| job_of(&file.path) == job.job.name);
        JobChange {
            name: job.job.name.clone(),
            kind,
            release: Some(release),
            fingerprint: None,
            properties: Vec::new(),
            links: Vec::new(),
            files: files.map(|file| listed(file, kind)).collect(),
        }
    });
    InstanceChange {
        names: vec![name(one)],
        fate,
        reasons: Vec::new(),
        placement: vec![ValueChange {
            path: name(one),
            old,
            new,
            secret_changed: false,
        }],
        jobs: jobs.collect(),
        packages: Vec::new(),
        rendered: one.files.is_some(),
    }
}

fn listed(file: &InstanceFile, kind: Kind) -> FileChange {
    FileChange {
        path: file.path.clone(),
        kind,
        modes: None,
        content: FileContent::Text(Vec::new()),
    }
}

/// Zone and addresses.
fn place(one: One<'_>) -> String {
    let mut parts: Vec<String> = one.instance.az.iter().cloned().collect();
    for (network, place) in one.group.networks.iter().zip(&one.instance.addresses) {
        let name = &network.network.name;
        parts.push(match place.address {
            Some(address) => format!("{address} ({name})"),
            None => name.clone(),
        });
    }
    parts.join(", ")
}

fn release_name(job: &PlannedJob) -> String {
    format!("{} {}", job.release.name, job.release.version)
}

/// What a change needs to be compared line by line: job, and pair of files.
type Files<'a> = Vec<(&'a str, Pair<'a>)>;

fn job_of(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

/// A text in a map.
fn text<'v>(value: Option<&'v Value>, key: &str) -> Option<&'v str> {
    value
        .and_then(|value| value.get(key))
        .and_then(Value::as_str)
}

/// What differs outside of instance groups, and how groups are updated.
fn as_a_whole(old: Side<'_>, new: Side<'_>, masker: &Masker) -> Vec<ValueChange> {
    let whole = |side: Side<'_>| {
        let get = |key: &str| side.manifest.whole.get(key).cloned();
        let keys = ["name", "features", "update", "tags"].into_iter();
        let mut entries: Vec<(String, Value)> = keys
            .filter_map(|key| Some((key.to_owned(), get(key)?)))
            .collect();
        if let Some(Value::Sequence(groups)) = side.manifest.whole.get("instance_groups") {
            let update = |group: &Value| {
                let name = text(Some(group), "name")?;
                Some((format!("update of {name}"), group.get("update")?.clone()))
            };
            entries.extend(groups.iter().filter_map(update));
        }
        Value::map(entries)
    };
    changes("", Some(&whole(old)), Some(&whole(new)), masker)
}

/// Releases with other versions.
fn releases(old: Side<'_>, new: Side<'_>) -> Vec<ReleaseChange> {
    let versions = |side: Side<'_>| {
        let named = side.manifest.releases.iter();
        let mut versions: BTreeMap<String, String> = named
            .map(|release| (release.name.clone(), release.version.clone()))
            .collect();
        for job in side.plan.groups.iter().flat_map(|group| &group.jobs) {
            versions.insert(job.release.name.clone(), job.release.version.clone());
        }
        versions
    };
    let (old, new) = (versions(old), versions(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed = names
        .into_iter()
        .filter(|name| old.get(*name) != new.get(*name));
    changed
        .map(|name| ReleaseChange {
            name: name.clone(),
            old: old.get(name).cloned(),
            new: new.get(name).cloned(),
            ..ReleaseChange::default()
        })
        .collect()
}

fn notes(old: Side<'_>, new: Side<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if old.plan.name != new.plan.name {
        notes.push(format!(
            "The deployment is called '{}' and then '{}': a Director takes these for two; here instances are compared as if \
             it were one",
            old.plan.name, new.plan.name
        ));
    }
    notes
}

fn absent(old: Side<'_>, new: Side<'_>) -> Vec<String> {
    let absent = old.plan.absent_releases.union(&new.plan.absent_releases);
    absent.cloned().collect()
}
