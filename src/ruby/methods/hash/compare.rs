//! Equality of hashes, and whether one is part of another.

use super::super::super::eval::Vm;
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Hash, Value};
use super::super::{Args, Row, arguments};
use super::own;

pub(super) const METHODS: &[Row] = &[
    Row::new("==", 1, equal, "Whether keys and values are equal."),
    Row::new("eql?", 1, eql, "Whether keys and values are `eql?`."),
    Row::new(
        "hash",
        0,
        hash,
        "A number that is equal for equal keys of a hash.",
    ),
    Row::new("<=", 1, part, "Whether all entries are in another hash."),
    Row::new(
        "<",
        1,
        true_part,
        "Whether another hash has these entries and more.",
    ),
    Row::new(
        ">=",
        1,
        whole,
        "Whether all entries of another hash are in this one.",
    ),
    Row::new(
        ">",
        1,
        true_whole,
        "Whether this has the entries of another hash and more.",
    ),
];

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if matches!(other, Value::Object(_)) && vm.responds(other, known::TO_HASH) {
        let same = vm.call_method(other, known::EQUAL, &[this])?;
        return Ok(Value::Bool(same.truthy()));
    }
    Ok(Value::Bool(vm.equal(this, other)?))
}

fn eql<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(vm.eql(this, args.at(0))?))
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let code = vm.hash_code(this)?;
    Ok(Value::Integer((code >> 2).cast_signed()))
}

/// Whether all entries of a hash are in another.
fn contained<'h>(vm: &mut Vm<'h>, small: &'h Hash<'h>, large: &'h Hash<'h>) -> Res<'h, bool> {
    if small.len() > large.len() {
        return Ok(false);
    }
    vm.tick(small.len() / 16)?;
    for (key, value) in small.entries() {
        vm.tick(1)?;
        match vm.hash_get(large, key)? {
            Some(other) if vm.equal(value, other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn part<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (own, other) = (own(vm, this)?, arguments::hash(vm, args.at(0))?);
    Ok(Value::Bool(contained(vm, own, other)?))
}

fn true_part<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (own, other) = (own(vm, this)?, arguments::hash(vm, args.at(0))?);
    Ok(Value::Bool(
        own.len() < other.len() && contained(vm, own, other)?,
    ))
}

fn whole<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (own, other) = (own(vm, this)?, arguments::hash(vm, args.at(0))?);
    Ok(Value::Bool(contained(vm, other, own)?))
}

fn true_whole<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (own, other) = (own(vm, this)?, arguments::hash(vm, args.at(0))?);
    Ok(Value::Bool(
        other.len() < own.len() && contained(vm, other, own)?,
    ))
}
