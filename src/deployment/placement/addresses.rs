//! Addresses: who has which, and which is the next that is free.
//!
//! An address belongs to one instance in all networks and deployments, as in a Director's database.

use core::net::IpAddr;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Placing, Read};
use crate::deployment::address::{AddressRange, Single};
use crate::deployment::cloud_config::{Network, NetworkKind, Subnet};
use crate::deployment::manifest::NetworkUse;
use crate::deployment::plan::Instance;

/// Who has which address.
#[derive(Debug, Default)]
pub(in crate::deployment) struct Taken {
    owners: BTreeMap<IpAddr, Owner>,
    /// By network and place of a subnet the lowest address that may be free: plans give addresses, and take none back.
    lowest: BTreeMap<(String, usize), IpAddr>,
}

/// An instance that has an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::deployment) struct Owner {
    /// Name of the deployment.
    pub(in crate::deployment) deployment: String,
    /// Name of the instance group.
    pub(in crate::deployment) group: String,
    /// Uuid.
    pub(in crate::deployment) id: String,
}

impl Taken {
    /// Gives an address to an owner; the error is the other who has it.
    pub(in crate::deployment) fn take(
        &mut self,
        address: IpAddr,
        owner: Owner,
    ) -> Result<(), &Owner> {
        match self.owners.entry(address) {
            Entry::Occupied(other) if other.get().id == owner.id => Ok(()),
            Entry::Occupied(other) => Err(other.into_mut()),
            Entry::Vacant(free) => {
                free.insert(owner);
                Ok(())
            }
        }
    }

    /// The highest address of a range that somebody has.
    fn in_range(&self, range: &AddressRange) -> Option<IpAddr> {
        let mut taken = self.owners.range(range.first()..=range.last());
        taken.next_back().map(|(address, _)| *address)
    }

    /// The lowest free address, or block of addresses, of a subnet.
    fn lowest(&mut self, network: &str, place: usize, subnet: &Subnet) -> Option<IpAddr> {
        let range = subnet.cidr?.range;
        let key = (network.to_owned(), place);
        let mut next = self.lowest.get(&key).copied().unwrap_or(range.first());
        loop {
            let block = range.block_from(next, subnet.prefix)?;
            let kept = subnet.blocks(&block).and_then(|range| range.after());
            let taken = || AddressRange::single(self.in_range(&block)?).after();
            match kept.or_else(taken) {
                Some(behind) => next = behind,
                None if self.is_free(&block, subnet) => {
                    self.lowest.insert(key, block.first());
                    return Some(block.first());
                }
                // What is in the way ends with the highest of all addresses.
                None => return None,
            }
        }
    }

    fn is_free(&self, block: &AddressRange, subnet: &Subnet) -> bool {
        subnet.blocks(block).is_none() && self.in_range(block).is_none()
    }

    /// The first address of a pool that nobody has, as listed.
    fn of_pool(&self, subnet: &Subnet) -> Option<IpAddr> {
        let mut ranges = subnet.statics.iter();
        ranges.find_map(|range| {
            let mut addresses = range.addresses();
            addresses.find(|address| !self.owners.contains_key(address))
        })
    }
}

/// Whether an instance keeps an address that it has without having asked for it.
pub(super) fn keeps(network: &Network, az: Option<&str>, address: IpAddr) -> bool {
    match network.kind {
        NetworkKind::Dynamic => true,
        NetworkKind::Vip => network.subnets.iter().any(|subnet| subnet.offers(address)),
        NetworkKind::Manual => network.subnets.iter().any(|subnet| {
            let near = match az {
                Some(_) => subnet.is_in(az) && subnet.azs.is_some(),
                None => subnet.azs.is_none(),
            };
            holds(subnet, address) && near && !subnet.keeps(address) && !subnet.offers(address)
        }),
    }
}

/// The place of the subnet of an address, preferring one in the instance's zone.
pub(super) fn subnet_for(network: &Network, address: IpAddr, az: Option<&str>) -> Option<usize> {
    let subnets = &network.subnets;
    let holds = |subnet: &Subnet| holds(subnet, address);
    let near = subnets
        .iter()
        .position(|subnet| holds(subnet) && subnet.is_in(az));
    near.or_else(|| subnets.iter().position(holds))
}

fn holds(subnet: &Subnet, address: IpAddr) -> bool {
    match &subnet.cidr {
        Some(cidr) => cidr.range.contains(address),
        None => subnet.offers(address),
    }
}

impl Placing<'_> {
    /// Reserves all addresses of the instances, in plan order, and finds those that nobody asked for. Floating networks come
    /// after the others.
    pub(in crate::deployment) fn reserve(
        &self,
        instances: &mut [Instance],
        taken: &mut Taken,
    ) -> Read<()> {
        let floats = |at: &usize| {
            let network = self.networks.get(*at);
            network.is_some_and(|(_, network)| network.kind == NetworkKind::Vip)
        };
        let mut order: Vec<usize> = (0..self.networks.len()).collect();
        order.sort_by_key(floats);
        for instance in instances {
            for at in &order {
                self.reserve_in(*at, instance, taken)?;
            }
        }
        Ok(())
    }

    fn reserve_in(&self, at: usize, instance: &mut Instance, taken: &mut Taken) -> Read<()> {
        let Some((using, network)) = self.networks.get(at) else {
            return Ok(());
        };
        if network.kind == NetworkKind::Dynamic {
            return Ok(());
        }
        let known = instance.addresses.get(at).and_then(|found| found.address);
        let address = match known {
            Some(address) => Self::checked(address, using, network)?,
            None => self.free(instance, using, network, taken)?,
        };
        let owner = Owner {
            deployment: self.deployment.to_owned(),
            group: self.group.name.clone(),
            id: instance.id.clone(),
        };
        if let Err(other) = taken.take(address, owner) {
            let message = format!(
                "Failed to reserve IP '{}' for instance '{}/{} ({})': already reserved by instance '{}/{}' from deployment '{}'",
                Single(address),
                self.group.name,
                instance.id,
                instance.index,
                other.group,
                other.id,
                other.deployment
            );
            return Err(using.place.fault(message));
        }
        if let Some(found) = instance.addresses.get_mut(at) {
            found.late = known.is_none();
            found.address = Some(address);
            found.subnet = subnet_for(network, address, instance.az.as_deref());
        }
        Ok(())
    }

    /// An address that is asked for or remembered, when somebody may have it.
    fn checked(address: IpAddr, using: &NetworkUse, network: &Network) -> Read<IpAddr> {
        let mut subnets = network.subnets.iter();
        let subnet = subnets.find(|subnet| subnet.cidr.is_some() && holds(subnet, address));
        if subnet.is_some_and(|subnet| subnet.keeps(address)) {
            let message = format!(
                "Failed to reserve IP '{}' for network '{}': IP belongs to reserved range",
                Single(address),
                using.name
            );
            return Err(using.place.fault(message));
        }
        Ok(address)
    }

    fn free(
        &self,
        instance: &Instance,
        using: &NetworkUse,
        network: &Network,
        taken: &mut Taken,
    ) -> Read<IpAddr> {
        let subnets = network.subnets.iter().enumerate();
        let mut reached = subnets.filter(|(_, subnet)| subnet.is_in(instance.az.as_deref()));
        let kind = match network.kind {
            NetworkKind::Vip => "vip",
            NetworkKind::Manual | NetworkKind::Dynamic => "manual",
        };
        let found = reached.find_map(|(place, subnet)| match network.kind {
            NetworkKind::Vip => taken.of_pool(subnet),
            NetworkKind::Manual | NetworkKind::Dynamic => taken.lowest(&using.name, place, subnet),
        });
        found.ok_or_else(|| {
            let message = format!(
                "Failed to reserve IP for '{}/{} ({})' for {kind} network '{}': no more available",
                self.group.name, instance.id, instance.index, using.name
            );
            using.place.fault(message)
        })
    }
}
