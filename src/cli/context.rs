//! What commands get from the process: output, directories, environment, clock.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};

use super::report;
use super::ui::{Progress, Total, Ui};
use crate::release::events::{Change, Event};
use crate::release::local::{Exclusive, LocalRelease};

/// The process, as commands see it.
pub(super) struct Context<'a> {
    /// Where output goes.
    pub(super) ui: &'a Ui,
    /// No questions.
    pub(super) non_interactive: bool,
    /// The working directory.
    pub(super) current: PathBuf,
    /// The user's home.
    pub(super) home: PathBuf,
    bars: Mutex<BTreeMap<String, Progress>>,
}

/// The directory of a release.
#[derive(Debug, clap::Args)]
pub(super) struct Dir {
    /// Release directory
    #[arg(long, default_value = ".", value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub(super) dir: PathBuf,
}

impl<'a> Context<'a> {
    pub(super) fn new(ui: &'a Ui, non_interactive: bool) -> Result<Self> {
        let current = std::env::current_dir().context("Finding the working directory")?;
        let home = variable("HOME").map_or_else(|| current.clone(), PathBuf::from);
        Ok(Self {
            ui,
            non_interactive,
            current,
            home,
            bars: Mutex::default(),
        })
    }

    /// `path` from the root of the file system, without `.` and `..`.
    pub(super) fn absolute(&self, path: &Path) -> PathBuf {
        let mut absolute = PathBuf::new();
        for component in self.current.join(path).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => {
                    absolute.pop();
                }
                other => absolute.push(other),
            }
        }
        absolute
    }

    /// `path` with the user's home in place of `~`.
    pub(super) fn expanded(&self, path: &str) -> PathBuf {
        let below_home = path
            .strip_prefix('~')
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        match below_home {
            Some(rest) => self.home.join(rest.trim_start_matches('/')),
            None => self.absolute(Path::new(path)),
        }
    }

    /// The release that `--dir` names, and the right to change it, which others wait for as long as it is held.
    pub(super) fn release_to_change(&self, dir: &Dir) -> Result<(LocalRelease, Exclusive)> {
        let exclusive = Exclusive::take(&self.absolute(&dir.dir), &|| {
            self.ui
                .note("Waiting for another bosh-release that changes this release");
        });
        Ok((self.release(dir)?, exclusive))
    }

    /// The release that `--dir` names.
    pub(super) fn release(&self, dir: &Dir) -> Result<LocalRelease> {
        LocalRelease::open(&self.absolute(&dir.dir), &self.home)
    }

    /// Tells the user of an event.
    pub(super) fn report(&self, event: &Event<'_>) {
        match event {
            Event::Progress { what, change } => self.progress(what, *change),
            _ => report::show(self.ui, event),
        }
    }

    /// Bars on a terminal, by the name of what goes on.
    fn progress(&self, what: &str, change: Change) {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        let total = match change {
            Change::BeginItems(count) => Total::Items(count),
            Change::BeginBytes(size) => Total::Bytes(size),
            Change::Advance(by) => {
                if let Some(bar) = bars.get(what) {
                    bar.advance(by);
                }
                return;
            }
            Change::End => {
                bars.remove(what);
                return;
            }
        };
        bars.insert(what.to_owned(), self.ui.progress(what, total));
    }

    /// Asks for a passphrase on the terminal.
    pub(super) fn ask_passphrase(&self, question: &str) -> Result<String> {
        if self.non_interactive || !std::io::stdin().is_terminal() {
            bail!(
                "{question}: there is no terminal to ask on; use a key without passphrase, or one in an agent"
            );
        }
        rpassword::prompt_password(format!("{question}: ")).context("Asking for the passphrase")
    }
}

/// A variable of the environment.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that reads the environment"
)]
pub(super) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The variables of the environment that are text, sorted by name.
pub(super) fn variables() -> BTreeMap<String, String> {
    let texts = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    texts.collect()
}

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that reads the clock"
)]
pub(super) fn now() -> SystemTime {
    SystemTime::now()
}

/// A number nobody knows beforehand.
pub(super) fn random_seed() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0
}

/// A path of a file that is to be written: not a directory.
pub(super) fn file_path(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_dir() {
        return Err("Path must not be directory".to_owned());
    }
    Ok(path)
}
