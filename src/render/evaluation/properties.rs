//! `PropertyHelper`: values at dotted paths.

use crate::ruby::eval::Vm;
use crate::ruby::methods::library::ClassDefinition;
use crate::ruby::methods::{Args, Row};
use crate::ruby::symbol::known;
use crate::ruby::unwind::Res;
use crate::ruby::value::Value;

/// Classes of this file.
pub(super) const CLASSES: &[ClassDefinition] =
    &[
        ClassDefinition::module("Bosh::Common::Template::PropertyHelper")
            .methods(&[METHODS])
            .missing(&["sort_property", "validate_properties_format"], &[]),
    ];

const METHODS: &[Row] = &[
    Row::new(
        "lookup_property",
        2,
        lookup_property,
        "The value at a dotted path in a hash, or nil.",
    ),
    Row::new(
        "copy_property",
        3,
        copy_property,
        "Copies the value at a dotted path, or a default, to another hash.",
    )
    .to(4),
    Row::new(
        "set_property",
        3,
        set_property,
        "Sets the value at a dotted path in a hash.",
    ),
];

/// The value at a dotted path; nil where it ends early.
pub(super) fn look_up<'h>(vm: &mut Vm<'h>, collection: Value<'h>, name: Value<'h>) -> Res<'h> {
    if collection.is_nil() {
        return Ok(Value::Nil);
    }
    let Value::String(name) = name else {
        return look_up_keys(vm, collection, name);
    };
    let name = name.text();
    let name = name.trim_end_matches('.');
    if name.is_empty() {
        return Ok(collection);
    }
    let mut at = collection;
    for key in name.split('.') {
        at = step(vm, at, key)?;
        if at.is_nil() {
            break;
        }
    }
    Ok(at)
}

/// A name that is no string: its `split` gives the keys, or an error.
fn look_up_keys<'h>(vm: &mut Vm<'h>, collection: Value<'h>, name: Value<'h>) -> Res<'h> {
    let mut at = collection;
    for key in keys(vm, name)? {
        at = vm.call_method(at, known::INDEX, &[key])?;
        if at.is_nil() {
            break;
        }
    }
    Ok(at)
}

fn keys<'h>(vm: &mut Vm<'h>, name: Value<'h>) -> Res<'h, Vec<Value<'h>>> {
    let dot = vm.str(".");
    let keys = vm.call_named(name, "split", &[dot])?;
    vm.items(keys)
}

fn step<'h>(vm: &mut Vm<'h>, at: Value<'h>, key: &str) -> Res<'h> {
    if let Value::Hash(hash) = at
        && let Some(value) = hash.get_text(key)
    {
        return Ok(value);
    }
    let key = vm.str(key);
    match at {
        Value::Hash(hash) => vm.hash_index(hash, key),
        _ => vm.call_method(at, known::INDEX, &[key]),
    }
}

/// Whose properties are looked up, for who counts what was looked at.
#[derive(Clone, Copy)]
pub(super) enum Owner<'h> {
    /// The job.
    Job,
    /// The link of this name.
    Link(Value<'h>),
    /// An instance of a link.
    LinkInstance,
}

/// Stands for all properties of an owner.
pub(in crate::render) const ALL: &str = "*";

/// Counts a look at a property.
pub(super) fn looked<'h>(vm: &mut Vm<'h>, owner: Owner<'h>, name: &str) {
    let Some(recorder) = &mut vm.recorder else {
        return;
    };
    match owner {
        Owner::Job => recorder.look("", name),
        Owner::Link(Value::String(link)) => recorder.look(&link.text(), name),
        Owner::Link(_) | Owner::LinkInstance => {}
    }
}

/// The value of a property.
pub(super) fn value_of<'h>(
    vm: &mut Vm<'h>,
    owner: Owner<'h>,
    properties: Value<'h>,
    name: Value<'h>,
) -> Res<'h> {
    if let Value::String(text) = name
        && vm.recorder.is_some()
    {
        looked(vm, owner, &text.text());
    }
    look_up(vm, properties, name)
}

/// The first of these properties that is set.
pub(super) fn first_of<'h>(
    vm: &mut Vm<'h>,
    owner: Owner<'h>,
    properties: Value<'h>,
    names: &[Value<'h>],
) -> Res<'h, Option<Value<'h>>> {
    for name in names {
        vm.tick(1)?;
        let value = value_of(vm, owner, properties, *name)?;
        if !value.is_nil() {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

fn lookup_property<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    look_up(vm, args.at(0), args.at(1))
}

fn copy_property<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let keys = keys(vm, args.at(2))?;
    let mut value = args.at(1);
    for key in &keys {
        if !matches!(value, Value::Hash(_)) {
            let (name, class) = (vm.display(args.at(2))?, vm.class_of(value).real());
            let class = vm.class_name(class);
            return vm.raise(
                "Bosh::Common::Template::InvalidPropertyType",
                format!("Property '{name}' expects a hash, but received '{class}'"),
            );
        }
        value = vm.call_method(value, known::INDEX, &[*key])?;
        if value.is_nil() {
            break;
        }
    }
    let value = if value.is_nil() { args.at(3) } else { value };
    set_at(vm, args.at(0), &keys, value)
}

fn set_property<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let keys = keys(vm, args.at(1))?;
    set_at(vm, args.at(0), &keys, args.at(2))
}

/// Sets a value at a path, and hashes on the way to it.
fn set_at<'h>(vm: &mut Vm<'h>, hash: Value<'h>, keys: &[Value<'h>], value: Value<'h>) -> Res<'h> {
    let (last, parents) = match keys.split_last() {
        Some((last, parents)) => (*last, parents),
        None => (Value::Nil, keys),
    };
    let mut at = hash;
    for key in parents {
        let mut next = vm.call_method(at, known::INDEX, &[*key])?;
        if !next.truthy() {
            next = Value::Hash(vm.new_hash());
            vm.call_method(at, known::SET_INDEX, &[*key, next])?;
        }
        at = next;
    }
    vm.call_method(at, known::SET_INDEX, &[last, value])?;
    Ok(value)
}
