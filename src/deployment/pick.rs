//! Operations that make a manifest fit a cloud-config: for each instance group the first type of VMs and the first network
//! that there are, and the first availability zone in place of unknown ones.

use std::sync::Arc;

use super::document::Node;
use super::pointer::{Pointer, Token};
use super::read::Sources;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Source;
use crate::yaml::{self, Value};

/// The text of an ops file.
///
/// # Errors
/// A cloud-config without VM types or networks, instance groups without name: all at once.
pub fn pick_from_cloud_config(
    manifest: &Node,
    cloud_config: &Arc<Source>,
) -> Result<String, Diagnostics> {
    let cloud = Node::parse(cloud_config)?;
    let sources = Sources::only(cloud_config);
    let mut faults = Vec::new();
    let mut first = |list: &str| {
        let found = names(&cloud, list).next();
        if found.is_none() {
            let message = format!("The cloud config has no {list}");
            faults.push(sources.place(&cloud).fault(message));
        }
        found
    };
    let chosen = (first("vm_types"), first("networks"));
    let groups = groups(manifest).map_err(|fault| faults.push(fault));
    let ((Some(vm_type), Some(network)), Ok(groups)) = (chosen, groups) else {
        return Err(Diagnostics::from_list(faults).err().unwrap_or_else(|| {
            Diagnostic::error("Nothing can be picked from the cloud config").into()
        }));
    };
    let azs: Vec<&str> = names(&cloud, "azs").collect();
    let mut operations = Vec::new();
    for (name, group) in groups {
        operations.push(replace(name, "vm_type", Value::from(vm_type)));
        let networks = Value::list([Value::map([("name", network)])]);
        operations.push(replace(name, "networks", networks));
        if let Some(az) = other_zone(group, &azs) {
            operations.push(replace(name, "azs", Value::list([az])));
        }
    }
    Ok(yaml::write(&Value::Sequence(operations)))
}

/// The first zone, for a group that names one that is not there.
fn other_zone<'c>(group: &Node, azs: &[&'c str]) -> Option<&'c str> {
    let named = group.get("azs")?.list()?;
    let known = |az: &Node| az.as_str().is_some_and(|az| azs.contains(&az));
    if named.iter().all(known) {
        return None;
    }
    azs.first().copied()
}

/// Names of the items of a list.
fn names<'n>(map: &'n Node, key: &str) -> impl Iterator<Item = &'n str> {
    let items = map.get(key).and_then(Node::list).unwrap_or_default();
    items.iter().filter_map(|item| item.get("name")?.as_str())
}

fn groups(manifest: &Node) -> Result<Vec<(&str, &Node)>, Diagnostic> {
    let items = manifest.get("instance_groups").and_then(Node::list);
    let items = items.ok_or_else(|| Diagnostic::error("The manifest has no instance_groups"))?;
    let named = |group: &Node| group.get("name").and_then(Node::as_str).is_some();
    if !items.iter().all(named) {
        return Err(Diagnostic::error("An instance group has no name"));
    }
    let named = items
        .iter()
        .filter_map(|group| Some((group.get("name")?.as_str()?, group)));
    Ok(named.collect())
}

fn replace(group: &str, key: &str, value: Value) -> Value {
    let tokens = vec![
        Token::Key {
            key: "instance_groups".to_owned(),
            optional: false,
        },
        Token::Matching {
            key: "name".to_owned(),
            value: group.to_owned(),
            optional: false,
            modifiers: Vec::new(),
        },
        Token::Key {
            key: key.to_owned(),
            optional: true,
        },
    ];
    Value::map([
        ("type", Value::from("replace")),
        ("path", Value::from(Pointer::new(tokens).to_string())),
        ("value", value),
    ])
}
