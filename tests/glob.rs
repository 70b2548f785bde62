//! Decisions of the library the official CLI selects files with, recorded over small trees, and what is ours.
//!
//! `tests/glob/*.json`: a list of trees, each with decisions. A tree lists its paths: `a/b` is a file, `a/` a directory,
//! `a -> b` a link; `%ff` is a byte. A decision has a pattern and either its matches, or an `error`:
//! `syntax error in pattern` as recorded, `lost: ..` where the library drops matches silently, `outside` where it leaves
//! the directory. `"ours"` is what was set by hand where ours refuses more: `leaves` for each pattern that leads out,
//! `syntax` for a fault the library did not meet in this tree.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use bosh_release::release::glob::{Kind, Match, Pattern, PatternFault, Tree};
use proptest::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

fn unescape(text: &str) -> PathBuf {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    OsString::from_vec(bytes).into()
}

fn escape(path: &Path) -> String {
    let bytes = path.as_os_str().as_bytes().iter();
    bytes
        .map(|byte| match byte {
            b'%' | 0x80.. | ..0x20 => format!("%{byte:02x}"),
            _ => char::from(*byte).to_string(),
        })
        .collect()
}

fn create(base: &Path, entry: &str) {
    let (name, target) = match entry.split_once(" -> ") {
        Some((name, target)) => (name, Some(target)),
        None => (entry, None),
    };
    let path = base.join(unescape(name));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    match target {
        Some(target) => symlink(unescape(target), path).unwrap(),
        None if name.ends_with('/') => fs::create_dir_all(path).unwrap(),
        None => fs::write(path, "x").unwrap(),
    }
}

/// A directory with `src` in it; its real path, so that links on the way to it do not count.
fn tree(entries: &[&str]) -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    let base = directory.path().canonicalize().unwrap().join("src");
    fs::create_dir(&base).unwrap();
    for entry in entries {
        create(&base, entry);
    }
    (directory, base)
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect()
}

fn select(pattern: &str, base: &Path, tree: &mut Tree) -> Result<Vec<String>, PatternFault> {
    let found = Pattern::parse(pattern).and_then(|pattern| pattern.matches(base, tree));
    let found = found.map_err(|error| {
        assert!(error.range.end <= pattern.len() && pattern.get(error.range).is_some());
        error.fault
    })?;
    Ok(found.iter().map(|one| escape(&one.path)).collect())
}

/// Nothing when ours decides as recorded.
fn difference(decision: &Value, base: &Path, tree: &mut Tree) -> Option<String> {
    let pattern = decision["pattern"].as_str().unwrap();
    let ours = select(pattern, base, tree);
    let expected = decision["ours"].as_str().or(decision["error"].as_str());
    let equal = match (&ours, expected) {
        (Ok(paths), None) => *paths == strings(&decision["matches"]),
        (Err(fault), Some(expected)) => {
            (*fault == PatternFault::Leaves) == matches!(expected, "leaves" | "outside")
        }
        _ => false,
    };
    (!equal).then(|| format!("{pattern}\n  ours     {ours:?}\n  recorded {decision}"))
}

#[test]
fn patterns_select_what_the_library_of_the_cli_selects() {
    let (mut count, mut differences) = (0, Vec::new());
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/glob")).unwrap() {
        let cases: Value =
            serde_json::from_slice(&fs::read(file.unwrap().path()).unwrap()).unwrap();
        for case in cases.as_array().unwrap() {
            let entries = strings(&case["tree"]);
            let (_directory, base) = tree(&entries);
            let mut files = Tree::new();
            for decision in case["decisions"].as_array().unwrap() {
                count += 1;
                let found = difference(decision, &base, &mut files);
                differences.extend(found.map(|text| format!("{text}\n  tree     {entries:?}")));
            }
        }
    }
    assert!(
        differences.is_empty(),
        "{} of {count} decisions differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
    assert!(count >= 300, "only {count} decisions");
}

#[test]
fn faults_show_their_place() {
    let cases = [
        ("ab[c", PatternFault::Class, 2..3),
        ("ä[]x", PatternFault::Class, 2..4),
        ("a[b-]c", PatternFault::Class, 1..5),
        ("x/{a,b", PatternFault::Brace, 2..3),
        ("./x/y\\", PatternFault::Escape, 5..6),
        ("../jobs/x", PatternFault::Leaves, 0..3),
        ("a/../../x", PatternFault::Leaves, 5..8),
        ("{a,[}", PatternFault::Class, 3..4),
    ];
    for (text, fault, range) in cases {
        let error = Pattern::parse(text).unwrap_err();
        assert_eq!((error.fault, error.range), (fault, range), "{text}");
    }
}

#[test]
fn links_that_multiply_end_with_a_clear_error() {
    let (_directory, base) = tree(&["a/1 -> .", "a/2 -> .", "a/f"]);
    assert_eq!(
        select("**/f", &base, &mut Tree::new()),
        Err(PatternFault::Work)
    );
}

#[test]
fn patterns_that_multiply_end() {
    let long = "a".repeat(200);
    let (_directory, base) = tree(&[&long]);
    let mut files = Tree::new();
    assert_eq!(
        select(&format!("{}b", "*a".repeat(60)), &base, &mut files),
        Ok(vec![])
    );
    assert_eq!(
        select(&format!("{}b", "{a,a}".repeat(60)), &base, &mut files),
        Ok(vec![])
    );
    assert_eq!(
        select(&format!("{}b", "{a,*a}".repeat(60)), &base, &mut files),
        Ok(vec![])
    );
    let nested = format!("{}{}", "{a,".repeat(100_000), "}".repeat(100_000));
    assert_eq!(select(&nested, &base, &mut files), Err(PatternFault::Size));
    assert_eq!(
        select(&"*?".repeat(10_000), &base, &mut files),
        Err(PatternFault::Size)
    );
    let nested = format!("{}{}", "{a,".repeat(30), "}".repeat(30));
    assert_eq!(select(&nested, &base, &mut files), Ok(vec![]));
}

#[test]
fn alternatives_cannot_lead_out() {
    let (_directory, base) = tree(&["x/f"]);
    fs::write(base.parent().unwrap().join("secret"), "").unwrap();
    let pattern = "{{x/..,}/..,}/secret";
    assert_eq!(
        select(pattern, &base, &mut Tree::new()),
        Err(PatternFault::Leaves)
    );
}

#[test]
fn meta_characters_in_the_base_are_plain() {
    let (_directory, base) = tree(&["r[1]{a}*/src/f"]);
    let found = select("*", &base.join("r[1]{a}*/src"), &mut Tree::new());
    assert_eq!(found, Ok(vec!["f".to_owned()]));
}

fn packaged(tree: &mut Tree, base: &Path, src: &Path, pattern: &str) -> Vec<String> {
    let found = Pattern::parse(pattern)
        .unwrap()
        .matches(base, tree)
        .unwrap();
    let kept = found.iter().filter(|one| tree.packageable(base, one, src));
    kept.map(|one| escape(&one.path)).collect()
}

#[test]
fn plain_files_behind_linked_directories_are_left_out_and_links_are_not() {
    let (_directory, base) = tree(&[
        "d/f",
        "d/s/g",
        "d/l -> f",
        "x -> d",
        "x2 -> d/s",
        "dead -> nowhere",
        "e/",
    ]);
    let found = packaged(&mut Tree::new(), &base, &base, "**/*");
    assert_eq!(found, ["d/f", "d/l", "d/s/g", "dead", "x", "x/l", "x2"]);
}

#[test]
fn the_source_directory_itself_may_be_a_link_or_missing() {
    let (_directory, base) = tree(&["real/f", "real/d/g", "src -> real", "blobs/b", "gone/"]);
    let mut files = Tree::new();
    let src = base.join("src");
    assert_eq!(packaged(&mut files, &src, &src, "**/*"), ["d/g", "f"]);
    let blobs = base.join("blobs");
    assert_eq!(packaged(&mut files, &blobs, &src, "**/*"), ["b"]);
    assert_eq!(
        packaged(&mut files, &blobs, &base.join("nothing"), "**/*"),
        ["b"]
    );
}

#[test]
fn kinds_are_those_of_the_paths_themselves() {
    let (_directory, base) = tree(&["d/f", "l -> d"]);
    let found = Pattern::parse("**")
        .unwrap()
        .matches(&base, &mut Tree::new())
        .unwrap();
    let of = |path: &str, kind| Match {
        path: path.into(),
        kind,
    };
    let expected = [
        of("d", Kind::Directory),
        of("d/f", Kind::File),
        of("l", Kind::Link),
        of("l/f", Kind::File),
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_cannot_be_listed_is_told() {
    let (_directory, base) = tree(&["d/f", "e/f"]);
    // Nothing is forbidden to root.
    fs::set_permissions(base.join("d"), fs::Permissions::from_mode(0o0)).unwrap();
    let forbidden = fs::read_dir(base.join("d")).is_err();
    let mut files = Tree::new();
    let found = select("*/f*", &base, &mut files).unwrap();
    let told: Vec<_> = files.unreadable().map(Path::to_path_buf).collect();
    fs::set_permissions(base.join("d"), fs::Permissions::from_mode(0o755)).unwrap();
    if forbidden {
        assert_eq!(
            (found, told),
            (vec!["e/f".to_owned()], vec![base.join("d")])
        );
    } else {
        assert_eq!(
            (found, told),
            (vec!["d/f".to_owned(), "e/f".to_owned()], vec![])
        );
    }
}

proptest! {
    #[test]
    fn escaped_names_match_themselves_alone(name in "[a-z*?{}\\[\\],^!. \\-ä]{1,8}") {
        prop_assume!(name != "." && name != "..");
        let (_directory, base) = tree(&[&name, "other-name"]);
        let pattern: String = name.chars().flat_map(|one| ['\\', one]).collect();
        let found = select(&pattern, &base, &mut Tree::new());
        prop_assert_eq!(found, Ok(vec![escape(Path::new(&name))]));
    }

    #[test]
    fn no_pattern_panics_or_leaves(pattern in "[ab*?{},/\\.\\[\\]\\\\^\\-ä]{0,24}") {
        let (_directory, base) = tree(&["a/b/a", "b", "ä/.a", "a/l -> .."]);
        for path in select(&pattern, &base, &mut Tree::new()).unwrap_or_default() {
            prop_assert!(!path.is_empty() && !path.split('/').any(|part| part == ".."));
            prop_assert!(base.join(unescape(&path)).symlink_metadata().is_ok());
        }
    }
}
