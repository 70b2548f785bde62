//! Lays an archive out in an empty directory.
//!
//! Nothing can be written outside: names cannot climb (see the reader), every file is created new, and
//! links are made last, when there is nothing left to write through them.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use super::error::ArchiveError;
use super::names::shown;
use super::reader::{Kind, Limits, read_members};

/// Unpacks into `destination`, an empty directory that only this process writes to. Directories and
/// executable files get the mode 0755, other files 0644, both less the umask; times and owners are
/// those of now and of the process.
///
/// # Errors
/// As [`read`](super::read), or when something cannot be written. What was unpacked before remains.
pub fn unpack(reader: impl Read, destination: &Path, limits: &Limits) -> Result<(), ArchiveError> {
    check_empty(destination)
        .map_err(|source| failed(destination.as_os_str().as_bytes(), source))?;
    let mut links: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    read_members(reader, limits, &mut |entry, content| {
        let path = place(destination, &entry.name);
        let result = match &entry.kind {
            Kind::Directory => make_directory(&path),
            Kind::File { .. } => write_file(&path, entry.is_executable(), content),
            Kind::Link { target } => {
                links.push((entry.name.clone(), target.clone()));
                make_parent(&path)
            }
        };
        result.map_err(|source| failed(&entry.name, source))
    })?;
    links.iter().try_for_each(|(name, target)| {
        symlink(
            std::ffi::OsStr::from_bytes(target),
            place(destination, name),
        )
        .map_err(|source| failed(name, source))
    })
}

fn failed(name: &[u8], source: io::Error) -> ArchiveError {
    ArchiveError::Unpack {
        name: shown(name),
        source,
    }
}

fn place(destination: &Path, name: &[u8]) -> PathBuf {
    destination.join(std::ffi::OsStr::from_bytes(name))
}

/// A link that lay here before could lead anywhere.
fn check_empty(destination: &Path) -> io::Result<()> {
    if destination.read_dir()?.next().is_some() {
        return Err(io::Error::new(
            io::ErrorKind::DirectoryNotEmpty,
            "expected an empty directory",
        ));
    }
    Ok(())
}

fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(path)
}

fn make_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), make_directory)
}

fn write_file(path: &Path, executable: bool, content: &mut dyn Read) -> io::Result<()> {
    make_parent(path)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(if executable { 0o755 } else { 0o644 })
        .open(path)?;
    io::copy(content, &mut file)?;
    Ok(())
}
