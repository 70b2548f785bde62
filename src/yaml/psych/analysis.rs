//! Which styles the characters of a scalar allow, by the rules of libyaml 0.2.5.

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

/// What a text allows in block context.
#[derive(Debug, Clone, Copy)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is the answer to a question of its own"
)]
pub(super) struct Analysis {
    /// It has line breaks.
    pub(super) multiline: bool,
    plain: bool,
    single: bool,
    block: bool,
}

impl Analysis {
    pub(super) fn new(text: &str) -> Self {
        if is_simple(text) {
            return Self {
                multiline: false,
                plain: true,
                single: true,
                block: !text.is_empty(),
            };
        }
        let multiline = text.contains(is_break);
        let edge = |c: char| c == ' ' || is_break(c);
        let (mut space_break, mut break_space) = (false, false);
        for (left, right) in text.chars().zip(text.chars().skip(1)) {
            space_break |= left == ' ' && is_break(right);
            break_space |= is_break(left) && right == ' ';
        }
        let odd = space_break || !text.chars().all(is_printable);
        let edges = text.starts_with(edge) || text.ends_with(edge);
        Self {
            multiline,
            plain: !(edges || multiline || odd || has_indicators(text)),
            single: !(break_space || odd),
            block: !(odd || text.ends_with(' ')),
        }
    }

    /// The style nearest to the wanted one.
    pub(super) fn style(self, wanted: Style, text: &str, is_key: bool) -> Style {
        let mut style = wanted;
        if is_key && self.multiline {
            style = Style::Double;
        }
        if style == Style::Plain && (!self.plain || (is_key && text.is_empty())) {
            style = Style::Single;
        }
        if style == Style::Single && !self.single {
            style = Style::Double;
        }
        if matches!(style, Style::Literal | Style::Folded) && (!self.block || is_key) {
            style = Style::Double;
        }
        style
    }
}

/// Letters, digits and the like: most texts. The empty one, too.
fn is_simple(text: &str) -> bool {
    let begins = text
        .bytes()
        .next()
        .is_none_or(|byte| byte.is_ascii_alphanumeric() || byte == b'/');
    begins
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/'))
}

/// Whether characters would mean something else in a plain scalar.
fn has_indicators(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let blank_follows = rest.peek().is_none_or(|next| is_blank(*next));
        let found = match c {
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`' => before.is_none(),
            '?' | '-' => before.is_none() && blank_follows,
            ':' => blank_follows,
            '#' => before.is_none_or(is_blank),
            _ => false,
        };
        if found {
            return true;
        }
        before = Some(c);
    }
    false
}

/// White space, or the zero that ends a C string.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\0') || is_break(c)
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// libyaml knows no characters above U+FFFF here.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{fffd}') && c != '\u{feff}'
}
