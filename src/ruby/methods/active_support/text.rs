//! What ActiveSupport adds to String.

use super::super::super::eval::Vm;
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Encoding, Str, Value};
use super::super::{Args, Row};
use super::{ascii, camelized, inflect, underscored};

pub(super) const ROWS: &[Row] = &[
    Row::new("at", 1, at, "The part that `[]` gives."),
    Row::new("from", 1, from, "The rest from a position on."),
    Row::new("to", 1, to, "The text up to a position."),
    Row::new("first", 0, first, "The first character, or so many.").to(1),
    Row::new("last", 0, last, "The last character, or so many.").to(1),
    Row::new("starts_with?", 0, starts_with, "The same as `start_with?`.").rest(),
    Row::new("ends_with?", 0, ends_with, "The same as `end_with?`.").rest(),
    Row::new("exclude?", 1, exclude, "Whether a text is not in it."),
    Row::new("remove", 0, remove, "Without what patterns match.").rest(),
    Row::new(
        "remove!",
        0,
        remove_in_place,
        "Takes away what patterns match.",
    )
    .rest(),
    Row::new(
        "squish!",
        0,
        squish_in_place,
        "Takes away white space around it, and all but one inside.",
    ),
    Row::new(
        "truncate",
        1,
        truncate,
        "At most so many characters, with dots at the end.",
    )
    .keywords(&["omission", "separator"]),
    Row::new(
        "truncate_words",
        1,
        truncate_words,
        "At most so many words, with dots at the end.",
    )
    .keywords(&["omission"]),
    Row::new(
        "indent",
        1,
        indent,
        "With so many spaces, or what it is indented with, before its lines.",
    )
    .to(3),
    Row::new(
        "strip_heredoc",
        0,
        strip_heredoc,
        "Without the indentation that all lines have.",
    ),
    Row::new(
        "pluralize",
        0,
        pluralize,
        "The plural, unless it is counted as one.",
    )
    .to(1),
    Row::new("singularize", 0, singularize, "The singular."),
    Row::new(
        "humanize",
        0,
        humanize,
        "Words with a capital letter at the beginning.",
    )
    .keywords(&["capitalize", "keep_id_suffix"]),
    Row::new("titleize", 0, titleize, "Words with capital letters."),
    Row::new("titlecase", 0, titleize, "Words with capital letters."),
    Row::new(
        "parameterize",
        0,
        parameterize,
        "Small letters, digits and hyphens.",
    )
    .keywords(&["separator", "preserve_case"]),
    Row::new(
        "demodulize",
        0,
        demodulize,
        "What stands behind the last `::`.",
    ),
    Row::new(
        "deconstantize",
        0,
        deconstantize,
        "What stands before the last `::`.",
    ),
    Row::new("tableize", 0, tableize, "The plural with underscores."),
    Row::new("classify", 0, classify, "The singular in capital letters."),
    Row::new(
        "foreign_key",
        0,
        foreign_key,
        "The last name with underscores and `_id`.",
    )
    .to(1),
    Row::new(
        "upcase_first",
        0,
        upcase_first,
        "With a capital letter at the beginning.",
    ),
    Row::new(
        "inquiry",
        0,
        inquiry,
        "A text that answers questions: `text.name?`.",
    ),
];

/// Of `ActiveSupport::StringInquirer`.
pub(super) const INQUIRER: &[Row] = &[
    Row::new(
        "method_missing",
        1,
        answer,
        "Whether it is the name in front of a question mark.",
    )
    .rest()
    .any_keywords()
    .private(),
    Row::new(
        "respond_to_missing?",
        1,
        answers,
        "Whether a name ends in a question mark.",
    )
    .to(2)
    .private(),
];

fn own<'h>(vm: &mut Vm<'h>, this: Value<'h>) -> Res<'h, String> {
    Ok(vm.string(this)?.text())
}

fn index<'h>(vm: &mut Vm<'h>, this: Value<'h>, values: &[Value<'h>]) -> Res<'h> {
    vm.call_method(this, known::INDEX, values)
}

fn at<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    index(vm, this, args.values)
}

fn from<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let range = vm.range(args.at(0), Value::Integer(-1), false)?;
    index(vm, this, &[range])
}

fn to<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut position = vm.long(args.at(0))?;
    if position < 0 {
        let length = vm.call_named(this, "length", &[])?;
        position = position.saturating_add(vm.long(length)?);
    }
    if position < 0 {
        return Ok(vm.str(""));
    }
    let count = Value::Integer(position.saturating_add(1));
    let found = index(vm, this, &[Value::Integer(0), count])?;
    Ok(if found.is_nil() { vm.str("") } else { found })
}

fn count<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>) -> Res<'h, usize> {
    let Some(count) = args.get(0) else {
        return Ok(1);
    };
    let count = vm.long(count)?;
    match usize::try_from(count) {
        Ok(count) => Ok(count),
        Err(_) => vm.raise("ArgumentError", "negative limit"),
    }
}

fn first<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let count = count(vm, args)?;
    let text = own(vm, this)?;
    Ok(vm.str(text.chars().take(count).collect::<String>()))
}

fn last<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let count = count(vm, args)?;
    let text = own(vm, this)?;
    let skipped = text.chars().count().saturating_sub(count);
    Ok(vm.str(text.chars().skip(skipped).collect::<String>()))
}

fn starts_with<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    vm.call_named(this, "start_with?", args.values)
}

fn ends_with<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    vm.call_named(this, "end_with?", args.values)
}

fn exclude<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let has = vm.call_named(this, "include?", args.values)?;
    Ok(Value::Bool(!has.truthy()))
}

fn remove<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut text = vm.call_method(this, known::DUP, &[])?;
    let nothing = vm.str("");
    for pattern in args.values {
        text = vm.call_named(text, "gsub", &[*pattern, nothing])?;
    }
    Ok(text)
}

fn remove_in_place<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = remove(vm, this, args)?;
    vm.call_named(this, "replace", &[text])
}

fn squish_in_place<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = super::squish(vm, this, args)?;
    vm.call_named(this, "replace", &[text])
}

fn word<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>, name: &str, default: &str) -> Res<'h, String> {
    match args.keyword(vm, name) {
        None | Some(Value::Nil) => Ok(default.to_owned()),
        Some(value) => Ok(vm.string(value)?.text()),
    }
}

fn truncate<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = own(vm, this)?;
    let most = vm.long(args.at(0))?;
    let letters: Vec<char> = text.chars().collect();
    if i64::try_from(letters.len()).is_ok_and(|length| length <= most) {
        return vm.call_method(this, known::DUP, &[]);
    }
    let omission = word(vm, args, "omission", "...")?;
    let room = i64::try_from(omission.chars().count()).unwrap_or(i64::MAX);
    let room = Value::Integer(most.saturating_sub(room));
    let stop = match args.keyword(vm, "separator") {
        None | Some(Value::Nil) => room,
        Some(separator) => match vm.call_named(this, "rindex", &[separator, room])? {
            Value::Nil => room,
            found => found,
        },
    };
    let kept = index(vm, this, &[Value::Integer(0), stop])?;
    let kept = vm.display(kept)?;
    Ok(vm.str(kept + &omission))
}

fn truncate_words<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = own(vm, this)?;
    let most = vm.long(args.at(0))?;
    let Some(most) = usize::try_from(most).ok().filter(|most| *most > 0) else {
        return vm.unsupported("String#truncate_words to no words");
    };
    if text.starts_with(|letter: char| letter.is_ascii_whitespace()) {
        return vm.unsupported("String#truncate_words of a text with white space in front");
    }
    let omission = word(vm, args, "omission", "...")?;
    let mut words = 0;
    let mut before = false;
    for (place, letter) in text.char_indices() {
        let space = matches!(letter, ' ' | '\t'..='\r');
        if space && !before {
            words += 1;
            if words == most {
                let kept = text.get(..place).unwrap_or_default();
                return Ok(vm.str(format!("{kept}{omission}")));
            }
        }
        before = space;
    }
    vm.call_method(this, known::DUP, &[])
}

fn indent<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = own(vm, this)?;
    let amount = vm.long(args.at(0))?;
    let Ok(amount) = usize::try_from(amount) else {
        return vm.raise("ArgumentError", "argument must be non-negative");
    };
    let unit = match args.at(1) {
        Value::Nil => {
            let own = text.lines().find_map(|line| {
                line.chars()
                    .next()
                    .filter(|first| matches!(first, ' ' | '\t'))
            });
            own.unwrap_or(' ').to_string()
        }
        unit => vm.string(unit)?.text(),
    };
    let lines = text.split_inclusive('\n').count();
    vm.grow(
        unit.len()
            .saturating_mul(amount)
            .saturating_mul(lines.saturating_add(1)),
    )?;
    let empty_too = args.at(2).truthy();
    let before = unit.repeat(amount);
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        if empty_too || line != "\n" {
            out.push_str(&before);
        }
        out.push_str(line);
    }
    Ok(vm.str(out))
}

fn strip_heredoc<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = own(vm, this)?;
    let blanks = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let filled = text
        .split('\n')
        .filter(|line| line.contains(|letter: char| !matches!(letter, ' ' | '\t'..='\r')));
    // The smallest indentation as a text: a tab is smaller than a space.
    let smallest = filled
        .map(|line| line.get(..blanks(line)).unwrap_or_default())
        .min();
    let smallest = smallest.unwrap_or_default().to_owned();
    let lines: Vec<&str> = text
        .split('\n')
        .map(|line| line.strip_prefix(smallest.as_str()).unwrap_or(line))
        .collect();
    Ok(vm.str(lines.join("\n")))
}

/// A word of ASCII letters in one line, which is what the rules are about.
fn plain<'h>(vm: &mut Vm<'h>, this: Value<'h>, method: &str) -> Res<'h, String> {
    let text = ascii(vm, this, method)?;
    if text.contains('\n') {
        return vm.unsupported(format!("String#{method} of several lines"));
    }
    Ok(text)
}

fn pluralize<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = plain(vm, this, "pluralize")?;
    match args.at(0) {
        Value::Symbol(_) => vm.unsupported("String#pluralize in a language"),
        Value::Integer(1) => Ok(vm.str(text)),
        _ => Ok(vm.str(inflect::plural(&text))),
    }
}

fn singularize<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = plain(vm, this, "singularize")?;
    Ok(vm.str(inflect::singular(&text)))
}

fn humanized(text: &str, capital: bool, keep_id: bool) -> String {
    let text = text.trim_start_matches('_');
    let text = if keep_id {
        text
    } else {
        text.strip_suffix("_id").unwrap_or(text)
    };
    let text = text.replace('_', " ").to_ascii_lowercase();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if capital => format!("{}{}", first.to_ascii_uppercase(), letters.as_str()),
        _ => text,
    }
}

fn humanize<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = plain(vm, this, "humanize")?;
    let capital = args.keyword(vm, "capitalize").is_none_or(Value::truthy);
    let keep = args
        .keyword(vm, "keep_id_suffix")
        .is_some_and(Value::truthy);
    Ok(vm.str(humanized(&text, capital, keep)))
}

fn titleize<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = plain(vm, this, "titleize")?;
    let text = humanized(&underscored(&text), true, false);
    let is_word = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '_';
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|place| letters.get(place));
        let second = place.checked_sub(2).and_then(|place| letters.get(place));
        let starts = before.is_none_or(|before| !is_word(before));
        let quoted = matches!(before, Some('\'' | '`' | '(' | ')')) && second.is_some_and(is_word);
        out.push(if starts && !quoted {
            letter.to_ascii_uppercase()
        } else {
            *letter
        });
    }
    Ok(vm.str(out))
}

fn parameterize<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = ascii(vm, this, "parameterize")?;
    let separator = word(vm, args, "separator", "-")?;
    let keep = args.keyword(vm, "preserve_case").is_some_and(Value::truthy);
    if separator.chars().count() != 1 {
        return vm.unsupported("String#parameterize with such a separator");
    }
    let mut out = String::new();
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_') {
            out.push(letter);
        } else if !out.ends_with(&separator) {
            out.push_str(&separator);
        }
    }
    let doubled = separator.repeat(2);
    while out.contains(&doubled) {
        out = out.replace(&doubled, &separator);
    }
    let out = out.strip_prefix(&separator).unwrap_or(&out);
    let out = out.strip_suffix(&separator).unwrap_or(out).to_owned();
    Ok(vm.str(if keep { out } else { out.to_ascii_lowercase() }))
}

fn demodulize<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = own(vm, this)?;
    let last = text
        .rsplit_once("::")
        .map_or(text.as_str(), |(_, last)| last);
    Ok(vm.str(last))
}

fn deconstantize<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = own(vm, this)?;
    let first = text.rsplit_once("::").map_or("", |(first, _)| first);
    Ok(vm.str(first))
}

fn tableize<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = plain(vm, this, "tableize")?;
    Ok(vm.str(inflect::plural(&underscored(&text))))
}

fn classify<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = plain(vm, this, "classify")?;
    let last = text
        .rsplit_once('.')
        .map_or(text.as_str(), |(_, last)| last);
    Ok(vm.str(camelized(&inflect::singular(last))))
}

fn foreign_key<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let text = plain(vm, this, "foreign_key")?;
    let last = text
        .rsplit_once("::")
        .map_or(text.as_str(), |(_, last)| last);
    let end = if args.get(0).is_none_or(Value::truthy) {
        "_id"
    } else {
        "id"
    };
    Ok(vm.str(format!("{}{end}", underscored(last))))
}

fn upcase_first<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = own(vm, this)?;
    let mut letters = text.chars();
    let Some(first) = letters.next() else {
        return Ok(vm.str(""));
    };
    let first = vm.str(first);
    let first = vm.call_named(first, "upcase", &[])?;
    let first = vm.display(first)?;
    Ok(vm.str(first + letters.as_str()))
}

fn inquiry<'h>(vm: &mut Vm<'h>, this: Value<'h>, _: &Args<'_, 'h>) -> Res<'h> {
    let text = own(vm, this)?;
    let class = vm.class_named("ActiveSupport::StringInquirer");
    vm.grow(text.len())?;
    let made = Str::new(text.into_bytes(), Encoding::Utf8).with_class(Some(class));
    Ok(Value::String(vm.heap.keep_string(made)))
}

fn answer<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let Value::Symbol(name) = args.at(0) else {
        return vm.no_conversion(args.at(0), "Symbol");
    };
    match vm.name(name).strip_suffix('?') {
        Some(asked) => Ok(Value::Bool(vm.string(this)?.is(asked))),
        None => vm.no_method(this, name, false),
    }
}

fn answers<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    Ok(Value::Bool(match args.at(0) {
        Value::Symbol(name) => vm.name(name).ends_with('?'),
        _ => false,
    }))
}
