//! The guide to templates in Tera: its templates become the ERB that stands beside them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;

use bosh_release::release::tera::interface;
use bosh_release::source::Source;
use bosh_release::tera::{Partials, compile};
use bosh_release::yaml;

/// Fenced blocks: what stands behind the fence, and the text.
fn blocks(page: &str) -> Vec<(&str, String)> {
    let mut found: Vec<(&str, String)> = Vec::new();
    let mut open = None;
    for line in page.lines() {
        match (line.strip_prefix("```"), open) {
            (Some(""), Some(_)) => open = None,
            (Some(kind), None) => {
                open = Some(kind);
                found.push((kind, String::new()));
            }
            (_, Some(_)) => {
                let text = &mut found.last_mut().unwrap().1;
                text.push_str(line);
                text.push('\n');
            }
            _ => {}
        }
    }
    found
}

#[test]
fn the_examples_of_the_guide_compile_to_what_it_shows() {
    let page = include_str!("../docs/tera-templates.md");
    let blocks = blocks(page);
    let spec = &blocks.iter().find(|block| block.0 == "yaml").unwrap().1;
    let spec = yaml::parse(&Source::new("spec", spec.as_str())).unwrap();
    let partials = blocks.iter().filter_map(|(kind, text)| {
        let name = kind.strip_prefix("tera partial ")?;
        Some((name.to_owned(), Source::new(name, text.as_str())))
    });
    let partials = Partials::new(partials.collect::<Vec<(String, Arc<Source>)>>());
    let mut compared = 0;
    for pair in blocks.windows(2) {
        if let [("tera", template), ("erb", erb)] = pair {
            let source = Source::new("web.conf.tera", template.as_str());
            let compiled = compile(&source, &interface(&spec), &partials).unwrap();
            let with_end = format!("{}\n", compiled.erb.trim_end_matches('\n'));
            assert!(with_end.ends_with(erb.as_str()), "{template}\n{with_end}");
            compared += 1;
        }
    }
    assert_eq!(compared, 5);
}
