//! Any text is a template: the program that is made of it is covered by segments that lie side by side.
#![no_main]

use bosh_release::erb;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|template: &str| {
    let program = erb::compile(template);
    let mut end = 0;
    for segment in &program.segments {
        assert_eq!(segment.code.start, end);
        end = segment.code.end;
        assert!(segment.template <= template.len());
    }
    assert_eq!(end, program.code.len());
});
