//! Verifying: is the signature whole, for a release, over this content, and by someone on the list?
//!
//! Asked in this order, as `ssh-keygen -Y verify` does: only when key and content fit together is there a signer whose
//! permission could be in question.

use std::fmt;
use std::io::{self, Read};
use std::time::SystemTime;

use ssh_key::HashAlg;

use super::NAMESPACE;
use super::allowed_signers::{AllowedSigners, Rejection};
use super::sshsig::{self, Refused};
use crate::diagnostic::{Diagnostic, Label};

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The principals field of the line that allows the key; usually one name like `ci@example.com`.
    pub principal: String,
    /// `SHA256:...`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// As in a public key file: `ssh-ed25519`, `ssh-rsa`, ...
    pub key_type: String,
}

/// Why a signature does not count.
#[derive(Debug)]
pub enum VerifyError {
    /// The content cannot be read.
    Content(io::Error),
    /// The text is no signature, or a damaged one.
    Malformed {
        /// What is wrong with the text.
        reason: String,
    },
    /// The signature was made for something else.
    Namespace {
        /// What it was made for.
        found: String,
    },
    /// A type of key or algorithm that is not supported.
    Unsupported {
        /// Which one.
        what: String,
    },
    /// Content and signature do not belong together.
    Changed {
        /// Of the key that is named in the signature; whether it made the signature is unknown.
        fingerprint: String,
    },
    /// The signature is right, but the list does not have the key.
    UnknownSigner {
        /// Of the key that signed.
        fingerprint: String,
        /// Of the key that signed.
        key_type: String,
        /// Name of the list.
        list: String,
        /// Names of those who are on the list.
        known: Vec<String>,
    },
    /// The signature is right and the key is on the list, but the line does not allow it here and now.
    NotAllowed {
        /// Of the key that signed.
        fingerprint: String,
        /// Principals field of the line.
        principal: String,
        /// What the line says against it.
        rejection: Rejection,
        /// The line in the list.
        place: Box<Label>,
    },
}

/// Verifies the text of a `.sig` file over content, which is read to its end.
///
/// `now` decides whether a key of the list is valid: signatures carry no time of their own, so a key that expires takes
/// its old signatures with it.
pub fn verify(
    signature: &str,
    content: &mut dyn Read,
    allowed: &AllowedSigners,
    now: SystemTime,
) -> Result<Verified, VerifyError> {
    let signature = sshsig::parse(signature).map_err(|reason| VerifyError::Malformed { reason })?;
    if signature.namespace() != NAMESPACE {
        let found = signature.namespace().to_owned();
        return Err(VerifyError::Namespace { found });
    }
    let key = signature.public_key();
    let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
    let digest = sshsig::hash(signature.hash_alg(), content, &mut |_| Ok(()))
        .map_err(VerifyError::Content)?;
    match sshsig::check(&signature, &digest) {
        Ok(()) => {}
        Err(Refused::Unsupported(what)) => return Err(VerifyError::Unsupported { what }),
        Err(Refused::Wrong) => return Err(VerifyError::Changed { fingerprint }),
    }
    let principal = allowed.permit(key, now)?;
    Ok(Verified {
        principal,
        fingerprint,
        key_type: key.algorithm().to_string(),
    })
}

impl VerifyError {
    /// What is wrong, where in the list of allowed signers (when it is there), and what to do.
    pub fn diagnostic(&self) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.message()).hint(self.hint());
        if let Self::NotAllowed { place, .. } = self {
            diagnostic.labels.push((**place).clone());
        }
        diagnostic
    }

    fn message(&self) -> String {
        match self {
            Self::Content(error) => format!("The signed content cannot be read: {error}"),
            Self::Malformed { reason } => format!("The signature is malformed: {reason}"),
            Self::Namespace { found } => format!(
                "The signature was made for \"{}\", not for \"{NAMESPACE}\"",
                found.escape_debug()
            ),
            Self::Unsupported { what } => {
                format!("This type of signature is not supported: {what}")
            }
            Self::Changed { fingerprint } => format!(
                "The signature does not match: the content was changed, or it is not by the key {fingerprint}"
            ),
            Self::UnknownSigner {
                fingerprint,
                key_type,
                list,
                ..
            } => format!(
                "The signature is valid, but its {key_type} key {fingerprint} is not in {list}"
            ),
            Self::NotAllowed {
                fingerprint,
                principal,
                rejection,
                ..
            } => format!(
                "The signature is valid, but the key {fingerprint} of {principal} {}",
                rejection.message()
            ),
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Content(_) => "Check the file and its disk.".to_owned(),
            Self::Malformed { .. } => {
                "Fetch the .sig file again, or have the release signed again.".to_owned()
            }
            Self::Namespace { .. } => format!(
                "Have the release signed with bosh-release, or with ssh-keygen -Y sign -n {NAMESPACE}."
            ),
            Self::Unsupported { .. } => {
                "Have it signed with Ed25519, ECDSA over P-256 or P-384, RSA of 2048 to 4096 bits, \
                 or a security key; not with a certificate."
                    .to_owned()
            }
            Self::Changed { .. } => {
                "Do not use the file. Fetch it and its .sig again, from the same place and of the same version."
                    .to_owned()
            }
            Self::UnknownSigner { list, known, .. } => {
                let known = match known.as_slice() {
                    [] => "nobody".to_owned(),
                    names => names.join(", "),
                };
                format!("{list} allows {known}. Add a line only after the signer confirmed the fingerprint another way.")
            }
            Self::NotAllowed { rejection, .. } => rejection.hint().to_owned(),
        }
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}", self.message(), self.hint())
    }
}

impl std::error::Error for VerifyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Content(error) => Some(error),
            _ => None,
        }
    }
}
