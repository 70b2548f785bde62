//! An instance on both sides: what differs, and what a Director does about it.

use std::collections::BTreeSet;

use super::links::{data_by_name, provider};
use super::packages::packages;
use super::placement::{DISK, placement};
use super::{Files, One, job_of, name, release_name};
use crate::compare::files::pairs;
use crate::compare::mask::Masker;
use crate::compare::values::{ValueChange, changes};
use crate::compare::{Fate, InstanceChange, JobChange, Kind, LinkChange, PackageChange};
use crate::deployment::manifest::Lifecycle;
use crate::deployment::plan::PlannedJob;
use crate::links::Link;

/// An instance on both sides.
pub(super) struct Pairing<'a, 'm> {
    old: One<'a>,
    new: One<'a>,
    masker: &'m Masker,
}

impl<'a, 'm> Pairing<'a, 'm> {
    pub(super) fn of(old: One<'a>, new: One<'a>, masker: &'m Masker) -> Self {
        Self { old, new, masker }
    }

    pub(super) fn change(&self) -> Option<(InstanceChange, Files<'a>)> {
        let placement = self.placement();
        let files = self.files();
        let jobs = self.jobs(&files);
        let packages = packages(self.old, self.new);
        let rendered = self.old.files.is_some() && self.new.files.is_some();
        if rendered && placement.is_empty() && jobs.is_empty() && packages.is_empty() {
            return None;
        }
        let (fate, reasons) = self.fate(&placement, &jobs, &packages, &files);
        let change = InstanceChange {
            names: vec![name(self.new)],
            fate,
            reasons,
            placement,
            jobs,
            packages,
            rendered,
        };
        Some((change, files))
    }

    fn placement(&self) -> Vec<ValueChange> {
        let (old, new) = (placement(self.old), placement(self.new));
        changes("", Some(&old), Some(&new), self.masker)
    }

    fn files(&self) -> Files<'a> {
        let (Some(old), Some(new)) = (self.old.files, self.new.files) else {
            return Vec::new();
        };
        let pairs = pairs(old, new).into_iter();
        pairs.map(|pair| (job_of(pair.path), pair)).collect()
    }

    fn jobs(&self, files: &Files<'a>) -> Vec<JobChange> {
        let find = |one: One<'a>, name: &str| {
            let mut jobs = one.group.jobs.iter();
            jobs.find(|job| job.job.name == name)
        };
        let old = self.old.group.jobs.iter();
        let gone = old.filter(|job| find(self.new, &job.job.name).is_none());
        let all = self.new.group.jobs.iter().chain(gone);
        let changed = all.filter_map(|job| {
            let name = &job.job.name;
            let (old, new) = (find(self.old, name), find(self.new, name));
            let change = self.job(name, old, new)?;
            let differs = change.kind != Kind::Changed
                || change.release.is_some()
                || change.fingerprint.is_some()
                || !change.properties.is_empty()
                || !change.links.is_empty()
                || files.iter().any(|(of, _)| of == name);
            differs.then_some(change)
        });
        changed.collect()
    }

    fn job(
        &self,
        name: &str,
        old: Option<&PlannedJob>,
        new: Option<&PlannedJob>,
    ) -> Option<JobChange> {
        let kind = Kind::of(old, new)?;
        let pair = |of: &dyn Fn(&PlannedJob) -> String| {
            let (old, new) = (old.map(of), new.map(of));
            (old != new).then(|| (old.unwrap_or_default(), new.unwrap_or_default()))
        };
        let properties = match (old, new) {
            (Some(old), Some(new)) => changes(
                "",
                Some(&old.properties),
                Some(&new.properties),
                self.masker,
            ),
            _ => Vec::new(),
        };
        Some(JobChange {
            name: name.to_owned(),
            kind,
            release: pair(&release_name),
            fingerprint: pair(&|job| job.job.fingerprint.clone()),
            properties,
            links: self.links(name),
            files: Vec::new(),
        })
    }

    fn links(&self, job: &str) -> Vec<LinkChange> {
        let old = self.old.side.links.consumed(&self.old.group.name, job);
        let new = self.new.side.links.consumed(&self.new.group.name, job);
        let mut names: Vec<&str> = new.iter().map(|link| link.name.as_str()).collect();
        names.extend(old.iter().map(|link| link.name.as_str()));
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(*name));
        let find = |links: &'a [Link], name: &str| {
            let mut links = links.iter();
            links.find(|link| link.name == name)
        };
        let changed = names.into_iter().filter_map(|name| {
            let (old, new) = (find(old, name), find(new, name));
            let (a, b) = (
                old.map(|link| data_by_name(&link.data)),
                new.map(|link| data_by_name(&link.data)),
            );
            if a == b {
                return None;
            }
            let values = match (&a, &b) {
                (Some(a), Some(b)) => changes("", Some(a), Some(b), self.masker),
                _ => Vec::new(),
            };
            let provider = |one: One<'_>, link: &Link| {
                let provider = provider(&link.data, &one.side.plan.name);
                self.masker.mask(&provider)
            };
            Some(LinkChange {
                name: name.to_owned(),
                kind: Kind::of(old, new)?,
                old: old.map(|link| provider(self.old, link)),
                new: new.map(|link| provider(self.new, link)),
                values,
            })
        });
        changed.collect()
    }

    /// What a Director does, and why.
    fn fate(
        &self,
        placement: &[ValueChange],
        jobs: &[JobChange],
        packages: &[PackageChange],
        files: &Files<'_>,
    ) -> (Fate, Vec<String>) {
        let mut reasons = Vec::new();
        for (key, reason) in RECREATED {
            if placement.iter().any(|change| is_at(&change.path, key)) {
                reasons.push((*reason).to_owned());
            }
        }
        let recreated = !reasons.is_empty();
        for job in jobs {
            if job.kind != Kind::Changed {
                reasons.push(format!("job {} {}", job.name, job.kind.word()));
            } else if job.fingerprint.is_some() {
                reasons.push(format!("job {} changed", job.name));
            }
        }
        if !files.is_empty() {
            reasons.push("rendered files".to_owned());
        }
        if !packages.is_empty() {
            reasons.push("packages".to_owned());
        }
        if placement.iter().any(|change| is_at(&change.path, DISK)) {
            reasons.push("persistent disk".to_owned());
        }
        let errand = |one: One<'_>| one.group.lifecycle == Lifecycle::Errand;
        let rendered = self.old.files.is_some() && self.new.files.is_some();
        let fate = if reasons.is_empty() && !rendered {
            Fate::Unknown
        } else if reasons.is_empty() {
            Fate::Untouched
        } else if errand(self.old) && errand(self.new) {
            Fate::NextRun
        } else if recreated {
            Fate::Recreated
        } else {
            Fate::Restarted
        };
        (fate, reasons)
    }
}

/// What makes a VM anew, and how it is told.
const RECREATED: &[(&str, &str)] = &[
    ("az", "availability zone"),
    ("stemcell", "stemcell"),
    ("vm", "VM type"),
    ("env", "environment of the VM"),
    ("networks", "network"),
    ("lifecycle", "lifecycle"),
];
fn is_at(path: &str, key: &str) -> bool {
    let rest = path.strip_prefix(key);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
