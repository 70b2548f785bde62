//! Any text is an ops file: it is applied or refused, with a message that can be shown; paths print as what they are.
#![no_main]

use bosh_release::deployment::variables::Variables;
use bosh_release::deployment::{OperationsFile, Pointer, Request, Token, interpolate};
use bosh_release::source::Source;
use libfuzzer_sys::fuzz_target;

const MANIFEST: &str = "a: {b: [1, {name: x, c: ~}, {name: y}, [2]], 1: {}}\nl: [x, y, z]\ns: text\n";

/// The language has no way to write a name that ends in the mark of optional parts.
fn is_marked(token: &Token) -> bool {
    match token {
        Token::Key { key, .. } => key.ends_with('?'),
        Token::Matching { value, .. } => value.ends_with('?'),
        Token::Index { .. } | Token::AfterLast => false,
    }
}

fuzz_target!(|text: &str| {
    if let Ok(path) = Pointer::parse(text)
        && !path.tokens().iter().any(is_marked)
    {
        let printed = path.to_string();
        assert_eq!(Pointer::parse(&printed).map(|again| again.to_string()), Ok(printed));
    }
    let file = match OperationsFile::parse(&Source::new("ops.yml", text)) {
        Ok(file) => file,
        Err(faults) => return assert!(!faults.render(true).is_empty()),
    };
    let paths: Vec<String> = file.operations.iter().map(|operation| operation.path.to_string()).collect();
    let outcome = interpolate(Request {
        manifest: &Source::new("m.yml", MANIFEST),
        operations: &[file],
        variables: &mut Variables::default(),
        expect_all_found: false,
        expect_all_used: false,
    });
    match outcome {
        Err(faults) => assert!(!faults.render(true).is_empty()),
        Ok(manifest) => {
            assert!(manifest.print(None).is_ok());
            for path in paths.iter().filter_map(|path| Pointer::parse(path).ok()) {
                // What was removed, or inserted beside, is not found.
                manifest.explain(&path).map(|explanation| explanation.to_string()).ok();
            }
        }
    }
});
