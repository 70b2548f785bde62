//! Properties that a manifest gives to a job whose spec does not declare them. A Director drops them without a word.

use std::collections::BTreeSet;

use super::DeploymentManifest;
use super::document::{Content, Key, Node, Origin};
use super::plan::{DeploymentPlan, PlannedJob};
use super::read::Place;
use crate::diagnostic::{Diagnostic, Severity};
use crate::nearest::nearest;

/// Nearest names are looked for this often for each job; they cost the most.
const HINTS: usize = 20;

/// A warning for each property of a job that its spec does not declare, in the order of the plan.
///
/// Only a job's own properties are looked at: those of a deployment or a group are for whichever job knows them.
pub fn unknown_properties(plan: &DeploymentPlan, manifest: &DeploymentManifest) -> Vec<Diagnostic> {
    let mut told = BTreeSet::new();
    let mut warnings = Vec::new();
    for group in &plan.groups {
        for job in &group.jobs {
            let mut search = Search::of(job);
            if let Some(given) = &job.using.properties {
                search.look(given, "");
            }
            for (at, (path, key)) in search.found.iter().enumerate() {
                // An addon gives the same job to many groups.
                let known = (job.job.name.clone(), path.clone(), key.span.start);
                if told.insert(known) {
                    let hint = if at < HINTS { search.hint(path) } else { None };
                    warnings.push(warning(job, path, &manifest.sources.place_of(key), hint));
                }
            }
        }
    }
    warnings
}

fn warning(job: &PlannedJob, path: &str, place: &Place, hint: Option<String>) -> Diagnostic {
    let message = format!(
        "Job '{}' has no property '{path}'; a Director drops it silently",
        job.job.name
    );
    Diagnostic {
        severity: Severity::Warning,
        hint,
        ..place.fault(message)
    }
}

struct Search<'a> {
    declared: BTreeSet<&'a str>,
    found: Vec<(String, &'a Origin)>,
}

impl<'a> Search<'a> {
    fn of(job: &'a PlannedJob) -> Self {
        let declared = job.job.spec.properties.iter();
        Self {
            declared: declared.map(|property| property.name.as_str()).collect(),
            found: Vec::new(),
        }
    }

    /// `above` is the path of the map, with a dot behind it.
    fn look(&mut self, given: &'a Node, above: &str) {
        let Content::Map(map) = &given.content else {
            return;
        };
        for (key, entry) in map {
            let Key::Text(key) = key else { continue };
            let path = format!("{above}{key}");
            if self.declared.contains(path.as_str()) {
                continue;
            }
            // Where more is declared below and no map is given, a Director says so.
            let below = format!("{path}.");
            if self.has_more(&below) {
                self.look(&entry.value, &below);
            } else {
                self.found.push((path, &entry.key));
            }
        }
    }

    /// Whether a declared path begins so.
    fn has_more(&self, below: &str) -> bool {
        let mut from = self.declared.range(below..);
        from.next().is_some_and(|name| name.starts_with(below))
    }

    fn hint(&self, path: &str) -> Option<String> {
        let near = nearest(path, self.declared.iter().copied())?;
        Some(format!("did you mean '{near}'?"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::deployment::plan::{self, Request};
    use crate::deployment::properties::Declared;
    use crate::deployment::release_job::{Release, ReleaseJob};
    use crate::deployment::{AssumedCloud, RecordedState};
    use crate::source::Source;
    use crate::yaml::Value;

    const JOB: ReleaseJob = ReleaseJob {
        name: String::new(),
        fingerprint: String::new(),
        digest: String::new(),
        spec: crate::deployment::release_job::JobSpec {
            templates: Vec::new(),
            properties: Vec::new(),
            provides: Vec::new(),
            consumes: Vec::new(),
            logs: Value::Null,
        },
        packages: Vec::new(),
        monit: String::new(),
        templates: Vec::new(),
        schema: None,
        origins: Vec::new(),
    };

    fn release(properties: &[&str]) -> Release {
        let mut job = JOB;
        job.name = "app".to_owned();
        let declared = |name: &&str| Declared {
            name: (*name).to_owned(),
            definition: Value::Mapping(Vec::new()),
        };
        job.spec.properties = properties.iter().map(declared).collect();
        Release {
            name: "r".to_owned(),
            version: None,
            jobs: vec![Arc::new(job)],
            packages: None,
            license: None,
        }
    }

    /// The warnings, one on a line, each with its hint.
    fn told(properties: &str) -> Vec<String> {
        let groups = format!(
            "- name: g\n  instances: 1\n  vm_type: m\n  stemcell: s\n  networks: [{{name: net}}]\n  \
             jobs: [{{name: app, release: r, properties: {properties}}}]\n"
        );
        let text = crate::deployment::tests::whole("[{name: r, version: 1}]", &groups);
        let manifest = crate::deployment::tests::manifest(&text);
        let assumed = AssumedCloud::of(std::slice::from_ref(&manifest));
        let cloud = Source::new("assumed", assumed.text);
        let plan = plan::outline(Request {
            manifest: &manifest,
            cloud: &crate::deployment::CloudConfig::parse(&cloud).unwrap(),
            releases: &[release(&["port", "log.level", "log.format", "tags"])],
            state: &RecordedState::default(),
            deployed: &[],
        });
        let warnings = unknown_properties(&plan.unwrap(), &manifest);
        let line = |warning: Diagnostic| {
            assert_eq!(warning.labels.len(), 1, "{}", warning.message);
            let hint = warning.hint.unwrap_or_default();
            let path = warning.message.split('\'').nth(3).unwrap_or_default();
            format!("{path}: {hint}")
        };
        warnings.into_iter().map(line).collect()
    }

    #[test]
    fn what_no_spec_declares_is_told_with_the_nearest_name() {
        assert!(told("{port: 1, log: {level: 1}, tags: {any: 1}}").is_empty());
        assert!(told("{log: ~}").is_empty());
        assert_eq!(told("{prot: 1}"), ["prot: did you mean 'port'?"]);
        assert_eq!(
            told("{log: {levl: 1, x: {y: 1}}}"),
            ["log.levl: did you mean 'log.level'?", "log.x: "]
        );
    }
}
