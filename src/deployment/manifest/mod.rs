//! A deployment manifest: what a Director takes of it for jobs, their properties, links and addresses.
//!
//! Only an interpolated manifest is read, and as the official CLI sends it (`sent`). What leaves no trace in a template (`update`, `env`, `tags`,
//! `variables`) is checked and left out. `consumes`, `provides` and definitions of custom providers are kept as nodes: what they may hold
//! depends on the job of the release, so `links` reads them.
//!
//! As in a Director the first fault ends the reading; texts and order are the Director's, places are those of the manifest.

mod addon;
mod group;
mod reader;
mod update;
mod variable;

use super::InterpolatedManifest;
use super::address::AddressRange;
use super::document::Node;
use super::read::{Place, Sources};
use super::sent::sent;
use crate::diagnostic::Diagnostic;
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
    /// Stemcells by alias.
    pub stemcells: Vec<Stemcell>,
    /// Properties of the whole deployment; nil without.
    pub properties: Value,
    /// Instance groups, as listed.
    pub groups: Vec<InstanceGroup>,
    /// Jobs that come to the instance groups that they choose.
    pub addons: Vec<Addon>,
    /// Texts that may be shown.
    pub sources: Sources,
    /// All that it says, for what compares manifests: also what leaves no trace in a template.
    pub whole: Value,
    /// Texts of variables that nobody may see.
    pub secrets: Vec<String>,
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

/// An operating system that instances may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stemcell {
    /// The name by which instance groups ask for it.
    pub alias: String,
    /// The operating system; `None` where only the stemcell's name is given, which a Director looks up.
    pub os: Option<String>,
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
    /// The alias of its stemcell.
    pub stemcell: String,
    /// Its type of VMs; `None` when it says what VMs need instead.
    pub vm_type: Option<String>,
    /// Extensions of its VMs.
    pub vm_extensions: Vec<String>,
    /// The groups that it was made of.
    pub migrated_from: Vec<MigratedFrom>,
    /// Where it stands: its name.
    pub place: Place,
    /// Where some of its keys stand.
    pub places: Places,
}

/// A group whose instances another group takes over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigratedFrom {
    /// Its name.
    pub name: String,
    /// The availability zone of its instances, where they had none.
    pub az: Option<String>,
}

/// Where the keys of an instance group stand.
#[derive(Debug, Clone, Default)]
pub struct Places(Vec<(&'static str, Place)>);

impl InstanceGroup {
    /// Where a key stands, or the group where it has none.
    pub fn at(&self, key: &str) -> &Place {
        let mut places = self.places.0.iter();
        let found = places.find(|(found, _)| *found == key);
        found.map_or(&self.place, |(_, place)| place)
    }
}

/// A network of an instance group.
#[derive(Debug, Clone)]
pub struct NetworkUse {
    /// Its name.
    pub name: String,
    /// Addresses that are asked for, in order; `None` when there is no list.
    pub static_ips: Option<Vec<AddressRange>>,
    /// Whether it has the key of such a list, maybe with nothing.
    pub asks: bool,
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
    /// Properties of jobs that have none of their own; an empty map without.
    pub properties: Value,
    /// Which groups get it; all without.
    pub include: Option<Filter>,
    /// Which do not.
    pub exclude: Option<Filter>,
}

/// Which instance groups an addon is for; all lists that are there must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Operating systems.
    pub stemcells: Vec<String>,
    /// Jobs: name and release.
    pub jobs: Vec<(String, String)>,
    /// Names of instance groups.
    pub groups: Vec<String>,
    /// Names of networks.
    pub networks: Vec<String>,
    /// Names of availability zones.
    pub azs: Vec<String>,
    /// `service` or `errand`.
    pub lifecycle: Option<String>,
}

impl DeploymentManifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// What a Director finds first.
    pub fn read(manifest: &InterpolatedManifest) -> Result<Self, Diagnostic> {
        let sources = Sources::of(manifest);
        let root = sent(&manifest.root, &sources)?;
        let read = reader::read(sources, &root)?;
        Ok(Self {
            secrets: manifest.secrets(),
            ..read
        })
    }
}
