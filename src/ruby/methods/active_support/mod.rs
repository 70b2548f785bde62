//! What a Director's ActiveSupport adds to Ruby's classes, as far as it is certain.
//!
//! Texts with other letters than ASCII are refused where ActiveSupport looks at letters.

use super::super::eval::Vm;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Hash, Value};
use super::kernel::method_name;
use super::library::ClassDefinition;
use super::object::is_public;
mod duration;
mod indifferent;
mod inflect;
mod lists;
mod maps;
mod text;

pub(super) use duration::{is_duration, seconds_of};

use super::{Args, Row};

/// Classes of this file.
pub const CLASSES: &[ClassDefinition] = &[
    ClassDefinition::class("Object", "BasicObject")
        .methods(&[OBJECT])
        .missing(
            &[
                "with_options",
                "to_query",
                "to_param",
                "instance_values",
                "acts_like?",
                "html_safe?",
            ],
            &[],
        ),
    ClassDefinition::class("String", "Object")
        .methods(&[STRING, text::ROWS])
        .missing(
            &[
                "camelcase",
                "constantize",
                "html_safe",
                "indent!",
                "is_utf8?",
                "mb_chars",
                "safe_constantize",
                "to_date",
                "to_datetime",
                "downcase_first",
                "to_time",
                "truncate_bytes",
                "in_time_zone",
            ],
            &[],
        ),
    ClassDefinition::class("Array", "Object")
        .methods(&[ARRAY, lists::ARRAY])
        .class_methods(&[ARRAY_CLASS])
        .missing(&["to_formatted_s", "to_fs", "inquiry"], &[]),
    ClassDefinition::class("Hash", "Object")
        .methods(&[HASH, maps::ROWS, indifferent::HASH])
        .missing(&["to_xml"], &["from_xml", "from_trusted_xml"]),
    ClassDefinition::class("Integer", "Numeric")
        .methods(&[INTEGER, duration::INTEGER])
        .missing(&[], &[]),
    ClassDefinition::class("Numeric", "Object")
        .methods(&[duration::NUMERIC, duration::NUMERIC_ALONE])
        .missing(&["to_fs", "to_formatted_s"], &[]),
    ClassDefinition::module("Enumerable")
        .methods(&[lists::ENUMERABLE])
        .missing(&["in_order_of", "minimum", "maximum", "sole"], &[]),
    ClassDefinition::module("ActiveSupport"),
    ClassDefinition::class("ActiveSupport::Duration", "Object")
        .includes(&["Comparable"])
        .methods(&[duration::ROWS])
        .missing(
            duration::MISSING,
            &[
                "new", "build", "parse", "===", "seconds", "minutes", "hours", "days", "weeks",
                "months", "years",
            ],
        ),
    ClassDefinition::class("ActiveSupport::Duration::Scalar", "Numeric")
        .methods(&[duration::SCALARS])
        .missing(&[], &["new"]),
    ClassDefinition::class("ActiveSupport::StringInquirer", "String").methods(&[text::INQUIRER]),
    ClassDefinition::class(indifferent::NAME, "Hash")
        .class_methods(&[indifferent::CLASS])
        .methods(&[indifferent::ROWS])
        .missing(indifferent::MISSING, &["[]"]),
];

const OBJECT: &[Row] = &[
    Row::new(
        "blank?",
        0,
        is_blank,
        "Whether it is nil, false, empty or white space.",
    ),
    Row::new("present?", 0, is_present, "Whether it is not blank."),
    Row::new("presence", 0, presence, "Itself, or nil when it is blank."),
    Row::new("try", 0, try_call, "Calls a method, if there is one.")
        .rest()
        .any_keywords(),
    Row::new("try!", 0, try_strictly, "Calls a method, unless it is nil.")
        .rest()
        .any_keywords(),
    Row::new("in?", 1, is_in, "Whether a list or range has it."),
    Row::new(
        "presence_in",
        1,
        presence_in,
        "Itself, or nil when a list or range does not have it.",
    ),
    Row::new(
        "deep_dup",
        0,
        deep_dup,
        "A copy, of what lists and hashes have inside too.",
    ),
];

const INTEGER: &[Row] = &[
    Row::new(
        "multiple_of?",
        1,
        is_multiple,
        "Whether another is in it without rest.",
    ),
    Row::new("ordinal", 0, ordinal, "`st`, `nd`, `rd` or `th`."),
    Row::new(
        "ordinalize",
        0,
        ordinalize,
        "The digits with `st`, `nd`, `rd` or `th`.",
    ),
];

const STRING: &[Row] = &[
    Row::new(
        "squish",
        0,
        squish,
        "Without white space around it, and with single spaces.",
    ),
    Row::new(
        "camelize",
        0,
        camelize,
        "Words in one, with capital letters.",
    )
    .to(1),
    Row::new(
        "underscore",
        0,
        underscore,
        "Words with underscores, in small letters.",
    ),
    Row::new(
        "dasherize",
        0,
        dasherize,
        "Hyphens in place of underscores.",
    ),
];

const ARRAY: &[Row] = &[Row::new(
    "to_sentence",
    0,
    to_sentence,
    "The items with commas and `and`.",
)
.keywords(&[
    "words_connector",
    "two_words_connector",
    "last_word_connector",
])];

const ARRAY_CLASS: &[Row] = &[Row::new("wrap", 1, wrap, "A list of it, unless it is one.")];

const HASH: &[Row] = &[
    Row::new(
        "deep_merge",
        1,
        deep_merge,
        "Merged, with the hashes inside.",
    ),
    Row::new(
        "deep_merge!",
        1,
        deep_merge_in_place,
        "Merges, with the hashes inside.",
    ),
    Row::new("symbolize_keys", 0, symbolize, "With symbols as keys."),
    Row::new(
        "symbolize_keys!",
        0,
        symbolize_in_place,
        "Makes the keys symbols.",
    ),
    Row::new("to_options", 0, symbolize, "With symbols as keys."),
    Row::new("stringify_keys", 0, stringify, "With strings as keys."),
    Row::new(
        "stringify_keys!",
        0,
        stringify_in_place,
        "Makes the keys strings.",
    ),
    Row::new(
        "deep_symbolize_keys",
        0,
        deep_symbolize,
        "With symbols as keys, inside too.",
    ),
    Row::new(
        "deep_symbolize_keys!",
        0,
        deep_symbolize_in_place,
        "Makes the keys symbols, inside too.",
    ),
    Row::new(
        "deep_stringify_keys",
        0,
        deep_stringify,
        "With strings as keys, inside too.",
    ),
    Row::new(
        "deep_stringify_keys!",
        0,
        deep_stringify_in_place,
        "Makes the keys strings, inside too.",
    ),
];

fn blank<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, bool> {
    Ok(match value {
        Value::Nil | Value::Bool(false) => true,
        Value::Bool(true) | Value::Integer(_) | Value::Big(_) | Value::Float(_) => false,
        Value::String(text) => text.with_text(|text| text.chars().all(char::is_whitespace)),
        Value::Array(list) => list.is_empty(),
        Value::Hash(hash) => hash.is_empty(),
        Value::Symbol(symbol) => vm.name(symbol).is_empty(),
        _ => {
            let name = vm.symbol("empty?");
            vm.responds(value, name) && vm.call_method(value, name, &[])?.truthy()
        }
    })
}

fn is_blank<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(blank(vm, this)?))
}

fn present<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, bool> {
    // A class of the template may say itself what is blank.
    Ok(!vm.call_named(value, "blank?", &[])?.truthy())
}

fn is_present<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(present(vm, this)?))
}

fn presence<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let kept = vm.call_named(this, "present?", &[])?.truthy();
    Ok(if kept { this } else { Value::Nil })
}

fn try_call<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if let (Some(name), false) = (args.get(0), this.is_nil()) {
        let name = method_name(vm, name)?;
        if !is_public(vm, this, name) {
            return Ok(Value::Nil);
        }
    }
    try_strictly(vm, this, args)
}

fn try_strictly<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if this.is_nil() {
        return Ok(Value::Nil);
    }
    let Some(name) = args.get(0) else {
        let block = vm.expect_block(args)?;
        return vm.yield_value(block, this);
    };
    let name = method_name(vm, name)?;
    let rest = Args {
        values: args.values.get(1..).unwrap_or_default(),
        ..*args
    };
    vm.call_public(this, name, &rest)
}

fn is_in<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let name = vm.symbol("include?");
    if !vm.responds(args.at(0), name) {
        let message = "The parameter passed to #in? must respond to #include?";
        return vm.raise("ArgumentError", message);
    }
    vm.call_method(args.at(0), name, &[this])
}

fn presence_in<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let has = is_in(vm, this, args)?.truthy();
    Ok(if has { this } else { Value::Nil })
}

fn deep_dup<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    match this {
        Value::Array(list) => {
            let mut made = Vec::new();
            for item in list.to_vec() {
                vm.tick(1)?;
                made.push(vm.deeper(|vm| vm.call_named(item, "deep_dup", &[]))?);
            }
            Ok(vm.array(made))
        }
        Value::Hash(_) => {
            let copy = vm.call_method(this, known::DUP, &[])?;
            let target = own(vm, copy)?;
            for (key, value) in target.entries() {
                vm.tick(1)?;
                let value = vm.deeper(|vm| vm.call_named(value, "deep_dup", &[]))?;
                vm.hash_set(target, key, value)?;
            }
            Ok(copy)
        }
        Value::Class(_) | Value::Method(_) => Ok(this),
        _ => vm.call_method(this, known::DUP, &[]),
    }
}

fn is_multiple<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if vm.equal(args.at(0), Value::Integer(0))? {
        return Ok(Value::Bool(vm.equal(this, args.at(0))?));
    }
    let left = vm.call_method(this, known::MODULO, &[args.at(0)])?;
    Ok(Value::Bool(vm.equal(left, Value::Integer(0))?))
}

fn suffix<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'static str> {
    let digits = vm.display(this)?;
    let last = digits.trim_start_matches('-');
    let last = last.get(last.len().saturating_sub(2)..).unwrap_or(last);
    Ok(inflect::ordinal(last.parse().unwrap_or(0)))
}

fn ordinal<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let suffix = suffix(vm, this)?;
    Ok(vm.str(suffix))
}

fn ordinalize<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.display(this)? + suffix(vm, this)?;
    Ok(vm.str(text))
}

fn squish<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.string(this)?.text();
    let words: Vec<&str> = text.split_whitespace().collect();
    Ok(vm.str(words.join(" ")))
}

/// The text, which must be ASCII: what letters are elsewhere is not decided here.
fn ascii<'h>(vm: &mut Vm<'h>, this: Value<'h>, method: &str) -> Res<'h, String> {
    let text = vm.string(this)?.text();
    if text.is_ascii() {
        return Ok(text);
    }
    vm.unsupported(format!("String#{method} of other characters than ASCII"))
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first
        .into_iter()
        .chain(letters.map(|letter| letter.to_ascii_lowercase()))
        .collect()
}

fn camelize<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    if !args.is_empty() {
        return vm.unsupported("String#camelize with an argument");
    }
    let text = ascii(vm, this, "camelize")?;
    Ok(vm.str(camelized(&text)))
}

fn camelized(text: &str) -> String {
    let small = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let end = text.find(|letter| !small(letter)).unwrap_or(text.len());
    let (first, rest) = text.split_at(end);
    let mut out = capitalized(first);
    let mut letters = rest.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '_' && letter != '/' {
            out.push(letter);
            continue;
        }
        if letter == '/' {
            out.push_str("::");
        }
        let mut word = String::new();
        while let Some(letter) = letters.next_if(char::is_ascii_alphanumeric) {
            word.push(letter);
        }
        out.push_str(&capitalized(&word));
    }
    out
}

fn underscore<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = ascii(vm, this, "underscore")?;
    Ok(vm.str(underscored(&text)))
}

fn underscored(text: &str) -> String {
    let text = text.replace("::", "/");
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(at + 1);
        let starts_word = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_ascii_uppercase() && after.is_some_and(char::is_ascii_lowercase))
            });
        if starts_word {
            out.push('_');
        }
        out.push(if *letter == '-' {
            '_'
        } else {
            letter.to_ascii_lowercase()
        });
    }
    out
}

fn dasherize<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = vm.string(this)?.text().replace('_', "-");
    Ok(vm.str(text))
}

fn to_sentence<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut words = Vec::new();
    for item in vm.items(this)? {
        words.push(vm.display(item)?);
    }
    let mut connector = |name: &str, default: &str| match args.keyword(vm, name) {
        Some(Value::Nil) | None => Ok(default.to_owned()),
        Some(value) => vm.display(value),
    };
    let between = connector("words_connector", ", ")?;
    let two = connector("two_words_connector", " and ")?;
    let last = connector("last_word_connector", ", and ")?;
    let text = match words.as_slice() {
        [] => String::new(),
        [single] => single.clone(),
        [first, second] => format!("{first}{two}{second}"),
        [front @ .., end] => format!("{}{last}{end}", front.join(&between)),
    };
    Ok(vm.str(text))
}

fn wrap<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match args.at(0) {
        Value::Nil => Ok(vm.array(Vec::new())),
        list @ Value::Array(_) => Ok(list),
        other if vm.responds(other, known::TO_ARY) => {
            match vm.call_method(other, known::TO_ARY, &[])? {
                Value::Nil => Ok(vm.array(vec![other])),
                list => Ok(list),
            }
        }
        other => Ok(vm.array(vec![other])),
    }
}

fn own<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Hash<'h>> {
    match this {
        Value::Hash(hash) => Ok(hash),
        _ => vm.no_conversion(this, "Hash"),
    }
}

fn changeable<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Hash<'h>> {
    let hash = own(vm, this)?;
    if hash.frozen.get() {
        return vm.frozen(this);
    }
    Ok(hash)
}

fn merge_into<'h>(
    vm: &mut Vm<'h>,
    target: &'h Hash<'h>,
    other: &'h Hash<'h>,
    args: &Args<'_, 'h>,
) -> Res<'h, ()> {
    for (key, value) in other.entries() {
        vm.tick(1)?;
        let merged = match (vm.hash_get(target, key)?, value) {
            (Some(Value::Hash(old)), Value::Hash(new)) => {
                let copy = vm.call_method(Value::Hash(old), known::DUP, &[])?;
                let copy = own(vm, copy)?;
                vm.deeper(|vm| merge_into(vm, copy, new, args))?;
                Value::Hash(copy)
            }
            (Some(old), new) => match args.block {
                Some(block) => vm.yield_values(block, &[key, old, new])?,
                None => new,
            },
            (None, new) => new,
        };
        vm.hash_set(target, key, merged)?;
    }
    Ok(())
}

fn deep_merge<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let copy = vm.call_method(this, known::DUP, &[])?;
    deep_merge_in_place(vm, copy, args)
}

fn deep_merge_in_place<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let target = changeable(vm, this)?;
    let other = own(vm, args.at(0))?;
    merge_into(vm, target, other, args)?;
    Ok(this)
}

/// What becomes of a key.
type Renamed = for<'h> fn(&mut Vm<'h>, Value<'h>) -> Res<'h>;

fn as_symbol<'h>(vm: &mut Vm<'h>, key: Value<'h>) -> Res<'h> {
    match key {
        Value::String(text) => {
            let text = text.text();
            Ok(Value::Symbol(vm.symbol(&text)))
        }
        _ if vm.responds(key, known::TO_SYM) => vm.call_method(key, known::TO_SYM, &[]),
        _ => Ok(key),
    }
}

fn as_string<'h>(vm: &mut Vm<'h>, key: Value<'h>) -> Res<'h> {
    vm.to_s(key)
}

/// The value with renamed keys; inside of lists and hashes too, where that is wanted.
fn renamed<'h>(vm: &mut Vm<'h>, value: Value<'h>, rename: Renamed, deep: bool) -> Res<'h> {
    match value {
        Value::Hash(hash) => {
            let made = vm.new_hash();
            for (key, value) in hash.entries() {
                vm.tick(1)?;
                let key = rename(vm, key)?;
                let value = if deep {
                    vm.deeper(|vm| renamed(vm, value, rename, true))?
                } else {
                    value
                };
                vm.hash_set(made, key, value)?;
            }
            Ok(Value::Hash(made))
        }
        Value::Array(list) => {
            let mut items = Vec::new();
            for item in list.to_vec() {
                vm.tick(1)?;
                items.push(vm.deeper(|vm| renamed(vm, item, rename, true))?);
            }
            Ok(vm.array(items))
        }
        _ => Ok(value),
    }
}

fn replaced<'h>(vm: &mut Vm<'h>, this: Value<'h>, rename: Renamed, deep: bool) -> Res<'h> {
    let target = changeable(vm, this)?;
    let made = renamed(vm, this, rename, deep)?;
    let made = own(vm, made)?;
    target.clear();
    for (key, value) in made.entries() {
        vm.hash_set(target, key, value)?;
    }
    Ok(this)
}

/// Methods that rename keys.
macro_rules! renaming {
    ($($name:ident $function:ident $rename:ident $deep:literal;)*) => {
        $(
            fn $name<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
                $function(vm, this, $rename, $deep)
            }
        )*
    };
}

renaming! {
    symbolize renamed as_symbol false;
    stringify renamed as_string false;
    deep_symbolize renamed as_symbol true;
    deep_stringify renamed as_string true;
    symbolize_in_place replaced as_symbol false;
    stringify_in_place replaced as_string false;
    deep_symbolize_in_place replaced as_symbol true;
    deep_stringify_in_place replaced as_string true;
}
