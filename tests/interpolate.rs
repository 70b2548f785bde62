//! `interpolate` against what the official CLI printed: `tests/interpolate/*.json`.
//!
//! A row has `files`, `args`, maybe `env`; then `exit`, and `stdout`, or `error`: the message without the frame around it. A
//! message of ours holds that one, white space aside, after the replacements of [`WORDED`].

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers fail the test"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rayon::prelude::*;
use regex::Regex;
use serde_json::Value as Json;

/// What ours say in other words on purpose: the flag's type in Go is no help, and values are secret.
const WORDED: &[(&str, &str)] = &[
    (
        r"^invalid argument for flag `[^']*' \(expected [^)]*\): ",
        "",
    ),
    (r" for value '.*' and variable ", " for variable "),
    (
        r"^Expected var '=.*' to specify",
        "Expected var '=...' to specify",
    ),
    (
        r"^Deserializing variables '(\w*)=.*': yaml: .*",
        "Deserializing variables '$1=...'",
    ),
    (
        r"^Deserializing ops file 'o.yml': yaml: .* into patch.OpDefinition",
        "Operation [0]",
    ),
    (
        r"^Deserializing ops file 'o.yml': yaml: .*",
        "Deserializing ops file 'o.yml'",
    ),
    (r"^yaml: .*", "t.yml:"),
];

fn rows(name: &str) -> Vec<Json> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/interpolate")
        .join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn run(row: &Json) -> Output {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in row["files"].as_object().unwrap() {
        fs::write(directory.path().join(name), text.as_str().unwrap()).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_bosh-release"));
    command.arg("int").current_dir(directory.path()).env_clear();
    command.args(
        row["args"]
            .as_array()
            .unwrap()
            .iter()
            .map(|arg| arg.as_str().unwrap()),
    );
    for (name, value) in row["env"].as_object().into_iter().flatten() {
        command.env(name, value.as_str().unwrap());
    }
    command.output().unwrap()
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What differs from the row.
fn difference(row: &Json) -> Option<String> {
    let output = run(row);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let told = |what: &str| Some(format!("{what}\n{row:#}\nours: {stdout}\n{stderr}"));
    if output.status.code().map(i64::from) != row["exit"].as_i64() {
        return told("exit");
    }
    if let Some(expected) = row["stdout"].as_str()
        && expected != stdout
    {
        return told("stdout");
    }
    let Some(expected) = row["error"].as_str() else {
        return (!stderr.is_empty()).then(|| format!("{row:#}\nours: {stderr}"));
    };
    let wanted = WORDED
        .iter()
        .fold(expected.to_owned(), |text, (theirs, ours)| {
            let pattern = Regex::new(theirs).unwrap();
            pattern.replace(&text, *ours).into_owned()
        });
    let items = wanted
        .split(" - ")
        .map(|item| item.trim_start_matches("- "));
    let shown = squeezed(&stderr);
    if items.clone().all(|item| shown.contains(item)) {
        return None;
    }
    told("error")
}

fn judge(name: &str, least: usize) {
    let rows = rows(name);
    assert!(rows.len() >= least, "{name} has {} rows", rows.len());
    let different: Vec<String> = rows.par_iter().filter_map(difference).collect();
    let first = different.iter().take(20).cloned().collect::<Vec<_>>();
    assert!(
        different.is_empty(),
        "{} of {} rows of {name} differ:\n{}",
        different.len(),
        rows.len(),
        first.join("\n\n")
    );
}

#[test]
fn documents_are_printed_as_recorded() {
    judge("documents.json", 200);
}

#[test]
fn operations_do_as_recorded() {
    judge("operations.json", 500);
}

#[test]
fn variables_are_put_in_as_recorded() {
    judge("variables.json", 200);
}
