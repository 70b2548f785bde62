//! The table of filters, tests and functions as a part of `docs/tera-templates.md`.

use std::fmt::Write as _;

use super::table::{FILTERS, FUNCTIONS, Parameter, Row, TESTS};

/// The tables, as Markdown.
pub fn markdown() -> String {
    let mut page = String::new();
    for (title, rows) in [
        ("Filters", FILTERS),
        ("Tests", TESTS),
        ("Functions", FUNCTIONS),
    ] {
        let _ = write!(
            page,
            "### {title}\n\n| name | arguments | what it is |\n|---|---|---|\n"
        );
        for row in rows {
            let _ = writeln!(
                page,
                "| `{}` | {} | {} |",
                row.name,
                arguments(row),
                what(row)
            );
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page + "\n"
}

fn what(row: &Row) -> String {
    match row.refused() {
        Some(why) => format!("*Not supported: {why}.*"),
        None => row.doc.to_owned(),
    }
}

fn arguments(row: &Row) -> String {
    let shown = |parameter: &Parameter| {
        let words = parameter.kind.words();
        match parameter.default {
            Some("" | "nil") => format!("`{}`: {words}, or nothing", parameter.name),
            Some(default) => format!("`{}`: {words}, else `{default}`", parameter.name),
            None => format!("`{}`: {words}", parameter.name),
        }
    };
    let all: Vec<String> = row.parameters.iter().map(shown).collect();
    all.join("; ")
}
