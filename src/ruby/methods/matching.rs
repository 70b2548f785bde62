//! Searching in strings with patterns, and what the searches leave behind: matches, and `$~` of the caller.
//!
//! A text is checked and copied once for a whole walk over it; all matches of the walk share one frozen copy. Regular
//! expressions work on valid text only, as in Ruby; on binary data beyond ASCII they are refused.

use std::ops::Range;

use super::super::eval::Vm;
use super::super::regex::{self, Captures, Options, Regex};
use super::super::unwind::Res;
use super::super::value::{Encoding, Match, RegexpObject, Str, Value};
use super::string::chars;

/// What is searched for.
#[derive(Clone, Copy)]
pub(super) enum Pattern<'h> {
    /// A regular expression.
    Regexp(&'h RegexpObject),
    /// A text that stands for itself.
    Text(&'h Str<'h>),
}

/// A text that is searched.
pub(super) struct Subject<'h> {
    body: Body,
    string: &'h Str<'h>,
    kept: Option<&'h Str<'h>>,
    /// The regular expression that matches of a plain text have.
    quoted: Option<&'h RegexpObject>,
}

enum Body {
    Text(String),
    Bytes(Vec<u8>),
}

impl<'h> Pattern<'h> {
    /// A regular expression or a string; all else is refused as `gsub` does it.
    pub(super) fn of(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Self> {
        match value {
            Value::Regexp(regexp) => Ok(Self::Regexp(regexp)),
            Value::String(text) => Ok(Self::Text(text)),
            Value::Object(_) if vm.responds(value, super::super::symbol::known::TO_STR) => {
                vm.string(value).map(Self::Text)
            }
            _ => {
                let word = vm.kind_word(value);
                vm.raise(
                    "TypeError",
                    format!("wrong argument type {word} (expected Regexp)"),
                )
            }
        }
    }
}

impl<'h> Subject<'h> {
    /// Prepares a string for searches with a pattern.
    pub(super) fn new(vm: &mut Vm<'h>, string: &'h Str<'h>, pattern: Pattern<'h>) -> Res<'h, Self> {
        vm.tick(string.len() / 64 + 1)?;
        vm.reserve(string.len())?;
        let body = match pattern {
            Pattern::Regexp(regexp) => Body::Text(text_for(vm, string, &regexp.regex)?),
            Pattern::Text(wanted) => {
                super::string::compatible(vm, string, wanted)?;
                Body::Bytes(string.bytes())
            }
        };
        Ok(Self {
            body,
            string,
            kept: string.frozen.get().then_some(string),
            quoted: None,
        })
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Text(text) => text.as_bytes(),
            Body::Bytes(bytes) => bytes,
        }
    }

    /// A piece of the bytes.
    pub(super) fn piece(&self, range: Range<usize>) -> &[u8] {
        self.bytes().get(range).unwrap_or_default()
    }

    /// A piece as a string.
    pub(super) fn part(&self, vm: &mut Vm<'h>, range: Range<usize>) -> Value<'h> {
        vm.str_like(self.string, self.piece(range).to_vec())
    }

    /// Length in bytes of the character at a byte; one behind the end.
    pub(super) fn width(&self, at: usize) -> usize {
        let rest = self.bytes().get(at..).unwrap_or_default();
        chars::width(rest, self.string.encoding.get()).max(1)
    }

    /// The leftmost match at a byte or behind it.
    pub(super) fn search(
        &self,
        vm: &mut Vm<'h>,
        pattern: Pattern<'h>,
        from: usize,
    ) -> Res<'h, Option<Captures>> {
        match (pattern, &self.body) {
            (Pattern::Regexp(regexp), Body::Text(text)) => {
                vm.search(|effort| regexp.regex.search(text, from, effort))
            }
            (Pattern::Regexp(_), Body::Bytes(_)) => Ok(None),
            (Pattern::Text(wanted), _) => {
                let start = wanted.with(|wanted| chars::find(self.bytes(), wanted, from));
                let end = start.unwrap_or(self.bytes().len());
                vm.tick(end.saturating_sub(from) / 16 + 1)?;
                Ok(start.map(|start| Captures::of(start..start + wanted.len())))
            }
        }
    }

    /// The match that starts last, at a byte or before it.
    pub(super) fn rsearch(
        &self,
        vm: &mut Vm<'h>,
        pattern: Pattern<'h>,
        from: usize,
    ) -> Res<'h, Option<Captures>> {
        match (pattern, &self.body) {
            (Pattern::Regexp(regexp), Body::Text(text)) => {
                vm.search(|effort| regexp.regex.rsearch(text, from, effort))
            }
            (Pattern::Regexp(_), Body::Bytes(_)) => Ok(None),
            (Pattern::Text(wanted), _) => {
                let start = wanted.with(|wanted| chars::rfind(self.bytes(), wanted, from));
                let passed = from
                    .min(self.bytes().len())
                    .saturating_sub(start.unwrap_or(0));
                vm.tick(passed / 16 + 1)?;
                Ok(start.map(|start| Captures::of(start..start + wanted.len())))
            }
        }
    }

    /// The match at a byte itself.
    pub(super) fn match_at(
        &self,
        vm: &mut Vm<'h>,
        regexp: &'h RegexpObject,
        at: usize,
    ) -> Res<'h, Option<Captures>> {
        match &self.body {
            Body::Text(text) => vm.search(|effort| regexp.regex.match_at(text, at, effort)),
            Body::Bytes(_) => Ok(None),
        }
    }

    /// A match as an object.
    pub(super) fn found(
        &mut self,
        vm: &mut Vm<'h>,
        pattern: Pattern<'h>,
        captures: Captures,
    ) -> Res<'h> {
        let text = self.kept(vm);
        let regexp = match pattern {
            Pattern::Regexp(regexp) => regexp,
            Pattern::Text(wanted) => self.quoted(vm, wanted)?,
        };
        let found = Match {
            regexp,
            text,
            captures,
        };
        Ok(Value::Match(vm.new_match(found)))
    }

    /// The frozen copy that matches show.
    fn kept(&mut self, vm: &mut Vm<'h>) -> &'h Str<'h> {
        if let Some(kept) = self.kept {
            return kept;
        }
        let copy = vm.new_str(self.bytes().to_vec(), self.string.encoding.get());
        copy.frozen.set(true);
        self.kept = Some(copy);
        copy
    }

    fn quoted(&mut self, vm: &mut Vm<'h>, wanted: &'h Str<'h>) -> Res<'h, &'h RegexpObject> {
        if let Some(quoted) = self.quoted {
            return Ok(quoted);
        }
        let source = regex::escape(&wanted.text());
        let made = vm.make_regexp(&source, 0)?;
        let Value::Regexp(made) = made else {
            return vm.unsupported("the pattern of such a match");
        };
        self.quoted = Some(made);
        Ok(made)
    }
}

/// The text of a string for a regular expression; what Ruby or we cannot search raises.
fn text_for<'h>(vm: &mut Vm<'h>, string: &'h Str<'h>, regex: &Regex) -> Res<'h, String> {
    let encoding = string.encoding.get();
    let name = super::string::encoding::name(encoding);
    match String::from_utf8(string.bytes()) {
        Ok(text) if encoding == Encoding::Utf8 || text.is_ascii() => return Ok(text),
        _ => {}
    }
    if encoding != Encoding::Binary {
        return vm.raise("ArgumentError", format!("invalid byte sequence in {name}"));
    }
    if !regex.source().is_ascii() {
        let text =
            "incompatible encoding regexp match (UTF-8 regexp with BINARY (ASCII-8BIT) string)";
        return vm.raise("Encoding::CompatibilityError", text);
    }
    vm.unsupported("a regular expression on binary data")
}

/// Searches once from a byte, sets `$~` of the caller, and returns the match.
pub(super) fn match_from<'h>(
    vm: &mut Vm<'h>,
    regexp: &'h RegexpObject,
    string: &'h Str<'h>,
    from: usize,
) -> Res<'h, Option<&'h Match<'h>>> {
    let pattern = Pattern::Regexp(regexp);
    let mut subject = Subject::new(vm, string, pattern)?;
    let captures = subject.search(vm, pattern, from)?;
    leave(vm, &mut subject, pattern, captures)
}

/// Sets `$~` of the caller to what was found.
pub(super) fn leave<'h>(
    vm: &mut Vm<'h>,
    subject: &mut Subject<'h>,
    pattern: Pattern<'h>,
    captures: Option<Captures>,
) -> Res<'h, Option<&'h Match<'h>>> {
    let Some(captures) = captures else {
        vm.set_last_match(Value::Nil);
        return Ok(None);
    };
    let found = subject.found(vm, pattern, captures)?;
    vm.set_last_match(found);
    match found {
        Value::Match(found) => Ok(Some(found)),
        _ => Ok(None),
    }
}

/// Whether a regular expression matches from a byte on; leaves `$~` alone.
pub(super) fn matches<'h>(
    vm: &mut Vm<'h>,
    regexp: &'h RegexpObject,
    string: &'h Str<'h>,
    from: usize,
) -> Res<'h, bool> {
    let pattern = Pattern::Regexp(regexp);
    let subject = Subject::new(vm, string, pattern)?;
    Ok(subject.search(vm, pattern, from)?.is_some())
}

/// The byte where a search that is given an index of a character starts; `None` outside of the string.
pub(super) fn start<'h>(
    vm: &mut Vm<'h>,
    string: &'h Str<'h>,
    index: Option<Value<'h>>,
) -> Res<'h, Option<usize>> {
    let Some(index) = index else {
        return Ok(Some(0));
    };
    let index = vm.long(index)?;
    let encoding = string.encoding.get();
    vm.tick(string.len() / 64 + 1)?;
    Ok(string.with(|bytes| {
        let index = from_end(index, chars::count(bytes, encoding))?;
        chars::offset(bytes, encoding, index)
    }))
}

/// An index that may count from the end; `None` before the start.
pub(super) fn from_end(index: i64, count: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => count.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

/// The numbers of the groups a name or number stands for.
///
/// # Errors
///
/// IndexError for a name that no group has.
pub(super) fn named_groups<'h>(vm: &mut Vm<'h>, regex: &Regex, name: &str) -> Res<'h, Vec<usize>> {
    let found = regex.names().iter().find(|(known, _)| known == name);
    match found {
        Some((_, numbers)) => Ok(numbers.clone()),
        None => vm.raise(
            "IndexError",
            format!("undefined group name reference: {name}"),
        ),
    }
}

/// Of several groups with one name, the last that matched; the last of all when none did.
pub(super) fn chosen(captures: &Captures, numbers: &[usize]) -> usize {
    let matched = numbers
        .iter()
        .rev()
        .find(|group| captures.get(**group).is_some());
    matched.or(numbers.last()).copied().unwrap_or(0)
}

/// The group that a reference (number from the end too, or name) means; `None` for a number that there is none of.
pub(super) fn group_number<'h>(
    vm: &mut Vm<'h>,
    regex: &Regex,
    captures: &Captures,
    reference: Value<'h>,
) -> Res<'h, Option<usize>> {
    let name = match reference {
        Value::Symbol(name) => vm.name(name).to_owned(),
        Value::String(name) => name.text(),
        _ => {
            let number = vm.long(reference)?;
            let groups = regex.group_count() + 1;
            let number = from_end(number, groups);
            return Ok(number.filter(|number| *number < groups));
        }
    };
    let numbers = named_groups(vm, regex, &name)?;
    Ok(Some(chosen(captures, &numbers)))
}

/// What a method takes for a regular expression where a string is one as well: `match`, `match?`.
pub(super) fn as_regexp<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, &'h RegexpObject> {
    match Pattern::of(vm, value)? {
        Pattern::Regexp(regexp) => Ok(regexp),
        Pattern::Text(source) => match vm.make_regexp(&source.text(), 0)? {
            Value::Regexp(regexp) => Ok(regexp),
            _ => vm.unsupported("such a regular expression"),
        },
    }
}

/// The number of the letters behind a literal: `Regexp#options`.
pub(super) fn flags(options: Options) -> u8 {
    u8::from(options.ignore_case)
        | u8::from(options.extended) << 1
        | u8::from(options.multi_line) << 2
}
