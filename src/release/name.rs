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

/// The nearest of `known` to a mistyped `name`, when one is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    known
        .into_iter()
        .map(|candidate| (edit_distance(name, candidate), candidate))
        .filter(|(distance, candidate)| {
            let other = candidate.chars().count();
            *distance <= (length.max(other) / 3).max(1) && *distance < length.min(other)
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many characters must be inserted, removed, replaced, or swapped with the next one to make `right` of `left`.
fn edit_distance(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().take(200).collect();
    let right: Vec<char> = right.chars().take(200).collect();
    let first: Vec<usize> = (0..=right.len()).collect();
    let mut rows = vec![first];
    for (i, from) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in right.iter().enumerate() {
            let replaced = rows[i][j] + usize::from(from != to);
            let mut least = replaced.min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *from == right[j - 1] && left[i - 1] == *to {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
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

    #[test]
    fn the_nearest_name_is_one_that_could_be_meant() {
        assert_eq!(nearest("rediss", ["redis", "nginx"]), Some("redis"));
        assert_eq!(nearest("redsi", ["redis", "nginx"]), Some("redis"));
        assert_eq!(nearest("kafka", ["redis", "nginx"]), None);
        assert_eq!(nearest("p", ["q"]), None);
        assert_eq!(
            nearest("dependencys", ["dependencies", "files"]),
            Some("dependencies")
        );
    }
}
