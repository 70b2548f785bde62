//! A cloud-config: availability zones, networks with their subnets, types of disks and of VMs.
//!
//! Only what reaches a template, or a check of names, is kept: nothing of compilation, of the sizes of VMs, of what the
//! infrastructure makes of `cloud_properties`. It is checked as a Director does, but for `compilation`, which leaves no trace.

mod network;
mod reader;

use core::net::IpAddr;
use std::sync::Arc;

use super::address::{AddressRange, Cidr};
use super::document::Node;
use super::read::Sources;
use super::sent::sent;
use crate::diagnostic::Diagnostics;
use crate::source::Source;
use crate::yaml::Value;

/// What a cloud-config says.
#[derive(Debug, Clone, Default)]
pub struct CloudConfig {
    /// Names of the availability zones.
    pub azs: Vec<String>,
    /// The networks, as listed.
    pub networks: Vec<Network>,
    /// Types of persistent disks: name and size in megabytes.
    pub disk_types: Vec<(String, u64)>,
    /// Names of types of VMs.
    pub vm_types: Vec<String>,
    /// Names of extensions of VMs.
    pub vm_extensions: Vec<String>,
    /// All that it says, for what compares: also what only the infrastructure is told.
    pub whole: Value,
}

/// A network.
#[derive(Debug, Clone)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// How its addresses are given.
    pub kind: NetworkKind,
    /// Its subnets, as listed. A vip network may have none.
    pub subnets: Vec<Subnet>,
    /// What the infrastructure is told of a vip network.
    pub cloud_properties: Value,
}

/// How the addresses of a network are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkKind {
    /// By the Director, from ranges.
    Manual,
    /// By the infrastructure, when a VM is made.
    Dynamic,
    /// Floating ones, which are named in the manifest or come from a pool.
    Vip,
}

/// A part of a network.
#[derive(Debug, Clone)]
pub struct Subnet {
    /// All its addresses; only manual networks have them.
    pub cidr: Option<Cidr>,
    /// Its gateway.
    pub gateway: Option<IpAddr>,
    /// Addresses of name servers; `None` when it says none.
    pub dns: Option<Vec<String>>,
    /// The availability zones it is in; `None` when it says none.
    pub azs: Option<Vec<String>>,
    /// What nobody gets, besides network, broadcast and gateway.
    pub reserved: Vec<AddressRange>,
    /// What only instances that ask for it get; of a vip network its pool.
    pub statics: Vec<AddressRange>,
    /// How many bits of an address name what one instance gets: all, or fewer for a block of addresses.
    pub prefix: u8,
    /// What the infrastructure is told.
    pub cloud_properties: Value,
}

impl CloudConfig {
    /// Reads the text of a cloud-config.
    ///
    /// # Errors
    /// Its first fault, or those of its syntax.
    pub fn parse(source: &Arc<Source>) -> Result<Self, Diagnostics> {
        let root = Node::parse(source)?;
        let sources = Sources::only(source);
        let root = sent(&root, &sources)?;
        Ok(reader::config(&sources, &root)?)
    }

    /// The network of a name.
    pub fn network(&self, name: &str) -> Option<&Network> {
        self.networks.iter().find(|network| network.name == name)
    }

    /// The size of a type of disks, in megabytes.
    pub fn disk_size(&self, kind: &str) -> Option<u64> {
        let mut types = self.disk_types.iter();
        types
            .find(|(name, _)| name == kind)
            .map(|(_, megabytes)| *megabytes)
    }
}

impl Network {
    /// Whether instances of these availability zones, or of none, can be in it.
    pub fn reaches(&self, azs: Option<&[String]>) -> bool {
        let has = |az: Option<&str>| {
            let mut subnets = self.subnets.iter();
            subnets.any(|subnet| match (&subnet.azs, az) {
                (Some(azs), Some(az)) => azs.iter().any(|found| found == az),
                (found, az) => found.is_none() && az.is_none(),
            })
        };
        match azs {
            _ if self.kind == NetworkKind::Vip => true,
            None => self.subnets.is_empty() || has(None),
            Some(azs) => azs.iter().all(|az| has(Some(az))),
        }
    }
}

impl Subnet {
    /// Whether an instance of an availability zone, or of none, can be in it.
    pub fn is_in(&self, az: Option<&str>) -> bool {
        match (az, &self.azs) {
            (Some(az), Some(azs)) => azs.iter().any(|found| found == az),
            (None, _) => true,
            (Some(_), None) => false,
        }
    }

    /// Whether an address can be asked for here.
    pub fn offers(&self, address: IpAddr) -> bool {
        self.statics.iter().any(|range| range.contains(address))
    }

    /// Whether nobody gets an address.
    pub fn keeps(&self, address: IpAddr) -> bool {
        self.kept().any(|range| range.contains(address))
    }

    /// Ranges that nobody gets: network, broadcast, gateway, what is reserved.
    fn kept(&self) -> impl Iterator<Item = AddressRange> {
        let ends = self.cidr.iter().flat_map(|cidr| cidr.range.ends());
        let gateway = self.gateway.map(AddressRange::single);
        ends.chain(gateway).chain(self.reserved.iter().copied())
    }

    /// A range that keeps addresses from being given to an instance that asks for none.
    pub fn blocks(&self, wanted: &AddressRange) -> Option<AddressRange> {
        let mut ranges = self.kept().chain(self.statics.iter().copied());
        ranges.find(|range| range.overlaps(wanted))
    }
}
