//! `Module` and `Class`: names, ancestors, making classes, and what is included. Methods of classes are defined and
//! hidden in `definitions.rs`, constants and class variables are in `names.rs`.

mod definitions;
mod names;

use super::super::class::{Class, ClassKind};
use super::super::eval::Vm;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::Value;
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("Module", "Object")
        .methods(&[METHODS, HOOKS, definitions::METHODS, names::METHODS])
        .class_methods(&[MODULE])
        .missing(
            &[
                "autoload",
                "autoload?",
                "const_source_location",
                "deprecate_constant",
                "refinements",
                "refine",
                "using",
                "ruby2_keywords",
                "set_temporary_name",
                "undefined_instance_methods",
                "append_features",
                "extend_object",
                "prepend_features",
            ],
            &["constants", "used_modules", "used_refinements"],
        ),
    ClassDefinition::class("Class", "Module")
        .methods(&[CLASS])
        .class_methods(&[CLASS_OWN])
        .missing(&["subclasses"], &[]),
];

const METHODS: &[Row] = &[
    Row::new("name", 0, name, "The full name; nil for an anonymous one."),
    Row::new("to_s", 0, to_s, "The full name."),
    Row::new("inspect", 0, to_s, "The full name."),
    Row::new(
        "===",
        1,
        instance,
        "Whether a value is of this class or module.",
    ),
    Row::new("==", 1, same, "Whether both are the same."),
    Row::new(
        "<",
        1,
        below,
        "Whether it comes from the other; nil when neither does.",
    ),
    Row::new(
        "<=",
        1,
        below_or_same,
        "Whether it is the other or comes from it.",
    ),
    Row::new(">", 1, above, "Whether the other comes from it."),
    Row::new(
        ">=",
        1,
        above_or_same,
        "Whether it is the other or the other comes from it.",
    ),
    Row::new(
        "<=>",
        1,
        compare,
        "-1 below, 1 above, 0 the same, else nil.",
    ),
    Row::new(
        "ancestors",
        0,
        ancestors,
        "Classes and modules in the order in which methods are looked up.",
    ),
    Row::new(
        "included_modules",
        0,
        included_modules,
        "The modules among the ancestors.",
    ),
    Row::new(
        "include?",
        1,
        includes,
        "Whether a module is among the ancestors.",
    ),
    Row::new(
        "include",
        1,
        include,
        "Adds the methods of modules to instances.",
    )
    .rest(),
    Row::new(
        "prepend",
        1,
        prepend,
        "Puts the methods of modules in front of its own.",
    )
    .rest(),
    Row::new(
        "class_eval",
        0,
        class_eval,
        "Runs a block as the body of the class.",
    )
    .rest(),
    Row::new(
        "module_eval",
        0,
        class_eval,
        "Runs a block as the body of the class.",
    )
    .rest(),
    Row::new(
        "class_exec",
        0,
        class_exec,
        "Runs a block as the body of the class, with arguments.",
    )
    .rest(),
    Row::new(
        "module_exec",
        0,
        class_exec,
        "Runs a block as the body of the class, with arguments.",
    )
    .rest(),
    Row::new(
        "singleton_class?",
        0,
        is_singleton,
        "Whether it is the class of one object.",
    ),
];

/// What classes may define to be told of changes; without a definition nothing happens.
const HOOKS: &[Row] = &[
    Row::new("included", 1, hook, "Called when it was included.").private(),
    Row::new("extended", 1, hook, "Called when it was extended.").private(),
    Row::new("prepended", 1, hook, "Called when it was prepended.").private(),
    Row::new("method_added", 1, hook, "Called when a method was defined.").private(),
    Row::new(
        "method_removed",
        1,
        hook,
        "Called when a method was removed.",
    )
    .private(),
    Row::new(
        "method_undefined",
        1,
        hook,
        "Called when a method was undefined.",
    )
    .private(),
    Row::new("const_added", 1, hook, "Called when a constant was set.").private(),
];

const MODULE: &[Row] = &[
    Row::new(
        "new",
        0,
        new_module,
        "An anonymous module, with the block as its body.",
    ),
    Row::new(
        "nesting",
        0,
        nesting,
        "The classes and modules around the call.",
    ),
];

const CLASS_OWN: &[Row] = &[Row::new(
    "new",
    0,
    new_class,
    "An anonymous class, with the block as its body.",
)
.to(1)];

const CLASS: &[Row] = &[
    Row::new("new", 0, new, "A new instance, prepared by `initialize`.")
        .rest()
        .any_keywords(),
    Row::new(
        "allocate",
        0,
        allocate,
        "A new instance that is not prepared.",
    ),
    Row::new("superclass", 0, superclass, "The class above."),
    Row::new(
        "attached_object",
        0,
        attached_object,
        "The object that a singleton class belongs to.",
    ),
    Row::new(
        "inherited",
        1,
        hook,
        "Called when a class was made below it.",
    )
    .private(),
];

/// The class a method was called on.
fn own<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> &'h Class<'h> {
    match this {
        Value::Class(class) => class,
        _ => vm.class_named("Object"),
    }
}

fn hook<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Nil)
}

fn name<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(match own(vm, this).name.get() {
        Some(name) => vm.str(name),
        None => Value::Nil,
    })
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    let name = vm.class_name(class);
    Ok(vm.str(name))
}

fn instance<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    Ok(Value::Bool(vm.class_of(args.at(0)).descends_from(class)))
}

fn same<'h>(_: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(this.same(args.at(0))))
}

/// How two classes relate: whether the first comes from the second, and the second from the first.
fn relation<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h, (bool, bool)> {
    let class = own(vm, this);
    match args.at(0) {
        Value::Class(other) => Ok((class.descends_from(other), other.descends_from(class))),
        _ => vm.raise("TypeError", "compared with non class/module"),
    }
}

fn answer<'h>(wanted: bool, other: bool) -> Res<'h> {
    Ok(if wanted || other {
        Value::Bool(wanted)
    } else {
        Value::Nil
    })
}

fn below<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (down, up) = relation(vm, this, args)?;
    answer(down && !up, up)
}

fn below_or_same<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (down, up) = relation(vm, this, args)?;
    answer(down, up)
}

fn above<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (down, up) = relation(vm, this, args)?;
    answer(up && !down, down)
}

fn above_or_same<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (down, up) = relation(vm, this, args)?;
    answer(up, down)
}

fn compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(_) = args.at(0) else {
        return Ok(Value::Nil);
    };
    Ok(match relation(vm, this, args)? {
        (true, true) => Value::Integer(0),
        (true, false) => Value::Integer(-1),
        (false, true) => Value::Integer(1),
        (false, false) => Value::Nil,
    })
}

fn ancestors<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let all = own(vm, this).ancestors().into_iter().map(Value::Class);
    Ok(vm.array(all.collect()))
}

fn included_modules<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    let all = class.ancestors().into_iter();
    let modules = all
        .filter(|found| found.is_module() && found.serial != class.serial)
        .map(Value::Class);
    Ok(vm.array(modules.collect()))
}

/// An argument that must be a module.
fn module_argument<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, &'h Class<'h>> {
    match value {
        Value::Class(module) if module.is_module() => Ok(module),
        _ => {
            let word = vm.kind_word(value);
            vm.raise(
                "TypeError",
                format!("wrong argument type {word} (expected Module)"),
            )
        }
    }
}

fn includes<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let module = module_argument(vm, args.at(0))?;
    let class = own(vm, this);
    Ok(Value::Bool(
        class.serial != module.serial && class.descends_from(module),
    ))
}

fn include<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    // The first argument comes first among the ancestors, so it is included last.
    for value in args.values.iter().rev() {
        let module = module_argument(vm, *value)?;
        refuse_cycle(vm, class, module, "include")?;
        if !class.descends_from(module) {
            vm.heap.take(16);
            class.includes.borrow_mut().push(module);
        }
        vm.check_ancestors(class)?;
        vm.forget_methods();
        vm.notify(module, known::INCLUDED, this)?;
    }
    Ok(this)
}

fn refuse_cycle<'h>(
    vm: &mut Vm<'h>,
    class: &'h Class<'h>,
    module: &'h Class<'h>,
    how: &str,
) -> Res<'h, ()> {
    if module.descends_from(class) {
        return vm.raise("ArgumentError", format!("cyclic {how} detected"));
    }
    Ok(())
}

fn prepend<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    for value in args.values.iter().rev() {
        let module = module_argument(vm, *value)?;
        refuse_cycle(vm, class, module, "prepend")?;
        let known = class
            .prepends
            .borrow()
            .iter()
            .any(|known| known.serial == module.serial);
        if !known {
            vm.heap.take(16);
            class.prepends.borrow_mut().push(module);
        }
        vm.check_ancestors(class)?;
        vm.forget_methods();
        vm.notify(module, known::PREPENDED, this)?;
    }
    Ok(this)
}

fn class_eval<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.block {
        Some(_) if !args.is_empty() => vm.wrong_number(args.len(), 0, Some(0)),
        Some(block) => {
            let class = own(vm, this);
            vm.call_with_self(block, this, &[this], Some(class))
        }
        None if args.is_empty() => vm.raise(
            "ArgumentError",
            "wrong number of arguments (given 0, expected 1..3)",
        ),
        None => vm.unsupported("class_eval of a string"),
    }
}

fn class_exec<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let class = own(vm, this);
    vm.call_with_self(block, this, args.values, Some(class))
}

fn is_singleton<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this).is_singleton()))
}

fn new_module<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let module = vm.new_class(ClassKind::Module, None, None);
    run_body(vm, module, args)
}

/// Runs the block of `Class.new` as the body.
fn run_body<'h>(vm: &mut Vm<'h>, class: &'h Class<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let made = Value::Class(class);
    if let Some(block) = args.block {
        vm.call_with_self(block, made, &[made], Some(class))?;
    }
    Ok(made)
}

fn nesting<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let mut found = Vec::new();
    let mut next = vm.caller.map(|caller| caller.lexical);
    while let Some(place) = next {
        // The outermost place is no class that was written.
        if place.outer.is_some() {
            found.push(Value::Class(place.class));
        }
        next = place.outer;
    }
    Ok(vm.array(found))
}

fn new_class<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let superclass = match args.get(0) {
        None => vm.class_named("Object"),
        Some(Value::Class(class)) if class.is_singleton() => {
            return vm.raise("TypeError", "can't make subclass of singleton class");
        }
        Some(Value::Class(class)) if class.name.get() == Some("Class") => {
            return vm.raise("TypeError", "can't make subclass of Class");
        }
        Some(Value::Class(class)) if !class.is_module() => class,
        Some(other) => {
            let word = vm.class_of(other).real();
            let word = vm.class_name(word);
            let text =
                format!("superclass must be an instance of Class (given an instance of {word})");
            return vm.raise("TypeError", text);
        }
    };
    vm.check_ancestors(superclass)?;
    let class = vm.new_class(ClassKind::Class, None, Some(superclass));
    vm.notify(superclass, known::INHERITED, Value::Class(class))?;
    run_body(vm, class, args)
}

/// Classes of values that have no `new`.
const WITHOUT_NEW: &[&str] = &[
    "Integer",
    "Float",
    "Symbol",
    "NilClass",
    "TrueClass",
    "FalseClass",
    "Method",
    "UnboundMethod",
    "MatchData",
];

/// Whether instances of a class come from the library alone.
fn without_new<'h>(class: &'h Class<'h>) -> bool {
    let mut line = std::iter::successors(Some(class), |class| class.superclass.get());
    line.any(|class| {
        class.id.is_some()
            && class
                .name
                .get()
                .is_some_and(|name| WITHOUT_NEW.contains(&name))
    })
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    if class.is_singleton() {
        return vm.raise("TypeError", "can't create instance of singleton class");
    }
    if without_new(class) {
        return vm.no_method(this, known::NEW, false);
    }
    let made = vm.allocate(class);
    vm.call_full(made, known::INITIALIZE, args)?;
    Ok(made)
}

fn allocate<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    if class.is_singleton() {
        return vm.raise("TypeError", "can't create instance of singleton class");
    }
    if without_new(class) {
        let name = vm.class_name(class);
        return vm.raise("TypeError", format!("allocator undefined for {name}"));
    }
    // What the library makes has insides that only its own `new` knows.
    let mut line = std::iter::successors(Some(class), |class| class.superclass.get());
    let built_in = line
        .find(|class| class.id.is_some())
        .and_then(|class| class.name.get());
    if !matches!(built_in, Some("Object" | "BasicObject")) {
        let name = vm.class_name(class);
        return vm.unsupported(format!("{name}.allocate"));
    }
    Ok(vm.allocate(class))
}

fn superclass<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    if class.is_singleton() {
        return vm.unsupported("the superclass of a singleton class");
    }
    Ok(class.superclass.get().map_or(Value::Nil, Value::Class))
}

fn attached_object<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let class = own(vm, this);
    if let Some(object) = class.attached.get() {
        Ok(object)
    } else {
        let name = vm.class_name(class);
        vm.raise("TypeError", format!("'{name}' is not a singleton class"))
    }
}
