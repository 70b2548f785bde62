//! Tests of the harness: that it sees differences, and that the ledger cannot hide or outlive them.

use anyhow::Result;
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use super::compare::{Difference, differences};
use super::ledger::Ledger;
use super::manifest;
use super::normal::Normaliser;

type Check = fn() -> Result<()>;

/// Unlike the tests of a `#[test]` module these run with the cases, in the same list.
pub(crate) fn trials() -> Vec<Trial> {
    let checks: [(&str, Check); 9] = [
        ("every-key-is-compared", every_key_is_compared),
        (
            "only-stable-keys-are-compared",
            only_stable_keys_are_compared,
        ),
        ("sets-are-compared-by-name", sets_are_compared_by_name),
        ("covered-differences-pass", covered_differences_pass),
        ("uncovered-differences-fail", uncovered_differences_fail),
        ("stale-rows-fail", stale_rows_fail),
        ("unsound-ledgers-are-refused", unsound_ledgers_are_refused),
        ("volatile-words-are-replaced", volatile_words_are_replaced),
        ("manifests-are-read", manifests_are_read),
    ];
    let trial = |(name, check): (&str, Check)| {
        Trial::test(format!("harness/{name}"), move || {
            check().map_err(Failed::from)
        })
    };
    checks.into_iter().map(trial).collect()
}

fn sample() -> Value {
    json!({
        "steps": [{"args": ["a", "--json"], "exit": 0, "stdout": "one\ntwo\n", "stderr": "x", "json": {"Lines": ["b", "a"], "Tables": []}}],
        "fingerprints": {"m.yml": {"jobs": {"j": "1"}, "packages": {}}},
        "texts": {"config/final.yml": "name: a\n"},
        "tree": ["a", "b*"],
        "tarballs": {"t.tgz": {"compression": "gzip", "top_level_order": ["a"], "members": [{"name": "a", "mode": "0644"}],
            "inner": {"i.tgz": {"members": [{"name": "b", "size": 1}]}}}}
    })
}

/// The places of the differences that a change at `pointer` makes.
fn places_after(pointer: &str, value: Value, only: Option<&[String]>) -> Vec<String> {
    let mut changed = sample();
    if let Some(place) = changed.pointer_mut(pointer) {
        *place = value;
    }
    differences(&sample(), &changed, only)
        .into_iter()
        .map(|difference| difference.place)
        .collect()
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "both sides are mostly literals"
)]
fn equal<T: PartialEq + std::fmt::Debug>(actual: T, expected: T) -> Result<()> {
    anyhow::ensure!(actual == expected, "expected {expected:?}, got {actual:?}");
    Ok(())
}

fn every_key_is_compared() -> Result<()> {
    equal(differences(&sample(), &sample(), None), Vec::new())?;
    let changes = [
        ("/steps/0/exit", "/steps[0]/exit"),
        ("/steps/0/args/0", "/steps[0]/args[0]"),
        ("/steps/0/stdout", "/steps[0]/stdout"),
        ("/steps/0/json/Tables", "/steps[0]/json/Tables"),
        ("/fingerprints/m.yml/jobs/j", "/fingerprints/m.yml/jobs/j"),
        ("/texts/config~1final.yml", "/texts/config/final.yml"),
        ("/tarballs/t.tgz/compression", "/tarballs/t.tgz/compression"),
        (
            "/tarballs/t.tgz/top_level_order/0",
            "/tarballs/t.tgz/top_level_order[0]",
        ),
        (
            "/tarballs/t.tgz/members/0/mode",
            "/tarballs/t.tgz/members/a/mode",
        ),
        (
            "/tarballs/t.tgz/inner/i.tgz/members/0/size",
            "/tarballs/t.tgz/inner/i.tgz/members/b/size",
        ),
    ];
    for (pointer, place) in changes {
        equal(
            places_after(pointer, json!("other"), None),
            vec![place.to_owned()],
        )?;
    }
    equal(
        places_after("/steps/0/stderr", json!("other"), None),
        vec![],
    )?;
    equal(
        places_after("/steps/0/json/Lines", json!(["a", " - b"]), None),
        vec![],
    )
}

fn only_stable_keys_are_compared() -> Result<()> {
    let only = ["exit".to_owned()];
    equal(
        places_after("/steps/0/exit", json!(1), Some(&only)),
        vec!["/steps[0]/exit".to_owned()],
    )?;
    equal(places_after("/tree", json!([]), Some(&only)), vec![])
}

fn sets_are_compared_by_name() -> Result<()> {
    equal(
        places_after("/tree", json!(["a", "c", "c"]), None),
        vec!["/tree/c".into(), "/tree/c#2".into(), "/tree/b*".into()],
    )
}

fn ledger(place: &str) -> Result<Ledger> {
    let row = json!([{"id": "row", "kind": "wanted", "reason": "It is better.", "where": {"case": [place]}}]);
    Ledger::parse(&row.to_string())
}

fn found(place: &str) -> [Difference; 1] {
    [Difference {
        place: place.to_owned(),
        what: "differs".to_owned(),
    }]
}

fn passes(pattern: &str, place: &str) -> Result<bool> {
    Ok(ledger(pattern)?.judge("case", &found(place))?.passes())
}

fn covered_differences_pass() -> Result<()> {
    let covered = [
        ("/", "/run"),
        ("/tree", "/tree/dev_releases/a.yml"),
        ("/tree/dev_releases/", "/tree/dev_releases/a.yml"),
        ("/steps", "/steps[2]/exit"),
        ("/steps[2]/exit", "/steps[2]/exit"),
        ("/texts/*/index.yml", "/texts/releases/demo/index.yml"),
        (
            "/tarballs/out.tgz/*/mode",
            "/tarballs/out.tgz/inner/packages/p.tgz/members/a\nb/mode",
        ),
    ];
    covered
        .into_iter()
        .try_for_each(|(pattern, place)| equal((pattern, passes(pattern, place)?), (pattern, true)))
}

fn uncovered_differences_fail() -> Result<()> {
    let uncovered = [
        ("/tree/dev", "/tree/dev_releases/a.yml"),
        ("/steps[2]", "/steps[1]/exit"),
        ("/exit", "/steps[1]/exit"),
        ("/t.ee", "/tree"),
    ];
    uncovered.into_iter().try_for_each(|(pattern, place)| {
        equal((pattern, passes(pattern, place)?), (pattern, false))
    })?;
    equal(
        ledger("/")?
            .judge("another case", &found("/tree/a"))?
            .passes(),
        false,
    )?;
    let verdict =
        ledger("/texts")?.judge("case", &[found("/tree/a"), found("/tree/b")].concat())?;
    let report = "the ledger row row covers no difference at /texts: remove it\n/tree/a: differs\nand 1 more\nsaid";
    equal(verdict.report(1, &["said".to_owned()]), report.to_owned())
}

fn stale_rows_fail() -> Result<()> {
    equal(ledger("/tree")?.judge("case", &[])?.passes(), false)?;
    equal(Ledger::default().judge("case", &[])?.passes(), true)?;
    equal(ledger("/tree")?.judge("another case", &[])?.passes(), true)
}

fn unsound_ledgers_are_refused() -> Result<()> {
    let row = json!({"id": "row", "kind": "wanted", "reason": "It is better.", "where": {"case": ["/tree"]}});
    for (key, bad) in [
        ("id", json!("")),
        ("kind", json!("maybe")),
        ("reason", json!("")),
        ("where", json!({"case": ["tree"]})),
        ("more", json!(1)),
    ] {
        let mut row = row.clone();
        row[key] = bad;
        equal(
            (key, Ledger::parse(&json!([row]).to_string()).is_err()),
            (key, true),
        )?;
    }
    let (one, twice) = (
        Ledger::parse(&json!([row]).to_string())?,
        Ledger::parse(&json!([row, row]).to_string())?,
    );
    equal(one.check(&["case".to_owned()]).is_ok(), true)?;
    equal(one.check(&["other".to_owned()]).is_ok(), false)?;
    equal(twice.check(&["case".to_owned()]).is_ok(), false)?;
    equal(
        one.check_documented("| `row` | this | that |\n").is_ok(),
        true,
    )?;
    equal(
        one.check_documented("| `rows` | this | `row` |\n").is_ok(),
        false,
    )
}

fn volatile_words_are_replaced() -> Result<()> {
    let mut normal = Normaliser::new("/base")?;
    normal.note_commits("0123456789abcdef0123456789abcdef01234567\n");
    normal.note_digest("sha256:feedfeed;deadbeef0");
    let texts = [
        ("/base/x", "$TMP/x"),
        ("sha256:feedfeed deadbeef0", "sha256:<archive> <archive>"),
        ("0123456+ 012345 0123457", "<commit>+ 012345 0123457"),
        ("commit_hash: \"0123456\"\n", "commit_hash: <commit>\n"),
        ("0+dev.1700000000 dev.12", "0+dev.<timestamp> dev.12"),
        (
            "bosh-platform-12345 track-blob6789",
            "bosh-platform-<rand> track-blob<rand>",
        ),
        ("01234567-89ab-cdef-0123-456789abcdef", "<uuid>"),
        ("but was 'sha1:12'", "but was '<other>'"),
    ];
    texts
        .into_iter()
        .try_for_each(|(text, expected)| equal(normal.text(text), expected.to_owned()))?;
    let (a, b) = (
        "00000000-0000-0000-0000-00000000000a",
        "00000000-0000-0000-0000-00000000000b",
    );
    let index =
        format!("builds:\n  {a}:\n    version: 2\n  {b}:\n    version: 1\nformat-version: \"2\"\n");
    let sorted =
        "builds:\n  <uuid>:\n    version: 1\n  <uuid>:\n    version: 2\nformat-version: \"2\"\n";
    equal(normal.file(&index), sorted.to_owned())
}

fn manifests_are_read() -> Result<()> {
    let text = "name: r\njobs:\n- name: \"1\"\n  fingerprint: aa\n  sha1: sha256:bb\n  packages:\n  - p\n- name: 'it''s'\n  sha1: cc\n\
                packages: []\nlicense:\n  version: dd\n  fingerprint: dd\n  sha1: ee\n";
    let expected = json!({"jobs": {"1": "aa", "it's": null}, "packages": {}, "license": "dd"});
    equal(manifest::fingerprints(text), expected)?;
    equal(
        manifest::archive_digests(text).collect(),
        vec!["sha256:bb".to_owned(), "cc".to_owned(), "ee".to_owned()],
    )
}
