//! Signatures of releases, judged by vectors of the stock `ssh-keygen` and by the program itself when it is there.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::format_push_string,
    clippy::disallowed_methods,
    reason = "helpers of a test: a failure is a panic, and which programs there are is read from the environment"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bosh_release::diagnostic::Diagnostics;
use bosh_release::signing::{
    AllowedSigners, GitSigning, KeyOptions, KeySource, Located, NAMESPACE, Origin, PublicKey,
    Rejection, Signer, Verified, VerifyError, add_allowed_signer, fingerprint, generate, locate,
    verify,
};
use proptest::prelude::*;
use ssh_key::private::{EcdsaKeypair, Ed25519Keypair};
use ssh_key::public::{self, KeyData};
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, Signature, SshSig};

const PASSPHRASE: &str = "test-only passphrase";
/// 2026-01-02 03:04:05 UTC.
const NOW: u64 = 1_767_323_045;
/// Name, and whether the same content always gives the same signature.
const KEYS: [(&str, bool); 6] = [
    ("ed25519", true),
    ("ed25519-encrypted", true),
    ("rsa2048", true),
    ("rsa3072-encrypted", true),
    ("ecdsa256", false),
    ("ecdsa384", false),
];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/signing")
        .join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(data(name)).unwrap()
}

fn public(name: &str) -> PublicKey {
    PublicKey::from_openssh(text(&format!("{name}.pub")).trim_end()).unwrap()
}

fn contents() -> [(&'static str, Vec<u8>); 3] {
    let lines: Vec<String> = (1..=40_000).map(|n| n.to_string()).collect();
    let large = lines.join("\n") + "\n";
    [
        ("small", text("small.txt").into_bytes()),
        ("empty", Vec::new()),
        ("large", large.into_bytes()),
    ]
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

fn allowed(lines: &str) -> AllowedSigners {
    AllowedSigners::parse("allowed_signers", lines).unwrap()
}

fn line(options: &str, key: &PublicKey) -> String {
    format!("ci@example.com {options} {}\n", key.to_openssh().unwrap())
}

/// A list with every key of the vectors.
fn everyone() -> AllowedSigners {
    let mut lines = String::new();
    for (name, _) in KEYS {
        let key = public(name).to_openssh().unwrap();
        lines.push_str(&format!("{name}@example.com {key}\n"));
    }
    allowed(&lines)
}

/// A copy of a committed private key with the mode that a checkout cannot keep.
fn private_copy(directory: &Path, name: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::copy(data(name), &path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

fn open(path: &Path) -> anyhow::Result<Signer> {
    Signer::open(&KeySource::File(path.to_owned()), &mut |_| {
        Ok(PASSPHRASE.to_owned())
    })
}

fn open_error(path: &Path) -> String {
    match open(path) {
        Ok(_) => panic!("{} was opened", path.display()),
        Err(error) => format!("{error:#}"),
    }
}

/// Whether a program is on PATH; when the tools are required, a missing one is a failure.
fn have(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).any(|path| path.join(program).is_file());
    let required = std::env::var_os("BOSH_RELEASE_TEST_REQUIRE_TOOLS").is_some_and(|v| v == "1");
    assert!(found || !required, "{program} is required, but not on PATH");
    found
}

fn run(command: &mut Command, stdin: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin).ok();
    child.wait_with_output().unwrap()
}

fn ssh_keygen(arguments: &[&str], stdin: &[u8]) -> Output {
    run(Command::new("ssh-keygen").args(arguments), stdin)
}

// Vectors

#[test]
fn recorded_signatures_verify() {
    for (name, _) in KEYS {
        for (content_name, content) in contents() {
            let signature = text(&format!("{name}.{content_name}.sig"));
            let verified = verify(&signature, &mut &content[..], &everyone(), now()).unwrap();
            let key = public(name);
            let expected = Verified {
                principal: format!("{name}@example.com"),
                fingerprint: fingerprint(&key),
                key_type: key.algorithm().to_string(),
            };
            assert_eq!(verified, expected);
        }
    }
}

#[test]
fn a_signature_over_sha256_verifies() {
    let content = text("small.txt");
    let signature = text("ed25519.sha256.sig");
    verify(&signature, &mut content.as_bytes(), &everyone(), now()).unwrap();
}

#[test]
fn our_signatures_equal_the_recorded_ones() {
    let directory = tempfile::tempdir().unwrap();
    for (name, deterministic) in KEYS {
        let signer = open(&private_copy(directory.path(), name)).unwrap();
        assert_eq!(signer.public_key(), &public(name));
        for (content_name, content) in contents() {
            let signature = signer.sign(&mut &content[..]).unwrap();
            verify(&signature, &mut &content[..], &everyone(), now()).unwrap();
            if deterministic {
                assert_eq!(signature, text(&format!("{name}.{content_name}.sig")));
            }
        }
    }
}

#[test]
fn other_line_widths_and_breaks_are_read() {
    let signature = text("ed25519.small.sig");
    let body: String = signature
        .lines()
        .filter(|line| !line.starts_with('-'))
        .collect();
    let wide = format!("-----BEGIN SSH SIGNATURE-----\r\n{body}\r\n-----END SSH SIGNATURE-----");
    let content = text("small.txt");
    verify(&wide, &mut content.as_bytes(), &everyone(), now()).unwrap();
}

// Refusals of verify

fn refused(signature: &str, content: &[u8], allowed: &AllowedSigners) -> VerifyError {
    verify(signature, &mut &content[..], allowed, now()).unwrap_err()
}

#[test]
fn every_reason_to_refuse_has_its_own_error() {
    let content = text("small.txt").into_bytes();
    let good = text("ed25519.small.sig");
    let key = public("ed25519");
    let shown = |error: &VerifyError| error.to_string();

    let error = refused(&good, b"name: redit\n", &everyone());
    assert!(matches!(error, VerifyError::Changed { .. }), "{error}");
    assert!(shown(&error).contains("content was changed"), "{error}");

    let error = refused(&text("ed25519.namespace-git.sig"), &content, &everyone());
    assert!(
        matches!(&error, VerifyError::Namespace { found } if found == "git"),
        "{error}"
    );
    assert!(
        shown(&error).contains("\"git\", not for \"bosh-release\""),
        "{error}"
    );

    let others = allowed(&line("", &public("rsa2048")));
    let error = refused(&good, &content, &others);
    assert!(
        matches!(error, VerifyError::UnknownSigner { .. }),
        "{error}"
    );
    assert!(shown(&error).contains(&fingerprint(&key)), "{error}");
    assert!(shown(&error).contains("allows ci@example.com"), "{error}");

    let error = refused(&good, &content, &allowed("# nobody\n\n"));
    assert!(shown(&error).contains("allows nobody"), "{error}");

    let error = refused(&text("ecdsa521.small.sig"), &content, &everyone());
    assert!(matches!(error, VerifyError::Unsupported { .. }), "{error}");

    for broken in [
        "",
        "x",
        &good[1..],
        &good[..good.len() / 2],
        &good.replace("SSHSIG", ""),
        &good.replace("-----END SSH SIGNATURE-----", ""),
        &good.replace("U1NI", "U1N"),
        &good.replace("U1NI", "U1N!"),
        &format!("{good}more"),
        &"-----BEGIN SSH SIGNATURE-----\n".repeat(9_999),
        &text("ed25519.pub"),
    ] {
        if broken != good {
            let error = refused(broken, &content, &everyone());
            assert!(matches!(error, VerifyError::Malformed { .. }), "{error}");
            assert!(
                shown(&error).contains("Fetch the .sig file again"),
                "{error}"
            );
        }
    }
}

#[test]
fn a_line_of_the_list_may_not_allow_the_key() {
    let content = text("small.txt").into_bytes();
    let good = text("ed25519.small.sig");
    let key = public("ed25519");
    for (options, expected) in [
        ("", None),
        ("namespaces=\"git,bosh-*\"", None),
        ("NAMESPACES=\"bosh-release\"", None),
        ("valid-after=\"20260102030405Z\"", None),
        ("valid-before=\"20260102030405Z\"", None),
        ("valid-after=\"20250101Z\",valid-before=\"20270101Z\"", None),
        ("namespaces=\"git,file\"", Some(Rejection::Namespace)),
        (
            "valid-after=\"20260102030406Z\"",
            Some(Rejection::NotYetValid("20260102030406Z".to_owned())),
        ),
        (
            "valid-before=\"202601020304Z\"",
            Some(Rejection::Expired("202601020304Z".to_owned())),
        ),
        ("cert-authority", Some(Rejection::Authority)),
    ] {
        let list = allowed(&format!("# first\n{}", line(options, &key)));
        match (verify(&good, &mut &content[..], &list, now()), expected) {
            (Ok(verified), None) => assert_eq!(verified.principal, "ci@example.com"),
            (Err(error @ VerifyError::NotAllowed { .. }), Some(expected)) => {
                let shown = error.diagnostic().render(false);
                assert!(shown.contains("allowed_signers:2:1"), "{shown}");
                let VerifyError::NotAllowed { rejection, .. } = error else {
                    unreachable!()
                };
                assert_eq!(rejection, expected);
            }
            (result, expected) => panic!("{options}: {result:?}, expected {expected:?}"),
        }
    }
}

#[test]
fn a_later_line_may_allow_what_an_earlier_one_does_not() {
    let key = public("ed25519");
    let lines = [
        line("cert-authority", &key),
        line("valid-before=\"20200101Z\"", &key),
    ]
    .concat();
    let (content, good) = (text("small.txt").into_bytes(), text("ed25519.small.sig"));
    let error = refused(&good, &content, &allowed(&lines));
    assert!(error.to_string().contains("expired"), "{error}");
    let both = format!("{lines}\"Jo Doe\",jo {}\n", key.to_openssh().unwrap());
    // As with ssh-keygen, the quotes end the field: what follows them is not part of the name.
    AllowedSigners::parse("list", &both).unwrap_err();
    let both = format!("{lines}\"Jo Doe\" {}\n", key.to_openssh().unwrap());
    let verified = verify(&good, &mut &content[..], &allowed(&both), now()).unwrap();
    assert_eq!(verified.principal, "Jo Doe");
}

#[test]
fn every_wrong_line_of_a_list_is_reported_with_its_place() {
    let key = public("ed25519").to_openssh().unwrap();
    let lines = [
        "ci@example.com".to_owned(),
        "ci@example.com ssh-ed25519".to_owned(),
        "ci@example.com ssh-ed25519 AAAA".to_owned(),
        format!("\"ci {key}"),
        format!("ci sign-everything {key}"),
        format!("ci namespaces=bosh-release {key}"),
        format!("ci namespaces=\"a\",namespaces=\"b\" {key}"),
        format!("ci valid-after=\"20250101\" {key}"),
        format!("ci valid-after=\"20250231Z\" {key}"),
        format!("ci valid-after=\"20270101Z\",valid-before=\"20260101Z\" {key}"),
        format!("ci namespaces=\"x {key}"),
    ];
    let errors = AllowedSigners::parse("config/allowed_signers", &lines.join("\n")).unwrap_err();
    assert_eq!(errors.iter().count(), lines.len());
    let shown = errors.to_string();
    for index in 1..=lines.len() {
        let place = format!("config/allowed_signers:{index}:");
        assert!(shown.contains(&place), "{place} is missing:\n{shown}");
    }
    assert!(shown.contains("add Z for UTC"), "{shown}");
}

#[test]
fn an_unreadable_content_is_its_own_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("disk"))
        }
    }
    let good = text("ed25519.small.sig");
    let error = verify(&good, &mut Broken, &everyone(), now()).unwrap_err();
    assert!(matches!(error, VerifyError::Content(_)), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_changed_byte_of_the_content_is_noticed(key in 0..KEYS.len(), at in any::<prop::sample::Index>(), bit in 0..8) {
        let signature = text(&format!("{}.small.sig", KEYS[key].0));
        let mut content = text("small.txt").into_bytes();
        let at = at.index(content.len());
        content[at] ^= 1u8 << bit;
        let error = refused(&signature, &content, &everyone());
        let changed = matches!(error, VerifyError::Changed { .. });
        prop_assert!(changed);
    }

    /// All but the last line break, which may be left out or be any white space.
    #[test]
    fn a_changed_byte_of_the_signature_is_noticed(key in 0..KEYS.len(), at in any::<prop::sample::Index>(), by in 1u8..=255) {
        let mut signature = text(&format!("{}.small.sig", KEYS[key].0)).into_bytes();
        let at = at.index(signature.len() - 1);
        signature[at] ^= by;
        let signature = String::from_utf8_lossy(&signature);
        let content = text("small.txt");
        prop_assert!(verify(&signature, &mut content.as_bytes(), &everyone(), now()).is_err());
    }
}

/// Beneath the armor too: one byte of what the base64 stands for.
#[test]
fn every_changed_byte_of_the_decoded_signature_is_noticed() {
    let content = text("small.txt");
    for name in ["ed25519", "ecdsa256", "rsa2048"] {
        let signature = SshSig::from_pem(text(&format!("{name}.small.sig"))).unwrap();
        let bytes = ssh_encoding_bytes(&signature);
        for at in 0..bytes.len() {
            for change in [1, 0x80] {
                let mut changed = bytes.clone();
                changed[at] ^= change;
                let result = verify(
                    &armor(&changed),
                    &mut content.as_bytes(),
                    &everyone(),
                    now(),
                );
                assert!(result.is_err(), "{name}: byte {at}");
            }
        }
    }
}

fn ssh_encoding_bytes(signature: &SshSig) -> Vec<u8> {
    let pem = signature.to_pem(LineEnding::LF).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let mut bytes = Vec::new();
    let mut bits = (0u32, 0);
    for byte in body.bytes().filter(|byte| *byte != b'=') {
        let value = BASE64.bytes().position(|one| one == byte).unwrap();
        bits = (bits.0 << 6 | u32::try_from(value).unwrap(), bits.1 + 6);
        if bits.1 >= 8 {
            bits.1 -= 8;
            bytes.push(u8::try_from(bits.0 >> bits.1 & 0xff).unwrap());
        }
    }
    bytes
}

const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn armor(bytes: &[u8]) -> String {
    let mut body = String::new();
    for three in bytes.chunks(3) {
        let mut word = [0u8; 4];
        word[1..=three.len()].copy_from_slice(three);
        let word = u32::from_be_bytes(word);
        for index in 0..4 {
            let value = (word >> (18 - 6 * index) & 63) as usize;
            body.push(if index <= three.len() {
                char::from(BASE64.as_bytes()[value])
            } else {
                '='
            });
        }
    }
    format!("-----BEGIN SSH SIGNATURE-----\n{body}\n-----END SSH SIGNATURE-----\n")
}

#[test]
fn the_armor_of_these_tests_is_right() {
    let good = text("ed25519.small.sig");
    let again = armor(&ssh_encoding_bytes(&SshSig::from_pem(&good).unwrap()));
    let content = text("small.txt");
    verify(&again, &mut content.as_bytes(), &everyone(), now()).unwrap();
}

// Security keys: what the device computes is computed here, and judged by ssh-keygen

/// The block that is signed, by the description of the format rather than by our code.
fn block(content: &[u8]) -> Vec<u8> {
    SshSig::signed_data(NAMESPACE, HashAlg::Sha512, content).unwrap()
}

fn device_data(application: &str, trailer: [u8; 5], content: &[u8]) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    let mut signed = Sha256::digest(application).to_vec();
    signed.extend_from_slice(&trailer);
    signed.extend_from_slice(&Sha256::digest(block(content)));
    signed
}

fn security_key_signatures(content: &[u8]) -> Vec<(PublicKey, String)> {
    use rsa::signature::Signer as _;
    let trailer = [1, 0, 0, 0, 7];
    let signed = device_data("ssh:", trailer, content);
    let string = |bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
        [&length[..], bytes].concat()
    };
    let wrap = |algorithm: Algorithm, made: Signature, key: KeyData| {
        let key = PublicKey::new(key, "");
        let made = [
            string(algorithm.as_str().as_bytes()),
            string(made.as_bytes()),
        ]
        .concat();
        let bytes = [
            b"SSHSIG\0\0\0\x01".to_vec(),
            string(&key.to_bytes().unwrap()),
            string(NAMESPACE.as_bytes()),
            string(b""),
            string(b"sha512"),
            string(&[&made[..], &trailer].concat()),
        ];
        (key, armor(&bytes.concat()))
    };
    let edwards = Ed25519Keypair::from_seed(&[7; 32]);
    let edwards_key = KeyData::SkEd25519(public::SkEd25519::new(edwards.public, "ssh:"));
    let nist = EcdsaKeypair::random(
        &mut ssh_key::rand_core::OsRng,
        ssh_key::EcdsaCurve::NistP256,
    )
    .unwrap();
    let EcdsaKeypair::NistP256 { public: point, .. } = &nist else {
        unreachable!()
    };
    let nist_key = KeyData::SkEcdsaSha2NistP256(public::SkEcdsaSha2NistP256::new(*point, "ssh:"));
    vec![
        wrap(Algorithm::SkEd25519, edwards.sign(&signed), edwards_key),
        wrap(
            Algorithm::SkEcdsaSha2NistP256,
            nist.try_sign(&signed).unwrap(),
            nist_key,
        ),
    ]
}

#[test]
fn signatures_of_security_keys_verify() {
    let content = text("small.txt").into_bytes();
    for (key, signature) in security_key_signatures(&content) {
        let list = allowed(&line("", &key));
        let verified = verify(&signature, &mut &content[..], &list, now()).unwrap();
        assert!(verified.key_type.starts_with("sk-"), "{verified:?}");
        let error = refused(&signature, b"else", &list);
        assert!(matches!(error, VerifyError::Changed { .. }), "{error}");
        if have("ssh-keygen") {
            check_with_ssh_keygen(&key, &signature, &content);
        }
    }
}

// Key look-up

#[test]
fn keys_are_looked_up_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, "").unwrap();
        path
    };
    let (explicit, environment, configured, home_key) = (
        file("explicit"),
        file("env"),
        file("configured"),
        file("git"),
    );
    let git = |format: &str, key: &str| {
        Some(GitSigning {
            format: Some(format.to_owned()),
            signing_key: Some(key.to_owned()),
            home: Some(directory.path().to_owned()),
        })
    };
    let found = |path: &Path, origin| Located::Key(KeySource::File(path.to_owned()), origin);
    let mut options = KeyOptions {
        explicit: Some(explicit.clone()),
        environment: Some(environment.clone()),
        configured: Some(configured.clone()),
        git: git("ssh", "~/git"),
    };
    assert_eq!(
        locate(&options).unwrap(),
        found(&explicit, Origin::Argument)
    );
    options.explicit = None;
    assert_eq!(
        locate(&options).unwrap(),
        found(&environment, Origin::Environment)
    );
    options.environment = Some(PathBuf::new());
    assert_eq!(
        locate(&options).unwrap(),
        found(&configured, Origin::Configuration)
    );
    std::fs::remove_file(&configured).unwrap();
    assert_eq!(locate(&options).unwrap(), found(&home_key, Origin::Git));
    options.git = git("ssh", &home_key.display().to_string());
    assert_eq!(locate(&options).unwrap(), found(&home_key, Origin::Git));
    let literal = public("ed25519").to_openssh().unwrap();
    let agent = Located::Key(KeySource::Agent(Box::new(public("ed25519"))), Origin::Git);
    for value in [literal.clone(), format!("key::{literal}")] {
        options.git = git("ssh", &value);
        assert_eq!(locate(&options).unwrap(), agent);
    }
    options.git = git("openpgp", "0123ABCD");
    assert_eq!(
        locate(&options).unwrap(),
        Located::Create(configured.clone())
    );
    let left_behind = file("configured.pub");
    assert_eq!(
        locate(&options).unwrap(),
        found(&left_behind, Origin::Configuration)
    );
}

#[test]
fn a_key_that_is_named_but_missing_is_an_error() {
    let missing = || Some(PathBuf::from("/nonexistent/key"));
    let git = |key: &str| {
        Some(GitSigning {
            format: Some("ssh".to_owned()),
            signing_key: Some(key.to_owned()),
            home: None,
        })
    };
    for (options, expected) in [
        (
            KeyOptions {
                explicit: missing(),
                ..KeyOptions::default()
            },
            "named by --signing-key",
        ),
        (
            KeyOptions {
                environment: missing(),
                ..KeyOptions::default()
            },
            "BOSH_RELEASE_SIGNING_KEY",
        ),
        (
            KeyOptions {
                git: git("/nonexistent"),
                ..KeyOptions::default()
            },
            "user.signingkey of git",
        ),
        (
            KeyOptions {
                git: git("key::ssh-ed25519 A"),
                ..KeyOptions::default()
            },
            "cannot be read",
        ),
        (KeyOptions::default(), "No key to sign with"),
    ] {
        let error = locate(&options).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

// Opening keys

#[test]
fn a_private_key_that_others_can_read_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let key = private_copy(directory.path(), "ed25519");
    for mode in [0o640, 0o604, 0o660, 0o644] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        let error = open_error(&key);
        assert!(error.contains("chmod 600"), "{error}");
    }
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o400)).unwrap();
    open(&key).unwrap();
}

#[test]
fn a_passphrase_is_asked_for_once_and_only_when_needed() {
    let directory = tempfile::tempdir().unwrap();
    let mut questions = Vec::new();
    let mut ask = |question: &str| {
        questions.push(question.to_owned());
        Ok("wrong".to_owned())
    };
    let plain = private_copy(directory.path(), "ed25519");
    Signer::open(&KeySource::File(plain), &mut ask)
        .map(drop)
        .unwrap();
    let locked = private_copy(directory.path(), "ed25519-encrypted");
    let error = Signer::open(&KeySource::File(locked.clone()), &mut ask)
        .map(drop)
        .unwrap_err();
    assert!(
        error.to_string().contains("the passphrase is wrong"),
        "{error}"
    );
    assert_eq!(questions, [format!("Passphrase of {}: ", locked.display())]);
    let error = Signer::open(&KeySource::File(locked), &mut |_| {
        anyhow::bail!("no terminal")
    })
    .map(drop)
    .unwrap_err();
    assert!(format!("{error:#}").contains("no terminal"), "{error:#}");
}

#[test]
fn what_is_no_usable_key_is_explained() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    };
    let cut = text("ed25519").replace("b3BlbnNz", "");
    for (path, expected) in [
        (write("empty", b""), "neither an OpenSSH private key"),
        (
            write("binary", &[0xff, 0xfe, 0]),
            "neither an OpenSSH private key",
        ),
        (write("cut", cut.as_bytes()), "copied completely"),
        (
            private_copy(directory.path(), "rsa-pem"),
            "ssh-keygen -p -f KEY",
        ),
        (
            private_copy(directory.path(), "ecdsa521"),
            "not supported: of type ecdsa-sha2-nistp521",
        ),
        (directory.path().to_owned(), "Is a directory"),
        (directory.path().join("missing"), "No such file"),
    ] {
        let error = open_error(&path);
        assert!(error.contains(expected), "{error}");
        assert!(error.contains(&path.display().to_string()), "{error}");
    }
}

#[test]
fn a_key_without_last_line_break_or_with_carriage_returns_opens() {
    let directory = tempfile::tempdir().unwrap();
    let path = private_copy(directory.path(), "ed25519");
    let pem = text("ed25519");
    for variant in [
        pem.trim_end().to_owned(),
        pem.replace('\n', "\r\n"),
        format!("\n{pem}\n\n"),
    ] {
        std::fs::write(&path, variant).unwrap();
        assert_eq!(open(&path).unwrap().public_key(), &public("ed25519"));
    }
}

#[test]
fn a_public_key_file_stands_for_the_private_one_beside() {
    let directory = tempfile::tempdir().unwrap();
    private_copy(directory.path(), "ed25519");
    let public_path = directory.path().join("ed25519.pub");
    std::fs::copy(data("ed25519.pub"), &public_path).unwrap();
    let signature = open(&public_path).unwrap().sign(&mut &b""[..]).unwrap();
    assert_eq!(signature, text("ed25519.empty.sig"));
}

// First key and list

#[test]
fn a_first_key_signs_and_is_never_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config/signing_key");
    let list = directory.path().join("config/allowed_signers");
    let key = generate(&path, "ci@example.com").unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    let public_path = directory.path().join("config/signing_key.pub");
    assert_eq!((mode(&path), mode(&public_path)), (0o600, 0o644));
    let public_text = std::fs::read_to_string(&public_path).unwrap();
    assert!(public_text.ends_with(" ci@example.com\n"), "{public_text}");
    assert_eq!(
        PublicKey::from_openssh(public_text.trim_end()).unwrap(),
        key
    );
    assert_eq!(
        std::fs::read_dir(path.parent().unwrap()).unwrap().count(),
        2
    );

    assert!(add_allowed_signer(&list, "ci@example.com", &key).unwrap());
    let signature = open(&path).unwrap().sign(&mut &b"content"[..]).unwrap();
    let allowed = AllowedSigners::read(&list).unwrap();
    let verified = verify(&signature, &mut &b"content"[..], &allowed, now()).unwrap();
    assert_eq!(verified.principal, "ci@example.com");

    let before = std::fs::read(&path).unwrap();
    for _ in 0..2 {
        let error = generate(&path, "x").unwrap_err().to_string();
        assert!(error.contains("exists already"), "{error}");
        std::fs::remove_file(&public_path).ok();
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&public_path, "old").unwrap();
    generate(&path, "x").unwrap_err();
    assert!(!path.exists());
}

#[test]
fn a_signer_is_added_once_and_the_rest_of_the_list_stays() {
    let directory = tempfile::tempdir().unwrap();
    let list = directory.path().join("allowed_signers");
    let old = format!("# ours\n{}", line("", &public("rsa2048")).trim_end());
    std::fs::write(&list, &old).unwrap();
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(&list, &link).unwrap();
    let key = public("ed25519");
    assert!(add_allowed_signer(&link, "Jo Doe", &key).unwrap());
    assert!(!add_allowed_signer(&list, "Jo Doe", &key).unwrap());
    assert!(link.is_symlink());
    let now_text = std::fs::read_to_string(&list).unwrap();
    let body = PublicKey::new(key.key_data().clone(), "")
        .to_openssh()
        .unwrap();
    let added = format!("\"Jo Doe\" namespaces=\"bosh-release\" {body}\n");
    assert_eq!(now_text, format!("{old}\n{added}"));
    assert_eq!(
        std::fs::metadata(&list).unwrap().permissions().mode() & 0o7777,
        0o644
    );
    for name in ["", " x", "a,b", "*", "#x", "a\nb", "a\"b", "!x"] {
        let error = add_allowed_signer(&list, name, &key)
            .unwrap_err()
            .to_string();
        assert!(error.contains("cannot name a signer"), "{error}");
    }
    std::fs::write(&list, "broken\n").unwrap();
    let error = add_allowed_signer(&list, "ci", &key).unwrap_err();
    assert!(error.is::<Diagnostics>(), "{error}");
    assert_eq!(std::fs::read_to_string(&list).unwrap(), "broken\n");
}

// The stock ssh-keygen

/// `-Y check-novalidate`, and `-Y verify` with a list of ours.
fn check_with_ssh_keygen(key: &PublicKey, signature: &str, content: &[u8]) {
    let directory = tempfile::tempdir().unwrap();
    let (sig, list) = (directory.path().join("sig"), directory.path().join("list"));
    std::fs::write(&sig, signature).unwrap();
    add_allowed_signer(&list, "ci@example.com", key).unwrap();
    let (sig, list) = (sig.to_str().unwrap(), list.to_str().unwrap());
    let output = ssh_keygen(
        &["-Y", "check-novalidate", "-n", NAMESPACE, "-s", sig],
        content,
    );
    assert!(output.status.success(), "{output:?}");
    let verify = [
        "-Y",
        "verify",
        "-n",
        NAMESPACE,
        "-f",
        list,
        "-I",
        "ci@example.com",
        "-s",
        sig,
    ];
    let output = ssh_keygen(&verify, content);
    assert!(output.status.success(), "{output:?}");
    assert!(!ssh_keygen(&verify, b"something else").status.success());
}

#[test]
fn ssh_keygen_verifies_what_we_sign() {
    if !have("ssh-keygen") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    for (name, _) in KEYS {
        let signer = open(&private_copy(directory.path(), name)).unwrap();
        for (_, content) in contents() {
            let signature = signer.sign(&mut &content[..]).unwrap();
            check_with_ssh_keygen(signer.public_key(), &signature, &content);
        }
    }
}

#[test]
fn we_verify_what_ssh_keygen_signs_with_a_key_of_ours() {
    if !have("ssh-keygen") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    let key = generate(&path, "ci@example.com").unwrap();
    let arguments = ["-Y", "sign", "-n", NAMESPACE, "-f", path.to_str().unwrap()];
    let output = ssh_keygen(&arguments, b"content");
    assert!(output.status.success(), "{output:?}");
    let signature = String::from_utf8(output.stdout).unwrap();
    let list = allowed(&line("", &key));
    verify(&signature, &mut &b"content"[..], &list, now()).unwrap();
    assert_eq!(
        open(&path).unwrap().sign(&mut &b"content"[..]).unwrap(),
        signature
    );
}

/// Our verdict on each list is that of `ssh-keygen`, as long as its stricter and laxer points are left out.
#[test]
fn lists_are_read_as_ssh_keygen_reads_them() {
    if !have("ssh-keygen") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let list_path = directory.path().join("list");
    let (key, other) = (
        public("ed25519").to_openssh().unwrap(),
        public("rsa2048").to_openssh().unwrap(),
    );
    let signature = data("ed25519.small.sig");
    let content = text("small.txt");
    for (list, expected) in [
        (format!("ci {key}"), true),
        (format!("  ci\t{key}"), true),
        (format!("\"ci\" {key}"), true),
        (format!("ci {other}\nci {key}"), true),
        (format!("ci {other}"), false),
        (format!("ci NameSpaces=\"bosh-release\" {key}"), true),
        (format!("ci namespaces=\"git, bosh-release\" {key}"), false),
        (format!("ci namespaces=\"bosh*,git\" {key}"), true),
        (format!("ci namespaces=\"*,!bosh-release\" {key}"), false),
        (format!("ci namespaces=\"git\" {key}\nci {key}"), true),
        (format!("ci cert-authority {key}"), false),
        (
            format!("ci valid-after=\"20250101Z\",valid-before=\"20260103Z\" {key}"),
            true,
        ),
        (format!("ci valid-after=\"202601020305Z\" {key}"), false),
        (format!("ci valid-before=\"20260102030404Z\" {key}"), false),
        (format!("ci valid-before=\"20260102030405Z\" {key}"), true),
        (format!("ci namespaces=bosh-release {key}"), false),
        (format!("ci what {key}"), false),
        (format!("ci,,namespaces=\"bosh-release\" {key}"), true),
        (format!("ci namespaces=\"bosh-release\", {key}"), false),
        ("ci".to_owned(), false),
    ] {
        std::fs::write(&list_path, format!("{list}\n")).unwrap();
        let ours = AllowedSigners::read(&list_path).is_ok_and(|list| {
            verify(
                &std::fs::read_to_string(&signature).unwrap(),
                &mut content.as_bytes(),
                &list,
                now(),
            )
            .is_ok()
        });
        let arguments = [
            "-Y",
            "verify",
            "-n",
            NAMESPACE,
            "-f",
            list_path.to_str().unwrap(),
            "-I",
            "ci",
            "-O",
            "verify-time=20260102030405Z",
            "-s",
            signature.to_str().unwrap(),
        ];
        let theirs = run(
            Command::new("ssh-keygen").args(arguments).env("TZ", "UTC"),
            content.as_bytes(),
        );
        assert_eq!(
            theirs.status.success(),
            expected,
            "ssh-keygen: {list}\n{theirs:?}"
        );
        assert_eq!(ours, expected, "{list}");
    }
}

// An agent

/// An `ssh-agent` of this test alone; ended by its own process.
struct Agent {
    process: Child,
    socket: PathBuf,
}

impl Agent {
    fn start(directory: &Path) -> Self {
        let socket = directory.join("agent");
        let mut process = Command::new("ssh-agent")
            .args(["-D", "-a"])
            .arg(&socket)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // It prints its variables once the socket is there.
        let mut first = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        Self { process, socket }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// Runs one test of this file again, in a process that has the agent in its environment.
fn in_agent(agent: Option<&Agent>, test: &str, directory: &Path) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--ignored", "--nocapture"])
        .env("SIGNING_TEST_DIRECTORY", directory)
        .env_remove("SSH_AUTH_SOCK")
        .env_remove("SSH_ASKPASS")
        .env_remove("DISPLAY");
    if let Some(agent) = agent {
        command.env("SSH_AUTH_SOCK", &agent.socket);
    }
    run(&mut command, b"")
}

#[test]
fn a_key_in_an_agent_signs() {
    if !(have("ssh-keygen") && have("ssh-agent") && have("ssh-add")) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let agent = Agent::start(directory.path());
    let path = directory.path().join("key");
    generate(&path, "agent").unwrap();
    let added = run(
        Command::new("ssh-add")
            .arg(&path)
            .env("SSH_AUTH_SOCK", &agent.socket),
        b"",
    );
    assert!(added.status.success(), "{added:?}");
    std::fs::remove_file(&path).unwrap();

    let output = in_agent(Some(&agent), "inner_sign_through_agent", directory.path());
    assert!(output.status.success(), "{output:?}");
    let output = in_agent(None, "inner_sign_without_agent", directory.path());
    assert!(output.status.success(), "{output:?}");
}

fn inner_directory() -> PathBuf {
    PathBuf::from(std::env::var_os("SIGNING_TEST_DIRECTORY").unwrap())
}

#[test]
#[ignore = "run by a_key_in_an_agent_signs, with its environment"]
fn inner_sign_through_agent() {
    let path = inner_directory().join("key.pub");
    let key = PublicKey::read_openssh_file(&path).unwrap();
    let list = allowed(&line("", &key));
    for source in [KeySource::File(path), KeySource::Agent(Box::new(key))] {
        let signer =
            Signer::open(&source, &mut |_| panic!("an agent needs no passphrase")).unwrap();
        for (_, content) in contents() {
            let signature = signer.sign(&mut &content[..]).unwrap();
            verify(&signature, &mut &content[..], &list, now()).unwrap();
        }
    }
}

#[test]
#[ignore = "run by a_key_in_an_agent_signs, with its environment"]
fn inner_sign_without_agent() {
    let path = inner_directory().join("key.pub");
    let signer = open(&path).unwrap();
    // Longer than a pipe holds: the program ends before it has read everything.
    let content = vec![0; 1 << 20];
    let error = signer.sign(&mut &content[..]).unwrap_err().to_string();
    assert!(
        error.contains("ssh-keygen could not sign with ssh-ed25519 SHA256:"),
        "{error}"
    );
    assert!(error.contains("No private key found"), "{error}");
    assert!(error.contains("ssh-add -l"), "{error}");
}

#[test]
fn an_encrypted_key_of_the_vectors_is_really_encrypted() {
    let key = PrivateKey::from_openssh(text("ed25519-encrypted")).unwrap();
    assert!(key.is_encrypted());
}
