//! `Struct` and `Data`: classes of objects with members.
//!
//! A class made by `Struct.new` or `Data.define` keeps the names of its members in a hidden variable; its objects keep
//! the values in places of the same order, which the methods of the members read and write.

mod data;
mod structs;

use super::super::class::{Class, ClassKind, MethodBody, Visibility};
use super::super::eval::Vm;
use super::super::symbol::Symbol;
use super::super::unwind::Res;
use super::super::value::{Data, Object, Value};
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("Struct", "Object")
        .includes(&["Enumerable"])
        .methods(&[structs::METHODS, SHARED])
        .class_methods(&[structs::CLASS_METHODS]),
    ClassDefinition::class("Data", "Object")
        .methods(&[data::METHODS, SHARED])
        .class_methods(&[data::CLASS_METHODS]),
];

/// Methods of the objects of both.
const SHARED: &[Row] = &[
    Row::new("==", 1, equal, "Whether class and values are equal."),
    Row::new("eql?", 1, eql, "Whether class and values are `eql?`."),
    Row::new(
        "hash",
        0,
        hash,
        "A number that is equal for equal keys of a hash.",
    ),
    Row::new("members", 0, members, "Names of the members."),
    Row::new("to_h", 0, to_h, "A hash of names and values."),
    Row::new("deconstruct", 0, values, "The values."),
    Row::new(
        "deconstruct_keys",
        1,
        deconstruct_keys,
        "A hash of some names and values.",
    ),
];

/// Hidden variables of the classes.
const MEMBERS: &str = "__members__";
const KEYWORDS: &str = "__keyword_init__";

/// A hidden variable of a class or one above.
fn class_note<'h>(vm: &mut Vm<'h>, class: &'h Class<'h>, name: &str) -> Value<'h> {
    let name = vm.symbol(name);
    let mut next = Some(class);
    while let Some(class) = next {
        if let Some(found) = super::super::class::get(&class.instance_variables, name) {
            return found;
        }
        next = class.superclass.get();
    }
    Value::Nil
}

/// Names of the members of a class.
fn names<'h>(vm: &mut Vm<'h>, class: &'h Class<'h>) -> Vec<Symbol> {
    let Value::Array(names) = class_note(vm, class, MEMBERS) else {
        return Vec::new();
    };
    let names = names.to_vec().into_iter().filter_map(|name| match name {
        Value::Symbol(name) => Some(name),
        _ => None,
    });
    names.collect()
}

fn object<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Object<'h>> {
    match this {
        Value::Object(object) => Ok(object),
        _ => vm.raise("TypeError", "uninitialized struct"),
    }
}

/// Names and values of an object.
fn pairs<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, Vec<(Symbol, Value<'h>)>> {
    let class = vm.class_of(this);
    let values = object(vm, this)?.slots();
    let names = names(vm, class);
    Ok(names.into_iter().zip(values).collect())
}

/// The names of members a class is made with.
fn member_names<'h>(vm: &mut Vm<'h>, values: &[Value<'h>]) -> Res<'h, Vec<Symbol>> {
    let mut names = Vec::new();
    for value in values {
        let name = super::arguments::name(vm, *value)?;
        if names.contains(&name) {
            let text = vm.name(name);
            return vm.raise("ArgumentError", format!("duplicate member: {text}"));
        }
        names.push(name);
    }
    Ok(names)
}

/// A class below `Struct` or `Data` with members.
fn new_class<'h>(
    vm: &mut Vm<'h>,
    above: &'h Class<'h>,
    members: &[Symbol],
    writable: bool,
) -> &'h Class<'h> {
    let class = vm.new_class(ClassKind::Class, None, Some(above));
    let names = members.iter().map(|name| Value::Symbol(*name)).collect();
    let names = vm.array(names);
    set_note(vm, class, MEMBERS, names);
    for (place, member) in members.iter().enumerate() {
        vm.define_method(
            class,
            *member,
            MethodBody::Member(place),
            Visibility::Public,
        );
        if writable {
            let writer = format!("{}=", vm.name(*member));
            let writer = vm.symbol(&writer);
            vm.define_method(
                class,
                writer,
                MethodBody::SetMember(place),
                Visibility::Public,
            );
        }
    }
    class
}

fn set_note<'h>(vm: &mut Vm<'h>, class: &Class<'h>, name: &str, value: Value<'h>) {
    let name = vm.symbol(name);
    super::super::class::set(&class.instance_variables, name, value);
}

/// Runs the block of a definition in the new class.
fn define_in<'h>(vm: &mut Vm<'h>, class: &'h Class<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let made = Value::Class(class);
    if let Some(block) = args.block {
        vm.call_with_self(block, made, &[made], Some(class))?;
    }
    Ok(made)
}

/// An object of a class, with nil for every member.
fn blank<'h>(vm: &mut Vm<'h>, class: &'h Class<'h>) -> Value<'h> {
    let count = names(vm, class).len();
    vm.heap.take(count * size_of::<Value<'_>>());
    let slots = vec![Value::Nil; count];
    Value::Object(vm.object(class, Data::Slots(slots.into())))
}

fn class_members<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(class) = this else {
        return Ok(Value::Nil);
    };
    let names = names(vm, class).into_iter().map(Value::Symbol);
    Ok(vm.array(names.collect()))
}

fn members<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = Value::Class(vm.class_of(this));
    class_members(vm, class, args)
}

fn values<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let values = object(vm, this)?.slots();
    Ok(vm.array(values))
}

fn to_h<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let pairs = pairs(vm, this)?;
    let entries = pairs
        .into_iter()
        .map(|(name, value)| (Value::Symbol(name), value));
    let hash = vm.hash(entries.collect())?;
    match args.block {
        Some(block) => super::enumerable::to_pairs(vm, hash, Some(block)),
        None => Ok(hash),
    }
}

fn deconstruct_keys<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let wanted = match args.at(0) {
        Value::Nil => return to_h(vm, this, &Args::of(&[])),
        Value::Array(wanted) => wanted.to_vec(),
        other => {
            let class = vm.kind_word(other);
            let text = format!("wrong argument type {class} (expected Array or nil)");
            return vm.raise("TypeError", text);
        }
    };
    let pairs = pairs(vm, this)?;
    let mut entries = Vec::new();
    for key in wanted {
        // Names behind one that is no member are not asked for.
        match pairs
            .iter()
            .find(|(name, _)| Value::Symbol(*name).same(key))
        {
            Some((_, value)) => entries.push((key, *value)),
            None => break,
        }
    }
    vm.hash(entries)
}

/// The values of both as lists, when they are of the same class.
fn both<'h>(vm: &mut Vm<'h>, this: Value<'h>, other: Value<'h>) -> Option<(Value<'h>, Value<'h>)> {
    let (Value::Object(own), Value::Object(other)) = (this, other) else {
        return None;
    };
    if own.class.get().real().serial != other.class.get().real().serial {
        return None;
    }
    Some((vm.array(own.slots()), vm.array(other.slots())))
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match both(vm, this, args.at(0)) {
        Some((own, other)) => Ok(Value::Bool(vm.equal(own, other)?)),
        None => Ok(Value::Bool(false)),
    }
}

fn eql<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match both(vm, this, args.at(0)) {
        Some((own, other)) => Ok(Value::Bool(vm.eql(own, other)?)),
        None => Ok(Value::Bool(false)),
    }
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = vm.class_of(this).real().serial;
    let values = values(vm, this, args)?;
    let code = vm.hash_code(values)? ^ u64::from(class).rotate_left(17);
    Ok(Value::Integer((code >> 2).cast_signed()))
}

/// `#<struct Name a=1>`
fn inspect_as<'h>(vm: &mut Vm<'h>, this: Value<'h>, kind: &str) -> Res<'h> {
    let class = vm.class_of(this).real();
    let mut head = format!("#<{kind} ");
    if let Some(name) = class.name.get() {
        head.push_str(name);
    }
    if vm.printing.contains(&this.identity()) {
        return Ok(vm.str(format!("{head}:...>")));
    }
    if class.name.get().is_some() {
        head.push(' ');
    }
    vm.printing.push(this.identity());
    let text = inspected(vm, this);
    vm.printing.pop();
    let text = text?;
    Ok(vm.str(format!("{head}{text}>")))
}

fn inspected<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, String> {
    let mut parts = Vec::new();
    for (name, value) in pairs(vm, this)? {
        let shown = vm.inspect(value)?;
        parts.push(format!("{}={shown}", vm.name(name)));
    }
    Ok(parts.join(", "))
}
