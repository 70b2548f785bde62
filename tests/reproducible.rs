//! The same sources give the same bytes: whoever builds, wherever, whenever, with however many threads.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use bosh_release::digest::Sha256;
use flate2::read::MultiGzDecoder;
use support::site::{Site, copy_tree, done, have, said, write};

/// One archive or tarball: its digest, by name.
type Digests = BTreeMap<String, String>;

/// A way to build that must not show.
struct Way {
    name: &'static str,
    /// Changes the directory before the build.
    prepare: fn(&Site, &Path),
    /// Changes how the binary is run.
    run: fn(&Site, &Path, &[&str]) -> Command,
}

const TARBALL: [&str; 5] = [
    "create-release",
    "--version",
    "1+dev.1",
    "--tarball",
    "out.tgz",
];

/// Made in another order each time, with links, modes, deep directories, long and foreign names, and large files.
fn release(root: &Path, backwards: bool) {
    let deep = format!("src/app/{}/end", ["directory"; 20].join("/"));
    let long = format!("src/app/{}.txt", "n".repeat(150));
    let mut files: Vec<(&str, Vec<u8>)> = vec![
        (".gitignore", b"blobs\ndev_releases\n.dev_builds\n*.tgz\n".to_vec()),
        ("LICENSE", b"Anybody may do anything.\n".to_vec()),
        ("NOTICE", b"Made by nobody.\n".to_vec()),
        ("config/final.yml", b"name: same\nblobstore: {provider: local, options: {blobstore_path: ../store}}\n".to_vec()),
        ("config/blobs.yml", b"--- {}\n".to_vec()),
        ("jobs/web/spec", b"name: web\ntemplates:\n  b.erb: bin/b\n  a.erb: bin/a\n  c.erb: config/c\npackages: [app, big]\n".to_vec()),
        ("jobs/web/monit", b"check\n".to_vec()),
        ("jobs/web/templates/a.erb", b"a\n".to_vec()),
        ("jobs/web/templates/b.erb", b"b\n".to_vec()),
        ("jobs/web/templates/c.erb", b"c\n".to_vec()),
        ("packages/app/spec", b"name: app\nfiles: [\"app/**/*\"]\ndependencies: [big]\n".to_vec()),
        ("packages/app/packaging", b"cp -a app $BOSH_INSTALL_TARGET\n".to_vec()),
        ("packages/big/spec", b"name: big\nfiles: [\"big/*\"]\n".to_vec()),
        ("packages/big/packaging", b"cp -a big $BOSH_INSTALL_TARGET\n".to_vec()),
        ("src/app/run.sh", b"#!/bin/sh\n".to_vec()),
        ("src/app/a", b"1".to_vec()),
        ("src/app/a.b", b"2".to_vec()),
        ("src/app/a/b", b"3".to_vec()),
        ("src/app/B", b"4".to_vec()),
        ("src/app/über/straße.txt", "ä\n".as_bytes().to_vec()),
        ("src/app/name with space", b"5".to_vec()),
        ("src/big/text", (0..400_000).fold(String::new(), |mut text, n| { writeln!(text, "{n}").unwrap(); text }).into_bytes()),
        ("src/big/noise", (0..1_500_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect()),
        ("src/big/empty", Vec::new()),
    ];
    // A file and a directory cannot have one name.
    files.retain(|(path, _)| *path != "src/app/a");
    files.push((&deep, b"deep".to_vec()));
    files.push((&long, b"long".to_vec()));
    if backwards {
        files.reverse();
    }
    for (path, content) in &files {
        write(&root.join(path), content);
    }
    executable(&root.join("src/app/run.sh"));
    symlink("run.sh", root.join("src/app/link")).unwrap();
    symlink("/nonexistent/target", root.join("src/app/dangling")).unwrap();
}

fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A shell around the binary, for what only a shell sets.
fn shell(site: &Site, root: &Path, script: &str, arguments: &[&str]) -> Command {
    let mut command = site.command("sh", root);
    command
        .args(["-c", &format!("{script}; exec \"$@\""), "sh"])
        .arg(env!("CARGO_BIN_EXE_bosh-release"))
        .args(arguments);
    command
}

fn digests(site: &Site, root: &Path) -> Digests {
    let out = root.join("out.tgz");
    let mut digests = Digests::new();
    digests.insert("out.tgz".to_owned(), digest(&fs::read(&out).unwrap()));
    let unpacked = site.path("unpacked");
    fs::create_dir_all(&unpacked).unwrap();
    for (name, content) in members(&fs::read(&out).unwrap()) {
        digests.insert(name, digest(&content));
    }
    digests
}

fn digest(bytes: &[u8]) -> String {
    Sha256::of(bytes).to_string()
}

fn plain(archive: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    MultiGzDecoder::new(archive)
        .read_to_end(&mut plain)
        .unwrap();
    plain
}

fn members(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let plain = plain(archive);
    let mut tar = tar::Archive::new(plain.as_slice());
    tar.entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (name, content)
        })
        .collect()
}

/// The release, built in the plainest way.
fn first_build(site: &Site) -> (PathBuf, Digests) {
    let root = site.path("first");
    release(&root, false);
    site.commit_all(&root);
    site.run(&root, &TARBALL);
    let digests = digests(site, &root);
    (root, digests)
}

const WAYS: &[Way] = &[
    Way {
        name: "another time zone",
        prepare: |_, _| (),
        run: |site, root, arguments| with(site, root, arguments, &[("TZ", "Pacific/Chatham")]),
    },
    Way {
        name: "another locale",
        prepare: |_, _| (),
        run: |site, root, arguments| {
            with(
                site,
                root,
                arguments,
                &[
                    ("LC_ALL", "tr_TR.UTF-8"),
                    ("LANG", "tr_TR.UTF-8"),
                    ("LANGUAGE", "tr"),
                ],
            )
        },
    },
    Way {
        name: "no locale",
        prepare: |_, _| (),
        run: |site, root, arguments| with(site, root, arguments, &[("LC_ALL", "C"), ("LANG", "C")]),
    },
    Way {
        name: "options of tar and gzip, and an epoch",
        prepare: |_, _| (),
        run: |site, root, arguments| {
            with(
                site,
                root,
                arguments,
                &[
                    ("GZIP", "-1"),
                    ("TAR_OPTIONS", "--mtime=2001-01-01"),
                    ("SOURCE_DATE_EPOCH", "1"),
                    ("POSIXLY_CORRECT", "1"),
                ],
            )
        },
    },
    Way {
        name: "umask 000",
        prepare: |_, _| (),
        run: |site, root, arguments| shell(site, root, "umask 000", arguments),
    },
    Way {
        name: "umask 027",
        prepare: |_, _| (),
        run: |site, root, arguments| shell(site, root, "umask 027", arguments),
    },
    Way {
        name: "umask 077",
        prepare: |_, _| (),
        run: |site, root, arguments| shell(site, root, "umask 077", arguments),
    },
    Way {
        name: "one thread",
        prepare: |_, _| (),
        run: |site, root, arguments| threads(site, root, arguments, "1"),
    },
    Way {
        name: "two threads",
        prepare: |_, _| (),
        run: |site, root, arguments| threads(site, root, arguments, "2"),
    },
    Way {
        name: "eight threads",
        prepare: |_, _| (),
        run: |site, root, arguments| threads(site, root, arguments, "8"),
    },
    Way {
        name: "other times of files",
        prepare: |site, root| touch(site, root),
        run: |site, root, arguments| site.tool(root, arguments),
    },
    Way {
        name: "all modes open",
        prepare: |site, root| chmod(site, root, "a+rwX,go+w"),
        run: |site, root, arguments| site.tool(root, arguments),
    },
    Way {
        name: "all modes closed",
        prepare: |site, root| chmod(site, root, "go-rwx"),
        run: |site, root, arguments| site.tool(root, arguments),
    },
    Way {
        name: "another user",
        prepare: |site, _| site.give(),
        run: |site, root, arguments| site.tool_as_nobody(root, arguments),
    },
    Way {
        name: "settings of git",
        prepare: |site, _| settings(site),
        run: |site, root, arguments| site.tool(root, arguments),
    },
    Way {
        name: "after a run that failed",
        prepare: |site, root| fail(site, root),
        run: |site, root, arguments| site.tool(root, arguments),
    },
    Way {
        name: "after another run",
        prepare: |site, root| {
            site.run(root, &["create-release"]);
        },
        run: |site, root, arguments| site.tool(root, arguments),
    },
    Way {
        name: "a damaged cache",
        prepare: |site, root| damage(site, root),
        run: |site, root, arguments| site.tool(root, arguments),
    },
    Way {
        name: "an emptied cache",
        prepare: |site, root| {
            site.run(root, &["create-release"]);
            fs::remove_dir_all(site.home.join(".bosh")).unwrap();
        },
        run: |site, root, arguments| site.tool(root, arguments),
    },
    Way {
        name: "from elsewhere with --dir",
        prepare: |_, _| (),
        run: |site, root, arguments| {
            let out = root.join("out.tgz");
            let arguments: Vec<&str> = arguments
                .iter()
                .map(|argument| {
                    if *argument == "out.tgz" {
                        out.to_str().unwrap()
                    } else {
                        argument
                    }
                })
                .collect();
            let mut command = site.tool(&site.base, &arguments);
            command.arg("--dir").arg(root);
            command
        },
    },
];

fn with(site: &Site, root: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = site.tool(root, arguments);
    command.envs(variables.iter().copied());
    command
}

fn threads(site: &Site, root: &Path, arguments: &[&str], number: &str) -> Command {
    let mut command = site.tool(root, arguments);
    command.args(["--parallel", number]);
    command
}

fn touch(site: &Site, root: &Path) {
    let script = "find . -path ./.git -prune -o -exec touch -h -d 1999-12-31 {} +";
    done(site.command("sh", root).args(["-c", script]));
}

fn chmod(site: &Site, root: &Path, mode: &str) {
    done(
        site.command("chmod", root)
            .args(["-R", mode, "src", "jobs", "packages", "LICENSE"]),
    );
}

fn settings(site: &Site) {
    let settings = "[core]\n\tabbrev = 20\n\tquotePath = false\n\tautocrlf = input\n[status]\n\tshowUntrackedFiles = all\n\tshort = true\n\tbranch = true\n[color]\n\tui = always\n[user]\n\tname = Another\n[commit]\n\tgpgsign = true\n";
    write(&site.home.join(".gitconfig"), settings);
}

fn fail(site: &Site, root: &Path) {
    write(&root.join("jobs/web/spec"), "name: [\n");
    site.refuse(root, &["create-release", "--force"]);
    site.git(root, &["checkout", "-q", "jobs/web/spec"]);
}

/// Archives in the cache are there, but not what their names say.
fn damage(site: &Site, root: &Path) {
    site.run(root, &["create-release"]);
    for entry in fs::read_dir(site.home.join(".bosh/cache")).unwrap() {
        fs::write(entry.unwrap().path(), "not an archive").unwrap();
    }
}

#[test]
fn no_way_to_build_shows_in_the_bytes() {
    let (_, expected) = first_build(&Site::new());
    let mut wrong = String::new();
    for way in WAYS {
        let site = Site::new();
        let root = site.path("another/path of a release");
        release(&root, true);
        site.commit_all(&root);
        (way.prepare)(&site, &root);
        let output = (way.run)(&site, &root, &TARBALL).output().unwrap();
        if !output.status.success() {
            writeln!(wrong, "{}: {}", way.name, said(&output)).unwrap();
        } else if digests(&site, &root) != expected {
            writeln!(wrong, "{}: {:#?}", way.name, digests(&site, &root)).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}\nexpected {expected:#?}");
}

#[test]
fn fresh_clones_of_any_umask_give_the_same_bytes() {
    let site = Site::new();
    let (root, expected) = first_build(&site);
    for (umask, again) in [("000", "077"), ("027", "000"), ("077", "022")] {
        let clone = site.path(&format!("clone{umask}"));
        let script = format!("umask {umask}; exec git clone -q \"$0\" \"$1\"");
        done(
            site.command("sh", &site.base)
                .args(["-c", &script])
                .arg(&root)
                .arg(&clone),
        );
        let home = site.path(&format!("home{umask}"));
        done(
            shell(&site, &clone, &format!("umask {again}"), &TARBALL)
                .env("HOME", &home)
                .env("USER", "somebody"),
        );
        assert_eq!(digests(&site, &clone), expected, "umask {umask}");
    }
}

#[test]
fn an_old_checkout_gives_what_a_fresh_one_gives() {
    let site = Site::new();
    let (root, expected) = first_build(&site);
    // Other sources for a while, and dev releases of them.
    write(&root.join("src/app/run.sh"), "#!/bin/sh\necho other\n");
    site.run(&root, &["create-release", "--force"]);
    fs::remove_file(root.join("src/big/empty")).unwrap();
    site.run(&root, &["create-release", "--force"]);
    site.git(&root, &["checkout", "-q", "."]);
    fs::remove_file(root.join("out.tgz")).unwrap();
    site.run(
        &root,
        &[
            "create-release",
            "--version",
            "1+dev.1",
            "--name",
            "same",
            "--tarball",
            "out.tgz",
        ]
        .map(|argument| {
            if argument == "1+dev.1" {
                "1+dev.9"
            } else {
                argument
            }
        }),
    );
    let mut again = digests(&site, &root);
    let mut expected = expected;
    // They tell the version.
    for name in ["out.tgz", "release.MF"] {
        again.remove(name).unwrap();
        expected.remove(name).unwrap();
    }
    assert_eq!(again, expected);
}

#[test]
fn headers_tell_nothing_of_who_built() {
    let site = Site::new();
    let (root, _) = first_build(&site);
    let tarball = fs::read(root.join("out.tgz")).unwrap();
    check_headers("out.tgz", &tarball);
    for (name, content) in members(&tarball) {
        if Path::new(&name)
            .extension()
            .is_some_and(|extension| extension == "tgz")
        {
            check_headers(&name, &content);
        }
    }
}

fn check_headers(name: &str, archive: &[u8]) {
    assert_eq!(
        &archive[..10],
        [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, archive[8], archive[9]],
        "{name}: no name, no time"
    );
    let plain = plain(archive);
    let mut tar = tar::Archive::new(plain.as_slice());
    let mut paths = Vec::new();
    for entry in tar.entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let facts = (
            header.uid().unwrap(),
            header.gid().unwrap(),
            header.mtime().unwrap(),
        );
        assert_eq!(facts, (0, 0, 315_532_800), "{name}: {path}");
        let names = (
            header.username_bytes().unwrap_or_default(),
            header.groupname_bytes().unwrap_or_default(),
        );
        assert_eq!(names, (&b""[..], &b""[..]), "{name}: {path}");
        let mode = header.mode().unwrap();
        assert!(
            [0o600, 0o644, 0o755, 0o777].contains(&mode),
            "{name}: {path} {mode:o}"
        );
        paths.push(path);
    }
    assert!(!paths.is_empty());
    if name.starts_with("packages/") {
        let is_file = |path: &&String| !path.ends_with('/');
        let files: Vec<&String> = paths.iter().filter(is_file).collect();
        assert!(files.is_sorted(), "{name}: {files:?}");
        // A directory comes once, right before what is in it.
        for (index, directory) in paths.iter().enumerate().skip(1) {
            if directory.ends_with('/') {
                assert!(paths[index + 1].starts_with(directory), "{name}: {paths:?}");
                assert!(!paths[index + 1..].contains(directory), "{name}: {paths:?}");
            }
        }
    }
}

#[test]
fn stock_tar_reads_everything_without_a_word() {
    if !have("tar") {
        return;
    }
    let site = Site::new();
    let (root, _) = first_build(&site);
    let into = site.path("into");
    fs::create_dir(&into).unwrap();
    let script = "set -e; tar -tvzf \"$0\" >/dev/null; tar -xzf \"$0\"; for each in license.tgz jobs/*.tgz packages/*.tgz; do \
                  tar -tvzf $each >/dev/null; mkdir $each.d; tar -xzf $each -C $each.d; gzip -t $each; done";
    let stderr = done(
        site.command("sh", &into)
            .args(["-c", script])
            .arg(root.join("out.tgz")),
    );
    assert_eq!(stderr, "");
    let app = into.join("packages/app.tgz.d/app");
    assert_eq!(
        fs::read_link(app.join("dangling")).unwrap(),
        Path::new("/nonexistent/target")
    );
    assert!(app.join("über/straße.txt").is_file());
    assert_eq!(
        fs::read(into.join("packages/big.tgz.d/big/noise")).unwrap(),
        fs::read(root.join("src/big/noise")).unwrap()
    );
}

#[test]
fn a_copied_directory_with_its_builds_gives_the_same() {
    let site = Site::new();
    let (root, expected) = first_build(&site);
    let copy = site.path("copies");
    fs::create_dir(&copy).unwrap();
    copy_tree(&root, &copy);
    let copy = copy.join("first");
    fs::remove_dir_all(copy.join("dev_releases")).unwrap();
    fs::remove_file(copy.join("out.tgz")).unwrap();
    done(
        site.tool(&copy, &TARBALL)
            .env("HOME", site.path("new home")),
    );
    assert_eq!(digests(&site, &copy), expected);
}
