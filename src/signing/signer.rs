//! A key that is ready to sign: its private half in our memory, or behind `ssh-keygen`.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use rsa::signature::Signer as _;
use ssh_key::private::KeypairData;
use ssh_key::{Algorithm, EcdsaCurve, HashAlg, PrivateKey, PublicKey, Signature};

use super::key_file::{self, KeyFile};
use super::locate::KeySource;
use super::{program, sshsig};

/// A key that is ready to sign.
pub struct Signer {
    public_key: PublicKey,
    place: Place,
}

enum Place {
    /// The decrypted private key.
    Memory(Box<PrivateKey>),
    /// An agent or a security key, reached by `ssh-keygen` with this key file.
    File(PathBuf),
    /// An agent, reached by `ssh-keygen` with the public key alone.
    Agent,
}

impl Signer {
    /// Opens a key. `ask_passphrase` gets a question and returns the passphrase; it is called once at most, and only
    /// for an encrypted private key file.
    ///
    /// A public key file stands for the unencrypted private key beside it (`KEY` for `KEY.pub`) or for a key in an
    /// agent. Errors: the file cannot be read or is no key, others can read it, the passphrase is wrong, the type of
    /// key is not supported.
    pub fn open(
        source: &KeySource,
        ask_passphrase: &mut dyn FnMut(&str) -> anyhow::Result<String>,
    ) -> anyhow::Result<Self> {
        let path = match source {
            KeySource::Agent(key) => {
                check_type(Path::new("(in the agent)"), key)?;
                return Ok(Self {
                    public_key: (**key).clone(),
                    place: Place::Agent,
                });
            }
            KeySource::File(path) => path,
        };
        match key_file::read(path)? {
            KeyFile::Private(key) => Self::open_private(path, *key, ask_passphrase),
            KeyFile::Public(key) => Self::open_public(path, *key),
        }
    }

    /// The public half; its comment is that of the key file.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Reads content to its end and signs it in [`NAMESPACE`](super::NAMESPACE).
    ///
    /// Returns the text of the `.sig` file, with its final line break. An Ed25519 key always gives the same text for
    /// the same content. Errors: those of the content, and what `ssh-keygen` says when it signs.
    pub fn sign(&self, content: &mut dyn Read) -> anyhow::Result<String> {
        match &self.place {
            Place::Memory(key) => self.sign_here(key, content),
            Place::File(path) => program::sign(path, &self.public_key, content),
            Place::Agent => {
                let file = program::public_key_file(&self.public_key)?;
                program::sign(file.path(), &self.public_key, content)
            }
        }
    }

    fn open_private(
        path: &Path,
        key: PrivateKey,
        ask_passphrase: &mut dyn FnMut(&str) -> anyhow::Result<String>,
    ) -> anyhow::Result<Self> {
        check_type(path, key.public_key())?;
        if is_security_key(key.public_key()) {
            return Ok(Self {
                public_key: key.public_key().clone(),
                place: Place::File(path.to_owned()),
            });
        }
        let key = key_file::decrypt(path, key, ask_passphrase)?;
        Ok(Self {
            public_key: key.public_key().clone(),
            place: Place::Memory(Box::new(key)),
        })
    }

    fn open_public(path: &Path, public_key: PublicKey) -> anyhow::Result<Self> {
        check_type(path, &public_key)?;
        let beside = path.with_extension("");
        if path.extension().is_some_and(|extension| extension == "pub")
            && beside.exists()
            && let KeyFile::Private(key) = key_file::read(&beside)?
            && !key.is_encrypted()
            && key.public_key().key_data() == public_key.key_data()
        {
            return Self::open_private(&beside, *key, &mut |_| Ok(String::new()));
        }
        Ok(Self {
            public_key,
            place: Place::File(path.to_owned()),
        })
    }

    fn sign_here(&self, key: &PrivateKey, content: &mut dyn Read) -> anyhow::Result<String> {
        let digest = sshsig::hash(HashAlg::Sha512, content, &mut |_| Ok(()))
            .context("reading the content to sign")?;
        let data = sshsig::signed_data(HashAlg::Sha512, &[], &digest);
        let signature = sign_data(key, &data).context("signing")?;
        Ok(sshsig::armor(
            self.public_key.key_data().clone(),
            signature,
        )?)
    }
}

fn sign_data(key: &PrivateKey, data: &[u8]) -> anyhow::Result<Signature> {
    match key.key_data() {
        KeypairData::Rsa(keypair) => sshsig::sign_rsa(keypair, data),
        _ => Ok(key.try_sign(data)?),
    }
}

/// Whether the private half is inside a FIDO device.
fn is_security_key(key: &PublicKey) -> bool {
    matches!(
        key.algorithm(),
        Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256
    )
}

/// Refuses a key whose signatures [`verify`](super::verify) would refuse.
fn check_type(path: &Path, key: &PublicKey) -> anyhow::Result<()> {
    let problem = match key.algorithm() {
        Algorithm::Ed25519
        | Algorithm::SkEd25519
        | Algorithm::SkEcdsaSha2NistP256
        | Algorithm::Ecdsa {
            curve: EcdsaCurve::NistP256 | EcdsaCurve::NistP384,
        } => None,
        Algorithm::Rsa { .. } => key
            .key_data()
            .rsa()
            .and_then(|public| sshsig::check_rsa_size(&public.n).err()),
        other => Some(format!("of type {other}")),
    };
    problem.map_or(Ok(()), |problem| {
        Err(key_file::fault(
            path,
            &format!("is not supported: {problem}"),
            "Use Ed25519, ECDSA over P-256 or P-384, or RSA of 2048 to 4096 bits, or a security key.",
        ))
    })
}
