//! The frame in which a case runs: a temporary directory, a fixed environment, the release tree, its steps.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

/// What a release repository keeps out of git.
const IGNORED: &str = "config/private.yml\nblobs\ndev_releases\nreleases/**/*.tgz\n.dev_builds\n";

/// A directory of the vectors.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
    /// Paths below `release/` that are links, see `links.txt`.
    links: BTreeSet<PathBuf>,
    spec: Value,
}

impl Case {
    /// All cases below `vectors/release`, sorted by name.
    pub(crate) fn all(vectors: &Path) -> Result<Vec<Self>> {
        let links = super::read(&vectors.join("links.txt"))?;
        let mut cases = Vec::new();
        for entry in fs::read_dir(vectors.join("release"))? {
            let directory = entry?.path();
            if directory.join("case.json").exists() {
                cases.push(Self::read(vectors, directory, &links)?);
            }
        }
        ensure!(!cases.is_empty(), "no case in {}", vectors.display());
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(cases)
    }

    fn read(vectors: &Path, directory: PathBuf, links: &str) -> Result<Self> {
        let spec = serde_json::from_str(&super::read(&directory.join("case.json"))?)?;
        let name = directory
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let tree = directory.join("release");
        let links = links
            .lines()
            .filter_map(|line| {
                vectors
                    .join(line)
                    .strip_prefix(&tree)
                    .map(Path::to_path_buf)
                    .ok()
            })
            .collect();
        Ok(Self {
            name,
            directory,
            links,
            spec,
        })
    }

    /// The keys that are stable in this case, if only some are.
    pub(crate) fn only(&self) -> Option<Vec<String>> {
        let keys = self.spec["check"].as_array()?;
        Some(
            keys.iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        )
    }

    pub(crate) fn steps(&self) -> Result<&Vec<Value>> {
        self.spec["steps"]
            .as_array()
            .context("the case has no steps")
    }
}

/// A temporary directory with the release of a case in it; removed when dropped.
pub(crate) struct Sandbox {
    _owner: TempDir,
    /// The directory, without links in its path.
    pub(crate) base: PathBuf,
    /// The release directory.
    pub(crate) root: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Sandbox {
    /// Copies the release, runs `setup.sh`, and commits everything where the case wants it.
    pub(crate) fn new(case: &Case) -> Result<Self> {
        let owner = tempfile::Builder::new().prefix("vec").tempdir()?;
        let base = fs::canonicalize(owner.path())?;
        let root = base
            .join("work")
            .join(case.spec["dirname"].as_str().unwrap_or("release"));
        let environment = environment(&base);
        let sandbox = Self {
            _owner: owner,
            base,
            root,
            environment,
        };
        sandbox.fill(case)?;
        Ok(sandbox)
    }

    fn fill(&self, case: &Case) -> Result<()> {
        let git = self.base.join("home/.config/git");
        fs::create_dir_all(&git)?;
        fs::write(git.join("ignore"), IGNORED)?;
        fs::create_dir_all(&self.root)?;
        let tree = case.directory.join("release");
        if tree.is_dir() {
            copy(&tree, &self.root, Path::new(""), &case.links)?;
        }
        let setup = case.directory.join("setup.sh");
        if setup.exists() {
            let output = self
                .command("sh", &self.root)
                .arg("-e")
                .arg(setup)
                .stdin(Stdio::null())
                .output()?;
            succeeded("setup.sh", &output)?;
        }
        if case.spec["git"].as_bool().unwrap_or(true) {
            self.shell(
                "git init -q -b main . && git add -A && git commit -qm c0 --allow-empty",
                &self.root,
            )?;
        }
        Ok(())
    }

    /// A program in `directory` with the environment of the frame.
    pub(crate) fn command(&self, program: impl AsRef<Path>, directory: &Path) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .current_dir(directory)
            .env_clear()
            .envs(self.environment.iter().map(|(k, v)| (k, v)));
        command
    }

    /// Runs one step: `Some` output if it was one of the tool, `None` for a shell step, which has to succeed.
    pub(crate) fn step(&self, step: &Value, tool: &Path) -> Result<Option<Output>> {
        let directory = self.root.join(step["cwd"].as_str().unwrap_or("."));
        if let Some(script) = step["sh"].as_str() {
            self.shell(script, &directory)?;
            return Ok(None);
        }
        let mut command = self.command(tool, &directory);
        command.args(arguments(step)?);
        for (name, value) in step["env"].as_object().into_iter().flatten() {
            command.env(name, value.as_str().context("env holds strings")?);
        }
        run(&mut command, step["stdin"].as_str().unwrap_or_default()).map(Some)
    }

    fn shell(&self, script: &str, directory: &Path) -> Result<()> {
        let output = self
            .command("sh", directory)
            .arg("-ec")
            .arg(script)
            .stdin(Stdio::null())
            .output()?;
        succeeded(script, &output)
    }
}

impl Drop for Sandbox {
    /// A case may make directories that cannot be entered or emptied.
    fn drop(&mut self) {
        open_directories(&self.base);
    }
}

/// The arguments of a step of the tool.
pub(crate) fn arguments(step: &Value) -> Result<Vec<&str>> {
    let list = step["bosh"]
        .as_array()
        .context("a step has `bosh` or `sh`")?;
    list.iter()
        .map(|argument| argument.as_str().context("an argument is a string"))
        .collect()
}

/// The exit code as a shell's parent sees it: the negated signal for a killed process.
pub(crate) fn exit_code(output: &Output) -> i32 {
    output
        .status
        .code()
        .unwrap_or_else(|| -output.status.signal().unwrap_or_default())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test is an edge: the programs of a case are found by PATH"
)]
fn environment(base: &Path) -> Vec<(OsString, OsString)> {
    let kept = ["PATH", "TMPDIR", "LD_LIBRARY_PATH"];
    let kept = kept
        .into_iter()
        .filter_map(|name| Some((name.into(), std::env::var_os(name)?)));
    let fixed = [
        ("LC_ALL", "C.UTF-8"),
        ("TZ", "UTC"),
        ("BOSH_NON_INTERACTIVE", "true"),
        ("GIT_AUTHOR_NAME", "vec"),
        ("GIT_AUTHOR_EMAIL", "vec@example.invalid"),
        ("GIT_AUTHOR_DATE", "2020-01-01T00:00:00Z"),
        ("GIT_COMMITTER_NAME", "vec"),
        ("GIT_COMMITTER_EMAIL", "vec@example.invalid"),
        ("GIT_COMMITTER_DATE", "2020-01-01T00:00:00Z"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
    ];
    let fixed = fixed
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()));
    let places = [
        ("HOME", base.join("home")),
        ("GIT_CEILING_DIRECTORIES", base.to_path_buf()),
    ];
    let places = places
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()));
    kept.chain(fixed).chain(places).collect()
}

fn run(command: &mut Command, input: &str) -> Result<Output> {
    if input.is_empty() {
        return Ok(command.stdin(Stdio::null()).output()?);
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        // A tool that does not read its input closes the pipe: that is its right.
        let _ = pipe.write_all(input.as_bytes());
    }
    Ok(child.wait_with_output()?)
}

fn succeeded(what: &str, output: &Output) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    bail!(
        "the step `{what}` failed: {}",
        String::from_utf8_lossy(&said).trim()
    )
}

/// Copies a tree as git keeps it: links, and files of mode 0755 or 0644.
fn copy(from: &Path, to: &Path, below: &Path, links: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(from.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        let (source, target) = (from.join(&path), to.join(&path));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            fs::create_dir(&target)?;
            copy(from, to, &path, links)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
        } else if links.contains(&path) {
            symlink(super::read(&source)?, &target)?;
        } else {
            fs::write(&target, fs::read(&source)?)?;
            let executable = entry.metadata()?.permissions().mode() & 0o100 != 0;
            fs::set_permissions(
                &target,
                fs::Permissions::from_mode(if executable { 0o755 } else { 0o644 }),
            )?;
        }
    }
    Ok(())
}

fn open_directories(directory: &Path) {
    let _ = fs::set_permissions(directory, fs::Permissions::from_mode(0o755));
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_directories(&entry.path());
        }
    }
}
