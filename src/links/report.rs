//! The links of a deployment in words: who gives what to whom, and what fails.
//!
//! Plain data, made by [`explain`](super::explain()).

use std::fmt;

use super::address::AddressForm;
use super::provider::LinkProvider;
use super::remedy::Remedy;

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
