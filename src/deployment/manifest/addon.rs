//! Addons of a manifest, and the filters that choose instance groups.

use super::group;
use super::reader::{Read, Reader};
use super::{Addon, Filter, JobUse, ReleaseReference};
use crate::deployment::document::Node;
use crate::deployment::inspect::inspect;
use crate::deployment::read::data;
use crate::yaml::Value;

/// All addons.
///
/// # Errors
/// What a Director finds first.
pub(super) fn read(
    reader: &Reader<'_>,
    root: &Node,
    releases: &[ReleaseReference],
) -> Read<Vec<Addon>> {
    let nodes = reader.sources.list(root, "addons")?.unwrap_or_default();
    let mut addons = Vec::with_capacity(nodes.len());
    for node in nodes {
        let addon = addon(reader, node)?;
        let listed = |job: &&JobUse| releases.iter().any(|known| known.name == job.release);
        if let Some(job) = addon.jobs.iter().find(|job| !listed(job)) {
            let (name, release) = (&job.name, &job.release);
            let message = format!(
                "Manifest specifies job '{name}' which is defined in '{release}', but '{release}' is not listed in the deployment releases section."
            );
            return Err(job.place.fault(message));
        }
        addons.push(addon);
    }
    Ok(addons)
}

fn addon(reader: &Reader<'_>, node: &Node) -> Read<Addon> {
    let sources = reader.sources;
    let name = sources.required_text(node, "name")?;
    let jobs = reader.each(node, "jobs", job)?;
    let include = filter(reader, node, "include")?;
    let exclude = filter(reader, node, "exclude")?;
    sources.map(node, "properties")?;
    let properties = match data(node, "properties") {
        Value::Null => Value::Mapping(Vec::new()),
        given => given,
    };
    Ok(Addon {
        name,
        jobs,
        properties,
        include,
        exclude,
    })
}

/// A job of an addon defines no providers of its own.
fn job(reader: &Reader<'_>, node: &Node) -> Read<JobUse> {
    reader.sources.required_text(node, "name")?;
    reader.sources.required_text(node, "release")?;
    reader.sources.map(node, "provides")?;
    reader.sources.map(node, "consumes")?;
    Ok(JobUse {
        custom_providers: None,
        ..group::job(reader, node)?
    })
}

fn filter(reader: &Reader<'_>, node: &Node, key: &str) -> Read<Option<Filter>> {
    let Some(map) = reader.sources.map(node, key)? else {
        return Ok(None);
    };
    let texts = |key: &str| {
        let items = reader.sources.list(map, key)?.unwrap_or_default();
        let texts = items.iter().filter_map(Node::as_str);
        Ok(texts.map(str::to_owned).collect::<Vec<String>>())
    };
    let deployments = reader.sources.list(map, "deployments")?;
    if deployments.is_some_and(|listed| !listed.is_empty()) {
        let message = "Deployment filter is not allowed for deployment level addons.";
        return Err(reader.fault(map, "deployments", message));
    }
    let jobs = reader.sources.list(map, "jobs")?.unwrap_or_default();
    let groups = texts("instance_groups")?;
    let stemcells = reader.sources.list(map, "stemcell")?.unwrap_or_default();
    let networks = texts("networks")?;
    texts("teams")?;
    let azs = texts("azs")?;
    let lifecycle = reader.sources.text(map, "lifecycle")?;
    Ok(Some(Filter {
        jobs: jobs_of(reader, jobs, key)?,
        stemcells: systems_of(reader, stemcells, key)?,
        groups,
        networks,
        azs,
        lifecycle: lifecycle.filter(|text| !text.is_empty()),
    }))
}

fn jobs_of(reader: &Reader<'_>, nodes: &[Node], filter: &str) -> Read<Vec<(String, String)>> {
    let job = |node: &Node| {
        let name = reader.sources.text(node, "name")?.unwrap_or_default();
        let release = reader.sources.text(node, "release")?.unwrap_or_default();
        if name.is_empty() || release.is_empty() {
            let message = format!(
                "Job {} in deployment config's {filter} section must have both name and release.",
                inspect(&node.value())
            );
            return Err(reader.sources.place(node).fault(message));
        }
        Ok((name, release))
    };
    nodes.iter().map(job).collect()
}

fn systems_of(reader: &Reader<'_>, nodes: &[Node], filter: &str) -> Read<Vec<String>> {
    let system = |node: &Node| {
        let os = reader.sources.text(node, "os")?.unwrap_or_default();
        if os.is_empty() {
            let message = format!(
                "Stemcell {} in deployment config's {filter} section must have an os name.",
                inspect(&node.value())
            );
            return Err(reader.sources.place(node).fault(message));
        }
        Ok(os)
    };
    nodes.iter().map(system).collect()
}
