//! The release manifest: `release.MF` in a tarball, `releases/NAME/NAME-VERSION.yml` in a directory.
//!
//! ```yaml
//! name: demo
//! version: 0+dev.1
//! commit_hash: d4b82b9
//! uncommitted_changes: false
//! jobs:
//! - name: web
//!   version: 1ede3219fb9299b181ba3a42f3365666546f026aa2d1dfd92757099a435a99fb
//!   fingerprint: 1ede3219fb9299b181ba3a42f3365666546f026aa2d1dfd92757099a435a99fb
//!   sha1: sha256:2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806
//!   packages:
//!   - p1
//! packages:
//! - name: p1
//!   version: 34581dd0d93735e444a32450e3ae3951258c936479b45e08f1fa074740c7e392
//!   fingerprint: 34581dd0d93735e444a32450e3ae3951258c936479b45e08f1fa074740c7e392
//!   sha1: sha256:27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a
//!   dependencies: []
//! no_compression: false
//! ```
//!
//! A compiled release has `compiled_packages`, each with a `stemcell`. `sha1` holds the digest whatever its algorithm.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;

use super::fingerprint::Fingerprint;
use super::name::Name;
use super::text;
use super::version::ReleaseVersion;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::digest::Digest;
use crate::source::Source;
use crate::yaml::{self, Node, Value};

/// A release as a list of archives.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseManifest {
    /// Its name.
    pub name: Name,
    /// Its version.
    pub version: ReleaseVersion,
    /// The git commit it was made from: short, `non-git`, or `empty`.
    pub commit_hash: String,
    /// Whether there were changes that no commit has.
    pub uncommitted_changes: bool,
    /// Jobs, sorted by name.
    pub jobs: Vec<Entry>,
    /// Packages, sorted by name.
    pub packages: Vec<Entry>,
    /// Compiled packages, of a compiled release.
    pub compiled_packages: Vec<CompiledEntry>,
    /// The license archive.
    pub license: Option<LicenseEntry>,
    /// Whether the tarball is a plain tar.
    pub no_compression: bool,
}

/// A job or package.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: Name,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Digest of its archive.
    pub digest: Digest,
    /// Packages of a job, dependencies of a package.
    pub packages: Vec<Name>,
}

/// A compiled package.
#[derive(Debug, Clone, PartialEq)]
pub struct CompiledEntry {
    /// The package.
    pub package: Entry,
    /// For which stemcell: `ubuntu-jammy/1.100`.
    pub stemcell: String,
}

/// The license archive.
#[derive(Debug, Clone, PartialEq)]
pub struct LicenseEntry {
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Digest of its archive.
    pub digest: Digest,
}

impl ReleaseManifest {
    /// Reads the manifest at `path`.
    pub fn read(path: &Path, shown: &str) -> Result<Self> {
        let source = text::read_source(path, shown)?;
        Ok(Self::parse(&source)?)
    }

    /// Parses a manifest; all that is wrong is reported.
    pub fn parse(source: &Arc<Source>) -> Result<Self, Diagnostics> {
        let root = yaml::parse(source)?;
        let mut reader = Reader {
            source,
            faults: Vec::new(),
        };
        let manifest = reader.manifest(&root);
        Diagnostics::from_list(reader.faults)?;
        manifest.ok_or_else(|| Diagnostic::error("the manifest could not be read").into())
    }

    /// The bytes of the file, as the official CLI writes them.
    pub fn to_yaml(&self) -> String {
        let mut fields = vec![
            ("name", Value::from(self.name.as_str())),
            ("version", Value::from(self.version.to_string())),
            ("commit_hash", Value::from(self.commit_hash.as_str())),
            ("uncommitted_changes", Value::Bool(self.uncommitted_changes)),
        ];
        push_list(&mut fields, "jobs", &self.jobs, |job| {
            entry_yaml(job, "packages", None)
        });
        push_list(&mut fields, "packages", &self.packages, |package| {
            entry_yaml(package, "dependencies", None)
        });
        push_list(
            &mut fields,
            "compiled_packages",
            &self.compiled_packages,
            |compiled| entry_yaml(&compiled.package, "dependencies", Some(&compiled.stemcell)),
        );
        if let Some(license) = &self.license {
            fields.push((
                "license",
                Value::map(archive_fields(&license.fingerprint, &license.digest)),
            ));
        }
        fields.push(("no_compression", Value::Bool(self.no_compression)));
        yaml::write(&Value::map(fields))
    }

    /// The commit hash as tables show it: `+` when there were uncommitted changes.
    pub fn marked_commit_hash(&self) -> String {
        let mark = if self.uncommitted_changes { "+" } else { "" };
        format!("{}{mark}", self.commit_hash)
    }
}

fn push_list<T>(
    fields: &mut Vec<(&str, Value)>,
    key: &'static str,
    list: &[T],
    one: impl Fn(&T) -> Value,
) {
    if !list.is_empty() {
        fields.push((key, Value::Sequence(list.iter().map(one).collect())));
    }
}

fn archive_fields(fingerprint: &Fingerprint, digest: &Digest) -> Vec<(&'static str, Value)> {
    vec![
        ("version", Value::from(fingerprint.as_str())),
        ("fingerprint", Value::from(fingerprint.as_str())),
        ("sha1", Value::from(digest.to_string())),
    ]
}

fn entry_yaml(entry: &Entry, packages_key: &'static str, stemcell: Option<&str>) -> Value {
    let mut fields = vec![("name", Value::from(entry.name.as_str()))];
    fields.extend(archive_fields(&entry.fingerprint, &entry.digest));
    if let Some(stemcell) = stemcell {
        fields.push(("stemcell", Value::from(stemcell)));
    }
    let names = entry.packages.iter().map(|name| Value::from(name.as_str()));
    fields.push((packages_key, Value::Sequence(names.collect())));
    Value::map(fields)
}

/// Reads fields, and gathers what is wrong.
struct Reader<'a> {
    source: &'a Arc<Source>,
    faults: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn fault(&mut self, node: &Node, message: impl Into<String>) {
        let fault = Diagnostic::error(message).at(self.source, node.span, "");
        self.faults.push(fault);
    }

    fn manifest(&mut self, root: &Node) -> Option<ReleaseManifest> {
        if !root.is_null() && root.kind_name() != "a map" {
            let message = format!(
                "Expected the manifest to be a map, not {}",
                root.kind_name()
            );
            self.fault(root, message);
            return None;
        }
        let name = self.name(root, "the release");
        let version = self.version(root);
        let jobs = self.list(root, "jobs", |reader, node| reader.entry(node, "packages"));
        let packages = self.list(root, "packages", |reader, node| {
            reader.entry(node, "dependencies")
        });
        let compiled_packages = self.list(root, "compiled_packages", Self::compiled);
        let license = match root.get("license") {
            Some(node) if !node.is_null() => self.license(node),
            _ => None,
        };
        Some(ReleaseManifest {
            name: name?,
            version: version?,
            commit_hash: root
                .get("commit_hash")
                .and_then(Node::as_str)
                .unwrap_or_default(),
            uncommitted_changes: flag(root, "uncommitted_changes"),
            jobs,
            packages,
            compiled_packages,
            license,
            no_compression: flag(root, "no_compression"),
        })
    }

    fn version(&mut self, root: &Node) -> Option<ReleaseVersion> {
        let text = self.required(root, "version", "the release")?;
        ReleaseVersion::parse(&text)
            .map_err(|error| self.fault(root.get("version").unwrap_or(root), error.to_string()))
            .ok()
    }

    fn name(&mut self, node: &Node, of: &str) -> Option<Name> {
        let text = self.required(node, "name", of)?;
        self.checked_name(node.get("name").unwrap_or(node), &text)
    }

    fn checked_name(&mut self, node: &Node, text: &str) -> Option<Name> {
        let name = Name::parse(text);
        if name.is_none() {
            self.fault(
                node,
                format!("'{text}' is not a valid name: {}", Name::RULE),
            );
        }
        name
    }

    fn required(&mut self, node: &Node, key: &str, of: &str) -> Option<String> {
        let text = node
            .get(key)
            .and_then(Node::as_str)
            .filter(|text| !text.is_empty());
        if text.is_none() {
            let at = node.get(key).unwrap_or(node);
            self.fault(at, format!("Expected {of} to have a '{key}'"));
        }
        text
    }

    fn list<T>(
        &mut self,
        root: &Node,
        key: &str,
        one: impl Fn(&mut Self, &Node) -> Option<T>,
    ) -> Vec<T> {
        let Some(node) = root.get(key).filter(|node| !node.is_null()) else {
            return Vec::new();
        };
        let Some(items) = node.as_sequence() else {
            self.fault(
                node,
                format!("Expected '{key}' to be a list, not {}", node.kind_name()),
            );
            return Vec::new();
        };
        items.iter().filter_map(|item| one(self, item)).collect()
    }

    fn entry(&mut self, node: &Node, packages_key: &str) -> Option<Entry> {
        let name = self.name(node, "each entry");
        let fingerprint = self.fingerprint(node);
        let digest = self.digest(node);
        let packages = self.list(node, packages_key, |reader, item| {
            let text = item.as_str().unwrap_or_default();
            reader.checked_name(item, &text)
        });
        Some(Entry {
            name: name?,
            fingerprint: fingerprint?,
            digest: digest?,
            packages,
        })
    }

    fn fingerprint(&mut self, node: &Node) -> Option<Fingerprint> {
        let text = node
            .get("fingerprint")
            .and_then(Node::as_str)
            .filter(|text| !text.is_empty());
        match text {
            Some(text) => Some(Fingerprint::from_text(text)),
            None => self
                .required(node, "version", "each entry")
                .map(Fingerprint::from_text),
        }
    }

    fn digest(&mut self, node: &Node) -> Option<Digest> {
        let text = self.required(node, "sha1", "each entry")?;
        Digest::parse(&text)
            .map_err(|error| self.fault(node.get("sha1").unwrap_or(node), error.to_string()))
            .ok()
    }

    fn compiled(&mut self, node: &Node) -> Option<CompiledEntry> {
        let stemcell = self.required(node, "stemcell", "each compiled package");
        let package = self.entry(node, "dependencies");
        Some(CompiledEntry {
            package: package?,
            stemcell: stemcell?,
        })
    }

    fn license(&mut self, node: &Node) -> Option<LicenseEntry> {
        let fingerprint = self.fingerprint(node);
        let digest = self.digest(node);
        Some(LicenseEntry {
            fingerprint: fingerprint?,
            digest: digest?,
        })
    }
}

fn flag(root: &Node, key: &str) -> bool {
    root.get(key).and_then(Node::as_bool).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "\
name: demo
version: \"1.2\"
commit_hash: \"1234567\"
uncommitted_changes: true
jobs:
- name: web
  version: f1
  fingerprint: f1
  sha1: sha256:2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806
  packages: []
packages:
- name: p1
  version: f2
  fingerprint: f2
  sha1: 4b1568079f8fc1adcdbff5bf24b9be9fc9e4576d
  dependencies:
  - p2
compiled_packages:
- name: c1
  version: f3
  fingerprint: f3
  sha1: 4b1568079f8fc1adcdbff5bf24b9be9fc9e4576d
  stemcell: ubuntu-jammy/1.100
  dependencies: []
license:
  version: f4
  fingerprint: f4
  sha1: 4b1568079f8fc1adcdbff5bf24b9be9fc9e4576d
no_compression: false
";

    #[test]
    fn what_is_read_is_written_again() {
        let manifest = ReleaseManifest::parse(&Source::new("release.MF", SAMPLE)).unwrap();
        assert_eq!(manifest.to_yaml(), SAMPLE);
        assert_eq!(manifest.marked_commit_hash(), "1234567+");
    }

    #[test]
    fn everything_wrong_is_reported_together() {
        let text = "name: ../x\nversion: a b\njobs:\n- name: j\npackages: 7\n";
        let faults = ReleaseManifest::parse(&Source::new("release.MF", text)).unwrap_err();
        let shown = faults.to_string();
        for part in [
            "'../x' is not a valid name",
            "release.MF:2:10",
            "'sha1'",
            "'packages' to be a list",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }
}
