//! Any text is read as Psych does, or refused with a message.
#![no_main]

use bosh_release::yaml::psych;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = psych::parse_first(text);
    match psych::parse_all(text) {
        Ok(documents) => {
            for document in &documents {
                let _ = document.first_alias();
            }
        }
        Err(psych::ParseError::Syntax(error)) => assert!(!error.message(None).is_empty()),
        Err(_) => {}
    }
});
