//! Compares two outcomes at levels 1, 2 and 3.
//!
//! Lists that are sets (the tree, the members of an archive) are compared by name, so that one missing file is one difference
//! and has a place of its own for the ledger.

use serde_json::{Map, Value};

/// What is compared of the whole outcome.
const WHOLE: [&str; 4] = ["fingerprints", "texts", "tree", "tarballs"];
/// What is compared of each step, besides its arguments.
const OF_STEP: [&str; 3] = ["exit", "stdout", "json"];
/// Characters of a value that are printed.
const WIDTH: usize = 300;

/// One place where an outcome is not as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// As `/steps[2]/stdout`.
    pub(crate) place: String,
    /// What was expected there and what was found.
    pub(crate) what: String,
}

impl Difference {
    /// The case could not be run to its end.
    pub(crate) fn not_run(error: &anyhow::Error) -> Self {
        Self {
            place: "/run".into(),
            what: format!("{error:#}"),
        }
    }
}

/// All differences; `only` restricts the keys that are compared.
pub(crate) fn differences(
    expected: &Value,
    actual: &Value,
    only: Option<&[String]>,
) -> Vec<Difference> {
    let is_compared = |key: &str| only.is_none_or(|keys| keys.iter().any(|name| name == key));
    let mut found = Vec::new();
    compare(
        "",
        &prune(expected, &is_compared),
        &prune(actual, &is_compared),
        &mut found,
    );
    found
}

/// What the tool said on standard error in the steps whose exit code is not the expected one.
pub(crate) fn messages(expected: &Value, actual: &Value) -> Vec<String> {
    let steps = steps(expected).iter().zip(steps(actual)).enumerate();
    let unexpected = steps.filter(|(_, (expected, actual))| expected["exit"] != actual["exit"]);
    unexpected
        .map(|(number, (_, actual))| {
            format!(
                "steps[{number}] said: {}",
                shorten(actual["stderr"].as_str().unwrap_or_default())
            )
        })
        .collect()
}

fn steps(outcome: &Value) -> &[Value] {
    outcome["steps"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
}

fn prune(outcome: &Value, is_compared: &dyn Fn(&str) -> bool) -> Value {
    let mut kept = pick(outcome, &WHOLE, is_compared);
    let steps = steps(outcome).iter().map(|step| {
        let mut kept = pick(step, &OF_STEP, is_compared);
        kept.insert("args".into(), step["args"].clone());
        sort_lines(kept.get_mut("json"));
        Value::Object(kept)
    });
    kept.insert("steps".into(), steps.collect());
    if let Some(tree) = kept.get_mut("tree") {
        name_items(tree, Value::as_str);
    }
    for tarball in kept
        .get_mut("tarballs")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        name_members(tarball.1);
    }
    Value::Object(kept)
}

fn pick(from: &Value, keys: &[&str], is_compared: &dyn Fn(&str) -> bool) -> Map<String, Value> {
    let keys = keys.iter().filter(|key| is_compared(key));
    keys.filter_map(|key| Some(((*key).to_owned(), from.get(*key)?.clone())))
        .collect()
}

/// Messages of parallel work come in any order.
fn sort_lines(json: Option<&mut Value>) {
    let Some(lines) = json.and_then(|json| json.get_mut("Lines")) else {
        return;
    };
    let texts = lines
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let mut sorted: Vec<&str> = texts
        .flat_map(str::lines)
        .map(|line| line.trim_matches([' ', '-']))
        .collect();
    sorted.sort_unstable();
    *lines = sorted.into();
}

fn name_members(archive: &mut Value) {
    if let Some(members) = archive.get_mut("members") {
        name_items(members, |member| member["name"].as_str());
    }
    for (_, inner) in archive
        .get_mut("inner")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        name_members(inner);
    }
}

/// Turns a list into a map from names; the second item of a name is `name#2`.
fn name_items(list: &mut Value, name: fn(&Value) -> Option<&str>) {
    let mut named = Map::new();
    for item in list.as_array().into_iter().flatten() {
        let name = name(item).unwrap_or_default();
        let numbered = (2..).map(|number| format!("{name}#{number}"));
        let free = std::iter::once(name.to_owned())
            .chain(numbered)
            .find(|name| !named.contains_key(name));
        named.insert(free.unwrap_or_default(), item.clone());
    }
    *list = named.into();
}

fn compare(place: &str, expected: &Value, actual: &Value, found: &mut Vec<Difference>) {
    match (expected, actual) {
        (Value::Object(a), Value::Object(b)) => compare_maps(place, a, b, found),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (number, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{place}[{number}]"), a, b, found);
            }
        }
        (Value::String(a), Value::String(b)) if a != b => add(place, lines(a, b), found),
        (a, b) if a != b => add(
            place,
            format!("expected {}, got {}", show(a), show(b)),
            found,
        ),
        _ => {}
    }
}

fn compare_maps(
    place: &str,
    expected: &Map<String, Value>,
    actual: &Map<String, Value>,
    found: &mut Vec<Difference>,
) {
    let added = actual
        .iter()
        .filter(|(key, _)| !expected.contains_key(*key));
    for (key, value) in added {
        add(
            &format!("{place}/{key}"),
            format!("unexpected {}", show(value)),
            found,
        );
    }
    for (key, value) in expected {
        match actual.get(key) {
            Some(other) => compare(&format!("{place}/{key}"), value, other, found),
            None => add(
                &format!("{place}/{key}"),
                format!("missing {}", show(value)),
                found,
            ),
        }
    }
}

fn add(place: &str, what: String, found: &mut Vec<Difference>) {
    found.push(Difference {
        place: place.to_owned(),
        what,
    });
}

/// The first line in which two texts differ.
fn lines(expected: &str, actual: &str) -> String {
    let (mut a, mut b) = (expected.split('\n'), actual.split('\n'));
    let mut number = 0;
    loop {
        number += 1;
        let (a, b) = (a.next(), b.next());
        if a != b {
            let show = |line: Option<&str>| {
                line.map_or_else(
                    || "the end".to_owned(),
                    |line| shorten(&format!("{line:?}")),
                )
            };
            let place = if number == 1 && !expected.contains('\n') {
                String::new()
            } else {
                format!("line {number}: ")
            };
            return format!("{place}expected {}, got {}", show(a), show(b));
        }
        if a.is_none() {
            return "equal".to_owned();
        }
    }
}

fn show(value: &Value) -> String {
    shorten(&value.to_string())
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
