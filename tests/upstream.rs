//! Upstreams against a server in this process, files, and a Debian repository made here.

// The lint knows functions with #[test] only, not what they call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::{Cell, RefCell};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use bosh_release::upstream::debian_source::Apt;
use bosh_release::upstream::url::{self, Limits};
use bosh_release::upstream::{self, Upstream, Wanted};

const BLOB: &[u8] = b"0123456789";

/// A server whose answer depends on the path alone; it remembers what it was asked.
struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

fn server() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, seen) = (stream.unwrap(), Arc::clone(&seen));
            thread::spawn(move || answer(stream, &seen));
        }
    });
    Server { address, requests }
}

fn answer(mut stream: TcpStream, seen: &Mutex<Vec<String>>) {
    let mut request = String::new();
    for line in BufReader::new(stream.try_clone().unwrap()).lines() {
        let line = line.unwrap();
        if line.is_empty() {
            break;
        }
        request.push_str(&line);
        request.push('\n');
    }
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    seen.lock().unwrap().push(request);
    let head = |status: &str, more: &str| {
        format!("HTTP/1.1 {status}\r\nConnection: close\r\n{more}\r\n").into_bytes()
    };
    let mut send = |bytes: &[u8]| stream.write_all(bytes).is_ok();
    match path.split('?').next().unwrap_or_default() {
        "/blob" => {
            send(&head("200 OK", "Content-Length: 10\r\n"));
            send(BLOB);
        }
        "/chunked" => {
            send(&head("200 OK", "Transfer-Encoding: chunked\r\n"));
            send(b"4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n");
        }
        "/redirect" => {
            send(&head(
                "302 Found",
                "Location: /blob\r\nContent-Length: 0\r\n",
            ));
        }
        "/circle" => {
            send(&head(
                "302 Found",
                "Location: /circle\r\nContent-Length: 0\r\n",
            ));
        }
        "/to-file" => {
            let location = "Location: file:///etc/hostname\r\nContent-Length: 0\r\n";
            send(&head("302 Found", location));
        }
        "/long" => {
            send(&head("200 OK", "Content-Length: 11\r\n"));
            send(b"0123456789x");
        }
        "/endless" => {
            send(&head("200 OK", ""));
            while send(&[7; 4096]) {}
        }
        "/short" => {
            send(&head("200 OK", "Content-Length: 9\r\n"));
            send(b"012345678");
        }
        "/cut" => {
            send(&head("200 OK", "Content-Length: 10\r\n"));
            send(b"012");
        }
        "/silent" => thread::sleep(Duration::from_secs(20)),
        "/stalled" => {
            send(&head("200 OK", "Content-Length: 10\r\n"));
            send(b"012");
            thread::sleep(Duration::from_secs(20));
        }
        "/dripping" => {
            send(&head("200 OK", "Content-Length: 10\r\n"));
            while send(b"0") {
                thread::sleep(Duration::from_millis(100));
            }
        }
        "/garbage" => {
            send(b"SSH-2.0-OpenSSH\r\n\r\n");
        }
        _ => {
            send(&head("404 Not Found", "Content-Length: 0\r\n"));
        }
    }
}

fn wanted(size: Option<u64>) -> Wanted {
    Wanted {
        size,
        file_name: "b/blob.tgz".into(),
    }
}

/// Limits short enough to be waited for.
fn impatient() -> Limits {
    Limits {
        connect: Duration::from_millis(500),
        silence: Duration::from_millis(500),
        total: Duration::from_millis(1500),
        ..Limits::default()
    }
}

fn fetch_url(address: &str, size: Option<u64>) -> Result<Vec<u8>> {
    let home = tempfile::tempdir().unwrap();
    let into = home.path().join("into");
    let fetched = url::fetch(address, &impatient(), &wanted(size), &into, &|_| {});
    assert_eq!(
        into.exists(),
        fetched.is_ok(),
        "nothing is left after an error"
    );
    fetched.map(|()| fs::read(&into).unwrap())
}

#[test]
fn a_blob_is_fetched_over_http() {
    let server = server();
    for path in ["blob", "chunked", "redirect", "blob?x=1"] {
        for size in [None, Some(10)] {
            let got = fetch_url(&format!("http://{}/{path}", server.address), size).unwrap();
            assert_eq!(got, BLOB, "{path}");
        }
    }
}

#[test]
fn every_failure_is_short_clear_and_soon() {
    let server = server();
    let start = Instant::now();
    for (path, size, text) in [
        ("absent", Some(10), "the server answered 404"),
        (
            "long",
            Some(10),
            "too long: it has at least 11 bytes, expected 10",
        ),
        ("endless", Some(10), "too long"),
        ("short", Some(10), "too short: it has 9 bytes, expected 10"),
        ("cut", None, "broken off after 3 bytes"),
        ("circle", None, "redirects"),
        // Whatever becomes of it, it is not the content of that file.
        ("to-file", None, ""),
        ("silent", None, "no answer in time"),
        ("stalled", Some(10), "broken off after 3 bytes"),
        ("garbage", None, "protocol"),
    ] {
        let error = fetch_url(&format!("http://{}/{path}", server.address), size).unwrap_err();
        let error = format!("{error:#}");
        assert!(error.contains(text), "{path}: {error}");
        assert!(!error.contains('\n'), "{path}: {error}");
    }
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_server_that_drips_does_not_hold_us() {
    let server = server();
    let start = Instant::now();
    let limits = Limits {
        total: Duration::from_millis(300),
        ..impatient()
    };
    let home = tempfile::tempdir().unwrap();
    let into = home.path().join("into");
    let address = format!("http://{}/dripping", server.address);
    let error = url::fetch(&address, &limits, &wanted(Some(10)), &into, &|_| {}).unwrap_err();
    assert!(error.to_string().contains("broken off after"), "{error:#}");
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn addresses_that_lead_nowhere_fail_soon() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let start = Instant::now();
    for address in [
        &format!("http://{closed}/x"),
        &format!("https://{closed}/x"),
        "http://host.invalid/x",
        "http://192.0.2.1/x",
        "ftp://h/x",
        "/etc/passwd",
        "http://",
        "http://h h/",
        "",
    ] {
        assert!(fetch_url(address, None).is_err(), "{address}");
    }
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn tls_is_spoken_with_a_provider_of_our_own() {
    // The server answers in clear text: the handshake starts and fails, it does not panic for want of a provider.
    let server = server();
    let error = fetch_url(&format!("https://{}/blob", server.address), None).unwrap_err();
    assert!(!format!("{error:#}").is_empty());
}

#[test]
fn user_and_password_are_sent_and_not_shown() {
    let server = server();
    let home = tempfile::tempdir().unwrap();
    for (path, works) in [
        ("blob", true),
        ("absent", false),
        ("long?signature=hush", false),
    ] {
        let upstream = Upstream::Url(format!("http://me:hush@{}/{path}", server.address));
        let into = home.path().join(path);
        let got = upstream::fetch(&upstream, &wanted(Some(10)), &into, &|_| {});
        assert_eq!(got.is_ok(), works);
        if let Err(error) = got {
            let error = format!("{error:#} {error:?}");
            assert!(
                error.contains("Fetching 'b/blob.tgz' from http://127.0.0.1"),
                "{error}"
            );
            assert!(!error.contains("hush"), "{error}");
        }
    }
    let requests = server.requests.lock().unwrap().join("\n").to_lowercase();
    assert!(requests.contains("authorization: basic"), "{requests}");
}

#[test]
fn progress_grows_to_the_size() {
    let server = server();
    let home = tempfile::tempdir().unwrap();
    let upstream = Upstream::Url(format!("http://{}/chunked", server.address));
    let seen = RefCell::new(Vec::new());
    let report = |bytes| seen.borrow_mut().push(bytes);
    upstream::fetch(
        &upstream,
        &wanted(Some(10)),
        &home.path().join("into"),
        &report,
    )
    .unwrap();
    let seen = seen.into_inner();
    assert!(seen.is_sorted() && seen.last() == Some(&10), "{seen:?}");
}

#[test]
fn files_are_fetched_as_well() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("a blob");
    fs::write(&path, BLOB).unwrap();
    let address = format!("file://{}", path.display()).replace(' ', "%20");
    assert_eq!(fetch_url(&address, Some(10)).unwrap(), BLOB);
    for (address, size, text) in [
        (address.as_str(), Some(9), "too long"),
        (address.as_str(), Some(11), "too short"),
        ("file:///dev/zero", None, "not a regular file"),
        ("file:///no/such/file", None, "No such file"),
        ("file://relative", None, "absolute path"),
    ] {
        let error = format!("{:#}", fetch_url(address, size).unwrap_err());
        assert!(error.contains(text), "{address}: {error}");
    }
}

#[test]
fn an_existing_file_is_neither_written_nor_removed() {
    let home = tempfile::tempdir().unwrap();
    let into = home.path().join("into");
    fs::write(&into, "mine").unwrap();
    let upstream = Upstream::Url(format!("file://{}", into.display()));
    assert!(upstream::fetch(&upstream, &wanted(None), &into, &|_| {}).is_err());
    assert_eq!(fs::read_to_string(&into).unwrap(), "mine");
}

/// A repository with sources of `tool` 1.0 (two revisions) and 2.0, unsigned but trusted, below `home/repository`.
fn debian_repository(home: &Path) -> Apt {
    let repository = home.join("repository");
    fs::create_dir_all(&repository).unwrap();
    let revisions = [("1.0", "9"), ("1.0", "10"), ("2.0", "1")];
    let sources = revisions
        .map(|(upstream, revision)| source_stanza(&repository, upstream, revision))
        .concat();
    fs::write(repository.join("Sources"), sources).unwrap();

    let parts = home.join("parts");
    fs::create_dir_all(&parts).unwrap();
    let stanza = format!(
        "Types: deb\nURIs: file:{}\nSuites: ./\nTrusted: yes\n",
        repository.display()
    );
    fs::write(parts.join("own.sources"), stanza).unwrap();
    fs::write(
        parts.join("broken.list"),
        "deb http://127.0.0.1:1/nothing stable main\n",
    )
    .unwrap();
    fs::write(
        parts.join("broken.sources"),
        "Types: deb\nURIs: file:/no/such\nSuites: x\nComponents: y\n",
    )
    .unwrap();
    fs::write(parts.join("ignored.txt"), "no source at all\n").unwrap();
    Apt {
        source_list: home.join("no.list"),
        source_parts: parts,
    }
}

/// Writes the original tarball and describes a source package around it, whose other files are not there.
fn source_stanza(repository: &Path, upstream: &str, revision: &str) -> String {
    let orig = repository.join(format!("tool_{upstream}.orig.tar.gz"));
    fs::write(&orig, format!("tarball {upstream}")).unwrap();
    let (sum, none) = (sha256(&orig), "0".repeat(64));
    format!(
        "Package: tool\nBinary: tool\nVersion: 1:{upstream}-{revision}\nArchitecture: any\nFormat: 3.0 (quilt)\n\
         Directory: .\nChecksums-Sha256:\n {none} 1 tool_{upstream}-{revision}.dsc\n \
         {sum} 11 tool_{upstream}.orig.tar.gz\n {none} 1 tool_{upstream}-{revision}.debian.tar.xz\n\n"
    )
}

fn sha256(path: &Path) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(fs::read(path).unwrap());
    let digits = digest.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .map(|digit| char::from_digit(digit.into(), 16).unwrap())
        .collect()
}

fn has_apt() -> bool {
    Command::new("apt-get").arg("--version").output().is_ok()
}

#[test]
fn a_debian_source_is_the_newest_revision_of_its_version_despite_broken_lists() {
    let home = tempfile::tempdir().unwrap();
    let apt = debian_repository(home.path());
    let into = home.path().join("into");
    let size = Cell::new(0);
    let fetch = |package: &str, version: &str, bytes| {
        apt.fetch(package, version, &wanted(bytes), &into, &|bytes| {
            size.set(bytes);
        })
    };
    if !has_apt() {
        let error = fetch("tool", "1.0", None).unwrap_err();
        assert!(error.to_string().contains("needs apt"), "{error:#}");
        return;
    }
    fetch("tool", "1.0", Some(11)).unwrap();
    assert_eq!(fs::read_to_string(&into).unwrap(), "tarball 1.0");
    assert_eq!(size.get(), 11);
    fs::remove_file(&into).unwrap();

    for (package, version, bytes, text) in [
        ("tool", "1.0", Some(10), "too long"),
        ("tool", "1.0", Some(12), "too short"),
        (
            "tool",
            "3.0",
            None,
            "has no version 3.0; apt finds: 1:1.0-9, 1:1.0-10, 1:2.0-1",
        ),
        ("absent", "1", None, "apt finds no source package 'absent'"),
        ("absent", "1", None, "apt-get update said:"),
        (
            "--help",
            "1",
            None,
            "is not the name of a Debian source package",
        ),
    ] {
        let error = format!("{:#}", fetch(package, version, bytes).unwrap_err());
        assert!(error.contains(text), "{package} {version}: {error}");
        assert!(!into.exists());
    }

    fs::write(
        home.path().join("repository/tool_2.0.orig.tar.gz"),
        "tampered 2.",
    )
    .unwrap();
    let error = format!("{:#}", fetch("tool", "2.0", None).unwrap_err());
    assert!(
        error.contains("apt-get source tool=1:2.0-1 failed"),
        "{error}"
    );
    assert!(!into.exists());
}

#[test]
fn a_machine_without_sources_is_told_so() {
    let home = tempfile::tempdir().unwrap();
    let apt = Apt {
        source_list: home.path().join("a.list"),
        source_parts: home.path().join("parts"),
    };
    let error = apt.fetch(
        "tool",
        "1",
        &wanted(None),
        &home.path().join("into"),
        &|_| {},
    );
    assert!(error.unwrap_err().to_string().contains("no sources"));
}

#[test]
#[ignore = "needs Debian 12 and its mirrors"]
fn redis_comes_from_the_distribution() {
    let home = tempfile::tempdir().unwrap();
    let into = home.path().join("into");
    let redis = Upstream::DebianSource {
        package: "redis".into(),
        version: "7.0.15".into(),
    };
    upstream::fetch(&redis, &wanted(Some(3_025_940)), &into, &|_| {}).unwrap();
    let digest = "4b1dc4ee6d622a09fff9c6777191209750fb5e5a725ef78ea012d6eef4c22982";
    assert_eq!(sha256(&into), digest);
}
