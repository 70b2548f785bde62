//! `docs/deploying-redis.md`: each of its commands but those for a Director is run, and prints what stands there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test: failures are panics, and programs are found by PATH"
)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::guide::{blocks, commands};
use support::site::{Site, copy_tree, said, write};

const PAGE: &str = "docs/deploying-redis.md";

/// The parts of this repository that a deployment is made of.
fn release(site: &Site) -> PathBuf {
    let root = site.path("release");
    fs::create_dir_all(&root).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    for part in [
        "jobs",
        "packages",
        "templates",
        "manifests",
        "config/final.yml",
        "config/bosh-release.yml",
        "config/blobs.yml",
    ] {
        let from = source.join(part);
        if from.is_dir() {
            copy_tree(&from, &root);
        } else {
            write(&root.join(part), fs::read(from).unwrap());
        }
    }
    root
}

/// A shell in which `bosh-release` is the built binary, and `bosh` too: what needs no Director is equal.
fn shell(site: &Site, root: &Path, command: &str) -> Command {
    let programs = site.path("programs");
    if !programs.exists() {
        fs::create_dir(&programs).unwrap();
        for name in ["bosh", "bosh-release"] {
            let tool = env!("CARGO_BIN_EXE_bosh-release");
            std::os::unix::fs::symlink(tool, programs.join(name)).unwrap();
        }
    }
    let path = std::env::var("PATH").unwrap();
    let mut shell = site.command("sh", root);
    shell
        .args(["-c", command])
        .env("PATH", format!("{}:{path}", programs.display()));
    shell
}

/// What a command prints that must succeed.
fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_guide_shows_what_happens() {
    let site = Site::new();
    let root = release(&site);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = fs::read_to_string(&path).unwrap();
    let mut now = page.clone();
    let mut ran = 0;
    for (kind, text) in blocks(&page) {
        if let Some(file) = kind.strip_prefix("yaml file=") {
            write(&root.join(file), &text);
        }
        if kind != "console" {
            continue;
        }
        let mut shown = String::new();
        for (command, output) in commands(&text) {
            let output = if command.starts_with("bosh ") {
                output
            } else {
                ran += 1;
                printed(&mut shell(&site, &root, command))
            };
            write!(shown, "$ {command}\n{output}").unwrap();
        }
        now = now.replacen(&text, &shown, 1);
    }
    assert!(ran >= 10, "{ran} commands");
    if std::env::var_os("BOSH_RELEASE_TEST_BLESS").is_some() {
        fs::write(path, now).unwrap();
        return;
    }
    assert_eq!(now, page);
}

/// The program for a Director's cloud-config and the command for one in a file lead to the same manifest.
#[test]
fn both_ways_to_pick_from_a_cloud_config_agree() {
    let site = Site::new();
    let root = release(&site);
    let zones = ["[{name: z1}]", "[{name: west}, {name: east}]", "[]"];
    for zones in zones {
        let cloud = format!(
            "azs: {zones}\nvm_types: [{{name: small}}, {{name: big}}]\nnetworks: [{{name: services}}]\n"
        );
        write(&root.join("cloud.yml"), cloud);
        let by_program = printed(&mut shell(
            &site,
            &root,
            "bash manifests/operators/pick-from-cloud-config.sh manifests/redis.yml cloud.yml > a.yml
             bosh-release interpolate manifests/redis.yml -o a.yml",
        ));
        let by_command = printed(&mut shell(
            &site,
            &root,
            "bosh-release pick-from-cloud-config cloud.yml > b.yml
             bosh-release interpolate manifests/redis.yml -o b.yml",
        ));
        assert_eq!(by_program, by_command, "{zones}");
        assert!(by_command.contains("vm_type: small"));
    }
}
