//! Any text is a pattern or is refused; a pattern finds only what is below its directory, in bounded time.
#![no_main]

use std::fs;
use std::path::{Component, PathBuf};
use std::sync::LazyLock;

use bosh_release::release::glob::{Pattern, Tree};
use libfuzzer_sys::fuzz_target;

/// A few directories, with names that patterns are made of, and a link that leads back.
static TREE: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = tempfile::tempdir().expect("a directory").keep();
    for file in ["a", "b/a", "b/c/a.b", "b/c/[x]", "{a}", "ab/ba/aab", "a*b", "-"] {
        let path = root.join(file);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, "").expect("a file");
    }
    std::os::unix::fs::symlink("..", root.join("b/up")).expect("a link");
    root
});

fuzz_target!(|text: &str| {
    let Ok(pattern) = Pattern::parse(text) else {
        return;
    };
    assert_eq!(pattern.as_str(), text);
    let Ok(found) = pattern.matches(&TREE, &mut Tree::new()) else {
        return;
    };
    for found in found {
        let normal = |component| matches!(component, Component::Normal(_));
        assert!(found.path.components().all(normal), "{}", found.path.display());
    }
});
