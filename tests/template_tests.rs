//! The tests of the templates of this repository, and the guide to such tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use bosh_release::deployment::release_job::Release;
use bosh_release::local::releases;
use bosh_release::release::local::LocalRelease;
use bosh_release::source::Source;
use bosh_release::suite::coverage::text;
use bosh_release::suite::{TestFile, report};
use bosh_release::testing::{
    InstanceSpec, Link, LinkInstance, Options, Outcome, ReleaseDirectory, run,
};
use serde_json::json;

#[test]
fn the_templates_of_this_repository_pass_tests_that_reach_all_of_them() {
    let release = ReleaseDirectory::open(env!("CARGO_MANIFEST_DIR")).unwrap();
    let options = Options {
        coverage: true,
        ..Options::default()
    };
    let run = run(&release, &options).unwrap();
    let told = report::failures(&run.outcomes, &str::to_owned);
    assert!(run.outcomes.iter().all(Outcome::passes), "{told}");
    assert!(run.all > 60, "only {} tests", run.all);
    let coverage = run.coverage.unwrap();
    assert!(coverage.lines().all > 150, "{:?}", coverage.lines());
    assert!(coverage.is_full(), "{}", text::report(&coverage));
}

/// Fenced blocks of a page: what stands behind the fence, and the text.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(kind) => {
                open = !open;
                if open {
                    found.push((kind, String::new()));
                }
            }
            None if open => {
                let text = &mut found.last_mut().unwrap().1;
                text.push_str(line);
                text.push('\n');
            }
            None => {}
        }
    }
    found
}

/// Files are written in the order of the page; commands run where they stand, or at the end when they are of all files.
#[test]
fn the_examples_of_the_guide_do_what_it_says() {
    let release = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = release.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("config/final.yml", "name: demo\n");
    let page = include_str!("../docs/template-tests.md");
    let (mut files, mut commands) = (0, 0);
    for (kind, text) in blocks(page) {
        if let Some((_, path)) = kind.split_once(' ') {
            write(path, &text);
            files += 1;
        }
        if kind != "console" {
            continue;
        }
        let (command, output) = text.split_once('\n').unwrap();
        let arguments = command.strip_prefix("$ bosh-release ").unwrap();
        if arguments == "test" {
            // By now a golden directory is asked for that `--update` would have made.
            said(release.path(), "test --update");
        }
        assert_eq!(said(release.path(), arguments), output, "{command}");
        commands += 1;
    }
    assert_eq!((files, commands), (13, 3));
}

/// What a command prints.
fn said(directory: &Path, arguments: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_bosh-release"))
        .args(arguments.split(' '))
        .current_dir(directory)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8(text).unwrap()
}

fn small_release(files: &[(&str, &str)]) -> tempfile::TempDir {
    let release = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = release.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    release
}

const SPEC: &str = "\
name: web
templates: {web.conf.erb: config/web.conf}
packages: []
provides: [{name: web, type: web, properties: [port]}]
consumes: [{name: peers, type: web}, {name: db, type: db, optional: true}]
properties: {port: {default: 80}, tls.key: {}}
";
const TEMPLATE: &str = "\
<%= spec.name %>/<%= spec.index %> <%= spec.networks.network1.ip %> <%= p('port') %> <%= p('tls.key') %>
<%= link('peers').instances.map { |one| \"#{one.name} #{one.az} #{one.address}\" }.join(',') %> \
<%= link('peers').p('port') %> <%= link('peers').address %>
";

#[test]
fn the_api_has_the_defaults_and_errors_of_the_ruby_helper() {
    let directory = small_release(&[
        ("config/final.yml", "name: demo\n"),
        ("jobs/web/spec", SPEC),
        ("jobs/web/monit", ""),
        ("jobs/web/templates/web.conf.erb", TEMPLATE),
    ]);
    let release = ReleaseDirectory::open(directory.path()).unwrap();
    let job = release.job("web").unwrap();
    let template = job.template("config/web.conf").unwrap();
    let link = |name: &str| Link {
        name: name.to_owned(),
        instances: vec![LinkInstance::default()],
        ..job.provides("peers", json!({})).unwrap()
    };
    let key = json!({"tls": {"key": "k"}});
    let spec = InstanceSpec::default();
    let rendered = template.render(key.clone(), &spec, &[link("peers")]);
    let expected =
        "me/0 192.168.0.0 80 k\ni-name az4 link.instance.fake.example.com 80 \n".to_owned();
    assert_eq!(rendered, Ok(expected));

    let said = |properties: serde_json::Value, links: &[Link]| {
        let error = template.render(properties, &spec, links).unwrap_err();
        error.to_string()
    };
    for (message, expected) in [
        (said(json!({}), &[]), "Can't find property '[\"tls.key\"]'"),
        (said(key.clone(), &[]), "Can't find link 'peers'"),
        (
            said(key.clone(), &[link("other")]),
            "Link 'other' is not declared as a consumed link in this job.",
        ),
        (
            said(json!({"tls": {"ky": 1}}), &[]),
            "The job declares no property 'tls.ky'; did you mean 'tls.key'?",
        ),
        (
            said(json!({"tls": "k"}), &[]),
            "Property 'tls.key' expects a hash, but received 'String'",
        ),
        (
            release.job("wep").unwrap_err().to_string(),
            "There is no job 'wep'; did you mean 'web'?",
        ),
        (
            job.template("web.conf").unwrap_err().to_string(),
            "Template for rendered path filename not found: web.conf. Possible values are: [monit, config/web.conf]",
        ),
        (
            job.provides("db", json!({})).unwrap_err().to_string(),
            "No job provides a link of the type 'db'",
        ),
        (
            job.provides("per", json!({})).unwrap_err().to_string(),
            "Job 'web' does not consume a link 'per'",
        ),
        (
            job.provides("peers", json!({"prt": 1}))
                .unwrap_err()
                .to_string(),
            "Link 'web' of job 'web' does not provide a property 'prt'; did you mean 'port'?",
        ),
    ] {
        assert_eq!(message, expected);
    }
}

/// A test file with everything, of which parts are taken away, repeated and put elsewhere.
const EVERYTHING: &str = "\
defaults: {template: config/web.conf, properties: {port: 1}}
tests:
- name: a
  properties: {tls: {key: b}}
  instance: {name: web, index: 1, networks: {}, ip: ~}
  links: {peers: {job: web, provides: web, instances: [{id: c}], properties: {port: 2}}, db: {address: d}}
  expect: {golden: e, text: f, contains: [g], lacks: h, yaml: {/i: 1}, json: {/j: 2}, ini: {k.l: m}, directives: {n: [o]}}
- name: b
  files: {monit: {error: {text: p, contains: q}}}
- name: c
  manifest: m.yml
  ops: [o.yml]
  vars: {v: 1}
  cloud_config: {}
  releases: [r]
  instance: web/0
";

static RELEASE: LazyLock<Release> = LazyLock::new(|| {
    let directory = small_release(&[
        ("config/final.yml", "name: demo\n"),
        ("jobs/web/spec", SPEC),
        ("jobs/web/monit", ""),
        ("jobs/web/templates/web.conf.erb", TEMPLATE),
    ]);
    let local = LocalRelease::open(directory.path(), directory.path()).unwrap();
    releases::read_directory(&local).unwrap()
});

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(400))]

    /// Any text is a test file, or faults that can be shown.
    #[test]
    fn any_text_ends(
        pieces in proptest::collection::vec((0..EVERYTHING.len(), 0..60_usize), 1..12),
        noise in "[-:{}\\[\\], a~*&!0-9\n\"']{0,6}",
    ) {
        let text: String = pieces
            .iter()
            .map(|(at, length)| EVERYTHING.get(*at..(at + length).min(EVERYTHING.len())).unwrap())
            .collect::<Vec<_>>()
            .join(&noise);
        let text = format!("tests:\n- {}\n", text.replace('\n', "\n  "));
        for text in [text, format!("{EVERYTHING}{noise}")] {
            let job = RELEASE.job("web").unwrap();
            match TestFile::read(&Source::new("web.yml", text), job, &RELEASE) {
                Ok(file) => proptest::prop_assert!(file.tests.iter().all(|test| !test.expected.is_empty())),
                Err(faults) => proptest::prop_assert!(!faults.render(true).is_empty()),
            }
        }
    }
}
