//! Coverage as text and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::{Count, Coverage, FileCoverage, Reach, TakenWay};
use crate::render::coverage::Way;

/// Methods whose blocks are loops.
const LOOPS: &[&str] = &[
    "each",
    "each_with_index",
    "each_pair",
    "each_key",
    "each_value",
    "each_with_object",
    "each_slice",
    "each_cons",
    "each_line",
    "reverse_each",
    "times",
    "upto",
    "downto",
    "step",
    "loop",
];

impl TakenWay {
    /// What it says of the tests that nothing goes this way.
    pub fn sentence(&self, tera: bool) -> String {
        let method = self.method.as_deref();
        match self.way {
            Way::True => "the condition is never true".to_owned(),
            Way::False => "the condition is never false".to_owned(),
            Way::LeftDecides => "the left side never decides alone".to_owned(),
            Way::RightDecides => "the right side is never looked at".to_owned(),
            Way::Runs => match method {
                Some("call") if tera => "the default is never used".to_owned(),
                Some(name) if !LOOPS.contains(&name) => {
                    format!("the block of `{name}` never runs")
                }
                _ => "the loop never runs".to_owned(),
            },
            Way::RunsNot => format!("the block of `{}` always runs", method.unwrap_or_default()),
            Way::Called if tera => "the macro is never called".to_owned(),
            Way::Called => "the lambda is never called".to_owned(),
            Way::Holds => "this case never holds".to_owned(),
            Way::NoneHolds => "one of the cases always holds".to_owned(),
            Way::Rescued => "nothing is ever rescued".to_owned(),
        }
    }
}

impl Reach {
    /// What it says of the tests.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Given => "a test gives it",
            Self::Default => "no test gives it a value",
            Self::Unread => "no template reads it in a test",
        }
    }
}

/// What is wrong with each line of a file.
pub fn holes(file: &FileCoverage) -> BTreeMap<usize, Vec<String>> {
    let mut holes: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (line, reached) in &file.lines {
        if !reached {
            holes.insert(*line, vec!["never reached".to_owned()]);
        }
    }
    for (line, ways) in &file.ways {
        // What a line that is never reached would do needs no saying.
        if file.lines.get(line) == Some(&false) {
            continue;
        }
        for way in ways.iter().filter(|way| !way.taken) {
            let sentence = way.sentence(file.tera);
            let of_line = holes.entry(*line).or_default();
            if !of_line.contains(&sentence) {
                of_line.push(sentence);
            }
        }
    }
    holes
}

/// What is not reached, and how much is.
pub fn report(coverage: &Coverage) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "Coverage: {} lines, {} branches, {} properties",
        shown(coverage.lines()),
        shown(coverage.ways()),
        shown(coverage.property_count())
    );
    for file in &coverage.files {
        let holes = holes(file);
        if holes.is_empty() {
            continue;
        }
        let ways = file.way_count();
        let of_ways = match ways.all {
            0 => String::new(),
            _ => format!(", {} branches", shown(ways)),
        };
        let _ = writeln!(
            text,
            "  {}: {} lines{of_ways}",
            file.source.name(),
            shown(file.line_count()),
        );
        for (lines, sentences) in joined(holes) {
            let _ = writeln!(text, "    {lines}: {}", sentences.join("; "));
        }
    }
    let missed = coverage.properties.iter();
    for property in missed.filter(|property| property.reach != Reach::Given) {
        let _ = writeln!(
            text,
            "  {} of job {}: {}",
            property.name,
            property.job,
            property.reach.sentence()
        );
    }
    text
}

/// Lines one below the other of which the same is to be said, as one: `3-5`.
fn joined(holes: BTreeMap<usize, Vec<String>>) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(usize, usize, Vec<String>)> = Vec::new();
    for (line, sentences) in holes {
        match groups.last_mut() {
            Some((_, last, said)) if *last + 1 == line && *said == sentences => *last = line,
            _ => groups.push((line, line, sentences)),
        }
    }
    let lines = |first: usize, last: usize| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    };
    let groups = groups.into_iter();
    groups
        .map(|(first, last, said)| (lines(first, last), said))
        .collect()
}

/// `7 of 9`
pub(super) fn shown(count: Count) -> String {
    format!("{} of {}", count.reached, count.all)
}

/// Coverage for machines.
pub fn json(coverage: &Coverage) -> Json {
    let count = |count: Count| json!({"reached": count.reached, "all": count.all});
    let file = |file: &FileCoverage| {
        let holes = holes(file).into_iter();
        let holes = holes.map(|(line, what)| json!({"line": line, "what": what}));
        json!({
            "file": file.source.name(),
            "lines": count(file.line_count()),
            "branches": count(file.way_count()),
            "holes": holes.collect::<Vec<Json>>(),
        })
    };
    let missed = coverage.properties.iter();
    let missed = missed
        .filter(|property| property.reach != Reach::Given)
        .map(|property| {
            json!({
                "job": property.job,
                "name": property.name,
                "what": property.reach.sentence(),
            })
        });
    json!({
        "lines": count(coverage.lines()),
        "branches": count(coverage.ways()),
        "properties": count(coverage.property_count()),
        "files": coverage.files.iter().map(file).collect::<Vec<Json>>(),
        "unreached_properties": missed.collect::<Vec<Json>>(),
    })
}
