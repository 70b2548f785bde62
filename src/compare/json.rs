//! A comparison as JSON. The schema is stable: keys are added, never renamed.
//!
//! ```json
//! {"old": "1", "new": "2", "changed": true, "summary": "…",
//!  "counts": {"new": 0, "recreate": 0, "restart": 2, "next-run": 0, "unknown": 0, "untouched": 0,
//!             "delete": 0, "equal": 1},
//!  "deployment": [VALUE], "releases": [RELEASE],
//!  "instances": [{"names": ["redis/0"], "fate": "restart", "reasons": ["rendered files"], "rendered": true,
//!                 "placement": [VALUE], "jobs": [JOB], "packages": [PACKAGE]}],
//!  "errors": [{"side": "…", "text": "…"}], "absent_releases": ["bpm"], "notes": ["…"]}
//! ```
//!
//! VALUE: `path`, `old` and `new` (JSON as text, null where it is not), `secret_changed`. JOB: `name`, `kind` (`added`,
//! `removed`, `changed`), `release` and `fingerprint` (`{old, new}` or null), `properties`, `links` (`name`, `kind`, `old`, `new`,
//! `values`), `files`. File: `path`, `kind`, `modes`, `binary` (`{old, new}` in bytes, or null) and `hunks` (`old_start`,
//! `old_count`, `new_start`, `new_count`, `lines` with `kind` `same`, `removed`, `added`, `text`, and, where true, `secret_changed`
//! and `no_newline`). PACKAGE: `name`, `old`, `new`, `dependencies`. RELEASE: `name`, `old`, `new`, `license`, `packages`, and
//! `jobs` like JOB, with `others` in place of `release`.

use serde_json::{Map, Value as Json, json};

use super::lines::{Hunk, Line, LineKind};
use super::{
    Comparison, Fate, FileChange, FileContent, InstanceChange, JobChange, LinkChange,
    PackageChange, ReleaseChange, SpecChange, ValueChange,
};

/// The whole comparison.
pub fn to_json(comparison: &Comparison) -> Json {
    let count = |fate: Fate| (fate.word().to_owned(), Json::from(comparison.count(fate)));
    let mut counts: Map<String, Json> = Fate::ALL.into_iter().map(count).collect();
    counts.insert("equal".to_owned(), Json::from(comparison.unchanged));
    let errors = comparison.errors.iter();
    let errors: Vec<Json> = errors
        .map(|error| json!({"side": error.side, "text": error.text}))
        .collect();
    json!({
        "old": comparison.old,
        "new": comparison.new,
        "changed": !comparison.is_equal(),
        "summary": comparison.summary(),
        "counts": counts,
        "deployment": list(&comparison.deployment, value),
        "releases": list(&comparison.releases, release),
        "instances": list(&comparison.instances, instances),
        "errors": errors,
        "absent_releases": comparison.absent_releases,
        "notes": comparison.notes,
    })
}

fn list<T>(items: &[T], one: fn(&T) -> Json) -> Vec<Json> {
    items.iter().map(one).collect()
}

fn pair(pair: Option<&(String, String)>) -> Json {
    pair.map_or(Json::Null, |(old, new)| json!({"old": old, "new": new}))
}

fn instances(change: &InstanceChange) -> Json {
    json!({
        "names": change.names,
        "fate": change.fate.word(),
        "reasons": change.reasons,
        "rendered": change.rendered,
        "placement": list(&change.placement, value),
        "jobs": list(&change.jobs, job),
        "packages": list(&change.packages, package),
    })
}

fn value(change: &ValueChange) -> Json {
    json!({
        "path": change.path,
        "old": change.old,
        "new": change.new,
        "secret_changed": change.secret_changed,
    })
}

fn job(job: &JobChange) -> Json {
    json!({
        "name": job.name,
        "kind": job.kind.word(),
        "release": pair(job.release.as_ref()),
        "fingerprint": pair(job.fingerprint.as_ref()),
        "properties": list(&job.properties, value),
        "links": list(&job.links, link),
        "files": list(&job.files, file),
    })
}

fn link(link: &LinkChange) -> Json {
    json!({
        "name": link.name,
        "kind": link.kind.word(),
        "old": link.old,
        "new": link.new,
        "values": list(&link.values, value),
    })
}

fn package(package: &PackageChange) -> Json {
    json!({
        "name": package.name,
        "old": package.old,
        "new": package.new,
        "dependencies": package.dependencies,
    })
}

fn file(file: &FileChange) -> Json {
    let modes = file.modes.map(|(old, new)| json!({"old": old, "new": new}));
    let (binary, hunks) = match &file.content {
        FileContent::Binary(old, new) => (json!({"old": old, "new": new}), Vec::new()),
        FileContent::Text(hunks) => (Json::Null, list(hunks, hunk)),
    };
    json!({
        "path": file.path,
        "kind": file.kind.word(),
        "modes": modes,
        "binary": binary,
        "hunks": hunks,
    })
}

fn hunk(hunk: &Hunk) -> Json {
    json!({
        "old_start": hunk.old_start,
        "old_count": hunk.old_count,
        "new_start": hunk.new_start,
        "new_count": hunk.new_count,
        "lines": list(&hunk.lines, line),
    })
}

fn line(line: &Line) -> Json {
    let kind = match line.kind {
        LineKind::Same => "same",
        LineKind::Removed => "removed",
        LineKind::Added => "added",
    };
    let mut made = json!({"kind": kind, "text": line.text()});
    if let Some(made) = made.as_object_mut() {
        let marks = [
            ("secret_changed", line.secret_changed),
            ("no_newline", line.ends_text),
        ];
        for (mark, _) in marks.into_iter().filter(|(_, holds)| *holds) {
            made.insert(mark.to_owned(), Json::Bool(true));
        }
    }
    made
}

fn release(release: &ReleaseChange) -> Json {
    json!({
        "name": release.name,
        "old": release.old,
        "new": release.new,
        "license": release.license.as_ref().map(value),
        "packages": list(&release.packages, package),
        "jobs": list(&release.jobs, spec),
    })
}

fn spec(job: &SpecChange) -> Json {
    json!({
        "name": job.name,
        "kind": job.kind.word(),
        "fingerprint": pair(job.fingerprint.as_ref()),
        "properties": list(&job.properties, value),
        "links": list(&job.links, value),
        "others": list(&job.others, value),
        "files": list(&job.files, file),
    })
}
