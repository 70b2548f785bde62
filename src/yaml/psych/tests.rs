//! Rows recorded from Ruby 3.4.1 with Psych 5.2.2 and libyaml 0.2.5, and properties.
//!
//! Data stands in the rows as JSON has it, or `{"i": digits}` an integer, `{"f": text}` a float, `{"sym": name}`,
//! `{"b": hex}` a string in binary encoding, `{"date": day}`, `{"time": [zone, UTC]}`, `{"m": [[key, value], ...]}` a
//! hash, `{"again": 1}` an array or hash for the second time.

use std::collections::HashSet;
use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;

fn rows(text: &str) -> Vec<Json> {
    serde_json::from_str(text).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        write!(out, "{byte:02x}").unwrap();
        out
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let pair = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(pair).collect()
}

fn refused(class: &str, message: &str) -> Json {
    json!({"raise": [class, message]})
}

fn of_scalar(scalar: &Scalar) -> Result<Json, Json> {
    Ok(match scalar {
        Scalar::Null => Json::Null,
        Scalar::Bool(value) => json!(value),
        Scalar::Integer(value) => json!({"i": value.to_string()}),
        Scalar::BigInteger(digits) => json!({"i": digits}),
        Scalar::Float(value) => json!({"f": match number::float_text(*value).as_str() {
            ".nan" => "NaN".to_owned(),
            ".inf" => "inf".to_owned(),
            "-.inf" => "-inf".to_owned(),
            other => other.to_owned(),
        }}),
        Scalar::Symbol(name) => json!({"sym": name}),
        Scalar::String(text) | Scalar::Object(text) => json!(text),
        Scalar::Binary(bytes) => json!({"b": hex(bytes)}),
        Scalar::Date(scalar) => match scalar.date {
            Some(Date { year, month, day }) => {
                json!({"date": format!("{year:04}-{month:02}-{day:02}")})
            }
            None => json!(scalar.text),
        },
        Scalar::Time(scalar) => match &scalar.time {
            TimeValue::Time(time) => of_time(time),
            TimeValue::Text => json!(scalar.text),
            TimeValue::Fault(message) => return Err(refused("NoMethodError", message)),
        },
        Scalar::Refused(Refused { class, message }) => return Err(refused(class, message)),
    })
}

/// Carries over what is too much of seconds, hours and days.
fn of_time(time: &Time) -> Json {
    let (zone, offset) = match time.zone {
        Zone::Utc => (json!("Z"), 0),
        Zone::Local => (json!(0), 0),
        Zone::Offset(offset) => (json!(offset), i64::from(offset)),
    };
    let (y, m) = (i64::from(time.year), i64::from(time.month));
    // Days of the civil calendar since 0000-03-01, and back.
    let shifted = if m <= 2 { y - 1 } else { y };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((m + 9) % 12) + 2) / 5 + i64::from(time.day) - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    let clock = i64::from(time.hour) * 3600 + i64::from(time.minute) * 60 + i64::from(time.second);
    let seconds = days * 86_400 + clock - offset;
    let (days, clock) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let of_era = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * of_era + of_era / 4 - of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (d, m) = (
        of_year - (153 * shifted + 2) / 5 + 1,
        (shifted + 2) % 12 + 1,
    );
    let y = era * 400 + of_era + i64::from(m <= 2);
    let year = if y < 0 {
        format!("-{:04}", -y)
    } else {
        format!("{y:04}")
    };
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    let nanos: String = time
        .fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    json!({"time": [zone, format!("{year}-{m:02}-{d:02} {hour:02}:{minute:02}:{second:02}.{nanos}")]})
}

/// Reads a node as the recorder wrote objects.
fn of_node(document: &Document, id: NodeId, seen: &mut HashSet<NodeId>) -> Result<Json, Json> {
    let id = document.resolve(id);
    match &document.node(id).kind {
        Kind::Scalar(scalar) => of_scalar(scalar),
        Kind::UnknownAlias(name) => Err(refused(
            "Psych::AnchorNotDefined",
            &format!("An alias referenced an unknown anchor: {name}"),
        )),
        Kind::Alias(_) => panic!("an alias of an alias"),
        _ if !seen.insert(id) => Ok(json!({"again": 1})),
        Kind::Sequence(items) => items
            .iter()
            .map(|item| of_node(document, *item, seen))
            .collect(),
        Kind::Mapping(mapping) => {
            let mut entries = Vec::new();
            for (key, value) in mapping.entries() {
                let key = of_node(document, *key, seen)?;
                entries.push(json!([key, of_node(document, *value, seen)?]));
            }
            Ok(json!({"m": entries}))
        }
    }
}

fn answer(result: Result<Json, Json>) -> Json {
    match result {
        Ok(value) => json!({"v": value}),
        Err(raised) => raised,
    }
}

/// Counts rows that differ, and shows them.
fn compare(rows: impl IntoIterator<Item = (String, Json, Json)>) {
    let wrong: Vec<String> = rows
        .into_iter()
        .filter(|(_, ours, ruby)| ours != ruby)
        .map(|(input, ours, ruby)| format!("{input:?}\n  ours {ours}\n  ruby {ruby}"))
        .collect();
    assert!(
        wrong.is_empty(),
        "{} rows differ\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn plain_scalars() {
    compare(
        rows(include_str!("../../../tests/yaml/psych/scalars.json"))
            .into_iter()
            .map(|row| {
                let text = row[0].as_str().unwrap().to_owned();
                let ours = answer(of_scalar(&scalar::tokenize(&text)));
                (text, ours, row[1].clone())
            }),
    );
}

/// Rows with another answer than Ruby's, and why.
const DIFFERENT: [(&str, &str); 5] = [
    ("[!a, b]", "libyaml-safer cannot read it, so it is refused"),
    ("{!a, b}", "libyaml-safer cannot read it, so it is refused"),
    ("!a, b", "refused before it is clear that it is wrong"),
    (
        "a: \"\\",
        "wrong in both, but Ruby misses the character behind the backslash, we the quote",
    ),
    (
        "<<: !!omap [a: 1]",
        "what a tagged list becomes is left to the caller",
    ),
];

#[test]
fn documents() {
    let mut rows = rows(include_str!("../../../tests/yaml/psych/documents.json"));
    let all = rows.len();
    rows.retain(|row| DIFFERENT.iter().all(|(text, _)| row[0] != *text));
    assert_eq!(rows.len() + DIFFERENT.len(), all);
    compare(rows.into_iter().map(|row| {
        let text = row[0].as_str().unwrap().to_owned();
        let ours = match parse_first(&text) {
            Ok(Some(document)) => answer(of_node(&document, document.root(), &mut HashSet::new())),
            Ok(None) => json!({"v": false}),
            Err(ParseError::Syntax(error)) => json!({"syntax": error.message(None)}),
            Err(ParseError::Limit(limit)) => json!({"limit": limit.message}),
        };
        (text, ours, row[1].clone())
    }));
}

fn events<'a>(json: &'a Json, out: &mut Vec<Event<'a>>) {
    let text = |json: &'a Json| json.as_str().unwrap();
    match json {
        Json::Null => out.push(Event::Null),
        Json::Bool(value) => out.push(Event::Bool(*value)),
        Json::String(text) => out.push(Event::String(text.into())),
        Json::Array(items) => {
            out.push(Event::Sequence {
                tag: None,
                id: None,
            });
            for item in items {
                events(item, out);
            }
            out.push(Event::End);
        }
        Json::Object(object) => {
            let (kind, content) = object.iter().next().unwrap();
            match kind.as_str() {
                "i" => out.push(Event::Integer(text(content).into())),
                "f" => out.push(Event::Float(text(content).parse().unwrap())),
                "sym" => out.push(Event::Symbol(text(content).into())),
                "b" => out.push(Event::Binary(unhex(text(content)).into())),
                "m" => {
                    out.push(Event::Mapping {
                        tag: None,
                        id: None,
                    });
                    for entry in content.as_array().unwrap() {
                        events(&entry[0], out);
                        events(&entry[1], out);
                    }
                    out.push(Event::End);
                }
                other => panic!("{other}"),
            }
        }
        Json::Number(_) => panic!("{json}"),
    }
}

fn options(json: &Json) -> Options {
    Options {
        indentation: json["indentation"].as_i64(),
        line_width: json["line_width"].as_i64(),
        header: json["header"].as_bool().unwrap_or(false),
    }
}

#[test]
fn written() {
    compare(
        rows(include_str!("../../../tests/yaml/psych/written.json"))
            .into_iter()
            .map(|row| {
                let mut list = Vec::new();
                events(&row[0], &mut list);
                let ours = match write(&list, &options(&row[1])) {
                    Ok(yaml) => json!({"yaml": yaml}),
                    Err(WriteError::Refused(Refused { class, message })) => {
                        refused(class, &message)
                    }
                    Err(WriteError::Malformed) => panic!("malformed: {row}"),
                };
                (format!("{} {}", row[0], row[1]), ours, row[2].clone())
            }),
    );
}

fn mapping(tag: Option<&'static str>, id: Option<u64>) -> Event<'static> {
    let tag = tag.map(Into::into);
    Event::Mapping { tag, id }
}

fn sequence(id: u64) -> Event<'static> {
    Event::Sequence {
        tag: None,
        id: Some(id),
    }
}

fn tagged(tag: &'static str, text: &'static str, quoted: bool, id: u64) -> Event<'static> {
    Event::Tagged {
        tag: tag.into(),
        text: text.into(),
        quoted,
        id: Some(id),
    }
}

fn plain(text: &'static str, id: Option<u64>) -> Event<'static> {
    Event::Plain {
        text: text.into(),
        id,
    }
}

fn int(text: &'static str) -> Event<'static> {
    Event::Integer(text.into())
}

fn string(text: &'static str) -> Event<'static> {
    Event::String(text.into())
}

#[allow(clippy::too_many_lines, reason = "it is a table")]
/// Objects as Ruby 3.4.1 writes them, and which of them get anchors.
#[test]
fn objects() {
    use Event::{Alias, Bool, End, Null};
    let expected = [
        // x = [1]; h = {"k" => x}; [x, h, x, {h => x}, h]
        (
            vec![
                sequence(9),
                sequence(1),
                int("1"),
                End,
                mapping(None, Some(2)),
                string("k"),
                Alias(1),
                End,
                Alias(1),
                mapping(None, Some(3)),
                Alias(2),
                Alias(1),
                End,
                Alias(2),
                End,
            ],
            "---\n- &1\n  - 1\n- &2\n  k: *1\n- *1\n- *2 : *1\n- *2\n",
        ),
        // Set.new([1, "a"])
        (
            vec![
                mapping(Some("!ruby/object:Set"), Some(1)),
                plain("hash", None),
                mapping(None, Some(2)),
                int("1"),
                Bool(true),
                string("a"),
                Bool(true),
                End,
                End,
            ],
            "--- !ruby/object:Set\nhash:\n  1: true\n  a: true\n",
        ),
        // [Set.new]
        (
            vec![
                sequence(1),
                mapping(Some("!ruby/object:Set"), Some(2)),
                plain("hash", None),
                mapping(None, Some(3)),
                End,
                End,
                End,
            ],
            "---\n- !ruby/object:Set\n  hash: {}\n",
        ),
        // [1..3] * 2
        (
            vec![
                sequence(1),
                mapping(Some("!ruby/range"), Some(2)),
                string("begin"),
                int("1"),
                string("end"),
                int("3"),
                string("excl"),
                Bool(false),
                End,
                Alias(2),
                End,
            ],
            "---\n- &1 !ruby/range\n  begin: 1\n  end: 3\n  excl: false\n- *1\n",
        ),
        // [/a b/i] * 2
        (
            vec![
                sequence(1),
                tagged("!ruby/regexp", "/a b/i", false, 2),
                Alias(2),
                End,
            ],
            "---\n- &1 !ruby/regexp /a b/i\n- *1\n",
        ),
        // [String, String, Comparable]
        (
            vec![
                sequence(1),
                tagged("!ruby/class", "String", true, 2),
                Alias(2),
                tagged("!ruby/module", "Comparable", true, 3),
                End,
            ],
            "---\n- &1 !ruby/class 'String'\n- *1\n- !ruby/module 'Comparable'\n",
        ),
        // [Time.at(0).utc] * 2
        (
            vec![
                sequence(1),
                plain("1970-01-01 00:00:00.000000000 Z", Some(2)),
                Alias(2),
                End,
            ],
            "---\n- &1 1970-01-01 00:00:00.000000000 Z\n- *1\n",
        ),
        // An object with itself in @b.
        (
            vec![
                mapping(Some("!ruby/object:Foo"), Some(7)),
                plain("a", None),
                int("1"),
                plain("b", None),
                Alias(7),
                End,
            ],
            "--- &1 !ruby/object:Foo\na: 1\nb: *1\n",
        ),
        // An exception without a backtrace.
        (
            vec![
                mapping(Some("!ruby/exception:E"), None),
                plain("message", None),
                string("x"),
                plain("backtrace", None),
                Null,
                End,
            ],
            "--- !ruby/exception:E\nmessage: x\nbacktrace:\n",
        ),
        // A Struct in a hash.
        (
            vec![
                mapping(None, None),
                Event::Symbol("a".into()),
                mapping(Some("!ruby/struct:S"), Some(1)),
                plain("a", None),
                Null,
                plain("b", None),
                string("x\ny"),
                End,
                End,
            ],
            "---\n:a: !ruby/struct:S\n  a:\n  b: |-\n    x\n    y\n",
        ),
    ];
    for (events, yaml) in expected {
        assert_eq!(write(&events, &Options::default()).as_deref(), Ok(yaml));
    }
}

#[test]
fn events_that_are_no_value() {
    use Event::{Alias, End, Null};
    let empty = || mapping(None, None);
    for events in [
        vec![],
        vec![End],
        vec![Null, Null],
        vec![Alias(1), End],
        vec![sequence(1)],
        vec![sequence(1), Null],
        vec![empty(), Null, End],
        vec![empty(), sequence(1), Null, End, End],
        vec![empty(), End, End],
    ] {
        assert_eq!(
            write(&events, &Options::default()),
            Err(WriteError::Malformed),
            "{events:?}"
        );
    }
}

#[test]
fn streams() {
    assert_eq!(parse_all("").unwrap(), []);
    assert_eq!(parse_all("--- 1\n--- 2\n...\n").unwrap().len(), 2);
    assert!(parse_first("a: 1\n---\n[").unwrap().is_some());
    assert!(parse_all("a: 1\n---\n[").is_err());
    let later = parse_all("&a 1\n---\n*a").unwrap();
    assert_eq!(
        later[1].node(later[1].root()).kind,
        Kind::UnknownAlias("a".to_owned())
    );
}

#[test]
fn errors_point_and_name_the_file() {
    let Err(ParseError::Syntax(error)) = parse_first("a: [b\nc: d") else {
        panic!("no syntax error");
    };
    assert_eq!(
        error.message(Some("x.yml")),
        "(x.yml): did not find expected ',' or ']' while parsing a flow sequence at line 1 column 4"
    );
    assert_eq!(error.span, crate::source::Span::new(7, 8));
}

#[test]
fn limits() {
    let message = |text: &str| match parse_first(text) {
        Err(ParseError::Limit(limit)) => limit.message,
        other => panic!("{other:?}"),
    };
    let deep = "[".repeat(100_000);
    assert_eq!(
        message(&deep),
        "lists and maps are nested more than 500 levels deep"
    );
    assert_eq!(
        message("[!a, b]"),
        "a tag directly in front of a comma is not supported"
    );
    let too_many = "the text has more than 1000000 values";
    let keys = (0..2_000).fold(String::new(), |keys, at| keys + &format!("  k{at}: 1\n"));
    let merges = "- {<<: *a}\n".repeat(2_000);
    assert_eq!(message(&format!("- &a\n{keys}{merges}")), too_many);
    let mut bomb = "a0: &a0 [x]\n".to_owned();
    for at in 1..40 {
        writeln!(bomb, "a{at}: &a{at} [*a{0}, *a{0}]", at - 1).unwrap();
    }
    // References cost nothing, until one is a key.
    assert!(parse_first(&bomb).is_ok());
    assert_eq!(message(&format!("{bomb}? [*a39]\n: 1\n")), too_many);
    assert_eq!(message("{? &x [*x] : 1}"), too_many);
}

/// Trees that Ruby reads back as they were: without line breaks of other systems, and symbols that need quotes.
fn trees() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        "[ -~\n\t\u{e9}\u{4e2d}\u{1f600}]{0,12}",
        "[a-z:#'\" \n-]{0,12}",
        "([a-z]{1,9} ){10,20}[a-z]",
        "[-+0-9._:,xbe~]{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(|value| json!(value)),
        any::<i64>().prop_map(|value| json!({"i": value.to_string()})),
        any::<f64>()
            .prop_filter("has digits", |value| value.is_finite())
            .prop_map(|value| json!({"f": number::float_text(value)})),
        "[a-z_][a-z_0-9?]{0,5}".prop_map(|name| json!({"sym": name})),
        proptest::collection::vec(128_u8.., 1..9).prop_map(|bytes| json!({"b": hex(&bytes)})),
        text.prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::Array),
            proptest::collection::vec((inner.clone(), inner), 0..5).prop_map(|entries| {
                let mut seen = HashSet::new();
                let entries: Vec<Json> = entries
                    .into_iter()
                    .filter(|(key, _)| {
                        // Zeros are equal whatever their sign.
                        let key_text = key.to_string().replace("\"-0.0\"", "\"0.0\"");
                        seen.insert(key_text) && *key != "<<"
                    })
                    .map(|(key, value)| json!([key, value]))
                    .collect();
                json!({"m": entries})
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(tree in trees(), width in -1_i64..100, step in 0_i64..11) {
        let mut list = Vec::new();
        events(&tree, &mut list);
        for options in [Options::default(), Options { indentation: Some(step), line_width: Some(width), header: true }] {
            let yaml = write(&list, &options).unwrap();
            let document = parse_first(&yaml).unwrap().unwrap();
            let read = of_node(&document, document.root(), &mut HashSet::new());
            prop_assert_eq!(read.as_ref(), Ok(&tree), "{}", yaml);
        }
    }

    #[test]
    fn any_text_has_an_answer(text in "[\\PC\n\t]{0,60}", yaml in "[-a1:,?&*!|>'\"%@`#{}\\[\\]<. \n]{0,40}") {
        for text in [text, yaml] {
            if let Ok(documents) = parse_all(&text) {
                for document in documents {
                    let _ = of_node(&document, document.root(), &mut HashSet::new());
                }
            }
            let _ = write(&[Event::String(text.as_str().into())], &Options::default());
            let _ = write(&[Event::Symbol(text.as_str().into())], &Options { line_width: Some(9), ..Options::default() });
        }
    }
}
