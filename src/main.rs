//! Arguments to exit code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    bosh_release::cli::main()
}
