//! `Struct`.

use super::super::super::eval::Vm;
use super::super::super::symbol::{Symbol, known};
use super::super::super::unwind::Res;
use super::super::super::value::{Hash, Value};
use super::super::{Args, Row, array, enumerable};
use super::{
    KEYWORDS, blank, class_members, class_note, define_in, inspect_as, member_names, names,
    new_class, object, pairs, set_note, values,
};

pub(super) const CLASS_METHODS: &[Row] = &[
    Row::new("new", 0, new, "A class with members, or an object of one.")
        .rest()
        .any_keywords(),
    Row::new("[]", 0, new, "An object of a class with members.")
        .rest()
        .any_keywords(),
    Row::new("members", 0, class_members, "Names of the members."),
    Row::new(
        "keyword_init?",
        0,
        keyword_init,
        "Whether objects are made with keywords.",
    ),
    Row::new(
        "inspect",
        0,
        inspect_class,
        "The name, and whether it takes keywords.",
    ),
];

pub(super) const METHODS: &[Row] = &[
    Row::new("initialize", 0, initialize, "Takes the values.")
        .rest()
        .any_keywords()
        .private(),
    Row::new("inspect", 0, inspect, "The class with names and values."),
    Row::new("to_s", 0, inspect, "The class with names and values."),
    Row::new("[]", 1, index, "The value of a member."),
    Row::new("[]=", 2, set_index, "Sets the value of a member."),
    Row::new("dig", 1, dig, "A value, and what it holds inside.").rest(),
    Row::new("each", 0, each, "Runs the block with each value.").enumerates(),
    Row::new(
        "each_pair",
        0,
        each_pair,
        "Runs the block with each name and value.",
    )
    .enumerates(),
    Row::new("to_a", 0, values, "The values."),
    Row::new("values", 0, values, "The values."),
    Row::new("values_at", 0, values_at, "Values at places.").rest(),
    Row::new("length", 0, length, "Number of members."),
    Row::new("size", 0, length, "Number of members."),
    Row::new("select", 0, select, "Values the block is true for.").enumerates(),
    Row::new("filter", 0, select, "Values the block is true for.").enumerates(),
];

fn new<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(class) = this else {
        return Ok(Value::Nil);
    };
    if class.id.is_some() {
        return define(vm, this, args);
    }
    let made = blank(vm, class);
    vm.call_full(made, known::INITIALIZE, args)?;
    Ok(made)
}

/// `Struct.new(:a, :b)`
fn define<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(above) = this else {
        return Ok(Value::Nil);
    };
    let (name, members) = match args.values.split_first() {
        Some((Value::String(name), members)) => (Some(name.text()), members),
        Some((Value::Symbol(_), _)) | None => (None, args.values),
        Some((other, _)) => return vm.no_conversion(*other, "String"),
    };
    let keywords = keyword_argument(vm, args)?;
    let members = member_names(vm, members)?;
    let class = new_class(vm, above, &members, true);
    if let Some(name) = name {
        if !name.starts_with(|first: char| first.is_ascii_uppercase()) {
            let text = format!("identifier {name} needs to be constant");
            return vm.raise("NameError", text);
        }
        let symbol = vm.symbol(&name);
        let full = format!("Struct::{name}");
        class.name.set(Some(vm.heap.keep_text(&full)));
        above.set_constant(symbol, Value::Class(class));
    }
    set_note(vm, class, KEYWORDS, keywords);
    define_in(vm, class, args)
}

fn keyword_argument<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let entries = args.keywords.map(Hash::entries).unwrap_or_default();
    for (key, _) in &entries {
        if !matches!(key, Value::Symbol(name) if vm.name(*name) == "keyword_init") {
            let shown = vm.inspect(*key)?;
            return vm.raise("ArgumentError", format!("unknown keyword: {shown}"));
        }
    }
    Ok(match entries.first() {
        None | Some((_, Value::Nil)) => Value::Nil,
        Some((_, value)) => Value::Bool(value.truthy()),
    })
}

fn keyword_init<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    match this {
        Value::Class(class) => Ok(class_note(vm, class, KEYWORDS)),
        _ => Ok(Value::Nil),
    }
}

fn inspect_class<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Class(class) = this else {
        return Ok(Value::Nil);
    };
    let name = vm.class_name(class);
    let keywords = keyword_init(vm, this, args)?.truthy();
    Ok(vm.str(if keywords {
        format!("{name}(keyword_init: true)")
    } else {
        name
    }))
}

fn initialize<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let class = vm.class_of(this);
    let names = names(vm, class);
    let keyword_init = class_note(vm, class, KEYWORDS);
    let by_name = match keyword_init {
        Value::Nil => args.is_empty() && args.keywords.is_some(),
        value => value.truthy(),
    };
    if by_name {
        if !args.is_empty() {
            return vm.wrong_number(args.len(), 0, Some(0));
        }
        return initialize_by_name(vm, this, &names, args);
    }
    let mut given = args.values.to_vec();
    given.extend(args.keywords.map(Value::Hash));
    if given.len() > names.len() {
        return vm.raise("ArgumentError", "struct size differs");
    }
    let own = object(vm, this)?;
    for (place, value) in given.into_iter().enumerate() {
        own.set_slot(place, value);
    }
    Ok(Value::Nil)
}

fn initialize_by_name<'h>(
    vm: &mut Vm<'h>,
    this: Value<'h>,
    names: &[Symbol],
    args: &Args<'_, 'h>,
) -> Res<'h> {
    let own = object(vm, this)?;
    let mut unknown = Vec::new();
    for (key, value) in args.keywords.map(Hash::entries).unwrap_or_default() {
        match names.iter().position(|name| Value::Symbol(*name).same(key)) {
            Some(place) => own.set_slot(place, value),
            None => unknown.push(vm.display(key)?),
        }
    }
    if unknown.is_empty() {
        return Ok(Value::Nil);
    }
    let unknown = unknown.join(", ");
    vm.raise("ArgumentError", format!("unknown keywords: {unknown}"))
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    inspect_as(vm, this, "struct")
}

/// The place of a member given by name or number.
fn place<'h>(vm: &mut Vm<'h>, this: Value<'h>, which: Value<'h>) -> Res<'h, usize> {
    let class = vm.class_of(this);
    let names = names(vm, class);
    if let Value::Symbol(_) | Value::String(_) = which {
        let text = vm.display(which)?;
        return match names.iter().position(|name| vm.name(*name) == text) {
            Some(place) => Ok(place),
            None => no_member(vm, this, which, &text),
        };
    }
    let size = i64::try_from(names.len()).unwrap_or(i64::MAX);
    let number = vm.long(which)?;
    if number >= size {
        let text = format!("offset {number} too large for struct(size:{size})");
        return vm.raise("IndexError", text);
    }
    let place = if number < 0 {
        number.saturating_add(size)
    } else {
        number
    };
    if let Ok(place) = usize::try_from(place) {
        return Ok(place);
    }
    let text = format!("offset {number} too small for struct(size:{size})");
    vm.raise("IndexError", text)
}

fn no_member<'h, T>(vm: &mut Vm<'h>, this: Value<'h>, which: Value<'h>, text: &str) -> Res<'h, T> {
    let message = format!("no member '{text}' in struct");
    vm.raise_with("NameError", message, [which, this, Value::Nil])
}

fn index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let place = place(vm, this, args.at(0))?;
    Ok(object(vm, this)?.slot(place))
}

fn set_index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let place = place(vm, this, args.at(0))?;
    let own = object(vm, this)?;
    if own.frozen.get() {
        return vm.frozen(this);
    }
    own.set_slot(place, args.at(1));
    Ok(args.at(1))
}

fn dig<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let which = args.at(0);
    let pairs = pairs(vm, this)?;
    let value = match which {
        Value::Integer(_) => {
            let values = values(vm, this, args)?;
            vm.call_method(values, known::INDEX, &[which])?
        }
        Value::Symbol(_) | Value::String(_) => {
            let text = vm.display(which)?;
            let found = pairs.iter().find(|(name, _)| vm.name(*name) == text);
            found.map_or(Value::Nil, |(_, value)| *value)
        }
        other => {
            let class = vm.kind_word(other);
            return vm.raise("TypeError", format!("{class} is not a symbol nor a string"));
        }
    };
    array::dig_on(vm, value, args)
}

fn each<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    let own = object(vm, this)?;
    for place in 0..own.slots().len() {
        vm.tick(1)?;
        vm.yield_value(block, own.slot(place))?;
    }
    Ok(this)
}

fn each_pair<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let block = vm.expect_block(args)?;
    for (name, value) in pairs(vm, this)? {
        vm.tick(1)?;
        let pair = vm.array(vec![Value::Symbol(name), value]);
        vm.yield_value(block, pair)?;
    }
    Ok(this)
}

fn values_at<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    for which in args.values {
        if !matches!(which, Value::Range(_)) {
            place(vm, this, *which)?;
        }
    }
    let values = values(vm, this, args)?;
    vm.call_named(values, "values_at", args.values)
}

fn length<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let length = object(vm, this)?.slots().len();
    Ok(vm.count(length))
}

fn select<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let values = values(vm, this, args)?;
    enumerable::select_items(vm, values, args)
}
