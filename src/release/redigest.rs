//! `sha1ify-release` and `sha2ify-release`: the same archives under other digests.

use std::path::Path;

use anyhow::{Context, Result};

use super::changes::Staged;
use super::checksum;
use super::manifest::ReleaseManifest;
use super::tarball::{self, LICENSE, ReleaseTarball};
use crate::digest::Algorithm;

/// Writes the tarball at `source` to `destination` with digests of `algorithm`. Archives stay byte for byte the same.
///
/// A signature in the tarball is left out: it signed the old manifest. Says whether there was one.
pub fn redigest(
    source: &Path,
    destination: &Path,
    algorithm: Algorithm,
    temporary: &Path,
) -> Result<(ReleaseManifest, bool)> {
    let tarball = ReleaseTarball::open(source, temporary)?;
    tarball.verify_digests()?;
    let mut manifest = tarball.manifest.clone();
    let digest = |name: &str| {
        checksum::of_file(algorithm, &tarball.member(name))
            .with_context(|| format!("Reading '{name}'"))
    };
    for job in &mut manifest.jobs {
        job.digest = digest(&format!("jobs/{}.tgz", job.name))?;
    }
    for package in &mut manifest.packages {
        package.digest = digest(&format!("packages/{}.tgz", package.name))?;
    }
    for compiled in &mut manifest.compiled_packages {
        compiled.package.digest =
            digest(&format!("compiled_packages/{}.tgz", compiled.package.name))?;
    }
    if let Some(license) = &mut manifest.license {
        license.digest = digest(LICENSE)?;
    }
    let mut staged = Staged::create(destination, 0o644)?;
    let members = tarball::members(&manifest, |name| tarball.member(name));
    tarball::write(staged.file()?, &manifest, None, &members)
        .map_err(tarball::WriteError::into_error)?;
    staged.persist()?;
    Ok((manifest, tarball.signature.is_some()))
}
