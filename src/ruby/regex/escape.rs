//! What a backslash begins.
//!
//! Ruby resolves bytes (`\xE9`, `\M-a`, `\377`) to UTF-8 characters before Onigmo sees the pattern; bytes that are none
//! are an error.

use regex_syntax::hir::ClassUnicode;

use super::ast::{Anchor, Node};
use super::parse::{Charset, Parser, Result, syntax, unsupported};
use super::property::{self, Named};

/// What an escape stands for.
pub(super) enum Escaped {
    /// Characters without a meaning of their own.
    Chars(Vec<char>),
    /// `\w`: a set that has the same characters whether case is regarded or not.
    Set(ClassUnicode),
    /// `\p{…}`; true: all others.
    Property(ClassUnicode, bool),
    Node(Node),
}

impl Parser<'_> {
    /// Outside a set, behind the backslash.
    pub(super) fn escape(&mut self) -> Result<Escaped> {
        let Some(c) = self.peek() else {
            return syntax("too short escape sequence");
        };
        if let Some(anchor) = self.anchor(c) {
            self.at += 1;
            return Ok(Escaped::Node(Node::Anchor(anchor)));
        }
        match c {
            'R' => {
                self.at += 1;
                Ok(Escaped::Node(Node::LineBreak))
            }
            'X' => unsupported("\\X, a character as people see it"),
            'k' if self.named_follows() => self.named_reference(),
            'g' if self.named_follows() => unsupported("a call of a group, \\g"),
            '1'..='9' => self.numbered(),
            _ => self.escape_in_set(),
        }
    }

    fn anchor(&self, c: char) -> Option<Anchor> {
        let ascii = self.flags.charset == Charset::Ascii;
        Some(match c {
            'A' => Anchor::TextStart,
            'z' => Anchor::TextEnd,
            'Z' => Anchor::LastLineEnd,
            'G' => Anchor::SearchStart,
            'b' => Anchor::WordBoundary { ascii },
            'B' => Anchor::NotWordBoundary { ascii },
            'K' => Anchor::Keep,
            _ => return None,
        })
    }

    fn named_follows(&self) -> bool {
        matches!(self.chars.get(self.at + 1), Some('<' | '\''))
    }

    fn named_reference(&mut self) -> Result<Escaped> {
        self.at += 1;
        let end = if self.next() == Some('<') { '>' } else { '\'' };
        let name = self.name(end)?;
        let groups = self.referred(&name)?;
        Ok(self.reference(groups))
    }

    fn reference(&self, groups: Vec<usize>) -> Escaped {
        Escaped::Node(Node::BackReference {
            groups,
            fold: self.flags.ignore_case,
        })
    }

    /// `\1`, or a character by its number in base eight.
    fn numbered(&mut self) -> Result<Escaped> {
        let digits: String = self
            .chars
            .iter()
            .skip(self.at)
            .take_while(|c| c.is_ascii_digit())
            .collect();
        if self.octal_at(self.at, 3).0 > 0o177 {
            return self.bytes().map(Escaped::Chars);
        }
        match digits.parse::<usize>() {
            Ok(number) if number <= 9 || number <= self.groups => {
                self.at += digits.len();
                let groups = self.referred(&digits)?;
                Ok(self.reference(groups))
            }
            _ => self.octal().map(|c| Escaped::Chars(vec![c])),
        }
    }

    /// Up to `most` digits in base eight: the value, and how many they are.
    fn octal_at(&self, at: usize, most: usize) -> (u32, usize) {
        let digits = self.chars.iter().skip(at).take(most);
        let digits: Vec<u32> = digits.map_while(|c| c.to_digit(8)).collect();
        let value = digits.iter().fold(0, |value, digit| value * 8 + digit);
        (value, digits.len())
    }

    /// A character by its number in base eight; `8` and `9` are themselves.
    fn octal(&mut self) -> Result<char> {
        let (value, digits) = self.octal_at(self.at, 3);
        if digits == 0 {
            return Ok(self.next().unwrap_or('\\'));
        }
        self.at += digits;
        match u8::try_from(value) {
            Ok(byte) if byte.is_ascii() => Ok(char::from(byte)),
            _ => syntax("invalid multibyte escape"),
        }
    }

    /// Inside a set, or outside for what means the same there; behind the backslash.
    pub(super) fn escape_in_set(&mut self) -> Result<Escaped> {
        let Some(c) = self.peek() else {
            return syntax("too short escape sequence");
        };
        if let Some(set) = self.letter_set(c)? {
            self.at += 1;
            return Ok(Escaped::Set(set));
        }
        match c {
            'p' | 'P' if self.chars.get(self.at + 1) == Some(&'{') => self.property(c == 'P'),
            'u' => self.unicode().map(Escaped::Chars),
            'x' | 'c' | 'C' | 'M' | '0' => self.bytes().map(Escaped::Chars),
            '1'..='7' if self.octal_at(self.at, 3).0 > 0o177 => self.bytes().map(Escaped::Chars),
            '1'..='7' => self.octal().map(|c| Escaped::Chars(vec![c])),
            _ => {
                self.at += 1;
                Ok(Escaped::Chars(vec![control(c).unwrap_or(c)]))
            }
        }
    }

    fn letter_set(&self, c: char) -> Result<Option<ClassUnicode>> {
        let named = match c.to_ascii_lowercase() {
            'w' => Named::Word,
            'd' => Named::Digit,
            's' => Named::Space,
            'h' => Named::XDigit,
            _ => return Ok(None),
        };
        let mut set = named.set(self.flags.charset != Charset::Unicode)?;
        if c.is_ascii_uppercase() {
            set.negate();
        }
        Ok(Some(set))
    }

    fn property(&mut self, negated: bool) -> Result<Escaped> {
        self.at += 2;
        let inner = self.eat("^");
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let Some(end) = rest.iter().position(|c| *c == '}') else {
            return syntax("invalid character property name {}");
        };
        let name: String = rest.iter().take(end).collect();
        self.at += end + 1;
        let mut set = property::by_property_name(&name)?;
        if name.eq_ignore_ascii_case("ascii") {
            // The one property that case folding does not leave.
            if negated != inner {
                set.negate();
            }
            return Ok(Escaped::Set(set));
        }
        Ok(Escaped::Property(set, negated != inner))
    }

    /// `\u00e9`, `\u{e9 1F600}`, at the `u`.
    fn unicode(&mut self) -> Result<Vec<char>> {
        self.at += 1;
        match self.peek() {
            None => syntax("too short escape sequence"),
            Some('{') => self.unicode_list(),
            Some(_) => {
                let digits = self.take_hex(4);
                if digits.len() < 4 {
                    return syntax("invalid Unicode escape");
                }
                Ok(vec![scalar(&digits)?])
            }
        }
    }

    fn unicode_list(&mut self) -> Result<Vec<char>> {
        self.at += 1;
        let mut chars = Vec::new();
        loop {
            while self.peek().is_some_and(is_blank) {
                self.at += 1;
            }
            let digits = self.take_hex(usize::MAX);
            if digits.is_empty() {
                break;
            }
            if digits.len() > 6 {
                return syntax("invalid Unicode range");
            }
            chars.push(scalar(&digits)?);
            if !self.peek().is_some_and(|c| is_blank(c) || c == '}') {
                break;
            }
        }
        if chars.is_empty() {
            return syntax("invalid Unicode list");
        }
        if !self.eat("}") {
            return syntax("unterminated Unicode escape");
        }
        Ok(chars)
    }

    fn take_hex(&mut self, most: usize) -> String {
        let rest = self.chars.iter().skip(self.at).take(most);
        let digits: String = rest.take_while(|c| c.is_ascii_hexdigit()).collect();
        self.at += digits.len();
        digits
    }

    /// As many escaped bytes as make a character, behind the first backslash.
    fn bytes(&mut self) -> Result<Vec<char>> {
        let mut bytes = vec![self.byte()?];
        loop {
            match std::str::from_utf8(&bytes) {
                Ok(text) => return Ok(text.chars().collect()),
                Err(error) if error.error_len().is_some() => {
                    return syntax("invalid multibyte escape");
                }
                Err(_) => {}
            }
            if !self.eat("\\") {
                return syntax("too short escaped multibyte character");
            }
            bytes.push(self.byte()?);
        }
    }

    /// One escaped byte, behind its backslash.
    fn byte(&mut self) -> Result<u8> {
        let (mut control_key, mut meta_key) = (false, false);
        let code = loop {
            let Some(c) = self.next() else {
                return syntax("too short escape sequence");
            };
            let short = match c {
                'M' if meta_key => return syntax("duplicate meta escape"),
                'M' => {
                    meta_key = true;
                    if self.eat("-") {
                        None
                    } else {
                        Some("too short meta escape")
                    }
                }
                'c' | 'C' if control_key => return syntax("duplicate ctrl escape"),
                'c' | 'C' => {
                    control_key = true;
                    let fine = c == 'c' || self.eat("-");
                    if fine {
                        None
                    } else {
                        Some("too short control escape")
                    }
                }
                _ => break self.byte_code(c)?,
            };
            let key = if c == 'M' {
                "too short meta escape"
            } else {
                "too short control escape"
            };
            match (short, self.next()) {
                (None, Some('\\')) => {}
                (None, Some(c)) if c.is_ascii() => break u32::from(c),
                _ => return syntax(key),
            }
        };
        let Ok(mut byte) = u8::try_from(code) else {
            return syntax("invalid escape code");
        };
        if control_key {
            byte &= 0x1f;
        }
        Ok(if meta_key { byte | 0x80 } else { byte })
    }

    fn byte_code(&mut self, c: char) -> Result<u32> {
        if let Some(control) = control(c) {
            return Ok(u32::from(control));
        }
        match c {
            '0'..='7' => {
                self.at -= 1;
                let (value, digits) = self.octal_at(self.at, 3);
                self.at += digits;
                Ok(value)
            }
            'x' => match u32::from_str_radix(&self.take_hex(2), 16) {
                Ok(value) => Ok(value),
                Err(_) => syntax("invalid hex escape"),
            },
            _ => syntax("unexpected escape sequence"),
        }
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn scalar(digits: &str) -> Result<char> {
    match u32::from_str_radix(digits, 16)
        .ok()
        .and_then(char::from_u32)
    {
        Some(c) => Ok(c),
        None => syntax("invalid Unicode range"),
    }
}

/// The control characters that have a letter.
fn control(c: char) -> Option<char> {
    Some(match c {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'f' => '\u{c}',
        'v' => '\u{b}',
        'a' => '\u{7}',
        'e' => '\u{1b}',
        _ => return None,
    })
}
