//! What a Director says when templates of a deployment cannot be rendered.
//!
//! The failures are a tree: deployment, instance group, job, template. Each [`Display`](fmt::Display) gives the text of
//! its level; a level strips the text of the one below and indents each of its lines by two spaces, as
//! `Bosh::Director::FormatterHelper` does.
//!
//! What the lists hold is the caller's affair. A Director lists all templates of a job and all jobs of an instance, in
//! order, but of an instance group only the first instance that fails.

use std::fmt;

/// All instance groups that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentFailure {
    /// In the order of the manifest.
    pub groups: Vec<GroupFailure>,
}

/// Why an instance group failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupFailure {
    /// Jobs of its first failing instance.
    Jobs {
        /// Name of the instance group.
        group: String,
        /// In the order of the instance group's jobs.
        jobs: Vec<JobFailure>,
    },
    /// Properties that do not fit a job's schema. Found before rendering, and told without the group's name.
    Schema {
        /// Name of the job.
        job: String,
        /// One text for each violation.
        violations: Vec<String>,
    },
    /// A schema that cannot be used; told without the names of group and job.
    Refused(String),
}

/// Why a job failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobFailure {
    /// Templates other than `monit`.
    Templates {
        /// Name of the job.
        job: String,
        /// In the order of the job's spec.
        templates: Vec<TemplateFailure>,
    },
    /// Its `monit` file: nothing else of the job is rendered, and its name is not told.
    Monit(TemplateFailure),
    /// What the job's templates would see cannot be made, such as properties with an integer key. The job's name is not
    /// told.
    Context(String),
    /// Variables that its properties refer to have no values.
    Variables {
        /// Name of the job.
        job: String,
        /// The text of the failure, with its own `- `.
        message: String,
    },
}

/// An exception that ended the rendering of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFailure {
    /// Name of the job.
    pub job: String,
    /// Path below the job's `templates`, or `monit`.
    pub template: String,
    /// Line of the first place in the backtrace that is in the template; `None` without one, as for syntax errors.
    pub line: Option<usize>,
    /// The exception's text.
    pub message: String,
}

impl fmt::Display for DeploymentFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = "Unable to render instance groups for deployment. Errors are:";
        f.write_str(&below(header, &joined(&self.groups, "")))
    }
}

impl fmt::Display for GroupFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Jobs { group, jobs } => {
                let header =
                    format!("- Unable to render jobs for instance group '{group}'. Errors are:");
                f.write_str(&below(&header, &joined(jobs, "")))
            }
            Self::Schema { job, violations } => {
                write!(f, "Error validating properties for {job}")?;
                violations.iter().try_for_each(|text| write!(f, "\n{text}"))
            }
            Self::Refused(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for JobFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Templates { job, templates } => {
                f.write_str(&below(&templates_header(job), &joined(templates, "- ")))
            }
            Self::Monit(failure) => write!(f, "{failure}"),
            Self::Context(message) => f.write_str(message),
            Self::Variables { job, message } => {
                f.write_str(&below(&templates_header(job), message))
            }
        }
    }
}

impl fmt::Display for TemplateFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            template, message, ..
        } = self;
        write!(
            f,
            "Error filling in template '{template}' (line {}: {message})",
            self.shown_line()
        )
    }
}

impl TemplateFailure {
    /// The Director takes what stands between the first two colons of `job/template:line`, also when a path has its own.
    fn shown_line(&self) -> String {
        let Some(line) = self.line else {
            return "(unknown)".to_owned();
        };
        let place = format!("{}/{}:{line}", self.job, self.template);
        place.split(':').nth(1).unwrap_or_default().to_owned()
    }
}

impl std::error::Error for DeploymentFailure {}
impl std::error::Error for GroupFailure {}
impl std::error::Error for JobFailure {}
impl std::error::Error for TemplateFailure {}

fn templates_header(job: &str) -> String {
    format!("- Unable to render templates for job '{job}'. Errors are:")
}

/// The texts, each behind `prefix`, below each other.
fn joined(failures: &[impl fmt::Display], prefix: &str) -> String {
    let texts: Vec<String> = failures
        .iter()
        .map(|failure| format!("{prefix}{}", strip(&failure.to_string())))
        .collect();
    texts.join("\n")
}

/// A header with a text indented below it. Empty lines are indented too.
fn below(header: &str, text: &str) -> String {
    let lines = strip(text).split_inclusive('\n');
    let mut out = format!("{header}\n");
    for line in lines {
        out.extend(["  ", line]);
    }
    out
}

/// `String#strip`: a null byte is white space too.
fn strip(text: &str) -> &str {
    text.trim_matches(|c| matches!(c, '\0' | '\t'..='\r' | ' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;
    use crate::yaml;

    /// One failure of a vector: instance group, job, template, line, message. In the order in which they are found.
    type Failure = (
        &'static str,
        &'static str,
        &'static str,
        usize,
        &'static str,
    );

    const NO_X: &str = "Can't find property '[\"x\"]'";

    /// What the templates of the vectors raise.
    const RAISED: &[(&str, &[Failure])] = &[
        ("one error", &[("g", "j", "a.erb", 2, "no")]),
        (
            "two templates two jobs",
            &[
                ("g", "j", "a.erb", 1, NO_X),
                ("g", "j", "c.erb", 2, "undefined method 'foo' for nil"),
                ("g", "k", "d.erb", 1, "Can't find link 'l'"),
            ],
        ),
        (
            "two groups",
            &[
                ("g", "j", "a.erb", 1, NO_X),
                ("h", "k", "b.erb", 1, "Can't find property '[\"y\", \"z\"]'"),
            ],
        ),
        (
            "monit error",
            &[
                ("g", "j", "monit", 2, "Can't find property '[\"pid\"]'"),
                ("g", "k", "a.erb", 1, NO_X),
            ],
        ),
        (
            "multi line message",
            &[("g", "j", "a.erb", 1, "one\n  two\n\nthree\n")],
        ),
        ("unknown line", &[("g", "j", "a.erb", 1, "odd")]),
        (
            "only second group fails",
            &[("h", "k", "config/b.erb", 1, "stop")],
        ),
    ];

    /// The tree of a list of failures; line 0 is none.
    fn tree(failures: &[Failure]) -> DeploymentFailure {
        let groups = failures.chunk_by(|a, b| a.0 == b.0).map(|of_group| {
            let jobs = of_group.chunk_by(|a, b| a.1 == b.1).map(job_failure);
            GroupFailure::Jobs {
                group: of_group[0].0.to_owned(),
                jobs: jobs.collect(),
            }
        });
        DeploymentFailure {
            groups: groups.collect(),
        }
    }

    fn job_failure(of_job: &[Failure]) -> JobFailure {
        let mut templates: Vec<TemplateFailure> = of_job
            .iter()
            .map(|(_, job, template, line, message)| failure(job, template, *line, message))
            .collect();
        if templates[0].template == "monit" {
            return JobFailure::Monit(templates.remove(0));
        }
        JobFailure::Templates {
            job: of_job[0].1.to_owned(),
            templates,
        }
    }

    fn failure(job: &str, template: &str, line: usize, message: &str) -> TemplateFailure {
        TemplateFailure {
            job: job.to_owned(),
            template: template.to_owned(),
            line: (line > 0).then_some(line),
            message: message.to_owned(),
        }
    }

    #[test]
    fn texts_are_those_of_the_director() {
        let text = include_str!("../../tests/conformance/templates/error-aggregation.yml");
        let vectors = yaml::parse(&Source::new("error-aggregation.yml", text)).unwrap();
        let vectors = vectors.as_sequence().unwrap();
        assert_eq!(vectors.len(), RAISED.len());
        for vector in vectors {
            let name = vector.get("name").unwrap().as_str().unwrap();
            let expected = vector.get("expect").unwrap().as_str().unwrap();
            let (_, failures) = RAISED.iter().find(|(found, _)| *found == name).unwrap();
            assert_eq!(tree(failures).to_string(), expected, "{name}");
        }
    }

    #[test]
    fn a_line_is_between_two_colons() {
        for (job, template, line, shown) in [
            ("j", "a.erb", 3, "3"),
            ("j", "a.erb", 0, "(unknown)"),
            ("j", "a:b.erb", 3, "b.erb"),
            ("j:k", "a.erb", 3, "k/a.erb"),
            ("j", "a::b", 3, ""),
        ] {
            let text = failure(job, template, line, "m").to_string();
            let expected = format!("Error filling in template '{template}' (line {shown}: m)");
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn failures_without_a_job_stand_below_their_group() {
        let deployment = DeploymentFailure {
            groups: vec![
                GroupFailure::Schema {
                    job: "strict".to_owned(),
                    violations: vec!["value at `/port` is not an integer".to_owned()],
                },
                GroupFailure::Jobs {
                    group: "g".to_owned(),
                    jobs: vec![
                        JobFailure::Context("undefined method 'to_sym' for true\n".to_owned()),
                        JobFailure::Variables {
                            job: "j".to_owned(),
                            message: "- Failed to find variable '/d/a'\n- Failed again\n"
                                .to_owned(),
                        },
                    ],
                },
            ],
        };
        let expected = "\
Unable to render instance groups for deployment. Errors are:
  Error validating properties for strict
  value at `/port` is not an integer
  - Unable to render jobs for instance group 'g'. Errors are:
    undefined method 'to_sym' for true
    - Unable to render templates for job 'j'. Errors are:
      - Failed to find variable '/d/a'
      - Failed again";
        assert_eq!(deployment.to_string(), expected);
    }

    #[test]
    fn stripping_is_rubys() {
        assert_eq!(strip("\0 \x0b\x0c\r\n\tx\0\u{a0} \0"), "x\0\u{a0}");
    }
}
