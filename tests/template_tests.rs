//! The tests of the templates of this repository, and the guide to such tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

use bosh_release::suite::coverage::text;
use bosh_release::suite::report;
use bosh_release::testing::{Options, Outcome, ReleaseDirectory, run};

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
