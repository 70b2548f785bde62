//! What is broken in the input of each command: a clear error, exit code 1, nothing written, no panic, no hanging.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers fail the test"
)]

mod support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use support::place::{Failures, Place, problems};

const CREATE: &[&str] = &["create-release", "--force"];
const FINAL: &[&str] = &["create-release", "--final", "--force"];
const FINALIZE: &[&str] = &["finalize-release", "demo.tgz", "--force"];
const VERIFY: &[&str] = &["verify-release", "demo.tgz"];
const SIGN: &[&str] = &["sign-release", "demo.tgz"];
const EXPORT: &[&str] = &["export", "exported"];
const VENDOR: &[&str] = &["vendor-package", "tool", "."];
const FINGERPRINT_JOB: &[&str] = &["fingerprint", "jobs/web"];
const FINGERPRINT_PACKAGE: &[&str] = &["fingerprint", "packages/app"];
const BLOBS: &[&[&str]] = &[
    &["blobs"],
    &["add-blob", "LICENSE", "new"],
    &["remove-blob", "tool/data.txt"],
    &["upload-blobs"],
    &["sync-blobs"],
];
/// Commands that read the configuration and nothing that the other cases break.
const ALWAYS: &[&[&str]] = &[CREATE, FINAL, FINALIZE, SIGN, EXPORT, FINGERPRINT_JOB];

/// A file of a release, and the commands that read it.
struct Read {
    path: &'static str,
    commands: Vec<&'static [&'static str]>,
}

/// A path with the commands of all lists.
fn row(path: &'static str, commands: &[&[&'static [&'static str]]]) -> Read {
    Read {
        path,
        commands: commands.concat(),
    }
}

/// Every YAML file that anything reads.
fn yaml_files() -> Vec<Read> {
    let configured = [ALWAYS, BLOBS, &[VENDOR, VERIFY]];
    vec![
        row("config/final.yml", &configured),
        row("config/private.yml", &configured),
        row("config/bosh-release.yml", &configured),
        row(
            "config/blobs.yml",
            &[&[CREATE, FINAL, EXPORT, FINGERPRINT_PACKAGE], BLOBS],
        ),
        row("jobs/web/spec", &[&[CREATE, FINAL, FINGERPRINT_JOB]]),
        row(
            "packages/app/spec",
            &[&[CREATE, FINAL, FINGERPRINT_PACKAGE]],
        ),
        row(
            "packages/app/spec.lock",
            &[&[CREATE, FINAL, FINGERPRINT_PACKAGE]],
        ),
        row(".dev_builds/jobs/web/index.yml", &[&[CREATE, FINAL]]),
        row(".dev_builds/packages/app/index.yml", &[&[CREATE, FINAL]]),
        row(".dev_builds/license/index.yml", &[&[CREATE, FINAL]]),
        row(
            ".final_builds/jobs/web/index.yml",
            &[&[CREATE, FINAL, FINALIZE]],
        ),
        row(
            ".final_builds/packages/app/index.yml",
            &[&[CREATE, FINAL, FINALIZE]],
        ),
        row(
            ".final_builds/packages/tool/index.yml",
            &[&[CREATE, FINAL, VENDOR]],
        ),
        row(
            ".final_builds/license/index.yml",
            &[&[CREATE, FINAL, FINALIZE]],
        ),
        row("dev_releases/demo/index.yml", &[&[CREATE, FINAL, VENDOR]]),
        row(
            "releases/demo/index.yml",
            &[&[CREATE, FINAL, FINALIZE, VENDOR]],
        ),
        row(
            "releases/demo/demo-1.yml",
            &[&[
                VENDOR,
                &[
                    "create-release",
                    "releases/demo/demo-1.yml",
                    "--tarball",
                    "new.tgz",
                ],
            ]],
        ),
    ]
}

/// A text that is wrong wherever YAML is expected, the line of the fault, and what the message says.
struct Bad {
    name: &'static str,
    bytes: Vec<u8>,
    line: Option<usize>,
    says: &'static str,
}

fn bad_texts() -> Vec<Bad> {
    let bad = |name, bytes: &[u8], line, says| Bad {
        name,
        bytes: bytes.to_vec(),
        line,
        says,
    };
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (last, this) in ('a'..='g').zip('b'..='h') {
        let aliases = vec![format!("*{last}"); 10].join(", ");
        bomb = [bomb, format!("{this}: &{this} [{aliases}]\n")].concat();
    }
    vec![
        bad("open list", b"a: b\nc: [1, 2\nd: e\n", Some(3), ""),
        bad("tab", b"a:\n\tb: c\n", Some(2), "tab"),
        bad(
            "open quote",
            b"a: b\nc: \"d\ne: f\n",
            None,
            "unexpected end of stream",
        ),
        bad("two values", b"a: b: c\n", Some(1), "mapping values"),
        bad("list", b"- one\n- two\n", Some(1), "map"),
        bad("word", b"word\n", Some(1), "map"),
        bad("unknown alias", b"a: *b\n", Some(1), "unknown anchor"),
        bad(
            "alias of itself",
            b"a: &a [*a]\n",
            Some(1),
            "contains itself",
        ),
        bad(
            "aliases multiply",
            bomb.as_bytes(),
            None,
            "excessive aliasing",
        ),
        bad("deep", &b"[".repeat(100_000), Some(1), "levels deep"),
        bad(
            "deep blocks",
            &b"- ".repeat(100_000),
            Some(1),
            "levels deep",
        ),
        bad(
            "not UTF-8",
            b"a: b\nc: \xff\n",
            None,
            "is not UTF-8 text (line 2)",
        ),
        bad("NUL", b"a: b\nc: \0\n", None, "control characters"),
    ]
}

/// Whether a file is replaced by something wrong, and put back afterwards.
fn with_file(place: &Place, path: &str, change: impl FnOnce(), look: impl FnOnce()) {
    let before = fs::read(place.path(path)).ok();
    change();
    look();
    place.remove(path);
    if let Some(before) = before {
        place.write(path, before);
    }
}

#[test]
fn bad_yaml_is_named_with_its_line() {
    let place = Place::built();
    let mut failures = Failures::default();
    let texts = bad_texts();
    for file in yaml_files() {
        for (index, bad) in texts.iter().enumerate() {
            // The first fault with every command, the others with one each.
            let commands = match index {
                0 => file.commands.as_slice(),
                _ => &file.commands[index % file.commands.len()..][..1],
            };
            let what = format!("{} with {}", file.path, bad.name);
            let place_of_fault = bad.line.map(|line| format!("{}:{line}:", file.path));
            let mut parts = vec![file.path, bad.says];
            parts.extend(place_of_fault.as_deref());
            if bad.line.is_some() {
                parts.push(" | ");
            }
            with_file(
                &place,
                file.path,
                || place.write(file.path, &bad.bytes),
                || {
                    for command in commands {
                        failures.refused(&what, &place, command, &parts);
                    }
                },
            );
        }
    }
    failures.report();
}

/// A text, the line of its fault, and what the message says.
type Fault = (&'static str, usize, &'static str);

/// Files with values of wrong types, and a command that reads each.
#[expect(clippy::too_many_lines, reason = "a table")]
fn wrong_types() -> Vec<(&'static str, &'static [&'static str], Vec<Fault>)> {
    let builds: &[Fault] = &[
        ("builds: [x]\n", 1, "'builds'"),
        ("builds:\n  x: [y]\n", 2, "version"),
        ("builds:\n  x:\n    version: [y]\n", 2, "version"),
    ];
    let digests: &[Fault] = &[
        (
            "builds:\n  x:\n    version: y\n    sha1: ../../zz\n",
            2,
            "../../zz",
        ),
        (
            "builds:\n  x:\n    version: y\n    sha1: sha256:../1234\n",
            2,
            "../1234",
        ),
    ];
    vec![
        (
            "config/final.yml",
            CREATE,
            vec![
                ("name: [demo]\n", 1, "'name'"),
                ("name: demo\nfinal_name: {a: b}\n", 2, "'final_name'"),
                ("name: demo\nblobstore: local\n", 2, "'blobstore'"),
                (
                    "name: demo\nblobstore:\n  provider: [local]\n",
                    3,
                    "'provider'",
                ),
                (
                    "name: demo\nblobstore:\n  provider: local\n  options: x\n",
                    4,
                    "'options'",
                ),
                ("name: demo\nno_compression: maybe\n", 2, "'no_compression'"),
            ],
        ),
        (
            "config/private.yml",
            CREATE,
            vec![("blobstore: [x]\n", 1, "'blobstore'")],
        ),
        (
            "config/bosh-release.yml",
            CREATE,
            vec![
                ("signing: ssh\n", 1, "map"),
                ("signing:\n  key: ../../key\n", 2, "outside"),
                ("tarball: [x]\n", 1, "string"),
                ("upstreams: [x]\n", 1, "map"),
                ("typo: 1\n", 1, "typo"),
            ],
        ),
        (
            "config/blobs.yml",
            &["blobs"],
            vec![
                ("x: y\n", 1, "'sha'"),
                (
                    "x:\n  size: many\n  sha: 5891b5b522d5df086d0ff0b110fbd9d21bb4fc71\n",
                    1,
                    "size",
                ),
                (
                    "x:\n  size: -1\n  sha: 5891b5b522d5df086d0ff0b110fbd9d21bb4fc71\n",
                    1,
                    "size",
                ),
                ("x:\n  size: 1\n  sha: ../hello\n", 1, "../hello"),
                (
                    "../x:\n  size: 1\n  sha: 5891b5b522d5df086d0ff0b110fbd9d21bb4fc71\n",
                    1,
                    "../x",
                ),
                (
                    "/etc/x:\n  size: 1\n  sha: 5891b5b522d5df086d0ff0b110fbd9d21bb4fc71\n",
                    1,
                    "/etc/x",
                ),
            ],
        ),
        (
            "jobs/web/spec",
            CREATE,
            vec![
                ("name: [web]\n", 1, "name"),
                ("name: ../web\n", 1, "../web"),
                ("name: web\ntemplates: [run.erb]\n", 2, "'templates'"),
                ("name: web\ntemplates:\n  ../monit: x\n", 3, "outside"),
                ("name: web\ntemplates:\n  run.erb: ../../x\n", 3, "outside"),
                ("name: web\ntemplates:\n  run.erb: [x]\n", 3, "string"),
                ("name: web\npackages: app\n", 2, "'packages'"),
                ("name: web\npackages: [[app]]\n", 2, "name"),
                ("name: web\nprovides: x\n", 2, "'provides'"),
                ("name: web\nproperties: [x]\n", 2, "'properties'"),
            ],
        ),
        (
            "packages/app/spec",
            CREATE,
            vec![
                ("name: 'a b'\n", 1, "a b"),
                ("name: app\nfiles: app\n", 2, "'files'"),
                ("name: app\nfiles: [{a: b}]\n", 2, "'files'"),
                ("name: app\nfiles: ['app/[']\n", 2, "class"),
                ("name: app\nfiles: ['../jobs/*/*']\n", 2, "leads out"),
                ("name: app\nfiles: ['none']\n", 2, "none"),
                ("name: app\ndependencies: {a: b}\n", 2, "'dependencies'"),
                ("name: app\nno_compression: [x]\n", 2, "'no_compression'"),
            ],
        ),
        (
            "packages/app/spec.lock",
            CREATE,
            vec![
                ("name: ../app\nfingerprint: x\n", 1, "../app"),
                ("name: app\nfingerprint: [x]\n", 1, "'fingerprint'"),
                (
                    "name: app\nfingerprint: x\ndependencies: x\n",
                    3,
                    "'dependencies'",
                ),
            ],
        ),
        (
            ".dev_builds/jobs/web/index.yml",
            CREATE,
            [builds, digests].concat(),
        ),
        (
            ".final_builds/packages/app/index.yml",
            CREATE,
            [builds, digests].concat(),
        ),
        ("dev_releases/demo/index.yml", CREATE, vec![builds[0]]),
        (
            "releases/demo/index.yml",
            FINAL,
            vec![builds[0], ("builds:\n  x:\n    version: ../1\n", 2, "../1")],
        ),
        (
            "releases/demo/demo-1.yml",
            &[
                "create-release",
                "releases/demo/demo-1.yml",
                "--tarball",
                "new.tgz",
            ],
            vec![
                ("name: ../demo\nversion: 1\n", 1, "../demo"),
                ("name: demo\nversion: ../1\n", 2, "../1"),
                ("name: demo\nversion: 1\njobs: x\n", 3, "'jobs'"),
                (
                    "name: demo\nversion: 1\njobs:\n- name: ../../x\n  version: y\n  sha1: 5891b5b522d5df086d0ff0b110fbd9d21bb4fc71\n",
                    4,
                    "../../x",
                ),
                (
                    "name: demo\nversion: 1\npackages:\n- name: x\n  version: y\n  sha1: ../../y\n",
                    6,
                    "../../y",
                ),
            ],
        ),
    ]
}

#[test]
fn a_value_of_a_wrong_type_is_named_with_its_line() {
    let place = Place::built();
    let mut failures = Failures::default();
    for (path, command, texts) in wrong_types() {
        for (text, line, says) in texts {
            let what = format!("{path} with {text:?}");
            let fault = format!("{path}:{line}:");
            with_file(
                &place,
                path,
                || place.write(path, text),
                || failures.refused(&what, &place, command, &[&fault, says, " | "]),
            );
        }
    }
    failures.report();
}

/// What a message calls the file: a template is named as the spec names it, at its place in the spec.
fn named(path: &str) -> &str {
    if path.starts_with("jobs/web/templates") {
        "templates/run.erb"
    } else {
        path
    }
}

#[test]
fn what_is_no_file_is_refused_in_place_of_one() {
    let place = Place::built();
    let mut failures = Failures::default();
    let mut files = yaml_files();
    files.push(row(
        "packages/app/packaging",
        &[&[CREATE, FINGERPRINT_PACKAGE]],
    ));
    files.push(row("jobs/web/monit", &[&[CREATE]]));
    files.push(row(
        "jobs/web/templates/run.erb",
        &[&[CREATE, FINGERPRINT_JOB]],
    ));
    files.push(row(
        "demo.tgz",
        &[&[
            FINALIZE,
            VERIFY,
            SIGN,
            &["inspect-local-release", "demo.tgz"],
        ]],
    ));
    files.push(row("demo.tgz.sig", &[&[VERIFY]]));
    for file in files {
        // Of the same kind as the file that is meant.
        let name = file.path.rsplit('/').next().unwrap();
        let changes: [(&str, &dyn Fn()); 3] = [
            ("a directory", &|| place.directory(file.path)),
            ("a pipe", &|| place.pipe(file.path)),
            ("a link to itself", &|| place.link(file.path, name)),
        ];
        for (kind, change) in changes {
            let what = format!("{} is {kind}", file.path);
            with_file(&place, file.path, change, || {
                for command in &file.commands {
                    failures.refused(&what, &place, command, &[named(file.path)]);
                }
            });
        }
    }
    failures.report();
}

#[test]
fn missing_files_are_named() {
    let mut failures = Failures::default();
    let rows: &[(&str, &[&str], &str)] = &[
        ("config/final.yml", CREATE, "config/final.yml"),
        ("config/blobs.yml", CREATE, "config/blobs.yml"),
        ("config/blobs.yml", &["blobs"], "config/blobs.yml"),
        (
            "config/blobs.yml",
            &["add-blob", "LICENSE", "x"],
            "config/blobs.yml",
        ),
        ("config/blobs.yml", &["sync-blobs"], "config/blobs.yml"),
        ("config/blobs.yml", &["upload-blobs"], "config/blobs.yml"),
        ("config/blobs.yml", EXPORT, "config/blobs.yml"),
        ("jobs/web/spec", CREATE, "jobs/web/spec"),
        ("jobs/web/monit", CREATE, "jobs/web/monit"),
        ("jobs/web/templates/run.erb", CREATE, "templates/run.erb"),
        ("packages/app/spec", CREATE, "packages/app/spec"),
        ("packages/app/packaging", CREATE, "packages/app/packaging"),
        ("src/app", CREATE, "app/**/*"),
        ("src", CREATE, "app/**/*"),
        ("blobs/tool/data.txt", CREATE, "tool/data.txt"),
        ("packages", CREATE, "app"),
        ("demo.tgz", FINALIZE, "demo.tgz"),
        ("demo.tgz", VERIFY, "demo.tgz"),
        ("demo.tgz", SIGN, "demo.tgz"),
        (
            "demo.tgz",
            &["inspect-local-release", "demo.tgz"],
            "demo.tgz",
        ),
        (
            "demo.tgz",
            &["sha1ify-release", "demo.tgz", "new.tgz"],
            "demo.tgz",
        ),
        (
            "demo.tgz",
            &["sha2ify-release", "demo.tgz", "new.tgz"],
            "demo.tgz",
        ),
        (
            "demo.tgz",
            &["create-release", "demo.tgz", "--tarball", "new.tgz"],
            "demo.tgz",
        ),
        ("none", &["add-blob", "none", "x"], "none"),
        ("none", &["vendor-package", "tool", "none"], "none"),
        ("none", &["vendor-package", "none", "."], "at least one"),
        ("none", &["fingerprint", "jobs/none"], "none"),
        ("none", &["fingerprint", "packages/none"], "none"),
        (
            "none",
            &["verify-release", "LICENSE", "--allowed-signers", "none"],
            "none",
        ),
    ];
    for (path, command, says) in rows {
        let place = Place::new();
        place.remove(path);
        failures.refused(&format!("without {path}"), &place, command, &[says]);
    }
    failures.report();
}

#[test]
fn unreadable_paths_are_named() {
    let mut failures = Failures::default();
    let rows: &[(&str, &[&str])] = &[
        ("config", CREATE),
        ("config/final.yml", CREATE),
        ("config/blobs.yml", &["blobs"]),
        ("jobs", CREATE),
        ("jobs/web", CREATE),
        ("jobs/web/templates", CREATE),
        ("jobs/web/templates/run.erb", CREATE),
        ("packages", CREATE),
        ("packages/app", CREATE),
        ("packages/app/packaging", CREATE),
        ("src/app", CREATE),
        ("src/app/lib", CREATE),
        ("src/app/lib", EXPORT),
        ("src/app/main.sh", CREATE),
        ("LICENSE", CREATE),
        (".dev_builds", CREATE),
        (".final_builds", CREATE),
        (".final_builds/packages", FINAL),
        ("releases/demo", FINAL),
        ("demo.tgz", VERIFY),
        ("demo.tgz", &["inspect-local-release", "demo.tgz"]),
        ("demo.tgz.sig", VERIFY),
    ];
    for (path, command) in rows {
        let mut place = Place::built();
        place.forbid(path);
        let before = place.snapshot();
        let outcome = place.run(command);
        place.allow(path);
        for problem in problems(&outcome, &[named(path)]) {
            failures.0.push(format!(
                "{path} may not be read, {command:?}: {problem}\n{}",
                outcome.stderr
            ));
        }
        place.forbid(path);
        if before != place.snapshot() {
            failures.0.push(format!(
                "{path} may not be read, {command:?}: something was written"
            ));
        }
        place.allow(path);
    }
    failures.report();
}

/// Links (where, to what), a command, what the message says.
type Cycle = (
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
    &'static str,
);

#[test]
fn cycles_of_links_end() {
    let mut failures = Failures::default();
    // Two links to the directory above double the ways at each level.
    let rows: &[Cycle] = &[
        (
            &[("src/app/a", "."), ("src/app/b", ".")],
            CREATE,
            "app/**/*",
        ),
        (
            &[("src/app/a", ".."), ("src/app/b", "../app")],
            CREATE,
            "app/**/*",
        ),
        (&[("jobs/loop", "loop")], CREATE, "jobs/loop"),
        (&[("jobs/a", "b"), ("jobs/b", "a")], CREATE, "jobs/a"),
        (&[("packages/loop", "loop")], CREATE, "packages/loop"),
        (&[("jobs", "jobs")], CREATE, "jobs"),
        (&[("packages", "packages")], CREATE, "packages"),
        (&[("src/app", "app")], CREATE, "app/**/*"),
        (&[("blobs", "blobs")], CREATE, "blobs"),
        (&[("blobs/a", "b"), ("blobs/b", "a")], CREATE, "blobs/a"),
        (
            &[("jobs/web/templates", "templates")],
            CREATE,
            "templates/run.erb",
        ),
    ];
    for (links, command, says) in rows {
        let place = Place::new();
        for (path, target) in *links {
            place.link(path, target);
        }
        failures.refused(&format!("{links:?}"), &place, command, &[says]);
    }
    failures.report();

    // These lead back without making more of anything.
    let place = Place::new();
    place.link("jobs/web/templates/again", "..");
    place.link("src/app/lib/up", "../lib/up");
    place.link("releases", ".");
    let outcome = place.expect(CREATE);
    assert!(!outcome.timed_out);
    let outcome = place.run(EXPORT);
    assert!(!outcome.timed_out && outcome.code.is_some(), "{outcome:?}");
}

#[test]
fn names_that_are_no_text_are_packed_or_named() {
    let odd = |path: &str| {
        let mut bytes = path.as_bytes().to_vec();
        bytes.push(0xff);
        std::path::PathBuf::from(OsStr::from_bytes(&bytes))
    };
    let mut failures = Failures::default();
    for directory in ["jobs/web", "packages/app"] {
        let place = Place::new();
        fs::rename(place.path(directory), place.root.join(odd(directory))).unwrap();
        failures.refused(directory, &place, CREATE, &["is not UTF-8 text", directory]);
    }
    failures.report();

    // Sources and licenses are bytes; a template or a blob that no spec can name is nobody's.
    let place = Place::new();
    for path in ["src/app/", "LICENSE", "jobs/web/templates/", "blobs/"] {
        fs::write(place.root.join(odd(path)), path).unwrap();
    }
    place.expect(&[
        "create-release",
        "--final",
        "--force",
        "--tarball",
        "odd.tgz",
    ]);
    place.expect(&["verify-release", "odd.tgz"]);
    place.expect(&["create-release", "odd.tgz", "--tarball", "again.tgz"]);
    place.expect(EXPORT);
    assert!(
        place
            .path("exported/src/app")
            .join(OsStr::from_bytes(b"\xff"))
            .is_file()
    );
}

/// So many entries of a map.
fn numbered(key: &str, count: usize) -> String {
    let lines: Vec<String> = (0..count)
        .map(|number| format!("{key}{number}: a\n"))
        .collect();
    lines.concat()
}

#[test]
fn huge_specs_are_refused_in_bounded_time() {
    let place = Place::new();
    let mut failures = Failures::default();
    let line = "0123456789".repeat(7) + "\n";
    let many = |bytes: usize| line.repeat(bytes / line.len() + 1);
    let commas = "- \"!a, ".to_owned() + &"!a, ".repeat(1 << 20);
    let rows: Vec<(&str, String, &str)> = vec![
        (
            "a comment beyond the limit",
            format!("# {}", many(65 << 20)),
            "larger than",
        ),
        (
            "a long word",
            format!("name: {}\n", "x".repeat(60 << 20)),
            "does not match job name",
        ),
        (
            "a long line with a fault",
            format!("name: web # {}\n\tx", "x".repeat(30 << 20)),
            "jobs/web/spec:2:",
        ),
        (
            "a fault at the end of a long line",
            format!("a: {}: c\n", "x ".repeat(10 << 20)),
            "jobs/web/spec:1:",
        ),
        (
            "many values",
            format!("a:\n{}", "- x\n".repeat(2 << 20)),
            "values",
        ),
        ("many keys", numbered("k", 200_000), "'name'"),
        ("many words with !", commas, "jobs/web/spec"),
        (
            "many templates",
            format!("name: web\ntemplates:\n{}", numbered("  k", 20_000)),
            " more",
        ),
    ];
    for (what, text, says) in rows {
        let begun = std::time::Instant::now();
        with_file(
            &place,
            "jobs/web/spec",
            || place.write("jobs/web/spec", text),
            || failures.refused(what, &place, CREATE, &["jobs/web/spec", says]),
        );
        eprintln!("{what}: {:?}", begun.elapsed());
    }
    failures.report();
}

#[test]
fn special_files_are_not_packed() {
    let mut failures = Failures::default();
    for path in ["src/app/pipe", "LICENSE.pipe"] {
        let place = Place::new();
        place.pipe(path);
        for command in [CREATE, FINAL, EXPORT] {
            failures.refused(path, &place, command, &[path, "pipe"]);
        }
        place.remove(path);
        let socket = std::os::unix::net::UnixListener::bind(place.path(path)).unwrap();
        for command in [CREATE, FINAL, EXPORT] {
            failures.refused(path, &place, command, &[path, "socket"]);
        }
        drop(socket);
    }
    failures.report();

    // What no package wants is of no interest, and a link to a device is only a link.
    let place = Place::new();
    place.pipe("src/other");
    place.write(
        "packages/app/spec",
        "name: app\nfiles: ['app/**/*']\nexcluded_files: [app/pipe]\n",
    );
    place.pipe("src/app/pipe");
    place.link("src/app/zero", "/dev/zero");
    place.expect(CREATE);
}

#[test]
fn files_that_change_while_they_are_read_make_an_error_or_one_state() {
    use std::sync::atomic::{AtomicBool, Ordering};
    let place = Place::new();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut round = 0_usize;
            while !stop.load(Ordering::Relaxed) {
                round += 1;
                place.write("src/app/main.sh", "x".repeat(round % 7 * 1000));
                fs::remove_file(place.path("src/app/lib/a.sh")).ok();
                place.write("src/app/lib/a.sh", "y".repeat(round % 3 * 100_000));
            }
        });
        for _ in 0..12 {
            let outcome = place.run(CREATE);
            let fine = outcome.code == Some(0)
                || (outcome.code == Some(1) && outcome.stderr.contains("app"));
            assert!(
                fine && !outcome.timed_out && !outcome.stderr.contains("panicked"),
                "{outcome:?}"
            );
        }
        stop.store(true, Ordering::Relaxed);
    });
    let left: Vec<_> = fs::read_dir(place.home.join(".bosh/tmp"))
        .unwrap()
        .collect();
    assert!(left.is_empty(), "{left:?}");
    place.expect(CREATE);
}
