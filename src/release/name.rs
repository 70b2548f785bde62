//! Names of releases, jobs and packages.

use std::fmt;

/// A name that a Director takes: `[-0-9A-Za-z_+.]+`, and no path component with a meaning.
///
/// Names become paths (`jobs/NAME.tgz`), so none of them can leave its directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

impl Name {
    /// `None` when a Director would refuse `text`.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = !text.is_empty()
            && !matches!(text, "." | "..")
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_+.".contains(&byte));
        valid.then(|| Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is allowed, for messages.
    pub const RULE: &'static str = "letters, digits and - _ + . only";
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_a_director_takes() {
        for good in ["redis", "a-b_c+d.e", "7", "..."] {
            assert!(Name::parse(good).is_some(), "{good}");
        }
        for bad in ["", ".", "..", "we ird", "a/b", "ä", "a\n"] {
            assert!(Name::parse(bad).is_none(), "{bad}");
        }
    }
}
