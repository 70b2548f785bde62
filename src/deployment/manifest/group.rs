//! Instance groups of a manifest, as far as they can be checked without cloud-config and releases.

use std::collections::BTreeSet;

use super::reader::{Read, Reader, repeated};
use super::{Disks, InstanceGroup, JobUse, Lifecycle, MigratedFrom, NetworkUse, Places, update};
use crate::deployment::address::AddressRange;
use crate::deployment::document::Node;
use crate::deployment::inspect::to_s;
use crate::deployment::read::{data, present};
use crate::dns;
use crate::yaml::Value;

/// Most networks of an instance group: each instance has an address in each.
const MOST_NETWORKS: usize = 100;

/// All instance groups.
///
/// # Errors
/// What a Director finds first.
pub(super) fn read(reader: &Reader<'_>, root: &Node) -> Read<Vec<InstanceGroup>> {
    let items = reader
        .sources
        .list(root, "instance_groups")?
        .unwrap_or_default();
    let mut groups: Vec<InstanceGroup> = Vec::with_capacity(items.len());
    let mut canonical: BTreeSet<String> = BTreeSet::new();
    for node in items {
        let group = group(reader, node)?;
        let name =
            dns::canonical(&group.name).map_err(|error| group.place.fault(error.to_string()))?;
        if !canonical.insert(name) {
            let message = format!(
                "Invalid instance group name '{}', canonical name already taken",
                group.name
            );
            return Err(group.place.fault(message));
        }
        groups.push(group);
    }
    Ok(groups)
}

/// Keys that faults point to.
const KEYS: [&str; 10] = [
    "azs",
    "instances",
    "migrated_from",
    "networks",
    "persistent_disk",
    "persistent_disk_type",
    "persistent_disks",
    "stemcell",
    "vm_extensions",
    "vm_type",
];

fn group(reader: &Reader<'_>, node: &Node) -> Read<InstanceGroup> {
    let sources = reader.sources;
    let name = sources.required_text(node, "name")?;
    let place = sources.place(node.get("name").unwrap_or(node));
    let lifecycle = lifecycle(reader, node, &name)?;
    check_jobs(reader, node, &name)?;
    sources.map(node, "properties")?;
    sources.list(node, "migrated_from")?;
    let jobs = reader.each(node, "jobs", job)?;
    let disks = disks(reader, node, &name)?;
    let stemcell = sources.required_text(node, "stemcell")?;
    let vm_type = vm_type(reader, node, &name)?;
    let vm_extensions = sources.list(node, "vm_extensions")?.unwrap_or_default();
    let vm_extensions = vm_extensions
        .iter()
        .map(|name| to_s(&name.value()))
        .collect();
    sources.map(node, "env")?;
    let own_update = sources.map(node, "update")?;
    own_update.map_or(Ok(()), |map| update::check(sources, map, false))?;
    let networks = networks(reader, node, &name)?;
    let azs = azs(reader, node, &name, &networks)?;
    let migrated_from = migrated_from(reader, node, &name, azs.as_deref())?;
    check_states(reader, node, &name)?;
    let instances = sources.required_integer(node, "instances")?.max(0);
    sources.map(node, "tags")?;
    let at = |key: &&'static str| Some((*key, sources.place(node.get(key)?)));
    Ok(InstanceGroup {
        lifecycle,
        instances: usize::try_from(instances).unwrap_or(usize::MAX),
        azs,
        jobs,
        networks,
        properties: data(node, "properties"),
        disks,
        stemcell,
        vm_type,
        vm_extensions,
        migrated_from,
        name,
        place,
        places: Places(KEYS.iter().filter_map(at).collect()),
    })
}

fn lifecycle(reader: &Reader<'_>, node: &Node, group: &str) -> Read<Lifecycle> {
    match reader.sources.text(node, "lifecycle")?.as_deref() {
        None | Some("service") => Ok(Lifecycle::Service),
        Some("errand") => Ok(Lifecycle::Errand),
        Some(other) => {
            let message = format!(
                "Invalid lifecycle '{other}' for '{group}', valid lifecycle profiles are: service, errand"
            );
            Err(reader.fault(node, "lifecycle", message))
        }
    }
}

fn check_jobs(reader: &Reader<'_>, node: &Node, group: &str) -> Read<()> {
    let given = |key: &&str| {
        let value = node.get(key).map(Node::value).unwrap_or_default();
        !matches!(value, Value::Null | Value::Bool(false))
    };
    if let Some(old) = ["template", "templates"].iter().find(|key| given(key)) {
        let message = format!(
            "Instance group '{group}' specifies template or templates. This is no longer supported, please use jobs instead"
        );
        return Err(reader.fault(node, old, message));
    }
    if present(node, "jobs").is_none() {
        let message = format!("Instance group '{group}' does not specify jobs key");
        return Err(reader.fault(node, "name", message));
    }
    Ok(())
}

/// A job of a group or of an addon.
pub(super) fn job(reader: &Reader<'_>, node: &Node) -> Read<JobUse> {
    let sources = reader.sources;
    let name = sources.required_text(node, "name")?;
    let release = sources.required_text(node, "release")?;
    let properties = sources.map(node, "properties")?;
    sources.map(node, "provides")?;
    sources.list(node, "custom_provider_definitions")?;
    sources.map(node, "consumes")?;
    Ok(JobUse {
        release,
        properties: properties.cloned(),
        consumes: present(node, "consumes").cloned(),
        provides: present(node, "provides").cloned(),
        custom_providers: present(node, "custom_provider_definitions").cloned(),
        place: sources.place(node.get("name").unwrap_or(node)),
        name,
    })
}

fn disks(reader: &Reader<'_>, node: &Node, group: &str) -> Read<Disks> {
    let sources = reader.sources;
    let size = sources.integer(node, "persistent_disk")?;
    let kind = sources.text(node, "persistent_disk_type")?;
    let pool = sources.text(node, "persistent_disk_pool")?;
    let named = sources.list(node, "persistent_disks")?;
    if pool.is_some() {
        let message = "`persistent_disk_pool` is not supported as an `instance_groups` key. Please use `persistent_disk_type` instead.";
        return Err(reader.fault(node, "persistent_disk_pool", message));
    }
    match (size, kind, named) {
        (Some(_), Some(_), Some(_)) => {
            let message = "undefined method 'size' for nil";
            Err(reader.fault(node, "persistent_disks", message))
        }
        (None, None, None) => Ok(Disks::None),
        (Some(size), None, None) => u64::try_from(size).map(Disks::Size).map_err(|_| {
            let message = format!(
                "Instance group '{group}' references an invalid persistent disk size '{size}'"
            );
            reader.fault(node, "persistent_disk", message)
        }),
        (None, Some(kind), None) => Ok(Disks::Type(kind)),
        (None, None, Some(named)) => named_disks(reader, node, named, group),
        _ => {
            let message = format!(
                "Instance group '{group}' specifies more than one of the following keys: 'persistent_disk', 'persistent_disk_type', and 'persistent_disks'. Choose one."
            );
            Err(reader.sources.place(node).fault(message))
        }
    }
}

fn named_disks(reader: &Reader<'_>, node: &Node, named: &[Node], group: &str) -> Read<Disks> {
    let disks: Vec<(String, String)> = named
        .iter()
        .map(|disk| (Reader::raw(disk, "name"), Reader::raw(disk, "type")))
        .collect();
    if repeated(disks.iter().map(|(name, _)| name)).is_some() {
        let message =
            format!("Instance group '{group}' persistent_disks's section contains duplicate names");
        return Err(reader.fault(node, "persistent_disks", message));
    }
    Ok(Disks::Named(disks))
}

fn vm_type(reader: &Reader<'_>, node: &Node, group: &str) -> Read<Option<String>> {
    let sources = reader.sources;
    if sources.text(node, "resource_pool")?.is_some() {
        let message = "Instance groups no longer support resource_pool, please use 'vm_type' or 'vm_resources' keys";
        return Err(reader.fault(node, "resource_pool", message));
    }
    let kind = sources.text(node, "vm_type")?;
    let needs = sources.map(node, "vm_resources")?;
    let wrong = |what: &str| {
        let message = format!("Instance group '{group}' {what}");
        Err(reader
            .sources
            .place(node.get("name").unwrap_or(node))
            .fault(message))
    };
    match (&kind, needs) {
        (None, None) => wrong("is missing either 'vm_type' or 'vm_resources' section."),
        (Some(_), Some(_)) => wrong("can only specify 'vm_type' or 'vm_resources' keys."),
        (Some(_), None) => Ok(kind),
        (None, Some(needs)) => {
            for key in ["cpu", "ram", "ephemeral_disk_size"] {
                sources.required_integer(needs, key)?;
            }
            Ok(None)
        }
    }
}

fn networks(reader: &Reader<'_>, node: &Node, group: &str) -> Read<Vec<NetworkUse>> {
    let nodes = reader.sources.required_list(node, "networks")?;
    if nodes.is_empty() {
        let message = format!("Instance group '{group}' must specify at least one network");
        return Err(reader.fault(node, "networks", message));
    }
    if nodes.len() > MOST_NETWORKS {
        let message = format!("Instance group '{group}' has more than {MOST_NETWORKS} networks");
        return Err(reader.fault(node, "networks", message));
    }
    nodes.iter().map(|node| network(reader, node)).collect()
}

fn network(reader: &Reader<'_>, node: &Node) -> Read<NetworkUse> {
    let sources = reader.sources;
    let name = sources.required_text(node, "name")?;
    let default = sources.list(node, "default")?.unwrap_or_default();
    let card = sources.text(node, "nic_group")?;
    let static_ips = match present(node, "static_ips") {
        None => None,
        Some(given) => Some(
            AddressRange::all(given).map_err(|(at, message)| sources.place(at).fault(message))?,
        ),
    };
    Ok(NetworkUse {
        asks: node.get("static_ips").is_some(),
        static_ips,
        default: default.iter().map(|what| to_s(&what.value())).collect(),
        nic_group: card.map(|card| leading_integer(&card)),
        place: sources.place(node.get("static_ips").unwrap_or(node)),
        name,
    })
}

/// `to_i.to_s`: the number that a text begins with.
fn leading_integer(text: &str) -> String {
    let text = text.trim_start();
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    match rest.get(..end).unwrap_or_default().trim_start_matches('0') {
        "" => "0".to_owned(),
        digits => format!("{sign}{digits}"),
    }
}

fn azs(
    reader: &Reader<'_>,
    node: &Node,
    group: &str,
    networks: &[NetworkUse],
) -> Read<Option<Vec<String>>> {
    let Some(items) = reader.sources.list(node, "azs")? else {
        return Ok(None);
    };
    let zone = |zone: &Node| {
        zone.as_str().map(str::to_owned).ok_or_else(|| {
            let shown = to_s(&zone.value());
            let message = match networks.first() {
                // No network has a zone that is no text.
                Some(network) => format!(
                    "Instance group '{group}' must specify availability zone that matches availability zones of network '{}'",
                    network.name
                ),
                None => format!(
                    "Instance group '{group}' has invalid availability zone '{shown}', string expected"
                ),
            };
            reader.sources.place(zone).fault(message)
        })
    };
    items.iter().map(zone).collect::<Read<_>>().map(Some)
}

fn migrated_from(
    reader: &Reader<'_>,
    node: &Node,
    group: &str,
    azs: Option<&[String]>,
) -> Read<Vec<MigratedFrom>> {
    reader.each(node, "migrated_from", |reader, from| {
        let name = reader.sources.required_text(from, "name")?;
        let az = reader.sources.text(from, "az")?;
        if let Some(az) = az.as_ref().filter(|az| !azs.unwrap_or_default().contains(az)) {
            let message = format!(
                "Instance group '{name}' specified for migration to instance group '{group}' refers to availability zone '{az}'. Az '{az}' is not in the list of availability zones of instance group '{group}'."
            );
            return Err(reader.fault(from, "az", message));
        }
        Ok(MigratedFrom { name, az })
    })
}

/// What instances may be told to be.
const STATES: [&str; 5] = ["started", "stopped", "detached", "recreate", "restart"];

fn check_states(reader: &Reader<'_>, node: &Node, group: &str) -> Read<()> {
    let known = STATES.join(", ");
    let state = reader.sources.text(node, "state")?;
    if let Some(state) = state.filter(|state| !STATES.contains(&state.as_str())) {
        let message = format!("Invalid state '{state}' for '{group}', valid states are: {known}");
        return Err(reader.fault(node, "state", message));
    }
    let states = reader.sources.map(node, "instance_states")?;
    for (key, entry) in states.and_then(Node::map).into_iter().flatten() {
        let (key, state) = (to_s(&key.value()), to_s(&entry.value.value()));
        if !STATES.contains(&state.as_str()) {
            let message =
                format!("Invalid state '{state}' for '{group}/{key}', valid states are: {known}");
            return Err(reader.sources.place(&entry.value).fault(message));
        }
    }
    Ok(())
}
