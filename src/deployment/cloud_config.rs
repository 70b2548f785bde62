//! A cloud-config: availability zones, networks with their subnets, types of disks and of VMs.
//!
//! Only what reaches a template is kept: nothing of compilation, of the sizes of VMs, of what the infrastructure makes of
//! `cloud_properties`.

use core::net::IpAddr;
use std::sync::Arc;

use super::address::{AddressRange, Cidr};
use super::document::Node;
use super::read::{Sources, data, present};
use super::sent::sent;
use crate::diagnostic::{Diagnostic, Diagnostics};
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
    /// Addresses of name servers.
    pub dns: Vec<String>,
    /// The availability zones it is in; `None` when it says none.
    pub azs: Option<Vec<String>>,
    /// What nobody gets.
    pub reserved: Vec<AddressRange>,
    /// What only instances that ask for it get; of a vip network its pool.
    pub statics: Vec<AddressRange>,
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
        let reader = Reader {
            sources: Sources::only(source),
        };
        Ok(reader.config(&sent(&root, &reader.sources)?)?)
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
    /// Whether a subnet of it is in an availability zone.
    pub fn reaches(&self, az: &str) -> bool {
        self.subnets.iter().any(|subnet| subnet.is_in(Some(az)))
    }

    /// Whether its subnets say in which availability zones they are.
    pub fn has_azs(&self) -> bool {
        self.subnets.iter().any(|subnet| subnet.azs.is_some())
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
            && !self.reserved.iter().any(|range| range.contains(address))
    }

    /// Whether an address may be given to an instance that asked for none.
    pub fn may_give(&self, address: IpAddr) -> bool {
        let Some(cidr) = &self.cidr else {
            return false;
        };
        let taken = [&self.reserved, &self.statics];
        address != cidr.range.first()
            && address != cidr.range.last()
            && Some(address) != self.gateway
            && !taken
                .iter()
                .any(|ranges| ranges.iter().any(|range| range.contains(address)))
    }
}

struct Reader {
    sources: Sources,
}

impl Reader {
    fn config(&self, root: &Node) -> Result<CloudConfig, Diagnostic> {
        let mut config = CloudConfig::default();
        for az in self.sources.list(root, "azs")?.unwrap_or_default() {
            config.azs.push(self.sources.required_text(az, "name")?);
        }
        for network in self.sources.list(root, "networks")?.unwrap_or_default() {
            config.networks.push(self.network(network)?);
        }
        for disk in self.sources.list(root, "disk_types")?.unwrap_or_default() {
            let name = self.sources.required_text(disk, "name")?;
            let size = self.sources.count(disk, "disk_size")?.unwrap_or(0);
            config.disk_types.push((name, size));
        }
        Ok(config)
    }

    fn network(&self, node: &Node) -> Result<Network, Diagnostic> {
        let name = self.sources.required_text(node, "name")?;
        let kind = match self.sources.text(node, "type")?.as_deref() {
            None | Some("manual") => NetworkKind::Manual,
            Some("dynamic") => NetworkKind::Dynamic,
            Some("vip") => NetworkKind::Vip,
            Some(other) => {
                let place = self.sources.place(node);
                let message = format!(
                    "Invalid network type '{other}' for network '{name}', valid network types are: manual, dynamic, vip"
                );
                return Err(place.fault(message));
            }
        };
        let subnets = self.sources.list(node, "subnets")?;
        let subnets = match subnets {
            None if kind == NetworkKind::Dynamic => vec![self.subnet(node)?],
            listed => {
                let listed = listed.unwrap_or_default().iter();
                listed
                    .map(|subnet| self.subnet(subnet))
                    .collect::<Result<_, _>>()?
            }
        };
        Ok(Network {
            name,
            kind,
            subnets,
            cloud_properties: cloud_properties(node),
        })
    }

    fn subnet(&self, node: &Node) -> Result<Subnet, Diagnostic> {
        Ok(Subnet {
            cidr: self.parsed(node, "range", Cidr::parse)?,
            gateway: self.parsed(node, "gateway", |text| text.parse().ok())?,
            dns: self.sources.texts(node, "dns")?.unwrap_or_default(),
            azs: self.azs(node)?,
            reserved: self.ranges(node, "reserved")?,
            statics: self.ranges(node, "static")?,
            cloud_properties: cloud_properties(node),
        })
    }

    fn azs(&self, node: &Node) -> Result<Option<Vec<String>>, Diagnostic> {
        match self.sources.text(node, "az")? {
            Some(az) => Ok(Some(vec![az])),
            None => self.sources.texts(node, "azs"),
        }
    }

    fn parsed<T>(
        &self,
        node: &Node,
        key: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Diagnostic> {
        let Some(text) = self.sources.text(node, key)? else {
            return Ok(None);
        };
        parse(&text)
            .map(Some)
            .ok_or_else(|| self.invalid(node, key, &text))
    }

    fn invalid(&self, node: &Node, key: &str, text: &str) -> Diagnostic {
        let at = present(node, key).unwrap_or(node);
        let message = format!("Invalid IP or CIDR format: {text}");
        self.sources.place(at).fault(message)
    }

    /// A list of ranges, or one.
    fn ranges(&self, node: &Node, key: &str) -> Result<Vec<AddressRange>, Diagnostic> {
        let texts = match present(node, key) {
            None => return Ok(Vec::new()),
            Some(found) if found.list().is_none() => vec![self.sources.as_text(found, key)?],
            Some(_) => self.sources.texts(node, key)?.unwrap_or_default(),
        };
        let parse =
            |text: &String| AddressRange::parse(text).ok_or_else(|| self.invalid(node, key, text));
        texts.iter().map(parse).collect()
    }
}

/// What the infrastructure is told; an empty map without.
fn cloud_properties(node: &Node) -> Value {
    match data(node, "cloud_properties") {
        Value::Null => Value::Mapping(Vec::new()),
        given => given,
    }
}
