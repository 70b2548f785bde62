//! Archives: tar files, mostly inside gzip; written so that equal content gives equal bytes, read as
//! if an enemy had made them.
//!
//! Knows tar, gzip and sizes; what lies in a BOSH release is known elsewhere.
//!
//! * [`ArchiveWriter`] streams files into an archive. Order, names, modes and content are the caller's;
//!   everything else in the output is constant.
//! * [`read`] checks an archive and shows its members; nothing of it reaches the disk.
//! * [`unpack`] lays an archive out in an empty directory and writes nowhere else.
//!
//! The BOSH CLI leaves all of it to the program `tar`: its archives carry the time, the user and the
//! directory's order, so no two are equal. Readers cannot tell the difference: digests are recorded,
//! never recalculated from content.

mod decompress;
mod error;
mod gzip;
mod header;
mod names;
mod reader;
#[cfg(test)]
mod tests;
mod unpack;
mod writer;

pub use error::{ArchiveError, Problem};
pub use gzip::GzipWriter;
pub use reader::{Entry, Kind, Limits, Links, read};
pub use unpack::unpack;
pub use writer::{ArchiveWriter, Compression, Store, WriteError};

/// Whether bytes that start like `prefix` are compressed already (gzip, zstd, xz), so that doing it
/// again costs time and wins nothing. Six bytes are enough to tell.
pub fn is_compressed(prefix: &[u8]) -> bool {
    Format::detect(prefix).is_some()
}

/// The compressions that archives are read from: those that a release can be found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Gzip,
    Zstd,
    Xz,
}

impl Format {
    /// The longest magic number.
    const PREFIX: usize = 6;

    fn detect(prefix: &[u8]) -> Option<Self> {
        const MAGIC: [(&[u8], Format); 3] = [
            (&[0x1f, 0x8b], Format::Gzip),
            (&[0x28, 0xb5, 0x2f, 0xfd], Format::Zstd),
            (&[0xfd, b'7', b'z', b'X', b'Z', 0], Format::Xz),
        ];
        MAGIC
            .into_iter()
            .find(|(magic, _)| prefix.starts_with(magic))
            .map(|(_, format)| format)
    }
}
