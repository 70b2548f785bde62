//! `export DIR`: the same release as an ordinary one, which the official CLI builds with equal fingerprints.
//!
//! Package sources go to `src/`, whatever directory holds them here; everything that git tracks of the release itself
//! goes along; templates in Tera become the ERB that is packed of them. Copied are `config/final.yml`, `config/blobs.yml`, `jobs/`, `packages/`, the sources, `blobs/` that
//! `blobs.yml` knows, license files, `.final_builds/` and `releases/`.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::blobs::BlobsIndex;
use super::contents::directories;
use super::directory::{Kind, ReleaseDirectory};
use super::job;
use super::license::is_license_name;
use super::local::LocalRelease;
use super::plain_file;
use super::resource::Content;
use super::tera::TemplatePartials;
use crate::diagnostic::Diagnostics;

/// Writes the release to `destination`, which must not exist or be empty. On an error it is removed again.
pub fn export(local: &LocalRelease, destination: &Path) -> Result<()> {
    let was_there = destination.exists();
    if was_there && fs::read_dir(destination).is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("Directory '{}' is not empty", destination.display());
    }
    if destination.starts_with(local.directory.root()) && is_packed_place(local, destination) {
        bail!(
            "Directory '{}' lies in what is to be exported",
            destination.display()
        );
    }
    fs::create_dir_all(destination)
        .with_context(|| format!("Creating directory '{}'", destination.display()))?;
    let result = write(local, destination);
    if result.is_err() {
        // The error that is reported is the one that matters.
        fs::remove_dir_all(destination).ok();
        if was_there {
            fs::create_dir(destination).ok();
        }
    }
    result
}

fn is_packed_place(local: &LocalRelease, destination: &Path) -> bool {
    let root = local.directory.root();
    [
        root.join("jobs"),
        root.join("packages"),
        local.directory.sources().to_path_buf(),
        local.directory.blobs(),
    ]
    .iter()
    .any(|place| destination.starts_with(place))
}

fn write(local: &LocalRelease, destination: &Path) -> Result<()> {
    let release = &local.directory;
    let target = ReleaseDirectory::new(destination, destination);
    for name in ["jobs", "packages", ".final_builds"] {
        copy_tree(&release.root().join(name), &destination.join(name))?;
    }
    write_compiled(release, &target)?;
    copy_tree(release.sources(), &destination.join("src"))?;
    fs::create_dir_all(destination.join("src"))?;
    copy_manifests(
        &release.root().join("releases"),
        &destination.join("releases"),
    )?;
    for (from, to) in [
        (release.final_config(), target.final_config()),
        (release.blobs_index(), target.blobs_index()),
    ] {
        if from.exists() {
            copy_file(&from, &to)?;
        }
    }
    for blob in BlobsIndex::read(release)?.iter() {
        let from = release.blobs().join(&blob.path);
        if from.is_file() {
            copy_file(&from, &target.blobs().join(&blob.path))?;
        }
    }
    for entry in fs::read_dir(release.root())? {
        let entry = entry?;
        if is_license_name(entry.file_name().as_encoded_bytes()) && !entry.path().is_dir() {
            copy_entry(&entry.path(), &destination.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Puts what is packed of templates in Tera in their place.
fn write_compiled(release: &ReleaseDirectory, target: &ReleaseDirectory) -> Result<()> {
    let names = directories(release, Kind::Job)?;
    let partials = TemplatePartials::of(release);
    for name in &names {
        // A job that cannot be read is exported as it is.
        let Ok(job) = job::read(release, &partials, name) else {
            continue;
        };
        Diagnostics::from_list(job.faults)?;
        let (from, to) = (
            release.one_of(Kind::Job, name),
            target.one_of(Kind::Job, name),
        );
        for template in &job.compiled {
            if let Ok(inner) = template.path.strip_prefix(&from) {
                fs::remove_file(to.join(inner))
                    .with_context(|| format!("Replacing '{}'", to.join(inner).display()))?;
            }
        }
        for file in &job.resource.files {
            if let Content::Generated(bytes) = &file.content {
                let packed = file.path.as_path();
                let spec = packed == Path::new("job.MF");
                let path = to.join(if spec { Path::new("spec") } else { packed });
                fs::write(&path, bytes).with_context(|| format!("Writing '{}'", path.display()))?;
                if file.executable {
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
                }
            }
        }
    }
    Ok(())
}

/// Manifests and indexes, without tarballs. Links to directories are not followed: they could lead back.
fn copy_manifests(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).into_iter().flatten() {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_manifests(&path, &to.join(entry.file_name()))?;
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            copy_file(&path, &to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Files and links, with their modes; what is not there is nothing to copy.
fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    if !from.exists() {
        return Ok(());
    }
    let mut pending: Vec<(PathBuf, PathBuf)> = vec![(from.to_path_buf(), to.to_path_buf())];
    while let Some((from, to)) = pending.pop() {
        fs::create_dir_all(&to)
            .with_context(|| format!("Creating directory '{}'", to.display()))?;
        let entries = fs::read_dir(&from)
            .with_context(|| format!("Reading directory '{}'", from.display()))?;
        for entry in entries {
            let entry = entry?;
            let target = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                pending.push((entry.path(), target));
            } else {
                copy_entry(&entry.path(), &target)?;
            }
        }
    }
    Ok(())
}

fn copy_entry(from: &Path, to: &Path) -> Result<()> {
    if from.is_symlink() {
        let copied = fs::read_link(from).and_then(|target| make_link(&target, to));
        return copied.with_context(|| format!("Copying link '{}'", from.display()));
    }
    copy_file(from, to)
}

fn make_link(target: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

fn copy_file(from: &Path, to: &Path) -> Result<()> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)
            .with_context(|| format!("Creating directory '{}'", parent.display()))?;
    }
    plain_file::open(from)
        .and_then(|_| fs::copy(from, to))
        .with_context(|| format!("Copying '{}' to '{}'", from.display(), to.display()))?;
    Ok(())
}
