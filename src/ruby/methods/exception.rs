//! Exceptions.

use super::super::eval::Vm;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{ExceptionData, Value};
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("Exception", "Object")
        .methods(&[METHODS])
        .class_methods(&[CLASS_METHODS])
        .missing(&["full_message"], &["to_tty?"]),
    ClassDefinition::class("NoMemoryError", "Exception"),
    ClassDefinition::class("ScriptError", "Exception"),
    ClassDefinition::class("LoadError", "ScriptError"),
    ClassDefinition::class("NotImplementedError", "ScriptError"),
    ClassDefinition::class("SyntaxError", "ScriptError"),
    ClassDefinition::class("SecurityError", "Exception"),
    ClassDefinition::class("SignalException", "Exception"),
    ClassDefinition::class("Interrupt", "SignalException"),
    ClassDefinition::class("SystemExit", "Exception").methods(&[EXIT]),
    ClassDefinition::class("SystemStackError", "Exception"),
    ClassDefinition::class("StandardError", "Exception"),
    ClassDefinition::class("ArgumentError", "StandardError"),
    ClassDefinition::class("UncaughtThrowError", "ArgumentError").methods(&[THROW]),
    ClassDefinition::class("EncodingError", "StandardError"),
    ClassDefinition::class("FiberError", "StandardError"),
    ClassDefinition::class("IOError", "StandardError"),
    ClassDefinition::class("EOFError", "IOError"),
    ClassDefinition::class("IndexError", "StandardError"),
    ClassDefinition::class("KeyError", "IndexError").methods(&[KEY]),
    ClassDefinition::class("StopIteration", "IndexError").methods(&[STOP]),
    ClassDefinition::class("LocalJumpError", "StandardError"),
    ClassDefinition::class("NameError", "StandardError").methods(&[NAME]),
    ClassDefinition::class("NoMethodError", "NameError"),
    ClassDefinition::class("NoMatchingPatternError", "StandardError"),
    ClassDefinition::class("NoMatchingPatternKeyError", "NoMatchingPatternError"),
    ClassDefinition::class("RangeError", "StandardError"),
    ClassDefinition::class("FloatDomainError", "RangeError"),
    ClassDefinition::class("RegexpError", "StandardError"),
    ClassDefinition::class("RuntimeError", "StandardError"),
    ClassDefinition::class("FrozenError", "RuntimeError").methods(&[FROZEN]),
    ClassDefinition::class("SystemCallError", "StandardError"),
    ClassDefinition::class("ThreadError", "StandardError"),
    ClassDefinition::class("TypeError", "StandardError"),
    ClassDefinition::class("ZeroDivisionError", "StandardError"),
];

const CLASS_METHODS: &[Row] = &[
    Row::new(
        "new",
        0,
        new,
        "An exception, with a message or the name of its class.",
    )
    .rest()
    .any_keywords(),
    Row::new("exception", 0, new, "The same as `new`.")
        .rest()
        .any_keywords(),
];

const METHODS: &[Row] = &[
    Row::new("initialize", 0, initialize, "Takes the message.")
        .rest()
        .private(),
    Row::new("message", 0, message, "Its `to_s`."),
    Row::new("to_s", 0, to_s, "The message, or the name of the class."),
    Row::new(
        "detailed_message",
        0,
        detailed_message,
        "The message with the class.",
    )
    .keywords(&["highlight"]),
    Row::new("inspect", 0, inspect, "Class and message."),
    Row::new(
        "cause",
        0,
        cause,
        "The exception that was handled when this one was raised.",
    ),
    Row::new(
        "exception",
        0,
        exception,
        "Itself, or a copy with another message.",
    )
    .to(1),
    Row::new(
        "==",
        1,
        equal,
        "Whether class, message and backtrace are the same.",
    ),
    Row::new(
        "backtrace",
        0,
        backtrace,
        "Where it was raised; nil before that.",
    ),
    Row::new(
        "backtrace_locations",
        0,
        locations,
        "Where it was raised; nil before that.",
    ),
    Row::new(
        "set_backtrace",
        1,
        set_backtrace,
        "Says where it was raised.",
    ),
];

const EXIT: &[Row] = &[
    Row::new("status", 0, first_detail, "The exit status."),
    Row::new("success?", 0, second_detail, "Whether the status is zero."),
];
const THROW: &[Row] = &[
    Row::new("tag", 0, first_detail, "The tag that nothing caught."),
    Row::new("value", 0, second_detail, "The value that was thrown."),
];
const KEY: &[Row] = &[
    Row::new("receiver", 0, second_detail, "What has no such key."),
    Row::new("key", 0, third_detail, "The key."),
];
const STOP: &[Row] = &[Row::new(
    "result",
    0,
    first_detail,
    "What the iteration returned.",
)];
const NAME: &[Row] = &[
    Row::new("name", 0, first_detail, "The name that is missing."),
    Row::new("receiver", 0, second_detail, "What has no such name."),
];
const FROZEN: &[Row] = &[Row::new(
    "receiver",
    0,
    second_detail,
    "What cannot change.",
)];

fn data(this: Value<'_>) -> Option<&ExceptionData<'_>> {
    match this {
        Value::Object(object) => object.exception(),
        _ => None,
    }
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(class) = this else {
        return Ok(Value::Nil);
    };
    let exception = vm.new_exception(class, Value::Nil);
    vm.call_full(exception, known::INITIALIZE, args)?;
    Ok(exception)
}

fn initialize<'h>(_: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if let Some(data) = data(this) {
        data.message.set(args.at(0));
    }
    Ok(Value::Nil)
}

fn message<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    vm.to_s(this)
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    match data(this).map_or(Value::Nil, |data| data.message.get()) {
        Value::Nil => {
            let class = vm.class_of(this).real();
            let name = vm.class_name(class);
            Ok(vm.str(name))
        }
        message => vm.to_s(message),
    }
}

fn detailed_message<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let class = vm.class_of(this).real();
    let class = vm.class_name(class);
    let message = vm.exception_message(this)?;
    if message.is_empty() {
        let plain = class == "RuntimeError";
        return Ok(vm.str(if plain { "unhandled exception" } else { &class }));
    }
    let (first, rest) = message
        .split_once('\n')
        .map_or((message.as_str(), None), |(first, rest)| {
            (first, Some(rest))
        });
    let text = match rest {
        Some(rest) => format!("{first} ({class})\n{rest}"),
        None => format!("{first} ({class})"),
    };
    Ok(vm.str(text))
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let class = vm.class_of(this).real();
    let class = vm.class_name(class);
    let text = vm.display(this)?;
    let shown = match text.as_str() {
        "" => class,
        text if text.contains('\n') => {
            let message = vm.str(text);
            let message = vm.inspect(message)?;
            format!("#<{class}:{message}>")
        }
        text => format!("#<{class}: {text}>"),
    };
    Ok(vm.str(shown))
}

fn cause<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(data(this).map_or(Value::Nil, |data| data.cause.get()))
}

fn exception<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Some(message) = args.get(0).filter(|message| !message.same(this)) else {
        return Ok(this);
    };
    let Value::Object(object) = this else {
        return Ok(this);
    };
    let copy = super::object::copy_object(vm, object, true)?;
    if let Some(data) = data(copy) {
        data.message.set(message);
    }
    Ok(copy)
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = args.at(0);
    if this.same(other) {
        return Ok(Value::Bool(true));
    }
    let classes = (vm.class_of(this).real(), vm.class_of(other).real());
    if data(other).is_none() || classes.0.serial != classes.1.serial {
        return Ok(Value::Bool(false));
    }
    let messages = (vm.exception_message(this)?, vm.exception_message(other)?);
    if messages.0 != messages.1 {
        return Ok(Value::Bool(false));
    }
    let traces = [trace(this), trace(other)];
    let raised = [is_raised(this), is_raised(other)];
    match (traces, raised) {
        ([Value::Nil, Value::Nil], [false, false]) => Ok(Value::Bool(true)),
        ([Value::Nil, _], [false, _]) | ([_, Value::Nil], [_, false]) => Ok(Value::Bool(false)),
        ([Value::Nil, _] | [_, Value::Nil], _) => {
            vm.unsupported("comparing exceptions that were raised")
        }
        ([mine, its], _) => Ok(Value::Bool(vm.equal(mine, its)?)),
    }
}

/// The backtrace that an exception was given.
fn trace(this: Value<'_>) -> Value<'_> {
    data(this).map_or(Value::Nil, |data| data.trace.get())
}

fn is_raised(this: Value<'_>) -> bool {
    data(this).is_some_and(|data| data.position.get().is_some())
}

fn backtrace<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    match trace(this) {
        Value::Nil if is_raised(this) => vm.unsupported("the backtrace of an exception"),
        trace => Ok(trace),
    }
}

fn locations<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    if is_raised(this) && trace(this).is_nil() {
        return vm.unsupported("the backtrace of an exception");
    }
    Ok(Value::Nil)
}

fn set_backtrace<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if args.at(0).is_nil() && is_raised(this) {
        return vm.unsupported("taking the backtrace from an exception");
    }
    give_backtrace(vm, this, args.at(0))
}

/// Gives an exception a backtrace: a string, or a list of them. One with a place in the template would decide which line
/// a failure tells, and is refused.
pub(super) fn give_backtrace<'h>(
    vm: &mut Vm<'h>,
    exception: Value<'h>,
    trace: Value<'h>,
) -> Res<'h> {
    const WRONG: &str =
        "backtrace must be an Array of String or an Array of Thread::Backtrace::Location";
    let trace = match trace {
        Value::String(_) => vm.array(vec![trace]),
        trace => trace,
    };
    let lines = match trace {
        Value::Array(lines) => lines.to_vec(),
        Value::Nil => Vec::new(),
        _ => return vm.raise("TypeError", WRONG),
    };
    for line in lines {
        let Value::String(line) = line else {
            return vm.raise("TypeError", WRONG);
        };
        vm.tick(1 + line.len() / 64)?;
        if line.text().contains(vm.file) {
            return vm.unsupported("a backtrace that names the template");
        }
    }
    if let Some(data) = data(exception) {
        data.trace.set(trace);
    }
    Ok(trace)
}

fn detail(this: Value<'_>, index: usize) -> Value<'_> {
    data(this).map_or(Value::Nil, |data| data.details.get()[index])
}

fn first_detail<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(detail(this, 0))
}

fn second_detail<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(detail(this, 1))
}

fn third_detail<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(detail(this, 2))
}
