//! A release directory with its configuration: where every command starts.

use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Number, Value as Json};

use super::changes;
use super::config::{FinalConfig, ToolConfig};
use super::directory::{Kind, ReleaseDirectory, Stage};
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

    /// Removes temporary files that killed processes left where git would see them.
    pub fn sweep(&self, name: &Name) {
        let directory = &self.directory;
        for stage in [Stage::Dev, Stage::Final] {
            changes::sweep(&directory.releases(stage, name.as_str()));
            for kind in [Kind::Job, Kind::Package, Kind::License] {
                let index = directory.builds_index(stage, kind, "x");
                let above = if kind == Kind::License { 1 } else { 2 };
                sweep_level(index.ancestors().nth(above).unwrap_or(directory.root()));
            }
        }
        changes::sweep(&directory.root().join("config"));
        changes::sweep(directory.root());
    }
}

/// Sweeps a directory and the directories in it.
fn sweep_level(directory: &Path) {
    changes::sweep(directory);
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            changes::sweep(&entry.path());
        }
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
        // No option of a blobstore holds bytes.
        Value::Null | Value::Binary(_) => Json::Null,
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
