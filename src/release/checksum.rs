//! Digests of files.

use std::io;
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

fn read(mut hasher: Hasher, path: &Path) -> Result<Digest> {
    let mut file =
        plain_file::open(path).with_context(|| format!("Opening file {}", path.display()))?;
    io::copy(&mut file, &mut hasher).with_context(|| format!("Reading file {}", path.display()))?;
    Ok(hasher.finish())
}
