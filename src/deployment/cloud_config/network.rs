//! Networks and their subnets: what a Director checks of them.

use core::net::IpAddr;

use super::reader::cloud_properties;
use super::{Network, NetworkKind, Subnet};
use crate::deployment::address::{AddressRange, Cidr, single_prefix};
use crate::deployment::document::Node;
use crate::deployment::inspect::to_s;
use crate::deployment::read::{Sources, present};
use crate::diagnostic::Diagnostic;

type Read<T> = Result<T, Diagnostic>;

/// Most subnets of a network.
const MOST_SUBNETS: usize = 5_000;

/// Reads networks. `azs` are the names of the availability zones that there are.
pub(super) struct Networks<'a> {
    pub(super) sources: &'a Sources,
    pub(super) azs: &'a [String],
}

impl Networks<'_> {
    pub(super) fn network(&self, node: &Node) -> Read<Network> {
        match self.sources.text(node, "type")?.as_deref() {
            None | Some("manual") => self.manual(node),
            Some("dynamic") => self.dynamic(node),
            Some("vip") => self.vip(node),
            Some(other) => Err(self.fault(node, "type", format!("Invalid network type '{other}'"))),
        }
    }

    fn manual(&self, node: &Node) -> Read<Network> {
        let name = self.sources.required_text(node, "name")?;
        let nodes = self.sources.required_list(node, "subnets")?;
        if nodes.len() > MOST_SUBNETS {
            let message = format!("Network '{name}' has more than {MOST_SUBNETS} subnets");
            return Err(self.fault(node, "subnets", message));
        }
        let mut subnets: Vec<Subnet> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let subnet = self.subnet(node, &name)?;
            self.fits(node, &name, &subnets, &subnet)?;
            subnets.push(subnet);
        }
        let with_azs = |subnet: &Subnet| subnet.azs.as_ref().is_some_and(|azs| !azs.is_empty());
        if subnets.iter().any(with_azs) && !subnets.iter().all(with_azs) {
            let message = format!(
                "Subnets on network '{name}' must all either specify availability zone or not"
            );
            return Err(self.sources.place(node).fault(message));
        }
        Ok(Network {
            name,
            kind: NetworkKind::Manual,
            subnets,
            cloud_properties: crate::yaml::Value::Mapping(Vec::new()),
        })
    }

    /// Subnets do not overlap, and give instances equally much; of the last one a Director does not ask how much.
    fn fits(&self, node: &Node, network: &str, before: &[Subnet], new: &Subnet) -> Read<()> {
        let overlaps = |other: &Subnet| match (&other.cidr, &new.cidr) {
            (Some(other), Some(new)) => other.range.overlaps(&new.range),
            _ => false,
        };
        let prefix = before.first().map(|first| first.prefix);
        for other in before {
            let what = if overlaps(other) {
                "has overlapping subnets"
            } else if Some(other.prefix) == prefix {
                continue;
            } else {
                "has subnets that define different prefixes"
            };
            return Err(self.fault(node, "range", format!("Network '{network}' {what}")));
        }
        Ok(())
    }

    fn subnet(&self, node: &Node, network: &str) -> Read<Subnet> {
        let text = self.sources.required_text(node, "range")?;
        let gateway = self.sources.required_text(node, "gateway")?;
        let cidr = self.address(node, "range", &text)?;
        if cidr.range.size() <= 1 {
            let message = format!("Invalid network range '{text}', should include at least 2 IPs");
            return Err(self.fault(node, "range", message));
        }
        let gateway = self.gateway(node, network, &gateway, &cidr)?;
        let reserved = self.reserved(node, network, &cidr)?;
        let mut subnet = Subnet {
            prefix: single_prefix(cidr.range.first()),
            cidr: Some(cidr),
            gateway: Some(gateway),
            reserved,
            statics: Vec::new(),
            dns: None,
            azs: None,
            cloud_properties: crate::yaml::Value::Null,
        };
        subnet.statics = self.statics(node, network, &cidr, &subnet)?;
        subnet.prefix = self.prefix(node, &cidr)?;
        subnet.dns = self.name_servers(node, network)?;
        subnet.azs = self.zones(node, network)?;
        self.sources.integer(node, "netmask_bits")?;
        subnet.cloud_properties = cloud_properties(self.sources, node)?;
        Ok(subnet)
    }

    fn gateway(&self, node: &Node, network: &str, text: &str, cidr: &Cidr) -> Read<IpAddr> {
        let gateway = self.address(node, "gateway", text)?;
        let address = gateway.range.first();
        let reason = if gateway.range.size() != 1 {
            "must be a single IP"
        } else if !cidr.range.contains(address) {
            "must be inside the range"
        } else if address == cidr.range.first() {
            "can't be the network id"
        } else if address == cidr.range.last() {
            "can't be the broadcast IP"
        } else {
            return Ok(address);
        };
        let message = format!("Invalid gateway for network '{network}': {reason}");
        Err(self.fault(node, "gateway", message))
    }

    fn reserved(&self, node: &Node, network: &str, cidr: &Cidr) -> Read<Vec<AddressRange>> {
        let ranges = self.ranges(node, "reserved")?;
        let mut blocks = ranges.iter().flat_map(AddressRange::blocks);
        if let Some(outside) = blocks.find(|block| !cidr.range.includes(&block.range)) {
            let message = format!("Reserved IP '{outside}' is out of network '{network}' range");
            return Err(self.fault(node, "reserved", message));
        }
        Ok(ranges)
    }

    fn statics(
        &self,
        node: &Node,
        network: &str,
        cidr: &Cidr,
        subnet: &Subnet,
    ) -> Read<Vec<AddressRange>> {
        let ranges = self.ranges(node, "static")?;
        let kept: Vec<Cidr> = subnet.kept().flat_map(|range| range.blocks()).collect();
        for block in ranges.iter().flat_map(AddressRange::blocks) {
            let what = if kept.iter().any(|kept| kept.range.includes(&block.range)) {
                format!("in network '{network}' reserved range")
            } else if cidr.range.includes(&block.range) {
                continue;
            } else {
                format!("out of network '{network}' range")
            };
            return Err(self.fault(node, "static", format!("Static IP '{block}' is {what}")));
        }
        Ok(ranges)
    }

    /// How many bits name what an instance gets: all of them, unless the subnet says less.
    fn prefix(&self, node: &Node, cidr: &Cidr) -> Read<u8> {
        let whole = single_prefix(cidr.range.first());
        let Some(given) = present(node, "prefix") else {
            return Ok(whole);
        };
        let shown = to_s(&given.value());
        let prefix = shown.parse::<u8>().ok().filter(|prefix| *prefix <= whole);
        let Some(prefix) = prefix else {
            let message = format!("The prefix '{shown}' of a subnet is no number of bits");
            return Err(self.fault(node, "prefix", message));
        };
        if cidr.prefix > prefix {
            let message = format!(
                "Prefix size '{shown}' is larger than range prefix '{}'",
                cidr.prefix
            );
            return Err(self.fault(node, "prefix", message));
        }
        Ok(prefix)
    }

    fn dynamic(&self, node: &Node) -> Read<Network> {
        let name = self.sources.required_text(node, "name")?;
        for key in ["az", "azs", "managed", "prefix"] {
            if self.sources.has(node, key)? {
                let message = format!("Network '{name}' must not specify '{key}'.");
                return Err(self.fault(node, key, message));
            }
        }
        let subnets = match node.get("subnets") {
            Some(_) => self.dynamic_subnets(node, &name)?,
            None => vec![self.dynamic_subnet(node, &name, None)?],
        };
        Ok(Network {
            name,
            kind: NetworkKind::Dynamic,
            subnets,
            cloud_properties: crate::yaml::Value::Mapping(Vec::new()),
        })
    }

    fn dynamic_subnets(&self, node: &Node, network: &str) -> Read<Vec<Subnet>> {
        for key in ["dns", "cloud_properties"] {
            if node.get(key).is_some() {
                let message = format!(
                    "Network '{network}' must not specify '{key}' when also specifying 'subnets'. Instead, '{key}' should be specified on subnet entries."
                );
                return Err(self.fault(node, key, message));
            }
        }
        let listed = self.sources.required_list(node, "subnets")?.iter();
        let read = |subnet: &Node| {
            let name = self.sources.text(subnet, "name")?.unwrap_or_default();
            let read = self.dynamic_subnet(subnet, &name, Some(network))?;
            let prefix = self.sources.integer(subnet, "prefix")?;
            if prefix.is_some_and(|prefix| prefix != 32) {
                let message = "Prefix property is not supported for dynamic networks.";
                return Err(self.fault(subnet, "prefix", message.to_owned()));
            }
            Ok(read)
        };
        listed.map(read).collect()
    }

    /// `zoned` is the network whose subnets may be in availability zones.
    fn dynamic_subnet(&self, node: &Node, name: &str, zoned: Option<&str>) -> Read<Subnet> {
        let dns = self.name_servers(node, name)?;
        let cloud_properties = cloud_properties(self.sources, node)?;
        let azs = zoned.map(|network| self.zones(node, network));
        Ok(Subnet {
            cidr: None,
            gateway: None,
            dns,
            azs: azs.transpose()?.flatten(),
            reserved: Vec::new(),
            statics: Vec::new(),
            prefix: 32,
            cloud_properties,
        })
    }

    fn vip(&self, node: &Node) -> Read<Network> {
        let name = self.sources.required_text(node, "name")?;
        let listed = self.sources.list(node, "subnets")?.unwrap_or_default();
        let subnet = |subnet: &Node| {
            self.sources.list(subnet, "static")?;
            Ok(Subnet {
                cidr: None,
                gateway: None,
                dns: None,
                reserved: Vec::new(),
                statics: self.ranges(subnet, "static")?,
                azs: self.zones(subnet, &name)?,
                prefix: present(subnet, "prefix")
                    .and_then(|prefix| to_s(&prefix.value()).parse().ok())
                    .unwrap_or(32),
                cloud_properties: crate::yaml::Value::Null,
            })
        };
        Ok(Network {
            subnets: listed.iter().map(subnet).collect::<Read<_>>()?,
            cloud_properties: cloud_properties(self.sources, node)?,
            kind: NetworkKind::Vip,
            name,
        })
    }

    fn name_servers(&self, node: &Node, network: &str) -> Read<Option<Vec<String>>> {
        let Some(texts) = self.sources.texts(node, "dns")? else {
            return Ok(None);
        };
        let server = |text: &String| {
            let server = self.address(node, "dns", text)?;
            if server.range.size() == 1 {
                return Ok(server.range.first().to_string());
            }
            let message = format!("Invalid DNS for network '{network}': must be a single IP");
            Err(self.fault(node, "dns", message))
        };
        texts.iter().map(server).collect::<Read<_>>().map(Some)
    }

    fn zones(&self, node: &Node, network: &str) -> Read<Option<Vec<String>>> {
        let (one, several) = (
            self.sources.has(node, "az")?,
            self.sources.has(node, "azs")?,
        );
        if one && several {
            let message = format!("Network '{network}' contains both 'az' and 'azs'. Choose one.");
            return Err(self.fault(node, "azs", message));
        }
        if !several {
            let zone = self.sources.text(node, "az")?;
            zone.iter()
                .try_for_each(|zone| self.known(node, "az", network, zone))?;
            return Ok(zone.map(|zone| vec![zone]));
        }
        let listed = self.sources.required_list(node, "azs")?;
        if listed.is_empty() {
            let message = format!("Network '{network}' refers to an empty 'azs' array");
            return Err(self.fault(node, "azs", message));
        }
        let zone = |zone: &Node| {
            let text = to_s(&zone.value());
            match zone.as_str() {
                Some(_) => self.known(node, "azs", network, &text)?,
                None => return Err(self.unknown(node, "azs", network, &text)),
            }
            Ok(text)
        };
        listed.iter().map(zone).collect::<Read<_>>().map(Some)
    }

    fn known(&self, node: &Node, key: &str, network: &str, zone: &str) -> Read<()> {
        if self.azs.iter().any(|known| known == zone) {
            return Ok(());
        }
        Err(self.unknown(node, key, network, zone))
    }

    fn unknown(&self, node: &Node, key: &str, network: &str, zone: &str) -> Diagnostic {
        let message =
            format!("Network '{network}' refers to an unknown availability zone '{zone}'");
        self.fault(node, key, message)
    }

    /// A list of ranges, or one.
    fn ranges(&self, node: &Node, key: &str) -> Read<Vec<AddressRange>> {
        let Some(given) = present(node, key) else {
            return Ok(Vec::new());
        };
        AddressRange::all(given).map_err(|(at, message)| self.sources.place(at).fault(message))
    }

    fn address(&self, node: &Node, key: &str, text: &str) -> Read<Cidr> {
        Cidr::read(text).map_err(|message| self.fault(node, key, message))
    }

    fn fault(&self, node: &Node, key: &str, message: String) -> Diagnostic {
        let at = present(node, key).unwrap_or(node);
        self.sources.place(at).fault(message)
    }
}
