//! Definitions of methods, classes and modules; literals of lists and hashes.

use super::super::ast::{Body, ClassBody, Def, Entry, Kind, Node};
use super::super::class::{Class, ClassKind, Lexical, Method, MethodBody, Visibility};
use super::super::symbol::{Symbol, known};
use super::super::unwind::Res;
use super::super::value::{Hash, Value};
use super::lookup::Callable;
use super::{Context, Env, Vm};

/// Methods of a class that Ruby calls when something was defined, and that are not called here.
const HOOKS: [&str; 5] = [
    "const_added",
    "method_added",
    "method_removed",
    "method_undefined",
    "singleton_method_added",
];

impl<'h> Vm<'h> {
    pub(super) fn definition(&mut self, node: &'h Node, env: Env<'h>) -> Res<'h> {
        self.position = node.position;
        match &node.kind {
            Kind::Def(def) => self.define(def, env),
            Kind::Class(body) => self.class_definition(body, env),
            Kind::Module(body) => self.module_definition(body, env),
            Kind::SingletonClass(object, body) => {
                let object = self.eval(object, env)?;
                match self.singleton_class(object) {
                    Some(class) => self.class_body(class, body, env),
                    None => self.raise("TypeError", "can't define singleton"),
                }
            }
            Kind::Alias(new, old) => {
                let (new, old) = (self.eval(new, env)?, self.eval(old, env)?);
                if let (Value::Symbol(new), Value::Symbol(old)) = (new, old) {
                    self.alias_method(env.context.lexical.class, new, old)?;
                }
                Ok(Value::Nil)
            }
            Kind::Undef(names) => {
                for name in names {
                    if let Value::Symbol(name) = self.eval(name, env)? {
                        self.undefine(env.context.lexical.class, name)?;
                    }
                }
                Ok(Value::Nil)
            }
            _ => Ok(Value::Nil),
        }
    }

    fn define(&mut self, def: &'h Def, env: Env<'h>) -> Res<'h> {
        let lexical = env.context.lexical;
        let class = match &def.receiver {
            None => lexical.class,
            Some(receiver) => {
                let receiver = self.eval(receiver, env)?;
                match self.singleton_class(receiver) {
                    Some(class) => class,
                    None => return self.raise("TypeError", "can't define singleton"),
                }
            }
        };
        let hidden = def.receiver.is_none()
            && (def.name == known::INITIALIZE
                || def.name == known::INITIALIZE_COPY
                || def.name == known::RESPOND_TO_MISSING);
        let visibility = match (&def.receiver, hidden) {
            (_, true) => Visibility::Private,
            (Some(_), _) => Visibility::Public,
            (None, _) => class.default_visibility.get(),
        };
        let name = self.name(def.name);
        if class.is_singleton() && HOOKS.contains(&name) {
            return self.unsupported(format!("the hook {name}"));
        }
        let body = MethodBody::Def(def, lexical);
        self.define_method(class, def.name, body, visibility);
        if class.module_function.get()
            && def.receiver.is_none()
            && let Some(own) = self.singleton_class(Value::Class(class))
        {
            self.define_method(own, def.name, body, Visibility::Public);
        }
        Ok(Value::Symbol(def.name))
    }

    /// Defines a method.
    pub(in super::super) fn define_method(
        &mut self,
        class: &'h Class<'h>,
        name: Symbol,
        body: MethodBody<'h>,
        visibility: Visibility,
    ) {
        self.heap.take(128);
        class.define(
            name,
            Method {
                body,
                visibility,
                name,
                owner: class,
            },
        );
        self.forget_methods();
    }

    /// Gives a method another name.
    pub(in super::super) fn alias_method(
        &mut self,
        class: &'h Class<'h>,
        new: Symbol,
        old: Symbol,
    ) -> Res<'h, ()> {
        let found = match class.attached.get() {
            Some(Value::Class(attached)) => self.find_class_method(attached, old),
            _ => self.find_instance_method(class, old),
        };
        let Some(found) = found else {
            return self.undefined_in_class(class, old);
        };
        let method = match found.callable {
            Callable::Method(method) => method,
            Callable::Row(row) => Method {
                body: MethodBody::Row(row),
                visibility: found.visibility,
                name: old,
                owner: found.owner,
            },
            Callable::Missing => {
                let (class, name) = (self.class_name(found.owner), self.name(old));
                return self.unsupported(format!("{class}#{name}"));
            }
        };
        self.heap.take(128);
        class.define(new, method);
        self.forget_methods();
        Ok(())
    }

    /// Makes a method unknown, also those of ancestors.
    pub(in super::super) fn undefine(&mut self, class: &'h Class<'h>, name: Symbol) -> Res<'h, ()> {
        let found = match class.attached.get() {
            Some(Value::Class(attached)) => self.find_class_method(attached, name),
            _ => self.find_instance_method(class, name),
        };
        if found.is_none() {
            return self.undefined_in_class(class, name);
        }
        self.define_method(class, name, MethodBody::Undefined, Visibility::Public);
        Ok(())
    }

    /// Raises NameError: `undefined method 'x' for class 'Y'`.
    pub(in super::super) fn undefined_in_class<T>(
        &mut self,
        class: &'h Class<'h>,
        name: Symbol,
    ) -> Res<'h, T> {
        let kind = if class.is_module() { "module" } else { "class" };
        let (text, class_name) = (self.name(name), self.class_name(class));
        let quote = self.opening_quote();
        let message = format!("undefined method {quote}{text}' for {kind} {quote}{class_name}'");
        let details = [Value::Symbol(name), Value::Class(class), Value::Nil];
        self.raise_with("NameError", message, details)
    }

    /// Where a class is defined: what is written in front of its name, or what is around it.
    fn holder(&mut self, body: &'h ClassBody, env: Env<'h>) -> Res<'h, &'h Class<'h>> {
        match &body.scope {
            Some(scope) => match self.eval(scope, env)? {
                Value::Class(class) => Ok(class),
                other => {
                    let shown = self.inspect(other)?;
                    self.raise("TypeError", format!("{shown} is not a class/module"))
                }
            },
            None if body.top => Ok(self.class_named("Object")),
            None => Ok(env.context.lexical.class),
        }
    }

    fn class_definition(&mut self, written: &'h ClassBody, env: Env<'h>) -> Res<'h> {
        let holder = self.holder(written, env)?;
        let superclass = match &written.superclass {
            None => None,
            Some(node) => match self.eval(node, env)? {
                Value::Class(class) if !class.is_module() => Some(class),
                other => {
                    let class = self.class_of(other).real();
                    let class = self.class_name(class);
                    let text = format!(
                        "superclass must be an instance of Class (given an instance of {class})"
                    );
                    return self.raise("TypeError", text);
                }
            },
        };
        let class = match self.own_constant(holder, written.name)? {
            Some(Value::Class(class)) if !class.is_module() => {
                if let Some(wanted) = superclass {
                    self.check_superclass(class, wanted)?;
                }
                class
            }
            Some(_) => {
                let full = self.full_name(holder, written.name);
                return self.raise("TypeError", format!("{full} is not a class"));
            }
            None => self.create_class(holder, written.name, superclass)?,
        };
        self.class_body(class, &written.body, env)
    }

    fn check_superclass(&mut self, class: &'h Class<'h>, wanted: &'h Class<'h>) -> Res<'h, ()> {
        if class
            .superclass
            .get()
            .is_some_and(|known| known.serial == wanted.serial)
        {
            return Ok(());
        }
        let name = self.class_name(class);
        self.raise("TypeError", format!("superclass mismatch for class {name}"))
    }

    fn create_class(
        &mut self,
        holder: &'h Class<'h>,
        name: Symbol,
        superclass: Option<&'h Class<'h>>,
    ) -> Res<'h, &'h Class<'h>> {
        let superclass = match superclass {
            Some(superclass) => superclass,
            None => self.class_named("Object"),
        };
        self.check_ancestors(superclass)?;
        let full = self.full_name(holder, name);
        let full = self.heap.keep_text(&full);
        let class = self.new_class(ClassKind::Class, Some(full), Some(superclass));
        class.lexical_parent.set(Some(holder));
        holder.set_constant(name, Value::Class(class));
        self.notify(superclass, known::INHERITED, Value::Class(class))?;
        Ok(class)
    }

    /// Refuses what is included in more than a hundred others: looking methods up would take long.
    pub(in super::super) fn check_ancestors(&mut self, class: &'h Class<'h>) -> Res<'h, ()> {
        const MOST: usize = 100;
        if class.ancestors().len() > MOST {
            return self.unsupported("a class with more than 100 ancestors");
        }
        Ok(())
    }

    /// Calls a hook of a class that the template has defined.
    pub(in super::super) fn notify(
        &mut self,
        class: &'h Class<'h>,
        hook: Symbol,
        argument: Value<'h>,
    ) -> Res<'h, ()> {
        let found = self.find_class_method(class, hook);
        if matches!(found.map(|found| found.callable), Some(Callable::Method(_))) {
            self.call_method(Value::Class(class), hook, &[argument])?;
        }
        Ok(())
    }

    fn module_definition(&mut self, written: &'h ClassBody, env: Env<'h>) -> Res<'h> {
        let holder = self.holder(written, env)?;
        let module = match self.own_constant(holder, written.name)? {
            Some(Value::Class(module)) if module.is_module() => module,
            Some(_) => {
                let full = self.full_name(holder, written.name);
                return self.raise("TypeError", format!("{full} is not a module"));
            }
            None => {
                let full = self.full_name(holder, written.name);
                let full = self.heap.keep_text(&full);
                let module = self.new_class(ClassKind::Module, Some(full), None);
                module.lexical_parent.set(Some(holder));
                holder.set_constant(written.name, Value::Class(module));
                module
            }
        };
        self.class_body(module, &written.body, env)
    }

    fn class_body(&mut self, class: &'h Class<'h>, body: &'h Body, env: Env<'h>) -> Res<'h> {
        let heap = self.heap;
        let lexical = heap.keep(Lexical {
            class,
            outer: Some(env.context.lexical),
        });
        let scope = self.scope(body.locals, None);
        let context = heap.keep(Context {
            receiver: Value::Class(class),
            method: None,
            parameters: None,
            arguments: None,
            block: None,
            lexical,
            activation: self.next_activation(),
            alive: heap.keep_cell(false),
            last_match: heap.keep_cell(Value::Nil),
            lambda: false,
        });
        class.default_visibility.set(Visibility::Public);
        class.module_function.set(false);
        let result = self.deeper(|vm| vm.eval(&body.body, Env { scope, context }));
        class.default_visibility.set(Visibility::Public);
        class.module_function.set(false);
        result
    }

    pub(super) fn array_literal(&mut self, nodes: &'h [Node], env: Env<'h>) -> Res<'h> {
        let mut items = Vec::with_capacity(nodes.len());
        for node in nodes {
            if let Kind::Splat(inner) = &node.kind {
                let value = self.optional(inner.as_deref(), env)?;
                items.extend(self.splat(value)?);
            } else {
                items.push(self.eval(node, env)?);
            }
        }
        Ok(self.array(items))
    }

    pub(super) fn hash_literal(
        &mut self,
        entries: &'h [Entry],
        env: Env<'h>,
    ) -> Res<'h, &'h Hash<'h>> {
        let hash = self.new_hash();
        for entry in entries {
            match entry {
                Entry::Pair(key, value) => {
                    let key = self.eval(key, env)?;
                    let value = self.eval(value, env)?;
                    self.hash_set(hash, key, value)?;
                }
                Entry::Splat(None) => {}
                Entry::Splat(Some(node)) => {
                    let value = self.eval(node, env)?;
                    self.position = node.position;
                    let inner = self.keyword_hash(value)?;
                    for (key, value) in inner.map(Hash::entries).unwrap_or_default() {
                        self.hash_set(hash, key, value)?;
                    }
                }
            }
        }
        Ok(hash)
    }

    /// What `**value` stands for.
    fn keyword_hash(&mut self, value: Value<'h>) -> Res<'h, Option<&'h Hash<'h>>> {
        match value {
            Value::Hash(hash) => Ok(Some(hash)),
            Value::Nil => Ok(None),
            _ if self.responds(value, known::TO_HASH) => {
                match self.call_method(value, known::TO_HASH, &[])? {
                    Value::Hash(hash) => Ok(Some(hash)),
                    _ => self.no_conversion(value, "Hash"),
                }
            }
            _ => self.no_conversion(value, "Hash"),
        }
    }

    pub(super) fn not(&mut self, inner: &'h Node, node: &'h Node, env: Env<'h>) -> Res<'h> {
        let value = self.eval(inner, env)?;
        if let Value::Object(_) = value
            && let Some(found) = self.find_method(value, known::NOT)
            && let Callable::Method(_) = found.callable
        {
            self.position = node.position;
            return self.call_method(value, known::NOT, &[]);
        }
        Ok(Value::Bool(!value.truthy()))
    }
}
