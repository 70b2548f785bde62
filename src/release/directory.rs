//! Where everything of a release lies: all paths come from [`ReleaseDirectory`].
//!
//! The layout is the official CLI's, but for `package_sources` of `config/bosh-release.yml`,
//! which names the directory that is `src/` elsewhere.

use std::path::{Path, PathBuf};

use crate::digest::Sha256;

/// What a thing in a release is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A job: spec, monit, templates.
    Job,
    /// A package: packaging script, sources, blobs.
    Package,
    /// `LICENSE*` and `NOTICE*` at the root.
    License,
}

impl Kind {
    /// The word for it in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::Package => "package",
            Self::License => "license",
        }
    }

    /// The directory of its archives in a tarball and of its indexes.
    pub fn directory(self) -> &'static str {
        match self {
            Self::Job => "jobs",
            Self::Package => "packages",
            Self::License => "license",
        }
    }
}

/// Dev (git-ignored, only here) or final (committed, archives in the blobstore).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// `.dev_builds`, `dev_releases`.
    Dev,
    /// `.final_builds`, `releases`.
    Final,
}

impl Stage {
    /// The word for it in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Final => "final",
        }
    }
}

/// A release directory and the user's `~/.bosh`.
#[derive(Debug, Clone)]
pub struct ReleaseDirectory {
    root: PathBuf,
    home: PathBuf,
    sources: PathBuf,
    partials: PathBuf,
}

impl ReleaseDirectory {
    /// The release at `root` (absolute), with `home/.bosh` as place of the archive cache.
    pub fn new(root: impl Into<PathBuf>, home: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self {
            sources: root.join("src"),
            partials: root.join("templates"),
            root,
            home: home.into(),
        }
    }

    /// The same release with its package sources below `directory` instead of `src`.
    #[must_use]
    pub fn with_sources(mut self, directory: &str) -> Self {
        self.sources = self.root.join(directory);
        self
    }

    /// The release directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `config/final.yml`: name and blobstore.
    pub fn final_config(&self) -> PathBuf {
        self.root.join("config/final.yml")
    }

    /// `config/private.yml`: secrets of the blobstore.
    pub fn private_config(&self) -> PathBuf {
        self.root.join("config/private.yml")
    }

    /// `config/blobs.yml`: what belongs below `blobs/`.
    pub fn blobs_index(&self) -> PathBuf {
        self.root.join("config/blobs.yml")
    }

    /// `config/bosh-release.yml`: what only this tool knows.
    pub fn tool_config(&self) -> PathBuf {
        self.root.join("config/bosh-release.yml")
    }

    /// `blobs/`: local copies of blobs.
    pub fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// The same release with the partials of its templates below `directory` instead of `templates`.
    #[must_use]
    pub fn with_partials(mut self, directory: impl AsRef<Path>) -> Self {
        self.partials = self.root.join(directory);
        self
    }

    /// `templates/`, or the configured `template_partials`: what templates in Tera share.
    pub fn partials(&self) -> &Path {
        &self.partials
    }

    /// `src/`, or the configured `package_sources`.
    pub fn sources(&self) -> &Path {
        &self.sources
    }

    /// `jobs/` or `packages/`; the root for the license.
    pub fn all_of(&self, kind: Kind) -> PathBuf {
        match kind {
            Kind::License => self.root.clone(),
            Kind::Job | Kind::Package => self.root.join(kind.directory()),
        }
    }

    /// The directory of a job or package.
    pub fn one_of(&self, kind: Kind, name: &str) -> PathBuf {
        self.all_of(kind).join(name)
    }

    /// `.dev_builds/packages/NAME/index.yml` and its likes: fingerprint to archive.
    pub fn builds_index(&self, stage: Stage, kind: Kind, name: &str) -> PathBuf {
        let builds = self.root.join(match stage {
            Stage::Dev => ".dev_builds",
            Stage::Final => ".final_builds",
        });
        match kind {
            Kind::License => builds.join("license/index.yml"),
            Kind::Job | Kind::Package => builds.join(kind.directory()).join(name).join("index.yml"),
        }
    }

    /// `releases/NAME/` or `dev_releases/NAME/`.
    pub fn releases(&self, stage: Stage, name: &str) -> PathBuf {
        let directory = match stage {
            Stage::Dev => "dev_releases",
            Stage::Final => "releases",
        };
        self.root.join(directory).join(name)
    }

    /// `releases/NAME/index.yml`: versions.
    pub fn releases_index(&self, stage: Stage, name: &str) -> PathBuf {
        self.releases(stage, name).join("index.yml")
    }

    /// `releases/NAME/NAME-VERSION.yml`.
    pub fn manifest(&self, stage: Stage, name: &str, version: &str) -> PathBuf {
        self.releases(stage, name)
            .join(format!("{name}-{version}.yml"))
    }

    /// `~/.bosh/cache`: all archives of all releases, by digest; shared with the official CLI.
    pub fn cache(&self) -> PathBuf {
        self.home.join(".bosh/cache")
    }

    /// `~/.bosh/digests/NAME`: what is known of the files of this release; the name stands for the path of its directory.
    pub fn known_digests(&self) -> PathBuf {
        let name = Sha256::of(self.root.as_os_str().as_encoded_bytes()).to_string();
        self.home.join(".bosh/digests").join(name)
    }

    /// `~/.bosh/tmp`: on the same file system as the cache.
    pub fn temporary(&self) -> PathBuf {
        self.home.join(".bosh/tmp")
    }

    /// `path` as the user would write it: relative to the release where it lies within.
    pub fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .unwrap_or(path)
            .display()
            .to_string()
    }
}
