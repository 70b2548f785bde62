//! `EvaluationContext`: the `self` of a template.

use std::sync::Arc;

use super::errors::unknown_property;
use super::open_struct::{OPEN_STRUCT, SPEC_STRUCT, open_struct};
use super::properties::{Owner, first_of, value_of};
use super::{else_chain, link};
use crate::render::context::InstanceSpec;
use crate::ruby::convert::to_ruby;
use crate::ruby::eval::Vm;
use crate::ruby::methods::library::ClassDefinition;
use crate::ruby::methods::{Args, Row};
use crate::ruby::unwind::Res;
use crate::ruby::value::{Data, Value};

/// Its name.
const CONTEXT: &str = "Bosh::Common::Template::EvaluationContext";
/// Holds the numbers of DNS names; as in Ruby, nil without a Director.
pub(super) const ENCODER: &str = "Bosh::Director::DnsEncoder";

/// Classes of this file.
pub(super) const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class(CONTEXT, "Object")
        .includes(&["Bosh::Common::Template::PropertyHelper"])
        .methods(&[METHODS])
        .missing(&["get_binding", "create_evaluation_link"], &["new"]),
    ClassDefinition::class(SPEC_STRUCT, OPEN_STRUCT).methods(&[SPEC_METHODS]),
    ClassDefinition::class(ENCODER, "Object").missing(
        &[
            "encode_link",
            "encode_query",
            "id_for_az",
            "num_for_uuid",
            "id_for_network",
            "id_for_group_tuple",
        ],
        &["new"],
    ),
];

const METHODS: &[Row] = &[
    Row::new("name", 0, name, "The name of the instance group."),
    Row::new("index", 0, index, "The index of the instance."),
    Row::new("spec", 0, spec, "The instance, as OpenStructs."),
    Row::new(
        "properties",
        0,
        properties,
        "The properties of the job, as OpenStructs.",
    ),
    Row::new(
        "raw_properties",
        0,
        raw_properties,
        "The properties of the job, as a hash.",
    ),
    Row::new(
        "p",
        0,
        property,
        "The first property of a name or list of names that is set, or the default.",
    )
    .rest(),
    Row::new(
        "if_p",
        0,
        if_property,
        "Calls the block with the values if all these properties are set.",
    )
    .rest(),
    Row::new("link", 1, link::link, "The link of that name."),
    Row::new(
        "if_link",
        1,
        link::if_link,
        "Calls the block with the link of that name if there is one.",
    ),
    Row::new(
        "openstruct",
        1,
        make_open_struct,
        "OpenStructs in place of all hashes.",
    )
    .to(2)
    .private(),
];

const SPEC_METHODS: &[Row] = &[Row::new(
    "methods",
    0,
    spec_methods,
    "The names of the attributes, with `false`.",
)
.to(1)];

/// Places inside the object.
mod slot {
    pub(super) const NAME: usize = 0;
    pub(super) const INDEX: usize = 1;
    pub(super) const RAW_PROPERTIES: usize = 2;
    pub(super) const LINKS: usize = 3;
    pub(super) const RAW_SPEC: usize = 4;
    pub(super) const ENCODER: usize = 5;
    /// OpenStructs, made when they are first asked for.
    pub(super) const SPEC: usize = 6;
    pub(super) const PROPERTIES: usize = 7;
}

/// Names of the instance variables that Ruby's object has, which a template can reach too.
const VARIABLES: &[(&str, usize)] = &[
    ("@name", slot::NAME),
    ("@index", slot::INDEX),
    ("@spec", slot::SPEC),
    ("@raw_properties", slot::RAW_PROPERTIES),
    ("@properties", slot::PROPERTIES),
    ("@dns_encoder", slot::ENCODER),
    ("@links", slot::LINKS),
];

/// The `self` of a template for an instance.
pub(in crate::render) fn evaluation_context<'h>(
    vm: &mut Vm<'h>,
    instance: &InstanceSpec,
) -> Res<'h> {
    let raw = to_ruby(vm, instance.spec())?;
    let member = |name: &str| match raw {
        Value::Hash(hash) => hash.get_text(name).unwrap_or(Value::Nil),
        _ => Value::Nil,
    };
    let mut slots = vec![Value::Nil; 8];
    slots[slot::NAME] = member("name");
    slots[slot::INDEX] = member("index");
    slots[slot::RAW_PROPERTIES] = or_empty(vm, member("properties"));
    slots[slot::LINKS] = or_empty(vm, member("links"));
    slots[slot::RAW_SPEC] = raw;
    slots[slot::ENCODER] = encoder(vm, instance);
    let context = vm.object_with(CONTEXT, slots);
    set_variables(vm, context)?;
    Ok(context)
}

fn or_empty<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Value<'h> {
    if value.truthy() {
        return value;
    }
    Value::Hash(vm.new_hash())
}

fn encoder<'h>(vm: &mut Vm<'h>, instance: &InstanceSpec) -> Value<'h> {
    let Some(numbering) = instance.numbering() else {
        return Value::Nil;
    };
    let class = vm.class_named(ENCODER);
    let numbering: Box<dyn std::any::Any> = Box::new(Arc::clone(numbering));
    Value::Object(vm.object(class, Data::Opaque(numbering.into())))
}

/// Sets the instance variables that the template names; nobody else could tell.
fn set_variables<'h>(vm: &mut Vm<'h>, context: Value<'h>) -> Res<'h, ()> {
    for (name, place) in VARIABLES {
        let Some(symbol) = vm.find_symbol(name) else {
            continue;
        };
        let value = match *place {
            slot::SPEC => spec(vm, context, &Args::of(&[]))?,
            slot::PROPERTIES => properties(vm, context, &Args::of(&[]))?,
            place => at(context, place),
        };
        vm.set_instance_variable(context, symbol, value)?;
    }
    Ok(())
}

fn at(this: Value<'_>, place: usize) -> Value<'_> {
    match this {
        Value::Object(object) => object.slot(place),
        _ => Value::Nil,
    }
}

/// The links of the job.
pub(super) fn links(context: Value<'_>) -> Value<'_> {
    at(context, slot::LINKS)
}

/// What holds the numbers of DNS names.
pub(super) fn dns_encoder(context: Value<'_>) -> Value<'_> {
    at(context, slot::ENCODER)
}

fn name<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(at(this, slot::NAME))
}

fn index<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(at(this, slot::INDEX))
}

fn raw_properties<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(at(this, slot::RAW_PROPERTIES))
}

fn spec<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    made_once(vm, this, slot::SPEC, slot::RAW_SPEC, SPEC_STRUCT)
}

fn properties<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    made_once(
        vm,
        this,
        slot::PROPERTIES,
        slot::RAW_PROPERTIES,
        OPEN_STRUCT,
    )
}

fn made_once<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    place: usize,
    raw: usize,
    class: &str,
) -> Res<'h> {
    let known = at(this, place);
    if !known.is_nil() {
        return Ok(known);
    }
    let made = open_struct(vm, at(this, raw), class)?;
    if let Value::Object(object) = this {
        object.set_slot(place, made);
    }
    Ok(made)
}

fn property<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    property_of(vm, Owner::Job, at(this, slot::RAW_PROPERTIES), args)
}

/// `p` of a context, a link or an instance of a link.
pub(super) fn property_of<'h>(
    vm: &mut Vm<'h>,
    owner: Owner<'h>,
    properties: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let names = vm.splat(args.at(0))?;
    if let Some(value) = first_of(vm, owner, properties, &names)? {
        return Ok(value);
    }
    match args.values {
        [_, default] => Ok(*default),
        _ => unknown_property(vm, names, properties),
    }
}

fn if_property<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if_property_of(vm, Owner::Job, this, at(this, slot::RAW_PROPERTIES), args)
}

/// `if_p` of a context, a link or an instance of a link.
pub(super) fn if_property_of<'h>(
    vm: &mut Vm<'h>,
    owner: Owner<'h>,
    this: Value<'h>,
    properties: Value<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let mut values = Vec::with_capacity(args.len());
    for name in args.values {
        let value = value_of(vm, owner, properties, *name)?;
        if value.is_nil() {
            return Ok(else_chain::active(vm, this));
        }
        values.push(value);
    }
    let block = vm.expect_block(args)?;
    vm.yield_values(block, &values)?;
    Ok(else_chain::inactive(vm))
}

fn make_open_struct<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = match args.get(1) {
        Some(Value::Class(class)) => vm.class_name(class),
        Some(_) => return vm.unsupported("openstruct with another class"),
        None => OPEN_STRUCT.to_owned(),
    };
    if class != OPEN_STRUCT && class != SPEC_STRUCT {
        return vm.unsupported("openstruct with another class");
    }
    open_struct(vm, args.at(0), &class)
}

fn spec_methods<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.is_empty() || args.at(0).truthy() {
        return vm.unsupported("the list of all methods of an object");
    }
    match vm.call_named(this, "marshal_dump", &[])? {
        Value::Hash(table) => Ok(vm.array(table.keys())),
        _ => Ok(Value::Nil),
    }
}
