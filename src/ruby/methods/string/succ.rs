//! The next text in order: `succ`, `upto`.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Str, Value};
use super::super::{Args, Row};
use super::{assign, changeable, own};

pub(super) const ROWS: &[Row] = &[
    Row::new("succ", 0, succ, "The next text: `a9` is followed by `b0`."),
    Row::new("next", 0, succ, "The next text: `a9` is followed by `b0`."),
    Row::new("succ!", 0, succ_bang, "Becomes the next text."),
    Row::new("next!", 0, succ_bang, "Becomes the next text."),
    Row::new("upto", 1, upto, "Walks the texts up to another.")
        .to(2)
        .enumerates(),
];

fn succ<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let string = own(vm, this)?;
    let next = successor(vm, string)?;
    Ok(vm.str_like(string, next))
}

fn succ_bang<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let string = changeable(vm, this)?;
    let next = successor(vm, string)?;
    assign(vm, string, next)?;
    Ok(this)
}

fn successor<'h>(vm: &mut Vm<'h>, string: &'h Str<'h>) -> Res<'h, Vec<u8>> {
    vm.tick(string.len() / 64 + 1)?;
    match next(string.bytes()) {
        Some(next) => Ok(next),
        None => vm.unsupported("String#succ of characters beyond ASCII"),
    }
}

/// The next text; `None` where Ruby would have to know the order of characters beyond ASCII.
///
/// The last letter or digit goes one on, with a carry to the one before it. What is neither is skipped, but not
/// between a letter and a digit. A text without letters and digits goes on as characters do.
fn next(mut text: Vec<u8>) -> Option<Vec<u8>> {
    let mut last: Option<usize> = None;
    let mut skipped = false;
    for at in (0..text.len()).rev() {
        let byte = *text.get(at)?;
        if !byte.is_ascii() {
            return None;
        }
        if let (true, Some(last)) = (skipped, last) {
            let kind = text.get(last)?;
            let differ = (kind.is_ascii_alphabetic() && byte.is_ascii_digit())
                || (kind.is_ascii_digit() && byte.is_ascii_alphabetic());
            if differ {
                break;
            }
        }
        skipped = !byte.is_ascii_alphanumeric();
        if skipped {
            continue;
        }
        let (next, carry) = following(byte);
        *text.get_mut(at)? = next;
        if !carry {
            return Some(text);
        }
        last = Some(at);
    }
    match last {
        Some(at) => {
            let first = *text.get(at)?;
            // Zero carries a one, a letter carries another of its kind.
            text.insert(at, if first == b'0' { b'1' } else { first });
            Some(text)
        }
        None => next_character(text),
    }
}

fn following(byte: u8) -> (u8, bool) {
    match byte {
        b'9' => (b'0', true),
        b'z' => (b'a', true),
        b'Z' => (b'A', true),
        other => (other + 1, false),
    }
}

fn next_character(mut text: Vec<u8>) -> Option<Vec<u8>> {
    match text.last_mut() {
        None => Some(text),
        Some(last) if *last < 0x7f => {
            *last += 1;
            Some(text)
        }
        Some(_) => None,
    }
}

fn upto<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let first = own(vm, this)?;
    let last = vm.string(args.at(0))?;
    let exclusive = args.at(1).truthy();
    let (from, to) = (first.bytes(), last.bytes());
    if let ([from], [to]) = (from.as_slice(), to.as_slice())
        && from.is_ascii()
        && to.is_ascii()
    {
        for byte in *from..=*to {
            if exclusive && byte == *to {
                break;
            }
            let step = vm.bytes(vec![byte], Encoding::Utf8);
            vm.yield_value(block, step)?;
        }
        return Ok(this);
    }
    if let (Some(low), Some(high)) = (number(&from), number(&to)) {
        for number in low..=high {
            if exclusive && number == high {
                break;
            }
            let step = vm.str(format!("{number:0width$}", width = from.len()));
            vm.yield_value(block, step)?;
        }
        return Ok(this);
    }
    if from > to || (exclusive && from == to) {
        return Ok(this);
    }
    walk(vm, block, (first, &to), exclusive)?;
    Ok(this)
}

/// The number a text of digits is, where walking it as a number is the same as walking the texts.
fn number(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.len() < 19 && text.iter().all(u8::is_ascii_digit);
    digits
        .then(|| std::str::from_utf8(text).ok()?.parse().ok())
        .flatten()
}

fn walk<'h>(
    vm: &mut Vm<'h>,
    block: &'h super::super::super::value::Proc<'h>,
    (first, to): (&'h Str<'h>, &[u8]),
    exclusive: bool,
) -> Res<'h, ()> {
    let encoding = first.encoding.get();
    let behind = vm.new_str(to.to_vec(), encoding);
    let behind = successor(vm, behind)?;
    let mut now = first.bytes();
    while now != behind {
        let end = now == to;
        let step = vm.bytes(now.clone(), encoding);
        vm.yield_value(block, step)?;
        let before = vm.new_str(now, encoding);
        now = successor(vm, before)?;
        if end || (exclusive && now == to) || now.len() > to.len() || now.is_empty() {
            break;
        }
    }
    Ok(())
}
