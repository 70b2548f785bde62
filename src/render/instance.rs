//! What the templates of a planned deployment see: the `spec` of each instance, for each of its jobs.
//!
//! Keys and their order are the Director's. What depends on a packed archive (`sha1`, `blobstore_id`) is empty where
//! nothing was packed.

use std::sync::Arc;

use super::context::InstanceSpec;
use crate::deployment::DeploymentPlan;
use crate::deployment::cloud_config::{NetworkKind, Subnet};
use crate::deployment::plan::{
    Instance, InstanceAddress, PlannedDisks, PlannedGroup, PlannedJob, PlannedNetwork, ROOT_DOMAIN,
};
use crate::deployment::properties::PropertyError;
use crate::dns::{self, DnsError, Numbering};
use crate::links::Links;
use crate::links::address::Addresses;
use crate::yaml::Value;

/// Makes the data of instances of a deployment.
#[derive(Debug, Clone, Copy)]
pub struct Specs<'a> {
    /// The deployment.
    pub plan: &'a DeploymentPlan,
    /// Its links.
    pub links: &'a Links,
    /// Numbers in DNS names.
    pub numbering: &'a Arc<Numbering>,
}

/// Why there is no data: what a Director says instead of rendering the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecError {
    /// A name cannot be in DNS.
    Dns(DnsError),
    /// A floating network cannot be the default for anything.
    FloatingDefault,
    /// There is no such instance.
    Unknown,
    /// The data cannot be seen by templates.
    Data(PropertyError),
}

impl std::fmt::Display for SpecError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dns(error) => error.fmt(f),
            Self::FloatingDefault => {
                f.write_str("Can't provide any defaults since this is a VIP network")
            }
            Self::Unknown => f.write_str("nothing is known of the instance"),
            Self::Data(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SpecError {}

impl From<DnsError> for SpecError {
    fn from(error: DnsError) -> Self {
        Self::Dns(error)
    }
}

impl Specs<'_> {
    /// What the templates of a job see on an instance.
    ///
    /// # Errors
    /// Names that cannot be in DNS, and properties with keys that are no texts.
    pub fn of(
        &self,
        group: &PlannedGroup,
        instance: &Instance,
        job: &PlannedJob,
    ) -> Result<InstanceSpec, SpecError> {
        let mut entries = vec![
            ("deployment", Value::from(self.plan.name.as_str())),
            ("job", jobs(group)),
            ("index", Value::from(instance.index)),
            ("bootstrap", Value::from(instance.bootstrap)),
            ("name", Value::from(group.name.as_str())),
            ("id", Value::from(instance.id.as_str())),
            ("az", Value::from(instance.az.as_deref())),
            ("networks", self.networks(group, instance)?),
            ("properties_need_filtering", Value::from(true)),
            ("dns_domain_name", Value::from(ROOT_DOMAIN)),
            ("address", self.address(group, instance)?),
        ];
        if let PlannedDisks::Size(megabytes) = group.disks {
            entries.push(("persistent_disk", Value::from(megabytes)));
        }
        let links = self.links.consumed(&group.name, &job.job.name);
        let links = links
            .iter()
            .map(|link| (link.name.as_str(), link.data.clone()));
        let release = Value::map([
            ("name", job.release.name.as_str()),
            ("version", job.release.version.as_str()),
        ]);
        entries.extend([
            ("properties", job.properties.clone()),
            ("links", Value::map(links)),
            ("ip", ip(group, instance)),
            ("release", release),
        ]);
        let numbering = Some(Arc::clone(self.numbering));
        InstanceSpec::new(Value::map(entries), numbering).map_err(SpecError::Data)
    }

    fn address(&self, group: &PlannedGroup, instance: &Instance) -> Result<Value, DnsError> {
        Addresses {
            plan: self.plan,
            group,
            network: group.default_network(),
            ip_addresses: None,
            link: None,
            numbering: self.numbering,
        }
        .of(instance)
    }

    /// Floating networks come after the others.
    fn networks(&self, group: &PlannedGroup, instance: &Instance) -> Result<Value, SpecError> {
        let mut networks = Vec::with_capacity(group.networks.len());
        let mut places: Vec<_> = group.networks.iter().zip(&instance.addresses).collect();
        places.sort_by_key(|(network, _)| network.network.kind == NetworkKind::Vip);
        for (network, place) in places {
            if network.network.kind == NetworkKind::Vip && !network.default.is_empty() {
                return Err(SpecError::FloatingDefault);
            }
            let name = network.network.name.as_str();
            let mut settings = settings(network, place);
            let index = instance.index.to_string();
            let record = dns::record_name(&index, &group.name, name, &self.plan.name, ROOT_DOMAIN)?;
            settings.push(("dns_record_name", Value::from(record)));
            networks.push((name, Value::map(settings)));
        }
        Ok(Value::map(networks))
    }
}

/// `spec.job`: the instance group and its jobs.
fn jobs(group: &PlannedGroup) -> Value {
    let template = |job: &PlannedJob| {
        Value::map([
            ("name", Value::from(job.job.name.as_str())),
            ("version", Value::from(job.job.fingerprint.as_str())),
            ("sha1", Value::from(job.job.digest.as_str())),
            ("blobstore_id", Value::from("")),
            ("logs", job.job.spec.logs.clone()),
        ])
    };
    let mut entries = vec![
        ("name", Value::from(group.name.as_str())),
        (
            "templates",
            Value::Sequence(group.jobs.iter().map(template).collect()),
        ),
    ];
    if let Some(first) = group.jobs.first() {
        entries.push(("template", Value::from(first.job.name.as_str())));
        entries.push(("version", Value::from(first.job.fingerprint.as_str())));
    }
    Value::map(entries)
}

fn ip(group: &PlannedGroup, instance: &Instance) -> Value {
    let at = group.default_network();
    let place = at.and_then(|at| instance.addresses.get(at));
    match place.and_then(|place| place.address) {
        Some(address) => Value::from(address.to_string()),
        None if at.is_some() => Value::from(UNKNOWN),
        None => Value::Null,
    }
}

/// The address of an instance of a dynamic network until its VM tells.
const UNKNOWN: &str = "127.0.0.1";

type Settings = Vec<(&'static str, Value)>;

fn settings(network: &PlannedNetwork, place: &InstanceAddress) -> Settings {
    let subnets = &network.network.subnets;
    let subnet = place.subnet.and_then(|at| subnets.get(at));
    match network.network.kind {
        NetworkKind::Manual => manual(network, place, subnet),
        NetworkKind::Vip => vip(network, place),
        NetworkKind::Dynamic => dynamic(network, place, subnet.or(subnets.first())),
    }
}

fn manual(network: &PlannedNetwork, place: &InstanceAddress, subnet: Option<&Subnet>) -> Settings {
    let address = place.address;
    let cidr = subnet.and_then(|subnet| subnet.cidr);
    let prefix = subnet.map(|subnet| subnet.prefix.to_string());
    let mut settings = vec![
        ("type", Value::from("manual")),
        (
            "ip",
            Value::from(address.map(|address| address.to_string())),
        ),
        ("prefix", Value::from(prefix)),
        ("netmask", Value::from(cidr.map(|cidr| cidr.netmask()))),
        ("cloud_properties", cloud_properties(subnet)),
    ];
    settings.extend(default(network));
    let card = network.nic_group.as_deref();
    settings.extend(card.map(|card| ("nic_group", Value::from(card))));
    settings.extend(name_servers(subnet));
    let gateway = subnet.and_then(|subnet| subnet.gateway);
    settings.extend(gateway.map(|gateway| ("gateway", Value::from(gateway.to_string()))));
    settings
}

fn vip(network: &PlannedNetwork, place: &InstanceAddress) -> Settings {
    let address = place.address.map(|address| address.to_string());
    let prefix = network
        .network
        .subnets
        .first()
        .map_or(32, |subnet| subnet.prefix);
    let mut settings = vec![
        ("type", Value::from("vip")),
        ("ip", Value::from(address)),
        ("cloud_properties", network.network.cloud_properties.clone()),
        ("prefix", Value::from(prefix.to_string())),
    ];
    let card = network.nic_group.as_deref();
    settings.extend(card.map(|card| ("nic_group", Value::from(card))));
    settings
}

/// A VM that was made tells its address, and neither netmask nor gateway.
fn dynamic(network: &PlannedNetwork, place: &InstanceAddress, subnet: Option<&Subnet>) -> Settings {
    let mut settings = vec![
        ("type", Value::from("dynamic")),
        ("cloud_properties", cloud_properties(subnet)),
        ("prefix", Value::from("32")),
    ];
    settings.extend(name_servers(subnet));
    settings.extend(default(network));
    let told = place.address.map(|address| address.to_string());
    let rest = if told.is_some() { "" } else { UNKNOWN };
    settings.extend([
        (
            "ip",
            Value::from(told.unwrap_or_else(|| UNKNOWN.to_owned())),
        ),
        ("netmask", Value::from(rest)),
        ("gateway", Value::from(rest)),
    ]);
    settings
}

fn cloud_properties(subnet: Option<&Subnet>) -> Value {
    let given = subnet.map(|subnet| subnet.cloud_properties.clone());
    given.unwrap_or_else(|| Value::Mapping(Vec::new()))
}

fn default(network: &PlannedNetwork) -> Option<(&'static str, Value)> {
    let listed = network.default.iter().map(String::as_str);
    (!network.default.is_empty()).then(|| ("default", Value::list(listed)))
}

fn name_servers(subnet: Option<&Subnet>) -> Option<(&'static str, Value)> {
    let listed = subnet?.dns.as_ref()?;
    Some(("dns", Value::list(listed.clone())))
}
