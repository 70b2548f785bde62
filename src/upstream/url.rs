//! Upstream `url`: an address that is downloaded.
//!
//! `http` and `https` through ureq with rustls (aws-lc) and the certificates the operating system trusts; `file` for mirrors
//! on disk. Proxies come from the environment, as ureq reads it: the first of `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` (also
//! in lower case) serves all addresses that `NO_PROXY` does not exclude. Redirects are followed to `http` and `https` only.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

use super::{Wanted, check_not_longer, write_new};

/// How long is waited for what.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Looking up a name; and making a connection, with TLS.
    pub connect: Duration,
    /// Silence while a response is read.
    pub silence: Duration,
    /// The whole download, redirects included; it grows with the size of the blob, see `Limits::total`.
    pub total: Duration,
    /// Slowest acceptable rate in bytes per second, once `total` is used up.
    pub slowest: u64,
    /// Redirects in a row.
    pub redirects: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            total: Duration::from_mins(10),
            slowest: 10_000,
            redirects: 10,
        }
    }
}

impl Limits {
    /// Time for a whole download; a blob of unknown size may take an hour.
    fn total(&self, size: Option<u64>) -> Duration {
        let more = size.map_or(3600, |size| size / self.slowest.max(1));
        self.total
            .saturating_add(Duration::from_secs(more.min(24 * 3600)))
    }
}

/// Downloads `address` into the new file `into`; on an error there is no such file.
pub fn fetch(
    address: &str,
    limits: &Limits,
    wanted: &Wanted,
    into: &Path,
    progress: &dyn Fn(u64),
) -> Result<()> {
    let scheme = address.split_once("://").map(|(scheme, _)| scheme);
    match scheme.map(str::to_ascii_lowercase).as_deref() {
        Some("http" | "https") => fetch_http(address, limits, wanted, into, progress),
        Some("file") => fetch_file(address, wanted, into, progress),
        _ => bail!("an upstream address must begin with https://, http:// or file://"),
    }
}

fn fetch_http(
    address: &str,
    limits: &Limits,
    wanted: &Wanted,
    into: &Path,
    progress: &dyn Fn(u64),
) -> Result<()> {
    let mut response = agent(limits, wanted.size)
        .get(address)
        .header("accept-encoding", "identity")
        .call()
        .map_err(|error| explained(&error))?;
    if let Some(length) = response.body().content_length() {
        check_not_longer(length, wanted.size)?;
    }
    let mut body = response.body_mut().as_reader();
    write_new(&mut body as &mut dyn Read, wanted, into, progress)
}

fn agent(limits: &Limits, size: Option<u64>) -> Agent {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(Arc::new(provider))
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .user_agent(concat!("bosh-release/", env!("CARGO_PKG_VERSION")))
        .max_redirects(limits.redirects)
        .timeout_resolve(Some(limits.connect))
        .timeout_connect(Some(limits.connect))
        .timeout_send_request(Some(limits.silence))
        .timeout_recv_response(Some(limits.silence))
        .timeout_per_read(Some(limits.silence))
        .timeout_global(Some(limits.total(size)))
        .build()
        .new_agent()
}

/// The error in words; the address, which may hold credentials, is never repeated.
fn explained(error: &ureq::Error) -> anyhow::Error {
    match error {
        ureq::Error::StatusCode(code) => anyhow!("the server answered {code}"),
        ureq::Error::Timeout(what) => anyhow!("no answer in time ({what})"),
        ureq::Error::HostNotFound => anyhow!("host not found"),
        ureq::Error::BadUri(_) => {
            anyhow!("the address, or one it redirects to, is not a valid one")
        }
        other => anyhow!("{}", super::without_credentials(&other.to_string())),
    }
}

fn fetch_file(address: &str, wanted: &Wanted, into: &Path, progress: &dyn Fn(u64)) -> Result<()> {
    let path = file_path(address)?;
    let metadata = fs::metadata(&path).with_context(|| format!("Opening '{}'", path.display()))?;
    // A pipe or a device in its place must not block or never end.
    if !metadata.is_file() {
        bail!("Opening '{}': not a regular file", path.display());
    }
    check_not_longer(metadata.len(), wanted.size)?;
    let mut file = File::open(&path).with_context(|| format!("Opening '{}'", path.display()))?;
    write_new(&mut file, wanted, into, progress)
}

/// The path of `file:///path` or `file://localhost/path`, with `%20` and the like decoded.
fn file_path(address: &str) -> Result<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let rest = address.split_once("://").map_or("", |(_, rest)| rest);
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        bail!("a file:// address needs an absolute path: file:///directory/file");
    }
    let mut decoded = Vec::new();
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex_pair(bytes.next(), bytes.next()).ok_or_else(|| {
                anyhow!("'%' in an address is followed by two hexadecimal digits")
            })?,
            other => other,
        });
    }
    Ok(PathBuf::from(std::ffi::OsString::from_vec(decoded)))
}

fn hex_pair(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_addresses() {
        for (address, path) in [
            ("file:///a/b", Some("/a/b")),
            ("FILE://localhost/a%20b%2f", Some("/a b/")),
            ("file://a/b", None),
            ("file://", None),
            ("file:///a%2", None),
            ("file:///a%zz", None),
        ] {
            assert_eq!(
                file_path(address).ok(),
                path.map(PathBuf::from),
                "{address}"
            );
        }
    }

    #[test]
    fn a_larger_blob_gets_more_time_but_not_any() {
        let limits = Limits::default();
        assert_eq!(limits.total(Some(1_000_000)), Duration::from_secs(700));
        assert_eq!(limits.total(None), Duration::from_mins(10 + 60));
        assert_eq!(
            limits.total(Some(u64::MAX)),
            Duration::from_mins(10 + 24 * 60)
        );
    }
}
