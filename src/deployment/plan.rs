//! The plan of a deployment: which jobs run on which instances, where these are, and which properties the jobs have.
//!
//! It is made in steps, between which a Director looks at links: [`outline`] takes what each group says, its jobs from the
//! releases, its networks and types from the cloud-config, then addons; [`DeploymentPlan::place`] makes instances,
//! [`DeploymentPlan::bind_properties`] what their templates see, [`DeploymentPlan::reserve`] gives addresses. [`plan`] does all of
//! them. As in a Director the first fault ends it.

use core::net::IpAddr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::address::{AddressRange, Single, first_repeated};
use super::cloud_config::{CloudConfig, Network, NetworkKind};
use super::document::Node;
use super::manifest::{
    Addon, DeploymentManifest, Disks, Features, Filter, InstanceGroup, JobUse, Lifecycle,
    NetworkUse, ReleaseReference,
};
use super::placement::{Owner, Placing, Taken, made_up_id};
use super::properties;
use super::release_job::{Release, ReleaseJob};
use super::state::RecordedState;
use crate::diagnostic::Diagnostic;
use crate::yaml::Value;

/// The domain of all names, unless a Director is told another.
pub const ROOT_DOMAIN: &str = "bosh";

/// Most instances of a deployment that are planned.
const MOST_INSTANCES: usize = 20_000;

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
    /// Whether nobody asked for it and nobody remembered it: it is given last of all.
    pub late: bool,
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
    let mut plan = outline(request)?;
    plan.place(request)?;
    plan.bind_properties()?;
    plan.reserve(request)?;
    Ok(plan)
}

/// What the groups of a deployment are made of, without instances.
///
/// # Errors
/// What a Director finds first, in its words.
pub fn outline(request: Request<'_>) -> Read<DeploymentPlan> {
    let manifest = request.manifest;
    let mut absent = BTreeSet::new();
    let mut groups = Vec::with_capacity(manifest.groups.len());
    let known = request.cloud.networks.iter();
    let known: Known = known
        .map(|network| (network.name.clone(), Arc::new(network.clone())))
        .collect();
    for group in &manifest.groups {
        let jobs = jobs(group, request, &mut absent)?;
        let disks = disks(group, request.cloud)?;
        check_machine(group, request)?;
        let networks = networks(group, &known)?;
        check_azs(group, &networks, request.cloud)?;
        check_statics(group)?;
        groups.push(PlannedGroup {
            name: group.name.clone(),
            lifecycle: group.lifecycle,
            jobs,
            disks,
            networks,
            instances: Vec::new(),
        });
    }
    for addon in &manifest.addons {
        add(addon, request, &mut groups, &mut absent)?;
    }
    give(&mut groups, manifest);
    Ok(DeploymentPlan {
        name: manifest.name.clone(),
        dns: dns_use(manifest.features),
        groups,
        absent_releases: absent,
    })
}

impl DeploymentPlan {
    /// Makes the instances of all groups, with the addresses that are asked for.
    ///
    /// # Errors
    /// Addresses that do not fit networks, zones or instances.
    pub fn place(&mut self, request: Request<'_>) -> Read<()> {
        let wanted = request.manifest.groups.iter().map(|group| group.instances);
        if wanted.fold(0, usize::saturating_add) > MOST_INSTANCES {
            let message = format!("The deployment has more than {MOST_INSTANCES} instances");
            return Err(Diagnostic::error(message));
        }
        let written = request.manifest.groups.iter();
        for (group, written) in self.groups.iter_mut().zip(written) {
            let networks = networks_of(written, group);
            group.instances = placing(written, &pairs(written, &networks), request).instances()?;
        }
        Ok(())
    }

    /// Gives addresses to all instances: those of services first, since those of errands get theirs when they run.
    ///
    /// # Errors
    /// Addresses that are taken, and networks that have no more.
    pub fn reserve(&mut self, request: Request<'_>) -> Read<()> {
        let mut taken = taken(request);
        for lifecycle in [Lifecycle::Service, Lifecycle::Errand] {
            let written = request.manifest.groups.iter();
            for (group, written) in self.groups.iter_mut().zip(written) {
                if group.lifecycle == lifecycle {
                    let networks = networks_of(written, group);
                    let pairs = pairs(written, &networks);
                    placing(written, &pairs, request).reserve(&mut group.instances, &mut taken)?;
                }
            }
        }
        Ok(())
    }

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
    let mut names = BTreeSet::new();
    for using in &group.jobs {
        let Some(job) = job(using, Some(&group.name), request, absent)? else {
            continue;
        };
        if !names.insert(&using.name) {
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

/// The job in its release; `None` when nobody gave the release. A job of an addon has no group.
fn job(
    using: &JobUse,
    group: Option<&str>,
    request: Request<'_>,
    absent: &mut BTreeSet<String>,
) -> Read<Option<PlannedJob>> {
    let mut named = request.manifest.releases.iter();
    let Some(reference) = named.find(|release| release.name == using.release) else {
        let group = group.unwrap_or_default();
        let message = format!(
            "Job '{}' (instance group '{group}') references an unknown release '{}'",
            using.name, using.release
        );
        return Err(using.place.fault(message));
    };
    let fits = |release: &&Release| {
        let version = release.version.as_deref();
        let fits = version.is_none_or(|version| is_version(version, &reference.version));
        release.name == reference.name && fits
    };
    let Some(release) = request.releases.iter().find(fits) else {
        absent.insert(using.release.clone());
        return Ok(None);
    };
    let Some(job) = release.job(&using.name) else {
        return Err(using.place.fault(match group {
            Some(_) => format!(
                "Job '{}' not found in release '{}'",
                using.name, release.name
            ),
            None => format!("Can't find job '{}'", using.name),
        }));
    };
    Ok(Some(PlannedJob {
        job: Arc::clone(job),
        release: ReleaseReference {
            name: reference.name.clone(),
            version: release
                .version
                .as_ref()
                .unwrap_or(&reference.version)
                .clone(),
        },
        using: using.clone(),
        addon: None,
        given: Value::Null,
        properties: Value::Null,
    }))
}

/// Whether a version is the one that a manifest asks for: `latest`, `1.latest` or itself.
fn is_version(version: &str, wanted: &str) -> bool {
    match wanted.strip_suffix("latest") {
        Some("") => true,
        Some(prefix) if prefix.ends_with('.') => version.starts_with(prefix),
        _ => version == wanted,
    }
}

fn disks(group: &InstanceGroup, cloud: &CloudConfig) -> Read<PlannedDisks> {
    let name = &group.name;
    let fault = |key: &str, what: String| {
        let message = format!("Instance group '{name}' {what}");
        group.at(key).fault(message)
    };
    match &group.disks {
        Disks::None => Ok(PlannedDisks::Size(0)),
        Disks::Size(megabytes) => Ok(PlannedDisks::Size(*megabytes)),
        Disks::Type(kind) => {
            let what = || format!("references an unknown disk type '{kind}'");
            let size = cloud.disk_size(kind);
            let size = size.ok_or_else(|| fault("persistent_disk_type", what()))?;
            Ok(PlannedDisks::Size(size))
        }
        Disks::Named(named) if named.is_empty() => Ok(PlannedDisks::Size(0)),
        Disks::Named(named) => {
            for (name, kind) in named {
                let what = if cloud.disk_size(kind).is_none() {
                    format!("persistent_disks's section references an unknown disk type '{kind}'")
                } else if name.trim().is_empty() {
                    "persistent_disks's section contains a disk with no name".to_owned()
                } else {
                    continue;
                };
                return Err(fault("persistent_disks", what));
            }
            let names = named.iter().map(|(name, _)| name.clone());
            Ok(PlannedDisks::Named(names.collect()))
        }
    }
}

/// Whether stemcell, type and extensions of the VMs of a group are known.
fn check_machine(group: &InstanceGroup, request: Request<'_>) -> Read<()> {
    let (name, cloud) = (&group.name, request.cloud);
    let mut stemcells = request.manifest.stemcells.iter();
    if stemcells.all(|stemcell| stemcell.alias != group.stemcell) {
        let message = format!(
            "Instance group '{name}' references an unknown stemcell '{}'",
            group.stemcell
        );
        return Err(group.at("stemcell").fault(message));
    }
    if let Some(kind) = group
        .vm_type
        .as_ref()
        .filter(|kind| !cloud.vm_types.contains(kind))
    {
        let message = format!("Instance group '{name}' references an unknown vm type '{kind}'");
        return Err(group.at("vm_type").fault(message));
    }
    let mut extensions = group.vm_extensions.iter();
    match extensions.find(|extension| !cloud.vm_extensions.contains(extension)) {
        Some(unknown) => {
            let message =
                format!("The vm_extension '{unknown}' has not been configured in cloud-config.");
            Err(group.at("vm_extensions").fault(message))
        }
        None => Ok(()),
    }
}

/// Whether zones are known, and all networks are in all of them.
fn check_azs(group: &InstanceGroup, networks: &[PlannedNetwork], cloud: &CloudConfig) -> Read<()> {
    let name = &group.name;
    for (network, using) in networks.iter().zip(&group.networks) {
        if !network.network.reaches(group.azs.as_deref()) {
            let message = format!(
                "Instance group '{name}' must specify availability zone that matches availability zones of network '{}'",
                using.name
            );
            return Err(group.at("azs").fault(message));
        }
    }
    let Some(azs) = &group.azs else {
        return Ok(());
    };
    let message = match azs.iter().find(|az| !cloud.azs.contains(az)) {
        _ if azs.is_empty() => format!("Instance group '{name}' has empty availability zones"),
        Some(az) => {
            format!("Instance group '{name}' references unknown availability zone '{az}'")
        }
        None => return Ok(()),
    };
    Err(group.at("azs").fault(message))
}

/// Whether each instance has an address where addresses are asked for.
fn check_statics(group: &InstanceGroup) -> Read<()> {
    let (name, wanted) = (&group.name, group.instances);
    for using in &group.networks {
        let Some(ranges) = &using.static_ips else {
            continue;
        };
        let sizes = ranges.iter().map(AddressRange::size);
        let given = sizes.fold(0, u128::saturating_add);
        if given != u128::try_from(wanted).unwrap_or(u128::MAX) {
            let message = format!(
                "Instance group '{name}' has {wanted} instances but was allocated {given} static IPs in network '{}'",
                using.name
            );
            return Err(using.place.fault(message));
        }
    }
    Ok(())
}

/// What one network has to be the default for.
const DEFAULTS: [&str; 2] = ["dns", "gateway"];
/// What one network may be the default for besides.
const OPTIONAL_DEFAULT: &str = "addressable";

/// Networks by name, shared by all groups.
type Known = BTreeMap<String, Arc<Network>>;

fn networks(group: &InstanceGroup, known: &Known) -> Read<Vec<PlannedNetwork>> {
    let name = &group.name;
    let mut networks = Vec::with_capacity(group.networks.len());
    for using in &group.networks {
        let network = network(group, using, known)?;
        networks.push(PlannedNetwork {
            network: Arc::clone(network),
            default: using.default.iter().cloned().collect(),
            nic_group: using.nic_group.clone(),
        });
    }
    let valid = |what: &String| DEFAULTS.contains(&what.as_str()) || what == OPTIONAL_DEFAULT;
    for using in &group.networks {
        if let Some(unknown) = using.default.iter().find(|what| !valid(what)) {
            let message = format!(
                "Instance group '{name}' specified an invalid default network property '{unknown}', valid properties are: {}",
                DEFAULTS.join(", ")
            );
            return Err(using.place.fault(message));
        }
    }
    if let [only] = networks.as_mut_slice() {
        only.default = DEFAULTS.map(str::to_owned).into();
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

fn network<'k>(
    group: &InstanceGroup,
    using: &NetworkUse,
    known: &'k Known,
) -> Read<&'k Arc<Network>> {
    let ranges = using.static_ips.as_deref().unwrap_or_default();
    if let Some(address) = first_repeated(ranges) {
        let message = format!(
            "Instance group '{}' specifies static IP '{}' more than once",
            group.name,
            Single(address)
        );
        return Err(using.place.fault(message));
    }
    let Some(network) = known.get(&using.name) else {
        let message = format!(
            "Instance group '{}' references an unknown network '{}'",
            group.name, using.name
        );
        return Err(using.place.fault(message));
    };
    if network.kind == NetworkKind::Dynamic && using.asks {
        let message = format!(
            "Instance group '{}' using dynamic network '{}' cannot specify static IP(s)",
            group.name, using.name
        );
        return Err(using.place.fault(message));
    }
    Ok(network)
}

/// Gives the jobs of an addon to the groups that it is for.
fn add(
    addon: &Addon,
    request: Request<'_>,
    groups: &mut [PlannedGroup],
    absent: &mut BTreeSet<String>,
) -> Read<()> {
    let mut chosen = Vec::new();
    for (group, written) in groups.iter_mut().zip(&request.manifest.groups) {
        if applies(addon, request.manifest, written, &group.jobs)? {
            chosen.push(group);
        }
    }
    if chosen.is_empty() {
        return Ok(());
    }
    for using in &addon.jobs {
        let Some(mut job) = job(using, None, request, absent)? else {
            continue;
        };
        let own = using.properties.as_ref().map(Node::value);
        job.given = own.unwrap_or_else(|| addon.properties.clone());
        job.addon = Some(addon.name.clone());
        for group in &mut chosen {
            if group.jobs.iter().any(|found| found.job.name == using.name) {
                let message = format!(
                    "Colocated job '{}' is already added to the instance group '{}'.",
                    using.name, group.name
                );
                return Err(using.place.fault(message));
            }
            group.jobs.push(job.clone());
        }
    }
    Ok(())
}

/// Whether an addon is for a group, whose jobs are those that it has so far, with those of earlier addons.
fn applies(
    addon: &Addon,
    manifest: &DeploymentManifest,
    group: &InstanceGroup,
    jobs: &[PlannedJob],
) -> Read<bool> {
    let fits = |filter: &Filter| {
        filter_fits(filter, manifest, group, jobs).map_err(|message| {
            let place = addon.jobs.first().map(|job| &job.place);
            place.unwrap_or(&group.place).fault(message)
        })
    };
    if let Some(filter) = &addon.include
        && !fits(filter)?
    {
        return Ok(false);
    }
    match &addon.exclude {
        Some(filter) if *filter != Filter::default() => Ok(!fits(filter)?),
        _ => Ok(true),
    }
}

/// Whether each list that a filter has names something of the group. The error is a Director's, or says what is not known.
fn filter_fits(
    filter: &Filter,
    manifest: &DeploymentManifest,
    group: &InstanceGroup,
    jobs: &[PlannedJob],
) -> Result<bool, String> {
    let has = |listed: &[String], name: &str| listed.iter().any(|found| found == name);
    let lifecycle = match group.lifecycle {
        Lifecycle::Service => "service",
        Lifecycle::Errand => "errand",
    };
    if filter
        .lifecycle
        .as_ref()
        .is_some_and(|wanted| wanted != lifecycle)
    {
        return Ok(false);
    }
    if !filter.azs.is_empty() {
        let Some(azs) = &group.azs else {
            return Err("undefined method 'any?' for nil".to_owned());
        };
        if !azs.iter().any(|az| has(&filter.azs, az)) {
            return Ok(false);
        }
    }
    if !filter.stemcells.is_empty() && !has(&filter.stemcells, system(manifest, group)?) {
        return Ok(false);
    }
    let job = |job: &PlannedJob| {
        let mut listed = filter.jobs.iter();
        listed.any(|(name, release)| *name == job.job.name && *release == job.release.name)
    };
    let network = |network: &NetworkUse| has(&filter.networks, &network.name);
    Ok(
        (filter.networks.is_empty() || group.networks.iter().any(network))
            && (filter.groups.is_empty() || has(&filter.groups, &group.name))
            && (filter.jobs.is_empty() || jobs.iter().any(job)),
    )
}

/// The operating system of a group.
fn system<'m>(manifest: &'m DeploymentManifest, group: &InstanceGroup) -> Result<&'m str, String> {
    let mut stemcells = manifest.stemcells.iter();
    let found = stemcells.find(|stemcell| stemcell.alias == group.stemcell);
    found.and_then(|stemcell| stemcell.os.as_deref()).ok_or_else(|| {
        format!(
            "An addon asks for the operating system of the stemcell '{}', which the manifest does not say",
            group.stemcell
        )
    })
}

type NetworksOf = Vec<Arc<Network>>;

fn networks_of(written: &InstanceGroup, group: &PlannedGroup) -> NetworksOf {
    let planned = group.networks.iter().take(written.networks.len());
    planned
        .map(|network| Arc::clone(&network.network))
        .collect()
}

fn pairs<'a>(
    written: &'a InstanceGroup,
    networks: &'a NetworksOf,
) -> Vec<(&'a NetworkUse, &'a Network)> {
    let networks = networks.iter().map(|network| &**network);
    written.networks.iter().zip(networks).collect()
}

fn placing<'a>(
    written: &'a InstanceGroup,
    networks: &'a [(&'a NetworkUse, &'a Network)],
    request: Request<'a>,
) -> Placing<'a> {
    Placing {
        deployment: &request.manifest.name,
        group: written,
        groups: &request.manifest.groups,
        networks,
        state: request.state,
    }
}

/// Addresses that instances have: those that are remembered, and those of deployments that are planned.
fn taken(request: Request<'_>) -> Taken {
    let mut taken = Taken::default();
    for plan in request
        .deployed
        .iter()
        .filter(|plan| plan.name != request.manifest.name)
    {
        for group in &plan.groups {
            let instances = group.instances.iter();
            for (instance, place) in
                instances.flat_map(|one| one.addresses.iter().map(move |at| (one, at)))
            {
                take(
                    &mut taken,
                    place.address,
                    &plan.name,
                    &group.name,
                    &instance.id,
                );
            }
        }
    }
    for (deployment, instances) in &request.state.deployments {
        for ((group, index), record) in instances {
            let id = record.id.clone();
            let id = id.unwrap_or_else(|| made_up_id(deployment, group, *index));
            let given = |network: &str| {
                let network = request.cloud.network(network);
                network.is_some_and(|network| network.kind != NetworkKind::Dynamic)
            };
            for (_, address) in record.ips.iter().filter(|(network, _)| given(network)) {
                take(&mut taken, address.parse().ok(), deployment, group, &id);
            }
        }
    }
    taken
}

fn take(taken: &mut Taken, address: Option<IpAddr>, deployment: &str, group: &str, id: &str) {
    let owner = Owner {
        deployment: deployment.to_owned(),
        group: group.to_owned(),
        id: id.to_owned(),
    };
    if let Some(address) = address {
        // Two of them may have one only in what somebody recorded.
        taken.take(address, owner).ok();
    }
}

/// Gives jobs what the manifest says of their properties.
fn give(groups: &mut [PlannedGroup], manifest: &DeploymentManifest) {
    for (group, written) in groups.iter_mut().zip(&manifest.groups) {
        let shared = merged(&manifest.properties, &written.properties);
        for job in group.jobs.iter_mut().filter(|job| job.addon.is_none()) {
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
