//! From documents to objects.

use num_bigint::BigInt;

use super::super::super::eval::Vm;
use super::super::super::unwind::Res;
use super::super::super::value::{Array, Encoding, Hash, Value};
use super::super::{Args, Row};
use super::{DETAILS, Permitted, text_of};
use crate::yaml::psych::{
    Date, DateScalar, Document, Kind, Mapping, Node, NodeId, ParseError, Scalar, SyntaxError, Time,
    TimeScalar, TimeValue, Zone, parse_all, parse_first,
};

pub(super) const FUNCTIONS: &[Row] = &[
    Row::new("load", 1, load, "The value of a text.").keywords(&[
        "permitted_classes",
        "permitted_symbols",
        "aliases",
        "filename",
        "fallback",
        "symbolize_names",
        "freeze",
        "strict_integer",
    ]),
    Row::new(
        "safe_load",
        1,
        safe_load,
        "The value of a text, without symbols.",
    )
    .keywords(&[
        "permitted_classes",
        "permitted_symbols",
        "aliases",
        "filename",
        "fallback",
        "symbolize_names",
        "freeze",
        "strict_integer",
    ]),
    Row::new(
        "unsafe_load",
        1,
        unsafe_load,
        "The value of a text, with dates, times and aliases.",
    )
    .keywords(&[
        "filename",
        "fallback",
        "symbolize_names",
        "freeze",
        "strict_integer",
    ]),
    Row::new(
        "load_stream",
        1,
        load_stream,
        "The values of all documents.",
    )
    .keywords(&[
        "filename",
        "fallback",
        "symbolize_names",
        "freeze",
        "strict_integer",
    ]),
];

/// What becomes of nodes.
struct Options {
    /// `None`: everything.
    permitted: Option<Permitted>,
    symbolize: bool,
    freeze: bool,
    file: Option<String>,
}

impl Options {
    fn new<'h>(
        vm: &mut Vm<'h>,
        permitted: Option<Permitted>,
        args: &Args<'_, 'h>,
    ) -> Res<'h, Self> {
        let is_set = |name| args.keyword(vm, name).is_some_and(Value::truthy);
        if is_set("strict_integer") {
            return vm.unsupported("the option strict_integer of YAML.load");
        }
        let (symbolize, freeze) = (is_set("symbolize_names"), is_set("freeze"));
        let file = match args.keyword(vm, "filename") {
            None | Some(Value::Nil) => None,
            Some(name) => Some(vm.display(name)?),
        };
        let permitted = match permitted {
            None => None,
            Some(mut permitted) => {
                permitted.configure(vm, args)?;
                Some(permitted)
            }
        };
        Ok(Self {
            permitted,
            symbolize,
            freeze,
            file,
        })
    }
}

fn load<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let permitted = Permitted {
        classes: vec!["Symbol".to_owned()],
        ..Permitted::default()
    };
    first(vm, Some(permitted), args, Value::Nil)
}

fn safe_load<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    first(vm, Some(Permitted::default()), args, Value::Nil)
}

fn unsafe_load<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    first(vm, None, args, Value::Bool(false))
}

fn first<'h>(
    vm: &mut Vm<'h>,
    permitted: Option<Permitted>,
    args: &Args<'_, 'h>,
    fallback: Value<'h>,
) -> Res<'h> {
    let options = Options::new(vm, permitted, args)?;
    let text = text_of(vm, args.at(0))?;
    count_text(vm, &text)?;
    match parse_first(&text) {
        Ok(Some(document)) => value(vm, &document, &options),
        Ok(None) => Ok(args.keyword(vm, "fallback").unwrap_or(fallback)),
        Err(error) => refuse(vm, error, &options),
    }
}

fn load_stream<'h>(vm: &mut Vm<'h>, _: Value<'h>, args: &Args<'_, 'h>) -> Res<'h> {
    let options = Options::new(vm, None, args)?;
    let text = text_of(vm, args.at(0))?;
    count_text(vm, &text)?;
    let documents = match parse_all(&text) {
        Ok(documents) => documents,
        Err(error) => return refuse(vm, error, &options),
    };
    let mut values = Vec::new();
    for document in &documents {
        let value = value(vm, document, &options)?;
        match args.block {
            Some(block) => {
                vm.yield_value(block, value)?;
            }
            None => values.push(value),
        }
    }
    if args.block.is_some() {
        return Ok(Value::Nil);
    }
    match args.keyword(vm, "fallback") {
        Some(fallback) if values.is_empty() => Ok(fallback),
        _ => Ok(vm.array(values)),
    }
}

/// A parsed document takes a few times its text.
fn count_text<'h>(vm: &mut Vm<'h>, text: &str) -> Res<'h, ()> {
    vm.tick(text.len() / 16)?;
    vm.grow(text.len().saturating_mul(16))
}

fn refuse<'h>(vm: &mut Vm<'h>, error: ParseError, options: &Options) -> Res<'h> {
    match error {
        ParseError::Syntax(error) => syntax_error(vm, &error, options.file.as_deref()),
        ParseError::Limit(limit) => vm.unsupported(format!("YAML: {}", limit.message)),
    }
}

fn syntax_error<'h>(vm: &mut Vm<'h>, error: &SyntaxError, file: Option<&str>) -> Res<'h> {
    let class = vm.class_named("Psych::SyntaxError");
    let message = vm.str(error.message(file));
    let exception = vm.new_exception(class, message);
    let number = |number| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let file = file.map_or(Value::Nil, |file| vm.str(file));
    let problem = vm.str(error.problem);
    let context = error.context.map_or(Value::Nil, |context| vm.str(context));
    let details = [
        file,
        number(error.line),
        number(error.column),
        Value::Integer(0),
        problem,
        context,
    ];
    for (name, detail) in DETAILS.iter().zip(details) {
        let name = vm.symbol(name);
        vm.set_instance_variable(exception, name, detail)?;
    }
    vm.raise_value(exception)
}

fn value<'h>(vm: &mut Vm<'h>, document: &Document, options: &Options) -> Res<'h> {
    let mut builder = Builder {
        document,
        options,
        made: vec![None; document.len()],
    };
    builder.node(vm, document.root())
}

/// Makes the objects of a document. What an alias refers to is made once.
struct Builder<'d, 'h> {
    document: &'d Document,
    options: &'d Options,
    made: Vec<Option<Value<'h>>>,
}

impl<'h> Builder<'_, 'h> {
    fn node(&mut self, vm: &mut Vm<'h>, id: NodeId) -> Res<'h> {
        vm.tick(1)?;
        if let Some(Some(made)) = self.made.get(id.index()) {
            return Ok(*made);
        }
        let document = self.document;
        let node = document.node(id);
        if let Some(tag) = &node.tag {
            self.check_tag(vm, tag, node)?;
        }
        match &node.kind {
            Kind::Scalar(scalar) => {
                let value = self.scalar(vm, scalar)?;
                self.keep(id, value);
                Ok(value)
            }
            Kind::Sequence(items) => {
                let list = vm.new_array(Vec::new());
                self.keep(id, Value::Array(list));
                vm.deeper(|vm| self.list(vm, list, items))
            }
            Kind::Mapping(mapping) => {
                let hash = vm.new_hash();
                self.keep(id, Value::Hash(hash));
                vm.deeper(|vm| self.map(vm, hash, mapping))
            }
            Kind::Alias(target) => {
                self.check_aliases(vm)?;
                self.node(vm, *target)
            }
            Kind::UnknownAlias(name) => {
                self.check_aliases(vm)?;
                let message = format!("An alias referenced an unknown anchor: {name}");
                vm.raise("Psych::AnchorNotDefined", message)
            }
        }
    }

    fn keep(&mut self, id: NodeId, value: Value<'h>) {
        if let Some(place) = self.made.get_mut(id.index()) {
            *place = Some(value);
        }
    }

    fn check_aliases(&self, vm: &mut Vm<'h>) -> Res<'h, ()> {
        match &self.options.permitted {
            Some(permitted) if !permitted.aliases => vm.raise(
                "Psych::AliasesNotEnabled",
                "Alias parsing was not enabled. To enable it, pass `aliases: true` to `Psych::load` or `Psych::safe_load`.",
            ),
            _ => Ok(()),
        }
    }

    fn list(&mut self, vm: &mut Vm<'h>, list: &'h Array<'h>, items: &[NodeId]) -> Res<'h> {
        for item in items {
            let item = self.node(vm, *item)?;
            vm.heap.take(size_of::<Value<'_>>());
            list.push(item);
        }
        list.frozen.set(self.options.freeze);
        Ok(Value::Array(list))
    }

    fn map(&mut self, vm: &mut Vm<'h>, hash: &'h Hash<'h>, mapping: &Mapping) -> Res<'h> {
        // In the order of the text, because the first one that must be refused is the one Ruby names.
        for (key, value) in mapping.pairs() {
            self.node(vm, *key)?;
            self.node(vm, *value)?;
        }
        for (key, value) in mapping.entries() {
            let mut key = self.node(vm, *key)?;
            if self.options.symbolize
                && let Value::String(text) = key
            {
                let name = text.text();
                key = Value::Symbol(vm.symbol(&name));
            }
            let value = self.node(vm, *value)?;
            vm.hash_set(hash, key, value)?;
        }
        hash.frozen.set(self.options.freeze);
        Ok(Value::Hash(hash))
    }

    fn scalar(&self, vm: &mut Vm<'h>, scalar: &Scalar) -> Res<'h> {
        Ok(match scalar {
            Scalar::Null => Value::Nil,
            Scalar::Bool(value) => Value::Bool(*value),
            Scalar::Integer(value) => Value::Integer(*value),
            Scalar::BigInteger(digits) => return big_integer(vm, digits),
            Scalar::Float(value) => Value::Float(*value),
            Scalar::Symbol(name) => return self.symbol(vm, name),
            Scalar::String(text) => self.string(vm, text.as_bytes().to_vec(), Encoding::Utf8),
            Scalar::Binary(bytes) => self.string(vm, bytes.clone(), Encoding::Binary),
            Scalar::Date(scalar) => return self.date(vm, scalar),
            Scalar::Time(scalar) => return self.time(vm, scalar),
            Scalar::Object(text) => {
                return vm.unsupported(format!("YAML with the Ruby object {text:?}"));
            }
            Scalar::Refused(refused) => return vm.raise(refused.class, refused.message.as_str()),
        })
    }

    fn string(&self, vm: &mut Vm<'h>, bytes: Vec<u8>, encoding: Encoding) -> Value<'h> {
        let string = vm.new_str(bytes, encoding);
        string.frozen.set(self.options.freeze);
        Value::String(string)
    }

    fn symbol(&self, vm: &mut Vm<'h>, name: &str) -> Res<'h> {
        let symbol = vm.symbol(name);
        match &self.options.permitted {
            Some(permitted) if !permitted.symbol(symbol) => disallowed(vm, "Symbol"),
            _ => Ok(Value::Symbol(symbol)),
        }
    }

    fn check_class(&self, vm: &mut Vm<'h>, class: &str) -> Res<'h, ()> {
        match &self.options.permitted {
            Some(permitted) if !permitted.class(class) => disallowed(vm, class),
            _ => Ok(()),
        }
    }

    fn date(&self, vm: &mut Vm<'h>, scalar: &DateScalar) -> Res<'h> {
        self.check_class(vm, "Date")?;
        let Some(Date { year, month, day }) = scalar.date else {
            return Ok(self.string(vm, scalar.text.clone().into_bytes(), Encoding::Utf8));
        };
        if vm.class_id("Date").is_none() {
            return vm.unsupported("a date in YAML");
        }
        let class = Value::Class(vm.class_named("Date"));
        let parts = [i64::from(year), i64::from(month), i64::from(day)].map(Value::Integer);
        vm.call_named(class, "new", &parts)
    }

    fn time(&self, vm: &mut Vm<'h>, scalar: &TimeScalar) -> Res<'h> {
        self.check_class(vm, "Time")?;
        match &scalar.time {
            TimeValue::Text => {
                Ok(self.string(vm, scalar.text.clone().into_bytes(), Encoding::Utf8))
            }
            TimeValue::Fault(message) => vm.raise("NoMethodError", *message),
            TimeValue::Time(time) => make_time(vm, time),
        }
    }

    /// Psych asks for the class of a tag before it looks at what is in the node.
    fn check_tag(&self, vm: &mut Vm<'h>, tag: &str, node: &Node) -> Res<'h, ()> {
        let text = match &node.kind {
            Kind::Scalar(Scalar::Object(text)) => text.as_str(),
            Kind::Scalar(_) | Kind::Alias(_) | Kind::UnknownAlias(_) => return Ok(()),
            _ => "",
        };
        let Some(class) = class_of_tag(tag, text) else {
            return Ok(());
        };
        self.check_class(vm, class)?;
        vm.unsupported(format!("YAML with the tag {tag}"))
    }
}

/// The class whose objects a tag stands for.
fn class_of_tag<'t>(tag: &'t str, text: &'t str) -> Option<&'t str> {
    let plain = tag.strip_prefix("tag:yaml.org,2002:");
    match plain.or_else(|| tag.strip_prefix('!'))? {
        "set" => return Some("Psych::Set"),
        "omap" => return Some("Psych::Omap"),
        _ => {}
    }
    let kind = tag
        .strip_prefix("!ruby/")
        .or_else(|| tag.strip_prefix('!'))?;
    match kind.split_once(':') {
        None => match kind {
            "range" => Some("Range"),
            "regexp" => Some("Regexp"),
            "class" | "module" => Some(text),
            "encoding" => Some("Encoding"),
            "struct" => Some("Struct"),
            "object" => Some("Object"),
            "exception" => Some("Exception"),
            _ => None,
        },
        Some((
            "object" | "struct" | "hash" | "array" | "exception" | "string" | "str" | "map" | "seq"
            | "data" | "hash-with-ivars" | "array-with-ivars",
            class,
        )) => Some(class),
        Some(_) => None,
    }
}

fn disallowed<'h, T>(vm: &mut Vm<'h>, class: &str) -> Res<'h, T> {
    vm.raise(
        "Psych::DisallowedClass",
        format!("Tried to load unspecified class: {class}"),
    )
}

fn big_integer<'h>(vm: &mut Vm<'h>, digits: &str) -> Res<'h> {
    vm.tick(digits.len().saturating_mul(digits.len()) / 1024)?;
    match BigInt::parse_bytes(digits.as_bytes(), 10) {
        Some(value) => Ok(vm.integer(value)),
        None => vm.unsupported("a number in YAML"),
    }
}

fn make_time<'h>(vm: &mut Vm<'h>, time: &Time) -> Res<'h> {
    if time.zone != Zone::Utc || vm.class_id("Time").is_none() {
        return vm.unsupported("a time with a zone in YAML");
    }
    if time.fraction.bytes().any(|digit| digit != b'0') {
        return vm.unsupported("a time with a fraction in YAML");
    }
    let class = Value::Class(vm.class_named("Time"));
    let parts = [
        i64::from(time.year),
        i64::from(time.month),
        i64::from(time.day),
        i64::from(time.hour),
        i64::from(time.minute),
        i64::from(time.second),
    ];
    vm.call_named(class, "utc", &parts.map(Value::Integer))
}
