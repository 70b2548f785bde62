//! A place of its own for a test: a home, release directories, and programs run there with a fixed environment.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests: a failure is a panic"
)]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use bosh_release::digest::Sha256;
use tempfile::TempDir;

/// A user that permission bits hold for, also when the tests are run by root.
const NOBODY: u32 = 65534;

/// A temporary directory with a home in it; removed when dropped.
pub(crate) struct Site {
    _owner: TempDir,
    /// The directory, without links in its path.
    pub(crate) base: PathBuf,
    /// `HOME` of the programs.
    pub(crate) home: PathBuf,
}

/// Every path below some directories, with what is there: kind, mode, digest.
pub(crate) type Snapshot = BTreeMap<PathBuf, String>;

impl Site {
    pub(crate) fn new() -> Self {
        let owner = tempfile::Builder::new()
            .prefix("site")
            .tempdir()
            .expect("a directory");
        let base = fs::canonicalize(owner.path()).expect("its path");
        let home = base.join("home");
        fs::create_dir(&home).expect("a home");
        Self {
            _owner: owner,
            base,
            home,
        }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.base.join(path)
    }

    /// A program in `directory` with the environment of the site.
    pub(crate) fn command(&self, program: impl AsRef<Path>, directory: &Path) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .current_dir(directory)
            .env_clear()
            .env("PATH", variable("PATH").unwrap_or_default())
            .env("HOME", &self.home)
            .env("LC_ALL", "C.UTF-8")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", "2020-01-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2020-01-01T00:00:00Z")
            .envs([
                ("GIT_AUTHOR_NAME", "n"),
                ("GIT_AUTHOR_EMAIL", "n@example.com"),
                ("GIT_COMMITTER_NAME", "n"),
                ("GIT_COMMITTER_EMAIL", "n@example.com"),
            ])
            // A tree may belong to another user than the one who runs the program.
            .envs([
                ("GIT_CONFIG_COUNT", "1"),
                ("GIT_CONFIG_KEY_0", "safe.directory"),
                ("GIT_CONFIG_VALUE_0", "*"),
            ])
            .stdin(Stdio::null());
        command
    }

    /// The binary with arguments.
    pub(crate) fn tool(&self, directory: &Path, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_bosh-release"), directory);
        command.args(arguments);
        command
    }

    /// The binary run by a user whom permissions stop; what it has to write must be [given](Self::give) to that user.
    pub(crate) fn tool_as_nobody(&self, directory: &Path, arguments: &[&str]) -> Command {
        if !rustix::process::geteuid().is_root() {
            return self.tool(directory, arguments);
        }
        let copy = self.path("bosh-release");
        if !copy.exists() {
            // By another process: a file that this one has open for writing, if only in a child of another thread for
            // a moment, cannot be run.
            copy_tree(Path::new(env!("CARGO_BIN_EXE_bosh-release")), &copy);
        }
        let mut command = self.command("setpriv", directory);
        let user = NOBODY.to_string();
        command
            .args(["--reuid", &user, "--regid", &user, "--clear-groups"])
            .arg(copy)
            .args(arguments);
        command
    }

    /// Everything here now belongs to the user of [`tool_as_nobody`](Self::tool_as_nobody).
    pub(crate) fn give(&self) {
        if rustix::process::geteuid().is_root() {
            let owner = format!("{NOBODY}:{NOBODY}");
            let mut command = self.command("chown", &self.base);
            done(command.args(["-R", &owner]).arg(&self.base));
        }
    }

    /// Runs the binary, which must succeed; its stderr.
    pub(crate) fn run(&self, directory: &Path, arguments: &[&str]) -> String {
        done(&mut self.tool(directory, arguments))
    }

    /// Runs the binary, which must fail with exit code 1; its stderr.
    pub(crate) fn refuse(&self, directory: &Path, arguments: &[&str]) -> String {
        refused(&mut self.tool(directory, arguments))
    }

    pub(crate) fn git(&self, directory: &Path, arguments: &[&str]) {
        done(self.command("git", directory).args(arguments));
    }

    /// Makes a repository of a directory, with everything in it committed.
    pub(crate) fn commit_all(&self, directory: &Path) {
        self.git(directory, &["init", "-q", "-b", "main"]);
        self.git(directory, &["add", "-A"]);
        self.git(directory, &["commit", "-q", "-m", "c"]);
    }
}

impl Drop for Site {
    /// A test may have made directories that cannot be emptied.
    fn drop(&mut self) {
        open_directories(&self.base);
    }
}

fn open_directories(directory: &Path) {
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).ok();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_directories(&entry.path());
        }
    }
}

/// Runs a command that must succeed; its stderr.
pub(crate) fn done(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a command that must fail with exit code 1; its stderr.
pub(crate) fn refused(command: &mut Command) -> String {
    let output = command.output().expect("it starts");
    assert_eq!(
        output.status.code(),
        Some(1),
        "{command:?}: {}",
        said(&output)
    );
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Everything a program printed.
pub(crate) fn said(output: &Output) -> String {
    let both = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&both).into_owned()
}

/// Writes a file, with the directories above.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
    fs::write(path, content).expect("a file");
}

/// Copies files, links and modes.
pub(crate) fn copy_tree(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).output();
    let copied = copied.expect("cp runs");
    assert!(copied.status.success(), "{}", said(&copied));
}

/// What is below `root`, without the paths that `passed_over` holds for.
pub(crate) fn snapshot(root: &Path, passed_over: &dyn Fn(&Path) -> bool) -> Snapshot {
    let mut found = Snapshot::new();
    look(root, passed_over, &mut found);
    found
}

fn look(directory: &Path, passed_over: &dyn Fn(&Path) -> bool, found: &mut Snapshot) {
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if passed_over(&path) {
            continue;
        }
        let metadata = fs::symlink_metadata(&path).expect("its kind");
        let mode = metadata.permissions().mode() & 0o7777;
        let content = if metadata.is_symlink() {
            format!("-> {}", fs::read_link(&path).expect("a target").display())
        } else if metadata.is_dir() {
            look(&path, passed_over, found);
            format!("directory {mode:o}")
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            format!("{mode:o} {} {}", bytes.len(), Sha256::of(&bytes))
        };
        found.insert(path, content);
    }
}

/// What differs, for a message.
pub(crate) fn difference(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let gone = before
        .iter()
        .filter(|(path, content)| after.get(*path) != Some(content))
        .map(|(path, content)| format!("- {} {content}", path.display()));
    let new = after
        .iter()
        .filter(|(path, content)| before.get(*path) != Some(content))
        .map(|(path, content)| format!("+ {} {content}", path.display()));
    gone.chain(new).collect()
}

/// Whether a program is on PATH; when the tools are required, a missing one is a failure.
pub(crate) fn have(program: &str) -> bool {
    let paths = variable("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).any(|path| path.join(program).is_file());
    let required = variable("BOSH_RELEASE_TEST_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(found || !required, "{program} is required, but not on PATH");
    found
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test is an edge: where programs are is read from the environment"
)]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}
