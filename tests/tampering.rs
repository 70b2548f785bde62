//! A signed release of which anything was changed: it is found, and the message names what is wrong.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test's helpers fail the test"
)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use bosh_release::archive::{self, ArchiveWriter, Compression, Kind, Limits, Store};
use bosh_release::digest::Sha256;
use bosh_release::release::verify;
use bosh_release::signing::{self, AllowedSigners};
use support::place::{Outcome, Place};

const VERIFY: &[&str] = &["verify-release", "demo.tgz"];
/// What the verdict says when no member is to blame.
const AROUND: &str = "the bytes that changed are those of the tarball around them";

/// The signed tarball of a small release.
struct Signed {
    place: Place,
    tarball: Vec<u8>,
    signature: String,
    allowed: AllowedSigners,
}

impl Signed {
    fn new() -> Self {
        let place = Place::built();
        place.expect(VERIFY);
        Self {
            tarball: fs::read(place.path("demo.tgz")).unwrap(),
            signature: fs::read_to_string(place.path("demo.tgz.sig")).unwrap(),
            allowed: AllowedSigners::read(&place.path("config/allowed_signers")).unwrap(),
            place,
        }
    }

    /// Whether the detached signature holds for these bytes.
    fn holds(&self, signature: &str, tarball: &[u8]) -> bool {
        signing::verify(signature, &mut &*tarball, &self.allowed, SystemTime::now()).is_ok()
    }

    /// What is wrong with the content, as `verify-release` says; empty when only bytes around it changed.
    fn faults(&self, tarball: &[u8]) -> Vec<String> {
        let path = self.place.path("changed.tgz");
        fs::write(&path, tarball).unwrap();
        match verify::contents(&path, &self.place.home) {
            Ok(findings) => findings
                .faults
                .iter()
                .map(|fault| fault.message.clone())
                .collect(),
            Err(error) => vec![format!("{error:#}")],
        }
    }

    /// Runs `verify-release` on a changed tarball beside the signature.
    fn verdict(&self, tarball: &[u8]) -> Outcome {
        fs::write(self.place.path("demo.tgz"), tarball).unwrap();
        self.place.run(VERIFY)
    }
}

fn flipped(bytes: &[u8], at: usize, mask: u8) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    changed[at] ^= mask;
    changed
}

fn refused(outcome: &Outcome, parts: &[&str]) {
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    for part in parts {
        assert!(outcome.stderr.contains(part), "{part}: {}", outcome.stderr);
    }
}

#[test]
fn every_changed_byte_is_found_and_named() {
    let signed = Signed::new();
    assert!(signed.holds(&signed.signature, &signed.tarball));
    assert!(signed.faults(&signed.tarball).is_empty());
    let mut around = Vec::new();
    for at in 0..signed.tarball.len() {
        let changed = flipped(&signed.tarball, at, 1 << (at % 8));
        assert!(!signed.holds(&signed.signature, &changed), "byte {at}");
        let faults = signed.faults(&changed);
        if faults.is_empty() {
            around.push(at);
        }
        for fault in faults {
            assert!(
                fault.contains('\'') || fault.contains("release.MF"),
                "byte {at}: {fault}"
            );
        }
    }
    // Bytes that mean nothing for the content: the header of gzip, and bits that fill up a byte before stored blocks.
    assert!(around.len() < signed.tarball.len() / 50, "{around:?}");
    let step = signed.tarball.len() / 24;
    for at in around
        .iter()
        .copied()
        .chain((0..signed.tarball.len()).step_by(step))
    {
        let outcome = signed.verdict(&flipped(&signed.tarball, at, 1 << (at % 8)));
        refused(&outcome, &["demo.tgz.sig"]);
        let named = if around.contains(&at) { AROUND } else { "'" };
        refused(&outcome, &[named]);
    }
}

#[test]
fn every_changed_byte_of_an_uncompressed_tarball_is_found_and_named() {
    // Without the checksum of gzip each part of the tar must be looked after by itself.
    let signed = Signed::new();
    let plain = repacked(&members(&signed.tarball), Compression::None);
    fs::write(signed.place.path("demo.tgz"), &plain).unwrap();
    signed.place.expect(&["sign-release", "demo.tgz"]);
    let signature = fs::read_to_string(signed.place.path("demo.tgz.sig")).unwrap();
    assert!(signed.holds(&signature, &plain));
    let mut around = 0;
    for at in 0..plain.len() {
        let changed = flipped(&plain, at, 1 << (at % 8));
        assert!(!signed.holds(&signature, &changed), "byte {at}");
        // Every third byte also by content: it takes a while.
        if at % 3 == 0 {
            around += usize::from(signed.faults(&changed).is_empty());
        }
    }
    // What only the signature of the manifest or of the tarball protects: `release.MF` itself, its signature, padding.
    assert!(around > 0);
    for at in [100, 1024, plain.len() / 2, plain.len() - 1] {
        let outcome = signed.verdict(&flipped(&plain, at, 0x20));
        refused(&outcome, &["demo.tgz.sig"]);
    }
}

#[test]
fn every_changed_byte_of_a_signature_is_found_and_named() {
    let signed = Signed::new();
    let bytes = signed.signature.as_bytes();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let changed = flipped(bytes, at, 1 << bit);
            let text = String::from_utf8_lossy(&changed);
            assert!(!signed.holds(&text, &signed.tarball), "byte {at} bit {bit}");
        }
    }
    for at in (0..bytes.len()).step_by(29) {
        fs::write(signed.place.path("demo.tgz.sig"), flipped(bytes, at, 0x40)).unwrap();
        refused(&signed.place.run(VERIFY), &["demo.tgz.sig"]);
    }
    for (text, says) in [("", "first line"), ("\u{0}", "first line")] {
        fs::write(signed.place.path("demo.tgz.sig"), text).unwrap();
        refused(&signed.place.run(VERIFY), &["demo.tgz.sig", says]);
    }
    fs::remove_file(signed.place.path("demo.tgz.sig")).unwrap();
    refused(
        &signed.place.run(VERIFY),
        &["There is no signature", "demo.tgz.sig"],
    );
}

/// Members in their order, by name.
type Members = Vec<(String, Vec<u8>)>;

fn members(tarball: &[u8]) -> Members {
    let mut members = Vec::new();
    archive::read(tarball, &Limits::default(), &mut |entry, content| {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        if matches!(entry.kind, Kind::File { .. }) {
            members.push((entry.shown_name(), bytes));
        }
        Ok(())
    })
    .unwrap();
    members
}

fn repacked(members: &Members, compression: Compression) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Vec::new(), compression).unwrap();
    for (name, bytes) in members {
        let size = bytes.len() as u64;
        writer
            .file(
                name.as_bytes(),
                0o644,
                size,
                &mut bytes.as_slice(),
                Store::Compressed,
            )
            .unwrap();
    }
    writer.finish().unwrap()
}

fn text(members: &Members, name: &str) -> String {
    String::from_utf8(
        members
            .iter()
            .find(|(known, _)| known == name)
            .unwrap()
            .1
            .clone(),
    )
    .unwrap()
}

fn put(members: &mut Members, name: &str, bytes: impl Into<Vec<u8>>) {
    let bytes = bytes.into();
    match members.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => *old = bytes,
        None => members.push((name.to_owned(), bytes)),
    }
}

/// The archive with one file's content replaced.
fn with_changed_file(archive: &[u8], name: &str) -> Vec<u8> {
    let mut files: BTreeMap<Vec<u8>, (u32, Vec<u8>)> = BTreeMap::new();
    archive::read(archive, &Limits::default(), &mut |entry, content| {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        if matches!(entry.kind, Kind::File { .. }) {
            files.insert(entry.name.clone(), (entry.mode, bytes));
        }
        Ok(())
    })
    .unwrap();
    files
        .get_mut(name.as_bytes())
        .unwrap()
        .1
        .extend_from_slice(b"evil\n");
    let mut writer = ArchiveWriter::new(Vec::new(), Compression::Gzip).unwrap();
    for (name, (mode, bytes)) in &files {
        let size = bytes.len() as u64;
        writer
            .file(name, *mode, size, &mut bytes.as_slice(), Store::Compressed)
            .unwrap();
    }
    writer.finish().unwrap()
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", Sha256::of(bytes))
}

/// The fingerprint that the message says the content has.
fn found_fingerprint(stderr: &str) -> String {
    let (_, after) = stderr.split_once("has the fingerprint '").unwrap();
    after.split_once('\'').unwrap().0.to_owned()
}

#[test]
fn an_archive_that_was_replaced_is_found_however_far_the_manifest_follows() {
    let signed = Signed::new();
    let mut members = members(&signed.tarball);
    let old = members
        .iter()
        .find(|(name, _)| name == "packages/app.tgz")
        .unwrap()
        .1
        .clone();
    let new = with_changed_file(&old, "app/main.sh");

    // The archive alone: its digest.
    put(&mut members, "packages/app.tgz", new.clone());
    let outcome = signed.verdict(&repacked(&members, Compression::Gzip));
    refused(
        &outcome,
        &["demo.tgz.sig", "'packages/app.tgz'", "Expected"],
    );

    // And its digest: the fingerprint, and both signatures.
    let manifest = text(&members, "release.MF").replace(&digest(&old), &digest(&new));
    put(&mut members, "release.MF", manifest.clone());
    let outcome = signed.verdict(&repacked(&members, Compression::Gzip));
    refused(
        &outcome,
        &[
            "'packages/app.tgz' has the fingerprint",
            "'release.MF.sig'",
            "demo.tgz.sig",
        ],
    );

    // And its fingerprint: both signatures.
    let (found, listed) = (
        found_fingerprint(&outcome.stderr),
        listed_fingerprint(&manifest),
    );
    put(
        &mut members,
        "release.MF",
        manifest.replace(&listed, &found),
    );
    let outcome = signed.verdict(&repacked(&members, Compression::Gzip));
    refused(
        &outcome,
        &["'release.MF.sig'", "demo.tgz.sig", "was changed"],
    );
    assert!(
        !outcome.stderr.contains("has the fingerprint"),
        "{}",
        outcome.stderr
    );

    // And somebody else's signatures: the list of those who may sign.
    let other = Signed::new();
    let stranger = other.place.path("config/signing_key");
    fs::write(
        signed.place.path("demo.tgz"),
        repacked(&members, Compression::Gzip),
    )
    .unwrap();
    signed.place.expect(&[
        "sign-release",
        "demo.tgz",
        "--signing-key",
        stranger.to_str().unwrap(),
    ]);
    refused(&signed.place.run(VERIFY), &["is not in", "demo.tgz.sig"]);
}

/// The fingerprint of package `app`.
fn listed_fingerprint(manifest: &str) -> String {
    let (_, after) = manifest.split_once("- name: app\n  version: ").unwrap();
    after.lines().next().unwrap().to_owned()
}

/// What was changed, how, and what the message says.
type Row = (&'static str, fn(&mut Members), &'static [&'static str]);

#[test]
fn members_that_were_added_removed_or_swapped_are_named() {
    let rows: &[Row] = &[
        (
            "unlisted",
            |all| put(all, "evil", "x"),
            &["'evil' is not listed"],
        ),
        (
            "unlisted archive",
            |all| put(all, "jobs/evil.tgz", "x"),
            &["'jobs/evil.tgz' is not listed"],
        ),
        (
            "removed",
            |all| all.retain(|(name, _)| name != "jobs/web.tgz"),
            &["'jobs/web.tgz'"],
        ),
        (
            "removed license",
            |all| all.retain(|(name, _)| name != "license.tgz"),
            &["'license.tgz'"],
        ),
        (
            "removed manifest",
            |all| all.retain(|(name, _)| name != "release.MF"),
            &["release.MF"],
        ),
        (
            "removed signature",
            |all| all.retain(|(name, _)| name != "release.MF.sig"),
            &["release.MF.sig"],
        ),
        (
            "swapped",
            |all| {
                let one = all
                    .iter()
                    .position(|(name, _)| name == "packages/app.tgz")
                    .unwrap();
                let two = all
                    .iter()
                    .position(|(name, _)| name == "packages/tool.tgz")
                    .unwrap();
                let first = all[one].1.clone();
                all[one].1 = std::mem::replace(&mut all[two].1, first);
            },
            &["'packages/app.tgz'", "'packages/tool.tgz'"],
        ),
        (
            "license text",
            |all| put(all, "LICENSE", "You may not.\n"),
            &["'LICENSE' is not the file of that name"],
        ),
        (
            "license added",
            |all| put(all, "LICENSE.evil", "x"),
            &["'LICENSE.evil' is not the file of that name"],
        ),
        (
            "inner signature",
            |all| put(all, "release.MF.sig", "x"),
            &["'release.MF.sig'"],
        ),
        (
            "inner signature, binary",
            |all| put(all, "release.MF.sig", b"\xff\xfe".to_vec()),
            &["'release.MF.sig'"],
        ),
        (
            "commit in the manifest",
            |all| {
                let manifest = text(all, "release.MF")
                    .replace("uncommitted_changes: false", "uncommitted_changes: true");
                let manifest = manifest.replace("commit_hash: ", "commit_hash: evil # ");
                put(all, "release.MF", manifest);
            },
            &["'release.MF.sig'"],
        ),
        ("order", |all| all.reverse(), &[AROUND]),
    ];
    let signed = Signed::new();
    for (what, change, says) in rows {
        let mut members = members(&signed.tarball);
        change(&mut members);
        let outcome = signed.verdict(&repacked(&members, Compression::Gzip));
        eprintln!("{what}");
        refused(&outcome, &["demo.tgz.sig"]);
        refused(&outcome, says);
    }
}

#[test]
fn the_license_archive_must_hold_what_lies_beside_it() {
    // With no signature to help.
    let signed = Signed::new();
    let mut members = members(&signed.tarball);
    put(&mut members, "NOTICE", "Made by somebody.\n");
    let faults = signed.faults(&repacked(&members, Compression::Gzip));
    assert_eq!(
        faults,
        ["'NOTICE' is not the file of that name in 'license.tgz'"]
    );
    assert!(Path::new(&signed.place.path("changed.tgz")).is_file());
}
