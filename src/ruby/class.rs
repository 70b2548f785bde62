//! Classes and modules of a run, and what the library says of those that are built in.

use std::cell::{Cell, RefCell};

use rustc_hash::FxHashMap;

use super::ast::{Block, Def};
use super::eval::{Context, Scope};
use super::methods::{Row, library::ClassId};
use super::symbol::Symbol;
use super::value::{Proc, Value};

/// A class or module.
pub struct Class<'h> {
    /// Number in the library, when it is built in.
    pub(super) id: Option<ClassId>,
    /// Number in this run: equal classes have equal numbers.
    pub(super) serial: u32,
    pub(super) kind: ClassKind,
    /// Full name; `None` for an anonymous one.
    pub(super) name: Cell<Option<&'h str>>,
    pub(super) superclass: Cell<Option<&'h Class<'h>>>,
    /// Modules, the last included one last.
    pub(super) includes: RefCell<Vec<&'h Class<'h>>>,
    pub(super) prepends: RefCell<Vec<&'h Class<'h>>>,
    pub(super) methods: RefCell<FxHashMap<Symbol, Method<'h>>>,
    /// In the order of their definition.
    pub(super) method_names: RefCell<Vec<Symbol>>,
    pub(super) constants: RefCell<Vec<(Symbol, Value<'h>)>>,
    /// Names of constants that only the class itself may write.
    pub(super) private_constants: RefCell<Vec<Symbol>>,
    pub(super) shared_variables: RefCell<Vec<(Symbol, Value<'h>)>>,
    pub(super) instance_variables: RefCell<Vec<(Symbol, Value<'h>)>>,
    /// The class of this class itself, made when it first gets a method of its own.
    pub(super) singleton: Cell<Option<&'h Class<'h>>>,
    /// The object a singleton class belongs to.
    pub(super) attached: Cell<Option<Value<'h>>>,
    /// Where it was written, for constants.
    pub(super) lexical_parent: Cell<Option<&'h Class<'h>>>,
    pub(super) default_visibility: Cell<Visibility>,
    /// `module_function` without arguments was called.
    pub(super) module_function: Cell<bool>,
}

/// What kind of class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClassKind {
    Class,
    Module,
    Singleton,
}

/// Who may call a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visibility {
    Public,
    Protected,
    Private,
}

/// A method defined in a run.
#[derive(Clone, Copy)]
pub(super) struct Method<'h> {
    pub(super) body: MethodBody<'h>,
    pub(super) visibility: Visibility,
    /// The name it was defined with, which `super` asks for.
    pub(super) name: Symbol,
    /// Where it was defined.
    pub(super) owner: &'h Class<'h>,
}

/// What a method does.
#[derive(Clone, Copy)]
pub(super) enum MethodBody<'h> {
    /// `def`, with the classes around it.
    Def(&'h Def, &'h Lexical<'h>),
    /// `define_method`
    Proc(&'h Proc<'h>),
    /// `attr_reader`
    Reader(Symbol),
    /// `attr_writer`
    Writer(Symbol),
    /// A member of a struct.
    Member(usize),
    /// `member=` of a struct.
    SetMember(usize),
    /// A name in the table of an OpenStruct.
    Attribute(Symbol),
    /// `name=` of an OpenStruct.
    SetAttribute(Symbol),
    /// A method of the library.
    Row(&'static Row),
    /// `undef`
    Undefined,
}

/// The classes around a piece of code, the innermost first.
#[derive(Clone, Copy)]
pub(super) struct Lexical<'h> {
    pub(super) class: &'h Class<'h>,
    pub(super) outer: Option<&'h Lexical<'h>>,
}

/// What a proc runs.
#[derive(Clone, Copy)]
pub(super) enum ProcBody<'h> {
    /// A block of the program where it was written.
    Block {
        block: &'h Block,
        scope: &'h Scope<'h>,
        context: &'h Context<'h>,
    },
    /// `&:name`
    Symbol(Symbol),
    /// `&method(:name)`
    Method { receiver: Value<'h>, name: Symbol },
    /// A step of a method of the library.
    Native(&'h super::eval::NativeBlock<'h>),
    /// `f >> g`: the first is called, then the second with its result.
    Composed(Value<'h>, Value<'h>),
    /// `f.curry`
    Curried {
        function: &'h Proc<'h>,
        arity: usize,
        arguments: &'h [Value<'h>],
    },
}

impl<'h> Class<'h> {
    pub(super) fn new(
        serial: u32,
        kind: ClassKind,
        name: Option<&'h str>,
        superclass: Option<&'h Class<'h>>,
    ) -> Self {
        Self {
            id: None,
            serial,
            kind,
            name: Cell::new(name),
            superclass: Cell::new(superclass),
            includes: RefCell::default(),
            prepends: RefCell::default(),
            methods: RefCell::default(),
            method_names: RefCell::default(),
            constants: RefCell::default(),
            private_constants: RefCell::default(),
            shared_variables: RefCell::default(),
            instance_variables: RefCell::default(),
            singleton: Cell::new(None),
            attached: Cell::new(None),
            lexical_parent: Cell::new(None),
            default_visibility: Cell::new(Visibility::Public),
            module_function: Cell::new(false),
        }
    }

    pub(super) fn is_module(&self) -> bool {
        self.kind == ClassKind::Module
    }

    pub(super) fn is_singleton(&self) -> bool {
        self.kind == ClassKind::Singleton
    }

    /// The class that is not a singleton class.
    pub fn real(&'h self) -> &'h Class<'h> {
        let mut class = self;
        while class.is_singleton() {
            match class.superclass.get() {
                Some(superclass) => class = superclass,
                None => break,
            }
        }
        class
    }

    pub(super) fn constant(&self, name: Symbol) -> Option<Value<'h>> {
        let constants = self.constants.borrow();
        let found = constants.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }

    pub(super) fn set_constant(&self, name: Symbol, value: Value<'h>) {
        set(&self.constants, name, value);
    }

    /// The method with this name that is defined here in this run.
    pub(super) fn method(&self, name: Symbol) -> Option<Method<'h>> {
        self.methods.borrow().get(&name).copied()
    }

    pub(super) fn define(&self, name: Symbol, method: Method<'h>) {
        if self.methods.borrow_mut().insert(name, method).is_none() {
            self.method_names.borrow_mut().push(name);
        }
    }

    /// Whether this class or one it comes from is the other.
    pub(super) fn descends_from(&'h self, other: &Class<'h>) -> bool {
        self.ancestors()
            .iter()
            .any(|class| class.serial == other.serial)
    }

    /// Classes and modules in the order in which methods are looked up.
    pub(super) fn ancestors(&'h self) -> Vec<&'h Class<'h>> {
        let mut found = Vec::new();
        let mut next = Some(self);
        while let Some(class) = next {
            class.collect_ancestors(&mut found);
            next = class.superclass.get();
        }
        found
    }

    fn collect_ancestors(&'h self, found: &mut Vec<&'h Class<'h>>) {
        if found.iter().any(|known| known.serial == self.serial) {
            return;
        }
        let prepends: Vec<_> = self.prepends.borrow().clone();
        for module in prepends.into_iter().rev() {
            module.collect_ancestors(found);
        }
        found.push(self);
        let includes: Vec<_> = self.includes.borrow().clone();
        for module in includes.into_iter().rev() {
            module.collect_ancestors(found);
        }
    }
}

/// Sets a name in a small ordered table.
pub(super) fn set<'h>(table: &RefCell<Vec<(Symbol, Value<'h>)>>, name: Symbol, value: Value<'h>) {
    let mut table = table.borrow_mut();
    match table.iter_mut().find(|(known, _)| *known == name) {
        Some((_, old)) => *old = value,
        None => table.push((name, value)),
    }
}

/// The value of a name in a small table.
pub(super) fn get<'h>(
    table: &RefCell<Vec<(Symbol, Value<'h>)>>,
    name: Symbol,
) -> Option<Value<'h>> {
    let table = table.borrow();
    let found = table.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| *value)
}
