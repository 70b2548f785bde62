//! `OpenSSL::Digest` and `OpenSSL::HMAC`.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Value};
use super::super::base64::to_base64;
use super::super::digest::{Algorithm, hexadecimal, make, state_of};
use super::super::{Args, Row};

pub(super) const DIGEST: &[Row] = &[
    Row::new("new", 1, new, "A digest by its name.").to(2),
    Row::new("digest", 2, digest, "The digest of a text, as bytes."),
    Row::new(
        "hexdigest",
        2,
        hexdigest,
        "The digest of a text, in hexadecimal.",
    ),
    Row::new(
        "base64digest",
        2,
        base64digest,
        "The digest of a text, in base64.",
    ),
];

/// Of classes with one algorithm.
pub(super) const FIXED: &[Row] = &[
    Row::new("new", 0, fixed_new, "An empty digest.").to(1),
    Row::new("digest", 1, fixed_digest, "The digest of a text, as bytes."),
    Row::new(
        "hexdigest",
        1,
        fixed_hexdigest,
        "The digest of a text, in hexadecimal.",
    ),
    Row::new(
        "base64digest",
        1,
        fixed_base64digest,
        "The digest of a text, in base64.",
    ),
];

pub(super) const DIGEST_INSTANCE: &[Row] =
    &[Row::new("name", 0, name, "The name of the algorithm.")];

pub(super) const HMAC: &[Row] = &[
    Row::new(
        "digest",
        3,
        hmac_digest,
        "The code of a text with a key, as bytes.",
    ),
    Row::new(
        "hexdigest",
        3,
        hmac_hexdigest,
        "The code of a text with a key, in hexadecimal.",
    ),
    Row::new(
        "base64digest",
        3,
        hmac_base64digest,
        "The code of a text with a key, in base64.",
    ),
];

/// The algorithm that a name or a digest stands for.
pub(super) fn algorithm<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Algorithm> {
    if let Some(state) = state_of(value) {
        return Ok(state.algorithm);
    }
    let name = vm.string(value)?.text();
    let plain = name
        .to_ascii_uppercase()
        .replace("SHA2-", "SHA")
        .replace("SHA-", "SHA");
    match Algorithm::named(&plain) {
        Some(algorithm) => Ok(algorithm),
        None => vm.unsupported(format!("the digest {name} of OpenSSL")),
    }
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let algorithm = algorithm(vm, args.at(0))?;
    begin(vm, this, algorithm, args.get(1))
}

fn begin<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    algorithm: Algorithm,
    text: Option<Value<'h>>,
) -> Res<'h> {
    let Value::Class(class) = this else {
        return Ok(Value::Nil);
    };
    let added = match text {
        Some(text) => vm.string(text)?.bytes(),
        None => Vec::new(),
    };
    Ok(make(vm, class, algorithm, added))
}

fn own_algorithm<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Algorithm> {
    let name = match this {
        Value::Class(class) => vm.class_name(class),
        _ => String::new(),
    };
    let name = name.rsplit("::").next().unwrap_or_default();
    match Algorithm::named(name) {
        Some(algorithm) => Ok(algorithm),
        None => vm.unsupported("a class below a digest of OpenSSL"),
    }
}

fn fixed_new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let algorithm = own_algorithm(vm, this)?;
    begin(vm, this, algorithm, args.get(0))
}

fn of_text<'h>(vm: &mut Vm<'h>, algorithm: Algorithm, text: Value<'h>) -> Res<'h, Vec<u8>> {
    let bytes = vm.string(text)?.bytes();
    vm.tick(bytes.len() / 64)?;
    Ok(algorithm.digest(&bytes))
}

fn named<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, Vec<u8>> {
    let algorithm = algorithm(vm, args.at(0))?;
    of_text(vm, algorithm, args.at(1))
}

fn fixed<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h, Vec<u8>> {
    let algorithm = own_algorithm(vm, this)?;
    of_text(vm, algorithm, args.at(0))
}

fn digest<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let digest = named(vm, args)?;
    Ok(vm.bytes(digest, Encoding::Binary))
}

fn hexdigest<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let digest = named(vm, args)?;
    Ok(vm.str(hexadecimal(&digest)))
}

fn base64digest<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let digest = named(vm, args)?;
    Ok(vm.str(to_base64(&digest)))
}

fn fixed_digest<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let digest = fixed(vm, this, args)?;
    Ok(vm.bytes(digest, Encoding::Binary))
}

fn fixed_hexdigest<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let digest = fixed(vm, this, args)?;
    Ok(vm.str(hexadecimal(&digest)))
}

fn fixed_base64digest<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let digest = fixed(vm, this, args)?;
    Ok(vm.str(to_base64(&digest)))
}

fn name<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let name = state_of(this).map_or("", |state| state.algorithm.name());
    Ok(vm.str(name))
}

/// RFC 2104.
fn code<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, Vec<u8>> {
    let algorithm = algorithm(vm, args.at(0))?;
    let mut key = vm.string(args.at(1))?.bytes();
    let text = vm.string(args.at(2))?.bytes();
    vm.tick(text.len() / 32 + key.len() / 32)?;
    vm.grow(text.len())?;
    let block = algorithm.block_length();
    if key.len() > block {
        key = algorithm.digest(&key);
    }
    key.resize(block, 0);
    let padded = |with: u8| key.iter().map(move |byte| byte ^ with);
    let inner: Vec<u8> = padded(0x36).chain(text).collect();
    let outer: Vec<u8> = padded(0x5c).chain(algorithm.digest(&inner)).collect();
    Ok(algorithm.digest(&outer))
}

fn hmac_digest<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let code = code(vm, args)?;
    Ok(vm.bytes(code, Encoding::Binary))
}

fn hmac_hexdigest<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let code = code(vm, args)?;
    Ok(vm.str(hexadecimal(&code)))
}

fn hmac_base64digest<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let code = code(vm, args)?;
    Ok(vm.str(to_base64(&code)))
}
