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
use super::super::super::value::{Encoding, Value};
use super::super::{Args, Row};

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
    Row::new("to_s", 0, to_s, "Name and value."),
    Row::new("to_a", 0, to_a, "Name, value and importance."),
    Row::new("to_h", 0, to_h, "Name, value and importance by name."),
];

/// Names of extensions in OpenSSL.
fn name_of(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "2.5.29.14" => "subjectKeyIdentifier",
        "2.5.29.15" => "keyUsage",
        "2.5.29.17" => "subjectAltName",
        "2.5.29.18" => "issuerAltName",
        "2.5.29.19" => "basicConstraints",
        "2.5.29.30" => "nameConstraints",
        "2.5.29.31" => "crlDistributionPoints",
        "2.5.29.32" => "certificatePolicies",
        "2.5.29.35" => "authorityKeyIdentifier",
        "2.5.29.37" => "extendedKeyUsage",
        "1.3.6.1.5.5.7.1.1" => "authorityInfoAccess",
        _ => return None,
    })
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

/// An object of the class Extension. Its slots: name, value as text (or nil, where that is not certain), value as bytes,
/// importance.
pub(super) fn make<'h>(vm: &mut Vm<'h>, extension: &Extension) -> Value<'h> {
    let oid = extension.extn_id.to_string();
    let bytes = extension.extn_value.as_bytes();
    let name = name_of(&oid).map_or(oid, ToOwned::to_owned);
    let text = text_of(&name, bytes);
    let slots = vec![
        vm.str(name),
        text.map_or(Value::Nil, |text| vm.str(text)),
        vm.bytes(bytes.to_vec(), Encoding::Binary),
        Value::Bool(extension.critical),
    ];
    vm.object_with("OpenSSL::X509::Extension", slots)
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
