//! Classes of values, and methods by name.

use std::cell::Cell;

use super::super::class::{Class, ClassKind, Method, MethodBody, Visibility};
use super::super::methods::Row;
use super::super::methods::library::{Basic, ClassId, Entry};
use super::super::symbol::Symbol;
use super::super::value::{Data, Value};
use super::Vm;

/// A method that was found.
#[derive(Clone, Copy)]
pub struct Found<'h> {
    pub(in super::super) callable: Callable<'h>,
    /// The class or module it was found in.
    pub(in super::super) owner: &'h Class<'h>,
    pub(in super::super) visibility: Visibility,
}

/// What a found method runs.
#[derive(Clone, Copy)]
pub(in super::super) enum Callable<'h> {
    Row(&'static Row),
    Method(Method<'h>),
    /// Ruby has it, we do not.
    Missing,
}

impl<'h> Vm<'h> {
    /// The class of the library with a full name. A name that no table has gives Object.
    pub fn class_named(&mut self, name: &str) -> &'h Class<'h> {
        let id = self.class_id(name).unwrap_or(ClassId(0));
        self.library_class(id)
    }

    /// A class of the library, made when it is first needed.
    pub(in super::super) fn library_class(&mut self, id: ClassId) -> &'h Class<'h> {
        let index = usize::from(id.0);
        if let Some(Some(class)) = self.classes.get(index) {
            return class;
        }
        let Some(definition) = self.library.definition(id) else {
            return self.class_named("Object");
        };
        let kind = if definition.module {
            ClassKind::Module
        } else {
            ClassKind::Class
        };
        let superclass = match definition.superclass {
            "" => None,
            name => Some(self.class_named(name)),
        };
        let mut class = Class::new(u32::from(id.0), kind, Some(definition.name), superclass);
        class.id = Some(id);
        let class = self.heap.keep_class(class);
        self.classes[index] = Some(class);
        for module in definition.includes {
            let module = self.class_named(module);
            class.includes.borrow_mut().push(module);
        }
        if let Some((outer, _)) = definition.name.rsplit_once("::")
            && self.class_id(outer).is_some()
        {
            let outer = self.class_named(outer);
            class.lexical_parent.set(Some(outer));
        }
        class
    }

    /// A new class of this run.
    pub(in super::super) fn new_class(
        &mut self,
        kind: ClassKind,
        name: Option<&'h str>,
        superclass: Option<&'h Class<'h>>,
    ) -> &'h Class<'h> {
        self.next_serial += 1;
        let class = Class::new(self.next_serial, kind, name, superclass);
        self.heap.take(512);
        self.heap.keep_class(class)
    }

    /// The class of a value; a singleton class where it has one.
    pub fn class_of(&mut self, value: Value<'h>) -> &'h Class<'h> {
        let class = match value {
            Value::Nil => Basic::NilClass,
            Value::Bool(true) => Basic::TrueClass,
            Value::Bool(false) => Basic::FalseClass,
            Value::Integer(_) | Value::Big(_) => Basic::Integer,
            Value::Float(_) => Basic::Float,
            Value::Symbol(_) => Basic::Symbol,
            Value::String(string) => match string.class {
                Some(class) => return class,
                None => Basic::String,
            },
            Value::Array(array) => match array.class {
                Some(class) => return class,
                None => Basic::Array,
            },
            Value::Hash(hash) => match hash.class {
                Some(class) => return class,
                None => Basic::Hash,
            },
            Value::Range(_) => Basic::Range,
            Value::Regexp(_) => Basic::Regexp,
            Value::Match(_) => Basic::MatchData,
            Value::Proc(_) => Basic::Proc,
            Value::Method(method) if method.receiver.is_none() => Basic::UnboundMethod,
            Value::Method(_) => Basic::Method,
            Value::Class(class) => return self.class_of_class(class),
            Value::Object(object) => return object.class.get(),
        };
        self.basic_class(class)
    }

    pub(in super::super) fn basic_class(&mut self, class: Basic) -> &'h Class<'h> {
        self.library_class(self.library.basic(class))
    }

    fn class_of_class(&mut self, class: &'h Class<'h>) -> &'h Class<'h> {
        match class.singleton.get() {
            Some(singleton) => singleton,
            None if class.is_module() => self.basic_class(Basic::Module),
            None => self.basic_class(Basic::Class),
        }
    }

    /// Whether a value is of a class of the library or one below it.
    pub fn is_a(&mut self, value: Value<'h>, class: &str) -> bool {
        let class = self.class_named(class);
        self.class_of(value).descends_from(class)
    }

    /// The singleton class of an object or class; `None` for values that cannot have one.
    pub(in super::super) fn singleton_class(&mut self, value: Value<'h>) -> Option<&'h Class<'h>> {
        match value {
            Value::Class(class) => {
                if let Some(singleton) = class.singleton.get() {
                    return Some(singleton);
                }
                let meta = self.class_of(value);
                let singleton = self.new_class(ClassKind::Singleton, None, Some(meta));
                singleton.attached.set(Some(value));
                class.singleton.set(Some(singleton));
                self.found.clear();
                Some(singleton)
            }
            Value::Object(object) => {
                let class = object.class.get();
                if class.is_singleton() {
                    return Some(class);
                }
                let singleton = self.new_class(ClassKind::Singleton, None, Some(class));
                singleton.attached.set(Some(value));
                object.class.set(singleton);
                Some(singleton)
            }
            _ => None,
        }
    }

    /// The method a call finds.
    pub(in super::super) fn find_method(
        &mut self,
        receiver: Value<'h>,
        name: Symbol,
    ) -> Option<Found<'h>> {
        if let Value::Class(class) = receiver {
            return self.find_class_method(class, name);
        }
        let class = self.class_of(receiver);
        let found = self.find_instance_method(class, name);
        match receiver {
            Value::Object(object) => match object.attributes() {
                Some(table) => self.attribute(table, name, class, found).or(found),
                None => found,
            },
            _ => found,
        }
    }

    /// The attribute of an OpenStruct that a name stands for. It hides all methods but those of classes below OpenStruct
    /// and those with an exclamation mark.
    fn attribute(
        &mut self,
        table: &'h super::super::value::Hash<'h>,
        name: Symbol,
        owner: &'h Class<'h>,
        method: Option<Found<'h>>,
    ) -> Option<Found<'h>> {
        let text = self.name(name);
        let has = |vm: &mut Self, name| vm.hash_get(table, Value::Symbol(name));
        let body = if matches!(has(self, name), Ok(Some(_))) {
            MethodBody::Attribute(name)
        } else {
            let base = self.find_symbol(text.strip_suffix('=')?)?;
            matches!(has(self, base), Ok(Some(_))).then_some(MethodBody::SetAttribute(base))?
        };
        if let Some(method) = method {
            let open_struct = self.class_named("OpenStruct");
            let below = method.owner.serial != open_struct.serial
                && method.owner.descends_from(open_struct);
            if below || text.ends_with('!') {
                return None;
            }
        }
        Some(Found {
            callable: Callable::Method(Method {
                body,
                visibility: Visibility::Public,
                name,
                owner,
            }),
            owner,
            visibility: Visibility::Public,
        })
    }

    /// The method that instances of a class have.
    pub(in super::super) fn find_instance_method(
        &mut self,
        class: &'h Class<'h>,
        name: Symbol,
    ) -> Option<Found<'h>> {
        if let Some(known) = self.found.get(&(class.serial, name)) {
            return *known;
        }
        let ancestors = class.ancestors();
        let found = self.find_in(&ancestors, name);
        // The work of a search counts as memory, which is what it leaves.
        self.heap.take(64 + 16 * ancestors.len());
        self.found.insert((class.serial, name), found);
        found
    }

    /// The first method of that name in classes in order; `None` for one that was undefined.
    pub(in super::super) fn find_in(
        &mut self,
        classes: &[&'h Class<'h>],
        name: Symbol,
    ) -> Option<Found<'h>> {
        for owner in classes {
            if let Some(method) = owner.method(name) {
                let undefined = matches!(method.body, MethodBody::Undefined);
                return (!undefined).then_some(Found {
                    callable: match method.body {
                        MethodBody::Row(row) => Callable::Row(row),
                        _ => Callable::Method(method),
                    },
                    owner,
                    visibility: method.visibility,
                });
            }
            let entry = owner.id.and_then(|id| self.library.method(id, name));
            if let Some(entry) = entry {
                return Some(found_in_table(entry, owner));
            }
        }
        None
    }

    /// The method of a class itself: its own, those of what it extends, those of the classes above, those of Class.
    pub(in super::super) fn find_class_method(
        &mut self,
        class: &'h Class<'h>,
        name: Symbol,
    ) -> Option<Found<'h>> {
        let key = (class.serial ^ 0x8000_0000, name);
        if let Some(known) = self.found.get(&key) {
            return *known;
        }
        let found = self.search_class_method(class, name);
        self.heap.take(64);
        self.found.insert(key, found);
        found
    }

    fn search_class_method(&mut self, class: &'h Class<'h>, name: Symbol) -> Option<Found<'h>> {
        let mut next = Some(class);
        while let Some(current) = next {
            if let Some(singleton) = current.singleton.get() {
                let mut own: Vec<&'h Class<'h>> = Vec::new();
                own.extend(singleton.prepends.borrow().iter().rev());
                own.push(singleton);
                let included: Vec<_> = singleton.includes.borrow().clone();
                for module in included.into_iter().rev() {
                    own.extend(module.ancestors());
                }
                if let Some(found) = self.find_in(&own, name) {
                    return Some(found);
                }
            }
            let entry = current
                .id
                .and_then(|id| self.library.class_method(id, name));
            if let Some(entry) = entry {
                // `private` in a table is about instances: `Kernel.format` can be called.
                return Some(Found {
                    visibility: Visibility::Public,
                    ..found_in_table(entry, current)
                });
            }
            next = current.superclass.get();
        }
        let meta = if class.is_module() { "Module" } else { "Class" };
        let meta = self.class_named(meta);
        self.find_in(&meta.ancestors(), name)
    }

    /// The method behind the one that runs, for `super`.
    pub(in super::super) fn find_super(
        &mut self,
        receiver: Value<'h>,
        owner: &'h Class<'h>,
        name: Symbol,
    ) -> Option<Found<'h>> {
        if let Value::Class(class) = receiver {
            return self.find_class_super(class, owner, name);
        }
        let ancestors = self.class_of(receiver).ancestors();
        let place = ancestors
            .iter()
            .position(|class| class.serial == owner.serial)?;
        self.find_in(&ancestors[place + 1..], name)
    }

    fn find_class_super(
        &mut self,
        class: &'h Class<'h>,
        owner: &'h Class<'h>,
        name: Symbol,
    ) -> Option<Found<'h>> {
        let mut next = Some(class);
        while let Some(current) = next {
            next = current.superclass.get();
            let own = current.singleton.get().map(|singleton| singleton.serial);
            if own == Some(owner.serial) || current.serial == owner.serial {
                break;
            }
        }
        let Some(above) = next else {
            let meta = self.class_named("Class");
            return self.find_in(&meta.ancestors(), name);
        };
        self.find_class_method(above, name)
    }

    /// Forgets what was found: something was defined.
    pub(in super::super) fn forget_methods(&mut self) {
        self.found.clear();
    }

    /// Whether a call of that name with a receiver would find a method.
    pub fn responds(&mut self, receiver: Value<'h>, name: Symbol) -> bool {
        let found = self.find_method(receiver, name);
        found.is_some_and(|found| found.visibility == Visibility::Public)
    }

    /// The full name of a class as its `inspect`.
    pub fn class_name(&mut self, class: &'h Class<'h>) -> String {
        if let Some(name) = class.name.get() {
            return name.to_owned();
        }
        if let Some(attached) = class.attached.get() {
            let inner = match attached {
                Value::Class(class) => self.class_name(class),
                other => self.any_to_s(other),
            };
            return format!("#<Class:{inner}>");
        }
        let kind = if class.is_module() { "Module" } else { "Class" };
        format!("#<{kind}:0x{:016x}>", Value::Class(class).identity())
    }

    /// A bare instance of a class, as `allocate` makes it.
    pub fn instance_of(&mut self, class: &'h Class<'h>) -> Value<'h> {
        self.allocate(class)
    }

    pub(in super::super) fn allocate(&mut self, class: &'h Class<'h>) -> Value<'h> {
        Value::Object(self.object(class, Data::None))
    }

    /// A cell that lives as long as the run.
    pub fn cell(&mut self, value: Value<'h>) -> &'h Cell<Value<'h>> {
        self.heap.keep_cell(value)
    }
}

fn found_in_table<'h>(entry: Entry, owner: &'h Class<'h>) -> Found<'h> {
    match entry {
        Entry::Row(row) => Found {
            callable: Callable::Row(row),
            owner,
            visibility: if row.private {
                Visibility::Private
            } else {
                Visibility::Public
            },
        },
        Entry::Missing => Found {
            callable: Callable::Missing,
            owner,
            visibility: Visibility::Public,
        },
    }
}
