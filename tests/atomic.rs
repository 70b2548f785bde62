//! Whatever fails, and whenever a command is killed: everything is as it was, or as it should be.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use support::site::{Site, Snapshot, difference, done, said, snapshot, write};

const FILES: &[(&str, &str)] = &[
    (
        ".gitignore",
        "blobs\ndev_releases\n.dev_builds\nconfig/signing_key\n*.tgz\n*.tgz.sig\n",
    ),
    (
        "config/final.yml",
        "name: demo\nblobstore: {provider: local, options: {blobstore_path: ../store}}\n",
    ),
    (
        "config/bosh-release.yml",
        "tarball: releases/((name))/((name))-((version)).tgz\n\
         signing: {format: ssh, key: config/signing_key, allowed_signers: config/allowed_signers}\n",
    ),
    (
        "config/blobs.yml",
        "tool/data.txt:\n  size: 6\n  sha: sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\n",
    ),
    ("blobs/tool/data.txt", "hello\n"),
    ("LICENSE", "Anybody may do anything.\n"),
    (
        "jobs/web/spec",
        "name: web\ntemplates: {run.erb: bin/run}\npackages: [app]\n",
    ),
    ("jobs/web/monit", ""),
    ("jobs/web/templates/run.erb", "echo\n"),
    (
        "packages/app/spec",
        "name: app\ndependencies: [tool]\nfiles: [\"app/**/*\"]\n",
    ),
    ("packages/app/packaging", "cp -a app $BOSH_INSTALL_TARGET\n"),
    ("src/app/main.sh", "#!/bin/sh\n"),
    ("packages/tool/spec", "name: tool\nfiles: [\"tool/*\"]\n"),
    (
        "packages/tool/packaging",
        "cp -a tool $BOSH_INSTALL_TARGET\n",
    ),
];

/// A committed release at `release/`, with an empty blobstore beside it.
fn release(site: &Site) -> PathBuf {
    let root = site.path("release");
    for (path, content) in FILES {
        write(&root.join(path), content);
    }
    fs::create_dir(site.path("store")).unwrap();
    // Directories that every run makes, and that are no harm.
    fs::create_dir_all(site.home.join(".bosh/cache")).unwrap();
    fs::create_dir_all(site.home.join(".bosh/tmp")).unwrap();
    site.commit_all(&root);
    root
}

/// Everything but git's own files, the cache, and the copy of the binary.
fn state(site: &Site) -> Snapshot {
    let cache = site.home.join(".bosh/cache");
    let binary = site.path("bosh-release");
    snapshot(&site.base, &|path| {
        path == cache || path == binary || path.file_name().is_some_and(|name| name == ".git")
    })
}

/// A way to fail.
struct Failure {
    name: &'static str,
    prepare: fn(&Site, &Path),
    command: &'static [&'static str],
    /// What is said about it.
    says: &'static str,
}

const DEV: &[&str] = &["create-release", "--force", "--tarball", "out.tgz"];
const FINAL: &[&str] = &["create-release", "--final", "--force"];

fn forbid(path: &Path) {
    fs::create_dir_all(path).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o555)).unwrap();
}

fn file_instead(path: &Path) {
    fs::remove_dir_all(path).ok();
    write(path, "in the way");
}

/// An encrypted key of the signature tests, with the mode that git cannot keep.
fn encrypted_key(root: &Path) {
    let key = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/signing/ed25519-encrypted");
    fs::copy(key, root.join("config/signing_key")).unwrap();
    private(&root.join("config/signing_key"));
}

fn private(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn dev_built(site: &Site, root: &Path) {
    site.run(root, DEV);
}

fn final_built(site: &Site, root: &Path) {
    site.run(root, FINAL);
    fs::copy(root.join("releases/demo/demo-1.tgz"), root.join("demo.tgz")).unwrap();
}

/// Another release at `other/`, with a package of its own that needs one.
fn other(site: &Site) {
    let root = site.path("other");
    for (path, content) in FILES {
        let content = content
            .replace("../store", "../other-store")
            .replace("tool", "gadget");
        write(&root.join(path.replace("tool", "gadget")), content);
    }
    site.commit_all(&root);
    site.run(&root, FINAL);
}

const FAILURES: &[Failure] = &[
    Failure {
        name: "the directory of the tarball is missing",
        prepare: |_, _| (),
        command: &["create-release", "--tarball", "no/x.tgz"],
        says: "does not exist",
    },
    Failure {
        name: "the directory of the tarball may not be written",
        prepare: |_, root| forbid(&root.join("out")),
        command: &["create-release", "--tarball", "out/x.tgz"],
        says: "out",
    },
    Failure {
        name: "dev_releases is a file",
        prepare: |_, root| file_instead(&root.join("dev_releases")),
        command: DEV,
        says: "dev_releases",
    },
    Failure {
        name: "the index of dev releases is a directory",
        prepare: |_, root| fs::create_dir_all(root.join("dev_releases/demo/index.yml")).unwrap(),
        command: DEV,
        says: "index.yml",
    },
    Failure {
        name: "the index of dev releases is broken",
        prepare: |_, root| write(&root.join("dev_releases/demo/index.yml"), "builds: ["),
        command: DEV,
        says: "index.yml",
    },
    Failure {
        name: "dev builds may not be written",
        prepare: |_, root| forbid(&root.join(".dev_builds/packages")),
        command: DEV,
        says: ".dev_builds/packages",
    },
    Failure {
        name: "changes are not committed",
        prepare: |_, root| write(&root.join("src/app/new"), ""),
        command: &["create-release"],
        says: "local modifications",
    },
    Failure {
        name: "the version exists",
        prepare: dev_built,
        command: &["create-release", "--force", "--version", "0+dev.1"],
        says: "already exists",
    },
    Failure {
        name: "the version is none",
        prepare: |_, _| (),
        command: &["create-release", "--version", "1 2"],
        says: "1 2",
    },
    Failure {
        name: "the cache may not be written",
        prepare: |site, _| {
            for name in ["cache", "tmp"] {
                forbid(&site.home.join(".bosh").join(name));
            }
        },
        command: DEV,
        says: ".bosh",
    },
    Failure {
        name: "preparing a package fails",
        prepare: |_, root| {
            write(
                &root.join("packages/app/pre_packaging"),
                "touch x\nexit 3\n",
            );
        },
        command: DEV,
        says: "pre_packaging",
    },
    Failure {
        name: "a spec is broken",
        prepare: |_, root| write(&root.join("packages/app/spec"), "name: ["),
        command: DEV,
        says: "packages/app/spec",
    },
    Failure {
        name: "the blobstore is a file",
        prepare: |site, _| file_instead(&site.path("store")),
        command: FINAL,
        says: "store",
    },
    Failure {
        name: "the blobstore may not be written",
        prepare: |site, _| forbid(&site.path("store")),
        command: FINAL,
        says: "store",
    },
    Failure {
        name: "final releases may not be written",
        prepare: |_, root| forbid(&root.join("releases")),
        command: FINAL,
        says: "releases",
    },
    Failure {
        name: "the index of final releases is a directory",
        prepare: |_, root| fs::create_dir_all(root.join("releases/demo/index.yml")).unwrap(),
        command: FINAL,
        says: "index.yml",
    },
    Failure {
        name: "final builds may not be written",
        prepare: |_, root| forbid(&root.join(".final_builds/packages")),
        command: FINAL,
        says: ".final_builds/packages",
    },
    Failure {
        name: "the manifest is a directory",
        prepare: |_, root| {
            fs::create_dir_all(root.join("releases/demo/demo-1.yml/full")).unwrap();
        },
        command: FINAL,
        says: "demo-1.yml",
    },
    Failure {
        name: "the final tarball may not be written",
        prepare: |_, root| forbid(&root.join("out")),
        command: &["create-release", "--final", "--tarball", "out/x.tgz"],
        says: "out",
    },
    Failure {
        name: "the list of signers may not be written",
        prepare: |_, root| forbid(&root.join("config")),
        command: FINAL,
        says: "config",
    },
    Failure {
        name: "the list of signers is a directory",
        prepare: |_, root| fs::create_dir(root.join("config/allowed_signers")).unwrap(),
        command: FINAL,
        says: "allowed_signers",
    },
    Failure {
        name: "the list of signers is broken",
        prepare: |_, root| write(&root.join("config/allowed_signers"), "no key\n"),
        command: FINAL,
        says: "allowed_signers",
    },
    Failure {
        name: "the signing key is missing",
        prepare: |_, _| (),
        command: &["create-release", "--final", "--signing-key", "nokey"],
        says: "nokey",
    },
    Failure {
        name: "the signing key is none",
        prepare: |_, root| {
            write(&root.join("config/signing_key"), "not a key\n");
            private(&root.join("config/signing_key"));
        },
        command: FINAL,
        says: "signing_key",
    },
    Failure {
        name: "others can read the signing key",
        prepare: |_, root| {
            encrypted_key(root);
            let open = fs::Permissions::from_mode(0o644);
            fs::set_permissions(root.join("config/signing_key"), open).unwrap();
        },
        command: FINAL,
        says: "chmod 600",
    },
    Failure {
        name: "there is no terminal to ask for the passphrase",
        prepare: |_, root| encrypted_key(root),
        command: FINAL,
        says: "there is no terminal to ask on",
    },
    Failure {
        name: "the final version exists",
        prepare: final_built,
        command: &["create-release", "--final", "--force", "--version", "1"],
        says: "already exists",
    },
    Failure {
        name: "the tarball to finalize is damaged",
        prepare: |_, root| write(&root.join("demo.tgz"), "nothing"),
        command: &["finalize-release", "demo.tgz", "--force"],
        says: "demo.tgz",
    },
    Failure {
        name: "the version to finalize exists",
        prepare: final_built,
        command: &["finalize-release", "demo.tgz", "--force", "--version", "1"],
        says: "already exists",
    },
    Failure {
        name: "the blobstore to finalize to is a file",
        prepare: |site, root| {
            final_built(site, root);
            fs::remove_dir_all(root.join(".final_builds")).unwrap();
            fs::remove_dir_all(root.join("releases")).unwrap();
            file_instead(&site.path("store"));
        },
        command: &["finalize-release", "demo.tgz", "--force"],
        says: "store",
    },
    Failure {
        name: "the release to finalize may not be written",
        prepare: |site, root| {
            final_built(site, root);
            fs::remove_dir_all(root.join(".final_builds")).unwrap();
            forbid(&root.join("releases/demo"));
        },
        command: &["finalize-release", "demo.tgz", "--force"],
        says: "releases/demo",
    },
    Failure {
        name: "the package to vendor does not exist",
        prepare: |site, _| other(site),
        command: &["vendor-package", "nothing", "../other"],
        says: "nothing",
    },
    Failure {
        name: "the blobstore to vendor to is a file",
        prepare: |site, _| {
            other(site);
            file_instead(&site.path("store"));
        },
        command: &["vendor-package", "gadget", "../other"],
        says: "store",
    },
    Failure {
        name: "the vendored package may not be written",
        prepare: |site, root| {
            other(site);
            forbid(&root.join("packages"));
        },
        command: &["vendor-package", "gadget", "../other"],
        says: "packages",
    },
    Failure {
        name: "the lock of a dependency may not be written",
        prepare: |site, root| {
            other(site);
            forbid(&root.join("packages/gadget"));
        },
        command: &["vendor-package", "app", "../other"],
        says: "packages/gadget",
    },
    Failure {
        name: "the blob to add is missing",
        prepare: |_, _| (),
        command: &["add-blob", "nofile", "a/b"],
        says: "nofile",
    },
    Failure {
        name: "the blob leads out of the release",
        prepare: |_, _| (),
        command: &["add-blob", "LICENSE", "../b"],
        says: "../b",
    },
    Failure {
        name: "blobs may not be written",
        prepare: |_, root| forbid(&root.join("blobs")),
        command: &["add-blob", "LICENSE", "a/b"],
        says: "blobs/a",
    },
    Failure {
        name: "the index of blobs may not be written",
        prepare: |_, root| forbid(&root.join("config")),
        command: &["add-blob", "LICENSE", "a/b/c"],
        says: "config",
    },
    Failure {
        name: "the blobstore to upload to is a file",
        prepare: |site, _| file_instead(&site.path("store")),
        command: &["upload-blobs"],
        says: "store",
    },
    Failure {
        name: "the index of uploaded blobs may not be written",
        prepare: |_, root| forbid(&root.join("config")),
        command: &["upload-blobs"],
        says: "config",
    },
    Failure {
        name: "the blob to upload is another one",
        prepare: |_, root| write(&root.join("blobs/tool/data.txt"), "hallo\n"),
        command: &["upload-blobs"],
        says: "tool/data.txt",
    },
    Failure {
        name: "the blobstore lost a blob",
        prepare: |site, root| {
            uploaded(site, root);
            for entry in fs::read_dir(site.path("store")).unwrap() {
                fs::remove_file(entry.unwrap().path()).unwrap();
            }
        },
        command: &["sync-blobs"],
        says: "tool/data.txt",
    },
    Failure {
        name: "the blobstore has another blob",
        prepare: |site, root| {
            uploaded(site, root);
            for entry in fs::read_dir(site.path("store")).unwrap() {
                write(&entry.unwrap().path(), "hallo\n");
            }
        },
        command: &["sync-blobs"],
        says: "tool/data.txt",
    },
    Failure {
        name: "blobs may not be written by sync-blobs",
        prepare: |site, root| {
            uploaded(site, root);
            forbid(&root.join("blobs"));
        },
        command: &["sync-blobs"],
        says: "blobs",
    },
    Failure {
        name: "the file of a blob may not be removed",
        prepare: |_, root| forbid(&root.join("blobs/tool")),
        command: &["remove-blob", "tool/data.txt"],
        says: "tool",
    },
    Failure {
        name: "the index of a removed blob may not be written",
        prepare: |_, root| forbid(&root.join("config")),
        command: &["remove-blob", "tool/data.txt"],
        says: "config",
    },
    Failure {
        name: "the signature may not be written",
        prepare: |site, root| {
            final_built(site, root);
            forbid(&root.join("out"));
            fs::set_permissions(root.join("out"), fs::Permissions::from_mode(0o755)).unwrap();
            fs::copy(root.join("demo.tgz"), root.join("out/demo.tgz")).unwrap();
            forbid(&root.join("out"));
        },
        command: &["sign-release", "out/demo.tgz"],
        says: "out",
    },
    Failure {
        name: "what is to be signed is no release",
        prepare: |_, root| write(&root.join("demo.tgz"), "nothing"),
        command: &["sign-release", "demo.tgz"],
        says: "demo.tgz",
    },
    Failure {
        name: "the other tarball may not be written",
        prepare: |site, root| {
            final_built(site, root);
            forbid(&root.join("out"));
        },
        command: &["sha1ify-release", "demo.tgz", "out/x.tgz"],
        says: "out",
    },
    Failure {
        name: "the tarball to write again ends early",
        prepare: |site, root| {
            final_built(site, root);
            let bytes = fs::read(root.join("demo.tgz")).unwrap();
            write(&root.join("demo.tgz"), &bytes[..bytes.len() / 2]);
        },
        command: &["sha2ify-release", "demo.tgz", "new/x.tgz"],
        says: "demo.tgz",
    },
    Failure {
        name: "the archive of a release is lost",
        prepare: |site, root| {
            final_built(site, root);
            fs::remove_dir_all(site.path("store")).unwrap();
            fs::remove_dir_all(site.home.join(".bosh/cache")).unwrap();
            fs::create_dir(site.home.join(".bosh/cache")).unwrap();
            write(&root.join("src/app/main.sh"), "changed\n");
        },
        command: &[
            "create-release",
            "releases/demo/demo-1.yml",
            "--tarball",
            "x.tgz",
        ],
        says: "app/",
    },
    Failure {
        name: "the file to be replaced is a directory",
        prepare: |_, root| fs::create_dir(root.join("out.tgz")).unwrap(),
        command: DEV,
        says: "directory",
    },
];

/// The blob is in the blobstore only.
fn uploaded(site: &Site, root: &Path) {
    site.run(root, &["upload-blobs"]);
    fs::remove_dir_all(root.join("blobs")).unwrap();
    fs::create_dir(root.join("blobs")).unwrap();
}

#[test]
fn a_failing_command_leaves_everything_as_it_was() {
    let mut wrong = String::new();
    for failure in FAILURES {
        let site = Site::new();
        let root = release(&site);
        (failure.prepare)(&site, &root);
        site.give();
        let before = state(&site);
        let output = site
            .tool_as_nobody(&root, failure.command)
            .output()
            .unwrap();
        let after = state(&site);
        let said = said(&output);
        if output.status.code() != Some(1) || !said.contains(failure.says) {
            writeln!(wrong, "{}: {}\n{said}", failure.name, output.status).unwrap();
        }
        if before != after {
            writeln!(
                wrong,
                "{}: changed {:#?}",
                failure.name,
                difference(&before, &after)
            )
            .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Delays before a kill, spread over what a whole run takes, and a little more.
fn delays(whole: Duration) -> impl Iterator<Item = Duration> {
    (1..=24).map(move |step| whole * step / 20)
}

fn start(site: &Site, root: &Path, arguments: &[&str]) -> Child {
    site.tool(root, arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Runs a command and kills it after a while; says whether it was done before that.
fn kill_after(site: &Site, root: &Path, arguments: &[&str], delay: Duration) -> bool {
    let mut child = start(site, root, arguments);
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap().success()
}

fn no_leftovers(root: &Path) {
    for path in snapshot(root, &|path| path.ends_with(".git")).keys() {
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(!name.ends_with(".bosh-release-tmp"), "{}", path.display());
    }
}

#[test]
fn a_killed_final_release_is_made_by_the_next_run() {
    let site = Site::new();
    let origin = release(&site);
    let reference = site.path("reference");
    site.git(
        &site.base,
        &["clone", "-q", "release", reference.to_str().unwrap()],
    );
    write(&reference.join("blobs/tool/data.txt"), "hello\n");
    let begun = Instant::now();
    site.run(&reference, &["create-release", "--final"]);
    let whole = begun.elapsed();
    let manifest = |root: &Path| fs::read_to_string(root.join("releases/demo/demo-1.yml")).unwrap();

    for delay in delays(whole) {
        let root = site.path(&format!("killed{}", delay.as_micros()));
        site.git(
            &site.base,
            &[
                "clone",
                "-q",
                origin.to_str().unwrap(),
                root.to_str().unwrap(),
            ],
        );
        write(&root.join("blobs/tool/data.txt"), "hello\n");
        let finished = kill_after(&site, &root, &["create-release", "--final"], delay);
        if finished {
            continue;
        }
        // Not --force: what the kill left must not look like somebody's work either. A run that was killed when all
        // was done has published the release: then the directory shows it, and a second one is refused.
        let output = site
            .tool(&root, &["create-release", "--final"])
            .output()
            .unwrap();
        let published = said(&output).contains("local modifications")
            && root.join("releases/demo/demo-1.yml").exists();
        assert!(
            output.status.success() || published,
            "{delay:?}: {}",
            said(&output)
        );
        assert_eq!(manifest(&root), manifest(&reference), "{delay:?}");
        site.run(&root, &["verify-release", "releases/demo/demo-1.tgz"]);
        no_leftovers(&root);
    }
}

#[test]
fn killed_commands_leave_the_old_or_the_new_state() {
    let site = Site::new();
    let root = release(&site);
    let big = site.path("big");
    write(&big, vec![7; 3_000_000]);
    let begun = Instant::now();
    site.run(&root, DEV);
    for delay in delays(begun.elapsed()) {
        let index = root.join("config/blobs.yml");
        let before = fs::read(&index).unwrap();
        kill_after(
            &site,
            &root,
            &["add-blob", big.to_str().unwrap(), "more/big"],
            delay,
        );
        // The next command tidies up; whatever happened, it works.
        site.run(&root, &["remove-blob", "more/big"]);
        assert!(fs::read(&index).unwrap() == before, "{delay:?}");
        no_leftovers(&root);

        kill_after(&site, &root, DEV, delay);
        site.run(&root, DEV);
        let newest = fs::read_to_string(root.join("dev_releases/demo/index.yml")).unwrap();
        for line in newest.lines().filter(|line| line.contains("version: 0")) {
            let version = line.split(' ').next_back().unwrap();
            assert!(
                root.join(format!("dev_releases/demo/demo-{version}.yml"))
                    .is_file(),
                "{line}"
            );
        }
        no_leftovers(&root);
    }
}

#[test]
fn two_at_once_lose_nothing() {
    let site = Site::new();
    let root = release(&site);
    let mut running: Vec<Child> = (0..6)
        .map(|_| start(&site, &root, &["create-release"]))
        .collect();
    running.push(start(&site, &root, &["add-blob", "LICENSE", "more/a"]));
    running.push(start(&site, &root, &["add-blob", "LICENSE", "more/b"]));
    for mut child in running {
        // Adding blobs changes a file that git tracks: builds after that are refused, and that is all.
        child.wait().unwrap();
    }
    done(site.command("git", &root).args(["checkout", "-q", "src"]));
    let index = fs::read_to_string(root.join("dev_releases/demo/index.yml")).unwrap_or_default();
    let listed = index.matches("version: 0+dev.").count();
    let manifests = fs::read_dir(root.join("dev_releases/demo"))
        .map_or(0, |entries| entries.count().saturating_sub(1));
    assert_eq!(listed, manifests, "{index}");
    let blobs = fs::read_to_string(root.join("config/blobs.yml")).unwrap();
    assert!(
        blobs.contains("more/a:") && blobs.contains("more/b:") && blobs.contains("tool/data.txt:"),
        "{blobs}"
    );

    // With --force all of them are made, each with a version of its own.
    let running: Vec<Child> = (0..6).map(|_| start(&site, &root, DEV)).collect();
    for mut child in running {
        assert!(child.wait().unwrap().success());
    }
    let index = fs::read_to_string(root.join("dev_releases/demo/index.yml")).unwrap();
    assert_eq!(index.matches("version: 0+dev.").count(), listed + 6);
    no_leftovers(&root);
}

#[test]
fn a_final_release_leaves_no_dev_release_behind() {
    let site = Site::new();
    let root = release(&site);
    site.run(&root, &["create-release", "--final"]);
    assert!(!root.join("dev_releases").exists());
}

#[test]
fn files_that_nobody_recorded_are_left_alone_and_named() {
    let site = Site::new();
    let root = release(&site);
    site.run(
        &root,
        &[
            "create-release",
            "--tarball",
            "before.tgz",
            "--version",
            "1",
        ],
    );
    write(&root.join("blobs/tool/stray.txt"), "stray");
    let stderr = site.run(
        &root,
        &[
            "create-release",
            "--tarball",
            "after.tgz",
            "--version",
            "1.1",
        ],
    );
    assert!(
        stderr.contains("not in config/blobs.yml") && stderr.contains("blobs/tool/stray.txt"),
        "{stderr}"
    );
    assert!(root.join("blobs/tool/stray.txt").exists());
    site.run(&root, &["sync-blobs"]);
    assert!(root.join("blobs/tool/stray.txt").exists());
    let fingerprints = |version: &str| {
        fs::read_to_string(root.join(format!("dev_releases/demo/demo-{version}.yml")))
            .unwrap()
            .lines()
            .filter(|line| line.contains("fingerprint:"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(fingerprints("1"), fingerprints("1.1"));

    write(&root.join("src/app/untracked.txt"), "x");
    write(&root.join("src/app/ignored.tgz"), "x");
    let stderr = site.run(&root, &["create-release", "--force"]);
    for part in ["not in git", "src/app/untracked.txt", "src/app/ignored.tgz"] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    assert!(!stderr.contains("src/app/main.sh"), "{stderr}");
}
