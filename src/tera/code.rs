//! A piece of Ruby with what is known of its value.

/// What is known of a value before it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    /// Nothing.
    Any,
    Text,
    Bool,
    /// A whole number in that range.
    Int(i64, i64),
    /// A number.
    Number,
    /// A number, or what Tera prints as NaN: the symbol `:NaN`.
    Quotient,
    List,
    Map,
}

/// How tightly a piece of Ruby holds together, loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// A ternary, or what takes all to its right.
    Loose,
    Or,
    And,
    Compare,
    Add,
    Multiply,
    /// Literals, calls with parentheses, names.
    Whole,
}

/// Ruby for a value.
#[derive(Debug, Clone)]
pub(super) struct Code {
    pub(super) ruby: String,
    pub(super) level: Level,
    pub(super) kind: Type,
    /// A literal: what it is does not depend on the deployment, and evaluating it cannot fail.
    pub(super) literal: bool,
}

/// Integers up to here are exact as floats, which Tera compares.
const EXACT: i64 = 1 << 53;

impl Code {
    /// What needs no parentheses.
    pub(super) fn whole(ruby: impl Into<String>, kind: Type) -> Self {
        Self {
            ruby: ruby.into(),
            level: Level::Whole,
            kind,
            literal: false,
        }
    }

    /// An operation.
    pub(super) fn of(level: Level, ruby: impl Into<String>, kind: Type) -> Self {
        Self {
            level,
            ..Self::whole(ruby, kind)
        }
    }

    /// A literal.
    pub(super) fn literal(ruby: impl Into<String>, kind: Type) -> Self {
        Self {
            literal: true,
            ..Self::whole(ruby, kind)
        }
    }

    /// The Ruby as an operand of something that binds as `level` does.
    pub(super) fn at(&self, level: Level) -> String {
        if self.level >= level {
            self.ruby.clone()
        } else {
            format!("({})", self.ruby)
        }
    }

    /// The opposite of a boolean.
    pub(super) fn negated(&self) -> Self {
        match self.ruby.as_str() {
            "true" => Self::literal("false", Type::Bool),
            "false" => Self::literal("true", Type::Bool),
            ruby => match ruby.strip_prefix('!') {
                Some(rest) if self.level == Level::Multiply => Self::whole(rest, Type::Bool),
                _ => Self::of(
                    Level::Multiply,
                    format!("!{}", self.at(Level::Whole)),
                    Type::Bool,
                ),
            },
        }
    }
}

impl Type {
    /// Whether equality of it with anything is Ruby's `==`.
    pub(super) fn compares_plainly(self) -> bool {
        match self {
            Self::Text | Self::Bool => true,
            Self::Int(low, high) => -EXACT < low && high < EXACT,
            _ => false,
        }
    }

    /// Whether it is a number that is exact as a float.
    pub(super) fn is_exact_number(self) -> bool {
        matches!(self, Self::Int(..)) && self.compares_plainly()
    }

    /// What is known of a value that is one or the other.
    pub(super) fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Int(a, b), Self::Int(c, d)) => Self::Int(a.min(c), b.max(d)),
            _ if self == other => self,
            _ => Self::Any,
        }
    }
}
