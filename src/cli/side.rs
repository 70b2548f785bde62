//! What `diff` compares: how the word for a side is understood, and the release that it stands for.
//!
//! `version:WORD` and `git:WORD` say what they are. Else it is a path that is there (a directory, a tarball, a manifest), a version
//! that was made in the release, a revision of it, or `REV:PATH`. A word that can be two of the first three is refused.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use tempfile::TempDir;

use super::context::{Context, Dir};
use crate::deployment::Node;
use crate::deployment::release_job::Release;
use crate::diagnostic::Diagnostic;
use crate::git;
use crate::local::releases;
use crate::release::directory::Stage;
use crate::release::existing::is_manifest;
use crate::source::Source;

/// Digits of a commit that are shown.
const COMMIT: usize = 7;

/// A side, understood.
pub(super) struct Side {
    /// As it was asked for.
    pub(super) text: String,
    /// What it is called.
    pub(super) label: String,
    pub(super) what: What,
    /// The files of a revision, as long as they are needed.
    _laid_out: Option<TempDir>,
}

/// What a side is.
pub(super) enum What {
    /// A deployment manifest, and the release of its revision when it is of one.
    Manifest {
        path: String,
        release: Option<PathBuf>,
    },
    /// A release.
    Release(Place),
}

/// Where a release is.
#[derive(Debug)]
pub(super) enum Place {
    Directory(PathBuf),
    Tarball(PathBuf),
    /// Its manifest in the release directory.
    Version(PathBuf),
}

/// Understands a side.
pub(super) fn understand(context: &Context<'_>, text: &str, dir: &Dir) -> Result<Side> {
    let asked = Asked {
        context,
        text,
        dir,
        root: context.absolute(&dir.dir),
    };
    if let Some(version) = text.strip_prefix("version:") {
        let found = asked.version(version)?;
        return found.ok_or_else(|| asked.unknown(&[asked.versions_tried(version)]));
    }
    if let Some(revision) = text.strip_prefix("git:") {
        let found = match asked.revision(revision)? {
            None => asked.file_of_revision(revision)?,
            found => found,
        };
        return found.ok_or_else(|| asked.unknown(&[asked.revision_tried(revision)]));
    }
    let is_path = text == "-" || context.expanded(text).exists();
    if is_path && (text.contains('/') || text.starts_with(['.', '-'])) {
        return asked.path();
    }
    let version = asked.version(text)?;
    let revision = asked.revision(text)?;
    if is_path {
        return match (version, revision) {
            (None, None) => asked.path(),
            (Some(_), _) => Err(asked.ambiguous("a version of the release", "version")),
            (None, Some(_)) => Err(asked.ambiguous("a git revision", "git")),
        };
    }
    let revision = match revision {
        None => asked.file_of_revision(text)?,
        found => found,
    };
    match (version, revision) {
        (Some(_), Some(_)) => bail!(
            "'{text}' is a version of the release and a git revision too; write version:{text} or git:{text}"
        ),
        (Some(found), None) | (None, Some(found)) => Ok(found),
        (None, None) => Err(asked.unknown(&[
            format!("a file or directory '{text}'"),
            asked.versions_tried(text),
            asked.revision_tried(text),
            "a file of a revision, as REV:PATH".to_owned(),
        ])),
    }
}

struct Asked<'a> {
    context: &'a Context<'a>,
    text: &'a str,
    dir: &'a Dir,
    /// The release at hand.
    root: PathBuf,
}

impl Asked<'_> {
    fn side(&self, what: What) -> Side {
        Side {
            text: self.text.to_owned(),
            label: self.text.to_owned(),
            what,
            _laid_out: None,
        }
    }

    fn unknown(&self, tried: &[String]) -> anyhow::Error {
        let tried: Vec<String> = tried.iter().map(|what| format!("  - {what}")).collect();
        anyhow!(
            "There is no '{}' to compare. Tried:\n{}",
            self.text,
            tried.join("\n")
        )
    }

    fn ambiguous(&self, what: &str, prefix: &str) -> anyhow::Error {
        let text = self.text;
        anyhow!("'{text}' is a path and {what} too; write ./{text} or {prefix}:{text}")
    }

    fn path(&self) -> Result<Side> {
        let path = self.context.expanded(self.text);
        let manifest = || What::Manifest {
            path: self.text.to_owned(),
            release: None,
        };
        if self.text == "-" {
            let mut side = self.side(manifest());
            "standard input".clone_into(&mut side.label);
            return Ok(side);
        }
        if path.is_dir() {
            if !path.join("config/final.yml").is_file() {
                bail!(
                    "'{}' is a directory, and no release: it has no config/final.yml",
                    self.text
                );
            }
            return Ok(self.side(What::Release(Place::Directory(path))));
        }
        if !is_manifest(&path)? {
            return Ok(self.side(What::Release(Place::Tarball(path))));
        }
        if is_of_release(&path) {
            return Ok(self.side(What::Release(Place::Version(path))));
        }
        Ok(self.side(manifest()))
    }

    /// A version of the release at hand.
    fn version(&self, version: &str) -> Result<Option<Side>> {
        if version.is_empty() || version.contains(['/', '\\']) || !self.is_release() {
            return Ok(None);
        }
        let found = self.version_paths(version)?.into_iter();
        let mut found: Vec<PathBuf> = found.filter(|path| path.is_file()).collect();
        match (found.pop(), found.pop()) {
            (None, _) => Ok(None),
            (Some(path), None) => {
                let mut side = self.side(What::Release(Place::Version(path)));
                side.label = format!("version {version}");
                Ok(Some(side))
            }
            (Some(_), Some(_)) => {
                bail!(
                    "Version '{version}' is a dev release and a final one; give the path of its manifest"
                )
            }
        }
    }

    fn is_release(&self) -> bool {
        self.root.join("config/final.yml").is_file()
    }

    fn version_paths(&self, version: &str) -> Result<[PathBuf; 2]> {
        let local = self.context.release(self.dir)?;
        let name = local.config.name(&local.directory)?;
        let path = |stage| local.directory.manifest(stage, name.as_str(), version);
        Ok([path(Stage::Dev), path(Stage::Final)])
    }

    fn versions_tried(&self, version: &str) -> String {
        if !self.is_release() {
            return format!(
                "version '{version}' of a release, but '{}' is none",
                self.dir.dir.display()
            );
        }
        let shown = |path: &Path| {
            let path = path.strip_prefix(&self.root).unwrap_or(path);
            path.display().to_string()
        };
        match self.version_paths(version) {
            Ok(paths) => {
                let paths: Vec<String> = paths.iter().map(|path| shown(path)).collect();
                format!("version '{version}' of the release: {}", paths.join(", "))
            }
            Err(error) => format!("version '{version}' of the release: {error:#}"),
        }
    }

    /// A revision of the release at hand.
    fn revision(&self, revision: &str) -> Result<Option<Side>> {
        let Some((laid_out, commit)) = self.laid_out(revision)? else {
            return Ok(None);
        };
        let place = Place::Directory(laid_out.path().to_path_buf());
        Ok(Some(Side {
            text: self.text.to_owned(),
            // A revision may be named by its commit.
            label: if revision.starts_with(&commit) {
                revision.to_owned()
            } else {
                format!("{revision} ({commit})")
            },
            what: What::Release(place),
            _laid_out: Some(laid_out),
        }))
    }

    fn laid_out(&self, revision: &str) -> Result<Option<(TempDir, String)>> {
        let Some(commit) = git::commit(&self.root, revision) else {
            return Ok(None);
        };
        let directory = tempfile::tempdir().context("Creating a temporary directory")?;
        git::lay_out(&self.root, &commit, directory.path())?;
        Ok(Some((directory, commit.chars().take(COMMIT).collect())))
    }

    fn revision_tried(&self, revision: &str) -> String {
        let dir = self.dir.dir.display();
        format!("git revision '{revision}' of the repository of '{dir}'")
    }

    /// `REV:PATH`, a manifest of a revision.
    fn file_of_revision(&self, text: &str) -> Result<Option<Side>> {
        let Some((revision, path)) = text.split_once(':') else {
            return Ok(None);
        };
        let Some((laid_out, commit)) = self.laid_out(revision)? else {
            return Ok(None);
        };
        let found = laid_out.path().join(path.trim_start_matches("./"));
        if !found.is_file() {
            bail!("There is no file '{path}' in revision '{revision}' ({commit}) of the release");
        }
        let is_release = laid_out.path().join("config/final.yml").is_file();
        Ok(Some(Side {
            text: self.text.to_owned(),
            label: format!("{text} ({commit})"),
            what: What::Manifest {
                path: found.display().to_string(),
                release: is_release.then(|| laid_out.path().to_path_buf()),
            },
            _laid_out: Some(laid_out),
        }))
    }
}

/// Whether a YAML file is the manifest of a release, as in `releases/`.
fn is_of_release(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let root = Node::parse(&Source::new(path.display().to_string(), text));
    root.is_ok_and(|root| {
        root.get("commit_hash").is_some() && root.get("instance_groups").is_none()
    })
}

/// A release with its packages; what is wrong with these is only noted, since templates do without.
pub(super) fn read_release(
    context: &Context<'_>,
    place: &Place,
    dir: &Dir,
) -> Result<(Release, Option<String>)> {
    let temporary = tempfile::tempdir().context("Creating a temporary directory")?;
    match place {
        Place::Tarball(path) => {
            let release = releases::read(path, &context.home, temporary.path());
            let release =
                release.with_context(|| format!("Reading release '{}'", path.display()))?;
            Ok((release, None))
        }
        Place::Version(manifest) => {
            let local = context.release(dir)?;
            let report = |event: crate::release::events::Event<'_>| context.report(&event);
            let release = releases::read_version(&local, manifest, temporary.path(), &report)?;
            Ok((release, None))
        }
        Place::Directory(path) => {
            let release = releases::read(path, &context.home, temporary.path())
                .with_context(|| format!("Reading release '{}'", path.display()))?;
            match releases::with_packages(release.clone(), path, &context.home) {
                Ok(release) => Ok((release, None)),
                Err(error) => Ok((release, Some(first_line(&error)))),
            }
        }
    }
}

fn first_line(error: &anyhow::Error) -> String {
    let faults = error.downcast_ref::<crate::diagnostic::Diagnostics>();
    let first: Option<&Diagnostic> = faults.and_then(|faults| faults.iter().next());
    let text = first.map_or_else(|| format!("{error:#}"), |fault| fault.message.clone());
    text.lines().next().unwrap_or_default().to_owned()
}
