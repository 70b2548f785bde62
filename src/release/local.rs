//! A release directory with its configuration: where every command starts.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Number, Value as Json};

use super::changes;
use super::config::{FinalConfig, ToolConfig};
use super::directory::{ReleaseDirectory, Stage};
use super::index::ReleasesIndex;
use super::manifest::ReleaseManifest;
use super::name::Name;
use crate::blobstore::{self, Blobstore};
use crate::yaml::Value;

/// A release directory and what its configuration says.
#[derive(Debug)]
pub struct LocalRelease {
    /// Paths.
    pub directory: ReleaseDirectory,
    /// `final.yml` and `private.yml`.
    pub config: FinalConfig,
    /// `bosh-release.yml`.
    pub tool: ToolConfig,
}

impl LocalRelease {
    /// Reads the configuration of the release at `root` (absolute). Files that are not there say nothing.
    pub fn open(root: &Path, home: &Path) -> Result<Self> {
        let directory = ReleaseDirectory::new(root, home);
        let config = FinalConfig::read(&directory);
        let tool = ToolConfig::read(&directory)?;
        let directory = match &tool.package_sources {
            Some(sources) => directory.with_sources(sources),
            None => directory,
        };
        let directory = match &tool.template_partials {
            Some(partials) => directory.with_partials(partials),
            None => directory,
        };
        Ok(Self {
            config: config?,
            tool,
            directory,
        })
    }

    /// The final blobstore; an error when none is configured.
    pub fn blobstore(&self) -> Result<Box<dyn Blobstore>> {
        let (provider, values) = self.config.blobstore(&self.directory)?;
        let options = blobstore::Options {
            values: values
                .into_iter()
                .map(|(key, value)| (key, json(&value)))
                .collect(),
            release_directory: self.directory.root().to_path_buf(),
        };
        blobstore::open(Some(provider), &options)
    }

    /// The versions of `name` that are there.
    pub fn versions(&self, stage: Stage, name: &Name) -> Result<ReleasesIndex> {
        let path = self.directory.releases_index(stage, name.as_str());
        ReleasesIndex::read(&path, &self.directory.shown(&path))
    }

    /// The release of the greatest version, dev or final, if any was made here.
    pub fn last_release(&self) -> Result<Option<ReleaseManifest>> {
        let name = self.config.name(&self.directory)?;
        let dev = self.versions(Stage::Dev, &name)?;
        let finals = self.versions(Stage::Final, &name)?;
        let (stage, version) = match (dev.last(), finals.last()) {
            (Some(dev), Some(last)) if last > dev => (Stage::Final, last),
            (Some(dev), _) => (Stage::Dev, dev),
            (None, Some(last)) => (Stage::Final, last),
            (None, None) => return Ok(None),
        };
        let version = version.to_string();
        let path = self.directory.manifest(stage, name.as_str(), &version);
        ReleaseManifest::read(&path, &path.display().to_string()).map(Some)
    }
}

/// The right to change a release, as long as it lives: one process at a time has it.
#[derive(Debug)]
pub struct Exclusive {
    _directory: Option<File>,
}

impl Exclusive {
    /// Waits until no other process changes the release at `root`, after saying so with `wait`; then tidies up after
    /// processes that were killed.
    ///
    /// The directory itself is locked: it is there, is never replaced, and git sees nothing of it. Where it cannot be
    /// locked (some network file systems) everything works as it does in the official CLI, which never locks.
    pub fn take(root: &Path, wait: &dyn Fn()) -> Self {
        let directory = File::open(root).ok();
        if let Some(directory) = &directory
            && matches!(directory.try_lock(), Err(TryLockError::WouldBlock))
        {
            wait();
            directory.lock().ok();
        }
        changes::recover(root);
        tidy(root);
        Self {
            _directory: directory,
        }
    }
}

/// Removes temporary files of killed processes from wherever commands write.
fn tidy(root: &Path) {
    for (directory, depth) in [
        (".dev_builds", 2),
        (".final_builds", 2),
        ("dev_releases", 2),
        ("releases", 2),
        ("blobs", 16),
        ("jobs", 1),
        ("packages", 1),
        ("config", 0),
        ("", 0),
    ] {
        changes::sweep_below(&root.join(directory), depth);
    }
}

/// Blobstore options as the providers take them.
fn json(value: &Value) -> Json {
    match value {
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Integer(number) => Json::from(*number),
        Value::Unsigned(number) => Json::from(*number),
        Value::Float(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
        Value::String(text) => Json::from(text.as_str()),
        // No option of a blobstore holds bytes, and the CLI's YAML has no larger integers.
        Value::Null | Value::Symbol(_) | Value::Binary(_) | Value::BigInteger(_) => Json::Null,
        Value::Sequence(items) => Json::Array(items.iter().map(json).collect()),
        Value::Mapping(entries) => {
            let entry = |(key, value): &(Value, Value)| match key {
                Value::String(key) => Some((key.clone(), json(value))),
                _ => None,
            };
            Json::Object(entries.iter().filter_map(entry).collect::<Map<_, _>>())
        }
    }
}
