//! `OpenSSL::PKey::RSA` and `OpenSSL::PKey::EC`, with the points and groups of the latter.

use std::cell::RefCell;

use num_bigint::{BigInt, BigUint, Sign};

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Data, Encoding, Value};
use super::super::{Args, Row};
use super::key::{Curve, CurveKey, Key, Rsa};
use super::{number, pem, pkey};

const TO_PEM: Row = Row::new("to_pem", 0, to_pem, "The key as text.").to(2);
const TO_DER: Row = Row::new("to_der", 0, to_der, "The key as bytes.");
const IS_PRIVATE: Row = Row::new("private?", 0, is_private, "Whether it has its secret part.");
const IS_PUBLIC: Row = Row::new("public?", 0, is_public, "Whether it has its public part.");

pub(super) const RSA_CLASS: &[Row] = &[Row::new(
    "new",
    0,
    rsa_new,
    "The key in a text, in bytes, or another key.",
)
.to(2)];

pub(super) const RSA: &[Row] = &[
    Row::new("n", 0, rsa_n, "The modulus."),
    Row::new("e", 0, rsa_e, "The public exponent."),
    Row::new("d", 0, rsa_d, "The secret exponent."),
    Row::new("p", 0, rsa_p, "The first prime."),
    Row::new("q", 0, rsa_q, "The second prime."),
    Row::new(
        "dmp1",
        0,
        rsa_dmp1,
        "The secret exponent modulo the first prime less one.",
    ),
    Row::new(
        "dmq1",
        0,
        rsa_dmq1,
        "The secret exponent modulo the second prime less one.",
    ),
    Row::new(
        "iqmp",
        0,
        rsa_iqmp,
        "The inverse of the second prime modulo the first.",
    ),
    Row::new(
        "params",
        0,
        rsa_params,
        "All numbers of a private key by name.",
    ),
    Row::new("public_key", 0, rsa_public_key, "The public part."),
    TO_PEM,
    TO_PEM.alias("export"),
    TO_PEM.alias("to_s"),
    TO_DER,
    IS_PRIVATE,
    IS_PUBLIC,
];

pub(super) const RSA_MISSING: &[&str] = &[
    "private_decrypt",
    "private_encrypt",
    "public_decrypt",
    "public_encrypt",
    "set_crt_params",
    "set_factors",
    "set_key",
    "sign_pss",
    "verify_pss",
];

pub(super) const EC_CLASS: &[Row] = &[Row::new(
    "new",
    0,
    ec_new,
    "The key in a text, in bytes, or another key.",
)
.to(2)];

pub(super) const EC: &[Row] = &[
    Row::new("group", 0, ec_group, "The curve."),
    Row::new("private_key", 0, ec_private_key, "The secret number."),
    Row::new("public_key", 0, ec_public_key, "The point."),
    Row::new(
        "check_key",
        0,
        ec_check_key,
        "True: a key whose point is not on its curve is not read.",
    ),
    TO_PEM,
    TO_PEM.alias("export"),
    TO_DER,
    IS_PRIVATE,
    IS_PRIVATE.alias("private_key?"),
    IS_PUBLIC,
    IS_PUBLIC.alias("public_key?"),
];

pub(super) const EC_MISSING: &[&str] = &[
    "dh_compute_key",
    "dsa_sign_asn1",
    "dsa_verify_asn1",
    "generate_key",
    "generate_key!",
    "group=",
    "private_key=",
    "public_key=",
];

pub(super) const POINT: &[Row] = &[
    Row::new("group", 0, point_group, "The curve."),
    Row::new("to_bn", 0, point_to_bn, "The bytes as a number.").to(1),
    Row::new(
        "to_octet_string",
        1,
        point_to_octets,
        "The bytes, `:compressed` or `:uncompressed`.",
    ),
    Row::new("infinity?", 0, never, "False: such a point is not read."),
    Row::new("on_curve?", 0, always, "True: another point is not read."),
    Row::new("==", 1, point_equal, "Whether both are the same point."),
    Row::new("eql?", 1, point_equal, "Whether both are the same point."),
];

pub(super) const POINT_MISSING: &[&str] = &[
    "add",
    "inspect",
    "invert!",
    "make_affine!",
    "mul",
    "set_to_infinity!",
];

pub(super) const GROUP: &[Row] = &[
    Row::new("curve_name", 0, group_name, "The name of the curve."),
    Row::new("degree", 0, group_degree, "Its number of bits."),
    Row::new("==", 1, group_equal, "Whether both are the same curve."),
    Row::new("eql?", 1, group_equal, "Whether both are the same curve."),
];

pub(super) const GROUP_MISSING: &[&str] = &[
    "asn1_flag",
    "asn1_flag=",
    "cofactor",
    "generator",
    "order",
    "point_conversion_form",
    "point_conversion_form=",
    "seed",
    "seed=",
    "set_generator",
    "to_der",
    "to_pem",
    "to_text",
];

/// The key in an argument: a key already, or a text to read.
fn given<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>, class: &str) -> Res<'h, Option<Key>> {
    match args.get(0) {
        None | Some(Value::Integer(_)) => vm.unsupported(format!("making a key with {class}.new")),
        Some(key) if vm.is_a(key, class) => pkey::of(vm, key).map(Some),
        Some(text) => pkey::find(vm, text),
    }
}

fn incorrect<'h>(vm: &mut Vm<'h>, class: &str, key: &Key) -> Res<'h> {
    vm.raise(class, format!("incorrect pkey type: {}", key.oid()))
}

fn rsa_new<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match given(vm, args, "OpenSSL::PKey::RSA")? {
        Some(key @ Key::Rsa(_)) => Ok(pkey::make(vm, key)),
        Some(key) => incorrect(vm, "OpenSSL::PKey::RSAError", &key),
        None => {
            let message = "Neither PUB key nor PRIV key: unsupported";
            vm.raise("OpenSSL::PKey::RSAError", message)
        }
    }
}

fn ec_new<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match given(vm, args, "OpenSSL::PKey::EC")? {
        Some(key @ Key::Curve(_)) => Ok(pkey::make(vm, key)),
        Some(key) => incorrect(vm, "OpenSSL::PKey::ECError", &key),
        None => {
            let name = vm.string(args.at(0))?.text();
            if name.len() < 32
                && name.chars().any(char::is_alphanumeric)
                && name.contains(char::is_numeric)
            {
                return vm.unsupported("making a key with OpenSSL::PKey::EC.new");
            }
            vm.raise("OpenSSL::PKey::ECError", "invalid curve name")
        }
    }
}

fn is_private<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(pkey::of(vm, this)?.is_private()))
}

fn is_public<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    pkey::of(vm, this)?;
    Ok(Value::Bool(true))
}

/// The bytes that `to_der` gives, with their label.
fn written(key: &Key) -> (&'static str, Vec<u8>) {
    let secret = match key {
        Key::Rsa(key) => key.private_der().map(|bytes| ("RSA PRIVATE KEY", bytes)),
        Key::Curve(key) => key.private_der(true).map(|bytes| ("EC PRIVATE KEY", bytes)),
        Key::Edwards { .. } => None,
    };
    secret.unwrap_or_else(|| ("PUBLIC KEY", key.public_der()))
}

fn to_pem<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if !args.at(0).is_nil() {
        return vm.unsupported("encrypting a key");
    }
    let (label, bytes) = written(&pkey::of(vm, this)?);
    Ok(vm.str(pem::write(label, &bytes)))
}

fn to_der<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let (_, bytes) = written(&pkey::of(vm, this)?);
    Ok(vm.bytes(bytes, Encoding::Binary))
}

/// Looks at the numbers of an RSA key.
fn rsa<'h, R>(vm: &mut Vm<'h>, this: Value<'h>, look: impl FnOnce(&Rsa) -> R) -> Res<'h, R> {
    match pkey::of(vm, this)? {
        Key::Rsa(key) => Ok(look(&key)),
        _ => vm.unsupported("a key without content"),
    }
}

fn rsa_n<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let value = rsa(vm, this, |key| key.modulus.clone())?;
    Ok(number::make_unsigned(vm, &value))
}

fn rsa_e<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let value = rsa(vm, this, |key| key.exponent.clone())?;
    Ok(number::make_unsigned(vm, &value))
}

/// A secret number; nil in a public key.
fn secret<'h>(vm: &mut Vm<'h>, this: Value<'h>, index: usize) -> Res<'h> {
    let value = rsa(vm, this, |key| {
        key.secret
            .as_ref()
            .and_then(|secret| secret.get(index).cloned())
    })?;
    Ok(value.map_or(Value::Nil, |value| number::make_unsigned(vm, &value)))
}

fn rsa_d<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    secret(vm, this, 0)
}

fn rsa_p<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    secret(vm, this, 1)
}

fn rsa_q<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    secret(vm, this, 2)
}

fn rsa_dmp1<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    secret(vm, this, 3)
}

fn rsa_dmq1<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    secret(vm, this, 4)
}

fn rsa_iqmp<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    secret(vm, this, 5)
}

fn rsa_params<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    const NAMES: [&str; 8] = ["n", "e", "d", "p", "q", "dmp1", "dmq1", "iqmp"];
    let key = rsa(vm, this, Clone::clone)?;
    let Some(secret) = key.secret else {
        return vm.unsupported("OpenSSL::PKey::RSA#params of a public key");
    };
    let values = [key.modulus, key.exponent].into_iter().chain(secret);
    let mut entries = Vec::new();
    for (name, value) in NAMES.into_iter().zip(values) {
        entries.push((vm.str(name), number::make_unsigned(vm, &value)));
    }
    vm.hash(entries)
}

fn rsa_public_key<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let key = pkey::of(vm, this)?.public();
    Ok(pkey::make(vm, key))
}

fn curve_key<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, CurveKey> {
    match pkey::of(vm, this)? {
        Key::Curve(key) => Ok(key),
        _ => vm.unsupported("a key without content"),
    }
}

fn opaque<'h, T: 'static>(vm: &mut Vm<'h>, class: &str, inside: T) -> Value<'h> {
    let class = vm.class_named(class);
    Value::Object(vm.object(class, Data::Opaque(RefCell::new(Box::new(inside)))))
}

fn make_group<'h>(vm: &mut Vm<'h>, curve: Curve) -> Value<'h> {
    opaque(vm, "OpenSSL::PKey::EC::Group", curve)
}

fn ec_group<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let curve = curve_key(vm, this)?.curve;
    Ok(make_group(vm, curve))
}

fn ec_private_key<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let secret = curve_key(vm, this)?.secret;
    Ok(secret.map_or(Value::Nil, |secret| {
        number::make_unsigned(vm, &BigUint::from_bytes_be(&secret))
    }))
}

fn ec_public_key<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let key = CurveKey {
        secret: None,
        ..curve_key(vm, this)?
    };
    Ok(opaque(vm, "OpenSSL::PKey::EC::Point", key))
}

fn ec_check_key<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    curve_key(vm, this)?;
    Ok(Value::Bool(true))
}

fn point<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, CurveKey> {
    let found = match this {
        Value::Object(object) => object.with(|key: &mut CurveKey| key.clone()),
        _ => None,
    };
    match found {
        Some(found) => Ok(found),
        None => vm.unsupported("a point without content"),
    }
}

fn point_group<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let curve = point(vm, this)?.curve;
    Ok(make_group(vm, curve))
}

fn octets<'h>(vm: &mut Vm<'h>, this: Value<'h>, form: Value<'h>) -> Res<'h, Vec<u8>> {
    let point = point(vm, this)?;
    let name = match form {
        Value::Symbol(name) => vm.name(name),
        _ => return vm.unsupported("a form of a point that is no symbol"),
    };
    let compress = match name {
        "compressed" => true,
        "uncompressed" => false,
        "hybrid" => return vm.unsupported("the hybrid form of a point"),
        _ => {
            let message = format!(
                "unsupported point conversion form :{name} (expected :compressed, :uncompressed, or :hybrid)"
            );
            return vm.raise("ArgumentError", message);
        }
    };
    match point.curve.point(&point.point, compress) {
        Some(bytes) => Ok(bytes),
        None => vm.unsupported("a point without content"),
    }
}

fn point_to_bn<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = match args.get(0) {
        None => point(vm, this)?.point,
        Some(form) => octets(vm, this, form)?,
    };
    Ok(number::make(vm, BigInt::from_bytes_be(Sign::Plus, &bytes)))
}

fn point_to_octets<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = octets(vm, this, args.at(0))?;
    Ok(vm.bytes(bytes, Encoding::Binary))
}

fn never<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(false))
}

fn always<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(true))
}

fn point_equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (mine, other) = (point(vm, this)?, point(vm, args.at(0))?);
    Ok(Value::Bool(mine == other))
}

fn group<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Curve> {
    let found = match this {
        Value::Object(object) => object.with(|curve: &mut Curve| *curve),
        _ => None,
    };
    match found {
        Some(found) => Ok(found),
        None => vm.unsupported("a group without content"),
    }
}

fn group_name<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let curve = group(vm, this)?;
    Ok(vm.str(curve.name()))
}

fn group_degree<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let curve = group(vm, this)?;
    Ok(vm.count(curve.degree()))
}

fn group_equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (mine, other) = (group(vm, this)?, group(vm, args.at(0))?);
    Ok(Value::Bool(mine == other))
}
