//! Blocks, procs and lambdas, and how parameters get their values.

use super::super::ast::{Block, Parameters, Target};
use super::super::class::{Class, ProcBody};
use super::super::methods::Args;
use super::super::symbol::{Symbol, known};
use super::super::unwind::{Res, Unwind};
use super::super::value::{Hash, Proc, Value};
use super::call::Values;
use super::{Env, Vm};

/// A step of a method of the library, run as a block.
pub struct NativeBlock<'h> {
    pub(in super::super) step: &'h dyn Fn(&mut Vm<'h>, &Args<'_, 'h>) -> Res<'h>,
    /// Number of parameters, as `arity` gives it.
    pub(in super::super) arity: i64,
}

impl<'h> Vm<'h> {
    pub(in super::super) fn new_proc(&mut self, body: ProcBody<'h>, lambda: bool) -> &'h Proc<'h> {
        let serial = self.next_activation();
        self.heap.keep(Proc {
            body,
            lambda,
            rebound: None,
            serial,
        })
    }

    pub(super) fn literal_block(&mut self, block: &'h Block, env: Env<'h>) -> &'h Proc<'h> {
        let body = ProcBody::Block {
            block,
            scope: env.scope,
            context: env.context,
        };
        self.new_proc(body, false)
    }

    pub(super) fn lambda(&mut self, block: &'h Block, env: Env<'h>) -> Value<'h> {
        let body = ProcBody::Block {
            block,
            scope: env.scope,
            context: env.context,
        };
        Value::Proc(self.new_proc(body, true))
    }

    /// A block that runs a closure of the library.
    pub fn native_block<F>(&mut self, arity: i64, step: F) -> &'h Proc<'h>
    where
        F: Fn(&mut Vm<'h>, &Args<'_, 'h>) -> Res<'h> + 'h,
    {
        let step: &'h F = self.heap.keep_closure(step);
        let native: &'h NativeBlock<'h> = self.heap.keep_closure(NativeBlock { step, arity });
        self.new_proc(ProcBody::Native(native), false)
    }

    /// Runs a block with one value, as `yield value` does: a list is spread over several parameters.
    pub fn yield_value(&mut self, block: &'h Proc<'h>, value: Value<'h>) -> Res<'h> {
        self.yield_values(block, &[value])
    }

    /// Runs a block with values.
    pub fn yield_values(&mut self, block: &'h Proc<'h>, values: &[Value<'h>]) -> Res<'h> {
        self.yield_args(block, &Args::of(values))
    }

    /// Runs a block with everything a call can have.
    pub fn yield_args(&mut self, block: &'h Proc<'h>, args: &Args<'_, 'h>) -> Res<'h> {
        self.run_proc(block, args, None, block.lambda)
    }

    /// `proc.call(…)`: as a yield, but a lambda is strict, and `return` in it comes back here.
    pub fn call_proc(&mut self, block: &'h Proc<'h>, args: &Args<'_, 'h>) -> Res<'h> {
        self.run_proc(block, args, None, block.lambda)
    }

    /// Runs a block with another `self`.
    pub fn call_with_self(
        &mut self,
        block: &'h Proc<'h>,
        receiver: Value<'h>,
        values: &[Value<'h>],
        class: Option<&'h Class<'h>>,
    ) -> Res<'h> {
        let rebinding = Rebinding {
            receiver,
            method: None,
            class,
        };
        let args = Args::of(values);
        self.run_proc(block, &args, Some(rebinding), block.lambda)
    }

    /// Runs a proc as the body of a method (`define_method`).
    pub(super) fn call_as_method(
        &mut self,
        block: &'h Proc<'h>,
        receiver: Value<'h>,
        name: Symbol,
        owner: &'h Class<'h>,
        args: &Args<'_, 'h>,
    ) -> Res<'h> {
        let rebinding = Rebinding {
            receiver,
            method: Some((name, owner)),
            class: None,
        };
        self.run_proc(block, args, Some(rebinding), true)
    }

    fn run_proc(
        &mut self,
        block: &'h Proc<'h>,
        args: &Args<'_, 'h>,
        rebinding: Option<Rebinding<'h>>,
        lambda: bool,
    ) -> Res<'h> {
        let rebinding = rebinding.or_else(|| {
            block.rebound.map(|receiver| Rebinding {
                receiver,
                method: None,
                class: None,
            })
        });
        match block.body {
            ProcBody::Block {
                block: literal,
                scope,
                context,
            } => {
                let outer = Env { scope, context };
                let env = self.block_env(literal, outer, rebinding, lambda, args.block);
                self.run_block(literal, block, args, env, lambda)
            }
            ProcBody::Symbol(name) => self.call_symbol(name, args),
            ProcBody::Method { receiver, name } => self.call_full(receiver, name, args),
            ProcBody::Native(native) => (native.step)(self, args),
            ProcBody::Composed(first, second) => {
                let value = self.call_full(first, known::CALL, args)?;
                self.call_method(second, known::CALL, &[value])
            }
            ProcBody::Curried {
                function,
                arity,
                arguments,
            } => self.call_curried(function, arity, arguments, args),
        }
    }

    fn call_symbol(&mut self, name: Symbol, args: &Args<'_, 'h>) -> Res<'h> {
        let Some((receiver, rest)) = args.values.split_first() else {
            return self.raise("ArgumentError", "no receiver given");
        };
        let args = Args {
            values: rest,
            ..*args
        };
        self.call_public(*receiver, name, &args)
    }

    fn call_curried(
        &mut self,
        function: &'h Proc<'h>,
        arity: usize,
        given: &'h [Value<'h>],
        args: &Args<'_, 'h>,
    ) -> Res<'h> {
        let mut all = given.to_vec();
        all.extend_from_slice(args.values);
        if all.len() >= arity {
            return self.call_proc(function, &Args::of(&all));
        }
        let arguments = self.heap.keep_slice(&all);
        let body = ProcBody::Curried {
            function,
            arity,
            arguments,
        };
        Ok(Value::Proc(self.new_proc(body, true)))
    }

    /// The scope of a block, and its context where that differs from the one around it.
    fn block_env(
        &mut self,
        literal: &'h Block,
        outer: Env<'h>,
        rebinding: Option<Rebinding<'h>>,
        lambda: bool,
        given: Option<&'h Proc<'h>>,
    ) -> Env<'h> {
        let scope = self.scope(literal.locals, Some(outer.scope));
        if rebinding.is_none() && !lambda {
            return Env {
                scope,
                context: outer.context,
            };
        }
        let mut context = *outer.context;
        if lambda {
            context.activation = self.next_activation();
            context.alive = self.heap.keep_cell(true);
            context.lambda = true;
        }
        if let Some(rebinding) = rebinding {
            context.receiver = rebinding.receiver;
            if let Some(method) = rebinding.method {
                context.method = Some(method);
                context.parameters = Some(&literal.parameters);
                context.arguments = Some(scope);
                context.block = given;
            }
            if let Some(class) = rebinding.class {
                context.lexical = self.heap.keep(super::Lexical {
                    class,
                    outer: Some(outer.context.lexical),
                });
            }
        }
        Env {
            scope,
            context: self.heap.keep(context),
        }
    }

    fn run_block(
        &mut self,
        literal: &'h Block,
        block: &'h Proc<'h>,
        args: &Args<'_, 'h>,
        env: Env<'h>,
        lambda: bool,
    ) -> Res<'h> {
        let result = self.deeper(|vm| {
            if lambda {
                vm.position = literal.position;
                vm.bind(&literal.parameters, args, env)?;
            } else {
                vm.bind_block(&literal.parameters, args, env)?;
            }
            loop {
                match vm.eval(&literal.body, env) {
                    Err(Unwind::Redo) => vm.tick(1)?,
                    result => return result,
                }
            }
        });
        match result {
            Err(Unwind::Next(value)) => Ok(value),
            Err(Unwind::Return(of, value)) if lambda && of == env.context.activation => Ok(value),
            Err(Unwind::Break(0, value)) if lambda => Ok(value),
            Err(Unwind::Break(0, value)) => Err(Unwind::Break(block.serial, value)),
            result => result,
        }
    }

    /// Gives the parameters of a block their values: too few are nil, too many are dropped, a single list is spread.
    fn bind_block(
        &mut self,
        parameters: &'h Parameters,
        args: &Args<'_, 'h>,
        env: Env<'h>,
    ) -> Res<'h, ()> {
        if let ([Target::Local(local)], true) =
            (parameters.required.as_slice(), only_required(parameters))
        {
            // The ordinary block with one parameter.
            env.scope.slots[local.slot as usize].set(args.at(0));
            return Ok(());
        }
        let mut values = Values::from_slice(args.values);
        let many = parameters.required.len() + parameters.post.len() + parameters.optional.len()
            > 1
            || parameters.trailing_comma
            || (parameters.rest.is_some()
                && parameters.required.len() + parameters.post.len() + parameters.optional.len()
                    > 0);
        if let (true, [single]) = (many, args.values)
            && let Some(items) = self.spreadable(*single)?
        {
            values = Values::from_vec(items);
        }
        let mut keywords = args.keywords;
        if !takes_keywords(parameters)
            && let Some(hash) = keywords.take()
        {
            values.push(Value::Hash(hash));
        }
        let needed = parameters.required.len() + parameters.post.len();
        while values.len() < needed {
            values.push(Value::Nil);
        }
        if parameters.rest.is_none() {
            values.truncate(needed + parameters.optional.len());
        }
        self.assign_parameters(parameters, &values, keywords, args.block, env)
    }

    /// The items of a value that a block with several parameters spreads.
    fn spreadable(&mut self, value: Value<'h>) -> Res<'h, Option<Vec<Value<'h>>>> {
        match value {
            Value::Array(array) => Ok(Some(array.to_vec())),
            Value::Object(_) if self.responds(value, known::TO_ARY) => {
                match self.call_method(value, known::TO_ARY, &[])? {
                    Value::Array(array) => Ok(Some(array.to_vec())),
                    _ => Ok(None),
                }
            }
            _ => Ok(None),
        }
    }

    /// Gives the parameters of a method or lambda their values; a wrong number is an error.
    pub(super) fn bind(
        &mut self,
        parameters: &'h Parameters,
        args: &Args<'_, 'h>,
        env: Env<'h>,
    ) -> Res<'h, ()> {
        let needed = parameters.required.len() + parameters.post.len();
        let mut extra = Values::new();
        let mut values = args.values;
        let mut keywords = args.keywords;
        if !takes_keywords(parameters)
            && let Some(hash) = keywords.take()
        {
            if parameters.no_keywords {
                return self.raise("ArgumentError", "no keywords accepted");
            }
            extra.extend_from_slice(values);
            extra.push(Value::Hash(hash));
            values = &extra;
        }
        let most = match parameters.rest {
            Some(_) => None,
            None => Some(needed + parameters.optional.len()),
        };
        if values.len() < needed || most.is_some_and(|most| values.len() > most) {
            return self.wrong_number_for(values.len(), needed, most, parameters, keywords);
        }
        self.assign_parameters(parameters, values, keywords, args.block, env)
    }

    fn wrong_number_for<T>(
        &mut self,
        given: usize,
        least: usize,
        most: Option<usize>,
        parameters: &Parameters,
        keywords: Option<&'h Hash<'h>>,
    ) -> Res<'h, T> {
        let required = parameters
            .keywords
            .iter()
            .filter(|keyword| keyword.default.is_none());
        let required: Vec<_> = required.map(|keyword| self.name(keyword.name)).collect();
        if required.is_empty() || keywords.is_some() {
            return self.wrong_number(given, least, most);
        }
        let expected = match most {
            Some(most) if most == least => least.to_string(),
            Some(most) => format!("{least}..{most}"),
            None => format!("{least}+"),
        };
        let plural = if required.len() > 1 { "s" } else { "" };
        let required = required.join(", ");
        self.raise(
            "ArgumentError",
            format!("wrong number of arguments (given {given}, expected {expected}; required keyword{plural}: {required})"),
        )
    }

    fn assign_parameters(
        &mut self,
        parameters: &'h Parameters,
        values: &[Value<'h>],
        keywords: Option<&'h Hash<'h>>,
        block: Option<&'h Proc<'h>>,
        env: Env<'h>,
    ) -> Res<'h, ()> {
        let (required, post) = (parameters.required.len(), parameters.post.len());
        for (target, value) in parameters.required.iter().zip(values) {
            self.assign(target, *value, env)?;
        }
        let spare = values.len().saturating_sub(required + post);
        let filled = spare.min(parameters.optional.len());
        for (index, (slot, default)) in parameters.optional.iter().enumerate() {
            let value = if index < filled {
                values[required + index]
            } else {
                self.eval(default, env)?
            };
            env.scope.slots[*slot as usize].set(value);
        }
        let rest_end = values.len().saturating_sub(post).max(required + filled);
        if let Some(slot) = parameters.rest {
            let rest = values.get(required + filled..rest_end).unwrap_or_default();
            let rest = self.array(rest.to_vec());
            env.scope.slots[slot as usize].set(rest);
        }
        for (target, value) in parameters.post.iter().zip(values.iter().skip(rest_end)) {
            self.assign(target, *value, env)?;
        }
        if takes_keywords(parameters) {
            self.assign_keywords(parameters, keywords, env)?;
        }
        if let Some(slot) = parameters.block {
            let block = block.map_or(Value::Nil, Value::Proc);
            env.scope.slots[slot as usize].set(block);
        }
        Ok(())
    }

    fn assign_keywords(
        &mut self,
        parameters: &'h Parameters,
        keywords: Option<&'h Hash<'h>>,
        env: Env<'h>,
    ) -> Res<'h, ()> {
        let mut given = keywords.map(Hash::entries).unwrap_or_default();
        let mut absent = Vec::new();
        for keyword in &parameters.keywords {
            let place = given
                .iter()
                .position(|(key, _)| matches!(key, Value::Symbol(name) if *name == keyword.name));
            let value = match (place, &keyword.default) {
                (Some(place), _) => given.remove(place).1,
                (None, Some(default)) => self.eval(default, env)?,
                (None, None) => {
                    absent.push(keyword.name);
                    Value::Nil
                }
            };
            env.scope.slots[keyword.slot as usize].set(value);
        }
        self.refuse_keywords("missing", &absent)?;
        match parameters.keyword_rest {
            Some(slot) => {
                let rest = self.hash(given)?;
                env.scope.slots[slot as usize].set(rest);
                Ok(())
            }
            None => self.refuse_unknown(&given),
        }
    }

    fn refuse_unknown(&mut self, given: &[(Value<'h>, Value<'h>)]) -> Res<'h, ()> {
        if given.is_empty() {
            return Ok(());
        }
        let mut shown = Vec::new();
        for (key, _) in given {
            shown.push(self.inspect(*key)?);
        }
        let plural = if given.len() > 1 { "s" } else { "" };
        let shown = shown.join(", ");
        self.raise("ArgumentError", format!("unknown keyword{plural}: {shown}"))
    }

    fn refuse_keywords(&mut self, how: &str, names: &[Symbol]) -> Res<'h, ()> {
        if names.is_empty() {
            return Ok(());
        }
        let plural = if names.len() > 1 { "s" } else { "" };
        let shown: Vec<_> = names
            .iter()
            .map(|name| format!(":{}", self.name(*name)))
            .collect();
        let shown = shown.join(", ");
        self.raise("ArgumentError", format!("{how} keyword{plural}: {shown}"))
    }

    /// Number of parameters as `arity` gives it: `-n - 1` when further ones are possible. A proc that is no lambda
    /// takes optional ones without being asked, they do not count.
    pub(in super::super) fn parameters_arity(parameters: &Parameters, lambda: bool) -> i64 {
        let required = parameters.required.len() + parameters.post.len();
        let strict = |keyword: &super::super::ast::Keyword| keyword.default.is_none();
        let least = required + usize::from(parameters.keywords.iter().any(strict));
        let most = required + parameters.optional.len() + usize::from(takes_keywords(parameters));
        let open = parameters.rest.is_some() || (lambda && least != most);
        let least = i64::try_from(least).unwrap_or(i64::MAX);
        if open { -least - 1 } else { least }
    }
}

/// What a block runs with instead of what is around it.
struct Rebinding<'h> {
    receiver: Value<'h>,
    method: Option<(Symbol, &'h Class<'h>)>,
    /// Where definitions go.
    class: Option<&'h Class<'h>>,
}

fn takes_keywords(parameters: &Parameters) -> bool {
    !parameters.keywords.is_empty() || parameters.keyword_rest.is_some()
}

fn only_required(parameters: &Parameters) -> bool {
    parameters.optional.is_empty()
        && parameters.rest.is_none()
        && parameters.post.is_empty()
        && parameters.block.is_none()
        && !parameters.trailing_comma
        && !takes_keywords(parameters)
}
