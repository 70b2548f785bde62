//! What the spec of a job says to its templates.

use std::collections::BTreeMap;

/// The names that templates of a job may use. Plain data, made from the job's spec by the caller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobInterface {
    /// The declared properties, dotted as in the spec, in its order.
    pub properties: Vec<String>,
    /// The links that the job consumes.
    pub links: Vec<ConsumedLink>,
}

/// An entry of `consumes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumedLink {
    /// What templates call it.
    pub name: String,
    /// Whether it may be absent.
    pub optional: bool,
}

/// What a path below `properties` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Property<'a> {
    /// The declared property of that many steps.
    Declared(&'a str, usize),
    /// No property, but these are declared below it.
    Group(Vec<&'a str>),
    /// Nothing.
    Unknown,
}

impl JobInterface {
    /// Finds the longest declared property that `steps` begin with.
    pub(super) fn property(&self, steps: &[&str]) -> Property<'_> {
        let mut longest: BTreeMap<usize, &str> = BTreeMap::new();
        let mut below = Vec::new();
        for name in &self.properties {
            let parts: Vec<&str> = name.split('.').collect();
            if steps.starts_with(&parts) {
                longest.insert(parts.len(), name);
            } else if parts.starts_with(steps) {
                below.push(name.as_str());
            }
        }
        match longest.last_key_value() {
            Some((count, name)) => Property::Declared(name, *count),
            None if below.is_empty() => Property::Unknown,
            None => Property::Group(below),
        }
    }

    /// The link of that name.
    pub(super) fn link(&self, name: &str) -> Option<&ConsumedLink> {
        self.links.iter().find(|link| link.name == name)
    }
}
