//! `Binding`: the local variables of a place. Running code that is given as a text (`eval`) is not supported.

use std::cell::RefCell;

use rustc_hash::FxHashSet;

use super::super::eval::{Visible, Vm};
use super::super::symbol::Symbol;
use super::super::unwind::Res;
use super::super::value::{Data, Value};
use super::kernel::method_name;
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("Binding", "Object")
        .methods(&[METHODS])
        .missing(&["eval", "irb", "source_location"], &["new"]),
    ClassDefinition::module("Kernel")
        .methods(&[KERNEL])
        .missing(&[], &["binding", "local_variables"]),
];

const KERNEL: &[Row] = &[
    Row::new("binding", 0, binding, "The local variables of this place.").private(),
    Row::new(
        "local_variables",
        0,
        names_here,
        "Names of the local variables of this place.",
    )
    .private(),
];

const METHODS: &[Row] = &[
    Row::new("local_variable_get", 1, get, "The value of a variable."),
    Row::new(
        "local_variable_set",
        2,
        set,
        "Sets a variable; a new one is known to this binding alone.",
    ),
    Row::new(
        "local_variable_defined?",
        1,
        defined,
        "Whether there is such a variable.",
    ),
    Row::new("local_variables", 0, names, "Names of the variables."),
    Row::new("receiver", 0, receiver, "What `self` is."),
];

/// Insides of a binding.
#[derive(Clone)]
pub struct Binding<'h> {
    visible: Visible<'h>,
    /// Variables that no scope has, the newest last.
    own: RefCell<Vec<(Symbol, Value<'h>)>>,
}

fn here<'h>(vm: &mut Vm<'h>, name: &str) -> Res<'h, Visible<'h>> {
    match vm.take_visible() {
        Some(visible) => Ok(visible),
        None => vm.unsupported(format!("`{name}` that is not called as a bare word")),
    }
}

fn binding<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let binding = Binding {
        visible: here(vm, "binding")?,
        own: RefCell::default(),
    };
    let class = vm.class_named("Binding");
    Ok(Value::Object(vm.object(class, Data::Binding(binding))))
}

fn names_here<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let visible = here(vm, "local_variables")?;
    list(vm, visible.names())
}

/// The names, each once.
fn list<'h>(vm: &mut Vm<'h>, names: impl Iterator<Item = Symbol>) -> Res<'h> {
    let mut seen = FxHashSet::default();
    let mut list = Vec::new();
    for name in names {
        vm.tick(1)?;
        if seen.insert(name) {
            list.push(Value::Symbol(name));
        }
    }
    Ok(vm.array(list))
}

fn inside<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Binding<'h>> {
    match this {
        Value::Object(object) => match &object.data {
            Data::Binding(binding) => Ok(binding),
            _ => vm.unsupported("a binding without content"),
        },
        _ => vm.unsupported("a binding without content"),
    }
}

impl<'h> Binding<'h> {
    fn get(&self, vm: &mut Vm<'h>, name: Symbol) -> Res<'h, Option<Value<'h>>> {
        let own = self.own.borrow();
        vm.tick(self.visible.names().count().saturating_add(own.len()) / 8)?;
        let found = self.visible.find(name).map(std::cell::Cell::get);
        let mut own = own.iter().filter(|(known, _)| *known == name);
        Ok(found.or_else(|| own.next().map(|(_, value)| *value)))
    }

    fn set(&self, vm: &mut Vm<'h>, name: Symbol, value: Value<'h>) -> Res<'h, ()> {
        let known = self.get(vm, name)?.is_some();
        if let Some(cell) = self.visible.find(name) {
            cell.set(value);
            return Ok(());
        }
        let mut own = self.own.borrow_mut();
        if known {
            let mut own = own.iter_mut().filter(|(known, _)| *known == name);
            if let Some((_, old)) = own.next() {
                *old = value;
            }
            return Ok(());
        }
        vm.grow(size_of::<(Symbol, Value<'_>)>().saturating_mul(2))?;
        own.push((name, value));
        Ok(())
    }
}

/// The name of a local variable; what cannot be one raises.
fn variable<'h>(vm: &mut Vm<'h>, this: Value<'h>, name: Value<'h>) -> Res<'h, Symbol> {
    let name = method_name(vm, name)?;
    let text = vm.name(name);
    if is_local(text) {
        return Ok(name);
    }
    let (quote, whom) = (vm.opening_quote(), vm.any_to_s(this));
    let message = format!("wrong local variable name {quote}{text}' for {whom}");
    vm.raise_with(
        "NameError",
        message,
        [Value::Symbol(name), this, Value::Nil],
    )
}

/// Whether a local variable can be called so: letters, digits and `_`, and no capital first.
fn is_local(name: &str) -> bool {
    let letter = |c: char| c == '_' || c.is_ascii_alphabetic() || !c.is_ascii();
    let mut chars = name.chars();
    let first = chars.next();
    first.is_some_and(|first| letter(first) && first.to_lowercase().eq([first]))
        && chars.all(|c| letter(c) || c.is_ascii_digit())
}

fn get<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = variable(vm, this, args.at(0))?;
    if let Some(value) = inside(vm, this)?.get(vm, name)? {
        return Ok(value);
    }
    let (quote, whom) = (vm.opening_quote(), vm.any_to_s(this));
    let text = vm.name(name);
    let message = format!("local variable {quote}{text}' is not defined for {whom}");
    vm.raise_with(
        "NameError",
        message,
        [Value::Symbol(name), this, Value::Nil],
    )
}

fn set<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = variable(vm, this, args.at(0))?;
    inside(vm, this)?.set(vm, name, args.at(1))?;
    Ok(args.at(1))
}

fn defined<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = variable(vm, this, args.at(0))?;
    let found = inside(vm, this)?.get(vm, name)?;
    Ok(Value::Bool(found.is_some()))
}

fn names<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let binding = inside(vm, this)?;
    let own: Vec<Symbol> = binding.own.borrow().iter().map(|(name, _)| *name).collect();
    list(vm, own.into_iter().rev().chain(binding.visible.names()))
}

fn receiver<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(inside(vm, this)?.visible.receiver())
}
