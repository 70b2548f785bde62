//! BOSH's exceptions.
//!
//! The details of [`UNKNOWN_PROPERTY`] are the names that were asked for and the hash they were looked up in, those of
//! [`UNKNOWN_LINK`] the name and the links: for hints.

use crate::ruby::eval::Vm;
use crate::ruby::methods::library::ClassDefinition;
use crate::ruby::methods::{Args, Row};
use crate::ruby::unwind::Res;
use crate::ruby::value::Value;

/// No property of these names is set.
pub(in crate::render) const UNKNOWN_PROPERTY: &str = "Bosh::Common::Template::UnknownProperty";
/// There is no link of that name.
pub(in crate::render) const UNKNOWN_LINK: &str = "Bosh::Common::Template::UnknownLink";

/// Classes of this file.
pub(super) const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class(UNKNOWN_PROPERTY, "StandardError").methods(&[PROPERTY]),
    ClassDefinition::class(UNKNOWN_LINK, "StandardError").methods(&[LINK]),
    ClassDefinition::class(
        "Bosh::Common::Template::InvalidPropertyType",
        "StandardError",
    ),
    ClassDefinition::class("Bosh::Common::Template::EvaluationFailed", "StandardError"),
    ClassDefinition::class("Bosh::Director::DnsInvalidCanonicalName", "StandardError"),
];

const PROPERTY: &[Row] = &[
    Row::new(
        "initialize",
        1,
        initialize_property,
        "Takes the names that were asked for.",
    )
    .private(),
    Row::new("name", 0, names, "The names that were asked for."),
];

const LINK: &[Row] = &[Row::new(
    "initialize",
    1,
    initialize_link,
    "Takes the name that was asked for.",
)
.private()];

fn property_message<'h>(vm: &mut Vm<'h>, names: Value<'h>) -> Res<'h, String> {
    Ok(format!("Can't find property '{}'", vm.display(names)?))
}

fn link_message<'h>(vm: &mut Vm<'h>, name: Value<'h>) -> Res<'h, String> {
    Ok(format!("Can't find link '{}'", vm.display(name)?))
}

/// Raises that none of these properties is set.
pub(super) fn unknown_property<'h>(
    vm: &mut Vm<'h>,
    names: Vec<Value<'h>>,
    properties: Value<'h>,
) -> Res<'h> {
    let names = vm.array(names);
    let message = property_message(vm, names)?;
    vm.raise_with(UNKNOWN_PROPERTY, message, [names, properties, Value::Nil])
}

/// Raises that there is no such link.
pub(super) fn unknown_link<'h>(vm: &mut Vm<'h>, name: Value<'h>, links: Value<'h>) -> Res<'h> {
    let message = link_message(vm, name)?;
    vm.raise_with(UNKNOWN_LINK, message, [name, links, Value::Nil])
}

fn initialize_property<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let message = property_message(vm, args.at(0))?;
    vm.describe(this, message, [args.at(0), Value::Nil, Value::Nil]);
    Ok(Value::Nil)
}

fn initialize_link<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let message = link_message(vm, args.at(0))?;
    vm.describe(this, message, [args.at(0), Value::Nil, Value::Nil]);
    Ok(Value::Nil)
}

fn names<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(vm.details(this)[0])
}
