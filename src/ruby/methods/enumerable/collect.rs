//! Methods that make a list or hash of items.

use super::super::super::eval::{Flow, Vm};
use super::super::super::unwind::Res;
use super::super::super::value::{Array, Proc, Value};
use super::super::{Args, arguments};
use super::add;

pub(super) fn map<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let found = vm.new_array(Vec::new());
    vm.walk_values(this, move |vm, values| {
        let result = vm.yield_values(block, values)?;
        add(vm, found, result);
        Ok(Flow::Next)
    })?;
    Ok(Value::Array(found))
}

pub(super) fn flat_map<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let found = vm.new_array(Vec::new());
    vm.walk_values(this, move |vm, values| {
        let result = vm.yield_values(block, values)?;
        match arguments::try_array(vm, result)? {
            Some(items) => items
                .to_vec()
                .into_iter()
                .for_each(|item| add(vm, found, item)),
            None => add(vm, found, result),
        }
        Ok(Flow::Next)
    })?;
    Ok(Value::Array(found))
}

/// Items for which a choice says so.
pub(in super::super) fn filter_map_items<'h, F>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    choose: F,
) -> Res<'h>
where
    F: Fn(&mut Vm<'h>, &[Value<'h>]) -> Res<'h, Option<Value<'h>>> + 'h,
{
    let found = vm.new_array(Vec::new());
    vm.walk_values(this, move |vm, values| {
        if let Some(item) = choose(vm, values)? {
            add(vm, found, item);
        }
        Ok(Flow::Next)
    })?;
    Ok(Value::Array(found))
}

pub(super) fn filter_map<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    filter_map_items(vm, this, move |vm, values| {
        let result = vm.yield_values(block, values)?;
        Ok(result.truthy().then_some(result))
    })
}

fn chosen<'h>(vm: &mut Vm<'h>, this: Value<'h>, block: &'h Proc<'h>, wanted: bool) -> Res<'h> {
    filter_map_items(vm, this, move |vm, values| {
        let item = vm.packed(values);
        let answer = vm.yield_value(block, item)?;
        Ok((answer.truthy() == wanted).then_some(item))
    })
}

pub(in super::super) fn select<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let block = vm.expect_block(args)?;
    chosen(vm, this, block, true)
}

pub(super) fn reject<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    chosen(vm, this, block, false)
}

pub(super) fn partition<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let (yes, no) = (vm.new_array(Vec::new()), vm.new_array(Vec::new()));
    vm.each(this, move |vm, item| {
        let answer = vm.yield_value(block, item)?.truthy();
        add(vm, if answer { yes } else { no }, item);
        Ok(())
    })?;
    Ok(vm.array(vec![Value::Array(yes), Value::Array(no)]))
}

pub(super) fn group_by<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let groups = vm.new_hash();
    vm.each(this, move |vm, item| {
        let key = vm.yield_value(block, item)?;
        if let Some(Value::Array(group)) = vm.hash_get(groups, key)? {
            add(vm, group, item);
            return Ok(());
        }
        let group = vm.array(vec![item]);
        vm.hash_set(groups, key, group)
    })?;
    Ok(Value::Hash(groups))
}

pub(super) fn uniq<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let seen = vm.new_hash();
    let block = args.block;
    filter_map_items(vm, this, move |vm, values| {
        let item = vm.packed(values);
        let key = match block {
            Some(block) => vm.yield_values(block, values)?,
            None => item,
        };
        if vm.hash_get(seen, key)?.is_some() {
            return Ok(None);
        }
        vm.hash_set(seen, key, Value::Nil)?;
        Ok(Some(item))
    })
}

pub(super) fn compact<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    filter_map_items(vm, this, |vm, values| {
        let item = vm.packed(values);
        Ok((!item.is_nil()).then_some(item))
    })
}

pub(super) fn to_a<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let items = vm.items(this)?;
    Ok(vm.array(items))
}

pub(super) fn to_h<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    to_pairs(vm, this, args.block)
}

/// A hash of pairs, or of the pairs a block makes of items.
pub(in super::super) fn to_pairs<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    block: Option<&'h Proc<'h>>,
) -> Res<'h> {
    let hash = vm.new_hash();
    vm.walk_values(this, move |vm, values| {
        let pair = match block {
            Some(block) => vm.yield_values(block, values)?,
            None => vm.packed(values),
        };
        let (key, value) = pair_of(vm, pair)?;
        vm.hash_set(hash, key, value)?;
        Ok(Flow::Next)
    })?;
    Ok(Value::Hash(hash))
}

fn pair_of<'h>(vm: &mut Vm<'h>, pair: Value<'h>) -> Res<'h, (Value<'h>, Value<'h>)> {
    let Some(list) = arguments::try_array(vm, pair)? else {
        let class = vm.class_of(pair).real();
        let class = vm.class_name(class);
        return vm.raise(
            "TypeError",
            format!("wrong element type {class} (expected array)"),
        );
    };
    match list.to_vec()[..] {
        [key, value] => Ok((key, value)),
        ref other => {
            let length = other.len();
            let text = format!("element has wrong array length (expected 2, was {length})");
            vm.raise("ArgumentError", text)
        }
    }
}

pub(super) fn to_set<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let items = match args.block {
        Some(_) => map(vm, this, args)?,
        None => this,
    };
    super::super::set::from_items(vm, items)
}

pub(super) fn zip<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let items = vm.items(this)?;
    let mut others = Vec::new();
    for other in args.values {
        others.push(zipped(vm, *other, items.len())?);
    }
    let found = vm.new_array(Vec::new());
    for (index, item) in items.into_iter().enumerate() {
        vm.tick(others.len() + 1)?;
        let mut row = vec![item];
        row.extend(
            others
                .iter()
                .map(|other| other.get(index).unwrap_or(Value::Nil)),
        );
        let row = vm.array(row);
        match args.block {
            Some(block) => {
                vm.yield_value(block, row)?;
            }
            None => add(vm, found, row),
        }
    }
    Ok(match args.block {
        Some(_) => Value::Nil,
        None => Value::Array(found),
    })
}

/// So many items of another thing that is zipped.
fn zipped<'h>(vm: &mut Vm<'h>, other: Value<'h>, count: usize) -> Res<'h, &'h Array<'h>> {
    if let Some(list) = arguments::try_array(vm, other)? {
        return Ok(list);
    }
    if !vm.responds(other, super::super::super::symbol::known::EACH) {
        let class = vm.kind_word(other);
        let text = format!("wrong argument type {class} (must respond to :each)");
        return vm.raise("TypeError", text);
    }
    super::search::first_items(vm, other, count)
}

pub(super) fn grep<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    matching(vm, this, args, true)
}

pub(super) fn grep_v<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    matching(vm, this, args, false)
}

fn matching<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>, wanted: bool) -> Res<'h> {
    let (pattern, block) = (args.at(0), args.block);
    filter_map_items(vm, this, move |vm, values| {
        let item = vm.packed(values);
        if vm.case_equal(pattern, item)? != wanted {
            return Ok(None);
        }
        Ok(Some(match block {
            Some(block) => vm.yield_value(block, item)?,
            None => item,
        }))
    })
}
