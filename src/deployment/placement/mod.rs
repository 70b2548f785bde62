//! Which instances a group has, in which availability zone each is, and which addresses it gets.
//!
//! Follows a Director: what it remembers of an instance stays while the manifest allows it. Where addresses are asked for,
//! they decide about the zones (`statics`), else the zones are filled evenly (`zones`). A new instance gets the lowest index
//! that no instance has. Addresses are given in plan order ([`in_plan_order`]), the lowest that is free in the first subnet
//! with room (`addresses`).

mod addresses;
mod statics;
mod zones;

use core::net::IpAddr;
use std::collections::BTreeSet;

pub(super) use addresses::{Owner, Taken};

use super::cloud_config::{Network, NetworkKind};
use super::manifest::{InstanceGroup, MigratedFrom, NetworkUse};
use super::plan::{Instance, InstanceAddress};
use super::state::{RecordedInstance, RecordedState};
use crate::diagnostic::Diagnostic;
use crate::digest::Sha256;

/// Most instances of a group that are planned.
const MOST_INSTANCES: usize = 10_000;

type Read<T> = Result<T, Diagnostic>;

/// An instance group with its networks.
pub(super) struct Placing<'a> {
    pub(super) deployment: &'a str,
    pub(super) group: &'a InstanceGroup,
    /// All groups of the manifest.
    pub(super) groups: &'a [InstanceGroup],
    pub(super) networks: &'a [(&'a NetworkUse, &'a Network)],
    pub(super) state: &'a RecordedState,
}

/// An instance that a Director remembers.
#[derive(Debug, Clone, Copy)]
struct Existing<'a> {
    group: &'a str,
    index: u64,
    az: Option<&'a str>,
    record: &'a RecordedInstance,
}

/// An instance that there will be.
#[derive(Debug, Default)]
struct Slot<'a> {
    /// The instance that it is already.
    existing: Option<Existing<'a>>,
    az: Option<String>,
    /// By network the address that is asked for.
    asked: Vec<Option<IpAddr>>,
}

impl Existing<'_> {
    fn address(&self, network: &str) -> Option<IpAddr> {
        self.record.ips.get(network)?.parse().ok()
    }

    /// Its addresses in all networks.
    fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let texts = self.record.ips.values();
        texts.filter_map(|text| text.parse().ok())
    }
}

/// The plan order of a group: the bootstrap instance, the others of its zone, those without zone, then the other zones
/// by name, each by uuid.
pub(super) fn in_plan_order(instances: &mut [Instance]) {
    let first = instances.iter().find(|instance| instance.bootstrap);
    let first_az = first.and_then(|instance| instance.az.clone());
    let has_first = first.is_some();
    instances.sort_by_cached_key(|instance| {
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
    });
}

impl<'a> Placing<'a> {
    /// All instances in plan order, without addresses but for those that are asked for or remembered.
    pub(super) fn instances(&self) -> Read<Vec<Instance>> {
        self.check_amount()?;
        let existing = self.existing()?;
        let asks = |(using, network): &(&NetworkUse, &Network)| {
            network.kind != NetworkKind::Vip && using.static_ips.is_some()
        };
        let mut slots = if self.networks.iter().any(asks) {
            statics::place(self, existing)?
        } else {
            zones::place(self, existing)
        };
        self.floating(&mut slots)?;
        let mut instances = self.numbered(&slots);
        choose_bootstrap(&mut instances, &slots);
        in_plan_order(&mut instances);
        Ok(instances)
    }

    fn check_amount(&self) -> Read<()> {
        if self.group.instances <= MOST_INSTANCES {
            return Ok(());
        }
        let message = format!(
            "Instance group '{}' has more than {MOST_INSTANCES} instances",
            self.group.name
        );
        Err(self.group.at("instances").fault(message))
    }

    /// Instances of the group, and of those that it takes over, by index.
    fn existing(&self) -> Read<Vec<Existing<'a>>> {
        let mut existing: Vec<Existing<'_>> = self.remembered(&self.group.name).collect();
        for from in &self.group.migrated_from {
            self.check_migration(from)?;
            for mut instance in self.remembered(&from.name) {
                self.check_zone(from, instance.az)?;
                instance.az = instance.az.or(from.az.as_deref());
                existing.push(instance);
            }
        }
        existing.sort_by_key(|instance| instance.index);
        Ok(existing)
    }

    /// Only an instance whose zone is remembered is there; of others an id may be known.
    fn remembered(&self, group: &'a str) -> impl Iterator<Item = Existing<'a>> + use<'a> {
        let instances = self.state.instances(self.deployment, group);
        instances.filter_map(move |(index, record)| {
            let az = record.az.as_ref()?.as_deref();
            Some(Existing {
                group,
                index,
                az,
                record,
            })
        })
    }

    fn check_migration(&self, from: &MigratedFrom) -> Read<()> {
        let (old, new) = (&from.name, &self.group.name);
        let mut others = self.groups.iter().filter(|other| other.name != *new);
        let what = if others.clone().any(|other| other.name == *old) {
            format!(
                " A deployment can not migrate an instance group and also specify it. Please remove instance group '{old}'."
            )
        } else if others.any(|other| other.migrated_from.iter().any(|also| also.name == *old)) {
            " An instance group may be migrated to only one instance group.".to_owned()
        } else {
            return Ok(());
        };
        Err(self.migration_fault(from, &format!(".{what}")))
    }

    fn check_zone(&self, from: &MigratedFrom, az: Option<&str>) -> Read<()> {
        let old = &from.name;
        let zoned = self.group.azs.as_ref().is_some_and(|azs| !azs.is_empty());
        match (az, &from.az) {
            (None, None) if zoned => {
                let what = format!(", availability zone of '{old}' is not specified");
                Err(self.migration_fault(from, &what))
            }
            (Some(az), Some(said)) if az != said => {
                let what = format!(
                    ", '{old}' belongs to availability zone '{az}' and manifest specifies '{said}'"
                );
                Err(self.migration_fault(from, &what))
            }
            _ => Ok(()),
        }
    }

    fn migration_fault(&self, from: &MigratedFrom, what: &str) -> Diagnostic {
        let message = format!(
            "Failed to migrate instance group '{}' to '{}'{what}",
            from.name, self.group.name
        );
        self.group.at("migrated_from").fault(message)
    }

    /// Addresses of floating networks: those that are asked for, in order, an instance keeping its own.
    fn floating(&self, slots: &mut [Slot<'_>]) -> Read<()> {
        for (at, (using, network)) in self.networks.iter().enumerate() {
            if network.kind != NetworkKind::Vip {
                continue;
            }
            let ranges = using.static_ips.as_deref().unwrap_or_default();
            let listed = ranges.iter().flat_map(|range| range.addresses());
            let mut listed: Vec<IpAddr> = listed.take(MOST_INSTANCES).collect();
            if !network.subnets.is_empty() {
                if listed.is_empty() {
                    continue;
                }
                let message =
                    "IPs cannot be specified in both the instance group and the cloud config";
                return Err(using.place.fault(message));
            }
            for slot in slots.iter_mut() {
                let own = slot.existing.and_then(|found| found.address(&using.name));
                let own = own.filter(|own| listed.contains(own));
                if own.is_some() {
                    listed.retain(|address| Some(*address) != own);
                }
                slot.ask(at, own);
            }
            let mut listed = listed.into_iter();
            for slot in slots.iter_mut().filter(|slot| slot.asked_at(at).is_none()) {
                let next = listed.next();
                // What a Director says when it makes an address of nothing.
                let none = || using.place.fault("unsupported address family: 0");
                slot.ask(at, Some(next.ok_or_else(none)?));
            }
        }
        Ok(())
    }

    /// Instances with index and id: what is there keeps both, others get the lowest index that is free.
    fn numbered(&self, slots: &[Slot<'_>]) -> Vec<Instance> {
        let group = &self.group.name;
        let own = self.remembered(group).map(|instance| instance.index);
        let mut used: BTreeSet<u64> = own.collect();
        let mut lowest = 0;
        let mut number = || {
            while !used.insert(lowest) {
                lowest += 1;
            }
            lowest
        };
        let mut instances = Vec::with_capacity(slots.len());
        for slot in slots {
            let kept = slot.existing.filter(|existing| existing.group == group);
            let index = kept.map_or_else(&mut number, |existing| existing.index);
            let named = self.state.instance(self.deployment, group, index);
            let record = slot.existing.map(|existing| existing.record);
            let record = record.or(named.filter(|record| record.az.is_none()));
            let id = record.and_then(|record| record.id.clone());
            let (of_group, of_index) = match slot.existing {
                Some(existing) => (existing.group, existing.index),
                None => (group.as_str(), index),
            };
            instances.push(Instance {
                index,
                id: id.unwrap_or_else(|| made_up_id(self.deployment, of_group, of_index)),
                az: slot.az.clone(),
                bootstrap: false,
                addresses: self.known_addresses(slot, record),
            });
        }
        instances
    }

    /// By network the address that is asked for, or that the instance has and keeps.
    fn known_addresses(
        &self,
        slot: &Slot<'_>,
        record: Option<&RecordedInstance>,
    ) -> Vec<InstanceAddress> {
        let az = slot.az.as_deref();
        let networks = self.networks.iter().enumerate();
        let known = networks.map(|(at, (using, network))| {
            let asked = slot.asked_at(at);
            let remembered = record.and_then(|record| record.ips.get(&using.name));
            let remembered = remembered.and_then(|text| text.parse().ok());
            let keeps = |address: &IpAddr| {
                slot.existing.is_none() || addresses::keeps(network, az, *address)
            };
            let address = asked.or(remembered.filter(keeps));
            InstanceAddress {
                address,
                subnet: address.and_then(|address| addresses::subnet_for(network, address, az)),
                late: false,
            }
        });
        known.collect()
    }
}

impl Slot<'_> {
    fn ask(&mut self, network: usize, address: Option<IpAddr>) {
        if self.asked.len() <= network {
            self.asked.resize(network + 1, None);
        }
        if let Some(asked) = self.asked.get_mut(network) {
            *asked = address;
        }
    }

    fn asked_at(&self, network: usize) -> Option<IpAddr> {
        self.asked.get(network).copied().flatten()
    }
}

/// The remembered one stays if there is exactly one; else it is the lowest index.
fn choose_bootstrap(instances: &mut [Instance], slots: &[Slot<'_>]) {
    let is_first = |slot: &Slot<'_>| {
        let existing = slot.existing;
        existing.is_some_and(|existing| existing.record.bootstrap == Some(true))
    };
    let mut remembered = slots.iter().enumerate().filter(|(_, slot)| is_first(slot));
    let chosen = if let (Some((at, _)), None) = (remembered.next(), remembered.next()) {
        Some(at)
    } else {
        let by_index = instances.iter().enumerate();
        let lowest = by_index.min_by_key(|(_, instance)| instance.index);
        lowest.map(|(at, _)| at)
    };
    if let Some(instance) = chosen.and_then(|at| instances.get_mut(at)) {
        instance.bootstrap = true;
    }
}

/// An id for an instance that no Director made one for: it depends on the names alone, so it stays from run to run.
pub(super) fn made_up_id(deployment: &str, group: &str, index: u64) -> String {
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
