//! Digests as BOSH writes them: calculate, parse, verify, print.
//!
//! Pure. A digest string is one or several parts joined by `;`, each `algorithm:hex`; a part without
//! prefix is SHA-1, as all digests once were. The rules are those of the BOSH CLI and Director:
//! letters and digits only, no algorithm twice, not empty, parts of an unknown algorithm are carried
//! but cannot be verified, and verification looks at the strongest known part alone.
//! Digits are compared as they are written: upper-case hex never equals a calculated digest.

use std::fmt;
use std::io::{self, Write};

use sha2::Digest as _;

/// An algorithm that can be calculated; a greater one is stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-1: only read, and written for consumers that ask for it.
    Sha1,
    /// SHA-256: what every new digest is.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// All of them, weakest first.
    pub const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    /// The prefix in a digest string.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    fn by_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
    }
}

/// One or several digests of the same bytes, at most one for each algorithm, in the order written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Digest {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Part {
    algorithm: String,
    hex: String,
}

/// Why a text is no digest string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DigestError {
    /// There is nothing in it.
    Empty,
    /// A part has a character other than ASCII letters and digits, or lacks its name or digits.
    Malformed {
        /// The part.
        part: String,
    },
    /// An algorithm occurs twice.
    Repeated {
        /// Its name.
        algorithm: String,
        /// The whole text.
        text: String,
    },
}

impl fmt::Display for DigestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "Expected a digest but found an empty string"),
            Self::Malformed { part } => write!(
                f,
                "Expected digest '{}' to be hex digits, or an algorithm, ':' and hex digits (letters and digits only)",
                part.escape_debug()
            ),
            Self::Repeated { algorithm, text } => {
                write!(
                    f,
                    "Expected digest '{text}' to have '{algorithm}' only once"
                )
            }
        }
    }
}

impl std::error::Error for DigestError {}

/// Why bytes are not what a digest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerifyError {
    /// They are others.
    Mismatch {
        /// The part that was checked, as it prints.
        expected: String,
        /// What was calculated, as it prints.
        actual: String,
    },
    /// All parts are of unknown algorithms.
    Unverifiable {
        /// The digest string.
        digest: String,
    },
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mismatch { expected, actual } => write!(
                f,
                "Expected stream to have digest '{expected}' but was '{actual}'"
            ),
            Self::Unverifiable { digest } => write!(
                f,
                "Cannot verify digest '{digest}': its algorithm is not one of sha1, sha256, sha512"
            ),
        }
    }
}

impl std::error::Error for VerifyError {}

impl Digest {
    /// Reads a digest string. Empty parts between `;` are skipped, as the CLI does.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        let mut parts: Vec<Part> = Vec::new();
        for piece in text.split(';').filter(|piece| !piece.is_empty()) {
            let part = parse_part(piece)?;
            if parts.iter().any(|seen| seen.algorithm == part.algorithm) {
                return Err(DigestError::Repeated {
                    algorithm: part.algorithm,
                    text: text.to_owned(),
                });
            }
            parts.push(part);
        }
        if parts.is_empty() {
            return Err(DigestError::Empty);
        }
        Ok(Self { parts })
    }

    /// The SHA-256 of `bytes`: the digest that new archives and blobs get.
    pub fn sha256_of(bytes: &[u8]) -> Self {
        Sha256::of(bytes).into()
    }

    /// The digest of `bytes` by one algorithm.
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let mut hasher = Hasher::new(&[algorithm]);
        hasher.update(bytes);
        hasher.finish()
    }

    /// The strongest known part: its algorithm and hex digits as written.
    pub fn strongest(&self) -> Option<(Algorithm, &str)> {
        self.parts
            .iter()
            .filter_map(|part| Some((Algorithm::by_name(&part.algorithm)?, part.hex.as_str())))
            .max_by_key(|(algorithm, _)| *algorithm)
    }

    /// The hex digits for one algorithm, if there are any.
    pub fn hex(&self, algorithm: Algorithm) -> Option<&str> {
        self.parts
            .iter()
            .find(|part| part.algorithm == algorithm.name())
            .map(|part| part.hex.as_str())
    }

    /// The SHA-256, if it is the strongest part: what verification compares.
    pub fn sha256(&self) -> Option<Sha256> {
        let (Algorithm::Sha256, hex) = self.strongest()? else {
            return None;
        };
        let mut bytes = [0; 32];
        if hex.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Sha256(bytes))
    }

    /// Whether a known algorithm is among the parts.
    pub fn is_verifiable(&self) -> bool {
        self.strongest().is_some()
    }

    /// What calculates just the part that [`verify`](Self::verify) looks at.
    pub fn hasher(&self) -> Result<Hasher, VerifyError> {
        let (algorithm, _) = self.strongest().ok_or_else(|| self.unverifiable())?;
        Ok(Hasher::new(&[algorithm]))
    }

    /// Whether the strongest known part equals the part of the same algorithm in `actual`, which a
    /// [`Hasher`] calculated. An `actual` without that algorithm is a mismatch.
    pub fn verify(&self, actual: &Self) -> Result<(), VerifyError> {
        let (algorithm, expected) = self.strongest().ok_or_else(|| self.unverifiable())?;
        let calculated = actual.hex(algorithm);
        if calculated == Some(expected) {
            return Ok(());
        }
        Err(VerifyError::Mismatch {
            expected: print_part(algorithm.name(), expected),
            actual: calculated.map_or_else(
                || actual.to_string(),
                |hex| print_part(algorithm.name(), hex),
            ),
        })
    }

    /// Whether `bytes` have this digest.
    pub fn verify_bytes(&self, bytes: &[u8]) -> Result<(), VerifyError> {
        let mut hasher = self.hasher()?;
        hasher.update(bytes);
        self.verify(&hasher.finish())
    }

    fn unverifiable(&self) -> VerifyError {
        VerifyError::Unverifiable {
            digest: self.to_string(),
        }
    }
}

impl fmt::Display for Digest {
    /// Parts in their order; SHA-1 without its name, even when it was parsed with it, as the CLI does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                f.write_str(";")?;
            }
            f.write_str(&print_part(&part.algorithm, &part.hex))?;
        }
        Ok(())
    }
}

fn parse_part(piece: &str) -> Result<Part, DigestError> {
    let (algorithm, hex) = piece
        .split_once(':')
        .unwrap_or((Algorithm::Sha1.name(), piece));
    if !is_alphanumeric(algorithm) || !is_alphanumeric(hex) {
        return Err(DigestError::Malformed {
            part: piece.to_owned(),
        });
    }
    Ok(Part {
        algorithm: algorithm.to_owned(),
        hex: hex.to_owned(),
    })
}

fn is_alphanumeric(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn print_part(algorithm: &str, hex: &str) -> String {
    if algorithm == Algorithm::Sha1.name() {
        hex.to_owned()
    } else {
        format!("{algorithm}:{hex}")
    }
}

fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| char::from(DIGITS[usize::from(nibble)]))
        .collect()
}

/// One SHA-256: 32 bytes, cheap to copy; prints as 64 hex digits without prefix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The SHA-256 of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl From<Sha256> for Digest {
    fn from(sha256: Sha256) -> Self {
        Self {
            parts: vec![Part {
                algorithm: Algorithm::Sha256.name().to_owned(),
                hex: sha256.to_string(),
            }],
        }
    }
}

/// Calculates digests of what is written to it.
#[derive(Debug, Clone, Default)]
pub struct Hasher {
    states: Vec<State>,
}

#[derive(Debug, Clone)]
enum State {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Sha512(sha2::Sha512),
}

impl Hasher {
    /// A hasher for each of `algorithms`, one after the other; an algorithm given twice counts once.
    /// With none, SHA-256 is calculated: a digest is never empty.
    pub fn new(algorithms: &[Algorithm]) -> Self {
        let mut wanted: Vec<Algorithm> = Vec::new();
        for algorithm in algorithms {
            if !wanted.contains(algorithm) {
                wanted.push(*algorithm);
            }
        }
        if wanted.is_empty() {
            wanted.push(Algorithm::Sha256);
        }
        Self {
            states: wanted.into_iter().map(State::new).collect(),
        }
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        for state in &mut self.states {
            match state {
                State::Sha1(state) => state.update(bytes),
                State::Sha256(state) => state.update(bytes),
                State::Sha512(state) => state.update(bytes),
            }
        }
    }

    /// The digest of everything written.
    pub fn finish(self) -> Digest {
        Digest {
            parts: self.states.into_iter().map(State::finish).collect(),
        }
    }
}

impl State {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha1 => Self::Sha1(sha1::Sha1::default()),
            Algorithm::Sha256 => Self::Sha256(sha2::Sha256::default()),
            Algorithm::Sha512 => Self::Sha512(sha2::Sha512::default()),
        }
    }

    fn finish(self) -> Part {
        let (algorithm, hex) = match self {
            Self::Sha1(state) => (Algorithm::Sha1, to_hex(&state.finalize())),
            Self::Sha256(state) => (Algorithm::Sha256, to_hex(&state.finalize())),
            Self::Sha512(state) => (Algorithm::Sha512, to_hex(&state.finalize())),
        };
        Part {
            algorithm: algorithm.name().to_owned(),
            hex,
        }
    }
}

impl Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Passes bytes on to another writer; knows their SHA-256 and their number.
#[derive(Debug)]
pub struct Sha256Writer<W: Write> {
    inner: W,
    state: sha2::Sha256,
    size: u64,
}

impl<W: Write> Sha256Writer<W> {
    /// A writer before any byte.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            state: sha2::Sha256::default(),
            size: 0,
        }
    }

    /// The inner writer, the SHA-256 and the number of the bytes that it took. Does not flush.
    pub fn finish(self) -> (W, Sha256, u64) {
        (self.inner, Sha256(self.state.finalize().into()), self.size)
    }
}

impl<W: Write> Write for Sha256Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.inner.write(bytes)?;
        self.state.update(&bytes[..taken]);
        self.size += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EMPTY_SHA1: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn strings_print_as_the_cli_prints_them() {
        for (text, printed) in [
            ("ab12", "ab12"),
            ("sha1:ab12", "ab12"),
            ("sha256:ab", "sha256:ab"),
            ("sha1:ab;sha256:cd", "ab;sha256:cd"),
            ("sha256:cd;ab;", "sha256:cd;ab"),
            ("md5:ab;sha512:ef", "md5:ab;sha512:ef"),
        ] {
            assert_eq!(Digest::parse(text).unwrap().to_string(), printed, "{text}");
        }
    }

    #[test]
    fn wrong_strings_are_refused() {
        for text in ["", ";", ";;"] {
            assert_eq!(Digest::parse(text), Err(DigestError::Empty), "{text}");
        }
        for text in [":", "sha1:", ":ab", "a b", "sha256:a:b", "sha256:é", "ab\n"] {
            assert!(
                matches!(Digest::parse(text), Err(DigestError::Malformed { .. })),
                "{text}"
            );
        }
        for text in ["ab;sha1:cd", "sha256:a;sha256:a", "md5:a;md5:b"] {
            assert!(
                matches!(Digest::parse(text), Err(DigestError::Repeated { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn the_strongest_known_part_decides() {
        let digest = Digest::parse(&format!("wrong;sha256:{EMPTY_SHA256};blake3:wrong")).unwrap();
        assert_eq!(digest.strongest(), Some((Algorithm::Sha256, EMPTY_SHA256)));
        assert_eq!(digest.verify_bytes(b""), Ok(()));
        let digest = Digest::parse(&format!("{EMPTY_SHA1};sha512:00")).unwrap();
        assert!(digest.verify_bytes(b"").is_err());
        assert_eq!(Digest::parse(EMPTY_SHA1).unwrap().verify_bytes(b""), Ok(()));
    }

    #[test]
    fn a_mismatch_says_what_the_cli_says() {
        let error = Digest::parse("sha1:00;sha256:00")
            .unwrap()
            .verify_bytes(b"")
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("Expected stream to have digest 'sha256:00' but was 'sha256:{EMPTY_SHA256}'")
        );
        let error = Digest::parse("00").unwrap().verify_bytes(b"").unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("Expected stream to have digest '00' but was '{EMPTY_SHA1}'")
        );
    }

    #[test]
    fn another_algorithm_is_no_proof() {
        let digest = Digest::sha256_of(b"");
        assert!(matches!(
            digest.verify(&Digest::of(Algorithm::Sha1, b"")),
            Err(VerifyError::Mismatch { .. })
        ));
        let unknown = Digest::parse("md5:ab").unwrap();
        assert!(!unknown.is_verifiable());
        assert!(matches!(
            unknown.verify(&unknown),
            Err(VerifyError::Unverifiable { .. })
        ));
    }

    #[test]
    fn known_values() {
        let mut hasher = Hasher::new(&Algorithm::ALL);
        hasher.write_all(b"a").unwrap();
        hasher.write_all(b"bc").unwrap();
        assert_eq!(
            hasher.finish().to_string(),
            "a9993e364706816aba3e25717850c26c9cd0d89d\
             ;sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\
             ;sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        );
        let mut writer = Sha256Writer::new(Vec::new());
        writer.write_all(b"abc").unwrap();
        let (bytes, sha256, size) = writer.finish();
        assert_eq!(
            (bytes.as_slice(), sha256, size),
            (&b"abc"[..], Sha256::of(b"abc"), 3)
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_to_the_same(text in "([a-z0-9]{1,6}:)?[a-zA-Z0-9]{1,9}(;([a-z0-9]{1,6}:)?[a-z0-9]{1,9}){0,3}") {
            if let Ok(digest) = Digest::parse(&text) {
                prop_assert_eq!(Digest::parse(&digest.to_string()).unwrap(), digest);
            }
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = Digest::parse(&text);
        }
    }
}
