//! The command `links`: what it prints for the cases of `tests/links`; that it explains what resolving decides; and that
//! the operations it offers settle what failed.
//!
//! A case is a directory with `arguments` (run there) and `expected/`: `table.txt`, `links.json`, `links.svg`, `links.dot`,
//! `links.mmd`, and `stderr.txt` and `ops.yml` if something fails. `BOSH_RELEASE_TEST_BLESS=1` writes what is printed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test's helpers fail the test; what is printed is written when the environment asks"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use bosh_release::deployment::release_job::Release;
use bosh_release::deployment::variables::Variables;
use bosh_release::deployment::{
    CloudConfig, DeploymentManifest, OperationsFile, RecordedState, Request, interpolate,
};
use bosh_release::links::candidates::Search;
use bosh_release::links::explain::Scene;
use bosh_release::links::remedy::{Remedy, ops_file};
use bosh_release::links::report::{ExplainedLink, LinkReport, Outcome, ProblemKind};
use bosh_release::links::resolve::{Decision, Failure, check, decide, resolve};
use bosh_release::links::{LinkProvider, explain};
use bosh_release::local::deployment::{self, PlannedDeployments, plan_deployments};
use bosh_release::local::releases;
use bosh_release::source::Source;
use bosh_release::yaml::{self, Value};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn directories(of: &Path, with: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = entries.filter(|path| path.join(with).exists()).collect();
    found.sort();
    assert!(!found.is_empty());
    found
}

/// Stdout, stderr and whether it succeeded.
fn run(case: &Path, arguments: &[&str]) -> (String, String, bool) {
    let given = fs::read_to_string(case.join("arguments")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_bosh-release"))
        .arg("links")
        .args(given.split_whitespace())
        .args(arguments)
        .current_dir(case)
        .env("COLUMNS", "100")
        .env("NO_COLOR", "1")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        text(output.stdout),
        text(output.stderr),
        output.status.success(),
    )
}

#[test]
fn cases_print_what_is_expected() {
    let bless = std::env::var_os("BOSH_RELEASE_TEST_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in directories(&top().join("links"), "arguments") {
        let (table, stderr, resolved) = run(&case, &["--tty"]);
        let mut found = vec![("table.txt", table), ("stderr.txt", stderr)];
        for (name, arguments) in [
            ("links.json", &["--json"][..]),
            ("links.svg", &["--format", "svg"]),
            ("links.dot", &["--format", "dot"]),
            ("links.mmd", &["--format", "mermaid"]),
            ("ops.yml", &["--format", "ops"]),
        ] {
            let (mut text, _, again) = run(&case, arguments);
            assert_eq!(again, resolved, "{name} of {}", case.display());
            if name == "links.json" {
                let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
                text = format!("{answer:#}\n");
            }
            found.push((name, text));
        }
        for (name, text) in found {
            let path = case.join("expected").join(name);
            if bless {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                if text.is_empty() {
                    fs::remove_file(&path).ok();
                } else {
                    fs::write(&path, &text).unwrap();
                }
            } else if fs::read_to_string(&path).unwrap_or_default() != text {
                wrong.push(format!("{}\n{text}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Manifests with what else they need.
struct Stage {
    label: String,
    /// Names and texts; the last is the one that is asked for.
    manifests: Vec<(String, String)>,
    cloud: CloudConfig,
    releases: Vec<Release>,
}

impl Stage {
    fn planned(&self) -> Result<PlannedDeployments, String> {
        let read = |(name, text): &(String, String)| {
            let source = Source::new(name.clone(), text.clone());
            manifest(&source, &[])
        };
        let manifests: Result<Vec<_>, _> = self.manifests.iter().map(read).collect();
        let planned = plan_deployments(deployment::Request {
            manifests: &manifests?,
            cloud: &self.cloud,
            releases: &self.releases,
            state: &RecordedState::default(),
        });
        planned.map_err(|faults| faults.to_string())
    }

    /// The links as they are explained.
    fn report(&self) -> LinkReport {
        let planned = self.planned().unwrap();
        let (own, others) = (planned.own().unwrap(), planned.others());
        let decided = decide(own, &others, &planned.numbering);
        let scene = Scene {
            own,
            others: &others,
            releases: &self.releases,
        };
        explain(scene, &decided)
    }

    /// The same with operations for the manifests of some deployments.
    fn with(&self, operations: &[(String, String)]) -> Self {
        let mut manifests = self.manifests.clone();
        for (name, text) in &mut manifests {
            let source = Source::new(name.clone(), text.clone());
            let deployment = manifest(&source, &[]).unwrap().name;
            let own = operations.iter().filter(|(of, _)| *of == deployment);
            let own: String = own.map(|(_, operation)| operation.as_str()).collect();
            *text = changed(&source, &own);
        }
        Self {
            label: self.label.clone(),
            manifests,
            cloud: self.cloud.clone(),
            releases: self.releases.clone(),
        }
    }
}

/// A manifest behind the operations of an ops file, printed.
fn changed(source: &Arc<Source>, operations: &str) -> String {
    let operations = if operations.is_empty() {
        "[]"
    } else {
        operations
    };
    let operations = OperationsFile::parse(&Source::new("ops.yml", operations)).unwrap();
    let interpolated = interpolate(Request {
        manifest: source,
        operations: &[operations],
        variables: &mut Variables::default(),
        expect_all_found: false,
        expect_all_used: false,
    });
    String::from_utf8(interpolated.unwrap().print(None).unwrap()).unwrap()
}

fn manifest(
    source: &Arc<Source>,
    operations: &[OperationsFile],
) -> Result<DeploymentManifest, String> {
    let interpolated = interpolate(Request {
        manifest: source,
        operations,
        variables: &mut Variables::default(),
        expect_all_found: false,
        expect_all_used: false,
    });
    let interpolated = interpolated.map_err(|faults| faults.to_string())?;
    DeploymentManifest::read(&interpolated).map_err(|fault| fault.message)
}

fn text(path: &Path) -> (String, String) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    (name, fs::read_to_string(path).unwrap())
}

fn cloud(path: &Path) -> CloudConfig {
    let (name, text) = text(path);
    CloudConfig::parse(&Source::new(name, text)).unwrap()
}

fn read_releases(paths: &[PathBuf]) -> Vec<Release> {
    let home = tempfile::tempdir().unwrap();
    let read = |path: &PathBuf| releases::read(path, home.path(), home.path()).unwrap();
    paths.iter().map(read).collect()
}

/// The recorded deployments, and the cases of this test that have a manifest of their own.
fn stages() -> Vec<Stage> {
    let mut stages = Vec::new();
    let recorded = top().join("conformance/deployment");
    let names = ["aux", "vec"].map(|name| recorded.join("releases").join(name));
    let vec = read_releases(&names);
    for case in directories(&recorded, "case.json") {
        let own = case.join("cloud-config.yml");
        let general = recorded.join("cloud-config.yml");
        let spec: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(case.join("case.json")).unwrap()).unwrap();
        let names = spec["manifests"].as_array().unwrap().iter();
        stages.push(Stage {
            label: case.file_name().unwrap().to_string_lossy().into_owned(),
            manifests: names
                .map(|name| text(&case.join(name.as_str().unwrap())))
                .collect(),
            cloud: cloud(if own.exists() { &own } else { &general }),
            releases: vec.clone(),
        });
    }
    let town = read_releases(&[top().join("links/release")]);
    for case in directories(&top().join("links"), "manifest.yml") {
        let first = case.join("deployed.yml");
        let manifests = [first, case.join("manifest.yml")].into_iter();
        stages.push(Stage {
            label: case.file_name().unwrap().to_string_lossy().into_owned(),
            manifests: manifests
                .filter(|path| path.exists())
                .map(|path| text(&path))
                .collect(),
            cloud: cloud(&top().join("links/cloud-config.yml")),
            releases: town.clone(),
        });
    }
    stages
}

#[test]
fn what_is_explained_is_what_resolving_decides() {
    let (mut resolved, mut failed) = (0, 0);
    for stage in stages() {
        let Ok(planned) = stage.planned() else {
            continue;
        };
        let (own, others) = (planned.own().unwrap(), planned.others());
        let decided = decide(own, &others, &planned.numbering);
        let scene = Scene {
            own,
            others: &others,
            releases: &stage.releases,
        };
        let report = explain(scene, &decided);
        assert_eq!(report.links.len(), own.intents.consumers.len());
        let links = resolve(own, &others, &planned.numbering);
        assert_eq!(report.is_resolved(), links.is_ok(), "{}", stage.label);
        assert_eq!(
            check(own, &decided).is_ok(),
            links.is_ok(),
            "{}",
            stage.label
        );
        match links {
            Ok(links) => {
                resolved += 1;
                for link in &report.links {
                    let end = &link.consumer;
                    let consumed = links.consumed(&end.group, &end.job);
                    let has = consumed.iter().any(|found| found.name == end.link);
                    let absent = matches!(link.outcome, Outcome::Absent);
                    assert_eq!(has, !absent, "{}: {end}", stage.label);
                }
            }
            Err(faults) => {
                failed += 1;
                let message = faults.into_vec().remove(0).message;
                for (link, _) in report.problems() {
                    let end = &link.consumer;
                    let told = format!("from job '{}' in instance group '{}'", end.job, end.group);
                    let alone = message.contains("the deployment does not exist");
                    assert!(
                        alone || message.contains(&told),
                        "{}: {message}",
                        stage.label
                    );
                }
            }
        }
        for (link, of) in report.links.iter().zip(&decided) {
            judge(
                &stage.label,
                link,
                of,
                own.plan.name.as_str(),
                &own.intents.providers,
            );
        }
    }
    assert!(resolved > 60 && failed > 8, "{resolved} {failed}");
}

/// What was judged to fit is what was taken, or what is told to be ambiguous.
fn judge(
    label: &str,
    link: &ExplainedLink,
    of: &bosh_release::links::resolve::Decided<'_>,
    own: &str,
    providers: &[LinkProvider],
) {
    let search = Search::of(of.consumer, own);
    let fits =
        |provider: &LinkProvider| search.is_some_and(|search| search.refusals(provider).is_empty());
    let fitting = providers.iter().filter(|provider| fits(provider)).count();
    let foreign = search.is_some_and(|search| search.foreign);
    match &of.decision {
        Decision::Linked(provided) => {
            assert!(fits(provided.from.provider), "{label}: {}", link.consumer);
            assert!(foreign || fitting == 1, "{label}: {}", link.consumer);
        }
        Decision::Failed(Failure::Several(several)) => {
            assert!(several.iter().all(|one| fits(one.provider)));
            let Outcome::Failed(problem) = &link.outcome else {
                panic!("{label}: {}", link.consumer);
            };
            assert_eq!(problem.kind, ProblemKind::Ambiguous);
            let listed = problem.candidates.iter();
            let listed = listed.filter(|judged| judged.refused.is_empty()).count();
            assert_eq!(listed, several.len(), "{label}: {}", link.consumer);
        }
        Decision::Failed(Failure::NoProvider) | Decision::Absent => {
            assert!(foreign || fitting == 0, "{label}: {}", link.consumer);
        }
        _ => {}
    }
}

fn operations(remedy: &Remedy) -> Vec<(String, String)> {
    let operation = |edit: &bosh_release::links::remedy::Edit| {
        let operation = Value::map([
            ("type", Value::from("replace")),
            ("path", Value::from(edit.path.as_str())),
            ("value", edit.value.clone()),
        ]);
        let text = yaml::write(&Value::Sequence(vec![operation]));
        (edit.deployment.clone(), text)
    };
    remedy.edits.iter().map(operation).collect()
}

#[test]
fn each_remedy_settles_its_consumer() {
    let mut count = 0;
    for stage in stages() {
        if stage.planned().is_err() {
            continue;
        }
        for (link, problem) in stage.report().problems() {
            let known = problem.kind == ProblemKind::Address || !problem.remedies.is_empty();
            assert!(known, "{}: nothing settles {}", stage.label, link.consumer);
            for remedy in &problem.remedies {
                count += 1;
                let after = stage.with(&operations(remedy)).report();
                let mut found = after.links.iter();
                let found = found.find(|found| found.consumer == link.consumer).unwrap();
                let settled = !matches!(found.outcome, Outcome::Failed(_));
                let (label, end) = (&stage.label, &link.consumer);
                assert!(settled, "{label}: {end}: {remedy:?}\n{found:?}");
            }
        }
    }
    assert!(count > 30, "{count}");
}

#[test]
fn the_ops_file_settles_all_that_the_own_manifest_can() {
    let mut count = 0;
    for stage in stages() {
        if stage.planned().is_err() {
            continue;
        }
        let report = stage.report();
        let elsewhere = |remedy: &Remedy| {
            let mut edits = remedy.edits.iter();
            edits.any(|edit| edit.deployment != report.deployment)
        };
        let mut problems = report.problems();
        if problems.any(|(_, problem)| problem.remedies.first().is_none_or(elsewhere)) {
            continue;
        }
        if report.is_resolved() {
            assert_eq!(ops_file(&report), "");
            continue;
        }
        count += 1;
        let operations = vec![(report.deployment.clone(), ops_file(&report))];
        let after = stage.with(&operations).report();
        assert!(
            after.is_resolved(),
            "{}\n{}",
            stage.label,
            ops_file(&report)
        );
    }
    assert!(count > 6, "{count}");
}
