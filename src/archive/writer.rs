//! Writes archives whose bytes depend on their content alone.
//!
//! GNU tar format, as the BOSH CLI's archives have: names beyond 100 bytes get a long-name member.
//! Owner and group are number 0 without a name, and every member has the same time. Memory does not
//! grow with the size of a file.

use std::fmt;
use std::io::{self, Read, Write};

use tar::{EntryType, Header};

use super::GzipWriter;

/// 1980-01-01T00:00:00Z, in seconds since 1970: the time of every member.
///
/// It is not 0: GNU tar warned about times at the epoch ("implausibly old time stamp") for years, zip
/// cannot hold anything earlier, and in zones west of Greenwich 0 lies in 1969.
pub(super) const MODIFIED: u64 = 315_532_800;
/// The length of a name that fits into a header.
const SHORT_NAME: usize = 100;
const TAR_BLOCK: usize = 512;
const DIRECTORY_MODE: u32 = 0o755;
const LINK_MODE: u32 = 0o777;
const COPY_BUFFER: usize = 128 * 1024;

/// How the whole archive is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// A tar file in one gzip member, level 5.
    Gzip,
    /// A plain tar file.
    None,
}

/// How one file's content is kept in a compressed archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// Compressed.
    Compressed,
    /// As it is: right for content which [`is_compressed`](super::is_compressed), several times faster
    /// and no larger.
    AsIs,
}

/// Why a member could not be written. The archive is incomplete and must be thrown away.
#[derive(Debug)]
pub enum WriteError {
    /// The name is empty or has a NUL in it, which tar cannot hold; so for the target of a link.
    Name {
        /// The name, as far as it can be shown.
        name: String,
    },
    /// The content ended before the size that was announced.
    Shorter {
        /// The member.
        name: String,
        /// Announced, in bytes.
        expected: u64,
        /// Found, in bytes.
        actual: u64,
    },
    /// The content went on beyond the size that was announced.
    Longer {
        /// The member.
        name: String,
        /// Announced, in bytes.
        expected: u64,
    },
    /// The content could not be read.
    Read {
        /// The member.
        name: String,
        /// Why.
        source: io::Error,
    },
    /// The archive could not be written.
    Write {
        /// Why.
        source: io::Error,
    },
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name } => write!(
                f,
                "Cannot put '{name}' into an archive: a name must not be empty or hold a NUL"
            ),
            Self::Shorter {
                name,
                expected,
                actual,
            } => write!(
                f,
                "'{name}' changed while it was read: expected {expected} bytes but found only {actual}"
            ),
            Self::Longer { name, expected } => write!(
                f,
                "'{name}' changed while it was read: expected {expected} bytes but found more"
            ),
            Self::Read { name, .. } => write!(f, "Cannot read '{name}' to put it into an archive"),
            Self::Write { .. } => write!(f, "Cannot write the archive"),
        }
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read { source, .. } | Self::Write { source } => Some(source),
            Self::Name { .. } | Self::Shorter { .. } | Self::Longer { .. } => None,
        }
    }
}

impl From<io::Error> for WriteError {
    fn from(source: io::Error) -> Self {
        Self::Write { source }
    }
}

/// Writes members in the order of the calls. Names are bytes and are written as they are given
/// (`./templates/` keeps its dot and its slash). Without [`finish`](Self::finish) the output is incomplete.
///
/// The writer makes small writes: give it a buffered `out` if these are costly.
pub struct ArchiveWriter<W: Write> {
    out: Output<W>,
    buffer: Vec<u8>,
}

enum Output<W: Write> {
    Gzip(GzipWriter<W>),
    Plain(W),
}

impl<W: Write> ArchiveWriter<W> {
    /// An archive without members.
    pub fn new(out: W, compression: Compression) -> Result<Self, WriteError> {
        let out = match compression {
            Compression::Gzip => Output::Gzip(GzipWriter::new(out)?),
            Compression::None => Output::Plain(out),
        };
        Ok(Self {
            out,
            buffer: vec![0; COPY_BUFFER],
        })
    }

    /// A directory, mode 0755; the name should end with a slash, as tar programs write it.
    pub fn directory(&mut self, name: &[u8]) -> Result<(), WriteError> {
        self.header(name, EntryType::Directory, DIRECTORY_MODE, 0, &[])
    }

    /// A file of `size` bytes, read from `content` to its end; `mode` has the permission bits.
    /// Fails if there are less or more bytes.
    pub fn file(
        &mut self,
        name: &[u8],
        mode: u32,
        size: u64,
        content: &mut dyn Read,
        store: Store,
    ) -> Result<(), WriteError> {
        self.header(name, EntryType::Regular, mode, size, &[])?;
        self.out.set_store(store)?;
        self.content(name, size, content)?;
        self.out.set_store(Store::Compressed)?;
        self.pad(size)
    }

    /// A symbolic link, mode 0777, to `target` as it is.
    pub fn link(&mut self, name: &[u8], target: &[u8]) -> Result<(), WriteError> {
        check_name(target)?;
        self.header(name, EntryType::Symlink, LINK_MODE, 0, target)
    }

    /// Writes the end of the archive.
    pub fn finish(mut self) -> Result<W, WriteError> {
        self.out.write_all(&[0; 2 * TAR_BLOCK])?;
        match self.out {
            Output::Gzip(writer) => Ok(writer.finish()?),
            Output::Plain(out) => Ok(out),
        }
    }

    fn header(
        &mut self,
        name: &[u8],
        kind: EntryType,
        mode: u32,
        size: u64,
        target: &[u8],
    ) -> Result<(), WriteError> {
        check_name(name)?;
        self.long_name(target, EntryType::GNULongLink)?;
        self.long_name(name, EntryType::GNULongName)?;
        let mut header = constant_header(kind, mode & 0o7777, size);
        set_names(&mut header, name, target);
        Ok(self.out.write_all(header.as_bytes())?)
    }

    /// The member that tells a name which does not fit into the header of the next one.
    fn long_name(&mut self, name: &[u8], kind: EntryType) -> Result<(), WriteError> {
        if name.len() <= SHORT_NAME {
            return Ok(());
        }
        let size = name.len() as u64 + 1;
        let mut header = constant_header(kind, 0o644, size);
        set_names(&mut header, b"././@LongLink", &[]);
        self.out.write_all(header.as_bytes())?;
        self.out.write_all(name)?;
        self.out.write_all(&[0])?;
        self.pad(size)
    }

    fn content(
        &mut self,
        name: &[u8],
        size: u64,
        content: &mut dyn Read,
    ) -> Result<(), WriteError> {
        let mut copied = 0;
        loop {
            let taken =
                read_some(content, &mut self.buffer).map_err(|source| WriteError::Read {
                    name: shown(name),
                    source,
                })?;
            if taken == 0 {
                break;
            }
            copied += taken as u64;
            if copied > size {
                return Err(WriteError::Longer {
                    name: shown(name),
                    expected: size,
                });
            }
            self.out.write_all(&self.buffer[..taken])?;
        }
        if copied < size {
            return Err(WriteError::Shorter {
                name: shown(name),
                expected: size,
                actual: copied,
            });
        }
        Ok(())
    }

    fn pad(&mut self, size: u64) -> Result<(), WriteError> {
        let block = TAR_BLOCK as u64;
        let missing = usize::try_from((block - size % block) % block).unwrap_or(0);
        Ok(self.out.write_all(&[0; TAR_BLOCK][..missing])?)
    }
}

impl<W: Write> Output<W> {
    fn set_store(&mut self, store: Store) -> io::Result<()> {
        match self {
            Self::Gzip(writer) => writer.set_store(store),
            Self::Plain(_) => Ok(()),
        }
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Gzip(writer) => writer.write_all(bytes),
            Self::Plain(out) => out.write_all(bytes),
        }
    }
}

fn constant_header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(MODIFIED);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Puts the names in directly: the tar crate drops a leading `./`, and from short names only.
fn set_names(header: &mut Header, name: &[u8], target: &[u8]) {
    let fields = header.as_old_mut();
    for (field, name) in [(&mut fields.name, name), (&mut fields.linkname, target)] {
        let length = name.len().min(SHORT_NAME);
        field[..length].copy_from_slice(&name[..length]);
    }
    header.set_cksum();
}

fn check_name(name: &[u8]) -> Result<(), WriteError> {
    if name.is_empty() || name.contains(&0) {
        return Err(WriteError::Name { name: shown(name) });
    }
    Ok(())
}

fn shown(name: &[u8]) -> String {
    super::names::shown(name)
}

fn read_some(content: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match content.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
