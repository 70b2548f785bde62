//! Files are read once, those that did not change not at all; and whatever is known of them, what is built is right.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bosh_release::digest::Sha256;
use rustix::fs::inotify;
use support::site::{Site, done, write};

/// More than is kept in memory.
const LARGE: usize = 9 << 20;

/// A job, a small and a large package, a blob with a SHA-1 and one with a SHA-256. In no repository: git reads files too.
fn release(site: &Site) -> PathBuf {
    let root = site.path("release");
    for (path, content) in [
        (
            "config/final.yml",
            "name: demo\nblobstore: {provider: local, options: {blobstore_path: ../store}}\n",
        ),
        (
            "config/blobs.yml",
            "old/blob:\n  size: 6\n  sha: f572d396fae9206628714fb2ce00f72e94f2258f\n\
             new/blob:\n  size: 6\n  sha: sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\n",
        ),
        ("blobs/old/blob", "hello\n"),
        ("blobs/new/blob", "hello\n"),
        ("LICENSE", "Anybody may do anything.\n"),
        (
            "jobs/web/spec",
            "name: web\ntemplates: {run.erb: bin/run}\npackages: [small]\n",
        ),
        ("jobs/web/monit", ""),
        ("jobs/web/properties_schema.json", "{}\n"),
        ("jobs/web/templates/run.erb", "echo\n"),
        (
            "packages/small/spec",
            "name: small\nfiles: [\"small/*\", \"old/*\", \"new/*\"]\n",
        ),
        ("packages/small/packaging", "true\n"),
        ("src/small/one", "one\n"),
        ("src/small/two", "two\n"),
        ("packages/large/spec", "name: large\nfiles: [\"large/*\"]\n"),
        ("packages/large/packaging", "true\n"),
        ("src/large/small", "small\n"),
        (
            "packages/prepared/spec",
            "name: prepared\nfiles: [\"prepared/*\"]\n",
        ),
        ("packages/prepared/packaging", "true\n"),
        ("packages/prepared/pre_packaging", "echo made > made\n"),
        ("src/prepared/source", "source\n"),
    ] {
        write(&root.join(path), content);
    }
    write(&root.join("src/large/data"), vec![b'x'; LARGE]);
    fs::create_dir(site.path("store")).unwrap();
    root
}

/// Until what was written is old enough to be known.
fn settle() {
    std::thread::sleep(Duration::from_millis(2100));
}

const DEV: &[&str] = &["create-release", "--force"];
const FINAL: &[&str] = &["create-release", "--force", "--final"];

/// Counts how often each file below a directory is opened.
struct Watch {
    inotify: OwnedFd,
    directories: BTreeMap<i32, PathBuf>,
}

impl Watch {
    fn new(root: &Path) -> Self {
        let flags = inotify::CreateFlags::NONBLOCK;
        let mut watch = Self {
            inotify: inotify::init(flags).unwrap(),
            directories: BTreeMap::new(),
        };
        for name in ["jobs", "packages", "src", "blobs"] {
            watch.add(&root.join(name), name);
        }
        let flags = inotify::WatchFlags::OPEN;
        let id = inotify::add_watch(&watch.inotify, root, flags).unwrap();
        watch.directories.insert(id, PathBuf::new());
        watch
    }

    fn add(&mut self, directory: &Path, shown: &str) {
        let flags = inotify::WatchFlags::OPEN;
        let id = inotify::add_watch(&self.inotify, directory, flags).unwrap();
        self.directories.insert(id, PathBuf::from(shown));
        for entry in fs::read_dir(directory).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                let name = entry.file_name().into_string().unwrap();
                self.add(&entry.path(), &format!("{shown}/{name}"));
            }
        }
    }

    /// Files that were opened since the last time, and how often.
    fn opened(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(&self.inotify, &mut buffer);
        while let Ok(event) = events.next() {
            assert!(!event.events().contains(inotify::ReadFlags::QUEUE_OVERFLOW));
            if event.events().contains(inotify::ReadFlags::ISDIR) {
                continue;
            }
            let name = event.file_name().unwrap().to_str().unwrap();
            if name.ends_with(".bosh-release-tmp") {
                continue;
            }
            let path = self.directories[&event.wd()].join(name);
            *counts.entry(path.to_str().unwrap().to_owned()).or_insert(0) += 1;
        }
        counts
    }
}

/// Each of these files once.
fn once(names: &[&str]) -> BTreeMap<String, usize> {
    names.iter().map(|name| ((*name).to_owned(), 1)).collect()
}

const ALL: &[&str] = &[
    "LICENSE",
    "blobs/new/blob",
    "blobs/old/blob",
    "jobs/web/monit",
    "jobs/web/properties_schema.json",
    "jobs/web/spec",
    "jobs/web/templates/run.erb",
    "packages/large/packaging",
    "packages/large/spec",
    "packages/prepared/packaging",
    "packages/prepared/pre_packaging",
    "packages/prepared/spec",
    "packages/small/packaging",
    "packages/small/spec",
    "src/large/data",
    "src/large/small",
    "src/prepared/source",
    "src/small/one",
    "src/small/two",
];

/// What is parsed by every build.
const PARSED: &[&str] = &[
    "jobs/web/properties_schema.json",
    "jobs/web/spec",
    "packages/large/spec",
    "packages/prepared/spec",
    "packages/small/spec",
];

/// What is known of the release, the only one.
fn known(site: &Site) -> PathBuf {
    let mut files = fs::read_dir(site.home.join(".bosh/digests")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none());
    file
}

/// Fingerprint of a package in the last manifest.
fn fingerprint(root: &Path, releases: &str, package: &str) -> String {
    let directory = root.join(releases).join("demo");
    let manifests = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let last = manifests
        .filter(|path| path.file_name().is_some_and(|name| name != "index.yml"))
        .max()
        .unwrap();
    let text = fs::read_to_string(last).unwrap();
    let (_, entry) = text.split_once(&format!("- name: {package}\n")).unwrap();
    let line = entry.lines().find(|line| line.contains("fingerprint:"));
    line.unwrap().rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn each_file_is_read_once_and_no_unchanged_one_again() {
    let site = Site::new();
    let root = release(&site);
    settle();
    let watch = Watch::new(&root);
    site.run(&root, DEV);
    // The script itself is run by bash, which opens it as well.
    let mut cold = once(ALL);
    *cold.get_mut("packages/prepared/pre_packaging").unwrap() += 1;
    assert_eq!(watch.opened(), cold, "cold");

    site.run(&root, DEV);
    assert_eq!(watch.opened(), once(PARSED), "warm");

    write(&root.join("src/small/one"), "ONE\n");
    write(&root.join("src/large/small"), "SMALL\n");
    watch.opened();
    site.run(&root, DEV);
    let changed = watch.opened();
    for (name, count) in &changed {
        assert_eq!(*count, 1, "{name}");
    }
    for name in ["src/small/one", "src/large/small", "src/large/data"] {
        assert!(changed.contains_key(name), "{name}");
    }
    assert!(!changed.contains_key("src/prepared/source"));
    assert!(!changed.contains_key("LICENSE"));

    // A final release believes nothing, and still reads nothing twice.
    write(&root.join("src/large/small"), "small again\n");
    watch.opened();
    site.run(&root, FINAL);
    assert_eq!(watch.opened(), once(ALL), "final");
}

#[test]
fn a_large_package_that_only_looks_changed_is_found_again() {
    let site = Site::new();
    let root = release(&site);
    settle();
    site.run(&root, DEV);
    let before = fingerprint(&root, "dev_releases", "large");
    let index = root.join(".dev_builds/packages/large/index.yml");
    let builds = fs::read(&index).unwrap();
    write(&root.join("src/large/data"), vec![b'x'; LARGE]);
    site.run(&root, DEV);
    assert_eq!(fingerprint(&root, "dev_releases", "large"), before);
    assert_eq!(fs::read(&index).unwrap(), builds);
}

#[test]
fn content_that_keeps_size_and_time_is_noticed() {
    let site = Site::new();
    let root = release(&site);
    settle();
    site.run(&root, DEV);
    let before = fingerprint(&root, "dev_releases", "small");
    for (path, content) in [("src/small/one", "ONE\n"), ("blobs/new/blob", "HELLO\n")] {
        let path = root.join(path);
        let time = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, content).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(time).unwrap();
        let said = site.run(&root, DEV);
        let after = fingerprint(&root, "dev_releases", "small");
        assert_ne!(after, before, "{}", path.display());
        if content == "HELLO\n" {
            assert!(said.contains("blobs/new/blob is not what"), "{said}");
        }
    }
}

#[test]
fn a_damaged_cache_is_ignored_and_replaced() {
    let site = Site::new();
    let root = release(&site);
    settle();
    site.run(&root, DEV);
    let file = known(&site);
    let good = fs::read(&file).unwrap();
    let before = fingerprint(&root, "dev_releases", "small");
    for bytes in [
        &b"bosh-release digests 99\n"[..],
        &good[..good.len() - 1],
        b"",
    ] {
        fs::write(&file, bytes).unwrap();
        let said = site.run(&root, DEV);
        assert!(!said.contains("digests"), "{said}");
        assert_eq!(fingerprint(&root, "dev_releases", "small"), before);
        assert_eq!(fs::read(&file).unwrap().len(), good.len());
    }
    // Nothing can be written where a directory is; that is no failure either.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    site.run(&root, DEV);
    assert_eq!(fingerprint(&root, "dev_releases", "small"), before);
}

/// Makes the cache say something wrong about a file, in the best of forms.
fn lie(site: &Site) {
    let file = known(site);
    let text = fs::read(&file).unwrap();
    let text = String::from_utf8(text).unwrap();
    let (right, wrong) = (Sha256::of(b"one\n"), Sha256::of(b"lie\n"));
    let (header, rest) = text.split_once('\n').unwrap();
    let (_, body) = rest.split_once('\n').unwrap();
    assert_eq!(body.matches(&right.to_string()).count(), 1);
    let body = body.replace(&right.to_string(), &wrong.to_string());
    let sum = Sha256::of(body.as_bytes());
    fs::write(&file, format!("{header}\n{sum}\n{body}")).unwrap();
}

#[test]
fn a_wrong_digest_never_gets_into_a_new_archive() {
    let site = Site::new();
    let root = release(&site);
    settle();
    site.run(&root, DEV);
    let right = fingerprint(&root, "dev_releases", "small");

    lie(&site);
    let said = site.refuse(&root, DEV);
    assert!(said.contains("changed while it was built"), "{said}");
    site.run(&root, DEV);
    assert_eq!(fingerprint(&root, "dev_releases", "small"), right);

    lie(&site);
    site.run(&root, FINAL);
    assert_eq!(fingerprint(&root, "releases", "small"), right);
}

#[test]
fn commands_that_check_read_the_files() {
    let site = Site::new();
    let root = release(&site);
    settle();
    site.run(&root, DEV);
    let watch = Watch::new(&root);
    site.refuse(&root, &["upload-blobs", "--dir", "nowhere"]);
    done(&mut site.tool(&root, &["fingerprint", "packages/small"]));
    assert!(watch.opened().contains_key("src/small/one"));
    site.run(&root, &["upload-blobs"]);
    let opened = watch.opened();
    assert!(opened.contains_key("blobs/new/blob") && opened.contains_key("blobs/old/blob"));
    site.run(&root, &["sync-blobs"]);
    let opened = watch.opened();
    assert!(opened.contains_key("blobs/new/blob") && opened.contains_key("blobs/old/blob"));
}
