//! `Pathname`, as text. What would touch files raises.

use super::super::class::Class;
use super::super::eval::Vm;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Data, Value};
use super::file::{append, base, directory, extension, path};
use super::library::ClassDefinition;
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("Pathname", "Object")
        .class_methods(&[CLASS_METHODS])
        .methods(&[METHODS])
        .missing(
            &[
                "ascend",
                "descend",
                "each_entry",
                "each_line",
                "children",
                "each_child",
                "entries",
                "expand_path",
                "fnmatch",
                "fnmatch?",
                "freeze",
                "glob",
                "mountpoint?",
                "sub!",
                "exist?",
                "file?",
                "directory?",
                "read",
                "readlines",
                "binread",
                "write",
                "binwrite",
                "open",
                "opendir",
                "find",
                "mkdir",
                "mkpath",
                "rmdir",
                "rmtree",
                "delete",
                "unlink",
                "rename",
                "realpath",
                "realdirpath",
                "size",
                "stat",
                "mtime",
                "empty?",
                "zero?",
                "symlink?",
                "readable?",
                "writable?",
                "executable?",
            ],
            &["glob", "getwd", "pwd"],
        ),
    ClassDefinition::module("Kernel").methods(&[KERNEL]),
];

const CLASS_METHODS: &[Row] = &[Row::new("new", 1, new, "A path of a text.")];

const KERNEL: &[Row] = &[Row::new("Pathname", 1, convert, "A path of a text.").private()];

const METHODS: &[Row] = &[
    Row::new("+", 1, plus, "A path seen from this one."),
    Row::new("/", 1, plus, "A path seen from this one."),
    Row::new("join", 0, join, "Paths seen from this one.").rest(),
    Row::new("parent", 0, parent, "The path above."),
    Row::new("dirname", 0, dirname, "The path without its last part."),
    Row::new("basename", 0, basename, "The last part.").to(1),
    Row::new("extname", 0, extname, "The extension with its dot."),
    Row::new(
        "split",
        0,
        split,
        "All but the last part, and the last part.",
    ),
    Row::new("to_s", 0, to_s, "The text."),
    Row::new("to_path", 0, to_s, "The text."),
    Row::new("inspect", 0, inspect, "Class and text."),
    Row::new(
        "absolute?",
        0,
        is_absolute,
        "Whether it begins with a slash.",
    ),
    Row::new(
        "relative?",
        0,
        is_relative,
        "Whether it does not begin with a slash.",
    ),
    Row::new("root?", 0, is_root, "Whether it is nothing but slashes."),
    Row::new(
        "cleanpath",
        0,
        cleanpath,
        "Without `.`, and `..` where it can be.",
    ),
    Row::new(
        "relative_path_from",
        1,
        relative_path_from,
        "How it is seen from a path.",
    ),
    Row::new(
        "each_filename",
        0,
        each_filename,
        "Runs the block with each part.",
    )
    .enumerates(),
    Row::new("sub", 1, sub, "With the first match replaced.").to(2),
    Row::new("sub_ext", 1, sub_ext, "With another extension."),
    Row::new("==", 1, equal, "Whether the texts are the same."),
    Row::new("===", 1, equal, "Whether the texts are the same."),
    Row::new("eql?", 1, equal, "Whether the texts are the same."),
    Row::new(
        "<=>",
        1,
        compare,
        "The order of the texts, where a slash comes first.",
    ),
    Row::new("hash", 0, hash, "Equal for paths that are `eql?`."),
];

fn text(this: Value<'_>) -> String {
    match this {
        Value::Object(object) => match object.slot(0) {
            Value::String(text) => text.text(),
            _ => String::new(),
        },
        _ => String::new(),
    }
}

fn make<'h>(vm: &mut Vm<'h>, class: &'h Class<'h>, text: &str) -> Value<'h> {
    let text = vm.str(text);
    Value::Object(vm.object(class, Data::Slots(vec![text].into())))
}

fn like<'h>(vm: &mut Vm<'h>, this: Value<'h>, text: &str) -> Value<'h> {
    let class = vm.class_of(this).real();
    make(vm, class, text)
}

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(class) = this else {
        return Ok(Value::Nil);
    };
    let text = path(vm, args.at(0))?;
    Ok(make(vm, class, &text))
}

fn convert<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if vm.is_a(args.at(0), "Pathname") {
        return Ok(args.at(0));
    }
    let class = Value::Class(vm.class_named("Pathname"));
    new(vm, class, args)
}

/// Where the parts of a path begin, and they themselves.
fn segments(path: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    for part in path.split('/') {
        if !part.is_empty() {
            found.push((at, part));
        }
        at += part.len() + 1;
    }
    found
}

/// A path as seen from another: leading `.` mean nothing, leading `..` take parts away.
fn added(first: &str, second: &str) -> String {
    if second.starts_with('/') {
        return second.to_owned();
    }
    let mut front = first;
    let parts = segments(second);
    let mut rest = parts.iter().peekable();
    loop {
        while rest.next_if(|(_, part)| *part == ".").is_some() {}
        let trimmed = front.trim_end_matches('/');
        match base(trimmed) {
            "" | ".." => break,
            "." => {}
            _ if rest.next_if(|(_, part)| *part == "..").is_none() => break,
            _ => {}
        }
        front = trimmed
            .get(..trimmed.len() - base(trimmed).len())
            .unwrap_or_default();
    }
    let at_root = front.starts_with('/') && front.trim_end_matches('/').is_empty();
    if at_root {
        while rest.next_if(|(_, part)| *part == "..").is_some() {}
    }
    let suffix = rest
        .peek()
        .map(|(at, _)| second.get(*at..).unwrap_or_default());
    match suffix {
        None if front.is_empty() => ".".to_owned(),
        None if at_root => front.to_owned(),
        None => front.trim_end_matches('/').to_owned(),
        Some(suffix) if front.is_empty() => suffix.to_owned(),
        Some(suffix) => {
            let mut joined = front.to_owned();
            append(&mut joined, suffix);
            joined
        }
    }
}

fn plus<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = path(vm, args.at(0))?;
    let joined = added(&text(this), &other);
    Ok(like(vm, this, &joined))
}

fn join<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut joined = text(this);
    for value in args.values {
        let other = path(vm, *value)?;
        vm.tick(joined.len() / 16 + 1)?;
        joined = added(&joined, &other);
    }
    Ok(like(vm, this, &joined))
}

fn parent<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let above = added(&text(this), "..");
    Ok(like(vm, this, &above))
}

fn dirname<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = text(this);
    Ok(like(vm, this, directory(&text)))
}

fn basename<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let file = Value::Class(vm.class_named("File"));
    let mut values = vec![vm.str(text(this))];
    values.extend(args.values);
    let name = vm.call_named(file, "basename", &values)?;
    let name = vm.display(name)?;
    Ok(like(vm, this, &name))
}

fn extname<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = text(this);
    Ok(vm.str(extension(&text)))
}

fn split<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = text(this);
    let parts = vec![
        like(vm, this, directory(&text)),
        like(vm, this, base(&text)),
    ];
    Ok(vm.array(parts))
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(vm.str(text(this)))
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let class = vm.class_of(this).real();
    let class = vm.class_name(class);
    Ok(vm.str(format!("#<{class}:{}>", text(this))))
}

fn is_absolute<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(text(this).starts_with('/')))
}

fn is_relative<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(!text(this).starts_with('/')))
}

fn is_root<'h>(_: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = text(this);
    let root = !text.is_empty() && text.bytes().all(|byte| byte == b'/');
    Ok(Value::Bool(root))
}

/// The parts that are left when `.` and `..` have done what they mean.
fn clean_parts(path: &str) -> Vec<&str> {
    let absolute = path.starts_with('/');
    let mut kept = Vec::new();
    for (_, part) in segments(path) {
        match part {
            "." => {}
            ".." if kept.last().is_some_and(|last| *last != "..") => {
                kept.pop();
            }
            ".." if absolute => {}
            _ => kept.push(part),
        }
    }
    kept
}

fn joined(parts: &[&str], absolute: bool) -> String {
    match (parts, absolute) {
        (_, true) => format!("/{}", parts.join("/")),
        ([], false) => ".".to_owned(),
        (_, false) => parts.join("/"),
    }
}

fn cleanpath<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = text(this);
    let clean = joined(&clean_parts(&text), text.starts_with('/'));
    Ok(like(vm, this, &clean))
}

fn relative_path_from<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let (mine, from) = (text(this), path(vm, args.at(0))?);
    if mine.starts_with('/') != from.starts_with('/') {
        let shown = vm.inspect(args.at(0))?;
        let message = match (mine.starts_with('/'), from.starts_with('/')) {
            (true, _) => format!("different prefix: \"/\" and {shown}"),
            _ => format!("different prefix: \"\" and {shown}"),
        };
        return vm.raise("ArgumentError", message);
    }
    let (parts, base) = (clean_parts(&mine), clean_parts(&from));
    let same = parts.iter().zip(&base).take_while(|(a, b)| a == b).count();
    let up = base.get(same..).unwrap_or_default();
    if up.contains(&"..") {
        let shown = vm.inspect(args.at(0))?;
        return vm.raise("ArgumentError", format!("base_directory has ..: {shown}"));
    }
    let mut relative = vec![".."; up.len()];
    relative.extend(parts.get(same..).unwrap_or_default());
    let relative = joined(&relative, false);
    Ok(like(vm, this, &relative))
}

fn each_filename<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let text = text(this);
    for (_, part) in segments(&text) {
        let part = vm.str(part);
        vm.yield_value(block, part)?;
    }
    Ok(Value::Nil)
}

fn sub<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = vm.symbol("sub");
    let text = vm.str(text(this));
    let replaced = vm.call_full(text, name, args)?;
    let replaced = vm.display(replaced)?;
    Ok(like(vm, this, &replaced))
}

fn sub_ext<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let new = vm.string(args.at(0))?.text();
    let text = text(this);
    let front = text.strip_suffix(extension(&text)).unwrap_or(&text);
    let replaced = format!("{front}{new}");
    Ok(like(vm, this, &replaced))
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let same = vm.is_a(args.at(0), "Pathname") && text(this) == text(args.at(0));
    Ok(Value::Bool(same))
}

fn compare<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if !vm.is_a(args.at(0), "Pathname") {
        return Ok(Value::Nil);
    }
    let key = |value| text(value).replace('/', "\0");
    let order = key(this).cmp(&key(args.at(0)));
    Ok(Value::Integer(order as i64))
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.str(text(this));
    vm.call_method(text, known::HASH, &[])
}
