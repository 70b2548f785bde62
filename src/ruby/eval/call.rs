//! Calls: from the expression to the method that runs.

use smallvec::SmallVec;

use super::super::ast::{BlockGiven, Call, Entry, Kind, Node, Parameters, Position};
use super::super::class::{Class, Lexical, Method, MethodBody, ProcBody, Visibility};
use super::super::methods::{Args, Row};
use super::super::symbol::{Symbol, known};
use super::super::unwind::{Res, Unwind};
use super::super::value::{Hash, Proc, Value};
use super::lookup::{Callable, Found};
use super::{Context, Env, Scope, Vm};

/// Positional arguments on their way.
pub(super) type Values<'h> = SmallVec<[Value<'h>; 4]>;

impl<'h> Vm<'h> {
    pub(super) fn call_node(&mut self, call: &'h Call, node: &'h Node, env: Env<'h>) -> Res<'h> {
        let receiver = match &call.receiver {
            None => env.context.receiver,
            Some(receiver) => self.eval(receiver, env)?,
        };
        if call.safe && receiver.is_nil() {
            return Ok(Value::Nil);
        }
        let (values, keywords) = self.arguments(&call.arguments, &call.keywords, env)?;
        self.position = node.position;
        let block = self.block_given(call.block.as_ref(), env)?;
        self.position = node.position;
        let caller = Caller {
            own: call.receiver.is_none()
                || matches!(&call.receiver, Some(inner) if matches!(inner.kind, Kind::SelfValue)),
            receiver: env.context.receiver,
            variable: call.variable,
            context: Some(env.context),
        };
        let args = Args {
            values: &values,
            keywords,
            block,
        };
        let result = self.dispatch(receiver, call.name, &args, caller);
        let result = end_of_call(result, call.block.as_ref(), block)?;
        Ok(if call.attribute_write {
            values.last().copied().unwrap_or(Value::Nil)
        } else {
            result
        })
    }

    pub(super) fn arguments(
        &mut self,
        arguments: &'h [Node],
        keywords: &'h [Entry],
        env: Env<'h>,
    ) -> Res<'h, (Values<'h>, Option<&'h Hash<'h>>)> {
        let mut values = Values::new();
        for argument in arguments {
            if let Kind::Splat(inner) = &argument.kind {
                let value = self.optional(inner.as_deref(), env)?;
                values.extend(self.splat(value)?);
            } else {
                values.push(self.eval(argument, env)?);
            }
        }
        if keywords.is_empty() {
            return Ok((values, None));
        }
        let hash = self.hash_literal(keywords, env)?;
        Ok((values, (!hash.is_empty()).then_some(hash)))
    }

    /// What `*value` stands for. Many of them count as memory: calls inside each other hold all of theirs at once.
    pub fn splat(&mut self, value: Value<'h>) -> Res<'h, Vec<Value<'h>>> {
        let items = self.splatted(value)?;
        if items.len() > 16 {
            self.grow(items.len().saturating_mul(2 * size_of::<Value<'_>>()))?;
        }
        Ok(items)
    }

    fn splatted(&mut self, value: Value<'h>) -> Res<'h, Vec<Value<'h>>> {
        match value {
            Value::Array(array) => Ok(array.to_vec()),
            Value::Nil => Ok(Vec::new()),
            _ if self.responds(value, known::TO_A) => {
                match self.call_method(value, known::TO_A, &[])? {
                    Value::Array(array) => Ok(array.to_vec()),
                    Value::Nil => Ok(vec![value]),
                    _ => {
                        let class = self.kind_word(value);
                        self.raise(
                            "TypeError",
                            format!(
                                "can't convert {class} to Array ({class}#to_a gives something else)"
                            ),
                        )
                    }
                }
            }
            _ => Ok(vec![value]),
        }
    }

    pub(super) fn block_given(
        &mut self,
        block: Option<&'h BlockGiven>,
        env: Env<'h>,
    ) -> Res<'h, Option<&'h Proc<'h>>> {
        match block {
            None => Ok(None),
            Some(BlockGiven::Literal(block)) => Ok(Some(self.literal_block(block, env))),
            Some(BlockGiven::Pass(None)) => Ok(env.context.block),
            Some(BlockGiven::Pass(Some(node))) => {
                let value = self.eval(node, env)?;
                self.block_of(value)
            }
        }
    }

    /// What `&value` passes.
    pub(in super::super) fn block_of(&mut self, value: Value<'h>) -> Res<'h, Option<&'h Proc<'h>>> {
        let body = match value {
            Value::Nil => return Ok(None),
            Value::Proc(block) => return Ok(Some(block)),
            Value::Symbol(name) => ProcBody::Symbol(name),
            Value::Method(method) if method.receiver.is_some() => ProcBody::Method {
                receiver: method.receiver.unwrap_or(Value::Nil),
                name: method.name,
            },
            _ if self.responds(value, known::TO_PROC) => {
                return match self.call_method(value, known::TO_PROC, &[])? {
                    Value::Proc(block) => Ok(Some(block)),
                    _ => self.wrong_block(value),
                };
            }
            _ => return self.wrong_block(value),
        };
        Ok(Some(self.new_proc(body, true)))
    }

    fn wrong_block<T>(&mut self, value: Value<'h>) -> Res<'h, T> {
        let word = self.kind_word(value);
        self.raise(
            "TypeError",
            format!("wrong argument type {word} (expected Proc)"),
        )
    }

    /// Calls a public method with positional arguments.
    pub fn call_method(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        values: &[Value<'h>],
    ) -> Res<'h> {
        self.call_full(receiver, name, &Args::of(values))
    }

    /// Calls a method by its name, as text.
    pub fn call_named(&mut self, receiver: Value<'h>, name: &str, values: &[Value<'h>]) -> Res<'h> {
        let name = self.symbol(name);
        self.call_method(receiver, name, values)
    }

    /// Calls a method, private ones too, with everything a call can have.
    pub fn call_full(&mut self, receiver: Value<'h>, name: Symbol, args: &Args<'_, 'h>) -> Res<'h> {
        let caller = Caller {
            own: true,
            receiver,
            variable: false,
            context: None,
        };
        self.dispatch(receiver, name, args, caller)
    }

    /// Calls a method for the one that called the library: what it finds is that one's `$~`.
    pub fn call_from_caller(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        args: &Args<'_, 'h>,
    ) -> Res<'h> {
        let caller = Caller {
            own: true,
            receiver,
            variable: false,
            context: self.caller,
        };
        self.dispatch(receiver, name, args, caller)
    }

    /// Calls a public method, as from outside.
    pub fn call_public(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        args: &Args<'_, 'h>,
    ) -> Res<'h> {
        let caller = Caller {
            own: false,
            receiver: Value::Nil,
            variable: false,
            context: None,
        };
        self.dispatch(receiver, name, args, caller)
    }

    fn dispatch(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        args: &Args<'_, 'h>,
        caller: Caller<'h>,
    ) -> Res<'h> {
        let Some(found) = self.find_method(receiver, name) else {
            return self.missing(receiver, name, args, caller);
        };
        if found.visibility != Visibility::Public && !caller.own && !self.may_call(&found, caller) {
            return self.hidden(receiver, name, &found, args);
        }
        self.invoke(receiver, name, &found, args, caller.context)
    }

    /// Whether a caller that names another receiver may call a protected method.
    fn may_call(&mut self, found: &Found<'h>, caller: Caller<'h>) -> bool {
        // `self.name = value` may call a private writer; that is an own call already.
        found.visibility == Visibility::Protected
            && self.class_of(caller.receiver).descends_from(found.owner)
    }

    /// A method that must not be called from outside: `method_missing`, or the error.
    fn hidden(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        found: &Found<'h>,
        args: &Args<'_, 'h>,
    ) -> Res<'h> {
        if let Some(handler) = self.find_method(receiver, known::METHOD_MISSING) {
            return self.method_missing(receiver, name, &handler, args);
        }
        let kind = match found.visibility {
            Visibility::Private => "private",
            _ => "protected",
        };
        self.not_callable(receiver, name, kind)
    }

    /// Runs a method that was found.
    pub(in super::super) fn invoke(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        found: &Found<'h>,
        args: &Args<'_, 'h>,
        caller: Option<&'h Context<'h>>,
    ) -> Res<'h> {
        match found.callable {
            Callable::Row(row) => {
                #[cfg(test)]
                super::super::called::note(self.library, receiver, row, found);
                self.invoke_row(receiver, name, row, args, caller)
            }
            Callable::Method(method) => self.invoke_method(receiver, name, &method, args),
            Callable::Missing => {
                let class = self.class_name(found.owner);
                let separator = if matches!(receiver, Value::Class(_)) {
                    '.'
                } else {
                    '#'
                };
                let name = self.name(name);
                self.unsupported(format!("{class}{separator}{name}"))
            }
        }
    }

    fn invoke_row(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        row: &'static Row,
        args: &Args<'_, 'h>,
        caller: Option<&'h Context<'h>>,
    ) -> Res<'h> {
        let mut values = Values::new();
        let mut args = *args;
        if let Some(keywords) = args.keywords
            && !row.any_keywords
        {
            if row.keywords.is_empty() {
                values.extend_from_slice(args.values);
                values.push(Value::Hash(keywords));
                args.keywords = None;
                args.values = &values;
            } else {
                self.check_keywords(keywords, row)?;
            }
        }
        let given = args.values.len();
        if given < row.least || row.most.is_some_and(|most| given > most) {
            return self.wrong_number(given, row.least, row.most);
        }
        if row.enumerates && args.block.is_none() {
            return Ok(self.enumerator(receiver, name, &args));
        }
        let position = self.position;
        // What the library calls for itself belongs to the code that called the library: `grep` sets its `$~`.
        let outer = self.caller;
        self.caller = caller.or(outer);
        let result = self.deeper(|vm| (row.function)(vm, receiver, &args));
        self.caller = outer;
        self.position = position;
        result
    }

    fn check_keywords(&mut self, keywords: &'h Hash<'h>, row: &Row) -> Res<'h, ()> {
        for key in keywords.keys() {
            let known =
                matches!(key, Value::Symbol(name) if row.keywords.contains(&self.name(name)));
            if !known {
                let shown = self.inspect(key)?;
                return self.raise("ArgumentError", format!("unknown keyword: {shown}"));
            }
        }
        Ok(())
    }

    fn invoke_method(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        method: &Method<'h>,
        args: &Args<'_, 'h>,
    ) -> Res<'h> {
        match method.body {
            MethodBody::Def(def, lexical) => {
                let frame = Activation {
                    parameters: &def.parameters,
                    body: &def.body,
                    locals: def.locals,
                    lexical,
                    position: def.position,
                };
                self.activate(receiver, (method.name, method.owner), &frame, args)
            }
            MethodBody::Proc(block) => {
                self.call_as_method(block, receiver, method.name, method.owner, args)
            }
            MethodBody::Reader(variable) => {
                self.expect_arguments(args, 0)?;
                Ok(self.instance_variable(receiver, variable))
            }
            MethodBody::Writer(variable) => {
                self.expect_arguments(args, 1)?;
                self.set_instance_variable(receiver, variable, args.at(0))
            }
            MethodBody::Member(index) => {
                self.expect_arguments(args, 0)?;
                Ok(slot(receiver, index))
            }
            MethodBody::SetMember(index) => {
                self.expect_arguments(args, 1)?;
                self.set_member(receiver, index, args.at(0))
            }
            MethodBody::Attribute(name) => {
                self.expect_arguments(args, 0)?;
                self.attribute_of(receiver, name)
            }
            MethodBody::SetAttribute(name) => {
                self.expect_arguments(args, 1)?;
                self.set_attribute(receiver, name, args.at(0))
            }
            MethodBody::Row(row) => self.invoke_row(receiver, name, row, args, None),
            MethodBody::Undefined => self.no_method(receiver, name, false),
        }
    }

    fn expect_arguments(&mut self, args: &Args<'_, 'h>, count: usize) -> Res<'h, ()> {
        if args.len() == count {
            return Ok(());
        }
        self.wrong_number(args.len(), count, Some(count))
    }

    fn set_member(&mut self, receiver: Value<'h>, index: usize, value: Value<'h>) -> Res<'h> {
        if let Value::Object(object) = receiver {
            if object.frozen.get() {
                return self.frozen(receiver);
            }
            object.set_slot(index, value);
        }
        Ok(value)
    }

    /// The value of a name of an OpenStruct; nil for one it does not have.
    pub(in super::super) fn attribute_of(&mut self, receiver: Value<'h>, name: Symbol) -> Res<'h> {
        let table = match receiver {
            Value::Object(object) => object.attributes(),
            _ => None,
        };
        match table {
            Some(table) => self.hash_index(table, Value::Symbol(name)),
            None => Ok(Value::Nil),
        }
    }

    /// Gives an OpenStruct a name, or a name another value.
    pub(in super::super) fn set_attribute(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        value: Value<'h>,
    ) -> Res<'h> {
        if let Value::Object(object) = receiver
            && let Some(table) = object.attributes()
        {
            let known = self.hash_get(table, Value::Symbol(name))?.is_some();
            if table.frozen.get() && known {
                return self.frozen(Value::Hash(table));
            }
            if table.frozen.get() {
                let shown = self.inspect(receiver)?;
                let text = format!("can't modify frozen object: {shown}");
                return self.raise_with("FrozenError", text, [Value::Nil, receiver, Value::Nil]);
            }
            self.hash_set(table, Value::Symbol(name), value)?;
        }
        Ok(value)
    }

    /// Runs the body of a `def`.
    fn activate(
        &mut self,
        receiver: Value<'h>,
        method: (Symbol, &'h Class<'h>),
        frame: &Activation<'h>,
        args: &Args<'_, 'h>,
    ) -> Res<'h> {
        let heap = self.heap;
        let scope = self.scope(frame.locals, None);
        let activation = self.next_activation();
        let alive = heap.keep_cell(true);
        let context = heap.keep(Context {
            receiver,
            method: Some(method),
            parameters: Some(frame.parameters),
            arguments: Some(scope),
            block: args.block,
            lexical: frame.lexical,
            activation,
            alive,
            last_match: heap.keep_cell(Value::Nil),
            lambda: false,
        });
        let env = Env { scope, context };
        let position = self.position;
        self.activations.push((Some(method.0), position));
        let result = self.deeper(|vm| {
            // A wrong number of arguments is an error of the method, for the line that is told.
            vm.position = frame.position;
            vm.bind(frame.parameters, args, env)?;
            vm.eval(frame.body, env)
        });
        self.activations.pop();
        alive.set(false);
        match result {
            Err(Unwind::Return(of, value)) if of == activation => {
                self.position = position;
                Ok(value)
            }
            Err(error) => Err(error),
            Ok(value) => {
                self.position = position;
                Ok(value)
            }
        }
    }

    /// No method of that name: `method_missing`, or the error.
    fn missing(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        args: &Args<'_, 'h>,
        caller: Caller<'h>,
    ) -> Res<'h> {
        if let Some(handler) = self.find_method(receiver, known::METHOD_MISSING) {
            return self.method_missing(receiver, name, &handler, args);
        }
        self.no_method(receiver, name, caller.variable && args.is_empty())
    }

    fn method_missing(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        handler: &Found<'h>,
        args: &Args<'_, 'h>,
    ) -> Res<'h> {
        let mut values: Values<'h> = SmallVec::with_capacity(args.len() + 1);
        values.push(Value::Symbol(name));
        values.extend_from_slice(args.values);
        let args = Args {
            values: &values,
            ..*args
        };
        self.invoke(receiver, known::METHOD_MISSING, handler, &args, None)
    }

    pub(super) fn super_node(&mut self, call: &'h Call, node: &'h Node, env: Env<'h>) -> Res<'h> {
        let (values, keywords) = self.arguments(&call.arguments, &call.keywords, env)?;
        let given = self.block_given(call.block.as_ref(), env)?;
        let args = Args {
            values: &values,
            keywords,
            block: given.or(env.context.block),
        };
        self.position = node.position;
        let result = self.call_super(&args, env);
        end_of_call(result, call.block.as_ref(), given)
    }

    pub(super) fn forwarding_super(
        &mut self,
        call: &'h Call,
        node: &'h Node,
        env: Env<'h>,
    ) -> Res<'h> {
        let (values, keywords) = self.own_arguments(env)?;
        let given = self.block_given(call.block.as_ref(), env)?;
        let args = Args {
            values: &values,
            keywords,
            block: given.or(env.context.block),
        };
        self.position = node.position;
        let result = self.call_super(&args, env);
        end_of_call(result, call.block.as_ref(), given)
    }

    fn call_super(&mut self, args: &Args<'_, 'h>, env: Env<'h>) -> Res<'h> {
        let Some((name, owner)) = env.context.method else {
            return self.raise("RuntimeError", "super called outside of method");
        };
        let receiver = env.context.receiver;
        if let Some(found) = self.find_super(receiver, owner, name) {
            return self.invoke(receiver, name, &found, args, Some(env.context));
        }
        // What every object has is not in the tables, so that calls need not ask for it.
        if let (known::METHOD_MISSING, Value::Symbol(wanted)) = (name, args.at(0)) {
            return self.no_method(receiver, wanted, false);
        }
        if name == known::RESPOND_TO_MISSING {
            return Ok(Value::Bool(false));
        }
        let text = self.name(name);
        let quote = self.opening_quote();
        let class = self.class_of(receiver).real();
        let class = self.class_name(class);
        let message = match receiver {
            Value::Class(class) => {
                let class = self.class_name(class);
                format!("super: no superclass method {quote}{text}' for class {class}")
            }
            _ => format!("super: no superclass method {quote}{text}' for an instance of {class}"),
        };
        let details = [Value::Symbol(name), receiver, Value::Nil];
        self.raise_with("NoMethodError", message, details)
    }

    /// The arguments of the method that runs, as its parameters are now.
    fn own_arguments(&mut self, env: Env<'h>) -> Res<'h, (Values<'h>, Option<&'h Hash<'h>>)> {
        let mut values = Values::new();
        let (Some(parameters), Some(scope)) = (env.context.parameters, env.context.arguments)
        else {
            return Ok((values, None));
        };
        for target in &parameters.required {
            values.push(parameter_value(target, scope));
        }
        for (slot, _) in &parameters.optional {
            values.push(scope_value(scope, *slot));
        }
        if let Some(slot) = parameters.rest
            && let Value::Array(rest) = scope_value(scope, slot)
        {
            values.extend(rest.to_vec());
        }
        for target in &parameters.post {
            values.push(parameter_value(target, scope));
        }
        let keywords = self.own_keywords(parameters, scope)?;
        Ok((values, keywords))
    }

    fn own_keywords(
        &mut self,
        parameters: &'h Parameters,
        scope: &'h Scope<'h>,
    ) -> Res<'h, Option<&'h Hash<'h>>> {
        let hash = self.new_hash();
        for keyword in &parameters.keywords {
            let value = scope_value(scope, keyword.slot);
            self.hash_set(hash, Value::Symbol(keyword.name), value)?;
        }
        if let Some(slot) = parameters.keyword_rest
            && let Value::Hash(rest) = scope_value(scope, slot)
        {
            for (key, value) in rest.entries() {
                self.hash_set(hash, key, value)?;
            }
        }
        Ok((!hash.is_empty()).then_some(hash))
    }

    pub(super) fn yield_node(
        &mut self,
        arguments: &'h [Node],
        node: &'h Node,
        env: Env<'h>,
    ) -> Res<'h> {
        let (values, _) = self.arguments(arguments, &[], env)?;
        self.position = node.position;
        match env.context.block {
            Some(block) => self.yield_values(block, &values),
            None => self.raise("LocalJumpError", "no block given (yield)"),
        }
    }
}

/// A `break` in the literal block of a call ends the call.
fn end_of_call<'h>(
    result: Res<'h>,
    given: Option<&'h BlockGiven>,
    block: Option<&'h Proc<'h>>,
) -> Res<'h> {
    match (result, given, block) {
        (Err(Unwind::Break(serial, value)), Some(BlockGiven::Literal(_)), Some(block))
            if block.serial == serial =>
        {
            Ok(value)
        }
        (result, ..) => result,
    }
}

/// Who calls.
#[derive(Clone, Copy)]
struct Caller<'h> {
    /// Without a receiver, or with `self` as receiver.
    own: bool,
    receiver: Value<'h>,
    variable: bool,
    context: Option<&'h Context<'h>>,
}

/// A body about to run as a method.
struct Activation<'h> {
    position: Position,
    parameters: &'h Parameters,
    body: &'h Node,
    locals: u32,
    lexical: &'h Lexical<'h>,
}

fn scope_value<'h>(scope: &'h Scope<'h>, slot: u32) -> Value<'h> {
    let cell = scope.slots.get(slot as usize);
    cell.map_or(Value::Nil, std::cell::Cell::get)
}

fn parameter_value<'h>(target: &super::super::ast::Target, scope: &'h Scope<'h>) -> Value<'h> {
    match target {
        super::super::ast::Target::Local(local) => scope_value(scope, local.slot),
        _ => Value::Nil,
    }
}

fn slot(receiver: Value<'_>, index: usize) -> Value<'_> {
    match receiver {
        Value::Object(object) => object.slot(index),
        _ => Value::Nil,
    }
}
