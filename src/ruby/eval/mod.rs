//! The evaluator: walks the program.
//!
//! One file for each group of forms. [`Vm`] is the state of one run; [`Env`] is where an expression stands: its local
//! variables and the method around it.

mod access;
mod assignment;
mod block;
mod call;
mod constants;
mod convert;
mod definitions;
mod enumerate;
mod equality;
mod errors;
mod flow;
mod interpolation;
mod lookup;
mod make;
mod patterns;
mod visible;

use std::cell::Cell;

use rustc_hash::FxHashMap;

pub use block::NativeBlock;
pub use enumerate::Flow;
pub(super) use equality::{big, is_number};
pub(super) use lookup::Callable;
pub use lookup::Found;
pub use visible::Visible;

use super::ast::{Kind, Node, Position, Program};
use super::class::{Class, Lexical};
use super::coverage::Recorder;
use super::heap::Heap;
use super::limits::{Limit, Limits};
use super::methods::library::{ClassId, Library};
use super::regex::{Effort, Exhausted};
use super::symbol::Symbol;
use super::unwind::{Res, Unwind};
use super::value::{Hash, Proc, Value};

/// What a search may take for one step of the run.
const EFFORT_OF_STEP: u64 = 2;
/// Stack that must be left before an expression is evaluated, and how much is added when it is not.
const STACK_LEFT: usize = 256 << 10;
const STACK_ADDED: usize = 4 << 20;

/// Which Ruby's texts and forms are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Version {
    /// Ruby 3.1, with its json 2.6.
    Ruby31,
    /// Ruby 3.4 and later.
    #[default]
    Ruby34,
}

/// What a run gets from outside.
#[derive(Debug, Clone, Copy)]
pub struct World {
    /// Seconds and nanoseconds since 1970, for `Time.now`.
    pub now: (i64, u32),
    /// Where random numbers start.
    pub seed: u64,
    /// Whose texts are given.
    pub version: Version,
    /// What may be used.
    pub limits: Limits,
}

/// The state of one run.
pub struct Vm<'h> {
    pub(super) heap: &'h Heap<'h>,
    pub(super) library: &'h Library,
    pub(super) program: &'h Program,
    pub(super) world: World,
    /// The generator of random numbers, made when it is first needed.
    pub(super) random: Option<Box<super::methods::random::Generator>>,
    /// Classes of the library that were needed, by number.
    classes: Vec<Option<&'h Class<'h>>>,
    pub(super) next_serial: u32,
    next_activation: u64,
    steps_left: u64,
    depth: u32,
    /// Where the expression is that runs now.
    pub(super) position: Position,
    /// Names made in this run.
    names: FxHashMap<&'h str, Symbol>,
    name_list: Vec<&'h str>,
    globals: FxHashMap<Symbol, Value<'h>>,
    found: FxHashMap<(u32, Symbol), Option<Found<'h>>>,
    /// The exception that is being handled, for `$!` and causes.
    pub(super) handled: Value<'h>,
    /// Tags of the `catch` calls that run.
    pub(super) catching: Vec<Value<'h>>,
    /// Objects that are being printed, so that what holds itself is printed once.
    pub(super) printing: Vec<usize>,
    /// The name of the template, for `__FILE__` and texts.
    pub(super) file: &'h str,
    /// Value of `self` at the top.
    pub(super) main: Value<'h>,
    /// Where the method of the library that runs now was called: for `binding`, `block_given?` and the like.
    pub(super) caller: Option<&'h Context<'h>>,
    /// The local variables around the call that begins, when it may ask for them.
    visible: Option<Visible<'h>>,
    /// Calls that run now: their names and the places they came from.
    pub(super) activations: Vec<(Option<Symbol>, Position)>,
    /// Counts what is evaluated, where somebody asked for it.
    pub recorder: Option<Box<Recorder>>,
}

/// Local variables of a body.
#[derive(Clone, Copy)]
pub struct Scope<'h> {
    pub(super) slots: &'h [Cell<Value<'h>>],
    pub(super) outer: Option<&'h Scope<'h>>,
}

/// The method around an expression.
#[derive(Clone, Copy)]
pub struct Context<'h> {
    pub(super) receiver: Value<'h>,
    /// The method, with the class it was found in; `None` at the top and in class bodies.
    pub(super) method: Option<(Symbol, &'h Class<'h>)>,
    pub(super) parameters: Option<&'h super::ast::Parameters>,
    /// The scope of the method itself, where `super` finds its arguments.
    pub(super) arguments: Option<&'h Scope<'h>>,
    pub(super) block: Option<&'h Proc<'h>>,
    pub(super) lexical: &'h Lexical<'h>,
    /// Number of the call, which `return` leaves; zero in the body of the template.
    pub(super) activation: u64,
    /// Whether the call still runs.
    pub(super) alive: &'h Cell<bool>,
    /// What the last regular expression found.
    pub(super) last_match: &'h Cell<Value<'h>>,
    /// Whether `return` ends a lambda: the activation above is then that of the lambda.
    pub(super) lambda: bool,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
pub struct Env<'h> {
    pub(super) scope: &'h Scope<'h>,
    pub(super) context: &'h Context<'h>,
}

impl<'h> Vm<'h> {
    /// A run of a program, whose names must lie above those of the library. `file` is what `__FILE__` says.
    pub fn new(
        heap: &'h Heap<'h>,
        library: &'h Library,
        program: &'h Program,
        file: &'h str,
        world: World,
    ) -> Self {
        Self {
            heap,
            library,
            program,
            world,
            random: None,
            classes: vec![None; library.classes.len()],
            next_serial: u32::from(u16::MAX),
            next_activation: 1,
            steps_left: world.limits.steps,
            depth: 0,
            position: Position::default(),
            names: FxHashMap::default(),
            name_list: Vec::new(),
            globals: FxHashMap::default(),
            found: FxHashMap::default(),
            handled: Value::Nil,
            catching: Vec::new(),
            printing: Vec::new(),
            file,
            main: Value::Nil,
            caller: None,
            visible: None,
            activations: Vec::new(),
            recorder: None,
        }
    }

    /// Runs the program with `main` as `self`; definitions go into the class of `main`.
    pub fn run(&mut self, main: Value<'h>) -> Res<'h> {
        self.run_body(main, None)
    }

    /// Runs the program as if it stood in a method of `main`: that is what `__method__` says.
    pub fn run_in_method(&mut self, main: Value<'h>, method: &str) -> Res<'h> {
        let method = self.symbol(method);
        self.run_body(main, Some(method))
    }

    fn run_body(&mut self, main: Value<'h>, method: Option<Symbol>) -> Res<'h> {
        self.main = main;
        let class = self.class_of(main).real();
        let heap = self.heap;
        let lexical = self.lexical(class);
        let scope = self.scope(self.program.locals, None);
        let context = heap.keep(Context {
            receiver: main,
            method: method.map(|method| (method, class)),
            parameters: None,
            arguments: None,
            block: None,
            lexical,
            activation: 0,
            alive: heap.keep_cell(true),
            last_match: heap.keep_cell(Value::Nil),
            lambda: false,
        });
        let result = self.eval(&self.program.body, Env { scope, context });
        self.uncaught(result)
    }

    /// A class and the classes of the library it is written in.
    fn lexical(&mut self, class: &'h Class<'h>) -> &'h Lexical<'h> {
        let outer = class.lexical_parent.get();
        let outer = outer.map(|outer| self.lexical(outer));
        self.heap.keep(Lexical { class, outer })
    }

    /// What nothing caught, as Ruby reports it.
    fn uncaught(&mut self, result: Res<'h>) -> Res<'h> {
        match result {
            Err(Unwind::Return(..)) => self.raise("LocalJumpError", "unexpected return"),
            Err(Unwind::Break(..)) => self.raise("LocalJumpError", "break from proc-closure"),
            Err(Unwind::Next(value)) => Ok(value),
            Err(Unwind::Throw(tag, value)) => self.uncaught_throw(tag, value),
            Err(Unwind::Retry | Unwind::Redo | Unwind::Stop(_)) => {
                self.raise("LocalJumpError", "unexpected jump")
            }
            result => result,
        }
    }

    /// Counts steps; every loop of a method that does not evaluate anything calls it.
    pub fn tick(&mut self, steps: usize) -> Res<'h, ()> {
        match self.steps_left.checked_sub(steps as u64) {
            None => return Err(Unwind::Limit(Limit::Steps)),
            Some(left) => self.steps_left = left,
        }
        if self.heap.taken() > self.world.limits.memory {
            return Err(Unwind::Limit(Limit::Memory));
        }
        Ok(())
    }

    /// Makes a search of a regular expression, which ends the run when it takes more than is left.
    ///
    /// # Errors
    ///
    /// The limit on steps.
    pub fn search<T>(
        &mut self,
        search: impl FnOnce(&mut Effort) -> Result<T, Exhausted>,
    ) -> Res<'h, T> {
        let mut effort = Effort::new(self.steps_left.saturating_mul(EFFORT_OF_STEP));
        let found = search(&mut effort);
        self.steps_left = effort.left() / EFFORT_OF_STEP;
        found.map_err(|Exhausted| Unwind::Limit(Limit::Steps))
    }

    /// What the run may use.
    pub fn limits(&self) -> Limits {
        self.world.limits
    }

    /// Asks for memory before a large piece is taken.
    pub fn reserve(&mut self, bytes: usize) -> Res<'h, ()> {
        let wanted = self.heap.taken().saturating_add(bytes);
        if wanted > self.world.limits.memory {
            return Err(Unwind::Limit(Limit::Memory));
        }
        Ok(())
    }

    /// Asks for memory for a text that grows to so many bytes: while it moves to a larger place there are two of it, and
    /// the place has room for twice as much.
    pub fn reserve_growing(&mut self, bytes: usize) -> Res<'h, ()> {
        self.reserve(bytes.saturating_mul(3))
    }

    /// Asks for memory that is not kept on the heap itself, as the bytes of a growing string, and counts it.
    pub fn grow(&mut self, bytes: usize) -> Res<'h, ()> {
        self.reserve(bytes)?;
        self.heap.take(bytes);
        Ok(())
    }

    /// Goes one call deeper; too deep is Ruby's SystemStackError.
    pub fn deeper<T>(&mut self, run: impl FnOnce(&mut Self) -> Res<'h, T>) -> Res<'h, T> {
        if self.depth >= self.world.limits.depth {
            return self.raise("SystemStackError", "stack level too deep");
        }
        self.depth += 1;
        let result = stacker::maybe_grow(STACK_LEFT, STACK_ADDED, || run(self));
        self.depth -= 1;
        result
    }

    fn next_activation(&mut self) -> u64 {
        self.next_activation += 1;
        self.next_activation
    }

    pub(super) fn scope(&mut self, slots: u32, outer: Option<&'h Scope<'h>>) -> &'h Scope<'h> {
        let slots = self.heap.keep_cells(slots as usize, Value::Nil);
        self.heap.keep(Scope { slots, outer })
    }

    /// Evaluates an expression.
    #[inline]
    pub(super) fn eval(&mut self, node: &'h Node, env: Env<'h>) -> Res<'h> {
        if self.recorder.is_some() {
            return self.eval_recorded(node, env);
        }
        self.eval_plain(node, env)
    }

    /// Evaluates an expression and counts it.
    #[cold]
    fn eval_recorded(&mut self, node: &'h Node, env: Env<'h>) -> Res<'h> {
        if let Some(recorder) = &mut self.recorder {
            recorder.begin(node);
        }
        let result = self.eval_plain(node, env);
        // `next` gives a block its value.
        if let (Some(recorder), Ok(value) | Err(Unwind::Next(value))) =
            (&mut self.recorder, &result)
        {
            recorder.end(node, value.truthy());
        }
        result
    }

    fn eval_plain(&mut self, node: &'h Node, env: Env<'h>) -> Res<'h> {
        self.tick(1)?;
        match &node.kind {
            Kind::Nil => Ok(Value::Nil),
            Kind::True => Ok(Value::Bool(true)),
            Kind::False => Ok(Value::Bool(false)),
            Kind::SelfValue => Ok(env.context.receiver),
            Kind::Integer(value) => Ok(Value::Integer(*value)),
            Kind::Float(value) => Ok(Value::Float(*value)),
            Kind::BigInteger(value) => Ok(self.integer(value.clone())),
            Kind::Symbol(symbol) => Ok(Value::Symbol(*symbol)),
            Kind::Local(local) => Ok(access::local(*local, env)),
            Kind::String(bytes) => Ok(self.string_literal(bytes, false)),
            Kind::FrozenString(bytes) => Ok(self.string_literal(bytes, true)),
            Kind::Sequence(nodes) => self.sequence(nodes, env),
            Kind::Call(call) => self.call_node(call, node, env),
            Kind::If(condition, then, otherwise) => {
                if self.eval(condition, env)?.truthy() {
                    self.eval(then, env)
                } else {
                    self.optional(otherwise.as_deref(), env)
                }
            }
            Kind::Not(inner) => self.not(inner, node, env),
            Kind::And(left, right) => match self.eval(left, env)? {
                value if value.truthy() => self.eval(right, env),
                value => Ok(value),
            },
            Kind::Or(left, right) => match self.eval(left, env)? {
                value if value.truthy() => Ok(value),
                _ => self.eval(right, env),
            },
            _ => self.eval_rarer(node, env),
        }
    }

    fn sequence(&mut self, nodes: &'h [Node], env: Env<'h>) -> Res<'h> {
        let mut last = Value::Nil;
        for node in nodes {
            last = self.eval(node, env)?;
        }
        Ok(last)
    }

    pub(super) fn optional(&mut self, node: Option<&'h Node>, env: Env<'h>) -> Res<'h> {
        node.map_or(Ok(Value::Nil), |node| self.eval(node, env))
    }

    fn eval_rarer(&mut self, node: &'h Node, env: Env<'h>) -> Res<'h> {
        match &node.kind {
            Kind::InterpolatedString(parts) => self.interpolated_string(parts, env),
            Kind::InterpolatedSymbol(parts) => self.interpolated_symbol(parts, env),
            Kind::Regexp(literal) => self.regexp_literal(literal, node),
            Kind::InterpolatedRegexp(parts, flags) => {
                self.interpolated_regexp(parts, *flags, node, env)
            }
            Kind::Array(items) => self.array_literal(items, env),
            Kind::Hash(entries) => self.hash_literal(entries, env).map(Value::Hash),
            Kind::Range {
                first,
                last,
                exclusive,
            } => {
                let first = self.optional(first.as_deref(), env)?;
                let last = self.optional(last.as_deref(), env)?;
                self.position = node.position;
                self.range(first, last, *exclusive)
            }
            Kind::Splat(inner) => {
                let value = self.optional(inner.as_deref(), env)?;
                let items = self.splat(value)?;
                Ok(self.array(items))
            }
            Kind::InstanceVariable(_)
            | Kind::ClassVariable(_)
            | Kind::Global(_)
            | Kind::Matched(_)
            | Kind::Constant(_)
            | Kind::ConstantPath(..)
            | Kind::File
            | Kind::Defined(_) => self.access(node, env),
            Kind::Assign(..) | Kind::OperatorAssign(..) | Kind::MultipleAssign(..) => {
                self.assignment(node, env)
            }
            Kind::CallInScope(call, names) => self.call_in_scope(call, names, node, env),
            Kind::Super(call) => self.super_node(call, node, env),
            Kind::ForwardingSuper(call) => self.forwarding_super(call, node, env),
            Kind::Yield(arguments) => self.yield_node(arguments, node, env),
            Kind::Lambda(block) => Ok(self.lambda(block, env)),
            Kind::Def(_)
            | Kind::Class(_)
            | Kind::Module(_)
            | Kind::SingletonClass(..)
            | Kind::Alias(..)
            | Kind::Undef(_) => self.definition(node, env),
            Kind::MatchRequired(..) | Kind::MatchPredicate(..) | Kind::CaseIn(..) => {
                self.pattern_match(node, env)
            }
            Kind::Unsupported(what) => {
                self.position = node.position;
                self.unsupported(what.as_str())
            }
            _ => self.flow(node, env),
        }
    }

    /// Ends the run: the template reached something that is not supported.
    pub fn unsupported<T>(&mut self, what: impl Into<Box<str>>) -> Res<'h, T> {
        Err(Unwind::Unsupported(what.into()))
    }

    /// The value of a keyword in a hash of symbols.
    pub(super) fn symbol_entry(&self, hash: &'h Hash<'h>, name: &str) -> Option<Value<'h>> {
        let symbol = self.find_symbol(name)?;
        let entries = hash.entries().into_iter();
        let mut found =
            entries.filter(|(key, _)| matches!(key, Value::Symbol(known) if *known == symbol));
        found.next().map(|(_, value)| value)
    }

    /// The number of a class of the library.
    pub(super) fn class_id(&self, name: &str) -> Option<ClassId> {
        self.library.class(name)
    }
}
