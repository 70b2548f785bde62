//! The writer, the reader and the machine's own tar against each other, and archives made to harm.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::digest::Sha256;

type Members = Vec<(Entry, Vec<u8>)>;

/// One call of the writer.
#[derive(Debug, Clone)]
enum Input {
    Directory(Vec<u8>),
    File(Vec<u8>, u32, Vec<u8>, Store),
    Link(Vec<u8>, Vec<u8>),
}

fn pack(inputs: &[Input], compression: Compression) -> Vec<u8> {
    let mut writer = ArchiveWriter::new(Vec::new(), compression).unwrap();
    for input in inputs {
        match input {
            Input::Directory(name) => writer.directory(name),
            Input::File(name, mode, content, store) => writer.file(
                name,
                *mode,
                content.len() as u64,
                &mut content.as_slice(),
                *store,
            ),
            Input::Link(name, target) => writer.link(name, target),
        }
        .unwrap();
    }
    writer.finish().unwrap()
}

fn file(name: &str, content: &[u8]) -> Input {
    Input::File(name.into(), 0o644, content.to_vec(), Store::Compressed)
}

fn sample() -> Vec<Input> {
    vec![
        Input::Directory(b"./".to_vec()),
        file("./monit", b""),
        Input::File(
            b"./ctl".to_vec(),
            0o755,
            b"#!/bin/sh\n".to_vec(),
            Store::Compressed,
        ),
        Input::File(b"./secret".to_vec(), 0o600, b"key".to_vec(), Store::AsIs),
        Input::Directory(b"./templates/".to_vec()),
        file(&format!("./templates/{}", "long".repeat(40)), &[b'x'; 1500]),
        Input::Link(b"./templates/link".to_vec(), b"../monit".to_vec()),
        Input::Link(b"./templates/far".to_vec(), vec![b't'; 150]),
        Input::File(
            b"./not-utf8-\xff".to_vec(),
            0o644,
            b"bytes".to_vec(),
            Store::Compressed,
        ),
    ]
}

fn members(archive: &[u8], limits: &Limits) -> Result<Members, ArchiveError> {
    let mut members = Vec::new();
    read(archive, limits, &mut |entry, content| {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        members.push((entry.clone(), bytes));
        Ok(())
    })?;
    Ok(members)
}

fn expected(inputs: &[Input]) -> Members {
    let normal = |name: &[u8]| names::normalise(name, &Limits::default()).unwrap();
    inputs
        .iter()
        .map(|input| match input.clone() {
            Input::Directory(name) => (normal(&name), Kind::Directory, 0o755, Vec::new()),
            Input::File(name, mode, content, _) => {
                let size = content.len() as u64;
                (normal(&name), Kind::File { size }, mode, content)
            }
            Input::Link(name, target) => (normal(&name), Kind::Link { target }, 0o777, Vec::new()),
        })
        .filter(|(name, ..)| !name.is_empty())
        .map(|(name, kind, mode, content)| (Entry { name, kind, mode }, content))
        .collect()
}

/// Text of numbered lines, more than one block of the compressor.
fn lines(count: u32) -> String {
    let lines: Vec<String> = (0..count).map(|line| format!("line {line}\n")).collect();
    lines.concat()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut writer =
        lzma_rust2::XzWriter::new(Vec::new(), lzma_rust2::XzOptions::default()).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn what_is_written_is_read() {
    for compression in [Compression::Gzip, Compression::None] {
        let archive = pack(&sample(), compression);
        assert_eq!(
            members(&archive, &Limits::default()).unwrap(),
            expected(&sample())
        );
    }
}

#[test]
fn all_compressions_are_found_by_content() {
    let plain = pack(&sample(), Compression::None);
    let (first, second) = plain.split_at(1000);
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0], &b"abc"[..]].concat();
    let gzip = |bytes: &[u8]| {
        let mut writer = GzipWriter::new(Vec::new()).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    };
    for archive in [
        gzip(&plain),
        [gzip(first), gzip(second)].concat(),
        xz(&plain),
        [xz(first), xz(second)].concat(),
        zstd(&plain),
        [zstd(first), skippable, zstd(second)].concat(),
    ] {
        assert!(is_compressed(&archive[..6]));
        assert_eq!(
            members(&archive, &Limits::default()).unwrap(),
            expected(&sample())
        );
    }
    assert!(!is_compressed(&plain));
}

/// These bytes are what digests of releases rest on: a change of them is a break for users, and an
/// upgrade of the compressor must be noticed here.
#[test]
fn the_bytes_of_an_archive_are_known() {
    let text = lines(200_000);
    let inputs = [sample(), vec![file("./text", text.as_bytes())]].concat();
    for (compression, digest) in [
        (Compression::None, PLAIN_DIGEST),
        (Compression::Gzip, GZIP_DIGEST),
    ] {
        assert_eq!(Sha256::of(&pack(&inputs, compression)).to_string(), digest);
    }
}

const PLAIN_DIGEST: &str = "40458ca0d1926ebf36bc2f8c3d79699f7ba01f3289655221e4ae4a87b9230c4a";
const GZIP_DIGEST: &str = "5275881cc01428cc95f498192b1d0008bc4be0cbbf3088273dbf6b89e263a1b0";

#[test]
fn content_must_have_its_size() {
    let write = |size, content: &[u8]| {
        ArchiveWriter::new(io::sink(), Compression::None)
            .unwrap()
            .file(b"f", 0o644, size, &mut &*content, Store::Compressed)
    };
    assert!(write(3, b"abc").is_ok());
    assert_eq!(
        write(4, b"abc").unwrap_err().to_string(),
        "'f' changed while it was read: expected 4 bytes but found only 3"
    );
    assert_eq!(
        write(2, b"abc").unwrap_err().to_string(),
        "'f' changed while it was read: expected 2 bytes but found more"
    );
}

#[test]
fn names_that_tar_cannot_hold_are_refused() {
    let mut writer = ArchiveWriter::new(io::sink(), Compression::None).unwrap();
    for name in [&b""[..], b"a\0b"] {
        assert!(matches!(
            writer.directory(name),
            Err(WriteError::Name { .. })
        ));
        assert!(matches!(
            writer.link(b"a", name),
            Err(WriteError::Name { .. })
        ));
    }
}

/// The machine's tar, or nothing where there is none.
fn tar(arguments: &[&str], directory: &Path) -> Option<String> {
    let output = Command::new("tar")
        .args(arguments)
        .current_dir(directory)
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .output()
        .ok()?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && errors.is_empty(), "{errors}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_machines_tar_lists_and_extracts() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    fs::create_dir(&out).unwrap();
    let text = lines(400_000);
    let inputs = [sample(), vec![file("./text", text.as_bytes())]].concat();
    for (name, compression) in [("a.tgz", Compression::Gzip), ("a.tar", Compression::None)] {
        fs::write(directory.path().join(name), pack(&inputs, compression)).unwrap();
        let Some(list) = tar(&["--numeric-owner", "-tvf", name], directory.path()) else {
            return;
        };
        assert!(
            list.starts_with("drwxr-xr-x 0/0               0 1980-01-01 00:00 ./\n"),
            "{list}"
        );
        assert!(list.contains("-rwxr-xr-x 0/0              10 1980-01-01 00:00 ./ctl\n"));
        assert!(list.contains("./templates/link -> ../monit\n"));
        assert!(list.contains(&format!("./templates/{}\n", "long".repeat(40))));
    }
    tar(
        &["--no-same-owner", "-xf", "a.tgz", "-C", "out"],
        directory.path(),
    );
    assert_eq!(fs::read_to_string(out.join("text")).unwrap(), text);
    assert_eq!(
        fs::read_link(out.join("templates/link")).unwrap(),
        Path::new("../monit")
    );
}

#[test]
fn archives_of_the_machines_tar_are_read() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("root");
    // Together beyond 100 bytes: gnu, pax and ustar each have their own way to write it, v7 has none.
    let (parent, name) = ("d".repeat(60), "n".repeat(60));
    fs::create_dir_all(root.join(&parent)).unwrap();
    fs::write(root.join(&parent).join(&name), "content").unwrap();
    std::os::unix::fs::symlink("target", root.join("link")).unwrap();
    for format in ["gnu", "pax", "ustar", "v7"] {
        let parent = if format == "v7" { "d" } else { &parent };
        if format == "v7" {
            fs::rename(root.join("d".repeat(60)), root.join(parent)).unwrap();
        }
        let format_option = format!("--format={format}");
        let arguments = [
            "-czf",
            "a.tgz",
            &format_option,
            "--sort=name",
            "-C",
            "root",
            ".",
        ];
        if tar(&arguments, directory.path()).is_none() {
            return;
        }
        let archive = fs::read(directory.path().join("a.tgz")).unwrap();
        let names: Vec<_> = members(&archive, &Limits::default())
            .unwrap()
            .into_iter()
            .map(|(entry, content)| (entry.shown_name(), content.len()))
            .collect();
        assert_eq!(
            names,
            [
                (parent.to_owned(), 0),
                (format!("{parent}/{name}"), 7),
                ("link".into(), 0)
            ],
            "{format}"
        );
    }
}

/// A header as one who means harm would write it, its checksum right.
fn header(name: &[u8], letter: u8, size: &str, target: &[u8]) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name);
    header[100..107].copy_from_slice(b"0000644");
    header[124..124 + size.len()].copy_from_slice(size.as_bytes());
    header[156] = letter;
    header[157..157 + target.len()].copy_from_slice(target);
    header[257..265].copy_from_slice(b"ustar\x0000");
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header
}

fn raw(name: &str, letter: u8, content: &[u8], target: &str) -> Vec<u8> {
    let size = format!("{:011o}", content.len());
    let mut member = header(name.as_bytes(), letter, &size, target.as_bytes());
    member.extend_from_slice(content);
    member.resize(member.len().next_multiple_of(512), 0);
    member
}

fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    [members.concat(), vec![0; 1024]].concat()
}

fn pax(record: &str) -> Vec<u8> {
    raw(
        "pax",
        b'x',
        format!("{} {record}\n", record.len() + 4).as_bytes(),
        "",
    )
}

fn plain(name: &str) -> Vec<u8> {
    raw(name, b'0', b"x", "")
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn hostile_members_are_refused_by_name_and_reason() {
    let small = Limits {
        file_bytes: 10,
        entries: 3,
        name_bytes: 200,
        all_name_bytes: 300,
        ..Limits::default()
    };
    let none = Limits {
        links: Links::Refuse,
        ..Limits::default()
    };
    let default = Limits::default();
    let cases: Vec<(&Limits, Vec<Vec<u8>>, &str)> = vec![
        (
            &default,
            vec![plain("../up")],
            "Refusing '../up' in the archive: its name has a '..' in it",
        ),
        (
            &default,
            vec![plain("a/../../up")],
            "its name has a '..' in it",
        ),
        (
            &default,
            vec![plain("/etc/passwd")],
            "Refusing '/etc/passwd' in the archive: its name is absolute",
        ),
        (
            &default,
            vec![pax("path=/etc/passwd"), plain("fine")],
            "Refusing '/etc/passwd' in the archive: its name is absolute",
        ),
        (
            &default,
            vec![raw("l", b'L', b"../up\0", ""), plain("fine")],
            "Refusing '../up'",
        ),
        (&default, vec![plain("")], "its name is empty"),
        (
            &default,
            vec![plain("./")],
            "its name is that of a directory",
        ),
        (
            &default,
            vec![plain("a/")],
            "its name is that of a directory",
        ),
        (
            &default,
            vec![raw("l", b'L', b"a\0b\0", ""), plain("fine")],
            "Refusing 'a\\u{0}b' in the archive: its name has a NUL in it",
        ),
        (
            &default,
            vec![plain("a/b"), plain("./a//b")],
            "Refusing './a//b' in the archive: another member has the same name",
        ),
        (
            &default,
            vec![raw("./", b'5', b"", ""), raw(".", b'5', b"", "")],
            "another member has the same name",
        ),
        (
            &default,
            vec![plain("a/b"), plain("a")],
            "another member has the same name",
        ),
        (
            &default,
            vec![plain("a"), plain("a/b/c")],
            "Refusing 'a/b/c' in the archive: it lies below 'a', which is not a directory",
        ),
        (
            &default,
            vec![raw("a", b'2', b"", "."), plain("a/b")],
            "it lies below 'a', which is not a directory",
        ),
        (
            &default,
            vec![raw("a", b'2', b"", "/etc")],
            "it is a link to '/etc', outside the archive",
        ),
        (
            &default,
            vec![raw("d/a", b'2', b"", "../../b")],
            "it is a link to '../../b', outside the archive",
        ),
        (
            &default,
            vec![raw("a", b'2', b"", "")],
            "it is a link without a proper target",
        ),
        (
            &default,
            vec![raw("a", b'2', b"content", "b")],
            "it has content, but is not a file",
        ),
        (
            &default,
            vec![raw("a", b'5', b"content", "")],
            "it has content, but is not a file",
        ),
        (
            &none,
            vec![raw("a", b'2', b"", "b")],
            "Refusing 'a' in the archive: it is a link, and links are not allowed here",
        ),
        (
            &default,
            vec![raw("a", b'1', b"", "b")],
            "it is a hard link",
        ),
        (&default, vec![raw("a", b'3', b"", "")], "it is a device"),
        (&default, vec![raw("a", b'4', b"", "")], "it is a device"),
        (
            &default,
            vec![raw("a", b'6', b"", "")],
            "it is a named pipe",
        ),
        (
            &default,
            vec![raw("a", b'S', b"", "")],
            "it is a sparse file",
        ),
        (
            &default,
            vec![pax("GNU.sparse.major=1"), plain("a")],
            "it is a sparse file",
        ),
        (
            &default,
            vec![raw("a", b'Z', b"", "")],
            "its type 'Z' is unknown",
        ),
        (
            &default,
            vec![pax("size=2"), plain("a")],
            "its headers contradict each other: two sizes",
        ),
        (
            &default,
            vec![pax("path=b"), raw("l", b'L', b"c", ""), plain("a")],
            "its headers contradict each other: two long names",
        ),
        (
            &default,
            vec![pax("path=b"), pax("path=c"), plain("a")],
            "two extensions of one kind",
        ),
        (
            &default,
            vec![raw("g", b'g', b"10 path=b\n", ""), plain("a")],
            "a global header with a name or size",
        ),
        (
            &default,
            vec![raw("x", b'x', b"99 path=b\n", ""), plain("a")],
            "a pax record that is malformed",
        ),
        (
            &default,
            vec![pax("path=b")],
            "The archive is damaged at its first member: a header extension without a member",
        ),
        (
            &default,
            vec![header(b"a", b'0', "77777777777", b"")],
            "The archive is truncated: it ends in or after 'a'",
        ),
        (
            &default,
            vec![header(b"a", b'0', "9", b"")],
            "a size is not a number",
        ),
        (
            &default,
            vec![plain("a"), vec![b'x'; 512]],
            "The archive is damaged after 'a': the next header has a wrong checksum",
        ),
        (&default, vec![vec![b'x'; 512]], "Not an archive"),
        (
            &default,
            vec![plain("a"), vec![0; 512], vec![b'x'; 512]],
            "The archive goes on after its end",
        ),
        (
            &small,
            vec![raw("a", b'0', b"more than ten", "")],
            "it has 13 bytes, more than the 10 that are allowed",
        ),
        (
            &small,
            vec![plain("a"), plain("b"), plain("c"), plain("d")],
            "The archive is too large: more than 3 members",
        ),
        (
            &small,
            vec![raw("l", b'L', &[b'n'; 202], ""), plain("a")],
            "more than the 201 that are allowed",
        ),
        (
            &small,
            vec![raw("l", b'L', &[b'n'; 201], ""), plain("a")],
            "its name or target is longer than 200 bytes",
        ),
        (
            &small,
            vec![
                raw("l", b'L', &[b"a/".repeat(50), b"b".repeat(90)].concat(), ""),
                plain("a"),
            ],
            "all names together are longer than 300 bytes",
        ),
        (
            &default,
            vec![header(b"x", b'x', "77777777777", b"")],
            "more than the 1048576 that are allowed",
        ),
    ];
    for (limits, parts, reason) in cases {
        let error = members(&archive(&parts), limits).unwrap_err().to_string();
        assert!(
            error.contains(reason),
            "expected {reason:?} but got {error:?}"
        );
    }
}

#[test]
fn unusual_but_honest_archives_are_read() {
    let lenient = Limits {
        trailing_data: true,
        links: Links::Any,
        ..Limits::default()
    };
    for (parts, names) in [
        (
            vec![plain("a/b"), raw("a/", b'5', b"", "")],
            vec!["a/b", "a"],
        ),
        (
            vec![raw("g", b'g', b"14 comment=ab\n", ""), plain("a")],
            vec!["a"],
        ),
        (vec![pax("size=1"), plain("a")], vec!["a"]),
        (vec![raw("a", b'2', b"", "/etc")], vec!["a"]),
        (vec![plain("a"), vec![0; 512], vec![b'x'; 512]], vec!["a"]),
        (
            vec![raw("a", 0, b"x", ""), raw("b", b'7', b"x", "")],
            vec!["a", "b"],
        ),
        (vec![], vec![]),
    ] {
        let read: Vec<_> = members(&archive(&parts), &lenient)
            .unwrap()
            .iter()
            .map(|(entry, _)| entry.shown_name())
            .collect();
        assert_eq!(read, names);
    }
}

#[test]
fn a_bomb_is_stopped() {
    let size = 100 << 20;
    let mut writer = ArchiveWriter::new(Vec::new(), Compression::Gzip).unwrap();
    writer
        .file(
            b"zeros",
            0o644,
            size,
            &mut io::repeat(0).take(size),
            Store::Compressed,
        )
        .unwrap();
    let bomb = writer.finish().unwrap();
    let drain = |limits: &Limits| {
        read(bomb.as_slice(), limits, &mut |_, content| {
            io::copy(content, &mut io::sink())?;
            Ok(())
        })
    };
    let ratio = drain(&Limits::default()).unwrap_err().to_string();
    assert!(ratio.contains("compressed more than 300:1"), "{ratio}");
    let total = drain(&Limits {
        total_bytes: 1 << 20,
        ..Limits::default()
    });
    assert!(matches!(total, Err(ArchiveError::TooLarge { .. })));
    drain(&Limits {
        ratio: 10_000,
        ..Limits::default()
    })
    .unwrap();
}

#[test]
fn an_error_of_the_visitor_names_the_member() {
    let error = read(
        pack(&sample(), Compression::Gzip).as_slice(),
        &Limits::default(),
        &mut |_, _| anyhow::bail!("no"),
    )
    .unwrap_err();
    assert_eq!(error.to_string(), "Reading 'monit' from the archive");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "no");
}

#[test]
fn what_the_visitor_leaves_is_skipped() {
    let mut names = Vec::new();
    read(
        pack(&sample(), Compression::Gzip).as_slice(),
        &Limits::default(),
        &mut |entry, content| {
            names.push(entry.name.clone());
            content.read_exact(&mut [0; 1]).or(Ok(()))
        },
    )
    .unwrap();
    let all: Vec<_> = expected(&sample())
        .into_iter()
        .map(|(entry, _)| entry.name)
        .collect();
    assert_eq!(names, all);
}

fn small_archives() -> Vec<Vec<u8>> {
    let inputs = [
        file("a", b"some text, some text, some text"),
        file(&"n".repeat(120), b"b"),
    ];
    let plain = pack(&inputs, Compression::None);
    vec![
        pack(&inputs, Compression::Gzip),
        xz(&plain),
        zstd(&plain),
        plain,
    ]
}

#[test]
fn a_truncated_archive_is_an_error() {
    for archive in small_archives() {
        let whole = members(&archive, &Limits::default()).unwrap();
        // Of the 1024 zero bytes that end a plain tar the last 512 may be missing.
        let needed = if is_compressed(&archive) {
            archive.len()
        } else {
            archive.len() - 512
        };
        for length in 0..archive.len() {
            match members(&archive[..length], &Limits::default()) {
                Ok(read) => assert!(length >= needed && read == whole, "{length}"),
                Err(error) => assert!(length < needed, "{length}: {error}"),
            }
        }
    }
}

#[test]
fn a_changed_byte_never_panics_and_never_changes_compressed_content() {
    for archive in small_archives() {
        let whole = members(&archive, &Limits::default()).unwrap();
        for at in 0..archive.len() {
            for change in [1, 0x80, 0xff] {
                let mut changed = archive.clone();
                changed[at] ^= change;
                if let Ok(read) = members(&changed, &Limits::default())
                    && is_compressed(&archive)
                {
                    assert_eq!(read, whole, "byte {at} of {:?}", &archive[..4]);
                }
            }
        }
    }
}

#[test]
fn unpacking_gives_the_files_back() {
    let directory = tempfile::tempdir().unwrap();
    let inputs = sample();
    unpack(
        pack(&inputs, Compression::Gzip).as_slice(),
        directory.path(),
        &Limits::default(),
    )
    .unwrap();
    let mode = |name: &str| {
        let metadata = fs::metadata(directory.path().join(name)).unwrap();
        metadata.permissions().mode() & 0o700
    };
    assert_eq!(
        fs::read(directory.path().join("ctl")).unwrap(),
        b"#!/bin/sh\n"
    );
    assert_eq!(
        (mode("ctl"), mode("monit"), mode("templates")),
        (0o700, 0o600, 0o700)
    );
    assert_eq!(
        fs::read_link(directory.path().join("templates/link")).unwrap(),
        Path::new("../monit")
    );
}

/// Members that try to write into the directory whose path is given.
type Attack = fn(&str) -> Vec<Vec<u8>>;

#[test]
fn unpacking_never_leaves_the_directory() {
    let any = Limits {
        links: Links::Any,
        ..Limits::default()
    };
    let attacks: [Attack; 5] = [
        |out| vec![raw("a", b'2', b"", out), plain("a/evil")],
        |out| vec![plain("a/b"), raw("a", b'2', b"", out), plain("a/evil")],
        |out| vec![raw("a", b'2', b"", &format!("{out}/evil")), plain("a")],
        |_| vec![plain("../out/evil")],
        |out| vec![plain(&format!("{out}/evil"))],
    ];
    for (index, attack) in attacks.iter().enumerate() {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().join("out");
        let destination = directory.path().join("in");
        fs::create_dir(&out).unwrap();
        fs::create_dir(&destination).unwrap();
        let attack = archive(&attack(out.to_str().unwrap()));
        unpack(attack.as_slice(), &destination, &any).unwrap_err();
        assert_eq!(fs::read_dir(&out).unwrap().count(), 0, "attack {index}");
    }
}

#[test]
fn unpacking_wants_an_empty_directory() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("there"), "").unwrap();
    let archive = pack(&sample(), Compression::Gzip);
    let error = unpack(archive.as_slice(), directory.path(), &Limits::default()).unwrap_err();
    assert!(matches!(error, ArchiveError::Unpack { .. }));
}

fn any_input() -> impl Strategy<Value = Input> {
    let name = prop_oneof![
        "[a-z]{1,8}".prop_map(String::into_bytes),
        "[a-z]{90,110}/[a-z]{1,200}".prop_map(String::into_bytes),
        prop::collection::vec(128_u8..=255, 1..120),
    ];
    let content = prop::collection::vec(any::<u8>(), 0..3000);
    let mode = prop_oneof![Just(0o644), Just(0o755), Just(0o600)];
    (0..4, name, mode, content, any::<bool>()).prop_map(|(kind, name, mode, content, as_is)| {
        match kind {
            0 => Input::Directory([&name[..], b"/"].concat()),
            1 => Input::Link(name.clone(), name),
            _ => {
                let store = if as_is {
                    Store::AsIs
                } else {
                    Store::Compressed
                };
                Input::File(name, mode, content, store)
            }
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_members_come_back(inputs in prop::collection::vec(any_input(), 0..12)) {
        // A prefix of its own makes each name unique.
        let inputs: Vec<_> = inputs.into_iter().enumerate().map(|(index, input)| {
            let unique = |name: Vec<u8>| [format!("./{index}-").as_bytes(), &name].concat();
            match input {
                Input::Directory(name) => Input::Directory(unique(name)),
                Input::File(name, mode, content, store) => Input::File(unique(name), mode, content, store),
                Input::Link(name, target) => Input::Link(unique(name), target),
            }
        }).collect();
        for compression in [Compression::Gzip, Compression::None] {
            let archive = pack(&inputs, compression);
            prop_assert_eq!(members(&archive, &Limits::default()).unwrap(), expected(&inputs));
        }
    }

    #[test]
    fn noise_never_panics(noise in prop::collection::vec(any::<u8>(), 0..2000), magic in 0_usize..4) {
        let magic: &[u8] = [&b"\x1f\x8b\x08\x00"[..], b"\x28\xb5\x2f\xfd", b"\xfd7zXZ\x00", b""][magic];
        let _ = members(&[magic, &noise].concat(), &Limits::default());
    }
}
