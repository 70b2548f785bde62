//! The program `ssh-keygen`, for private keys that we cannot see: in an agent, or on a security key.
//!
//! It inherits the environment (`SSH_AUTH_SOCK`), gets the content on its standard input, and asks for passphrases and
//! PINs on the terminal by itself. What it returns is checked like a signature of a stranger.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context, bail};
use ssh_key::{HashAlg, PublicKey};

use super::{NAMESPACE, sshsig};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// Signs content with the key that `key_file` (private or public) names.
pub(super) fn sign(
    key_file: &Path,
    key: &PublicKey,
    content: &mut dyn Read,
) -> anyhow::Result<String> {
    sign_with(OsStr::new("ssh-keygen"), key_file, key, content)
}

/// A temporary file with a public key, as `ssh-keygen` wants it to find the key in the agent.
pub(super) fn public_key_file(key: &PublicKey) -> anyhow::Result<tempfile::NamedTempFile> {
    let attempt = "writing the public key to a temporary file";
    let mut file = tempfile::Builder::new()
        .suffix(".pub")
        .tempfile()
        .context(attempt)?;
    writeln!(file, "{}", key.to_openssh()?).context(attempt)?;
    Ok(file)
}

fn sign_with(
    program: &OsStr,
    key_file: &Path,
    key: &PublicKey,
    content: &mut dyn Read,
) -> anyhow::Result<String> {
    let mut child = start(program, key_file)?;
    let fed = feed(&mut child, content);
    let output = child
        .wait_with_output()
        .context("waiting for ssh-keygen to end")?;
    if !output.status.success() {
        return Err(refused(key, &output));
    }
    let digest = fed.context("handing the content to ssh-keygen")?;
    let text = String::from_utf8(output.stdout).context("reading the answer of ssh-keygen")?;
    check(&text, key, &digest)?;
    Ok(text)
}

fn start(program: &OsStr, key_file: &Path) -> anyhow::Result<Child> {
    Command::new(program)
        .args(["-Y", "sign", "-n", NAMESPACE, "-f"])
        .arg(key_file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => missing(program),
            _ => anyhow::Error::new(error).context("starting ssh-keygen"),
        })
}

/// Writes the content to the program's standard input and returns its SHA-512.
fn feed(child: &mut Child, content: &mut dyn Read) -> io::Result<Vec<u8>> {
    let Some(mut stdin) = child.stdin.take() else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    sshsig::hash(HashAlg::Sha512, content, &mut |piece| {
        stdin.write_all(piece)
    })
}

/// A signature that leaves this module is by the key that was asked for, over the content, in our namespace.
fn check(text: &str, key: &PublicKey, digest: &[u8]) -> anyhow::Result<()> {
    let Ok(signature) = sshsig::parse(text) else {
        bail!("ssh-keygen returned something that is no signature");
    };
    if signature.public_key() != key.key_data() {
        bail!("ssh-keygen signed with another key than {}", name(key));
    }
    if signature.namespace() != NAMESPACE
        || signature.hash_alg() != HashAlg::Sha512
        || sshsig::check(&signature, digest).is_err()
    {
        bail!("ssh-keygen returned a signature that does not verify");
    }
    Ok(())
}

fn missing(program: &OsStr) -> anyhow::Error {
    let message = format!("The program {} was not found", program.display());
    Diagnostics::from(Diagnostic::error(message).hint(
        "Keys in an agent and security keys sign through it: install OpenSSH's client, \
         or sign with a private key file.",
    ))
    .into()
}

fn refused(key: &PublicKey, output: &Output) -> anyhow::Error {
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said
        .lines()
        .filter(|line| !line.starts_with("Signing data on standard input"))
        .collect();
    let message = format!(
        "ssh-keygen could not sign with {}: {}",
        name(key),
        said.join("; ")
    );
    Diagnostics::from(Diagnostic::error(message).hint(
        "For a key in an agent, see that SSH_AUTH_SOCK is set and `ssh-add -l` lists it; \
         for a security key, that it is plugged in.",
    ))
    .into()
}

/// Type and fingerprint.
fn name(key: &PublicKey) -> String {
    format!("{} {}", key.algorithm(), super::fingerprint(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named() {
        let key =
            PublicKey::from_openssh(include_str!("../../tests/signing/ed25519.pub").trim_end())
                .unwrap();
        let program = OsStr::new("ssh-keygen-that-is-not-installed");
        let error = sign_with(program, Path::new("k"), &key, &mut &b"x"[..]).unwrap_err();
        let shown = error.to_string();
        assert!(
            shown.contains("ssh-keygen-that-is-not-installed was not found"),
            "{shown}"
        );
        assert!(shown.contains("install OpenSSH's client"), "{shown}");
    }
}
