//! Names of members: made comparable, and checked to stay inside.

use std::collections::HashMap;

use super::error::Problem;
use super::reader::{Limits, Links};

/// A name as people can read it: not UTF-8 is replaced, control characters are escaped.
pub(super) fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name)
        .chars()
        .flat_map(|character| {
            let escaped = character.is_control().then(|| character.escape_default());
            let plain = escaped.is_none().then_some(character);
            escaped.into_iter().flatten().chain(plain)
        })
        .collect()
}

/// The name without `.` components, doubled and trailing slashes. Empty for the root (`./`).
pub(super) fn normalise(name: &[u8], limits: &Limits) -> Result<Vec<u8>, Problem> {
    if name.is_empty() {
        return Err(Problem::EmptyName);
    }
    if name.len() > limits.name_bytes {
        return Err(Problem::NameTooLong {
            limit: limits.name_bytes,
        });
    }
    if name.contains(&0) {
        return Err(Problem::NulInName);
    }
    if name.starts_with(b"/") {
        return Err(Problem::Absolute);
    }
    let components: Vec<&[u8]> = components(name).collect();
    if components.contains(&&b".."[..]) {
        return Err(Problem::ParentDirectory);
    }
    Ok(components.join(&b'/'))
}

/// Checks the target of the link called `name` (normalised) against the caller's rule.
pub(super) fn check_target(name: &[u8], target: &[u8], limits: &Limits) -> Result<(), Problem> {
    if target.is_empty() || target.contains(&0) {
        return Err(Problem::BadTarget);
    }
    if target.len() > limits.name_bytes {
        return Err(Problem::NameTooLong {
            limit: limits.name_bytes,
        });
    }
    match limits.links {
        Links::Refuse => Err(Problem::Link),
        Links::Inside if !stays_inside(name, target) => Err(Problem::LinkOutside {
            target: shown(target),
        }),
        Links::Inside | Links::Any => Ok(()),
    }
}

/// Whether following the link cannot leave the archive, whatever other links do that stay inside
/// themselves: `..` may only come first, where it climbs through real directories. A later one could
/// climb out of the place that another link led to.
fn stays_inside(name: &[u8], target: &[u8]) -> bool {
    if target.starts_with(b"/") {
        return false;
    }
    let depth = components(name).count().saturating_sub(1);
    let mut down = components(target).skip_while(|component| *component == b"..");
    let climbs = components(target)
        .take_while(|component| *component == b"..")
        .count();
    climbs <= depth && down.all(|component| component != b"..")
}

fn components(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    name.split(|byte| *byte == b'/')
        .filter(|component| !component.is_empty() && *component != b".")
}

/// The members seen so far: none twice, none below something that is no directory.
#[derive(Default)]
pub(super) struct Names {
    seen: HashMap<Vec<u8>, Seen>,
    bytes: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    Directory,
    /// Only as the parent of a member: may still come on its own.
    ImpliedDirectory,
    Other,
}

impl Names {
    /// Adds a normalised name with its parents.
    pub(super) fn add(
        &mut self,
        name: &[u8],
        is_directory: bool,
        limits: &Limits,
    ) -> Result<(), Problem> {
        self.add_parents(name, limits)?;
        let new = if is_directory {
            Seen::Directory
        } else {
            Seen::Other
        };
        match self.seen.get(name) {
            None => self.insert(name, new, limits),
            Some(Seen::ImpliedDirectory) if is_directory => self.insert(name, new, limits),
            Some(_) => Err(Problem::Duplicate),
        }
    }

    /// Counts memory that a name or a target takes, against the limit for all of them.
    pub(super) fn count(&mut self, bytes: usize, limits: &Limits) -> Result<(), Problem> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > limits.all_name_bytes {
            return Err(Problem::NamesTooLarge {
                limit: limits.all_name_bytes,
            });
        }
        Ok(())
    }

    /// Goes up until a known directory: its parents are known as well.
    fn add_parents(&mut self, name: &[u8], limits: &Limits) -> Result<(), Problem> {
        let mut name = name;
        while let Some(slash) = name.iter().rposition(|byte| *byte == b'/') {
            name = &name[..slash];
            match self.seen.get(name) {
                None => self.insert(name, Seen::ImpliedDirectory, limits)?,
                Some(Seen::Directory | Seen::ImpliedDirectory) => break,
                Some(Seen::Other) => {
                    return Err(Problem::BelowNonDirectory {
                        parent: shown(name),
                    });
                }
            }
        }
        Ok(())
    }

    fn insert(&mut self, name: &[u8], seen: Seen, limits: &Limits) -> Result<(), Problem> {
        self.count(name.len(), limits)?;
        self.seen.insert(name.to_vec(), seen);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised_or_refused() {
        let limits = Limits {
            name_bytes: 12,
            ..Limits::default()
        };
        for (name, expected) in [
            (&b"a"[..], Ok(&b"a"[..])),
            (b"./a//b/./c/", Ok(b"a/b/c")),
            (b"./", Ok(b"")),
            (b"a\xff", Ok(b"a\xff")),
            (b"..a/b..", Ok(b"..a/b..")),
            (b"", Err(Problem::EmptyName)),
            (b"/a", Err(Problem::Absolute)),
            (b"a/../b", Err(Problem::ParentDirectory)),
            (b"..", Err(Problem::ParentDirectory)),
            (b"a\0b", Err(Problem::NulInName)),
            (b"1234567890123", Err(Problem::NameTooLong { limit: 12 })),
        ] {
            assert_eq!(
                normalise(name, &limits),
                expected.map(<[u8]>::to_vec),
                "{}",
                shown(name)
            );
        }
    }

    #[test]
    fn links_stay_inside() {
        for (name, target, inside) in [
            ("a", "b", true),
            ("a", ".", true),
            ("a", "..", false),
            ("d/a", "..", true),
            ("d/a", "../b/c", true),
            ("d/a", "./../b", true),
            ("d/a", "../../b", false),
            ("d/a", "b/../c", false),
            ("d/a", "/d/b", false),
        ] {
            assert_eq!(
                stays_inside(name.as_bytes(), target.as_bytes()),
                inside,
                "{name} -> {target}"
            );
        }
    }

    #[test]
    fn control_characters_are_not_shown_raw() {
        assert_eq!(
            shown(b"a\x1b[2J\nb\xff\xc3\xa4"),
            "a\\u{1b}[2J\\nb\u{fffd}ä"
        );
    }
}
