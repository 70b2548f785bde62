//! `variables` of a manifest: what a Director checks of their definitions.

use super::reader::{Read, repeated};
use crate::deployment::document::Node;
use crate::deployment::inspect::to_s;
use crate::deployment::read::{Sources, present};
use crate::yaml::Value;

/// Checks all definitions, each demand for all of them before the next.
///
/// # Errors
/// What a Director finds first.
pub(super) fn check(sources: &Sources, root: &Node) -> Read<()> {
    let variables = sources.list(root, "variables")?.unwrap_or_default();
    let checks: [fn(&Node) -> Option<String>; 3] = [is_map, has_fields, consumes];
    for check in checks {
        for variable in variables {
            if let Some(message) = check(variable) {
                return Err(sources.place(variable).fault(message));
            }
        }
    }
    if let Some(name) = repeated(variables.iter().map(name)) {
        let at = variables
            .iter()
            .find(|variable| self::name(variable) == name);
        let message = format!("Some of the variables have duplicate names, eg: '{name}'");
        return Err(sources.place(at.unwrap_or(root)).fault(message));
    }
    let checks: [fn(&Node) -> Option<String>; 2] = [options, update_mode];
    for check in checks {
        for variable in variables {
            if let Some(message) = check(variable) {
                return Err(sources.place(variable).fault(message));
            }
        }
    }
    Ok(())
}

fn name(variable: &Node) -> String {
    let name = variable.get("name");
    name.map(|name| to_s(&name.value())).unwrap_or_default()
}

fn is_map(variable: &Node) -> Option<String> {
    let map = variable.map();
    map.is_none()
        .then(|| "All 'variables' elements should be Hashes".to_owned())
}

fn has_fields(variable: &Node) -> Option<String> {
    let name = self::name(variable);
    if variable.get("name").is_none() {
        return Some(
            "At least one of the variables is missing the 'name' key; 'name' must be specified"
                .to_owned(),
        );
    }
    if name.trim().is_empty() || variable.get("name").map(Node::value) == Some(Value::Bool(false)) {
        return Some(
            "At least one of the variables has an empty 'name'; 'name' must not be empty or nil"
                .to_owned(),
        );
    }
    let what = match variable.get("type").map(Node::value) {
        None => "is missing; 'type' must be specified".to_owned(),
        Some(Value::Null) => "is nil; 'type' must not be nil".to_owned(),
        Some(Value::String(kind)) if kind.trim().is_empty() => {
            "is empty; 'type' must not be empty".to_owned()
        }
        Some(Value::String(_)) => return None,
        Some(other) => format!("must be a String, but was '{}'", to_s(&other)),
    };
    Some(format!("Type for variable '{name}' {what}"))
}

fn consumes(variable: &Node) -> Option<String> {
    let given = present(variable, "consumes")?;
    let name = name(variable);
    let map = given.map();
    map.is_none()
        .then(|| format!("Consumes for variable '{name}' must be a Hash or nil"))
}

fn options(variable: &Node) -> Option<String> {
    let given = present(variable, "options")?;
    let fits = given.map().is_some() || given.value() == Value::Bool(false);
    let name = name(variable);
    (!fits).then(|| format!("options of variable with name '{name}' is not a Hash"))
}

fn update_mode(variable: &Node) -> Option<String> {
    let given = present(variable, "update_mode")?;
    let (name, shown) = (name(variable), to_s(&given.value()));
    let text = given.as_str();
    text.is_none()
        .then(|| format!("Update mode for variable '{name}' must be a String, but was '{shown}'"))
}
