//! Archives of jobs, packages and licenses: packed once, kept by digest, found by fingerprint.
//!
//! `~/.bosh/cache` holds all archives of all releases, the file name is the digest; the official CLI shares it.
//! An index entry says which digest a fingerprint has. Unlike the official CLI, an archive that the cache lost is
//! packed again from its source: our archives are reproducible, so it has the same digest.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use tempfile::NamedTempFile;

use super::blobs::KnownBlob;
use super::checksum;
use super::directory::{Kind, ReleaseDirectory, Stage};
use super::events::{Direction, Event, Report, Step};
use super::fingerprint::Fingerprint;
use super::index::{Build, BuildsIndex};
use super::known_digests::KnownDigests;
use super::name::Name;
use super::resource::{Content, Fingerprinted, Resource, ResourceFile, sort_files};
use crate::archive::{ArchiveWriter, Compression, Store, is_compressed};
use crate::blobstore::{self, Blobstore};
use crate::digest::{Digest, Sha256, Sha256Writer};

/// A resource whose archive is known: what a manifest lists.
#[derive(Debug)]
pub struct Archived {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: Name,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// Digest of the archive.
    pub digest: Digest,
    /// Packages of a job, dependencies of a package.
    pub packages: Vec<Name>,
    /// What to pack again when the archive is lost; a vendored package has none.
    pub source: Option<Fingerprinted>,
    /// Its entry in the final index.
    pub final_build: Option<Build>,
    /// Whether the dev index must still learn of it.
    pub is_new: bool,
}

/// A new archive and its digest.
type Packed = (NamedTempFile, Digest);

/// Opens the blobstore when it is needed.
pub type OpenBlobstore<'a> = &'a (dyn Fn() -> Result<Box<dyn Blobstore>> + Sync);

/// Where archives are looked for and put.
pub struct Archives<'a> {
    /// The release.
    pub release: &'a ReleaseDirectory,
    /// The final blobstore.
    pub store: OpenBlobstore<'a>,
    /// What need not be read to be fingerprinted.
    pub digests: &'a KnownDigests,
    /// Who is told.
    pub report: Report<'a>,
}

impl Archived {
    /// `NAME/FINGERPRINT`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.name, self.fingerprint)
    }
}

impl Archives<'_> {
    /// Finds the archive of a resource, or packs it.
    pub fn resolve(&self, resource: Resource) -> Result<Archived> {
        let dev = self.index(Stage::Dev, resource.kind, &resource.name)?;
        let finals = self.index(Stage::Final, resource.kind, &resource.name)?;
        let never_built = dev.is_empty() && finals.is_empty();
        let (source, packed) = if never_built || self.has_changed(&resource) {
            let (source, packed) = self.pack_unseen(resource)?;
            (source, Some(packed))
        } else {
            (resource.fingerprint(self.digests)?, None)
        };
        let final_build = finals.find(&source.fingerprint).cloned();
        let known = dev
            .find(&source.fingerprint)
            .or(final_build.as_ref())
            .cloned();
        let Some(build) = known else {
            let packed = match packed {
                Some(packed) => packed,
                None => self.pack_hashed(&source)?,
            };
            return self.add(source, packed);
        };
        let mut archived = archived(source, build.digest, final_build, false);
        if !self.cached(&archived.digest).is_file() {
            self.obtain(&mut archived)?;
        }
        Ok(archived)
    }

    /// Whether to pack before the fingerprint is known, so that large files are read once. If they turn out to be what
    /// they were, the archive is dropped; no script runs for that.
    fn has_changed(&self, resource: &Resource) -> bool {
        resource.pre_packaging.is_none()
            && absent_file(resource).is_none()
            && resource.is_large_and_suspect(self.digests)
    }

    /// Finds the archive of a vendored package, which must be known.
    pub fn resolve_known(
        &self,
        kind: Kind,
        name: &Name,
        fingerprint: &Fingerprint,
        packages: &[Name],
    ) -> Result<Archived> {
        let dev = self.index(Stage::Dev, kind, name)?;
        let final_build = self
            .index(Stage::Final, kind, name)?
            .find(fingerprint)
            .cloned();
        let build = dev.find(fingerprint).or(final_build.as_ref()).cloned();
        let build = build.ok_or_else(|| {
            anyhow!(
                "Expected to find '{name}/{fingerprint}' in an index; vendor the package again with `bosh-release vendor-package`"
            )
        })?;
        let mut archived = Archived {
            kind,
            name: name.clone(),
            fingerprint: fingerprint.clone(),
            digest: build.digest,
            packages: packages.to_vec(),
            source: None,
            final_build,
            is_new: false,
        };
        if !self.cached(&archived.digest).is_file() {
            self.obtain(&mut archived)?;
        }
        Ok(archived)
    }

    /// The index of a job, package or the license.
    pub fn index(&self, stage: Stage, kind: Kind, name: &Name) -> Result<BuildsIndex> {
        let path = self.release.builds_index(stage, kind, name.as_str());
        BuildsIndex::read(&path, &self.release.shown(&path)).context("Reading index")
    }

    /// The place of an archive in the cache.
    pub fn cached(&self, digest: &Digest) -> PathBuf {
        self.release.cache().join(digest.to_string())
    }

    /// The archive in the cache, its digest verified; one that is lost or damaged is brought back.
    pub fn verified(&self, archived: &mut Archived) -> Result<PathBuf> {
        let path = self.cached(&archived.digest);
        if checksum::verify(&archived.digest, &path).is_err() {
            self.obtain(archived)?;
        }
        Ok(self.cached(&archived.digest))
    }

    /// Brings an archive into the cache: from the blobstore, else packed from its source.
    pub fn obtain(&self, archived: &mut Archived) -> Result<()> {
        let downloaded = match archived.final_build.clone() {
            Some(Build {
                blobstore_id: Some(id),
                digest,
                ..
            }) if digest == archived.digest => self.download(archived, &id),
            _ => Err(anyhow!(
                "Cannot find blob named '{}' with SHA1 '{}'",
                archived.label(),
                archived.digest
            )),
        };
        match (downloaded, &archived.source) {
            (Ok(()), _) => Ok(()),
            (Err(error), None) => Err(error),
            (Err(error), Some(_)) => self.rebuild(archived).with_context(|| format!("{error:#}")),
        }
    }

    fn download(&self, archived: &Archived, id: &str) -> Result<()> {
        let label = archived.label();
        let event = |step| {
            (self.report)(Event::ArchiveTransfer {
                direction: Direction::Download,
                step,
                of: &label,
                digest: &archived.digest,
            });
        };
        event(Step::Started);
        let result = self.download_to_cache(archived, id);
        event(if result.is_ok() {
            Step::Finished
        } else {
            Step::Failed
        });
        result
    }

    fn download_to_cache(&self, archived: &Archived, id: &str) -> Result<()> {
        let store = (self.store)()?;
        let directory = tempfile::tempdir_in(self.temporary()?)?;
        let into = directory.path().join("archive");
        let verify = |path: &Path| checksum::verify(&archived.digest, path);
        blobstore::download(store.as_ref(), id, &into, &verify).with_context(|| {
            format!(
                "Downloading blob '{id}' with digest string '{}'",
                archived.digest
            )
        })?;
        self.keep(&into, &archived.digest)
    }

    /// Packs a known fingerprint again. What final releases recorded is binding; a dev index is only a note.
    fn rebuild(&self, archived: &mut Archived) -> Result<()> {
        let Some(source) = &archived.source else {
            bail!("there is no source of '{}'", archived.label());
        };
        let (packed, digest) = self.pack_hashed(source)?;
        let recorded = archived.final_build.as_ref().map(|build| &build.digest);
        if recorded == Some(&archived.digest) {
            self.check_recorded(archived, packed.path(), &digest)?;
        } else {
            archived.is_new = archived.digest != digest;
            archived.digest = digest;
        }
        self.keep(packed.path(), &archived.digest)
    }

    fn check_recorded(&self, archived: &Archived, packed: &Path, digest: &Digest) -> Result<()> {
        checksum::verify(&archived.digest, packed).with_context(|| {
            format!(
                "{} was packed again from its source because its archive cannot be had: \
                 '{}' records the digest '{}', but the new archive has '{digest}'",
                archived.label(),
                self.release.shown(&self.release.builds_index(
                    Stage::Final,
                    archived.kind,
                    archived.name.as_str()
                )),
                archived.digest
            )
        })
    }

    /// Packs and fingerprints a resource in one pass over its files.
    fn pack_unseen(&self, resource: Resource) -> Result<(Fingerprinted, Packed)> {
        let mut digests = Vec::new();
        let packed = self.pack(&resource, &mut digests)?;
        resource.note(&digests, self.digests);
        let fingerprint = resource.fingerprint_of(&digests);
        let source = Fingerprinted {
            resource,
            digests,
            fingerprint,
        };
        Ok((source, packed))
    }

    /// Packs a resource whose digests are known; its files must not have changed since.
    fn pack_hashed(&self, source: &Fingerprinted) -> Result<Packed> {
        let mut digests = Vec::new();
        let packed = self.pack(&source.resource, &mut digests)?;
        if digests != source.digests {
            // A digest that was kept from an earlier command may be what is wrong.
            self.digests.forget();
            bail!(
                "The files of {} changed while it was built; run the command again",
                source.resource.label()
            );
        }
        Ok(packed)
    }

    fn add(&self, source: Fingerprinted, (packed, digest): Packed) -> Result<Archived> {
        let archived = archived(source, digest, None, true);
        let (kind, label) = (archived.kind.word(), archived.label());
        (self.report)(Event::AddingArchive { kind, of: &label });
        self.keep(packed.path(), &archived.digest)?;
        (self.report)(Event::AddedArchive { kind, of: &label });
        Ok(archived)
    }

    /// Packs a resource; `digests` gets the digest of each of its files as it was read, in order.
    fn pack(&self, resource: &Resource, digests: &mut Vec<Sha256>) -> Result<Packed> {
        refuse_absent(resource)?;
        let temporary = self.temporary_file()?;
        let digest = if let Some(script) = &resource.pre_packaging {
            self.pack_prepared(resource, script, temporary.as_file(), digests)?
        } else {
            write_archive(resource, temporary.as_file(), digests)
                .with_context(|| format!("Packing {}", resource.label()))?
        };
        Ok((temporary, digest))
    }

    /// Lays the files out, runs `pre_packaging` over them, and packs what is there then.
    fn pack_prepared(
        &self,
        resource: &Resource,
        script: &Path,
        out: &File,
        digests: &mut Vec<Sha256>,
    ) -> Result<Digest> {
        let staging = tempfile::tempdir_in(self.temporary()?)?;
        for file in &resource.files {
            digests.push(stage(file, staging.path())?);
        }
        run_pre_packaging(script, staging.path(), self.release.root())?;
        fs::remove_file(staging.path().join("pre_packaging")).ok();
        let mut prepared = resource.clone();
        prepared.files = staged_files(staging.path())?;
        write_archive(&prepared, out, &mut Vec::new())
    }

    /// Moves a finished archive into the cache.
    pub fn keep(&self, file: &Path, digest: &Digest) -> Result<()> {
        let cache = self.release.cache();
        fs::create_dir_all(&cache)
            .with_context(|| format!("Creating directory '{}'", cache.display()))?;
        let target = self.cached(digest);
        fs::rename(file, &target)
            .or_else(|_| copy_into(file, &target))
            .with_context(|| format!("Moving an archive to '{}'", target.display()))
    }

    fn temporary(&self) -> Result<PathBuf> {
        let directory = self.release.temporary();
        fs::create_dir_all(&directory)
            .with_context(|| format!("Creating directory '{}'", directory.display()))?;
        Ok(directory)
    }

    /// A file for an archive that is being written, 0600 as the cache has them.
    pub fn temporary_file(&self) -> Result<NamedTempFile> {
        let directory = self.temporary()?;
        tempfile::Builder::new()
            .prefix("bosh-release-archive")
            .tempfile_in(&directory)
            .with_context(|| format!("Creating a file in '{}'", directory.display()))
    }
}

/// For a cache on another file system than the temporary files.
fn copy_into(file: &Path, target: &Path) -> io::Result<()> {
    let beside = tempfile::NamedTempFile::new_in(target.parent().unwrap_or(Path::new(".")))?;
    io::copy(&mut File::open(file)?, &mut beside.as_file())?;
    beside.persist(target)?;
    Ok(())
}

fn archived(
    mut source: Fingerprinted,
    digest: Digest,
    final_build: Option<Build>,
    is_new: bool,
) -> Archived {
    source.resource.let_go();
    Archived {
        kind: source.resource.kind,
        name: source.resource.name.clone(),
        fingerprint: source.fingerprint.clone(),
        digest,
        packages: source.resource.packages.clone(),
        source: Some(source),
        final_build,
        is_new,
    }
}

fn absent_file(resource: &Resource) -> Option<&ResourceFile> {
    let is_absent = |file: &&ResourceFile| matches!(file.content, Content::Absent(_));
    resource.files.iter().find(is_absent)
}

fn refuse_absent(resource: &Resource) -> Result<()> {
    match absent_file(resource) {
        Some(file) => file.open().map(|_| ()),
        None => Ok(()),
    }
}

/// Writes the archive of `resource` to `out`; `digests` gets the digest of each file, in order.
fn write_archive(resource: &Resource, out: &File, digests: &mut Vec<Sha256>) -> Result<Digest> {
    let compression = if resource.plain {
        Compression::None
    } else {
        Compression::Gzip
    };
    let hashed = Sha256Writer::new(BufWriter::with_capacity(1 << 18, out));
    let mut writer = ArchiveWriter::new(hashed, compression)?;
    writer.directory(b"./")?;
    let mut made = BTreeSet::new();
    for file in &resource.files {
        write_parents(&mut writer, &file.path, &mut made)?;
        digests.push(write_file(&mut writer, file)?);
    }
    let (mut buffered, digest, _) = writer.finish()?.finish();
    buffered.flush()?;
    Ok(Digest::from(digest))
}

/// Directories on the way to `path` that were not written yet, outermost first.
fn write_parents<W: Write>(
    writer: &mut ArchiveWriter<W>,
    path: &Path,
    made: &mut BTreeSet<PathBuf>,
) -> Result<()> {
    let mut parents: Vec<&Path> = path
        .ancestors()
        .skip(1)
        .filter(|parent| !parent.as_os_str().is_empty())
        .collect();
    parents.reverse();
    for parent in parents {
        if made.insert(parent.to_path_buf()) {
            writer.directory(&member_name(parent, "/"))?;
        }
    }
    Ok(())
}

fn write_file<W: Write>(writer: &mut ArchiveWriter<W>, file: &ResourceFile) -> Result<Sha256> {
    let name = member_name(&file.path, "");
    if let Content::Link(target) = &file.content {
        writer.link(&name, target.as_bytes())?;
        return Ok(Sha256::of(target.as_bytes()));
    }
    let mode = if file.executable { 0o755 } else { 0o644 };
    let mut content = Hashing::new(file.open()?);
    writer.file(&name, mode, file.size()?, &mut content, Store::Compressed)?;
    Ok(content.finish())
}

fn member_name(path: &Path, end: &str) -> Vec<u8> {
    [b"./", path.as_os_str().as_bytes(), end.as_bytes()].concat()
}

/// A reader that knows the digest of what was read through it.
pub struct Hashing<R> {
    inner: R,
    hashed: Sha256Writer<io::Sink>,
}

impl<R: Read> Hashing<R> {
    /// Nothing is read yet.
    pub fn new(inner: R) -> Self {
        Self {
            inner,
            hashed: Sha256Writer::new(io::sink()),
        }
    }

    /// Of everything that was read.
    pub fn finish(self) -> Sha256 {
        self.hashed.finish().1
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hashed.write_all(&buffer[..count])?;
        Ok(count)
    }
}

/// Puts a file into the staging directory of `pre_packaging`, and returns its digest.
fn stage(file: &ResourceFile, staging: &Path) -> Result<Sha256> {
    let target = staging.join(&file.path);
    fs::create_dir_all(target.parent().unwrap_or(staging))?;
    if let Content::Link(link) = &file.content {
        std::os::unix::fs::symlink(link, &target)
            .with_context(|| format!("Staging '{}'", file.path.display()))?;
        return Ok(Sha256::of(link.as_bytes()));
    }
    let mut out =
        File::create_new(&target).with_context(|| format!("Staging '{}'", file.path.display()))?;
    let mut content = Hashing::new(file.open()?);
    io::copy(&mut content, &mut out)?;
    set_mode(&out, file.executable)?;
    Ok(content.finish())
}

fn set_mode(file: &File, executable: bool) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = if executable { 0o755 } else { 0o644 };
    Ok(file.set_permissions(fs::Permissions::from_mode(mode))?)
}

/// As the official CLI: `bash -x`, in the staging directory, with `BUILD_DIR` and `RELEASE_DIR`.
fn run_pre_packaging(script: &Path, staging: &Path, release: &Path) -> Result<()> {
    let output = Command::new("bash")
        .arg("-x")
        .arg(script)
        .current_dir(staging)
        .env("BUILD_DIR", staging)
        .env("RELEASE_DIR", release)
        .stdin(Stdio::null())
        .output()
        .context("Running prep scripts: starting bash")?;
    if !output.status.success() {
        bail!(
            "Running prep scripts: '{}' failed ({}):\n{}{}",
            script.display(),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

/// Everything in the staging directory but directories.
fn staged_files(staging: &Path) -> Result<Vec<ResourceFile>> {
    let mut files = Vec::new();
    let mut pending = vec![staging.to_path_buf()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                pending.push(entry.path());
                continue;
            }
            let path = entry.path();
            let content = if kind.is_symlink() {
                Content::Link(fs::read_link(&path)?.into_os_string())
            } else {
                Content::File(path.clone())
            };
            files.push(ResourceFile {
                executable: super::job::is_executable(&path),
                path: path.strip_prefix(staging)?.to_path_buf(),
                content,
                mode_counts: true,
                blob: false,
                stamp: None,
                held: None,
            });
        }
    }
    sort_files(&mut files);
    Ok(files)
}

/// How an archive is put into a tarball: what is compressed already is stored as it is.
pub fn storing(file: &mut File) -> Result<Store> {
    let mut start = [0; 6];
    let count = file.read(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(if is_compressed(&start[..count]) {
        Store::AsIs
    } else {
        Store::Compressed
    })
}

/// Blobs among the files whose content is not what `blobs.yml` says.
pub fn changed_blobs(
    source: &Fingerprinted,
    known: &BTreeMap<String, KnownBlob>,
) -> Vec<(String, bool)> {
    let files = source.resource.files.iter().zip(&source.digests);
    files
        .filter(|(file, _)| file.blob)
        .filter_map(|(file, digest)| {
            let path = file.path.to_str()?;
            let blob = known.get(path)?;
            (blob.sha256? != *digest).then(|| (path.to_owned(), blob.replaceable))
        })
        .collect()
}
