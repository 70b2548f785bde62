//! A release directory of its own with a home of its own, and the binary run in it within limits.

#![allow(
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a test's helpers fail the test, and hand PATH on"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// No command on a small release may take longer, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
/// Address space of a run, in KiB: a multiple of what any of them needs.
const MEMORY: &str = "3000000";
/// A user that permission bits hold for.
const NOBODY: u32 = 65534;

/// A small release with everything in it that a command can read.
pub(crate) struct Place {
    owner: TempDir,
    /// The release directory, without links in its path.
    pub(crate) root: PathBuf,
    /// `HOME`.
    pub(crate) home: PathBuf,
    unprivileged: bool,
}

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// `None` when it was killed by a signal.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) timed_out: bool,
}

impl Place {
    /// `demo`: a job, packages of files and of a blob, a license, a local blobstore; committed, nothing built.
    pub(crate) fn new() -> Self {
        let owner = tempfile::Builder::new()
            .prefix("place")
            .tempdir()
            .expect("a temporary directory");
        let base = fs::canonicalize(owner.path()).expect("its path");
        let place = Self {
            root: base.join("release"),
            home: base.join("home"),
            owner,
            unprivileged: false,
        };
        fs::create_dir_all(&place.home).expect("a home");
        for (path, text) in FILES {
            place.write(path, text);
        }
        place.git(&["init", "-q"]);
        place.git(&["add", "-A"]);
        place.git(&["commit", "-q", "-m", "first"]);
        place
    }

    /// The same after a dev release, a final release with its tarball at `demo.tgz`, and a lock of a vendored package.
    pub(crate) fn built() -> Self {
        let place = Self::new();
        place.expect(&["create-release", "--force"]);
        place.expect(&[
            "create-release",
            "--final",
            "--force",
            "--tarball",
            "demo.tgz",
        ]);
        place
    }

    /// A path in the release.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Writes a file of the release.
    pub(crate) fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, bytes).expect("a file");
    }

    /// Removes whatever is there.
    pub(crate) fn remove(&self, path: &str) {
        let path = self.path(path);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(path).expect("removed"),
            Ok(_) => fs::remove_file(path).expect("removed"),
            Err(_) => {}
        }
    }

    /// A link in place of whatever is there.
    pub(crate) fn link(&self, path: &str, target: &str) {
        self.remove(path);
        fs::create_dir_all(self.path(path).parent().expect("a parent")).expect("a directory");
        symlink(target, self.path(path)).expect("a link");
    }

    /// An empty directory in place of whatever is there.
    pub(crate) fn directory(&self, path: &str) {
        self.remove(path);
        fs::create_dir_all(self.path(path)).expect("a directory");
    }

    /// A named pipe in place of whatever is there: whoever opens it for reading waits for ever.
    pub(crate) fn pipe(&self, path: &str) {
        self.remove(path);
        let made = Command::new("mkfifo")
            .arg(self.path(path))
            .status()
            .expect("mkfifo runs");
        assert!(made.success());
    }

    /// A path that may not be read. From now on the binary runs as a user whom that stops.
    pub(crate) fn forbid(&mut self, path: &str) {
        if rustix::process::geteuid().is_root() {
            self.unprivileged = true;
            let given = Command::new("chown")
                .args(["-R", &format!("{NOBODY}:{NOBODY}")])
                .arg(self.owner.path())
                .status()
                .expect("chown runs");
            assert!(given.success());
        }
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o000)).expect("no mode");
    }

    /// Gives a path back that was forbidden, so that it can be looked at and removed.
    pub(crate) fn allow(&self, path: &str) {
        fs::set_permissions(self.path(path), fs::Permissions::from_mode(0o755)).expect("a mode");
    }

    /// Runs git in the release.
    pub(crate) fn git(&self, arguments: &[&str]) {
        let done = self
            .within(Command::new("git").args([
                "-c",
                "user.name=n",
                "-c",
                "user.email=n@example.com",
            ]))
            .args(arguments)
            .output()
            .expect("git runs");
        assert!(done.status.success(), "{done:?}");
    }

    /// Runs a command that must succeed.
    pub(crate) fn expect(&self, arguments: &[&str]) -> Outcome {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(0), "{arguments:?}: {outcome:?}");
        outcome
    }

    /// Runs the binary with bounded time and memory.
    pub(crate) fn run(&self, arguments: &[&str]) -> Outcome {
        let limited = format!("ulimit -v {MEMORY}; exec \"$@\"");
        let mut command = if self.unprivileged {
            let mut command = Command::new("setpriv");
            let user = NOBODY.to_string();
            command.args(["--reuid", &user, "--regid", &user, "--clear-groups", "bash"]);
            command
        } else {
            Command::new("bash")
        };
        command
            .args(["-c", &limited, "bash"])
            .arg(self.binary())
            .args(arguments);
        finish(
            self.within(&mut command)
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .stdin(Stdio::null())
                .spawn()
                .expect("the binary starts"),
        )
    }

    /// The binary; where another user can reach it, too.
    fn binary(&self) -> PathBuf {
        let built = PathBuf::from(env!("CARGO_BIN_EXE_bosh-release"));
        if !self.unprivileged {
            return built;
        }
        let copy = self.owner.path().join("bosh-release");
        if !copy.exists() {
            fs::copy(built, &copy).expect("a copy of the binary");
        }
        copy
    }

    fn within<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .current_dir(&self.root)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.home)
            .env("LC_ALL", "C.UTF-8")
            // The tree belongs to another user in some tests.
            .env("GIT_CONFIG_COUNT", "1")
            .env("GIT_CONFIG_KEY_0", "safe.directory")
            .env("GIT_CONFIG_VALUE_0", "*")
    }

    /// Everything in the release and the home, but git's own files and the cache of archives, which is only a cache.
    pub(crate) fn snapshot(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        for (root, passed_over) in [
            (&self.root, self.root.join(".git")),
            (&self.home, self.home.join(".bosh/cache")),
        ] {
            look(root, &passed_over, &mut found);
        }
        // Where temporary files are made; they themselves would show.
        for directory in [".bosh", ".bosh/tmp"] {
            found.remove(&self.home.join(directory));
        }
        found
    }
}

fn look(directory: &Path, passed_over: &Path, found: &mut BTreeMap<PathBuf, String>) {
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path == passed_over {
            continue;
        }
        let metadata = fs::symlink_metadata(&path).expect("its kind");
        let kind = metadata.file_type();
        let content = if kind.is_symlink() {
            format!("-> {}", fs::read_link(&path).expect("a target").display())
        } else if kind.is_dir() {
            look(&path, passed_over, found);
            "directory".to_owned()
        } else if kind.is_fifo() || kind.is_socket() {
            "special".to_owned()
        } else {
            let bytes = fs::read(&path).unwrap_or_default();
            format!("{:o} {}", metadata.permissions().mode(), digest(&bytes))
        };
        found.insert(path, content);
    }
}

fn digest(bytes: &[u8]) -> String {
    bosh_release::digest::Sha256::of(bytes).to_string()
}

fn finish(mut child: Child) -> Outcome {
    let out = gather(child.stdout.take().expect("a pipe"));
    let err = gather(child.stderr.take().expect("a pipe"));
    let begun = Instant::now();
    let mut timed_out = false;
    let status = loop {
        if let Some(status) = child.try_wait().expect("its state") {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            timed_out = true;
            child.kill().expect("killed");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let text = |thread: std::thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&thread.join().expect("its output")).into_owned()
    };
    Outcome {
        code: status.code(),
        stdout: text(out),
        stderr: text(err),
        timed_out,
    }
}

fn gather(mut pipe: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).ok();
        bytes
    })
}

/// Gathers what went wrong, so that a run of the test shows all of it.
#[derive(Default)]
pub(crate) struct Failures(pub(crate) Vec<String>);

impl Failures {
    /// Runs a command that must fail with exit code 1 and without writing anything, and mention each of `parts`.
    pub(crate) fn refused(&mut self, what: &str, place: &Place, command: &[&str], parts: &[&str]) {
        let before = place.snapshot();
        let outcome = place.run(command);
        for problem in problems(&outcome, parts) {
            self.0.push(format!(
                "{what}, {command:?}: {problem}\n{}{}",
                outcome.stdout,
                cut(&outcome.stderr)
            ));
        }
        let after = place.snapshot();
        if before != after {
            let changed: Vec<_> = before
                .iter()
                .filter(|(path, content)| after.get(*path) != Some(content))
                .chain(after.iter().filter(|(path, _)| !before.contains_key(*path)))
                .collect();
            self.0
                .push(format!("{what}, {command:?}: changed {changed:?}"));
        }
    }

    pub(crate) fn report(self) {
        assert!(
            self.0.is_empty(),
            "{}\n{} failures",
            self.0.join("\n---\n"),
            self.0.len()
        );
    }
}

fn cut(text: &str) -> String {
    text.chars().take(2000).collect()
}

/// What a failing run did otherwise than such a run should.
pub(crate) fn problems(outcome: &Outcome, parts: &[&str]) -> Vec<String> {
    let mut problems = Vec::new();
    if outcome.timed_out {
        problems.push("takes too long".to_owned());
    }
    if outcome.code != Some(1) {
        problems.push(format!("exit code {:?}", outcome.code));
    }
    if outcome.stderr.contains("panicked") || outcome.stderr.contains("RUST_BACKTRACE") {
        problems.push("panics".to_owned());
    }
    if outcome.stderr.len() > 20_000 {
        problems.push(format!("prints {} bytes", outcome.stderr.len()));
    }
    for part in parts {
        if !outcome.stderr.contains(part) {
            problems.push(format!("does not say {part:?}"));
        }
    }
    problems
}

/// The release. The blob's digest is that of its content.
const FILES: &[(&str, &str)] = &[
    (
        ".gitignore",
        "blobs\ndev_releases\n.dev_builds\nconfig/private.yml\n*.tgz\n",
    ),
    (
        "config/final.yml",
        "name: demo\nblobstore:\n  provider: local\n  options:\n    blobstore_path: ../store\n",
    ),
    ("config/private.yml", "blobstore:\n  options: {}\n"),
    (
        "config/bosh-release.yml",
        "signing:\n  format: ssh\n  key: config/signing_key\n  allowed_signers: config/allowed_signers\n",
    ),
    (
        "config/blobs.yml",
        "tool/data.txt:\n  size: 6\n  sha: sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\n",
    ),
    ("blobs/tool/data.txt", "hello\n"),
    ("LICENSE", "Anybody may do anything.\n"),
    ("NOTICE", "Made by nobody.\n"),
    (
        "jobs/web/spec",
        "name: web\ntemplates:\n  run.erb: bin/run\npackages: [app]\nproperties:\n  port:\n    default: 80\n",
    ),
    ("jobs/web/monit", ""),
    (
        "jobs/web/templates/run.erb",
        "#!/bin/bash\necho <%= p('port') %>\n",
    ),
    (
        "packages/app/spec",
        "name: app\ndependencies: [tool]\nfiles:\n- app/**/*\n",
    ),
    ("packages/app/packaging", "cp -a app $BOSH_INSTALL_TARGET\n"),
    ("src/app/main.sh", "#!/bin/bash\necho main\n"),
    ("src/app/lib/a.sh", "echo a\n"),
    ("packages/tool/spec", "name: tool\nfiles:\n- tool/*\n"),
    (
        "packages/tool/packaging",
        "cp -a tool $BOSH_INSTALL_TARGET\n",
    ),
];
