//! The links of a deployment as a graph, and its drawings.
//!
//! - [`Graph::of`]: boxes (instance groups, those of other deployments, what manifests give, what is missing), in them jobs,
//!   in these a row for each link that is provided or consumed; edges from a consumer's row to a provider's.
//! - [`svg`]: a drawing for documents, with a layout of its own ([`layout`]).
//! - [`dot`] and [`mermaid`]: texts that other programs draw.
//!
//! Equal reports make equal drawings, byte for byte. Whatever stands in names is escaped.

pub mod dot;
pub mod layout;
pub mod mermaid;
pub mod svg;

use std::fmt::Write as _;

use super::explain::{
    ConsumerEnd, ExplainedLink, LinkReport, Outcome, ProblemKind, ProviderEnd, Scene, Way,
};
use crate::deployment::manifest::Lifecycle;
use crate::deployment::plan::PlannedGroup;

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
    /// The graph of a report. `whole` also shows jobs without links and links that nobody consumes.
    pub fn of(scene: Scene<'_>, report: &LinkReport, whole: bool) -> Self {
        let mut builder = Builder {
            scene,
            graph: Self {
                deployment: report.deployment.clone(),
                groups: Vec::new(),
                edges: Vec::new(),
            },
        };
        if whole {
            builder.groups();
            for end in &report.unused {
                builder.provider(end, Role::Unused);
            }
        }
        for link in &report.links {
            builder.link(link);
        }
        let mut graph = builder.graph;
        graph.put_in_order(scene);
        graph
    }

    /// The row of a port.
    pub fn row(&self, port: Port) -> Option<&Row> {
        self.groups
            .get(port.group)?
            .jobs
            .get(port.job)?
            .rows
            .get(port.row)
    }

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

    /// Groups of the deployment stand in its order, rows that are provided before those that are consumed.
    fn put_in_order(&mut self, scene: Scene<'_>) {
        let position = |group: &GroupBox| {
            let mut groups = scene.own.plan.groups.iter();
            groups.position(|planned| planned.name == group.name)
        };
        let key = |group: &GroupBox| match group.kind {
            BoxKind::Group => (group.kind, position(group)),
            kind => (kind, None),
        };
        let mut order: Vec<usize> = (0..self.groups.len()).collect();
        order.sort_by_key(|at| self.groups.get(*at).map(key));
        let place = |at: usize| order.iter().position(|old| *old == at).unwrap_or(at);
        for edge in &mut self.edges {
            edge.consumer.group = place(edge.consumer.group);
            edge.provider.group = place(edge.provider.group);
        }
        self.groups = order
            .iter()
            .filter_map(|at| self.groups.get(*at).cloned())
            .collect();
        for group in 0..self.groups.len() {
            for job in 0..self.groups.get(group).map_or(0, |found| found.jobs.len()) {
                self.put_rows_in_order(group, job);
            }
        }
    }

    fn put_rows_in_order(&mut self, group: usize, job: usize) {
        let Some(found) = self
            .groups
            .get_mut(group)
            .and_then(|group| group.jobs.get_mut(job))
        else {
            return;
        };
        let mut order: Vec<usize> = (0..found.rows.len()).collect();
        order.sort_by_key(|at| found.rows.get(*at).map(|row| row.role));
        found.rows = order
            .iter()
            .filter_map(|at| found.rows.get(*at).cloned())
            .collect();
        let place = |at: usize| order.iter().position(|old| *old == at).unwrap_or(at);
        for edge in &mut self.edges {
            for port in [&mut edge.consumer, &mut edge.provider] {
                if (port.group, port.job) == (group, job) {
                    port.row = place(port.row);
                }
            }
        }
    }
}

struct Builder<'a> {
    scene: Scene<'a>,
    graph: Graph,
}

impl Builder<'_> {
    /// All groups and jobs of the deployment.
    fn groups(&mut self) {
        for group in &self.scene.own.plan.groups {
            let at = self.group_box(BoxKind::Group, &group.name, &caption(group));
            for job in &group.jobs {
                self.job_box(at, &job.job.name);
            }
        }
    }

    fn link(&mut self, link: &ExplainedLink) {
        let role = match link.outcome {
            Outcome::Absent => Role::Absent,
            _ => Role::Consumes,
        };
        let note = match (&link.outcome, link.way) {
            (Outcome::Absent, Way::Blocked) => "blocked",
            (Outcome::Absent, _) => "absent",
            _ => "",
        };
        let consumer = self.consumer(&link.consumer, &link.kind, role, note);
        match &link.outcome {
            Outcome::Absent => {}
            Outcome::Linked { provider, .. } => {
                let style = match link.way {
                    _ if provider.foreign => EdgeStyle::Foreign,
                    Way::Implicit => EdgeStyle::Implicit,
                    _ => EdgeStyle::Explicit,
                };
                let end = self.provider(provider, Role::Provides);
                self.edge(consumer, end, style, link);
            }
            Outcome::Manual { instances } => {
                let note = counted(*instances);
                let end = self.stand_in(BoxKind::Manual, "given by the manifest", link, &note);
                self.edge(consumer, end, EdgeStyle::Manual, link);
            }
            Outcome::Failed(problem) if problem.kind == ProblemKind::Ambiguous => {
                let fitting = problem.candidates.iter();
                for judged in fitting.filter(|judged| judged.refused.is_empty()) {
                    let end = self.provider(&judged.provider, Role::Provides);
                    self.edge(consumer, end, EdgeStyle::Failed, link);
                }
            }
            Outcome::Failed(problem) => {
                let note = problem.kind.note();
                let end = self.stand_in(BoxKind::Missing, "not provided", link, note);
                self.edge(consumer, end, EdgeStyle::Failed, link);
            }
        }
    }

    fn edge(&mut self, consumer: Port, provider: Port, style: EdgeStyle, link: &ExplainedLink) {
        self.graph.edges.push(Edge {
            consumer,
            provider,
            style,
            name: link.consumer.link.clone(),
            kind: link.kind.clone(),
            title: sentence(link),
        });
    }

    fn consumer(&mut self, end: &ConsumerEnd, kind: &str, role: Role, note: &str) -> Port {
        let caption = self.scene.own.plan.group(&end.group).map(caption);
        let group = self.group_box(BoxKind::Group, &end.group, &caption.unwrap_or_default());
        let job = self.job_box(group, &end.job);
        let row = Row {
            role,
            name: end.link.clone(),
            kind: kind.to_owned(),
            note: note.to_owned(),
        };
        self.push_row(group, job, row)
    }

    /// The row of a provider; a second consumer finds that of the first.
    fn provider(&mut self, end: &ProviderEnd, role: Role) -> Port {
        let group = self.group_of(end);
        let job = self.job_box(group, end.job.as_deref().unwrap_or("persistent disks"));
        let renamed = (end.name != end.link).then(|| format!("as {}", end.name));
        let custom = end.custom.then(|| "custom".to_owned());
        let note: Vec<String> = custom.into_iter().chain(renamed).collect();
        let note = note.join(", ");
        let wanted = (&end.link, &end.kind, &note);
        let rows = self.graph.groups.get_mut(group);
        let rows = rows.and_then(|found| found.jobs.get_mut(job));
        let rows = rows.map(|job| job.rows.as_mut_slice()).unwrap_or_default();
        let provided = |row: &Row| matches!(row.role, Role::Provides | Role::Unused);
        let found = rows
            .iter()
            .position(|row| provided(row) && (&row.name, &row.kind, &row.note) == wanted);
        if let Some(row) = found {
            if let Some(found) = rows.get_mut(row).filter(|_| role == Role::Provides) {
                found.role = role;
            }
            return Port { group, job, row };
        }
        let row = Row {
            role,
            name: end.link.clone(),
            kind: end.kind.clone(),
            note,
        };
        self.push_row(group, job, row)
    }

    fn group_of(&mut self, end: &ProviderEnd) -> usize {
        let all = std::iter::once(&self.scene.own).chain(self.scene.others);
        let mut named = all.filter(|other| other.plan.name == end.deployment);
        let planned = named.next().and_then(|other| other.plan.group(&end.group));
        if !end.foreign {
            let caption = planned.map(caption).unwrap_or_default();
            return self.group_box(BoxKind::Group, &end.group, &caption);
        }
        let count = planned.map_or(0, |group| group.instances.len());
        let caption = format!("deployment {} · {}", end.deployment, counted(count));
        self.group_box(BoxKind::Foreign, &end.group, &caption)
    }

    /// A row in a box that is no group.
    fn stand_in(&mut self, kind: BoxKind, name: &str, link: &ExplainedLink, note: &str) -> Port {
        let group = self.group_box(kind, name, "");
        let job = self.job_box(group, "");
        let row = Row {
            role: Role::Provides,
            name: link.consumer.link.clone(),
            kind: link.kind.clone(),
            note: note.to_owned(),
        };
        self.push_row(group, job, row)
    }

    fn group_box(&mut self, kind: BoxKind, name: &str, caption: &str) -> usize {
        let groups = &mut self.graph.groups;
        let same = |found: &GroupBox| {
            found.kind == kind
                && found.name == name
                && (kind != BoxKind::Foreign || found.caption == caption)
        };
        if let Some(at) = groups.iter().position(same) {
            return at;
        }
        groups.push(GroupBox {
            kind,
            name: name.to_owned(),
            caption: caption.to_owned(),
            jobs: Vec::new(),
        });
        groups.len() - 1
    }

    fn job_box(&mut self, group: usize, name: &str) -> usize {
        let Some(found) = self.graph.groups.get_mut(group) else {
            return 0;
        };
        if let Some(at) = found.jobs.iter().position(|job| job.name == name) {
            return at;
        }
        found.jobs.push(JobBox {
            name: name.to_owned(),
            rows: Vec::new(),
        });
        found.jobs.len() - 1
    }

    fn push_row(&mut self, group: usize, job: usize, row: Row) -> Port {
        let found = self.graph.groups.get_mut(group);
        let rows = found
            .and_then(|found| found.jobs.get_mut(job))
            .map(|job| &mut job.rows);
        let at = rows.map_or(0, |rows| {
            rows.push(row);
            rows.len() - 1
        });
        Port {
            group,
            job,
            row: at,
        }
    }
}

/// Lifecycle, instances, zones and networks of a group.
fn caption(group: &PlannedGroup) -> String {
    let mut parts = vec![counted(group.instances.len())];
    if group.lifecycle == Lifecycle::Errand {
        parts.insert(0, "errand".to_owned());
    }
    let mut zones: Vec<&str> = Vec::new();
    for zone in group
        .instances
        .iter()
        .filter_map(|instance| instance.az.as_deref())
    {
        if !zones.contains(&zone) {
            zones.push(zone);
        }
    }
    zones.sort_unstable();
    let names = group
        .networks
        .iter()
        .map(|network| network.network.name.as_str());
    for list in [zones, names.collect()] {
        if !list.is_empty() {
            parts.push(list.join(", "));
        }
    }
    parts.join(" · ")
}

fn counted(instances: usize) -> String {
    match instances {
        1 => "1 instance".to_owned(),
        count => format!("{count} instances"),
    }
}

/// All about a link.
fn sentence(link: &ExplainedLink) -> String {
    let consumer = &link.consumer;
    let kind = &link.kind;
    let why = &link.why;
    match &link.outcome {
        Outcome::Linked {
            provider,
            network,
            addresses,
            instances,
        } => {
            let mut text = format!("{consumer} ({kind}) gets {provider}: {why}");
            if let (Some(network), Some(form)) = (network, addresses) {
                let count = counted(*instances);
                // Writing to a String cannot fail.
                write!(text, "; {count} by {form} on network {network}").ok();
            }
            text
        }
        Outcome::Manual { instances } => {
            format!("{consumer} ({kind}): {why}; {}", counted(*instances))
        }
        Outcome::Absent | Outcome::Failed(_) => format!("{consumer} ({kind}) gets nothing: {why}"),
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
