//! What of a deployment is wanted: some instances, some jobs.

use std::collections::BTreeSet;

use crate::deployment::DeploymentPlan;
use crate::deployment::plan::{Instance, PlannedGroup, PlannedJob};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::nearest::nearest;

/// What of a deployment is rendered; everything by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// An instance group.
    pub group: Option<String>,
    /// The index or uuid of an instance of this group.
    pub instance: Option<String>,
    /// Names of jobs.
    pub jobs: Vec<String>,
}

impl Selection {
    pub(super) fn has_instance(&self, group: &PlannedGroup, instance: &Instance) -> bool {
        self.group.as_ref().is_none_or(|name| *name == group.name)
            && self
                .instance
                .as_ref()
                .is_none_or(|name| *name == instance.id || *name == instance.index.to_string())
            && (self.jobs.is_empty() || group.jobs.iter().any(|job| self.has_job(job)))
    }

    /// Selected jobs of a group that has selected instances.
    pub(super) fn jobs_of<'p>(
        &'p self,
        group: &'p PlannedGroup,
    ) -> impl Iterator<Item = &'p PlannedJob> {
        let mut instances = group.instances.iter();
        let any = instances.any(|instance| self.has_instance(group, instance));
        let jobs = group.jobs.iter().filter(move |_| any);
        jobs.filter(|job| self.has_job(job))
    }

    pub(super) fn has_job(&self, job: &PlannedJob) -> bool {
        self.jobs.is_empty() || self.jobs.contains(&job.job.name)
    }

    /// What of it a plan does not have.
    ///
    /// # Errors
    /// An unknown group, instance or job, each with the nearest name.
    pub fn check(&self, plan: &DeploymentPlan) -> Result<(), Diagnostics> {
        let mut faults = Vec::new();
        if let Some(name) = &self.group {
            match plan.group(name) {
                None => {
                    let known = plan.groups.iter().map(|group| group.name.as_str());
                    faults.push(unknown(&format!("instance group '{name}'"), name, known));
                }
                Some(group) => faults.extend(self.unknown_instance(group)),
            }
        }
        let jobs = plan.groups.iter().flat_map(|group| &group.jobs);
        let jobs: BTreeSet<&str> = jobs.map(|job| job.job.name.as_str()).collect();
        for name in &self.jobs {
            if !jobs.contains(name.as_str()) {
                faults.push(unknown(
                    &format!("job '{name}'"),
                    name,
                    jobs.iter().copied(),
                ));
            }
        }
        Diagnostics::from_list(faults)
    }

    fn unknown_instance(&self, group: &PlannedGroup) -> Option<Diagnostic> {
        let name = self.instance.as_ref()?;
        let any = Self {
            jobs: Vec::new(),
            ..self.clone()
        };
        let mut instances = group.instances.iter();
        if instances.any(|instance| any.has_instance(group, instance)) {
            return None;
        }
        let last = group.instances.len().checked_sub(1);
        let has = last.map_or("no instances".to_owned(), |last| {
            format!("the indexes 0 to {last}")
        });
        let fault = Diagnostic::error(format!("There is no instance '{}/{name}'", group.name));
        Some(fault.hint(format!("instance group '{}' has {has}", group.name)))
    }
}

fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let fault = Diagnostic::error(format!("The deployment has no {what}"));
    match nearest(name, known) {
        Some(near) => fault.hint(format!("did you mean '{near}'?")),
        None => fault,
    }
}
