//! Any text is a release manifest or is refused; a manifest that was read is written, and read again, as the same.
#![no_main]

use bosh_release::release::manifest::ReleaseManifest;
use bosh_release::source::Source;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match ReleaseManifest::parse(&Source::new("release.MF", text)) {
        Err(faults) => assert!(!faults.to_string().is_empty()),
        Ok(manifest) => {
            let written = manifest.to_yaml();
            let again = ReleaseManifest::parse(&Source::new("again", written.as_str()));
            assert_eq!(again.ok(), Some(manifest), "{written}");
        }
    }
});
