//! All job templates of this repository, rendered in process and as one process. See `benches/README.md`.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program for developers: reads its environment and prints a table"
)]

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use bosh_release::release::directory::ReleaseDirectory;
use bosh_release::release::job;
use bosh_release::release::tera::TemplatePartials;
use bosh_release::render::context::InstanceSpec;
use bosh_release::render::template::Template;
use bosh_release::render::{input, properties};
use bosh_release::ruby::eval::{Version, World};
use bosh_release::ruby::limits::Limits;
use bosh_release::source::Source;
use bosh_release::yaml::Value;

/// Set for the process that only renders everything once.
const ONCE: &str = "BENCH_RENDER_ONCE";
/// Another release with the same jobs, such as an exported one.
const RELEASE: &str = "BENCH_RELEASE";
const RUNS: usize = 9;
const ROUNDS: u32 = 200;

/// A template and what it is rendered with.
struct Work {
    text: String,
    name: (String, String),
    template: Template,
    instance: Arc<InstanceSpec>,
}

fn main() -> Result<ExitCode> {
    let works = read_works()?;
    if env::var_os(ONCE).is_some() {
        render_all(&works)?;
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} templates, medians of {RUNS}", works.len());
    println!("| what | each |");
    println!("|---|--:|");
    let count = u32::try_from(works.len())?;
    row(
        "compile",
        median(|| {
            compile_all(&works);
            Ok(())
        })? / ROUNDS
            / count,
    );
    row("render", median(|| rounds(&works))? / ROUNDS / count);
    row("all as one process", median(|| process(true))?);
    row("a process that does nothing", median(|| process(false))?);
    for threads in [1, 2, 4] {
        let time = median(|| parallel(&works, threads))? / ROUNDS / count;
        row(&format!("render, {threads} threads"), time);
    }
    Ok(ExitCode::SUCCESS)
}

fn row(what: &str, time: Duration) {
    println!("| {what} | {:.1} µs |", time.as_secs_f64() * 1e6);
}

fn median(mut run: impl FnMut() -> Result<()>) -> Result<Duration> {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let start = Instant::now();
        run()?;
        times.push(start.elapsed());
    }
    times.sort();
    Ok(times[RUNS / 2])
}

fn world() -> World {
    World {
        now: (1_700_000_000, 0),
        seed: 1,
        version: Version::Ruby34,
        limits: Limits::default(),
    }
}

fn render_all(works: &[Work]) -> Result<()> {
    for work in works {
        let rendered = work.template.render(&work.instance, &world());
        rendered.map_err(|error| anyhow!("{error}"))?;
    }
    Ok(())
}

fn rounds(works: &[Work]) -> Result<()> {
    (0..ROUNDS).try_for_each(|_| render_all(works))
}

fn compile_all(works: &[Work]) {
    for _ in 0..ROUNDS {
        for work in works {
            let compiled = Template::compile(&work.name.0, &work.name.1, &work.text);
            std::hint::black_box(compiled);
        }
    }
}

/// Each thread does its share of the rounds.
fn parallel(works: &[Work], threads: u32) -> Result<()> {
    thread::scope(|scope| {
        let share = ROUNDS / threads;
        let running: Vec<_> = (0..threads)
            .map(|_| scope.spawn(move || (0..share).try_for_each(|_| render_all(works))))
            .collect();
        running
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?)
    })
}

/// This program again, which compiles and renders every template once.
fn process(render: bool) -> Result<()> {
    let mut command = if render {
        Command::new(env::current_exe()?)
    } else {
        Command::new("true")
    };
    let status = command.env(ONCE, "1").status()?;
    anyhow::ensure!(status.success(), "the process failed");
    Ok(())
}

/// The templates of all jobs as they are packed: those in Tera are ERB already.
fn read_works() -> Result<Vec<Work>> {
    let here = OsString::from(env!("CARGO_MANIFEST_DIR"));
    let root = PathBuf::from(env::var_os(RELEASE).unwrap_or(here));
    let release = ReleaseDirectory::new(&root, &root);
    let partials = TemplatePartials::of(&release);
    let mut works = Vec::new();
    for name in ["redis", "redis-sentinel", "sanity-tests"] {
        let instance = Arc::new(instance(&root.join("jobs").join(name))?);
        let job = job::read(&release, &partials, name).map_err(|faults| anyhow!("{faults:?}"))?;
        anyhow::ensure!(job.faults.is_empty(), "{:?}", job.faults);
        for file in &job.resource.files {
            let path = file.path.display().to_string();
            if path != "monit" && !path.starts_with("templates/") {
                continue;
            }
            let mut text = String::new();
            file.open()?.read_to_string(&mut text)?;
            works.push(Work {
                template: Template::compile(name, &path, &text),
                text,
                name: (name.to_owned(), path),
                instance: instance.clone(),
            });
        }
    }
    Ok(works)
}

/// An instance with the job's defaults, passwords, and links to three instances of Redis.
fn instance(job: &Path) -> Result<InstanceSpec> {
    let read = |path: &Path| -> Result<Value> {
        let source = Source::new(path.display().to_string(), fs::read_to_string(path)?);
        input::read_data(&source).map_err(|error| anyhow!("{error:?}"))
    };
    let spec = read(&job.join("spec"))?;
    let name = job
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let declared = spec.get("properties").cloned().unwrap_or_default();
    let declared = properties::declared(&name, &declared).map_err(|error| anyhow!("{error}"))?;
    let mut context =
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/render/instance.yml"))?;
    let given = context.get("properties").cloned().unwrap_or_default();
    let bound = properties::bind(&declared, &given).map_err(|error| anyhow!("{error}"))?;
    let Value::Mapping(entries) = &mut context else {
        return Err(anyhow!("instance.yml holds no map"));
    };
    entries.retain(|(key, _)| key.as_str() != Some("properties"));
    entries.push((Value::from("properties"), bound));
    InstanceSpec::new(context, None)
        .map_err(|error| anyhow!("{error}"))
        .context("instance.yml")
}
