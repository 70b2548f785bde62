//! RSA keys: made, written as PEM (PKCS#1) and for SSH.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64ct::{Base64, Encoding};
use md5::{Digest, Md5};
use rsa::pkcs1::{RsaPrivateKey, RsaPublicKey};
use rsa::pkcs8::PrivateKeyInfo;
use x509_cert::der::asn1::{Any, BitString, ObjectIdentifier};
use x509_cert::der::{Decode, Encode};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned};

use crate::yaml::Value;

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// Characters in a line of PEM.
const PEM_LINE: usize = 64;

/// A private key.
pub(super) struct Key {
    pub(super) pair: KeyPair,
    /// PKCS#1.
    der: Vec<u8>,
}

impl Key {
    /// A new key; the length in bits is one of 2048, 3072, 4096.
    pub(super) fn generate(bits: i64) -> Result<Self, String> {
        let size = match bits {
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            _ => KeySize::Rsa2048,
        };
        let failed = "Generating Key".to_owned();
        let pair = KeyPair::generate(size).map_err(|_| failed.clone())?;
        let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| failed.clone())?;
        let info = PrivateKeyInfo::try_from(pkcs8.as_ref()).map_err(|_| failed)?;
        let der = info.private_key.to_vec();
        Ok(Self { pair, der })
    }

    /// Reads a key in PEM: PKCS#1, as the official CLI writes it, or PKCS#8.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (label, bytes) =
            from_pem(text).ok_or("Private key did not contain PEM formatted block")?;
        let failed = |_| "Parsing private key:\n  it is no RSA key".to_owned();
        let der = if label == "PRIVATE KEY" {
            let info = PrivateKeyInfo::try_from(bytes.as_slice());
            info.map_err(failed)?.private_key.to_vec()
        } else {
            bytes
        };
        let pair = KeyPair::from_der(&der)
            .map_err(|_| "Parsing private key:\n  it is no RSA key".to_owned())?;
        Ok(Self { pair, der })
    }

    fn numbers(&self) -> Result<RsaPrivateKey<'_>, String> {
        RsaPrivateKey::from_der(&self.der).map_err(|error| format!("Reading the key:\n  {error}"))
    }

    /// The modulus, most significant byte first, without zeros in front.
    pub(super) fn modulus(&self) -> Result<&[u8], String> {
        Ok(self.numbers()?.modulus.as_bytes())
    }

    /// What others may know of the key.
    pub(super) fn public(&self) -> Result<SubjectPublicKeyInfoOwned, String> {
        let numbers = self.numbers()?;
        let public = RsaPublicKey {
            modulus: numbers.modulus,
            public_exponent: numbers.public_exponent,
        };
        let made = public.to_der().and_then(|der| BitString::from_bytes(&der));
        Ok(SubjectPublicKeyInfoOwned {
            algorithm: AlgorithmIdentifierOwned {
                oid: RSA_ENCRYPTION,
                parameters: Some(Any::null()),
            },
            subject_public_key: made.map_err(|error| error.to_string())?,
        })
    }

    /// `RSA PRIVATE KEY`.
    pub(super) fn to_pem(&self) -> String {
        pem("RSA PRIVATE KEY", &self.der)
    }

    /// The public key as SSH sends it: type, exponent, modulus, each with its length in front.
    fn to_ssh(&self) -> Result<Vec<u8>, String> {
        let numbers = self.numbers()?;
        let mut out = Vec::new();
        field(b"ssh-rsa", &mut out);
        field(&signed(numbers.public_exponent.as_bytes()), &mut out);
        field(&signed(numbers.modulus.as_bytes()), &mut out);
        Ok(out)
    }
}

/// `rsa`: a key of 2048 bits, both halves in PEM.
pub(super) fn generate_rsa() -> Result<Value, String> {
    let failed = |problem| format!("Generating RSA key pair: {problem}");
    let key = Key::generate(2048).map_err(failed)?;
    let public = key.public()?.to_der().map_err(|error| error.to_string())?;
    Ok(Value::map([
        ("private_key", key.to_pem()),
        ("public_key", pem("PUBLIC KEY", &public)),
    ]))
}

/// `ssh`: a key of 2048 bits, the public half as in `authorized_keys`, and its MD5 fingerprint.
pub(super) fn generate_ssh() -> Result<Value, String> {
    let failed = |problem| format!("Generating RSA key pair: {problem}");
    let key = Key::generate(2048).map_err(failed)?;
    let public = key.to_ssh()?;
    let fingerprint = Md5::digest(&public)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(":");
    Ok(Value::map([
        ("private_key", key.to_pem()),
        (
            "public_key",
            format!("ssh-rsa {}\n", Base64::encode_string(&public)),
        ),
        ("public_key_fingerprint", fingerprint),
    ]))
}

fn field(bytes: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend(length.to_be_bytes());
    out.extend(bytes);
}

/// A positive number needs a zero where its first bit would be a sign.
fn signed(bytes: &[u8]) -> Vec<u8> {
    let sign = bytes.first().is_some_and(|first| *first >= 0x80);
    let zero: &[u8] = if sign { &[0] } else { &[] };
    [zero, bytes].concat()
}

/// Bytes as PEM.
pub(super) fn pem(label: &str, bytes: &[u8]) -> String {
    let text = Base64::encode_string(bytes);
    let mut out = format!("-----BEGIN {label}-----\n");
    for (at, c) in text.chars().enumerate() {
        if at > 0 && at % PEM_LINE == 0 {
            out.push('\n');
        }
        out.push(c);
    }
    out + "\n-----END " + label + "-----\n"
}

/// Label and bytes of the first block of PEM in a text.
pub(super) fn from_pem(text: &str) -> Option<(&str, Vec<u8>)> {
    let (_, rest) = text.split_once("-----BEGIN ")?;
    let (label, rest) = rest.split_once("-----")?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_whitespace().collect();
    Some((label, Base64::decode_vec(&body).ok()?))
}
