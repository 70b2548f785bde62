//! `MatchData`: what a pattern found. Positions are in characters, unless a method says bytes.

use std::ops::Range;

use super::super::super::eval::Vm;
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Match, Value};
use super::super::matching::{chosen, from_end, group_number, named_groups};
use super::super::string::chars;
use super::super::{Args, Row};

pub(super) const ROWS: &[Row] = &[
    Row::new(
        "[]",
        1,
        index,
        "Groups by number, name, or as a list is indexed.",
    )
    .to(2),
    Row::new("begin", 1, begin, "Where a group starts."),
    Row::new("end", 1, end, "Where a group ends."),
    Row::new("offset", 1, offset, "Where a group starts and ends."),
    Row::new("bytebegin", 1, bytebegin, "The byte where a group starts."),
    Row::new("byteend", 1, byteend, "The byte where a group ends."),
    Row::new(
        "byteoffset",
        1,
        byteoffset,
        "The bytes where a group starts and ends.",
    ),
    Row::new("match", 1, group, "The text of a group."),
    Row::new(
        "match_length",
        1,
        match_length,
        "Number of characters of a group.",
    ),
    Row::new("captures", 0, captures, "The texts of all groups."),
    Row::new("deconstruct", 0, captures, "The texts of all groups."),
    Row::new(
        "named_captures",
        0,
        named_captures,
        "The texts of the groups by name.",
    )
    .keywords(&["symbolize_names"]),
    Row::new(
        "deconstruct_keys",
        1,
        deconstruct_keys,
        "The texts of the groups by symbol.",
    ),
    Row::new("names", 0, names, "Names of the groups."),
    Row::new("pre_match", 0, pre_match, "The text before the match."),
    Row::new("post_match", 0, post_match, "The text behind the match."),
    Row::new("to_a", 0, to_a, "The texts of the match and of all groups."),
    Row::new("to_s", 0, to_s, "The text of the match."),
    Row::new("values_at", 0, values_at, "The texts of several groups.").rest(),
    Row::new("size", 0, size, "Number of groups, with the match itself."),
    Row::new(
        "length",
        0,
        size,
        "Number of groups, with the match itself.",
    ),
    Row::new("regexp", 0, regexp, "The pattern."),
    Row::new("string", 0, string, "The text that was searched."),
    Row::new("inspect", 0, inspect, "The match with its groups."),
    Row::new(
        "==",
        1,
        equal,
        "Whether text, pattern and places are equal.",
    ),
    Row::new(
        "eql?",
        1,
        equal,
        "Whether text, pattern and places are equal.",
    ),
    Row::new("hash", 0, hash, "A number that is equal for equal matches."),
];

/// The receiver.
fn own<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, &'h Match<'h>> {
    match this {
        Value::Match(found) => Ok(found),
        _ => vm.no_conversion(this, "MatchData"),
    }
}

fn count(found: &Match<'_>) -> usize {
    found.regexp.regex.group_count() + 1
}

fn all<'h>(vm: &mut Vm<'h>, found: &'h Match<'h>) -> Vec<Value<'h>> {
    (0..count(found))
        .map(|number| vm.group(found, number))
        .collect()
}

fn index<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    if args.len() == 2 || matches!(args.at(0), Value::Range(_)) {
        let items = all(vm, found);
        let items = vm.array(items);
        return vm.call_method(items, known::INDEX, args.values);
    }
    let number = group_number(vm, &found.regexp.regex, &found.captures, args.at(0))?;
    Ok(number.map_or(Value::Nil, |number| vm.group(found, number)))
}

/// The bytes of the group an argument names; `None` for one that took no part.
fn place<'h>(
    vm: &mut Vm<'h>,
    found: &'h Match<'h>,
    reference: Value<'h>,
) -> Res<'h, Option<Range<usize>>> {
    let name = match reference {
        Value::Symbol(name) => Some(vm.name(name).to_owned()),
        Value::String(name) => Some(name.text()),
        _ => None,
    };
    if let Some(name) = name {
        let numbers = named_groups(vm, &found.regexp.regex, &name)?;
        return Ok(found.captures.get(chosen(&found.captures, &numbers)));
    }
    let number = vm.long(reference)?;
    let valid = usize::try_from(number)
        .ok()
        .filter(|number| *number < count(found));
    match valid {
        Some(number) => Ok(found.captures.get(number)),
        None => vm.raise("IndexError", format!("index {number} out of matches")),
    }
}

fn character<'h>(vm: &mut Vm<'h>, found: &'h Match<'h>, byte: usize) -> Value<'h> {
    let kind = found.text.encoding.get();
    let index = found.text.with(|bytes| chars::index(bytes, kind, byte));
    vm.count(index)
}

fn begin<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    let place = place(vm, found, args.at(0))?;
    Ok(place.map_or(Value::Nil, |place| character(vm, found, place.start)))
}

fn end<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    let place = place(vm, found, args.at(0))?;
    Ok(place.map_or(Value::Nil, |place| character(vm, found, place.end)))
}

fn offset<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let pair = vec![begin(vm, this, args)?, end(vm, this, args)?];
    Ok(vm.array(pair))
}

fn bytebegin<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    let place = place(vm, found, args.at(0))?;
    Ok(place.map_or(Value::Nil, |place| vm.count(place.start)))
}

fn byteend<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    let place = place(vm, found, args.at(0))?;
    Ok(place.map_or(Value::Nil, |place| vm.count(place.end)))
}

fn byteoffset<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let pair = vec![bytebegin(vm, this, args)?, byteend(vm, this, args)?];
    Ok(vm.array(pair))
}

fn group<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    let place = place(vm, found, args.at(0))?;
    Ok(place.map_or(Value::Nil, |place| vm.part(found, place)))
}

fn match_length<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    match group(vm, this, args)? {
        Value::Nil => Ok(Value::Nil),
        text => vm.call_method(text, known::LENGTH, &[]),
    }
}

fn captures<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    let groups = all(vm, found).split_off(1);
    Ok(vm.array(groups))
}

/// Names with the texts of their groups.
fn named<'h>(vm: &mut Vm<'h>, found: &'h Match<'h>) -> Vec<(&'h str, Value<'h>)> {
    let names = found.regexp.regex.names().iter();
    let texts = names.map(|(name, numbers)| {
        let text = vm.group(found, chosen(&found.captures, numbers));
        (name.as_str(), text)
    });
    texts.collect()
}

fn named_captures<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    let symbols = args
        .keyword(vm, "symbolize_names")
        .is_some_and(Value::truthy);
    let mut entries = Vec::new();
    for (name, text) in named(vm, found) {
        let key = if symbols {
            Value::Symbol(vm.symbol(name))
        } else {
            vm.str(name)
        };
        entries.push((key, text));
    }
    vm.hash(entries)
}

fn deconstruct_keys<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    let wanted = match args.at(0) {
        Value::Nil => None,
        Value::Array(keys) => Some(keys.to_vec()),
        other => {
            let word = vm.kind_word(other);
            let text = format!("wrong argument type {word} (expected Array)");
            return vm.raise("TypeError", text);
        }
    };
    let texts = named(vm, found);
    let mut entries = Vec::new();
    let Some(wanted) = wanted else {
        for (name, text) in texts {
            entries.push((Value::Symbol(vm.symbol(name)), text));
        }
        return vm.hash(entries);
    };
    for key in wanted {
        let Value::Symbol(symbol) = key else {
            let word = vm.kind_word(key);
            let text = format!("wrong argument type {word} (expected Symbol)");
            return vm.raise("TypeError", text);
        };
        let name = vm.name(symbol);
        match texts.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => entries.push((key, *text)),
            None => break,
        }
    }
    vm.hash(entries)
}

fn names<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    let names = found.regexp.regex.names().iter();
    let names = names.map(|(name, _)| vm.str(name.as_str())).collect();
    Ok(vm.array(names))
}

fn pre_match<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    Ok(vm.part(found, 0..found.captures.whole().start))
}

fn post_match<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    Ok(vm.part(found, found.captures.whole().end..found.text.len()))
}

fn to_a<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    let items = all(vm, found);
    Ok(vm.array(items))
}

fn to_s<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    Ok(vm.group(found, 0))
}

fn values_at<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    let mut texts = Vec::with_capacity(args.len());
    for reference in args.values {
        if let Value::Range(_) = reference {
            let items = all(vm, found);
            let items = vm.array(items);
            let part = vm.call_named(items, "values_at", &[*reference])?;
            texts.extend(vm.items(part)?);
            continue;
        }
        let number = match reference {
            Value::Integer(number) => from_end(*number, count(found)),
            other => group_number(vm, &found.regexp.regex, &found.captures, *other)?,
        };
        texts.push(number.map_or(Value::Nil, |number| vm.group(found, number)));
    }
    Ok(vm.array(texts))
}

fn size<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let count = count(own(vm, this)?);
    Ok(vm.count(count))
}

fn regexp<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Regexp(own(vm, this)?.regexp))
}

fn string<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::String(own(vm, this)?.text))
}

fn inspect<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    let regex = &found.regexp.regex;
    let mut shown = String::from("#<MatchData ");
    for (number, text) in all(vm, found).into_iter().enumerate() {
        if number > 0 {
            let name = regex
                .names()
                .iter()
                .find(|(_, numbers)| numbers.contains(&number));
            let label = name.map_or_else(|| number.to_string(), |(name, _)| name.clone());
            shown.extend([" ", &label, ":"]);
        }
        shown.push_str(&vm.inspect(text)?);
    }
    shown.push('>');
    Ok(vm.str(shown))
}

fn equal<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    let Value::Match(other) = args.at(0) else {
        return Ok(Value::Bool(false));
    };
    let texts = vm.equal(Value::String(found.text), Value::String(other.text))?;
    let patterns = vm.equal(Value::Regexp(found.regexp), Value::Regexp(other.regexp))?;
    Ok(Value::Bool(
        texts && patterns && found.captures == other.captures,
    ))
}

fn hash<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let found = own(vm, this)?;
    let start = found.captures.whole().start as u64;
    let code = vm.hash_code(Value::String(found.text))? ^ start.rotate_left(40);
    Ok(Value::Integer((code >> 2).cast_signed()))
}
