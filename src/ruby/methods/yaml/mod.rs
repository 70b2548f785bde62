//! `YAML`, which is `Psych`, and `to_yaml` of everything.
//!
//! Psych 5.2: texts are read and printed by [`crate::yaml::psych`]; here documents become objects and objects a list of
//! events. Objects of classes are printed where Psych's form of them is known, and never made.

mod dump;
mod load;

use super::super::eval::Vm;
use super::super::symbol::{Symbol, known};
use super::super::unwind::Res;
use super::super::value::Value;
use super::library::{ClassDefinition, Constant};
use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::module("Psych")
        .class_methods(&[load::FUNCTIONS, dump::FUNCTIONS, FILES])
        .constants(CONSTANTS)
        .missing(
            &[],
            &[
                "add_builtin_type",
                "add_domain_type",
                "add_tag",
                "config",
                "domain_types",
                "domain_types=",
                "dump_stream",
                "dump_tags",
                "dump_tags=",
                "libyaml_version",
                "load_tags",
                "load_tags=",
                "parse",
                "parse_stream",
                "parser",
                "remove_type",
                "to_json",
            ],
        ),
    ClassDefinition::class("Psych::Exception", "RuntimeError"),
    ClassDefinition::class("Psych::BadAlias", "Psych::Exception"),
    ClassDefinition::class("Psych::AliasesNotEnabled", "Psych::BadAlias"),
    ClassDefinition::class("Psych::AnchorNotDefined", "Psych::BadAlias"),
    ClassDefinition::class("Psych::DisallowedClass", "Psych::Exception"),
    ClassDefinition::class("Psych::SyntaxError", "Psych::Exception").methods(&[SYNTAX]),
    ClassDefinition::class("Object", "BasicObject").methods(&[dump::TO_YAML]),
];

const CONSTANTS: &[Constant] = &[
    Constant {
        name: "VERSION",
        value: |vm| Ok(vm.str("5.2.2")),
    },
    Constant {
        name: "LIBYAML_VERSION",
        value: |vm| Ok(vm.str("0.2.5")),
    },
];

const FILES: &[Row] = &[
    Row::new("load_file", 1, file, "Raises: templates cannot read files.").any_keywords(),
    Row::new(
        "safe_load_file",
        1,
        file,
        "Raises: templates cannot read files.",
    )
    .any_keywords(),
    Row::new(
        "unsafe_load_file",
        1,
        file,
        "Raises: templates cannot read files.",
    )
    .any_keywords(),
    Row::new(
        "parse_file",
        1,
        file,
        "Raises: templates cannot read files.",
    )
    .any_keywords(),
];

const SYNTAX: &[Row] = &[
    Row::new("file", 0, error_file, "The `filename` of the call."),
    Row::new("line", 0, error_line, "The line, from 1."),
    Row::new("column", 0, error_column, "The column, from 1."),
    Row::new("offset", 0, error_offset, "Always 0."),
    Row::new("problem", 0, error_problem, "What is wrong."),
    Row::new("context", 0, error_context, "What was being read."),
];

/// The module by its other name.
pub(super) const YAML: Constant = Constant {
    name: "YAML",
    value: |vm| Ok(Value::Class(vm.class_named("Psych"))),
};

fn file<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    super::world::forbidden(vm, "YAML.load_file")
}

/// The names of the details of a syntax error, as Psych's instance variables.
const DETAILS: [&str; 6] = ["@file", "@line", "@col", "@offset", "@problem", "@context"];

fn detail<'h>(vm: &mut Vm<'h>, this: Value<'h>, index: usize) -> Value<'h> {
    let name = DETAILS.get(index).copied().unwrap_or_default();
    let name = vm.symbol(name);
    vm.instance_variable(this, name)
}

fn error_file<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(detail(vm, this, 0))
}

fn error_line<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(detail(vm, this, 1))
}

fn error_column<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(detail(vm, this, 2))
}

fn error_offset<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(detail(vm, this, 3))
}

fn error_problem<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(detail(vm, this, 4))
}

fn error_context<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(detail(vm, this, 5))
}

/// What may be loaded or dumped beside the basic types.
#[derive(Debug, Clone, Default)]
struct Permitted {
    /// Full names of classes.
    classes: Vec<String>,
    /// When there are any, no other symbols.
    symbols: Vec<Symbol>,
    aliases: bool,
}

impl Permitted {
    fn class(&self, name: &str) -> bool {
        self.classes.iter().any(|known| known == name)
    }

    fn symbol(&self, symbol: Symbol) -> bool {
        self.class("Symbol") && (self.symbols.is_empty() || self.symbols.contains(&symbol))
    }

    /// Takes the keywords of `safe_load` and `safe_dump`.
    fn configure<'h>(&mut self, vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, ()> {
        if let Some(classes) = args.keyword(vm, "permitted_classes") {
            self.classes.clear();
            for class in vm.items(classes)? {
                self.classes.push(vm.display(class)?);
            }
        }
        if let Some(symbols) = args.keyword(vm, "permitted_symbols") {
            let symbols = vm.items(symbols)?.into_iter();
            self.symbols = symbols
                .filter_map(|symbol| match symbol {
                    Value::Symbol(symbol) => Some(symbol),
                    _ => None,
                })
                .collect();
        }
        if let Some(aliases) = args.keyword(vm, "aliases") {
            self.aliases = aliases.truthy();
        }
        Ok(())
    }
}

/// The text of a string, or what `read` of anything else gives.
fn text_of<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, String> {
    let value = match value {
        Value::String(_) => value,
        _ if vm.responds(value, known::READ) => vm.call_method(value, known::READ, &[])?,
        _ if vm.responds(value, known::TO_STR) => vm.call_method(value, known::TO_STR, &[])?,
        _ => return vm.no_conversion(value, "String"),
    };
    let Value::String(text) = value else {
        return vm.no_conversion(value, "String");
    };
    match text.valid_text() {
        Some(text) => Ok(text),
        None => vm.unsupported("YAML text that is not UTF-8"),
    }
}
