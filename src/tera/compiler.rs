//! One template: what is known while it is compiled, and what comes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use super::helpers;
use super::interface::JobInterface;
use super::output::{Output, Place};
use super::parsed::{self, Import, Parsed, Partials};
use super::scope::{FrameKind, Scopes};
use super::tree::{Kind, Node};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::nearest::nearest;
use crate::source::{Source, Span};

/// Most pieces that a template may become, with all that it includes.
const MOST_NODES: usize = 100_000;
/// How deep includes, macros and blocks may be in each other.
const DEEPEST: usize = 40;
/// Stack that is there before the compiler starts, and how much it gets otherwise, in bytes.
const STACK: (usize, usize) = (16 << 20, 128 << 20);

/// A compiled template.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The ERB, which every Director renders.
    pub erb: String,
    /// Where each line of the ERB comes from; the first is that of line 1.
    pub lines: Vec<Place>,
    /// How many lines at the start are helpers, which nobody wrote; all are noted as coming from line 1.
    pub helper_lines: usize,
    /// The partials that it is made of.
    pub partials: BTreeSet<String>,
    /// The declared properties that it reads.
    pub properties: BTreeSet<String>,
    /// The links that it reads.
    pub links: BTreeSet<String>,
    /// What is suspicious.
    pub warnings: Vec<Diagnostic>,
}

impl Compiled {
    /// Where a line of the ERB, counted from 1, comes from.
    pub fn place(&self, line: usize) -> Option<&Place> {
        self.lines.get(line.checked_sub(1)?)
    }
}

/// Compiles a template of a job. Fails with all faults that can be found.
pub fn compile(
    template: &Arc<Source>,
    job: &JobInterface,
    partials: &Partials,
) -> Result<Compiled, Diagnostics> {
    let parsed = Arc::new(parsed::parse(template)?);
    stacker::maybe_grow(STACK.0, STACK.1, || {
        Compiler::new(parsed, job, partials).template()
    })
}

/// What shows only when all templates of a job are compiled: properties that none of them reads, as warnings at `place`,
/// which is that of a property in the spec.
pub fn check_job<'a>(
    job: &JobInterface,
    templates: impl IntoIterator<Item = &'a Compiled>,
    place: impl Fn(&str) -> Option<(Arc<Source>, Span)>,
) -> Vec<Diagnostic> {
    let read: BTreeSet<&str> = templates
        .into_iter()
        .flat_map(|one| &one.properties)
        .map(String::as_str)
        .collect();
    let unread = job
        .properties
        .iter()
        .filter(|name| !read.contains(name.as_str()));
    let warning = |name: &String| {
        let warning = Diagnostic::warning(format!(
            "No template of this job reads the property `{name}`"
        ));
        match place(name) {
            Some((source, span)) => warning.at(&source, span, ""),
            None => warning,
        }
    };
    unread.map(warning).collect()
}

/// A macro that was met.
pub(super) struct KnownMacro {
    pub(super) ruby: String,
    /// Whether it calls itself, perhaps through others.
    pub(super) recursive: bool,
    pub(super) done: bool,
}

/// A block that is being compiled.
pub(super) struct OpenBlock {
    pub(super) name: String,
    /// The place in the chain of templates whose block it is.
    pub(super) level: usize,
    /// Whether `super()` was met in it.
    pub(super) called_super: bool,
}

/// What a loop needs of its head.
#[derive(Default, Clone, Copy)]
pub(super) struct LoopNeeds {
    pub(super) index: bool,
    pub(super) items: bool,
}

/// A template on its way to ERB.
pub(super) struct Compiler<'a> {
    pub(super) job: &'a JobInterface,
    pub(super) partials: &'a Partials,
    /// The template and all that it extends, the template first.
    pub(super) chain: Vec<Arc<Parsed>>,
    /// The text that the nodes at hand are of.
    pub(super) file: Arc<Parsed>,
    /// Whether that text is a partial, which does not know who includes it.
    pub(super) in_partial: bool,
    pub(super) scopes: Scopes,
    pub(super) output: Output,
    pub(super) loops: Vec<LoopNeeds>,
    pub(super) helpers: BTreeSet<&'static str>,
    pub(super) locals: BTreeSet<String>,
    pub(super) macros: BTreeMap<(String, String), KnownMacro>,
    pub(super) macro_output: Output,
    pub(super) blocks: Vec<OpenBlock>,
    pub(super) includes: Vec<String>,
    /// Names that the included text at hand has asked for, though nothing sets them.
    pub(super) asked: BTreeSet<String>,
    /// Links that are known to be there.
    pub(super) guarded: BTreeSet<String>,
    pub(super) compiled: Compiled,
    faults: Vec<Diagnostic>,
    nodes: usize,
    depth: usize,
}

impl<'a> Compiler<'a> {
    fn new(parsed: Arc<Parsed>, job: &'a JobInterface, partials: &'a Partials) -> Self {
        Self {
            job,
            partials,
            chain: vec![Arc::clone(&parsed)],
            file: parsed,
            in_partial: false,
            scopes: Scopes::default(),
            output: Output::default(),
            loops: Vec::new(),
            helpers: BTreeSet::new(),
            locals: BTreeSet::new(),
            macros: BTreeMap::new(),
            macro_output: Output::default(),
            blocks: Vec::new(),
            includes: Vec::new(),
            asked: BTreeSet::new(),
            guarded: BTreeSet::new(),
            compiled: Compiled {
                erb: String::new(),
                lines: Vec::new(),
                helper_lines: 0,
                partials: BTreeSet::new(),
                properties: BTreeSet::new(),
                links: BTreeSet::new(),
                warnings: Vec::new(),
            },
            faults: Vec::new(),
            nodes: 0,
            depth: 0,
        }
    }

    fn template(mut self) -> Result<Compiled, Diagnostics> {
        let template = Arc::clone(&self.file);
        self.find_chain();
        self.check_imports();
        if let Some(root) = self.chain.last().cloned() {
            self.in_partial = self.chain.len() > 1;
            self.file = root;
        }
        self.scopes.push(FrameKind::Template);
        let root = Arc::clone(&self.file);
        self.nodes(&root.nodes);
        let hoisted = self.scopes.pop();
        self.check_unused_macros(&template);
        Diagnostics::from_list(self.faults)?;
        let mut output = std::mem::take(&mut self.macro_output);
        if !hoisted.is_empty() {
            output.run_line(hoist(&hoisted), &root.source, Span::default());
        }
        output.append(self.output);
        let recursive = self
            .macros
            .values()
            .filter(|known| known.recursive)
            .map(|known| known.ruby.as_str());
        let head = head(&self.helpers, &recursive.collect::<Vec<_>>());
        let (erb, lines) = output.write(&head, &template.source);
        Ok(Compiled {
            helper_lines: head.matches('\n').count(),
            erb,
            lines,
            ..self.compiled
        })
    }

    /// The templates that this one extends.
    fn find_chain(&mut self) {
        let mut names = Vec::new();
        while let Some(last) = self.chain.last().cloned() {
            let Some((name, span)) = last.extends.clone() else {
                break;
            };
            self.file = Arc::clone(&last);
            self.check_ignored(&last);
            if names.contains(&name) {
                self.fault(span, format!("`{name}` extends itself"));
                break;
            }
            names.push(name.clone());
            match self.partial(&name, span) {
                Some(parent) => self.chain.push(parent),
                None => break,
            }
        }
    }

    /// What a template that extends another has outside of blocks is never printed.
    fn check_ignored(&mut self, child: &Arc<Parsed>) {
        for node in &child.nodes {
            let seen = match &node.kind {
                Kind::Block { .. } => false,
                Kind::Text(text) => !text.trim().is_empty(),
                _ => true,
            };
            if seen {
                self.fault(
                    node.span,
                    "Outside of blocks, a template that extends another is ignored",
                );
                break;
            }
        }
    }

    /// A partial that is used; faults when there is none, or when something is wrong in it.
    pub(super) fn partial(&mut self, name: &str, span: Span) -> Option<Arc<Parsed>> {
        match self.partials.get(name) {
            Some(Ok(parsed)) => {
                self.compiled.partials.insert(name.to_owned());
                Some(Arc::clone(parsed))
            }
            Some(Err(faults)) => {
                let known = |fault: &Diagnostic| self.faults.iter().any(|other| same(other, fault));
                let new: Vec<Diagnostic> = faults
                    .iter()
                    .filter(|fault| !known(fault))
                    .cloned()
                    .collect();
                self.faults.extend(new);
                None
            }
            None => {
                let near = nearest(name, self.partials.names())
                    .map(|near| format!("did you mean `{near}`?"));
                self.fault_with_hint(span, format!("There is no partial `{name}`"), near);
                None
            }
        }
    }

    /// Imports that lead back to where they started, and names that mean two files where Tera might take either.
    fn check_imports(&mut self) {
        let mut spaces: BTreeMap<String, String> = BTreeMap::new();
        for parsed in self.chain.clone() {
            self.file = Arc::clone(&parsed);
            self.visit_imports(&parsed, &mut Vec::new(), &mut spaces);
        }
    }

    fn visit_imports(
        &mut self,
        parsed: &Arc<Parsed>,
        stack: &mut Vec<String>,
        spaces: &mut BTreeMap<String, String>,
    ) {
        for Import { file, space, span } in &parsed.imports {
            self.file = Arc::clone(parsed);
            if stack.contains(file) {
                self.fault(
                    *span,
                    format!("`{file}` imports itself, through {}", stack.join(", ")),
                );
                continue;
            }
            let known = spaces.entry(space.clone()).or_insert_with(|| file.clone());
            if known != file && self.has_blocks() {
                let what = format!(
                    "`{space}` stands for `{file}` here and for `{known}` elsewhere, of which Tera takes one"
                );
                self.fault(*span, what);
            }
            if let Some(imported) = self.partial(file, *span) {
                stack.push(file.clone());
                self.visit_imports(&imported, stack, spaces);
                stack.pop();
            }
        }
    }

    /// Whether macros are looked up as in templates with blocks: not by the text that calls, but by the block around.
    pub(super) fn has_blocks(&self) -> bool {
        self.chain.len() > 1 || self.chain.iter().any(|parsed| has_block(&parsed.nodes))
    }

    /// Macros of the template that nothing calls are compiled all the same: they may be wrong.
    fn check_unused_macros(&mut self, template: &Arc<Parsed>) {
        self.file = Arc::clone(template);
        self.in_partial = false;
        let output = std::mem::take(&mut self.macro_output);
        let helpers = self.helpers.clone();
        for definition in &template.macros {
            let key = (template.source.name().to_owned(), definition.name.clone());
            if !self.macros.contains_key(&key) {
                self.macro_name(template, definition, definition.span);
                self.macros.remove(&key);
            }
        }
        self.macro_output = output;
        self.helpers = helpers;
    }

    pub(super) fn fault(&mut self, span: Span, what: impl Into<String>) {
        self.fault_with_hint(span, what, None);
    }

    pub(super) fn fault_with_hint(
        &mut self,
        span: Span,
        what: impl Into<String>,
        hint: Option<String>,
    ) {
        let mut fault = Diagnostic::error(what).at(&self.file.source, span, "");
        fault.hint = hint;
        if !self.faults.iter().any(|other| same(other, &fault)) {
            self.faults.push(fault);
        }
    }

    pub(super) fn warn(&mut self, span: Span, what: impl Into<String>, hint: &str) {
        let warning = Diagnostic::warning(what)
            .at(&self.file.source, span, "")
            .hint(hint);
        if !self
            .compiled
            .warnings
            .iter()
            .any(|other| same(other, &warning))
        {
            self.compiled.warnings.push(warning);
        }
    }

    /// Notes that a helper is called, and gives its name.
    pub(super) fn helper(&mut self, name: &'static str) -> &'static str {
        self.helpers.insert(name);
        name
    }

    /// A Ruby variable for a name of Tera.
    pub(super) fn fresh(&mut self, name: &str) -> String {
        let macros = &self.macros;
        let taken = |candidate: &str| {
            helpers::find(candidate).is_some()
                || macros.values().any(|known| known.ruby == candidate)
        };
        let ruby = self.scopes.fresh(name, taken);
        self.locals.insert(ruby.clone());
        ruby
    }

    /// Counts a node; false when there are too many.
    pub(super) fn count(&mut self, node: &Node) -> bool {
        self.nodes += 1;
        if self.nodes == MOST_NODES {
            let what = format!(
                "With all that it includes, the template has more than {MOST_NODES} pieces"
            );
            self.fault(node.span, what);
        }
        self.nodes < MOST_NODES
    }

    /// Runs something one level deeper.
    pub(super) fn deeper(&mut self, span: Span, run: impl FnOnce(&mut Self)) {
        if self.depth >= DEEPEST {
            self.fault(
                span,
                format!("Includes, macros and blocks are nested more than {DEEPEST} deep"),
            );
            return;
        }
        self.depth += 1;
        run(self);
        self.depth -= 1;
    }
}

/// Ruby that marks variables as not set.
pub(super) fn hoist(variables: &[String]) -> String {
    format!("{} = :undefined", variables.join(" = "))
}

fn has_block(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match &node.kind {
        Kind::Block { .. } => true,
        Kind::If {
            branches,
            otherwise,
        } => {
            branches.iter().any(|branch| has_block(&branch.body))
                || otherwise.as_ref().is_some_and(|(_, body)| has_block(body))
        }
        Kind::For(looped) => has_block(&looped.body),
        Kind::Filter { body, .. } => has_block(body),
        _ => false,
    })
}

fn same(one: &Diagnostic, other: &Diagnostic) -> bool {
    let place = |diagnostic: &Diagnostic| {
        diagnostic.labels.first().map(|label| {
            (
                label.source.name().to_owned(),
                label.span.start,
                label.span.end,
            )
        })
    };
    one.message == other.message && place(one) == place(other)
}

/// The helpers, as the first tag of the ERB.
fn head(names: &BTreeSet<&'static str>, recursive: &[&str]) -> String {
    let mut head = String::new();
    for helper in helpers::closure(names) {
        let _ = write!(
            head,
            "# {}: {}.\n{} = {}\n",
            helper.name, helper.doc, helper.name, helper.ruby
        );
    }
    if !recursive.is_empty() {
        let _ = writeln!(head, "{} = nil", recursive.join(" = "));
    }
    if head.is_empty() {
        head
    } else {
        format!("<%\n{head}-%>\n")
    }
}
