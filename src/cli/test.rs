//! `test [FILTER]`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};

use super::context::{Context, Dir};
use crate::suite::coverage::{page, text};
use crate::suite::{junit, report};
use crate::testing::{DIRECTORY, Options, Outcome, ReleaseDirectory, Run, run as run_tests, start};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Tests are data: files tests/templates/JOB/*.yml say which template is rendered with which properties, instance and links, \
or which whole manifest, and what is expected: a golden file, texts, values at paths, an error. docs/template-tests.md \
teaches it.

  bosh-release test redis.conf
  bosh-release test --update
  bosh-release test --coverage-html coverage.html")]
pub(super) struct Args {
    /// Only tests whose name, job, template or file contains this
    #[arg(value_name = "FILTER")]
    filter: Option<String>,
    /// Write the golden files that differ, and show the difference
    #[arg(long)]
    update: bool,
    /// Say which lines and branches of templates and which declared properties no test reaches
    #[arg(long)]
    coverage: bool,
    /// Write what tests reach as a page for browsers
    #[arg(long = "coverage-html", value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    coverage_html: Option<PathBuf>,
    /// Write the first test file of a job, with values that its spec suggests
    #[arg(long, value_name = "JOB", conflicts_with_all = ["filter", "update", "coverage", "coverage_html", "junit"])]
    init: Option<String>,
    /// Write the outcomes as JUnit XML
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    junit: Option<PathBuf>,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let release = ReleaseDirectory::of(&context.release(&args.dir)?)?;
    if let Some(job) = &args.init {
        return init(context, &release, job);
    }
    let options = Options {
        filter: args.filter.clone(),
        update: args.update,
        coverage: args.coverage || args.coverage_html.is_some(),
    };
    let run = run_tests(&release, &options)?;
    none_found(&run, args)?;
    tell(context, &run, args);
    if let Some(path) = &args.junit {
        write(context, path, &junit::document(&run.outcomes))?;
    }
    if let (Some(path), Some(coverage)) = (&args.coverage_html, &run.coverage) {
        write(context, path, &page::document(release.name(), coverage))?;
    }
    let summary = report::summary(&run.outcomes);
    if run.outcomes.iter().all(Outcome::passes) {
        context.ui.block(format!("{summary}\n").as_bytes());
        return Ok(());
    }
    Err(anyhow!("{summary}"))
}

fn init(context: &Context<'_>, release: &ReleaseDirectory, job: &str) -> Result<()> {
    let path = start(release, job)?;
    let shown = path.strip_prefix(&context.current).unwrap_or(&path);
    context
        .ui
        .block(format!("{}\n", shown.display()).as_bytes());
    context
        .ui
        .note("`bosh-release test --update` writes its golden files");
    Ok(())
}

fn write(context: &Context<'_>, path: &Path, document: &str) -> Result<()> {
    let path = context.absolute(path);
    std::fs::write(&path, document).with_context(|| format!("Writing '{}'", path.display()))
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

fn tell(context: &Context<'_>, run: &Run, args: &Args) {
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
        if let Some(coverage) = &run.coverage {
            answer.insert("coverage".to_owned(), text::json(coverage));
        }
    }
    context.ui.answer(&answer);
    let updated = report::updates(&run.updated, &line);
    let failed = report::failures(&run.outcomes, &line);
    let coverage = run.coverage.as_ref().filter(|_| args.coverage);
    let coverage = coverage.map(text::report).unwrap_or_default();
    for text in [updated, failed, coverage]
        .iter()
        .filter(|text| !text.is_empty())
    {
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
