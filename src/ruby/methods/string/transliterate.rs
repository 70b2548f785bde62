//! Methods over sets of characters: `tr`, `delete`, `squeeze`, `count`.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Value};
use super::super::{Args, Row};
use super::sets::{self, Set};
use super::{bangs, chars, read};

pub(super) const ROWS: &[Row] = &[
    Row::new("tr", 2, tr, "Characters of a set become those of another."),
    Row::new(
        "tr!",
        2,
        tr_bang,
        "Changes characters of a set to those of another.",
    ),
    Row::new(
        "tr_s",
        2,
        tr_s,
        "As `tr`, with runs of the same new character made one.",
    ),
    Row::new("tr_s!", 2, tr_s_bang, "As `tr!`, with runs made one."),
    Row::new("delete", 1, delete, "Without the characters of sets.").rest(),
    Row::new("delete!", 1, delete_bang, "Takes characters of sets away.").rest(),
    Row::new(
        "squeeze",
        0,
        squeeze,
        "Runs of the same character made one.",
    )
    .rest(),
    Row::new(
        "squeeze!",
        0,
        squeeze_bang,
        "Makes runs of the same character one.",
    )
    .rest(),
    Row::new("count", 1, count, "Number of characters of sets.").rest(),
];

bangs! {
    tr_bang = tr,
    tr_s_bang = tr_s,
    delete_bang = delete,
    squeeze_bang = squeeze,
}

/// Counts looking each byte up in the sets.
fn count_work<'h>(vm: &mut Vm<'h>, bytes: &[u8], sets: &[Set]) -> Res<'h, ()> {
    let ranges: usize = sets.iter().map(Set::len).sum();
    vm.tick(bytes.len().saturating_mul(ranges + 4) / 16)
}

/// The sets that arguments mean; a character must be in all of them.
fn sets<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, Vec<Set>> {
    let mut found = Vec::new();
    for value in args.values {
        let text = vm.string(*value)?;
        vm.tick(text.len())?;
        let set = text.with(|bytes| Set::new(bytes, text.encoding.get()));
        found.push(vm.lift(set)?);
    }
    Ok(found)
}

fn tr<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    transliterated(vm, this, args, false)
}

fn tr_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    transliterated(vm, this, args, true)
}

fn transliterated<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    squeeze: bool,
) -> Res<'h> {
    let to = vm.string(args.at(1))?;
    if to.is_empty() {
        return delete(
            vm,
            this,
            &Args::of(args.values.get(..1).unwrap_or_default()),
        );
    }
    let from = sets(vm, &Args::of(args.values.get(..1).unwrap_or_default()))?;
    let plain = to.with(|bytes| plain_set(bytes, to.encoding.get()));
    let target = vm.lift(plain)?;
    let (bytes, kind) = read(vm, this)?;
    count_work(vm, &bytes, &from)?;
    count_work(vm, &bytes, std::slice::from_ref(&target))?;
    vm.reserve(bytes.len().saturating_mul(4))?;
    let kind = wider(kind, to.encoding.get(), &bytes);
    let mut out = Vec::with_capacity(bytes.len());
    let mut before = None;
    for char in chars::chars(&bytes, kind) {
        let code = sets::code(char, kind);
        let mapped = from.first().and_then(|from| mapped(from, &target, code));
        match mapped {
            Some(new) if !(squeeze && before == Some(new)) => {
                sets::push_code(&mut out, new, kind);
            }
            Some(_) => {}
            None => out.extend_from_slice(char),
        }
        before = mapped;
    }
    Ok(vm.bytes(out, kind))
}

/// A set in which `^` at the start stands for itself.
fn plain_set(bytes: &[u8], kind: Encoding) -> Result<Set, super::super::super::raised::Raised> {
    let mut escaped = Vec::with_capacity(bytes.len() + 1);
    if bytes.first() == Some(&b'^') {
        escaped.push(b'\\');
    }
    escaped.extend_from_slice(bytes);
    Set::new(&escaped, kind)
}

fn wider(own: Encoding, other: Encoding, bytes: &[u8]) -> Encoding {
    if own != other && bytes.is_ascii() {
        other
    } else {
        own
    }
}

/// What a character becomes; `None` for one that is not in the set.
fn mapped(from: &Set, to: &Set, code: u32) -> Option<u32> {
    if from.is_negated() {
        return from.contains(code).then(|| to.at(u64::MAX)).flatten();
    }
    to.at(from.place(code)?)
}

fn delete<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let sets = sets(vm, args)?;
    let (bytes, kind) = read(vm, this)?;
    count_work(vm, &bytes, &sets)?;
    let kept = chars::chars(&bytes, kind).filter(|char| {
        let code = sets::code(char, kind);
        !sets.iter().all(|set| set.contains(code))
    });
    let kept = kept.flatten().copied().collect();
    Ok(vm.bytes(kept, kind))
}

fn squeeze<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let sets = sets(vm, args)?;
    let (bytes, kind) = read(vm, this)?;
    count_work(vm, &bytes, &sets)?;
    let mut out = Vec::with_capacity(bytes.len());
    let mut before = None;
    for char in chars::chars(&bytes, kind) {
        let code = sets::code(char, kind);
        let run = before == Some(code) && sets.iter().all(|set| set.contains(code));
        if !run {
            out.extend_from_slice(char);
        }
        before = Some(code);
    }
    Ok(vm.bytes(out, kind))
}

fn count<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let sets = sets(vm, args)?;
    let (bytes, kind) = read(vm, this)?;
    count_work(vm, &bytes, &sets)?;
    let found = chars::chars(&bytes, kind).filter(|char| {
        let code = sets::code(char, kind);
        sets.iter().all(|set| set.contains(code))
    });
    let count = found.count();
    Ok(vm.count(count))
}
