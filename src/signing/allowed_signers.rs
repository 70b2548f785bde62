//! The list of trusted signers, in the format `ALLOWED SIGNERS` of `ssh-keygen(1)`:
//!
//! ```text
//! # Comments start a line.
//! ci@example.com namespaces="bosh-release" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA... comment
//! "Jo Doe",jo@example.com valid-after="20250101Z",valid-before="20260101Z" ssh-rsa AAAAB3NzaC1yc2E...
//! ```
//!
//! Stricter than `ssh-keygen`: every line must be right, not just those before the first match, and a time must end
//! with `Z` (or `UTC`), since without it the verdict would depend on the time zone of the machine.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use ssh_key::PublicKey;
use ssh_key::public::KeyData;

use super::NAMESPACE;
use super::verify::VerifyError;
use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::source::{Source, Span};

/// Largest list that is read, in bytes.
const MAXIMUM_FILE: u64 = 4 * 1024 * 1024;

const HEADER: &str = "\
# Who may sign this release, in the format ALLOWED SIGNERS of ssh-keygen(1).
# Each line: name, options, type of key, public key.
";

/// Who may sign.
#[derive(Debug, Clone)]
pub struct AllowedSigners {
    source: Arc<Source>,
    lines: Vec<Line>,
}

/// Why a line that has the key does not allow the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// `namespaces` does not have ours.
    Namespace,
    /// Before `valid-after`, as written in the list.
    NotYetValid(String),
    /// After `valid-before`, as written in the list.
    Expired(String),
    /// The line names an authority for certificates, which are not supported.
    Authority,
}

impl Rejection {
    pub(super) fn message(&self) -> String {
        match self {
            Self::Namespace => format!("may not sign for \"{NAMESPACE}\""),
            Self::NotYetValid(time) => format!("is not valid before {time}"),
            Self::Expired(time) => format!("expired: it was valid until {time}"),
            Self::Authority => "is allowed only to certify other keys".to_owned(),
        }
    }

    pub(super) fn hint(&self) -> &'static str {
        match self {
            Self::Namespace => {
                "Add bosh-release to the namespaces of the line if the key may sign releases."
            }
            Self::NotYetValid(_) => "Check the clock of this machine, and valid-after in the line.",
            Self::Expired(_) => {
                "Have the release signed with the signer's present key, or extend valid-before if the key is still trusted."
            }
            Self::Authority => {
                "Certificates are not supported: list each signer's own key, without cert-authority."
            }
        }
    }
}

#[derive(Debug, Clone)]
struct Line {
    span: Span,
    principals: String,
    options: Options,
    key: KeyData,
}

#[derive(Debug, Clone, Default)]
struct Options {
    authority: bool,
    namespaces: Option<String>,
    after: Option<Time>,
    before: Option<Time>,
}

/// A time as written, and in seconds since 1970.
#[derive(Debug, Clone)]
struct Time {
    text: String,
    seconds: u64,
}

/// What is wrong in a line, and where (offsets in the line).
struct Fault {
    at: Range<usize>,
    message: String,
    hint: &'static str,
}

impl AllowedSigners {
    /// Parses a list called `name`; reports every line that is wrong.
    pub fn parse(name: &str, text: &str) -> Result<Self, Diagnostics> {
        let source = Source::new(name, text);
        let (mut lines, mut faults) = (Vec::new(), Vec::new());
        let mut offset = 0;
        for raw in text.split('\n') {
            match parse_line(raw.trim_end_matches('\r')) {
                Ok(None) => {}
                Ok(Some(mut line)) => {
                    line.span = Span::new(offset + line.span.start, offset + line.span.end);
                    lines.push(line);
                }
                Err(fault) => {
                    let span = Span::new(offset + fault.at.start, offset + fault.at.end);
                    let diagnostic = Diagnostic::error(fault.message).at(&source, span, "");
                    faults.push(diagnostic.hint(fault.hint));
                }
            }
            offset += raw.len() + 1;
        }
        Diagnostics::from_list(faults)?;
        Ok(Self { source, lines })
    }

    /// Reads a list from a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = read_text(path)?;
        Ok(Self::parse(&path.display().to_string(), &text)?)
    }

    /// Whether any line has this key, whatever it allows.
    pub fn names(&self, key: &PublicKey) -> bool {
        self.lines.iter().any(|line| line.key == *key.key_data())
    }

    /// The principals field of the first line that allows this key to sign releases at `now`.
    pub(super) fn permit(&self, key: &KeyData, now: SystemTime) -> Result<String, VerifyError> {
        let seconds = now
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let mut refused = None;
        for line in self.lines.iter().filter(|line| line.key == *key) {
            match line.options.reject(seconds) {
                None => return Ok(line.principals.clone()),
                // A line for the key itself tells more than one for the certificates that it issues.
                Some(rejection) => match &refused {
                    Some((_, before)) if *before != Rejection::Authority => {}
                    _ => refused = Some((line, rejection)),
                },
            }
        }
        Err(match refused {
            Some((line, rejection)) => self.not_allowed(key, line, rejection),
            None => self.unknown(key),
        })
    }

    fn not_allowed(&self, key: &KeyData, line: &Line, rejection: Rejection) -> VerifyError {
        VerifyError::NotAllowed {
            fingerprint: key.fingerprint(ssh_key::HashAlg::Sha256).to_string(),
            principal: line.principals.clone(),
            rejection,
            place: Box::new(Label {
                source: Arc::clone(&self.source),
                span: line.span,
                text: "this line has the key".to_owned(),
            }),
        }
    }

    fn unknown(&self, key: &KeyData) -> VerifyError {
        VerifyError::UnknownSigner {
            fingerprint: key.fingerprint(ssh_key::HashAlg::Sha256).to_string(),
            key_type: key.algorithm().to_string(),
            list: self.source.name().to_owned(),
            known: self
                .lines
                .iter()
                .map(|line| line.principals.clone())
                .collect(),
        }
    }
}

impl Options {
    fn reject(&self, now: u64) -> Option<Rejection> {
        if self.authority {
            return Some(Rejection::Authority);
        }
        if let Some(patterns) = &self.namespaces
            && !matches_list(patterns, NAMESPACE)
        {
            return Some(Rejection::Namespace);
        }
        // Both ends are valid themselves, as with ssh-keygen.
        match (&self.after, &self.before) {
            (Some(after), _) if now < after.seconds => {
                Some(Rejection::NotYetValid(after.text.clone()))
            }
            (_, Some(before)) if now > before.seconds => {
                Some(Rejection::Expired(before.text.clone()))
            }
            _ => None,
        }
    }
}

/// Lets a signer sign releases: appends a line, and creates the file when there is none.
///
/// Returns false when the list had this principal with this key already; then the file stays as it is. The principal
/// is a name as one word of the list; an error when it is empty or has characters with a meaning in the list, when the
/// list cannot be parsed, or when the file cannot be written. The file is replaced as a whole.
pub fn add_allowed_signer(path: &Path, principal: &str, key: &PublicKey) -> anyhow::Result<bool> {
    check_principal(principal)?;
    // A link keeps pointing to the list.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut text = if path.exists() {
        read_text(path)?
    } else {
        HEADER.to_owned()
    };
    let list = AllowedSigners::parse(&path.display().to_string(), &text)?;
    let same = |line: &Line| line.principals == principal && line.key == *key.key_data();
    if list.lines.iter().any(same) {
        return Ok(false);
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&new_line(principal, key)?);
    super::first_key::write_beside(path, text.as_bytes(), 0o644)?
        .persist(path)
        .with_context(|| format!("replacing {}", path.display()))?;
    Ok(true)
}

fn new_line(principal: &str, key: &PublicKey) -> anyhow::Result<String> {
    let bare = PublicKey::new(key.key_data().clone(), "").to_openssh()?;
    let quote = if principal.contains(' ') { "\"" } else { "" };
    Ok(format!(
        "{quote}{principal}{quote} namespaces=\"{NAMESPACE}\" {bare}\n"
    ))
}

fn check_principal(principal: &str) -> anyhow::Result<()> {
    let special =
        |c: char| c.is_control() || (c.is_whitespace() && c != ' ') || "\"\\,*?!#".contains(c);
    if !principal.is_empty() && principal.trim() == principal && !principal.contains(special) {
        return Ok(());
    }
    let message = format!("\"{}\" cannot name a signer", principal.escape_debug());
    Err(
        Diagnostics::from(Diagnostic::error(message).hint("Use a name like ci@example.com."))
            .into(),
    )
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    let attempt = || format!("reading the allowed signers {}", path.display());
    let file = std::fs::File::open(path).with_context(attempt)?;
    let mut text = String::new();
    let length =
        std::io::Read::read_to_string(&mut std::io::Read::take(file, MAXIMUM_FILE + 1), &mut text)
            .with_context(attempt)?;
    if length as u64 > MAXIMUM_FILE {
        anyhow::bail!("{} is longer than {MAXIMUM_FILE} bytes", path.display());
    }
    Ok(text)
}

/// One line; nothing for an empty one and a comment. Spans count from the start of the line.
fn parse_line(line: &str) -> Result<Option<Line>, Fault> {
    let start = line.len() - line.trim_start_matches(BLANK).len();
    if line.len() == start || line[start..].starts_with('#') {
        return Ok(None);
    }
    let (principals, after) = parse_principals(line, start)?;
    let first = skip_blanks(line, after);
    let (options, key) = if let Some(key) = parse_key(&line[first..]) {
        (Options::default(), key)
    } else {
        let end = end_of_options(line, first)?;
        let key_start = skip_blanks(line, end);
        let key = parse_key(&line[key_start..]).ok_or_else(|| no_key(line, after))?;
        (parse_options(line, first..end)?, key)
    };
    Ok(Some(Line {
        span: Span::new(start, line.len()),
        principals,
        options,
        key,
    }))
}

const BLANK: [char; 2] = [' ', '\t'];

fn skip_blanks(line: &str, at: usize) -> usize {
    line.len() - line[at..].trim_start_matches(BLANK).len()
}

/// The first field, without its quotes, and where it ends.
fn parse_principals(line: &str, start: usize) -> Result<(String, usize), Fault> {
    let rest = &line[start..];
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = start + rest.find(BLANK).unwrap_or(rest.len());
        return Ok((line[start..end].to_owned(), end));
    };
    match quoted.find('"') {
        Some(length) => Ok((quoted[..length].to_owned(), start + length + 2)),
        None => Err(Fault {
            at: start..line.len(),
            message: "The quoted name has no end".to_owned(),
            hint: "Close the quotes.",
        }),
    }
}

/// Type and key at the start of a text; what follows is a comment.
fn parse_key(text: &str) -> Option<KeyData> {
    let mut words = text.split(BLANK).filter(|word| !word.is_empty());
    let (kind, body) = (words.next()?, words.next()?);
    let key = PublicKey::from_openssh(&format!("{kind} {body}")).ok()?;
    Some(key.key_data().clone())
}

fn no_key(line: &str, after: usize) -> Fault {
    Fault {
        at: skip_blanks(line, after)..line.len(),
        message: "No public key can be read in this line".to_owned(),
        hint: "A line is: name [options] type key, as in: ci@example.com ssh-ed25519 AAAA...",
    }
}

/// The end of the options: the first blank outside quotes.
fn end_of_options(line: &str, start: usize) -> Result<usize, Fault> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in line[start..].char_indices() {
        match c {
            '"' if !escaped => quoted = !quoted,
            ' ' | '\t' if !quoted => return Ok(start + at),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
    }
    if quoted {
        return Err(Fault {
            at: start..line.len(),
            message: "The quotes in the options have no end".to_owned(),
            hint: "Close the quotes.",
        });
    }
    Ok(line.len())
}

const OPTIONS_HINT: &str = "Options are cert-authority, namespaces=\"...\", valid-after=\"...\", valid-before=\"...\"; \
     times are in UTC: 20301231Z or 20301231235900Z.";

/// Options separated by commas: a flag, or a name with a quoted value.
fn parse_options(line: &str, span: Range<usize>) -> Result<Options, Fault> {
    let mut options = Options::default();
    let mut at = span.start;
    loop {
        let end = end_of_option(&line[..span.end], at);
        set_option(&mut options, &line[at..end]).map_err(|message| Fault {
            at: at..end,
            message,
            hint: OPTIONS_HINT,
        })?;
        if end == span.end {
            break;
        }
        at = end + 1;
    }
    if let (Some(after), Some(before)) = (&options.after, &options.before)
        && before.seconds <= after.seconds
    {
        return Err(Fault {
            at: span,
            message: "valid-before is not later than valid-after".to_owned(),
            hint: "Exchange the two times.",
        });
    }
    Ok(options)
}

fn end_of_option(line: &str, start: usize) -> usize {
    let mut quoted = false;
    for (at, c) in line[start..].char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => return start + at,
            _ => {}
        }
    }
    line.len()
}

fn set_option(options: &mut Options, text: &str) -> Result<(), String> {
    let Some((name, value)) = text.split_once('=') else {
        if text.eq_ignore_ascii_case("cert-authority") {
            options.authority = true;
            return Ok(());
        }
        return Err(format!("Unknown option \"{}\"", text.escape_debug()));
    };
    let value = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'))
        .filter(|value| !value.contains(['"', '\\']))
        .ok_or_else(|| format!("The value of {name} must be in quotes"))?;
    let twice = match name.to_ascii_lowercase().as_str() {
        "namespaces" => options.namespaces.replace(value.to_owned()).is_some(),
        "valid-after" => options.after.replace(parse_time(value)?).is_some(),
        "valid-before" => options.before.replace(parse_time(value)?).is_some(),
        _ => return Err(format!("Unknown option \"{}\"", name.escape_debug())),
    };
    if twice {
        return Err(format!("{name} is given twice"));
    }
    Ok(())
}

/// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, in UTC.
fn parse_time(text: &str) -> Result<Time, String> {
    let Some(digits) = text.strip_suffix('Z').or_else(|| text.strip_suffix("UTC")) else {
        return Err(format!(
            "The time \"{}\" depends on the time zone of the machine; add Z for UTC",
            text.escape_debug()
        ));
    };
    match seconds(digits) {
        Some(seconds) => Ok(Time {
            text: text.to_owned(),
            seconds,
        }),
        None => Err(format!("\"{}\" is not a time", text.escape_debug())),
    }
}

fn seconds(digits: &str) -> Option<u64> {
    if !matches!(digits.len(), 8 | 12 | 14) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |range: Range<usize>| digits.get(range).map_or(Some(0), |text| text.parse().ok());
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let (hour, minute, second) = (part(8..10)?, part(10..12)?, part(12..14)?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(days_since_1970(year, month, day)? * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days of the Gregorian calendar from 1970-01-01 to a date; nothing when there is no such date, or an earlier one.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let february = if leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month.checked_sub(1)?).ok()?;
    if year < 1970 || day == 0 || day > *months.get(index)? {
        return None;
    }
    let years: u64 = (1970..year).map(|year| 365 + u64::from(leap(year))).sum();
    Some(years + months[..index].iter().sum::<u64>() + day - 1)
}

/// Whether a word matches a list of patterns: one must match, and none with `!` in front.
fn matches_list(patterns: &str, word: &str) -> bool {
    let mut found = false;
    for pattern in patterns.split(',') {
        match pattern.strip_prefix('!') {
            Some(negated) if matches_pattern(negated, word) => return false,
            None if matches_pattern(pattern, word) => found = true,
            _ => {}
        }
    }
    found
}

/// `*` stands for any text, `?` for one byte.
fn matches_pattern(pattern: &str, word: &str) -> bool {
    let (pattern, word) = (pattern.as_bytes(), word.as_bytes());
    let (mut p, mut w) = (0, 0);
    // Where the last star was, and how far it reaches: on a mismatch it takes one byte more.
    let mut star: Option<(usize, usize)> = None;
    while w < word.len() {
        match (pattern.get(p), star) {
            (Some(b'*'), _) => {
                star = Some((p, w));
                p += 1;
            }
            (Some(byte), _) if *byte == b'?' || *byte == word[w] => {
                p += 1;
                w += 1;
            }
            (_, Some((at, reach))) => {
                star = Some((at, reach + 1));
                (p, w) = (at + 1, reach + 1);
            }
            (_, None) => return false,
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pattern_lists_match_as_ssh_config_describes() {
        for (patterns, word, expected) in [
            ("bosh-release", "bosh-release", true),
            ("git,bosh-release", "bosh-release", true),
            ("git,file", "bosh-release", false),
            ("*", "bosh-release", true),
            ("bosh-*", "bosh-release", true),
            ("*-*e", "bosh-release", true),
            ("bosh?release", "bosh-release", true),
            ("bosh-releas", "bosh-release", false),
            ("bosh-release?", "bosh-release", false),
            ("*,!bosh-release", "bosh-release", false),
            ("!bosh-release,*", "bosh-release", false),
            ("!git", "bosh-release", false),
            ("BOSH-RELEASE", "bosh-release", false),
            ("", "bosh-release", false),
        ] {
            assert_eq!(matches_list(patterns, word), expected, "{patterns} {word}");
        }
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        for (text, expected) in [
            ("19700101", Some(0)),
            ("20000229", Some(951_782_400)),
            ("20240229", Some(1_709_164_800)),
            ("21000101", Some(4_102_444_800)),
            ("202601020304", Some(1_767_323_040)),
            ("20260102030405", Some(1_767_323_045)),
            ("19691231", None),
            ("20230229", None),
            ("20261301", None),
            ("20260001", None),
            ("20260100", None),
            ("202601022400", None),
            ("2026010", None),
            ("2026-1-2", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_any_text_returns(text in any::<String>()) {
            let _ = AllowedSigners::parse("list", &text);
        }

        #[test]
        fn parsing_anything_like_a_line_returns(
            text in "[a-z@\", ]{0,9} (namespaces|valid-after)=?[\"a-z0-9,\\\\]{0,12} ?(ssh-ed25519)? ?[A-Z=]{0,9}"
        ) {
            let _ = AllowedSigners::parse("list", &text);
        }

        #[test]
        fn a_pattern_with_stars_matches_what_it_was_made_from(word in "[a-z-]{0,12}", cut in 0usize..12) {
            let cut = cut.min(word.len());
            let (before, after) = word.split_at(cut);
            for pattern in [format!("{before}*{after}"), format!("{before}*")] {
                prop_assert!(matches_pattern(&pattern, &word), "{}", pattern);
            }
        }
    }
}
