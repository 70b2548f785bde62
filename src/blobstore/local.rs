//! Provider `local`: a directory with one file per id.
//!
//! Option `blobstore_path`, relative to the release directory, as in the official CLI. The directory is created by the first
//! `put`. Files are written beside their place, synced and renamed: a reader or a kill sees a whole blob or none.
//! Files get mode 0644 (less what the umask takes), so that a directory can be shared.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tempfile::NamedTempFile;

use super::{Blobstore, Options};

struct Local {
    directory: PathBuf,
}

/// Checks `blobstore_path`; the directory need not exist yet.
pub(super) fn open(options: &Options) -> Result<Box<dyn Blobstore>> {
    let directory = match options.values.get("blobstore_path") {
        None => bail!("missing blobstore_path"),
        Some(Value::String(path)) if path.is_empty() => bail!("blobstore_path must not be empty"),
        Some(Value::String(path)) => options.release_directory.join(path),
        Some(_) => bail!("blobstore_path must be a string"),
    };
    Ok(Box::new(Local { directory }))
}

impl Blobstore for Local {
    fn get(&self, id: &str, into: &Path) -> Result<()> {
        let path = self.path(id)?;
        let mut blob = open_regular(&path)?;
        let file = copy_beside(&mut blob, into)
            .with_context(|| format!("Copying '{}' to '{}'", path.display(), into.display()))?;
        file.persist_noclobber(into)
            .with_context(|| format!("Creating '{}'", into.display()))?;
        Ok(())
    }

    fn put(&self, id: &str, from: &Path) -> Result<()> {
        let path = self.path(id)?;
        let mut content = open_regular(from)?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)
                .with_context(|| format!("Making directory '{}'", parent.display()))?;
        }
        let file = copy_beside(&mut content, &path)
            .with_context(|| format!("Copying '{}' to '{}'", from.display(), path.display()))?;
        file.persist(&path)
            .with_context(|| format!("Creating '{}'", path.display()))?;
        Ok(())
    }

    fn delete(&self, id: &str) -> Result<()> {
        let path = self.path(id)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("Removing '{}'", path.display()))
            }
            _ => Ok(()),
        }
    }

    fn describe(&self) -> String {
        format!("'{}'", self.directory.display())
    }
}

impl Local {
    /// Checked here as well: the provider may be called without the functions around it.
    fn path(&self, id: &str) -> Result<PathBuf> {
        super::check_id(id)?;
        Ok(self.directory.join(id))
    }
}

/// Opens a regular file; a pipe or a device in its place must not block or never end.
fn open_regular(path: &Path) -> Result<File> {
    let metadata = fs::metadata(path).with_context(|| format!("Opening '{}'", path.display()))?;
    if !metadata.is_file() {
        bail!("Opening '{}': not a regular file", path.display());
    }
    File::open(path).with_context(|| format!("Opening '{}'", path.display()))
}

/// A finished temporary file in the directory of `target`.
fn copy_beside(content: &mut File, target: &Path) -> io::Result<NamedTempFile> {
    let directory = target
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".blob-")
        .permissions(Permissions::from_mode(0o644))
        .tempfile_in(directory)?;
    io::copy(content, file.as_file_mut())?;
    file.as_file().sync_all()?;
    Ok(file)
}
