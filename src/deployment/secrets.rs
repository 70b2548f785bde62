//! Which texts of an interpolated manifest are secret: what variables gave to properties and environments of VMs.
//!
//! A variable that stands anywhere else (a name, a number of instances, a zone, an address) is no secret: a Director shows such
//! values in all it prints. What is generated is secret unless it stands there.

use std::collections::BTreeSet;

use super::document::{Content, How, Node};
use super::interpolate::InterpolatedManifest;
use super::read::Sources;
use super::sent::sent;
use crate::yaml::{self, Value};

/// Below these keys values are handed to jobs and agents.
const HANDED_ON: [&str; 2] = ["properties", "env"];

impl InterpolatedManifest {
    /// The texts of secret variables, sorted: every scalar of theirs but true, false and nil, as it was given and as a Director
    /// reads it.
    pub fn secrets(&self) -> Vec<String> {
        let mut shown = BTreeSet::new();
        note_shown(&self.root, &mut shown);
        let mut texts = BTreeSet::new();
        for (name, value) in &self.variables {
            add(value, name, &shown, &mut texts);
            if let Ok(read) = sent(value, &Sources::default()) {
                add(&read, name, &shown, &mut texts);
            }
        }
        texts.into_iter().collect()
    }
}

/// Names of variables that stand where nothing is secret.
fn note_shown(node: &Node, shown: &mut BTreeSet<String>) {
    match node.origin.step.as_ref().map(|step| &step.how) {
        Some(How::Variable { name }) => {
            shown.insert(name.to_string());
            return;
        }
        Some(How::Text { variables }) => {
            shown.extend(variables.iter().map(|(name, _)| name.to_string()));
        }
        Some(How::Operation { .. }) | None => {}
    }
    match &node.content {
        Content::Scalar(_) => {}
        Content::List(items) => items.iter().for_each(|item| note_shown(item, shown)),
        Content::Map(map) => {
            let kept = |key: &str| HANDED_ON.contains(&key);
            for (key, entry) in map {
                if !key.as_str().is_some_and(kept) {
                    note_shown(&entry.value, shown);
                }
            }
        }
    }
}

/// Adds the scalars of a variable or a part of one, called `name`, but for what is shown.
fn add(node: &Node, name: &str, shown: &BTreeSet<String>, texts: &mut BTreeSet<String>) {
    if shown.contains(name) {
        return;
    }
    match &node.content {
        Content::Scalar(value) => texts.extend(text(value)),
        Content::List(items) => {
            for (at, item) in items.iter().enumerate() {
                add(item, &format!("{name}.{at}"), shown, texts);
            }
        }
        Content::Map(map) => {
            for (key, entry) in map {
                let key = key.as_str().unwrap_or_default();
                add(&entry.value, &format!("{name}.{key}"), shown, texts);
            }
        }
    }
}

fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null | Value::Bool(_) => return None,
        Value::String(text) | Value::Symbol(text) => text.clone(),
        other => yaml::write(other).trim_end().to_owned(),
    };
    (!text.trim().is_empty()).then_some(text)
}
