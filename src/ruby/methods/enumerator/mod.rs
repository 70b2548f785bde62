//! `Enumerator`, `Enumerator::Yielder`, `Enumerator::Chain` and `Enumerator.produce`.
//!
//! An enumerator keeps a receiver, the name of a method and its arguments, and calls it for each walk, whose block is
//! then the consumer; so what the consumer's block answers reaches the method (`map.with_index`). Nothing runs beside
//! anything else here: `next` walks ahead and keeps what it finds, which shows only where a generator never ends or
//! has effects. One that does not end soon is refused.

mod lazy;
pub(super) mod sequence;
mod step;

use super::super::eval::Vm;
use super::super::symbol::known;
use super::super::unwind::{Res, Unwind};
use super::super::value::{Object, Proc, Value};
use super::library::ClassDefinition;
use super::{Args, Row};

pub(super) use lazy::lazy_over;

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("Enumerator", "Object")
        .includes(&["Enumerable"])
        .methods(&[METHODS, step::METHODS])
        .class_methods(&[CLASS_METHODS])
        .missing(&["feed", "next_values", "peek_values"], &["product"]),
    ClassDefinition::class("Enumerator::Generator", "Object")
        .includes(&["Enumerable"])
        .methods(&[GENERATOR]),
    ClassDefinition::class("Enumerator::Yielder", "Object").methods(&[YIELDER]),
    ClassDefinition::class("Enumerator::Chain", "Enumerator").methods(&[CHAIN]),
    ClassDefinition::class("Enumerator::Lazy", "Enumerator").methods(&[lazy::METHODS]),
    ClassDefinition::class("Enumerator::ArithmeticSequence", "Enumerator")
        .methods(&[sequence::METHODS]),
];

const CLASS_METHODS: &[Row] = &[
    Row::new(
        "new",
        0,
        new,
        "An enumerator of what a block gives its yielder.",
    )
    .to(1),
    Row::new(
        "produce",
        0,
        produce,
        "Each item is made from the one before.",
    )
    .to(1),
];
const METHODS: &[Row] = &[
    Row::new("each", 0, each, "Calls the method with the block.").rest(),
    WITH_INDEX,
    Row::new(
        "each_with_index",
        0,
        with_index,
        "Gives the block indexes, too.",
    )
    .enumerates(),
    Row::new(
        "with_object",
        1,
        with_object,
        "Gives the block an object, too.",
    )
    .enumerates(),
    Row::new(
        "each_with_object",
        1,
        with_object,
        "Gives the block an object, too.",
    )
    .enumerates(),
    Row::new("inspect", 0, inspect, "Receiver, method and arguments."),
    Row::new("to_s", 0, to_s, "The name of the class in brackets."),
    Row::new(
        "+",
        1,
        plus,
        "An enumerator of these items and then others.",
    ),
];
const WITH_INDEX: Row = Row::new(
    "with_index",
    0,
    with_index,
    "Gives the block indexes from a number on, too.",
)
.to(1)
.enumerates();
const GENERATOR: &[Row] =
    &[Row::new("each", 0, generate, "Runs the block of the enumerator.").rest()];
const YIELDER: &[Row] = &[
    Row::new("<<", 1, yielder_push, "Gives the consumer an item."),
    Row::new(
        "yield",
        0,
        yielder_yield,
        "Gives the consumer values and answers what it says.",
    )
    .rest(),
    Row::new(
        "to_proc",
        0,
        yielder_proc,
        "A proc that gives the consumer values.",
    ),
];
const CHAIN: &[Row] = &[
    Row::new("each", 0, chain_each, "Walks one after the other.").enumerates(),
    Row::new("inspect", 0, chain_inspect, "The parts."),
    Row::new(
        "size",
        0,
        chain_size,
        "The sum of the sizes, where all are known.",
    ),
    Row::new(
        "+",
        1,
        plus,
        "An enumerator of these items and then others.",
    ),
];

/// Places of what an enumerator holds.
const RECEIVER: usize = 0;
const METHOD: usize = 1;
const ARGUMENTS: usize = 2;
const KEYWORDS: usize = 3;
/// What `next` has found, where it stands, and how it ended.
const FOUND: usize = 4;
const POSITION: usize = 5;
const ENDING: usize = 6;
/// The size given to `Enumerator.new`.
const SIZE: usize = 7;
/// Of a lazy one: what it was made of, by which method and arguments.
const PARENT: usize = 8;
const MADE_BY: usize = 9;
const MADE_WITH: usize = 10;

fn object<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Object<'h>> {
    match this {
        Value::Object(object) => Ok(object),
        _ => vm.raise("ArgumentError", "uninitialized enumerator"),
    }
}

/// An enumerator whose items a closure of the library gives to the consumer.
pub(super) fn native_enumerator<'h, F>(vm: &mut Vm<'h>, walk: F) -> Value<'h>
where
    F: Fn(&mut Vm<'h>, &'h Proc<'h>) -> Res<'h, ()> + 'h,
{
    let generator = native_generator(vm, walk);
    vm.enumerator(generator, known::EACH, &Args::of(&[]))
}

/// What such an enumerator calls.
fn native_generator<'h, F>(vm: &mut Vm<'h>, walk: F) -> Value<'h>
where
    F: Fn(&mut Vm<'h>, &'h Proc<'h>) -> Res<'h, ()> + 'h,
{
    let block = vm.native_block(-1, move |vm, args| {
        let consumer = vm.expect_block(args)?;
        walk(vm, consumer)?;
        Ok(Value::Nil)
    });
    let slots = vec![Value::Proc(block), Value::Bool(true)];
    vm.object_with("Enumerator::Generator", slots)
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if let Value::Class(class) = this
        && class.name.get() != Some("Enumerator")
    {
        return vm.unsupported("a new enumerator of another class than Enumerator");
    }
    let Some(block) = args.block else {
        let text = "tried to create Proc object without a block";
        return vm.raise("ArgumentError", text);
    };
    let slots = vec![Value::Proc(block), Value::Bool(false)];
    let generator = vm.object_with("Enumerator::Generator", slots);
    let made = vm.enumerator(generator, known::EACH, &Args::of(&[]));
    object(vm, made)?.set_slot(SIZE, args.at(0));
    Ok(made)
}

fn generate<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let generator = object(vm, this)?;
    let Value::Proc(block) = generator.slot(0) else {
        return Ok(Value::Nil);
    };
    if generator.slot(1).truthy() {
        return vm.yield_args(
            block,
            &Args {
                values: &[],
                ..*args
            },
        );
    }
    let consumer = vm.expect_block(args)?;
    let yielder = vm.object_with("Enumerator::Yielder", vec![Value::Proc(consumer)]);
    let mut values = vec![yielder];
    values.extend_from_slice(args.values);
    vm.yield_values(block, &values)
}

fn give<'h>(vm: &mut Vm<'h>, this: Value<'h>, values: &[Value<'h>]) -> Res<'h> {
    match object(vm, this)?.slot(0) {
        Value::Proc(consumer) => vm.yield_values(consumer, values),
        _ => Ok(Value::Nil),
    }
}

fn yielder_push<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    give(vm, this, args.values)?;
    Ok(this)
}

fn yielder_yield<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    give(vm, this, args.values)
}

fn yielder_proc<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(object(vm, this)?.slot(0))
}

fn produce<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Some(block) = args.block else {
        return vm.raise("ArgumentError", "no block given");
    };
    let first = args.get(0);
    Ok(native_enumerator(vm, move |vm, consumer| {
        let mut next = match first {
            Some(first) => Some(first),
            None => produced(vm, block, &[])?,
        };
        while let Some(item) = next {
            vm.tick(1)?;
            vm.yield_value(consumer, item)?;
            next = produced(vm, block, &[item])?;
        }
        Ok(())
    }))
}

/// What the block makes; nothing once it raises StopIteration.
fn produced<'h>(
    vm: &mut Vm<'h>,
    block: &'h Proc<'h>,
    values: &[Value<'h>],
) -> Res<'h, Option<Value<'h>>> {
    match vm.yield_values(block, values) {
        Ok(item) => Ok(Some(item)),
        Err(Unwind::Raise(exception)) if vm.is_a(exception, "StopIteration") => Ok(None),
        Err(error) => Err(error),
    }
}

/// Calls the method an enumerator stands for.
fn run<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    further: &[Value<'h>],
    block: &'h Proc<'h>,
) -> Res<'h> {
    let own = object(vm, this)?;
    let (Value::Symbol(method), Value::Array(arguments)) = (own.slot(METHOD), own.slot(ARGUMENTS))
    else {
        // A class of the library with an `each` of its own.
        let args = Args {
            values: further,
            keywords: None,
            block: Some(block),
        };
        return vm.call_full(this, known::EACH, &args);
    };
    let mut values = arguments.to_vec();
    values.extend_from_slice(further);
    let keywords = match own.slot(KEYWORDS) {
        Value::Hash(hash) => Some(hash),
        _ => None,
    };
    let args = Args {
        values: &values,
        keywords,
        block: Some(block),
    };
    vm.call_full(own.slot(RECEIVER), method, &args)
}

fn each<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if let Some(block) = args.block {
        return run(vm, this, args.values, block);
    }
    if args.is_empty() {
        return Ok(this);
    }
    let own = object(vm, this)?;
    let (Value::Symbol(method), Value::Array(before)) = (own.slot(METHOD), own.slot(ARGUMENTS))
    else {
        return Ok(this);
    };
    let mut values = before.to_vec();
    values.extend_from_slice(args.values);
    Ok(vm.enumerator(own.slot(RECEIVER), method, &Args::of(&values)))
}

fn with_index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let offset = match args.at(0) {
        Value::Nil => 0,
        offset => vm.long(offset)?,
    };
    if offset > i64::MAX / 2 {
        return vm.unsupported("Enumerator#with_index beyond 62 bits");
    }
    let index = vm.cell(Value::Integer(offset));
    let counted = vm.native_block(-1, move |vm, args| {
        let item = vm.packed(args.values);
        let at = super::enumerable::next_number(index);
        vm.yield_values(block, &[item, Value::Integer(at)])
    });
    run(vm, this, &[], counted)
}

fn with_object<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let object = args.at(0);
    let with = vm.native_block(-1, move |vm, args| {
        let item = vm.packed(args.values);
        vm.yield_values(block, &[item, object])
    });
    run(vm, this, &[], with)?;
    Ok(object)
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let own = object(vm, this)?;
    if vm.printing.contains(&this.identity()) {
        return Ok(vm.str("#<Enumerator: ...>"));
    }
    vm.printing.push(this.identity());
    let text = called(
        vm,
        own.slot(RECEIVER),
        own.slot(METHOD),
        own.slot(ARGUMENTS),
    );
    vm.printing.pop();
    let text = text?;
    Ok(vm.str(format!("#<Enumerator: {text}>")))
}

/// `receiver:method(arguments)`
fn called<'h>(
    vm: &mut Vm<'h>,
    receiver: Value<'h>,
    method: Value<'h>,
    arguments: Value<'h>,
) -> Res<'h, String> {
    let mut text = vm.inspect(receiver)?;
    if let Value::Symbol(method) = method {
        text = format!("{text}:{}", vm.name(method));
    }
    if let Value::Array(arguments) = arguments
        && !arguments.is_empty()
    {
        let mut shown = Vec::new();
        for argument in arguments.to_vec() {
            shown.push(vm.inspect(argument)?);
        }
        text = format!("{text}({})", shown.join(", "));
    }
    Ok(text)
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.any_to_s(this);
    Ok(vm.str(text))
}

fn plus<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let parts = vm.array(vec![this, args.at(0)]);
    Ok(vm.object_with("Enumerator::Chain", vec![parts]))
}

fn parts<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Vec<Value<'h>>> {
    match object(vm, this)?.slot(0) {
        Value::Array(parts) => Ok(parts.to_vec()),
        _ => Ok(Vec::new()),
    }
}

fn chain_each<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    for part in parts(vm, this)? {
        super::enumerable::groups::walk_into(vm, part, block)?;
    }
    Ok(this)
}

fn chain_inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let parts = object(vm, this)?.slot(0);
    let parts = vm.inspect(parts)?;
    Ok(vm.str(format!("#<Enumerator::Chain: {parts}>")))
}

fn chain_size<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mut sum = Value::Integer(0);
    for part in parts(vm, this)? {
        let size = vm.call_method(part, known::SIZE, &[])?;
        if !matches!(size, Value::Integer(_)) {
            return Ok(size);
        }
        sum = vm.call_method(sum, known::ADD, &[size])?;
    }
    Ok(sum)
}

/// The name of the method an enumerator calls.
fn method_of<'h>(vm: &Vm<'h>, own: &Object<'h>) -> &'h str {
    match own.slot(METHOD) {
        Value::Symbol(name) => vm.name(name),
        _ => "",
    }
}
