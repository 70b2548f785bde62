//! Where an instance is and on what it runs, as data: zone, networks, disks, VM, stemcell.
//!
//! Types of VMs, disks and zones stand with what the infrastructure is told of them, so another cloud-config shows too.

use super::{One, text};
use crate::deployment::cloud_config::NetworkKind;
use crate::deployment::manifest::Lifecycle;
use crate::deployment::plan::PlannedDisks;
use crate::yaml::Value;

/// The key of persistent disks: what is there is applied to the VM that is there.
pub(super) const DISK: &str = "persistent_disk";

/// Where an instance is and on what it runs.
pub(super) fn placement(one: One<'_>) -> Value {
    let written = named(
        one.side.manifest.whole.get("instance_groups"),
        &one.group.name,
    );
    let cloud = &one.side.cloud.whole;
    let mut entries: Vec<(&str, Value)> = Vec::new();
    let mut put = |key: &'static str, value: Value| {
        if value != Value::Null {
            entries.push((key, value));
        }
    };
    let az = one.instance.az.as_deref();
    put("az", Value::from(az));
    put("bootstrap", Value::from(one.instance.bootstrap));
    put(
        "lifecycle",
        Value::from(match one.group.lifecycle {
            Lifecycle::Service => "service",
            Lifecycle::Errand => "errand",
        }),
    );
    put("vm", vm(written, cloud, az));
    let stemcell = written.and_then(|group| group.get("stemcell"));
    put("stemcell", stemcell_of(stemcell, &one.side.manifest.whole));
    let env = written.and_then(|group| group.get("env"));
    put("env", env.cloned().unwrap_or_default());
    put("networks", networks(one));
    put(DISK, disk(one, written, cloud));
    Value::map(entries)
}

/// The item of a list that has this name.
fn named<'v>(list: Option<&'v Value>, name: &str) -> Option<&'v Value> {
    let Some(Value::Sequence(items)) = list else {
        return None;
    };
    let mut items = items.iter();
    items.find(|item| text(Some(item), "name") == Some(name))
}

/// The type of the VM with what the infrastructure is told of it, and of the zone.
fn vm(written: Option<&Value>, cloud: &Value, az: Option<&str>) -> Value {
    let mut entries = Vec::new();
    let get = |key: &str| written.and_then(|group| group.get(key));
    let told = |list: &str, name: &str| {
        let found = named(cloud.get(list), name);
        let told = found.and_then(|found| found.get("cloud_properties"));
        told.cloned().unwrap_or_default()
    };
    if let Some(kind) = get("vm_type") {
        entries.push(("vm_type", kind.clone()));
        let name = kind.as_str().unwrap_or_default();
        entries.push(("cloud_properties", told("vm_types", name)));
    }
    if let Some(resources) = get("vm_resources") {
        entries.push(("vm_resources", resources.clone()));
    }
    if let Some(Value::Sequence(extensions)) = get("vm_extensions") {
        let names = extensions.iter().filter_map(Value::as_str);
        let extensions = names.map(|name| (name, told("vm_extensions", name)));
        entries.push(("vm_extensions", Value::map(extensions)));
    }
    if let Some(az) = az {
        entries.push(("az_cloud_properties", told("azs", az)));
    }
    Value::map(
        entries
            .into_iter()
            .filter(|(_, value)| *value != Value::Null),
    )
}

/// Operating system and version that an alias stands for.
fn stemcell_of(alias: Option<&Value>, manifest: &Value) -> Value {
    let Some(alias) = alias else {
        return Value::Null;
    };
    let Some(Value::Sequence(stemcells)) = manifest.get("stemcells") else {
        return alias.clone();
    };
    let found = stemcells
        .iter()
        .find(|found| found.get("alias") == Some(alias));
    let Some(found) = found else {
        return alias.clone();
    };
    let entries = ["os", "name", "version"].into_iter();
    Value::map(entries.filter_map(|key| Some((key, found.get(key)?.clone()))))
}

fn networks(one: One<'_>) -> Value {
    let networks = one.group.networks.iter().zip(&one.instance.addresses);
    Value::map(networks.map(|(network, place)| {
        let subnets = &network.network.subnets;
        let subnet = place.subnet.and_then(|at| subnets.get(at));
        let mut entries = vec![
            (
                "type",
                Value::from(match network.network.kind {
                    NetworkKind::Manual => "manual",
                    NetworkKind::Dynamic => "dynamic",
                    NetworkKind::Vip => "vip",
                }),
            ),
            (
                "ip",
                Value::from(place.address.map(|address| address.to_string())),
            ),
            ("default", Value::list(network.default.iter().cloned())),
        ];
        if let Some(subnet) = subnet {
            let gateway = subnet.gateway.map(|gateway| gateway.to_string());
            entries.extend([
                (
                    "netmask",
                    Value::from(subnet.cidr.map(|cidr| cidr.netmask())),
                ),
                ("gateway", Value::from(gateway)),
                ("dns", Value::list(subnet.dns.clone())),
                ("cloud_properties", subnet.cloud_properties.clone()),
            ]);
        }
        (network.network.name.clone(), Value::map(entries))
    }))
}

fn disk(one: One<'_>, written: Option<&Value>, cloud: &Value) -> Value {
    let told = |name: &str| {
        let found = named(cloud.get("disk_types"), name);
        let told = found.and_then(|found| found.get("cloud_properties"));
        told.cloned().unwrap_or_default()
    };
    match &one.group.disks {
        PlannedDisks::Size(0) => Value::Null,
        PlannedDisks::Size(size) => {
            let mut entries = vec![("size", Value::from(*size))];
            let told = text(written, "persistent_disk_type").map(told);
            if let Some(told) = told.filter(|told| *told != Value::Null) {
                entries.push(("cloud_properties", told));
            }
            Value::map(entries)
        }
        PlannedDisks::Named(_) => {
            let disks = written.and_then(|group| group.get("persistent_disks"));
            disks.cloned().unwrap_or_default()
        }
    }
}
