//! Secrets taken out of texts that are shown.
//!
//! A secret is looked for as it is, line by line, and as what templates make of it: escaped for JSON, YAML, URLs, HTML and
//! shells, in hexadecimal, in base64 (also as a part of something longer, and broken into lines). Of up to three characters it
//! counts only as a word of its own. Wherever secrets overlap, all of them go.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use base64ct::{Base64, Base64Url, Encoding};

/// What stands in place of a secret.
pub const REDACTED: &str = "<redacted>";
/// A secret with fewer bytes counts only as a whole word.
const SHORT: usize = 4;
/// A secret with fewer bytes is not looked for in base64: too much would look like it.
const LEAST_ENCODED: usize = 6;
/// Widths of lines in which base64 is written.
const WIDTHS: [usize; 3] = [60, 64, 76];
/// A secret with more bytes is looked for as it is and in base64 alone: what finds secrets grows with them.
const LONGEST_ESCAPED: usize = 64 << 10;

/// Takes secrets out of texts.
#[derive(Debug, Default)]
pub struct Masker {
    long: Option<AhoCorasick>,
    short: Option<AhoCorasick>,
}

/// A text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Masked {
    /// What may be shown.
    pub text: String,
    /// What was taken out, in order: only to be compared.
    pub secrets: Vec<String>,
}

impl Masker {
    /// Takes these secrets out.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let (mut long, mut short) = (BTreeSet::new(), BTreeSet::new());
        for secret in secrets {
            for text in forms(secret) {
                if text.len() < SHORT {
                    short.insert(text);
                } else {
                    long.insert(text);
                }
            }
        }
        Self {
            long: automaton(&long),
            short: automaton(&short),
        }
    }

    /// A text as it may be shown.
    pub fn mask(&self, text: &str) -> String {
        self.masked(text).text
    }

    /// A text as it may be shown, with what was taken out.
    pub fn masked(&self, text: &str) -> Masked {
        let mut masked = Masked::default();
        let mut from = 0;
        for span in self.spans(text) {
            masked
                .text
                .push_str(text.get(from..span.start).unwrap_or_default());
            masked.text.push_str(REDACTED);
            let secret = text.get(span.clone()).unwrap_or_default();
            masked.secrets.push(secret.to_owned());
            from = span.end;
        }
        masked.text.push_str(text.get(from..).unwrap_or_default());
        masked
    }

    /// Where secrets are: apart from each other, in order.
    fn spans(&self, text: &str) -> Vec<Range<usize>> {
        let mut spans: Vec<Range<usize>> = Vec::new();
        for (automaton, is_short) in [(&self.long, false), (&self.short, true)] {
            let Some(automaton) = automaton else { continue };
            for found in automaton.find_overlapping_iter(text) {
                let range = found.range();
                if !is_short || is_word(text, &range) {
                    spans.push(range);
                }
            }
        }
        spans.sort_by_key(|span| (span.start, span.end));
        let mut joined: Vec<Range<usize>> = Vec::new();
        for span in spans {
            match joined.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => joined.push(span),
            }
        }
        joined
    }
}

/// Patterns are whole characters, so their places in a text are too.
fn automaton(patterns: &BTreeSet<String>) -> Option<AhoCorasick> {
    if patterns.is_empty() {
        return None;
    }
    let mut builder = AhoCorasick::builder();
    builder.match_kind(MatchKind::Standard);
    builder.build(patterns).ok()
}

fn is_word(text: &str, range: &Range<usize>) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    let before = text.get(..range.start).and_then(|text| text.chars().last());
    let after = text.get(range.end..).and_then(|text| text.chars().next());
    !before.is_some_and(part) && !after.is_some_and(part)
}

/// All texts that a secret may be in a file.
fn forms(secret: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    for line in secret
        .lines()
        .map(str::trim)
        .filter(|line| is_telling(line))
    {
        forms.insert(line.to_owned());
        if line.len() >= SHORT && secret.len() <= LONGEST_ESCAPED {
            forms.extend(escaped(line));
        }
    }
    if secret.len() >= LEAST_ENCODED {
        forms.extend(encoded(secret));
        let trimmed = secret.trim_end();
        if trimmed.len() != secret.len() && trimmed.len() >= LEAST_ENCODED {
            forms.extend(encoded(trimmed));
        }
    }
    forms
}

/// Whether a line says anything: not that of a bracket, nor the head of a key.
fn is_telling(line: &str) -> bool {
    line.chars().any(char::is_alphanumeric)
        && !(line.starts_with("-----") && line.ends_with("-----"))
}

fn escaped(line: &str) -> Vec<String> {
    let quoted = serde_json::Value::from(line).to_string();
    let json = quoted.trim_matches('"');
    let json = quoted
        .get(1..quoted.len().saturating_sub(1))
        .unwrap_or(json)
        .to_owned();
    let html = line
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;");
    vec![
        json.replace('/', "\\/"),
        json.replace('#', "\\#"),
        json.replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026"),
        json,
        line.replace('\'', "''"),
        line.replace('\'', "'\\''"),
        line.replace('\\', "\\\\").replace('\'', "\\'"),
        html.replace('\'', "&#39;"),
        html,
        percent(line, "%20", "-_.~"),
        percent(line, "+", "-_.*"),
        percent(line, "+", "-_."),
        percent(line, "%20", "-_.~!*'()"),
        percent(line, "%20", "-_.~").to_lowercase(),
        percent(line, "%20", "-_.!~*'();/?:@&=+$,"),
        backslashed(line),
    ]
}

fn percent(text: &str, space: &str, kept: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || kept.contains(c) {
            out.push(c);
        } else if c == ' ' {
            out.push_str(space);
        } else {
            // Writing to a String cannot fail.
            write!(out, "%{byte:02X}").ok();
        }
    }
    out
}

/// As Ruby's `Shellwords.escape` does.
fn backslashed(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if !(c.is_ascii_alphanumeric() || "_-.,:+/@\n".contains(c)) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// In base64 and hexadecimal.
fn encoded(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let whole = Base64::encode_string(bytes);
    let is_long = bytes.len() > LONGEST_ESCAPED;
    let widths = if is_long { &WIDTHS[..1] } else { &WIDTHS[..] };
    let mut forms = Vec::new();
    // Lines are pieces of the whole too, so that is found as a row of them.
    for width in widths {
        let lines = whole.as_bytes().chunks(*width);
        let lines = lines.map(|line| String::from_utf8_lossy(line).into_owned());
        forms.extend(lines.filter(|line| line.len() >= LEAST_ENCODED));
    }
    if is_long {
        return forms;
    }
    forms.push(whole);
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").ok();
        hex
    });
    forms.extend([hex.to_uppercase(), hex]);
    for before in 0..3 {
        let padded = [&vec![0; before][..], bytes].concat();
        // The first characters depend on what stands before, the last on what follows.
        let (skipped, complete) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        for text in [
            Base64::encode_string(&padded),
            Base64Url::encode_string(&padded),
        ] {
            let inner = text.get(skipped..complete).unwrap_or_default();
            if inner.len() >= LEAST_ENCODED {
                forms.push(inner.to_owned());
            }
        }
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn secrets_go_in_whatever_form() {
        let masker = Masker::new(["p&ss \"w'rd/1\n", "abc", "ab cd"]);
        for (text, shown) in [
            ("requirepass p&ss \"w'rd/1", "requirepass <redacted>"),
            (r#""p&ss \"w'rd/1\n""#, r#""<redacted>\n""#),
            ("'p&ss \"w''rd/1'", "'<redacted>'"),
            ("p%26ss%20%22w%27rd%2F1@host", "<redacted>@host"),
            ("p%26ss+%22w%27rd%2F1", "<redacted>"),
            ("p&amp;ss &quot;w&#39;rd/1", "<redacted>"),
            ("p\\&ss\\ \\\"w\\'rd/1", "<redacted>"),
            (
                "x abc y, abcd, _abc, abc",
                "x <redacted> y, abcd, _abc, <redacted>",
            ),
            ("ab cd abc", "<redacted> <redacted>"),
        ] {
            assert_eq!(masker.mask(text), shown, "{text}");
        }
    }

    #[test]
    fn base64_of_a_secret_and_around_it_goes() {
        let masker = Masker::new(["s3cretvalue"]);
        for text in [
            "s3cretvalue",
            "admin:s3cretvalue",
            "a:s3cretvalue!",
            "xy:s3cretvalue",
        ] {
            let shown = masker.mask(&Base64::encode_string(text.as_bytes()));
            assert!(shown.contains(REDACTED), "{text}: {shown}");
        }
    }

    #[test]
    fn a_key_goes_line_by_line() {
        let key = "-----BEGIN KEY-----\nMIIEabcdef\nghijklmnop\n-----END KEY-----\n";
        let masker = Masker::new([key]);
        let indented = key.replace('\n', "\n    ");
        let shown = masker.mask(&indented);
        assert_eq!(
            shown,
            "-----BEGIN KEY-----\n    <redacted>\n    <redacted>\n    -----END KEY-----\n    "
        );
        let json = serde_json::Value::from(key).to_string();
        assert!(!masker.mask(&json).contains("MIIE"));
        let wrapped = Base64::encode_string(key.repeat(2).as_bytes());
        assert!(masker.mask(&wrapped).contains(REDACTED));
    }

    #[test]
    fn a_long_secret_goes_too() {
        let lines: Vec<String> = (0..20_000).map(|n| format!("line {n:07}")).collect();
        let long = lines.join("\n");
        let masker = Masker::new([long.as_str()]);
        assert_eq!(masker.mask("a line 0012345 b"), "a <redacted> b");
        assert_eq!(
            masker.mask(&Base64::encode_string(long.as_bytes())),
            REDACTED
        );
    }

    #[test]
    fn secrets_that_overlap_all_go() {
        let masker = Masker::new(["abcdef", "defghi"]);
        assert_eq!(masker.mask("xabcdefghiy"), "x<redacted>y");
        assert_eq!(Masker::default().mask("abc"), "abc");
    }

    proptest! {
        #[test]
        fn nothing_of_a_secret_is_left(
            secret in "[ -~äöü]{4,40}", before in "[ -~]{0,20}", after in "[ -~]{0,20}"
        ) {
            let masker = Masker::new([secret.as_str()]);
            let trimmed = secret.trim();
            prop_assume!(is_telling(trimmed) && trimmed.len() >= SHORT && !REDACTED.contains(trimmed));
            let masked = masker.masked(&format!("{before}{secret}{after}"));
            prop_assert!(!masked.secrets.is_empty());
            for piece in masked.text.split(REDACTED) {
                prop_assert!(!piece.contains(trimmed), "{}", masked.text);
            }
        }
    }
}
