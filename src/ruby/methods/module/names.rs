//! Constants and class variables by their names.

use super::super::super::class::{Class, get, set};
use super::super::super::eval::Vm;
use super::super::super::symbol::Symbol;
use super::super::super::unwind::Res;
use super::super::super::value::Value;
use super::super::kernel::method_name;
use super::super::{Args, Row};
use super::own;

pub(super) const METHODS: &[Row] = &[
    Row::new(
        "const_get",
        1,
        const_get,
        "The value of a constant, also of `A::B`.",
    )
    .to(2),
    Row::new("const_set", 2, const_set, "Sets a constant."),
    Row::new(
        "const_defined?",
        1,
        const_defined,
        "Whether there is a constant.",
    )
    .to(2),
    Row::new("const_missing", 1, const_missing, "Raises NameError."),
    Row::new("constants", 0, constants, "Names of the constants.").to(1),
    Row::new(
        "remove_const",
        1,
        remove_const,
        "Removes a constant and returns its value.",
    )
    .private(),
    Row::new(
        "private_constant",
        0,
        private_constant,
        "Hides constants from outside.",
    )
    .rest(),
    Row::new(
        "public_constant",
        0,
        public_constant,
        "Shows constants again.",
    )
    .rest(),
    Row::new(
        "class_variable_get",
        1,
        variable_get,
        "The value of a class variable.",
    ),
    Row::new(
        "class_variable_set",
        2,
        variable_set,
        "Sets a class variable.",
    ),
    Row::new(
        "class_variable_defined?",
        1,
        variable_defined,
        "Whether a class variable is set.",
    ),
    Row::new(
        "class_variables",
        0,
        variables,
        "Names of the class variables.",
    )
    .to(1),
    Row::new(
        "remove_class_variable",
        1,
        remove_variable,
        "Removes a class variable and returns its value.",
    ),
];

/// A name that a constant can have.
fn constant_name<'h>(vm: &mut Vm<'h>, name: &str) -> Res<'h, Symbol> {
    let starts = name.starts_with(char::is_uppercase);
    let word = name
        .chars()
        .all(|char| char.is_alphanumeric() || char == '_');
    let symbol = vm.symbol(name);
    if starts && word {
        return Ok(symbol);
    }
    let details = [Value::Symbol(symbol), Value::Nil, Value::Nil];
    vm.raise_with("NameError", format!("wrong constant name {name}"), details)
}

/// The names of a path, as text.
fn path<'h>(vm: &mut Vm<'h>, name: Value<'h>) -> Res<'h, String> {
    if let Value::Symbol(name) = name {
        return Ok(vm.name(name).to_owned());
    }
    Ok(vm.string(name)?.text())
}

fn find<'h>(
    vm: &mut Vm<'h>,
    class: &'h Class<'h>,
    name: Symbol,
    inherited: bool,
) -> Res<'h, Option<Value<'h>>> {
    if inherited {
        return vm.inherited_constant(class, name);
    }
    vm.own_constant(class, name)
}

fn const_get<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let inherited = args.get(1).is_none_or(Value::truthy);
    let whole = path(vm, args.at(0))?;
    let mut holder = this;
    for part in whole.trim_start_matches("::").split("::") {
        let name = constant_name(vm, part)?;
        let Value::Class(class) = holder else {
            return vm.raise(
                "TypeError",
                format!("{whole} does not refer to class/module"),
            );
        };
        holder = match find(vm, class, name, inherited)? {
            Some(value) => value,
            None => vm.no_constant(class, name)?,
        };
    }
    Ok(holder)
}

fn const_defined<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let inherited = args.get(1).is_none_or(Value::truthy);
    let whole = path(vm, args.at(0))?;
    let mut holder = this;
    for part in whole.trim_start_matches("::").split("::") {
        let name = constant_name(vm, part)?;
        let Value::Class(class) = holder else {
            return Ok(Value::Bool(false));
        };
        match find(vm, class, name, inherited)? {
            Some(value) => holder = value,
            None if super::super::missing::CONSTANTS.contains(&part) => {
                return vm.unsupported(format!("the constant {part}"));
            }
            None => return Ok(Value::Bool(false)),
        }
    }
    Ok(Value::Bool(true))
}

fn const_set<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = path(vm, args.at(0))?;
    let name = constant_name(vm, &name)?;
    let class = own(vm, this);
    vm.name_constant(class, name, args.at(1));
    Ok(args.at(1))
}

fn const_missing<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = method_name(vm, args.at(0))?;
    let class = own(vm, this);
    vm.no_constant(class, name)
}

/// Those of a class of the template; what the library has is not in Ruby's order.
fn constants<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let inherited = args.get(0).is_none_or(Value::truthy);
    let class = own(vm, this);
    let classes = if inherited {
        class.ancestors()
    } else {
        vec![class]
    };
    let mut found: Vec<Symbol> = Vec::new();
    for ancestor in classes {
        let name = ancestor.name.get();
        if ancestor.id.is_some()
            && matches!(name, Some("Object" | "Kernel" | "BasicObject"))
            && class.id.is_none()
        {
            continue;
        }
        if ancestor.id.is_some() {
            return vm.unsupported("the list of constants of a built-in class");
        }
        let hidden = ancestor.private_constants.borrow();
        let names = ancestor.constants.borrow();
        for (name, _) in names.iter().filter(|(name, _)| !hidden.contains(name)) {
            if !found.contains(name) {
                found.push(*name);
            }
        }
    }
    Ok(vm.array(found.into_iter().map(Value::Symbol).collect()))
}

fn remove_const<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = path(vm, args.at(0))?;
    let name = constant_name(vm, &name)?;
    let class = own(vm, this);
    if class.id.is_some()
        && class.constant(name).is_none()
        && vm.own_constant(class, name)?.is_some()
    {
        let text = vm.name(name);
        return vm.unsupported(format!("removing the constant {text}"));
    }
    let place = class
        .constants
        .borrow()
        .iter()
        .position(|(known, _)| *known == name);
    match place {
        Some(place) => Ok(class.constants.borrow_mut().remove(place).1),
        None => undefined_constant(vm, class, name, "constant"),
    }
}

/// Raises NameError: `constant A::B not defined`.
fn undefined_constant<'h>(
    vm: &mut Vm<'h>,
    class: &'h Class<'h>,
    name: Symbol,
    what: &str,
) -> Res<'h> {
    let text = vm.name(name);
    let full = match class.name.get() {
        Some("Object") => text.to_owned(),
        _ => format!("{}::{text}", vm.class_name(class)),
    };
    let details = [Value::Symbol(name), Value::Class(class), Value::Nil];
    vm.raise_with("NameError", format!("{what} {full} not defined"), details)
}

fn private_constant<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    for value in args.values {
        let name = method_name(vm, *value)?;
        if vm.own_constant(class, name)?.is_none() {
            return undefined_constant(vm, class, name, "constant");
        }
        vm.heap.take(8);
        class.private_constants.borrow_mut().push(name);
    }
    Ok(this)
}

fn public_constant<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    for value in args.values {
        let name = method_name(vm, *value)?;
        if vm.own_constant(class, name)?.is_none() {
            return undefined_constant(vm, class, name, "constant");
        }
        class
            .private_constants
            .borrow_mut()
            .retain(|known| *known != name);
    }
    Ok(this)
}

/// A name that a class variable can have.
fn variable_name<'h>(vm: &mut Vm<'h>, this: Value<'h>, name: Value<'h>) -> Res<'h, Symbol> {
    let symbol = method_name(vm, name)?;
    let text = vm.name(symbol);
    if text.starts_with("@@") && text.len() > 2 {
        return Ok(symbol);
    }
    let details = [Value::Symbol(symbol), this, Value::Nil];
    vm.raise_with(
        "NameError",
        format!("'{text}' is not allowed as a class variable name"),
        details,
    )
}

/// The class among the ancestors that has the variable.
fn holder<'h>(class: &'h Class<'h>, name: Symbol) -> Option<(&'h Class<'h>, Value<'h>)> {
    let mut ancestors = class.ancestors().into_iter();
    ancestors.find_map(|holder| get(&holder.shared_variables, name).map(|value| (holder, value)))
}

fn variable_get<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = variable_name(vm, this, args.at(0))?;
    let class = own(vm, this);
    if let Some((_, value)) = holder(class, name) {
        return Ok(value);
    }
    let (class_name, text) = (vm.class_name(class), vm.name(name));
    let message = format!("uninitialized class variable {text} in {class_name}");
    vm.raise_with(
        "NameError",
        message,
        [Value::Symbol(name), this, Value::Nil],
    )
}

fn variable_set<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = variable_name(vm, this, args.at(0))?;
    let class = own(vm, this);
    let place = holder(class, name).map_or(class, |(holder, _)| holder);
    vm.heap.take(24);
    set(&place.shared_variables, name, args.at(1));
    Ok(args.at(1))
}

fn variable_defined<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = variable_name(vm, this, args.at(0))?;
    let class = own(vm, this);
    Ok(Value::Bool(holder(class, name).is_some()))
}

fn variables<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    let inherited = args.get(0).is_none_or(Value::truthy);
    let classes = if inherited {
        class.ancestors()
    } else {
        vec![class]
    };
    let mut found: Vec<Symbol> = Vec::new();
    for class in classes {
        for (name, _) in class.shared_variables.borrow().iter() {
            if !found.contains(name) {
                found.push(*name);
            }
        }
    }
    Ok(vm.array(found.into_iter().map(Value::Symbol).collect()))
}

fn remove_variable<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = variable_name(vm, this, args.at(0))?;
    let class = own(vm, this);
    let place = class
        .shared_variables
        .borrow()
        .iter()
        .position(|(known, _)| *known == name);
    if let Some(place) = place {
        return Ok(class.shared_variables.borrow_mut().remove(place).1);
    }
    let (class_name, text) = (vm.class_name(class), vm.name(name));
    let message = format!("class variable {text} not defined for {class_name}");
    vm.raise_with(
        "NameError",
        message,
        [Value::Symbol(name), this, Value::Nil],
    )
}
