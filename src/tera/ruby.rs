//! Ruby literals: what a template says, as code that means just that, inside of an ERB tag.
//!
//! Invariants, held by tests: Ruby reads back the same bytes; a literal is one line, has no `%>` and no `<%`, and begins and
//! ends with its quotes whatever it holds.

use std::fmt::Write as _;

/// A text as a literal.
pub(super) fn quote(text: &str) -> String {
    if text.chars().all(is_plain) && !has_tag(text) {
        let escaped = text.replace('\\', "\\\\").replace('\'', "\\'");
        return format!("'{escaped}'");
    }
    format!("\"{}\"", inside(text))
}

/// A text inside of double quotes, beside interpolations.
pub(super) fn inside(text: &str) -> String {
    let mut literal = String::new();
    let mut before = ' ';
    for character in text.chars() {
        match character {
            '"' | '\\' => literal.extend(['\\', character]),
            '#' => literal.push_str("\\#"),
            '\n' => literal.push_str("\\n"),
            '\t' => literal.push_str("\\t"),
            '\r' => literal.push_str("\\r"),
            '>' | '%' if before == '%' || before == '<' => {
                let _ = write!(literal, "\\u{{{:x}}}", u32::from(character));
            }
            _ if is_plain(character) => literal.push(character),
            _ => {
                let _ = write!(literal, "\\u{{{:x}}}", u32::from(character));
            }
        }
        before = character;
    }
    // What follows may be a `>` or a `%` of the code.
    if literal.ends_with(['%', '<']) {
        let last = literal.pop().unwrap_or_default();
        let _ = write!(literal, "\\u{{{:x}}}", u32::from(last));
    }
    literal
}

fn has_tag(text: &str) -> bool {
    text.contains("%>") || text.contains("<%")
}

/// Whether a character is shown as it is: the rest would be invisible, or turn the reading direction.
fn is_plain(character: char) -> bool {
    matches!(character, ' '..='~') || (!character.is_ascii() && character.is_alphanumeric())
}

/// Words that are no names of variables.
const KEYWORDS: &[&str] = &[
    "alias", "and", "begin", "break", "case", "class", "def", "defined", "do", "else", "elsif",
    "end", "ensure", "false", "for", "if", "in", "module", "next", "nil", "not", "or", "redo",
    "rescue", "retry", "return", "self", "super", "then", "true", "undef", "unless", "until",
    "when", "while", "yield",
];

/// What a template reaches without a receiver in the code that is made here, or what BOSH calls so.
const METHODS: &[&str] = &[
    "p",
    "if_p",
    "link",
    "if_link",
    "spec",
    "name",
    "index",
    "properties",
    "raw_properties",
    "openstruct",
    "lambda",
    "raise",
    "format",
    "method",
    "binding",
    "loop",
    "proc",
    "lookup_property",
    "copy_property",
    "get_binding",
];

/// Whether a name of Tera is a local variable of Ruby that hides nothing.
pub(super) fn is_free_name(name: &str) -> bool {
    let first = name.bytes().next();
    let local = first.is_some_and(|byte| byte.is_ascii_lowercase());
    let word = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    local && word && !KEYWORDS.contains(&name) && !METHODS.contains(&name)
}

/// A variable of Ruby for a name of Tera.
pub(super) fn local_name(name: &str) -> String {
    if is_free_name(name) {
        return name.to_owned();
    }
    if name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase())
    {
        return format!("{name}_");
    }
    format!("v_{name}")
}
