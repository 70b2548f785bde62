//! Runs the recorded cases, one test each: those of `tests/conformance/release` with the built binary, those of
//! `tests/conformance/templates` with the library.
//!
//! `tests/conformance/README.md` explains the vectors, the ledger of known differences, and how to judge another program.

#[path = "conformance/harness/mod.rs"]
mod harness;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> anyhow::Result<ExitCode> {
    // What a tool writes is compared with its mode, so the caller's umask must not show.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    let arguments = Arguments::from_args();
    let trials: Vec<Trial> = harness::trials()?;
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}
