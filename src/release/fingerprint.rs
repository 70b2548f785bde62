//! The fingerprint of a job, package or license: what makes two builds of it the same.
//!
//! A Director and every index key archives by fingerprint, so it must equal the official CLI's to the bit:
//!
//! ```text
//! hex(SHA-256("v2" + chunk + chunk + ... + dependencies))
//! chunk = path + "sha256:" + hex digest of the content + mode
//! ```
//!
//! - Chunks are sorted by path, as bytes of the whole path (`a-b` < `a.b` < `a/b`); nothing separates them.
//! - The mode is `100755` when any execute bit is set, else `100644`; `symlink` for a link that is kept (its content
//!   is the target's text); nothing for `packaging`, `pre_packaging` and license files.
//! - Dependencies (of packages only) are names, sorted as bytes, joined by commas, duplicates kept.
//!
//! What is knowingly left out: the package's spec, its name and `no_compression`; fingerprints of dependencies; owners,
//! times, directories. A job's spec counts as the file `job.MF`.
//!
//! Until 2022 the CLI used SHA-1 with bare digests. Such fingerprints (40 digits) are still in old releases;
//! [`calculate_sha1`] computes them, for verification only.

use std::fmt;

use crate::digest::{Algorithm, Digest, Sha256};

/// A fingerprint as written: an opaque text for everything but its calculation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// One that was read from an index, manifest or lock.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it was made by a CLI that hashed with SHA-1.
    pub fn is_sha1(&self) -> bool {
        self.0.len() == 40
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The part of a file's mode that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A file with an execute bit.
    Executable,
    /// A file without.
    Plain,
    /// A link that is kept.
    Link,
    /// A file whose mode does not count.
    Uncounted,
}

impl Mode {
    /// What is hashed.
    pub fn text(self) -> &'static str {
        match self {
            Self::Executable => "100755",
            Self::Plain => "100644",
            Self::Link => "symlink",
            Self::Uncounted => "",
        }
    }
}

/// One file in a fingerprint.
#[derive(Debug, Clone)]
pub struct Chunk<'a> {
    /// Its relative path.
    pub label: &'a [u8],
    /// Hex digest of its content (of the target's text for a link).
    pub digest: String,
    /// Its mode.
    pub mode: Mode,
}

/// The fingerprint of `chunks` (in any order) and `dependencies` (in any order).
pub fn calculate(chunks: &[Chunk<'_>], dependencies: &[&str]) -> Fingerprint {
    let text = hashed_text(chunks, dependencies, "sha256:");
    Fingerprint(Sha256::of(&text).to_string())
}

/// The fingerprint an old CLI calculated; `chunks` hold SHA-1 digests.
pub fn calculate_sha1(chunks: &[Chunk<'_>], dependencies: &[&str]) -> Fingerprint {
    let text = hashed_text(chunks, dependencies, "");
    // A bare SHA-1 digest prints as its 40 digits alone.
    Fingerprint(Digest::of(Algorithm::Sha1, &text).to_string())
}

fn hashed_text(chunks: &[Chunk<'_>], dependencies: &[&str], prefix: &str) -> Vec<u8> {
    let mut sorted: Vec<&Chunk<'_>> = chunks.iter().collect();
    sorted.sort_by_key(|chunk| chunk.label);
    let mut text = b"v2".to_vec();
    for chunk in sorted {
        text.extend_from_slice(chunk.label);
        text.extend_from_slice(prefix.as_bytes());
        text.extend_from_slice(chunk.digest.as_bytes());
        text.extend_from_slice(chunk.mode.text().as_bytes());
    }
    let mut names = dependencies.to_vec();
    names.sort_unstable();
    text.extend_from_slice(names.join(",").as_bytes());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn worked_examples_of_the_official_cli() {
        let spec = b"---\nname: web\n\ntemplates: {}\n\npackages: []\n\nproperties: {}\n";
        let spec = Sha256::of(spec);
        let job = [
            Chunk {
                label: b"monit",
                digest: EMPTY.to_owned(),
                mode: Mode::Plain,
            },
            Chunk {
                label: b"job.MF",
                digest: spec.to_string(),
                mode: Mode::Plain,
            },
        ];
        assert_eq!(
            calculate(&job, &[]).as_str(),
            "1ede3219fb9299b181ba3a42f3365666546f026aa2d1dfd92757099a435a99fb"
        );

        let packaging = Sha256::of(b"set -e\n");
        let package = [Chunk {
            label: b"packaging",
            digest: packaging.to_string(),
            mode: Mode::Uncounted,
        }];
        assert_eq!(
            calculate(&package, &[]).as_str(),
            "34581dd0d93735e444a32450e3ae3951258c936479b45e08f1fa074740c7e392"
        );
        assert_eq!(
            calculate(&package, &["b", "a"]).as_str(),
            "0c6c59b37db4d05919bf862958afc8a46d39bc3474f27e4911aef3a243c8ce13"
        );
    }

    #[test]
    fn a_published_package_from_the_digest_of_its_blob() {
        let chunks = [
            Chunk {
                label: b"packaging",
                digest: "a6b530a8ea9661092a2a68c0664b77df23237726e47104ddf353dd549c914b08"
                    .to_owned(),
                mode: Mode::Uncounted,
            },
            Chunk {
                label: b"redis/redis-4.0.14.tar.gz",
                digest: "1e1e18420a86cfb285933123b04a82e1ebda20bfb0a289472745a087587e93a7"
                    .to_owned(),
                mode: Mode::Plain,
            },
        ];
        assert_eq!(
            calculate(&chunks, &[]).as_str(),
            "eb10aa921cdd373cb5a7e45a0e09b3a1a08bf62be3a7e61ef4f7444a93b5b5f9"
        );
    }
}
