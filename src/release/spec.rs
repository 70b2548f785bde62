//! What job and package specs have in common: fields with types, and a list of what is wrong.
//!
//! The official CLI reads few keys and checks fewer; a Director refuses much of the rest at upload or deploy.
//! We refuse it here, with its place, and all of it at once.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::name::Name;
use crate::diagnostic::Diagnostic;
use crate::nearest::nearest;
use crate::source::Source;
use crate::yaml::Node;

/// Reads the fields of one spec.
pub(super) struct SpecReader<'a> {
    /// The text of the spec.
    pub(super) source: &'a Arc<Source>,
    /// Its document.
    pub(super) root: &'a Node,
    /// What is wrong so far.
    pub(super) faults: Vec<Diagnostic>,
}

impl<'a> SpecReader<'a> {
    pub(super) fn new(source: &'a Arc<Source>, root: &'a Node) -> Self {
        let mut reader = Self {
            source,
            root,
            faults: Vec::new(),
        };
        if !root.is_null() && root.entries().is_empty() && root.kind_name() != "a map" {
            reader.fault(
                root,
                format!("Expected the spec to be a map, not {}", root.kind_name()),
                "",
            );
        }
        reader
    }

    /// Notes an error at `node`.
    pub(super) fn fault(
        &mut self,
        node: &Node,
        message: impl Into<String>,
        label: &str,
    ) -> &mut Diagnostic {
        let index = self.faults.len();
        self.faults
            .push(Diagnostic::error(message).at(self.source, node.span, label));
        &mut self.faults[index]
    }

    /// Notes a warning at `node`.
    pub(super) fn warn(&mut self, node: &Node, message: impl Into<String>, hint: String) {
        self.faults.push(
            Diagnostic::warning(message)
                .at(self.source, node.span, "")
                .hint(hint),
        );
    }

    /// A field that is there and not null.
    pub(super) fn field(&self, key: &str) -> Option<&'a Node> {
        self.root.get(key).filter(|node| !node.is_null())
    }

    /// The `name`.
    pub(super) fn name(&mut self, of: &str) -> Option<Name> {
        let Some(node) = self.field("name") else {
            self.fault(self.root, format!("Expected {of} to have a 'name'"), "");
            return None;
        };
        self.as_name(node)
    }

    /// A name, anywhere.
    pub(super) fn as_name(&mut self, node: &Node) -> Option<Name> {
        let Some(text) = node.as_str() else {
            self.fault(
                node,
                format!("Expected a name, not {}", node.kind_name()),
                "",
            );
            return None;
        };
        let name = Name::parse(&text);
        if name.is_none() {
            let fault = self.fault(node, format!("'{text}' is not a valid name"), "");
            fault.hint = Some(format!("a Director takes {}", Name::RULE));
        }
        name
    }

    /// A list, or nothing.
    pub(super) fn list(&mut self, key: &str) -> &'a [Node] {
        let Some(node) = self.field(key) else {
            return &[];
        };
        if let Some(items) = node.as_sequence() {
            items
        } else {
            let message = format!("Expected '{key}' to be a list, not {}", node.kind_name());
            let fault = self.fault(node, message, "");
            if let Some(text) = node.as_str() {
                fault.hint = Some(format!("write `{key}: [{text}]`"));
            }
            &[]
        }
    }

    /// A list of strings, with their nodes.
    pub(super) fn strings(&mut self, key: &str) -> Vec<(String, &'a Node)> {
        let mut strings = Vec::new();
        for node in self.list(key) {
            if let Some(text) = node.as_str() {
                strings.push((text, node));
            } else {
                let message = format!(
                    "Expected each of '{key}' to be a string, not {}",
                    node.kind_name()
                );
                self.fault(node, message, "");
            }
        }
        strings
    }

    /// A list of names, with their nodes.
    pub(super) fn names(&mut self, key: &str) -> Vec<(Name, &'a Node)> {
        let nodes = self.list(key);
        nodes
            .iter()
            .filter_map(|node| Some((self.as_name(node)?, node)))
            .collect()
    }

    /// Warns of keys that nobody reads and that look like one of `known`.
    pub(super) fn warn_of_misspelt_keys(&mut self, known: &[&str]) {
        for (key, node, _) in self.root.entries() {
            if known.contains(&key.as_str()) {
                continue;
            }
            if let Some(meant) = nearest(&key, known.iter().copied()) {
                self.warn(
                    node,
                    format!("Nothing reads the key '{key}'"),
                    format!("did you mean '{meant}'?"),
                );
            }
        }
    }
}

/// `text` as a relative path without `.`, `..` that could be resolved, and doubled slashes, as the official CLI joins paths.
/// `None` when it is empty, absolute, or leads out.
pub(super) fn inner_path(text: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for component in Path::new(text).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir => {
                if !path.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (!path.as_os_str().is_empty() && !text.contains('\0')).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_paths_stay_inside() {
        assert_eq!(inner_path("./a//b/../c"), Some(PathBuf::from("a/c")));
        for bad in ["", ".", "/etc", "..", "a/../../b", "a\0b"] {
            assert_eq!(inner_path(bad), None, "{bad}");
        }
    }
}
