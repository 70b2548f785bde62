//! What of a program was evaluated: counted while it runs, read off its tree afterwards.
//!
//! A [`Recorder`] counts how often each expression was begun and what came of it. An expression is known by its place in
//! memory, which is certain as long as the program is not moved: so the tree needs nothing for it, and a run without a
//! recorder pays one comparison for each expression. A [`Recording`] has the same counts in the order of the tree: those of
//! equal programs can be added up. A [`Survey`] says what they mean: which statements ran, which ways were taken.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::ast::{
    Block, BlockGiven, Call, Entry, Kind, Node, Operator, Parameters, Position, Program, Target,
    Targets,
};
use super::symbol::Symbol;

/// What was looked up by name: in which thing, and the name.
pub type Look = (String, String);

/// Counts while a program runs.
#[derive(Debug, Default)]
pub struct Recorder {
    counts: FxHashMap<usize, Counts>,
    looks: BTreeSet<Look>,
}

/// How often an expression was begun, and what came of it. An expression that is left by an exception gives nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    begun: u32,
    truthy: u32,
    falsy: u32,
}

impl Counts {
    fn ended(self) -> u32 {
        self.truthy.saturating_add(self.falsy)
    }

    fn add(&mut self, other: Self) {
        self.begun = self.begun.saturating_add(other.begun);
        self.truthy = self.truthy.saturating_add(other.truthy);
        self.falsy = self.falsy.saturating_add(other.falsy);
    }
}

/// The place of an expression in memory.
fn place(node: &Node) -> usize {
    std::ptr::from_ref(node).addr()
}

impl Recorder {
    /// An expression begins.
    pub(super) fn begin(&mut self, node: &Node) {
        let counts = self.counts.entry(place(node)).or_default();
        counts.begun = counts.begun.saturating_add(1);
    }

    /// An expression has a value.
    pub(super) fn end(&mut self, node: &Node, truthy: bool) {
        let counts = self.counts.entry(place(node)).or_default();
        let count = if truthy {
            &mut counts.truthy
        } else {
            &mut counts.falsy
        };
        *count = count.saturating_add(1);
    }

    /// Something was looked up by its name.
    pub fn look(&mut self, inside: &str, name: &str) {
        self.looks.insert((inside.to_owned(), name.to_owned()));
    }
}

/// What runs of a program counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// Of each expression, in the order of the tree.
    counts: Vec<Counts>,
    /// What was looked up by name.
    pub looks: BTreeSet<Look>,
}

impl Recording {
    /// Adds what other runs of an equal program counted.
    pub fn add(&mut self, other: &Self) {
        let length = self.counts.len().max(other.counts.len());
        self.counts.resize(length, Counts::default());
        for (counts, more) in self.counts.iter_mut().zip(&other.counts) {
            counts.add(*more);
        }
        self.looks.extend(other.looks.iter().cloned());
    }
}

/// What a program has that can be run, and whether it was.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// Statements and calls, and whether they were begun.
    pub statements: Vec<(Position, bool)>,
    /// Places where a run goes one way or another.
    pub branches: Vec<Branch>,
    /// Chains of names that begin with a call of one of the roots asked for (`root.a.b`), where they were begun.
    pub chains: Vec<Vec<String>>,
}

/// A place where a run goes one way or another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Where it is.
    pub position: Position,
    /// The method that is called with a block.
    pub method: Option<String>,
    /// The ways, and whether they were taken.
    pub ways: Vec<(Way, bool)>,
}

/// A way that a run can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A condition is true.
    True,
    /// A condition is false.
    False,
    /// The left side decides, and the right one is not looked at.
    LeftDecides,
    /// The right side is looked at.
    RightDecides,
    /// A loop or a block runs.
    Runs,
    /// A call with a block does not run it.
    RunsNot,
    /// A lambda is called.
    Called,
    /// A `when` or `in` holds.
    Holds,
    /// No `when` holds.
    NoneHolds,
    /// An exception is rescued.
    Rescued,
}

impl Program {
    /// The counts of a run of this program, which was not moved since.
    pub fn recording(&self, recorder: &Recorder) -> Recording {
        let mut counts = Vec::new();
        each(&self.body, |node, _| {
            let found = recorder.counts.get(&place(node));
            counts.push(found.copied().unwrap_or_default());
        });
        Recording {
            counts,
            looks: recorder.looks.clone(),
        }
    }

    /// What the counts of its runs say. A block that is called at most once, such as that of `if_p`, has a second way: not
    /// to be called. `once` says of a method whether its block is such a one. `roots` begin chains of names, and so do they
    /// behind `holder`.
    pub fn survey(
        &self,
        recording: &Recording,
        once: &dyn Fn(&str) -> bool,
        roots: &[&str],
        holder: &str,
    ) -> Survey {
        let mut counts = FxHashMap::default();
        let mut listed = recording.counts.iter();
        each(&self.body, |node, _| {
            let found = listed.next().copied().unwrap_or_default();
            counts.insert(place(node), found);
        });
        let mut surveyor = Surveyor {
            program: self,
            counts,
            once,
            roots,
            holder,
            survey: Survey::default(),
            inside: BTreeSet::new(),
        };
        each(&self.body, |node, role| surveyor.node(node, role));
        surveyor.survey
    }
}

struct Surveyor<'s> {
    program: &'s Program,
    counts: FxHashMap<usize, Counts>,
    once: &'s dyn Fn(&str) -> bool,
    roots: &'s [&'s str],
    holder: &'s str,
    survey: Survey,
    /// Receivers that are part of a chain that was noted.
    inside: BTreeSet<usize>,
}

impl<'s> Surveyor<'s> {
    fn of(&self, node: &Node) -> Counts {
        self.counts.get(&place(node)).copied().unwrap_or_default()
    }

    fn begun(&self, node: &Node) -> bool {
        self.of(node).begun > 0
    }

    fn name(&self, symbol: Symbol) -> &'s str {
        self.program.names.name(symbol).unwrap_or_default()
    }

    fn node(&mut self, node: &'s Node, role: Role) {
        let is_call = matches!(node.kind, Kind::Call(_) | Kind::CallInScope(..));
        let is_list = matches!(node.kind, Kind::Sequence(_) | Kind::Begin(_));
        let written = node.position.end > 0;
        if written && !is_list && (is_call || matches!(role, Role::Statement)) {
            let begun = self.begun(node);
            self.survey.statements.push((node.position, begun));
        }
        if is_call {
            self.chain(node);
        }
        self.branches(node);
    }

    fn branches(&mut self, node: &'s Node) {
        match &node.kind {
            Kind::If(condition, ..) => {
                let counts = self.of(condition);
                let ways = vec![
                    (Way::True, counts.truthy > 0),
                    (Way::False, counts.falsy > 0),
                ];
                self.branch(node.position, ways);
            }
            Kind::And(left, right) => {
                let decides = self.of(left).falsy > 0;
                self.sides(node, decides, right);
            }
            Kind::Or(left, right) => {
                let decides = self.of(left).truthy > 0;
                self.sides(node, decides, right);
            }
            Kind::OperatorAssign(_, Operator::Or | Operator::And, value) => {
                let decides = self.of(node).ended() > self.of(value).ended();
                self.sides(node, decides, value);
            }
            Kind::While { body, .. } => self.runs(node.position, body),
            Kind::For(repeat) => self.runs(node.position, &repeat.body),
            Kind::Call(call) | Kind::Super(call) | Kind::ForwardingSuper(call) => {
                self.block(node, call);
            }
            Kind::Lambda(block) => {
                let ways = vec![(Way::Called, self.begun(&block.body))];
                self.branch(node.position, ways);
            }
            _ => self.rarer_branches(node),
        }
    }

    fn rarer_branches(&mut self, node: &'s Node) {
        match &node.kind {
            Kind::Case(_, clauses, otherwise) => {
                for clause in clauses {
                    let position = clause
                        .conditions
                        .first()
                        .map_or(node, |first| first)
                        .position;
                    let ways = vec![(Way::Holds, self.begun(&clause.body))];
                    self.branch(position, ways);
                }
                let ended = clauses.iter().map(|clause| self.of(&clause.body).ended());
                let none = match otherwise {
                    Some(otherwise) => self.begun(otherwise),
                    None => self.of(node).ended() > ended.sum::<u32>(),
                };
                self.branch(node.position, vec![(Way::NoneHolds, none)]);
            }
            Kind::CaseIn(_, clauses, otherwise) => {
                for clause in clauses {
                    let ways = vec![(Way::Holds, self.begun(&clause.body))];
                    self.branch(clause.body.position, ways);
                }
                if let Some(otherwise) = otherwise {
                    let ways = vec![(Way::NoneHolds, self.begun(otherwise))];
                    self.branch(node.position, ways);
                }
            }
            Kind::Begin(begin) => {
                for clause in &begin.rescues {
                    let ways = vec![(Way::Rescued, self.begun(&clause.body))];
                    self.branch(clause.body.position, ways);
                }
            }
            Kind::RescueModifier(_, rescue) => {
                let ways = vec![(Way::Rescued, self.begun(rescue))];
                self.branch(rescue.position, ways);
            }
            _ => {}
        }
    }

    fn branch(&mut self, position: Position, ways: Vec<(Way, bool)>) {
        if position.end > 0 {
            self.survey.branches.push(Branch {
                position,
                method: None,
                ways,
            });
        }
    }

    fn sides(&mut self, node: &'s Node, left: bool, right: &'s Node) {
        let ways = vec![
            (Way::LeftDecides, left),
            (Way::RightDecides, self.begun(right)),
        ];
        self.branch(node.position, ways);
    }

    fn runs(&mut self, position: Position, body: &'s Node) {
        let ways = vec![(Way::Runs, self.begun(body))];
        self.branch(position, ways);
    }

    fn block(&mut self, node: &'s Node, call: &'s Call) {
        let Some(BlockGiven::Literal(block)) = &call.block else {
            return;
        };
        let name = self.name(call.name);
        let body = self.of(&block.body);
        let mut ways = vec![(Way::Runs, body.begun > 0)];
        if (self.once)(name) {
            ways.push((Way::RunsNot, self.of(node).ended() > body.ended()));
        }
        self.survey.branches.push(Branch {
            position: node.position,
            method: Some(name.to_owned()),
            ways,
        });
    }

    /// Notes a chain of names, unless it is part of a longer one.
    fn chain(&mut self, node: &'s Node) {
        if self.inside.contains(&place(node)) || !self.begun(node) {
            return;
        }
        let (mut names, mut at, mut parts) = (Vec::new(), node, Vec::new());
        loop {
            let (Kind::Call(call) | Kind::CallInScope(call, _)) = &at.kind else {
                return;
            };
            parts.push(place(at));
            let name = self.name(call.name);
            match (&call.receiver, call.arguments.as_slice()) {
                (None, []) if self.roots.contains(&name) => break,
                (Some(receiver), []) if self.roots.contains(&name) && self.is_holder(receiver) => {
                    break;
                }
                (Some(receiver), []) if call.block.is_none() && call.keywords.is_empty() => {
                    names.push(name.to_owned());
                    at = receiver;
                }
                (Some(receiver), [key]) if name == "[]" => {
                    let Some(key) = self.literal(key) else { return };
                    names.push(key);
                    at = receiver;
                }
                _ => return,
            }
        }
        names.reverse();
        self.inside.extend(parts);
        self.survey.chains.push(names);
    }

    /// Whether it is the holder of the roots.
    fn is_holder(&self, node: &Node) -> bool {
        let Kind::Call(call) = &node.kind else {
            return false;
        };
        call.receiver.is_none() && self.name(call.name) == self.holder
    }

    fn literal(&self, node: &Node) -> Option<String> {
        match &node.kind {
            Kind::String(bytes) | Kind::FrozenString(bytes) => {
                String::from_utf8(bytes.to_vec()).ok()
            }
            Kind::Symbol(symbol) => Some(self.name(*symbol).to_owned()),
            _ => None,
        }
    }
}

/// How an expression stands in the one around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// In a list of statements, or as the body of something.
    Statement,
    /// As a part.
    Part,
}

/// Visits all expressions that can be evaluated, outer ones first, without recursion.
fn each<'n>(root: &'n Node, mut visit: impl FnMut(&'n Node, Role)) {
    let mut pending = vec![(root, Role::Statement)];
    let mut inner = Vec::new();
    while let Some((node, role)) = pending.pop() {
        visit(node, role);
        children(node, &mut |child, role| inner.push((child, role)));
        pending.extend(inner.drain(..).rev());
    }
}

type Visit<'v, 'n> = &'v mut dyn FnMut(&'n Node, Role);

fn children<'n>(node: &'n Node, visit: Visit<'_, 'n>) {
    match &node.kind {
        Kind::Sequence(nodes) => nodes.iter().for_each(|node| visit(node, Role::Statement)),
        Kind::InterpolatedString(parts)
        | Kind::InterpolatedSymbol(parts)
        | Kind::InterpolatedRegexp(parts, _)
        | Kind::Array(parts)
        | Kind::Yield(parts) => parts.iter().for_each(|part| visit(part, Role::Part)),
        Kind::Hash(entries) => of_entries(entries, visit),
        Kind::Range { first, last, .. } => {
            of_option(first.as_deref(), visit);
            of_option(last.as_deref(), visit);
        }
        Kind::Splat(inner)
        | Kind::ConstantPath(inner, _)
        | Kind::Break(inner)
        | Kind::Next(inner)
        | Kind::Return(inner) => of_option(inner.as_deref(), visit),
        Kind::Assign(target, value) | Kind::OperatorAssign(target, _, value) => {
            of_target(target, visit);
            visit(value, Role::Part);
        }
        Kind::MultipleAssign(targets, value) => {
            of_targets(targets, visit);
            visit(value, Role::Part);
        }
        Kind::Call(call)
        | Kind::CallInScope(call, _)
        | Kind::Super(call)
        | Kind::ForwardingSuper(call) => of_call(call, visit),
        Kind::Lambda(block) => of_block(block, visit),
        Kind::Not(inner)
        | Kind::MatchRequired(inner, _)
        | Kind::MatchPredicate(inner, _)
        | Kind::MatchWrite(inner, _) => visit(inner, Role::Part),
        Kind::And(left, right) | Kind::Or(left, right) => {
            visit(left, Role::Part);
            visit(right, Role::Part);
        }
        _ => of_statement(node, visit),
    }
}

/// Forms that have statements in them.
fn of_statement<'n>(node: &'n Node, visit: Visit<'_, 'n>) {
    match &node.kind {
        Kind::If(condition, then, otherwise) => {
            visit(condition, Role::Part);
            visit(then, Role::Statement);
            of_body(otherwise.as_deref(), visit);
        }
        Kind::While {
            condition, body, ..
        } => {
            visit(condition, Role::Part);
            visit(body, Role::Statement);
        }
        Kind::For(repeat) => {
            of_target(&repeat.target, visit);
            visit(&repeat.collection, Role::Part);
            visit(&repeat.body, Role::Statement);
        }
        Kind::Case(subject, clauses, otherwise) => {
            of_option(subject.as_deref(), visit);
            for clause in clauses {
                let conditions = clause.conditions.iter();
                conditions.for_each(|condition| visit(condition, Role::Part));
                visit(&clause.body, Role::Statement);
            }
            of_body(otherwise.as_deref(), visit);
        }
        Kind::CaseIn(subject, clauses, otherwise) => {
            visit(subject, Role::Part);
            for clause in clauses {
                if let Some((guard, _)) = &clause.guard {
                    visit(guard, Role::Part);
                }
                visit(&clause.body, Role::Statement);
            }
            of_body(otherwise.as_deref(), visit);
        }
        Kind::Begin(begin) => {
            visit(&begin.body, Role::Statement);
            for clause in &begin.rescues {
                let classes = clause.classes.iter();
                classes.for_each(|class| visit(class, Role::Part));
                visit(&clause.body, Role::Statement);
            }
            of_body(begin.otherwise.as_ref(), visit);
            of_body(begin.ensure.as_ref(), visit);
        }
        Kind::RescueModifier(body, rescue) => {
            visit(body, Role::Part);
            visit(rescue, Role::Part);
        }
        Kind::Def(def) => {
            of_option(def.receiver.as_ref(), visit);
            of_parameters(&def.parameters, visit);
            visit(&def.body, Role::Statement);
        }
        Kind::Class(class) | Kind::Module(class) => {
            of_option(class.superclass.as_ref(), visit);
            visit(&class.body.body, Role::Statement);
        }
        Kind::SingletonClass(of, body) => {
            visit(of, Role::Part);
            visit(&body.body, Role::Statement);
        }
        _ => {}
    }
}

fn of_option<'n>(node: Option<&'n Node>, visit: Visit<'_, 'n>) {
    if let Some(node) = node {
        visit(node, Role::Part);
    }
}

fn of_body<'n>(node: Option<&'n Node>, visit: Visit<'_, 'n>) {
    if let Some(node) = node {
        visit(node, Role::Statement);
    }
}

fn of_entries<'n>(entries: &'n [Entry], visit: Visit<'_, 'n>) {
    for entry in entries {
        match entry {
            Entry::Pair(key, value) => {
                visit(key, Role::Part);
                visit(value, Role::Part);
            }
            Entry::Splat(inner) => of_option(inner.as_ref(), visit),
        }
    }
}

fn of_call<'n>(call: &'n Call, visit: Visit<'_, 'n>) {
    of_option(call.receiver.as_ref(), visit);
    for argument in &call.arguments {
        visit(argument, Role::Part);
    }
    of_entries(&call.keywords, visit);
    match &call.block {
        Some(BlockGiven::Literal(block)) => of_block(block, visit),
        Some(BlockGiven::Pass(given)) => of_option(given.as_ref(), visit),
        None => {}
    }
}

fn of_block<'n>(block: &'n Block, visit: Visit<'_, 'n>) {
    of_parameters(&block.parameters, visit);
    visit(&block.body, Role::Statement);
}

fn of_parameters<'n>(parameters: &'n Parameters, visit: Visit<'_, 'n>) {
    for (_, default) in &parameters.optional {
        visit(default, Role::Part);
    }
    for keyword in &parameters.keywords {
        of_option(keyword.default.as_ref(), visit);
    }
}

fn of_target<'n>(target: &'n Target, visit: Visit<'_, 'n>) {
    match target {
        Target::ConstantPath(Some(inner), _)
        | Target::Attribute {
            receiver: inner, ..
        } => visit(inner, Role::Part),
        Target::Index {
            receiver,
            arguments,
        } => {
            visit(receiver, Role::Part);
            for argument in arguments {
                visit(argument, Role::Part);
            }
        }
        Target::Multiple(targets) => of_targets(targets, visit),
        _ => {}
    }
}

fn of_targets<'n>(targets: &'n Targets, visit: Visit<'_, 'n>) {
    let all = targets.before.iter();
    for target in all.chain(&targets.splat).chain(&targets.after) {
        of_target(target, visit);
    }
}
