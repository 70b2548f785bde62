//! Reads a manifest from the top, in the order of a Director.

use std::collections::BTreeSet;

use super::{
    DeploymentManifest, Features, ReleaseReference, Stemcell, addon, group, update, variable,
};
use crate::deployment::document::Node;
use crate::deployment::inspect::{inspect, to_s};
use crate::deployment::properties::class_name;
use crate::deployment::read::{Sources, data, present};
use crate::diagnostic::Diagnostic;
use crate::yaml::Value;

pub(super) type Read<T> = Result<T, Diagnostic>;

/// Reads what the official CLI sends.
///
/// # Errors
/// What a Director finds first.
pub(super) fn read(sources: Sources, root: &Node) -> Read<DeploymentManifest> {
    let reader = Reader { sources: &sources };
    reader.check_keys(root)?;
    let name = sources.required_text(root, "name")?;
    sources.map(root, "tags")?;
    let stemcells = reader.stemcells(root)?;
    sources.map(root, "properties")?;
    let releases = reader.releases(root)?;
    update::check(&sources, sources.required_map(root, "update")?, true)?;
    variable::check(&sources, root)?;
    let features = reader.features(root)?;
    let groups = group::read(&reader, root)?;
    let addons = addon::read(&reader, root, &releases)?;
    if stemcells.is_empty() {
        return Err(sources
            .place(root)
            .fault("'stemcells' needs to be specified"));
    }
    Ok(DeploymentManifest {
        name,
        features,
        releases,
        stemcells,
        properties: data(root, "properties"),
        groups,
        addons,
        sources,
        whole: root.value(),
        secrets: Vec::new(),
    })
}

pub(super) struct Reader<'a> {
    pub(super) sources: &'a Sources,
}

/// What only a cloud-config may have.
const OF_CLOUD: [&str; 4] = ["vm_types", "azs", "disk_types", "compilation"];

/// What manifests had once, and what a Director says of it.
const OF_OLD: [(&str, &str); 4] = [
    (
        "networks",
        "Deployment 'networks' are no longer supported. Network definitions must now be provided in a cloud-config.",
    ),
    (
        "disk_pools",
        "disk_pools is no longer supported. Disk definitions must now be provided as disk_types in a cloud-config",
    ),
    (
        "jobs",
        "Jobs are no longer supported, please use instance groups instead",
    ),
    (
        "resource_pools",
        "resource_pools is no longer supported. You must now define resources in a cloud-config",
    ),
];

impl Reader<'_> {
    /// All items of a list, in the order in which they stand.
    pub(super) fn each<T>(
        &self,
        map: &Node,
        key: &str,
        read: impl Fn(&Self, &Node) -> Read<T>,
    ) -> Read<Vec<T>> {
        let items = self.sources.list(map, key)?.unwrap_or_default();
        items.iter().map(|item| read(self, item)).collect()
    }

    /// A fault at a key, or at the map that lacks it.
    pub(super) fn fault(&self, map: &Node, key: &str, message: impl Into<String>) -> Diagnostic {
        let at = map.get(key).unwrap_or(map);
        self.sources.place(at).fault(message)
    }

    fn check_keys(&self, root: &Node) -> Read<()> {
        for key in OF_CLOUD {
            if self.sources.has(root, key)? {
                let message = format!(
                    "Deployment manifest contains '{key}' section, but this can only be set in a cloud-config."
                );
                return Err(self.fault(root, key, message));
            }
        }
        let found = OF_OLD.iter().find(|(key, _)| root.get(key).is_some());
        found.map_or(
            Ok(()),
            |(key, message)| Err(self.fault(root, key, *message)),
        )
    }

    fn stemcells(&self, root: &Node) -> Read<Vec<Stemcell>> {
        let mut stemcells: Vec<Stemcell> = Vec::new();
        let mut aliases: BTreeSet<String> = BTreeSet::new();
        for node in self.sources.list(root, "stemcells")?.unwrap_or_default() {
            let alias = self.sources.required_text(node, "alias")?;
            if !aliases.insert(alias.clone()) {
                let message = format!("Duplicate stemcell alias '{alias}'");
                return Err(self.fault(node, "alias", message));
            }
            let name = self.sources.text(node, "name")?;
            let os = self.sources.text(node, "os")?;
            if name.is_none() && os.is_none() {
                let shown = inspect(&node.value());
                let message = format!(
                    "Required property 'os' or 'name' was not specified in object ({shown})"
                );
                return Err(self.sources.place(node).fault(message));
            }
            stemcells.push(Stemcell { alias, os });
        }
        Ok(stemcells)
    }

    fn releases(&self, root: &Node) -> Read<Vec<ReleaseReference>> {
        let nodes = match root.get("release") {
            None => self.sources.required_list(root, "releases")?,
            Some(_) if root.get("releases").is_some() => {
                let message = "Deployment manifest contains both 'release' and 'releases' sections, please use one of the two.";
                return Err(self.fault(root, "release", message));
            }
            Some(one) => std::slice::from_ref(one),
        };
        let mut releases: Vec<ReleaseReference> = Vec::with_capacity(nodes.len());
        let mut names: BTreeSet<String> = BTreeSet::new();
        for node in nodes {
            let name = self.sources.required_text(node, "name")?;
            let version = self.sources.required_text(node, "version")?;
            self.sources.list(node, "exported_from")?;
            if !names.insert(name.clone()) {
                let message = format!("Duplicate release name '{name}'");
                return Err(self.fault(node, "name", message));
            }
            releases.push(ReleaseReference { name, version });
        }
        Ok(releases)
    }

    fn features(&self, root: &Node) -> Read<Features> {
        let Some(map) = self.sources.map(root, "features")? else {
            return Ok(Features::default());
        };
        let truth = |key: &str| self.feature(map, key);
        let use_dns_addresses = truth("use_dns_addresses")?;
        let use_link_dns_names = truth("use_link_dns_names")?;
        let use_short_dns_addresses = truth("use_short_dns_addresses")?;
        for key in [
            "randomize_az_placement",
            "converge_variables",
            "use_tmpfs_config",
        ] {
            truth(key)?;
        }
        if use_link_dns_names == Some(true) {
            for key in ["use_short_dns_addresses", "use_dns_addresses"] {
                if truth(key)? == Some(false) {
                    let message = format!(
                        "cannot enable `use_link_dns_names` when `{key}` is explicitly disabled"
                    );
                    return Err(self.fault(map, key, message));
                }
            }
        }
        Ok(Features {
            use_dns_addresses,
            use_short_dns_addresses,
            use_link_dns_names,
        })
    }

    fn feature(&self, map: &Node, key: &str) -> Read<Option<bool>> {
        match map.get(key).map(Node::value) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(other) => {
                let class = class_name(&other);
                let message = format!(
                    "Key '{key}' in 'features' expected to be a boolean, but received '{class}'"
                );
                Err(self.fault(map, key, message))
            }
        }
    }

    /// The text of a value that is not checked: that of `to_s`, nothing for nil.
    pub(super) fn raw(map: &Node, key: &str) -> String {
        present(map, key)
            .map(|node| to_s(&node.value()))
            .unwrap_or_default()
    }
}

/// The first of the items that is there twice.
pub(super) fn repeated<T: Ord>(items: impl IntoIterator<Item = T>) -> Option<T> {
    let mut seen = BTreeSet::new();
    let mut all = items.into_iter();
    all.find_map(|item| {
        if seen.contains(&item) {
            return Some(item);
        }
        seen.insert(item);
        None
    })
}
