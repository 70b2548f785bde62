//! What a primitive raises: the class and the text of the Ruby error, or a refusal of ours.
//!
//! Texts are those of Ruby 3.4.

use std::fmt;

/// The class of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// `ArgumentError`.
    Argument,
    /// `KeyError`.
    Key,
    /// `RangeError`.
    Range,
    /// `TypeError`.
    Type,
    /// `ZeroDivisionError`.
    ZeroDivision,
    /// `FloatDomainError`.
    FloatDomain,
    /// `Math::DomainError`.
    MathDomain,
    /// `Date::Error`, an `ArgumentError`.
    Date,
    /// No error of Ruby: what it would do is too large, or cannot be repeated exactly here.
    Refused,
}

impl Class {
    /// The name in Ruby; `None` for a refusal.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Argument => "ArgumentError",
            Self::Key => "KeyError",
            Self::Range => "RangeError",
            Self::Type => "TypeError",
            Self::ZeroDivision => "ZeroDivisionError",
            Self::FloatDomain => "FloatDomainError",
            Self::MathDomain => "Math::DomainError",
            Self::Date => "Date::Error",
            Self::Refused => return None,
        })
    }
}

/// An error of Ruby, or a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// The class of the error.
    pub class: Class,
    /// Its text, as Ruby's `message`.
    pub message: String,
}

impl Raised {
    /// An error of any class.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
        }
    }

    /// An `ArgumentError`.
    pub fn argument(message: impl Into<String>) -> Self {
        Self::new(Class::Argument, message)
    }

    /// A refusal of ours.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Class::Refused, message)
    }

    /// What a division by zero raises.
    pub fn zero_division() -> Self {
        Self::new(Class::ZeroDivision, "divided by 0")
    }
}

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class.name() {
            Some(name) => write!(f, "{name}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Raised {}
