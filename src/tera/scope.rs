//! Variables of a template: which there are at a place, what Ruby calls them, and whether they are set.
//!
//! Tera looks a name up in the frames around it: those of loops and includes, up to the template's or the macro's own. An `if`
//! has no frame, so that after it a variable may be set or not; such a one holds `:undefined` until it is.

use std::collections::BTreeMap;

use super::code::Type;
use super::ruby;

/// What a frame belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FrameKind {
    Template,
    Macro,
    Include,
    Loop(Loop),
}

/// What `loop` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loop {
    /// The variable that counts from 0.
    pub(super) index: String,
    /// The variable with what is looped over.
    pub(super) items: String,
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) ruby: String,
    pub(super) kind: Type,
    /// Whether it is set on every way here.
    pub(super) certain: bool,
    /// The file that sets it.
    pub(super) file: String,
}

/// A frame.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    pub(super) variables: BTreeMap<String, Variable>,
    /// What Ruby calls all names that were ever set in the frame: the same on all ways through it.
    pub(super) names: BTreeMap<String, String>,
    /// Ruby variables that have to hold `:undefined` from the start of the frame.
    pub(super) hoisted: Vec<String>,
}

/// The frames around a place, outermost first.
#[derive(Debug, Clone, Default)]
pub(super) struct Scopes {
    pub(super) frames: Vec<Frame>,
}

/// What all frames know at a place, to be joined with another way to the same place.
pub(super) type State = Vec<BTreeMap<String, Variable>>;

impl Scopes {
    pub(super) fn push(&mut self, kind: FrameKind) {
        self.frames.push(Frame {
            kind,
            variables: BTreeMap::new(),
            names: BTreeMap::new(),
            hoisted: Vec::new(),
        });
    }

    /// Ends a frame and says what it needs at its start.
    pub(super) fn pop(&mut self) -> Vec<String> {
        self.frames
            .pop()
            .map(|frame| frame.hoisted)
            .unwrap_or_default()
    }

    /// All variables of that name that may be meant, innermost first, up to one that is set for certain.
    pub(super) fn find(&self, name: &str) -> Vec<&Variable> {
        let mut found = Vec::new();
        for frame in self.frames.iter().rev() {
            if let Some(variable) = frame.variables.get(name) {
                found.push(variable);
                if variable.certain {
                    break;
                }
            }
            if matches!(frame.kind, FrameKind::Macro | FrameKind::Template) {
                break;
            }
        }
        found
    }

    /// The names that a place sees, for hints.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for frame in self.frames.iter().rev() {
            names.extend(frame.variables.keys().map(String::as_str));
            if matches!(frame.kind, FrameKind::Macro | FrameKind::Template) {
                break;
            }
        }
        names
    }

    /// The innermost loop, not beyond a macro.
    pub(super) fn innermost_loop(&self) -> Option<&Loop> {
        let frames = self.frames.iter().rev();
        let mut inside = frames.take_while(|frame| !matches!(frame.kind, FrameKind::Macro));
        inside.find_map(|frame| match &frame.kind {
            FrameKind::Loop(looped) => Some(looped),
            _ => None,
        })
    }

    /// The frame that `set_global` sets variables of.
    pub(super) fn global(&self) -> usize {
        let is_loop = |frame: &Frame| matches!(frame.kind, FrameKind::Loop(_));
        self.frames
            .iter()
            .rposition(|frame| !is_loop(frame))
            .unwrap_or(0)
    }

    /// A Ruby variable that nothing around uses yet.
    pub(super) fn fresh(&self, name: &str, taken: impl Fn(&str) -> bool) -> String {
        let base = ruby::local_name(name);
        let used = |candidate: &str| {
            taken(candidate)
                || self.frames.iter().any(|frame| {
                    frame.names.values().any(|ruby| ruby == candidate)
                        || matches!(&frame.kind, FrameKind::Loop(looped) if looped.index == candidate || looped.items == candidate)
                })
        };
        if !used(&base) {
            return base;
        }
        let numbered = (2..).map(|number| format!("{base}{number}"));
        numbered
            .into_iter()
            .find(|candidate| !used(candidate))
            .unwrap_or(base)
    }

    /// What is known now.
    pub(super) fn state(&self) -> State {
        self.frames
            .iter()
            .map(|frame| frame.variables.clone())
            .collect()
    }

    /// Goes back to what was known.
    pub(super) fn restore(&mut self, state: State) {
        for (frame, variables) in self.frames.iter_mut().zip(state) {
            frame.variables = variables;
        }
    }

    /// Both ways lead here: what is certain on one alone is not any more.
    pub(super) fn join(&mut self, other: State) {
        for (frame, others) in self.frames.iter_mut().zip(other) {
            let mut joined = BTreeMap::new();
            for (name, variable) in &frame.variables {
                let mut variable = variable.clone();
                match others.get(name) {
                    Some(other) => {
                        variable.certain &= other.certain;
                        variable.kind = variable.kind.join(other.kind);
                    }
                    None => variable.certain = false,
                }
                joined.insert(name.clone(), variable);
            }
            for (name, variable) in others {
                joined.entry(name).or_insert(Variable {
                    certain: false,
                    ..variable
                });
            }
            frame.variables = joined;
            for variable in frame
                .variables
                .values()
                .filter(|variable| !variable.certain)
            {
                if !frame.hoisted.contains(&variable.ruby) {
                    frame.hoisted.push(variable.ruby.clone());
                }
            }
        }
    }
}
