//! Any pattern is compiled or refused, and searches any text in limited time; what it finds lies in the text.
#![no_main]

use bosh_release::ruby::regex::{Effort, Options, Regex};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, u8)| {
    let (pattern, text, flags) = input;
    let options = Options {
        ignore_case: flags & 1 != 0,
        extended: flags & 2 != 0,
        multi_line: flags & 4 != 0,
    };
    let Ok(regex) = Regex::new(pattern, options) else {
        return;
    };
    if let Ok(Some(found)) = regex.search(text, 0, &mut Effort::new(2_000_000)) {
        for range in found.groups().iter().flatten() {
            assert!(text.get(range.clone()).is_some(), "{range:?} of {text:?}");
        }
    }
});
