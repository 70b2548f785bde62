//! What commands print, with the exact words: one case for each file of `tests/commands`.

mod support;

fn main() -> anyhow::Result<std::process::ExitCode> {
    support::cases::run("tests/commands")
}
