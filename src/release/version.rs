//! Release versions: `release[-pre][+post]`, their order and what comes next.
//!
//! Pure. Follows the numbering of the official CLI (semi-semantic versions): a part is split at dots into integers and
//! strings, and a version prints exactly as it was written. Equality is the equality of the order: `1.0 == 1`, although
//! both keep their own text. An integer is at most [`i64::MAX`], as for the CLI: a greater one is an error, because the
//! CLI could not read an index that holds it.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The post part of the first dev release that follows a version without one.
const FIRST_DEV: &str = "dev.1";

/// A version of a release, with the text it was written as.
#[derive(Debug, Clone)]
pub struct ReleaseVersion {
    text: String,
    release: Segment,
    pre: Option<Segment>,
    post: Option<Segment>,
}

/// A text is no version, or a version has no successor; the message is that of the CLI where it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionError(String);

/// One part of a version: never empty.
#[derive(Debug, Clone)]
struct Segment(Vec<Component>);

/// Between two dots. The order of the variants is the order of versions: integers before strings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Component {
    Integer(i64),
    Text(String),
}

impl ReleaseVersion {
    /// The next dev version: the greater of both (the dev version when they are equal), its post part counted up, or
    /// `dev.1` where there is none. Without any version `0+dev.1`.
    ///
    /// Errors when the last component of the post part is not an integer.
    pub fn next_dev(
        last_dev: Option<&Self>,
        last_final: Option<&Self>,
    ) -> Result<Self, VersionError> {
        match last_final.max(last_dev) {
            None => Self::parse("0+dev.1"),
            Some(last) => last.with_next_post(),
        }
    }

    /// The next final version: the release part counted up, pre and post parts dropped. Without any version `1`.
    ///
    /// Errors when the last component of the release part is not an integer.
    pub fn next_final(last: Option<&Self>) -> Result<Self, VersionError> {
        match last {
            None => Self::parse("1"),
            Some(last) => Ok(Self::build(last.release.next()?, None, None)),
        }
    }

    /// This version with the post part `dev.<secs>`; `secs` are seconds since 1970.
    #[must_use]
    pub fn with_timestamp(&self, secs: u64) -> Self {
        let post = Segment(vec![
            Component::Text("dev".to_owned()),
            Component::Integer(i64::try_from(secs).unwrap_or(i64::MAX)),
        ]);
        Self::build(self.release.clone(), self.pre.clone(), Some(post))
    }

    /// Reads a version.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        if text.is_empty() {
            return Err(VersionError(
                "Expected version to be non-empty string".to_owned(),
            ));
        }
        let (release, pre, post) = split(text).ok_or_else(|| {
            VersionError(format!("Expected version '{text}' to match version format"))
        })?;
        Ok(Self {
            text: text.to_owned(),
            release: Segment::parse(release)?,
            pre: pre.map(Segment::parse).transpose()?,
            post: post.map(Segment::parse).transpose()?,
        })
    }

    /// The text it was written as.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn with_next_post(&self) -> Result<Self, VersionError> {
        let post = match &self.post {
            None => Segment::parse(FIRST_DEV)?,
            Some(post) => post.next()?,
        };
        Ok(Self::build(
            self.release.clone(),
            self.pre.clone(),
            Some(post),
        ))
    }

    fn build(release: Segment, pre: Option<Segment>, post: Option<Segment>) -> Self {
        let mut text = release.to_string();
        for (sign, part) in [('-', &pre), ('+', &post)] {
            if let Some(part) = part {
                text.push(sign);
                text.push_str(&part.to_string());
            }
        }
        Self {
            text,
            release,
            pre,
            post,
        }
    }
}

/// Release, pre and post part of a text of the right form. The release part holds no `-`, so the first one ends it;
/// no part holds a `+`, so there is at most one.
fn split(text: &str) -> Option<(&str, Option<&str>, Option<&str>)> {
    let (front, post) = match text.split_once('+') {
        Some((front, post)) => (front, Some(post)),
        None => (text, None),
    };
    let (release, pre) = match front.split_once('-') {
        Some((release, pre)) => (release, Some(pre)),
        None => (front, None),
    };
    [Some(release), pre, post]
        .iter()
        .flatten()
        .all(|part| !part.is_empty() && part.bytes().all(is_version_byte))
        .then_some((release, pre, post))
}

fn is_version_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

impl Segment {
    fn parse(text: &str) -> Result<Self, VersionError> {
        text.split('.')
            .map(|piece| Component::parse(piece, text))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// With its last integer counted up.
    fn next(&self) -> Result<Self, VersionError> {
        let mut components = self.0.clone();
        match components.last_mut() {
            Some(Component::Integer(last)) => {
                *last = last.checked_add(1).ok_or_else(|| {
                    VersionError(format!(
                        "Expected version segment '{self}' to have last component '{last}' to be less than {}",
                        i64::MAX
                    ))
                })?;
                Ok(Self(components))
            }
            Some(Component::Text(last)) => Err(VersionError(format!(
                "Expected version segment '{self}' to have last component '{last}' to be an integer"
            ))),
            None => Err(VersionError(
                "Expected version segment to have at least one component to be incremented"
                    .to_owned(),
            )),
        }
    }
}

impl Component {
    /// A piece between two dots of the segment `whole`, which the messages name.
    fn parse(piece: &str, whole: &str) -> Result<Self, VersionError> {
        if piece.is_empty() {
            return Err(VersionError(format!(
                "Expected component '' from version segment '{whole}' to be either an integer or a formatted string"
            )));
        }
        let leading_zero = piece.len() > 1 && piece.starts_with('0');
        if leading_zero || !piece.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self::Text(piece.to_owned()));
        }
        piece.parse().map(Self::Integer).map_err(|_| {
            VersionError(format!(
                "Expected component '{piece}' from version segment '{whole}' to be a parseable integer: \
                 value out of range"
            ))
        })
    }
}

impl Ord for Segment {
    /// Missing components count as zero.
    fn cmp(&self, other: &Self) -> Ordering {
        const ZERO: Component = Component::Integer(0);
        let length = self.0.len().max(other.0.len());
        (0..length)
            .map(|index| {
                let left = self.0.get(index).unwrap_or(&ZERO);
                left.cmp(other.0.get(index).unwrap_or(&ZERO))
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

impl Ord for ReleaseVersion {
    /// Release part, then pre part (none is greater than some), then post part (none is less than some).
    fn cmp(&self, other: &Self) -> Ordering {
        let pre = || match (&self.pre, &other.pre) {
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (left, right) => left.cmp(right),
        };
        self.release
            .cmp(&other.release)
            .then_with(pre)
            .then_with(|| self.post.cmp(&other.post))
    }
}

impl PartialOrd for Segment {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Segment {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Segment {}

impl PartialOrd for ReleaseVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ReleaseVersion {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for ReleaseVersion {}

impl FromStr for ReleaseVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse(text)
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, component) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            match component {
                Component::Integer(number) => write!(f, "{number}")?,
                Component::Text(text) => f.write_str(text)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for VersionError {}
