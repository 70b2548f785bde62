//! Links as a reviewer looks at them: who provides one, and its instances by name.

use std::collections::BTreeSet;

use super::text;
use crate::yaml::Value;

/// Who provides a link: instance group, and name with type of the link; or the manifest itself. `own` is the consumer's
/// deployment.
pub(super) fn provider(data: &Value, own: &str) -> String {
    let get = |key: &str| text(Some(data), key);
    let link = get("group_name").map_or_else(String::new, |name| format!(" ({name})"));
    let who = match (get("instance_group"), get("deployment_name")) {
        (Some(group), Some(deployment)) if deployment != own => {
            format!("{group} of deployment {deployment}")
        }
        (Some(group), _) => group.to_owned(),
        (None, _) => "the manifest".to_owned(),
    };
    format!("{who}{link}")
}

/// A link with its instances by name, so that one that comes or goes moves no others.
pub(super) fn data_by_name(data: &Value) -> Value {
    let Value::Mapping(entries) = data else {
        return data.clone();
    };
    let entries = entries.iter().map(|(key, value)| {
        let value = match (key.as_str(), value) {
            (Some("instances"), Value::Sequence(items)) => by_name(items),
            _ => value.clone(),
        };
        (key.clone(), value)
    });
    Value::Mapping(entries.collect())
}

fn by_name(items: &[Value]) -> Value {
    let mut seen = BTreeSet::new();
    let mut entries = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let index = match item.get("index") {
            Some(Value::Integer(index)) => Some(*index),
            _ => None,
        };
        let name = text(Some(item), "name").zip(index);
        let name = name.map_or_else(
            || format!("[{at}]"),
            |(name, index)| format!("{name}/{index}"),
        );
        if !seen.insert(name.clone()) {
            return Value::Sequence(items.to_vec());
        }
        entries.push((name, without_name(item)));
    }
    Value::map(entries)
}

fn without_name(item: &Value) -> Value {
    let Value::Mapping(entries) = item else {
        return item.clone();
    };
    let told = |key: &Value| !matches!(key.as_str(), Some("name" | "index"));
    let entries = entries.iter().filter(|(key, _)| told(key)).cloned();
    Value::Mapping(entries.collect())
}
