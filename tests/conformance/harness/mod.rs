//! From the vectors on disk to a list of tests.

mod checks;
mod compare;
mod ledger;
mod manifest;
mod normal;
mod outcome;
mod sandbox;
mod tarball;
mod templates;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use self::compare::Difference;
use self::ledger::Ledger;
use self::sandbox::Case;

/// Differences printed for a failing case; the rest is counted.
const SHOWN: usize = 8;

/// The program under test.
struct Tool {
    path: PathBuf,
    /// False for a program named by the caller.
    ours: bool,
}

/// One test for each case, those of the ledger, and those of the harness itself.
pub(crate) fn trials() -> Result<Vec<Trial>> {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let tool = tool()?;
    let ledger = Ledger::parse(&read(&vectors.join("ledger.json"))?)?;
    let cases = Case::all(&vectors)?;
    let templates = templates::Case::all(&vectors)?;
    let mut names: Vec<String> = cases.iter().map(|case| case.name.clone()).collect();
    names.extend(templates.iter().map(|case| case.name.clone()));
    let mut trials = checks::trials();
    trials.extend(ledger_trials(&ledger, names));
    let rows = Arc::new(if tool.ours { ledger } else { Ledger::default() });
    if tool.ours {
        trials.extend(
            templates
                .into_iter()
                .map(|case| case.trial(Arc::clone(&rows))),
        );
    }
    let tool = Arc::new(tool.path);
    for case in cases {
        let (rows, tool) = (Arc::clone(&rows), Arc::clone(&tool));
        let name = format!("release/{}", case.name);
        trials.push(Trial::test(name, move || judge(&case, &tool, &rows)));
    }
    Ok(trials)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test is an edge: it may be told which program to judge"
)]
fn tool() -> Result<Tool> {
    let named = std::env::var_os("BOSH_RELEASE_TEST_TOOL");
    let ours = named.is_none();
    let path = named.map_or_else(
        || PathBuf::from(env!("CARGO_BIN_EXE_bosh-release")),
        PathBuf::from,
    );
    let path = fs::canonicalize(&path).with_context(|| format!("the tool {}", path.display()))?;
    Ok(Tool { path, ours })
}

fn ledger_trials(ledger: &Ledger, cases: Vec<String>) -> Vec<Trial> {
    let (rows, wanted) = (ledger.clone(), ledger.clone());
    vec![
        Trial::test("ledger/rows-are-sound", move || Ok(rows.check(&cases)?)),
        Trial::test("ledger/wanted-differences-are-documented", move || {
            let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/compatibility.md");
            Ok(wanted.check_documented(&read(&page)?)?)
        }),
    ]
}

fn judge(case: &Case, tool: &Path, ledger: &Ledger) -> Result<(), Failed> {
    let expected: Value = serde_json::from_str(&read(&case.directory.join("expected.json"))?)?;
    let (differences, messages) = match outcome::record(case, tool) {
        Ok(actual) => (
            compare::differences(&expected, &actual, case.only().as_deref()),
            compare::messages(&expected, &actual),
        ),
        Err(error) => (vec![Difference::not_run(&error)], Vec::new()),
    };
    let verdict = ledger.judge(&case.name, &differences)?;
    if verdict.passes() {
        return Ok(());
    }
    Err(verdict.report(SHOWN, &messages).into())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
