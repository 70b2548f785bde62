//! The license: every `LICENSE*` and `NOTICE*` at the root of the release (not below it; upper case counts).

use std::fs;

use anyhow::{Context, Result, bail};

use super::directory::{Kind, ReleaseDirectory};
use super::job::is_executable;
use super::known_digests::Stamp;
use super::name::Name;
use super::resource::{Content, Resource, ResourceFile, sort_files};

/// The license as a resource; `None` when there are no such files.
pub fn read(release: &ReleaseDirectory) -> Result<Option<Resource>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(release.root())
        .with_context(|| format!("Reading directory '{}'", release.root().display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if !is_license_name(name.as_encoded_bytes()) || entry.path().is_dir() {
            continue;
        }
        let path = entry.path();
        let kind = entry.file_type()?;
        let content = if kind.is_symlink() {
            Content::Link(fs::read_link(&path)?.into_os_string())
        } else if kind.is_file() {
            Content::File(path.clone())
        } else {
            bail!(
                "'{}' is a pipe, a socket or a device: it cannot be packed",
                release.shown(&path)
            );
        };
        files.push(ResourceFile {
            path: name.into(),
            executable: is_executable(&path),
            content,
            mode_counts: false,
            blob: false,
            stamp: Stamp::of(&path),
            held: None,
        });
    }
    sort_files(&mut files);
    let name = Name::parse("license").context("'license' is a valid name")?;
    Ok((!files.is_empty()).then_some(Resource {
        kind: Kind::License,
        name,
        files,
        packages: Vec::new(),
        plain: false,
        pre_packaging: None,
    }))
}

/// Whether a file of this name belongs to the license.
pub fn is_license_name(name: &[u8]) -> bool {
    name.starts_with(b"LICENSE") || name.starts_with(b"NOTICE")
}
