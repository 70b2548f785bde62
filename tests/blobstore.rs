//! Blobstores: one contract for all providers that can run here, the texts of configuration errors, hostile ids, retry.

// The lint knows functions with #[test] only, not what they call.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Result, anyhow};
use bosh_release::blobstore::{self, Blobstore, Options, PROVIDERS, check_id, new_id};
use proptest::prelude::*;
use serde_json::{Value, json};

fn options(directory: &Path, values: &Value) -> Options {
    let values = values.as_object().expect("options are an object");
    Options::merged(directory, values, &serde_json::Map::new())
}

/// A check that every file passes.
const ANY: &dyn Fn(&Path) -> Result<()> = &|_| Ok(());

/// What to try a provider with: its options, or why it cannot run here.
fn contract_options(provider: &str) -> Result<Value, &'static str> {
    match provider {
        "local" => Ok(json!({"blobstore_path": "../kept/blobs"})),
        "s3" | "gcs" => Err("is not supported yet by this tool"),
        other => panic!("say here how to try the provider '{other}'"),
    }
}

#[test]
fn every_provider_keeps_the_contract() {
    let mut tried = 0;
    for row in PROVIDERS {
        let home = tempfile::tempdir().unwrap();
        let release = home.path().join("release");
        fs::create_dir(&release).unwrap();
        match contract_options(row.name) {
            Ok(values) => {
                let store = blobstore::open(Some(row.name), &options(&release, &values)).unwrap();
                contract(store.as_ref(), home.path());
                tried += 1;
            }
            Err(text) => {
                let values = json!({"bucket_name": "b"});
                let error = blobstore::open(Some(row.name), &options(&release, &values));
                let error = error.err().expect(row.name).to_string();
                assert!(error.contains(text) && error.contains(row.name), "{error}");
            }
        }
    }
    assert!(tried > 0);
}

fn contract(store: &dyn Blobstore, scratch: &Path) {
    let source = scratch.join("source");
    let into = scratch.join("into");
    for content in [Vec::new(), b"blob".to_vec(), vec![7; 3_000_000]] {
        fs::write(&source, &content).unwrap();
        let id = blobstore::upload(store, &source).unwrap();
        blobstore::download(store, &id, &into, ANY).unwrap();
        assert_eq!(fs::read(&into).unwrap(), content);

        let again = blobstore::download(store, &id, &into, ANY);
        assert!(again.is_err(), "an existing file is not overwritten");
        assert_eq!(fs::read(&into).unwrap(), content);
        fs::remove_file(&into).unwrap();

        store.put(&id, &source).unwrap();
        blobstore::delete(store, &id).unwrap();
        blobstore::delete(store, &id).unwrap();
        let error = blobstore::download(store, &id, &into, ANY).unwrap_err();
        assert!(format!("{error:#}").contains(&id), "{error:#}");
        assert!(!into.exists());
    }
    for id in [
        "",
        "..",
        "../source",
        "/etc/passwd",
        "a//b",
        "a/../../source",
        "a b",
        "ü",
    ] {
        assert!(blobstore::download(store, id, &into, ANY).is_err(), "{id}");
        assert!(blobstore::delete(store, id).is_err(), "{id}");
        assert!(store.get(id, &into).is_err(), "{id}");
        assert!(store.put(id, &source).is_err(), "{id}");
    }
    assert!(source.exists() && !into.exists());
    assert!(blobstore::upload(store, &scratch.join("absent")).is_err());
    assert!(!store.describe().is_empty());
}

#[test]
fn configuration_errors_read_as_in_the_official_cli() {
    let config = "/r/config/final.yml";
    let cases = [
        (
            None,
            json!({}),
            format!("Expected non-empty 'blobstore.provider' in config '{config}'"),
        ),
        (
            Some(""),
            json!({}),
            format!("Expected non-empty 'blobstore.provider' in config '{config}'"),
        ),
        (
            Some("weird"),
            json!({}),
            "Expected release blobstore to be configured".into(),
        ),
        (Some("locall"), json!({}), "did you mean 'local'?".into()),
        (Some("local"), json!({}), "missing blobstore_path".into()),
        (
            Some("local"),
            json!({"blobstore_path": 7}),
            "blobstore_path must be a string".into(),
        ),
        (
            Some("local"),
            json!({"blobstore_path": ""}),
            "blobstore_path must not be empty".into(),
        ),
        (Some("s3"), json!({}), "bucket_name must be set".into()),
        (
            Some("s3"),
            json!({"bucket_name": "b"}),
            "not supported yet".into(),
        ),
    ];
    for (provider, values, text) in cases {
        let error = blobstore::open(provider, &options(Path::new("/r"), &values));
        let error = error.err().expect(&text).to_string();
        assert!(error.contains(&text), "{provider:?} {values}: {error}");
    }
}

#[test]
fn private_options_win_key_by_key() {
    let (public, private) = (json!({"a": 1, "b": {"x": 1}}), json!({"b": {"y": 2}}));
    let merged = Options::merged(
        Path::new("."),
        public.as_object().unwrap(),
        private.as_object().unwrap(),
    );
    assert_eq!(Value::Object(merged.values), json!({"a": 1, "b": {"y": 2}}));
}

#[test]
fn a_local_blob_is_one_file_and_a_missing_one_is_named() {
    let home = tempfile::tempdir().unwrap();
    let store = blobstore::open(
        Some("local"),
        &options(home.path(), &json!({"blobstore_path": "blobs"})),
    )
    .unwrap();
    let source = home.path().join("source");
    fs::write(&source, "x").unwrap();
    let id = blobstore::upload(store.as_ref(), &source).unwrap();
    let kept: Vec<PathBuf> = fs::read_dir(home.path().join("blobs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(kept, [home.path().join("blobs").join(&id)]);

    let into = home.path().join("into");
    let error = blobstore::download(store.as_ref(), "no-such-id", &into, ANY).unwrap_err();
    let path = home.path().join("blobs/no-such-id");
    let text = format!("{error:#}");
    assert!(text.contains(&format!("'{}'", path.display())), "{text}");

    fs::create_dir(home.path().join("blobs/directory")).unwrap();
    let error = blobstore::download(store.as_ref(), "directory", &into, ANY).unwrap_err();
    assert!(
        format!("{error:#}").contains("not a regular file"),
        "{error:#}"
    );
}

/// Fails a number of times, then gives its content; counts what is asked.
struct Flaky {
    failures: Mutex<u32>,
    permanent: bool,
}

impl Flaky {
    fn answer(&self) -> Result<()> {
        let mut left = self.failures.lock().unwrap();
        if *left == 0 {
            return Ok(());
        }
        *left -= 1;
        if self.permanent {
            return Err(std::io::Error::from(std::io::ErrorKind::NotFound).into());
        }
        Err(anyhow!("the line broke"))
    }
}

impl Blobstore for Flaky {
    fn get(&self, _: &str, into: &Path) -> Result<()> {
        self.answer()?;
        Ok(fs::write(into, "x")?)
    }
    fn put(&self, _: &str, _: &Path) -> Result<()> {
        self.answer()
    }
    fn delete(&self, _: &str) -> Result<()> {
        self.answer()
    }
    fn describe(&self) -> String {
        "flaky".into()
    }
}

#[test]
fn three_tries_and_no_more_and_none_for_what_cannot_heal() {
    for (failures, permanent, succeeds, left) in [
        (2, false, true, 0),
        (3, false, false, 0),
        (4, false, false, 1),
        (2, true, false, 1),
    ] {
        let home = tempfile::tempdir().unwrap();
        let into = home.path().join("into");
        let store = Flaky {
            failures: Mutex::new(failures),
            permanent,
        };
        let got = blobstore::download(&store, "id", &into, ANY);
        assert_eq!(got.is_ok(), succeeds, "{failures} {got:?}");
        assert_eq!(into.exists(), succeeds);
        assert_eq!(*store.failures.lock().unwrap(), left);

        let store = Flaky {
            failures: Mutex::new(failures),
            permanent,
        };
        assert_eq!(blobstore::upload(&store, &into).is_ok(), succeeds);
        assert_eq!(*store.failures.lock().unwrap(), left);
    }
}

#[test]
fn wrong_content_is_fetched_again_and_never_left_behind() {
    let home = tempfile::tempdir().unwrap();
    let into = home.path().join("into");
    let store = Flaky {
        failures: Mutex::new(0),
        permanent: false,
    };
    let seen = Cell::new(0);
    let wrong = |path: &Path| {
        assert!(path.exists());
        seen.set(seen.get() + 1);
        Err(anyhow!("Expected digest 'a', got 'b'"))
    };
    let error = blobstore::download(&store, "id", &into, &wrong).unwrap_err();
    assert!(
        format!("{error:#}").contains("Expected digest"),
        "{error:#}"
    );
    assert_eq!(seen.get(), 3);
    assert!(!into.exists());
}

proptest! {
    #[test]
    fn an_accepted_id_stays_inside(id in "[a-zA-Z0-9./_\\-\\\\]{0,12}|\\PC{0,12}") {
        if check_id(&id).is_ok() {
            let path = Path::new("/store").join(&id);
            prop_assert!(path.starts_with("/store") && path != Path::new("/store"));
            let normal = |part| matches!(part, std::path::Component::Normal(_));
            prop_assert!(Path::new(&id).components().all(normal));
            prop_assert_eq!(Path::new(&id).components().count(), id.split('/').count());
        }
    }
}

#[test]
fn new_ids_are_accepted_and_differ() {
    let (one, other) = (new_id(), new_id());
    assert_ne!(one, other);
    check_id(&one).unwrap();
    let uuid = uuid::Uuid::parse_str(&one).unwrap();
    assert_eq!(uuid.get_version_num(), 4);
}
