//! Zones of instances that ask for addresses: those of the subnets that the addresses are in.
//!
//! Instances that are there keep their addresses; what is left is dealt in the order of the lists. An address whose subnet is
//! in several zones is settled so that all networks have equally many in each zone.

use core::net::IpAddr;
use std::collections::BTreeMap;

use super::{Existing, Placing, Read, Slot};
use crate::deployment::address::{AddressRange, Single};
use crate::deployment::cloud_config::{Network, NetworkKind};
use crate::deployment::manifest::NetworkUse;
use crate::diagnostic::Diagnostic;
use crate::yaml::Value;

/// Most combinations of zones that are tried.
const MOST_TRIED: usize = 2_000;

/// The instances of a group: those that are there, then new ones.
pub(super) fn place<'a>(placing: &Placing<'_>, existing: Vec<Existing<'a>>) -> Read<Vec<Slot<'a>>> {
    let mut dealing = Dealing {
        placing,
        listed: listed(placing)?,
        left: placing.group.instances,
        slots: Vec::new(),
    };
    let rest = dealing.keep_addresses(existing)?;
    for existing in rest {
        dealing.keep_zone(existing)?;
    }
    dealing.complete()?;
    dealing.settle()?;
    for _ in 0..dealing.left {
        dealing.add(Slot::default())?;
    }
    Ok(dealing.slots)
}

/// An address that is asked for.
#[derive(Debug, Clone)]
struct StaticIp<'c> {
    address: IpAddr,
    /// The zones of its subnet that the group has; without zones none alone.
    azs: Vec<Option<String>>,
    claimed: bool,
    cloud: &'c Value,
}

/// The addresses of a network.
#[derive(Debug)]
struct Listed<'c> {
    /// The place of the network in the group.
    network: usize,
    ips: Vec<StaticIp<'c>>,
    /// The place of each address.
    places: BTreeMap<IpAddr, usize>,
    /// All before this one are claimed.
    first: usize,
}

struct Dealing<'p, 'a> {
    placing: &'p Placing<'p>,
    listed: Vec<Listed<'p>>,
    /// How many instances are still wanted.
    left: usize,
    slots: Vec<Slot<'a>>,
}

/// Networks whose addresses are asked for, with their places. Floating ones are dealt elsewhere.
fn asking<'p>(
    placing: &Placing<'p>,
) -> impl Iterator<Item = (usize, &'p NetworkUse, &'p Network)> + use<'p> {
    let networks = placing.networks.iter().enumerate();
    networks.filter_map(|(at, (using, network))| {
        let asks = using
            .static_ips
            .as_ref()
            .is_some_and(|ranges| !ranges.is_empty());
        (asks && network.kind == NetworkKind::Manual).then_some((at, *using, *network))
    })
}

fn listed<'p>(placing: &Placing<'p>) -> Read<Vec<Listed<'p>>> {
    let mut listed = Vec::new();
    for (at, using, network) in asking(placing) {
        let ranges = using.static_ips.as_deref().unwrap_or_default();
        let addresses = ranges.iter().flat_map(|range| range.addresses());
        let addresses = addresses.take(placing.group.instances);
        let found: Read<Vec<_>> = addresses
            .map(|address| static_ip(placing, using, network, address))
            .collect();
        let ips = found?;
        let places = ips
            .iter()
            .enumerate()
            .map(|(place, ip)| (ip.address, place));
        listed.push(Listed {
            network: at,
            places: places.collect(),
            ips,
            first: 0,
        });
    }
    check_zones(placing, &listed)?;
    Ok(listed)
}

fn static_ip<'p>(
    placing: &Placing<'p>,
    using: &NetworkUse,
    network: &'p Network,
    address: IpAddr,
) -> Read<StaticIp<'p>> {
    let subnet = network.subnets.iter().find(|subnet| subnet.offers(address));
    let Some(subnet) = subnet else {
        let message = format!(
            "Instance group '{}' with network '{}' declares static ip '{}', which belongs to no subnet",
            placing.group.name,
            using.name,
            Single(address)
        );
        return Err(using.place.fault(message));
    };
    let of_group = placing.group.azs.as_deref();
    let azs = match (&subnet.azs, of_group) {
        (None, None) => vec![None],
        (Some(azs), Some(of_group)) => {
            let mut fitting: Vec<Option<String>> = Vec::new();
            for az in azs.iter().filter(|az| of_group.contains(az)) {
                if !fitting.contains(&Some(az.clone())) {
                    fitting.push(Some(az.clone()));
                }
            }
            fitting
        }
        _ => Vec::new(),
    };
    Ok(StaticIp {
        address,
        azs,
        claimed: false,
        cloud: &subnet.cloud_properties,
    })
}

fn check_zones(placing: &Placing<'_>, listed: &[Listed<'_>]) -> Read<()> {
    let group = &placing.group.name;
    let of_network = |of: &'_ Listed<'_>| -> Vec<(usize, IpAddr, bool)> {
        let ips = of.ips.iter();
        ips.map(|ip| (of.network, ip.address, ip.azs.is_empty()))
            .collect()
    };
    let mut all = listed.iter().flat_map(of_network);
    let Some((at, address, _)) = all.find(|(_, _, lost)| *lost) else {
        return Ok(());
    };
    let message = match &placing.group.azs {
        None => format!(
            "Instance group '{group}' subnets declare availability zones and the instance group does not"
        ),
        Some(_) => format!(
            "Instance group '{group}' declares static ip '{}' which does not belong to any of the instance group's availability zones.",
            Single(address)
        ),
    };
    let using = placing.networks.get(at).map(|(using, _)| &using.place);
    Err(using.unwrap_or(&placing.group.place).fault(message))
}

impl<'a> Dealing<'_, 'a> {
    fn fault(&self, message: impl Into<String>) -> Diagnostic {
        self.placing.group.at("networks").fault(message)
    }

    /// Instances that have an address that is asked for. Gives back the others.
    fn keep_addresses(&mut self, existing: Vec<Existing<'a>>) -> Read<Vec<Existing<'a>>> {
        let mut rest = Vec::new();
        for instance in existing {
            let held = self.held(&instance);
            if held.is_empty() {
                rest.push(instance);
            } else if self.left == 0 {
                for (_, address) in held {
                    self.forget(address);
                }
            } else {
                self.left -= 1;
                self.keep(instance, &held)?;
            }
        }
        Ok(rest)
    }

    /// The addresses of an instance that are asked for, with the places of the networks.
    fn held(&self, instance: &Existing<'_>) -> Vec<(usize, IpAddr)> {
        let asks = |using: &NetworkUse, address: IpAddr| {
            let ranges = using.static_ips.as_deref().unwrap_or_default();
            ranges
                .iter()
                .any(|range: &AddressRange| range.contains(address))
        };
        let mut held = Vec::new();
        for (at, using, _) in asking(self.placing) {
            let addresses = instance.addresses().filter(|address| asks(using, *address));
            held.extend(addresses.map(|address| (at, address)));
        }
        held
    }

    fn keep(&mut self, instance: Existing<'a>, held: &[(usize, IpAddr)]) -> Read<()> {
        let mut slot = Slot {
            existing: Some(instance),
            az: instance.az.map(str::to_owned),
            asked: Vec::new(),
        };
        for (place, (at, address)) in held.iter().enumerate() {
            let is_it = |ip: &StaticIp<'_>| ip.address == *address && ip.azs.contains(&slot.az);
            let fits = self.unclaimed(*at).any(is_it);
            if place == 0 && !fits {
                let message = format!(
                    "Existing instance '{}/{}' is using IP '{}' in availability zone '{}'",
                    instance.group,
                    instance.index,
                    Single(*address),
                    instance.az.unwrap_or_default()
                );
                return Err(self.fault(message));
            }
            if fits {
                slot.ask(*at, Some(*address));
            }
            self.claim(*address, slot.az.as_ref());
        }
        self.slots.push(slot);
        Ok(())
    }

    /// An instance that gets other addresses in its zone. Where there are none it goes away.
    fn keep_zone(&mut self, instance: Existing<'a>) -> Read<()> {
        let az = instance.az.map(str::to_owned);
        let has_room = |at: usize| self.unclaimed(at).any(|ip| ip.azs.contains(&az));
        if self.left == 0 || !asking(self.placing).all(|(at, ..)| has_room(at)) {
            return Ok(());
        }
        self.left -= 1;
        self.add(Slot {
            existing: Some(instance),
            az,
            asked: Vec::new(),
        })
    }

    /// Gives instances that are there addresses in the networks where they have none yet.
    fn complete(&mut self) -> Read<()> {
        for slot in std::mem::take(&mut self.slots) {
            self.add(slot)?;
        }
        Ok(())
    }

    /// Adds an instance with an address in each network where it has none yet.
    fn add(&mut self, mut slot: Slot<'a>) -> Read<()> {
        for (at, using, _) in asking(self.placing) {
            if slot.asked_at(at).is_none() {
                let sibling = self.sibling(&slot, at, using);
                let (address, az) = self.next(&slot, at, using, sibling)?;
                self.claim(address, az.as_ref());
                slot.az = az;
                slot.ask(at, Some(address));
            }
        }
        self.slots.push(slot);
        Ok(())
    }

    /// The next address of a network in the instance's zone, or in any if it has none yet.
    fn next(
        &self,
        slot: &Slot<'_>,
        at: usize,
        using: &NetworkUse,
        sibling: Option<&Value>,
    ) -> Read<(IpAddr, Option<String>)> {
        let fits = |ip: &&StaticIp<'_>| {
            (slot.az.is_none() || ip.azs.contains(&slot.az))
                && sibling.is_none_or(|cloud| ip.cloud == cloud)
        };
        if let Some(ip) = self.unclaimed(at).find(fits) {
            let az = match &slot.az {
                Some(az) => Some(az.clone()),
                None => self.least_used(&ip.azs),
            };
            return Ok((ip.address, az));
        }
        let Some(card) = sibling.and(using.nic_group.as_ref()) else {
            let message =
                "Failed to distribute static IPs to satisfy existing instance reservations";
            return Err(self.fault(message));
        };
        let mut message = format!(
            "Failed to find a static IP for network '{}' on a matching subnet in nic_group '{card}'",
            using.name
        );
        if let Some(az) = &slot.az {
            message.push_str(" in availability zone '");
            message.push_str(az);
            message.push('\'');
        }
        Err(self.fault(message))
    }

    /// What the infrastructure is told of the subnet of the network that shares a card with this one.
    fn sibling(&self, slot: &Slot<'_>, at: usize, using: &NetworkUse) -> Option<&Value> {
        let card = using.nic_group.as_ref()?;
        let mut others = asking(self.placing);
        others.find_map(|(other, sibling, network)| {
            let shares = other != at && sibling.nic_group.as_ref() == Some(card);
            let address = slot.asked_at(other).filter(|_| shares)?;
            let mut subnets = network.subnets.iter();
            let holds = |subnet: &&crate::deployment::cloud_config::Subnet| {
                subnet.cidr.is_some_and(|cidr| cidr.range.contains(address))
            };
            subnets.find(holds).map(|subnet| &subnet.cloud_properties)
        })
    }

    fn least_used(&self, azs: &[Option<String>]) -> Option<String> {
        let used = |az: &&Option<String>| self.slots.iter().filter(|slot| slot.az == **az).count();
        azs.iter().min_by_key(used).cloned().flatten()
    }

    fn unclaimed(&self, at: usize) -> impl Iterator<Item = &StaticIp<'_>> {
        let listed = self.listed.iter().filter(move |of| of.network == at);
        let left = listed.flat_map(|of| of.ips.get(of.first..).unwrap_or_default());
        left.filter(|ip| !ip.claimed)
    }

    /// An address is claimed in all networks that list it.
    fn claim(&mut self, address: IpAddr, az: Option<&String>) {
        for of in &mut self.listed {
            let place = of.places.get(&address);
            if let Some(ip) = place.and_then(|place| of.ips.get_mut(*place)) {
                ip.claimed = true;
                ip.azs = vec![az.cloned()];
            }
            while of.ips.get(of.first).is_some_and(|ip| ip.claimed) {
                of.first += 1;
            }
        }
    }

    /// Takes an address out of the lists.
    fn forget(&mut self, address: IpAddr) {
        for of in &mut self.listed {
            if let Some(place) = of.places.remove(&address) {
                of.ips.remove(place);
                of.places
                    .values_mut()
                    .filter(|found| **found > place)
                    .for_each(|found| *found -= 1);
            }
        }
    }

    /// Settles each address in one zone.
    fn settle(&mut self) -> Read<()> {
        let mut azs: Vec<Zones> = Vec::with_capacity(self.listed.len());
        for of in &self.listed {
            azs.push(of.ips.iter().map(|ip| ip.azs.clone()).collect());
        }
        let mut tries = MOST_TRIED;
        let Some(settled) = settled(azs, &mut tries) else {
            let message = format!(
                "Failed to evenly distribute static IPs between zones for instance group '{}'",
                self.placing.group.name
            );
            return Err(self.fault(message));
        };
        for (of, azs) in self.listed.iter_mut().zip(settled) {
            for (ip, azs) in of.ips.iter_mut().zip(azs) {
                ip.azs = azs;
            }
        }
        Ok(())
    }
}

/// The zones of the addresses of a network.
type Zones = Vec<Vec<Option<String>>>;

/// One zone for each address, so that all networks have equally many in each; of several such the one that a Director finds
/// first. `tries` bounds the work: there are more combinations than anybody can try.
fn settled(mut networks: Vec<Zones>, tries: &mut usize) -> Option<Vec<Zones>> {
    if let [only] = networks.as_mut_slice() {
        spread(only);
        return Some(networks);
    }
    settle(&mut networks, tries).then_some(networks)
}

/// Settles the first address that may be in several zones, then the rest; whether that is possible.
fn settle(networks: &mut [Zones], tries: &mut usize) -> bool {
    if *tries == 0 {
        return false;
    }
    *tries -= 1;
    let Some((network, ip)) = first_open(networks) else {
        let counts: Vec<_> = networks.iter().map(counted).collect();
        return counts.windows(2).all(|pair| pair.first() == pair.last());
    };
    if network > 0 && !has_room(networks, network) {
        return false;
    }
    let open = zones_at(networks, network, ip).clone();
    let mut azs = open.clone();
    azs.sort_by_cached_key(|az| used_before(networks, network, ip, az.as_ref()));
    for az in azs {
        *zones_at(networks, network, ip) = vec![az];
        if settle(networks, tries) {
            return true;
        }
    }
    *zones_at(networks, network, ip) = open;
    false
}

fn zones_at(networks: &mut [Zones], network: usize, ip: usize) -> &mut Vec<Option<String>> {
    &mut networks[network][ip]
}

/// How many addresses before one are in a zone.
fn used_before(networks: &[Zones], network: usize, ip: usize, az: Option<&String>) -> usize {
    let before = networks.iter().take(network).flatten();
    let own = networks.get(network).into_iter().flatten().take(ip);
    before
        .chain(own)
        .filter(|azs| azs.first().is_some_and(|first| first.as_ref() == az))
        .count()
}

/// The zones of one network alone: each address goes to the zone with the fewest before it.
fn spread(ips: &mut Zones) {
    let mut used: BTreeMap<Option<String>, usize> = BTreeMap::new();
    for azs in ips {
        let count = |az: &&Option<String>| used.get(*az).copied().unwrap_or(0);
        if let Some(az) = azs.iter().min_by_key(count).cloned() {
            *used.entry(az.clone()).or_default() += 1;
            *azs = vec![az];
        }
    }
}

/// The first address that may be in several zones.
fn first_open(networks: &[Zones]) -> Option<(usize, usize)> {
    let mut all = networks.iter().enumerate();
    all.find_map(|(network, ips)| {
        let ip = ips.iter().position(|azs| azs.len() > 1)?;
        Some((network, ip))
    })
}

fn counted(ips: &Zones) -> BTreeMap<&Option<String>, usize> {
    let mut counts = BTreeMap::new();
    for az in ips.iter().filter_map(|azs| azs.first()) {
        *counts.entry(az).or_default() += 1;
    }
    counts
}

/// Whether a network can have as many addresses in each zone as the one before it.
fn has_room(networks: &[Zones], network: usize) -> bool {
    let Some([before, own]) = networks.get(network - 1..=network) else {
        return true;
    };
    counted(before).into_iter().all(|(az, wanted)| {
        let fitting = own.iter().filter(|azs| azs.contains(az));
        fitting.count() >= wanted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Zones of addresses: `12` may be in the zones 1 and 2; networks are separated by `|`.
    fn read(text: &str) -> Vec<Zones> {
        let zone = |c: char| Some(c.to_string());
        let ips = |network: &str| {
            network
                .split_whitespace()
                .map(|ip| ip.chars().map(zone).collect())
                .collect()
        };
        text.split('|').map(ips).collect()
    }

    #[test]
    fn networks_have_equally_many_addresses_in_each_zone() {
        for (open, expected) in [
            ("12 12 12", "1 2 1"),
            ("2 12 12", "2 1 1"),
            ("1 1 2 | 12 12 12", "1 1 2 | 2 1 1"),
            ("12 12 | 2 2", "2 2 | 2 2"),
            ("12 | 12", "1 | 1"),
        ] {
            let found = settled(read(open), &mut MOST_TRIED.clone());
            assert_eq!(found, Some(read(expected)), "{open}");
        }
        assert_eq!(settled(read("1 1 | 2 2"), &mut MOST_TRIED.clone()), None);
    }

    #[test]
    fn work_is_bounded() {
        let open = vec!["12"; 64].join(" ");
        let wrong = vec!["3"; 64].join(" ");
        let found = settled(read(&format!("{open} | {wrong}")), &mut MOST_TRIED.clone());
        assert_eq!(found, None);
    }
}
