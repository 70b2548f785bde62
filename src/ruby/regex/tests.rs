//! What Ruby 3.4 does is recorded in `tests/conformance/regex.json`: a line per row, `[pattern, options, text, result]`.
//! The result is the positions of all groups, null for no match, or the message of the error.

#![allow(
    clippy::needless_raw_string_hashes,
    reason = "one form for all patterns of the table"
)]

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

fn effort() -> Effort {
    Effort::new(1 << 30)
}

fn search(regex: &Regex, text: &str, from: usize) -> Result<Option<Captures>, Exhausted> {
    regex.search(text, from, &mut effort())
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
    let found = search(&regex, text, 0).unwrap();
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
    assert!(
        wrong.is_empty(),
        "{} of {rows}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(refused, REFUSED);
}

/// The rows that are refused: absence, calls, levels of recursion, grapheme clusters, blocks and ages of characters,
/// folds of several characters in a look-behind, a condition on a name of several groups.
const REFUSED: &[&str] = &[
    r#"(?<=\X)"#,
    r#"(?<=(?i)ss)"#,
    r#"(?i)(?<=ss)"#,
    r#"(?i)(?<!ss)"#,
    r#"(?~a)"#,
    r#"(?~|a)"#,
    r#"\g<1>"#,
    r#"(a)\g<1>"#,
    r#"(a\g<1>)"#,
    r#"(a\g<1>?)"#,
    r#"\g<x>"#,
    r#"(?<x>a)\g<1>"#,
    r#"(?<x>a)\g<x>"#,
    r#"(?<x>a)(?<x>b)\g<x>"#,
    r#"(a)\k<1+0>"#,
    r#"(a)\g<-1>"#,
    r#"\X"#,
    r#"(?<n>a)\k<n+0>"#,
    r#"(?<n>a)\g<-1>"#,
    r#"(?<=ss)x"#,
    r#"(?<=ss)x"#,
    r#"(?<=ß)x"#,
    r#"(?<=ß)x"#,
    r#"(?<=[ß])x"#,
    r#"(?<!ss)x"#,
    r#"\p{Age=6.0}"#,
    r#"\p{InBasicLatin}"#,
    r#"\p{In_Basic_Latin}"#,
    r#"(?<x>a)\g<x>"#,
    r#"(?<x>[ab])\g<x>"#,
    r#"(?<n>a)(?<n>b)?(?(<n>)x|y)"#,
    r#"\Xa"#,
];

#[test]
fn a_search_sees_the_text_before_its_start() {
    for (pattern, text, from, expected) in [
        (r"\Gb", "aXbX", 2, Some(2..3)),
        (r"(?<=X)b", "aXbX", 2, Some(2..3)),
        ("^b", "ab", 1, None),
        (r"\Ab", "ab", 1, None),
        ("b", "ab", 3, None),
        (".", "éa", 1, Some(2..3)),
        ("", "ab", 2, Some(2..2)),
    ] {
        let found = search(&regex(pattern), text, from).unwrap();
        assert_eq!(found.map(|found| found.whole()), expected, "{pattern}");
    }
}

#[test]
fn a_match_at_a_place() {
    let at = |pattern: &str, at| regex(pattern).match_at("aab", at, &mut effort()).unwrap();
    assert_eq!(at("b", 1), None);
    assert_eq!(at("a+", 1).unwrap().whole(), 1..2);
    assert_eq!(at("(?=b)", 2).unwrap().whole(), 2..2);
    assert_eq!(at("ab", 1).unwrap().whole(), 1..3);
}

#[test]
fn the_last_match_as_rindex() {
    for (pattern, text, from, expected) in [
        ("a+", "aab", 3, Some(1..2)),
        ("a+", "aab", 0, Some(0..2)),
        (r"\Ga", "aaa", 3, None),
        ("^", "a\nb", 3, Some(2..2)),
        ("", "ab", 2, Some(2..2)),
        ("^", "ab\n", 3, Some(0..0)),
        ("(?<=a)b", "abc", 3, Some(1..2)),
        (r"a\Ka", "aaa", 3, Some(2..3)),
        ("é", "éé", 3, Some(2..4)),
    ] {
        let found = regex(pattern).rsearch(text, from, &mut effort()).unwrap();
        assert_eq!(found.map(|found| found.whole()), expected, "{pattern}");
    }
}

#[test]
fn names_and_groups() {
    let regex = regex("(?<b>a)(x)(?<a>b)(?<b>c)");
    let names = [("b".to_owned(), vec![1, 3]), ("a".to_owned(), vec![2])];
    assert_eq!(regex.names(), names);
    assert_eq!(regex.group_count(), 3);
}

#[test]
fn as_text() {
    for (source, letters, inspected, text) in [
        ("a/b", "", r"/a\/b/", r"(?-mix:a\/b)"),
        (r"a\/b", "mi", r"/a\/b/mi", r"(?mi-x:a\/b)"),
        ("a", "mix", "/a/mix", "(?mix:a)"),
        ("(?i:a)", "", "/(?i:a)/", "(?i-mx:a)"),
        ("(?-i:a)", "i", "/(?-i:a)/i", "(?-mix:a)"),
        ("(?i:a)(?m:b)", "", "/(?i:a)(?m:b)/", "(?-mix:(?i:a)(?m:b))"),
        ("(?:a)", "", "/(?:a)/", "(?-mix:a)"),
        ("(?a:a)", "", "/(?a:a)/", "(?-mix:(?a:a))"),
        ("(?i)a", "", "/(?i)a/", "(?i-mx:a)"),
        ("\u{1}\n", "", "/\\x01\n/", "(?-mix:\\x01\n)"),
    ] {
        let regex = Regex::new(source, options(letters)).unwrap();
        assert_eq!(inspect(&regex), inspected);
        assert_eq!(to_s(&regex), text);
    }
    assert_eq!(
        escape("a b\n\t\r\u{c}\u{b}-#[]é/~"),
        r"a\ b\n\t\r\f\v\-\#\[\]é/~"
    );
}

/// Patterns that have too many ways to match a text, and lists that grow with it.
#[test]
fn no_search_takes_more_than_it_was_given() {
    let text = "a".repeat(1_000_000);
    for pattern in [
        r"(a|a)*\1c\b(?!x)",
        r"(?=a*c)a",
        r"(?=.*c)a*?b",
        r"(\w+)\s\1",
        r"(?:(a*)*)*c\1",
        r"((a{0,10}){0,10}){0,10}c",
        r"^(([a-z])+.)+[A-Z]([a-z])+$",
        r"(?<=a)(?:a|aa)+(?<!a)",
        r"a*?a*?a*?a*?c",
    ] {
        let mut effort = Effort::new(3_000_000);
        assert_eq!(
            regex(pattern).search(&text, 0, &mut effort),
            Err(Exhausted),
            "{pattern}"
        );
    }
}

/// Ruby remembers where it failed, so that these take time in proportion to the text, and so do we.
#[test]
fn what_failed_once_is_not_tried_again() {
    let text = "a".repeat(2_000);
    for pattern in [
        "^(a+)+$|b",
        "(a|a)*c",
        "(?:a|aa)+$(?:b)",
        "(?:a*b?)+c",
        "^([a-z]+.?)+=",
        "(x+x+)+y|b",
    ] {
        let mut effort = Effort::new(20_000_000);
        assert!(
            regex(pattern)
                .search(&format!("{text}!"), 0, &mut effort)
                .is_ok(),
            "{pattern}"
        );
    }
}

#[test]
fn large_and_deep_patterns_end() {
    let refused = |pattern: &str| match Regex::new(pattern, Options::default()) {
        Err(RegexError::Unsupported(_)) => {}
        other => panic!("{} characters: {}", pattern.len(), other.is_ok()),
    };
    refused(&"(".repeat(100_000));
    refused(&"(?i)".repeat(100_000));
    refused(&"[".repeat(100_000));
    refused(&format!("a{}", "?".repeat(100_000)));
    refused(&format!("a{}", "{2}".repeat(1000)));
    refused(&"(?:a|b)".repeat(50_000));
    for pattern in [
        "(a{1000}){1000}{1000}",
        r"\p{L}{100000}",
        "(((a{2,9}){2,9}){2,9}){2,9}",
    ] {
        assert_eq!(search(&regex(pattern), "aaaa", 0), Ok(None));
    }
}

proptest! {
    #[test]
    fn a_plain_text_is_found_as_str_find(pattern in "[a-c é]{0,3}", text in "[a-c é]{0,12}") {
        let found = search(&regex(&pattern), &text, 0).unwrap();
        prop_assert_eq!(found.map(|found| found.whole().start), text.find(&pattern));
        let escaped = search(&regex(&format!("(?:{})", escape(&pattern))), &text, 0).unwrap();
        prop_assert_eq!(escaped.map(|found| found.whole().start), text.find(&pattern));
    }

    #[test]
    fn no_pattern_panics(
        pattern in r"([abséß1,:<>=!#^$.*+?()|\[\]{}\\-]|\\[a-zA-Z0-9]|\(\?|\[\[:|&&|\\p\{L\}|\{1,2\}){0,14}",
        text in "[abséß\n1]{0,8}",
        letters in "[imx]{0,2}",
        from in 0usize..10,
    ) {
        if let Ok(regex) = Regex::new(&pattern, options(&letters)) {
            for found in [search(&regex, &text, from), regex.match_at(&text, from, &mut effort()), regex.rsearch(&text, from, &mut effort())] {
                if let Ok(Some(found)) = found {
                    prop_assert!(text.get(found.whole()).is_some());
                    prop_assert_eq!(found.groups().len(), regex.group_count() + 1);
                }
            }
            inspect(&regex);
            to_s(&regex);
        }
    }
}
