//! `OpenSSL::X509::Name`: who a certificate speaks of.

use std::cell::RefCell;

use x509_cert::der::asn1::{Ia5StringRef, PrintableStringRef, Utf8StringRef};
use x509_cert::der::{Tag, Tagged};
use x509_cert::name::Name;

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Data, Value};
use super::super::{Args, Row};

pub(super) const CLASS: &[Row] = &[
    Row::new("new", 0, new, "A name of a list of attributes.").to(2),
    Row::new("parse", 1, parse, "A name of a text."),
];

pub(super) const METHODS: &[Row] = &[
    Row::new("to_s", 0, to_s, "The attributes with slashes.").to(1),
    Row::new(
        "to_a",
        0,
        to_a,
        "Names, values and types of the attributes.",
    ),
    Row::new(
        "to_utf8",
        0,
        to_utf8,
        "The attributes with commas, the last one first.",
    ),
    Row::new("inspect", 0, inspect, "Class and attributes."),
    Row::new("==", 1, equal, "Whether the attributes are the same."),
    Row::new("eql?", 1, equal, "Whether the attributes are the same."),
];

/// An attribute: short name, value, number of the type of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    name: String,
    value: String,
    kind: i64,
}

/// The attributes OpenSSL has short names for.
const SHORT: &[(&str, &str)] = &[
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.13", "description"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.41", "name"),
    ("2.5.4.42", "GN"),
    ("2.5.4.43", "initials"),
    ("2.5.4.46", "dnQualifier"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
];

/// The attributes of a name; the error is what is not supported.
pub(super) fn attributes(name: &Name) -> Result<Vec<Attribute>, String> {
    let parts = name.0.iter().flat_map(|part| part.0.iter());
    parts
        .map(|part| {
            let oid = part.oid.to_string();
            let known = SHORT.iter().find(|(number, _)| *number == oid);
            let Some((_, short)) = known else {
                return Err(format!("the attribute {oid} in a name of a certificate"));
            };
            let value = &part.value;
            let (text, kind) = match value.tag() {
                Tag::Utf8String => (
                    value
                        .decode_as::<Utf8StringRef<'_>>()
                        .map(|text| text.to_string()),
                    12,
                ),
                Tag::PrintableString => (
                    value
                        .decode_as::<PrintableStringRef<'_>>()
                        .map(|text| text.to_string()),
                    19,
                ),
                Tag::Ia5String => (
                    value
                        .decode_as::<Ia5StringRef<'_>>()
                        .map(|text| text.to_string()),
                    22,
                ),
                _ => return Err("the type of a text in a name of a certificate".to_owned()),
            };
            Ok(Attribute {
                name: (*short).to_owned(),
                value: text.map_err(|_| "a broken text in a name of a certificate".to_owned())?,
                kind,
            })
        })
        .collect()
}

/// An object of the class Name.
pub(super) fn make<'h>(vm: &mut Vm<'h>, attributes: Vec<Attribute>) -> Value<'h> {
    let class = vm.class_named("OpenSSL::X509::Name");
    Value::Object(vm.object(class, Data::Opaque(RefCell::new(Box::new(attributes)))))
}

fn of(value: Value<'_>) -> Option<Vec<Attribute>> {
    let Value::Object(object) = value else {
        return None;
    };
    object.with(|attributes: &mut Vec<Attribute>| attributes.clone())
}

/// The type that OpenSSL gives an attribute made by its name.
fn kind_of(name: &str) -> i64 {
    match name {
        "C" | "serialNumber" | "dnQualifier" => 19,
        "DC" | "emailAddress" => 22,
        _ => 12,
    }
}

fn attribute<'h>(vm: &mut Vm<'h>, name: &str, value: String) -> Res<'h, Attribute> {
    let short = match name {
        "commonName" => "CN",
        "countryName" => "C",
        "stateOrProvinceName" => "ST",
        "localityName" => "L",
        "organizationName" => "O",
        "organizationalUnitName" => "OU",
        other => other,
    };
    if !SHORT.iter().any(|(_, known)| *known == short) {
        return vm.unsupported(format!("the attribute {name} in OpenSSL::X509::Name"));
    }
    Ok(Attribute {
        kind: kind_of(short),
        name: short.to_owned(),
        value,
    })
}

fn new<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.len() > 1 {
        return vm.unsupported("OpenSSL::X509::Name.new with types");
    }
    let entries = match args.at(0) {
        Value::Nil => Vec::new(),
        Value::Array(list) => list.to_vec(),
        _ => return vm.unsupported("OpenSSL::X509::Name.new of something else than a list"),
    };
    let mut attributes = Vec::new();
    for entry in entries {
        let Value::Array(entry) = entry else {
            return vm.no_conversion(entry, "Array");
        };
        if entry.len() > 2 {
            return vm.unsupported("OpenSSL::X509::Name.new with types");
        }
        let name = vm.string(entry.get(0).unwrap_or(Value::Nil))?.text();
        let value = vm.string(entry.get(1).unwrap_or(Value::Nil))?.text();
        attributes.push(attribute(vm, &name, value)?);
    }
    Ok(make(vm, attributes))
}

fn parse<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.string(args.at(0))?.text();
    let text = match text.strip_prefix('/') {
        Some(rest) if !rest.contains('\\') => rest.to_owned(),
        _ => return vm.unsupported("OpenSSL::X509::Name.parse of a text without slashes"),
    };
    let mut attributes = Vec::new();
    for part in text.split('/') {
        let Some((name, value)) = part.split_once('=') else {
            return vm.unsupported("OpenSSL::X509::Name.parse of an attribute without a value");
        };
        attributes.push(attribute(vm, name, value.to_owned())?);
    }
    Ok(make(vm, attributes))
}

/// Characters that no way of printing escapes.
fn is_plain(text: &str) -> bool {
    let plain = |letter: char| {
        letter.is_ascii_alphanumeric()
            || matches!(
                letter,
                ' ' | '.' | '-' | '_' | '@' | '*' | ':' | '\'' | '(' | ')'
            )
    };
    !text.starts_with(' ') && !text.ends_with(' ') && text.chars().all(plain)
}

fn plain<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Vec<Attribute>> {
    let attributes = of(this).unwrap_or_default();
    match attributes
        .iter()
        .find(|attribute| !is_plain(&attribute.value))
    {
        None => Ok(attributes),
        Some(_) => vm.unsupported("special characters in a name of a certificate"),
    }
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if !args.is_empty() {
        return vm.unsupported("OpenSSL::X509::Name#to_s with a format");
    }
    let attributes = plain(vm, this)?;
    let parts = attributes.iter();
    let parts: Vec<String> = parts
        .map(|attribute| format!("/{}={}", attribute.name, attribute.value))
        .collect();
    Ok(vm.str(parts.concat()))
}

fn reversed<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, String> {
    let attributes = plain(vm, this)?;
    let parts: Vec<String> = attributes
        .iter()
        .rev()
        .map(|attribute| format!("{}={}", attribute.name, attribute.value))
        .collect();
    Ok(parts.join(","))
}

fn to_utf8<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = reversed(vm, this)?;
    Ok(vm.str(text))
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = reversed(vm, this)?;
    Ok(vm.str(format!("#<OpenSSL::X509::Name {text}>")))
}

fn to_a<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mut list = Vec::new();
    for attribute in of(this).unwrap_or_default() {
        let entry = vec![
            vm.str(attribute.name),
            vm.str(attribute.value),
            Value::Integer(attribute.kind),
        ];
        list.push(vm.array(entry));
    }
    Ok(vm.array(list))
}

fn equal<'h>(_: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = of(args.at(0));
    Ok(Value::Bool(other.is_some() && other == of(this)))
}
