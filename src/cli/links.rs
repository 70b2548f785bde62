//! `links MANIFEST`: who gives what to whom, and why; what would settle the links that fail.
//!
//! The answer of `--json`, whose keys stay as they are:
//!
//! ```text
//! deployment   name
//! links        one for each consumed link, in the order of instance groups, jobs and names in specs:
//!   consumer   {group, job, link}
//!   type       type of the link
//!   optional   whether the job does without it
//!   state      linked, manual, absent or failed
//!   how        implicit, explicit, manual or blocked: what the manifest says of it
//!   marks      any of renamed, shared, custom provider, disk, optional
//!   why        the reason, as a part of a sentence
//!   provider   null, or {deployment, group, job (null for a disk), link, name, type, shared, custom}
//!   network    null, or the network of the addresses
//!   addresses  null, or IP, DNS, short DNS, link DNS or short link DNS
//!   instances  null, or a number
//!   problem    null, or for a link that failed:
//!     kind        ambiguous, missing, blocked, deployment, network or address
//!     candidates  providers: {provider, refused: reasons; none for one that fits}
//!     unlisted    how many more were refused
//!     nearest     null, or the name that was probably meant
//!     notes       what else may help
//!     remedies    the best first: {what, edits: [{deployment, operation: {type, path, value}}]}
//! unused       providers that nobody in the deployment consumes
//! ops          null, or the text of an ops file that settles what failed
//! error        null, or what a Director says
//! ```

use anyhow::Result;
use serde_json::{Value, json};

use super::context::Context;
use super::deployment::{DeploymentArgs, given, tell_absent};
use super::table::{Cell, Table};
use crate::deployment::DeploymentPlan;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::links::explain;
use crate::links::explain::Scene;
use crate::links::graph::{Graph, dot, mermaid, svg};
use crate::links::remedy::{Edit, Remedy, ops_file};
use crate::links::report::{ExplainedLink, LinkReport, Outcome, Problem, ProviderEnd};
use crate::links::resolve::{check, decide};
use crate::local::deployment::plan_deployments;
use crate::nearest::nearest;
use crate::yaml;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
For a link that fails the providers are listed with what speaks against each, and an ops file that settles it is printed: \
the best way, the others as comments. The exit code is 1 then, and a Director's message is on stderr.

The drawing is one file without scripts or fonts, for light and dark pages. Graphviz and Mermaid draw the other two.

  bosh-release links manifests/redis.yml
  bosh-release links manifests/redis.yml --format svg > links.svg
  bosh-release links manifest.yml --format ops > settle-links.yml

--json prints {deployment, links: [{consumer: {group, job, link}, type, optional, state, how, marks, why, provider, network, \
addresses, instances, problem}], unused, ops, error}.")]
pub(super) struct Args {
    /// A deployment manifest; - reads standard input
    #[arg(value_name = "MANIFEST", value_hint = clap::ValueHint::FilePath)]
    manifest: String,
    /// How to show the links
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Only links that this instance group consumes or provides
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// Only links that this job consumes or provides
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// Only links of this type
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    /// Only links that fail
    #[arg(long)]
    failed: bool,
    // Its headings hold for all that follows.
    #[command(flatten)]
    deployment: DeploymentArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Rows, and what would settle the links that fail
    Table,
    /// A drawing
    Svg,
    /// A text for Graphviz
    Dot,
    /// A text for Mermaid
    Mermaid,
    /// Only the ops file that settles the links that fail
    Ops,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let given = given(context, &args.manifest, &args.deployment)?;
    let request = given.request();
    let planned = plan_deployments(request)?;
    let (own, others) = (planned.own()?, planned.others());
    tell_absent(context, own.plan, &args.deployment)?;
    let decided = decide(own, &others, &planned.numbering);
    let scene = Scene {
        own,
        others: &others,
        releases: request.releases,
    };
    let mut report = explain(scene, &decided);
    args.check(own.plan, &report)?;
    let whole = args.keep(&mut report);
    let outcome = check(own, &decided).map_err(without_hint);
    context.ui.answer(&answer(&report, outcome.as_ref().err()));
    match args.format {
        Format::Table => {
            context.ui.table(&table(&report));
            if !report.is_resolved() {
                context.ui.block(troubles(&report).as_bytes());
            }
        }
        Format::Ops => context.ui.block(ops_file(&report).as_bytes()),
        Format::Svg | Format::Dot | Format::Mermaid => {
            let graph = Graph::of(scene, &report, whole);
            let text = match args.format {
                Format::Dot => dot::draw(&graph),
                Format::Mermaid => mermaid::draw(&graph),
                _ => svg::draw(&graph),
            };
            context.ui.block(text.as_bytes());
        }
    }
    Ok(outcome?)
}

impl Args {
    /// Whether there is what is chosen.
    fn check(&self, plan: &DeploymentPlan, report: &LinkReport) -> Result<()> {
        let linked = report.links.iter().filter_map(|link| match &link.outcome {
            Outcome::Linked { provider, .. } => Some(provider),
            _ => None,
        });
        let ends: Vec<&ProviderEnd> = linked.chain(&report.unused).collect();
        let jobs = plan.groups.iter().flat_map(|group| &group.jobs);
        let groups = plan.groups.iter().map(|group| group.name.as_str());
        let groups = groups.chain(ends.iter().map(|end| end.group.as_str()));
        let jobs = jobs.map(|job| job.job.name.as_str());
        let jobs = jobs.chain(ends.iter().filter_map(|end| end.job.as_deref()));
        let kinds = report.links.iter().map(|link| link.kind.as_str());
        let kinds = kinds.chain(ends.iter().map(|end| end.kind.as_str()));
        let name = &plan.name;
        there("instance group", self.group.as_deref(), groups, name)?;
        there("job", self.job.as_deref(), jobs, name)?;
        there("link of type", self.kind.as_deref(), kinds, name)
    }

    /// Drops what is not asked for. Whether all was.
    fn keep(&self, report: &mut LinkReport) -> bool {
        let whole =
            self.group.is_none() && self.job.is_none() && self.kind.is_none() && !self.failed;
        report.links.retain(|link| self.wants(link));
        report.unused.retain(|provider| {
            !self.failed
                && self.kind.as_ref().is_none_or(|kind| *kind == provider.kind)
                && self.wants_end(&[provider])
        });
        whole
    }

    fn wants(&self, link: &ExplainedLink) -> bool {
        let providers: Vec<&ProviderEnd> = match &link.outcome {
            Outcome::Linked { provider, .. } => vec![provider],
            Outcome::Failed(problem) => {
                let fitting = problem.candidates.iter();
                let fitting = fitting.filter(|judged| judged.refused.is_empty());
                fitting.map(|judged| &judged.provider).collect()
            }
            Outcome::Manual { .. } | Outcome::Absent => Vec::new(),
        };
        let consumer = &link.consumer;
        let is = |wanted: &Option<String>, name: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == name)
        };
        let consumes = is(&self.group, &consumer.group) && is(&self.job, &consumer.job);
        is(&self.kind, &link.kind)
            && (!self.failed || matches!(link.outcome, Outcome::Failed(_)))
            && (consumes || self.wants_end(&providers))
    }

    fn wants_end(&self, providers: &[&ProviderEnd]) -> bool {
        let group = |end: &ProviderEnd| {
            self.group
                .as_ref()
                .is_none_or(|wanted| *wanted == end.group)
        };
        let job = |end: &ProviderEnd| self.job.is_none() || self.job == end.job;
        providers.iter().any(|end| group(end) && job(end))
    }
}

fn there<'n>(
    what: &str,
    wanted: Option<&str>,
    known: impl Iterator<Item = &'n str> + Clone,
    deployment: &str,
) -> Result<()> {
    let Some(wanted) = wanted else { return Ok(()) };
    if known.clone().any(|name| name == wanted) {
        return Ok(());
    }
    let fault = Diagnostic::error(format!(
        "Deployment '{deployment}' has no {what} '{wanted}'"
    ));
    Err(Diagnostics::from(match nearest(wanted, known) {
        Some(name) => fault.hint(format!("did you mean '{name}'?")),
        None => fault,
    })
    .into())
}

/// The hint is to use this command.
fn without_hint(faults: Diagnostics) -> Diagnostics {
    let mut faults = faults.into_vec();
    for fault in &mut faults {
        fault.hint = None;
    }
    let kept = Diagnostics::from_list(faults);
    kept.err()
        .unwrap_or_else(|| Diagnostic::error("Links fail").into())
}

fn table(report: &LinkReport) -> Table {
    Table {
        content: "links",
        header: vec![
            "Consumer",
            "Type",
            "Provider",
            "How",
            "Network",
            "Addresses",
            "Instances",
        ],
        rows: report.links.iter().map(row).collect(),
        ..Table::default()
    }
}

fn row(link: &ExplainedLink) -> Vec<Cell> {
    let mut how = vec![link.way.word()];
    how.extend(link.marks.iter().map(|mark| mark.word()));
    let (mut network, mut addresses, mut number) = (String::new(), String::new(), String::new());
    let provider = match &link.outcome {
        Outcome::Linked {
            provider,
            network: on,
            addresses: form,
            instances,
        } => {
            network = on.clone().unwrap_or_default();
            addresses = form.map(|form| form.to_string()).unwrap_or_default();
            if provider.job.is_some() {
                number = instances.to_string();
            }
            provider.to_string()
        }
        Outcome::Manual { instances } => {
            number = instances.to_string();
            "manual".to_owned()
        }
        Outcome::Absent => {
            how.push("absent");
            String::new()
        }
        Outcome::Failed(problem) => {
            how.push("failed");
            format!("({})", problem.kind.word())
        }
    };
    let cells = [
        link.consumer.to_string(),
        link.kind.clone(),
        provider,
        how.join(", "),
        network,
        addresses,
        number,
    ];
    cells.into_iter().map(Cell::from).collect()
}

/// What failed and why, and the ops file that settles it.
fn troubles(report: &LinkReport) -> String {
    let mut lines = Vec::new();
    for (link, problem) in report.problems() {
        lines.push(format!(
            "{} (type {}): {}",
            link.consumer, link.kind, link.why
        ));
        lines.extend(trouble(problem));
        lines.push(String::new());
    }
    lines.push("This ops file settles it:".to_owned());
    lines.push(String::new());
    format!("{}\n{}", lines.join("\n"), ops_file(report))
}

fn trouble(problem: &Problem) -> Vec<String> {
    let mut lines = Vec::new();
    for judged in &problem.candidates {
        let end = &judged.provider;
        let verdict = if judged.refused.is_empty() {
            "it fits".to_owned()
        } else {
            judged.refused.join("; ")
        };
        lines.push(format!("  {end} (type {}): {verdict}", end.kind));
    }
    if problem.candidates.is_empty() {
        lines.push("  no job or disk provides any link".to_owned());
    }
    if problem.unlisted > 0 {
        lines.push(format!("  and {} more that do not fit", problem.unlisted));
    }
    if let Some(nearest) = &problem.nearest {
        lines.push(format!("  did you mean '{nearest}'?"));
    }
    lines.extend(problem.notes.iter().map(|note| format!("  {note}")));
    lines
}

fn answer(report: &LinkReport, fault: Option<&Diagnostics>) -> Value {
    let ops = (!report.is_resolved()).then(|| ops_file(report));
    let messages = |faults: &Diagnostics| {
        let messages = faults.iter().map(|fault| fault.message.clone());
        messages.collect::<Vec<_>>().join("\n")
    };
    json!({
        "deployment": report.deployment,
        "links": report.links.iter().map(link_json).collect::<Vec<_>>(),
        "unused": report.unused.iter().map(provider_json).collect::<Vec<_>>(),
        "ops": ops,
        "error": fault.map(messages),
    })
}

fn link_json(link: &ExplainedLink) -> Value {
    let mut found = json!({
        "consumer": {
            "group": link.consumer.group,
            "job": link.consumer.job,
            "link": link.consumer.link,
        },
        "type": link.kind,
        "optional": link.optional,
        "state": null,
        "how": link.way.word(),
        "marks": link.marks.iter().map(|mark| mark.word()).collect::<Vec<_>>(),
        "why": link.why,
        "provider": null,
        "network": null,
        "addresses": null,
        "instances": null,
        "problem": null,
    });
    let state = match &link.outcome {
        Outcome::Linked {
            provider,
            network,
            addresses,
            instances,
        } => {
            found["provider"] = provider_json(provider);
            found["network"] = json!(network);
            found["addresses"] = json!(addresses.map(|form| form.to_string()));
            if provider.job.is_some() {
                found["instances"] = json!(instances);
            }
            "linked"
        }
        Outcome::Manual { instances } => {
            found["instances"] = json!(instances);
            "manual"
        }
        Outcome::Absent => "absent",
        Outcome::Failed(problem) => {
            found["problem"] = problem_json(problem);
            "failed"
        }
    };
    found["state"] = json!(state);
    found
}

fn provider_json(end: &ProviderEnd) -> Value {
    json!({
        "deployment": end.deployment,
        "group": end.group,
        "job": end.job,
        "link": end.link,
        "name": end.name,
        "type": end.kind,
        "shared": end.shared,
        "custom": end.custom,
    })
}

fn problem_json(problem: &Problem) -> Value {
    let candidates = problem.candidates.iter();
    let candidates = candidates.map(
        |judged| json!({"provider": provider_json(&judged.provider), "refused": judged.refused}),
    );
    json!({
        "kind": problem.kind.word(),
        "candidates": candidates.collect::<Vec<_>>(),
        "unlisted": problem.unlisted,
        "nearest": problem.nearest,
        "notes": problem.notes,
        "remedies": problem.remedies.iter().map(remedy_json).collect::<Vec<_>>(),
    })
}

fn remedy_json(remedy: &Remedy) -> Value {
    let edit = |edit: &Edit| {
        json!({
            "deployment": edit.deployment,
            "operation": {
                "type": "replace",
                "path": edit.path,
                "value": plain(&edit.value),
            },
        })
    };
    json!({
        "what": remedy.what,
        "edits": remedy.edits.iter().map(edit).collect::<Vec<_>>(),
    })
}

/// The value of an operation: texts, truths, lists and maps with texts as keys.
fn plain(value: &yaml::Value) -> Value {
    match value {
        yaml::Value::Bool(value) => json!(value),
        yaml::Value::String(text) => json!(text),
        yaml::Value::Sequence(items) => items.iter().map(plain).collect(),
        yaml::Value::Mapping(entries) => {
            let text = |key: &yaml::Value| key.as_str().unwrap_or_default().to_owned();
            let entries = entries.iter().map(|(key, value)| (text(key), plain(value)));
            Value::Object(entries.collect())
        }
        _ => Value::Null,
    }
}
