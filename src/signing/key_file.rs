//! Key files: reading one without trusting it, and telling what it is.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::Context;
use ssh_key::{Kdf, PrivateKey, PublicKey};

use crate::diagnostic::{Diagnostic, Diagnostics};

/// Longest key file that is read, in bytes; that of an RSA key of 16384 bits has 13,000.
const MAXIMUM_FILE: u64 = 256 * 1024;
/// Most rounds of key derivation that are computed; `ssh-keygen` writes 16 to 24 by itself, and 10,000 take a minute.
const MAXIMUM_ROUNDS: u32 = 10_000;

/// What a key file holds.
pub(super) enum KeyFile {
    /// A private key, perhaps encrypted.
    Private(Box<PrivateKey>),
    /// A public key.
    Public(Box<PublicKey>),
}

/// Reads a key file. A private key that others could read is refused, as `ssh` does.
pub(super) fn read(path: &Path) -> anyhow::Result<KeyFile> {
    let attempt = || format!("reading the signing key {}", path.display());
    let file = File::open(path).with_context(attempt)?;
    let metadata = file.metadata().with_context(attempt)?;
    let mut bytes = Vec::new();
    file.take(MAXIMUM_FILE)
        .read_to_end(&mut bytes)
        .with_context(attempt)?;
    let text = String::from_utf8(bytes).map_err(|_| unknown(path))?;
    if !text.contains("PRIVATE KEY-----") {
        return parse_public(path, &text);
    }
    check_mode(path, metadata.permissions().mode())?;
    parse_private(path, &text)
}

/// Decrypts a private key when it is encrypted, with the passphrase that `ask` returns for a question.
pub(super) fn decrypt(
    path: &Path,
    key: PrivateKey,
    ask: &mut dyn FnMut(&str) -> anyhow::Result<String>,
) -> anyhow::Result<PrivateKey> {
    if !key.is_encrypted() {
        return Ok(key);
    }
    if let Kdf::Bcrypt { rounds, .. } = key.kdf()
        && *rounds > MAXIMUM_ROUNDS
    {
        return Err(fault(
            path,
            &format!("is encrypted with {rounds} rounds; at most {MAXIMUM_ROUNDS} are supported"),
            "Write it again with fewer: ssh-keygen -p -a 100 -f KEY",
        ));
    }
    let passphrase = ask(&format!("Passphrase of {}: ", path.display()))
        .with_context(|| format!("asking for the passphrase of {}", path.display()))?;
    key.decrypt(passphrase.as_bytes()).map_err(|_| {
        let what = "cannot be decrypted: the passphrase is wrong, or the file is damaged";
        fault(path, what, "Try again with the right passphrase.")
    })
}

fn parse_private(path: &Path, text: &str) -> anyhow::Result<KeyFile> {
    if !text.contains("BEGIN OPENSSH PRIVATE KEY-----") {
        return Err(fault(
            path,
            "is a private key, but not in the format of OpenSSH",
            "Convert it (in place; make a copy first): ssh-keygen -p -f KEY",
        ));
    }
    // Secrets of CI systems come with the line breaks of a browser, or without the last one.
    let text = format!("{}\n", text.replace("\r\n", "\n").trim());
    let key = PrivateKey::from_openssh(text).map_err(|error| {
        let what = format!("cannot be read: {error}");
        fault(path, &what, "Check that the file was copied completely.")
    })?;
    Ok(KeyFile::Private(Box::new(key)))
}

fn parse_public(path: &Path, text: &str) -> anyhow::Result<KeyFile> {
    match PublicKey::from_openssh(text.trim()) {
        Ok(key) => Ok(KeyFile::Public(Box::new(key))),
        Err(_) => Err(unknown(path)),
    }
}

/// Refuses a private key that group or others may read or write.
fn check_mode(path: &Path, mode: u32) -> anyhow::Result<()> {
    let others = mode & 0o077;
    if others == 0 {
        return Ok(());
    }
    Err(fault(
        path,
        &format!("has mode {:04o}: others can use it", mode & 0o7777),
        &format!("Make it private: chmod 600 {}", path.display()),
    ))
}

fn unknown(path: &Path) -> anyhow::Error {
    let what = "is neither an OpenSSH private key nor a public key";
    fault(path, what, "Make a key with: ssh-keygen -t ed25519 -f KEY")
}

/// An error about a key file.
pub(super) fn fault(path: &Path, what: &str, hint: &str) -> anyhow::Error {
    let message = format!("The signing key {} {what}", path.display());
    Diagnostics::from(Diagnostic::error(message).hint(hint)).into()
}
