//! `OpenStruct`: an object whose attributes are the entries of a table.
//!
//! Attributes hide methods (`eval/lookup.rs` finds them first); a name without an entry is nil, also when it is the name
//! of a private method. The table is the object's insides, [`Data::Attributes`].

use super::super::eval::Vm;
use super::super::symbol::{Symbol, known};
use super::super::unwind::Res;
use super::super::value::{Data, Hash, Value};
use super::kernel::method_name;
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[ClassDefinition::class("OpenStruct", "Object")
    .methods(&[METHODS])
    .class_methods(&[CLASS_METHODS])
    .missing(
        &[
            "methods",
            "singleton_methods",
            "__id__!",
            "__send__!",
            "class!",
            "clone!",
            "define_singleton_method!",
            "delete_field!",
            "dig!",
            "display!",
            "dup!",
            "each_pair!",
            "encode_with",
            "encode_with!",
            "enum_for!",
            "extend!",
            "freeze!",
            "init_with",
            "init_with!",
            "inspect!",
            "instance_eval!",
            "instance_exec!",
            "instance_variable_get!",
            "instance_variable_set!",
            "instance_variables!",
            "itself!",
            "marshal_dump!",
            "method!",
            "methods!",
            "object_id!",
            "private_methods!",
            "protected_methods!",
            "public_method!",
            "public_methods!",
            "public_send!",
            "remove_instance_variable!",
            "send!",
            "singleton_class!",
            "singleton_method!",
            "singleton_methods!",
            "table!",
            "tap!",
            "then!",
            "to_enum!",
            "to_h!",
            "to_s!",
            "yield_self!",
        ],
        &[],
    )];

const CLASS_METHODS: &[Row] = &[Row::new(
    "new",
    0,
    new,
    "An OpenStruct with the attributes of a hash.",
)
.rest()];

const METHODS: &[Row] = &[
    Row::new(
        "initialize",
        0,
        initialize,
        "Takes the attributes of a hash.",
    )
    .to(1)
    .private(),
    Row::new("[]", 1, get, "The attribute of that name, or nil."),
    Row::new("[]=", 2, set, "Sets an attribute."),
    Row::new("dig", 1, dig, "The value at a path of names and keys.").rest(),
    Row::new(
        "each_pair",
        0,
        each_pair,
        "Calls the block with each name and value.",
    )
    .enumerates(),
    Row::new("to_h", 0, to_h, "A hash of names and values."),
    Row::new("marshal_dump", 0, table, "The table of names and values."),
    Row::new("delete_field", 1, delete_field, "Removes an attribute."),
    Row::new(
        "==",
        1,
        equal,
        "Whether both are OpenStructs with equal attributes.",
    ),
    Row::new(
        "eql?",
        1,
        eql,
        "Whether both are OpenStructs with attributes that are `eql?`.",
    ),
    Row::new(
        "hash",
        0,
        hash,
        "A number that is equal for OpenStructs that are `eql?`.",
    ),
    Row::new("inspect", 0, inspect, "The attributes, for people."),
    Row::new("to_s", 0, inspect, "The attributes, for people."),
    Row::new("freeze", 0, freeze, "Makes it unchangeable."),
    Row::new(
        "method_missing",
        1,
        method_missing,
        "Nil for an attribute that is not set; sets one.",
    )
    .rest()
    .private(),
];

fn entries<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> &'h Hash<'h> {
    match this {
        Value::Object(object) => object.attributes(),
        _ => None,
    }
    .unwrap_or_else(|| vm.new_hash())
}

impl<'h> Vm<'h> {
    /// An object of OpenStruct or a class below it, with the entries of a table whose keys are symbols.
    pub fn open_struct(&mut self, class: &str, table: &'h Hash<'h>) -> Value<'h> {
        let class = self.class_named(class);
        Value::Object(self.object(class, Data::Attributes(table)))
    }
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(class) = this else {
        return Ok(Value::Nil);
    };
    let table = vm.new_hash();
    let object = Value::Object(vm.object(class, Data::Attributes(table)));
    vm.call_full(object, known::INITIALIZE, args)?;
    Ok(object)
}

fn initialize<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let pairs = match args.at(0) {
        Value::Nil | Value::Bool(false) => Vec::new(),
        Value::Hash(hash) => hash.entries(),
        Value::Object(object) if object.attributes().is_some() => entries(vm, args.at(0)).entries(),
        other => {
            let pairs = vm.call_named(other, "each_pair", &[])?;
            let pairs = vm.items(pairs)?;
            pairs.into_iter().map(pair).collect()
        }
    };
    for (name, value) in pairs {
        let name = symbol(vm, name)?;
        vm.tick(1)?;
        vm.set_attribute(this, name, value)?;
    }
    Ok(Value::Nil)
}

fn pair(item: Value<'_>) -> (Value<'_>, Value<'_>) {
    match item {
        Value::Array(array) => (
            array.get(0).unwrap_or(Value::Nil),
            array.get(1).unwrap_or(Value::Nil),
        ),
        other => (other, Value::Nil),
    }
}

/// `name.to_sym`
fn symbol<'h>(vm: &mut Vm<'h>, name: Value<'h>) -> Res<'h, Symbol> {
    match name {
        Value::Symbol(name) => Ok(name),
        Value::String(text) => {
            let text = text.text();
            Ok(vm.symbol(&text))
        }
        other => match vm.call_method(other, known::TO_SYM, &[])? {
            Value::Symbol(name) => Ok(name),
            other => method_name(vm, other),
        },
    }
}

fn get<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = symbol(vm, args.at(0))?;
    vm.attribute_of(this, name)
}

fn set<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = symbol(vm, args.at(0))?;
    vm.set_attribute(this, name, args.at(1))
}

fn dig<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = match args.at(0) {
        name @ (Value::Symbol(_) | Value::String(_)) => symbol(vm, name)?,
        other => {
            let shown = vm.display(other)?;
            return vm.raise("TypeError", format!("{shown} is not a symbol nor a string"));
        }
    };
    let value = vm.attribute_of(this, name)?;
    let rest = args.values.get(1..).unwrap_or_default();
    if rest.is_empty() || value.is_nil() {
        return Ok(value);
    }
    let digger = vm.symbol("dig");
    if !vm.responds(value, digger) {
        let class = vm.class_of(value).real();
        let class = vm.class_name(class);
        return vm.raise("TypeError", format!("{class} does not have #dig method"));
    }
    vm.call_method(value, digger, rest)
}

fn each_pair<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let table = entries(vm, this);
    vm.each(Value::Hash(table), move |vm, pair| {
        vm.yield_value(block, pair)?;
        Ok(())
    })?;
    Ok(this)
}

fn copy<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h> {
    let found = entries(vm, this).entries();
    vm.hash(found)
}

fn to_h<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let copy = copy(vm, this)?;
    match args.block {
        Some(_) => vm.call_full(copy, known::TO_H, args),
        None => Ok(copy),
    }
}

fn table<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Hash(entries(vm, this)))
}

fn delete_field<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = symbol(vm, args.at(0))?;
    let table = entries(vm, this);
    if table.frozen.get() {
        return vm.frozen(Value::Hash(table));
    }
    if let Some(value) = vm.hash_delete(table, Value::Symbol(name))? {
        return Ok(value);
    }
    if let Some(block) = args.block {
        return vm.yield_values(block, &[]);
    }
    let (text, shown) = (vm.name(name), vm.display(this)?);
    let quote = vm.opening_quote();
    let message = format!("no field {quote}{text}' in {shown}");
    vm.raise_with(
        "NameError",
        message,
        [Value::Symbol(name), this, Value::Nil],
    )
}

/// The tables of both, when the other is an OpenStruct too.
fn tables<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    other: Value<'h>,
) -> Option<(Value<'h>, Value<'h>)> {
    let both = vm.is_a(other, "OpenStruct");
    both.then(|| {
        (
            Value::Hash(entries(vm, this)),
            Value::Hash(entries(vm, other)),
        )
    })
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match tables(vm, this, args.at(0)) {
        Some((left, right)) => Ok(Value::Bool(vm.equal(left, right)?)),
        None => Ok(Value::Bool(false)),
    }
}

fn eql<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match tables(vm, this, args.at(0)) {
        Some((left, right)) => Ok(Value::Bool(vm.eql(left, right)?)),
        None => Ok(Value::Bool(false)),
    }
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let table = entries(vm, this);
    let code = vm.hash_code(Value::Hash(table))?;
    Ok(Value::Integer(i64::from_ne_bytes(code.to_ne_bytes()) >> 2))
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let class = vm.class_of(this).real();
    let class = vm.class_name(class);
    let found = entries(vm, this).entries();
    if found.is_empty() {
        return Ok(vm.str(format!("#<{class}>")));
    }
    if vm.printing.contains(&this.identity()) {
        return Ok(vm.str(format!("#<{class} ...>")));
    }
    vm.printing.push(this.identity());
    let parts = inspect_attributes(vm, found);
    vm.printing.pop();
    let parts = parts?;
    vm.grow(parts.len())?;
    Ok(vm.str(format!("#<{class} {parts}>")))
}

fn inspect_attributes<'h>(vm: &mut Vm<'h>, found: Vec<(Value<'h>, Value<'h>)>) -> Res<'h, String> {
    let mut parts = Vec::new();
    for (name, value) in found {
        let (name, shown) = (vm.display(name)?, vm.inspect(value)?);
        parts.push(format!("{name}={shown}"));
    }
    Ok(parts.join(", "))
}

fn freeze<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    entries(vm, this).frozen.set(true);
    if let Value::Object(object) = this {
        object.frozen.set(true);
    }
    Ok(this)
}

fn method_missing<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = method_name(vm, args.at(0))?;
    let text = vm.name(name);
    let given = args.values.get(1..).unwrap_or_default();
    if let Some(base) = text.strip_suffix('=') {
        let [value] = given else {
            return vm.wrong_number(given.len(), 1, Some(1));
        };
        let base = vm.symbol(base);
        return vm.set_attribute(this, base, *value);
    }
    if given.is_empty() {
        return vm.attribute_of(this, name);
    }
    vm.no_method(this, name, false)
}
