//! `OpenSSL::X509::Extension`: what a certificate says beside names and key.

use core::net::IpAddr;

use x509_cert::der::{Decode, asn1::ObjectIdentifier};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages,
    SubjectAltName, SubjectKeyIdentifier,
};

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Data, Encoding, Value};
use super::super::{Args, Row};
use super::asn1;

const CLASS_NAME: &str = "OpenSSL::X509::Extension";

pub(super) const CLASS: &[Row] = &[Row::new(
    "new",
    1,
    new,
    "An extension of its bytes, of another one, or of name, value as bytes and importance.",
)
.to(3)];

pub(super) const METHODS: &[Row] = &[
    Row::new("oid", 0, oid, "The name."),
    Row::new("value", 0, value, "The value as text."),
    Row::new("value_der", 0, value_der, "The value as bytes."),
    Row::new(
        "critical?",
        0,
        critical,
        "Whether who does not know it must refuse.",
    ),
    Row::new("to_der", 0, to_der, "The bytes of all of it."),
    Row::new("==", 1, equal, "Whether the bytes are the same."),
    Row::new("to_s", 0, to_s, "Name and value."),
    Row::new("to_a", 0, to_a, "Name, value and importance."),
    Row::new("to_h", 0, to_h, "Name, value and importance by name."),
];

/// Names of extensions in OpenSSL.
const NAMES: &[(&str, &str)] = &[
    ("2.5.29.9", "subjectDirectoryAttributes"),
    ("2.5.29.14", "subjectKeyIdentifier"),
    ("2.5.29.15", "keyUsage"),
    ("2.5.29.16", "privateKeyUsagePeriod"),
    ("2.5.29.17", "subjectAltName"),
    ("2.5.29.18", "issuerAltName"),
    ("2.5.29.19", "basicConstraints"),
    ("2.5.29.20", "crlNumber"),
    ("2.5.29.21", "CRLReason"),
    ("2.5.29.23", "holdInstructionCode"),
    ("2.5.29.24", "invalidityDate"),
    ("2.5.29.27", "deltaCRL"),
    ("2.5.29.28", "issuingDistributionPoint"),
    ("2.5.29.29", "certificateIssuer"),
    ("2.5.29.30", "nameConstraints"),
    ("2.5.29.31", "crlDistributionPoints"),
    ("2.5.29.32", "certificatePolicies"),
    ("2.5.29.33", "policyMappings"),
    ("2.5.29.35", "authorityKeyIdentifier"),
    ("2.5.29.36", "policyConstraints"),
    ("2.5.29.37", "extendedKeyUsage"),
    ("2.5.29.46", "freshestCRL"),
    ("2.5.29.54", "inhibitAnyPolicy"),
    ("2.5.29.55", "targetInformation"),
    ("2.5.29.56", "noRevAvail"),
    ("1.3.6.1.5.5.7.1.1", "authorityInfoAccess"),
    ("1.3.6.1.5.5.7.1.2", "biometricInfo"),
    ("1.3.6.1.5.5.7.1.3", "qcStatements"),
    ("1.3.6.1.5.5.7.1.4", "ac-auditEntity"),
    ("1.3.6.1.5.5.7.1.5", "ac-targeting"),
    ("1.3.6.1.5.5.7.1.6", "aaControls"),
    ("1.3.6.1.5.5.7.1.7", "sbgp-ipAddrBlock"),
    ("1.3.6.1.5.5.7.1.8", "sbgp-autonomousSysNum"),
    ("1.3.6.1.5.5.7.1.9", "sbgp-routerIdentifier"),
    ("1.3.6.1.5.5.7.1.10", "ac-proxying"),
    ("1.3.6.1.5.5.7.1.11", "subjectInfoAccess"),
    ("1.3.6.1.5.5.7.1.14", "proxyCertInfo"),
    ("1.3.6.1.5.5.7.1.24", "tlsfeature"),
    ("1.3.6.1.5.5.7.48.1.5", "noCheck"),
    ("2.16.840.1.113730.1.1", "nsCertType"),
    ("2.16.840.1.113730.1.2", "nsBaseUrl"),
    ("2.16.840.1.113730.1.3", "nsRevocationUrl"),
    ("2.16.840.1.113730.1.4", "nsCaRevocationUrl"),
    ("2.16.840.1.113730.1.7", "nsRenewalUrl"),
    ("2.16.840.1.113730.1.8", "nsCaPolicyUrl"),
    ("2.16.840.1.113730.1.12", "nsSslServerName"),
    ("2.16.840.1.113730.1.13", "nsComment"),
    ("1.3.6.1.4.1.11129.2.4.2", "ct_precert_scts"),
    ("1.3.6.1.4.1.11129.2.4.3", "ct_precert_poison"),
    ("1.3.6.1.4.1.11129.2.4.4", "ct_precert_signer"),
    ("1.3.6.1.4.1.11129.2.4.5", "ct_cert_scts"),
];

fn name_of(oid: &str) -> Option<&'static str> {
    let mut names = NAMES.iter();
    names
        .find(|(number, _)| *number == oid)
        .map(|(_, name)| *name)
}

/// The number of a name that [`name_of`] gives, or that a number stands for itself.
fn number_of(name: &str) -> Option<ObjectIdentifier> {
    let mut names = NAMES.iter();
    let known = names.find(|(_, known)| *known == name);
    ObjectIdentifier::new(known.map_or(name, |(number, _)| *number)).ok()
}

/// Bytes with colons.
fn colons(bytes: &[u8]) -> String {
    let parts: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    parts.join(":")
}

/// The value as OpenSSL prints it; `None` where that is not certain.
fn text_of(name: &str, bytes: &[u8]) -> Option<String> {
    match name {
        "subjectKeyIdentifier" => {
            let identifier = SubjectKeyIdentifier::from_der(bytes).ok()?;
            Some(colons(identifier.0.as_bytes()))
        }
        "authorityKeyIdentifier" => {
            let identifier = AuthorityKeyIdentifier::from_der(bytes).ok()?;
            let alone = identifier.authority_cert_issuer.is_none()
                && identifier.authority_cert_serial_number.is_none();
            let key = identifier.key_identifier.filter(|_| alone)?;
            Some(colons(key.as_bytes()))
        }
        "basicConstraints" => {
            let constraints = BasicConstraints::from_der(bytes).ok()?;
            let authority = if constraints.ca { "TRUE" } else { "FALSE" };
            Some(match constraints.path_len_constraint {
                Some(length) => format!("CA:{authority}, pathlen:{length}"),
                None => format!("CA:{authority}"),
            })
        }
        "keyUsage" => key_usage(KeyUsage::from_der(bytes).ok()?),
        "extendedKeyUsage" => {
            let usage = ExtendedKeyUsage::from_der(bytes).ok()?;
            let purposes: Option<Vec<&str>> = usage.0.iter().map(purpose).collect();
            Some(purposes?.join(", "))
        }
        "subjectAltName" => {
            let names = SubjectAltName::from_der(bytes).ok()?;
            let names: Option<Vec<String>> = names.0.iter().map(general_name).collect();
            Some(names?.join(", "))
        }
        _ => None,
    }
}

fn key_usage(usage: KeyUsage) -> Option<String> {
    const NAMES: [(KeyUsages, &str); 9] = [
        (KeyUsages::DigitalSignature, "Digital Signature"),
        (KeyUsages::NonRepudiation, "Non Repudiation"),
        (KeyUsages::KeyEncipherment, "Key Encipherment"),
        (KeyUsages::DataEncipherment, "Data Encipherment"),
        (KeyUsages::KeyAgreement, "Key Agreement"),
        (KeyUsages::KeyCertSign, "Certificate Sign"),
        (KeyUsages::CRLSign, "CRL Sign"),
        (KeyUsages::EncipherOnly, "Encipher Only"),
        (KeyUsages::DecipherOnly, "Decipher Only"),
    ];
    let set = NAMES.iter().filter(|(flag, _)| usage.0.contains(*flag));
    let names: Vec<&str> = set.map(|(_, name)| *name).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn purpose(oid: &ObjectIdentifier) -> Option<&'static str> {
    Some(match oid.to_string().as_str() {
        "1.3.6.1.5.5.7.3.1" => "TLS Web Server Authentication",
        "1.3.6.1.5.5.7.3.2" => "TLS Web Client Authentication",
        "1.3.6.1.5.5.7.3.3" => "Code Signing",
        "1.3.6.1.5.5.7.3.4" => "E-mail Protection",
        "1.3.6.1.5.5.7.3.8" => "Time Stamping",
        "1.3.6.1.5.5.7.3.9" => "OCSP Signing",
        "2.5.29.37.0" => "Any Extended Key Usage",
        _ => return None,
    })
}

fn general_name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(format!("DNS:{name}")),
        GeneralName::Rfc822Name(name) => Some(format!("email:{name}")),
        GeneralName::UniformResourceIdentifier(name) => Some(format!("URI:{name}")),
        GeneralName::IpAddress(bytes) => match bytes.as_bytes() {
            [a, b, c, d] => Some(format!("IP Address:{a}.{b}.{c}.{d}")),
            bytes => {
                let bytes: [u8; 16] = bytes.try_into().ok()?;
                let IpAddr::V6(address) = IpAddr::from(bytes) else {
                    return None;
                };
                let parts = address.segments().map(|part| format!("{part:X}"));
                Some(format!("IP Address:{}", parts.join(":")))
            }
        },
        _ => None,
    }
}

/// The slots of an object of the class Extension: name, value as text (or nil, where that is not certain), value as
/// bytes, importance.
fn slots<'h>(vm: &mut Vm<'h>, oid: &str, bytes: &[u8], critical: bool) -> Vec<Value<'h>> {
    let text = match name_of(oid) {
        Some(name) => text_of(name, bytes),
        None => Some(printable(bytes)),
    };
    vec![
        vm.str(name_of(oid).unwrap_or(oid)),
        text.map_or(Value::Nil, |text| vm.str(text)),
        vm.bytes(bytes.to_vec(), Encoding::Binary),
        Value::Bool(critical),
    ]
}

/// What OpenSSL prints of the value of an extension that it does not know.
fn printable(bytes: &[u8]) -> String {
    let shown = bytes.iter().map(|byte| match byte {
        b' '..=b'~' | b'\n' | b'\r' => char::from(*byte),
        _ => '.',
    });
    shown.collect()
}

/// An object of the class Extension.
pub(super) fn make<'h>(vm: &mut Vm<'h>, extension: &Extension) -> Value<'h> {
    let oid = extension.extn_id.to_string();
    let bytes = extension.extn_value.as_bytes();
    let slots = slots(vm, &oid, bytes, extension.critical);
    vm.object_with(CLASS_NAME, slots)
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(class) = this else {
        return Ok(Value::Nil);
    };
    let slots = match (args.at(0), args.get(1)) {
        (name, Some(value)) => named(vm, name, value, args.at(2))?,
        (other, None) if vm.is_a(other, CLASS_NAME) => (0..4).map(|at| slot(other, at)).collect(),
        (bytes, None) => decoded(vm, bytes)?,
    };
    Ok(Value::Object(vm.object(class, Data::Slots(slots.into()))))
}

fn named<'h>(
    vm: &mut Vm<'h>,
    name: Value<'h>,
    value: Value<'h>,
    critical: Value<'h>,
) -> Res<'h, Vec<Value<'h>>> {
    let name = vm.string(name)?.text();
    let value = vm.string(value)?.bytes();
    vm.grow(value.len().saturating_mul(2))?;
    match number_of(&name) {
        Some(oid) => Ok(slots(vm, &oid.to_string(), &value, critical.truthy())),
        None => vm.unsupported(format!(
            "an extension of a certificate with the name {name:?}"
        )),
    }
}

fn decoded<'h>(vm: &mut Vm<'h>, bytes: Value<'h>) -> Res<'h, Vec<Value<'h>>> {
    let bytes = vm.string(bytes)?.bytes();
    vm.grow(bytes.len().saturating_mul(2))?;
    match Extension::from_der(&bytes) {
        Ok(extension) => {
            let oid = extension.extn_id.to_string();
            let value = extension.extn_value.as_bytes();
            Ok(slots(vm, &oid, value, extension.critical))
        }
        Err(_) => vm.unsupported("an extension that is broken, or not written strictly"),
    }
}

fn to_der<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    const TRUE: &[u8] = &[1, 1, 0xff];
    let name = vm.display(slot(this, 0))?;
    let Some(oid) = number_of(&name) else {
        return vm.unsupported(format!("the bytes of the extension {name}"));
    };
    let critical = if slot(this, 3).truthy() { TRUE } else { &[] };
    let value = vm.string(slot(this, 2))?.bytes();
    let value = asn1::element(asn1::OCTETS, &[&value]);
    let oid = asn1::element(asn1::OID, &[oid.as_bytes()]);
    let bytes = asn1::element(asn1::SEQUENCE, &[&oid, critical, &value]);
    vm.grow(bytes.len())?;
    Ok(vm.bytes(bytes, Encoding::Binary))
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if !vm.is_a(other, CLASS_NAME) {
        return Ok(Value::Bool(false));
    }
    for index in [0, 2, 3] {
        if !vm.equal(slot(this, index), slot(other, index))? {
            return Ok(Value::Bool(false));
        }
    }
    Ok(Value::Bool(true))
}

fn slot(this: Value<'_>, index: usize) -> Value<'_> {
    match this {
        Value::Object(object) => object.slot(index),
        _ => Value::Nil,
    }
}

fn oid<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(slot(this, 0))
}

fn value<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    match slot(this, 1) {
        Value::Nil => {
            let name = vm.display(slot(this, 0))?;
            vm.unsupported(format!(
                "the value of the extension {name} of a certificate"
            ))
        }
        text => Ok(text),
    }
}

fn value_der<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(slot(this, 2))
}

fn critical<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(slot(this, 3))
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = vm.display(slot(this, 0))?;
    let text = value(vm, this, args)?;
    let text = vm.display(text)?;
    let critical = if slot(this, 3).truthy() {
        "critical, "
    } else {
        ""
    };
    Ok(vm.str(format!("{name} = {critical}{text}")))
}

fn to_a<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = value(vm, this, args)?;
    Ok(vm.array(vec![slot(this, 0), text, slot(this, 3)]))
}

fn to_h<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = value(vm, this, args)?;
    let names = ["oid", "value", "critical"].map(|name| vm.str(name));
    let entries = names.into_iter().zip([slot(this, 0), text, slot(this, 3)]);
    vm.hash(entries.collect())
}
