//! Templates on disk: their texts, and which job they belong to.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow};

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
    let monit = job.join("monit");
    if monit.is_file() {
        found.insert(0, monit);
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
