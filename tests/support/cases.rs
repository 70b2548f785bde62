//! Cases in text files: files, commands, and all that these print. A case is its own expected outcome.
//!
//! ```text
//! What is shown here, in a sentence.
//! --- file jobs/web/spec
//! name: web
//! --- $ bosh-release fingerprint jobs/web
//! --- exit 1
//! --- stderr
//! error: ...
//! ```
//!
//! A section begins with `--- ` and ends at the next one. Sections are taken in order:
//! * `file PATH`: written into the release directory `demo`, which begins with a `config/final.yml` and a `config/blobs.yml`;
//! * `$ COMMAND`: run by `sh` in the release directory, with the built binary in `PATH`;
//! * `exit CODE` (when it is not 0), `stdout`, `stderr` (when there is any): what the command before gave. `without
//!   line break` after the name says that the last line has none;
//! * `changed` after a failed command: files that it made, altered or removed.
//!
//! What differs from run to run is replaced: the temporary directory by `$BASE`, random identifiers by `<uuid>`. So are the
//! digests of archives (all that were in the cache), by `<archive>`: they follow from the compressor, which has its own tests.
//! `BOSH_RELEASE_TEST_BLESS=1` writes what happened into the files; read the difference before you commit it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};

use anyhow::{Context, Result, bail};
use libtest_mimic::{Arguments, Failed, Trial};
use regex::Regex;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Runs all cases in `directory`, one test each.
pub(crate) fn run(directory: &str) -> Result<ExitCode> {
    // What a tool writes is compared with its mode, so the caller's umask must not show.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let mut trials = Vec::new();
    for entry in fs::read_dir(&directory)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            trials.push(Trial::test(name.into_owned(), move || judge(&path)));
        }
    }
    if trials.is_empty() {
        bail!("no case in {}", directory.display());
    }
    trials.sort_by(|a, b| a.name().cmp(b.name()));
    Ok(libtest_mimic::run(&Arguments::from_args(), trials).exit_code())
}

/// One section of a case.
struct Section<'a> {
    /// The line that begins it, without `--- `.
    title: &'a str,
    text: &'a str,
}

fn judge(path: &Path) -> Result<(), Failed> {
    let expected =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let actual = play(&expected)?;
    if actual == expected {
        return Ok(());
    }
    if variable("BOSH_RELEASE_TEST_BLESS").is_some() {
        fs::write(path, actual)?;
        return Ok(());
    }
    Err(difference(&expected, &actual).into())
}

/// The first lines that differ, and what follows.
fn difference(expected: &str, actual: &str) -> String {
    let same = expected
        .lines()
        .zip(actual.lines())
        .take_while(|(a, b)| a == b)
        .count();
    let rest = |text: &str| -> String {
        text.lines()
            .skip(same)
            .take(40)
            .fold(String::new(), |text, line| text + line + "\n")
    };
    format!(
        "line {} and what follows should be:\n{}but is:\n{}",
        same + 1,
        rest(expected),
        rest(actual)
    )
}

/// Does what the case says; its text with the outcome as it is.
fn play(text: &str) -> Result<String> {
    let (head, sections) = sections(text);
    let mut stage = Stage::new()?;
    let mut played = head.to_owned();
    for section in &sections {
        if let Some(path) = section.title.strip_prefix("file ") {
            stage.write(path, section.text)?;
            write!(played, "--- {}\n{}", section.title, section.text)?;
        } else if let Some(command) = section.title.strip_prefix("$ ") {
            writeln!(played, "--- {}", section.title)?;
            played.push_str(&stage.command(command)?);
        } else if !is_outcome(section.title) {
            bail!(
                "a section begins with `--- {}`, which is unknown",
                section.title
            );
        }
    }
    Ok(played)
}

fn is_outcome(title: &str) -> bool {
    ["exit ", "stdout", "stderr", "changed"]
        .iter()
        .any(|word| title.starts_with(word))
}

fn sections(text: &str) -> (&str, Vec<Section<'_>>) {
    let mut starts: Vec<usize> = text.match_indices("\n--- ").map(|(at, _)| at + 1).collect();
    starts.push(text.len());
    let sections = starts.windows(2).map(|range| {
        let section = &text[range[0] + "--- ".len()..range[1]];
        let (title, text) = section.split_once('\n').unwrap_or((section, ""));
        Section { title, text }
    });
    (&text[..starts[0]], sections.collect())
}

/// The directories in which a case happens; removed when dropped.
struct Stage {
    _owner: tempfile::TempDir,
    base: PathBuf,
    release: PathBuf,
    /// Digests of all archives that were in the cache so far, as hexadecimal digits.
    archives: BTreeSet<String>,
}

impl Stage {
    fn new() -> Result<Self> {
        let owner = tempfile::Builder::new().prefix("case").tempdir()?;
        let base = fs::canonicalize(owner.path())?;
        let stage = Self {
            _owner: owner,
            release: base.join("demo"),
            base,
            archives: BTreeSet::new(),
        };
        fs::create_dir(stage.base.join("home"))?;
        stage.write("config/final.yml", "name: demo\n")?;
        stage.write("config/blobs.yml", "{}\n")?;
        Ok(stage)
    }

    fn write(&self, path: &str, text: &str) -> Result<()> {
        let path = self.release.join(path);
        fs::create_dir_all(path.parent().context("a file has a directory")?)?;
        Ok(fs::write(path, text)?)
    }

    /// Runs a command; its outcome as sections.
    fn command(&mut self, command: &str) -> Result<String> {
        let before = self.files(&self.base)?;
        let output = self.sh(command)?;
        self.note_archives()?;
        let mut shown = String::new();
        if !output.status.success() {
            writeln!(
                shown,
                "--- exit {}",
                output.status.code().context("killed")?
            )?;
        }
        shown.push_str(&self.stream("stdout", &output.stdout)?);
        shown.push_str(&self.stream("stderr", &output.stderr)?);
        if !output.status.success() {
            let list = changed(&before, &self.files(&self.base)?);
            shown.push_str(&self.normal(&list)?);
        }
        Ok(shown)
    }

    fn sh(&self, command: &str) -> Result<Output> {
        let mut sh = Command::new("sh");
        sh.arg("-ec").arg(command).current_dir(&self.release);
        sh.env_clear().stdin(Stdio::null());
        let binary = Path::new(env!("CARGO_BIN_EXE_bosh-release"));
        let mut path: OsString = binary.parent().context("the binary's directory")?.into();
        path.push(":");
        path.push(variable("PATH").context("there is a PATH")?);
        sh.env("PATH", path).env("HOME", self.base.join("home"));
        for (name, value) in [
            ("LC_ALL", "C.UTF-8"),
            ("TZ", "UTC"),
            ("GIT_AUTHOR_NAME", "case"),
            ("GIT_AUTHOR_EMAIL", "case@example.invalid"),
            ("GIT_AUTHOR_DATE", "2020-01-01T00:00:00Z"),
            ("GIT_COMMITTER_NAME", "case"),
            ("GIT_COMMITTER_EMAIL", "case@example.invalid"),
            ("GIT_COMMITTER_DATE", "2020-01-01T00:00:00Z"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
        ] {
            sh.env(name, value);
        }
        sh.env("GIT_CEILING_DIRECTORIES", &self.base);
        Ok(sh.output()?)
    }

    fn stream(&self, name: &str, bytes: &[u8]) -> Result<String> {
        if bytes.is_empty() {
            return Ok(String::new());
        }
        let text = self.normal(&String::from_utf8_lossy(bytes))?;
        Ok(if text.ends_with('\n') {
            format!("--- {name}\n{text}")
        } else {
            format!("--- {name} without line break\n{text}\n")
        })
    }

    /// `text` without what differs from run to run.
    fn normal(&self, text: &str) -> Result<String> {
        let mut text = text.replace(&*self.base.to_string_lossy(), "$BASE");
        for digest in &self.archives {
            text = text.replace(digest, "<archive>");
        }
        let uuid = Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")?;
        Ok(uuid.replace_all(&text, "<uuid>").into_owned())
    }

    fn note_archives(&mut self) -> Result<()> {
        let cache = self.base.join("home/.bosh/cache");
        for entry in fs::read_dir(cache).into_iter().flatten() {
            let path = entry?.path();
            let content = fs::read(&path).unwrap_or_default();
            let sha1 = Sha1::digest(&content);
            let hex = |bytes: &[u8]| {
                bytes
                    .iter()
                    .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
            };
            self.archives.insert(hex(&sha1));
            self.archives.insert(hex(&Sha256::digest(&content)));
        }
        Ok(())
    }

    /// All files below `directory` but git's own, with their content.
    fn files(&self, directory: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(directory).into_iter().flatten() {
            let entry = entry?;
            let path = entry.path();
            let kind = entry.file_type()?;
            if kind.is_dir() && entry.file_name() != ".git" {
                files.append(&mut self.files(&path)?);
            } else if !kind.is_dir() {
                let content = if kind.is_file() {
                    fs::read(&path).unwrap_or_default()
                } else {
                    Vec::new()
                };
                files.insert(path.strip_prefix(&self.base)?.to_owned(), content);
            }
        }
        Ok(files)
    }
}

fn changed(before: &BTreeMap<PathBuf, Vec<u8>>, after: &BTreeMap<PathBuf, Vec<u8>>) -> String {
    let mut paths: Vec<&PathBuf> = before.keys().chain(after.keys()).collect();
    paths.sort();
    paths.dedup();
    paths.retain(|path| before.get(*path) != after.get(*path));
    if paths.is_empty() {
        return String::new();
    }
    paths.iter().fold("--- changed\n".to_owned(), |text, path| {
        text + &path.display().to_string() + "\n"
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test is an edge: programs are found by PATH, and the caller may bless"
)]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
