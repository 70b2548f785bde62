//! `completion SHELL`.

use clap_complete::Shell;

use super::context::Context;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "For bash: bosh-release completion bash > /etc/bash_completion.d/bosh-release"
)]
pub(super) struct Args {
    /// Which shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn run(context: &Context<'_>, args: &Args, command: &mut clap::Command) {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, command, "bosh-release", &mut script);
    context.ui.block(&script);
}
