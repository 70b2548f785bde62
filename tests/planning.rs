//! Plans of deployments, and what is told where there is none: the cases of `planning/`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers fail the test"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bosh_release::deployment::plan::{self, DeploymentPlan, Instance};
use bosh_release::deployment::release_job::Release;
use bosh_release::deployment::variables::Variables;
use bosh_release::deployment::{
    CloudConfig, DeploymentManifest, InterpolatedManifest, OperationsFile, RecordedState, Request,
    interpolate,
};
use bosh_release::diagnostic::Diagnostics;
use bosh_release::local::releases;
use bosh_release::render::input::read_data;
use bosh_release::source::Source;
use bosh_release::yaml::{self, Value};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn source(name: &str) -> Arc<Source> {
    let text = fs::read_to_string(top().join("planning").join(name)).unwrap();
    Source::new(name, text)
}

fn changed(base: &str, operations: Option<&Value>) -> InterpolatedManifest {
    let none = Value::Sequence(Vec::new());
    let operations = yaml::write(operations.unwrap_or(&none));
    let operations = OperationsFile::parse(&Source::new("ops.yml", operations)).unwrap();
    let done = interpolate(Request {
        manifest: &source(base),
        operations: &[operations],
        variables: &mut Variables::default(),
        expect_all_found: false,
        expect_all_used: false,
    });
    done.unwrap_or_else(|faults| panic!("{}", faults.render(false)))
}

fn planned(case: &Value, releases: &[Release]) -> Result<DeploymentPlan, String> {
    let cloud = changed("cloud-config.yml", case.get("cloud"));
    let cloud = Source::new("cloud-config.yml", yaml::write(&cloud.root.value()));
    let cloud = CloudConfig::parse(&cloud).map_err(|faults| first(&faults))?;
    let manifest = changed("manifest.yml", case.get("ops"));
    let manifest = DeploymentManifest::read(&manifest).map_err(|fault| fault.message)?;
    let state = case
        .get("state")
        .map(|state| RecordedState::read(state).unwrap());
    let planned = plan::plan(plan::Request {
        manifest: &manifest,
        cloud: &cloud,
        releases,
        state: &state.unwrap_or_default(),
        deployed: &[],
    });
    planned.map_err(|fault| fault.message)
}

fn first(faults: &Diagnostics) -> String {
    faults.iter().next().unwrap().message.clone()
}

fn shown(plan: &DeploymentPlan) -> String {
    let mut text = String::new();
    for group in &plan.groups {
        for instance in &group.instances {
            let mark = if instance.bootstrap { " *" } else { "" };
            let zone = instance.az.as_deref().unwrap_or("-");
            let (index, addresses) = (instance.index, addresses(instance));
            writeln!(text, "{}/{index} {zone} {addresses}{mark}", group.name).unwrap();
        }
    }
    text
}

fn addresses(instance: &Instance) -> String {
    let addresses = instance.addresses.iter();
    let texts = addresses.map(|place| match place.address {
        Some(address) => address.to_string(),
        None => "-".to_owned(),
    });
    texts.collect::<Vec<_>>().join(",")
}

fn check(file: &str) {
    let home = tempfile::tempdir().unwrap();
    let release = top().join("conformance/deployment/releases/vec");
    let releases = [releases::read(&release, home.path(), home.path()).unwrap()];
    let uuid = regex::Regex::new(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b").unwrap();
    let cases = read_data(&source(file)).unwrap();
    let mut wrong = Vec::new();
    let Value::Sequence(cases) = &cases else {
        panic!("cases are a list");
    };
    for case in cases {
        let text = |key: &str| case.get(key).and_then(Value::as_str);
        let expected = match (text("plan"), text("error")) {
            (Some(plan), None) => Ok(plan.to_owned()),
            (None, Some(error)) => Err(error.to_owned()),
            _ => panic!("a case has a plan or an error"),
        };
        let found = planned(case, &releases).map(|plan| shown(&plan));
        let found = found.map_err(|error| uuid.replace_all(&error, "<uuid>").into_owned());
        if found != expected {
            let title = text("title").unwrap_or_default();
            wrong.push(format!(
                "{title}\n  {found:?}\n  instead of\n  {expected:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn instances_are_where_a_director_puts_them() {
    check("placing.yml");
}

#[test]
fn faults_have_the_words_of_a_director() {
    check("faults.yml");
}
