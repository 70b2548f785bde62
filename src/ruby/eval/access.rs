//! Reading variables and constants, and `defined?`.

use super::super::ast::{Kind, Local, Matched, Node};
use super::super::symbol::Symbol;
use super::super::unwind::{Res, Unwind};
use super::super::value::{Match, Value};
use super::{Env, Vm};

impl<'h> Vm<'h> {
    pub(super) fn access(&mut self, node: &'h Node, env: Env<'h>) -> Res<'h> {
        match &node.kind {
            Kind::InstanceVariable(name) => Ok(self.instance_variable(env.context.receiver, *name)),
            Kind::ClassVariable(name) => {
                self.position = node.position;
                self.class_variable(*name, env)
            }
            Kind::Global(name) => {
                self.position = node.position;
                self.global(*name, env)
            }
            Kind::Matched(which) => {
                let found = env.context.last_match.get();
                Ok(self.matched(found, *which))
            }
            Kind::Constant(name) => {
                self.position = node.position;
                self.constant(*name, env.context.lexical)
            }
            Kind::ConstantPath(scope, name) => {
                self.constant_path(scope.as_deref(), *name, node, env)
            }
            Kind::Defined(inner) => self.defined(inner, env),
            _ => {
                let file = self.file;
                Ok(self.str(file))
            }
        }
    }

    /// The value of an instance variable; nil when it was never set.
    pub fn instance_variable(&self, receiver: Value<'h>, name: Symbol) -> Value<'h> {
        let found = match receiver {
            Value::Object(object) => object.variable(name),
            Value::Class(class) => super::super::class::get(&class.instance_variables, name),
            _ => None,
        };
        found.unwrap_or(Value::Nil)
    }

    /// Sets an instance variable.
    pub fn set_instance_variable(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        value: Value<'h>,
    ) -> Res<'h> {
        self.heap.take(24);
        match receiver {
            Value::Object(object) if object.frozen.get() => return self.frozen(receiver),
            Value::Object(object) => object.set_variable(name, value),
            Value::Class(class) => super::super::class::set(&class.instance_variables, name, value),
            Value::String(_)
            | Value::Array(_)
            | Value::Hash(_)
            | Value::Proc(_)
            | Value::Method(_) => {
                let class = self.kind_word(receiver);
                return self.unsupported(format!("an instance variable of {class}"));
            }
            _ => return self.frozen(receiver),
        }
        Ok(value)
    }

    fn global(&mut self, name: Symbol, env: Env<'h>) -> Res<'h> {
        if let Some(value) = self.globals.get(&name) {
            return Ok(*value);
        }
        match self.name(name) {
            "$!" => Ok(self.handled),
            "$~" => Ok(env.context.last_match.get()),
            "$/" => Ok(self.str("\n")),
            "$stdout" | "$stderr" | "$>" => super::super::methods::stream(self),
            "$stdin" | "$<" | "$0" | "$PROGRAM_NAME" | "$*" | "$$" | "$?" | "$@" | "$:" | "$\""
            | "$LOAD_PATH" | "$LOADED_FEATURES" | "$." | "$VERBOSE" | "$DEBUG" | "$FILENAME"
            | "$-w" => {
                let name = self.name(name);
                self.unsupported(format!("the global variable {name}"))
            }
            _ => Ok(Value::Nil),
        }
    }

    pub(super) fn set_global(&mut self, name: Symbol, value: Value<'h>) -> Res<'h, ()> {
        let text = self.name(name);
        let own = text
            .trim_start_matches('$')
            .starts_with(|first: char| first.is_alphabetic() || first == '_');
        let reserved = [
            "$stdout",
            "$stderr",
            "$stdin",
            "$PROGRAM_NAME",
            "$LOAD_PATH",
            "$VERBOSE",
            "$DEBUG",
        ];
        if !own || reserved.contains(&text) {
            return self.unsupported(format!("setting the global variable {text}"));
        }
        self.heap.take(48);
        self.globals.insert(name, value);
        Ok(())
    }

    /// A part of the last match.
    fn matched(&mut self, found: Value<'h>, which: Matched) -> Value<'h> {
        let Value::Match(found) = found else {
            return Value::Nil;
        };
        match which {
            Matched::Group(number) => self.group(found, number as usize),
            Matched::Before => {
                let end = found.captures.get(0).map_or(0, |range| range.start);
                self.part(found, 0..end)
            }
            Matched::After => {
                let start = found.captures.get(0).map_or(0, |range| range.end);
                let length = found.text.len();
                self.part(found, start..length)
            }
            Matched::LastGroup => {
                let groups = (1..=found.regexp.regex.group_count()).rev();
                let last = groups
                    .into_iter()
                    .find(|group| found.captures.get(*group).is_some());
                last.map_or(Value::Nil, |group| self.group(found, group))
            }
        }
    }

    /// The text of a group; nil when it took no part.
    pub(in super::super) fn group(&mut self, found: &'h Match<'h>, number: usize) -> Value<'h> {
        match found.captures.get(number) {
            Some(range) => self.part(found, range),
            None => Value::Nil,
        }
    }

    /// A piece of the text of a match.
    pub(in super::super) fn part(
        &mut self,
        found: &'h Match<'h>,
        range: std::ops::Range<usize>,
    ) -> Value<'h> {
        let bytes = found
            .text
            .with(|text| text.get(range).unwrap_or_default().to_vec());
        self.str_like(found.text, bytes)
    }

    /// Sets `$~` of the method that called the library.
    pub fn set_last_match(&mut self, found: Value<'h>) {
        if let Some(caller) = self.caller {
            caller.last_match.set(found);
        }
    }

    /// `$~` of the method that called the library.
    pub fn last_match(&self) -> Value<'h> {
        self.caller
            .map_or(Value::Nil, |caller| caller.last_match.get())
    }

    fn defined(&mut self, node: &'h Node, env: Env<'h>) -> Res<'h> {
        let what = self.definition_of(node, env)?;
        Ok(match what {
            Some(what) => {
                let text = self.str(what);
                if let Value::String(text) = text {
                    text.frozen.set(true);
                }
                text
            }
            None => Value::Nil,
        })
    }

    fn definition_of(&mut self, node: &'h Node, env: Env<'h>) -> Res<'h, Option<&'static str>> {
        let receiver = env.context.receiver;
        Ok(match &node.kind {
            Kind::SelfValue => Some("self"),
            Kind::True => Some("true"),
            Kind::False => Some("false"),
            Kind::Local(_) => Some("local-variable"),
            Kind::InstanceVariable(name) => match receiver {
                Value::Object(object) => object.variable(*name).map(|_| "instance-variable"),
                _ => None,
            },
            Kind::Global(name) => self.globals.contains_key(name).then_some("global-variable"),
            Kind::ClassVariable(name) => {
                Self::find_class_variable(*name, env).map(|_| "class variable")
            }
            Kind::Constant(name) => {
                let found = self.find_constant(*name, env.context.lexical)?;
                found.map(|_| "constant")
            }
            Kind::ConstantPath(..) => self.evaluates(node, env)?.then_some("constant"),
            Kind::Yield(_) => env.context.block.map(|_| "yield"),
            Kind::Super(_) | Kind::ForwardingSuper(_) => {
                let found = env
                    .context
                    .method
                    .and_then(|(name, owner)| self.find_super(receiver, owner, name));
                found.map(|_| "super")
            }
            Kind::Assign(..) | Kind::OperatorAssign(..) | Kind::MultipleAssign(..) => {
                Some("assignment")
            }
            Kind::Call(call) | Kind::CallInScope(call, _) => {
                let receiver = match &call.receiver {
                    None => receiver,
                    Some(inner) => {
                        if self.definition_of(inner, env)?.is_none() {
                            return Ok(None);
                        }
                        match self.eval(inner, env) {
                            Ok(value) => value,
                            Err(Unwind::Raise(_)) => return Ok(None),
                            Err(error) => return Err(error),
                        }
                    }
                };
                let found = self.find_method(receiver, call.name);
                let own = call.receiver.is_none();
                let callable = found.is_some_and(|found| {
                    own || found.visibility == super::super::class::Visibility::Public
                });
                callable.then_some("method")
            }
            Kind::Sequence(nodes) if nodes.len() == 1 => return self.definition_of(&nodes[0], env),
            Kind::Matched(which) => {
                let found = env.context.last_match.get();
                let value = self.matched(found, *which);
                (!value.is_nil()).then_some("global-variable")
            }
            _ => Some("expression"),
        })
    }

    /// Whether an expression has a value without raising.
    fn evaluates(&mut self, node: &'h Node, env: Env<'h>) -> Res<'h, bool> {
        match self.eval(node, env) {
            Ok(_) => Ok(true),
            Err(Unwind::Raise(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// The cell of a local variable.
fn cell(local: Local, env: Env<'_>) -> Option<&std::cell::Cell<Value<'_>>> {
    let mut scope = env.scope;
    for _ in 0..local.depth {
        scope = scope.outer?;
    }
    scope.slots.get(local.slot as usize)
}

/// The value of a local variable.
pub(super) fn local(local: Local, env: Env<'_>) -> Value<'_> {
    cell(local, env).map_or(Value::Nil, std::cell::Cell::get)
}

/// Sets a local variable.
pub(super) fn set_local<'h>(local: Local, value: Value<'h>, env: Env<'h>) {
    if let Some(cell) = cell(local, env) {
        cell.set(value);
    }
}
