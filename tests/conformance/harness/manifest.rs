//! Reads what the judge needs out of release manifests and indexes, by their lines.
//!
//! On purpose not with the YAML reader of the library: the judge shall not share a fault with the judged. The CLI writes these
//! files in block style with one key on a line, and so must we.

use serde_json::{Map, Value, json};

/// The values of all `sha1` keys: digests of archives.
pub(crate) fn archive_digests(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter_map(|line| {
        let line = line.trim_start();
        entry(line.strip_prefix("- ").unwrap_or(line), "sha1")
    })
}

/// Name to fingerprint of the jobs and packages, and the fingerprint of the license if there is one.
pub(crate) fn fingerprints(manifest: &str) -> Value {
    let mut found =
        json!({"jobs": section(manifest, "jobs"), "packages": section(manifest, "packages")});
    let license =
        lines_below(manifest, "license").find_map(|line| entry(line.trim_start(), "fingerprint"));
    if let Some(fingerprint) = license {
        found["license"] = fingerprint.into();
    }
    found
}

/// The lines between the top-level `key` and the next top-level key.
fn lines_below<'a>(text: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
    let is_top = |line: &str| !line.starts_with([' ', '-', '#']) && !line.is_empty();
    text.lines()
        .skip_while(move |line| {
            line.strip_prefix(key)
                .is_none_or(|rest| !rest.starts_with(':'))
        })
        .skip(1)
        .take_while(move |line| !is_top(line))
}

/// An entry without a fingerprint has `null`, which equals no recorded one.
fn section(manifest: &str, key: &str) -> Map<String, Value> {
    let mut found = Map::new();
    let (mut name, mut indent) = (String::new(), None);
    for line in lines_below(manifest, key) {
        let body = line.trim_start();
        let depth = line.len() - body.len();
        let indent = *indent.get_or_insert(depth);
        let key = match body.strip_prefix("- ") {
            Some(first) if depth == indent => first,
            None if depth == indent + 2 => body,
            _ => continue,
        };
        if let Some(value) = entry(key, "name") {
            found.insert(value.clone(), Value::Null);
            name = value;
        } else if let Some(value) = entry(key, "fingerprint") {
            found.insert(name.clone(), value.into());
        }
    }
    found
}

/// The scalar of `key: scalar`, without its quotes.
fn entry(line: &str, key: &str) -> Option<String> {
    let value = line.strip_prefix(key)?.strip_prefix(':')?.trim();
    if let Some(inner) = value
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    {
        return Some(inner.replace("''", "'"));
    }
    Some(serde_json::from_str(value).unwrap_or_else(|_| value.to_owned()))
}
