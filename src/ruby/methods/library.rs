//! All classes and methods that are built in, put together once in a process.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::super::eval::Vm;
use super::super::symbol::{KNOWN, Names, Symbol};
use super::super::unwind::Res;
use super::Row;

/// Number of a class of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClassId(pub(in super::super) u16);

/// A class or module of the library.
#[derive(Debug, Clone, Copy)]
pub struct ClassDefinition {
    /// Full name, as `OpenSSL::Digest`.
    pub name: &'static str,
    /// Full name of the superclass; empty for modules and the root.
    pub superclass: &'static str,
    /// Whether it is a module.
    pub module: bool,
    /// Full names of included modules, the last included one last.
    pub includes: &'static [&'static str],
    /// Methods of instances, in groups.
    pub methods: &'static [&'static [Row]],
    /// Methods of the class itself.
    pub class_methods: &'static [&'static [Row]],
    /// Constants that are no classes.
    pub constants: &'static [Constant],
    /// Names of Ruby's methods of instances that are not supported.
    pub missing: &'static [&'static str],
    /// Names of Ruby's methods of the class that are not supported.
    pub class_missing: &'static [&'static str],
}

/// A constant and what makes its value.
#[derive(Debug, Clone, Copy)]
pub struct Constant {
    /// Name.
    pub name: &'static str,
    /// Makes the value in a run.
    pub value: for<'h> fn(&mut Vm<'h>) -> Res<'h>,
}

impl ClassDefinition {
    /// A class below another.
    pub const fn class(name: &'static str, superclass: &'static str) -> Self {
        Self {
            name,
            superclass,
            module: false,
            includes: &[],
            methods: &[],
            class_methods: &[],
            constants: &[],
            missing: &[],
            class_missing: &[],
        }
    }

    /// A module.
    pub const fn module(name: &'static str) -> Self {
        Self {
            module: true,
            ..Self::class(name, "")
        }
    }

    /// With these modules.
    #[must_use]
    pub const fn includes(mut self, includes: &'static [&'static str]) -> Self {
        self.includes = includes;
        self
    }

    /// With these methods of instances.
    #[must_use]
    pub const fn methods(mut self, methods: &'static [&'static [Row]]) -> Self {
        self.methods = methods;
        self
    }

    /// With these methods of the class itself.
    #[must_use]
    pub const fn class_methods(mut self, methods: &'static [&'static [Row]]) -> Self {
        self.class_methods = methods;
        self
    }

    /// With these constants.
    #[must_use]
    pub const fn constants(mut self, constants: &'static [Constant]) -> Self {
        self.constants = constants;
        self
    }

    /// Without these methods, which Ruby has.
    #[must_use]
    pub const fn missing(
        mut self,
        methods: &'static [&'static str],
        class_methods: &'static [&'static str],
    ) -> Self {
        self.missing = methods;
        self.class_missing = class_methods;
        self
    }
}

/// What looking a name up in a table gives.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Entry {
    Row(&'static Row),
    /// Ruby has it, we do not.
    Missing,
}

/// What a constant of the library is.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Known {
    Class(ClassId),
    Constant(&'static Constant),
}

/// Classes of values that do not say their class themselves, found without a look at their names.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Basic {
    Object,
    NilClass,
    TrueClass,
    FalseClass,
    Integer,
    Float,
    Symbol,
    String,
    Array,
    Hash,
    Range,
    Regexp,
    MatchData,
    Proc,
    Method,
    UnboundMethod,
    Class,
    Module,
}

impl Basic {
    /// In the order of the variants.
    const NAMES: [&'static str; 18] = [
        "Object",
        "NilClass",
        "TrueClass",
        "FalseClass",
        "Integer",
        "Float",
        "Symbol",
        "String",
        "Array",
        "Hash",
        "Range",
        "Regexp",
        "MatchData",
        "Proc",
        "Method",
        "UnboundMethod",
        "Class",
        "Module",
    ];
}

/// All classes and methods that are built in.
#[derive(Debug)]
pub struct Library {
    pub(in super::super) names: Arc<Names>,
    pub(in super::super) classes: Vec<&'static ClassDefinition>,
    by_name: FxHashMap<&'static str, ClassId>,
    constants: FxHashMap<(ClassId, Symbol), Known>,
    basic: [ClassId; Basic::NAMES.len()],
    methods: FxHashMap<(ClassId, Symbol), Entry>,
    class_methods: FxHashMap<(ClassId, Symbol), Entry>,
}

impl Library {
    /// Puts tables together; of classes with equal names the methods of all are found, the first table decides about
    /// the rest. Their order is that of their numbers.
    pub fn new(tables: &[&'static [ClassDefinition]]) -> Self {
        let mut library = Self {
            names: Arc::default(),
            classes: Vec::new(),
            by_name: FxHashMap::default(),
            constants: FxHashMap::default(),
            basic: [ClassId(0); Basic::NAMES.len()],
            methods: FxHashMap::default(),
            class_methods: FxHashMap::default(),
        };
        let mut names = Names::default();
        for name in KNOWN {
            names.intern(name);
        }
        for definition in tables.iter().copied().flatten() {
            library.add(definition, &mut names);
        }
        library.name_classes(&mut names);
        library.names = Arc::new(names);
        library
    }

    /// Makes each class a constant of the one its name says it is in.
    fn name_classes(&mut self, names: &mut Names) {
        for (name, id) in &self.by_name {
            let (outer, name) = name.rsplit_once("::").unwrap_or(("Object", name));
            if let Some(outer) = self.by_name.get(outer) {
                let key = (*outer, names.intern(name));
                self.constants.insert(key, Known::Class(*id));
            }
        }
        for (place, name) in self.basic.iter_mut().zip(Basic::NAMES) {
            *place = self.by_name.get(name).copied().unwrap_or(ClassId(0));
        }
    }

    fn add(&mut self, definition: &'static ClassDefinition, names: &mut Names) {
        let next = ClassId(u16::try_from(self.classes.len()).unwrap_or(u16::MAX));
        let id = *self.by_name.entry(definition.name).or_insert(next);
        if id == next {
            self.classes.push(definition);
        }
        for part in definition.name.split("::") {
            names.intern(part);
        }
        for constant in definition.constants {
            let key = (id, names.intern(constant.name));
            self.constants.insert(key, Known::Constant(constant));
        }
        let rows = [
            (&mut self.methods, definition.methods, definition.missing),
            (
                &mut self.class_methods,
                definition.class_methods,
                definition.class_missing,
            ),
        ];
        for (table, rows, missing) in rows {
            for row in rows.iter().copied().flatten() {
                for keyword in row.keywords {
                    names.intern(keyword);
                }
                table.insert((id, names.intern(row.name)), Entry::Row(row));
            }
            for name in missing {
                let name = names.intern(name);
                table.entry((id, name)).or_insert(Entry::Missing);
            }
        }
    }

    /// The class with a full name.
    pub fn class(&self, name: &str) -> Option<ClassId> {
        self.by_name.get(name).copied()
    }

    /// A constant of a class of the library, which may be a class.
    pub(in super::super) fn constant(&self, class: ClassId, name: Symbol) -> Option<Known> {
        self.constants.get(&(class, name)).copied()
    }

    /// A class that values without a class of their own have.
    pub(in super::super) fn basic(&self, class: Basic) -> ClassId {
        self.basic[class as usize]
    }

    pub(in super::super) fn definition(&self, id: ClassId) -> Option<&'static ClassDefinition> {
        self.classes.get(usize::from(id.0)).copied()
    }

    pub(in super::super) fn method(&self, id: ClassId, name: Symbol) -> Option<Entry> {
        self.methods.get(&(id, name)).copied()
    }

    pub(in super::super) fn class_method(&self, id: ClassId, name: Symbol) -> Option<Entry> {
        self.class_methods.get(&(id, name)).copied()
    }

    /// A method that Ruby has under this name, as `String#crypt`, and no class of the library has.
    pub(in super::super) fn missing_method(&self, name: Symbol) -> Option<String> {
        let mut missing = None;
        for (index, definition) in self.classes.iter().enumerate() {
            let id = ClassId(u16::try_from(index).unwrap_or(u16::MAX));
            for (entry, separator) in [
                (self.method(id, name), '#'),
                (self.class_method(id, name), '.'),
            ] {
                match entry {
                    Some(Entry::Row(_)) => return None,
                    Some(Entry::Missing) => {
                        missing = missing.or(Some((definition.name, separator)));
                    }
                    None => {}
                }
            }
        }
        let (class, separator) = missing?;
        let name = self.names.name(name)?;
        Some(format!("{class}{separator}{name}"))
    }

    /// The definitions of all classes, in the order of the tables.
    pub fn definitions(&self) -> &[&'static ClassDefinition] {
        &self.classes
    }
}
