//! Any text is Tera or is refused; what is compiled is Ruby that a template may hold, with as many lines as it says.
#![no_main]

use bosh_release::erb;
use bosh_release::source::Source;
use bosh_release::tera::{ConsumedLink, JobInterface, Partials, compile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let job = JobInterface {
        properties: ["a", "b", "c.d"].map(String::from).to_vec(),
        links: vec![ConsumedLink { name: "l".into(), optional: true }],
    };
    let partials = Partials::new([("p".to_owned(), Source::new("p", text))]);
    match compile(&Source::new("template.tera", text), &job, &partials) {
        Ok(compiled) => {
            assert_eq!(compiled.lines.len(), compiled.erb.matches('\n').count() + 1);
            let program = erb::compile(&compiled.erb);
            let library = bosh_release::render::template::Template::compile("job", "x.erb", &compiled.erb);
            drop((program, library));
        }
        Err(faults) => assert!(!faults.to_string().is_empty()),
    }
});
