//! `OpenSSL::X509::Certificate`.

use core::time::Duration;
use std::cell::RefCell;

use num_bigint::{BigInt, Sign};
use x509_cert::Certificate;
use x509_cert::der::{Decode, Encode};

use super::super::super::eval::Vm;
use super::super::super::pack;
use super::super::super::unwind::Res;
use super::super::super::value::{Data, Encoding, Value};
use super::super::digest::Algorithm;
use super::super::{Args, Row};
use super::key::{self, Form, Key, Wrong};
use super::signature::{self, Verdict};
use super::{extension, name, number, pem, pkey};

pub(super) const CLASS: &[Row] =
    &[Row::new("new", 0, new, "A certificate of a text or of bytes.").to(1)];

pub(super) const METHODS: &[Row] = &[
    Row::new("subject", 0, subject, "Whom it speaks of."),
    Row::new("issuer", 0, issuer, "Who says so."),
    Row::new("serial", 0, serial, "Its number."),
    Row::new("not_before", 0, not_before, "When it begins to hold."),
    Row::new("not_after", 0, not_after, "When it ends to hold."),
    Row::new("version", 0, version, "2 for version 3."),
    Row::new(
        "signature_algorithm",
        0,
        signature_algorithm,
        "How it was signed.",
    ),
    Row::new("public_key", 0, public_key, "The key of whom it speaks of."),
    Row::new(
        "check_private_key",
        1,
        check_private_key,
        "Whether a private key belongs to it.",
    ),
    Row::new("verify", 1, verify, "Whether it was signed with a key."),
    Row::new("extensions", 0, extensions, "What else it says."),
    Row::new("to_der", 0, to_der, "The bytes."),
    Row::new("to_pem", 0, to_pem, "The text."),
    Row::new("to_s", 0, to_pem, "The text."),
    Row::new("==", 1, equal, "Whether the bytes are the same."),
];

pub(super) const MISSING: &[&str] = &[
    "add_extension",
    "authority_key_identifier",
    "ca_issuer_uris",
    "crl_uris",
    "extensions=",
    "find_extension",
    "inspect",
    "issuer=",
    "not_after=",
    "not_before=",
    "ocsp_uris",
    "pretty_print",
    "public_key=",
    "serial=",
    "sign",
    "subject=",
    "subject_key_identifier",
    "tbs_bytes",
    "to_text",
    "version=",
];

struct Held {
    certificate: Certificate,
    bytes: Vec<u8>,
}

const NO_START: &str = "PEM_read_bio_X509: no start line";

/// The bytes between the lines of a text; `None` without such lines.
fn unwrapped(text: &str) -> Option<String> {
    const LABELS: [&str; 2] = ["CERTIFICATE", "X509 CERTIFICATE"];
    let mut lines = text.lines().map(str::trim_end);
    let label = lines.find_map(|line| {
        let label = line.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
        LABELS.contains(&label).then_some(label)
    })?;
    let end = format!("-----END {label}-----");
    let mut inner = String::new();
    for line in lines {
        if line == end {
            return Some(inner);
        }
        inner.push_str(line.trim());
    }
    None
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(class) = this else {
        return Ok(Value::Nil);
    };
    let given = match args.get(0) {
        None => return vm.unsupported("making a certificate"),
        Some(given) if vm.is_a(given, "OpenSSL::X509::Certificate") => to_der(vm, given, args)?,
        Some(given) => given,
    };
    let given = vm.string(given)?.bytes();
    vm.grow(given.len().saturating_mul(4))?;
    let bytes = if given.first() == Some(&0x30) {
        given
    } else {
        let text = String::from_utf8_lossy(&given).into_owned();
        let Some(inner) = unwrapped(&text) else {
            return vm.raise("OpenSSL::X509::CertificateError", NO_START);
        };
        if let Ok(pack::Value::Bytes(bytes)) = pack::unpack1(inner.as_bytes(), "m0") {
            bytes
        } else {
            let message = "PEM_read_bio_X509: bad base64 decode";
            return vm.raise("OpenSSL::X509::CertificateError", message);
        }
    };
    let Ok(certificate) = Certificate::from_der(&bytes) else {
        return vm.unsupported("a certificate that is broken, or not written strictly");
    };
    let held = Held { certificate, bytes };
    let data = Data::Opaque(RefCell::new(Box::new(held)));
    Ok(Value::Object(vm.object(class, data)))
}

/// Looks at a certificate.
fn look<'h, R>(vm: &mut Vm<'h>, this: Value<'h>, look: impl FnOnce(&Held) -> R) -> Res<'h, R> {
    let found = match this {
        Value::Object(object) => object.with(|held: &mut Held| look(held)),
        _ => None,
    };
    match found {
        Some(found) => Ok(found),
        None => vm.unsupported("a certificate without content"),
    }
}

fn subject<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let found = look(vm, this, |held| {
        name::attributes(&held.certificate.tbs_certificate.subject)
    })?;
    named(vm, found)
}

fn issuer<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let found = look(vm, this, |held| {
        name::attributes(&held.certificate.tbs_certificate.issuer)
    })?;
    named(vm, found)
}

fn named<'h>(vm: &mut Vm<'h>, found: Result<Vec<name::Attribute>, String>) -> Res<'h> {
    match found {
        Ok(attributes) => Ok(name::make(vm, attributes)),
        Err(what) => vm.unsupported(what),
    }
}

fn serial<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let number = look(vm, this, |held| {
        let bytes = held.certificate.tbs_certificate.serial_number.as_bytes();
        BigInt::from_bytes_be(Sign::Plus, bytes)
    })?;
    Ok(number::make(vm, number))
}

/// A moment in UTC.
fn moment<'h>(vm: &mut Vm<'h>, since: Duration) -> Res<'h> {
    if vm.class_id("Time").is_none() {
        return vm.unsupported("the time of a certificate");
    }
    let seconds = Value::Integer(i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
    let class = Value::Class(vm.class_named("Time"));
    let time = vm.call_named(class, "at", &[seconds])?;
    vm.call_named(time, "utc", &[])
}

fn not_before<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let since = look(vm, this, |held| {
        let validity = &held.certificate.tbs_certificate.validity;
        validity.not_before.to_unix_duration()
    })?;
    moment(vm, since)
}

fn not_after<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let since = look(vm, this, |held| {
        let validity = &held.certificate.tbs_certificate.validity;
        validity.not_after.to_unix_duration()
    })?;
    moment(vm, since)
}

fn version<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let version = look(vm, this, |held| {
        held.certificate.tbs_certificate.version as i64
    })?;
    Ok(Value::Integer(version))
}

/// Algorithms of signatures: number, name in OpenSSL, name of the key's kind, digest.
const SIGNATURES: &[(&str, &str, &str, Option<Algorithm>)] = &[
    (
        "1.2.840.113549.1.1.4",
        "md5WithRSAEncryption",
        RSA,
        Some(Algorithm::Md5),
    ),
    (
        "1.2.840.113549.1.1.5",
        "sha1WithRSAEncryption",
        RSA,
        Some(Algorithm::Sha1),
    ),
    (
        "1.2.840.113549.1.1.11",
        "sha256WithRSAEncryption",
        RSA,
        Some(Algorithm::Sha256),
    ),
    (
        "1.2.840.113549.1.1.12",
        "sha384WithRSAEncryption",
        RSA,
        Some(Algorithm::Sha384),
    ),
    (
        "1.2.840.113549.1.1.13",
        "sha512WithRSAEncryption",
        RSA,
        Some(Algorithm::Sha512),
    ),
    (
        "1.2.840.10045.4.3.2",
        "ecdsa-with-SHA256",
        CURVE,
        Some(Algorithm::Sha256),
    ),
    (
        "1.2.840.10045.4.3.3",
        "ecdsa-with-SHA384",
        CURVE,
        Some(Algorithm::Sha384),
    ),
    (
        "1.2.840.10045.4.3.4",
        "ecdsa-with-SHA512",
        CURVE,
        Some(Algorithm::Sha512),
    ),
    ("1.3.101.112", "ED25519", "ED25519", None),
];

const RSA: &str = "rsaEncryption";
const CURVE: &str = "id-ecPublicKey";

fn public_key<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let key = own_key(vm, this)?;
    Ok(pkey::make(vm, key))
}

fn own_key<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Key> {
    let bytes = look(vm, this, |held| {
        let info = &held.certificate.tbs_certificate.subject_public_key_info;
        info.to_der().unwrap_or_default()
    })?;
    match key::decode(Form::Public, &bytes) {
        Ok(key) => Ok(key),
        Err(Wrong::Unsupported(what)) => vm.unsupported(what),
        Err(Wrong::Broken) => vm.unsupported("a certificate with a broken key"),
    }
}

fn check_private_key<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let given = pkey::of(vm, args.at(0))?;
    if !given.is_private() {
        return vm.raise("ArgumentError", "private key is needed");
    }
    let own = own_key(vm, this)?;
    Ok(Value::Bool(own == given.public()))
}

fn verify<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let key = pkey::of(vm, args.at(0))?;
    der(vm, this)?;
    let (oid, data, signature) = look(vm, this, |held| {
        let certificate = &held.certificate;
        (
            certificate.signature_algorithm.oid.to_string(),
            certificate.tbs_certificate.to_der().unwrap_or_default(),
            certificate.signature.raw_bytes().to_vec(),
        )
    })?;
    vm.tick(20_000)?;
    let known = SIGNATURES.iter().find(|(number, ..)| *number == oid);
    let Some((_, _, kind, digest)) = known else {
        return vm.unsupported(format!("the signature algorithm {oid}"));
    };
    if *kind != key.oid() {
        return vm.raise("OpenSSL::X509::CertificateError", "wrong public key type");
    }
    match signature::verify(&key, *digest, &signature, &data) {
        Verdict::Good => Ok(Value::Bool(true)),
        Verdict::Bad => Ok(Value::Bool(false)),
        Verdict::Malformed => vm.unsupported("a certificate whose signature is none"),
        Verdict::Unsupported(what) => vm.unsupported(what),
    }
}

fn signature_algorithm<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let oid = look(vm, this, |held| {
        held.certificate.signature_algorithm.oid.to_string()
    })?;
    match SIGNATURES.iter().find(|(number, ..)| *number == oid) {
        Some((_, name, ..)) => Ok(vm.str(*name)),
        None => vm.unsupported(format!("the name of the signature algorithm {oid}")),
    }
}

fn extensions<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let found = look(vm, this, |held| {
        held.certificate.tbs_certificate.extensions.clone()
    })?;
    let mut list = Vec::new();
    for extension in found.unwrap_or_default() {
        vm.tick(1)?;
        list.push(extension::make(vm, &extension));
    }
    Ok(vm.array(list))
}

/// The bytes as they were given, but for what stands behind them.
fn der<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Vec<u8>> {
    let encoded = look(vm, this, |held| {
        held.certificate
            .to_der()
            .ok()
            .filter(|bytes| *bytes == held.bytes)
    })?;
    match encoded {
        Some(bytes) => Ok(bytes),
        None => vm.unsupported("the bytes of a certificate that is not written strictly"),
    }
}

fn to_der<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let bytes = der(vm, this)?;
    Ok(vm.bytes(bytes, Encoding::Binary))
}

fn to_pem<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = pem::write("CERTIFICATE", &der(vm, this)?);
    vm.grow(text.len())?;
    Ok(vm.str(text))
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if !vm.is_a(args.at(0), "OpenSSL::X509::Certificate") {
        return Ok(Value::Bool(false));
    }
    let mine = look(vm, this, |held| held.bytes.clone())?;
    let same = look(vm, args.at(0), |held| held.bytes == mine)?;
    Ok(Value::Bool(same))
}
