//! A package directory: `spec`, `packaging`, `pre_packaging`, or a `spec.lock` alone.
//!
//! Its files come from below `src/` and `blobs/`, selected by globs: for each pattern of `files` first `src/`, then
//! `blobs/`; what is found first under a path stays. Matches of `excluded_files` are taken out again.
//! The spec itself is not packed and does not count. Links are kept as links.
//! Unlike the official CLI we pack nothing below `blobs/` that `config/blobs.yml` does not know.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::blobs::KnownBlob;
use super::directory::{Kind, ReleaseDirectory};
use super::fingerprint::Fingerprint;
use super::glob::{Match, Pattern, Tree};
use super::job::{is_executable, may_be_executed, read_spec};
use super::known_digests::Stamp;
use super::name::Name;
use super::resource::{Content, Resource, ResourceFile, sort_files};
use super::spec::SpecReader;
use crate::diagnostic::Diagnostic;
use crate::nearest::nearest;
use crate::source::{Source, Span};
use crate::yaml::Node;

/// A package as its directory describes it.
#[derive(Debug)]
pub struct Package {
    /// What it consists of.
    pub contents: Contents,
    /// Where the spec names each dependency.
    pub dependency_spans: Vec<Span>,
    /// Where the spec names the package.
    pub name_span: Span,
    /// The text of the spec or lock.
    pub source: Arc<Source>,
    /// What keeps it from being packed.
    pub faults: Vec<Diagnostic>,
    /// What a Director refuses (errors), and what looks wrong (warnings).
    pub findings: Vec<Diagnostic>,
}

/// Sources, or a reference to an archive of another release.
#[derive(Debug, Clone)]
pub enum Contents {
    /// Files to be packed.
    Sources(Resource),
    /// `spec.lock`: the archive of this fingerprint must be known.
    Vendored(Vendored),
}

/// A package that was vendored from another release.
#[derive(Debug, Clone)]
pub struct Vendored {
    /// Its name.
    pub name: Name,
    /// Its fingerprint, as the other release had it.
    pub fingerprint: Fingerprint,
    /// Its dependencies.
    pub packages: Vec<Name>,
}

impl<'a> Selection<'a> {
    /// Nothing is listed yet.
    pub fn new(
        release: &'a ReleaseDirectory,
        blobs: &'a BTreeMap<String, KnownBlob>,
    ) -> Result<Self> {
        Ok(Self {
            release,
            tree: Tree::default(),
            blobs,
            absent: absent_tree(blobs)?,
        })
    }

    /// An error for each directory that could not be read: the official CLI skips those silently, and builds a
    /// package that lacks files.
    pub fn unreadable(&self) -> Vec<Diagnostic> {
        let unreadable = self.tree.unreadable();
        unreadable
            .map(|path| {
                let shown = self.release.shown(path);
                Diagnostic::error(format!(
                    "Directory '{shown}' cannot be read, and a package selects files from it"
                ))
                .hint("make it readable, or write the pattern so that it does not look there")
            })
            .collect()
    }
}

/// What is needed to select files: listings that are read once, and the blobs that are known.
pub struct Selection<'a> {
    /// The release.
    pub release: &'a ReleaseDirectory,
    /// Directory listings.
    pub tree: Tree,
    /// Paths below `blobs/` that `blobs.yml` knows.
    pub blobs: &'a BTreeMap<String, KnownBlob>,
    absent: Option<TempDir>,
}

const KEYS: [&str; 5] = [
    "name",
    "dependencies",
    "files",
    "excluded_files",
    "no_compression",
];

impl Contents {
    /// The package's name.
    pub fn name(&self) -> &Name {
        match self {
            Self::Sources(resource) => &resource.name,
            Self::Vendored(vendored) => &vendored.name,
        }
    }

    /// Its dependencies, as written.
    pub fn packages(&self) -> &[Name] {
        match self {
            Self::Sources(resource) => &resource.packages,
            Self::Vendored(vendored) => &vendored.packages,
        }
    }
}

/// Empty files in place of the blobs that are not here, so that patterns select them as they would select the real ones.
fn absent_tree(blobs: &BTreeMap<String, KnownBlob>) -> Result<Option<TempDir>> {
    let absent: Vec<&String> = blobs
        .iter()
        .filter(|(_, blob)| !blob.present)
        .map(|(path, _)| path)
        .collect();
    if absent.is_empty() {
        return Ok(None);
    }
    let directory = tempfile::tempdir().context("Creating a temporary directory")?;
    for path in absent {
        let file = directory.path().join(path);
        let made = fs::create_dir_all(file.parent().unwrap_or(directory.path()))
            .and_then(|()| fs::write(&file, ""));
        made.with_context(|| format!("Noting that blob '{path}' is absent"))?;
    }
    Ok(Some(directory))
}

/// Reads `packages/NAME`. `Err` when there is no spec that could be looked at.
pub fn read(
    selection: &mut Selection<'_>,
    directory_name: &str,
) -> Result<Package, Vec<Diagnostic>> {
    let directory = selection.release.one_of(Kind::Package, directory_name);
    let lock = directory.join("spec.lock");
    if fs::symlink_metadata(&lock).is_ok() {
        return read_lock(selection.release, &lock);
    }
    let path = directory.join("spec");
    let (source, root) = read_spec(&path, &selection.release.shown(&path))?;
    let mut reader = SpecReader::new(&source, &root);
    let name = reader.name("the package");
    let files = files(&mut reader, selection, &directory);
    let dependencies = reader.names("dependencies");
    let plain = flag(&mut reader, "no_compression");
    let Some(name) = name else {
        return Err(reader.faults);
    };
    let faults = std::mem::take(&mut reader.faults);
    reader.warn_of_misspelt_keys(&KEYS);
    let (packages, dependency_spans) = split(dependencies);
    let pre_packaging = directory.join("pre_packaging");
    Ok(Package {
        faults,
        findings: reader.faults,
        contents: Contents::Sources(Resource {
            kind: Kind::Package,
            name,
            files,
            packages,
            plain,
            pre_packaging: pre_packaging.is_file().then_some(pre_packaging),
        }),
        dependency_spans,
        name_span: root.get("name").map_or(root.span, |node| node.span),
        source: Arc::clone(&source),
    })
}

fn split(dependencies: Vec<(Name, &Node)>) -> (Vec<Name>, Vec<Span>) {
    dependencies
        .into_iter()
        .map(|(name, node)| (name, node.span))
        .unzip()
}

fn read_lock(release: &ReleaseDirectory, path: &Path) -> Result<Package, Vec<Diagnostic>> {
    let (source, root) = read_spec(path, &release.shown(path))?;
    let mut reader = SpecReader::new(&source, &root);
    let name = reader.name("the vendored package");
    let fingerprint = reader.field("fingerprint").and_then(Node::as_str);
    if fingerprint.is_none() {
        reader.fault(
            &root,
            "Expected the vendored package to have a 'fingerprint'",
            "",
        );
    }
    let dependencies = reader.names("dependencies");
    let (Some(name), Some(fingerprint), true) = (name, fingerprint, reader.faults.is_empty())
    else {
        return Err(reader.faults);
    };
    let (packages, dependency_spans) = split(dependencies);
    Ok(Package {
        contents: Contents::Vendored(Vendored {
            name,
            fingerprint: Fingerprint::from_text(fingerprint),
            packages,
        }),
        dependency_spans,
        name_span: root.get("name").map_or(root.span, |node| node.span),
        source: Arc::clone(&source),
        faults: Vec::new(),
        findings: Vec::new(),
    })
}

fn flag(reader: &mut SpecReader<'_>, key: &str) -> bool {
    let Some(node) = reader.field(key) else {
        return false;
    };
    node.as_bool().unwrap_or_else(|| {
        let message = format!(
            "Expected '{key}' to be true or false, not {}",
            node.kind_name()
        );
        reader.fault(node, message, "");
        false
    })
}

fn files(
    reader: &mut SpecReader<'_>,
    selection: &mut Selection<'_>,
    directory: &Path,
) -> Vec<ResourceFile> {
    let mut selected = BTreeMap::new();
    for (pattern, node) in reader.strings("files") {
        include(reader, selection, &pattern, node, &mut selected);
    }
    for (pattern, node) in reader.strings("excluded_files") {
        exclude(reader, selection, &pattern, node, &mut selected);
    }
    hooks(reader, selection.release, directory, &mut selected);
    let mut files: Vec<ResourceFile> = selected.into_values().collect();
    sort_files(&mut files);
    files
}

/// `packaging` and `pre_packaging` of the package's own directory; a selected file may not have such a path.
fn hooks(
    reader: &mut SpecReader<'_>,
    release: &ReleaseDirectory,
    directory: &Path,
    selected: &mut BTreeMap<OsString, ResourceFile>,
) {
    for name in ["packaging", "pre_packaging"] {
        if selected.contains_key(std::ffi::OsStr::new(name)) {
            let node = reader.field("files").unwrap_or(reader.root);
            let message = format!(
                "Expected special '{name}' file to not be included via 'files' key for package"
            );
            reader.fault(node, message, "").hint = Some(format!(
                "the package's own {name} has this path in the archive"
            ));
            continue;
        }
        let path = directory.join(name);
        if path.is_file() {
            let hook = ResourceFile {
                path: PathBuf::from(name),
                executable: is_executable(&path),
                stamp: Stamp::of(&path),
                content: Content::File(path),
                mode_counts: false,
                blob: false,
                held: None,
            };
            selected.insert(name.into(), hook);
        } else if name == "packaging" {
            let message = format!("Expected to find '{}'", release.shown(&path));
            let fault = reader.fault(reader.root, message, "");
            fault.labels.truncate(1);
            fault.hint = Some(
                "every package needs a packaging script, which compiles it on the instance"
                    .to_owned(),
            );
        }
    }
}

fn include(
    reader: &mut SpecReader<'_>,
    selection: &mut Selection<'_>,
    text: &str,
    node: &Node,
    selected: &mut BTreeMap<OsString, ResourceFile>,
) {
    let Some(matches) = find(reader, selection, text, node) else {
        return;
    };
    if matches.is_empty() {
        let sources = selection.release.shown(selection.release.sources());
        let fault = reader.fault(node, format!("Missing files for pattern '{text}'"), "");
        fault.hint = Some(missing_hint(selection, text, &sources));
        return;
    }
    for file in matches {
        selected
            .entry(file.path.clone().into_os_string())
            .or_insert(file);
    }
}

fn exclude(
    reader: &mut SpecReader<'_>,
    selection: &mut Selection<'_>,
    text: &str,
    node: &Node,
    selected: &mut BTreeMap<OsString, ResourceFile>,
) {
    for file in find(reader, selection, text, node).unwrap_or_default() {
        selected.remove(file.path.as_os_str());
    }
}

/// What was probably meant by a pattern that matches nothing.
fn missing_hint(selection: &Selection<'_>, text: &str, sources: &str) -> String {
    let root = selection.release.sources();
    if root.join(text).is_dir() {
        return format!(
            "'{text}' is a directory; write '{}/**/*'",
            text.trim_end_matches('/')
        );
    }
    for prefix in [sources, "blobs"] {
        let inner = text
            .strip_prefix(prefix)
            .and_then(|rest| rest.strip_prefix('/'));
        if let Some(inner) = inner {
            return format!("patterns begin below {sources}/ and blobs/; write '{inner}'");
        }
    }
    if selection.release.blobs().join(text).is_file() {
        return format!(
            "config/blobs.yml does not know 'blobs/{text}'; move it away and add it with `bosh-release add-blob FILE {text}`"
        );
    }
    match similar_path(root, text) {
        Some(meant) => format!("did you mean '{meant}'?"),
        None => format!(
            "nothing below {sources}/ or blobs/ matches (of blobs/ only what config/blobs.yml lists); after `bosh-release sync-blobs` all blobs are there"
        ),
    }
}

/// `text` with its first component that `root` does not have replaced by the nearest one that it has.
fn similar_path(root: &Path, text: &str) -> Option<String> {
    let components: Vec<&str> = text.split('/').collect();
    let mut directory = root.to_path_buf();
    let wrong = components.iter().position(|component| {
        directory.push(component);
        !directory.exists()
    })?;
    let names: BTreeSet<String> = fs::read_dir(directory.parent()?)
        .ok()?
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    let meant = nearest(components[wrong], names.iter().map(String::as_str))?;
    let mut components = components.clone();
    components[wrong] = meant;
    Some(components.join("/"))
}

/// Packageable files that match below the sources, then below `blobs/`.
fn find(
    reader: &mut SpecReader<'_>,
    selection: &mut Selection<'_>,
    text: &str,
    node: &Node,
) -> Option<Vec<ResourceFile>> {
    let pattern = match Pattern::parse(text) {
        Ok(pattern) => pattern,
        Err(error) => {
            reader.fault(node, format!("Pattern '{text}': {error}"), "");
            return None;
        }
    };
    let sources = selection.release.sources().to_path_buf();
    let blobs = selection.release.blobs();
    let mut files = Vec::new();
    for base in [Base::Sources(&sources), Base::Blobs(&blobs), Base::Absent] {
        let Some(directory) = base.directory(selection) else {
            continue;
        };
        match pattern.matches(&directory, &mut selection.tree) {
            Ok(found) => files.extend(
                found
                    .iter()
                    .filter_map(|found| packaged(selection, base, found)),
            ),
            Err(error) => {
                reader.fault(node, format!("Pattern '{text}': {error}"), "");
                return None;
            }
        }
    }
    Some(files)
}

/// Where patterns look.
#[derive(Clone, Copy)]
enum Base<'a> {
    Sources(&'a Path),
    Blobs(&'a Path),
    /// Blobs that are not here, as empty files: their digest is enough for a fingerprint.
    Absent,
}

impl Base<'_> {
    fn directory(self, selection: &Selection<'_>) -> Option<PathBuf> {
        match self {
            Self::Sources(path) | Self::Blobs(path) => Some(path.to_path_buf()),
            Self::Absent => Some(selection.absent.as_ref()?.path().to_path_buf()),
        }
    }
}

/// What was found, when it is packageable.
fn packaged(selection: &mut Selection<'_>, base: Base<'_>, found: &Match) -> Option<ResourceFile> {
    let (base, is_blob) = match base {
        Base::Sources(base) => (base, false),
        Base::Blobs(base) => (base, true),
        Base::Absent => return absent_blob(selection, found),
    };
    if is_blob && !selection.blobs.contains_key(found.path.to_str()?) {
        return None;
    }
    if !selection
        .tree
        .packageable(base, found, selection.release.sources())
    {
        return None;
    }
    let path = &base.join(&found.path);
    let metadata = fs::symlink_metadata(path).ok()?;
    let (content, stamp) = if metadata.is_symlink() {
        let target = fs::read_link(path).ok()?.into_os_string();
        (Content::Link(target), None)
    } else {
        (Content::File(path.clone()), Some(Stamp::from(&metadata)))
    };
    Some(ResourceFile {
        path: found.path.clone(),
        executable: may_be_executed(&metadata),
        content,
        mode_counts: true,
        blob: is_blob,
        stamp,
        held: None,
    })
}

fn absent_blob(selection: &Selection<'_>, found: &Match) -> Option<ResourceFile> {
    let blob = selection
        .blobs
        .get(found.path.to_str()?)
        .filter(|blob| !blob.present)?;
    Some(ResourceFile {
        path: found.path.clone(),
        content: Content::Absent(blob.sha256),
        executable: false,
        mode_counts: true,
        blob: true,
        stamp: None,
        held: None,
    })
}
