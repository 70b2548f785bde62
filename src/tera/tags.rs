//! The tags of a template and the words in them, by their places: the parser's tree has no places of its own.
//!
//! For a text that the parser takes, the tags found here are those of its tree, in the same
//! order; comments are left out, as a tree has no use for them.

use crate::source::Span;

/// Stands for a tag that is not where it is expected.
pub(super) fn no_tag(at: usize) -> Tag {
    let span = Span::new(at, at);
    Tag {
        kind: TagKind::Print,
        span,
        inner: span,
        keyword: String::new(),
    }
}

/// What a tag does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TagKind {
    /// `{{ … }}`.
    Print,
    /// `{% … %}`.
    Statement,
}

/// A tag that is no comment; of `raw` the one tag spans all up to the end of `endraw`.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub(super) kind: TagKind,
    /// From the opening brace to the closing one.
    pub(super) span: Span,
    /// What stands between the delimiters.
    inner: Span,
    /// The first word of a statement.
    pub(super) keyword: String,
}

/// What a word of a tag is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name with all that is looked up in it: `a.b[0]["c"]`.
    Path,
    /// A text in quotes, quotes included.
    Text,
    /// An opening parenthesis or bracket.
    Open,
    /// A closing one.
    Close,
    /// Anything else: numbers, operators, commas.
    Sign,
}

/// A word of a tag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind,
    pub(super) text: &'a str,
    pub(super) span: Span,
}

/// All tags that are no comments; fails with the place of one that is not closed, which the parser would be slow to say.
pub(super) fn scan(text: &str) -> Result<Vec<Tag>, Span> {
    let mut tags = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find('{') {
        let start = at + found;
        at = match text.as_bytes().get(start + 1) {
            Some(b'#') => comment_end(text, start),
            Some(b'{') => push(text, &mut tags, start, TagKind::Print),
            Some(b'%') => push(text, &mut tags, start, TagKind::Statement),
            _ => Some(start + 1),
        }
        .ok_or(Span::new(start, start + 2))?;
    }
    Ok(tags)
}

fn comment_end(text: &str, start: usize) -> Option<usize> {
    let inner = start + 2;
    text[inner..].find("#}").map(|end| inner + end + 2)
}

/// Notes the tag at `start` and says where the text goes on.
fn push(text: &str, tags: &mut Vec<Tag>, start: usize, kind: TagKind) -> Option<usize> {
    let closing = if kind == TagKind::Print { "}}" } else { "%}" };
    let from = start + 2 + usize::from(text[start + 2..].starts_with('-'));
    let end = closing_at(text, from, closing)?;
    let inner = Span::new(
        from,
        end - usize::from(end > from && text[..end].ends_with('-')),
    );
    let keyword = match kind {
        TagKind::Print => String::new(),
        TagKind::Statement => word(text[inner.start..inner.end].trim_start()).to_owned(),
    };
    let mut span = Span::new(start, end + 2);
    if keyword == "raw" {
        span.end = endraw(text, span.end)?;
    }
    tags.push(Tag {
        kind,
        span,
        inner,
        keyword,
    });
    Some(span.end)
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    &text[..end.unwrap_or(text.len())]
}

/// Where the delimiter stands that is not inside of quotes.
fn closing_at(text: &str, from: usize, closing: &str) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = text.get(at..)?;
        let found = rest.find(['"', '\'', '`', '}', '%'])?;
        at += found;
        if text[at..].starts_with(closing) {
            return Some(at);
        }
        let character = text[at..].chars().next()?;
        at += 1;
        if matches!(character, '"' | '\'' | '`') {
            at += text[at..].find(character)? + 1;
        }
    }
}

/// One past the `endraw` tag after `from`.
fn endraw(text: &str, from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = text[at..].find("{%") {
        let start = at + found;
        let inner = text[start + 2..]
            .strip_prefix('-')
            .unwrap_or(&text[start + 2..]);
        let rest = inner.trim_start_matches([' ', '\t', '\r', '\n']);
        if let Some(rest) = rest.strip_prefix("endraw") {
            let rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            let rest = rest.strip_prefix('-').unwrap_or(rest);
            if let Some(rest) = rest.strip_prefix("%}") {
                return Some(text.len() - rest.len());
            }
        }
        at = start + 2;
    }
    None
}

impl Tag {
    /// The words of the tag.
    pub(super) fn tokens<'a>(&self, text: &'a str) -> impl Iterator<Item = Token<'a>> {
        let mut at = self.inner.start;
        let end = self.inner.end;
        std::iter::from_fn(move || {
            let rest = &text[at..end];
            let start = at + rest.len() - rest.trim_start().len();
            let rest = &text[start..end];
            let (kind, length) = first_token(rest)?;
            at = start + length;
            Some(Token {
                kind,
                text: &rest[..length],
                span: Span::new(start, at),
            })
        })
    }

    /// The first word that `is` accepts, with the word before it; else the whole tag.
    pub(super) fn find(&self, text: &str, is: impl Fn(Option<&str>, &Token<'_>) -> bool) -> Span {
        let mut before = None;
        for token in self.tokens(text) {
            if is(before, &token) {
                return token.span;
            }
            before = Some(token.text);
        }
        self.span
    }
}

fn first_token(rest: &str) -> Option<(TokenKind, usize)> {
    let first = rest.chars().next()?;
    Some(match first {
        'a'..='z' | 'A'..='Z' | '_' => (TokenKind::Path, path_length(rest)),
        '"' | '\'' | '`' => (TokenKind::Text, quoted_length(rest, first)),
        '(' | '[' => (TokenKind::Open, 1),
        ')' | ']' => (TokenKind::Close, 1),
        '0'..='9' => (TokenKind::Sign, number_length(rest)),
        _ => (TokenKind::Sign, first.len_utf8()),
    })
}

fn number_length(rest: &str) -> usize {
    rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(rest.len())
}

fn quoted_length(rest: &str, quote: char) -> usize {
    rest[1..].find(quote).map_or(rest.len(), |end| end + 2)
}

/// Length of a name and of all the `.x` and `[…]` behind it.
fn path_length(rest: &str) -> usize {
    let mut at = 0;
    let mut open = 0_usize;
    while let Some(character) = rest[at..].chars().next() {
        match character {
            '[' => open += 1,
            ']' if open > 0 => open -= 1,
            '"' | '\'' | '`' if open > 0 => {
                at += quoted_length(&rest[at..], character);
                continue;
            }
            '.' | '_' => {}
            '-' if open > 0 => {}
            _ if character.is_ascii_alphanumeric() => {}
            _ => break,
        }
        at += character.len_utf8();
    }
    at
}
