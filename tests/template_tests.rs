//! The tests of the templates of this repository, and the guide to such tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bosh_release::suite::report;
use bosh_release::testing::{Options, Outcome, ReleaseDirectory, run};

#[test]
fn the_templates_of_this_repository_pass_their_tests() {
    let release = ReleaseDirectory::open(env!("CARGO_MANIFEST_DIR")).unwrap();
    let run = run(&release, &Options::default()).unwrap();
    let told = report::failures(&run.outcomes, &str::to_owned);
    assert!(run.outcomes.iter().all(Outcome::passes), "{told}");
    assert!(run.all > 60, "only {} tests", run.all);
}
