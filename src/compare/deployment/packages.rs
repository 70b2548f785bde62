//! Packages that an instance runs with. One is another when it, or what it is compiled with, has another fingerprint.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::One;
use crate::compare::PackageChange;
use crate::deployment::release_job::{Release, ReleasePackage};

/// The packages that the jobs of an instance run with, by release and name.
fn packages_of(one: One<'_>) -> Option<BTreeMap<String, (&Release, &ReleasePackage)>> {
    let mut found = BTreeMap::new();
    for job in &one.group.jobs {
        let mut releases = one.side.releases.iter();
        let of_release = releases.find(|release| {
            let mut jobs = release.jobs.iter();
            jobs.any(|known| Arc::ptr_eq(known, &job.job))
        })?;
        of_release.packages.as_ref()?;
        for name in &job.job.packages {
            if let Some(package) = of_release.package(name) {
                found.insert(name.clone(), (of_release, package));
            }
        }
    }
    Some(found)
}

pub(super) fn packages(old: One<'_>, new: One<'_>) -> Vec<PackageChange> {
    let (Some(old), Some(new)) = (packages_of(old), packages_of(new)) else {
        return Vec::new();
    };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed = names.into_iter().filter_map(|name| {
        let (a, b) = (old.get(name), new.get(name));
        package_change(name, a.copied(), b.copied())
    });
    changed.collect()
}

/// A package with its release; nothing where it is not.
pub(in crate::compare) type Found<'a> = Option<(&'a Release, &'a ReleasePackage)>;

/// A package is another one when it, or what it is compiled with, has another fingerprint.
pub(in crate::compare) fn package_change(
    name: &str,
    old: Found<'_>,
    new: Found<'_>,
) -> Option<PackageChange> {
    let all = |found: Found<'_>| {
        let mut all = BTreeMap::new();
        if let Some((release, package)) = found {
            compiled_with(release, package, &mut all);
        }
        all
    };
    let (with, now_with) = (all(old), all(new));
    let fingerprint = |found: Found<'_>| found.map(|(_, package)| package.fingerprint.clone());
    let (a, b) = (fingerprint(old), fingerprint(new));
    let both = old.is_some() && new.is_some();
    if a == b && with == now_with {
        return None;
    }
    let names: BTreeSet<&String> = with.keys().chain(now_with.keys()).collect();
    let differ = names
        .into_iter()
        .filter(|name| with.get(*name) != now_with.get(*name));
    Some(PackageChange {
        name: name.to_owned(),
        old: a,
        new: b,
        dependencies: if both {
            differ.cloned().collect()
        } else {
            Vec::new()
        },
    })
}

/// All dependencies, with their fingerprints. An own list of what is to be looked at: chains may be long, and even circles.
fn compiled_with(release: &Release, package: &ReleasePackage, all: &mut BTreeMap<String, String>) {
    let mut waiting: Vec<&String> = package.dependencies.iter().collect();
    while let Some(name) = waiting.pop() {
        if all.contains_key(name) {
            continue;
        }
        let found = release.package(name);
        let fingerprint = found.map(|found| found.fingerprint.clone());
        all.insert(name.clone(), fingerprint.unwrap_or_default());
        waiting.extend(found.into_iter().flat_map(|found| &found.dependencies));
    }
}
