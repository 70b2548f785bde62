//! `Set`: a hash whose keys are the items, as Ruby's own is written.

use super::super::eval::{Flow, Vm};
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Hash, Object, Value};
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[ClassDefinition::class("Set", "Object")
    .includes(&["Enumerable"])
    .methods(&[READING, CHANGING, MIXING, COMPARING])
    .class_methods(&[CLASS_METHODS])
    .missing(
        &[
            "flatten_merge",
            "compare_by_identity",
            "compare_by_identity?",
            "pretty_print",
            "pretty_print_cycle",
        ],
        &[],
    )];

const CLASS_METHODS: &[Row] = &[
    Row::new("new", 0, new, "A set of the items of something.").to(1),
    Row::new("[]", 0, literal, "A set of the arguments.").rest(),
];

const READING: &[Row] = &[
    Row::new("each", 0, each, "Runs the block with each item.").enumerates(),
    Row::new("to_a", 0, to_a, "A list of the items."),
    Row::new("to_set", 0, itself, "Itself."),
    Row::new("length", 0, length, "Number of items."),
    Row::new("size", 0, length, "Number of items."),
    Row::new("empty?", 0, is_empty, "Whether there are no items."),
    INCLUDE,
    INCLUDE.alias("member?"),
    INCLUDE.alias("==="),
    Row::new(
        "join",
        0,
        join,
        "The texts of the items, with another between them.",
    )
    .to(1),
    Row::new("inspect", 0, inspect, "The items in braces."),
    Row::new("to_s", 0, inspect, "The items in braces."),
    Row::new(
        "flatten",
        0,
        flatten,
        "The items of sets inside in their place.",
    ),
    Row::new(
        "classify",
        0,
        classify,
        "Sets of items by the block's value.",
    )
    .enumerates(),
    Row::new(
        "divide",
        0,
        divide,
        "A set of sets of items with the same value of the block.",
    )
    .enumerates(),
];
const INCLUDE: Row = Row::new("include?", 1, include, "Whether it has an item.");

const CHANGING: &[Row] = &[
    Row::new("initialize", 0, initialize, "Takes the items of something.")
        .to(1)
        .private(),
    Row::new(
        "initialize_copy",
        1,
        initialize_copy,
        "Takes the items of another set.",
    )
    .private(),
    Row::new("freeze", 0, freeze, "Makes it unchangeable."),
    Row::new("add", 1, add, "Adds an item."),
    Row::new("<<", 1, add, "Adds an item."),
    Row::new("add?", 1, try_add, "Adds an item; nil when it was there."),
    Row::new("delete", 1, delete, "Takes an item out."),
    Row::new(
        "delete?",
        1,
        try_delete,
        "Takes an item out; nil when it was not there.",
    ),
    Row::new("merge", 0, merge, "Adds the items of others.").rest(),
    Row::new("subtract", 1, subtract, "Takes the items of another out."),
    Row::new(
        "flatten!",
        0,
        flatten_here,
        "Puts items of sets inside in their place; nil when there are none.",
    ),
    Row::new("clear", 0, clear, "Takes all items out."),
    Row::new("replace", 1, replace, "Takes the items of another."),
    Row::new("reset", 0, reset, "Finds items again that have changed."),
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
];

const MIXING: &[Row] = &[
    Row::new("|", 1, union, "Items that are in any."),
    Row::new("+", 1, union, "Items that are in any."),
    Row::new("union", 1, union, "Items that are in any."),
    Row::new("&", 1, intersection, "Items that are in both."),
    Row::new("intersection", 1, intersection, "Items that are in both."),
    Row::new("-", 1, difference, "Items that are not in the other."),
    Row::new(
        "difference",
        1,
        difference,
        "Items that are not in the other.",
    ),
    Row::new("^", 1, exclusive, "Items that are in one alone."),
];

const COMPARING: &[Row] = &[
    Row::new("==", 1, equal, "Whether both have the same items."),
    Row::new("eql?", 1, eql, "Whether both are the same key of a hash."),
    Row::new(
        "hash",
        0,
        hash_code,
        "A number that is equal for equal keys of a hash.",
    ),
    Row::new("<=>", 1, compare, "Whether one is part of the other."),
    SUBSET,
    SUBSET.alias("<="),
    SUPERSET,
    SUPERSET.alias(">="),
    TRUE_SUBSET,
    TRUE_SUBSET.alias("<"),
    TRUE_SUPERSET,
    TRUE_SUPERSET.alias(">"),
    Row::new("intersect?", 1, intersects, "Whether any item is in both."),
    Row::new("disjoint?", 1, disjoint, "Whether no item is in both."),
];
const SUBSET: Row = Row::new("subset?", 1, subset, "Whether all items are in the other.");
const SUPERSET: Row = Row::new(
    "superset?",
    1,
    superset,
    "Whether it has all items of the other.",
);
const TRUE_SUBSET: Row = Row::new(
    "proper_subset?",
    1,
    true_subset,
    "The same, and the other has more.",
);
const TRUE_SUPERSET: Row = Row::new(
    "proper_superset?",
    1,
    true_superset,
    "The same, and this has more.",
);

/// What holds the items of a set; `None` for what is none.
fn items_of<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Option<&'h Hash<'h>> {
    if !vm.is_a(value, "Set") {
        return None;
    }
    match value {
        Value::Object(object) => hash_in(object),
        _ => None,
    }
}

fn hash_in<'h>(object: &Object<'h>) -> Option<&'h Hash<'h>> {
    match object.slot(0) {
        Value::Hash(hash) => Some(hash),
        _ => None,
    }
}

/// What holds the items of the receiver.
fn own<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Hash<'h>> {
    match items_of(vm, this) {
        Some(hash) => Ok(hash),
        None => vm.raise("ArgumentError", "uninitialized set"),
    }
}

/// The same, when it may be changed.
fn open<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Hash<'h>> {
    let hash = own(vm, this)?;
    if hash.frozen.get() {
        return vm.frozen(Value::Hash(hash));
    }
    Ok(hash)
}

/// What holds the items of an argument that must be a set.
fn other_set<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, &'h Hash<'h>> {
    match items_of(vm, value) {
        Some(hash) => Ok(hash),
        None => vm.raise("ArgumentError", "value must be a set"),
    }
}

/// The items of an argument that can be walked.
fn others<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Vec<Value<'h>>> {
    let walkable = match value {
        Value::Array(_) | Value::Hash(_) | Value::Range(_) => true,
        _ => vm.is_a(value, "Enumerable") || vm.is_a(value, "Set"),
    };
    if !walkable {
        return vm.raise("ArgumentError", "value must be enumerable");
    }
    vm.items(value)
}

fn put<'h>(vm: &mut Vm<'h>, hash: &'h Hash<'h>, item: Value<'h>) -> Res<'h, ()> {
    vm.tick(1)?;
    vm.hash_set(hash, item, Value::Bool(true))
}

fn put_all<'h>(vm: &mut Vm<'h>, hash: &'h Hash<'h>, items: &[Value<'h>]) -> Res<'h, ()> {
    items.iter().try_for_each(|item| put(vm, hash, *item))
}

/// An empty set of a class.
fn empty<'h>(vm: &mut Vm<'h>, class: Value<'h>) -> (Value<'h>, &'h Hash<'h>) {
    let hash = vm.new_hash();
    let made = vm.object_with("Set", vec![Value::Hash(hash)]);
    if let (Value::Object(object), Value::Class(class)) = (made, class) {
        object.class.set(class);
    }
    (made, hash)
}

/// A set of items, of the class of another.
fn like<'h>(vm: &mut Vm<'h>, this: Value<'h>, items: &[Value<'h>]) -> Res<'h> {
    let class = vm.class_of(this).real();
    let (made, hash) = empty(vm, Value::Class(class));
    put_all(vm, hash, items)?;
    Ok(made)
}

/// A set of the items of something.
pub(super) fn from_items<'h>(vm: &mut Vm<'h>, source: Value<'h>) -> Res<'h> {
    let items = vm.items(source)?;
    let (made, hash) = empty(vm, Value::Nil);
    put_all(vm, hash, &items)?;
    Ok(made)
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (made, _) = empty(vm, this);
    vm.call_full(made, known::INITIALIZE, args)?;
    Ok(made)
}

fn literal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (made, hash) = empty(vm, this);
    put_all(vm, hash, args.values)?;
    Ok(made)
}

fn initialize<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    if args.at(0).is_nil() {
        return Ok(Value::Nil);
    }
    for item in others(vm, args.at(0))? {
        let item = match args.block {
            Some(block) => vm.yield_value(block, item)?,
            None => item,
        };
        put(vm, hash, item)?;
    }
    Ok(Value::Nil)
}

fn initialize_copy<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let items = own(vm, args.at(0))?.keys();
    let copy = vm.new_hash();
    put_all(vm, copy, &items)?;
    if let Value::Object(object) = this {
        object.set_slot(0, Value::Hash(copy));
    }
    Ok(this)
}

fn freeze<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    own(vm, this)?.frozen.set(true);
    if let Value::Object(object) = this {
        object.frozen.set(true);
    }
    Ok(this)
}

fn each<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let hash = own(vm, this)?;
    vm.walk_values(Value::Hash(hash), move |vm, pair| {
        if let [Value::Array(pair)] = pair
            && let Some(item) = pair.get(0)
        {
            vm.yield_value(block, item)?;
        }
        Ok(Flow::Next)
    })?;
    Ok(this)
}

fn to_a<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let items = own(vm, this)?.keys();
    Ok(vm.array(items))
}

fn itself<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(this)
}

fn length<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let length = own(vm, this)?.len();
    Ok(vm.count(length))
}

fn is_empty<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this)?.is_empty()))
}

fn include<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    Ok(Value::Bool(vm.hash_get(hash, args.at(0))?.is_some()))
}

fn join<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let items = to_a(vm, this, args)?;
    vm.call_named(items, "join", args.values)
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let items = own(vm, this)?.keys();
    let class = vm.class_of(this).real();
    let class = vm.class_name(class);
    if vm.printing.contains(&this.identity()) {
        return Ok(vm.str(format!("#<{class}: {{...}}>")));
    }
    vm.printing.push(this.identity());
    let list = vm.array(items);
    let text = vm.inspect(list);
    vm.printing.pop();
    let text = text?;
    let text = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(&text);
    Ok(vm.str(format!("#<{class}: {{{text}}}>")))
}

fn flatten<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let flat = vm.new_hash();
    let start = own(vm, this)?;
    // Sets that are being taken apart, with what is left of each.
    let mut open = vec![(start, start.keys().into_iter())];
    while let Some((_, left)) = open.last_mut() {
        vm.tick(1)?;
        let Some(item) = left.next() else {
            open.pop();
            continue;
        };
        let Some(inside) = items_of(vm, item) else {
            put(vm, flat, item)?;
            continue;
        };
        vm.tick(open.len() / 16)?;
        if open.iter().any(|(set, _)| std::ptr::eq(*set, inside)) {
            return vm.raise("ArgumentError", "tried to flatten recursive Set");
        }
        open.push((inside, inside.keys().into_iter()));
    }
    like(vm, this, &flat.keys())
}

fn flatten_here<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    let nested = hash
        .keys()
        .into_iter()
        .any(|item| items_of(vm, item).is_some());
    if !nested {
        return Ok(Value::Nil);
    }
    let flat = flatten(vm, this, args)?;
    let items = own(vm, flat)?.keys();
    hash.clear();
    put_all(vm, hash, &items)?;
    Ok(this)
}

fn classify<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let groups = vm.new_hash();
    for item in own(vm, this)?.keys() {
        let key = vm.yield_value(block, item)?;
        let known = vm.hash_get(groups, key)?;
        let group = match known {
            Some(group) => group,
            None => like(vm, this, &[])?,
        };
        if known.is_none() {
            vm.hash_set(groups, key, group)?;
        }
        let group = own(vm, group)?;
        put(vm, group, item)?;
    }
    Ok(Value::Hash(groups))
}

fn divide<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let arity = vm.call_named(Value::Proc(block), "arity", &[])?;
    if matches!(arity, Value::Integer(2)) {
        return vm.unsupported("Set#divide with a block of two parameters");
    }
    match classify(vm, this, args)? {
        Value::Hash(groups) => like(vm, this, &groups.values()),
        other => Ok(other),
    }
}

fn add<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    put(vm, hash, args.at(0))?;
    Ok(this)
}

fn try_add<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    if vm.hash_get(hash, args.at(0))?.is_some() {
        return Ok(Value::Nil);
    }
    add(vm, this, args)
}

fn delete<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    vm.hash_delete(hash, args.at(0))?;
    Ok(this)
}

fn try_delete<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    if vm.hash_get(hash, args.at(0))?.is_none() {
        return Ok(Value::Nil);
    }
    delete(vm, this, args)
}

fn merge<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    for other in args.values {
        let items = others(vm, *other)?;
        put_all(vm, hash, &items)?;
    }
    Ok(this)
}

fn subtract<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    for item in others(vm, args.at(0))? {
        vm.tick(1)?;
        vm.hash_delete(hash, item)?;
    }
    Ok(this)
}

fn clear<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    open(vm, this)?.clear();
    Ok(this)
}

fn replace<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let items = others(vm, args.at(0))?;
    let hash = open(vm, this)?;
    hash.clear();
    put_all(vm, hash, &items)?;
    Ok(this)
}

fn reset<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let hash = open(vm, this)?;
    let items = hash.keys();
    hash.clear();
    put_all(vm, hash, &items)?;
    Ok(this)
}

/// Takes out the items for which the block answers so; whether there were any.
fn sift<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>, taken: bool) -> Res<'h, bool> {
    let block = vm.expect_block(args)?;
    let hash = open(vm, this)?;
    let before = hash.len();
    for item in hash.keys() {
        vm.tick(1)?;
        if vm.yield_value(block, item)?.truthy() == taken {
            vm.hash_delete(hash, item)?;
        }
    }
    Ok(hash.len() != before)
}

fn delete_if<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    sift(vm, this, args, true)?;
    Ok(this)
}

fn reject<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let changed = sift(vm, this, args, true)?;
    Ok(if changed { this } else { Value::Nil })
}

fn keep_if<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    sift(vm, this, args, false)?;
    Ok(this)
}

fn select<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let changed = sift(vm, this, args, false)?;
    Ok(if changed { this } else { Value::Nil })
}

fn map<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let hash = open(vm, this)?;
    let mut mapped = Vec::new();
    for item in hash.keys() {
        mapped.push(vm.yield_value(block, item)?);
    }
    hash.clear();
    put_all(vm, hash, &mapped)?;
    Ok(this)
}

fn union<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut items = own(vm, this)?.keys();
    items.extend(others(vm, args.at(0))?);
    like(vm, this, &items)
}

/// Items of something that are in a set, or are not.
fn chosen<'h>(
    vm: &mut Vm<'h>,
    items: Vec<Value<'h>>,
    hash: &'h Hash<'h>,
    wanted: bool,
) -> Res<'h, Vec<Value<'h>>> {
    let mut found = Vec::new();
    for item in items {
        vm.tick(1)?;
        if vm.hash_get(hash, item)?.is_some() == wanted {
            found.push(item);
        }
    }
    Ok(found)
}

/// The order is that of the other, as Ruby walks it.
fn intersection<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    let items = others(vm, args.at(0))?;
    let found = chosen(vm, items, hash, true)?;
    like(vm, this, &found)
}

fn difference<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let items = others(vm, args.at(0))?;
    let known = vm.new_hash();
    put_all(vm, known, &items)?;
    let own = own(vm, this)?.keys();
    let found = chosen(vm, own, known, false)?;
    like(vm, this, &found)
}

/// What the other has alone comes first, as Ruby does it.
fn exclusive<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let items = others(vm, args.at(0))?;
    let result = like(vm, this, &items)?;
    let hash = own(vm, result)?;
    for item in own(vm, this)?.keys() {
        vm.tick(1)?;
        if vm.hash_delete(hash, item)?.is_none() {
            put(vm, hash, item)?;
        }
    }
    Ok(result)
}

/// Whether all items of a set are in another.
fn contained<'h>(vm: &mut Vm<'h>, small: &'h Hash<'h>, large: &'h Hash<'h>) -> Res<'h, bool> {
    if small.len() > large.len() {
        return Ok(false);
    }
    let found = chosen(vm, small.keys(), large, true)?;
    Ok(found.len() == small.len())
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    match items_of(vm, args.at(0)) {
        Some(other) if other.len() == hash.len() => {
            let same = vm.deeper(|vm| contained(vm, hash, other))?;
            Ok(Value::Bool(same))
        }
        _ => Ok(Value::Bool(false)),
    }
}

fn eql<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    equal(vm, this, args)
}

fn hash_code<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    let code = vm.hash_code(Value::Hash(hash))?;
    Ok(Value::Integer((code >> 2).cast_signed()))
}

fn compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    let Some(other) = items_of(vm, args.at(0)) else {
        return Ok(Value::Nil);
    };
    let order = hash.len().cmp(&other.len());
    let (small, large) = if order.is_gt() {
        (other, hash)
    } else {
        (hash, other)
    };
    let comparable = contained(vm, small, large)?;
    Ok(if comparable {
        Value::Integer(order as i64)
    } else {
        Value::Nil
    })
}

fn subset<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (hash, other) = (own(vm, this)?, other_set(vm, args.at(0))?);
    Ok(Value::Bool(contained(vm, hash, other)?))
}

fn superset<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (hash, other) = (own(vm, this)?, other_set(vm, args.at(0))?);
    Ok(Value::Bool(contained(vm, other, hash)?))
}

fn true_subset<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (hash, other) = (own(vm, this)?, other_set(vm, args.at(0))?);
    Ok(Value::Bool(
        hash.len() < other.len() && contained(vm, hash, other)?,
    ))
}

fn true_superset<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (hash, other) = (own(vm, this)?, other_set(vm, args.at(0))?);
    Ok(Value::Bool(
        other.len() < hash.len() && contained(vm, other, hash)?,
    ))
}

fn shares<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h, bool> {
    let hash = own(vm, this)?;
    let items = others(vm, args.at(0))?;
    Ok(!chosen(vm, items, hash, true)?.is_empty())
}

fn intersects<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(shares(vm, this, args)?))
}

fn disjoint<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(!shares(vm, this, args)?))
}
