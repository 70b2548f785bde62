//! Methods that change a list.
//!
//! Each asks first whether the list is frozen, and works on a copy where code of the template runs meanwhile.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Array, Proc, Value};
use super::super::enumerable::order;
use super::super::{Args, Row, arguments};
use super::{list, open, place, put};

pub(super) const METHODS: &[Row] = &[
    Row::new(
        "initialize",
        0,
        initialize,
        "Takes a length and an item, a list, or a block.",
    )
    .to(2)
    .private(),
    Row::new("replace", 1, replace, "Takes the items of another list."),
    Row::new(
        "initialize_copy",
        1,
        replace,
        "Takes the items of another list.",
    )
    .private(),
    Row::new(
        "[]=",
        2,
        set,
        "Sets the item at a place, or replaces a part.",
    )
    .to(3),
    Row::new("<<", 1, append, "Adds an item."),
    Row::new("push", 0, push, "Adds items.").rest(),
    Row::new("append", 0, push, "Adds items.").rest(),
    Row::new(
        "pop",
        0,
        pop,
        "Takes the last item, or a list of the last ones.",
    )
    .to(1),
    Row::new(
        "shift",
        0,
        shift,
        "Takes the first item, or a list of the first ones.",
    )
    .to(1),
    Row::new("unshift", 0, unshift, "Adds items in front.").rest(),
    Row::new("prepend", 0, unshift, "Adds items in front.").rest(),
    Row::new("insert", 1, insert, "Adds items at a place.").rest(),
    Row::new("concat", 0, concat, "Adds the items of other lists.").rest(),
    Row::new("clear", 0, clear, "Takes all items out."),
    Row::new(
        "fill",
        0,
        fill,
        "Sets items to a value or to those of a block.",
    )
    .to(3),
    Row::new(
        "delete",
        1,
        delete,
        "Takes out all items that equal a value.",
    ),
    Row::new("delete_at", 1, delete_at, "Takes the item at a place out."),
    Row::new("slice!", 1, slice, "Takes an item or a part out.").to(2),
    Row::new(
        "delete_if",
        0,
        delete_if,
        "Takes out what the block is true for.",
    )
    .enumerates(),
    Row::new("reject!", 0, reject, "The same; nil when nothing was.").enumerates(),
    Row::new(
        "keep_if",
        0,
        keep_if,
        "Takes out what the block is false for.",
    )
    .enumerates(),
    Row::new("select!", 0, select, "The same; nil when nothing was.").enumerates(),
    Row::new("filter!", 0, select, "The same; nil when nothing was.").enumerates(),
    Row::new("map!", 0, map, "Replaces each item by the block's value.").enumerates(),
    Row::new(
        "collect!",
        0,
        map,
        "Replaces each item by the block's value.",
    )
    .enumerates(),
    Row::new(
        "compact!",
        0,
        compact,
        "Takes nils out; nil when there were none.",
    ),
    Row::new(
        "uniq!",
        0,
        uniq,
        "Takes out what is there twice; nil when nothing was.",
    ),
    Row::new(
        "flatten!",
        0,
        flatten,
        "Puts items of lists inside in their place.",
    )
    .to(1),
    Row::new("reverse!", 0, reverse, "Turns the order around."),
    Row::new(
        "rotate!",
        0,
        rotate,
        "Moves items from the front to the end.",
    )
    .to(1),
    Row::new("sort!", 0, sort, "Sorts the items."),
    Row::new("sort_by!", 0, sort_by, "Sorts by the block's values.").enumerates(),
];

const ITEM: usize = size_of::<Value<'static>>();

fn initialize<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    array.change(Vec::clear);
    let Some(size) = args.get(0) else {
        return Ok(Value::Nil);
    };
    if args.len() == 1
        && let Some(other) = arguments::try_array(vm, size)?
    {
        put(vm, array, other.to_vec())?;
        return Ok(Value::Nil);
    }
    let count = arguments::count(vm, size, "negative array size")?;
    if args.block.is_none() {
        vm.grow(count.saturating_mul(ITEM))?;
        vm.tick(count)?;
        array.change(|items| items.resize(count, args.at(1)));
        return Ok(Value::Nil);
    }
    let block = vm.expect_block(args)?;
    for index in 0..count {
        vm.tick(1)?;
        let index = vm.count(index);
        let item = vm.yield_value(block, index)?;
        super::super::enumerable::add(vm, array, item);
    }
    Ok(Value::Nil)
}

fn replace<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    let other = arguments::array(vm, args.at(0))?;
    put(vm, array, other.to_vec())?;
    Ok(this)
}

fn set<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    if args.len() == 3 {
        let start = vm.long(args.at(0))?;
        let count = vm.long(args.at(1))?;
        let (start, count) = part_place(vm, array, start, count)?;
        splice_value(vm, array, start, count, args.at(2))?;
        return Ok(args.at(2));
    }
    let value = args.at(1);
    if let Value::Range(range) = args.at(0) {
        let Some((start, count)) = arguments::open_span(vm, range, array.len())? else {
            let shown = vm.inspect(args.at(0))?;
            return vm.raise("RangeError", format!("{shown} out of range"));
        };
        splice_value(vm, array, start, count, value)?;
        return Ok(value);
    }
    let at = vm.long(args.at(0))?;
    let at = place_for(vm, array, at)?;
    store(vm, array, at, value)?;
    Ok(value)
}

fn part_place<'h>(
    vm: &mut Vm<'h>,
    array: &Array<'h>,
    start: i64,
    count: i64,
) -> Res<'h, (usize, usize)> {
    let Ok(count) = usize::try_from(count) else {
        return vm.raise("IndexError", format!("negative length ({count})"));
    };
    Ok((place_for(vm, array, start)?, count))
}

/// A place to write to; one before the start is an error.
fn place_for<'h>(vm: &mut Vm<'h>, array: &Array<'h>, at: i64) -> Res<'h, usize> {
    let length = array.len();
    match place(at, length) {
        Some(at) => Ok(at),
        None => vm.raise(
            "IndexError",
            format!("index {at} too small for array; minimum: -{length}"),
        ),
    }
}

/// Sets an item; the list grows by nils as far as needed.
fn store<'h>(vm: &mut Vm<'h>, array: &Array<'h>, at: usize, value: Value<'h>) -> Res<'h, ()> {
    lengthen(vm, array, at.saturating_add(1))?;
    array.change(|items| {
        if let Some(item) = items.get_mut(at) {
            *item = value;
        }
    });
    Ok(())
}

fn lengthen<'h>(vm: &mut Vm<'h>, array: &Array<'h>, length: usize) -> Res<'h, ()> {
    let missing = length.saturating_sub(array.len());
    if missing > 0 {
        vm.grow(missing.saturating_mul(ITEM))?;
        array.change(|items| items.resize(length, Value::Nil));
    }
    Ok(())
}

fn splice_value<'h>(
    vm: &mut Vm<'h>,
    array: &'h Array<'h>,
    start: usize,
    count: usize,
    value: Value<'h>,
) -> Res<'h, ()> {
    let items = match arguments::try_array(vm, value)? {
        Some(list) => list.to_vec(),
        None => vec![value],
    };
    splice(vm, array, start, count, items)
}

/// Puts items in the place of others.
fn splice<'h>(
    vm: &mut Vm<'h>,
    array: &Array<'h>,
    start: usize,
    count: usize,
    items: Vec<Value<'h>>,
) -> Res<'h, ()> {
    lengthen(vm, array, start)?;
    vm.tick(array.len() / 64)?;
    vm.grow(items.len().saturating_mul(ITEM))?;
    array.change(|old| {
        let end = start.saturating_add(count).min(old.len());
        old.splice(start..end, items);
    });
    Ok(())
}

fn append<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    super::super::enumerable::add(vm, array, args.at(0));
    Ok(this)
}

fn push<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    vm.grow(size_of_val(args.values))?;
    array.change(|items| items.extend_from_slice(args.values));
    Ok(this)
}

const NEGATIVE: &str = "negative array size";

fn pop<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    let Some(count) = args.get(0) else {
        return Ok(array.change(Vec::pop).unwrap_or(Value::Nil));
    };
    let count = arguments::count(vm, count, NEGATIVE)?;
    let taken = array.change(|items| items.split_off(items.len().saturating_sub(count)));
    Ok(vm.array(taken))
}

fn shift<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    // Moving the rest takes its time.
    vm.tick(array.len() / 64)?;
    let Some(count) = args.get(0) else {
        let first = array.change(|items| (!items.is_empty()).then(|| items.remove(0)));
        return Ok(first.unwrap_or(Value::Nil));
    };
    let count = arguments::count(vm, count, NEGATIVE)?;
    let taken = array.change(|items| items.drain(..count.min(items.len())).collect());
    Ok(vm.array(taken))
}

fn unshift<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    splice(vm, array, 0, 0, args.values.to_vec())?;
    Ok(this)
}

fn insert<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    let at = vm.long(args.at(0))?;
    let items = args.values.get(1..).unwrap_or_default();
    if items.is_empty() {
        return Ok(this);
    }
    let length = array.len();
    // A place from the end is the one behind that item.
    let at = if at < 0 {
        match place(at.saturating_add(1), length) {
            _ if at == -1 => length,
            Some(at) => at,
            None => {
                let text = format!("index {at} too small for array; minimum: -{}", length + 1);
                return vm.raise("IndexError", text);
            }
        }
    } else {
        place_for(vm, array, at)?
    };
    splice(vm, array, at, 0, items.to_vec())?;
    Ok(this)
}

fn concat<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    let mut more = Vec::new();
    for other in args.values {
        more.extend(arguments::array(vm, *other)?.to_vec());
    }
    vm.grow(more.len().saturating_mul(ITEM))?;
    array.change(|items| items.extend(more));
    Ok(this)
}

fn clear<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    open(vm, this)?.change(Vec::clear);
    Ok(this)
}

fn fill<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    let (value, places) = match (args.block, args.values.split_first()) {
        (Some(_), _) => (Value::Nil, args.values),
        (None, Some((value, places))) => (*value, places),
        (None, None) => return vm.wrong_number(0, 1, Some(3)),
    };
    if places.len() > 2 {
        return vm.wrong_number(args.len(), 0, Some(2));
    }
    let (start, count) = filled(vm, array, places)?;
    let end = start.saturating_add(count);
    if count == 0 {
        return Ok(this);
    }
    lengthen(vm, array, end)?;
    for index in start..end {
        vm.tick(1)?;
        let at = vm.count(index);
        let item = match args.block {
            Some(block) => vm.yield_value(block, at)?,
            None => value,
        };
        store(vm, array, index, item)?;
    }
    Ok(this)
}

/// Where `fill` begins and how many items it sets.
fn filled<'h>(vm: &mut Vm<'h>, array: &Array<'h>, places: &[Value<'h>]) -> Res<'h, (usize, usize)> {
    let length = array.len();
    let (first, count) = (places.first().copied(), places.get(1).copied());
    if let (Some(shown @ Value::Range(range)), None) = (first, count) {
        if let Some(span) = arguments::open_span(vm, range, length)? {
            return Ok(span);
        }
        let shown = vm.inspect(shown)?;
        return vm.raise("RangeError", format!("{shown} out of range"));
    }
    let start = match first {
        None | Some(Value::Nil) => 0,
        Some(first) => place(vm.long(first)?, length).unwrap_or(0),
    };
    let count = match count {
        None | Some(Value::Nil) => length.saturating_sub(start),
        Some(count) => usize::try_from(vm.long(count)?).unwrap_or(0),
    };
    Ok((start, count))
}

fn delete<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    let mut kept = Vec::new();
    let mut found = None;
    for item in array.to_vec() {
        vm.tick(1)?;
        if vm.equal(item, args.at(0))? {
            found = Some(item);
        } else {
            kept.push(item);
        }
    }
    match (found, args.block) {
        (Some(found), _) => {
            let array = open(vm, this)?;
            put(vm, array, kept)?;
            Ok(found)
        }
        (None, Some(block)) => vm.yield_value(block, args.at(0)),
        (None, None) => Ok(Value::Nil),
    }
}

fn delete_at<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    let at = vm.long(args.at(0))?;
    vm.tick(array.len() / 64)?;
    let taken = place(at, array.len()).filter(|at| *at < array.len());
    Ok(taken.map_or(Value::Nil, |at| array.change(|items| items.remove(at))))
}

fn slice<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    let length = array.len();
    let span = match (args.at(0), args.get(1)) {
        (start, Some(count)) => {
            let start = vm.long(start)?;
            let count = vm.long(count)?;
            place(start, length).zip(usize::try_from(count).ok())
        }
        (Value::Range(range), None) => arguments::span(vm, range, length)?,
        _ => return delete_at(vm, this, args),
    };
    let Some((start, count)) = span.filter(|(start, _)| *start <= length) else {
        return Ok(Value::Nil);
    };
    vm.tick(length / 64)?;
    let end = start.saturating_add(count).min(length);
    let taken = array.change(|items| items.drain(start..end).collect());
    Ok(vm.array(taken))
}

/// Keeps the items for which a block answers so; whether any was taken out. When the block breaks or raises, what it
/// had not come to yet stays.
fn sift<'h>(vm: &mut Vm<'h>, this: Value<'h>, block: &'h Proc<'h>, keep: bool) -> Res<'h, bool> {
    let array = open(vm, this)?;
    let before = array.len();
    let mut kept = Vec::new();
    let mut index = 0;
    let mut result = Ok(());
    while let Some(item) = array.get(index) {
        let answer = vm.tick(1).and_then(|()| vm.yield_value(block, item));
        match answer {
            Ok(answer) if answer.truthy() == keep => kept.push(item),
            Ok(_) => {}
            Err(error) => {
                result = Err(error);
                break;
            }
        }
        index += 1;
    }
    if array.frozen.get() {
        return vm.frozen(this);
    }
    kept.extend(array.to_vec().into_iter().skip(index));
    put(vm, array, kept)?;
    result?;
    Ok(array.len() != before)
}

fn delete_if<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    sift(vm, this, block, false)?;
    Ok(this)
}

fn reject<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let changed = sift(vm, this, block, false)?;
    Ok(if changed { this } else { Value::Nil })
}

fn keep_if<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    sift(vm, this, block, true)?;
    Ok(this)
}

fn select<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let changed = sift(vm, this, block, true)?;
    Ok(if changed { this } else { Value::Nil })
}

fn map<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let array = open(vm, this)?;
    let mut index = 0;
    while let Some(item) = array.get(index) {
        vm.tick(1)?;
        let item = vm.yield_value(block, item)?;
        open(vm, this)?;
        store(vm, array, index, item)?;
        index += 1;
    }
    Ok(this)
}

fn compact<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    let before = array.len();
    array.change(|items| items.retain(|item| !item.is_nil()));
    Ok(if array.len() == before {
        Value::Nil
    } else {
        this
    })
}

fn uniq<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    let name = vm.symbol("uniq");
    let items = vm.call_full(this, name, args)?;
    let items = arguments::array(vm, items)?.to_vec();
    if items.len() == array.len() {
        return Ok(Value::Nil);
    }
    put(vm, array, items)?;
    Ok(this)
}

fn flatten<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    let (items, changed) = super::combine::flattened(vm, array, args.at(0))?;
    if !changed {
        return Ok(Value::Nil);
    }
    put(vm, array, items)?;
    Ok(this)
}

fn reverse<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    array.change(|items| items.reverse());
    Ok(this)
}

fn rotate<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    let items = super::combine::rotated(vm, array, args)?;
    put(vm, array, items)?;
    Ok(this)
}

fn sort<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    let items = order::sorted(vm, array.to_vec(), args.block)?;
    open(vm, this)?;
    put(vm, array, items)?;
    Ok(this)
}

fn sort_by<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let array = open(vm, this)?;
    let items = order::sorted_by(vm, array.to_vec(), block)?;
    open(vm, this)?;
    put(vm, array, items)?;
    Ok(this)
}
