//! Generated variables, judged by stock tools: `openssl` and `ssh-keygen`. A store that the official CLI made is the base.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test's helpers fail the test, and ask the environment for tools"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

const MANIFEST: &str = "\
leaf: ((leaf.certificate))
variables:
- {name: pw, type: password}
- {name: ca, type: certificate, options: {is_ca: true}}
- {name: mid, type: certificate, options: {is_ca: true, ca: ca, common_name: mid é, organization: 'A*B', key_length: 2048}}
- name: leaf
  type: certificate
  options:
    ca: mid
    common_name: leaf
    alternative_names: [a.example, '*.b', 10.0.0.1, '::1', '::ffff:1.2.3.4']
    extended_key_usage: [client_auth, server_auth]
    duration: 30
    key_length: 4096
- {name: plain, type: certificate, options: {ca: ca}}
- {name: shell, type: ssh}
- {name: pair, type: rsa}
- {name: user, type: user, options: {username: bob, length: 9}}
";

/// Whether a stock program is there; on a machine that has to have it, its absence is a failure.
fn has(tool: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).any(|path| path.join(tool).is_file());
    let required = std::env::var_os("BOSH_RELEASE_TEST_REQUIRE_TOOLS").is_some_and(|v| v == "1");
    assert!(found || !required, "{tool} is missing");
    found
}

fn run(directory: &Path, program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .current_dir(directory)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program} {args:?}: {text}{complaint}"
    );
    text
}

fn int(directory: &Path, args: &[&str]) -> String {
    run(
        directory,
        env!("CARGO_BIN_EXE_bosh-release"),
        &[&["int"], args].concat(),
    )
}

/// A directory with the manifest, and the store with all that it asks for.
fn generated() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    fs::write(path.join("m.yml"), MANIFEST).unwrap();
    fs::write(
        path.join("store.yml"),
        include_str!("variables/official-store.yml"),
    )
    .unwrap();
    int(path, &["m.yml", "--vars-store", "store.yml"]);
    for (name, part) in [
        ("ca", "certificate"),
        ("mid", "certificate"),
        ("leaf", "certificate"),
        ("plain", "certificate"),
        ("leaf", "private_key"),
        ("shell", "private_key"),
        ("pair", "private_key"),
        ("pair", "public_key"),
    ] {
        let text = int(path, &["store.yml", "--path", &format!("/{name}/{part}")]);
        let file = path.join(format!("{name}.{part}"));
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    directory
}

#[test]
fn a_store_of_the_official_cli_is_kept_and_completed() {
    let directory = generated();
    let path = directory.path();
    let before = include_str!("variables/official-store.yml");
    let kept = |text: &str, at: &str| {
        fs::write(path.join("other.yml"), text).unwrap();
        int(path, &["other.yml", "--path", at])
    };
    let after = fs::read_to_string(path.join("store.yml")).unwrap();
    for at in ["/pw", "/ca", "/kept"] {
        assert_eq!(kept(&after, at), kept(before, at), "{at}");
    }
    let mode = fs::metadata(path.join("store.yml"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    int(path, &["m.yml", "--vars-store", "store.yml"]);
    assert_eq!(fs::read_to_string(path.join("store.yml")).unwrap(), after);
    assert_eq!(
        int(path, &["store.yml", "--path", "/user/username"]),
        "bob\n"
    );
}

#[test]
fn certificates_are_what_openssl_accepts() {
    if !has("openssl") {
        return;
    }
    let directory = generated();
    let path = directory.path();
    let chain = [
        "verify",
        "-x509_strict",
        // The base was made on one day; the clock of this machine may say another one.
        "-no_check_time",
        "-CAfile",
        "ca.certificate",
        "-untrusted",
        "mid.certificate",
    ];
    for leaf in ["leaf.certificate", "plain.certificate"] {
        let verified = run(path, "openssl", &[&chain[..], &[leaf]].concat());
        assert_eq!(verified, format!("{leaf}: OK\n"));
    }
    let shown = run(
        path,
        "openssl",
        &["x509", "-in", "leaf.certificate", "-noout", "-text"],
    );
    for part in [
        "Signature Algorithm: sha256WithRSAEncryption",
        "Subject: C = US, O = Cloud Foundry, CN = leaf",
        "Public-Key: (4096 bit)",
        "X509v3 Key Usage: critical\n                Digital Signature, Key Encipherment\n",
        "TLS Web Client Authentication, TLS Web Server Authentication\n",
        "X509v3 Basic Constraints: critical\n                CA:FALSE\n",
        "DNS:a.example, DNS:*.b, IP Address:10.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:1.2.3.4\n",
    ] {
        assert!(
            shown
                .replace(
                    "C=US, O=Cloud Foundry, CN=leaf",
                    "C = US, O = Cloud Foundry, CN = leaf"
                )
                .contains(part),
            "{part}\n{shown}"
        );
    }
    let shown = run(
        path,
        "openssl",
        &["x509", "-in", "mid.certificate", "-noout", "-text"],
    );
    for part in ["CA:TRUE\n", "Certificate Sign, CRL Sign\n", "A*B"] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let day = |seconds: &str| {
        let args = [
            "x509",
            "-in",
            "leaf.certificate",
            "-noout",
            "-checkend",
            seconds,
        ];
        Command::new("openssl")
            .args(args)
            .current_dir(path)
            .output()
            .unwrap()
            .status
            .success()
    };
    assert!(day("2588400") && !day("2592001"), "30 days");
    let key = run(
        path,
        "openssl",
        &["rsa", "-in", "leaf.private_key", "-check", "-noout"],
    );
    assert!(key.contains("RSA key ok"), "{key}");
    let of_key = run(
        path,
        "openssl",
        &["rsa", "-in", "leaf.private_key", "-pubout"],
    );
    let of_leaf = run(
        path,
        "openssl",
        &["x509", "-in", "leaf.certificate", "-noout", "-pubkey"],
    );
    assert_eq!(of_key, of_leaf);
    let pair = run(
        path,
        "openssl",
        &["rsa", "-in", "pair.private_key", "-pubout"],
    );
    assert_eq!(
        format!("{pair}\n"),
        fs::read_to_string(path.join("pair.public_key")).unwrap()
    );
}

#[test]
fn shell_keys_are_what_ssh_accepts() {
    if !has("ssh-keygen") {
        return;
    }
    let directory = generated();
    let path = directory.path();
    let of_key = run(path, "ssh-keygen", &["-y", "-f", "shell.private_key"]);
    let public = int(path, &["store.yml", "--path", "/shell/public_key"]);
    assert_eq!(format!("{of_key}\n"), public);
    let listed = run(
        path,
        "ssh-keygen",
        &["-l", "-E", "md5", "-f", "shell.private_key"],
    );
    let fingerprint = int(
        path,
        &["store.yml", "--path", "/shell/public_key_fingerprint"],
    );
    assert!(
        listed.starts_with(&format!("2048 MD5:{}", fingerprint.trim_end())),
        "{listed}"
    );
}
