//! The paths of operations, of `--path`, and of what is behind the dot of a variable.
//!
//! `/key/0/-1/name=value/-`, with `?` for what may be missing, and `:prev`, `:next`, `:before`, `:after` behind an item.
//! `~0`, `~1` and `~7` stand for `~`, `/` and `:`.

use std::fmt;

use super::MAX_DEPTH;

/// A path into a document. Its printed form is the official CLI's: one `?` at the first optional part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    tokens: Vec<Token>,
}

/// A part of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// An item of a list; negative numbers count from the end.
    Index {
        /// The number.
        index: i64,
        /// What is meant relative to it.
        modifiers: Vec<Modifier>,
    },
    /// Behind the last item.
    AfterLast,
    /// The item that is a map with this entry.
    Matching {
        /// Key of the entry.
        key: String,
        /// Its value, a text.
        value: String,
        /// It may be missing.
        optional: bool,
        /// What is meant relative to it.
        modifiers: Vec<Modifier>,
    },
    /// The value of a key.
    Key {
        /// The key, a text.
        key: String,
        /// It may be missing.
        optional: bool,
    },
}

/// What is meant relative to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modifier {
    /// The item before.
    Prev,
    /// The item behind.
    Next,
    /// A new place before.
    Before,
    /// A new place behind.
    After,
}

impl Modifier {
    /// The name of the modifier's type in the official CLI's messages.
    pub(super) fn type_name(self) -> &'static str {
        match self {
            Self::Prev => "patch.PrevModifier",
            Self::Next => "patch.NextModifier",
            Self::Before => "patch.BeforeModifier",
            Self::After => "patch.AfterModifier",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Prev => "prev",
            Self::Next => "next",
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

impl Token {
    /// What is meant relative to the item; nothing for what is no item.
    pub(super) fn modifiers(&self) -> &[Modifier] {
        match self {
            Self::Index { modifiers, .. } | Self::Matching { modifiers, .. } => modifiers,
            Self::AfterLast | Self::Key { .. } => &[],
        }
    }

    /// The name of the token's type in the official CLI's messages.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Index { .. } => "patch.IndexToken",
            Self::AfterLast => "patch.AfterLastIndexToken",
            Self::Matching { .. } => "patch.MatchingIndexToken",
            Self::Key { .. } => "patch.KeyToken",
        }
    }
}

impl Pointer {
    /// A path of these parts; none mean the whole document.
    pub fn new(tokens: Vec<Token>) -> Self {
        Self { tokens }
    }

    /// Reads a path.
    ///
    /// # Errors
    /// The official CLI's words for what is wrong; and paths of more than [`MAX_DEPTH`] parts.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self { tokens: Vec::new() });
        }
        let Some(rest) = text.strip_prefix('/') else {
            return Err("Expected to start with '/'".to_owned());
        };
        let count = rest.split('/').count();
        if count > MAX_DEPTH {
            return Err(format!(
                "Expected at most {MAX_DEPTH} parts but found {count}"
            ));
        }
        let mut optional = false;
        let tokens = rest
            .split('/')
            .enumerate()
            .map(|(at, part)| token(part, at + 1 == count, &mut optional))
            .collect::<Result<_, _>>()?;
        Ok(Self { tokens })
    }

    /// The parts; none mean the whole document.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The first `count` parts, printed.
    pub(super) fn start(&self, count: usize) -> String {
        let tokens = self.tokens.get(..count).unwrap_or(&self.tokens);
        Self::new(tokens.to_vec()).to_string()
    }

    /// The same path with numbers as keys: `/0` also means the key `"0"` of a map where variables are looked up.
    pub(super) fn with_keys(&self) -> Self {
        let tokens = self.tokens.iter().map(|token| match token {
            Token::Index { index, .. } => Token::Key {
                key: index.to_string(),
                optional: false,
            },
            other => other.clone(),
        });
        Self::new(tokens.collect())
    }
}

fn token(part: &str, is_last: bool, optional: &mut bool) -> Result<Token, String> {
    let mut pieces = part.split(':');
    let text = decoded(pieces.next().unwrap_or_default());
    let modifiers = modifiers(pieces)?;
    if is_last && text == "-" {
        if !modifiers.is_empty() {
            return Err(
                "Expected not to find any modifiers with after last index token".to_owned(),
            );
        }
        return Ok(Token::AfterLast);
    }
    if let Ok(index) = text.parse() {
        return Ok(Token::Index { index, modifiers });
    }
    *optional |= text.ends_with('?');
    let optional = *optional;
    if let Some((key, value)) = text.split_once('=') {
        return Ok(Token::Matching {
            key: key.to_owned(),
            value: value.strip_suffix('?').unwrap_or(value).to_owned(),
            optional,
            modifiers,
        });
    }
    if !modifiers.is_empty() {
        return Err("Expected not to find any modifiers with key token".to_owned());
    }
    let key = text.strip_suffix('?').unwrap_or(&text).to_owned();
    Ok(Token::Key { key, optional })
}

fn modifiers<'a>(words: impl Iterator<Item = &'a str> + Clone) -> Result<Vec<Modifier>, String> {
    let first = words.clone().next().unwrap_or_default();
    words
        .map(|word| match word {
            "prev" => Ok(Modifier::Prev),
            "next" => Ok(Modifier::Next),
            "before" => Ok(Modifier::Before),
            "after" => Ok(Modifier::After),
            // The official CLI names the first one, whichever it does not know.
            _ => Err(format!(
                "Expected to find one of the following modifiers: 'prev', 'next', 'before', or 'after' but found '{first}'"
            )),
        })
        .collect()
}

fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let meant = match (c, rest.peek()) {
            ('~', Some('0')) => '~',
            ('~', Some('1')) => '/',
            ('~', Some('7')) => ':',
            _ => {
                out.push(c);
                continue;
            }
        };
        rest.next();
        out.push(meant);
    }
    out
}

fn encoded(text: &str) -> String {
    text.replace('~', "~0")
        .replace('/', "~1")
        .replace(':', "~7")
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut marked = false;
        let mut mark = |optional: bool| {
            let first = optional && !marked;
            marked |= optional;
            if first { "?" } else { "" }
        };
        for token in &self.tokens {
            match token {
                Token::Index { index, modifiers } => {
                    write!(f, "/{index}{}", suffix(modifiers))?;
                }
                Token::AfterLast => f.write_str("/-")?,
                Token::Matching {
                    key,
                    value,
                    optional,
                    modifiers,
                } => {
                    let (key, value) = (encoded(key), encoded(value));
                    let mark = mark(*optional);
                    write!(f, "/{key}={value}{mark}{}", suffix(modifiers))?;
                }
                Token::Key { key, optional } => {
                    write!(f, "/{}{}", encoded(key), mark(*optional))?;
                }
            }
        }
        Ok(())
    }
}

fn suffix(modifiers: &[Modifier]) -> String {
    modifiers
        .iter()
        .flat_map(|modifier| [":", modifier.word()])
        .collect()
}
