//! The command line: the only place that knows arguments, terminal, environment, clock and exit codes.
//!
//! One file per command: its arguments, one call of the library, and what is printed. Words, flags and tables are the
//! official CLI's where it has them. Adding a command: a file with `Args` and `run`, and a row in `Command`.

mod context;
mod deployment;
mod report;
mod side;
mod signer;
pub mod table;
mod tables;
mod template_file;
pub mod ui;

mod add_blob;
mod blobs;
mod check_template;
mod compile_templates;
mod completion;
mod create_release;
mod diff;
mod export;
mod finalize_release;
mod fingerprint;
mod generate_job;
mod generate_package;
mod init_release;
mod inspect_local_release;
mod interpolate;
mod links;
mod pick_from_cloud_config;
mod redigest;
mod remove_blob;
mod render;
mod render_template;
mod reset_release;
mod sign_release;
mod sync_blobs;
mod template_methods;
mod test;
mod upload_blobs;
mod vendor_package;
mod verify_release;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::anyhow;
use clap::{CommandFactory, Parser, Subcommand};

use context::Context;
use ui::{Options, Ui};

/// Build, sign and verify BOSH releases.
///
/// The words are those of the `bosh` CLI: what you know works here too, with equal fingerprints and files. Tarballs are
/// reproducible and can be signed.
#[derive(Debug, Parser)]
#[command(
    name = "bosh-release",
    version,
    disable_version_flag = true,
    propagate_version = false,
    max_term_width = 100,
    after_help = "Begin with `bosh-release init-release --git`, or run `bosh-release create-release` in a release directory."
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every command takes.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
struct Global {
    /// Print one JSON object for machines; errors are in it too
    #[arg(long, global = true, help_heading = "Output")]
    json: bool,
    /// Print messages and table headers also when the output is no terminal
    #[arg(long, global = true, env = "BOSH_TTY", value_parser = clap::builder::BoolishValueParser::new(), num_args = 0, action = clap::ArgAction::SetTrue, help_heading = "Output", hide_env = true)]
    tty: bool,
    /// Never use colour
    #[arg(long, global = true, help_heading = "Output")]
    no_color: bool,
    /// Show only this column; may be given several times
    #[arg(long, global = true, value_name = "NAME", help_heading = "Output")]
    column: Vec<String>,
    /// Never ask questions
    #[arg(short = 'n', long, global = true, env = "BOSH_NON_INTERACTIVE", value_parser = clap::builder::BoolishValueParser::new(), num_args = 0, action = clap::ArgAction::SetTrue, help_heading = "Output", hide_env = true)]
    non_interactive: bool,
    /// How many threads work at once; the default is one for each processor
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    parallel: Option<u16>,
    /// Accepted for the official CLI's sake; digests are always SHA-256
    #[arg(long, global = true, hide = true)]
    sha2: bool,
    /// Accepted for the official CLI's sake; nothing here needs its configuration
    #[arg(long, global = true, hide = true, value_name = "FILE")]
    config: Option<OsString>,
    /// Print the version
    #[arg(short = 'v', long, action = clap::ArgAction::Version)]
    version: Option<bool>,
}

/// One variant for each command, in the order of the help.
#[derive(Debug, Subcommand)]
enum Command {
    /// Make the files a release begins with
    InitRelease(init_release::Args),
    /// Make a new job
    GenerateJob(generate_job::Args),
    /// Make a new package
    GeneratePackage(generate_package::Args),
    /// Build a dev or final release, and its tarball
    #[command(visible_alias = "cr")]
    CreateRelease(create_release::Args),
    /// Make a final release of a tarball that was built elsewhere
    FinalizeRelease(finalize_release::Args),
    /// Take over a package of another release, with its dependencies
    VendorPackage(vendor_package::Args),
    /// Remove dev releases, dev builds and copies of blobs
    ResetRelease(reset_release::Args),
    /// Show the ERB that templates in Tera become
    CompileTemplates(compile_templates::Args),
    /// Write the release as an ordinary one, which the official CLI builds
    Export(export::Args),
    /// List blobs
    Blobs(blobs::Args),
    /// Add a file as a blob
    AddBlob(add_blob::Args),
    /// Remove a blob
    RemoveBlob(remove_blob::Args),
    /// Upload blobs that are only local
    UploadBlobs(upload_blobs::Args),
    /// Bring all blobs to blobs/
    SyncBlobs(sync_blobs::Args),
    /// Print the fingerprint of a job, a package or the license, and why it is so
    Fingerprint(fingerprint::Args),
    /// Show what a release tarball holds
    InspectLocalRelease(inspect_local_release::Args),
    /// Check digests, fingerprints and signatures of a release tarball
    VerifyRelease(verify_release::Args),
    /// Sign a release tarball
    SignRelease(sign_release::Args),
    /// Write a release tarball again with SHA-1 digests
    #[command(name = "sha1ify-release")]
    Sha1ifyRelease(redigest::Args),
    /// Write a release tarball again with SHA-256 digests
    #[command(name = "sha2ify-release")]
    Sha2ifyRelease(redigest::Args),
    /// Render all files of all instances of a deployment, as a Director does
    Render(render::Args),
    /// Show who gives links to whom in a deployment, and why; what would settle those that fail
    Links(links::Args),
    /// Show what another manifest, release or revision would change, instance by instance
    Diff(Box<diff::Args>),
    /// Print operations that make a manifest fit a cloud-config
    PickFromCloudConfig(pick_from_cloud_config::Args),
    /// Render one ERB template of a job, as a Director does
    RenderTemplate(render_template::Args),
    /// List what templates use and this tool does not support
    CheckTemplate(check_template::Args),
    /// List the classes and methods that templates can use
    TemplateMethods(template_methods::Args),
    /// Run the tests of job templates
    Test(test::Args),
    /// Put operations and variables into a manifest, and print it
    #[command(visible_alias = "int")]
    Interpolate(interpolate::Args),
    /// Print a completion script for a shell
    Completion(completion::Args),
}

/// Runs the command that the process's arguments ask for.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match Cli::try_parse_from(&arguments) {
        Ok(cli) => {
            let ui = ui(&cli.global);
            let outcome = start(&ui, &cli);
            ui.finish(outcome.as_ref().copied())
        }
        Err(error) => misunderstood(&with_nearest_command(error), &arguments),
    }
}

fn ui(global: &Global) -> Ui {
    let stdout_is_terminal = std::io::stdout().is_terminal();
    let no_color =
        global.no_color || context::variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let options = Options {
        json: global.json,
        tty: global.tty,
        color: stdout_is_terminal && !no_color,
        columns: global.column.clone(),
        stdout_is_terminal,
        stderr_is_terminal: std::io::stderr().is_terminal(),
    };
    Ui::new(
        options,
        Box::new(std::io::stdout()),
        Box::new(std::io::stderr()),
    )
}

fn start(ui: &Ui, cli: &Cli) -> anyhow::Result<()> {
    if let Some(threads) = cli.global.parallel {
        rayon::ThreadPoolBuilder::new()
            .num_threads(usize::from(threads))
            .build_global()
            .map_err(|error| anyhow!("Starting {threads} threads: {error}"))?;
    }
    let context = Context::new(ui, cli.global.non_interactive)?;
    run(&context, &cli.command)
}

fn run(context: &Context<'_>, command: &Command) -> anyhow::Result<()> {
    use crate::digest::Algorithm;
    match command {
        Command::InitRelease(args) => init_release::run(context, args),
        Command::GenerateJob(args) => generate_job::run(context, args),
        Command::GeneratePackage(args) => generate_package::run(context, args),
        Command::CreateRelease(args) => create_release::run(context, args),
        Command::FinalizeRelease(args) => finalize_release::run(context, args),
        Command::VendorPackage(args) => vendor_package::run(context, args),
        Command::ResetRelease(args) => reset_release::run(context, args),
        Command::CompileTemplates(args) => compile_templates::run(context, args),
        Command::Export(args) => export::run(context, args),
        Command::Blobs(args) => blobs::run(context, args),
        Command::AddBlob(args) => add_blob::run(context, args),
        Command::RemoveBlob(args) => remove_blob::run(context, args),
        Command::UploadBlobs(args) => upload_blobs::run(context, args),
        Command::SyncBlobs(args) => sync_blobs::run(context, args),
        Command::Fingerprint(args) => fingerprint::run(context, args),
        Command::InspectLocalRelease(args) => inspect_local_release::run(context, args),
        Command::VerifyRelease(args) => verify_release::run(context, args),
        Command::SignRelease(args) => sign_release::run(context, args),
        Command::Sha1ifyRelease(args) => redigest::run(context, args, Algorithm::Sha1),
        Command::Sha2ifyRelease(args) => redigest::run(context, args, Algorithm::Sha256),
        Command::Render(args) => render::run(context, args),
        Command::Links(args) => links::run(context, args),
        Command::Diff(args) => diff::run(context, args),
        Command::PickFromCloudConfig(args) => pick_from_cloud_config::run(context, args),
        Command::RenderTemplate(args) => render_template::run(context, args),
        Command::CheckTemplate(args) => check_template::run(context, args),
        Command::TemplateMethods(args) => {
            template_methods::run(context, args);
            Ok(())
        }
        Command::Test(args) => test::run(context, args),
        Command::Interpolate(args) => interpolate::run(context, args),
        Command::Completion(args) => {
            completion::run(context, args, &mut Cli::command());
            Ok(())
        }
    }
}

/// Clap lists all commands that are somewhat alike, the nearest one last: that one is the help.
fn with_nearest_command(mut error: clap::Error) -> clap::Error {
    use clap::error::{ContextKind, ContextValue};
    let nearest = match error.get(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::Strings(names)) => names.last().cloned(),
        _ => None,
    };
    if let Some(nearest) = nearest {
        error.insert(
            ContextKind::SuggestedSubcommand,
            ContextValue::Strings(vec![nearest]),
        );
    }
    error
}

/// Help and version go to stdout with exit code 0; a usage error is an error like any other: exit code 1.
fn misunderstood(error: &clap::Error, arguments: &[OsString]) -> ExitCode {
    if !error.use_stderr() {
        // A closed pipe is no failure.
        error.print().ok();
        return ExitCode::SUCCESS;
    }
    let options = Options {
        json: arguments.iter().any(|argument| argument == "--json"),
        ..Options::default()
    };
    let ui = Ui::new(
        options,
        Box::new(std::io::stdout()),
        Box::new(std::io::stderr()),
    );
    ui.finish(Err(&anyhow!("{}", error.render().to_string().trim_end())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_declared_consistently() {
        Cli::command().debug_assert();
    }
}
