//! Literals of text, and turning values into text.

use std::sync::Arc;

use super::super::ast::{Kind, Node, RegexLiteral};
use super::super::parse::options;
use super::super::regex::{self, Regex, RegexError};
use super::super::symbol::known;
use super::super::unwind::Res;
use super::super::value::{Encoding, Value};
use super::{Env, Vm};

impl<'h> Vm<'h> {
    pub(super) fn string_literal(&mut self, bytes: &[u8], frozen: bool) -> Value<'h> {
        let string = self.new_str(bytes.to_vec(), Encoding::Utf8);
        string.frozen.set(frozen);
        Value::String(string)
    }

    pub(super) fn interpolated_string(&mut self, parts: &'h [Node], env: Env<'h>) -> Res<'h> {
        let (bytes, encoding) = self.interpolate(parts, env)?;
        Ok(self.bytes(bytes, encoding))
    }

    fn interpolate(&mut self, parts: &'h [Node], env: Env<'h>) -> Res<'h, (Vec<u8>, Encoding)> {
        let mut bytes = Vec::new();
        let mut encoding = Encoding::Utf8;
        for part in parts {
            match &part.kind {
                Kind::String(text) | Kind::FrozenString(text) => bytes.extend_from_slice(text),
                _ => {
                    let value = self.eval(part, env)?;
                    let text = self.to_s(value)?;
                    let Value::String(text) = text else { continue };
                    if text.encoding.get() == Encoding::Binary && !text.with(<[u8]>::is_ascii) {
                        encoding = Encoding::Binary;
                    }
                    text.with(|text| bytes.extend_from_slice(text));
                }
            }
            self.reserve(bytes.len())?;
        }
        Ok((bytes, encoding))
    }

    pub(super) fn interpolated_symbol(&mut self, parts: &'h [Node], env: Env<'h>) -> Res<'h> {
        let (bytes, _) = self.interpolate(parts, env)?;
        let name = String::from_utf8_lossy(&bytes).into_owned();
        Ok(Value::Symbol(self.symbol(&name)))
    }

    pub(super) fn regexp_literal(&mut self, literal: &'h RegexLiteral, node: &'h Node) -> Res<'h> {
        match &literal.regex {
            Ok(regex) => Ok(Value::Regexp(self.regexp(regex.clone()))),
            Err(what) => {
                self.position = node.position;
                self.unsupported(what.as_str())
            }
        }
    }

    pub(super) fn interpolated_regexp(
        &mut self,
        parts: &'h [Node],
        flags: u8,
        node: &'h Node,
        env: Env<'h>,
    ) -> Res<'h> {
        let mut source = String::new();
        for part in parts {
            match &part.kind {
                Kind::String(text) | Kind::FrozenString(text) => {
                    source.push_str(&String::from_utf8_lossy(text));
                }
                _ => match self.eval(part, env)? {
                    Value::Regexp(inner) => source.push_str(&regex::to_s(&inner.regex)),
                    value => source.push_str(&self.display(value)?),
                },
            }
        }
        self.position = node.position;
        self.make_regexp(&source, flags)
    }

    /// A regular expression from a text, as `Regexp.new` makes it.
    pub(in super::super) fn make_regexp(&mut self, source: &str, flags: u8) -> Res<'h> {
        self.grow(source.len().saturating_mul(16))?;
        match Regex::new(source, options(flags)) {
            Ok(regex) => Ok(Value::Regexp(self.regexp(Arc::new(regex)))),
            Err(RegexError::Syntax(message)) => self.raise("RegexpError", message),
            Err(RegexError::Unsupported(what)) => self.unsupported(what),
        }
    }

    /// `value.to_s` as a string; an object whose `to_s` gives none is printed plainly.
    pub fn to_s(&mut self, value: Value<'h>) -> Res<'h> {
        match value {
            Value::String(_) => Ok(value),
            Value::Nil => Ok(self.str("")),
            Value::Integer(number) => Ok(self.str(number.to_string())),
            Value::Symbol(symbol) => {
                let name = self.name(symbol);
                Ok(self.str(name))
            }
            _ => {
                if let text @ Value::String(_) = self.call_method(value, known::TO_S, &[])? {
                    Ok(text)
                } else {
                    let plain = self.any_to_s(value);
                    Ok(self.str(plain))
                }
            }
        }
    }

    /// `value.to_s` as text.
    pub fn display(&mut self, value: Value<'h>) -> Res<'h, String> {
        match self.to_s(value)? {
            Value::String(text) => Ok(text.text()),
            _ => Ok(String::new()),
        }
    }

    /// `value.inspect` as text.
    pub fn inspect(&mut self, value: Value<'h>) -> Res<'h, String> {
        match self.call_method(value, known::INSPECT, &[])? {
            Value::String(text) => Ok(text.text()),
            _ => Ok(self.any_to_s(value)),
        }
    }

    /// `#<Class>` as objects without a `to_s` of their own print. Ruby adds the address of the object, which is
    /// different in each process; ours counts from the start of the run.
    pub fn any_to_s(&mut self, value: Value<'h>) -> String {
        let class = self.class_of(value).real();
        let class = self.class_name(class);
        format!("#<{class}>")
    }
}
