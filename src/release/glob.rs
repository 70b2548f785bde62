//! The files of a package: patterns in the language of the official CLI (doublestar v1), and the tree they select from.
//!
//! [`Pattern::parse`] is pure: it cleans a pattern as a path and turns it into a graph (`graph`). [`Tree`] is the edge:
//! what the file system holds, read once per directory. [`Pattern::matches`] walks the one over the other.
//!
//! | item | meaning |
//! |---|---|
//! | `*`, `?` | any run of characters, one character; leading dots are not special |
//! | `[abc]`, `[a-c]`, `[^a]` | class; only `^` negates |
//! | `{a,b/c}` | alternatives, nested, with `/`, also empty |
//! | `\c` | literal `c` |
//! | `**` | as a whole component: directories to any depth, through links; as the last one: all that is below |
//!
//! A character is a code point; a byte of a name that is not UTF-8 counts as one U+FFFD.
//!
//! The corners of the language follow the CLI too, since the files decide the fingerprint: an empty run is not tried
//! where `*` stands before something else (`*{,x}` does not match `a`); in `{a,a/b}` the longer alternative hides the
//! shorter; only the first `**` of `**/**` reaches deep.
//!
//! Deliberately different:
//! * A malformed pattern is an error always; for the CLI only once it meets a name that leads to the fault, and below
//!   the first directory it may drop matches silently instead.
//! * A pattern that leaves its directory (`../jobs/x`) is an error; the CLI takes files from anywhere.
//! * The directory itself is not part of the pattern: meta characters in its path are plain.
//! * Work is bounded ([`MAX_DIRECTORIES`], [`MAX_STEPS`]), where the CLI runs for years (two links to `.`).

mod graph;
mod tree;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::fmt;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use graph::{Graph, LevelId, NodeId, Select, Step, Verdict};
pub use tree::{Kind, Tree};

/// So many directories one pattern may visit, counting each way to a directory through links.
pub const MAX_DIRECTORIES: usize = 100_000;

/// So many comparisons of a part of a pattern with a part of a name one pattern may take.
pub const MAX_STEPS: usize = 100_000_000;

/// A pattern of `files` or `excluded_files`.
#[derive(Debug)]
pub struct Pattern {
    text: String,
    graph: Graph,
}

/// A path a pattern selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Below the base directory; never empty, never with `..`.
    pub path: PathBuf,
    /// What is there; links are not followed.
    pub kind: Kind,
}

/// A pattern cannot be used, and which part of it is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError {
    /// What is wrong.
    pub fault: PatternFault,
    /// The bytes of the pattern that are at fault.
    pub range: Range<usize>,
}

/// What is wrong with a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternFault {
    /// A class that is empty, unclosed or has a `-` without ends.
    Class,
    /// `{` without `}`.
    Brace,
    /// `\` with nothing behind it.
    Escape,
    /// A name may end where alternatives with `/` begin: the CLI cannot read such a pattern either.
    SlashInAlternatives,
    /// It leads out of the directory it selects from.
    Leaves,
    /// Its alternatives multiply beyond reason.
    Size,
    /// It visits too much: see [`MAX_DIRECTORIES`], [`MAX_STEPS`].
    Work,
}

impl Pattern {
    /// Reads a pattern: cleans it as a path (`./`, `//`, `x/..` vanish) and checks all of it.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        Ok(Self {
            text: text.to_owned(),
            graph: Graph::parse(text)?,
        })
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// All paths below `base` that match (files, directories, links, whatever else), each once, sorted by their bytes.
    ///
    /// A directory that cannot be read counts as empty; [`Tree::unreadable`] tells. Errors when the pattern leads out of
    /// `base`, when a name ends at alternatives with `/`, and when it would take too much work.
    pub fn matches(&self, base: &Path, tree: &mut Tree) -> Result<Vec<Match>, PatternError> {
        let mut walk = Walk {
            graph: &self.graph,
            base,
            tree,
            todo: Vec::new(),
            seen: HashSet::new(),
            found: BTreeMap::new(),
            steps: 0,
        };
        walk.run().map_err(|fault| PatternError {
            fault,
            range: 0..self.text.len(),
        })?;
        let sorted = walk.found.into_iter();
        Ok(sorted
            .map(|(path, kind)| Match {
                path: path.into(),
                kind,
            })
            .collect())
    }
}

/// One use of a pattern: directories (relative to `base`) with what is to be matched in them.
struct Walk<'a> {
    graph: &'a Graph,
    base: &'a Path,
    tree: &'a mut Tree,
    todo: Vec<(PathBuf, LevelId)>,
    seen: HashSet<(PathBuf, LevelId)>,
    found: BTreeMap<OsString, Kind>,
    steps: usize,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<(), PatternFault> {
        self.plan(PathBuf::new(), self.graph.start());
        while let Some((directory, level)) = self.todo.pop() {
            if self.seen.len() > MAX_DIRECTORIES {
                return Err(PatternFault::Work);
            }
            self.visit(&directory, level)?;
        }
        Ok(())
    }

    fn plan(&mut self, directory: PathBuf, level: LevelId) {
        if self.seen.insert((directory.clone(), level)) {
            self.todo.push((directory, level));
        }
    }

    fn visit(&mut self, directory: &Path, id: LevelId) -> Result<(), PatternFault> {
        let level = self.graph.level(id);
        let directory = descend(directory, &level.prefix)?;
        match &level.select {
            Select::Nothing => {}
            Select::Here => self.look_at(directory),
            Select::Name(name) => self.look_at(directory.join(name)),
            Select::Below(again) => self.below(&directory, *again, true),
            Select::Deep(again, node) => {
                self.below(&directory, *again, false);
                self.names(&directory, *node)?;
            }
            Select::Names(node) => self.names(&directory, *node)?,
        }
        Ok(())
    }

    /// A path without meta characters: one question to the file system.
    fn look_at(&mut self, path: PathBuf) {
        if let Some(kind) = Tree::kind(&self.base.join(&path)) {
            self.find(path, kind);
        }
    }

    fn find(&mut self, path: PathBuf, kind: Kind) {
        if !path.as_os_str().is_empty() {
            self.found.insert(path.into_os_string(), kind);
        }
    }

    /// `**`: the same level again in all directories here, also behind links; what links to nothing is passed over.
    fn below(&mut self, directory: &Path, level: LevelId, take: bool) {
        for entry in self.tree.list(&self.base.join(directory)).iter() {
            let path = directory.join(&entry.name);
            let target = match entry.kind {
                Kind::Link => self.tree.target_kind(&self.base.join(&path)),
                kind => Some(kind),
            };
            let Some(target) = target else { continue };
            if take {
                self.find(path.clone(), entry.kind);
            }
            if target == Kind::Directory {
                self.plan(path, level);
            }
        }
    }

    fn names(&mut self, directory: &Path, node: NodeId) -> Result<(), PatternFault> {
        for entry in self.tree.list(&self.base.join(directory)).iter() {
            let mut matcher = Matcher {
                graph: self.graph,
                name: &entry.characters,
                known: HashMap::new(),
                steps: self.steps,
            };
            let outcome = matcher.outcome(node, 0)?;
            self.steps = matcher.steps;
            let Some(levels) = outcome else { continue };
            let path = directory.join(&entry.name);
            for level in &levels {
                self.plan(path.clone(), *level);
            }
            if levels.is_empty() {
                self.find(path, entry.kind);
            }
        }
        Ok(())
    }
}

/// Where literal components lead: `..` goes up by name, not through a link.
fn descend(directory: &Path, prefix: &str) -> Result<PathBuf, PatternFault> {
    let mut directory = directory.to_path_buf();
    for component in Path::new(prefix).components() {
        match component {
            Component::Normal(name) => directory.push(name),
            Component::ParentDir if !directory.pop() => return Err(PatternFault::Leaves),
            _ => {}
        }
    }
    Ok(directory)
}

/// `None`: no match. Empty: all of the pattern is used up. Else what remains for the components below.
type Outcome = Option<Vec<LevelId>>;

/// One name against one graph.
struct Matcher<'a> {
    graph: &'a Graph,
    name: &'a [char],
    /// Outcomes where ways meet, so that many `*` and `{}` do not multiply.
    known: HashMap<(NodeId, usize), Outcome>,
    steps: usize,
}

impl Matcher<'_> {
    fn outcome(&mut self, mut node: NodeId, mut at: usize) -> Result<Outcome, PatternFault> {
        loop {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return Err(PatternFault::Work);
            }
            let here = self.graph.node(node);
            let Some(character) = self.name.get(at) else {
                return here.at_end.outcome();
            };
            match &here.step {
                Step::Done(verdict) => return verdict.outcome(),
                Step::Literal(run, next) if self.name[at..].starts_with(run) => {
                    at += run.len();
                    node = *next;
                }
                Step::Class(class, next) if class.holds(*character) => {
                    at += 1;
                    node = *next;
                }
                Step::Literal(..) | Step::Class(..) => return Ok(None),
                Step::Star(_) | Step::Alternatives(_) => return self.branch(node, at),
            }
        }
    }

    fn branch(&mut self, node: NodeId, at: usize) -> Result<Outcome, PatternFault> {
        if let Some(known) = self.known.get(&(node, at)) {
            return Ok(known.clone());
        }
        let outcome = match &self.graph.node(node).step {
            Step::Star(next) => self.shortest(*next, at)?,
            Step::Alternatives(options) => self.all(options, at)?,
            _ => None,
        };
        if self.graph.branches() > 1 {
            self.known.insert((node, at), outcome.clone());
        }
        Ok(outcome)
    }

    /// The shortest run that lets the rest match; a run up to the end of the name is not tried.
    fn shortest(&mut self, next: NodeId, at: usize) -> Result<Outcome, PatternFault> {
        for start in at..self.name.len() {
            let outcome = self.outcome(next, start)?;
            if outcome.is_some() {
                return Ok(outcome);
            }
        }
        Ok(None)
    }

    /// What remains after any of the options; one that is used up counts only if all that match are.
    fn all(&mut self, options: &[NodeId], at: usize) -> Result<Outcome, PatternFault> {
        let mut all: Outcome = None;
        for option in options {
            if let Some(levels) = self.outcome(*option, at)? {
                all.get_or_insert_default().extend(levels);
            }
        }
        if let Some(levels) = &mut all {
            levels.sort_unstable();
            levels.dedup();
        }
        Ok(all)
    }
}

impl Verdict {
    fn outcome(self) -> Result<Outcome, PatternFault> {
        match self {
            Self::Fails => Ok(None),
            Self::Matches => Ok(Some(Vec::new())),
            Self::Continues(level) => Ok(Some(vec![level])),
            Self::Malformed => Err(PatternFault::SlashInAlternatives),
        }
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.fault {
            PatternFault::Class => "syntax error in pattern: a class is empty, unclosed or has a range without ends",
            PatternFault::Brace => "syntax error in pattern: '{' is not closed",
            PatternFault::Escape => "syntax error in pattern: nothing follows '\\'",
            PatternFault::SlashInAlternatives => {
                "syntax error in pattern: a name ends where alternatives with '/' begin; write whole paths as alternatives"
            }
            PatternFault::Leaves => "pattern leads out of the directory it selects from",
            PatternFault::Size => "pattern is too complex: write it as several patterns",
            PatternFault::Work => {
                "pattern visits too much: look for links that lead back to a directory above them"
            }
        })
    }
}

impl std::error::Error for PatternError {}
