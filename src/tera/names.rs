//! What a path means: a variable, a property, a field of the instance, something of a link.

use super::code::{Code, Level, Type};
use super::compiler::Compiler;
use super::interface::Property;
use super::path::{Path, Step};
use super::ruby::{is_free_name, quote};
use crate::nearest::nearest;

/// Where a look-up begins.
pub(super) enum Base {
    /// Always there; perhaps null.
    Certain(Code),
    /// A variable, or `:undefined`.
    Maybe(Code, String),
    /// No variable at all, in a partial that asks.
    Nothing(String),
    Property(String),
    /// A field that is nil when it is not set, with the way to it that does not fail.
    Field {
        code: Code,
        soft: String,
        always: bool,
    },
    Link(String),
    Instances(String),
    Address(String),
    LinkProperty(String, Vec<Step>),
}

/// What a path means, and what is left to look up in it.
pub(super) struct Found {
    base: Base,
    steps: Vec<Step>,
    text: String,
}

/// A field of `spec`: its path, whether it is always there, and what it is. `*` stands for a network.
const FIELDS: &[(&[&str], bool, Type)] = &[
    (&["deployment"], true, Type::Text),
    (&["job", "name"], true, Type::Text),
    (&["index"], true, Type::Int(0, 1 << 31)),
    (&["bootstrap"], true, Type::Bool),
    (&["name"], true, Type::Text),
    (&["id"], true, Type::Text),
    (&["az"], false, Type::Text),
    (&["networks", "*", "type"], false, Type::Text),
    (&["networks", "*", "ip"], false, Type::Text),
    (&["networks", "*", "prefix"], false, Type::Any),
    (&["networks", "*", "netmask"], false, Type::Text),
    (&["networks", "*", "default"], false, Type::List),
    (&["networks", "*", "nic_group"], false, Type::Any),
    (&["networks", "*", "dns"], false, Type::List),
    (&["networks", "*", "gateway"], false, Type::Text),
    (&["networks", "*", "dns_record_name"], false, Type::Text),
    (&["dns_domain_name"], false, Type::Text),
    (&["address"], false, Type::Text),
    (&["persistent_disk"], false, Type::Any),
    (&["ip"], false, Type::Text),
    (&["release", "name"], false, Type::Text),
    (&["release", "version"], false, Type::Text),
];

const LOOP_FIELDS: &[&str] = &["index", "index0", "first", "last"];
const LINK_FIELDS: &[&str] = &["instances", "properties", "address"];
/// The names that are there without being set.
pub(super) const ROOTS: &[&str] = &["properties", "spec", "links"];

impl Compiler<'_> {
    /// The value of a path, which has to be there.
    pub(super) fn strict(&mut self, path: &Path) -> Code {
        match self.found(path, false) {
            Some(found) => self.strict_of(found),
            None => nothing(),
        }
    }

    /// The value of a path, or nil.
    pub(super) fn soft(&mut self, path: &Path) -> Code {
        match self.found(path, true) {
            Some(found) => self.soft_of(found),
            None => nothing(),
        }
    }

    /// Whether there is something at a path.
    pub(super) fn defined(&mut self, path: &Path) -> Code {
        match self.found(path, true) {
            Some(found) => self.defined_of(found),
            None => nothing(),
        }
    }

    /// The declared property that a path is, when nothing is looked up in it.
    pub(super) fn plain_property(&mut self, path: &Path) -> Option<String> {
        match self.found(path, true)? {
            Found {
                base: Base::Property(name),
                steps,
                ..
            } if steps.is_empty() => Some(name),
            _ => None,
        }
    }

    fn strict_of(&mut self, found: Found) -> Code {
        let Found { base, steps, text } = found;
        let code = match base {
            Base::Certain(code)
            | Base::Field {
                code, always: true, ..
            } => code,
            Base::Maybe(code, name) => {
                let known = self.helper("known");
                Code::whole(
                    format!("{known}.({}, {})", code.ruby, quote(&name)),
                    code.kind,
                )
            }
            Base::Nothing(name) => Code::whole(
                format!("raise(NameError, {})", quote(&format!("{name} is not set"))),
                Type::Any,
            ),
            Base::Property(name) => Code::whole(format!("p({})", quote(&name)), Type::Any),
            Base::Field { code, .. } => self.present(&code, &text),
            Base::Link(_) => return nothing(),
            Base::Instances(link) => self.instances(&link),
            Base::Address(link) => {
                let address = Code::whole(format!("link({}).address", quote(&link)), Type::Text);
                self.present(&address, &text)
            }
            Base::LinkProperty(link, keys) => self.link_property(&link, &keys),
        };
        if steps.is_empty() {
            return code;
        }
        if steps
            .iter()
            .all(|step| matches!(step, Step::Key(_)) && !step.is_index())
        {
            let mut ruby = code.at(Level::Whole);
            for step in &steps {
                let key = self.key(step, false);
                ruby.push_str(".fetch(");
                ruby.push_str(&key);
                ruby.push(')');
            }
            return Code::whole(ruby, Type::Any);
        }
        let keys = self.keys(&steps, false);
        let find = self.helper("find");
        Code::whole(format!("{find}.({}, {keys})", code.ruby), Type::Any)
    }

    fn soft_of(&mut self, found: Found) -> Code {
        let Found { base, steps, .. } = found;
        if matches!(base, Base::Nothing(_)) {
            return nothing();
        }
        let code = match base {
            Base::Maybe(code, _) if steps.is_empty() => {
                let dig = self.helper("dig");
                return Code::whole(format!("{dig}.({})", code.ruby), Type::Any);
            }
            Base::Certain(code)
            | Base::Maybe(code, _)
            | Base::Field {
                code, always: true, ..
            } => code,
            Base::Nothing(_) => return nothing(),
            Base::Link(link) => return self.linked(&link),
            Base::Property(name) => Code::whole(format!("p({}, nil)", quote(&name)), Type::Any),
            Base::Field { soft, .. } => Code::whole(soft, Type::Any),
            Base::Instances(link) => {
                let code = self.instances(&link);
                self.when_linked(&link, code)
            }
            Base::Address(link) => {
                let code = Code::whole(format!("link({}).address", quote(&link)), Type::Any);
                self.when_linked(&link, code)
            }
            Base::LinkProperty(link, keys) => {
                let keys = self.keys(&keys, true);
                let dig = self.helper("dig");
                let code = Code::whole(
                    format!("{dig}.(link({}).properties, {keys})", quote(&link)),
                    Type::Any,
                );
                self.when_linked(&link, code)
            }
        };
        if steps.is_empty() {
            return code;
        }
        let keys = self.keys(&steps, true);
        let dig = self.helper("dig");
        Code::whole(format!("{dig}.({}, {keys})", code.ruby), Type::Any)
    }

    fn defined_of(&mut self, found: Found) -> Code {
        if matches!(found.base, Base::Nothing(_)) {
            return Code::literal("false", Type::Bool);
        }
        if !found.steps.is_empty() {
            let keys = self.keys(&found.steps, true);
            let base = match found.base {
                Base::Maybe(code, _) => code,
                base => self.soft_of(Found {
                    base,
                    steps: Vec::new(),
                    text: found.text,
                }),
            };
            let seek = self.helper("seek");
            return Code::of(
                Level::Compare,
                format!("{seek}.({}, {keys}) != :undefined", base.ruby),
                Type::Bool,
            );
        }
        match found.base {
            Base::Certain(_) | Base::Field { always: true, .. } => {
                Code::literal("true", Type::Bool)
            }
            Base::Maybe(code, _) => Code::of(
                Level::Compare,
                format!("{} != :undefined", code.at(Level::Add)),
                Type::Bool,
            ),
            Base::Nothing(_) => Code::literal("false", Type::Bool),
            Base::Link(link) | Base::Instances(link) => self.linked(&link),
            base => {
                let code = self.soft_of(Found {
                    base,
                    steps: Vec::new(),
                    text: found.text,
                });
                Code::of(
                    Level::Multiply,
                    format!("!{}.nil?", code.at(Level::Whole)),
                    Type::Bool,
                )
            }
        }
    }

    fn present(&mut self, code: &Code, name: &str) -> Code {
        let present = self.helper("present");
        Code::whole(
            format!("{present}.({}, {})", code.ruby, quote(name)),
            code.kind,
        )
    }

    fn instances(&mut self, link: &str) -> Code {
        let instances = self.helper("instances");
        Code::whole(format!("{instances}.({})", quote(link)), Type::List)
    }

    fn link_property(&mut self, link: &str, keys: &[Step]) -> Code {
        if let [Step::Key(key)] = keys
            && !key.contains('.')
        {
            return Code::whole(
                format!("link({}).p({})", quote(link), quote(key)),
                Type::Any,
            );
        }
        let keys = self.keys(keys, false);
        let property = self.helper("link_property");
        Code::whole(format!("{property}.({}, {keys})", quote(link)), Type::Any)
    }

    fn is_optional(&self, link: &str) -> bool {
        self.job.link(link).is_some_and(|link| link.optional) && !self.guarded.contains(link)
    }

    fn when_linked(&mut self, link: &str, code: Code) -> Code {
        if !self.is_optional(link) {
            return code;
        }
        let linked = self.helper("linked");
        let ruby = format!("{linked}.({}) ? {} : nil", quote(link), code.ruby);
        Code::of(Level::Loose, ruby, Type::Any)
    }

    fn linked(&mut self, link: &str) -> Code {
        if !self.is_optional(link) {
            return Code::literal("true", Type::Bool);
        }
        let linked = self.helper("linked");
        Code::whole(format!("{linked}.({})", quote(link)), Type::Bool)
    }

    fn keys(&mut self, steps: &[Step], soft: bool) -> String {
        let keys: Vec<String> = steps.iter().map(|step| self.key(step, soft)).collect();
        keys.join(", ")
    }

    fn key(&mut self, step: &Step, soft: bool) -> String {
        match step {
            Step::Key(key)
                if step.is_index() && key.len() < 10 && (key == "0" || !key.starts_with('0')) =>
            {
                key.clone()
            }
            Step::Key(key) => quote(key),
            Step::Dynamic(path) if soft => self.soft(path).ruby,
            Step::Dynamic(path) => self.strict(path).ruby,
        }
    }

    /// What a path means. `asking`: whether the template asks, so that an optional link needs no guard.
    fn found(&mut self, path: &Path, asking: bool) -> Option<Found> {
        let text = path.text.clone();
        let variable = self.variable(&path.root);
        let (base, used) = match (variable, path.root.as_str()) {
            (Some(base), _) => (base, 0),
            (None, "loop") => (self.loop_field(path)?, 1),
            (None, "properties") => self.property(path)?,
            (None, "spec") => self.field(path)?,
            (None, "links") => self.link(path, asking)?,
            (None, name) if self.may_be_missing(name, asking) => {
                (Base::Nothing(name.to_owned()), 0)
            }
            (None, _) => {
                self.unknown(path);
                return None;
            }
        };
        if let Some(Step::Key(key)) = path.steps.iter().find(|step| step.is_index())
            && key.len() > 9
        {
            self.fault(path.span, format!("The index {key} is too large"));
            return None;
        }
        Some(Found {
            base,
            steps: path.steps.iter().skip(used).cloned().collect(),
            text,
        })
    }

    /// Whether a partial may name what nothing sets: it asks, or has asked before.
    fn may_be_missing(&mut self, name: &str, asking: bool) -> bool {
        if asking && self.in_partial {
            self.asked.insert(name.to_owned());
        }
        self.in_partial && self.asked.contains(name)
    }

    fn variable(&self, name: &str) -> Option<Base> {
        let found = self.scopes.find(name);
        let (last, inner) = found.split_last()?;
        let mut ruby = last.ruby.clone();
        let mut kind = last.kind;
        for variable in inner.iter().rev() {
            ruby = format!("({0} == :undefined ? {ruby} : {0})", variable.ruby);
            kind = kind.join(variable.kind);
        }
        let code = Code::whole(ruby, kind);
        Some(if last.certain {
            Base::Certain(code)
        } else {
            Base::Maybe(code, name.to_owned())
        })
    }

    fn unknown(&mut self, path: &Path) {
        let mut names = self.scopes.names();
        names.extend(ROOTS);
        let hint = if self
            .job
            .properties
            .iter()
            .any(|name| name.split('.').next() == Some(&path.root))
        {
            Some(format!("write `properties.{}`", path.text))
        } else if self.job.link(&path.root).is_some() {
            Some(format!("write `links.{}`", path.text))
        } else if let Some(name) = self.meant_property(path, &names) {
            Some(format!("did you mean `properties.{name}`?"))
        } else {
            let near = nearest(&path.root, names).map(|near| format!("did you mean `{near}`?"));
            near.or(Some(
                "a template sees `properties`, `spec`, `links` and what it sets".to_owned(),
            ))
        };
        self.fault_with_hint(
            path.span,
            format!("There is nothing called `{}`", path.root),
            hint,
        );
    }

    /// The property that a path without `properties` is near to, when no name is.
    fn meant_property(&self, path: &Path, names: &[&str]) -> Option<String> {
        let known = self.job.properties.iter().map(String::as_str);
        let near = nearest(path.text.as_str(), known)?;
        nearest(&path.root, names.iter().copied())
            .is_none()
            .then(|| near.to_owned())
    }

    fn loop_field(&mut self, path: &Path) -> Option<Base> {
        let keys = path.keys();
        let Some(looped) = self.scopes.innermost_loop().cloned() else {
            self.fault(path.span, "`loop` is only there inside of a loop");
            return None;
        };
        let field = keys.first().copied().unwrap_or_default();
        if path.steps.len() != 1 || !LOOP_FIELDS.contains(&field) {
            let hint = nearest(field, LOOP_FIELDS.iter().copied())
                .map(|near| format!("did you mean `loop.{near}`?"));
            let hint = hint.or(Some(
                "there are `loop.index`, `loop.index0`, `loop.first`, `loop.last`".to_owned(),
            ));
            self.fault_with_hint(path.span, format!("There is no `{}`", path.text), hint);
            return None;
        }
        if let Some(needs) = self.loops.last_mut() {
            needs.index = true;
            needs.items |= field == "last";
        }
        let index = &looped.index;
        let code = match field {
            "index" => Code::of(Level::Add, format!("{index} + 1"), Type::Int(1, 1 << 40)),
            "index0" => Code::whole(index, Type::Int(0, 1 << 40)),
            "first" => Code::of(Level::Compare, format!("{index} == 0"), Type::Bool),
            _ => Code::of(
                Level::Compare,
                format!("{index} == {}.length - 1", looped.items),
                Type::Bool,
            ),
        };
        Some(Base::Certain(code))
    }

    fn property(&mut self, path: &Path) -> Option<(Base, usize)> {
        let keys = path.keys();
        match self.job.property(&keys) {
            Property::Declared(name, used) => {
                self.compiled.properties.insert(name.to_owned());
                Some((Base::Property(name.to_owned()), used))
            }
            Property::Group(below) => {
                let shown: Vec<String> = below
                    .iter()
                    .take(5)
                    .map(|name| format!("`{name}`"))
                    .collect();
                let what = format!("`{}` is no property", path.text);
                let hint = match path.steps.get(keys.len()) {
                    Some(_) => "a property is named, not computed".to_owned(),
                    None => format!("declared are {}: name one of them", shown.join(", ")),
                };
                self.fault_with_hint(path.span, what, Some(hint));
                None
            }
            Property::Unknown => {
                let name = keys.join(".");
                let known = self.job.properties.iter().map(String::as_str);
                let hint =
                    nearest(&name, known).map(|near| format!("did you mean `properties.{near}`?"));
                let hint = hint.or(Some(
                    "add it to the `properties` of the job's spec".to_owned(),
                ));
                self.fault_with_hint(
                    path.span,
                    format!("The job declares no property `{name}`"),
                    hint,
                );
                None
            }
        }
    }

    fn field(&mut self, path: &Path) -> Option<(Base, usize)> {
        let fits = |pattern: &[&str]| {
            pattern.len() <= path.steps.len()
                && pattern
                    .iter()
                    .zip(&path.steps)
                    .all(|(wanted, step)| match step {
                        Step::Key(key) => *wanted == "*" || wanted == key,
                        Step::Dynamic(_) => *wanted == "*",
                    })
        };
        let Some((pattern, always, kind)) = FIELDS.iter().find(|(pattern, ..)| fits(pattern))
        else {
            self.unknown_field(path);
            return None;
        };
        let (mut strict, mut soft) = ("spec".to_owned(), "spec".to_owned());
        for (depth, step) in path.steps.iter().take(pattern.len()).enumerate() {
            let safe = if depth > 0 && !*always { "&." } else { "." };
            match step {
                Step::Key(key)
                    if is_free_name(key) && !is_object_method(key)
                        || pattern.get(depth) != Some(&"*") =>
                {
                    let Step::Key(key) = step else { continue };
                    strict = format!("{strict}.{key}");
                    soft = format!("{soft}{safe}{key}");
                }
                step => {
                    strict = format!("{strict}[{}]", self.key(step, false));
                    soft = format!("{soft}&.[]({})", self.key(step, true));
                }
            }
        }
        let code = Code::whole(strict, *kind);
        Some((
            Base::Field {
                code,
                soft,
                always: *always,
            },
            pattern.len(),
        ))
    }

    fn unknown_field(&mut self, path: &Path) {
        let keys = path.keys();
        let hint = match keys.first() {
            Some(&"properties") => Some("write `properties.…`".to_owned()),
            Some(&"links") => Some("write `links.…`".to_owned()),
            Some(&"networks") if keys.len() < 3 => Some("write `spec.networks.NAME.ip`".to_owned()),
            _ => {
                let prefix = if keys.first() == Some(&"networks") {
                    2
                } else {
                    0
                };
                let last = keys.get(prefix..).unwrap_or_default().join(".");
                let known: Vec<String> = FIELDS
                    .iter()
                    .filter(|(field, ..)| (field.len() > 2) == (prefix > 0))
                    .map(|(field, ..)| field.get(prefix..).unwrap_or_default().join("."))
                    .collect();
                nearest(&last, known.iter().map(String::as_str))
                    .map(|near| format!("did you mean `{near}`?"))
                    .or(Some(format!("a Director gives {}", known.join(", "))))
            }
        };
        self.fault_with_hint(
            path.span,
            format!("There is no field `{}`", path.text),
            hint,
        );
    }

    fn link(&mut self, path: &Path, asking: bool) -> Option<(Base, usize)> {
        let keys = path.keys();
        let Some(name) = keys.first().map(|name| (*name).to_owned()) else {
            self.fault(
                path.span,
                "Name a link: `links.NAME.instances`, `links[\"NAME\"].properties.KEY`",
            );
            return None;
        };
        if self.job.link(&name).is_none() {
            let known = self.job.links.iter().map(|link| link.name.as_str());
            let hint = nearest(&name, known).map(|near| format!("did you mean `{near}`?"));
            let hint = hint.or(Some(
                "add it to the `consumes` of the job's spec".to_owned(),
            ));
            self.fault_with_hint(
                path.span,
                format!("The job consumes no link `{name}`"),
                hint,
            );
            return None;
        }
        self.compiled.links.insert(name.clone());
        if !asking && self.is_optional(&name) {
            let shown = if is_free_name(&name) {
                format!("links.{name}")
            } else {
                format!("links[\"{name}\"]")
            };
            let hint = format!("guard it: `{{% if {shown} is defined %}}`");
            self.warn(
                path.span,
                format!("The link `{name}` is optional, and used where it may be absent"),
                &hint,
            );
        }
        let base = match keys.get(1).copied() {
            None if asking && path.steps.len() == 1 => return Some((Base::Link(name), 1)),
            Some("instances") => (Base::Instances(name), 2),
            Some("address") => (Base::Address(name), 2),
            Some("properties") if path.steps.len() > 2 => (
                Base::LinkProperty(name, path.steps.iter().skip(2).cloned().collect()),
                path.steps.len(),
            ),
            field => {
                let field = field.unwrap_or_default();
                let near = nearest(field, LINK_FIELDS.iter().copied())
                    .filter(|near| *near != field)
                    .map(|near| format!("did you mean `{near}`?"));
                let hint = near.or(Some(
                    "a link has `instances`, `address`, and `properties.KEY`".to_owned(),
                ));
                self.fault_with_hint(
                    path.span,
                    format!("`{}` is nothing to be used", path.text),
                    hint,
                );
                return None;
            }
        };
        Some(base)
    }
}

/// Names that Ruby's objects answer to themselves.
fn is_object_method(name: &str) -> bool {
    const METHODS: &[&str] = &[
        "class",
        "clone",
        "display",
        "dup",
        "extend",
        "freeze",
        "hash",
        "inspect",
        "itself",
        "method",
        "methods",
        "object_id",
        "send",
        "tap",
        "test",
        "then",
        "to_s",
        "to_h",
        "dig",
        "each_pair",
        "trust",
        "taint",
        "system",
        "select",
        "open",
        "exec",
        "exit",
        "fail",
        "fork",
        "gets",
        "print",
        "puts",
        "rand",
        "sleep",
        "spawn",
        "trap",
        "warn",
        "catch",
        "throw",
        "abort",
    ];
    METHODS.contains(&name)
}

/// Stands for what was faulted.
pub(super) fn nothing() -> Code {
    Code::literal("nil", Type::Any)
}
