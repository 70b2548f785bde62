//! Any text is a manifest with definitions and placeholders, and a file of variables: nothing panics or grows without bound.
#![no_main]

use bosh_release::deployment::variables::{Generator, Store, Variables, parse_argument, parse_file};
use bosh_release::deployment::{MAX_TEXT, Request, interpolate};
use bosh_release::source::Source;
use bosh_release::yaml::Value;
use libfuzzer_sys::fuzz_target;

struct Maker;

impl Generator for Maker {
    fn generate(&mut self, kind: &str, _: &Value, known: &dyn Fn(&str) -> Option<Value>) -> Result<Value, String> {
        known(kind).ok_or_else(|| "nothing to make it of".to_owned())
    }
}

fuzz_target!(|text: &str| {
    // The two halves are joined by a line that no YAML needs.
    let (manifest, given) = text.split_once("\n%%\n").unwrap_or((text, text));
    let given_source = Source::new("v.yml", given);
    parse_argument(&given_source).ok();
    let Ok(given) = parse_file(&given_source) else {
        return;
    };
    let mut maker = Maker;
    let (flags, stored) = given.into_iter().partition(|(name, _)| name.len() % 2 == 0);
    let Ok(mut variables) = Variables::new(flags, Some(Store::new(stored, &mut maker))) else {
        return;
    };
    let outcome = interpolate(Request {
        manifest: &Source::new("m.yml", manifest),
        operations: &[],
        variables: &mut variables,
        expect_all_found: true,
        expect_all_used: text.len() % 2 == 0,
    });
    match outcome {
        Err(faults) => assert!(!faults.render(true).is_empty()),
        Ok(manifest) => assert!(manifest.root.text_size() <= 2 * MAX_TEXT),
    }
});
