//! Two releases, without a deployment: what their jobs declare, their templates, their packages.

use std::collections::BTreeSet;

use super::deployment::package_change;
use super::files::{InstanceFile, pairs};
use super::mask::Masker;
use super::values::{ValueChange, changes};
use super::{Comparison, FileChange, Kind, PackageChange, ReleaseChange, SpecChange};
use crate::deployment::release_job::{LinkDefinition, Release, ReleaseJob};
use crate::yaml::Value;

/// Compares two releases, called `old_label` and `new_label`.
pub fn compare(old_label: &str, old: &Release, new_label: &str, new: &Release) -> Comparison {
    let name = if old.name == new.name {
        new.name.clone()
    } else {
        format!("{} and {}", old.name, new.name)
    };
    let license = |release: &Release| release.license.clone();
    let packages_known = old.packages.is_some() && new.packages.is_some();
    let license = match (packages_known, license(old), license(new)) {
        (true, a, b) if a != b => Some(ValueChange {
            path: "license".to_owned(),
            old: a,
            new: b,
            secret_changed: false,
        }),
        _ => None,
    };
    let change = ReleaseChange {
        old: old.version.clone(),
        new: new.version.clone(),
        jobs: jobs(old, new),
        packages: if packages_known {
            packages(old, new)
        } else {
            Vec::new()
        },
        license,
        name,
    };
    let differs = old.name != new.name
        || old.version != new.version
        || !change.jobs.is_empty()
        || !change.packages.is_empty()
        || change.license.is_some();
    Comparison {
        old: old_label.to_owned(),
        new: new_label.to_owned(),
        releases: if differs { vec![change] } else { Vec::new() },
        ..Comparison::default()
    }
}

fn jobs(old: &Release, new: &Release) -> Vec<SpecChange> {
    let names = |release: &Release| -> Vec<String> {
        release.jobs.iter().map(|job| job.name.clone()).collect()
    };
    let all: BTreeSet<String> = names(old).into_iter().chain(names(new)).collect();
    let changed = all.into_iter().filter_map(|name| {
        let (old, new) = (old.job(&name), new.job(&name));
        job(&name, old.map(|job| &**job), new.map(|job| &**job))
    });
    changed.collect()
}

fn job(name: &str, old: Option<&ReleaseJob>, new: Option<&ReleaseJob>) -> Option<SpecChange> {
    let kind = Kind::of(old, new)?;
    let fingerprint = |job: Option<&ReleaseJob>| job.map(|job| job.fingerprint.clone());
    let (a, b) = (fingerprint(old), fingerprint(new));
    let fingerprint = (a != b).then(|| (a.unwrap_or_default(), b.unwrap_or_default()));
    // A spec is public: nothing in it comes from a variable.
    let masker = Masker::default();
    let compared = |of: &dyn Fn(&ReleaseJob) -> Value| {
        if kind == Kind::Removed {
            return Vec::new();
        }
        let empty = || Value::Mapping(Vec::new());
        let (old, new) = (old.map_or_else(empty, of), new.map_or_else(empty, of));
        changes("", Some(&old), Some(&new), &masker)
    };
    let change = SpecChange {
        name: name.to_owned(),
        kind,
        fingerprint,
        properties: compared(&properties),
        links: compared(&links),
        others: compared(&others),
        files: files(old, new, &masker),
    };
    let differs = kind != Kind::Changed
        || change.fingerprint.is_some()
        || !(change.properties.is_empty() && change.links.is_empty())
        || !(change.others.is_empty() && change.files.is_empty());
    differs.then_some(change)
}

fn properties(job: &ReleaseJob) -> Value {
    let declared = job.spec.properties.iter();
    Value::map(declared.map(|property| {
        let definition = match &property.definition {
            Value::Null => Value::Mapping(Vec::new()),
            given => given.clone(),
        };
        (property.name.clone(), definition)
    }))
}

fn links(job: &ReleaseJob) -> Value {
    let of = |word: &'static str, links: &[LinkDefinition]| {
        let links = links.iter().map(move |link| {
            let mut entries = vec![("type", Value::from(link.kind.as_str()))];
            if link.optional {
                entries.push(("optional", Value::from(true)));
            }
            if !link.properties.is_empty() {
                entries.push(("properties", Value::list(link.properties.clone())));
            }
            (format!("{word} {}", link.name), Value::map(entries))
        });
        links.collect::<Vec<_>>()
    };
    let mut all = of("provides", &job.spec.provides);
    all.extend(of("consumes", &job.spec.consumes));
    Value::map(all)
}

/// Needed packages and destinations of templates.
fn others(job: &ReleaseJob) -> Value {
    let packages = job.packages.iter();
    let packages = packages.map(|name| (format!("package {name}"), Value::from("needed")));
    let templates = job.templates.iter().map(|template| {
        let key = format!("template {}", template.path);
        (key, Value::from(template.destination.as_str()))
    });
    Value::map(packages.chain(templates))
}

fn files(old: Option<&ReleaseJob>, new: Option<&ReleaseJob>, masker: &Masker) -> Vec<FileChange> {
    let texts = |job: Option<&ReleaseJob>| -> Vec<InstanceFile> {
        let Some(job) = job else { return Vec::new() };
        let file = |path: String, text: &str| InstanceFile {
            path,
            executable: false,
            content: text.as_bytes().to_vec(),
        };
        let mut files = vec![file("monit".to_owned(), &job.monit)];
        files.extend(
            job.schema
                .iter()
                .map(|schema| file("properties_schema.json".to_owned(), schema)),
        );
        let templates = job.templates.iter();
        files.extend(
            templates.map(|template| file(format!("templates/{}", template.path), &template.text)),
        );
        files
    };
    let (old, new) = (texts(old), texts(new));
    let pairs = pairs(&old, &new);
    pairs
        .iter()
        .filter_map(|pair| pair.change(masker))
        .collect()
}

fn packages(old: &Release, new: &Release) -> Vec<PackageChange> {
    let names = |release: &Release| -> Vec<String> {
        let packages = release.packages.iter().flatten();
        packages.map(|package| package.name.clone()).collect()
    };
    let all: BTreeSet<String> = names(old).into_iter().chain(names(new)).collect();
    let changed = all.into_iter().filter_map(|name| {
        let found = |release: &'_ Release| release.package(&name).cloned();
        let (a, b) = (found(old), found(new));
        let old = a.as_ref().map(|package| (old, package));
        let new = b.as_ref().map(|package| (new, package));
        package_change(&name, old, new)
    });
    changed.collect()
}
