//! The sets that have a name: `\w`, `[[:alpha:]]`, `\p{Greek}`.
//!
//! Unless asked otherwise by `(?u)` or `(?a)`, `\d \s \w \h` are of ASCII and the sets in POSIX brackets of Unicode.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

use super::RegexError;

/// What the names in POSIX brackets and the letters behind a backslash stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    Alnum,
    Alpha,
    Ascii,
    Blank,
    Cntrl,
    Digit,
    Graph,
    Lower,
    Print,
    Punct,
    Space,
    Upper,
    XDigit,
    Word,
}

const NAMES: &[(&str, Named)] = &[
    ("alnum", Named::Alnum),
    ("alpha", Named::Alpha),
    ("ascii", Named::Ascii),
    ("blank", Named::Blank),
    ("cntrl", Named::Cntrl),
    ("digit", Named::Digit),
    ("graph", Named::Graph),
    ("lower", Named::Lower),
    ("print", Named::Print),
    ("punct", Named::Punct),
    ("space", Named::Space),
    ("upper", Named::Upper),
    ("xdigit", Named::XDigit),
    ("word", Named::Word),
];

/// The set with a name as in `[[:name:]]`.
pub(super) fn by_posix_name(name: &str) -> Option<Named> {
    NAMES.iter().find(|row| row.0 == name).map(|row| row.1)
}

impl Named {
    /// Its characters.
    pub(super) fn set(self, ascii: bool) -> Result<ClassUnicode, RegexError> {
        parse(self.pattern(ascii))
    }

    /// The set in the syntax of regex-syntax.
    fn pattern(self, ascii: bool) -> &'static str {
        if ascii {
            return self.ascii_pattern();
        }
        match self {
            Named::Alnum => r"[\p{Alphabetic}\p{Nd}]",
            Named::Alpha => r"\p{Alphabetic}",
            Named::Blank => r"[\p{Zs}\t]",
            Named::Cntrl => r"\p{Cc}",
            Named::Digit => r"\p{Nd}",
            Named::Graph => r"[^\p{White_Space}\p{Cc}\p{Cn}]",
            Named::Lower => r"\p{Lowercase}",
            Named::Print => r"[[^\p{White_Space}\p{Cc}\p{Cn}]\p{Zs}]",
            Named::Punct => r"[\p{P}$+<=>^`|~]",
            Named::Space => r"\p{White_Space}",
            Named::Upper => r"\p{Uppercase}",
            Named::Word => r"[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]",
            Named::Ascii | Named::XDigit => self.ascii_pattern(),
        }
    }

    fn ascii_pattern(self) -> &'static str {
        match self {
            Named::Alnum => "[0-9A-Za-z]",
            Named::Alpha => "[A-Za-z]",
            Named::Ascii => r"[\x00-\x7f]",
            Named::Blank => r"[\t ]",
            Named::Cntrl => r"[\x00-\x1f\x7f]",
            Named::Digit => "[0-9]",
            Named::Graph => r"[\x21-\x7e]",
            Named::Lower => "[a-z]",
            Named::Print => r"[\x20-\x7e]",
            Named::Punct => r"[!-/:-@\[-`{-~]",
            Named::Space => r"[\t-\r ]",
            Named::Upper => "[A-Z]",
            Named::XDigit => "[0-9A-Fa-f]",
            Named::Word => "[0-9A-Z_a-z]",
        }
    }
}

/// The set of `\p{name}`.
///
/// # Errors
///
/// A name that Ruby does not know; a property that Ruby knows and this module does not.
pub(super) fn by_property_name(name: &str) -> Result<ClassUnicode, RegexError> {
    let plain: String = name
        .chars()
        .filter(|c| !matches!(c, ' ' | '-' | '_'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    match plain.as_str() {
        // Here, and not in brackets, the symbols of ASCII are no punctuation.
        "punct" => return parse(r"\p{P}"),
        "xposixpunct" => return Named::Punct.set(false),
        "" => return Err(unknown(name)),
        _ => {}
    }
    if let Some(named) = by_posix_name(&plain) {
        return named.set(false);
    }
    if plain.starts_with("age=") || plain.starts_with("in") || plain.starts_with("grapheme") {
        return Err(RegexError::Unsupported(format!(
            "the property \\p{{{name}}}"
        )));
    }
    if !plain.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err(unknown(name));
    }
    parse(&format!(r"\p{{{plain}}}")).map_err(|_| unknown(name))
}

fn unknown(name: &str) -> RegexError {
    RegexError::Syntax(format!("invalid character property name {{{name}}}"))
}

fn parse(pattern: &str) -> Result<ClassUnicode, RegexError> {
    let unsupported = || RegexError::Unsupported(format!("the set {pattern}"));
    let hir = regex_syntax::parse(pattern).map_err(|_| unsupported())?;
    match hir.into_kind() {
        HirKind::Class(Class::Unicode(set)) => Ok(set),
        HirKind::Class(Class::Bytes(bytes)) => bytes.to_unicode_class().ok_or_else(unsupported),
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0).into_owned();
            Ok(ClassUnicode::new(
                text.chars().map(|c| ClassUnicodeRange::new(c, c)),
            ))
        }
        _ => Err(unsupported()),
    }
}
