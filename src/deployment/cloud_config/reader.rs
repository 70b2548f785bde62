//! Reads and checks a cloud-config, in the order and the words of a Director.

use std::collections::BTreeSet;

use super::network::Networks;
use super::{CloudConfig, Network};
use crate::deployment::document::Node;
use crate::deployment::read::{Sources, data};
use crate::diagnostic::Diagnostic;
use crate::dns;
use crate::yaml::Value;

type Read<T> = Result<T, Diagnostic>;

/// Most zones, types or networks of a cloud-config: each is looked for by each instance group.
const MOST_NAMED: usize = 5_000;

/// What a cloud-config says.
///
/// # Errors
/// The first fault.
pub(super) fn config(sources: &Sources, root: &Node) -> Read<CloudConfig> {
    let reader = Reader { sources };
    let azs = reader.named(root, "azs", "Duplicate az name", |_, _| Ok(()))?;
    let azs: Vec<String> = azs.into_iter().map(|(name, ())| name).collect();
    let networks = reader.networks(root, &azs)?;
    let vm_types = reader.named(root, "vm_types", "Duplicate vm type name", |_, _| Ok(()))?;
    let vm_extensions = reader.named(
        root,
        "vm_extensions",
        "Duplicate vm extension name",
        |_, _| Ok(()),
    )?;
    let disk_types = reader.named(
        root,
        "disk_types",
        "Duplicate disk type name",
        |disk, name| reader.disk_size(disk, name),
    )?;
    let names = |named: Vec<(String, ())>| named.into_iter().map(|(name, ())| name).collect();
    Ok(CloudConfig {
        azs,
        networks,
        disk_types,
        vm_types: names(vm_types),
        vm_extensions: names(vm_extensions),
        whole: root.value(),
    })
}

struct Reader<'a> {
    sources: &'a Sources,
}

impl Reader<'_> {
    /// Things with different names, and what is read of each.
    fn named<T>(
        &self,
        root: &Node,
        key: &str,
        twice: &str,
        read: impl Fn(&Node, &str) -> Read<T>,
    ) -> Read<Vec<(String, T)>> {
        let nodes = self.sources.list(root, key)?.unwrap_or_default();
        self.bounded(root, key, nodes)?;
        let mut found = Vec::with_capacity(nodes.len());
        for node in nodes {
            let name = self.sources.required_text(node, "name")?;
            let read = read(node, &name)?;
            self.sources.map(node, "cloud_properties")?;
            found.push((name, read));
        }
        let mut seen = BTreeSet::new();
        for (node, (name, _)) in nodes.iter().zip(&found) {
            if !seen.insert(name) {
                let message = format!("{twice} '{name}'");
                return Err(self.sources.place(node).fault(message));
            }
        }
        Ok(found)
    }

    fn bounded(&self, root: &Node, key: &str, nodes: &[Node]) -> Read<()> {
        if nodes.len() <= MOST_NAMED {
            return Ok(());
        }
        let message = format!("The cloud-config has more than {MOST_NAMED} {key}");
        Err(self
            .sources
            .place(root.get(key).unwrap_or(root))
            .fault(message))
    }

    fn disk_size(&self, disk: &Node, name: &str) -> Read<u64> {
        let size = self.sources.required_integer(disk, "disk_size")?;
        u64::try_from(size).map_err(|_| {
            let message =
                format!("Disk types '{name}' references an invalid persistent disk size '{size}'");
            self.sources.place(disk).fault(message)
        })
    }

    fn networks(&self, root: &Node, azs: &[String]) -> Read<Vec<Network>> {
        let nodes = self.sources.required_list(root, "networks")?;
        self.bounded(root, "networks", nodes)?;
        if nodes.is_empty() {
            return Err(self.sources.place(root).fault("No networks specified"));
        }
        let reader = Networks {
            sources: self.sources,
            azs,
        };
        let mut networks = Vec::with_capacity(nodes.len());
        let mut names: Vec<String> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let network: Network = reader.network(node)?;
            let canonical = dns::canonical(&network.name);
            let place = self.sources.place(node);
            names.push(canonical.map_err(|error| place.fault(error.to_string()))?);
            networks.push(network);
        }
        let mut seen = BTreeSet::new();
        for ((node, network), name) in nodes.iter().zip(&networks).zip(&names) {
            if !seen.insert(name) {
                let message = format!(
                    "Invalid network name '{}', canonical name already taken",
                    network.name
                );
                return Err(self.sources.place(node).fault(message));
            }
        }
        Ok(networks)
    }
}

/// What the infrastructure is told; an empty map without.
pub(super) fn cloud_properties(sources: &Sources, node: &Node) -> Read<Value> {
    sources.map(node, "cloud_properties")?;
    Ok(match data(node, "cloud_properties") {
        Value::Null => Value::Mapping(Vec::new()),
        given => given,
    })
}
