//! Upstreams: where a blob comes from when no blobstore has it.
//!
//! Owns the kinds of upstream that `config/bosh-release.yml` may list and their download; one file per kind.
//! Nothing fetched here is trusted: the caller checks the digest of `config/blobs.yml` before it uses the file.
//!
//! Invariants: never more bytes are written than the blob has; on an error there is no file; every wait has an end;
//! credentials in an address never reach a message.

pub mod debian_source;
pub mod url;

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// One place a blob can be fetched from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upstream {
    /// An `http`, `https` or `file` address.
    Url(String),
    /// The original tarball of a source package of the distribution this machine runs.
    DebianSource {
        /// Name of the source package, such as `redis`.
        package: String,
        /// Upstream part of its version, such as `7.0.15`: neither epoch nor Debian revision.
        version: String,
    },
}

/// What is known about the blob before it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its length in bytes.
    pub size: Option<u64>,
    /// What people call it, for messages.
    pub file_name: String,
}

impl fmt::Display for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(address) => f.write_str(&without_credentials(address)),
            Self::DebianSource { package, version } => {
                write!(f, "Debian source package '{package}' {version}")
            }
        }
    }
}

/// Fetches a blob into the new file `into`; `progress` is told how many bytes are there so far.
///
/// On an error there is no file `into`. The size is checked when it is known; the digest is up to the caller.
pub fn fetch(
    upstream: &Upstream,
    wanted: &Wanted,
    into: &Path,
    progress: &dyn Fn(u64),
) -> Result<()> {
    let fetched = match upstream {
        Upstream::Url(address) => {
            url::fetch(address, &url::Limits::default(), wanted, into, progress)
        }
        Upstream::DebianSource { package, version } => debian_source::Apt::of_this_machine()
            .and_then(|apt| apt.fetch(package, version, wanted, into, progress)),
    };
    fetched.with_context(|| format!("Fetching '{}' from {upstream}", wanted.file_name))
}

/// Replaces what may be secret in the addresses of a text: user and password, and the query (signed addresses).
fn without_credentials(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, address) = rest.split_at(at + 3);
        shown.push_str(before);
        let end = address
            .find(|c: char| c.is_whitespace() || "'\"<>".contains(c))
            .unwrap_or(address.len());
        let (address, behind) = address.split_at(end);
        let (host, path) = address.split_at(address.find(['/', '?', '#']).unwrap_or(end));
        shown.push_str(host.rsplit_once('@').map_or(host, |(_, host)| host));
        let (path, query) = path.split_at(path.find('?').unwrap_or(path.len()));
        shown.push_str(path);
        shown.push_str(if query.is_empty() { "" } else { "?..." });
        rest = behind;
    }
    shown + rest
}

/// Writes all of `content` to the new file `into`; its length must be the wanted one.
fn write_new(
    content: &mut dyn Read,
    wanted: &Wanted,
    into: &Path,
    progress: &dyn Fn(u64),
) -> Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(into)
        .with_context(|| format!("Creating '{}'", into.display()))?;
    copy(content, wanted.size, &mut file, progress)
        .and_then(|()| {
            file.sync_all()
                .with_context(|| format!("Writing '{}'", into.display()))
        })
        .inspect_err(|_| drop(fs::remove_file(into)))
}

/// Copies until the end, or fails as soon as there are more than `size` bytes.
fn copy(
    content: &mut dyn Read,
    size: Option<u64>,
    file: &mut dyn Write,
    progress: &dyn Fn(u64),
) -> Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    let mut done: u64 = 0;
    loop {
        let count = match content.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => {
                let said = without_credentials(&error.to_string());
                bail!("broken off after {done} bytes: {said}");
            }
        };
        done += count as u64;
        check_not_longer(done, size)?;
        file.write_all(&buffer[..count])
            .context("Writing what was fetched")?;
        progress(done);
    }
    match size {
        Some(size) if done < size => bail!("too short: it has {done} bytes, expected {size}"),
        _ => Ok(()),
    }
}

fn check_not_longer(length: u64, size: Option<u64>) -> Result<()> {
    match size {
        Some(size) if length > size => {
            bail!("too long: it has at least {length} bytes, expected {size}")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_never_show() {
        for (text, shown) in [
            ("https://u:p@h/x", "https://h/x"),
            ("https://u:p@ss@h:1/x@y", "https://h:1/x@y"),
            (
                "a 'http://u@h/p?X-Signature=s' b http://h?t#f c",
                "a 'http://h/p?...' b http://h?... c",
            ),
            ("http://h", "http://h"),
            ("no address, x@y", "no address, x@y"),
            ("https://u:p@h", "https://h"),
        ] {
            assert_eq!(without_credentials(text), shown);
        }
    }
}
