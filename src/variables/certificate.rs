//! X.509 certificates: an authority that signs itself, or what an authority signs.
//!
//! Names, extensions, their order and their flags are those of the official CLI: `C=US, O=Cloud Foundry, CN=...`; the
//! identifier of a key is SHA-1 of its modulus; a leaf is for servers unless it says otherwise.

use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use sha1::{Digest, Sha1};
use x509_cert::certificate::{TbsCertificate, Version};
use x509_cert::der::asn1::{
    Any, BitString, GeneralizedTime, Ia5String, ObjectIdentifier, OctetString, SetOfVec, UtcTime,
};
use x509_cert::der::flagset::FlagSet;
use x509_cert::der::oid::AssociatedOid;
use x509_cert::der::{DateTime, Decode, Encode, Tag};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_cert::time::{Time, Validity};
use x509_cert::{Certificate, attr::AttributeTypeAndValue};

use super::key::{Key, from_pem, pem};
use super::{Parameters, random};
use crate::yaml::Value;

const OPTIONS: [&str; 8] = [
    "common_name",
    "organization",
    "alternative_names",
    "is_ca",
    "ca",
    "extended_key_usage",
    "duration",
    "key_length",
];
const KEY_LENGTHS: [i64; 3] = [2048, 3072, 4096];
const DEFAULT_KEY_LENGTH: i64 = 3072;
/// Days.
const DEFAULT_DURATION: i64 = 365;
const DAY: u64 = 24 * 60 * 60;

const COUNTRY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.6");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const SERVER_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");

/// What a definition asks for.
struct Wanted {
    common_name: String,
    organization: String,
    alternative_names: Vec<String>,
    is_ca: bool,
    ca: String,
    usages: Vec<ObjectIdentifier>,
    days: i64,
    key_length: i64,
}

/// A certificate that signs others.
struct Authority {
    name: Name,
    key_id: Option<Vec<u8>>,
    key: Key,
    der: Vec<u8>,
}

/// `ca`, `certificate` and `private_key` in PEM.
pub(super) fn generate(
    options: &Value,
    now: SystemTime,
    known: &dyn Fn(&str) -> Option<Value>,
) -> Result<Value, String> {
    let wanted = Wanted::new(options)?;
    let authority =
        match wanted.ca.as_str() {
            "" if wanted.is_ca => None,
            "" => return Err("Missing required CA name".to_owned()),
            name => {
                let loaded = Authority::load(name, known);
                Some(loaded.map_err(|why| {
                    format!("Loading certificates:\n  {}", why.replace('\n', "\n  "))
                })?)
            }
        };
    let key = Key::generate(wanted.key_length)?;
    let failed = |error: x509_cert::der::Error| format!("Generating certificate:\n  {error}");
    let body = body(&wanted, now, &key, authority.as_ref())?;
    let signer = authority.as_ref().map_or(&key, |authority| &authority.key);
    let certificate = signed(body, signer)?.to_der().map_err(failed)?;
    let ca = authority.map_or_else(|| certificate.clone(), |authority| authority.der);
    Ok(Value::map([
        ("ca", pem("CERTIFICATE", &ca)),
        ("certificate", pem("CERTIFICATE", &certificate)),
        ("private_key", key.to_pem()),
    ]))
}

impl Wanted {
    fn new(options: &Value) -> Result<Self, String> {
        let given = Parameters::new(options, &OPTIONS, "certificate")?;
        let key_length = match given.integer("key_length")? {
            0 => DEFAULT_KEY_LENGTH,
            length if KEY_LENGTHS.contains(&length) => length,
            length => {
                return Err(format!(
                    "Invalid key_length: {length}.  Must be one of: [2048 3072 4096]"
                ));
            }
        };
        let organization = given.text("organization")?;
        let mut usages = given
            .texts("extended_key_usage")?
            .iter()
            .map(|usage| match usage.as_str() {
                "client_auth" => Ok(CLIENT_AUTH),
                "server_auth" => Ok(SERVER_AUTH),
                other => Err(format!("Unsupported extended key usage value: {other}")),
            })
            .collect::<Result<Vec<_>, _>>()?;
        if usages.is_empty() {
            usages.push(SERVER_AUTH);
        }
        let days = given.integer("duration")?;
        Ok(Self {
            common_name: given.text("common_name")?,
            organization: if organization.is_empty() {
                "Cloud Foundry".to_owned()
            } else {
                organization
            },
            alternative_names: given.texts("alternative_names")?,
            is_ca: given.flag("is_ca")?,
            ca: given.text("ca")?,
            usages,
            days: if days > 0 { days } else { DEFAULT_DURATION },
            key_length,
        })
    }
}

impl Authority {
    fn load(name: &str, known: &dyn Fn(&str) -> Option<Value>) -> Result<Self, String> {
        let value = known(name)
            .ok_or_else(|| format!("Expected to find variable '{name}' with a certificate"))?;
        let part = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
        let (_, der) = from_pem(part("certificate"))
            .ok_or("Certificate did not contain PEM formatted block")?;
        let certificate = Certificate::from_der(&der)
            .map_err(|error| format!("Parsing certificate:\n  {error}"))?;
        let key = Key::parse(part("private_key"))?;
        let body = certificate.tbs_certificate;
        if body.subject_public_key_info.subject_public_key != key.public()?.subject_public_key {
            return Err(format!(
                "Expected the private key of variable '{name}' to belong to its certificate"
            ));
        }
        Ok(Self {
            key_id: key_id(&body),
            name: body.subject,
            key,
            der,
        })
    }
}

/// The identifier of the key in a certificate.
fn key_id(body: &TbsCertificate) -> Option<Vec<u8>> {
    let extensions = body.extensions.as_ref()?;
    let found = extensions
        .iter()
        .find(|extension| extension.extn_id == SubjectKeyIdentifier::OID)?;
    let id = SubjectKeyIdentifier::from_der(found.extn_value.as_bytes()).ok()?;
    Some(id.0.as_bytes().to_vec())
}

/// The certificate without signature.
fn body(
    wanted: &Wanted,
    now: SystemTime,
    key: &Key,
    authority: Option<&Authority>,
) -> Result<TbsCertificate, String> {
    let failed = |error: x509_cert::der::Error| format!("Generating certificate:\n  {error}");
    let subject = subject(wanted).map_err(failed)?;
    let own_id = Sha1::digest(key.modulus()?).to_vec();
    let signer_id = match authority {
        Some(authority) => authority.key_id.clone(),
        None => Some(own_id.clone()),
    };
    let names = alternative_names(wanted)?;
    Ok(TbsCertificate {
        version: Version::V3,
        serial_number: serial_number()?,
        signature: algorithm(),
        issuer: authority.map_or_else(|| subject.clone(), |authority| authority.name.clone()),
        validity: validity(now, wanted.days)?,
        subject,
        subject_public_key_info: key.public()?,
        issuer_unique_id: None,
        subject_unique_id: None,
        extensions: Some(extensions(wanted, own_id, signer_id, names).map_err(failed)?),
    })
}

fn signed(body: TbsCertificate, signer: &Key) -> Result<Certificate, String> {
    let failed = |error: x509_cert::der::Error| format!("Generating certificate:\n  {error}");
    let message = body.to_der().map_err(failed)?;
    let mut signature = vec![0; signer.pair.public_modulus_len()];
    signer
        .pair
        .sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            &message,
            &mut signature,
        )
        .map_err(|_| "Generating certificate:\n  signing it failed".to_owned())?;
    Ok(Certificate {
        tbs_certificate: body,
        signature_algorithm: algorithm(),
        signature: BitString::from_bytes(&signature).map_err(failed)?,
    })
}

fn algorithm() -> AlgorithmIdentifierOwned {
    AlgorithmIdentifierOwned {
        oid: SHA256_WITH_RSA,
        parameters: Some(Any::null()),
    }
}

/// 128 random bits.
fn serial_number() -> Result<SerialNumber, String> {
    let mut bytes = [0; 16];
    random(&mut bytes)?;
    SerialNumber::new(&bytes).map_err(|error| format!("Generating Serial Number:\n  {error}"))
}

fn validity(now: SystemTime, days: i64) -> Result<Validity, String> {
    let too_long =
        || format!("Expected a duration that ends before the year 10000, not {days} days");
    let start = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = u64::try_from(days)
        .ok()
        .and_then(|days| days.checked_mul(DAY));
    let length = Duration::from_secs(seconds.ok_or_else(too_long)?);
    let end = start.checked_add(length).ok_or_else(too_long)?;
    Ok(Validity {
        not_before: time(start).ok_or_else(too_long)?,
        not_after: time(end).ok_or_else(too_long)?,
    })
}

/// Two digits for the year up to 2049, four from 2050 on, as the standard wants it.
fn time(since: Duration) -> Option<Time> {
    let since = Duration::from_secs(since.as_secs());
    let date = DateTime::from_unix_duration(since).ok()?;
    Some(match UtcTime::from_date_time(date) {
        Ok(short) => Time::UtcTime(short),
        Err(_) => Time::GeneralTime(GeneralizedTime::from_date_time(date)),
    })
}

fn subject(wanted: &Wanted) -> x509_cert::der::Result<Name> {
    let mut parts = vec![(COUNTRY, "US"), (ORGANIZATION, &wanted.organization)];
    if !wanted.common_name.is_empty() {
        parts.push((COMMON_NAME, &wanted.common_name));
    }
    let parts = parts.into_iter().map(|(oid, text)| {
        let tag = if text.bytes().all(is_printable) {
            Tag::PrintableString
        } else {
            Tag::Utf8String
        };
        let value = Any::new(tag, text.as_bytes())?;
        let set = SetOfVec::try_from(vec![AttributeTypeAndValue { oid, value }])?;
        Ok(RelativeDistinguishedName(set))
    });
    Ok(RdnSequence(parts.collect::<x509_cert::der::Result<_>>()?))
}

/// The characters of `PrintableString`.
fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&byte)
}

/// Host names, then addresses.
fn alternative_names(wanted: &Wanted) -> Result<Vec<GeneralName>, String> {
    let (mut hosts, mut addresses) = (Vec::new(), Vec::new());
    for name in &wanted.alternative_names {
        if let Ok(address) = name.parse::<IpAddr>() {
            let bytes = match address.to_canonical() {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => address.octets().to_vec(),
            };
            let bytes = OctetString::new(bytes).map_err(|error| error.to_string())?;
            addresses.push(GeneralName::IpAddress(bytes));
        } else {
            let text = Ia5String::new(name).map_err(|_| {
                format!(
                    "Generating certificate:\n  x509: \"{name}\" cannot be encoded as an IA5String"
                )
            })?;
            hosts.push(GeneralName::DnsName(text));
        }
    }
    hosts.extend(addresses);
    Ok(hosts)
}

fn extensions(
    wanted: &Wanted,
    own_id: Vec<u8>,
    signer_id: Option<Vec<u8>>,
    names: Vec<GeneralName>,
) -> x509_cert::der::Result<Vec<Extension>> {
    let usages: FlagSet<KeyUsages> = if wanted.is_ca {
        KeyUsages::KeyCertSign | KeyUsages::CRLSign
    } else {
        KeyUsages::DigitalSignature | KeyUsages::KeyEncipherment
    };
    let mut found = vec![extension(&KeyUsage(usages), true)?];
    if !wanted.is_ca {
        found.push(extension(&ExtendedKeyUsage(wanted.usages.clone()), false)?);
    }
    let constraints = BasicConstraints {
        ca: wanted.is_ca,
        path_len_constraint: None,
    };
    found.push(extension(&constraints, true)?);
    let own_id = OctetString::new(own_id)?;
    found.push(extension(&SubjectKeyIdentifier(own_id), false)?);
    if let Some(id) = signer_id {
        let id = AuthorityKeyIdentifier {
            key_identifier: Some(OctetString::new(id)?),
            ..AuthorityKeyIdentifier::default()
        };
        found.push(extension(&id, false)?);
    }
    if !wanted.is_ca && !names.is_empty() {
        found.push(extension(&SubjectAltName(names), false)?);
    }
    Ok(found)
}

fn extension<T: AssociatedOid + Encode>(
    content: &T,
    critical: bool,
) -> x509_cert::der::Result<Extension> {
    Ok(Extension {
        extn_id: T::OID,
        critical,
        extn_value: OctetString::new(content.to_der()?)?,
    })
}
