//! Indexes: which archive a fingerprint has, and which versions a release has.
//!
//! `.dev_builds/packages/redis/index.yml` and its likes:
//!
//! ```yaml
//! builds:
//!   34581dd0d93735e444a32450e3ae3951258c936479b45e08f1fa074740c7e392:
//!     version: 34581dd0d93735e444a32450e3ae3951258c936479b45e08f1fa074740c7e392
//!     blobstore_id: 36764f38-6274-4a5d-8faa-26c31a745cb2
//!     sha1: sha256:2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806
//! format-version: "2"
//! ```
//!
//! `blobstore_id` is only in final ones; `sha1` holds the digest whatever its algorithm. Old files have other keys,
//! so an entry is found by its `version`. `releases/redis/index.yml` has `version` alone, under a random key.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};

use super::fingerprint::Fingerprint;
use super::text::read_if_there;
use super::version::ReleaseVersion;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::digest::Digest;
use crate::source::Source;
use crate::yaml::{self, Node, Value};

/// An archive that is known to an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    /// Of what.
    pub fingerprint: Fingerprint,
    /// Where in the blobstore; final builds only.
    pub blobstore_id: Option<String>,
    /// Of the archive.
    pub digest: Digest,
}

/// One `index.yml` of a job, package or the license.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildsIndex {
    builds: BTreeMap<String, Build>,
}

impl BuildsIndex {
    /// Reads an index; one that is not there is empty.
    pub fn read(path: &Path, shown: &str) -> Result<Self> {
        let Some((source, node)) = read_if_there(path, shown)? else {
            return Ok(Self::default());
        };
        let mut builds = BTreeMap::new();
        for (key, key_node, entry) in entries(&source, &node)? {
            let text = |name: &str| entry.get(name).and_then(Node::as_str);
            let wrong = |message: String| {
                Diagnostics::from(Diagnostic::error(message).at(&source, key_node.span, ""))
            };
            let fingerprint = text("version")
                .ok_or_else(|| wrong(format!("Expected entry '{key}' to have a version")))?;
            let digest = text("sha1").ok_or_else(|| {
                wrong(format!("Expected entry '{key}' to have a digest ('sha1')"))
            })?;
            let digest = Digest::parse(&digest).map_err(|error| wrong(error.to_string()))?;
            let build = Build {
                fingerprint: Fingerprint::from_text(fingerprint),
                blobstore_id: text("blobstore_id"),
                digest,
            };
            builds.insert(key, build);
        }
        Ok(Self { builds })
    }

    /// The archive of `fingerprint`.
    pub fn find(&self, fingerprint: &Fingerprint) -> Option<&Build> {
        self.builds
            .values()
            .find(|build| build.fingerprint == *fingerprint)
    }

    /// Whether no build is known at all.
    pub fn is_empty(&self) -> bool {
        self.builds.is_empty()
    }

    /// Adds `build`, or replaces the one of the same fingerprint.
    pub fn put(&mut self, build: Build) {
        self.builds
            .retain(|_, known| known.fingerprint != build.fingerprint);
        self.builds.insert(build.fingerprint.to_string(), build);
    }

    /// The bytes of the file.
    pub fn to_yaml(&self) -> String {
        let builds = self.builds.iter().map(|(key, build)| {
            let mut entry = vec![("version", Value::from(build.fingerprint.as_str()))];
            if let Some(id) = &build.blobstore_id {
                entry.push(("blobstore_id", Value::from(id.as_str())));
            }
            entry.push(("sha1", Value::from(build.digest.to_string())));
            (Value::from(key.as_str()), Value::map(entry))
        });
        index_yaml(builds.collect())
    }
}

/// One `index.yml` of dev or final releases.
#[derive(Debug, Clone, Default)]
pub struct ReleasesIndex {
    versions: BTreeMap<String, ReleaseVersion>,
}

impl ReleasesIndex {
    /// Reads an index; one that is not there is empty.
    pub fn read(path: &Path, shown: &str) -> Result<Self> {
        let Some((source, node)) = read_if_there(path, shown)? else {
            return Ok(Self::default());
        };
        let mut versions = BTreeMap::new();
        for (key, key_node, entry) in entries(&source, &node)? {
            let version = entry
                .get("version")
                .and_then(Node::as_str)
                .unwrap_or_default();
            let version = ReleaseVersion::parse(&version).map_err(|error| {
                Diagnostics::from(Diagnostic::error(error.to_string()).at(
                    &source,
                    key_node.span,
                    "",
                ))
            });
            versions.insert(key, version.context("Parsing release versions")?);
        }
        Ok(Self { versions })
    }

    /// The greatest version.
    pub fn last(&self) -> Option<&ReleaseVersion> {
        self.versions.values().max()
    }

    /// Whether exactly this text is there.
    pub fn contains(&self, version: &ReleaseVersion) -> bool {
        let wanted = version.to_string();
        self.versions
            .values()
            .any(|known| known.to_string() == wanted)
    }

    /// Adds a version under `key`, a fresh random one.
    pub fn add(&mut self, key: String, version: ReleaseVersion) {
        self.versions.insert(key, version);
    }

    /// The bytes of the file.
    pub fn to_yaml(&self) -> String {
        let builds = self.versions.iter().map(|(key, version)| {
            let entry = Value::map([("version", Value::from(version.to_string()))]);
            (Value::from(key.as_str()), entry)
        });
        index_yaml(builds.collect())
    }
}

/// What `builds` holds. Anything but a map is an error: an index that counted as empty would be written over.
fn entries<'n>(
    source: &Arc<Source>,
    root: &'n Node,
) -> Result<Vec<(String, &'n Node, &'n Node)>, Diagnostics> {
    let map = |node: &'n Node, what: &str| {
        if node.is_null() || node.kind_name() == "a map" {
            return Ok(node);
        }
        let message = format!("Expected {what} to be a map, not {}", node.kind_name());
        Err(Diagnostics::from(
            Diagnostic::error(message).at(source, node.span, ""),
        ))
    };
    match map(root, "the index")?.get("builds") {
        Some(builds) => Ok(map(builds, "'builds'")?.entries()),
        None => Ok(Vec::new()),
    }
}

fn index_yaml(builds: Vec<(Value, Value)>) -> String {
    yaml::write(&Value::map([
        ("builds", Value::Mapping(builds)),
        ("format-version", Value::from("2")),
    ]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "\
builds:
  34581dd0d93735e444a32450e3ae3951258c936479b45e08f1fa074740c7e392:
    version: 34581dd0d93735e444a32450e3ae3951258c936479b45e08f1fa074740c7e392
    blobstore_id: 36764f38-6274-4a5d-8faa-26c31a745cb2
    sha1: sha256:2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806
format-version: \"2\"
";

    fn read(text: &str) -> Result<BuildsIndex> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("index.yml");
        std::fs::write(&path, text).unwrap();
        BuildsIndex::read(&path, "index.yml")
    }

    #[test]
    fn what_is_read_is_written_again() {
        let index = read(SAMPLE).unwrap();
        assert_eq!(index.to_yaml(), SAMPLE);
        let fingerprint = Fingerprint::from_text(
            "34581dd0d93735e444a32450e3ae3951258c936479b45e08f1fa074740c7e392",
        );
        assert!(index.find(&fingerprint).is_some());
    }

    #[test]
    fn an_entry_is_found_by_its_version_whatever_its_key() {
        let old = "builds:\n  somekey:\n    version: abc\n    sha1: 4b1568079f8fc1adcdbff5bf24b9be9fc9e4576d\n";
        let mut index = read(old).unwrap();
        let fingerprint = Fingerprint::from_text("abc");
        let build = index.find(&fingerprint).unwrap().clone();
        index.put(build);
        assert!(!index.to_yaml().contains("somekey"));
    }

    #[test]
    fn an_entry_without_digest_is_an_error_with_its_place() {
        let error = read("builds:\n  abc:\n    version: abc\n").unwrap_err();
        assert!(format!("{error:#}").contains("index.yml:2:3"), "{error:#}");
    }

    #[test]
    fn an_absent_index_is_empty() {
        assert!(
            BuildsIndex::read(Path::new("/nonexistent/index.yml"), "x")
                .unwrap()
                .is_empty()
        );
    }
}
