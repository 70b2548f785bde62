//! The known differences: what they cover, and that they stay true.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use regex::Regex;
use serde_json::{Map, Value};

use super::compare::Difference;

/// The rows of `ledger.json`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    id: String,
    kind: Kind,
    /// Case and place.
    places: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Wanted,
    Gap,
}

/// What is wrong with a case, the ledger considered.
pub(crate) struct Verdict {
    differences: Vec<Difference>,
    stale: Vec<String>,
}

impl Ledger {
    /// Reads the ledger; `README.md` explains its form.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let list: Vec<Map<String, Value>> = serde_json::from_str(text).context("the ledger")?;
        let rows: Result<Vec<Row>> = list.iter().map(Row::parse).collect();
        Ok(Self { rows: rows? })
    }

    /// Ids are unique, and cases exist.
    pub(crate) fn check(&self, cases: &[String]) -> Result<()> {
        let mut ids = BTreeSet::new();
        for row in &self.rows {
            ensure!(
                ids.insert(&row.id),
                "two rows of the ledger have the id {}",
                row.id
            );
            for (case, _) in &row.places {
                ensure!(
                    cases.contains(case),
                    "the row {} names the case {case}, which does not exist",
                    row.id
                );
            }
        }
        Ok(())
    }

    /// Each wanted difference has its row in the table of the page.
    pub(crate) fn check_documented(&self, page: &str) -> Result<()> {
        let wanted = self.rows.iter().filter(|row| row.kind == Kind::Wanted);
        let is_documented = |id: &str| {
            page.lines()
                .any(|line| line.starts_with(&format!("| `{id}` |")))
        };
        let missing: Vec<&str> = wanted
            .map(|row| &*row.id)
            .filter(|id| !is_documented(id))
            .collect();
        ensure!(
            missing.is_empty(),
            "docs/compatibility.md has no row for {}",
            missing.join(", ")
        );
        Ok(())
    }

    /// Takes away the differences that are known, and finds the places where none is left to know.
    pub(crate) fn judge(&self, case: &str, differences: &[Difference]) -> Result<Verdict> {
        let mut verdict = Verdict {
            differences: differences.to_vec(),
            stale: Vec::new(),
        };
        for row in &self.rows {
            for (_, place) in row.places.iter().filter(|(name, _)| name == case) {
                let covered = cover(place)?;
                verdict
                    .differences
                    .retain(|difference| !covered.is_match(&difference.place));
                if !differences
                    .iter()
                    .any(|difference| covered.is_match(&difference.place))
                {
                    verdict.stale.push(format!(
                        "the ledger row {} covers no difference at {place}: remove it",
                        row.id
                    ));
                }
            }
        }
        Ok(verdict)
    }
}

impl Row {
    fn parse(row: &Map<String, Value>) -> Result<Self> {
        let known = ["id", "kind", "reason", "where"];
        if let Some(key) = row.keys().find(|key| !known.contains(&key.as_str())) {
            bail!("a ledger row has the unknown key {key}");
        }
        let text = |key: &str| {
            row.get(key)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let id = text("id").context("a ledger row has no id")?.to_owned();
        ensure!(
            text("reason").is_some(),
            "the ledger row {id} has no reason"
        );
        let kind = match text("kind") {
            Some("wanted") => Kind::Wanted,
            Some("gap") => Kind::Gap,
            _ => bail!("the kind of the ledger row {id} is neither wanted nor gap"),
        };
        let cases = row
            .get("where")
            .and_then(Value::as_object)
            .context("a ledger row has no where")?;
        let places = cases.iter().flat_map(|(case, places)| {
            let places = places.as_array().into_iter().flatten();
            places.map(|place| {
                Some((
                    case.clone(),
                    place
                        .as_str()
                        .filter(|place| place.starts_with('/'))?
                        .to_owned(),
                ))
            })
        });
        let places: Option<Vec<_>> = places.collect();
        let places = places
            .with_context(|| format!("a place of the ledger row {id} does not start with /"))?;
        ensure!(!places.is_empty(), "the ledger row {id} names no place");
        Ok(Self { id, kind, places })
    }
}

/// The places that a pattern covers: those it matches, and all below them.
fn cover(pattern: &str) -> Result<Regex> {
    let parts: Vec<String> = pattern
        .trim_end_matches('/')
        .split('*')
        .map(regex::escape)
        .collect();
    Ok(Regex::new(&format!(
        r"(?s)\A{}(?:\z|[/\[])",
        parts.join(".*")
    ))?)
}

impl Verdict {
    /// Nothing unknown, nothing stale.
    pub(crate) fn passes(&self) -> bool {
        self.differences.is_empty() && self.stale.is_empty()
    }

    /// At most `shown` differences, then `messages`.
    pub(crate) fn report(&self, shown: usize, messages: &[String]) -> String {
        let mut lines = self.stale.clone();
        let differences = self.differences.iter().take(shown);
        lines.extend(
            differences.map(|difference| format!("{}: {}", difference.place, difference.what)),
        );
        if self.differences.len() > shown {
            lines.push(format!("and {} more", self.differences.len() - shown));
        }
        if !self.differences.is_empty() {
            lines.extend(messages.iter().take(shown).cloned());
        }
        lines.join("\n")
    }
}
