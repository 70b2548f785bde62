//! Small cases of what no command shows: printed paths, bounds, and that nothing a text can hold panics.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::variables::{Generator, Store, Variables, parse_file};
use super::*;
use crate::diagnostic::Diagnostics;
use crate::source::Source;
use crate::yaml::Value;

/// Makes the name of the type, and whether there are no options.
struct Maker;

impl Generator for Maker {
    fn generate(
        &mut self,
        kind: &str,
        options: &Value,
        _: &dyn Fn(&str) -> Option<Value>,
    ) -> Result<Value, String> {
        let options = matches!(options, Value::Null);
        Ok(Value::String(format!("{kind} {options}")))
    }
}

fn run(manifest: &str, operations: &str, given: &str) -> Result<InterpolatedManifest, Diagnostics> {
    let manifest = Source::new("m.yml", manifest);
    let operations = [OperationsFile::parse(&Source::new("o.yml", operations))?];
    let given = parse_file(&Source::new("v.yml", given))?;
    let mut maker = Maker;
    let store = Store::new(Vec::new(), &mut maker);
    let mut variables = Variables::new(given, Some(store))?;
    interpolate(Request {
        manifest: &manifest,
        operations: &operations,
        variables: &mut variables,
        expect_all_found: false,
        expect_all_used: false,
    })
}

/// The text of a manifest with all that it has to have.
pub(super) fn whole(releases: &str, groups: &str) -> String {
    format!(
        "name: d\nreleases: {releases}\nstemcells: [{{alias: s, os: o, version: 1}}]\n\
         update: {{canaries: 1, max_in_flight: 1, canary_watch_time: 1, update_watch_time: 1}}\n\
         instance_groups:\n{groups}"
    )
}

/// A manifest as deployments are made of.
pub(super) fn manifest(text: &str) -> DeploymentManifest {
    DeploymentManifest::read(&run(text, "[]", "").unwrap()).unwrap()
}

fn printed(manifest: &str, operations: &str, given: &str) -> String {
    match run(manifest, operations, given) {
        Ok(done) => String::from_utf8_lossy(&done.print(None).unwrap()).into_owned(),
        Err(faults) => faults.iter().next().unwrap().message.clone(),
    }
}

#[test]
fn what_is_bounded_ends_with_a_message() {
    let deep_path = format!("- {{type: replace, path: {}, value: 1}}", "/a?".repeat(501));
    assert!(printed("{}", &deep_path, "").contains("at most 500 parts"));
    // Two operations, each within the bound, make what is beyond it.
    let path = "/a?".repeat(400);
    let value = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let grown = format!("- {{type: replace, path: {path}, value: {value}}}");
    assert!(printed("{}", &grown, "").contains("at most 500 levels"));
    let deep = format!("a: {}1{}", "[".repeat(300), "]".repeat(300));
    let within = format!("x: {}((a)){}", "[".repeat(300), "]".repeat(300));
    assert!(printed(&within, "", &deep).contains("levels deep"));
    // Each name doubles the text that the names behind it find.
    let mut text = String::from("x: '((v0))");
    let mut given = String::new();
    for n in 0..64 {
        write!(text, "((v{}))", n + 1).unwrap();
        writeln!(given, "v{n}: ((v{0}))((v{0}))", n + 1).unwrap();
    }
    text.push('\'');
    assert!(printed(&text, "", &given).contains("67108864 bytes"));
    let big = format!("big: [{}]", "1,".repeat(100_000));
    let many = format!("x: [{}]", "((big)),".repeat(100));
    assert!(printed(&many, "", &big).contains("1000000 values"));
}

#[test]
fn options_that_lead_through_many_variables_end_with_a_message() {
    let mut manifest = String::from("variables:\n");
    for n in 0..2000 {
        let next = n + 1;
        writeln!(
            manifest,
            "- {{name: v{n}, type: t, options: [((v{next}))]}}"
        )
        .unwrap();
    }
    assert!(printed(&manifest, "", "").contains("no more than 32 variables"));
    let cycle = "\
variables:
- {name: a, type: t, options: ((b))}
- {name: b, type: t, options: ((a))}
";
    assert!(printed(cycle, "", "").contains("Detected recursion"));
}

/// Each of these variables is wanted twice by the one before, so making it for each would never end.
#[test]
fn a_variable_is_made_once() {
    let mut manifest = String::from("variables:\n");
    for n in 0..30 {
        let next = n + 1;
        writeln!(
            manifest,
            "- {{name: v{n}, type: t, options: [((v{next})), ((v{next}))]}}"
        )
        .unwrap();
    }
    assert!(printed(&manifest, "", "").contains("- ((v30))"));
    writeln!(manifest, "- {{name: v30, type: t}}").unwrap();
    assert_eq!(printed(&manifest, "", ""), "variables: []\n");
}

#[test]
fn operations_look_at_a_bounded_number_of_items() {
    let list = format!("l: [{}]", "{name: a},".repeat(100));
    let mut document = Node::parse(&Source::new("m.yml", list)).unwrap();
    let operations = "- {type: remove, path: /l/name=b?}\n".repeat(20);
    let file = OperationsFile::parse(&Source::new("o.yml", operations)).unwrap();
    let mut work = apply::Work::new(1000);
    let outcomes = file.operations.iter();
    let done = outcomes.filter(|one| apply::apply(&mut document, one, &mut work).is_ok());
    assert_eq!(done.count(), 10);
}

#[test]
fn a_history_of_many_operations_is_short() {
    let mut operations = String::new();
    for n in 0..20_000 {
        writeln!(operations, "- {{type: replace, path: /a, value: {n}}}").unwrap();
    }
    let done = run("a: 1", &operations, "").unwrap();
    let explained = done.explain(&Pointer::parse("/a").unwrap()).unwrap();
    assert!(
        (1..40).contains(&explained.causes.len()),
        "{}",
        explained.causes.len()
    );
}

#[test]
fn faults_of_secret_texts_show_nothing_of_them() {
    for text in [
        "a: !!int hunter2",
        "a: *hunter2",
        "a: [hunter2",
        "a: 'hunter2",
        "hunter2",
        "- hunter2",
        "[hunter2]: 1",
        "a: \"\\hunter2\"",
        "a: &hunter2 [*hunter2]",
        "a: hunter2: b",
        "a: %hunter2",
        "a: !<hunter2 b",
    ] {
        let faults = parse_file(&Source::new("v.yml", text)).unwrap_err();
        let shown = faults.render(false);
        assert!(!shown.contains("hunter2"), "{text}: {shown}");
        assert!(shown.contains("v.yml:"), "{text}: {shown}");
    }
    for manifest in [
        "a: x((p))",
        "a: ((p.q))",
        "a: ((p.0))",
        "((p)): 1\nb: 2",
        "'((p))': 1",
    ] {
        let outcome = run(manifest, "", "p: [hunter2]");
        let shown = outcome.map_or_else(|faults| faults.render(false), |_| String::new());
        assert!(!shown.contains("hunter2"), "{manifest}: {shown}");
    }
}

#[test]
fn an_explanation_names_what_set_a_value() {
    let manifest = "a:\n  b: 1\n  c: ((v))\n  d: x((v))\nl:\n- name: q\n  x: 1\n";
    let operations = "\
- {type: replace, path: /a/b, value: 2}
- {type: replace, path: /l/name=q/new?/deep, value: [((v))]}
- {type: replace, path: /a/b, value: 3}
";
    let done = run(manifest, operations, "v: 5").unwrap();
    let explained = |path: &str| {
        done.explain(&Pointer::parse(path).unwrap())
            .unwrap()
            .to_string()
    };
    assert_eq!(
        explained("/a/b"),
        "/a/b\n  o.yml:3:38: operation [2] of o.yml, /a/b\n  in place of o.yml:1:38: operation [0] of o.yml, /a/b\n  in place of m.yml:2:6\n"
    );
    assert_eq!(
        explained("/a/c"),
        "/a/c\n  v.yml:1:4: variable 'v'\n  in place of m.yml:3:6\n"
    );
    assert_eq!(
        explained("/a/d"),
        "/a/d\n  m.yml:4:6: a text with 'v' (v.yml:1:4)\n"
    );
    assert_eq!(
        explained("/l/name=q"),
        "/l/name=q\n  m.yml:6:3\n/l/name=q/new\n  o.yml:2:25: operation [1] of o.yml, /l/name=q/new?/deep\n/l/name=q/new/deep\n  o.yml:2:53: operation [1] of o.yml, /l/name=q/new?/deep\n/l/name=q/new/deep/0\n  v.yml:1:4: variable 'v'\n  in place of o.yml:2:54: operation [1] of o.yml, /l/name=q/new?/deep\n"
    );
}

fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("-".to_owned()),
        "-?[0-9]{1,3}(:prev|:next|:before|:after){0,2}",
        "[a-z~/:?=]{1,4}=[a-z~?=]{0,4}(:prev|:next|:before){0,2}",
        r"\PC{0,6}",
    ]
}

proptest! {
    /// What is printed of a path is read as the same path. Names that end in `?` behind an optional part are not: the official
    /// CLI prints one `?` at the first of those and none behind it, so that of such a name is taken for its mark.
    #[test]
    fn paths_read_back(parts in prop::collection::vec(part(), 0..5)) {
        let text: String = parts.iter().flat_map(|part| ["/", part]).collect();
        if let Ok(path) = Pointer::parse(&text) {
            let marked = path.tokens().iter().any(|token| match token {
                Token::Key { key: name, .. } | Token::Matching { value: name, .. } => name.ends_with('?'),
                Token::Index { .. } | Token::AfterLast => false,
            });
            prop_assume!(!marked);
            let printed = path.to_string();
            let again = Pointer::parse(&printed);
            prop_assert_eq!(again.map(|again| again.to_string()), Ok(printed));
        }
    }

    /// What an operation put somewhere is found there, and the rest is as before.
    #[test]
    fn what_is_replaced_is_found(keys in prop::collection::vec("[a-z]{1,2}", 1..5), value in 0_i64..9) {
        let path: String = keys.iter().flat_map(|key| ["/", key, "?"]).collect();
        let done = run("{zzz: 1}", &format!("- {{type: replace, path: {path}, value: {value}}}"), "").unwrap();
        let found = done.find(&Pointer::parse(&path).unwrap()).unwrap();
        prop_assert_eq!(found.value(), Value::Integer(value));
        prop_assert_eq!(done.root.get("zzz").map(Node::value), Some(Value::Integer(1)));
        let removed = format!("- {{type: replace, path: {path}, value: {value}}}\n- {{type: remove, path: /{}}}", keys[0]);
        prop_assert_eq!(printed("{zzz: 1}", &removed, ""), "zzz: 1\n");
    }

    /// Nothing panics, whatever the texts are.
    #[test]
    fn any_texts_are_taken_or_refused(
        manifest in "[a-b(): \n-]{0,30}",
        path in r"(/[a-b0-9?:=~-]{0,3}){0,4}",
        kind in "replace|remove|test",
    ) {
        let operations = format!("- {{type: {kind}, path: '{path}', value: {{a: b}}}}");
        printed(&manifest, &operations, "a: {b: [1]}\nb: ((a))");
    }
}
