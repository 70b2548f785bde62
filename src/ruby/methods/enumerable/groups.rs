//! Methods that walk in other ways: with indexes, backwards, in groups.

use super::super::super::eval::{Flow, Vm};
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Array, Proc, Value};
use super::super::Args;
use super::super::enumerator::{lazy_over, native_enumerator};
use super::{Test, add, needed_block, next_number};

pub(super) fn each_with_index<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let index = vm.cell(Value::Integer(0));
    vm.each(this, move |vm, item| {
        let at = next_number(index);
        vm.yield_values(block, &[item, Value::Integer(at)])?;
        Ok(())
    })?;
    Ok(this)
}

pub(super) fn each_entry<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    vm.each(this, move |vm, item| {
        vm.yield_value(block, item)?;
        Ok(())
    })?;
    Ok(this)
}

pub(super) fn reverse_each<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    for item in vm.items(this)?.into_iter().rev() {
        vm.tick(1)?;
        vm.yield_value(block, item)?;
    }
    Ok(this)
}

pub(super) fn cycle<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let mut rounds = match args.at(0) {
        Value::Nil => None,
        count => Some(vm.long(count)?),
    };
    let items = vm.items(this)?;
    while !items.is_empty() && rounds.is_none_or(|left| left > 0) {
        for item in &items {
            vm.tick(1)?;
            vm.yield_value(block, *item)?;
        }
        rounds = rounds.map(|left| left - 1);
    }
    Ok(Value::Nil)
}

fn size<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>, wrong: &str) -> Res<'h, usize> {
    let size = vm.long(args.at(0))?;
    match usize::try_from(size) {
        Ok(size) if size > 0 => Ok(size),
        _ => vm.raise("ArgumentError", wrong),
    }
}

pub(super) fn each_slice<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let size = size(vm, args, "invalid slice size")?;
    let Some(block) = args.block else {
        let name = vm.symbol("each_slice");
        return Ok(vm.enumerator(this, name, args));
    };
    let slice = vm.new_array(Vec::new());
    vm.each(this, move |vm, item| {
        add(vm, slice, item);
        if slice.len() < size {
            return Ok(());
        }
        yield_group(vm, slice, block)
    })?;
    if !slice.is_empty() {
        yield_group(vm, slice, block)?;
    }
    Ok(this)
}

/// Gives a block what was gathered, and empties it.
fn yield_group<'h>(vm: &mut Vm<'h>, group: &'h Array<'h>, block: &'h Proc<'h>) -> Res<'h, ()> {
    let items = group.change(std::mem::take);
    let items = vm.array(items);
    vm.yield_value(block, items)?;
    Ok(())
}

pub(super) fn each_cons<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let size = size(vm, args, "invalid size")?;
    let Some(block) = args.block else {
        let name = vm.symbol("each_cons");
        return Ok(vm.enumerator(this, name, args));
    };
    let window = vm.new_array(Vec::new());
    vm.each(this, move |vm, item| {
        vm.tick(size.min(window.len()) / 64)?;
        if window.len() == size {
            window.change(|items| items.remove(0));
        }
        add(vm, window, item);
        if window.len() < size {
            return Ok(());
        }
        let items = vm.array(window.to_vec());
        vm.yield_value(block, items)?;
        Ok(())
    })?;
    Ok(this)
}

pub(super) fn chunk<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    Ok(native_enumerator(vm, move |vm, consumer| {
        let key = vm.cell(Value::Nil);
        let group = vm.new_array(Vec::new());
        vm.each(this, move |vm, item| {
            let next = vm.yield_value(block, item)?;
            let kind = kind_of_key(vm, next)?;
            let goes_on =
                kind == Key::Ordinary && !group.is_empty() && vm.equal(key.get(), next)?;
            if !goes_on {
                yield_chunk(vm, key.get(), group, consumer)?;
            }
            key.set(next);
            if kind != Key::Dropped {
                add(vm, group, item);
            }
            if kind == Key::Alone {
                yield_chunk(vm, next, group, consumer)?;
            }
            Ok(())
        })?;
        yield_chunk(vm, key.get(), group, consumer)
    }))
}

/// What `chunk` does with an item whose key is this one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Ordinary,
    Dropped,
    Alone,
}

fn kind_of_key<'h>(vm: &mut Vm<'h>, key: Value<'h>) -> Res<'h, Key> {
    let Value::Symbol(name) = key else {
        return Ok(if key.is_nil() {
            Key::Dropped
        } else {
            Key::Ordinary
        });
    };
    match vm.name(name) {
        "_separator" => Ok(Key::Dropped),
        "_alone" => Ok(Key::Alone),
        name if name.starts_with('_') => vm.raise(
            "RuntimeError",
            "symbols beginning with an underscore are reserved",
        ),
        _ => Ok(Key::Ordinary),
    }
}

fn yield_chunk<'h>(
    vm: &mut Vm<'h>,
    key: Value<'h>,
    group: &'h Array<'h>,
    consumer: &'h Proc<'h>,
) -> Res<'h, ()> {
    if group.is_empty() {
        return Ok(());
    }
    let items = group.change(std::mem::take);
    let items = vm.array(items);
    let pair = vm.array(vec![key, items]);
    vm.yield_value(consumer, pair)?;
    Ok(())
}

pub(in super::super) fn chunk_while<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let block = needed_block(vm, args)?;
    neighbours(vm, this, block, false)
}

pub(in super::super) fn slice_when<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let block = needed_block(vm, args)?;
    neighbours(vm, this, block, true)
}

/// Lists of neighbours, cut where a block answers so.
fn neighbours<'h>(vm: &mut Vm<'h>, this: Value<'h>, block: &'h Proc<'h>, cut: bool) -> Res<'h> {
    Ok(native_enumerator(vm, move |vm, consumer| {
        let group = vm.new_array(Vec::new());
        vm.each(this, move |vm, item| {
            if let Some(last) = group.len().checked_sub(1).and_then(|last| group.get(last))
                && vm.yield_values(block, &[last, item])?.truthy() == cut
            {
                yield_group(vm, group, consumer)?;
            }
            add(vm, group, item);
            Ok(())
        })?;
        yield_rest(vm, group, consumer)
    }))
}

fn yield_rest<'h>(vm: &mut Vm<'h>, group: &'h Array<'h>, consumer: &'h Proc<'h>) -> Res<'h, ()> {
    if group.is_empty() {
        return Ok(());
    }
    yield_group(vm, group, consumer)
}

fn border<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, Test<'h>> {
    match Test::of(args) {
        Test::Truth => vm.raise(
            "ArgumentError",
            "wrong number of arguments (given 0, expected 1)",
        ),
        Test::Pattern(_) if args.block.is_some() => {
            vm.raise("ArgumentError", "both pattern and block are given")
        }
        test => Ok(test),
    }
}

pub(super) fn slice_before<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let test = border(vm, args)?;
    Ok(native_enumerator(vm, move |vm, consumer| {
        let group = vm.new_array(Vec::new());
        vm.each(this, move |vm, item| {
            if test.passes(vm, &[item])? {
                yield_rest(vm, group, consumer)?;
            }
            add(vm, group, item);
            Ok(())
        })?;
        yield_rest(vm, group, consumer)
    }))
}

pub(super) fn slice_after<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let test = border(vm, args)?;
    Ok(native_enumerator(vm, move |vm, consumer| {
        let group = vm.new_array(Vec::new());
        vm.each(this, move |vm, item| {
            add(vm, group, item);
            if test.passes(vm, &[item])? {
                yield_group(vm, group, consumer)?;
            }
            Ok(())
        })?;
        yield_rest(vm, group, consumer)
    }))
}

pub(super) fn chain<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut parts = vec![this];
    parts.extend_from_slice(args.values);
    let parts = vm.array(parts);
    Ok(vm.object_with("Enumerator::Chain", vec![parts]))
}

pub(super) fn lazy<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    lazy_over(vm, this)
}

/// Walks with a block that gets each item as one.
pub(in super::super) fn walk_into<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    block: &'h Proc<'h>,
) -> Res<'h, ()> {
    vm.walk_values(this, move |vm, values| {
        vm.yield_values(block, values)?;
        Ok(Flow::Next)
    })
}

/// Whether a value can be walked.
pub(in super::super) fn walkable<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> bool {
    vm.responds(value, known::EACH)
}
