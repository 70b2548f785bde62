//! `File`, where it only works on the text of paths. What would touch files raises.

use super::super::eval::Vm;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::Value;
use super::library::{ClassDefinition, Constant};
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("IO", "Object")
        .class_methods(&[IO_FORBIDDEN])
        .constants(IO_CONSTANTS),
    ClassDefinition::class("File", "IO")
        .class_methods(&[PATHS, FORBIDDEN])
        .constants(CONSTANTS)
        .missing(&[], &["fnmatch", "fnmatch?", "path"]),
    ClassDefinition::class("Dir", "Object").class_methods(&[DIR_FORBIDDEN]),
    ClassDefinition::module("FileUtils").class_methods(&[UTILS_FORBIDDEN]),
    ClassDefinition::module("FileTest").class_methods(&[FORBIDDEN]),
    ClassDefinition::class("Tempfile", "File").class_methods(&[TEMP_FORBIDDEN]),
    ClassDefinition::module("Errno"),
    ClassDefinition::class("Errno::ENOENT", "SystemCallError"),
    ClassDefinition::class("Errno::EACCES", "SystemCallError"),
    ClassDefinition::class("Errno::EINVAL", "SystemCallError"),
    ClassDefinition::class("Errno::EEXIST", "SystemCallError"),
];

const PATHS: &[Row] = &[
    Row::new("basename", 1, basename, "The last part of a path.").to(2),
    Row::new("dirname", 1, dirname, "A path without its last part.").to(2),
    Row::new("extname", 1, extname, "The extension with its dot."),
    Row::new("join", 0, join, "Parts with slashes between them.").rest(),
    Row::new(
        "split",
        1,
        split,
        "All but the last part, and the last part.",
    ),
    Row::new(
        "expand_path",
        1,
        expand_path,
        "An absolute path without `.` and `..`.",
    )
    .to(2),
    Row::new(
        "absolute_path",
        1,
        expand_path,
        "An absolute path without `.` and `..`.",
    )
    .to(2),
    Row::new(
        "absolute_path?",
        1,
        is_absolute,
        "Whether a path begins with a slash.",
    ),
];

/// A row of a method that would touch files.
macro_rules! forbidden {
    ($raise:ident $class:literal: $($name:literal)*) => {
        [$(
            Row::new(
                $name,
                0,
                |vm, _, _| super::world::$raise(vm, concat!($class, $name)),
                "Raises: templates cannot touch the world around them.",
            )
            .rest()
            .any_keywords(),
        )*]
    };
}

const FORBIDDEN: &[Row] = &forbidden! {
    forbidden "File.": "new" "open" "read" "readlines" "foreach" "binread" "write" "binwrite" "exist?" "file?" "directory?"
        "readable?" "writable?" "executable?" "size" "size?" "zero?" "empty?" "symlink?" "stat" "lstat" "mtime" "ctime"
        "atime" "birthtime" "delete" "unlink" "rename" "link" "symlink" "readlink" "realpath" "realdirpath" "chmod"
        "chown" "lchmod" "lchown" "utime" "truncate" "umask" "mkfifo" "ftype" "identical?" "owned?" "grpowned?" "pipe?"
        "socket?" "blockdev?" "chardev?" "setuid?" "setgid?" "sticky?" "world_readable?" "world_writable?"
        "executable_real?" "readable_real?" "writable_real?"
};

const IO_FORBIDDEN: &[Row] = &forbidden! {
    forbidden "IO.": "new" "open" "read" "readlines" "foreach" "binread" "write" "binwrite" "popen" "pipe" "select" "copy_stream"
        "sysopen" "for_fd" "console"
};

const DIR_FORBIDDEN: &[Row] = &forbidden! {
    forbidden "Dir.": "new" "open" "glob" "[]" "entries" "children" "each_child" "foreach" "exist?" "empty?" "mkdir" "rmdir"
        "delete" "unlink" "chdir" "pwd" "getwd" "home" "tmpdir" "mktmpdir" "chroot"
};

const UTILS_FORBIDDEN: &[Row] = &forbidden! {
    forbidden "FileUtils.": "cp" "copy" "cp_r" "mv" "move" "rm" "remove" "rm_f" "rm_r" "rm_rf" "rmtree" "mkdir" "mkdir_p"
        "makedirs" "mkpath" "rmdir" "ln" "link" "ln_s" "symlink" "ln_sf" "touch" "chmod" "chmod_R" "chown" "chown_R"
        "install" "pwd" "cd" "chdir" "compare_file" "cmp" "identical?" "uptodate?"
};

const TEMP_FORBIDDEN: &[Row] = &forbidden! {
    forbidden "Tempfile.": "new" "open" "create"
};

const CONSTANTS: &[Constant] = &[
    Constant {
        name: "SEPARATOR",
        value: |vm| Ok(vm.str("/")),
    },
    Constant {
        name: "Separator",
        value: |vm| Ok(vm.str("/")),
    },
    Constant {
        name: "ALT_SEPARATOR",
        value: |_| Ok(Value::Nil),
    },
    Constant {
        name: "PATH_SEPARATOR",
        value: |vm| Ok(vm.str(":")),
    },
];

const IO_CONSTANTS: &[Constant] = &[
    Constant {
        name: "SEEK_SET",
        value: |_| Ok(Value::Integer(0)),
    },
    Constant {
        name: "SEEK_CUR",
        value: |_| Ok(Value::Integer(1)),
    },
    Constant {
        name: "SEEK_END",
        value: |_| Ok(Value::Integer(2)),
    },
];

/// A path as text: strings, and what has `to_path`.
pub(super) fn path<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, String> {
    let value = match value {
        Value::String(_) => value,
        _ if vm.responds(value, known::TO_PATH) => vm.call_method(value, known::TO_PATH, &[])?,
        _ => value,
    };
    let text = vm.string(value)?.text();
    if text.contains('\0') {
        return vm.raise("ArgumentError", "string contains null byte");
    }
    Ok(text)
}

/// The last part of a path.
pub(super) fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (trimmed.rsplit_once('/'), trimmed, path) {
        (_, "", "") => "",
        (_, "", _) => "/",
        (Some((_, last)), ..) => last,
        (None, ..) => trimmed,
    }
}

/// A path without its last part.
pub(super) fn directory(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return if path.is_empty() { "." } else { "/" };
    }
    match trimmed.rsplit_once('/') {
        None => ".",
        Some((front, _)) => {
            let front_trimmed = front.trim_end_matches('/');
            if front_trimmed.is_empty() {
                return "/";
            }
            // Slashes in front are one.
            let doubled = front_trimmed.len() - front_trimmed.trim_start_matches('/').len();
            front_trimmed
                .get(doubled.saturating_sub(1)..)
                .unwrap_or(front_trimmed)
        }
    }
}

/// The extension with its dot: not of names that begin with their only dot.
pub(super) fn extension(path: &str) -> &str {
    let name = base(path);
    let inner = name.trim_start_matches('.');
    match inner.rfind('.') {
        Some(at) => inner.get(at..).unwrap_or_default(),
        None => "",
    }
}

fn basename<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let path = path(vm, args.at(0))?;
    let name = base(&path);
    let suffix = match args.get(1) {
        None => String::new(),
        Some(suffix) => vm.string(suffix)?.text(),
    };
    let cut = if suffix == ".*" {
        let extension = extension(name);
        name.strip_suffix(extension)
    } else {
        name.strip_suffix(suffix.as_str())
    };
    let name = cut.filter(|cut| !cut.is_empty()).unwrap_or(name);
    Ok(vm.str(name))
}

fn dirname<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let path = path(vm, args.at(0))?;
    let level = match args.get(1) {
        None => 1,
        Some(level) => vm.long(level)?,
    };
    if level < 0 {
        return vm.raise("ArgumentError", format!("negative level: {level}"));
    }
    let mut rest = path.as_str();
    for _ in 0..level {
        vm.tick(1)?;
        let above = directory(rest);
        if above == rest || above == "." {
            rest = above;
            break;
        }
        rest = above;
    }
    Ok(vm.str(rest))
}

fn extname<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let path = path(vm, args.at(0))?;
    Ok(vm.str(extension(&path)))
}

/// Parts of paths, those of lists too.
fn parts<'h>(vm: &mut Vm<'h>, values: &[Value<'h>], found: &mut Vec<String>) -> Res<'h, ()> {
    for value in values {
        vm.tick(1)?;
        match value {
            Value::Array(list) => {
                let list = *list;
                if vm.printing.contains(&value.identity()) {
                    return vm.raise("ArgumentError", "recursive array");
                }
                vm.printing.push(value.identity());
                let result = vm.deeper(|vm| parts(vm, &list.to_vec(), found));
                vm.printing.pop();
                result?;
            }
            _ => found.push(path(vm, *value)?),
        }
    }
    Ok(())
}

/// Puts a part behind a path: exactly one side keeps its slashes.
pub(super) fn append(joined: &mut String, part: &str) {
    match (joined.ends_with('/'), part.starts_with('/')) {
        (_, true) => {
            let kept = joined.trim_end_matches('/').len();
            joined.truncate(kept);
        }
        (false, false) => joined.push('/'),
        (true, false) => {}
    }
    joined.push_str(part);
}

fn join<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut found = Vec::new();
    parts(vm, args.values, &mut found)?;
    let mut rest = found.into_iter();
    let mut joined = rest.next().unwrap_or_default();
    for part in rest {
        vm.reserve(joined.len() + part.len())?;
        append(&mut joined, &part);
    }
    Ok(vm.str(joined))
}

fn split<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let path = path(vm, args.at(0))?;
    let parts = vec![vm.str(directory(&path)), vm.str(base(&path))];
    Ok(vm.array(parts))
}

fn expand_path<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut full = path(vm, args.at(0))?;
    if !full.starts_with('/') && !args.at(1).is_nil() {
        let outer = path(vm, args.at(1))?;
        full = format!("{outer}/{full}");
    }
    if !full.starts_with('/') {
        return vm.unsupported("File.expand_path of a path that is not absolute");
    }
    let mut kept: Vec<&str> = Vec::new();
    for part in full.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(part),
        }
    }
    Ok(vm.str(format!("/{}", kept.join("/"))))
}

fn is_absolute<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let path = path(vm, args.at(0))?;
    Ok(Value::Bool(path.starts_with('/')))
}
