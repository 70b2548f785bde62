//! `compile-templates [JOB]`.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::json;

use super::context::{Context, Dir};
use crate::release::tera::{CompiledTemplate, compile_release};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
A template whose name in the spec ends in .tera is written in Tera and packed as the ERB it is compiled to, which every \
Director renders. What templates share lies in templates/ of the release. docs/tera-templates.md teaches it.")]
pub(super) struct Args {
    /// Only this job
    #[arg(value_name = "JOB")]
    job: Option<String>,
    /// Print no ERB: only say what is wrong, as in CI
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let local = context.release(&args.dir)?;
    let jobs = compile_release(&local.directory, args.job.as_deref())?;
    let mut shown = String::new();
    let mut listed = Vec::new();
    let mut warnings = 0;
    for job in &jobs {
        warnings += job.findings.len();
        job.findings
            .iter()
            .for_each(|finding| context.ui.warning(finding));
        for template in &job.templates {
            listed.push(machine_form(&job.name, template));
            if !args.check {
                // Writing to a String cannot fail.
                let _ = writeln!(shown, "==> jobs/{}/{} <==", job.name, template.packed);
                shown.push_str(&template.compiled.erb);
                if !shown.ends_with('\n') {
                    shown.push('\n');
                }
            }
        }
    }
    if args.check {
        context.ui.line(&format!(
            "{} templates in Tera compile, with {warnings} warnings",
            listed.len()
        ));
    }
    context
        .ui
        .answer(&json!({"templates": listed, "warnings": warnings}));
    context.ui.block(shown.as_bytes());
    Ok(())
}

fn machine_form(job: &str, template: &CompiledTemplate) -> serde_json::Value {
    json!({
        "job": job,
        "source": template.source.name(),
        "packed": template.packed,
        "erb": template.compiled.erb,
        "partials": template.compiled.partials,
        "properties": template.compiled.properties,
        "links": template.compiled.links,
    })
}
