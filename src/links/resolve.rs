//! One provider for each consumer, and what its templates see.
//!
//! [`resolve`] tells the story: candidates, exactly one of them, its data. All consumers that fail are told together.

use std::collections::BTreeMap;

use super::LinkIntents;
use super::consumer::{Explicit, LinkConsumer, Wanted};
use super::provider::LinkProvider;
use crate::deployment::DeploymentPlan;
use crate::deployment::cloud_config::NetworkKind;
use crate::deployment::plan::{DnsUse, Instance, PlannedGroup, ROOT_DOMAIN};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::dns::{Criteria, DnsError, Group, GroupKind, Numbering, Query};
use crate::yaml::Value;

/// A deployment with what its jobs provide and consume.
#[derive(Debug, Clone, Copy)]
pub struct Deployment<'a> {
    /// Its plan.
    pub plan: &'a DeploymentPlan,
    /// Its providers and consumers.
    pub intents: &'a LinkIntents,
}

/// A link as the templates of its consumer see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// Its name in the consumer's spec.
    pub name: String,
    /// Its data, a map.
    pub data: Value,
}

/// A link that a job provides, as its agent is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvidedLink {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// The number of its group.
    pub group: String,
}

/// The links of all jobs of a deployment, by instance group and job.
#[derive(Debug, Clone, Default)]
pub struct Links {
    consumed: BTreeMap<(String, String), Vec<Link>>,
    provided: BTreeMap<(String, String), Vec<ProvidedLink>>,
}

impl Links {
    /// What a job consumes, in the order of its spec.
    pub fn consumed(&self, group: &str, job: &str) -> &[Link] {
        let found = self.consumed.get(&(group.to_owned(), job.to_owned()));
        found.map(Vec::as_slice).unwrap_or_default()
    }

    /// What a job provides, by the number of its group as text.
    pub fn provided(&self, group: &str, job: &str) -> &[ProvidedLink] {
        let found = self.provided.get(&(group.to_owned(), job.to_owned()));
        found.map(Vec::as_slice).unwrap_or_default()
    }
}

/// Resolves the links of a deployment. `others` are those that were deployed before it.
///
/// # Errors
/// A deployment that does not exist, as a Director alone; else all consumers without exactly one provider.
pub fn resolve(
    own: Deployment<'_>,
    others: &[Deployment<'_>],
    numbering: &Numbering,
) -> Result<Links, Diagnostics> {
    let resolver = Resolver {
        own,
        others,
        numbering,
    };
    for consumer in &own.intents.consumers {
        resolver.check_deployment(consumer)?;
    }
    let (mut links, mut failures) = (Links::default(), Vec::new());
    for consumer in &own.intents.consumers {
        let key = (consumer.group.clone(), consumer.job.clone());
        match resolver.link(consumer) {
            Ok(Some(link)) => links.consumed.entry(key).or_default().push(link),
            Ok(None) => {}
            Err(failure) => failures.push((consumer, failure)),
        }
    }
    if !failures.is_empty() {
        return Err(told(&own.plan.name, &failures).into());
    }
    links.provided = resolver.provided();
    Ok(links)
}

/// All failures as one, with a place for each consumer.
fn told(deployment: &str, failures: &[(&LinkConsumer, String)]) -> Diagnostic {
    let mut message =
        format!("Failed to resolve links from deployment '{deployment}'. See errors below:");
    let mut labels = Vec::new();
    for (consumer, failure) in failures {
        for line in failure.lines() {
            message.push_str("\n  ");
            message.push_str(line);
        }
        labels.extend(consumer.place.fault("").labels);
    }
    let mut diagnostic = Diagnostic::error(message);
    diagnostic.labels = labels;
    diagnostic
}

struct Resolver<'a> {
    own: Deployment<'a>,
    others: &'a [Deployment<'a>],
    numbering: &'a Numbering,
}

impl<'a> Resolver<'a> {
    fn check_deployment(&self, consumer: &LinkConsumer) -> Result<(), Diagnostic> {
        let Wanted::Explicit(wanted) = &consumer.wanted else {
            return Ok(());
        };
        let Some(name) = &wanted.deployment else {
            return Ok(());
        };
        if self.deployment(name).is_some() {
            return Ok(());
        }
        let message = format!(
            "Link '{}' in job '{}' from instance group '{}' consumes from deployment '{name}', but the deployment does not exist.",
            wanted.from, consumer.job, consumer.group
        );
        Err(consumer.place.fault(message))
    }

    fn deployment(&self, name: &str) -> Option<Deployment<'a>> {
        if self.own.plan.name == name {
            return Some(self.own);
        }
        let mut others = self.others.iter().rev();
        others.find(|other| other.plan.name == name).copied()
    }

    /// The link of a consumer; none for one that does without.
    fn link(&self, consumer: &LinkConsumer) -> Result<Option<Link>, String> {
        if let Wanted::Manual {
            instances,
            properties,
            address,
        } = &consumer.wanted
        {
            let data = Value::map([
                ("instances", instances.clone()),
                ("properties", properties.clone()),
                ("address", address.clone()),
                ("deployment_name", Value::from(self.own.plan.name.as_str())),
                ("group_name", Value::from(manual_group_name(consumer))),
            ]);
            return Ok(Some(named(consumer, data)));
        }
        let candidates = self.candidates(consumer);
        let explicit = match &consumer.wanted {
            Wanted::Explicit(wanted) => Some(wanted),
            _ => None,
        };
        match candidates.as_slice() {
            [] if consumer.optional && explicit.is_none() => Ok(None),
            [] => Err(failure(
                consumer,
                "Details below",
                &["- No link providers found".to_owned()],
            )),
            [(deployment, provider)] => {
                let data = self.data(*deployment, provider, explicit);
                data.map(|data| Some(named(consumer, data)))
                    .map_err(|line| failure(consumer, "Details below", &[line]))
            }
            several => {
                let lines = several.iter();
                let lines: Vec<String> = lines
                    .map(|(_, provider)| format!("- {}", shown(provider)))
                    .collect();
                Err(failure(consumer, "Multiple link providers found", &lines))
            }
        }
    }

    fn candidates(&self, consumer: &LinkConsumer) -> Vec<(Deployment<'a>, &'a LinkProvider)> {
        let (from, deployment) = match &consumer.wanted {
            Wanted::Blocked | Wanted::Manual { .. } => return Vec::new(),
            Wanted::Implicit => (None, Some(self.own)),
            Wanted::Explicit(wanted) => {
                let deployment = match &wanted.deployment {
                    Some(name) => self.deployment(name),
                    None => Some(self.own),
                };
                (Some(&wanted.from), deployment)
            }
        };
        let Some(deployment) = deployment else {
            return Vec::new();
        };
        let foreign = deployment.plan.name != self.own.plan.name;
        let fits = |provider: &&LinkProvider| {
            provider.consumable
                && provider.kind == consumer.kind
                && (!foreign || provider.shared)
                && from.is_none_or(|from| *from == provider.name)
        };
        let providers = deployment.intents.providers.iter().filter(fits);
        let mut providers: Vec<&LinkProvider> = providers.collect();
        let place = |provider: &LinkProvider| {
            let mut groups = deployment.plan.groups.iter();
            groups.position(|group| group.name == provider.group)
        };
        // A Director tells them in the order of its database.
        providers.sort_by_key(|provider| (place(provider), provider.job.clone()));
        let providers = providers.into_iter();
        providers.map(|provider| (deployment, provider)).collect()
    }

    /// What templates see of a provider. The error is a line about the provider.
    fn data(
        &self,
        deployment: Deployment<'_>,
        provider: &LinkProvider,
        explicit: Option<&Explicit>,
    ) -> Result<Value, String> {
        let plan = deployment.plan;
        let group_name = provider.group_name();
        let Some(group) = plan
            .group(&provider.group)
            .filter(|_| provider.job.is_some())
        else {
            return Ok(Value::map([
                ("deployment_name", Value::from(plan.name.as_str())),
                ("properties", provider.properties.clone()),
                ("instances", Value::Sequence(Vec::new())),
                ("group_name", Value::from(group_name)),
            ]));
        };
        let network = match explicit.and_then(|wanted| wanted.network.as_deref()) {
            None => group.default_network(),
            Some(name) => {
                let mut networks = group.networks.iter();
                let found = networks.position(|network| network.network.name == name);
                let lacks = || format!("- {} does not belong to network '{name}'", shown(provider));
                Some(found.ok_or_else(lacks)?)
            }
        };
        let addresses = Addresses {
            plan,
            group,
            network,
            ip_addresses: explicit.and_then(|wanted| wanted.ip_addresses),
            link: Some(&group_name),
            numbering: self.numbering,
        };
        let mut instances = Vec::with_capacity(group.instances.len());
        for instance in &group.instances {
            let address = addresses
                .of(instance)
                .map_err(|error| format!("- {error}"))?;
            instances.push(instance_data(group, instance, address));
        }
        let network = network.and_then(|at| group.networks.get(at));
        let network = network.map(|network| network.network.name.as_str());
        Ok(Value::map([
            ("deployment_name", Value::from(plan.name.as_str())),
            ("domain", Value::from(ROOT_DOMAIN)),
            ("default_network", Value::from(network)),
            ("instance_group", Value::from(group.name.as_str())),
            ("properties", provider.properties.clone()),
            ("use_short_dns_addresses", Value::from(plan.dns.short)),
            ("use_link_dns_names", Value::from(plan.dns.link_names)),
            ("instances", Value::Sequence(instances)),
            ("group_name", Value::from(group_name)),
        ]))
    }

    /// The links that each job provides, manual ones of its own included.
    fn provided(&self) -> BTreeMap<(String, String), Vec<ProvidedLink>> {
        let mut provided: BTreeMap<_, Vec<ProvidedLink>> = BTreeMap::new();
        for provider in &self.own.intents.providers {
            let Some(job) = &provider.job else { continue };
            let key = (provider.group.clone(), job.clone());
            let link = self.provided_link(&provider.name, &provider.kind);
            provided.entry(key).or_default().push(link);
        }
        for consumer in &self.own.intents.consumers {
            if matches!(consumer.wanted, Wanted::Manual { .. }) {
                let key = (consumer.group.clone(), consumer.job.clone());
                let link = self.provided_link(&consumer.name, &consumer.kind);
                provided.entry(key).or_default().push(link);
            }
        }
        for links in provided.values_mut() {
            links.sort_by(|a, b| a.group.cmp(&b.group));
        }
        provided
    }

    fn provided_link(&self, name: &str, kind: &str) -> ProvidedLink {
        let group = Group {
            kind: GroupKind::Link,
            name: format!("{name}-{kind}"),
            deployment: self.own.plan.name.clone(),
        };
        ProvidedLink {
            name: name.to_owned(),
            kind: kind.to_owned(),
            group: self
                .numbering
                .groups
                .get(&group)
                .cloned()
                .unwrap_or_default(),
        }
    }
}

fn named(consumer: &LinkConsumer, data: Value) -> Link {
    Link {
        name: consumer.name.clone(),
        data,
    }
}

fn manual_group_name(consumer: &LinkConsumer) -> String {
    format!("{}-{}", consumer.name, consumer.kind)
}

fn instance_data(group: &PlannedGroup, instance: &Instance, address: Value) -> Value {
    Value::map([
        ("name", Value::from(group.name.as_str())),
        ("id", Value::from(instance.id.as_str())),
        ("index", Value::from(instance.index)),
        ("bootstrap", Value::from(instance.bootstrap)),
        ("az", Value::from(instance.az.as_deref())),
        ("address", address),
    ])
}

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

impl Addresses<'_> {
    /// The address of an instance: its IP, or a DNS name. Instances of dynamic networks have names alone.
    ///
    /// # Errors
    /// A name that cannot be in DNS.
    pub fn of(&self, instance: &Instance) -> Result<Value, DnsError> {
        let Some(at) = self.network else {
            return Ok(Value::Null);
        };
        let Some(network) = self.group.networks.get(at) else {
            return Ok(Value::Null);
        };
        let dynamic = network.network.kind == NetworkKind::Dynamic;
        let DnsUse {
            addresses,
            short,
            link_names,
        } = self.plan.dns;
        let names = self.ip_addresses.map_or(addresses, |ips| !ips);
        if !names && !dynamic {
            let address = instance.addresses.get(at).and_then(|found| found.address);
            return Ok(Value::from(address.map(|address| address.to_string())));
        }
        let (kind, group) = match self.link {
            Some(link) if link_names == Some(true) => (GroupKind::Link, link),
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

fn failure(consumer: &LinkConsumer, what: &str, lines: &[String]) -> String {
    let alias = match &consumer.wanted {
        Wanted::Explicit(wanted) if wanted.from != consumer.name => {
            format!("alias '{}' and ", wanted.from)
        }
        _ => String::new(),
    };
    let mut text = format!(
        "- Failed to resolve link '{}' with {alias}type '{}' from job '{}' in instance group '{}'. {what}:",
        consumer.name, consumer.kind, consumer.job, consumer.group
    );
    for line in lines {
        text.push_str("\n  ");
        text.push_str(line);
    }
    text
}

/// A provider in a message.
fn shown(provider: &LinkProvider) -> String {
    let LinkProvider {
        original,
        name,
        group,
        deployment,
        ..
    } = provider;
    let Some(job) = &provider.job else {
        return format!("Disk link provider '{name}' from instance group '{group}'");
    };
    let alias = if name == original {
        String::new()
    } else {
        format!(" with alias '{name}'")
    };
    format!(
        "Link provider '{original}'{alias} from job '{job}' in instance group '{group}' in deployment '{deployment}'"
    )
}
