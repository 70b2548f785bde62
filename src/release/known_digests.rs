//! Digests of files that an earlier command hashed, so that a build does not read again what did not change.
//!
//! As in git's index, a file is known by its path, size, times of change, inode and device ([`Stamp`]). The time of
//! the last change of an inode cannot be set by programs, so content that changed is not taken for the old one, whatever its
//! size and modification time are. An entry of a file that changed less than `RACY` before the command began is
//! neither believed nor kept: a change within the same tick of the clock would not show.
//!
//! One file for each release directory, `~/.bosh/digests/NAME`, readable by its owner only:
//!
//! ```text
//! bosh-release digests 1
//! <SHA-256 of all that follows>
//! <size> <mtime> <ctime> <inode> <device> <digest> <path><NUL>...
//! ```
//!
//! It is only a cache: one that is broken, too large, or of another version counts as empty, and nothing ever fails
//! because of it. Whoever checks what came from elsewhere (downloads, uploads, tarballs) does not ask here.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, Metadata};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::directory::ReleaseDirectory;
use super::plain_file;
use crate::digest::{Digest, Sha256};

/// So long after its last change a file may still change without showing it: the coarsest clock of a file system.
const RACY: Duration = Duration::from_secs(2);
const HEADER: &str = "bosh-release digests 1\n";
/// A larger file is neither read nor written; it has room for more than 100,000 files.
const MOST_BYTES: usize = 32 << 20;
/// So many release directories are remembered, those that were built last.
const MOST_RELEASES: usize = 64;

/// What changes when a file does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    size: u64,
    /// Nanoseconds since 1970, as all times here.
    mtime: i128,
    ctime: i128,
    inode: u64,
    device: u64,
}

impl From<&Metadata> for Stamp {
    fn from(found: &Metadata) -> Self {
        let nanoseconds =
            |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            size: found.len(),
            mtime: nanoseconds(found.mtime(), found.mtime_nsec()),
            ctime: nanoseconds(found.ctime(), found.ctime_nsec()),
            inode: found.ino(),
            device: found.dev(),
        }
    }
}

impl Stamp {
    /// Of the file at `path`, links followed; `None` for what is no plain file or cannot be looked at.
    pub fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        found.is_file().then(|| Self::from(&found))
    }

    /// Bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether a later change must show. What seems to come from the future does not settle.
    fn is_settled(&self, at: i128) -> bool {
        let racy = i128::try_from(RACY.as_nanos()).unwrap_or(i128::MAX);
        self.mtime.max(self.ctime).saturating_add(racy) < at
    }
}

/// How far what was stored is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Files that look unchanged are not read.
    Digests,
    /// Everything is read; what is stored only tells what has probably changed.
    Hints,
}

/// What is known of the files of one release directory.
#[derive(Debug)]
pub struct KnownDigests {
    place: Option<Place>,
    /// When the command began.
    began: i128,
    trust: Trust,
    state: Mutex<State>,
}

#[derive(Debug)]
struct Place {
    file: PathBuf,
    temporary: PathBuf,
}

#[derive(Debug, Default)]
struct State {
    entries: HashMap<PathBuf, Entry>,
    /// Whether there is something that the file does not say.
    changed: bool,
}

#[derive(Debug, Clone)]
struct Entry {
    stamp: Stamp,
    digest: Digest,
    /// Hashed by this very process.
    hashed: bool,
    /// Still a file of the release.
    seen: bool,
}

impl Entry {
    /// Whether it says as much as `digest`: it may hold those of other algorithms as well.
    fn covers(&self, digest: &Digest) -> bool {
        let sha256 = self.digest.sha256().map(Digest::from);
        self.digest == *digest || sha256.as_ref() == Some(digest)
    }
}

impl KnownDigests {
    /// Nothing is known, and nothing is kept.
    pub fn none() -> Self {
        Self {
            place: None,
            began: 0,
            trust: Trust::Hints,
            state: Mutex::default(),
        }
    }

    /// What is known of `release` to a command that began at `now`.
    pub fn read(release: &ReleaseDirectory, now: SystemTime, trust: Trust) -> Self {
        let file = release.known_digests();
        let bytes = plain_file::read(&file, MOST_BYTES).unwrap_or_default();
        let entries = parse(&bytes);
        let state = State {
            changed: entries.is_none(),
            entries: entries.unwrap_or_default(),
        };
        let began = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            place: Some(Place {
                file,
                temporary: release.temporary(),
            }),
            began: i128::try_from(began.as_nanos()).unwrap_or(0),
            trust,
            state: Mutex::new(state),
        }
    }

    /// The digest of the file at `path` that has this stamp.
    pub fn find(&self, path: &Path, stamp: &Stamp) -> Option<Digest> {
        if !stamp.is_settled(self.began) {
            return None;
        }
        let mut state = self.state();
        let entry = state.entries.get_mut(path)?;
        entry.seen |= entry.stamp == *stamp;
        let believed = entry.hashed || self.trust == Trust::Digests;
        (believed && entry.stamp == *stamp).then(|| entry.digest.clone())
    }

    /// Keeps the digest of the file at `path`, which was hashed after it had this stamp.
    pub fn note(&self, path: &Path, stamp: &Stamp, digest: impl Into<Digest>) {
        if self.place.is_none() || !stamp.is_settled(self.began) {
            return;
        }
        let digest = digest.into();
        let mut state = self.state();
        if let Some(entry) = state.entries.get_mut(path)
            && entry.stamp == *stamp
            && entry.covers(&digest)
        {
            entry.hashed = true;
            entry.seen = true;
            return;
        }
        let entry = Entry {
            stamp: *stamp,
            digest,
            hashed: true,
            seen: true,
        };
        state.entries.insert(path.to_path_buf(), entry);
        state.changed = true;
    }

    /// Whether files that belong together are probably not what they were: one has changed, or one has joined the others.
    pub fn suspects<'a>(&self, files: impl Iterator<Item = (&'a Path, &'a Stamp)>) -> bool {
        let state = self.state();
        let (mut same, mut new) = (false, false);
        for (path, stamp) in files {
            match state.entries.get(path) {
                Some(entry) if entry.stamp == *stamp => same = true,
                Some(_) => return true,
                None => new = true,
            }
        }
        same && new
    }

    /// Something was found to be wrong: nothing of it is believed any more, neither now nor by the next command.
    pub fn forget(&self) {
        *self.state() = State::default();
        if let Some(place) = &self.place {
            fs::remove_file(&place.file).ok();
        }
    }

    /// Writes what later commands may believe: only files that this command saw. Failures have no consequence.
    pub fn store(&self) {
        let Some(place) = &self.place else {
            return;
        };
        let mut state = self.state();
        let before = state.entries.len();
        state.entries.retain(|_, entry| entry.seen);
        if !state.changed && state.entries.len() == before {
            return;
        }
        let bytes = print(&state.entries);
        if state.entries.is_empty() || bytes.len() > MOST_BYTES {
            fs::remove_file(&place.file).ok();
        } else {
            write(place, &bytes).ok();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(place: &Place, bytes: &[u8]) -> io::Result<()> {
    let directory = place.file.parent().unwrap_or(Path::new("."));
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)?;
    fs::create_dir_all(&place.temporary)?;
    // Such files are 0600. What is lost in a crash of the machine fails its checksum, so nothing waits for the disk.
    let mut file = tempfile::NamedTempFile::new_in(&place.temporary)?;
    file.write_all(bytes)?;
    file.persist(&place.file)?;
    prune(directory)
}

/// Removes all but the youngest files: release directories come and go.
fn prune(directory: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        files.push((entry.metadata()?.modified()?, entry.path()));
    }
    files.sort();
    let surplus = files.len().saturating_sub(MOST_RELEASES);
    for (_, path) in &files[..surplus] {
        fs::remove_file(path)?;
    }
    Ok(())
}

fn print(entries: &HashMap<PathBuf, Entry>) -> Vec<u8> {
    let mut body = Vec::new();
    for (path, entry) in entries {
        let Stamp {
            size,
            mtime,
            ctime,
            inode,
            device,
        } = entry.stamp;
        let digest = &entry.digest;
        let fields = format!("{size} {mtime} {ctime} {inode} {device} {digest} ");
        body.extend_from_slice(fields.as_bytes());
        body.extend_from_slice(path.as_os_str().as_bytes());
        body.push(0);
    }
    let head = format!("{HEADER}{}\n", Sha256::of(&body));
    [head.into_bytes(), body].concat()
}

/// All entries, or nothing when anything is wrong.
fn parse(bytes: &[u8]) -> Option<HashMap<PathBuf, Entry>> {
    let rest = bytes.strip_prefix(HEADER.as_bytes())?;
    let (sum, rest) = rest.split_at_checked(64)?;
    let body = rest.strip_prefix(b"\n")?;
    if Sha256::of(body).to_string().as_bytes() != sum {
        return None;
    }
    let lines = body.split_inclusive(|byte| *byte == 0);
    lines
        .map(|line| parse_entry(line.strip_suffix(b"\0")?))
        .collect()
}

fn parse_entry(line: &[u8]) -> Option<(PathBuf, Entry)> {
    let mut fields = line.splitn(7, |byte| *byte == b' ');
    let mut text = || std::str::from_utf8(fields.next()?).ok();
    let stamp = Stamp {
        size: text()?.parse().ok()?,
        mtime: text()?.parse().ok()?,
        ctime: text()?.parse().ok()?,
        inode: text()?.parse().ok()?,
        device: text()?.parse().ok()?,
    };
    let digest = Digest::parse(text()?).ok()?;
    let path = PathBuf::from(OsStr::from_bytes(fields.next()?));
    let entry = Entry {
        stamp,
        digest,
        hashed: false,
        seen: false,
    };
    Some((path, entry))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A file that can be as old as a test wants: commands begin later.
    struct Place {
        _owner: tempfile::TempDir,
        release: ReleaseDirectory,
        file: PathBuf,
    }

    impl Place {
        fn new() -> Self {
            let owner = tempfile::tempdir().unwrap();
            let file = owner.path().join("file");
            fs::write(&file, "content").unwrap();
            Self {
                release: ReleaseDirectory::new(owner.path().join("release"), owner.path()),
                _owner: owner,
                file,
            }
        }

        fn read(&self, later: u64, trust: Trust) -> KnownDigests {
            let changed = fs::metadata(&self.file).unwrap().modified().unwrap();
            let now = changed + Duration::from_secs(later);
            KnownDigests::read(&self.release, now, trust)
        }

        fn stamp(&self) -> Stamp {
            Stamp::of(&self.file).unwrap()
        }

        /// What a command stores that begins so many seconds after the file was written.
        fn store(&self, later: u64) {
            let known = self.read(later, Trust::Digests);
            known.note(&self.file, &self.stamp(), Sha256::of(b"content"));
            known.store();
        }

        fn found(&self, later: u64) -> Option<Digest> {
            let known = self.read(later, Trust::Digests);
            known.find(&self.file, &self.stamp())
        }
    }

    #[test]
    fn what_is_settled_is_found_again() {
        let place = Place::new();
        assert_eq!(place.found(10), None);
        place.store(10);
        assert_eq!(place.found(10), Some(Digest::sha256_of(b"content")));

        let file = place.release.known_digests();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(file.parent().unwrap()), 0o700);
    }

    #[test]
    fn what_has_just_changed_is_neither_kept_nor_believed() {
        let place = Place::new();
        place.store(1);
        assert!(!place.release.known_digests().exists());
        place.store(10);
        // As if the clock had been set back.
        assert_eq!(place.found(0), None);
        assert!(place.found(10).is_some());
    }

    #[test]
    fn other_content_of_the_same_size_and_time_is_noticed() {
        let place = Place::new();
        place.store(10);
        let before = fs::metadata(&place.file).unwrap();
        std::thread::sleep(Duration::from_millis(20));
        fs::write(&place.file, "CONTENT").unwrap();
        let file = fs::File::options().write(true).open(&place.file).unwrap();
        file.set_modified(before.modified().unwrap()).unwrap();
        let after = fs::metadata(&place.file).unwrap();
        assert_eq!(
            (before.len(), before.modified().unwrap(), before.ino()),
            (after.len(), after.modified().unwrap(), after.ino())
        );
        assert_eq!(place.found(10), None);
    }

    #[test]
    fn hints_are_not_believed_until_this_process_has_hashed() {
        let place = Place::new();
        place.store(10);
        let known = place.read(10, Trust::Hints);
        assert_eq!(known.find(&place.file, &place.stamp()), None);
        known.note(&place.file, &place.stamp(), Sha256::of(b"content"));
        assert!(known.find(&place.file, &place.stamp()).is_some());
        assert_eq!(KnownDigests::none().find(&place.file, &place.stamp()), None);
    }

    #[test]
    fn digests_of_other_algorithms_stay() {
        let place = Place::new();
        let known = place.read(10, Trust::Digests);
        let sha1 = crate::digest::Algorithm::Sha1;
        let mut both = crate::digest::Hasher::new(&[sha1, crate::digest::Algorithm::Sha256]);
        both.update(b"content");
        known.note(&place.file, &place.stamp(), both.finish());
        known.note(&place.file, &place.stamp(), Sha256::of(b"content"));
        known.store();
        let sha1 = Digest::of(sha1, b"content");
        assert!(sha1.verify(&place.found(10).unwrap()).is_ok());
    }

    #[test]
    fn files_that_are_gone_are_forgotten() {
        let place = Place::new();
        place.store(10);
        let known = place.read(10, Trust::Digests);
        known.store();
        assert!(!place.release.known_digests().exists());

        place.store(10);
        let known = place.read(10, Trust::Digests);
        known.forget();
        assert_eq!(known.find(&place.file, &place.stamp()), None);
        assert!(!place.release.known_digests().exists());
    }

    #[test]
    fn files_that_belong_together_tell_of_each_other() {
        let place = Place::new();
        let known = place.read(10, Trust::Digests);
        let (stamp, other) = (place.stamp(), Path::new("/other"));
        let changed = Stamp { size: 1, ..stamp };
        let file = place.file.as_path();
        assert!(!known.suspects([(file, &stamp), (other, &stamp)].into_iter()));
        known.note(file, &stamp, Sha256::of(b"content"));
        assert!(!known.suspects([(file, &stamp)].into_iter()));
        assert!(known.suspects([(file, &stamp), (other, &stamp)].into_iter()));
        assert!(known.suspects([(file, &changed)].into_iter()));
        assert!(!known.suspects([(other, &stamp)].into_iter()));
    }

    fn sample() -> HashMap<PathBuf, Entry> {
        let names = [
            &b"/plain"[..],
            b"/with blank",
            b"/line\nbreak",
            b"/not\xffutf8",
            b"",
        ];
        let entry = |size| Entry {
            stamp: Stamp {
                size,
                mtime: -1,
                ctime: i128::from(i64::MAX) * 1_000_000_000,
                inode: u64::MAX,
                device: 0,
            },
            digest: Digest::sha256_of(b"x"),
            hashed: true,
            seen: true,
        };
        let path = |name: &[u8]| PathBuf::from(OsString::from_vec(name.to_vec()));
        (names.iter().zip(1..))
            .map(|(name, size)| (path(name), entry(size)))
            .collect()
    }

    #[test]
    fn entries_are_read_as_they_were_written() {
        let entries = sample();
        let read = parse(&print(&entries)).unwrap();
        assert_eq!(read.len(), entries.len());
        for (path, entry) in &entries {
            assert_eq!(read[path].stamp, entry.stamp, "{}", path.display());
            assert_eq!(read[path].digest, entry.digest);
            assert!(!read[path].hashed && !read[path].seen);
        }
        assert!(parse(&print(&HashMap::new())).unwrap().is_empty());
    }

    #[test]
    fn any_damage_counts_as_empty() {
        let good = print(&sample());
        for at in 0..good.len() {
            assert!(parse(&good[..at]).is_none(), "cut at {at}");
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(parse(&bad).is_none(), "damaged at {at}");
        }
        for body in [
            &b"\0"[..],
            b"1 2 3 4 5 x\0",
            b"a 2 3 4 5 x /p\0",
            b"1 2 3 4 5 x /p",
        ] {
            let sum = Sha256::of(body);
            let bytes = [format!("{HEADER}{sum}\n").as_bytes(), body].concat();
            assert!(parse(&bytes).is_none(), "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn whatever_lies_in_its_place_does_no_harm() {
        let place = Place::new();
        let file = place.release.known_digests();
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        for bytes in [&b""[..], b"bosh-release digests 2\n", b"\xff"] {
            fs::write(&file, bytes).unwrap();
            assert_eq!(place.found(10), None);
            place.store(10);
            assert!(place.found(10).is_some());
        }
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        place.store(10);
        assert_eq!(place.found(10), None);
    }

    #[test]
    fn few_releases_are_remembered() {
        let place = Place::new();
        let directory = place
            .release
            .known_digests()
            .parent()
            .unwrap()
            .to_path_buf();
        fs::create_dir_all(&directory).unwrap();
        for number in 0..MOST_RELEASES + 5 {
            let file = fs::File::create(directory.join(number.to_string())).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(number as u64))
                .unwrap();
        }
        place.store(10);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), MOST_RELEASES);
        assert!(place.found(10).is_some());
        assert!(!directory.join("5").exists() && directory.join("6").exists());
    }
}
