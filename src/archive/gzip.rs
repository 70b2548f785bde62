//! One gzip member, compressed on all cores into bytes that depend on the input alone.
//!
//! A section of the input is cut into blocks of 1 MiB. Each block is compressed on its own, with the
//! 32 KiB of input before it as dictionary, and ends on a byte boundary by a sync flush, so blocks can
//! be made in parallel and joined. The compressor's bytes depend on the sizes of its input and output
//! buffers, therefore a block is always one call with one size of buffer: neither the number of threads
//! nor the sizes of the writes can show in the output. Nor does the processor: the compressor's vector
//! code only finds the same matches sooner. A later version of the compressor may.
//!
//! A block that will not shrink is stored without the search for matches, which costs time for nothing. Only the bytes of the block decide (see [`resists`]).
//!
//! A section of content that is compressed already is stored: copied behind a five-byte header for
//! each 65,535 bytes.

use std::io::{self, Write};

use rayon::prelude::*;
use zlib_rs::{Deflate, DeflateFlush};

use super::Store;

const BLOCK: usize = 1 << 20;
/// Blocks that are compressed at the same time: bounds memory, and changes no byte of the output.
const BATCH: usize = 4;
/// Deflate never looks further back.
const WINDOW: usize = 32 * 1024;
const STORED_BLOCK: usize = 65_535;
/// Compressed bytes of one block can never reach this: incompressible input grows by under 1 %.
const OUTPUT: usize = BLOCK + BLOCK / 4;
/// One below gzip's default: on generated C it takes half the time for archives 3.5 % larger, on real Rust and Go
/// a quarter less for 0.4 %.
const LEVEL: i32 = 5;
/// Bytes that are looked at together when a block may be noise; a smaller block is always compressed.
const SAMPLE: usize = 64 * 1024;
/// The level that tells soonest whether a sample shrinks.
const FASTEST: i32 = 1;
const WINDOW_BITS: u8 = 15;
/// Deflate, no flags, no time, no extreme of speed or size, made on Unix: as `gzip -5 --no-name` writes it.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
/// An empty last block with the fixed code: ends the stream whatever came before.
const END_OF_STREAM: [u8; 2] = [3, 0];

/// Compresses what is written to it. Without [`finish`](Self::finish) the output is incomplete.
pub struct GzipWriter<W: Write> {
    out: W,
    store: Store,
    /// Up to [`WINDOW`] bytes that are done, then the input that waits.
    buffer: Vec<u8>,
    history: usize,
    checksum: crc32fast::Hasher,
    /// Modulo 2^32, as gzip wants it.
    size: u32,
}

impl<W: Write> GzipWriter<W> {
    /// Writes the header of the member to `out`.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.write_all(&HEADER)?;
        Ok(Self {
            out,
            store: Store::Compressed,
            buffer: Vec::new(),
            history: 0,
            checksum: crc32fast::Hasher::new(),
            size: 0,
        })
    }

    /// How the input from here on is kept. A change begins a new section.
    pub fn set_store(&mut self, store: Store) -> io::Result<()> {
        if store != self.store {
            self.write_pending()?;
            self.store = store;
        }
        Ok(())
    }

    /// Writes all that waits and the end of the member.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_pending()?;
        self.out.write_all(&END_OF_STREAM)?;
        self.out
            .write_all(&self.checksum.finalize().to_le_bytes())?;
        self.out.write_all(&self.size.to_le_bytes())?;
        Ok(self.out)
    }

    /// How many bytes wait before they are written: a multiple of the block, so that a section is cut
    /// at the same places whenever it is written.
    fn capacity(&self) -> usize {
        match self.store {
            Store::Compressed => BATCH * BLOCK,
            Store::AsIs => 16 * STORED_BLOCK,
        }
    }

    fn write_pending(&mut self) -> io::Result<()> {
        let pending = &self.buffer[self.history..];
        self.checksum.update(pending);
        #[expect(
            clippy::cast_possible_truncation,
            reason = "gzip's size is modulo 2^32"
        )]
        let length = pending.len() as u32;
        self.size = self.size.wrapping_add(length);
        match self.store {
            Store::Compressed => write_compressed(&mut self.out, &self.buffer, self.history)?,
            Store::AsIs => write_stored(&mut self.out, pending)?,
        }
        self.keep_history();
        Ok(())
    }

    fn keep_history(&mut self) {
        let start = self.buffer.len().saturating_sub(WINDOW);
        self.buffer.copy_within(start.., 0);
        self.buffer.truncate(self.buffer.len() - start);
        self.history = self.buffer.len();
    }
}

impl<W: Write> Write for GzipWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let free = self.capacity() - (self.buffer.len() - self.history);
        let taken = free.min(bytes.len());
        self.buffer.extend_from_slice(&bytes[..taken]);
        if taken == free {
            self.write_pending()?;
        }
        Ok(taken)
    }

    /// Does nothing: writing out early would let the caller's flushes show in the bytes.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_compressed(out: &mut impl Write, buffer: &[u8], history: usize) -> io::Result<()> {
    let starts: Vec<usize> = (history..buffer.len()).step_by(BLOCK).collect();
    let blocks = starts
        .into_par_iter()
        .map(|start| {
            let dictionary = &buffer[start.saturating_sub(WINDOW)..start];
            compress_block(dictionary, &buffer[start..buffer.len().min(start + BLOCK)])
        })
        .collect::<io::Result<Vec<_>>>()?;
    blocks.iter().try_for_each(|block| out.write_all(block))
}

fn compress_block(dictionary: &[u8], input: &[u8]) -> io::Result<Vec<u8>> {
    if resists(input)? {
        let mut stored = Vec::with_capacity(input.len() + input.len() / 1024);
        write_stored(&mut stored, input)?;
        return Ok(stored);
    }
    deflate(LEVEL, dictionary, input)
}

/// Whether a block is noise: in each sample of it all byte values are about equally often, and the one in the middle
/// does not shrink by a 64th. Text of a few percent of a sample shows in the first, repetition in the second.
fn resists(block: &[u8]) -> io::Result<bool> {
    if block.len() < SAMPLE || !block.chunks_exact(SAMPLE).all(is_flat) {
        return Ok(false);
    }
    let start = (block.len() - SAMPLE) / 2;
    let shrunk = deflate(FASTEST, &[], &block[start..start + SAMPLE])?;
    Ok(shrunk.len() > SAMPLE - SAMPLE / 64)
}

/// Whether two bytes of the sample are equal about as seldom as in noise, where it is one pair in 256. Whole numbers,
/// so that every processor decides alike.
fn is_flat(sample: &[u8]) -> bool {
    let mut counts = [0_u64; 256];
    for byte in sample {
        counts[usize::from(*byte)] += 1;
    }
    let pairs: u64 = counts.iter().map(|count| count * count).sum();
    let length = sample.len() as u64;
    pairs * 256 <= length * length + length * length / 64
}

fn deflate(level: i32, dictionary: &[u8], input: &[u8]) -> io::Result<Vec<u8>> {
    let mut deflate = Deflate::new(level, false, WINDOW_BITS);
    if !dictionary.is_empty() {
        deflate
            .set_dictionary(dictionary)
            .map_err(|error| io::Error::other(error.as_str()))?;
    }
    let mut output = vec![0; OUTPUT];
    deflate
        .compress(input, &mut output, DeflateFlush::SyncFlush)
        .map_err(|error| io::Error::other(error.as_str()))?;
    let written = usize::try_from(deflate.total_out()).unwrap_or(OUTPUT);
    // A full buffer would mean that the flush is not complete.
    if deflate.total_in() != input.len() as u64 || written >= OUTPUT {
        return Err(io::Error::other("a block did not fit into its buffer"));
    }
    output.truncate(written);
    Ok(output)
}

fn write_stored(out: &mut impl Write, input: &[u8]) -> io::Result<()> {
    for block in input.chunks(STORED_BLOCK) {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.write_all(&[0])?;
        out.write_all(&length.to_le_bytes())?;
        out.write_all(&(!length).to_le_bytes())?;
        out.write_all(block)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::bufread::GzDecoder;
    use proptest::prelude::*;
    use std::io::Read;

    /// Bytes that neither compress to nothing nor resist: words from a small generator.
    fn text(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut bytes = Vec::with_capacity(length + 16);
        while bytes.len() < length {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            bytes.extend_from_slice(format!("word{} ", (state >> 16) % 4096).as_bytes());
        }
        bytes.truncate(length);
        bytes
    }

    fn compress(sections: &[(Store, &[u8])], chunk: usize, threads: usize) -> Vec<u8> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut writer = GzipWriter::new(Vec::new()).unwrap();
            for (store, bytes) in sections {
                writer.set_store(*store).unwrap();
                for piece in bytes.chunks(chunk) {
                    writer.write_all(piece).unwrap();
                    writer.flush().unwrap();
                }
            }
            writer.finish().unwrap()
        })
    }

    fn decompress(bytes: &[u8]) -> Vec<u8> {
        let mut output = Vec::new();
        GzDecoder::new(bytes).read_to_end(&mut output).unwrap();
        output
    }

    #[test]
    fn threads_and_write_sizes_do_not_show() {
        let text = text(9 * BLOCK + 4567);
        let sections = [
            (Store::Compressed, &text[..]),
            (Store::AsIs, &text[..3 * BLOCK + 17]),
            (Store::Compressed, &text[..100]),
        ];
        let expected = compress(&sections, 1 << 16, 1);
        assert_eq!(
            decompress(&expected),
            sections.map(|(_, bytes)| bytes).concat()
        );
        for (chunk, threads) in [(1 << 16, 8), (1 << 30, 2), (4093, 8), (BLOCK, 3)] {
            assert!(
                compress(&sections, chunk, threads) == expected,
                "chunks of {chunk}, {threads} threads"
            );
        }
    }

    #[test]
    fn sizes_around_the_block_come_back() {
        let text = text(4 * BLOCK + 1);
        for size in [
            0,
            1,
            STORED_BLOCK,
            STORED_BLOCK + 1,
            BLOCK - 1,
            BLOCK,
            BLOCK + 1,
            4 * BLOCK,
            4 * BLOCK + 1,
        ] {
            for store in [Store::Compressed, Store::AsIs] {
                let bytes = compress(&[(store, &text[..size])], 1 << 20, 2);
                assert!(decompress(&bytes) == text[..size], "{size} {store:?}");
            }
        }
    }

    #[test]
    fn text_shrinks_and_stored_content_grows_by_its_headers() {
        let text = text(2 * BLOCK);
        assert!(compress(&[(Store::Compressed, &text)], BLOCK, 2).len() < text.len() / 2);
        let blocks = text.len().div_ceil(STORED_BLOCK);
        assert_eq!(
            compress(&[(Store::AsIs, &text)], BLOCK, 2).len(),
            text.len() + 5 * blocks + HEADER.len() + END_OF_STREAM.len() + 8
        );
    }

    #[test]
    fn incompressible_input_fits() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let noise: Vec<u8> = (0..2 * BLOCK + 7)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()[3]
            })
            .collect();
        let bytes = compress(&[(Store::Compressed, &noise)], BLOCK, 2);
        assert!(decompress(&bytes) == noise);
        assert!(bytes.len() < noise.len() + noise.len() / 100);
    }

    #[test]
    fn only_noise_is_stored() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        };
        let noise: Vec<u8> = (0..BLOCK + 17).map(|_| next()).collect();
        assert!(resists(&noise).unwrap());
        assert!(!resists(&noise[..SAMPLE - 1]).unwrap());

        let mut part_text = noise.clone();
        part_text[BLOCK / 3..BLOCK / 3 + 30_000].copy_from_slice(&text(30_000));
        assert!(!resists(&part_text).unwrap(), "some text in noise");

        let repeated: Vec<u8> = (0..BLOCK).map(|at| noise[at % 20_000]).collect();
        assert!(!resists(&repeated).unwrap(), "repeated noise");

        let all_values: Vec<u8> = (0..BLOCK).map(|at| at.to_le_bytes()[0]).collect();
        assert!(!resists(&all_values).unwrap(), "counting");

        let mixed = [&noise[..], &text(2 * BLOCK), &noise].concat();
        let bytes = compress(&[(Store::Compressed, &mixed)], BLOCK, 2);
        assert!(decompress(&bytes) == mixed);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_sections_in_any_writes(
            sections in prop::collection::vec((any::<bool>(), 0_usize..200_000), 0..6),
            chunks in prop::collection::vec(1_usize..70_000, 1..20),
        ) {
            let text = text(200_000);
            let sections: Vec<_> = sections
                .iter()
                .map(|(as_is, size)| (if *as_is { Store::AsIs } else { Store::Compressed }, &text[..*size]))
                .collect();
            let expected = compress(&sections, 1 << 30, 1);
            let mut writer = GzipWriter::new(Vec::new()).unwrap();
            let mut chunks = chunks.iter().cycle();
            for (store, mut bytes) in sections.iter().copied() {
                writer.set_store(store).unwrap();
                while !bytes.is_empty() {
                    let (piece, rest) = bytes.split_at((*chunks.next().unwrap()).min(bytes.len()));
                    writer.write_all(piece).unwrap();
                    bytes = rest;
                }
            }
            prop_assert!(writer.finish().unwrap() == expected);
            prop_assert!(decompress(&expected) == sections.iter().map(|(_, bytes)| *bytes).collect::<Vec<_>>().concat());
        }
    }
}
