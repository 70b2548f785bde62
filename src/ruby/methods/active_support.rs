//! What a Director's ActiveSupport adds to Ruby's classes, as far as it is loaded and certain.

use super::super::eval::Vm;
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Hash, Value};
use super::kernel::method_name;
use super::library::ClassDefinition;
use super::object::is_public;
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
                "presence_in",
                "html_safe?",
            ],
            &[],
        ),
    ClassDefinition::class("String", "Object")
        .methods(&[STRING])
        .missing(
            &[
                "at",
                "from",
                "to",
                "camelcase",
                "classify",
                "constantize",
                "deconstantize",
                "demodulize",
                "exclude?",
                "foreign_key",
                "html_safe",
                "humanize",
                "indent",
                "indent!",
                "inquiry",
                "is_utf8?",
                "mb_chars",
                "parameterize",
                "pluralize",
                "remove",
                "remove!",
                "safe_constantize",
                "singularize",
                "squish!",
                "strip_heredoc",
                "tableize",
                "titlecase",
                "titleize",
                "to_date",
                "to_datetime",
                "to_time",
                "truncate",
                "truncate_bytes",
                "truncate_words",
                "upcase_first",
                "downcase_first",
                "in_time_zone",
            ],
            &[],
        ),
    ClassDefinition::class("Array", "Object")
        .methods(&[ARRAY])
        .class_methods(&[ARRAY_CLASS])
        .missing(
            &[
                "in_groups",
                "in_groups_of",
                "to_formatted_s",
                "to_fs",
                "extract!",
                "extract_options!",
                "excluding",
                "including",
                "second",
                "third",
                "fourth",
                "fifth",
                "forty_two",
                "second_to_last",
                "third_to_last",
                "from",
                "to",
                "inquiry",
                "deep_dup",
            ],
            &[],
        ),
    ClassDefinition::class("Hash", "Object")
        .methods(&[HASH])
        .missing(
            &[
                "with_indifferent_access",
                "nested_under_indifferent_access",
                "reverse_merge",
                "reverse_merge!",
                "with_defaults",
                "with_defaults!",
                "reverse_update",
                "assert_valid_keys",
                "deep_transform_keys",
                "deep_transform_keys!",
                "deep_transform_values",
                "deep_transform_values!",
                "extract!",
                "slice!",
                "except!",
                "to_xml",
                "deep_dup",
                "compact_blank",
                "compact_blank!",
            ],
            &["from_xml", "from_trusted_xml"],
        ),
    ClassDefinition::class("Integer", "Numeric").missing(
        &[
            "month",
            "months",
            "year",
            "years",
            "multiple_of?",
            "ordinal",
            "ordinalize",
        ],
        &[],
    ),
    ClassDefinition::class("Numeric", "Object").missing(
        &[
            "second",
            "seconds",
            "minute",
            "minutes",
            "hour",
            "hours",
            "day",
            "days",
            "week",
            "weeks",
            "fortnight",
            "fortnights",
            "in_milliseconds",
            "byte",
            "bytes",
            "kilobyte",
            "kilobytes",
            "megabyte",
            "megabytes",
            "gigabyte",
            "gigabytes",
            "terabyte",
            "terabytes",
            "to_fs",
            "to_formatted_s",
        ],
        &[],
    ),
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
    Ok(vm.str(out))
}

fn underscore<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = ascii(vm, this, "underscore")?.replace("::", "/");
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
    Ok(vm.str(out))
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
