//! The graph of a report.

use std::fmt::Write as _;

use super::{BoxKind, Edge, EdgeStyle, Graph, GroupBox, JobBox, Port, Role, Row};
use crate::deployment::manifest::Lifecycle;
use crate::deployment::plan::PlannedGroup;
use crate::links::explain::Scene;
use crate::links::report::{
    ConsumerEnd, ExplainedLink, LinkReport, Outcome, ProblemKind, ProviderEnd, Way,
};

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
