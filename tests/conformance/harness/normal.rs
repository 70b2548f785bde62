//! Takes out of an outcome what differs with every run: places, digests of archives, commits, random names, times.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use anyhow::Result;
use regex::{Captures, Regex};

/// What is volatile in one run.
pub(crate) struct Normaliser {
    base: String,
    digests: BTreeSet<String>,
    commits: BTreeSet<String>,
    uuid: Regex,
    timestamp: Regex,
    temporary: Regex,
    commit: Regex,
    quoted_commit: Regex,
    other_digest: Regex,
    build_key: Regex,
}

impl Normaliser {
    /// `base` is the temporary directory of the run.
    pub(crate) fn new(base: &str) -> Result<Self> {
        Ok(Self {
            base: base.to_owned(),
            digests: BTreeSet::new(),
            commits: BTreeSet::new(),
            uuid: Regex::new(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")?,
            timestamp: Regex::new(r"dev\.[0-9]{10}\b")?,
            temporary: Regex::new(r"(bosh-[a-zA-Z-]*?|track-blob)[0-9]{4,}")?,
            commit: Regex::new(r"\b[0-9a-f]{7,40}\b")?,
            quoted_commit: Regex::new(r#"(?m)^commit_hash: "<commit>"$"#)?,
            other_digest: Regex::new(r"but was '[a-z0-9:]+'")?,
            build_key: Regex::new(r"^  [0-9a-f-]{36}:$")?,
        })
    }

    /// Remembers the digest of an archive, written as BOSH does: `hex`, `sha256:hex`, or several joined with `;`.
    pub(crate) fn note_digest(&mut self, digest: &str) {
        let parts = digest
            .split(';')
            .map(|part| part.rsplit(':').next().unwrap_or(part));
        self.digests
            .extend(parts.filter(|hex| !hex.is_empty()).map(str::to_owned));
    }

    /// Remembers commits, one per line.
    pub(crate) fn note_commits(&mut self, list: &str) {
        self.commits
            .extend(list.split_whitespace().map(str::to_owned));
    }

    /// The text without what is volatile.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = text.replace(&self.base, "$TMP");
        let mut digests: Vec<&String> = self.digests.iter().collect();
        digests.sort_by_key(|digest| Reverse(digest.len()));
        for digest in digests {
            text = text.replace(digest, "<archive>");
        }
        let text = self.uuid.replace_all(&text, "<uuid>");
        let text = self.timestamp.replace_all(&text, "dev.<timestamp>");
        let text = self.temporary.replace_all(&text, "$1<rand>");
        let text = self
            .commit
            .replace_all(&text, |found: &Captures<'_>| self.commit_name(&found[0]));
        // YAML quotes a commit that has only digits.
        let text = self
            .quoted_commit
            .replace_all(&text, "commit_hash: <commit>");
        self.other_digest
            .replace_all(&text, "but was '<other>'")
            .into_owned()
    }

    /// The content of a file: as [`Self::text`], and the entries of an index under random keys sorted by what they say.
    pub(crate) fn file(&self, text: &str) -> String {
        if text.starts_with("builds:") && self.uuid.find_iter(text).count() > 1 {
            return self.text(&self.sort_builds(text));
        }
        self.text(text)
    }

    fn commit_name(&self, word: &str) -> String {
        let known = self.commits.iter().any(|commit| commit.starts_with(word));
        if known { "<commit>" } else { word }.to_owned()
    }

    fn sort_builds(&self, text: &str) -> String {
        let (mut head, mut entries, mut tail) = (Vec::new(), Vec::<Vec<&str>>::new(), Vec::new());
        for line in text.lines() {
            match entries.last_mut() {
                _ if self.build_key.is_match(line) => entries.push(vec![line]),
                Some(entry) if line.starts_with("    ") => entry.push(line),
                Some(_) => tail.push(line),
                None => head.push(line),
            }
        }
        entries.sort_by(|a, b| a[1..].cmp(&b[1..]));
        let lines = head
            .into_iter()
            .chain(entries.into_iter().flatten())
            .chain(tail);
        lines.flat_map(|line| [line, "\n"]).collect()
    }
}

/// Line ends as `\n` alone.
pub(crate) fn newlines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}
