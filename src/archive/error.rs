//! What can be wrong with an archive.

use std::fmt;
use std::io;

/// Why an archive was refused or could not be read.
#[derive(Debug)]
pub enum ArchiveError {
    /// Reading failed, or the compressed data is damaged.
    Read {
        /// Why.
        source: io::Error,
    },
    /// Neither tar nor a compression that is read here.
    UnknownFormat,
    /// The archive ends too early.
    Truncated {
        /// The member in which, or after which, it ends; empty before the first.
        member: String,
    },
    /// Something follows the end of the archive.
    TrailingData,
    /// More bytes, members or a higher compression than the limits allow.
    TooLarge {
        /// The limit in words.
        limit: String,
    },
    /// A header that makes no sense.
    Damaged {
        /// The member before it; empty before the first.
        after: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A member that is not allowed.
    Member {
        /// Its name as it is in the archive.
        name: String,
        /// What is wrong.
        problem: Problem,
    },
    /// The caller's function failed for this member.
    Visit {
        /// The member.
        name: String,
        /// Its error.
        source: anyhow::Error,
    },
    /// The place to unpack to is not an empty directory, or could not be written to.
    Unpack {
        /// The member or directory.
        name: String,
        /// Why.
        source: io::Error,
    },
}

/// What is wrong with one member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// No name.
    EmptyName,
    /// A name from the root of the file system.
    Absolute,
    /// `..` in the name.
    ParentDirectory,
    /// A NUL in the name.
    NulInName,
    /// A name or a target over the limit, in bytes.
    NameTooLong {
        /// The limit.
        limit: usize,
    },
    /// All names together are over the limit, in bytes.
    NamesTooLarge {
        /// The limit.
        limit: usize,
    },
    /// There was a member of this name already.
    Duplicate,
    /// A parent was a file or a link.
    BelowNonDirectory {
        /// The parent.
        parent: String,
    },
    /// The root, or a name with a slash at its end, is not a directory.
    NotADirectory,
    /// A link where none is allowed.
    Link,
    /// A link to a place outside the archive.
    LinkOutside {
        /// Where to.
        target: String,
    },
    /// A link with an empty target, or with NUL in it.
    BadTarget,
    /// A hard link.
    HardLink,
    /// A device.
    Device,
    /// A named pipe.
    Fifo,
    /// A file with holes.
    Sparse,
    /// A type that is none of tar's common ones.
    UnknownType {
        /// Its letter.
        letter: u8,
    },
    /// A directory or link with content.
    UnexpectedContent,
    /// Its size is over the limit, in bytes.
    TooLarge {
        /// The size.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// The headers say different things, so different programs would unpack different files.
    Ambiguous {
        /// Which ones.
        what: &'static str,
    },
}

impl fmt::Display for ArchiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read { .. } => write!(f, "Cannot read the archive"),
            Self::UnknownFormat => write!(
                f,
                "Not an archive: expected tar, plain or compressed by gzip, zstd or xz"
            ),
            Self::Truncated { member } if member.is_empty() => {
                write!(f, "The archive is truncated")
            }
            Self::Truncated { member } => {
                write!(
                    f,
                    "The archive is truncated: it ends in or after '{member}'"
                )
            }
            Self::TrailingData => write!(f, "The archive goes on after its end"),
            Self::TooLarge { limit } => write!(f, "The archive is too large: {limit}"),
            Self::Damaged { after, reason } if after.is_empty() => {
                write!(f, "The archive is damaged at its first member: {reason}")
            }
            Self::Damaged { after, reason } => {
                write!(f, "The archive is damaged after '{after}': {reason}")
            }
            Self::Member { name, problem } => {
                write!(f, "Refusing '{name}' in the archive: {problem}")
            }
            Self::Visit { name, .. } => write!(f, "Reading '{name}' from the archive"),
            Self::Unpack { name, .. } => write!(f, "Cannot unpack '{name}'"),
        }
    }
}

impl std::error::Error for ArchiveError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { source } | Self::Unpack { source, .. } => Some(source),
            Self::Visit { source, .. } => Some(source.as_ref()),
            _ => None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyName => f.write_str("its name is empty"),
            Self::Absolute => f.write_str("its name is absolute"),
            Self::ParentDirectory => f.write_str("its name has a '..' in it"),
            Self::NulInName => f.write_str("its name has a NUL in it"),
            Self::NameTooLong { limit } => {
                write!(f, "its name or target is longer than {limit} bytes")
            }
            Self::NamesTooLarge { limit } => {
                write!(f, "all names together are longer than {limit} bytes")
            }
            Self::Duplicate => f.write_str("another member has the same name"),
            Self::BelowNonDirectory { parent } => {
                write!(f, "it lies below '{parent}', which is not a directory")
            }
            Self::NotADirectory => f.write_str("its name is that of a directory, but it is none"),
            Self::Link => f.write_str("it is a link, and links are not allowed here"),
            Self::LinkOutside { target } => {
                write!(f, "it is a link to '{target}', outside the archive")
            }
            Self::BadTarget => f.write_str("it is a link without a proper target"),
            Self::HardLink => f.write_str("it is a hard link"),
            Self::Device => f.write_str("it is a device"),
            Self::Fifo => f.write_str("it is a named pipe"),
            Self::Sparse => f.write_str("it is a sparse file"),
            Self::UnknownType { letter } => write!(
                f,
                "its type '{}' is unknown",
                char::from(*letter).escape_default()
            ),
            Self::UnexpectedContent => f.write_str("it has content, but is not a file"),
            Self::TooLarge { size, limit } => write!(
                f,
                "it has {size} bytes, more than the {limit} that are allowed"
            ),
            Self::Ambiguous { what } => write!(f, "its headers contradict each other: {what}"),
        }
    }
}
