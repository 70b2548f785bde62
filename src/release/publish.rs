//! Final releases: archives to the blobstore, indexes, manifest, tarball, signatures; all or nothing.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::archives::{Archived, Archives, OpenBlobstore};
use super::build::{note_release, write_tarball};
use super::changes::Changes;
use super::directory::Stage;
use super::events::{Direction, Event, Step};
use super::index::Build;
use super::local::LocalRelease;
use super::manifest::ReleaseManifest;
use crate::blobstore::{self, Blobstore};

/// Signs what a final release consists of. The key is looked for and asked for by whoever calls.
pub trait FinalSigning {
    /// A detached signature of `content`; `None` when the release is not signed. A first key that is made for it is
    /// remembered in `changes`: it stays only when they are committed.
    fn sign(
        &mut self,
        content: &mut dyn std::io::Read,
        changes: &mut Changes,
    ) -> Result<Option<String>>;
    /// The release is published: time to tell what signing did.
    fn tell(&mut self);
}

/// A final release on its way.
pub struct Publication<'a> {
    local: &'a LocalRelease,
    archives: &'a Archives<'a>,
    signing: &'a mut dyn FinalSigning,
    uploads: Uploads,
}

/// What was uploaded; deleted again unless it is kept.
#[derive(Default)]
pub(super) struct Uploads {
    store: Option<Box<dyn Blobstore>>,
    ids: Vec<String>,
}

impl Uploads {
    /// Uploads a file to the blobstore, which is opened for the first one; returns the id.
    pub(super) fn put(&mut self, open: OpenBlobstore<'_>, path: &Path) -> Result<String> {
        if self.store.is_none() {
            self.store = Some(open()?);
        }
        let store = self.store.as_deref().context("the blobstore is open")?;
        let id = blobstore::upload(store, path)?;
        self.ids.push(id.clone());
        Ok(id)
    }

    /// Indexes refer to them now.
    pub(super) fn keep(&mut self) {
        self.ids.clear();
    }
}

impl Drop for Uploads {
    fn drop(&mut self) {
        for id in &self.ids {
            if let Some(store) = &self.store {
                // The failure that led here is reported; a blob that stays behind is only waste.
                blobstore::delete(store.as_ref(), id).ok();
            }
        }
    }
}

impl<'a> Publication<'a> {
    /// Nothing is published yet.
    pub fn new(
        local: &'a LocalRelease,
        archives: &'a Archives<'a>,
        signing: &'a mut dyn FinalSigning,
    ) -> Self {
        Self {
            local,
            archives,
            signing,
            uploads: Uploads::default(),
        }
    }

    /// Publishes `manifest`; `changes` holds what else goes with it. Returns where the tarball is.
    pub fn publish(
        &mut self,
        manifest: &ReleaseManifest,
        archived: &mut [Archived],
        tarball: Option<PathBuf>,
        mut changes: Changes,
    ) -> Result<Option<PathBuf>> {
        let taken = self.local.versions(Stage::Final, &manifest.name)?;
        if taken.contains(&manifest.version) {
            bail!(
                "Release '{}' version '{}' already exists",
                manifest.name,
                manifest.version
            );
        }
        for one in archived.iter_mut().filter(|one| one.final_build.is_none()) {
            self.upload(one, &mut changes)?;
        }
        if let Some(path) = &tarball {
            self.tarball(path, manifest, archived, &mut changes)?;
        }
        note_release(self.local, Stage::Final, manifest, &mut changes)?;
        changes.commit()?;
        self.uploads.keep();
        self.signing.tell();
        (self.archives.report)(Event::AddedRelease {
            stage: Stage::Final.word(),
            name: manifest.name.as_str(),
            version: &manifest.version.to_string(),
        });
        Ok(tarball)
    }

    /// Uploads an archive and notes it in the final index.
    fn upload(&mut self, one: &mut Archived, changes: &mut Changes) -> Result<()> {
        let (kind, label) = (one.kind.word(), one.label());
        let report = self.archives.report;
        report(Event::AddingArchive { kind, of: &label });
        let listed = one.digest.clone();
        let path = self.archives.verified(one)?;
        if one.digest != listed {
            bail!(
                "The archive of '{label}' was lost while the release was made; run the command again"
            );
        }
        let event = |step| {
            report(Event::ArchiveTransfer {
                direction: Direction::Upload,
                step,
                of: &label,
                digest: &one.digest,
            });
        };
        event(Step::Started);
        let uploaded = self.uploads.put(self.archives.store, &path);
        event(if uploaded.is_ok() {
            Step::Finished
        } else {
            Step::Failed
        });
        if uploaded.is_err() {
            report(Event::FailedArchive { kind, of: &label });
        }
        let id =
            uploaded.with_context(|| format!("Creating blob for path '{}'", path.display()))?;
        let build = Build {
            fingerprint: one.fingerprint.clone(),
            blobstore_id: Some(id),
            digest: one.digest.clone(),
        };
        let mut index = self.archives.index(Stage::Final, one.kind, &one.name)?;
        index.put(build.clone());
        let path = self
            .local
            .directory
            .builds_index(Stage::Final, one.kind, one.name.as_str());
        changes.write(&path, index.to_yaml().as_bytes())?;
        one.final_build = Some(build);
        report(Event::AddedArchive { kind, of: &label });
        Ok(())
    }

    /// Writes the tarball with the manifest's signature in it, and its own signature beside it.
    fn tarball(
        &mut self,
        path: &Path,
        manifest: &ReleaseManifest,
        archived: &mut [Archived],
        changes: &mut Changes,
    ) -> Result<()> {
        let inner = self
            .signing
            .sign(&mut manifest.to_yaml().as_bytes(), changes)?;
        let staged = write_tarball(self.archives, path, manifest, inner.as_deref(), archived)?;
        let outer = self
            .signing
            .sign(&mut File::open(staged.path())?, changes)?;
        changes.add(staged);
        if let Some(signature) = outer {
            changes.write(&signature_path(path), signature.as_bytes())?;
        }
        Ok(())
    }
}

/// `NAME.tgz.sig` beside `NAME.tgz`.
pub fn signature_path(tarball: &Path) -> PathBuf {
    let mut name = tarball.as_os_str().to_owned();
    name.push(".sig");
    PathBuf::from(name)
}
