//! `Digest`: MD5, SHA-1 and SHA-2.

use std::cell::RefCell;
use std::fmt::Write;

use super::super::class::Class;
use super::super::eval::Vm;
use super::super::unwind::Res;
use super::super::value::{Data, Encoding, Object, Value};
use super::base64::{bytes_of, to_base64};
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::module("Digest")
        .class_methods(&[MODULE])
        .missing(&[], &["bubblebabble"]),
    ClassDefinition::module("Digest::Instance")
        .methods(&[INSTANCE])
        .missing(&["bubblebabble"], &[]),
    ClassDefinition::class("Digest::Class", "Object")
        .includes(&["Digest::Instance"])
        .class_methods(&[CLASS]),
    ClassDefinition::class("Digest::Base", "Digest::Class"),
    ClassDefinition::class("Digest::MD5", "Digest::Base"),
    ClassDefinition::class("Digest::SHA1", "Digest::Base"),
    ClassDefinition::class("Digest::SHA256", "Digest::Base"),
    ClassDefinition::class("Digest::SHA384", "Digest::Base"),
    ClassDefinition::class("Digest::SHA512", "Digest::Base"),
    ClassDefinition::class("Digest::SHA2", "Digest::Class"),
    ClassDefinition::module("Kernel").methods(&[KERNEL]),
];

const KERNEL: &[Row] =
    &[Row::new("Digest", 1, class_named, "The class of an algorithm.").private()];

const MODULE: &[Row] = &[Row::new("hexencode", 1, hexencode, "Bytes in hexadecimal.")];

const CLASS: &[Row] = &[
    Row::new("new", 0, new, "An empty digest.").to(1),
    Row::new("digest", 0, digest_of, "The digest of a text, as bytes.").rest(),
    Row::new(
        "hexdigest",
        0,
        hexdigest_of,
        "The digest of a text, in hexadecimal.",
    )
    .rest(),
    Row::new(
        "base64digest",
        0,
        base64digest_of,
        "The digest of a text, in base64.",
    )
    .rest(),
    Row::new("file", 1, file, "Raises: templates cannot read files."),
];

const INSTANCE: &[Row] = &[
    Row::new("update", 1, update, "Adds a text."),
    Row::new("<<", 1, update, "Adds a text."),
    Row::new("reset", 0, reset, "Forgets all that was added."),
    Row::new("digest", 0, digest, "The digest as bytes.").to(1),
    Row::new("hexdigest", 0, hexdigest, "The digest in hexadecimal.").to(1),
    Row::new("base64digest", 0, base64digest, "The digest in base64.").to(1),
    Row::new(
        "digest!",
        0,
        digest_reset,
        "The digest as bytes; begins anew.",
    ),
    Row::new(
        "hexdigest!",
        0,
        hexdigest_reset,
        "The digest in hexadecimal; begins anew.",
    ),
    Row::new(
        "base64digest!",
        0,
        base64digest_reset,
        "The digest in base64; begins anew.",
    ),
    Row::new("to_s", 0, to_s, "The digest in hexadecimal."),
    Row::new("inspect", 0, inspect, "Class and digest."),
    Row::new("==", 1, equal, "Whether the digests are the same."),
    Row::new("digest_length", 0, length, "Bytes of the digest."),
    Row::new("length", 0, length, "Bytes of the digest."),
    Row::new("size", 0, length, "Bytes of the digest."),
    Row::new("block_length", 0, block_length, "Bytes of a block."),
    Row::new("new", 0, renew, "A new digest of the same kind."),
    Row::new("file", 1, file, "Raises: templates cannot read files."),
    Row::new("dup", 0, dup, "A copy."),
];

/// An algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Algorithm {
    /// By its name: `MD5`, `SHA1`, `SHA256`; OpenSSL also takes small letters and a hyphen.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "MD5" => Self::Md5,
            "SHA1" => Self::Sha1,
            "SHA256" => Self::Sha256,
            "SHA384" => Self::Sha384,
            "SHA512" => Self::Sha512,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }

    pub(super) fn digest(self, bytes: &[u8]) -> Vec<u8> {
        use sha2::Digest;
        match self {
            Self::Md5 => md5::Md5::digest(bytes).to_vec(),
            Self::Sha1 => sha1::Sha1::digest(bytes).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(bytes).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(bytes).to_vec(),
        }
    }

    pub(super) fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    pub(super) fn block_length(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
        }
    }
}

/// A digest that is being made. What was added is kept, so that copies and `reset` need nothing of the algorithm.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) algorithm: Algorithm,
    pub(super) added: Vec<u8>,
}

/// Bytes in hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn ascii<'h>(vm: &mut Vm<'h>, text: String) -> Value<'h> {
    vm.bytes(text.into_bytes(), Encoding::UsAscii)
}

/// The algorithm of a class, from its name or that of the class it comes from.
fn algorithm_of<'h>(vm: &mut Vm<'h>, class: &'h Class<'h>, bits: Value<'h>) -> Res<'h, Algorithm> {
    for ancestor in class.ancestors() {
        let name = ancestor.name.get().unwrap_or_default();
        let Some(name) = name.strip_prefix("Digest::") else {
            continue;
        };
        if name == "SHA2" {
            return match bits {
                Value::Nil | Value::Integer(256) => Ok(Algorithm::Sha256),
                Value::Integer(384) => Ok(Algorithm::Sha384),
                Value::Integer(512) => Ok(Algorithm::Sha512),
                _ => {
                    let shown = vm.inspect(bits)?;
                    let message = format!(
                        "unsupported bit length: {shown} (only 256, 384, 512 are supported)"
                    );
                    vm.raise("ArgumentError", message)
                }
            };
        }
        if let Some(algorithm) = Algorithm::named(name) {
            if bits.is_nil() {
                return Ok(algorithm);
            }
            return vm.wrong_number(1, 0, Some(0));
        }
    }
    vm.raise("NotImplementedError", "Digest::Base is an abstract class")
}

fn class_of<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> &'h Class<'h> {
    match this {
        Value::Class(class) => class,
        _ => vm.class_of(this).real(),
    }
}

/// An object that makes a digest.
pub(super) fn make<'h>(
    vm: &mut Vm<'h>,
    class: &'h Class<'h>,
    algorithm: Algorithm,
    added: Vec<u8>,
) -> Value<'h> {
    let state = State { algorithm, added };
    Value::Object(vm.object(class, Data::Opaque(RefCell::new(Box::new(state)))))
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = class_of(vm, this);
    let algorithm = algorithm_of(vm, class, args.at(0))?;
    Ok(make(vm, class, algorithm, Vec::new()))
}

fn class_named<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = vm.display(args.at(0))?;
    let full = format!("Digest::{name}");
    if vm.class_id(&full).is_none() {
        return vm.unsupported(full);
    }
    Ok(Value::Class(vm.class_named(&full)))
}

fn hexencode<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = bytes_of(vm, args.at(0))?;
    vm.grow(bytes.len().saturating_mul(2))?;
    Ok(ascii(vm, hexadecimal(&bytes)))
}

fn direct<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h, Vec<u8>> {
    let Some(text) = args.get(0) else {
        return vm.raise("ArgumentError", "no data given");
    };
    let class = class_of(vm, this);
    let algorithm = algorithm_of(vm, class, args.at(1))?;
    let bytes = bytes_of(vm, text)?;
    vm.tick(bytes.len() / 64)?;
    Ok(algorithm.digest(&bytes))
}

fn digest_of<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let digest = direct(vm, this, args)?;
    Ok(vm.bytes(digest, Encoding::Binary))
}

fn hexdigest_of<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let digest = direct(vm, this, args)?;
    Ok(ascii(vm, hexadecimal(&digest)))
}

fn base64digest_of<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let digest = direct(vm, this, args)?;
    Ok(ascii(vm, to_base64(&digest)))
}

fn file<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    super::world::forbidden(vm, "Digest.file")
}

fn object(this: Value<'_>) -> Option<&Object<'_>> {
    match this {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// A copy of what a digest has got.
pub(super) fn state_of(this: Value<'_>) -> Option<State> {
    object(this)?.with(|state: &mut State| state.clone())
}

fn change(this: Value<'_>, change: impl FnOnce(&mut State)) {
    if let Some(object) = object(this) {
        object.with(change);
    }
}

fn update<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let bytes = bytes_of(vm, args.at(0))?;
    vm.grow(bytes.len())?;
    change(this, |state| state.added.extend_from_slice(&bytes));
    Ok(this)
}

fn reset<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    change(this, |state| state.added.clear());
    Ok(this)
}

fn finished<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Vec<u8>> {
    let Some(state) = state_of(this) else {
        return vm.unsupported("a digest without an algorithm");
    };
    vm.tick(state.added.len() / 64)?;
    Ok(state.algorithm.digest(&state.added))
}

/// The digest of a text instead, when one is given; what was added is then forgotten, as Ruby does.
fn finished_or<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h, Vec<u8>> {
    let Some(text) = args.get(0) else {
        return finished(vm, this);
    };
    let bytes = bytes_of(vm, text)?;
    change(this, |state| state.added = bytes);
    let digest = finished(vm, this)?;
    change(this, |state| state.added.clear());
    Ok(digest)
}

fn finished_reset<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Vec<u8>> {
    let digest = finished(vm, this)?;
    change(this, |state| state.added.clear());
    Ok(digest)
}

fn digest<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let digest = finished_or(vm, this, args)?;
    Ok(vm.bytes(digest, Encoding::Binary))
}

fn hexdigest<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let digest = finished_or(vm, this, args)?;
    Ok(ascii(vm, hexadecimal(&digest)))
}

fn base64digest<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let digest = finished_or(vm, this, args)?;
    Ok(ascii(vm, to_base64(&digest)))
}

fn digest_reset<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let digest = finished_reset(vm, this)?;
    Ok(vm.bytes(digest, Encoding::Binary))
}

fn hexdigest_reset<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let digest = finished_reset(vm, this)?;
    Ok(ascii(vm, hexadecimal(&digest)))
}

fn base64digest_reset<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let digest = finished_reset(vm, this)?;
    Ok(ascii(vm, to_base64(&digest)))
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let digest = finished(vm, this)?;
    Ok(ascii(vm, hexadecimal(&digest)))
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let digest = hexadecimal(&finished(vm, this)?);
    let class = vm.class_of(this).real();
    let name = vm.class_name(class);
    let bits = state_of(this).map_or(0, |state| state.algorithm.length() * 8);
    let text = if vm.is_a(this, "Digest::SHA2") {
        format!("#<{name}:{bits} {digest}>")
    } else {
        format!("#<{name}: {digest}>")
    };
    Ok(vm.str(text))
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mine = finished(vm, this)?;
    let same = match args.at(0) {
        Value::String(text) => text.is(&hexadecimal(&mine)),
        other if state_of(other).is_some() => finished(vm, other)? == mine,
        _ => false,
    };
    Ok(Value::Bool(same))
}

fn length<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(vm.count(state_of(this).map_or(0, |state| state.algorithm.length())))
}

fn block_length<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(vm.count(state_of(this).map_or(0, |state| state.algorithm.block_length())))
}

fn renew<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let Some(state) = state_of(this) else {
        return Ok(Value::Nil);
    };
    let class = vm.class_of(this).real();
    Ok(make(vm, class, state.algorithm, Vec::new()))
}

fn dup<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let Some(state) = state_of(this) else {
        return Ok(Value::Nil);
    };
    let class = vm.class_of(this).real();
    Ok(make(vm, class, state.algorithm, state.added))
}
