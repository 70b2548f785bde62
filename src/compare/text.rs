//! A comparison as text for a terminal: a summary, then each group of instances.
//!
//! Files are shown as unified diffs, so what colours those colours these. Characters that a terminal would obey are shown as
//! their codes.

use std::fmt::Write as _;

use super::lines::{Hunk, Line, LineKind};
use super::{
    Comparison, FileChange, FileContent, InstanceChange, JobChange, Kind, LinkChange,
    PackageChange, ReleaseChange, SpecChange, ValueChange,
};

/// Names that are listed on a line before the rest is counted.
const MOST_NAMES: usize = 12;
/// Digits of a fingerprint that are shown.
const FINGERPRINT: usize = 12;
/// The longest value that is shown whole, in characters.
const LONGEST_VALUE: usize = 160;

/// The whole comparison.
pub fn to_text(comparison: &Comparison, color: bool) -> String {
    let mut writer = Writer {
        out: String::new(),
        color,
    };
    writer.comparison(comparison);
    writer.out
}

#[derive(Clone, Copy)]
enum Colour {
    None,
    Bold,
    Faint,
    Red,
    Green,
    Yellow,
    Cyan,
}

impl Colour {
    fn code(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Bold => "1",
            Self::Faint => "2",
            Self::Red => "31",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Cyan => "36",
        }
    }

    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Added => Self::Green,
            Kind::Removed => Self::Red,
            Kind::Changed => Self::Yellow,
        }
    }
}

struct Writer {
    out: String,
    color: bool,
}

impl Writer {
    /// A line, indented by so many steps.
    fn line(&mut self, level: usize, colour: Colour, text: &str) {
        let text = visible(text);
        self.out.push_str(&"  ".repeat(level));
        let code = colour.code();
        if self.color && !code.is_empty() {
            // Writing to a String cannot fail.
            writeln!(self.out, "\u{1b}[{code}m{text}\u{1b}[0m").ok();
        } else {
            self.out.push_str(&text);
            self.out.push('\n');
        }
    }

    fn comparison(&mut self, comparison: &Comparison) {
        self.line(0, Colour::None, &format!("old: {}", comparison.old));
        self.line(0, Colour::None, &format!("new: {}", comparison.new));
        self.line(0, Colour::Bold, &comparison.summary());
        for change in &comparison.instances {
            let names = names(&change.names);
            let why = if change.reasons.is_empty() {
                String::new()
            } else {
                format!(": {}", change.reasons.join(", "))
            };
            let fate = change.fate.word();
            self.line(1, Colour::None, &format!("{fate:<9} {names}{why}"));
        }
        for name in &comparison.absent_releases {
            let text = format!("Note: Release '{name}' is not at hand; its jobs are left out");
            self.line(0, Colour::Faint, &text);
        }
        for note in &comparison.notes {
            self.line(0, Colour::Faint, &format!("Note: {note}"));
        }
        for error in &comparison.errors {
            self.out.push('\n');
            self.line(
                0,
                Colour::Red,
                &format!("{} cannot be rendered:", error.side),
            );
            for line in error.text.lines() {
                self.line(1, Colour::None, line);
            }
        }
        if !comparison.deployment.is_empty() {
            self.out.push('\n');
            self.line(0, Colour::Bold, "deployment");
            self.values(1, &comparison.deployment);
        }
        for release in &comparison.releases {
            self.release(release);
        }
        for change in &comparison.instances {
            self.instances(change);
        }
    }

    fn instances(&mut self, change: &InstanceChange) {
        self.out.push('\n');
        let head = format!("{}: {}", names(&change.names), change.fate.meaning());
        self.line(0, Colour::Bold, &head);
        if !change.rendered {
            self.line(
                1,
                Colour::Red,
                "files are not compared: a side cannot be rendered",
            );
        }
        self.section(1, "placement", &change.placement);
        for job in &change.jobs {
            self.job(job);
        }
        self.packages(1, &change.packages);
    }

    fn section(&mut self, level: usize, title: &str, values: &[ValueChange]) {
        if !values.is_empty() {
            self.line(level, Colour::Cyan, title);
            self.values(level + 1, values);
        }
    }

    fn values(&mut self, level: usize, values: &[ValueChange]) {
        for value in values {
            let (colour, text) = value_line(value);
            self.line(level, colour, &text);
        }
    }

    fn job(&mut self, job: &JobChange) {
        let mut head = format!("job {}", job.name);
        if job.kind != Kind::Changed {
            write!(head, " {}", job.kind.word()).ok();
        }
        head.push_str(&versions(job.release.as_ref(), job.fingerprint.as_ref()));
        self.line(1, Colour::of(job.kind), &head);
        self.section(2, "properties", &job.properties);
        if !job.links.is_empty() {
            self.line(2, Colour::Cyan, "links");
        }
        for link in &job.links {
            self.link(link);
        }
        // Of a job that comes or goes everything comes or goes: names are enough.
        for file in &job.files {
            self.file(2, file, job.kind == Kind::Changed);
        }
    }

    fn link(&mut self, link: &LinkChange) {
        let who = match (&link.old, &link.new) {
            (Some(old), Some(new)) if old == new => format!("from {new}"),
            (Some(old), Some(new)) => format!("from {old} -> {new}"),
            (Some(who), None) | (None, Some(who)) => format!("{}, from {who}", link.kind.word()),
            (None, None) => link.kind.word().to_owned(),
        };
        self.line(3, Colour::of(link.kind), &format!("{} {who}", link.name));
        self.values(4, &link.values);
    }

    fn file(&mut self, level: usize, file: &FileChange, whole: bool) {
        let mut head = file.path.clone();
        if file.kind != Kind::Changed {
            write!(head, " {}", file.kind.word()).ok();
        }
        if let Some((old, new)) = file.modes {
            write!(head, " (mode {old} -> {new})").ok();
        }
        match &file.content {
            FileContent::Binary(old, new) => {
                write!(head, " (no text: {old} -> {new} bytes)").ok();
                self.line(level, Colour::of(file.kind), &head);
            }
            FileContent::Text(hunks) => {
                self.line(level, Colour::of(file.kind), &head);
                if whole {
                    for hunk in hunks {
                        self.hunk(level + 1, hunk);
                    }
                }
            }
        }
    }

    fn hunk(&mut self, level: usize, hunk: &Hunk) {
        let head = format!(
            "@@ -{},{} +{},{} @@",
            hunk.old_start, hunk.old_count, hunk.new_start, hunk.new_count
        );
        self.line(level, Colour::Cyan, &head);
        for line in &hunk.lines {
            self.diff_line(level, line);
        }
    }

    fn diff_line(&mut self, level: usize, line: &Line) {
        let colour = match line.kind {
            LineKind::Same => Colour::None,
            LineKind::Removed => Colour::Red,
            LineKind::Added => Colour::Green,
        };
        let text = format!("{}{}", line.kind.sign(), line.text());
        self.line(level, colour, &text);
        if line.secret_changed {
            self.line(level, Colour::Faint, "\\ A redacted value changed");
        }
        if line.ends_text {
            self.line(level, Colour::Faint, "\\ No newline at end of file");
        }
    }

    fn packages(&mut self, level: usize, packages: &[PackageChange]) {
        if packages.is_empty() {
            return;
        }
        self.line(level, Colour::Cyan, "packages");
        for package in packages {
            let text = match (&package.old, &package.new) {
                (Some(old), Some(new)) if old == new => {
                    format!("~ {} is compiled anew", package.name)
                }
                (Some(old), Some(new)) => {
                    format!("~ {} {} -> {}", package.name, short(old), short(new))
                }
                (Some(old), None) => format!("- {} {}", package.name, short(old)),
                (None, Some(new)) => format!("+ {} {}", package.name, short(new)),
                (None, None) => package.name.clone(),
            };
            let with = if package.dependencies.is_empty() {
                String::new()
            } else {
                format!(
                    " (its dependency {} differs)",
                    package.dependencies.join(", ")
                )
            };
            let colour = match (&package.old, &package.new) {
                (Some(_), None) => Colour::Red,
                (None, Some(_)) => Colour::Green,
                _ => Colour::Yellow,
            };
            self.line(level + 1, colour, &format!("{text}{with}"));
        }
    }

    fn release(&mut self, release: &ReleaseChange) {
        self.out.push('\n');
        let none = || "none".to_owned();
        let version = |version: &Option<String>| version.clone().unwrap_or_else(none);
        let head = match (&release.old, &release.new) {
            (None, None) => format!("release {}", release.name),
            (old, new) if old == new => format!("release {} {}", release.name, version(new)),
            (old, new) => {
                format!(
                    "release {} {} -> {}",
                    release.name,
                    version(old),
                    version(new)
                )
            }
        };
        self.line(0, Colour::Bold, &head);
        release.jobs.iter().for_each(|job| self.spec(job));
        self.packages(1, &release.packages);
        if let Some(license) = &release.license {
            let (colour, text) = value_line(&ValueChange {
                old: license.old.as_deref().map(short),
                new: license.new.as_deref().map(short),
                ..license.clone()
            });
            self.line(1, colour, &text);
        }
    }

    fn spec(&mut self, job: &SpecChange) {
        let mut head = format!("job {}", job.name);
        if job.kind != Kind::Changed {
            write!(head, " {}", job.kind.word()).ok();
        }
        head.push_str(&versions(None, job.fingerprint.as_ref()));
        self.line(1, Colour::of(job.kind), &head);
        self.section(2, "properties", &job.properties);
        self.section(2, "links", &job.links);
        self.section(2, "packages and templates", &job.others);
        for file in &job.files {
            self.file(2, file, job.kind == Kind::Changed);
        }
    }
}

/// Release and fingerprint of a job behind its name.
fn versions(release: Option<&(String, String)>, fingerprint: Option<&(String, String)>) -> String {
    let pair = |(old, new): &(String, String)| match (old.is_empty(), new.is_empty()) {
        (true, _) => new.clone(),
        (_, true) => old.clone(),
        _ => format!("{old} -> {new}"),
    };
    let fingerprint = fingerprint.map(|(old, new)| (short(old), short(new)));
    let parts: Vec<String> = release
        .into_iter()
        .map(pair)
        .chain(fingerprint.iter().map(pair))
        .collect();
    if parts.is_empty() {
        return String::new();
    }
    format!(" ({})", parts.join(", "))
}

fn value_line(value: &ValueChange) -> (Colour, String) {
    let path = &value.path;
    let mark = if value.secret_changed {
        " (changed)"
    } else {
        ""
    };
    match (&value.old, &value.new) {
        (Some(old), Some(new)) => {
            let (old, new) = (cut(old), cut(new));
            (Colour::Yellow, format!("~ {path}: {old} -> {new}{mark}"))
        }
        (Some(old), None) => (Colour::Red, format!("- {path}: {}", cut(old))),
        (None, Some(new)) => (Colour::Green, format!("+ {path}: {}", cut(new))),
        (None, None) => (Colour::None, path.clone()),
    }
}

/// A fingerprint by its first digits.
pub(super) fn short(fingerprint: &str) -> String {
    fingerprint.chars().take(FINGERPRINT).collect()
}

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST_VALUE {
        return text.to_owned();
    }
    let start: String = text.chars().take(LONGEST_VALUE).collect();
    format!("{start}...")
}

/// Names of instances; of many, rows of indexes without gaps as their first and last.
pub(super) fn names(names: &[String]) -> String {
    if names.len() <= MOST_NAMES {
        return names.join(", ");
    }
    let mut rows: Vec<(&str, &str)> = Vec::new();
    for name in names {
        match rows.last_mut() {
            Some((_, last)) if follows(last, name) => *last = name,
            _ => rows.push((name, name)),
        }
    }
    let shown = rows.iter().take(MOST_NAMES).map(|(first, last)| {
        if first == last {
            (*first).to_owned()
        } else {
            format!("{first} to {last}")
        }
    });
    let shown: Vec<String> = shown.collect();
    let more = if rows.len() > MOST_NAMES { ", ..." } else { "" };
    format!("{}{more} ({} in all)", shown.join(", "), names.len())
}

fn follows(name: &str, next: &str) -> bool {
    let parts = |name: &str| {
        let (group, index) = name.rsplit_once('/')?;
        Some((group.to_owned(), index.parse::<u64>().ok()?))
    };
    let after = parts(name).map(|(group, index)| (group, index.saturating_add(1)));
    after.is_some() && after == parts(next)
}

/// Without what a terminal would obey.
fn visible(text: &str) -> String {
    if !text.chars().any(|c| c.is_control() && c != '\t') {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in text.chars() {
        if c.is_control() && c != '\t' {
            write!(out, "\\x{:02x}", u32::from(c)).ok();
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_of_it() {
        assert_eq!(visible("a\u{1b}[2Jb\tc\r"), "a\\x1b[2Jb\tc\\x0d");
    }

    #[test]
    fn many_names_are_rows() {
        let mut many: Vec<String> = (0..50).map(|index| format!("web/{index}")).collect();
        assert_eq!(names(&many), "web/0 to web/49 (50 in all)");
        many.remove(7);
        assert_eq!(names(&many), "web/0 to web/6, web/8 to web/49 (49 in all)");
        assert_eq!(names(&many[..3]), "web/0, web/1, web/2");
        let odd: Vec<String> = (0..50).map(|index| format!("web/{}", index * 2)).collect();
        assert!(
            names(&odd).ends_with("web/22, ... (50 in all)"),
            "{}",
            names(&odd)
        );
    }
}
