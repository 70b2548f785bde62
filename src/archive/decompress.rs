//! Turns whatever an archive was compressed with into the plain tar stream.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::Format;

const BUFFER: usize = 64 * 1024;
/// What xz may take, in KiB: level 9 wants 64 MiB.
const XZ_MEMORY: u32 = 160 * 1024;
/// The window that zstd may take, in bytes: what the zstd program itself allows unless told.
const ZSTD_WINDOW: u64 = 128 << 20;

/// The plain stream of `reader`, found by its first bytes, and a count of the bytes that went in so far.
pub(super) fn open<'a>(mut reader: impl Read + 'a) -> io::Result<(Box<dyn Read + 'a>, ByteCount)> {
    let mut prefix = Vec::with_capacity(Format::PREFIX);
    reader
        .by_ref()
        .take(Format::PREFIX as u64)
        .read_to_end(&mut prefix)?;
    let format = Format::detect(&prefix);
    let count = ByteCount::default();
    let counted = Counted {
        reader: io::Cursor::new(prefix).chain(reader),
        count: count.clone(),
    };
    let input = BufReader::with_capacity(BUFFER, counted);
    let plain: Box<dyn Read + 'a> = match format {
        None => Box::new(input),
        Some(Format::Gzip) => {
            Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(input)))
        }
        Some(Format::Xz) => Box::new(BufReader::with_capacity(
            BUFFER,
            XzReader::new_mem_limit(input, true, XZ_MEMORY),
        )),
        Some(Format::Zstd) => Box::new(BufReader::with_capacity(BUFFER, ZstdFrames::new(input))),
    };
    Ok((plain, count))
}

/// Bytes of the input, shared with the reader that counts them.
#[derive(Clone, Default)]
pub(super) struct ByteCount(Rc<Cell<u64>>);

impl ByteCount {
    pub(super) fn get(&self) -> u64 {
        self.0.get()
    }
}

struct Counted<R> {
    reader: R,
    count: ByteCount,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.count.0.set(self.count.get() + read as u64);
        Ok(read)
    }
}

/// All frames of a zstd stream, with their checksums compared; the decoder itself knows one frame and
/// leaves the comparison to others.
struct ZstdFrames<R: BufRead> {
    input: R,
    decoder: FrameDecoder,
    within: bool,
}

impl<R: BufRead> ZstdFrames<R> {
    fn new(input: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(ZSTD_WINDOW);
        Self {
            input,
            decoder,
            within: false,
        }
    }

    /// Begins the next frame; false at the end of the input.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.input.fill_buf()?.is_empty() {
            match self.decoder.init(&mut self.input) {
                Ok(()) => {
                    self.within = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => skip(&mut self.input, length.into())?,
                Err(error) => return Err(zstd_error(error)),
            }
        }
        Ok(false)
    }

    fn end(&mut self) -> io::Result<()> {
        self.within = false;
        match self.decoder.get_checksum_from_data() {
            Some(expected) if self.decoder.get_calculated_checksum() != Some(expected) => Err(
                io::Error::new(io::ErrorKind::InvalidData, "wrong checksum of a zstd frame"),
            ),
            _ => Ok(()),
        }
    }
}

impl<R: BufRead> Read for ZstdFrames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.within && self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if self.within && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(zstd_error)?;
                continue;
            }
            if self.within {
                self.end()?;
            }
            if !self.begin()? {
                return Ok(0);
            }
        }
    }
}

fn skip(input: &mut impl Read, length: u64) -> io::Result<()> {
    let skipped = io::copy(&mut input.take(length), &mut io::sink())?;
    if skipped < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}

/// Keeps the kind of an error from below: an early end is told apart from damage.
fn zstd_error(error: FrameDecoderError) -> io::Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(current) = cause {
        if let Some(below) = current.downcast_ref::<io::Error>() {
            return io::Error::new(below.kind(), error.to_string());
        }
        cause = current.source();
    }
    io::Error::new(io::ErrorKind::InvalidData, error)
}
