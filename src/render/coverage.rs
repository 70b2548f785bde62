//! What of a template was evaluated, by its lines.
//!
//! [`Template::render_recorded`] counts; [`Template::coverage`] says what the counts mean: of each line that can be reached
//! whether it was, of each place where a run goes one way or another which ways were taken, and which properties were looked
//! at.

use std::collections::{BTreeMap, BTreeSet};

use super::evaluation::ALL;
use super::template::Template;
use crate::erb::{self, Segment};
use crate::ruby::ast::Position;
pub use crate::ruby::coverage::{Recording, Way};

/// What was evaluated of a template.
#[derive(Debug, Clone, Default)]
pub struct TemplateCoverage {
    /// Lines (from 1) that run code or print text, and whether they were reached.
    pub lines: BTreeMap<usize, bool>,
    /// In the order of the template.
    pub branches: Vec<Branch>,
    /// The job's properties that were looked at, by their dotted names; beginnings of names stand for all below.
    pub properties: BTreeSet<String>,
    /// Whether all of the job's properties were looked at, as when they are printed.
    pub all_properties: bool,
    /// Properties of links that were looked at: link and name, or all of them.
    pub link_properties: BTreeSet<(String, Option<String>)>,
}

/// A place where a run goes one way or another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Its line.
    pub line: usize,
    /// The method that is called with a block.
    pub method: Option<String>,
    /// The ways, and whether they were taken.
    pub ways: Vec<(Way, bool)>,
}

/// Methods whose blocks are called at most once: a template has to work without, too.
const ONCE: &[&str] = &["if_p", "if_link"];
/// Methods that give all properties.
const ROOTS: &[&str] = &["properties", "raw_properties"];
/// How the program prints, and how it prints text.
const PRINT: &str = "_erbout.<<";
const TEXT: &str = "_erbout.<< \"";

impl Template {
    /// What the counts of its renderings say; none of a template that Ruby's parser refuses.
    pub fn coverage(&self, recording: &Recording) -> TemplateCoverage {
        let mut coverage = TemplateCoverage::default();
        let Some(program) = self.program() else {
            return coverage;
        };
        let survey = program.survey(recording, &|name| ONCE.contains(&name), ROOTS, "spec");
        for (position, reached) in &survey.statements {
            for line in self.lines(*position) {
                *coverage.lines.entry(line).or_default() |= reached;
            }
        }
        coverage.branches = survey
            .branches
            .into_iter()
            .map(|branch| Branch {
                line: self.erb().template_line(branch.position.start as usize),
                method: branch.method,
                ways: branch.ways,
            })
            .collect();
        for chain in survey.chains {
            coverage.all_properties |= chain.is_empty();
            if !chain.is_empty() {
                coverage.properties.insert(chain.join("."));
            }
        }
        for (link, name) in &recording.looks {
            if link.is_empty() {
                coverage.properties.insert(name.clone());
            } else {
                let name = (name != ALL).then(|| name.clone());
                coverage.link_properties.insert((link.clone(), name));
            }
        }
        coverage
    }

    /// The lines of a statement: of text all that have something to see, of code the first.
    fn lines(&self, position: Position) -> Vec<usize> {
        let start = position.start as usize;
        let erb = self.erb();
        let Some(segment) = segment(erb, start).filter(|segment| !segment.verbatim) else {
            return vec![erb.template_line(start)];
        };
        let code = erb.code.get(segment.code.clone()).unwrap_or_default();
        let code = code.trim_start_matches(['\n', ';', ' ']);
        if !code.starts_with(TEXT) {
            // What ERB adds at the start, at the end and behind values is nobody's code.
            let prints = code.starts_with(PRINT);
            return prints
                .then(|| erb.template_line(start))
                .into_iter()
                .collect();
        }
        let text = printed_text(erb, segment, self.source().text());
        let first = self.source().line_column(segment.template).line;
        let lines = text.split('\n').enumerate();
        let seen = lines.filter(|(_, line)| !line.trim().is_empty());
        seen.map(|(index, _)| first + index).collect()
    }
}

/// The segment of a place in the program.
fn segment(erb: &erb::Program, at: usize) -> Option<&Segment> {
    let after = erb
        .segments
        .partition_point(|segment| segment.code.start <= at);
    erb.segments.get(after.checked_sub(1)?)
}

/// The text of the template that a segment prints: up to the next one, without the white space before a tag, which may cut
/// it off.
fn printed_text<'t>(erb: &erb::Program, segment: &Segment, template: &'t str) -> &'t str {
    let next = erb
        .segments
        .partition_point(|other| other.code.start <= segment.code.start);
    let end = erb.segments.get(next).map(|next| next.template);
    let end = end.unwrap_or(template.len()).max(segment.template);
    let text = template.get(segment.template..end).unwrap_or_default();
    text.trim_end_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::InstanceSpec;
    use crate::ruby::eval::{Version, World};
    use crate::ruby::limits::Limits;
    use crate::yaml::Value;

    fn covered(text: &str, properties: &[Value]) -> TemplateCoverage {
        let template = Template::compile("j", "t.erb", text);
        let world = World {
            now: (0, 0),
            seed: 1,
            version: Version::Ruby34,
            limits: Limits::default(),
        };
        let mut recording = Recording::default();
        for properties in properties {
            let spec = Value::map([("properties", properties.clone())]);
            let instance = InstanceSpec::new(spec, None).unwrap();
            let plain = template.render(&instance, &world);
            let recorded = template.render_recorded(&instance, &world, &mut recording);
            assert_eq!(plain, recorded, "{text}");
        }
        template.coverage(&recording)
    }

    fn given(name: &str, value: impl Into<Value>) -> Value {
        Value::map([(name, value.into())])
    }

    /// The lines that were reached and those that were not, and the ways that were not taken.
    fn shown(coverage: &TemplateCoverage) -> String {
        let lines = |wanted: bool| -> String {
            let found = coverage
                .lines
                .iter()
                .filter(|(_, reached)| **reached == wanted);
            found.fold(String::new(), |text, (line, _)| format!("{text} {line}"))
        };
        let branches = coverage.branches.iter().flat_map(|branch| {
            let missed = branch.ways.iter().filter(|(_, taken)| !taken);
            missed.map(|(way, _)| format!("{}:{way:?}", branch.line))
        });
        let branches: Vec<String> = branches.collect();
        format!("+{} -{} {}", lines(true), lines(false), branches.join(" "))
    }

    #[test]
    fn lines_and_ways_are_those_of_the_template() {
        let none = || Value::Mapping(Vec::new());
        let rows: &[(&str, &[Value], &str)] = &[
            ("a\n\nb\n", &[none()], "+ 1 3 - "),
            ("a\n", &[], "+ - 1 "),
            (
                "<% if p('a', nil) %>\nyes\n<% else %>\nno\n<% end %>\n",
                &[none()],
                "+ 1 4 - 2 1:True",
            ),
            (
                "<% if p('a', nil) -%>\nyes\n<% end -%>\nx\n",
                &[given("a", 1_i64)],
                "+ 1 2 4 - 1:False",
            ),
            (
                "<% unless p('a', nil) -%>\nyes\n<% end -%>\n",
                &[given("a", 1_i64)],
                "+ 1 - 2 1:False",
            ),
            ("<%= p('a', 1) ? 2 : 3 %>", &[none()], "+ 1 - 1:False"),
            (
                "<%= p('a', 1) && p('b', 2) %>",
                &[none()],
                "+ 1 - 1:LeftDecides",
            ),
            (
                "<%= p('a', 1) || p('b', 2) %>",
                &[none()],
                "+ 1 - 1:RightDecides",
            ),
            (
                "<% a = nil; a ||= 1; a ||= 2 %>",
                &[none()],
                "+ 1 - 1:LeftDecides 1:RightDecides",
            ),
            (
                "<% p('a', []).each do |a| -%>\nx\n<% end -%>\n",
                &[none()],
                "+ 1 - 2 1:Runs",
            ),
            (
                "<% p('a', []).each do |a| next if a == 1 -%>\nx\n<% end -%>\n",
                &[given("a", vec![1_i64, 2])],
                "+ 1 2 - ",
            ),
            (
                "<% if_p('a') do |a| -%>\nx\n<% end -%>\n",
                &[given("a", 1_i64)],
                "+ 1 2 - 1:RunsNot",
            ),
            (
                "<% if_p('a') do |a| -%>\nx\n<% end.else do -%>\ny\n<% end -%>\n",
                &[none()],
                "+ 1 3 4 - 2 1:Runs",
            ),
            (
                "<% if_p('a') do |a| -%>\nx\n<% next if a == 1 -%>\n<% end -%>\n",
                &[given("a", 1_i64), none()],
                "+ 1 2 3 - 3:False",
            ),
            (
                "<% case p('a')\nwhen 1 -%>\none\n<% when 2 -%>\ntwo\n<% end -%>\n",
                &[given("a", 1_i64)],
                "+ 1 3 - 5 4:Holds 1:NoneHolds",
            ),
            (
                "<% case p('a') when 1 then %>one<% else %>other<% end %>",
                &[given("a", 7_i64)],
                "+ 1 - 1:Holds",
            ),
            (
                "<% begin -%>\n<%= p('a') %>\n<% rescue -%>\nnone\n<% end -%>\n",
                &[given("a", 7_i64)],
                "+ 2 - 4 4:Rescued",
            ),
            (
                "<% def f(a)\n  a + 1\nend\ng = lambda { |x|\n x } -%>\nx\n",
                &[none()],
                "+ 1 4 6 - 2 5 4:Called",
            ),
            ("a\n<%= p('a') %>\nb\n", &[none()], "+ 1 2 - 3 "),
            ("<% while false do %>x<% end %>", &[none()], "+ 1 - 1:Runs"),
        ];
        for (text, properties, expected) in rows {
            assert_eq!(shown(&covered(text, properties)), *expected, "{text}");
        }
    }

    #[test]
    fn looks_at_properties_are_noted() {
        let rows = [
            ("<%= p('a.b', 1) %>", "a.b", false),
            ("<%= p(['a', 'b'], 1) %>", "a b", false),
            ("<% if_p('a', 'b') { } %>", "a", false),
            ("<%= properties.a.b %>", "a.b.to_s", false),
            ("<% x = properties['a'] %>", "a", false),
            ("<% x = spec.properties.a %>", "a", false),
            ("<%= raw_properties['a'][\"b\"] %>", "a.b.to_s", false),
            ("<% properties.a.map { 1 } %>", "a", false),
            ("<% x = properties %>", "", true),
            ("<%= p('a', nil) && p('b', nil) %>", "a", false),
            ("<%= false && properties.c %>", "", false),
        ];
        for (text, names, all) in rows {
            let properties = given("properties", "x");
            let coverage = covered(text, &[properties]);
            let found: Vec<&str> = coverage.properties.iter().map(String::as_str).collect();
            assert_eq!(found.join(" "), names, "{text}");
            assert_eq!(coverage.all_properties, all, "{text}");
        }
    }
}
