//! What a template cannot do: touch the world around it.
//!
//! Files, processes and environment raise RuntimeError, so that a template that rescues sees them as it would see a file
//! that is not there. What a process prints is not part of the output; so the streams take everything and do nothing.

use super::super::eval::Vm;
use super::super::unwind::Res;
use super::super::value::Value;
use super::library::{ClassDefinition, Constant};
use super::{Args, Row};

/// Classes of this file.
pub(super) const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("IO", "Object").methods(&[STREAM]),
    ClassDefinition::module("ENV").class_methods(&[ENV]),
    ClassDefinition::module("Process")
        .class_methods(&[PROCESS, CLOCK])
        .constants(CLOCKS),
    ClassDefinition::module("Kernel")
        .methods(&[FILES, PROCESSES, PRINTING])
        .class_methods(&[FILES, PROCESSES, PRINTING])
        .missing(
            &[
                "at_exit",
                "autoload",
                "autoload?",
                "caller",
                "caller_locations",
                "eval",
                "global_variables",
                "set_trace_func",
                "trace_var",
                "untrace_var",
                "__dir__",
                "__callee__",
            ],
            &["at_exit", "caller", "caller_locations", "eval", "__dir__"],
        ),
];

/// Raises what everything raises that would touch files.
pub(super) fn forbidden<'h, T>(vm: &mut Vm<'h>, what: &str) -> Res<'h, T> {
    let message = format!("templates cannot touch files: {what}");
    vm.raise("RuntimeError", message)
}

/// Raises what everything raises that would start, end or ask for a process.
pub(super) fn no_process<'h, T>(vm: &mut Vm<'h>, what: &str) -> Res<'h, T> {
    let message = format!("templates cannot start processes: {what}");
    vm.raise("RuntimeError", message)
}

/// Raises what everything raises that would read or change the environment.
fn no_environment<'h, T>(vm: &mut Vm<'h>, what: &str) -> Res<'h, T> {
    let message = format!("templates cannot touch the environment: {what}");
    vm.raise("RuntimeError", message)
}

/// Rows of methods that raise.
macro_rules! raising {
    ($raise:ident $prefix:literal: $($name:literal)*) => {
        &[$(
            Row::new($name, 0, |vm, _, _| $raise(vm, concat!($prefix, $name)), "Raises RuntimeError.")
                .rest()
                .any_keywords()
                .private(),
        )*]
    };
}

const ENV: &[Row] = raising!(no_environment "ENV.":
    "[]" "[]=" "any?" "assoc" "clear" "delete" "delete_if" "dig" "each" "each_pair" "empty?" "except" "fetch" "filter" "filter_map"
    "find" "has_key?" "has_value?" "include?" "inspect" "key" "key?" "keys" "length" "map" "member?" "merge!" "reject"
    "replace" "select" "size" "slice" "sort" "store" "sum" "to_a" "to_h" "to_hash" "to_s" "update" "value?" "values"
    "values_at");

const PROCESS: &[Row] = raising!(no_process "Process.":
    "daemon" "detach" "egid" "euid" "exec" "exit" "fork" "getpgid" "getpriority" "getrlimit" "gid" "kill" "pid" "ppid" "setsid"
    "spawn" "times" "uid" "wait" "wait2" "waitall" "waitpid");

const FILES: &[Row] = raising!(forbidden "": "gets" "load" "open" "readline" "readlines" "require_relative" "select" "test");

const PROCESSES: &[Row] =
    raising!(no_process "": "exec" "fork" "sleep" "spawn" "syscall" "system" "trap" "`");

const PRINTING: &[Row] = &[
    Row::new(
        "p",
        0,
        arguments,
        "Its arguments: what a template prints is not in its output.",
    )
    .rest()
    .private(),
    Row::new(
        "pp",
        0,
        arguments,
        "Its arguments: what a template prints is not in its output.",
    )
    .rest()
    .private(),
    Row::new(
        "printf",
        0,
        nothing,
        "Nothing: what a template prints is not in its output.",
    )
    .rest()
    .private(),
    Row::new(
        "putc",
        1,
        first,
        "Its argument: what a template prints is not in its output.",
    )
    .private(),
    Row::new(
        "display",
        0,
        nothing,
        "Nothing: what a template prints is not in its output.",
    )
    .to(1),
];

const STREAM: &[Row] = &[
    Row::new(
        "puts",
        0,
        nothing,
        "Nothing: what a template prints is not in its output.",
    )
    .rest(),
    Row::new(
        "print",
        0,
        nothing,
        "Nothing: what a template prints is not in its output.",
    )
    .rest(),
    Row::new(
        "printf",
        0,
        nothing,
        "Nothing: what a template prints is not in its output.",
    )
    .rest(),
    Row::new(
        "write",
        0,
        written,
        "The number of bytes: what a template prints is not in its output.",
    )
    .rest(),
    Row::new(
        "<<",
        1,
        itself,
        "Itself: what a template prints is not in its output.",
    ),
    Row::new("flush", 0, itself, "Itself."),
    Row::new("sync", 0, sync, "True."),
    Row::new("sync=", 1, first, "Nothing."),
];

const CLOCK: &[Row] = &[Row::new(
    "clock_gettime",
    1,
    clock_gettime,
    "The time that the run was given.",
)
.to(2)];

const CLOCKS: &[Constant] = &[
    Constant {
        name: "CLOCK_REALTIME",
        value: |_| Ok(Value::Integer(0)),
    },
    Constant {
        name: "CLOCK_MONOTONIC",
        value: |_| Ok(Value::Integer(1)),
    },
];

fn nothing<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Nil)
}

fn itself<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(this)
}

fn first<'h>(_: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(args.at(0))
}

fn sync<'h>(_: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(true))
}

fn arguments<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(match args.values {
        [] => Value::Nil,
        [single] => *single,
        several => vm.array(several.to_vec()),
    })
}

fn written<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut bytes = 0_usize;
    for value in args.values {
        if let Value::String(text) = vm.to_s(*value)? {
            bytes = bytes.saturating_add(text.len());
        }
    }
    Ok(vm.count(bytes))
}

fn clock_gettime<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (seconds, nanoseconds) = vm.world.now;
    let unit = match args.get(1) {
        None | Some(Value::Nil) => "float_second".to_owned(),
        Some(unit) => vm.display(unit)?,
    };
    let whole = i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
    #[allow(clippy::cast_precision_loss, reason = "a float is what is asked for")]
    let float = |divisor: f64| Value::Float(whole as f64 / divisor);
    Ok(match unit.as_str() {
        "float_second" => float(1e9),
        "float_millisecond" => float(1e6),
        "float_microsecond" => float(1e3),
        "second" => Value::Integer(seconds),
        "millisecond" => vm.integer((whole / 1_000_000).into()),
        "microsecond" => vm.integer((whole / 1000).into()),
        "nanosecond" => vm.integer(whole.into()),
        _ => return vm.raise("ArgumentError", format!("unexpected unit: {unit}")),
    })
}

/// A stream that takes everything.
pub(in super::super) fn stream<'h>(vm: &mut Vm<'h>) -> Res<'h> {
    let class = vm.class_named("IO");
    Ok(vm.allocate(class))
}
