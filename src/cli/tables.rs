//! The tables that describe a release.

use super::table::{Cell, Table};
use super::ui::Ui;
use crate::release::manifest::{CompiledEntry, Entry, ReleaseManifest};
use crate::release::name::Name;

/// Summary, jobs and packages. `archive` is the path of its tarball.
pub(super) fn release(ui: &Ui, manifest: &ReleaseManifest, archive: Option<String>) {
    ui.table(&summary(manifest, archive));
    ui.table(&jobs(manifest));
    ui.table(&packages(manifest));
}

fn summary(manifest: &ReleaseManifest, archive: Option<String>) -> Table {
    let mut table = Table {
        header: vec!["Name", "Version", "Commit Hash"],
        transpose: true,
        ..Table::default()
    };
    let mut row: Vec<Cell> = vec![
        manifest.name.as_str().into(),
        manifest.version.to_string().into(),
        manifest.marked_commit_hash().into(),
    ];
    if let Some(archive) = archive {
        table.header.push("Archive");
        row.push(archive.into());
    }
    table.rows.push(row);
    table
}

fn label(entry: &Entry) -> Cell {
    format!("{}/{}", entry.name, entry.fingerprint).into()
}

fn names(names: &[Name]) -> Cell {
    let names: Vec<&str> = names.iter().map(Name::as_str).collect();
    names.as_slice().into()
}

fn jobs(manifest: &ReleaseManifest) -> Table {
    let row = |job: &Entry| {
        vec![
            label(job),
            job.digest.to_string().into(),
            names(&job.packages),
        ]
    };
    Table {
        content: "jobs",
        header: vec!["Job", "Digest", "Packages"],
        rows: manifest.jobs.iter().map(row).collect(),
        sorted: true,
        ..Table::default()
    }
}

fn packages(manifest: &ReleaseManifest) -> Table {
    let mut table = Table {
        content: "packages",
        header: vec!["Package", "Digest", "Dependencies"],
        sorted: true,
        ..Table::default()
    };
    let compiled = !manifest.compiled_packages.is_empty();
    if compiled {
        table.header.extend(["OS", "OS Version"]);
    }
    for package in &manifest.packages {
        table.rows.push(row(package, compiled.then_some(("", ""))));
    }
    for CompiledEntry { package, stemcell } in &manifest.compiled_packages {
        let stemcell = stemcell.split_once('/').unwrap_or((stemcell, ""));
        table.rows.push(row(package, Some(stemcell)));
    }
    table
}

fn row(package: &Entry, stemcell: Option<(&str, &str)>) -> Vec<Cell> {
    let mut row = vec![
        label(package),
        package.digest.to_string().into(),
        names(&package.packages),
    ];
    if let Some((os, version)) = stemcell {
        row.extend([os.into(), version.into()]);
    }
    row
}
