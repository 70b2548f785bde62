//! `Range`.

mod bounds;
mod step;
mod walk;

use super::super::eval::Vm;
use super::super::unwind::Res;
use super::super::value::{Range, Value};
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[ClassDefinition::class("Range", "Object")
    .includes(&["Enumerable"])
    .methods(&[METHODS, bounds::METHODS, step::METHODS, walk::METHODS])
    .class_methods(&[CLASS_METHODS])];

const CLASS_METHODS: &[Row] = &[Row::new(
    "new",
    2,
    new,
    "A range, with its end left out when the third is true.",
)
.to(3)];

const METHODS: &[Row] = &[
    Row::new("begin", 0, begin, "Where it begins, or nil."),
    Row::new("end", 0, end, "Where it ends, or nil."),
    Row::new(
        "exclude_end?",
        0,
        exclude_end,
        "Whether the end is left out.",
    ),
    Row::new("==", 1, equal, "Whether both ends are equal."),
    Row::new("eql?", 1, eql, "Whether both ends are `eql?`."),
    Row::new(
        "hash",
        0,
        hash,
        "A number that is equal for equal keys of a hash.",
    ),
    Row::new("inspect", 0, inspect, "Both ends with dots between."),
    Row::new("to_s", 0, to_s, "The texts of both ends with dots between."),
];

fn range<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Range<'h>> {
    match this {
        Value::Range(range) => Ok(range),
        other => vm.no_conversion(other, "Range"),
    }
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if matches!(this, Value::Class(class) if class.id.is_none()) {
        return vm.unsupported("a class below Range");
    }
    vm.range(args.at(0), args.at(1), args.at(2).truthy())
}

fn begin<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(range(vm, this)?.first)
}

fn end<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(range(vm, this)?.last)
}

fn exclude_end<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(range(vm, this)?.exclusive))
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(vm.equal(this, args.at(0))?))
}

fn eql<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Range(other) = args.at(0) else {
        return Ok(Value::Bool(false));
    };
    let own = range(vm, this)?;
    let same = own.exclusive == other.exclusive
        && vm.eql(own.first, other.first)?
        && vm.eql(own.last, other.last)?;
    Ok(Value::Bool(same))
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let code = vm.hash_code(this)?;
    Ok(Value::Integer((code >> 2).cast_signed()))
}

fn dots(range: &Range<'_>) -> &'static str {
    if range.exclusive { "..." } else { ".." }
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let own = range(vm, this)?;
    let open = own.first.is_nil() && own.last.is_nil();
    let first = if own.first.is_nil() && !open {
        String::new()
    } else {
        vm.inspect(own.first)?
    };
    let last = if own.last.is_nil() && !open {
        String::new()
    } else {
        vm.inspect(own.last)?
    };
    Ok(vm.str(format!("{first}{}{last}", dots(own))))
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let own = range(vm, this)?;
    let first = vm.display(own.first)?;
    let last = vm.display(own.last)?;
    Ok(vm.str(format!("{first}{}{last}", dots(own))))
}
