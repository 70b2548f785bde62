//! `interpolate MANIFEST`.

use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use serde_json::{Value as Json, json};

use super::context::{Context, now, variables as environment};
use crate::deployment::variables::{self, Store, Variables};
use crate::deployment::{
    Cause, Explanation, InterpolatedManifest, Node, OperationsFile, Origin, Pointer, Request, Site,
    interpolate,
};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Source, Span};
use crate::variables::{Secrets, StoreFile};
use crate::yaml::{MAX_BYTES, Value};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
First all operations are applied, in order, then variables are put in place of ((name)). A variable that nobody gives stays \
as it is, unless --var-errs is given. With --vars-store, what the list `variables` of the manifest defines with a type is \
generated once and kept in that file: password, certificate, rsa, ssh, user.

Where several give one variable, the first of these wins: -v, --var-file, -l, --vars-env, --vars-store; of two of a kind, \
the later.

Paths of operations, --path and --explain: /key/0/-1/name=redis/-, with ? behind what may be missing, and :prev :next \
:before :after behind an item.

  bosh-release int manifest.yml -o use-tls.yml -v instances=3 --vars-store creds.yml
  bosh-release int manifest.yml -o use-tls.yml --explain /instance_groups/name=redis/instances
  bosh-release int creds.yml --path /redis_tls/certificate")]
pub(super) struct Args {
    /// A manifest, or any other YAML; - reads standard input
    #[arg(value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    manifest: String,
    #[command(flatten)]
    pub(super) operations: OperationArgs,
    #[command(flatten)]
    pub(super) variables: VariableArgs,
    /// Print only what stands at this path; a text is printed as it is
    #[arg(long, value_name = "OP-PATH", overrides_with = "path")]
    path: Option<String>,
    /// Tell what set the value at this path, and what is within it: file and line, operation, variable
    #[arg(long, value_name = "OP-PATH", conflicts_with = "path")]
    explain: Option<String>,
}

/// Flags of ops files.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Operations")]
pub(super) struct OperationArgs {
    /// Apply the operations of a YAML file; may be given several times
    #[arg(short = 'o', long = "ops-file", value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    ops_files: Vec<String>,
}

impl OperationArgs {
    /// These ops files alone.
    pub(super) fn of(ops_files: &[String]) -> Self {
        Self {
            ops_files: ops_files.to_vec(),
        }
    }

    /// Others come behind.
    pub(super) fn extend(&mut self, more: &Self) {
        self.ops_files.extend(more.ops_files.iter().cloned());
    }

    /// The files, in order.
    pub(super) fn files(&self) -> &[String] {
        &self.ops_files
    }
}

/// Flags of variables.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Variables")]
pub(super) struct VariableArgs {
    /// Set a variable to a YAML value; other users of this machine can see it while the command runs
    #[arg(short = 'v', long = "var", value_name = "VAR=VALUE")]
    vars: Vec<String>,
    /// Set a variable to the content of a file
    #[arg(long = "var-file", value_name = "VAR=PATH")]
    var_files: Vec<String>,
    /// Take variables from a YAML file
    #[arg(short = 'l', long = "vars-file", value_name = "PATH", value_hint = clap::ValueHint::FilePath)]
    vars_files: Vec<String>,
    /// Take variables from the environment: MY takes the variable name from MY_name
    #[arg(long = "vars-env", value_name = "PREFIX")]
    vars_env: Vec<String>,
    /// Take variables from a YAML file, which also keeps those that are generated
    #[arg(long = "vars-store", value_name = "PATH", value_hint = clap::ValueHint::FilePath, overrides_with = "vars_store")]
    vars_store: Option<String>,
    /// Fail unless every variable is found
    #[arg(long = "var-errs")]
    var_errs: bool,
    /// Fail unless every variable is used
    #[arg(long = "var-errs-unused")]
    var_errs_unused: bool,
}

impl VariableArgs {
    /// Single variables, and files of variables.
    pub(super) fn of(vars: &[String], var_files: &[String], vars_files: &[String]) -> Self {
        Self {
            vars: vars.to_vec(),
            var_files: var_files.to_vec(),
            vars_files: vars_files.to_vec(),
            ..Self::default()
        }
    }

    /// Others come behind, so of two of a kind they win.
    pub(super) fn extend(&mut self, more: &Self) {
        self.vars.extend(more.vars.iter().cloned());
        self.var_files.extend(more.var_files.iter().cloned());
        self.vars_files.extend(more.vars_files.iter().cloned());
    }
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let path = pointer("--path", args.path.as_deref())?;
    // No manifest has an empty key at its top: a lone `/` means the whole of it.
    let wanted = args
        .explain
        .as_deref()
        .map(|path| if path == "/" { "" } else { path });
    let explain = pointer("--explain", wanted)?;
    let manifest = interpolated(context, &args.manifest, &args.operations, &args.variables)?;
    if let Some(path) = explain {
        let explanation = manifest.explain(&path)?;
        context.ui.answer(&explanation_json(&explanation));
        context.ui.block(explanation.to_string().as_bytes());
        return Ok(());
    }
    context.ui.block(&manifest.print(path.as_ref())?);
    Ok(())
}

fn pointer(flag: &str, text: Option<&str>) -> Result<Option<Pointer>> {
    let path = text.map(Pointer::parse).transpose();
    path.map_err(|problem| {
        anyhow!("invalid argument for flag `{flag}' (expected patch.Pointer): {problem}")
    })
}

/// The manifest with all that the flags ask for; what was generated is in the store then.
pub(super) fn interpolated(
    context: &Context<'_>,
    path: &str,
    operations: &OperationArgs,
    flags: &VariableArgs,
) -> Result<InterpolatedManifest> {
    interpolated_as(context, path, path, operations, flags)
}

/// The same, of a file that is called `shown` in messages.
pub(super) fn interpolated_as(
    context: &Context<'_>,
    path: &str,
    shown: &str,
    operations: &OperationArgs,
    flags: &VariableArgs,
) -> Result<InterpolatedManifest> {
    let mut faults = Faults::default();
    let manifest = faults.take(manifest(context, path, shown));
    let files = operations.ops_files.iter();
    let operations: Vec<_> = files
        .filter_map(|path| faults.take(operations_file(path)))
        .collect();
    let given = given(context, flags, &mut faults);
    let store = flags.vars_store.as_deref();
    let store = store.and_then(|path| faults.take(open_store(context, path)));
    let stored = store.as_ref().map(StoreFile::values);
    let stored = stored.and_then(|values| faults.take(values));
    faults.finish()?;
    let manifest = manifest.context("Reading the manifest")?;
    let mut secrets = Secrets::new(now());
    let kept = stored.map(|values| Store::new(values, &mut secrets));
    let mut variables = Variables::new(given, kept)?;
    let outcome = interpolate(Request {
        manifest: &manifest,
        operations: &operations,
        variables: &mut variables,
        expect_all_found: flags.var_errs,
        expect_all_used: flags.var_errs_unused,
    });
    // What was made is kept also when something else is wrong: somebody may have seen it already.
    if let Some(store) = store.filter(|_| !variables.generated().is_empty()) {
        store.save(&variables.stored())?;
    }
    Ok(outcome?)
}

fn open_store(context: &Context<'_>, path: &str) -> Result<StoreFile> {
    if path.is_empty() {
        return Err(anyhow!("Expected file path to be non-empty"));
    }
    StoreFile::open(&context.expanded(path), path, &|| {
        context
            .ui
            .note("Waiting for another bosh-release that changes this directory");
    })
}

/// What is wrong with arguments and files, all together.
#[derive(Default)]
struct Faults(Vec<Diagnostic>);

impl Faults {
    fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.add(error);
                None
            }
        }
    }

    fn add(&mut self, error: anyhow::Error) {
        let outer: Vec<String> = error
            .chain()
            .take_while(|cause| !cause.is::<Diagnostics>())
            .map(ToString::to_string)
            .collect();
        let outer = nested(&outer);
        match error.downcast::<Diagnostics>() {
            Ok(inner) => self.0.extend(inner.into_vec().into_iter().map(|mut fault| {
                if !outer.is_empty() {
                    fault.message = nested(&[outer.clone(), fault.message]);
                }
                fault
            })),
            Err(_) => self.0.push(Diagnostic::error(outer)),
        }
    }

    fn finish(self) -> Result<(), Diagnostics> {
        Diagnostics::from_list(self.0)
    }
}

/// Each cause on a line below, two spaces further in.
fn nested(causes: &[String]) -> String {
    let mut text = String::new();
    for (level, cause) in causes.iter().enumerate() {
        let indent = format!("\n{}", "  ".repeat(level));
        if level > 0 {
            text.push(':');
            text.push_str(&indent);
        }
        text.push_str(&cause.replace('\n', &indent));
    }
    text
}

/// A text of a file, called `shown`, or of standard input for `-`.
pub(super) fn manifest(context: &Context<'_>, path: &str, shown: &str) -> Result<Arc<Source>> {
    match path {
        "" => Err(anyhow!("Expected file path to be non-empty")),
        "-" => {
            let bytes = limited(std::io::stdin()).context("Reading from stdin")?;
            Ok(Source::new(
                "standard input",
                text(bytes, "standard input")?,
            ))
        }
        path => {
            let place = context.expanded(path);
            let bytes =
                read(&place).with_context(|| format!("Opening file {}", place.display()))?;
            Ok(Source::new(shown, text(bytes, shown)?))
        }
    }
}

fn operations_file(path: &str) -> Result<OperationsFile> {
    if path.is_empty() {
        return Err(anyhow!("Expected file path to be non-empty"));
    }
    let bytes = read(Path::new(path)).with_context(|| format!("Reading ops file '{path}'"))?;
    let source = Source::new(path, text(bytes, path)?);
    Ok(OperationsFile::parse(&source)?)
}

/// All that flags give, weakest first.
fn given(context: &Context<'_>, flags: &VariableArgs, faults: &mut Faults) -> Vec<(String, Node)> {
    let mut given = Vec::new();
    for prefix in &flags.vars_env {
        given.extend(from_environment(prefix, faults));
    }
    for path in &flags.vars_files {
        given.extend(faults.take(variables_file(path)).unwrap_or_default());
    }
    for flag in &flags.var_files {
        given.extend(faults.take(content(context, flag)));
    }
    for flag in &flags.vars {
        given.extend(faults.take(single(flag)));
    }
    given
}

fn from_environment(prefix: &str, faults: &mut Faults) -> Vec<(String, Node)> {
    if prefix.is_empty() {
        let problem = "Expected environment variable prefix to be non-empty";
        faults.add(anyhow!(problem));
        return Vec::new();
    }
    let start = format!("{prefix}_");
    let found = environment().into_iter();
    found
        .filter_map(|(variable, value)| {
            let name = variable.strip_prefix(&start)?.to_owned();
            let source = Source::new(format!("${variable}"), value);
            let value = variables::parse_value(&source).with_context(|| {
                format!("Deserializing YAML from environment variable '{variable}'")
            });
            Some((name, faults.take(value)?))
        })
        .collect()
}

fn variables_file(path: &str) -> Result<Vec<(String, Node)>> {
    if path.is_empty() {
        return Err(anyhow!("Expected file path to be non-empty"));
    }
    let bytes =
        read(Path::new(path)).with_context(|| format!("Reading variables file '{path}'"))?;
    let source = Source::new(path, text(bytes, path)?);
    variables::parse_file(&source).with_context(|| format!("Deserializing variables file '{path}'"))
}

fn content(context: &Context<'_>, flag: &str) -> Result<(String, Node)> {
    let (name, path) = pair(flag, "path")?;
    let place = context.expanded(path);
    let bytes = read(&place)
        .with_context(|| format!("Reading variable from file '{}'", place.display()))?;
    let value = match String::from_utf8(bytes) {
        Ok(text) => Value::String(text),
        Err(error) => Value::Binary(error.into_bytes()),
    };
    let origin = Origin::new(&Source::new(path, ""), Span::default());
    Ok((name.to_owned(), Node::scalar(value, origin)))
}

fn single(flag: &str) -> Result<(String, Node)> {
    let (name, value) = pair(flag, "value")?;
    let source = Source::new(format!("-v {name}"), value);
    let value = variables::parse_argument(&source)
        .with_context(|| format!("Deserializing variables '{name}=...'"))?;
    Ok((name.to_owned(), value))
}

/// `name=value`, neither of them empty. Values may be secret: a message shows none.
fn pair<'a>(flag: &'a str, what: &str) -> Result<(&'a str, &'a str)> {
    match flag.split_once('=') {
        None => Err(anyhow!(
            "Expected var '{flag}' to be in format 'name={what}'"
        )),
        Some(("", _)) => Err(anyhow!("Expected var '=...' to specify non-empty name")),
        Some((name, "")) => Err(anyhow!(
            "Expected var '{name}=' to specify non-empty {what}"
        )),
        Some(both) => Ok(both),
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    limited(File::open(path)?)
}

/// One byte more than the parser takes: devices and pipes may have no end.
fn limited(reader: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn text(bytes: Vec<u8>, name: impl Display) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        anyhow!("'{name}' is not UTF-8 (at byte {at})")
    })
}

fn explanation_json(explanation: &Explanation) -> Json {
    let parts = explanation.parts.iter();
    let parts: Vec<Json> = parts
        .map(|part| json!({"path": part.path, "causes": causes_json(&part.causes)}))
        .collect();
    json!({
        "path": explanation.path,
        "causes": causes_json(&explanation.causes),
        "parts": parts,
    })
}

fn causes_json(causes: &[Cause]) -> Vec<Json> {
    causes.iter().map(cause_json).collect()
}

fn cause_json(cause: &Cause) -> Json {
    match cause {
        Cause::Document { at } => json!({"kind": "document", "at": site_json(at)}),
        Cause::Operation {
            index,
            path,
            at,
            value,
        } => json!({
            "kind": "operation",
            "index": index,
            "path": path,
            "operation_at": site_json(at),
            "at": site_json(value),
        }),
        Cause::Variable { name, at } => {
            json!({"kind": "variable", "name": name, "at": site_json(at)})
        }
        Cause::Text { at, variables } => {
            let variables = variables.iter();
            let variables: Vec<Json> = variables
                .map(|(name, site)| json!({"name": name, "at": site_json(site)}))
                .collect();
            json!({"kind": "text", "at": site_json(at), "variables": variables})
        }
    }
}

fn site_json(site: &Site) -> Json {
    json!({"file": site.file, "line": site.line, "column": site.column})
}
