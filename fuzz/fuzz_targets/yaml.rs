//! Any text is parsed or refused, with a message that can be shown; what is written reads back as it was written.
#![no_main]

use bosh_release::source::Source;
use bosh_release::yaml;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match yaml::parse(&Source::new("f", text)) {
        Err(faults) => assert!(!faults.render(true).is_empty()),
        Ok(node) => {
            let written = yaml::write(&node.value());
            let Ok(again) = yaml::parse(&Source::new("again", written.as_str())) else {
                panic!("cannot be read again: {written:?}");
            };
            // The library of the official CLI does not keep every value the first time; then it stays.
            let settled = yaml::write(&again.value());
            let last = yaml::parse(&Source::new("last", settled.as_str()));
            assert_eq!(last.map(|node| yaml::write(&node.value())).ok(), Some(settled));
        }
    }
});
