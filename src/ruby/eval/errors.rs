//! Raising exceptions, and Ruby's words for what is missing.

use std::cell::Cell;

use super::super::class::Class;
use super::super::methods::Args;
use super::super::symbol::{Symbol, known};
use super::super::unwind::{Res, Unwind};
use super::super::value::{Data, ExceptionData, Proc, Value};
use super::{Version, Vm};

impl<'h> Vm<'h> {
    /// Raises an exception of a class of the library with a message.
    pub fn raise<T>(&mut self, class: &str, message: impl Into<String>) -> Res<'h, T> {
        let class = self.class_named(class);
        let message = self.str(message);
        let exception = self.new_exception(class, message);
        self.raise_value(exception)
    }

    /// Raises an exception with details that its class has (as `NameError#name`).
    pub fn raise_with<T>(
        &mut self,
        class: &str,
        message: impl Into<String>,
        details: [Value<'h>; 3],
    ) -> Res<'h, T> {
        let class = self.class_named(class);
        let message = self.str(message);
        let exception = self.new_exception(class, message);
        if let Value::Object(object) = exception
            && let Some(data) = object.exception()
        {
            data.details.set(details);
        }
        self.raise_value(exception)
    }

    /// Gives an exception its message and the details that its class has.
    pub fn describe(
        &mut self,
        exception: Value<'h>,
        message: impl Into<String>,
        details: [Value<'h>; 3],
    ) {
        let message = self.str(message);
        if let Value::Object(object) = exception
            && let Some(data) = object.exception()
        {
            data.message.set(message);
            data.details.set(details);
        }
    }

    /// The details of an exception that its class has; nil for anything else.
    pub fn details(&self, exception: Value<'h>) -> [Value<'h>; 3] {
        let data = match exception {
            Value::Object(object) => object.exception(),
            _ => None,
        };
        data.map_or([Value::Nil; 3], |data| data.details.get())
    }

    /// An exception that is not raised yet.
    pub fn new_exception(&mut self, class: &'h Class<'h>, message: Value<'h>) -> Value<'h> {
        let data = ExceptionData {
            message: Cell::new(message),
            cause: Cell::new(Value::Nil),
            position: Cell::new(None),
            trace: Cell::new(Value::Nil),
            details: Cell::new([Value::Nil; 3]),
        };
        Value::Object(self.object(class, Data::Exception(data)))
    }

    /// Raises an exception; the first time it notes where.
    pub fn raise_value<T>(&mut self, exception: Value<'h>) -> Res<'h, T> {
        if let Value::Object(object) = exception
            && let Some(data) = object.exception()
            && data.position.get().is_none()
        {
            data.position.set(Some(self.position));
            if !self.handled.same(exception) {
                data.cause.set(self.handled);
            }
        }
        Err(Unwind::Raise(exception))
    }

    /// Raises TypeError: `no implicit conversion of X into Y`.
    pub fn no_conversion<T>(&mut self, value: Value<'h>, into: &str) -> Res<'h, T> {
        let from = self.kind_word(value);
        self.raise(
            "TypeError",
            format!("no implicit conversion of {from} into {into}"),
        )
    }

    /// What a value is called in texts about conversion: `nil`, `true`, `false`, or its class.
    pub fn kind_word(&mut self, value: Value<'h>) -> String {
        match value {
            Value::Nil => "nil".to_owned(),
            Value::Bool(value) => value.to_string(),
            _ => {
                let class = self.class_of(value).real();
                self.class_name(class)
            }
        }
    }

    /// Raises what a call of a method that is not there raises.
    pub(in super::super) fn no_method<T>(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        variable: bool,
    ) -> Res<'h, T> {
        let text = self.name(name);
        let whom = self.whom(receiver)?;
        let quote = self.opening_quote();
        let (class, what) = if variable {
            ("NameError", "undefined local variable or method")
        } else {
            ("NoMethodError", "undefined method")
        };
        let message = format!("{what} {quote}{text}' for {whom}");
        self.raise_with(class, message, [Value::Symbol(name), receiver, Value::Nil])
    }

    /// Raises what calling a private or protected method raises.
    pub(in super::super) fn not_callable<T>(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
        kind: &str,
    ) -> Res<'h, T> {
        let text = self.name(name);
        let whom = self.whom(receiver)?;
        let quote = self.opening_quote();
        let message = format!("{kind} method {quote}{text}' called for {whom}");
        let details = [Value::Symbol(name), receiver, Value::Nil];
        self.raise_with("NoMethodError", message, details)
    }

    /// The quote in front of a name: Ruby used a backtick before 3.4.
    pub fn opening_quote(&self) -> char {
        match self.world.version {
            Version::Ruby31 => '`',
            Version::Ruby34 => '\'',
        }
    }

    /// How texts about methods speak of a receiver.
    fn whom(&mut self, receiver: Value<'h>) -> Res<'h, String> {
        if self.world.version == Version::Ruby31 {
            return self.whom_before_34(receiver);
        }
        Ok(match receiver {
            Value::Nil => "nil".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Class(class) => {
                let kind = if class.is_module() { "module" } else { "class" };
                format!("{kind} {}", self.class_name(class))
            }
            _ if receiver.same(self.main)
                && self.class_of(receiver).name.get() == Some("Object") =>
            {
                "main:Object".to_owned()
            }
            _ => {
                let class = self.class_of(receiver).real();
                format!("an instance of {}", self.class_name(class))
            }
        })
    }

    fn whom_before_34(&mut self, receiver: Value<'h>) -> Res<'h, String> {
        let text = self.inspect(receiver)?;
        let class = match receiver {
            Value::Class(class) if class.is_module() => "Module".to_owned(),
            Value::Class(_) => "Class".to_owned(),
            _ => {
                let class = self.class_of(receiver).real();
                self.class_name(class)
            }
        };
        if text.len() > 65 {
            let plain = self.any_to_s(receiver);
            return Ok(plain);
        }
        Ok(format!("{text}:{class}"))
    }

    /// Raises KeyError with receiver and key.
    pub fn key_not_found<T>(&mut self, receiver: Value<'h>, key: Value<'h>) -> Res<'h, T> {
        let shown = self.inspect(key)?;
        let message = format!("key not found: {shown}");
        self.raise_with("KeyError", message, [Value::Nil, receiver, key])
    }

    /// Raises FrozenError for a receiver that may not change.
    pub fn frozen<T>(&mut self, receiver: Value<'h>) -> Res<'h, T> {
        let class = self.class_of(receiver).real();
        let class = self.class_name(class);
        let shown = self.inspect(receiver)?;
        let message = format!("can't modify frozen {class}: {shown}");
        self.raise_with("FrozenError", message, [Value::Nil, receiver, Value::Nil])
    }

    pub(in super::super) fn uncaught_throw<T>(
        &mut self,
        tag: Value<'h>,
        value: Value<'h>,
    ) -> Res<'h, T> {
        let shown = self.inspect(tag)?;
        let message = format!("uncaught throw {shown}");
        self.raise_with("UncaughtThrowError", message, [tag, value, Value::Nil])
    }

    /// Raises ArgumentError about the number of arguments.
    pub(in super::super) fn wrong_number<T>(
        &mut self,
        given: usize,
        least: usize,
        most: Option<usize>,
    ) -> Res<'h, T> {
        let expected = match most {
            Some(most) if most == least => least.to_string(),
            Some(most) => format!("{least}..{most}"),
            None => format!("{least}+"),
        };
        self.raise(
            "ArgumentError",
            format!("wrong number of arguments (given {given}, expected {expected})"),
        )
    }

    /// The message of an exception, as its `message` gives it.
    pub fn exception_message(&mut self, exception: Value<'h>) -> Res<'h, String> {
        let message = self.call_method(exception, known::MESSAGE, &[])?;
        self.display(message)
    }
}

impl<'h> Vm<'h> {
    /// The block, or LocalJumpError.
    pub fn expect_block(&mut self, args: &Args<'_, 'h>) -> Res<'h, &'h Proc<'h>> {
        match args.block {
            Some(block) => Ok(block),
            None => self.raise("LocalJumpError", "no block given (yield)"),
        }
    }
}
