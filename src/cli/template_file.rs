//! Templates on disk: their texts, and which job they belong to.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};

use super::context::{Context, Dir};
use crate::diagnostic::Diagnostics;
use crate::release::tera::{TeraFile, erb_name};
use crate::render::input::read_data;
use crate::source::Source;
use crate::yaml::Value;

/// What a template is called in texts.
pub(super) struct Names {
    /// The job.
    pub(super) job: String,
    /// The path below the job's `templates`, or `monit`.
    pub(super) template: String,
}

/// The text of a file, which is UTF-8.
pub(super) fn read(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("Reading '{}'", path.display()))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        anyhow!("'{}' is not UTF-8 (at byte {at})", path.display())
    })
}

/// A template as a Director gets it.
pub(super) struct Loaded {
    /// Its names; that of a template in Tera is the one of its ERB.
    pub(super) names: Names,
    /// The ERB.
    pub(super) text: String,
    /// What it was compiled from.
    pub(super) tera: Option<TeraFile>,
}

/// Reads a template. One in Tera lies in a job of a release, whose spec and partials it is compiled with.
pub(super) fn load(context: &Context<'_>, path: &Path) -> Result<Loaded> {
    let absolute = context.absolute(path);
    let mut names = names(&absolute);
    let Some(erb) = erb_name(&names.template) else {
        let text = read(path)?;
        return Ok(Loaded {
            names,
            text,
            tera: None,
        });
    };
    names.template = if names.template == "monit.tera" {
        "monit".to_owned()
    } else {
        erb
    };
    let root = release_of(&absolute).with_context(|| {
        format!(
            "'{}' is in Tera and lies in no job of a release, where its spec and partials would be",
            path.display()
        )
    })?;
    let local = context.release(&Dir { dir: root })?;
    let tera = TeraFile::read(&local.directory, &names.job, &absolute);
    let tera = match tera {
        Ok(tera) => tera,
        Err(faults) => {
            Diagnostics::from_list(faults)?;
            anyhow::bail!("Cannot compile '{}'", path.display());
        }
    };
    Ok(Loaded {
        names,
        text: tera.template.compiled.erb.clone(),
        tera: Some(tera),
    })
}

/// The release of `ROOT/jobs/JOB/…`, where JOB has a spec.
fn release_of(path: &Path) -> Option<PathBuf> {
    let job = path
        .ancestors()
        .skip(1)
        .find(|above| above.join("spec").is_file())?;
    let jobs = job.parent().filter(|jobs| jobs.ends_with("jobs"))?;
    jobs.parent().map(Path::to_path_buf)
}

/// Job and template of a path: `…/JOB/templates/TEMPLATE`, `…/JOB/monit`, else the last two parts.
pub(super) fn names(path: &Path) -> Names {
    let parts: Vec<String> = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    let below = parts.iter().rposition(|part| part == "templates");
    let first = match below {
        Some(at) if at + 1 < parts.len() && at > 0 => at + 1,
        _ => parts.len().saturating_sub(1),
    };
    let job = match below {
        Some(at) if first == at + 1 => at.checked_sub(1),
        _ => first.checked_sub(1),
    };
    let job = job.and_then(|at| parts.get(at));
    Names {
        job: job.cloned().unwrap_or_default(),
        template: parts.get(first..).unwrap_or_default().join("/"),
    }
}

/// All templates of a release directory: of each job `monit` and those that its spec lists. Sorted.
pub(super) fn of_release(directory: &Path) -> Result<Vec<PathBuf>> {
    let jobs = if directory == Path::new(".") {
        PathBuf::from("jobs")
    } else {
        directory.join("jobs")
    };
    let entries = fs::read_dir(&jobs).with_context(|| format!("Reading '{}'", jobs.display()))?;
    let mut directories = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.join("spec").is_file() {
            directories.push(path);
        }
    }
    directories.sort();
    let mut templates = Vec::new();
    for job in directories {
        templates.extend(of_job(&job)?);
    }
    Ok(templates)
}

fn of_job(job: &Path) -> Result<Vec<PathBuf>> {
    let path = job.join("spec");
    let source = Source::new(path.display().to_string(), read(&path)?);
    let spec = read_data(&source).map_err(|fault| anyhow!(fault.render(false)))?;
    let mut found: Vec<PathBuf> = match spec.get("templates") {
        Some(Value::Mapping(templates)) => templates
            .iter()
            .filter_map(|(path, _)| Some(job.join("templates").join(path.as_str()?)))
            .collect(),
        _ => Vec::new(),
    };
    found.sort();
    for name in ["monit", "monit.tera"] {
        let monit = job.join(name);
        if monit.is_file() {
            found.insert(0, monit);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_job_and_template() {
        for (path, job, template) in [
            ("/r/jobs/j/templates/a.erb", "j", "a.erb"),
            ("/r/jobs/j/templates/config/a.erb", "j", "config/a.erb"),
            ("/r/jobs/j/monit", "j", "monit"),
            ("/templates/a.erb", "/", "a.erb"),
            ("/a.erb", "/", "a.erb"),
        ] {
            let names = names(Path::new(path));
            assert_eq!((&*names.job, &*names.template), (job, template), "{path}");
        }
    }
}
