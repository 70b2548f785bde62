//! A pattern as text: `Regexp.escape`, `Regexp#inspect`, `Regexp#to_s`.

use std::fmt::Write;

use super::{Options, Regex};

/// `Regexp.escape`: a pattern that matches `text`.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let letter = match c {
            '\t' => Some('t'),
            '\n' => Some('n'),
            '\u{b}' => Some('v'),
            '\u{c}' => Some('f'),
            '\r' => Some('r'),
            _ if " #$()*+-.?[\\]^{|}".contains(c) => Some(c),
            _ => None,
        };
        if letter.is_some() {
            out.push('\\');
        }
        out.push(letter.unwrap_or(c));
    }
    out
}

/// `Regexp#inspect`: `/a\/b/mi`.
pub fn inspect(regex: &Regex) -> String {
    delimited(regex.source(), regex.options())
}

/// `Regexp#to_s`: `(?mi-x:a\/b)`. A group with options around the whole pattern becomes the one that is written.
pub fn to_s(regex: &Regex) -> String {
    let (inner, options) = unwrapped(regex.source(), regex.options());
    let mut out = String::from("(?");
    out.push_str(&letters(options));
    let off = letters(Options {
        ignore_case: !options.ignore_case,
        extended: !options.extended,
        multi_line: !options.multi_line,
    });
    if !off.is_empty() {
        out.push('-');
        out.push_str(&off);
    }
    out.push(':');
    push_source(&mut out, inner);
    out.push(')');
    out
}

/// The pattern between slashes, with its options: what Ruby writes in messages as well.
pub(super) fn delimited(source: &str, options: Options) -> String {
    let mut out = String::from("/");
    push_source(&mut out, source);
    out.push('/');
    out.push_str(&letters(options));
    out
}

fn letters(options: Options) -> String {
    let all = [
        (options.multi_line, 'm'),
        (options.ignore_case, 'i'),
        (options.extended, 'x'),
    ];
    all.iter().filter(|row| row.0).map(|row| row.1).collect()
}

/// The source, slashes escaped, characters that cannot be seen by their number.
fn push_source(out: &mut String, source: &str) {
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(chars.next());
            }
            '/' => out.push_str("\\/"),
            '\t'..='\r' => out.push(c),
            '\0'..='\u{1f}' | '\u{7f}' => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\x{:02X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
}

/// What is behind `(?mix)` and inside one group `(?mix-mix:…)` that is the rest of the pattern, and its options.
fn unwrapped(source: &str, options: Options) -> (&str, Options) {
    let (mut rest, mut now) = (source, options);
    while let Some(flags) = rest.strip_prefix("(?").filter(|_| rest.len() >= 4) {
        let end = flags.find(|c| !"mix-".contains(c)).unwrap_or(flags.len());
        let (flags, behind) = flags.split_at(end);
        let Some(changed) = changed(flags, now) else {
            return (source, options);
        };
        if let Some(behind) = behind.strip_prefix(')') {
            (rest, now) = (behind, changed);
            continue;
        }
        let body = behind
            .strip_prefix(':')
            .and_then(|body| body.strip_suffix(')'));
        return match body {
            Some(inner) if is_valid(inner) => (inner, changed),
            _ => (source, options),
        };
    }
    (rest, now)
}

fn is_valid(source: &str) -> bool {
    !matches!(
        Regex::new(source, Options::default()),
        Err(super::RegexError::Syntax(_))
    )
}

/// The options with those of a group switched on and off. None: they are no such options.
fn changed(flags: &str, mut options: Options) -> Option<Options> {
    let mut on = true;
    for c in flags.chars() {
        match c {
            '-' if on => on = false,
            'm' => options.multi_line = on,
            'i' => options.ignore_case = on,
            'x' => options.extended = on,
            _ => return None,
        }
    }
    Some(options)
}
