//! What is told of the outcomes of tests: text for people, JSON for machines.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::Place;
use super::judge::Failure;

/// What became of a test.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The job whose test it is.
    pub job: String,
    /// Its name.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// Expectations that do not hold; none for a test that passes.
    pub failures: Vec<Failure>,
}

impl Outcome {
    /// Whether all expectations hold.
    pub fn passes(&self) -> bool {
        self.failures.is_empty()
    }
}

/// The failing tests with all that is wrong with them. `line` shows a line of a difference, coloured maybe.
pub fn failures(outcomes: &[Outcome], line: &dyn Fn(&str) -> String) -> String {
    let mut text = String::new();
    for outcome in outcomes.iter().filter(|outcome| !outcome.passes()) {
        if !text.is_empty() {
            text.push('\n');
        }
        // Writing to a String cannot fail.
        let _ = writeln!(text, "FAILED {}: {}", outcome.job, outcome.name);
        for failure in &outcome.failures {
            let _ = writeln!(text, "  {}: {}", failure.place, failure.message);
            for detail in failure.detail.iter().flat_map(|detail| detail.lines()) {
                let _ = writeln!(text, "    {}", line(detail));
            }
        }
    }
    text
}

/// The golden files that were written, with the differences.
pub fn updates(updated: &[Outcome], line: &dyn Fn(&str) -> String) -> String {
    let mut text = String::new();
    for outcome in updated {
        let _ = writeln!(text, "UPDATED {}: {}", outcome.job, outcome.name);
        for detail in outcome
            .failures
            .iter()
            .filter_map(|one| one.detail.as_ref())
        {
            for shown in detail.lines() {
                let _ = writeln!(text, "    {}", line(shown));
            }
        }
    }
    text
}

/// How many there were, and how many failed.
pub fn summary(outcomes: &[Outcome]) -> String {
    let failed = outcomes.iter().filter(|outcome| !outcome.passes()).count();
    match (outcomes.len(), failed) {
        (1, 0) => "1 test passes".to_owned(),
        (all, 0) => format!("{all} tests pass"),
        (all, failed) => format!("{failed} of {all} tests failed"),
    }
}

/// The outcomes for machines.
pub fn json(outcomes: &[Outcome]) -> Json {
    let failure = |failure: &Failure| {
        json!({
            "file": failure.place.source.name(),
            "line": failure.place.line(),
            "message": failure.message,
            "detail": failure.detail,
        })
    };
    let test = |outcome: &Outcome| {
        let failures: Vec<Json> = outcome.failures.iter().map(failure).collect();
        json!({
            "job": outcome.job,
            "name": outcome.name,
            "file": outcome.place.source.name(),
            "line": outcome.place.line(),
            "passes": outcome.passes(),
            "failures": failures,
        })
    };
    let failed = outcomes.iter().filter(|outcome| !outcome.passes()).count();
    json!({
        "tests": outcomes.iter().map(test).collect::<Vec<Json>>(),
        "count": outcomes.len(),
        "failed": failed,
    })
}
