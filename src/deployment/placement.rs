//! Which instances a group has, in which availability zone each is, and which addresses it gets.
//!
//! Follows a Director: what it remembers stays. A new instance gets the lowest free index. With addresses that are asked
//! for, the address decides about the zone; without, the zone with the fewest instances gets it, of several such the first
//! by name. Addresses are given in plan order ([`in_plan_order`]), the lowest that is free in the first subnet with room.

use core::net::IpAddr;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::address::Single;
use super::cloud_config::{Network, NetworkKind, Subnet};
use super::manifest::{InstanceGroup, NetworkUse};
use super::plan::{Instance, InstanceAddress};
use super::state::{RecordedInstance, RecordedState};
use crate::diagnostic::Diagnostic;
use crate::digest::Sha256;

/// Most instances of a group that are planned.
const MOST_INSTANCES: usize = 10_000;
/// Most addresses of a subnet that are tried for one instance.
const MOST_TRIED: usize = 1 << 20;

/// Who has which address, by network.
#[derive(Debug, Default)]
pub(super) struct Taken(BTreeMap<String, TakenIn>);

/// Who has which address of a network.
#[derive(Debug, Default)]
pub(super) struct TakenIn {
    owners: BTreeMap<IpAddr, String>,
    /// By the place of a subnet the lowest address that may be free: plans give addresses, and take none back.
    lowest: BTreeMap<usize, IpAddr>,
}

impl Taken {
    /// The addresses of a network.
    pub(super) fn of(&mut self, network: &str) -> &mut TakenIn {
        self.0.entry(network.to_owned()).or_default()
    }
}

impl TakenIn {
    /// Gives an address to an owner; the error is who has it.
    pub(super) fn take(&mut self, address: IpAddr, owner: String) -> Result<(), &str> {
        match self.owners.entry(address) {
            Entry::Occupied(other) => Err(other.into_mut().as_str()),
            Entry::Vacant(free) => {
                free.insert(owner);
                Ok(())
            }
        }
    }

    /// The lowest free address of a subnet.
    fn lowest(&mut self, place: usize, subnet: &Subnet, kind: NetworkKind) -> Option<IpAddr> {
        let free = |address: &IpAddr| !self.owners.contains_key(address);
        if kind == NetworkKind::Vip {
            let ranges = subnet.statics.iter();
            let pool = ranges.flat_map(|range| range.addresses().take(MOST_TRIED));
            return pool.filter(free).min();
        }
        let range = subnet.cidr?.range;
        let from = self.lowest.get(&place).copied();
        let tried = range.addresses_from(from.unwrap_or(range.first()));
        let mut tried = tried.take(MOST_TRIED);
        let found = tried.find(|address| subnet.may_give(*address) && free(address))?;
        self.lowest.insert(place, found);
        Some(found)
    }
}

/// An instance group with its networks.
pub(super) struct Placing<'a> {
    pub(super) deployment: &'a str,
    pub(super) group: &'a InstanceGroup,
    pub(super) networks: &'a [(&'a NetworkUse, &'a Network)],
    /// Names of the zones that there are.
    pub(super) azs: &'a [String],
    pub(super) state: &'a RecordedState,
}

/// The plan order of a group: the bootstrap instance, the others of its zone, those without zone, then the other zones
/// by name, each by uuid.
pub(super) fn in_plan_order(instances: &mut [Instance]) {
    let first = instances.iter().find(|instance| instance.bootstrap);
    let first_az = first.and_then(|instance| instance.az.clone());
    let has_first = first.is_some();
    instances.sort_by(|a, b| {
        let key = |instance: &Instance| {
            let rank = if instance.bootstrap {
                0
            } else if has_first && instance.az == first_az {
                1
            } else if instance.az.is_none() {
                2
            } else {
                3
            };
            (rank, instance.az.clone(), instance.id.clone())
        };
        key(a).cmp(&key(b))
    });
}

impl Placing<'_> {
    /// All instances in plan order, without addresses but for those that are asked for or remembered.
    pub(super) fn instances(&self) -> Result<Vec<Instance>, Diagnostic> {
        self.check()?;
        let statics = self.statics()?;
        let recorded: BTreeMap<u64, &RecordedInstance> = self
            .state
            .instances(self.deployment, &self.group.name)
            .collect();
        let indexes = self.indexes(&recorded);
        let mut instances: Vec<Instance> = Vec::with_capacity(indexes.len());
        for (place, index) in indexes.iter().enumerate() {
            let found = recorded.get(index).copied();
            instances.push(self.instance(*index, found, &statics, place));
        }
        self.spread(&mut instances, &recorded, &statics);
        choose_bootstrap(&mut instances, &recorded);
        in_plan_order(&mut instances);
        Ok(instances)
    }

    /// Recorded indexes stay; others are the lowest that are free.
    fn indexes(&self, recorded: &BTreeMap<u64, &RecordedInstance>) -> Vec<u64> {
        let wanted = self.group.instances;
        let mut indexes: BTreeSet<u64> = recorded.keys().copied().take(wanted).collect();
        let mut next = 0;
        while indexes.len() < wanted {
            indexes.insert(next);
            next += 1;
        }
        indexes.into_iter().collect()
    }

    fn instance(
        &self,
        index: u64,
        recorded: Option<&RecordedInstance>,
        statics: &[Vec<StaticIp>],
        place: usize,
    ) -> Instance {
        let id = recorded.and_then(|found| found.id.clone());
        let addresses = self.networks.iter().zip(statics);
        let addresses = addresses.map(|((using, network), statics)| {
            let remembered = recorded.and_then(|found| found.ips.get(&using.name));
            let remembered = remembered.and_then(|text| text.parse().ok());
            let asked = statics.get(place).map(|found| found.address);
            let address = remembered.or(asked);
            InstanceAddress {
                address,
                subnet: address.and_then(|address| subnet_of(network, address)),
            }
        });
        Instance {
            index,
            id: id.unwrap_or_else(|| made_up_id(self.deployment, &self.group.name, index)),
            az: recorded.and_then(|found| found.az.clone()).flatten(),
            bootstrap: false,
            addresses: addresses.collect(),
        }
    }

    /// Gives zones to the instances that have none yet.
    fn spread(
        &self,
        instances: &mut [Instance],
        recorded: &BTreeMap<u64, &RecordedInstance>,
        statics: &[Vec<StaticIp>],
    ) {
        let by_address = statics.iter().find(|listed| !listed.is_empty());
        let zones = self.group.azs.clone().unwrap_or_default();
        for place in 0..instances.len() {
            let known = recorded.get(&instances[place].index);
            if known.is_some_and(|found| found.az.is_some()) {
                continue;
            }
            let az = match by_address.and_then(|listed| listed.get(place)) {
                Some(asked) => asked.az.clone(),
                None => least_used(&zones, instances),
            };
            instances[place].az = az;
        }
    }

    /// Whether zones and networks fit.
    fn check(&self) -> Result<(), Diagnostic> {
        if self.group.instances > MOST_INSTANCES {
            let message = format!(
                "Instance group '{}' has more than {MOST_INSTANCES} instances",
                self.group.name
            );
            return Err(self.group.place.fault(message));
        }
        for (using, network) in self.networks {
            let fits = match &self.group.azs {
                _ if network.kind == NetworkKind::Vip => true,
                None => !network.has_azs(),
                Some(azs) => azs.iter().all(|az| network.reaches(az)),
            };
            if !fits {
                let message = format!(
                    "Instance group '{}' must specify availability zone that matches availability zones of network '{}'",
                    self.group.name, using.name
                );
                return Err(using.place.fault(message));
            }
        }
        self.check_azs()
    }

    fn check_azs(&self) -> Result<(), Diagnostic> {
        let Some(azs) = &self.group.azs else {
            return Ok(());
        };
        let name = &self.group.name;
        let fault = |what: String| {
            let message = format!("Instance group '{name}' {what}");
            Err(self.group.place.fault(message))
        };
        if azs.is_empty() {
            return fault("has empty availability zones".to_owned());
        }
        match azs.iter().find(|az| !self.azs.contains(az)) {
            Some(az) => fault(format!("references unknown availability zone '{az}'")),
            None => Ok(()),
        }
    }

    /// For each network the addresses that are asked for, with the zones they bring.
    fn statics(&self) -> Result<Vec<Vec<StaticIp>>, Diagnostic> {
        let networks = self.networks.iter();
        networks
            .map(|(using, network)| self.statics_of(using, network))
            .collect()
    }

    fn statics_of(
        &self,
        using: &NetworkUse,
        network: &Network,
    ) -> Result<Vec<StaticIp>, Diagnostic> {
        let Some(ranges) = &using.static_ips else {
            return Ok(Vec::new());
        };
        let wanted = self.group.instances;
        let given: u128 = ranges
            .iter()
            .fold(0, |sum: u128, range| sum.saturating_add(range.size()));
        let name = &self.group.name;
        if given != u128::try_from(wanted).unwrap_or(u128::MAX) {
            let message = format!(
                "Instance group '{name}' has {wanted} instances but was allocated {given} static IPs in network '{}'",
                using.name
            );
            return Err(using.place.fault(message));
        }
        let mut found: Vec<StaticIp> = Vec::new();
        let listed = ranges.iter().flat_map(|range| range.addresses());
        for address in listed.take(MOST_INSTANCES) {
            if found.iter().any(|ip| ip.address == address) {
                let message = format!(
                    "Instance group '{name}' specifies static IP '{address}' more than once"
                );
                return Err(using.place.fault(message));
            }
            let az = self.zone_of(using, network, address, &found)?;
            found.push(StaticIp { address, az });
        }
        Ok(found)
    }

    /// The zone of an address: that of its subnet.
    fn zone_of(
        &self,
        using: &NetworkUse,
        network: &Network,
        address: IpAddr,
        before: &[StaticIp],
    ) -> Result<Option<String>, Diagnostic> {
        if network.kind != NetworkKind::Manual {
            return Ok(None);
        }
        let (name, shown) = (&self.group.name, Single(address));
        let subnet = network.subnets.iter().find(|subnet| subnet.offers(address));
        let Some(subnet) = subnet else {
            let message = format!(
                "Instance group '{name}' with network '{}' declares static ip '{shown}', which belongs to no subnet",
                using.name
            );
            return Err(using.place.fault(message));
        };
        let (Some(of_subnet), Some(of_group)) = (&subnet.azs, &self.group.azs) else {
            return Ok(None);
        };
        let fitting = of_subnet.iter().filter(|az| of_group.contains(az));
        let used = |az: &String| {
            let with = before.iter().filter(|ip| ip.az.as_ref() == Some(az));
            with.count()
        };
        let az = fitting.min_by_key(|az| used(az)).cloned();
        az.map(Some).ok_or_else(|| {
            let message = format!(
                "Instance group '{name}' declares static ip '{shown}' which does not belong to any of the instance group's availability zones."
            );
            using.place.fault(message)
        })
    }

    /// Reserves all addresses of the instances, in plan order, and finds those that nobody asked for.
    pub(super) fn reserve(
        &self,
        instances: &mut [Instance],
        taken: &mut Taken,
    ) -> Result<(), Diagnostic> {
        for instance in instances {
            for (at, (using, network)) in self.networks.iter().enumerate() {
                let owner = format!("{}/{}", self.group.name, instance.id);
                let known = instance.addresses.get(at).and_then(|found| found.address);
                let given = match known {
                    Some(address) => Some(address),
                    None if network.kind == NetworkKind::Dynamic => None,
                    None => self.free(instance, using, network, taken.of(&using.name))?,
                };
                let Some(address) = given else { continue };
                let deployment = self.deployment;
                let who = format!("'{owner}' from deployment '{deployment}'");
                if let Err(other) = taken.of(&using.name).take(address, who) {
                    let message = format!(
                        "Failed to reserve IP '{}' for instance '{owner} ({})': already reserved by instance {other}",
                        Single(address),
                        instance.index
                    );
                    return Err(using.place.fault(message));
                }
                if let Some(found) = instance.addresses.get_mut(at) {
                    found.address = Some(address);
                    let az = instance.az.as_deref();
                    found.subnet = subnet_for(network, address, az).or(found.subnet);
                }
            }
        }
        Ok(())
    }

    fn free(
        &self,
        instance: &Instance,
        using: &NetworkUse,
        network: &Network,
        taken: &mut TakenIn,
    ) -> Result<Option<IpAddr>, Diagnostic> {
        let subnets = network.subnets.iter().enumerate();
        let mut reached = subnets.filter(|(_, subnet)| subnet.is_in(instance.az.as_deref()));
        let found = reached.find_map(|(place, subnet)| taken.lowest(place, subnet, network.kind));
        if found.is_some() {
            return Ok(found);
        }
        let kind = match network.kind {
            NetworkKind::Manual => "manual",
            NetworkKind::Vip => "vip",
            NetworkKind::Dynamic => "dynamic",
        };
        let message = format!(
            "Failed to reserve IP for '{}/{} ({})' for {kind} network '{}': no more available",
            self.group.name, instance.id, instance.index, using.name
        );
        Err(using.place.fault(message))
    }
}

struct StaticIp {
    address: IpAddr,
    az: Option<String>,
}

/// The place of the subnet of an address, preferring one in the instance's zone.
fn subnet_for(network: &Network, address: IpAddr, az: Option<&str>) -> Option<usize> {
    let subnets = &network.subnets;
    let holds = |subnet: &Subnet| holds(subnet, address);
    let near = subnets
        .iter()
        .position(|subnet| holds(subnet) && subnet.is_in(az));
    near.or_else(|| subnets.iter().position(holds))
}

fn subnet_of(network: &Network, address: IpAddr) -> Option<usize> {
    let mut subnets = network.subnets.iter();
    subnets.position(|subnet| holds(subnet, address))
}

fn holds(subnet: &Subnet, address: IpAddr) -> bool {
    match &subnet.cidr {
        Some(cidr) => cidr.range.contains(address),
        None => subnet.statics.iter().any(|range| range.contains(address)),
    }
}

/// The zone with the fewest instances; of several such one that has instances at all, then the first by name.
fn least_used(zones: &[String], instances: &[Instance]) -> Option<String> {
    let used = |az: &String| {
        let with = instances
            .iter()
            .filter(|instance| instance.az.as_ref() == Some(az));
        with.count()
    };
    let by_use = zones.iter().min_by_key(|az| (used(az), (*az).clone()));
    by_use.cloned()
}

/// The recorded one stays; else it is the lowest index.
fn choose_bootstrap(instances: &mut [Instance], recorded: &BTreeMap<u64, &RecordedInstance>) {
    let is_recorded = |instance: &Instance| {
        let found = recorded.get(&instance.index);
        found.is_some_and(|found| found.bootstrap == Some(true))
    };
    let chosen = instances.iter().position(is_recorded);
    let lowest = || {
        let by_index = instances.iter().enumerate();
        by_index.min_by_key(|(_, instance)| instance.index)
    };
    let chosen = chosen.or_else(|| lowest().map(|(at, _)| at));
    if let Some(instance) = chosen.and_then(|at| instances.get_mut(at)) {
        instance.bootstrap = true;
    }
}

/// An id for an instance that no Director made one for: it depends on the names alone, so it stays from run to run.
fn made_up_id(deployment: &str, group: &str, index: u64) -> String {
    let digest = Sha256::of(format!("{deployment}\n{group}\n{index}").as_bytes()).to_string();
    let digits: String = digest.chars().filter(char::is_ascii_hexdigit).collect();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-4{}-a{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}
