//! Instances that change alike, told as one.
//!
//! Their files may differ elsewhere: only the lines that change are looked at, and shown of the first of them.

use std::collections::HashMap;

use super::{Files, InstanceChange};
use crate::compare::Fate;
use crate::compare::mask::Masker;

/// What is equal for instances that change alike.
#[derive(PartialEq, Eq, Hash)]
struct Likeness {
    group: String,
    change: InstanceChange,
    lines: Vec<(String, Vec<String>)>,
}

/// Changes, those that are alike together.
#[derive(Default)]
pub(super) struct Alike<'a> {
    places: HashMap<Likeness, usize>,
    found: Vec<Draft<'a>>,
}

/// A change of which files are not yet compared line by line.
struct Draft<'a> {
    change: InstanceChange,
    files: Files<'a>,
}

impl<'a> Alike<'a> {
    pub(super) fn add(&mut self, mut change: InstanceChange, group: &str, files: Files<'a>) {
        let names = std::mem::take(&mut change.names);
        let comes_or_goes = matches!(change.fate, Fate::New | Fate::Deleted);
        // Where each of them is differs, and says nothing about the others.
        let placement = if comes_or_goes {
            std::mem::take(&mut change.placement)
        } else {
            Vec::new()
        };
        let lines = files.iter().map(|(job, pair)| {
            let path = format!(
                "{job} {} {:?}",
                pair.path,
                pair.new.map(|file| file.executable)
            );
            (path, pair.likeness())
        });
        let likeness = Likeness {
            group: group.to_owned(),
            change,
            lines: lines.collect(),
        };
        if let Some(draft) = self
            .places
            .get(&likeness)
            .and_then(|at| self.found.get_mut(*at))
        {
            draft.change.names.extend(names);
            draft.change.placement.extend(placement);
            return;
        }
        let mut change = likeness.change.clone();
        change.names = names;
        if comes_or_goes {
            change.placement = placement;
        }
        self.places.insert(likeness, self.found.len());
        self.found.push(Draft { change, files });
    }

    /// Compares lines of the first of each.
    pub(super) fn finish(self, masker: &Masker) -> Vec<InstanceChange> {
        let drafts = self.found.into_iter();
        drafts
            .map(|Draft { mut change, files }| {
                for (name, pair) in files {
                    let job = change.jobs.iter_mut().find(|job| job.name == name);
                    if let Some(job) = job {
                        job.files.extend(pair.change(masker));
                    }
                }
                change
            })
            .collect()
    }
}
