//! Any text is a test file of a job, or has faults that can be shown; a test that is read expects something.
#![no_main]

use std::sync::{Arc, LazyLock};

use bosh_release::deployment::release_job::{JobSpec, JobTemplate, Release, ReleaseJob};
use bosh_release::render::input::read_data;
use bosh_release::source::Source;
use bosh_release::suite::TestFile;
use libfuzzer_sys::fuzz_target;

const SPEC: &str = "templates: {redis.conf: config/redis.conf}
provides: [{name: redis-peers, type: redis-peers, properties: [port]}]
consumes: [{name: redis-peers, type: redis-peers, optional: true}]
properties: {port: {default: 6379}, password: {}, redis.appendonly: {default: false}}
";

static RELEASE: LazyLock<Release> = LazyLock::new(|| {
    let spec = read_data(&Source::new("spec", SPEC)).expect("a spec");
    let template = JobTemplate {
        path: "redis.conf".to_owned(),
        destination: "config/redis.conf".to_owned(),
        text: String::new(),
    };
    let job = ReleaseJob {
        name: "redis".to_owned(),
        fingerprint: String::new(),
        digest: String::new(),
        spec: JobSpec::read("redis", &spec).expect("a spec of a job"),
        monit: String::new(),
        templates: vec![template],
        schema: None,
        packages: Vec::new(),
        origins: Vec::new(),
    };
    Release {
        name: "redis".to_owned(),
        version: None,
        jobs: vec![Arc::new(job)],
        packages: None,
        license: None,
    }
});

fuzz_target!(|text: &str| {
    let job = RELEASE.job("redis").expect("the job");
    match TestFile::read(&Source::new("redis.yml", text), job, &RELEASE) {
        Err(faults) => assert!(!faults.render(true).is_empty()),
        Ok(file) => assert!(file.tests.iter().all(|test| !test.expected.is_empty())),
    }
});
