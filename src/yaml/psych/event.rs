//! What is to be written.

use std::borrow::Cow;

/// A piece of what `YAML.dump` walks through. A value is one event, or a [`Sequence`](Event::Sequence) or
/// [`Mapping`](Event::Mapping) with what is in it (keys and values in turn) up to its [`End`](Event::End).
///
/// An `id` is any number that tells objects apart. The caller gives it at the first visit and sends an
/// [`Alias`](Event::Alias) in place of the object from then on. Ruby does so for arrays, hashes, objects, ranges, regexps,
/// times, classes, but not for strings, symbols, numbers, `nil`, truth values (`nil` here), nor for exceptions.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// `nil`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// The decimal digits of an integer, with its sign.
    Integer(Cow<'a, str>),
    /// A float.
    Float(f64),
    /// The name of a symbol.
    Symbol(Cow<'a, str>),
    /// A string of characters.
    String(Cow<'a, str>),
    /// A string in binary encoding. One of ASCII only is written as text, as Ruby does.
    Binary(Cow<'a, [u8]>),
    /// Text that is written as it is where the characters allow it: the formatted date or time, the name of a member or of
    /// an instance variable (without `@`).
    Plain {
        /// The text.
        text: Cow<'a, str>,
        /// For aliases.
        id: Option<u64>,
    },
    /// The text of an object with a tag, such as `!ruby/regexp`.
    Tagged {
        /// The tag: with `!` in front, or `tag:yaml.org,2002:` for `!!`.
        tag: Cow<'a, str>,
        /// The text.
        text: Cow<'a, str>,
        /// In single quotes, as for `!ruby/class` and `!ruby/module`.
        quoted: bool,
        /// For aliases.
        id: Option<u64>,
    },
    /// Begins a list.
    Sequence {
        /// `None` for arrays.
        tag: Option<Cow<'a, str>>,
        /// For aliases.
        id: Option<u64>,
    },
    /// Begins a map.
    Mapping {
        /// `None` for hashes.
        tag: Option<Cow<'a, str>>,
        /// For aliases.
        id: Option<u64>,
    },
    /// Ends the list or map.
    End,
    /// An object that was there before.
    Alias(u64),
}

/// Options of `YAML.dump` and `to_yaml`. `canonical:` and `version:` are not among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// `indentation:`, in spaces; anything outside of 2 to 9 is 2.
    pub indentation: Option<i64>,
    /// `line_width:`, in characters: strings longer than it are folded, lines are broken behind it. -1 is without
    /// limit, up to twice the indentation is 80 for the lines.
    pub line_width: Option<i64>,
    /// `header:`: begin with `%YAML 1.1`.
    pub header: bool,
}
