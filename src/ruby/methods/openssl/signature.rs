//! Signatures, of those kinds that do not depend on chance when they are made.

use num_bigint::BigUint;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::signature::hazmat::PrehashVerifier;

use super::super::digest::Algorithm;
use super::asn1::{INTEGER, NULL, OCTETS, OID, SEQUENCE, element, take};
use super::key::{Curve, CurveKey, Key, Rsa};

/// What comes of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    Bad,
    /// It is none of this kind of key.
    Malformed,
    Unsupported(&'static str),
}

impl Verdict {
    fn of(good: bool) -> Self {
        if good { Self::Good } else { Self::Bad }
    }
}

/// Whether a signature is that of the data. Ed25519 takes no digest, the others need one.
pub(super) fn verify(
    key: &Key,
    digest: Option<Algorithm>,
    signature: &[u8],
    data: &[u8],
) -> Verdict {
    match (key, digest) {
        (Key::Rsa(key), Some(digest)) => verify_rsa(key, digest, signature, data),
        (Key::Curve(key), Some(digest)) => verify_curve(key, digest, signature, data),
        (Key::Edwards { public, .. }, None) => Verdict::of(verify_edwards(public, signature, data)),
        _ => Verdict::Unsupported("a signature with this kind of key and digest"),
    }
}

/// RFC 8017, 9.2: what is raised to the power; `None` where the key is too small for it.
fn padded(digest: Algorithm, data: &[u8], length: usize) -> Option<Vec<u8>> {
    let oid: &[u8] = match digest {
        Algorithm::Md5 => &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 2, 5],
        Algorithm::Sha1 => &[0x2b, 0x0e, 3, 2, 0x1a],
        Algorithm::Sha256 => &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1],
        Algorithm::Sha384 => &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 2],
        Algorithm::Sha512 => &[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 3],
    };
    let name = element(SEQUENCE, &[&element(OID, &[oid]), &[NULL, 0]]);
    let info = element(
        SEQUENCE,
        &[&name, &element(OCTETS, &[&digest.digest(data)])],
    );
    let filling = length
        .checked_sub(info.len() + 3)
        .filter(|filling| *filling >= 8)?;
    let mut out = vec![0, 1];
    out.resize(2 + filling, 0xff);
    out.push(0);
    out.extend(info);
    Some(out)
}

/// Bytes of the modulus, when the key is one to calculate with.
fn length(key: &Rsa) -> Option<usize> {
    let bits = key.modulus.bits();
    let fits = (512..=8192).contains(&bits) && key.modulus.bit(0) && key.exponent.bits() <= 64;
    fits.then(|| usize::try_from(bits.div_ceil(8)).ok())?
}

const RSA_SIZE: &str = "an RSA key of this size";

fn verify_rsa(key: &Rsa, digest: Algorithm, signature: &[u8], data: &[u8]) -> Verdict {
    let Some(length) = length(key) else {
        return Verdict::Unsupported(RSA_SIZE);
    };
    let Some(expected) = padded(digest, data, length) else {
        return Verdict::Unsupported(RSA_SIZE);
    };
    let signature_number = BigUint::from_bytes_be(signature);
    if signature.len() != length || signature_number >= key.modulus {
        return Verdict::Bad;
    }
    let found = signature_number.modpow(&key.exponent, &key.modulus);
    Verdict::of(found == BigUint::from_bytes_be(&expected))
}

/// The signature of data with an RSA key; the error is what is not supported.
pub(super) fn sign_rsa(key: &Rsa, digest: Algorithm, data: &[u8]) -> Result<Vec<u8>, &'static str> {
    let length = length(key).ok_or(RSA_SIZE)?;
    let [secret, ..] = key.secret.as_ref().ok_or("signing with a public key")?;
    let padded = padded(digest, data, length).ok_or(RSA_SIZE)?;
    if secret.bits() > key.modulus.bits() {
        return Err(RSA_SIZE);
    }
    let number = BigUint::from_bytes_be(&padded).modpow(secret, &key.modulus);
    let digits = number.to_bytes_be();
    let mut out = vec![0; length.saturating_sub(digits.len())];
    out.extend(digits);
    Ok(out)
}

/// The signature of data with an Ed25519 key.
pub(super) fn sign_edwards(seed: &[u8; 32], data: &[u8]) -> Vec<u8> {
    use ed25519_dalek::Signer;
    let key = ed25519_dalek::SigningKey::from_bytes(seed);
    key.sign(data).to_bytes().to_vec()
}

fn verify_curve(key: &CurveKey, digest: Algorithm, signature: &[u8], data: &[u8]) -> Verdict {
    let two_numbers = || {
        let (content, rest) = take(signature, SEQUENCE)?;
        let (_, second) = take(content, INTEGER)?;
        let (_, end) = take(second, INTEGER)?;
        (rest.is_empty() && end.is_empty()).then_some(())
    };
    if two_numbers().is_none() {
        return Verdict::Malformed;
    }
    if digest.length() * 16 < key.curve.degree() {
        return Verdict::Unsupported("a digest that is short for the curve");
    }
    let digest = digest.digest(data);
    Verdict::of(verified(key, &digest, signature).unwrap_or(false))
}

fn verified(key: &CurveKey, digest: &[u8], signature: &[u8]) -> Option<bool> {
    Some(match key.curve {
        Curve::P256 => {
            let signature = p256::ecdsa::Signature::from_der(signature).ok()?;
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&key.point).ok()?;
            key.verify_prehash(digest, &signature).is_ok()
        }
        Curve::P384 => {
            let signature = p384::ecdsa::Signature::from_der(signature).ok()?;
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(&key.point).ok()?;
            key.verify_prehash(digest, &signature).is_ok()
        }
    })
}

fn verify_edwards(public: &[u8; 32], signature: &[u8], data: &[u8]) -> bool {
    let Ok(signature) = ed25519_dalek::Signature::from_slice(signature) else {
        return false;
    };
    let key = ed25519_dalek::VerifyingKey::from_bytes(public);
    key.is_ok_and(|key| key.verify(data, &signature).is_ok())
}
