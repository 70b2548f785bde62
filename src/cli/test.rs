//! `test [FILTER]`.

use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow};

use super::context::{Context, Dir};
use crate::suite::{junit, report};
use crate::testing::{DIRECTORY, Options, Outcome, ReleaseDirectory, Run, run as run_tests};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Tests are data: files tests/templates/JOB/*.yml say which template is rendered with which properties, instance and links, \
or which whole manifest, and what is expected: a golden file, texts, values at paths, an error. docs/template-tests.md \
teaches it.

  bosh-release test redis.conf
  bosh-release test --update")]
pub(super) struct Args {
    /// Only tests whose name, job, template or file contains this
    #[arg(value_name = "FILTER")]
    filter: Option<String>,
    /// Write the golden files that differ, and show the difference
    #[arg(long)]
    update: bool,
    /// Write the outcomes as JUnit XML
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    junit: Option<PathBuf>,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let release = ReleaseDirectory::of(&context.release(&args.dir)?)?;
    let options = Options {
        filter: args.filter.clone(),
        update: args.update,
    };
    let run = run_tests(&release, &options)?;
    none_found(&run, args)?;
    tell(context, &run);
    if let Some(path) = &args.junit {
        let document = junit::document(&run.outcomes);
        let path = context.absolute(path);
        std::fs::write(&path, document).with_context(|| format!("Writing '{}'", path.display()))?;
    }
    let summary = report::summary(&run.outcomes);
    if run.outcomes.iter().all(Outcome::passes) {
        context.ui.block(format!("{summary}\n").as_bytes());
        return Ok(());
    }
    Err(anyhow!("{summary}"))
}

fn none_found(run: &Run, args: &Args) -> Result<()> {
    match &args.filter {
        _ if !run.outcomes.is_empty() => Ok(()),
        Some(filter) if run.all > 0 => Err(anyhow!(
            "None of {} tests has '{filter}' in its name, job, template or file",
            run.all
        )),
        _ => Err(anyhow!(
            "There are no tests: files '{DIRECTORY}/JOB/*.yml' hold them, and `bosh-release test --init JOB` writes the first"
        )),
    }
}

fn tell(context: &Context<'_>, run: &Run) {
    let color = context.ui.has_color();
    let line = |line: &str| {
        if color {
            colored(line)
        } else {
            line.to_owned()
        }
    };
    let mut answer = report::json(&run.outcomes);
    if let Some(answer) = answer.as_object_mut() {
        let updated = run.updated.iter().flat_map(|outcome| &outcome.failures);
        let mut paths: Vec<&str> = updated
            .filter_map(|failure| Some(failure.update.as_ref()?.0.as_str()))
            .collect();
        paths.dedup();
        answer.insert("updated".to_owned(), paths.into());
    }
    context.ui.answer(&answer);
    let updated = report::updates(&run.updated, &line);
    let failed = report::failures(&run.outcomes, &line);
    for text in [updated, failed].iter().filter(|text| !text.is_empty()) {
        context.ui.block(text.as_bytes());
    }
}

fn colored(line: &str) -> String {
    let code = match line.chars().next() {
        Some('+') => "32",
        Some('-') => "31",
        Some('@') => "36",
        _ => return line.to_owned(),
    };
    format!("\u{1b}[{code}m{line}\u{1b}[0m")
}
