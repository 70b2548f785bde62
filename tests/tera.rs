//! Templates in Tera, rendered by three: the tera crate; our ERB in our evaluator; our ERB in real Ruby. They agree.
//!
//! `tests/tera/cases/*.txt` are the corpus. A file is a list of cases, each of these sections:
//!
//! ```text
//! === what it shows
//! the template
//! --- partial NAME
//! --- data
//! JSON: properties, links, spec; a link with "absent" is optional and not there
//! --- gives
//! the output, without the last line break          or: --- fails   when all three fail
//! ```
//!
//! The properties that are declared are the keys of `properties`, or those of a section `--- declares`.
//! `tests/tera/faults/*.txt` are what is refused, with all that is said.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod tera_support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bosh_release::source::Source;
use bosh_release::tera::{Partials, compile, reference, table};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};
use tera_support::{Case, Outcome, faults, judge, ours, ruby};
use tera_support::{generate, jobs};

fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/tera")
        .join(name)
}

fn files(name: &str) -> Vec<(PathBuf, Vec<Case>)> {
    let entries = fs::read_dir(directory(name)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let cases = Case::parse_all(&fs::read_to_string(&path).unwrap());
        (path, cases)
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn three_agree_on_the_corpus() {
    let files = files("cases");
    three_agree(files.iter().flat_map(|(_, cases)| cases));
}

/// The templates of the jobs of this repository, for the instances of `tests/templates`.
#[test]
fn three_agree_on_the_jobs_of_this_repository() {
    three_agree(&jobs::cases());
}

/// The tera crate, our evaluator and Ruby give what each case expects; there are many of them.
fn three_agree<'c>(cases: impl IntoIterator<Item = &'c Case>) {
    let mut wrong = Vec::new();
    let mut compiled = Vec::new();
    for case in cases {
        match case.compile() {
            Ok(done) => compiled.push((case, done.erb)),
            Err(faults) => wrong.push(format!("{}: refused\n{faults}", case.name)),
        }
    }
    let rubies = ruby(compiled.iter().map(|(case, erb)| (*case, erb.as_str())));
    for ((case, erb), real) in compiled.iter().zip(rubies) {
        let outcomes = [
            ("tera", judge(case)),
            ("ours", ours(case, erb)),
            ("ruby", real),
        ];
        for (who, outcome) in outcomes {
            if !case.expected.agrees(&outcome) {
                wrong.push(format!(
                    "{}: {who} gives {outcome}, expected {}\n{erb}",
                    case.name, case.expected
                ));
            }
        }
    }
    assert!(compiled.len() > 100, "only {} cases", compiled.len());
    assert!(
        wrong.is_empty(),
        "{} wrong\n\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

#[test]
fn what_is_refused_is_told() {
    let mut wrong = Vec::new();
    for (path, cases) in files("faults") {
        for case in cases {
            let said = faults(&case);
            let Outcome::Output(expected) = &case.expected else {
                unreachable!("{}", case.name)
            };
            if said != *expected {
                wrong.push(format!("{}: {}\n{said}", path.display(), case.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Every filter and test has a case of its own, and every refusal one that shows it.
#[test]
fn every_row_has_a_case() {
    let text = |name: &str| -> String {
        let files = files(name).into_iter();
        files
            .map(|(path, _)| fs::read_to_string(path).unwrap())
            .collect()
    };
    let (cases, faults) = (text("cases"), text("faults"));
    let mut missing = BTreeSet::new();
    for (rows, before) in [
        (table::FILTERS, "| "),
        (table::TESTS, "is "),
        (table::FUNCTIONS, ""),
    ] {
        for row in rows {
            let text = if row.refused().is_some() {
                &faults
            } else {
                &cases
            };
            if !text.contains(&format!("{before}{}", row.name)) {
                missing.insert(row.name);
            }
        }
    }
    assert!(missing.is_empty(), "no case for {missing:?}");
}

#[test]
fn the_page_has_the_tables() {
    let page =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tera-templates.md"))
            .unwrap();
    assert!(
        page.contains(&reference::markdown()),
        "docs/tera-templates.md lacks\n{}",
        reference::markdown()
    );
}

/// What is read cannot be compiled into an endless or a deep thing.
#[test]
fn hostile_texts_end() {
    let case = Case::parse_all("=== x\n--- gives\n").remove(0);
    let texts = [
        "{{ ".to_owned() + &"(".repeat(100_000),
        "{{ a".to_owned() + &" + a".repeat(100_000) + " }}",
        "{{ a".to_owned() + &"[a".repeat(50_000) + &"]".repeat(50_000) + " }}",
        "{% if a %}".repeat(50_000),
        "{{ a".to_owned() + &" | default(value=a".repeat(500) + &")".repeat(500) + " }}",
        "{% raw".repeat(10_000),
        "{{ \"".repeat(10_000),
        "x".repeat(3 << 20),
        "{# ".repeat(10_000),
        "{{ a".to_owned() + &" ~ 'x'".repeat(900) + " }}",
    ];
    for text in texts {
        let source = Source::new("x.tera", text);
        assert!(
            compile(&source, &case.job(), &Partials::default()).is_err()
                || source.text().contains('~')
        );
    }
}

/// Templates that are made at random, with data that is: compiled ones render as Tera renders them. One process of Ruby for all.
#[test]
fn three_agree_on_what_is_generated() {
    // The strategies are large values, and tests are not optimised.
    let thread = std::thread::Builder::new()
        .stack_size(256 << 20)
        .spawn(compare_generated)
        .unwrap();
    thread.join().unwrap();
}

fn compare_generated() {
    let mut runner = TestRunner::deterministic();
    let strategy = (generate::template(), generate::data());
    let mut compiled = Vec::new();
    let mut wrong = Vec::new();
    for _ in 0..1500 {
        let tree = strategy.new_tree(&mut runner).unwrap();
        let (template, data) = tree.current();
        let case = Case::new(&template, data);
        let Ok(done) = case.compile() else { continue };
        let Ok(judged) = std::panic::catch_unwind(|| judge(&case)) else {
            continue;
        };
        let mine = ours(&case, &done.erb);
        if !judged.agrees(&mine) {
            wrong.push(format!(
                "tera gives {judged}, ours {mine}\n{}\n{}\n{}",
                case.template, case.data, done.erb
            ));
        }
        compiled.push((case, done.erb, judged));
    }
    let rubies = ruby(compiled.iter().map(|(case, erb, _)| (case, erb.as_str())));
    for ((case, erb, judged), real) in compiled.iter().zip(rubies) {
        if !judged.agrees(&real) {
            wrong.push(format!(
                "tera gives {judged}, Ruby {real}\n{}\n{}\n{erb}",
                case.template, case.data
            ));
        }
    }
    let printed = compiled
        .iter()
        .filter(|(.., judged)| matches!(judged, Outcome::Output(_)))
        .count();
    assert!(
        compiled.len() > 300 && printed > 150,
        "{} compiled, {printed} printed",
        compiled.len()
    );
    wrong.sort_by_key(String::len);
    wrong.truncate(8);
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

fn rendered(template: &str) -> Outcome {
    let case = Case::new(template, serde_json::json!({}));
    let erb = case
        .compile()
        .unwrap_or_else(|faults| panic!("{faults}"))
        .erb;
    ours(&case, &erb)
}

proptest::proptest! {
    #![proptest_config(Config::with_cases(300))]

    /// Text outside of tags keeps its bytes, beside tags too.
    #[test]
    fn text_keeps_its_bytes(before in "[^{]*", after in "([^{]|<%|%>|-%>|\n){0,9}") {
        let after = after.replace('{', "");
        let outcome = rendered(&format!("{before}{{% set x = 1 %}}{after}"));
        proptest::prop_assert_eq!(outcome, Outcome::Output(before + &after));
    }

    /// What a template quotes is that text in Ruby, whatever it holds.
    #[test]
    fn literals_are_read_back(text in "([^'\u{0}]|<%|%>|#\\{|\\\\|\"|[%<>-]){0,12}") {
        let text = text.replace('\'', "");
        let outcome = rendered(&format!("{{% set x = '{text}' %}}{{{{ x }}}}{{{{ x ~ 1 ~ '{text}' }}}}"));
        proptest::prop_assert_eq!(outcome, Outcome::Output(format!("{text}{text}1{text}")));
    }

    /// Any text is a template or is refused, and nothing else happens.
    #[test]
    fn any_text_ends(text in "([{}%#\\-|()\\[\\]\"'.,=~a-c0-9 \n]|\\{\\{|\\}\\}|\\{%|%\\}|if |endif|for |in |endfor|set |is |not |properties|loop){0,40}") {
        let source = Source::new("x.tera", text);
        let case = Case::new("", serde_json::json!({"properties": {"a": 1}}));
        if let Ok(compiled) = compile(&source, &case.job(), &Partials::default()) {
            proptest::prop_assert_eq!(compiled.lines.len(), compiled.erb.matches('\n').count() + 1);
        }
    }
}

/// An error of the ERB is one of the line of Tera that it comes from: of the template, an include, a macro.
#[test]
fn lines_lead_back() {
    let text = "\
=== x
{%- import \"m\" as m -%}
first

{% if true -%}
  second {{ properties.l }}
{%- endif %}
{% include \"part\" %}
{{ m::x() }} {#
comment
#} {{ spec.name }}
--- partial part
one
{{ spec.id }}
--- partial m
{% macro x() %}
{{ spec.deployment }}
{% endmacro %}
--- data
{\"properties\": {\"l\": [1]}}
--- gives
";
    let case = Case::parse_all(text).remove(0);
    let compiled = case.compile().unwrap();
    let expected = [
        ("text.(p('l'))", "case.tera", 5),
        ("spec.id", "templates/part", 2),
        ("spec.deployment", "templates/m", 2),
        ("spec.name", "case.tera", 10),
        ("first", "case.tera", 2),
    ];
    for (ruby, source, line) in expected {
        let number = compiled
            .erb
            .lines()
            .position(|line| line.contains(ruby))
            .unwrap()
            + 1;
        let place = compiled.place(number).unwrap();
        assert_eq!(
            (place.source.as_str(), place.line),
            (source, line),
            "{ruby}\n{}",
            compiled.erb
        );
    }
    assert_eq!(compiled.partials.iter().collect::<Vec<_>>(), ["m", "part"]);
    assert_eq!(compiled.properties.iter().collect::<Vec<_>>(), ["l"]);
}
