//! Outcomes as JUnit XML, which systems for continuous integration read.
//!
//! One suite for each test file, its tests in order. No times: a report is the same from run to run.

use std::fmt::Write as _;

use super::report::Outcome;

/// The outcomes as a document.
pub fn document(outcomes: &[Outcome]) -> String {
    let failed = |outcomes: &[Outcome]| outcomes.iter().filter(|one| !one.passes()).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "<testsuites tests=\"{}\" failures=\"{}\">",
        outcomes.len(),
        failed(outcomes)
    );
    let files = outcomes.chunk_by(|a, b| a.place.source.name() == b.place.source.name());
    for of_file in files {
        let Some(first) = of_file.first() else {
            continue;
        };
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">",
            escaped(first.place.source.name()),
            of_file.len(),
            failed(of_file)
        );
        for outcome in of_file {
            case(&mut out, outcome);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn case(out: &mut String, outcome: &Outcome) {
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\"",
        escaped(&outcome.job),
        escaped(&outcome.name),
        escaped(outcome.place.source.name()),
        outcome.place.line()
    );
    if outcome.passes() {
        let _ = writeln!(out, "{head}/>");
        return;
    }
    let _ = writeln!(out, "{head}>");
    for failure in &outcome.failures {
        let detail = failure.detail.as_deref().unwrap_or_default();
        let _ = writeln!(
            out,
            "      <failure message=\"{}\">{}: {}\n{}</failure>",
            escaped(&failure.message),
            escaped(&failure.place.to_string()),
            escaped(&failure.message),
            escaped(detail)
        );
    }
    out.push_str("    </testcase>\n");
}

/// The text as part of a document or an attribute. XML has no place for most control characters, not even escaped.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\0'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
