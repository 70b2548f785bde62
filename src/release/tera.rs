//! Job templates in Tera: found in a job's spec, compiled, and put where their ERB belongs.
//!
//! `config/redis.conf.tera: config/redis.conf` in the spec becomes `config/redis.conf.erb: config/redis.conf`, and
//! `monit.tera` becomes `monit`. What is fingerprinted and packed is the ERB and the spec with those names, so a Director
//! sees an ordinary job, and a changed partial changes the jobs that use it and no others. A job without such templates is
//! not touched, and the partials are not read for it.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;

use super::contents::directories;
use super::directory::{Kind, ReleaseDirectory};
use super::job::{self, is_executable, read_spec};
use super::resource::{Content, ResourceFile};
use super::spec::{SpecReader, inner_path};
use super::text;
use crate::diagnostic::{Diagnostic, Diagnostics, each_once};
use crate::nearest::nearest;
use crate::source::{Source, Span};
use crate::tera::{self, Compiled, ConsumedLink, JobInterface, Partials};
use crate::yaml::Node;

/// What ends the name of a template in Tera.
const TERA: &str = ".tera";
/// How deep directories of partials may be in each other.
const DEEPEST: usize = 16;

/// The partials of a release, read when the first job needs them.
pub struct TemplatePartials<'a> {
    release: &'a ReleaseDirectory,
    read: OnceCell<Result<Partials, Vec<Diagnostic>>>,
}

impl<'a> TemplatePartials<'a> {
    /// Those of a release; nothing is read yet.
    pub fn of(release: &'a ReleaseDirectory) -> Self {
        Self {
            release,
            read: OnceCell::new(),
        }
    }

    /// All files below the directory of partials whose names end in `.tera`, each called by its path in there.
    pub fn get(&self) -> Result<&Partials, &[Diagnostic]> {
        let read = self.read.get_or_init(|| read_partials(self.release));
        read.as_ref().map_err(Vec::as_slice)
    }
}

/// A template in Tera, and what became of it.
#[derive(Debug, Clone)]
pub struct CompiledTemplate {
    /// The template on disk.
    pub path: PathBuf,
    /// Its text.
    pub source: Arc<Source>,
    /// Where the ERB lies in the job's archive: `templates/config/redis.conf.erb`, or `monit`.
    pub packed: String,
    /// The ERB and where it comes from.
    pub compiled: Compiled,
}

impl CompiledTemplate {
    /// For each line of the ERB the place in the template or in a partial.
    pub fn places(&self, partials: &TemplatePartials<'_>) -> Vec<Option<(Arc<Source>, Span)>> {
        let partials = partials.get().ok().into_iter();
        let texts = partials.flat_map(|partials| {
            let names = partials.names();
            names.filter_map(|name| partials.source(name))
        });
        // A line names the text as diagnostics show it, not by what templates include.
        let texts = texts.chain([&self.source]);
        let texts: BTreeMap<&str, &Arc<Source>> =
            texts.map(|source| (source.name(), source)).collect();
        let place = |place: &tera::Place| {
            let source = *texts.get(place.source.as_str())?;
            Some((Arc::clone(source), source.line_span(place.line)))
        };
        self.compiled.lines.iter().map(place).collect()
    }

    /// The ERB as a file of the job.
    pub(super) fn file(&self) -> ResourceFile {
        generated(
            &self.packed,
            self.compiled.erb.clone().into_bytes(),
            is_executable(&self.path),
        )
    }
}

/// The name of the ERB that a template in Tera becomes; none for a template that is in ERB already.
pub fn erb_name(name: &str) -> Option<String> {
    name.strip_suffix(TERA).map(|stem| format!("{stem}.erb"))
}

/// A file that is on no disk.
pub(super) fn generated(packed: &str, bytes: Vec<u8>, executable: bool) -> ResourceFile {
    ResourceFile {
        path: PathBuf::from(packed),
        content: Content::Generated(bytes),
        executable,
        mode_counts: true,
        blob: false,
        stamp: None,
        held: None,
    }
}

/// What the templates of a job may name, as its spec says it.
pub fn interface(spec: &Node) -> JobInterface {
    let properties = spec.get("properties").map(Node::entries);
    let links = spec.get("consumes").and_then(Node::as_sequence);
    let link = |node: &Node| {
        Some(ConsumedLink {
            name: node.get("name")?.as_str()?,
            optional: node.get("optional").and_then(Node::as_bool) == Some(true),
        })
    };
    JobInterface {
        properties: properties
            .unwrap_or_default()
            .into_iter()
            .map(|(name, _, _)| name)
            .collect(),
        links: links.unwrap_or_default().iter().filter_map(link).collect(),
    }
}

/// Compiles all templates in Tera of a job whose directory and spec these are. What is wrong goes to the reader.
pub(super) fn compile_job(
    reader: &mut SpecReader<'_>,
    release: &ReleaseDirectory,
    directory: &Path,
    partials: &TemplatePartials<'_>,
) -> Vec<CompiledTemplate> {
    let found = templates(reader, release, directory);
    if found.is_empty() {
        return Vec::new();
    }
    let partials = match partials.get() {
        Ok(partials) => partials,
        Err(faults) => {
            reader.faults.extend(faults.iter().cloned());
            return Vec::new();
        }
    };
    let job = interface(reader.root);
    let mut all = Vec::new();
    for (path, packed) in found {
        match compile_file(release, &path, packed, &job, partials) {
            Ok(template) => all.push(template),
            Err(faults) => reader.faults.extend(faults),
        }
    }
    all
}

fn compile_file(
    release: &ReleaseDirectory,
    path: &Path,
    packed: String,
    job: &JobInterface,
    partials: &Partials,
) -> Result<CompiledTemplate, Vec<Diagnostic>> {
    let source = text::read_source(path, &release.shown(path)).map_err(into_faults)?;
    let compiled = tera::compile(&source, job, partials).map_err(Diagnostics::into_vec)?;
    Ok(CompiledTemplate {
        path: path.to_path_buf(),
        source,
        packed,
        compiled,
    })
}

/// Where the ERB of a template lies in the job's archive: `templates/config/a.erb` of `templates/config/a.tera`.
fn packed_as(inner: &Path) -> String {
    if inner == Path::new("monit.tera") {
        "monit".to_owned()
    } else {
        inner.with_extension("erb").display().to_string()
    }
}

/// The templates in Tera that are there, with the place of their ERB in the archive. Sorted as the spec lists them.
fn templates(
    reader: &mut SpecReader<'_>,
    release: &ReleaseDirectory,
    directory: &Path,
) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let entries = reader.field("templates").map(Node::entries);
    let entries = entries.unwrap_or_default();
    for (key, node, _) in &entries {
        let Some((inner, erb)) = inner_path(key).zip(erb_name(key)) else {
            continue;
        };
        if entries.iter().any(|(other, _, _)| *other == erb) {
            let message = format!("'{key}' becomes '{erb}', which the spec lists as well");
            reader.fault(node, message, "").hint = Some("rename one of them".to_owned());
        }
        let path = directory.join("templates").join(&inner);
        if path.is_file() {
            found.push((path, packed_as(&Path::new("templates").join(inner))));
        }
    }
    let monit = directory.join("monit.tera");
    if monit.is_file() {
        let plain = directory.join("monit");
        if plain.exists() {
            let (plain, monit) = (release.shown(&plain), release.shown(&monit));
            let node = reader.field("name").unwrap_or(reader.root);
            reader
                .fault(
                    node,
                    format!("The job has both '{plain}' and '{monit}'"),
                    "",
                )
                .hint = Some("remove one of them: the second becomes the first".to_owned());
        }
        found.push((monit, packed_as(Path::new("monit.tera"))));
    }
    found
}

/// The spec with the names of the ERB templates, as it is packed; nothing when none has another name. The rest keeps its
/// bytes.
pub(super) fn packed_spec(reader: &mut SpecReader<'_>) -> Option<Vec<u8>> {
    let mut places = Vec::new();
    let entries = reader.field("templates").map(Node::entries);
    for (key, node, _) in entries.unwrap_or_default() {
        if erb_name(&key).is_none() {
            continue;
        }
        let written = reader.source.text().get(node.span.start..node.span.end);
        if let Some(at) = written.and_then(|written| written.rfind(TERA)) {
            places.push(node.span.start + at);
        } else {
            let message = format!("Cannot find '{TERA}' in the name '{key}' as it is written");
            reader.fault(node, message, "").hint =
                Some("write the name without escapes".to_owned());
        }
    }
    if places.is_empty() {
        return None;
    }
    places.sort_unstable();
    let text = reader.source.text();
    let mut packed = String::with_capacity(text.len());
    let mut copied = 0;
    for place in places {
        packed.push_str(text.get(copied..place).unwrap_or_default());
        packed.push_str(".erb");
        copied = place + TERA.len();
    }
    packed.push_str(text.get(copied..).unwrap_or_default());
    Some(packed.into_bytes())
}

/// Properties that nothing reads, when all templates of the job are in Tera or run no code. Those that a provided link
/// hands on are read elsewhere.
pub(super) fn unread_properties(
    reader: &mut SpecReader<'_>,
    directory: &Path,
    compiled: &[CompiledTemplate],
) {
    let entries = reader.field("templates").map(Node::entries);
    let others = entries.unwrap_or_default().into_iter();
    let mut others = others
        .filter(|(key, _, _)| erb_name(key).is_none())
        .filter_map(|(key, _, _)| Some(directory.join("templates").join(inner_path(&key)?)))
        .chain([directory.join("monit")]);
    if compiled.is_empty() || others.any(|path| runs_code(&path)) {
        return;
    }
    let handed_on = handed_on(reader.root);
    let mut job = interface(reader.root);
    job.properties.retain(|name| {
        let group = |handed: &String| name.starts_with(&format!("{handed}."));
        !handed_on
            .iter()
            .any(|handed| handed == name || group(handed))
    });
    let source = Arc::clone(reader.source);
    let nodes = reader.field("properties").map(Node::entries);
    let nodes = nodes.unwrap_or_default();
    let place = |name: &str| -> Option<(Arc<Source>, Span)> {
        let node = nodes.iter().find(|(key, _, _)| key == name)?;
        Some((Arc::clone(&source), node.1.span))
    };
    let found = tera::check_job(&job, compiled.iter().map(|one| &one.compiled), place);
    reader.faults.extend(found);
}

/// Whether a template in ERB has tags; one that cannot be read may.
fn runs_code(path: &Path) -> bool {
    match fs::read(path) {
        Ok(bytes) => bytes.windows(2).any(|pair| pair == b"<%"),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

/// The properties that the job's links hand on.
fn handed_on(spec: &Node) -> Vec<String> {
    let links = spec.get("provides").and_then(Node::as_sequence);
    let lists = links.unwrap_or_default().iter();
    let names = lists.filter_map(|link| link.get("properties").and_then(Node::as_sequence));
    names.flatten().filter_map(Node::as_str).collect()
}

fn read_partials(release: &ReleaseDirectory) -> Result<Partials, Vec<Diagnostic>> {
    let root = release.partials();
    let mut texts = Vec::new();
    let mut faults = Vec::new();
    for path in tera_files(root) {
        let Ok(name) = path.strip_prefix(root) else {
            continue;
        };
        match text::read_source(&path, &release.shown(&path)) {
            Ok(source) => texts.push((name.display().to_string(), source)),
            Err(error) => faults.extend(into_faults(error)),
        }
    }
    if faults.is_empty() {
        Ok(Partials::new(texts))
    } else {
        Err(faults)
    }
}

/// Files below a directory that are in Tera, sorted.
fn tera_files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut pending = vec![(root.to_path_buf(), 0)];
    while let Some((directory, depth)) = pending.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                if depth < DEEPEST {
                    pending.push((path, depth + 1));
                }
            } else if path.to_string_lossy().ends_with(TERA) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn into_faults(error: anyhow::Error) -> Vec<Diagnostic> {
    match error.downcast::<Diagnostics>() {
        Ok(faults) => faults.into_vec(),
        Err(error) => vec![Diagnostic::error(format!("{error:#}"))],
    }
}

/// A template of a job's directory that is in Tera, on its own.
pub struct TeraFile {
    /// The template and its ERB.
    pub template: CompiledTemplate,
    partials: Option<Partials>,
}

impl TeraFile {
    /// Compiles the template at `path` for `job`, as it would be packed.
    ///
    /// # Errors
    ///
    /// The job has no spec; faults of the spec, the template and its partials.
    pub fn read(
        release: &ReleaseDirectory,
        job: &str,
        path: &Path,
    ) -> Result<Self, Vec<Diagnostic>> {
        let directory = release.one_of(Kind::Job, job);
        let spec = directory.join("spec");
        let (source, root) = read_spec(&spec, &release.shown(&spec))?;
        let reader = SpecReader::new(&source, &root);
        let partials = TemplatePartials::of(release);
        let known = partials.get().map_err(<[Diagnostic]>::to_vec)?;
        let inner = path.strip_prefix(&directory).unwrap_or(path);
        let template = compile_file(
            release,
            path,
            packed_as(inner),
            &interface(reader.root),
            known,
        )?;
        Ok(Self {
            template,
            partials: partials.read.into_inner().and_then(Result::ok),
        })
    }

    /// Where a line of the ERB, from 1, comes from: the template or a partial, and the line in it.
    pub fn place(&self, line: usize) -> Option<(Arc<Source>, Span)> {
        let place = self.template.compiled.place(line)?;
        let partials = self.partials.as_ref()?;
        let mut all = partials.names().filter_map(|name| partials.source(name));
        let source = if self.template.source.name() == place.source {
            &self.template.source
        } else {
            all.find(|source| source.name() == place.source)?
        };
        Some((Arc::clone(source), source.line_span(place.line)))
    }
}

/// A job and its templates in Tera.
pub struct CompiledJob {
    /// The name of its directory.
    pub name: String,
    /// Those templates, as its spec lists them; `monit` is the last.
    pub templates: Vec<CompiledTemplate>,
    /// What looks wrong.
    pub findings: Vec<Diagnostic>,
}

/// Compiles the templates of all jobs of a release, or of one.
///
/// # Errors
///
/// There is no such job; all faults of all jobs.
pub fn compile_release(
    release: &ReleaseDirectory,
    only: Option<&str>,
) -> anyhow::Result<Vec<CompiledJob>> {
    let mut names = directories(release, Kind::Job)?;
    if let Some(wanted) = only {
        if !names.iter().any(|name| name == wanted) {
            match nearest(wanted, names.iter().map(String::as_str)) {
                Some(meant) => bail!("There is no job '{wanted}'; did you mean '{meant}'?"),
                None => bail!("There is no job '{wanted}'"),
            }
        }
        names.retain(|name| name == wanted);
    }
    let partials = TemplatePartials::of(release);
    let mut faults = Vec::new();
    let mut compiled = Vec::new();
    for name in names {
        match job::read(release, &partials, &name) {
            Ok(job) => {
                faults.extend(job.faults);
                compiled.push(CompiledJob {
                    name,
                    templates: job.compiled,
                    findings: job.findings,
                });
            }
            Err(found) => faults.extend(found),
        }
    }
    Diagnostics::from_list(each_once(faults))?;
    Ok(compiled)
}
