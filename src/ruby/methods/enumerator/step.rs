//! Walking an enumerator from outside, and its size.

use super::super::super::eval::{Flow, Vm};
use super::super::super::symbol::known;
use super::super::super::unwind::{Res, Unwind};
use super::super::super::value::{Array, Object, Value};
use super::super::{Args, Row};
use super::{ARGUMENTS, ENDING, FOUND, POSITION, RECEIVER, SIZE, method_of, object};

pub(super) const METHODS: &[Row] = &[
    Row::new(
        "next",
        0,
        next,
        "The next item; StopIteration behind the last.",
    ),
    Row::new("peek", 0, peek, "The next item, which stays the next."),
    Row::new("rewind", 0, rewind, "Starts again."),
    Row::new(
        "size",
        0,
        size,
        "How many items there are, where Ruby knows it.",
    ),
];

/// So many items a generator may have to be walked from outside.
const MOST: usize = 10_000;

fn next<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let item = peek(vm, this, args)?;
    let own = object(vm, this)?;
    own.set_slot(POSITION, Value::Integer(position(own).saturating_add(1)));
    Ok(item)
}

fn position(own: &Object<'_>) -> i64 {
    match own.slot(POSITION) {
        Value::Integer(position) => position,
        _ => 0,
    }
}

fn peek<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let own = object(vm, this)?;
    let position = usize::try_from(position(own)).unwrap_or(usize::MAX);
    loop {
        let Value::Array(found) = own.slot(FOUND) else {
            look_ahead(vm, this, own, 16)?;
            continue;
        };
        if let Some(item) = found.get(position) {
            return Ok(item);
        }
        match own.slot(ENDING) {
            // There is more: walk again and keep more of it.
            Value::Nil => look_ahead(vm, this, own, found.len().saturating_mul(4).max(16))?,
            exception => return vm.raise_value(exception),
        }
    }
}

/// Walks and keeps the first items, and what ended the walk.
fn look_ahead<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    own: &'h Object<'h>,
    count: usize,
) -> Res<'h, ()> {
    let repeatable = repeatable(this);
    let count = if repeatable { count } else { MOST };
    let found = vm.new_array(Vec::new());
    let more = vm.cell(Value::Bool(false));
    let result = vm.walk_each(this, move |vm, values| {
        let item = vm.packed(values);
        if found.len() >= count {
            more.set(Value::Bool(true));
            return Ok(Flow::Stop);
        }
        super::super::enumerable::add(vm, found, item);
        Ok(Flow::Next)
    });
    let ending = match result {
        Err(Unwind::Raise(exception)) => exception,
        Err(error) => return Err(error),
        Ok(result) if !more.get().truthy() => end(vm, result),
        Ok(_) if repeatable => Value::Nil,
        Ok(_) => return vm.unsupported("Enumerator#next of a generator that does not end"),
    };
    keep(own, found, ending);
    Ok(())
}

fn keep<'h>(own: &Object<'h>, found: &'h Array<'h>, ending: Value<'h>) {
    own.set_slot(FOUND, Value::Array(found));
    own.set_slot(ENDING, ending);
}

/// The exception behind the last item, with what the walk returned.
fn end<'h>(vm: &mut Vm<'h>, result: Value<'h>) -> Value<'h> {
    let class = vm.class_named("StopIteration");
    let message = vm.str("iteration reached an end");
    let exception = vm.new_exception(class, message);
    if let Value::Object(object) = exception
        && let Some(data) = object.exception()
    {
        data.details.set([result, Value::Nil, Value::Nil]);
    }
    exception
}

/// Whether walking it again gives the same and does nothing else.
fn repeatable(value: Value<'_>) -> bool {
    match value {
        Value::Array(_)
        | Value::Hash(_)
        | Value::Range(_)
        | Value::String(_)
        | Value::Integer(_) => true,
        Value::Object(own) => match own.class.get().name.get() {
            Some("Enumerator") => repeatable(own.slot(RECEIVER)),
            Some("Enumerator::ArithmeticSequence" | "Set") => true,
            _ => false,
        },
        _ => false,
    }
}

fn rewind<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let own = object(vm, this)?;
    own.set_slot(POSITION, Value::Integer(0));
    own.set_slot(FOUND, Value::Nil);
    Ok(this)
}

/// Methods that end early or give more or less than one item for one, whose enumerators have no size.
const WITHOUT_SIZE: &[&str] = &[
    "find",
    "detect",
    "find_index",
    "index",
    "rindex",
    "take_while",
    "drop_while",
    "each_entry",
    "chunk",
    "chunk_while",
    "slice_when",
    "each_line",
    "gsub",
    "scan",
    "bsearch",
    "step",
];

fn size<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let own = object(vm, this)?;
    let given = own.slot(SIZE);
    if let Value::Proc(block) = given {
        return vm.yield_values(block, &[]);
    }
    let receiver = own.slot(RECEIVER);
    let method = method_of(vm, own);
    if !given.is_nil() || WITHOUT_SIZE.contains(&method) || is_generator(receiver) {
        return Ok(given);
    }
    let argument = match own.slot(ARGUMENTS) {
        Value::Array(arguments) => arguments.get(0),
        _ => None,
    };
    match (method, receiver, argument) {
        ("loop", ..) => Ok(Value::Float(f64::INFINITY)),
        ("times", receiver, _) => Ok(receiver),
        ("each_slice" | "each_cons", _, Some(Value::Integer(count))) if count > 0 => {
            groups(vm, receiver, count, method == "each_slice")
        }
        ("cycle", _, argument) => cycles(vm, receiver, argument),
        ("each_char" | "chars" | "each_byte" | "each_grapheme_cluster" | "upto" | "downto", ..) => {
            vm.unsupported(format!("Enumerator#size of {method}"))
        }
        _ if vm.responds(receiver, known::SIZE) => vm.call_method(receiver, known::SIZE, &[]),
        _ => Ok(Value::Nil),
    }
}

fn is_generator(value: Value<'_>) -> bool {
    matches!(value, Value::Object(own) if own.class.get().name.get() == Some("Enumerator::Generator"))
}

/// How many slices or neighbourhoods of a size there are.
fn groups<'h>(vm: &mut Vm<'h>, receiver: Value<'h>, count: i64, slices: bool) -> Res<'h> {
    match vm.call_method(receiver, known::SIZE, &[])? {
        Value::Integer(all) if slices => {
            Ok(Value::Integer(all / count + i64::from(all % count > 0)))
        }
        Value::Integer(all) => Ok(Value::Integer((all - count).saturating_add(1).max(0))),
        other => Ok(other),
    }
}

fn cycles<'h>(vm: &mut Vm<'h>, receiver: Value<'h>, count: Option<Value<'h>>) -> Res<'h> {
    let all = vm.call_method(receiver, known::SIZE, &[])?;
    match (all, count) {
        (Value::Nil | Value::Integer(0), _) => Ok(all),
        (_, None | Some(Value::Nil)) => Ok(Value::Float(f64::INFINITY)),
        (_, Some(Value::Integer(count))) => {
            vm.call_method(all, known::MULTIPLY, &[Value::Integer(count.max(0))])
        }
        _ => Ok(Value::Nil),
    }
}
