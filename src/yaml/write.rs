//! The writer: the bytes version 2 of Go's YAML library prints.
//!
//! Block style, lists not indented below their key, no `---`, lines folded behind column 80 where a single space
//! allows it. Strings are plain where they read back as themselves, double-quoted where YAML 1.1 would read another
//! type, single-quoted where characters ask for quotes, literal blocks when they have line breaks. Characters above
//! U+FFFF count as unprintable and are escaped.

use super::value::Value;
use super::{base64, go};

/// Spaces of one level.
const INDENT: usize = 2;
/// A space behind this column becomes a line break.
const WIDTH: usize = 80;
/// Longest key, in bytes, that needs no `? `.
const SIMPLE_KEY: usize = 128;
/// Characters of base64 in a line.
const BASE64_LINE: usize = 70;
const BOM: char = '\u{feff}';

/// Prints `value` as the official CLI does; the text ends with a line break.
///
/// Maps are written in their order (see [`sort_keys`](super::sort_keys)). A float without fraction is printed without
/// one (`1`), so it reads back as an integer; this is Go's way. Recursion is as deep as the value is.
pub fn write(value: &Value) -> String {
    let mut writer = Writer::default();
    writer.node(value, None, Position::Root);
    writer.indentation(0);
    writer.out
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Root,
    Item,
    Key,
    Entry,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

struct Writer {
    out: String,
    column: usize,
    /// The last character needs no space behind it.
    whitespace: bool,
    /// Only indentation and `-`, `?`, `:` stand in this line.
    indention: bool,
}

impl Default for Writer {
    fn default() -> Self {
        Self {
            out: String::new(),
            column: 0,
            whitespace: true,
            indention: true,
        }
    }
}

impl Writer {
    /// `indent`: the level of the collection around, `None` at the root.
    fn node(&mut self, value: &Value, indent: Option<usize>, position: Position) {
        match value {
            Value::Sequence(items) if items.is_empty() => self.empty("[", "]"),
            Value::Mapping(entries) if entries.is_empty() => self.empty("{", "}"),
            Value::Sequence(items) => self.sequence(items, indent, position),
            Value::Mapping(entries) => self.mapping(entries, indent),
            scalar => self.scalar(&Scalar::new(scalar), indent, position),
        }
    }

    fn empty(&mut self, open: &str, close: &str) {
        self.indicator(open, true, true, false);
        self.indicator(close, false, false, false);
    }

    fn sequence(&mut self, items: &[Value], indent: Option<usize>, position: Position) {
        let in_entry = matches!(position, Position::Entry | Position::Key);
        let indent = match indent {
            Some(level) if in_entry && !self.indention => level,
            level => deeper(level),
        };
        for item in items {
            self.indentation(indent);
            self.indicator("-", true, false, true);
            self.node(item, Some(indent), Position::Item);
        }
    }

    fn mapping(&mut self, entries: &[(Value, Value)], indent: Option<usize>) {
        let indent = deeper(indent);
        for (key, value) in entries {
            self.indentation(indent);
            if is_simple_key(key) {
                self.node(key, Some(indent), Position::Key);
                self.indicator(":", false, false, false);
            } else {
                self.indicator("?", true, false, true);
                self.node(key, Some(indent), Position::Entry);
                self.indentation(indent);
                self.indicator(":", true, false, true);
            }
            self.node(value, Some(indent), Position::Entry);
        }
    }

    fn scalar(&mut self, scalar: &Scalar, indent: Option<usize>, position: Position) {
        let indent = indent.map_or(INDENT, |level| level + INDENT);
        let is_key = position == Position::Key;
        if scalar.binary {
            self.indicator("!!binary", true, false, false);
        }
        match scalar.style(is_key) {
            Style::Plain => self.plain(&scalar.text, indent, !is_key),
            Style::Single => self.single_quoted(&scalar.text, indent, !is_key),
            Style::Double => self.double_quoted(&scalar.text, indent, !is_key),
            Style::Literal => self.literal(&scalar.text, indent),
        }
    }

    fn plain(&mut self, text: &str, indent: usize, fold: bool) {
        self.space();
        self.folded(text, indent, fold);
        self.whitespace = false;
        self.indention = false;
    }

    fn single_quoted(&mut self, text: &str, indent: usize, fold: bool) {
        self.indicator("'", true, false, false);
        let text = text.replace('\'', "''");
        self.folded(&text, indent, fold);
        self.indicator("'", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    /// Text in which a line break is written twice and a single space may become one.
    fn folded(&mut self, text: &str, indent: usize, fold: bool) {
        let (mut spaces, mut breaks) = (false, false);
        let mut rest = text.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            if c == ' ' {
                let next = rest.peek().map(|(_, next)| *next);
                let single = at > 0 && !spaces && next.is_some_and(|next| next != ' ');
                if fold && single && self.column > WIDTH {
                    self.indentation(indent);
                } else {
                    self.put(c);
                }
                spaces = true;
            } else if is_break(c) {
                if !breaks && c == '\n' {
                    self.put('\n');
                }
                self.put(c);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.indentation(indent);
                }
                self.put(c);
                self.indention = false;
                (spaces, breaks) = (false, false);
            }
        }
    }

    fn double_quoted(&mut self, text: &str, indent: usize, fold: bool) {
        self.indicator("\"", true, false, false);
        // Go tests the first character for a byte order mark where it means the current one.
        let escape_all = text.starts_with(BOM);
        let mut spaces = false;
        let mut rest = text.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            if escape_all || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
                self.put_all(&escaped(c));
                spaces = false;
            } else if c == ' ' {
                let next = rest.peek().map(|(_, next)| *next);
                if fold && !spaces && self.column > WIDTH && at > 0 && next.is_some() {
                    self.indentation(indent);
                    if next == Some(' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(c);
                }
                spaces = true;
            } else {
                self.put(c);
                spaces = false;
            }
        }
        self.indicator("\"", false, false, false);
        self.whitespace = false;
        self.indention = false;
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.indicator("|", true, false, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator("2", false, false, false);
        }
        self.indicator(chomping(text), false, false, false);
        self.put('\n');
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        for c in text.chars() {
            if is_break(c) {
                self.put(c);
                self.indention = true;
                breaks = true;
            } else {
                if breaks {
                    self.indentation(indent);
                }
                self.put(c);
                self.indention = false;
                breaks = false;
            }
        }
    }

    /// A fresh line, unless this one holds nothing but less indentation, then spaces up to `indent`.
    fn indentation(&mut self, indent: usize) {
        if !self.indention || self.column > indent || (self.column == indent && !self.whitespace) {
            self.put('\n');
        }
        while self.column < indent {
            self.put(' ');
        }
        self.whitespace = true;
        self.indention = true;
    }

    fn indicator(&mut self, text: &str, spaced: bool, is_whitespace: bool, is_indention: bool) {
        if spaced {
            self.space();
        }
        self.put_all(text);
        self.whitespace = is_whitespace;
        self.indention = self.indention && is_indention;
    }

    fn space(&mut self) {
        if !self.whitespace {
            self.put(' ');
        }
    }

    fn put_all(&mut self, text: &str) {
        text.chars().for_each(|c| self.put(c));
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column = if is_break(c) { 0 } else { self.column + 1 };
    }
}

fn deeper(indent: Option<usize>) -> usize {
    indent.map_or(0, |level| level + INDENT)
}

fn is_simple_key(key: &Value) -> bool {
    match key {
        Value::Sequence(items) => items.is_empty(),
        Value::Mapping(entries) => entries.is_empty(),
        scalar => {
            let scalar = Scalar::new(scalar);
            let tag = if scalar.binary { "!!binary".len() } else { 0 };
            !scalar.text.contains(is_break) && tag + scalar.text.len() <= SIMPLE_KEY
        }
    }
}

/// The text of a scalar and the style it asks for.
struct Scalar {
    text: String,
    binary: bool,
    wanted: Style,
}

impl Scalar {
    fn new(value: &Value) -> Self {
        let plain = |text: String| Self {
            text,
            binary: false,
            wanted: Style::Plain,
        };
        match value {
            Value::Bool(value) => plain(value.to_string()),
            Value::Integer(value) => plain(value.to_string()),
            Value::Unsigned(value) => plain(value.to_string()),
            Value::BigInteger(digits) => plain(digits.clone()),
            Value::Float(value) => plain(float(*value)),
            Value::String(text) => Self {
                text: text.clone(),
                binary: false,
                wanted: wanted(text, go::reads_as_string(text)),
            },
            Value::Symbol(name) => plain(format!(":{name}")),
            Value::Binary(bytes) => {
                let text = base64_lines(bytes);
                Self {
                    wanted: wanted(&text, true),
                    text,
                    binary: true,
                }
            }
            Value::Null | Value::Sequence(_) | Value::Mapping(_) => plain("null".to_owned()),
        }
    }

    /// The style that the characters and the place allow.
    fn style(&self, is_key: bool) -> Style {
        let traits = Traits::new(&self.text);
        let mut style = self.wanted;
        if is_key && self.text.contains(is_break) {
            style = Style::Double;
        }
        if style == Style::Plain && (!traits.plain || (is_key && self.text.is_empty())) {
            style = Style::Single;
        }
        if style == Style::Single && !traits.single {
            style = Style::Double;
        }
        if style == Style::Literal && (!traits.block || is_key) {
            style = Style::Double;
        }
        style
    }
}

fn wanted(text: &str, plain: bool) -> Style {
    if text.contains('\n') {
        Style::Literal
    } else if plain {
        Style::Plain
    } else {
        Style::Double
    }
}

/// Which styles the characters of a text allow.
struct Traits {
    plain: bool,
    single: bool,
    block: bool,
}

impl Traits {
    fn new(text: &str) -> Self {
        let blank = |c: char| c == ' ' || is_break(c);
        let breaks = text.contains(is_break);
        let special = !text.chars().all(is_printable);
        let (mut space_break, mut break_space) = (false, false);
        for (left, right) in text.chars().zip(text.chars().skip(1)) {
            space_break |= left == ' ' && is_break(right);
            break_space |= is_break(left) && right == ' ';
        }
        let edge = text.starts_with(blank) || text.ends_with(blank);
        let odd = special || space_break;
        Self {
            plain: !(edge || breaks || break_space || odd || has_indicators(text)),
            single: !(break_space || odd),
            block: !(odd || text.is_empty() || text.ends_with(' ')),
        }
    }
}

/// Whether characters would mean something else in a plain scalar of block style.
fn has_indicators(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    let mut first = true;
    while let Some(c) = rest.next() {
        let blank_follows = rest.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
        let found = match c {
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`' => first,
            '?' | '-' => first && blank_follows,
            ':' => blank_follows,
            '#' => first || before == ' ' || before == '\t' || before == '\0' || is_break(before),
            _ => false,
        };
        if found {
            return true;
        }
        before = c;
        first = false;
    }
    false
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && c != BOM
}

fn chomping(text: &str) -> &'static str {
    let mut back = text.chars().rev();
    match (back.next(), back.next()) {
        (Some(last), _) if !is_break(last) => "-",
        (Some(_), Some(before)) if !is_break(before) => "",
        (Some(_), _) => "+",
        (None, _) => "-",
    }
}

fn escaped(c: char) -> String {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' | '\\' => c,
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(c);
            return match code {
                0..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}

/// The fewest digits that read back as the same float; below 1e-4 and from 1e+06 on with an exponent of two digits.
fn float(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    match exponent.parse::<i32>() {
        Ok(-4..=5) | Err(_) => value.to_string(),
        Ok(exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
    }
}

/// Base64, cut into lines with a break behind each when it does not fit into one.
fn base64_lines(bytes: &[u8]) -> String {
    let text = base64::encode(bytes);
    if text.len() < BASE64_LINE {
        return text;
    }
    let mut out = String::with_capacity(text.len() + text.len() / BASE64_LINE + 1);
    for (at, c) in text.chars().enumerate() {
        if at > 0 && at % BASE64_LINE == 0 {
            out.push('\n');
        }
        out.push(c);
    }
    out.push('\n');
    out
}
