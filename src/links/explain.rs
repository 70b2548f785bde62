//! Who gives what to whom, and why; for each consumer that fails: what was refused, why, and what would settle it.
//!
//! [`explain`] puts into words what [`decide`](super::resolve::decide) decided; it decides nothing of its own. Providers are
//! judged by [`Search`], as they are for resolving, so the report and the resolver cannot disagree.

use std::fmt;

use super::candidates::{Refusal, Search};
use super::consumer::{LinkConsumer, Wanted};
use super::provider::LinkProvider;
use super::remedy::{Remedy, remedies};
use super::resolve::{AddressForm, Candidate, Decided, Decision, Deployment, Failure, Provided};
use crate::deployment::DeploymentPlan;
use crate::deployment::release_job::Release;
use crate::nearest::nearest;
use crate::yaml::Value;

/// Most providers that are listed of those that do not fit and have the type or the name that is looked for.
const MOST_REFUSED: usize = 12;
/// Where none has either, so many are listed.
const FEW: usize = 5;

/// The links of a deployment.
#[derive(Debug, Clone)]
pub struct LinkReport {
    /// Its name.
    pub deployment: String,
    /// What becomes of each consumer, in the order of groups, jobs and names in specs.
    pub links: Vec<ExplainedLink>,
    /// What its jobs and disks provide and nobody in it consumes.
    pub unused: Vec<ProviderEnd>,
}

/// What becomes of a consumer.
#[derive(Debug, Clone)]
pub struct ExplainedLink {
    /// Who consumes.
    pub consumer: ConsumerEnd,
    /// Its type.
    pub kind: String,
    /// Whether the job does without it.
    pub optional: bool,
    /// What the manifest says of it.
    pub way: Way,
    /// What is special about it.
    pub marks: Vec<Mark>,
    /// What it gets.
    pub outcome: Outcome,
    /// Why, as a part of a sentence.
    pub why: String,
}

/// A link that a job consumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerEnd {
    /// Name of the instance group.
    pub group: String,
    /// Name of the job.
    pub job: String,
    /// Name of the link in the job's spec.
    pub link: String,
}

/// A link that a job or a disk provides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderEnd {
    /// Name of the deployment.
    pub deployment: String,
    /// Whether that is another one than the consumer's.
    pub foreign: bool,
    /// Name of the instance group.
    pub group: String,
    /// Name of the job; `None` for a persistent disk.
    pub job: Option<String>,
    /// Name in the job's spec or in the manifest's definition.
    pub link: String,
    /// Name by which it is found.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// Whether other deployments may consume it.
    pub shared: bool,
    /// Whether the manifest defines it.
    pub custom: bool,
}

/// What a manifest says of a consumer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Nothing.
    Implicit,
    /// Which provider is meant.
    Explicit,
    /// The data.
    Manual,
    /// None at all.
    Blocked,
}

/// What is special about a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The manifest gives the provider another name.
    Renamed,
    /// It comes from another deployment.
    Shared,
    /// The manifest defines the provider.
    CustomProvider,
    /// It is a disk.
    Disk,
    /// The job does without it.
    Optional,
}

/// What a consumer gets.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// What a provider gives.
    Linked {
        /// Who it is.
        provider: ProviderEnd,
        /// The network of the addresses; `None` for a disk.
        network: Option<String>,
        /// How addresses are written; `None` for a disk.
        addresses: Option<AddressForm>,
        /// Number of instances.
        instances: usize,
    },
    /// What the manifest says.
    Manual {
        /// Number of instances.
        instances: usize,
    },
    /// Nothing, which is well.
    Absent,
    /// Nothing, which is an error.
    Failed(Problem),
}

/// Why a consumer fails, and what to do.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What kind of problem it is.
    pub kind: ProblemKind,
    /// Providers: those that fit first, then those with the least against them. Those of another type and another name are
    /// listed only where there are no others, and then a few of them.
    pub candidates: Vec<Judged>,
    /// How many more were refused.
    pub unlisted: usize,
    /// A known name that was probably meant.
    pub nearest: Option<String>,
    /// What else may help, as sentences.
    pub notes: Vec<String>,
    /// What would settle it, the best first.
    pub remedies: Vec<Remedy>,
}

/// Kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// More than one provider fits.
    Ambiguous,
    /// None fits.
    Missing,
    /// The manifest blocks what the job needs.
    Blocked,
    /// Another deployment is not at hand.
    Deployment,
    /// The provider is not on the network.
    Network,
    /// An address cannot be written.
    Address,
}

/// A provider, and what speaks against it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The provider.
    pub provider: ProviderEnd,
    /// Reasons as parts of sentences; empty for one that fits.
    pub refused: Vec<String>,
}

/// What an explanation stands on.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The deployment.
    pub own: Deployment<'a>,
    /// Those that were deployed before it.
    pub others: &'a [Deployment<'a>],
    /// Releases at hand: their jobs may provide what nobody does.
    pub releases: &'a [Release],
}

/// Puts into words what becomes of the consumers of a deployment.
pub fn explain(scene: Scene<'_>, decided: &[Decided<'_>]) -> LinkReport {
    let own = &scene.own.plan.name;
    let used = |provider: &LinkProvider| {
        let mut decided = decided.iter();
        decided.any(|of| match &of.decision {
            Decision::Linked(provided) => std::ptr::eq(provided.from.provider, provider),
            Decision::Failed(Failure::Several(several)) => several
                .iter()
                .any(|one| std::ptr::eq(one.provider, provider)),
            _ => false,
        })
    };
    let unused = scene.own.intents.providers.iter();
    let unused = unused.filter(|provider| !used(provider));
    LinkReport {
        deployment: own.clone(),
        links: decided.iter().map(|of| link(scene, of)).collect(),
        unused: unused
            .map(|provider| ProviderEnd::of(provider, own))
            .collect(),
    }
}

impl LinkReport {
    /// Whether every consumer has what it needs.
    pub fn is_resolved(&self) -> bool {
        self.problems().next().is_none()
    }

    /// The links that fail.
    pub fn problems(&self) -> impl Iterator<Item = (&ExplainedLink, &Problem)> {
        self.links.iter().filter_map(|link| match &link.outcome {
            Outcome::Failed(problem) => Some((link, problem)),
            _ => None,
        })
    }
}

impl ProviderEnd {
    /// A provider as a consumer of the deployment `own` sees it.
    pub fn of(provider: &LinkProvider, own: &str) -> Self {
        Self {
            deployment: provider.deployment.clone(),
            foreign: provider.deployment != own,
            group: provider.group.clone(),
            job: provider.job.clone(),
            link: provider.original.clone(),
            name: provider.name.clone(),
            kind: provider.kind.clone(),
            shared: provider.shared,
            custom: provider.custom,
        }
    }
}

impl fmt::Display for ConsumerEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.group, self.job, self.link)
    }
}

/// `group/job/link`, behind the name of another deployment, and with the name that the manifest gives.
impl fmt::Display for ProviderEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.foreign {
            write!(f, "{}: ", self.deployment)?;
        }
        match &self.job {
            Some(job) => write!(f, "{}/{job}/{}", self.group, self.link)?,
            None => write!(f, "{}/disk {}", self.group, self.link)?,
        }
        if self.name != self.link {
            write!(f, " as {}", self.name)?;
        }
        Ok(())
    }
}

impl Way {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::Explicit => "explicit",
            Self::Manual => "manual",
            Self::Blocked => "blocked",
        }
    }
}

impl Mark {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Renamed => "renamed",
            Self::Shared => "shared",
            Self::CustomProvider => "custom provider",
            Self::Disk => "disk",
            Self::Optional => "optional",
        }
    }
}

impl ProblemKind {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::Missing => "missing",
            Self::Blocked => "blocked",
            Self::Deployment => "deployment",
            Self::Network => "network",
            Self::Address => "address",
        }
    }
}

impl ProblemKind {
    /// A few words about what fails.
    pub fn note(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::Missing => "no provider",
            Self::Blocked => "blocked",
            Self::Deployment => "deployment not at hand",
            Self::Network => "not on the network",
            Self::Address => "address cannot be written",
        }
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

fn link(scene: Scene<'_>, of: &Decided<'_>) -> ExplainedLink {
    let consumer = of.consumer;
    let (outcome, why) = match &of.decision {
        Decision::Linked(provided) => linked(scene, consumer, provided),
        Decision::Manual(data) => {
            let instances = match data.get("instances") {
                Some(Value::Sequence(instances)) => instances.len(),
                _ => 0,
            };
            let why = "the manifest gives its data".to_owned();
            (Outcome::Manual { instances }, why)
        }
        Decision::Absent => (Outcome::Absent, absent(scene, consumer)),
        Decision::Failed(failure) => {
            let (kind, why) = problem(scene, consumer, failure);
            (
                Outcome::Failed(details(scene, consumer, failure, kind)),
                why,
            )
        }
    };
    ExplainedLink {
        consumer: ConsumerEnd {
            group: consumer.group.clone(),
            job: consumer.job.clone(),
            link: consumer.name.clone(),
        },
        kind: consumer.kind.clone(),
        optional: consumer.optional,
        way: match &consumer.wanted {
            Wanted::Implicit => Way::Implicit,
            Wanted::Blocked => Way::Blocked,
            Wanted::Explicit(_) => Way::Explicit,
            Wanted::Manual { .. } => Way::Manual,
        },
        marks: marks(consumer, &outcome),
        outcome,
        why,
    }
}

fn marks(consumer: &LinkConsumer, outcome: &Outcome) -> Vec<Mark> {
    let mut marks = Vec::new();
    if let Outcome::Linked { provider, .. } = outcome {
        let all = [
            (provider.name != provider.link, Mark::Renamed),
            (provider.foreign, Mark::Shared),
            (provider.custom, Mark::CustomProvider),
            (provider.job.is_none(), Mark::Disk),
        ];
        marks.extend(
            all.iter()
                .filter(|(holds, _)| *holds)
                .map(|(_, mark)| *mark),
        );
    }
    if consumer.optional {
        marks.push(Mark::Optional);
    }
    marks
}

fn linked(scene: Scene<'_>, consumer: &LinkConsumer, provided: &Provided<'_>) -> (Outcome, String) {
    let Candidate {
        deployment,
        provider,
    } = provided.from;
    let own = &scene.own.plan.name;
    let why = match &consumer.wanted {
        Wanted::Explicit(wanted) if wanted.deployment.is_some() => format!(
            "the manifest asks for '{}' of deployment '{}'",
            wanted.from, deployment.plan.name
        ),
        Wanted::Explicit(wanted) => format!("the manifest asks for '{}'", wanted.from),
        _ => format!(
            "it is the only provider of type '{}' in deployment '{own}'",
            consumer.kind
        ),
    };
    let group = deployment.plan.group(&provider.group);
    let group = group.filter(|_| provider.job.is_some());
    let outcome = Outcome::Linked {
        provider: ProviderEnd::of(provider, own),
        network: provided.network.map(str::to_owned),
        addresses: provided.form,
        instances: group.map_or(0, |group| group.instances.len()),
    };
    (outcome, why)
}

fn absent(scene: Scene<'_>, consumer: &LinkConsumer) -> String {
    match consumer.wanted {
        Wanted::Blocked => "it is optional, and the manifest blocks it".to_owned(),
        _ => format!(
            "it is optional, and nothing in deployment '{}' provides type '{}'",
            scene.own.plan.name, consumer.kind
        ),
    }
}

/// What kind of problem a failure is, and a part of a sentence about it.
fn problem(
    scene: Scene<'_>,
    consumer: &LinkConsumer,
    failure: &Failure<'_>,
) -> (ProblemKind, String) {
    let own = &scene.own.plan.name;
    let kind = &consumer.kind;
    let search = Search::of(consumer, own);
    match (failure, search) {
        (Failure::NoDeployment, search) => {
            let name = search.map_or("", |search| search.deployment);
            let why =
                format!("deployment '{name}' is not at hand: give its manifest with --deployed");
            (ProblemKind::Deployment, why)
        }
        (Failure::NoProvider, None) => {
            let why = "the manifest blocks it, and the job does not do without it";
            (ProblemKind::Blocked, why.to_owned())
        }
        (Failure::NoProvider, Some(search)) => {
            let shared = if search.foreign { " for others" } else { "" };
            let named = search.name.map(|name| format!(" by the name of '{name}'"));
            let why = format!(
                "nothing in deployment '{}' provides type '{kind}'{shared}{}",
                search.deployment,
                named.unwrap_or_default()
            );
            (ProblemKind::Missing, why)
        }
        (Failure::Several(several), _) => {
            let why = format!("{} providers fit where one has to", several.len());
            (ProblemKind::Ambiguous, why)
        }
        (Failure::OtherNetwork(candidate, network), _) => {
            let why = format!(
                "instance group '{}' of its provider is not on network '{network}'",
                candidate.provider.group
            );
            (ProblemKind::Network, why)
        }
        (Failure::Address(_, error), _) => {
            let why = format!("an address of its provider cannot be written: {error}");
            (ProblemKind::Address, why)
        }
    }
}

fn details(
    scene: Scene<'_>,
    consumer: &LinkConsumer,
    failure: &Failure<'_>,
    kind: ProblemKind,
) -> Problem {
    let own = &scene.own.plan.name;
    let asked = Search::of(consumer, own);
    let search = asked.unwrap_or_else(|| Search::implicit(consumer, own));
    let mut candidates: Vec<(bool, Judged)> = all(scene)
        .map(|(_, provider)| {
            let near = provider.kind == search.kind || search.name == Some(&provider.name);
            (near, judged(&search, provider, failure, own))
        })
        .collect();
    let total = candidates.len();
    candidates.sort_by_key(|(near, judged)| (!near, judged.refused.len()));
    let fitting = candidates
        .iter()
        .filter(|(_, judged)| judged.refused.is_empty());
    let near = candidates.iter().filter(|(near, _)| *near);
    let listed = match near.count() {
        0 => FEW,
        near => near.min(fitting.count() + MOST_REFUSED),
    };
    candidates.truncate(listed);
    let candidates: Vec<Judged> = candidates.into_iter().map(|(_, judged)| judged).collect();
    let unlisted = total - candidates.len();
    Problem {
        kind,
        candidates,
        unlisted,
        nearest: meant(scene, &search, failure),
        notes: notes(scene, consumer, failure),
        remedies: remedies(scene, consumer, failure),
    }
}

/// All providers: those of the deployment, then those of others, of each of which the last manifest counts.
pub(super) fn all<'a>(
    scene: Scene<'a>,
) -> impl Iterator<Item = (Deployment<'a>, &'a LinkProvider)> {
    let others = scene.others.iter().copied();
    let of = |deployment: Deployment<'a>| {
        let providers = deployment.intents.providers.iter();
        providers.map(move |provider| (deployment, provider))
    };
    std::iter::once(scene.own).chain(others).flat_map(of)
}

fn judged(
    search: &Search<'_>,
    provider: &LinkProvider,
    failure: &Failure<'_>,
    own: &str,
) -> Judged {
    let mut refusals = search.refusals(provider);
    if refusals.contains(&Refusal::OtherType) {
        // Whoever looks for another type need not hear of the rest.
        refusals.retain(|refusal| *refusal == Refusal::OtherType);
    }
    let mut refused: Vec<String> = refusals
        .iter()
        .map(|refusal| told(*refusal, search, provider))
        .collect();
    match failure {
        Failure::OtherNetwork(candidate, network) if std::ptr::eq(candidate.provider, provider) => {
            let networks = networks(candidate.deployment.plan, &provider.group).join("', '");
            refused.push(format!(
                "its instance group is on '{networks}', not on '{network}'"
            ));
        }
        Failure::Address(candidate, error) if std::ptr::eq(candidate.provider, provider) => {
            refused.push(error.to_string());
        }
        _ => {}
    }
    Judged {
        provider: ProviderEnd::of(provider, own),
        refused,
    }
}

/// The networks of an instance group.
pub(super) fn networks<'a>(plan: &'a DeploymentPlan, group: &str) -> Vec<&'a str> {
    let networks = plan.group(group).map(|group| group.networks.as_slice());
    let networks = networks.unwrap_or_default().iter();
    networks
        .map(|network| network.network.name.as_str())
        .collect()
}

fn told(refusal: Refusal, search: &Search<'_>, provider: &LinkProvider) -> String {
    match refusal {
        Refusal::OtherDeployment => format!(
            "it is in deployment '{}', not in '{}'",
            provider.deployment, search.deployment
        ),
        Refusal::OtherType => format!("its type is '{}', not '{}'", provider.kind, search.kind),
        Refusal::OtherName => {
            let name = search.name.unwrap_or_default();
            if provider.name == provider.original {
                format!("its name is '{}', not '{name}'", provider.name)
            } else {
                format!("the manifest names it '{}', not '{name}'", provider.name)
            }
        }
        Refusal::NotShared => format!(
            "deployment '{}' does not share it with others",
            provider.deployment
        ),
        Refusal::NotConsumable => "the manifest withholds it (`nil`)".to_owned(),
    }
}

/// The name that was probably meant: of a deployment, or of a provider of the type.
fn meant(scene: Scene<'_>, search: &Search<'_>, failure: &Failure<'_>) -> Option<String> {
    if matches!(failure, Failure::NoDeployment) {
        let others = scene.others.iter().map(|other| other.plan.name.as_str());
        return nearest(search.deployment, others).map(str::to_owned);
    }
    let name = search
        .name
        .filter(|_| matches!(failure, Failure::NoProvider))?;
    let there = |provider: &LinkProvider| provider.deployment == search.deployment;
    let of_type = |provider: &LinkProvider| there(provider) && provider.kind == search.kind;
    let names = |fits: &dyn Fn(&LinkProvider) -> bool| {
        let all = all(scene).map(|(_, provider)| provider);
        let all: Vec<&str> = all
            .filter(|provider| fits(provider) && provider.name != name)
            .map(|provider| provider.name.as_str())
            .collect();
        nearest(name, all).map(str::to_owned)
    };
    names(&of_type).or_else(|| names(&there))
}

/// Jobs that would provide what nobody does, and releases that are not at hand.
fn notes(scene: Scene<'_>, consumer: &LinkConsumer, failure: &Failure<'_>) -> Vec<String> {
    let search = Search::of(consumer, &scene.own.plan.name);
    let foreign = search.is_some_and(|search| search.foreign);
    if foreign || !matches!(failure, Failure::NoProvider) {
        return Vec::new();
    }
    let mut notes = Vec::new();
    for release in scene.releases {
        for job in &release.jobs {
            let provides = job.spec.provides.iter();
            let provides = provides.filter(|link| link.kind == consumer.kind);
            let mut groups = scene.own.plan.groups.iter().flat_map(|group| &group.jobs);
            let runs =
                groups.any(|used| used.release.name == release.name && used.job.name == job.name);
            if provides.count() > 0 && !runs {
                notes.push(format!(
                    "job '{}' of release '{}' provides type '{}'; no instance group of deployment '{}' has it",
                    job.name, release.name, consumer.kind, scene.own.plan.name
                ));
            }
        }
    }
    for release in &scene.own.plan.absent_releases {
        notes.push(format!(
            "release '{release}' is not at hand; its jobs may provide it"
        ));
    }
    notes
}
