//! What differs between two texts: lines, grouped with a few around them, and the words that differ within a line.
//!
//! Lines are compared as they are and shown without their secrets, so a secret that changed is a line that changed.

use std::ops::Range;

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use super::mask::{Masked, Masker};

/// Lines around those that differ.
const CONTEXT: usize = 3;
/// Texts with more lines than this together are compared only at their beginnings and ends.
const MOST_LINES: usize = 40_000;
/// The longest pair of lines whose words are compared, in bytes.
const LONGEST_LINE: usize = 4000;

/// Lines that differ and those around them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hunk {
    /// Number of the first line in the old text, from 1.
    pub old_start: usize,
    /// Number of lines of the old text.
    pub old_count: usize,
    /// Number of the first line in the new text, from 1.
    pub new_start: usize,
    /// Number of lines of the new text.
    pub new_count: usize,
    /// The lines, in the order of a unified diff.
    pub lines: Vec<Line>,
}

/// A line of a hunk, without line break.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Line {
    /// In which text it is.
    pub kind: LineKind,
    /// Its parts in order; those that differ from the line that it replaces are marked.
    pub parts: Vec<Part>,
    /// The text ends here, and without a line break.
    pub ends_text: bool,
    /// It has a secret that differs.
    pub secret_changed: bool,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Part {
    /// Its text.
    pub text: String,
    /// Whether it differs.
    pub changed: bool,
}

/// In which text a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// In both.
    Same,
    /// In the old one.
    Removed,
    /// In the new one.
    Added,
}

impl Line {
    /// The whole line.
    pub fn text(&self) -> String {
        self.parts.iter().map(|part| part.text.as_str()).collect()
    }
}

impl LineKind {
    /// What stands before the line in a unified diff.
    pub fn sign(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
}

/// The lines that differ, without those around them: equal for equal changes of texts that differ elsewhere.
pub fn changed_lines(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (split(old), split(new));
    let mut lines = Vec::new();
    for operation in operations(&old, &new) {
        if operation.tag() == DiffTag::Equal {
            continue;
        }
        let removed = old.get(operation.old_range()).unwrap_or_default();
        let added = new.get(operation.new_range()).unwrap_or_default();
        lines.extend(removed.iter().map(|line| format!("-{line}")));
        lines.extend(added.iter().map(|line| format!("+{line}")));
    }
    lines
}

/// What differs; nothing when the texts are equal.
pub fn hunks(old: &str, new: &str, masker: &Masker) -> Vec<Hunk> {
    let texts = Texts {
        old: &split(old),
        new: &split(new),
        masker,
    };
    let groups = group_diff_ops(operations(texts.old, texts.new), CONTEXT);
    groups.iter().map(|group| texts.hunk(group)).collect()
}

fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// What makes the new lines of the old ones.
fn operations(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    if old.len() + new.len() <= MOST_LINES {
        return capture_diff_slices(Algorithm::Myers, old, new);
    }
    let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same;
    let ends = old.iter().rev().zip(new.iter().rev()).take(rest);
    let end = ends.take_while(|(a, b)| a == b).count();
    let (old_len, new_len) = (old.len() - same - end, new.len() - same - end);
    vec![
        DiffOp::Equal {
            old_index: 0,
            new_index: 0,
            len: same,
        },
        DiffOp::Replace {
            old_index: same,
            old_len,
            new_index: same,
            new_len,
        },
        DiffOp::Equal {
            old_index: same + old_len,
            new_index: same + new_len,
            len: end,
        },
    ]
}

struct Texts<'t> {
    old: &'t [&'t str],
    new: &'t [&'t str],
    masker: &'t Masker,
}

impl Texts<'_> {
    fn hunk(&self, operations: &[DiffOp]) -> Hunk {
        let old = whole(operations.iter().map(DiffOp::old_range));
        let new = whole(operations.iter().map(DiffOp::new_range));
        let mut lines = Vec::new();
        for operation in operations {
            let (removed, added) = (operation.old_range(), operation.new_range());
            if operation.tag() == DiffTag::Equal {
                lines.extend(
                    self.old
                        .get(removed)
                        .unwrap_or_default()
                        .iter()
                        .map(|line| {
                            let shown = self.masker.mask(line);
                            plain(LineKind::Same, line, &shown)
                        }),
                );
            } else {
                lines.extend(self.replaced(removed, added));
            }
        }
        Hunk {
            old_start: start(&old),
            old_count: old.len(),
            new_start: start(&new),
            new_count: new.len(),
            lines,
        }
    }

    fn masked<'l>(&self, lines: Option<&[&'l str]>) -> Vec<(&'l str, Masked)> {
        let lines = lines.unwrap_or_default().iter();
        lines
            .map(|line| (*line, self.masker.masked(line)))
            .collect()
    }

    /// Lines that go, then lines that come; where there are as many of both, they are compared one by one.
    fn replaced(&self, removed: Range<usize>, added: Range<usize>) -> Vec<Line> {
        let old = self.masked(self.old.get(removed));
        let new = self.masked(self.new.get(added));
        let paired = old.len() == new.len();
        let (mut gone, mut come) = (Vec::new(), Vec::new());
        for (line, masked) in &old {
            gone.push(plain(LineKind::Removed, line, &masked.text));
        }
        for (line, masked) in &new {
            come.push(plain(LineKind::Added, line, &masked.text));
        }
        let secrets = |lines: &[(&str, Masked)]| -> Vec<String> {
            let secrets = lines.iter().flat_map(|(_, masked)| masked.secrets.clone());
            secrets.collect()
        };
        if paired {
            for (at, (a, b)) in old.iter().zip(&new).enumerate() {
                let (Some(gone), Some(come)) = (gone.get_mut(at), come.get_mut(at)) else {
                    continue;
                };
                (gone.parts, come.parts) = words(&gone.text(), &come.text());
                come.secret_changed = both_differ(&a.1.secrets, &b.1.secrets);
            }
        } else if both_differ(&secrets(&old), &secrets(&new))
            && let Some(last) = come.last_mut().or(gone.last_mut())
        {
            last.secret_changed = true;
        }
        gone.into_iter().chain(come).collect()
    }
}

/// Whether there are secrets on both sides, and others.
fn both_differ(old: &[String], new: &[String]) -> bool {
    !old.is_empty() && !new.is_empty() && old != new
}

fn whole(ranges: impl Iterator<Item = Range<usize>>) -> Range<usize> {
    let mut ranges = ranges.peekable();
    let start = ranges.peek().map_or(0, |range| range.start);
    let end = ranges.last().map_or(start, |range| range.end);
    start..end
}

/// As in a unified diff: the line before where there is none.
fn start(range: &Range<usize>) -> usize {
    if range.is_empty() {
        range.start
    } else {
        range.start + 1
    }
}

fn plain(kind: LineKind, line: &str, shown: &str) -> Line {
    let text = shown.strip_suffix('\n').unwrap_or(shown);
    Line {
        kind,
        parts: vec![Part {
            text: text.to_owned(),
            changed: false,
        }],
        ends_text: !line.ends_with('\n'),
        secret_changed: false,
    }
}

/// The parts of two lines: those that only one of them has are marked, unless there is little else.
fn words(old: &str, new: &str) -> (Vec<Part>, Vec<Part>) {
    let whole = |text: &str| {
        vec![Part {
            text: text.to_owned(),
            changed: false,
        }]
    };
    if old.len() + new.len() > LONGEST_LINE || old == new {
        return (whole(old), whole(new));
    }
    let (a, b) = (tokens(old), tokens(new));
    let operations = capture_diff_slices(Algorithm::Myers, &a, &b);
    let (mut gone, mut come) = (Vec::new(), Vec::new());
    let mut same = 0;
    for operation in &operations {
        let changed = operation.tag() != DiffTag::Equal;
        let (from, to) = (operation.old_range(), operation.new_range());
        let (from, to) = (
            a.get(from).unwrap_or_default().concat(),
            b.get(to).unwrap_or_default().concat(),
        );
        if !changed {
            same += from.trim().len();
        }
        for (parts, text) in [(&mut gone, from), (&mut come, to)] {
            if !text.is_empty() {
                parts.push(Part { text, changed });
            }
        }
    }
    if same * 4 < old.trim().len().min(new.trim().len()) {
        return (whole(old), whole(new));
    }
    (gone, come)
}

/// Words, runs of spaces, and single characters.
fn tokens(text: &str) -> Vec<&str> {
    let kind = |c: char| {
        if c.is_alphanumeric() || c == '_' {
            1
        } else if c.is_whitespace() {
            2
        } else {
            0
        }
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        let found = kind(c);
        if last.is_some_and(|last| last != found || found == 0) {
            tokens.push(text.get(start..at).unwrap_or_default());
            start = at;
        }
        last = Some(found);
    }
    if let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
        tokens.push(rest);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unified(hunks: &[Hunk]) -> String {
        let mut out = String::new();
        for hunk in hunks {
            for line in &hunk.lines {
                out.push(line.kind.sign());
                for part in &line.parts {
                    let (open, close) = if part.changed { ("[", "]") } else { ("", "") };
                    for piece in [open, &part.text, close] {
                        out.push_str(piece);
                    }
                }
                out.push_str(if line.ends_text { "$" } else { "" });
                out.push_str(if line.secret_changed { "!\n" } else { "\n" });
            }
        }
        out
    }

    #[test]
    fn words_of_a_line_are_marked_and_secrets_are_told() {
        let masker = Masker::new(["oldsecret", "newsecret"]);
        let old = "a\nb\nc\nd\nmaxclients 100\ne\npass oldsecret\n";
        let new = "a\nb\nc\nd\nmaxclients 200\ne\npass newsecret";
        assert_eq!(
            unified(&hunks(old, new, &masker)),
            " b\n c\n d\n-maxclients [100]\n+maxclients [200]\n e\n-pass <redacted>\n+pass <redacted>$!\n"
        );
        assert!(hunks(old, old, &masker).is_empty());
    }

    #[test]
    fn places_are_those_of_a_unified_diff() {
        let made = hunks("", "x\n", &Masker::default());
        let [hunk] = made.as_slice() else { panic!() };
        let place = (
            hunk.old_start,
            hunk.old_count,
            hunk.new_start,
            hunk.new_count,
        );
        assert_eq!(place, (0, 0, 1, 1));
    }

    #[test]
    fn large_texts_are_compared_at_their_ends() {
        let line = |from: usize| {
            let numbers: Vec<String> = (from..from + 30_000).map(|n| n.to_string()).collect();
            numbers.join("\n") + "\n"
        };
        let (old, new) = (
            format!("a\n{}z\n", line(0)),
            format!("a\n{}z\n", line(50_000)),
        );
        let made = hunks(&old, &new, &Masker::default());
        assert_eq!(made.len(), 1);
        assert_eq!(made[0].lines.len(), 60_002);
    }

    proptest! {
        #[test]
        fn the_new_text_follows_from_the_old_one(
            old in "([a-c]{0,2}\n){0,12}[a-c]{0,2}", new in "([a-c]{0,2}\n){0,12}[a-c]{0,2}"
        ) {
            let lines = split(&old);
            let mut at = 0;
            let mut made = String::new();
            for hunk in hunks(&old, &new, &Masker::default()) {
                let begin = if hunk.old_count == 0 { hunk.old_start } else { hunk.old_start - 1 };
                made.push_str(&lines[at..begin].concat());
                at = begin + hunk.old_count;
                for line in hunk.lines.iter().filter(|line| line.kind != LineKind::Removed) {
                    made.push_str(&line.text());
                    if !line.ends_text { made.push('\n'); }
                }
            }
            made.push_str(&lines[at..].concat());
            prop_assert_eq!(made, new);
        }

        #[test]
        fn words_make_up_the_lines(old in "[a-c .:]{0,20}", new in "[a-c .:]{0,20}") {
            let (gone, come) = words(&old, &new);
            let text = |parts: &[Part]| parts.iter().map(|part| part.text.clone()).collect::<String>();
            prop_assert_eq!(text(&gone), old);
            prop_assert_eq!(text(&come), new);
        }
    }
}
