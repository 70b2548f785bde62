//! Methods that look for items, and take the first or all but the first.

use std::cell::Cell;

use super::super::super::eval::{Flow, Vm};
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Array, Proc, Value};
use super::super::{Args, arguments};
use super::{add, filter_map_items, next_number};

/// What `all?`, `any?` and the like ask of an item.
#[derive(Clone, Copy)]
pub(in super::super) enum Test<'h> {
    Pattern(Value<'h>),
    Block(&'h Proc<'h>),
    Truth,
}

impl<'h> Test<'h> {
    pub(in super::super) fn of(args: &Args<'_, 'h>) -> Self {
        match (args.get(0), args.block) {
            (Some(pattern), _) => Self::Pattern(pattern),
            (None, Some(block)) => Self::Block(block),
            (None, None) => Self::Truth,
        }
    }

    pub(in super::super) fn passes(self, vm: &mut Vm<'h>, values: &[Value<'h>]) -> Res<'h, bool> {
        match self {
            Self::Pattern(pattern) => {
                let item = vm.packed(values);
                vm.case_equal(pattern, item)
            }
            Self::Block(block) => Ok(vm.yield_values(block, values)?.truthy()),
            Self::Truth => Ok(values.len() > 1 || values.first().is_some_and(|item| item.truthy())),
        }
    }
}

/// How many items pass, counted up to a number that decides.
fn passing<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    wanted: bool,
    enough: i64,
) -> Res<'h, i64> {
    let test = Test::of(args);
    let count = vm.cell(Value::Integer(0));
    vm.walk_values(this, move |vm, values| {
        if test.passes(vm, values)? != wanted {
            return Ok(Flow::Next);
        }
        let stop = next_number(count) + 1 >= enough;
        Ok(if stop { Flow::Stop } else { Flow::Next })
    })?;
    Ok(number(count))
}

fn number(cell: &Cell<Value<'_>>) -> i64 {
    match cell.get() {
        Value::Integer(number) => number,
        _ => 0,
    }
}

pub(super) fn all<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(passing(vm, this, args, false, 1)? == 0))
}

pub(super) fn any<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(passing(vm, this, args, true, 1)? > 0))
}

pub(super) fn none<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(passing(vm, this, args, true, 1)? == 0))
}

pub(super) fn one<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(passing(vm, this, args, true, 2)? == 1))
}

pub(super) fn find<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let found = vm.new_array(Vec::new());
    vm.walk(this, move |vm, item| {
        if !vm.yield_value(block, item)?.truthy() {
            return Ok(Flow::Next);
        }
        found.push(item);
        Ok(Flow::Stop)
    })?;
    match (found.get(0), args.at(0)) {
        (Some(item), _) => Ok(item),
        (None, Value::Nil) => Ok(Value::Nil),
        (None, otherwise) => vm.call_method(otherwise, known::CALL, &[]),
    }
}

pub(super) fn find_index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (wanted, block) = (args.get(0), args.block);
    if wanted.is_none() && block.is_none() {
        let name = vm.symbol("find_index");
        return Ok(vm.enumerator(this, name, args));
    }
    let index = vm.cell(Value::Integer(0));
    let found = vm.cell(Value::Nil);
    vm.walk_values(this, move |vm, values| {
        let hit = match (wanted, block) {
            (Some(wanted), _) => {
                let item = vm.packed(values);
                vm.equal(item, wanted)?
            }
            (None, Some(block)) => vm.yield_values(block, values)?.truthy(),
            (None, None) => false,
        };
        let at = next_number(index);
        if !hit {
            return Ok(Flow::Next);
        }
        found.set(Value::Integer(at));
        Ok(Flow::Stop)
    })?;
    Ok(found.get())
}

pub(in super::super) fn include<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let wanted = args.at(0);
    let found = vm.cell(Value::Bool(false));
    vm.walk(this, move |vm, item| {
        if !vm.equal(item, wanted)? {
            return Ok(Flow::Next);
        }
        found.set(Value::Bool(true));
        Ok(Flow::Stop)
    })?;
    Ok(found.get())
}

/// The first items, not more than so many; no further item is asked for.
pub(in super::super) fn first_items<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    count: usize,
) -> Res<'h, &'h Array<'h>> {
    let found = vm.new_array(Vec::new());
    if count == 0 {
        return Ok(found);
    }
    vm.walk(this, move |vm, item| {
        add(vm, found, item);
        Ok(if found.len() >= count {
            Flow::Stop
        } else {
            Flow::Next
        })
    })?;
    Ok(found)
}

pub(in super::super) fn first<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    if args.is_empty() {
        let found = first_items(vm, this, 1)?;
        return Ok(found.get(0).unwrap_or(Value::Nil));
    }
    take(vm, this, args)
}

pub(super) fn take<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let count = arguments::count(vm, args.at(0), "attempt to take negative size")?;
    Ok(Value::Array(first_items(vm, this, count)?))
}

pub(super) fn take_while<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let found = vm.new_array(Vec::new());
    vm.walk_values(this, move |vm, values| {
        if !vm.yield_values(block, values)?.truthy() {
            return Ok(Flow::Stop);
        }
        let item = vm.packed(values);
        add(vm, found, item);
        Ok(Flow::Next)
    })?;
    Ok(Value::Array(found))
}

pub(super) fn drop<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let count = arguments::count(vm, args.at(0), "attempt to drop negative size")?;
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let index = vm.cell(Value::Integer(0));
    filter_map_items(vm, this, move |vm, values| {
        let item = vm.packed(values);
        Ok((next_number(index) >= count).then_some(item))
    })
}

pub(super) fn drop_while<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let dropping = vm.cell(Value::Bool(true));
    filter_map_items(vm, this, move |vm, values| {
        let item = vm.packed(values);
        if dropping.get().truthy() && vm.yield_value(block, item)?.truthy() {
            return Ok(None);
        }
        dropping.set(Value::Bool(false));
        Ok(Some(item))
    })
}

pub(in super::super) fn count<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let (wanted, block) = (args.get(0), args.block);
    let count = vm.cell(Value::Integer(0));
    vm.walk_values(this, move |vm, values| {
        let counted = match (wanted, block) {
            (Some(wanted), _) => {
                let item = vm.packed(values);
                vm.equal(item, wanted)?
            }
            (None, Some(block)) => vm.yield_values(block, values)?.truthy(),
            (None, None) => true,
        };
        if counted {
            next_number(count);
        }
        Ok(Flow::Next)
    })?;
    Ok(count.get())
}
