//! Loops, cases, exceptions, and leaving early.

use super::super::ast::{Begin, For, Kind, Node, Rescue, When};
use super::super::unwind::{Res, Unwind};
use super::super::value::Value;
use super::{Env, Flow, Vm};

impl<'h> Vm<'h> {
    pub(super) fn flow(&mut self, node: &'h Node, env: Env<'h>) -> Res<'h> {
        match &node.kind {
            Kind::While {
                condition,
                body,
                until,
                body_first,
            } => {
                let result = self.repeat(condition, body, *until, *body_first, env);
                end_of_loop(result)
            }
            Kind::For(repeat) => self.for_loop(repeat, env),
            Kind::Case(subject, clauses, otherwise) => {
                self.case(subject.as_deref(), clauses, otherwise.as_deref(), env)
            }
            Kind::Begin(begin) => self.begin(begin, env),
            Kind::RescueModifier(body, rescue) => match self.eval(body, env) {
                Err(Unwind::Raise(exception)) if self.is_a(exception, "StandardError") => {
                    let outer = std::mem::replace(&mut self.handled, exception);
                    let result = self.eval(rescue, env);
                    self.handled = outer;
                    result
                }
                result => result,
            },
            Kind::Break(value) => {
                let value = self.optional(value.as_deref(), env)?;
                Err(Unwind::Break(0, value))
            }
            Kind::Next(value) => {
                let value = self.optional(value.as_deref(), env)?;
                Err(Unwind::Next(value))
            }
            Kind::Return(value) => {
                let value = self.optional(value.as_deref(), env)?;
                self.position = node.position;
                if !env.context.alive.get() {
                    return self.raise("LocalJumpError", "unexpected return");
                }
                Err(Unwind::Return(env.context.activation, value))
            }
            Kind::Redo => Err(Unwind::Redo),
            Kind::Retry => Err(Unwind::Retry),
            Kind::MatchWrite(call, targets) => {
                let result = self.eval(call, env)?;
                self.assign_groups(targets, env)?;
                Ok(result)
            }
            _ => self.unsupported("this form"),
        }
    }

    fn repeat(
        &mut self,
        condition: &'h Node,
        body: &'h Node,
        until: bool,
        body_first: bool,
        env: Env<'h>,
    ) -> Res<'h> {
        let mut first = body_first;
        loop {
            self.tick(1)?;
            if !first && self.eval(condition, env)?.truthy() == until {
                return Ok(Value::Nil);
            }
            first = false;
            match self.eval(body, env) {
                Ok(_) | Err(Unwind::Next(_)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn for_loop(&mut self, repeat: &'h For, env: Env<'h>) -> Res<'h> {
        let collection = self.eval(&repeat.collection, env)?;
        // A `break` must pass the loops of an `each` that the template has written itself.
        let number = self.next_activation();
        let result = self.walk(collection, move |vm, item| {
            vm.assign(&repeat.target, item, env)?;
            match vm.eval(&repeat.body, env) {
                Ok(_) | Err(Unwind::Next(_)) => Ok(Flow::Next),
                Err(Unwind::Break(0, value)) => Err(Unwind::Break(number, value)),
                Err(error) => Err(error),
            }
        });
        match result {
            Ok(()) => Ok(collection),
            Err(Unwind::Break(of, value)) if of == number => Ok(value),
            Err(error) => Err(error),
        }
    }

    fn case(
        &mut self,
        subject: Option<&'h Node>,
        clauses: &'h [When],
        otherwise: Option<&'h Node>,
        env: Env<'h>,
    ) -> Res<'h> {
        let subject = match subject {
            Some(subject) => Some(self.eval(subject, env)?),
            None => None,
        };
        for clause in clauses {
            for condition in &clause.conditions {
                if self.condition_holds(condition, subject, env)? {
                    return self.eval(&clause.body, env);
                }
            }
        }
        self.optional(otherwise, env)
    }

    fn condition_holds(
        &mut self,
        condition: &'h Node,
        subject: Option<Value<'h>>,
        env: Env<'h>,
    ) -> Res<'h, bool> {
        let splat = matches!(condition.kind, Kind::Splat(_));
        let value = self.eval(condition, env)?;
        self.position = condition.position;
        let candidates = match value {
            Value::Array(list) if splat => list.to_vec(),
            value => vec![value],
        };
        for candidate in candidates {
            let holds = match subject {
                Some(subject) => self.case_equal_in(candidate, subject, env)?,
                None => candidate.truthy(),
            };
            if holds {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn begin(&mut self, begin: &'h Begin, env: Env<'h>) -> Res<'h> {
        let result = self.guarded(begin, env);
        let Some(ensure) = &begin.ensure else {
            return result;
        };
        // A limit ends everything: nothing runs after it.
        if matches!(result, Err(Unwind::Limit(_) | Unwind::Unsupported(_))) {
            return result;
        }
        let position = self.position;
        self.eval(ensure, env)?;
        self.position = position;
        result
    }

    fn guarded(&mut self, begin: &'h Begin, env: Env<'h>) -> Res<'h> {
        loop {
            self.tick(1)?;
            let (depth, printing) = (self.activations.len(), self.printing.len());
            let result = match self.eval(&begin.body, env) {
                Ok(value) => match &begin.otherwise {
                    Some(otherwise) => return self.eval(otherwise, env),
                    None => Ok(value),
                },
                Err(Unwind::Raise(exception)) => {
                    self.activations.truncate(depth);
                    self.printing.truncate(printing);
                    self.rescue(exception, &begin.rescues, env)
                }
                other => other,
            };
            match result {
                Err(Unwind::Retry) if !begin.rescues.is_empty() => {}
                result => return result,
            }
        }
    }

    fn rescue(&mut self, exception: Value<'h>, rescues: &'h [Rescue], env: Env<'h>) -> Res<'h> {
        for clause in rescues {
            if !self.rescues(clause, exception, env)? {
                continue;
            }
            let outer = std::mem::replace(&mut self.handled, exception);
            let result = match &clause.target {
                Some(target) => self.assign(target, exception, env),
                None => Ok(()),
            };
            let result = result.and_then(|()| self.eval(&clause.body, env));
            self.handled = outer;
            return result;
        }
        Err(Unwind::Raise(exception))
    }

    fn rescues(&mut self, clause: &'h Rescue, exception: Value<'h>, env: Env<'h>) -> Res<'h, bool> {
        if clause.classes.is_empty() {
            return Ok(self.is_a(exception, "StandardError"));
        }
        for class in &clause.classes {
            let splat = matches!(class.kind, Kind::Splat(_));
            let value = self.eval(class, env)?;
            let classes = match value {
                Value::Array(list) if splat => list.to_vec(),
                value => vec![value],
            };
            for class in classes {
                if !matches!(class, Value::Class(_)) {
                    return self.raise("TypeError", "class or module required for rescue clause");
                }
                if self.case_equal(class, exception)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// A `break` out of a loop of the language gives its value.
fn end_of_loop(result: Res<'_>) -> Res<'_> {
    match result {
        Err(Unwind::Break(0, value)) => Ok(value),
        result => result,
    }
}
