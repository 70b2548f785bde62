//! Equality and order of lists.

use std::cmp::Ordering;

use super::super::super::eval::Vm;
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::Value;
use super::super::{Args, Row, arguments};
use super::list;

pub(super) const METHODS: &[Row] = &[
    Row::new("==", 1, equal, "Whether all items are equal."),
    Row::new("eql?", 1, eql, "Whether all items are `eql?`."),
    Row::new(
        "hash",
        0,
        hash,
        "A number that is equal for equal keys of a hash.",
    ),
    Row::new(
        "<=>",
        1,
        compare,
        "The order of the first items that differ.",
    ),
];

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if matches!(other, Value::Object(_)) && vm.responds(other, known::TO_ARY) {
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

fn compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let own = list(vm, this)?;
    let Some(other) = arguments::try_array(vm, args.at(0))? else {
        return Ok(Value::Nil);
    };
    if std::ptr::eq(own, other) {
        return Ok(Value::Integer(0));
    }
    let mut index = 0;
    while let (Some(left), Some(right)) = (own.get(index), other.get(index)) {
        vm.tick(1)?;
        let Some(order) = vm.compare(left, right)? else {
            return Ok(Value::Nil);
        };
        if order != Ordering::Equal {
            return Ok(Value::Integer(order as i64));
        }
        index += 1;
    }
    Ok(Value::Integer(own.len().cmp(&other.len()) as i64))
}
