//! `Proc`, `Method` and `UnboundMethod`.

use super::super::ast::{Parameters, Target};
use super::super::class::{MethodBody, ProcBody};
use super::super::eval::{Callable, Vm};
use super::super::symbol::{Symbol, known};
use super::super::unwind::Res;
use super::super::value::{BoundMethod, Proc, Value};
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("Proc", "Object")
        .methods(&[PROC])
        .class_methods(&[PROC_CLASS])
        .missing(
            &[
                "binding",
                "inspect",
                "to_s",
                "ruby2_keywords",
                "source_location",
                "clone",
                "dup",
            ],
            &[],
        ),
    ClassDefinition::class("Method", "Object")
        .methods(&[CALLS, METHOD, ABOUT])
        .missing(&["inspect", "to_s", "source_location", "super_method"], &[]),
    ClassDefinition::class("UnboundMethod", "Object")
        .methods(&[UNBOUND, ABOUT])
        .missing(&["inspect", "to_s", "source_location", "super_method"], &[]),
];

const PROC_CLASS: &[Row] = &[Row::new("new", 0, new, "The block as a proc.")];

const PROC: &[Row] = &[
    Row::new("call", 0, call, "Runs it.").rest().any_keywords(),
    Row::new("yield", 0, call, "Runs it.").rest().any_keywords(),
    Row::new("[]", 0, call, "Runs it.").rest().any_keywords(),
    Row::new("===", 0, call, "Runs it, for `case`.")
        .rest()
        .any_keywords(),
    Row::new("to_proc", 0, itself, "Itself."),
    Row::new(
        "lambda?",
        0,
        is_lambda,
        "Whether it is strict about its arguments.",
    ),
    Row::new(
        "arity",
        0,
        proc_arity,
        "Number of parameters, negative when more are possible.",
    ),
    Row::new(
        "parameters",
        0,
        proc_parameters,
        "Kinds and names of the parameters.",
    )
    .keywords(&["lambda"]),
    Row::new(
        "curry",
        0,
        proc_curry,
        "Takes its arguments one after another.",
    )
    .to(1),
    Row::new(">>", 1, proc_then, "Runs it, then another with the result."),
    Row::new(
        "<<",
        1,
        proc_after,
        "Runs another, then itself with the result.",
    ),
    Row::new("==", 1, same, "Whether both are the same."),
    Row::new("eql?", 1, same, "Whether both are the same."),
];

const CALLS: &[Row] = &[
    Row::new("call", 0, call_method, "Runs it.")
        .rest()
        .any_keywords(),
    Row::new("[]", 0, call_method, "Runs it.")
        .rest()
        .any_keywords(),
    Row::new("===", 0, call_method, "Runs it, for `case`.")
        .rest()
        .any_keywords(),
];

const METHOD: &[Row] = &[
    Row::new("to_proc", 0, method_to_proc, "A lambda that calls it."),
    Row::new("receiver", 0, receiver, "The object it belongs to."),
    Row::new("unbind", 0, unbind, "The method without its receiver."),
    Row::new(
        "curry",
        0,
        method_curry,
        "Takes its arguments one after another.",
    )
    .to(1),
    Row::new(
        ">>",
        1,
        method_then,
        "Runs it, then another with the result.",
    ),
    Row::new(
        "<<",
        1,
        method_after,
        "Runs another, then itself with the result.",
    ),
];

const UNBOUND: &[Row] = &[
    Row::new("bind", 1, bind, "The method of an object."),
    Row::new("bind_call", 1, bind_call, "Runs it for an object.")
        .rest()
        .any_keywords(),
];

const ABOUT: &[Row] = &[
    Row::new("name", 0, name, "Its name."),
    Row::new(
        "original_name",
        0,
        original_name,
        "The name it was defined with.",
    ),
    Row::new("owner", 0, owner, "The class it was found in."),
    Row::new(
        "arity",
        0,
        method_arity,
        "Number of parameters, negative when more are possible.",
    ),
    Row::new(
        "parameters",
        0,
        method_parameters,
        "Kinds and names of the parameters.",
    ),
    Row::new(
        "==",
        1,
        equal,
        "Whether both are the same method of the same object.",
    ),
    Row::new(
        "eql?",
        1,
        equal,
        "Whether both are the same method of the same object.",
    ),
];

fn own<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Proc<'h>> {
    match this {
        Value::Proc(block) => Ok(block),
        _ => vm.raise("TypeError", "uninitialized Proc"),
    }
}

fn own_method<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h BoundMethod<'h>> {
    match this {
        Value::Method(method) => Ok(method),
        _ => vm.raise("TypeError", "uninitialized Method"),
    }
}

fn new<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.block {
        Some(block) => Ok(Value::Proc(block)),
        None => vm.raise(
            "ArgumentError",
            "tried to create Proc object without a block",
        ),
    }
}

fn call<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = own(vm, this)?;
    vm.call_proc(block, args)
}

fn itself<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(this)
}

fn same<'h>(_: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(this.same(args.at(0))))
}

fn is_lambda<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(own(vm, this)?.lambda))
}

fn arity_of<'h>(vm: &mut Vm<'h>, block: &Proc<'h>) -> i64 {
    match block.body {
        ProcBody::Block { block: literal, .. } => {
            Vm::parameters_arity(&literal.parameters, block.lambda)
        }
        ProcBody::Symbol(_) => -2,
        ProcBody::Method { receiver, name } => match vm.find_method(receiver, name) {
            Some(found) => callable_arity(vm, found.callable),
            None => -1,
        },
        ProcBody::Native(native) => native.arity,
        ProcBody::Composed(..) | ProcBody::Curried { .. } => -1,
    }
}

fn callable_arity<'h>(vm: &mut Vm<'h>, callable: Callable<'h>) -> i64 {
    match callable {
        Callable::Row(row) => row_arity(row),
        Callable::Missing => -1,
        Callable::Method(method) => match method.body {
            MethodBody::Def(def, _) => Vm::parameters_arity(&def.parameters, true),
            MethodBody::Proc(block) => match block.body {
                ProcBody::Block { block: literal, .. } => {
                    Vm::parameters_arity(&literal.parameters, true)
                }
                _ => arity_of(vm, block),
            },
            MethodBody::Writer(_) | MethodBody::SetMember(_) | MethodBody::SetAttribute(_) => 1,
            MethodBody::Row(row) => row_arity(row),
            MethodBody::Reader(_)
            | MethodBody::Member(_)
            | MethodBody::Attribute(_)
            | MethodBody::Undefined => 0,
        },
    }
}

/// Methods that Ruby has in C count only as many as are always needed, or any number.
fn row_arity(row: &Row) -> i64 {
    let fixed = row.most == Some(row.least) && row.keywords.is_empty() && !row.any_keywords;
    if fixed {
        i64::try_from(row.least).unwrap_or(-1)
    } else {
        -1
    }
}

fn proc_arity<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let block = own(vm, this)?;
    Ok(Value::Integer(arity_of(vm, block)))
}

fn method_arity<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let method = own_method(vm, this)?;
    Ok(Value::Integer(callable_arity(vm, method.found.callable)))
}

/// The list that `parameters` gives.
fn listed<'h>(vm: &mut Vm<'h>, parameters: &Parameters, lambda: bool) -> Value<'h> {
    let name = |slot: u32| parameters.names.get(slot as usize).copied();
    let needed = if lambda { "req" } else { "opt" };
    let target = |target: &Target| match target {
        Target::Local(local) => name(local.slot),
        _ => None,
    };
    let mut found: Vec<(&str, Option<Symbol>)> = Vec::new();
    found.extend(
        parameters
            .required
            .iter()
            .map(|required| (needed, target(required))),
    );
    found.extend(
        parameters
            .optional
            .iter()
            .map(|(slot, _)| ("opt", name(*slot))),
    );
    found.extend(parameters.rest.map(|slot| ("rest", name(slot))));
    found.extend(
        parameters
            .post
            .iter()
            .map(|required| (needed, target(required))),
    );
    let strict = parameters
        .keywords
        .iter()
        .filter(|keyword| keyword.default.is_none());
    found.extend(strict.map(|keyword| ("keyreq", Some(keyword.name))));
    let loose = parameters
        .keywords
        .iter()
        .filter(|keyword| keyword.default.is_some());
    found.extend(loose.map(|keyword| ("key", Some(keyword.name))));
    found.extend(parameters.keyword_rest.map(|slot| ("keyrest", name(slot))));
    found.extend(parameters.no_keywords.then_some(("nokey", None)));
    found.extend(parameters.block.map(|slot| ("block", name(slot))));
    let mut items = Vec::new();
    for (kind, name) in found {
        let mut pair = vec![Value::Symbol(vm.symbol(kind))];
        if name.is_none() && kind == "opt" {
            pair.push(Value::Nil);
        }
        pair.extend(name.map(Value::Symbol));
        items.push(vm.array(pair));
    }
    vm.array(items)
}

fn proc_parameters<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = own(vm, this)?;
    let lambda = match args.keyword(vm, "lambda") {
        None | Some(Value::Nil) => block.lambda,
        Some(lambda) => lambda.truthy(),
    };
    match block.body {
        ProcBody::Block { block: literal, .. } => Ok(listed(vm, &literal.parameters, lambda)),
        _ => vm.unsupported("Proc#parameters of what is no block"),
    }
}

fn method_parameters<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let method = own_method(vm, this)?;
    if let Callable::Method(method) = method.found.callable {
        match method.body {
            MethodBody::Def(def, _) => return Ok(listed(vm, &def.parameters, true)),
            MethodBody::Proc(Proc {
                body: ProcBody::Block { block, .. },
                ..
            }) => {
                return Ok(listed(vm, &block.parameters, true));
            }
            MethodBody::Reader(_) | MethodBody::Member(_) => return Ok(vm.array(Vec::new())),
            _ => {}
        }
    }
    vm.unsupported("Method#parameters of a built-in method")
}

/// A function of so many arguments that may come one after another.
fn curried<'h>(vm: &mut Vm<'h>, function: &'h Proc<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let arity = arity_of(vm, function);
    let least = if arity < 0 { -arity - 1 } else { arity };
    let wanted = match args.get(0) {
        Some(wanted) => vm.long(wanted)?,
        None => least,
    };
    let given = usize::try_from(wanted).unwrap_or(0);
    let least = usize::try_from(least).unwrap_or(0);
    if function.lambda && (given < least || (arity >= 0 && given != least)) {
        let most = (arity >= 0).then_some(least);
        return vm.wrong_number(given, least, most);
    }
    if given == 0 {
        return vm.call_proc(function, &Args::of(&[]));
    }
    let body = ProcBody::Curried {
        function,
        arity: given,
        arguments: &[],
    };
    Ok(Value::Proc(vm.new_proc(body, function.lambda)))
}

fn proc_curry<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = own(vm, this)?;
    curried(vm, block, args)
}

fn method_curry<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let function = as_lambda(vm, this)?;
    curried(vm, function, args)
}

/// `first >> second`, where the other one must be callable.
fn composed<'h>(
    vm: &mut Vm<'h>,
    first: Value<'h>,
    second: Value<'h>,
    other: Value<'h>,
    lambda: bool,
) -> Res<'h> {
    if !vm.responds(other, known::CALL) {
        return vm.raise("TypeError", "callable object is expected");
    }
    Ok(Value::Proc(
        vm.new_proc(ProcBody::Composed(first, second), lambda),
    ))
}

fn proc_then<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let lambda = own(vm, this)?.lambda;
    composed(vm, this, args.at(0), args.at(0), lambda)
}

fn proc_after<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    // Whether the result is a lambda is decided by what is called first.
    let lambda = match other {
        Value::Proc(block) => block.lambda,
        _ => true,
    };
    composed(vm, other, this, other, lambda)
}

fn method_then<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    composed(vm, this, args.at(0), args.at(0), true)
}

fn method_after<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    composed(vm, args.at(0), this, args.at(0), true)
}

fn call_method<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let method = own_method(vm, this)?;
    let receiver = method.receiver.unwrap_or(Value::Nil);
    vm.invoke(receiver, method.name, &method.found, args, None)
}

/// A lambda that calls a method; it knows how many arguments the method takes.
fn as_lambda<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Proc<'h>> {
    let method = own_method(vm, this)?;
    let arity = callable_arity(vm, method.found.callable);
    let step =
        move |vm: &mut Vm<'h>, args: &Args<'_, 'h>| call_method(vm, Value::Method(method), args);
    let block = vm.native_block(arity, step);
    Ok(vm.new_proc(block.body, true))
}

fn method_to_proc<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Proc(as_lambda(vm, this)?))
}

fn receiver<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(own_method(vm, this)?.receiver.unwrap_or(Value::Nil))
}

fn unbind<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let method = own_method(vm, this)?;
    Ok(Value::Method(vm.heap.keep(BoundMethod {
        receiver: None,
        ..*method
    })))
}

/// The method for an object, which must be of the class it comes from.
fn bound<'h>(vm: &mut Vm<'h>, this: Value<'h>, object: Value<'h>) -> Res<'h, &'h BoundMethod<'h>> {
    let method = own_method(vm, this)?;
    let owner = method.owner;
    if !owner.is_module() && !vm.class_of(object).descends_from(owner) {
        let name = vm.class_name(owner);
        return vm.raise(
            "TypeError",
            format!("bind argument must be an instance of {name}"),
        );
    }
    Ok(vm.heap.keep(BoundMethod {
        receiver: Some(object),
        ..*method
    }))
}

fn bind<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Method(bound(vm, this, args.at(0))?))
}

fn bind_call<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let method = bound(vm, this, args.at(0))?;
    let args = Args {
        values: args.values.get(1..).unwrap_or_default(),
        ..*args
    };
    call_method(vm, Value::Method(method), &args)
}

fn name<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Symbol(own_method(vm, this)?.name))
}

fn original_name<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let method = own_method(vm, this)?;
    Ok(Value::Symbol(match method.found.callable {
        Callable::Method(found) => found.name,
        _ => method.name,
    }))
}

fn owner<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Class(own_method(vm, this)?.owner))
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let one = own_method(vm, this)?;
    let Value::Method(other) = args.at(0) else {
        return Ok(Value::Bool(false));
    };
    let receivers = match (one.receiver, other.receiver) {
        (None, None) => true,
        (Some(a), Some(b)) => a.same(b),
        _ => false,
    };
    Ok(Value::Bool(
        receivers && one.name == other.name && one.owner.serial == other.owner.serial,
    ))
}
