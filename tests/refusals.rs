//! What is refused when a release is built, with the exact words: one case for each file of `tests/refusals`.

mod support;

fn main() -> anyhow::Result<std::process::ExitCode> {
    support::cases::run("tests/refusals")
}
