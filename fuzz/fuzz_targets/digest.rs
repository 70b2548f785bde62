//! Any text is a digest or is refused; a digest prints as text that reads as the same.
#![no_main]

use bosh_release::digest::Digest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &[u8])| {
    let (text, bytes) = input;
    let Ok(digest) = Digest::parse(text) else {
        return;
    };
    assert_eq!(Digest::parse(&digest.to_string()).ok(), Some(digest.clone()));
    // Nobody finds bytes for a digest that was made up.
    assert!(digest.verify_bytes(bytes).is_err());
});
