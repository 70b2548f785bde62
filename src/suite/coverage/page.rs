//! Coverage as a page: one file that needs no other, light or dark as its reader likes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::text::{holes, shown};
use super::{Count, Coverage, FileCoverage, PropertyCoverage, Reach};

const STYLE: &str = include_str!("page.css");

/// The page of a release.
pub fn document(title: &str, coverage: &Coverage) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}: what the template tests reach</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}<small>what the template tests reach</small></h1>\n",
        title = escaped(title)
    );
    totals(&mut out, coverage);
    overview(&mut out, coverage);
    properties(&mut out, coverage);
    let files = coverage.files.iter().enumerate();
    files.for_each(|(number, one)| file(&mut out, number, one));
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn totals(out: &mut String, coverage: &Coverage) {
    out.push_str("<div class=\"totals\">\n");
    for (name, count) in [
        ("lines", coverage.lines()),
        ("branches", coverage.ways()),
        ("properties", coverage.property_count()),
    ] {
        let _ = writeln!(
            out,
            "<div class=\"total {}\"><b>{}</b> {name}<span>{}</span>{}</div>",
            class(count),
            percent(count),
            shown(count),
            bar(count)
        );
    }
    out.push_str("</div>\n");
}

fn overview(out: &mut String, coverage: &Coverage) {
    out.push_str(
        "<h2>Files</h2>\n<table>\n<thead><tr><th>File</th><th class=\"n\">Lines</th><th></th>\
         <th class=\"n\">Branches</th><th></th></tr></thead>\n<tbody>\n",
    );
    for (number, file) in coverage.files.iter().enumerate() {
        let (lines, ways) = (file.line_count(), file.way_count());
        let _ = writeln!(
            out,
            "<tr><td><a href=\"#f{number}\">{}</a></td><td class=\"n {}\">{}</td><td>{}</td>\
             <td class=\"n {}\">{}</td><td>{}</td></tr>",
            escaped(file.source.name()),
            class(lines),
            shown(lines),
            bar(lines),
            class(ways),
            if ways.all == 0 {
                "–".to_owned()
            } else {
                shown(ways)
            },
            bar(ways)
        );
    }
    out.push_str("</tbody>\n</table>\n");
}

fn properties(out: &mut String, coverage: &Coverage) {
    out.push_str("<h2>Properties</h2>\n");
    let mut jobs: BTreeMap<&str, Vec<&PropertyCoverage>> = BTreeMap::new();
    for property in &coverage.properties {
        jobs.entry(&property.job).or_default().push(property);
    }
    for (job, properties) in jobs {
        let count = Count::of(properties.iter().map(|one| one.reach == Reach::Given));
        let _ = writeln!(
            out,
            "<h3>{} <span class=\"{}\">{}</span></h3>\n<ul class=\"properties\">",
            escaped(job),
            class(count),
            shown(count)
        );
        for property in properties {
            let (class, mark) = match property.reach {
                Reach::Given => ("full", "✓"),
                Reach::Default => ("part", "◐"),
                Reach::Unread => ("none", "✗"),
            };
            let _ = writeln!(
                out,
                "<li class=\"{class}\" title=\"{}\"><i>{mark}</i> {}</li>",
                property.reach.sentence(),
                escaped(&property.name)
            );
        }
        out.push_str("</ul>\n");
    }
    out.push_str(
        "<p class=\"key\"><span class=\"full\">✓</span> read in a test that gives it \
         <span class=\"part\">◐</span> read with its default alone <span class=\"none\">✗</span> never read</p>\n",
    );
}

fn file(out: &mut String, number: usize, file: &FileCoverage) {
    let (lines, ways) = (file.line_count(), file.way_count());
    let of_ways = match ways.all {
        0 => String::new(),
        _ => format!(
            "<span class=\"{}\">{} branches</span>",
            class(ways),
            shown(ways)
        ),
    };
    let _ = writeln!(
        out,
        "<h2 id=\"f{number}\">{} <span class=\"{}\">{} lines</span>{of_ways}</h2>\n\
         <div class=\"code\"><table>",
        escaped(file.source.name()),
        class(lines),
        shown(lines)
    );
    let holes = holes(file);
    for (index, text) in file.source.text().lines().enumerate() {
        let line = index + 1;
        let said = holes.get(&line);
        let class = match (file.lines.get(&line), said) {
            (Some(false), _) => "none",
            (_, Some(_)) => "part",
            (Some(true), None) => "full",
            (None, None) => "",
        };
        let said = said.filter(|_| class == "part");
        let said = said.map(|said| format!("<em>{}</em>", escaped(&said.join("; "))));
        let _ = writeln!(
            out,
            "<tr class=\"{class}\"><th>{line}</th><td><code>{}</code>{}</td></tr>",
            escaped(text),
            said.unwrap_or_default()
        );
    }
    out.push_str("</table></div>\n");
}

fn class(count: Count) -> &'static str {
    match count {
        Count { all: 0, .. } => "",
        count if count.is_full() => "full",
        Count { reached: 0, .. } => "none",
        _ => "part",
    }
}

/// Whole percents, rounded down, so that 100 % is all.
fn percent(count: Count) -> String {
    match count.all {
        0 => "–".to_owned(),
        all => format!("{} %", count.reached.saturating_mul(100) / all),
    }
}

fn bar(count: Count) -> String {
    match count.all {
        0 => String::new(),
        all => format!(
            "<meter min=\"0\" max=\"{all}\" value=\"{}\"></meter>",
            count.reached
        ),
    }
}

/// The text as part of a page.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\0' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
