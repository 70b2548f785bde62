//! One provider for each consumer, and what its templates see.
//!
//! [`decide`] says what becomes of each consumer: candidates, exactly one of them, its data. [`resolve`] takes the data, and
//! [`check`] tells all that failed together.

use std::collections::BTreeMap;

use super::LinkIntents;
use super::address::{AddressForm, Addresses};
use super::candidates::Search;
use super::consumer::{Explicit, LinkConsumer, Wanted};
use super::provider::LinkProvider;
use crate::deployment::DeploymentPlan;
use crate::deployment::cloud_config::NetworkKind;
use crate::deployment::manifest::Lifecycle;
use crate::deployment::plan::{Instance, PlannedGroup, ROOT_DOMAIN};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::dns::{DnsError, Group, GroupKind, Numbering};
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

/// A provider, and the deployment that it is of.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// The deployment.
    pub deployment: Deployment<'a>,
    /// The provider.
    pub provider: &'a LinkProvider,
}

/// What becomes of a consumer.
#[derive(Debug, Clone)]
pub struct Decided<'a> {
    /// The consumer.
    pub consumer: &'a LinkConsumer,
    /// What becomes of it.
    pub decision: Decision<'a>,
}

/// What a consumer gets, or why it gets nothing.
#[derive(Debug, Clone)]
pub enum Decision<'a> {
    /// Nothing, which is well: it is optional.
    Absent,
    /// What the manifest says.
    Manual(Value),
    /// What a provider gives.
    Linked(Provided<'a>),
    /// Nothing, which is an error.
    Failed(Failure<'a>),
}

/// What a provider gives.
#[derive(Debug, Clone)]
pub struct Provided<'a> {
    /// The provider.
    pub from: Candidate<'a>,
    /// The network of the addresses; `None` for a disk.
    pub network: Option<&'a str>,
    /// How addresses are written; `None` for a disk.
    pub form: Option<AddressForm>,
    /// What templates see.
    pub data: Value,
}

/// Why a consumer that needs a link has none.
#[derive(Debug, Clone)]
pub enum Failure<'a> {
    /// It asks for a deployment that does not exist.
    NoDeployment,
    /// No provider fits.
    NoProvider,
    /// More than one fits.
    Several(Vec<Candidate<'a>>),
    /// The only one that fits is not on the network that is asked for.
    OtherNetwork(Candidate<'a>, &'a str),
    /// The only one that fits is a disk, which has no addresses to choose from.
    NoAddresses(Candidate<'a>),
    /// An address of the only one that fits cannot be written.
    Address(Candidate<'a>, DnsError),
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
    let decided = decide(own, others, numbering);
    check(own, &decided)?;
    let mut links = Links {
        provided: provided(own, numbering),
        ..Links::default()
    };
    for Decided { consumer, decision } in decided {
        let (Decision::Manual(data) | Decision::Linked(Provided { data, .. })) = decision else {
            continue;
        };
        let key = (consumer.group.clone(), consumer.job.clone());
        let name = consumer.name.clone();
        let links = links.consumed.entry(key).or_default();
        links.push(Link { name, data });
    }
    Ok(links)
}

/// What becomes of each consumer of a deployment, in order. `others` are those that were deployed before it.
pub fn decide<'a>(
    own: Deployment<'a>,
    others: &[Deployment<'a>],
    numbering: &'a Numbering,
) -> Vec<Decided<'a>> {
    let resolver = Resolver {
        own,
        others,
        numbering,
    };
    let consumers = own.intents.consumers.iter();
    let decided = consumers.map(|consumer| Decided {
        consumer,
        decision: resolver.decision(consumer),
    });
    decided.collect()
}

/// Fails with what a Director says of the consumers that failed, once instances have addresses.
///
/// # Errors
/// Those of [`check_providers`]; an address that cannot be written, as a Director alone; else all consumers that failed, as
/// one.
pub fn check(own: Deployment<'_>, decided: &[Decided<'_>]) -> Result<(), Diagnostics> {
    check_providers(own, decided)?;
    check_errands(own, decided)?;
    let failed = failed(decided);
    for (consumer, failure) in &failed {
        if let Failure::Address(_, error) = failure {
            return Err(consumer.place.fault(error.to_string()).into());
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(told(&own.plan.name, &failed).hint(HINT).into())
}

/// Fails with what a Director says before it looks at instances.
///
/// # Errors
/// Deployments that do not exist, those of one job; else all consumers without exactly one provider, as one.
pub fn check_providers(own: Deployment<'_>, decided: &[Decided<'_>]) -> Result<(), Diagnostics> {
    let failed = failed(decided);
    let absent = failed
        .iter()
        .filter(|(_, failure)| matches!(failure, Failure::NoDeployment));
    let mut absent = absent.map(|(consumer, _)| *consumer);
    if let Some(first) = absent.next() {
        let same_job = |other: &&LinkConsumer| other.group == first.group && other.job == first.job;
        let mut told = no_deployment(first);
        for other in absent.filter(same_job).map(no_deployment) {
            told.message.push('\n');
            told.message.push_str(&other.message);
            told.labels.extend(other.labels);
        }
        return Err(told.hint(HINT).into());
    }
    let failed = failed
        .into_iter()
        .filter(|(_, failure)| matches!(failure, Failure::NoProvider | Failure::Several(_)));
    let failed: Vec<_> = failed.collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(told(&own.plan.name, &failed).hint(HINT).into())
}

type Failed<'d, 'a> = Vec<(&'d LinkConsumer, &'d Failure<'a>)>;

fn failed<'d, 'a>(decided: &'d [Decided<'a>]) -> Failed<'d, 'a> {
    let failed = decided.iter().filter_map(|of| match &of.decision {
        Decision::Failed(failure) => Some((of.consumer, failure)),
        _ => None,
    });
    failed.collect()
}

/// Instances of an errand get addresses when it runs, unless they ask for them: until then nobody can be told of them.
fn check_errands(own: Deployment<'_>, decided: &[Decided<'_>]) -> Result<(), Diagnostics> {
    let linked = decided.iter().filter_map(|of| match &of.decision {
        Decision::Linked(provided) => Some(provided.from.provider),
        _ => None,
    });
    let shared = own.intents.providers.iter().filter(|found| found.shared);
    for provider in linked.chain(shared) {
        let own_job = provider.deployment == own.plan.name && provider.job.is_some();
        let group = own.plan.group(&provider.group).filter(|_| own_job);
        if group.is_some_and(waits_for_addresses) {
            let fault = Diagnostic::error("Can't generate network settings without an IP");
            let hint = format!(
                "the errand '{}' provides the link '{}': its instances need static_ips",
                provider.group, provider.name
            );
            return Err(fault.hint(hint).into());
        }
    }
    Ok(())
}

fn waits_for_addresses(group: &PlannedGroup) -> bool {
    let late = |instance: &Instance| {
        let mut places = group.networks.iter().zip(&instance.addresses);
        places.any(|(network, place)| network.network.kind == NetworkKind::Manual && place.late)
    };
    group.lifecycle == Lifecycle::Errand && group.instances.iter().any(late)
}

const HINT: &str = "`bosh-release links` shows what each could be given and why it is not, and writes an ops file that settles it";

fn no_deployment(consumer: &LinkConsumer) -> Diagnostic {
    let (from, deployment) = match &consumer.wanted {
        Wanted::Explicit(wanted) => (
            wanted.written.as_str(),
            wanted.deployment.as_deref().unwrap_or_default(),
        ),
        _ => ("", ""),
    };
    let message = format!(
        "Link '{from}' in job '{}' from instance group '{}' consumes from deployment '{deployment}', but the deployment does not exist.",
        consumer.job, consumer.group
    );
    consumer.place.fault(message)
}

/// All failures as one, with a place for each consumer.
fn told(deployment: &str, failures: &[(&LinkConsumer, &Failure<'_>)]) -> Diagnostic {
    let mut message =
        format!("Failed to resolve links from deployment '{deployment}'. See errors below:");
    let mut labels = Vec::new();
    for (consumer, failure) in failures {
        for line in failure_text(consumer, failure).lines() {
            message.push_str("\n  ");
            message.push_str(line);
        }
        labels.extend(consumer.place.fault("").labels);
    }
    let mut diagnostic = Diagnostic::error(message);
    diagnostic.labels = labels;
    diagnostic
}

fn failure_text(consumer: &LinkConsumer, failure: &Failure<'_>) -> String {
    let network = match &consumer.wanted {
        Wanted::Explicit(wanted) => wanted.network.as_deref(),
        _ => None,
    };
    let shown = |candidate: &Candidate<'_>| format!("- {}", shown(candidate.provider, network));
    let (what, lines) = match failure {
        Failure::NoDeployment | Failure::NoProvider => (
            "Details below",
            vec!["- No link providers found".to_owned()],
        ),
        Failure::Several(candidates) => (
            "Multiple link providers found",
            candidates.iter().map(shown).collect(),
        ),
        Failure::OtherNetwork(candidate, _) => ("Details below", vec![shown(candidate)]),
        Failure::NoAddresses(_) => {
            return "- Unable to retrieve default network from provider. Please redeploy provider deployment".to_owned();
        }
        Failure::Address(_, error) => ("Details below", vec![format!("- {error}")]),
    };
    headed(consumer, what, &lines)
}

struct Resolver<'a, 'o> {
    own: Deployment<'a>,
    others: &'o [Deployment<'a>],
    numbering: &'a Numbering,
}

impl<'a> Resolver<'a, '_> {
    fn deployment(&self, name: &str) -> Option<Deployment<'a>> {
        if self.own.plan.name == name {
            return Some(self.own);
        }
        let mut others = self.others.iter().rev();
        others.find(|other| other.plan.name == name).copied()
    }

    fn decision(&self, consumer: &'a LinkConsumer) -> Decision<'a> {
        let explicit = match &consumer.wanted {
            Wanted::Manual {
                instances,
                properties,
                address,
            } => {
                return Decision::Manual(Value::map([
                    ("instances", instances.clone()),
                    ("properties", properties.clone()),
                    ("address", address.clone()),
                    ("deployment_name", Value::from(self.own.plan.name.as_str())),
                    ("group_name", Value::from(manual_group_name(consumer))),
                ]));
            }
            Wanted::Explicit(wanted) => Some(wanted),
            Wanted::Implicit | Wanted::Blocked => None,
        };
        let Some(search) = Search::of(consumer, &self.own.plan.name) else {
            return Self::nothing(consumer);
        };
        let Some(deployment) = self.deployment(search.deployment) else {
            return Decision::Failed(Failure::NoDeployment);
        };
        match fitting(&search, deployment).as_slice() {
            [] => Self::nothing(consumer),
            [only] => match self.data(*only, explicit) {
                Ok(provided) => Decision::Linked(provided),
                Err(failure) => Decision::Failed(failure),
            },
            several => Decision::Failed(Failure::Several(several.to_vec())),
        }
    }

    fn nothing(consumer: &LinkConsumer) -> Decision<'a> {
        if consumer.optional && !matches!(consumer.wanted, Wanted::Explicit(_)) {
            Decision::Absent
        } else {
            Decision::Failed(Failure::NoProvider)
        }
    }

    /// What templates see of a provider.
    fn data(
        &self,
        from: Candidate<'a>,
        explicit: Option<&'a Explicit>,
    ) -> Result<Provided<'a>, Failure<'a>> {
        let Candidate {
            deployment,
            provider,
        } = from;
        let plan = deployment.plan;
        let group_name = provider.group_name();
        if let Some(wanted) = explicit.filter(|_| provider.job.is_none()) {
            if let Some(network) = &wanted.network {
                return Err(Failure::OtherNetwork(from, network));
            }
            if wanted.ip_addresses.is_some() {
                return Err(Failure::NoAddresses(from));
            }
        }
        let Some(group) = plan
            .group(&provider.group)
            .filter(|_| provider.job.is_some())
        else {
            return Ok(Provided {
                from,
                network: None,
                form: None,
                data: Value::map([
                    ("deployment_name", Value::from(plan.name.as_str())),
                    ("properties", provider.properties.clone()),
                    ("instances", Value::Sequence(Vec::new())),
                    ("group_name", Value::from(group_name)),
                ]),
            });
        };
        let network = match explicit.and_then(|wanted| wanted.network.as_deref()) {
            None => group.default_network(),
            Some(name) => {
                let mut networks = group.networks.iter();
                let found = networks.position(|network| network.network.name == name);
                Some(found.ok_or(Failure::OtherNetwork(from, name))?)
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
                .map_err(|error| Failure::Address(from, error))?;
            instances.push(instance_data(group, instance, address));
        }
        let network = network.and_then(|at| group.networks.get(at));
        let network = network.map(|network| network.network.name.as_str());
        let form = addresses.form();
        let data = Value::map([
            ("deployment_name", Value::from(plan.name.as_str())),
            ("domain", Value::from(ROOT_DOMAIN)),
            ("default_network", Value::from(network)),
            ("instance_group", Value::from(group.name.as_str())),
            ("properties", provider.properties.clone()),
            ("use_short_dns_addresses", Value::from(plan.dns.short)),
            ("use_link_dns_names", Value::from(plan.dns.link_names)),
            ("instances", Value::Sequence(instances)),
            ("group_name", Value::from(group_name)),
        ]);
        Ok(Provided {
            from,
            network,
            form,
            data,
        })
    }
}

/// The providers of a deployment that fit, in the order in which a Director tells them: that of its database.
fn fitting<'a>(search: &Search<'_>, deployment: Deployment<'a>) -> Vec<Candidate<'a>> {
    let providers = deployment.intents.providers.iter();
    let mut fitting: Vec<&LinkProvider> = providers
        .filter(|provider| search.refusals(provider).is_empty())
        .collect();
    let place = |provider: &LinkProvider| {
        let mut groups = deployment.plan.groups.iter();
        groups.position(|group| group.name == provider.group)
    };
    fitting.sort_by_key(|provider| (place(provider), provider.job.clone()));
    let candidate = |provider| Candidate {
        deployment,
        provider,
    };
    fitting.into_iter().map(candidate).collect()
}

/// The links that each job provides, manual ones of its own included.
fn provided(
    own: Deployment<'_>,
    numbering: &Numbering,
) -> BTreeMap<(String, String), Vec<ProvidedLink>> {
    let link = |name: &str, kind: &str| {
        let group = Group {
            kind: GroupKind::Link,
            name: format!("{name}-{kind}"),
            deployment: own.plan.name.clone(),
        };
        ProvidedLink {
            name: name.to_owned(),
            kind: kind.to_owned(),
            group: numbering.groups.get(&group).cloned().unwrap_or_default(),
        }
    };
    let mut provided: BTreeMap<_, Vec<ProvidedLink>> = BTreeMap::new();
    for provider in &own.intents.providers {
        let Some(job) = &provider.job else { continue };
        let key = (provider.group.clone(), job.clone());
        let link = link(&provider.name, &provider.kind);
        provided.entry(key).or_default().push(link);
    }
    for consumer in &own.intents.consumers {
        if matches!(consumer.wanted, Wanted::Manual { .. }) {
            let key = (consumer.group.clone(), consumer.job.clone());
            let link = link(&consumer.name, &consumer.kind);
            provided.entry(key).or_default().push(link);
        }
    }
    for links in provided.values_mut() {
        links.sort_by(|a, b| a.group.cmp(&b.group));
    }
    provided
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

fn headed(consumer: &LinkConsumer, what: &str, lines: &[String]) -> String {
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

/// A provider in a message, with the network that it should be on.
fn shown(provider: &LinkProvider, network: Option<&str>) -> String {
    let LinkProvider {
        original,
        name,
        group,
        deployment,
        ..
    } = provider;
    let Some(job) = &provider.job else {
        let lacks = network.map_or("", |_| " does not contain any networks");
        return format!("Disk link provider '{name}' from instance group '{group}'{lacks}");
    };
    let alias = if name == original {
        String::new()
    } else {
        format!(" with alias '{name}'")
    };
    let lacks = network.map(|network| format!(" does not belong to network '{network}'"));
    format!(
        "Link provider '{original}'{alias} from job '{job}' in instance group '{group}' in deployment '{deployment}'{}",
        lacks.unwrap_or_default()
    )
}
