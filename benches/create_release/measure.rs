//! Time, processor time and memory of one process.
//!
//! The system tells what all children of a process used together, so each measured program is the only child of
//! a process of its own: this very program, called with [`FLAG`].

use std::env;
use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;

/// What makes this program the parent of a measured one.
pub(crate) const FLAG: &str = "--measured-child";

/// What a process used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Seconds.
    pub(crate) wall: f64,
    /// Seconds in user and system mode, with all children.
    pub(crate) cpu: f64,
    /// The largest resident set, in MiB, of the largest of its processes.
    pub(crate) peak: f64,
}

/// Runs a program, which must succeed.
pub(crate) fn run(program: &OsStr, arguments: &[OsString], home: &OsStr) -> Result<Usage> {
    let output = Command::new(env::current_exe()?)
        .arg(FLAG)
        .arg(program)
        .args(arguments)
        .env("HOME", home)
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    ensure!(
        output.status.success(),
        "{} {arguments:?} failed:\n{text}",
        program.display()
    );
    let last = text.lines().last().context("nothing was measured")?;
    let mut numbers = last.split(' ').map(str::parse::<f64>);
    let mut next = || anyhow::Ok(numbers.next().context("a number is missing")??);
    Ok(Usage {
        wall: next()?,
        cpu: next()?,
        peak: next()?,
    })
}

/// The other side of [`run`]: prints what the program used as the last line.
pub(crate) fn child(command: &[OsString]) -> Result<ExitCode> {
    let (program, arguments) = command.split_first().context("no program is given")?;
    let start = Instant::now();
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("Starting {}", program.display()))?;
    let wall = start.elapsed().as_secs_f64();
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    if !output.status.success() {
        println!("{}", String::from_utf8_lossy(&output.stdout));
        println!("{}", String::from_utf8_lossy(&output.stderr));
        return Ok(ExitCode::FAILURE);
    }
    let cpu = seconds(used.user_time()) + seconds(used.system_time());
    #[expect(clippy::cast_precision_loss, reason = "kibibytes to a tenth of a MiB")]
    let peak = used.max_rss() as f64 / 1024.0;
    println!("{wall} {cpu} {peak}");
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::cast_precision_loss, reason = "seconds of one command")]
fn seconds(time: TimeVal) -> f64 {
    time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6
}

/// The median of each number by itself; there is at least one.
pub(crate) fn median(usages: &[Usage]) -> Usage {
    let of = |number: fn(&Usage) -> f64| {
        let mut numbers: Vec<f64> = usages.iter().map(number).collect();
        numbers.sort_by(f64::total_cmp);
        numbers[numbers.len() / 2]
    };
    Usage {
        wall: of(|usage| usage.wall),
        cpu: of(|usage| usage.cpu),
        peak: of(|usage| usage.peak),
    }
}
