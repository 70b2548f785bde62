//! The plan of a deployment: which jobs run on which instances, where these are, and which properties the jobs have.
//!
//! [`plan`] tells the story: jobs of each group from the releases, addons, networks, instances, addresses, properties.
//! A plan is complete but for links, which stand on the plans of all deployments, and for the properties that templates see
//! ([`DeploymentPlan::bind_properties`]), whose faults a Director finds later than those of links. As in a Director the first fault ends it;
//! its order is the Director's: what each group says, then addresses group by group.

use core::net::IpAddr;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::cloud_config::{CloudConfig, Network};
use super::document::Node;
use super::manifest::{
    Addon, DeploymentManifest, Disks, Features, Filter, InstanceGroup, JobUse, Lifecycle,
    NetworkUse, ReleaseReference,
};
use super::placement::{Placing, Taken};
use super::properties;
use super::release_job::{Release, ReleaseJob};
use super::state::RecordedState;
use crate::diagnostic::Diagnostic;
use crate::yaml::Value;

/// The domain of all names, unless a Director is told another.
pub const ROOT_DOMAIN: &str = "bosh";

/// A deployment, planned.
#[derive(Debug, Clone)]
pub struct DeploymentPlan {
    /// Its name.
    pub name: String,
    /// How addresses are written.
    pub dns: DnsUse,
    /// Its instance groups, in the order of the manifest.
    pub groups: Vec<PlannedGroup>,
    /// Releases that the manifest names and nobody gave; their jobs are left out.
    pub absent_releases: BTreeSet<String>,
}

/// How addresses are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DnsUse {
    /// Addresses are DNS names.
    pub addresses: bool,
    /// DNS names consist of numbers.
    pub short: bool,
    /// Links have names of their own; `None` when the manifest says nothing.
    pub link_names: Option<bool>,
}

/// An instance group.
#[derive(Debug, Clone)]
pub struct PlannedGroup {
    /// Its name.
    pub name: String,
    /// When its instances live.
    pub lifecycle: Lifecycle,
    /// Its networks, as listed.
    pub networks: Vec<PlannedNetwork>,
    /// Its jobs, those of addons last.
    pub jobs: Vec<PlannedJob>,
    /// Its persistent disks.
    pub disks: PlannedDisks,
    /// Its instances, in plan order.
    pub instances: Vec<Instance>,
}

/// A network of an instance group.
#[derive(Debug, Clone)]
pub struct PlannedNetwork {
    /// The network.
    pub network: Arc<Network>,
    /// What it is the default for.
    pub default: BTreeSet<String>,
    /// The network card that several networks share.
    pub nic_group: Option<String>,
}

/// A job of an instance group.
#[derive(Debug, Clone)]
pub struct PlannedJob {
    /// The job.
    pub job: Arc<ReleaseJob>,
    /// Its release.
    pub release: ReleaseReference,
    /// What the manifest says of it.
    pub using: JobUse,
    /// Name of the addon that brings it; `None` for a job of the group itself.
    pub addon: Option<String>,
    /// Properties that the manifest gives: the job's own, or else those of deployment and group.
    pub given: Value,
    /// Properties that its templates see; nil until [`DeploymentPlan::bind_properties`].
    pub properties: Value,
}

/// Persistent disks of an instance group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlannedDisks {
    /// One, or none: its size in megabytes, 0 for none.
    Size(u64),
    /// Some with names.
    Named(Vec<String>),
}

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its index.
    pub index: u64,
    /// Its uuid.
    pub id: String,
    /// Its availability zone.
    pub az: Option<String>,
    /// Whether it is the bootstrap instance.
    pub bootstrap: bool,
    /// One for each network of the group.
    pub addresses: Vec<InstanceAddress>,
}

/// Where an instance is in a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceAddress {
    /// The address; `None` when the infrastructure gives it.
    pub address: Option<IpAddr>,
    /// The place of the subnet in the network.
    pub subnet: Option<usize>,
}

/// What a plan is made of.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The manifest.
    pub manifest: &'a DeploymentManifest,
    /// Networks, zones and types.
    pub cloud: &'a CloudConfig,
    /// Releases at hand.
    pub releases: &'a [Release],
    /// What a Director remembers.
    pub state: &'a RecordedState,
    /// Plans of other deployments, whose addresses are taken.
    pub deployed: &'a [DeploymentPlan],
}

type Read<T> = Result<T, Diagnostic>;

/// Plans a deployment.
///
/// # Errors
/// What a Director finds first, in its words.
pub fn plan(request: Request<'_>) -> Read<DeploymentPlan> {
    let manifest = request.manifest;
    let mut absent = BTreeSet::new();
    let mut groups = Vec::with_capacity(manifest.groups.len());
    for group in &manifest.groups {
        let networks = networks(group, request.cloud)?;
        groups.push(PlannedGroup {
            name: group.name.clone(),
            lifecycle: group.lifecycle,
            jobs: jobs(group, request, &mut absent)?,
            disks: disks(group, request.cloud)?,
            networks,
            instances: Vec::new(),
        });
    }
    for addon in &manifest.addons {
        add(addon, request, &mut groups, &mut absent)?;
    }
    place(&mut groups, request)?;
    give(&mut groups, manifest);
    Ok(DeploymentPlan {
        name: manifest.name.clone(),
        dns: dns_use(manifest.features),
        groups,
        absent_releases: absent,
    })
}

impl DeploymentPlan {
    /// Gives all jobs the properties that their templates see. A Director does so when it has read the links.
    ///
    /// # Errors
    /// A parent of a declared property that is no map, keys that do not compare.
    pub fn bind_properties(&mut self) -> Result<(), Diagnostic> {
        for job in self.groups.iter_mut().flat_map(|group| &mut group.jobs) {
            job.properties = properties::bind(&job.job.spec.properties, &job.given)
                .map_err(|error| job.using.place.fault(error.to_string()))?;
        }
        Ok(())
    }

    /// The instance group of a name.
    pub fn group(&self, name: &str) -> Option<&PlannedGroup> {
        self.groups.iter().find(|group| group.name == name)
    }
}

impl PlannedGroup {
    /// The place of the network whose address is that of its instances: the addressable one, else that with the gateway.
    pub fn default_network(&self) -> Option<usize> {
        let with = |what: &str| {
            let mut networks = self.networks.iter();
            networks.position(|network| network.default.contains(what))
        };
        with("addressable").or_else(|| with("gateway"))
    }
}

/// A manifest that wants names for links wants short DNS names as addresses.
fn dns_use(features: Features) -> DnsUse {
    let link_names = features.use_link_dns_names;
    let implied = link_names == Some(true);
    DnsUse {
        addresses: features.use_dns_addresses.unwrap_or(implied),
        short: features.use_short_dns_addresses.unwrap_or(implied),
        link_names,
    }
}

fn jobs(
    group: &InstanceGroup,
    request: Request<'_>,
    absent: &mut BTreeSet<String>,
) -> Read<Vec<PlannedJob>> {
    let mut jobs: Vec<PlannedJob> = Vec::with_capacity(group.jobs.len());
    for using in &group.jobs {
        let Some(job) = job(using, &group.name, request, absent)? else {
            continue;
        };
        if jobs.iter().any(|found| found.job.name == using.name) {
            let message = format!(
                "Colocated job '{}' is already added to the instance group '{}'",
                using.name, group.name
            );
            return Err(using.place.fault(message));
        }
        jobs.push(job);
    }
    Ok(jobs)
}

/// The job in its release; `None` when nobody gave the release.
fn job(
    using: &JobUse,
    group: &str,
    request: Request<'_>,
    absent: &mut BTreeSet<String>,
) -> Read<Option<PlannedJob>> {
    let mut named = request.manifest.releases.iter();
    let Some(reference) = named.find(|release| release.name == using.release) else {
        let message = format!(
            "Job '{}' (instance group '{group}') references an unknown release '{}'",
            using.name, using.release
        );
        return Err(using.place.fault(message));
    };
    let fits = |release: &&Release| {
        let version = release.version.as_deref();
        let any = version.is_none() || reference.version == "latest";
        release.name == reference.name && (any || version == Some(reference.version.as_str()))
    };
    let Some(release) = request.releases.iter().find(fits) else {
        absent.insert(using.release.clone());
        return Ok(None);
    };
    let Some(job) = release.job(&using.name) else {
        let message = format!(
            "Job '{}' not found in release '{}'",
            using.name, release.name
        );
        return Err(using.place.fault(message));
    };
    Ok(Some(PlannedJob {
        job: Arc::clone(job),
        release: ReleaseReference {
            name: reference.name.clone(),
            version: match (&release.version, reference.version.as_str()) {
                (Some(version), "latest") => version.clone(),
                (_, version) => version.to_owned(),
            },
        },
        using: using.clone(),
        addon: None,
        given: Value::Null,
        properties: Value::Null,
    }))
}

fn disks(group: &InstanceGroup, cloud: &CloudConfig) -> Read<PlannedDisks> {
    let name = &group.name;
    let fault = |what: String| group.place.fault(format!("Instance group '{name}' {what}"));
    match &group.disks {
        Disks::None => Ok(PlannedDisks::Size(0)),
        Disks::Size(megabytes) => Ok(PlannedDisks::Size(*megabytes)),
        Disks::Type(kind) => {
            let size = cloud.disk_size(kind);
            let unknown = || fault(format!("references an unknown disk type '{kind}'"));
            Ok(PlannedDisks::Size(size.ok_or_else(unknown)?))
        }
        Disks::Named(named) => {
            let names: Vec<String> = named.iter().map(|(name, _)| name.clone()).collect();
            let different: BTreeSet<&String> = names.iter().collect();
            if different.len() != names.len() {
                return Err(fault(
                    "persistent_disks's section contains duplicate names".to_owned(),
                ));
            }
            let mut kinds = named.iter().map(|(_, kind)| kind);
            if let Some(kind) = kinds.find(|kind| cloud.disk_size(kind).is_none()) {
                return Err(fault(format!(
                    "persistent_disks's section references an unknown disk type '{kind}'"
                )));
            }
            Ok(PlannedDisks::Named(names))
        }
    }
}

/// What one network has to be the default for.
const DEFAULTS: [&str; 2] = ["dns", "gateway"];
/// What one network may be the default for besides.
const OPTIONAL_DEFAULT: &str = "addressable";

fn networks(group: &InstanceGroup, cloud: &CloudConfig) -> Read<Vec<PlannedNetwork>> {
    let mut networks = Vec::with_capacity(group.networks.len());
    for using in &group.networks {
        let network = network(group, using, cloud)?;
        networks.push(PlannedNetwork {
            network: Arc::new(network.clone()),
            default: using.default.iter().cloned().collect(),
            nic_group: using.nic_group.clone(),
        });
    }
    if networks.is_empty() {
        let name = &group.name;
        let message = format!("Instance group '{name}' must specify at least one network");
        return Err(group.place.fault(message));
    }
    let known = |what: &String| DEFAULTS.contains(&what.as_str()) || what == OPTIONAL_DEFAULT;
    let mut listed = networks.iter().flat_map(|network| &network.default);
    if let Some(unknown) = listed.find(|what| !known(what)) {
        let message = format!(
            "Instance group '{}' specified an invalid default network property '{unknown}', valid properties are: {}",
            group.name,
            DEFAULTS.join(", ")
        );
        return Err(group.place.fault(message));
    }
    if let [only] = networks.as_mut_slice() {
        only.default.extend(DEFAULTS.map(str::to_owned));
    }
    check_defaults(group, &networks)?;
    Ok(networks)
}

/// Each default has to be that of one network; `addressable` may be that of none.
fn check_defaults(group: &InstanceGroup, networks: &[PlannedNetwork]) -> Read<()> {
    let name = &group.name;
    let (mut several, mut missing) = (Vec::new(), Vec::new());
    for what in DEFAULTS.into_iter().chain([OPTIONAL_DEFAULT]) {
        let with = networks.iter();
        let with: Vec<String> = with
            .filter(|network| network.default.contains(what))
            .map(|network| format!("'{}'", network.network.name))
            .collect();
        match with.len() {
            0 if what != OPTIONAL_DEFAULT => missing.push(what),
            0 | 1 => {}
            _ => several.push(format!(
                "'{what}' has default networks: {}.",
                with.join(", ")
            )),
        }
    }
    if !several.is_empty() {
        let message = format!(
            "Instance group '{name}' specified more than one network to contain default. {}",
            several.join(" ")
        );
        return Err(group.place.fault(message));
    }
    if !missing.is_empty() {
        let message = format!(
            "Instance group '{name}' must specify which network is default for {}, since it has more than one network configured",
            missing.join(", ")
        );
        return Err(group.place.fault(message));
    }
    Ok(())
}

fn network<'c>(
    group: &InstanceGroup,
    using: &NetworkUse,
    cloud: &'c CloudConfig,
) -> Read<&'c Network> {
    cloud.network(&using.name).ok_or_else(|| {
        let message = format!(
            "Instance group '{}' references an unknown network '{}'",
            group.name, using.name
        );
        using.place.fault(message)
    })
}

/// Gives the jobs of an addon to the groups that it is for.
fn add(
    addon: &Addon,
    request: Request<'_>,
    groups: &mut [PlannedGroup],
    absent: &mut BTreeSet<String>,
) -> Read<()> {
    for (group, written) in groups.iter_mut().zip(&request.manifest.groups) {
        let jobs = group.jobs.as_slice();
        let fits = |filter: &Filter| filter_fits(filter, &request.manifest.name, written, jobs);
        let included = addon.include.as_ref().is_none_or(fits);
        let empty = |filter: &Filter| *filter == Filter::default();
        let excluded = addon
            .exclude
            .as_ref()
            .is_some_and(|filter| !empty(filter) && fits(filter));
        if !included || excluded {
            continue;
        }
        for using in &addon.jobs {
            let Some(mut job) = job(using, &group.name, request, absent)? else {
                continue;
            };
            job.addon = Some(addon.name.clone());
            if group.jobs.iter().any(|found| found.job.name == using.name) {
                let message = format!(
                    "Colocated job '{}' is already added to the instance group '{}'.",
                    using.name, group.name
                );
                return Err(using.place.fault(message));
            }
            group.jobs.push(job);
        }
    }
    Ok(())
}

/// Whether each list that a filter has names something of the group; its jobs are those that it has so far, with those of
/// earlier addons.
fn filter_fits(
    filter: &Filter,
    deployment: &str,
    group: &InstanceGroup,
    jobs: &[PlannedJob],
) -> bool {
    let has = |listed: &[String], name: &str| listed.iter().any(|found| found == name);
    let lifecycle = match group.lifecycle {
        Lifecycle::Service => "service",
        Lifecycle::Errand => "errand",
    };
    let azs = group.azs.as_deref().unwrap_or_default();
    let job = |job: &PlannedJob| {
        let mut listed = filter.jobs.iter();
        listed.any(|(name, release)| *name == job.job.name && *release == job.release.name)
    };
    let network = |network: &NetworkUse| has(&filter.networks, &network.name);
    (filter.deployments.is_empty() || has(&filter.deployments, deployment))
        && (filter.groups.is_empty() || has(&filter.groups, &group.name))
        && (filter.azs.is_empty() || azs.iter().any(|az| has(&filter.azs, az)))
        && (filter.networks.is_empty() || group.networks.iter().any(network))
        && (filter.jobs.is_empty() || jobs.iter().any(job))
        && (filter.lifecycle.is_none() || filter.lifecycle.as_deref() == Some(lifecycle))
}

/// Makes the instances of all groups, then gives them addresses.
fn place(groups: &mut [PlannedGroup], request: Request<'_>) -> Read<()> {
    let manifest = request.manifest;
    let mut taken = taken(request.deployed, &manifest.name);
    for (at, written) in manifest.groups.iter().enumerate() {
        let Some(group) = groups.get_mut(at) else {
            continue;
        };
        let networks = group.networks.iter().map(|network| &*network.network);
        let networks: Vec<_> = written.networks.iter().zip(networks).collect();
        let placing = Placing {
            deployment: &manifest.name,
            group: written,
            networks: &networks,
            azs: &request.cloud.azs,
            state: request.state,
        };
        let mut instances = placing.instances()?;
        placing.reserve(&mut instances, &mut taken)?;
        group.instances = instances;
    }
    Ok(())
}

/// Addresses of other deployments.
fn taken(deployed: &[DeploymentPlan], but: &str) -> Taken {
    let mut taken = Taken::default();
    for plan in deployed.iter().filter(|plan| plan.name != but) {
        for group in &plan.groups {
            for instance in &group.instances {
                for (network, place) in group.networks.iter().zip(&instance.addresses) {
                    if let Some(address) = place.address {
                        let owner = format!(
                            "'{}/{}' from deployment '{}'",
                            group.name, instance.id, plan.name
                        );
                        // Two of them may have one only in what somebody recorded.
                        taken.of(&network.network.name).take(address, owner).ok();
                    }
                }
            }
        }
    }
    taken
}

/// Gives jobs what the manifest says of their properties.
fn give(groups: &mut [PlannedGroup], manifest: &DeploymentManifest) {
    for (group, written) in groups.iter_mut().zip(&manifest.groups) {
        let shared = merged(&manifest.properties, &written.properties);
        for job in &mut group.jobs {
            let own = job.using.properties.as_ref();
            job.given = own.map_or_else(|| shared.clone(), Node::value);
        }
    }
}

/// `base.recursive_merge(above)`: maps are merged, everything else is replaced.
fn merged(base: &Value, above: &Value) -> Value {
    let (Value::Mapping(base), Value::Mapping(above)) = (base, above) else {
        let nothing = matches!(above, Value::Null);
        return if nothing { base.clone() } else { above.clone() };
    };
    let mut out = base.clone();
    for (key, value) in above {
        match out.iter_mut().find(|(found, _)| found == key) {
            Some(entry) => {
                entry.1 = match (&entry.1, value) {
                    (Value::Mapping(_), Value::Mapping(_)) => merged(&entry.1, value),
                    _ => value.clone(),
                }
            }
            None => out.push((key.clone(), value.clone())),
        }
    }
    Value::Mapping(out)
}
