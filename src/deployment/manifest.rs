//! A deployment manifest: what a Director takes of it for jobs, their properties, links and addresses.
//!
//! Only an interpolated manifest is read, and as the official CLI sends it (`sent`). What leaves no trace in a template (`update`, `env`, types of VMs, stemcells,
//! tags) is left out. `consumes`, `provides` and definitions of custom providers are kept as nodes: what they may hold
//! depends on the job of the release, so `links` reads them.
//!
//! As in a Director the first fault ends the reading; texts are the Director's, places are those of the manifest.

use super::InterpolatedManifest;
use super::address::AddressRange;
use super::document::Node;
use super::read::{Place, Sources, data, present};
use super::sent::sent;
use crate::diagnostic::Diagnostic;
use crate::dns;
use crate::yaml::Value;

/// A manifest.
#[derive(Debug, Clone)]
pub struct DeploymentManifest {
    /// Name of the deployment.
    pub name: String,
    /// How addresses are written.
    pub features: Features,
    /// Releases by name and version.
    pub releases: Vec<ReleaseReference>,
    /// Properties of the whole deployment; nil without.
    pub properties: Value,
    /// Instance groups, as listed.
    pub groups: Vec<InstanceGroup>,
    /// Jobs that come to the instance groups that they choose.
    pub addons: Vec<Addon>,
    /// Texts that may be shown.
    pub sources: Sources,
}

/// `features`: `None` where the manifest says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Features {
    /// Addresses in links and specs are DNS names.
    pub use_dns_addresses: Option<bool>,
    /// DNS names consist of numbers.
    pub use_short_dns_addresses: Option<bool>,
    /// Each link has a DNS name of its own.
    pub use_link_dns_names: Option<bool>,
}

/// A release that jobs may be of.
#[derive(Debug, Clone)]
pub struct ReleaseReference {
    /// Its name.
    pub name: String,
    /// Its version as written; may be `latest`.
    pub version: String,
}

/// When instances of a group live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// Always.
    Service,
    /// While an errand runs.
    Errand,
}

/// An instance group.
#[derive(Debug, Clone)]
pub struct InstanceGroup {
    /// Its name.
    pub name: String,
    /// When its instances live.
    pub lifecycle: Lifecycle,
    /// How many instances there are.
    pub instances: usize,
    /// Availability zones, as listed; `None` when it says none.
    pub azs: Option<Vec<String>>,
    /// Networks, as listed.
    pub networks: Vec<NetworkUse>,
    /// Jobs, as listed.
    pub jobs: Vec<JobUse>,
    /// Properties of the group; nil without.
    pub properties: Value,
    /// Its persistent disks.
    pub disks: Disks,
    /// Names of the groups that it was made of.
    pub migrated_from: Vec<String>,
    /// Where it stands.
    pub place: Place,
}

/// A network of an instance group.
#[derive(Debug, Clone)]
pub struct NetworkUse {
    /// Its name.
    pub name: String,
    /// Addresses that are asked for, in order; `None` when there is no list.
    pub static_ips: Option<Vec<AddressRange>>,
    /// What it is the default for.
    pub default: Vec<String>,
    /// The network card that several networks share.
    pub nic_group: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// A job of an instance group or of an addon.
#[derive(Debug, Clone)]
pub struct JobUse {
    /// Name of the job in its release.
    pub name: String,
    /// Name of the release.
    pub release: String,
    /// Its own properties; `None` when it has none.
    pub properties: Option<Node>,
    /// What it makes of the links that it consumes.
    pub consumes: Option<Node>,
    /// What it makes of the links that it provides.
    pub provides: Option<Node>,
    /// Links that it provides beyond those of the release.
    pub custom_providers: Option<Node>,
    /// Where it stands.
    pub place: Place,
}

/// Persistent disks of an instance group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disks {
    /// None.
    None,
    /// One of a size in megabytes.
    Size(u64),
    /// One of a type of the cloud-config.
    Type(String),
    /// Some with names: name and type. They are not mounted by the agent; jobs find them through links.
    Named(Vec<(String, String)>),
}

/// Jobs for the instance groups that are included and not excluded.
#[derive(Debug, Clone)]
pub struct Addon {
    /// Its name.
    pub name: String,
    /// Its jobs.
    pub jobs: Vec<JobUse>,
    /// Which groups get it; all without.
    pub include: Option<Filter>,
    /// Which do not.
    pub exclude: Option<Filter>,
}

/// Which instance groups an addon is for; all lists that are there must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Jobs: name and release.
    pub jobs: Vec<(String, String)>,
    /// Names of instance groups.
    pub groups: Vec<String>,
    /// Names of deployments.
    pub deployments: Vec<String>,
    /// Names of networks.
    pub networks: Vec<String>,
    /// Names of availability zones.
    pub azs: Vec<String>,
    /// `service` or `errand`.
    pub lifecycle: Option<String>,
}

type Read<T> = Result<T, Diagnostic>;

impl DeploymentManifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// What a Director finds first.
    pub fn read(manifest: &InterpolatedManifest) -> Read<Self> {
        let reader = Reader {
            sources: Sources::of(manifest),
        };
        let root = sent(&manifest.root, &reader.sources)?;
        reader.manifest(&root)
    }
}

struct Reader {
    sources: Sources,
}

impl Reader {
    fn manifest(self, root: &Node) -> Read<DeploymentManifest> {
        let name = self.sources.required_text(root, "name")?;
        let features = self.features(root)?;
        let releases = self.each(root, "releases", Self::release)?;
        let groups = self.groups(root)?;
        let addons = self.each(root, "addons", Self::addon)?;
        self.sources.map(root, "properties")?;
        Ok(DeploymentManifest {
            name,
            features,
            releases,
            properties: data(root, "properties"),
            groups,
            addons,
            sources: self.sources,
        })
    }

    /// All items of a list, in the order in which they stand.
    fn each<T>(
        &self,
        map: &Node,
        key: &str,
        read: impl Fn(&Self, &Node) -> Read<T>,
    ) -> Read<Vec<T>> {
        let items = self.sources.list(map, key)?.unwrap_or_default();
        items.iter().map(|item| read(self, item)).collect()
    }

    fn features(&self, root: &Node) -> Read<Features> {
        let Some(map) = self.sources.map(root, "features")? else {
            return Ok(Features::default());
        };
        let features = Features {
            use_dns_addresses: self.sources.truth(map, "use_dns_addresses")?,
            use_short_dns_addresses: self.sources.truth(map, "use_short_dns_addresses")?,
            use_link_dns_names: self.sources.truth(map, "use_link_dns_names")?,
        };
        if features.use_link_dns_names == Some(true) {
            for (key, value) in [
                ("use_dns_addresses", features.use_dns_addresses),
                ("use_short_dns_addresses", features.use_short_dns_addresses),
            ] {
                if value == Some(false) {
                    let message = format!(
                        "cannot enable `use_link_dns_names` when `{key}` is explicitly disabled"
                    );
                    return Err(self.sources.place(map).fault(message));
                }
            }
        }
        Ok(features)
    }

    fn release(&self, node: &Node) -> Read<ReleaseReference> {
        Ok(ReleaseReference {
            name: self.sources.required_text(node, "name")?,
            version: self.sources.required_text(node, "version")?,
        })
    }

    /// Names have to differ in their canonical form, which DNS names have.
    fn groups(&self, root: &Node) -> Read<Vec<InstanceGroup>> {
        let mut groups: Vec<InstanceGroup> = Vec::new();
        let mut canonical: Vec<String> = Vec::new();
        let items = self.sources.list(root, "instance_groups")?;
        for node in items.unwrap_or_default() {
            let group = self.group(node)?;
            let name = dns::canonical(&group.name)
                .map_err(|error| group.place.fault(error.to_string()))?;
            if canonical.contains(&name) {
                let message = format!(
                    "Invalid instance group name '{}', canonical name already taken",
                    group.name
                );
                return Err(group.place.fault(message));
            }
            canonical.push(name);
            groups.push(group);
        }
        Ok(groups)
    }

    fn group(&self, node: &Node) -> Read<InstanceGroup> {
        let name = self.sources.required_text(node, "name")?;
        let place = self.sources.place(node.get("name").unwrap_or(node));
        self.sources.map(node, "properties")?;
        let instances = self.sources.count(node, "instances")?.unwrap_or(0);
        Ok(InstanceGroup {
            lifecycle: self.lifecycle(node, &name)?,
            instances: usize::try_from(instances).unwrap_or(usize::MAX),
            azs: self.sources.texts(node, "azs")?,
            jobs: self.each(node, "jobs", Self::job)?,
            networks: self.each(node, "networks", Self::network)?,
            properties: data(node, "properties"),
            disks: self.disks(node, &name)?,
            migrated_from: self.each(node, "migrated_from", |reader, from| {
                reader.sources.required_text(from, "name")
            })?,
            name,
            place,
        })
    }

    fn lifecycle(&self, node: &Node, group: &str) -> Read<Lifecycle> {
        match self.sources.text(node, "lifecycle")?.as_deref() {
            None | Some("service") => Ok(Lifecycle::Service),
            Some("errand") => Ok(Lifecycle::Errand),
            Some(other) => {
                let message = format!(
                    "Invalid lifecycle '{other}' for '{group}', valid lifecycle profiles are: service, errand"
                );
                let at = node.get("lifecycle").unwrap_or(node);
                Err(self.sources.place(at).fault(message))
            }
        }
    }

    fn network(&self, node: &Node) -> Read<NetworkUse> {
        let name = self.sources.required_text(node, "name")?;
        let parse = |text: String| {
            let invalid = || {
                let at = node.get("static_ips").unwrap_or(node);
                let message = format!("Invalid IP or CIDR format: {text}");
                self.sources.place(at).fault(message)
            };
            AddressRange::parse(&text).ok_or_else(invalid)
        };
        let texts = match present(node, "static_ips") {
            Some(one) if one.as_str().is_some() => self
                .sources
                .text(node, "static_ips")?
                .map(|text| vec![text]),
            _ => self.sources.texts(node, "static_ips")?,
        };
        let static_ips = texts.map(|texts| texts.into_iter().map(parse).collect());
        Ok(NetworkUse {
            name,
            static_ips: static_ips.transpose()?,
            default: self.sources.texts(node, "default")?.unwrap_or_default(),
            nic_group: self.sources.text(node, "nic_group")?,
            place: self.sources.place(node),
        })
    }

    fn job(&self, node: &Node) -> Read<JobUse> {
        let name = self.sources.required_text(node, "name")?;
        let properties = self.sources.map(node, "properties")?;
        Ok(JobUse {
            release: self.sources.required_text(node, "release")?,
            properties: properties.cloned(),
            consumes: present(node, "consumes").cloned(),
            provides: present(node, "provides").cloned(),
            custom_providers: present(node, "custom_provider_definitions").cloned(),
            place: self.sources.place(node.get("name").unwrap_or(node)),
            name,
        })
    }

    fn disks(&self, node: &Node, group: &str) -> Read<Disks> {
        let size = self.sources.count(node, "persistent_disk")?;
        let kind = self.sources.text(node, "persistent_disk_type")?;
        let named = self.sources.list(node, "persistent_disks")?;
        match (size, kind, named) {
            (None | Some(0), None, None) => Ok(Disks::None),
            (Some(size), None, None) => Ok(Disks::Size(size)),
            (None, Some(kind), None) => Ok(Disks::Type(kind)),
            (None, None, Some(named)) => {
                let disk = |disk: &Node| {
                    let name = self.sources.required_text(disk, "name")?;
                    Ok((name, self.sources.required_text(disk, "type")?))
                };
                Ok(Disks::Named(named.iter().map(disk).collect::<Read<_>>()?))
            }
            _ => {
                let message = format!(
                    "Instance group '{group}' specifies more than one of the following keys: 'persistent_disk', 'persistent_disk_type', 'persistent_disk_pool' and 'persistent_disks'. Choose one."
                );
                Err(self.sources.place(node).fault(message))
            }
        }
    }

    fn addon(&self, node: &Node) -> Read<Addon> {
        let filter = |key: &str| {
            let map = self.sources.map(node, key)?;
            map.map(|map| self.filter(map)).transpose()
        };
        Ok(Addon {
            name: self.sources.required_text(node, "name")?,
            jobs: self.each(node, "jobs", Self::job)?,
            include: filter("include")?,
            exclude: filter("exclude")?,
        })
    }

    fn filter(&self, map: &Node) -> Read<Filter> {
        let texts = |key| Ok(self.sources.texts(map, key)?.unwrap_or_default());
        let job = |reader: &Self, job: &Node| {
            let name = reader.sources.required_text(job, "name")?;
            Ok((name, reader.sources.required_text(job, "release")?))
        };
        Ok(Filter {
            jobs: self.each(map, "jobs", job)?,
            groups: texts("instance_groups")?,
            deployments: texts("deployments")?,
            networks: texts("networks")?,
            azs: texts("azs")?,
            lifecycle: self.sources.text(map, "lifecycle")?,
        })
    }
}
