//! Reading items by their places.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Array, Value};
use super::super::enumerator::sequence::{Progression, small};
use super::super::{Args, Row, arguments};
use super::{list, place};

pub(super) const METHODS: &[Row] = &[
    Row::new("[]", 1, index, "The item at a place, or a part.").to(2),
    Row::new("slice", 1, index, "The item at a place, or a part.").to(2),
    Row::new("at", 1, at, "The item at a place."),
    Row::new("fetch", 1, fetch, "The item at a place that must be there.").to(2),
    Row::new(
        "fetch_values",
        0,
        fetch_values,
        "Items at places that must be there.",
    )
    .rest(),
    Row::new("values_at", 0, values_at, "Items at places.").rest(),
    Row::new("dig", 1, dig, "An item, and what it holds inside.").rest(),
    Row::new(
        "first",
        0,
        first,
        "The first item, or a list of the first ones.",
    )
    .to(1),
    Row::new(
        "last",
        0,
        last,
        "The last item, or a list of the last ones.",
    )
    .to(1),
    Row::new("take", 1, take, "A list of the first items."),
    Row::new("drop", 1, drop, "A list without the first items."),
    Row::new("length", 0, length, "Number of items."),
    Row::new("size", 0, length, "Number of items."),
    Row::new("empty?", 0, is_empty, "Whether there are no items."),
    Row::new("to_a", 0, to_a, "Itself."),
    Row::new("entries", 0, dup, "A copy."),
    Row::new("to_ary", 0, itself, "Itself."),
    Row::new("deconstruct", 0, itself, "Itself."),
    Row::new("dup", 0, dup, "A copy."),
    Row::new("each", 0, each, "Runs the block with each item.").enumerates(),
    Row::new(
        "each_index",
        0,
        each_index,
        "Runs the block with each index.",
    )
    .enumerates(),
    Row::new("reverse_each", 0, reverse_each, "The last item first.").enumerates(),
    Row::new("cycle", 0, cycle, "All items again and again.")
        .to(1)
        .enumerates(),
    Row::new("index", 0, find_index, "Index of the first such item.").to(1),
    Row::new("find_index", 0, find_index, "Index of the first such item.").to(1),
    Row::new("rindex", 0, rindex, "Index of the last such item.").to(1),
    Row::new("assoc", 1, assoc, "The first pair with this key."),
    Row::new("rassoc", 1, rassoc, "The first pair with this value."),
    Row::new("bsearch", 0, bsearch, "An item of a sorted list.").enumerates(),
    Row::new("bsearch_index", 0, bsearch_index, "Its index.").enumerates(),
    Row::new("to_h", 0, to_h, "A hash of pairs."),
];

fn index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    if args.len() == 2 {
        let start = vm.long(args.at(0))?;
        let count = vm.long(args.at(1))?;
        return Ok(part_at(vm, array, start, count));
    }
    match args.at(0) {
        Value::Integer(at) => Ok(item(array, at)),
        Value::Range(range) => match arguments::span(vm, range, array.len())? {
            Some((start, count)) => Ok(part(vm, array, start, count)),
            None => Ok(Value::Nil),
        },
        sequence if vm.is_a(sequence, "Enumerator::ArithmeticSequence") => {
            stepped(vm, array, sequence)
        }
        other => {
            let at = vm.long(other)?;
            Ok(item(array, at))
        }
    }
}

fn item<'h>(array: &Array<'h>, at: i64) -> Value<'h> {
    place(at, array.len())
        .and_then(|at| array.get(at))
        .unwrap_or(Value::Nil)
}

fn part_at<'h>(vm: &mut Vm<'h>, array: &Array<'h>, start: i64, count: i64) -> Value<'h> {
    match (place(start, array.len()), usize::try_from(count)) {
        (Some(start), Ok(count)) if start <= array.len() => part(vm, array, start, count),
        _ => Value::Nil,
    }
}

fn part<'h>(vm: &mut Vm<'h>, array: &Array<'h>, start: usize, count: usize) -> Value<'h> {
    let items = array.part(start, count);
    vm.array(items)
}

/// `array[(first..last) % step]`, with a step forwards.
fn stepped<'h>(vm: &mut Vm<'h>, array: &'h Array<'h>, sequence: Value<'h>) -> Res<'h> {
    let progression = Progression::of(vm, sequence)?;
    let step = small(progression.step).and_then(|step| usize::try_from(step).ok());
    let Some(step) = step.filter(|step| *step > 0) else {
        return vm.unsupported("Array#[] with a step backwards");
    };
    let range = vm.heap.keep(super::super::super::value::Range {
        first: progression.first,
        last: progression.last,
        exclusive: progression.exclusive,
    });
    let Some((start, count)) = arguments::span(vm, range, array.len())? else {
        let shown = vm.inspect(sequence)?;
        return vm.raise("RangeError", format!("{shown} out of range"));
    };
    let items = array.to_vec();
    let items = items.into_iter().skip(start).take(count).step_by(step);
    Ok(vm.array(items.collect()))
}

fn at<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    let at = vm.long(args.at(0))?;
    Ok(item(array, at))
}

fn fetch<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    let at = vm.long(args.at(0))?;
    if let Some(item) = place(at, array.len()).and_then(|at| array.get(at)) {
        return Ok(item);
    }
    if let Some(block) = args.block {
        return vm.yield_value(block, args.at(0));
    }
    if let Some(otherwise) = args.get(1) {
        return Ok(otherwise);
    }
    let length = array.len();
    let sign = if length == 0 { "" } else { "-" };
    let text = format!("index {at} outside of array bounds: {sign}{length}...{length}");
    vm.raise("IndexError", text)
}

fn fetch_values<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut found = Vec::new();
    for at in args.values {
        let args = Args {
            values: &[*at],
            keywords: None,
            block: args.block,
        };
        found.push(fetch(vm, this, &args)?);
    }
    Ok(vm.array(found))
}

fn values_at<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    let found = vm.new_array(Vec::new());
    for at in args.values {
        let Value::Range(range) = at else {
            let at = vm.long(*at)?;
            found.push(item(array, at));
            continue;
        };
        let length = array.len();
        let Some((start, count)) = arguments::open_span(vm, range, length)? else {
            let shown = vm.inspect(*at)?;
            return vm.raise("RangeError", format!("{shown} out of range"));
        };
        if start > length {
            continue;
        }
        vm.grow(count.saturating_mul(size_of::<Value<'_>>()))?;
        for index in start..start.saturating_add(count) {
            found.push(array.get(index).unwrap_or(Value::Nil));
        }
    }
    Ok(Value::Array(found))
}

fn dig<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let item = at(vm, this, args)?;
    dig_on(vm, item, args)
}

/// The rest of a `dig` behind its first argument.
pub(in super::super) fn dig_on<'h>(
    vm: &mut Vm<'h>,
    item: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let rest = args.values.get(1..).unwrap_or_default();
    if rest.is_empty() || item.is_nil() {
        return Ok(item);
    }
    let name = vm.symbol("dig");
    if !vm.responds(item, name) {
        let class = vm.class_of(item).real();
        let class = vm.class_name(class);
        return vm.raise("TypeError", format!("{class} does not have #dig method"));
    }
    vm.call_method(item, name, rest)
}

fn first<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    match args.get(0) {
        None => Ok(array.get(0).unwrap_or(Value::Nil)),
        Some(count) => {
            let count = arguments::count(vm, count, "negative array size")?;
            Ok(part(vm, array, 0, count))
        }
    }
}

fn last<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    match args.get(0) {
        None => Ok(item(array, -1)),
        Some(count) => {
            let count = arguments::count(vm, count, "negative array size")?;
            Ok(part(vm, array, array.len().saturating_sub(count), count))
        }
    }
}

fn take<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let count = arguments::count(vm, args.at(0), "attempt to take negative size")?;
    let array = list(vm, this)?;
    Ok(part(vm, array, 0, count))
}

fn drop<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let count = arguments::count(vm, args.at(0), "attempt to drop negative size")?;
    let array = list(vm, this)?;
    Ok(part(vm, array, count, usize::MAX))
}

fn length<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let length = list(vm, this)?.len();
    Ok(vm.count(length))
}

fn is_empty<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(list(vm, this)?.is_empty()))
}

fn to_a<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match this {
        Value::Array(array) if array.class.is_some() => dup_plain(vm, array),
        _ => itself(vm, this, args),
    }
}

fn dup_plain<'h>(vm: &mut Vm<'h>, array: &Array<'h>) -> Res<'h> {
    Ok(vm.array(array.to_vec()))
}

fn itself<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(this)
}

fn dup<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    let items = array.to_vec();
    vm.grow(size_of_val(items.as_slice()))?;
    let copy = Array::new(items).with_class(array.class);
    Ok(Value::Array(vm.heap.keep_array(copy)))
}

fn each<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let array = list(vm, this)?;
    let mut index = 0;
    while let Some(item) = array.get(index) {
        vm.tick(1)?;
        vm.yield_value(block, item)?;
        index += 1;
    }
    Ok(this)
}

fn each_index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let array = list(vm, this)?;
    let mut index = 0;
    while index < array.len() {
        vm.tick(1)?;
        let at = vm.count(index);
        vm.yield_value(block, at)?;
        index += 1;
    }
    Ok(this)
}

fn reverse_each<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let array = list(vm, this)?;
    let mut left = array.len();
    while left > 0 {
        left -= 1;
        vm.tick(1)?;
        if let Some(item) = array.get(left) {
            vm.yield_value(block, item)?;
        }
        left = left.min(array.len());
    }
    Ok(this)
}

fn cycle<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let array = list(vm, this)?;
    let mut rounds = match args.at(0) {
        Value::Nil => None,
        count => Some(vm.long(count)?),
    };
    while !array.is_empty() && rounds.is_none_or(|left| left > 0) {
        let mut index = 0;
        while let Some(item) = array.get(index) {
            vm.tick(1)?;
            vm.yield_value(block, item)?;
            index += 1;
        }
        rounds = rounds.map(|left| left - 1);
    }
    Ok(Value::Nil)
}

/// Whether an item is the one looked for, or the block says so.
fn wanted<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>, item: Value<'h>) -> Res<'h, bool> {
    match (args.get(0), args.block) {
        (Some(wanted), _) => vm.equal(item, wanted),
        (None, Some(block)) => Ok(vm.yield_value(block, item)?.truthy()),
        (None, None) => Ok(false),
    }
}

fn find_index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.is_empty() && args.block.is_none() {
        let name = vm.symbol("index");
        return Ok(vm.enumerator(this, name, args));
    }
    let array = list(vm, this)?;
    let mut index = 0;
    while let Some(item) = array.get(index) {
        vm.tick(1)?;
        if wanted(vm, args, item)? {
            return Ok(vm.count(index));
        }
        index += 1;
    }
    Ok(Value::Nil)
}

fn rindex<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.is_empty() && args.block.is_none() {
        let name = vm.symbol("rindex");
        return Ok(vm.enumerator(this, name, args));
    }
    let array = list(vm, this)?;
    let mut left = array.len();
    while left > 0 {
        left -= 1;
        vm.tick(1)?;
        if let Some(item) = array.get(left)
            && wanted(vm, args, item)?
        {
            return Ok(vm.count(left));
        }
        left = left.min(array.len());
    }
    Ok(Value::Nil)
}

/// The first list inside whose item at a place equals a value.
fn pair_with<'h>(vm: &mut Vm<'h>, this: Value<'h>, place: usize, value: Value<'h>) -> Res<'h> {
    let array = list(vm, this)?;
    let mut index = 0;
    while let Some(item) = array.get(index) {
        vm.tick(1)?;
        if let Some(pair) = arguments::try_array(vm, item)?
            && let Some(found) = pair.get(place)
            && vm.equal(found, value)?
        {
            return Ok(Value::Array(pair));
        }
        index += 1;
    }
    Ok(Value::Nil)
}

fn assoc<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    pair_with(vm, this, 0, args.at(0))
}

fn rassoc<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    pair_with(vm, this, 1, args.at(0))
}

fn bsearch<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    match bsearch_index(vm, this, args)? {
        Value::Integer(at) => Ok(item(array, at)),
        other => Ok(other),
    }
}

fn bsearch_index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let array = list(vm, this)?;
    let (mut low, mut high) = (0, array.len());
    let mut found = None;
    while low < high {
        let middle = low + (high - low) / 2;
        let item = array.get(middle).unwrap_or(Value::Nil);
        match vm.yield_value(block, item)? {
            Value::Integer(0) => return Ok(vm.count(middle)),
            Value::Bool(true) => {
                found = Some(middle);
                high = middle;
            }
            Value::Bool(false) | Value::Nil => low = middle + 1,
            answer => match vm.number_order(answer, Value::Integer(0)) {
                Some(std::cmp::Ordering::Less) => high = middle,
                Some(std::cmp::Ordering::Greater) => low = middle + 1,
                Some(std::cmp::Ordering::Equal) => return Ok(vm.count(middle)),
                None => {
                    let class = vm.kind_word(answer);
                    let text = format!(
                        "wrong argument type {class} (must be numeric, true, false or nil)"
                    );
                    return vm.raise("TypeError", text);
                }
            },
        }
    }
    Ok(found.map_or(Value::Nil, |at| vm.count(at)))
}

fn to_h<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    let hash = vm.new_hash();
    let mut index = 0;
    while let Some(item) = array.get(index) {
        vm.tick(1)?;
        let pair = match args.block {
            Some(block) => vm.yield_value(block, item)?,
            None => item,
        };
        let (key, value) = pair_at(vm, pair, index)?;
        vm.hash_set(hash, key, value)?;
        index += 1;
    }
    Ok(Value::Hash(hash))
}

fn pair_at<'h>(vm: &mut Vm<'h>, pair: Value<'h>, index: usize) -> Res<'h, (Value<'h>, Value<'h>)> {
    let Some(list) = arguments::try_array(vm, pair)? else {
        let class = vm.class_of(pair).real();
        let class = vm.class_name(class);
        let text = format!("wrong element type {class} at {index} (expected array)");
        return vm.raise("TypeError", text);
    };
    match list.to_vec()[..] {
        [key, value] => Ok((key, value)),
        ref other => {
            let length = other.len();
            let text = format!("wrong array length at {index} (expected 2, was {length})");
            vm.raise("ArgumentError", text)
        }
    }
}
