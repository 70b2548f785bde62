//! `Math`.

use num_bigint::BigInt;
use num_traits::{Signed, ToPrimitive};

use super::super::eval::{Version, Vm, big};
use super::super::unwind::Res;
use super::super::value::Value;
use super::library::{ClassDefinition, Constant};
use super::{Args, Row, conversion};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::module("Math")
        .methods(&[FUNCTIONS])
        .class_methods(&[FUNCTIONS])
        .constants(CONSTANTS)
        .missing(&[], &["gamma", "lgamma", "erf", "erfc"]),
    ClassDefinition::class("Math::DomainError", "StandardError"),
];

const CONSTANTS: &[Constant] = &[
    Constant {
        name: "PI",
        value: |_| Ok(Value::Float(std::f64::consts::PI)),
    },
    Constant {
        name: "E",
        value: |_| Ok(Value::Float(std::f64::consts::E)),
    },
];

const FUNCTIONS: &[Row] = &[
    Row::new("sqrt", 1, sqrt, "The square root."),
    Row::new("cbrt", 1, cbrt, "The cubic root."),
    Row::new("exp", 1, exp, "E to a power."),
    Row::new(
        "log",
        1,
        log,
        "The logarithm to a base, or the natural one.",
    )
    .to(2),
    Row::new("log2", 1, log2, "The logarithm to the base 2."),
    Row::new("log10", 1, log10, "The logarithm to the base 10."),
    Row::new("sin", 1, sin, "The sine."),
    Row::new("cos", 1, cos, "The cosine."),
    Row::new("tan", 1, tan, "The tangent."),
    Row::new("asin", 1, asin, "The angle of a sine."),
    Row::new("acos", 1, acos, "The angle of a cosine."),
    Row::new("atan", 1, atan, "The angle of a tangent."),
    Row::new("atan2", 2, atan2, "The angle of a point."),
    Row::new("sinh", 1, sinh, "The hyperbolic sine."),
    Row::new("cosh", 1, cosh, "The hyperbolic cosine."),
    Row::new("tanh", 1, tanh, "The hyperbolic tangent."),
    Row::new("asinh", 1, asinh, "The inverse of `sinh`."),
    Row::new("acosh", 1, acosh, "The inverse of `cosh`."),
    Row::new("atanh", 1, atanh, "The inverse of `tanh`."),
    Row::new("hypot", 2, hypot, "The length of a diagonal."),
    Row::new("ldexp", 2, ldexp, "A number times a power of two."),
    Row::new("frexp", 1, frexp, "Fraction and power of two."),
];

fn apply<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>, function: fn(f64) -> f64) -> Res<'h> {
    let value = conversion::real(vm, args.at(0))?;
    Ok(Value::Float(function(value)))
}

fn apply_inside<'h>(
    vm: &mut Vm<'h>,
    args: &Args<'_, 'h>,
    name: &str,
    inside: fn(f64) -> bool,
    function: fn(f64) -> f64,
) -> Res<'h> {
    let value = conversion::real(vm, args.at(0))?;
    if value.is_nan() || inside(value) {
        return Ok(Value::Float(function(value)));
    }
    out_of_domain(vm, name)
}

fn out_of_domain<'h, T>(vm: &mut Vm<'h>, name: &str) -> Res<'h, T> {
    let name = match vm.world.version {
        Version::Ruby31 => format!("\"{name}\""),
        Version::Ruby34 => name.to_owned(),
    };
    vm.raise(
        "Math::DomainError",
        format!("Numerical argument is out of domain - {name}"),
    )
}

fn sqrt<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    // Also of minus zero the root is zero.
    apply_inside(
        vm,
        args,
        "sqrt",
        |x| x >= 0.0,
        |x| if x == 0.0 { 0.0 } else { x.sqrt() },
    )
}

fn cbrt<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    apply(vm, args, f64::cbrt)
}

fn exp<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    apply(vm, args, f64::exp)
}

fn sin<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    apply(vm, args, f64::sin)
}

fn cos<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    apply(vm, args, f64::cos)
}

fn tan<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    apply(vm, args, f64::tan)
}

fn asin<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    apply_inside(vm, args, "asin", |x| x.abs() <= 1.0, f64::asin)
}

fn acos<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    apply_inside(vm, args, "acos", |x| x.abs() <= 1.0, f64::acos)
}

fn atan<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    apply(vm, args, f64::atan)
}

fn atan2<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let y = conversion::real(vm, args.at(0))?;
    let x = conversion::real(vm, args.at(1))?;
    Ok(Value::Float(y.atan2(x)))
}

fn sinh<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    apply(vm, args, f64::sinh)
}

fn cosh<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    apply(vm, args, f64::cosh)
}

fn tanh<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    apply(vm, args, f64::tanh)
}

fn asinh<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    apply(vm, args, f64::asinh)
}

fn acosh<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    apply_inside(vm, args, "acosh", |x| x >= 1.0, f64::acosh)
}

fn atanh<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    apply_inside(vm, args, "atanh", |x| x.abs() <= 1.0, f64::atanh)
}

fn hypot<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let x = conversion::real(vm, args.at(0))?;
    let y = conversion::real(vm, args.at(1))?;
    Ok(Value::Float(x.hypot(y)))
}

/// A number and how often it must be doubled: integers beyond all floats have logarithms too.
fn halved<'h>(vm: &mut Vm<'h>, value: Value<'h>, name: &str) -> Res<'h, (f64, f64)> {
    if let Some(whole) = big(value) {
        if whole.is_negative() {
            return out_of_domain(vm, name);
        }
        if whole.bits() > 1023 {
            let shift = whole.bits() - 1023;
            let rest: BigInt = whole >> shift;
            #[allow(
                clippy::cast_precision_loss,
                reason = "a number of bits that fits into memory"
            )]
            return Ok((rest.to_f64().unwrap_or(f64::INFINITY), shift as f64));
        }
    }
    let value = conversion::real(vm, value)?;
    if value < 0.0 {
        return out_of_domain(vm, name);
    }
    Ok((value, 0.0))
}

fn logarithm<'h>(
    vm: &mut Vm<'h>,
    value: Value<'h>,
    name: &str,
    function: fn(f64) -> f64,
) -> Res<'h, f64> {
    let (rest, shift) = halved(vm, value, name)?;
    let result = function(rest);
    Ok(if shift > 0.0 {
        result + shift * function(2.0)
    } else {
        result
    })
}

fn log<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let value = logarithm(vm, args.at(0), "log", f64::ln)?;
    let Some(base) = args.get(1) else {
        return Ok(Value::Float(value));
    };
    let base = logarithm(vm, base, "log", f64::ln)?;
    Ok(Value::Float(value / base))
}

fn log2<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Float(logarithm(vm, args.at(0), "log2", f64::log2)?))
}

fn log10<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Float(logarithm(
        vm,
        args.at(0),
        "log10",
        f64::log10,
    )?))
}

fn ldexp<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let value = conversion::real(vm, args.at(0))?;
    let power = vm.long(args.at(1))?;
    Ok(Value::Float(super::super::number::float::scale(
        value, power,
    )))
}

fn frexp<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let value = conversion::real(vm, args.at(0))?;
    let (mut fraction, mut power) = (value, 0_i64);
    if value != 0.0 && value.is_finite() {
        while fraction.abs() >= 1.0 {
            fraction /= 2.0;
            power += 1;
        }
        while fraction.abs() < 0.5 {
            fraction *= 2.0;
            power -= 1;
        }
    }
    Ok(vm.array(vec![Value::Float(fraction), Value::Integer(power)]))
}
