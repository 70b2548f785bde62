//! Padding to a width.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Value};
use super::super::{Args, Row};
use super::{chars, compatible, own};

pub(super) const ROWS: &[Row] = &[
    Row::new("ljust", 1, ljust, "Padded on the right to a width.").to(2),
    Row::new("rjust", 1, rjust, "Padded on the left to a width.").to(2),
    Row::new("center", 1, center, "Padded on both sides to a width.").to(2),
];

fn ljust<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    padded(vm, this, args, |missing| (0, missing))
}

fn rjust<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    padded(vm, this, args, |missing| (missing, 0))
}

fn center<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    padded(vm, this, args, |missing| (missing / 2, missing.div_ceil(2)))
}

fn padded<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    sides: fn(usize) -> (usize, usize),
) -> Res<'h> {
    let string = own(vm, this)?;
    let width = vm.long(args.at(0))?;
    let with = match args.get(1) {
        Some(with) => vm.string(with)?,
        None => vm.new_str(b" ".to_vec(), Encoding::Utf8),
    };
    let encoding = match args.get(1) {
        Some(_) => compatible(vm, string, with)?,
        None => string.encoding.get(),
    };
    if with.is_empty() {
        return vm.raise("ArgumentError", "zero width padding");
    }
    vm.tick(string.len() / 64 + 1)?;
    let count = string.with(|bytes| chars::count(bytes, encoding));
    let missing = usize::try_from(width).unwrap_or(0).saturating_sub(count);
    vm.reserve(missing.saturating_mul(4))?;
    vm.reserve(with.len().saturating_mul(size_of::<&[u8]>()))?;
    vm.tick(missing)?;
    let (left, right) = sides(missing);
    let with = with.bytes();
    let mut out = Vec::new();
    fill(&mut out, &with, encoding, left);
    string.with(|bytes| out.extend_from_slice(bytes));
    fill(&mut out, &with, encoding, right);
    Ok(vm.bytes(out, encoding))
}

/// So many characters of a text that is repeated.
fn fill(out: &mut Vec<u8>, with: &[u8], encoding: Encoding, count: usize) {
    let all: Vec<&[u8]> = chars::chars(with, encoding).collect();
    for char in all.into_iter().cycle().take(count) {
        out.extend_from_slice(char);
    }
}
