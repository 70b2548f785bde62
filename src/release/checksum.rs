//! Digests of files.

use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::{Context, Result};

use super::plain_file;
use crate::digest::{Algorithm, Digest, Hasher};

/// Whether the file at `path` has this digest; its strongest known algorithm decides.
pub fn verify(digest: &Digest, path: &Path) -> Result<()> {
    let actual = read(digest.hasher()?, path)?;
    Ok(digest.verify(&actual)?)
}

/// The digest of the file at `path`.
pub fn of_file(algorithm: Algorithm, path: &Path) -> Result<Digest> {
    read(Hasher::new(&[algorithm]), path)
}

/// The digest of the file at `path` by the algorithm that decides about `digest`, and its SHA-256.
pub fn of_file_as(digest: &Digest, path: &Path) -> Result<Digest> {
    let (deciding, _) = digest.strongest().unwrap_or((Algorithm::Sha256, ""));
    read(Hasher::new(&[deciding, Algorithm::Sha256]), path)
}

fn read(mut hasher: Hasher, path: &Path) -> Result<Digest> {
    let mut file =
        plain_file::open(path).with_context(|| format!("Opening file {}", path.display()))?;
    copy(&mut file, &mut hasher).with_context(|| format!("Reading file {}", path.display()))?;
    Ok(hasher.finish())
}

/// As `io::copy`, with fewer and larger reads: hashing is so fast that a read of 8 KiB shows.
pub(super) fn copy(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<u64> {
    let mut buffer = vec![0; 64 * 1024];
    let mut copied = 0;
    loop {
        let taken = match from.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result?,
        };
        if taken == 0 {
            return Ok(copied);
        }
        to.write_all(&buffer[..taken])?;
        copied += taken as u64;
    }
}
