//! `init-release`, `reset-release`, `generate-job`, `generate-package`: the files a release begins with.

use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::changes::{self, Changes};
use super::config::new_final_config;
use super::directory::{Kind, ReleaseDirectory};
use crate::git;

/// Makes directories and configuration; the release's name is the directory's without `-release`.
pub fn init(release: &ReleaseDirectory, with_git: bool) -> Result<()> {
    for directory in ["jobs", "packages", "src", "config"] {
        make_directory(&release.root().join(directory))?;
    }
    let directory_name = release
        .root()
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let name = directory_name
        .strip_suffix("-release")
        .unwrap_or(&directory_name);
    changes::write(&release.final_config(), new_final_config(name).as_bytes())?;
    changes::write(&release.blobs_index(), b"--- {}\n")?;
    if with_git {
        git::init(release.root())?;
    }
    Ok(())
}

fn make_directory(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("Creating directory '{}'", path.display()))
}

/// Removes everything that was made on this machine: dev builds, dev releases, copies of blobs.
pub fn reset(release: &ReleaseDirectory) -> Result<()> {
    for name in [".dev_builds", "dev_releases", ".blobs", "blobs"] {
        let path = release.root().join(name);
        let removed = match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => fs::remove_dir_all(&path),
            Ok(_) => fs::remove_file(&path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        removed.with_context(|| format!("Removing {name}/"))?;
    }
    Ok(())
}

/// A job without templates.
pub fn job(release: &ReleaseDirectory, name: &str) -> Result<()> {
    let directory = new_directory(release, Kind::Job, name)?;
    let spec =
        format!("---\nname: {name}\n\ntemplates: {{}}\n\npackages: []\n\nproperties: {{}}\n");
    let mut changes = Changes::of_release(release.root());
    changes.write(&directory.join("spec"), spec.as_bytes())?;
    changes.write(&directory.join("monit"), b"")?;
    changes.commit()?;
    make_directory(&directory.join("templates"))
}

/// A package without files.
pub fn package(release: &ReleaseDirectory, name: &str) -> Result<()> {
    let directory = new_directory(release, Kind::Package, name)?;
    let spec = format!("---\nname: {name}\n\ndependencies: []\n\nfiles: []\n");
    let mut changes = Changes::of_release(release.root());
    changes.write(&directory.join("spec"), spec.as_bytes())?;
    changes.write(&directory.join("packaging"), b"set -e\n")?;
    changes.commit()
}

/// Where a job or package of this name goes; the official CLI does not look at the name, and neither do we as long as
/// it stays inside: `create-release` says what a Director refuses.
fn new_directory(release: &ReleaseDirectory, kind: Kind, name: &str) -> Result<std::path::PathBuf> {
    let word = match kind {
        Kind::Job => "Job",
        _ => "Package",
    };
    if super::spec::inner_path(name).is_none() || name.split('/').any(|part| part == "..") {
        bail!("{word} name '{name}' leads out of {}/", kind.directory());
    }
    let directory = release.one_of(kind, name);
    if fs::symlink_metadata(&directory).is_ok() {
        bail!(
            "{word} '{name}' at '{}' already exists",
            directory.display()
        );
    }
    Ok(directory)
}
