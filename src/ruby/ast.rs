//! What a program is made of: Prism's tree in the form in which it is evaluated.
//!
//! Local variables are numbered slots of scopes. A construct that is not supported is a node that names itself
//! (`Kind::Unsupported`) and fails only when it is reached; `Program::unsupported` lists them all.

use std::sync::Arc;

use num_bigint::BigInt;

use super::regex::Regex;
use super::symbol::{Names, Symbol};
use crate::source::Span;

/// A parsed program; shared between threads, evaluated any number of times.
#[derive(Debug)]
pub struct Program {
    /// The statements.
    pub(super) body: Node,
    /// Slots of the outermost scope.
    pub(super) locals: u32,
    /// Names written in it.
    pub(super) names: Arc<Names>,
    /// What it uses that is not supported.
    pub(super) unsupported: Vec<Unsupported>,
    /// All calls: what is called, and where.
    pub(super) calls: Vec<(Symbol, Position)>,
    /// All constants read without a scope, and where.
    pub(super) constants: Vec<(Symbol, Position)>,
}

/// A construct that is not supported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// Its name, as `flip-flop`.
    pub what: String,
    /// Where.
    pub position: Position,
}

/// A place in the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
    /// Line, from 1.
    pub line: u32,
}

impl Position {
    /// The range of bytes.
    pub fn span(self) -> Span {
        Span::new(self.start as usize, self.end as usize)
    }
}

/// A slot of the scope that many scopes further out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Local {
    pub(super) depth: u32,
    pub(super) slot: u32,
}

/// An expression.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// For a call the place of its name, else the whole expression.
    pub(super) position: Position,
}

pub(super) type Boxed = Box<Node>;

/// Names of the local variables of a scope with their slots, and the scope around it.
#[derive(Debug, Default)]
pub(super) struct ScopeNames {
    pub(super) names: Box<[(Symbol, u32)]>,
    pub(super) outer: Option<Arc<ScopeNames>>,
}

/// Forms of expressions, by their names in Ruby's grammar.
#[derive(Debug)]
pub(super) enum Kind {
    Nil,
    True,
    False,
    SelfValue,
    Integer(i64),
    BigInteger(BigInt),
    Float(f64),
    String(Box<[u8]>),
    /// A literal whose object is made once and frozen.
    FrozenString(Box<[u8]>),
    Symbol(Symbol),
    Regexp(Box<RegexLiteral>),
    InterpolatedString(Vec<Node>),
    InterpolatedSymbol(Vec<Node>),
    InterpolatedRegexp(Vec<Node>, u8),
    Array(Vec<Node>),
    Hash(Vec<Entry>),
    Range {
        first: Option<Boxed>,
        last: Option<Boxed>,
        exclusive: bool,
    },
    Splat(Option<Boxed>),
    Sequence(Vec<Node>),

    Local(Local),
    InstanceVariable(Symbol),
    ClassVariable(Symbol),
    Global(Symbol),
    /// `$~`, `$1`, `$&` and so on: number of a group, or a name.
    Matched(Matched),
    Constant(Symbol),
    ConstantPath(Option<Boxed>, Symbol),

    Assign(Box<Target>, Boxed),
    /// `a += 1`, `a ||= 1`, `a &&= 1`.
    OperatorAssign(Box<Target>, Operator, Boxed),
    MultipleAssign(Box<Targets>, Boxed),

    Call(Box<Call>),
    /// A bare `binding` or `local_variables`, with the names of the local variables around it.
    CallInScope(Box<Call>, Arc<ScopeNames>),
    Super(Box<Call>),
    /// `super` without parentheses: the arguments of the method, as its parameters are now.
    ForwardingSuper(Box<Call>),
    Yield(Vec<Node>),
    Lambda(Box<Block>),
    Not(Boxed),
    And(Boxed, Boxed),
    Or(Boxed, Boxed),
    Defined(Boxed),

    If(Boxed, Boxed, Option<Boxed>),
    While {
        condition: Boxed,
        body: Boxed,
        until: bool,
        /// `begin … end while`: the body comes first.
        body_first: bool,
    },
    For(Box<For>),
    Case(Option<Boxed>, Vec<When>, Option<Boxed>),
    CaseIn(Boxed, Vec<In>, Option<Boxed>),
    MatchRequired(Boxed, Box<Pattern>),
    MatchPredicate(Boxed, Box<Pattern>),
    /// `/(?<name>x)/ =~ text`, which sets local variables.
    MatchWrite(Boxed, Vec<(String, Target)>),
    Begin(Box<Begin>),
    RescueModifier(Boxed, Boxed),
    Break(Option<Boxed>),
    Next(Option<Boxed>),
    Redo,
    Retry,
    Return(Option<Boxed>),

    Def(Box<Def>),
    Class(Box<ClassBody>),
    Module(Box<ClassBody>),
    SingletonClass(Boxed, Box<Body>),
    Alias(Boxed, Boxed),
    Undef(Vec<Node>),
    File,
    Unsupported(String),
}

/// Which part of the last match.
#[derive(Debug, Clone, Copy)]
pub(super) enum Matched {
    Group(u32),
    Before,
    After,
    LastGroup,
}

/// How `op=` combines.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operator {
    Or,
    And,
    Call(Symbol),
}

/// A regular expression without interpolation.
#[derive(Debug)]
pub(super) struct RegexLiteral {
    pub(super) regex: Result<Arc<Regex>, String>,
}

/// An element of a hash literal or of keyword arguments.
#[derive(Debug)]
pub(super) enum Entry {
    Pair(Node, Node),
    Splat(Option<Node>),
}

/// A call with everything that belongs to it.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) receiver: Option<Node>,
    pub(super) name: Symbol,
    pub(super) arguments: Vec<Node>,
    pub(super) keywords: Vec<Entry>,
    pub(super) block: Option<BlockGiven>,
    /// `a&.b`
    pub(super) safe: bool,
    /// A bare word: a variable or a method.
    pub(super) variable: bool,
    /// `a.b = c` has the value `c`, whatever the method returns.
    pub(super) attribute_write: bool,
}

/// What stands where a block can be.
#[derive(Debug)]
pub(super) enum BlockGiven {
    Literal(Block),
    /// `&expression`; without expression the block of the method itself.
    Pass(Option<Node>),
}

/// A block or lambda.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) parameters: Parameters,
    pub(super) body: Node,
    pub(super) locals: u32,
    pub(super) position: Position,
}

/// A body with a scope of its own.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) body: Node,
    pub(super) locals: u32,
}

/// `def`
#[derive(Debug)]
pub(super) struct Def {
    pub(super) name: Symbol,
    pub(super) receiver: Option<Node>,
    pub(super) parameters: Parameters,
    pub(super) body: Node,
    pub(super) locals: u32,
    pub(super) position: Position,
}

/// `class` and `module`
#[derive(Debug)]
pub(super) struct ClassBody {
    pub(super) scope: Option<Node>,
    /// Written as `::Name`.
    pub(super) top: bool,
    pub(super) name: Symbol,
    pub(super) superclass: Option<Node>,
    pub(super) body: Body,
}

/// Parameters of a method, block or lambda.
#[derive(Debug, Default)]
pub(super) struct Parameters {
    pub(super) required: Vec<Target>,
    pub(super) optional: Vec<(u32, Node)>,
    /// Slot of the rest; a hidden one when it has no name.
    pub(super) rest: Option<u32>,
    pub(super) post: Vec<Target>,
    pub(super) keywords: Vec<Keyword>,
    pub(super) keyword_rest: Option<u32>,
    /// `**nil`
    pub(super) no_keywords: bool,
    pub(super) block: Option<u32>,
    /// Names of the slots.
    pub(super) names: Vec<Symbol>,
    /// `|a,|`: takes the first of a list, as `|a, *|` does.
    pub(super) trailing_comma: bool,
}

/// A keyword parameter; without default it is required.
#[derive(Debug)]
pub(super) struct Keyword {
    pub(super) name: Symbol,
    pub(super) slot: u32,
    pub(super) default: Option<Node>,
}

/// What can be assigned to.
#[derive(Debug)]
pub(super) enum Target {
    Local(Local),
    InstanceVariable(Symbol),
    ClassVariable(Symbol),
    Global(Symbol),
    Constant(Symbol),
    ConstantPath(Option<Node>, Symbol),
    Index {
        receiver: Node,
        arguments: Vec<Node>,
    },
    Attribute {
        receiver: Node,
        name: Symbol,
        safe: bool,
        position: Position,
    },
    Multiple(Box<Targets>),
    /// `*` without name.
    Ignored,
}

/// `a, (b, *c), d`
#[derive(Debug)]
pub(super) struct Targets {
    pub(super) before: Vec<Target>,
    pub(super) splat: Option<Target>,
    pub(super) after: Vec<Target>,
}

/// `for`
#[derive(Debug)]
pub(super) struct For {
    pub(super) target: Target,
    pub(super) collection: Node,
    pub(super) body: Node,
}

/// `when`
#[derive(Debug)]
pub(super) struct When {
    pub(super) conditions: Vec<Node>,
    pub(super) body: Node,
}

/// `in`
#[derive(Debug)]
pub(super) struct In {
    pub(super) pattern: Pattern,
    pub(super) guard: Option<(Node, bool)>,
    pub(super) body: Node,
}

/// Patterns of `case … in`.
#[derive(Debug)]
pub(super) enum Pattern {
    /// Compared with `===`.
    Value(Node),
    Bind(Target),
    Pinned(Node),
    Alternatives(Box<Pattern>, Box<Pattern>),
    Capture(Box<Pattern>, Target),
    Array {
        constant: Option<Node>,
        before: Vec<Pattern>,
        rest: Option<Target>,
        after: Vec<Pattern>,
    },
    Find {
        constant: Option<Node>,
        before: Option<Target>,
        middle: Vec<Pattern>,
        after: Option<Target>,
    },
    Hash {
        constant: Option<Node>,
        entries: Vec<(Symbol, Pattern)>,
        rest: HashRest,
    },
}

/// What a hash pattern says of the other keys.
#[derive(Debug)]
pub(super) enum HashRest {
    Any,
    /// `**nil`
    None,
    Bind(Target),
}

/// `begin` with its clauses.
#[derive(Debug)]
pub(super) struct Begin {
    pub(super) body: Node,
    pub(super) rescues: Vec<Rescue>,
    pub(super) otherwise: Option<Node>,
    pub(super) ensure: Option<Node>,
}

/// `rescue`
#[derive(Debug)]
pub(super) struct Rescue {
    pub(super) classes: Vec<Node>,
    pub(super) target: Option<Target>,
    pub(super) body: Node,
}
