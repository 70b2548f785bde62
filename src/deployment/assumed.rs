//! The cloud-config that is assumed where none is given: what manifests ask for, and nothing else.
//!
//! It is a text like any other, so that it can be shown, kept and changed: all availability zones, each network with a
//! range of its own, types of disks of one size. Addresses that a manifest asks for lie outside of these ranges as a rule,
//! so a network has a subnet around each of them, too.

use core::net::IpAddr;
use std::collections::BTreeSet;

use super::address::{AddressRange, Cidr};
use super::manifest::{DeploymentManifest, Disks, InstanceGroup, NetworkUse};
use crate::yaml::{self, Value};

/// Size of a persistent disk of any type, in megabytes.
const DISK_SIZE: i64 = 10_240;

/// A cloud-config that was not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedCloud {
    /// Its text.
    pub text: String,
    /// Each network and its ranges, in the order of names.
    pub networks: Vec<(String, Vec<String>)>,
}

impl AssumedCloud {
    /// A cloud-config in which all of the manifests can be deployed at once.
    pub fn of(manifests: &[DeploymentManifest]) -> Self {
        let groups: Vec<&InstanceGroup> = manifests.iter().flat_map(|all| &all.groups).collect();
        let azs: BTreeSet<&String> = groups
            .iter()
            .flat_map(|group| &group.azs)
            .flatten()
            .collect();
        let vm_types: BTreeSet<&String> = groups.iter().flat_map(|group| &group.vm_type).collect();
        let extensions = groups.iter().flat_map(|group| &group.vm_extensions);
        let extensions: BTreeSet<&String> = extensions.collect();
        let uses = || groups.iter().flat_map(|group| &group.networks);
        let names: BTreeSet<&String> = uses().map(|network| &network.name).collect();
        let mut networks = Vec::with_capacity(names.len());
        for (number, name) in names.into_iter().enumerate() {
            let asked = uses().filter(|network| network.name == *name);
            networks.push((name.clone(), subnets(number, asked)));
        }
        let listed = networks.iter().map(|(name, subnets)| {
            let subnets = subnets.iter().map(|subnet| subnet.written(&azs));
            Value::map([
                ("name", Value::from(name.as_str())),
                ("type", Value::from("manual")),
                ("subnets", Value::list(subnets)),
            ])
        });
        let named = |name: &&String| Value::map([("name", name.as_str())]);
        let config = Value::map([
            ("azs", Value::list(azs.iter().map(named))),
            ("networks", Value::list(listed)),
            ("disk_types", Value::list(disk_types(&groups))),
            ("vm_types", Value::list(vm_types.iter().map(named))),
            ("vm_extensions", Value::list(extensions.iter().map(named))),
        ]);
        let text = yaml::write(&config);
        let ranges =
            |subnets: Vec<Subnet>| subnets.into_iter().map(|subnet| subnet.range).collect();
        let networks = networks.into_iter();
        Self {
            text,
            networks: networks
                .map(|(name, subnets)| (name, ranges(subnets)))
                .collect(),
        }
    }
}

struct Subnet {
    range: String,
    gateway: String,
    /// Addresses that are asked for.
    statics: Vec<String>,
}

impl Subnet {
    fn written(&self, azs: &BTreeSet<&String>) -> Value {
        let mut entries = vec![
            ("range", Value::from(self.range.as_str())),
            ("gateway", Value::from(self.gateway.as_str())),
            ("static", Value::list(self.statics.clone())),
        ];
        if !azs.is_empty() {
            let azs = azs.iter().map(|az| az.as_str());
            entries.push(("azs", Value::list(azs)));
        }
        Value::map(entries)
    }
}

/// The range of the network's number, and those around addresses that are asked for. None is a part of another.
fn subnets<'a>(number: usize, uses: impl Iterator<Item = &'a NetworkUse>) -> Vec<Subnet> {
    let asked = uses.flat_map(|network| network.static_ips.iter().flatten());
    let asked: BTreeSet<(IpAddr, IpAddr)> =
        asked.map(|range| (range.first(), range.last())).collect();
    // Networks may overlap: addresses are taken in one network only.
    let own = format!("10.{}.0.0/16", number % 256);
    let mut all = vec![own.clone()];
    for asked in &asked {
        let range = around(&own, *asked);
        if !all.contains(&range) {
            all.push(range);
        }
    }
    let cidrs: Vec<Cidr> = all.iter().filter_map(|text| Cidr::parse(text)).collect();
    let inner = |cidr: &Cidr| {
        let mut others = cidrs.iter().filter(|other| *other != cidr);
        others.any(|other| other.range.includes(&cidr.range))
    };
    let whole = cidrs.iter().filter(|cidr| !inner(cidr));
    whole.map(|cidr| subnet(cidr, &asked)).collect()
}

fn subnet(cidr: &Cidr, asked: &BTreeSet<(IpAddr, IpAddr)>) -> Subnet {
    let inside = asked
        .iter()
        .filter(|(first, _)| cidr.range.contains(*first));
    let inside: Vec<(IpAddr, IpAddr)> = inside.copied().collect();
    let range = cidr.to_string();
    Subnet {
        gateway: gateway(&range, &inside),
        statics: inside
            .iter()
            .map(|(first, last)| format!("{first} - {last}"))
            .collect(),
        range,
    }
}

/// The first of these ranges that has both addresses: the network's own, and wider and wider ones around the first.
fn around(own: &str, (first, last): (IpAddr, IpAddr)) -> String {
    let prefixes = if first.is_ipv6() {
        [64, 32, 0]
    } else {
        [16, 8, 0]
    };
    let wider = prefixes.map(|prefix| format!("{first}/{prefix}"));
    let mut ranges = std::iter::once(own).chain(wider.iter().map(String::as_str));
    let fits = |text: &&str| {
        Cidr::parse(text)
            .is_some_and(|cidr| cidr.range.contains(first) && cidr.range.contains(last))
    };
    let found = ranges.find(fits).and_then(Cidr::parse);
    found.map_or_else(String::new, |cidr| {
        format!("{}/{}", cidr.range.first(), cidr.prefix)
    })
}

/// The lowest address that nobody asks for.
fn gateway(range: &str, asked: &[(IpAddr, IpAddr)]) -> String {
    let free = |address: &IpAddr| {
        !asked
            .iter()
            .any(|(first, last)| first <= address && address <= last)
    };
    let cidr = Cidr::parse(range);
    // Each range of addresses that is asked for hides at most all that lie in it, so one look behind each is enough.
    let starts = asked
        .iter()
        .filter_map(|(_, last)| AddressRange::parse(&last.to_string())?.after());
    let lowest = cidr.and_then(|cidr| cidr.range.addresses().nth(1));
    let found = lowest.into_iter().chain(starts).find(free);
    found
        .or(lowest)
        .map(|address| address.to_string())
        .unwrap_or_default()
}

fn disk_types(groups: &[&InstanceGroup]) -> Vec<Value> {
    let mut names = BTreeSet::new();
    for group in groups {
        match &group.disks {
            Disks::Type(name) => {
                names.insert(name);
            }
            Disks::Named(named) => names.extend(named.iter().map(|(_, kind)| kind)),
            Disks::None | Disks::Size(_) => {}
        }
    }
    let kind = |name: &String| {
        Value::map([
            ("name", Value::from(name.as_str())),
            ("disk_size", Value::from(DISK_SIZE)),
        ])
    };
    names.into_iter().map(kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deployment::CloudConfig;
    use crate::source::Source;

    fn assumed(groups: &str) -> AssumedCloud {
        let text = crate::deployment::tests::whole("[]", groups);
        let manifest = crate::deployment::tests::manifest(&text);
        AssumedCloud::of(&[manifest])
    }

    #[test]
    fn it_has_what_is_asked_for_and_can_be_read() {
        let cloud = assumed(
            "- {name: a, instances: 1, azs: [z2, z1], persistent_disk_type: big, vm_type: m, stemcell: s, networks: [{name: right}], jobs: []}\n\
             - {name: b, instances: 2, vm_type: m, stemcell: s, networks: [{name: left, static_ips: [192.168.7.1, 192.168.7.2-192.168.7.9, 10.0.0.1]}], jobs: []}\n",
        );
        let read = CloudConfig::parse(&Source::new("cloud.yml", cloud.text.as_str())).unwrap();
        assert_eq!(read.azs, ["z1", "z2"]);
        assert_eq!(read.disk_size("big"), Some(10_240));
        let ranges = |name: &str| {
            let mut networks = cloud.networks.iter();
            let found = networks.find(|(found, _)| found == name);
            found.map(|(_, ranges)| ranges.clone()).unwrap_or_default()
        };
        assert_eq!(ranges("left"), ["10.0.0.0/16", "192.168.0.0/16"]);
        assert_eq!(ranges("right"), ["10.1.0.0/16"]);
        let network = read.network("left").unwrap();
        let asked: IpAddr = "192.168.7.9".parse().unwrap();
        assert!(network.subnets[1].offers(asked));
        assert_eq!(network.subnets[0].gateway, "10.0.0.2".parse().ok());
    }

    #[test]
    fn wide_and_sixth_version_ranges_fit() {
        assert_eq!(gateway("0.0.0.0/0", &[]), "0.0.0.1");
        let of = |first: &str, last: &str| {
            around(
                "10.0.0.0/16",
                (first.parse().unwrap(), last.parse().unwrap()),
            )
        };
        assert_eq!(of("10.0.3.1", "10.0.4.1"), "10.0.0.0/16");
        assert_eq!(of("10.7.3.1", "10.9.4.1"), "10.0.0.0/8");
        assert_eq!(of("9.7.3.1", "10.9.4.1"), "0.0.0.0/0");
        assert_eq!(of("fd00::1", "fd00::ffff"), "fd00::/64");
    }
}
