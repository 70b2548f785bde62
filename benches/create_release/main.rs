//! Whole commands over a generated release, beside `tar -cz` and the official CLI. See `benches/README.md`.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for developers: reads its environment and prints a table"
)]

mod generate;
mod measure;

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use measure::{Usage, median};

/// One row for each; in this order, so that a warm case finds what a cold one left.
const CASES: &[Case] = &[
    Case {
        name: "cold",
        cold: true,
        tarball: false,
    },
    Case {
        name: "cold, tarball",
        cold: true,
        tarball: true,
    },
    Case {
        name: "warm, tarball",
        cold: false,
        tarball: true,
    },
    Case {
        name: "warm",
        cold: false,
        tarball: false,
    },
];

/// One way to call `create-release`.
struct Case {
    name: &'static str,
    /// Without builds and without cache.
    cold: bool,
    tarball: bool,
}

/// Where everything lies.
struct Place {
    release: PathBuf,
    home: PathBuf,
    tarball: PathBuf,
    runs: usize,
}

fn main() -> Result<ExitCode> {
    let arguments: Vec<OsString> = env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == measure::FLAG) {
        return measure::child(&arguments[2..]);
    }
    let (directory, _temporary) = directory()?;
    let place = Place {
        release: directory.join("release"),
        home: directory.join("home"),
        tarball: directory.join("out.tgz"),
        runs: number("BENCH_RUNS")?.map_or(3, |runs| runs.max(1)),
    };
    generate::generate(&place.release)?;
    if let Some(mebibytes) = number("BENCH_LARGE_BLOB")? {
        large_blob(&directory, mebibytes as u64)?;
    } else {
        table(&place)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// `BENCH_DIR`, which is kept, or a temporary directory.
fn directory() -> Result<(PathBuf, Option<tempfile::TempDir>)> {
    if let Some(directory) = env::var_os("BENCH_DIR") {
        fs::create_dir_all(&directory)?;
        return Ok((fs::canonicalize(directory)?, None));
    }
    let temporary = tempfile::tempdir()?;
    Ok((temporary.path().to_path_buf(), Some(temporary)))
}

fn number(variable: &str) -> Result<Option<usize>> {
    Ok(env::var(variable)
        .ok()
        .map(|text| text.parse())
        .transpose()?)
}

/// The tool that is measured.
fn ours() -> OsString {
    env::var_os("BENCH_BIN").unwrap_or_else(|| env!("CARGO_BIN_EXE_bosh-release").into())
}

fn table(place: &Place) -> Result<()> {
    println!(
        "| case | program | wall s | CPU s | peak MiB | wall / tar | CPU / tar | wall / bosh | CPU / bosh |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|");
    let tar = tar(place)?;
    row("tar -cz", "tar", tar, tar, None);
    let official = match env::var_os("BOSH_CLI") {
        Some(program) => Some(cases(place, &program)?),
        None => None,
    };
    for (case, usage) in CASES.iter().zip(official.iter().flatten()) {
        row(case.name, "bosh", *usage, tar, None);
    }
    let own = cases(place, &ours())?;
    for (index, (case, usage)) in CASES.iter().zip(&own).enumerate() {
        let official = official.as_ref().map(|official| official[index]);
        row(case.name, "bosh-release", *usage, tar, official);
    }
    row(
        "fingerprint",
        "bosh-release",
        fingerprint(place)?,
        tar,
        None,
    );
    Ok(())
}

fn row(case: &str, program: &str, usage: Usage, tar: Usage, official: Option<Usage>) {
    let ratio = |own: f64, other: Option<f64>| {
        other.map_or_else(String::new, |other| format!("{:.3}", own / other))
    };
    println!(
        "| {case} | {program} | {:.2} | {:.2} | {:.0} | {} | {} | {} | {} |",
        usage.wall,
        usage.cpu,
        usage.peak,
        ratio(usage.wall, Some(tar.wall)),
        ratio(usage.cpu, Some(tar.cpu)),
        ratio(usage.wall, official.map(|official| official.wall)),
        ratio(usage.cpu, official.map(|official| official.cpu)),
    );
}

/// The yardstick: one process that reads and compresses the same files.
fn tar(place: &Place) -> Result<Usage> {
    let mut arguments: Vec<OsString> = vec!["-C".into(), place.release.clone().into()];
    arguments.extend(["-czf".into(), place.tarball.clone().into()]);
    arguments.extend(["jobs", "packages", "src", "blobs"].map(OsString::from));
    repeat(place.runs, || {
        measure::run(OsStr::new("tar"), &arguments, place.home.as_os_str())
    })
}

fn cases(place: &Place, program: &OsStr) -> Result<Vec<Usage>> {
    CASES
        .iter()
        .map(|case| {
            repeat(place.runs, || {
                if case.cold {
                    forget(place)?;
                }
                create(
                    &place.release,
                    &place.home,
                    program,
                    case.tarball.then_some(&*place.tarball),
                )
            })
        })
        .collect()
}

fn create(release: &Path, home: &Path, program: &OsStr, tarball: Option<&Path>) -> Result<Usage> {
    let mut arguments: Vec<OsString> = vec!["create-release".into(), "--force".into()];
    arguments.extend(["--dir".into(), release.into()]);
    if let Some(tarball) = tarball {
        arguments.extend(["--tarball".into(), tarball.into()]);
    }
    measure::run(program, &arguments, home.as_os_str())
}

/// The first package: it has the largest blob.
fn fingerprint(place: &Place) -> Result<Usage> {
    let dir = place.release.clone().into();
    let arguments = [
        "fingerprint".into(),
        "packages/package-000".into(),
        "--dir".into(),
        dir,
    ];
    repeat(place.runs, || {
        measure::run(&ours(), &arguments, place.home.as_os_str())
    })
}

/// No builds, no cache.
fn forget(place: &Place) -> Result<()> {
    for directory in [
        place.home.clone(),
        place.release.join(".dev_builds"),
        place.release.join("dev_releases"),
    ] {
        if directory.exists() {
            fs::remove_dir_all(&directory)?;
        }
    }
    fs::create_dir_all(&place.home)?;
    Ok(())
}

fn repeat(runs: usize, one: impl Fn() -> Result<Usage>) -> Result<Usage> {
    let usages = (0..runs).map(|_| one()).collect::<Result<Vec<_>>>()?;
    Ok(median(&usages))
}

/// One package with one blob of any size: memory must not know of it.
fn large_blob(directory: &Path, mebibytes: u64) -> Result<()> {
    let place = Place {
        release: directory.join("large"),
        home: directory.join("large-home"),
        tarball: directory.join("large.tgz"),
        runs: 1,
    };
    generate::large(&place.release, mebibytes << 20)?;
    println!("| case | wall s | CPU s | peak MiB |");
    println!("|---|--:|--:|--:|");
    for (case, usage) in CASES.iter().zip(cases(&place, &ours())?) {
        println!(
            "| {}, one blob of {mebibytes} MiB | {:.2} | {:.2} | {:.0} |",
            case.name, usage.wall, usage.cpu, usage.peak
        );
    }
    Ok(())
}
