//! Keys as data: RSA, two curves of NIST, Ed25519; read from the bytes OpenSSL writes, and written as OpenSSL does.
//!
//! PKCS #1 and #8, SEC 1 and `SubjectPublicKeyInfo`. Keys are not checked more than OpenSSL does when it reads them: a
//! point must lie on its curve, numbers of RSA need not belong together.

use num_bigint::BigUint;
use p256::elliptic_curve::sec1::ToEncodedPoint;

use super::asn1::{
    BITS, INTEGER, NULL, OCTETS, OID, SEQUENCE, bits, element, number, take, take_bits, take_number,
};

/// A key, with its secret part or without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    Rsa(Rsa),
    Curve(CurveKey),
    Edwards {
        seed: Option<[u8; 32]>,
        public: [u8; 32],
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rsa {
    pub(super) modulus: BigUint,
    pub(super) exponent: BigUint,
    /// d, p, q, d mod p-1, d mod q-1, 1/q mod p.
    pub(super) secret: Option<[BigUint; 6]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CurveKey {
    pub(super) curve: Curve,
    pub(super) secret: Option<Vec<u8>>,
    /// The point, not compressed.
    pub(super) point: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
}

/// Why bytes are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// OpenSSL does not read them either.
    Broken,
    /// OpenSSL may read them.
    Unsupported(&'static str),
}

/// Where a key may be read from, in the order in which OpenSSL looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Rsa,
    Curve,
    Secret,
    Public,
    RsaPublic,
}

const OID_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const OID_CURVE: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const OID_P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
const OID_P384: &[u8] = &[0x2b, 0x81, 0x04, 0, 0x22];
const OID_EDWARDS: &[u8] = &[0x2b, 0x65, 0x70];

const STRICT: Wrong = Wrong::Unsupported("a key that is broken, or not written strictly");

impl Curve {
    /// What OpenSSL calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::P256 => "prime256v1",
            Self::P384 => "secp384r1",
        }
    }

    /// Number of bits.
    pub(super) fn degree(self) -> usize {
        match self {
            Self::P256 => 256,
            Self::P384 => 384,
        }
    }

    fn oid(self) -> &'static [u8] {
        match self {
            Self::P256 => OID_P256,
            Self::P384 => OID_P384,
        }
    }

    fn of(oid: &[u8]) -> Result<Self, Wrong> {
        match oid {
            OID_P256 => Ok(Self::P256),
            OID_P384 => Ok(Self::P384),
            _ => Err(Wrong::Unsupported("a key on this elliptic curve")),
        }
    }

    /// A point in full, when it lies on the curve; or, from the full form, the short one.
    pub(super) fn point(self, bytes: &[u8], compress: bool) -> Option<Vec<u8>> {
        Some(match self {
            Self::P256 => {
                let key = p256::PublicKey::from_sec1_bytes(bytes).ok()?;
                key.to_encoded_point(compress).as_bytes().to_vec()
            }
            Self::P384 => {
                let key = p384::PublicKey::from_sec1_bytes(bytes).ok()?;
                key.to_encoded_point(compress).as_bytes().to_vec()
            }
        })
    }

    /// The point that belongs to a secret number.
    fn point_of(self, secret: &[u8]) -> Option<Vec<u8>> {
        Some(match self {
            Self::P256 => {
                let key = p256::SecretKey::from_slice(secret).ok()?;
                key.public_key().to_encoded_point(false).as_bytes().to_vec()
            }
            Self::P384 => {
                let key = p384::SecretKey::from_slice(secret).ok()?;
                key.public_key().to_encoded_point(false).as_bytes().to_vec()
            }
        })
    }
}

impl Key {
    /// Short name of the algorithm in OpenSSL.
    pub(super) fn oid(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "rsaEncryption",
            Self::Curve(_) => "id-ecPublicKey",
            Self::Edwards { .. } => "ED25519",
        }
    }

    pub(super) fn is_private(&self) -> bool {
        match self {
            Self::Rsa(key) => key.secret.is_some(),
            Self::Curve(key) => key.secret.is_some(),
            Self::Edwards { seed, .. } => seed.is_some(),
        }
    }

    /// The key without what is secret.
    pub(super) fn public(&self) -> Self {
        let mut key = self.clone();
        match &mut key {
            Self::Rsa(key) => key.secret = None,
            Self::Curve(key) => key.secret = None,
            Self::Edwards { seed, .. } => *seed = None,
        }
        key
    }

    /// `SubjectPublicKeyInfo`
    pub(super) fn public_der(&self) -> Vec<u8> {
        let content = match self {
            Self::Rsa(key) => key.public_der(),
            Self::Curve(key) => key.point.clone(),
            Self::Edwards { public, .. } => public.to_vec(),
        };
        element(SEQUENCE, &[&self.algorithm(), &bits(&content)])
    }

    fn algorithm(&self) -> Vec<u8> {
        match self {
            Self::Rsa(_) => element(SEQUENCE, &[&element(OID, &[OID_RSA]), &[NULL, 0]]),
            Self::Curve(key) => element(
                SEQUENCE,
                &[
                    &element(OID, &[OID_CURVE]),
                    &element(OID, &[key.curve.oid()]),
                ],
            ),
            Self::Edwards { .. } => element(SEQUENCE, &[&element(OID, &[OID_EDWARDS])]),
        }
    }

    /// PKCS #8; `None` for a public key.
    pub(super) fn private_der(&self) -> Option<Vec<u8>> {
        let content = match self {
            Self::Rsa(key) => key.private_der()?,
            Self::Curve(key) => key.private_der(false)?,
            Self::Edwards { seed, .. } => element(OCTETS, &[seed.as_ref()?]),
        };
        let content = element(OCTETS, &[&content]);
        Some(element(
            SEQUENCE,
            &[&[INTEGER, 1, 0], &self.algorithm(), &content],
        ))
    }
}

impl Rsa {
    fn public_der(&self) -> Vec<u8> {
        element(SEQUENCE, &[&number(&self.modulus), &number(&self.exponent)])
    }

    /// PKCS #1; `None` for a public key.
    pub(super) fn private_der(&self) -> Option<Vec<u8>> {
        let secret = self.secret.as_ref()?;
        let mut content = vec![INTEGER, 1, 0];
        for value in [&self.modulus, &self.exponent].into_iter().chain(secret) {
            content.extend(number(value));
        }
        Some(element(SEQUENCE, &[&content]))
    }
}

impl CurveKey {
    /// SEC 1; `None` for a public key.
    pub(super) fn private_der(&self, with_curve: bool) -> Option<Vec<u8>> {
        let secret = element(OCTETS, &[self.secret.as_ref()?]);
        let curve = element(0xa0, &[&element(OID, &[self.curve.oid()])]);
        let curve: &[u8] = if with_curve { &curve } else { &[] };
        let point = element(0xa1, &[&bits(&self.point)]);
        Some(element(
            SEQUENCE,
            &[&[INTEGER, 1, 1], &secret, curve, &point],
        ))
    }
}

/// The key in bytes of a form.
pub(super) fn decode(form: Form, bytes: &[u8]) -> Result<Key, Wrong> {
    match form {
        Form::Rsa => rsa(bytes).map(Key::Rsa),
        Form::Curve => curve(bytes, None).map(Key::Curve),
        Form::Secret => secret(bytes),
        Form::Public => public(bytes),
        Form::RsaPublic => rsa_public(bytes).map(Key::Rsa),
    }
}

/// Whether bytes begin with a whole element that can hold a key: if not, OpenSSL reads nothing in them.
pub(super) fn looks_whole(bytes: &[u8]) -> bool {
    take(bytes, SEQUENCE).is_some_and(|(content, _)| !content.is_empty())
}

fn sequence(bytes: &[u8]) -> Result<&[u8], Wrong> {
    match take(bytes, SEQUENCE) {
        Some((content, _)) => Ok(content),
        None => Err(Wrong::Broken),
    }
}

fn rsa(bytes: &[u8]) -> Result<Rsa, Wrong> {
    let content = sequence(bytes)?;
    let Some((version, mut rest)) = take_number(content) else {
        return Err(Wrong::Broken);
    };
    if version != BigUint::ZERO {
        return Err(Wrong::Unsupported("an RSA key with more than two primes"));
    }
    let mut numbers: [BigUint; 8] = Default::default();
    for place in &mut numbers {
        (*place, rest) = take_number(rest).ok_or(Wrong::Broken)?;
    }
    let [modulus, exponent, secret @ ..] = numbers;
    rest.is_empty().then_some(()).ok_or(STRICT)?;
    Ok(Rsa {
        modulus,
        exponent,
        secret: Some(secret),
    })
}

fn rsa_public(bytes: &[u8]) -> Result<Rsa, Wrong> {
    let (modulus, rest) = take_number(sequence(bytes)?).ok_or(Wrong::Broken)?;
    let (exponent, rest) = take_number(rest).ok_or(Wrong::Broken)?;
    rest.is_empty().then_some(()).ok_or(STRICT)?;
    Ok(Rsa {
        modulus,
        exponent,
        secret: None,
    })
}

fn curve(bytes: &[u8], known: Option<Curve>) -> Result<CurveKey, Wrong> {
    let (version, rest) = take_number(sequence(bytes)?).ok_or(Wrong::Broken)?;
    if version != BigUint::from(1_u8) {
        return Err(Wrong::Broken);
    }
    let (secret, rest) = take(rest, OCTETS).ok_or(Wrong::Broken)?;
    let (written, rest) = match take(rest, 0xa0) {
        Some((parameters, rest)) => (Some(named_curve(parameters)?), rest),
        None => (None, rest),
    };
    let curve = written.or(known).ok_or(STRICT)?;
    let point = match take(rest, 0xa1) {
        Some((point, _)) => {
            let (point, _) = take_bits(point).ok_or(STRICT)?;
            curve.point(point, false)
        }
        None => curve.point_of(secret),
    };
    let full = secret.len() == curve.degree() / 8;
    Ok(CurveKey {
        curve,
        secret: Some(full.then(|| secret.to_vec()).ok_or(STRICT)?),
        point: point.ok_or(STRICT)?,
    })
}

fn named_curve(parameters: &[u8]) -> Result<Curve, Wrong> {
    match take(parameters, OID) {
        Some((oid, _)) => Curve::of(oid),
        None => Err(Wrong::Unsupported("a key on a curve without a name")),
    }
}

/// The algorithm's number and parameters, and what follows.
fn algorithm(bytes: &[u8]) -> Result<[&[u8]; 3], Wrong> {
    let (content, rest) = take(bytes, SEQUENCE).ok_or(Wrong::Broken)?;
    let (oid, parameters) = take(content, OID).ok_or(Wrong::Broken)?;
    Ok([oid, parameters, rest])
}

const OTHER: Wrong = Wrong::Unsupported("a key of another kind than RSA, EC and Ed25519");

fn secret(bytes: &[u8]) -> Result<Key, Wrong> {
    let (version, rest) = take_number(sequence(bytes)?).ok_or(Wrong::Broken)?;
    let [oid, parameters, rest] = algorithm(rest)?;
    let (content, rest) = take(rest, OCTETS).ok_or(Wrong::Broken)?;
    if version != BigUint::ZERO || !rest.is_empty() {
        return Err(Wrong::Unsupported("a key with attributes"));
    }
    match oid {
        OID_RSA => rsa(content).map(Key::Rsa),
        OID_CURVE => curve(content, Some(named_curve(parameters)?)).map(Key::Curve),
        OID_EDWARDS => {
            let seed = take(content, OCTETS).and_then(|(seed, _)| seed.try_into().ok());
            let seed: [u8; 32] = seed.ok_or(Wrong::Broken)?;
            let public = ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key();
            Ok(Key::Edwards {
                seed: Some(seed),
                public: public.to_bytes(),
            })
        }
        _ => Err(OTHER),
    }
}

fn public(bytes: &[u8]) -> Result<Key, Wrong> {
    let [oid, parameters, rest] = algorithm(sequence(bytes)?)?;
    take(rest, BITS).ok_or(Wrong::Broken)?;
    let (content, _) = take_bits(rest).ok_or(STRICT)?;
    match oid {
        OID_RSA => rsa_public(content).map(Key::Rsa),
        OID_CURVE => {
            let curve = named_curve(parameters)?;
            Ok(Key::Curve(CurveKey {
                curve,
                secret: None,
                point: curve.point(content, false).ok_or(STRICT)?,
            }))
        }
        OID_EDWARDS => Ok(Key::Edwards {
            seed: None,
            public: content.try_into().map_err(|_| Wrong::Broken)?,
        }),
        _ => Err(OTHER),
    }
}
