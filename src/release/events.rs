//! What happens while a release is worked on, told to whoever shows it.
//!
//! The library prints nothing. Wording is `cli`'s; the official CLI's is in `cli::report`.

use crate::diagnostic::Diagnostic;
use crate::digest::Digest;

/// One thing that happens.
#[derive(Debug)]
pub enum Event<'a> {
    /// An archive is being packed and added to an index. `of` is `NAME/FINGERPRINT`.
    AddingArchive {
        /// `job`, `package` or `license`.
        kind: &'a str,
        /// Which.
        of: &'a str,
    },
    /// It was added.
    AddedArchive {
        /// `job`, `package` or `license`.
        kind: &'a str,
        /// Which.
        of: &'a str,
    },
    /// It could not be added; the error follows.
    FailedArchive {
        /// `job`, `package` or `license`.
        kind: &'a str,
        /// Which.
        of: &'a str,
    },
    /// An archive goes to or comes from the blobstore.
    ArchiveTransfer {
        /// Up or down.
        direction: Direction,
        /// How far.
        step: Step,
        /// `NAME/FINGERPRINT`.
        of: &'a str,
        /// Of the archive.
        digest: &'a Digest,
    },
    /// A blob goes to or comes from the blobstore or an upstream.
    BlobTransfer {
        /// Up or down.
        direction: Direction,
        /// How far.
        step: Step,
        /// Below `blobs/`.
        path: &'a str,
        /// Bytes.
        size: u64,
        /// Its id in the blobstore, or what stands for it.
        id: &'a str,
        /// Of the blob.
        digest: &'a Digest,
    },
    /// A release was added to its index.
    AddedRelease {
        /// `dev` or `final`.
        stage: &'a str,
        /// Its name.
        name: &'a str,
        /// Its version.
        version: &'a str,
    },
    /// Long work called `what` goes on.
    Progress {
        /// What people call it; tells one work from another.
        what: &'a str,
        /// How far it is.
        change: Change,
    },
    /// Packages (their names, joined) are plain tars, but the release tarball compresses them.
    UncompressedPackages(&'a str),
    /// Something looks wrong but is no error.
    Warning(Diagnostic),
    /// Something the user wants to know once.
    Notice(String),
}

/// A change of long work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// So many jobs, packages and licenses are to be done.
    BeginItems(u64),
    /// So many bytes are to be moved.
    BeginBytes(u64),
    /// So many more are done.
    Advance(u64),
    /// It ended, well or not.
    End,
}

/// Where bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the blobstore.
    Upload,
    /// To this machine.
    Download,
}

/// How far a transfer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It starts.
    Started,
    /// It is done.
    Finished,
    /// It failed; the error follows.
    Failed,
}

/// Who is told; called from several threads.
pub type Report<'a> = &'a (dyn Fn(Event<'_>) + Sync);
