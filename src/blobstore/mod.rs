//! Blobstores of a release: where blobs and final archives are kept, by id.
//!
//! Owns the table of providers ([`PROVIDERS`]), the check of ids, and the retry. One file per provider.
//! Credentials and options are handed in ([`Options`]); nothing is read from the environment.
//!
//! Invariants: an id comes from an index and is not trusted, so it is checked before a provider sees it ([`check_id`]);
//! a failed download leaves no file behind; content counts only after the caller's check of the digest has passed.
//!
//! Follows the official CLI: the `local` provider and its option, the texts of configuration errors, random v4 ids chosen by
//! the client, uploads and downloads tried three times without a pause with the digest check inside each try.
//! Differs: failures that cannot heal (a missing file, a full disk) are not repeated; writes are atomic.

mod local;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use crate::nearest::nearest;

/// How often an upload or a download is tried, as in the official CLI.
const TRIES: u32 = 3;

/// A place that keeps files by id.
///
/// A provider may rely on ids that passed [`check_id`] when it is used through [`download`], [`upload`] and [`delete`].
pub trait Blobstore: Sync {
    /// Writes the content of `id` to the new file `into`; on an error there is no such file.
    fn get(&self, id: &str, into: &Path) -> Result<()>;
    /// Keeps the content of `from` as `id`; other readers see all of it or nothing.
    fn put(&self, id: &str, from: &Path) -> Result<()>;
    /// Forgets `id`; one that is not there is no error.
    fn delete(&self, id: &str) -> Result<()>;
    /// What people call this place, for messages; without credentials.
    fn describe(&self) -> String;
}

/// A row of the table of providers.
pub struct Provider {
    /// Value of `blobstore.provider` in `config/final.yml`.
    pub name: &'static str,
    /// Checks the options and makes the blobstore; touches neither network nor files.
    pub open: fn(&Options) -> Result<Box<dyn Blobstore>>,
    /// One line for people.
    pub doc: &'static str,
}

/// The providers a release may name, in the order of their names.
pub const PROVIDERS: &[Provider] = &[
    Provider {
        name: "gcs",
        open: |_| not_supported("gcs"),
        doc: "Google Cloud Storage; known, not supported yet",
    },
    Provider {
        name: "local",
        open: local::open,
        doc: "a directory: `blobstore_path`, relative to the release directory, one file per id",
    },
    Provider {
        name: "s3",
        open: open_s3,
        doc: "S3 and compatible stores; known, not supported yet",
    },
];

/// What a provider is configured with.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `blobstore.options` of `config/final.yml`, with those of `config/private.yml` over it; see [`Options::merged`].
    pub values: Map<String, Value>,
    /// The release directory: relative paths among the options start here.
    pub release_directory: PathBuf,
}

impl Options {
    /// The public options with the private ones over them, key by key.
    pub fn merged(
        release_directory: &Path,
        public: &Map<String, Value>,
        private: &Map<String, Value>,
    ) -> Self {
        let mut values = public.clone();
        values.extend(
            private
                .iter()
                .map(|(key, value)| (key.clone(), value.clone())),
        );
        Self {
            values,
            release_directory: release_directory.to_path_buf(),
        }
    }
}

/// Opens the blobstore of a release; `provider` is `blobstore.provider` of its `config/final.yml`.
///
/// Call it only when the blobstore is needed: a release without one can still be built.
pub fn open(provider: Option<&str>, options: &Options) -> Result<Box<dyn Blobstore>> {
    let Some(name) = provider.filter(|name| !name.is_empty()) else {
        let config = options.release_directory.join("config/final.yml");
        bail!(
            "Expected non-empty 'blobstore.provider' in config '{}'",
            config.display()
        );
    };
    match PROVIDERS.iter().find(|row| row.name == name) {
        Some(row) => (row.open)(options),
        None => bail!(
            "Expected release blobstore to be configured: there is no provider '{name}'; {}",
            suggestion(name)
        ),
    }
}

/// A new id: a random UUID (version 4).
pub fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Refuses an id that could name anything outside a blobstore.
///
/// Allowed are parts of ASCII letters, digits, `.`, `_` and `-`, separated by single slashes; `.` and `..` are no parts.
pub fn check_id(id: &str) -> Result<()> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_part =
        |part: &str| !part.is_empty() && part != "." && part != ".." && part.bytes().all(allowed);
    if id.len() > 255 || !id.split('/').all(is_part) {
        let shown: String = id.chars().take(80).collect();
        bail!("Invalid blob id {shown:?}: only letters, digits, '.', '_', '-' are allowed");
    }
    Ok(())
}

/// Gets `id` into the new file `into`, which then has passed `verify`.
///
/// Tried up to three times, `verify` included. On an error there is no file `into`.
pub fn download(
    store: &dyn Blobstore,
    id: &str,
    into: &Path,
    verify: &dyn Fn(&Path) -> Result<()>,
) -> Result<()> {
    check_id(id)?;
    let attempt = || {
        store.get(id, into)?;
        verify(into).inspect_err(|_| drop(fs::remove_file(into)))
    };
    with_retry(attempt)
        .with_context(|| format!("Getting blob '{id}' from blobstore {}", store.describe()))
}

/// Keeps the file `from` under a new id, which is returned. Tried up to three times.
pub fn upload(store: &dyn Blobstore, from: &Path) -> Result<String> {
    let id = new_id();
    with_retry(|| store.put(&id, from)).with_context(|| {
        format!(
            "Creating blob for path '{}' in blobstore {}",
            from.display(),
            store.describe()
        )
    })?;
    Ok(id)
}

/// Forgets `id`; one that is not there is no error.
pub fn delete(store: &dyn Blobstore, id: &str) -> Result<()> {
    check_id(id)?;
    store
        .delete(id)
        .with_context(|| format!("Deleting blob '{id}' in blobstore {}", store.describe()))
}

fn with_retry(attempt: impl Fn() -> Result<()>) -> Result<()> {
    for _ in 1..TRIES {
        match attempt() {
            Err(error) if may_heal(&error) => {}
            done => return done,
        }
    }
    attempt()
}

/// Whether another try may succeed: everything that is not known to be permanent.
fn may_heal(error: &anyhow::Error) -> bool {
    let permanent = |kind| {
        matches!(
            kind,
            ErrorKind::NotFound
                | ErrorKind::PermissionDenied
                | ErrorKind::AlreadyExists
                | ErrorKind::InvalidInput
                | ErrorKind::NotADirectory
                | ErrorKind::IsADirectory
                | ErrorKind::ReadOnlyFilesystem
                | ErrorKind::StorageFull
                | ErrorKind::QuotaExceeded
        )
    };
    !error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| permanent(cause.kind()))
}

fn not_supported(name: &str) -> Result<Box<dyn Blobstore>> {
    bail!(
        "blobstore provider '{name}' is not supported yet by this tool; \
         get the blobs with the official CLI (`bosh sync-blobs`), list `upstreams` for them in config/bosh-release.yml, \
         or use the provider 'local'"
    )
}

fn open_s3(options: &Options) -> Result<Box<dyn Blobstore>> {
    match options.values.get("bucket_name").and_then(Value::as_str) {
        None | Some("") => bail!("bucket_name must be set"),
        Some(_) => not_supported("s3"),
    }
}

/// What to write instead of an unknown provider: the nearest one, or any of them.
fn suggestion(name: &str) -> String {
    let names = || PROVIDERS.iter().map(|row| row.name);
    match nearest(&name.to_lowercase(), names()) {
        Some(meant) => format!("did you mean '{meant}'?"),
        None => format!("there are {}", names().collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_provider_is_offered() {
        for (typed, offered) in [
            ("locl", "did you mean 'local'?"),
            ("S3", "did you mean 's3'?"),
            ("gcp", "did you mean 'gcs'?"),
            ("dav", "there are gcs, local, s3"),
        ] {
            assert_eq!(suggestion(typed), offered, "{typed}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_named_once() {
        let names: Vec<_> = PROVIDERS.iter().map(|row| row.name).collect();
        assert!(names.is_sorted_by(|one, next| one < next), "{names:?}");
    }
}
