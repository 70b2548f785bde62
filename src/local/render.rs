//! Jobs of many instances, rendered by all threads at once.
//!
//! The result is the same with any number of threads: each rendering has its own heap, clock and seed come from the
//! caller, and results stand in the order of what was asked for.

use rayon::prelude::*;

use crate::render::context::InstanceSpec;
use crate::render::instance::SpecError;
use crate::render::job::{JobError, JobTemplates, RenderedJob, render_job};
use crate::ruby::eval::World;

/// A job on an instance.
#[derive(Debug)]
pub struct JobOfInstance<'a> {
    /// The compiled templates, which many instances share.
    pub job: &'a JobTemplates,
    /// What they see.
    pub instance: InstanceSpec,
}

/// Why a job of an instance gave no files.
#[derive(Debug)]
pub enum Failed {
    /// There is nothing that its templates could see.
    Data(SpecError),
    /// Templates failed.
    Job(JobError),
}

/// Renders all of them; results are in the order of `work`. What templates see is made when its turn comes, so that only as
/// much of it is there at a time as there are threads.
pub fn render_many<'a, W: Sync>(
    work: &[W],
    prepare: impl Fn(&W) -> Result<JobOfInstance<'a>, SpecError> + Sync,
    world: &World,
) -> Vec<Result<RenderedJob, Failed>> {
    let render = |work: &W| {
        let of = prepare(work).map_err(Failed::Data)?;
        render_job(of.job, &of.instance, world).map_err(Failed::Job)
    };
    work.par_iter().map(render).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Template;
    use crate::ruby::eval::Version;
    use crate::ruby::limits::Limits;
    use crate::yaml::Value;

    fn world() -> World {
        World {
            now: (0, 0),
            seed: 1,
            version: Version::Ruby34,
            limits: Limits::default(),
        }
    }

    fn instance(index: i64) -> InstanceSpec {
        let spec = Value::map([("name", Value::from("g")), ("index", Value::from(index))]);
        InstanceSpec::new(spec, None).unwrap()
    }

    #[test]
    fn results_stand_in_the_order_of_the_jobs() {
        let job = JobTemplates {
            name: "j".to_owned(),
            monit: Template::compile("j", "monit", ""),
            templates: vec![(
                Template::compile("j", "a.erb", "<% raise if index == 7 %>a"),
                "config/a".to_owned(),
            )],
        };
        let numbers: Vec<i64> = (0..50).collect();
        let prepare = |number: &i64| {
            let instance = instance(*number);
            Ok(JobOfInstance {
                job: &job,
                instance,
            })
        };
        let results = render_many(&numbers, prepare, &world());
        let failed: Vec<usize> = (0..50).filter(|at| results[*at].is_err()).collect();
        assert_eq!(failed, [7]);
        let Err(Failed::Job(error)) = &results[7] else {
            panic!("its templates fail");
        };
        let error = error.to_string();
        let expected = "- Unable to render templates for job 'j'. Errors are:\n  - Error filling in template 'a.erb' (line 1: )";
        assert_eq!(error, expected);
    }
}
