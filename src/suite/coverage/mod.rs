//! Which lines and ways of templates, and which declared properties, the tests of a release reach.
//!
//! Pure. [`Coverage::of`] puts together what renderings of templates counted: lines are those of the files that people wrote
//! (a template in ERB, one in Tera, the partials it is made of), so a partial that several templates use is reached when one
//! of them reaches it. Helpers of compiled Tera, which nobody wrote, do not count.
//!
//! A property is reached when a template reads it in a test that gives it a value: read with its default alone it shows
//! nothing of what another value does.

pub mod page;
pub mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::deployment::release_job::ReleaseJob;
use crate::render::Template;
use crate::render::coverage::{Recording, TemplateCoverage, Way};
use crate::source::Source;
use crate::tera::Compiled;

/// A template with what its renderings counted.
#[derive(Debug)]
pub struct Measured<'a> {
    /// The file as it was written.
    pub source: Arc<Source>,
    /// The template that was rendered.
    pub template: &'a Template,
    /// What was counted; nothing where it was never rendered.
    pub recording: &'a Recording,
    /// What it was compiled to, when it was written in Tera.
    pub compiled: Option<&'a Compiled>,
}

/// A property of a job: the job's name, and its own.
pub type Property = (String, String);

/// What tests did with properties.
#[derive(Debug, Clone, Default)]
pub struct PropertyUse {
    /// Templates read them.
    pub read: BTreeSet<Property>,
    /// Templates read them, in a test that gives them.
    pub reached: BTreeSet<Property>,
}

impl PropertyUse {
    /// Adds what a test of a job did: it gives some properties, and templates looked at some. The use of links is that of
    /// the properties of the jobs that provide them.
    pub fn add(&mut self, job: &ReleaseJob, given: &BTreeSet<String>, coverage: &TemplateCoverage) {
        let looks: Vec<&str> = coverage.properties.iter().map(String::as_str).collect();
        self.note(job, given, &looks, coverage.all_properties);
    }

    /// Adds what a test did with the properties of a link's provider.
    pub fn add_link(
        &mut self,
        provider: &ReleaseJob,
        given: &BTreeSet<String>,
        link: &str,
        coverage: &TemplateCoverage,
    ) {
        let of_link = coverage.link_properties.iter();
        let of_link = of_link
            .filter(|(name, _)| name == link)
            .map(|(_, look)| look);
        let all = of_link.clone().any(Option::is_none);
        let looks: Vec<&str> = of_link.flatten().map(String::as_str).collect();
        self.note(provider, given, &looks, all);
    }

    fn note(&mut self, job: &ReleaseJob, given: &BTreeSet<String>, looks: &[&str], all: bool) {
        let declared = job.spec.properties.iter().map(|one| one.name.as_str());
        let declared: Vec<&str> = declared.collect();
        for name in &declared {
            if all || looks.iter().any(|look| is_seen(name, look, &declared)) {
                let property = (job.name.clone(), (*name).to_owned());
                if given.contains(*name) {
                    self.reached.insert(property.clone());
                }
                self.read.insert(property);
            }
        }
    }

    /// Adds what other tests did.
    pub fn merge(&mut self, other: Self) {
        self.read.extend(other.read);
        self.reached.extend(other.reached);
    }
}

/// Whether a look at a dotted name is one at a property: at it, at something in it, or at a map that it is in. What is
/// behind the names of maps (`a.b.to_json`) does not count.
fn is_seen(property: &str, look: &str, declared: &[&str]) -> bool {
    let starts = |long: &str, short: &str| {
        let rest = long.strip_prefix(short);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let mut look = look;
    while !declared
        .iter()
        .any(|name| starts(name, look) || starts(look, name))
    {
        match look.rsplit_once('.') {
            Some((shorter, _)) => look = shorter,
            None => return false,
        }
    }
    starts(property, look) || starts(look, property)
}

/// What the tests of a release reach.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Files with code, by name.
    pub files: Vec<FileCoverage>,
    /// Declared properties, by job, in the order of the spec.
    pub properties: Vec<PropertyCoverage>,
}

/// What is reached of a file.
#[derive(Debug, Clone)]
pub struct FileCoverage {
    /// The file as it was written.
    pub source: Arc<Source>,
    /// Whether it is in Tera.
    pub tera: bool,
    /// Lines (from 1) that run code or print text, and whether they were reached.
    pub lines: BTreeMap<usize, bool>,
    /// By line.
    pub ways: BTreeMap<usize, Vec<TakenWay>>,
}

/// A way that a run can go, and whether one did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenWay {
    /// The way.
    pub way: Way,
    /// The method that is called with a block.
    pub method: Option<String>,
    /// Whether it was taken.
    pub taken: bool,
}

/// What is reached of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertyCoverage {
    /// Name of the job.
    pub job: String,
    /// Its dotted name.
    pub name: String,
    /// How far tests get.
    pub reach: Reach,
}

/// How far tests get with a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// A template reads a value that a test gives.
    Given,
    /// Templates read its default alone.
    Default,
    /// No template reads it.
    Unread,
}

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Reached.
    pub reached: usize,
    /// All.
    pub all: usize,
}

impl Count {
    fn of(reached: impl Iterator<Item = bool>) -> Self {
        reached.fold(Self::default(), |count, reached| Self {
            reached: count.reached + usize::from(reached),
            all: count.all + 1,
        })
    }

    fn sum(counts: impl Iterator<Item = Self>) -> Self {
        counts.fold(Self::default(), |sum, count| Self {
            reached: sum.reached + count.reached,
            all: sum.all + count.all,
        })
    }

    /// Whether all are reached.
    pub fn is_full(self) -> bool {
        self.reached == self.all
    }
}

impl FileCoverage {
    /// Its lines.
    pub fn line_count(&self) -> Count {
        Count::of(self.lines.values().copied())
    }

    /// Its ways.
    pub fn way_count(&self) -> Count {
        Count::of(self.ways.values().flatten().map(|way| way.taken))
    }
}

impl Coverage {
    /// Puts together what was counted. `partial` gives the text of a partial by the name that compiled templates have for
    /// it; `jobs` are those whose properties count.
    pub fn of<'a>(
        measured: &[Measured<'_>],
        partial: &dyn Fn(&str) -> Option<Arc<Source>>,
        jobs: impl IntoIterator<Item = &'a ReleaseJob>,
        properties: &PropertyUse,
    ) -> Self {
        let mut files = Files {
            partial,
            by_name: BTreeMap::new(),
        };
        for one in measured {
            files.add(one);
        }
        let jobs = jobs.into_iter();
        Self {
            files: files.by_name.into_values().collect(),
            properties: jobs.flat_map(|job| reach_of(job, properties)).collect(),
        }
    }

    /// Lines of all files.
    pub fn lines(&self) -> Count {
        Count::sum(self.files.iter().map(FileCoverage::line_count))
    }

    /// Ways of all files.
    pub fn ways(&self) -> Count {
        Count::sum(self.files.iter().map(FileCoverage::way_count))
    }

    /// Properties of all jobs.
    pub fn property_count(&self) -> Count {
        let reached = |property: &PropertyCoverage| property.reach == Reach::Given;
        Count::of(self.properties.iter().map(reached))
    }

    /// Whether everything is reached.
    pub fn is_full(&self) -> bool {
        [self.lines(), self.ways(), self.property_count()]
            .into_iter()
            .all(Count::is_full)
    }
}

fn reach_of(job: &ReleaseJob, properties: &PropertyUse) -> Vec<PropertyCoverage> {
    let of = |name: &str| {
        let property = (job.name.clone(), name.to_owned());
        if properties.reached.contains(&property) {
            Reach::Given
        } else if properties.read.contains(&property) {
            Reach::Default
        } else {
            Reach::Unread
        }
    };
    let declared = job.spec.properties.iter();
    declared
        .map(|declared| PropertyCoverage {
            job: job.name.clone(),
            name: declared.name.clone(),
            reach: of(&declared.name),
        })
        .collect()
}

struct Files<'p> {
    partial: &'p dyn Fn(&str) -> Option<Arc<Source>>,
    by_name: BTreeMap<String, FileCoverage>,
}

impl Files<'_> {
    fn add(&mut self, measured: &Measured<'_>) {
        let coverage = measured.template.coverage(measured.recording);
        for (line, reached) in &coverage.lines {
            if let Some((file, line)) = self.file(measured, *line) {
                *file.lines.entry(line).or_default() |= reached;
            }
        }
        // Another template that has the same partial has the same ways in the same order.
        let mut seen: BTreeMap<(String, usize), usize> = BTreeMap::new();
        for branch in &coverage.branches {
            let Some((file, line)) = self.file(measured, branch.line) else {
                continue;
            };
            let key = (file.source.name().to_owned(), line);
            let next = seen.entry(key).or_default();
            for (way, taken) in &branch.ways {
                file.take(line, *next, *way, branch.method.as_ref(), *taken);
                *next += 1;
            }
        }
    }

    /// The file that a line of the template comes from, and the line in it; none for a helper.
    fn file(&mut self, measured: &Measured<'_>, line: usize) -> Option<(&mut FileCoverage, usize)> {
        let (source, line) = match measured.compiled {
            None => (Arc::clone(&measured.source), line),
            Some(compiled) if line <= compiled.helper_lines => return None,
            Some(compiled) => {
                let place = compiled.place(line)?;
                let own = measured.source.name() == place.source;
                let source = if own {
                    Arc::clone(&measured.source)
                } else {
                    (self.partial)(&place.source)?
                };
                (source, place.line)
            }
        };
        let name = source.name().to_owned();
        let file = self.by_name.entry(name).or_insert_with(|| FileCoverage {
            source,
            tera: measured.compiled.is_some(),
            lines: BTreeMap::new(),
            ways: BTreeMap::new(),
        });
        Some((file, line))
    }
}

impl FileCoverage {
    fn take(&mut self, line: usize, at: usize, way: Way, method: Option<&String>, taken: bool) {
        let ways = self.ways.entry(line).or_default();
        match ways.get_mut(at) {
            Some(known) => known.taken |= taken,
            None => ways.push(TakenWay {
                way,
                method: method.cloned(),
                taken,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_at_names_are_looks_at_properties() {
        let declared = ["a", "b.c", "b.d", "b.d.e"];
        for (look, seen) in [
            ("a", "a"),
            ("a.x", "a"),
            ("b", "b.c b.d b.d.e"),
            ("b.c", "b.c"),
            ("b.d", "b.d b.d.e"),
            ("b.d.e", "b.d b.d.e"),
            ("b.to_h.each", "b.c b.d b.d.e"),
            ("c", ""),
            ("bc", ""),
        ] {
            let found = declared
                .iter()
                .filter(|name| is_seen(name, look, &declared));
            let found: Vec<&str> = found.copied().collect();
            assert_eq!(found.join(" "), seen, "{look}");
        }
    }
}
