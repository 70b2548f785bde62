//! `OpenSSL::PKey`: keys that are read, and what they say.

use std::cell::RefCell;

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Data, Encoding, Value};
use super::super::digest::Algorithm;
use super::super::{Args, Row};
use super::hmac::algorithm;
use super::key::{self, Form, Key, Wrong};
use super::pem::{self, Content};
use super::signature::{self, Verdict};

pub(super) const MODULE: &[Row] =
    &[Row::new("read", 1, read, "The key in a text or in bytes.").to(2)];

pub(super) const METHODS: &[Row] = &[
    Row::new("oid", 0, oid, "The name of the algorithm."),
    Row::new(
        "compare?",
        1,
        is_same_public,
        "Whether the public parts are the same.",
    ),
    Row::new(
        "public_to_der",
        0,
        public_to_der,
        "The public part as bytes.",
    ),
    Row::new(
        "public_to_pem",
        0,
        public_to_pem,
        "The public part as text.",
    ),
    Row::new(
        "private_to_der",
        0,
        private_to_der,
        "The key as bytes, in PKCS #8.",
    ),
    Row::new(
        "private_to_pem",
        0,
        private_to_pem,
        "The key as text, in PKCS #8.",
    ),
    Row::new(
        "sign",
        2,
        sign,
        "The signature of data, of RSA and Ed25519.",
    ),
    Row::new(
        "verify",
        3,
        verify,
        "Whether a signature is that of the data.",
    ),
];

pub(super) const MISSING: &[&str] = &[
    "decrypt",
    "derive",
    "encrypt",
    "inspect",
    "raw_private_key",
    "raw_public_key",
    "sign_raw",
    "to_text",
    "verify_raw",
    "verify_recover",
];

/// An object of the class that belongs to a key.
pub(super) fn make<'h>(vm: &mut Vm<'h>, key: Key) -> Value<'h> {
    let class = vm.class_named(match key {
        Key::Rsa(_) => "OpenSSL::PKey::RSA",
        Key::Curve(_) => "OpenSSL::PKey::EC",
        Key::Edwards { .. } => "OpenSSL::PKey::PKey",
    });
    Value::Object(vm.object(class, Data::Opaque(RefCell::new(Box::new(key)))))
}

/// The key that an object holds.
pub(super) fn of<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Key> {
    let found = match value {
        Value::Object(object) => object.with(|key: &mut Key| key.clone()),
        _ => None,
    };
    if let Some(key) = found {
        return Ok(key);
    }
    let word = vm.kind_word(value);
    let message = format!("wrong argument type {word} (expected OpenSSL/EVP_PKEY)");
    vm.raise("TypeError", message)
}

/// The key in a text or in bytes; `None` where OpenSSL finds none.
pub(super) fn find<'h>(vm: &mut Vm<'h>, given: Value<'h>) -> Res<'h, Option<Key>> {
    let bytes = vm.string(given)?.bytes();
    vm.tick(bytes.len() / 8)?;
    vm.grow(bytes.len().saturating_mul(4))?;
    let found = if key::looks_whole(&bytes) {
        in_bytes(&bytes)
    } else {
        in_text(&String::from_utf8_lossy(&bytes))
    };
    match found {
        Ok(key) => Ok(Some(key)),
        Err(Wrong::Broken) => Ok(None),
        Err(Wrong::Unsupported(what)) => vm.unsupported(what),
    }
}

fn in_bytes(bytes: &[u8]) -> Result<Key, Wrong> {
    let forms = [
        Form::Rsa,
        Form::Curve,
        Form::Secret,
        Form::Public,
        Form::RsaPublic,
    ];
    for form in forms {
        match key::decode(form, bytes) {
            Err(Wrong::Broken) => {}
            found => return found,
        }
    }
    Err(Wrong::Broken)
}

fn form_of(label: &str) -> Result<Option<Form>, Wrong> {
    Ok(Some(match label {
        "RSA PRIVATE KEY" => Form::Rsa,
        "EC PRIVATE KEY" => Form::Curve,
        "PRIVATE KEY" => Form::Secret,
        "PUBLIC KEY" => Form::Public,
        "RSA PUBLIC KEY" => Form::RsaPublic,
        "ENCRYPTED PRIVATE KEY" => return Err(Wrong::Unsupported("an encrypted key")),
        label if label.ends_with(" PARAMETERS") || label.starts_with("DSA ") => {
            return Err(Wrong::Unsupported(
                "a key of another kind than RSA, EC and Ed25519",
            ));
        }
        _ => return Ok(None),
    }))
}

/// Secret keys are looked for before public ones.
fn in_text(text: &str) -> Result<Key, Wrong> {
    let blocks = pem::blocks(text);
    let mut doubt = Wrong::Broken;
    for secret in [true, false] {
        for block in &blocks {
            let form = match form_of(&block.label) {
                Ok(Some(form)) => form,
                Ok(None) => continue,
                Err(wrong) => {
                    doubt = wrong;
                    continue;
                }
            };
            if secret == matches!(form, Form::Public | Form::RsaPublic) {
                continue;
            }
            let bytes = match &block.content {
                Content::Bytes(bytes) => bytes,
                Content::Broken => continue,
                Content::Encrypted => return Err(Wrong::Unsupported("an encrypted key")),
                Content::Uncertain => return Err(Wrong::Unsupported("a key with headers")),
            };
            match key::decode(form, bytes) {
                Err(Wrong::Broken) => {}
                found => return found,
            }
        }
    }
    Err(doubt)
}

fn read<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match find(vm, args.at(0))? {
        Some(key) => Ok(make(vm, key)),
        None => vm.raise(
            "OpenSSL::PKey::PKeyError",
            "Could not parse PKey: unsupported",
        ),
    }
}

fn oid<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let key = of(vm, this)?;
    Ok(vm.str(key.oid()))
}

fn is_same_public<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (mine, other) = (of(vm, this)?, of(vm, args.at(0))?);
    if mine.oid() != other.oid() {
        return vm.raise("TypeError", "cannot match different PKey types");
    }
    Ok(Value::Bool(mine.public() == other.public()))
}

fn public_to_der<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let bytes = of(vm, this)?.public_der();
    Ok(vm.bytes(bytes, Encoding::Binary))
}

fn public_to_pem<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let bytes = of(vm, this)?.public_der();
    Ok(vm.str(pem::write("PUBLIC KEY", &bytes)))
}

fn private_bytes<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Vec<u8>> {
    match of(vm, this)?.private_der() {
        Some(bytes) => Ok(bytes),
        None => vm.unsupported("writing a public key as a private one"),
    }
}

fn private_to_der<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let bytes = private_bytes(vm, this)?;
    Ok(vm.bytes(bytes, Encoding::Binary))
}

fn private_to_pem<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let bytes = private_bytes(vm, this)?;
    Ok(vm.str(pem::write("PRIVATE KEY", &bytes)))
}

/// The digest that goes with a key: none with Ed25519.
fn digest<'h>(vm: &mut Vm<'h>, key: &Key, given: Value<'h>) -> Res<'h, Option<Algorithm>> {
    match (key, given) {
        (Key::Edwards { .. }, Value::Nil) => Ok(None),
        (Key::Edwards { .. }, _) => vm.unsupported("Ed25519 with a digest"),
        (_, Value::Nil) => vm.unsupported("a signature without a named digest"),
        (_, given) => algorithm(vm, given).map(Some),
    }
}

fn sign<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let key = of(vm, this)?;
    if !key.is_private() {
        return vm.raise("ArgumentError", "private key is needed");
    }
    let digest = digest(vm, &key, args.at(0))?;
    let data = vm.string(args.at(1))?.bytes();
    vm.tick(data.len() / 32 + 100_000)?;
    let signature = match (&key, digest) {
        (Key::Rsa(key), Some(digest)) => signature::sign_rsa(key, digest, &data),
        (
            Key::Edwards {
                seed: Some(seed), ..
            },
            None,
        ) => Ok(signature::sign_edwards(seed, &data)),
        _ => Err("signing with EC, which differs from run to run"),
    };
    match signature {
        Ok(bytes) => Ok(vm.bytes(bytes, Encoding::Binary)),
        Err(what) => vm.unsupported(what),
    }
}

fn verify<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let key = of(vm, this)?;
    let digest = digest(vm, &key, args.at(0))?;
    let signature = vm.string(args.at(1))?.bytes();
    let data = vm.string(args.at(2))?.bytes();
    vm.tick(data.len() / 32 + 20_000)?;
    match signature::verify(&key, digest, &signature, &data) {
        Verdict::Good => Ok(Value::Bool(true)),
        Verdict::Bad => Ok(Value::Bool(false)),
        Verdict::Malformed => vm.raise("OpenSSL::PKey::PKeyError", "EVP_DigestVerify"),
        Verdict::Unsupported(what) => vm.unsupported(what),
    }
}
