//! `ActiveSupport::HashWithIndifferentAccess`: a Hash whose keys are strings, and that takes symbols for them.

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Hash, Value};
use super::super::{Args, Row};
use super::{changeable, own};

pub(super) const NAME: &str = "ActiveSupport::HashWithIndifferentAccess";

/// Of Hash.
pub(super) const HASH: &[Row] = &[
    Row::new(
        "with_indifferent_access",
        0,
        convert,
        "The entries with strings as keys, for which symbols can stand.",
    ),
    Row::new(
        "nested_under_indifferent_access",
        0,
        convert,
        "The entries with strings as keys, for which symbols can stand.",
    ),
];

pub(super) const CLASS: &[Row] =
    &[Row::new("new", 0, new, "The entries of a hash, or none.").to(1)];

const KEY: Row = Row::new(
    "key?",
    1,
    |vm, this, args| with_keys(vm, this, args, "key?"),
    "Whether it has a key.",
);
const STORE: Row = Row::new("[]=", 2, store, "Sets the value of a key.");
const UPDATE: Row = Row::new("update", 0, update, "Takes the entries of other hashes.").rest();
const EXCEPT: Row = Row::new(
    "except",
    0,
    |vm, this, args| derived_with_keys(vm, this, args, "except"),
    "Without entries of these keys.",
)
.rest();
const SELECT: Row = Row::new(
    "select",
    0,
    |vm, this, args| derived(vm, this, args, "select"),
    "The entries that the block wants.",
);
const COPY: Row = Row::new("dup", 0, copy, "A copy.");

pub(super) const ROWS: &[Row] = &[
    Row::new(
        "[]",
        1,
        |vm, this, args| with_keys(vm, this, args, "[]"),
        "The value of a key.",
    ),
    STORE,
    STORE.alias("store"),
    Row::new(
        "fetch",
        1,
        fetch,
        "The value of a key, or another, or KeyError.",
    )
    .to(2),
    KEY,
    KEY.alias("has_key?"),
    KEY.alias("include?"),
    KEY.alias("member?"),
    Row::new("dig", 1, dig, "The value behind several keys.").rest(),
    Row::new(
        "delete",
        1,
        delete,
        "Takes away and gives the value of a key.",
    ),
    Row::new(
        "values_at",
        0,
        |vm, this, args| with_keys(vm, this, args, "values_at"),
        "The values of keys.",
    )
    .rest(),
    Row::new(
        "fetch_values",
        0,
        |vm, this, args| with_keys(vm, this, args, "fetch_values"),
        "The values of keys, or KeyError.",
    )
    .rest(),
    UPDATE,
    UPDATE.alias("merge!"),
    Row::new("merge", 0, merge, "With the entries of other hashes.").rest(),
    Row::new(
        "reverse_merge",
        1,
        reverse_merge,
        "With entries of another hash whose keys it lacks.",
    ),
    Row::new(
        "replace",
        1,
        replace,
        "Takes the entries of another hash in place of its own.",
    ),
    EXCEPT,
    EXCEPT.alias("without"),
    Row::new(
        "slice",
        0,
        |vm, this, args| derived_with_keys(vm, this, args, "slice"),
        "Entries of these keys.",
    )
    .rest(),
    SELECT,
    Row::new(
        "reject",
        0,
        |vm, this, args| derived(vm, this, args, "reject"),
        "The entries that the block does not want.",
    ),
    Row::new(
        "compact",
        0,
        |vm, this, args| derived(vm, this, args, "compact"),
        "Without nil values.",
    ),
    Row::new(
        "transform_values",
        0,
        |vm, this, args| derived(vm, this, args, "transform_values"),
        "With other values.",
    ),
    Row::new(
        "transform_keys",
        0,
        |vm, this, args| derived(vm, this, args, "transform_keys"),
        "With other keys.",
    ),
    COPY,
    COPY.alias("with_indifferent_access"),
    COPY.alias("stringify_keys"),
    COPY.alias("deep_stringify_keys"),
    Row::new(
        "symbolize_keys",
        0,
        |vm, this, args| plain_then(vm, this, args, "symbolize_keys"),
        "A plain hash with symbols as keys.",
    ),
    Row::new(
        "to_options",
        0,
        |vm, this, args| plain_then(vm, this, args, "symbolize_keys"),
        "A plain hash with symbols as keys.",
    ),
    Row::new(
        "deep_symbolize_keys",
        0,
        |vm, this, args| plain_then(vm, this, args, "deep_symbolize_keys"),
        "A plain hash with symbols as keys, inside too.",
    ),
    Row::new("to_hash", 0, to_hash, "A plain hash, plain inside too."),
    Row::new(
        "nested_under_indifferent_access",
        0,
        |_, this, _| Ok(this),
        "Itself.",
    ),
    Row::new(
        "extractable_options?",
        0,
        |_, _, _| Ok(Value::Bool(true)),
        "True.",
    ),
];

pub(super) const MISSING: &[&str] = &[
    "assoc",
    "default",
    "reverse_merge!",
    "with_defaults",
    "with_defaults!",
    "reverse_update",
    "transform_keys!",
    "slice!",
    "except!",
    "extract!",
    "stringify_keys!",
    "deep_stringify_keys!",
    "symbolize_keys!",
    "deep_symbolize_keys!",
    "to_options!",
    "deep_merge",
    "deep_merge!",
    "deep_transform_keys",
    "deep_transform_keys!",
    "deep_transform_values!",
    "compact_blank",
    "encode_with",
    "to_yaml",
];

fn empty<'h>(vm: &mut Vm<'h>) -> &'h Hash<'h> {
    let class = vm.class_named(NAME);
    vm.heap.keep_hash(Hash::new().with_class(Some(class)))
}

/// Symbols become strings.
fn key_of<'h>(vm: &mut Vm<'h>, key: Value<'h>) -> Value<'h> {
    match key {
        Value::Symbol(name) => {
            let name = vm.name(name).to_owned();
            vm.str(name)
        }
        _ => key,
    }
}

/// Hashes become such ones, also inside of lists.
fn value_of<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h> {
    match value {
        Value::Hash(hash) if vm.is_a(value, NAME) || hash.class.is_some() => Ok(value),
        Value::Hash(hash) => vm.deeper(|vm| converted(vm, hash)),
        Value::Array(list) => {
            let mut made = Vec::new();
            for item in list.to_vec() {
                vm.tick(1)?;
                made.push(vm.deeper(|vm| value_of(vm, item))?);
            }
            Ok(vm.array(made))
        }
        _ => Ok(value),
    }
}

fn set<'h>(vm: &mut Vm<'h>, hash: &'h Hash<'h>, key: Value<'h>, value: Value<'h>) -> Res<'h, ()> {
    let key = key_of(vm, key);
    let value = value_of(vm, value)?;
    vm.hash_set(hash, key, value)
}

fn converted<'h>(vm: &mut Vm<'h>, from: &'h Hash<'h>) -> Res<'h> {
    let made = empty(vm);
    for (key, value) in from.entries() {
        vm.tick(1)?;
        set(vm, made, key, value)?;
    }
    made.default.set(from.default.get());
    Ok(Value::Hash(made))
}

fn convert<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    if hash.default_proc.get().is_some() {
        return vm.unsupported("with_indifferent_access of a hash with a default block");
    }
    converted(vm, hash)
}

fn new<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.get(0) {
        None => Ok(Value::Hash(empty(vm))),
        Some(Value::Hash(hash)) => converted(vm, hash),
        Some(_) => vm.unsupported("HashWithIndifferentAccess.new with a default"),
    }
}

/// The method of Hash, for this hash.
fn hash_method<'h>(vm: &mut Vm<'h>, this: Value<'h>, name: &str, args: &Args<'_, 'h>) -> Res<'h> {
    let class = vm.class_named("Hash");
    let name = vm.symbol(name);
    match vm.find_instance_method(class, name) {
        Some(found) => vm.invoke(this, name, &found, args, None),
        None => vm.no_method(this, name, false),
    }
}

fn strings<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Vec<Value<'h>> {
    args.values.iter().map(|key| key_of(vm, *key)).collect()
}

/// A method of Hash whose arguments are keys.
fn with_keys<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>, name: &str) -> Res<'h> {
    let keys = strings(vm, args);
    let args = Args {
        values: &keys,
        ..*args
    };
    hash_method(vm, this, name, &args)
}

/// What a method of Hash makes, as such a hash.
fn derived<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>, name: &str) -> Res<'h> {
    match hash_method(vm, this, name, args)? {
        Value::Hash(made) => converted(vm, made),
        other => Ok(other),
    }
}

fn derived_with_keys<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    args: &Args<'_, 'h>,
    name: &str,
) -> Res<'h> {
    let keys = strings(vm, args);
    let args = Args {
        values: &keys,
        ..*args
    };
    derived(vm, this, &args, name)
}

fn store<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = changeable(vm, this)?;
    set(vm, hash, args.at(0), args.at(1))?;
    Ok(args.at(1))
}

fn fetch<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut values = args.values.to_vec();
    if let Some(key) = values.first_mut() {
        *key = key_of(vm, *key);
    }
    let args = Args {
        values: &values,
        ..*args
    };
    hash_method(vm, this, "fetch", &args)
}

fn dig<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut values = args.values.to_vec();
    if let Some(key) = values.first_mut() {
        *key = key_of(vm, *key);
    }
    hash_method(vm, this, "dig", &Args::of(&values))
}

fn delete<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    with_keys(vm, this, args, "delete")
}

fn update<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let hash = changeable(vm, this)?;
    for other in args.values {
        for (key, value) in own(vm, *other)?.entries() {
            vm.tick(1)?;
            let key = key_of(vm, key);
            let value = match (args.block, vm.hash_get(hash, key)?) {
                (Some(block), Some(old)) => vm.yield_values(block, &[key, old, value])?,
                _ => value,
            };
            set(vm, hash, key, value)?;
        }
    }
    Ok(this)
}

fn copy<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let hash = own(vm, this)?;
    converted(vm, hash)
}

fn merge<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let copy = copy(vm, this, args)?;
    update(vm, copy, args)
}

fn reverse_merge<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = own(vm, args.at(0))?;
    let made = converted(vm, other)?;
    update(vm, made, &Args::of(&[this]))
}

fn replace<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let other = own(vm, args.at(0))?;
    let made = converted(vm, other)?;
    hash_method(vm, this, "replace", &Args::of(&[made]))
}

fn plain<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h> {
    match value {
        Value::Hash(hash) => {
            let made = vm.new_hash();
            for (key, value) in hash.entries() {
                vm.tick(1)?;
                let value = vm.deeper(|vm| plain(vm, value))?;
                vm.hash_set(made, key, value)?;
            }
            Ok(Value::Hash(made))
        }
        Value::Array(list) => {
            let mut made = Vec::new();
            for item in list.to_vec() {
                vm.tick(1)?;
                made.push(vm.deeper(|vm| plain(vm, item))?);
            }
            Ok(vm.array(made))
        }
        _ => Ok(value),
    }
}

fn to_hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    plain(vm, this)
}

fn plain_then<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>, name: &str) -> Res<'h> {
    let plain = to_hash(vm, this, args)?;
    vm.call_named(plain, name, &[])
}
