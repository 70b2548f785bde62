//! Lists made of lists: joined, repeated, flattened, and all ways to choose.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Array, Proc, Value};
use super::super::{Args, Row, arguments};
use super::{list, place};

pub(super) const METHODS: &[Row] = &[
    Row::new("+", 1, plus, "The items of both lists."),
    Row::new(
        "*",
        1,
        times,
        "The items several times, or joined by a string.",
    ),
    Row::new(
        "flatten",
        0,
        flatten,
        "The items of lists inside in their place.",
    )
    .to(1),
    Row::new("reverse", 0, reverse, "The items in the other order."),
    Row::new(
        "rotate",
        0,
        rotate,
        "The items with some moved from the front to the end.",
    )
    .to(1),
    Row::new("transpose", 0, transpose, "Columns as rows."),
    Row::new("product", 0, product, "All lists with one item of each.").rest(),
    Row::new("combination", 1, combination, "All choices of so many.").enumerates(),
    Row::new("permutation", 0, permutation, "All orders of so many.")
        .to(1)
        .enumerates(),
    Row::new(
        "repeated_combination",
        1,
        repeated_combination,
        "Choices, items several times.",
    )
    .enumerates(),
    Row::new(
        "repeated_permutation",
        1,
        repeated_permutation,
        "Orders, items several times.",
    )
    .enumerates(),
];

const ITEM: usize = size_of::<Value<'static>>();

fn plus<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut items = list(vm, this)?.to_vec();
    let other = arguments::array(vm, args.at(0))?;
    items.extend(other.to_vec());
    vm.tick(items.len() / 8)?;
    Ok(vm.array(items))
}

fn times<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    if matches!(args.at(0), Value::String(_)) {
        return vm.call_named(this, "join", args.values);
    }
    let count = arguments::count(vm, args.at(0), "negative argument")?;
    let length = array.len().saturating_mul(count);
    vm.reserve(length.saturating_mul(ITEM))?;
    vm.tick(length / 8)?;
    Ok(vm.array(array.to_vec().repeat(count)))
}

fn flatten<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    let (items, _) = flattened(vm, array, args.at(0))?;
    Ok(vm.array(items))
}

/// The items with lists inside taken apart down to a depth, and whether there were any.
pub(super) fn flattened<'h>(
    vm: &mut Vm<'h>,
    array: &'h Array<'h>,
    depth: Value<'h>,
) -> Res<'h, (Vec<Value<'h>>, bool)> {
    let depth = match depth {
        Value::Nil => -1,
        depth => vm.long(depth)?,
    };
    let mut flat = Vec::new();
    let mut changed = false;
    // Lists that are being taken apart, with the place in each.
    let mut open = vec![(array, 0)];
    while let Some((list, at)) = open.pop() {
        vm.tick(1)?;
        let Some(item) = list.get(at) else { continue };
        open.push((list, at + 1));
        let inside = match usize::try_from(depth) {
            Ok(depth) if open.len() > depth => None,
            _ => arguments::try_array(vm, item)?,
        };
        let Some(inside) = inside else {
            vm.grow(ITEM)?;
            flat.push(item);
            continue;
        };
        vm.tick(open.len() / 16)?;
        if depth < 0 && open.iter().any(|(list, _)| std::ptr::eq(*list, inside)) {
            return vm.raise("ArgumentError", "tried to flatten recursive array");
        }
        changed = true;
        vm.grow(ITEM)?;
        open.push((inside, 0));
    }
    Ok((flat, changed))
}

fn reverse<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mut items = list(vm, this)?.to_vec();
    items.reverse();
    Ok(vm.array(items))
}

fn rotate<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let array = list(vm, this)?;
    let items = rotated(vm, array, args)?;
    Ok(vm.array(items))
}

pub(super) fn rotated<'h>(
    vm: &mut Vm<'h>,
    array: &Array<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h, Vec<Value<'h>>> {
    let by = match args.get(0) {
        None => 1,
        Some(by) => vm.long(by)?,
    };
    let mut items = array.to_vec();
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    if length > 0
        && let Some(by) = place(by % length, items.len())
    {
        items.rotate_left(by);
    }
    Ok(items)
}

fn transpose<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mut rows = Vec::new();
    for row in list(vm, this)?.to_vec() {
        rows.push(arguments::array(vm, row)?);
    }
    let width = rows.first().map_or(0, |row| row.len());
    let uneven = rows.iter().find(|row| row.len() != width);
    if let Some(row) = uneven {
        let text = format!("element size differs ({} should be {width})", row.len());
        return vm.raise("IndexError", text);
    }
    let mut columns = Vec::new();
    for index in 0..width {
        vm.tick(rows.len())?;
        let column = rows.iter().map(|row| row.get(index).unwrap_or(Value::Nil));
        columns.push(vm.array(column.collect()));
    }
    Ok(vm.array(columns))
}

/// Gives lists to a block, or gathers them.
enum Taker<'h> {
    Block(&'h Proc<'h>),
    List(&'h Array<'h>),
}

impl<'h> Taker<'h> {
    fn take(&self, vm: &mut Vm<'h>, items: Vec<Value<'h>>) -> Res<'h, ()> {
        vm.tick(items.len() + 1)?;
        let items = vm.array(items);
        match self {
            Self::Block(block) => {
                vm.yield_value(block, items)?;
            }
            Self::List(list) => super::super::enumerable::add(vm, list, items),
        }
        Ok(())
    }
}

fn product<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut lists = vec![list(vm, this)?.to_vec()];
    for other in args.values {
        lists.push(arguments::array(vm, *other)?.to_vec());
    }
    let found = vm.new_array(Vec::new());
    let taker = args.block.map_or(Taker::List(found), Taker::Block);
    let lengths: Vec<_> = lists.iter().map(Vec::len).collect();
    let mut places = (!lengths.contains(&0)).then(|| vec![0; lists.len()]);
    while let Some(current) = places {
        let items = current
            .iter()
            .zip(&lists)
            .map(|(place, list)| list[*place])
            .collect();
        taker.take(vm, items)?;
        places = next_places(current, &lengths);
    }
    Ok(match args.block {
        Some(_) => this,
        None => Value::Array(found),
    })
}

/// Counts places up like digits, the last the fastest.
fn next_places(mut places: Vec<usize>, lengths: &[usize]) -> Option<Vec<usize>> {
    for (place, length) in places.iter_mut().zip(lengths).rev() {
        *place += 1;
        if *place < *length {
            return Some(places);
        }
        *place = 0;
    }
    None
}

/// Which choices of places are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Combination,
    Permutation,
    RepeatedCombination,
    RepeatedPermutation,
}

impl Choice {
    /// Whether items can be chosen several times.
    fn repeats(self) -> bool {
        matches!(self, Self::RepeatedCombination | Self::RepeatedPermutation)
    }

    /// The first place that may follow a choice that is complete so far.
    fn start(self, last: usize) -> usize {
        match self {
            Self::Combination => last + 1,
            Self::RepeatedCombination => last,
            Self::Permutation | Self::RepeatedPermutation => 0,
        }
    }
}

fn choices<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>, choice: Choice) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let items = list(vm, this)?.to_vec();
    let count = match args.at(0) {
        Value::Nil if choice == Choice::Permutation => Ok(items.len()),
        count => usize::try_from(vm.long(count)?),
    };
    let Ok(count) = count else { return Ok(this) };
    if (!choice.repeats() && count > items.len()) || (items.is_empty() && count > 0) {
        return Ok(this);
    }
    vm.grow(count.saturating_mul(ITEM))?;
    choose(vm, &items, count, choice, &Taker::Block(block))?;
    Ok(this)
}

fn choose<'h>(
    vm: &mut Vm<'h>,
    items: &[Value<'h>],
    count: usize,
    choice: Choice,
    taker: &Taker<'h>,
) -> Res<'h, ()> {
    // Places chosen so far, which of them are taken, and the next to try behind them.
    let (mut chosen, mut taken, mut next) = (Vec::new(), vec![false; items.len()], 0);
    loop {
        vm.tick(1 + items.len() / 16)?;
        if chosen.len() == count {
            let found = chosen.iter().map(|place: &usize| items[*place]).collect();
            taker.take(vm, found)?;
        } else if let Some(place) = (next..items.len()).find(|at| choice.repeats() || !taken[*at]) {
            chosen.push(place);
            taken[place] = true;
            next = choice.start(place);
            continue;
        }
        match chosen.pop() {
            Some(last) => {
                taken[last] = false;
                next = last + 1;
            }
            None => return Ok(()),
        }
    }
}

fn combination<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    choices(vm, this, args, Choice::Combination)
}

fn permutation<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    choices(vm, this, args, Choice::Permutation)
}

fn repeated_combination<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    choices(vm, this, args, Choice::RepeatedCombination)
}

fn repeated_permutation<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    choices(vm, this, args, Choice::RepeatedPermutation)
}
