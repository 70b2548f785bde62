//! What arguments are converted to without being asked, with Ruby's words for what cannot be.
//!
//! Objects of a template take part through `to_int`, `to_str`, `to_ary` and `to_hash`, as in Ruby.

use super::super::eval::Vm;
use super::super::symbol::{Symbol, known};
use super::super::unwind::Res;
use super::super::value::{Array, Hash, Range, Value};

/// A count that must not be negative; the text says what is wrong when it is.
pub(super) fn count<'h>(vm: &mut Vm<'h>, value: Value<'h>, negative: &str) -> Res<'h, usize> {
    let number = vm.long(value)?;
    match usize::try_from(number) {
        Ok(count) => Ok(count),
        Err(_) => vm.raise("ArgumentError", negative),
    }
}

/// A list, or nothing where the value is none and does not become one.
pub(super) fn try_array<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Option<&'h Array<'h>>> {
    match value {
        Value::Array(array) => Ok(Some(array)),
        Value::Object(_) if vm.responds(value, known::TO_ARY) => {
            let converted = vm.call_method(value, known::TO_ARY, &[])?;
            match converted {
                Value::Array(array) => Ok(Some(array)),
                Value::Nil => Ok(None),
                _ => vm.wrong_conversion(value, "Array", "to_ary", converted),
            }
        }
        _ => Ok(None),
    }
}

/// A list.
pub(super) fn array<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, &'h Array<'h>> {
    match try_array(vm, value)? {
        Some(array) => Ok(array),
        None => vm.no_conversion(value, "Array"),
    }
}

/// A hash.
pub(super) fn hash<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, &'h Hash<'h>> {
    match value {
        Value::Hash(hash) => Ok(hash),
        Value::Object(_) if vm.responds(value, known::TO_HASH) => {
            let converted = vm.call_method(value, known::TO_HASH, &[])?;
            match converted {
                Value::Hash(hash) => Ok(hash),
                _ => vm.wrong_conversion(value, "Hash", "to_hash", converted),
            }
        }
        _ => vm.no_conversion(value, "Hash"),
    }
}

/// Where the indexes of a range begin and how many they are, in something of a length; `None` when it begins outside.
pub(super) fn span<'h>(
    vm: &mut Vm<'h>,
    range: &'h Range<'h>,
    length: usize,
) -> Res<'h, Option<(usize, usize)>> {
    let Some((start, count)) = open_span(vm, range, length)? else {
        return Ok(None);
    };
    if start > length {
        return Ok(None);
    }
    Ok(Some((start, count.min(length - start))))
}

/// The same, where the range may lie beyond the end.
pub(super) fn open_span<'h>(
    vm: &mut Vm<'h>,
    range: &'h Range<'h>,
    length: usize,
) -> Res<'h, Option<(usize, usize)>> {
    let first = match range.first {
        Value::Nil => 0,
        first => vm.long(first)?,
    };
    let (last, exclusive) = match range.last {
        Value::Nil => (-1, false),
        last => (vm.long(last)?, range.exclusive),
    };
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let first = if first < 0 { first + length } else { first };
    let last = if last < 0 { last + length } else { last };
    let end = last.saturating_add(i64::from(!exclusive));
    let count = end.saturating_sub(first).max(0);
    let first = usize::try_from(first).ok();
    Ok(first.map(|first| (first, usize::try_from(count).unwrap_or(usize::MAX))))
}

/// A method's name, which `inject(:+)` and the like take.
pub(super) fn name<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Symbol> {
    super::kernel::method_name(vm, value)
}

/// The order a block of `sort` or `min` answered for two values.
pub(super) fn block_order<'h>(
    vm: &mut Vm<'h>,
    answer: Value<'h>,
    a: Value<'h>,
    b: Value<'h>,
) -> Res<'h, std::cmp::Ordering> {
    use std::cmp::Ordering;
    match answer {
        Value::Nil => vm.comparison_failed(a, b),
        Value::Integer(number) => Ok(number.cmp(&0)),
        _ => {
            let zero = [Value::Integer(0)];
            if vm.call_method(answer, known::GREATER, &zero)?.truthy() {
                return Ok(Ordering::Greater);
            }
            let less = vm.call_method(answer, known::LESS, &zero)?.truthy();
            Ok(if less {
                Ordering::Less
            } else {
                Ordering::Equal
            })
        }
    }
}
