//! Reads archives that nobody vouches for.
//!
//! Invariants: the caller sees only names that are relative, normalised, without `..` and unique, none
//! below a file or a link; only files, directories and (if allowed) links; at most the bytes and members
//! that the limits allow. Nothing is allocated because a header claims a size. An archive counts as
//! read only after its end was seen, with the checksums of its compression.
//!
//! The CLI hands all of it to `tar`, which follows links it has just unpacked only as far as its
//! version is careful, and knows no limits.

use std::io::{self, Read};

use super::decompress::{self, ByteCount};
use super::error::{ArchiveError, Problem};
use super::header::{self, BLOCK, Member, refused};
use super::names::{Names, check_target, normalise, shown};

/// Compression is not judged before this many bytes: small archives of zeros are harmless.
const RATIO_FREE: u64 = 64 << 20;

/// What an archive may have. The defaults are meant to be far above any release.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Headers, and so members. Default 250,000.
    pub entries: u64,
    /// Bytes of the whole uncompressed tar. Default 32 GiB.
    pub total_bytes: u64,
    /// Bytes of one file. Default 16 GiB.
    pub file_bytes: u64,
    /// Bytes of one name or link target. Default 4096, as in the system's paths.
    pub name_bytes: usize,
    /// Bytes of all names and link targets together: they are kept to find duplicates. Default 64 MiB.
    pub all_name_bytes: usize,
    /// Uncompressed bytes for each compressed byte, judged after the first 64 MiB. Default 300, a
    /// judgement: deflate makes at most about 1030 of one byte, source text comes near 6.
    pub ratio: u64,
    /// Which links may be in it. Default [`Links::Inside`].
    pub links: Links,
    /// Whether anything but zeros may follow the end of the tar. Default false; `tar` never looks.
    pub trailing_data: bool,
}

/// Which symbolic links an archive may hold. They are data: nothing here follows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    /// None.
    Refuse,
    /// Relative ones that cannot lead out of the archive, also not by way of each other: `..` only at
    /// the beginning of the target, and not above the archive's root. They may dangle.
    Inside,
    /// All: packages may hold links to places of the machine they are compiled on.
    Any,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 250_000,
            total_bytes: 32 << 30,
            file_bytes: 16 << 30,
            name_bytes: 4096,
            all_name_bytes: 64 << 20,
            ratio: 300,
            links: Links::Inside,
            trailing_data: false,
        }
    }
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative, without `.` components and without a slash at the end.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// The permission bits, as they are in the archive.
    pub mode: u32,
}

/// What a member is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A file; its content can be read.
    File {
        /// In bytes.
        size: u64,
    },
    /// A symbolic link.
    Link {
        /// Where to, as it is in the archive.
        target: Vec<u8>,
    },
}

impl Entry {
    /// Whether any of the three execute bits is set: what fingerprints look at.
    pub fn is_executable(&self) -> bool {
        self.mode & 0o111 != 0
    }

    /// The name for people: control characters escaped, what is not UTF-8 replaced.
    pub fn shown_name(&self) -> String {
        shown(&self.name)
    }
}

/// Reads an archive (tar, plain or compressed by gzip, zstd or xz; its content tells which) and calls
/// `visit` for each member, with its content (empty unless it is a file). What `visit` leaves unread is
/// skipped. The root (`./`) is checked but not visited: it has no name.
///
/// # Errors
/// The first member or byte that the limits do not allow, or the first error of `visit`. Members
/// before it have been visited: take what was gathered only when the whole call succeeded.
pub fn read(
    reader: impl Read,
    limits: &Limits,
    visit: &mut dyn FnMut(&Entry, &mut dyn Read) -> anyhow::Result<()>,
) -> Result<(), ArchiveError> {
    read_members(reader, limits, &mut |entry, content| {
        visit(entry, content).map_err(|source| ArchiveError::Visit {
            name: entry.shown_name(),
            source,
        })
    })
}

pub(super) type Visit<'a> = &'a mut dyn FnMut(&Entry, &mut dyn Read) -> Result<(), ArchiveError>;

pub(super) fn read_members(
    reader: impl Read,
    limits: &Limits,
    visit: Visit<'_>,
) -> Result<(), ArchiveError> {
    let mut source = Source::open(reader, limits)?;
    let mut names = Names::default();
    while let Some(member) = header::next(&mut source, limits)? {
        let entry =
            check(&member, &mut names, limits).map_err(|problem| refused(&member.name, problem))?;
        source.member = entry.shown_name();
        if !entry.name.is_empty() {
            visit_content(&mut source, &entry, member.size, visit)?;
        }
        header::skip_padding(&mut source, member.size)?;
    }
    source.read_end()
}

/// An error of reading goes before what `visit` made of it.
fn visit_content(
    source: &mut Source<'_>,
    entry: &Entry,
    size: u64,
    visit: Visit<'_>,
) -> Result<(), ArchiveError> {
    let mut content = Content {
        source,
        remaining: size,
        fault: None,
    };
    let visited = visit(entry, &mut content);
    if let Some(fault) = content.fault {
        return Err(fault);
    }
    visited?;
    let unread = content.remaining;
    source.skip(unread)
}

fn check(member: &Member, names: &mut Names, limits: &Limits) -> Result<Entry, Problem> {
    let name = normalise(&member.name, limits)?;
    let kind = kind(member, &name, limits)?;
    if let Kind::Link { target } = &kind {
        names.count(target.len(), limits)?;
    }
    names.add(&name, kind == Kind::Directory, limits)?;
    Ok(Entry {
        name,
        kind,
        mode: member.mode,
    })
}

fn kind(member: &Member, name: &[u8], limits: &Limits) -> Result<Kind, Problem> {
    if member.sparse {
        return Err(Problem::Sparse);
    }
    let kind = match member.letter {
        b'0' | 0 | b'7' => Kind::File { size: member.size },
        b'5' => Kind::Directory,
        b'2' => Kind::Link {
            target: member.target.clone(),
        },
        b'1' => return Err(Problem::HardLink),
        b'3' | b'4' => return Err(Problem::Device),
        b'6' => return Err(Problem::Fifo),
        letter => return Err(Problem::UnknownType { letter }),
    };
    if kind != Kind::Directory && (name.is_empty() || member.name.ends_with(b"/")) {
        return Err(Problem::NotADirectory);
    }
    match &kind {
        Kind::File { size } if *size > limits.file_bytes => Err(Problem::TooLarge {
            size: *size,
            limit: limits.file_bytes,
        }),
        Kind::File { .. } => Ok(kind),
        // Some programs skip such content, some read headers from it.
        _ if member.size > 0 => Err(Problem::UnexpectedContent),
        Kind::Link { target } => check_target(name, target, limits).map(|()| kind),
        Kind::Directory => Ok(kind),
    }
}

/// The uncompressed tar, with what it may still take.
pub(super) struct Source<'a> {
    reader: Box<dyn Read + 'a>,
    compressed: ByteCount,
    read: u64,
    headers: u64,
    limits: &'a Limits,
    /// The member that was reached.
    member: String,
}

impl<'a> Source<'a> {
    fn open(reader: impl Read + 'a, limits: &'a Limits) -> Result<Self, ArchiveError> {
        let (reader, compressed) =
            decompress::open(reader).map_err(|source| ArchiveError::Read { source })?;
        Ok(Self {
            reader,
            compressed,
            read: 0,
            headers: 0,
            limits,
            member: String::new(),
        })
    }

    /// Reads until `buffer` is full or the tar ends; says how much.
    pub(super) fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read_some(&mut buffer[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }

    /// Reads over `length` bytes that must be there.
    pub(super) fn skip(&mut self, length: u64) -> Result<(), ArchiveError> {
        let mut buffer = [0; 16 * 1024];
        let mut remaining = length;
        while remaining > 0 {
            match self.read_some(at_most(&mut buffer, remaining))? {
                0 => return Err(self.ended()),
                read => remaining -= read as u64,
            }
        }
        Ok(())
    }

    /// One more header.
    pub(super) fn count_header(&mut self) -> Result<(), ArchiveError> {
        self.headers += 1;
        if self.headers > self.limits.entries {
            return Err(too_large(format!(
                "more than {} members",
                self.limits.entries
            )));
        }
        Ok(())
    }

    pub(super) fn damaged(&self, reason: &'static str) -> ArchiveError {
        ArchiveError::Damaged {
            after: self.member.clone(),
            reason,
        }
    }

    /// The error for an end that came too early.
    pub(super) fn ended(&self) -> ArchiveError {
        if self.read == 0 {
            return ArchiveError::UnknownFormat;
        }
        ArchiveError::Truncated {
            member: self.member.clone(),
        }
    }

    /// The error for a block that is no header: at the beginning the file is not a tar at all.
    pub(super) fn no_header(&self) -> ArchiveError {
        if self.read == BLOCK {
            return ArchiveError::UnknownFormat;
        }
        self.damaged("the next header has a wrong checksum")
    }

    /// Reads everything behind the last member, so that the checksums of the compression are seen.
    fn read_end(&mut self) -> Result<(), ArchiveError> {
        let mut buffer = [0; 16 * 1024];
        loop {
            let read = self.read_some(&mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            if !self.limits.trailing_data && buffer[..read].iter().any(|byte| *byte != 0) {
                return Err(ArchiveError::TrailingData);
            }
        }
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        let read = loop {
            match self.reader.read(buffer) {
                Ok(read) => break read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(ArchiveError::Truncated {
                        member: self.member.clone(),
                    });
                }
                Err(source) => return Err(ArchiveError::Read { source }),
            }
        };
        self.read += read as u64;
        self.check_limits()?;
        Ok(read)
    }

    fn check_limits(&self) -> Result<(), ArchiveError> {
        if self.read > self.limits.total_bytes {
            return Err(too_large(format!(
                "more than {} bytes uncompressed",
                self.limits.total_bytes
            )));
        }
        let allowed = self.compressed.get().saturating_mul(self.limits.ratio);
        if self.read > RATIO_FREE && self.read > allowed {
            return Err(too_large(format!(
                "compressed more than {}:1, as only an attack or empty content is",
                self.limits.ratio
            )));
        }
        Ok(())
    }
}

fn too_large(limit: String) -> ArchiveError {
    ArchiveError::TooLarge { limit }
}

fn at_most(buffer: &mut [u8], length: u64) -> &mut [u8] {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let length = length.min(buffer.len());
    &mut buffer[..length]
}

/// The content of one member.
struct Content<'a, 'b> {
    source: &'a mut Source<'b>,
    remaining: u64,
    /// Kept for the caller: `io::Error` would lose its type.
    fault: Option<ArchiveError>,
}

impl Read for Content<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let buffer = at_most(buffer, self.remaining);
        if buffer.is_empty() {
            return Ok(0);
        }
        if let Some(fault) = &self.fault {
            return Err(io::Error::other(fault.to_string()));
        }
        let fault = match self.source.read_some(buffer) {
            Ok(0) => self.source.ended(),
            Ok(read) => {
                self.remaining -= read as u64;
                return Ok(read);
            }
            Err(fault) => fault,
        };
        let error = io::Error::other(fault.to_string());
        self.fault = Some(fault);
        Err(error)
    }
}
