//! `vendor-package`: a package of another release, with all its dependencies, becomes one of this release.
//!
//! Its archives go to this release's final blobstore and indexes; `packages/NAME/spec.lock` refers to them.
//! As in the official CLI a prefix renames the package and its dependencies, and the fingerprints stay.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, anyhow, bail};

use super::archives::Archives;
use super::changes::{Changes, Staged};
use super::directory::{Kind, Stage};
use super::events::{Direction, Event, Report, Step};
use super::index::Build;
use super::known_digests::KnownDigests;
use super::local::LocalRelease;
use super::manifest::{Entry, ReleaseManifest};
use super::name::Name;
use super::publish::Uploads;
use crate::nearest::nearest;
use crate::yaml::{self, Value};

/// Vendors `package` of the last version of `source` into `local`.
pub fn vendor(
    local: &LocalRelease,
    source: &LocalRelease,
    package: &str,
    prefix: &str,
    report: Report<'_>,
) -> Result<()> {
    let manifest = source.last_release()?.with_context(|| {
        format!(
            "Expected to find at least one dev or final version in '{}'",
            source.directory.root().display()
        )
    })?;
    let wanted = with_dependencies(&manifest, package)?;
    let open_source = || source.blobstore();
    let open = || local.blobstore();
    let theirs = Archives {
        release: &source.directory,
        store: &open_source,
        digests: &KnownDigests::none(),
        report,
    };
    let ours = Archives {
        release: &local.directory,
        store: &open,
        digests: &KnownDigests::none(),
        report,
    };
    let mut uploads = Uploads::default();
    let mut changes = Changes::of_release(local.directory.root());
    for entry in &wanted {
        let name = prefixed(prefix, &entry.name)?;
        refuse_link(local, &name)?;
        add_archive(&theirs, &ours, entry, &name, &mut uploads, &mut changes)?;
    }
    let mut replaced = Vec::new();
    for entry in &wanted {
        let name = prefixed(prefix, &entry.name)?;
        changes.add(lock_file(local, entry, &name, prefix)?);
        replaced.push(name);
    }
    changes.commit()?;
    uploads.keep();
    replaced
        .iter()
        .try_for_each(|name| keep_only_lock(local, name))
}

/// The package and everything it depends on, sorted by name.
fn with_dependencies(manifest: &ReleaseManifest, package: &str) -> Result<Vec<Entry>> {
    let find = |name: &str| {
        manifest
            .packages
            .iter()
            .find(|entry| entry.name.as_str() == name)
            .ok_or_else(|| {
                let known = manifest.packages.iter().map(|entry| entry.name.as_str());
                match nearest(name, known) {
                    Some(meant) => {
                        anyhow!("Expected to find package '{name}' (did you mean '{meant}'?)")
                    }
                    None => anyhow!("Expected to find package '{name}'"),
                }
            })
    };
    let mut found: BTreeMap<Name, Entry> = BTreeMap::new();
    let mut pending = vec![find(package)?];
    while let Some(entry) = pending.pop() {
        if found.insert(entry.name.clone(), entry.clone()).is_none() {
            for dependency in &entry.packages {
                pending.push(find(dependency.as_str())?);
            }
        }
    }
    Ok(found.into_values().collect())
}

fn prefixed(prefix: &str, name: &Name) -> Result<Name> {
    if prefix.is_empty() {
        return Ok(name.clone());
    }
    let text = format!("{prefix}-{name}");
    Name::parse(&text).ok_or_else(|| anyhow!("'{text}' is not a valid name: {}", Name::RULE))
}

/// Uploads the archive of one package, unless this release's final index knows it.
fn add_archive(
    theirs: &Archives<'_>,
    ours: &Archives<'_>,
    entry: &Entry,
    name: &Name,
    uploads: &mut Uploads,
    changes: &mut Changes,
) -> Result<()> {
    let mut index = ours.index(Stage::Final, Kind::Package, name)?;
    if index.find(&entry.fingerprint).is_some() {
        return Ok(());
    }
    let mut archived = theirs.resolve_known(
        Kind::Package,
        &entry.name,
        &entry.fingerprint,
        &entry.packages,
    )?;
    let path = theirs.verified(&mut archived)?;
    let label = format!("{name}/{}", entry.fingerprint);
    (ours.report)(Event::AddingArchive {
        kind: "package",
        of: &label,
    });
    let transfer = |step| {
        (ours.report)(Event::ArchiveTransfer {
            direction: Direction::Upload,
            step,
            of: &label,
            digest: &archived.digest,
        });
    };
    transfer(Step::Started);
    let id = uploads.put(ours.store, &path).with_context(|| {
        format!(
            "Finalizing vendored package: creating blob for path '{}'",
            path.display()
        )
    })?;
    transfer(Step::Finished);
    index.put(Build {
        fingerprint: entry.fingerprint.clone(),
        blobstore_id: Some(id),
        digest: archived.digest.clone(),
    });
    let path = ours
        .release
        .builds_index(Stage::Final, Kind::Package, name.as_str());
    changes.write(&path, index.to_yaml().as_bytes())?;
    (ours.report)(Event::AddedArchive {
        kind: "package",
        of: &label,
    });
    Ok(())
}

/// What lies in the package's directory is replaced: behind a link that would be something else.
fn refuse_link(local: &LocalRelease, name: &Name) -> Result<()> {
    let directory = local.directory.one_of(Kind::Package, name.as_str());
    if directory.is_symlink() {
        bail!(
            "'{}' is a link; remove it, and the package is vendored in its place",
            local.directory.shown(&directory)
        );
    }
    Ok(())
}

fn lock_file(local: &LocalRelease, entry: &Entry, name: &Name, prefix: &str) -> Result<Staged> {
    use std::io::Write;
    let mut fields = vec![
        ("name", Value::from(name.as_str())),
        ("fingerprint", Value::from(entry.fingerprint.as_str())),
    ];
    if !entry.packages.is_empty() {
        let names = entry
            .packages
            .iter()
            .map(|dependency| prefixed(prefix, dependency));
        let names: Vec<Value> = names
            .map(|name| Ok(Value::from(name?.as_str())))
            .collect::<Result<_>>()?;
        fields.push(("dependencies", Value::Sequence(names)));
    }
    let path = local
        .directory
        .one_of(Kind::Package, name.as_str())
        .join("spec.lock");
    let mut staged = Staged::create(&path, 0o644)?;
    staged
        .file()?
        .write_all(yaml::write(&Value::map(fields)).as_bytes())?;
    Ok(staged)
}

/// A vendored package is its lock alone; whatever else was there is of an older version.
fn keep_only_lock(local: &LocalRelease, name: &Name) -> Result<()> {
    let directory = local.directory.one_of(Kind::Package, name.as_str());
    for entry in fs::read_dir(&directory)
        .with_context(|| format!("Reading directory '{}'", directory.display()))?
    {
        let entry = entry?;
        if entry.file_name() == "spec.lock" {
            continue;
        }
        let removed = if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())
        } else {
            fs::remove_file(entry.path())
        };
        removed.with_context(|| format!("Removing '{}'", entry.path().display()))?;
    }
    Ok(())
}
