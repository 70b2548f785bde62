//! Release manifests: what is written reads as the same, whatever the names and texts in it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers fail the test"
)]

use bosh_release::digest::{Algorithm, Digest};
use bosh_release::release::fingerprint::Fingerprint;
use bosh_release::release::manifest::{CompiledEntry, Entry, LicenseEntry, ReleaseManifest};
use bosh_release::release::name::Name;
use bosh_release::release::version::ReleaseVersion;
use bosh_release::source::Source;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Names that YAML could take for something else are among them.
fn name() -> impl Strategy<Value = Name> {
    let odd = proptest::sample::select(vec![
        "yes", "no", "null", "true", "on", "1", "0x1f", "0777", "1e3", ".inf", "1_000", "-", "---",
        "...", "+1", "2.0",
    ]);
    prop_oneof![
        "[-0-9A-Za-z_+.]{1,20}".prop_map(String::from),
        odd.prop_map(String::from)
    ]
    .prop_filter_map("a name", |text| Name::parse(&text))
}

fn version() -> impl Strategy<Value = ReleaseVersion> {
    "[0-9]{1,4}(\\.[0-9a-z]{1,3}){0,3}(-[a-z0-9]{1,4})?(\\+(dev|build)\\.[0-9]{1,12})?"
        .prop_filter_map("a version", |text| ReleaseVersion::parse(&text).ok())
}

fn fingerprint() -> impl Strategy<Value = Fingerprint> {
    prop_oneof![
        "[0-9a-f]{64}",
        "[0-9a-f]{40}",
        "[0-9]{1,40}",
        "[0-9]e[0-9]{1,3}"
    ]
    .prop_map(Fingerprint::from_text)
}

fn digest() -> impl Strategy<Value = Digest> {
    let algorithm = proptest::sample::select(vec![Algorithm::Sha1, Algorithm::Sha256]);
    (algorithm, any::<[u8; 4]>()).prop_map(|(algorithm, bytes)| Digest::of(algorithm, &bytes))
}

fn entry() -> impl Strategy<Value = Entry> {
    (name(), fingerprint(), digest(), vec(name(), 0..4)).prop_map(
        |(name, fingerprint, digest, packages)| Entry {
            name,
            fingerprint,
            digest,
            packages,
        },
    )
}

fn compiled() -> impl Strategy<Value = CompiledEntry> {
    (entry(), "[a-z]{1,8}/[0-9.]{1,6}")
        .prop_map(|(package, stemcell)| CompiledEntry { package, stemcell })
}

fn license() -> impl Strategy<Value = LicenseEntry> {
    (fingerprint(), digest()).prop_map(|(fingerprint, digest)| LicenseEntry {
        fingerprint,
        digest,
    })
}

fn manifest() -> impl Strategy<Value = ReleaseManifest> {
    let commit = prop_oneof![
        "[0-9a-f]{7,12}",
        "[0-9]{7}",
        "[0-9]e[0-9]{5}",
        "0[0-7]{6}",
        "non-git|empty repository|"
    ];
    let lists = (
        vec(entry(), 0..4),
        vec(entry(), 0..4),
        vec(compiled(), 0..3),
    );
    let head = (name(), version(), commit, any::<bool>(), any::<bool>());
    (head, lists, option::of(license())).prop_map(|(head, lists, license)| {
        let (name, version, commit_hash, uncommitted_changes, no_compression) = head;
        let (jobs, packages, compiled_packages) = lists;
        ReleaseManifest {
            name,
            version,
            commit_hash,
            uncommitted_changes,
            jobs,
            packages,
            compiled_packages,
            license,
            no_compression,
        }
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_as_the_same(manifest in manifest()) {
        let text = manifest.to_yaml();
        let read = ReleaseManifest::parse(&Source::new("release.MF", text.as_str()));
        prop_assert_eq!(read.unwrap(), manifest, "{}", text);
    }

    #[test]
    fn no_text_panics(text in "(name|version|jobs|- name|  sha1)[-: a-z0-9\n\\[\\]{}'\"]{0,200}") {
        if let Err(faults) = ReleaseManifest::parse(&Source::new("release.MF", text)) {
            prop_assert!(!faults.to_string().is_empty());
        }
    }
}
