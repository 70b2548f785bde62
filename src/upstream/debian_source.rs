//! Upstream `debian_source`: the original tarball of a Debian or Ubuntu source package.
//!
//! Goes through the machine's own apt configuration, so that no host name is typed, mirrors and proxies are the machine's, and
//! apt verifies the signatures with the keys its sources name. Everything apt writes is in a private temporary directory: no
//! root is needed, and the package lists of the machine stay as they are. Hooks that run after `apt-get update` are cleared,
//! since they would tidy the machine's own caches.
//!
//! Sources that cannot be read or updated are passed over: a broken third-party list must not stop a package of the
//! distribution. What apt said is repeated when the package is not found.

use std::cmp::Ordering;
use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use tempfile::TempDir;

use super::{Wanted, check_not_longer, without_credentials, write_new};

/// Time for all runs of apt together, from the lists to the tarball.
const TIME_OUT: Duration = Duration::from_mins(15);

/// Most bytes that are read of what a program prints.
const MOST_OUTPUT: u64 = 16 << 20;

/// Hooks that would act on the machine instead of the private directory.
const CONFIGURATION: &str = "#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Update::Post-Invoke-Stats;
";

/// Where the apt sources of a machine are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apt {
    /// The file of one-line entries, `Dir::Etc::sourcelist`; need not exist.
    pub source_list: PathBuf,
    /// The directory of `.list` and `.sources` files, `Dir::Etc::sourceparts`; need not exist.
    pub source_parts: PathBuf,
}

impl Apt {
    /// The sources that apt itself uses on this machine.
    pub fn of_this_machine() -> Result<Self> {
        let wanted = [
            "shell",
            "list",
            "Dir::Etc::sourcelist/f",
            "parts",
            "Dir::Etc::sourceparts/d",
        ];
        let output = Command::new("apt-config")
            .args(wanted)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| not_started("apt-config", error))?;
        let printed = String::from_utf8_lossy(&output.stdout);
        let path = |name: &str| {
            printed
                .lines()
                .find_map(|line| {
                    line.strip_prefix(name)?
                        .strip_prefix("='")?
                        .strip_suffix('\'')
                })
                .map(PathBuf::from)
                .ok_or_else(|| anyhow!("apt-config does not tell where the apt sources are"))
        };
        Ok(Self {
            source_list: path("list")?,
            source_parts: path("parts")?,
        })
    }

    /// Fetches the original tarball of `package` in the newest revision whose upstream version is `version`.
    ///
    /// On an error there is no file `into`. Component tarballs (`.orig-NAME.tar.*`) are not fetched.
    pub fn fetch(
        &self,
        package: &str,
        version: &str,
        wanted: &Wanted,
        into: &Path,
        progress: &dyn Fn(u64),
    ) -> Result<()> {
        check_names(package, version)?;
        let scratch = Scratch::start(self)?;
        let update = scratch.run("apt-get", &["update"], &|| {})?;
        let listed = scratch.run("apt-cache", &["showsrc", "--only-source", package], &|| {})?;
        let versions = source_versions(&listed.stdout, package);
        let newest = newest_revision(&versions, version)
            .ok_or_else(|| not_found(package, version, &versions, &update))?;

        let chosen = format!("{package}={newest}");
        let arguments = ["source", "--download-only", "--tar-only", &chosen];
        let report = || progress(scratch.downloaded());
        let fetched = scratch.run("apt-get", &arguments, &report)?;
        if !fetched.status.success() {
            bail!("apt-get source {chosen} failed:\n{}", fetched.last_lines());
        }
        let path = scratch.tarball(package, version)?;
        let mut file =
            File::open(&path).with_context(|| format!("Opening '{}'", path.display()))?;
        check_not_longer(file.metadata()?.len(), wanted.size)?;
        write_new(&mut file, wanted, into, progress)
    }
}

/// Names reach the command line of apt, where `-`, `=` or `/` would mean something.
fn check_names(package: &str, version: &str) -> Result<()> {
    let valid = |text: &str, more: &[u8]| {
        text.as_bytes()
            .first()
            .is_some_and(u8::is_ascii_alphanumeric)
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    if !valid(package, b"+-.") {
        bail!("{package:?} is not the name of a Debian source package");
    }
    if !valid(version, b"+-.~") {
        bail!("{version:?} is not an upstream version: write it without epoch and Debian revision");
    }
    Ok(())
}

fn not_found(
    package: &str,
    version: &str,
    versions: &[String],
    update: &Finished,
) -> anyhow::Error {
    let mut message = if versions.is_empty() {
        format!("apt finds no source package '{package}'")
    } else {
        let known = versions.join(", ");
        format!("source package '{package}' has no version {version}; apt finds: {known}")
    };
    let said = update.last_lines();
    if !said.is_empty() {
        message.push_str("\napt-get update said:\n");
        message.push_str(&said);
    }
    anyhow!(message)
}

fn not_started(program: &str, error: std::io::Error) -> anyhow::Error {
    if error.kind() == ErrorKind::NotFound {
        return anyhow!(
            "'{program}' was not found: a debian_source upstream needs apt (Debian, Ubuntu); list a url upstream as well"
        );
    }
    anyhow!(error).context(format!("Running '{program}'"))
}

/// Versions of `package` in what `apt-cache showsrc` prints, in that order.
fn source_versions(printed: &str, package: &str) -> Vec<String> {
    let mut versions: Vec<String> = Vec::new();
    for stanza in printed.split("\n\n") {
        let field = |name: &str| stanza.lines().find_map(|line| line.strip_prefix(name));
        if field("Package: ") == Some(package)
            && let Some(version) = field("Version: ")
            && !versions.iter().any(|known| known == version)
        {
            versions.push(version.to_owned());
        }
    }
    versions
}

fn newest_revision<'a>(versions: &'a [String], upstream: &str) -> Option<&'a String> {
    versions
        .iter()
        .filter(|version| upstream_part(version) == upstream)
        .max_by(|one, other| compare_versions(one, other))
}

/// `7.0.15` of `5:7.0.15-1~deb12u7`.
fn upstream_part(version: &str) -> &str {
    let (_, upstream, _) = version_parts(version);
    upstream
}

/// Epoch, upstream version, revision.
fn version_parts(version: &str) -> (u32, &str, &str) {
    let (epoch, rest) = version
        .split_once(':')
        .and_then(|(epoch, rest)| Some((epoch.parse().ok()?, rest)))
        .unwrap_or((0, version));
    let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, ""));
    (epoch, upstream, revision)
}

/// The order of Debian versions (Debian Policy 5.6.12).
fn compare_versions(left: &str, right: &str) -> Ordering {
    let (left, right) = (version_parts(left), version_parts(right));
    left.0
        .cmp(&right.0)
        .then_with(|| compare_parts(left.1, right.1))
        .then_with(|| compare_parts(left.2, right.2))
}

/// Turns by runs of non-digits, where `~` is before the end and letters are before other characters, and numbers.
fn compare_parts(mut left: &str, mut right: &str) -> Ordering {
    while !left.is_empty() || !right.is_empty() {
        let (left_text, left_rest) = split_run(left, |byte| !byte.is_ascii_digit());
        let (right_text, right_rest) = split_run(right, |byte| !byte.is_ascii_digit());
        let (left_number, left_rest) = split_run(left_rest, |byte| byte.is_ascii_digit());
        let (right_number, right_rest) = split_run(right_rest, |byte| byte.is_ascii_digit());
        let order = weights(left_text)
            .cmp(weights(right_text))
            .then_with(|| compare_numbers(left_number, right_number));
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
    Ordering::Equal
}

fn split_run(text: &str, in_run: impl Fn(u8) -> bool) -> (&str, &str) {
    // This is at a digit or behind digits, so on a character boundary.
    let end = text.bytes().position(|byte| !in_run(byte));
    text.split_at(end.unwrap_or(text.len()))
}

/// Weights of the characters, closed by that of the end.
fn weights(text: &str) -> impl Iterator<Item = i32> {
    let weight = |byte: u8| match byte {
        b'~' => -1,
        byte if byte.is_ascii_alphabetic() => i32::from(byte),
        byte => i32::from(byte) + 256,
    };
    text.bytes().map(weight).chain(std::iter::once(0))
}

/// Compares numbers of any length; no digits are zero.
fn compare_numbers(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// One-line entries for sources in place of `text`'s entries for packages or sources.
fn one_line_sources(text: &str) -> String {
    let entry = |line: &str| {
        let rest = line.trim_start().strip_prefix("deb")?;
        let rest = rest.strip_prefix("-src").unwrap_or(rest);
        rest.starts_with([' ', '\t', '['])
            .then(|| format!("deb-src {}\n", rest.trim_start()))
    };
    text.lines().filter_map(entry).collect()
}

/// Stanzas for sources in place of `text`'s stanzas (deb822) for packages or sources; without comments.
fn deb822_sources(text: &str) -> String {
    let mut written = String::new();
    let mut in_types = false;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let continues = line.starts_with([' ', '\t']) && !line.trim().is_empty();
        if continues && in_types {
            continue;
        }
        let field = line.split_once(':').map_or("", |(field, _)| field);
        in_types = !continues && field.trim_end().eq_ignore_ascii_case("types");
        written.push_str(if in_types { "Types: deb-src" } else { line });
        written.push('\n');
    }
    written
}

/// A private directory with sources and state for apt; removed in the end.
struct Scratch {
    directory: TempDir,
    end: Instant,
}

/// What a run of apt left.
struct Finished {
    status: ExitStatus,
    stdout: String,
    stderr: String,
}

impl Finished {
    /// The last few errors and warnings apt printed; without credentials.
    fn last_lines(&self) -> String {
        let lines: Vec<&str> = self
            .stderr
            .lines()
            .filter(|line| line.starts_with("E:") || line.starts_with("W:"))
            .collect();
        without_credentials(&lines[lines.len().saturating_sub(5)..].join("\n"))
    }
}

impl Scratch {
    fn start(apt: &Apt) -> Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix("bosh-release-apt-")
            .tempdir()
            .context("Making a directory for apt")?;
        // As root, apt downloads as another user, who must reach these; the copied sources may hold passwords.
        for (name, mode) in [
            ("", 0o755),
            ("sources", 0o700),
            ("lists", 0o755),
            ("lists/partial", 0o700),
            ("cache", 0o755),
            ("cache/archives", 0o755),
            ("cache/archives/partial", 0o700),
            ("download", 0o755),
            ("output", 0o700),
        ] {
            let path = directory.path().join(name);
            fs::create_dir_all(&path)
                .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(mode)))
                .with_context(|| format!("Making directory '{}'", path.display()))?;
        }
        let scratch = Self {
            directory,
            end: Instant::now() + TIME_OUT,
        };
        fs::write(scratch.path("configuration"), CONFIGURATION).context("Configuring apt")?;
        scratch.copy_sources(apt)?;
        Ok(scratch)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes the sources of the machine as sources of source packages; unreadable files are left out.
    fn copy_sources(&self, apt: &Apt) -> Result<()> {
        let mut paths: Vec<PathBuf> = fs::read_dir(&apt.source_parts)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        paths.sort();
        paths.push(apt.source_list.clone());
        let mut copied = 0;
        for (index, path) in paths.iter().enumerate() {
            let extension = path.extension().and_then(|extension| extension.to_str());
            let convert = match extension {
                Some("list") => one_line_sources,
                Some("sources") => deb822_sources,
                _ => continue,
            };
            let Some(text) = read_regular(path) else {
                continue;
            };
            let Some(name) = path.file_name() else {
                continue;
            };
            // Numbered: the directory may hold a file of the same name as the list beside it.
            let name = format!("{index}-{}", name.to_string_lossy());
            let copy = self.path("sources").join(name);
            fs::write(&copy, convert(&text))
                .with_context(|| format!("Writing '{}'", copy.display()))?;
            copied += 1;
        }
        if copied == 0 {
            bail!("apt has no sources on this machine that could be read");
        }
        Ok(())
    }

    fn options(&self) -> Vec<String> {
        let directory = |name: &str, path: &str| format!("{name}={}", self.path(path).display());
        let mut settings = vec![
            "Dir::Etc::sourcelist=/dev/null".to_owned(),
            directory("Dir::Etc::sourceparts", "sources"),
            directory("Dir::State::lists", "lists"),
            directory("Dir::Cache", "cache"),
            "Dir::Cache::archives=archives/".to_owned(),
            "Acquire::http::Timeout=15".to_owned(),
            "Acquire::https::Timeout=15".to_owned(),
            "Acquire::Retries=1".to_owned(),
        ];
        if !others_may_enter(self.directory.path()) {
            settings.push("APT::Sandbox::User=root".to_owned());
        }
        let options = settings
            .into_iter()
            .flat_map(|setting| ["-o".to_owned(), setting]);
        let configuration = self.path("configuration").display().to_string();
        ["-q".to_owned(), "-c".to_owned(), configuration]
            .into_iter()
            .chain(options)
            .collect()
    }

    /// Runs a program of apt to its end; `report` is called now and then.
    fn run(&self, program: &str, arguments: &[&str], report: &dyn Fn()) -> Result<Finished> {
        let [stdout, stderr] = ["output/stdout", "output/stderr"].map(|name| self.path(name));
        let create = |path: &Path| {
            File::create(path).with_context(|| format!("Creating '{}'", path.display()))
        };
        let mut child = Command::new(program)
            .args(self.options())
            .args(arguments)
            .current_dir(self.path("download"))
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(create(&stdout)?)
            .stderr(create(&stderr)?)
            .spawn()
            .map_err(|error| not_started(program, error))?;
        let status = self.wait(&mut child, report);
        if status.is_err() {
            // The methods apt has started end with it: their input closes.
            drop(child.kill());
            drop(child.wait());
        }
        Ok(Finished {
            status: status.with_context(|| format!("Running '{program}'"))?,
            stdout: read_output(&stdout)?,
            stderr: read_output(&stderr)?,
        })
    }

    fn wait(&self, child: &mut Child, report: &dyn Fn()) -> Result<ExitStatus> {
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > self.end {
                bail!(
                    "apt did not finish within {} minutes",
                    TIME_OUT.as_secs() / 60
                );
            }
            report();
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Paths of what was downloaded, whole or in part.
    fn downloads(&self) -> Vec<PathBuf> {
        fs::read_dir(self.path("download"))
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect()
    }

    fn downloaded(&self) -> u64 {
        self.downloads()
            .iter()
            .filter_map(|path| Some(path.metadata().ok()?.len()))
            .sum()
    }

    /// The original tarball; for a native package, which has none, its only tarball.
    fn tarball(&self, package: &str, version: &str) -> Result<PathBuf> {
        let stems = [".orig.tar.", ".tar."].map(|end| format!("{package}_{version}{end}"));
        let downloads = self.downloads();
        let named = |stem: &String| {
            downloads.iter().find(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                name.starts_with(stem) && !name.ends_with(".asc")
            })
        };
        stems.iter().find_map(named).cloned().ok_or_else(|| {
            anyhow!(
                "source package '{package}' {version} has no original tarball ({}*)",
                stems[0]
            )
        })
    }
}

/// Whether apt's own user can reach a directory.
fn others_may_enter(directory: &Path) -> bool {
    let open = |path: &Path| {
        path.metadata()
            .is_ok_and(|data| data.permissions().mode() & 1 != 0)
    };
    fs::canonicalize(directory).is_ok_and(|directory| directory.ancestors().all(open))
}

/// A regular file as text; nothing when it cannot be read.
fn read_regular(path: &Path) -> Option<String> {
    path.metadata().ok().filter(fs::Metadata::is_file)?;
    read_output(path).ok()
}

fn read_output(path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MOST_OUTPUT).read_to_end(&mut bytes))
        .with_context(|| format!("Reading '{}'", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_entries_become_sources() {
        let text = "# deb http://h x main\ndeb http://h x main\n  deb\t[signed-by=/k] http://h y main # c\n\
                    deb-src http://h z main\ndeb[trusted=yes] http://h w main\ndebug http://h\n\n";
        let expected = "deb-src http://h x main\ndeb-src [signed-by=/k] http://h y main # c\n\
                        deb-src http://h z main\ndeb-src [trusted=yes] http://h w main\n";
        assert_eq!(one_line_sources(text), expected);
    }

    #[test]
    fn stanzas_become_sources_and_keep_their_keys() {
        let text = "Types: deb\n# Types: in a comment\nURIs: http://h\nSigned-By:\n -----BEGIN\n .\n mQ: x\n\n\
                    types :\n deb\n deb-src\nEnabled: no\nURIs: http://i\n";
        let expected = "Types: deb-src\nURIs: http://h\nSigned-By:\n -----BEGIN\n .\n mQ: x\n\n\
                        Types: deb-src\nEnabled: no\nURIs: http://i\n";
        assert_eq!(deb822_sources(text), expected);
    }

    #[test]
    fn versions_are_ordered_as_debian_does() {
        let ascending = [
            "0.9~~",
            "0.9~~a",
            "0.9~",
            "0.9",
            "0.9-1",
            "0.09-2",
            "0.9a",
            "0.9+b",
            "0.10",
            "1.0~rc1-1",
            "1.0-1~deb12u7",
            "1.0-1~deb12u10",
            "1.0-1",
            "1.0-1.1",
            "1.0.1",
            "1:0.1",
        ];
        for (index, left) in ascending.iter().enumerate() {
            for (other, right) in ascending.iter().enumerate() {
                assert_eq!(
                    compare_versions(left, right),
                    index.cmp(&other),
                    "{left} {right}"
                );
            }
        }
        assert_eq!(compare_versions("1.01", "1.1"), Ordering::Equal);
        assert_eq!(compare_versions("x:1", "x:1"), Ordering::Equal);
    }

    #[test]
    fn the_newest_revision_of_an_upstream_version_is_chosen() {
        let printed = "Package: redis\nVersion: 5:7.0.15-1~deb12u7\n\nPackage: redis\nBinary: x\nVersion: 5:7.0.15-1~deb12u10\n\n\
                       Package: redis-other\nVersion: 9\n\nPackage: redis\nVersion: 5:7.2-1\n";
        let versions = source_versions(printed, "redis");
        assert_eq!(versions.len(), 3);
        assert_eq!(
            newest_revision(&versions, "7.0.15").unwrap(),
            "5:7.0.15-1~deb12u10"
        );
        assert_eq!(newest_revision(&versions, "7.0"), None);
        assert_eq!(upstream_part("1:2-3-4"), "2-3");
    }

    #[test]
    fn names_are_no_options() {
        assert!(check_names("redis", "7.0.15+dfsg~1").is_ok());
        for (package, version) in [
            ("-o", "1"),
            ("", "1"),
            ("a=b", "1"),
            ("a", "-1"),
            ("a", "1:2"),
            ("a b", "1"),
            ("../a", "1"),
        ] {
            assert!(
                check_names(package, version).is_err(),
                "{package} {version}"
            );
        }
    }

    #[test]
    fn a_machine_without_apt_is_told_so() {
        let error = not_started("apt-get", ErrorKind::NotFound.into()).to_string();
        assert!(error.contains("needs apt"), "{error}");
    }
}
