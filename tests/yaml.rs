//! YAML against recorded answers of the official CLI's library (`tests/yaml/*.json`), properties, hostile input.
//!
//! The records write data so: null, truth values, strings and lists as JSON has them; `{"i": "1"}` an integer,
//! `{"f": "1.5"}` a float, `{"b": "ff"}` bytes in hexadecimal, `{"m": [[key, value], ...]}` a map.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers fail the test"
)]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bosh_release::source::Source;
use bosh_release::yaml::{self, Kind, Node, Value};
use proptest::prelude::*;
use serde_json::Value as Json;

fn rows(text: &str) -> Vec<Json> {
    serde_json::from_str(text).unwrap()
}

fn data(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::list(items.iter().map(data)),
        Json::Object(object) => {
            let (kind, content) = object.iter().next().unwrap();
            match (kind.as_str(), content) {
                ("i", Json::String(text)) => text
                    .parse::<i64>()
                    .map_or_else(|_| Value::Unsigned(text.parse().unwrap()), Value::Integer),
                ("f", Json::String(text)) => Value::Float(text.parse().unwrap()),
                ("b", Json::String(text)) => Value::Binary(bytes(text)),
                ("m", Json::Array(entries)) => Value::Mapping(
                    entries
                        .iter()
                        .map(|entry| (data(&entry[0]), data(&entry[1])))
                        .collect(),
                ),
                _ => panic!("unknown data {json}"),
            }
        }
        Json::Number(_) => panic!("unknown data {json}"),
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

/// Maps without order, and NaN equal to itself.
fn comparable(value: &Value) -> String {
    match value {
        Value::Mapping(entries) => {
            let mut shown: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", comparable(key), comparable(value)))
                .collect();
            shown.sort();
            format!("{{{}}}", shown.join(", "))
        }
        Value::Sequence(items) => {
            let shown: Vec<String> = items.iter().map(comparable).collect();
            format!("[{}]", shown.join(", "))
        }
        scalar => format!("{scalar:?}"),
    }
}

fn parse(text: &str) -> Result<Node, yaml_fault::Fault> {
    yaml::parse(&Source::new("f", text)).map_err(|faults| {
        let first = faults.into_vec().remove(0);
        yaml_fault::Fault {
            place: first.labels.first().map(|label| {
                let place = label.source.line_column(label.span.start);
                (place.line, place.column)
            }),
            message: first.message,
            hint: first.hint,
        }
    })
}

mod yaml_fault {
    /// The first fault of a text.
    #[derive(Debug)]
    pub(super) struct Fault {
        pub(super) message: String,
        pub(super) place: Option<(usize, usize)>,
        pub(super) hint: Option<String>,
    }
}

fn report(failures: &[String]) {
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn scalars_resolve_as_recorded() {
    let rows = rows(include_str!("yaml/scalars.json"));
    assert!(rows.len() >= 200, "{}", rows.len());
    let mut failures = Vec::new();
    for row in &rows {
        let text = format!("v: {}", row["yaml"].as_str().unwrap());
        let found = parse(&text);
        let expected = row.get("value").map(|value| comparable(&data(value)));
        let node = found.as_ref().ok().and_then(|root| root.get("v"));
        let shown = node.map(|node| comparable(&node.value()));
        if shown != expected {
            failures.push(format!(
                "{text:?}: {shown:?}, expected {expected:?}: {found:?}"
            ));
        }
        if let (Some(node), Some(Json::String(string))) = (node, row.get("string"))
            && node.as_str().as_ref() != Some(string)
        {
            failures.push(format!("{text:?} as string: {:?}", node.as_str()));
        }
    }
    report(&failures);
}

#[test]
fn values_are_written_as_recorded() {
    let rows = rows(include_str!("yaml/written.json"));
    assert!(rows.len() >= 150, "{}", rows.len());
    let mut failures = Vec::new();
    for row in &rows {
        let expected = row["yaml"].as_str().unwrap();
        let found = yaml::write(&data(&row["value"]));
        if found != expected {
            failures.push(format!("{}:\n{found:?}\n{expected:?}", row["value"]));
        }
    }
    report(&failures);
}

#[test]
fn documents_are_read_as_recorded() {
    let mut failures = Vec::new();
    for row in rows(include_str!("yaml/documents.json")) {
        let text = row["yaml"].as_str().unwrap();
        match (parse(text), row.get("value"), row.get("error")) {
            (Ok(node), Some(value), _) => {
                let (found, expected) = (comparable(&node.value()), comparable(&data(value)));
                if found != expected {
                    failures.push(format!("{text:?}:\n{found}\n{expected}"));
                }
            }
            (Err(fault), None, Some(Json::String(error))) if error.ends_with(&fault.message) => {}
            // Maps and lists as keys are data here; only look-ups by text leave them out.
            (Ok(_), None, Some(Json::String(error))) if error.contains("invalid map key") => {}
            (found, value, error) => {
                failures.push(format!("{text:?}:\n{found:?}\n{value:?} {error:?}"));
            }
        }
    }
    report(&failures);
}

#[test]
fn keys_are_sorted_as_recorded() {
    for row in rows(include_str!("yaml/sorted.json")) {
        let list = |name: &str| -> Vec<String> {
            let keys = row[name].as_array().unwrap();
            keys.iter()
                .map(|k| k.as_str().unwrap().to_owned())
                .collect()
        };
        let mut entries: Vec<(Value, Value)> = list("keys")
            .into_iter()
            .map(|key| (Value::from(key), Value::Null))
            .collect();
        yaml::sort_keys(&mut entries);
        let found: Vec<&str> = entries.iter().filter_map(|(key, _)| key.as_str()).collect();
        assert_eq!(found, list("sorted"));
    }
}

#[test]
fn files_of_the_cli_are_written_back_to_their_bytes() {
    for row in rows(include_str!("yaml/files.json")) {
        let text = row.as_str().unwrap();
        assert_eq!(yaml::write(&parse(text).unwrap().value()), text);
    }
}

#[test]
fn look_ups_follow_repeated_and_merged_keys() {
    let text = "base: &b {x: 1, y: 2}\nm: {x: 0, <<: *b, y: 3, y: 4}\nn: {<<: [{q: 1}, {q: 2, r: 3}]}\n123: k\n[a]: l\n~: e\n";
    let root = parse(text).unwrap();
    let map = root.get("m").unwrap();
    assert_eq!(map.get("x").unwrap().as_i64(), Some(1));
    assert_eq!(map.get("y").unwrap().as_i64(), Some(4));
    assert_eq!(root.get("n").unwrap().get("q").unwrap().as_i64(), Some(1));
    assert_eq!(root.get("n").unwrap().get("r").unwrap().as_i64(), Some(3));
    let names: Vec<String> = map.entries().into_iter().map(|entry| entry.0).collect();
    assert_eq!(names, ["x", "y"]);
    let names: Vec<String> = root.entries().into_iter().map(|entry| entry.0).collect();
    assert_eq!(names, ["base", "m", "n", "123", ""]);
    assert_eq!(root.get("123").unwrap().as_str().as_deref(), Some("k"));
    assert!(root.get("absent").is_none() && map.get("x").unwrap().get("x").is_none());
}

#[test]
fn scalars_become_what_is_asked_for() {
    let root = parse("[123, 'q', yes, ~, 1.9, {}, [], !binary MTI=, !!binary MTI=, 0x10, \"yes\"]")
        .unwrap();
    let items = root.as_sequence().unwrap();
    let strings: Vec<Option<String>> = items.iter().map(Node::as_str).collect();
    let expected = [
        Some("123"),
        Some("q"),
        Some("yes"),
        None,
        Some("1.9"),
        None,
        None,
        Some("12"),
        Some("12"),
        Some("0x10"),
        Some("yes"),
    ];
    assert_eq!(strings, expected.map(|text| text.map(str::to_owned)));
    let numbers: Vec<Option<i64>> = items.iter().map(Node::as_i64).collect();
    assert_eq!(numbers[0], Some(123));
    assert_eq!(
        (numbers[4], numbers[9], numbers[1]),
        (Some(1), Some(16), None)
    );
    assert_eq!(
        (items[2].as_bool(), items[10].as_bool()),
        (Some(true), None)
    );
    let kinds: Vec<&str> = items[..7].iter().map(Node::kind_name).collect();
    let expected = [
        "a number",
        "a string",
        "true or false",
        "nothing",
        "a number",
        "a map",
        "a list",
    ];
    assert_eq!(kinds, expected);
    assert!(items[3].is_null() && !items[1].is_null());
}

#[test]
fn an_empty_text_is_nothing() {
    for text in ["", "\n", "# only this\n", "---\n", "\u{feff}"] {
        assert!(parse(text).unwrap().is_null(), "{text:?}");
    }
}

#[test]
fn spans_are_the_text_of_the_value() {
    let text = "\u{feff}ä: 'ö ü'\r\nlist:\r\n- x1\r\n- {k: [v, w]}\r\nblock: |\r\n  a\r\n  b\r\n\r\nend: 1 # c\r\n";
    let root = parse(text).unwrap();
    let shown = |node: &Node| text[node.span.start..node.span.end].to_owned();
    assert_eq!(shown(root.get("ä").unwrap()), "'ö ü'");
    let list = root.get("list").unwrap();
    assert_eq!(shown(list), "- x1\r\n- {k: [v, w]}");
    assert_eq!(shown(&list.as_sequence().unwrap()[1]), "{k: [v, w]}");
    assert_eq!(shown(root.get("block").unwrap()), "|\r\n  a\r\n  b");
    assert_eq!(shown(root.get("end").unwrap()), "1");
    assert_eq!(shown(root.entries()[3].1), "end");
    assert_eq!(root.span.start, 3);
}

#[test]
fn faults_have_a_place_and_a_hint() {
    let cases = [
        (
            "a: [1, 2\nb: 3\n",
            "did not find expected ',' or ']'",
            (2, 2),
            "`]`",
        ),
        (
            "a:\n\tb: 1\n",
            "found character that cannot start any token",
            (2, 1),
            "spaces",
        ),
        (
            "a: \"x\nb: 1\n",
            "found unexpected end of stream",
            (3, 1),
            "close the quote",
        ),
        (
            "a: *.rb\n",
            "did not find expected alphabetic or numeric character",
            (1, 5),
            "quotes",
        ),
        (
            "a: b: c\n",
            "mapping values are not allowed in this context",
            (1, 5),
            "quotes",
        ),
        (
            "a: x\u{1}y\n",
            "control characters are not allowed",
            (1, 5),
            "escape",
        ),
        (
            "a: [!b, c]",
            "did not find expected whitespace or line break",
            (1, 7),
            "space",
        ),
        (
            "a: [x, !<b,c>,d]",
            "did not find expected whitespace or line break",
            (1, 14),
            "space",
        ),
        (
            "ä: %x\n",
            "found character that cannot start any token",
            (1, 4),
            "quotes",
        ),
    ];
    for (text, message, place, hint) in cases {
        let fault = parse(text).unwrap_err();
        assert_eq!(fault.message, message, "{text:?}");
        assert_eq!(fault.place, Some(place), "{text:?}");
        assert!(
            fault.hint.as_deref().unwrap().contains(hint),
            "{text:?}: {:?}",
            fault.hint
        );
    }
    let source = Source::new("spec", "a: \"x\nb: 1\n");
    let shown = yaml::parse(&source).unwrap_err().render(false);
    assert!(shown.contains("the quote is opened here"), "{shown}");
}

/// A thread with little stack, and a time within which the work is done.
fn within(limit: Duration, work: impl FnOnce() + Send + 'static) {
    let start = Instant::now();
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(work);
    thread.unwrap().join().unwrap();
    assert!(start.elapsed() < limit, "{:?}", start.elapsed());
}

#[test]
fn hostile_nesting_is_refused_early() {
    for (unit, end) in [("[", "!a,"), ("[!a ,", "!b,"), ("- !a\n", "!b,")] {
        within(Duration::from_secs(20), move || {
            assert!(parse(&(unit.repeat(100_000) + end)).is_err());
        });
    }
    // A tag may follow on other tokens without a space.
    for before in ["", "?", "\"\"", "''", "[]", "{}", ":", ",", "? ", "a: "] {
        for tag in ["!", "!a", "!!a", "!a!b", "!<a>", "!&"] {
            let text = format!("[{before}{tag}, b]");
            assert!(parse(&text).is_err(), "{text}");
        }
    }
    // Nor does it matter what the parser would find behind the tag.
    for text in [
        "'a'\n[!,\nb: c",
        ";:\t'\n'\n\n[!,\n\n|\n\n \"g,[!,g,\t\t\u{85}\n",
        "a: b\n[!x,",
        "[!x,",
        "- [!x,\nb",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
    for text in [
        "\"!a, b\"",
        "'[!a, b]'",
        "# !a,",
        "[a !b, c]",
        "[!a , b]",
        "- |\n  [!a, b]\n",
    ] {
        parse(text).unwrap();
    }
    for unit in ["[", "{", "- ", "? ", "{a: ", "&a [", "[\n", "{\n"] {
        within(Duration::from_secs(20), move || {
            let fault = parse(&unit.repeat(100_000)).unwrap_err();
            assert!(
                fault.message.contains("nested more than"),
                "{unit}: {fault:?}"
            );
        });
    }
}

#[test]
fn the_deepest_text_needs_a_small_stack() {
    within(Duration::from_secs(20), || {
        let depth = yaml::MAX_DEPTH;
        let root = parse(&("[".repeat(depth) + &"]".repeat(depth))).unwrap();
        let value = root.clone().value();
        assert_eq!(parse(&yaml::write(&value)).unwrap().value(), value);
        let merges = "{<<: ".repeat(depth - 1) + "{a: 1}" + &"}".repeat(depth - 1);
        assert_eq!(parse(&merges).unwrap().get("a").unwrap().as_i64(), Some(1));
    });
}

#[test]
fn alias_bombs_are_refused() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    let mut deep = "a0: &a0 [x]\n".to_owned();
    for level in 1..600 {
        let last = level - 1;
        if level < 12 {
            let items = vec![format!("*a{last}"); 10].join(", ");
            writeln!(laughs, "a{level}: &a{level} [{items}]").unwrap();
        }
        writeln!(deep, "a{level}: &a{level} [*a{last}]").unwrap();
    }
    let long = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(10 << 20),
        "*a, ".repeat(90)
    );
    for text in [laughs, deep, long] {
        within(Duration::from_secs(20), move || {
            let fault = parse(&text).unwrap_err();
            let known = ["excessive aliasing", "nested more than"];
            assert!(known.iter().any(|k| fault.message.contains(k)), "{fault:?}");
        });
    }
    for text in ["&a [*a]", "&a {k: *a}", "&a {<<: *a}", "&a [[{k: *a}]]"] {
        assert_eq!(
            parse(text).unwrap_err().message,
            "anchor 'a' value contains itself"
        );
    }
}

#[test]
fn large_texts_are_read_or_refused() {
    let long = "x".repeat(8 << 20);
    assert_eq!(parse(&long).unwrap().as_str(), Some(long));
    let many = parse(&"- \n".repeat(yaml::MAX_NODES + 1)).unwrap_err();
    assert!(many.message.contains("values"), "{many:?}");
    let source: Arc<Source> = Source::new("f", " ".repeat(yaml::MAX_BYTES + 1));
    assert!(
        yaml::parse(&source)
            .unwrap_err()
            .render(false)
            .contains("larger")
    );
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ a:#'\"\n\t,\\[\\]{}&*!|>%@`?-]{0,12}",
        "[0-9_.:+eExob-]{1,8}",
        "[a-z]{1,12}( {1,2}[a-z.]{1,12}){0,16}\n{0,2}",
        "(true|no|null|~|<<|0777|1:30|2001-01-01|=|---|\\.\\.\\.)",
    ]
}

/// Values that come back as they were: a float without fraction would come back as an integer.
fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i32>().prop_map(|whole| Value::Float(f64::from(whole) + 0.5)),
        text().prop_map(Value::from),
        Just(Value::Binary(vec![0xff; 80])),
    ];
    scalar.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Sequence),
            prop::collection::btree_map(text(), inner, 0..5).prop_map(Value::map),
        ]
    })
}

/// The CLI writes the key `<<` without quotes, so that it comes back as a merge key.
fn survives(value: &Value) -> bool {
    match value {
        Value::Mapping(entries) => entries
            .iter()
            .all(|(key, value)| key.as_str() != Some("<<") && survives(key) && survives(value)),
        Value::Sequence(items) => items.iter().all(survives),
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_written_reads_back(value in value().prop_filter("not kept by the CLI", survives)) {
        let text = yaml::write(&value);
        let read = yaml::parse(&Source::new("f", text.as_str()));
        let read = read.map_err(|faults| TestCaseError::fail(format!("{text}\n{faults}")))?;
        prop_assert_eq!(read.value(), value, "{}", text);
    }

    #[test]
    fn no_text_panics(text in prop_oneof![
        any::<String>(),
        "[ ab1:#'\"\n\r\t,\\[\\]{}&*!|>%@`?~<=.-]{0,60}",
        "([\\[{,:] ?|!|!!|!<|>|[a-c<,]| |\n){0,30}",
        "([a&*!]|[a-c]|: |- |\n|  |\\[|\\]|\\{|\\}|\\? |, |<<|\\||>|---|\"|'|\\\\|ä|\u{85}|\u{2028}){0,40}",
    ]) {
        let source = Source::new("f", text.as_str());
        match yaml::parse(&source) {
            Ok(root) => check_spans(&root, &text),
            Err(faults) => assert!(!faults.render(false).is_empty()),
        }
    }
}

#[test]
fn no_cut_text_panics() {
    let records = [
        include_str!("yaml/documents.json"),
        include_str!("yaml/written.json"),
        include_str!("yaml/scalars.json"),
    ];
    for row in records.into_iter().flat_map(rows) {
        let text = row["yaml"].as_str().unwrap();
        for (at, _) in text.char_indices().take(400) {
            if let Ok(root) = parse(&text[..at]) {
                check_spans(&root, &text[..at]);
            }
        }
    }
}

fn check_spans(node: &Node, text: &str) {
    assert!(
        text.get(node.span.start..node.span.end).is_some(),
        "{node:?}"
    );
    node.value();
    node.entries();
    match &node.kind {
        Kind::Scalar(_) => {}
        Kind::Sequence(items) => items.iter().for_each(|item| check_spans(item, text)),
        Kind::Mapping(entries) => entries.iter().for_each(|(key, value)| {
            check_spans(key, text);
            check_spans(value, text);
        }),
    }
}
