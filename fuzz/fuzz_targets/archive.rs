//! Any bytes are an archive or are refused; unpacking writes what reading shows, and nothing outside.
#![no_main]

use std::fs;

use bosh_release::archive::{self, Kind, Limits, Links};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, bytes) = input;
    let limits = Limits {
        entries: 64,
        total_bytes: 1 << 20,
        file_bytes: 1 << 18,
        links: [Links::Refuse, Links::Inside][usize::from(choice & 1)],
        trailing_data: choice & 2 == 0,
        ..Limits::default()
    };
    let mut files = 0;
    let read = archive::read(bytes, &limits, &mut |entry, content| {
        let name = &entry.name;
        assert!(!name.is_empty() && !name.starts_with(b"/") && !name.ends_with(b"/"));
        assert!(!name.split(|byte| *byte == b'/').any(|part| part == b".." || part.is_empty()));
        let mut found = Vec::new();
        content.read_to_end(&mut found)?;
        if let Kind::File { size } = entry.kind {
            assert_eq!(found.len() as u64, size);
            files += 1;
        }
        Ok(())
    });
    if read.is_err() {
        assert!(!read.unwrap_err().to_string().is_empty());
        return;
    }
    let home = tempfile::tempdir().expect("a directory");
    let inside = home.path().join("inside");
    fs::create_dir(&inside).expect("a directory");
    // A name that the file system does not take is an error here only.
    if archive::unpack(bytes, &inside, &limits).is_ok() {
        assert_eq!(count(&inside), files);
    }
    let beside = fs::read_dir(home.path()).expect("the directory").count();
    assert_eq!(beside, 1);
});

fn count(directory: &std::path::Path) -> usize {
    let entries = fs::read_dir(directory).expect("the directory").flatten();
    entries
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => count(&entry.path()),
            Ok(kind) => usize::from(kind.is_file()),
            Err(_) => 0,
        })
        .sum()
}
