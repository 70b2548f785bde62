//! Any text is a version or is refused; a version prints as it was written and can be counted up.
#![no_main]

use bosh_release::release::version::ReleaseVersion;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| {
    let (Ok(one), Ok(two)) = (ReleaseVersion::parse(texts.0), ReleaseVersion::parse(texts.1)) else {
        return;
    };
    assert_eq!(one.to_string(), texts.0);
    assert_eq!(one.cmp(&two), two.cmp(&one).reverse());
    if let Ok(next) = ReleaseVersion::next_final(Some(&one)) {
        assert!(next > one, "{next} after {one}");
    }
    if let Ok(next) = ReleaseVersion::next_dev(Some(&one), Some(&two)) {
        assert_eq!(ReleaseVersion::parse(next.as_str()).ok(), Some(next));
    }
});
