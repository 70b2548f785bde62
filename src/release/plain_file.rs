//! Opening files that must be plain files.
//!
//! A pipe, socket or device in the place of a file would block for ever, or never end; a directory would fail later
//! and with less of a message. Links are followed.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Opens the plain file at `path` for reading.
///
/// # Errors
/// Those of the system, and [`io::ErrorKind::InvalidInput`] for everything that is no plain file.
pub fn open(path: &Path) -> io::Result<File> {
    let found = fs::metadata(path)?;
    if found.is_file() {
        return File::open(path);
    }
    let what = if found.is_dir() {
        "it is a directory, not a file"
    } else {
        "it is a pipe, a socket or a device, not a file"
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}

/// All bytes of the plain file at `path`, which may have at most `limit`.
///
/// # Errors
/// As [`open`], and [`io::ErrorKind::FileTooLarge`].
pub fn read(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    open(path)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is larger than {limit} bytes"),
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_of_bounded_size_are_read() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, "1234").unwrap();
        let link = home.path().join("link");
        std::os::unix::fs::symlink("file", &link).unwrap();
        assert_eq!(read(&link, 4).unwrap(), b"1234");
        for (path, limit, part) in [
            (file.as_path(), 3, "larger than 3 bytes"),
            (home.path(), 9, "a directory"),
            (Path::new("/dev/zero"), 9, "a device"),
        ] {
            let error = read(path, limit).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
