//! The guide to templates in Tera: its templates become the ERB that stands beside them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;

use bosh_release::release::tera::interface;
use bosh_release::source::Source;
use bosh_release::tera::{Partials, compile};
use bosh_release::yaml;
use support::guide::blocks;

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
