//! The magic comment of a template: `<%# coding: … %>` or `<%# frozen_string_literal: … %>` as its very first bytes.
//!
//! ERB looks at the line up to its last `%>`, so what it takes for the comment may reach beyond the tag.

/// What the first tag of a template declares.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Magic {
    /// Another encoding than UTF-8, as written.
    pub(super) foreign_coding: Option<String>,
    /// The value of `frozen_string_literal`, whatever it is.
    pub(super) frozen: Option<String>,
}

pub(super) fn detect(template: &str) -> Magic {
    let Some(comment) = comment(template) else {
        return Magic::default();
    };
    if let Some(coding) = coding(comment) {
        let utf8 = ["utf-8", "cp65001"]
            .iter()
            .any(|name| coding.eq_ignore_ascii_case(name));
        return Magic {
            foreign_coding: (!utf8).then_some(coding),
            frozen: None,
        };
    }
    Magic {
        foreign_coding: None,
        frozen: frozen(comment),
    }
}

/// The first line between a leading `<%#` and its last `%>`; of that the part between `-*-` and a `-*-` at the end.
fn comment(template: &str) -> Option<&str> {
    let line = template.strip_prefix("<%#")?.split('\n').next()?;
    let comment = &line[..line.rfind("%>")?];
    Some(emacs(comment).unwrap_or(comment))
}

fn emacs(comment: &str) -> Option<&str> {
    let inner = comment.strip_suffix("-*-")?;
    let start = comment.find("-*-")? + 3;
    let inner = inner.get(start..)?.trim_matches(is_space);
    (!inner.is_empty()).then_some(inner)
}

/// The name behind the first `coding:` or `coding=`, without the first `-mac`, `-dos` or `-unix`.
fn coding(comment: &str) -> Option<String> {
    let name = after(comment, &["coding"], &[':', '='], &['-', '_'])?;
    let lower = name.to_ascii_lowercase();
    let found = ["-mac", "-dos", "-unix"]
        .iter()
        .filter_map(|end| Some((lower.find(end)?, end.len())))
        .min();
    let mut name = name.to_owned();
    if let Some((at, length)) = found {
        name.replace_range(at..at + length, "");
    }
    Some(name)
}

fn frozen(comment: &str) -> Option<String> {
    const KEYS: [&str; 4] = [
        "frozen_string_literal",
        "frozen-string-literal",
        "frozen_string-literal",
        "frozen-string_literal",
    ];
    after(comment, &KEYS, &[':'], &[]).map(str::to_owned)
}

/// The word (letters, digits and `more`) behind the first key that has one of the signs and a word behind it.
fn after<'c>(comment: &'c str, keys: &[&str], signs: &[char], more: &[char]) -> Option<&'c str> {
    let ends = keys
        .iter()
        .flat_map(|key| comment.match_indices(key))
        .map(|(at, key)| at + key.len());
    let mut ends: Vec<usize> = ends.collect();
    ends.sort_unstable();
    ends.into_iter().find_map(|end| {
        let rest = comment[end..].trim_start_matches(is_space);
        let rest = rest.strip_prefix(signs)?.trim_start_matches(is_space);
        let in_word = |c: char| c.is_ascii_alphanumeric() || more.contains(&c);
        let length = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
        (length > 0).then(|| &rest[..length])
    })
}

/// `\s` of Ruby's regular expressions.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n' | '\x0c' | '\x0b')
}
