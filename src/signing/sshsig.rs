//! The SSHSIG format: what is hashed, what is signed, and the armor around it.
//!
//! Follows OpenSSH's `PROTOCOL.sshsig`. Content is hashed first, and a short block that names the namespace and the
//! hash is signed; so neither signing nor verifying holds the content. Parsing is strict: the text that comes out of
//! [`armor`] is the only one accepted, except for the length of its lines and a carriage return at their ends.

use std::io::{self, Read};

use base64ct::{Base64, Encoding};
use rsa::pkcs1v15;
use rsa::signature::{SignatureEncoding, Verifier};
use sha2::{Digest, Sha256, Sha512};
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, EcdsaCurve, HashAlg, LineEnding, Mpint, PublicKey, Signature, SshSig};

use super::NAMESPACE;

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
/// Characters of base64 in a line; the value of `ssh-keygen`.
const LINE_WIDTH: usize = 70;
const MAGIC: &[u8] = b"SSHSIG";
/// Flags in one byte and a counter in four, which a security key signs with the data.
const SECURITY_KEY_TRAILER: usize = 5;
/// Longest signature text that is looked at, in bytes; that of an RSA key of 4096 bits has less than 2,000.
const MAXIMUM_TEXT: usize = 64 * 1024;
/// Bytes read at once from the content.
const PIECE: usize = 64 * 1024;
/// Sizes of RSA keys, in bits: shorter ones are broken, longer ones let a signature cost arbitrary time.
pub(super) const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// Reads content to its end and returns its digest; `also` sees every piece on the way.
///
/// Errors: those of `content` and of `also`.
pub(super) fn hash(
    algorithm: HashAlg,
    content: &mut dyn Read,
    also: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<Vec<u8>> {
    match algorithm {
        HashAlg::Sha256 => hash_with::<Sha256>(content, also),
        _ => hash_with::<Sha512>(content, also),
    }
}

fn hash_with<D: Digest>(
    content: &mut dyn Read,
    also: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<Vec<u8>> {
    let mut digest = D::new();
    let mut piece = vec![0; PIECE];
    loop {
        match content.read(&mut piece) {
            Ok(0) => return Ok(digest.finalize().to_vec()),
            Ok(length) => {
                digest.update(&piece[..length]);
                also(&piece[..length])?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The block that a key signs for content with this digest, in our namespace.
pub(super) fn signed_data(algorithm: HashAlg, reserved: &[u8], digest: &[u8]) -> Vec<u8> {
    let mut block = MAGIC.to_vec();
    put(&mut block, NAMESPACE.as_bytes());
    put(&mut block, reserved);
    put(&mut block, algorithm.as_str().as_bytes());
    put(&mut block, digest);
    block
}

/// The text of a `.sig` file, with a final line break, as `ssh-keygen` writes it.
pub(super) fn armor(key: KeyData, signature: Signature) -> ssh_key::Result<String> {
    let text = SshSig::new(key, NAMESPACE, HashAlg::Sha512, signature)?.to_pem(LineEnding::LF)?;
    Ok(format!("{}\n", text.trim_end()))
}

/// Reads the text of a `.sig` file; an error says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<SshSig, String> {
    if text.len() > MAXIMUM_TEXT {
        return Err(format!("it is longer than {MAXIMUM_TEXT} bytes"));
    }
    let body = unarmor(text)?;
    let signature = SshSig::from_pem(wrap(&body)).map_err(|error| error.to_string())?;
    if signature.version() != SshSig::VERSION {
        return Err(format!("its version is {}", signature.version()));
    }
    // The decoder overlooks lengths that do not add up; a signature with one meaning has one spelling.
    match (Base64::decode_vec(&body), encode(&signature)) {
        (Ok(bytes), Ok(again)) if bytes == again => Ok(signature),
        _ => Err("its fields do not add up".to_owned()),
    }
}

/// The base64 between the first and the last line, without its line breaks.
fn unarmor(text: &str) -> Result<String, String> {
    let mut lines = text.lines();
    if lines.next() != Some(BEGIN) {
        return Err(format!("its first line is not \"{BEGIN}\""));
    }
    let mut body = String::new();
    loop {
        match lines.next() {
            Some(END) => break,
            Some(line) => body.push_str(line),
            None => return Err(format!("the line \"{END}\" is missing")),
        }
    }
    if lines.any(|line| !line.trim().is_empty()) {
        return Err(format!("something follows \"{END}\""));
    }
    if !body.is_ascii() {
        return Err("it has a character that base64 does not know".to_owned());
    }
    Ok(body)
}

/// The armor with lines of the width that the decoder wants.
fn wrap(body: &str) -> String {
    let mut text = format!("{BEGIN}\n");
    for line in body.as_bytes().chunks(LINE_WIDTH) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text + END + "\n"
}

/// The binary form of a whole signature. Written out here, since the crate's encoder does not know the two fields that
/// follow an ECDSA signature of a security key.
fn encode(signature: &SshSig) -> ssh_key::Result<Vec<u8>> {
    let (made, key) = (signature.signature(), signature.public_key());
    let algorithm = made.algorithm();
    let trailer = match algorithm {
        Algorithm::SkEd25519 | Algorithm::SkEcdsaSha2NistP256 => SECURITY_KEY_TRAILER,
        _ => 0,
    };
    let bytes = made.as_bytes();
    let (main, trailer) = bytes.split_at(bytes.len().saturating_sub(trailer));
    let mut inner = Vec::new();
    put(&mut inner, algorithm.as_str().as_bytes());
    put(&mut inner, main);
    inner.extend_from_slice(trailer);

    let mut block = MAGIC.to_vec();
    block.extend_from_slice(&signature.version().to_be_bytes());
    put(&mut block, &PublicKey::new(key.clone(), "").to_bytes()?);
    put(&mut block, signature.namespace().as_bytes());
    put(&mut block, signature.reserved());
    put(&mut block, signature.hash_alg().as_str().as_bytes());
    put(&mut block, &inner);
    Ok(block)
}

/// A string as SSH writes it: length in four bytes, then the bytes.
fn put(block: &mut Vec<u8>, field: &[u8]) {
    // Every field is far below 4 GiB: a name, a digest, or a part of a text of limited length.
    let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
    block.extend_from_slice(&length.to_be_bytes());
    block.extend_from_slice(field);
}

/// Why a signature does not count, before anyone asks who made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// Key and algorithm do not go together, or are none we can check; in words.
    Unsupported(String),
    /// The signature does not belong to this content and key.
    Wrong,
}

/// Checks a signature over content with this digest (by the signature's own hash algorithm).
pub(super) fn check(signature: &SshSig, digest: &[u8]) -> Result<(), Refused> {
    let (key, made) = (signature.public_key(), signature.signature());
    supported(key, &made.algorithm()).map_err(Refused::Unsupported)?;
    let block = signed_data(signature.hash_alg(), signature.reserved(), digest);
    key.verify(&block, made).map_err(|_| Refused::Wrong)
}

/// Whether a key of this type may make a signature with this algorithm, and we can check it.
fn supported(key: &KeyData, algorithm: &Algorithm) -> Result<(), String> {
    let fits = match key {
        KeyData::Ecdsa(point) => {
            point.curve() != EcdsaCurve::NistP521 && *algorithm == key.algorithm()
        }
        KeyData::Ed25519(_) | KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_) => {
            *algorithm == key.algorithm()
        }
        KeyData::Rsa(public) => {
            check_rsa_size(&public.n)?;
            matches!(algorithm, Algorithm::Rsa { hash: Some(_) })
        }
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err(format!("key {}, algorithm {algorithm}", key.algorithm()))
    }
}

/// An error says how long the key is, and how long it may be.
pub(super) fn check_rsa_size(modulus: &Mpint) -> Result<(), String> {
    let bytes = modulus.as_positive_bytes().unwrap_or_default();
    let unused = bytes
        .first()
        .map_or(0, |first| first.leading_zeros() as usize);
    let bits = bytes.len() * 8 - unused;
    if RSA_BITS.contains(&bits) {
        return Ok(());
    }
    Err(format!(
        "an RSA key of {bits} bits, where {} to {} are supported",
        RSA_BITS.start(),
        RSA_BITS.end()
    ))
}

/// A signature with `rsa-sha2-512`, as long as the modulus.
pub(super) fn sign_rsa(
    keypair: &ssh_key::private::RsaKeypair,
    data: &[u8],
) -> anyhow::Result<Signature> {
    let number = |value: &Mpint| rsa::BigUint::try_from(value);
    let (public, private) = (&keypair.public, &keypair.private);
    let key = rsa::RsaPrivateKey::from_components(
        number(&public.n)?,
        number(&public.e)?,
        number(&private.d)?,
        vec![number(&private.p)?, number(&private.q)?],
    )?;
    let key = pkcs1v15::SigningKey::<rsa::sha2::Sha512>::new(key);
    // With a source of randomness the computation is blinded, so that its duration tells nothing about the key.
    let made = rsa::signature::RandomizedSigner::try_sign_with_rng(
        &key,
        &mut ssh_key::rand_core::OsRng,
        data,
    )?;
    let algorithm = Algorithm::Rsa {
        hash: Some(HashAlg::Sha512),
    };
    Ok(Signature::new(algorithm, made.to_vec())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parsing_any_text_returns(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn parsing_any_base64_returns(body in "[A-Za-z0-9+/]{0,400}={0,2}") {
            let _ = parse(&format!("{BEGIN}\nU1NIU0lHAAAAAQ{body}\n{END}\n"));
        }
    }

    #[test]
    fn an_error_of_the_content_is_returned() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("disk"))
            }
        }
        let error = hash(HashAlg::Sha512, &mut Broken, &mut |_| Ok(())).unwrap_err();
        assert_eq!(error.to_string(), "disk");
    }
}
