//! Events of the library in the official CLI's words.

use super::ui::{Ui, human_bytes};
use crate::release::events::{Direction, Event, Step};

/// Shows one event.
pub(super) fn show(ui: &Ui, event: &Event<'_>) {
    match event {
        Event::AddingArchive { kind, of } => ui.begin(&format!("Adding {kind} '{of}'...\n")),
        Event::AddedArchive { kind, of } => ui.begin(&format!("Added {kind} '{of}'\n")),
        Event::FailedArchive { kind, of } => ui.error_line(&format!("Failed adding {kind} '{of}'\n")),
        Event::ArchiveTransfer { direction, step, of, digest } => {
            let verb = match direction {
                Direction::Upload => "uploading",
                Direction::Download => "downloading",
            };
            let line = |how: &str| format!("-- {how} {verb} '{of}' (sha1={digest})\n");
            match step {
                Step::Started => ui.begin(&line("Started")),
                Step::Finished => ui.begin(&line("Finished")),
                Step::Failed => ui.error_line(&line("Failed")),
            }
        }
        Event::BlobTransfer { direction, step, path, size, id, digest } => {
            let size = human_bytes(*size);
            let (verb, started) = match direction {
                Direction::Upload => ("upload", format!("({size}) (sha1: {digest})")),
                Direction::Download => ("download", format!("({size}) (id: {id} sha1: {digest})")),
            };
            match step {
                Step::Started => ui.begin(&format!("Blob {verb} '{path}' {started} started\n")),
                Step::Finished => ui.begin(&format!("Blob {verb} '{path}' (id: {id}) finished\n")),
                Step::Failed if id.is_empty() => ui.error_line(&format!("Blob {verb} '{path}' failed")),
                Step::Failed => ui.error_line(&format!("Blob {verb} '{path}' (id: {id}) failed")),
            }
        }
        Event::AddedRelease { stage, name, version } => {
            ui.line(&format!("Added {stage} release '{name}/{version}'"));
        }
        // Bars are the context's.
        Event::Progress { .. } => {}
        Event::UncompressedPackages(names) => ui.error_line(&format!(
            "Warning: The following packages have no_compression: true in their spec files, but final.yml does not have \
             no_compression: true. Consider setting no_compression: true in final.yml to avoid compression on the outer \
             release tarball: {names}"
        )),
        Event::Warning(warning) => ui.warning(warning),
        Event::Notice(text) => ui.note(text),
    }
}
