//! `verify-release`: is a tarball what its manifest says, and did somebody we trust sign it?
//!
//! Checked are: both signatures, the digest of every archive, that each fingerprint is really that of its archive's
//! content, that license files equal those in the license archive, and that no member is unlisted.
//! All that is wrong is reported.
//!
//! Two things cannot be checked from a tarball and are said: fingerprints of compiled packages, and what a
//! `pre_packaging` script (which is not packed) added to a package.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::checksum;
use super::directory::Kind;
use super::fingerprint::{self, Chunk, Fingerprint, Mode};
use super::license::is_license_name;
use super::manifest::{Entry, ReleaseManifest};
use super::name::Name;
use super::tarball::{LICENSE, MANIFEST, ReleaseTarball, SIGNATURE};
use crate::archive::{self, Limits, Links};
use crate::diagnostic::Diagnostic;
use crate::digest::{Algorithm, Digest, Hasher};

/// Directories that a release tarball may have.
const DIRECTORIES: [&str; 3] = ["jobs", "packages", "compiled_packages"];

/// What was found.
#[derive(Debug)]
pub struct Findings {
    /// The manifest.
    pub manifest: ReleaseManifest,
    /// The text of the manifest as it is in the tarball: what `release.MF.sig` signs.
    pub manifest_text: String,
    /// `release.MF.sig`.
    pub signature: Option<String>,
    /// Archives whose digest and content are as the manifest says.
    pub verified: usize,
    /// What is wrong.
    pub faults: Vec<Diagnostic>,
    /// What could not be checked.
    pub notes: Vec<String>,
}

/// Checks the tarball at `path` against its own manifest; signatures are the caller's.
pub fn contents(path: &Path, temporary: &Path) -> Result<Findings> {
    let tarball = ReleaseTarball::open(path, temporary)?;
    let mut findings = Findings {
        manifest: tarball.manifest.clone(),
        manifest_text: tarball.manifest_text.clone(),
        signature: tarball.signature.clone(),
        verified: 0,
        faults: Vec::new(),
        notes: Vec::new(),
    };
    check_unlisted(&tarball, &mut findings)?;
    check_names(&mut findings);
    for (kind, entry) in source_entries(&tarball.manifest) {
        let member = format!("{}/{}.tgz", kind.directory(), entry.name);
        check_archive(&tarball, &member, kind, entry, &mut findings);
    }
    for compiled in &tarball.manifest.compiled_packages {
        let member = format!("compiled_packages/{}.tgz", compiled.package.name);
        if check_digest(&tarball, &member, &compiled.package.digest, &mut findings) {
            findings.verified += 1;
        }
    }
    if !tarball.manifest.compiled_packages.is_empty() {
        findings.notes.push("fingerprints of compiled packages cannot be checked: their sources are not in the tarball".to_owned());
    }
    check_license(&tarball, &mut findings);
    Ok(findings)
}

fn source_entries(manifest: &ReleaseManifest) -> impl Iterator<Item = (Kind, &Entry)> {
    let jobs = manifest.jobs.iter().map(|job| (Kind::Job, job));
    jobs.chain(
        manifest
            .packages
            .iter()
            .map(|package| (Kind::Package, package)),
    )
}

/// Members that nothing refers to.
fn check_unlisted(tarball: &ReleaseTarball, findings: &mut Findings) -> Result<()> {
    let mut listed: BTreeSet<PathBuf> = DIRECTORIES.iter().map(PathBuf::from).collect();
    listed.extend([PathBuf::from(MANIFEST), PathBuf::from(SIGNATURE)]);
    listed.extend(
        tarball
            .members()
            .into_iter()
            .map(|member| PathBuf::from(member.name)),
    );
    for path in all_paths(tarball.directory())? {
        let is_license = tarball.manifest.license.is_some() && is_license_path(&path);
        if !listed.contains(&path) && !is_license {
            findings.faults.push(Diagnostic::error(format!(
                "Member '{}' is not listed in the manifest",
                path.display()
            )));
        }
    }
    Ok(())
}

/// A file of the unpacked license: a name, which need not be UTF-8, without a directory.
fn is_license_path(path: &Path) -> bool {
    let name = path.as_os_str().as_encoded_bytes();
    !name.contains(&b'/') && is_license_name(name)
}

/// Everything below `root`, directories as well, relative and sorted.
fn all_paths(root: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    let mut pending = vec![root.to_path_buf()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                pending.push(entry.path());
            }
            paths.push(entry.path().strip_prefix(root)?.to_path_buf());
        }
    }
    paths.sort();
    Ok(paths)
}

/// No job or package is listed twice, and dependencies exist.
fn check_names(findings: &mut Findings) {
    let manifest = findings.manifest.clone();
    let packages: BTreeSet<&Name> = manifest
        .packages
        .iter()
        .chain(
            manifest
                .compiled_packages
                .iter()
                .map(|compiled| &compiled.package),
        )
        .map(|package| &package.name)
        .collect();
    let mut seen = BTreeSet::new();
    for (kind, entry) in source_entries(&manifest) {
        if !seen.insert((kind, &entry.name)) {
            findings.faults.push(Diagnostic::error(format!(
                "The manifest lists {} '{}' twice",
                kind.word(),
                entry.name
            )));
        }
        for name in entry
            .packages
            .iter()
            .filter(|name| !packages.contains(name))
        {
            let message = format!(
                "{} '{}' needs package '{name}', which is not in the release",
                kind.word(),
                entry.name
            );
            findings.faults.push(Diagnostic::error(message));
        }
    }
}

fn check_digest(
    tarball: &ReleaseTarball,
    member: &str,
    digest: &Digest,
    findings: &mut Findings,
) -> bool {
    let path = tarball.member(member);
    if !path.is_file() {
        let message = format!("The manifest lists '{member}', but the tarball does not have it");
        findings.faults.push(Diagnostic::error(message));
        return false;
    }
    match checksum::verify(digest, &path) {
        Ok(()) => true,
        Err(error) => {
            findings
                .faults
                .push(Diagnostic::error(format!("'{member}': {error}")));
            false
        }
    }
}

fn check_archive(
    tarball: &ReleaseTarball,
    member: &str,
    kind: Kind,
    entry: &Entry,
    findings: &mut Findings,
) {
    if !check_digest(tarball, member, &entry.digest, findings) {
        return;
    }
    let path = tarball.member(member);
    match fingerprint_of_archive(&path, kind, &entry.packages, entry.fingerprint.is_sha1()) {
        Ok(found) if found == entry.fingerprint => findings.verified += 1,
        Ok(found) => {
            let message = format!(
                "'{member}' has the fingerprint '{found}', but the manifest says '{}'",
                entry.fingerprint
            );
            let mut fault = Diagnostic::error(message);
            if kind == Kind::Package {
                fault = fault.hint("a package with a pre_packaging script cannot be checked this way: the script and what it changed are not the same in the archive");
            }
            findings.faults.push(fault);
        }
        Err(error) => findings
            .faults
            .push(Diagnostic::error(format!("'{member}': {error:#}"))),
    }
}

/// A file in an archive, as far as its fingerprint needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedFile {
    /// Whether it is a link.
    pub link: bool,
    /// Whether it may be executed.
    pub executable: bool,
    /// Of its content, or of its target's text.
    pub digest: String,
}

/// The files of the archive at `path`, by name.
pub fn packed_files(path: &Path, algorithm: Algorithm) -> Result<BTreeMap<Vec<u8>, PackedFile>> {
    let limits = Limits {
        links: Links::Any,
        trailing_data: true,
        ..Limits::default()
    };
    let mut files = BTreeMap::new();
    let archive =
        BufReader::new(File::open(path).with_context(|| format!("Opening '{}'", path.display()))?);
    archive::read(archive, &limits, &mut |entry, content| {
        let (link, digest) = match &entry.kind {
            archive::Kind::Directory => return Ok(()),
            archive::Kind::Link { target } => (true, hash(algorithm, &mut target.as_slice())?),
            archive::Kind::File { .. } => (false, hash(algorithm, content)?),
        };
        let file = PackedFile {
            link,
            executable: entry.is_executable(),
            digest,
        };
        files.insert(entry.name.clone(), file);
        Ok(())
    })?;
    Ok(files)
}

fn hash(algorithm: Algorithm, content: &mut dyn Read) -> Result<String> {
    let mut hasher = Hasher::new(&[algorithm]);
    io::copy(content, &mut hasher)?;
    Ok(hasher
        .finish()
        .hex(algorithm)
        .unwrap_or_default()
        .to_owned())
}

/// The fingerprint that the content of an archive has.
fn fingerprint_of_archive(
    path: &Path,
    kind: Kind,
    packages: &[Name],
    sha1: bool,
) -> Result<Fingerprint> {
    let algorithm = if sha1 {
        Algorithm::Sha1
    } else {
        Algorithm::Sha256
    };
    let files = packed_files(path, algorithm)?;
    let chunks: Vec<Chunk<'_>> = files
        .iter()
        .map(|(name, file)| Chunk {
            label: name,
            digest: file.digest.clone(),
            mode: mode(kind, name, file),
        })
        .collect();
    let dependencies: Vec<&str> = match kind {
        Kind::Package => packages.iter().map(Name::as_str).collect(),
        Kind::Job | Kind::License => Vec::new(),
    };
    Ok(if sha1 {
        fingerprint::calculate_sha1(&chunks, &dependencies)
    } else {
        fingerprint::calculate(&chunks, &dependencies)
    })
}

fn mode(kind: Kind, name: &[u8], file: &PackedFile) -> Mode {
    match kind {
        Kind::License => Mode::Uncounted,
        Kind::Package if name == b"packaging" => Mode::Uncounted,
        _ if file.link => Mode::Link,
        _ if file.executable => Mode::Executable,
        _ => Mode::Plain,
    }
}

/// The license archive, and the files that lie unpacked beside it.
fn check_license(tarball: &ReleaseTarball, findings: &mut Findings) {
    let Some(license) = &tarball.manifest.license else {
        return;
    };
    if !check_digest(tarball, LICENSE, &license.digest, findings) {
        return;
    }
    let path = tarball.member(LICENSE);
    match fingerprint_of_archive(&path, Kind::License, &[], license.fingerprint.is_sha1()) {
        Ok(found) if found == license.fingerprint => findings.verified += 1,
        Ok(found) => {
            let message = format!(
                "'{LICENSE}' has the fingerprint '{found}', but the manifest says '{}'",
                license.fingerprint
            );
            findings.faults.push(Diagnostic::error(message));
        }
        Err(error) => findings
            .faults
            .push(Diagnostic::error(format!("'{LICENSE}': {error:#}"))),
    }
    if let Err(error) = check_unpacked_license(tarball, findings) {
        findings
            .faults
            .push(Diagnostic::error(format!("'{LICENSE}': {error:#}")));
    }
}

fn check_unpacked_license(tarball: &ReleaseTarball, findings: &mut Findings) -> Result<()> {
    let packed = packed_files(&tarball.member(LICENSE), Algorithm::Sha256)?;
    let unpacked = all_paths(tarball.directory())?;
    for path in unpacked.iter().filter(|path| is_license_path(path)) {
        let file = File::open(tarball.directory().join(path))?;
        let digest = hash(Algorithm::Sha256, &mut BufReader::new(file))?;
        if packed
            .get(path.as_os_str().as_encoded_bytes())
            .is_none_or(|file| file.digest != digest)
        {
            findings.faults.push(Diagnostic::error(format!(
                "'{}' is not the file of that name in '{LICENSE}'",
                path.display()
            )));
        }
    }
    Ok(())
}
