//! Methods of classes: defining, renaming, hiding, removing and asking for them.

use super::super::super::class::{Class, Method, MethodBody, Visibility};
use super::super::super::eval::{Callable, Found, Vm};
use super::super::super::symbol::Symbol;
use super::super::super::unwind::Res;
use super::super::super::value::{BoundMethod, Value};
use super::super::kernel::method_name;
use super::super::{Args, Row};
use super::own;

pub(super) const METHODS: &[Row] = &[
    Row::new(
        "attr_reader",
        0,
        attr_reader,
        "Defines methods that give instance variables.",
    )
    .rest(),
    Row::new(
        "attr",
        0,
        attr_reader,
        "Defines methods that give instance variables.",
    )
    .rest(),
    Row::new(
        "attr_writer",
        0,
        attr_writer,
        "Defines methods that set instance variables.",
    )
    .rest(),
    Row::new(
        "attr_accessor",
        0,
        attr_accessor,
        "Defines methods that give and set instance variables.",
    )
    .rest(),
    Row::new(
        "define_method",
        1,
        define_method,
        "Defines a method with a block or a method as its body.",
    )
    .to(2),
    Row::new(
        "alias_method",
        2,
        alias_method,
        "Gives a method another name.",
    ),
    Row::new(
        "remove_method",
        0,
        remove_method,
        "Removes methods of this class.",
    )
    .rest(),
    Row::new(
        "undef_method",
        0,
        undef_method,
        "Makes methods unknown, also those of ancestors.",
    )
    .rest(),
    Row::new(
        "public",
        0,
        public,
        "Everyone may call the methods, or those that follow.",
    )
    .rest()
    .private(),
    Row::new(
        "protected",
        0,
        protected,
        "Only objects of the class may call the methods.",
    )
    .rest()
    .private(),
    Row::new(
        "private",
        0,
        private,
        "Only the object itself may call the methods.",
    )
    .rest()
    .private(),
    Row::new(
        "module_function",
        0,
        module_function,
        "Makes methods those of the module itself too.",
    )
    .rest()
    .private(),
    Row::new(
        "private_class_method",
        0,
        private_class_method,
        "Hides methods of the class itself.",
    )
    .rest(),
    Row::new(
        "public_class_method",
        0,
        public_class_method,
        "Shows methods of the class itself.",
    )
    .rest(),
    Row::new(
        "instance_method",
        1,
        instance_method,
        "A method without a receiver.",
    ),
    Row::new(
        "public_instance_method",
        1,
        instance_method,
        "A method without a receiver.",
    ),
    Row::new(
        "method_defined?",
        1,
        method_defined,
        "Whether instances have a method that is not private.",
    )
    .to(2),
    Row::new(
        "public_method_defined?",
        1,
        public_defined,
        "Whether instances have a public method.",
    )
    .to(2),
    Row::new(
        "protected_method_defined?",
        1,
        protected_defined,
        "Whether instances have a protected method.",
    )
    .to(2),
    Row::new(
        "private_method_defined?",
        1,
        private_defined,
        "Whether instances have a private method.",
    )
    .to(2),
    Row::new(
        "instance_methods",
        0,
        instance_methods,
        "Names of methods of this class alone, with `false`.",
    )
    .to(1),
    Row::new(
        "public_instance_methods",
        0,
        public_methods,
        "Names of public methods, with `false`.",
    )
    .to(1),
    Row::new(
        "protected_instance_methods",
        0,
        protected_methods,
        "Names of protected methods, with `false`.",
    )
    .to(1),
    Row::new(
        "private_instance_methods",
        0,
        private_methods,
        "Names of private methods, with `false`.",
    )
    .to(1),
];

/// Names of attributes, checked.
fn attributes<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, Vec<(Symbol, Symbol)>> {
    let mut found = Vec::new();
    for value in args.values {
        let name = method_name(vm, *value)?;
        let text = vm.name(name);
        let word = text
            .chars()
            .all(|char| char.is_alphanumeric() || char == '_' || !char.is_ascii());
        if !word || text.is_empty() || text.starts_with(|first: char| first.is_ascii_digit()) {
            let message = format!("invalid attribute name '{text}'");
            return vm.raise_with(
                "NameError",
                message,
                [Value::Symbol(name), Value::Nil, Value::Nil],
            );
        }
        found.push((name, vm.symbol(&format!("@{text}"))));
    }
    Ok(found)
}

fn define_attributes<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    (reader, writer): (bool, bool),
) -> Res<'h> {
    let class = own(vm, this);
    let visibility = class.default_visibility.get();
    let mut defined = Vec::new();
    for (name, variable) in attributes(vm, args)? {
        if reader {
            vm.define_method(class, name, MethodBody::Reader(variable), visibility);
            defined.push(Value::Symbol(name));
        }
        if writer {
            let name = format!("{}=", vm.name(name));
            let name = vm.symbol(&name);
            vm.define_method(class, name, MethodBody::Writer(variable), visibility);
            defined.push(Value::Symbol(name));
        }
    }
    Ok(vm.array(defined))
}

fn attr_reader<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    define_attributes(vm, this, args, (true, false))
}

fn attr_writer<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    define_attributes(vm, this, args, (false, true))
}

fn attr_accessor<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    define_attributes(vm, this, args, (true, true))
}

fn define_method<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    let name = method_name(vm, args.at(0))?;
    let body = match (args.get(1), args.block) {
        (Some(Value::Proc(body)), _) | (None, Some(body)) => MethodBody::Proc(body),
        (Some(Value::Method(method)), _) => method_body(vm, method)?,
        (Some(other), _) => {
            let word = vm.kind_word(other);
            let text = format!("wrong argument type {word} (expected Proc/Method/UnboundMethod)");
            return vm.raise("TypeError", text);
        }
        (None, None) => {
            return vm.raise(
                "ArgumentError",
                "tried to create Proc object without a block",
            );
        }
    };
    let visibility = class.default_visibility.get();
    vm.define_method(class, name, body, visibility);
    Ok(Value::Symbol(name))
}

/// The body of a method that was taken out of a class.
fn method_body<'h>(vm: &mut Vm<'h>, method: &BoundMethod<'h>) -> Res<'h, MethodBody<'h>> {
    match method.found.callable {
        Callable::Row(row) => Ok(MethodBody::Row(row)),
        Callable::Method(found) => Ok(found.body),
        Callable::Missing => {
            let name = vm.name(method.name);
            vm.unsupported(format!("the method {name}"))
        }
    }
}

fn alias_method<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    let (new, old) = (method_name(vm, args.at(0))?, method_name(vm, args.at(1))?);
    vm.alias_method(class, new, old)?;
    Ok(Value::Symbol(new))
}

fn remove_method<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    for value in args.values {
        let name = method_name(vm, *value)?;
        if class.methods.borrow_mut().remove(&name).is_none() {
            let (class_name, text) = (vm.class_name(class), vm.name(name));
            if class
                .id
                .is_some_and(|id| vm.library.method(id, name).is_some())
            {
                return vm.unsupported(format!("removing the method {text} of {class_name}"));
            }
            let message = format!("method '{text}' not defined in {class_name}");
            return vm.raise_with(
                "NameError",
                message,
                [Value::Symbol(name), this, Value::Nil],
            );
        }
        class
            .method_names
            .borrow_mut()
            .retain(|known| *known != name);
        vm.forget_methods();
    }
    Ok(this)
}

fn undef_method<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    for value in args.values {
        let name = method_name(vm, *value)?;
        vm.undefine(class, name)?;
    }
    Ok(this)
}

/// What a class finds for its instances: for the class of a class also what classes above have.
fn find<'h>(vm: &mut Vm<'h>, class: &'h Class<'h>, name: Symbol) -> Option<Found<'h>> {
    match class.attached.get() {
        Some(Value::Class(attached)) => vm.find_class_method(attached, name),
        _ => vm.find_instance_method(class, name),
    }
}

/// Names given one by one or as a list.
fn names<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, Vec<Symbol>> {
    let values = match args.values {
        [Value::Array(list)] => list.to_vec(),
        values => values.to_vec(),
    };
    values
        .into_iter()
        .map(|value| method_name(vm, value))
        .collect()
}

fn set_visibility<'h>(
    vm: &mut Vm<'h>,
    class: &'h Class<'h>,
    name: Symbol,
    visibility: Visibility,
) -> Res<'h, ()> {
    if let Some(own) = class.method(name) {
        class.define(name, Method { visibility, ..own });
        vm.forget_methods();
        return Ok(());
    }
    let Some(found) = find(vm, class, name) else {
        return vm.undefined_in_class(class, name);
    };
    match found.callable {
        Callable::Row(row) => vm.define_method(class, name, MethodBody::Row(row), visibility),
        Callable::Method(method) => {
            vm.heap.take(128);
            class.define(
                name,
                Method {
                    visibility,
                    ..method
                },
            );
            vm.forget_methods();
        }
        Callable::Missing => {
            let text = vm.name(name);
            return vm.unsupported(format!("the method {text}"));
        }
    }
    Ok(())
}

/// What the methods that change visibility return: what they were given.
fn given<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Value<'h> {
    match args.values {
        [] => Value::Nil,
        [single] => *single,
        several => vm.array(several.to_vec()),
    }
}

fn change_visibility<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    visibility: Visibility,
) -> Res<'h> {
    let class = own(vm, this);
    if args.is_empty() {
        class.default_visibility.set(visibility);
        class.module_function.set(false);
    }
    for name in names(vm, args)? {
        set_visibility(vm, class, name, visibility)?;
    }
    Ok(given(vm, args))
}

fn public<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    change_visibility(vm, this, args, Visibility::Public)
}

fn protected<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    change_visibility(vm, this, args, Visibility::Protected)
}

fn private<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    change_visibility(vm, this, args, Visibility::Private)
}

fn module_function<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    if !class.is_module() {
        let name = vm.symbol("module_function");
        return vm.undefined_in_class(class, name);
    }
    if args.is_empty() {
        class.default_visibility.set(Visibility::Private);
        class.module_function.set(true);
    }
    for name in names(vm, args)? {
        let Some(found) = vm.find_instance_method(class, name) else {
            return vm.undefined_in_class(class, name);
        };
        if let (Callable::Method(method), Some(single)) = (found.callable, vm.singleton_class(this))
        {
            vm.define_method(single, name, method.body, Visibility::Public);
        }
        set_visibility(vm, class, name, Visibility::Private)?;
    }
    Ok(given(vm, args))
}

fn change_class_methods<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    visibility: Visibility,
) -> Res<'h> {
    for name in names(vm, args)? {
        if let Some(single) = vm.singleton_class(this) {
            set_visibility(vm, single, name, visibility)?;
        }
    }
    Ok(Value::Nil)
}

fn private_class_method<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    change_class_methods(vm, this, args, Visibility::Private)
}

fn public_class_method<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    change_class_methods(vm, this, args, Visibility::Public)
}

fn instance_method<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    let name = method_name(vm, args.at(0))?;
    let Some(found) = find(vm, class, name) else {
        return vm.undefined_in_class(class, name);
    };
    let method = BoundMethod {
        receiver: None,
        name,
        owner: found.owner,
        found,
    };
    Ok(Value::Method(vm.heap.keep(method)))
}

fn is_defined<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    wanted: &[Visibility],
) -> Res<'h> {
    let class = own(vm, this);
    let name = method_name(vm, args.at(0))?;
    let inherited = args.get(1).is_none_or(Value::truthy);
    let found = find(vm, class, name);
    let fits = found.is_some_and(|found| {
        wanted.contains(&found.visibility) && (inherited || found.owner.serial == class.serial)
    });
    Ok(Value::Bool(fits))
}

fn method_defined<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    is_defined(vm, this, args, &[Visibility::Public, Visibility::Protected])
}

fn public_defined<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    is_defined(vm, this, args, &[Visibility::Public])
}

fn protected_defined<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    is_defined(vm, this, args, &[Visibility::Protected])
}

fn private_defined<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    is_defined(vm, this, args, &[Visibility::Private])
}

/// Names of the methods of a class of the template; what the library has is not in Ruby's order.
fn list<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    wanted: &[Visibility],
) -> Res<'h> {
    let class = own(vm, this);
    let inherited = args.get(0).is_none_or(Value::truthy);
    if class.id.is_some() || (inherited && !class.is_module()) {
        return vm.unsupported("the list of methods of a built-in class");
    }
    let classes = if inherited {
        class.ancestors()
    } else {
        vec![class]
    };
    let mut found: Vec<Symbol> = Vec::new();
    for class in classes {
        if class.id.is_some() {
            return vm.unsupported("the list of methods of a built-in class");
        }
        for name in class.method_names.borrow().iter() {
            let method = class.method(*name);
            let fits = method.is_some_and(|method| {
                wanted.contains(&method.visibility) && !matches!(method.body, MethodBody::Undefined)
            });
            if fits && !found.contains(name) {
                found.push(*name);
            }
        }
    }
    Ok(vm.array(found.into_iter().map(Value::Symbol).collect()))
}

fn instance_methods<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    list(vm, this, args, &[Visibility::Public, Visibility::Protected])
}

fn public_methods<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    list(vm, this, args, &[Visibility::Public])
}

fn protected_methods<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    list(vm, this, args, &[Visibility::Protected])
}

fn private_methods<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    list(vm, this, args, &[Visibility::Private])
}
