//! The links of a deployment as a graph, and its drawings.
//!
//! - [`Graph::of`]: boxes (instance groups, those of other deployments, what manifests give, what is missing), in them jobs,
//!   in these a row for each link that is provided or consumed; edges from a consumer's row to a provider's.
//! - [`svg`]: a drawing for documents, with a layout of its own ([`layout`]).
//! - [`dot`] and [`mermaid`]: texts that other programs draw.
//!
//! Equal reports make equal drawings, byte for byte. Whatever stands in names is escaped.

mod build;
pub mod dot;
pub mod layout;
pub mod mermaid;
pub mod svg;

/// Boxes and what connects them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// Name of the deployment.
    pub deployment: String,
    /// Boxes: groups of the deployment in its order, then the rest as links reach them.
    pub groups: Vec<GroupBox>,
    /// Links, in the order of consumers.
    pub edges: Vec<Edge>,
}

/// An instance group, or what stands in place of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupBox {
    /// What it is.
    pub kind: BoxKind,
    /// Its name.
    pub name: String,
    /// A few words about it; may be empty.
    pub caption: String,
    /// Its jobs.
    pub jobs: Vec<JobBox>,
}

/// Kinds of boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BoxKind {
    /// An instance group of the deployment.
    Group,
    /// One of another deployment.
    Foreign,
    /// What the manifest gives as data.
    Manual,
    /// What nobody provides.
    Missing,
}

/// A job, or the disks of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobBox {
    /// Its name; empty in boxes that are no groups.
    pub name: String,
    /// Its links.
    pub rows: Vec<Row>,
}

/// A link of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What the job does with it.
    pub role: Role,
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// A few words about it; may be empty.
    pub note: String,
}

/// What a job does with a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It provides it, and somebody consumes it.
    Provides,
    /// It provides it, and nobody consumes it.
    Unused,
    /// It consumes it.
    Consumes,
    /// It could consume it, and does without.
    Absent,
}

/// Where an edge ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// The box.
    pub group: usize,
    /// The job in it.
    pub job: usize,
    /// The row in that.
    pub row: usize,
}

/// A link from its consumer to its provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The consumer's row.
    pub consumer: Port,
    /// The provider's row.
    pub provider: Port,
    /// How it came about.
    pub style: EdgeStyle,
    /// Its name in the consumer's spec.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// All about it, as a sentence.
    pub title: String,
}

/// How an edge came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EdgeStyle {
    /// By the type alone.
    Implicit,
    /// The manifest names the provider.
    Explicit,
    /// The manifest names one of another deployment.
    Foreign,
    /// The manifest gives the data.
    Manual,
    /// It did not: it is ambiguous, or nobody provides it.
    Failed,
}

/// Longest name that is drawn whole, in characters.
const LONGEST_NAME: usize = 48;

impl Graph {
    /// What stands for a port in texts that other programs draw: the job, or in boxes without jobs the row.
    fn node(&self, port: Port) -> String {
        let Port { group, job, row } = port;
        let found = self.groups.get(group).and_then(|found| found.jobs.get(job));
        if found.is_some_and(|job| job.name.is_empty()) {
            format!("n{group}_{job}_{row}")
        } else {
            format!("n{group}_{job}")
        }
    }

    /// The nodes of a box, each with the lines of its label.
    fn nodes(&self, group: usize) -> Vec<(String, Vec<String>)> {
        let mut nodes = Vec::new();
        let jobs = self.groups.get(group).map(|found| found.jobs.as_slice());
        for (number, job) in jobs.unwrap_or_default().iter().enumerate() {
            let port = |row: usize| Port {
                group,
                job: number,
                row,
            };
            if job.name.is_empty() {
                let rows = job.rows.iter().enumerate();
                nodes.extend(rows.map(|(at, row)| (self.node(port(at)), vec![noted(row)])));
                continue;
            }
            let mut lines = vec![job.name.clone()];
            let absent = job.rows.iter().filter(|row| row.role == Role::Absent);
            lines.extend(absent.map(noted));
            nodes.push((self.node(port(0)), lines));
        }
        nodes
    }

    /// How many edges begin and end in one box.
    fn loops(&self, group: usize) -> usize {
        let within = |edge: &&Edge| edge.consumer.group == group && edge.provider.group == group;
        self.edges.iter().filter(within).count()
    }
}

/// A name that is not longer than drawings bear; of a longer one start and end.
fn shortened(name: &str) -> String {
    let count = name.chars().count();
    if count <= LONGEST_NAME {
        return name.to_owned();
    }
    let half = LONGEST_NAME / 2;
    let start = name.chars().take(half);
    let end = name.chars().skip(count - half + 1);
    start.chain(['…']).chain(end).collect()
}

/// Name and type; one word when they are equal.
fn named(name: &str, kind: &str) -> String {
    if name == kind {
        name.to_owned()
    } else {
        format!("{name} · {kind}")
    }
}

/// Name, type and note of a row.
fn noted(row: &Row) -> String {
    let named = named(&row.name, &row.kind);
    if row.note.is_empty() {
        named
    } else {
        format!("{named} ({})", row.note)
    }
}
