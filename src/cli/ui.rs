//! What the tool says, in the three modes of the official CLI, byte for byte on stdout.
//!
//! * to a terminal (or with `--tty`): messages, tables with titles, `Succeeded`, in colour when allowed;
//! * otherwise: bare rows of tables and blocks, no messages, so that scripts see data alone;
//! * `--json`: one object at the end, for errors as well, and nothing on stderr.
//!
//! Invariants: paragraphs (lines, tables, errors) are set apart by an empty line. That line goes to stdout even when
//! the paragraph before or after it goes to stderr, as in the official CLI; a hidden message counts for nothing.
//! A closed pipe is no failure: what would be written to it is dropped. Other failures of stdout fail the command.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use crate::cli::table::{Layout, Table};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The exit code of a comparison that found a difference, as with `terraform plan -detailed-exitcode`: 1 stays any failure.
const DIFFERS: u8 = 2;

/// What decides how output looks; all of it comes from the command line and the environment.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an independent fact or flag"
)]
pub struct Options {
    /// `--json`.
    pub json: bool,
    /// `--tty` or `BOSH_TTY`: decorated output even into a pipe.
    pub tty: bool,
    /// Colour is allowed on stdout: a terminal, neither `--no-color` nor `NO_COLOR`.
    pub color: bool,
    /// `--column`, in the order given; empty shows all columns.
    pub columns: Vec<String>,
    /// Stdout is a terminal.
    pub stdout_is_terminal: bool,
    /// Stderr is a terminal: only then it gets colour and progress bars.
    pub stderr_is_terminal: bool,
}

/// The output of one run; shared by worker threads.
pub struct Ui {
    mode: Mode,
    color: bool,
    error_color: bool,
    columns: Vec<String>,
    bars: Option<MultiProgress>,
    output: Mutex<Output>,
}

/// How much work a [`Progress`] measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Total {
    /// Not known: shows that something goes on.
    Unknown,
    /// A number of things.
    Items(u64),
    /// A number of bytes.
    Bytes(u64),
}

/// Long work on the terminal; vanishes when dropped. Does nothing where no one would see it.
#[must_use = "the bar vanishes when this is dropped"]
pub struct Progress(Option<ProgressBar>);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Terminal,
    Rows,
    Json,
}

/// How a piece of output stands among the others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Between empty lines.
    Paragraph,
    /// Directly behind a raw piece.
    Raw,
}

/// Both streams, what was printed last, and what JSON collects until the end.
struct Output {
    stdout: Stream,
    stderr: Stream,
    previous: Option<Kind>,
    tables: Vec<Value>,
    blocks: Vec<String>,
    lines: Vec<String>,
    /// What is printed in place of all these.
    answer: Option<Value>,
    /// What was compared differs.
    differs: bool,
}

/// A stream that is given up at its first failure.
struct Stream {
    writer: Box<dyn Write + Send>,
    failure: Option<std::io::Error>,
}

impl Ui {
    /// An output to these streams, usually the process's own.
    pub fn new(
        options: Options,
        stdout: Box<dyn Write + Send>,
        stderr: Box<dyn Write + Send>,
    ) -> Self {
        let mode = if options.json {
            Mode::Json
        } else if options.tty || options.stdout_is_terminal {
            Mode::Terminal
        } else {
            Mode::Rows
        };
        let bars = options.stderr_is_terminal && mode != Mode::Json;
        Self {
            mode,
            color: options.color,
            error_color: options.color && options.stderr_is_terminal,
            columns: options.columns,
            bars: bars.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr())),
            output: Mutex::new(Output {
                stdout: Stream::new(stdout),
                stderr: Stream::new(stderr),
                previous: None,
                tables: Vec::new(),
                blocks: Vec::new(),
                lines: Vec::new(),
                answer: None,
                differs: false,
            }),
        }
    }

    /// A message, a paragraph of its own.
    pub fn line(&self, text: &str) {
        match self.mode {
            Mode::Terminal => self.print(Kind::Paragraph, format!("{text}\n").as_bytes()),
            Mode::Rows => {}
            Mode::Json => self.with_output(|output| output.lines.push(text.to_owned())),
        }
    }

    /// A message in a row of such; `text` brings its own line break.
    pub fn begin(&self, text: &str) {
        match self.mode {
            Mode::Terminal => self.print(Kind::Raw, text.as_bytes()),
            Mode::Rows => {}
            Mode::Json => self.with_output(|output| output.lines.push(text.to_owned())),
        }
    }

    /// A message on stderr, shown in every mode.
    pub fn error_line(&self, text: &str) {
        self.print_error(text, &red(text, self.error_color));
    }

    /// A warning with its excerpt on stderr, in every mode. It sets nothing apart on stdout: what scripts read there
    /// is the same with and without it.
    pub fn warning(&self, warning: &Diagnostic) {
        self.note(&warning.render(self.error_color));
    }

    /// A remark on stderr, in every mode, without any effect on stdout.
    pub fn note(&self, text: &str) {
        self.with_output(|output| output.stderr.write(format!("{text}\n").as_bytes()));
    }

    /// Data for stdout as it is. JSON is text: there, bytes that are no UTF-8 become replacement characters.
    pub fn block(&self, bytes: &[u8]) {
        match self.mode {
            Mode::Terminal | Mode::Rows => self.print(Kind::Raw, bytes),
            Mode::Json => {
                let text = String::from_utf8_lossy(bytes).into_owned();
                self.with_output(|output| output.blocks.push(text));
            }
        }
    }

    /// The whole object of a command whose JSON has a form of its own. Other modes show nothing of it.
    pub fn answer(&self, answer: &Value) {
        self.with_output(|output| output.answer = Some(answer.clone()));
    }

    /// What was compared differs: the run ends well, and with another exit code.
    pub fn differs(&self) {
        self.with_output(|output| output.differs = true);
    }

    /// Whether only JSON is printed.
    pub fn is_json(&self) -> bool {
        self.mode == Mode::Json
    }

    /// Whether what goes to stdout may have colour.
    pub fn has_color(&self) -> bool {
        self.color && !self.is_json()
    }

    /// A table, reduced to the wanted columns; one that it does not have is complained about on stdout.
    pub fn table(&self, table: &Table) {
        let columns = table.columns(&self.columns);
        if let Some(missing) = &columns.missing {
            let text = format!("Failed to find header: {missing}");
            self.block(red(&text, self.color && self.mode != Mode::Json).as_bytes());
        }
        let layout = match self.mode {
            Mode::Terminal => Layout::Decorated { bold: self.color },
            Mode::Rows => Layout::Rows,
            Mode::Json => {
                let table = table.to_json(&columns);
                return self.with_output(|output| output.tables.push(table));
            }
        };
        self.print(Kind::Paragraph, table.to_text(&columns, layout).as_bytes());
    }

    /// A bar (or a spinner) on stderr for long work called `text`, when stderr is a terminal and JSON is not wanted.
    pub fn progress(&self, text: &str, total: Total) -> Progress {
        let Some(bars) = &self.bars else {
            return Progress(None);
        };
        let bar = bars.add(ProgressBar::hidden());
        if let Total::Items(length) | Total::Bytes(length) = total {
            bar.set_length(length);
        }
        bar.set_style(style(total));
        bar.set_message(text.to_owned());
        bar.enable_steady_tick(Duration::from_millis(120));
        Progress(Some(bar))
    }

    /// Says how the run ended and prints the JSON object. The exit code is 0, or 1 for any failure, or 2 where two things
    /// were compared and differ.
    pub fn finish(self, outcome: Result<(), &anyhow::Error>) -> ExitCode {
        if !self.conclude(outcome) {
            ExitCode::FAILURE
        } else if self.with_output(|output| output.differs) {
            ExitCode::from(DIFFERS)
        } else {
            ExitCode::SUCCESS
        }
    }

    fn conclude(&self, outcome: Result<(), &anyhow::Error>) -> bool {
        match outcome {
            Ok(()) => self.line("Succeeded"),
            Err(error) => {
                let plain = error_text(error, false);
                self.print_error(&plain, &error_text(error, self.error_color));
                self.error_line("Exit code 1");
            }
        }
        if self.mode == Mode::Json {
            let object = self.with_output(|output| output.to_json());
            self.print(Kind::Raw, object.as_bytes());
        }
        self.with_output(Output::report_loss) && outcome.is_ok()
    }

    fn print(&self, kind: Kind, bytes: &[u8]) {
        self.with_output(|output| {
            output.pad(kind);
            output.stdout.write(bytes);
        });
    }

    /// A paragraph on stderr as `shown`, or in JSON as `plain`.
    fn print_error(&self, plain: &str, shown: &str) {
        self.with_output(|output| {
            if self.mode == Mode::Json {
                output.lines.push(plain.to_owned());
            } else {
                output.pad(Kind::Paragraph);
                output.stderr.write(format!("{shown}\n").as_bytes());
            }
        });
    }

    /// One thread at a time, with the bars out of the way.
    fn with_output<T>(&self, work: impl FnOnce(&mut Output) -> T) -> T {
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        match &self.bars {
            Some(bars) => bars.suspend(|| work(&mut output)),
            None => work(&mut output),
        }
    }
}

impl Output {
    /// The empty line before a piece, unless it is the first one or goes on with the one before.
    fn pad(&mut self, kind: Kind) {
        let goes_on = kind == Kind::Raw && self.previous == Some(Kind::Raw);
        if self.previous.is_some() && !goes_on {
            self.stdout.write(b"\n");
        }
        self.previous = Some(kind);
    }

    fn to_json(&self) -> String {
        if let Some(answer) = &self.answer {
            return format!("{answer}\n");
        }
        let tables = (!self.tables.is_empty()).then_some(&self.tables);
        let blocks = (!self.blocks.is_empty()).then_some(&self.blocks);
        let lines = (!self.lines.is_empty()).then_some(&self.lines);
        json_text(&json!({"Tables": tables, "Blocks": blocks, "Lines": lines}))
    }

    /// Whether stdout took all; complains on stderr when output was lost to more than a closed pipe.
    fn report_loss(&mut self) -> bool {
        match &self.stdout.failure {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                let text = format!("Writing to stdout:\n  {error}\nExit code 1\n");
                self.stderr.write(text.as_bytes());
                false
            }
            _ => true,
        }
    }
}

impl Stream {
    fn new(writer: Box<dyn Write + Send>) -> Self {
        Self {
            writer,
            failure: None,
        }
    }

    /// Writes at once, so that stdout and stderr stay in order on a terminal.
    fn write(&mut self, bytes: &[u8]) {
        if self.failure.is_none() {
            let written = self.writer.write_all(bytes);
            self.failure = written.and_then(|()| self.writer.flush()).err();
        }
    }
}

impl Progress {
    /// So many items or bytes more are done.
    pub fn advance(&self, by: u64) {
        if let Some(bar) = &self.0 {
            bar.inc(by);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

fn style(total: Total) -> ProgressStyle {
    let template = match total {
        Total::Unknown => "{spinner} {wide_msg}",
        Total::Items(_) => "[{bar:24}] {pos}/{len} {wide_msg}",
        Total::Bytes(_) => "[{bar:24}] {decimal_bytes}/{decimal_total_bytes} {wide_msg}",
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

fn red(text: &str, color: bool) -> String {
    if color {
        format!("\u{1b}[31m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

/// An error as people read it: each cause on a line below, two spaces further in.
///
/// Diagnostics among the causes follow at the margin, where their excerpts have room and editors find their places.
fn error_text(error: &anyhow::Error, color: bool) -> String {
    let mut text = String::new();
    let mut indent = "\n".to_owned();
    for cause in error.chain() {
        if !text.is_empty() {
            text.push(':');
        }
        if let Some(diagnostics) = cause.downcast_ref::<Diagnostics>() {
            let blocks = diagnostics.render(color);
            return if text.is_empty() {
                blocks
            } else {
                format!("{}\n{blocks}", red(&text, color))
            };
        }
        if !text.is_empty() {
            indent.push_str("  ");
            text.push_str(&indent);
        }
        text.push_str(&cause.to_string().replace('\n', &indent));
    }
    red(&text, color)
}

/// JSON as the official CLI writes it: four spaces per level, and harmless within HTML.
fn json_text(value: &Value) -> String {
    let mut text = String::new();
    for line in format!("{value:#}").lines() {
        // Strings have no raw line breaks, so leading spaces are levels alone, two each.
        let level = line.len() - line.trim_start_matches(' ').len();
        if !text.is_empty() {
            text.push('\n');
        }
        text.extend(std::iter::repeat_n(' ', level));
        for c in line.chars() {
            match c {
                // None of these is part of the syntax, so they stand in strings.
                '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                    text.extend(["\\u", &format!("{:04x}", u32::from(c))]);
                }
                _ => text.push(c),
            }
        }
    }
    text
}

/// A size as messages show it, in powers of 1000: `4 B`, `12 kB`, `1.8 MB`.
pub fn human_bytes(size: u64) -> String {
    human(size, 1000, ["B", "kB", "MB", "GB", "TB", "PB", "EB"])
}

/// A size as tables show it, in powers of 1024: `4 B`, `12 KiB`, `1.7 MiB`.
pub fn human_binary_bytes(size: u64) -> String {
    human(size, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
}

/// The official CLI rounds twice: to tenths, then from 10 on to whole numbers, where halves go to the even one.
fn human(size: u64, base: u64, units: [&str; 7]) -> String {
    if size < base {
        return format!("{size} B");
    }
    let mut unit: u64 = 1;
    let mut name = units[0];
    for next in &units[1..] {
        match unit.checked_mul(base) {
            Some(larger) if larger <= size => (unit, name) = (larger, *next),
            _ => break,
        }
    }
    let unit = u128::from(unit);
    let tenths = (u128::from(size) * 20 + unit) / (2 * unit);
    let (whole, rest) = (tenths / 10, tenths % 10);
    if whole < 10 {
        return format!("{whole}.{rest} {name}");
    }
    let up = rest > 5 || (rest == 5 && whole % 2 == 1);
    format!("{} {name}", whole + u128::from(up))
}

#[cfg(test)]
mod tests;
