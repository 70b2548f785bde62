//! The tables of classes and methods as a page to read: `docs/template-methods.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::evaluation::tables;
use crate::ruby::methods::Row;
use crate::ruby::methods::library::ClassDefinition;

const HEAD: &str = "\
# Methods of templates

What job templates can call, by class; printed by `bosh-release template-methods`. Behaviour and texts are those of Ruby 3.4 and of a Director.
The number of arguments stands behind a name; `&` means that without a block the method returns an enumerator. What stands under *not supported*
is in Ruby and ends a rendering with its name when it is called.
";

/// All that the tables say of one class.
struct Entry {
    definition: &'static ClassDefinition,
    methods: Vec<&'static Row>,
    class_methods: Vec<&'static Row>,
    constants: Vec<&'static str>,
    missing: Vec<String>,
}

/// The page, as Markdown.
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    for entry in entries() {
        entry.print(&mut page);
    }
    page
}

/// One entry for each class, in the order of the tables.
fn entries() -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut places = BTreeMap::new();
    for definition in tables().into_iter().flatten() {
        let place = *places.entry(definition.name).or_insert_with(|| {
            entries.push(Entry::new(definition));
            entries.len() - 1
        });
        entries[place].add(definition);
    }
    entries
}

impl Entry {
    fn new(definition: &'static ClassDefinition) -> Self {
        Self {
            definition,
            methods: Vec::new(),
            class_methods: Vec::new(),
            constants: Vec::new(),
            missing: Vec::new(),
        }
    }

    fn add(&mut self, definition: &'static ClassDefinition) {
        self.methods
            .extend(definition.methods.iter().copied().flatten());
        self.class_methods
            .extend(definition.class_methods.iter().copied().flatten());
        self.constants
            .extend(definition.constants.iter().map(|constant| constant.name));
        let of_class = definition.class_missing.iter();
        self.missing
            .extend(of_class.map(|name| format!("`.{name}`")));
        let of_instances = definition.missing.iter();
        self.missing
            .extend(of_instances.map(|name| format!("`{name}`")));
    }

    fn print(&self, page: &mut String) {
        let Self { definition, .. } = self;
        let _ = write!(page, "\n## {}\n", definition.name);
        let mut about = Vec::new();
        if definition.module {
            about.push("A module.".to_owned());
        } else if !definition.superclass.is_empty() && definition.superclass != "Object" {
            about.push(format!("Below {}.", definition.superclass));
        }
        if !definition.includes.is_empty() {
            about.push(format!("Includes {}.", definition.includes.join(", ")));
        }
        if !self.constants.is_empty() {
            about.push(format!("Constants: {}.", self.constants.join(", ")));
        }
        if !about.is_empty() {
            let _ = write!(page, "\n{}\n", about.join(" "));
        }
        self.print_rows(page);
        if !self.missing.is_empty() {
            let _ = write!(page, "\n*Not supported:* {}\n", self.missing.join(" "));
        }
    }

    fn print_rows(&self, page: &mut String) {
        if self.methods.is_empty() && self.class_methods.is_empty() {
            return;
        }
        page.push_str("\n| method | |\n|---|---|\n");
        let of_class = self.class_methods.iter().map(|row| (".", row));
        let of_instances = self.methods.iter().map(|row| ("", row));
        for (prefix, row) in of_class.chain(of_instances) {
            let name = row.name.replace('|', "\\|");
            let arguments = arguments(row);
            let _ = writeln!(page, "| `{prefix}{name}`{arguments} | {} |", row.doc);
        }
    }
}

/// How many arguments a method takes: ` 1`, ` 0..2`, ` 1+`, and its keywords.
fn arguments(row: &Row) -> String {
    let mut text = match row.most {
        Some(0) => String::new(),
        Some(most) if most == row.least => format!(" {most}"),
        Some(most) => format!(" {}..{most}", row.least),
        None => format!(" {}+", row.least),
    };
    for keyword in row.keywords {
        let _ = write!(text, " `{keyword}:`");
    }
    if row.any_keywords {
        text.push_str(" `**`");
    }
    if row.enumerates {
        text.push_str(" &");
    }
    text
}

#[cfg(test)]
#[path = "../../tests/support/ruby_cases.rs"]
mod ruby_cases;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;

    use super::super::InstanceSpec;
    use super::super::dns::Numbering;
    use super::super::evaluation::library;
    use super::super::input::read_data;
    use super::super::template::Template;
    use super::ruby_cases::cases;
    use super::*;
    use crate::ruby::called;
    use crate::ruby::eval::{Version, Vm, World};
    use crate::ruby::heap::Heap;
    use crate::ruby::limits::Limits;
    use crate::ruby::parse::parse;
    use crate::source::Source;
    use crate::yaml::Value;

    #[test]
    fn the_page_is_as_printed() {
        let page = include_str!("../../docs/template-methods.md");
        assert!(
            page == markdown(),
            "print it again: bosh-release template-methods > docs/template-methods.md"
        );
    }

    /// The recorded cases themselves are the subject of `tests/ruby.rs` and `tests/conformance.rs`.
    #[test]
    fn every_row_is_called_by_a_recorded_case() {
        run_ruby_cases();
        run_templates();
        let called = called::all();
        let mut forgotten = Vec::new();
        for definition in tables().into_iter().flatten() {
            let of_class = definition.class_methods.iter().copied().flatten();
            let of_instances = definition.methods.iter().copied().flatten();
            for row in of_class {
                if !called.contains(&(definition.name, true, row.name)) {
                    forgotten.push(format!("{}.{}", definition.name, row.name));
                }
            }
            for row in of_instances {
                if !called.contains(&(definition.name, false, row.name)) {
                    forgotten.push(format!("{}#{}", definition.name, row.name));
                }
            }
        }
        assert!(
            forgotten.is_empty(),
            "{} rows without a case:\n{}",
            forgotten.len(),
            forgotten.join("\n")
        );
    }

    fn recorded(directory: &str, extension: &str) -> Vec<PathBuf> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
        let files = fs::read_dir(directory).unwrap();
        let files = files.map(|entry| entry.unwrap().path());
        files
            .filter(|path| path.extension().is_some_and(|found| found == extension))
            .collect()
    }

    fn world() -> World {
        World {
            now: (1_700_000_000, 123_456_789),
            seed: 1,
            version: Version::Ruby34,
            limits: Limits::default(),
        }
    }

    fn run_ruby_cases() {
        // Cases that run until a limit ends them call nothing that no other one calls.
        let files = recorded("tests/ruby", "txt").into_iter();
        for path in files.filter(|path| !path.ends_with("limits.txt")) {
            for case in cases(&fs::read_to_string(path).unwrap()) {
                let Ok(program) = parse(&case.code, 1, library()) else {
                    continue;
                };
                let heap = Heap::new();
                let mut vm = Vm::new(&heap, library(), &program, "main.rb", world());
                let class = vm.class_named("Object");
                let main = vm.instance_of(class);
                let _ = vm.run(main).and_then(|value| vm.inspect(value));
            }
        }
    }

    fn run_templates() {
        let directory = "tests/conformance/templates";
        let base = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
        let base = data(&base.join("base.yml"));
        let numbering = Numbering::read(base.get("dns").unwrap()).unwrap();
        let numbering = Arc::new(numbering);
        for path in recorded(directory, "yml") {
            let Value::Sequence(cases) = data(&path) else {
                continue;
            };
            for case in &cases {
                let Some(text) = case.get("template").and_then(Value::as_str) else {
                    continue;
                };
                let spec = changed(base.get("spec").unwrap(), case.get("spec"));
                let instance = InstanceSpec::new(spec, Some(Arc::clone(&numbering))).unwrap();
                let template = Template::compile("job", "config.erb", text);
                let _ = template.render(&instance, &world());
            }
        }
    }

    fn data(path: &Path) -> Value {
        let text = fs::read_to_string(path).unwrap();
        let source = Source::new(path.display().to_string(), text);
        read_data(&source).unwrap_or(Value::Null)
    }

    fn changed(spec: &Value, changes: Option<&Value>) -> Value {
        let (Value::Mapping(mut spec), Some(Value::Mapping(changes))) = (spec.clone(), changes)
        else {
            return spec.clone();
        };
        spec.retain(|(known, _)| !changes.iter().any(|(key, _)| key == known));
        spec.extend(changes.clone());
        Value::Mapping(spec)
    }
}
