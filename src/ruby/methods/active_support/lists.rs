//! What ActiveSupport adds to Array and Enumerable.

use super::super::super::eval::Vm;
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Array, Value};
use super::super::{Args, Row};

pub(super) const ENUMERABLE: &[Row] = &[
    Row::new(
        "index_by",
        0,
        index_by,
        "A hash of what the block says to the items.",
    )
    .enumerates(),
    Row::new(
        "index_with",
        0,
        index_with,
        "A hash of the items to what the block says.",
    )
    .to(1),
    Row::new("many?", 0, is_many, "Whether there is more than one."),
    Row::new("exclude?", 1, exclude, "Whether it does not have it."),
    Row::new("including", 0, including, "With more items.").rest(),
    EXCLUDING,
    EXCLUDING.alias("without"),
    Row::new("pluck", 0, pluck, "The values of keys of the items.").rest(),
    Row::new("pick", 0, pick, "The values of keys of the first item.").rest(),
    Row::new("compact_blank", 0, compact_blank, "Without what is blank."),
];

const EXCLUDING: Row = Row::new("excluding", 0, excluding, "Without some items.").rest();

pub(super) const ARRAY: &[Row] = &[
    Row::new(
        "in_groups_of",
        1,
        in_groups_of,
        "Lists of so many items, the last one filled up.",
    )
    .to(2),
    Row::new(
        "in_groups",
        1,
        in_groups,
        "So many lists of about as many items, filled up.",
    )
    .to(2),
    Row::new(
        "split",
        0,
        split,
        "Lists between items, or where the block says.",
    )
    .to(1),
    Row::new(
        "second",
        0,
        |vm, this, _| Ok(nth(vm, this, 1)),
        "The second item.",
    ),
    Row::new(
        "third",
        0,
        |vm, this, _| Ok(nth(vm, this, 2)),
        "The third item.",
    ),
    Row::new(
        "fourth",
        0,
        |vm, this, _| Ok(nth(vm, this, 3)),
        "The fourth item.",
    ),
    Row::new(
        "fifth",
        0,
        |vm, this, _| Ok(nth(vm, this, 4)),
        "The fifth item.",
    ),
    Row::new(
        "forty_two",
        0,
        |vm, this, _| Ok(nth(vm, this, 41)),
        "The item of that number.",
    ),
    Row::new(
        "second_to_last",
        0,
        |vm, this, _| Ok(nth(vm, this, -2)),
        "The item before the last.",
    ),
    Row::new(
        "third_to_last",
        0,
        |vm, this, _| Ok(nth(vm, this, -3)),
        "The item two before the last.",
    ),
    Row::new("from", 1, from, "The rest from a position on."),
    Row::new("to", 1, to, "The items up to a position."),
    Row::new(
        "extract!",
        0,
        extract,
        "Takes away and gives what the block wants.",
    )
    .enumerates(),
    Row::new(
        "extract_options!",
        0,
        extract_options,
        "Takes away and gives a last hash.",
    ),
    Row::new(
        "compact_blank!",
        0,
        compact_blank_in_place,
        "Takes away what is blank.",
    ),
];

fn list<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Array<'h>> {
    match this {
        Value::Array(list) => Ok(list),
        _ => vm.no_conversion(this, "Array"),
    }
}

fn index_by<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let made = vm.new_hash();
    for item in vm.items(this)? {
        let key = vm.yield_value(block, item)?;
        vm.hash_set(made, key, item)?;
    }
    Ok(Value::Hash(made))
}

fn index_with<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let made = vm.new_hash();
    for item in vm.items(this)? {
        vm.tick(1)?;
        let value = match (args.block, args.get(0)) {
            (Some(block), _) => vm.yield_value(block, item)?,
            (None, Some(value)) => value,
            (None, None) => return vm.unsupported("index_with without a block"),
        };
        vm.hash_set(made, item, value)?;
    }
    Ok(Value::Hash(made))
}

fn is_many<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut count = 0;
    for item in vm.items(this)? {
        let counts = match args.block {
            Some(block) => vm.yield_value(block, item)?.truthy(),
            None => true,
        };
        count += usize::from(counts);
        if count > 1 {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn exclude<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let has = vm.call_named(this, "include?", args.values)?;
    Ok(Value::Bool(!has.truthy()))
}

/// Arguments, and the items of those that are lists, and so on.
fn flat<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>, levels: bool) -> Res<'h, Vec<Value<'h>>> {
    let given = vm.array(args.values.to_vec());
    let levels: &[Value<'_>] = if levels { &[Value::Integer(1)] } else { &[] };
    let flat = vm.call_named(given, "flatten", levels)?;
    vm.items(flat)
}

fn including<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut items = vm.items(this)?;
    items.extend(flat(vm, args, true)?);
    Ok(vm.array(items))
}

fn excluding<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let unwanted = flat(vm, args, true)?;
    if let Value::Hash(_) = this {
        return vm.call_named(this, "except", args.values);
    }
    let items = vm.items(this)?;
    let (items, unwanted) = (vm.array(items), vm.array(unwanted));
    vm.call_named(items, "-", &[unwanted])
}

fn pluck<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut made = Vec::new();
    for item in vm.items(this)? {
        made.push(values_of(vm, item, args.values)?);
    }
    Ok(vm.array(made))
}

fn values_of<'h>(vm: &mut Vm<'h>, item: Value<'h>, keys: &[Value<'h>]) -> Res<'h> {
    if let [key] = keys {
        return vm.call_method(item, known::INDEX, &[*key]);
    }
    let mut values = Vec::new();
    for key in keys {
        values.push(vm.call_method(item, known::INDEX, &[*key])?);
    }
    Ok(vm.array(values))
}

fn pick<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match vm.items(this)?.first() {
        None => Ok(Value::Nil),
        Some(first) => values_of(vm, *first, args.values),
    }
}

fn compact_blank<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    if let Value::Hash(hash) = this {
        return super::maps::without_blank(vm, hash);
    }
    let mut made = Vec::new();
    for item in vm.items(this)? {
        if super::present(vm, item)? {
            made.push(item);
        }
    }
    Ok(vm.array(made))
}

fn compact_blank_in_place<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let kept = compact_blank(vm, this, args)?;
    vm.call_named(this, "replace", &[kept])
}

fn nth<'h>(_: &mut Vm<'h>, this: Value<'h>, index: isize) -> Value<'h> {
    let Value::Array(list) = this else {
        return Value::Nil;
    };
    let place = if index < 0 {
        list.len().checked_sub(index.unsigned_abs())
    } else {
        Some(index.unsigned_abs())
    };
    place
        .and_then(|place| list.get(place))
        .unwrap_or(Value::Nil)
}

/// Lists, or what the block says to each of them.
fn handed<'h>(
    vm: &mut Vm<'h>,
    lists: Vec<Vec<Value<'h>>>,
    args: &Args<'_, 'h>,
    whole: Value<'h>,
) -> Res<'h> {
    let mut made = Vec::new();
    for list in lists {
        made.push(vm.array(list));
    }
    let Some(block) = args.block else {
        return Ok(vm.array(made));
    };
    for list in made {
        vm.yield_value(block, list)?;
    }
    Ok(whole)
}

/// How many, which must be more than none.
fn number<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, usize> {
    let number = vm.long(args.at(0))?;
    match usize::try_from(number) {
        Ok(number) if number > 0 => Ok(number),
        _ => {
            let message = format!("Group size must be a positive integer, was {number}");
            vm.raise("ArgumentError", message)
        }
    }
}

fn in_groups_of<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let number = number(vm, args)?;
    let items = list(vm, this)?.to_vec();
    let fill = args.get(1).unwrap_or(Value::Nil);
    let mut lists: Vec<Vec<Value<'h>>> = items.chunks(number).map(<[_]>::to_vec).collect();
    if !matches!(fill, Value::Bool(false))
        && let Some(last) = lists.last_mut()
    {
        vm.grow(number.saturating_mul(size_of::<Value<'_>>()))?;
        last.resize(number, fill);
    }
    let whole = args.block.map_or(Value::Nil, |_| this);
    handed(vm, lists, args, whole).map(|made| {
        if args.block.is_some() {
            Value::Nil
        } else {
            made
        }
    })
}

fn in_groups<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let number = vm.long(args.at(0))?;
    let Some(number) = usize::try_from(number).ok().filter(|number| *number > 0) else {
        return vm.unsupported("Array#in_groups of no groups");
    };
    vm.grow(number.saturating_mul(64))?;
    let items = list(vm, this)?.to_vec();
    let fill = args.get(1).unwrap_or(Value::Nil);
    let (each, more) = (items.len() / number, items.len() % number);
    let mut lists = Vec::new();
    let mut start = 0;
    for group in 0..number {
        vm.tick(1)?;
        let length = each + usize::from(more > 0 && more > group);
        let mut part: Vec<Value<'h>> = items.iter().skip(start).take(length).copied().collect();
        if !matches!(fill, Value::Bool(false)) && more > 0 && length == each {
            part.push(fill);
        }
        lists.push(part);
        start += length;
    }
    let made = handed(vm, lists, args, Value::Nil)?;
    if args.block.is_some() {
        return vm.unsupported("the value of Array#in_groups with a block");
    }
    Ok(made)
}

fn split<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut lists = vec![Vec::new()];
    for item in list(vm, this)?.to_vec() {
        let here = match args.block {
            Some(block) => vm.yield_value(block, item)?.truthy(),
            None => vm.equal(item, args.at(0))?,
        };
        if here {
            lists.push(Vec::new());
        } else if let Some(last) = lists.last_mut() {
            last.push(item);
        }
    }
    let mut made = Vec::new();
    for list in lists {
        made.push(vm.array(list));
    }
    Ok(vm.array(made))
}

fn from<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let length = Value::Integer(i64::MAX);
    let found = vm.call_method(this, known::INDEX, &[args.at(0), length])?;
    Ok(if found.is_nil() {
        vm.array(Vec::new())
    } else {
        found
    })
}

fn to<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let position = vm.long(args.at(0))?;
    let length = i64::try_from(list(vm, this)?.len()).unwrap_or(i64::MAX);
    let count = if position >= 0 {
        position.saturating_add(1)
    } else {
        length.saturating_add(position).saturating_add(1)
    };
    let count = Value::Integer(count.max(0));
    vm.call_named(this, "first", &[count])
}

fn extract<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let (mut taken, mut kept) = (Vec::new(), Vec::new());
    for item in list(vm, this)?.to_vec() {
        if vm.yield_value(block, item)?.truthy() {
            taken.push(item);
        } else {
            kept.push(item);
        }
    }
    let kept = vm.array(kept);
    vm.call_named(this, "replace", &[kept])?;
    Ok(vm.array(taken))
}

fn extract_options<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let list = list(vm, this)?;
    match list.len().checked_sub(1).and_then(|last| list.get(last)) {
        Some(Value::Hash(hash)) if hash.class.is_none() => vm.call_named(this, "pop", &[]),
        _ => Ok(Value::Hash(vm.new_hash())),
    }
}
