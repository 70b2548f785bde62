//! Signing as a user meets it: where the key comes from, what is asked and said, and what verifying says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::site::{Site, done, have, said, write};

const TARBALL: &str = "demo.tgz";
const FINAL: &[&str] = &[
    "create-release",
    "--final",
    "--force",
    "--tarball",
    TARBALL,
    "--tty",
];
const UNSIGNED: &str =
    "The release is not signed. To sign final releases, add to config/bosh-release.yml";

/// A release with a job and nothing else; signed when `signing` is its configuration.
fn release(site: &Site, signing: &str) -> PathBuf {
    let root = site.path("release");
    for (path, content) in [
        (".gitignore", "*.tgz\n*.sig\n/config/key\n"),
        (
            "config/final.yml",
            "name: demo\nblobstore: {provider: local, options: {blobstore_path: ../store}}\n",
        ),
        ("config/blobs.yml", "--- {}\n"),
        ("config/bosh-release.yml", signing),
        ("jobs/web/spec", "name: web\ntemplates: {}\n"),
        ("jobs/web/monit", ""),
    ] {
        write(&root.join(path), content);
    }
    site.commit_all(&root);
    root
}

const CONFIGURED: &str =
    "signing: {format: ssh, key: config/key, allowed_signers: config/allowed_signers}\n";

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/signing")
        .join(name)
}

/// A committed private key, with the mode that a checkout cannot keep.
fn key(site: &Site, name: &str) -> String {
    let path = site.path(name);
    fs::copy(data(name), &path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A list that names one key.
fn list(site: &Site, name: &str) -> String {
    let public = fs::read_to_string(data(&format!("{name}.pub"))).unwrap();
    let body: Vec<&str> = public.split_whitespace().take(2).collect();
    let path = site.path(&format!("{name}.list"));
    write(&path, format!("{name}@example.com {}\n", body.join(" ")));
    path.to_str().unwrap().to_owned()
}

/// Everything a successful command says.
fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    said(&output)
}

/// Verifies the tarball with a list that names the key alone.
fn signed_by(site: &Site, root: &Path, name: &str) {
    let list = list(site, name);
    let said = output(&mut site.tool(
        root,
        &[
            "verify-release",
            TARBALL,
            "--allowed-signers",
            &list,
            "--tty",
        ],
    ));
    let expected = format!("Good signature of {name}@example.com with the");
    assert!(said.contains(&expected), "{said}");
    assert!(root.join("demo.tgz.sig").is_file());
    // Nobody else may have signed it.
    let other = if name == "rsa2048" {
        "ed25519"
    } else {
        "rsa2048"
    };
    let list = self::list(site, other);
    site.refuse(
        root,
        &["verify-release", TARBALL, "--allowed-signers", &list],
    );
}

#[test]
fn the_key_of_the_command_line_comes_before_all_others() {
    let site = Site::new();
    let root = release(&site, CONFIGURED);
    let (wanted, other) = (key(&site, "rsa2048"), key(&site, "ed25519"));
    let mut command = site.tool(&root, FINAL);
    command
        .args(["--signing-key", &wanted])
        .env("BOSH_RELEASE_SIGNING_KEY", &other);
    let said = output(&mut command);
    assert!(
        said.contains("is not in config/allowed_signers: `verify-release` will not accept the signature until it is added"),
        "{said}"
    );
    assert!(!root.join("config/key").exists(), "no key was needed");
    signed_by(&site, &root, "rsa2048");
}

#[test]
fn the_key_of_the_environment_signs() {
    let site = Site::new();
    let root = release(&site, CONFIGURED);
    fs::copy(list(&site, "ed25519"), root.join("config/allowed_signers")).unwrap();
    let wanted = key(&site, "ed25519");
    let mut command = site.tool(&root, FINAL);
    let said = output(command.env("BOSH_RELEASE_SIGNING_KEY", &wanted));
    assert!(!said.contains("is not in config/allowed_signers"), "{said}");
    signed_by(&site, &root, "ed25519");
    // The configured list is the default.
    site.run(&root, &["verify-release", TARBALL]);

    let mut command = site.tool(&root, FINAL);
    command.env("BOSH_RELEASE_SIGNING_KEY", "/nonexistent/key");
    let stderr = support::site::refused(&mut command);
    assert!(
        stderr.contains("/nonexistent/key does not exist")
            && stderr.contains("BOSH_RELEASE_SIGNING_KEY"),
        "{stderr}"
    );
}

#[test]
fn the_key_of_git_signs_when_git_signs_with_ssh() {
    let site = Site::new();
    let root = release(&site, CONFIGURED);
    let wanted = key(&site, "ecdsa256");
    site.git(&root, &["config", "user.signingkey", &wanted]);
    site.git(&root, &["config", "gpg.format", "ssh"]);
    output(&mut site.tool(&root, FINAL));
    assert!(!root.join("config/key").exists());
    signed_by(&site, &root, "ecdsa256");
}

#[test]
fn the_key_of_git_does_not_count_for_another_format() {
    let site = Site::new();
    let root = release(&site, CONFIGURED);
    site.git(&root, &["config", "user.signingkey", "0xDEADBEEF"]);
    let said = output(&mut site.tool(&root, FINAL));
    assert!(said.contains("Made the signing key config/key"), "{said}");
    site.run(&root, &["verify-release", TARBALL]);
}

#[test]
fn a_release_without_signing_is_unsigned_and_says_so_in_one_line() {
    let site = Site::new();
    let root = release(&site, "{}\n");
    let said = output(&mut site.tool(&root, FINAL));
    let lines = said.lines().filter(|line| line.contains(UNSIGNED)).count();
    assert_eq!(lines, 1, "{said}");
    assert!(!root.join("demo.tgz.sig").exists());
    // A dev release is never signed: there is nothing to say.
    let dev = ["create-release", "--force", "--tarball", "dev.tgz"];
    let said = output(&mut site.tool(&root, &dev));
    assert!(!said.contains("signed"), "{said}");

    let said = output(&mut site.tool(&root, &["verify-release", TARBALL, "--tty"]));
    assert!(said.contains("Signatures were not checked"), "{said}");
    let list = list(&site, "ed25519");
    let stderr = site.refuse(
        &root,
        &["verify-release", TARBALL, "--allowed-signers", &list],
    );
    assert!(stderr.contains("There is no signature"), "{stderr}");

    // It can be signed any time later.
    let key = key(&site, "ed25519");
    let before = fs::read(root.join(TARBALL)).unwrap();
    output(&mut site.tool(
        &root,
        &["sign-release", TARBALL, "--signing-key", &key, "--tty"],
    ));
    assert_eq!(fs::read(root.join(TARBALL)).unwrap(), before);
    signed_by(&site, &root, "ed25519");
    // A signature that nobody vouches for must not look like a good one.
    let stderr = site.refuse(&root, &["verify-release", TARBALL]);
    assert!(stderr.contains("--allowed-signers"), "{stderr}");
}

#[test]
fn a_release_without_a_key_cannot_be_signed() {
    let site = Site::new();
    let root = release(&site, "{}\n");
    output(&mut site.tool(&root, FINAL));
    let stderr = site.refuse(&root, &["sign-release", TARBALL]);
    assert!(stderr.contains("No key to sign with"), "{stderr}");
}

/// `script` gives the command a terminal, and the passphrase is typed there.
#[test]
fn an_encrypted_key_asks_on_the_terminal() {
    if !have("script") {
        return;
    }
    let site = Site::new();
    let root = release(&site, CONFIGURED);
    fs::copy(data("ed25519-encrypted"), root.join("config/key")).unwrap();
    fs::set_permissions(root.join("config/key"), fs::Permissions::from_mode(0o600)).unwrap();
    let run = |passphrase: &str| {
        let line = format!("{} {}", env!("CARGO_BIN_EXE_bosh-release"), FINAL.join(" "));
        // The passphrase is typed after a moment: what comes before the question is thrown away.
        let script =
            format!("(sleep 1; echo '{passphrase}'; sleep 1) | script -qec '{line}' /dev/null");
        site.command("sh", &root)
            .args(["-c", &script])
            .output()
            .unwrap()
    };
    let wrong = said(&run("another passphrase"));
    assert!(wrong.contains("the passphrase is wrong"), "{wrong}");
    assert!(!root.join("releases").exists(), "asked before all else");

    let right = run("test-only passphrase");
    assert!(right.status.success(), "{}", said(&right));
    assert!(said(&right).contains("Passphrase of"), "{}", said(&right));
    assert!(!said(&right).contains("test-only"), "{}", said(&right));
    signed_by(&site, &root, "ed25519-encrypted");
}

#[test]
fn questions_are_not_asked_when_that_is_not_wanted() {
    let site = Site::new();
    let root = release(&site, CONFIGURED);
    let key = key(&site, "ed25519-encrypted");
    for arguments in [&["--signing-key", &key][..], &["-n", "--signing-key", &key]] {
        let mut command = site.tool(&root, FINAL);
        let stderr = support::site::refused(command.args(arguments));
        assert!(
            stderr.contains("there is no terminal to ask on") && stderr.contains(&key),
            "{stderr}"
        );
    }
}

#[test]
fn the_first_key_is_kept_out_of_git_where_nothing_does_yet() {
    let site = Site::new();
    let root = release(&site, CONFIGURED);
    write(&root.join(".gitignore"), "*.tgz\n*.sig\n");
    site.git(&root, &["commit", "-qam", "forgotten"]);
    output(&mut site.tool(&root, FINAL));
    done(
        site.command("git", &root)
            .args(["check-ignore", "-q", "config/key"]),
    );
    let mode = fs::metadata(root.join("config/key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o7777, 0o600);
}
