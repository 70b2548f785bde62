//! A job directory: `spec`, `monit`, `templates/`, `properties_schema.json`. Templates in Tera are compiled (see `tera`).
//!
//! All of these are packed and fingerprinted (the spec as `job.MF`), of `templates/` only what the spec lists.
//! Links are followed; a link counts as executable, because the official CLI looks at the link's own mode, which is 0777.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::directory::{Kind, ReleaseDirectory};
use super::known_digests::Stamp;
use super::name::Name;
use super::plain_file;
use super::resource::{Content, Resource, ResourceFile, sort_files};
use super::spec::{SpecReader, inner_path};
use super::tera::{CompiledTemplate, TemplatePartials, erb_name, generated};
use super::text;
use crate::diagnostic::Diagnostic;
use crate::nearest::nearest;
use crate::source::{Source, Span};
use crate::yaml::{self, Node};

/// A job as its directory describes it.
#[derive(Debug)]
pub struct Job {
    /// Its files and packages.
    pub resource: Resource,
    /// Where the spec names each package: for messages about ones that do not exist.
    pub package_spans: Vec<Span>,
    /// The text of the spec.
    pub source: Arc<Source>,
    /// What keeps it from being packed.
    pub faults: Vec<Diagnostic>,
    /// Those of its templates that are in Tera.
    pub compiled: Vec<CompiledTemplate>,
    /// What a Director refuses (errors), and what looks wrong (warnings). The files are fine all the same.
    pub findings: Vec<Diagnostic>,
}

const SCHEMA: &str = "properties_schema.json";

const KEYS: [&str; 8] = [
    "name",
    "description",
    "templates",
    "packages",
    "properties",
    "provides",
    "consumes",
    "logs",
];

/// Reads `jobs/NAME`. `Err` when there is no spec that could be looked at.
pub fn read(
    release: &ReleaseDirectory,
    partials: &TemplatePartials<'_>,
    directory_name: &str,
) -> Result<Job, Vec<Diagnostic>> {
    let directory = release.one_of(Kind::Job, directory_name);
    let path = directory.join("spec");
    let (source, root) = read_spec(&path, &release.shown(&path))?;
    let mut reader = SpecReader::new(&source, &root);
    let schema = directory.join(SCHEMA);
    // What cannot be read fails when it is packed.
    let schema_bytes = plain_file::read(&schema, yaml::MAX_BYTES).ok();
    let compiled = super::tera::compile_job(&mut reader, release, &directory, partials);
    let mut files = vec![match super::tera::packed_spec(&mut reader) {
        Some(spec) => generated("job.MF", spec, is_executable(&path)),
        None => file(&path, "job.MF").holding(source.text().as_bytes()),
    }];
    files.extend(compiled.iter().map(CompiledTemplate::file));
    files.extend(optional_file(&directory, "monit"));
    files.extend(
        optional_file(&directory, SCHEMA).map(|file| match &schema_bytes {
            Some(bytes) => file.holding(bytes),
            None => file,
        }),
    );
    files.extend(templates(&mut reader, &directory.join("templates")));
    sort_files(&mut files);
    let Some(name) = Name::parse(directory_name) else {
        let message = format!("'{directory_name}' is not a valid name for a job");
        reader.fault(&root, message, "").hint = Some(format!("a Director takes {}", Name::RULE));
        return Err(reader.faults);
    };
    let faults = reader.faults;

    let mut reader = SpecReader::new(&source, &root);
    check(&mut reader, release, directory_name);
    for template in &compiled {
        reader
            .faults
            .extend(template.compiled.warnings.iter().cloned());
    }
    super::tera::unread_properties(&mut reader, &directory, &compiled);
    if let Some(bytes) = &schema_bytes {
        check_schema(&mut reader, &release.shown(&schema), bytes);
    }
    reader.warn_of_misspelt_keys(&KEYS);
    let (packages, package_spans) = reader
        .names("packages")
        .into_iter()
        .map(|(name, node)| (name, node.span))
        .unzip();
    Ok(Job {
        faults,
        compiled,
        findings: reader.faults,
        resource: Resource {
            kind: Kind::Job,
            name,
            files,
            packages,
            plain: false,
            pre_packaging: None,
        },
        package_spans,
        source: Arc::clone(&source),
    })
}

/// Everything that does not touch the fingerprint, but a Director.
fn check(reader: &mut SpecReader<'_>, release: &ReleaseDirectory, directory_name: &str) {
    let directory = release.one_of(Kind::Job, directory_name);
    let name = reader.name("the job");
    check_directory_name(reader, directory_name, name.as_ref());
    check_targets(reader);
    check_links(reader, "provides");
    check_links(reader, "consumes");
    check_map(reader, "logs");
    check_map(reader, "properties");
    check_definitions(reader);
    check_link_properties(reader);
    check_monit(
        reader,
        &release.shown(&directory.join("monit")),
        &directory.join("monit"),
    );
}

/// The spec as text and document; a spec that cannot be read is one fault.
pub(super) fn read_spec(path: &Path, shown: &str) -> Result<(Arc<Source>, Node), Vec<Diagnostic>> {
    let source = text::read_source(path, shown).map_err(|error| vec![unreadable(shown, &error)])?;
    let root = yaml::parse(&source).map_err(crate::diagnostic::Diagnostics::into_vec)?;
    Ok((source, root))
}

fn unreadable(shown: &str, error: &anyhow::Error) -> Diagnostic {
    let cause = error.root_cause();
    let missing = cause
        .downcast_ref::<std::io::Error>()
        .is_some_and(|cause| cause.kind() == std::io::ErrorKind::NotFound);
    let fault = Diagnostic::error(format!("Cannot read '{shown}': {cause}"));
    if missing {
        fault.hint("every directory below jobs/ and packages/ needs a spec; remove the directory if it is none of them")
    } else {
        fault
    }
}

fn check_directory_name(reader: &mut SpecReader<'_>, directory: &str, name: Option<&Name>) {
    let Some(name) = name.filter(|name| name.as_str() != directory) else {
        return;
    };
    let node = reader.field("name").unwrap_or(reader.root);
    let message = format!("Job directory '{directory}' does not match job name '{name}' in spec");
    let fault = reader.fault(node, message, "");
    fault.hint = Some(format!(
        "write `name: {directory}`, or rename the directory"
    ));
}

/// The listed templates, as files; one that is absent is a fault.
fn templates(reader: &mut SpecReader<'_>, directory: &Path) -> Vec<ResourceFile> {
    let Some(node) = reader.field("templates") else {
        return Vec::new();
    };
    if node.kind_name() != "a map" {
        let message = format!("Expected 'templates' to be a map, not {}", node.kind_name());
        reader.fault(node, message, "").hint =
            Some("write `templates: {SOURCE: TARGET}`".to_owned());
        return Vec::new();
    }
    node.entries()
        .into_iter()
        .filter_map(|(key, key_node, _)| template(reader, directory, &key, key_node))
        .collect()
}

fn template(
    reader: &mut SpecReader<'_>,
    directory: &Path,
    key: &str,
    node: &Node,
) -> Option<ResourceFile> {
    let Some(inner) = inner_path(key) else {
        reader.fault(
            node,
            format!("Template '{key}' lies outside of templates/"),
            "",
        );
        return None;
    };
    let path = directory.join(&inner);
    if path.is_file() {
        if erb_name(key).is_some() {
            // What is packed is its ERB.
            return None;
        }
        return Some(file(&path, &format!("templates/{}", inner.display())));
    }
    let (why, hint) = missing_template(directory, &path, key);
    let fault = reader.fault(node, format!("Template 'templates/{key}' {why}"), "");
    fault.hint = hint;
    None
}

/// Why the template at `path` is none, and what to do.
fn missing_template(directory: &Path, path: &Path, key: &str) -> (String, Option<String>) {
    let why = |text: &str| text.to_owned();
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return (why("is a directory"), None),
        Ok(_) => return (why("is a pipe, a socket or a device, not a file"), None),
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return (format!("cannot be read: {error}"), None);
        }
        Err(_) => {}
    }
    if let Ok(target) = fs::read_link(path) {
        let hint = format!("it leads to '{}'", target.display());
        return (why("is a link to nothing"), Some(hint));
    }
    let known = list_files(directory);
    let meant = nearest(key, known.iter().map(String::as_str));
    (
        why("does not exist"),
        meant.map(|meant| format!("did you mean '{meant}'?")),
    )
}

/// Targets are paths below the job's directory, and no two are the same.
fn check_targets(reader: &mut SpecReader<'_>) {
    let mut targets = BTreeMap::new();
    for (_, _, value) in reader
        .field("templates")
        .map(Node::entries)
        .unwrap_or_default()
    {
        check_target(reader, value, &mut targets);
    }
}

fn check_target<'a>(
    reader: &mut SpecReader<'_>,
    node: &'a Node,
    targets: &mut BTreeMap<PathBuf, &'a Node>,
) {
    let Some(target) = node.as_str() else {
        let message = format!(
            "Expected the target of a template to be a string, not {}",
            node.kind_name()
        );
        reader.fault(node, message, "");
        return;
    };
    let Some(inner) = inner_path(&target) else {
        reader.fault(
            node,
            format!("Target '{target}' lies outside of the job's directory"),
            "",
        );
        return;
    };
    let source = Arc::clone(reader.source);
    if let Some(first) = targets.get(&inner) {
        let message = format!("Two templates have the target '{target}'");
        let fault = Diagnostic::error(message)
            .at(&source, node.span, "given again")
            .at(&source, first.span, "given here first")
            .hint("a Director would keep only one of them");
        reader.faults.push(fault);
    } else {
        targets.insert(inner, node);
    }
}

/// `provides` and `consumes`: lists of maps with a name and a type, no name twice, `optional` only on consumes.
fn check_links(reader: &mut SpecReader<'_>, key: &str) {
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for node in reader.list(key) {
        if node.kind_name() != "a map" {
            let message = format!(
                "Expected each of '{key}' to be a map with 'name' and 'type', not {}",
                node.kind_name()
            );
            reader.fault(node, message, "");
            continue;
        }
        for field in ["name", "type"] {
            if node
                .get(field)
                .and_then(Node::as_str)
                .is_none_or(|text| text.is_empty())
            {
                reader.fault(
                    node,
                    format!("Expected each of '{key}' to have a '{field}'"),
                    "",
                );
            }
        }
        if let Some(optional) = node.get("optional").filter(|_| key == "provides") {
            let fault = reader.fault(optional, "A provided link cannot be 'optional'", "");
            fault.hint = Some("`optional` belongs to the job that consumes the link".to_owned());
        }
        check_link_name(reader, key, node, &mut seen);
    }
}

fn check_link_name(
    reader: &mut SpecReader<'_>,
    key: &str,
    node: &Node,
    seen: &mut BTreeMap<String, Span>,
) {
    let Some(name_node) = node.get("name") else {
        return;
    };
    let name = name_node.as_str().unwrap_or_default();
    if let Some(first) = seen.insert(name.clone(), name_node.span) {
        let source = Arc::clone(reader.source);
        let fault = Diagnostic::error(format!("'{key}' has the link '{name}' twice"))
            .at(&source, name_node.span, "given again")
            .at(&source, first, "given here first");
        reader.faults.push(fault);
    }
}

fn check_map(reader: &mut SpecReader<'_>, key: &str) {
    if let Some(node) = reader.field(key).filter(|node| node.kind_name() != "a map") {
        let message = format!("Expected '{key}' to be a map, not {}", node.kind_name());
        reader.fault(node, message, "");
    }
}

/// A Director looks for `default` in each definition, unless the deployment manifest has a value: so this is a warning.
fn check_definitions(reader: &mut SpecReader<'_>) {
    let properties = reader.field("properties").map(Node::entries);
    for (name, node, definition) in properties.unwrap_or_default() {
        if definition.kind_name() != "a map" {
            reader.warn(
                node,
                format!(
                    "Expected the definition of property '{name}' to be a map, not {}",
                    definition.kind_name()
                ),
                format!(
                    "a Director cannot deploy the job where the manifest does not set it; write `{name}: {{}}`"
                ),
            );
        }
    }
}

/// A link hands on properties that are declared, or groups of them.
///
/// A Director takes others from the deployment manifest and refuses the deployment without them: a warning, because
/// releases that everyone uses have such links.
fn check_link_properties(reader: &mut SpecReader<'_>) {
    let properties = reader.field("properties").map(Node::entries);
    let declared: Vec<String> = properties
        .unwrap_or_default()
        .into_iter()
        .map(|(name, _, _)| name)
        .collect();
    let links = reader.field("provides").and_then(Node::as_sequence);
    for link in links.unwrap_or_default() {
        let Some(list) = link.get("properties").filter(|node| !node.is_null()) else {
            continue;
        };
        let Some(items) = list.as_sequence() else {
            let message = format!(
                "Expected the properties of a link to be a list, not {}",
                list.kind_name()
            );
            reader.fault(list, message, "");
            continue;
        };
        for item in items {
            check_link_property(reader, item, &declared);
        }
    }
}

fn check_link_property(reader: &mut SpecReader<'_>, node: &Node, declared: &[String]) {
    let Some(name) = node.as_str() else {
        let message = format!(
            "Expected the property of a link to be a name, not {}",
            node.kind_name()
        );
        reader.fault(node, message, "");
        return;
    };
    let group = format!("{name}.");
    if declared
        .iter()
        .any(|known| *known == name || known.starts_with(&group))
    {
        return;
    }
    let hint = match nearest(&name, declared.iter().map(String::as_str)) {
        Some(meant) => format!("did you mean '{meant}'?"),
        None => "a Director refuses to deploy the job where the manifest does not set it; declare it below 'properties'".to_owned(),
    };
    let message =
        format!("The link hands on the property '{name}', which the job does not declare");
    reader.warn(node, message, hint);
}

fn check_monit(reader: &mut SpecReader<'_>, shown: &str, monit: &Path) {
    if monit.is_file() || monit.with_extension("tera").is_file() {
        return;
    }
    let node = reader.field("name").unwrap_or(reader.root);
    let fault = reader.fault(node, format!("The job has no monit file ('{shown}')"), "");
    fault.hint = Some(
        "a Director refuses such a job; an empty file is fine, for an errand for example"
            .to_owned(),
    );
}

fn optional_file(directory: &Path, name: &str) -> Option<ResourceFile> {
    let path = directory.join(name);
    path.is_file().then(|| file(&path, name))
}

fn check_schema(reader: &mut SpecReader<'_>, shown: &str, bytes: &[u8]) {
    if let Err(error) = serde_json::from_slice::<serde_json::Value>(bytes) {
        let message = format!("'{shown}' is not JSON: {error}");
        reader.faults.push(Diagnostic::error(message));
    }
}

/// A file on disk, and where it is packed.
pub(super) fn file(path: &Path, packed: &str) -> ResourceFile {
    let linked = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    let stamp = Stamp::of(path);
    ResourceFile {
        path: PathBuf::from(packed),
        content: Content::File(path.to_path_buf()),
        executable: linked || is_executable(path),
        mode_counts: true,
        blob: false,
        stamp,
        held: None,
    }
}

/// Whether any of the three execute bits is set; links are followed.
pub(super) fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| may_be_executed(&found))
}

/// Whether any of the three execute bits is set.
pub(super) fn may_be_executed(found: &fs::Metadata) -> bool {
    found.permissions().mode() & 0o111 != 0
}

/// Files directly in or one level below `directory`, for suggestions.
fn list_files(directory: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in walk(directory) {
        if let Ok(inner) = entry.strip_prefix(directory) {
            names.push(inner.display().to_string());
        }
    }
    names.sort();
    names
}

fn walk(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut pending = vec![(directory.to_path_buf(), 0)];
    while let Some((next, depth)) = pending.pop() {
        for entry in fs::read_dir(&next)
            .into_iter()
            .flatten()
            .flatten()
            .take(10_000)
        {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() && depth < 8 => pending.push((entry.path(), depth + 1)),
                Ok(_) => files.push(entry.path()),
                Err(_) => {}
            }
        }
    }
    files
}
