//! Paths: `a.b[0]["c.d"][k]`.
//!
//! The parser hands them on as they are written. How Tera looks them up is a machine over their text with quirks; here a path
//! is a name and steps, and what the machine would take apart differently is refused.

use crate::source::Span;

/// A name and what is looked up in it.
#[derive(Debug, Clone)]
pub(super) struct Path {
    /// As it is written.
    pub(super) text: String,
    /// The name it begins with.
    pub(super) root: String,
    pub(super) steps: Vec<Step>,
    pub(super) span: Span,
}

/// One look-up.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A key of a map; of digits alone an index of a list as well.
    Key(String),
    /// The value of another path.
    Dynamic(Path),
}

/// Why a path is refused.
pub(super) type Refused = String;

impl Path {
    /// Takes the text of a path apart.
    pub(super) fn parse(text: &str, span: Span) -> Result<Self, Refused> {
        let root_end = text.find(['.', '[']).unwrap_or(text.len());
        let mut steps = Vec::new();
        let mut rest = &text[root_end..];
        while let Some(first) = rest.chars().next() {
            let (step, length) = match first {
                '.' => {
                    let end = rest[1..].find(['.', '[']).map_or(rest.len(), |end| end + 1);
                    (Step::Key(rest[1..end].to_owned()), end)
                }
                _ => bracket(rest, span)?,
            };
            steps.push(step);
            rest = &rest[length..];
        }
        Ok(Self {
            text: text.to_owned(),
            root: text[..root_end].to_owned(),
            steps,
            span,
        })
    }

    /// The keys up to the first step that is none.
    pub(super) fn keys(&self) -> Vec<&str> {
        let keys = self.steps.iter().map_while(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Dynamic(_) => None,
        });
        keys.collect()
    }
}

impl Step {
    /// Whether it may be an index of a list.
    pub(super) fn is_index(&self) -> bool {
        matches!(self, Self::Key(key) if key.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

/// The step of the bracket that `rest` begins with, and its length.
fn bracket(rest: &str, span: Span) -> Result<(Step, usize), Refused> {
    let inner = &rest[1..];
    let quote = inner
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\'' | '`'));
    if let Some(quote) = quote {
        let end = inner[1..]
            .find(quote)
            .ok_or("this path has an open quote")?;
        let key = &inner[1..=end];
        return Ok((Step::Key(quoted_key(key, quote)?), end + 4));
    }
    let end = closing(inner).ok_or("this path has an open bracket")?;
    let key = &inner[..end];
    if key.starts_with('-') {
        return Err("an index cannot be negative: use the filter `last`, or `slice`".to_owned());
    }
    let step = if key.bytes().all(|byte| byte.is_ascii_digit()) {
        Step::Key(key.to_owned())
    } else {
        Step::Dynamic(Path::parse(key, span)?)
    };
    Ok((step, end + 2))
}

fn closing(inner: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'[' => open += 1,
            b']' if open == 0 => return Some(at),
            b']' => open -= 1,
            _ => {}
        }
    }
    None
}

/// A key that Tera looks up as it is written.
fn quoted_key(key: &str, quote: char) -> Result<String, Refused> {
    let plain = |c: char| c.is_ascii() && !c.is_ascii_control() && !"\"'`\\[]~".contains(c);
    if quote != '`' && !key.is_empty() && key.chars().all(plain) {
        return Ok(key.to_owned());
    }
    Err(format!(
        "Tera does not find the key {key:?} this way: use the filter `get(key=…)`"
    ))
}
