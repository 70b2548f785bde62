//! `check-template PATH... | --release DIR`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::context::Context;
use super::template_file;
use crate::render::Template;
use crate::render::check::{Unsupported, unsupported};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Nothing is run. What is listed ends a rendering only when it is reached; the rest of the template works.")]
pub(super) struct Args {
    /// Templates, in ERB or Tera
    #[arg(value_name = "PATH", required_unless_present = "release", value_hint = clap::ValueHint::FilePath)]
    paths: Vec<PathBuf>,
    /// All templates of this release directory
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    release: Option<PathBuf>,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let mut paths = args.paths.clone();
    if let Some(release) = &args.release {
        for path in template_file::of_release(release)? {
            if path.is_file() {
                paths.push(path);
            } else {
                let path = path.display();
                context
                    .ui
                    .note(&format!("There is no '{path}', which a spec lists"));
            }
        }
    }
    let mut lines = String::new();
    let mut listed = Vec::new();
    for path in &paths {
        let loaded = template_file::load(context, path)?;
        let names = &loaded.names;
        let template = Template::compile(&names.job, &names.template, &loaded.text);
        for finding in unsupported(&template) {
            let (line, json) = shown(path, &template, &finding);
            lines.push_str(&line);
            listed.push(json);
        }
    }
    let count = listed.len();
    context.ui.answer(&json!({
        "ok": count == 0,
        "templates": paths.len(),
        "unsupported": listed,
    }));
    context.ui.block(lines.as_bytes());
    match count {
        0 => Ok(()),
        1 => bail!("1 construct is not supported"),
        count => bail!("{count} constructs are not supported"),
    }
}

/// A finding as a line that editors understand, and for machines.
fn shown(path: &Path, template: &Template, finding: &Unsupported) -> (String, Value) {
    let place = template.source().line_column(finding.span.start);
    let path = path.display().to_string();
    let line = format!("{path}:{}:{}: {}\n", place.line, place.column, finding.what);
    let json = json!({
        "file": path,
        "line": place.line,
        "column": place.column,
        "what": finding.what,
    });
    (line, json)
}
