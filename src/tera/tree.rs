//! Our tree of a template: the parser's, with places, paths taken apart, and arguments in order.

use super::path::Path;
use crate::source::Span;

/// A piece of a template with the span of its text, or of its first tag.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) span: Span,
    /// Of what has an end tag: where that is. Else the same as `span`.
    pub(super) end: Span,
}

/// What a piece is.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    Text(String),
    Print(Expr),
    Set {
        name: String,
        value: Expr,
        global: bool,
    },
    If {
        branches: Vec<Branch>,
        otherwise: Option<(Span, Vec<Node>)>,
    },
    For(Box<For>),
    Include {
        names: Vec<String>,
        ignore_missing: bool,
    },
    Filter {
        call: Call,
        body: Vec<Node>,
    },
    Block {
        name: String,
        body: Vec<Node>,
    },
    Super,
    Break,
    Continue,
}

/// `if` or `elif`.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    pub(super) span: Span,
    pub(super) condition: Expr,
    pub(super) body: Vec<Node>,
}

/// A loop.
#[derive(Debug, Clone)]
pub(super) struct For {
    pub(super) key: Option<String>,
    pub(super) value: String,
    pub(super) container: Expr,
    pub(super) body: Vec<Node>,
    /// The place of `else` and what is printed when there is nothing.
    pub(super) empty: Option<(Span, Vec<Node>)>,
}

/// A macro.
#[derive(Debug, Clone)]
pub(super) struct Macro {
    pub(super) name: String,
    /// By name: the order is not in the parser's tree, and calls name their arguments.
    pub(super) parameters: Vec<(String, Option<Expr>)>,
    pub(super) body: Vec<Node>,
    pub(super) span: Span,
    pub(super) end: Span,
}

/// A value, filtered and perhaps negated.
#[derive(Debug, Clone)]
pub(super) struct Expr {
    pub(super) value: Value,
    pub(super) filters: Vec<Call>,
    pub(super) negated: bool,
    pub(super) span: Span,
}

/// What an expression begins with.
#[derive(Debug, Clone)]
pub(super) enum Value {
    Text(String),
    Int(i64),
    Float(f64),
    Bool(bool),
    Path(Path),
    List(Vec<Expr>),
    Concat(Vec<Value>),
    Math(Operator, Box<Expr>, Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    In {
        item: Box<Expr>,
        container: Box<Expr>,
        negated: bool,
    },
    Test {
        path: Path,
        call: Test,
    },
    Macro {
        space: String,
        call: Call,
    },
    Function(Call),
}

/// `+ - * / %`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

/// `== != < <= > >=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A filter, a function or a macro with its arguments, by name.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    pub(super) span: Span,
}

/// A named argument.
#[derive(Debug, Clone)]
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) value: Expr,
    pub(super) span: Span,
}

/// `is name(arguments)`.
#[derive(Debug, Clone)]
pub(super) struct Test {
    pub(super) name: String,
    pub(super) arguments: Vec<Expr>,
    pub(super) negated: bool,
    pub(super) span: Span,
}

impl Operator {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
        }
    }
}

impl Comparison {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}
