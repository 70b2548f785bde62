//! Release tarballs and releases of others, made by somebody who means harm.
//!
//! Every command that opens one refuses it with a clear error, and writes nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers fail the test"
)]

mod support;

use std::io::Write;

use bosh_release::digest::Sha256;
use support::place::Place;
use tar::{EntryType, Header};

const ALL: &[&[&str]] = &[
    &["inspect-local-release", "evil.tgz"],
    &["verify-release", "evil.tgz"],
    &["sign-release", "evil.tgz"],
    &["finalize-release", "evil.tgz", "--force"],
    &["sha1ify-release", "evil.tgz", "new.tgz"],
    &["sha2ify-release", "evil.tgz", "new.tgz"],
    &["create-release", "evil.tgz", "--tarball", "new.tgz"],
];

/// A tar, member by member; nothing is checked.
#[derive(Default)]
struct Tar(Vec<u8>);

impl Tar {
    fn member(mut self, kind: EntryType, name: &str, target: &str, content: &[u8]) -> Self {
        self.header(kind, name, target, content.len() as u64);
        self.content(content);
        self
    }

    fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.member(EntryType::Regular, name, "", content.as_ref())
    }

    fn link(self, name: &str, target: &str) -> Self {
        self.member(EntryType::Symlink, name, target, b"")
    }

    fn header(&mut self, kind: EntryType, name: &str, target: &str, size: u64) {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(size);
        let old = header.as_old_mut();
        old.name[..name.len()].copy_from_slice(name.as_bytes());
        old.linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
    }

    fn content(&mut self, content: &[u8]) {
        self.0.extend_from_slice(content);
        let rest = content.len() % 512;
        if rest > 0 {
            self.0.extend_from_slice(&vec![0; 512 - rest]);
        }
    }

    /// The end of the archive, and gzip around it.
    fn tgz(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 1024]);
        gzip(&self.0)
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const EMPTY: &str = "name: demo\nversion: 7\n";

/// A manifest with one job of this name and archive.
fn with_job(name: &str, archive: &[u8]) -> String {
    format!(
        "{EMPTY}jobs:\n- name: {name}\n  version: x\n  fingerprint: x\n  sha1: sha256:{}\n",
        Sha256::of(archive)
    )
}

fn release() -> Tar {
    Tar::default().file("release.MF", EMPTY)
}

/// What it is, its bytes, what the error must say.
type Row = (&'static str, Vec<u8>, &'static str);

/// A comment for YAML of so many bytes, of which compression makes a tenth and not nothing.
fn numbers(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 100);
    for number in 0_u32.. {
        if text.len() >= bytes {
            break;
        }
        text += "# ";
        text += &number.wrapping_mul(2_654_435_761).to_string();
        text += "\n";
    }
    text
}

/// Tarballs that no command may take.
#[expect(clippy::too_many_lines, reason = "one table")]
fn hostile() -> Vec<Row> {
    let archive = Tar::default().file("./job.MF", "name: x\n").tgz();
    let good = release().file("jobs/x.tgz", &archive).tgz();
    let mut wrong_size = Tar::default();
    wrong_size.header(EntryType::Regular, "release.MF", "", 1 << 40);
    let mut claims = release();
    claims.header(EntryType::Regular, "jobs/x.tgz", "", 15 << 30);
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x10;
    let mut sparse = release();
    sparse.header(EntryType::GNUSparse, "jobs/x.tgz", "", 0);
    vec![
        ("climbs", release().file("../evil", "x").tgz(), "../evil"),
        (
            "climbs later",
            release().file("jobs/../../evil", "x").tgz(),
            "jobs/../../evil",
        ),
        (
            "absolute",
            release().file("/tmp/evil", "x").tgz(),
            "/tmp/evil",
        ),
        ("link out", release().link("jobs", "/tmp").tgz(), "'jobs'"),
        (
            "through a link",
            release().link("jobs", "..").file("jobs/evil", "x").tgz(),
            "'jobs'",
        ),
        (
            "link inside",
            release().link("jobs/x.tgz", "y.tgz").tgz(),
            "jobs/x.tgz",
        ),
        (
            "linked manifest",
            Tar::default().link("release.MF", "/etc/passwd").tgz(),
            "release.MF",
        ),
        (
            "hard link",
            release()
                .member(EntryType::Link, "evil", "/etc/passwd", b"")
                .tgz(),
            "hard link",
        ),
        (
            "device",
            release().member(EntryType::Char, "evil", "", b"").tgz(),
            "device",
        ),
        (
            "block device",
            release().member(EntryType::Block, "evil", "", b"").tgz(),
            "device",
        ),
        (
            "pipe",
            release().member(EntryType::Fifo, "evil", "", b"").tgz(),
            "pipe",
        ),
        (
            "unknown type",
            release()
                .member(EntryType::new(b'Q'), "evil", "", b"")
                .tgz(),
            "'Q'",
        ),
        ("sparse", sparse.tgz(), "sparse"),
        (
            "twice",
            release().file("release.MF", "name: other\n").tgz(),
            "same name",
        ),
        (
            "twice, spelt otherwise",
            release().file("./release.MF", "name: other\n").tgz(),
            "same name",
        ),
        (
            "file as directory",
            release().file("jobs", "x").file("jobs/x.tgz", "x").tgz(),
            "jobs/x.tgz",
        ),
        ("wrong size", wrong_size.tgz(), "release.MF"),
        ("claims a size", claims.tgz(), "jobs/x.tgz"),
        (
            "bomb",
            release().file("bomb", vec![0; 200 << 20]).tgz(),
            "compressed more than",
        ),
        (
            "huge manifest",
            Tar::default().file("release.MF", numbers(68 << 20)).tgz(),
            "release.MF",
        ),
        (
            "huge signature",
            release()
                .file("release.MF.sig", "x\n".repeat(2 << 20))
                .tgz(),
            "release.MF.sig",
        ),
        (
            "signature is a directory",
            release()
                .member(EntryType::Directory, "release.MF.sig/", "", b"")
                .tgz(),
            "release.MF.sig",
        ),
        (
            "manifest is a directory",
            Tar::default()
                .member(EntryType::Directory, "release.MF/", "", b"")
                .tgz(),
            "release.MF",
        ),
        ("truncated", good[..good.len() - 20].to_vec(), "truncated"),
        ("cut in two", good[..middle].to_vec(), ""),
        ("only a magic number", good[..3].to_vec(), ""),
        ("flipped", flipped, ""),
        ("something follows", [good.as_slice(), b"evil"].concat(), ""),
        (
            "a second archive follows",
            [good.as_slice(), &good].concat(),
            "",
        ),
        ("text", b"name: demo\n".to_vec(), ""),
        (
            "garbage",
            (0..100_000_u32)
                .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
                .collect(),
            "",
        ),
        ("garbage inside gzip", gzip(&[0x55; 4096]), ""),
        ("nothing", Vec::new(), ""),
        ("nothing inside gzip", gzip(b""), ""),
        (
            "no manifest",
            Tar::default().file("x", "y").tgz(),
            "release.MF",
        ),
        (
            "bad manifest",
            Tar::default().file("release.MF", "a: [").tgz(),
            "release.MF:1:",
        ),
        (
            "binary manifest",
            Tar::default().file("release.MF", b"\xff\xfe").tgz(),
            "not UTF-8",
        ),
        (
            "job that climbs",
            Tar::default()
                .file("release.MF", with_job("../x", b""))
                .tgz(),
            "'../x'",
        ),
        (
            "job with a slash",
            Tar::default()
                .file("release.MF", with_job("a/b", b""))
                .tgz(),
            "'a/b'",
        ),
        (
            "release that climbs",
            Tar::default()
                .file("release.MF", "name: ../x\nversion: 1\n")
                .tgz(),
            "'../x'",
        ),
        (
            "version that climbs",
            Tar::default()
                .file("release.MF", "name: x\nversion: ../1\n")
                .tgz(),
            "../1",
        ),
    ]
}

/// Tarballs that can be listed but not used.
fn dishonest() -> Vec<Row> {
    let archive = Tar::default().file("./job.MF", "name: x\n").tgz();
    vec![
        (
            "no archive",
            Tar::default()
                .file("release.MF", with_job("x", &archive))
                .tgz(),
            "jobs/x.tgz",
        ),
        (
            "other archive",
            Tar::default()
                .file("release.MF", with_job("x", &archive))
                .file("jobs/x.tgz", "evil")
                .tgz(),
            "jobs/x.tgz",
        ),
        (
            "directory as archive",
            Tar::default()
                .file("release.MF", with_job("x", &archive))
                .member(EntryType::Directory, "jobs/x.tgz/", "", b"")
                .tgz(),
            "jobs/x.tgz",
        ),
    ]
}

/// What only `verify-release` looks for: archives that are hostile themselves, and members that nobody listed.
fn for_verify() -> Vec<Row> {
    let listed = |archive: Vec<u8>| {
        Tar::default()
            .file("release.MF", with_job("x", &archive))
            .file("jobs/x.tgz", archive)
            .tgz()
    };
    vec![
        (
            "archive with other content",
            listed(Tar::default().file("job.MF", "x").tgz()),
            "has the fingerprint",
        ),
        (
            "archive that climbs",
            listed(Tar::default().file("../job.MF", "x").tgz()),
            "../job.MF",
        ),
        (
            "archive with a device",
            listed(Tar::default().member(EntryType::Char, "d", "", b"").tgz()),
            "device",
        ),
        (
            "archive with a bomb",
            listed(Tar::default().file("b", vec![0; 200 << 20]).tgz()),
            "compressed more than",
        ),
        (
            "archive that is none",
            listed(b"no archive".to_vec()),
            "jobs/x.tgz",
        ),
        (
            "unlisted",
            release().file("evil", "x").tgz(),
            "'evil' is not listed",
        ),
        (
            "unlisted job",
            release().file("jobs/evil.tgz", "x").tgz(),
            "'jobs/evil.tgz' is not listed",
        ),
        (
            "unlisted directory",
            release()
                .member(EntryType::Directory, "evil/", "", b"")
                .tgz(),
            "'evil' is not listed",
        ),
        (
            "unlisted license",
            release().file("LICENSE", "x").tgz(),
            "'LICENSE' is not listed",
        ),
        (
            "dependency that is not there",
            Tar::default()
                .file(
                    "release.MF",
                    format!("{}  packages: [none]\n", with_job("x", b"")),
                )
                .file("jobs/x.tgz", "")
                .tgz(),
            "'none'",
        ),
    ]
}

fn check(rows: Vec<Row>, commands: &[&[&str]], file: &str) {
    let place = Place::new();
    let mut failures = support::place::Failures::default();
    for (what, bytes, says) in rows {
        place.write("evil.tgz", bytes);
        for command in commands {
            failures.refused(what, &place, command, &[file, says]);
        }
    }
    failures.report();
}

#[test]
fn hostile_tarballs_are_refused_by_every_command() {
    check(hostile(), ALL, "evil.tgz");
}

#[test]
fn dishonest_tarballs_are_refused_where_archives_are_used() {
    check(dishonest(), &ALL[1..], "jobs/x.tgz");
}

#[test]
fn verify_release_looks_into_archives() {
    let place = Place::new();
    let mut failures = support::place::Failures::default();
    for (what, bytes, says) in for_verify() {
        place.write("evil.tgz", bytes);
        failures.refused(what, &place, &["verify-release", "evil.tgz"], &[says]);
    }
    failures.report();
}

#[test]
fn what_is_no_tarball_is_refused_in_place_of_one() {
    let place = Place::new();
    let mut failures = support::place::Failures::default();
    let changes: [(&str, &dyn Fn()); 4] = [
        ("a directory", &|| place.directory("evil.tgz")),
        ("a pipe", &|| place.pipe("evil.tgz")),
        ("a device", &|| place.link("evil.tgz", "/dev/zero")),
        ("a link to itself", &|| place.link("evil.tgz", "evil.tgz")),
    ];
    for (what, change) in changes {
        change();
        for command in ALL {
            failures.refused(what, &place, command, &["evil.tgz"]);
        }
    }
    failures.report();
}

#[test]
fn a_hostile_release_directory_cannot_be_vendored_from() {
    let digest = Sha256::of(b"none");
    let manifest = |name: &str, dependencies: &str| {
        format!(
            "{EMPTY}packages:\n- name: {name}\n  version: f\n  fingerprint: f\n  sha1: sha256:{digest}\n  dependencies: {dependencies}\n"
        )
    };
    let index = |id: &str| {
        format!(
            "builds:\n  f:\n    version: f\n    blobstore_id: {id}\n    sha1: sha256:{digest}\n"
        )
    };
    let rows: &[(&str, String, String, &str)] = &[
        (
            "id that climbs",
            manifest("tool", "[]"),
            index("../../etc/passwd"),
            "../../etc/passwd",
        ),
        (
            "absolute id",
            manifest("tool", "[]"),
            index("/etc/passwd"),
            "/etc/passwd",
        ),
        (
            "id of a directory",
            manifest("tool", "[]"),
            index("'.'"),
            "'.'",
        ),
        (
            "id with a NUL",
            manifest("tool", "[]"),
            index("\"a\\0b\""),
            "a",
        ),
        (
            "name that climbs",
            manifest("../tool", "[]"),
            index("x"),
            "'../tool'",
        ),
        (
            "dependency that climbs",
            manifest("tool", "[../x]"),
            index("x"),
            "'../x'",
        ),
        (
            "dependency that is not there",
            manifest("tool", "[x]"),
            index("x"),
            "'x'",
        ),
        (
            "archive of others",
            manifest("tool", "[]"),
            index("other"),
            "other",
        ),
    ];
    let mut failures = support::place::Failures::default();
    for (what, manifest, index, says) in rows {
        let place = Place::new();
        place.write(
            "evil/config/final.yml",
            "name: demo\nblobstore:\n  provider: local\n  options: {blobstore_path: store}\n",
        );
        place.write("evil/store/other", "something else");
        place.write(
            "evil/releases/demo/index.yml",
            "builds:\n  x: {version: '7'}\n",
        );
        place.write("evil/releases/demo/demo-7.yml", manifest);
        place.write("evil/.final_builds/packages/tool/index.yml", index);
        failures.refused(what, &place, &["vendor-package", "tool", "evil"], &[says]);
    }
    failures.report();

    // What is removed in a package's directory must be the package's.
    let place = Place::built();
    place.write("packages2/keep", "x");
    place.link("packages/tool", "../packages2");
    let mut failures = support::place::Failures::default();
    failures.refused(
        "link",
        &place,
        &["vendor-package", "tool", "."],
        &["packages/tool", "link"],
    );
    failures.report();
}
