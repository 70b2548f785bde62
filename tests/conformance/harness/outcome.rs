//! Runs a case and records its outcome in the form of `expected.json`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use anyhow::{Context, Result};
use regex::Regex;
use serde_json::{Map, Value, json};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::normal::{Normaliser, newlines};
use super::sandbox::{self, Case, Sandbox};
use super::{manifest, tarball};

/// Files whose text is recorded.
const TEXTS: &str = r"(?x)^(?: config/.*\.yml | \.gitignore | (?:\.dev_builds|\.final_builds|releases|dev_releases)/.*\.yml
    | packages/[^/]+/(?:spec|spec\.lock|packaging) | jobs/[^/]+/(?:spec|monit) )$";

/// The files below a directory, and the directories that are git repositories.
#[derive(Default)]
struct Walk {
    files: Vec<PathBuf>,
    repositories: Vec<PathBuf>,
}

/// The outcome of a case; an error if a step other than one of the tool fails, or the outcome cannot be read.
pub(crate) fn record(case: &Case, tool: &Path) -> Result<Value> {
    let sandbox = Sandbox::new(case)?;
    let base = sandbox
        .base
        .to_str()
        .context("the temporary directory has an odd name")?;
    let mut normal = Normaliser::new(base)?;
    let mut outputs = Vec::new();
    for step in case.steps()? {
        if let Some(output) = sandbox.step(step, tool)? {
            outputs.push((step, output));
            note_volatile(&sandbox, &mut normal)?;
        }
    }
    note_volatile(&sandbox, &mut normal)?;
    let steps: Result<Vec<Value>> = outputs
        .iter()
        .map(|(step, output)| describe_step(step, output, &normal))
        .collect();
    let (tree, texts) = snapshot(&sandbox.root, &normal)?;
    let mut outcome = json!({"format": 1, "steps": steps?, "tree": tree, "texts": texts});
    outcome["fingerprints"] = fingerprints(&sandbox.root, &normal)?.into();
    let tarballs = tarballs(&sandbox.base.join("work"), &normal)?;
    if !tarballs.is_empty() {
        outcome["tarballs"] = tarballs.into();
    }
    Ok(outcome)
}

/// Commits and digests may be gone when the last step ends, so they are collected after each step of the tool.
fn note_volatile(sandbox: &Sandbox, normal: &mut Normaliser) -> Result<()> {
    let found = walk(&sandbox.base, &[])?;
    for repository in found.repositories {
        let mut git = sandbox.command("git", &repository);
        let output = git
            .args(["rev-list", "--all"])
            .stdin(Stdio::null())
            .output()?;
        normal.note_commits(&String::from_utf8_lossy(&output.stdout));
    }
    for path in found.files {
        let directory = path.parent().unwrap_or(&path).to_string_lossy();
        if has_extension(&path, "yml")
            && (directory.contains("releases") || directory.contains("_builds"))
        {
            let text = fs::read(&path).unwrap_or_default();
            manifest::archive_digests(&String::from_utf8_lossy(&text))
                .for_each(|digest| normal.note_digest(&digest));
        } else if has_extension(&path, "tgz") && path.is_file() {
            note_archive(&fs::read(&path)?, normal);
        }
    }
    Ok(())
}

fn note_archive(data: &[u8], normal: &mut Normaliser) {
    normal.note_digest(&tarball::hex(&Sha1::digest(data)));
    normal.note_digest(&tarball::hex(&Sha256::digest(data)));
    let inside = tarball::release_manifest(data).unwrap_or_default();
    manifest::archive_digests(&inside).for_each(|digest| normal.note_digest(&digest));
}

fn describe_step(step: &Value, output: &Output, normal: &Normaliser) -> Result<Value> {
    let arguments = sandbox::arguments(step)?;
    let mut described = json!({"args": arguments, "exit": sandbox::exit_code(output)});
    let text = printed(&output.stdout, normal).context("standard output")?;
    if step["volatile_stdout"].as_bool().unwrap_or(false) {
        // Only that it ran, and how it ended.
    } else if arguments.contains(&"--json") && text.trim_start().starts_with('{') {
        described["json"] = serde_json::from_str(&text).context("standard output is no JSON")?;
    } else {
        described["stdout"] = text.into();
    }
    let errors = printed(&output.stderr, normal).context("standard error")?;
    if !errors.trim().is_empty() {
        described["stderr"] = errors.into();
    }
    Ok(described)
}

fn printed(bytes: &[u8], normal: &Normaliser) -> Result<String> {
    let text = std::str::from_utf8(bytes).context("is not UTF-8")?;
    Ok(normal.text(&newlines(text)))
}

fn snapshot(root: &Path, normal: &Normaliser) -> Result<(Vec<String>, Map<String, Value>)> {
    let recorded = Regex::new(TEXTS)?;
    let (mut tree, mut texts) = (Vec::new(), Map::new());
    for path in walk(root, &[])?.files {
        let name = relative(&path, root)?;
        let metadata = fs::symlink_metadata(&path)?;
        if metadata.is_symlink() {
            let target = fs::read_link(&path)?;
            tree.push(format!("{} -> {}", normal.text(&name), target.display()));
            continue;
        }
        let mark = if metadata.permissions().mode() & 0o100 == 0 {
            ""
        } else {
            "*"
        };
        tree.push(format!("{}{mark}", normal.text(&name)));
        if recorded.is_match(&name)
            && let Ok(text) = String::from_utf8(fs::read(&path)?)
        {
            texts.insert(normal.text(&name), normal.file(&newlines(&text)).into());
        }
    }
    tree.sort();
    Ok((tree, texts))
}

fn fingerprints(root: &Path, normal: &Normaliser) -> Result<Map<String, Value>> {
    let mut found = Map::new();
    for directory in ["dev_releases", "releases"] {
        for path in walk(&root.join(directory), &[])?.files {
            if has_extension(&path, "yml") && path.file_name() != Some("index.yml".as_ref()) {
                let name = normal.text(&relative(&path, root)?);
                found.insert(name, manifest::fingerprints(&super::read(&path)?));
            }
        }
    }
    Ok(found)
}

fn tarballs(work: &Path, normal: &Normaliser) -> Result<Map<String, Value>> {
    let mut found = Map::new();
    for path in walk(work, &["blobstore", "src", "blobs"])?.files {
        if has_extension(&path, "tgz") {
            let record = tarball::describe(&fs::read(&path)?, true, normal)
                .context(path.display().to_string())?;
            found.insert(normal.text(&relative(&path, work)?), record);
        }
    }
    Ok(found)
}

/// Walks without following links: the files of a directory before what is below it, both sorted. No `.git` directory is entered.
/// A directory that does not exist has nothing below it.
fn walk(directory: &Path, skip: &[&str]) -> Result<Walk> {
    let mut found = Walk::default();
    if directory.is_dir() {
        walk_into(directory, skip, &mut found)
            .with_context(|| format!("cannot list {}", directory.display()))?;
    }
    Ok(found)
}

fn walk_into(directory: &Path, skip: &[&str], found: &mut Walk) -> Result<()> {
    let (mut files, mut below) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if !entry.file_type()?.is_dir() {
            files.push(entry.path());
        } else if name == ".git" {
            found.repositories.push(directory.to_path_buf());
        } else if !skip.iter().any(|skipped| name == *skipped) {
            below.push(entry.path());
        }
    }
    files.sort();
    below.sort();
    found.files.append(&mut files);
    below
        .iter()
        .try_for_each(|directory| walk_into(directory, skip, found))
}

fn relative(path: &Path, base: &Path) -> Result<String> {
    Ok(path.strip_prefix(base)?.to_string_lossy().into_owned())
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.to_string_lossy().ends_with(&format!(".{extension}"))
}
