//! `render-template TEMPLATE --context FILE`.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use anyhow::{Context as _, Result, anyhow};
use serde_json::json;

use super::context::{Context, now, random_seed};
use super::template_file::{self, Loaded};
use crate::diagnostic::{Diagnostics, Label};
use crate::render::input::Input;
use crate::render::{Template, TemplateError};
use crate::ruby::eval::{Version, World};
use crate::ruby::limits::Limits;
use crate::source::Source;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
FILE holds `job` and `template` (names for texts of errors), `spec` (the instance as the template sees it, with this \
job's `properties` and `links`) and `dns` (numbers of DNS names), or a spec alone. No Ruby is needed, and the template \
reaches no file, no network and no process.")]
pub(super) struct Args {
    /// A template of a job, in ERB or Tera
    #[arg(value_name = "TEMPLATE", value_hint = clap::ValueHint::FilePath)]
    template: PathBuf,
    /// The instance, as JSON or YAML; - reads standard input
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    context: PathBuf,
    /// Whose texts and forms are given
    #[arg(long, value_name = "VERSION", default_value = "3.4", value_parser = ["3.1", "3.4"])]
    ruby: String,
    /// What time it is, in seconds since 1970 [default: now]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    now: Option<f64>,
    /// Where random numbers start [default: at random]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    #[command(flatten)]
    limits: LimitArgs,
}

/// What a template may use.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
struct LimitArgs {
    /// Most steps of evaluation
    #[arg(long = "max-steps", value_name = "N", default_value_t = Limits::default().steps)]
    steps: u64,
    /// Deepest nesting of calls
    #[arg(long = "max-depth", value_name = "N", default_value_t = Limits::default().depth)]
    depth: u32,
    /// Most memory for objects, in bytes
    #[arg(long = "max-memory", value_name = "BYTES", default_value_t = Limits::default().memory)]
    memory: usize,
    /// Longest output, in bytes
    #[arg(long = "max-output", value_name = "BYTES", default_value_t = Limits::default().output)]
    output: usize,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let input = read_input(&args.context)?;
    let loaded = template_file::load(context, &args.template)?;
    let job = input.job.unwrap_or_else(|| loaded.names.job.clone());
    let path = input.template;
    let path = path.unwrap_or_else(|| loaded.names.template.clone());
    let template = Template::compile(&job, &path, &loaded.text);
    match template.render(&input.instance, &world(args)?) {
        Ok(output) => {
            context.ui.answer(&json!({
                "ok": true,
                "output": String::from_utf8_lossy(&output),
            }));
            context.ui.block(&output);
            Ok(())
        }
        Err(error) => Err(failed(context, &template, &error, &loaded)),
    }
}

fn read_input(path: &Path) -> Result<Input> {
    let (name, text) = if path == Path::new("-") {
        let mut text = String::new();
        let read = std::io::stdin().read_to_string(&mut text);
        read.context("Reading standard input")?;
        ("standard input".to_owned(), text)
    } else {
        let name = path.display().to_string();
        (name, template_file::read(path)?)
    };
    Input::read(&Source::new(name, text)).map_err(|fault| Diagnostics::from(fault).into())
}

fn world(args: &Args) -> Result<World> {
    let version = match args.ruby.as_str() {
        "3.1" => Version::Ruby31,
        _ => Version::Ruby34,
    };
    Ok(World {
        now: time(args.now)?,
        seed: args.seed.unwrap_or_else(random_seed),
        version,
        limits: Limits {
            steps: args.limits.steps,
            depth: args.limits.depth,
            memory: args.limits.memory,
            output: args.limits.output,
        },
    })
}

/// Seconds and nanoseconds since 1970.
fn time(given: Option<f64>) -> Result<(i64, u32)> {
    let Some(given) = given else {
        let since = now().duration_since(UNIX_EPOCH).unwrap_or_default();
        return Ok((
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            since.subsec_nanos(),
        ));
    };
    if !(-1e11..1e12).contains(&given) {
        return Err(anyhow!("{given} is no time that Ruby could print"));
    }
    let seconds = given.floor();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "both are in range: the seconds were checked, the rest is below a second"
    )]
    let parts = (seconds as i64, ((given - seconds) * 1e9) as u32);
    Ok(parts)
}

/// The Director's words first, then what Ruby said, with the place in the template.
fn failed(
    context: &Context<'_>,
    template: &Template,
    error: &TemplateError,
    loaded: &Loaded,
) -> anyhow::Error {
    let director = error.to_string();
    context.ui.answer(&json!({
        "ok": false,
        "error": {
            "class": error.class(),
            "message": error.message(),
            "line": error.line,
        },
        "director_message": director,
    }));
    if !context.ui.is_json() {
        context.ui.note(&director);
    }
    let mut fault = error.diagnostic(template.source());
    let tera = loaded.tera.as_ref().zip(error.line);
    if let Some((source, span)) = tera.and_then(|(tera, line)| tera.place(line)) {
        // What the author wrote comes first, what an operator will see second.
        let label = Label {
            source,
            span,
            text: String::new(),
        };
        fault.labels.insert(0, label);
    }
    Diagnostics::from(fault).into()
}
