//! Links and their instances.

use std::sync::Arc;

use super::context::{dns_encoder, if_property_of, links, property_of};
use super::else_chain;
use super::errors::unknown_link;
use super::properties::{ALL, Owner, look_up, looked};
use crate::render::dns::{self, Criteria, Numbering, Zone};
use crate::ruby::convert::from_ruby;
use crate::ruby::eval::Vm;
use crate::ruby::methods::library::ClassDefinition;
use crate::ruby::methods::{Args, Row};
use crate::ruby::symbol::known;
use crate::ruby::unwind::Res;
use crate::ruby::value::{Hash, Value};
use crate::yaml::Value as Plain;

const LINK: &str = "Bosh::Common::Template::EvaluationLink";
const INSTANCE: &str = "Bosh::Common::Template::EvaluationLinkInstance";

/// Classes of this file.
pub(super) const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class(LINK, "Object")
        .includes(&["Bosh::Common::Template::PropertyHelper"])
        .methods(&[LINK_METHODS])
        .missing(&[], &["new"]),
    ClassDefinition::class(INSTANCE, "Object")
        .includes(&["Bosh::Common::Template::PropertyHelper"])
        .methods(&[INSTANCE_METHODS])
        .missing(&[], &["new"]),
];

const LINK_METHODS: &[Row] = &[
    Row::new("instances", 0, instances, "The instances of the link."),
    Row::new(
        "properties",
        0,
        link_properties,
        "The properties of the link, as a hash.",
    ),
    Row::new("p", 0, link_property, "As `p`, of the link's properties.").rest(),
    Row::new(
        "if_p",
        0,
        if_link_property,
        "As `if_p`, of the link's properties.",
    )
    .rest(),
    Row::new(
        "address",
        0,
        address,
        "The DNS name of the instances that criteria ask for.",
    )
    .to(1),
];

const INSTANCE_METHODS: &[Row] = &[
    Row::new("name", 0, instance_name, "The name of its instance group."),
    Row::new("index", 0, instance_index, "Its index."),
    Row::new("id", 0, instance_id, "Its id."),
    Row::new("az", 0, instance_az, "Its availability zone."),
    Row::new("address", 0, instance_address, "Its address."),
    Row::new(
        "properties",
        0,
        instance_properties,
        "Its properties; only manual links have them.",
    ),
    Row::new(
        "bootstrap",
        0,
        instance_bootstrap,
        "Whether it is the bootstrap instance.",
    ),
    Row::new("p", 0, instance_property, "As `p`, of its properties.").rest(),
    Row::new(
        "if_p",
        0,
        if_instance_property,
        "As `if_p`, of its properties.",
    )
    .rest(),
];

/// What an instance keeps of its entry in the link, in the order of its places.
const INSTANCE_KEYS: &[&str] = &[
    "name",
    "index",
    "id",
    "az",
    "address",
    "properties",
    "bootstrap",
];
const INSTANCE_PROPERTIES: usize = 5;

/// Places inside a link.
mod slot {
    pub(super) const INSTANCES: usize = 0;
    pub(super) const PROPERTIES: usize = 1;
    /// The hash that the link was made of.
    pub(super) const RAW: usize = 2;
    pub(super) const ENCODER: usize = 3;
    /// Its name, as it was asked for.
    pub(super) const NAME: usize = 4;
}

/// `link(name)`
pub(super) fn link<'h>(vm: &mut Vm<'h>, context: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match find(vm, context, args.at(0))? {
        Some(raw) => make(vm, raw, dns_encoder(context), args.at(0)),
        None => unknown_link(vm, args.at(0), links(context)),
    }
}

/// `if_link(name) { |link| … }`
pub(super) fn if_link<'h>(vm: &mut Vm<'h>, context: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Some(raw) = find(vm, context, args.at(0))? else {
        return Ok(else_chain::active(vm, context));
    };
    let made = make(vm, raw, dns_encoder(context), args.at(0))?;
    let block = vm.expect_block(args)?;
    vm.yield_value(block, made)?;
    Ok(else_chain::inactive(vm))
}

/// The hash of a link: one with the key `instances`.
fn find<'h>(vm: &mut Vm<'h>, context: Value<'h>, name: Value<'h>) -> Res<'h, Option<&'h Hash<'h>>> {
    match look_up(vm, links(context), name)? {
        Value::Nil => Ok(None),
        Value::Hash(raw) => Ok(raw.get_text("instances").map(|_| raw)),
        other => {
            let key = vm.str("instances");
            vm.call_named(other, "has_key?", &[key])?;
            vm.unsupported("a link that is no hash")
        }
    }
}

fn make<'h>(vm: &mut Vm<'h>, raw: &'h Hash<'h>, encoder: Value<'h>, name: Value<'h>) -> Res<'h> {
    let listed = raw.get_text("instances").unwrap_or(Value::Nil);
    let Value::Array(listed) = listed else {
        vm.call_named(listed, "map", &[])?;
        return vm.unsupported("a link whose instances are no list");
    };
    let mut instances = Vec::with_capacity(listed.len());
    for entry in listed.to_vec() {
        vm.tick(1)?;
        instances.push(instance(vm, entry)?);
    }
    let instances = vm.array(instances);
    let properties = raw.get_text("properties").unwrap_or(Value::Nil);
    let slots = vec![instances, properties, Value::Hash(raw), encoder, name];
    Ok(vm.object_with(LINK, slots))
}

fn instance<'h>(vm: &mut Vm<'h>, entry: Value<'h>) -> Res<'h> {
    let mut slots = Vec::with_capacity(INSTANCE_KEYS.len());
    for key in INSTANCE_KEYS {
        slots.push(match entry {
            Value::Hash(entry) => entry.get_text(key).unwrap_or(Value::Nil),
            other => {
                let key = vm.str(*key);
                vm.call_method(other, known::INDEX, &[key])?
            }
        });
    }
    Ok(vm.object_with(INSTANCE, slots))
}

fn at(this: Value<'_>, place: usize) -> Value<'_> {
    match this {
        Value::Object(object) => object.slot(place),
        _ => Value::Nil,
    }
}

fn instances<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(at(this, slot::INSTANCES))
}

fn owner(link: Value<'_>) -> Owner<'_> {
    Owner::Link(at(link, slot::NAME))
}

fn link_properties<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    looked(vm, owner(this), ALL);
    Ok(at(this, slot::PROPERTIES))
}

fn link_property<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    property_of(vm, owner(this), at(this, slot::PROPERTIES), args)
}

fn if_link_property<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if_property_of(vm, owner(this), this, at(this, slot::PROPERTIES), args)
}

fn address<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Hash(raw) = at(this, slot::RAW) else {
        return Ok(Value::Nil);
    };
    let manual = raw.get_text("address");
    let encoder = at(this, slot::ENCODER);
    if manual.is_none() && encoder.is_nil() {
        let error = dns::DnsError::NoDirector;
        return vm.raise(error.class(), error.to_string());
    }
    let criteria = match args.get(0) {
        None => None,
        Some(Value::Hash(criteria)) => Some(criteria),
        Some(other) => {
            vm.call_named(other, "merge", &[])?;
            return vm.unsupported("criteria of a link's address that are no hash");
        }
    };
    if let Some(address) = manual {
        return Ok(address);
    }
    let criteria = read_criteria(vm, criteria)?;
    let plain = plain(vm, raw)?;
    let numbering = match encoder {
        Value::Object(object) => object.with(|numbers: &mut Arc<Numbering>| Arc::clone(numbers)),
        _ => None,
    };
    match dns::address(&plain, &criteria, numbering.as_deref()) {
        Ok(Plain::String(name)) => Ok(vm.str(name)),
        Ok(_) => Ok(Value::Nil),
        Err(error) => vm.raise(error.class(), error.to_string()),
    }
}

/// What a link says about its DNS name.
fn plain<'h>(vm: &mut Vm<'h>, raw: &'h Hash<'h>) -> Res<'h, Plain> {
    const KEYS: &[&str] = &[
        "deployment_name",
        "domain",
        "default_network",
        "instance_group",
        "group_name",
        "use_short_dns_addresses",
        "use_link_dns_names",
    ];
    let mut entries = Vec::new();
    for key in KEYS {
        if let Some(value) = raw.get_text(key) {
            entries.push((Plain::from(*key), from_ruby(vm, value)?));
        }
    }
    Ok(Plain::Mapping(entries))
}

fn read_criteria<'h>(vm: &mut Vm<'h>, given: Option<&'h Hash<'h>>) -> Res<'h, Criteria> {
    let mut criteria = Criteria::default();
    let Some(given) = given else {
        return Ok(criteria);
    };
    let azs = criterion(vm, given, "azs")?;
    if !azs.is_nil() {
        for zone in vm.items(azs)? {
            criteria.azs.push(match zone {
                Value::Nil => Zone::Nil,
                Value::String(name) => Zone::Named(name.text()),
                other => Zone::Other(vm.display(other)?),
            });
        }
    }
    let uuid = criterion(vm, given, "uuid")?;
    if !uuid.is_nil() {
        criteria.uuid = Some(vm.display(uuid)?);
    }
    let text = |value| match value {
        Value::String(text) => Some(text.text()),
        _ => None,
    };
    criteria.status = text(criterion(vm, given, "status")?);
    criteria.initial_health_check = text(criterion(vm, given, "initial_health_check")?);
    Ok(criteria)
}

fn criterion<'h>(vm: &mut Vm<'h>, given: &'h Hash<'h>, name: &str) -> Res<'h> {
    let key = Value::Symbol(vm.symbol(name));
    vm.hash_index(given, key)
}

fn instance_name<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(at(this, 0))
}

fn instance_index<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(at(this, 1))
}

fn instance_id<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(at(this, 2))
}

fn instance_az<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(at(this, 3))
}

fn instance_address<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(at(this, 4))
}

fn instance_properties<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(at(this, INSTANCE_PROPERTIES))
}

fn instance_bootstrap<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(at(this, 6))
}

fn instance_property<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let properties = at(this, INSTANCE_PROPERTIES);
    property_of(vm, Owner::LinkInstance, properties, args)
}

fn if_instance_property<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let properties = at(this, INSTANCE_PROPERTIES);
    if_property_of(vm, Owner::LinkInstance, this, properties, args)
}
