//! The release that is built: always the same bytes, from a small generator of numbers.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use bosh_release::digest::Sha256Writer;

const PACKAGES: u64 = 150;
const JOBS: u64 = 60;
const BLOBS: u64 = 75;
const SOURCES: u64 = 4825;
/// Of all sources, which compress to about a quarter; and of all blobs, which do not compress.
const BYTES: u64 = 300_000_000;
/// Changes with everything that changes what is generated: an old directory is made again.
const GENERATION: &str = "2\n";

/// A small generator of numbers (xorshift64*).
struct Numbers(u64);

impl Numbers {
    /// Equal seeds, equal numbers.
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

/// Makes the release in `root`, unless it is there.
pub(crate) fn generate(root: &Path) -> Result<()> {
    let mark = root.join("../generation");
    if fs::read_to_string(&mark).is_ok_and(|found| found == GENERATION) {
        return Ok(());
    }
    if root.exists() {
        fs::remove_dir_all(root)?;
    }
    fs::create_dir_all(root)?;
    write(root, "config/final.yml", "name: generated\n")?;
    write(
        root,
        ".gitignore",
        "/blobs\n/.blobs\n/.dev_builds\n/dev_releases\n",
    )?;
    blobs(root)?;
    (0..PACKAGES).try_for_each(|number| package(root, number))?;
    (0..JOBS).try_for_each(|number| job(root, number))?;
    sources(root)?;
    commit(root)?;
    Ok(fs::write(mark, GENERATION)?)
}

/// One file of any size and random content in `root`.
pub(crate) fn noise(path: &Path, size: u64, seed: u64) -> Result<String> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    let mut hashed = Sha256Writer::new(BufWriter::with_capacity(1 << 20, File::create(path)?));
    let mut numbers = Numbers::new(seed);
    let mut block = [0; 8192];
    let mut left = size;
    while left > 0 {
        for bytes in block.chunks_exact_mut(8) {
            bytes.copy_from_slice(&numbers.next().to_le_bytes());
        }
        let taken = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
        hashed.write_all(&block[..taken])?;
        left -= taken as u64;
    }
    let (mut file, digest, _) = hashed.finish();
    file.flush()?;
    Ok(digest.to_string())
}

fn write(root: &Path, path: &str, text: &str) -> Result<()> {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap_or(root))?;
    fs::write(&path, text).with_context(|| format!("Writing '{}'", path.display()))
}

/// Few are large, most are small: the size of the one at `number` of `count` that have `bytes` together.
fn share(number: u64, count: u64, bytes: u64) -> u64 {
    let weight = |number: u64| match number % 75 {
        0 => 64,
        1..=5 => 8,
        6..=30 => 2,
        _ => 1,
    };
    let all: u64 = (0..count).map(weight).sum();
    weight(number) * bytes / all
}

fn blob_path(number: u64) -> String {
    format!("library-{number:03}/library-{number:03}.bin")
}

fn blobs(root: &Path) -> Result<()> {
    let mut index = String::new();
    for number in 0..BLOBS {
        let path = blob_path(number);
        let size = share(number, BLOBS, BYTES);
        let digest = noise(&root.join("blobs").join(&path), size, number + 1)?;
        write!(index, "{path}:\n  size: {size}\n  sha: sha256:{digest}\n")?;
    }
    write(root, "config/blobs.yml", &index)
}

fn package(root: &Path, number: u64) -> Result<()> {
    let name = format!("package-{number:03}");
    let mut spec = format!("---\nname: {name}\n\n");
    if number == 0 {
        spec.push_str("dependencies: []\n\n");
    } else {
        writeln!(
            spec,
            "dependencies:\n- package-{:03}\n- package-{:03}\n",
            number / 2,
            number / 3
        )?;
    }
    writeln!(spec, "files:\n- {name}/**/*")?;
    if number < BLOBS {
        writeln!(spec, "- {}", blob_path(number))?;
    }
    write(root, &format!("packages/{name}/spec"), &spec)?;
    let packaging = format!("set -e\ncp -a {name}/* \"${{BOSH_INSTALL_TARGET}}\"\n");
    write(root, &format!("packages/{name}/packaging"), &packaging)
}

fn job(root: &Path, number: u64) -> Result<()> {
    let name = format!("job-{number:02}");
    let mut spec = format!(
        "---\nname: {name}\n\ntemplates:\n  ctl.erb: bin/ctl\n  config.yml.erb: config/config.yml\n  pre-start.erb: bin/pre-start\n\npackages:\n- package-{:03}\n- package-{:03}\n\nproperties:\n",
        number,
        number + 60
    );
    for property in 0..30 {
        writeln!(
            spec,
            "  {name}.property_{property}:\n    description: What number {property} is for\n    default: {property}"
        )?;
    }
    write(root, &format!("jobs/{name}/spec"), &spec)?;
    write(root, &format!("jobs/{name}/monit"), "")?;
    for (template, seed) in [("ctl", 1), ("config.yml", 2), ("pre-start", 3)] {
        let path = format!("jobs/{name}/templates/{template}.erb");
        write(root, &path, &text(2000, 10_000 + 10 * number + seed))?;
    }
    Ok(())
}

fn sources(root: &Path) -> Result<()> {
    for number in 0..SOURCES {
        let package = number % PACKAGES;
        let path = format!(
            "src/package-{package:03}/module-{}/file-{number:04}.c",
            number % 7
        );
        let size = usize::try_from(share(number / 3, SOURCES / 3, BYTES / 3))?;
        write(root, &path, &text(size, 100_000 + number))?;
    }
    Ok(())
}

/// Lines of words, some of them often: compresses about as well as source code.
fn text(size: usize, seed: u64) -> String {
    let mut numbers = Numbers::new(seed);
    let mut text = String::with_capacity(size + 16);
    while text.len() < size {
        let number = numbers.next();
        let rare = number >> 50;
        let word = if number % 8 < 5 {
            rare % 48
        } else {
            rare % 2048
        };
        let end = match number % 11 {
            0 => ";\n    ",
            1 => "(",
            2 => ", ",
            _ => " ",
        };
        // Writing to a String cannot fail.
        write!(text, "word_{word:x}{end}").ok();
    }
    text.truncate(size);
    text
}

/// Sources lie in git, as those of any release do.
fn commit(root: &Path) -> Result<()> {
    for arguments in [
        &["init", "--quiet"][..],
        &["-c", "core.compression=0", "add", "--all"],
        &[
            "-c",
            "user.name=bench",
            "-c",
            "user.email=bench@localhost",
            "commit",
            "--quiet",
            "--message=Generated",
        ],
    ] {
        let status = Command::new("git")
            .args(arguments)
            .current_dir(root)
            .status()
            .context("Starting git")?;
        ensure!(status.success(), "git {arguments:?} failed");
    }
    Ok(())
}

/// A release of one package with one blob of `size` bytes.
pub(crate) fn large(root: &Path, size: u64) -> Result<()> {
    if root.exists() {
        fs::remove_dir_all(root)?;
    }
    write(root, "config/final.yml", "name: large\n")?;
    let digest = noise(&root.join("blobs/large.bin"), size, 1)?;
    let index = format!("large.bin:\n  size: {size}\n  sha: sha256:{digest}\n");
    write(root, "config/blobs.yml", &index)?;
    write(
        root,
        "packages/large/spec",
        "---\nname: large\nfiles:\n- large.bin\n",
    )?;
    write(root, "packages/large/packaging", "")
}
