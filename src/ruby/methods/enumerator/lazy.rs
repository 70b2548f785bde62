//! `Enumerator::Lazy`: methods that take no more items than they need.
//!
//! Each step is an enumerator whose walk walks the one before.

use super::super::super::eval::{Flow, Vm};
use super::super::super::symbol::known;
use super::super::super::unwind::{Res, Unwind};
use super::super::super::value::{Proc, Value};
use super::super::enumerable::{Test, groups::walkable, next_number};
use super::super::{Args, Row, arguments};
use super::{
    MADE_BY, MADE_WITH, PARENT, RECEIVER, called, native_enumerator, native_generator, object, run,
};

pub(super) const METHODS: &[Row] = &[
    MAP,
    MAP.alias("collect"),
    SELECT,
    SELECT.alias("filter"),
    SELECT.alias("find_all"),
    Row::new("reject", 0, reject, "Items the block is false for."),
    Row::new("filter_map", 0, filter_map, "True results of the block."),
    FLAT_MAP,
    FLAT_MAP.alias("collect_concat"),
    Row::new("take", 1, take, "The first items."),
    Row::new(
        "take_while",
        0,
        take_while,
        "Items before the first the block is false for.",
    ),
    Row::new("drop", 1, drop, "All but the first items."),
    Row::new(
        "drop_while",
        0,
        drop_while,
        "Items from the first the block is false for.",
    ),
    Row::new("grep", 1, grep, "Items a pattern matches."),
    Row::new("grep_v", 1, grep_v, "Items a pattern does not match."),
    Row::new("compact", 0, compact, "Items that are not nil."),
    Row::new("uniq", 0, uniq, "Items that differ."),
    Row::new("zip", 0, zip, "Lists of the items at the same places.").rest(),
    Row::new("with_index", 0, with_index, "The items with their indexes.").to(1),
    Row::new(
        "each_with_index",
        0,
        with_index,
        "The items with their indexes.",
    ),
    Row::new("force", 0, force, "A list of the items."),
    Row::new("to_a", 0, force, "A list of the items."),
    Row::new(
        "first",
        0,
        first,
        "The first item, or a list of the first ones.",
    )
    .to(1),
    Row::new("eager", 0, eager, "An enumerator that is not lazy."),
    Row::new("lazy", 0, itself, "Itself."),
    Row::new("size", 0, size, "Nil, as far as Ruby does not know."),
    Row::new("inspect", 0, inspect, "The steps."),
    Row::new(
        "chunk_while",
        0,
        chunk_while,
        "Neighbours the block is true for.",
    ),
    Row::new(
        "slice_when",
        0,
        slice_when,
        "Neighbours the block is false for.",
    ),
];
const MAP: Row = Row::new("map", 0, map, "Results of the block.");
const SELECT: Row = Row::new("select", 0, select, "Items the block is true for.");
const FLAT_MAP: Row = Row::new(
    "flat_map",
    0,
    flat_map,
    "Results of the block, lists flattened.",
);

/// A lazy enumerator of the items of something.
pub(in super::super) fn lazy_over<'h>(vm: &mut Vm<'h>, source: Value<'h>) -> Res<'h> {
    let none = vm.array(Vec::new());
    let slots = vec![source, Value::Symbol(known::EACH), none, Value::Nil];
    Ok(vm.object_with("Enumerator::Lazy", slots))
}

/// The next step: items of the one before go through a closure that gives the consumer what it wants.
fn step<'h, F>(vm: &mut Vm<'h>, this: Value<'h>, made: (&str, &Args<'_, 'h>), each: F) -> Res<'h>
where
    F: Fn(&mut Vm<'h>, &[Value<'h>], &'h Proc<'h>) -> Res<'h, Flow> + Copy + 'h,
{
    walker(vm, this, made, move |vm, consumer| {
        vm.walk_values(this, move |vm, values| each(vm, values, consumer))
    })
}

/// The next step, which walks the one before in its own way.
fn walker<'h, F>(vm: &mut Vm<'h>, this: Value<'h>, made: (&str, &Args<'_, 'h>), walk: F) -> Res<'h>
where
    F: Fn(&mut Vm<'h>, &'h Proc<'h>) -> Res<'h, ()> + 'h,
{
    let generator = native_generator(vm, walk);
    let next = lazy_over(vm, generator)?;
    let (name, args) = made;
    let own = object(vm, next)?;
    let name = vm.symbol(name);
    let arguments = vm.array(args.values.to_vec());
    own.set_slot(PARENT, this);
    own.set_slot(MADE_BY, Value::Symbol(name));
    own.set_slot(MADE_WITH, arguments);
    Ok(next)
}

fn needed<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>, name: &str) -> Res<'h, &'h Proc<'h>> {
    match args.block {
        Some(block) => Ok(block),
        None => vm.raise(
            "ArgumentError",
            format!("tried to call lazy {name} without a block"),
        ),
    }
}

fn map<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = needed(vm, args, "map")?;
    step(vm, this, ("map", args), move |vm, values, consumer| {
        let result = vm.yield_values(block, values)?;
        vm.yield_value(consumer, result)?;
        Ok(Flow::Next)
    })
}

fn chosen<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    name: &str,
    wanted: bool,
) -> Res<'h> {
    let block = needed(vm, args, name)?;
    step(vm, this, (name, args), move |vm, values, consumer| {
        let item = vm.packed(values);
        if vm.yield_value(block, item)?.truthy() == wanted {
            vm.yield_value(consumer, item)?;
        }
        Ok(Flow::Next)
    })
}

fn select<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    chosen(vm, this, args, "select", true)
}

fn reject<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    chosen(vm, this, args, "reject", false)
}

fn filter_map<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = needed(vm, args, "filter_map")?;
    step(
        vm,
        this,
        ("filter_map", args),
        move |vm, values, consumer| {
            let result = vm.yield_values(block, values)?;
            if result.truthy() {
                vm.yield_value(consumer, result)?;
            }
            Ok(Flow::Next)
        },
    )
}

fn flat_map<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = needed(vm, args, "flat_map")?;
    step(vm, this, ("flat_map", args), move |vm, values, consumer| {
        let result = vm.yield_values(block, values)?;
        match arguments::try_array(vm, result)? {
            None => {
                vm.yield_value(consumer, result)?;
            }
            Some(items) => {
                for item in items.to_vec() {
                    vm.yield_value(consumer, item)?;
                }
            }
        }
        Ok(Flow::Next)
    })
}

fn take<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let count = arguments::count(vm, args.at(0), "attempt to take negative size")?;
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    walker(vm, this, ("take", args), move |vm, consumer| {
        if count == 0 {
            return Ok(());
        }
        let taken = vm.cell(Value::Integer(0));
        vm.walk_values(this, move |vm, values| {
            let last = next_number(taken) + 1 >= count;
            vm.yield_values(consumer, values)?;
            Ok(if last { Flow::Stop } else { Flow::Next })
        })
    })
}

fn take_while<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = needed(vm, args, "take_while")?;
    step(
        vm,
        this,
        ("take_while", args),
        move |vm, values, consumer| {
            if !vm.yield_values(block, values)?.truthy() {
                return Ok(Flow::Stop);
            }
            vm.yield_values(consumer, values)?;
            Ok(Flow::Next)
        },
    )
}

fn drop<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let count = arguments::count(vm, args.at(0), "attempt to drop negative size")?;
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    walker(vm, this, ("drop", args), move |vm, consumer| {
        let seen = vm.cell(Value::Integer(0));
        vm.walk_values(this, move |vm, values| {
            if next_number(seen) >= count {
                vm.yield_values(consumer, values)?;
            }
            Ok(Flow::Next)
        })
    })
}

fn drop_while<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = needed(vm, args, "drop_while")?;
    walker(vm, this, ("drop_while", args), move |vm, consumer| {
        let dropping = vm.cell(Value::Bool(true));
        vm.walk_values(this, move |vm, values| {
            if dropping.get().truthy() && vm.yield_values(block, values)?.truthy() {
                return Ok(Flow::Next);
            }
            dropping.set(Value::Bool(false));
            vm.yield_values(consumer, values)?;
            Ok(Flow::Next)
        })
    })
}

fn matching<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    name: &str,
    wanted: bool,
) -> Res<'h> {
    let (test, block) = (Test::Pattern(args.at(0)), args.block);
    step(vm, this, (name, args), move |vm, values, consumer| {
        if test.passes(vm, values)? == wanted {
            let item = vm.packed(values);
            let item = match block {
                Some(block) => vm.yield_value(block, item)?,
                None => item,
            };
            vm.yield_value(consumer, item)?;
        }
        Ok(Flow::Next)
    })
}

fn grep<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    matching(vm, this, args, "grep", true)
}

fn grep_v<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    matching(vm, this, args, "grep_v", false)
}

fn compact<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    step(vm, this, ("compact", args), |vm, values, consumer| {
        let item = vm.packed(values);
        if !item.is_nil() {
            vm.yield_value(consumer, item)?;
        }
        Ok(Flow::Next)
    })
}

fn uniq<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = args.block;
    walker(vm, this, ("uniq", args), move |vm, consumer| {
        let seen = vm.new_hash();
        vm.walk(this, move |vm, item| {
            let key = match block {
                Some(block) => vm.yield_value(block, item)?,
                None => item,
            };
            if vm.hash_get(seen, key)?.is_none() {
                vm.hash_set(seen, key, Value::Nil)?;
                vm.yield_value(consumer, item)?;
            }
            Ok(Flow::Next)
        })
    })
}

fn zip<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.block.is_some() {
        return vm.unsupported("Enumerator::Lazy#zip with a block");
    }
    let others = vm.new_array(args.values.to_vec());
    walker(vm, this, ("zip", args), move |vm, consumer| {
        let walked = vm.new_array(Vec::new());
        for other in others.to_vec() {
            let other = vm.enumerator(other, known::EACH, &Args::of(&[]));
            walked.push(other);
        }
        vm.walk(this, move |vm, item| {
            let mut row = vec![item];
            for other in walked.to_vec() {
                row.push(next_or_nil(vm, other)?);
            }
            let row = vm.array(row);
            vm.yield_value(consumer, row)?;
            Ok(Flow::Next)
        })
    })
}

fn next_or_nil<'h>(vm: &mut Vm<'h>, enumerator: Value<'h>) -> Res<'h> {
    match vm.call_named(enumerator, "next", &[]) {
        Err(Unwind::Raise(exception)) if vm.is_a(exception, "StopIteration") => Ok(Value::Nil),
        result => result,
    }
}

fn with_index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let offset = match args.at(0) {
        Value::Nil => 0,
        offset => vm.long(offset)?,
    };
    let block = args.block;
    walker(vm, this, ("with_index", args), move |vm, consumer| {
        let index = vm.cell(Value::Integer(offset));
        vm.walk(this, move |vm, item| {
            let at = Value::Integer(next_number(index));
            let given = match block {
                Some(block) => {
                    vm.yield_values(block, &[item, at])?;
                    item
                }
                None => vm.array(vec![item, at]),
            };
            vm.yield_value(consumer, given)?;
            Ok(Flow::Next)
        })
    })
}

fn force<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let items = vm.items(this)?;
    Ok(vm.array(items))
}

fn first<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    super::super::enumerable::search::first(vm, this, args)
}

fn eager<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(native_enumerator(vm, move |vm, consumer| {
        run(vm, this, &[], consumer)?;
        Ok(())
    }))
}

fn itself<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(this)
}

fn size<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let own = object(vm, this)?;
    let source = own.slot(RECEIVER);
    if !own.slot(PARENT).is_nil() {
        return vm.unsupported("Enumerator::Lazy#size after a step");
    }
    if walkable(vm, source) && vm.responds(source, known::SIZE) {
        return vm.call_method(source, known::SIZE, &[]);
    }
    Ok(Value::Nil)
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let own = object(vm, this)?;
    let parent = own.slot(PARENT);
    let text = if parent.is_nil() {
        vm.inspect(own.slot(RECEIVER))?
    } else {
        called(vm, parent, own.slot(MADE_BY), own.slot(MADE_WITH))?
    };
    Ok(vm.str(format!("#<Enumerator::Lazy: {text}>")))
}

fn chunk_while<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let chunks = super::super::enumerable::groups::chunk_while(vm, this, args)?;
    lazy_over(vm, chunks)
}

fn slice_when<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let slices = super::super::enumerable::groups::slice_when(vm, this, args)?;
    lazy_over(vm, slices)
}
