//! From objects to the events that are printed.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use super::super::super::class::Class;
use super::super::super::eval::Vm;
use super::super::super::symbol::known;
use super::super::super::unwind::Res;
use super::super::super::value::{Array, Data, Encoding, Hash, Object, Str, Value};
use super::super::object::variable_names;
use super::super::{Args, Row};
use super::Permitted;
use crate::yaml::psych::{Event, Options, WriteError, write};

pub(super) const FUNCTIONS: &[Row] = &[
    Row::new("dump", 1, dump, "The text of a value.")
        .to(3)
        .any_keywords(),
    Row::new(
        "safe_dump",
        1,
        safe_dump,
        "The text of a value of basic types.",
    )
    .to(3)
    .any_keywords(),
];

pub(super) const TO_YAML: &[Row] = &[Row::new("to_yaml", 0, to_yaml, "The YAML of it.")
    .to(1)
    .any_keywords()];

fn dump<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    dump_with(vm, args, None)
}

fn safe_dump<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let mut permitted = Permitted::default();
    let keywords = match (args.keywords, args.at(1)) {
        (None, Value::Hash(options)) => Some(options),
        (keywords, _) => keywords,
    };
    permitted.configure(vm, &Args { keywords, ..*args })?;
    dump_with(vm, args, Some(permitted))
}

fn dump_with<'h>(vm: &mut Vm<'h>, args: &Args<'_, 'h>, safe: Option<Permitted>) -> Res<'h> {
    let mut io = args.at(1);
    let mut given = args.keywords;
    for argument in args.values.iter().skip(1) {
        if let Value::Hash(options) = argument {
            given = Some(options);
        }
    }
    if matches!(io, Value::Hash(_)) {
        io = Value::Nil;
    }
    let text = print(vm, args.at(0), given, safe)?;
    if io.is_nil() {
        return Ok(text);
    }
    vm.call_method(io, known::WRITE, &[text])?;
    Ok(io)
}

fn to_yaml<'h>(vm: &mut Vm<'h>, this: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let given = match args.at(0) {
        Value::Hash(options) => Some(options),
        _ => args.keywords,
    };
    print(vm, this, given, None)
}

fn print<'h>(
    vm: &mut Vm<'h>,
    value: Value<'h>,
    given: Option<&'h Hash<'h>>,
    safe: Option<Permitted>,
) -> Res<'h> {
    let mut options = Options::default();
    let mut dumper = Dumper {
        events: Vec::new(),
        seen: FxHashSet::default(),
        safe,
        stringify: false,
    };
    for (key, value) in given.map(Hash::entries).unwrap_or_default() {
        let Value::Symbol(name) = key else { continue };
        match (vm.name(name), value) {
            ("indentation", Value::Integer(step)) => options.indentation = Some(step),
            ("line_width", Value::Integer(width)) => options.line_width = Some(width),
            ("header", value) => options.header = value.truthy(),
            ("stringify_names", value) => dumper.stringify = value.truthy(),
            (name @ ("indentation" | "line_width" | "canonical" | "version"), value)
                if value.truthy() =>
            {
                return vm.unsupported(format!("the option {name} of YAML.dump"));
            }
            _ => {}
        }
    }
    dumper.value(vm, value)?;
    vm.tick(dumper.events.len())?;
    match write(&dumper.events, &options) {
        Ok(text) => {
            vm.reserve(text.len())?;
            Ok(vm.str(text))
        }
        Err(WriteError::Refused(refused)) => vm.raise(refused.class, refused.message),
        Err(WriteError::Malformed) => vm.unsupported("YAML of this value"),
    }
}

/// Walks a value and notes its events.
struct Dumper {
    events: Vec<Event<'static>>,
    /// Objects that were there before.
    seen: FxHashSet<u64>,
    /// `None`: everything may be printed.
    safe: Option<Permitted>,
    stringify: bool,
}

fn id(value: Value<'_>) -> u64 {
    value.identity() as u64
}

fn plain(text: impl Into<Cow<'static, str>>) -> Event<'static> {
    Event::Plain {
        text: text.into(),
        id: None,
    }
}

/// Writes what objects of one class have inside.
type Part = for<'h> fn(&mut Dumper, &mut Vm<'h>, Value<'h>) -> Res<'h, ()>;

impl Dumper {
    fn add<'h>(&mut self, vm: &mut Vm<'h>, event: Event<'static>, bytes: usize) -> Res<'h, ()> {
        vm.tick(1)?;
        vm.grow(size_of::<Event<'_>>().saturating_add(bytes.saturating_mul(2)))?;
        self.events.push(event);
        Ok(())
    }

    fn text<'h>(&mut self, vm: &mut Vm<'h>, text: String) -> Res<'h, ()> {
        let bytes = text.len();
        self.add(vm, Event::String(text.into()), bytes)
    }

    fn value<'h>(&mut self, vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, ()> {
        match value {
            Value::Nil => self.add(vm, Event::Null, 0),
            Value::Bool(value) => self.add(vm, Event::Bool(value), 0),
            Value::Integer(value) => self.add(vm, Event::Integer(value.to_string().into()), 0),
            Value::Big(value) => self.add(vm, Event::Integer(value.to_string().into()), 0),
            Value::Float(value) => self.add(vm, Event::Float(value), 0),
            Value::Symbol(symbol) => {
                if self.safe.as_ref().is_some_and(|safe| !safe.symbol(symbol)) {
                    let shown = vm.inspect(value)?;
                    return undumpable(vm, &format!("Symbol({shown})"));
                }
                let name = vm.name(symbol).to_owned();
                let bytes = name.len();
                self.add(vm, Event::Symbol(name.into()), bytes)
            }
            Value::String(text) if text.class.is_none() => self.string(vm, text),
            _ => self.once(vm, value),
        }
    }

    /// What is printed once, and by an alias from then on.
    fn once<'h>(&mut self, vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, ()> {
        let exception = matches!(value, Value::Object(object) if object.exception().is_some());
        self.check_safe(vm, value)?;
        if !exception && !self.seen.insert(id(value)) {
            if self.safe.as_ref().is_some_and(|safe| !safe.aliases) {
                return vm.raise("Psych::BadAlias", "Tried to dump an aliased object");
            }
            return self.add(vm, Event::Alias(id(value)), 0);
        }
        vm.deeper(|vm| match value {
            Value::Array(list) => self.list(vm, list),
            Value::Hash(hash) => self.hash(vm, hash),
            Value::Range(range) => {
                let parts = [
                    ("begin", range.first),
                    ("end", range.last),
                    ("excl", Value::Bool(range.exclusive)),
                ];
                self.members(vm, "!ruby/range", value, &parts)
            }
            Value::Regexp(_) => {
                let text = vm.inspect(value)?;
                self.tagged(vm, "!ruby/regexp", text, false, value)
            }
            Value::Class(class) => self.class(vm, class),
            Value::Proc(_) => self.members(vm, "!ruby/object:Proc", value, &[]),
            Value::Method(_) => {
                let tag = object_tag(vm, "!ruby/object", value);
                self.members(vm, &tag, value, &[])
            }
            Value::Object(object) => self.object(vm, object),
            _ => {
                let word = vm.kind_word(value);
                vm.unsupported(format!("YAML of a {word}"))
            }
        })
    }

    fn check_safe<'h>(&self, vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, ()> {
        let Some(safe) = &self.safe else {
            return Ok(());
        };
        let class = vm.class_of(value).real();
        let name = vm.class_name(class);
        if matches!(name.as_str(), "Array" | "Hash") || safe.class(&name) {
            return Ok(());
        }
        undumpable(vm, &name)
    }

    fn string<'h>(&mut self, vm: &mut Vm<'h>, text: &'h Str<'h>) -> Res<'h, ()> {
        if text.encoding.get() == Encoding::Binary {
            let bytes = text.bytes();
            let length = bytes.len();
            return self.add(vm, Event::Binary(bytes.into()), length);
        }
        match text.valid_text() {
            Some(text) => self.text(vm, text),
            None => vm.raise("ArgumentError", "invalid byte sequence in UTF-8"),
        }
    }

    fn begin<'h>(
        &mut self,
        vm: &mut Vm<'h>,
        tag: Option<String>,
        mapping: bool,
        value: Value<'h>,
    ) -> Res<'h, ()> {
        let tag = tag.map(Cow::Owned);
        let id = Some(id(value));
        let event = if mapping {
            Event::Mapping { tag, id }
        } else {
            Event::Sequence { tag, id }
        };
        self.add(vm, event, 0)
    }

    fn list<'h>(&mut self, vm: &mut Vm<'h>, list: &'h Array<'h>) -> Res<'h, ()> {
        let value = Value::Array(list);
        let tag = list.class.map(|_| object_tag(vm, "!ruby/array", value));
        self.begin(vm, tag, false, value)?;
        let mut index = 0;
        while let Some(item) = list.get(index) {
            self.value(vm, item)?;
            index += 1;
        }
        self.add(vm, Event::End, 0)
    }

    fn hash<'h>(&mut self, vm: &mut Vm<'h>, hash: &'h Hash<'h>) -> Res<'h, ()> {
        let value = Value::Hash(hash);
        let tag = hash.class.map(|_| object_tag(vm, "!ruby/hash", value));
        self.begin(vm, tag, true, value)?;
        for (key, value) in hash.entries() {
            match key {
                Value::Symbol(name) if self.stringify => {
                    let name = vm.name(name).to_owned();
                    self.text(vm, name)?;
                }
                _ => self.value(vm, key)?,
            }
            self.value(vm, value)?;
        }
        self.add(vm, Event::End, 0)
    }

    /// A map whose keys are names.
    fn members<'h>(
        &mut self,
        vm: &mut Vm<'h>,
        tag: &str,
        value: Value<'h>,
        members: &[(&str, Value<'h>)],
    ) -> Res<'h, ()> {
        self.begin(vm, Some(tag.to_owned()), true, value)?;
        for (name, member) in members {
            self.add(vm, plain((*name).to_owned()), name.len())?;
            self.value(vm, *member)?;
        }
        self.add(vm, Event::End, 0)
    }

    fn tagged<'h>(
        &mut self,
        vm: &mut Vm<'h>,
        tag: &'static str,
        text: String,
        quoted: bool,
        value: Value<'h>,
    ) -> Res<'h, ()> {
        let bytes = text.len();
        let event = Event::Tagged {
            tag: tag.into(),
            text: text.into(),
            quoted,
            id: Some(id(value)),
        };
        self.add(vm, event, bytes)
    }

    fn class<'h>(&mut self, vm: &mut Vm<'h>, class: &'h Class<'h>) -> Res<'h, ()> {
        let name = vm.class_name(class);
        if class.name.get().is_none() {
            let kind = if class.is_module() { "module" } else { "class" };
            let message = format!("can't dump anonymous {kind}: {name}");
            return vm.raise("TypeError", message);
        }
        let tag = if class.is_module() {
            "!ruby/module"
        } else {
            "!ruby/class"
        };
        self.tagged(vm, tag, name, true, Value::Class(class))
    }

    fn object<'h>(&mut self, vm: &mut Vm<'h>, object: &'h Object<'h>) -> Res<'h, ()> {
        let value = Value::Object(object);
        if vm.find_method(value, known::ENCODE_WITH).is_some() {
            return vm.unsupported("encode_with for YAML");
        }
        if object.exception().is_some() {
            return self.exception(vm, value);
        }
        for (class, print) in Self::KNOWN {
            if vm.class_id(class).is_some() && vm.is_a(value, class) {
                return print(self, vm, value);
            }
        }
        if let Data::None = &object.data {
            self.variables(vm, value)
        } else {
            let word = vm.kind_word(value);
            vm.unsupported(format!("YAML of a {word}"))
        }
    }

    const KNOWN: [(&'static str, Part); 6] = [
        ("Struct", Self::structure),
        ("OpenStruct", Self::open_struct),
        ("Set", Self::set),
        ("Time", Self::time),
        ("DateTime", Self::date_time),
        ("Date", Self::date),
    ];

    fn variables<'h>(&mut self, vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, ()> {
        let tag = object_tag(vm, "!ruby/object", value);
        let mut members = Vec::new();
        for symbol in variable_names(value) {
            let name = vm.name(symbol).trim_start_matches('@');
            members.push((name, vm.instance_variable(value, symbol)));
        }
        self.members(vm, &tag, value, &members)
    }

    fn structure<'h>(&mut self, vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, ()> {
        let tag = object_tag(vm, "!ruby/struct", value);
        let mut members = Vec::new();
        let names = vm.call_named(value, "members", &[])?;
        for name in vm.items(names)? {
            let member = vm.call_method(value, known::INDEX, &[name])?;
            let Value::Symbol(name) = name else { continue };
            members.push((vm.name(name), member));
        }
        self.members(vm, &tag, value, &members)
    }

    fn open_struct<'h>(&mut self, vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, ()> {
        let tag = object_tag(vm, "!ruby/object", value);
        self.begin(vm, Some(tag), true, value)?;
        let table = vm.call_method(value, known::TO_H, &[])?;
        let entries = match table {
            Value::Hash(hash) => hash.entries(),
            _ => Vec::new(),
        };
        for (key, value) in entries {
            let key = vm.display(key)?;
            self.text(vm, key)?;
            self.value(vm, value)?;
        }
        self.add(vm, Event::End, 0)
    }

    fn set<'h>(&mut self, vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, ()> {
        let tag = object_tag(vm, "!ruby/object", value);
        self.begin(vm, Some(tag), true, value)?;
        self.add(vm, plain("hash"), 0)?;
        self.add(
            vm,
            Event::Mapping {
                tag: None,
                id: None,
            },
            0,
        )?;
        for item in vm.items(value)? {
            self.value(vm, item)?;
            self.add(vm, Event::Bool(true), 0)?;
        }
        self.add(vm, Event::End, 0)?;
        self.add(vm, Event::End, 0)
    }

    fn exception<'h>(&mut self, vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, ()> {
        let tag = object_tag(vm, "!ruby/exception", value);
        let event = Event::Mapping {
            tag: Some(tag.into()),
            id: None,
        };
        self.add(vm, event, 0)?;
        let message = vm.exception_message(value)?;
        self.add(vm, plain("message"), 0)?;
        self.text(vm, message)?;
        self.add(vm, plain("backtrace"), 0)?;
        let trace = vm.call_named(value, "backtrace", &[])?;
        self.value(vm, trace)?;
        for symbol in variable_names(value) {
            let name = vm.name(symbol).trim_start_matches('@');
            self.add(vm, plain(name.to_owned()), 0)?;
            let variable = vm.instance_variable(value, symbol);
            self.value(vm, variable)?;
        }
        self.add(vm, Event::End, 0)
    }

    fn formatted<'h>(vm: &mut Vm<'h>, value: Value<'h>, format: &str) -> Res<'h, String> {
        let format = vm.str(format);
        let text = vm.call_named(value, "strftime", &[format])?;
        vm.display(text)
    }

    fn moment<'h>(vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, String> {
        let text = Self::formatted(vm, value, "%Y-%m-%d %H:%M:%S.%9N %:z")?;
        let utc = vm.call_named(value, "utc?", &[])?.truthy();
        Ok(match text.strip_suffix("+00:00") {
            Some(text) if utc => format!("{text}Z"),
            _ => text,
        })
    }

    fn time<'h>(&mut self, vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, ()> {
        let text = Self::moment(vm, value)?;
        let event = Event::Plain {
            text: text.into(),
            id: Some(id(value)),
        };
        self.add(vm, event, 0)
    }

    fn date<'h>(&mut self, vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, ()> {
        let text = vm.display(value)?;
        let event = Event::Plain {
            text: text.into(),
            id: Some(id(value)),
        };
        self.add(vm, event, 0)
    }

    fn date_time<'h>(&mut self, vm: &mut Vm<'h>, value: Value<'h>) -> Res<'h, ()> {
        let text = Self::formatted(vm, value, "%Y-%m-%d %H:%M:%S.%9N %:z")?;
        if !text.ends_with("+00:00") {
            return vm.unsupported("YAML of a DateTime with an offset");
        }
        let text = text.replace("+00:00", "Z");
        self.tagged(vm, "!ruby/object:DateTime", text, false, value)
    }
}

fn undumpable<'h, T>(vm: &mut Vm<'h>, what: &str) -> Res<'h, T> {
    vm.raise(
        "Psych::DisallowedClass",
        format!("Tried to dump unspecified class: {what}"),
    )
}

/// A tag with the name of the class; without it for anonymous classes and Object itself.
fn object_tag<'h>(vm: &mut Vm<'h>, tag: &str, value: Value<'h>) -> String {
    let class = vm.class_of(value).real();
    match class.name.get() {
        Some(name) if name != "Object" => format!("{tag}:{name}"),
        _ => tag.to_owned(),
    }
}
