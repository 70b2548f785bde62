//! Two plans of a deployment, instance by instance.
//!
//! Instances are the same when they have the same id: the new side is planned as a redeploy of the old one. What is compared of
//! an instance: where it is and on what it runs, its jobs with properties, links and rendered files, its packages.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::files::{InstanceFile, InstanceFiles, Pair, pairs};
use super::mask::Masker;
use super::values::{ValueChange, changes};
use super::{
    Comparison, Fate, FileChange, FileContent, InstanceChange, JobChange, Kind, LinkChange,
    PackageChange, ReleaseChange,
};
use crate::deployment::cloud_config::NetworkKind;
use crate::deployment::manifest::Lifecycle;
use crate::deployment::plan::{Instance, PlannedDisks, PlannedGroup, PlannedJob};
use crate::deployment::release_job::{Release, ReleasePackage};
use crate::deployment::{CloudConfig, DeploymentManifest, DeploymentPlan};
use crate::links::{Link, Links};
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

/// What is equal for instances that change alike.
#[derive(PartialEq, Eq, Hash)]
struct Likeness {
    group: String,
    change: InstanceChange,
    lines: Vec<(String, Vec<String>)>,
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

/// Changes, those that are alike together.
#[derive(Default)]
struct Alike<'a> {
    places: HashMap<Likeness, usize>,
    found: Vec<Draft<'a>>,
}

/// A change of which files are not yet compared line by line.
struct Draft<'a> {
    change: InstanceChange,
    files: Files<'a>,
}

impl<'a> Alike<'a> {
    fn add(&mut self, mut change: InstanceChange, group: &str, files: Files<'a>) {
        let names = std::mem::take(&mut change.names);
        let comes_or_goes = matches!(change.fate, Fate::New | Fate::Deleted);
        // Where each of them is differs, and says nothing about the others.
        let placement = if comes_or_goes {
            std::mem::take(&mut change.placement)
        } else {
            Vec::new()
        };
        let lines = files.iter().map(|(job, pair)| {
            let path = format!(
                "{job} {} {:?}",
                pair.path,
                pair.new.map(|file| file.executable)
            );
            (path, pair.likeness())
        });
        let likeness = Likeness {
            group: group.to_owned(),
            change,
            lines: lines.collect(),
        };
        if let Some(draft) = self
            .places
            .get(&likeness)
            .and_then(|at| self.found.get_mut(*at))
        {
            draft.change.names.extend(names);
            draft.change.placement.extend(placement);
            return;
        }
        let mut change = likeness.change.clone();
        change.names = names;
        if comes_or_goes {
            change.placement = placement;
        }
        self.places.insert(likeness, self.found.len());
        self.found.push(Draft { change, files });
    }

    /// Compares lines of the first of each.
    fn finish(self, masker: &Masker) -> Vec<InstanceChange> {
        let drafts = self.found.into_iter();
        drafts
            .map(|Draft { mut change, files }| {
                for (name, pair) in files {
                    let job = change.jobs.iter_mut().find(|job| job.name == name);
                    if let Some(job) = job {
                        job.files.extend(pair.change(masker));
                    }
                }
                change
            })
            .collect()
    }
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

fn job_of(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

/// An instance on both sides.
struct Pairing<'a, 'm> {
    old: One<'a>,
    new: One<'a>,
    masker: &'m Masker,
}

/// What a change needs to be compared line by line: job, and pair of files.
type Files<'a> = Vec<(&'a str, Pair<'a>)>;

impl<'a, 'm> Pairing<'a, 'm> {
    fn of(old: One<'a>, new: One<'a>, masker: &'m Masker) -> Self {
        Self { old, new, masker }
    }

    fn change(&self) -> Option<(InstanceChange, Files<'a>)> {
        let placement = self.placement();
        let files = self.files();
        let jobs = self.jobs(&files);
        let packages = packages(self.old, self.new);
        let rendered = self.old.files.is_some() && self.new.files.is_some();
        if rendered && placement.is_empty() && jobs.is_empty() && packages.is_empty() {
            return None;
        }
        let (fate, reasons) = self.fate(&placement, &jobs, &packages, &files);
        let change = InstanceChange {
            names: vec![name(self.new)],
            fate,
            reasons,
            placement,
            jobs,
            packages,
            rendered,
        };
        Some((change, files))
    }

    fn placement(&self) -> Vec<ValueChange> {
        let (old, new) = (placement(self.old), placement(self.new));
        changes("", Some(&old), Some(&new), self.masker)
    }

    fn files(&self) -> Files<'a> {
        let (Some(old), Some(new)) = (self.old.files, self.new.files) else {
            return Vec::new();
        };
        let pairs = pairs(old, new).into_iter();
        pairs.map(|pair| (job_of(pair.path), pair)).collect()
    }

    fn jobs(&self, files: &Files<'a>) -> Vec<JobChange> {
        let find = |one: One<'a>, name: &str| {
            let mut jobs = one.group.jobs.iter();
            jobs.find(|job| job.job.name == name)
        };
        let old = self.old.group.jobs.iter();
        let gone = old.filter(|job| find(self.new, &job.job.name).is_none());
        let all = self.new.group.jobs.iter().chain(gone);
        let changed = all.filter_map(|job| {
            let name = &job.job.name;
            let (old, new) = (find(self.old, name), find(self.new, name));
            let change = self.job(name, old, new)?;
            let differs = change.kind != Kind::Changed
                || change.release.is_some()
                || change.fingerprint.is_some()
                || !change.properties.is_empty()
                || !change.links.is_empty()
                || files.iter().any(|(of, _)| of == name);
            differs.then_some(change)
        });
        changed.collect()
    }

    fn job(
        &self,
        name: &str,
        old: Option<&PlannedJob>,
        new: Option<&PlannedJob>,
    ) -> Option<JobChange> {
        let kind = Kind::of(old, new)?;
        let pair = |of: &dyn Fn(&PlannedJob) -> String| {
            let (old, new) = (old.map(of), new.map(of));
            (old != new).then(|| (old.unwrap_or_default(), new.unwrap_or_default()))
        };
        let properties = match (old, new) {
            (Some(old), Some(new)) => changes(
                "",
                Some(&old.properties),
                Some(&new.properties),
                self.masker,
            ),
            _ => Vec::new(),
        };
        Some(JobChange {
            name: name.to_owned(),
            kind,
            release: pair(&release_name),
            fingerprint: pair(&|job| job.job.fingerprint.clone()),
            properties,
            links: self.links(name),
            files: Vec::new(),
        })
    }

    fn links(&self, job: &str) -> Vec<LinkChange> {
        let old = self.old.side.links.consumed(&self.old.group.name, job);
        let new = self.new.side.links.consumed(&self.new.group.name, job);
        let mut names: Vec<&str> = new.iter().map(|link| link.name.as_str()).collect();
        names.extend(old.iter().map(|link| link.name.as_str()));
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        let find = |links: &'a [Link], name: &str| {
            let mut links = links.iter();
            links.find(|link| link.name == name)
        };
        let changed = names.into_iter().filter_map(|name| {
            let (old, new) = (find(old, name), find(new, name));
            let (a, b) = (
                old.map(|link| seen_of(&link.data)),
                new.map(|link| seen_of(&link.data)),
            );
            if a == b {
                return None;
            }
            let values = match (&a, &b) {
                (Some(a), Some(b)) => changes("", Some(a), Some(b), self.masker),
                _ => Vec::new(),
            };
            let provider = |one: One<'_>, link: &Link| {
                let provider = provider(&link.data, &one.side.plan.name);
                self.masker.mask(&provider)
            };
            Some(LinkChange {
                name: name.to_owned(),
                kind: Kind::of(old, new)?,
                old: old.map(|link| provider(self.old, link)),
                new: new.map(|link| provider(self.new, link)),
                values,
            })
        });
        changed.collect()
    }

    /// What a Director does, and why.
    fn fate(
        &self,
        placement: &[ValueChange],
        jobs: &[JobChange],
        packages: &[PackageChange],
        files: &Files<'_>,
    ) -> (Fate, Vec<String>) {
        let mut reasons = Vec::new();
        for (key, reason) in RECREATED {
            if placement.iter().any(|change| is_at(&change.path, key)) {
                reasons.push((*reason).to_owned());
            }
        }
        let recreated = !reasons.is_empty();
        for job in jobs {
            if job.kind != Kind::Changed {
                reasons.push(format!("job {} {}", job.name, job.kind.word()));
            } else if job.fingerprint.is_some() {
                reasons.push(format!("job {} changed", job.name));
            }
        }
        if !files.is_empty() {
            reasons.push("rendered files".to_owned());
        }
        if !packages.is_empty() {
            reasons.push("packages".to_owned());
        }
        if placement.iter().any(|change| is_at(&change.path, DISK)) {
            reasons.push("persistent disk".to_owned());
        }
        let errand = |one: One<'_>| one.group.lifecycle == Lifecycle::Errand;
        let rendered = self.old.files.is_some() && self.new.files.is_some();
        let fate = if reasons.is_empty() && !rendered {
            Fate::Unknown
        } else if reasons.is_empty() {
            Fate::Untouched
        } else if errand(self.old) && errand(self.new) {
            Fate::NextRun
        } else if recreated {
            Fate::Recreated
        } else {
            Fate::Restarted
        };
        (fate, reasons)
    }
}

/// What makes a VM anew, and how it is told.
const RECREATED: &[(&str, &str)] = &[
    ("az", "availability zone"),
    ("stemcell", "stemcell"),
    ("vm", "VM type"),
    ("env", "environment of the VM"),
    ("networks", "network"),
    ("lifecycle", "lifecycle"),
];
/// What is applied to the VM that is there.
const DISK: &str = "persistent_disk";

fn is_at(path: &str, key: &str) -> bool {
    let rest = path.strip_prefix(key);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Where an instance is and on what it runs.
fn placement(one: One<'_>) -> Value {
    let written = named(
        one.side.manifest.whole.get("instance_groups"),
        &one.group.name,
    );
    let cloud = &one.side.cloud.whole;
    let mut entries: Vec<(&str, Value)> = Vec::new();
    let mut put = |key: &'static str, value: Value| {
        if value != Value::Null {
            entries.push((key, value));
        }
    };
    let az = one.instance.az.as_deref();
    put("az", Value::from(az));
    put("bootstrap", Value::from(one.instance.bootstrap));
    put(
        "lifecycle",
        Value::from(match one.group.lifecycle {
            Lifecycle::Service => "service",
            Lifecycle::Errand => "errand",
        }),
    );
    put("vm", vm(written, cloud, az));
    let stemcell = written.and_then(|group| group.get("stemcell"));
    put("stemcell", stemcell_of(stemcell, &one.side.manifest.whole));
    let env = written.and_then(|group| group.get("env"));
    put("env", env.cloned().unwrap_or_default());
    put("networks", networks(one));
    put(DISK, disk(one, written, cloud));
    Value::map(entries)
}

fn text<'v>(value: Option<&'v Value>, key: &str) -> Option<&'v str> {
    value
        .and_then(|value| value.get(key))
        .and_then(Value::as_str)
}

/// The item of a list that has this name.
fn named<'v>(list: Option<&'v Value>, name: &str) -> Option<&'v Value> {
    let Some(Value::Sequence(items)) = list else {
        return None;
    };
    let mut items = items.iter();
    items.find(|item| text(Some(item), "name") == Some(name))
}

/// The type of the VM with what the infrastructure is told of it, and of the zone.
fn vm(written: Option<&Value>, cloud: &Value, az: Option<&str>) -> Value {
    let mut entries = Vec::new();
    let get = |key: &str| written.and_then(|group| group.get(key));
    let told = |list: &str, name: &str| {
        let found = named(cloud.get(list), name);
        let told = found.and_then(|found| found.get("cloud_properties"));
        told.cloned().unwrap_or_default()
    };
    if let Some(kind) = get("vm_type") {
        entries.push(("vm_type", kind.clone()));
        let name = kind.as_str().unwrap_or_default();
        entries.push(("cloud_properties", told("vm_types", name)));
    }
    if let Some(resources) = get("vm_resources") {
        entries.push(("vm_resources", resources.clone()));
    }
    if let Some(Value::Sequence(extensions)) = get("vm_extensions") {
        let names = extensions.iter().filter_map(Value::as_str);
        let extensions = names.map(|name| (name, told("vm_extensions", name)));
        entries.push(("vm_extensions", Value::map(extensions)));
    }
    if let Some(az) = az {
        entries.push(("az_cloud_properties", told("azs", az)));
    }
    Value::map(
        entries
            .into_iter()
            .filter(|(_, value)| *value != Value::Null),
    )
}

/// Operating system and version that an alias stands for.
fn stemcell_of(alias: Option<&Value>, manifest: &Value) -> Value {
    let Some(alias) = alias else {
        return Value::Null;
    };
    let Some(Value::Sequence(stemcells)) = manifest.get("stemcells") else {
        return alias.clone();
    };
    let found = stemcells
        .iter()
        .find(|found| found.get("alias") == Some(alias));
    let Some(found) = found else {
        return alias.clone();
    };
    let entries = ["os", "name", "version"].into_iter();
    Value::map(entries.filter_map(|key| Some((key, found.get(key)?.clone()))))
}

fn networks(one: One<'_>) -> Value {
    let networks = one.group.networks.iter().zip(&one.instance.addresses);
    Value::map(networks.map(|(network, place)| {
        let subnets = &network.network.subnets;
        let subnet = place.subnet.and_then(|at| subnets.get(at));
        let mut entries = vec![
            (
                "type",
                Value::from(match network.network.kind {
                    NetworkKind::Manual => "manual",
                    NetworkKind::Dynamic => "dynamic",
                    NetworkKind::Vip => "vip",
                }),
            ),
            (
                "ip",
                Value::from(place.address.map(|address| address.to_string())),
            ),
            ("default", Value::list(network.default.iter().cloned())),
        ];
        if let Some(subnet) = subnet {
            let gateway = subnet.gateway.map(|gateway| gateway.to_string());
            entries.extend([
                (
                    "netmask",
                    Value::from(subnet.cidr.map(|cidr| cidr.netmask())),
                ),
                ("gateway", Value::from(gateway)),
                ("dns", Value::list(subnet.dns.clone())),
                ("cloud_properties", subnet.cloud_properties.clone()),
            ]);
        }
        (network.network.name.clone(), Value::map(entries))
    }))
}

fn disk(one: One<'_>, written: Option<&Value>, cloud: &Value) -> Value {
    let told = |name: &str| {
        let found = named(cloud.get("disk_types"), name);
        let told = found.and_then(|found| found.get("cloud_properties"));
        told.cloned().unwrap_or_default()
    };
    match &one.group.disks {
        PlannedDisks::Size(0) => Value::Null,
        PlannedDisks::Size(size) => {
            let mut entries = vec![("size", Value::from(*size))];
            let told = text(written, "persistent_disk_type").map(told);
            if let Some(told) = told.filter(|told| *told != Value::Null) {
                entries.push(("cloud_properties", told));
            }
            Value::map(entries)
        }
        PlannedDisks::Named(_) => {
            let disks = written.and_then(|group| group.get("persistent_disks"));
            disks.cloned().unwrap_or_default()
        }
    }
}

/// Who provides a link: instance group, and name with type of the link; or the manifest itself. `own` is the consumer's
/// deployment.
fn provider(data: &Value, own: &str) -> String {
    let get = |key: &str| text(Some(data), key);
    let link = get("group_name").map_or_else(String::new, |name| format!(" ({name})"));
    let who = match (get("instance_group"), get("deployment_name")) {
        (Some(group), Some(deployment)) if deployment != own => {
            format!("{group} of deployment {deployment}")
        }
        (Some(group), _) => group.to_owned(),
        (None, _) => "the manifest".to_owned(),
    };
    format!("{who}{link}")
}

/// A link with its instances by name, so that one that comes or goes moves no others.
fn seen_of(data: &Value) -> Value {
    let Value::Mapping(entries) = data else {
        return data.clone();
    };
    let entries = entries.iter().map(|(key, value)| {
        let value = match (key.as_str(), value) {
            (Some("instances"), Value::Sequence(items)) => by_name(items),
            _ => value.clone(),
        };
        (key.clone(), value)
    });
    Value::Mapping(entries.collect())
}

fn by_name(items: &[Value]) -> Value {
    let mut seen = BTreeSet::new();
    let mut entries = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let index = match item.get("index") {
            Some(Value::Integer(index)) => Some(*index),
            _ => None,
        };
        let name = text(Some(item), "name").zip(index);
        let name = name.map_or_else(
            || format!("[{at}]"),
            |(name, index)| format!("{name}/{index}"),
        );
        if !seen.insert(name.clone()) {
            return Value::Sequence(items.to_vec());
        }
        entries.push((name, without_name(item)));
    }
    Value::map(entries)
}

fn without_name(item: &Value) -> Value {
    let Value::Mapping(entries) = item else {
        return item.clone();
    };
    let told = |key: &Value| !matches!(key.as_str(), Some("name" | "index"));
    let entries = entries.iter().filter(|(key, _)| told(key)).cloned();
    Value::Mapping(entries.collect())
}

/// The packages that the jobs of an instance run with, by release and name.
fn packages_of(one: One<'_>) -> Option<BTreeMap<String, (&Release, &ReleasePackage)>> {
    let mut found = BTreeMap::new();
    for job in &one.group.jobs {
        let mut releases = one.side.releases.iter();
        let of_release = releases.find(|release| {
            let mut jobs = release.jobs.iter();
            jobs.any(|known| Arc::ptr_eq(known, &job.job))
        })?;
        of_release.packages.as_ref()?;
        for name in &job.job.packages {
            if let Some(package) = of_release.package(name) {
                found.insert(name.clone(), (of_release, package));
            }
        }
    }
    Some(found)
}

fn packages(old: One<'_>, new: One<'_>) -> Vec<PackageChange> {
    let (Some(old), Some(new)) = (packages_of(old), packages_of(new)) else {
        return Vec::new();
    };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed = names.into_iter().filter_map(|name| {
        let (a, b) = (old.get(name), new.get(name));
        package_change(name, a.copied(), b.copied())
    });
    changed.collect()
}

type Found<'a> = Option<(&'a Release, &'a ReleasePackage)>;

/// A package is another one when it, or what it is compiled with, has another fingerprint.
pub(super) fn package_change(name: &str, old: Found<'_>, new: Found<'_>) -> Option<PackageChange> {
    let all = |found: Found<'_>| {
        let mut all = BTreeMap::new();
        if let Some((release, package)) = found {
            compiled_with(release, package, &mut all);
        }
        all
    };
    let (with, now_with) = (all(old), all(new));
    let fingerprint = |found: Found<'_>| found.map(|(_, package)| package.fingerprint.clone());
    let (a, b) = (fingerprint(old), fingerprint(new));
    let both = old.is_some() && new.is_some();
    if a == b && with == now_with {
        return None;
    }
    let names: BTreeSet<&String> = with.keys().chain(now_with.keys()).collect();
    let differ = names
        .into_iter()
        .filter(|name| with.get(*name) != now_with.get(*name));
    Some(PackageChange {
        name: name.to_owned(),
        old: a,
        new: b,
        dependencies: if both {
            differ.cloned().collect()
        } else {
            Vec::new()
        },
    })
}

/// All dependencies, with their fingerprints. An own list of what is to be looked at: chains may be long, and even circles.
fn compiled_with(release: &Release, package: &ReleasePackage, all: &mut BTreeMap<String, String>) {
    let mut waiting: Vec<&String> = package.dependencies.iter().collect();
    while let Some(name) = waiting.pop() {
        if all.contains_key(name) {
            continue;
        }
        let found = release.package(name);
        let fingerprint = found.map(|found| found.fingerprint.clone());
        all.insert(name.clone(), fingerprint.unwrap_or_default());
        waiting.extend(found.into_iter().flat_map(|found| &found.dependencies));
    }
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
