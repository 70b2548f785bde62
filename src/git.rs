//! The `git` program, as far as a release needs it: commit, modifications, tracked files, a new repository.
//!
//! A release outside of any repository never needs git; inside of one a missing program is an error that says so.
//! Follows the official CLI (`non-git`, `empty`, the state of the *whole* repository even when the release lies in a
//! subdirectory, the `.gitignore` of `init-release --git`). Differs: settings of the user do not change what is reported
//! (length of the short hash, untracked files, quoting), and a repository that git refuses to read is an error, not `non-git`.
//!
//! A repository is not trusted to run programs: file system monitors, hooks and fetching on demand are switched off, and a
//! directory that merely looks like a bare repository is not taken for one. Content filters (git-lfs) do run, git cannot tell
//! changes without them; git itself refuses repositories that somebody else owns.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, anyhow};

/// What `.gitignore` of a new release lists, line by line as `init-release --git` of the official CLI has it.
const IGNORED: &str = "config/private.yml
blobs
dev_releases
releases/*.tgz
releases/**/*.tgz
.dev_builds
.final_builds/jobs/**/*.tgz
.final_builds/packages/**/*.tgz
.DS_Store
.idea
*.swp
*~
*#
#*
";

/// So many digits of a commit are its short hash. Git's own choice grows with the number of objects that a clone happens
/// to have, and the hash is part of every release.
const SHORT: usize = 7;

/// Settings that hold whatever the repository or the user has configured.
const SETTINGS: &[&str] = &[
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=true",
    "safe.bareRepository=explicit",
    "status.showUntrackedFiles=normal",
];

/// Variables that would point git at something else than the directory it runs in.
const REDIRECTIONS: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_EXTERNAL_DIFF",
];

/// State of the repository around a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// First seven digits of the last commit; `non-git` outside of a repository, `empty` before the first commit.
    pub commit: String,
    /// What `git status --porcelain=1` prints for the whole repository, without white space around it; empty when clean.
    pub modifications: String,
}

/// Commit and modifications of the repository that `dir` lies in.
pub fn status(dir: &Path) -> Result<Status> {
    Git::default().status(dir)
}

/// Makes a repository in `dir`, with the `.gitignore` of a release; lines of an existing `.gitignore` are kept.
pub fn init(dir: &Path) -> Result<()> {
    Git::default().init(dir)
}

/// Those of `paths` that are ignored or untracked, in the given order; none when `dir` is not in a repository.
///
/// Relative paths start at `dir`. Files of submodules count as tracked. A path through a linked directory stands for the file
/// it leads to. One or two runs of git, whatever the number of paths.
pub fn ignored_or_untracked(dir: &Path, paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    Git::default().ignored_or_untracked(dir, paths)
}

/// Makes sure that git ignores `file`, a path relative to `dir`: when it does not yet, `.gitignore` in `dir` gets a line.
/// Says whether it did. Nothing happens outside of a repository.
pub fn ignore(dir: &Path, file: &Path) -> Result<bool> {
    Git::default().ignore(dir, file)
}

/// The value of a git setting as seen from `dir`; nothing when it is not set, or there is no git.
pub fn config(dir: &Path, key: &str) -> Option<String> {
    Git::default().config(dir, key)
}

/// The commit that a revision names, in full; nothing when it names none, outside of a repository, and without git.
pub fn commit(dir: &Path, revision: &str) -> Option<String> {
    Git::default().commit(dir, revision)
}

/// Lays out the files that `commit` has in `dir` and below it, into `target`, which has to be there. The working tree and
/// the index of the repository stay as they are. Submodules stay empty.
///
/// # Errors
/// What git says, and a directory outside of any repository.
pub fn lay_out(dir: &Path, commit: &str, target: &Path) -> Result<()> {
    Git::default().lay_out(dir, commit, target)
}

/// Which program is run and with what additional environment; tests put others in.
struct Git {
    program: &'static str,
    environment: &'static [(&'static str, &'static str)],
}

impl Default for Git {
    fn default() -> Self {
        Self {
            program: "git",
            environment: &[],
        }
    }
}

impl Git {
    fn status(&self, dir: &Path) -> Result<Status> {
        if repository_root(dir)?.is_none() {
            return Ok(non_git());
        }
        let status = self.run(dir, &["status", "--porcelain=1"])?;
        if !status.status.success() {
            return if is_outside(dir, &status) {
                Ok(non_git())
            } else {
                Err(refusal("Checking status", &status))
            };
        }
        let commit = self.run(dir, &["rev-parse", "--verify", "HEAD"])?;
        let commit = if commit.status.success() {
            text(&commit.stdout).chars().take(SHORT).collect()
        } else if text(&commit.stderr).contains("Needed a single revision") {
            "empty".to_owned()
        } else {
            return Err(refusal("Checking last commit SHA", &commit));
        };
        Ok(Status {
            commit,
            modifications: text(&status.stdout),
        })
    }

    fn init(&self, dir: &Path) -> Result<()> {
        let output = self.run(dir, &["init", "--quiet"])?;
        if !output.status.success() {
            return Err(refusal("Initing git repo", &output));
        }
        let path = dir.join(".gitignore");
        let present = read_or_empty(&path)?;
        fs::write(&path, with_lines(present, IGNORED)).context("Creating .gitignore file")
    }

    fn ignore(&self, dir: &Path, file: &Path) -> Result<bool> {
        if repository_root(dir)?.is_none() {
            return Ok(false);
        }
        let shown = file.to_str().context("the name is not UTF-8 text")?;
        let output = self.run(dir, &["check-ignore", "--quiet", "--", shown])?;
        match output.status.code() {
            Some(0) => return Ok(false),
            Some(1) => {}
            _ => return Err(refusal("Asking what is ignored", &output)),
        }
        let path = dir.join(".gitignore");
        let present = read_or_empty(&path)?;
        let line = format!("/{shown}\n");
        fs::write(&path, with_lines(present, &line)).context("Adding to .gitignore")?;
        Ok(true)
    }

    fn ignored_or_untracked(&self, dir: &Path, paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
        let Some(root) = repository_root(dir)? else {
            return Ok(Vec::new());
        };
        let dir = canonical(dir)?;
        let Some(tracked) = self.tracked_below(&dir)? else {
            return Ok(Vec::new());
        };
        let real_paths = paths.iter().map(|path| {
            let path = dir.join(path);
            if tracked.contains(&path) {
                path
            } else {
                real_place(path)
            }
        });
        let real_paths: Vec<PathBuf> = real_paths.collect();
        let in_repository_only =
            |path: &PathBuf| path.starts_with(&root) && !path.starts_with(&dir);
        let elsewhere = if real_paths.iter().any(in_repository_only) {
            self.tracked_below(&root)?.unwrap_or_default()
        } else {
            HashSet::new()
        };
        Ok(real_paths
            .iter()
            .zip(paths)
            .filter(|(real, _)| !tracked.contains(*real) && !elsewhere.contains(*real))
            .map(|(_, given)| given.clone())
            .collect())
    }

    /// Absolute paths of the tracked files below a canonical directory; nothing outside of a repository.
    fn tracked_below(&self, dir: &Path) -> Result<Option<HashSet<PathBuf>>> {
        let output = self.run(dir, &["ls-files", "-z", "--recurse-submodules"])?;
        if !output.status.success() {
            return if is_outside(dir, &output) {
                Ok(None)
            } else {
                Err(refusal("Listing tracked files", &output))
            };
        }
        let names = output
            .stdout
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty());
        Ok(Some(
            names
                .map(|name| dir.join(OsStr::from_bytes(name)))
                .collect(),
        ))
    }

    fn config(&self, dir: &Path, key: &str) -> Option<String> {
        let output = self.run(dir, &["config", "--get", "--", key]).ok()?;
        let value = output.stdout.strip_suffix(b"\n").unwrap_or(&output.stdout);
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(value).into_owned())
    }

    fn commit(&self, dir: &Path, revision: &str) -> Option<String> {
        let named = format!("{revision}^{{commit}}");
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options"];
        let output = self.run(dir, &[&arguments[..], &[&named]].concat()).ok()?;
        output.status.success().then(|| text(&output.stdout))
    }

    fn lay_out(&self, dir: &Path, commit: &str, target: &Path) -> Result<()> {
        let asked = self.run(dir, &["rev-parse", "--show-prefix"])?;
        if !asked.status.success() {
            return Err(refusal("Finding the repository", &asked));
        }
        let tree = format!("{commit}:{}", text(&asked.stdout));
        let attempted = format!("Laying out commit {commit}");
        // An index of its own: git's own one says what is staged here.
        let own = tempfile::tempdir().context("Creating a temporary directory")?;
        let index = own.path().join("index");
        let index = [("GIT_INDEX_FILE", index.as_os_str())];
        let prefix = format!("--prefix={}/", target.display());
        // The working tree's own top, or `checkout-index` would take only what is below `dir`.
        let top = self.run(dir, &["rev-parse", "--show-toplevel"])?;
        let top = PathBuf::from(text(&top.stdout));
        for arguments in [
            &["read-tree", &tree][..],
            &["checkout-index", "--all", "--force", &prefix],
        ] {
            let output = self.run_with(&top, arguments, &index)?;
            if !output.status.success() {
                return Err(refusal(&attempted, &output));
            }
        }
        Ok(())
    }

    fn run(&self, dir: &Path, arguments: &[&str]) -> Result<Output> {
        self.run_with(dir, arguments, &[])
    }

    fn run_with(
        &self,
        dir: &Path,
        arguments: &[&str],
        environment: &[(&str, &OsStr)],
    ) -> Result<Output> {
        let mut command = Command::new(self.program);
        for setting in SETTINGS {
            command.arg("-c").arg(setting);
        }
        for name in REDIRECTIONS {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .current_dir(dir)
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .envs(self.environment.iter().copied())
            .envs(environment.iter().copied())
            .stdin(Stdio::null());
        command.output().map_err(|error| {
            if error.kind() == ErrorKind::NotFound && dir.is_dir() {
                anyhow!(
                    "the program '{}' was not found, and '{}' needs it: install git",
                    self.program,
                    dir.display()
                )
            } else {
                anyhow!(error).context(format!("Running git in '{}'", dir.display()))
            }
        })
    }
}

fn non_git() -> Status {
    Status {
        commit: "non-git".to_owned(),
        modifications: String::new(),
    }
}

/// The canonical directory at or above `dir` that holds `.git` (a directory, or a file in submodules and work trees).
fn repository_root(dir: &Path) -> Result<Option<PathBuf>> {
    let dir = canonical(dir)?;
    let root = dir
        .ancestors()
        .find(|directory| directory.join(".git").symlink_metadata().is_ok());
    Ok(root.map(Path::to_path_buf))
}

fn canonical(dir: &Path) -> Result<PathBuf> {
    fs::canonicalize(dir).with_context(|| format!("Opening '{}'", dir.display()))
}

/// `path` with the links among its directories followed; the last part stays, a link is tracked as itself.
fn real_place(path: PathBuf) -> PathBuf {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return path;
    };
    fs::canonicalize(parent).map_or_else(|_| path.clone(), |parent| parent.join(name))
}

/// Whether git found no repository at or above `dir`. With a `.git` right in `dir` that is a broken one, not none.
fn is_outside(dir: &Path, output: &Output) -> bool {
    String::from_utf8_lossy(&output.stderr).contains("not a git repository")
        && dir.join(".git").symlink_metadata().is_err()
}

/// Explains why git did not do `attempted`.
fn refusal(attempted: &str, output: &Output) -> anyhow::Error {
    let said = text(&output.stderr);
    if said.contains("dubious ownership") {
        return anyhow!(
            "{attempted}: git does not read this repository because another user owns it. \
             If you trust its content, follow git's advice:\n{said}"
        );
    }
    anyhow!("{attempted}: git failed ({}): {said}", output.status)
}

/// Output of git as text, without white space around it.
fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim().to_owned()
}

fn read_or_empty(path: &Path) -> Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        read => read.with_context(|| format!("Reading '{}'", path.display())),
    }
}

/// A `.gitignore` with every line of `wanted`, which follow what is there.
fn with_lines(mut present: Vec<u8>, wanted: &str) -> Vec<u8> {
    let lines: HashSet<Vec<u8>> = present
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    if !present.is_empty() && !present.ends_with(b"\n") {
        present.push(b'\n');
    }
    for line in wanted
        .lines()
        .filter(|line| !lines.contains(line.as_bytes()))
    {
        present.extend_from_slice(line.as_bytes());
        present.push(b'\n');
    }
    present
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn git(dir: &Path, arguments: &[&str]) {
        let identity = [
            "-c",
            "user.name=n",
            "-c",
            "user.email=e",
            "-c",
            "protocol.file.allow=always",
        ];
        let output = Command::new("git")
            .args(identity)
            .args(arguments)
            .current_dir(dir)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
    }

    fn write(dir: &Path, name: &str, content: &str) {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn names(paths: &[PathBuf]) -> Vec<&str> {
        paths.iter().map(|path| path.to_str().unwrap()).collect()
    }

    #[test]
    fn outside_of_a_repository_git_is_not_needed() {
        let home = tempfile::tempdir().unwrap();
        let none = Git {
            program: "no-such-git",
            environment: &[],
        };
        assert_eq!(none.status(home.path()).unwrap(), non_git());
        assert!(
            none.ignored_or_untracked(home.path(), &["a".into()])
                .unwrap()
                .is_empty()
        );
        assert_eq!(none.config(home.path(), "user.name"), None);

        git(home.path(), &["init", "-q"]);
        for error in [
            none.status(home.path()).unwrap_err(),
            none.init(home.path()).unwrap_err(),
            none.ignored_or_untracked(home.path(), &[]).unwrap_err(),
        ] {
            assert!(error.to_string().contains("install git"), "{error:#}");
        }
    }

    #[test]
    fn a_commit_is_laid_out_beside_the_working_tree() {
        let home = tempfile::tempdir().unwrap();
        let release = home.path().join("sub/release");
        write(&release, "jobs/x", "old");
        write(home.path(), "elsewhere", "e");
        git(home.path(), &["init", "-q"]);
        git(home.path(), &["add", "-A"]);
        git(home.path(), &["commit", "-q", "-m", "c"]);
        write(&release, "jobs/x", "new");
        write(&release, "jobs/staged", "s");
        git(home.path(), &["add", "-A"]);
        let before = status(&release).unwrap();

        let found = commit(&release, "HEAD").unwrap();
        assert_eq!(found.len(), 40);
        assert_eq!(commit(&release, "HEAD~1"), None);
        assert_eq!(commit(&release, "--all"), None);
        let target = tempfile::tempdir().unwrap();
        lay_out(&release, &found, target.path()).unwrap();
        let laid_out = fs::read_to_string(target.path().join("jobs/x")).unwrap();
        assert_eq!(laid_out, "old");
        assert_eq!(fs::read_dir(target.path()).unwrap().count(), 1);
        assert_eq!(status(&release).unwrap(), before);
        assert_eq!(fs::read_to_string(release.join("jobs/x")).unwrap(), "new");
    }

    #[test]
    fn a_release_goes_through_empty_dirty_and_clean() {
        let home = tempfile::tempdir().unwrap();
        let release = home.path().join("sub/release");
        write(&release, "src/x", "x");
        assert_eq!(status(&release).unwrap(), non_git());

        git(home.path(), &["init", "-q"]);
        let empty = status(&release).unwrap();
        assert_eq!(
            (empty.commit.as_str(), empty.modifications.as_str()),
            ("empty", "?? sub/")
        );

        git(home.path(), &["add", "-A"]);
        git(home.path(), &["commit", "-qm", "c"]);
        let clean = status(&release).unwrap();
        assert_eq!(clean.modifications, "");
        assert!(
            clean.commit.len() >= 7 && clean.commit.bytes().all(|byte| byte.is_ascii_hexdigit())
        );

        write(home.path(), "elsewhere", "covers the whole repository");
        write(&release, "src/x", "y");
        let dirty = status(&release).unwrap();
        assert_eq!(dirty.modifications, "M sub/release/src/x\n?? elsewhere");
        assert_eq!(dirty.commit, clean.commit);
    }

    #[test]
    fn settings_do_not_change_what_is_reported() {
        let home = tempfile::tempdir().unwrap();
        git(home.path(), &["init", "-q"]);
        write(home.path(), "a", "a");
        git(home.path(), &["add", "-A"]);
        git(home.path(), &["commit", "-qm", "c"]);
        write(home.path(), "ü", "u");
        let before = status(home.path()).unwrap();
        for setting in [
            ["core.abbrev", "40"],
            ["status.showUntrackedFiles", "no"],
            ["core.quotePath", "false"],
        ] {
            git(home.path(), &["config", setting[0], setting[1]]);
        }
        assert_eq!(status(home.path()).unwrap(), before);
        assert_eq!(before.modifications, r#"?? "\303\274""#);
    }

    #[test]
    fn a_refused_repository_is_explained() {
        let home = tempfile::tempdir().unwrap();
        git(home.path(), &["init", "-q"]);
        let stranger = Git {
            program: "git",
            environment: &[
                ("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1"),
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ],
        };
        for error in [
            stranger.status(home.path()).unwrap_err(),
            stranger
                .ignored_or_untracked(home.path(), &["a".into()])
                .unwrap_err(),
        ] {
            let error = error.to_string();
            assert!(error.contains("another user owns it"), "{error}");
            assert!(error.contains("safe.directory"), "{error}");
        }

        fs::write(home.path().join(".git/config"), "[broken").unwrap();
        let error = status(home.path()).unwrap_err().to_string();
        assert!(error.contains("bad config"), "{error}");

        fs::write(home.path().join(".git/config"), "").unwrap();
        fs::remove_file(home.path().join(".git/HEAD")).unwrap();
        let error = status(home.path()).unwrap_err().to_string();
        assert!(error.contains("not a git repository"), "{error}");
        let below = home.path().join("below");
        fs::create_dir(&below).unwrap();
        assert_eq!(status(&below).unwrap(), non_git());
        let all = ignored_or_untracked(&below, &["a".into()]).unwrap();
        assert!(all.is_empty(), "{all:?}");
    }

    #[test]
    fn a_repository_runs_no_programs_and_no_bare_one_is_picked_up() {
        let home = tempfile::tempdir().unwrap();
        let marker = home.path().join("ran");
        let script = home.path().join("script");
        fs::write(
            &script,
            format!("#!/bin/sh\ntouch '{}'\n", marker.display()),
        )
        .unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        let release = home.path().join("release");
        write(&release, "a", "a");
        git(&release, &["init", "-q"]);
        git(&release, &["add", "-A"]);
        git(&release, &["commit", "-qm", "c"]);
        let hooks = release.join(".git/hooks");
        fs::create_dir_all(&hooks).unwrap();
        fs::copy(&script, hooks.join("post-index-change")).unwrap();
        git(
            &release,
            &["config", "core.fsmonitor", script.to_str().unwrap()],
        );
        git(
            &release,
            &["config", "core.hooksPath", hooks.to_str().unwrap()],
        );

        // The same repository does run the script without our settings, else this test shows nothing.
        git(&release, &["status"]);
        assert!(marker.exists());
        fs::remove_file(&marker).unwrap();

        write(&release, "a", "b");
        status(&release).unwrap();
        ignored_or_untracked(&release, &["a".into()]).unwrap();
        assert!(!marker.exists());

        let bare = release.join("bare");
        git(&release, &["init", "-q", "--bare", "bare"]);
        let error = status(&bare).unwrap_err().to_string();
        assert!(error.contains("bare repository"), "{error}");
    }

    #[test]
    fn ignored_and_untracked_files_are_found() {
        let home = tempfile::tempdir().unwrap();
        let module = home.path().join("module");
        write(&module, "file", "");
        git(&module, &["init", "-q"]);
        git(&module, &["add", "-A"]);
        git(&module, &["commit", "-qm", "c"]);

        let root = home.path().join("repository");
        let release = root.join("release");
        write(&root, "shared/kept", "");
        write(&root, "shared/new", "");
        write(&release, ".gitignore", "*.log\n");
        for name in [
            "src/kept",
            "src/new",
            "src/x.log",
            "src/forced.log",
            "src/line\nbreak",
        ] {
            write(&release, name, "");
        }
        symlink("../shared", release.join("linked")).unwrap();
        symlink("kept", release.join("src/link")).unwrap();
        symlink("src", release.join("inner")).unwrap();
        git(&root, &["init", "-q"]);
        git(
            &release,
            &[
                "submodule",
                "--quiet",
                "add",
                module.to_str().unwrap(),
                "src/module",
            ],
        );
        let tracked = [
            "src/kept",
            "src/link",
            "linked",
            "inner",
            "../shared/kept",
            "src/line\nbreak",
        ];
        for name in tracked {
            git(&release, &["add", name]);
        }
        git(&release, &["add", "-f", "src/forced.log"]);

        let asked = [
            "src/x.log",
            "src/new",
            "src/kept",
            "src/link",
            "src/forced.log",
            "src/line\nbreak",
            "inner/kept",
            "inner/new",
            "linked/kept",
            "linked/new",
            "src/module/file",
            "src/module/none",
            "linked",
            "absent",
        ];
        let mut paths: Vec<PathBuf> = asked.iter().map(PathBuf::from).collect();
        paths.push(release.join("src/kept"));
        let found = ignored_or_untracked(&release, &paths).unwrap();
        let expected = [
            "src/x.log",
            "src/new",
            "inner/new",
            "linked/new",
            "src/module/none",
            "absent",
        ];
        assert_eq!(names(&found), expected);
        assert_eq!(
            ignored_or_untracked(home.path(), &paths).unwrap(),
            Vec::<PathBuf>::new()
        );
    }

    #[test]
    fn names_need_not_be_utf8() {
        let home = tempfile::tempdir().unwrap();
        git(home.path(), &["init", "-q"]);
        let [kept, new] =
            [b"kept\xff", b"none\xff"].map(|name| PathBuf::from(OsString::from_vec(name.to_vec())));
        for name in [&kept, &new] {
            fs::write(home.path().join(name), "").unwrap();
        }
        let added = Command::new("git")
            .arg("add")
            .arg(&kept)
            .current_dir(home.path())
            .status();
        assert!(added.unwrap().success());
        assert_eq!(
            ignored_or_untracked(home.path(), &[kept, new.clone()]).unwrap(),
            [new]
        );
    }

    #[test]
    fn a_new_repository_ignores_what_is_not_for_git() {
        let home = tempfile::tempdir().unwrap();
        init(home.path()).unwrap();
        let path = home.path().join(".gitignore");
        assert_eq!(fs::read_to_string(&path).unwrap(), IGNORED);
        init(home.path()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), IGNORED);
        write(home.path(), "blobs/b", "");
        assert_eq!(status(home.path()).unwrap().modifications, "?? .gitignore");

        let own = with_lines(b"blobs\nmine".to_vec(), IGNORED);
        let own = String::from_utf8(own).unwrap();
        assert!(
            own.starts_with("blobs\nmine\nconfig/private.yml\ndev_releases\n"),
            "{own}"
        );
    }

    #[test]
    fn a_file_is_ignored_once() {
        let home = tempfile::tempdir().unwrap();
        let key = Path::new("config/key");
        assert!(!ignore(home.path(), key).unwrap(), "no repository");
        git(home.path(), &["init", "--quiet"]);
        fs::write(home.path().join(".gitignore"), "target").unwrap();
        assert!(ignore(home.path(), key).unwrap());
        assert!(!ignore(home.path(), key).unwrap());
        let lines = fs::read_to_string(home.path().join(".gitignore")).unwrap();
        assert_eq!(lines, "target\n/config/key\n");
    }

    #[test]
    fn settings_are_read() {
        let home = tempfile::tempdir().unwrap();
        git(home.path(), &["init", "-q"]);
        git(home.path(), &["config", "user.signingkey", "a b "]);
        assert_eq!(config(home.path(), "user.signingkey"), Some("a b ".into()));
        assert_eq!(config(home.path(), "no.such-key"), None);
        assert_eq!(config(home.path(), "--list"), None);
        assert_eq!(config(&home.path().join("absent"), "user.name"), None);
    }
}
