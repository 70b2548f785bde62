//! Pattern matching: `case … in`, `=>`, `in`.

use super::super::ast::{HashRest, In, Kind, Node, Pattern, Target};
use super::super::symbol::{Symbol, known};
use super::super::unwind::Res;
use super::super::value::{Hash, Value};
use super::{Env, Vm};

impl<'h> Vm<'h> {
    pub(super) fn pattern_match(&mut self, node: &'h Node, env: Env<'h>) -> Res<'h> {
        match &node.kind {
            Kind::CaseIn(subject, clauses, otherwise) => {
                let value = self.eval(subject, env)?;
                self.case_in(value, clauses, otherwise.as_deref(), node, env)
            }
            Kind::MatchPredicate(value, pattern) => {
                let value = self.eval(value, env)?;
                Ok(Value::Bool(self.matches(pattern, value, env)?))
            }
            Kind::MatchRequired(value, pattern) => {
                let value = self.eval(value, env)?;
                if self.matches(pattern, value, env)? {
                    return Ok(Value::Nil);
                }
                self.position = node.position;
                self.no_pattern(value)
            }
            _ => Ok(Value::Nil),
        }
    }

    fn case_in(
        &mut self,
        value: Value<'h>,
        clauses: &'h [In],
        otherwise: Option<&'h Node>,
        node: &'h Node,
        env: Env<'h>,
    ) -> Res<'h> {
        for clause in clauses {
            if !self.matches(&clause.pattern, value, env)? {
                continue;
            }
            let passes = match &clause.guard {
                Some((guard, negated)) => self.eval(guard, env)?.truthy() != *negated,
                None => true,
            };
            if passes {
                return self.eval(&clause.body, env);
            }
        }
        if let Some(otherwise) = otherwise {
            return self.eval(otherwise, env);
        }
        self.position = node.position;
        self.no_pattern(value)
    }

    fn no_pattern(&mut self, value: Value<'h>) -> Res<'h> {
        let shown = self.inspect(value)?;
        if let Value::Hash(_) = value {
            return self.raise("NoMatchingPatternKeyError", shown);
        }
        self.raise("NoMatchingPatternError", shown)
    }

    fn matches(&mut self, pattern: &'h Pattern, value: Value<'h>, env: Env<'h>) -> Res<'h, bool> {
        self.tick(1)?;
        match pattern {
            Pattern::Value(node) | Pattern::Pinned(node) => {
                let expected = self.eval(node, env)?;
                self.case_equal_in(expected, value, env)
            }
            Pattern::Bind(target) => {
                self.assign(target, value, env)?;
                Ok(true)
            }
            Pattern::Alternatives(left, right) => {
                Ok(self.matches(left, value, env)? || self.matches(right, value, env)?)
            }
            Pattern::Capture(inner, target) => {
                if !self.matches(inner, value, env)? {
                    return Ok(false);
                }
                self.assign(target, value, env)?;
                Ok(true)
            }
            Pattern::Array {
                constant,
                before,
                rest,
                after,
            } => {
                let Some(items) = self.deconstruct(constant.as_ref(), value, env)? else {
                    return Ok(false);
                };
                self.matches_list(before, rest.as_ref(), after, &items, env)
            }
            Pattern::Find {
                constant,
                before,
                middle,
                after,
            } => {
                let Some(items) = self.deconstruct(constant.as_ref(), value, env)? else {
                    return Ok(false);
                };
                self.finds((before.as_ref(), after.as_ref()), middle, &items, env)
            }
            Pattern::Hash {
                constant,
                entries,
                rest,
            } => self.matches_hash(constant.as_ref(), entries, rest, value, env),
        }
    }

    fn has_constant(
        &mut self,
        constant: Option<&'h Node>,
        value: Value<'h>,
        env: Env<'h>,
    ) -> Res<'h, bool> {
        match constant {
            None => Ok(true),
            Some(constant) => {
                let class = self.eval(constant, env)?;
                self.case_equal(class, value)
            }
        }
    }

    fn deconstruct(
        &mut self,
        constant: Option<&'h Node>,
        value: Value<'h>,
        env: Env<'h>,
    ) -> Res<'h, Option<Vec<Value<'h>>>> {
        if !self.has_constant(constant, value, env)? {
            return Ok(None);
        }
        if let Value::Array(array) = value {
            return Ok(Some(array.to_vec()));
        }
        if !self.responds(value, known::DECONSTRUCT) {
            return Ok(None);
        }
        match self.call_method(value, known::DECONSTRUCT, &[])? {
            Value::Array(array) => Ok(Some(array.to_vec())),
            _ => self.raise("TypeError", "deconstruct must return Array"),
        }
    }

    fn matches_list(
        &mut self,
        before: &'h [Pattern],
        rest: Option<&'h Target>,
        after: &'h [Pattern],
        items: &[Value<'h>],
        env: Env<'h>,
    ) -> Res<'h, bool> {
        let needed = before.len() + after.len();
        if items.len() < needed || (rest.is_none() && items.len() > needed) {
            return Ok(false);
        }
        for (pattern, item) in before.iter().zip(items) {
            if !self.matches(pattern, *item, env)? {
                return Ok(false);
            }
        }
        let end = items.len() - after.len();
        if let Some(target) = rest {
            let middle = self.array(items[before.len()..end].to_vec());
            self.assign(target, middle, env)?;
        }
        for (pattern, item) in after.iter().zip(&items[end..]) {
            if !self.matches(pattern, *item, env)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn finds(
        &mut self,
        around: (Option<&'h Target>, Option<&'h Target>),
        middle: &'h [Pattern],
        items: &[Value<'h>],
        env: Env<'h>,
    ) -> Res<'h, bool> {
        for start in 0..=items.len().saturating_sub(middle.len()) {
            let end = start + middle.len();
            let Some(window) = items.get(start..end) else {
                break;
            };
            if self.matches_list(middle, None, &[], window, env)? {
                for (target, part) in [(around.0, &items[..start]), (around.1, &items[end..])] {
                    if let Some(target) = target {
                        let part = self.array(part.to_vec());
                        self.assign(target, part, env)?;
                    }
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn matches_hash(
        &mut self,
        constant: Option<&'h Node>,
        entries: &'h [(Symbol, Pattern)],
        rest: &'h HashRest,
        value: Value<'h>,
        env: Env<'h>,
    ) -> Res<'h, bool> {
        if !self.has_constant(constant, value, env)? {
            return Ok(false);
        }
        let Some(hash) = self.deconstruct_keys(value, entries, rest)? else {
            return Ok(false);
        };
        // `in {}` matches an empty hash alone.
        if entries.is_empty() && matches!(rest, HashRest::Any) {
            return Ok(hash.is_empty());
        }
        for (name, pattern) in entries {
            let Some(item) = self.hash_get(hash, Value::Symbol(*name))? else {
                return Ok(false);
            };
            if !self.matches(pattern, item, env)? {
                return Ok(false);
            }
        }
        self.matches_rest(hash, entries, rest, env)
    }

    fn matches_rest(
        &mut self,
        hash: &'h Hash<'h>,
        entries: &'h [(Symbol, Pattern)],
        rest: &'h HashRest,
        env: Env<'h>,
    ) -> Res<'h, bool> {
        let named = |key: &Value<'h>| matches!(key, Value::Symbol(name) if entries.iter().any(|(known, _)| known == name));
        let others = hash.entries().into_iter().filter(|(key, _)| !named(key));
        let others: Vec<_> = others.collect();
        match rest {
            HashRest::Any => Ok(true),
            HashRest::None => Ok(others.is_empty()),
            HashRest::Bind(target) => {
                let others = self.hash(others)?;
                self.assign(target, others, env)?;
                Ok(true)
            }
        }
    }

    fn deconstruct_keys(
        &mut self,
        value: Value<'h>,
        entries: &'h [(Symbol, Pattern)],
        rest: &HashRest,
    ) -> Res<'h, Option<&'h Hash<'h>>> {
        if let Value::Hash(hash) = value {
            return Ok(Some(hash));
        }
        if !self.responds(value, known::DECONSTRUCT_KEYS) {
            return Ok(None);
        }
        let keys = if matches!(rest, HashRest::Bind(_)) {
            Value::Nil
        } else {
            let keys = entries.iter().map(|(name, _)| Value::Symbol(*name));
            self.array(keys.collect())
        };
        match self.call_method(value, known::DECONSTRUCT_KEYS, &[keys])? {
            Value::Hash(hash) => Ok(Some(hash)),
            _ => self.raise("TypeError", "deconstruct_keys must return Hash"),
        }
    }
}
