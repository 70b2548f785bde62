//! `Data`: objects whose members never change.

use super::super::super::eval::Vm;
use super::super::super::symbol::{Symbol, known};
use super::super::super::unwind::Res;
use super::super::super::value::{Hash, Value};
use super::super::{Args, Row};
use super::{
    blank, class_members, define_in, inspect_as, member_names, names, new_class, object, pairs,
};

pub(super) const CLASS_METHODS: &[Row] = &[
    Row::new("define", 0, define, "A class with members.").rest(),
    Row::new("new", 0, new, "An object of a class with members.")
        .rest()
        .any_keywords(),
    Row::new("[]", 0, new, "An object of a class with members.")
        .rest()
        .any_keywords(),
    Row::new("members", 0, class_members, "Names of the members."),
];

pub(super) const METHODS: &[Row] = &[
    Row::new("initialize", 0, initialize, "Takes the values by name.")
        .any_keywords()
        .private(),
    Row::new("inspect", 0, inspect, "The class with names and values."),
    Row::new("to_s", 0, inspect, "The class with names and values."),
    Row::new("with", 0, with, "A copy with other values.").any_keywords(),
];

fn define<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(above) = this else {
        return Ok(Value::Nil);
    };
    let members = member_names(vm, args.values)?;
    for member in &members {
        let name = vm.name(*member);
        if name.ends_with('=') {
            return vm.raise("ArgumentError", format!("invalid data member: {name}"));
        }
    }
    let class = new_class(vm, above, &members, false);
    define_in(vm, class, args)
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = match this {
        Value::Class(class) if class.id.is_none() => class,
        _ => return vm.no_method(this, known::NEW, false),
    };
    let names = names(vm, class);
    let made = blank(vm, class);
    let keywords = match args.keywords {
        Some(keywords) if args.is_empty() => Some(keywords),
        keywords => {
            let mut given = args.values.to_vec();
            given.extend(keywords.map(Value::Hash));
            if given.len() > names.len() {
                return vm.wrong_number(given.len(), 0, Some(names.len()));
            }
            by_name(vm, &names, &given)?
        }
    };
    let args = Args {
        values: &[],
        keywords,
        block: args.block,
    };
    vm.call_full(made, known::INITIALIZE, &args)?;
    Ok(made)
}

/// Values at places as values by name; nothing for none.
fn by_name<'h>(
    vm: &mut Vm<'h>,
    names: &[Symbol],
    given: &[Value<'h>],
) -> Res<'h, Option<&'h Hash<'h>>> {
    if given.is_empty() {
        return Ok(None);
    }
    let hash = vm.new_hash();
    for (name, value) in names.iter().zip(given) {
        vm.hash_set(hash, Value::Symbol(*name), *value)?;
    }
    Ok(Some(hash))
}

fn initialize<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = vm.class_of(this);
    let names = names(vm, class);
    let own = object(vm, this)?;
    let mut given = Vec::new();
    let mut unknown = Vec::new();
    for (key, value) in args.keywords.map(Hash::entries).unwrap_or_default() {
        let text = vm.display(key)?;
        match names.iter().position(|name| vm.name(*name) == text) {
            Some(place) => {
                own.set_slot(place, value);
                given.push(place);
            }
            None => unknown.push(vm.inspect(key)?),
        }
    }
    if given.len() + unknown.len() < names.len() {
        let absent = names
            .iter()
            .enumerate()
            .filter(|(place, _)| !given.contains(place));
        let absent = absent.map(|(_, name)| format!(":{}", vm.name(*name)));
        let absent: Vec<_> = absent.collect();
        return refuse(vm, "missing", &absent);
    }
    if !unknown.is_empty() {
        return refuse(vm, "unknown", &unknown);
    }
    own.frozen.set(true);
    Ok(Value::Nil)
}

fn refuse<'h, T>(vm: &mut Vm<'h>, how: &str, names: &[String]) -> Res<'h, T> {
    let plural = if names.len() > 1 { "s" } else { "" };
    let names = names.join(", ");
    vm.raise("ArgumentError", format!("{how} keyword{plural}: {names}"))
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    inspect_as(vm, this, "data")
}

fn with<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Some(changes) = args.keywords else {
        return Ok(this);
    };
    let hash = vm.new_hash();
    for (name, value) in pairs(vm, this)? {
        vm.hash_set(hash, Value::Symbol(name), value)?;
    }
    for (key, value) in changes.entries() {
        vm.hash_set(hash, key, value)?;
    }
    let class = vm.class_of(this).real();
    let args = Args {
        values: &[],
        keywords: Some(hash),
        block: None,
    };
    vm.call_full(Value::Class(class), known::NEW, &args)
}
