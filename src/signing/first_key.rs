//! The first key of a release: an Ed25519 pair in the files that `ssh-keygen -t ed25519` would write.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Context;
use ssh_key::rand_core::OsRng;
use ssh_key::{Algorithm, LineEnding, PrivateKey, PublicKey};
use tempfile::NamedTempFile;

use super::key_file;
use super::locate::with_pub;

/// Makes an Ed25519 key without passphrase: `path` with mode 0600 and `path.pub` with mode 0644.
///
/// `comment` says whose key it is, like `ci@example.com`. Nothing is overwritten: an error when one of the files is
/// there already. Each file appears as a whole; the private one first, from which the public one can be made again
/// (`ssh-keygen -y -f KEY`). Missing directories above are created.
pub fn generate(path: &Path, comment: &str) -> anyhow::Result<PublicKey> {
    let public_path = with_pub(path);
    for file in [path, &public_path] {
        // Asked before anything is written, so that an old .pub does not end up beside a new key.
        if file.symlink_metadata().is_ok() {
            return Err(exists(file));
        }
    }
    let attempt = || format!("making the signing key {}", path.display());
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).with_context(attempt)?;
    }
    let comment = comment.replace(char::is_control, " ");
    let mut key = PrivateKey::random(&mut OsRng, Algorithm::Ed25519).with_context(attempt)?;
    key.set_comment(comment);
    let private_text = key.to_openssh(LineEnding::LF).with_context(attempt)?;
    let public_text = format!("{}\n", key.public_key().to_openssh()?);
    create(path, private_text.as_bytes(), 0o600)?;
    create(&public_path, public_text.as_bytes(), 0o644)?;
    Ok(key.public_key().clone())
}

/// A temporary file beside `path` with this content and exactly this mode, ready to be renamed.
pub(super) fn write_beside(
    path: &Path,
    content: &[u8],
    mode: u32,
) -> anyhow::Result<NamedTempFile> {
    let attempt = || format!("writing {}", path.display());
    let directory = match path.parent() {
        Some(directory) if !directory.as_os_str().is_empty() => directory,
        _ => Path::new("."),
    };
    // Born with mode 0600 whatever the umask is.
    // The suffix is that of all temporary files of this tool: what a kill leaves behind is found and removed.
    let mut file = tempfile::Builder::new()
        .prefix(".")
        .suffix(".bosh-release-tmp")
        .tempfile_in(directory)
        .with_context(attempt)?;
    file.write_all(content).with_context(attempt)?;
    file.as_file()
        .set_permissions(Permissions::from_mode(mode))
        .with_context(attempt)?;
    file.as_file().sync_all().with_context(attempt)?;
    Ok(file)
}

fn create(path: &Path, content: &[u8], mode: u32) -> anyhow::Result<()> {
    match write_beside(path, content, mode)?.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Err(exists(path)),
        Err(error) => Err(error.error).with_context(|| format!("writing {}", path.display())),
    }
}

fn exists(path: &Path) -> anyhow::Error {
    let hint = "A key is never overwritten: use this one, or move it away.";
    key_file::fault(path, "exists already", hint)
}
