//! Addresses of instances as links and specs write them: IPs or DNS names.

use std::fmt;

use crate::deployment::DeploymentPlan;
use crate::deployment::cloud_config::NetworkKind;
use crate::deployment::plan::{DnsUse, Instance, PlannedGroup, ROOT_DOMAIN};
use crate::dns::{Criteria, DnsError, GroupKind, Numbering, Query};
use crate::yaml::Value;

/// How the addresses of a group are written.
#[derive(Debug, Clone, Copy)]
pub struct Addresses<'a> {
    /// The deployment.
    pub plan: &'a DeploymentPlan,
    /// The group.
    pub group: &'a PlannedGroup,
    /// The place of the network in the group.
    pub network: Option<usize>,
    /// What a consumer asked for.
    pub ip_addresses: Option<bool>,
    /// The name of the link's group, when the address is one of a link.
    pub link: Option<&'a str>,
    /// Numbers in names.
    pub numbering: &'a Numbering,
}

/// How an address is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressForm {
    /// An IP.
    Ip,
    /// A DNS name.
    Dns {
        /// It consists of numbers.
        short: bool,
        /// It is one of the link, not one of the instance group.
        link: bool,
    },
}

impl Addresses<'_> {
    /// How addresses are written; `None` without a network. Instances of dynamic networks have names alone.
    pub fn form(&self) -> Option<AddressForm> {
        let network = self.group.networks.get(self.network?)?;
        let dynamic = network.network.kind == NetworkKind::Dynamic;
        let DnsUse {
            addresses,
            short,
            link_names,
        } = self.plan.dns;
        let names = self.ip_addresses.map_or(addresses, |ips| !ips);
        let link = self.link.is_some() && link_names == Some(true);
        Some(if names || dynamic {
            AddressForm::Dns { short, link }
        } else {
            AddressForm::Ip
        })
    }

    /// The address of an instance: its IP, or a DNS name. Instances of dynamic networks have names alone.
    ///
    /// # Errors
    /// A name that cannot be in DNS.
    pub fn of(&self, instance: &Instance) -> Result<Value, DnsError> {
        let (Some(at), Some(form)) = (self.network, self.form()) else {
            return Ok(Value::Null);
        };
        let Some(network) = self.group.networks.get(at) else {
            return Ok(Value::Null);
        };
        let AddressForm::Dns { short, link } = form else {
            let address = instance.addresses.get(at).and_then(|found| found.address);
            return Ok(Value::from(address.map(|address| address.to_string())));
        };
        let (kind, group) = match self.link {
            Some(name) if link => (GroupKind::Link, name),
            _ => (GroupKind::InstanceGroup, self.group.name.as_str()),
        };
        let query = Query {
            kind,
            group: Value::from(group),
            network: Value::from(network.network.name.as_str()),
            deployment: Value::from(self.plan.name.as_str()),
            domain: Value::from(ROOT_DOMAIN),
            short,
        };
        let criteria = Criteria {
            uuid: Some(instance.id.clone()),
            ..Criteria::default()
        };
        query.name(&criteria, self.numbering).map(Value::String)
    }
}

impl fmt::Display for AddressForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ip => "IP",
            Self::Dns {
                short: false,
                link: false,
            } => "DNS",
            Self::Dns {
                short: true,
                link: false,
            } => "short DNS",
            Self::Dns {
                short: false,
                link: true,
            } => "link DNS",
            Self::Dns {
                short: true,
                link: true,
            } => "short link DNS",
        })
    }
}
