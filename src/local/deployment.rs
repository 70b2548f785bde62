//! All files of all instances of a deployment, as agents would lay them out.
//!
//! [`plan_all`] plans the deployment and those before it and resolves links; [`render`] makes the files. Each job is
//! compiled once; instances are rendered by all threads, and the result is the same with any number of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::failures::{Faults, RenderFailure};
use super::render::{Failed, JobOfInstance, render_many};
use super::selection::Selection;
use crate::deployment::manifest::Lifecycle;
use crate::deployment::plan::{self, PlannedGroup, PlannedJob};
use crate::deployment::release_job::{Release, ReleaseJob};
use crate::deployment::{CloudConfig, DeploymentManifest, DeploymentPlan, RecordedState};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::dns::Numbering;
use crate::links::LinkIntents;
use crate::links::numbers::numbering;
use crate::links::resolve::{Deployment, Links, ProvidedLink, check_providers, decide, resolve};
use crate::render::failure::{DeploymentFailure, GroupFailure, JobFailure};
use crate::render::instance::{SpecError, Specs};
use crate::render::job::{JobError, JobTemplates, RenderedJob};
use crate::render::schema::{Schema, SchemaError};
use crate::render::{Template, TemplateError};
use crate::ruby::eval::World;
use crate::source::Source;
use crate::yaml::Value;

/// What a deployment is made of.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Its manifest, behind those that were deployed before, in order.
    pub manifests: &'a [DeploymentManifest],
    /// Networks, zones and types.
    pub cloud: &'a CloudConfig,
    /// Releases at hand.
    pub releases: &'a [Release],
    /// What a Director remembers.
    pub state: &'a RecordedState,
}

/// A deployment that can be rendered.
#[derive(Debug)]
pub struct ResolvedDeployment {
    /// Its plan.
    pub plan: DeploymentPlan,
    /// What its jobs provide and consume.
    pub intents: LinkIntents,
    /// Its links.
    pub links: Links,
    /// Numbers in DNS names.
    pub numbering: Arc<Numbering>,
}

/// The files of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedInstance {
    /// Its instance group.
    pub group: String,
    /// Its index.
    pub index: u64,
    /// Its files: those of its jobs in order.
    pub files: Vec<InstanceFile>,
}

/// A file of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceFile {
    /// Path below `/var/vcap/jobs`.
    pub path: String,
    /// Whether it is a program: 0750, else 0640.
    pub executable: bool,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl InstanceFile {
    /// Permissions that an agent gives it.
    pub fn mode(&self) -> u32 {
        if self.executable { 0o750 } else { 0o640 }
    }
}

/// Deployments that are planned, their links not resolved.
#[derive(Debug)]
pub struct PlannedDeployments {
    /// Plans with what their jobs provide and consume; the last is the one that is asked for.
    planned: Vec<(DeploymentPlan, LinkIntents)>,
    /// Numbers in DNS names.
    pub numbering: Arc<Numbering>,
}

impl PlannedDeployments {
    /// The deployment that was asked for.
    ///
    /// # Errors
    /// There is no manifest at all.
    pub fn own(&self) -> Result<Deployment<'_>, Diagnostics> {
        let own = self.planned.last();
        let own = own.map(|(plan, intents)| Deployment { plan, intents });
        own.ok_or_else(nothing)
    }

    /// Those that were deployed before it, in order.
    pub fn others(&self) -> Vec<Deployment<'_>> {
        let others = self.planned.split_last().map(|(_, others)| others);
        let others = others.unwrap_or_default().iter();
        let others = others.map(|(plan, intents)| Deployment { plan, intents });
        others.collect()
    }

    /// Resolves the links of the deployment that was asked for.
    ///
    /// # Errors
    /// All links that cannot be resolved.
    pub fn resolve(mut self) -> Result<ResolvedDeployment, Diagnostics> {
        let links = resolve(self.own()?, &self.others(), &self.numbering)?;
        check_amount(self.own()?.plan, &links)?;
        let (plan, intents) = self.planned.pop().ok_or_else(nothing)?;
        Ok(ResolvedDeployment {
            plan,
            intents,
            links,
            numbering: self.numbering,
        })
    }
}

/// Most instances that all templates together see in links. Each instance of a group may see all others of it.
const MOST_LINKED: usize = 20_000_000;

fn check_amount(plan: &DeploymentPlan, links: &Links) -> Result<(), Diagnostics> {
    let mut seen: usize = 0;
    for group in &plan.groups {
        for job in &group.jobs {
            for link in links.consumed(&group.name, &job.job.name) {
                let instances = match link.data.get("instances") {
                    Some(Value::Sequence(instances)) => instances.len(),
                    _ => 0,
                };
                seen = seen.saturating_add(instances.saturating_mul(group.instances.len()));
            }
        }
    }
    if seen <= MOST_LINKED {
        return Ok(());
    }
    let message = format!("Templates would see more than {MOST_LINKED} instances in links");
    Err(Diagnostic::error(message).into())
}

fn nothing() -> Diagnostics {
    Diagnostic::error("There is no manifest").into()
}

/// Plans the last manifest, on top of those before it, and resolves its links.
///
/// # Errors
/// What a Director says of the first manifest that cannot be deployed.
pub fn plan_all(request: Request<'_>) -> Result<ResolvedDeployment, Diagnostics> {
    plan_deployments(request)?.resolve()
}

/// Plans the last manifest, on top of those before it. Of two of one name the later one replaces the earlier.
///
/// # Errors
/// What a Director says of the first manifest that cannot be deployed, whatever its links are.
pub fn plan_deployments(request: Request<'_>) -> Result<PlannedDeployments, Diagnostics> {
    let mut planned: Vec<(DeploymentPlan, LinkIntents)> = Vec::new();
    for (at, manifest) in request.manifests.iter().enumerate() {
        let later = request.manifests.iter().skip(at + 1);
        if later.clone().any(|other| other.name == manifest.name) {
            continue;
        }
        let plans: Vec<DeploymentPlan> = planned.iter().map(|(plan, _)| plan.clone()).collect();
        let request = plan::Request {
            manifest,
            cloud: request.cloud,
            releases: request.releases,
            state: request.state,
            deployed: &plans,
        };
        let mut plan = plan::outline(request)?;
        let intents = LinkIntents::of(&plan)?;
        let placed = plan
            .place(request)
            .and_then(|()| plan.bind_properties())
            .and_then(|()| plan.reserve(request));
        if let Err(fault) = placed {
            // A Director looks for providers before it makes instances.
            let others: Vec<_> = planned.iter().map(as_deployment).collect();
            let own = Deployment {
                plan: &plan,
                intents: &intents,
            };
            check_providers(own, &decide(own, &others, &Numbering::default()))?;
            return Err(fault.into());
        }
        planned.push((plan, intents));
    }
    let all: Vec<_> = planned
        .iter()
        .map(|(plan, intents)| (plan, intents))
        .collect();
    let numbering = Arc::new(numbering(&request.state.numbering, request.cloud, &all));
    Ok(PlannedDeployments { planned, numbering })
}

fn as_deployment((plan, intents): &(DeploymentPlan, LinkIntents)) -> Deployment<'_> {
    Deployment { plan, intents }
}

/// Something to render: an instance of a group, and one of its jobs.
struct Work<'a> {
    group: &'a PlannedGroup,
    instance: usize,
    job: &'a PlannedJob,
}

/// Renders all jobs of all instances.
///
/// # Errors
/// As a Director: of each group the first job whose properties do not fit its schema, else the first instance that fails,
/// with all its jobs.
pub fn render(
    deployment: &ResolvedDeployment,
    world: &World,
) -> Result<Vec<RenderedInstance>, RenderFailure> {
    render_selected(deployment, &Selection::default(), world)
}

/// Renders the selected jobs of the selected instances; an instance without any of the jobs is left out.
///
/// # Errors
/// As [`render`], of what is selected.
pub fn render_selected(
    deployment: &ResolvedDeployment,
    selection: &Selection,
    world: &World,
) -> Result<Vec<RenderedInstance>, RenderFailure> {
    let plan = &deployment.plan;
    let compiled = compile(plan, selection);
    let specs = Specs {
        plan,
        links: &deployment.links,
        numbering: &deployment.numbering,
    };
    let misfits = misfits(plan, selection);
    let work = work(plan, &misfits, selection);
    let prepare = |work: &Work<'_>| {
        let instance = work.group.instances.get(work.instance);
        let job = compiled.get(&key(work.job));
        let (instance, job) = instance.zip(job).ok_or(SpecError::Unknown)?;
        let instance = specs.of(work.group, instance, work.job)?;
        Ok(JobOfInstance { job, instance })
    };
    let results = render_many(&work, prepare, world);
    gather(deployment, selection, work.iter().zip(results), misfits)
}

/// For each group what keeps it from being rendered: all its instances have the same properties.
fn misfits(plan: &DeploymentPlan, selection: &Selection) -> Vec<Option<GroupFailure>> {
    let of_group = |group: &PlannedGroup| {
        let mut jobs = selection.jobs_of(group);
        jobs.find_map(misfit)
    };
    plan.groups.iter().map(of_group).collect()
}

fn misfit(job: &PlannedJob) -> Option<GroupFailure> {
    let text = job.job.schema.as_ref()?;
    let source = Source::new("properties_schema.json", text.as_str());
    let checked = Schema::parse(&source).and_then(|schema| schema.violations(&job.properties));
    match checked {
        Ok(violations) if violations.is_empty() => None,
        Ok(violations) => Some(GroupFailure::Schema {
            job: job.job.name.clone(),
            violations,
        }),
        Err(SchemaError::Director(text)) => Some(GroupFailure::Refused(text)),
        Err(error) => {
            let name = &job.job.name;
            Some(GroupFailure::Refused(format!("Job '{name}': {error}")))
        }
    }
}

fn work<'p>(
    plan: &'p DeploymentPlan,
    misfits: &[Option<GroupFailure>],
    selection: &'p Selection,
) -> Vec<Work<'p>> {
    let mut work = Vec::new();
    let fitting = plan.groups.iter().zip(misfits);
    let fitting = fitting.filter(|(_, misfit)| misfit.is_none());
    for (group, _) in fitting {
        let instances = group.instances.iter().enumerate();
        let selected = instances.filter(|(_, found)| selection.has_instance(group, found));
        for (instance, _) in selected {
            let jobs = group.jobs.iter().filter(|job| selection.has_job(job));
            work.extend(jobs.map(|job| Work {
                group,
                instance,
                job,
            }));
        }
    }
    work
}

type Key = (String, String);

fn key(job: &PlannedJob) -> Key {
    (job.release.name.clone(), job.job.name.clone())
}

/// Each job once.
fn compile(plan: &DeploymentPlan, selection: &Selection) -> BTreeMap<Key, JobTemplates> {
    let mut compiled = BTreeMap::new();
    for group in &plan.groups {
        for job in selection.jobs_of(group) {
            compiled
                .entry(key(job))
                .or_insert_with(|| templates(&job.job));
        }
    }
    compiled
}

fn templates(job: &ReleaseJob) -> JobTemplates {
    let templates = job.templates.iter();
    JobTemplates {
        name: job.name.clone(),
        monit: Template::compile(&job.name, "monit", &job.monit),
        templates: templates
            .map(|template| {
                let compiled = Template::compile(&job.name, &template.path, &template.text);
                (compiled, template.destination.clone())
            })
            .collect(),
    }
}

impl Failed {
    fn director(&self) -> JobFailure {
        match self {
            Self::Data(error) => JobFailure::Context(error.to_string()),
            Self::Job(error) => error.director(),
        }
    }

    /// Whether it is the same for all jobs of the instance, so that it is told once.
    fn is_of_instance(&self) -> bool {
        matches!(self, Self::Data(error) if !matches!(error, SpecError::Data(_)))
    }

    fn errors(self) -> Vec<TemplateError> {
        match self {
            Self::Data(_) => Vec::new(),
            Self::Job(JobError::Monit(error)) => vec![*error],
            Self::Job(JobError::Templates { errors, .. }) => errors,
        }
    }
}

fn gather<'w>(
    deployment: &ResolvedDeployment,
    selection: &Selection,
    results: impl Iterator<Item = (&'w Work<'w>, Result<RenderedJob, Failed>)>,
    misfits: Vec<Option<GroupFailure>>,
) -> Result<Vec<RenderedInstance>, RenderFailure> {
    let mut instances: Vec<RenderedInstance> = Vec::new();
    let mut starts = BTreeMap::new();
    for group in &deployment.plan.groups {
        starts.insert(group.name.as_str(), instances.len());
        instances.extend(group.instances.iter().map(|instance| RenderedInstance {
            group: group.name.clone(),
            index: instance.index,
            files: Vec::new(),
        }));
    }
    let mut failures: BTreeMap<&str, Vec<(&Work<'_>, Failed)>> = BTreeMap::new();
    for (work, result) in results {
        let group = work.group.name.as_str();
        match result {
            Ok(job) => {
                let start = starts.get(group);
                let found = start.and_then(|start| instances.get_mut(start + work.instance));
                if let Some(instance) = found {
                    let provided = deployment.links.provided(group, &work.job.job.name);
                    instance
                        .files
                        .extend(files(&work.job.job.name, job, provided));
                }
            }
            Err(failed) => {
                let jobs = failures.entry(group).or_default();
                let first = jobs.first();
                let told = first.is_some_and(|(first, failed)| {
                    first.instance != work.instance || failed.is_of_instance()
                });
                if !told {
                    jobs.push((work, failed));
                }
            }
        }
    }
    if !failures.is_empty() || misfits.iter().any(Option::is_some) {
        return Err(told(&deployment.plan, failures, misfits));
    }
    let mut planned = deployment.plan.groups.iter().flat_map(|group| {
        let instances = group.instances.iter();
        instances.map(|instance| selection.has_instance(group, instance))
    });
    instances.retain(|_| planned.next().unwrap_or_default());
    Ok(instances)
}

/// All that failed, services apart from errands.
fn told(
    plan: &DeploymentPlan,
    mut failures: BTreeMap<&str, Vec<(&Work<'_>, Failed)>>,
    misfits: Vec<Option<GroupFailure>>,
) -> RenderFailure {
    let mut faults = Faults::default();
    let (mut services, mut errands) = (Vec::new(), Vec::new());
    for (group, misfit) in plan.groups.iter().zip(misfits) {
        let failed = failures.remove(group.name.as_str());
        let jobs = failed.map(|jobs| {
            let told = jobs.iter().map(|(_, failed)| failed.director()).collect();
            for (work, failed) in jobs {
                let instance = group.instances.get(work.instance);
                let index = instance.map_or(0, |instance| instance.index);
                for error in failed.errors() {
                    faults.add(&work.job.job, error, format!("{}/{index}", group.name));
                }
            }
            GroupFailure::Jobs {
                group: group.name.clone(),
                jobs: told,
            }
        });
        let failure = misfit.or(jobs);
        match group.lifecycle {
            Lifecycle::Service => services.extend(failure),
            Lifecycle::Errand => errands.extend(failure),
        }
    }
    RenderFailure {
        services: (!services.is_empty()).then_some(DeploymentFailure { groups: services }),
        errands,
        faults: faults.diagnostics(),
    }
}

/// `monit`, what the agent reads about links, and the files of templates. What lies below `bin` is a program.
fn files(name: &str, job: RenderedJob, provided: &[ProvidedLink]) -> Vec<InstanceFile> {
    let file = |path: &str, content: Vec<u8>| InstanceFile {
        path: format!("{name}/{path}"),
        executable: path.starts_with("bin/"),
        content,
    };
    let mut files = vec![
        file("monit", job.monit),
        file(".bosh/links.json", links_json(provided)),
    ];
    let rendered = job.files.into_iter();
    files.extend(rendered.map(|rendered| file(&rendered.destination, rendered.content)));
    files
}

/// A list, and a line break behind it.
fn links_json(provided: &[ProvidedLink]) -> Vec<u8> {
    let link =
        |link: &ProvidedLink| json!({"name": link.name, "type": link.kind, "group": link.group});
    let listed = serde_json::Value::Array(provided.iter().map(link).collect());
    format!("{listed:#}\n").into_bytes()
}
