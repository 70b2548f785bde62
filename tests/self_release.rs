//! This repository is a BOSH release: built as a final one by the binary, signed, verified, and again elsewhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bosh_release::digest::Sha256;
use support::site::{Site, copy_tree, done, have, refused, said, snapshot, write};

const BLOB: &str = "redis/redis-7.0.15.tar.gz";
const TARBALL: &str = "releases/redis/redis-1.tgz";

/// A repository with the parts of this one that are the release.
///
/// The blob is the source of Redis, which comes from the network. A generated file stands for it, with its digest in
/// `blobs.yml`, so that the test says the same on a machine without network: what is inside a blob never matters to a build.
fn release(site: &Site, name: &str) -> PathBuf {
    let root = site.path(name);
    fs::create_dir_all(&root).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    for part in [
        "jobs",
        "packages",
        "src-vendor",
        "templates",
        "LICENSE",
        "NOTICE",
        ".gitignore",
    ] {
        copy_tree(&source.join(part), &root);
    }
    for config in ["final.yml", "bosh-release.yml"] {
        let path = Path::new("config").join(config);
        write(&root.join(&path), fs::read(source.join(&path)).unwrap());
    }
    let blobs = format!(
        "{BLOB}:\n  size: {}\n  sha: sha256:{}\n",
        blob().len(),
        Sha256::of(&blob())
    );
    write(&root.join("config/blobs.yml"), blobs);
    write(&root.join("blobs").join(BLOB), blob());
    site.commit_all(&root);
    root
}

/// 3 MB that do not compress, as a source tarball has them.
fn blob() -> Vec<u8> {
    let mut state = 1_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..400_000).flat_map(|_| next()).collect()
}

/// A clone elsewhere, with the blob and the key that git does not have.
fn clone(site: &Site, from: &Path, name: &str, key: Option<&Path>) -> PathBuf {
    let root = site.path(name);
    site.git(
        &site.base,
        &[
            "clone",
            "-q",
            from.to_str().unwrap(),
            root.to_str().unwrap(),
        ],
    );
    write(&root.join("blobs").join(BLOB), blob());
    if let Some(key) = key {
        for name in ["signing_key", "signing_key.pub", "allowed_signers"] {
            copy_tree(&key.join("config").join(name), &root.join("config"));
        }
        // Git must find nothing to complain about: the list is committed, as after every first release.
        site.git(&root, &["add", "-A"]);
        site.git(&root, &["commit", "-q", "-m", "key"]);
    }
    root
}

fn files(root: &Path) -> Vec<String> {
    let mut files: Vec<String> = snapshot(root, &|path| path.is_dir())
        .into_keys()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    files.sort();
    files
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Each archive's blobstore id and digest, from all indexes.
fn final_builds(root: &Path) -> Vec<String> {
    let below = |path: &Path| {
        let mut found = Vec::new();
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            found.push(entry.path().join("index.yml"));
        }
        found
    };
    let mut indexes = below(&root.join(".final_builds/jobs"));
    indexes.extend(below(&root.join(".final_builds/packages")));
    indexes.push(root.join(".final_builds/license/index.yml"));
    indexes.sort();
    indexes
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

/// The lines of a manifest that do not tell its version and commit.
fn archives(manifest: &Path) -> Vec<String> {
    fs::read_to_string(manifest)
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with("version:") && !line.starts_with("commit_hash:"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn a_fresh_clone_becomes_a_signed_release() {
    let site = Site::new();
    let root = release(&site, "redis-release");
    let output = site
        .tool(&root, &["create-release", "--final", "--tty"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let text = said(&output);
    assert!(text.contains("Added final release 'redis/1'"), "{text}");
    for part in [
        "Made the signing key config/signing_key (mode 0600, ignored by git)",
        "added it to config/allowed_signers; commit that file",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }

    assert_eq!(
        files(&root.join("releases/redis")),
        ["index.yml", "redis-1.tgz", "redis-1.tgz.sig", "redis-1.yml"]
    );
    assert!(!root.join("dev_releases").exists());
    // Three jobs, a package, a license: each an index and a blob.
    assert_eq!(final_builds(&root).len(), 5);
    assert_eq!(files(&root.join(".final_blobs")).len(), 5);
    for text in final_builds(&root) {
        assert_eq!(text.matches("blobstore_id:").count(), 1, "{text}");
    }

    key_is_kept_secret(&site, &root);
    site.run(&root, &["verify-release", TARBALL]);
    site.run(
        &root,
        &[
            "verify-release",
            TARBALL,
            "--allowed-signers",
            "config/allowed_signers",
        ],
    );
    stock_ssh_keygen_verifies(&site, &root);
}

fn key_is_kept_secret(site: &Site, root: &Path) {
    assert_eq!(mode(&root.join("config/signing_key")), 0o600);
    assert_eq!(mode(&root.join("config/signing_key.pub")), 0o644);
    done(
        site.command("git", root)
            .args(["check-ignore", "-q", "config/signing_key"]),
    );
    let public = fs::read_to_string(root.join("config/signing_key.pub")).unwrap();
    let key = public.split(' ').nth(1).unwrap();
    let list = fs::read_to_string(root.join("config/allowed_signers")).unwrap();
    let lines: Vec<&str> = list.lines().filter(|line| line.contains(key)).collect();
    assert_eq!(lines.len(), 1, "{list}");
    assert!(
        lines[0].contains("namespaces=\"bosh-release\" ssh-ed25519"),
        "{list}"
    );
}

/// The commands of the documentation.
fn stock_ssh_keygen_verifies(site: &Site, root: &Path) {
    if !have("ssh-keygen") {
        return;
    }
    let script = format!(
        "set -e\n\
         who=$(ssh-keygen -Y find-principals -f config/allowed_signers -s {TARBALL}.sig)\n\
         ssh-keygen -Y verify -f config/allowed_signers -I \"$who\" -n bosh-release -s {TARBALL}.sig < {TARBALL}\n\
         tar -xOf {TARBALL} release.MF.sig > \"$HOME/mf.sig\"\n\
         tar -xOf {TARBALL} release.MF | ssh-keygen -Y verify -f config/allowed_signers -I \"$who\" -n bosh-release -s \"$HOME/mf.sig\"\n"
    );
    done(site.command("bash", root).args(["-c", &script]));
}

#[test]
fn a_second_final_release_adds_a_version_and_nothing_else() {
    let site = Site::new();
    let root = release(&site, "release");
    site.run(&root, &["create-release", "--final"]);
    let stderr = site.refuse(&root, &["create-release", "--final"]);
    assert!(stderr.contains("local modifications"), "{stderr}");
    site.git(&root, &["add", "-A"]);
    site.git(&root, &["commit", "-q", "-m", "1"]);

    let builds = final_builds(&root);
    let blobs = files(&root.join(".final_blobs"));
    let stderr = site.run(&root, &["create-release", "--final"]);
    assert!(!stderr.contains("Made the signing key"), "{stderr}");
    assert!(root.join("releases/redis/redis-2.tgz.sig").exists());
    assert_eq!(final_builds(&root), builds);
    assert_eq!(files(&root.join(".final_blobs")), blobs);
    let manifest = |version: u32| root.join(format!("releases/redis/redis-{version}.yml"));
    assert_eq!(archives(&manifest(2)), archives(&manifest(1)));
    let index = fs::read_to_string(root.join("releases/redis/index.yml")).unwrap();
    assert!(index.contains("version: \"1\"") && index.contains("version: \"2\""));
    site.run(&root, &["verify-release", "releases/redis/redis-2.tgz"]);
}

#[test]
fn the_same_commit_and_key_give_the_same_bytes_elsewhere() {
    let site = Site::new();
    let origin = release(&site, "origin");
    site.run(&origin, &["create-release", "--final"]);
    site.git(&origin, &["checkout", "-q", "."]);

    let one = clone(&site, &origin, "one", Some(&origin));
    let two = site.path("quite/another place/two");
    fs::create_dir_all(two.parent().unwrap()).unwrap();
    clone(&site, &one, "quite/another place/two", None);
    copy_tree(&one.join("config/signing_key"), &two.join("config"));

    site.run(&one, &["create-release", "--final"]);
    // With nothing in a cache, by a home that never built anything.
    let other_home = site.path("other home");
    fs::create_dir(&other_home).unwrap();
    done(
        site.tool(&two, &["create-release", "--final"])
            .env("HOME", &other_home)
            .env("TZ", "Asia/Kolkata"),
    );
    for file in ["redis-1.tgz", "redis-1.tgz.sig", "redis-1.yml"] {
        let read = |root: &Path| fs::read(root.join("releases/redis").join(file)).unwrap();
        assert!(read(&one) == read(&two), "{file} differs");
    }
}

#[test]
fn a_changed_byte_is_found() {
    let site = Site::new();
    let root = release(&site, "release");
    site.run(&root, &["create-release", "--final"]);
    let mut bytes = fs::read(root.join(TARBALL)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    write(&root.join("changed.tgz"), &bytes);
    fs::copy(
        root.join(format!("{TARBALL}.sig")),
        root.join("changed.tgz.sig"),
    )
    .unwrap();
    let stderr = refused(&mut site.tool(&root, &["verify-release", "changed.tgz"]));
    assert!(stderr.contains("changed.tgz.sig"), "{stderr}");
}

#[test]
fn an_export_has_the_same_fingerprints() {
    let site = Site::new();
    let root = release(&site, "release");
    site.run(&root, &["create-release", "--final"]);
    site.run(&root, &["export", "../exported"]);
    let exported = site.path("exported");
    // Only the archives that the sources there give: nothing of the final indexes.
    fs::remove_dir_all(exported.join(".final_builds")).unwrap();
    fs::remove_dir_all(exported.join("releases")).unwrap();
    done(
        site.tool(&exported, &["create-release", "--force"])
            .env("HOME", site.path("elsewhere")),
    );
    let manifest = |path: PathBuf| {
        fs::read_to_string(path)
            .unwrap()
            .lines()
            .map(str::trim_start)
            .filter(|line| line.starts_with("fingerprint:") || line.starts_with("sha1:"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let ours = manifest(root.join("releases/redis/redis-1.yml"));
    assert_eq!(ours.len(), 10, "{ours:?}");
    let theirs = manifest(exported.join("dev_releases/redis/redis-0+dev.1.yml"));
    assert_eq!(ours, theirs);
}
