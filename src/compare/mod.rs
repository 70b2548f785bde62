//! What a change of a deployment or of a release would do: two sides in, a [`Comparison`] without secrets out, and that as
//! text, JSON, or a page.
//!
//! Pure. [`deployment::compare`] and [`release::compare`] tell the stories. What a Director would do with an instance follows
//! it ([`Fate`]): other VMs, stemcells, environments and networks make it anew; other jobs, rendered files, packages and disks
//! are applied to the VM that is there, which stops and starts its processes; everything else leaves it alone.
//!
//! Invariants: what is in a [`Comparison`] may be shown, since all that comes from properties, files and errors went through
//! a [`Masker`] on its way in. Instances that change alike are one [`InstanceChange`]. The order is that of the new plan,
//! what is deleted comes last; it depends on nothing else.

pub mod deployment;
pub mod files;
pub mod html;
pub mod json;
pub mod lines;
pub mod mask;
pub mod release;
pub mod text;
pub mod values;

pub use deployment::Side;
pub use files::{FileChange, FileContent, InstanceFile, InstanceFiles};
pub use mask::Masker;
pub use values::ValueChange;

/// Whether something came, went, or is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Only the new side has it.
    Added,
    /// Only the old side has it.
    Removed,
    /// Both have it, and it differs.
    Changed,
}

impl Kind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }

    /// The kind of what is there or not; `None` where it is on neither side.
    fn of<T>(old: Option<&T>, new: Option<&T>) -> Option<Self> {
        match (old, new) {
            (None, None) => None,
            (None, Some(_)) => Some(Self::Added),
            (Some(_), None) => Some(Self::Removed),
            (Some(_), Some(_)) => Some(Self::Changed),
        }
    }
}

/// All that differs between two sides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    /// What the old side is called.
    pub old: String,
    /// What the new side is called.
    pub new: String,
    /// Whether sides are deployments; else they are releases.
    pub of_deployments: bool,
    /// What differs in the deployment as a whole.
    pub deployment: Vec<ValueChange>,
    /// Releases that differ; of those of a deployment only versions and packages are told here.
    pub releases: Vec<ReleaseChange>,
    /// Instances with changes.
    pub instances: Vec<InstanceChange>,
    /// How many instances have none.
    pub unchanged: usize,
    /// What could not be rendered, on which side.
    pub errors: Vec<SideError>,
    /// Releases that a manifest names and nobody gave; their jobs are left out.
    pub absent_releases: Vec<String>,
    /// What was not looked at, and why.
    pub notes: Vec<String>,
}

/// What keeps a side from being compared as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideError {
    /// What the side is called.
    pub side: String,
    /// What a Director would say.
    pub text: String,
}

/// Instances that change alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InstanceChange {
    /// Their names: group and index.
    pub names: Vec<String>,
    /// What becomes of them.
    pub fate: Fate,
    /// Why, most important first.
    pub reasons: Vec<String>,
    /// Where they are and on what they run: zone, networks, disks, VM, stemcell.
    pub placement: Vec<ValueChange>,
    /// Jobs that differ. Of instances that come or go all of them.
    pub jobs: Vec<JobChange>,
    /// Packages that differ.
    pub packages: Vec<PackageChange>,
    /// Whether their files could be rendered on both sides.
    pub rendered: bool,
}

/// What becomes of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It is made.
    New,
    /// It gets a new VM; persistent disks stay.
    Recreated,
    /// Its processes are stopped and started on the same VM.
    Restarted,
    /// It has no VM until its errand runs.
    NextRun,
    /// Its files cannot be rendered on a side, and nothing else says it is touched.
    Unknown,
    /// Nothing that runs is touched.
    Untouched,
    /// It is deleted.
    Deleted,
}

impl Fate {
    /// All of them, in the order of a summary.
    pub const ALL: [Self; 7] = [
        Self::New,
        Self::Recreated,
        Self::Restarted,
        Self::NextRun,
        Self::Unknown,
        Self::Untouched,
        Self::Deleted,
    ];

    /// The word for it, also in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Recreated => "recreate",
            Self::Restarted => "restart",
            Self::NextRun => "next-run",
            Self::Unknown => "unknown",
            Self::Untouched => "untouched",
            Self::Deleted => "delete",
        }
    }

    /// What it means.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::New => "to be made",
            Self::Recreated => "a new VM",
            Self::Restarted => "stop and start on the same VM",
            Self::NextRun => "an errand: its next run is another",
            Self::Unknown => "cannot be told",
            Self::Untouched => "nothing that runs is touched",
            Self::Deleted => "to be deleted",
        }
    }
}

/// A job of an instance that differs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobChange {
    /// Its name.
    pub name: String,
    /// Whether it came, went, or is another.
    pub kind: Kind,
    /// Release and version, old and new, when they differ.
    pub release: Option<(String, String)>,
    /// Fingerprint, old and new, when it differs.
    pub fingerprint: Option<(String, String)>,
    /// Properties that its templates see otherwise.
    pub properties: Vec<ValueChange>,
    /// Links that it consumes otherwise.
    pub links: Vec<LinkChange>,
    /// Its rendered files.
    pub files: Vec<FileChange>,
}

/// A consumed link that differs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LinkChange {
    /// Its name in the consumer's spec.
    pub name: String,
    /// Whether it came, went, or is another.
    pub kind: Kind,
    /// Who provided it.
    pub old: Option<String>,
    /// Who provides it.
    pub new: Option<String>,
    /// What the consumer sees otherwise: instances, properties, names.
    pub values: Vec<ValueChange>,
}

/// A package that differs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PackageChange {
    /// Its name.
    pub name: String,
    /// Its fingerprint; `None` where it is not.
    pub old: Option<String>,
    /// Its fingerprint now.
    pub new: Option<String>,
    /// Packages that it is compiled with and that differ.
    pub dependencies: Vec<String>,
}

/// A release that differs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReleaseChange {
    /// Its name, or both names.
    pub name: String,
    /// Its version; `None` where it is not.
    pub old: Option<String>,
    /// Its version now.
    pub new: Option<String>,
    /// Jobs that differ.
    pub jobs: Vec<SpecChange>,
    /// Packages that differ.
    pub packages: Vec<PackageChange>,
    /// Fingerprint of the license, when it differs.
    pub license: Option<ValueChange>,
}

/// A job of a release that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecChange {
    /// Its name.
    pub name: String,
    /// Whether it came, went, or is another.
    pub kind: Kind,
    /// Fingerprint, old and new, when it differs.
    pub fingerprint: Option<(String, String)>,
    /// Properties that the spec declares otherwise.
    pub properties: Vec<ValueChange>,
    /// Links that it provides or consumes otherwise.
    pub links: Vec<ValueChange>,
    /// Packages that it needs or no longer needs, and where templates go.
    pub others: Vec<ValueChange>,
    /// Texts of templates, of `monit`, of the schema of properties.
    pub files: Vec<FileChange>,
}

impl Comparison {
    /// Whether nothing differs.
    pub fn is_equal(&self) -> bool {
        self.deployment.is_empty() && self.releases.is_empty() && self.instances.is_empty()
    }

    /// How many instances have a fate.
    pub fn count(&self, fate: Fate) -> usize {
        let with = self.instances.iter().filter(|change| change.fate == fate);
        with.map(|change| change.names.len()).sum()
    }

    /// One sentence for the whole.
    pub fn summary(&self) -> String {
        if !self.of_deployments {
            return self.summary_of_releases();
        }
        let mut parts: Vec<String> = Vec::new();
        for fate in Fate::ALL {
            let count = self.count(fate);
            if count > 0 {
                parts.push(format!("{count} {}", fate.word()));
            }
        }
        let all = self.unchanged
            + Fate::ALL
                .iter()
                .map(|fate| self.count(*fate))
                .sum::<usize>();
        let instances = if all == 1 { "instance" } else { "instances" };
        if parts.is_empty() {
            return format!("No instance changes ({all} {instances})");
        }
        format!(
            "{all} {instances}: {}, {} equal",
            parts.join(", "),
            self.unchanged
        )
    }

    fn summary_of_releases(&self) -> String {
        if self.is_equal() {
            return "The releases are equal".to_owned();
        }
        let jobs: usize = self.releases.iter().map(|release| release.jobs.len()).sum();
        let packages = self.releases.iter().map(|release| release.packages.len());
        let packages: usize = packages.sum();
        let s = |count: usize| if count == 1 { "" } else { "s" };
        format!(
            "{jobs} job{} and {packages} package{} differ",
            s(jobs),
            s(packages)
        )
    }
}
