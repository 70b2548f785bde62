//! `config/final.yml`, `config/private.yml` and `config/bosh-release.yml`.
//!
//! ```yaml
//! # config/final.yml
//! name: redis
//! blobstore:
//!   provider: s3
//!   options: {bucket_name: redis-release-blobs}
//! no_compression: false
//!
//! # config/private.yml: its options win over the public ones
//! blobstore:
//!   options: {access_key_id: ..., secret_access_key: ...}
//! ```
//!
//! `config/bosh-release.yml` holds what only this tool knows; every key is optional:
//!
//! ```yaml
//! package_sources: src-vendor
//! template_partials: templates
//! tarball: releases/((name))/((name))-((version)).tgz
//! signing: {format: ssh, key: config/signing_key, allowed_signers: config/allowed_signers}
//! upstreams:
//!   redis/redis-7.0.15.tar.gz:
//!   - url: https://example.com/redis-7.0.15.tar.gz
//!   - debian_source: {package: redis, version: 7.0.15}
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Result, anyhow, bail};

use super::directory::ReleaseDirectory;
use super::name::Name;
use super::spec::inner_path;
use super::text::read_if_there;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::nearest::nearest;
use crate::source::Source;
use crate::upstream::Upstream;
use crate::yaml::{self, Node, Value};

/// What `final.yml` and `private.yml` say.
#[derive(Debug, Clone, Default)]
pub struct FinalConfig {
    name: Option<String>,
    final_name: Option<String>,
    provider: Option<String>,
    options: Vec<(String, Value)>,
    private_options: Vec<(String, Value)>,
    /// Whether release tarballs are plain tars.
    pub no_compression: bool,
}

/// What `bosh-release.yml` says.
#[derive(Debug, Clone, Default)]
pub struct ToolConfig {
    /// Instead of `src`.
    pub package_sources: Option<String>,
    /// Instead of `templates`.
    pub template_partials: Option<String>,
    /// Where each final release gets its tarball, with `((name))` and `((version))`.
    pub tarball: Option<String>,
    /// How final tarballs are signed.
    pub signing: Option<SigningConfig>,
    /// Where blobs come from when no blobstore has them.
    pub upstreams: BTreeMap<String, Vec<Upstream>>,
}

/// `signing`: paths relative to the release.
#[derive(Debug, Clone)]
pub struct SigningConfig {
    /// The private key.
    pub key: Option<PathBuf>,
    /// Who may sign.
    pub allowed_signers: Option<PathBuf>,
}

impl FinalConfig {
    /// Reads both files; ones that are not there are empty.
    pub fn read(release: &ReleaseDirectory) -> Result<Self> {
        let mut config = Self::default();
        let path = release.final_config();
        if let Some((source, root)) = read_if_there(&path, &release.shown(&path))? {
            config.read_public(&source, &root)?;
        }
        let path = release.private_config();
        if let Some((source, root)) = read_if_there(&path, &release.shown(&path))? {
            config.private_options = blobstore(&source, &root)?.1;
        }
        Ok(config)
    }

    fn read_public(&mut self, source: &Arc<Source>, root: &Node) -> Result<(), Diagnostics> {
        self.name = text(source, root, "name")?;
        self.final_name = text(source, root, "final_name")?;
        (self.provider, self.options) = blobstore(source, root)?;
        self.no_compression = match root.get("no_compression").filter(|node| !node.is_null()) {
            None => false,
            Some(node) => node.as_bool().ok_or_else(|| {
                wrong(
                    source,
                    node,
                    "Expected 'no_compression' to be true or false",
                )
            })?,
        };
        Ok(())
    }

    /// The release's name.
    pub fn name(&self, release: &ReleaseDirectory) -> Result<Name> {
        let path = release.final_config();
        let path = path.display();
        let text = match (&self.name, &self.final_name) {
            (Some(_), Some(_)) => {
                bail!("Expected 'name' or 'final_name' but not both in config '{path}'")
            }
            (Some(name), None) | (None, Some(name)) => name,
            (None, None) => bail!("Expected non-empty 'name' in config '{path}'"),
        };
        Name::parse(text).ok_or_else(|| {
            anyhow!(
                "'{text}' in config '{path}' is not a valid release name: a Director takes {}",
                Name::RULE
            )
        })
    }

    /// The blobstore's provider and options, private ones over public ones.
    pub fn blobstore(&self, release: &ReleaseDirectory) -> Result<(&str, BTreeMap<String, Value>)> {
        let Some(provider) = &self.provider else {
            let path = release.final_config();
            bail!(
                "Expected non-empty 'blobstore.provider' in config '{}'",
                path.display()
            );
        };
        let options = self.options.iter().chain(&self.private_options);
        Ok((provider, options.cloned().collect()))
    }
}

/// A text that is not empty; `None` when the key is absent, null or empty.
fn text(source: &Arc<Source>, node: &Node, key: &str) -> Result<Option<String>, Diagnostics> {
    let Some(value) = node.get(key).filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    match value.as_str() {
        Some(text) => Ok(Some(text).filter(|text| !text.is_empty())),
        None => Err(wrong(
            source,
            value,
            format!("Expected '{key}' to be a string"),
        )),
    }
}

fn wrong(source: &Arc<Source>, node: &Node, message: impl Into<String>) -> Diagnostics {
    let message = format!("{}, not {}", message.into(), node.kind_name());
    Diagnostic::error(message).at(source, node.span, "").into()
}

/// Options of a blobstore, in the order of the file.
type BlobstoreOptions = Vec<(String, Value)>;

/// Provider and options of the `blobstore` section.
fn blobstore(
    source: &Arc<Source>,
    root: &Node,
) -> Result<(Option<String>, BlobstoreOptions), Diagnostics> {
    if !root.is_null() && root.kind_name() != "a map" {
        return Err(wrong(source, root, "Expected the file to hold a map"));
    }
    let Some(node) = root.get("blobstore").filter(|node| !node.is_null()) else {
        return Ok((None, Vec::new()));
    };
    if node.kind_name() != "a map" {
        return Err(wrong(source, node, "Expected 'blobstore' to be a map"));
    }
    let provider = text(source, node, "provider")?;
    let options = match node.get("options").filter(|node| !node.is_null()) {
        None => Vec::new(),
        Some(options) if options.kind_name() == "a map" => options.entries(),
        Some(options) => return Err(wrong(source, options, "Expected 'options' to be a map")),
    };
    let options = options
        .into_iter()
        .map(|(key, _, value)| (key, value.value()))
        .collect();
    Ok((provider, options))
}

/// The bytes of a `final.yml` with a name and nothing else.
pub fn new_final_config(name: &str) -> String {
    yaml::write(&Value::map([("name", Value::from(name))]))
}

impl ToolConfig {
    /// Reads the file; one that is not there says nothing. Unknown keys are errors: a typing error would go unnoticed.
    pub fn read(release: &ReleaseDirectory) -> Result<Self> {
        let path = release.tool_config();
        let Some((source, root)) = read_if_there(&path, &release.shown(&path))? else {
            return Ok(Self::default());
        };
        let mut reader = ToolConfigReader {
            source: &source,
            faults: Vec::new(),
        };
        let config = reader.config(&root);
        Diagnostics::from_list(reader.faults)?;
        Ok(config)
    }
}

struct ToolConfigReader<'a> {
    source: &'a Arc<Source>,
    faults: Vec<Diagnostic>,
}

impl ToolConfigReader<'_> {
    fn fault(&mut self, node: &Node, message: impl Into<String>) {
        let fault = Diagnostic::error(message).at(self.source, node.span, "");
        self.faults.push(fault);
    }

    /// The entries of a map whose keys must all be known.
    fn section<'n>(&mut self, node: &'n Node, known: &[&str]) -> Vec<(String, &'n Node)> {
        if !node.is_null() && node.kind_name() != "a map" {
            self.fault(node, format!("Expected a map, not {}", node.kind_name()));
            return Vec::new();
        }
        let mut entries = Vec::new();
        for (key, key_node, value) in node.entries() {
            if known.contains(&key.as_str()) {
                entries.push((key, value));
            } else {
                let fault = Diagnostic::error(format!("Unknown key '{key}'")).at(
                    self.source,
                    key_node.span,
                    "",
                );
                self.faults
                    .push(match nearest(&key, known.iter().copied()) {
                        Some(meant) => fault.hint(format!("did you mean '{meant}'?")),
                        None => fault.hint(format!("known keys: {}", known.join(", "))),
                    });
            }
        }
        entries
    }

    fn text(&mut self, node: &Node) -> Option<String> {
        let text = node.as_str().filter(|text| !text.is_empty());
        if text.is_none() {
            self.fault(node, format!("Expected a string, not {}", node.kind_name()));
        }
        text
    }

    fn path(&mut self, node: &Node) -> Option<PathBuf> {
        let text = self.text(node)?;
        let path = inner_path(&text);
        if path.is_none() {
            self.fault(node, format!("Path '{text}' lies outside of the release"));
        }
        path
    }

    fn config(&mut self, root: &Node) -> ToolConfig {
        let mut config = ToolConfig::default();
        let known = [
            "package_sources",
            "template_partials",
            "tarball",
            "signing",
            "upstreams",
        ];
        for (key, node) in self.section(root, &known) {
            match key.as_str() {
                "package_sources" => {
                    let path = self.path(node);
                    config.package_sources = path.map(|path| path.display().to_string());
                }
                "template_partials" => {
                    let path = self.path(node);
                    config.template_partials = path.map(|path| path.display().to_string());
                }
                "tarball" => {
                    config.tarball = self.path(node).map(|path| path.display().to_string());
                }
                "signing" => config.signing = Some(self.signing(node)),
                "upstreams" => config.upstreams = self.upstreams(node),
                _ => {
                    let message =
                        format!("'{key}' is not supported yet by this version of bosh-release");
                    self.fault(node, message);
                }
            }
        }
        config
    }

    fn signing(&mut self, node: &Node) -> SigningConfig {
        let mut signing = SigningConfig {
            key: None,
            allowed_signers: None,
        };
        for (key, node) in self.section(node, &["format", "key", "allowed_signers"]) {
            match key.as_str() {
                "key" => signing.key = self.path(node),
                "allowed_signers" => signing.allowed_signers = self.path(node),
                _ => {
                    if self.text(node).is_some_and(|format| format != "ssh") {
                        self.fault(
                            node,
                            "Expected 'format' to be 'ssh', the one format there is",
                        );
                    }
                }
            }
        }
        signing
    }

    fn upstreams(&mut self, node: &Node) -> BTreeMap<String, Vec<Upstream>> {
        let mut upstreams = BTreeMap::new();
        if !node.is_null() && node.kind_name() != "a map" {
            self.fault(
                node,
                format!(
                    "Expected 'upstreams' to be a map of blob paths, not {}",
                    node.kind_name()
                ),
            );
        }
        for (blob, _, list) in node.entries() {
            let Some(items) = list.as_sequence() else {
                self.fault(
                    list,
                    format!("Expected a list of upstreams, not {}", list.kind_name()),
                );
                continue;
            };
            let found = items
                .iter()
                .filter_map(|item| self.upstream(item))
                .collect();
            upstreams.insert(blob, found);
        }
        upstreams
    }

    fn upstream(&mut self, node: &Node) -> Option<Upstream> {
        let entries = self.section(node, &["url", "debian_source"]);
        let [(key, value)] = entries.as_slice() else {
            self.fault(
                node,
                "Expected an upstream to have either 'url' or 'debian_source'",
            );
            return None;
        };
        if key == "url" {
            return Some(Upstream::Url(self.text(value)?));
        }
        let mut package = None;
        let mut version = None;
        for (key, node) in self.section(value, &["package", "version"]) {
            let text = self.text(node);
            if key == "package" {
                package = text;
            } else {
                version = text;
            }
        }
        if package.is_none() || version.is_none() {
            self.fault(
                value,
                "Expected 'debian_source' to have a 'package' and a 'version'",
            );
        }
        Some(Upstream::DebianSource {
            package: package?,
            version: version?,
        })
    }
}
