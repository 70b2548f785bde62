//! Ruby text to a [`Program`]: Prism parses, and its tree is lowered to ours.
//!
//! Prism is the parser of Ruby itself, so what it refuses is no Ruby. What it takes and we do not becomes a node that
//! names itself and fails when it is reached.

mod assignment;
mod definitions;
mod patterns;

use std::sync::Arc;

use num_bigint::BigInt;
use ruby_prism as prism;
use rustc_hash::FxHashMap;

use super::ast::{
    Begin, Block, BlockGiven, Body, Boxed, Call, Entry, For, In, Kind, Local, Matched, Node,
    Position, Program, RegexLiteral, Rescue, ScopeNames, Unsupported, When,
};
use super::methods::library::Library;
use super::regex::{Options, Regex, RegexError};
use super::symbol::{Names, Symbol, known};

/// Deepest nesting of expressions: Ruby's own parser gives up at about the same.
const DEEPEST: u32 = 1000;
/// What the slot of a block's `it` is called: no variable is.
const IT: &[u8] = b"(it)";
/// Stack that must be left before an expression is lowered, and how much is added when it is not.
const STACK_LEFT: usize = 128 << 10;
const STACK_ADDED: usize = 2 << 20;

/// Why a text is no program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// What is wrong, in the words of Ruby's parser.
    pub message: String,
    /// Where.
    pub position: Position,
}

/// Parses a program whose names lie above those of a library; its first line has the number `first_line`. All errors of
/// the text are returned.
pub fn parse(code: &str, first_line: u32, library: &Library) -> Result<Program, Vec<SyntaxError>> {
    let options = prism::Options::default().build();
    let result = prism::parse_with_options(code.as_bytes(), &options);
    let lines = Lines::of(code, first_line);
    let errors: Vec<_> = result
        .errors()
        .map(|error| SyntaxError {
            message: String::from_utf8_lossy(error.message()).into_owned(),
            position: lines.position(&error.location()),
        })
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let root = result.node();
    let Some(root) = root.as_program_node() else {
        return Err(Vec::new());
    };
    Lowering::new(lines, &library.names).program(&root)
}

/// Where lines of a program start, as far as the parser reads it: of one that it refuses it may leave the rest.
pub(super) fn lines_read(code: &str) -> Vec<usize> {
    let options = prism::Options::default().partial_script(true).build();
    let result = prism::parse_with_options(code.as_bytes(), &options);
    let starts = result.line_offsets().iter();
    starts.map(|start| *start as usize).collect()
}

/// Where lines start.
struct Lines {
    starts: Vec<usize>,
    first: u32,
}

impl Lines {
    fn of(code: &str, first: u32) -> Self {
        let breaks = code.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            starts: std::iter::once(0).chain(breaks).collect(),
            first,
        }
    }

    fn position(&self, location: &prism::Location<'_>) -> Position {
        let (start, end) = (location.start(), location.end());
        let before = self.starts.partition_point(|line| *line <= start as usize);
        Position {
            start,
            end,
            line: (self.first + u32::try_from(before).unwrap_or(u32::MAX)).saturating_sub(1),
        }
    }
}

/// The slots of a scope: their names, and the first slot of each name.
#[derive(Default)]
struct Slots {
    names: Vec<Vec<u8>>,
    numbers: FxHashMap<Vec<u8>, u32>,
}

impl Slots {
    fn count(&self) -> u32 {
        u32::try_from(self.names.len()).unwrap_or(u32::MAX)
    }

    fn add(&mut self, name: &[u8]) -> u32 {
        let slot = self.count();
        self.names.push(name.to_vec());
        *self.numbers.entry(name.to_vec()).or_insert(slot)
    }

    /// The slot of a name, which is added if it is new.
    fn slot(&mut self, name: &[u8]) -> u32 {
        let known = self.numbers.get(name).copied();
        known.unwrap_or_else(|| self.add(name))
    }
}

/// State of lowering one program.
struct Lowering {
    lines: Lines,
    names: Names,
    /// Names of the slots of each scope, the innermost last.
    scopes: Vec<Slots>,
    /// What is seen from the outer ones of these scopes, as far as it was asked for.
    visible: Vec<Arc<ScopeNames>>,
    depth: u32,
    unsupported: Vec<Unsupported>,
    calls: Vec<(Symbol, Position)>,
    constants: Vec<(Symbol, Position)>,
    errors: Vec<SyntaxError>,
}

impl Lowering {
    fn new(lines: Lines, library: &Arc<Names>) -> Self {
        Self {
            lines,
            names: Names::above(library.clone()),
            scopes: Vec::new(),
            visible: Vec::new(),
            depth: 0,
            unsupported: Vec::new(),
            calls: Vec::new(),
            constants: Vec::new(),
            errors: Vec::new(),
        }
    }

    fn program(mut self, root: &prism::ProgramNode<'_>) -> Result<Program, Vec<SyntaxError>> {
        self.open_scope(&root.locals());
        let body = self.statements(Some(root.statements()));
        let locals = self.close_scope();
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        Ok(Program {
            body,
            locals,
            names: Arc::new(self.names),
            unsupported: self.unsupported,
            calls: self.calls,
            constants: self.constants,
        })
    }

    fn open_scope(&mut self, locals: &prism::ConstantList<'_>) {
        let mut scope = Slots::default();
        for name in locals {
            scope.add(name.as_slice());
        }
        self.scopes.push(scope);
    }

    /// Returns how many slots the scope has.
    fn close_scope(&mut self) -> u32 {
        let scope = self.scopes.pop().unwrap_or_default();
        self.visible.truncate(self.scopes.len());
        scope.count()
    }

    /// The slot of a name in the innermost scope; a hidden one is added.
    fn slot(&mut self, name: &[u8]) -> u32 {
        let scope = self.scopes.last_mut();
        scope.map_or(0, |scope| scope.slot(name))
    }

    /// Names of the slots of the scope that is open.
    fn slot_names(&mut self) -> Vec<Symbol> {
        let names = self.scopes.last().map(|scope| scope.names.clone());
        let names = names.unwrap_or_default();
        names.iter().map(|name| self.symbol(name)).collect()
    }

    fn local(&mut self, name: &[u8], depth: u32) -> Local {
        let outer = self.scopes.len().saturating_sub(1 + depth as usize);
        let scope = self.scopes.get_mut(outer);
        let slot = scope.map_or(0, |scope| scope.slot(name));
        Local { depth, slot }
    }

    /// A hidden local (`*`, `**`, `&`, `...`) of the method that surrounds.
    fn hidden(&mut self, name: &[u8]) -> Option<Local> {
        let outwards = self.scopes.iter().rev();
        let depth = outwards
            .take_while(|scope| !scope.numbers.contains_key(name))
            .count();
        (depth < self.scopes.len()).then(|| self.local(name, u32::try_from(depth).unwrap_or(0)))
    }

    fn symbol(&mut self, name: &[u8]) -> Symbol {
        self.names.intern(&String::from_utf8_lossy(name))
    }

    fn id(&mut self, name: &prism::ConstantId<'_>) -> Symbol {
        self.symbol(name.as_slice())
    }

    fn position(&self, location: &prism::Location<'_>) -> Position {
        self.lines.position(location)
    }

    fn refuse(&mut self, what: impl Into<String>, position: Position) -> Kind {
        let what = what.into();
        self.unsupported.push(Unsupported {
            what: what.clone(),
            position,
        });
        Kind::Unsupported(what)
    }

    fn boxed(&mut self, node: &prism::Node<'_>) -> Boxed {
        Box::new(self.node(node))
    }

    fn optional(&mut self, node: Option<prism::Node<'_>>) -> Option<Boxed> {
        node.map(|node| self.boxed(&node))
    }

    fn list(&mut self, nodes: &prism::NodeList<'_>) -> Vec<Node> {
        nodes.iter().map(|node| self.node(&node)).collect()
    }

    fn statements(&mut self, statements: Option<prism::StatementsNode<'_>>) -> Node {
        let Some(statements) = statements else {
            return nil();
        };
        let mut body = self.list(&statements.body());
        match (body.len(), body.pop()) {
            (1, Some(only)) => only,
            (0, _) | (_, None) => nil(),
            (_, Some(last)) => {
                let position = self.position(&statements.location());
                body.push(last);
                Node {
                    kind: Kind::Sequence(body),
                    position,
                }
            }
        }
    }

    /// Lowers an expression.
    fn node(&mut self, node: &prism::Node<'_>) -> Node {
        let position = self.position(&node.location());
        self.depth += 1;
        let lowered = if self.depth > DEEPEST {
            Node {
                kind: self.refuse("nesting of more than 1000 expressions", position),
                position,
            }
        } else {
            stacker::maybe_grow(STACK_LEFT, STACK_ADDED, || self.lower(node, position))
        };
        self.depth -= 1;
        lowered
    }

    fn lower(&mut self, node: &prism::Node<'_>, position: Position) -> Node {
        if let prism::Node::CallNode { .. } = node
            && let Some(call) = node.as_call_node()
        {
            return self.call(&call);
        }
        if let Some(inner) = self.inner(node) {
            return inner;
        }
        let kind = self
            .literal(node, position)
            .or_else(|| self.variable(node, position))
            .or_else(|| self.assignment(node, position))
            .or_else(|| self.flow(node, position))
            .or_else(|| self.invocation(node, position))
            .or_else(|| self.definition(node));
        let kind = kind.unwrap_or_else(|| self.refuse(describe(node), position));
        Node { kind, position }
    }

    /// What a node stands for that is nothing itself: the inside keeps its own place, for the lines of errors.
    fn inner(&mut self, node: &prism::Node<'_>) -> Option<Node> {
        Some(match node {
            prism::Node::ParenthesesNode { .. } => match node.as_parentheses_node()?.body() {
                Some(body) => self.node(&body),
                None => nil(),
            },
            prism::Node::StatementsNode { .. } => self.statements(node.as_statements_node()),
            prism::Node::ImplicitNode { .. } => self.node(&node.as_implicit_node()?.value()),
            prism::Node::EmbeddedStatementsNode { .. } => {
                self.statements(node.as_embedded_statements_node()?.statements())
            }
            prism::Node::EmbeddedVariableNode { .. } => {
                self.node(&node.as_embedded_variable_node()?.variable())
            }
            _ => return None,
        })
    }

    fn literal(&mut self, node: &prism::Node<'_>, position: Position) -> Option<Kind> {
        Some(match node {
            prism::Node::NilNode { .. } => Kind::Nil,
            prism::Node::TrueNode { .. } => Kind::True,
            prism::Node::FalseNode { .. } => Kind::False,
            prism::Node::SelfNode { .. } => Kind::SelfValue,
            prism::Node::IntegerNode { .. } => integer(&node.as_integer_node()?.value()),
            prism::Node::FloatNode { .. } => Kind::Float(node.as_float_node()?.value()),
            prism::Node::StringNode { .. } => {
                let string = node.as_string_node()?;
                let bytes = string.unescaped().into();
                if string.is_frozen() {
                    Kind::FrozenString(bytes)
                } else {
                    Kind::String(bytes)
                }
            }
            prism::Node::SymbolNode { .. } => {
                Kind::Symbol(self.symbol(node.as_symbol_node()?.unescaped()))
            }
            prism::Node::InterpolatedStringNode { .. } => {
                let string = node.as_interpolated_string_node()?;
                Kind::InterpolatedString(self.list(&string.parts()))
            }
            prism::Node::InterpolatedSymbolNode { .. } => {
                Kind::InterpolatedSymbol(self.list(&node.as_interpolated_symbol_node()?.parts()))
            }
            prism::Node::RegularExpressionNode { .. } => {
                self.regexp(&node.as_regular_expression_node()?, position)
            }
            prism::Node::InterpolatedRegularExpressionNode { .. } => {
                let regexp = node.as_interpolated_regular_expression_node()?;
                let flags = flags(
                    regexp.is_ignore_case(),
                    regexp.is_extended(),
                    regexp.is_multi_line(),
                );
                Kind::InterpolatedRegexp(self.list(&regexp.parts()), flags)
            }
            prism::Node::ArrayNode { .. } => {
                Kind::Array(self.elements(&node.as_array_node()?.elements()))
            }
            prism::Node::HashNode { .. } => {
                Kind::Hash(self.entries(&node.as_hash_node()?.elements()))
            }
            prism::Node::KeywordHashNode { .. } => {
                Kind::Hash(self.entries(&node.as_keyword_hash_node()?.elements()))
            }
            prism::Node::RangeNode { .. } => {
                let range = node.as_range_node()?;
                Kind::Range {
                    first: self.optional(range.left()),
                    last: self.optional(range.right()),
                    exclusive: range.is_exclude_end(),
                }
            }
            prism::Node::SourceFileNode { .. } => Kind::File,
            prism::Node::SourceLineNode { .. } => Kind::Integer(i64::from(position.line)),
            _ => return None,
        })
    }

    /// Elements of an array literal: keywords become a hash.
    fn elements(&mut self, nodes: &prism::NodeList<'_>) -> Vec<Node> {
        self.list(nodes)
    }

    fn regexp(&mut self, regexp: &prism::RegularExpressionNode<'_>, position: Position) -> Kind {
        let source = String::from_utf8_lossy(regexp.unescaped()).into_owned();
        let flags = flags(
            regexp.is_ignore_case(),
            regexp.is_extended(),
            regexp.is_multi_line(),
        );
        match Regex::new(&source, options(flags)) {
            Ok(regex) => Kind::Regexp(Box::new(RegexLiteral {
                regex: Ok(Arc::new(regex)),
            })),
            Err(RegexError::Syntax(message)) => {
                self.errors.push(SyntaxError { message, position });
                Kind::Nil
            }
            Err(RegexError::Unsupported(what)) => self.refuse(what, position),
        }
    }

    fn entries(&mut self, nodes: &prism::NodeList<'_>) -> Vec<Entry> {
        nodes.iter().map(|node| self.entry(&node)).collect()
    }

    fn entry(&mut self, node: &prism::Node<'_>) -> Entry {
        if let Some(pair) = node.as_assoc_node() {
            let key = self.node(&pair.key());
            // A literal key is one frozen string.
            let key = match key.kind {
                Kind::String(bytes) => Node {
                    kind: Kind::FrozenString(bytes),
                    position: key.position,
                },
                _ => key,
            };
            return Entry::Pair(key, self.node(&pair.value()));
        }
        let splat = node.as_assoc_splat_node().and_then(|splat| splat.value());
        match splat {
            Some(value) => Entry::Splat(Some(self.node(&value))),
            None => Entry::Splat(self.hidden_node(b"**")),
        }
    }

    fn hidden_node(&mut self, name: &[u8]) -> Option<Node> {
        let local = self.hidden(name)?;
        Some(Node {
            kind: Kind::Local(local),
            position: Position::default(),
        })
    }

    fn variable(&mut self, node: &prism::Node<'_>, position: Position) -> Option<Kind> {
        Some(match node {
            prism::Node::LocalVariableReadNode { .. } => {
                let read = node.as_local_variable_read_node()?;
                Kind::Local(self.local(read.name().as_slice(), read.depth()))
            }
            prism::Node::ItLocalVariableReadNode { .. } => Kind::Local(self.local(IT, 0)),
            prism::Node::InstanceVariableReadNode { .. } => {
                Kind::InstanceVariable(self.id(&node.as_instance_variable_read_node()?.name()))
            }
            prism::Node::ClassVariableReadNode { .. } => {
                Kind::ClassVariable(self.id(&node.as_class_variable_read_node()?.name()))
            }
            prism::Node::GlobalVariableReadNode { .. } => {
                Kind::Global(self.id(&node.as_global_variable_read_node()?.name()))
            }
            prism::Node::NumberedReferenceReadNode { .. } => {
                let number = node.as_numbered_reference_read_node()?.number();
                Kind::Matched(Matched::Group(number))
            }
            prism::Node::BackReferenceReadNode { .. } => {
                match node.as_back_reference_read_node()?.name().as_slice() {
                    b"$&" => Kind::Matched(Matched::Group(0)),
                    b"$`" => Kind::Matched(Matched::Before),
                    b"$'" => Kind::Matched(Matched::After),
                    _ => Kind::Matched(Matched::LastGroup),
                }
            }
            prism::Node::ConstantReadNode { .. } => {
                let name = self.id(&node.as_constant_read_node()?.name());
                self.constants.push((name, position));
                Kind::Constant(name)
            }
            prism::Node::ConstantPathNode { .. } => {
                let path = node.as_constant_path_node()?;
                let scope = self.optional(path.parent());
                let name = self.id(&path.name()?);
                Kind::ConstantPath(scope, name)
            }
            prism::Node::SplatNode { .. } => match node.as_splat_node()?.expression() {
                Some(inner) => Kind::Splat(Some(self.boxed(&inner))),
                None => Kind::Splat(self.hidden_node(b"*").map(Box::new)),
            },
            _ => return None,
        })
    }

    fn flow(&mut self, node: &prism::Node<'_>, position: Position) -> Option<Kind> {
        Some(match node {
            prism::Node::AndNode { .. } => {
                let and = node.as_and_node()?;
                Kind::And(self.boxed(&and.left()), self.boxed(&and.right()))
            }
            prism::Node::OrNode { .. } => {
                let or = node.as_or_node()?;
                Kind::Or(self.boxed(&or.left()), self.boxed(&or.right()))
            }
            prism::Node::DefinedNode { .. } => {
                Kind::Defined(self.boxed(&node.as_defined_node()?.value()))
            }
            prism::Node::IfNode { .. } => {
                let test = node.as_if_node()?;
                let condition = self.boxed(&test.predicate());
                let then = Box::new(self.statements(test.statements()));
                Kind::If(condition, then, self.alternative(test.subsequent()))
            }
            prism::Node::UnlessNode { .. } => {
                let test = node.as_unless_node()?;
                let condition = self.boxed(&test.predicate());
                let body = Box::new(self.statements(test.statements()));
                let otherwise = test
                    .else_clause()
                    .map_or_else(nil, |clause| self.statements(clause.statements()));
                Kind::If(condition, Box::new(otherwise), Some(body))
            }
            prism::Node::WhileNode { .. } => {
                let repeat = node.as_while_node()?;
                Kind::While {
                    condition: self.boxed(&repeat.predicate()),
                    body: Box::new(self.statements(repeat.statements())),
                    until: false,
                    body_first: repeat.is_begin_modifier(),
                }
            }
            prism::Node::UntilNode { .. } => {
                let repeat = node.as_until_node()?;
                Kind::While {
                    condition: self.boxed(&repeat.predicate()),
                    body: Box::new(self.statements(repeat.statements())),
                    until: true,
                    body_first: repeat.is_begin_modifier(),
                }
            }
            prism::Node::ForNode { .. } => {
                let repeat = node.as_for_node()?;
                Kind::For(Box::new(For {
                    target: self.target(&repeat.index()),
                    collection: self.node(&repeat.collection()),
                    body: self.statements(repeat.statements()),
                }))
            }
            prism::Node::CaseNode { .. } => self.case(&node.as_case_node()?),
            prism::Node::CaseMatchNode { .. } => self.case_in(&node.as_case_match_node()?),
            prism::Node::MatchRequiredNode { .. } => {
                let matching = node.as_match_required_node()?;
                let value = self.boxed(&matching.value());
                Kind::MatchRequired(value, Box::new(self.pattern(&matching.pattern())))
            }
            prism::Node::MatchPredicateNode { .. } => {
                let matching = node.as_match_predicate_node()?;
                let value = self.boxed(&matching.value());
                Kind::MatchPredicate(value, Box::new(self.pattern(&matching.pattern())))
            }
            prism::Node::BeginNode { .. } => self.begin(&node.as_begin_node()?),
            prism::Node::RescueModifierNode { .. } => {
                let rescue = node.as_rescue_modifier_node()?;
                Kind::RescueModifier(
                    self.boxed(&rescue.expression()),
                    self.boxed(&rescue.rescue_expression()),
                )
            }
            prism::Node::BreakNode { .. } => {
                Kind::Break(self.result(node.as_break_node()?.arguments()))
            }
            prism::Node::NextNode { .. } => {
                Kind::Next(self.result(node.as_next_node()?.arguments()))
            }
            prism::Node::ReturnNode { .. } => {
                Kind::Return(self.result(node.as_return_node()?.arguments()))
            }
            prism::Node::RedoNode { .. } => Kind::Redo,
            prism::Node::RetryNode { .. } => Kind::Retry,
            prism::Node::FlipFlopNode { .. } => self.refuse("flip-flop", position),
            _ => return None,
        })
    }

    fn alternative(&mut self, node: Option<prism::Node<'_>>) -> Option<Boxed> {
        let node = node?;
        Some(match node.as_else_node() {
            Some(otherwise) => Box::new(self.statements(otherwise.statements())),
            None => self.boxed(&node),
        })
    }

    /// The value of `break`, `next` and `return`: several are a list.
    fn result(&mut self, arguments: Option<prism::ArgumentsNode<'_>>) -> Option<Boxed> {
        let mut values = self.list(&arguments?.arguments());
        let splat = values
            .iter()
            .any(|value| matches!(value.kind, Kind::Splat(_)));
        if values.len() == 1 && !splat {
            return values.pop().map(Box::new);
        }
        let position = values.first().map(|value| value.position)?;
        Some(Box::new(Node {
            kind: Kind::Array(values),
            position,
        }))
    }

    fn otherwise(&mut self, clause: Option<prism::ElseNode<'_>>) -> Option<Boxed> {
        clause.map(|clause| Box::new(self.statements(clause.statements())))
    }

    fn case(&mut self, case: &prism::CaseNode<'_>) -> Kind {
        let subject = self.optional(case.predicate());
        let mut clauses = Vec::new();
        for clause in &case.conditions() {
            let Some(when) = clause.as_when_node() else {
                continue;
            };
            clauses.push(When {
                conditions: self.list(&when.conditions()),
                body: self.statements(when.statements()),
            });
        }
        Kind::Case(subject, clauses, self.otherwise(case.else_clause()))
    }

    fn case_in(&mut self, case: &prism::CaseMatchNode<'_>) -> Kind {
        let subject = match case.predicate() {
            Some(subject) => self.boxed(&subject),
            None => Box::new(nil()),
        };
        let mut clauses = Vec::new();
        for clause in &case.conditions() {
            let Some(clause) = clause.as_in_node() else {
                continue;
            };
            let (pattern, guard) = self.guarded(&clause.pattern());
            clauses.push(In {
                pattern,
                guard,
                body: self.statements(clause.statements()),
            });
        }
        Kind::CaseIn(subject, clauses, self.otherwise(case.else_clause()))
    }

    fn begin(&mut self, begin: &prism::BeginNode<'_>) -> Kind {
        let body = self.statements(begin.statements());
        let mut rescues = Vec::new();
        let mut next = begin.rescue_clause();
        while let Some(clause) = next {
            rescues.push(Rescue {
                classes: self.list(&clause.exceptions()),
                target: clause.reference().map(|target| self.target(&target)),
                body: self.statements(clause.statements()),
            });
            next = clause.subsequent();
        }
        let otherwise = begin
            .else_clause()
            .map(|clause| self.statements(clause.statements()));
        let ensure = begin
            .ensure_clause()
            .map(|clause| self.statements(clause.statements()));
        if rescues.is_empty() && otherwise.is_none() && ensure.is_none() {
            return Kind::Sequence(vec![body]);
        }
        Kind::Begin(Box::new(Begin {
            body,
            rescues,
            otherwise,
            ensure,
        }))
    }

    fn call(&mut self, call: &prism::CallNode<'_>) -> Node {
        let place = call.message_loc().unwrap_or_else(|| call.location());
        let position = self.position(&place);
        let name = self.id(&call.name());
        let receiver = call.receiver().map(|receiver| self.node(&receiver));
        if name == known::NOT
            && call.arguments().is_none()
            && let Some(receiver) = receiver
        {
            return Node {
                kind: Kind::Not(Box::new(receiver)),
                position,
            };
        }
        let implicit_self = receiver.is_none();
        self.calls.push((name, position));
        let mut lowered = Call {
            receiver,
            name,
            arguments: Vec::new(),
            keywords: Vec::new(),
            block: None,
            safe: call.is_safe_navigation(),
            variable: call.is_variable_call(),
            attribute_write: call.is_attribute_write(),
        };
        self.arguments(call.arguments(), &mut lowered);
        if lowered.block.is_none() {
            lowered.block = call.block().map(|block| self.block_given(&block));
        }
        if implicit_self && self.names.name(name) == Some("lambda") {
            return lambda_call(lowered, position);
        }
        let bare = implicit_self && lowered.arguments.is_empty() && lowered.keywords.is_empty();
        let asks = ["binding", "local_variables"].map(Some);
        let kind = if bare && lowered.block.is_none() && asks.contains(&self.names.name(name)) {
            Kind::CallInScope(Box::new(lowered), self.visible_names())
        } else {
            Kind::Call(Box::new(lowered))
        };
        Node { kind, position }
    }

    /// Names of the local variables of the scopes that are open: made once for each of them, as a text may ask often.
    fn visible_names(&mut self) -> Arc<ScopeNames> {
        for index in self.visible.len()..self.scopes.len() {
            let names = self.written_names(index);
            let outer = self.visible.last().cloned();
            self.visible.push(Arc::new(ScopeNames { names, outer }));
        }
        self.visible.last().cloned().unwrap_or_default()
    }

    /// Names that a scope has in the text; hidden slots are called as no variable is.
    fn written_names(&mut self, scope: usize) -> Box<[(Symbol, u32)]> {
        let names = self.scopes.get(scope).map(|scope| scope.names.clone());
        let names = names.unwrap_or_default();
        let written = (0..).zip(names).filter(|(_, name)| {
            let first = name.first();
            first.is_some_and(|c| *c == b'_' || c.is_ascii_lowercase() || !c.is_ascii())
        });
        let numbered = written.map(|(slot, name)| (self.symbol(&name), slot));
        numbered.collect()
    }

    /// Splits arguments into positional ones and keywords.
    fn arguments(&mut self, arguments: Option<prism::ArgumentsNode<'_>>, call: &mut Call) {
        let Some(arguments) = arguments else { return };
        for node in &arguments.arguments() {
            if let Some(keywords) = node.as_keyword_hash_node() {
                call.keywords = self.entries(&keywords.elements());
            } else if node.as_forwarding_arguments_node().is_some() {
                self.forwarded(call);
            } else {
                let argument = self.node(&node);
                call.arguments.push(argument);
            }
        }
    }

    /// `f(...)`
    fn forwarded(&mut self, call: &mut Call) {
        let rest = self.hidden_node(b"*");
        call.arguments.push(Node {
            kind: Kind::Splat(rest.map(Box::new)),
            position: Position::default(),
        });
        call.keywords.push(Entry::Splat(self.hidden_node(b"**")));
        call.block = Some(BlockGiven::Pass(self.hidden_node(b"&")));
    }

    fn block_given(&mut self, node: &prism::Node<'_>) -> BlockGiven {
        if let Some(block) = node.as_block_node() {
            return BlockGiven::Literal(self.block(&block));
        }
        let expression = node
            .as_block_argument_node()
            .and_then(|block| block.expression());
        match expression {
            Some(expression) => BlockGiven::Pass(Some(self.node(&expression))),
            None => BlockGiven::Pass(self.hidden_node(b"&")),
        }
    }

    fn block(&mut self, block: &prism::BlockNode<'_>) -> Block {
        let position = self.position(&block.location());
        self.open_scope(&block.locals());
        let parameters = self.block_parameters(block.parameters());
        let body = self.body(block.body());
        Block {
            parameters,
            body,
            locals: self.close_scope(),
            position,
        }
    }

    /// A body that may have clauses (`rescue`, `ensure`).
    fn body(&mut self, body: Option<prism::Node<'_>>) -> Node {
        match body {
            None => nil(),
            Some(body) => match body.as_statements_node() {
                Some(statements) => self.statements(Some(statements)),
                None => self.node(&body),
            },
        }
    }

    fn scoped_body(
        &mut self,
        locals: &prism::ConstantList<'_>,
        body: Option<prism::Node<'_>>,
    ) -> Body {
        self.open_scope(locals);
        let body = self.body(body);
        Body {
            body,
            locals: self.close_scope(),
        }
    }

    fn invocation(&mut self, node: &prism::Node<'_>, position: Position) -> Option<Kind> {
        Some(match node {
            prism::Node::SuperNode { .. } => {
                let call = node.as_super_node()?;
                let mut lowered = Call::default();
                self.arguments(call.arguments(), &mut lowered);
                if let Some(block) = call.block() {
                    lowered.block = Some(self.block_given(&block));
                }
                Kind::Super(Box::new(lowered))
            }
            prism::Node::ForwardingSuperNode { .. } => {
                let call = node.as_forwarding_super_node()?;
                let block = call.block().map(|block| self.block(&block));
                Kind::ForwardingSuper(Box::new(Call {
                    block: block.map(BlockGiven::Literal),
                    ..Call::default()
                }))
            }
            prism::Node::YieldNode { .. } => {
                let mut lowered = Call::default();
                self.arguments(node.as_yield_node()?.arguments(), &mut lowered);
                let mut values = lowered.arguments;
                if !lowered.keywords.is_empty() {
                    values.push(Node {
                        kind: Kind::Hash(lowered.keywords),
                        position,
                    });
                }
                Kind::Yield(values)
            }
            prism::Node::LambdaNode { .. } => {
                let lambda = node.as_lambda_node()?;
                self.open_scope(&lambda.locals());
                let parameters = self.block_parameters(lambda.parameters());
                let body = self.body(lambda.body());
                Kind::Lambda(Box::new(Block {
                    parameters,
                    body,
                    locals: self.close_scope(),
                    position,
                }))
            }
            _ => return None,
        })
    }
}

/// A literal block of `lambda` is a lambda, which `return` and the arity depend on.
fn lambda_call(mut call: Call, position: Position) -> Node {
    let kind = match call.block.take() {
        Some(BlockGiven::Literal(block)) => Kind::Lambda(Box::new(block)),
        block => {
            call.block = block;
            Kind::Call(Box::new(call))
        }
    };
    Node { kind, position }
}

fn nil() -> Node {
    Node {
        kind: Kind::Nil,
        position: Position::default(),
    }
}

fn integer(value: &prism::Integer<'_>) -> Kind {
    let (negative, digits) = value.to_u32_digits();
    let magnitude = BigInt::from_slice(
        if negative {
            num_bigint::Sign::Minus
        } else {
            num_bigint::Sign::Plus
        },
        digits,
    );
    i64::try_from(&magnitude).map_or(Kind::BigInteger(magnitude), Kind::Integer)
}

/// `i`, `x`, `m` as Ruby numbers them.
fn flags(ignore_case: bool, extended: bool, multi_line: bool) -> u8 {
    u8::from(ignore_case) | u8::from(extended) << 1 | u8::from(multi_line) << 2
}

/// The flags of a literal for the regular expression itself.
pub(super) fn options(flags: u8) -> Options {
    Options {
        ignore_case: flags & 1 != 0,
        extended: flags & 2 != 0,
        multi_line: flags & 4 != 0,
    }
}

/// What Ruby programmers call the construct.
fn describe(node: &prism::Node<'_>) -> String {
    let debug = format!("{node:?}");
    let name = debug.split(['(', ' ', '{']).next().unwrap_or_default();
    match name.trim_end_matches("Node") {
        "XString" | "InterpolatedXString" => "running a command with backticks".to_owned(),
        "Rational" => "rational literal".to_owned(),
        "Imaginary" => "imaginary literal".to_owned(),
        "PreExecution" => "BEGIN block".to_owned(),
        "PostExecution" => "END block".to_owned(),
        "MatchLastLine" | "InterpolatedMatchLastLine" => {
            "a regular expression as a condition".to_owned()
        }
        "AliasGlobalVariable" => "alias of a global variable".to_owned(),
        "SourceEncoding" => "__ENCODING__".to_owned(),
        "ShareableConstant" => "shareable constants".to_owned(),
        other => other.to_owned(),
    }
}
