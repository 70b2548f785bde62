//! Statements: what is printed, set, chosen, repeated, included, and the macros.

use std::sync::Arc;

use super::code::{Code, Type};
use super::compiler::{Compiler, KnownMacro, LoopNeeds, OpenBlock, hoist};
use super::helpers;
use super::names::{ROOTS, nothing};
use super::output::Output;
use super::parsed::Parsed;
use super::ruby::local_name;
use super::scope::{FrameKind, Loop, State, Variable};
use super::tree::{Branch, Call, Expr, For, Kind, Macro, Node, Value};
use crate::nearest::nearest;
use crate::source::Span;

impl Compiler<'_> {
    pub(super) fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            if self.count(node) {
                self.node(node);
            }
        }
    }

    fn run(&mut self, ruby: impl Into<String>, span: Span) {
        let source = Arc::clone(&self.file.source);
        self.output.run(ruby, &source, span);
    }

    fn print(&mut self, ruby: impl Into<String>, span: Span) {
        let source = Arc::clone(&self.file.source);
        self.output.print(ruby, &source, span);
    }

    fn text(&mut self, text: &str, span: Span) {
        let source = Arc::clone(&self.file.source);
        self.output.text(text, &source, span);
    }

    fn node(&mut self, node: &Node) {
        match &node.kind {
            Kind::Text(text) => self.text(text, node.span),
            Kind::Print(expr) => match self.printed(expr) {
                Ok(text) => self.text(&text, node.span),
                Err(code) if code.ruby.starts_with("raise(") => self.run(code.ruby, node.span),
                Err(code) => self.print(code.ruby, node.span),
            },
            Kind::Set {
                name,
                value,
                global,
            } => self.set(node, name, value, *global),
            Kind::If {
                branches,
                otherwise,
            } => self.choice(node, branches, otherwise.as_ref()),
            Kind::For(looped) => self.for_loop(node, looped),
            Kind::Include {
                names,
                ignore_missing,
            } => self.include(node, names, *ignore_missing),
            Kind::Filter { call, body } => self.filter_section(node, call, body),
            Kind::Block { name, body } => self.block(node, name, body),
            Kind::Super => self.super_block(node),
            Kind::Break => self.leave("break", node.span),
            Kind::Continue => self.leave("next", node.span),
        }
    }

    fn leave(&mut self, word: &str, span: Span) {
        if matches!(
            self.scopes.frames.last().map(|frame| &frame.kind),
            Some(FrameKind::Loop(_))
        ) {
            self.run(word, span);
        } else {
            self.fault(span, "There is no loop around this");
        }
    }

    /// Whether a name may be given to a variable.
    fn check_name(&mut self, name: &str, span: Span) {
        if ROOTS.contains(&name) || name == "loop" {
            self.fault(
                span,
                format!("`{name}` would hide what a template sees by that name"),
            );
        }
    }

    fn set(&mut self, node: &Node, name: &str, value: &Expr, global: bool) {
        self.check_name(name, node.span);
        let code = self.value(value);
        let innermost = self.scopes.frames.len().saturating_sub(1);
        let frame = if global {
            self.scopes.global()
        } else {
            innermost
        };
        if !global {
            self.check_lost(name, node.span);
        }
        let ruby = self.assign(frame, name, code.kind);
        self.run(format!("{ruby} = {}", code.ruby), node.span);
    }

    /// A `set` in a loop whose value is gone at the end of the turn, though there is a variable of that name outside.
    fn check_lost(&mut self, name: &str, span: Span) {
        let Some((last, outer)) = self.scopes.frames.split_last() else {
            return;
        };
        let file = self.file.source.name();
        let visible = outer
            .iter()
            .rev()
            .take_while(|frame| matches!(frame.kind, FrameKind::Loop(_)));
        let count = visible.count();
        let around = outer.iter().rev().take(count + 1);
        let hides = matches!(last.kind, FrameKind::Loop(_))
            && !last.variables.contains_key(name)
            && around
                .filter_map(|frame| frame.variables.get(name))
                .any(|variable| variable.file == file);
        if hides {
            let what = format!("This sets another `{name}`, which is gone at the end of the turn");
            self.warn(
                span,
                what,
                "write `set_global` to change the one outside of the loop, or take another name",
            );
        }
    }

    /// The Ruby variable that a name is assigned to.
    fn assign(&mut self, frame: usize, name: &str, kind: Type) -> String {
        let known = self
            .scopes
            .frames
            .get(frame)
            .and_then(|frame| frame.names.get(name))
            .cloned();
        let ruby = known.unwrap_or_else(|| self.fresh(name));
        let file = self.file.source.name().to_owned();
        if let Some(frame) = self.scopes.frames.get_mut(frame) {
            frame.names.insert(name.to_owned(), ruby.clone());
            frame.variables.insert(
                name.to_owned(),
                Variable {
                    ruby: ruby.clone(),
                    kind,
                    certain: true,
                    file,
                },
            );
        }
        ruby
    }

    fn choice(&mut self, node: &Node, branches: &[Branch], otherwise: Option<&(Span, Vec<Node>)>) {
        let before = self.scopes.state();
        let guarded = self.guarded.clone();
        let mut ends: Vec<State> = Vec::new();
        for (index, branch) in branches.iter().enumerate() {
            let condition = self.condition(&branch.condition);
            let word = if index == 0 { "if" } else { "elsif" };
            self.run(format!("{word} {}", condition.ruby), branch.span);
            let there = links_there(&branch.condition, false);
            self.guarded.extend(there);
            self.nodes(&branch.body);
            ends.push(self.scopes.state());
            self.scopes.restore(before.clone());
            self.guarded = guarded.clone();
            self.guarded.extend(links_there(&branch.condition, true));
        }
        if let Some((span, body)) = otherwise {
            self.run("else", *span);
            self.nodes(body);
        }
        self.run("end", node.end);
        self.guarded = guarded;
        for end in ends {
            self.scopes.join(end);
        }
    }

    fn for_loop(&mut self, node: &Node, looped: &For) {
        let names: Vec<&String> = looped.key.iter().chain([&looped.value]).collect();
        for name in &names {
            self.check_name(name, node.span);
            self.check_hidden(name, node.span);
        }
        let container = self.container(looped);
        let before = self.scopes.state();
        self.declare_globals(&looped.body);
        let items = self.fresh("items");
        let index = self.fresh("index_of_items");
        self.scopes.push(FrameKind::Loop(Loop {
            index: index.clone(),
            items: items.clone(),
        }));
        let mut parameters = Vec::new();
        for name in names {
            // The key of a map is a text.
            let kind = if looped.key.as_ref() == Some(name) {
                Type::Text
            } else {
                Type::Any
            };
            let frame = self.scopes.frames.len().saturating_sub(1);
            let ruby = self.assign(frame, name, kind);
            parameters.push(ruby);
        }
        self.loops.push(LoopNeeds::default());
        let outside = std::mem::take(&mut self.output);
        self.nodes(&looped.body);
        let body = std::mem::replace(&mut self.output, outside);
        let needs = self.loops.pop().unwrap_or_default();
        let hoisted = self.scopes.pop();
        self.open_loop(
            node,
            looped,
            &container,
            &parameters,
            (&items, &index),
            needs,
        );
        if !hoisted.is_empty() {
            self.run(hoist(&hoisted), node.span);
        }
        self.output.append(body);
        self.close_loop(node, looped, &items, before);
    }

    fn open_loop(
        &mut self,
        node: &Node,
        looped: &For,
        container: &Code,
        parameters: &[String],
        (items, index): (&str, &str),
        needs: LoopNeeds,
    ) {
        let mut ruby = String::new();
        let mut subject = container.ruby.as_str();
        if needs.items || looped.empty.is_some() {
            ruby = format!("{items} = {}; ", container.ruby);
            subject = items;
        }
        let names = parameters.join(", ");
        let head = match (needs.index, parameters.len()) {
            (false, _) => format!("{subject}.each do |{names}|"),
            (true, 1) => format!("{subject}.each_with_index do |{names}, {index}|"),
            (true, _) => format!("{subject}.each_with_index do |({names}), {index}|"),
        };
        self.run(ruby + &head, node.span);
    }

    fn close_loop(&mut self, node: &Node, looped: &For, items: &str, before: State) {
        match &looped.empty {
            Some((span, body)) => {
                self.run(format!("end; if {items}.empty?"), *span);
                self.scopes.join(before);
                let ways = self.scopes.state();
                self.nodes(body);
                self.scopes.join(ways);
            }
            None => self.scopes.join(before),
        }
        self.run("end", node.end);
    }

    /// What a loop goes over.
    fn container(&mut self, looped: &For) -> Code {
        let container = &looped.container;
        if !matches!(
            container.value,
            Value::Path(_) | Value::Function(_) | Value::List(_)
        ) {
            self.fault(
                container.span,
                "A loop goes over a name, a list or a function",
            );
            return nothing();
        }
        let code = self.value(container);
        let (helper, wanted) = if looped.key.is_some() {
            ("map", Type::Map)
        } else {
            ("list", Type::List)
        };
        match code.kind {
            kind if kind == wanted => code,
            Type::Any => {
                let helper = self.helper(helper);
                Code::whole(format!("{helper}.({})", code.ruby), wanted)
            }
            _ => {
                let what = if looped.key.is_some() {
                    "Here a map is needed"
                } else {
                    "Here a list is needed"
                };
                let hint = "`for key, value in` goes over a map, `for item in` over a list; over a text none does".to_owned();
                self.fault_with_hint(container.span, what, Some(hint));
                nothing()
            }
        }
    }

    /// The variable of a loop must not hide another one of the same text.
    fn check_hidden(&mut self, name: &str, span: Span) {
        let file = self.file.source.name();
        if self
            .scopes
            .find(name)
            .iter()
            .any(|variable| variable.file == file)
        {
            self.fault(
                span,
                format!("`{name}` hides a variable of the same name: take another name"),
            );
        }
    }

    /// What `set_global` sets in a loop may be set from its second turn on.
    fn declare_globals(&mut self, body: &[Node]) {
        let mut names = Vec::new();
        globals(body, &mut names);
        let frame = self.scopes.global();
        for name in names {
            let known = self
                .scopes
                .frames
                .get_mut(frame)
                .and_then(|frame| frame.variables.get_mut(&name));
            if let Some(variable) = known {
                variable.kind = Type::Any;
                continue;
            }
            let ruby = self.assign(frame, &name, Type::Any);
            if let Some(frame) = self.scopes.frames.get_mut(frame) {
                if let Some(variable) = frame.variables.get_mut(&name) {
                    variable.certain = false;
                }
                frame.hoisted.push(ruby);
            }
        }
    }

    fn include(&mut self, node: &Node, names: &[String], ignore_missing: bool) {
        let there = names
            .iter()
            .find(|name| self.partials.source(name).is_some());
        let Some(name) = there.or(names.first()) else {
            return;
        };
        if there.is_none() && ignore_missing {
            return;
        }
        if self.includes.contains(name) {
            let what = format!(
                "`{name}` includes itself, through {}",
                self.includes.join(", ")
            );
            self.fault(node.span, what);
            return;
        }
        let Some(parsed) = self.partial(name, node.span) else {
            return;
        };
        if let Some((_, span)) = &parsed.extends {
            let outer = std::mem::replace(&mut self.file, Arc::clone(&parsed));
            self.fault(*span, "What is included cannot extend another");
            self.file = outer;
        }
        self.includes.push(name.clone());
        self.deeper(node.span, |compiler| compiler.included(&parsed));
        self.includes.pop();
    }

    fn included(&mut self, parsed: &Arc<Parsed>) {
        let file = std::mem::replace(&mut self.file, Arc::clone(parsed));
        let in_partial = std::mem::replace(&mut self.in_partial, true);
        let asked = std::mem::take(&mut self.asked);
        self.scopes.push(FrameKind::Include);
        let mark = self.output.mark();
        self.nodes(&parsed.nodes);
        let hoisted = self.scopes.pop();
        if !hoisted.is_empty() {
            self.output
                .insert(mark, hoist(&hoisted), &parsed.source, Span::default());
        }
        self.file = file;
        self.in_partial = in_partial;
        self.asked = asked;
    }

    fn filter_section(&mut self, node: &Node, call: &Call, body: &[Node]) {
        if call.name == "default" {
            self.fault(call.span, "`default` is no filter for a section");
            return;
        }
        let outer = self.hold("outer");
        let section = self.hold("section");
        self.run(format!("{outer}, _erbout = _erbout, +''"), node.span);
        self.nodes(body);
        let code = self.filtered(
            Code::whole(&section, Type::Text),
            std::slice::from_ref(call),
        );
        self.run(format!("{section}, _erbout = _erbout, {outer}"), node.end);
        let printed = self.as_printed(code);
        self.print(printed.ruby, node.end);
    }

    /// A Ruby variable that no name of Tera stands for in this frame.
    fn hold(&mut self, name: &str) -> String {
        let ruby = self.fresh(name);
        if let Some(frame) = self.scopes.frames.last_mut() {
            // No name of Tera has a space.
            frame.names.insert(format!("{ruby} held"), ruby.clone());
        }
        ruby
    }

    fn block(&mut self, node: &Node, name: &str, body: &[Node]) {
        if !self.includes.is_empty() {
            self.fault(
                node.span,
                "A block in an included text: nothing can replace it",
            );
            return;
        }
        let chain = self.chain.clone();
        let level = chain
            .iter()
            .position(|parsed| find_block(&parsed.nodes, name).is_some());
        let own = chain.len().saturating_sub(1);
        self.block_of(node, name, level.unwrap_or(own), body);
    }

    /// Compiles the block as a template of the chain has it, or as it stands here.
    fn block_of(&mut self, node: &Node, name: &str, level: usize, here: &[Node]) {
        if self
            .blocks
            .iter()
            .any(|open| open.name == name && open.level == level)
        {
            self.fault(node.span, format!("The block `{name}` is inside of itself"));
            return;
        }
        let Some(parsed) = self.chain.get(level).cloned() else {
            return;
        };
        let found = find_block(&parsed.nodes, name).map(<[Node]>::to_vec);
        let (file, body) = match found {
            Some(body) => (parsed, body),
            None => (Arc::clone(&self.file), here.to_vec()),
        };
        self.blocks.push(OpenBlock {
            name: name.to_owned(),
            level,
            called_super: false,
        });
        let file = std::mem::replace(&mut self.file, file);
        self.deeper(node.span, |compiler| compiler.nodes(&body));
        self.file = file;
        self.blocks.pop();
    }

    fn super_block(&mut self, node: &Node) {
        let Some(open) = self.blocks.last_mut() else {
            self.fault(node.span, "`super()` stands in a block");
            return;
        };
        let twice = std::mem::replace(&mut open.called_super, true);
        let (name, level) = (open.name.clone(), open.level);
        if twice {
            self.fault(node.span, "`super()` stands in a block once");
            return;
        }
        let chain = self.chain.clone();
        let above = (level + 1..chain.len())
            .find(|above| find_block(&chain[*above].nodes, &name).is_some());
        match above {
            Some(above) => self.block_of(node, &name, above, &[]),
            None => self.fault(node.span, format!("No template above has a block `{name}`")),
        }
    }

    /// A call of a macro: a text.
    pub(super) fn macro_call(&mut self, space: &str, call: &Call) -> Code {
        let Some((file, definition)) = self.find_macro(space, call) else {
            return nothing();
        };
        let mut arguments = Vec::new();
        for argument in &call.arguments {
            if !definition
                .parameters
                .iter()
                .any(|(name, _)| *name == argument.name)
            {
                let names = definition.parameters.iter().map(|(name, _)| name.as_str());
                let hint =
                    nearest(&argument.name, names).map(|near| format!("did you mean `{near}`?"));
                let what = format!(
                    "The macro `{}` takes no argument `{}`",
                    call.name, argument.name
                );
                self.fault_with_hint(argument.span, what, hint);
            }
        }
        for (name, default) in &definition.parameters {
            let given = call
                .arguments
                .iter()
                .find(|argument| argument.name == *name)
                .map(|argument| &argument.value);
            if let Some(expr) = given.or(default.as_ref()) {
                arguments.push(self.value(expr).ruby);
            } else {
                let what = format!("The macro `{}` needs the argument `{name}`", call.name);
                self.fault(call.span, what);
            }
        }
        let ruby = self.macro_name(&file, &definition, call.span);
        Code::whole(format!("{ruby}.({})", arguments.join(", ")), Type::Text)
    }

    fn find_macro(&mut self, space: &str, call: &Call) -> Option<(Arc<Parsed>, Macro)> {
        let file = if space == "self" {
            if self.has_blocks() {
                let what = "In templates with blocks, `self` may be another text: import the macro by its file's name";
                self.fault(call.span, what);
                return None;
            }
            Arc::clone(&self.file)
        } else {
            let here = Arc::clone(&self.file);
            let Some(name) = self.space(&here, space, 0) else {
                self.unknown_space(&here, space, call.span);
                return None;
            };
            self.partial(&name, call.span)?
        };
        if let Some(definition) = file
            .macros
            .iter()
            .find(|definition| definition.name == call.name)
        {
            return Some((Arc::clone(&file), definition.clone()));
        }
        let names = file
            .macros
            .iter()
            .map(|definition| definition.name.as_str());
        let hint = nearest(&call.name, names).map(|near| format!("did you mean `{near}`?"));
        let what = format!(
            "There is no macro `{}` in `{}`",
            call.name,
            file.source.name()
        );
        self.fault_with_hint(call.span, what, hint);
        None
    }

    fn unknown_space(&mut self, file: &Parsed, space: &str, span: Span) {
        let spaces = file.imports.iter().map(|import| import.space.as_str());
        let near = nearest(space, spaces).map(|near| format!("did you mean `{near}`?"));
        let hint = near.or(Some(format!(
            "import it at the top: `{{% import \"FILE\" as {space} %}}`"
        )));
        self.fault_with_hint(span, format!("Nothing is imported as `{space}`"), hint);
    }

    /// The file that is imported as `space`: by the text itself, by what it imports, or by what the template extends.
    fn space(&mut self, file: &Arc<Parsed>, space: &str, depth: usize) -> Option<String> {
        let named = |parsed: &Parsed| {
            let import = parsed.imports.iter().find(|import| import.space == space);
            import.map(|import| import.file.clone())
        };
        if let Some(found) = named(file) {
            return Some(found);
        }
        if depth > 20 {
            return None;
        }
        for import in &file.imports {
            let imported = self.partial(&import.file, import.span)?;
            if let Some(found) = self.space(&imported, space, depth + 1) {
                return Some(found);
            }
        }
        if depth > 0 {
            None
        } else {
            self.chain.iter().find_map(|parent| named(parent))
        }
    }

    /// The lambda of a macro, compiled when it is met first.
    pub(super) fn macro_name(
        &mut self,
        file: &Arc<Parsed>,
        definition: &Macro,
        span: Span,
    ) -> String {
        let key = (file.source.name().to_owned(), definition.name.clone());
        if let Some(known) = self.macros.get_mut(&key) {
            known.recursive |= !known.done;
            return known.ruby.clone();
        }
        let ruby = self.free_macro_name(&definition.name);
        let known = KnownMacro {
            ruby: ruby.clone(),
            recursive: false,
            done: false,
        };
        self.macros.insert(key.clone(), known);
        self.deeper(span, |compiler| {
            compiler.macro_body(file, definition, &ruby);
        });
        if let Some(known) = self.macros.get_mut(&key) {
            known.done = true;
        }
        ruby
    }

    fn free_macro_name(&self, name: &str) -> String {
        let base = local_name(name);
        let taken = |candidate: &String| {
            helpers::find(candidate).is_some()
                || self.locals.contains(candidate)
                || self.macros.values().any(|known| known.ruby == *candidate)
        };
        let numbered = (2..).map(|number: usize| format!("{base}{number}"));
        std::iter::once(base.clone())
            .chain(numbered)
            .find(|candidate| !taken(candidate))
            .unwrap_or(base)
    }

    fn macro_body(&mut self, file: &Arc<Parsed>, definition: &Macro, ruby: &str) {
        let outside = (
            std::mem::take(&mut self.scopes),
            std::mem::take(&mut self.output),
            std::mem::take(&mut self.loops),
            std::mem::take(&mut self.guarded),
            std::mem::take(&mut self.includes),
            std::mem::replace(&mut self.file, Arc::clone(file)),
            self.in_partial,
        );
        self.in_partial = false;
        self.scopes.push(FrameKind::Macro);
        let mut parameters = Vec::new();
        for (name, _) in &definition.parameters {
            self.check_name(name, definition.span);
            parameters.push(self.assign(0, name, Type::Any));
        }
        let outer = self.hold("outer");
        let mark = self.output.mark();
        self.nodes(&definition.body);
        let hoisted = self.scopes.pop();
        let body = self.output.split_off(mark);
        self.output = Output::default();
        let names = parameters.join(", ");
        let first = if hoisted.is_empty() {
            String::new()
        } else {
            format!("; {}", hoist(&hoisted))
        };
        self.run(format!("{ruby} = lambda do |{names}; {outer}| {outer}, _erbout = _erbout, +''; begin{first}"), definition.span);
        self.output.append(body);
        let source = Arc::clone(&file.source);
        self.output.run_line(
            format!("_erbout; ensure _erbout = {outer}; end; end"),
            &source,
            definition.end,
        );
        let compiled = std::mem::take(&mut self.output);
        self.macro_output.append(compiled);
        let in_partial;
        (
            self.scopes,
            self.output,
            self.loops,
            self.guarded,
            self.includes,
            self.file,
            in_partial,
        ) = outside;
        self.in_partial = in_partial;
    }

    fn as_printed(&mut self, code: Code) -> Code {
        match code.kind {
            Type::Text | Type::Bool | Type::Int(..) => code,
            _ => {
                let text = self.helper("text");
                Code::whole(format!("{text}.({})", code.ruby), Type::Text)
            }
        }
    }
}

/// The body of a block of a template; blocks are found in blocks, and nowhere else.
fn find_block<'n>(nodes: &'n [Node], wanted: &str) -> Option<&'n [Node]> {
    nodes.iter().find_map(|node| match &node.kind {
        Kind::Block { name, body } if name == wanted => Some(body.as_slice()),
        Kind::Block { body, .. } => find_block(body, wanted),
        _ => None,
    })
}

/// Names that are set for all of a loop.
fn globals(nodes: &[Node], names: &mut Vec<String>) {
    for node in nodes {
        match &node.kind {
            Kind::Set {
                name, global: true, ..
            } if !names.contains(name) => names.push(name.clone()),
            Kind::If {
                branches,
                otherwise,
            } => {
                for branch in branches {
                    globals(&branch.body, names);
                }
                if let Some((_, body)) = otherwise {
                    globals(body, names);
                }
            }
            Kind::For(looped) => {
                globals(&looped.body, names);
                if let Some((_, body)) = &looped.empty {
                    globals(body, names);
                }
            }
            Kind::Filter { body, .. } | Kind::Block { body, .. } => globals(body, names),
            _ => {}
        }
    }
}

/// Links that are there when a condition is true, or, `otherwise`, when it is false.
fn links_there(condition: &Expr, otherwise: bool) -> Vec<String> {
    let link = |path: &super::path::Path| {
        let keys = path.keys();
        (path.root == "links")
            .then(|| keys.first().map(|name| (*name).to_owned()))
            .flatten()
    };
    let found = match &condition.value {
        Value::And(left, right) if !otherwise => {
            let mut both = links_there(left, false);
            both.extend(links_there(right, false));
            return both;
        }
        Value::Or(left, right) if otherwise => {
            let mut both = links_there(left, true);
            both.extend(links_there(right, true));
            return both;
        }
        Value::Test { path, call } => {
            let says_there = matches!(
                (call.name.as_str(), call.negated),
                ("defined", false) | ("undefined", true)
            );
            let says = matches!(call.name.as_str(), "defined" | "undefined");
            let there = says_there != condition.negated;
            if says && there != otherwise {
                link(path)
            } else {
                None
            }
        }
        Value::Path(path) if condition.filters.is_empty() && condition.negated == otherwise => {
            link(path)
        }
        _ => None,
    };
    found.into_iter().collect()
}
