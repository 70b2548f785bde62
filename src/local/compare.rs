//! Two deployments planned one after the other, rendered, and compared.
//!
//! The new side is planned as a redeploy: with what a Director remembers after the old one. Where templates of an instance
//! group fail, the others are compared all the same.

use super::deployment::{RenderedInstance, Request, ResolvedDeployment, plan_all, render};
use crate::compare::deployment::{Side, compare};
use crate::compare::{Comparison, InstanceFile, InstanceFiles, Masker, SideError};
use crate::deployment::RecordedState;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ruby::eval::World;

/// A side, as it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// What it is called.
    pub label: &'a str,
    /// What it is made of. Of the new one `state` does not count.
    pub request: Request<'a>,
}

/// A side that cannot be planned.
#[derive(Debug)]
pub struct Unplanned {
    /// What it is called.
    pub label: String,
    /// What a Director would say.
    pub faults: Vec<Diagnostic>,
}

/// Compares two deployments; `redact` takes the secrets of both out.
///
/// # Errors
/// A side that cannot be planned, or whose links cannot be resolved.
pub fn compare_deployments(
    old: Asked<'_>,
    new: Asked<'_>,
    redact: bool,
    world: &World,
) -> Result<Comparison, Unplanned> {
    let masker = if redact {
        masker(old, new)
    } else {
        Masker::default()
    };
    let before = plan_all(old.request).map_err(|faults| unplanned(old, faults, &masker))?;
    let state = state_after(old, new, &before);
    let request = Request {
        state: &state,
        ..new.request
    };
    let after = plan_all(request).map_err(|faults| unplanned(new, faults, &masker))?;
    let (old_files, old_failed) = files(&before, world);
    let (new_files, new_failed) = files(&after, world);
    let (old_side, new_side) = (
        side(old, &before, &old_files),
        side(new, &after, &new_files),
    );
    let mut comparison = match (old_side, new_side) {
        (Some(old), Some(new)) => compare(old, new, &masker),
        _ => Comparison::default(),
    };
    for (asked, failed) in [(old, old_failed), (new, new_failed)] {
        comparison
            .errors
            .extend(failed.into_iter().map(|text| SideError {
                side: asked.label.to_owned(),
                text: masker.mask(&text),
            }));
    }
    Ok(comparison)
}

/// Knows the secrets of all manifests of both sides.
fn masker(old: Asked<'_>, new: Asked<'_>) -> Masker {
    let manifests = old.request.manifests.iter().chain(new.request.manifests);
    Masker::new(manifests.flat_map(|manifest| manifest.secrets.iter().map(String::as_str)))
}

/// Texts of faults may quote values.
fn unplanned(asked: Asked<'_>, faults: Diagnostics, masker: &Masker) -> Unplanned {
    let quiet = faults.into_vec().into_iter().map(|fault| Diagnostic {
        message: masker.mask(&fault.message),
        hint: fault.hint.map(|hint| masker.mask(&hint)),
        ..fault
    });
    Unplanned {
        label: asked.label.to_owned(),
        faults: quiet.collect(),
    }
}

/// What a Director remembers when the old side is deployed.
fn state_after(old: Asked<'_>, new: Asked<'_>, before: &ResolvedDeployment) -> RecordedState {
    let state = old.request.state;
    match new.request.manifests.last() {
        Some(next) => state.after(&before.plan, &before.numbering, &next.name),
        None => state.clone(),
    }
}

fn side<'a>(
    asked: Asked<'a>,
    resolved: &'a ResolvedDeployment,
    files: &'a [InstanceFiles],
) -> Option<Side<'a>> {
    Some(Side {
        label: asked.label,
        manifest: asked.request.manifests.last()?,
        cloud: asked.request.cloud,
        releases: asked.request.releases,
        plan: &resolved.plan,
        links: &resolved.links,
        files,
    })
}

/// All files that can be rendered, and what a Director says of the others.
fn files(deployment: &ResolvedDeployment, world: &World) -> (Vec<InstanceFiles>, Option<String>) {
    match render(deployment, world) {
        Ok(rendered) => (rendered.into_iter().map(files_of).collect(), None),
        Err(failure) => {
            let groups = deployment.plan.groups.iter();
            let each =
                groups.filter_map(|group| render(&only(deployment, &group.name), world).ok());
            let files = each.flatten().map(files_of).collect();
            (files, Some(failure.to_string()))
        }
    }
}

/// The deployment with the instances of one group alone; links stay as they are.
fn only(deployment: &ResolvedDeployment, name: &str) -> ResolvedDeployment {
    let mut plan = deployment.plan.clone();
    for group in plan.groups.iter_mut().filter(|group| group.name != name) {
        group.instances.clear();
    }
    ResolvedDeployment {
        plan,
        intents: deployment.intents.clone(),
        links: deployment.links.clone(),
        numbering: deployment.numbering.clone(),
    }
}

fn files_of(rendered: RenderedInstance) -> InstanceFiles {
    let files = rendered.files.into_iter().map(|file| InstanceFile {
        path: file.path,
        executable: file.executable,
        content: file.content,
    });
    InstanceFiles {
        group: rendered.group,
        index: rendered.index,
        files: files.collect(),
    }
}
