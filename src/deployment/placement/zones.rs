//! Zones of instances that ask for no address: filled evenly.
//!
//! Instances that are there stay where they are, as long as that keeps the zones even; those with a persistent disk stay in
//! any case. Of several zones with the fewest instances one that has an unclaimed instance is taken, else the first by name.

use super::{Existing, Placing, Slot};
use crate::deployment::manifest::Disks;

/// The instances of a group: those that are there, then new ones.
pub(super) fn place<'a>(placing: &Placing<'_>, existing: Vec<Existing<'a>>) -> Vec<Slot<'a>> {
    let mut zones = Zones::of(placing.group.azs.as_deref(), existing);
    let mut left = placing.group.instances;
    // Which instance has a disk is not remembered: as many as the group gives them.
    if !matches!(placing.group.disks, Disks::None | Disks::Size(0)) {
        left = zones.keep_disks(left);
    }
    let preferred = zones.unclaimed.iter().filter_map(|found| found.az);
    let mut preferred: Vec<String> = preferred.map(str::to_owned).collect();
    for _ in 0..left {
        let az = zones.least_used(&preferred);
        if let Some(at) = preferred
            .iter()
            .position(|found| Some(found) == az.as_ref())
        {
            preferred.remove(at);
        }
        zones.fill(az);
    }
    zones.staying.append(&mut zones.new);
    zones.staying
}

struct Zones<'a> {
    /// Zones and how many instances each has; none for a group without zones.
    counts: Vec<(String, usize)>,
    unclaimed: Vec<Existing<'a>>,
    staying: Vec<Slot<'a>>,
    new: Vec<Slot<'a>>,
}

impl<'a> Zones<'a> {
    fn of(azs: Option<&[String]>, unclaimed: Vec<Existing<'a>>) -> Self {
        let there = |az: &str| {
            unclaimed
                .iter()
                .filter(|found| found.az == Some(az))
                .count()
        };
        let mut counts: Vec<(String, usize)> = Vec::new();
        for az in azs.unwrap_or_default() {
            if counts.iter().all(|(known, _)| known != az) {
                counts.push((az.clone(), 0));
            }
        }
        counts.sort_by_cached_key(|(az, _)| std::cmp::Reverse(there(az)));
        Self {
            counts,
            unclaimed,
            staying: Vec::new(),
            new: Vec::new(),
        }
    }

    /// Settles instances in zones that the group still has. Tells how many more are wanted.
    fn keep_disks(&mut self, wanted: usize) -> usize {
        let zoned = |found: &Existing<'_>| {
            let mut counts = self.counts.iter();
            counts.any(|(az, _)| Some(az.as_str()) == found.az)
        };
        let kept = self.unclaimed.iter().copied().filter(zoned);
        let kept: Vec<Existing<'_>> = kept.take(wanted).collect();
        for existing in &kept {
            self.fill(existing.az.map(str::to_owned));
        }
        wanted - kept.len()
    }

    fn least_used(&self, preferred: &[String]) -> Option<String> {
        let least = self.counts.iter().map(|(_, count)| *count).min()?;
        let even = self.counts.iter().filter(|(_, count)| *count == least);
        let mut even = even.map(|(az, _)| az);
        if let Some(known) = even.clone().find(|az| preferred.contains(az)) {
            return Some(known.clone());
        }
        let first = even.next()?;
        Some(even.fold(first, Ord::min).clone())
    }

    /// One more instance in a zone: the first that is there, or a new one.
    fn fill(&mut self, az: Option<String>) {
        let mut counts = self.counts.iter_mut();
        if let Some((_, count)) = counts.find(|(known, _)| Some(known.as_str()) == az.as_deref()) {
            *count += 1;
        }
        let mut unclaimed = self.unclaimed.iter();
        let found = unclaimed.position(|found| found.az == az.as_deref());
        let existing = found.map(|at| self.unclaimed.remove(at));
        let slot = Slot {
            existing,
            az,
            asked: Vec::new(),
        };
        match existing {
            Some(_) => self.staying.push(slot),
            None => self.new.push(slot),
        }
    }
}
