//! `OpenSSL`: digests, HMAC, and reading certificates and keys.
//!
//! Texts are those of OpenSSL 3. Names, extensions and algorithms are printed where OpenSSL's way is certain, the rest is
//! refused; so are encrypted keys, other curves than the two of the web's certificates, ciphers, and making keys and
//! certificates.

mod asn1;
mod certificate;
mod extension;
mod hmac;
mod key;
mod kinds;
mod name;
mod number;
mod pem;
mod pkey;
mod signature;

use super::super::eval::Vm;
use super::super::unwind::Res;
use super::super::value::Value;
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::module("OpenSSL").missing(
        &[],
        &["fixed_length_secure_compare", "secure_compare", "fips_mode"],
    ),
    ClassDefinition::class("OpenSSL::OpenSSLError", "StandardError"),
    ClassDefinition::class("OpenSSL::Digest", "Digest::Class")
        .class_methods(&[hmac::DIGEST])
        .methods(&[hmac::DIGEST_INSTANCE]),
    ClassDefinition::class("OpenSSL::Digest::MD5", "OpenSSL::Digest").class_methods(&[hmac::FIXED]),
    ClassDefinition::class("OpenSSL::Digest::SHA1", "OpenSSL::Digest")
        .class_methods(&[hmac::FIXED]),
    ClassDefinition::class("OpenSSL::Digest::SHA256", "OpenSSL::Digest")
        .class_methods(&[hmac::FIXED]),
    ClassDefinition::class("OpenSSL::Digest::SHA384", "OpenSSL::Digest")
        .class_methods(&[hmac::FIXED]),
    ClassDefinition::class("OpenSSL::Digest::SHA512", "OpenSSL::Digest")
        .class_methods(&[hmac::FIXED]),
    ClassDefinition::class("OpenSSL::HMAC", "Object")
        .class_methods(&[hmac::HMAC])
        .missing(&[], &["new"]),
    ClassDefinition::module("OpenSSL::Random").class_methods(&[RANDOM]),
    ClassDefinition::module("OpenSSL::X509"),
    ClassDefinition::class("OpenSSL::X509::CertificateError", "OpenSSL::OpenSSLError"),
    ClassDefinition::class("OpenSSL::X509::ExtensionError", "OpenSSL::OpenSSLError"),
    ClassDefinition::class("OpenSSL::X509::NameError", "OpenSSL::OpenSSLError"),
    ClassDefinition::class("OpenSSL::X509::StoreError", "OpenSSL::OpenSSLError"),
    ClassDefinition::class("OpenSSL::X509::Certificate", "Object")
        .class_methods(&[certificate::CLASS])
        .methods(&[certificate::METHODS])
        .missing(certificate::MISSING, &["load", "load_file"]),
    ClassDefinition::class("OpenSSL::X509::Extension", "Object")
        .class_methods(&[extension::CLASS])
        .methods(&[extension::METHODS])
        .missing(&["value=", "oid=", "critical=", "hash"], &[]),
    ClassDefinition::class("OpenSSL::X509::ExtensionFactory", "Object").missing(&[], &["new"]),
    ClassDefinition::class("OpenSSL::X509::Name", "Object")
        .class_methods(&[name::CLASS])
        .methods(&[name::METHODS])
        .missing(
            &[
                "add_entry",
                "hash",
                "hash_old",
                "to_der",
                "pretty_print",
                "<=>",
                "cmp",
            ],
            &["parse_openssl", "parse_rfc2253"],
        ),
    ClassDefinition::class("OpenSSL::X509::Store", "Object").missing(&[], &["new"]),
    ClassDefinition::class("OpenSSL::BNError", "OpenSSL::OpenSSLError"),
    ClassDefinition::class("OpenSSL::BN", "Object")
        .includes(&["Comparable"])
        .class_methods(&[number::CLASS])
        .methods(&[number::METHODS])
        .missing(
            number::MISSING,
            &[
                "rand",
                "rand_range",
                "pseudo_rand",
                "pseudo_rand_range",
                "generate_prime",
            ],
        ),
    ClassDefinition::class("Integer", "Numeric").methods(&[number::INTEGER]),
    ClassDefinition::module("OpenSSL::PKey")
        .class_methods(&[pkey::MODULE])
        .missing(
            &[],
            &[
                "generate_key",
                "generate_parameters",
                "new_raw_private_key",
                "new_raw_public_key",
            ],
        ),
    ClassDefinition::class("OpenSSL::PKey::PKeyError", "OpenSSL::OpenSSLError"),
    ClassDefinition::class("OpenSSL::PKey::RSAError", "OpenSSL::PKey::PKeyError"),
    ClassDefinition::class("OpenSSL::PKey::ECError", "OpenSSL::PKey::PKeyError"),
    ClassDefinition::class("OpenSSL::PKey::PKey", "Object")
        .methods(&[pkey::METHODS])
        .missing(pkey::MISSING, &["new"]),
    ClassDefinition::class("OpenSSL::PKey::RSA", "OpenSSL::PKey::PKey")
        .class_methods(&[kinds::RSA_CLASS])
        .methods(&[kinds::RSA])
        .missing(kinds::RSA_MISSING, &["generate"]),
    ClassDefinition::class("OpenSSL::PKey::EC", "OpenSSL::PKey::PKey")
        .class_methods(&[kinds::EC_CLASS])
        .methods(&[kinds::EC])
        .missing(kinds::EC_MISSING, &["generate", "builtin_curves"]),
    ClassDefinition::class("OpenSSL::PKey::EC::Group", "Object")
        .methods(&[kinds::GROUP])
        .missing(kinds::GROUP_MISSING, &["new"]),
    ClassDefinition::class("OpenSSL::PKey::EC::Point", "Object")
        .methods(&[kinds::POINT])
        .missing(kinds::POINT_MISSING, &["new"]),
    ClassDefinition::class("OpenSSL::PKey::DSA", "OpenSSL::PKey::PKey")
        .missing(&[], &["new", "generate"]),
    ClassDefinition::class("OpenSSL::PKey::DH", "OpenSSL::PKey::PKey")
        .missing(&[], &["new", "generate"]),
    ClassDefinition::class("OpenSSL::Cipher", "Object").missing(&[], &["new", "ciphers"]),
];

const RANDOM: &[Row] = &[Row::new(
    "random_bytes",
    1,
    random_bytes,
    "So many random bytes.",
)];

fn random_bytes<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if vm.class_id("SecureRandom").is_none() {
        return vm.unsupported("OpenSSL::Random");
    }
    let source = Value::Class(vm.class_named("SecureRandom"));
    vm.call_named(source, "random_bytes", args.values)
}
