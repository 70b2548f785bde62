//! `Enumerable`: everything that stands on `each`.
//!
//! Written over `Vm::walk_values`, which walks lists, hashes and ranges itself and all else by calling `each`; so the
//! classes of Ruby that have methods of the same names of their own (`Array#map`) share these where they do the same.
//! A step of several values is one list for methods that keep items, and several values for the block of methods
//! that only ask it, as in Ruby.

mod collect;
pub(super) mod fold;
pub(super) mod groups;
pub(super) mod order;
pub(super) mod search;

use super::super::eval::Vm;
use super::super::unwind::Res;
use super::super::value::{Array, Proc, Value};
use super::library::ClassDefinition;
use super::{Args, Row};

pub(super) use collect::{filter_map_items, select as select_items, to_pairs};
pub(super) use search::Test;

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] =
    &[ClassDefinition::module("Enumerable").methods(&[COLLECT, SEARCH, ORDER, FOLD, GROUPS])];

const COLLECT: &[Row] = &[
    MAP,
    MAP.alias("collect"),
    FLAT_MAP,
    FLAT_MAP.alias("collect_concat"),
    SELECT,
    SELECT.alias("filter"),
    SELECT.alias("find_all"),
    Row::new(
        "filter_map",
        0,
        collect::filter_map,
        "True results of the block.",
    )
    .enumerates(),
    Row::new(
        "reject",
        0,
        collect::reject,
        "Items the block is false for.",
    )
    .enumerates(),
    Row::new(
        "partition",
        0,
        collect::partition,
        "Items the block is true for, and the others.",
    )
    .enumerates(),
    Row::new(
        "group_by",
        0,
        collect::group_by,
        "Lists of items by the block's value.",
    )
    .enumerates(),
    Row::new(
        "uniq",
        0,
        collect::uniq,
        "Items that differ, or whose value of the block does.",
    ),
    Row::new("compact", 0, collect::compact, "Items that are not nil."),
    Row::new("to_a", 0, collect::to_a, "A list of the items.").rest(),
    Row::new("entries", 0, collect::to_a, "A list of the items.").rest(),
    Row::new("to_h", 0, collect::to_h, "A hash of pairs.").rest(),
    Row::new("to_set", 0, collect::to_set, "A set of the items."),
    Row::new(
        "zip",
        0,
        collect::zip,
        "Lists of the items at the same places.",
    )
    .rest(),
    Row::new("grep", 1, collect::grep, "Items a pattern matches."),
    Row::new(
        "grep_v",
        1,
        collect::grep_v,
        "Items a pattern does not match.",
    ),
];
const MAP: Row = Row::new("map", 0, collect::map, "Results of the block.").enumerates();
const FLAT_MAP: Row = Row::new(
    "flat_map",
    0,
    collect::flat_map,
    "Results of the block, lists of them flattened.",
)
.enumerates();
const SELECT: Row =
    Row::new("select", 0, collect::select, "Items the block is true for.").enumerates();

const SEARCH: &[Row] = &[
    Row::new("all?", 0, search::all, "Whether it is true for all items.").to(1),
    Row::new("any?", 0, search::any, "Whether it is true for any item.").to(1),
    Row::new("none?", 0, search::none, "Whether it is true for no item.").to(1),
    Row::new(
        "one?",
        0,
        search::one,
        "Whether it is true for one item alone.",
    )
    .to(1),
    FIND,
    FIND.alias("detect"),
    Row::new(
        "find_index",
        0,
        search::find_index,
        "Index of the first such item.",
    )
    .to(1),
    INCLUDE,
    INCLUDE.alias("member?"),
    Row::new(
        "first",
        0,
        search::first,
        "The first item, or a list of the first ones.",
    )
    .to(1),
    Row::new("take", 1, search::take, "A list of the first items."),
    Row::new(
        "take_while",
        0,
        search::take_while,
        "Items before the first the block is false for.",
    )
    .enumerates(),
    Row::new("drop", 1, search::drop, "A list without the first items."),
    Row::new(
        "drop_while",
        0,
        search::drop_while,
        "Items from the first the block is false for.",
    )
    .enumerates(),
    Row::new(
        "count",
        0,
        search::count,
        "How many items there are, or are such.",
    )
    .to(1),
];
const FIND: Row = Row::new(
    "find",
    0,
    search::find,
    "The first item the block is true for.",
)
.to(1)
.enumerates();
const INCLUDE: Row = Row::new(
    "include?",
    1,
    search::include,
    "Whether an item equals a value.",
);

const ORDER: &[Row] = &[
    Row::new("sort", 0, order::sort, "The items in order."),
    Row::new(
        "sort_by",
        0,
        order::sort_by,
        "The items in the order of the block's values.",
    )
    .enumerates(),
    Row::new(
        "min",
        0,
        order::min,
        "The least item, or a list of the least.",
    )
    .to(1),
    Row::new(
        "max",
        0,
        order::max,
        "The greatest item, or a list of the greatest.",
    )
    .to(1),
    Row::new(
        "minmax",
        0,
        order::minmax,
        "The least and the greatest item.",
    ),
    Row::new(
        "min_by",
        0,
        order::min_by,
        "The item with the least value of the block.",
    )
    .to(1)
    .enumerates(),
    Row::new(
        "max_by",
        0,
        order::max_by,
        "The item with the greatest value of the block.",
    )
    .to(1)
    .enumerates(),
    Row::new("minmax_by", 0, order::minmax_by, "Both of them.").enumerates(),
];

const FOLD: &[Row] = &[
    INJECT,
    INJECT.alias("reduce"),
    Row::new(
        "sum",
        0,
        fold::sum,
        "The sum of items or of the block's values.",
    )
    .to(1),
    Row::new("tally", 0, fold::tally, "How often each item is there.").to(1),
    Row::new(
        "each_with_object",
        1,
        fold::each_with_object,
        "Gives the block an object, too.",
    )
    .enumerates(),
];
const INJECT: Row = Row::new(
    "inject",
    0,
    fold::inject,
    "The items joined by a method or a block.",
)
.to(2);

const GROUPS: &[Row] = &[
    Row::new(
        "each_with_index",
        0,
        groups::each_with_index,
        "Gives the block indexes, too.",
    )
    .enumerates(),
    Row::new(
        "each_entry",
        0,
        groups::each_entry,
        "Gives the block each item as one.",
    )
    .enumerates(),
    Row::new(
        "reverse_each",
        0,
        groups::reverse_each,
        "The last item first.",
    )
    .enumerates(),
    Row::new("cycle", 0, groups::cycle, "All items again and again.")
        .to(1)
        .enumerates(),
    Row::new(
        "each_slice",
        1,
        groups::each_slice,
        "Lists of so many items.",
    ),
    Row::new(
        "each_cons",
        1,
        groups::each_cons,
        "Lists of so many neighbours.",
    ),
    Row::new(
        "chunk",
        0,
        groups::chunk,
        "Neighbours with the same value of the block.",
    )
    .enumerates(),
    Row::new(
        "chunk_while",
        0,
        groups::chunk_while,
        "Neighbours the block is true for.",
    ),
    Row::new(
        "slice_when",
        0,
        groups::slice_when,
        "Neighbours the block is false for.",
    ),
    Row::new(
        "slice_before",
        0,
        groups::slice_before,
        "Lists that begin at such items.",
    )
    .to(1),
    Row::new(
        "slice_after",
        0,
        groups::slice_after,
        "Lists that end at such items.",
    )
    .to(1),
    Row::new(
        "chain",
        0,
        groups::chain,
        "An enumerator of these items and then others.",
    )
    .rest(),
    Row::new(
        "lazy",
        0,
        groups::lazy,
        "An enumerator whose methods take no more than they need.",
    ),
];

/// Adds an item to a list of the evaluator's own.
pub(super) fn add<'h>(vm: &Vm<'h>, list: &'h Array<'h>, item: Value<'h>) {
    vm.heap.take(size_of::<Value<'_>>());
    list.push(item);
}

/// The block that a method which makes an enumerator cannot do without.
fn needed_block<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, &'h Proc<'h>> {
    match args.block {
        Some(block) => Ok(block),
        None => vm.raise(
            "ArgumentError",
            "tried to create Proc object without a block",
        ),
    }
}

/// Counts a cell up and returns what it was.
pub(super) fn next_number(cell: &std::cell::Cell<Value<'_>>) -> i64 {
    let Value::Integer(number) = cell.get() else {
        return 0;
    };
    cell.set(Value::Integer(number.saturating_add(1)));
    number
}
