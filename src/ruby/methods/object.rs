//! `BasicObject` and `Object`: what every value can do.

use super::super::class::{Visibility, get};
use super::super::eval::Vm;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Data, Object, Value};
use super::library::{ClassDefinition, Constant};
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    // The first of all: names that no table has are looked up here.
    ClassDefinition::class("Object", "BasicObject")
        .includes(&["Kernel"])
        .constants(&[
            super::yaml::YAML,
            Constant {
                name: "STDOUT",
                value: super::world::stream,
            },
            Constant {
                name: "STDERR",
                value: super::world::stream,
            },
        ]),
    ClassDefinition::class("BasicObject", "").methods(&[BASIC]),
];

const BASIC: &[Row] = &[
    Row::new("==", 1, same, "Whether both are the same object."),
    Row::new("equal?", 1, same, "Whether both are the same object."),
    Row::new("!", 0, not, "Whether it is nil or false."),
    Row::new("!=", 1, not_equal, "Whether `==` is false."),
    Row::new("__id__", 0, object_id, "A number that is the object's own."),
    Row::new("__send__", 1, send, "Calls a method by its name.").rest(),
    Row::new(
        "instance_eval",
        0,
        instance_eval,
        "Runs a block with this `self`.",
    )
    .rest(),
    Row::new(
        "instance_exec",
        0,
        instance_exec,
        "Runs a block with this `self` and arguments.",
    )
    .rest(),
    Row::new(
        "initialize",
        0,
        initialize,
        "Prepares a new object; does nothing.",
    )
    .rest()
    .private(),
];

fn initialize<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    // Ruby takes arguments here only for classes that override `new`.
    if !args.is_empty() && !matches!(this, Value::Object(object) if object.exception().is_some()) {
        return vm.wrong_number(args.len(), 0, Some(0));
    }
    Ok(Value::Nil)
}

fn same<'h>(_: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(this.same(args.at(0))))
}

fn not<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(!this.truthy()))
}

fn not_equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(!vm.equal(this, args.at(0))?))
}

/// Ruby numbers objects as they are asked for it; small values have fixed numbers.
pub(super) fn object_id<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    match this {
        Value::Integer(value) => {
            match value.checked_mul(2).and_then(|twice| twice.checked_add(1)) {
                Some(id) => Ok(Value::Integer(id)),
                None => vm.unsupported("the object_id of a big integer"),
            }
        }
        Value::Nil => Ok(Value::Integer(8)),
        Value::Bool(value) => Ok(Value::Integer(i64::from(value) * 20)),
        _ => vm.unsupported("object_id, which differs from run to run"),
    }
}

pub(super) fn send<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = super::kernel::method_name(vm, args.at(0))?;
    let args = Args {
        values: args.values.get(1..).unwrap_or_default(),
        ..*args
    };
    vm.call_from_caller(this, name, &args)
}

fn instance_eval<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match (args.block, args.values.len()) {
        (Some(block), 0) => {
            let class = vm.singleton_class(this);
            vm.call_with_self(block, this, &[this], class)
        }
        (Some(_), given) => vm.wrong_number(given, 0, Some(0)),
        (None, given @ (0 | 4..)) => vm.wrong_number(given, 1, Some(3)),
        (None, _) => vm.unsupported("instance_eval of a string"),
    }
}

fn instance_exec<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.block {
        Some(block) => {
            let class = vm.singleton_class(this);
            vm.call_with_self(block, this, args.values, class)
        }
        None => vm.raise("LocalJumpError", "no block given (yield)"),
    }
}

/// A copy of an object: its class and instance variables.
pub(super) fn copy_object<'h>(
    vm: &mut Vm<'h>,
    object: &'h Object<'h>,
    keep_singleton: bool,
) -> Res<'h> {
    let data = match &object.data {
        Data::None => Data::None,
        Data::Slots(slots) => {
            let slots = slots.borrow().clone();
            Data::Slots(slots.into())
        }
        Data::Attributes(table) => {
            let copy = vm.new_hash();
            for (key, value) in table.entries() {
                vm.hash_set(copy, key, value)?;
            }
            Data::Attributes(copy)
        }
        Data::Exception(data) => Data::Exception(super::super::value::ExceptionData {
            message: data.message.clone(),
            cause: data.cause.clone(),
            position: data.position.clone(),
            trace: data.trace.clone(),
            details: data.details.clone(),
        }),
        Data::Binding(binding) => Data::Binding(binding.clone()),
        Data::Opaque(_) => {
            let class = vm.kind_word(Value::Object(object));
            return vm.unsupported(format!("a copy of {class}"));
        }
    };
    let class = object.class.get();
    let class = if keep_singleton { class } else { class.real() };
    let copy = vm.object(class, data);
    let variables = object.variables.borrow().clone();
    copy.variables.replace(variables);
    let copy = Value::Object(copy);
    let original = Value::Object(object);
    if vm.find_method(copy, known::INITIALIZE_COPY).is_some() {
        vm.call_method(copy, known::INITIALIZE_COPY, &[original])?;
    }
    Ok(copy)
}

/// Whether a method that was found may be called from outside.
pub(super) fn is_public<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    name: super::super::symbol::Symbol,
) -> bool {
    let found = vm.find_method(this, name);
    found.is_some_and(|found| found.visibility == Visibility::Public)
}

/// Names of the instance variables that are set, in order.
pub(super) fn variable_names(value: Value<'_>) -> Vec<super::super::symbol::Symbol> {
    match value {
        Value::Object(object) => object
            .variables
            .borrow()
            .iter()
            .map(|(name, _)| *name)
            .collect(),
        Value::Class(class) => class
            .instance_variables
            .borrow()
            .iter()
            .map(|(name, _)| *name)
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether an instance variable is set.
pub(super) fn has_variable(value: Value<'_>, name: super::super::symbol::Symbol) -> bool {
    match value {
        Value::Object(object) => object.variable(name).is_some(),
        Value::Class(class) => get(&class.instance_variables, name).is_some(),
        _ => false,
    }
}
