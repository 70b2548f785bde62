//! The rules of the house, read from the source text: what a module may import, which modules are pure, how files begin.
//!
//! The table below is the one of `docs/architecture.md`. A new module needs a row; a row for a module to come is fine.
//! The checks take a directory, so the last test can show on a small tree that each of them is able to fail.

use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// A module directly below the crate.
struct Module {
    name: &'static str,
    /// No files, network, processes, environment, clock, randomness.
    pure: bool,
    /// Modules it may import, besides itself.
    imports: &'static [&'static str],
    /// Names of its files, if only these may exist.
    files: &'static [&'static str],
}

const fn pure(name: &'static str, imports: &'static [&'static str]) -> Module {
    Module {
        name,
        pure: true,
        imports,
        files: &[],
    }
}

const fn world(name: &'static str, imports: &'static [&'static str]) -> Module {
    Module {
        name,
        pure: false,
        imports,
        files: &[],
    }
}

const RELEASE_IMPORTS: &[&str] = &[
    "nearest",
    "yaml",
    "digest",
    "archive",
    "tera",
    "blobstore",
    "upstream",
    "git",
    "source",
    "diagnostic",
];
const RELEASE_FILES: &[&str] = &[
    "archives",
    "blobs",
    "build",
    "changes",
    "checksum",
    "config",
    "contents",
    "directory",
    "events",
    "existing",
    "explain",
    "export",
    "finalize",
    "fingerprint",
    "generate",
    "glob",
    "index",
    "job",
    "known_digests",
    "license",
    "local",
    "manifest",
    "mod",
    "name",
    "package",
    "plain_file",
    "publish",
    "redigest",
    "resource",
    "spec",
    "tarball",
    "tera",
    "text",
    "vendor",
    "verify",
    "version",
];

/// In an order in which they can be read: a module imports only what stands above it.
const MODULES: &[Module] = &[
    pure("source", &[]),
    pure("diagnostic", &["source"]),
    pure("nearest", &[]),
    pure("digest", &[]),
    world("archive", &["digest"]),
    pure("yaml", &["source", "diagnostic"]),
    pure("dns", &["yaml"]),
    pure("ruby", &["source", "diagnostic", "yaml"]),
    pure("erb", &["ruby", "source", "diagnostic"]),
    pure("tera", &["nearest", "source", "diagnostic"]),
    world("blobstore", &["nearest"]),
    world("upstream", &[]),
    world("git", &[]),
    world("signing", &["digest", "source", "diagnostic"]),
    Module {
        name: "release",
        pure: false,
        imports: RELEASE_IMPORTS,
        files: RELEASE_FILES,
    },
    pure(
        "deployment",
        &[
            "yaml",
            "dns",
            "digest",
            "release",
            "nearest",
            "source",
            "diagnostic",
        ],
    ),
    world(
        "variables",
        &["deployment", "release", "yaml", "nearest", "source"],
    ),
    pure(
        "links",
        &[
            "deployment",
            "dns",
            "release",
            "yaml",
            "nearest",
            "diagnostic",
        ],
    ),
    pure(
        "render",
        &[
            "links",
            "deployment",
            "dns",
            "release",
            "erb",
            "ruby",
            "tera",
            "yaml",
            "nearest",
            "source",
            "diagnostic",
        ],
    ),
    pure("compare", &["deployment", "links", "yaml"]),
    world(
        "local",
        &[
            "nearest",
            "compare",
            "render",
            "ruby",
            "yaml",
            "links",
            "deployment",
            "dns",
            "release",
            "archive",
            "nearest",
            "source",
            "diagnostic",
        ],
    ),
    pure(
        "suite",
        &[
            "compare",
            "render",
            "deployment",
            "tera",
            "yaml",
            "nearest",
            "source",
            "diagnostic",
        ],
    ),
    world(
        "testing",
        &[
            "suite",
            "local",
            "render",
            "ruby",
            "deployment",
            "release",
            "yaml",
            "nearest",
            "source",
            "diagnostic",
        ],
    ),
    world("director", &["release", "digest"]),
    world(
        "cli",
        &[
            "source",
            "diagnostic",
            "nearest",
            "digest",
            "archive",
            "yaml",
            "ruby",
            "erb",
            "tera",
            "blobstore",
            "upstream",
            "git",
            "signing",
            "release",
            "deployment",
            "variables",
            "links",
            "render",
            "compare",
            "local",
            "suite",
            "testing",
            "director",
        ],
    ),
    world("main", &["cli"]),
    world("lib", &[]),
];

/// Paths that reach the world; what is below them is forbidden too.
const WORLD: &[&str] = &[
    "std::fs",
    "std::process",
    "std::net",
    "std::env",
    "std::os",
    "std::thread",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "std::hash::RandomState",
    "std::collections::hash_map::RandomState",
    "rand",
    "getrandom",
    "tempfile",
    "walkdir",
    "ureq",
    "uuid",
    "rpassword",
    "indicatif",
    "rayon",
];

/// Methods of `std::path::Path` that look at the file system.
const LOOKING: &[&str] = &[
    ".exists()",
    ".try_exists()",
    ".metadata()",
    ".symlink_metadata()",
    ".canonicalize()",
    ".read_dir()",
    ".read_link()",
];

/// A file of `src`.
struct File {
    /// As `release/version.rs`.
    name: String,
    text: String,
    /// The text with comments, literals and test modules blanked out.
    code: String,
}

impl File {
    /// The name of the module directly below the crate.
    fn module(&self) -> &str {
        let first = self.name.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// Number of modules above the content of the file.
    fn depth(&self) -> usize {
        let is_module_root =
            self.name.ends_with("/mod.rs") || ["main.rs", "lib.rs"].contains(&&*self.name);
        self.name.split('/').count() - usize::from(is_module_root)
    }

    fn rules(&self) -> Option<&'static Module> {
        MODULES.iter().find(|module| module.name == self.module())
    }
}

type Check = fn(&File) -> Vec<String>;

const CHECKS: &[(&str, Check)] = &[
    ("listed", listed),
    ("imports", imports),
    ("purity", purity),
    ("supers", supers),
    ("head", head),
    ("leftovers", leftovers),
];

/// Every module has a row.
fn listed(file: &File) -> Vec<String> {
    let inside = file
        .name
        .split('/')
        .nth(1)
        .map(|name| name.strip_suffix(".rs").unwrap_or(name));
    match (file.rules(), inside) {
        (None, _) => vec!["is a module without a row in the table".to_owned()],
        (Some(module), Some(inside))
            if !module.files.is_empty() && !module.files.contains(&inside) =>
        {
            vec![format!(
                "`{inside}` is not in the list of files of `{}`",
                module.name
            )]
        }
        _ => Vec::new(),
    }
}

/// A module imports only what its row allows.
fn imports(file: &File) -> Vec<String> {
    let Some(module) = file.rules() else {
        return Vec::new();
    };
    let paths = paths(&file.code).into_iter();
    let imported = paths.filter_map(|path| {
        let rest = path
            .strip_prefix("crate::")
            .or_else(|| path.strip_prefix("bosh_release::"))?;
        Some(rest.split("::").next().unwrap_or_default().to_owned())
    });
    let is_module = |name: &String| {
        MODULES.iter().any(|module| module.name == name) || name == "*" || name == "self"
    };
    let allowed = |name: &String| module.name == name || module.imports.contains(&name.as_str());
    let bad = imported.filter(|name| is_module(name) && !allowed(name));
    bad.map(|name| format!("may not import `{name}`")).collect()
}

/// A pure module does not touch the world.
fn purity(file: &File) -> Vec<String> {
    if !file.rules().is_some_and(|module| module.pure) {
        return Vec::new();
    }
    let reaches = |path: &String, world: &&str| {
        let below = path
            .strip_prefix(*world)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"));
        let all = path
            .strip_suffix("::*")
            .is_some_and(|parent| world.starts_with(&format!("{parent}::")));
        below || all
    };
    let bad = paths(&file.code)
        .into_iter()
        .filter(|path| WORLD.iter().any(|world| reaches(path, world)));
    let looking = LOOKING.iter().filter(|method| file.code.contains(**method));
    let looking = looking.map(|method| format!("is pure and calls `{method}`"));
    bad.map(|path| format!("is pure and uses `{path}`"))
        .chain(looking)
        .collect()
}

/// Other modules are reached through `crate::`, where the check of imports sees them.
fn supers(file: &File) -> Vec<String> {
    let climbs = |path: &String| path.split("::").take_while(|part| *part == "super").count();
    let bad = paths(&file.code)
        .into_iter()
        .filter(|path| file.depth() > 0 && climbs(path) >= file.depth());
    bad.map(|path| format!("reaches the crate by `{path}`: write `crate::`"))
        .collect()
}

/// The first line says what the file is.
fn head(file: &File) -> Vec<String> {
    let first = file.text.lines().next().unwrap_or_default();
    let has_doc = first
        .strip_prefix("//! ")
        .is_some_and(|doc| !doc.trim().is_empty());
    if has_doc {
        Vec::new()
    } else {
        vec!["does not begin with a `//!` doc".to_owned()]
    }
}

/// Nothing is left for later.
fn leftovers(file: &File) -> Vec<String> {
    let words = pattern(r"\b(TODO|FIXME|XXX)\b");
    let lines = file
        .text
        .lines()
        .enumerate()
        .filter(|(_, line)| words.is_match(line));
    lines
        .map(|(number, line)| format!("line {}: {}", number + 1, line.trim()))
        .collect()
}

/// All paths of the code, those of `use` with their braces resolved.
fn paths(code: &str) -> Vec<String> {
    let uses = pattern(r"(?s)\buse\s+([^;]*);");
    let mut found = Vec::new();
    for statement in uses.captures_iter(code) {
        expand("", &statement[1], &mut found);
    }
    let rest = uses.replace_all(code, " ");
    let plain = pattern(r"\b[A-Za-z_][A-Za-z0-9_]*(?:\s*::\s*[A-Za-z_][A-Za-z0-9_]*)+");
    found.extend(
        plain
            .find_iter(&rest)
            .map(|path| path.as_str().split_whitespace().collect()),
    );
    found
}

/// One item of a `use` tree below `prefix`.
fn expand(prefix: &str, tree: &str, found: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((head, inner)) = tree.split_once('{') else {
        let name = tree.split(" as ").next().unwrap_or_default();
        let path = format!("{prefix}{}", name.split_whitespace().collect::<String>());
        found.push(
            path.trim_start_matches("::")
                .trim_end_matches("::self")
                .to_owned(),
        );
        return;
    };
    let prefix = format!("{prefix}{}", head.split_whitespace().collect::<String>());
    let inner = inner.trim().strip_suffix('}').unwrap_or(inner);
    for item in split_items(inner) {
        expand(&prefix, item, found);
    }
}

/// Splits at the commas outside of braces.
fn split_items(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (index, character) in list.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    items.push(&list[start..]);
    items.retain(|item| !item.trim().is_empty());
    items
}

/// Blanks out comments and literals, then test modules: tests may touch the world.
fn code_of(text: &str) -> String {
    let skipped = pattern(concat!(
        r##"(?s)//[^\n]*|/\*.*?\*/|b?r#+".*?"#+|b?r"[^"]*"|b?"(?:\\.|[^"\\])*""##,
        r"|b?'(?:\\(?:x[0-9a-fA-F]{2}|u\{[^}]*\}|.)|[^'\\])'"
    ));
    let mut code = skipped.replace_all(text, "\"\"").into_owned();
    let tests =
        pattern(r"#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*(?:pub(?:\([^)]*\))?\s+)?mod\s+\w+\s*\{");
    while let Some(found) = tests.find(&code) {
        let end = closing_brace(&code, found.end()).unwrap_or(code.len());
        code.replace_range(found.start()..end, "");
    }
    code
}

/// One past the brace that closes the one before `start`.
fn closing_brace(code: &str, start: usize) -> Option<usize> {
    let mut depth = 1;
    for (index, character) in code[start..].char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(start + index + 1);
        }
    }
    None
}

fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap_or_else(|error| unreachable!("a pattern of this file: {error}"))
}

fn read_files(root: &Path) -> Vec<File> {
    let mut found = Vec::new();
    let mut directories = vec![root.to_path_buf()];
    while let Some(directory) = directories.pop() {
        let entries = fs::read_dir(&directory).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(read_file(root, &path));
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn read_file(root: &Path, path: &Path) -> File {
    let text = fs::read_to_string(path).unwrap_or_default();
    let name = path
        .strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned();
    File {
        name,
        code: code_of(&text),
        text,
    }
}

fn complaints(root: &Path, check: Check) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for file in read_files(root) {
        found.extend(
            check(&file)
                .into_iter()
                .map(|what| format!("src/{} {what}", file.name)),
        );
    }
    found.dedup();
    found
}

fn source_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

#[test]
fn the_house_is_in_order() {
    let root = source_directory();
    assert!(
        read_files(&root).len() > 2,
        "no sources found in {}",
        root.display()
    );
    let found: Vec<String> = CHECKS
        .iter()
        .flat_map(|(_, check)| complaints(&root, *check))
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_table_has_no_cycle() {
    for (number, module) in MODULES.iter().enumerate() {
        let above: Vec<&str> = MODULES[..number].iter().map(|module| module.name).collect();
        for import in module.imports {
            assert!(
                above.contains(import),
                "{} imports {import}, which does not stand above it",
                module.name
            );
        }
    }
}

/// Check, file, content, and what is said about it; nothing where it is right.
const SAMPLES: &[(&str, &str, &str, &[&str])] = &[
    (
        "listed",
        "utilities.rs",
        "",
        &["is a module without a row in the table"],
    ),
    (
        "listed",
        "utilities/mod.rs",
        "",
        &["is a module without a row in the table"],
    ),
    (
        "listed",
        "release/helpers.rs",
        "",
        &["`helpers` is not in the list of files of `release`"],
    ),
    ("listed", "release/version.rs", "", &[]),
    ("listed", "yaml/anything.rs", "", &[]),
    (
        "imports",
        "digest.rs",
        "use crate::yaml::Value;",
        &["may not import `yaml`"],
    ),
    (
        "imports",
        "digest.rs",
        "use crate::{source::{Source, Span}, yaml};",
        &["may not import `source`", "may not import `yaml`"],
    ),
    (
        "imports",
        "yaml/parse.rs",
        "fn f() -> crate::release::Job { }",
        &["may not import `release`"],
    ),
    (
        "imports",
        "yaml/parse.rs",
        "use crate::source::Source; // crate::release\nconst A: &str = \"crate::release\";",
        &[],
    ),
    (
        "imports",
        "yaml/parse.rs",
        "use crate::*;",
        &["may not import `*`"],
    ),
    (
        "imports",
        "main.rs",
        "use bosh_release::release::Job;",
        &["may not import `release`"],
    ),
    ("imports", "main.rs", "use bosh_release::cli;", &[]),
    (
        "purity",
        "yaml.rs",
        "use std::{fmt, fs::{self, File}};",
        &[
            "is pure and uses `std::fs`",
            "is pure and uses `std::fs::File`",
        ],
    ),
    (
        "purity",
        "yaml.rs",
        "fn f() { std::env::var(A); }",
        &["is pure and uses `std::env::var`"],
    ),
    (
        "purity",
        "yaml.rs",
        "use std::time::{Duration, SystemTime};",
        &["is pure and uses `std::time::SystemTime`"],
    ),
    (
        "purity",
        "yaml.rs",
        "use std::*;",
        &["is pure and uses `std::*`"],
    ),
    (
        "purity",
        "yaml.rs",
        "fn f(path: &Path) -> bool { path.exists() }",
        &["is pure and calls `.exists()`"],
    ),
    (
        "purity",
        "yaml.rs",
        "fn f() { std::thread::sleep(a); rand::random() }",
        &[
            "is pure and uses `std::thread::sleep`",
            "is pure and uses `rand::random`",
        ],
    ),
    (
        "purity",
        "yaml.rs",
        "#[cfg(test)]\nmod tests { use std::fs; fn f() { '}'; } }",
        &[],
    ),
    (
        "purity",
        "yaml.rs",
        "#[cfg(test)]\nmod tests { fn f() {} }\nuse std::fs;",
        &["is pure and uses `std::fs`"],
    ),
    (
        "purity",
        "yaml.rs",
        "use std::time::Duration; /* std::fs */ const A: &str = r#\"std::fs\"#;",
        &[],
    ),
    ("purity", "archive/mod.rs", "use std::fs;", &[]),
    (
        "supers",
        "yaml.rs",
        "use super::release;",
        &["reaches the crate by `super::release`: write `crate::`"],
    ),
    (
        "supers",
        "yaml/parse.rs",
        "use super::super::release;",
        &["reaches the crate by `super::super::release`: write `crate::`"],
    ),
    ("supers", "yaml/parse.rs", "use super::Node;", &[]),
    (
        "supers",
        "yaml/mod.rs",
        "use super::release;",
        &["reaches the crate by `super::release`: write `crate::`"],
    ),
    (
        "head",
        "yaml.rs",
        "use std::fmt;",
        &["does not begin with a `//!` doc"],
    ),
    (
        "head",
        "yaml.rs",
        "//!\n",
        &["does not begin with a `//!` doc"],
    ),
    ("head", "yaml.rs", "//! YAML.\n", &[]),
    (
        "leftovers",
        "yaml.rs",
        "//! YAML.\n// TODO: more\n",
        &["line 2: // TODO: more"],
    ),
    ("leftovers", "yaml.rs", "const XXXL: u8 = 1;", &[]),
];

#[test]
fn every_check_can_fail() -> Result<(), std::io::Error> {
    for (name, file, text, expected) in SAMPLES {
        let root = tempfile::tempdir()?;
        let path = root.path().join(file);
        fs::create_dir_all(path.parent().unwrap_or(root.path()))?;
        fs::write(&path, text)?;
        let check = CHECKS
            .iter()
            .find(|(check, _)| check == name)
            .map(|(_, check)| *check);
        let found = check.map(|check| complaints(root.path(), check));
        let expected = expected
            .iter()
            .map(|what| format!("src/{file} {what}"))
            .collect();
        assert_eq!(found, Some(expected), "{name} of {file}: {text}");
    }
    Ok(())
}
