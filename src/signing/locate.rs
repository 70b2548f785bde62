//! Which key signs: a look-up in a fixed order, without opening the key.
//!
//! Order: argument, environment, configuration of the release, git. The caller reads the environment and git's
//! configuration; here only the existence of files is asked for.

use std::path::{Path, PathBuf};

use ssh_key::PublicKey;

use crate::diagnostic::{Diagnostic, Diagnostics};

/// Where a key may be named; the first one that is set wins.
#[derive(Debug, Clone, Default)]
pub struct KeyOptions {
    /// `--signing-key`: a private key file, or a public one whose private half an agent holds.
    pub explicit: Option<PathBuf>,
    /// `BOSH_RELEASE_SIGNING_KEY`: the same. An empty value counts as none.
    pub environment: Option<PathBuf>,
    /// `signing.key` of `config/bosh-release.yml`, with the release directory in front. The file may not exist yet.
    pub configured: Option<PathBuf>,
    /// What git signs commits with.
    pub git: Option<GitSigning>,
}

/// Values of git's configuration; used only when the format is `ssh`.
#[derive(Debug, Clone, Default)]
pub struct GitSigning {
    /// `gpg.format`.
    pub format: Option<String>,
    /// `user.signingkey`: a path, or a public key itself (`key::ssh-ed25519 AAAA...`, `ssh-ed25519 AAAA...`).
    pub signing_key: Option<String>,
    /// The directory that `~/` stands for.
    pub home: Option<PathBuf>,
}

/// A key that was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file with a private key, or with a public key whose private half an agent holds.
    File(PathBuf),
    /// A public key whose private half an agent holds.
    Agent(Box<PublicKey>),
}

/// Who named the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `--signing-key`.
    Argument,
    /// `BOSH_RELEASE_SIGNING_KEY`.
    Environment,
    /// `signing.key` of `config/bosh-release.yml`.
    Configuration,
    /// `user.signingkey` of git.
    Git,
}

/// Result of a look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Located {
    /// This key signs.
    Key(KeySource, Origin),
    /// There is no key yet; the configuration says that it belongs here. See [`generate`](super::generate).
    Create(PathBuf),
}

impl Origin {
    /// The name of the setting, as the user wrote it.
    pub fn setting(self) -> &'static str {
        match self {
            Self::Argument => "--signing-key",
            Self::Environment => "BOSH_RELEASE_SIGNING_KEY",
            Self::Configuration => "signing.key of config/bosh-release.yml",
            Self::Git => "user.signingkey of git",
        }
    }
}

/// Finds the key that signs.
///
/// Errors: the setting that decides names a file that does not exist, or nothing names a key.
pub fn locate(options: &KeyOptions) -> Result<Located, Diagnostics> {
    if let Some(path) = set(options.explicit.as_ref()) {
        return existing(path, Origin::Argument);
    }
    if let Some(path) = set(options.environment.as_ref()) {
        return existing(path, Origin::Environment);
    }
    let configured = set(options.configured.as_ref());
    if let Some(path) = configured.filter(|path| path.exists()) {
        return existing(path, Origin::Configuration);
    }
    if let Some(found) = options.git.as_ref().and_then(git_key) {
        return found;
    }
    let Some(path) = configured else {
        return Err(no_key().into());
    };
    // A public key that was left behind says that its private half is elsewhere: a new key would replace it silently.
    let public = with_pub(path);
    if public.exists() {
        return existing(&public, Origin::Configuration);
    }
    Ok(Located::Create(path.clone()))
}

/// `KEY.pub` beside `KEY`.
pub(super) fn with_pub(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".pub");
    PathBuf::from(name)
}

fn set(path: Option<&PathBuf>) -> Option<&PathBuf> {
    path.filter(|path| !path.as_os_str().is_empty())
}

fn existing(path: &Path, origin: Origin) -> Result<Located, Diagnostics> {
    if path.exists() {
        return Ok(Located::Key(KeySource::File(path.to_owned()), origin));
    }
    let message = format!("The signing key {} does not exist", path.display());
    let hint = format!("It was named by {}; correct that.", origin.setting());
    Err(Diagnostic::error(message).hint(hint).into())
}

/// The key of git's configuration; nothing when git does not sign with SSH keys.
fn git_key(git: &GitSigning) -> Option<Result<Located, Diagnostics>> {
    if git.format.as_deref() != Some("ssh") {
        return None;
    }
    let value = git.signing_key.as_deref().filter(|key| !key.is_empty())?;
    let literal = value
        .strip_prefix("key::")
        .or_else(|| value.starts_with("ssh-").then_some(value));
    Some(match (literal, value.strip_prefix("~/"), &git.home) {
        (Some(literal), _, _) => literal_key(literal),
        (None, Some(below), Some(home)) => existing(&home.join(below), Origin::Git),
        (None, _, _) => existing(Path::new(value), Origin::Git),
    })
}

fn literal_key(text: &str) -> Result<Located, Diagnostics> {
    match PublicKey::from_openssh(text) {
        Ok(key) => Ok(Located::Key(KeySource::Agent(Box::new(key)), Origin::Git)),
        Err(error) => Err(Diagnostic::error(format!(
            "The public key in {} cannot be read: {error}",
            Origin::Git.setting()
        ))
        .hint("It should look like: key::ssh-ed25519 AAAA...")
        .into()),
    }
}

fn no_key() -> Diagnostic {
    Diagnostic::error("No key to sign with").hint(
        "Name one with --signing-key, BOSH_RELEASE_SIGNING_KEY, signing.key in config/bosh-release.yml, \
         or let git sign with SSH keys (gpg.format ssh, user.signingkey).",
    )
}
