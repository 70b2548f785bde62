//! Random choices, the same as Ruby's for the same seed.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::Value;
use super::super::random::random_below;
use super::super::{Args, Row, arguments};
use super::{list, open, put};

pub(super) const METHODS: &[Row] = &[
    Row::new("shuffle", 0, shuffle, "The items in a random order.").keywords(&["random"]),
    Row::new(
        "shuffle!",
        0,
        shuffle_here,
        "Puts the items in a random order.",
    )
    .keywords(&["random"]),
    Row::new(
        "sample",
        0,
        sample,
        "A random item, or a list of random ones.",
    )
    .to(1)
    .keywords(&["random"]),
];

/// Up to so many items are chosen one by one, as Ruby does it.
const FEW: usize = 10;

/// A random number below a limit, from the generator that is given.
fn below<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>, limit: usize) -> Res<'h, usize> {
    vm.tick(1)?;
    let random = args.keyword(vm, "random");
    let number = random_below(vm, random, limit as u64)?;
    Ok(usize::try_from(number).unwrap_or_default())
}

fn shuffled<'h>(
    vm: &mut Vm<'h>,
    mut items: Vec<Value<'h>>,
    args: &Args<'_, 'h>,
) -> Res<'h, Vec<Value<'h>>> {
    for last in (0..items.len()).rev() {
        let other = below(vm, args, last + 1)?;
        items.swap(last, other);
    }
    Ok(items)
}

fn shuffle<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let items = list(vm, this)?.to_vec();
    let items = shuffled(vm, items, args)?;
    Ok(vm.array(items))
}

fn shuffle_here<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = open(vm, this)?;
    let items = shuffled(vm, array.to_vec(), args)?;
    put(vm, array, items)?;
    Ok(this)
}

fn sample<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    let length = array.len();
    let Some(count) = args.get(0) else {
        let place = if length < 2 {
            0
        } else {
            below(vm, args, length)?
        };
        return Ok(array.get(place).unwrap_or(Value::Nil));
    };
    let count = arguments::count(vm, count, "negative sample number")?.min(length);
    let mut items = array.to_vec();
    if count <= FEW {
        let places = few_places(vm, args, length, count)?;
        let found = places.iter().filter_map(|place| items.get(*place).copied());
        let found = found.collect();
        return Ok(vm.array(found));
    }
    for place in 0..count {
        let other = place + below(vm, args, length - place)?;
        items.swap(place, other);
    }
    items.truncate(count);
    Ok(vm.array(items))
}

/// Different places: each number counts the places that are not taken yet.
fn few_places<'h>(
    vm: &mut Vm<'h>,
    args: &Args<'_, 'h>,
    length: usize,
    count: usize,
) -> Res<'h, Vec<usize>> {
    let mut numbers = Vec::new();
    for taken in 0..count {
        numbers.push(below(vm, args, length - taken)?);
    }
    let (mut places, mut sorted): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for mut place in numbers {
        let mut before = 0;
        while sorted.get(before).is_some_and(|taken| *taken <= place) {
            place += 1;
            before += 1;
        }
        sorted.insert(before, place);
        places.push(place);
    }
    Ok(places)
}
