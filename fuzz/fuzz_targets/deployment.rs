//! Any text is a manifest, a cloud-config and what a Director remembers: a deployment is planned, linked and rendered, or refused
//! with messages that can be shown; nothing grows without bound.
#![no_main]

use std::sync::{Arc, LazyLock};

use bosh_release::deployment::release_job::{JobSpec, JobTemplate, Release, ReleaseJob};
use bosh_release::deployment::variables::Variables;
use bosh_release::deployment::{
    AssumedCloud, CloudConfig, DeploymentManifest, OperationsFile, RecordedState, Request, interpolate,
};
use bosh_release::diagnostic::Diagnostics;
use bosh_release::local::deployment::{self, plan_all};
use bosh_release::render::input::read_data;
use bosh_release::ruby::eval::{Version, World};
use bosh_release::ruby::limits::Limits;
use bosh_release::source::Source;
use libfuzzer_sys::fuzz_target;

const SPEC: &str = "
provides: [{name: web, type: http, properties: [port, tls.on]}]
consumes: [{name: peer, type: http, optional: true}]
properties: {port: {default: 80}, tls.on: {}, list: {default: [1]}}
";
const TEMPLATE: &str = "<%= spec.to_h.size %><% if_link('peer') { |l| %><%= l.address(azs: ['z1']) %><% } %><%= p('port') %>";

static RELEASE: LazyLock<Release> = LazyLock::new(|| {
    let spec = read_data(&Source::new("spec", SPEC)).expect("the spec is YAML");
    let job = ReleaseJob {
        name: "web".to_owned(),
        fingerprint: "1".to_owned(),
        digest: String::new(),
        spec: JobSpec::read("web", &spec).expect("the spec can be read"),
        packages: Vec::new(),
        monit: String::new(),
        templates: vec![JobTemplate {
            path: "a.erb".to_owned(),
            destination: "a".to_owned(),
            text: TEMPLATE.to_owned(),
        }],
        schema: None,
        origins: Vec::new(),
    };
    Release {
        name: "r".to_owned(),
        version: None,
        jobs: vec![Arc::new(job)],
        packages: None,
        license: None,
    }
});

fn shown(faults: &Diagnostics) {
    assert!(!faults.render(true).is_empty());
}

fuzz_target!(|text: &str| {
    let mut parts = text.splitn(3, "\n%%\n");
    let manifest = Source::new("m.yml", parts.next().unwrap_or_default());
    let (cloud, state) = (parts.next(), parts.next());
    let no_operations: &[OperationsFile] = &[];
    let interpolated = interpolate(Request {
        manifest: &manifest,
        operations: no_operations,
        variables: &mut Variables::default(),
        expect_all_found: false,
        expect_all_used: false,
    });
    let Ok(interpolated) = interpolated else { return };
    let manifest = match DeploymentManifest::read(&interpolated) {
        Ok(manifest) => manifest,
        Err(fault) => return shown(&fault.into()),
    };
    let manifests = [manifest];
    let assumed = || AssumedCloud::of(&manifests).text;
    let cloud = cloud.map_or_else(assumed, str::to_owned);
    let cloud = match CloudConfig::parse(&Source::new("cloud.yml", cloud)) {
        Ok(cloud) => cloud,
        Err(faults) => return shown(&faults),
    };
    let state = state.and_then(|text| read_data(&Source::new("state.json", text)).ok());
    let state = state.and_then(|data| RecordedState::read(&data).ok());
    let planned = plan_all(deployment::Request {
        manifests: &manifests,
        cloud: &cloud,
        releases: std::slice::from_ref(&*RELEASE),
        state: &state.unwrap_or_default(),
    });
    let resolved = match planned {
        Ok(resolved) => resolved,
        Err(faults) => return shown(&faults),
    };
    let amount: usize = resolved.plan.groups.iter().map(|group| group.instances.len()).sum();
    if amount > 20 {
        return;
    }
    let world = World {
        now: (0, 0),
        seed: 1,
        version: Version::Ruby34,
        limits: Limits {
            steps: 10_000,
            ..Limits::default()
        },
    };
    if let Err(failure) = deployment::render(&resolved, &world) {
        assert!(!failure.to_string().is_empty());
    }
});
