//! `JSON`, and `to_json` of everything.
//!
//! Follows json 2.9.1, the one of Ruby 3.4, except that floats look as they do since 2.11, which Directors have. For the
//! texts of Ruby 3.1 it is json 2.6.1.

mod generate;
mod parse;

use super::super::eval::Vm;
use super::super::symbol::known;
use super::super::unwind::{Res, Unwind};
use super::super::value::{Hash, Object, Value};
use super::library::{ClassDefinition, Constant};
use super::{Args, Row};
use generate::{STATE, State, count_option, generate_own, state_of};
use parse::ParseOptions;

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::module("JSON")
        .class_methods(&[FUNCTIONS])
        .constants(CONSTANTS)
        .missing(
            &[],
            &[
                "create_fast_state",
                "create_id",
                "create_id=",
                "create_pretty_state",
                "deep_const_get",
                "dump_default_options",
                "dump_default_options=",
                "generator",
                "generator=",
                "iconv",
                "load_default_options",
                "load_default_options=",
                "parser",
                "parser=",
                "recurse_proc",
                "state=",
                "unsafe_load_default_options",
                "unsafe_load_default_options=",
            ],
        ),
    ClassDefinition::module("JSON::Ext"),
    ClassDefinition::module("JSON::Ext::Generator"),
    ClassDefinition::class(STATE, "Object")
        .methods(&[STATE_METHODS])
        .class_methods(&[STATE_CLASS_METHODS])
        .missing(
            &[
                "indent=",
                "space=",
                "space_before=",
                "object_nl=",
                "array_nl=",
                "max_nesting=",
                "depth=",
                "[]",
                "[]=",
                "configure",
                "merge",
                "to_h",
                "to_hash",
                "buffer_initial_length",
                "buffer_initial_length=",
                "check_circular?",
                "generate_new",
                "allow_nan=",
                "ascii_only=",
                "script_safe=",
                "strict=",
            ],
            &["from_state", "generate"],
        ),
    ClassDefinition::class("JSON::JSONError", "StandardError"),
    ClassDefinition::class("JSON::ParserError", "JSON::JSONError"),
    ClassDefinition::class("JSON::NestingError", "JSON::ParserError"),
    ClassDefinition::class("JSON::GeneratorError", "JSON::JSONError")
        .missing(&["invalid_object"], &[]),
    ClassDefinition::class("Object", "BasicObject").methods(&[TO_JSON]),
    ClassDefinition::module("Kernel").methods(&[KERNEL]),
];

const FUNCTIONS: &[Row] = &[
    Row::new("parse", 1, parse, "The value of a text.").to(2),
    Row::new(
        "parse!",
        1,
        parse_trusting,
        "The value of a text, nested as deeply as it is, with NaN.",
    )
    .to(2),
    Row::new(
        "load",
        1,
        load,
        "The value of a text; nil for an empty one.",
    )
    .to(3),
    Row::new(
        "restore",
        1,
        load,
        "The value of a text; nil for an empty one.",
    )
    .to(3),
    Row::new(
        "unsafe_load",
        1,
        load,
        "The value of a text; nil for an empty one.",
    )
    .to(3),
    Row::new("generate", 1, generate, "The text of a value.").to(2),
    Row::new("unparse", 1, generate, "The text of a value.").to(2),
    Row::new("fast_generate", 1, generate, "The text of a value.").to(2),
    Row::new("fast_unparse", 1, generate, "The text of a value.").to(2),
    Row::new(
        "pretty_generate",
        1,
        pretty_generate,
        "The text of a value, in lines.",
    )
    .to(2),
    Row::new(
        "pretty_unparse",
        1,
        pretty_generate,
        "The text of a value, in lines.",
    )
    .to(2),
    Row::new("dump", 1, dump, "The text of a value, with NaN.")
        .to(3)
        .any_keywords(),
    Row::new("[]", 1, convert, "Reads a text, writes anything else.").to(2),
    Row::new(
        "state",
        0,
        state_class,
        "The class of the generator's state.",
    ),
    Row::new(
        "load_file",
        1,
        load_file,
        "Raises: templates cannot read files.",
    )
    .to(2),
    Row::new(
        "load_file!",
        1,
        load_file,
        "Raises: templates cannot read files.",
    )
    .to(2),
];

const KERNEL: &[Row] = &[
    Row::new("JSON", 1, convert, "Reads a text, writes anything else.")
        .to(2)
        .private(),
    Row::new(
        "j",
        0,
        print,
        "Nothing: what a template prints is not in its output.",
    )
    .rest()
    .private(),
    Row::new(
        "jj",
        0,
        print,
        "Nothing: what a template prints is not in its output.",
    )
    .rest()
    .private(),
];

const TO_JSON: &[Row] = &[Row::new("to_json", 0, to_json, "The JSON of it.").rest()];

const STATE_CLASS_METHODS: &[Row] =
    &[Row::new("new", 0, new_state, "Options of a generator.").to(1)];

const STATE_METHODS: &[Row] = &[
    Row::new("generate", 1, state_generate, "The text of a value.").to(2),
    Row::new("indent", 0, indent, "What a level is indented by."),
    Row::new("space", 0, space, "What stands behind a colon."),
    Row::new(
        "space_before",
        0,
        space_before,
        "What stands in front of a colon.",
    ),
    Row::new("object_nl", 0, object_nl, "What ends a line of an object."),
    Row::new("array_nl", 0, array_nl, "What ends a line of a list."),
    Row::new(
        "max_nesting",
        0,
        max_nesting,
        "How deep it may be; zero: without limit.",
    ),
    Row::new("depth", 0, depth, "How deep it is."),
    Row::new("allow_nan?", 0, allow_nan, "Whether NaN is written."),
    Row::new(
        "ascii_only?",
        0,
        ascii_only,
        "Whether all but ASCII is escaped.",
    ),
    Row::new(
        "script_safe?",
        0,
        script_safe,
        "Whether slashes are escaped.",
    ),
    Row::new(
        "script_safe",
        0,
        script_safe,
        "Whether slashes are escaped.",
    ),
    Row::new(
        "strict?",
        0,
        strict,
        "Whether only types of JSON are written.",
    ),
    Row::new(
        "strict",
        0,
        strict,
        "Whether only types of JSON are written.",
    ),
];

const CONSTANTS: &[Constant] = &[
    Constant {
        name: "NaN",
        value: |_| Ok(Value::Float(f64::NAN)),
    },
    Constant {
        name: "Infinity",
        value: |_| Ok(Value::Float(f64::INFINITY)),
    },
    Constant {
        name: "MinusInfinity",
        value: |_| Ok(Value::Float(f64::NEG_INFINITY)),
    },
    Constant {
        name: "VERSION",
        value: |vm| Ok(vm.str("2.9.1")),
    },
    Constant {
        name: "State",
        value: |vm| Ok(Value::Class(vm.class_named(STATE))),
    },
    Constant {
        name: "UnparserError",
        value: |vm| Ok(Value::Class(vm.class_named("JSON::GeneratorError"))),
    },
    Constant {
        name: "PRETTY_STATE_PROTOTYPE",
        value: |vm| Ok(Value::Object(State::pretty().object(vm))),
    },
];

/// The hash of options at an index; nil is none.
fn options<'h>(
    vm: &mut Vm<'h>,
    args: &Args<'_, 'h>,
    index: usize,
) -> Res<'h, Option<&'h Hash<'h>>> {
    match args.at(index) {
        Value::Nil => Ok(args.keywords),
        Value::Hash(options) => Ok(Some(options)),
        other if vm.responds(other, known::TO_HASH) => {
            match vm.call_method(other, known::TO_HASH, &[])? {
                Value::Hash(options) => Ok(Some(options)),
                _ => vm.no_conversion(other, "Hash"),
            }
        }
        other => {
            let word = vm.kind_word(other);
            vm.raise(
                "TypeError",
                format!("wrong argument type {word} (expected Hash)"),
            )
        }
    }
}

/// A string, or what `to_str` makes of it.
fn source<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, Vec<u8>> {
    match value {
        Value::String(text) => Ok(text.bytes()),
        _ if vm.responds(value, known::TO_STR) => {
            match vm.call_method(value, known::TO_STR, &[])? {
                Value::String(text) => Ok(text.bytes()),
                _ => vm.no_conversion(value, "String"),
            }
        }
        _ => vm.no_conversion(value, "String"),
    }
}

const PARSE: ParseOptions = ParseOptions {
    max_nesting: 100,
    allow_nan: false,
    symbolize_names: false,
    freeze: false,
    trailing_comma: false,
    additions: false,
};

/// What `parse!` and `load` begin with.
const TRUSTING: ParseOptions = ParseOptions {
    max_nesting: 0,
    allow_nan: true,
    ..PARSE
};

fn parse_options<'h>(
    vm: &mut Vm<'h>,
    mut options: ParseOptions,
    given: Option<&'h Hash<'h>>,
) -> Res<'h, ParseOptions> {
    let entries = given.map(Hash::entries).unwrap_or_default();
    for (key, value) in entries {
        let Value::Symbol(name) = key else { continue };
        let name = vm.name(name);
        match name {
            "max_nesting" => options.max_nesting = count_option(vm, value)?,
            "allow_nan" => options.allow_nan = value.truthy(),
            "symbolize_names" => options.symbolize_names = value.truthy(),
            "freeze" => options.freeze = value.truthy(),
            "allow_trailing_comma" => options.trailing_comma = value.truthy(),
            "create_additions" => options.additions = value.truthy(),
            "object_class" if is_class(value, "Hash") => {}
            "array_class" if is_class(value, "Array") => {}
            "object_class" | "array_class" | "decimal_class" | "match_string" if value.truthy() => {
                return vm.unsupported(format!("the option {name} of JSON.parse"));
            }
            _ => {}
        }
    }
    if options.symbolize_names && options.additions {
        return vm.raise(
            "ArgumentError",
            "options :symbolize_names and :create_additions cannot be  used in conjunction",
        );
    }
    Ok(options)
}

fn is_class(value: Value<'_>, name: &str) -> bool {
    matches!(value, Value::Class(class) if class.name.get() == Some(name))
}

fn parse<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let given = options(vm, args, 1)?;
    let options = parse_options(vm, PARSE, given)?;
    let text = source(vm, args.at(0))?;
    parse::parse(vm, &text, options)
}

fn parse_trusting<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let given = options(vm, args, 1)?;
    let options = parse_options(vm, TRUSTING, given)?;
    let text = source(vm, args.at(0))?;
    parse::parse(vm, &text, options)
}

fn load<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut text = args.at(0);
    let (block, given) = match args.at(1) {
        Value::Hash(given) => (Value::Nil, Some(given)),
        block => (block, options(vm, args, 2)?),
    };
    let additions = ParseOptions {
        additions: true,
        ..TRUSTING
    };
    let options = parse_options(vm, additions, given)?;
    if !matches!(text, Value::String(_)) && vm.responds(text, known::READ) {
        text = vm.call_method(text, known::READ, &[])?;
    }
    if text.is_nil() || matches!(text, Value::String(text) if text.is_empty()) {
        return Ok(Value::Nil);
    }
    let text = source(vm, text)?;
    let value = parse::parse(vm, &text, options)?;
    if !block.is_nil() {
        hand_out(vm, value, block)?;
    }
    Ok(value)
}

/// Calls the proc of `load` with each part, the innermost first.
fn hand_out<'h>(vm: &mut Vm<'h>, value: Value<'h>, block: Value<'h>) -> Res<'h, ()> {
    let parts = match value {
        Value::Array(list) => list.to_vec(),
        Value::Hash(hash) => hash
            .entries()
            .into_iter()
            .flat_map(|(key, value)| [key, value])
            .collect(),
        _ => Vec::new(),
    };
    for part in parts {
        vm.tick(1)?;
        vm.deeper(|vm| hand_out(vm, part, block))?;
    }
    vm.call_method(block, known::CALL, &[value])?;
    Ok(())
}

/// A state with the options at an index.
fn state<'h>(
    vm: &mut Vm<'h>,
    mut state: State,
    args: &Args<'_, 'h>,
    index: usize,
) -> Res<'h, &'h Object<'h>> {
    if let Some((object, _)) = state_of(args.at(index)) {
        return Ok(object);
    }
    if let Some(given) = options(vm, args, index)? {
        state.configure(vm, given)?;
    }
    Ok(state.object(vm))
}

fn generate<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let state = state(vm, State::default(), args, 1)?;
    generate::generate(vm, args.at(0), state)
}

fn pretty_generate<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let state = state(vm, State::pretty(), args, 1)?;
    generate::generate(vm, args.at(0), state)
}

fn dump<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut state = State::dump();
    let (mut io, mut limit) = (args.at(1), args.at(2));
    if matches!(io, Value::Integer(_)) && limit.is_nil() {
        (io, limit) = (Value::Nil, io);
    }
    let given = match io {
        Value::Hash(given) => Some(given),
        _ => args.keywords,
    };
    if let Some(given) = given {
        state.configure(vm, given)?;
    }
    if !limit.is_nil() {
        state.max_nesting = count_option(vm, limit)?;
    }
    let object = state.object(vm);
    let text = match generate::generate(vm, args.at(0), object) {
        Err(Unwind::Raise(error)) if vm.is_a(error, "JSON::NestingError") => {
            return vm.raise("ArgumentError", "exceed depth limit");
        }
        result => result?,
    };
    if io.is_nil() || matches!(io, Value::Hash(_)) {
        return Ok(text);
    }
    vm.call_method(io, known::WRITE, &[text])?;
    Ok(io)
}

fn convert<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if matches!(args.at(0), Value::String(_)) {
        return parse(vm, this, args);
    }
    generate(vm, this, args)
}

fn print<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    for value in args.values {
        generate(vm, this, &Args::of(&[*value]))?;
    }
    Ok(Value::Nil)
}

fn load_file<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    super::world::forbidden(vm, "JSON.load_file")
}

fn to_json<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let object = match args.at(0) {
        Value::Hash(_) | Value::Object(_) => state(vm, State::default(), args, 0)?,
        _ => State::default().object(vm),
    };
    generate_own(vm, this, object)
}

fn state_class<'h>(vm: &mut Vm<'h>, _: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Class(vm.class_named(STATE)))
}

fn new_state<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Object(state(vm, State::default(), args, 0)?))
}

fn state_generate<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match state_of(this) {
        Some((object, _)) => generate::generate(vm, args.at(0), object),
        None => Ok(Value::Nil),
    }
}

macro_rules! state_readers {
    ($($name:ident: $make:expr;)*) => {
        $(
            fn $name<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
                let make: fn(&mut Vm<'h>, State) -> Value<'h> = $make;
                let state = state_of(this).map(|(_, state)| state).unwrap_or_default();
                Ok(make(vm, state))
            }
        )*
    };
}

state_readers! {
    indent: |vm, state| vm.str(String::from_utf8_lossy(&state.indent));
    space: |vm, state| vm.str(String::from_utf8_lossy(&state.space));
    space_before: |vm, state| vm.str(String::from_utf8_lossy(&state.space_before));
    object_nl: |vm, state| vm.str(String::from_utf8_lossy(&state.object_nl));
    array_nl: |vm, state| vm.str(String::from_utf8_lossy(&state.array_nl));
    max_nesting: |vm, state| vm.count(state.max_nesting);
    depth: |vm, state| vm.count(state.depth);
    allow_nan: |_, state| Value::Bool(state.allow_nan);
    ascii_only: |_, state| Value::Bool(state.ascii_only);
    script_safe: |_, state| Value::Bool(state.script_safe);
    strict: |_, state| Value::Bool(state.strict);
}
