//! Links between jobs: who provides, who consumes, and what a consumer gets.
//!
//! Pure. Stands on plans ([`DeploymentPlan`]) and follows a Director:
//!
//! - [`provider`]: what the jobs of a plan provide: links of the release, renamed, shared or withheld by the manifest, links
//!   that the manifest adds, persistent disks.
//! - [`consumer`]: what they consume, and what the manifest says of it: nothing (implicit), `nil` (blocked), a name
//!   (explicit), or data (manual).
//! - [`numbers`]: the numbers in DNS names, remembered or made up.
//! - [`candidates`]: which providers fit a consumer.
//! - [`resolve()`]: exactly one provider for each consumer, and the data that its templates see; or all that failed.
//! - [`address`]: addresses of instances as links write them.
//! - [`explain()`]: the same in words, a [`report`]: who gives what to whom, why, and what a failure comes from.
//! - [`graph`]: the same as a drawing.
//! - [`remedy`]: operations on manifests that settle what fails.
//!
//! Invariants: [`LinkIntents`] hold providers and consumers of all jobs of one plan, in the order of groups, jobs and names
//! in specs. A [`Link`] is made of one provider, or of a manifest alone. `resolve` returns all links or all errors.

pub mod address;
pub mod candidates;
pub mod consumer;
pub mod explain;
pub mod graph;
pub mod numbers;
pub mod provider;
pub mod remedy;
pub mod report;
pub mod resolve;

pub use consumer::LinkConsumer;
pub use explain::explain;
pub use provider::LinkProvider;
pub use report::LinkReport;
pub use resolve::{Link, Links, resolve};

use crate::deployment::DeploymentPlan;
use crate::diagnostic::{Diagnostic, Diagnostics};

/// What the jobs of a deployment provide and consume.
#[derive(Debug, Clone, Default)]
pub struct LinkIntents {
    /// What they provide.
    pub providers: Vec<LinkProvider>,
    /// What they consume.
    pub consumers: Vec<LinkConsumer>,
}

impl LinkIntents {
    /// Reads what the manifest says of the links of all jobs.
    ///
    /// # Errors
    /// As in a Director those of the first job that has any, each with a line.
    pub fn of(plan: &DeploymentPlan) -> Result<Self, Diagnostics> {
        let mut intents = Self::default();
        for group in &plan.groups {
            for job in &group.jobs {
                intents
                    .providers
                    .extend(provider::of_job(plan, group, job)?);
                intents.consumers.extend(consumer::of_job(group, job)?);
            }
            intents.providers.extend(provider::disks(plan, group));
        }
        Ok(intents)
    }
}

/// Errors of one job: a Director tells them as one, line by line.
fn one_for_each_line(faults: Vec<Diagnostic>) -> Result<(), Diagnostics> {
    let mut faults = faults.into_iter();
    let Some(mut first) = faults.next() else {
        return Ok(());
    };
    for fault in faults {
        first.message.push('\n');
        first.message.push_str(&fault.message);
        first.labels.extend(fault.labels);
    }
    Err(first.into())
}
