//! Decisions of the library the official CLI numbers releases with, and properties of the order.
//!
//! `tests/version/decisions.json`: `parse` has texts with what they print as or the error; `next` what follows a
//! version; `order` has one line per version: how it compares with all of them, in the order of the lines.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

use std::cmp::Ordering;

use bosh_release::release::version::ReleaseVersion;
use proptest::prelude::*;
use serde_json::Value;

fn recorded(part: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("version/decisions.json")).unwrap();
    all[part].as_array().unwrap().clone()
}

fn version(text: &str) -> ReleaseVersion {
    ReleaseVersion::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The library names the function of its language that failed; the fact is the same.
fn without_inner_name(message: &str) -> String {
    match message.split_once("strconv.Atoi: ") {
        Some((front, _)) => format!("{front}value out of range"),
        None => message.to_owned(),
    }
}

#[test]
fn texts_are_read_as_recorded() {
    let cases = recorded("parse");
    assert!(cases.len() > 70);
    for case in cases {
        let ours = ReleaseVersion::parse(case["text"].as_str().unwrap());
        match case["prints"].as_str() {
            Some(prints) => assert_eq!(ours.unwrap().to_string(), prints),
            None => assert_eq!(
                ours.unwrap_err().to_string(),
                without_inner_name(case["error"].as_str().unwrap())
            ),
        }
    }
}

#[test]
fn versions_follow_as_recorded() {
    for case in recorded("next") {
        let last = version(case["text"].as_str().unwrap());
        let final_ = ReleaseVersion::next_final(Some(&last));
        let dev = ReleaseVersion::next_dev(Some(&last), None);
        for (name, ours) in [("final", final_), ("dev", dev)] {
            let error = case[format!("{name}_error")].as_str();
            match (case[name].as_str(), ours) {
                (Some(text), Ok(ours)) => assert_eq!(ours.to_string(), text, "{case}"),
                (None, Err(ours)) if last.as_str().contains(&i64::MAX.to_string()) => {
                    assert!(error.unwrap().contains("greater than or equal to 0"));
                    assert!(
                        ours.to_string()
                            .contains("to be less than 9223372036854775807")
                    );
                }
                (None, Err(ours)) => assert_eq!(Some(ours.to_string().as_str()), error, "{case}"),
                (_, ours) => panic!("{case}: {ours:?}"),
            }
        }
    }
}

#[test]
fn versions_compare_as_recorded() {
    let lines = recorded("order");
    let name = |line: &Value| line[0].as_str().unwrap().to_owned();
    for left in &lines {
        for (right, sign) in lines.iter().zip(left[1].as_str().unwrap().chars()) {
            let expected = match sign {
                '<' => Ordering::Less,
                '>' => Ordering::Greater,
                _ => Ordering::Equal,
            };
            let (left, right) = (name(left), name(right));
            assert_eq!(
                version(&left).cmp(&version(&right)),
                expected,
                "{left} {right}"
            );
        }
    }
}

#[test]
fn the_greater_of_dev_and_final_is_counted_up() {
    let next = |dev: Option<&str>, last: Option<&str>| {
        let (dev, last) = (dev.map(version), last.map(version));
        ReleaseVersion::next_dev(dev.as_ref(), last.as_ref())
            .unwrap()
            .to_string()
    };
    assert_eq!(next(None, None), "0+dev.1");
    assert_eq!(next(None, Some("4.5.6")), "4.5.6+dev.1");
    assert_eq!(next(Some("4.5.6+dev.1"), Some("4.5.6")), "4.5.6+dev.2");
    assert_eq!(next(Some("4.5.6+dev.1"), Some("5")), "5+dev.1");
    // Equal, written differently: the text of the dev version goes on.
    assert_eq!(next(Some("1.0"), Some("1")), "1.0+dev.1");
    assert_eq!(ReleaseVersion::next_final(None).unwrap().to_string(), "1");
}

#[test]
fn a_timestamp_replaces_the_post_part() {
    let stamped = |text| version(text).with_timestamp(1_700_000_000).to_string();
    assert_eq!(stamped("1"), "1+dev.1700000000");
    assert_eq!(stamped("1-rc.1+dev.3"), "1-rc.1+dev.1700000000");
}

#[test]
fn equal_versions_keep_their_texts() {
    assert_eq!(version("1.0"), version("1.0.0"));
    assert_eq!(version("1.0").to_string(), "1.0");
}

fn any_version() -> impl Strategy<Value = ReleaseVersion> {
    let component = "0|[1-9][0-9]?|[ab0]{1,2}";
    let text = format!(
        "({component})(\\.({component})){{0,2}}(-({component})(\\.({component})){{0,2}})?(\\+({component})(\\.({component})){{0,2}})?"
    );
    proptest::string::string_regex(&text)
        .unwrap()
        .prop_map(|text| version(&text))
}

proptest! {
    #[test]
    fn the_order_is_total(a in any_version(), b in any_version(), c in any_version()) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert!(a == a.clone());
        let mut sorted = [a, b, c];
        sorted.sort();
        prop_assert!(sorted[0] <= sorted[1] && sorted[1] <= sorted[2] && sorted[0] <= sorted[2]);
        if sorted[0] == sorted[1] {
            prop_assert_eq!(sorted[0].cmp(&sorted[2]), sorted[1].cmp(&sorted[2]));
        }
    }

    #[test]
    fn a_version_prints_as_written(text in "[0-9A-Za-z_.+-]{0,20}") {
        if let Ok(version) = ReleaseVersion::parse(&text) {
            prop_assert_eq!(version.to_string(), text);
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = ReleaseVersion::parse(&text).map(|last| ReleaseVersion::next_dev(Some(&last), Some(&last)));
    }

    #[test]
    fn what_comes_next_is_greater(last in any_version()) {
        if let Ok(next) = ReleaseVersion::next_final(Some(&last)) {
            prop_assert!(next > last);
            prop_assert_eq!(&version(next.as_str()), &next);
        }
        if let Ok(next) = ReleaseVersion::next_dev(Some(&last), None) {
            prop_assert!(next > last);
            prop_assert_eq!(&version(next.as_str()), &next);
        }
    }
}
