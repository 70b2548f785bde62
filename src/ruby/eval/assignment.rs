//! Assignments.

use super::super::ast::{Kind, Node, Operator, Target, Targets};
use super::super::class::Lexical;
use super::super::methods::Args;
use super::super::symbol::{Symbol, known};
use super::super::unwind::Res;
use super::super::value::Value;
use super::{Env, Vm};

impl<'h> Vm<'h> {
    pub(super) fn assignment(&mut self, node: &'h Node, env: Env<'h>) -> Res<'h> {
        match &node.kind {
            Kind::Assign(target, value) => {
                let value = self.eval(value, env)?;
                self.position = node.position;
                self.assign(target, value, env)?;
                Ok(value)
            }
            Kind::OperatorAssign(target, operator, value) => {
                self.operator_assign(target, *operator, value, node, env)
            }
            Kind::MultipleAssign(targets, value) => {
                let value = self.eval(value, env)?;
                self.position = node.position;
                self.assign_multiple(targets, value, env)?;
                Ok(value)
            }
            _ => Ok(Value::Nil),
        }
    }

    /// Assigns a value to a target.
    pub(super) fn assign(
        &mut self,
        target: &'h Target,
        value: Value<'h>,
        env: Env<'h>,
    ) -> Res<'h, ()> {
        match target {
            Target::Local(local) => super::access::set_local(*local, value, env),
            Target::InstanceVariable(name) => {
                self.set_instance_variable(env.context.receiver, *name, value)?;
            }
            Target::ClassVariable(name) => self.set_class_variable(*name, value, env),
            Target::Global(name) => self.set_global(*name, value)?,
            Target::Constant(name) => self.set_constant(env.context.lexical, *name, value),
            Target::ConstantPath(scope, name) => {
                let scope = match scope {
                    Some(scope) => self.eval(scope, env)?,
                    None => Value::Class(self.class_named("Object")),
                };
                let Value::Class(class) = scope else {
                    let shown = self.inspect(scope)?;
                    return self.raise("TypeError", format!("{shown} is not a class/module"));
                };
                let lexical = self.heap.keep(Lexical { class, outer: None });
                self.set_constant(lexical, *name, value);
            }
            Target::Index {
                receiver,
                arguments,
            } => {
                let receiver = self.eval(receiver, env)?;
                let (mut values, _) = self.arguments(arguments, &[], env)?;
                values.push(value);
                self.call_full(receiver, known::SET_INDEX, &Args::of(&values))?;
            }
            Target::Attribute {
                receiver,
                name,
                safe,
                position,
            } => {
                let receiver = self.eval(receiver, env)?;
                if !(*safe && receiver.is_nil()) {
                    self.position = *position;
                    self.write_attribute(receiver, *name, value)?;
                }
            }
            Target::Multiple(targets) => self.assign_multiple(targets, value, env)?,
            Target::Ignored => {}
        }
        Ok(())
    }

    fn write_attribute(&mut self, receiver: Value<'h>, name: Symbol, value: Value<'h>) -> Res<'h> {
        let writer = format!("{}=", self.name(name));
        let writer = self.symbol(&writer);
        self.call_method(receiver, writer, &[value])
    }

    /// Sets a constant where it is written; a class without a name gets this one.
    pub(super) fn set_constant(
        &mut self,
        lexical: &'h Lexical<'h>,
        name: Symbol,
        value: Value<'h>,
    ) {
        self.name_constant(lexical.class, name, value);
    }

    /// Sets a constant of a class.
    pub(in super::super) fn name_constant(
        &mut self,
        holder: &'h super::Class<'h>,
        name: Symbol,
        value: Value<'h>,
    ) {
        self.heap.take(24);
        if let Value::Class(class) = value
            && class.name.get().is_none()
            && !class.is_singleton()
        {
            let full = self.full_name(holder, name);
            class.name.set(Some(self.heap.keep_text(&full)));
        }
        holder.set_constant(name, value);
    }

    /// The full name of a constant in a class.
    pub(super) fn full_name(&mut self, holder: &'h super::Class<'h>, name: Symbol) -> String {
        let text = self.name(name);
        match holder.name.get() {
            Some("Object") => text.to_owned(),
            _ => format!("{}::{text}", self.class_name(holder)),
        }
    }

    /// Spreads a value over several targets.
    pub(super) fn assign_multiple(
        &mut self,
        targets: &'h Targets,
        value: Value<'h>,
        env: Env<'h>,
    ) -> Res<'h, ()> {
        let items = match value {
            Value::Array(array) => array.to_vec(),
            Value::Object(_) if self.responds(value, known::TO_ARY) => {
                match self.call_method(value, known::TO_ARY, &[])? {
                    Value::Array(array) => array.to_vec(),
                    _ => vec![value],
                }
            }
            _ => vec![value],
        };
        let at = |index: usize| items.get(index).copied().unwrap_or(Value::Nil);
        for (index, target) in targets.before.iter().enumerate() {
            self.assign(target, at(index), env)?;
        }
        let before = targets.before.len();
        let after = targets.after.len();
        let rest_end = items.len().saturating_sub(after).max(before);
        if let Some(splat) = &targets.splat {
            let rest = items.get(before..rest_end).unwrap_or_default().to_vec();
            let rest = self.array(rest);
            self.assign(splat, rest, env)?;
        }
        let start = if targets.splat.is_some() {
            rest_end
        } else {
            before
        };
        for (index, target) in targets.after.iter().enumerate() {
            self.assign(target, at(start + index), env)?;
        }
        Ok(())
    }

    fn operator_assign(
        &mut self,
        target: &'h Target,
        operator: Operator,
        value: &'h Node,
        node: &'h Node,
        env: Env<'h>,
    ) -> Res<'h> {
        let place = self.place_of(target, env)?;
        if matches!(place, Place::Nowhere) {
            return Ok(Value::Nil);
        }
        let old = self.read_place(&place, operator, node, env)?;
        let new = match operator {
            Operator::Or if old.truthy() => return Ok(old),
            Operator::And if !old.truthy() => return Ok(old),
            Operator::Or | Operator::And => self.eval(value, env)?,
            Operator::Call(name) => {
                let value = self.eval(value, env)?;
                self.position = node.position;
                self.call_method(old, name, &[value])?
            }
        };
        self.position = node.position;
        self.write_place(&place, new, env)?;
        Ok(new)
    }

    /// Evaluates the parts of a target once, since it is read and written.
    fn place_of(&mut self, target: &'h Target, env: Env<'h>) -> Res<'h, Place<'h>> {
        Ok(match target {
            Target::Index {
                receiver,
                arguments,
            } => {
                let receiver = self.eval(receiver, env)?;
                let (values, _) = self.arguments(arguments, &[], env)?;
                Place::Index(receiver, values.to_vec())
            }
            Target::Attribute {
                receiver,
                name,
                safe,
                ..
            } => {
                let receiver = self.eval(receiver, env)?;
                if *safe && receiver.is_nil() {
                    Place::Nowhere
                } else {
                    Place::Attribute(receiver, *name)
                }
            }
            target => Place::Variable(target),
        })
    }

    fn read_place(
        &mut self,
        place: &Place<'h>,
        operator: Operator,
        node: &'h Node,
        env: Env<'h>,
    ) -> Res<'h> {
        self.position = node.position;
        let or = matches!(operator, Operator::Or);
        match place {
            Place::Index(receiver, values) => self.call_method(*receiver, known::INDEX, values),
            Place::Attribute(receiver, name) => self.call_method(*receiver, *name, &[]),
            Place::Nowhere => Ok(Value::Nil),
            Place::Variable(target) => match target {
                Target::Local(local) => Ok(super::access::local(*local, env)),
                Target::InstanceVariable(name) => {
                    Ok(self.instance_variable(env.context.receiver, *name))
                }
                Target::Global(name) => Ok(self.globals.get(name).copied().unwrap_or(Value::Nil)),
                Target::ClassVariable(name) => match Self::find_class_variable(*name, env) {
                    Some((_, value)) => Ok(value),
                    None if or => Ok(Value::Nil),
                    None => self.class_variable(*name, env),
                },
                Target::Constant(name) => match self.find_constant(*name, env.context.lexical)? {
                    Some(value) => Ok(value),
                    None if or => Ok(Value::Nil),
                    None => self.constant(*name, env.context.lexical),
                },
                _ => self.unsupported("assigning to this with an operator"),
            },
        }
    }

    fn write_place(&mut self, place: &Place<'h>, value: Value<'h>, env: Env<'h>) -> Res<'h, ()> {
        match place {
            Place::Index(receiver, values) => {
                let mut values = values.clone();
                values.push(value);
                self.call_method(*receiver, known::SET_INDEX, &values)?;
            }
            Place::Attribute(receiver, name) => {
                self.write_attribute(*receiver, *name, value)?;
            }
            Place::Variable(target) => self.assign(target, value, env)?,
            Place::Nowhere => {}
        }
        Ok(())
    }

    /// Sets the local variables that a regular expression names.
    pub(super) fn assign_groups(
        &mut self,
        targets: &'h [(String, Target)],
        env: Env<'h>,
    ) -> Res<'h, ()> {
        let found = env.context.last_match.get();
        for (name, target) in targets {
            let value = match found {
                Value::Match(found) => {
                    let names = found.regexp.regex.names().iter();
                    let groups = names
                        .filter(|(known, _)| known == name)
                        .flat_map(|(_, groups)| groups);
                    let group = groups
                        .copied()
                        .rev()
                        .find(|group| found.captures.get(*group).is_some());
                    group.map_or(Value::Nil, |group| self.group(found, group))
                }
                _ => Value::Nil,
            };
            self.assign(target, value, env)?;
        }
        Ok(())
    }
}

/// A target whose parts are evaluated.
enum Place<'h> {
    Variable(&'h Target),
    Index(Value<'h>, Vec<Value<'h>>),
    Attribute(Value<'h>, Symbol),
    /// `nil&.name ||= value`
    Nowhere,
}
