//! `sub` and `gsub`.

use super::super::super::eval::Vm;
use super::super::super::regex::Captures;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Hash, Proc, Str, Value};
use super::super::matching::{self, Pattern, Subject, leave};
use super::super::{Args, Row};
use super::slice::searchable;
use super::{changeable, chars};

pub(super) const ROWS: &[Row] = &[
    Row::new("sub", 1, sub, "With the first match replaced.").to(2),
    Row::new(
        "sub!",
        1,
        sub_bang,
        "Replaces the first match; nil without one.",
    )
    .to(2),
    Row::new("gsub", 1, gsub, "With all matches replaced.").to(2),
    Row::new(
        "gsub!",
        1,
        gsub_bang,
        "Replaces all matches; nil without any.",
    )
    .to(2),
];

/// What matches are replaced with.
#[derive(Clone, Copy)]
enum Replacement<'h> {
    Text(&'h Str<'h>),
    Hash(&'h Hash<'h>),
    Block(&'h Proc<'h>),
}

fn sub<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let made = substituted(vm, this, args, false)?;
    copy_unless(vm, this, made)
}

fn gsub<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.block.is_none() && args.len() == 1 {
        let name = vm.symbol("gsub");
        return Ok(vm.enumerator(this, name, args));
    }
    let made = substituted(vm, this, args, true)?;
    copy_unless(vm, this, made)
}

fn copy_unless<'h>(vm: &mut Vm<'h>, this: Value<'h>, made: Option<&'h Str<'h>>) -> Res<'h> {
    if let Some(made) = made {
        return Ok(Value::String(made));
    }
    let string = super::own(vm, this)?;
    Ok(vm.str_like(string, string.bytes()))
}

fn sub_bang<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    changeable(vm, this)?;
    let made = substituted(vm, this, args, false)?;
    keep(vm, this, made)
}

fn gsub_bang<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.block.is_none() && args.len() == 1 {
        let name = vm.symbol("gsub!");
        return Ok(vm.enumerator(this, name, args));
    }
    changeable(vm, this)?;
    let made = substituted(vm, this, args, true)?;
    keep(vm, this, made)
}

fn keep<'h>(vm: &mut Vm<'h>, this: Value<'h>, made: Option<&'h Str<'h>>) -> Res<'h> {
    let Some(made) = made else {
        return Ok(Value::Nil);
    };
    let string = changeable(vm, this)?;
    let bytes = made.bytes();
    string.change(|old| *old = bytes);
    string.encoding.set(made.encoding.get());
    Ok(this)
}

fn replacement<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, Replacement<'h>> {
    match (args.get(1), args.block) {
        (Some(Value::Hash(hash)), _) => Ok(Replacement::Hash(hash)),
        (Some(text), _) => vm.string(text).map(Replacement::Text),
        (None, Some(block)) => Ok(Replacement::Block(block)),
        (None, None) => vm.wrong_number(1, 2, Some(2)),
    }
}

/// The text with the first match or all of them replaced; `None` when nothing matches.
fn substituted<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    all: bool,
) -> Res<'h, Option<&'h Str<'h>>> {
    let with = replacement(vm, args)?;
    let (pattern, mut subject) = searchable(vm, this, args.at(0))?;
    let kind = super::own(vm, this)?.encoding.get();
    let mut work = Work {
        pattern,
        with,
        out: Vec::new(),
        kind,
    };
    let (mut from, mut copied) = (0, 0);
    let mut last = None;
    while let Some(found) = subject.search(vm, pattern, from)? {
        let whole = found.whole();
        work.out
            .extend_from_slice(subject.piece(copied..whole.start));
        work.replace(vm, &mut subject, &found)?;
        vm.reserve_growing(work.out.len())?;
        copied = whole.end;
        from = whole.end;
        last = Some(found);
        if !all {
            break;
        }
        if whole.is_empty() {
            // A match of nothing: the next character stays, and the search goes on behind it.
            from += subject.width(whole.end);
        }
    }
    let matched = last.is_some();
    leave(vm, &mut subject, pattern, last)?;
    if !matched {
        return Ok(None);
    }
    let end = subject.bytes().len();
    work.out.extend_from_slice(subject.piece(copied..end));
    Ok(Some(vm.new_str(work.out, work.kind)))
}

struct Work<'h> {
    pattern: Pattern<'h>,
    with: Replacement<'h>,
    out: Vec<u8>,
    /// The encoding of the result.
    kind: Encoding,
}

impl<'h> Work<'h> {
    fn replace(
        &mut self,
        vm: &mut Vm<'h>,
        subject: &mut Subject<'h>,
        found: &Captures,
    ) -> Res<'h, ()> {
        let made = match self.with {
            Replacement::Text(text) => {
                let template = text.bytes();
                let before = self.out.len();
                self.expand(vm, &template, subject, found)?;
                let added = self.out.get(before..).unwrap_or_default();
                if !added.is_ascii() && text.with(|bytes| !bytes.is_ascii()) {
                    self.kind = joined(self.kind, text.encoding.get(), subject.bytes());
                }
                return Ok(());
            }
            Replacement::Hash(hash) => {
                let key = subject.part(vm, found.whole());
                vm.hash_index(hash, key)?
            }
            Replacement::Block(block) => {
                leave(vm, subject, self.pattern, Some(found.clone()))?;
                let text = subject.part(vm, found.whole());
                vm.yield_value(block, text)?
            }
        };
        if let Value::String(text) = vm.to_s(made)? {
            if text.with(|bytes| !bytes.is_ascii()) {
                self.kind = joined(self.kind, text.encoding.get(), subject.bytes());
            }
            text.with(|bytes| self.out.extend_from_slice(bytes));
        }
        Ok(())
    }

    /// Adds a replacement, with what its references stand for.
    fn expand(
        &mut self,
        vm: &mut Vm<'h>,
        template: &[u8],
        subject: &Subject<'h>,
        found: &Captures,
    ) -> Res<'h, ()> {
        let whole = found.whole();
        let mut rest = template;
        while let Some(at) = chars::find(rest, b"\\", 0) {
            let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, b""));
            self.out.extend_from_slice(plain);
            vm.tick(1)?;
            let range = match escape {
                [_, digit @ b'0'..=b'9', ..] => found.get(usize::from(digit - b'0')),
                [_, b'&', ..] => Some(whole.clone()),
                [_, b'`', ..] => Some(0..whole.start),
                [_, b'\'', ..] => Some(whole.end..subject.bytes().len()),
                [_, b'\\', ..] => {
                    self.out.push(b'\\');
                    None
                }
                [_, b'k', b'<', name @ ..] => {
                    let (range, behind) = self.named(vm, name, found)?;
                    let piece = subject.piece(range.unwrap_or(0..0));
                    vm.reserve(self.out.len().saturating_add(piece.len()))?;
                    self.out.extend_from_slice(piece);
                    rest = behind;
                    continue;
                }
                [_, other, ..] => {
                    self.out.extend_from_slice(&[b'\\', *other]);
                    None
                }
                _ => {
                    self.out.push(b'\\');
                    None
                }
            };
            if let Some(range) = range {
                vm.reserve(self.out.len().saturating_add(range.len()))?;
                self.out.extend_from_slice(subject.piece(range));
            }
            rest = escape.get(2..).unwrap_or_default();
        }
        self.out.extend_from_slice(rest);
        Ok(())
    }

    /// The range of `\k<name>`, and what is behind it.
    fn named<'t>(
        &self,
        vm: &mut Vm<'h>,
        name: &'t [u8],
        found: &Captures,
    ) -> Res<'h, (Option<std::ops::Range<usize>>, &'t [u8])> {
        let Some(end) = name.iter().position(|byte| *byte == b'>') else {
            return invalid_reference(vm);
        };
        let (name, behind) = name.split_at_checked(end).unwrap_or((name, b""));
        let name = String::from_utf8_lossy(name);
        let numbers = match self.pattern {
            Pattern::Regexp(regexp) => matching::named_groups(vm, &regexp.regex, &name)?,
            Pattern::Text(_) => {
                return vm.raise(
                    "IndexError",
                    format!("undefined group name reference: {name}"),
                );
            }
        };
        let range = found.get(matching::chosen(found, &numbers));
        Ok((range, behind.get(1..).unwrap_or_default()))
    }
}

fn invalid_reference<'h, T>(vm: &mut Vm<'h>) -> Res<'h, T> {
    vm.raise("RuntimeError", "invalid group name reference format")
}

/// The encoding of a text of one encoding with a piece of another that is not ASCII.
fn joined(own: Encoding, piece: Encoding, text: &[u8]) -> Encoding {
    if text.is_ascii() { piece } else { own }
}
