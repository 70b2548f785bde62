//! `1.day`: ActiveSupport's durations, and sizes in bytes.
//!
//! A duration is a number of seconds and the parts it was made of, in its slots; what it does not know itself it asks
//! the number. A number in front of one (`2 * 1.day`) becomes a `Scalar` that knows how to calculate with durations.

use super::super::super::eval::Vm;
use super::super::super::symbol::{Symbol, known};
use super::super::super::unwind::Res;
use super::super::super::value::Value;
use super::super::kernel::method_name;
use super::super::{Args, Row};

const DURATION: &str = "ActiveSupport::Duration";
const SCALAR: &str = "ActiveSupport::Duration::Scalar";

/// Units with their seconds, largest first.
const UNITS: [(&str, i64); 7] = [
    ("years", 31_556_952),
    ("months", 2_629_746),
    ("weeks", 604_800),
    ("days", 86_400),
    ("hours", 3600),
    ("minutes", 60),
    ("seconds", 1),
];

/// Rows with two names.
macro_rules! both {
    ($($one:literal $many:literal $function:expr, $doc:literal;)*) => {
        &[$(Row::new($one, 0, $function, $doc), Row::new($many, 0, $function, $doc),)*]
    };
}

pub(super) const NUMERIC: &[Row] = both! {
    "second" "seconds" |vm, this, _| made(vm, this, "seconds"), "A duration.";
    "minute" "minutes" |vm, this, _| made(vm, this, "minutes"), "A duration.";
    "hour" "hours" |vm, this, _| made(vm, this, "hours"), "A duration.";
    "day" "days" |vm, this, _| made(vm, this, "days"), "A duration.";
    "week" "weeks" |vm, this, _| made(vm, this, "weeks"), "A duration.";
    "fortnight" "fortnights" fortnights, "A duration of so many times two weeks.";
    "byte" "bytes" |vm, this, _| bytes(vm, this, 0), "Itself.";
    "kilobyte" "kilobytes" |vm, this, _| bytes(vm, this, 1), "So many times 1024.";
    "megabyte" "megabytes" |vm, this, _| bytes(vm, this, 2), "So many times 1024 kilobytes.";
    "gigabyte" "gigabytes" |vm, this, _| bytes(vm, this, 3), "So many times 1024 megabytes.";
    "terabyte" "terabytes" |vm, this, _| bytes(vm, this, 4), "So many times 1024 gigabytes.";
    "petabyte" "petabytes" |vm, this, _| bytes(vm, this, 5), "So many times 1024 terabytes.";
    "exabyte" "exabytes" |vm, this, _| bytes(vm, this, 6), "So many times 1024 petabytes.";
};

pub(super) const NUMERIC_ALONE: &[Row] = &[Row::new(
    "in_milliseconds",
    0,
    in_milliseconds,
    "So many thousands.",
)];

pub(super) const INTEGER: &[Row] = both! {
    "month" "months" |vm, this, _| made(vm, this, "months"), "A duration of so many twelfths of a year.";
    "year" "years" |vm, this, _| made(vm, this, "years"), "A duration of so many times 365.2425 days.";
};

const SINCE: Row = Row::new("since", 0, since, "So much later than a time, or than now.").to(1);
const AGO: Row = Row::new("ago", 0, ago, "So much earlier than a time, or than now.").to(1);
const TO_I: Row = Row::new("to_i", 0, to_i, "Whole seconds.");
const IS_A: Row = Row::new(
    "is_a?",
    1,
    is_a,
    "Whether it is a duration or its number is such a one.",
);

pub(super) const ROWS: &[Row] = &[
    Row::new("value", 0, |_, this, _| Ok(slot(this, 0)), "The seconds."),
    Row::new(
        "parts",
        0,
        |vm, this, _| vm.call_method(slot(this, 1), known::DUP, &[]),
        "The units it was made of.",
    ),
    TO_I,
    TO_I.alias("in_seconds"),
    Row::new("to_f", 0, to_f, "Seconds as a float."),
    Row::new("to_s", 0, to_s, "The seconds as text."),
    Row::new("inspect", 0, inspect, "The units in words."),
    Row::new(
        "in_minutes",
        0,
        |vm, this, _| within(vm, this, 60),
        "Minutes as a float.",
    ),
    Row::new(
        "in_hours",
        0,
        |vm, this, _| within(vm, this, 3600),
        "Hours as a float.",
    ),
    Row::new(
        "in_days",
        0,
        |vm, this, _| within(vm, this, 86_400),
        "Days as a float.",
    ),
    Row::new(
        "in_weeks",
        0,
        |vm, this, _| within(vm, this, 604_800),
        "Weeks as a float.",
    ),
    Row::new(
        "in_months",
        0,
        |vm, this, _| within(vm, this, 2_629_746),
        "Months as a float.",
    ),
    Row::new(
        "in_years",
        0,
        |vm, this, _| within(vm, this, 31_556_952),
        "Years as a float.",
    ),
    Row::new("+", 1, add, "The sum; numbers are seconds."),
    Row::new("-", 1, subtract, "The difference; numbers are seconds."),
    Row::new("*", 1, multiply, "So many times as long."),
    Row::new(
        "/",
        1,
        divide,
        "A part of it, or how often another is in it.",
    ),
    Row::new("%", 1, modulo, "What is left; numbers are seconds."),
    Row::new("-@", 0, negate, "Backwards."),
    Row::new("+@", 0, |_, this, _| Ok(this), "Itself."),
    Row::new(
        "==",
        1,
        equal,
        "Whether both are as long; numbers are seconds.",
    ),
    Row::new("eql?", 1, eql, "Whether it is a duration as long."),
    Row::new(
        "hash",
        0,
        |vm, this, _| vm.call_method(slot(this, 0), known::HASH, &[]),
        "That of its number.",
    ),
    Row::new("<=>", 1, compare, "-1, 0 or 1; numbers are seconds."),
    Row::new(
        "coerce",
        1,
        coerce,
        "A number and a duration that can be calculated with.",
    ),
    SINCE,
    SINCE.alias("from_now"),
    SINCE.alias("after"),
    AGO,
    AGO.alias("until"),
    AGO.alias("before"),
    IS_A,
    IS_A.alias("kind_of?"),
    IS_A.alias("instance_of?"),
    Row::new(
        "respond_to_missing?",
        1,
        responds,
        "Whether its number knows a method.",
    )
    .to(2)
    .private(),
    Row::new("method_missing", 1, delegate, "Asks its number.")
        .rest()
        .any_keywords()
        .private(),
];

pub(super) const MISSING: &[&str] = &[
    "iso8601",
    "as_json",
    "encode_with",
    "init_with",
    "variable?",
];

pub(super) const SCALARS: &[Row] = &[
    Row::new("+", 1, scalar_add, "The sum with a duration."),
    Row::new("-", 1, scalar_subtract, "The difference with a duration."),
    Row::new("*", 1, scalar_multiply, "So many times a duration."),
    Row::new("/", 1, scalar_divide, "How often a duration is in it."),
    Row::new("%", 1, scalar_modulo, "What is left."),
    Row::new("<=>", 1, scalar_compare, "-1, 0 or 1."),
];

fn slot(this: Value<'_>, index: usize) -> Value<'_> {
    match this {
        Value::Object(object) => object.slot(index),
        _ => Value::Nil,
    }
}

/// A duration of seconds and parts; parts of nothing are left out.
fn duration<'h>(vm: &mut Vm<'h>, value: Value<'h>, parts: Vec<(Value<'h>, Value<'h>)>) -> Res<'h> {
    let mut kept = Vec::new();
    for (unit, number) in parts {
        if !vm.equal(number, Value::Integer(0))? {
            kept.push((unit, number));
        }
    }
    let parts = vm.hash(kept)?;
    Ok(vm.object_with(DURATION, vec![value, parts]))
}

fn made<'h>(vm: &mut Vm<'h>, this: Value<'h>, unit: &str) -> Res<'h> {
    let seconds = UNITS
        .iter()
        .find(|(name, _)| *name == unit)
        .map_or(1, |(_, seconds)| *seconds);
    let value = if seconds == 1 {
        this
    } else {
        vm.call_method(this, known::MULTIPLY, &[Value::Integer(seconds)])?
    };
    let unit = Value::Symbol(vm.symbol(unit));
    duration(vm, value, vec![(unit, this)])
}

fn fortnights<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let weeks = vm.call_method(this, known::MULTIPLY, &[Value::Integer(2)])?;
    made(vm, weeks, "weeks")
}

fn bytes<'h>(vm: &mut Vm<'h>, this: Value<'h>, power: u32) -> Res<'h> {
    if power == 0 {
        return Ok(this);
    }
    let factor = Value::Integer(1024_i64.pow(power));
    vm.call_method(this, known::MULTIPLY, &[factor])
}

fn in_milliseconds<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    vm.call_method(this, known::MULTIPLY, &[Value::Integer(1000)])
}

fn to_i<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    vm.call_method(slot(this, 0), known::TO_I, &[])
}

fn to_f<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    vm.call_method(slot(this, 0), known::TO_F, &[])
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    vm.to_s(slot(this, 0))
}

fn within<'h>(vm: &mut Vm<'h>, this: Value<'h>, seconds: i32) -> Res<'h> {
    let whole = vm.call_method(slot(this, 0), known::TO_I, &[])?;
    vm.call_method(whole, known::DIVIDE, &[Value::Float(f64::from(seconds))])
}

fn parts_of(this: Value<'_>) -> Vec<(Value<'_>, Value<'_>)> {
    match slot(this, 1) {
        Value::Hash(parts) => parts.entries(),
        _ => Vec::new(),
    }
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let parts = parts_of(this);
    let mut words = Vec::new();
    for (unit, _) in UNITS {
        for (name, number) in &parts {
            if !matches!(name, Value::Symbol(name) if vm.name(*name) == unit) {
                continue;
            }
            let shown = vm.display(*number)?;
            let one = vm.equal(*number, Value::Integer(1))?;
            let unit = if one {
                unit.trim_end_matches('s')
            } else {
                unit
            };
            words.push(format!("{shown} {unit}"));
        }
    }
    let text = match words.as_slice() {
        [] => format!("{} seconds", vm.display(slot(this, 0))?),
        [single] => single.clone(),
        [first, second] => format!("{first} and {second}"),
        [front @ .., end] => format!("{}, and {end}", front.join(", ")),
    };
    Ok(vm.str(text))
}

/// The parts with those of another added.
fn added<'h>(
    vm: &mut Vm<'h>,
    mut parts: Vec<(Value<'h>, Value<'h>)>,
    others: &[(Value<'h>, Value<'h>)],
) -> Res<'h, Vec<(Value<'h>, Value<'h>)>> {
    for (unit, number) in others {
        match parts.iter_mut().find(|(known, _)| known.same(*unit)) {
            Some((_, old)) => *old = vm.call_method(*old, known::ADD, &[*number])?,
            None => parts.push((*unit, *number)),
        }
    }
    Ok(parts)
}

fn add<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if vm.is_a(other, DURATION) {
        let parts = added(vm, parts_of(this), &parts_of(other))?;
        let value = vm.call_method(slot(this, 0), known::ADD, &[slot(other, 0)])?;
        return duration(vm, value, parts);
    }
    let seconds = Value::Symbol(vm.symbol("seconds"));
    let parts = added(vm, parts_of(this), &[(seconds, other)])?;
    let value = vm.call_method(slot(this, 0), known::ADD, &[other])?;
    duration(vm, value, parts)
}

fn subtract<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let negative = vm.call_method(args.at(0), known::NEGATE, &[])?;
    add(vm, this, &Args::of(&[negative]))
}

/// A calculation with the number and with each part.
fn scaled<'h>(vm: &mut Vm<'h>, this: Value<'h>, name: Symbol, by: &[Value<'h>]) -> Res<'h> {
    let value = vm.call_method(slot(this, 0), name, by)?;
    let mut parts = Vec::new();
    for (unit, number) in parts_of(this) {
        parts.push((unit, vm.call_method(number, name, by)?));
    }
    duration(vm, value, parts)
}

/// The number of a duration; a number itself.
fn number_of<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Value<'h> {
    if vm.is_a(value, DURATION) || vm.is_a(value, SCALAR) {
        return slot(value, 0);
    }
    value
}

fn numeric<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h> {
    let number = number_of(vm, value);
    if vm.is_a(number, "Numeric") {
        return Ok(number);
    }
    let class = vm.kind_word(value);
    let class = if value.is_nil() {
        "NilClass".to_owned()
    } else {
        class
    };
    vm.raise(
        "TypeError",
        format!("no implicit conversion of {class} into {DURATION}"),
    )
}

fn multiply<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let by = numeric(vm, args.at(0))?;
    scaled(vm, this, known::MULTIPLY, &[by])
}

fn divide<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let by = numeric(vm, args.at(0))?;
    if vm.is_a(args.at(0), DURATION) {
        return vm.call_method(slot(this, 0), known::DIVIDE, &[by]);
    }
    scaled(vm, this, known::DIVIDE, &[by])
}

/// A duration of seconds, in the units that fit.
fn built<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h> {
    let Value::Integer(mut left) = value else {
        return vm.unsupported("a remainder of durations that is no integer");
    };
    let mut parts = Vec::new();
    for (unit, seconds) in UNITS {
        if left / seconds != 0 {
            parts.push((
                Value::Symbol(vm.symbol(unit)),
                Value::Integer(left / seconds),
            ));
            left %= seconds;
        }
    }
    duration(vm, value, parts)
}

fn modulo<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let by = numeric(vm, args.at(0))?;
    let left = vm.call_method(slot(this, 0), known::MODULO, &[by])?;
    built(vm, left)
}

fn negate<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    scaled(vm, this, known::NEGATE, &[])
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = number_of(vm, args.at(0));
    Ok(Value::Bool(vm.equal(other, slot(this, 0))?))
}

fn eql<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let same = vm.is_a(args.at(0), DURATION) && vm.eql(slot(args.at(0), 0), slot(this, 0))?;
    Ok(Value::Bool(same))
}

fn compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = number_of(vm, args.at(0));
    if !vm.is_a(other, "Numeric") {
        return Ok(Value::Nil);
    }
    vm.call_method(slot(this, 0), known::COMPARE, &[other])
}

fn coerce<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let number = number_of(vm, args.at(0));
    let scalar = vm.object_with(SCALAR, vec![number]);
    Ok(vm.array(vec![scalar, this]))
}

fn since<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    moved(vm, this, args, known::ADD)
}

fn ago<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    moved(vm, this, args, known::SUBTRACT)
}

/// A time that is earlier or later. Months and years go by the calendar.
fn moved<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>, way: Symbol) -> Res<'h> {
    let time = if let Some(time) = args.get(0) {
        time
    } else {
        let class = Value::Class(vm.class_named("Time"));
        vm.call_named(class, "now", &[])?
    };
    if !vm.is_a(time, "Time") {
        return vm.unsupported("a duration before or after something else than a Time");
    }
    let seconds = seconds_of(vm, this)?;
    vm.call_method(time, way, &[seconds])
}

/// The seconds to add to a time; refused for months and years, which are not always as long.
pub(in super::super) fn seconds_of<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h> {
    for (unit, _) in parts_of(this) {
        if matches!(unit, Value::Symbol(unit) if matches!(vm.name(unit), "months" | "years")) {
            return vm.unsupported("months and years before or after a Time");
        }
    }
    Ok(slot(this, 0))
}

/// Whether a value is a duration.
pub(in super::super) fn is_duration<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> bool {
    matches!(value, Value::Object(_)) && vm.is_a(value, DURATION)
}

fn is_a<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if matches!(args.at(0), Value::Class(class) if class.name.get() == Some(DURATION)) {
        return Ok(Value::Bool(true));
    }
    vm.call_method(slot(this, 0), known::IS_A, &[args.at(0)])
}

fn responds<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = method_name(vm, args.at(0))?;
    Ok(Value::Bool(vm.responds(slot(this, 0), name)))
}

fn delegate<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = method_name(vm, args.at(0))?;
    let rest = Args {
        values: args.values.get(1..).unwrap_or_default(),
        ..*args
    };
    vm.call_public(slot(this, 0), name, &rest)
}

/// The parts of a duration, calculated with one by one; the seconds then get those of the number.
fn scalar_parts<'h>(vm: &mut Vm<'h>, this: Value<'h>, other: Value<'h>, negative: bool) -> Res<'h> {
    let seconds = Value::Symbol(vm.symbol("seconds"));
    let mut parts = Vec::new();
    for (unit, number) in parts_of(other) {
        let number = if negative {
            vm.call_method(number, known::NEGATE, &[])?
        } else {
            number
        };
        parts.push((unit, number));
    }
    let parts = added(vm, parts, &[(seconds, slot(this, 0))])?;
    let way = if negative {
        known::SUBTRACT
    } else {
        known::ADD
    };
    let value = vm.call_method(slot(this, 0), way, &[slot(other, 0)])?;
    duration(vm, value, parts)
}

fn scalar_add<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    scalar_parts(vm, this, args.at(0), false)
}

fn scalar_subtract<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    scalar_parts(vm, this, args.at(0), true)
}

fn scalar_multiply<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    scaled(vm, args.at(0), known::MULTIPLY, &[slot(this, 0)])
}

fn scalar_divide<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    vm.call_method(slot(this, 0), known::DIVIDE, &[slot(args.at(0), 0)])
}

fn scalar_modulo<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let left = vm.call_method(slot(this, 0), known::MODULO, &[slot(args.at(0), 0)])?;
    built(vm, left)
}

fn scalar_compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = number_of(vm, args.at(0));
    vm.call_method(slot(this, 0), known::COMPARE, &[other])
}
