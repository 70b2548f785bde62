//! Any texts are allowed signers and a signature or are refused; no made-up signature counts.
#![no_main]

use std::time::{Duration, SystemTime};

use bosh_release::signing::{self, AllowedSigners};
use libfuzzer_sys::fuzz_target;

/// Real ones, so that the way behind the key is walked as well.
const ALLOWED: &str = concat!("a@example.com ", include_str!("../../tests/signing/ed25519.pub"));
const CONTENT: &[u8] = include_bytes!("../../tests/signing/small.txt");
const SIGNATURE: &str = include_str!("../../tests/signing/ed25519.small.sig");

fuzz_target!(|input: (&str, &str, u32)| {
    let (list, signature, seconds) = input;
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.into());
    let real = AllowedSigners::parse("allowed", ALLOWED).expect("a list");
    let verified = signing::verify(signature, &mut &*CONTENT, &real, now);
    assert!(verified.is_err() || signature.trim_end() == SIGNATURE.trim_end());
    match AllowedSigners::parse("list", list) {
        Err(faults) => assert!(!faults.to_string().is_empty()),
        Ok(list) => {
            let _ = signing::verify(SIGNATURE, &mut &*CONTENT, &list, now);
        }
    }
});
