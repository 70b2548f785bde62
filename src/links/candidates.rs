//! Which providers fit a consumer, and why the others do not.
//!
//! This is the one place that decides it: [`resolve`](super::resolve()) takes the providers that nothing speaks against, and
//! `explain` tells what speaks against the rest.

use super::consumer::{LinkConsumer, Wanted};
use super::provider::LinkProvider;

/// What a consumer looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search<'a> {
    /// The type.
    pub kind: &'a str,
    /// The name of the provider; `None` takes any.
    pub name: Option<&'a str>,
    /// The deployment of the provider.
    pub deployment: &'a str,
    /// Whether that is another deployment than the consumer's.
    pub foreign: bool,
}

/// Why a provider does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// It is of a deployment in which nobody looks.
    OtherDeployment,
    /// It has another type.
    OtherType,
    /// It has another name.
    OtherName,
    /// Its deployment does not share it.
    NotShared,
    /// The manifest withholds it.
    NotConsumable,
}

impl<'a> Search<'a> {
    /// What a consumer of the deployment `own` looks for; `None` for one that is blocked or has data of its own.
    pub fn of(consumer: &'a LinkConsumer, own: &'a str) -> Option<Self> {
        match &consumer.wanted {
            Wanted::Blocked | Wanted::Manual { .. } => None,
            Wanted::Implicit => Some(Self::implicit(consumer, own)),
            Wanted::Explicit(wanted) => {
                let deployment = wanted.deployment.as_deref().unwrap_or(own);
                Some(Self {
                    kind: &consumer.kind,
                    name: Some(&wanted.from),
                    deployment,
                    foreign: deployment != own,
                })
            }
        }
    }

    /// What a consumer looks for when the manifest says nothing: any provider of its type in its deployment.
    pub fn implicit(consumer: &'a LinkConsumer, own: &'a str) -> Self {
        Self {
            kind: &consumer.kind,
            name: None,
            deployment: own,
            foreign: false,
        }
    }

    /// All that speaks against a provider; nothing for one that fits.
    pub fn refusals(&self, provider: &LinkProvider) -> Vec<Refusal> {
        let elsewhere = provider.deployment != self.deployment;
        let all = [
            (elsewhere, Refusal::OtherDeployment),
            (provider.kind != self.kind, Refusal::OtherType),
            (
                self.name.is_some_and(|name| name != provider.name),
                Refusal::OtherName,
            ),
            (
                (self.foreign || elsewhere) && !provider.shared,
                Refusal::NotShared,
            ),
            (!provider.consumable, Refusal::NotConsumable),
        ];
        let holds = all.into_iter().filter(|(holds, _)| *holds);
        holds.map(|(_, refusal)| refusal).collect()
    }
}
