//! Making values.

use num_bigint::BigInt;

use super::super::class::Class;
use super::super::regex::Regex;
use super::super::symbol::Symbol;
use super::super::unwind::Res;
use super::super::value::{
    Array, Data, Encoding, Hash, Match, Object, Range, RegexpObject, Str, Value,
};
use super::Vm;

impl<'h> Vm<'h> {
    /// A string of text.
    pub fn str(&mut self, text: impl Into<String>) -> Value<'h> {
        Value::String(self.new_str(text.into().into_bytes(), Encoding::Utf8))
    }

    /// A string of bytes with an encoding.
    pub fn bytes(&mut self, bytes: Vec<u8>, encoding: Encoding) -> Value<'h> {
        Value::String(self.new_str(bytes, encoding))
    }

    /// A string of bytes with an encoding.
    pub fn new_str(&mut self, bytes: Vec<u8>, encoding: Encoding) -> &'h Str<'h> {
        self.heap.take(bytes.len());
        self.heap.keep_string(Str::new(bytes, encoding))
    }

    /// A string with the encoding of another.
    pub fn str_like(&mut self, like: &Str<'h>, bytes: Vec<u8>) -> Value<'h> {
        let encoding = like.encoding.get();
        self.bytes(bytes, encoding)
    }

    /// A list.
    pub fn array(&mut self, items: Vec<Value<'h>>) -> Value<'h> {
        Value::Array(self.new_array(items))
    }

    /// A list.
    pub fn new_array(&mut self, items: Vec<Value<'h>>) -> &'h Array<'h> {
        self.heap.take(items.len() * size_of::<Value<'_>>());
        self.heap.keep_array(Array::new(items))
    }

    /// An empty hash.
    pub fn new_hash(&mut self) -> &'h Hash<'h> {
        self.heap.keep_hash(Hash::new())
    }

    /// A hash of entries; of equal keys the last wins at the place of the first.
    pub fn hash(&mut self, entries: Vec<(Value<'h>, Value<'h>)>) -> Res<'h> {
        let hash = self.new_hash();
        for (key, value) in entries {
            self.hash_set(hash, key, value)?;
        }
        Ok(Value::Hash(hash))
    }

    /// An integer of any size.
    pub fn integer(&mut self, value: BigInt) -> Value<'h> {
        if let Ok(small) = i64::try_from(&value) {
            Value::Integer(small)
        } else {
            let bytes = usize::try_from(value.bits() / 8).unwrap_or(usize::MAX);
            self.heap.take(bytes);
            Value::Big(self.heap.keep_integer(value))
        }
    }

    /// An integer from a length or count.
    pub fn count(&mut self, count: usize) -> Value<'h> {
        Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A range; ends that do not compare are refused as Ruby does.
    pub fn range(&mut self, first: Value<'h>, last: Value<'h>, exclusive: bool) -> Res<'h> {
        let plain = |value| matches!(value, Value::Integer(_));
        let open = first.is_nil() || last.is_nil();
        let comparable =
            open || (plain(first) && plain(last)) || self.compare(first, last)?.is_some();
        if !comparable {
            return self.raise("ArgumentError", "bad value for range");
        }
        Ok(Value::Range(self.heap.keep(Range {
            first,
            last,
            exclusive,
        })))
    }

    /// A regular expression.
    pub fn regexp(&mut self, regex: std::sync::Arc<Regex>) -> &'h RegexpObject {
        self.heap.keep_regexp(RegexpObject { regex })
    }

    /// A match.
    pub(in super::super) fn new_match(&mut self, found: Match<'h>) -> &'h Match<'h> {
        self.heap.keep_match(found)
    }

    /// An object of a class.
    pub fn object(&mut self, class: &'h Class<'h>, data: Data<'h>) -> &'h Object<'h> {
        self.heap.keep_object(Object::new(class, data))
    }

    /// An object of a class of the library, with values inside.
    pub fn object_with(&mut self, class: &str, slots: Vec<Value<'h>>) -> Value<'h> {
        let class = self.class_named(class);
        self.heap.take(slots.len() * size_of::<Value<'_>>());
        Value::Object(self.object(class, Data::Slots(slots.into())))
    }

    /// The symbol of a name.
    pub fn symbol(&mut self, name: &str) -> Symbol {
        if let Some(known) = self.find_symbol(name) {
            return known;
        }
        let first = self.program.names.len();
        let number = first + u32::try_from(self.name_list.len()).unwrap_or(u32::MAX);
        let name = self.heap.keep_text(name);
        self.heap.take(64);
        self.name_list.push(name);
        self.names.insert(name, Symbol(number));
        Symbol(number)
    }

    /// The symbol of a name that this run knows.
    pub fn find_symbol(&self, name: &str) -> Option<Symbol> {
        let found = self.program.names.find(name);
        found.or_else(|| self.names.get(name).copied())
    }

    /// The name of a symbol.
    pub fn name(&self, symbol: Symbol) -> &'h str {
        let program = self.program.names.name(symbol);
        program.unwrap_or_else(|| {
            let index = symbol.0.saturating_sub(self.program.names.len()) as usize;
            self.name_list.get(index).copied().unwrap_or_default()
        })
    }
}
