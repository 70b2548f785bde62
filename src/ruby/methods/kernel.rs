//! `Kernel`: what every object has, and what can be called without a receiver.

use super::super::class::{Method, MethodBody, Visibility};
use super::super::eval::{Callable, Found, Version, Vm};
use super::super::symbol::{Symbol, known};
use super::super::unwind::{Res, Unwind};
use super::super::value::Value;
use super::library::ClassDefinition;
use super::object::{copy_object, has_variable, is_public, object_id, send, variable_names};
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] =
    &[ClassDefinition::module("Kernel").methods(&[OBJECTS, FUNCTIONS])];

const OBJECTS: &[Row] = &[
    Row::new("===", 1, case_equal, "Whether it is the same, for `case`."),
    Row::new("=~", 1, no_match, "Nil: only strings and patterns match."),
    Row::new("!~", 1, not_match, "Whether `=~` finds nothing."),
    Row::new("<=>", 1, compare, "Zero for the same object, else nil."),
    Row::new("eql?", 1, eql, "Whether both are the same key of a hash."),
    Row::new(
        "hash",
        0,
        hash,
        "A number that is equal for keys that are `eql?`.",
    ),
    Row::new("class", 0, class, "The class."),
    Row::new(
        "singleton_class",
        0,
        singleton_class,
        "The class of this object alone.",
    ),
    Row::new("frozen?", 0, is_frozen, "Whether it cannot change."),
    Row::new("freeze", 0, freeze, "Makes it unchangeable."),
    Row::new("nil?", 0, is_nil, "Whether it is nil."),
    Row::new("is_a?", 1, is_a, "Whether it is of a class or one below."),
    Row::new(
        "kind_of?",
        1,
        is_a,
        "Whether it is of a class or one below.",
    ),
    Row::new(
        "instance_of?",
        1,
        instance_of,
        "Whether it is of exactly this class.",
    ),
    Row::new(
        "respond_to?",
        1,
        respond_to,
        "Whether it has a public method of that name.",
    )
    .to(2),
    Row::new(
        "respond_to_missing?",
        2,
        respond_to_missing,
        "Asked by `respond_to?`; false.",
    )
    .private(),
    Row::new("to_s", 0, to_s, "The name of the class in brackets."),
    Row::new(
        "inspect",
        0,
        inspect,
        "The name of the class with the instance variables.",
    ),
    Row::new(
        "object_id",
        0,
        object_id,
        "A number that is the object's own.",
    ),
    Row::new("send", 1, send, "Calls a method by its name.").rest(),
    Row::new(
        "public_send",
        1,
        public_send,
        "Calls a public method by its name.",
    )
    .rest(),
    Row::new(
        "tap",
        0,
        tap,
        "Runs the block with itself and returns itself.",
    ),
    Row::new("then", 0, then, "The block's value for itself.").enumerates(),
    Row::new("yield_self", 0, then, "The block's value for itself.").enumerates(),
    Row::new("itself", 0, itself, "Itself."),
    Row::new("dup", 0, dup, "A copy."),
    Row::new("clone", 0, clone, "A copy that is as frozen.").keywords(&["freeze"]),
    Row::new("extend", 1, extend, "Adds the methods of modules.").rest(),
    Row::new("method", 1, method, "A method as an object."),
    Row::new(
        "methods",
        0,
        methods,
        "Names of the methods of this object alone, with `false`.",
    )
    .to(1),
    Row::new(
        "singleton_methods",
        0,
        singleton_methods,
        "Names of the methods of this object alone.",
    )
    .to(1),
    Row::new(
        "define_singleton_method",
        1,
        define_singleton_method,
        "Gives this object a method.",
    )
    .to(2),
    Row::new(
        "instance_variable_get",
        1,
        variable_get,
        "The value of an instance variable.",
    ),
    Row::new(
        "instance_variable_set",
        2,
        variable_set,
        "Sets an instance variable.",
    ),
    Row::new(
        "instance_variable_defined?",
        1,
        variable_defined,
        "Whether an instance variable is set.",
    ),
    Row::new(
        "instance_variables",
        0,
        variables,
        "Names of the instance variables.",
    ),
    Row::new(
        "enum_for",
        0,
        enum_for,
        "An enumerator that calls a method.",
    )
    .rest(),
    Row::new("to_enum", 0, enum_for, "An enumerator that calls a method.").rest(),
];

const FUNCTIONS: &[Row] = &[
    Row::new("raise", 0, raise, "Raises an exception.")
        .to(3)
        .keywords(&["cause"])
        .private(),
    Row::new("fail", 0, raise, "Raises an exception.")
        .to(3)
        .keywords(&["cause"])
        .private(),
    Row::new("loop", 0, endless_loop, "Runs the block until it breaks.")
        .enumerates()
        .private(),
    Row::new("proc", 0, make_proc, "The block as a proc.").private(),
    Row::new("lambda", 0, make_lambda, "The block as a lambda.").private(),
    Row::new(
        "catch",
        0,
        catch,
        "Runs the block until `throw` with the same tag.",
    )
    .to(1)
    .private(),
    Row::new("throw", 1, throw, "Leaves the `catch` with the same tag.")
        .to(2)
        .private(),
    Row::new(
        "block_given?",
        0,
        block_given,
        "Whether the method got a block.",
    )
    .private(),
    Row::new("require", 1, require, "True for what is there already.").private(),
    Row::new("abort", 0, abort, "Raises SystemExit with a message.")
        .to(1)
        .private(),
    Row::new("exit", 0, exit, "Raises SystemExit.")
        .to(1)
        .private(),
    Row::new("exit!", 0, exit, "Raises SystemExit.")
        .to(1)
        .private(),
    Row::new(
        "puts",
        0,
        puts,
        "Nothing: what a template puts is not in its output.",
    )
    .rest()
    .private(),
    Row::new(
        "print",
        0,
        puts,
        "Nothing: what a template prints is not in its output.",
    )
    .rest()
    .private(),
    Row::new(
        "p",
        0,
        inspect_to_nowhere,
        "The arguments: what a template prints is not in its output.",
    )
    .rest()
    .private(),
    Row::new(
        "pp",
        0,
        inspect_to_nowhere,
        "The arguments: what a template prints is not in its output.",
    )
    .rest()
    .private(),
    Row::new("warn", 0, puts, "Nothing: warnings are not in the output.")
        .rest()
        .any_keywords()
        .private(),
    Row::new(
        "__method__",
        0,
        current_method,
        "The name of the method that runs.",
    )
    .private(),
];

/// A method's name, given as a symbol or a string.
pub(super) fn method_name<'h>(vm: &mut Vm<'h>, name: Value<'h>) -> Res<'h, Symbol> {
    match name {
        Value::Symbol(name) => Ok(name),
        Value::String(name) => {
            let name = name.text();
            Ok(vm.symbol(&name))
        }
        _ => {
            let shown = vm.inspect(name)?;
            vm.raise("TypeError", format!("{shown} is not a symbol nor a string"))
        }
    }
}

fn case_equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(vm.equal(this, args.at(0))?))
}

fn no_match<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    if this.is_nil() {
        return Ok(Value::Nil);
    }
    // Ruby has it for nil alone since 3.2.
    vm.no_method(this, known::MATCH, false)
}

fn not_match<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let found = vm.call_from_caller(this, known::MATCH, args)?;
    Ok(Value::Bool(!found.truthy()))
}

fn compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let same = this.same(args.at(0)) || vm.equal(this, args.at(0))?;
    Ok(if same { Value::Integer(0) } else { Value::Nil })
}

fn eql<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match this {
        Value::Object(_) => Ok(Value::Bool(this.same(args.at(0)))),
        _ => Ok(Value::Bool(vm.eql(this, args.at(0))?)),
    }
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let code = match this {
        Value::Object(_) => this.identity() as u64,
        _ => vm.hash_code(this)?,
    };
    Ok(Value::Integer((code >> 2).cast_signed()))
}

fn class<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let class = vm.class_of(this).real();
    Ok(Value::Class(class))
}

fn singleton_class<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    match vm.singleton_class(this) {
        Some(class) => Ok(Value::Class(class)),
        None => vm.raise("TypeError", "can't define singleton"),
    }
}

fn is_frozen<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(frozen(this)))
}

/// Whether a value cannot change.
pub(super) fn frozen(value: Value<'_>) -> bool {
    match value {
        Value::String(string) => string.frozen.get(),
        Value::Array(array) => array.frozen.get(),
        Value::Hash(hash) => hash.frozen.get(),
        Value::Object(object) => object.frozen.get(),
        Value::Class(_) | Value::Proc(_) | Value::Method(_) | Value::Match(_) => false,
        _ => true,
    }
}

fn freeze<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    match this {
        Value::String(string) => string.frozen.set(true),
        Value::Array(array) => array.frozen.set(true),
        Value::Hash(hash) => hash.frozen.set(true),
        Value::Object(object) => object.frozen.set(true),
        _ => {}
    }
    Ok(this)
}

fn is_nil<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(this.is_nil()))
}

fn is_a<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.at(0) {
        Value::Class(class) => Ok(Value::Bool(vm.class_of(this).descends_from(class))),
        _ => vm.raise("TypeError", "class or module required"),
    }
}

fn instance_of<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.at(0) {
        Value::Class(class) => Ok(Value::Bool(vm.class_of(this).real().serial == class.serial)),
        _ => vm.raise("TypeError", "class or module required"),
    }
}

fn respond_to<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = method_name(vm, args.at(0))?;
    let private_too = args.at(1).truthy();
    let found = if private_too {
        vm.find_method(this, name).is_some()
    } else {
        is_public(vm, this, name)
    };
    if found {
        return Ok(Value::Bool(true));
    }
    let asked = [Value::Symbol(name), Value::Bool(private_too)];
    let answer = vm.call_method(this, known::RESPOND_TO_MISSING, &asked)?;
    Ok(Value::Bool(answer.truthy()))
}

fn respond_to_missing<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(false))
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    if this.same(vm.main) && !matches!(this, Value::Object(_)) {
        return Ok(vm.str("main"));
    }
    let text = vm.any_to_s(this);
    Ok(vm.str(text))
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let names = variable_names(this);
    let plain = vm.any_to_s(this);
    if names.is_empty() || vm.printing.contains(&this.identity()) {
        return Ok(vm.str(plain));
    }
    vm.printing.push(this.identity());
    let mut parts = Vec::new();
    for name in names {
        let value = vm.instance_variable(this, name);
        let shown = vm.inspect(value);
        let shown = shown.inspect_err(|_| ())?;
        parts.push(format!("{}={shown}", vm.name(name)));
    }
    vm.printing.pop();
    let plain = plain.trim_end_matches('>');
    Ok(vm.str(format!("{plain} {}>", parts.join(", "))))
}

fn public_send<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = method_name(vm, args.at(0))?;
    let args = Args {
        values: args.values.get(1..).unwrap_or_default(),
        ..*args
    };
    vm.call_public(this, name, &args)
}

fn tap<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    vm.yield_value(block, this)?;
    Ok(this)
}

fn then<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    vm.yield_value(block, this)
}

fn itself<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(this)
}

fn dup<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    match this {
        Value::Object(object) => copy_object(vm, object, false),
        Value::Class(_) => vm.unsupported("a copy of a class"),
        _ => Ok(this),
    }
}

fn clone<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let copy = match this {
        Value::Object(object) => copy_object(vm, object, true)?,
        _ => vm.call_method(this, known::DUP, &[])?,
    };
    let freeze = args.keyword(vm, "freeze").unwrap_or(Value::Nil);
    if freeze.truthy() || (freeze.is_nil() && frozen(this)) {
        return vm.call_method(copy, known::FREEZE, &[]);
    }
    Ok(copy)
}

fn extend<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    for module in args.values {
        let Value::Class(module) = module else {
            let word = vm.kind_word(*module);
            return vm.raise(
                "TypeError",
                format!("wrong argument type {word} (expected Module)"),
            );
        };
        let Some(class) = vm.singleton_class(this) else {
            return vm.raise("TypeError", "can't define singleton");
        };
        if !class.descends_from(module) {
            vm.heap.take(16);
            class.includes.borrow_mut().push(module);
        }
        vm.check_ancestors(class)?;
        vm.forget_methods();
        vm.notify(module, known::EXTENDED, this)?;
    }
    Ok(this)
}

fn method<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = method_name(vm, args.at(0))?;
    if let Some(found) = vm.find_method(this, name) {
        let method = super::super::value::BoundMethod {
            receiver: Some(this),
            name,
            owner: found.owner,
            found,
        };
        Ok(Value::Method(vm.heap.keep(method)))
    } else {
        let asked = [Value::Symbol(name), Value::Bool(true)];
        if vm
            .call_method(this, known::RESPOND_TO_MISSING, &asked)?
            .truthy()
        {
            return Ok(answered_by_missing(vm, this, name));
        }
        let class = vm.class_of(this).real();
        vm.undefined_in_class(class, name)
    }
}

/// A method that `method_missing` answers.
fn answered_by_missing<'h>(vm: &mut Vm<'h>, this: Value<'h>, name: Symbol) -> Value<'h> {
    let owner = vm.class_of(this).real();
    let block = vm.native_block(-1, move |vm: &mut Vm<'h>, args: &Args<'_, 'h>| {
        vm.call_full(this, name, args)
    });
    let method = Method {
        body: MethodBody::Proc(block),
        visibility: Visibility::Public,
        name,
        owner,
    };
    let found = Found {
        callable: Callable::Method(method),
        owner,
        visibility: Visibility::Public,
    };
    let method = super::super::value::BoundMethod {
        receiver: Some(this),
        name,
        owner,
        found,
    };
    Value::Method(vm.heap.keep(method))
}

fn methods<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.at(0).truthy() || args.is_empty() {
        return vm.unsupported("the list of all methods of an object");
    }
    singleton_methods(vm, this, args)
}

fn singleton_methods<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let class = match this {
        Value::Class(class) => class.singleton.get(),
        Value::Object(object) => Some(object.class.get()).filter(|class| class.is_singleton()),
        _ => None,
    };
    let names = class.map(|class| class.method_names.borrow().clone());
    let names = names.unwrap_or_default().into_iter().map(Value::Symbol);
    Ok(vm.array(names.collect()))
}

fn define_singleton_method<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = method_name(vm, args.at(0))?;
    let body = match args.get(1) {
        Some(body) => vm.block_of(body)?,
        None => args.block,
    };
    let Some(body) = body else {
        return vm.raise(
            "ArgumentError",
            "tried to create Proc object without a block",
        );
    };
    let Some(class) = vm.singleton_class(this) else {
        return vm.raise("TypeError", "can't define singleton");
    };
    let body = super::super::class::MethodBody::Proc(body);
    vm.define_method(class, name, body, super::super::class::Visibility::Public);
    Ok(Value::Symbol(name))
}

fn variable_name<'h>(vm: &mut Vm<'h>, name: Value<'h>) -> Res<'h, Symbol> {
    let symbol = method_name(vm, name)?;
    let text = vm.name(symbol);
    if text.starts_with('@') && !text.starts_with("@@") && text.len() > 1 {
        return Ok(symbol);
    }
    vm.raise(
        "NameError",
        format!("'{text}' is not allowed as an instance variable name"),
    )
}

fn variable_get<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = variable_name(vm, args.at(0))?;
    Ok(vm.instance_variable(this, name))
}

fn variable_set<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = variable_name(vm, args.at(0))?;
    vm.set_instance_variable(this, name, args.at(1))
}

fn variable_defined<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = variable_name(vm, args.at(0))?;
    Ok(Value::Bool(has_variable(this, name)))
}

fn variables<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let names = variable_names(this).into_iter().map(Value::Symbol);
    Ok(vm.array(names.collect()))
}

fn enum_for<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = match args.get(0) {
        Some(name) => method_name(vm, name)?,
        None => known::EACH,
    };
    let args = Args {
        values: args.values.get(1..).unwrap_or_default(),
        ..*args
    };
    Ok(vm.enumerator(this, name, &args))
}

fn raise<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let exception = match (args.get(0), args.get(1)) {
        (None, _) if !vm.handled.is_nil() => vm.handled,
        (None, _) => return vm.raise("RuntimeError", ""),
        (Some(message @ Value::String(_)), None) => {
            let class = vm.class_named("RuntimeError");
            vm.new_exception(class, message)
        }
        (Some(what), message) => made_exception(vm, what, message)?,
    };
    if let Some(trace) = args.get(2).filter(|trace| !trace.is_nil()) {
        super::exception::give_backtrace(vm, exception, trace)?;
    }
    if let (Some(cause), Value::Object(object)) = (args.keyword(vm, "cause"), exception)
        && let Some(data) = object.exception()
    {
        let outer = std::mem::replace(&mut vm.handled, Value::Nil);
        data.cause.set(cause);
        let result = vm.raise_value(exception);
        vm.handled = outer;
        return result;
    }
    vm.raise_value(exception)
}

/// The exception that a class or object makes with a message.
fn made_exception<'h>(vm: &mut Vm<'h>, what: Value<'h>, message: Option<Value<'h>>) -> Res<'h> {
    if vm.responds(what, known::EXCEPTION) {
        let values: Vec<_> = message.into_iter().collect();
        let made = vm.call_method(what, known::EXCEPTION, &values)?;
        if matches!(made, Value::Object(object) if object.exception().is_some()) {
            return Ok(made);
        }
        return vm.raise("TypeError", "exception object expected");
    }
    vm.raise("TypeError", "exception class/object expected")
}

fn endless_loop<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    loop {
        vm.tick(1)?;
        match vm.yield_values(block, &[]) {
            Ok(_) => {}
            Err(Unwind::Raise(exception)) if vm.is_a(exception, "StopIteration") => {
                return Ok(match exception {
                    Value::Object(object) => object
                        .exception()
                        .map_or(Value::Nil, |data| data.details.get()[0]),
                    _ => Value::Nil,
                });
            }
            Err(error) => return Err(error),
        }
    }
}

fn make_proc<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.block {
        Some(block) => Ok(Value::Proc(block)),
        None => vm.raise(
            "ArgumentError",
            "tried to create Proc object without a block",
        ),
    }
}

/// A literal block is a lambda since it was parsed; any other one must be one already.
fn make_lambda<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if vm.world.version == Version::Ruby34 && args.block.is_some_and(|block| !block.lambda) {
        return vm.raise(
            "ArgumentError",
            "the lambda method requires a literal block",
        );
    }
    make_proc(vm, this, args)
}

fn catch<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let tag = if let Some(tag) = args.get(0) {
        tag
    } else {
        let class = vm.class_named("Object");
        vm.allocate(class)
    };
    vm.catching.push(tag);
    let result = vm.yield_value(block, tag);
    vm.catching.pop();
    match result {
        Err(Unwind::Throw(thrown, value)) if thrown.same(tag) => Ok(value),
        result => result,
    }
}

fn throw<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let tag = args.at(0);
    if !vm.catching.iter().any(|caught| caught.same(tag)) {
        return vm.uncaught_throw(tag, args.at(1));
    }
    Err(Unwind::Throw(tag, args.at(1)))
}

fn block_given<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(
        vm.caller.is_some_and(|caller| caller.block.is_some()),
    ))
}

/// Libraries that a Director has loaded or can load.
const LIBRARIES: &[&str] = &[
    "abbrev",
    "base64",
    "benchmark",
    "bigdecimal",
    "cgi",
    "cgi/escape",
    "cgi/util",
    "csv",
    "date",
    "delegate",
    "digest",
    "digest/md5",
    "digest/sha1",
    "digest/sha2",
    "English",
    "erb",
    "etc",
    "fileutils",
    "forwardable",
    "io/console",
    "ipaddr",
    "json",
    "logger",
    "monitor",
    "net/http",
    "open3",
    "openssl",
    "optparse",
    "ostruct",
    "pathname",
    "pp",
    "prime",
    "psych",
    "rbconfig",
    "resolv",
    "securerandom",
    "set",
    "shellwords",
    "singleton",
    "socket",
    "stringio",
    "strscan",
    "tempfile",
    "time",
    "timeout",
    "tmpdir",
    "tsort",
    "uri",
    "weakref",
    "yaml",
    "zlib",
    "active_support",
    "active_support/core_ext/object/blank",
];

fn require<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::String(name) = args.at(0) else {
        return vm.no_conversion(args.at(0), "String");
    };
    let name = name.text();
    if LIBRARIES.contains(&name.trim_end_matches(".rb")) {
        return Ok(Value::Bool(false));
    }
    vm.raise("LoadError", format!("cannot load such file -- {name}"))
}

fn abort<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let message = match args.get(0) {
        Some(Value::String(message)) => message.text(),
        Some(other) => return vm.no_conversion(other, "String"),
        None => "exit".to_owned(),
    };
    let status = [Value::Integer(1), Value::Bool(false), Value::Nil];
    vm.raise_with("SystemExit", message, status)
}

fn exit<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let status = match args.get(0) {
        None | Some(Value::Bool(true)) => 0,
        Some(Value::Bool(false)) => 1,
        Some(Value::Integer(status)) => status,
        Some(other) => return vm.no_conversion(other, "Integer"),
    };
    let details = [Value::Integer(status), Value::Bool(status == 0), Value::Nil];
    vm.raise_with("SystemExit", "exit", details)
}

fn inspect_to_nowhere<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.values {
        [] => Ok(Value::Nil),
        [single] => Ok(*single),
        several => Ok(vm.array(several.to_vec())),
    }
}

fn puts<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Nil)
}

fn current_method<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let method = vm.caller.and_then(|caller| caller.method);
    Ok(method.map_or(Value::Nil, |(name, _)| Value::Symbol(name)))
}
