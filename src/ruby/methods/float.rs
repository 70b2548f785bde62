//! `Float`: what only floats have. What they share with integers is in `numeric.rs`.

use super::super::eval::Vm;
use super::super::number::float;
use super::super::number::round::{self, Rounded, Rounding};
use super::super::unwind::Res;
use super::super::value::{Encoding, Value};
use super::integer::{digits_argument, half_argument, of_float};
use super::library::{ClassDefinition, Constant};
use super::numeric::{self, ARITHMETIC};
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[ClassDefinition::class("Float", "Numeric")
    .methods(&[ARITHMETIC, METHODS])
    .constants(CONSTANTS)
    .missing(
        &[
            "angle",
            "arg",
            "denominator",
            "numerator",
            "phase",
            "rationalize",
            "to_r",
            "to_c",
        ],
        &[],
    )];

const METHODS: &[Row] = &[
    Row::new(
        "to_s",
        0,
        to_s,
        "The shortest digits that read back as the same float.",
    ),
    Row::new(
        "inspect",
        0,
        to_s,
        "The shortest digits that read back as the same float.",
    ),
    Row::new("to_i", 0, to_i, "Without its fraction."),
    Row::new("to_int", 0, to_i, "Without its fraction."),
    Row::new("nan?", 0, is_nan, "Whether it is not a number."),
    Row::new(
        "infinite?",
        0,
        infinite,
        "The sign of an infinity, else nil.",
    ),
    Row::new(
        "finite?",
        0,
        is_finite,
        "Whether it is no infinity and not NaN.",
    ),
    Row::new("round", 0, round, "Rounded to digits.")
        .to(1)
        .keywords(&["half"]),
    Row::new("floor", 0, floor, "Rounded down.").to(1),
    Row::new("ceil", 0, ceil, "Rounded up.").to(1),
    Row::new("truncate", 0, truncate, "Rounded towards zero.").to(1),
    Row::new("coerce", 1, numeric::coerce, "Both as floats."),
    Row::new("quo", 1, quo, "The quotient."),
    Row::new("next_float", 0, next_float, "The float above."),
    Row::new("prev_float", 0, prev_float, "The float below."),
];

const CONSTANTS: &[Constant] = &[
    Constant {
        name: "INFINITY",
        value: |_| Ok(Value::Float(f64::INFINITY)),
    },
    Constant {
        name: "NAN",
        value: |_| Ok(Value::Float(f64::NAN)),
    },
    Constant {
        name: "EPSILON",
        value: |_| Ok(Value::Float(f64::EPSILON)),
    },
    Constant {
        name: "MAX",
        value: |_| Ok(Value::Float(f64::MAX)),
    },
    Constant {
        name: "MIN",
        value: |_| Ok(Value::Float(f64::MIN_POSITIVE)),
    },
    Constant {
        name: "DIG",
        value: |_| Ok(Value::Integer(15)),
    },
    Constant {
        name: "MANT_DIG",
        value: |_| Ok(Value::Integer(53)),
    },
    Constant {
        name: "RADIX",
        value: |_| Ok(Value::Integer(2)),
    },
    Constant {
        name: "MAX_EXP",
        value: |_| Ok(Value::Integer(1024)),
    },
    Constant {
        name: "MIN_EXP",
        value: |_| Ok(Value::Integer(-1021)),
    },
    Constant {
        name: "MAX_10_EXP",
        value: |_| Ok(Value::Integer(308)),
    },
    Constant {
        name: "MIN_10_EXP",
        value: |_| Ok(Value::Integer(-307)),
    },
];

fn own(value: Value<'_>) -> f64 {
    match value {
        Value::Float(value) => value,
        _ => 0.0,
    }
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = float::float_to_s(own(this));
    Ok(vm.bytes(text.into_bytes(), Encoding::UsAscii))
}

fn to_i<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    of_float(vm, own(this))
}

fn is_nan<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(this).is_nan()))
}

fn is_finite<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(this).is_finite()))
}

fn infinite<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let value = own(this);
    Ok(match value.is_infinite() {
        true if value > 0.0 => Value::Integer(1),
        true => Value::Integer(-1),
        false => Value::Nil,
    })
}

fn rounded<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    rounding: Rounding,
) -> Res<'h> {
    let digits = digits_argument(vm, args.get(0))?;
    match vm.lift(round::float(own(this), digits, rounding))? {
        Rounded::Integer(value) => Ok(vm.integer(value)),
        Rounded::Float(value) => Ok(Value::Float(value)),
    }
}

fn round<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let half = half_argument(vm, args)?;
    rounded(vm, this, args, Rounding::Nearest(half))
}

fn floor<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    rounded(vm, this, args, Rounding::Floor)
}

fn ceil<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    rounded(vm, this, args, Rounding::Ceil)
}

fn truncate<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    rounded(vm, this, args, Rounding::Truncate)
}

fn quo<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    vm.call_named(this, "/", args.values)
}

fn next_float<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Float(own(this).next_up()))
}

fn prev_float<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Float(own(this).next_down()))
}
