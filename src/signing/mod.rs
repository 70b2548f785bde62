//! Detached signatures of release tarballs and of the `release.MF` inside, as OpenSSH makes and checks them.
//!
//! Owns: the SSHSIG format (`ssh-keygen -Y sign`, described by OpenSSH's `PROTOCOL.sshsig`), finding and opening the
//! signing key, making the first key, and the list of signers who are trusted (`ALLOWED SIGNERS` in `ssh-keygen(1)`).
//! Neither the BOSH CLI nor the Director signs releases; the judge here is the stock `ssh-keygen`.
//!
//! Invariants:
//! - Every signature carries [`NAMESPACE`], so one made for mail, commits or files never passes for a release.
//! - Content is read once, in pieces of a constant size: a tarball may be larger than the memory.
//! - Verifying needs no program, agent or network, and the clock is handed in.
//! - A private key is used only when nobody but its owner can read it; no secret reaches an argument of a process.
//!
//! Differences from `ssh-keygen -Y verify`: the signer is found by the key instead of being named beforehand; times in
//! the list must be in UTC; certificates, lists of revoked keys, DSA and ECDSA over P-521 are not supported.

mod allowed_signers;
mod first_key;
mod key_file;
mod locate;
mod program;
mod signer;
mod sshsig;
mod verify;

pub use allowed_signers::{AllowedSigners, Rejection, add_allowed_signer};
pub use first_key::generate;
pub use locate::{GitSigning, KeyOptions, KeySource, Located, Origin, locate};
pub use signer::Signer;
pub use ssh_key::PublicKey;
pub use verify::{Verified, VerifyError, verify};

/// What a signature is for; stock tools take it with `-n`.
pub const NAMESPACE: &str = "bosh-release";

/// `SHA256:...`, as `ssh-keygen -l` prints it.
pub fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(ssh_key::HashAlg::Sha256).to_string()
}
