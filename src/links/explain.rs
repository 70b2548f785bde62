//! Who gives what to whom, and why; for each consumer that fails: what was refused, why, and what would settle it.
//!
//! [`explain`] puts into words what [`decide`](super::resolve::decide) decided; it decides nothing of its own. Providers are
//! judged by [`Search`], as they are for resolving, so the report and the resolver cannot disagree.

use super::candidates::{Refusal, Search};
use super::consumer::{LinkConsumer, Wanted};
use super::provider::LinkProvider;
use super::remedy::remedies;
use super::report::{
    ConsumerEnd, ExplainedLink, Judged, LinkReport, Mark, Outcome, Problem, ProblemKind,
    ProviderEnd, Way,
};
use super::resolve::{Candidate, Decided, Decision, Deployment, Failure, Provided};
use crate::deployment::DeploymentPlan;
use crate::deployment::release_job::Release;
use crate::nearest::nearest;
use crate::yaml::Value;

/// Most providers that are listed of those that do not fit and have the type or the name that is looked for.
const MOST_REFUSED: usize = 12;
/// Where none has either, so many are listed.
const FEW: usize = 5;

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
        (Failure::NoAddresses(_), _) => {
            let why = "its provider is a disk, which has no addresses to choose from";
            (ProblemKind::Network, why.to_owned())
        }
        (Failure::OtherNetwork(candidate, _), _) if candidate.provider.job.is_none() => {
            let why = "its provider is a disk, which is on no network";
            (ProblemKind::Network, why.to_owned())
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
