//! A deployment of 200 instances with 5 jobs and 10 templates each, by the built binary. See `benches/README.md`.

#![allow(
    missing_docs,
    clippy::print_stdout,
    reason = "a program for developers: prints a table"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

const INSTANCES: usize = 200;
const JOBS: usize = 5;
const TEMPLATES: usize = 10;
const RUNS: usize = 7;

fn main() -> Result<ExitCode> {
    let directory = tempfile::tempdir()?;
    let root = directory.path();
    generate(root)?;
    println!(
        "{INSTANCES} instances, {JOBS} jobs, {TEMPLATES} templates each: {} files; medians of {RUNS}",
        INSTANCES * JOBS * (TEMPLATES + 2)
    );
    println!("| what | ms |");
    println!("|---|--:|");
    row("every file printed", root, &["render", "m.yml"])?;
    row(
        "every file written",
        root,
        &["render", "m.yml", "--output", "out"],
    )?;
    println!("| the same files, by cp -r | {:.0} |", copied(root)?);
    let one = ["render", "m.yml", "--instance", "web0/0"];
    row("one instance", root, &one)?;
    row(
        "one thread, every file printed",
        root,
        &["render", "m.yml", "--parallel", "1"],
    )?;
    row("links", root, &["links", "m.yml"])?;
    Ok(ExitCode::SUCCESS)
}

fn row(what: &str, root: &Path, arguments: &[&str]) -> Result<()> {
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        times.push(run(root, arguments)?);
    }
    times.sort();
    let median = times.get(RUNS / 2).copied().unwrap_or_default();
    println!("| {what} | {:.0} |", median.as_secs_f64() * 1e3);
    Ok(())
}

/// What of writing so many files is the machine's, in milliseconds.
fn copied(root: &Path) -> Result<f64> {
    let mut times = Vec::with_capacity(RUNS);
    for number in 0..RUNS {
        let begin = Instant::now();
        let copy = format!("copy{number}");
        let status = Command::new("cp")
            .args(["-r", "out", &copy])
            .current_dir(root)
            .status()?;
        ensure!(status.success(), "cp failed");
        times.push(begin.elapsed());
        fs::remove_dir_all(root.join(copy))?;
    }
    times.sort();
    Ok(times
        .get(RUNS / 2)
        .copied()
        .unwrap_or_default()
        .as_secs_f64()
        * 1e3)
}

fn run(root: &Path, arguments: &[&str]) -> Result<Duration> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bosh-release"));
    command.args(arguments).current_dir(root).env("HOME", root);
    let begin = Instant::now();
    let status = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let time = begin.elapsed();
    ensure!(status.success(), "{arguments:?} failed");
    Ok(time)
}

/// A release of jobs that link to one another, and a manifest with groups in three zones.
fn generate(root: &Path) -> Result<()> {
    fs::create_dir_all(root.join("config"))?;
    fs::create_dir_all(root.join("packages"))?;
    fs::write(root.join("config/final.yml"), "name: bench\n")?;
    for job in 0..JOBS {
        write_job(root, job)?;
    }
    let mut manifest = "name: bench\nreleases: [{name: bench, version: latest}]\n\
        stemcells: [{alias: default, os: ubuntu-noble, version: latest}]\n\
        update: {canaries: 1, max_in_flight: 1, canary_watch_time: 1000, update_watch_time: 1000}\n\
        instance_groups:\n"
        .to_owned();
    let groups = 10;
    for group in 0..groups {
        write!(
            manifest,
            "- name: web{group}\n  azs: [z1, z2, z3]\n  instances: {}\n  vm_type: default\n  stemcell: default\n  \
             networks: [{{name: default}}]\n  jobs:\n",
            INSTANCES / groups
        )?;
        for job in 0..JOBS {
            writeln!(
                manifest,
                "  - name: job{job}\n    release: bench\n    provides: {{peers{job}: {{as: peers{job}-{group}}}}}\n    \
                 consumes: {{peers{job}: {{from: peers{job}-{group}}}}}\n    \
                 properties: {{port: {}, tags: [a, b, c], limits: {{files: 1024, clients: {group}}}}}",
                8000 + job
            )?;
        }
    }
    fs::write(root.join("m.yml"), manifest)?;
    Ok(())
}

fn write_job(root: &Path, job: usize) -> Result<()> {
    let directory = root.join(format!("jobs/job{job}"));
    fs::create_dir_all(directory.join("templates"))?;
    let mut spec = format!("name: job{job}\npackages: []\ntemplates:\n");
    for template in 0..TEMPLATES {
        writeln!(spec, "  t{template}.erb: config/t{template}.conf")?;
        fs::write(
            directory.join(format!("templates/t{template}.erb")),
            template_text(job),
        )?;
    }
    write!(
        spec,
        "provides: [{{name: peers{job}, type: peers{job}, properties: [port]}}]\n\
         consumes: [{{name: peers{job}, type: peers{job}}}]\n\
         properties:\n  port: {{default: 80}}\n  tags: {{default: []}}\n  limits.files: {{default: 1}}\n  \
         limits.clients: {{default: 1}}\n  log.level: {{default: info}}\n  tls.certificate: {{}}\n"
    )?;
    fs::write(directory.join("spec"), spec)?;
    let monit =
        format!("check process job{job}\n  with pidfile /var/vcap/sys/run/<%= name %>.pid\n");
    Ok(fs::write(directory.join("monit"), monit)?)
}

/// What templates usually do: properties, a loop, an optional one, some peers of a link.
fn template_text(job: usize) -> String {
    format!(
        "# <%= name %>/<%= spec.index %> in <%= spec.az %>\n\
         listen <%= spec.ip %>:<%= p('port') %>\n\
         level <%= p('log.level').upcase %>\n\
         <% p('tags').each do |tag| -%>\ntag <%= tag %>\n<% end -%>\n\
         files <%= [p('limits.files'), 4096].max %>\n\
         <% if_p('tls.certificate') do |text| -%>\n<%= text %>\n<% end -%>\n\
         <% link('peers{job}').instances.first(3).each do |peer| -%>\n\
         peer <%= peer.address %>:<%= link('peers{job}').p('port') %><%= ' self' if peer.id == spec.id %>\n\
         <% end -%>\n"
    )
}
