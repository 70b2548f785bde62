//! Tables as the official CLI lays them out: decorated for people, bare rows for `grep` and `cut`, objects for JSON.
//!
//! Pure. A [`Table`] is data; [`Table::to_text`] and [`Table::to_json`] lay it out, and [`Table::columns`] decides
//! which columns are shown. Scripts read these bytes, so they follow the official CLI exactly, oddities included:
//! widths count bytes, every cell is followed by the border (so lines end in one), only the last is not padded.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What stands for an empty cell in text; JSON has an empty string.
const EMPTY: &str = "-";
/// What stands for a first cell equal to the one above, in decorated tables.
const SAME: &str = "~";

/// Rows under titles.
#[derive(Debug, Clone, Default)]
pub struct Table {
    /// What is counted in the footer (`3 jobs`); without it there is no footer.
    pub content: &'static str,
    /// The title of each column.
    pub header: Vec<&'static str>,
    /// As many cells in each row as there are titles.
    pub rows: Vec<Vec<Cell>>,
    /// In text each cell becomes a line, its title before it.
    pub transpose: bool,
    /// Rows are ordered by their first cell, by bytes.
    pub sorted: bool,
    /// Remarks below a decorated table.
    pub notes: Vec<String>,
}

/// The text of a cell; each of its lines is one of the list it shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell(String);

/// How [`Table::to_text`] lays out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Rows alone, cells end in a tab.
    Rows,
    /// Titles, rows, notes, footer; cells end in two spaces. Titles are bold on request.
    Decorated {
        /// Titles carry the escape codes for bold.
        bold: bool,
    },
}

/// Which columns are shown, by position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    shown: Vec<bool>,
    /// The key of the first wanted column that the table does not have.
    pub missing: Option<String>,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// A list is shown one entry below the other.
impl<S: AsRef<str>> From<&[S]> for Cell {
    fn from(list: &[S]) -> Self {
        let list: Vec<&str> = list.iter().map(AsRef::as_ref).collect();
        Self(list.join("\n"))
    }
}

impl Columns {
    /// The entries of a row that are shown.
    fn pick<'a, T>(&'a self, row: &'a [T]) -> impl Iterator<Item = (usize, &'a T)> {
        let shown = row.iter().enumerate();
        shown.filter(|(index, _)| self.shown.get(*index).is_some_and(|shown| *shown))
    }
}

impl Table {
    /// The columns to show when `wanted` are asked for by title or key; all when none is asked for.
    ///
    /// As in the official CLI the first unknown one ends the selection: those before it are shown, no others.
    pub fn columns(&self, wanted: &[String]) -> Columns {
        let mut columns = Columns {
            shown: vec![wanted.is_empty(); self.header.len()],
            missing: None,
        };
        for name in wanted {
            let wanted = key(name);
            let found = self.header.iter().position(|title| key(title) == wanted);
            let Some(index) = found else {
                columns.missing = Some(wanted);
                break;
            };
            columns.shown[index] = true;
        }
        columns
    }

    /// The table as text; each line ends in a line break.
    pub fn to_text(&self, columns: &Columns, layout: Layout) -> String {
        let (border, titles, bold) = match layout {
            Layout::Rows => ("\t", false, false),
            Layout::Decorated { bold } => ("  ", true, bold),
        };
        let mut grid = Grid::default();
        if titles && !self.transpose {
            grid.push(columns.pick(&self.header).map(|(_, title)| (*title, bold)));
        }
        let rows = self.rows_in_order();
        for (number, row) in rows.iter().enumerate() {
            // A first cell that repeats is left out for people, and kept for tools that look at single lines.
            let same = titles && number > 0 && rows[number - 1].first() == row.first();
            let cells = columns.pick(row).map(|(index, cell)| {
                let text = if same && index == 0 { SAME } else { &cell.0 };
                (index, text)
            });
            if self.transpose {
                if number > 0 {
                    grid.push(std::iter::empty());
                }
                for (index, text) in cells {
                    let title = titles.then(|| (self.header[index], bold));
                    grid.push(title.into_iter().chain([(text, false)]));
                }
            } else {
                grid.push(cells.map(|(_, text)| (text, false)));
            }
        }
        let mut text = grid.into_text(border);
        if titles {
            self.write_footer(&mut text);
        }
        text
    }

    /// The table as the object that `--json` prints for it.
    pub fn to_json(&self, columns: &Columns) -> Value {
        let header: BTreeMap<String, &str> = columns
            .pick(&self.header)
            .map(|(_, title)| (key(title), *title))
            .collect();
        let rows: Vec<Value> = self
            .rows_in_order()
            .into_iter()
            .map(|row| {
                let cells: BTreeMap<String, &str> = columns
                    .pick(row)
                    .map(|(index, cell)| (key(self.header[index]), cell.0.as_str()))
                    .collect();
                object(cells)
            })
            .collect();
        let notes = (!self.notes.is_empty()).then_some(&self.notes);
        json!({"Content": self.content, "Header": object(header), "Rows": rows, "Notes": notes})
    }

    fn rows_in_order(&self) -> Vec<&[Cell]> {
        let mut rows: Vec<&[Cell]> = self.rows.iter().map(Vec::as_slice).collect();
        if self.sorted {
            rows.sort_by_key(|row| row.first());
        }
        rows
    }

    fn write_footer(&self, text: &mut String) {
        if !self.notes.is_empty() {
            text.push('\n');
            for note in &self.notes {
                text.push_str(note);
                text.push('\n');
            }
        }
        if !self.content.is_empty() {
            text.extend(["\n", &self.rows.len().to_string(), " ", self.content, "\n"]);
        }
    }
}

/// An object with its keys in order.
fn object(entries: BTreeMap<String, &str>) -> Value {
    let entries = entries
        .into_iter()
        .map(|(key, text)| (key, Value::from(text)));
    Value::Object(entries.collect::<Map<_, _>>())
}

/// The name of a column in JSON and for `--column`: letters and digits in lower case, `_` for what is between them.
fn key(title: &str) -> String {
    let words = title.split(|c: char| !c.is_alphabetic() && !c.is_numeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    if words.is_empty() {
        return "_".to_owned();
    }
    words.join("_")
}

/// Cells in lines, and the width of each column in bytes.
#[derive(Default)]
struct Grid<'a> {
    widths: Vec<usize>,
    lines: Vec<Vec<Piece<'a>>>,
}

/// One line of one cell.
#[derive(Clone, Default)]
struct Piece<'a> {
    text: Cow<'a, str>,
    bold: bool,
}

impl<'a> Grid<'a> {
    /// Adds a row (text, bold), which takes as many lines as its longest cell; one without cells is an empty line.
    fn push(&mut self, cells: impl Iterator<Item = (&'a str, bool)>) {
        let cells: Vec<Vec<Piece>> = cells.map(|(text, bold)| pieces(text, bold)).collect();
        self.widths.resize(self.widths.len().max(cells.len()), 0);
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            let longest = cell.iter().map(|piece| piece.text.len()).max();
            *width = (*width).max(longest.unwrap_or(0));
        }
        let height = cells.iter().map(Vec::len).max().unwrap_or(1);
        for line in 0..height {
            let pieces = cells
                .iter()
                .map(|cell| cell.get(line).cloned().unwrap_or_default());
            self.lines.push(pieces.collect());
        }
    }

    fn into_text(self, border: &str) -> String {
        let mut text = String::new();
        for line in &self.lines {
            for (index, piece) in line.iter().enumerate() {
                if piece.bold {
                    text.extend(["\u{1b}[1m", &piece.text, "\u{1b}[22m"]);
                } else {
                    text.push_str(&piece.text);
                }
                if index + 1 < line.len() {
                    let gap = self.widths[index].saturating_sub(piece.text.len());
                    text.extend(std::iter::repeat_n(' ', gap));
                }
                text.push_str(border);
            }
            text.push('\n');
        }
        text
    }
}

/// The lines of a cell; carriage returns would overwrite the cells before them.
fn pieces(text: &str, bold: bool) -> Vec<Piece<'_>> {
    let piece = |text| Piece { text, bold };
    if text.bytes().all(|byte| byte == b'\r') {
        return vec![piece(Cow::Borrowed(EMPTY))];
    }
    text.split('\n')
        .map(|line| {
            if line.contains('\r') {
                piece(Cow::Owned(line.replace('\r', "")))
            } else {
                piece(Cow::Borrowed(line))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[&[&str]]) -> Table {
        Table {
            content: "things",
            header: vec!["Name", "Blobstore ID", "OS Version"],
            rows: rows
                .iter()
                .map(|row| row.iter().map(|cell| Cell::from(*cell)).collect())
                .collect(),
            sorted: true,
            ..Table::default()
        }
    }

    fn rows(table: &Table) -> String {
        table.to_text(&table.columns(&[]), Layout::Rows)
    }

    fn decorated(table: &Table, bold: bool) -> String {
        table.to_text(&table.columns(&[]), Layout::Decorated { bold })
    }

    #[test]
    fn keys_are_lower_case_words() {
        for (title, expected) in [
            ("Blobstore ID", "blobstore_id"),
            ("  OS / Version (x)", "os_version_x"),
            ("Größe", "größe"),
            ("", "_"),
            ("?!", "_"),
        ] {
            assert_eq!(key(title), expected);
        }
    }

    #[test]
    fn bare_rows_are_padded_by_bytes_but_for_the_last_cell() {
        let table = table(&[&["b", "ä", "x"], &["a", "12345", ""]]);
        assert_eq!(rows(&table), "a\t12345\t-\t\nb\tä   \tx\t\n");
    }

    #[test]
    fn lists_go_on_below() {
        let mut table = table(&[&["a", "1", "x\r\ny"]]);
        table.rows[0][1] = Cell::from(["one", "", "three"].as_slice());
        assert_eq!(rows(&table), "a\tone  \tx\t\n \t     \ty\t\n \tthree\t\t\n");
        let none: &[&str] = &[];
        table.rows[0][1] = Cell::from(none);
        assert_eq!(rows(&table), "a\t-\tx\t\n \t \ty\t\n");
    }

    #[test]
    fn a_repeated_first_cell_is_left_out_for_people_alone() {
        let table = table(&[&["n", "1", "x"], &["n", "2", "y"], &["o", "3", "z"]]);
        assert_eq!(
            decorated(&table, false),
            "Name  Blobstore ID  OS Version  \nn     1             x  \n~     2             y  \no     3             z  \n\n3 things\n"
        );
        assert_eq!(rows(&table), "n\t1\tx\t\nn\t2\ty\t\no\t3\tz\t\n");
    }

    #[test]
    fn titles_are_bold_outside_of_their_padding() {
        let mut table = table(&[&["long name", "1", "x"]]);
        table.notes = vec!["(*) a note".to_owned()];
        assert_eq!(
            decorated(&table, true),
            "\u{1b}[1mName\u{1b}[22m       \u{1b}[1mBlobstore ID\u{1b}[22m  \u{1b}[1mOS Version\u{1b}[22m  \n\
             long name  1             x  \n\n(*) a note\n\n1 things\n"
        );
        assert_eq!(rows(&table), "long name\t1\tx\t\n");
    }

    #[test]
    fn a_transposed_table_has_an_empty_line_between_rows() {
        let table = Table {
            content: "",
            transpose: true,
            ..table(&[&["a", "", "x"], &["b", "2", "y"]])
        };
        assert_eq!(rows(&table), "a\t\n-\t\nx\t\n\nb\t\n2\t\ny\t\n");
        assert_eq!(
            decorated(&table, false),
            "Name          a  \nBlobstore ID  -  \nOS Version    x  \n\nName          b  \nBlobstore ID  2  \nOS Version    y  \n"
        );
    }

    #[test]
    fn columns_keep_their_order_and_end_at_the_first_unknown_one() {
        let table = table(&[&["a", "1", "x"]]);
        let wanted = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let columns = table.columns(&names);
            let text = table.to_text(&columns, Layout::Rows);
            (columns.missing, text)
        };
        assert_eq!(
            wanted(&["OS Version", "name"]),
            (None, "a\tx\t\n".to_owned())
        );
        assert_eq!(
            wanted(&["blobstore_id", "No Such", "name"]),
            (Some("no_such".to_owned()), "1\t\n".to_owned())
        );
        assert_eq!(
            wanted(&["nope"]),
            (Some("nope".to_owned()), "\n".to_owned())
        );
    }

    #[test]
    fn json_has_all_first_cells_and_sorted_keys() {
        let table = table(&[&["n", "2", ""], &["n", "1", "a\nb"]]);
        assert_eq!(
            table.to_json(&table.columns(&[])).to_string(),
            r#"{"Content":"things","Header":{"blobstore_id":"Blobstore ID","name":"Name","os_version":"OS Version"},"Rows":[{"blobstore_id":"2","name":"n","os_version":""},{"blobstore_id":"1","name":"n","os_version":"a\nb"}],"Notes":null}"#
        );
        let columns = table.columns(&["name".to_owned()]);
        assert_eq!(
            table.to_json(&columns).to_string(),
            r#"{"Content":"things","Header":{"name":"Name"},"Rows":[{"name":"n"},{"name":"n"}],"Notes":null}"#
        );
    }
}
