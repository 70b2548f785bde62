//! Rendered instances as files: `GROUP/INDEX/JOB/PATH` below a directory.
//!
//! Everything is written beside its place first, then put there: a failure leaves what was there before, and what an earlier
//! rendering left in a place is gone. A place is an instance group, or one job of one instance where only some were rendered.
//! Names come from manifests and releases, so no part of a path may be anything but a name, and links in the way are
//! replaced, never followed.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use rayon::prelude::*;

use super::deployment::{InstanceFile, RenderedInstance};

/// What is replaced as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The directory of an instance group.
    Group,
    /// The directory of a job on an instance.
    Job,
}

/// Writes the files of instances below `directory`, which is made if need be.
///
/// # Errors
/// Paths that are no plain names, and whatever cannot be written.
pub fn write(directory: &Path, rendered: &[RenderedInstance], place: Place) -> Result<()> {
    make_directory(directory)?;
    let near = tempfile::Builder::new()
        .prefix(".rendering-")
        .tempdir_in(directory);
    let near = near.with_context(|| format!("Writing into '{}'", directory.display()))?;
    rendered
        .par_iter()
        .try_for_each(|instance| write_instance(near.path(), instance))?;
    let mut places = BTreeSet::new();
    for instance in rendered {
        places.extend(places_of(instance, place)?);
    }
    let old = near.path().join(".old");
    make_directory(&old)?;
    for (number, place) in places.iter().enumerate() {
        let old = old.join(number.to_string());
        put(near.path(), directory, place, &old)
            .with_context(|| format!("Writing '{}'", directory.join(place).display()))?;
    }
    near.close()
        .with_context(|| format!("Removing what '{}' had before", directory.display()))
}

/// Names in `directory` that a rendering of these instances does not replace.
///
/// # Errors
/// A directory that cannot be read.
pub fn others(directory: &Path, rendered: &[RenderedInstance]) -> Result<Vec<String>> {
    let groups: BTreeSet<&str> = rendered
        .iter()
        .map(|instance| instance.group.as_str())
        .collect();
    let mut others = Vec::new();
    let entries = fs::read_dir(directory);
    for entry in entries.with_context(|| format!("Reading '{}'", directory.display()))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !groups.contains(name.as_str()) {
            others.push(name);
        }
    }
    others.sort();
    Ok(others)
}

fn places_of(instance: &RenderedInstance, place: Place) -> Result<Vec<PathBuf>> {
    let group = plain(&instance.group)?;
    if place == Place::Group {
        return Ok(vec![group.to_owned()]);
    }
    let index = group.join(instance.index.to_string());
    let job = |file: &InstanceFile| {
        let first = plain(&file.path)?.components().next();
        Ok(first.map(|job| index.join(job)).unwrap_or_default())
    };
    instance.files.iter().map(job).collect()
}

fn write_instance(above: &Path, instance: &RenderedInstance) -> Result<()> {
    let below = above
        .join(plain(&instance.group)?)
        .join(instance.index.to_string());
    make_directory(&below)?;
    let mut made = BTreeSet::new();
    for file in &instance.files {
        let path = below.join(plain(&file.path)?);
        let parent = path.parent().unwrap_or(&below);
        if made.insert(parent.to_owned()) {
            make_directory(parent)?;
        }
        write_file(&path, file).with_context(|| {
            let InstanceFile { path, .. } = file;
            format!("Writing '{path}' of instance group '{}'", instance.group)
        })?;
    }
    Ok(())
}

/// Modes are those an agent gives, whatever the umask.
fn write_file(path: &Path, file: &InstanceFile) -> Result<()> {
    let mode = file.mode();
    let mut options = fs::OpenOptions::new();
    let options = options.write(true).create(true).truncate(true).mode(mode);
    let mut opened = options.open(path)?;
    opened.set_permissions(fs::Permissions::from_mode(mode))?;
    Ok(opened.write_all(&file.content)?)
}

fn make_directory(path: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    let made = builder.recursive(true).mode(0o750).create(path);
    made.with_context(|| format!("Creating directory '{}'", path.display()))
}

/// Moves what was written to its place below `directory`, and what is there to `old`.
fn put(near: &Path, directory: &Path, place: &Path, old: &Path) -> Result<()> {
    if let Some(above) = place.parent() {
        let mut parent = directory.to_owned();
        for name in above {
            parent.push(name);
            if fs::symlink_metadata(&parent).is_ok_and(|found| found.is_symlink()) {
                bail!("'{}' is a symbolic link", parent.display());
            }
        }
        make_directory(&parent)?;
    }
    match fs::rename(directory.join(place), old) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    Ok(fs::rename(near.join(place), directory.join(place))?)
}

/// A path that stays where it is put.
fn plain(path: &str) -> Result<&Path> {
    let path = Path::new(path);
    let name = |part: Component<'_>| matches!(part, Component::Normal(_));
    if path.components().next().is_none() || !path.components().all(name) {
        bail!(
            "'{}' leads out of the directory that files are written to",
            path.display()
        );
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(group: &str, path: &str, text: &str) -> RenderedInstance {
        RenderedInstance {
            group: group.to_owned(),
            index: 0,
            files: vec![InstanceFile {
                path: path.to_owned(),
                executable: path.contains("/bin/"),
                content: text.as_bytes().to_vec(),
            }],
        }
    }

    fn write_one(directory: &Path, path: &str, place: Place) -> Result<()> {
        write(directory, &[instance("g", path, "text")], place)
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_place_is_replaced_as_a_whole_and_nothing_else_is() {
        let out = tempfile::tempdir().unwrap();
        fs::write(out.path().join("mine"), "").unwrap();
        write_one(out.path(), "a/bin/run", Place::Group).unwrap();
        write_one(out.path(), "b/config/x", Place::Job).unwrap();
        assert_eq!(names(&out.path().join("g/0")), ["a", "b"]);
        let mode = |path: &str| {
            fs::metadata(out.path().join(path))
                .unwrap()
                .permissions()
                .mode()
        };
        assert_eq!(mode("g/0/a/bin/run") & 0o777, 0o750);
        assert_eq!(mode("g/0/b/config/x") & 0o777, 0o640);
        write_one(out.path(), "b/config/y", Place::Group).unwrap();
        assert_eq!(names(&out.path().join("g/0")), ["b"]);
        assert_eq!(names(&out.path().join("g/0/b/config")), ["y"]);
        assert_eq!(names(out.path()), ["g", "mine"]);
        assert_eq!(
            others(out.path(), &[instance("g", "a", "")]).unwrap(),
            ["mine"]
        );
    }

    #[test]
    fn no_path_and_no_link_leads_out() {
        let top = tempfile::tempdir().unwrap();
        let out = top.path().join("out");
        for path in ["../x", "a/../../x", "/x", "", "a/.."] {
            assert!(write_one(&out, path, Place::Group).is_err(), "{path}");
        }
        assert!(write(&out, &[instance("..", "a/x", "")], Place::Group).is_err());
        assert!(names(&out).is_empty());
        let elsewhere = top.path().join("elsewhere");
        fs::create_dir(&elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, out.join("g")).unwrap();
        assert!(write_one(&out, "a/x", Place::Job).is_err());
        write_one(&out, "a/x", Place::Group).unwrap();
        assert!(names(&elsewhere).is_empty());
        assert_eq!(names(&out.join("g/0/a")), ["x"]);
    }
}
