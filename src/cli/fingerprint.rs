//! `fingerprint jobs/NAME|packages/NAME|license [--explain]`.

use std::fmt::Write as _;

use anyhow::Result;

use super::context::{Context, Dir};
use crate::release::events::Event;
use crate::release::explain::{self, Comparison, Explanation, Target};
use crate::release::fingerprint::Mode;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// jobs/NAME, packages/NAME or license
    #[arg(value_name = "WHAT")]
    what: Target,
    /// Also print what it is made of, and what differs from the last known build
    #[arg(long)]
    explain: bool,
    #[command(flatten)]
    dir: Dir,
}

pub(super) fn run(context: &Context<'_>, args: &Args) -> Result<()> {
    let local = context.release(&args.dir)?;
    let report = |_: Event<'_>| ();
    let explanation = explain::explain(&local, &args.what, &report)?;
    for finding in &explanation.findings {
        context.ui.warning(finding);
    }
    let mut text = String::new();
    if args.explain {
        text.push_str(&describe(&explanation));
    }
    // Writing to a String cannot fail.
    writeln!(text, "{}", explanation.fingerprint).ok();
    context.ui.block(text.as_bytes());
    Ok(())
}

fn describe(explanation: &Explanation) -> String {
    let mut lines = Vec::new();
    if explanation.vendored {
        lines.push("vendored: the fingerprint is taken from spec.lock".to_owned());
    }
    for file in &explanation.files {
        let mode = match file.mode {
            Mode::Uncounted => "-",
            mode => mode.text(),
        };
        lines.push(format!("{mode:<7} sha256:{} {}", file.digest, file.path));
    }
    for dependency in &explanation.dependencies {
        lines.push(format!("depends on {dependency}"));
    }
    lines.push(compared(&explanation.comparison));
    lines.join("\n") + "\n"
}

fn compared(comparison: &Comparison) -> String {
    match comparison {
        Comparison::NeverBuilt => "no build of it is known".to_owned(),
        Comparison::Same(release) => format!("as in {release}"),
        Comparison::Unavailable {
            release,
            fingerprint,
        } => {
            format!("differs from {release} ({fingerprint}), whose archive is not at hand")
        }
        Comparison::Different {
            release,
            fingerprint,
            changes,
        } => {
            let mut text = format!("differs from {release} ({fingerprint}):");
            for change in changes {
                text.push_str("\n  ");
                text.push_str(change);
            }
            text
        }
    }
}
