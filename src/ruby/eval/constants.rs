//! Constants and class variables.

use super::super::ast::Node;
use super::super::class::{Class, Lexical, get, set};
use super::super::methods::library::{Basic, Known};
use super::super::symbol::{Symbol, known};
use super::super::unwind::Res;
use super::super::value::Value;
use super::{Env, Vm};

impl<'h> Vm<'h> {
    /// The value of a constant as written in a place.
    pub(super) fn constant(&mut self, name: Symbol, lexical: &'h Lexical<'h>) -> Res<'h> {
        match self.find_constant(name, lexical)? {
            Some(value) => Ok(value),
            None => self.no_constant(lexical.class, name),
        }
    }

    pub(super) fn find_constant(
        &mut self,
        name: Symbol,
        lexical: &'h Lexical<'h>,
    ) -> Res<'h, Option<Value<'h>>> {
        let mut next = Some(lexical);
        while let Some(place) = next {
            if let Some(value) = self.own_constant(place.class, name)? {
                return Ok(Some(value));
            }
            next = place.outer;
        }
        self.inherited_constant(lexical.class, name)
    }

    /// A constant of a class or of what it comes from.
    pub(in super::super) fn inherited_constant(
        &mut self,
        class: &'h Class<'h>,
        name: Symbol,
    ) -> Res<'h, Option<Value<'h>>> {
        for ancestor in class.ancestors() {
            if let Some(value) = self.own_constant(ancestor, name)? {
                return Ok(Some(value));
            }
        }
        let object = self.basic_class(Basic::Object);
        self.own_constant(object, name)
    }

    /// A constant of a class itself: set in this run, a class of the library, or a constant of the library.
    pub(in super::super) fn own_constant(
        &mut self,
        class: &'h Class<'h>,
        name: Symbol,
    ) -> Res<'h, Option<Value<'h>>> {
        if let Some(value) = class.constant(name) {
            return Ok(Some(value));
        }
        let Some(id) = class.id else {
            return Ok(None);
        };
        let constant = match self.library.constant(id, name) {
            None => return Ok(None),
            Some(Known::Class(id)) => return Ok(Some(Value::Class(self.library_class(id)))),
            Some(Known::Constant(constant)) => constant,
        };
        let value = (constant.value)(self)?;
        class.set_constant(name, value);
        Ok(Some(value))
    }

    /// Raises NameError, or refuses a constant that Ruby has and we do not.
    pub(in super::super) fn no_constant(&mut self, class: &'h Class<'h>, name: Symbol) -> Res<'h> {
        if let Some(found) = self.find_class_method(class, known::CONST_MISSING)
            && let super::lookup::Callable::Method(_) = found.callable
        {
            return self.call_method(
                Value::Class(class),
                known::CONST_MISSING,
                &[Value::Symbol(name)],
            );
        }
        let text = self.name(name);
        let top = class.name.get() == Some("Object");
        let outside = top || self.class_id(text).is_none();
        if super::super::methods::missing::CONSTANTS.contains(&text) && outside {
            return self.unsupported(format!("the constant {text}"));
        }
        let full = if top {
            text.to_owned()
        } else {
            format!("{}::{text}", self.class_name(class))
        };
        let details = [Value::Symbol(name), Value::Class(class), Value::Nil];
        self.raise_with(
            "NameError",
            format!("uninitialized constant {full}"),
            details,
        )
    }

    pub(super) fn constant_path(
        &mut self,
        scope: Option<&'h Node>,
        name: Symbol,
        node: &'h Node,
        env: Env<'h>,
    ) -> Res<'h> {
        let scope = match scope {
            Some(scope) => self.eval(scope, env)?,
            None => Value::Class(self.class_named("Object")),
        };
        self.position = node.position;
        let Value::Class(class) = scope else {
            let shown = self.inspect(scope)?;
            return self.raise("TypeError", format!("{shown} is not a class/module"));
        };
        for ancestor in class.ancestors() {
            let outside =
                ancestor.name.get() == Some("Object") && class.name.get() != Some("Object");
            if outside {
                break;
            }
            if let Some(value) = self.own_constant(ancestor, name)? {
                self.check_public(ancestor, name)?;
                return Ok(value);
            }
        }
        let full = format!("{}::{}", self.class_name(class), self.name(name));
        if super::super::methods::missing::CONSTANTS.contains(&full.as_str()) {
            return self.unsupported(format!("the constant {full}"));
        }
        self.no_constant(class, name)
    }

    /// Raises NameError for a constant that is private.
    pub(in super::super) fn check_public(
        &mut self,
        class: &'h Class<'h>,
        name: Symbol,
    ) -> Res<'h, ()> {
        if !class.private_constants.borrow().contains(&name) {
            return Ok(());
        }
        let full = format!("{}::{}", self.class_name(class), self.name(name));
        let details = [Value::Symbol(name), Value::Class(class), Value::Nil];
        self.raise_with(
            "NameError",
            format!("private constant {full} referenced"),
            details,
        )
    }

    pub(super) fn find_class_variable(
        name: Symbol,
        env: Env<'h>,
    ) -> Option<(&'h Class<'h>, Value<'h>)> {
        let class = class_of_variables(env.context.lexical.class);
        let holders = class.ancestors().into_iter();
        let mut found = holders
            .filter_map(|holder| get(&holder.shared_variables, name).map(|value| (holder, value)));
        found.next()
    }

    pub(super) fn class_variable(&mut self, name: Symbol, env: Env<'h>) -> Res<'h> {
        if let Some((_, value)) = Self::find_class_variable(name, env) {
            return Ok(value);
        }
        let class = class_of_variables(env.context.lexical.class);
        let class_name = self.class_name(class);
        let text = self.name(name);
        let message = format!("uninitialized class variable {text} in {class_name}");
        let details = [Value::Symbol(name), Value::Class(class), Value::Nil];
        self.raise_with("NameError", message, details)
    }

    pub(super) fn set_class_variable(&mut self, name: Symbol, value: Value<'h>, env: Env<'h>) {
        let holder = match Self::find_class_variable(name, env) {
            Some((holder, _)) => holder,
            None => class_of_variables(env.context.lexical.class),
        };
        self.heap.take(24);
        set(&holder.shared_variables, name, value);
    }
}

/// Class variables written in a singleton class are those of its class.
fn class_of_variables<'h>(class: &'h Class<'h>) -> &'h Class<'h> {
    match class.attached.get() {
        Some(Value::Class(attached)) => attached,
        _ => class,
    }
}
